/* extent_set.h: free extents of one state: best fit by size, and oldest first by age.
 *
 * A treap ordered by (len, address): the best fit is the smallest that suffices, and among equal
 * sizes the lowest, so high addresses empty out. Beside it a list by age for decay. A node's
 * priority is a hash of its address, so there is nothing to store and no random state.
 *
 *   S1  tree order by (len, base), heap order by priority.
 *   S2  tree and list hold the same extents.
 *   S3  bytes is the sum of their lengths.
 * Locking: the caller's (the pages lock). bytes may be read at any time. */
#ifndef ASHLAR_ALLOC_EXTENT_SET_H
#define ASHLAR_ALLOC_EXTENT_SET_H

#include "alloc/counter.h"
#include "alloc/extent.h"

struct extent_set {
    struct extent *root;
    struct extent *oldest, *newest;
    struct counter bytes;
    size_t         count;
};

/* As the newest. x's len must not change while it is inside. */
void extent_set_put(struct extent_set *s, struct extent *x);
/* As the oldest: what is left of an extent that is being purged slice by slice. */
void extent_set_put_oldest(struct extent_set *s, struct extent *x);
void extent_set_take(struct extent_set *s, struct extent *x);
/* The best fit, or NULL; it stays inside. */
struct extent *extent_set_peek_fit(const struct extent_set *s, size_t len);
/* The longest, or NULL; likewise. */
struct extent *extent_set_peek_longest(const struct extent_set *s);
bool           extent_set_check(const struct extent_set *s);

#endif
