/* large.h: objects above SMALL_MAX: each is an extent of its own, a whole number of pages.
 *
 * Used bytes of a large object are its pages, so requested + rounding == used as for small ones.
 * The arena's owner takes them from its stock of freed ones and puts them there (stock.h).
 * Locking: the pages lock of the object's arena, taken inside. Any thread, any of these, none of
 * which is to be called while having an arena. */
#ifndef ASHLAR_ALLOC_LARGE_H
#define ASHLAR_ALLOC_LARGE_H

#include "alloc/arena.h"
#include "alloc/meter.h"

/* NULL: no memory. align: a power of two. */
void *large_take(struct arena *a, size_t size, size_t align, bool zero);
/* The same with pages for `room` bytes, into which large_resize() lets it grow. */
void *large_take_room(struct arena *a, size_t size, size_t room);
void  large_put(struct extent *x);
/* The same past the stock, for one that came from there. */
void large_put_pages(struct extent *x);
/* Makes it `size` bytes (above SMALL_MAX) without moving. False: it can't be. */
bool large_resize(struct extent *x, size_t size);
/* Moves it to new pages of `size` bytes in arena a by moving the mapping. NULL: that can't be done;
 * x is untouched. Else x is gone. */
void *large_move(struct arena *a, struct extent *x, size_t size);
/* Its pages become arena a's, as they are. */
void large_give(struct arena *a, struct extent *x);
/* Frees all of an arena's, which the caller has. */
void large_drop(struct arena *a);
bool large_check(struct arena *a);
/* In the hands of callers; any thread. */
struct large_figures {
    size_t used, requested, count, ever;
};
struct large_figures large_figures(const struct arena *a);
/* The arena of a large object. */
static inline struct arena *large_arena(const struct extent *x) {
    struct pages *p = atomic_load_explicit(&x->pages, memory_order_relaxed);
    return (struct arena *)((char *)p - offsetof(struct arena, pages));
}

/* From the stock of an arena that the caller owns: len bytes for an object of `size`. NULL: none. */
static inline void *large_take_parked(struct arena *a, size_t len, size_t size) {
    if (len > STOCK_PAGES_MAX * PAGE_SIZE || ASH_UNLIKELY(!arena_enter(a))) return NULL;
    struct extent *x = stock_take(&a->stock, len, size);
    arena_leave();
    if (x == NULL) return NULL;
    meter_took(len);
    return x->base;
}

/* A live one into such a stock. False: there is no room, or it is another's. */
static inline bool large_park(struct extent *x) {
    struct arena *a = large_arena(x);
    if (ASH_UNLIKELY(!arena_enter(a))) return false;
    size_t len = x->len;
    bool   done = stock_put(&a->stock, x);
    arena_leave();
    if (done) meter_gave(len);
    return done;
}

#endif
