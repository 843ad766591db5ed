/* stock_test.c: large objects kept by their number of pages: taken again, counted as dirty, bounded,
 * given on when idle, dropped with their heap, and found when freed again. */
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "tests/unit/alloc/death.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Slots and pages are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false,junk:false";

#if defined ASHLAR_PASSTHROUGH || defined __SANITIZE_THREAD__ /* an owner there has no such path */
int main(void) { return 0; }
#else

static struct ash_heap *heap;

static struct ash_heap_stats stats(void) {
    struct ash_heap_stats s;
    ash_heap_stats(heap, &s);
    assert_int_equal(s.requested + s.rounding, s.used);
    assert_int_equal(s.used + s.slots_free + s.returning, s.active);
    return s;
}
static size_t parked(void) { return counter_get(&heap->arena->stock.bytes); }

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("stock", ASH_HEAP_OWNED);
    ash_free(ash_alloc(heap, 1), 1); /* ours from here on */
    return 0;
}
static int teardown(void **state) {
    (void)state;
    ash_check();
    ash_heap_drop(&heap);
    return 0;
}

static void test_taken_again(void **state) {
    (void)state;
    char *p = ash_alloc(heap, 30000), *q;
    memset(p, 7, 30000);
    ash_free(p, 30000);
    assert_int_equal(stats().used, 0);
    assert_true(stats().dirty >= 32768);
    assert_int_equal(stats().count, 0);
    assert_int_equal(parked(), 32768);
    assert_ptr_equal(q = ash_alloc(heap, 32768), p);
    assert_int_equal(q[100], 7); /* nothing was written to it */
    assert_int_equal(stats().requested, 32768);
    assert_int_equal(stats().count, 1);
    ash_check();
    ash_free(q, 32768);
    char *zero = ash_zalloc(heap, 29000);
    assert_ptr_equal(zero, p);
    for (size_t i = 0; i < 29000; i++) assert_int_equal(zero[i], 0);
    char *other = ash_alloc(heap, 24000); /* of another length */
    assert_int_equal(stats().requested, 29000 + 24000);
    ash_free(other, 24000);
    ash_free(zero, 29000);
    assert_int_equal(stats().requested, 0);
}

static void test_bounds(void **state) {
    (void)state;
    static void *held[600];
    for (int i = 0; i < 600; i++) held[i] = ash_alloc(heap, 16385 + (size_t)i * 150);
    size_t peak = 0;
    for (int i = 0; i < 600; i++) {
        ash_free(held[i], 16385 + (size_t)i * 150);
        assert_true(parked() <= STOCK_BYTES_MAX);
        if (parked() > peak) peak = parked();
    }
    assert_true(peak > STOCK_BYTES && parked() <= STOCK_BYTES); /* less as less is live */
    assert_true(parked() > STOCK_BYTES / 2);
    ash_check();
    size_t before = parked();
    ash_free(ash_alloc(heap, 1 << 20), 1 << 20); /* too large for it */
    assert_int_equal(parked(), before);
    size_t bytes = 0;
    assert_true(ash_purgeable() >= before);
    while (ash_purge_step(UINT32_MAX, &bytes)) continue;
    assert_int_equal(parked(), 0);
    assert_true(bytes >= before);
    assert_int_equal(stats().dirty, 0);
}

static void test_what_is_idle_goes_on(void **state) {
    (void)state;
    void *a = ash_alloc(heap, 20000), *b = ash_alloc(heap, 40000);
    ash_free(a, 20000);
    ash_free(b, 40000);
    arena_lock(heap->arena);
    stock_age(heap->arena); /* both are younger than a visit */
    assert_int_equal(parked(), 20480 + 40960);
    arena_unlock(heap->arena);
    ash_free(ash_alloc(heap, 40000), 40000);
    arena_lock(heap->arena);
    stock_age(heap->arena); /* one was not needed */
    assert_true(parked() < 20480 + 40960);
    stock_age(heap->arena);
    assert_int_equal(parked(), 0);
    arena_unlock(heap->arena);
}

static void test_nothing_is_parked_without_decay(void **state) {
    (void)state;
    void *p = ash_alloc(heap, 20000);
    ash_free(ash_alloc(heap, 30000), 30000);
    assert_true(ash_set_dirty_decay_ms(0));
    assert_int_equal(parked(), 0);
    ash_free(p, 20000);
    assert_int_equal(parked(), 0);
    assert_true(ash_set_dirty_decay_ms(10000));
    ash_free(ash_alloc(heap, 30000), 30000);
    assert_int_equal(parked(), 32768);
    assert_true(ash_heap_set_decay_ms(heap, 0)); /* of this heap alone */
    assert_int_equal(parked(), 0);
    ash_free(ash_alloc(heap, 30000), 30000);
    assert_int_equal(parked(), 0);
    assert_true(ash_heap_set_decay_ms(heap, ASH_DECAY_SHARED));
}

static void *free_one(void *p) {
    ash_free(p, 20000);
    return NULL;
}

static void test_frees_by_others_pass_by(void **state) {
    (void)state;
    pthread_t thread;
    void     *p = ash_alloc(heap, 20000);
    assert_int_equal(pthread_create(&thread, NULL, free_one, p), 0);
    pthread_join(thread, NULL);
    assert_int_equal(parked(), 0);
    assert_int_equal(stats().used, 0);
}

static void free_again(void *p) { ash_free(p, 20000); }
static void usable(void *p) { (void)ash_usable_size(p); }
static void resize(void *p) { (void)ash_realloc(heap, p, 20000, 90000); }

static void test_mistakes_are_found(void **state) {
    (void)state;
    void *p = ash_alloc(heap, 20000);
    ash_free(p, 20000);
    assert_int_equal(parked(), 20480);
    assert_true(dies_saying(free_again, p, "double free"));
    assert_true(dies_saying(usable, p, "double free"));
    assert_true(dies_saying(resize, p, "double free"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_taken_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_idle_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_parked_without_decay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frees_by_others_pass_by, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mistakes_are_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
