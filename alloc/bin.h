/* bin.h: one size class within an arena: a current slab to allocate from, and the rest by fullness.
 *
 * The bin holds the slots that were free in a group (64 slots) of the current slab when it came to
 * it, a bit each, and hands them out lowest first; what is freed there meanwhile is looked at when
 * these have gone. When the slab is used up, the fullest of the others is next, so that sparse
 * slabs drain. A slab is refiled only when its free slots pass an eighth (slab->mark), so a free
 * costs one countdown, whose end is seen where the next free's slot is looked up (slab.h). What the
 * common path needs is in struct bin, one cache line; the rest is in the shelf of the same number.
 *
 * Slabs picked to be drained have lists of their own, from which nothing is allocated; they are
 * refiled only when they are empty. One of them may be looked through, a group at a time: that one
 * is in no list and does not even go when it is empty.
 *
 *   B1  every slab but the current one and the one looked through is in the list its FREE slots say,
 *       or in one of those being drained.
 *   B2  an empty slab is returned at once, unless it is the current one.
 *   B3  the slots of `bits` are FREE. They count as taken in `taken` and `nmalloc` already, so
 *       that handing one out counts nothing: live slots == taken - bits - returned ones.
 * All zero is a valid bin that was never used, so that an arena touches few pages of metadata.
 * Locking: whoever has the arena. Counters may be read by anyone. */
#ifndef ASHLAR_ALLOC_BIN_H
#define ASHLAR_ALLOC_BIN_H

#include "alloc/counter.h"
#include "alloc/slab.h"

struct bin {
    _Alignas(64) uint64_t bits; /* slots of the current group still to be handed out */
    char          *slots;     /* address of the group's first slot */
    uint8_t       *state;     /* and of its state */
    size_t         slot_size; /* 0: bin never used */
    struct counter taken;     /* slots of `bits`, live, and returned by others but not collected */
    struct counter requested; /* bytes asked for, less what the owner freed: see shelf */
    struct slab   *slab;      /* current, or NULL */
};
_Static_assert(sizeof(struct bin) == 64, "the common path of a bin is one cache line");

struct shelf {
    _Alignas(64) struct slab *lists[SLAB_LISTS]; /* oldest first */
    struct slab   *tails[SLAB_LISTS];
    uint32_t       counts[SLAB_LISTS];
    const char    *low, *high;                   /* slabs ever lay between */
    const char    *above;                        /* where bin_drain picks, or last did */
    unsigned       group;                        /* of the current slab */
    unsigned       look_group;                   /* of the one below, to be looked at next */
    struct slab   *looking;                      /* being drained and looked through; or NULL */
    struct counter drain_slots;                  /* of slabs being drained */
    struct counter slots_total, slabs, slabs_full;
    struct counter nmalloc, fills, slabs_ever, reslabs; /* since the heap began */
    struct counter collected;                    /* of remote_count */
    _Alignas(64) struct counter remote_count, remote_requested; /* freed by others: any thread */
};

/* Which slabs are picked to be drained, in steps, one bin after the other: rather those that lie high,
 * so that what stays lies together, and with it its descriptors and its part of the page map. A lap
 * over two lists says how many slots lie in which part of the address space; a second one picks what
 * is above the place that leaves room for all that lives. All zero: at the start. */
#define PICK_PARTS 128
struct bin_pick {
    unsigned    cls;        /* the bin's number */
    unsigned    list;       /* the emptier of two; 0: not begun */
    bool        picks;      /* the second lap */
    uint32_t    left[2];    /* of either list, to be looked at in this lap */
    size_t      parts[PICK_PARTS]; /* slots */
};

struct arena;
struct tcache_slot;

/* cls < CLASS_COUNT is the bin's number in the arena. */
/* Makes the current group one with a free slot, taking a filed slab if need be. False: all full. */
bool bin_advance(struct arena *a, unsigned cls);
/* Makes a fresh slab the current one, after bin_advance had none. False: no memory. */
bool bin_grow(struct arena *a, unsigned cls);
/* Where there is no memory for a fresh slab: one with less than an eighth free. False: none. */
bool bin_scrape(struct arena *a, unsigned cls);
/* Moves up to `count` slots of the current group to caches: `end` is where the last goes, lower ones
 * before it in memory coming later. How many. */
uint32_t bin_take_cached(struct bin *b, struct tcache_slot *end, uint32_t count);
/* A free found none of s->left left: refile or return the slab. */
void bin_crossed(struct slab *s);
/* So many slots of s have become free at once. */
void bin_freed(struct slab *s, uint32_t count);
/* Takes s out of its bin with its objects, for which `size` bytes were asked, and files it in another
 * arena's, which then is its. */
void bin_give(struct slab *s, size_t size);
void bin_receive(struct arena *a, struct slab *s, size_t size);
/* Looks at up to *max slabs, which it takes off *max, and picks those to be drained that the others have
 * room for, if a quarter is free: adds their bytes to *bytes. True: there is more to look at. */
bool bin_drain(struct arena *a, unsigned cls, unsigned *max, size_t *bytes);
size_t bin_drain_gain(const struct arena *a, unsigned cls); /* about what that would add up to */
/* The live slots of the next group, of slabs being drained, that has any, and their number; looks at up
 * to *max groups, which it takes off *max. False: all have been looked through. */
bool bin_look(struct arena *a, unsigned cls, void *objects[SLAB_GROUP], unsigned *count, unsigned *max);
/* Files up to *max slabs being drained as any others, which it takes off *max. True: there are more. */
bool bin_drain_end(struct arena *a, unsigned cls, unsigned *max);
/* Returns the current slab's pages if nothing is in it. */
void bin_release_empty(struct arena *a, unsigned cls);
/* Returns all slabs, whatever is in them, but no more than *left, which it takes them off; in the end
 * counts from 0 again. True: there are more. */
bool bin_drop(struct arena *a, unsigned cls, unsigned *left);
bool bin_check(const struct arena *a, unsigned cls);

static inline void bin_count_remote(struct shelf *f, size_t size) {
    counter_add_shared(&f->remote_count, 1);
    counter_add_shared(&f->remote_requested, size);
}

/* Slots that others have freed and nobody collected. Any thread. */
static inline size_t bin_returned(const struct shelf *f) {
    return counter_get(&f->remote_count) - counter_get(&f->collected);
}
/* Slots in the hands of callers. */
static inline size_t bin_live(const struct bin *b, const struct shelf *f) {
    uint64_t bits = __atomic_load_n(&b->bits, __ATOMIC_RELAXED);
    return counter_get(&b->taken) - (size_t)__builtin_popcountll(bits) - bin_returned(f);
}
/* What callers asked for, over live slots. */
static inline size_t bin_requested(const struct bin *b, const struct shelf *f) {
    return counter_get(&b->requested) - counter_get(&f->remote_requested);
}

/* A free slot of the current group; NULL: it has none. */
static inline void *bin_take(struct bin *b) {
    uint64_t bits = b->bits;
    if (__builtin_expect(bits == 0, 0)) return NULL;
    size_t at = slab_first(bits);
    __atomic_store_n(&b->bits, bits & (bits - 1), __ATOMIC_RELAXED);
    __atomic_store_n(&b->state[at], SLOT_LIVE, __ATOMIC_RELAXED);
    void *p = b->slots + at * b->slot_size;
    if (p == NULL) __builtin_unreachable(); /* saves the caller's test */
    return p;
}

#endif
