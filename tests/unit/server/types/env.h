/* env.h: what the tests of the types share: a heap, Redis's default thresholds, a seeded generator,
 * and members of every kind (integers, short and long strings) by number. */
#ifndef ASHLAR_TESTS_UNIT_TYPES_ENV_H
#define ASHLAR_TESTS_UNIT_TYPES_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/ds/rand.h"
#include "server/types/value.h"

#define MEMBER_MAX 128

static struct rand        test_rand;
static struct type_limits test_limits;
static struct type_env    test_env;

static inline int env_setup(void **state) {
    (void)state;
    rand_seed(&test_rand, 11);
    test_limits = (struct type_limits){
        .list_max_listpack_size = -2,
        .set_max_intset_entries = 512,
        .set_max_listpack_entries = 128,
        .set_max_listpack_value = 64,
        .hash_max_listpack_entries = 128,
        .hash_max_listpack_value = 64,
        .zset_max_listpack_entries = 128,
        .zset_max_listpack_value = 64,
        .stream_node_max_bytes = 4096,
        .stream_node_max_entries = 100,
    };
    test_env = (struct type_env){
        .heap = ash_heap_new("types test", ASH_HEAP_OWNED),
        .limits = &test_limits,
        .rand = &test_rand,
    };
    return 0;
}

static inline int env_teardown(void **state) {
    (void)state;
    assert_int_equal(ash_heap_used(test_env.heap), 0); /* the tests free all they make */
    ash_heap_drop(&test_env.heap);
    return 0;
}

static inline unsigned below(unsigned n) { return (unsigned)rand_below(&test_rand, n); }

/* Member number i: a small or a large integer, a short string, or (i % 64 == 63, unless plain) one
 * too long for a listpack. */
static inline struct slice member_of(char buf[MEMBER_MAX], unsigned i, bool plain) {
    int len;
    if (i % 4 == 0) len = sprintf(buf, "%d", (int)i - 200);
    else if (i % 4 == 1) len = sprintf(buf, "%lld", (long long)i * -10000000000);
    else if (i % 64 == 63 && !plain) len = sprintf(buf, "%0100u", i);
    else len = sprintf(buf, "m:%u", i);
    return slice_of(buf, (size_t)len);
}

/* The number of the member that an element is. */
static inline unsigned number_of(const struct element *e) {
    char         text[ELEMENT_TEXT_MAX], buf[MEMBER_MAX] = { 0 };
    struct slice s = element_text(e, text);
    long long    n;
    assert_in_range(s.len, 1, MEMBER_MAX - 1);
    memcpy(buf, s.p, s.len);
    if (s.p[0] == 'm') {
        assert_int_equal(sscanf(buf + 2, "%lld", &n), 1);
        return (unsigned)n;
    }
    assert_int_equal(sscanf(buf, "%lld", &n), 1);
    if (s.len == 100) return (unsigned)n;
    return n % 10000000000 == 0 && n != 0 ? (unsigned)(n / -10000000000) : (unsigned)(n + 200);
}

#endif
