/* stock.h: freed large objects of one arena, kept by their exact number of pages for the next that
 * needs as many. What is common is inline: a block comes and goes in a few dozen instructions.
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
 *   K2  bytes and count are their sums; bytes <= STOCK_BYTES_MAX.
 *   K3  what pages.c counts as requested of large objects, and requested_off, are together what live
 *       ones were asked for.
 * Locking: whoever has the arena; counters may be read by any. Frees by others pass by. */
#ifndef ASHLAR_ALLOC_STOCK_H
#define ASHLAR_ALLOC_STOCK_H

#include "alloc/classes.h"
#include "alloc/counter.h"
#include "alloc/extent.h"

#include <stdbool.h>

#define STOCK_PAGES_MIN (SMALL_MAX / PAGE_SIZE + 1) /* the smallest large object */
#define STOCK_PAGES_MAX 32
#define STOCK_SIZES     (STOCK_PAGES_MAX - STOCK_PAGES_MIN + 1)
#define STOCK_BYTES     (8 * MIB)
#define STOCK_BYTES_MAX (16 * MIB)

struct arena;

struct stock {
    struct extent *stacks[STOCK_SIZES]; /* last parked first */
    unsigned       next_out;            /* the stack that makes room next */
    size_t         most;                /* what may be parked now: STOCK_BYTES to STOCK_BYTES_MAX */
    size_t         low;                 /* the least `bytes` since the last visit */
    struct counter bytes, count;
    struct counter requested_off;       /* may be below zero */
    struct counter takes;
};

/* An extent of exactly len bytes, live again as an object of `size`. NULL: none. */
static inline struct extent *stock_take(struct stock *k, size_t len, size_t size);
/* Parks a live large object's extent, which is then free. False: no such length, or there is no room:
 * stock_put_slow() may make some, or say that none are to be kept. */
static inline bool stock_put(struct stock *k, struct extent *x);
bool               stock_put_slow(struct arena *a, struct extent *x);
/* Gives what was not needed since the last visit on to the page cache. */
void stock_age(struct arena *a);
/* All of it. */
void stock_flush(struct arena *a);
bool stock_check(const struct arena *a);

/* Of a length; STOCK_SIZES and more: there is none. */
static inline size_t stock_stack(size_t len) { return len / PAGE_SIZE - STOCK_PAGES_MIN; }

/* The last of a stack that has one. */
static inline struct extent *stock_pop(struct stock *k, size_t idx) {
    struct extent *x = k->stacks[idx];
    size_t         bytes = counter_get(&k->bytes) - x->len;
    k->stacks[idx] = x->left;
    x->left = NULL;
    counter_set(&k->bytes, bytes);
    counter_sub(&k->count, 1);
    if (bytes < k->low) k->low = bytes;
    extent_set_state(x, EXTENT_LIVE);
    return x;
}

static inline struct extent *stock_take(struct stock *k, size_t len, size_t size) {
    size_t idx = stock_stack(len);
    if (idx >= STOCK_SIZES || k->stacks[idx] == NULL) return NULL;
    struct extent *x = stock_pop(k, idx);
    counter_add(&k->requested_off, size);
    counter_add(&k->takes, 1);
    x->requested = size;
    return x;
}

static inline void stock_push(struct stock *k, size_t idx, struct extent *x) {
    extent_set_state(x, EXTENT_PARKED);
    x->zeroed = false;
    x->left = k->stacks[idx];
    k->stacks[idx] = x;
    counter_add(&k->bytes, x->len);
    counter_sub(&k->requested_off, x->requested);
    counter_add(&k->count, 1);
}

static inline bool stock_put(struct stock *k, struct extent *x) {
    size_t idx = stock_stack(x->len), bytes = counter_get(&k->bytes);
    /* An empty stock may have to stay so, and its first one is to be noticed. */
    if (idx >= STOCK_SIZES || bytes + x->len > k->most || bytes == 0) return false;
    stock_push(k, idx, x);
    return true;
}

#endif
