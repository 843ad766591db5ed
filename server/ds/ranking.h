/* ranking.h: scored members in order: a B+ tree that counts, so that ranks take O(log n).
 *
 * Order: score, then member (memcmp, shorter first). The items are the owner's (a zset's table holds
 * them too). Leaves hold runs of items and are chained; inner nodes know enough of the first key
 * below each child that a descent reads nodes only, and how many items are there. Nodes are drawn in
 * ranking_node.h. OBJECT ENCODING calls it "skiplist", as clients expect.
 *
 * Invariants, asserted together by ranking_check(), beside those of the nodes:
 *   R1  items ascend strictly within leaves and from leaf to leaf; no node is empty.
 *   R2  all leaves are `height` levels below the root and chained in order from first to last.
 *   R3  count is the number of items, footprint the heap bytes of the nodes.
 *   R4  an inner root has at least two children.
 * Scores are never NaN. Locking: none; one owner (ranking_fini: any thread). */
#ifndef ASHLAR_SERVER_DS_RANKING_H
#define ASHLAR_SERVER_DS_RANKING_H

#include "server/ds/scored.h"

struct move_cursor;
struct mover;

#define RANKLEAF_BYTES 320
#define RANK_RUN_MAX   40 /* items of a leaf, at most */

struct freeing;
struct rankleaf;

struct ranking {
    struct ash_heap *heap;
    void            *root;        /* a leaf when height is 0; NULL: empty */
    struct rankleaf *first, *last;
    uint64_t         count;
    unsigned         height;
    size_t           footprint;
};

void ranking_init(struct ranking *r, struct ash_heap *heap);
void ranking_fini(struct ranking *r); /* the nodes; not the items */
bool ranking_drain(struct ranking *r, struct freeing *f); /* the same piece by piece (freeing.h) */
/* Of an empty one, from items in ascending order: much faster than one by one. */
void ranking_build(struct ranking *r, struct scored *const *items, uint64_t count);

/* No item of the same score and member may be there. */
void ranking_put(struct ranking *r, struct scored *it);
/* Takes exactly this item, known to be there. */
void ranking_take(struct ranking *r, const struct scored *it);
/* The item, known to be there, gets another score, and its place. */
void ranking_move(struct ranking *r, struct scored *it, double score);
/* Takes up to max items from a rank on, all out of one leaf; returns how many. rank < count. */
unsigned ranking_take_run(struct ranking *r, uint64_t rank, unsigned max,
                          struct scored *out[RANK_RUN_MAX]);

/* A place in the order; any change ends it. leaf NULL: beyond an end. */
struct rankplace {
    struct rankleaf *leaf;
    unsigned         index;
};
struct rankplace ranking_at(const struct ranking *r, uint64_t rank); /* rank >= count: none */
struct scored   *rankplace_get(struct rankplace p);
struct rankplace rankplace_next(struct rankplace p);
struct rankplace rankplace_prev(struct rankplace p);
/* The items from p on that its leaf holds, at most max, and their number; p moves behind them. The
 * next leaf and the items are being fetched when it returns. */
unsigned rankplace_run(struct rankplace *p, bool backwards, unsigned max,
                       struct scored *out[RANK_RUN_MAX]);

/* A cut through the order: by score, by member, or by score then member. Items equal to it lie
 * before it when `past` is set. Cutting by member alone supposes that all scores are equal. */
struct rankcut {
    bool         by_score, by_member, past;
    double       score;
    struct slice member;
};
/* The rank of the first item not before the cut, count when there is none; *at (may be NULL) is its
 * place. */
uint64_t ranking_rank(const struct ranking *r, const struct rankcut *cut, struct rankplace *at);
/* Fetches the leaf where an item of this key is or would be put. */
void     ranking_prefetch(const struct ranking *r, double score, struct slice member);

/* Moves the nodes, leaf by leaf in the order of ranks (mover.h, ranking_compact.c), and what move_item
 * (NULL: nothing) makes of each item: it returns where the item is from now on, with the same score
 * and member. Uses c->at. */
bool ranking_compact(struct ranking *r, struct mover *m, struct move_cursor *c,
                     void *(*move_item)(struct mover *m, void *item, void *arg), void *arg);

bool ranking_check(const struct ranking *r);

#endif
