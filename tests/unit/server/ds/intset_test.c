/* intset_test.c: Redis's bytes, widening, a model, and untrusted bytes. */
#include "server/ds/intset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/heap_fixture.h"

#define MODEL_MAX 600

static int set_up(void **state) {
    (void)state;
    return heap_set_up(11);
}

static struct intset *set_of(const int64_t *v, size_t n) {
    struct intset *s = intset_new(heap);
    for (size_t i = 0; i < n; i++) s = intset_add(heap, s, v[i], NULL);
    assert_true(intset_check(s));
    return s;
}

/* What redis-server 7.0.15 keeps for these members (DUMP, type 11). */
static void redis_bytes(void **state) {
    (void)state;
    static const struct {
        int64_t       v[4];
        size_t        n, len;
        unsigned char want[32];
    } cases[] = {
        {{1, -5, 32767, -32768}, 4, 16,
         {2, 0, 0, 0, 4, 0, 0, 0, 0x00, 0x80, 0xfb, 0xff, 0x01, 0x00, 0xff, 0x7f}},
        {{1, 70000, -9}, 3, 20,
         {4, 0, 0, 0, 3, 0, 0, 0, 0xf7, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0x70, 0x11, 1, 0}},
        {{5, -5000000000, 7}, 3, 32,
         {8, 0, 0, 0, 3, 0, 0, 0, 0x00, 0x0e, 0xfa, 0xd5, 0xfe, 0xff, 0xff, 0xff,
          5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct intset *s = set_of(cases[i].v, cases[i].n);
        assert_int_equal(intset_bytes(s), cases[i].len);
        assert_memory_equal(s, cases[i].want, cases[i].len);
        assert_true(intset_validate(cases[i].want, cases[i].len, true));
        intset_free(&s);
    }
}

/* Each integer at a limit, added to sets of each width: where it lands and how wide they get. */
static void widening(void **state) {
    (void)state;
    static const int64_t limits[] = {INT64_MIN, (int64_t)INT32_MIN - 1, INT32_MIN, INT16_MIN - 1,
                                     INT16_MIN, 0, INT16_MAX, INT16_MAX + 1, INT32_MAX,
                                     (int64_t)INT32_MAX + 1, INT64_MAX};
    static const uint32_t widths[] = {8, 8, 4, 4, 2, 2, 2, 4, 4, 8, 8};
    enum { LIMITS = sizeof limits / sizeof *limits };
    for (size_t i = 0; i < LIMITS; i++) {
        for (size_t j = 0; j < LIMITS; j++) {
            int64_t        pair[] = {limits[i], limits[j]};
            struct intset *s = set_of(pair, 2);
            size_t         low = i < j ? i : j, high = i < j ? j : i;
            assert_int_equal(s->encoding, widths[i] > widths[j] ? widths[i] : widths[j]);
            assert_int_equal(intset_len(s), i == j ? 1 : 2);
            assert_true(intset_get(s, 0) == limits[low]);
            assert_true(intset_get(s, intset_len(s) - 1) == limits[high]);
            for (size_t k = 0; k < LIMITS; k++)
                assert_int_equal(intset_has(s, limits[k]), k == i || k == j);
            intset_free(&s);
        }
    }
}

struct model {
    int64_t v[MODEL_MAX];
    size_t  n;
};

static size_t model_place(const struct model *m, int64_t v) {
    size_t i = 0;
    while (i < m->n && m->v[i] < v) i++;
    return i;
}

static struct intset *model_step(struct intset *s, struct model *m, int64_t v) {
    size_t   at = model_place(m, v);
    bool     there = at < m->n && m->v[at] == v, done;
    uint32_t pos;
    assert_int_equal(intset_find(s, v, &pos), there);
    assert_int_equal(pos, at);
    if (rand_below(&rng, 5) < 3 && m->n < MODEL_MAX) {
        s = intset_add(heap, s, v, &done);
        assert_int_equal(done, !there);
        if (!done) return s;
        memmove(m->v + at + 1, m->v + at, (m->n++ - at) * sizeof *m->v);
        m->v[at] = v;
    } else {
        s = intset_remove(heap, s, v, &done);
        assert_int_equal(done, there);
        if (done) memmove(m->v + at, m->v + at + 1, (--m->n - at) * sizeof *m->v);
    }
    return s;
}

static void model_run(void **state) {
    (void)state;
    for (unsigned bits = 6; bits <= 64; bits += 6) {
        static struct model m;
        struct intset      *s = intset_new(heap);
        m.n = 0;
        for (int step = 0; step < 3000; step++) {
            s = model_step(s, &m, (int64_t)rand_next(&rng) >> (64 - bits));
            assert_true(intset_check(s));
            assert_int_equal(intset_len(s), m.n);
        }
        for (uint32_t i = 0; i < m.n; i++) assert_true(intset_get(s, i) == m.v[i]);
        struct intset *copy = intset_copy(heap, s);
        assert_int_equal(intset_bytes(copy), intset_bytes(s));
        assert_memory_equal(copy, s, intset_bytes(s));
        intset_free(&copy);
        intset_free(&s);
    }
}

static void random_is_even(void **state) {
    (void)state;
    static const int64_t v[] = {10, 20, 30, 40};
    unsigned             seen[4] = {0};
    struct intset       *s = set_of(v, 4);
    for (int i = 0; i < 4000; i++) seen[intset_random(s, &rng) / 10 - 1]++;
    for (int i = 0; i < 4; i++) assert_in_range(seen[i], 800, 1200);
    intset_free(&s);
}

static void bad_bytes(void **state) {
    (void)state;
    static const unsigned char width3[] = {3, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3};
    static const unsigned char unsorted[] = {2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0};
    static const unsigned char twice[] = {2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0};
    static const unsigned char huge[] = {8, 0, 0, 0, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0};
    static const unsigned char wraps[] = {8, 0, 0, 0, 0, 0, 0, 0x20}; /* 8 * length = 2^32 */
    static const unsigned char empty[] = {2, 0, 0, 0, 0, 0, 0, 0};
    assert_false(intset_validate(width3, sizeof width3, false));
    assert_true(intset_validate(unsorted, sizeof unsorted, false));
    assert_false(intset_validate(unsorted, sizeof unsorted, true));
    assert_false(intset_validate(twice, sizeof twice, true));
    assert_false(intset_validate(huge, sizeof huge, true));
    assert_false(intset_validate(wraps, sizeof wraps, true));
    assert_true(intset_validate(empty, sizeof empty, true));
    for (size_t n = 0; n < sizeof empty; n++) assert_false(intset_validate(empty, n, true));
    for (size_t n = 0; n < sizeof twice; n++) assert_false(intset_validate(twice, n, false));
    struct intset *s = intset_from_blob(heap, empty, sizeof empty);
    assert_int_equal(intset_len(s), 0);
    intset_free(&s);
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(redis_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(widening, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_is_even, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_bytes, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
