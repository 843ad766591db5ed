/* stats_test.c: buckets, percentiles, rates, error kinds, reset. */
#include "server/core/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/alloc.h"

#define COMMANDS 7

static struct ash_heap *heap;
static struct stats     s;

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    stats_init(&s, heap, COMMANDS);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    stats_fini(&s);
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static void buckets_hold_their_durations(void **state) {
    (void)state;
    for (uint64_t usec = 0; usec < 1 << 20; usec += usec < 4096 ? 1 : 37) {
        unsigned b = stats_bucket(usec);
        assert_true(b < STATS_HISTOGRAM_BUCKETS);
        assert_true(usec <= stats_bucket_top(b));
        if (b > 0) assert_true(usec > stats_bucket_top(b - 1));
    }
}

static void buckets_are_within_a_sixteenth(void **state) {
    (void)state;
    for (unsigned b = 16; b < STATS_HISTOGRAM_BUCKETS; b++) {
        uint64_t low = stats_bucket_top(b - 1) + 1, high = stats_bucket_top(b);
        assert_true((high - low) * 16 <= low);
    }
    assert_int_equal(stats_bucket_top(STATS_HISTOGRAM_BUCKETS - 1), (1 << 20) - 1);
}

static void very_long_durations_share_the_last_bucket(void **state) {
    (void)state;
    assert_int_equal(stats_bucket(1 << 20), STATS_HISTOGRAM_BUCKETS - 1);
    assert_int_equal(stats_bucket(UINT64_MAX), STATS_HISTOGRAM_BUCKETS - 1);
}

static void calls_are_counted(void **state) {
    (void)state;
    stats_call(&s, 3, 5, false);
    stats_call(&s, 3, 7, true);
    stats_rejected(&s, 3);
    assert_int_equal(s.command[3].calls, 2);
    assert_int_equal(s.command[3].usec, 12);
    assert_int_equal(s.command[3].failed, 1);
    assert_int_equal(s.command[3].rejected, 1);
    assert_int_equal(s.commands_processed, 2);
    assert_null(s.command[2].histogram);
}

static void percentiles(void **state) {
    (void)state;
    assert_true(stats_percentile(&s.command[0], 0.5) == 0);
    for (unsigned i = 1; i <= 1000; i++) stats_call(&s, 0, i <= 990 ? 10 : 1000, false);
    assert_true(stats_percentile(&s.command[0], 0.5) == 10);
    assert_true(stats_percentile(&s.command[0], 0.99) == 10);
    double p999 = stats_percentile(&s.command[0], 0.999);
    assert_true(p999 >= 1000 && p999 < 1064);
}

static void error_kinds_are_bounded(void **state) {
    (void)state;
    for (int i = 0; i < STATS_ERRORS_MAX * 2; i++) {
        char code[32];
        snprintf(code, sizeof code, "CODE%d", i);
        stats_error(&s, code);
        stats_error(&s, "CODE0");
    }
    assert_int_equal(s.error_kinds, STATS_ERRORS_MAX);
    assert_int_equal(s.errors, STATS_ERRORS_MAX * 4);
    assert_string_equal(s.error[0].code, "CODE0");
    assert_int_equal(s.error[0].count, STATS_ERRORS_MAX * 2 + 1);
}

static void rates_are_means_of_samples(void **state) {
    (void)state;
    for (int i = 0; i <= STATS_SAMPLES; i++)
        stats_rate(&s, RATE_COMMANDS, (uint64_t)i * 50, 1000 + i * 100);
    assert_true(stats_rate_per_sec(&s, RATE_COMMANDS) == 500.0);
    stats_rate(&s, RATE_COMMANDS, 0, 3000); /* counters were reset: no negative rate */
    assert_true(stats_rate_per_sec(&s, RATE_COMMANDS) < 500.0);
    assert_true(stats_rate_per_sec(&s, RATE_NET_IN) == 0);
}

static void reset_keeps_facts(void **state) {
    (void)state;
    stats_call(&s, 1, 1, false);
    stats_error(&s, "ERR");
    s.startup_used = 42;
    s.connections_received = 3;
    stats_reset(&s);
    assert_int_equal(s.command[1].calls, 0);
    assert_null(s.command[1].histogram);
    assert_int_equal(s.error_kinds, 0);
    assert_int_equal(s.connections_received, 0);
    assert_int_equal(s.startup_used, 42);
    stats_call(&s, 1, 1, false);
    assert_int_equal(s.command[1].calls, 1);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(buckets_hold_their_durations),
        CASE(buckets_are_within_a_sixteenth),
        CASE(very_long_durations_share_the_last_bucket),
        CASE(calls_are_counted),
        CASE(percentiles),
        CASE(error_kinds_are_bounded),
        CASE(rates_are_means_of_samples),
        CASE(reset_keeps_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
