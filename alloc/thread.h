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

#define TLS_FAST __attribute__((tls_model("initial-exec")))

struct arena;

extern __thread struct arena *thread_general TLS_FAST; /* bound for the malloc family, or NULL */

static inline const void *thread_self(void) { return __builtin_thread_pointer(); }

/* The arena the caller uses in a shared heap. NULL: no memory. */
struct arena *thread_arena(struct ash_heap *h);
/* Makes sure the caller's exit is noticed. */
void thread_register(void);
/* Under LOCK_HEAPS: no thread is bound in this heap any more. */
void thread_forget_heap(const struct ash_heap *h);
/* Once. */
void thread_init(void);
/* In a forked child, under LOCK_HEAPS: all threads but the caller are gone. */
void thread_fork_child(void);

#endif
