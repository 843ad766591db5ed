/* stream_id_test.c: IDs as text, and counting over their ends. */
#include "server/ds/stream_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const uint64_t top = UINT64_MAX;

static void expect_id(const char *text, uint64_t ms, uint64_t seq) {
    struct stream_id id = {77, 77};
    assert_true(stream_id_parse(slice_str(text), 9, &id));
    assert_int_equal(id.ms, ms);
    assert_int_equal(id.seq, seq);
}

static void parsing(void **state) {
    (void)state;
    expect_id("0", 0, 9);
    expect_id("1-2", 1, 2);
    expect_id("18446744073709551615-18446744073709551615", top, top);
    expect_id("18446744073709551615", top, 9);
    expect_id("007-0008", 7, 8); /* as strtoull */
    expect_id("+1-+2", 1, 2);
    expect_id(" 1- 2", 1, 2);
}

static void refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "-", "+", "a", "1-", "-1", "1-a", "1-2-3", "1 ", "1-2 ", "0x1", "1-*", "*", "(1", "1--1", "1--05",
        "18446744073709551616", "1-18446744073709551616", "99999999999999999999999", " ", "+", "1.5", "1-+"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stream_id id = {3, 4};
        assert_false(stream_id_parse(slice_str(bad[i]), 0, &id));
        assert_true(id.ms == 3 && id.seq == 4);
    }
    struct stream_id id;
    char             zeros[200];
    memset(zeros, '0', sizeof zeros);
    assert_true(stream_id_parse(slice_of(zeros, 127), 0, &id));
    assert_false(stream_id_parse(slice_of(zeros, 128), 0, &id));
    assert_false(stream_id_parse(slice_of("1-1\0x", 5), 0, &id));
}

static void automatic(void **state) {
    (void)state;
    struct stream_id id;
    bool             star;
    assert_true(stream_id_parse_auto(slice_str("5-*"), &id, &star));
    assert_true(star && id.ms == 5 && id.seq == 0);
    assert_true(stream_id_parse_auto(slice_str("5-1"), &id, &star));
    assert_true(!star && id.ms == 5 && id.seq == 1);
    assert_true(stream_id_parse_auto(slice_str("5"), &id, &star));
    assert_true(!star && id.seq == 0);
    assert_false(stream_id_parse_auto(slice_str("*-*"), &id, &star));
    assert_false(stream_id_parse_auto(slice_str("5-**"), &id, &star));
    assert_false(stream_id_parse_auto(slice_str("-*"), &id, &star));
}

static void counting(void **state) {
    (void)state;
    struct stream_id id = {0, top};
    assert_true(stream_id_next(&id));
    assert_true(id.ms == 1 && id.seq == 0);
    assert_true(stream_id_prev(&id));
    assert_true(id.ms == 0 && id.seq == top);
    id = STREAM_ID_MAX;
    assert_false(stream_id_next(&id));
    assert_true(stream_id_is_zero(id));
    assert_false(stream_id_prev(&id));
    assert_true(stream_id_eq(id, STREAM_ID_MAX));
    assert_true(stream_id_less((struct stream_id){1, top}, (struct stream_id){2, 0}));
    assert_true(stream_id_less((struct stream_id){2, 0}, (struct stream_id){2, 1}));
    assert_false(stream_id_less(id, id));
}

static void printing(void **state) {
    (void)state;
    char   text[STREAM_ID_TEXT_MAX];
    size_t len = stream_id_format(text, STREAM_ID_MAX);
    assert_string_equal(text, "18446744073709551615-18446744073709551615");
    assert_int_equal(len, strlen(text));
    assert_true(len < STREAM_ID_TEXT_MAX);
    assert_int_equal(stream_id_format(text, STREAM_ID_MIN), 3);
    assert_string_equal(text, "0-0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing),  cmocka_unit_test(refused),  cmocka_unit_test(automatic),
        cmocka_unit_test(counting), cmocka_unit_test(printing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
