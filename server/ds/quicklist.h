/* quicklist.h: a long list of strings: nodes of a few KiB in a doubly linked chain.
 *
 * A node is a listpack or, while its elements are all of one length and none of them is an integer,
 * a fixedpack: the elements alone (fixedpack.h). How full a node may get is `fill`, the value of
 * list-max-listpack-size: -1..-5 for 4, 8, 16, 32 or 64 KiB; above zero a number of elements (and
 * 8 KiB). An element too large for that has a *plain* node of its own. With a `depth` above zero
 * (list-compress-depth), the nodes more than so many from both ends are compressed where that saves
 * memory. A list keeps the two that it was made with, as in Redis.
 *
 * Invariants, asserted together by quicklist_check():
 *   Q1  count is the sum of the nodes' counts; no node is empty; a plain node's count is 1.
 *   Q2  a listpack node's count is its listpack's; the listpack is sound. A fixedpack node has a
 *       width, which no other has, and its elements are such as a fixedpack may hold.
 *   Q3  footprint is the heap bytes of the struct, the nodes and what they hold.
 *   Q4  only the head node has free room in front of its contents.
 *   Q5  prev and next mirror each other from head to tail; node_count is their number.
 *   Q6  the first `depth` nodes from either end are not compressed; a node that is, saves memory and
 *       expands to as many elements as it counts.
 *   Q7  mark is one of the nodes or NULL; where its node goes, the one behind it is marked.
 * Locking: none; one owner (quicklist_free: any thread).
 * Ownership: elements are copied in and borrowed out. */
#ifndef ASHLAR_SERVER_DS_QUICKLIST_H
#define ASHLAR_SERVER_DS_QUICKLIST_H

#include "server/ds/listpack.h"

struct freeing;
struct move_cursor;
struct mover;
struct quicklist_node;

struct quicklist {
    struct quicklist_node *head, *tail;
    struct quicklist_node *mark;       /* where quicklist_compact goes on */
    uint64_t               count;      /* elements */
    uint64_t               node_count;
    size_t                 footprint;
    int16_t                fill;
    uint16_t               depth;
    uint32_t               node_bytes; /* quicklist_node_bytes(fill) */
};

#define QUICKLIST_FILL_MIN  (-5) /* beyond these, the nearest of them, as in Redis */
#define QUICKLIST_FILL_MAX  32767
#define QUICKLIST_DEPTH_MAX 65535

/* True: a node of so many bytes and elements is within the limit. */
bool quicklist_node_fits(int64_t fill, size_t bytes, size_t count);
/* The bytes that fit where only bytes count. */
size_t quicklist_node_bytes(int64_t fill);

struct quicklist *quicklist_new(struct ash_heap *heap, int64_t fill, int64_t depth);
void              quicklist_free(struct quicklist **q); /* any thread; NULL inside is ignored */
bool              quicklist_drain(struct quicklist **q, struct freeing *f); /* see freeing.h */
struct quicklist *quicklist_copy(struct ash_heap *heap, const struct quicklist *q);
/* Takes lp, whose elements become the only node (an empty one is freed). */
struct quicklist *quicklist_put_listpack(struct ash_heap *heap, int64_t fill, int64_t depth,
                                         unsigned char *lp);
/* When all elements are in one node and their listpack is at most half the limit: returns it and
 * frees *q. Otherwise NULL. */
unsigned char    *quicklist_take_listpack(struct quicklist **q, struct ash_heap *heap);
/* Bytes of the nodes as listpacks, none compressed: what Redis would need for these nodes (a plain
 * element counted as in a listpack of its own, where Redis keeps it). O(nodes). */
uint64_t          quicklist_raw_bytes(const struct quicklist *q);
bool              quicklist_check(const struct quicklist *q);

/* A place in the list. Any change of the list ends it, except by the call it is given to. Reading
 * changes nothing: a compressed node is expanded into a copy of the cursor's own, in the list's heap,
 * when an element of it is first asked for. What a cursor has handed out may lie in that copy: it is
 * good until the next call with the cursor. quicklist_seek begins it, quicklist_cursor_fini or a call
 * that says so ends it. */
struct quicklist_cursor {
    struct quicklist_node *node;    /* NULL: past an end */
    unsigned char         *at;      /* the element; NULL: the node is not looked into yet */
    int64_t                index;   /* where at is, when it is not looked into yet; -1: the last */
    unsigned char         *in;      /* what at points into, be it the node or a copy */
    size_t                 width;   /* every element's length there; 0: it is a listpack */
    unsigned char         *end;     /* behind the last element, with a width */
    struct quicklist_copy *copies;  /* of compressed nodes, the latest first; NULL: none */
    struct quicklist_node *opened;  /* expanded by quicklist_delete and not compressed again, or NULL */
    bool                   keep;    /* keep all copies: what was handed out is good until the end */
};
/* From 0 at the head, from -1 at the tail; walks from the nearer end. False: out of range. */
bool quicklist_seek(const struct quicklist *q, int64_t index, struct quicklist_cursor *c);
void quicklist_cursor_fini(struct quicklist_cursor *c);
void quicklist_get(struct quicklist_cursor *c, struct lp_item *out);
bool quicklist_eq(struct quicklist_cursor *c, struct slice s); /* the element's text is s */
void quicklist_step(struct quicklist_cursor *c, bool backwards);
/* quicklist_get and quicklist_step in one. */
void quicklist_read(struct quicklist_cursor *c, bool backwards, struct lp_item *out);
/* The same of several at once, forwards: up to max elements of one length that lie one behind the
 * other, *first being the first's text. Returns how many; 0: c is in a listpack. */
uint64_t quicklist_read_alike(struct quicklist_cursor *c, uint64_t max, struct slice *first);
/* Passes over up to max of such that are not s; returns how many. */
uint64_t quicklist_pass_alike(struct quicklist_cursor *c, uint64_t max, struct slice s);
/* From *c on, the first element equal to s; c is past the end when there is none. */
bool quicklist_find(struct quicklist_cursor *c, struct slice s);

void quicklist_push(struct quicklist *q, struct ash_heap *heap, bool at_head, struct slice s);
/* The element at an end of a list that is not empty: to be read, then to be removed. */
void quicklist_peek(const struct quicklist *q, bool at_head, struct lp_item *out);
void quicklist_pop(struct quicklist *q, struct ash_heap *heap, bool at_head);
/* Both end the cursor. */
void quicklist_insert(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                      bool after, struct slice s);
void quicklist_replace(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                       struct slice s);
/* Removes the element; the cursor goes to the next one (backwards: the one before). Its node stays
 * expanded for the next call: quicklist_delete_end() ends the cursor then. */
void quicklist_delete(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                      bool backwards);
void quicklist_delete_end(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c);
/* Removes count elements from index start on; both lie within the list. Nodes that go whole are not
 * freed but handed over as a list of their own (NULL: there are none), to be read and freed, not
 * changed: what is long may be freed elsewhere. Costs the walk over the shorter of what goes and what
 * stays. */
struct quicklist *quicklist_take_range(struct quicklist *q, struct ash_heap *heap, uint64_t start,
                                       uint64_t count);

/* Moves the nodes and what they hold (mover.h). One such walk at a time: a new one (c all zeros) ends
 * another. The struct itself has one owner's pointer to it, which quicklist_move is for. Uses c->at. */
bool              quicklist_compact(struct quicklist *q, struct mover *m, struct move_cursor *c);
struct quicklist *quicklist_move(struct mover *m, struct quicklist *q);

/* Walks the nodes as persistence writes them: a cursor of zeros starts, false ends. A plain node's
 * bytes are the element, any other's a listpack of its elements, made for the walk where the node is
 * none; good until the next call with the cursor. */
bool quicklist_walk(const struct quicklist *q, struct quicklist_cursor *c, struct slice *bytes,
                    bool *plain);

#endif
