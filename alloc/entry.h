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
/* Refiles the slab and leaves the arena. */
void entry_free_crossed(struct arena *a, struct slab *s);
/* size is what was asked for. Stops the process when p is no large object of that size. */
void entry_free_large(uintptr_t entry, void *p, size_t size);
__attribute__((noreturn, cold)) void entry_bad_pointer(const void *p);
/* align: a power of two. NULL: no memory. */
void *entry_aligned(struct arena *a, size_t size, size_t align);
/* In place, or false. same(cls, size): would `size` be put in class cls? */
bool entry_resize(void *p, size_t old_size, size_t new_size, bool (*same)(unsigned, size_t));
/* Moves a large object's pages to a larger place in arena a. NULL: copy instead. */
void *entry_move(struct arena *a, void *p, size_t new_size);

/* The bin's address once, not a sum in each access. */
static inline struct bin *entry_bin(struct arena *a, size_t cls) {
    struct bin *b = &a->bins[cls];
    __asm__("" : "+r"(b));
    return b;
}

/* The common case alone: the caller owns the arena and the current word has a slot. NULL: try
 * entry_small(), or entry_small_slow() at once. */
static inline void *entry_small_fast(struct arena *a, size_t cls, size_t size) {
    if (ASH_UNLIKELY(!arena_enter(a))) return NULL;
    void *p = arena_take_fast(a, entry_bin(a, cls), size);
    arena_leave(a);
    return p;
}

/* The same for all of a slot, whatever its size. */
static inline void *entry_slot_fast(struct arena *a, size_t cls) {
    if (ASH_UNLIKELY(!arena_enter(a))) return NULL;
    struct bin *b = entry_bin(a, cls);
    void       *p = arena_take_fast(a, b, b->slot_size);
    arena_leave(a);
    return p;
}

static inline void *entry_small(struct arena *a, size_t cls, size_t size) {
    if (ASH_UNLIKELY(!arena_enter(a))) return entry_small_slow(a, (unsigned)cls, size);
    struct bin *b = entry_bin(a, cls);
    void       *p = arena_take_fast(a, b, size);
    if (p == NULL && bin_again(b)) p = arena_take_fast(a, b, size);
    arena_leave(a);
    return ASH_LIKELY(p != NULL) ? p : entry_small_slow(a, (unsigned)cls, size);
}

/* size may be ARENA_PUT_WHOLE. */
static inline void entry_free_small(struct slab *s, void *p, size_t size) {
    struct arena *a = s->arena;
    if (ASH_UNLIKELY(!arena_enter(a))) {
        slab_free_remote(s, p, size != ARENA_PUT_WHOLE ? size : s->slot_size);
        return;
    }
    enum arena_put done = arena_put(a, s, p, size);
    if (ASH_LIKELY(done == ARENA_PUT)) {
        arena_leave(a);
    } else if (done == ARENA_PUT_CROSSED) {
        entry_free_crossed(a, s);
    } else {
        slab_refuse(s, p, size);
    }
}

#endif
