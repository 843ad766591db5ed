/* slab.h: an extent cut into slots of one size class, with its bitmaps out of line.
 *
 * Each word of 64 slots has two bitmaps side by side: `free`, written by whoever has the arena, and
 * `remote`, where other threads mark the slots they have freed until the owner collects them.
 *
 *   L1  bits beyond slot_count are never set; free and remote are disjoint.
 *   L2  free_count == bits set in free.
 *   L3  every page's page map entry is the slab; the extent is LIVE.
 * Locking: all but `pending`, `remote` and `remote_next` belong to the one who has the arena. The
 * const fields may be read by anyone who holds a live object of the slab: such an object also keeps
 * the slab from going away. */
#ifndef ASHLAR_ALLOC_SLAB_H
#define ASHLAR_ALLOC_SLAB_H

#include "alloc/classes.h"

#include <stdatomic.h>

struct arena;
struct bin;
struct extent;

struct slab_word {
    _Atomic uint64_t free;
    _Atomic uint64_t remote;
};

#define SLAB_MARK_NEVER UINT32_MAX
#define SLAB_LIST_FULL  8 /* and 0..7: by eighths of free slots, 0 the fullest */
#define SLAB_LISTS      9

struct slab {
    /* const */
    char         *base;
    struct arena *arena;
    uint32_t      reciprocal, slot_size, slot_count;
    uint32_t      cls;
    struct bin   *bin;
    /* owner */
    uint32_t      free_count;
    uint32_t      mark; /* a free that makes free_count this much calls bin_crossed */
    uint32_t      list; /* which of the bin's lists; meaningless for the bin's current slab */
    struct slab  *prev, *next;
    struct extent *extent; /* const */
    /* any thread */
    _Atomic uint64_t pending;     /* remote frees announced and not collected: a count */
    struct slab     *remote_next; /* in the arena's queue of slabs with pending frees */
#ifdef ASHLAR_DEBUG
    uint16_t *requested; /* by slot; behind the words */
#endif
    struct slab_word words[];
};

static inline unsigned slab_word_count(const struct slab *s) { return (s->slot_count + 63) / 64; }

/* A slab with every slot free. NULL: no memory. */
struct slab *slab_new(struct arena *a, unsigned cls, size_t len);
/* Takes the slab's pages back, whatever is in it. */
void slab_free(struct slab **sp);
/* Marks `size` bytes at p as freed by a thread that does not own the arena. Stops the process when
 * p is no live object. The slab may be gone when this returns. */
void slab_free_remote(struct slab *s, const void *p, size_t size);
/* Moves remote frees into `free`: how many. *again: some are announced and still to come. */
unsigned slab_collect(struct slab *s, bool *again);
/* Stops the process, saying what is wrong with a free of p. */
__attribute__((noreturn, cold)) void slab_bad_free(const struct slab *s, const void *p);
bool slab_check(const struct slab *s);

/* The slot of p, which must be the address of one. */
static inline unsigned slab_slot_of(const struct slab *s, const void *p) {
    unsigned slot;
    size_t   offset = (size_t)((const char *)p - s->base);
    bool     start = class_slot_at(s->reciprocal, offset, &slot);
    if (__builtin_expect(!start || slot >= s->slot_count, 0)) slab_bad_free(s, p);
    return slot;
}

/* Stops the process unless slot is live and nobody has freed it. */
static inline void slab_assert_live(const struct slab *s, unsigned slot, const void *p) {
    const struct slab_word *w = &s->words[slot / 64];
    uint64_t gone = atomic_load_explicit(&w->free, memory_order_relaxed) |
                    atomic_load_explicit(&w->remote, memory_order_relaxed);
    if (__builtin_expect(gone >> (slot % 64) & 1, 0)) slab_bad_free(s, p);
}

/* Debug builds know each object's exact size; others only that it fits. */
static inline void slab_note_size(struct slab *s, const void *p, size_t size) {
#ifdef ASHLAR_DEBUG
    s->requested[slab_slot_of(s, p)] = (uint16_t)size;
#else
    (void)s, (void)p, (void)size;
#endif
}

/* Stops the process, as `size` is not what was asked for p. */
__attribute__((noreturn, cold)) void slab_bad_size(const struct slab *s, const void *p,
                                                   size_t size);

static inline void slab_assert_size(const struct slab *s, unsigned slot, const void *p,
                                    size_t size) {
#ifdef ASHLAR_DEBUG
    if (size != s->requested[slot]) slab_bad_size(s, p, size);
#endif
    (void)slot;
    if (__builtin_expect(size > s->slot_size, 0)) slab_bad_size(s, p, size);
}

#endif
