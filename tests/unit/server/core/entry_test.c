/* entry_test.c: every layout of an entry: sizes, contents, changes in place, exact memory. */
#include "server/core/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"

static struct ash_heap *heap;
static char             bytes[200000];

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("entry test", ASH_HEAP_OWNED);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)('a' + i * 7 % 26);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ash_heap_drop(&heap);
    return 0;
}

static struct value string_of(size_t len) {
    return (struct value){.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(bytes + 5, len)};
}

static struct value int_of(int64_t i) {
    return (struct value){.type = VAL_STRING, .enc = ENC_INT, .u.i = i};
}

static struct entry *make(size_t key_len, const struct value *v, int64_t expire_ms) {
    return entry_new(heap, slice_of(bytes, key_len), v, expire_ms, 0x123456);
}

static void expect(const struct entry *e, size_t key_len, const struct value *v,
                   int64_t expire_ms) {
    struct value got;
    assert_true(entry_check(e));
    assert_true(slice_eq(entry_key(e), slice_of(bytes, key_len)));
    assert_int_equal(entry_expire_ms(e), expire_ms);
    assert_int_equal(entry_type(e), v->type);
    entry_value(e, &got);
    assert_int_equal(got.enc, v->enc);
    if (v->enc == ENC_INT) {
        assert_int_equal(got.u.i, v->u.i);
    } else {
        assert_true(slice_eq(got.u.str, v->u.str));
    }
    assert_int_equal(entry_bytes(e), ash_heap_used(heap));
}

static void test_everyday_size(void **state) {
    (void)state;
    struct value  v = string_of(32), i = int_of(1);
    struct entry *e = make(16, &v, ENTRY_NO_EXPIRE);
    assert_int_equal(entry_size(e), 56);
    assert_int_equal(ash_heap_used(heap), 56);
    entry_free(e);
    e = make(16, &v, 1);
    assert_int_equal(entry_size(e), 64);
    entry_free(e);
    e = make(16, &i, ENTRY_NO_EXPIRE);
    assert_int_equal(entry_size(e), 32);
    entry_free(e);
    assert_int_equal(ash_heap_used(heap), 0);
}

static void test_layouts(void **state) {
    static const size_t  keys[] = {0, 1, 16, 255, 256, 70000};
    static const size_t  values[] = {0, 1, 32, 44, 45, 1024, 1025, 100000};
    static const int64_t times[] = {ENTRY_NO_EXPIRE, 0, 1, INT64_MAX};
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        for (unsigned t = 0; t < 4; t++) {
            for (unsigned n = 0; n < 8; n++) {
                struct value  v = string_of(values[n]);
                struct entry *e = make(keys[k], &v, times[t]);
                expect(e, keys[k], &v, times[t]);
                assert_string_equal(entry_encoding_name(e), values[n] <= 44 ? "embstr" : "raw");
                assert_int_equal(entry_free_effort(e), 1);
                entry_free(e);
            }
            struct value  v = int_of(INT64_MIN);
            struct entry *e = make(keys[k], &v, times[t]);
            expect(e, keys[k], &v, times[t]);
            assert_string_equal(entry_encoding_name(e), "int");
            entry_free(e);
        }
    }
    assert_int_equal(ash_heap_used(heap), 0);
}

static void test_access(void **state) {
    (void)state;
    struct value  v = string_of(3);
    struct entry *e = make(9, &v, 77);
    assert_int_equal(entry_access(e), 0x123456);
    entry_set_access(e, 0xffffff);
    assert_int_equal(entry_access(e), 0xffffff);
    entry_set_access(e, 0xabcdef);
    assert_int_equal(entry_access(e), 0xabcdef);
    expect(e, 9, &v, 77);
    entry_free(e);
}

static void test_rewrite(void **state) {
    (void)state;
    struct value  v = string_of(32), same = {.u.str = slice_of(bytes + 90, 32)};
    struct value  shorter = string_of(30), longer = string_of(40), i = int_of(5), j = int_of(-6);
    struct entry *e = make(16, &v, ENTRY_NO_EXPIRE);
    assert_ptr_equal(entry_rewrite(heap, e, &same), e);
    expect(e, 16, &same, ENTRY_NO_EXPIRE);
    e = entry_rewrite(heap, e, &shorter); /* the same slot */
    expect(e, 16, &shorter, ENTRY_NO_EXPIRE);
    assert_null(entry_rewrite(heap, e, &longer));
    assert_null(entry_rewrite(heap, e, &i));
    expect(e, 16, &shorter, ENTRY_NO_EXPIRE);
    entry_free(e);

    e = make(16, &i, 9);
    assert_ptr_equal(entry_rewrite(heap, e, &j), e);
    expect(e, 16, &j, 9);
    entry_store(e, &i);
    expect(e, 16, &i, 9);
    assert_null(entry_rewrite(heap, e, &v));
    entry_free(e);
}

static void test_move(void **state) {
    static const size_t lens[] = {0, 10, 1024, 5000};
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        struct value  v = string_of(lens[n]);
        struct entry *e = make(300, &v, ENTRY_NO_EXPIRE), *to;
        to = entry_move(heap, e, slice_of(bytes, 12), 500);
        entry_free_block(e);
        expect(to, 12, &v, 500);
        assert_int_equal(entry_access(to), 0x123456);
        entry_free(to);
    }
    struct value  i = int_of(42);
    struct entry *e = make(4, &i, 1), *to = entry_move(heap, e, slice_of(bytes, 4), -1);
    entry_free_block(e);
    expect(to, 4, &i, ENTRY_NO_EXPIRE);
    entry_free(to);
    assert_int_equal(ash_heap_used(heap), 0);
}

/* Growing through every kind of storage, and shrinking: old bytes stay, new ones are zero. */
static void test_resize(void **state) {
    static const size_t steps[] = {1, 8, 9, 40, 200, 1024, 1025, 4000, 300000, 299000, 2000};
    (void)state;
    struct value  v = int_of(-12345), got;
    struct entry *e = make(10, &v, 88);
    char         *model = calloc(1, 300000);
    memcpy(model, "-12345", 6);
    e = entry_resize(heap, e, 6);
    for (unsigned n = 0; n < sizeof steps / sizeof *steps; n++) {
        entry_value(e, &got);
        size_t had = got.u.str.len, len = steps[n];
        e = entry_resize(heap, e, len);
        entry_value(e, &got);
        assert_int_equal(got.u.str.len, len);
        if (len > had) memset(model + had, 0, len - had);
        assert_memory_equal(got.u.str.p, model, len);
        memset((char *)(uintptr_t)got.u.str.p, 'q' + (int)n % 3, len);
        memset(model, 'q' + (int)n % 3, len);
        assert_string_equal(entry_encoding_name(e), "raw");
        struct value want = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(model, len)};
        expect(e, 10, &want, 88);
    }
    free(model);
    entry_free(e);
    assert_int_equal(ash_heap_used(heap), 0);
}

static void test_modified(void **state) {
    (void)state;
    struct value  v = string_of(5);
    struct entry *e = make(5, &v, ENTRY_NO_EXPIRE);
    entry_mark_modified(e);
    assert_string_equal(entry_encoding_name(e), "raw");
    e = entry_rewrite(heap, e, &v); /* a new value */
    assert_string_equal(entry_encoding_name(e), "embstr");
    entry_free(e);
}

/* Every entry could be one; and whatever the bytes are, no key lies outside of them. */
static void test_could_be(void **state) {
    (void)state;
    static const size_t key_lens[] = {0, 1, 255, 256, 3000};
    struct slice        key;
    for (unsigned k = 0; k < 5; k++) {
        for (int timed = 0; timed < 2; timed++) {
            struct value  v = string_of(20);
            struct entry *e = make(key_lens[k], &v, timed ? 77 : ENTRY_NO_EXPIRE);
            assert_true(entry_could_be(e, ash_good_size(entry_size(e)), &key));
            assert_true(slice_eq(key, entry_key(e)));
            assert_false(entry_could_be(e, entry_size(e) - 1, &key));
            entry_free(e);
        }
    }
    unsigned       could = 0;
    uint64_t       slot[8];
    unsigned char *at = (unsigned char *)slot;
    for (unsigned n = 0; n < 200000; n++) {
        for (unsigned i = 0; i < sizeof slot; i++) at[i] = (unsigned char)(rand() % (i < 8 ? 16 : 256));
        if (n % 2) memset(slot + 1, 0, 8); /* a wide key's length is more than a byte */
        if (!entry_could_be(slot, sizeof slot, &key)) continue;
        assert_true(key.p >= (char *)slot && key.p + key.len <= (char *)slot + sizeof slot);
        could++;
    }
    assert_true(could > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everyday_size), cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_access),        cmocka_unit_test(test_rewrite),
        cmocka_unit_test(test_move),          cmocka_unit_test(test_resize),
        cmocka_unit_test(test_modified),      cmocka_unit_test(test_could_be),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
