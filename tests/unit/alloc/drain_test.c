/* drain_test.c: sparse slabs made empty by an owner who moves what they hold. */
#include "alloc/alloc.h"
#include "tests/support/drain.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Pages are counted here: nothing in quarantine. Release builds have none. */
const char *malloc_conf = "quarantine:0";

enum { MANY = 60000 };

static struct ash_heap *heap;
static unsigned        *held[MANY]; /* each begins with its index */
static size_t           sizes[MANY];
static unsigned         seed = 1;

static unsigned draw(unsigned below) {
    seed = seed * 1103515245 + 12345;
    return (seed >> 8) % below;
}

static void put(unsigned i, size_t size) {
    held[i] = ash_alloc(heap, size);
    memset(held[i], (int)i, size);
    *held[i] = i;
    sizes[i] = size;
}

static void drop(unsigned i) {
    ash_free(held[i], sizes[i]);
    held[i] = NULL;
}

static void move(unsigned i) {
    unsigned *to = ash_alloc(heap, sizes[i]);
    memcpy(to, held[i], sizes[i]);
    ash_free(held[i], sizes[i]);
    held[i] = to;
}

static struct ash_heap_stats stats_now(void) {
    struct ash_heap_stats s;
    ash_heap_stats(heap, &s);
    assert_int_equal(s.requested + s.rounding, s.used);
    assert_int_equal(s.used + s.slots_free + s.returning, s.active);
    return s;
}

static void check_contents(void) {
    for (unsigned i = 0; i < MANY; i++) {
        if (held[i] == NULL) continue;
        assert_int_equal(*held[i], i);
        const unsigned char *bytes = (const unsigned char *)held[i];
        for (size_t at = sizeof i; at < sizes[i]; at++) assert_int_equal(bytes[at], i & 255);
    }
}

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("drained", ASH_HEAP_OWNED);
    memset(held, 0, sizeof held);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    check_contents();
    ash_check();
    ash_heap_drop(&heap);
    ash_check();
    return 0;
}

/* `percent` of MANY objects of random sizes die. */
static void make_sparse(size_t size_min, size_t size_max, unsigned percent) {
    for (unsigned i = 0; i < MANY; i++) put(i, size_min + draw((unsigned)(size_max - size_min) + 1));
    for (unsigned i = 0; i < MANY; i++)
        if (draw(100) < percent) drop(i);
}

/* Where nobody owns the heap (under ThreadSanitizer), every free is another's. */
static void collect(void) {
    while (ash_heap_collect(heap, 1000000)) continue;
}

static size_t choose_all(void) {
    size_t sum = 0;
    collect();
    while (ash_drain_choose(heap, 10, &sum)) continue;
    return sum;
}

/* Every object that ash_drain_next shows is ours, and goes elsewhere. */
static unsigned drain_by_slabs(void) {
    void    *run[ASH_DRAIN_RUN];
    size_t   slot;
    unsigned moved = 0;
    for (unsigned count; (count = drain_run(heap, run, &slot)) != 0; moved += count) {
        for (unsigned i = 0; i < count; i++) {
            unsigned idx = *(unsigned *)run[i];
            assert_true(idx < MANY && held[idx] == run[i] && sizes[idx] <= slot);
            assert_true(ash_is_draining(run[i]));
            move(idx);
            assert_false(ash_is_draining(held[idx]));
        }
    }
    collect();
    return moved;
}

/* One bin, nine tenths of the objects freed: what is left takes few pages more than it has bytes. */
static void test_one_size(void **state) {
    (void)state;
    make_sparse(100, 100, 90);
    struct ash_heap_stats before = stats_now();
    size_t                picked = choose_all();
    assert_true(picked > 0);
    unsigned moved = drain_by_slabs();
    assert_true(moved > 0);
    assert_int_equal(ash_draining(heap), 0);
    struct ash_heap_stats after = stats_now();
    assert_int_equal(after.used, before.used);
    assert_int_equal(after.count, before.count);
#ifndef ASHLAR_PASSTHROUGH
    assert_true(before.active > 7 * before.used);
    assert_true(after.active <= before.active - picked + 65536);
#ifndef ASHLAR_DEBUG /* where guards take up a quarter */
    assert_true(after.active * 100 < after.used * 115);
#endif
    assert_true(moved < before.count);
    assert_true(ash_drain_gain(heap) <= 2 * 65536);
#endif
}

/* All sizes, and the owner goes on allocating and freeing between the steps. */
static void test_amid_traffic(void **state) {
    (void)state;
    make_sparse(4, 700, 80);
    struct ash_heap_stats before = stats_now();
    choose_all();
    void  *run[ASH_DRAIN_RUN];
    size_t slot;
    for (unsigned count, turn = 0; (count = drain_run(heap, run, &slot)) != 0; turn++) {
        for (unsigned i = 0; i < count; i++)
            if (draw(8) != 0) move(*(unsigned *)run[i]); /* some are left where they are */
        for (unsigned n = 0; n < 5; n++) {
            unsigned i = draw(MANY);
            if (held[i] != NULL) {
                drop(i);
            } else {
                put(i, 4 + draw(700));
                assert_false(ash_is_draining(held[i]));
            }
        }
        if (turn % 200 == 0) ash_check();
    }
    collect();
    assert_true(ash_draining(heap) > 0);
    while (ash_drain_end(heap, 7)) continue;
    assert_int_equal(ash_draining(heap), 0);
    ash_check();
    for (unsigned i = 0; i < MANY; i++)
        if (held[i] != NULL) assert_false(ash_is_draining(held[i]));
#ifndef ASHLAR_PASSTHROUGH
    choose_all(); /* what was left behind the first time */
    drain_by_slabs();
    assert_true(stats_now().active * 2 < before.active);
#else
    (void)before;
#endif
}

/* What is freed in a slab being drained, by whoever, empties it as well as moving does. */
static void *free_first(void *arg) {
    for (unsigned i = 0; i < *(unsigned *)arg; i++)
        if (held[i] != NULL && ash_is_draining(held[i])) drop(i);
    return NULL;
}
static void other_frees(unsigned count) {
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, free_first, &count), 0);
    pthread_join(other, NULL);
}
static void test_freed_meanwhile(void **state) {
    (void)state;
    make_sparse(40, 200, 85);
    assert_true(choose_all() > 0);
    void  *run[ASH_DRAIN_RUN];
    size_t slot;
    assert_true(drain_run(heap, run, &slot) > 0); /* one slab is being looked through */
    other_frees(MANY / 2);
    for (unsigned i = MANY / 2; i < MANY; i++)
        if (held[i] != NULL && ash_is_draining(held[i])) drop(i);
    collect();
    assert_int_equal(drain_run(heap, run, &slot), 0);
    assert_int_equal(ash_draining(heap), 0);
}

#ifndef ASHLAR_PASSTHROUGH
/* Slabs in which nothing is live any more are gone through in many calls. */
static void test_looks_at_so_many(void **state) {
    (void)state;
    void    *run[ASH_DRAIN_RUN];
    size_t   slot, per_call = (size_t)32 * ASH_DRAIN_RUN * 256; /* bytes, at most */
    unsigned count, calls = 0;
    make_sparse(40, 200, 85);
    size_t picked = choose_all();
    other_frees(MANY);
    for (; ash_drain_next(heap, run, &count, &slot); calls++) assert_int_equal(count, 0);
    assert_int_equal(count, 0);
    assert_true(picked > 2 * per_call && calls > picked / per_call);
    collect();
    assert_int_equal(ash_draining(heap), 0);
}
#endif

/* A heap without holes has nothing to be picked. Nor has one that is sparse but in one slab. */
static void test_nothing_to_gain(void **state) {
    (void)state;
    void  *run[ASH_DRAIN_RUN];
    size_t slot;
#ifndef ASHLAR_PASSTHROUGH
    put(0, 100);
    assert_int_equal(choose_all(), 0);
    for (unsigned i = 1; i < MANY; i++) put(i, 100);
    assert_int_equal(choose_all(), 0);
    assert_int_equal(ash_drain_gain(heap), 0);
#endif
    assert_int_equal(drain_run(heap, run, &slot), 0);
    assert_false(ash_drain_end(heap, 1));
    void *large = ash_alloc(heap, 1000000);
    assert_false(ash_is_draining(large));
    ash_free(large, 1000000);
}

/* A heap dropped in the middle of it all. */
static void test_dropped_meanwhile(void **state) {
    (void)state;
    void  *run[ASH_DRAIN_RUN];
    size_t slot;
    make_sparse(40, 200, 85);
    choose_all();
    drain_run(heap, run, &slot);
    memset(held, 0, sizeof held);
    ash_heap_drop(&heap);
    ash_check();
    heap = ash_heap_new("the next", ASH_HEAP_OWNED);
    for (unsigned i = 0; i < MANY; i++) put(i, 40 + i % 160);
    assert_int_equal(ash_draining(heap), 0);
}

/* A slab that is being drained goes to another heap: there it is one like any other. */
#ifndef ASHLAR_PASSTHROUGH
static void count_one(void *object, void *arg) {
    (void)object;
    ++*(unsigned *)arg;
}
static void test_moved_meanwhile(void **state) {
    (void)state;
    void            *run[ASH_DRAIN_RUN];
    size_t           slot;
    struct ash_heap *to = ash_heap_new("to", ASH_HEAP_OWNED), *from = heap;
    make_sparse(100, 100, 90);
    size_t picked = choose_all();
    assert_true(drain_run(heap, run, &slot) > 0); /* of the slab being looked through */
    unsigned count = 0;
    ash_extent_each(run[0], count_one, &count);
    assert_true(ash_heap_move(to, run[0], 100 * (size_t)count));
    assert_false(ash_is_draining(run[0]));
    assert_int_equal(ash_draining(to), 0);
    assert_true(ash_draining(from) < picked);
    ash_check();
    while (ash_drain_end(from, 100)) continue;
    for (unsigned i = 0; i < MANY; i++)
        if (held[i] != NULL && ash_heap_of(held[i]) == to) drop(i);
    ash_heap_drop(&to);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_amid_traffic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_freed_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_gain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dropped_meanwhile, setup, teardown),
#ifndef ASHLAR_PASSTHROUGH
        cmocka_unit_test_setup_teardown(test_looks_at_so_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_meanwhile, setup, teardown),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
