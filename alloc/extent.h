/* extent.h: a run of whole pages with one state, in one arena's page cache.
 *
 * Slabs and large objects are both views onto an extent; pages.c splits and joins them.
 *
 *   E1  base and len are multiples of PAGE_SIZE, and len > 0.
 *   E2  an extent is in exactly one set, except while LIVE, BUSY or PARKED: then in none.
 *   E3  the page map finds a free extent from its first and last page, as PAGEMAP_FREE.
 *   E4  no_seat is 0 for ever: pagemap.h.
 * Locking: the pages lock of x->pages, save that a LIVE extent's holder may read all and a
 * neighbour may read `pages` and `state` at any time: the memory of an extent always stays an
 * extent, and only the lock of its own pages moves it in or out of them. */
#ifndef ASHLAR_ALLOC_EXTENT_H
#define ASHLAR_ALLOC_EXTENT_H

#include "alloc/sizes.h"

#include <stdatomic.h>

struct pages;

enum extent_state {
    EXTENT_DIRTY,    /* free, pages resident */
    EXTENT_MUZZY,    /* free, the kernel may take the pages */
    EXTENT_RETAINED, /* free, no pages behind it */
    EXTENT_LIVE,     /* in use */
    EXTENT_BUSY,     /* out of its set while a system call works on it */
    EXTENT_PARKED,   /* a freed large object in its arena's stock */
};
#define EXTENT_SETS 3 /* the first three states have a set each */

struct extent {
    _Alignas(64) _Atomic(struct pages *) pages;
    _Atomic uint8_t           state;  /* enum extent_state */
    bool                      zeroed; /* every byte reads zero */
    uint16_t                  no_seat[2];
    char                     *base;
    size_t                    len;       /* bytes */
    struct extent            *left;      /* in a set: the tree. Parked: the next below */
    union {
        struct extent *right;     /* in a set: the tree */
        size_t         requested; /* a large object, also parked: the size asked for */
    };
    struct extent            *prev, *next;  /* in a set: by age. Large objects: the arena's */
};
_Static_assert(sizeof(struct extent) == 64, "an extent is one cache line");

/* A fresh descriptor, LIVE. NULL: no metadata. */
struct extent *extent_new(struct pages *pages, char *base, size_t len, bool zeroed);
void           extent_free(struct extent **xp);
/* x or another descriptor of the same run, where that lets a page of them become empty. For who has x
 * to itself: in no set, not in the page map, and known to nobody. */
struct extent *extent_resettle(struct extent *x);
/* Cuts x at `at` bytes: returns the tail, keeps the head in x. NULL: no metadata, x untouched. */
struct extent *extent_split(struct extent *x, size_t at);
/* Takes `after`, which begins where x ends, into x. */
void extent_join(struct extent *x, struct extent *after);
bool extent_check(const struct extent *x);

static inline enum extent_state extent_state(const struct extent *x) {
    return (enum extent_state)atomic_load_explicit(&x->state, memory_order_relaxed);
}
static inline void extent_set_state(struct extent *x, enum extent_state state) {
    atomic_store_explicit(&x->state, (uint8_t)state, memory_order_relaxed);
}

#endif
