/* quicklist_test.c: the chain against an array, where nodes begin and end, and Redis's bytes. */
#include "server/ds/quicklist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/num.h"
#include "server/ds/quicklist_node.h"
#include "tests/unit/server/heap_fixture.h"

#define MODEL_MAX 3000

static int set_up(void **state) {
    (void)state;
    return heap_set_up(17);
}

/* --- Helpers -------------------------------------------------------------------------------- */

static void push_number(struct quicklist *q, int64_t i) {
    char text[32];
    int  len = snprintf(text, sizeof text, "element:%06lld", (long long)i);
    quicklist_push(q, heap, false, slice_of(text, (size_t)len));
}

static void push_large(struct quicklist *q, bool at_head, size_t len) {
    char *text = malloc(len);
    memset(text, 'L', len);
    quicklist_push(q, heap, at_head, slice_of(text, len));
    free(text);
}

/* The nodes as text: a count each, "P" for a plain one, a "z" behind one that is compressed; and of
 * forms() an "l" behind the counts of listpacks. */
static const char *describe(const struct quicklist *q, bool forms) {
    static char             out[4096];
    struct slice            bytes;
    bool                    plain;
    size_t                  at = 0;
    struct quicklist_cursor c = {.node = NULL};
    out[0] = '\0';
    while (quicklist_walk(q, &c, &bytes, &plain)) {
        assert_true(at < sizeof out - 32);
        if (plain)
            at += (size_t)sprintf(out + at, "P");
        else
            at += (size_t)sprintf(out + at, "%zu", lp_count((const unsigned char *)bytes.p));
        if (!plain) assert_true(lp_validate(bytes.p, bytes.len, true));
        at += (size_t)sprintf(out + at, "%s%s ", forms && c.node->form == NODE_LISTPACK ? "l" : "",
                              c.node->compressed ? "z" : "");
    }
    if (at > 0) out[at - 1] = '\0';
    assert_true(quicklist_check(q));
    return out;
}

static const char *layout(const struct quicklist *q) { return describe(q, false); }
static const char *forms(const struct quicklist *q) { return describe(q, true); }

static void delete_range(struct quicklist *q, struct ash_heap *h, uint64_t start, uint64_t count) {
    struct quicklist *out = quicklist_take_range(q, h, start, count);
    if (out != NULL) assert_true(out->count > 0 && out->count <= count && quicklist_check(out));
    quicklist_free(&out);
}

static void insert_at(struct quicklist *q, int64_t index, bool after, const char *s) {
    struct quicklist_cursor c;
    assert_true(quicklist_seek(q, index, &c));
    quicklist_insert(q, heap, &c, after, slice_str(s));
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
    struct quicklist *q = quicklist_new(heap, 4, 0);
    for (int i = 0; i < 10; i++) push_number(q, i);
    assert_string_equal(layout(q), "4 4 2");
    quicklist_push(q, heap, true, slice_str("head"));
    assert_string_equal(layout(q), "1 4 4 2");
    insert_at(q, 4, true, "end of a full node: to the next's head");
    assert_string_equal(layout(q), "1 4 1 4 2");
    insert_at(q, 2, false, "middle of a full node: splits it, and the parts merge elsewhere");
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
    struct quicklist       *q = quicklist_new(heap, -1, 0);
    for (int i = 0; i < 4; i++) push_number(q, i);
    push_large(q, false, 4097);
    push_large(q, true, 4096); /* just fits a listpack, if alone */
    push_number(q, 4);
    assert_string_equal(layout(q), "1 4 P 1");

    assert_true(quicklist_seek(q, 5, &c));
    quicklist_get(&c, &it);
    assert_int_equal(it.s.len, 4097);
    quicklist_replace(q, heap, &c, slice_str("small"));
    assert_string_equal(layout(q), "1 4 2");

    char large[5000];
    memset(large, 'x', sizeof large);
    assert_true(quicklist_seek(q, 3, &c));
    quicklist_replace(q, heap, &c, slice_of(large, sizeof large));
    assert_string_equal(layout(q), "1 2 P 3"); /* the part behind merged with the next node */
    assert_true(quicklist_seek(q, 3, &c) && quicklist_eq(&c, slice_of(large, sizeof large)));
    insert_at(q, 3, false, "in front of the plain one");
    insert_at(q, 4, true, "behind it");
    assert_string_equal(layout(q), "1 3 P 4");

    struct quicklist *copy = quicklist_copy(heap, q);
    assert_string_equal(layout(copy), "1 3 P 4");
    quicklist_free(&copy);
    quicklist_free(&q);
}

static void replace_keeps_nodes_small(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap, -1, 0);
    char              large[1000];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 200; i++) push_number(q, i);
    for (int64_t i = 0; i < 200; i++) {
        struct quicklist_cursor c;
        assert_true(quicklist_seek(q, i, &c));
        quicklist_replace(q, heap, &c, slice_of(large, sizeof large));
        assert_true(quicklist_check(q));
    }
    struct slice            bytes;
    bool                    plain;
    struct quicklist_cursor c = {.node = NULL};
    while (quicklist_walk(q, &c, &bytes, &plain))
        assert_true(!plain && bytes.len <= 5200);
    quicklist_free(&q);
}

/* Pushes and pops at the head leave room in front; everything else works beside that. */
static void room_at_the_head(void **state) {
    (void)state;
    struct quicklist_cursor c;
    struct quicklist       *q = quicklist_new(heap, -1, 0);
    for (int i = 0; i < 1000; i++) {
        quicklist_push(q, heap, true, slice_str("a string of thirty-two bytes ...."));
        assert_true(quicklist_check(q));
        assert_true(q->footprint <= 4096 + 200 + (size_t)i * 38);
    }
    for (size_t left = 999; left > 0; left--) {
        size_t before = q->footprint;
        assert_true(quicklist_seek(q, 0, &c));
        quicklist_delete(q, heap, &c, false);
        assert_true(quicklist_check(q) && q->footprint <= before);
        if (left % 7 == 0) insert_at(q, 0, true, "12345");
        if (left % 11 == 0) insert_at(q, 0, false, "12345");
        if (left % 13 == 0) quicklist_push(q, heap, true, slice_str("12345"));
        if (left % 17 == 0) push_large(q, true, 5000);
        assert_true(quicklist_check(q));
    }
    quicklist_free(&q);
}

/* --- Nodes of elements of one length --------------------------------------------------------- */

static void push(struct quicklist *q, const char *s) { quicklist_push(q, heap, false, slice_str(s)); }

static void replace_at(struct quicklist *q, int64_t index, const char *s) {
    struct quicklist_cursor c;
    assert_true(quicklist_seek(q, index, &c));
    quicklist_replace(q, heap, &c, slice_str(s));
    assert_true(quicklist_seek(q, index, &c) && quicklist_eq(&c, slice_str(s)));
    quicklist_cursor_fini(&c);
}

static void nodes_begin_fixed(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap, 4, 0);
    push(q, "one");
    push(q, "two");
    assert_string_equal(forms(q), "2");
    push(q, "three"); /* of another length */
    assert_string_equal(forms(q), "3l");
    push(q, "six");
    push(q, "ten");
    push(q, "11"); /* an integer */
    assert_string_equal(forms(q), "4l 2l");
    push(q, "ten");
    push(q, "ten");
    push(q, "twenty");
    push(q, "thirty");
    push(q, "");
    assert_string_equal(forms(q), "4l 4l 3l");
    push(q, "12");
    push(q, "13");
    push(q, "abc");
    assert_string_equal(forms(q), "4l 4l 4l 2l");
    quicklist_push(q, heap, true, slice_str("head"));
    quicklist_push(q, heap, true, slice_str("hand"));
    assert_string_equal(forms(q), "2 4l 4l 4l 2l");
    quicklist_push(q, heap, true, slice_str("other"));
    assert_string_equal(forms(q), "3l 4l 4l 4l 2l");
    quicklist_free(&q);
}

/* What it costs: a block of the limit is filled to the last byte, at either end. */
static void bytes_an_element(void **state) {
    (void)state;
    for (unsigned at_head = 0; at_head < 2; at_head++) {
        struct quicklist *q = quicklist_new(heap, -2, 0);
        char              text[32];
        enum { COUNT = 100 * 512 };
        for (int i = 0; i < COUNT; i++) {
            sprintf(text, "elem:%011d", i);
            quicklist_push(q, heap, at_head, slice_str(text));
        }
        assert_true(quicklist_check(q));
        assert_int_equal(q->node_count, 100);
        assert_int_equal(q->footprint, ash_good_size(sizeof *q) + 100 * (8192 + 32));
        assert_int_equal(quicklist_raw_bytes(q), 100 * 7 + COUNT * 18);
        quicklist_free(&q);
    }
    for (int64_t fill = -5; fill < 0; fill++) {
        struct quicklist *q = quicklist_new(heap, fill, 0);
        size_t            most = quicklist_node_bytes(fill) / 9;
        for (size_t i = 0; i < most; i++) push(q, "nine:byte");
        assert_int_equal(q->node_count, 1);
        push(q, "nine:byte");
        assert_int_equal(q->node_count, 2);
        quicklist_free(&q);
    }
}

/* A full one is too large as a listpack: what is unlike the others begins a node, or splits this. */
static void unlike_a_full_one(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap, -1, 0);
    for (int i = 0; i < 512; i++) push(q, "of sixteen bytes");
    assert_string_equal(forms(q), "256 256");
    push(q, "other");
    assert_string_equal(forms(q), "256 256 1");
    quicklist_push(q, heap, true, slice_str("5"));
    assert_string_equal(forms(q), "1l 256 256 1");
    insert_at(q, 100, false, "in the middle"); /* in the half in front, which is a listpack then */
    assert_string_equal(forms(q), "101l 157 256 1");
    insert_at(q, 220, false, "in the middle again");
    assert_string_equal(forms(q), "101l 158l 256 1");
    replace_at(q, 300, "unlike");
    assert_int_equal(q->count, 516);
    quicklist_free(&q);

    q = quicklist_new(heap, -1, 0);
    for (int i = 0; i < 4096; i++) push(q, "x"); /* 3 bytes each in a listpack: not even half of it */
    assert_string_equal(forms(q), "4096");
    insert_at(q, 2000, false, "y");
    assert_string_equal(forms(q), "2001 2096");
    replace_at(q, 1000, "12");
    assert_string_equal(forms(q), "1001l 3096");
    replace_at(q, 500, "yes");
    insert_at(q, 250, true, "no");
    assert_int_equal(q->count, 4098);
    assert_true(quicklist_check(q));
    quicklist_free(&q);
}

/* Halves merge again where they fit, alike or not. */
static void merging(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap, -1, 0);
    for (int i = 0; i < 768; i++) push(q, "of sixteen bytes");
    assert_string_equal(forms(q), "256 256 256");
    insert_at(q, 300, false, "another, so long");
    assert_string_equal(forms(q), "256 45 212 256");
    delete_range(q, heap, 100, 150);
    delete_range(q, heap, 200, 150);
    assert_string_equal(forms(q), "106 45 62 256");
    delete_range(q, heap, 213, 240);
    for (int i = 0; i < 490; i++) push(q, "of sixteen bytes");
    assert_string_equal(forms(q), "106 45 62 256 250");
    insert_at(q, 300, false, "another, so long"); /* splits the fourth; 106 + 45, then 62 + 88 */
    assert_string_equal(forms(q), "106 45 150 169 250");
    quicklist_free(&q);
}

/* The queue: pushes at one end, pops at the other, in one node. The block stays within bounds. */
static void one_node_as_a_queue(void **state) {
    (void)state;
    for (unsigned head = 0; head < 2; head++) {
        struct quicklist *q = quicklist_new(heap, -2, 0);
        for (int i = 0; i < 300; i++) push(q, "element of 19 bytes");
        for (int i = 0; i < 5000; i++) {
            quicklist_push(q, heap, head, slice_str("element of 19 bytes"));
            quicklist_pop(q, heap, !head);
            assert_true(quicklist_check(q));
            assert_true(q->node_count <= 2 && q->footprint < 2 * 8192 + 512);
        }
        quicklist_free(&q);
    }
}

/* A list of that fill with n elements of a byte gives its listpack back, or not. */
static void assert_taken(int64_t fill, size_t n, bool want) {
    struct quicklist *q = quicklist_new(heap, fill, 0);
    for (size_t i = 0; i < n; i++) quicklist_push(q, heap, i % 2, slice_str("x"));
    unsigned char *lp = quicklist_take_listpack(&q, heap);
    assert_int_equal(lp != NULL, want);
    assert_int_equal(q == NULL, want);
    if (lp != NULL) assert_int_equal(lp_count(lp), n);
    lp_free(&lp);
    quicklist_free(&q);
}

static void to_and_from_listpack(void **state) {
    (void)state;
    unsigned char    *lp = lp_append(heap, lp_new(heap), slice_str("a"));
    struct quicklist *q = quicklist_put_listpack(heap, 8, 3, lp);
    assert_int_equal(q->fill, 8);
    assert_int_equal(q->depth, 3);
    assert_string_equal(layout(q), "1");
    quicklist_free(&q);
    q = quicklist_put_listpack(heap, -6, 70000, lp_new(heap));
    assert_int_equal(q->node_count, 0);
    assert_int_equal(q->fill, QUICKLIST_FILL_MIN);
    assert_int_equal(q->depth, QUICKLIST_DEPTH_MAX);
    assert_null(quicklist_take_listpack(&q, heap));
    quicklist_free(&q);

    assert_taken(0, 1, false); /* half of one is none */
    assert_taken(1, 1, false);
    assert_taken(8, 4, true);
    assert_taken(8, 5, false);
    assert_taken(7, 3, true);
    assert_taken(7, 4, false);
    assert_taken(-1, (2048 - 7) / 3, true);
    assert_taken(-1, (2048 - 7) / 3 + 1, false);
    assert_taken(-2, (4096 - 7) / 3, true);
    assert_taken(-2, (4096 - 7) / 3 + 1, false);
}

/* What redis-server 7.0.15 has for RPUSH l a b c 1 2 300 hello (DUMP, type 18, its one node). */
static void redis_bytes(void **state) {
    (void)state;
    static const char *const   items[] = {"a", "b", "c", "1", "2", "300", "hello"};
    static const unsigned char want[] = {0x1e, 0, 0, 0, 7, 0, 0x81, 0x61, 2, 0x81, 0x62, 2, 0x81,
                                         0x63, 2, 1, 1, 2, 1, 0xc1, 0x2c, 2, 0x85, 0x68, 0x65,
                                         0x6c, 0x6c, 0x6f, 6, 0xff};
    struct quicklist *q = quicklist_new(heap, -1, 0);
    for (size_t i = 0; i < 7; i++) quicklist_push(q, heap, false, slice_str(items[i]));
    struct slice            bytes;
    bool                    plain;
    struct quicklist_cursor c = {.node = NULL};
    assert_true(quicklist_walk(q, &c, &bytes, &plain));
    assert_false(plain);
    assert_int_equal(bytes.len, sizeof want);
    assert_memory_equal(bytes.p, want, sizeof want);
    quicklist_free(&q);
}

/* --- Compressed nodes ----------------------------------------------------------------------- */

static struct quicklist *compressed_list(int64_t fill, int64_t depth, int n) {
    struct quicklist *q = quicklist_new(heap, fill, depth);
    for (int i = 0; i < n; i++) push_number(q, i);
    return q;
}

static void pushes_compress_behind_them(void **state) {
    (void)state;
    struct quicklist *q = compressed_list(8, 1, 16);
    assert_string_equal(layout(q), "8 8");
    push_number(q, 16);
    assert_string_equal(layout(q), "8 8z 1");
    for (int i = 17; i < 33; i++) push_number(q, i);
    assert_string_equal(layout(q), "8 8z 8z 8z 1");
    for (int i = 0; i < 9; i++) quicklist_push(q, heap, true, slice_str("element:head:head"));
    assert_string_equal(layout(q), "1 8z 8z 8z 8z 8z 1");
    quicklist_free(&q);
    q = compressed_list(8, 2, 56);
    assert_string_equal(layout(q), "8 8 8z 8z 8z 8 8");
    quicklist_free(&q);
    q = compressed_list(8, 3, 56);
    assert_string_equal(layout(q), "8 8 8 8z 8 8 8");
    quicklist_free(&q);
    q = compressed_list(8, 100, 56);
    assert_string_equal(layout(q), "8 8 8 8 8 8 8");
    quicklist_free(&q);
}

static void pops_expand_before_them(void **state) {
    (void)state;
    struct quicklist_cursor c;
    struct quicklist       *q = compressed_list(8, 2, 56);
    for (int i = 0; i < 8; i++) quicklist_pop(q, heap, true);
    assert_string_equal(layout(q), "8 8 8z 8z 8 8");
    for (int i = 0; i < 17; i++) {
        quicklist_seek(q, -1, &c);
        quicklist_delete(q, heap, &c, true);
        quicklist_delete_end(q, heap, &c);
    }
    assert_string_equal(layout(q), "8 8 8 7");
    quicklist_free(&q);
    q = compressed_list(8, 1, 56);
    delete_range(q, heap, 4, 44);
    assert_string_equal(layout(q), "4 8");
    quicklist_free(&q);
    q = compressed_list(8, 1, 56);
    delete_range(q, heap, 4, 20);
    assert_string_equal(layout(q), "4 8z 8z 8z 8");
    delete_range(q, heap, 8, 16);
    assert_string_equal(layout(q), "4 4z 4z 8");
    delete_range(q, heap, 5, 1);
    assert_string_equal(layout(q), "4 3 4z 8"); /* three of 14 are under COMPRESSED_RAW_MIN */
    quicklist_free(&q);
}

/* Reading expands into copies: not a byte of the list changes, and the copies go. */
static void reads_change_nothing(void **state) {
    (void)state;
    struct quicklist_cursor c;
    struct lp_item          it, last;
    struct quicklist       *q = compressed_list(8, 1, 40);
    size_t                  footprint = q->footprint;
    assert_int_equal(ash_heap_used(heap), footprint);
    assert_true(quicklist_seek(q, 20, &c)); /* in the third node */
    assert_int_equal(ash_heap_used(heap), footprint); /* nothing was asked for yet */
    quicklist_get(&c, &it);
    assert_true(lp_item_eq(&it, slice_str("element:000020")));
    assert_true(ash_heap_used(heap) > footprint);
    quicklist_cursor_fini(&c);
    assert_int_equal(ash_heap_used(heap), footprint);

    quicklist_seek(q, 15, &c); /* the last of its node is good while the cursor is in the next */
    quicklist_read(&c, false, &last);
    assert_true(lp_item_eq(&last, slice_str("element:000015")));
    quicklist_cursor_fini(&c);

    quicklist_seek(q, 0, &c);
    c.keep = true; /* all of them are good until the end */
    struct lp_item all[40];
    for (int i = 0; i < 40; i++) quicklist_read(&c, false, &all[i]);
    for (int i = 0; i < 40; i++) {
        char text[32];
        snprintf(text, sizeof text, "element:%06d", i);
        assert_true(lp_item_eq(&all[i], slice_str(text)));
    }
    quicklist_cursor_fini(&c);
    assert_int_equal(ash_heap_used(heap), footprint);
    assert_int_equal(q->footprint, footprint);
    assert_string_equal(layout(q), "8 8z 8z 8z 8");
    quicklist_free(&q);
}

static void changes_leave_inner_nodes_compressed(void **state) {
    (void)state;
    struct quicklist_cursor c;
    struct quicklist       *q = compressed_list(8, 1, 40);
    insert_at(q, 20, true, "element:splits");
    assert_string_equal(layout(q), "8 8z 5z 4z 8z 8");
    insert_at(q, 20, true, "element:fits");
    assert_string_equal(layout(q), "8 8z 6z 4z 8z 8");
    quicklist_seek(q, 10, &c);
    quicklist_replace(q, heap, &c, slice_str("element:another"));
    assert_string_equal(layout(q), "8 8z 6z 4z 8z 8");
    quicklist_seek(q, 10, &c);
    assert_true(quicklist_eq(&c, slice_str("element:another")));
    quicklist_cursor_fini(&c);

    quicklist_seek(q, 12, &c); /* a row of deletions from one node into the next */
    for (int i = 0; i < 5; i++) quicklist_delete(q, heap, &c, false);
    assert_true(quicklist_eq(&c, slice_str("element:000017")));
    assert_string_equal(layout(q), "8 4z 5 4z 8z 8"); /* the one at work in is expanded */
    quicklist_delete_end(q, heap, &c);
    assert_string_equal(layout(q), "8 4z 5z 4z 8z 8");
    quicklist_free(&q);
}

/* Plain nodes too; what does not get smaller and what is very large stay as they are. */
static void what_is_compressed(void **state) {
    (void)state;
    struct quicklist *q = quicklist_new(heap, -1, 1);
    char              noise[4000];
    push_number(q, 0);
    push_large(q, false, 100000);
    push_large(q, false, COMPRESSED_RAW_MAX + 1);
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)rand_below(&rng, 256);
    quicklist_push(q, heap, false, slice_of(noise, sizeof noise));
    push_large(q, false, 5000);
    push_number(q, 1);
    assert_string_equal(layout(q), "1 Pz P 1 Pz 1");
    assert_int_equal(quicklist_raw_bytes(q), 6 * 7 + 2 * 16 + 4000 + 4 + 100000 + 8 +
                                                 COMPRESSED_RAW_MAX + 1 + 8 + 5000 + 7);

    struct quicklist_cursor c;
    struct lp_item          it;
    quicklist_seek(q, 1, &c);
    quicklist_get(&c, &it);
    assert_int_equal(it.s.len, 100000);
    assert_true(it.s.p[0] == 'L' && it.s.p[99999] == 'L');
    quicklist_step(&c, true);
    assert_true(quicklist_eq(&c, slice_str("element:000000")));
    quicklist_cursor_fini(&c);
    struct quicklist *copy = quicklist_copy(heap, q);
    assert_string_equal(layout(copy), "1 Pz P 1 Pz 1");
    assert_int_equal(copy->depth, 1);
    quicklist_free(&copy);
    quicklist_seek(q, 4, &c);
    char large[4097] = "another, still large";
    quicklist_replace(q, heap, &c, slice_of(large, sizeof large));
    assert_string_equal(layout(q), "1 Pz P 1 Pz 1");
    quicklist_seek(q, 4, &c);
    assert_true(quicklist_eq(&c, slice_of(large, sizeof large)));
    quicklist_replace(q, heap, &c, slice_str("small"));
    assert_string_equal(layout(q), "1 Pz P 1 2");
    quicklist_free(&q);
}

/* --- Against a model ------------------------------------------------------------------------ */

struct model {
    size_t       n;
    struct slice item[MODEL_MAX + 1];
};

/* What a run's elements are: anything; nearly all alike; alike for a while. */
static enum { MIXED, ALIKE, PHASES, KINDS } kind;

static struct slice alike_text(void) {
    static size_t width = 8;
    if (kind == ALIKE) width = 16;
    if (kind == PHASES && rand_below(&rng, 300) == 0) width = 1 + rand_below(&rng, 300);
    char *p = malloc(width);
    for (size_t i = 0; i < width; i++) p[i] = (char)('a' + rand_below(&rng, width > 4 ? 2 : 20));
    if (width > 4) memset(p, 'e', width - 4);
    return slice_of(p, width);
}

static struct slice random_text(void) {
    if (kind != MIXED && rand_below(&rng, 60) != 0) return alike_text();
    static const size_t steps[] = {1, 3, 20, 70, 300, 3000, 9000};
    size_t              len = steps[rand_below(&rng, rand_below(&rng, 40) == 0 ? 7 : 4)];
    char               *p = malloc(len + 32);
    if (rand_below(&rng, 2)) return slice_of(p, num_format_i64(p, (int64_t)rand_below(&rng, 50)));
    memset(p, (int)('a' + rand_below(&rng, 3)), len);
    if (rand_below(&rng, 8) == 0)
        for (size_t i = 0; i < len; i++) p[i] = (char)rand_below(&rng, 256);
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
    quicklist_cursor_fini(&c);
    quicklist_cursor_fini(&d);
    assert_int_equal(ash_heap_used(heap), q->footprint);
}

/* A cursor on a random element, sought from either end. */
static size_t seek_random(const struct quicklist *q, struct quicklist_cursor *c) {
    size_t at = rand_below(&rng, q->count);
    assert_true(quicklist_seek(q, (int64_t)at - (rand_below(&rng, 2) ? (int64_t)q->count : 0), c));
    return at;
}

/* A few in a row. */
static void delete_some(struct quicklist *q, struct model *m, struct quicklist_cursor *c,
                        size_t at) {
    bool backwards = rand_below(&rng, 2);
    for (size_t n = 1 + rand_below(&rng, 4); n > 0 && c->node != NULL; n--) {
        bool more = backwards ? at > 0 : at + 1 < m->n;
        quicklist_delete(q, heap, c, backwards);
        model_delete(m, at, 1);
        assert_int_equal(c->node != NULL, more);
        if (backwards) at--;
        if (more && rand_below(&rng, 4) != 0) assert_true(quicklist_eq(c, m->item[at]));
    }
    quicklist_delete_end(q, heap, c);
}

/* Found where the model has it, be it from a node that the cursor has looked into already. */
static void find_one(const struct quicklist *q, const struct model *m, struct quicklist_cursor *c,
                     size_t at) {
    struct slice want = m->item[rand_below(&rng, m->n)];
    if (rand_below(&rng, 2)) assert_true(quicklist_eq(c, m->item[at]));
    while (at < m->n && !slice_eq(m->item[at], want)) at++;
    assert_int_equal(quicklist_find(c, want), at < m->n);
    if (at < m->n) {
        struct quicklist_cursor d;
        assert_true(quicklist_seek(q, (int64_t)at, &d));
        assert_true(c->node == d.node);
        assert_true(d.node->compressed || c->at == d.at);
        for (bool back = rand_below(&rng, 2); c->node != NULL && rand_below(&rng, 5) != 0;) {
            assert_true(quicklist_eq(c, m->item[at]));
            quicklist_step(c, back);
            at = back ? at - 1 : at + 1;
        }
    }
    quicklist_cursor_fini(c);
}

static void pop_one(struct quicklist *q, struct model *m, bool at_head) {
    struct lp_item it;
    size_t         at = at_head ? 0 : m->n - 1;
    quicklist_peek(q, at_head, &it);
    assert_true(lp_item_eq(&it, m->item[at]));
    quicklist_pop(q, heap, at_head);
    model_delete(m, at, 1);
}

static void model_step(struct quicklist *q, struct model *m) {
    struct quicklist_cursor c;
    unsigned                what = (unsigned)rand_below(&rng, 10);
    if (what <= 2 || m->n == 0) {
        bool at_head = rand_below(&rng, 2);
        quicklist_push(q, heap, at_head, model_insert(m, at_head ? 0 : m->n, random_text()));
        return;
    }
    size_t at = seek_random(q, &c);
    if (what <= 5) {
        bool after = rand_below(&rng, 2);
        if (rand_below(&rng, 2)) assert_true(quicklist_eq(&c, m->item[at]));
        quicklist_insert(q, heap, &c, after, model_insert(m, at + after, random_text()));
    } else if (what == 6) {
        model_delete(m, at, 1);
        quicklist_replace(q, heap, &c, model_insert(m, at, random_text()));
    } else if (what == 7) {
        find_one(q, m, &c, at);
    } else if (what == 8 && rand_below(&rng, 2)) {
        quicklist_cursor_fini(&c);
        pop_one(q, m, rand_below(&rng, 2));
    } else if (what == 8 || m->n < 50) {
        delete_some(q, m, &c, at);
    } else {
        quicklist_cursor_fini(&c);
        size_t n = rand_below(&rng, rand_below(&rng, 30) == 0 ? m->n - at : 8);
        if (n > m->n - at) n = m->n - at;
        delete_range(q, heap, at, n);
        model_delete(m, at, n);
    }
}

/* Nodes that model runs have had, by form and whether compressed. */
static unsigned seen[3][2];

static void see_nodes(const struct quicklist *q) {
    for (const struct quicklist_node *n = q->head; n != NULL; n = n->next)
        seen[n->form][n->compressed]++;
}

static void model_run_with(int64_t fill, int64_t depth, int steps) {
    static struct model m;
    struct quicklist   *q = quicklist_new(heap, fill, depth);
    for (int step = 0; step < steps && m.n < MODEL_MAX; step++) {
        model_step(q, &m);
        assert_true(quicklist_check(q));
        if (step % 64 == 0) assert_same(q, &m);
        if (step % 64 == 0) see_nodes(q);
    }
    struct quicklist_cursor c;
    assert_false(quicklist_seek(q, (int64_t)m.n, &c));
    assert_false(quicklist_seek(q, -(int64_t)m.n - 1, &c));
    assert_false(quicklist_seek(q, INT64_MIN, &c));
    assert_same(q, &m);
    struct quicklist *copy = quicklist_copy(heap, q);
    quicklist_free(&q);
    assert_same(copy, &m);
    assert_true(quicklist_check(copy));
    quicklist_free(&copy);
    model_delete(&m, 0, m.n);
}

static void model_run(void **state) {
    (void)state;
    static const int64_t fills[] = {-1, -2, -5, 0, 1, 2, 7, 128};
    for (kind = MIXED; kind < KINDS; kind++) {
        for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
            model_run_with(fills[f], 0, 2000);
            for (int64_t depth = 1; depth <= 3; depth++) model_run_with(fills[f], depth, 1000);
        }
    }
    for (unsigned form = 0; form < 3; form++) assert_true(seen[form][0] > 50 && seen[form][1] > 20);
    assert_true(seen[NODE_FIXED][0] > 10000 && seen[NODE_FIXED][1] > 500);
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fill_by_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_nodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replace_keeps_nodes_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(room_at_the_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nodes_begin_fixed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_an_element, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unlike_a_full_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merging, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_node_as_a_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_and_from_listpack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redis_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pushes_compress_behind_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pops_expand_before_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_leave_inner_nodes_compressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_compressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
