/* arena.h: the bins and pages that one thread allocates from.
 *
 * An arena belongs to a heap and has at most one owner, who works in it without lock or locked
 * instruction:
 *
 *   owner:     gate.busy = 1; if gate.open[seat of the arena]: work; gate.busy = 0
 *   outsider:  take lock; the owner's gate.open[seat] = 0; barrier on all CPUs (membarrier); wait
 *              until the owner's gate.busy is 0; work; gate.open[seat] = 1; drop lock
 *
 * Either the owner's store of busy is seen by the outsider, or the outsider's 0 by the owner. The
 * gate (thread_gate) is the owner's own thread's, so that whoever frees another's object looks at a
 * byte of his and reads no line of the arena's. An arena without owner (several threads share it, or
 * it waits to be adopted) is used under the lock alone; so are all where membarrier is missing, and
 * under ThreadSanitizer. "Having the arena" below means being in either state.
 *
 * Frees by others never wait: they mark the slot and queue its slab (slab.c); collecting them is
 * the work of whoever has the arena.
 *
 *   A1  owner is a thread that is registered (thread.h), so that it disowns under the lock before
 *       its gate goes away.
 *   A2  bins_made has a bit for each bin with a slot_size.
 *   A3  gate.open[seat] is 1 in the thread `open_to`, if any, and 0 in every other. */
#ifndef ASHLAR_ALLOC_ARENA_H
#define ASHLAR_ALLOC_ARENA_H

#include "alloc/assert.h"
#include "alloc/bin.h"
#include "alloc/guard.h"
#include "alloc/pages.h"
#include "alloc/stock.h"
#include "alloc/thread.h"

#define ARENAS_MAX 1024 /* in the process */
_Static_assert(ARENAS_MAX < THREAD_SEATS, "each arena has a seat, and 0 is nobody's");

struct ash_heap;

struct arena {
    /* read by all */
    _Alignas(64) struct ash_heap *heap;
    uint16_t              seat;    /* const: its place in every thread's gate.open */
    _Atomic bool          dropping; /* what is in it is free, though still to be taken apart: drop.h */
    /* whoever has the arena */
    _Alignas(64) struct slab *collecting; /* taken off the queue, still to be collected */
    unsigned              refills;
    bool                  drained; /* slabs were picked to be drained, and it was not ended yet */
    struct stock          stock;
    _Atomic uint64_t      bins_made[2]; /* read by any */
    /* under lock */
    struct lock  lock;
    _Atomic(const void *) owner;
    const void  *open_to;    /* the owner, or NULL while the lock must be taken */
    unsigned     threads;    /* bound to it (shared heaps), under LOCK_HEAPS */
    struct arena *next_spare; /* under LOCK_HEAPS */
    /* any thread */
    _Alignas(64) _Atomic(struct slab *) remote_queue;
    struct pages           pages;
    struct bin             bins[CLASS_COUNT];
    struct shelf           shelves[CLASS_COUNT];
    struct bin_pick        pick;
#ifdef ASHLAR_DEBUG
    struct guard_counts guard;
#endif
};

/* All zero: has nobody's seat and no slot, so that an allocation from it goes the slow way, which finds
 * the caller's arena. What stands where there is none. Never changed. */
extern struct arena arena_none ALLOC_INNER;

/* Once: finds out whether owners may go without the lock. */
void arena_init(void);
/* A new arena, or a spare one whose pages were mapped for the same policy, with no owner. Under
 * LOCK_HEAPS. NULL: no memory. */
struct arena *arena_new(struct ash_heap *h);
/* Frees every object in it, a bounded number of slabs at a time: begin, after which it counts as
 * empty and its pages as dirty, and some until there is no more. Then arena_spare() makes it
 * available again: under LOCK_HEAPS. arena_drop: all at once. */
void arena_drop_begin(struct arena *a);
bool arena_drop_some(struct arena *a);
void arena_drop(struct arena *a);
void arena_spare(struct arena *a);
/* The arenas ever made, spares included: idx below arena_count(). */
unsigned      arena_count(void);
struct arena *arena_at(unsigned idx);

/* Has the arena from lock to unlock, whoever is the owner. */
void arena_lock(struct arena *a);
void arena_unlock(struct arena *a);
/* Gives what its stock has to the page cache. Any thread that has no arena. */
void arena_flush_stock(struct arena *a);
/* While locked: who has it without the lock from now on. NULL: nobody. */
void arena_set_owner(struct arena *a, const void *owner);
const void *arena_owner(const struct arena *a); /* any time */

/* Below: the caller has the arena. */
/* A slot of class cls for `size` bytes. NULL: no memory. */
void *arena_take(struct arena *a, unsigned cls, size_t size);
/* Up to `count` slots of class cls for a thread's cache, CACHED, each counted as requested whole;
 * those that lie lower come last. How many: 0 when there is no memory. */
uint32_t arena_fill(struct arena *a, unsigned cls, struct tcache_slot *slots, uint32_t count);
/* Collects what others freed, until deadline_us or slabs_max slabs. True: there is more. */
bool arena_collect(struct arena *a, unsigned slabs_max, uint64_t deadline_us);
/* Returns slabs that are kept though empty. */
void arena_release_empty(struct arena *a);
/* Queues a slab with remote frees. Any thread. */
void arena_queue_remote(struct arena *a, struct slab *s);
bool arena_check(struct arena *a);
/* A bin is used for the first time. */
void arena_add_bin(struct arena *a, unsigned cls);

/* Calls body with cls for each bin ever used. Any thread. */
#define ARENA_EACH_BIN(a, cls) \
    for (unsigned cls = arena_next_bin((a), 0); cls < CLASS_COUNT; cls = arena_next_bin((a), cls + 1))
static inline unsigned arena_next_bin(const struct arena *a, unsigned cls) {
    for (; cls < CLASS_COUNT; cls = (cls | 63) + 1) {
        uint64_t made = atomic_load_explicit(&a->bins_made[cls / 64], memory_order_relaxed);
        made >>= cls % 64;
        if (made != 0) return cls + (unsigned)__builtin_ctzll(made);
    }
    return CLASS_COUNT;
}

/* Live bytes, small and large. Any thread, no lock. */
size_t arena_used(const struct arena *a);

/* All arenas locked, and back, in the child with other threads' ownership ended. */
void arena_fork_lock(void);
void arena_fork_unlock(bool child);

/* --- The owner's path ------------------------------------------------------------------------ */

/* In a program the gate's place is known, which the compiler puts in a register all the same; nor
 * does it make a compare with memory of an atomic load. */
static inline bool arena_is_open(size_t seat) {
#if defined __x86_64__ && defined __PIE__ && !defined __SANITIZE_THREAD__
    bool open;
    __asm__ volatile("cmpb $0, %%fs:thread_gate@tpoff+%c2(%1)"
                     : "=@ccne"(open)
                     : "r"(seat), "i"(offsetof(struct thread_gate, open))
                     : "memory");
    return open;
#else
    return __atomic_load_n(&thread_gate.open[seat], __ATOMIC_ACQUIRE) != 0;
#endif
}

static inline void arena_set_busy(int busy) {
#if defined __x86_64__ && defined __PIE__ && !defined __SANITIZE_THREAD__
    __asm__ volatile("movl %0, %%fs:thread_gate@tpoff+%c1"
                     :
                     : "i"(busy), "i"(offsetof(struct thread_gate, busy))
                     : "memory");
#else
    atomic_signal_fence(memory_order_seq_cst);
    __atomic_store_n(&thread_gate.busy, busy, __ATOMIC_RELEASE);
    atomic_signal_fence(memory_order_seq_cst); /* membarrier supplies the fence proper */
#endif
}

static inline void arena_leave(void) { arena_set_busy(0); }

static inline bool arena_enter_seat(size_t seat) {
    arena_set_busy(1);
    if (ASH_LIKELY(arena_is_open(seat))) return true;
    arena_leave();
    return false;
}

static inline bool arena_enter(const struct arena *a) { return arena_enter_seat(a->seat); }

/* A slot from the current group of b for `size` bytes. NULL: it has none left. */
static inline void *arena_take_fast(struct bin *b, size_t size) {
    void *p = bin_take(b);
    if (ASH_UNLIKELY(p == NULL)) return NULL;
    counter_add(&b->requested, size);
    slab_note_size(b->slab, p, size);
    return p;
}

enum arena_put { ARENA_PUT, ARENA_PUT_CROSSED, ARENA_PUT_REFUSED };

static inline void arena_count_put(struct bin *b, size_t size) {
    counter_sub(&b->requested, size);
    counter_sub(&b->taken, 1);
}

/* Makes p's slot free. CROSSED: done, and bin_crossed is due. REFUSED: p is no live object of that
 * size, and slab_refuse_put says why. */
static inline enum arena_put arena_put(struct slab *s, const void *p, size_t size) {
    size_t slot;
    if (!slab_slot_at(s, p, &slot) || !slab_put_slot(s, slot, size)) return ARENA_PUT_REFUSED;
    arena_count_put(s->bin, size);
    if (slab_left(s) == 0) return ARENA_PUT_CROSSED;
    counter_sub(&s->left, SLAB_STEP);
    return ARENA_PUT;
}

#endif
