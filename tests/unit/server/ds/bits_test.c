/* bits_test.c: every function against a model that goes bit by bit, at every alignment. */
#include "server/ds/bits.h"

#include "server/ds/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES_MAX 1200

static struct rand rnd;

/* Mostly random; often long runs of zeros or ones, where finding has something to skip. */
static struct slice random_string(char *at, size_t max) {
    size_t len = rand_below(&rnd, max + 1);
    for (size_t i = 0; i < len; i++) at[i] = (char)rand_next(&rnd);
    if (len > 0 && rand_below(&rnd, 2) == 0) memset(at, rand_below(&rnd, 2) ? 0xff : 0, len);
    if (len > 0 && rand_below(&rnd, 2) == 0) at[rand_below(&rnd, len)] ^= (char)(1 << rand_below(&rnd, 8));
    return slice_of(at, len);
}

static void the_highest_bit_comes_first(void **state) {
    char text[] = "\x80\x01";
    (void)state;
    struct slice s = slice_of(text, 2);
    assert_true(bits_get(s, 0) && !bits_get(s, 1) && bits_get(s, 15) && !bits_get(s, 16));
    bits_set(text, 0, false);
    bits_set(text, 9, true);
    assert_memory_equal(text, "\x00\x41", 2);
    assert_int_equal(bits_read(s, 8, 8), 0x41);
    assert_int_equal(bits_read(s, 12, 16), 0x1000);
}

static void counts_and_finds(void **state) {
    static char text[BYTES_MAX];
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct slice s = random_string(text, round % 2 ? 40 : BYTES_MAX);
        uint64_t     bits = s.len * 8, from = rand_below(&rnd, bits + 1), to = rand_below(&rnd, bits + 1);
        uint64_t     ones = 0;
        int64_t      first[2] = {-1, -1};
        for (uint64_t i = from; i < to; i++) {
            bool on = bits_get(s, i);
            ones += on;
            if (first[on] < 0) first[on] = (int64_t)i;
        }
        assert_int_equal(bits_count(s, from, to), ones);
        assert_int_equal(bits_find(s, from, to, true), first[1]);
        assert_int_equal(bits_find(s, from, to, false), first[0]);
        uint64_t all = 0;
        for (uint64_t i = 0; i < bits; i++) all += bits_get(s, i);
        assert_int_equal(bits_count(s, 0, bits), all);
    }
}

static void fields(void **state) {
    char text[32], before[32];
    (void)state;
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof text; i++) text[i] = (char)rand_next(&rnd);
        memcpy(before, text, sizeof text);
        struct slice s = slice_of(text, sizeof text);
        unsigned     width = 1 + (unsigned)rand_below(&rnd, 64);
        uint64_t     at = rand_below(&rnd, sizeof text * 8 - width + 1), v = rand_next(&rnd), want = 0;
        for (unsigned i = 0; i < width; i++) want = want << 1 | bits_get(s, at + i);
        assert_int_equal(bits_read(s, at, width), want);
        bits_write(text, at, width, v);
        for (uint64_t i = 0; i < sizeof text * 8; i++) {
            bool inside = i >= at && i < at + width;
            assert_int_equal(bits_get(s, i), inside ? v >> (at + width - 1 - i) & 1
                                                    : bits_get(slice_of(before, sizeof before), i));
        }
        assert_int_equal(bits_read(slice_of(text, 0), at, width), 0);
    }
}

static bool model(enum bits_op op, const struct slice *s, size_t count, uint64_t at) {
    bool   first = bits_get(s[0], at);
    size_t ones = first, others;
    for (size_t i = 1; i < count; i++) ones += bits_get(s[i], at);
    others = ones - first;
    switch (op) {
    case BITS_AND: return ones == count;
    case BITS_OR: return ones > 0;
    case BITS_XOR: return ones % 2;
    case BITS_NOT: return !first;
    case BITS_DIFF: return first && others == 0;
    case BITS_DIFF1: return !first && others > 0;
    case BITS_ANDOR: return first && others > 0;
    case BITS_ONE: return ones == 1;
    }
    return false;
}

static void combines(void **state) {
    static char  text[5][BYTES_MAX], out[BYTES_MAX], in_place[BYTES_MAX];
    struct slice s[5];
    (void)state;
    for (int round = 0; round < 600; round++) {
        enum bits_op op = (enum bits_op)(round % 8);
        size_t       count = op == BITS_NOT ? 1 : 1 + rand_below(&rnd, 5), len = 0;
        for (size_t i = 0; i < count; i++) {
            s[i] = random_string(text[i], round % 3 ? 70 : BYTES_MAX);
            if (s[i].len > len) len = s[i].len;
        }
        bits_combine(op, s, count, out, len);
        for (uint64_t i = 0; i < len * 8; i++)
            assert_int_equal(bits_get(slice_of(out, len), i), model(op, s, count, i));
        size_t k = rand_below(&rnd, count); /* the result in the place of one of them */
        memset(in_place, 0, sizeof in_place);
        if (s[k].len > 0) memcpy(in_place, s[k].p, s[k].len);
        s[k] = slice_of(in_place, len);
        bits_combine(op, s, count, in_place, len);
        assert_memory_equal(in_place, out, len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_bit_comes_first),
        cmocka_unit_test(counts_and_finds),
        cmocka_unit_test(fields),
        cmocka_unit_test(combines),
    };
    rand_seed(&rnd, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
