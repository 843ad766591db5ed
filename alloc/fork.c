/* fork.c: fork while other threads allocate.
 *
 * Before: every lock is taken in rank order and every owner stopped outside its arena, so the child
 * gets structures at rest. After: the parent goes on; in the child the threads that are gone give
 * their arenas up, and there is no purger until one is asked for.
 *
 * Known weakness: a thread caught in the middle of a remote free leaks that one object in the
 * child.
 *
 * The handlers are registered by the earliest constructor (heap.c), so that ours run last before
 * the fork and first after it: others' handlers may allocate. */
#include "alloc/fork.h"
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/guard.h"
#include "alloc/heap.h"
#include "alloc/purger.h"
#include "alloc/thread.h"

#ifndef ASHLAR_PASSTHROUGH

#include <pthread.h>

static void fork_before(void) {
    heap_start();
    purger_fork_lock_switch();
    guard_fork_lock();
    lock_take_fork(&heaps_lock);
    arena_fork_lock();
    base_fork_lock();
    purger_fork_lock();
}

static void fork_after(bool child) {
    purger_fork_unlock(child);
    base_fork_unlock();
    arena_fork_unlock(child);
    if (child) thread_fork_child();
    lock_drop_fork(&heaps_lock);
    guard_fork_unlock();
    purger_fork_unlock_switch();
}

static void fork_parent(void) { fork_after(false); }
static void fork_child(void) { fork_after(true); }

void fork_init(void) {
    int error = pthread_atfork(fork_before, fork_parent, fork_child);
    ASSERT(error == 0);
}

#endif
