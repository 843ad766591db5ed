/* zipf_test.c: how often each key of a Zipf load is wanted, and what an ideal LRU keeps of them. */
#include "tests/support/zipf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/lru.h"
#include "tests/support/xorshift.h"

#define KEYS 50

/* Of the harmonic sum up to KEYS each key has its part, within a few deviations. */
static void shares(void **state) {
    unsigned    times[KEYS] = {0}, draws = 200000;
    uint64_t    random = XORSHIFT_SEED;
    double      sum = 0;
    struct zipf z;
    (void)state;
    zipf_init(&z, KEYS, 1.0);
    for (unsigned i = 1; i <= KEYS; i++) sum += 1.0 / i;
    for (unsigned n = 0; n < draws; n++) times[zipf_key(&z, xorshift(&random))]++;
    for (unsigned i = 0; i < KEYS; i++) {
        double expected = draws / sum / (i + 1);
        assert_true(times[i] > expected * 0.9 && times[i] < expected * 1.1);
    }
    assert_int_equal(zipf_key(&z, 0), 0);
    assert_int_equal(zipf_key(&z, UINT64_MAX), KEYS - 1);
    zipf_fini(&z);
}

/* Beside a cache that is searched from end to end: when was each key used last? */
static void lru_against_a_model(void **state) {
    unsigned   used_at[KEYS] = {0}, held = 0, gone;
    uint64_t   random = XORSHIFT_SEED;
    struct lru lru;
    (void)state;
    lru_init(&lru, KEYS, 10);
    for (unsigned n = 1; n < 20000; n++) {
        unsigned key = (unsigned)(xorshift(&random) % KEYS), oldest = KEYS;
        for (unsigned i = 0; i < KEYS; i++)
            if (used_at[i] > 0 && (oldest == KEYS || used_at[i] < used_at[oldest])) oldest = i;
        bool there = used_at[key] > 0;
        assert_int_equal(lru_use(&lru, key, &gone), there);
        if (there || held < 10) oldest = KEYS;
        assert_int_equal(gone, oldest);
        if (oldest < KEYS) used_at[oldest] = 0;
        else held += !there;
        used_at[key] = n;
        assert_int_equal(lru.held, held);
    }
    lru_fini(&lru);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(lru_against_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
