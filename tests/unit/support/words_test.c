/* words_test.c: quoting as redis-cli has it, and the expansion of ${...}. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/bytes.h"
#include "tests/support/vars.h"
#include "tests/support/words.h"

static void assert_word(const struct words *w, size_t idx, const char *data, size_t len) {
    assert_true(idx < w->count);
    assert_int_equal(w->len[idx], len);
    assert_memory_equal(w->word[idx], data, len);
}

static void test_quotes(void **state) {
    struct words w;
    (void)state;
    assert_true(words_split("  SET k \"a\\x00\\n\\\"b\\\\\" 'it\\'s \\n' \"\" x\"y\" ", &w));
    assert_int_equal(w.count, 6);
    assert_word(&w, 0, "SET", 3);
    assert_word(&w, 2, "a\0\n\"b\\", 6);
    assert_word(&w, 3, "it's \\n", 7);
    assert_word(&w, 4, "", 0);
    assert_word(&w, 5, "xy", 2);
    words_fini(&w);
    assert_true(words_split("", &w));
    assert_int_equal(w.count, 0);
    words_fini(&w);
}

static void test_broken_quotes(void **state) {
    static const char *const broken[] = {"\"a", "'a", "\"a\"b", "'a'\"b\"", "x \"a\\\""};
    struct words w;
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        assert_false(words_split(broken[i], &w));
        assert_int_equal(w.count, 0);
        words_fini(&w);
    }
}

/* What bytes_quote writes, words_split reads back, whatever the bytes. */
static void test_round_trip(void **state) {
    char all[256];
    struct bytes quoted = {0};
    struct words w;
    (void)state;
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    bytes_quote(&quoted, all, sizeof(all));
    assert_true(words_split(quoted.data, &w));
    assert_int_equal(w.count, 1);
    assert_word(&w, 0, all, sizeof(all));
    words_fini(&w);
    bytes_fini(&quoted);
}

static void test_vars(void **state) {
    struct vars vars = {0};
    struct bytes out = {0};
    (void)state;
    vars_set(&vars, "id", 2, "1", 1);
    vars_set(&vars, "id", 2, "42", 2);
    assert_true(vars_expand(&vars, "<${id}${rep:3:ab}$x${", 21, &out));
    assert_string_equal(out.data, "<42ababab$x${");
    bytes_clear(&out);
    assert_false(vars_expand(&vars, "${nosuch}", 9, &out));
    assert_false(vars_expand(&vars, "${rep:99999999999:ab}", 21, &out));
    vars_fini(&vars);
    bytes_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes), cmocka_unit_test(test_broken_quotes),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_vars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
