/* lookahead_test.c: which requests of a batch are looked ahead for, with what, and in what order. */
#include "server/core/lookahead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "proto/request.h"
#include "server/core/clock.h"
#include "server/core/keyspace.h"
#include "server/ds/rand.h"
#include "server/types/set.h"
#include "server/types/zset.h"

static struct ash_heap   *server_heap;
static struct clock       now;
static struct rand        rnd;
static struct keyspace    ks;
static struct type_limits limits = {128, 0, 8, 8, 64, 128, 64, 8, 64, 4096, 100};
static char               seen[1000]; /* what the functions were called with, as text */

static int setup(void **state) {
    (void)state;
    server_heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 5);
    now = (struct clock){.wall_ms = 1700000000000};
    keyspace_init(&ks, 1, server_heap, &now, &limits, &rnd, (struct keyspace_hooks){0});
    seen[0] = '\0';
    return 0;
}

static int teardown(void **state) {
    (void)state;
    keyspace_fini(&ks);
    assert_int_equal(ash_heap_used(server_heap), 0);
    ash_heap_drop(&server_heap);
    return 0;
}

static void store(const char *key, struct value v) {
    db_set(&ks.db[0], slice_str(key), table_hash(slice_str(key)), NULL, &v, ENTRY_NO_EXPIRE);
}

static struct value set_of(unsigned members) {
    struct type_env env = db_env(&ks.db[0]);
    struct value    v = set_new(&env, slice_str("a"), 0);
    char            buf[16];
    for (unsigned i = 0; i < members; i++)
        set_add(&v, &env, slice_of(buf, (size_t)sprintf(buf, "m%u", i)));
    return v;
}

static struct value zset_of(unsigned members) {
    struct type_env env = db_env(&ks.db[0]);
    struct value    v = zset_new(&env, 1);
    char            buf[16];
    for (unsigned i = 0; i < members; i++) {
        double score = i;
        zset_add(&v, &env, &score, slice_of(buf, (size_t)sprintf(buf, "m%u", i)), 0);
    }
    return v;
}

/* The hash is the function's own from stage to stage: here, a number made from the argument. */
static void note(struct lookahead *a, unsigned stage) {
    if (stage == 0) a->hash = (uint64_t)a->argv[2].p[0] * 2;
    assert_int_equal(a->hash, a->argv[2].p[0] * 2);
    size_t len = strlen(seen);
    snprintf(seen + len, sizeof seen - len, "%u%.*s%u%s ", stage, (int)a->argv[2].len, a->argv[2].p,
             a->nth, a->v.type == VAL_SET ? "s" : "z");
}

/* Requests "x KEY ARG" for each pair. */
static void look(const char *const pairs[][2], unsigned count) {
    struct lookahead_request of[REQUEST_BATCH_MAX];
    struct request           req[REQUEST_BATCH_MAX];
    struct slice             argv[REQUEST_BATCH_MAX][3];
    for (unsigned i = 0; i < count; i++) {
        argv[i][0] = slice_str("x");
        argv[i][1] = slice_str(pairs[i][0]);
        argv[i][2] = slice_str(pairs[i][1]);
        req[i] = (struct request){.argv = argv[i], .argc = 3};
        of[i] = (struct lookahead_request){&req[i], note, table_hash(argv[i][1])};
    }
    lookahead_batch(&ks.db[0], of, count);
}

static void stages_go_over_the_batch(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"set", "a"}, {"zset", "b"}, {"zset", "c"}, {"set", "d"}, {"set", "e"}};
    store("set", set_of(100));
    store("zset", zset_of(100));
    look(pairs, 5);
    assert_string_equal(seen, "0a0s 0b0z 0c1z 0d0s 0e1s "
                              "1a0s 1b0z 1c1z 1d0s 1e1s "
                              "2a0s 2b0z 2c1z 2d0s 2e1s ");
}

static void only_big_containers(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"", "a"}, {"text", "b"}, {"small", "c"}, {"none", "d"}, {"set", "e"}, {"zset", "f"}};
    store("text", (struct value){.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str("text")});
    store("small", set_of(3));
    store("set", set_of(100));
    store("zset", zset_of(100));
    look(pairs, 6);
    assert_string_equal(seen, "0e0s 0f0z 1e0s 1f0z 2e0s 2f0z ");
}

static void one_alone_is_left(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"none", "a"}, {"set", "b"}};
    store("set", set_of(100));
    look(pairs, 2);
    assert_string_equal(seen, "");
}

/* A key past its expiry may be looked at; it is removed when a command asks for it, not before. */
static void nothing_changes(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"set", "a"}, {"set", "b"}};
    struct value             v = set_of(100);
    struct slice             key = slice_str("set");
    db_set(&ks.db[0], key, table_hash(key), NULL, &v, now.wall_ms - 1);
    look(pairs, 2);
    assert_int_equal(ks.db[0].keys.count, 1);
    assert_int_equal(ks.stats.hits + ks.stats.misses + ks.stats.expired, 0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(stages_go_over_the_batch),
        CASE(only_big_containers),
        CASE(one_alone_is_left),
        CASE(nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
