/* resp_test.c: the reader that judges every reply must itself refuse what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/resp.h"

static enum resp_state parse(const char *text, int proto) {
    struct resp r;
    size_t used;
    const char *why;
    enum resp_state state = resp_parse(text, strlen(text), proto, &r, &used, &why);
    if (state == RESP_OK) {
        assert_int_equal(used, strlen(text));
        resp_fini(&r);
    }
    return state;
}

static void test_accepts(void **state) {
    static const char *const both[] = {"+OK\r\n", "+\r\n", "-ERR x\r\n", ":0\r\n", ":-1\r\n", ":9223372036854775807\r\n",
                                       "$0\r\n\r\n", "$2\r\n\r\n\r\n", "*0\r\n", "*2\r\n:1\r\n*1\r\n+a\r\n"};
    static const char *const three[] = {"_\r\n", ",1.5\r\n", ",inf\r\n", ",-inf\r\n", ",nan\r\n", ",1e+20\r\n", "#t\r\n", "#f\r\n",
                                        "(123456789012345678901\r\n", "=5\r\ntxt:a\r\n", "%1\r\n+k\r\n:1\r\n", "~1\r\n:1\r\n",
                                        ">1\r\n+x\r\n", "|1\r\n+k\r\n+v\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(both) / sizeof(*both); i++) {
        assert_int_equal(parse(both[i], 2), RESP_OK);
        assert_int_equal(parse(both[i], 3), RESP_OK);
    }
    for (size_t i = 0; i < sizeof(three) / sizeof(*three); i++) {
        assert_int_equal(parse(three[i], 3), RESP_OK);
        assert_int_equal(parse(three[i], 2), RESP_BAD);
    }
    assert_int_equal(parse("$-1\r\n", 2), RESP_OK);
    assert_int_equal(parse("*-1\r\n", 2), RESP_OK);
}

static void test_refuses(void **state) {
    static const char *const wrong[] = {
        "OK\r\n", "+O\nK\r\n", "+O\rK\r\n", "+OK\n", ":\r\n", ":+1\r\n", ":01\r\n", ":-0\r\n", ":1 \r\n", ":9223372036854775808\r\n",
        "$-1\r\n", "*-1\r\n", "$-2\r\n", "$01\r\na\r\n", "$1\r\nab\r\n", "$2\r\na\r\n\r\n", "*1\r\n>1\r\n+x\r\n", "#x\r\n", "#\r\n",
        ",\r\n", ",1.5x\r\n", ",+inf\r\n", "(1.5\r\n", "(\r\n", "_x\r\n", "=3\r\ntxt\r\n", "=4\r\ntxtx\r\n", "%-1\r\n", "*99999999999\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (parse(wrong[i], 3) != RESP_BAD) fail_msg("accepted: %s", wrong[i]);
}

/* Every proper prefix of a reply asks for more. */
static void test_prefixes(void **state) {
    static const char text[] = "*4\r\n%1\r\n+k\r\n$3\r\na\r\n\r\n~2\r\n:1\r\n,2.5\r\n=6\r\ntxt:ab\r\n_\r\n";
    struct resp r;
    size_t used;
    const char *why;
    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++)
        assert_int_equal(resp_parse(text, len, 3, &r, &used, &why), RESP_MORE);
    assert_int_equal(parse(text, 3), RESP_OK);
}

static void test_depth(void **state) {
    struct bytes text = {0};
    (void)state;
    for (int i = 0; i < RESP_DEPTH_MAX; i++) bytes_print(&text, "*1\r\n");
    bytes_print(&text, ":1\r\n");
    assert_int_equal(parse(text.data, 2), RESP_OK);
    bytes_clear(&text);
    for (int i = 0; i < RESP_DEPTH_MAX + 1; i++) bytes_print(&text, "*1\r\n");
    bytes_print(&text, ":1\r\n");
    assert_int_equal(parse(text.data, 2), RESP_BAD);
    bytes_fini(&text);
}

static void test_print(void **state) {
    static const char text[] = "*3\r\n$4\r\na\r\n\"\r\n:7\r\n%1\r\n+k\r\n_\r\n";
    struct resp r;
    struct bytes out = {0};
    size_t used;
    const char *why;
    (void)state;
    assert_int_equal(resp_parse(text, sizeof(text) - 1, 3, &r, &used, &why), RESP_OK);
    resp_print(&out, &r);
    assert_string_equal(out.data, "*3[\"a\\r\\n\\\"\" :7 %1[+k _]]");
    bytes_fini(&out);
    resp_fini(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts), cmocka_unit_test(test_refuses), cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
