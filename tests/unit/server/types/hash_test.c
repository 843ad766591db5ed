/* hash_test.c: hashes in both encodings against an array of values as model. */
#include "server/types/hash.h"

#include <stdlib.h>

#include "tests/unit/server/types/env.h"

#define UNIVERSE 2000

static int      model[UNIVERSE]; /* the value's number; -1: no such field */
static unsigned model_count, seen[UNIVERSE];

static void model_clear(void) {
    for (unsigned i = 0; i < UNIVERSE; i++) model[i] = -1;
    model_count = 0;
}

/* Value number n: an integer, a short string, or up to 40,000 bytes of 'v' and the number. */
static struct slice value_of(char *buf, int n) {
    if (n % 3 == 0) return slice_of(buf, (size_t)sprintf(buf, "%d", n));
    size_t pad = n % 3 == 1 ? (size_t)n % 20 : (size_t)n * 8;
    memset(buf, 'v', pad);
    return slice_of(buf, pad + (size_t)sprintf(buf + pad, "%d", n));
}

static void expect_text(const struct element *e, int n) {
    static char  buf[50000];
    char         text[ELEMENT_TEXT_MAX];
    struct slice want = value_of(buf, n);
    assert_true(slice_eq(element_text(e, text), want));
}

static void see(const struct element *field, const struct element *value, void *arg) {
    unsigned i = number_of(field);
    (void)arg;
    assert_true(i < UNIVERSE && model[i] >= 0);
    expect_text(value, model[i]);
    seen[i]++;
}

static void expect_seen_once(void) {
    for (unsigned i = 0; i < UNIVERSE; i++) assert_int_equal(seen[i], model[i] >= 0);
    memset(seen, 0, sizeof seen);
}

static void expect(const struct value *v, size_t others) {
    struct hash_iter it;
    struct element   field, value;
    hash_check(v);
    assert_int_equal(hash_count(v), model_count);
    assert_int_equal(hash_bytes(v) + others, ash_heap_used(test_env.heap));
    hash_iter_init(&it, v, 0);
    while (hash_next(&it, &field, &value)) see(&field, &value, NULL);
    expect_seen_once();
    uint64_t cursor = 0;
    do cursor = hash_scan(v, 0, cursor, 10, see, NULL);
    while (cursor);
    expect_seen_once();
}

static void step(struct value *v, unsigned i, int values) {
    static char    buf[50000];
    char           name[MEMBER_MAX];
    struct element e;
    struct slice   field = member_of(name, i, values <= 100);
    assert_int_equal(hash_get(v, 0, field, &e), model[i] >= 0);
    if (model[i] >= 0) expect_text(&e, model[i]);
    if (below(100) < 40) {
        assert_int_equal(hash_remove(v, &test_env, field), model[i] >= 0);
        model_count -= model[i] >= 0;
        model[i] = -1;
    } else {
        int n = (int)below((unsigned)values);
        if (values <= 100 && n % 3 == 2) n--; /* short ones only */
        assert_int_equal(hash_set(v, &test_env, field, value_of(buf, n)), model[i] < 0);
        model_count += model[i] < 0;
        model[i] = n;
    }
}

static void churn(unsigned range, int values, unsigned count, uint8_t enc) {
    struct value v = hash_new(&test_env);
    model_clear();
    for (unsigned i = 0; i < count; i++) {
        step(&v, below(range), values);
        if (i % 16 == 0) hash_check(&v);
        if (i % 256 == 0) expect(&v, 0);
        if (model_count) {
            struct element field, value;
            hash_random(&v, &test_env, &field, &value);
            expect_text(&value, model[number_of(&field)]);
        }
    }
    expect(&v, 0);
    assert_int_equal(v.enc, enc);
    hash_free(&v);
}

static void random_operations(void **state) {
    (void)state;
    churn(60, 100, 4000, ENC_LISTPACK);
    churn(60, 5000, 4000, ENC_HASHTABLE);
    churn(2000, 100, 8000, ENC_HASHTABLE);
    churn(2000, 1000, 8000, ENC_HASHTABLE);
}

static void conversions(void **state) {
    (void)state;
    char         long_one[65];
    struct value v = hash_new(&test_env);
    memset(long_one, 'x', sizeof long_one);
    for (unsigned i = 0; i < 128; i++) {
        char buf[16];
        assert_true(hash_set(&v, &test_env, slice_of(buf, (size_t)sprintf(buf, "f%u", i)),
                             slice_of(long_one, 64)));
        assert_int_equal(v.enc, ENC_LISTPACK);
    }
    assert_true(hash_set(&v, &test_env, slice_str("one more"), slice_str("")));
    assert_int_equal(v.enc, ENC_HASHTABLE);
    assert_int_equal(hash_count(&v), 129);
    hash_check(&v);
    hash_free(&v);

    v = hash_new(&test_env);
    hash_set(&v, &test_env, slice_str("a"), slice_str("1"));
    assert_false(hash_set(&v, &test_env, slice_str("a"), slice_of(long_one, 65)));
    assert_int_equal(v.enc, ENC_HASHTABLE);
    assert_int_equal(hash_count(&v), 1);
    hash_free(&v);
}

static void preparing(void **state) {
    (void)state;
    char         long_one[65];
    struct slice args[258];
    struct value v = hash_new(&test_env);
    memset(long_one, 'x', sizeof long_one);
    for (unsigned i = 0; i < 258; i++) args[i] = slice_str("s");
    hash_prepare(&v, &test_env, args, 256);
    assert_int_equal(v.enc, ENC_LISTPACK);
    args[7] = slice_of(long_one, 65);
    hash_prepare(&v, &test_env, args, 6);
    assert_int_equal(v.enc, ENC_LISTPACK);
    hash_prepare(&v, &test_env, args, 8);
    assert_int_equal(v.enc, ENC_HASHTABLE);
    hash_free(&v);
    v = hash_new(&test_env);
    args[7] = slice_str("s");
    hash_prepare(&v, &test_env, args, 258); /* more fields than a listpack may have */
    assert_int_equal(v.enc, ENC_HASHTABLE);
    hash_free(&v);
}

/* Each value length after each other one: the field must survive the header's growing and
 * shrinking, and the value its moves. */
static void values_of_all_widths(void **state) {
    (void)state;
    static const size_t lens[] = { 0, 1, 65, 126, 127, 128, 129, 1000, 16383, 16384, 70000 };
    const unsigned      n = sizeof lens / sizeof *lens;
    static char         buf[70000];
    struct value        v = hash_new(&test_env);
    memset(buf, 'w', sizeof buf);
    hash_set(&v, &test_env, slice_str("field"), slice_of(buf, 100));
    hash_set(&v, &test_env, slice_str(""), slice_of(buf, 100));
    for (unsigned from = 0; from < n; from++) {
        for (unsigned to = 0; to < n; to++) {
            struct element e;
            for (unsigned k = 0; k < 2; k++) {
                struct slice field = slice_str(k ? "field" : "");
                hash_set(&v, &test_env, field, slice_of(buf, lens[from]));
                assert_false(hash_set(&v, &test_env, field, slice_of(buf, lens[to])));
                assert_true(hash_get(&v, 0, field, &e));
                assert_true(slice_eq(e.s, slice_of(buf, lens[to])));
            }
            hash_check(&v);
            assert_int_equal(hash_bytes(&v), ash_heap_used(test_env.heap));
        }
    }
    hash_free(&v);
}

static void copies(void **state) {
    (void)state;
    for (unsigned range = 50; range <= 1000; range *= 20) {
        struct value v = hash_new(&test_env);
        model_clear();
        for (unsigned i = 0; i < 2 * range; i++) step(&v, below(range), 100);
        assert_int_equal(v.enc, range == 50 ? ENC_LISTPACK : ENC_HASHTABLE);
        struct value copy = hash_copy(&v, &test_env);
        expect(&copy, hash_bytes(&v));
        hash_free(&v);
        expect(&copy, 0);
        hash_free(&copy);
    }
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {
        CASE(random_operations), CASE(conversions), CASE(preparing), CASE(values_of_all_widths),
        CASE(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
