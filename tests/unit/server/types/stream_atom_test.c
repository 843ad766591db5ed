/* stream_atom_test.c: every form of an atom comes back as the text it was, takes the bytes it is said
 * to, and cut short or made up is refused. */
#include "server/types/stream_atom.h"

#include <stdlib.h>

#include "proto/num.h"
#include "server/ds/varint.h"
#include "tests/unit/server/types/env.h"

#define TEXT_MAX 10000

/* Writes s and reads it again; returns the bytes that it took. */
static size_t round_trip(struct slice s) {
    struct element e = atom_of(s), back;
    size_t         size = atom_size(&e);
    unsigned char *bytes = malloc(size); /* of just so many, for the sanitizer to see */
    char           text[ELEMENT_TEXT_MAX];
    assert_true(size <= s.len + ATOM_HEAD_MAX);
    assert_ptr_equal(atom_put(bytes, &e), bytes + size);
    assert_ptr_equal(atom_get(bytes, bytes + size, &back), bytes + size);
    assert_ptr_equal(atom_get(bytes, bytes + size, NULL), bytes + size);
    assert_true(slice_eq(element_text(&back, text), s));
    assert_true(atom_is(bytes, bytes + size, s));
    assert_false(atom_is(bytes, bytes + size, slice_str("neither this nor that")));
    for (size_t cut = 0; cut < size; cut++) assert_null(atom_validate(bytes, bytes + cut));
    assert_ptr_equal(atom_validate(bytes, bytes + size), bytes + size);
    free(bytes);
    return size;
}

static size_t int_trip(int64_t i) {
    char           buf[NUM_I64_TEXT_MAX];
    struct slice   s = slice_of(buf, num_format_i64(buf, i));
    struct element e = atom_of(s);
    assert_true(e.is_int && e.i == i);
    return round_trip(s);
}

static void integers(void **state) {
    static const struct { int64_t i; size_t size; } cases[] = {
        {0, 1}, {1, 1}, {127, 1}, {128, 2}, {8319, 2}, {8320, 3}, {-1, 2}, {-128, 2}, {-129, 3}, {32767, 3},
        {32768, 4}, {-32768, 3}, {-32769, 4}, {8388607, 4}, {8388608, 5}, {INT32_MAX, 5}, {INT32_MIN, 5},
        {(int64_t)INT32_MAX + 1, 6}, {1700000000000, 7}, {INT64_MAX, 9}, {INT64_MIN, 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(int_trip(cases[i].i), cases[i].size);
    for (int64_t i = -70000; i < 70000; i++) int_trip(i);
    for (unsigned bits = 0; bits < 64; bits++)
        for (int64_t d = -2; d <= 2; d++) {
            int_trip((int64_t)(((uint64_t)1 << bits) + (uint64_t)d));
            int_trip((int64_t)(0 - ((uint64_t)1 << bits) + (uint64_t)d));
        }
    for (unsigned i = 0; i < 20000; i++) int_trip((int64_t)(rand_next(&test_rand) >> below(64)));
}

static void strings(void **state) {
    static const struct { size_t len, head; } cases[] = {
        {0, 1}, {1, 1}, {63, 1}, {64, 2}, {65, 2}, {4159, 2}, {4160, 3}, {9999, 3},
    };
    static char text[TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(round_trip(slice_of(text, cases[i].len)), cases[i].len + cases[i].head);
    for (size_t len = 0; len < 300; len++) round_trip(slice_of(text, len));
    for (unsigned i = 0; i < 3000; i++) {
        char   any[40];
        size_t len = below(sizeof any);
        for (size_t b = 0; b < len; b++) any[b] = (char)below(256);
        round_trip(slice_of(any, len));
    }
}

/* What reads as a number but would not come back as it was. */
static void no_integers(void **state) {
    static const char *const texts[] = {"", "-", "00", "01", "-0", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "--1",
                                        "9223372036854775808", "-9223372036854775809",
                                        "99999999999999999999999", "123456789012345678901"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice s = slice_str(texts[i]);
        assert_false(atom_of(s).is_int);
        assert_int_equal(round_trip(s), s.len + 1);
    }
    unsigned char five = 5; /* the integer is its text and no other */
    assert_true(atom_is(&five, &five + 1, slice_str("5")));
    assert_false(atom_is(&five, &five + 1, slice_str("05")));
    assert_false(atom_is(&five, &five + 1, slice_str("6")));
    assert_false(atom_is(&five, &five + 1, slice_str("")));
}

/* Whatever passes is what atom_get then reads, to the byte. */
static void any_bytes(void **state) {
    unsigned passed = 0;
    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        unsigned char  any[24];
        size_t         len = 1 + below(sizeof any);
        struct element e;
        for (size_t i = 0; i < len; i++) any[i] = (unsigned char)below(256);
        if (below(4) == 0) any[0] = (unsigned char)(0xF0 + below(16));
        unsigned char *bytes = malloc(len);
        memcpy(bytes, any, len);
        const unsigned char *end = atom_validate(bytes, bytes + len);
        if (end != NULL) {
            assert_in_range(end - bytes, 1, len);
            assert_ptr_equal(atom_get(bytes, bytes + len, &e), end);
            assert_ptr_equal(atom_get(bytes, bytes + len, NULL), end);
            passed++;
            assert_in_range(any[0], 0, 0xF8);
        }
        free(bytes);
    }
    assert_in_range(passed, 1000, 199000);
}

static void varints(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 64; bits++)
        for (unsigned d = 0; d < 3; d++) {
            uint64_t       v = ((uint64_t)1 << bits) - 1 + d, back;
            unsigned char  bytes[VARINT_SIZE_MAX];
            size_t         size = varint_size(v);
            assert_ptr_equal(varint_put(bytes, v), bytes + size);
            assert_ptr_equal(varint_get(bytes, &back), bytes + size);
            assert_true(back == v);
            assert_ptr_equal(varint_read(bytes, bytes + size, &back), bytes + size);
            assert_true(back == v);
            for (size_t cut = 0; cut < size; cut++) assert_null(varint_read(bytes, bytes + cut, &back));
        }
    static const unsigned char over[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02};
    static const unsigned char endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x81, 0x00};
    uint64_t v;
    assert_null(varint_read(over, over + sizeof over, &v));
    assert_null(varint_read(endless, endless + sizeof endless, &v));
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {CASE(integers), CASE(strings), CASE(no_integers), CASE(any_bytes), CASE(varints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
