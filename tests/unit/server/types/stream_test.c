/* stream_test.c: streams against an array of what was added, through random additions, deletions and
 * trims, with small blocks. */
#include "server/types/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/server/types/env.h"

#define MODEL_MAX 4000

struct row {
    struct stream_id id;
    unsigned         fields, stamp;
    bool             there;
};
static struct row row[MODEL_MAX];
static unsigned   rows;

static struct value add(struct value v, const struct type_env *env, struct stream_id id, unsigned fields,
                        unsigned stamp) {
    char         text[16][32];
    struct slice args[16];
    for (unsigned i = 0; i < fields; i++) {
        snprintf(text[2 * i], 32, "field%u", i);
        snprintf(text[2 * i + 1], 32, stamp % 3 == 0 ? "%u" : "value-%u", stamp + i);
        args[2 * i] = slice_str(text[2 * i]);
        args[2 * i + 1] = slice_str(text[2 * i + 1]);
    }
    assert_true(stream_append(&v, env, id, args, fields * 2));
    row[rows++] = (struct row){id, fields, stamp, true};
    return v;
}

static void same_fields(struct stream_iter *it, const struct row *r) {
    for (unsigned i = 0; i < r->fields; i++) {
        struct element field, value;
        char           scratch[ELEMENT_TEXT_MAX], want[32];
        stream_field(it, &field, &value);
        snprintf(want, sizeof want, "field%u", i);
        assert_true(slice_eq(element_text(&field, scratch), slice_str(want)));
        snprintf(want, sizeof want, r->stamp % 3 == 0 ? "%u" : "value-%u", r->stamp + i);
        assert_true(slice_eq(element_text(&value, scratch), slice_str(want)));
    }
}

/* The range [from, to] of the model, as the stream tells it. */
static void same_range(const struct value *v, struct stream_id from, struct stream_id to, bool back) {
    struct stream_iter it;
    struct stream_id   id;
    uint64_t           pairs;
    stream_iter_init(&it, v, from, to, back);
    for (unsigned n = 0; n < rows; n++) {
        const struct row *r = &row[back ? rows - 1 - n : n];
        if (!r->there || stream_id_less(r->id, from) || stream_id_less(to, r->id)) continue;
        assert_true(stream_next(&it, &id, &pairs));
        assert_true(stream_id_eq(id, r->id));
        assert_int_equal(pairs, r->fields);
        same_fields(&it, r);
    }
    assert_false(stream_next(&it, &id, &pairs));
}

static void same(const struct value *v) {
    unsigned left = 0;
    for (unsigned i = 0; i < rows; i++) left += row[i].there;
    assert_int_equal(stream_count(v), left);
    assert_true(stream_check(v));
}

static void random_trim(struct value *v, const struct type_env *env, struct rand *chance) {
    struct stream_trim t = {.by = rand_below(chance, 2) ? STREAM_TRIM_MAXLEN : STREAM_TRIM_MINID,
                            .approx = rand_below(chance, 2)};
    t.maxlen = stream_count(v) - rand_below(chance, stream_count(v) + 1) / 4;
    t.minid = rows > 0 ? row[rand_below(chance, rows)].id : STREAM_ID_MIN;
    if (t.by == STREAM_TRIM_MINID && rand_below(chance, 4) != 0) t.minid.ms /= 4;
    uint64_t before = stream_count(v), gone = stream_trim(v, env, &t);
    assert_int_equal(stream_count(v), before - gone);
    for (unsigned i = 0; i < rows && gone > 0; i++) {
        if (!row[i].there) continue;
        if (t.by == STREAM_TRIM_MINID) assert_true(stream_id_less(row[i].id, t.minid));
        row[i].there = false;
        gone--;
    }
    if (t.approx) return;
    if (t.by == STREAM_TRIM_MAXLEN) assert_true(stream_count(v) <= t.maxlen);
    else assert_true(stream_count(v) == 0 || !stream_id_less(stream_of(v)->first_id, t.minid));
}

static void random_operations(void **state) {
    struct type_env env = test_env;
    (void)state;
    struct rand     *chance = env.rand;
    struct type_limits limits = *env.limits;
    env.limits = &limits;
    for (unsigned round = 0; round < 20; round++) {
        struct value     v = stream_new(&env);
        struct stream_id id = {.ms = rand_below(chance, 5), .seq = 0};
        rows = 0;
        limits.stream_node_max_bytes = round % 3 == 0 ? 0 : 200;
        limits.stream_node_max_entries = round % 2 == 0 ? 7 : 0;
        for (unsigned step = 0; step < 1500; step++) {
            uint64_t what = rand_below(chance, 20);
            if (what < 12 && rows < MODEL_MAX) {
                if (rand_below(chance, 2)) id.seq += 1 + rand_below(chance, 3);
                else id = (struct stream_id){id.ms + 1 + rand_below(chance, 1000), rand_below(chance, 2)};
                v = add(v, &env, id, 1 + (unsigned)rand_below(chance, round % 4 + 1), step);
            } else if (what < 18 && rows > 0) {
                struct row *r = &row[rand_below(chance, rows)];
                assert_int_equal(stream_delete(&v, &env, r->id), r->there);
                r->there = false;
            } else if (what == 18) {
                random_trim(&v, &env, chance);
            } else if (rows > 0) {
                struct stream_id a = row[rand_below(chance, rows)].id, b = row[rand_below(chance, rows)].id;
                same_range(&v, a, b, rand_below(chance, 2));
            }
            same(&v);
        }
        struct value copy = stream_copy(&v, &env);
        stream_free(&v);
        same(&copy);
        same_range(&copy, STREAM_ID_MIN, STREAM_ID_MAX, false);
        same_range(&copy, STREAM_ID_MIN, STREAM_ID_MAX, true);
        assert_int_equal(stream_bytes(&copy), ash_heap_used(env.heap));
        stream_free(&copy);
    }
}

/* As Redis counts: a deleted entry still has its place in a block. */
static void blocks_have_their_limit(void **state) {
    struct type_env env = test_env;
    (void)state;
    struct type_limits limits = *env.limits;
    struct value     v = stream_new(&env);
    env.limits = &limits;
    limits.stream_node_max_bytes = 0;
    limits.stream_node_max_entries = 10;
    rows = 0;
    for (unsigned i = 1; i <= 10; i++) v = add(v, &env, (struct stream_id){i, 0}, 1, i);
    stream_delete(&v, &env, (struct stream_id){5, 0});
    v = add(v, &env, (struct stream_id){11, 0}, 1, 11);
    assert_int_equal(stream_of(&v)->blocks.count, 2);
    struct stream_trim trim = {.by = STREAM_TRIM_MAXLEN, .approx = true, .maxlen = 2};
    assert_int_equal(stream_trim(&v, &env, &trim), 0);
    trim.maxlen = 1;
    trim.limit = 8;
    assert_int_equal(stream_trim(&v, &env, &trim), 0);
    trim.limit = 9;
    assert_int_equal(stream_trim(&v, &env, &trim), 9);
    assert_true(stream_id_eq(stream_of(&v)->first_id, (struct stream_id){11, 0}));
    stream_free(&v);
}

/* What was deleted at the end does not stand in the way of IDs below it. */
static void the_last_id_may_be_lowered(void **state) {
    struct type_env env = test_env;
    struct value    v = stream_new(&env);
    (void)state;
    rows = 0;
    for (unsigned i = 1; i <= 9; i++) v = add(v, &env, (struct stream_id){i, 0}, 1 + i % 2, i);
    for (unsigned i = 5; i <= 9; i++) {
        assert_true(stream_delete(&v, &env, (struct stream_id){i, 0}));
        row[i - 1].there = false;
    }
    stream_set_last_id(&v, &env, (struct stream_id){6, 0});
    same(&v);
    rows = 6;
    v = add(v, &env, (struct stream_id){6, 5}, 1, 33);
    same(&v);
    same_range(&v, (struct stream_id){6, 1}, STREAM_ID_MAX, false);
    stream_set_last_id(&v, &env, (struct stream_id){100, 0});
    same(&v);
    stream_free(&v);
}

static void entries_cost_little(void **state) {
    struct type_env env = test_env;
    (void)state;
    struct value     v = stream_new(&env);
    struct slice     args[] = {slice_str("field"), slice_str("value:0001")};
    for (uint64_t i = 1; i <= 100000; i++)
        assert_true(stream_append(&v, &env, (struct stream_id){1700000000000 + i, 0}, args, 2));
    double bytes = (double)stream_bytes(&v) / 100000;
    print_message("%.1f bytes an entry of one field and ten bytes\n", bytes);
    assert_true(bytes < 26);
    stream_free(&v);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {CASE(random_operations), CASE(blocks_have_their_limit), CASE(the_last_id_may_be_lowered),
                                       CASE(entries_cost_little)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
