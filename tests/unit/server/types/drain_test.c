/* drain_test.c: values of every type and encoding, taken apart in pieces of every size: what is counted
 * adds up to value_bytes(), nothing is left of it, and no call does much more than it was asked to. */
#include "server/types/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/ds/freeing.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/stream_group.h"
#include "server/types/zset.h"
#include "tests/unit/server/types/env.h"

#define BEYOND 64 /* pieces that a call may free after its last: to the end of a node */

static struct slice text_of(char buf[64], const char *form, unsigned i) {
    snprintf(buf, 64, form, i);
    return slice_str(buf);
}

static struct value ints(unsigned n) {
    char         buf[64];
    struct value v = set_new(&test_env, slice_str("1"), n);
    for (unsigned i = 0; i < n; i++) set_add(&v, &test_env, text_of(buf, "%u", i * 3));
    return v;
}

static struct value set(unsigned n) {
    char         buf[64];
    struct value v = set_new(&test_env, slice_str("m"), n);
    for (unsigned i = 0; i < n; i++) set_add(&v, &test_env, text_of(buf, "member:%u", i));
    return v;
}

static struct value hash(unsigned n) {
    char         buf[64];
    struct value v = hash_new(&test_env);
    for (unsigned i = 0; i < n; i++)
        hash_set(&v, &test_env, text_of(buf, "field:%u", i), slice_str("value"));
    return v;
}

static struct value timed_hash(unsigned n) {
    char         buf[64];
    struct value v = hash(n);
    for (unsigned i = 0; i < n; i += 2)
        hash_expire(&v, &test_env, text_of(buf, "field:%u", i), 2000000000000 + i);
    return v;
}

static struct value zset(unsigned n) {
    char         buf[64];
    struct value v = zset_new(&test_env, 8);
    for (unsigned i = 0; i < n; i++) {
        double score = i * 7919 % 1009;
        zset_add(&v, &test_env, &score, text_of(buf, "member:%u", i), 0);
    }
    return v;
}

/* Every hundredth element has a plain node of its own. */
static struct value list(unsigned n) {
    static char  large[20000];
    char         buf[64];
    struct value v = list_new(&test_env);
    for (unsigned i = 0; i < n; i++) {
        struct slice s = text_of(buf, "element:%u", i);
        list_push(&v, &test_env, LIST_TAIL, i % 100 == 99 ? slice_of(large, sizeof large) : s);
    }
    return v;
}

/* With groups, consumers and pending entries. */
static struct value stream(unsigned n) {
    char         buf[64];
    struct slice args[2] = {slice_str("field"), slice_str("value")};
    struct value v = stream_new(&test_env);
    for (unsigned i = 1; i <= n; i++) stream_append(&v, &test_env, (struct stream_id){i, 0}, args, 2);
    for (unsigned g = 0; g < 3; g++) {
        struct stream_group *group =
            stream_group_add(stream_of(&v), test_env.heap, text_of(buf, "g%u", g), (struct stream_id){0}, 0);
        for (unsigned i = 1; i <= n; i += g + 1) {
            bool added;
            struct stream_consumer *c = stream_consumer_put(
                group, test_env.heap, text_of(buf, "c%u", i % 50), 0, &added);
            stream_pending_give(group, test_env.heap, (struct stream_id){i, 0}, c, &added);
        }
    }
    return v;
}

static const struct {
    struct value (*make)(unsigned n);
    unsigned       small, large; /* of which encoding the value is */
} kinds[] = {{ints, 5, 60},         {set, 5, 3000},  {hash, 5, 3000},  {timed_hash, 5, 3000},
             {zset, 5, 3000},       {list, 5, 3000}, {stream, 1, 3000}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* In pieces of `pieces`. Returns how many calls it took. */
static unsigned drain(struct value *v, uint64_t pieces) {
    size_t   used = ash_heap_used(test_env.heap), bytes = value_bytes(v);
    uint64_t freed = 0, count;
    unsigned calls = 0;
    bool     more = true;
    struct ash_heap_stats before, after;
    while (more) {
        struct freeing f = freeing_some(pieces);
        ash_heap_stats(test_env.heap, &before);
        more = value_drain(v, &f);
        ash_heap_stats(test_env.heap, &after);
        count = before.count - after.count;
        assert_true(count > 0 && (pieces > UINT64_MAX - BEYOND || count <= pieces + BEYOND));
        assert_true(!more || freeing_spent(&f));
        freed += f.bytes;
        assert_int_equal(used - ash_heap_used(test_env.heap), freed);
        calls++;
    }
    assert_int_equal(freed, bytes);
    return calls;
}

static void test_all(void **state) {
    (void)state;
    static const uint64_t pieces[] = {1, 2, 7, 100, 2500, UINT64_MAX};
    size_t                empty = ash_heap_used(test_env.heap);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            struct value small = kinds[kind].make(kinds[kind].small);
            struct value large = kinds[kind].make(kinds[kind].large);
            drain(&small, pieces[i]);
            unsigned calls = drain(&large, pieces[i]);
            assert_true(calls == 1 || pieces[i] < UINT64_MAX);
            assert_int_equal(ash_heap_used(test_env.heap), empty);
        }
    }
}

/* A call that had no pieces to free has freed none. */
static void test_nothing(void **state) {
    (void)state;
    for (unsigned kind = 1; kind < KINDS; kind++) {
        struct value   v = kinds[kind].make(kinds[kind].large);
        struct freeing f = freeing_some(0);
        size_t         used = ash_heap_used(test_env.heap);
        assert_true(value_drain(&v, &f));
        assert_int_equal(f.bytes, 0);
        assert_int_equal(ash_heap_used(test_env.heap), used);
        value_check(&v);
        value_free(&v);
    }
}

/* Every size from empty over the first splits of tables and trees. */
static void test_sizes(void **state) {
    (void)state;
    size_t empty = ash_heap_used(test_env.heap);
    for (unsigned n = 1; n < 400; n += 7) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            struct value v = kinds[kind].make(n);
            drain(&v, 1 + n % 5);
            assert_int_equal(ash_heap_used(test_env.heap), empty);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, env_setup, env_teardown);
}
