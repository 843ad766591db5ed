/* num_test.c: numbers against tables taken from a live Redis and against the C library. */
#include "proto/num.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t rand_state = 88172645463325252u;

static uint64_t rand_next(void) {
    rand_state ^= rand_state << 13;
    rand_state ^= rand_state >> 7;
    rand_state ^= rand_state << 17;
    return rand_state;
}

/* A copy without a terminator, so that a sanitizer sees any read past the end. */
static struct slice tight(const char *text, char **copy) {
    size_t len = strlen(text);
    *copy = malloc(len == 0 ? 1 : len);
    memcpy(*copy, text, len);
    return slice_of(len == 0 ? NULL : *copy, len);
}

static void test_i64_table(void **state) {
    static const struct {
        const char *text;
        bool        ok;
        int64_t     value;
    } cases[] = {
        {"0", true, 0},
        {"-1", true, -1},
        {"10", true, 10},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999", false, 0},
        {"100000000000000000000", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"-0", false, 0},
        {"00", false, 0},
        {"01", false, 0},
        {"-01", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1a", false, 0},
        {"--1", false, 0},
        {"1.0", false, 0},
        {"0x1", false, 0},
        {"1/", false, 0},
        {"1:", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t v = 77;
        char   *copy;
        assert_int_equal(num_parse_i64(tight(cases[i].text, &copy), &v), cases[i].ok);
        assert_true(v == (cases[i].ok ? cases[i].value : 77));
        free(copy);
    }
}

static void test_u64_table(void **state) {
    uint64_t v = 77;
    (void)state;
    assert_true(num_parse_u64(slice_str("18446744073709551615"), &v) && v == UINT64_MAX);
    assert_true(num_parse_u64(slice_str("9999999999999999999"), &v) && v == 9999999999999999999u);
    assert_true(num_parse_u64(slice_str("10000000000000000000"), &v));
    assert_true(num_parse_u64(slice_str("0"), &v) && v == 0);
    assert_false(num_parse_u64(slice_str("18446744073709551616"), &v));
    assert_false(num_parse_u64(slice_str("18446744073709551620"), &v));
    assert_false(num_parse_u64(slice_str("1844674407370955161a"), &v));
    assert_false(num_parse_u64(slice_str("-1"), &v));
    assert_false(num_parse_u64(slice_str(""), &v));
}

static void check_integer(uint64_t v) {
    char     mine[NUM_I64_TEXT_MAX], theirs[32];
    uint64_t back_u;
    int64_t  back_i;
    int      len = snprintf(theirs, sizeof(theirs), "%" PRIu64, v);
    assert_int_equal(num_format_u64(mine, v), len);
    assert_string_equal(mine, theirs);
    assert_true(num_parse_u64(slice_str(mine), &back_u) && back_u == v);
    len = snprintf(theirs, sizeof(theirs), "%" PRId64, (int64_t)v);
    assert_int_equal(num_format_i64(mine, (int64_t)v), len);
    assert_string_equal(mine, theirs);
    assert_true(num_parse_i64(slice_str(mine), &back_i) && back_i == (int64_t)v);
}

static void test_integers_round_trip(void **state) {
    (void)state;
    for (uint64_t p = 1;; p *= 10) {
        for (int d = -2; d <= 2; d++) check_integer(p + (uint64_t)(int64_t)d);
        if (p == 10000000000000000000u) break;
    }
    for (unsigned bit = 0; bit < 64; bit++)
        for (int d = -1; d <= 1; d++) check_integer((UINT64_C(1) << bit) + (uint64_t)(int64_t)d);
    for (int i = 0; i < 200000; i++) check_integer(rand_next() >> (rand_next() % 64));
}

static void test_double_parse(void **state) {
    static const struct {
        const char *text;
        bool        ok;
        double      value;
    } cases[] = {
        {"0", true, 0},
        {"1.", true, 1},
        {".5", true, .5},
        {"+1", true, 1},
        {"-.5e-3", true, -.0005},
        {"00012", true, 12},
        {"0x10", true, 16},
        {"0x1p4", true, 16},
        {"inf", true, INFINITY},
        {"+inf", true, INFINITY},
        {"-inf", true, -INFINITY},
        {"Infinity", true, INFINITY},
        {"5e-324", true, 5e-324},
        {"1e-310", true, 1e-310},
        {"9007199254740993", true, 9007199254740992.0},
        {"1234567890.123456789", true, 1234567890.123456789},
        {"nan", false, 0},
        {"-nan", false, 0},
        {"nan(1)", false, 0},
        {"1e400", false, 0},
        {"-1e400", false, 0},
        {"1e-400", false, 0},
        {"2e-324", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"", false, 0},
        {".", false, 0},
        {"-", false, 0},
        {"+", false, 0},
        {"1e", false, 0},
        {"1.5.5", false, 0},
        {"1d", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double v = 77;
        char  *copy;
        bool   ok = num_parse_double(tight(cases[i].text, &copy), &v);
        if (ok != cases[i].ok) fail_msg("%s", cases[i].text);
        assert_true(v == (ok ? cases[i].value : 77));
        free(copy);
    }
    double v;
    assert_false(num_parse_double(slice_of("1\0", 2), &v));
    assert_true(num_parse_double(slice_str("-0"), &v) && v == 0 && signbit(v));
}

static void test_double_text_too_long(void **state) {
    static char text[NUM_LDOUBLE_TEXT_MAX];
    double      v;
    long double l;
    (void)state;
    memset(text, '0', sizeof(text));
    assert_true(num_parse_double(slice_of(text, sizeof(text) - 1), &v) && v == 0);
    assert_true(num_parse_ldouble(slice_of(text, sizeof(text) - 1), &l) && l == 0);
    assert_false(num_parse_double(slice_of(text, sizeof(text)), &v));
    assert_false(num_parse_ldouble(slice_of(text, sizeof(text)), &l));
}

static double rand_double(void) {
    static const double divisors[] = {10, 100, 1000, 1e6, 3, 7};
    uint64_t            bits = rand_next();
    double              v;
    switch (rand_next() % 4) {
        case 0: memcpy(&v, &bits, sizeof(v)); return v;
        case 1: return (double)(bits % 100000000) / divisors[rand_next() % 6];
        case 2: return -ldexp((double)(bits >> 11), -(int)(rand_next() % 75));
        default:
            v = pow(10, (int)(rand_next() % 22) - 5);
            return nextafter(v, bits & 1 ? 0 : 1e300) + ldexp(1, -(int)(bits % 50));
    }
}

/* Significant digits of a number's text. */
static int digits_in(const char *text) {
    int n = 0, zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (n == 0 && *text == '0')) continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

/* It reads back, and no text of one digit less does. */
static void test_double_is_shortest(void **state) {
    char   mine[NUM_DOUBLE_TEXT_MAX], theirs[NUM_DOUBLE_TEXT_MAX];
    double back;
    (void)state;
    for (int i = 0; i < 300000; i++) {
        double v = rand_double();
        if (isnan(v) || isinf(v)) continue;
        size_t size = num_format_double(mine, v);
        assert_int_equal(size, strlen(mine));
        back = strtod(mine, NULL);
        if (back != v || signbit(back) != signbit(v)) fail_msg("%a: %s", v, mine);
        assert_true(fabs(v) < 2.3e-308 || (num_parse_double(slice_of(mine, size), &back) && back == v));
        int digits = digits_in(mine);
        if (digits > 1 && (fabs(v) > 0x1p62 || v != floor(v))) {
            snprintf(theirs, sizeof(theirs), "%.*e", digits - 2, v);
            if (strtod(theirs, NULL) == v) fail_msg("%s, but %s will do", mine, theirs);
        }
        int len = snprintf(theirs, sizeof(theirs), "%.*f", i % 9, fmod(v, 1e9));
        assert_true(num_parse_double(slice_of(theirs, (size_t)len), &back));
        assert_true(back == strtod(theirs, NULL));
    }
}

static void test_double_special(void **state) {
    static const struct {
        double      v;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {-NAN, "nan"},
        {0.1, "0.1"},
        {0.5, "0.5"},
        {-2.5, "-2.5"},
        {0.30000000000000004, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {5e-5, "0.00005"},
        {1e-6, "0.000001"},
        {1e-7, "1e-7"},
        {1.5e-6, "1.5e-6"}, /* seven places */
        {1.5e-7, "1.5e-7"},
        {0.00012345678, "1.2345678e-4"},
        {0.0012345678, "0.0012345678"},
        {1e-4, "0.0001"},
        {9.9999999999999991e-5, "9.999999999999999e-5"},
        {1234.12345678, "1234.12345678"},
        {12345.123456, "12345.123456"},
        {12345.1234567, "1.23451234567e+4"}, /* seven places and a large number */
        {1700000000.123, "1700000000.123"},
        {0x1p-10, "9.765625e-4"},
        {0x1p-9, "0.001953125"},
        {1000000000000000.1, "1000000000000000.1"},
        {4503599627370495.5, "4503599627370495.5"},
        {9007199254740992.0, "9007199254740992"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740993.0 * 2, "18014398509481984"},
        {1e16, "10000000000000000"},
        {1e17, "100000000000000000"},
        {123456789012345680.0, "123456789012345680"},
        {0x1p62, "4611686018427387904"},
        {0x1p63, "9223372036854776000"}, /* too large to be printed as an integer */
        {5e18, "5e+18"},
        {1e19, "1e+19"},
        {-1e21, "-1e+21"},
        {12345678901234567890.0, "12345678901234567000"},
        {1e22, "1e+22"},
        {9.9999999999999992e22, "1e+23"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {-2.2250738585072011e-308, "-2.225073858507201e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    char text[NUM_DOUBLE_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(num_format_double(text, cases[i].v), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

static void test_ldouble(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"0", "0"},           {"-0", "0"},       {"3.0", "3"},     {"10.5", "10.5"},
        {"5.0e3", "5000"},    {"-5e-3", "-0.005"}, {"1e-30", "0"}, {"-1e-30", "0"},
        {"100", "100"},       {"inf", "inf"},    {"-inf", "-inf"}, {"0.1", "0.1"},
        {"3.141592653589793", "3.141592653589793"}, {"1e20", "100000000000000000000"},
    };
    char        text[NUM_LDOUBLE_TEXT_MAX];
    long double v;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(num_parse_ldouble(slice_str(cases[i].in), &v));
        assert_int_equal(num_format_ldouble(text, v), strlen(cases[i].out));
        assert_string_equal(text, cases[i].out);
    }
    assert_true(num_parse_ldouble(slice_str("1e4932"), &v));
    assert_int_equal(num_format_ldouble(text, v), 4933);
    assert_false(num_parse_ldouble(slice_str("1e4933"), &v));
    assert_false(num_parse_ldouble(slice_str("nan"), &v));
    assert_false(num_parse_ldouble(slice_str(" 1"), &v));
    assert_false(num_parse_ldouble(slice_of("1\0", 2), &v));
}

static void test_memory_units(void **state) {
    static const struct {
        const char *text;
        bool        ok;
        uint64_t    value;
    } cases[] = {
        {"0", true, 0},
        {"1b", true, 1},
        {"1k", true, 1000},
        {"1K", true, 1000},
        {"1Kb", true, 1024},
        {"2m", true, 2000000},
        {"2MB", true, 2 * 1024 * 1024},
        {"3g", true, 3000000000},
        {"3gB", true, 3 * UINT64_C(1024) * 1024 * 1024},
        {"007k", true, 7000},
        {"", true, 0},
        {"kb", true, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"17179869184gb", false, 0},
        {"1.5gb", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {"1 k", false, 0},
        {"1tb", false, 0},
        {"1kbb", false, 0},
        {"1k1", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t v = 77;
        char    *copy;
        bool     ok = num_parse_memory(tight(cases[i].text, &copy), &v);
        if (ok != cases[i].ok) fail_msg("%s", cases[i].text);
        assert_true(v == (ok ? cases[i].value : 77));
        free(copy);
    }
}

static void test_human(void **state) {
    static const struct {
        uint64_t    v;
        const char *text;
    } cases[] = {
        {0, "0B"},
        {1023, "1023B"},
        {1024, "1.00K"},
        {1536, "1.50K"},
        {1048575, "1024.00K"},
        {1048576, "1.00M"},
        {UINT64_C(1) << 30, "1.00G"},
        {UINT64_C(5) << 40, "5.00T"},
        {UINT64_C(5) << 50, "5.00P"},
        {UINT64_C(1) << 60, "1152921504606846976B"},
        {UINT64_MAX, "18446744073709551615B"},
    };
    char text[32];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(num_format_human(text, cases[i].v), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

static void test_checked_sizes(void **state) {
    size_t out = 77;
    (void)state;
    assert_true(num_add_ok(1, 2, &out) && out == 3);
    assert_true(num_mul_ok(3, 5, &out) && out == 15);
    assert_false(num_add_ok(SIZE_MAX, 1, &out));
    assert_false(num_mul_ok(SIZE_MAX / 2 + 1, 2, &out));
    assert_int_equal(out, 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i64_table),
        cmocka_unit_test(test_u64_table),
        cmocka_unit_test(test_integers_round_trip),
        cmocka_unit_test(test_double_parse),
        cmocka_unit_test(test_double_text_too_long),
        cmocka_unit_test(test_double_is_shortest),
        cmocka_unit_test(test_double_special),
        cmocka_unit_test(test_ldouble),
        cmocka_unit_test(test_memory_units),
        cmocka_unit_test(test_human),
        cmocka_unit_test(test_checked_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
