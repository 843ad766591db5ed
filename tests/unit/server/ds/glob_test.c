/* glob_test.c: patterns against a table of answers and against a plain recursive matcher. */
#include "server/ds/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "server/ds/rand.h"

static bool match(const char *pattern, const char *text) {
    return glob_match(slice_str(pattern), slice_str(text), false);
}

static void test_answers(void **state) {
    static const struct { const char *pattern, *text; bool matches; } cases[] = {
        {"", "", true}, {"", "a", false}, {"a", "", false}, {"*", "", false}, {"**", "", false},
        {"?", "", false}, {"?", "a", true}, {"?", "ab", false}, {"h?llo", "hello", true},
        {"h*llo", "heeeello", true}, {"h*llo", "hllo", true}, {"h*llo", "hllx", false},
        {"h[ae]llo", "hallo", true}, {"h[ae]llo", "hillo", false}, {"h[^e]llo", "hallo", true},
        {"h[^e]llo", "hello", false}, {"h[a-c]llo", "hbllo", true}, {"h[c-a]llo", "hbllo", true},
        {"h[a-c]llo", "hdllo", false}, {"\\*", "*", true}, {"\\*", "a", false},
        {"[\\]]", "]", true}, {"[a\\-z]", "-", true}, {"[a\\-z]", "m", false},
        {"a\\", "a\\", true}, {"[abc", "b", true}, {"[abc", "d", false}, {"[", "[", false},
        {"[]", "a", false}, {"[^", "x", true}, {"[^]", "x", true},
        {"[a-]", "-", false}, {"[a-]", "_", true},
        {"[a-", "-", true}, {"*a*b*c", "xxaxxbxxc", true}, {"*a*b*c", "xxaxxbxxcx", false},
        {"a*b*", "ab", true}, {"*ab", "aab", true}, {"*aab", "aaab", true},
        {"key:[0-9]*", "key:1x", true}, {"key:[0-9]*", "key:x", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (match(cases[i].pattern, cases[i].text) == cases[i].matches) continue;
        fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].text);
    }
}

static void test_nocase(void **state) {
    (void)state;
    assert_true(glob_match(slice_str("MaxMem*"), slice_str("maxmemory"), true));
    assert_true(glob_match(slice_str("[A-C]x"), slice_str("bX"), true));
    assert_false(glob_match(slice_str("[A-C]x"), slice_str("bX"), false));
}

/* The definition, for patterns of letters, '?' and '*'. */
static bool plain(const char *p, const char *t) {
    if (*p == 0) return *t == 0;
    if (*p == '*') return plain(p + 1, t) || (*t != 0 && plain(p, t + 1));
    return *t != 0 && (*p == '?' || *p == *t) && plain(p + 1, t + 1);
}

static void random_text(struct rand *r, char *out, unsigned max, const char *letters, unsigned n) {
    unsigned len = (unsigned)rand_below(r, max);
    for (unsigned i = 0; i < len; i++) out[i] = letters[rand_below(r, n)];
    out[len] = 0;
}

static void test_against_definition(void **state) {
    struct rand r;
    char        pattern[10], text[10];
    (void)state;
    rand_seed(&r, 7);
    for (int i = 0; i < 200000; i++) {
        random_text(&r, pattern, sizeof pattern, "ab?*", 4);
        random_text(&r, text, sizeof text, "ab", 2);
        if (*text == 0 || match(pattern, text) == plain(pattern, text)) continue;
        fail_msg("'%s' '%s'", pattern, text);
    }
}

/* Twenty stars against a text that almost matches take a moment, not for ever (CVE-2022-36021), and
 * a pattern of 100 KB takes no stack (CVE-2024-31228). */
static void test_hostile(void **state) {
    char    stars[100001], text[100001];
    clock_t start = clock();
    (void)state;
    for (int i = 0; i < 20; i++) memcpy(stars + 2 * i, "a*", 2);
    memcpy(stars + 40, "b", 2);
    memset(text, 'a', 40);
    text[40] = 0;
    assert_false(match(stars, text));
    for (int i = 0; i < 50000; i++) memcpy(stars + 2 * i, "*?", 2);
    stars[100000] = 0;
    memset(text, 'a', 60000);
    text[60000] = 0;
    assert_true(match(stars, text));
    text[49999] = 0;
    assert_false(match(stars, text));
    assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
}

static void test_binary(void **state) {
    (void)state;
    assert_true(glob_match(slice_of("a\0*", 3), slice_of("a\0b", 3), false));
    assert_false(glob_match(slice_of("a\0", 2), slice_of("a", 1), false));
    assert_true(glob_match(slice_of("[\x80-\xff]", 5), slice_of("\xc3", 1), false));
    assert_true(glob_match(slice_of(NULL, 0), slice_of(NULL, 0), false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),  cmocka_unit_test(test_nocase),
        cmocka_unit_test(test_against_definition), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
