/* bin.h: one size class within an arena: a current slab to allocate from, and the rest by fullness.
 *
 * Allocation hands out the slots that were free in a word of the current slab when it came to it;
 * what is freed there meanwhile is looked at when these have gone. When the slab is used up, the
 * fullest of the others is next, so that sparse slabs drain. A slab is refiled only when its free
 * slots pass an eighth (slab->mark), so a free costs one countdown.
 *
 *   B1  every slab but the current one is in the list its free_count says.
 *   B2  an empty slab is returned at once, unless it is the current one.
 *   B3  word->taken ^ all_taken == the slots still to be handed out, all of them free.
 * All zero is a valid bin that was never used, so that an arena touches few pages of metadata.
 * Locking: whoever has the arena. Counters may be read by anyone. */
#ifndef ASHLAR_ALLOC_BIN_H
#define ASHLAR_ALLOC_BIN_H

#include "alloc/counter.h"
#include "alloc/slab.h"

struct bin {
    _Alignas(64) uint64_t all_taken; /* what `taken` will be when the word is used up */
    uintptr_t         word;       /* the current word's address less the bin's: 0 is all_taken
                                     itself, so that a bin without slab has nothing to give */
    char             *word_slots; /* address of the word's first slot */
    struct slab      *slab;       /* current, or NULL */
    uint32_t          slot_size;  /* 0: bin never used */
    uint32_t          cls;
    uint64_t          valid;      /* the word's bits that are slots; 0 without a slab */
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
/* A free has counted s->left down to 0: refile or return the slab. */
void bin_crossed(struct bin *b, struct slab *s);
/* So many slots of s have become free at once. */
void bin_freed(struct bin *b, struct slab *s, uint32_t count);
/* Returns the current slab's pages if nothing is in it. */
void bin_release_empty(struct bin *b);
/* Returns all slabs, whatever is in them. */
void bin_drop(struct bin *b);
bool bin_check(const struct bin *b, const struct arena *a);

/* A free slot of the current word; NULL: it has none. */
static inline void *bin_take(struct bin *b) {
    uint64_t *word = (uint64_t *)((uintptr_t)b + b->word); /* slab_word.taken */
    uint64_t  taken = *word, bits = taken ^ b->all_taken;
    if (__builtin_expect(bits == 0, 0)) return NULL;
    uint64_t at = slab_first(bits);
    __atomic_store_n(word, slab_toggle(taken, at), __ATOMIC_RELAXED);
    counter_add(&b->slots_used, 1);
    void *p = b->word_slots + at * b->slot_size;
    if (p == NULL) __builtin_unreachable(); /* saves the caller's test */
    return p;
}

/* Once the current word is used up: takes up what has been freed in it since, if anything. Where
 * slabs are nearly full, most allocations come from there. */
static inline bool bin_again(struct bin *b) {
    uint64_t *word = (uint64_t *)((uintptr_t)b + b->word); /* slab_word.taken and .freed */
    uint64_t  bits = ~(word[0] ^ word[1]) & b->valid;
    b->all_taken = word[0] ^ bits;
    return bits != 0;
}

#endif
