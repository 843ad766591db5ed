/* keyspace_test.c: databases against a plain array as model, with a clock that the test moves. */
#include "server/core/keyspace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/ds/rand.h"
#include "server/types/set.h"

#define DBS   3
#define NAMES 300

enum kind { ABSENT, TEXT, NUMBER, SET };

struct model { /* what a key should hold */
    enum kind kind;
    size_t    len;  /* TEXT: bytes, all equal to fill. SET: members 0 .. len - 1 */
    char      fill;
    int64_t   number;
    int64_t   expire_ms;
};

static struct ash_heap   *server_heap;
static struct clock       now;
static struct rand        rnd;
static struct keyspace    ks;
static struct type_limits limits = {128, 0, 64, 16, 64, 128, 64, 128, 64, 4096, 100};
static struct model       model[DBS][NAMES];
static char               big[20000];
static unsigned           discarded, changed, replaced;

static void on_discard(void *arg, struct entry *e, enum discard_reason why) {
    (void)arg, (void)why;
    discarded++;
    entry_free(e);
}

static bool on_drop(void *arg, struct ash_heap *dataset, struct ash_heap *tables, uint64_t keys,
                    bool lazy) {
    (void)arg, (void)keys, (void)lazy;
    ash_heap_drop(&dataset);
    ash_heap_drop(&tables);
    return true;
}

static void on_changed(void *arg, unsigned db, struct slice key) {
    (void)arg, (void)db, (void)key;
    changed++;
}

static void on_replaced(void *arg, unsigned db) {
    (void)arg, (void)db;
    replaced++;
}

static void start(unsigned databases) {
    server_heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 11);
    now = (struct clock){.wall_ms = 1700000000000};
    keyspace_init(&ks, databases, server_heap, &now, &limits, &rnd,
                  (struct keyspace_hooks){.discard = on_discard, .drop = on_drop,
                                          .changed = on_changed, .replaced = on_replaced});
    ks.listening = 1;
    memset(model, 0, sizeof model);
    discarded = changed = replaced = 0;
}

static int setup(void **state) {
    (void)state;
    start(DBS);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    keyspace_fini(&ks);
    ash_heap_drop(&server_heap);
    return 0;
}

static struct slice name_of(unsigned i, char *buf) {
    int n = snprintf(buf, 400, "key:%u", i);
    if (i % 50 == 7) { /* some wide ones */
        memset(buf + n, 'w', 300);
        n += 300;
    }
    return slice_of(buf, (size_t)n);
}

/* --- The model ------------------------------------------------------------------------------- */

static void model_expire(unsigned d, unsigned i) {
    struct model *m = &model[d][i];
    if (m->kind != ABSENT && m->expire_ms != ENTRY_NO_EXPIRE && m->expire_ms < now.wall_ms) {
        m->kind = ABSENT;
    }
}

static void compare(unsigned d, unsigned i) {
    char          buf[400];
    struct slice  key = name_of(i, buf);
    struct model *m = &model[d][i];
    struct entry *e = db_lookup(&ks.db[d], key, table_hash(key), LOOKUP_READ);
    struct value  v;
    model_expire(d, i);
    assert_int_equal(e != NULL, m->kind != ABSENT);
    if (e == NULL) return;
    assert_int_equal(entry_expire_ms(e), m->expire_ms);
    entry_value(e, &v);
    if (m->kind == NUMBER) {
        assert_int_equal(v.enc, ENC_INT);
        assert_int_equal(v.u.i, m->number);
    } else if (m->kind == SET) {
        assert_int_equal(v.type, VAL_SET);
        assert_int_equal(set_count(&v), m->len);
    } else {
        assert_int_equal(v.u.str.len, m->len);
        for (size_t n = 0; n < m->len; n += 97) assert_int_equal(v.u.str.p[n], m->fill);
    }
}

static struct value set_of(struct db *db, size_t members) {
    struct type_env env = db_env(db);
    char            text[32];
    struct value    v = set_new(&env, slice_str("0"), members);
    for (size_t i = 0; i < members; i++) {
        snprintf(text, sizeof text, "%zu", i);
        set_add(&v, &env, slice_str(text));
    }
    return v;
}

/* --- Random operations ----------------------------------------------------------------------- */

static size_t random_len(void) {
    static const size_t about[] = {4, 32, 60, 1000, 1040, 5000};
    return about[rand_below(&rnd, 6)] + rand_below(&rnd, 40);
}

static void op_set(unsigned d, unsigned i) {
    char            buf[400];
    struct slice    key = name_of(i, buf);
    struct db      *db = &ks.db[d];
    struct model   *m = &model[d][i], is = {.expire_ms = ENTRY_NO_EXPIRE};
    struct value    v = {.type = VAL_STRING, .enc = ENC_RAW};
    struct entry   *old = db_lookup(db, key, table_hash(key), LOOKUP_WRITE);
    model_expire(d, i);
    if (rand_below(&rnd, 3) == 0) is.expire_ms = now.wall_ms + (int64_t)rand_below(&rnd, 3000);
    is.kind = (enum kind)(TEXT + rand_below(&rnd, 3));
    is.len = is.kind == TEXT ? random_len() : 1 + rand_below(&rnd, 200);
    is.fill = (char)('a' + rand_below(&rnd, 26));
    is.number = (int64_t)rand_next(&rnd);
    int64_t at = is.expire_ms;
    if (rand_below(&rnd, 4) == 0) {
        at = DB_KEEP_TTL;
        is.expire_ms = m->kind != ABSENT ? m->expire_ms : ENTRY_NO_EXPIRE;
    }
    if (is.kind == TEXT) {
        memset(big, is.fill, is.len);
        v.u.str = slice_of(big, is.len);
    } else if (is.kind == NUMBER) {
        v.enc = ENC_INT;
        v.u.i = is.number;
    } else {
        v = set_of(db, is.len);
    }
    db_set(db, key, table_hash(key), old, &v, at);
    *m = is;
}

static void op_resize(unsigned d, unsigned i) {
    char          buf[400];
    struct slice  key = name_of(i, buf);
    struct model *m = &model[d][i];
    struct entry *e = db_lookup(&ks.db[d], key, table_hash(key), LOOKUP_WRITE);
    model_expire(d, i);
    if (m->kind == SET) return;
    if (m->kind == ABSENT) m->expire_ms = ENTRY_NO_EXPIRE;
    m->kind = TEXT;
    m->len = random_len();
    m->fill = (char)('A' + rand_below(&rnd, 26));
    memset(db_string_resize(&ks.db[d], key, table_hash(key), e, m->len), m->fill, m->len);
}

static void op_expire(unsigned d, unsigned i) {
    char          buf[400];
    struct slice  key = name_of(i, buf);
    struct model *m = &model[d][i];
    struct entry *e = db_lookup(&ks.db[d], key, table_hash(key), LOOKUP_WRITE);
    model_expire(d, i);
    if (e == NULL) return;
    m->expire_ms = ENTRY_NO_EXPIRE;
    if (rand_below(&rnd, 3)) m->expire_ms = now.wall_ms + (int64_t)rand_below(&rnd, 5000);
    db_set_expire(&ks.db[d], e, table_hash(key), m->expire_ms);
}

static void op_delete(unsigned d, unsigned i) {
    char          buf[400];
    struct slice  key = name_of(i, buf);
    struct entry *e = db_lookup(&ks.db[d], key, table_hash(key), LOOKUP_WRITE);
    model_expire(d, i);
    if (e != NULL) db_delete(&ks.db[d], e, table_hash(key), DISCARD_USER);
    model[d][i].kind = ABSENT;
}

static void op_rename(unsigned d, unsigned i, unsigned j) {
    char          buf[2][400];
    struct slice  from = name_of(i, buf[0]), to = name_of(j, buf[1]);
    struct entry *e = db_lookup(&ks.db[d], from, table_hash(from), LOOKUP_WRITE), *old;
    model_expire(d, i);
    if (e == NULL || i == j) return;
    old = db_lookup(&ks.db[d], to, table_hash(to), LOOKUP_WRITE);
    db_rename(&ks.db[d], e, table_hash(from), to, table_hash(to), old);
    model[d][j] = model[d][i];
    model[d][i].kind = ABSENT;
}

/* What MOVE does: a copy into the other heap, then a deletion. */
static void op_move(unsigned d, unsigned i, unsigned to) {
    char          buf[400];
    struct slice  key = name_of(i, buf);
    uint64_t      hash = table_hash(key);
    struct entry *e = db_lookup(&ks.db[d], key, hash, LOOKUP_WRITE), *old;
    struct value  v;
    model_expire(d, i);
    if (e == NULL || d == to) return;
    old = db_lookup(&ks.db[to], key, hash, LOOKUP_WRITE);
    struct type_env env = db_env(&ks.db[to]);
    entry_value(e, &v);
    v = value_copy(&v, &env);
    db_set(&ks.db[to], key, hash, old, &v, entry_expire_ms(e));
    e = db_take(&ks.db[d], e, hash);
    entry_value(e, &v);
    if (v.type != VAL_STRING) value_free(&v);
    entry_release(e);
    model[to][i] = model[d][i];
    model[d][i].kind = ABSENT;
}

static void op_swap(unsigned a, unsigned b) {
    struct model swap[NAMES];
    keyspace_swap(&ks, a, b);
    memcpy(swap, model[a], sizeof swap);
    memmove(model[a], model[b], sizeof swap);
    memcpy(model[b], swap, sizeof swap);
}

static void op_flush(unsigned d) {
    uint64_t there = ks.db[d].keys.count;
    assert_int_equal(db_flush(&ks.db[d], true), there);
    memset(model[d], 0, sizeof model[d]);
}

static void random_op(void) {
    unsigned d = (unsigned)rand_below(&rnd, DBS), i = (unsigned)rand_below(&rnd, NAMES);
    unsigned dice = (unsigned)rand_below(&rnd, 1000);
    if (dice < 450) {
        op_set(d, i);
    } else if (dice < 550) {
        op_resize(d, i);
    } else if (dice < 650) {
        op_expire(d, i);
    } else if (dice < 750) {
        op_delete(d, i);
    } else if (dice < 850) {
        op_rename(d, i, (unsigned)rand_below(&rnd, NAMES));
    } else if (dice < 900) {
        op_move(d, i, (unsigned)rand_below(&rnd, DBS));
    } else if (dice < 990) {
        now.wall_ms += (int64_t)rand_below(&rnd, 20);
    } else if (dice < 997) {
        op_swap(d, (unsigned)rand_below(&rnd, DBS));
    } else {
        op_flush(d);
    }
    compare(d, i);
}

static void test_model(void **state) {
    (void)state;
    for (int n = 0; n < 20000; n++) {
        random_op();
        if (n % 500 != 0) continue;
        for (unsigned d = 0; d < DBS; d++) assert_true(db_check(&ks.db[d]));
    }
    for (unsigned d = 0; d < DBS; d++) {
        for (unsigned i = 0; i < NAMES; i++) compare(d, i);
        assert_true(db_check(&ks.db[d]));
    }
    assert_true(discarded > 0 && changed > 0);
}

/* --- One thing at a time --------------------------------------------------------------------- */

static struct entry *put(struct db *db, const char *name, const char *text, int64_t expire_ms) {
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str(text)};
    struct slice key = slice_str(name);
    return db_set(db, key, table_hash(key), db_peek(db, key, table_hash(key)), &v, expire_ms);
}

static struct entry *get(struct db *db, const char *name, unsigned flags) {
    return db_lookup(db, slice_str(name), table_hash(slice_str(name)), flags);
}

static void test_empty(void **state) {
    (void)state;
    struct db *db = &ks.db[1];
    assert_null(get(db, "k", LOOKUP_READ));
    assert_null(db_random(db));
    assert_int_equal(db_scan(db, 0, NULL, NULL), 0);
    assert_int_equal(db_flush(db, false), 0);
    assert_null(db->dataset); /* still no heap */
    assert_true(db_check(db));
}

static void test_same_slot_stays(void **state) {
    (void)state;
    struct db    *db = &ks.db[0];
    struct entry *e = put(db, "k", "12345678901234567890123456789012", ENTRY_NO_EXPIRE);
    assert_ptr_equal(put(db, "k", "abcdefghijklmnopqrstuvwxyzabcdef", ENTRY_NO_EXPIRE), e);
    assert_ptr_equal(put(db, "k", "abcdefghijklmnopqrstuvwxyzabcdef", DB_KEEP_TTL), e);
    assert_true(db_check(db));
}

static void test_lazy_expiry(void **state) {
    (void)state;
    struct db *db = &ks.db[0];
    put(db, "k", "v", now.wall_ms + 10);
    now.wall_ms += 10;
    assert_non_null(get(db, "k", LOOKUP_READ)); /* its last millisecond */
    now.wall_ms += 1;
    assert_non_null(db_peek(db, slice_str("k"), table_hash(slice_str("k"))));
    assert_null(get(db, "k", LOOKUP_WRITE));
    assert_int_equal(db->keys.count + db->expires.count, 0);
    assert_int_equal(ks.stats.expired, 1);
    put(db, "gone", "v", now.wall_ms - 1);
    assert_null(db_random(db));
    assert_int_equal(keyspace_count(&ks), 0);
}

static void test_hits(void **state) {
    (void)state;
    struct db *db = &ks.db[0];
    put(db, "k", "v", ENTRY_NO_EXPIRE);
    get(db, "k", LOOKUP_READ);
    get(db, "none", LOOKUP_READ);
    get(db, "none", LOOKUP_WRITE);
    get(db, "none", LOOKUP_NOSTATS);
    assert_int_equal(ks.stats.hits, 1);
    assert_int_equal(ks.stats.misses, 1);
}

static void pass(int64_t ms) {
    now.wall_ms += ms;
    now.mono_us += (uint64_t)ms * 1000;
}

static void test_lru_clock(void **state) {
    (void)state;
    struct db *db = &ks.db[0];
    put(db, "k", "v", ENTRY_NO_EXPIRE);
    pass(25000);
    assert_int_equal(db_idle_ms(db, get(db, "k", LOOKUP_NOTOUCH)), 25000);
    assert_int_equal(db_idle_ms(db, get(db, "k", LOOKUP_READ)), 0);
    pass((int64_t)0xffffff * 1000); /* one short of the full circle */
    assert_int_equal(db_idle_ms(db, get(db, "k", LOOKUP_NOTOUCH)), (uint64_t)0xffffff * 1000);
    pass(1000);
    assert_int_equal(db_idle_ms(db, get(db, "k", LOOKUP_NOTOUCH)), 0);
    now.wall_ms -= 3600000; /* set back: just used is still just used */
    assert_int_equal(db_idle_ms(db, get(db, "k", LOOKUP_NOTOUCH)), 0);
}

static void test_lfu_counter(void **state) {
    (void)state;
    struct db *db = &ks.db[0];
    keyspace_set_lfu(&ks, true);
    struct entry *e = put(db, "k", "v", ENTRY_NO_EXPIRE);
    assert_int_equal(db_frequency(db, e), 5);
    for (int i = 0; i < 100; i++) get(db, "k", LOOKUP_READ);
    unsigned hundred = db_frequency(db, e);
    assert_in_range(hundred, 7, 20); /* about 10 with the default factor, by Redis's own table */
    for (int i = 0; i < 1000000; i++) get(db, "k", LOOKUP_READ);
    assert_in_range(db_frequency(db, e), 240, 255);
    e = put(db, "k", "another one", ENTRY_NO_EXPIRE); /* as popular as before */
    assert_in_range(db_frequency(db, e), 240, 255);
    pass(100 * 60000);
    assert_in_range(db_frequency(db, e), 140, 155);
    ks.lfu_decay_time = 10;
    assert_in_range(db_frequency(db, e), 230, 245);
    ks.lfu_decay_time = 0;
    assert_in_range(db_frequency(db, e), 240, 255);
    pass((int64_t)1000 * 60000);
    ks.lfu_decay_time = 1;
    assert_int_equal(db_frequency(db, e), 0);
}

/* Under ASan a hopeless request must come back as NULL too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

static void test_room(void **state) {
    (void)state;
    assert_true(db_has_room(&ks.db[0], 100));
    assert_true(db_has_room(&ks.db[0], 8 << 20));
    assert_false(db_has_room(&ks.db[0], SIZE_MAX - 5));
    assert_false(db_has_room(&ks.db[0], (size_t)1 << 60));
    assert_true(db_check(&ks.db[0]));
}

/* More databases than there are heaps for: the last ones share a pair. */
static void test_many_databases(void **state) {
    unsigned many = KEYSPACE_HEAPED_MAX + 200;
    teardown(state);
    start(many);
    for (unsigned d = 0; d < many; d++) {
        put(&ks.db[d], "a", "1", ENTRY_NO_EXPIRE);
        put(&ks.db[d], "b", "2", now.wall_ms + 5);
    }
    assert_int_equal(keyspace_count(&ks), 2 * (uint64_t)many);
    keyspace_swap(&ks, 0, many - 1);
    assert_int_equal(db_flush(&ks.db[0], true), 2);
    assert_int_equal(db_flush(&ks.db[many - 2], true), 2);
    assert_int_equal(replaced, 4);
    put(&ks.db[0], "a", "1", ENTRY_NO_EXPIRE);
    for (unsigned d = 0; d < many; d++) {
        assert_true(db_check(&ks.db[d]));
        assert_int_equal(ks.db[d].keys.count, d == 0 ? 1 : d == many - 2 ? 0 : 2);
    }
}

/* SWAPDB can carry the heaps of low databases to any other: what has no pair left shares then. */
static void test_pairs_carried_away(void **state) {
    unsigned many = KEYSPACE_HEAPED_MAX + 200;
    teardown(state);
    start(many);
    for (unsigned d = many - 1; d > 0; d--) {
        put(&ks.db[0], "a", "1", ENTRY_NO_EXPIRE);
        keyspace_swap(&ks, 0, d);
        assert_true(ks.heaped <= KEYSPACE_HEAPED_MAX);
    }
    assert_int_equal(ks.heaped, KEYSPACE_HEAPED_MAX);
    assert_int_equal(keyspace_count(&ks), many - 1);
    assert_int_equal(db_flush(&ks.db[many - 1], true), 1);
    assert_int_equal(ks.heaped, KEYSPACE_HEAPED_MAX - 1);
    put(&ks.db[0], "a", "1", ENTRY_NO_EXPIRE); /* a pair of its own again */
    assert_int_equal(ks.heaped, KEYSPACE_HEAPED_MAX);
    for (unsigned d = 0; d < many; d++) assert_true(db_check(&ks.db[d]));
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_model),       CASE(test_empty),     CASE(test_same_slot_stays),
        CASE(test_lazy_expiry), CASE(test_hits),      CASE(test_lru_clock),
        CASE(test_lfu_counter), CASE(test_room),      CASE(test_many_databases),
        CASE(test_pairs_carried_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
