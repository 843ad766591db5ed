/* tcaches.c: see tcaches.h. */
#include "alloc/tcaches.h"
#include "alloc/assert.h"
#include "alloc/heap.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

static _Atomic(struct tcache *) made[TCACHES_MAX];
static unsigned                 made_end; /* no higher number was ever made; under LOCK_HEAPS */

static struct tcache *at(unsigned number) {
    return number < TCACHES_MAX ? atomic_load_explicit(&made[number], memory_order_acquire) : NULL;
}

bool tcaches_new(unsigned *number) {
    struct tcache *t = NULL;
    unsigned       i = 0;
    lock_take(&heaps_lock);
    while (i < made_end && at(i) != NULL) i++;
    if (i < TCACHES_MAX && (t = tcache_new()) != NULL) {
        t->named = true;
        if (i == made_end) made_end++;
        atomic_store_explicit(&made[i], t, memory_order_release);
    }
    lock_drop(&heaps_lock);
    *number = i;
    return t != NULL;
}

struct tcache *tcaches_get(unsigned number) {
    struct tcache *t = at(number);
    if (t == NULL) PANIC("invalid tcache %u: no tcache.create gave it", number);
    return t;
}

bool tcaches_flush(unsigned number) {
    struct tcache *t = at(number);
    if (t != NULL) tcache_flush(t);
    return number < TCACHES_MAX;
}

/* Taken out first, so that of two threads one ends it. */
bool tcaches_end(unsigned number) {
    if (number >= TCACHES_MAX) return false;
    struct tcache *t = atomic_exchange(&made[number], NULL);
    if (t == NULL) return false;
    tcache_flush(t);
    lock_take(&heaps_lock);
    tcache_put_spare(t);
    lock_drop(&heaps_lock);
    return true;
}

void tcaches_fork_child(void) {
    for (unsigned i = 0; i < made_end; i++)
        if (at(i) != NULL) tcache_abandon(at(i));
}

#endif
