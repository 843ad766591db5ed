/* quicklist_node.h: one node of a quicklist: a listpack, one large element, or either compressed.
 *
 *   listpack:    block = [ free room in front | listpack ]   (room: only in the head node)
 *   plain:       a str, the one element
 *   compressed:  what it held, under LZF (compressed.h); it keeps its count and whether it is plain
 *
 * For quicklist.c alone. Functions that take a quicklist keep its footprint and node_count, and its
 * links; counts of elements are the caller's, where nothing else is said. */
#ifndef ASHLAR_SERVER_DS_QUICKLIST_NODE_H
#define ASHLAR_SERVER_DS_QUICKLIST_NODE_H

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/compressed.h"
#include "server/ds/quicklist.h"
#include "server/ds/str.h"

struct quicklist_node {
    struct quicklist_node *prev, *next;
    union {
        unsigned char     *lp;
        struct str        *str;
        struct compressed *z;
    } u;
    uint32_t count : 30; /* elements: 1 in a plain node */
    uint32_t plain : 1;
    uint32_t compressed : 1;
    uint32_t front; /* free bytes in front of lp in its block; 0 in every node but the head */
};

_Static_assert(sizeof(struct quicklist_node) == 32, "a node costs 32 bytes beside its elements");

/* A listpack's block holds the room in front and the listpack; a push or a pop at the head moves the
 * border between the two and leaves the sum. */
static inline size_t node_block_size(const struct quicklist_node *n) {
    return lp_capacity(n->front + lp_bytes(n->u.lp));
}

static inline unsigned char *node_block(const struct quicklist_node *n) {
    return n->u.lp - n->front;
}

/* Bytes of the listpack or the element, whether compressed or not. */
static inline size_t node_raw_bytes(const struct quicklist_node *n) {
    return n->compressed ? n->u.z->raw_len : n->plain ? n->u.str->len : lp_bytes(n->u.lp);
}

size_t node_footprint(const struct quicklist_node *n); /* heap bytes of what it holds */

/* The node's listpack had a block of `was` bytes and is now lp. */
static inline void node_touch(struct quicklist *q, struct quicklist_node *n, size_t was,
                              unsigned char *lp) {
    n->u.lp = lp;
    size_t is = node_block_size(n);
    if (is != was) q->footprint += ash_good_size(is) - ash_good_size(was);
}

/* Moves the listpack to the start of its block. *at, a position in it or NULL, moves along. Nothing
 * to do for any other node. */
void node_settle(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 unsigned char **at);

/* Takes lp. */
struct quicklist_node *node_listpack(struct ash_heap *heap, unsigned char *lp);
struct quicklist_node *node_plain(struct ash_heap *heap, struct slice s);
struct quicklist_node *node_copy(struct ash_heap *heap, const struct quicklist_node *n);
void                   node_free(struct quicklist_node *n); /* any thread */
bool                   node_check(const struct quicklist_node *n);

/* In front of `next`; NULL: at the tail. */
void node_link(struct quicklist *q, struct quicklist_node *n, struct quicklist_node *next);
void node_unlink(struct quicklist *q, struct quicklist_node *n);

/* A plain node's element, compressed or not, becomes s. */
void node_set_plain(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                    struct slice s);

/* Makes an inner node smaller, where LZF can, and back. `raw`, where the caller has them: the bytes
 * that the node expands to. */
void node_compress(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n);
void node_expand(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 const unsigned char *raw);

#endif
