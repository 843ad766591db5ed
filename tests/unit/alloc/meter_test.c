/* meter_test.c: what a thread has allocated and freed, and the most of the difference, against a
 * model: first as its cache's counters tell it, then counted exactly. Goes in at tcache_take and
 * tcache_free, so that it runs under ThreadSanitizer too. */
#include "alloc/meter.h"
#include "alloc/alloc.h"
#include "alloc/heap.h"
#include "alloc/large.h"
#include "alloc/pagemap.h"
#include "alloc/tcache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Slots are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

#define OBJECTS 2000

struct model {
    uint64_t allocated, freed;
    int64_t  high, base;
    void    *objects[OBJECTS];
    size_t   sizes[OBJECTS];
};

static void *get(size_t size) {
    if (size <= SMALL_MAX) return tcache_take(class_general(size));
    return large_take(thread_arena(heap_general()), size, PAGE_SIZE, false);
}

static void put(void *p) {
    uintptr_t entry = pagemap_get(p);
    if (pagemap_is_slab(entry)) tcache_free(pagemap_slab(entry), p);
    else large_put(pagemap_extent(entry));
}

static void step(struct model *m) {
    unsigned i = (unsigned)rand() % OBJECTS;
    if (m->objects[i] != NULL) {
        put(m->objects[i]);
        m->freed += m->sizes[i];
        m->objects[i] = NULL;
        return;
    }
    size_t size = (size_t)rand() % (rand() % 20 == 0 ? 100000 : 2000) + 1;
    m->objects[i] = get(size);
    m->sizes[i] = ash_usable_size(m->objects[i]);
    m->allocated += m->sizes[i];
    int64_t held = (int64_t)(m->allocated - m->freed);
    if (held > m->high) m->high = held;
}

static int64_t held(const struct model *m) { return (int64_t)(m->allocated - m->freed); }

static void same(const struct model *m) {
    struct meter_bytes now = meter_bytes();
    if (now.allocated != m->allocated || now.freed != m->freed) abort();
}

static void run(struct model *m, unsigned steps) {
    for (unsigned i = 0; i < steps; i++) {
        step(m);
        if (i % 500 == 0) same(m);
    }
}

static void empty(struct model *m) {
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (m->objects[i] == NULL) continue;
        put(m->objects[i]);
        m->freed += m->sizes[i];
        m->objects[i] = NULL;
    }
}

/* Fails by abort: cmocka is of the thread that runs it. */
static void *life(void *arg) {
    struct model *m = arg;
    run(m, 20000);
    if (thread_meter.exact) abort();
    int64_t peak = (int64_t)meter_peak(); /* from here on exact */
    if (peak < m->high || peak > m->high + (int64_t)TCACHE_BYTES) abort();
    if (!thread_meter.exact || thread_cache != &tcache_none) abort();
    for (unsigned round = 0; round < 3; round++) {
        empty(m);
        same(m);
        meter_peak_reset();
        if (meter_peak() != 0) abort();
        m->high = m->base = held(m);
        for (unsigned i = 0; i < 10; i++) {
            run(m, 1000);
            if (meter_peak() != (uint64_t)(m->high - m->base)) abort();
        }
        if (thread_cache_own() == NULL || tcache_bytes() == 0) abort(); /* still of use */
        if (round == 1) tcache_flush(thread_cache_own());
    }
    empty(m);
    same(m);
    return NULL;
}

static void test_life(void **state) {
    (void)state;
    static struct model m;
    pthread_t           thread;
    srand(11);
    assert_int_equal(pthread_create(&thread, NULL, life, &m), 0);
    pthread_join(thread, NULL);
    ash_check();
}

/* What is freed here was allocated elsewhere: then there is no peak. */
static void *free_only(void *arg) {
    void **p = arg;
    meter_peak_reset();
    for (int i = 0; i < 100; i++) put(p[i]);
    struct meter_bytes now = meter_bytes();
    if (now.allocated != 0 || now.freed != 100 * 512 || meter_peak() != 0) abort();
    put(get(100));
    return meter_peak() != 0 ? p : NULL;
}

static void test_freed_elsewhere(void **state) {
    (void)state;
    pthread_t thread;
    void     *p[100], *peaked;
    for (int i = 0; i < 100; i++) p[i] = get(500);
    assert_int_equal(pthread_create(&thread, NULL, free_only, p), 0);
    pthread_join(thread, &peaked);
    assert_null(peaked);
    ash_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_freed_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
