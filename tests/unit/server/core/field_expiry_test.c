/* field_expiry_test.c: hashes with fields that expire in the keyspace: the index of them under every
 * way in which a key changes its entry, its name or its database, and active expiry. */
#include "server/core/expire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/core/keyspace.h"
#include "server/ds/rand.h"
#include "server/types/hash.h"

#define DBS     3
#define NAMES   40
#define FIELDS  12
#define LONG_US 10000000

static struct ash_heap   *server_heap;
static struct clock       now;
static struct rand        rnd;
static struct keyspace    ks;
static struct type_limits limits;
static int64_t            model[DBS][NAMES][FIELDS]; /* 0: absent, -1: stays, else its time */
static unsigned           changed;

static void on_changed(void *arg, unsigned db, struct slice key) {
    (void)arg, (void)db, (void)key;
    changed++;
}

static int setup(void **state) {
    (void)state;
    server_heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 17);
    now = (struct clock){.wall_ms = 1700000000000};
    limits = (struct type_limits){.hash_max_listpack_entries = 6, .hash_max_listpack_value = 64};
    keyspace_init(&ks, DBS, server_heap, &now, &limits, &rnd,
                  (struct keyspace_hooks){.changed = on_changed});
    memset(model, 0, sizeof model);
    changed = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    keyspace_fini(&ks);
    ash_heap_drop(&server_heap);
    return 0;
}

static unsigned below(unsigned n) { return (unsigned)rand_below(&rnd, n); }

static struct slice name_of(char *buf, unsigned i) {
    return slice_of(buf, (size_t)sprintf(buf, "%u", i));
}

static bool field_live(int64_t at_ms) { return at_ms == -1 || at_ms > now.wall_ms; }

static bool key_live(const int64_t *fields) {
    for (unsigned f = 0; f < FIELDS; f++)
        if (field_live(fields[f])) return true;
    return false;
}

static void check_all(void) {
    for (unsigned d = 0; d < DBS; d++) assert_true(db_check(&ks.db[d]));
}

static void expect_key(unsigned d, unsigned i) {
    char          key[16], name[16];
    const int64_t *fields = model[d][i];
    struct slice  s = name_of(key, i);
    struct entry *e = db_lookup(&ks.db[d], s, table_hash(s), below(2));
    struct value  v;
    assert_int_equal(e != NULL, key_live(fields));
    if (e == NULL) return;
    entry_value(e, &v);
    for (unsigned f = 0; f < FIELDS; f++) {
        int64_t at_ms = 0;
        bool    there = hash_ttl(&v, now.wall_ms, name_of(name, f), &at_ms);
        assert_int_equal(there, field_live(fields[f]));
        if (there) assert_int_equal(at_ms, fields[f]);
    }
}

/* HSET, HEXPIRE, HPERSIST, HDEL of one field. */
static void change_field(unsigned d, unsigned i) {
    char            key[16], name[16];
    unsigned        f = below(FIELDS);
    struct slice    s = name_of(key, i), field = name_of(name, f);
    struct db      *db = &ks.db[d];
    struct type_env env = db_env(db);
    struct entry   *e = db_lookup(db, s, table_hash(s), LOOKUP_WRITE);
    struct value    v = e == NULL ? hash_new(&env) : (struct value){0};
    int64_t        *at_ms = &model[d][i][f];
    if (e != NULL) entry_value(e, &v);
    else memset(model[d][i], 0, sizeof model[d][i]);
    if (e != NULL && below(5) == 0) {
        hash_remove(&v, &env, field);
        *at_ms = 0;
    } else {
        hash_set(&v, &env, field, slice_str("value"));
        *at_ms = below(3) == 0 ? -1 : now.wall_ms + 1 + below(100);
        hash_expire(&v, &env, field, *at_ms);
    }
    if (e == NULL) {
        db_set(db, s, table_hash(s), NULL, &v, ENTRY_NO_EXPIRE);
        return;
    }
    db_store(db, e, &v);
    if (hash_count(&v) == 0) db_delete(db, e, table_hash(s), DISCARD_SERVER);
}

static void rename_key(unsigned d, unsigned i, unsigned to) {
    char          from_name[16], to_name[16];
    struct slice  a = name_of(from_name, i), b = name_of(to_name, to);
    struct db    *db = &ks.db[d];
    struct entry *e = db_lookup(db, a, table_hash(a), LOOKUP_WRITE);
    struct entry *old = db_lookup(db, b, table_hash(b), LOOKUP_WRITE);
    if (e == NULL || e == old) return;
    db_rename(db, e, table_hash(a), b, table_hash(b), old);
    memcpy(model[d][to], model[d][i], sizeof model[d][i]);
    memset(model[d][i], 0, sizeof model[d][i]);
}

/* COPY into another database, over what is there. */
static void copy_key(unsigned d, unsigned i, unsigned to_db) {
    char          key[16];
    struct slice  s = name_of(key, i);
    struct entry *e = db_lookup(&ks.db[d], s, table_hash(s), LOOKUP_READ);
    struct value  v;
    if (e == NULL || d == to_db) return;
    struct entry   *old = db_lookup(&ks.db[to_db], s, table_hash(s), LOOKUP_WRITE);
    struct type_env env = db_env(&ks.db[to_db]);
    entry_value(e, &v);
    v = hash_copy(&v, &env);
    db_set(&ks.db[to_db], s, table_hash(s), old, &v, entry_expire_ms(e));
    memcpy(model[to_db][i], model[d][i], sizeof model[d][i]);
}

static void other_changes(unsigned d, unsigned i) {
    char          key[16];
    struct slice  s = name_of(key, i);
    struct value  text = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str("text")};
    struct entry *e = db_lookup(&ks.db[d], s, table_hash(s), LOOKUP_WRITE);
    if (e == NULL) return;
    if (below(3) > 0) { /* EXPIRE, PERSIST: the entry moves */
        db_set_expire(&ks.db[d], e, table_hash(s),
                      below(2) ? now.wall_ms + 1000000000 : ENTRY_NO_EXPIRE);
        return;
    }
    if (below(2)) e = db_set(&ks.db[d], s, table_hash(s), e, &text, ENTRY_NO_EXPIRE);
    db_delete(&ks.db[d], e, table_hash(s), DISCARD_USER);
    memset(model[d][i], 0, sizeof model[d][i]);
}

static void whole_databases(unsigned a, unsigned b) {
    int64_t swap[NAMES][FIELDS];
    if (below(4) == 0) {
        db_flush(&ks.db[a], below(2));
        memset(model[a], 0, sizeof model[a]);
    } else if (a != b) {
        keyspace_swap(&ks, a, b);
        memcpy(swap, model[a], sizeof swap);
        memcpy(model[a], model[b], sizeof swap);
        memcpy(model[b], swap, sizeof swap);
    }
}

static void random_operations(void **state) {
    (void)state;
    for (unsigned n = 0; n < 30000; n++) {
        unsigned d = below(DBS), i = below(NAMES), dice = below(1000);
        if (dice < 600) change_field(d, i);
        else if (dice < 700) rename_key(d, i, below(NAMES));
        else if (dice < 800) copy_key(d, i, below(DBS));
        else if (dice < 900) other_changes(d, i);
        else if (dice < 905) whole_databases(d, below(DBS));
        else if (dice < 960) now.wall_ms += below(20);
        else if (dice < 980) expire_cycle(&ks, 1 + below(10), LONG_US);
        else assert_false(expire_fields(&ks, LONG_US));
        expect_key(d, i);
        if (n % 8 == 0) check_all();
    }
    check_all();
    assert_true(ks.stats.expired_fields > 1000);
}

static void fill(unsigned d, const char *name, unsigned fields, int64_t at_ms) {
    char            field[16];
    struct slice    s = slice_str(name);
    struct type_env env = db_env(&ks.db[d]);
    struct value    v = hash_new(&env);
    for (unsigned f = 0; f < fields; f++) {
        hash_set(&v, &env, name_of(field, f), slice_str("value"));
        hash_expire(&v, &env, name_of(field, f), at_ms);
    }
    db_set(&ks.db[d], s, table_hash(s), NULL, &v, ENTRY_NO_EXPIRE);
}

/* What is due goes, keys and all; what is not due is not looked at. */
static void all_due(void **state) {
    (void)state;
    int64_t at_ms;
    fill(0, "small", 5, now.wall_ms + 10);
    fill(1, "large", 5000, now.wall_ms + 10);
    fill(2, "later", 100, now.wall_ms + 1000);
    assert_false(expire_fields(&ks, LONG_US));
    assert_int_equal(ks.stats.expired_fields, 0);
    now.wall_ms += 10;
    assert_false(expire_fields(&ks, LONG_US));
    assert_int_equal(ks.stats.expired_fields, 5005);
    assert_int_equal(ks.stats.expired, 0); /* not one by the key's own expiry */
    assert_int_equal(keyspace_count(&ks), 1);
    assert_int_equal(ks.db[2].fields_due.count, 1);
    assert_non_null(db_next_fields(&ks.db[2], &at_ms));
    assert_int_equal(at_ms, now.wall_ms + 990);
    check_all();
}

/* A slice without time ends after a few fields and says so; the next goes on. */
static void slices(void **state) {
    (void)state;
    char         field[16];
    struct slice s = slice_str("large");
    fill(0, "large", 5000, now.wall_ms + 10);
    struct entry   *e = db_peek(&ks.db[0], s, table_hash(s));
    struct type_env env = db_env(&ks.db[0]);
    struct value    v;
    entry_value(e, &v);
    hash_expire(&v, &env, name_of(field, 17), HASH_NO_TTL); /* one stays, so not all go at once */
    db_store(&ks.db[0], e, &v);
    now.wall_ms += 10;
    unsigned n = 1;
    for (; expire_fields(&ks, 0); n++) assert_int_equal(ks.stats.expired_fields, 64 * n);
    assert_int_equal(n, (4999 + 63) / 64);
    assert_int_equal(ks.stats.expired_fields, 4999);
    assert_int_equal(keyspace_count(&ks), 1);
    check_all();
}

/* A writer takes some of what is due away, a reader nothing; both see none of it. */
static void look_ups(void **state) {
    (void)state;
    char            field[16];
    struct slice    s = slice_str("large");
    struct type_env env = db_env(&ks.db[0]);
    struct value    v;
    fill(0, "large", 1000, now.wall_ms + 10);
    struct entry *e = db_peek(&ks.db[0], s, table_hash(s));
    entry_value(e, &v);
    hash_expire(&v, &env, name_of(field, 17), now.wall_ms + 20);
    db_store(&ks.db[0], e, &v);
    now.wall_ms += 10;
    e = db_lookup(&ks.db[0], s, table_hash(s), LOOKUP_READ);
    entry_value(e, &v);
    assert_int_equal(hash_count(&v), 1000);
    assert_int_equal(hash_live(&v, now.wall_ms), 1);
    e = db_lookup(&ks.db[0], s, table_hash(s), LOOKUP_WRITE);
    entry_value(e, &v);
    assert_int_equal(hash_count(&v), 1000 - FIELDS_REAPED_MAX);
    assert_int_equal(hash_live(&v, now.wall_ms), 1);
    check_all();
    now.wall_ms += 10;
    assert_null(db_lookup(&ks.db[0], s, table_hash(s), LOOKUP_READ));
    assert_int_equal(ks.stats.expired_fields, 1000);
    assert_int_equal(ks.db[0].keys.count, 0);
    check_all();
}

static void paused(void **state) {
    (void)state;
    fill(0, "h", 5, now.wall_ms + 1);
    now.wall_ms += 10;
    ks.expire_paused = true;
    assert_false(expire_fields(&ks, LONG_US));
    assert_int_equal(keyspace_count(&ks), 1);
    ks.expire_paused = false;
    assert_false(expire_fields(&ks, LONG_US));
    assert_int_equal(keyspace_count(&ks), 0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(random_operations), CASE(all_due), CASE(slices),
                                       CASE(look_ups), CASE(paused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
