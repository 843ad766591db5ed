/* skiplist.h: scored members in order, cut for the cache: a node holds a run of items, not one.
 *
 * Order: score, then member (memcmp, shorter first). The items are the owner's (a zset's table
 * holds them too). Each node has a tower of links, geometrically distributed; a link counts the
 * items it passes over, so ranks take O(log n), and knows enough of the first item beyond it that a
 * descent reads nodes only. Layout in skiplist.c. Source: Pugh, "Skip lists", CACM 1990.
 *
 * Invariants, asserted together by skiplist_check():
 *   S1  items ascend strictly within nodes and from node to node; no node is empty.
 *   S2  a link's span is the number of items from its node's first to the next node's first (or to
 *       the end).
 *   S3  what links and slots know of keys is true of the items.
 *   S4  levels is the height of the tallest tower; footprint the heap bytes of the nodes.
 * Scores are never NaN. Locking: none; one owner (skiplist_fini: any thread). */
#ifndef ASHLAR_SERVER_DS_SKIPLIST_H
#define ASHLAR_SERVER_DS_SKIPLIST_H

#include "proto/buf.h"
#include "server/ds/varint.h"

struct ash_heap;

/* An item: one allocation of scored_size() bytes. The score changes only outside of any list. */
struct scored {
    double        score;
    unsigned char tail[]; /* varint length, member bytes */
};
struct scored *scored_new(struct ash_heap *heap, double score, struct slice member);
void           scored_free(struct scored *it);
size_t         scored_size(struct slice member);
static inline struct slice scored_member(const struct scored *it) {
    uint64_t             len;
    const unsigned char *p = varint_get(it->tail, &len);
    return slice_of((const char *)p, len);
}

struct skipnode;

struct skiplist {
    struct ash_heap *heap;
    struct skipnode *head; /* a tower without items */
    struct skipnode *last; /* NULL: empty */
    uint64_t         count;
    uint64_t         chance; /* state of the generator of tower heights */
    unsigned         levels;
    size_t           footprint;
};

void skiplist_init(struct skiplist *s, struct ash_heap *heap, uint64_t seed);
void skiplist_fini(struct skiplist *s); /* the nodes; not the items */

/* No item of the same score and member may be there. */
void skiplist_put(struct skiplist *s, struct scored *it);
/* Takes exactly this item, known to be there. */
void skiplist_take(struct skiplist *s, const struct scored *it);
/* The item, known to be there, gets another score, and its place. */
void skiplist_move(struct skiplist *s, struct scored *it, double score);

/* Takes up to max items from a rank on, all out of one node; returns how many. rank < count. */
#define SKIP_RUN_MAX 64
unsigned skiplist_take_run(struct skiplist *s, uint64_t rank, unsigned max,
                           struct scored *out[SKIP_RUN_MAX]);

/* A place in the order; any change of the list ends it. node NULL: beyond an end. */
struct skipplace {
    struct skipnode *node;
    unsigned         index;
};
struct skipplace skiplist_at(const struct skiplist *s, uint64_t rank); /* rank >= count: none */
struct scored   *skipplace_get(struct skipplace p);
struct skipplace skipplace_next(struct skipplace p);
struct skipplace skipplace_prev(struct skipplace p);

/* A cut through the order: by score, by member, or by score then member. Items equal to it lie
 * before it when `past` is set. Cutting by member alone supposes that all scores are equal. */
struct skipcut {
    bool         by_score, by_member, past;
    double       score;
    struct slice member;
};
/* The rank of the first item not before the cut, count when there is none; *at (may be NULL) is its
 * place. */
uint64_t skiplist_rank(const struct skiplist *s, const struct skipcut *cut, struct skipplace *at);

bool skiplist_check(const struct skiplist *s);

#endif
