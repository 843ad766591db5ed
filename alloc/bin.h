/* bin.h: one size class within an arena: a current slab to allocate from, and the rest by fullness.
 *
 * Allocation takes the next free bit of the current word of the current slab. When that slab is
 * used up, the fullest of the others is next, so that sparse slabs drain. A slab is refiled only
 * when its free slots pass an eighth (slab->mark), so a free costs one compare.
 *
 *   B1  every slab but the current one is in the list its free_count says.
 *   B2  an empty slab is returned at once, unless it is the current one.
 * All zero is a valid bin that was never used, so that an arena touches few pages of metadata.
 * Locking: whoever has the arena. Counters may be read by anyone. */
#ifndef ASHLAR_ALLOC_BIN_H
#define ASHLAR_ALLOC_BIN_H

#include "alloc/counter.h"
#include "alloc/slab.h"

struct bin {
    _Alignas(64) struct slab_word *word;       /* where allocation looks; NULL: bin never used */
    char             *word_slots; /* address of the word's first slot */
    struct slab      *slab;       /* current; NULL: none, and word has nothing free */
    uint32_t          slot_size;
    uint32_t          cls;
    struct counter    slots_used; /* not free; what others freed counts until it is collected */
    struct counter    slots_total, slabs, slabs_full;
    struct slab      *lists[SLAB_LISTS]; /* oldest first */
    struct slab      *tails[SLAB_LISTS];
};

void bin_init(struct bin *b, unsigned cls);
/* Makes the current word one with a free slot, taking a filed slab if need be. False: all full. */
bool bin_advance(struct bin *b);
/* Makes a fresh slab the current one; the bin has no free slot. False: no memory. */
bool bin_grow(struct bin *b, struct arena *a);
/* free_count has risen to the mark: refile or return the slab. */
void bin_crossed(struct bin *b, struct slab *s);
/* free_count has risen by any amount, from `before`. */
void bin_refile(struct bin *b, struct slab *s, uint32_t before);
/* Returns the current slab's pages if nothing is in it. */
void bin_release_empty(struct bin *b);
/* Returns all slabs, whatever is in them. */
void bin_drop(struct bin *b);
bool bin_check(const struct bin *b, const struct arena *a);

/* A free slot of the current word; NULL: it has none. */
static inline void *bin_take(struct bin *b) {
    if (__builtin_expect(b->word == NULL, 0)) return NULL;
    uint64_t bits = atomic_load_explicit(&b->word->free, memory_order_relaxed);
    if (__builtin_expect(bits == 0, 0)) return NULL;
    atomic_store_explicit(&b->word->free, bits & (bits - 1), memory_order_relaxed);
    b->slab->free_count--;
    counter_add(&b->slots_used, 1);
    void *p = b->word_slots + (size_t)__builtin_ctzll(bits) * b->slot_size;
    if (p == NULL) __builtin_unreachable(); /* saves the caller's test */
    return p;
}

#endif
