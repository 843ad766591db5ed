/* hash_expire_test.c: hashes with fields that expire, in both encodings, against a model, with a
 * clock that the test moves. */
#include "server/types/hash.h"

#include <stdlib.h>

#include "tests/unit/server/types/env.h"

#define UNIVERSE 1500

struct field {
    int     value; /* -1: no such field */
    int64_t at_ms; /* HASH_NO_TTL, or its time */
};

static struct field model[UNIVERSE];
static unsigned     seen[UNIVERSE];

static void model_clear(void) {
    test_env.now_ms = 1000;
    for (unsigned i = 0; i < UNIVERSE; i++) model[i] = (struct field){-1, HASH_NO_TTL};
}

static bool is_live(unsigned i) {
    const struct field *f = &model[i];
    return f->value >= 0 && (f->at_ms == HASH_NO_TTL || f->at_ms > test_env.now_ms);
}

static unsigned live_count(void) {
    unsigned n = 0;
    for (unsigned i = 0; i < UNIVERSE; i++) n += is_live(i);
    return n;
}

static struct slice name_of(char *buf, unsigned i) {
    return slice_of(buf, (size_t)sprintf(buf, "field:%u", i));
}

/* Lengths around those at which an item's head becomes wider, and all of them short. */
static struct slice value_of(char *buf, int n) {
    size_t len = (size_t)sprintf(buf, "%d:", n);
    for (; len < (size_t)(n % 60); len++) buf[len] = 'v';
    return slice_of(buf, len);
}

static unsigned index_of(const struct element *field) {
    char text[32] = {0};
    assert_in_range(field->s.len, 7, 12);
    memcpy(text, field->s.p, field->s.len);
    return (unsigned)atoi(text + 6);
}

static void see(const struct element *field, const struct element *value, void *arg) {
    unsigned i = index_of(field);
    char     buf[96];
    (void)arg;
    assert_true(i < UNIVERSE && is_live(i));
    assert_true(slice_eq(value->s, value_of(buf, model[i].value)));
    seen[i]++;
}

static void expect_seen(void) {
    for (unsigned i = 0; i < UNIVERSE; i++) assert_int_equal(seen[i], is_live(i));
    memset(seen, 0, sizeof seen);
}

/* What the earliest time must be, were every due field still there: never later than that. */
static int64_t model_next(void) {
    int64_t next = HASH_NO_TTL;
    for (unsigned i = 0; i < UNIVERSE; i++)
        if (is_live(i) && model[i].at_ms != HASH_NO_TTL &&
            (next == HASH_NO_TTL || model[i].at_ms < next))
            next = model[i].at_ms;
    return next;
}

static void expect(const struct value *v, size_t others) {
    int64_t          now_ms = test_env.now_ms;
    struct hash_iter it;
    struct element   field, value;
    assert_true(hash_check(v));
    assert_int_equal(hash_live(v, now_ms), live_count());
    assert_true(hash_count(v) >= live_count());
    assert_int_equal(hash_bytes(v) + others, ash_heap_used(test_env.heap));
    if (hash_count(v) <= 64)
        assert_int_equal(hash_all_due(v, now_ms), live_count() == 0 && hash_count(v) > 0);
    if (hash_all_due(v, now_ms)) assert_int_equal(live_count(), 0);
    hash_iter_init(&it, v, now_ms);
    while (hash_next(&it, &field, &value)) {
        see(&field, &value, NULL);
        assert_int_equal(hash_iter_ms(&it), model[index_of(&field)].at_ms);
    }
    expect_seen();
    uint64_t cursor = 0;
    do cursor = hash_scan(v, now_ms, cursor, 10, see, NULL);
    while (cursor);
    expect_seen();
    int64_t next_ms = model_next(), first_ms = hash_next_ms(v);
    if (next_ms == HASH_NO_TTL) assert_true(first_ms == HASH_NO_TTL || first_ms <= now_ms);
    else assert_true(first_ms == next_ms || (first_ms != HASH_NO_TTL && first_ms <= now_ms));
}

static void expect_field(const struct value *v, unsigned i) {
    char           name[32], buf[96];
    int64_t        at_ms = 0;
    struct element e;
    struct slice   field = name_of(name, i);
    bool           live = is_live(i);
    assert_int_equal(hash_get(v, test_env.now_ms, field, &e), live);
    assert_int_equal(hash_ttl(v, test_env.now_ms, field, &at_ms), live);
    if (!live) return;
    assert_true(slice_eq(e.s, value_of(buf, model[i].value)));
    assert_int_equal(at_ms, model[i].at_ms);
}

static void change(struct value *v, unsigned i) {
    char         name[32], buf[96];
    struct slice field = name_of(name, i);
    int          n = (int)below(5000);
    bool         live = is_live(i);
    switch (below(8)) {
    case 0:
    case 1: /* HSET */
        assert_int_equal(hash_set(v, &test_env, field, value_of(buf, n)), !live);
        model[i] = (struct field){n, HASH_NO_TTL};
        return;
    case 2:
    case 3: /* HINCRBY */
        assert_int_equal(hash_update(v, &test_env, field, value_of(buf, n)), !live);
        model[i] = (struct field){n, live ? model[i].at_ms : HASH_NO_TTL};
        return;
    case 4: /* HDEL */
        assert_int_equal(hash_remove(v, &test_env, field), live);
        if (live) model[i] = (struct field){-1, HASH_NO_TTL};
        return;
    default: /* HEXPIRE, HPERSIST */
        if (!live) return;
        model[i].at_ms = below(4) == 0 ? HASH_NO_TTL : test_env.now_ms + 1 + below(300);
        hash_expire(v, &test_env, field, model[i].at_ms);
    }
}

/* Reaps as the keyspace does, which drops a hash of which everything is due. */
static void reap(struct value *v) {
    uint64_t before = hash_count(v), max = 1 + below(20);
    uint64_t reaped = hash_reap(v, &test_env, max);
    assert_int_equal(hash_count(v), before - reaped);
    if (v->enc == ENC_HASHTABLE_EX) assert_true(reaped <= max);
    else assert_int_equal(hash_count(v), live_count());
}

static void churn(unsigned range, unsigned count, uint8_t enc) {
    struct value v = hash_new(&test_env);
    model_clear();
    for (unsigned n = 0; n < count; n++) {
        unsigned i = below(range);
        change(&v, i);
        assert_true(hash_check(&v));
        expect_field(&v, i);
        expect_field(&v, below(range));
        if (below(4) == 0) test_env.now_ms += below(10);
        if (below(8) == 0) reap(&v);
        if (n % 64 == 0) expect(&v, 0);
        if (n % 16 == 0 && live_count() > 0) {
            struct element field, value;
            hash_random(&v, &test_env, &field, &value);
            assert_true(is_live(index_of(&field)));
        }
        if (n % 128 == 0 && live_count() > 0) {
            struct value copy = hash_copy(&v, &test_env);
            assert_int_equal(copy.enc, v.enc);
            assert_int_equal(hash_count(&copy), live_count());
            if (hash_is_timed(&copy)) assert_int_equal(hash_place(&copy), 0);
            expect(&copy, hash_bytes(&v));
            hash_free(&copy);
        }
    }
    expect(&v, 0);
    assert_int_equal(v.enc, enc);
    hash_free(&v);
}

static void random_operations(void **state) {
    (void)state;
    churn(8, 4000, ENC_LISTPACK_EX);
    churn(60, 6000, ENC_LISTPACK_EX);
    churn(400, 6000, ENC_HASHTABLE_EX);
    churn(UNIVERSE, 12000, ENC_HASHTABLE_EX);
}

/* Nothing but fields that expire, so that hashes die as a whole; and one field that comes last. */
static void all_at_once(void **state) {
    (void)state;
    for (unsigned count = 1; count <= 1000; count *= 10) {
        struct value v = hash_new(&test_env);
        char         name[32];
        model_clear();
        for (unsigned i = 0; i < count; i++) {
            hash_set(&v, &test_env, name_of(name, i), slice_str("v"));
            hash_expire(&v, &test_env, name_of(name, i), i == 0 ? 2000 : 1500);
        }
        assert_int_equal(hash_next_ms(&v), count == 1 ? 2000 : 1500);
        assert_false(hash_all_due(&v, 1499));
        assert_false(hash_all_due(&v, 1500));
        assert_int_equal(hash_live(&v, 1500), 1);
        assert_int_equal(hash_live(&v, 1499), count);
        assert_true(hash_all_due(&v, 2000));
        test_env.now_ms = 1500;
        assert_int_equal(hash_reap(&v, &test_env, 5000), count - 1);
        assert_true(hash_check(&v));
        test_env.now_ms = 2000;
        assert_int_equal(hash_reap(&v, &test_env, 5000), 1);
        assert_int_equal(hash_count(&v), 0);
        assert_int_equal(hash_next_ms(&v), HASH_NO_TTL);
        hash_free(&v);
    }
}

/* A hash whose fields never expired has not a byte for it, and a large one becomes timed without
 * being copied. */
static void who_pays(void **state) {
    (void)state;
    struct value v = hash_new(&test_env);
    char         name[32];
    model_clear();
    for (unsigned i = 0; i < 128; i++) hash_set(&v, &test_env, name_of(name, i), slice_str("v"));
    assert_int_equal(v.enc, ENC_LISTPACK);
    assert_false(hash_is_timed(&v));
    hash_expire(&v, &test_env, name_of(name, 3), HASH_NO_TTL); /* no reason to change */
    assert_int_equal(v.enc, ENC_LISTPACK);
    hash_expire(&v, &test_env, name_of(name, 3), 5000);
    assert_int_equal(v.enc, ENC_LISTPACK_EX);
    hash_set_place(&v, 77);
    hash_set(&v, &test_env, name_of(name, 128), slice_str("v"));
    assert_int_equal(v.enc, ENC_HASHTABLE_EX);
    assert_int_equal(hash_place(&v), 77); /* the keyspace's business is kept */
    assert_int_equal(hash_next_ms(&v), 5000);
    hash_free(&v);

    v = hash_new(&test_env);
    for (unsigned i = 0; i < 1000; i++) hash_set(&v, &test_env, name_of(name, i), slice_str("v"));
    size_t before = hash_bytes(&v);
    assert_int_equal(v.enc, ENC_HASHTABLE);
    hash_expire(&v, &test_env, name_of(name, 3), 5000);
    assert_int_equal(v.enc, ENC_HASHTABLE_EX);
    assert_in_range(hash_bytes(&v), before, before + 200);
    hash_expire(&v, &test_env, name_of(name, 3), HASH_NO_TTL);
    assert_int_equal(hash_next_ms(&v), HASH_NO_TTL);
    assert_true(hash_check(&v));
    hash_free(&v);
}

/* Fields whose lengths begin with the very byte that marks an item as timed. */
static void marked_lengths(void **state) {
    (void)state;
    static char  long_one[2048];
    struct value v = hash_new(&test_env);
    model_clear();
    memset(long_one, 'f', sizeof long_one);
    test_limits.hash_max_listpack_value = 1 << 20;
    for (unsigned big = 0; big < 2; big++) {
        for (size_t len = 0; len <= 1024; len += 128) {
            struct element e;
            int64_t        at_ms;
            struct slice   field = slice_of(long_one, len);
            hash_set(&v, &test_env, field, slice_of(long_one, 2 * len));
            assert_true(hash_get(&v, 1000, field, &e) && e.s.len == 2 * len);
            hash_expire(&v, &test_env, field, 2000 + (int64_t)len);
            assert_true(hash_get(&v, 1000, field, &e) && e.s.len == 2 * len);
            assert_true(hash_ttl(&v, 1000, field, &at_ms) && at_ms == 2000 + (int64_t)len);
            assert_true(hash_check(&v));
        }
        test_limits.hash_max_listpack_entries = 4; /* the next change makes it a table */
    }
    assert_int_equal(v.enc, ENC_HASHTABLE_EX);
    hash_free(&v);
}

/* A pack with a limit raised by configuration is reaped in one pass. */
static void long_packs(void **state) {
    (void)state;
    struct value v = hash_new(&test_env);
    char         name[32];
    model_clear();
    test_limits.hash_max_listpack_entries = 1 << 20;
    test_limits.hash_max_listpack_value = 64;
    for (unsigned i = 0; i < 3000; i++) hash_set(&v, &test_env, name_of(name, i), slice_str(""));
    assert_int_equal(v.enc, ENC_LISTPACK);
    assert_int_equal(hash_count(&v), 3000);
    for (unsigned i = 0; i < 3000; i += 2) hash_expire(&v, &test_env, name_of(name, i), 1001);
    test_env.now_ms = 1001;
    assert_int_equal(hash_live(&v, 1001), 1500);
    assert_int_equal(hash_reap(&v, &test_env, 1), 1500); /* a pack at once */
    assert_int_equal(hash_count(&v), 1500);
    assert_true(hash_check(&v));
    hash_free(&v);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {
        CASE(random_operations), CASE(all_at_once), CASE(who_pays), CASE(marked_lengths),
        CASE(long_packs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
