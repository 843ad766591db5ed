/* reclaim_test.c: the ladder of maxmemory-rss: which rung is climbed when, when it stops, when it
 * refuses, with an RSS that the test makes up: what is not the allocator's, and the rest as it is. */
#include "server/memory/reclaim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/evict.h"

#ifdef ASHLAR_PASSTHROUGH
#define NEEDS_PAGES() skip() /* such a build has none */
#else
#define NEEDS_PAGES() ((void)0)
#endif

#define KEYS 4000
#define MB   1000000

static struct engine  *e;
static struct config   config;
static size_t          outside; /* of RSS, what is not the allocator's */
static unsigned        readings, shrinks, compactions;
static size_t          compact_gain;
static struct reclaim *r;

static size_t rss(void) {
    readings++;
    return outside + ash_resident();
}

static void shrink(void *arg, uint64_t max_us) {
    (void)arg, (void)max_us;
    shrinks++;
}

static size_t compact(void *arg, uint64_t max_us) {
    (void)arg, (void)max_us;
    compactions++;
    outside -= compact_gain < outside ? compact_gain : outside;
    return compact_gain;
}

static void build(const struct reclaim_hooks *hooks) {
    ash_set_background_thread(false);
    ash_set_dirty_decay_ms(-1);
    struct ash_heap *heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    e = ash_zalloc(heap, sizeof *e);
    e->heaps.server = heap;
    config = (struct config){.maxmemory_samples = 5, .maxmemory_policy = POLICY_ALLKEYS_LRU};
    e->config = &config;
    rand_seed(&e->rand, 5);
    e->clock.wall_ms = 1700000000000;
    keyspace_init(&e->keyspace, 2, heap, &e->clock, &config.types, &e->rand,
                  (struct keyspace_hooks){0});
    e->reclaim = r = reclaim_new(e, hooks);
    outside = 10 * MB;
    readings = shrinks = compactions = 0;
    compact_gain = 0;
}

static int setup(void **state) {
    (void)state;
    build(&(struct reclaim_hooks){.rss = rss});
    return 0;
}

static int setup_hooks(void **state) {
    (void)state;
    build(&(struct reclaim_hooks){.rss = rss, .shrink = shrink, .compact = compact});
    return 0;
}

static int teardown(void **state) {
    (void)state;
    struct ash_heap *heap = e->heaps.server;
    size_t           bytes = 0;
    evict_free(&e->evict);
    reclaim_free(&e->reclaim);
    keyspace_fini(&e->keyspace);
    ash_free(e, sizeof *e);
    ash_heap_drop(&heap);
    while (ash_purge_step(1000, &bytes)) continue;
    return 0;
}

/* --- What the tests do ------------------------------------------------------------------------- */

static void put(unsigned i, size_t len) {
    static char  text[20000];
    char         buf[32];
    struct slice key = slice_of(buf, (size_t)sprintf(buf, "key:%u", i));
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(text, len)};
    struct db   *db = &e->keyspace.db[i % 2];
    db_set(db, key, table_hash(key), db_peek(db, key, table_hash(key)), &v, ENTRY_NO_EXPIRE);
}

static void drop_all(void) {
    for (unsigned d = 0; d < 2; d++) db_flush(&e->keyspace.db[d], false);
}

static void set_limit(size_t bytes) {
    config.maxmemory_rss = bytes;
    reclaim_limit(r);
}

static struct reclaim_status status(void) {
    struct reclaim_status s;
    reclaim_read(r, &s);
    return s;
}

/* The cron's ticks, until there is nothing more to do or it does not help. */
static void settle(void) {
    for (int i = 0; i < 20000 && reclaim_tick(r) != RECLAIM_IDLE; i++) usleep(50);
}

/* --- Cases --------------------------------------------------------------------------------------- */

static void no_limit_no_work(void **state) {
    (void)state;
    set_limit(0);
    assert_null(e->rss_room);
    assert_true(reclaim_tick(r) == RECLAIM_IDLE);
    assert_int_equal(readings, 0);
    set_limit(100 * MB);
    assert_non_null(e->rss_room);
    assert_true(e->rss_room(e, true));
    assert_true(reclaim_tick(r) == RECLAIM_IDLE);
    assert_false(status().active);
    set_limit(0);
    assert_null(e->rss_room);
}

/* The kernel is not asked at each command. */
static void readings_are_rare(void **state) {
    (void)state;
    NEEDS_PAGES();
    set_limit(100 * MB);
    readings = 0;
    for (unsigned i = 0; i < 10000; i++) assert_true(e->rss_room(e, i % 3 == 0));
    assert_int_equal(readings, 0);
    outside += 200 * MB; /* what the estimate can't know, the cron finds */
    assert_true(e->rss_room(e, true));
    assert_int_equal(readings, 0);
    reclaim_tick(r);
    assert_int_equal(readings, 1);
    assert_true(status().active);
}

/* Free pages suffice: nothing else is touched, and no more of them than has to. */
static void a_purge_is_enough(void **state) {
    (void)state;
    NEEDS_PAGES();
    for (unsigned i = 0; i < KEYS; i++) put(i, 5000);
    void  *big[8];
    for (unsigned i = 0; i < 8; i++) memset(big[i] = ash_alloc(e->heaps.server, 2 * MB), 1, 2 * MB);
    for (unsigned i = 0; i < 8; i++) ash_free(big[i], 2 * MB);
    assert_true(ash_purgeable() >= 16 * MB);
    size_t limit = rss() - 5 * MB;
    set_limit(limit);
    settle();
    struct reclaim_status s = status();
    assert_true(rss() <= limit && !s.active && !s.vain);
    assert_in_range(s.rung[RECLAIM_PURGE].bytes, 5 * MB, 7 * MB);
    assert_true(ash_purgeable() >= 9 * MB); /* what is stored next finds them */
    for (unsigned i = RECLAIM_CACHES; i < RECLAIM_RUNGS; i++) assert_int_equal(s.rung[i].runs, 0);
    assert_int_equal(keyspace_count(&e->keyspace), KEYS);
}

/* Keys go when nothing else is left, about as many as have to. */
static void keys_go_last(void **state) {
    (void)state;
    NEEDS_PAGES();
    for (unsigned i = 0; i < KEYS; i++) put(i, 5000);
    size_t limit = rss() - 6 * MB;
    set_limit(limit);
    settle();
    struct reclaim_status s = status();
    uint64_t              gone = KEYS - keyspace_count(&e->keyspace);
    assert_true(rss() <= limit && !s.active && !s.vain);
    assert_true(gone > 0 && s.evicted_keys == gone);
    assert_true(s.rung[RECLAIM_EVICT].bytes >= gone * 5000);
    assert_true(gone <= 3 * 6 * MB / 5000); /* Dragonfly's: seven times */
    assert_true(rss() >= limit - limit / 40);
    for (unsigned d = 0; d < 2; d++) assert_true(db_check(&e->keyspace.db[d]));
}

/* The limit holds while keys of all sizes keep coming. */
static void filling_stays_below(void **state) {
    (void)state;
    NEEDS_PAGES();
    size_t limit = rss() + 20 * MB, most = 0;
    set_limit(limit);
    for (unsigned i = 0; i < 5 * KEYS; i++) {
        size_t len = 1 + rand_below(&e->rand, 9000);
        assert_true(e->rss_room(e, len >= 4096));
        put(i, len);
        if (rss() > most) most = rss();
    }
    assert_true(most <= limit + limit / 50);
    assert_true(rss() >= limit - limit / 20); /* and what it allows is used */
    for (unsigned d = 0; d < 2; d++) assert_true(db_check(&e->keyspace.db[d]));
}

static void refused_when_all_is_in_vain(void **state) {
    (void)state;
    NEEDS_PAGES();
    config.maxmemory_policy = POLICY_NOEVICTION;
    for (unsigned i = 0; i < 1000; i++) put(i, 5000);
    set_limit(rss() - 2 * MB);
    settle();
    assert_true(status().vain);
    assert_false(e->rss_room(e, false));
    assert_false(e->rss_room(e, true));
    assert_int_equal(status().refused, 2);
    assert_int_equal(keyspace_count(&e->keyspace), 1000);
    drop_all(); /* then there is something to purge */
    usleep(2000);
    assert_true(e->rss_room(e, false));
    settle();
    assert_false(status().active || status().vain);
    reclaim_reset_stats(r);
    assert_int_equal(status().refused, 0);
}

/* In the order of their cost, each reporting its own; one that brings nothing rests. */
static void the_hooks_have_their_place(void **state) {
    (void)state;
    NEEDS_PAGES();
    config.maxmemory_policy = POLICY_NOEVICTION;
    assert_true(status().rung[RECLAIM_COMPACT].available);
    for (unsigned i = 0; i < 1000; i++) put(i, 5000);
    size_t bytes = 0;
    while (ash_purge_step(1000, &bytes)) continue;
    compact_gain = 500000;
    set_limit(rss() - 2 * MB);
    settle();
    struct reclaim_status s = status();
    assert_false(s.active || s.vain);
    assert_true(shrinks >= 1 && compactions >= 4);
    assert_int_equal(s.rung[RECLAIM_COMPACT].bytes, compactions * 500000);
    assert_int_equal(s.rung[RECLAIM_EVICT].runs, 0);
    unsigned before = compactions;
    compact_gain = 0;
    set_limit(rss() - 2 * MB);
    settle();
    assert_true(status().vain);
    for (int i = 0; i < 20; i++) assert_false(e->rss_room(e, true));
    assert_int_equal(compactions, before + 1);
}

/* A command's arguments lie in a client's buffer, and so do those behind it. */
static void buffers_are_left_alone_while_a_command_waits(void **state) {
    (void)state;
    NEEDS_PAGES();
    config.maxmemory_policy = POLICY_NOEVICTION;
    for (unsigned i = 0; i < 1000; i++) put(i, 5000);
    set_limit(rss() - 2 * MB);
    for (int i = 0; i < 50; i++) {
        assert_true(e->rss_room(e, true)); /* it is not known to be in vain yet */
        usleep(1000);
    }
    assert_int_equal(shrinks, 0);
    settle();
    assert_int_equal(shrinks, 1);
    assert_true(status().vain);
    assert_false(e->rss_room(e, true));
    assert_int_equal(shrinks, 1);
}

static void compaction_may_be_missing(void **state) {
    (void)state;
    assert_false(status().rung[RECLAIM_COMPACT].available);
    for (unsigned i = 0; i < RECLAIM_RUNGS; i++)
        if (i != RECLAIM_COMPACT) assert_true(status().rung[i].available);
    assert_string_equal(reclaim_rung_name(RECLAIM_COMPACT), "compact");
}

/* Half empty tables are the third thing to go. */
static void tables_are_tightened(void **state) {
    (void)state;
    NEEDS_PAGES();
    config.maxmemory_policy = POLICY_NOEVICTION;
    for (unsigned i = 0; i < 60000; i++) put(i, 1);
    for (unsigned i = 0; i < 25000; i++) {
        char         buf[32];
        struct slice key = slice_of(buf, (size_t)sprintf(buf, "key:%u", i));
        struct db   *db = &e->keyspace.db[i % 2];
        db_delete(db, db_peek(db, key, table_hash(key)), table_hash(key), DISCARD_USER);
    }
    size_t before = table_bytes(&e->keyspace.db[0].keys);
    set_limit(outside / 2);
    settle();
    assert_true(status().vain);
    assert_true(status().rung[RECLAIM_SHRINK].bytes > 0);
    assert_true(table_bytes(&e->keyspace.db[0].keys) < before);
    for (unsigned d = 0; d < 2; d++) assert_true(db_check(&e->keyspace.db[d]));
}

int main(void) {
#define CASE(f, s) cmocka_unit_test_setup_teardown(f, s, teardown)
    const struct CMUnitTest tests[] = {
        CASE(no_limit_no_work, setup),
        CASE(readings_are_rare, setup),
        CASE(a_purge_is_enough, setup),
        CASE(keys_go_last, setup),
        CASE(filling_stays_below, setup),
        CASE(refused_when_all_is_in_vain, setup),
        CASE(the_hooks_have_their_place, setup_hooks),
        CASE(buffers_are_left_alone_while_a_command_waits, setup_hooks),
        CASE(compaction_may_be_missing, setup),
        CASE(tables_are_tightened, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
