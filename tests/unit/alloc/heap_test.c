/* heap_test.c: the contract of alloc.h, seen from outside: heaps, owners, remote frees, statistics.
 * Runs on the sanitizer build's allocator too, except where pages are looked at. */
#include "alloc/alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Slots and pages are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

#ifdef ASHLAR_PASSTHROUGH
#define REAL_ONLY(x) (void)0
#else
#define REAL_ONLY(x) x
#endif

static struct ash_heap_stats stats_of(const struct ash_heap *h) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    assert_int_equal(s.requested + s.rounding, s.used);
    assert_int_equal(s.used + s.slots_free + s.returning, s.active);
    return s;
}

static void test_sizes_are_counted_exactly(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("exact", ASH_HEAP_OWNED);
    assert_string_equal(ash_heap_name(h), "exact");
    size_t asked = 0, used = 0, sizes[] = {1, 8, 9, 24, 33, 129, 4000, 16384, 16385, 100000};
    void  *p[10];
    for (int i = 0; i < 10; i++) {
        p[i] = ash_alloc(h, sizes[i]);
        memset(p[i], i, sizes[i]);
        asked += sizes[i];
        used += ash_good_size(sizes[i]);
        assert_int_equal(ash_usable_size(p[i]), ash_good_size(sizes[i]));
        assert_ptr_equal(ash_heap_of(p[i]), h);
    }
    struct ash_heap_stats s = stats_of(h);
    assert_int_equal(s.requested, asked);
    assert_int_equal(s.used, used);
    assert_int_equal(s.count, 10);
    assert_int_equal(ash_heap_used(h), used);
    for (int i = 0; i < 10; i++) ash_free(p[i], sizes[i]);
    s = stats_of(h);
    assert_int_equal(s.requested + s.used + s.count, 0);
    ash_check();
    ash_heap_drop(&h);
    assert_null(h);
}

static void test_zero_size_and_null(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("zero", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 0), *q = ash_zalloc(h, 0);
    assert_non_null(p);
    assert_ptr_not_equal(p, q);
    assert_int_equal(stats_of(h).count, 2);
    ash_free(p, 0);
    ash_free(q, 0);
    ash_free(NULL, 17);
    assert_int_equal(stats_of(h).requested, 0);
    assert_null(ash_try_alloc(h, ASH_SIZE_MAX + (size_t)1));
    assert_null(ash_try_alloc(h, ASH_SIZE_MAX));
    assert_null(ash_try_alloc(h, SIZE_MAX));
    ash_heap_drop(&h);
}

static void test_realloc_keeps_contents(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("realloc", ASH_HEAP_OWNED);
    const size_t     sizes[] = {5, 6, 40, 41, 3000, 16384, 16385, 70000, 65537, 400000, 5000000,
                                20000, 100, 1};
    unsigned char   *p = ash_realloc(h, NULL, 0, 3);
    size_t           size = 3;
    memset(p, 0x5a, 3);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        p = ash_realloc(h, p, size, sizes[i]);
        size_t kept = size < sizes[i] ? size : sizes[i];
        for (size_t k = 0; k < kept; k++)
            if (p[k] != 0x5a) fail();
        size = sizes[i];
        memset(p, 0x5a, size);
        assert_int_equal(stats_of(h).requested, size);
        assert_int_equal(stats_of(h).count, 1);
        ash_check();
    }
    assert_null(ash_try_realloc(h, p, size, ASH_SIZE_MAX));
    ash_free(p, size);
    ash_heap_drop(&h);
}

static void test_aligned(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("aligned", ASH_HEAP_OWNED);
    for (size_t align = 1; align <= 1 << 20; align *= 2)
        for (size_t size = 0; size < 60000; size = size * 3 + 1) {
            char *p = ash_alloc_aligned(h, size, align);
            assert_int_equal((uintptr_t)p % align, 0);
            memset(p, 1, size);
            ash_free(p, size);
        }
    assert_int_equal(stats_of(h).used, 0);
    ash_heap_drop(&h);
}

static void test_sparse_slabs_drain(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("drain", ASH_HEAP_OWNED);
    enum { COUNT = 20000 };
    static void *p[COUNT];
    for (int i = 0; i < COUNT; i++) p[i] = ash_alloc(h, 64);
    size_t full = stats_of(h).active;
    for (int i = 0; i < COUNT; i++) {
        if (i % 1000 == 0) continue;
        ash_free(p[i], 64);
    }
    /* What comes now goes where there is life already: nothing grows. */
    size_t sparse = stats_of(h).active;
    for (int i = 1; i < 1000; i++) p[i] = ash_alloc(h, 64);
    assert_true(stats_of(h).active <= sparse || stats_of(h).active <= full);
    for (int i = 1; i < 1000; i++) ash_free(p[i], 64);
    for (int i = 0; i < COUNT; i += 1000) ash_free(p[i], 64);
    while (ash_heap_collect(h, 1000)) continue;
    assert_int_equal(stats_of(h).active, 0);
    ash_heap_drop(&h);
}

struct job {
    void           **p;
    int              count;
    size_t           size;
    struct ash_heap *heap;
};

static void *free_all(void *arg) {
    struct job *job = arg;
    for (int i = 0; i < job->count; i++) ash_free(job->p[i], job->size);
    return NULL;
}

static void on_thread(void *(*fn)(void *arg), void *arg) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
    pthread_join(thread, NULL);
}

/* What another thread frees leaves `used` at once, and returns to the owner when it collects. */
static void test_remote_free(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("remote", ASH_HEAP_OWNED);
    enum { COUNT = 5000 };
    static void *p[COUNT];
    for (int i = 0; i < COUNT; i++) p[i] = ash_alloc(h, 100);
    struct job job = {.p = p, .count = COUNT, .size = 100};
    on_thread(free_all, &job);
    struct ash_heap_stats s = stats_of(h);
    assert_int_equal(s.requested + s.used + s.count, 0);
    REAL_ONLY(assert_int_equal(s.returning, COUNT * ash_good_size(100)));
    while (ash_heap_collect(h, 10)) continue;
    s = stats_of(h);
    assert_int_equal(s.returning + s.active, 0);
    REAL_ONLY(assert_true(s.dirty >= COUNT * 100));
    ash_check();
    ash_heap_drop(&h);
}

static void *adopt_and_use(void *arg) {
    struct job *job = arg;
    ash_heap_adopt(job->heap);
    for (int i = 0; i < job->count; i++) {
        ash_free(job->p[i], job->size);
        job->p[i] = ash_alloc(job->heap, job->size);
    }
    return NULL;
}

static void test_adopt_and_thread_exit(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("adopt", ASH_HEAP_OWNED);
    void            *p[100];
    for (int i = 0; i < 100; i++) p[i] = ash_alloc(h, 50);
    struct job job = {.p = p, .count = 100, .size = 50, .heap = h};
    on_thread(adopt_and_use, &job);
    void *q = ash_alloc(h, 50); /* its owner is gone: ours by allocating */
    ash_free(q, 50);
    for (int i = 0; i < 100; i++) ash_free(p[i], 50);
    assert_int_equal(stats_of(h).used, 0);
    ash_check();
    ash_heap_drop(&h);
}

static void *use_shared(void *arg) {
    struct job *job = arg;
    void       *p[500];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 500; i++) p[i] = ash_alloc(job->heap, (size_t)i * 7 + 1);
        for (int i = 0; i < 500; i++) ash_free(p[i], (size_t)i * 7 + 1);
    }
    return NULL;
}

static void test_shared_by_more_threads_than_arenas(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("shared", ASH_HEAP_SHARED);
    pthread_t        threads[24];
    struct job       job = {.heap = h};
    for (int i = 0; i < 24; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_shared, &job), 0);
    for (int i = 0; i < 24; i++) pthread_join(threads[i], NULL);
    assert_int_equal(stats_of(h).used, 0);
    ash_check();
    ash_heap_drop(&h);
}

static void test_drop_frees_everything(void **state) {
    (void)state;
    size_t before = ash_used();
    for (int round = 0; round < 20; round++) {
        struct ash_heap *h = ash_heap_new("drop", round % 2 ? ASH_HEAP_OWNED : ASH_HEAP_SHARED);
        for (int i = 0; i < 3000; i++) ash_alloc(h, (size_t)i % 900 + 1);
        for (int i = 0; i < 20; i++) ash_alloc(h, 100000);
        struct ash_stats s;
        ash_stats(&s);
        assert_true(s.allocated >= before + 20 * 100000);
        assert_true(s.allocated <= s.active && s.active <= s.resident);
        ash_heap_drop(&h);
        ash_check();
    }
    assert_true(ash_used() <= before + 65536);
}

static void count_heap(struct ash_heap *h, void *arg) {
    struct {
        unsigned    count;
        const char *last;
    } *seen = arg;
    seen->count++;
    seen->last = ash_heap_name(h);
}

static void test_each_in_order_of_creation(void **state) {
    (void)state;
    struct {
        unsigned    count;
        const char *last;
    } seen = {0, NULL}, again = {0, NULL};
    ash_heap_each(count_heap, &seen);
    struct ash_heap *a = ash_heap_new("first", ASH_HEAP_OWNED);
    struct ash_heap *b = ash_heap_new("a name of more than thirty-one bytes", ASH_HEAP_SHARED);
    ash_heap_drop(&a);
    a = ash_heap_new("second", ASH_HEAP_OWNED); /* takes the first's place, but is the youngest */
    ash_heap_each(count_heap, &again);
    assert_int_equal(again.count, seen.count + 2);
    assert_string_equal(again.last, "second");
    assert_int_equal(strlen(ash_heap_name(b)), 31);
    ash_heap_drop(&a);
    ash_heap_drop(&b);
}

/* Whatever order they are freed in, whoever frees: how many are left, down to the last one's pages. */
static void *free_some(void *arg) {
    void **p = arg;
    for (unsigned i = 0; i < 3; i++) ash_free(p[i], 5000);
    return NULL;
}

static void test_slab_live(void **state) {
    void    *p[60];
    size_t   pages;
    unsigned from = 0, count; /* of the objects in a slab: slots are handed out in order */
    (void)state;
    struct ash_heap *h = ash_heap_new("slabs", ASH_HEAP_OWNED);
    for (unsigned i = 0; i < 60; i++) p[i] = ash_alloc(h, 5000);
    while ((count = (unsigned)ash_slab_live(p[from], &pages)) < 5) from += count; /* the first are small */
    assert_in_range(pages, count * 5000, (count + 1) * 5400);
    assert_true(from + count < 60 && (size_t)((char *)p[from + count - 1] - (char *)p[from]) < pages);
    pthread_t t;
    pthread_create(&t, NULL, free_some, p + from);
    pthread_join(t, NULL);
    for (unsigned i = 3; i < count - 1; i++) {
        assert_int_equal(ash_slab_live(p[from + i], &pages), count - i);
        ash_free(p[from + i], 5000);
    }
    assert_int_equal(ash_slab_live(p[from + count - 1], &pages), 1);
    void *large = ash_alloc(h, 100000);
    assert_int_equal(ash_slab_live(large, &pages), 1);
    assert_true(pages >= 100000 && pages < 110000);
    ash_heap_drop(&h);
}

static void test_bin_stats(void **state) {
    (void)state;
    struct ash_heap     *h = ash_heap_new("bins", ASH_HEAP_OWNED);
    struct ash_bin_stats s;
    unsigned             bin = 0;
    for (int i = 0; i < 1000; i++) ash_alloc(h, 40);
    for (; bin < ash_bin_count(); bin++) {
        ash_heap_bin_stats(h, bin, &s);
        if (s.slot_size == 40) break;
    }
    assert_int_equal(s.slots_used, 1000);
    assert_true(s.slots_total >= 1000);
    REAL_ONLY(assert_true(s.slabs > 1 && s.slabs_full >= s.slabs - 1));
    ash_heap_drop(&h);
}

/* Few objects of few classes, so that words run out, refill and move on all the time. */
static void test_structures_hold_after_every_step(void **state) {
    (void)state;
    enum { OBJECTS = 300, STEPS = 20000 };
    static const size_t sizes[] = {8, 48, 200, 1500, 16384};
    static struct {
        void  *p;
        size_t size;
    } objects[OBJECTS];
    struct ash_heap *h = ash_heap_new("steps", ASH_HEAP_OWNED);
    uint64_t         random = 42;
    size_t           requested = 0, used = 0, count = 0;
    for (int step = 0; step < STEPS; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned i = (unsigned)(random >> 33) % (step % 4000 < 2000 ? OBJECTS : OBJECTS / 8);
        bool     take = objects[i].p == NULL;
        if (take) {
            objects[i].size = sizes[(random >> 20) % 5] - (random >> 50) % 8;
            objects[i].p = ash_alloc(h, objects[i].size);
        }
        requested += take ? objects[i].size : -objects[i].size;
        used += take ? ash_good_size(objects[i].size) : -ash_good_size(objects[i].size);
        count += take ? 1 : (size_t)-1;
        if (!take) {
            ash_free(objects[i].p, objects[i].size);
            objects[i].p = NULL;
        }
        if (step % 8 == 0) ash_check();
        struct ash_heap_stats s = stats_of(h);
        assert_int_equal(s.requested, requested);
        assert_int_equal(s.used, used);
        assert_int_equal(s.count, count);
    }
    ash_heap_drop(&h);
    ash_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_counted_exactly),
        cmocka_unit_test(test_zero_size_and_null),
        cmocka_unit_test(test_realloc_keeps_contents),
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_sparse_slabs_drain),
        cmocka_unit_test(test_remote_free),
        cmocka_unit_test(test_adopt_and_thread_exit),
        cmocka_unit_test(test_shared_by_more_threads_than_arenas),
        cmocka_unit_test(test_drop_frees_everything),
        cmocka_unit_test(test_each_in_order_of_creation),
        cmocka_unit_test(test_bin_stats),
        cmocka_unit_test(test_slab_live),
        cmocka_unit_test(test_structures_hold_after_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
