/* slab.h: an extent cut into slots of one size class, with its bitmaps out of line.
 *
 * Each word of 64 slots has three bitmaps side by side. Every allocation of a slot toggles its bit
 * in `taken` and every free its bit in `freed`, so a slot is in use while the two differ: an
 * allocation need not wait for what the last free wrote, nor a free for more than its own slot. In
 * `remote` other threads mark the slots they have freed until the owner collects them.
 *
 *   L1  bits beyond slot_count are never set; remote is a subset of taken ^ freed.
 *   L2  unless it is its bin's current slab (SLAB_MARK_NEVER): mark - left == free slots.
 *   L3  every page's page map entry is the slab; the extent is LIVE.
 *   L4  there is a bit for every address slab_slot_at() calls a slot, the tail's included.
 * Locking: all but `pending`, `remote` and `remote_next` belong to the one who has the arena. The
 * const fields may be read by anyone who holds a live object of the slab, and so may the object's
 * bits: such an object also keeps the slab from going away. */
#ifndef ASHLAR_ALLOC_SLAB_H
#define ASHLAR_ALLOC_SLAB_H

#include "alloc/classes.h"

#include <stdatomic.h>

struct arena;
struct bin;
struct extent;

struct slab_word {
    uint64_t         taken, freed; /* written by atomic stores: others may read */
    _Atomic uint64_t remote;
};

#define SLAB_MARK_NEVER UINT32_MAX
#define SLAB_LIST_FULL  8 /* and 0..7: by eighths of free slots, 0 the fullest */
#define SLAB_LISTS      9

struct slab {
    /* const */
    char         *base;
    struct arena *arena;
    struct bin   *bin;
    uint64_t      inverse; /* ceil(2^64 / slot_size) */
    uint32_t      slot_size;
    /* owner */
    uint32_t      left; /* frees until bin_crossed is due */
    uint32_t      mark; /* free slots then */
    uint32_t      list; /* which of the bin's lists; meaningless for the bin's current slab */
    struct slab  *prev, *next;
    /* const */
    struct extent *extent;
    uint32_t       slot_count, cls;
    /* any thread */
    _Atomic uint64_t pending;     /* remote frees announced and not collected: a count */
    struct slab     *remote_next; /* in the arena's queue of slabs with pending frees */
#ifdef ASHLAR_DEBUG
    uint16_t *requested; /* by slot; behind the words */
#endif
    struct slab_word words[];
};

static inline unsigned slab_word_count(const struct slab *s) { return (s->slot_count + 63) / 64; }
static inline uint64_t slab_bit(size_t slot) { return (uint64_t)1 << (slot % 64); }

/* A slab with every slot free. NULL: no memory. */
struct slab *slab_new(struct arena *a, unsigned cls, size_t len);
/* Takes the slab's pages back, whatever is in it. */
void slab_free(struct slab **sp);
/* Marks `size` bytes at p as freed by a thread that does not own the arena. Stops the process when
 * p is no live object. The slab may be gone when this returns. */
void slab_free_remote(struct slab *s, const void *p, size_t size);
/* Moves remote frees into `freed`: how many. *again: some are announced and still to come. */
unsigned slab_collect(struct slab *s, bool *again);
/* The bits of a word that are slots. */
static inline uint64_t slab_word_valid(const struct slab *s, unsigned idx) {
    unsigned left = s->slot_count - idx * 64;
    return left >= 64 ? ~(uint64_t)0 : slab_bit(left) - 1;
}

/* The free slots among them. What others freed is not. */
static inline uint64_t slab_word_free(const struct slab *s, unsigned idx) {
    return ~(s->words[idx].taken ^ s->words[idx].freed) & slab_word_valid(s, idx);
}
uint32_t slab_count_free(const struct slab *s);
/* Stops the process, saying what is wrong with a free of `size` bytes at p. Not said to be
 * noreturn, as the compiler then gives every path that may end here a stack frame. */
__attribute__((cold)) void slab_refuse(const struct slab *s, const void *p, size_t size);
bool slab_check(const struct slab *s);

/* The slot at p, an address in the slab's pages. False: p is not the start of one. The tail of the
 * slab may count as a slot, never a live one. One multiplication does both: the low half of the
 * product is below the inverse exactly when the division leaves no remainder. */
static inline bool slab_slot_at(const struct slab *s, const void *p, size_t *slot) {
    size_t   offset = (size_t)((const char *)p - s->base);
    uint64_t low;
#if defined __x86_64__ /* a register pair for a 128-bit product costs two saved registers */
    __asm__("mulq %3" : "=a"(low), "=d"(*slot) : "0"(offset), "m"(s->inverse) : "cc");
#else
    unsigned __int128 product = (unsigned __int128)offset * s->inverse;
    low = (uint64_t)product;
    *slot = (size_t)(product >> 64);
#endif
    return low < s->inverse;
}

/* The number of the lowest bit set, in 64 bits: __builtin_ctzll's int costs an extension. The
 * prefix makes it tzcnt where that exists. */
static inline size_t slab_first(uint64_t bits) {
#if defined __x86_64__
    size_t at;
    __asm__("rep bsfq %1, %0" : "=r"(at) : "r"(bits) : "cc");
    return at;
#else
    return (size_t)__builtin_ctzll(bits);
#endif
}

/* bits with the slot's toggled. In one instruction: the compiler takes slot % 64 into a register of
 * its own when the bit is tested as well. */
static inline uint64_t slab_toggle(uint64_t bits, size_t slot) {
#if defined __x86_64__
    __asm__("btcq %1, %0" : "+r"(bits) : "r"(slot) : "cc");
    return bits;
#else
    return bits ^ slab_bit(slot);
#endif
}

/* The slots in use that nobody has freed. Any thread. */
static inline uint64_t slab_word_live(const struct slab_word *w) {
    return __atomic_load_n(&w->taken, __ATOMIC_RELAXED) ^
           __atomic_load_n(&w->freed, __ATOMIC_RELAXED) ^
           atomic_load_explicit(&w->remote, memory_order_relaxed);
}

/* The slot of the live object p of `size` bytes; stops the process when it is none. Any thread. */
size_t slab_live_slot(const struct slab *s, const void *p, size_t size);

/* Debug builds know each object's exact size; others only that it fits. */
static inline void slab_note_size(struct slab *s, const void *p, size_t size) {
#ifdef ASHLAR_DEBUG
    size_t slot;
    if (slab_slot_at(s, p, &slot)) s->requested[slot] = (uint16_t)size;
#else
    (void)s, (void)p, (void)size;
#endif
}

/* May `size` be what was asked for the live object in this slot? */
static inline bool slab_fits(const struct slab *s, size_t slot, size_t size) {
#ifdef ASHLAR_DEBUG
    return size == s->requested[slot];
#else
    (void)slot;
    return size <= s->slot_size;
#endif
}

#endif
