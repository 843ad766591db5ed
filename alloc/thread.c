/* thread.c: which arena a thread uses, and what becomes of it when the thread ends. See thread.h.
 *
 * Binding: an arena nobody is bound to, else a new one, else the least shared. A thread that has an
 * arena alone owns it and works without the lock; the second to come ends that, for both, until the
 * arena has been given up by all. */
#include "alloc/thread.h"
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/conf.h"
#include "alloc/heap.h"
#include "alloc/meter.h"
#include "alloc/tcache.h"
#include "alloc/tcaches.h"

#ifndef ASHLAR_PASSTHROUGH

#include <pthread.h>

struct thread {
    struct thread *next, *prev; /* under heaps_lock */
    struct tcache *cache;         /* or NULL */
    _Atomic(struct arena *) bound[ASH_HEAPS_MAX]; /* by heap index; written under heaps_lock */
};

__thread struct arena        *thread_general TLS_FAST = &arena_none;
__thread struct thread_gate   thread_gate TLS_FAST;
static __thread struct thread *me TLS_FAST;
static __thread bool          exited TLS_FAST;
static __thread bool          cache_refused TLS_FAST;

static struct thread *threads; /* under heaps_lock */
static pthread_key_t  exit_key;

/* --- Binding, under heaps_lock ---------------------------------------------------------------- */

static struct arena *choose(struct ash_heap *h) {
    unsigned      count = atomic_load_explicit(&h->arena_count, memory_order_relaxed);
    struct arena *best = NULL;
    for (unsigned i = 0; i < count; i++) {
        struct arena *a = atomic_load_explicit(&h->arenas[i], memory_order_relaxed);
        if (best == NULL || a->threads < best->threads) best = a;
    }
    if (best != NULL && best->threads == 0) return best;
    struct arena *fresh = heap_add_arena(h);
    return fresh != NULL ? fresh : best;
}

static struct arena *bind(struct thread *t, struct ash_heap *h) {
    struct arena *a = choose(h);
    if (a == NULL) return NULL;
    a->threads++;
    arena_lock(a);
    arena_set_owner(a, a->threads == 1 ? thread_self() : NULL);
    arena_unlock(a);
    atomic_store_explicit(&t->bound[h->idx], a, memory_order_relaxed);
    if (h == heap_general()) thread_general = a;
    return a;
}

static void unbind(struct thread *t, unsigned idx) {
    struct arena *a = atomic_load_explicit(&t->bound[idx], memory_order_relaxed);
    if (a == NULL) return;
    atomic_store_explicit(&t->bound[idx], NULL, memory_order_relaxed);
    arena_lock(a);
    ASSERT(a->threads > 0);
    a->threads--;
    arena_set_owner(a, NULL);
    if (a->threads == 0) { /* perhaps nobody comes for long: leave it tidy */
        arena_collect(a, UINT32_MAX, UINT64_MAX);
        arena_release_empty(a);
    }
    arena_unlock(a);
}

static struct thread *thread_new(void) {
    struct thread *t = base_take(sizeof *t);
    if (t == NULL) return NULL;
    t->next = threads;
    if (t->next != NULL) t->next->prev = t;
    threads = t;
    return t;
}

static void thread_free(struct thread *t) {
    if (t->cache != NULL) tcache_put_spare(t->cache);
    for (unsigned i = 0; i < ASH_HEAPS_MAX; i++) unbind(t, i);
    *(t->prev != NULL ? &t->prev->next : &threads) = t->next;
    if (t->next != NULL) t->next->prev = t->prev;
    base_put(t, sizeof *t);
}

/* --- The calling thread ----------------------------------------------------------------------- */

static struct arena *bind_slow(struct ash_heap *h) {
    lock_take(&heaps_lock);
    bool fresh = me == NULL && !exited;
    if (fresh) me = thread_new();
    struct arena *a = me != NULL ? bind(me, h) : choose(h);
    lock_drop(&heaps_lock);
    /* Bound first: setting the key may allocate. */
    if (fresh && me != NULL) pthread_setspecific(exit_key, me);
    return a;
}

struct arena *thread_arena(struct ash_heap *h) {
    if (me != NULL) {
        struct arena *a = atomic_load_explicit(&me->bound[h->idx], memory_order_relaxed);
        if (a != NULL) return a;
    }
    heap_start();
    return bind_slow(h);
}

bool thread_register(void) {
    if (me != NULL || exited) return me != NULL;
    heap_start();
    lock_take(&heaps_lock);
    me = thread_new();
    lock_drop(&heaps_lock);
    if (me != NULL) pthread_setspecific(exit_key, me);
    return me != NULL;
}

struct tcache *thread_cache_start(void) {
    if (me == NULL || cache_refused || !conf_get()->tcache) return NULL;
    if (thread_general == &arena_none || thread_general->heap != heap_general()) return NULL;
    if (me->cache == NULL) {
        lock_take(&heaps_lock);
        me->cache = tcache_new();
        lock_drop(&heaps_lock);
    }
    if (me->cache != NULL && !thread_meter.exact) thread_cache = me->cache;
    return me->cache;
}

struct tcache *thread_cache_own(void) { return me != NULL ? me->cache : NULL; }
void           thread_cache_hide(void) { thread_cache = &tcache_none; }

static void cache_stop(void) {
    thread_cache = &tcache_none;
    if (me != NULL && me->cache != NULL) tcache_flush(me->cache);
}

void thread_cache_set(bool wanted) {
    cache_refused = !wanted;
    if (!wanted) cache_stop();
}

bool thread_cache_wanted(void) { return !cache_refused && conf_get()->tcache; }

void thread_set_general(struct arena *a) {
    if (a->heap != heap_general()) cache_stop();
    thread_general = a;
}

/* Owned heaps of an ended thread: the next to allocate from one owns it. Under heaps_lock. */
static void disown(const void *owner) {
    for (unsigned i = 0; i < arena_count(); i++) {
        struct arena *a = arena_at(i);
        if (arena_owner(a) != owner) continue;
        arena_lock(a);
        arena_set_owner(a, NULL);
        arena_unlock(a);
    }
}

static void thread_exit(void *arg) {
    struct thread *t = arg;
    if (t->cache != NULL) tcache_flush(t->cache);
    meter_start(); /* what the cache counted is another's soon */
    lock_take(&heaps_lock);
    exited = true;
    me = NULL;
    thread_cache = &tcache_none;
    thread_general = &arena_none;
    thread_free(t);
    disown(thread_self());
    lock_drop(&heaps_lock);
}

void thread_forget_heap(const struct ash_heap *h) {
    for (struct thread *t = threads; t != NULL; t = t->next)
        atomic_store_explicit(&t->bound[h->idx], NULL, memory_order_relaxed);
}

void thread_init(void) {
    int error = pthread_key_create(&exit_key, thread_exit);
    ASSERT(error == 0);
}

void thread_fork_child(void) {
    for (struct thread *t = threads, *next; t != NULL; t = next) {
        next = t->next;
        if (t == me) continue;
        if (t->cache != NULL) tcache_abandon(t->cache);
        thread_free(t);
    }
    tcaches_fork_child();
}

#endif
