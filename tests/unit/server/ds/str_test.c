/* str_test.c: a string that grows, against flat bytes, and how much room growth takes. */
#include "server/ds/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/heap_fixture.h"

#define MODEL_MAX 300000
#define MIB       ((size_t)1 << 20)

static int set_up(void **state) {
    (void)state;
    return heap_set_up(13);
}

static void assert_same(const struct str *s, const char *want, size_t len) {
    assert_true(str_check(s));
    assert_int_equal(str_slice(s).len, len);
    if (len > 0) assert_memory_equal(str_slice(s).p, want, len);
    assert_int_equal(ash_heap_used(heap), str_footprint(s));
}

static void new_fills_its_slot(void **state) {
    (void)state;
    struct str *s = str_new(heap, slice_str("hello"), 0);
    assert_same(s, "hello", 5);
    assert_int_equal(s->cap + sizeof *s, ash_good_size(5 + sizeof *s));
    str_free(&s);
    assert_null(s);
    str_free(&s); /* nothing */

    s = str_new(heap, slice_of(NULL, 0), 1000);
    assert_true(s->cap >= 1000 && s->len == 0);
    struct str *before = s;
    char        text[1000];
    memset(text, 'x', sizeof text);
    s = str_append(heap, s, slice_of(text, sizeof text));
    assert_ptr_equal(s, before); /* the hint was room enough */
    s = str_fit(heap, str_resize(heap, s, 3));
    assert_same(s, "xxx", 3);
    assert_int_equal(s->cap + sizeof *s, ash_good_size(3 + sizeof *s));
    str_free(&s);
}

static void growth(void **state) {
    (void)state;
    struct str *s = str_new(heap, slice_str("0123456789"), 0);
    unsigned    moves = 0;
    while (s->len < 3 * MIB) {
        size_t cap = s->cap;
        s = str_append(heap, s, slice_str("0123456789"));
        if (s->cap != cap) {
            size_t len = s->len, room = len < MIB ? len : MIB;
            assert_int_equal(s->cap + sizeof *s, ash_good_size(len + room + sizeof *s));
            moves++;
        }
    }
    assert_in_range(moves, 15, 22);
    str_free(&s);
}

static void gap_is_zero(void **state) {
    (void)state;
    struct str *s = str_new(heap, slice_str("abcdef"), 64);
    s = str_resize(heap, s, 2); /* the bytes behind are not zero now */
    s = str_write(heap, s, 5, slice_str("z"));
    assert_same(s, "ab\0\0\0z", 6);
    s = str_write(heap, s, 100, slice_of(NULL, 0)); /* nothing to write, nothing grows */
    assert_same(s, "ab\0\0\0z", 6);
    str_free(&s);
}

static void model_run(void **state) {
    (void)state;
    static char model[MODEL_MAX + 4096], noise[4096];
    size_t      len = 0;
    struct str *s = str_new(heap, slice_of(NULL, 0), 0);
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)rand_next(&rng);
    for (int step = 0; step < 5000; step++) {
        size_t       n = rand_below(&rng, 1 + rand_below(&rng, sizeof noise)), off = len;
        struct slice bytes = slice_of(noise + rand_below(&rng, sizeof noise - n), n);
        unsigned     what = (unsigned)rand_below(&rng, 8);
        if (what >= 6 || len >= MODEL_MAX - 8192) {
            n = rand_below(&rng, what == 6 ? len + 1 : len + 4096);
            if (n > len) memset(model + len, 0, n - len);
            s = str_resize(heap, s, n);
            len = n;
            if (what == 7) s = str_fit(heap, s);
        } else {
            if (what >= 3) off = rand_below(&rng, len + 4096);
            if (n > 0 && off > len) memset(model + len, 0, off - len);
            if (n > 0 && off + n > len) len = off + n;
            memcpy(model + off, bytes.p, n);
            s = what < 3 ? str_append(heap, s, bytes) : str_write(heap, s, off, bytes);
        }
        assert_same(s, model, len);
    }
    str_free(&s);
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(new_fills_its_slot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(growth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gap_is_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
