/* tcache_test.c: threads' caches: what they hold, how they grow and shrink, that what lies in one is
 * counted and found, and what becomes of it when its thread ends or forks. Goes in at tcache_take
 * and tcache_free, which the malloc family is made of, so that it runs under ThreadSanitizer too. */
#include "alloc/alloc.h"
#include "alloc/heap.h"
#include "alloc/pagemap.h"
#include "alloc/tcache.h"
#include "tests/support/xorshift.h"
#include "tests/unit/alloc/death.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Slots and pages are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

#define CLASS_48   5u  /* general, 48 bytes */
#define CLASS_2048 47u /* and 2048 */

static void put(void *p) { tcache_free(pagemap_slab(pagemap_get(p)), p); }

static struct ash_heap_stats general(void) {
    struct ash_heap_stats s;
    ash_heap_stats(heap_general(), &s);
    assert_int_equal(s.requested + s.rounding, s.used);
    assert_int_equal(s.used + s.slots_free + s.cached + s.returning, s.active);
    return s;
}

static void flush(void) { assert_int_equal(ash_ctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0); }

static void test_last_freed_first_out(void **state) {
    (void)state;
    void *a = tcache_take(CLASS_48), *b = tcache_take(CLASS_48);
    assert_ptr_not_equal(a, b);
    memset(a, 1, 48);
    put(a);
    put(b);
    assert_int_equal(((char *)a)[47], 1); /* nothing is written into what is freed */
    assert_ptr_equal(tcache_take(CLASS_48), b);
    assert_ptr_equal(tcache_take(CLASS_48), a);
    put(a);
    put(b);
    ash_check();
}

static void test_counts(void **state) {
    (void)state;
    flush();
    struct ash_heap_stats s = general();
    struct ash_bin_stats  before, after;
    ash_heap_bin_stats(heap_general(), CLASS_48, &before);
    assert_int_equal(s.cached + before.cached, 0);
    void *p = tcache_take(CLASS_48);
    assert_int_equal(general().used, s.used + 48);
    assert_int_equal(general().requested, s.requested + 48);
    assert_int_equal(general().count, s.count + 1);
    put(p);
    assert_int_equal(general().used, s.used);
    assert_int_equal(general().count, s.count);
    assert_true(general().cached >= 48);
    for (int i = 0; i < 9; i++) put(tcache_take(CLASS_48));
    ash_heap_bin_stats(heap_general(), CLASS_48, &after);
    assert_int_equal(after.requests, before.requests + 10);
    assert_int_equal(after.slots_used, before.slots_used);
    assert_int_equal(after.cached * 48, general().cached);
    flush();
    assert_int_equal(general().cached, 0);
    assert_int_equal(general().used, s.used);
    ash_check();
}

enum { MANY = 20000 };
static void *held[MANY];

static void test_bounds(void **state) {
    (void)state;
    const unsigned classes[] = {CLASS_48, CLASS_2048, 1, 15, 31, CLASS_COUNT - 1};
    for (unsigned k = 0; k < sizeof classes / sizeof classes[0]; k++) {
        size_t size = size_classes[classes[k]].slot_size;
        int    count = size > 1024 ? 500 : MANY;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < count; i++) memset(held[i] = tcache_take(classes[k]), round, size);
            ash_check();
            for (int i = 0; i < count; i++) put(held[i]);
            ash_check();
        }
        size_t cached = tcache_count(classes[k]);
        assert_true(cached <= TCACHE_BIN_MAX && cached * size <= TCACHE_BIN_BYTES);
        assert_true(cached > 1);
    }
    assert_true(tcache_bytes() <= TCACHE_BYTES);
    general();
    flush();
    assert_int_equal(tcache_bytes(), 0);
}

/* A class that is no longer used loses what it has while others are at work. */
static void test_idle_stacks_shrink(void **state) {
    (void)state;
    for (int i = 0; i < 4000; i++) held[i] = tcache_take(CLASS_48);
    for (int i = 0; i < 4000; i++) put(held[i]);
    size_t before = tcache_count(CLASS_48);
    assert_true(before > 100);
    for (int round = 0; round < 400; round++) {
        for (int i = 0; i < 300; i++) held[i] = tcache_take(CLASS_2048);
        for (int i = 0; i < 300; i++) put(held[i]);
    }
    assert_true(tcache_count(CLASS_48) < before / 4);
    flush();
    ash_check();
}

/* --- Threads ---------------------------------------------------------------------------------- */

static void *take_many(void *arg) {
    for (int i = 0; i < MANY; i++) memset(held[i] = tcache_take(*(unsigned *)arg), 5, 48);
    return NULL;
}
static void *put_many(void *arg) {
    (void)arg;
    for (int i = 0; i < MANY; i++) put(held[i]);
    return NULL;
}
static void on_thread(void *(*fn)(void *arg), void *arg) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
    pthread_join(thread, NULL);
}

/* Taken by one, freed by another, both gone: nothing is cached or used, all comes back. */
static void test_ended_threads(void **state) {
    (void)state;
    unsigned cls = CLASS_48;
    flush();
    size_t used = general().used;
    on_thread(take_many, &cls);
    assert_true(general().used >= used + MANY * 48);
    assert_int_equal(tcache_count(CLASS_48), 0);
    on_thread(put_many, NULL);
    assert_int_equal(tcache_count(CLASS_48), 0);
    assert_true(general().used < used + 4096); /* what the C library keeps for a thread */
    while (ash_heap_collect(heap_general(), UINT32_MAX)) continue;
    assert_int_equal(general().returning, 0);
    ash_check();
}

/* Here, from another's arena: the slots of others are handed out again. */
static void test_slots_of_others(void **state) {
    (void)state;
    unsigned cls = CLASS_48;
    on_thread(take_many, &cls);
    put_many(NULL);
    void *last = held[MANY - 1];
    assert_ptr_equal(tcache_take(CLASS_48), last);
    put(last);
    flush();
    while (ash_heap_collect(heap_general(), UINT32_MAX)) continue;
    ash_check();
}

static void *stir(void *arg) {
    uint64_t state = (uintptr_t)arg + 1;
    static _Atomic(void *) shared[256];
    for (int i = 0; i < 60000; i++) {
        xorshift(&state);
        unsigned cls = (unsigned)(state >> 20) % 20 * 2 + 1;
        char    *p = tcache_take(cls);
        memset(p, (int)cls, size_classes[cls].slot_size);
        char *old = atomic_exchange(&shared[state % 256], p);
        if (old != NULL) {
            struct slab *s = pagemap_slab(pagemap_get(old));
            if (old[0] != (char)s->cls || old[s->slot_size - 1] != (char)s->cls) abort();
            put(old);
        }
    }
    if (arg != NULL) return NULL;
    for (int i = 0; i < 256; i++) put(atomic_exchange(&shared[i], NULL));
    return NULL;
}

/* More threads than arenas, passing each other's slots on. */
static void test_many_threads(void **state) {
    (void)state;
    pthread_t threads[12];
    flush();
    for (uintptr_t i = 0; i < 12; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stir, (void *)(i + 1)), 0);
    for (int i = 0; i < 12; i++) pthread_join(threads[i], NULL);
    stir(NULL);
    flush();
    general();
    ash_check();
}

/* --- Turned off ------------------------------------------------------------------------------- */

static void test_turned_off_by_a_thread(void **state) {
    (void)state;
    bool   on = true, off = false, was = false;
    size_t len = sizeof was;
    put(tcache_take(CLASS_48));
    assert_int_equal(ash_ctl("thread.tcache.enabled", &was, &len, &off, sizeof off), 0);
    assert_true(was);
    assert_int_equal(tcache_bytes(), 0);
    put(tcache_take(CLASS_48));
    assert_int_equal(tcache_bytes(), 0);
    assert_int_equal(ash_ctl("thread.tcache.flush", NULL, NULL, NULL, 0), EFAULT);
    assert_int_equal(ash_ctl("thread.tcache.enabled", &was, &len, &on, sizeof on), 0);
    assert_false(was);
    put(tcache_take(CLASS_48));
    assert_true(tcache_bytes() > 0);
    flush();
}

/* Slots of other heaps are freed past the cache. */
static void test_other_heaps(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("other", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 48);
    flush();
    put(p);
    assert_int_equal(tcache_bytes(), 0);
    assert_int_equal(ash_heap_used(h), 0);
    ash_heap_drop(&h);
}

/* --- Fork and mistakes ------------------------------------------------------------------------ */

static pthread_barrier_t barrier;

static void *keep_some(void *arg) {
    (void)arg;
    for (int i = 0; i < 1000; i++) held[i] = tcache_take(CLASS_48);
    for (int i = 0; i < 1000; i++) put(held[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static int child(void) {
    struct ash_heap_stats s;
    ash_heap_stats(heap_general(), &s);
    if (s.used + s.slots_free + s.cached + s.returning != s.active) return 1;
    size_t cached = tcache_count(CLASS_48);
    tcache_flush(thread_cache);
    if (tcache_count(CLASS_48) != 0) return 2; /* the other thread's went to its slabs */
    if (cached > TCACHE_BIN_MAX) return 3;
    for (int i = 0; i < 3000; i++) held[i] = tcache_take(CLASS_48);
    for (int i = 0; i < 3000; i++) put(held[i]);
    ash_check();
    return 0;
}

static void test_fork(void **state) {
    (void)state;
    pthread_t thread;
    int       status = -1;
    pthread_barrier_init(&barrier, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, keep_some, NULL), 0);
    pthread_barrier_wait(&barrier);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) _exit(child());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    ash_check();
}

static void free_cached(void *arg) { put(arg); }
static void free_inside(void *arg) { put((char *)arg + 8); }
static void *free_on_thread(void *arg) {
    put(arg);
    return NULL;
}
static void free_cached_elsewhere(void *arg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_on_thread, arg) == 0) pthread_join(thread, NULL);
}
static void free_flushed(void *arg) {
    tcache_flush(thread_cache);
    put(arg);
}

static void test_mistakes_are_found(void **state) {
    (void)state;
    void *keep = tcache_take(CLASS_48), *p = tcache_take(CLASS_48);
    assert_true(dies_saying(free_inside, p, "invalid free"));
    put(p);
    assert_true(dies_saying(free_cached, p, "double free"));
    assert_true(dies_saying(free_cached_elsewhere, p, "double free"));
    assert_true(dies_saying(free_flushed, p, "double free"));
    assert_true(dies_saying(free_cached, p, "heap general"));
    put(keep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_freed_first_out),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_idle_stacks_shrink),
        cmocka_unit_test(test_ended_threads),
        cmocka_unit_test(test_slots_of_others),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_turned_off_by_a_thread),
        cmocka_unit_test(test_other_heaps),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_mistakes_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
