/* relief.c: giving memory back sooner than it would go by itself: of one heap, and what all of them keep
 * for reuse. What it sets free becomes dirty pages; those go by decay, ash_heap_hurry or a purge.
 *
 * Each arena is taken from its owner for a moment (arena_lock), so this is for when memory is short and
 * not for every day. Start at ash_flush_caches(). */
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "alloc/os.h"
#include "alloc/purger.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

_Static_assert(ASH_DECAY_SHARED == PAGES_DECAY_SHARED, "told through alloc.h");

#define FLUSH_SLABS 64 /* collected of an arena before the clock is looked at again */

bool ash_heap_set_decay_ms(struct ash_heap *h, int64_t ms) {
    if (ms < ASH_DECAY_SHARED) return false;
    heap_set_decay_ms(h, 0, ms);
    heap_set_decay_ms(h, 1, ms < 0 ? ms : 0);
    if (purger_is_on()) purger_kick(); /* it may sleep for longer than the new time */
    return true;
}

void ash_heap_hurry(struct ash_heap *h) {
    unsigned count = atomic_load_explicit(&h->arena_count, memory_order_acquire);
    if (!purger_is_on()) return;
    for (unsigned i = 0; i < count; i++) {
        struct arena *a = atomic_load_explicit(&h->arenas[i], memory_order_relaxed);
        atomic_store_explicit(&a->pages.purge_all, true, memory_order_relaxed);
    }
    purger_kick();
}

/* Parked objects count as live pages, and as resident as those. */
size_t ash_resident(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < arena_count(); i++) {
        const struct pages *p = &arena_at(i)->pages;
        bytes += counter_get(&p->live) + counter_get(&p->busy) + pages_free_bytes(p, EXTENT_DIRTY) +
                 pages_free_bytes(p, EXTENT_MUZZY);
    }
    return bytes;
}

static void flush_arena(struct arena *a, uint64_t deadline_us) {
    if (atomic_load_explicit(&a->dropping, memory_order_relaxed)) return; /* the purger is at it */
    arena_lock(a);
    while (arena_collect(a, FLUSH_SLABS, deadline_us) && os.now_us() < deadline_us) continue;
    arena_release_empty(a);
    stock_flush(a);
    arena_unlock(a);
}

/* What is in slabs, parked or live: what flushing makes less. */
static size_t kept(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < arena_count(); i++) bytes += counter_get(&arena_at(i)->pages.live);
    return bytes;
}

size_t ash_flush_caches(uint64_t max_us) {
    uint64_t deadline_us = os.now_us() + max_us;
    size_t   before = kept();
    tcache_flush(thread_cache);
    for (unsigned i = 0; i < arena_count() && os.now_us() < deadline_us; i++)
        flush_arena(arena_at(i), deadline_us);
    size_t after = kept();
    return before > after ? before - after : 0;
}

#endif
