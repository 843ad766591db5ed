/* thread.h: who the calling thread is, and which arena it uses in each shared heap.
 *
 * A thread's identity is its thread pointer: one instruction, no registration. A
 * thread that used a shared heap, or owns a heap, is registered as well, so that its exit gives its
 * arenas up. What a thread allocates after its exit handlers have run goes through arenas that it
 * does not own.
 * Locking: LOCK_HEAPS guards the list of threads and all binding. */
#ifndef ASHLAR_ALLOC_THREAD_H
#define ASHLAR_ALLOC_THREAD_H

#include "alloc/alloc.h"
#include "alloc/sizes.h"

#define TLS_FAST __attribute__((tls_model("initial-exec")))

struct arena;
struct tcache;

extern __thread struct arena *thread_general TLS_FAST ALLOC_INNER; /* bound for the malloc family, or arena_none */

/* How a thread and those who want an arena of its meet: arena.h. */
#define THREAD_SEATS 1056
struct thread_gate {
    int     busy;               /* in an arena without its lock; written by the thread */
    uint8_t open[THREAD_SEATS]; /* by arena: may it be so? By who has the arena's lock */
};
extern __thread struct thread_gate thread_gate TLS_FAST ALLOC_INNER;

static inline const void *thread_self(void) { return __builtin_thread_pointer(); }

/* Another thread's: at the same place relative to its thread pointer. */
static inline struct thread_gate *thread_gate_of(const void *thread) {
    ptrdiff_t at = (const char *)&thread_gate - (const char *)thread_self();
    __asm__("" : "+r"(at)); /* else the sanitizer takes the result for a place in our own */
    return (struct thread_gate *)((uintptr_t)thread + (uintptr_t)at);
}

/* The arena the caller uses in a shared heap. NULL: no memory. */
struct arena *thread_arena(struct ash_heap *h);
/* Makes sure the caller's exit is noticed. False: it can't be (no memory, or it is in its exit
 * handlers), so the caller must not own an arena. */
bool thread_register(void);
/* Makes the caller's cache (tcache.h) and returns it. NULL: it is to have none, or no memory. */
struct tcache *thread_cache_start(void);
/* The caller's cache, also one that it does not use just now. NULL: it has none. */
struct tcache *thread_cache_own(void);
/* From now on the caller's cache is reached by thread_cache_start() alone, and always kept. */
void thread_cache_hide(void);
/* Whether the caller is to have a cache; what it has is given back when not. */
void thread_cache_set(bool wanted);
bool thread_cache_wanted(void);
/* The malloc family takes from `a`, an arena of a shared heap, for the caller. There is a cache only
 * for the heap "general". */
void thread_set_general(struct arena *a);
/* Under LOCK_HEAPS: no thread is bound in this heap any more. */
void thread_forget_heap(const struct ash_heap *h);
/* Once. */
void thread_init(void);
/* In a forked child, under LOCK_HEAPS: all threads but the caller are gone. */
void thread_fork_child(void);

#endif
