/* pattern_test.c: a transcript's expectation must refuse what it does not describe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/pattern.h"

/* One line, its elements after it separated by ';' (one level). */
static bool matches(const char *lines, const char *reply) {
    struct pattern p = {0};
    struct vars vars = {0};
    struct bytes why = {0};
    struct resp r;
    size_t used;
    const char *wrong;
    unsigned line;
    size_t len = strcspn(lines, ";");
    p.text = must_copy(lines, len);
    for (lines += len; *lines == ';'; lines += len) {
        len = strcspn(++lines, ";");
        p.items = must_grow(p.items, (p.count + 1) * sizeof(*p.items));
        p.items[p.count++] = (struct pattern){.text = must_copy(lines, len)};
    }
    assert_int_equal(resp_parse(reply, strlen(reply), 3, &r, &used, &wrong), RESP_OK);
    vars_set(&vars, "id", 2, "7", 1);
    bool good = pattern_match(&p, &r, &vars, &line, &why);
    assert_true(good || why.len > 0); /* a mismatch always says why */
    vars_fini(&vars);
    bytes_fini(&why);
    resp_fini(&r);
    pattern_fini(&p);
    return good;
}

static void test_scalars(void **state) {
    (void)state;
    assert_true(matches("+OK", "+OK\r\n"));
    assert_false(matches("+OK", "+ok\r\n"));
    assert_false(matches("+OK", "$2\r\nOK\r\n"));
    assert_true(matches("\"a\\r\\n\"", "$3\r\na\r\n\r\n"));
    assert_false(matches("\"a\"", "+a\r\n"));
    assert_false(matches("\"a\"", "$2\r\nab\r\n"));
    assert_true(matches("-ERR syntax*", "-ERR syntax error\r\n"));
    assert_false(matches("-ERR syntax", "-ERR syntax error\r\n"));
    assert_true(matches("-\"ERR x \"", "-ERR x \r\n"));
    assert_true(matches(":5..7", ":7\r\n"));
    assert_false(matches(":5..7", ":8\r\n"));
    assert_false(matches(":5..7", "$1\r\n6\r\n"));
    assert_true(matches(":${id}", ":7\r\n"));
    assert_false(matches(":${nosuch}", ":7\r\n"));
    assert_true(matches("(nil)", "_\r\n"));
    assert_false(matches("(nil)", "$0\r\n\r\n"));
    assert_false(matches("$-1", "_\r\n"));
    assert_true(matches(",1..2", ",1.5\r\n"));
    assert_false(matches(",1..2", ":1\r\n"));
    assert_true(matches("=txt:/^b/", "=7\r\ntxt:a\nb\r\n"));
    assert_true(matches("/^b$/", "$3\r\na\nb\r\n"));
    assert_false(matches("/^a/", "*1\r\n+a\r\n"));
    assert_false(matches("junk", "+junk\r\n"));
}

static void test_aggregates(void **state) {
    (void)state;
    assert_true(matches("*2;:1;:2", "*2\r\n:1\r\n:2\r\n"));
    assert_false(matches("*2;:2;:1", "*2\r\n:1\r\n:2\r\n"));
    assert_false(matches("*3;:1;:2", "*2\r\n:1\r\n:2\r\n"));
    assert_false(matches("*2;:1;:2", "~2\r\n:1\r\n:2\r\n"));
    assert_true(matches("*;:1;...", "*2\r\n:1\r\n:2\r\n"));
    assert_false(matches("*;:2;...", "*2\r\n:1\r\n:2\r\n"));
    assert_true(matches("*2 unordered;:2;:1", "*2\r\n:1\r\n:2\r\n"));
    assert_true(matches("~unordered;:2;:1", "~2\r\n:1\r\n:2\r\n"));
    assert_false(matches("*2 unordered;:2;:2", "*2\r\n:1\r\n:2\r\n"));
    assert_true(matches("*2 unordered;?;:1", "*2\r\n:1\r\n:2\r\n")); /* the wildcard gives way */
    assert_true(matches("%1;+k;:1", "%1\r\n+k\r\n:1\r\n"));
    assert_true(matches("*4 pairs;+b;:2;+a;:1", "*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n"));
    assert_false(matches("*4 pairs;+b;:1;+a;:2", "*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n"));
    assert_true(matches("all;/a/;/b/", "+ab\r\n"));
    assert_false(matches("all;/a/;/c/", "+ab\r\n"));
    assert_true(matches("any;/c/;/b/", "+ab\r\n"));
    assert_false(matches("any;/c/;/d/", "+ab\r\n"));
    assert_false(matches("*0", "*1\r\n:1\r\n"));
    assert_true(matches("*0", "*0\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scalars), cmocka_unit_test(test_aggregates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
