/* evict_test.c: which keys go under each policy, with a clock that the test moves.
 *
 * maxmemory limits the whole process's memory, so a test sets it relative to what is used now. The
 * policies are approximate: the tests say what share of the victims must be the right ones. */
#include "server/core/evict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/config.h"
#include "server/core/engine.h"

#define KEYS 2000

static struct engine *e;
static struct config  config;

static int setup(void **state) {
    (void)state;
    struct ash_heap *heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    e = ash_zalloc(heap, sizeof *e);
    e->heaps.server = heap;
    config = (struct config){.maxmemory_samples = 5, .maxmemory_eviction_tenacity = 100};
    e->config = &config;
    rand_seed(&e->rand, 5);
    e->clock.wall_ms = 1700000000000;
    keyspace_init(&e->keyspace, 2, heap, &e->clock, &config.types, &e->rand,
                  (struct keyspace_hooks){0});
    return 0;
}

static int teardown(void **state) {
    (void)state;
    struct ash_heap *heap = e->heaps.server;
    evict_free(&e->evict);
    keyspace_fini(&e->keyspace);
    ash_free(e, sizeof *e);
    ash_heap_drop(&heap);
    return 0;
}

static struct slice name_of(unsigned i, char *buf) {
    return slice_of(buf, (size_t)sprintf(buf, "key:%u", i));
}

static void put(unsigned d, unsigned i, int64_t expire_ms) {
    char         buf[32], text[200];
    struct slice key = name_of(i, buf);
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(text, sizeof text)};
    memset(text, 'x', sizeof text);
    db_set(&e->keyspace.db[d], key, table_hash(key), NULL, &v, expire_ms);
}

static struct entry *look(unsigned d, unsigned i, unsigned flags) {
    char         buf[32];
    struct slice key = name_of(i, buf);
    return db_lookup(&e->keyspace.db[d], key, table_hash(key), flags);
}

static unsigned left(unsigned d, unsigned from, unsigned to) {
    unsigned n = 0;
    for (unsigned i = from; i < to; i++) n += look(d, i, LOOKUP_NOTOUCH) != NULL;
    return n;
}

/* About so many keys of put() must go. */
static bool make_room(int policy, unsigned keys) {
    config.maxmemory_policy = policy;
    config.maxmemory = ash_used() - (size_t)keys * 200;
    bool room = evict_make_room(e);
    for (unsigned d = 0; d < 2; d++) assert_true(db_check(&e->keyspace.db[d]));
    return room;
}

static void test_noeviction(void **state) {
    (void)state;
    for (unsigned i = 0; i < 100; i++) put(0, i, ENTRY_NO_EXPIRE);
    assert_false(make_room(POLICY_NOEVICTION, 10));
    assert_int_equal(left(0, 0, 100), 100);
    config.maxmemory = ash_used();
    assert_true(evict_make_room(e));
}

static void pass(int64_t ms) {
    e->clock.wall_ms += ms;
    e->clock.mono_us += (uint64_t)ms * 1000;
}

static void test_lru(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        put(i % 2, i, ENTRY_NO_EXPIRE);
        if (i % 10 == 0) pass(1000);
    }
    for (unsigned i = 0; i < KEYS; i += 2) look(0, i, LOOKUP_READ); /* all of db 0 is young again */
    assert_true(make_room(POLICY_ALLKEYS_LRU, KEYS / 4));
    unsigned gone = KEYS - left(0, 0, KEYS) - left(1, 0, KEYS);
    assert_int_equal(e->keyspace.stats.evicted, gone);
    assert_in_range(gone, KEYS / 5, KEYS / 3);
    assert_in_range(left(0, 0, KEYS), KEYS / 2 - gone / 50, KEYS / 2);
    unsigned old_gone = KEYS / 4 - left(1, 0, KEYS / 2); /* the older half of db 1 */
    assert_true(old_gone * 100 > gone * 75);
}

static void test_lfu(void **state) {
    (void)state;
    keyspace_set_lfu(&e->keyspace, true);
    for (unsigned i = 0; i < KEYS; i++) put(0, i, ENTRY_NO_EXPIRE);
    for (unsigned n = 0; n < 100; n++) {
        for (unsigned i = 0; i < KEYS / 2; i++) look(0, i, LOOKUP_READ);
    }
    assert_true(make_room(POLICY_ALLKEYS_LFU, KEYS / 4));
    unsigned gone = KEYS - left(0, 0, KEYS);
    assert_in_range(left(0, 0, KEYS / 2), KEYS / 2 - gone / 50, KEYS / 2);
}

static void test_volatile_ttl(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        put(0, i, i % 2 ? ENTRY_NO_EXPIRE : e->clock.wall_ms + 1000 + i);
    }
    assert_true(make_room(POLICY_VOLATILE_TTL, KEYS / 8));
    unsigned gone = KEYS - left(0, 0, KEYS), soon_gone = KEYS / 2 - left(0, 0, KEYS / 2);
    assert_true(soon_gone * 100 > gone * 85);
    for (unsigned i = 1; i < KEYS; i += 2) assert_non_null(look(0, i, LOOKUP_NOTOUCH));
}

/* Volatile policies take only what expires, then give up. */
static void test_volatile_gives_up(void **state) {
    static const int policies[] = {POLICY_VOLATILE_LRU, POLICY_VOLATILE_LFU,
                                   POLICY_VOLATILE_RANDOM, POLICY_VOLATILE_TTL};
    (void)state;
    for (unsigned p = 0; p < 4; p++) {
        for (unsigned i = 0; i < 200; i++) {
            if (look(0, i, LOOKUP_NOTOUCH) == NULL) {
                put(0, i, i < 100 ? ENTRY_NO_EXPIRE : e->clock.wall_ms + 100000);
            }
        }
        assert_false(make_room(policies[p], 150));
        assert_int_equal(left(0, 0, 100), 100);
        assert_int_equal(left(0, 100, 200), 0);
    }
}

static void test_random(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) put(i % 2, i, ENTRY_NO_EXPIRE);
    assert_true(make_room(POLICY_ALLKEYS_RANDOM, KEYS / 2));
    assert_in_range(left(0, 0, KEYS), KEYS / 8, KEYS / 2 - KEYS / 8);
    assert_in_range(left(1, 0, KEYS), KEYS / 8, KEYS / 2 - KEYS / 8);
    config.maxmemory = 1; /* less than an empty keyspace takes */
    assert_false(evict_make_room(e));
    assert_int_equal(keyspace_count(&e->keyspace), 0);
}

/* Candidates that the pool remembers may have gone, or lost their expiry, when their turn comes. */
static void test_stale_pool(void **state) {
    (void)state;
    for (unsigned i = 0; i < 50; i++) put(0, i, e->clock.wall_ms + 100000);
    pass(50000);
    assert_true(make_room(POLICY_VOLATILE_LRU, 1));
    db_flush(&e->keyspace.db[0], false);
    for (unsigned i = 0; i < 50; i++) put(0, i, i < 49 ? ENTRY_NO_EXPIRE : e->clock.wall_ms + 9);
    assert_true(make_room(POLICY_VOLATILE_LRU, 1));
    assert_int_equal(left(0, 0, 50), 49);
    assert_null(look(0, 49, LOOKUP_NOTOUCH));
}

static void test_time_limit(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) put(0, i, ENTRY_NO_EXPIRE);
    config.maxmemory_eviction_tenacity = 0;
    assert_true(make_room(POLICY_ALLKEYS_LRU, KEYS / 2)); /* not yet, but on the way */
    assert_in_range(e->keyspace.stats.evicted, 1, KEYS / 4);
    for (int i = 0; i < 1000 && ash_used() > config.maxmemory; i++) evict_make_room(e);
    assert_true(ash_used() <= config.maxmemory);
}

/* Every eighth key lies among keys that are gone. Among equals these are the first to go; what was used
 * since is not an equal. */
static void put_long(unsigned i) {
    static char  text[5000];
    char         buf[32];
    struct slice key = name_of(i, buf);
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(text, sizeof text)};
    db_set(&e->keyspace.db[0], key, table_hash(key), NULL, &v, ENTRY_NO_EXPIRE);
}

static void drop(unsigned i) {
    char         buf[32];
    struct slice key = name_of(i, buf);
    db_delete(&e->keyspace.db[0], look(0, i, LOOKUP_NOTOUCH), table_hash(key), DISCARD_USER);
}

static void test_slabs_that_drain_go_first(void **state) {
    struct evict_gain gain = {0};
    size_t            one;
    (void)state;
#ifdef ASHLAR_PASSTHROUGH
    skip(); /* there are no slabs */
#endif
    config.maxmemory_policy = POLICY_ALLKEYS_LRU;
    for (unsigned i = 0; i < KEYS; i++) put_long(i);
    for (unsigned i = KEYS / 2; i < KEYS; i++)
        if (i % 8 != 0) drop(i); /* the second half is sparse: a fifth of the keys left */
    one = entry_bytes(look(0, 0, LOOKUP_NOTOUCH));
    assert_true(evict_for_pages(e, 50 * one, UINT64_MAX / 2, &gain));
    assert_in_range(gain.keys, 50, 51);
    assert_int_equal(e->keyspace.stats.evicted, gain.keys);
    unsigned dense = KEYS / 2 - left(0, 0, KEYS / 2);
    assert_in_range(dense, 0, 5);
    pass(100000);
    for (unsigned i = KEYS / 2; i < KEYS; i++) look(0, i, LOOKUP_READ); /* the sparse ones are young */
    assert_true(evict_for_pages(e, 20 * one, UINT64_MAX / 2, &gain));
    assert_in_range(KEYS / 2 - left(0, 0, KEYS / 2), dense + 20, dense + 21);
    assert_true(db_check(&e->keyspace.db[0]));
}

static void test_pages_of_each_policy(void **state) {
    (void)state;
    for (int policy = POLICY_VOLATILE_LRU; policy <= POLICY_ALLKEYS_RANDOM; policy++) {
        struct evict_gain gain = {0};
        bool              timed = policy <= POLICY_VOLATILE_TTL;
        config.maxmemory_policy = policy;
        keyspace_set_lfu(&e->keyspace, policy == POLICY_ALLKEYS_LFU || policy == POLICY_VOLATILE_LFU);
        for (unsigned i = 0; i < 200; i++)
            put(0, i, i < 100 ? ENTRY_NO_EXPIRE : e->clock.wall_ms + 1000 * i);
        assert_false(evict_for_pages(e, UINT64_MAX / 2, UINT64_MAX / 2, &gain)); /* all there is */
        assert_int_equal(gain.keys, timed ? 100 : 200);
        assert_int_equal(left(0, 0, 200), timed ? 100 : 0);
        for (unsigned i = 0; i < 200; i++)
            if (look(0, i, LOOKUP_NOTOUCH) != NULL) drop(i);
    }
    config.maxmemory_policy = POLICY_NOEVICTION;
    struct evict_gain none = {0};
    put(0, 1, ENTRY_NO_EXPIRE);
    assert_false(evict_for_pages(e, 1, 1000, &none));
    assert_int_equal(none.keys, 0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_noeviction),   CASE(test_lru),    CASE(test_lfu),
        CASE(test_volatile_ttl), CASE(test_volatile_gives_up),
        CASE(test_random),       CASE(test_stale_pool), CASE(test_time_limit),
        CASE(test_slabs_that_drain_go_first), CASE(test_pages_of_each_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
