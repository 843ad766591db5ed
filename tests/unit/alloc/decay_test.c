/* decay_test.c: an hour of decay in a microsecond. */
#include "alloc/decay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

#define MIB_ ((size_t)1 << 20)

/* One burst at time 0, then ticks: what may stay follows the curve down and ends at nothing. */
static void test_burst(void **state) {
    (void)state;
    struct decay d;
    size_t       have = 640 * MIB_, limit = have, at_half = 0;
    decay_init(&d, 10000, 1000);
    for (uint64_t now = 1000; now <= 13000; now += 10) {
        if (!decay_tick(&d, now, have, &limit)) continue;
        if (have > limit) have = limit;
        decay_settle(&d, limit, have);
        if (now < 2000) assert_true(have > 630 * MIB_); /* flat at first */
        if (now >= 6000 && at_half == 0) at_half = have;
    }
    assert_in_range(at_half, 280 * MIB_, 360 * MIB_);
    assert_int_equal(have, 0);
}

static void test_never_and_at_once(void **state) {
    (void)state;
    struct decay d;
    size_t       limit = 77;
    decay_init(&d, DECAY_NEVER, 0);
    assert_false(decay_tick(&d, 1u << 30, MIB_, &limit));
    decay_init(&d, 0, 0);
    assert_true(decay_tick(&d, 0, MIB_, &limit));
    assert_int_equal(limit, 0);
    assert_false(decay_tick(&d, 0, 0, &limit));
}

static void test_long_sleep_forgets_all(void **state) {
    (void)state;
    struct decay d;
    size_t       limit;
    decay_init(&d, 1000, 0);
    assert_true(decay_tick(&d, 20, 5 * MIB_, &limit));
    decay_settle(&d, limit, 5 * MIB_);
    assert_true(decay_tick(&d, 3600 * 1000, 5 * MIB_, &limit));
    assert_int_equal(limit, 0);
}

/* Steady reuse below the limit is not taken for new dirt; new dirt gets its full time. */
static void test_reuse(void **state) {
    (void)state;
    struct decay d;
    size_t       limit;
    decay_init(&d, 64000, 0);
    assert_true(decay_tick(&d, 1000, 8 * MIB_, &limit));
    decay_settle(&d, limit, 8 * MIB_);
    assert_true(decay_tick(&d, 2000, 4 * MIB_, &limit)); /* half was reused */
    decay_settle(&d, limit, 4 * MIB_);
    assert_true(decay_tick(&d, 3000, 8 * MIB_, &limit)); /* and freed again */
    assert_in_range(limit, 7 * MIB_, 9 * MIB_);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_never_and_at_once),
        cmocka_unit_test(test_long_sleep_forgets_all),
        cmocka_unit_test(test_reuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
