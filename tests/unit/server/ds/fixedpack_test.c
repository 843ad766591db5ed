/* fixedpack_test.c: what a fixedpack holds, finding in it, and the listpacks it is made of and becomes. */
#include "server/ds/fixedpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/heap_fixture.h"

static int set_up(void **state) {
    (void)state;
    return heap_set_up(23);
}

static void what_it_holds(void **state) {
    (void)state;
    static const char *const no[] = {"", "0", "7", "-1", "123", "9223372036854775807",
                                     "-9223372036854775808"};
    static const char *const yes[] = {"a", "-", "-0", "007", "+1", "1.0", "1e3", " 1", "1 ",
                                      "9223372036854775808", "2026-11-28"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(fixedpack_holds(slice_str(no[i])));
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(fixedpack_holds(slice_str(yes[i])));
    static char large[FIXEDPACK_WIDTH_MAX + 1];
    assert_true(fixedpack_holds(slice_of(large, FIXEDPACK_WIDTH_MAX)));
    assert_false(fixedpack_holds(slice_of(large, FIXEDPACK_WIDTH_MAX + 1)));
}

/* Elements that differ in one byte at most, wherever it may be: what is compared first decides nothing. */
static void finding(void **state) {
    (void)state;
    enum { COUNT = 40, WIDTH_MAX = 40 };
    unsigned char bytes[COUNT * WIDTH_MAX];
    char          text[WIDTH_MAX];
    for (size_t width = 1; width <= WIDTH_MAX; width++) {
        struct fixedpack f = {bytes, COUNT, width};
        for (unsigned round = 0; round < 50; round++) {
            memset(bytes, 'x', COUNT * width);
            for (size_t i = 0; i < COUNT; i++)
                bytes[i * width + rand_below(&rng, width)] = (unsigned char)('a' + rand_below(&rng, 3));
            assert_true(fixedpack_check(f));
            memset(text, 'x', width);
            text[rand_below(&rng, width)] = (char)('a' + rand_below(&rng, 3));
            size_t from = rand_below(&rng, COUNT), want = from;
            while (want < COUNT && memcmp(bytes + want * width, text, width) != 0) want++;
            unsigned char *at = fixedpack_find(f, bytes + from * width, slice_of(text, width));
            assert_ptr_equal(at, want < COUNT ? bytes + want * width : NULL);
        }
        assert_null(fixedpack_find(f, bytes, slice_of(text, width - 1)));
        assert_null(fixedpack_find(f, bytes, slice_str("a text of more than forty bytes, which it is")));
    }
}

/* At every width at which a listpack's entry has another shape: there, sound, and back. */
static void to_listpack_and_back(void **state) {
    (void)state;
    static const size_t widths[] = {1, 2, 7, 16, 62, 63, 64, 65, 125, 126, 127, 1000, 1023};
    static const size_t counts[] = {1, 2, 100, 65534, 65535, 65536};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (size_t k = 0; k < (widths[w] <= 2 ? 6 : 3); k++) {
            size_t         width = widths[w], count = counts[k], size = width * count;
            unsigned char *bytes = malloc(size), *back = malloc(size);
            for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)('a' + rand_below(&rng, 26));
            struct fixedpack f = {bytes, count, width};
            size_t           len = fixedpack_lp_bytes(count, width);
            unsigned char   *lp = ash_alloc(heap, lp_capacity(len));
            fixedpack_to_listpack(f, lp);
            assert_true(lp_bytes(lp) == len && lp_check(lp) && lp_count(lp) == count);
            size_t i = rand_below(&rng, count);
            assert_ptr_equal(lp_seek(lp, (int64_t)i), lp + fixedpack_lp_offset(i, width));
            assert_true(lp_eq(lp + fixedpack_lp_offset(i, width),
                              slice_of((const char *)bytes + i * width, width)));
            assert_int_equal(fixedpack_width_of(lp), width);
            fixedpack_from_listpack(back, lp);
            assert_memory_equal(back, bytes, size);
            lp_free(&lp);
            free(bytes);
            free(back);
        }
    }
}

static unsigned char *listpack_of(const char *const *texts) {
    unsigned char *lp = lp_new(heap);
    for (; *texts != NULL; texts++) lp = lp_append(heap, lp, slice_str(*texts));
    return lp;
}

static void listpacks_of_no_width(void **state) {
    (void)state;
    static const char *const of[][4] = {{NULL},           {"", NULL},          {"a", "", NULL},
                                        {"a", "bc", NULL}, {"1", NULL},         {"ab", "12", NULL},
                                        {"ab", "cd", "0", NULL}, {"abc", "abd", "ab", NULL}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        unsigned char *lp = listpack_of(of[i]);
        assert_int_equal(fixedpack_width_of(lp), 0);
        lp_free(&lp);
    }
    /* From a file: the text of an integer, kept as a string. */
    static const unsigned char odd[] = {11, 0, 0, 0, 1, 0, 0x82, '1', '2', 3, 0xff};
    assert_true(lp_validate(odd, sizeof odd, true));
    assert_int_equal(fixedpack_width_of(odd), 0);
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(what_it_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_listpack_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(listpacks_of_no_width, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
