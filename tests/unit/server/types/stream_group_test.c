/* stream_group_test.c: consumer groups against arrays: random deliveries, claims, acknowledgements and
 * consumers that come and go, with the invariants checked after each step; what is known of a group's
 * reading position; copies; exact bytes. */
#include "server/types/stream_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/types/env.h"

#define IDS       900
#define CONSUMERS 7
#define STEPS     20000

/* What consumer each ID is pending with, -1 for none, and how often it was delivered. */
static struct {
    int      owner;
    uint64_t deliveries;
} model[IDS];

static struct stream_id id_of(unsigned i) { return (struct stream_id){i / 4, i % 4 + 1}; }

static struct slice name_of(char buf[16], int i) {
    sprintf(buf, i == 0 ? "" : "consumer%d", i * 7); /* one has an empty name */
    return slice_str(buf);
}

static struct stream_consumer *consumer_of(struct stream_group *g, int i) {
    char buf[16];
    bool added;
    return stream_consumer_put(g, test_env.heap, name_of(buf, i), i * 100, &added);
}

static void same(const struct stream_group *g) {
    uint64_t total = 0, own[CONSUMERS] = {0};
    for (unsigned i = 0; i < IDS; i++) {
        const struct stream_pending *p = stream_pending_get(g, id_of(i));
        assert_int_equal(p != NULL, model[i].owner >= 0);
        if (p == NULL) continue;
        char buf[16];
        assert_true(slice_eq(stream_pending_consumer(g, p)->name, name_of(buf, model[i].owner)));
        assert_int_equal(p->deliveries, model[i].deliveries);
        own[model[i].owner]++;
        total++;
    }
    assert_int_equal(g->pending.count, total);
    for (int i = 0; i < CONSUMERS; i++) {
        char                          buf[16];
        const struct stream_consumer *c = stream_consumer_get(g, name_of(buf, i));
        assert_int_equal(c != NULL ? c->pending.count : 0, own[i]);
    }
}

static void deliver(struct stream_group *g, unsigned i, int who) {
    bool                   added;
    struct stream_pending *p = stream_pending_give(g, test_env.heap, id_of(i), consumer_of(g, who), &added);
    assert_int_equal(added, model[i].owner < 0);
    if (added) p->deliveries = 0;
    p->delivered_ms = 5;
    model[i].deliveries = added ? 1 : model[i].deliveries + 1;
    model[i].owner = who;
    p->deliveries++;
}

static void consumer_goes(struct stream_group *g, int who) {
    char                    buf[16];
    struct stream_consumer *c = stream_consumer_get(g, name_of(buf, who));
    uint64_t                had = 0;
    for (unsigned i = 0; i < IDS; i++) {
        if (model[i].owner != who) continue;
        model[i].owner = -1;
        had++;
    }
    assert_int_equal(c != NULL ? c->pending.count : 0, had);
    if (c != NULL) {
        struct value husk = stream_consumer_take(g, &test_env, c);
        assert_int_equal(stream_group_at(stream_of(&husk), 0)->consumers.count, 1);
        size_t used = ash_heap_used(test_env.heap), gone = stream_bytes(&husk);
        stream_free(&husk);
        assert_int_equal(ash_heap_used(test_env.heap), used - gone);
    }
    assert_null(stream_consumer_get(g, name_of(buf, who)));
}

static void step(struct stream_group *g, unsigned bias) {
    unsigned kind = below(100), i = below(IDS);
    int      who = (int)below(CONSUMERS);
    if (kind < bias) {
        deliver(g, i, who);
    } else if (kind < 97) {
        assert_int_equal(stream_pending_remove(g, test_env.heap, id_of(i)), model[i].owner >= 0);
        model[i].owner = -1;
    } else if (kind == 97 && below(8) == 0) {
        consumer_goes(g, who);
    } else if (model[i].owner >= 0) { /* a claim in place */
        stream_pending_move(g, test_env.heap, stream_pending_get(g, id_of(i)), id_of(i), consumer_of(g, who));
        model[i].owner = who;
    }
}

/* Everything that the heap has is what the stream says it has. */
static void exact(const struct value *v) {
    assert_int_equal(ash_heap_used(test_env.heap), stream_bytes(v));
    assert_true(stream_check(v));
}

static void test_random(void **state) {
    (void)state;
    struct value         v = stream_new(&test_env);
    struct stream_group *g;
    for (unsigned i = 0; i < IDS; i++) model[i].owner = -1;
    g = stream_group_add(stream_of(&v), test_env.heap, slice_str("g"), STREAM_ID_MIN, 0);
    assert_non_null(g);
    for (unsigned n = 0; n < STEPS; n++) {
        step(g, n / 4000 % 2 == 0 ? 75 : 20); /* it fills, and drains */
        exact(&v);
        if (n % 50 == 0) same(g);
    }
    same(g);
    stream_free(&v);
}

/* A claim in place does not disturb a walk over the group's map. */
static void test_move_while_walking(void **state) {
    (void)state;
    struct value         v = stream_new(&test_env);
    struct stream_group *g = stream_group_add(stream_of(&v), test_env.heap, slice_str("g"), STREAM_ID_MIN, 0);
    for (unsigned i = 0; i < IDS; i++) model[i].owner = -1;
    for (unsigned i = 0; i < IDS; i++) deliver(g, i, (int)(i % 3));
    struct stream_consumer *to = consumer_of(g, 5);
    unsigned                n = 0;
    for (struct idmap_cursor at = idmap_first(&g->pending); idmap_valid(&at); idmap_step(&at, false), n++) {
        assert_true(stream_id_eq(idmap_id(&at), id_of(n)));
        stream_pending_move(g, test_env.heap, idmap_value(&at), idmap_id(&at), to);
        model[n].owner = 5;
    }
    assert_int_equal(n, IDS);
    same(g);
    exact(&v);
    stream_free(&v);
}

static void test_groups(void **state) {
    (void)state;
    struct value   v = stream_new(&test_env);
    struct stream *s = stream_of(&v);
    char           name[32];
    for (unsigned i = 0; i < 200; i++) {
        sprintf(name, "%u", i * 37 % 200);
        assert_non_null(stream_group_add(s, test_env.heap, slice_str(name), id_of(i), -1));
        assert_null(stream_group_add(s, test_env.heap, slice_str(name), id_of(0), 3));
        exact(&v);
    }
    for (unsigned i = 1; i < s->groups.count; i++)
        assert_true(slice_cmp(stream_group_at(s, i - 1)->name, stream_group_at(s, i)->name) < 0);
    for (unsigned i = 0; i < 200; i++) {
        sprintf(name, "%u", i);
        struct stream_group *g = stream_group_get(s, slice_str(name));
        assert_non_null(g);
        struct value husk = stream_group_take(&v, &test_env, g);
        assert_int_equal(stream_of(&husk)->groups.count, 1);
        assert_int_equal(stream_bytes(&v) + stream_bytes(&husk), ash_heap_used(test_env.heap));
        stream_check(&husk);
        stream_free(&husk);
        assert_null(stream_group_get(s, slice_str(name)));
        exact(&v);
    }
    stream_free(&v);
}

static void test_copy(void **state) {
    (void)state;
    struct value         v = stream_new(&test_env);
    struct stream_group *g = stream_group_add(stream_of(&v), test_env.heap, slice_str("g"), id_of(9), 9);
    stream_group_add(stream_of(&v), test_env.heap, slice_str(""), id_of(3), -1);
    for (unsigned i = 0; i < IDS; i++) model[i].owner = -1;
    for (unsigned i = 0; i < IDS; i += 2) deliver(g, i, (int)below(CONSUMERS));
    consumer_of(g, 3)->active_ms = 77;
    assert_int_equal(stream_effort(&v), 1 + 2 + g->consumers.count + 2 * g->pending.count);
    struct value copy = stream_copy(&v, &test_env);
    assert_int_equal(stream_bytes(&v) + stream_bytes(&copy), ash_heap_used(test_env.heap));
    stream_free(&v);
    exact(&copy);
    struct stream_group *other = stream_group_get(stream_of(&copy), slice_str("g"));
    same(other);
    assert_int_equal(consumer_of(other, 3)->active_ms, 77);
    assert_int_equal(consumer_of(other, 4)->seen_ms, 400);
    assert_int_equal(other->entries_read, 9);
    assert_true(stream_id_eq(other->last_id, id_of(9)));
    assert_non_null(stream_group_get(stream_of(&copy), slice_str("")));
    stream_free(&copy);
}

/* --- How far a group has read ------------------------------------------------------------------ */

static void expect_lag(const struct stream *s, struct stream_group *g, int64_t want) {
    int64_t lag = -100;
    bool    known = stream_group_lag(s, g, &lag);
    assert_int_equal(known, want != -100);
    if (known) assert_int_equal(lag, want);
}

/* A group that reads all from the beginning knows its place, and a sparse one when it can. */
static void test_progress(void **state) {
    (void)state;
    const struct slice args[] = {slice_str("f"), slice_str("v")};
    struct value       v = stream_new(&test_env);
    struct stream     *s = stream_of(&v);
    struct stream_group *g = stream_group_add(s, test_env.heap, slice_str("g"), STREAM_ID_MIN, STREAM_NOT_READ);
    struct stream_group *mid = stream_group_add(s, test_env.heap, slice_str("mid"), (struct stream_id){5, 0},
                                                STREAM_NOT_READ);
    expect_lag(s, g, 0); /* never used: nothing to read */
    for (uint64_t i = 1; i <= 10; i++)
        assert_true(stream_append(&v, &test_env, (struct stream_id){i, 0}, args, 2));
    expect_lag(s, g, 10);
    expect_lag(s, mid, -100);
    stream_group_deliver(s, g, (struct stream_id){1, 0});
    assert_int_equal(g->entries_read, 1);
    stream_group_deliver(s, g, (struct stream_id){1, 0}); /* not a new one */
    assert_int_equal(g->entries_read, 1);
    expect_lag(s, g, 9);
    stream_group_deliver(s, mid, (struct stream_id){10, 0});
    assert_int_equal(mid->entries_read, 10);
    expect_lag(s, mid, 0);
    assert_true(stream_delete(&v, &test_env, (struct stream_id){4, 0}));
    expect_lag(s, g, -100); /* who knows whether it is one less */
    stream_group_deliver(s, g, (struct stream_id){2, 0});
    assert_int_equal(g->entries_read, STREAM_NOT_READ);
    stream_group_deliver(s, g, (struct stream_id){10, 0});
    assert_int_equal(g->entries_read, 10);
    g->last_id = STREAM_ID_MIN;
    g->entries_read = 3;
    expect_lag(s, g, -100);
    for (uint64_t i = 1; i < 4; i++) assert_true(stream_delete(&v, &test_env, (struct stream_id){i, 0}));
    expect_lag(s, g, 7); /* what was deleted lies before the first entry: the count is believed again */
    s->entries_added = UINT64_MAX; /* as XSETID and XADD can make it: nothing to be said */
    stream_group_deliver(s, mid, (struct stream_id){11, 0});
    stream_groups_check(&s->groups);
    stream_free(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random, env_setup, env_teardown),
        cmocka_unit_test_setup_teardown(test_move_while_walking, env_setup, env_teardown),
        cmocka_unit_test_setup_teardown(test_groups, env_setup, env_teardown),
        cmocka_unit_test_setup_teardown(test_copy, env_setup, env_teardown),
        cmocka_unit_test_setup_teardown(test_progress, env_setup, env_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
