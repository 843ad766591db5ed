/* compressed_test.c: what is compressed, that it comes back, and what it costs. */
#include "server/ds/compressed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/heap_fixture.h"
#include "tests/unit/alloc/death.h"

static int set_up(void **state) {
    (void)state;
    return heap_set_up(23);
}

static char *repeated(size_t len) {
    char *p = malloc(len);
    for (size_t i = 0; i < len; i++) p[i] = (char)('a' + i % 5);
    return p;
}

static bool is_taken(const char *p, size_t len) {
    struct compressed *z = compressed_new(heap, slice_of(p, len));
    bool               taken = z != NULL;
    compressed_free(&z);
    assert_null(z);
    return taken;
}

static void lengths(void **state) {
    (void)state;
    char *p = repeated(COMPRESSED_RAW_MAX + 1);
    assert_false(is_taken(p, 0));
    assert_false(is_taken(p, COMPRESSED_RAW_MIN - 1));
    assert_true(is_taken(p, COMPRESSED_RAW_MIN));
    assert_true(is_taken(p, COMPRESSED_RAW_MAX));
    assert_false(is_taken(p, COMPRESSED_RAW_MAX + 1));
    free(p);
}

static void only_what_saves(void **state) {
    (void)state;
    char noise[4096];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)rand_below(&rng, 256);
    assert_false(is_taken(noise, sizeof noise));
    memset(noise, 0, 16);
    assert_false(is_taken(noise, sizeof noise)); /* a little is saved, but not enough */
    memset(noise, 0, 200);
    assert_true(is_taken(noise, sizeof noise));
}

static void comes_back(void **state) {
    (void)state;
    unsigned taken = 0, left = 0;
    for (int round = 0; round < 2000; round++) {
        size_t len = COMPRESSED_RAW_MIN + rand_below(&rng, round % 10 == 0 ? 70000 : 600);
        size_t kinds = 1 + rand_below(&rng, 40);
        char  *p = malloc(len), *out = malloc(len);
        for (size_t i = 0; i < len; i++) p[i] = (char)rand_below(&rng, kinds);
        struct compressed *z = compressed_new(heap, slice_of(p, len));
        if (z != NULL) {
            assert_true(compressed_check(z));
            assert_int_equal(ash_heap_used(heap), compressed_footprint(z));
            struct compressed *copy = compressed_copy(heap, z);
            assert_int_equal(compressed_footprint(copy), compressed_footprint(z));
            compressed_free(&z);
            compressed_expand(copy, out);
            assert_memory_equal(out, p, len);
            compressed_free(&copy);
            taken++;
        } else {
            left++;
        }
        assert_int_equal(ash_heap_used(heap), 0);
        free(p);
        free(out);
    }
    assert_true(taken > 200 && left > 200);
}

static void expand(void *arg) {
    const struct compressed *z = arg;
    char                    *out = malloc(z->raw_len);
    compressed_expand(z, out);
    free(out);
}

static void corrupt_data_is_found(void **state) {
    (void)state;
    char              *p = repeated(1000);
    struct compressed *z = compressed_new(heap, slice_of(p, 1000));
    expand(z);
    z->raw_len = 999;
    assert_true(dies_saying(expand, z, "z->raw_len"));
    z->raw_len = 1001;
    assert_true(dies_saying(expand, z, "z->raw_len"));
    z->raw_len = 1000;
    unsigned char first = z->data[0];
    z->data[0] = 0xE0; /* refers to bytes in front of the beginning */
    assert_true(dies_saying(expand, z, "z->raw_len"));
    z->data[0] = first;
    compressed_free(&z);
    free(p);
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(lengths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_saves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(corrupt_data_is_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
