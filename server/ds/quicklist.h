/* quicklist.h: a long list of strings: listpacks of a few KiB in a doubly linked chain.
 *
 * How full a node may get is `fill`, the value of list-max-listpack-size: -1..-5 for 4, 8, 16, 32
 * or 64 KiB; above zero a number of elements (and 8 KiB). An element too large for that has a
 * *plain* node of its own. Changes take the fill in force; other nodes stay as they are.
 *
 * Invariants, asserted together by quicklist_check():
 *   Q1  count is the sum of the nodes' counts; no node is empty; a plain node's count is 1.
 *   Q2  a packed node's count is its listpack's; the listpack is sound.
 *   Q3  footprint is the heap bytes of the struct, the nodes and what they hold.
 *   Q4  only the head node has free room in front of its listpack.
 *   Q5  prev and next mirror each other from head to tail; node_count is their number.
 * Locking: none; one owner (quicklist_free: any thread).
 * Ownership: elements are copied in and borrowed out. */
#ifndef ASHLAR_SERVER_DS_QUICKLIST_H
#define ASHLAR_SERVER_DS_QUICKLIST_H

#include "server/ds/listpack.h"

struct freeing;
struct quicklist_node;

struct quicklist {
    struct quicklist_node *head, *tail;
    uint64_t               count;      /* elements */
    uint64_t               node_count;
    size_t                 footprint;
};

/* True: a listpack of so many bytes and elements is within the limit for one node. */
bool quicklist_node_fits(int64_t fill, size_t bytes, size_t count);

struct quicklist *quicklist_new(struct ash_heap *heap);
void              quicklist_free(struct quicklist **q); /* any thread; NULL inside is ignored */
bool              quicklist_drain(struct quicklist **q, struct freeing *f); /* piece by piece (freeing.h) */
struct quicklist *quicklist_copy(struct ash_heap *heap, const struct quicklist *q);
/* Takes lp as the only node (an empty one is freed). */
struct quicklist *quicklist_put_listpack(struct ash_heap *heap, unsigned char *lp);
/* When all elements are in one listpack of at most half the limit: takes it out and frees *q.
 * Otherwise NULL. */
unsigned char    *quicklist_take_listpack(struct quicklist **q, struct ash_heap *heap,
                                          int64_t fill);
bool              quicklist_check(const struct quicklist *q);

/* A place in the list. Any change of the list ends it, except by the call it is given to. */
struct quicklist_cursor {
    struct quicklist_node *node; /* NULL: past an end */
    unsigned char         *at;   /* NULL: the node is plain */
};
/* From 0 at the head, from -1 at the tail; walks from the nearer end. False: out of range. */
bool quicklist_seek(const struct quicklist *q, int64_t index, struct quicklist_cursor *c);
void quicklist_get(const struct quicklist_cursor *c, struct lp_item *out);
bool quicklist_eq(const struct quicklist_cursor *c, struct slice s); /* the element's text is s */
void quicklist_step(struct quicklist_cursor *c, bool backwards);
/* quicklist_get and quicklist_step in one. */
void quicklist_read(struct quicklist_cursor *c, bool backwards, struct lp_item *out);
/* From *c on, the first element equal to s; c is past the end when there is none. */
bool quicklist_find(struct quicklist_cursor *c, struct slice s);

void quicklist_push(struct quicklist *q, struct ash_heap *heap, int64_t fill, bool at_head,
                    struct slice s);
/* Both end the cursor. */
void quicklist_insert(struct quicklist *q, struct ash_heap *heap, int64_t fill,
                      struct quicklist_cursor *c, bool after, struct slice s);
void quicklist_replace(struct quicklist *q, struct ash_heap *heap, int64_t fill,
                       struct quicklist_cursor *c, struct slice s);
/* Removes the element; the cursor goes to the next one (backwards: the one before). */
void quicklist_delete(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                      bool backwards);
/* Removes count elements from index start on; both lie within the list. Nodes that go whole are not
 * freed but handed over as a list of their own (NULL: there are none): what is long may be freed
 * elsewhere. Costs the walk over the shorter of what goes and what stays. */
struct quicklist *quicklist_take_range(struct quicklist *q, struct ash_heap *heap, uint64_t start,
                                       uint64_t count);

/* Walks the nodes as persistence writes them: NULL starts, NULL ends. A plain node's bytes are the
 * element, a packed node's its listpack. */
const struct quicklist_node *quicklist_node_next(const struct quicklist *q,
                                                 const struct quicklist_node *node,
                                                 struct slice *bytes, bool *plain);

#endif
