/* stream_test.c: streams against an array of what was added, through random additions, deletions and
 * trims, with blocks of all sizes; where blocks end and what goes with them, against Redis's rule. */
#include "server/types/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/ds/listpack.h"
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
    unsigned         left = 0;
    struct stream_id last = STREAM_ID_MIN;
    for (unsigned i = 0; i < rows; i++) {
        left += row[i].there;
        if (row[i].there) last = row[i].id;
    }
    assert_int_equal(stream_count(v), left);
    assert_true(stream_id_eq(stream_last_entry(v), last));
    assert_true(stream_check(v));
    assert_int_equal(stream_bytes(v), ash_heap_used(test_env.heap));
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

static const int64_t node_bytes[] = {0, 1, 2, 100, 200, 4096};
static const int64_t node_entries[] = {0, 1, 7, 100};

/* The last ID becomes the last entry's, or that of a deleted one behind, or a higher one. */
static struct stream_id random_last_id(struct value *v, struct rand *chance) {
    unsigned keep = rows;
    struct stream_id id = stream_of(v)->last_id;
    while (keep > 0 && !row[keep - 1].there && rand_below(chance, 4) != 0) keep--;
    if (keep == rows || keep == 0) id.ms += rand_below(chance, 1000);
    else id = row[keep - 1].id;
    if (keep != 0) rows = keep;
    stream_set_last_id(v, id);
    return id;
}

static void random_operations(void **state) {
    struct type_env env = test_env;
    (void)state;
    struct rand     *chance = env.rand;
    struct type_limits limits = *env.limits;
    env.limits = &limits;
    for (unsigned round = 0; round < 24; round++) {
        struct value     v = stream_new(&env);
        struct stream_id id = {.ms = rand_below(chance, 5), .seq = 0};
        rows = 0;
        limits.stream_node_max_bytes = node_bytes[round % 6];
        limits.stream_node_max_entries = node_entries[round / 6];
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
            } else if (what == 18 && rand_below(chance, 3) != 0) {
                random_trim(&v, &env, chance);
            } else if (what == 18) {
                id = random_last_id(&v, chance);
            } else if (rows > 0) {
                struct stream_id a = row[rand_below(chance, rows)].id, b = row[rand_below(chance, rows)].id;
                if (rand_below(chance, 2)) a.ms += rand_below(chance, 3), b.seq += rand_below(chance, 3);
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

/* --- Where blocks end --------------------------------------------------------------------------- */

/* Redis's nodes: bytes is without the count and the deleted, as elements of its listpack. */
static struct {
    size_t           bytes;
    uint64_t         count, deleted;
    struct stream_id master;
} node[MODEL_MAX];
static unsigned first_node, nodes; /* those of the model, from the first on */

static size_t node_total(unsigned n) {
    return node[n].bytes + lp_int_bytes((int64_t)node[n].count) + lp_int_bytes((int64_t)node[n].deleted);
}

static void node_add(const struct type_limits *limits, struct stream_id id, struct slice name, struct slice value) {
    size_t max = limits->stream_node_max_bytes > 0 ? (size_t)limits->stream_node_max_bytes : LP_BYTES_MAX;
    size_t most = limits->stream_node_max_entries > 0 ? (size_t)limits->stream_node_max_entries : SIZE_MAX;
    if (nodes == first_node || node_total(nodes - 1) + name.len + value.len >= max ||
        node[nodes - 1].count + node[nodes - 1].deleted >= most) {
        node[nodes].bytes = LP_BYTES_MIN + lp_int_bytes(1) + lp_entry_bytes(name) + lp_int_bytes(0);
        node[nodes].count = node[nodes].deleted = 0;
        node[nodes++].master = id;
    }
    struct stream_id master = node[nodes - 1].master;
    node[nodes - 1].count++;
    node[nodes - 1].bytes += lp_int_bytes(2) + lp_int_bytes((int64_t)(id.ms - master.ms)) +
                             lp_int_bytes((int64_t)(id.seq - master.seq)) + lp_entry_bytes(value) + lp_int_bytes(4);
}

static void node_delete(struct stream_id id) {
    unsigned n = nodes - 1;
    while (stream_id_less(id, node[n].master)) n--;
    node[n].deleted++;
    if (--node[n].count > 0) return;
    memmove(&node[n], &node[n + 1], (nodes - n - 1) * sizeof *node);
    nodes--;
}

static uint64_t node_trim(uint64_t length, uint64_t maxlen) {
    uint64_t gone = 0;
    for (; first_node < nodes && length - gone > maxlen && length - gone - node[first_node].count >= maxlen; first_node++)
        gone += node[first_node].count;
    return gone;
}

/* One limit of bytes and of entries: as many blocks as Redis has nodes, whatever comes and goes, and
 * trimming by whole blocks takes the same. */
static void blocks_as_nodes(const struct type_env *env, unsigned kinds) {
    struct value     v = stream_new(env);
    struct stream_id id = {1000, 0};
    first_node = nodes = rows = 0;
    for (unsigned step = 0; step < 3000; step++) {
        unsigned what = below(40);
        char     text[200];
        if (what < 28 || rows == 0) {
            size_t len = below(kinds);
            memset(text, 'x', len);
            if (below(4) == 0) len = (size_t)sprintf(text, "%llu", (unsigned long long)(rand_next(&test_rand) >> below(64)));
            struct slice args[] = {slice_str("f"), slice_of(text, len)};
            if (below(3) == 0) id = (struct stream_id){id.ms + (1u << below(20)), below(4)};
            else id.seq += 1u << below(12);
            assert_true(stream_append(&v, env, id, args, 2));
            node_add(env->limits, id, args[0], args[1]);
            row[rows++] = (struct row){.id = id, .there = true};
        } else if (what < 39) {
            struct row *r = &row[rows - 1 - below(rows < 200 ? rows : 200)];
            bool        there = stream_has(&v, r->id);
            assert_int_equal(stream_delete(&v, env, r->id), there);
            if (there) node_delete(r->id);
        } else {
            struct stream_trim t = {.by = STREAM_TRIM_MAXLEN, .approx = true, .maxlen = stream_count(&v) - stream_count(&v) / 7};
            uint64_t           gone = node_trim(stream_count(&v), t.maxlen);
            assert_int_equal(stream_trim(&v, env, &t), gone);
        }
        assert_int_equal(stream_of(&v)->blocks.count, nodes - first_node);
    }
    assert_true(stream_check(&v));
    stream_free(&v);
}

static void blocks_end_where_nodes_do(void **state) {
    struct type_env    env = test_env;
    struct type_limits limits = *env.limits;
    (void)state;
    env.limits = &limits;
    for (unsigned i = 0; i < sizeof node_bytes / sizeof *node_bytes; i++)
        for (unsigned j = 0; j < sizeof node_entries / sizeof *node_entries; j++) {
            limits.stream_node_max_bytes = node_bytes[i];
            limits.stream_node_max_entries = node_entries[j];
            blocks_as_nodes(&env, j % 2 ? 12 : 150);
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

/* Without limits all is in one block: many segments, found from anywhere. Trimming it takes one walk:
 * with one for each entry that goes, this test is not seen to end. */
static void one_large_block(void **state) {
    struct type_env    env = test_env;
    struct type_limits limits = *env.limits;
    struct value       v = stream_new(&env);
    struct slice       args[] = {slice_str("f"), slice_str("v")};
    const uint64_t     count = 100000;
    (void)state;
    env.limits = &limits;
    limits.stream_node_max_bytes = limits.stream_node_max_entries = 0;
    for (uint64_t i = 1; i <= count; i++)
        assert_true(stream_append(&v, &env, (struct stream_id){i / 3, i}, args, 2));
    assert_int_equal(stream_of(&v)->blocks.count, 1);
    for (unsigned n = 0; n < 1000; n++) {
        uint64_t           i = 1 + below(count), pairs;
        struct stream_id   id = {i / 3, i};
        struct stream_iter it;
        assert_true(stream_has(&v, id));
        assert_false(stream_has(&v, (struct stream_id){i / 3 + 1, i}));
        stream_iter_init(&it, &v, STREAM_ID_MIN, id, true);
        for (uint64_t back = i; back > 0 && back + 100 > i; back--) {
            assert_true(stream_next(&it, &id, &pairs));
            assert_true(stream_id_eq(id, (struct stream_id){back / 3, back}));
        }
    }
    struct stream_trim trim = {.by = STREAM_TRIM_MAXLEN, .maxlen = 1};
    assert_int_equal(stream_trim(&v, &env, &trim), count - 1);
    assert_true(stream_id_eq(stream_of(&v)->first_id, (struct stream_id){count / 3, count}));
    assert_true(stream_check(&v));
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
    stream_set_last_id(&v, (struct stream_id){6, 0});
    same(&v);
    rows = 6;
    v = add(v, &env, (struct stream_id){6, 5}, 1, 33);
    same(&v);
    same_range(&v, (struct stream_id){6, 1}, STREAM_ID_MAX, false);
    stream_set_last_id(&v, (struct stream_id){100, 0});
    same(&v);
    stream_free(&v);
}

static void cost(const char *what, const char *const args[], size_t count, double most) {
    struct value v = stream_new(&test_env);
    struct slice arg[8];
    char         text[8][64];
    for (unsigned n = 1; n <= 100000; n++) {
        for (size_t i = 0; i < count; i++)
            arg[i] = slice_of(text[i], (size_t)snprintf(text[i], sizeof text[i], args[i], n, n));
        assert_true(stream_append(&v, &test_env, (struct stream_id){1700000000000 + n, 0}, arg, count));
    }
    double bytes = (double)stream_bytes(&v) / 100000;
    print_message("%5.1f bytes an entry of %s\n", bytes, what);
    assert_true(bytes < most);
    stream_free(&v);
}

static void entries_cost_little(void **state) {
    static const char *const one[] = {"field", "val:%06u"};
    static const char *const three[] = {"first", "value:%010u", "second", "value:%010u", "third", "value:%010u"};
    static const char *const varying[] = {"field-%u", "val:%06u"};
    static const char *const integers[] = {"n", "%u"};
    (void)state;
    cost("one field and ten bytes", one, 2, 14);
    cost("three fields of sixteen bytes", three, 6, 56);
    cost("one field of another name each", varying, 2, 30);
    cost("an integer", integers, 2, 6);
}

/* More than a block may hold is refused before a byte of it is read: none of this is there. */
static void too_large_is_refused(void **state) {
    static char  nothing[1];
    struct slice third = slice_of(nothing, LP_BYTES_MAX / 3 + 1);
    struct slice args[][4] = {{slice_str("f"), slice_of(nothing, LP_BYTES_MAX)},
                              {slice_of(nothing, LP_BYTES_MAX), slice_str("v")},
                              {slice_of(nothing, LP_BYTES_MAX + 1), slice_str("")},
                              {third, third, third, slice_str("")}};
    struct value v = stream_new(&test_env);
    (void)state;
    for (size_t i = 0; i < sizeof args / sizeof *args; i++)
        assert_false(stream_append(&v, &test_env, (struct stream_id){1, 1}, args[i], i == 3 ? 4 : 2));
    assert_int_equal(stream_count(&v), 0);
    assert_true(stream_check(&v));
    struct slice small[] = {slice_str("f"), slice_str("v")};
    assert_true(stream_append(&v, &test_env, (struct stream_id){1, 1}, small, 2));
    assert_true(stream_check(&v));
    stream_free(&v);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {CASE(random_operations), CASE(blocks_end_where_nodes_do), CASE(blocks_have_their_limit),
                                       CASE(one_large_block), CASE(the_last_id_may_be_lowered),
                                       CASE(entries_cost_little), CASE(too_large_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
