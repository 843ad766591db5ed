/* expire_test.c: active expiry with a clock that only the test moves. */
#include "server/core/expire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/core/keyspace.h"
#include "server/ds/rand.h"

#define LONG_US 10000000 /* a budget that no machine uses up here */

static struct ash_heap   *server_heap;
static struct clock       now;
static struct rand        rnd;
static struct keyspace    ks;
static struct type_limits limits;
static unsigned           changed;

static void on_changed(void *arg, unsigned db, struct slice key) {
    (void)arg, (void)db, (void)key;
    changed++;
}

static int setup(void **state) {
    (void)state;
    server_heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 3);
    now = (struct clock){.wall_ms = 1700000000000};
    keyspace_init(&ks, 4, server_heap, &now, &limits, &rnd,
                  (struct keyspace_hooks){.changed = on_changed});
    ks.listening = 1;
    changed = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    keyspace_fini(&ks);
    ash_heap_drop(&server_heap);
    return 0;
}

static void fill(unsigned d, unsigned from, unsigned to, int64_t expire_ms) {
    char         name[32];
    struct value v = {.type = VAL_STRING, .enc = ENC_INT, .u.i = 1};
    for (unsigned i = from; i < to; i++) {
        struct slice key = slice_of(name, (size_t)snprintf(name, sizeof name, "key:%u", i));
        db_set(&ks.db[d], key, table_hash(key), NULL, &v, expire_ms);
    }
}

static void check_all(void) {
    for (unsigned d = 0; d < ks.count; d++) assert_true(db_check(&ks.db[d]));
}

/* Returns how many keys it took. */
static uint64_t cycle(unsigned effort, uint64_t budget_us) {
    uint64_t before = ks.stats.expired;
    bool     more = expire_cycle(&ks, effort, budget_us);
    assert_true(budget_us != LONG_US || !more);
    return ks.stats.expired - before;
}

static void test_nothing(void **state) {
    (void)state;
    assert_int_equal(cycle(1, LONG_US), 0);
    fill(0, 0, 1000, ENTRY_NO_EXPIRE);
    fill(1, 0, 1000, now.wall_ms + 100);
    assert_int_equal(cycle(10, LONG_US), 0);
    assert_int_equal(keyspace_count(&ks), 2000);
}

static void test_all_stale(void **state) {
    (void)state;
    for (unsigned d = 0; d < 4; d++) fill(d, 0, 5000, now.wall_ms + d);
    fill(2, 5000, 6000, ENTRY_NO_EXPIRE);
    now.wall_ms += 100;
    uint64_t expired = 0;
    for (int i = 0; i < 100 && expired < 20000; i++) {
        expired += cycle(1, LONG_US);
        if (i % 10 == 0) check_all();
    }
    assert_int_equal(expired, 20000);
    assert_int_equal(ks.stats.expired, 20000);
    assert_int_equal(changed, 20000);
    assert_int_equal(keyspace_count(&ks), 1000);
    assert_int_equal(ks.stats.expire_cap_reached, 0);
    check_all();
}

/* Where few are stale, cycles still find every one in the end, without looking at all each time. */
static void test_few_stale(void **state) {
    (void)state;
    fill(0, 0, 5000, now.wall_ms + 1000000);
    fill(0, 5000, 5050, now.wall_ms + 1);
    now.wall_ms += 10;
    int cycles = 0;
    while (ks.db[0].keys.count > 5000 && cycles < 2000) {
        cycle(1, LONG_US);
        cycles++;
    }
    assert_int_equal(ks.db[0].keys.count, 5000);
    assert_in_range(cycles, 2, 1999);
    assert_in_range(ks.db[0].avg_ttl_ms, 900000, 1000000);
    check_all();
}

static void test_budget(void **state) {
    (void)state;
    fill(3, 0, 20000, now.wall_ms + 1);
    now.wall_ms += 10;
    assert_true(expire_cycle(&ks, 1, 0));
    assert_in_range(ks.stats.expired, 1, 10000); /* out of time at the first look at the clock */
    assert_int_equal(ks.stats.expire_cap_reached, 1);
    assert_true(ks.stats.expired_stale_perc_x100 > 0);
    check_all();
}

static void test_paused(void **state) {
    (void)state;
    fill(0, 0, 10, now.wall_ms + 1);
    now.wall_ms += 10;
    ks.expire_paused = true;
    assert_int_equal(cycle(1, LONG_US), 0);
    ks.expire_paused = false;
    assert_int_equal(cycle(1, LONG_US), 10);
}

static void test_far_future(void **state) {
    (void)state;
    fill(0, 0, 500, INT64_MAX);
    assert_int_equal(cycle(10, LONG_US), 0);
    assert_true(ks.db[0].avg_ttl_ms > 0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_nothing), CASE(test_all_stale), CASE(test_few_stale),
        CASE(test_budget),  CASE(test_paused),    CASE(test_far_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
