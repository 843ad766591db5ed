/* ranking_node.h: the two kinds of node of a ranking, inside it only.
 *
 *   leaf    | prev, next | skip, used, room | hint[room], 2 bytes | item[room], 6 bytes |
 *   inner   | skip, used, room | word[room] | child[room] | count[room] |
 *
 * All keys below a node share their first `skip` bytes (or more). A hint is the two bytes of an
 * item's key after them, a word the eight of the first key below a child: a search in a node reads
 * one array of numbers, and looks at an item only where these are equal to what is sought.
 *
 * A search carries `shared`: how many bytes the key sought has in common with the first key of the
 * node. If that is less than skip, the key differs from all of the node's in the same way as from
 * the first. The first and the last key of a node tell its skip: what they share, those between do.
 *
 * N1  hints and words ascend and are true of the items; skip is at most what the keys share.
 * N2  count is the number of items below a child. */
#ifndef ASHLAR_SERVER_DS_RANKING_NODE_H
#define ASHLAR_SERVER_DS_RANKING_NODE_H

#include "server/ds/ranking.h"

#define LEAF_BYTES RANKLEAF_BYTES
#define INNER_ROOM 42 /* 1016 bytes */

struct rankleaf {
    struct rankleaf *prev, *next; /* NULL at the ends */
    uint16_t         skip;
    uint8_t          used, room;
    uint16_t         hint[];
};

struct rankinner {
    uint16_t skip;
    uint8_t  used, room;
    uint64_t word[];
};

/* A cut: behind the item of this key when `past`, else before it. */
struct rankkey {
    struct scorekey key;
    bool            past;
};

/* Whether the item lies before the cut; they share their first `from` bytes, and *shared in all. */
static inline bool item_before(const struct scored *it, const struct rankkey *cut, size_t from,
                               size_t *shared) {
    struct scorekey k = scorekey_of(it);
    int             c = scorekey_cmp(&k, &cut->key, from, shared);
    return c < 0 || (c == 0 && cut->past);
}

/* --- Leaves ---------------------------------------------------------------------------------- */

struct rankleaf *leaf_new(struct ash_heap *heap);
void             leaf_free(struct rankleaf *l);
size_t           leaf_size(const struct rankleaf *l);

static inline char *leaf_items(const struct rankleaf *l) {
    return (char *)(uintptr_t)(l->hint + l->room);
}
/* The upper six of the eight bytes that end with it: one load, one shift. */
static inline struct scored *leaf_get(const struct rankleaf *l, unsigned i) {
    uint64_t word;
    memcpy(&word, leaf_items(l) + 6 * i - 2, sizeof word);
    return (struct scored *)(uintptr_t)(word >> 16);
}
static inline void leaf_prefetch(const struct rankleaf *l) { /* the node itself, all lines */
    for (unsigned at = 0; at < RANKLEAF_BYTES; at += 64) __builtin_prefetch((const char *)l + at);
}
static inline void leaf_prefetch_items(const struct rankleaf *l, unsigned i, unsigned end) {
    for (; i < end; i++) __builtin_prefetch(leaf_get(l, i));
}

/* How many of its items lie before the cut, which lies behind the first item. */
unsigned leaf_find(const struct rankleaf *l, const struct rankkey *cut, size_t shared);
/* Puts an item at index i; there is room. shared: with the first item, SIZE_MAX to be found out. */
void leaf_put(struct rankleaf *l, unsigned i, const struct scored *it, const struct scorekey *k,
              size_t shared);
void leaf_cut(struct rankleaf *l, unsigned i, unsigned count); /* closes the gap of what was taken */
/* The item at i got another key of the same place. */
void leaf_refit(struct rankleaf *l, unsigned i, const struct scorekey *k);
/* Moves the last `count` items to the front of `to`; or the first ones to its end. */
void leaf_give(struct rankleaf *from, struct rankleaf *to, unsigned count);
void leaf_give_back(struct rankleaf *from, struct rankleaf *to, unsigned count);
/* Takes over all items of the next one. */
void leaf_join(struct rankleaf *l, struct rankleaf *next);
void leaf_fill(struct rankleaf *l, struct scored *const *items, unsigned count); /* an empty one */
void leaf_check(const struct rankleaf *l);
/* The item at i is at another address now, its key as it was. */
static inline void leaf_exchange(struct rankleaf *l, unsigned i, const struct scored *it) {
    uintptr_t p = (uintptr_t)it;
    memcpy(leaf_items(l) + 6 * i, &p, 6);
}

/* --- Inner nodes; level 0 is the lowest, whose children are leaves ----------------------------- */

struct rankinner *inner_new(struct ash_heap *heap, unsigned room);
void              inner_free(struct rankinner *n);
size_t            inner_size(const struct rankinner *n);

static inline void **inner_children(const struct rankinner *n) {
    return (void **)(uintptr_t)(n->word + n->room);
}
static inline uint64_t *inner_counts(const struct rankinner *n) {
    return (uint64_t *)(uintptr_t)(n->word + 2 * n->room);
}
static inline void inner_prefetch(const struct rankinner *n) { /* the words */
    for (unsigned at = 0; at < 8 * INNER_ROOM; at += 64) __builtin_prefetch((const char *)n + at);
}

/* The child that the cut, which lies behind the first key, leads to: the last one whose first key
 * lies before it. *shared: with the node's first key; becomes: with the child's. */
unsigned inner_find(const struct rankinner *n, unsigned level, const struct rankkey *cut,
                    size_t *shared);
/* The first item below child i. */
const struct scored *inner_first(const struct rankinner *n, unsigned i, unsigned level);
void                 inner_put(struct rankinner *n, unsigned i, unsigned level, void *child,
                               uint64_t count);
void                 inner_cut(struct rankinner *n, unsigned i);
/* The first key below child i has become a greater or a smaller one, without passing another's. */
void                 inner_refit(struct rankinner *n, unsigned i, unsigned level, bool grew);
void                 inner_give(struct rankinner *from, struct rankinner *to, unsigned count,
                                unsigned level); /* to the front of `to`, which may be empty */
void                 inner_join(struct rankinner *n, struct rankinner *next, unsigned level);
struct rankinner    *inner_widen(struct ash_heap *heap, struct rankinner *n); /* consumes n */
uint64_t             inner_sum(const struct rankinner *n, unsigned children); /* of the first ones */
void                 inner_check(const struct rankinner *n, unsigned level);

#endif
