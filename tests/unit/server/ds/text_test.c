/* text_test.c: text that grows, against snprintf; quoting, against the reader of configuration lines. */
#include "server/ds/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "proto/request.h"

static struct ash_heap *heap;
static struct text      t;

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    text_init(&t, heap);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    text_fini(&t);
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static void empty_text_is_an_empty_string(void **state) {
    (void)state;
    assert_string_equal(text_cstr(&t), "");
    assert_int_equal(text_slice(&t).len, 0);
    text_clear(&t);
    text_add(&t, slice_of(NULL, 0));
    assert_string_equal(text_cstr(&t), "");
}

static void pieces_come_one_after_the_other(void **state) {
    (void)state;
    text_str(&t, "a");
    text_char(&t, 'b');
    text_add(&t, slice_of("cde", 2));
    text_printf(&t, "-%d-%s", 42, "x");
    assert_string_equal(text_cstr(&t), "abcd-42-x");
    text_clear(&t);
    text_str(&t, "new");
    assert_string_equal(text_cstr(&t), "new");
}

static void every_length_is_printed_whole(void **state) {
    char fill[1200], want[1300];
    (void)state;
    for (size_t len = 0; len < sizeof fill; len += 7) {
        memset(fill, 'z', len);
        fill[len] = '\0';
        int n = snprintf(want, sizeof want, "[%s]", fill);
        text_clear(&t);
        text_printf(&t, "[%s]", fill);
        assert_int_equal(t.len, n);
        assert_string_equal(text_cstr(&t), want);
    }
}

static void what_is_quoted_reads_back(void **state) {
    char bytes[256];
    (void)state;
    for (int i = 0; i < 256; i++) bytes[i] = (char)i;
    text_quote(&t, slice_of(bytes, sizeof bytes));
    struct request_words w;
    assert_true(request_split(text_slice(&t), heap, &w));
    assert_int_equal(w.count, 1);
    assert_int_equal(w.len[0], sizeof bytes);
    assert_memory_equal(w.word[0], bytes, sizeof bytes);
    request_words_fini(&w);
    for (size_t i = 0; i < t.len; i++) assert_true(t.p[i] >= ' ' && t.p[i] <= '~');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(empty_text_is_an_empty_string, setup, teardown),
        cmocka_unit_test_setup_teardown(pieces_come_one_after_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(every_length_is_printed_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_quoted_reads_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
