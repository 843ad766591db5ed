/* compact_test.c: when a pass begins and how much it works, what it moves, and what may happen to the
 * databases between its slices. Time is the test's. */
#include "server/memory/compact.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/core/config.h"
#include "server/core/keyspace.h"
#include "server/ds/rand.h"
#include "server/types/hash.h"
#include "server/types/set.h"
#include "server/types/zset.h"
#include "tests/support/drain.h"

const char *malloc_conf = "quarantine:0"; /* debug builds: pages are counted */

#define DBS     (KEYSPACE_HEAPED_MAX + 3) /* some share their heaps */
#define KEYS    30000
#define MEMBERS 20000

static struct ash_heap *server_heap;
static struct clock     now;
static struct rand      rnd;
static struct keyspace  ks;
static struct config    config;
static struct compact  *compact;
static uint64_t         now_us;

static int setup(void **state) {
    (void)state;
    server_heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 3);
    now = (struct clock){.wall_ms = 1700000000000};
    config = (struct config){.activedefrag = true,
                             .active_defrag_ignore_bytes = 1 << 20,
                             .active_defrag_threshold_lower = 10,
                             .active_defrag_threshold_upper = 100,
                             .active_defrag_cycle_min = 1,
                             .active_defrag_cycle_max = 25,
                             .active_defrag_max_scan_fields = 1000};
    config.types = (struct type_limits){128, 0, 64, 16, 64, 128, 64, 128, 64, 4096, 100};
    keyspace_init(&ks, DBS, server_heap, &now, &config.types, &rnd, (struct keyspace_hooks){0});
    compact = compact_new(server_heap, &ks, &config);
    now_us = 1;
    return 0;
}

/* What no key leads to, and no pass moves: one in ten of so many that there were. */
static void    *pinned[20 * KEYS];
static unsigned pinned_count;
#ifndef ASHLAR_PASSTHROUGH
static void pin(struct ash_heap *heap, unsigned count) {
    pinned_count = count;
    for (unsigned i = 0; i < count; i++) pinned[i] = memset(ash_alloc(heap, 200), 0xff, 200);
    for (unsigned i = 0; i < count; i++)
        if (i % 10 != 0) ash_free(pinned[i], 200);
}
#endif
static void unpin(void) {
    for (unsigned i = 0; i < pinned_count; i += 10) ash_free(pinned[i], 200);
    pinned_count = 0;
}

static int teardown(void **state) {
    (void)state;
    unpin();
    for (unsigned i = 0; i < DBS; i++) db_check(&ks.db[i]);
    ash_check();
    compact_free(&compact);
    keyspace_fini(&ks);
    ash_heap_drop(&server_heap);
    return 0;
}

static struct compact_status status(void) {
    struct compact_status s;
    compact_read(compact, &s);
    return s;
}

/* --- What is in the databases ----------------------------------------------------------------- */

static struct slice name_of(unsigned i, char text[32]) {
    return slice_of(text, (size_t)sprintf(text, "key:%08u", i));
}

static struct entry *find(unsigned db, unsigned i) {
    char         text[32];
    struct slice key = name_of(i, text);
    return db_peek(&ks.db[db], key, table_hash(key));
}

/* The string of key i: 100 bytes of its own, or 2000, which is a block by itself. */
static void put(unsigned db, unsigned i) {
    char         text[32], bytes[2000];
    struct slice key = name_of(i, text);
    memset(bytes, 'a' + (int)(i % 26), sizeof bytes);
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = {bytes, i % 50 == 0 ? 2000 : 100}};
    int64_t      expire_ms = i % 3 == 0 ? now.wall_ms + 1000000 + i : ENTRY_NO_EXPIRE;
    db_set(&ks.db[db], key, table_hash(key), find(db, i), &v, expire_ms);
}

static void drop(unsigned db, unsigned i) {
    char          text[32];
    struct slice  key = name_of(i, text);
    struct entry *e = find(db, i);
    if (e != NULL) db_delete(&ks.db[db], e, table_hash(key), DISCARD_USER);
}

static void check_string(unsigned db, unsigned i) {
    struct value  v;
    struct entry *e = find(db, i);
    assert_non_null(e);
    entry_value(e, &v);
    assert_int_equal(v.u.str.len, i % 50 == 0 ? 2000 : 100);
    for (size_t at = 0; at < v.u.str.len; at++) assert_int_equal(v.u.str.p[at], 'a' + (int)(i % 26));
    assert_int_equal(entry_expire_ms(e), i % 3 == 0 ? now.wall_ms + 1000000 + i : ENTRY_NO_EXPIRE);
}

static void make_sparse(unsigned db) { /* every tenth key stays */
    for (unsigned i = 0; i < KEYS; i++) put(db, i);
    for (unsigned i = 0; i < KEYS; i++)
        if (i % 10 != 0) drop(db, i);
}

#ifndef ASHLAR_PASSTHROUGH
/* Keys [from, to), of each ten the first `keep` stay. */
static void thin_out(unsigned db, unsigned from, unsigned to, unsigned keep) {
    for (unsigned i = from; i < to; i++)
        if (i % 10 >= keep) drop(db, i);
}
#endif

static void check_sparse(unsigned db) {
    for (unsigned i = 0; i < KEYS; i += 10) check_string(db, i);
}

static struct value big(unsigned db, const char *name, enum value_type type) {
    struct type_env env = db_env(&ks.db[db]);
    struct slice    one = slice_str("member");
    struct value    v = type == VAL_SET    ? set_new(&env, one, MEMBERS)
                        : type == VAL_HASH ? hash_new(&env)
                                           : zset_new(&env, 200);
    char            text[64];
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct slice m = slice_of(text, (size_t)sprintf(text, "%s:%050u", name, i));
        double       score = i;
        if (type == VAL_SET) set_add(&v, &env, m);
        else if (type == VAL_HASH) hash_set(&v, &env, m, m);
        else zset_add(&v, &env, &score, m, 0);
    }
    return v;
}

/* --- Time -------------------------------------------------------------------------------------- */

/* Calls when it asks for it, until no pass is under way or so many calls were made. */
static void run(unsigned calls) {
    for (unsigned i = 0; i < calls; i++) {
        now_us = compact_tick(compact, now_us, 0, false);
        if (status().running == 0 && i > 0) break;
    }
}

static void run_whole(void) {
    uint64_t passes = status().passes;
    for (unsigned i = 0; i < 1000000 && status().passes == passes; i++)
        now_us = compact_tick(compact, now_us, 0, false);
    assert_true(status().passes > passes);
}

static size_t draining(void) {
    size_t sum = 0;
    for (unsigned i = 0; i < DBS; i++)
        if (ks.db[i].dataset != NULL) sum += ash_draining(ks.db[i].dataset) + ash_draining(ks.db[i].tables);
    return sum;
}

/* --- Cases ------------------------------------------------------------------------------------- */

static void nothing_to_be_had(void **state) {
    (void)state;
    config.active_defrag_ignore_bytes = 1 << 30; /* sanitized builds could move all there is */
    for (unsigned i = 0; i < KEYS; i++) put(0, i);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t next = compact_tick(compact, now_us, 0, false);
        assert_true(next > now_us);
        now_us = next;
    }
    assert_int_equal(status().passes + status().hits + status().work_us, 0);
    assert_int_equal(status().over_us + status().over_since_us, 0);
}

static void strings_move_together(void **state) {
    (void)state;
    make_sparse(0);
    struct ash_heap_stats before, after;
    ash_heap_stats(ks.db[0].dataset, &before);
    run_whole();
    ash_heap_stats(ks.db[0].dataset, &after);
    struct compact_status s = status();
    check_sparse(0);
    assert_int_equal(after.used, before.used);
    assert_int_equal(draining(), 0);
    assert_int_equal(s.running, 0);
    assert_true(s.hits > 0 && s.bytes_moved > 0 && s.bytes_returned > 0 && s.key_hits > 0);
#ifndef ASHLAR_PASSTHROUGH
    assert_true(s.looked_up < KEYS / 5); /* not all that there ever was: what is in sparse slabs */
    assert_true(before.active > 3 * after.active);
#ifndef ASHLAR_DEBUG
    assert_true(after.active < after.used + after.used / 4);
#endif
    assert_true(s.bytes_returned >= (before.active - after.active) / 2);
#endif
}

/* Not more often than its share of the processor: right after a slice there is none. */
static void slices_keep_their_distance(void **state) {
    (void)state;
    for (unsigned db = 0; db < 8; db++) make_sparse(db); /* far more than a slice does */
    uint64_t over_us = now_us;
    now_us = compact_tick(compact, now_us, 0, false); /* so much at once: it may be becoming more */
    assert_int_equal(status().running + status().work_us, 0);
    uint64_t next = compact_tick(compact, now_us, 0, false), work_us = status().work_us;
    assert_true(status().running >= 1 && status().running <= 25);
    assert_true(next > now_us);
    assert_true(next - now_us <= 100000);
    compact_tick(compact, now_us, 0, false);
    assert_int_equal(status().work_us, work_us);
    assert_int_equal(status().over_since_us, over_us);
}

/* While there is more to be had each time, and for so long; then it does begin. */
static void waits_for_what_is_being_deleted(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { STEPS = 20, PART = KEYS / STEPS };
    for (unsigned i = 0; i < KEYS; i++) put(0, i);
    config.active_defrag_ignore_bytes = 65536;
    config.active_defrag_threshold_lower = 1;
    for (unsigned step = 0; step < STEPS / 2; step++) {
        thin_out(0, step * PART, (step + 1) * PART, 1);
        now_us = compact_tick(compact, now_us, 0, false);
        assert_int_equal(status().running + status().passes, 0);
        assert_true(step == 0 || status().gain > 0);
    }
    now_us = compact_tick(compact, now_us, 0, false);
    assert_true(status().running > 0 || status().passes > 0);
    check_sparse(0);
#endif
}

static void off_means_off(void **state) {
    (void)state;
    config.activedefrag = false;
    make_sparse(0);
    run(100);
    assert_int_equal(status().hits + status().passes, 0);
    config.activedefrag = true;
    now_us = compact_tick(compact, now_us, 0, false);
    now_us = compact_tick(compact, now_us, 0, false);
    config.activedefrag = false; /* in the middle of a pass, unless one slice was enough for all of it */
    now_us += 200000;
    run(1000);
    assert_int_equal(status().running, 0);
    assert_int_equal(draining(), 0);
    compact_start(compact); /* asked for, it runs all the same */
    run_whole();
    check_sparse(0);
}

/* What is on its way out leaves sparse slabs behind, and then none: that is waited for, but not for ever. */
static void waits_for_what_is_on_its_way_out(void **state) {
    (void)state;
    make_sparse(0);
    uint64_t begun_us = now_us;
    while (now_us < begun_us + COMPACT_PATIENCE_US) {
        assert_int_equal(status().work_us + status().running, 0);
        now_us = compact_tick(compact, now_us, 1 << 30, false);
    }
    for (unsigned i = 0; i < 3; i++) now_us = compact_tick(compact, now_us, 1 << 30, false);
    assert_true(status().running > 0 || status().passes > 0);
    if (status().passes == 0) run_whole();
    make_sparse(1);
    now_us += 200000;
    for (unsigned i = 0; i < 3; i++) now_us = compact_tick(compact, now_us, 1000, false); /* a little is no matter */
    assert_true(status().running > 0 || status().passes > 1);
    check_sparse(0);
    check_sparse(1);
}

/* Keys come, go, get other values and names, and databases are flushed and swapped between slices. */
static void anything_between_slices(void **state) {
    (void)state;
    static const enum value_type types[] = {VAL_SET, VAL_HASH, VAL_ZSET};
    static const char *const     names[] = {"a set", "a hash", "a zset"};
    make_sparse(0);
    make_sparse(1);
    make_sparse(2);
    make_sparse(KEYSPACE_HEAPED_MAX);
    make_sparse(KEYSPACE_HEAPED_MAX + 1);
    unsigned sharing = KEYSPACE_HEAPED_MAX;
    for (unsigned i = 0; i < 3; i++) {
        struct slice name = slice_str(names[i]);
        struct value v = big(0, names[i], types[i]);
        db_set(&ks.db[0], name, table_hash(name), NULL, &v, ENTRY_NO_EXPIRE);
    }
    unsigned held = 0, other = 1; /* the databases with what make_sparse left */
    for (unsigned turn = 0; turn < 3000; turn++) {
        if (status().running == 0) compact_start(compact);
        now_us = compact_tick(compact, now_us, 0, false);
        unsigned i = (unsigned)rand_below(&rnd, KEYS);
        if (i % 10 == 0) {
            put(held, i); /* the same again, in another place */
        } else if (i % 2) {
            put(held, i);
        } else {
            drop(held, i);
        }
        if (turn == 500) db_flush(&ks.db[KEYSPACE_HEAPED_MAX + 1], false);
        if (turn % 700 == 699) {
            keyspace_swap(&ks, 0, 1);
            held = !held, other = !other;
        }
        if (turn % 1000 == 999) { /* one that has heaps of its own, and one that shares them */
            keyspace_swap(&ks, 2, KEYSPACE_HEAPED_MAX);
            sharing = sharing == 2 ? KEYSPACE_HEAPED_MAX : 2;
        }
        if (turn % 37 == 0) {
            const char   *from = names[turn % 3], *to = "renamed";
            unsigned      db = held;
            uint64_t      hash = table_hash(slice_str(from)), to_hash = table_hash(slice_str(to));
            struct entry *e = db_peek(&ks.db[db], slice_str(from), hash);
            if (e == NULL) continue;
            e = db_rename(&ks.db[db], e, hash, slice_str(to), to_hash, NULL);
            db_rename(&ks.db[db], e, to_hash, slice_str(from), hash, NULL);
        }
        if (turn == 1500) drop(held, 10), put(held, 10);
        if (turn == 2000) {
            struct entry *e = db_peek(&ks.db[held], slice_str(names[0]), table_hash(slice_str(names[0])));
            db_delete(&ks.db[held], e, table_hash(slice_str(names[0])), DISCARD_USER);
        }
        if (turn % 500 == 0)
            for (unsigned db = 0; db < DBS; db++) db_check(&ks.db[db]);
    }
    check_sparse(held);
    check_sparse(other);
    check_sparse(2);
    check_sparse(KEYSPACE_HEAPED_MAX);
    assert_int_equal(sharing, 2); /* its heaps are where nobody would look for shared ones */
    assert_int_equal(ks.db[KEYSPACE_HEAPED_MAX + 1].keys.count, 0);
    compact_start(compact);
    run_whole();
    assert_int_equal(draining(), 0);
}

/* What no key leads to can't be moved. The pass that finds so is not made again and again. */
static void what_stays_begins_no_pass(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    struct type_env env = db_env(&ks.db[0]);
    pin(env.heap, KEYS);
    run_whole();
    assert_int_equal(status().hits, 0);
    assert_int_equal(draining(), 0);
    for (unsigned i = 0; i < 200; i++) now_us = compact_tick(compact, now_us, 0, false);
    assert_int_equal(status().passes, 1);
    struct slice name = slice_str("a set"); /* all keys there are; gone over once, in steps of its own */
    struct value v = big(0, "a set", VAL_SET);
    db_set(&ks.db[0], name, table_hash(name), NULL, &v, ENTRY_NO_EXPIRE);
    compact_start(compact);
    run_whole();
    assert_int_equal(status().key_hits + status().key_misses, 1);
    unpin();
    now_us = compact_tick(compact, now_us, 0, false);
    make_sparse(0); /* this does */
    run_whole();
    assert_true(status().hits > 0);
    check_sparse(0);
#endif
}

/* --- Passes that are stopped --------------------------------------------------------------------- */

#ifndef ASHLAR_PASSTHROUGH
/* Small hashes: what is to be had of them lies below the keys, so that a pass has to go over these. */
static void put_small_hash(unsigned db, unsigned i) {
    char            text[32];
    struct type_env env = db_env(&ks.db[db]);
    struct slice    key = name_of(i, text), field = slice_str("field");
    static char     bytes[60];
    struct value    v = hash_new(&env);
    hash_set(&v, &env, field, slice_of(bytes, sizeof bytes));
    hash_set(&v, &env, slice_str("other"), slice_of(bytes, sizeof bytes));
    db_set(&ks.db[db], key, table_hash(key), find(db, i), &v, ENTRY_NO_EXPIRE);
}

/* Until the pass under way is among the keys. */
static void run_to_the_keys(void) {
    struct compact_status before = status(), s;
    do {
        now_us = compact_tick(compact, now_us, 0, false);
        s = status();
        assert_int_equal(s.passes, before.passes);
    } while (s.key_hits + s.key_misses == before.key_hits + before.key_misses);
}

static size_t active(unsigned db) {
    struct ash_heap_stats s;
    ash_heap_stats(ks.db[db].dataset, &s);
    return s.active;
}

static void run_for(uint64_t us, uint64_t pending) {
    for (uint64_t end = now_us + us; now_us < end;) now_us = compact_tick(compact, now_us, pending, false);
}

#define MINUTE_US 60000000

/* A minute for what there is to be done, and in the next no pass begins: nothing goes round and round. */
static void assert_settles(uint64_t passes_max) {
    run_for(MINUTE_US, 0);
    uint64_t passes = status().passes;
    assert_int_equal(status().running, 0);
    assert_true(passes <= passes_max);
    run_for(MINUTE_US, 0);
    assert_int_equal(status().passes, passes);
}
#endif

/* A pass that stopped among the keys, as there was much more to be had by then, has not tried that: the
 * next one gets it. It had been taken for what can't be had, and stayed for ever. */
static void what_stopped_a_pass_is_tried(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { MANY = 4 * KEYS };
    for (unsigned i = 0; i < MANY; i++) put_small_hash(0, i);
    thin_out(0, 0, MANY / 4, 1);
    run_to_the_keys();
    thin_out(0, MANY / 4, MANY, 1); /* three times as much */
    size_t before = active(0);
    now_us += 100000; /* it asks at once */
    run_whole(); /* to where it stops */
    assert_true(active(0) > before / 2);
    run_whole();
    assert_true(active(0) < before / 3);
    assert_settles(4);
#endif
}

/* Switched off among the keys, and on again: what it had not come to is tried. */
static void what_was_switched_off_is_tried(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    for (unsigned i = 0; i < 2 * KEYS; i++) put_small_hash(0, i);
    thin_out(0, 0, 2 * KEYS, 1);
    size_t before = active(0);
    run_to_the_keys();
    config.activedefrag = false;
    now_us += 100000; /* it asks at once */
    run_whole();
    assert_true(active(0) > before / 2);
    config.activedefrag = true;
    run_whole();
    assert_true(active(0) < before / 3);
    assert_settles(4);
#endif
}

/* A pass that stops is followed by one that stops at no less than twice as much: there are as many as
 * doublings. */
static void stopping_comes_to_an_end(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { MANY = 4 * KEYS, STEPS = 60 };
    for (unsigned i = 0; i < MANY; i++) put_small_hash(0, i);
    struct type_env env = db_env(&ks.db[0]);
    pin(env.heap, KEYS);
    for (unsigned i = 0; i < STEPS; i++) { /* there is more each time that one may ask */
        thin_out(0, MANY / STEPS * i, MANY / STEPS * (i + 1), 1);
        now_us += 100000;
        now_us = compact_tick(compact, now_us, 0, false);
    }
    assert_settles(12);
    assert_true(status().passes >= 1);
#endif
}

/* What has come while a pass was under way was not its to get, however little that got. */
static void what_comes_during_a_pass_is_news(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    config.active_defrag_threshold_lower = 0;
    for (unsigned i = 0; i < 2 * KEYS; i++) put_small_hash(0, i);
    struct type_env env = db_env(&ks.db[0]);
    pin(env.heap, KEYS);
    run_to_the_keys();
    thin_out(0, 0, KEYS * 5 / 4, 1); /* less than as much again */
    size_t before = active(0);
    run_whole();
    assert_true(active(0) > before * 7 / 8);
    run_whole();
    assert_true(active(0) < before * 7 / 8);
    assert_settles(4);
#endif
}

#ifndef ASHLAR_PASSTHROUGH
/* There is something to be had: too little to begin a pass, enough to follow one. How much. */
static size_t little_gain(void) {
    const struct ash_heap *heap = ks.db[0].dataset;
    size_t                 gain = ash_drain_gain(heap), used = ash_heap_used(heap);
    assert_true(gain < used / 10 && gain > used / 50);
    return gain;
}

/* A pass, by itself or asked for, during which as much becomes sparse. */
static size_t pass_with_more_to_come(unsigned many, bool asked_for) {
    for (unsigned i = 0; i < many; i++) put_small_hash(0, i);
    thin_out(0, 0, many / 2, 1);
    if (asked_for) compact_start(compact);
    run_to_the_keys();
    thin_out(0, many - many / 20, many, 3);
    run_whole();
    assert_int_equal(status().passes, 1);
    return little_gain();
}
#endif

/* What becomes sparse while a pass is under way may be too little to begin one. It follows all the same,
 * and no other after it. */
static void a_pass_is_followed_for_less(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { MANY = 4 * KEYS };
    size_t gain = pass_with_more_to_come(MANY, false);
    assert_settles(3);
    assert_int_equal(status().passes, 2);
    assert_true(ash_drain_gain(ks.db[0].dataset) < gain / 3);
    thin_out(0, MANY / 2, MANY / 2 + MANY / 25, 3); /* as much, with no pass before it, begins none */
    little_gain();
    run_for(MINUTE_US, 0);
    assert_int_equal(status().passes, 2);
#endif
}

/* What was asked for, or stopped, says nothing about what is wanted: no pass follows for less than begins
 * one. */
static void a_pass_asked_for_is_not_followed(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { MANY = 4 * KEYS };
    config.active_defrag_ignore_bytes = (uint64_t)1 << 40;
    pass_with_more_to_come(MANY, true);
    config.active_defrag_ignore_bytes = 1 << 20;
    run_for(MINUTE_US, 0);
    assert_int_equal(status().passes, 1);
    thin_out(0, MANY / 2, MANY * 3 / 4, 1); /* this begins one, which is stopped */
    run_to_the_keys();
    config.activedefrag = false;
    now_us += 100000;
    run_whole();
    config.activedefrag = true;
    config.active_defrag_ignore_bytes = (uint64_t)1 << 40;
    run_for(MINUTE_US, 0);
    assert_int_equal(status().passes, 2);
#endif
}

/* Nor does one follow while the data is on its way out. */
static void what_follows_waits_too(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { MANY = 4 * KEYS };
    pass_with_more_to_come(MANY, false);
    run_for(COMPACT_PATIENCE_US / 2, 1 << 30);
    assert_int_equal(status().passes, 1);
    assert_int_equal(status().running, 0);
    run_for(MINUTE_US, 1 << 30);
    assert_int_equal(status().passes, 2);
#endif
}

/* Asked in the middle of letting go of what it picked, a pass has as much residue as before and after. */
static void what_stays_is_known_while_a_pass_ends(void **state) {
    (void)state;
#ifndef ASHLAR_PASSTHROUGH
    enum { MANY = 20 * KEYS };
    struct type_env env = db_env(&ks.db[0]);
    pin(env.heap, MANY);
    compact_start(compact);
    run_whole();
    size_t picked = 0, left;
    compact_start(compact);
    do { /* a step each, to where a part of them is let go */
        compact_urgent(compact, 0);
        left = draining();
        if (left > picked) picked = left;
    } while (left == picked);
    assert_int_equal(status().passes, 1);
    assert_true(left > picked / 4);
    now_us = compact_tick(compact, now_us, 0, false); /* asks, and does it */
    assert_settles(2);
#endif
}

static void urgent_ends_when_there_is_nothing(void **state) {
    (void)state;
    make_sparse(0);
    config.activedefrag = false;
    size_t   bytes = 0, got;
    unsigned calls = 0;
    while ((got = compact_urgent(compact, 200)) != 0 && calls++ < 100000) {
        bytes += got;
#ifdef ASHLAR_PASSTHROUGH
        if (status().passes > 0) break; /* there is always something */
#endif
    }
    assert_true(calls > 0 && calls < 100000);
    assert_true(bytes >= 1000000);
    check_sparse(0);
}

static void *free_it(void *p) {
    ash_free(p, 200);
    return NULL;
}

/* Another thread's free is not waited for: the bytes may be anything then, but they are there. */
static void what_is_looked_at_stays_readable(void **state) {
    (void)state;
    static void *held[KEYS];
    void        *seen[ASH_DRAIN_RUN];
    size_t       slot_size;
    for (unsigned i = 0; i < KEYS; i++) held[i] = memset(ash_alloc(server_heap, 200), 1, 200);
    for (unsigned i = 0; i < KEYS; i++)
        if (i % 10 != 0) ash_free(held[i], 200);
    size_t bytes = 0;
    while (ash_drain_choose(server_heap, 1000, &bytes)) continue;
    unsigned  n = 0, sum = 0, count;
    while ((count = drain_run(server_heap, seen, &slot_size)) != 0 && n++ < 100) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, free_it, seen[0]), 0);
        pthread_join(thread, NULL);
        for (size_t at = 0; at < 200; at++) sum += *((volatile unsigned char *)seen[0] + at);
        for (unsigned i = 0; i < KEYS; i += 10)
            if (held[i] == seen[0]) held[i] = NULL;
    }
    assert_true(n > 0 && sum > 0);
    while (ash_drain_end(server_heap, 1000)) continue;
    for (unsigned i = 0; i < KEYS; i += 10)
        if (held[i] != NULL) ash_free(held[i], 200);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(nothing_to_be_had),
        CASE(strings_move_together),
        CASE(slices_keep_their_distance),
        CASE(waits_for_what_is_being_deleted),
        CASE(off_means_off),
        CASE(waits_for_what_is_on_its_way_out),
        CASE(anything_between_slices),
        CASE(what_stays_begins_no_pass),
        CASE(what_stopped_a_pass_is_tried),
        CASE(what_was_switched_off_is_tried),
        CASE(stopping_comes_to_an_end),
        CASE(what_comes_during_a_pass_is_news),
        CASE(a_pass_is_followed_for_less),
        CASE(a_pass_asked_for_is_not_followed),
        CASE(what_follows_waits_too),
        CASE(what_stays_is_known_while_a_pass_ends),
        CASE(urgent_ends_when_there_is_nothing),
        CASE(what_is_looked_at_stays_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
