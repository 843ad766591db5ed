/* quicklist_node.h: one node of a quicklist, in one of three forms, or any of them compressed.
 *
 *   NODE_FIXED:     block = [ free room in front | elements ]   (fixedpack.h: all of one length)
 *   NODE_LISTPACK:  block = [ free room in front | listpack ]
 *   NODE_PLAIN:     a str, the one element, which is too large for the others
 *   compressed:     what it held, under LZF (compressed.h); it keeps its form, count and width
 *
 * A node is begun as a fixedpack where its first element allows. The first one that is unlike the
 * others makes it a listpack, which it stays. Room in front is only in the head node.
 *
 * Forms are known to quicklist_node.c alone: the rest of the list asks the functions below, which are
 * for quicklist.c. Those that take a quicklist keep its footprint and, where they link or unlink, its
 * node_count; those that add or remove elements, its count. */
#ifndef ASHLAR_SERVER_DS_QUICKLIST_NODE_H
#define ASHLAR_SERVER_DS_QUICKLIST_NODE_H

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/compressed.h"
#include "server/ds/fixedpack.h"
#include "server/ds/quicklist.h"
#include "server/ds/str.h"

enum node_form { NODE_FIXED, NODE_LISTPACK, NODE_PLAIN };

struct quicklist_node {
    struct quicklist_node *prev, *next;
    union {
        unsigned char     *bytes; /* the elements, or the listpack */
        struct str        *str;
        struct compressed *z;
    } u;
    uint32_t count;      /* elements: 1 in a plain node */
    uint32_t front : 19; /* free bytes in front of u.bytes in its block */
    uint32_t width : 10; /* of a fixedpack's elements; 0 in every other node */
    uint32_t form : 2;
    uint32_t compressed : 1;
};

#define NODE_FRONT_MAX (((uint32_t)1 << 19) - 1)

_Static_assert(sizeof(struct quicklist_node) == 32, "a node costs 32 bytes beside its elements");

/* --- What it holds ---------------------------------------------------------------------------- */

/* Bytes of its contents, compressed or not. */
static inline size_t node_contents_size(const struct quicklist_node *n) {
    if (n->compressed) return n->u.z->raw_len;
    switch ((enum node_form)n->form) {
    case NODE_FIXED: return (size_t)n->count * n->width;
    case NODE_LISTPACK: return lp_bytes(n->u.bytes);
    case NODE_PLAIN: break;
    }
    return n->u.str->len;
}

/* Where they lie, if it is not compressed. */
static inline unsigned char *node_contents(const struct quicklist_node *n) {
    return n->form == NODE_PLAIN ? (unsigned char *)n->u.str->data : n->u.bytes;
}

/* The length of every element; 0: the contents are a listpack. */
static inline size_t node_width(const struct quicklist_node *n) {
    return n->form == NODE_PLAIN ? node_contents_size(n) : n->width;
}

/* A listpack's or fixedpack's block: room in front and contents. A push or a pop at the head moves the
 * border between the two and leaves the sum. */
static inline size_t node_block_size(const struct quicklist_node *n) {
    return lp_capacity(n->front + node_contents_size(n));
}
static inline unsigned char *node_block(const struct quicklist_node *n) {
    return n->u.bytes - n->front;
}

/* --- As a whole ------------------------------------------------------------------------------ */

/* A node for one element. */
struct quicklist_node *node_new(struct ash_heap *heap, int64_t fill, struct slice s);
struct quicklist_node *node_of_fixed(struct ash_heap *heap, struct fixedpack f); /* copies */
/* Takes lp, which is not empty; a fixedpack where its elements allow. */
struct quicklist_node *node_of_listpack(struct ash_heap *heap, unsigned char *lp);
/* The other way, of a node that is neither compressed nor plain; the node goes, unlinked or not. */
unsigned char *node_take_listpack(struct quicklist *q, struct ash_heap *heap,
                                  struct quicklist_node *n);
struct quicklist_node *node_copy(struct ash_heap *heap, const struct quicklist_node *n);
void                   node_free(struct quicklist_node *n); /* any thread */
bool                   node_check(const struct quicklist_node *n);
size_t                 node_footprint(const struct quicklist_node *n); /* heap bytes it holds */

/* Bytes of the listpack of its elements, whatever its form, compressed or not. */
size_t node_listpack_bytes(const struct quicklist_node *n);
/* Writes that listpack; not of a plain node. */
void   node_write_listpack(const struct quicklist_node *n, unsigned char *lp);

/* In front of `next`; NULL: at the tail. */
void node_link(struct quicklist *q, struct quicklist_node *n, struct quicklist_node *next);
void node_unlink(struct quicklist *q, struct quicklist_node *n);

/* Makes an inner node smaller, where LZF can, and back. `raw`, where the caller has them: the bytes
 * that the node expands to. */
void node_compress(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n);
void node_expand(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 const unsigned char *raw);

/* --- Reading. `in` is where the node's contents lie: in itself, or expanded elsewhere. ------- */

/* A position is the address of an element in `in`; NULL is none. Indexes below 0: from the end. */
unsigned char *node_end(const struct quicklist_node *n, unsigned char *in, bool first);
unsigned char *node_seek(const struct quicklist_node *n, unsigned char *in, int64_t index);
unsigned char *node_next(const struct quicklist_node *n, unsigned char *in, unsigned char *at);
unsigned char *node_prev(const struct quicklist_node *n, unsigned char *in, unsigned char *at);
void           node_get(const struct quicklist_node *n, const unsigned char *at,
                        struct lp_item *out);
bool           node_eq(const struct quicklist_node *n, const unsigned char *at, struct slice s);
unsigned char *node_find(const struct quicklist_node *n, unsigned char *in, unsigned char *at,
                         struct slice s);

/* --- Changing: nodes that are neither compressed nor, but for node_set_plain, plain ---------- */

/* One more element of any kind is within the limit (n NULL, plain: never; compressed: as well). */
bool node_has_room(const struct quicklist *q, const struct quicklist_node *n, struct slice s);
/* The same of a half that node_split has made, which Redis does not ask: no only for a fixedpack that
 * would be too large as a listpack. */
bool node_half_takes(const struct quicklist *q, const struct quicklist_node *n, struct slice s);
/* The element at `at` can become s without n passing the limit, or passing it by more. */
bool node_may_replace(const struct quicklist *q, const struct quicklist_node *n,
                      unsigned char *at, struct slice s);
/* What most pushes are: s is like the other elements of this end's node, and there is room for it in
 * the block. False: it takes more than that. */
bool node_push_like(struct quicklist *q, struct quicklist_node *n, bool at_head, struct slice s);
static inline bool node_push_quickly(struct quicklist *q, struct quicklist_node *n, bool at_head,
                                     struct slice s) {
    return s.len == n->width && node_push_like(q, n, at_head, s);
}
/* These two do not ask. In front of `at`; NULL: behind the last. */
void node_insert(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 unsigned char *at, struct slice s);
void node_replace(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                  unsigned char *at, struct slice s);
/* Of the head node alone: uses the room in front, or makes it. */
void node_push_first(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                     struct slice s);
/* Of the head node with more than one element: leaves its bytes to the room in front. */
void node_pop_first(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n);
/* Removes up to count elements from *at on, not all of the node's; *at is then the next, or NULL. */
void node_cut(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
              unsigned char **at, size_t count);
/* Cuts n in front of `at`; the elements from there on get the node behind it. */
void node_split(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                unsigned char *at);
/* a and its right neighbour b (NULL, plain: never; compressed: as well) fit in one node: in a. */
bool node_may_merge(const struct quicklist *q, const struct quicklist_node *a,
                    const struct quicklist_node *b);
void node_merge(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *a,
                struct quicklist_node *b);
/* Leaves no room in front. */
void node_settle(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n);
/* A plain node's element, compressed or not, becomes s. */
void node_set_plain(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                    struct slice s);

#endif
