/* move_test.c: extents moved from heap to heap: nothing is copied, both heaps count what they have, and
 * what was moved lives and dies with its new heap. */
#include "alloc/alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Pages are counted here: nothing in quarantine. Release builds have none. */
const char *malloc_conf = "quarantine:0";

enum { MANY = 3000 };

static struct ash_heap *from, *to;
static unsigned char   *held[MANY];
static size_t           sizes[MANY];

static struct ash_heap_stats stats_of(const struct ash_heap *h) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    assert_int_equal(s.requested + s.rounding, s.used);
    assert_int_equal(s.used + s.slots_free + s.returning, s.active);
    return s;
}

static int setup(void **state) {
    (void)state;
    from = ash_heap_new("from", ASH_HEAP_OWNED);
    to = ash_heap_new("to", ASH_HEAP_OWNED);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    ash_check();
    if (from != NULL) ash_heap_drop(&from);
    if (to != NULL) ash_heap_drop(&to);
    ash_check();
    return 0;
}

static void test_a_large_object(void **state) {
    (void)state;
    unsigned char *p = ash_alloc(from, 100000);
    memset(p, 9, 100000);
    assert_true(ash_heap_move(to, p, 100000));
    assert_ptr_equal(ash_heap_of(p), to);
    assert_int_equal(stats_of(from).used + stats_of(from).count, 0);
    assert_int_equal(stats_of(to).requested, 100000);
    assert_int_equal(stats_of(to).count, 1);
    ash_heap_drop(&from);
    for (size_t i = 0; i < 100000; i++) assert_int_equal(p[i], 9);
    ash_check();
    p = ash_realloc(to, p, 100000, 5000000);
    assert_int_equal(p[99999], 9);
    ash_free(p, 5000000);
    assert_int_equal(stats_of(to).used, 0);
}

struct sum {
    size_t   size;
    unsigned count;
};
static size_t size_of(const void *p) {
    for (int i = 0; i < MANY; i++)
        if (held[i] == p) return sizes[i];
    fail_msg("no object of ours");
    return 0;
}
static void add(void *object, void *arg) {
    struct sum *sum = arg;
    sum->size += size_of(object);
    sum->count++;
}

/* Slabs with holes, full ones and current ones, of two classes. */
static void test_slabs(void **state) {
    (void)state;
    size_t requested = 0, moved = 0;
    for (int i = 0; i < MANY; i++) {
        sizes[i] = i % 3 == 0 ? 1000 + (size_t)i % 20 : 90 + (size_t)i % 7;
        held[i] = ash_alloc(from, sizes[i]);
        memset(held[i], i, sizes[i]);
        requested += sizes[i];
    }
    for (int i = 0; i < MANY; i++) {
        if (i > MANY / 2 || i % 5 == 0) continue;
        ash_free(held[i], sizes[i]);
        requested -= sizes[i];
        held[i] = NULL;
    }
    for (int i = 0; i < MANY; i += 11) {
        struct sum sum = {0};
        if (held[i] == NULL || ash_heap_of(held[i]) == to) continue;
        unsigned count = ash_extent_each(held[i], add, &sum);
        assert_int_equal(count, sum.count);
        assert_true(ash_heap_move(to, held[i], sum.size));
        moved += sum.size;
        assert_ptr_equal(ash_heap_of(held[i]), to);
        assert_int_equal(stats_of(to).requested, moved);
        assert_int_equal(stats_of(from).requested, requested - moved);
        ash_check();
    }
    assert_true(moved > 0);
    for (int i = 0; i < 500; i++) { /* both go on */
        void *a = ash_alloc(from, 92), *b = ash_alloc(to, 92);
        assert_ptr_equal(ash_heap_of(a), from);
        assert_ptr_equal(ash_heap_of(b), to);
        ash_free(a, 92);
        ash_free(b, 92);
    }
    for (int i = 0; i < MANY; i++) {
        if (held[i] == NULL) continue;
        for (size_t j = 0; j < sizes[i]; j++) assert_int_equal(held[i][j], (unsigned char)i);
        ash_free(held[i], sizes[i]);
    }
    assert_int_equal(stats_of(from).used + stats_of(to).used, 0);
    assert_false(ash_heap_collect(from, 1000000) || ash_heap_collect(to, 1000000));
    if (stats_of(to).returning == 0) assert_int_equal(stats_of(to).active, 0); /* else in quarantine */
}

static void *free_half(void *arg) {
    (void)arg;
    for (int i = 0; i < MANY; i += 2) ash_free(held[i], 64);
    return NULL;
}

/* What another thread freed comes back to the heap that it was freed in, before the slab leaves. */
static void test_after_frees_by_others(void **state) {
    (void)state;
    pthread_t thread;
    for (int i = 0; i < MANY; i++) held[i] = ash_alloc(from, sizes[i] = 64);
    assert_int_equal(pthread_create(&thread, NULL, free_half, NULL), 0);
    pthread_join(thread, NULL);
    for (int i = 1; i < MANY; i += 2) {
        struct sum sum = {0};
        if (ash_heap_of(held[i]) == to) continue;
        ash_extent_each(held[i], add, &sum);
        assert_true(ash_heap_move(to, held[i], sum.size));
    }
    assert_int_equal(stats_of(to).requested, MANY / 2 * 64);
    assert_int_equal(stats_of(from).used, 0);
    ash_check();
    for (int i = 1; i < MANY; i += 2) ash_free(held[i], 64);
    assert_int_equal(stats_of(to).used, 0);
}

static void test_to_itself(void **state) {
    (void)state;
    void *small = ash_alloc(from, 50), *large = ash_alloc(from, 50000);
    assert_true(ash_heap_move(from, small, 50));
    assert_true(ash_heap_move(from, large, 50000));
    assert_int_equal(stats_of(from).requested, 50050);
    ash_free(small, 50);
    ash_free(large, 50000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_large_object, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slabs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_frees_by_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_to_itself, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
