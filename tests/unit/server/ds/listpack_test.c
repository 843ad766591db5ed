/* listpack_test.c: the format byte by byte, edits against a model, and untrusted bytes. */
#include "server/ds/listpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/num.h"
#include "tests/unit/server/heap_fixture.h"

#define MODEL_MAX 400

static int set_up(void **state) {
    (void)state;
    return heap_set_up(7);
}

static void assert_blob(const unsigned char *lp, const void *want, size_t len) {
    assert_int_equal(lp_bytes(lp), len);
    assert_memory_equal(lp, want, len);
    assert_true(lp_check(lp));
}

static void assert_item(const unsigned char *p, struct slice want) {
    char           scratch[LP_INT_TEXT_MAX];
    struct lp_item it;
    assert_non_null(p);
    lp_get(p, &it);
    struct slice got = lp_item_text(&it, scratch);
    assert_int_equal(got.len, want.len);
    if (want.len > 0) assert_memory_equal(got.p, want.p, want.len);
    assert_true(lp_item_eq(&it, want));
    assert_true(lp_eq(p, want));
}

/* --- Format --------------------------------------------------------------------------------- */

/* What redis-server 7.0.15 keeps for a hash with these fields and values (DUMP, type 16). */
static void redis_bytes(void **state) {
    (void)state;
    static const char *const items[] = {
        "f1", "v1", "zero", "0", "seven", "127", "t13", "128", "n1", "-1", "n4096", "-4096",
        "p4095", "4095", "n4097", "-4097", "p4096", "4096", "i16", "32767", "i24", "32768", "n24",
        "-8388608", "i24x", "8388607", "i32", "8388608", "i32x", "2147483647", "i64", "2147483648",
        "min", "-9223372036854775808", "max", "9223372036854775807", "lead", "007", "empty", "",
        "minus", "-0", "over", "9223372036854775808",
    };
    static const unsigned char want[] = {
        0xff, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x82, 0x66, 0x31, 0x03, 0x82, 0x76, 0x31, 0x03, 0x84,
        0x7a, 0x65, 0x72, 0x6f, 0x05, 0x00, 0x01, 0x85, 0x73, 0x65, 0x76, 0x65, 0x6e, 0x06, 0x7f,
        0x01, 0x83, 0x74, 0x31, 0x33, 0x04, 0xc0, 0x80, 0x02, 0x82, 0x6e, 0x31, 0x03, 0xdf, 0xff,
        0x02, 0x85, 0x6e, 0x34, 0x30, 0x39, 0x36, 0x06, 0xd0, 0x00, 0x02, 0x85, 0x70, 0x34, 0x30,
        0x39, 0x35, 0x06, 0xcf, 0xff, 0x02, 0x85, 0x6e, 0x34, 0x30, 0x39, 0x37, 0x06, 0xf1, 0xff,
        0xef, 0x03, 0x85, 0x70, 0x34, 0x30, 0x39, 0x36, 0x06, 0xf1, 0x00, 0x10, 0x03, 0x83, 0x69,
        0x31, 0x36, 0x04, 0xf1, 0xff, 0x7f, 0x03, 0x83, 0x69, 0x32, 0x34, 0x04, 0xf2, 0x00, 0x80,
        0x00, 0x04, 0x83, 0x6e, 0x32, 0x34, 0x04, 0xf2, 0x00, 0x00, 0x80, 0x04, 0x84, 0x69, 0x32,
        0x34, 0x78, 0x05, 0xf2, 0xff, 0xff, 0x7f, 0x04, 0x83, 0x69, 0x33, 0x32, 0x04, 0xf3, 0x00,
        0x00, 0x80, 0x00, 0x05, 0x84, 0x69, 0x33, 0x32, 0x78, 0x05, 0xf3, 0xff, 0xff, 0xff, 0x7f,
        0x05, 0x83, 0x69, 0x36, 0x34, 0x04, 0xf4, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00,
        0x09, 0x83, 0x6d, 0x69, 0x6e, 0x04, 0xf4, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80,
        0x09, 0x83, 0x6d, 0x61, 0x78, 0x04, 0xf4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
        0x09, 0x84, 0x6c, 0x65, 0x61, 0x64, 0x05, 0x83, 0x30, 0x30, 0x37, 0x04, 0x85, 0x65, 0x6d,
        0x70, 0x74, 0x79, 0x06, 0x80, 0x01, 0x85, 0x6d, 0x69, 0x6e, 0x75, 0x73, 0x06, 0x82, 0x2d,
        0x30, 0x03, 0x84, 0x6f, 0x76, 0x65, 0x72, 0x05, 0x93, 0x39, 0x32, 0x32, 0x33, 0x33, 0x37,
        0x32, 0x30, 0x33, 0x36, 0x38, 0x35, 0x34, 0x37, 0x37, 0x35, 0x38, 0x30, 0x38, 0x14, 0xff,
    };
    unsigned char *lp = lp_new(heap);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        lp = lp_append(heap, lp, slice_str(items[i]));
    assert_blob(lp, want, sizeof want);
    assert_true(lp_validate(want, sizeof want, true));

    unsigned char *p = lp_first(lp);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++, p = lp_next(lp, p))
        assert_item(p, slice_str(items[i]));
    assert_null(p);
    lp_free(&lp);

    lp = lp_new(heap);
    for (size_t i = sizeof items / sizeof *items; i-- > 0;)
        lp = lp_prepend(heap, lp, slice_str(items[i]));
    assert_blob(lp, want, sizeof want);
    lp_free(&lp);
}

static void integer_widths(void **state) {
    (void)state;
    static const struct {
        int64_t  v;
        unsigned bytes;
    } cases[] = {
        {0, 1}, {127, 1}, {128, 2}, {-1, 2}, {4095, 2}, {-4096, 2}, {4096, 3}, {-4097, 3},
        {INT16_MAX, 3}, {INT16_MIN, 3}, {INT16_MAX + 1, 4}, {INT16_MIN - 1, 4}, {8388607, 4},
        {-8388608, 4}, {8388608, 5}, {-8388609, 5}, {INT32_MAX, 5}, {INT32_MIN, 5},
        {(int64_t)INT32_MAX + 1, 9}, {(int64_t)INT32_MIN - 1, 9}, {INT64_MAX, 9}, {INT64_MIN, 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char           text[NUM_I64_TEXT_MAX];
        struct slice   s = slice_of(text, num_format_i64(text, cases[i].v));
        struct lp_item it;
        unsigned char *lp = lp_append_int(heap, lp_new(heap), cases[i].v);
        assert_int_equal(lp_bytes(lp), LP_BYTES_MIN + cases[i].bytes + 1);
        assert_int_equal(lp_entry_bytes(s), cases[i].bytes + 1);
        lp_get(lp_first(lp), &it);
        assert_true(it.is_int);
        assert_int_equal(it.i, cases[i].v);
        lp = lp_prepend_int(heap, lp, cases[i].v);
        lp = lp_append(heap, lp, s); /* the text becomes the same integer */
        assert_memory_equal(lp_first(lp), lp_last(lp), cases[i].bytes + 1);
        assert_true(lp_check(lp));
        lp_free(&lp);
    }
}

/* Where the length's and the backlen's encodings change: data bytes, entry bytes. */
static void string_widths(void **state) {
    (void)state;
    static const struct {
        size_t   len;
        unsigned head, back;
    } cases[] = {
        {0, 1, 1}, {63, 1, 1}, {64, 2, 1}, {125, 2, 1}, {126, 2, 2}, {4095, 2, 2}, {4096, 5, 2},
        {16377, 5, 2}, {16378, 5, 3}, {2097145, 5, 3}, {2097146, 5, 4}, {268435449, 5, 4},
        {268435450, 5, 5},
    };
    size_t max = cases[sizeof cases / sizeof *cases - 1].len;
    char  *text = calloc(1, max);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice   s = slice_of(text, cases[i].len);
        unsigned char *lp = lp_append(heap, lp_new(heap), s);
        size_t         size = cases[i].head + s.len + cases[i].back;
        assert_int_equal(lp_entry_bytes(s), size);
        assert_int_equal(lp_bytes(lp), LP_BYTES_MIN + size);
        assert_true(lp_check(lp));
        if (s.len < 1 << 20) lp = lp_append(heap, lp, slice_str("end"));
        assert_ptr_equal(lp_seek(lp, 0), lp_first(lp));
        assert_item(lp_first(lp), s);
        if (s.len < 1 << 20) assert_ptr_equal(lp_prev(lp, lp_last(lp)), lp_first(lp));
        lp_free(&lp);
    }
    free(text);
}

/* Overlong encodings come from elsewhere; they read and compare as what they mean. */
static void foreign_encodings(void **state) {
    (void)state;
    static const unsigned char blob[] = {
        27, 0, 0, 0, 4, 0,
        0xF0, 2, 0, 0, 0, 'h', 'i', 7,             /* a short string with a long length */
        0xF2, 5, 0, 0, 4,                          /* 5 in 24 bits */
        0x82, '4', '2', 3,                         /* a string that could be an integer */
        0xC0, 7, 2,                                /* 7 in 13 bits */
        0xFF,
    };
    assert_true(lp_validate(blob, sizeof blob, true));
    unsigned char *lp = lp_from_blob(heap, blob, sizeof blob);
    assert_item(lp_seek(lp, 0), slice_str("hi"));
    assert_item(lp_seek(lp, 1), slice_str("5"));
    assert_item(lp_seek(lp, 2), slice_str("42"));
    assert_item(lp_seek(lp, 3), slice_str("7"));
    assert_ptr_equal(lp_find(lp, lp_first(lp), slice_str("42"), 0), lp_seek(lp, 2));
    assert_ptr_equal(lp_find(lp, lp_first(lp), slice_str("7"), 0), lp_seek(lp, 3));
    lp_free(&lp);
}

static void capacity_is_the_slot(void **state) {
    (void)state;
    size_t last = 0;
    for (size_t total = LP_BYTES_MIN; total < 70000; total++) {
        size_t cap = lp_capacity(total);
        assert_true(cap >= total && cap >= last && cap - total <= total / 8 + 8);
        if (total <= 16384) assert_int_equal(cap, ash_good_size(total));
        last = cap;
    }
    assert_true(lp_capacity(LP_BYTES_MAX) == LP_BYTES_MAX);
    assert_true(lp_safe_to_add(NULL, LP_BYTES_MAX - LP_BYTES_MIN));
    assert_false(lp_safe_to_add(NULL, LP_BYTES_MAX - LP_BYTES_MIN + 1));
    assert_false(lp_safe_to_add(NULL, SIZE_MAX));
}

/* From 65535 elements on the header does not know the count. */
static void count_unknown(void **state) {
    (void)state;
    unsigned char *lp = lp_new(heap);
    for (int64_t i = 0; i < 70000; i++) lp = lp_append_int(heap, lp, i);
    assert_int_equal(lp_count(lp), 70000);
    assert_int_equal(lp[4] | lp[5] << 8, 65535);
    assert_true(lp_check(lp));
    assert_item(lp_seek(lp, 69999), slice_str("69999"));
    assert_item(lp_seek(lp, -1), slice_str("69999"));
    assert_item(lp_seek(lp, -70000), slice_str("0"));
    assert_null(lp_seek(lp, 70000));
    assert_null(lp_seek(lp, -70001));
    lp = lp_delete_range(heap, lp, 10, 69980);
    assert_int_equal(lp_count(lp), 20);
    assert_true(lp_check(lp));
    lp_free(&lp);
}

static void find_and_skip(void **state) {
    (void)state;
    static const char *const items[] = {"a", "x", "x", "1", "-5", "x", "long", "y", "", "1"};
    unsigned char           *lp = lp_new(heap);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        lp = lp_append(heap, lp, slice_str(items[i]));
    unsigned char *first = lp_first(lp);
    assert_ptr_equal(lp_find(lp, first, slice_str("x"), 0), lp_seek(lp, 1));
    assert_ptr_equal(lp_find(lp, first, slice_str("x"), 1), lp_seek(lp, 2));
    assert_ptr_equal(lp_find(lp, lp_seek(lp, 4), slice_str("1"), 0), lp_seek(lp, 9));
    assert_ptr_equal(lp_find(lp, first, slice_str(""), 1), lp_seek(lp, 8));
    assert_null(lp_find(lp, first, slice_str("01"), 0));
    assert_null(lp_find(lp, first, slice_str("1"), 1));
    assert_null(lp_find(lp, first, slice_str("x"), 20));
    lp_free(&lp);
}

static void random_is_even(void **state) {
    (void)state;
    unsigned       seen[5] = {0};
    struct lp_item it;
    unsigned char *lp = lp_new(heap);
    for (int64_t i = 0; i < 10; i++) lp = lp_append_int(heap, lp, i);
    for (int i = 0; i < 5000; i++) {
        lp_get(lp_random(lp, 2, &rng), &it);
        assert_int_equal(it.i % 2, 0);
        seen[it.i / 2]++;
    }
    for (int i = 0; i < 5; i++) assert_in_range(seen[i], 800, 1200);
    lp_free(&lp);
}

/* --- Against a model ------------------------------------------------------------------------ */

struct model {
    size_t       n;
    struct slice item[MODEL_MAX + LP_INSERT_MAX];
};

static struct slice random_text(void) {
    static const size_t steps[] = {0, 1, 2, 10, 63, 64, 130, 5000};
    char               *p = malloc(5200);
    size_t              len;
    if (rand_below(&rng, 3) == 0) {
        len = num_format_i64(p, (int64_t)rand_next(&rng) >> rand_below(&rng, 64));
    } else {
        len = steps[rand_below(&rng, rand_below(&rng, 20) == 0 ? 8 : 6)] + rand_below(&rng, 3);
        for (size_t i = 0; i < len; i++) p[i] = (char)(rand_below(&rng, 3) + '0');
    }
    return slice_of(p, len);
}

static void model_insert(struct model *m, size_t at, struct slice s) {
    memmove(m->item + at + 1, m->item + at, (m->n - at) * sizeof *m->item);
    m->item[at] = s;
    m->n++;
}

static void model_delete(struct model *m, size_t at, size_t n) {
    if (n > m->n - at) n = m->n - at;
    for (size_t i = 0; i < n; i++) free((char *)(uintptr_t)m->item[at + i].p);
    memmove(m->item + at, m->item + at + n, (m->n - at - n) * sizeof *m->item);
    m->n -= n;
}

static void assert_same(const unsigned char *lp, const struct model *m) {
    assert_true(lp_check(lp));
    assert_int_equal(lp_count(lp), m->n);
    const unsigned char *p = lp_first(lp);
    struct lp_item       it;
    for (size_t i = 0; i < m->n; i++) {
        assert_item(p, m->item[i]);
        p = lp_get_next(p, &it);
        assert_true(lp_item_eq(&it, m->item[i]));
    }
    assert_null(p);
    p = lp_last(lp);
    for (size_t i = m->n; i-- > 0; p = lp_prev(lp, p)) assert_item(p, m->item[i]);
    assert_null(p);
}

static unsigned char *insert_some(unsigned char *lp, struct model *m) {
    struct lp_item items[LP_INSERT_MAX];
    size_t         n = 1 + rand_below(&rng, LP_INSERT_MAX), at = rand_below(&rng, m->n + 1);
    bool           after = at > 0 && rand_below(&rng, 2);
    unsigned char *p = at == m->n && !after ? NULL : lp_seek(lp, (int64_t)(after ? at - 1 : at));
    for (size_t i = 0; i < n; i++) {
        model_insert(m, at + i, random_text());
        items[i] = lp_item_str(m->item[at + i]);
    }
    lp = after ? lp_insert_after(heap, lp, &p, items, n) : lp_insert(heap, lp, &p, items, n);
    assert_ptr_equal(p, lp_seek(lp, (int64_t)at));
    return lp;
}

static unsigned char *replace_one(unsigned char *lp, struct model *m) {
    if (m->n == 0) return lp;
    size_t         at = rand_below(&rng, m->n);
    unsigned char *p = lp_seek(lp, (int64_t)at - (rand_below(&rng, 2) ? (int64_t)m->n : 0));
    model_delete(m, at, 1);
    model_insert(m, at, random_text());
    lp = lp_replace(heap, lp, &p, lp_item_str(m->item[at]));
    assert_ptr_equal(p, lp_seek(lp, (int64_t)at));
    return lp;
}

static unsigned char *delete_some(unsigned char *lp, struct model *m) {
    if (m->n == 0) return lp;
    size_t at = rand_below(&rng, m->n), n = rand_below(&rng, 12);
    if (rand_below(&rng, 2)) {
        lp = lp_delete_range(heap, lp, (int64_t)at - (int64_t)m->n, n);
        model_delete(m, at, n);
        return lp;
    }
    unsigned char *p = lp_seek(lp, (int64_t)at);
    lp = lp_delete(heap, lp, &p, n);
    model_delete(m, at, n);
    assert_ptr_equal(p, at < m->n ? lp_seek(lp, (int64_t)at) : NULL);
    return lp;
}

static unsigned char *split_and_join(unsigned char *lp, const struct model *m) {
    if (m->n == 0) return lp;
    size_t         at = rand_below(&rng, m->n);
    unsigned char *tail = lp_split(heap, &lp, lp_seek(lp, (int64_t)at));
    assert_true(lp_check(lp) && lp_check(tail));
    assert_int_equal(lp_count(lp), at);
    assert_int_equal(lp_count(tail), m->n - at);
    lp = lp_concat(heap, lp, tail);
    lp_free(&tail);
    return lp;
}

static void model_run(void **state) {
    (void)state;
    struct model   m = {0};
    unsigned char *lp = lp_new(heap);
    for (int step = 0; step < 20000; step++) {
        size_t before = m.n;
        switch (rand_below(&rng, 8)) {
        case 0:
            model_insert(&m, 0, random_text());
            lp = lp_prepend(heap, lp, m.item[0]);
            break;
        case 1:
            model_insert(&m, m.n, random_text());
            lp = lp_append(heap, lp, m.item[m.n - 1]);
            break;
        case 2:
        case 3: lp = insert_some(lp, &m); break;
        case 4:
        case 5: lp = delete_some(lp, &m); break;
        case 6: lp = replace_one(lp, &m); break;
        case 7: lp = split_and_join(lp, &m); break;
        }
        if (step % 16 == 0 || m.n < before) assert_same(lp, &m);
        if (m.n >= MODEL_MAX) {
            lp = lp_delete_range(heap, lp, 3, m.n);
            model_delete(&m, 3, m.n);
        }
    }
    unsigned char *copy = lp_copy(heap, lp);
    assert_blob(copy, lp, lp_bytes(lp));
    lp_free(&copy);
    lp_free(&lp);
    model_delete(&m, 0, m.n);
}

/* --- Untrusted bytes ------------------------------------------------------------------------ */

/* Whatever passes the deep check can be walked both ways within its bytes (ASan watches). */
static void walk(const unsigned char *blob, size_t len) {
    unsigned char *lp = lp_from_blob(heap, blob, len);
    struct lp_item it;
    size_t         forwards = 0, backwards = 0;
    for (unsigned char *p = lp_first(lp); p != NULL; p = lp_get_next(p, &it)) forwards++;
    for (unsigned char *p = lp_last(lp); p != NULL; p = lp_prev(lp, p)) backwards++;
    assert_int_equal(forwards, backwards);
    assert_int_equal(forwards, lp_count(lp));
    lp_free(&lp);
}

static void bad_bytes(void **state) {
    (void)state;
    unsigned char *lp = lp_new(heap);
    for (int i = 0; i < 12; i++) {
        struct slice s = random_text();
        lp = lp_append(heap, lp, slice_of(s.p, s.len < 300 ? s.len : 300));
        free((char *)(uintptr_t)s.p);
    }
    size_t         len = lp_bytes(lp), accepted = 0;
    unsigned char *copy = malloc(len);
    for (size_t cut = 0; cut < len; cut++) assert_false(lp_validate(lp, cut, true));
    for (int i = 0; i < 50000; i++) {
        memcpy(copy, lp, len);
        for (uint64_t n = 1 + rand_below(&rng, 3); n > 0; n--)
            copy[rand_below(&rng, len)] = (unsigned char)rand_next(&rng);
        if (!lp_validate(copy, len, true)) continue;
        walk(copy, len);
        accepted++;
    }
    assert_true(accepted > 0); /* changes within a string are fine */
    free(copy);
    lp_free(&lp);

    static const unsigned char empty[] = {7, 0, 0, 0, 0, 0, 0xFF};
    static const unsigned char miscounted[] = {9, 0, 0, 0, 2, 0, 5, 1, 0xFF};
    static const unsigned char unclosed[] = {7, 0, 0, 0, 0, 0, 0x00};
    static const unsigned char reserved[] = {9, 0, 0, 0, 1, 0, 0xF5, 1, 0xFF};
    static const unsigned char early_end[] = {8, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    static const unsigned char too_long[] = {13, 0, 0, 0, 1, 0, 0xF0, 255, 255, 255, 255, 5, 0xFF};
    assert_true(lp_validate(empty, sizeof empty, true));
    assert_false(lp_validate(miscounted, sizeof miscounted, true));
    assert_false(lp_validate(unclosed, sizeof unclosed, false));
    assert_false(lp_validate(reserved, sizeof reserved, true));
    assert_false(lp_validate(early_end, sizeof early_end, true));
    assert_false(lp_validate(too_long, sizeof too_long, true));
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(redis_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(integer_widths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(string_widths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(foreign_encodings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(capacity_is_the_slot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(count_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(find_and_skip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_is_even, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_bytes, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
