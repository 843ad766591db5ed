/* entry.h: what the two doors share: ash_alloc and friends (alloc.c) and the malloc family
 * (libc.c). Inlines only where the common path needs them. No state, no locking of its own. */
#ifndef ASHLAR_ALLOC_ENTRY_H
#define ASHLAR_ALLOC_ENTRY_H

#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/heap.h"
#include "alloc/large.h"
#include "alloc/pagemap.h"

#define EVEN_MAX ((size_t)128) /* classes are evenly spaced up to here: no branch, no bit scan */

void *entry_small_slow(struct arena *a, unsigned cls, size_t size);
/* Stops the process when p is no live object of s of that size. */
void entry_free_small(struct slab *s, void *p, size_t size);
/* size is what was asked for. Stops the process when p is no large object of that size. */
void entry_free_large(uintptr_t entry, void *p, size_t size);
__attribute__((noreturn, cold)) void entry_bad_pointer(const void *p);
/* align: a power of two. NULL: no memory. */
void *entry_aligned(struct arena *a, size_t size, size_t align);
/* In place, or false. same(cls, size): would `size` be put in class cls? */
bool entry_resize(void *p, size_t old_size, size_t new_size, bool (*same)(unsigned, size_t));
/* Moves a large object's pages to a larger place in arena a. NULL: copy instead. */
void *entry_move(struct arena *a, void *p, size_t new_size);

/* A live large object's, not one that lies in its arena's stock. */
static inline bool entry_is_large(uintptr_t entry) {
    return pagemap_kind(entry) == PAGEMAP_LARGE &&
           extent_state(pagemap_extent(entry)) == EXTENT_LIVE;
}

/* The common case alone: the caller owns the arena and the current group has a slot. NULL: try
 * entry_small(), or entry_small_slow() at once. */
static inline void *entry_small_fast(struct arena *a, struct bin *b, size_t size) {
    if (ASH_UNLIKELY(!arena_enter(a))) return NULL;
    void *p = arena_take_fast(b, size);
    arena_leave();
    return p;
}

/* The same for all of a slot, whatever its size. */
static inline void *entry_slot_fast(struct arena *a, struct bin *b) {
    return entry_small_fast(a, b, b->slot_size);
}

/* The bin for 1..EVEN_MAX bytes: sizes, classes and bins advance in step, so that the size rounded
 * up is the bin's place. In fine classes each 8 bytes are a bin, in general ones each 16 the odd. */
static inline struct bin *entry_bin_fine(struct arena *a, size_t size) {
    size_t at = (size - 1) & ~(size_t)7;
    return (struct bin *)((char *)a->bins + at * (sizeof(struct bin) / 8));
}
static inline struct bin *entry_bin_general(struct arena *a, size_t size) {
    size_t at = (size - 1) & ~(size_t)15;
    return (struct bin *)((char *)&a->bins[1] + at * (sizeof(struct bin) / 8));
}

static inline void *entry_small(struct arena *a, unsigned cls, size_t size) {
    void *p = entry_small_fast(a, &a->bins[cls], size);
    return ASH_LIKELY(p != NULL) ? p : entry_small_slow(a, cls, size);
}


#endif
