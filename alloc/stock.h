/* stock.h: freed large objects of one arena, kept by their exact number of pages for the next that
 * needs as many.
 *
 * Through the page cache a block of 16 to 128 KiB costs a lock, two trees and the page map's joins
 * and cuts each way; through here it costs a pointer. A parked
 * extent stays on the arena's list of large objects and is counted there; what callers have is that
 * less what the stock counts. To statistics its pages are dirty, as those of the page cache are.
 *
 * What nobody took between two visits (stock_age) goes on to the page cache, and decays from there;
 * where dirty pages are to stay for no time at all, nothing is parked.
 *
 *   K1  parked extents are EXTENT_PARKED, by which freeing one again is found. Their page map stays
 *       as it was, so that no free neighbour joins with them and parking touches nothing else.
 *       They are linked by `left`, each in the stack of its length.
 *   K2  bytes, requested and count are their sums; bytes <= STOCK_BYTES.
 * Locking: whoever has the arena; counters may be read by any. Frees by others pass by. */
#ifndef ASHLAR_ALLOC_STOCK_H
#define ASHLAR_ALLOC_STOCK_H

#include "alloc/classes.h"
#include "alloc/counter.h"

#include <stdbool.h>

#define STOCK_PAGES_MIN (SMALL_MAX / PAGE_SIZE + 1) /* the smallest large object */
#define STOCK_PAGES_MAX 32
#define STOCK_SIZES     (STOCK_PAGES_MAX - STOCK_PAGES_MIN + 1)
#define STOCK_BYTES     (8 * MIB)

struct arena;
struct extent;

struct stock {
    struct extent *stacks[STOCK_SIZES]; /* last parked first */
    unsigned       next_out;            /* the stack that makes room next */
    size_t         low;                 /* the least `bytes` since the last visit */
    struct counter bytes, requested, count;
    struct counter requested_more;      /* what objects were asked for here, less at their last */
    struct counter takes;
};

/* An extent of exactly len bytes, live again, as large_take's for `size` bytes. NULL: none. */
struct extent *stock_take(struct arena *a, size_t len, size_t size);
/* Parks a live large object's extent, which is then free. False: too large, or to be kept by none. */
bool stock_put(struct arena *a, struct extent *x);
/* Gives what was not needed since the last visit on to the page cache. */
void stock_age(struct arena *a);
/* All of it. */
void stock_flush(struct arena *a);
bool stock_check(const struct arena *a);

#endif
