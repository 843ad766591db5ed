/* tcache.h: what one thread has freed through the malloc family and will hand out again.
 *
 * A stack of slots for each general size class, last freed first out, whichever thread's arena they
 * came from: neither end of it takes a lock, looks at an arena or uses a locked instruction. Slots
 * come and go in batches: an empty stack is filled from the thread's arena, a full one gives its
 * older half back, to that arena or, slab by slab, to the queues of others. The stack is an array
 * beside the objects; a cached slot's page is never written to.
 *
 * A slot's state byte says CACHED as long as it lies here, so freeing it again is found as ever.
 * Only slots of the heap "general" are cached, counted there as taken and requested: what callers
 * have is those less tcache_count().
 *
 *   T1  each slot in [floor, top) is CACHED, and in one stack only.
 *   T2  floor <= top <= limit <= floor + capacity; all NULL while the stack was never used.
 *   T3  the sum of (limit - floor) * slot size over all stacks is `budget`, <= TCACHE_BYTES.
 *   T4  a stack with slots that was not filled between two looks loses a quarter of them.
 * Locking: a cache is its thread's. Another may read top and floor at any time (tcache_count). All
 * but putting and getting a slot is done while having the thread's arena (arena.h), so that fork
 * finds stacks whole. Caches are never unmapped; an ended thread's serves the next one. */
#ifndef ASHLAR_ALLOC_TCACHE_H
#define ASHLAR_ALLOC_TCACHE_H

#include "alloc/assert.h"
#include "alloc/counter.h"
#include "alloc/slab.h"
#include "alloc/thread.h"

struct meter_bytes; /* meter.h */

#define TCACHE_BINS     (CLASS_COUNT / 2) /* general classes are the odd ones */
#define TCACHE_BYTES    (2 * MIB)         /* what a thread's stacks may hold together */
#define TCACHE_BIN_MAX  ((size_t)1024)    /* slots in one */
#define TCACHE_BIN_BYTES (128 * KIB)            /* and bytes of slots */

struct tcache_slot {
    void    *p;
    uint8_t *state;
};

struct tcache_bin {
    _Alignas(64) struct tcache_slot *top; /* where the next goes */
    struct tcache_slot *floor, *limit;
    struct counter      gets;             /* requests met from here */
    struct counter      filled;           /* slots brought in */
    struct counter      flushes;
    struct counter      flushed;          /* slots taken out again */
    uint32_t            capacity;         /* of the array */
    bool                was_filled, was_flushed; /* since the last look; since the last fill */
};
_Static_assert(sizeof(struct tcache_bin) == 64, "a stack's head is one cache line");

struct tcache {
    struct tcache_bin bins[TCACHE_BINS + 1]; /* the last never has room: for what is not cached */
    size_t            budget;
    bool              named; /* a program's, not a thread's: tcaches.h */
    unsigned          events, next_look;
    struct tcache    *next_spare; /* under LOCK_HEAPS */
};

/* All zero: neither room nor slots, so that both ways go to the slow path. Never written to. */
extern struct tcache tcache_none ALLOC_INNER;
extern __thread struct tcache *thread_cache TLS_FAST ALLOC_INNER; /* the caller's, or tcache_none */

/* Where a slab's slots go in any struct tcache: an offset. */
static inline uint32_t tcache_place(unsigned cls, bool cached) {
    size_t idx = cached && cls % 2 == 1 ? cls / 2 : TCACHE_BINS;
    return (uint32_t)(offsetof(struct tcache, bins) + idx * sizeof(struct tcache_bin));
}

/* Adds the bytes that it ever handed out and got back. */
void tcache_add_bytes(const struct tcache *t, struct meter_bytes *sum);

/* A new cache, or a spare one. Under LOCK_HEAPS. NULL: no memory, or there are too many. */
struct tcache *tcache_new(void);
/* Takes back a cache with nothing in it. Under LOCK_HEAPS. */
void tcache_put_spare(struct tcache *t);
/* Empties all stacks of a cache that is the caller's to use. */
void tcache_flush(struct tcache *t);
/* In a forked child, whose threads but one are gone: what it has goes to the queues of the slabs. */
void tcache_abandon(struct tcache *t);

/* A slot of a general class for the caller, whose stack for it is empty. NULL: no memory. */
void *tcache_take_slow(unsigned cls);
/* The same from a cache by number, for a thread whose arena of the heap "general" this is. */
void *tcache_take_from(struct tcache *t, struct arena *a, unsigned cls);
/* And of any class, from any arena, past all caches. */
void *tcache_take_past(struct arena *a, unsigned cls);
/* Frees p, for which the caller's stack has no room, or stops the process: it is no live object. s:
 * its slab, or what reads as one and is none, the head of the page map. */
void tcache_put_slow(void *p, struct slab *s);
/* The same into a cache by number; NULL: past all caches. s: the slab that p lies in. */
void tcache_put_into(struct tcache *t, void *p, struct slab *s);

/* Slots of a class cached by all threads. Any thread, no lock. */
size_t tcache_count(unsigned cls);
/* Their bytes, over all classes. */
size_t tcache_bytes(void);
struct tcache_stats {
    uint64_t gets, filled, flushes; /* of all threads, ended ones included */
};
void tcache_stats(unsigned cls, struct tcache_stats *out);
/* The largest slot that is cached. */
size_t tcache_max(void);
bool   tcache_check(const struct tcache *t); /* the caller's */

/* A slot off the stack; NULL: it is empty. */
static inline void *tcache_get(struct tcache_bin *b) {
    struct tcache_slot *top = b->top;
    if (__builtin_expect(top == b->floor, 0)) return NULL;
    void    *p = top[-1].p;
    uint8_t *state = top[-1].state;
    __atomic_store_n(&b->top, top - 1, __ATOMIC_RELAXED);
    counter_add(&b->gets, 1);
    __atomic_store_n(state, SLOT_LIVE, __ATOMIC_RELAXED);
    if (p == NULL) __builtin_unreachable();
    return p;
}

/* A live slot of s onto its stack; false: there is no room. */
static inline bool tcache_put(struct tcache *t, struct slab *s, void *p, size_t slot) {
    struct tcache_bin  *b = (struct tcache_bin *)((char *)t + s->cache_at);
    struct tcache_slot *top = b->top;
    uint8_t            *state = &s->state[slot];
    if (__builtin_expect(top >= b->limit, 0)) return false;
    __atomic_store_n(state, SLOT_CACHED, __ATOMIC_RELAXED);
    top->p = p;
    top->state = state;
    __atomic_store_n(&b->top, top + 1, __ATOMIC_RELAXED);
    return true;
}

/* A slot of general class cls. NULL: no memory. */
static inline void *tcache_take(unsigned cls) {
    void *p = tcache_get(&thread_cache->bins[cls / 2]);
    return ASH_LIKELY(p != NULL) ? p : tcache_take_slow(cls);
}

/* Frees p, which lies in s, whatever heap that is of, or stops the process. */
static inline void tcache_free(struct slab *s, void *p) {
    size_t slot;
    if (ASH_UNLIKELY(!slab_slot_at(s, p, &slot) || slab_state(s, slot) != SLOT_LIVE ||
                     !tcache_put(thread_cache, s, p, slot)))
        tcache_put_slow(p, s);
}

#endif
