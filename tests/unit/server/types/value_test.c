/* value_test.c: names, and that each question reaches the right type. */
#include "server/types/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/heap_fixture.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/zset.h"

static const struct type_limits limits = {
    .list_max_listpack_size = -2,
    .set_max_intset_entries = 512,
    .set_max_listpack_entries = 128,
    .set_max_listpack_value = 64,
    .hash_max_listpack_entries = 128,
    .hash_max_listpack_value = 64,
    .zset_max_listpack_entries = 128,
    .zset_max_listpack_value = 64,
};
static struct type_env env;

static int set_up(void **state) {
    (void)state;
    heap_set_up(23);
    env = (struct type_env){.heap = heap, .limits = &limits, .rand = &rng};
    return 0;
}

static void names(void **state) {
    (void)state;
    static const struct {
        enum value_type type;
        const char     *name;
    } types[] = {{VAL_STRING, "string"}, {VAL_LIST, "list"}, {VAL_SET, "set"},
                 {VAL_ZSET, "zset"},     {VAL_HASH, "hash"}, {VAL_STREAM, "stream"}};
    static const char *const encodings[] = {"raw",       "int",       "listpack", "intset",
                                            "quicklist", "hashtable", "skiplist", "stream"};
    struct value v = {.type = VAL_STRING};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        v.type = (uint8_t)types[i].type;
        assert_string_equal(value_type_name(&v), types[i].name);
    }
    for (v.enc = ENC_RAW; v.enc <= ENC_STREAM; v.enc++)
        assert_string_equal(value_encoding_name(&v), encodings[v.enc]);
}

static void strings(void **state) {
    (void)state;
    struct value raw = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str("hello")};
    struct value num = {.type = VAL_STRING, .enc = ENC_INT, .u.i = INT64_MIN};
    assert_int_equal(value_len(&raw), 5);
    assert_int_equal(value_len(&num), 20);
    assert_int_equal(value_bytes(&raw), 0);
    assert_true(value_check(&raw) && value_check(&num));
    struct value copy = value_copy(&raw, &env);
    assert_ptr_equal(copy.u.str.p, raw.u.str.p);
    value_free(&raw);
    value_free(&num);
}

/* Two elements in each container, then each question. */
static void containers(void **state) {
    (void)state;
    double       one = 1, two = 2;
    struct slice a = slice_str("a"), b = slice_str("b");
    struct value v[] = {list_new(&env), set_new(&env, a, 2), hash_new(&env), zset_new(&env, 1)};
    list_push(&v[0], &env, LIST_TAIL, a);
    list_push(&v[0], &env, LIST_TAIL, b);
    set_add(&v[1], &env, a);
    set_add(&v[1], &env, b);
    hash_set(&v[2], &env, a, b);
    hash_set(&v[2], &env, b, a);
    zset_add(&v[3], &env, &one, a, 0);
    zset_add(&v[3], &env, &two, b, 0);
    for (size_t i = 0; i < 4; i++) {
        size_t used = ash_heap_used(heap);
        assert_true(value_check(&v[i]));
        assert_int_equal(value_len(&v[i]), 2);
        assert_string_equal(value_encoding_name(&v[i]), "listpack");
        assert_int_equal(value_free_effort(&v[i]), 1);

        struct value copy = value_copy(&v[i], &env);
        assert_true(value_check(&copy));
        assert_int_equal(copy.type, v[i].type);
        assert_int_equal(ash_heap_used(heap) - used, value_bytes(&copy));
        value_free(&copy);
        assert_int_equal(ash_heap_used(heap), used);
    }
    for (size_t i = 0; i < 4; i++) value_free(&v[i]);
}

static void element_texts(void **state) {
    (void)state;
    char           scratch[ELEMENT_TEXT_MAX];
    struct element str = {.s = slice_str("abc")}, num = {.is_int = true, .i = INT64_MIN};
    assert_ptr_equal(element_text(&str, scratch).p, str.s.p);
    assert_true(slice_eq(element_text(&num, scratch), slice_str("-9223372036854775808")));
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(containers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(element_texts, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
