/* zset_test.c: sorted sets in both encodings against a sorted array as model. */
#include "server/types/zset.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/server/types/env.h"

#define UNIVERSE 1500

struct entry {
    double       score;
    char         bytes[MEMBER_MAX];
    struct slice member;
};

static struct entry  entries[UNIVERSE];
static struct entry *sorted[UNIVERSE]; /* those in the set, in order */
static unsigned      count;
static unsigned      seen[UNIVERSE];

static void model_clear(bool plain) {
    for (unsigned i = 0; i < UNIVERSE; i++)
        entries[i].member = member_of(entries[i].bytes, i, plain);
    count = 0;
}

static int entry_cmp(const void *a, const void *b) {
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return slice_cmp(x->member, y->member);
}

static void model_sort(void) { qsort(sorted, count, sizeof *sorted, entry_cmp); }

static int model_at(const struct entry *e) {
    for (unsigned i = 0; i < count; i++)
        if (sorted[i] == e) return (int)i;
    return -1;
}

static void model_cut(unsigned at, unsigned n) {
    memmove(&sorted[at], &sorted[at + n], (count - at - n) * sizeof *sorted);
    count -= n;
}

static void see(const struct element *member, double score, void *arg) {
    (void)arg;
    unsigned i = number_of(member);
    assert_true(i < UNIVERSE && entries[i].score == score);
    seen[i]++;
}

static void expect_cursor(const struct zset_cursor *c, const struct entry *want) {
    struct element member;
    char           text[ELEMENT_TEXT_MAX];
    double         score;
    assert_true(c->valid);
    zset_peek(c, &member, &score);
    assert_true(slice_eq(element_text(&member, text), want->member));
    assert_true(score == want->score);
}

static void expect_order(const struct value *v) {
    if (count == 0) return;
    struct zset_cursor c = zset_at(v, 0);
    for (unsigned i = 0; i < count; i++, zset_step(&c, false)) expect_cursor(&c, sorted[i]);
    assert_false(c.valid);
    c = zset_at(v, count - 1);
    for (unsigned i = count; i-- > 0; zset_step(&c, true)) expect_cursor(&c, sorted[i]);
    assert_false(c.valid);
    for (unsigned i = 0; i < count; i += 7) {
        uint64_t rank;
        double   score;
        c = zset_at(v, i);
        expect_cursor(&c, sorted[i]);
        assert_true(zset_rank(v, sorted[i]->member, false, &rank, &score));
        assert_true(rank == i && score == sorted[i]->score);
        assert_true(zset_rank(v, sorted[i]->member, true, &rank, &score));
        assert_true(rank == count - 1 - i);
    }
}

static void expect(const struct value *v, size_t others) {
    zset_check(v);
    assert_int_equal(zset_count(v), count);
    assert_int_equal(zset_bytes(v) + others, ash_heap_used(test_env.heap));
    expect_order(v);
    uint64_t cursor = 0;
    do cursor = zset_scan(v, cursor, 10, see, NULL);
    while (cursor);
    for (unsigned i = 0; i < UNIVERSE; i++)
        assert_int_equal(seen[i], model_at(&entries[i]) >= 0);
    memset(seen, 0, sizeof seen);
}

static double random_score(unsigned scores) {
    double score = (double)below(scores);
    switch (scores > 1 ? below(8) : 8) {
    case 0: return -score;
    case 1: return score + 0.1;
    case 2: return score * 1e30;
    case 3: return -score / 3e200;
    case 4: return below(20) ? score : INFINITY;
    case 5: return below(20) ? score : -INFINITY;
    default: return score;
    }
}

static void step_add(struct value *v, struct entry *e, unsigned scores) {
    double score = random_score(scores), before = score, old = e->score;
    bool   there = model_at(e) >= 0;
    enum zset_result r = zset_add(v, &test_env, &score, e->member, 0);
    assert_int_equal(r, !there ? ZSET_ADDED : old == before ? ZSET_SAME : ZSET_UPDATED);
    assert_true(score == before);
    e->score = score;
    if (!there) sorted[count++] = e;
    model_sort();
}

static void step(struct value *v, unsigned range, unsigned scores) {
    struct entry *e = &entries[below(range)];
    int           at = model_at(e);
    double        score;
    assert_int_equal(zset_score(v, e->member, &score), at >= 0);
    if (at >= 0) assert_true(score == e->score);
    if (below(100) < 55) {
        step_add(v, e, scores);
    } else if (below(20) && at >= 0) {
        assert_true(zset_remove(v, &test_env, e->member));
        model_cut((unsigned)at, 1);
    } else if (count && below(3) == 0) {
        unsigned start = below(count), n = below(count - start < 40 ? count - start + 1 : 40);
        zset_remove_ranks(v, &test_env, start, n);
        model_cut(start, n);
    } else if (at < 0) {
        assert_false(zset_remove(v, &test_env, e->member));
    }
}

static void churn(unsigned range, unsigned scores, bool plain, unsigned steps, uint8_t enc) {
    struct value v = zset_new(&test_env, 1);
    model_clear(plain);
    for (unsigned i = 0; i < steps; i++) {
        step(&v, range, scores);
        if (i % 16 == 0) zset_check(&v);
        if (i % 256 == 0) expect(&v, 0);
        if (count) {
            struct element member;
            double         score;
            zset_random(&v, &test_env, &member, &score);
            assert_true(entries[number_of(&member)].score == score);
        }
    }
    expect(&v, 0);
    assert_int_equal(v.enc, enc);
    zset_free(&v);
}

static void random_operations(void **state) {
    (void)state;
    churn(60, 30, true, 4000, ENC_LISTPACK);
    churn(60, 1, true, 2000, ENC_LISTPACK);
    churn(1500, 30, false, 6000, ENC_SKIPLIST);
    churn(1500, 100000, false, 6000, ENC_SKIPLIST);
    churn(1500, 1, false, 4000, ENC_SKIPLIST);
}

/* A set of n members with few different scores; 1: all equal. */
static struct value filled(unsigned n, unsigned scores) {
    struct value v = zset_new(&test_env, 1);
    model_clear(true);
    while (count < n) step_add(&v, &entries[below(2 * n)], scores);
    return v;
}

static void expect_range(const struct value *v, unsigned low, unsigned high, uint64_t counted,
                         struct zset_cursor first, struct zset_cursor last) {
    assert_int_equal(counted, high > low ? high - low : 0);
    assert_int_equal(first.valid, high > low);
    assert_int_equal(last.valid, high > low);
    if (high <= low) return;
    expect_cursor(&first, sorted[low]);
    expect_cursor(&last, sorted[high - 1]);
    (void)v;
}

static void score_ranges(void **state) {
    (void)state;
    for (unsigned n = 60; n <= 600; n *= 10) {
        struct value v = filled(n, 40);
        assert_int_equal(v.enc, n == 60 ? ENC_LISTPACK : ENC_SKIPLIST);
        for (unsigned i = 0; i < 3000; i++) {
            struct zset_score_range r = { random_score(42), random_score(42), below(2), below(2) };
            if (r.min > r.max && below(10)) {
                double swap = r.min;
                r.min = r.max;
                r.max = swap;
            }
            unsigned low = 0, high = count;
            while (low < count && !zset_score_inside(&r, sorted[low]->score)) low++;
            for (high = low; high < count && zset_score_inside(&r, sorted[high]->score);) high++;
            expect_range(&v, low, high, zset_count_in_score(&v, &r),
                         zset_first_in_score(&v, &r, false), zset_first_in_score(&v, &r, true));
        }
        zset_free(&v);
    }
}

static struct zset_lex_bound random_bound(void) {
    struct zset_lex_bound b = { .open = below(2), .s = entries[below(UNIVERSE)].member };
    if (below(6) == 0) b.inf = below(2) ? 1 : -1;
    if (below(10) == 0) b.s = slice_of(NULL, 0);
    if (below(4) == 0 && b.s.len) b.s.len--;
    return b;
}

static void lex_ranges(void **state) {
    (void)state;
    for (unsigned n = 60; n <= 600; n *= 10) {
        struct value v = filled(n, 1);
        for (unsigned i = 0; i < 3000; i++) {
            struct zset_lex_range r = { random_bound(), random_bound() };
            unsigned              low = 0, high;
            while (low < count && !zset_lex_inside(&r, sorted[low]->member)) low++;
            for (high = low; high < count && zset_lex_inside(&r, sorted[high]->member);) high++;
            expect_range(&v, low, high, zset_count_in_lex(&v, &r),
                         zset_first_in_lex(&v, &r, false), zset_first_in_lex(&v, &r, true));
        }
        zset_free(&v);
    }
}

static void lex_bounds(void **state) {
    (void)state;
    struct zset_lex_range r = { { .inf = -1 }, { .inf = 1 } };
    assert_true(zset_lex_inside(&r, slice_str("")));
    r.min.inf = 1; /* [+ ... : nothing */
    assert_false(zset_lex_inside(&r, slice_str("zzz")));
    r = (struct zset_lex_range){ { .s = slice_str("b"), .open = true }, { .s = slice_str("d") } };
    assert_false(zset_lex_inside(&r, slice_str("b")));
    assert_true(zset_lex_inside(&r, slice_str("ba")));
    assert_true(zset_lex_inside(&r, slice_str("d")));
    assert_false(zset_lex_inside(&r, slice_str("da")));
}

/* ZADD's flags, as Redis answers them, in both encodings. */
static void flags(void **state) {
    (void)state;
    static const struct {
        unsigned         flags;
        double           in, out;
        enum zset_result result;
    } cases[] = { /* against a member of score 10 */
        { 0, 10, 10, ZSET_SAME },                { 0, 11, 11, ZSET_UPDATED },
        { ZSET_NX, 5, 10, ZSET_SKIPPED },        { ZSET_XX, 5, 5, ZSET_UPDATED },
        { ZSET_GT, 10, 10, ZSET_SKIPPED },       { ZSET_GT, 11, 11, ZSET_UPDATED },
        { ZSET_GT, 9, 10, ZSET_SKIPPED },        { ZSET_LT, 9, 9, ZSET_UPDATED },
        { ZSET_LT, 11, 10, ZSET_SKIPPED },       { ZSET_INCR, 2, 12, ZSET_UPDATED },
        { ZSET_INCR, 0, 10, ZSET_SAME },         { ZSET_INCR | ZSET_GT, -1, 10, ZSET_SKIPPED },
        { ZSET_INCR | ZSET_NX, 1, 10, ZSET_SKIPPED }, { 0, NAN, 0, ZSET_NAN },
        { ZSET_INCR | ZSET_LT, -1.5, 8.5, ZSET_UPDATED },
    };
    for (unsigned big = 0; big < 2; big++) {
        test_limits.zset_max_listpack_entries = big ? 0 : 128;
        struct value v = zset_new(&test_env, 1);
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
            double score = 10;
            zset_add(&v, &test_env, &score, slice_str("m"), 0);
            score = cases[i].in;
            assert_int_equal(zset_add(&v, &test_env, &score, slice_str("m"), cases[i].flags),
                             cases[i].result);
            if (cases[i].result != ZSET_NAN) assert_true(score == cases[i].out);
            zset_check(&v);
        }
        double score = INFINITY;
        zset_add(&v, &test_env, &score, slice_str("m"), 0);
        score = -INFINITY;
        assert_int_equal(zset_add(&v, &test_env, &score, slice_str("m"), ZSET_INCR), ZSET_NAN);
        score = 1;
        assert_int_equal(zset_add(&v, &test_env, &score, slice_str("n"), ZSET_XX), ZSET_SKIPPED);
        assert_int_equal(zset_count(&v), 1);
        zset_free(&v);
    }
}

static void conversions(void **state) {
    (void)state;
    struct value v = filled(128, 1000);
    char         long_one[65];
    double       score = 3;
    memset(long_one, 'x', sizeof long_one);
    assert_int_equal(v.enc, ENC_LISTPACK);
    zset_add(&v, &test_env, &score, slice_str("one more"), 0);
    assert_int_equal(v.enc, ENC_SKIPLIST);
    zset_check(&v);
    zset_free(&v);
    v = filled(10, 1000);
    zset_add(&v, &test_env, &score, slice_of(long_one, 64), 0);
    assert_int_equal(v.enc, ENC_LISTPACK);
    zset_add(&v, &test_env, &score, slice_of(long_one, 65), 0);
    assert_int_equal(v.enc, ENC_SKIPLIST);
    zset_free(&v);
    v = zset_new(&test_env, 65);
    assert_int_equal(v.enc, ENC_SKIPLIST);
    zset_free(&v);
}

static void copies(void **state) {
    (void)state;
    for (unsigned n = 100; n <= 500; n += 400) {
        struct value v = filled(n, 300), copy = zset_copy(&v, &test_env);
        assert_int_equal(copy.enc, v.enc);
        expect(&copy, zset_bytes(&v));
        zset_free(&v);
        expect(&copy, 0);
        zset_free(&copy);
    }
}

/* What the small encoding stores as integer or text comes back as the same double. */
static void scores_are_exact(void **state) {
    (void)state;
    static const double scores[] = {
        0.1, 1.0 / 3, -1e-300, 5e-324, 1.7976931348623157e308, 9007199254740993.0,
        4611686018427387904.0, 9223372036854775808.0, -9223372036854775808.0, 1e17, 123456.789,
        INFINITY, -INFINITY, 3, -17, 0.5,
    };
    struct value v = zset_new(&test_env, 1);
    for (unsigned i = 0; i < sizeof scores / sizeof *scores; i++) {
        char   buf[16];
        double score = scores[i], got;
        size_t len = (size_t)sprintf(buf, "m%u", i);
        zset_add(&v, &test_env, &score, slice_of(buf, len), 0);
        assert_true(zset_score(&v, slice_of(buf, len), &got) && got == scores[i]);
    }
    zset_check(&v);
    assert_int_equal(v.enc, ENC_LISTPACK);
    zset_free(&v);
}

static void bytes_per_member(void **state) {
    (void)state;
    const unsigned n = 200000;
    struct value   v = zset_new(&test_env, 1);
    for (unsigned i = 0; i < n; i++) {
        char   buf[32];
        double score = (double)rand_next(&test_rand);
        zset_add(&v, &test_env, &score,
                 slice_of(buf, (size_t)sprintf(buf, "member:%08u", i)), 0);
    }
    print_message("zset: %.2f bytes a member of 15 bytes\n", (double)zset_bytes(&v) / n);
    assert_true((double)zset_bytes(&v) / n <= 50);
    assert_int_equal(zset_bytes(&v), ash_heap_used(test_env.heap));
    zset_free(&v);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {
        CASE(random_operations), CASE(score_ranges), CASE(lex_ranges),       CASE(lex_bounds),
        CASE(flags),             CASE(conversions),  CASE(copies),           CASE(scores_are_exact),
        CASE(bytes_per_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
