/* oom_test.c: the n-th mapping fails, and all after it, for every n up to the first that changes
 * nothing: the try forms and the malloc family say so, and nothing is broken.
 *
 * Each sweep does a piece of work over and over, with one more mapping allowed each time. What came
 * through is whole, what did not is NULL with errno ENOMEM where that is the contract; ash_check()
 * holds after each round, and once all is freed the counters are back at zero. */
#include "alloc/alloc.h"
#include "alloc/os.h"
#include "alloc/sizes.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static _Atomic long maps_left;

static bool granted(void) { return atomic_fetch_sub(&maps_left, 1) > 0; }
static void *counted_map(size_t len) { return granted() ? os_real.map(len) : NULL; }
static bool  counted_commit(void *p, size_t len) { return granted() && os_real.commit(p, len); }

static void ration(long n) {
    atomic_store(&maps_left, n);
    os.map = counted_map;
    os.commit = counted_commit;
}

static void plenty(void) { os = os_real; }

/* --- A piece of work -------------------------------------------------------------------------- */

#define COUNT 1500
struct item {
    unsigned char *p;
    size_t         size;
};

static size_t size_of(unsigned i) {
    return i % 10 == 0 ? (size_t)(i % 300 + 17) * 1024 : (size_t)(i * 37) % 5000 + 1;
}

static void fill(struct item *it, unsigned i) { memset(it->p, (int)i, it->size); }

/* A failed resize leaves it as it was. */
static bool grow(struct ash_heap *h, struct item *it, unsigned i, size_t factor) {
    size_t more = it->size * factor;
    void  *grown = ash_try_realloc(h, it->p, it->size, more);
    if (it->p != NULL && grown == NULL && it->p[it->size - 1] != (unsigned char)i) abort();
    if (grown == NULL) return false;
    it->p = grown;
    it->size = more;
    fill(it, i);
    return true;
}

/* True: all of it was to be had. */
static bool work(struct ash_heap *h, struct item items[COUNT]) {
    bool all = true;
    for (unsigned i = 0; i < COUNT; i++) {
        struct item *it = &items[i];
        it->size = size_of(i);
        it->p = ash_try_alloc(h, it->size);
        if (it->p == NULL) {
            all = false;
            continue;
        }
        fill(it, i);
        if (i % 7 == 0) all &= grow(h, it, i, 3);
        if (i % 50 == 0) all &= grow(h, it, i, 40); /* beyond what is moved by copying */
    }
    return all;
}

static void undo(struct item items[COUNT]) {
    for (unsigned i = 0; i < COUNT; i++) {
        struct item *it = &items[i];
        if (it->p == NULL) continue;
        if (it->p[0] != (unsigned char)i || it->p[it->size - 1] != (unsigned char)i) abort();
        ash_free(it->p, it->size);
        it->p = NULL;
    }
}

static void assert_nothing_left(struct ash_heap *h) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    assert_int_equal(s.used + s.requested + s.count, 0);
    assert_int_equal(s.slots_free + s.returning, s.active);
    ash_check();
}

/* --- Sweeps ----------------------------------------------------------------------------------- */

/* Metadata that is left from one round serves the next: each begins with none to spare only at
 * first, so rounds also start from a heap that has some. */
static void sweep(enum ash_heap_kind kind, bool (*round)(struct ash_heap *h, long n)) {
    bool all = false;
    for (long n = 0; !all; n += n < 60 ? 1 : n / 20) {
        plenty();
        struct ash_heap *h = ash_heap_new("oom", kind);
        all = round(h, n);
        assert_nothing_left(h);
        ash_heap_drop(&h);
        ash_check();
        assert_true(n < 5000);
    }
}

static struct item items[COUNT];

static bool round_alone(struct ash_heap *h, long n) {
    ration(n);
    bool all = work(h, items);
    plenty();
    ash_check();
    undo(items);
    return all;
}

static void test_owned_heap(void **state) {
    (void)state;
    sweep(ASH_HEAP_OWNED, round_alone);
}

static void test_shared_heap(void **state) {
    (void)state;
    sweep(ASH_HEAP_SHARED, round_alone);
}

/* A thread that is new to the heap, and to the process: its start, its arena, its exit. */
struct visit {
    struct ash_heap *heap;
    struct item      items[COUNT];
    bool             all;
};

static void *visit(void *arg) {
    struct visit *v = arg;
    v->all = work(v->heap, v->items);
    return NULL;
}

static bool round_threads(struct ash_heap *h, long n) {
    static struct visit visits[3];
    pthread_t           threads[3];
    bool                made[3], all = true;
    ration(n);
    for (unsigned i = 0; i < 3; i++) {
        visits[i] = (struct visit){.heap = h};
        int error = pthread_create(&threads[i], NULL, visit, &visits[i]);
        made[i] = error == 0;
        if (!made[i]) assert_int_equal(error, EAGAIN);
        all &= made[i];
    }
    for (unsigned i = 0; i < 3; i++) {
        if (!made[i]) continue;
        pthread_join(threads[i], NULL);
        all &= visits[i].all;
    }
    plenty();
    ash_check();
    for (unsigned i = 0; i < 3; i++) undo(visits[i].items); /* of arenas whose threads are gone */
    ash_heap_collect(h, 1000000);
    return all;
}

static void test_threads_in_a_shared_heap(void **state) {
    (void)state;
    sweep(ASH_HEAP_SHARED, round_threads);
}

/* While pages decay, which needs metadata to cut slices. */
static bool round_purger(struct ash_heap *h, long n) {
    bool all = work(h, items); /* with plenty: there is something to purge */
    undo(items);
    ration(n);
    bool on = ash_set_background_thread(true);
    all &= on;
    all &= work(h, items);
    undo(items);
    size_t bytes = 0;
    while (ash_purge_step(10000, &bytes)) continue;
    if (on) ash_set_background_thread(false);
    plenty();
    return all;
}

static void test_purger(void **state) {
    (void)state;
    assert_true(ash_set_dirty_decay_ms(5));
    sweep(ASH_HEAP_OWNED, round_purger);
    assert_true(ash_set_dirty_decay_ms(10000));
}

/* A child that is forked when nothing is to be had, and uses what its parent had. */
static bool round_fork(struct ash_heap *h, long n) {
    bool all = work(h, items);
    int  status = -1;
    ration(n);
    pid_t child = fork();
    if (child == 0) {
        static struct item own[COUNT];
        bool               mine = work(h, own);
        undo(own);
        undo(items);
        _exit(mine ? 3 : 4);
    }
    plenty();
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) < 3) fail_msg("child: status %#x", status);
    undo(items);
    return all && WEXITSTATUS(status) == 3;
}

static void test_fork(void **state) {
    (void)state;
    sweep(ASH_HEAP_OWNED, round_fork);
}

#ifdef ALLOC_HAS_MALLOC

/* The C library's names: NULL, errno, and the object that was to grow as it was. */
static bool round_malloc(struct ash_heap *unused, long n) {
    static void *kept[600];
    bool         all = true;
    (void)unused;
    ration(n);
    for (unsigned i = 0; i < 600; i++) {
        size_t size = size_of(i * 3), more = size * 20;
        errno = 0;
        kept[i] = i % 3 == 0 ? calloc(1, size) : i % 3 == 1 ? aligned_alloc(256, size) : malloc(size);
        if (kept[i] == NULL) {
            if (errno != ENOMEM) abort();
            all = false;
            continue;
        }
        memset(kept[i], 7, size);
        errno = 0;
        void *grown = i % 9 == 0 ? realloc(kept[i], more) : kept[i];
        if (grown == NULL && (errno != ENOMEM || ((char *)kept[i])[size - 1] != 7)) abort();
        if (grown == NULL) all = false;
        if (grown != NULL) kept[i] = grown;
        if (((char *)kept[i])[0] != 7) abort();
    }
    plenty();
    for (unsigned i = 0; i < 600; i++) free(kept[i]);
    return all;
}

static void test_malloc_family(void **state) {
    (void)state;
    sweep(ASH_HEAP_OWNED, round_malloc);
}

/* A limit on the process's data, which it meets while it allocates: in a child. (One on address space
 * has to be there from the start: tests/integration/preload_test.c.) */
#define LIMIT_ROOM (100 * MIB)

static void limited_child(size_t limit, size_t each) {
    struct rlimit space = {limit, limit};
    void        **chain = NULL;
    size_t        count = 0;
    if (setrlimit(RLIMIT_DATA, &space) != 0) _exit(9);
    while (count * each < 16 * LIMIT_ROOM) { /* what is mapped already comes on top */
        errno = 0;
        void **p = malloc(each);
        if (p == NULL) break;
        memset(p, 1, each);
        *p = chain;
        chain = p;
        count++;
    }
    if (errno != ENOMEM) _exit(8);
    if (count * each < LIMIT_ROOM / 4) _exit(7);
    for (void *next; chain != NULL; chain = next) {
        next = *chain;
        free(chain);
    }
    void *again = malloc(each); /* what was freed can be had again */
    if (again == NULL) _exit(6);
    free(again);
    ash_check();
    _exit(0);
}

static size_t data_size(void) {
    size_t pages = 0;
    FILE  *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%*u %*u %*u %*u %*u %zu", &pages) != 1) fail();
    fclose(f);
    return pages * 4096;
}

static void test_data_limit(void **state) {
    (void)state;
    static const size_t each[] = {24, 500, 5000, 40000, 3000000};
    for (unsigned i = 0; i < sizeof each / sizeof each[0]; i++) {
        int   status = -1;
        pid_t child = fork();
        if (child == 0) limited_child(data_size() + LIMIT_ROOM, each[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0) fail_msg("objects of %zu: status %#x", each[i], status);
    }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owned_heap),
        cmocka_unit_test(test_shared_heap),
        cmocka_unit_test(test_threads_in_a_shared_heap),
        cmocka_unit_test(test_purger),
        cmocka_unit_test(test_fork),
#ifdef ALLOC_HAS_MALLOC
        cmocka_unit_test(test_malloc_family),
        cmocka_unit_test(test_data_limit),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
