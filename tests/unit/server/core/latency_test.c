/* latency_test.c: rings of spikes. */
#include "server/core/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/alloc.h"

static struct ash_heap *heap;
static struct latency  *l;

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    l = latency_new(heap);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    latency_free(&l);
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static void only_above_the_threshold(void **state) {
    (void)state;
    latency_add(l, "command", 100, 0, 1);
    latency_add(l, "command", 99, 100, 1);
    assert_null(latency_get(l, "command"));
    latency_add(l, "command", 100, 100, 1);
    assert_int_equal(latency_get(l, "COMMAND")->max_ms, 100);
}

static void one_sample_a_second_the_larger(void **state) {
    (void)state;
    latency_add(l, "command", 10, 1, 5);
    latency_add(l, "command", 30, 1, 5);
    latency_add(l, "command", 20, 1, 5);
    const struct latency_event *e = latency_get(l, "command");
    assert_int_equal(e->at, 1);
    assert_int_equal(e->ring[0].ms, 30);
    latency_add(l, "command", 7, 1, 6);
    assert_int_equal(e->at, 2);
    assert_int_equal(e->max_ms, 30);
}

static void the_ring_goes_round(void **state) {
    (void)state;
    for (int64_t t = 1; t <= LATENCY_RING + 5; t++) latency_add(l, "fork", (uint64_t)t, 1, t);
    const struct latency_event *e = latency_get(l, "fork");
    assert_int_equal(e->at, 5);
    assert_int_equal(e->ring[4].time_s, LATENCY_RING + 5);
    assert_int_equal(e->ring[5].time_s, 6);
}

static void count(const struct latency_event *e, void *arg) {
    (void)e;
    ++*(unsigned *)arg;
}

static void kinds_are_reset_one_by_one_or_all(void **state) {
    (void)state;
    unsigned n = 0;
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "event-%d", i);
        latency_add(l, name, 5, 1, 1);
    }
    latency_each(l, count, &n);
    assert_int_equal(n, 64); /* bounded */
    assert_int_equal(latency_reset(l, "event-7"), 1);
    assert_int_equal(latency_reset(l, "event-7"), 0);
    assert_null(latency_get(l, "event-7"));
    assert_non_null(latency_get(l, "event-63"));
    assert_int_equal(latency_reset(l, NULL), 63);
    assert_int_equal(latency_reset(l, NULL), 0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(only_above_the_threshold),
        CASE(one_sample_a_second_the_larger),
        CASE(the_ring_goes_round),
        CASE(kinds_are_reset_one_by_one_or_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
