/* quicklist_test.c: the chain against an array, where nodes begin and end, and Redis's bytes. */
#include "server/ds/quicklist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/ds/rand.h"

#define MODEL_MAX 3000

static struct ash_heap *heap;
static struct rand      rng;

static int set_up(void **state) {
    (void)state;
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    rand_seed(&rng, 17);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    size_t used = ash_heap_used(heap);
    ash_heap_drop(&heap);
    return used == 0 ? 0 : -1;
}

/* --- Helpers -------------------------------------------------------------------------------- */

static void push_number(struct quicklist *q, int64_t fill, int64_t i) {
    char text[32];
    int  len = snprintf(text, sizeof text, "element:%06lld", (long long)i);
    quicklist_push(q, heap, fill, false, slice_of(text, (size_t)len));
}

static void push_large(struct quicklist *q, int64_t fill, bool at_head, size_t len) {
    char *text = malloc(len);
    memset(text, 'L', len);
    quicklist_push(q, heap, fill, at_head, slice_of(text, len));
    free(text);
}

/* The nodes as text: a count each, "P" for a plain one. */
static const char *layout(const struct quicklist *q) {
    static char                  out[4096];
    struct slice                 bytes;
    bool                         plain;
    size_t                       at = 0;
    const struct quicklist_node *n = NULL;
    out[0] = '\0';
    while ((n = quicklist_node_next(q, n, &bytes, &plain)) != NULL && at < sizeof out - 32) {
        if (plain)
            at += (size_t)sprintf(out + at, "P ");
        else
            at += (size_t)sprintf(out + at, "%zu ", lp_count((const unsigned char *)bytes.p));
    }
    if (at > 0) out[at - 1] = '\0';
    assert_true(quicklist_check(q));
    return out;
}

static void delete_range(struct quicklist *q, struct ash_heap *h, uint64_t start, uint64_t count) {
    struct quicklist *out = quicklist_take_range(q, h, start, count);
    if (out != NULL) assert_true(out->count > 0 && out->count <= count && quicklist_check(out));
    quicklist_free(&out);
}

static void insert_at(struct quicklist *q, int64_t fill, int64_t index, bool after, const char *s) {
    struct quicklist_cursor c;
    assert_true(quicklist_seek(q, index, &c));
    quicklist_insert(q, heap, fill, &c, after, slice_str(s));
}

/* --- Nodes ---------------------------------------------------------------------------------- */

static void limits(void **state) {
    (void)state;
    static const size_t bytes[] = {4096, 8192, 16384, 32768, 65536, 65536};
    for (int64_t level = 1; level <= 6; level++) {
        assert_true(quicklist_node_fits(-level, bytes[level - 1], 100000));
        assert_false(quicklist_node_fits(-level, bytes[level - 1] + 1, 1));
    }
    assert_true(quicklist_node_fits(INT64_MIN, 65536, 1));
    assert_true(quicklist_node_fits(3, 8192, 3));
    assert_false(quicklist_node_fits(3, 100, 4));
    assert_false(quicklist_node_fits(3, 8193, 1));
    assert_true(quicklist_node_fits(0, 100, 1));
    assert_false(quicklist_node_fits(0, 100, 2));
}

static void fill_by_count(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap);
    for (int i = 0; i < 10; i++) push_number(q, 4, i);
    assert_string_equal(layout(q), "4 4 2");
    quicklist_push(q, heap, 4, true, slice_str("head"));
    assert_string_equal(layout(q), "1 4 4 2");
    insert_at(q, 4, 4, true, "end of a full node: to the next's head");
    assert_string_equal(layout(q), "1 4 1 4 2");
    insert_at(q, 4, 2, false, "middle of a full node: splits it, and the parts merge elsewhere");
    assert_string_equal(layout(q), "3 4 4 2");
    delete_range(q, heap, 2, 6);
    assert_string_equal(layout(q), "2 3 2");
    quicklist_free(&q);
    assert_null(q);
}

static void plain_nodes(void **state) {
    (void)state;
    struct quicklist_cursor c;
    struct lp_item          it;
    struct quicklist       *q = quicklist_new(heap);
    for (int i = 0; i < 4; i++) push_number(q, -1, i);
    push_large(q, -1, false, 4097);
    push_large(q, -1, true, 4096); /* just fits a listpack, if alone */
    push_number(q, -1, 4);
    assert_string_equal(layout(q), "1 4 P 1");

    assert_true(quicklist_seek(q, 5, &c));
    quicklist_get(&c, &it);
    assert_int_equal(it.s.len, 4097);
    quicklist_replace(q, heap, -1, &c, slice_str("small"));
    assert_string_equal(layout(q), "1 4 2");

    char large[5000];
    memset(large, 'x', sizeof large);
    assert_true(quicklist_seek(q, 3, &c));
    quicklist_replace(q, heap, -1, &c, slice_of(large, sizeof large));
    assert_string_equal(layout(q), "1 2 P 3"); /* the part behind merged with the next node */
    assert_true(quicklist_seek(q, 3, &c) && quicklist_eq(&c, slice_of(large, sizeof large)));
    insert_at(q, -1, 3, false, "in front of the plain one");
    insert_at(q, -1, 4, true, "behind it");
    assert_string_equal(layout(q), "1 3 P 4");

    struct quicklist *copy = quicklist_copy(heap, q);
    assert_string_equal(layout(copy), "1 3 P 4");
    quicklist_free(&copy);
    quicklist_free(&q);
}

static void replace_keeps_nodes_small(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap);
    char              large[1000];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 200; i++) push_number(q, -1, i);
    for (int64_t i = 0; i < 200; i++) {
        struct quicklist_cursor c;
        assert_true(quicklist_seek(q, i, &c));
        quicklist_replace(q, heap, -1, &c, slice_of(large, sizeof large));
        assert_true(quicklist_check(q));
    }
    struct slice                 bytes;
    bool                         plain;
    const struct quicklist_node *n = NULL;
    while ((n = quicklist_node_next(q, n, &bytes, &plain)) != NULL)
        assert_true(!plain && bytes.len <= 5200);
    quicklist_free(&q);
}

/* Pushes and pops at the head leave room in front; everything else works beside that. */
static void room_at_the_head(void **state) {
    (void)state;
    struct quicklist_cursor c;
    struct quicklist       *q = quicklist_new(heap);
    for (int i = 0; i < 1000; i++) {
        quicklist_push(q, heap, -1, true, slice_str("a string of thirty-two bytes ...."));
        assert_true(quicklist_check(q));
        assert_true(q->footprint <= 4096 + 200 + (size_t)i * 38);
    }
    for (size_t left = 999; left > 0; left--) {
        size_t before = q->footprint;
        assert_true(quicklist_seek(q, 0, &c));
        quicklist_delete(q, heap, &c, false);
        assert_true(quicklist_check(q) && q->footprint <= before);
        if (left % 7 == 0) insert_at(q, -1, 0, true, "12345");
        if (left % 11 == 0) insert_at(q, -1, 0, false, "12345");
        if (left % 13 == 0) quicklist_push(q, heap, -1, true, slice_str("12345"));
        if (left % 17 == 0) push_large(q, -1, true, 5000);
        assert_true(quicklist_check(q));
    }
    quicklist_free(&q);
}

static void to_and_from_listpack(void **state) {
    (void)state;
    unsigned char    *lp = lp_append(heap, lp_new(heap), slice_str("a"));
    struct quicklist *q = quicklist_put_listpack(heap, lp);
    assert_string_equal(layout(q), "1");
    assert_null(quicklist_take_listpack(&q, heap, 1)); /* half of one is none */
    for (int i = 0; i < 3; i++) push_number(q, -1, i);
    assert_null(quicklist_take_listpack(&q, heap, 7));
    lp = quicklist_take_listpack(&q, heap, 8);
    assert_null(q);
    assert_int_equal(lp_count(lp), 4);
    lp_free(&lp);

    q = quicklist_put_listpack(heap, lp_new(heap));
    assert_int_equal(q->node_count, 0);
    assert_null(quicklist_take_listpack(&q, heap, -2));
    push_large(q, -1, false, 2048); /* with overhead, more than half of 4096 */
    assert_null(quicklist_take_listpack(&q, heap, -1));
    lp = quicklist_take_listpack(&q, heap, -2);
    assert_non_null(lp);
    lp_free(&lp);
}

/* What redis-server 7.0.15 has for RPUSH l a b c 1 2 300 hello (DUMP, type 18, its one node). */
static void redis_bytes(void **state) {
    (void)state;
    static const char *const   items[] = {"a", "b", "c", "1", "2", "300", "hello"};
    static const unsigned char want[] = {0x1e, 0, 0, 0, 7, 0, 0x81, 0x61, 2, 0x81, 0x62, 2, 0x81,
                                         0x63, 2, 1, 1, 2, 1, 0xc1, 0x2c, 2, 0x85, 0x68, 0x65,
                                         0x6c, 0x6c, 0x6f, 6, 0xff};
    struct quicklist *q = quicklist_new(heap);
    for (size_t i = 0; i < 7; i++) quicklist_push(q, heap, -2, false, slice_str(items[i]));
    struct slice bytes;
    bool         plain;
    assert_non_null(quicklist_node_next(q, NULL, &bytes, &plain));
    assert_false(plain);
    assert_int_equal(bytes.len, sizeof want);
    assert_memory_equal(bytes.p, want, sizeof want);
    quicklist_free(&q);
}

/* --- Against a model ------------------------------------------------------------------------ */

struct model {
    size_t       n;
    struct slice item[MODEL_MAX + 1];
};

static struct slice random_text(void) {
    static const size_t steps[] = {1, 3, 20, 70, 300, 3000, 9000};
    size_t              len = steps[rand_below(&rng, rand_below(&rng, 40) == 0 ? 7 : 4)];
    char               *p = malloc(len + 32);
    if (rand_below(&rng, 2)) return slice_of(p, num_format_i64(p, (int64_t)rand_below(&rng, 50)));
    memset(p, (int)('a' + rand_below(&rng, 3)), len);
    return slice_of(p, len);
}

static struct slice model_insert(struct model *m, size_t at, struct slice s) {
    memmove(m->item + at + 1, m->item + at, (m->n - at) * sizeof *m->item);
    m->item[at] = s;
    m->n++;
    return s;
}

static void model_delete(struct model *m, size_t at, size_t n) {
    for (size_t i = 0; i < n; i++) free((char *)(uintptr_t)m->item[at + i].p);
    memmove(m->item + at, m->item + at + n, (m->n - at - n) * sizeof *m->item);
    m->n -= n;
}

static void assert_same(const struct quicklist *q, const struct model *m) {
    struct quicklist_cursor c, d;
    struct lp_item          it;
    assert_int_equal(q->count, m->n);
    assert_int_equal(ash_heap_used(heap), q->footprint);
    quicklist_seek(q, 0, &c);
    quicklist_seek(q, -1, &d);
    for (size_t i = 0; i < m->n; i++) {
        assert_true(quicklist_eq(&c, m->item[i]));
        quicklist_read(&c, false, &it);
        assert_true(lp_item_eq(&it, m->item[i]));
        quicklist_read(&d, true, &it);
        assert_true(lp_item_eq(&it, m->item[m->n - 1 - i]));
    }
    assert_null(c.node);
    assert_null(d.node);
}

/* A cursor on a random element, sought from either end. */
static size_t seek_random(const struct quicklist *q, struct quicklist_cursor *c) {
    size_t at = rand_below(&rng, q->count);
    assert_true(quicklist_seek(q, (int64_t)at - (rand_below(&rng, 2) ? (int64_t)q->count : 0), c));
    return at;
}

static void delete_one(struct quicklist *q, struct model *m, struct quicklist_cursor *c,
                       size_t at) {
    bool backwards = rand_below(&rng, 2);
    bool more = backwards ? at > 0 : at + 1 < m->n;
    quicklist_delete(q, heap, c, backwards);
    model_delete(m, at, 1);
    assert_int_equal(c->node != NULL, more);
    if (more) assert_true(quicklist_eq(c, m->item[backwards ? at - 1 : at]));
}

static void find_one(const struct quicklist *q, const struct model *m, struct quicklist_cursor *c,
                     size_t at) {
    struct slice want = m->item[rand_below(&rng, m->n)];
    while (at < m->n && !slice_eq(m->item[at], want)) at++;
    assert_int_equal(quicklist_find(c, want), at < m->n);
    if (at == m->n) return;
    struct quicklist_cursor d;
    assert_true(quicklist_seek(q, (int64_t)at, &d));
    assert_true(c->node == d.node && c->at == d.at);
}

static void model_step(struct quicklist *q, struct model *m, int64_t fill) {
    struct quicklist_cursor c;
    unsigned                what = (unsigned)rand_below(&rng, 10);
    if (what <= 2 || m->n == 0) {
        bool at_head = rand_below(&rng, 2);
        quicklist_push(q, heap, fill, at_head,
                       model_insert(m, at_head ? 0 : m->n, random_text()));
        return;
    }
    size_t at = seek_random(q, &c);
    if (what <= 5) {
        bool after = rand_below(&rng, 2);
        quicklist_insert(q, heap, fill, &c, after, model_insert(m, at + after, random_text()));
    } else if (what == 6) {
        model_delete(m, at, 1);
        quicklist_replace(q, heap, fill, &c, model_insert(m, at, random_text()));
    } else if (what == 7) {
        find_one(q, m, &c, at);
    } else if (what == 8 || m->n < 50) {
        delete_one(q, m, &c, at);
    } else {
        size_t n = rand_below(&rng, rand_below(&rng, 30) == 0 ? m->n - at : 8);
        if (n > m->n - at) n = m->n - at;
        delete_range(q, heap, at, n);
        model_delete(m, at, n);
    }
}

static void model_run(void **state) {
    (void)state;
    static const int64_t fills[] = {-1, -2, -5, 0, 1, 2, 7, 128};
    static struct model  m;
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        struct quicklist *q = quicklist_new(heap);
        for (int step = 0; step < 6000 && m.n < MODEL_MAX; step++) {
            /* Now and then under another limit, as after CONFIG SET. */
            model_step(q, &m, fills[rand_below(&rng, 50) == 0 ? rand_below(&rng, 8) : f]);
            if (step % 8 == 0) assert_true(quicklist_check(q));
            if (step % 64 == 0) assert_same(q, &m);
        }
        struct quicklist_cursor c;
        assert_false(quicklist_seek(q, (int64_t)m.n, &c));
        assert_false(quicklist_seek(q, -(int64_t)m.n - 1, &c));
        assert_false(quicklist_seek(q, INT64_MIN, &c));
        assert_same(q, &m);
        quicklist_free(&q);
        model_delete(&m, 0, m.n);
    }
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fill_by_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_nodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replace_keeps_nodes_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(room_at_the_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_and_from_listpack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redis_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
