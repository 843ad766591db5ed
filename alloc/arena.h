/* arena.h: the bins and pages that one thread allocates from.
 *
 * An arena belongs to a heap and has at most one owner, who works in it without lock or locked
 * instruction:
 *
 *   owner:     busy = 1; if fast_owner is still me: work; busy = 0
 *   outsider:  take lock; fast_owner = NULL; barrier on all CPUs (membarrier); wait for busy == 0;
 *              work; fast_owner = owner; drop lock
 *
 * Either the owner's store of busy is seen by the outsider, or the outsider's NULL by the owner. An
 * arena without owner (several threads share it, or it waits to be adopted) is used under the lock
 * alone; so are all where membarrier is missing, and under ThreadSanitizer. "Having the arena"
 * below means being in either state.
 *
 * Frees by others never wait: they set a bit in the slab and queue it (slab.c); collecting them is
 * the work of whoever has the arena.
 *
 *   A1  used - remote_used == bytes of live small slots; requested and count likewise.
 *   A2  remote_used - collected_used == bytes freed by others and not yet collected. */
#ifndef ASHLAR_ALLOC_ARENA_H
#define ASHLAR_ALLOC_ARENA_H

#include "alloc/assert.h"
#include "alloc/bin.h"
#include "alloc/pages.h"
#include "alloc/thread.h"

#define ARENAS_MAX 1024 /* in the process */

struct ash_heap;

struct arena {
    /* the owner's path */
    _Atomic(const void *) fast_owner; /* owner, or NULL while the lock must be taken */
    _Atomic int           busy;
    struct counter        used, requested;          /* small objects: whoever has the arena */
    struct counter        collected_used, collected_count;
    struct ash_heap      *heap;
    struct slab          *collecting; /* taken off the queue, still to be collected */
    /* under lock */
    struct lock  lock;
    _Atomic(const void *) owner;
    unsigned     threads;    /* bound to it (shared heaps), under LOCK_HEAPS */
    struct arena *next_spare; /* under LOCK_HEAPS */
    /* any thread */
    _Alignas(64) struct counter remote_used;
    struct counter        remote_requested, remote_count;
    _Atomic(struct slab *) remote_queue;
    struct pages           pages;
    struct bin             bins[CLASS_COUNT];
};

/* Once: finds out whether owners may go without the lock. */
void arena_init(void);
/* A new arena, or a spare one, with no owner. Under LOCK_HEAPS. NULL: no memory. */
struct arena *arena_new(struct ash_heap *h);
/* Frees every object in it. Then arena_spare() makes it available again: under LOCK_HEAPS. */
void arena_drop(struct arena *a);
void arena_spare(struct arena *a);
/* The arenas ever made, spares included: idx below arena_count(). */
unsigned      arena_count(void);
struct arena *arena_at(unsigned idx);

/* Has the arena from lock to unlock, whoever is the owner. */
void arena_lock(struct arena *a);
void arena_unlock(struct arena *a);
/* While locked: who has it without the lock from now on. NULL: nobody. */
void arena_set_owner(struct arena *a, const void *owner);
const void *arena_owner(const struct arena *a); /* any time */

/* Below: the caller has the arena. */
/* A slot of class cls for `size` bytes. NULL: no memory. */
void *arena_take(struct arena *a, unsigned cls, size_t size);
/* Collects what others freed, until deadline_us or slabs_max slabs. True: there is more. */
bool arena_collect(struct arena *a, unsigned slabs_max, uint64_t deadline_us);
/* Returns slabs that are kept though empty. */
void arena_release_empty(struct arena *a);
/* Queues a slab with remote frees. Any thread. */
void arena_queue_remote(struct arena *a, struct slab *s);
bool arena_check(struct arena *a);

/* Live bytes, small and large. Any thread, no lock. */
size_t arena_used(const struct arena *a);

/* All arenas locked, and back, in the child with other threads' ownership ended. */
void arena_fork_lock(void);
void arena_fork_unlock(bool child);

/* --- The owner's path ------------------------------------------------------------------------ */

/* A compare with memory, which the compiler won't make of an atomic load. */
static inline bool arena_is_fast_for(const struct arena *a, const void *me) {
#if defined __x86_64__ && !defined __SANITIZE_THREAD__
    bool same;
    __asm__ volatile("cmpq %2, %1" : "=@cce"(same) : "m"(a->fast_owner), "r"(me) : "memory");
    return same;
#else
    return atomic_load_explicit(&a->fast_owner, memory_order_acquire) == me;
#endif
}

static inline bool arena_enter(struct arena *a) {
    const void *me = thread_self();
    if (ASH_UNLIKELY(!arena_is_fast_for(a, me))) return false;
    atomic_store_explicit(&a->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* membarrier supplies the fence proper */
    if (ASH_LIKELY(arena_is_fast_for(a, me))) return true;
    atomic_store_explicit(&a->busy, 0, memory_order_release);
    return false;
}

static inline void arena_leave(struct arena *a) {
    atomic_store_explicit(&a->busy, 0, memory_order_release);
}

/* A slot from the current word of b, a bin of a, for `size` bytes. NULL: it has none left. */
static inline void *arena_take_fast(struct arena *a, struct bin *b, size_t size) {
    void *p = bin_take(b);
    if (ASH_UNLIKELY(p == NULL)) return NULL;
    counter_add(&a->used, b->slot_size);
    counter_add(&a->requested, size);
    slab_note_size(b->slab, p, size);
    return p;
}

#define ARENA_PUT_WHOLE SIZE_MAX /* as a size: the slot's, for a free that has none; a constant */

enum arena_put { ARENA_PUT, ARENA_PUT_CROSSED, ARENA_PUT_REFUSED };

/* Marks p's slot free. CROSSED: done, and bin_crossed is due. REFUSED: p is no live object of that
 * size, nothing is done, and slab_refuse says why. */
static inline enum arena_put arena_put(struct arena *a, struct slab *s, const void *p,
                                       size_t size) {
    size_t slot;
    if (ASH_UNLIKELY(!slab_slot_at(s, p, &slot))) return ARENA_PUT_REFUSED;
    struct slab_word *w = &s->words[slot / 64];
    __asm__("" : "+r"(w)); /* once: not part of three addresses */
    uint64_t freed = w->freed;
    uint64_t live = w->taken ^ (freed ^ atomic_load_explicit(&w->remote, memory_order_relaxed));
    if (ASH_UNLIKELY(!(live >> (slot % 64) & 1))) return ARENA_PUT_REFUSED;
    size_t slot_size = s->slot_size;
    if (__builtin_constant_p(size) && size == ARENA_PUT_WHOLE) {
        size = slot_size;
    } else if (ASH_UNLIKELY(!slab_fits(s, slot, size))) {
        return ARENA_PUT_REFUSED;
    }
    __atomic_store_n(&w->freed, slab_toggle(freed, slot), __ATOMIC_RELAXED);
    counter_sub(&a->used, slot_size);
    counter_sub(&a->requested, size);
    counter_sub(&s->bin->slots_used, 1);
    return --s->left == 0 ? ARENA_PUT_CROSSED : ARENA_PUT;
}

#endif
