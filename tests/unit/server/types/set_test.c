/* set_test.c: sets in every encoding against an array of flags as model. */
#include "server/types/set.h"

#include "tests/unit/server/types/env.h"

#define UNIVERSE 3000

static bool     model[UNIVERSE];
static unsigned model_count, seen[UNIVERSE];

static void model_clear(void) {
    memset(model, 0, sizeof model);
    model_count = 0;
}

static void see(const struct element *e, void *arg) {
    (void)arg;
    seen[number_of(e)]++;
}

static void expect_seen_once(void) {
    for (unsigned i = 0; i < UNIVERSE; i++) assert_int_equal(seen[i], model[i]);
    memset(seen, 0, sizeof seen);
}

static void expect(const struct value *v, size_t others) {
    struct set_iter it;
    struct element  e;
    set_check(v);
    assert_int_equal(set_count(v), model_count);
    assert_int_equal(set_bytes(v) + others, ash_heap_used(test_env.heap));
    set_iter_init(&it, v);
    while (set_next(&it, &e)) see(&e, NULL);
    expect_seen_once();
    uint64_t cursor = 0;
    do cursor = set_scan(v, cursor, 10, see, NULL);
    while (cursor);
    expect_seen_once();
}

static void toggle(struct value *v, unsigned i, bool add) {
    char         buf[MEMBER_MAX];
    struct slice s = member_of(buf, i, false);
    assert_int_equal(set_has(v, s), model[i]);
    if (add) assert_int_equal(set_add(v, &test_env, s), !model[i]);
    else assert_int_equal(set_remove(v, &test_env, s), model[i]);
    assert_int_equal(set_has(v, s), add);
    model_count += (unsigned)add - model[i];
    model[i] = add;
}

/* Random members below `range`, multiples of `step` only (4: integers). */
static void churn(unsigned range, unsigned step, unsigned count, uint8_t enc) {
    struct value v = set_new(&test_env, slice_str(step == 4 ? "1" : "a"), 0);
    model_clear();
    for (unsigned i = 0; i < count; i++) {
        toggle(&v, below(range / step) * step, below(100) < (i / 500 % 2 ? 30 : 70));
        if (i % 16 == 0) set_check(&v);
        if (i % 256 == 0) expect(&v, 0);
        if (model_count) {
            struct element e;
            set_random(&v, &test_env, &e);
            assert_true(model[number_of(&e)]);
        }
    }
    expect(&v, 0);
    assert_int_equal(v.enc, enc);
    set_free(&v);
}

static void random_operations(void **state) {
    (void)state;
    churn(400, 4, 4000, ENC_INTSET);
    churn(60, 1, 4000, ENC_LISTPACK);
    churn(3000, 1, 12000, ENC_HASHTABLE);
    test_limits.set_max_intset_entries = 100;
    churn(3000, 4, 4000, ENC_HASHTABLE);
}

static void see_popped(const struct element *e, void *arg) {
    unsigned i = number_of(e);
    (void)arg;
    assert_true(model[i]);
    model[i] = false;
    model_count--;
}

/* Random members leave sets of every encoding until nothing is left. */
static void pops(void **state) {
    (void)state;
    static const struct { unsigned count, step; uint8_t enc; } sets[] = {
        { 300, 4, ENC_INTSET }, { 50, 1, ENC_LISTPACK }, { 1500, 1, ENC_HASHTABLE },
    };
    for (unsigned k = 0; k < sizeof sets / sizeof *sets; k++) {
        struct value v = set_new(&test_env, slice_str(sets[k].step == 4 ? "1" : "a"), 0);
        model_clear();
        for (unsigned i = 0; i < sets[k].count; i++) toggle(&v, i * sets[k].step, true);
        assert_int_equal(v.enc, sets[k].enc);
        while (model_count) {
            set_pop(&v, &test_env, see_popped, NULL);
            assert_int_equal(set_count(&v), model_count);
            if (model_count % 50 == 0) set_check(&v);
        }
        set_free(&v);
    }
}

/* Each member is as likely as another, also in a table that has grown unevenly: just before and
 * just behind a doubling, and after most of it has gone. */
static void random_is_uniform(void **state) {
    (void)state;
    static const unsigned sizes[] = { 920, 950, 1400, 1890, 2990 };
    static const unsigned kept[] = { 920, 950, 1400, 300, 800 };
    for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct value v = set_new(&test_env, slice_str("a"), 1000);
        static unsigned drawn[UNIVERSE];
        const unsigned  draws = 200;
        double          chi = 0;
        model_clear();
        memset(drawn, 0, sizeof drawn);
        for (unsigned i = 0; i < sizes[k]; i++) toggle(&v, i, true);
        while (model_count > kept[k]) set_pop(&v, &test_env, see_popped, NULL);
        for (unsigned i = 0; i < draws * kept[k]; i++) {
            struct element e;
            set_random(&v, &test_env, &e);
            drawn[number_of(&e)]++;
        }
        for (unsigned i = 0; i < UNIVERSE; i++) {
            double off = (double)drawn[i] - draws;
            if (model[i]) chi += off * off / draws;
            else assert_int_equal(drawn[i], 0);
        }
        assert_true(chi < 1.3 * kept[k]); /* about kept when uniform, with a deviation of sqrt(2 kept) */
        set_free(&v);
    }
}

static void add(struct value *v, const char *member) {
    assert_true(set_add(v, &test_env, slice_str(member)));
    set_check(v);
}

static void add_ints(struct value *v, int from, int to) {
    for (int i = from; i < to; i++) {
        char buf[16];
        sprintf(buf, "%d", i);
        add(v, buf);
    }
}

static void new_looks_at_first_and_hint(void **state) {
    (void)state;
    static const struct {
        const char *first;
        uint64_t    hint;
        uint8_t     enc;
    } cases[] = {
        { "1", 1, ENC_INTSET },      { "1", 512, ENC_INTSET },   { "1", 513, ENC_HASHTABLE },
        { "a", 128, ENC_LISTPACK },  { "a", 129, ENC_HASHTABLE }, { "01", 1, ENC_LISTPACK },
        { "", 0, ENC_LISTPACK },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value v = set_new(&test_env, slice_str(cases[i].first), cases[i].hint);
        assert_int_equal(v.enc, cases[i].enc);
        assert_int_equal(set_count(&v), 0);
        set_free(&v);
    }
}

static void conversions(void **state) {
    (void)state;
    struct value v = set_new(&test_env, slice_str("0"), 0);
    add_ints(&v, 0, 512);
    assert_int_equal(v.enc, ENC_INTSET);
    add_ints(&v, 512, 513); /* past set-max-intset-entries */
    assert_int_equal(v.enc, ENC_HASHTABLE);
    assert_int_equal(set_count(&v), 513);
    set_free(&v);

    v = set_new(&test_env, slice_str("0"), 0);
    add_ints(&v, 0, 127);
    add(&v, "x"); /* 128 members fit a listpack */
    assert_int_equal(v.enc, ENC_LISTPACK);
    add(&v, "y");
    assert_int_equal(v.enc, ENC_HASHTABLE);
    set_free(&v);

    v = set_new(&test_env, slice_str("0"), 0);
    add_ints(&v, 0, 128);
    add(&v, "x"); /* one too many for a listpack */
    assert_int_equal(v.enc, ENC_HASHTABLE);
    assert_true(set_has(&v, slice_str("127")));
    set_free(&v);

    v = set_new(&test_env, slice_str("0"), 0);
    add_ints(&v, 0, 5);
    add(&v, "more than sixty-four bytes, which is more than a listpack may hold");
    assert_int_equal(v.enc, ENC_HASHTABLE);
    set_free(&v);
}

static void thresholds_of_zero(void **state) {
    (void)state;
    test_limits.set_max_intset_entries = test_limits.set_max_listpack_entries = 0;
    struct value v = set_new(&test_env, slice_str("0"), 0);
    add(&v, "0");
    assert_int_equal(v.enc, ENC_HASHTABLE);
    set_free(&v);
    v = set_new(&test_env, slice_str("a"), 0);
    add(&v, "a");
    assert_int_equal(v.enc, ENC_HASHTABLE);
    set_free(&v);
}

static void copies(void **state) {
    (void)state;
    static const struct { unsigned range, step; uint8_t enc; } cases[] = {
        { 400, 4, ENC_INTSET }, { 60, 1, ENC_LISTPACK }, { 3000, 1, ENC_HASHTABLE },
    };
    for (unsigned c = 0; c < 3; c++) {
        struct value v = set_new(&test_env, slice_str(cases[c].step == 4 ? "1" : "a"), 0);
        model_clear();
        for (unsigned i = 0; i < cases[c].range; i += cases[c].step)
            if (below(3)) toggle(&v, i, true);
        assert_int_equal(v.enc, cases[c].enc);
        struct value copy = set_copy(&v, &test_env);
        assert_int_equal(copy.enc, v.enc);
        expect(&copy, set_bytes(&v));
        set_free(&v);
        expect(&copy, 0);
        set_free(&copy);
    }
}

static void odd_members(void **state) {
    (void)state;
    static char big[300000];
    struct value v = set_new(&test_env, slice_str(""), 1000);
    assert_int_equal(v.enc, ENC_HASHTABLE);
    for (size_t len = 0; len < sizeof big; len = len * 2 + 1)
        assert_true(set_add(&v, &test_env, slice_of(big, len)));
    set_check(&v);
    assert_int_equal(set_bytes(&v), ash_heap_used(test_env.heap));
    for (size_t len = 0; len < sizeof big; len = len * 2 + 1)
        assert_true(set_remove(&v, &test_env, slice_of(big, len)));
    assert_int_equal(set_count(&v), 0);
    set_free(&v);
}

static void small_table_is_compact(void **state) {
    (void)state;
    struct value v = set_new(&test_env, slice_str("a"), 0);
    for (unsigned i = 0; i < 200; i++) {
        char buf[16];
        sprintf(buf, "member:%05u", i);
        add(&v, buf);
    }
    assert_int_equal(v.enc, ENC_HASHTABLE);
    print_message("set of 200 members of 12 bytes: %zu bytes\n", set_bytes(&v));
    assert_true(set_bytes(&v) < 200 * (16 + 13));
    set_free(&v);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {
        CASE(random_operations), CASE(pops), CASE(random_is_uniform),
        CASE(new_looks_at_first_and_hint), CASE(conversions),
        CASE(thresholds_of_zero), CASE(copies),                     CASE(odd_members),
        CASE(small_table_is_compact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
