/* slowlog_test.c: what is kept of slow commands, and how much. */
#include "server/core/slowlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/alloc.h"

static struct ash_heap *heap;
static struct slowlog  *s;

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    s = slowlog_new(heap);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    slowlog_free(&s);
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static void add(uint64_t max_len, uint64_t usec) {
    struct slice argv[] = {slice_str("SET"), slice_str("k"), slice_of("a\0b", 3)};
    slowlog_add(s, max_len, usec, 1700000000, argv, 3, "1.2.3.4:5", "me");
}

struct seen {
    unsigned             count;
    uint64_t             id[16];
    struct slowlog_entry first;
    char                 text[64][SLOWLOG_ARG_MAX + 64];
};

static void see(const struct slowlog_entry *e, void *arg) {
    struct seen *seen = arg;
    if (seen->count == 0) {
        seen->first = *e;
        for (unsigned i = 0; i < e->argc; i++) {
            memcpy(seen->text[i], e->argv[i].p, e->argv[i].len);
            seen->text[i][e->argv[i].len] = '\0';
        }
        assert_string_equal(e->peer, "1.2.3.4:5");
        assert_string_equal(e->name, "me");
    }
    if (seen->count < 16) seen->id[seen->count] = e->id;
    seen->count++;
}

static void newest_first_and_bounded(void **state) {
    (void)state;
    struct seen seen = {0};
    for (uint64_t i = 0; i < 10; i++) add(4, i);
    assert_int_equal(slowlog_len(s), 4);
    slowlog_each(s, -1, see, &seen);
    assert_int_equal(seen.count, 4);
    for (unsigned i = 0; i < 4; i++) assert_int_equal(seen.id[i], 9 - i);
    assert_int_equal(seen.first.usec, 9);
    assert_int_equal(seen.first.argc, 3);
    assert_int_equal(seen.first.argv[2].len, 3);
    seen.count = 0;
    slowlog_each(s, 2, see, &seen);
    assert_int_equal(seen.count, 2);
    slowlog_each(s, 0, see, &seen);
    assert_int_equal(seen.count, 2);
}

static void a_shorter_limit_drops_the_oldest(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 10; i++) add(100, i);
    add(3, 11);
    assert_int_equal(slowlog_len(s), 3);
    add(0, 12);
    assert_int_equal(slowlog_len(s), 0);
    add(5, 13);
    slowlog_clear(s);
    assert_int_equal(slowlog_len(s), 0);
}

static void long_arguments_are_cut(void **state) {
    (void)state;
    char         bytes[200];
    struct seen  seen = {0};
    struct slice argv[2] = {slice_str("SET"), slice_of(bytes, sizeof bytes)};
    memset(bytes, 'x', sizeof bytes);
    slowlog_add(s, 10, 1, 1, argv, 2, "1.2.3.4:5", "me");
    slowlog_each(s, 1, see, &seen);
    bytes[SLOWLOG_ARG_MAX] = '\0';
    char expected[256];
    snprintf(expected, sizeof expected, "%s... (72 more bytes)", bytes);
    assert_string_equal(seen.text[1], expected);
}

static void many_arguments_are_cut(void **state) {
    (void)state;
    struct slice argv[40];
    struct seen  seen = {0};
    for (int i = 0; i < 40; i++) argv[i] = slice_str("a");
    slowlog_add(s, 10, 1, 1, argv, 32, "1.2.3.4:5", "me");
    slowlog_each(s, 1, see, &seen);
    assert_int_equal(seen.first.argc, 32);
    assert_string_equal(seen.text[31], "a");
    seen.count = 0;
    slowlog_add(s, 10, 1, 1, argv, 40, "1.2.3.4:5", "me");
    slowlog_each(s, 1, see, &seen);
    assert_int_equal(seen.first.argc, 32);
    assert_string_equal(seen.text[30], "a");
    assert_string_equal(seen.text[31], "... (9 more arguments)");
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(newest_first_and_bounded),
        CASE(a_shorter_limit_drops_the_oldest),
        CASE(long_arguments_are_cut),
        CASE(many_arguments_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
