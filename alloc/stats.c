/* stats.c: what the counters say (report.c prints it). See alloc.h for what each figure means.
 *
 * A figure is summed from the arenas each time it is asked for; nothing is cached, so there is no
 * epoch to refresh. slots_free is what the identity leaves over, and ash_check() holds it against a
 * walk over all slabs. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/heap.h"
#include "alloc/large.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"
#include "alloc/purger.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

/* Concurrent counters may be read a moment apart: no figure wraps below zero. */
static size_t minus(size_t a, size_t b) { return a > b ? a - b : 0; }

static void add_bins(const struct arena *a, struct ash_heap_stats *s) {
    ARENA_EACH_BIN(a, cls) {
        const struct bin   *b = &a->bins[cls];
        const struct shelf *f = &a->shelves[cls];
        size_t live = bin_live(b, f), requested = bin_requested(b, f);
        s->used += live * b->slot_size;
        s->requested += requested < live * b->slot_size ? requested : live * b->slot_size;
        s->returning += bin_returned(f) * b->slot_size;
        s->count += live;
    }
}

/* In debug builds: tails are slots_free, what is in quarantine is returning. */
static void take_off_guards(const struct arena *a, struct ash_heap_stats *s) {
#ifdef ASHLAR_DEBUG
    s->used = minus(s->used, counter_get(&a->guard.used));
    s->requested = minus(s->requested, counter_get(&a->guard.requested));
    if (s->requested > s->used) s->requested = s->used;
    s->count = minus(s->count, counter_get(&a->guard.count));
    s->returning += counter_get(&a->guard.held);
#else
    (void)a, (void)s;
#endif
}

/* Of free pages; nothing else is left of an arena that is being dropped. */
static void add_free_pages(const struct arena *a, struct ash_heap_stats *total, size_t more_dirty) {
    const struct pages *p = &a->pages;
    total->dirty += pages_free_bytes(p, EXTENT_DIRTY) + counter_get(&p->busy) + more_dirty;
    total->muzzy += pages_free_bytes(p, EXTENT_MUZZY);
    total->retained += pages_free_bytes(p, EXTENT_RETAINED);
}

static void add_arena(const struct arena *a, struct ash_heap_stats *total) {
    const struct pages   *p = &a->pages;
    if (atomic_load_explicit(&a->dropping, memory_order_relaxed)) {
        add_free_pages(a, total, counter_get(&p->live));
        return;
    }
    struct ash_heap_stats s = {0};
    add_bins(a, &s);
    struct large_figures  large = large_figures(a);
    size_t                parked = counter_get(&a->stock.bytes);
    s.used += large.used;
    s.requested += large.requested;
    s.count += large.count;
    s.active = minus(counter_get(&p->live), parked);
    take_off_guards(a, &s);
    total->used += s.used;
    total->requested += s.requested;
    total->returning += s.returning;
    total->count += s.count;
    total->active += s.active;
    total->slots_free += minus(s.active, s.used + s.returning);
    add_free_pages(a, total, parked);
}

/* What the arenas of the heap "general" count as live and requested, and threads' caches have. */
static void less_cached(struct ash_heap_stats *s) {
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        size_t count = tcache_count(cls);
        s->cached += count * size_classes[cls].slot_size;
        s->count = minus(s->count, count);
    }
    s->used = minus(s->used, s->cached);
    s->requested = minus(s->requested, s->cached);
}

static unsigned heap_arenas(const struct ash_heap *h) {
    return atomic_load_explicit(&h->arena_count, memory_order_acquire);
}

static struct arena *heap_arena(const struct ash_heap *h, unsigned idx) {
    return atomic_load_explicit(&h->arenas[idx], memory_order_acquire);
}

void ash_heap_stats(const struct ash_heap *h, struct ash_heap_stats *out) {
    *out = (struct ash_heap_stats){0};
    memcpy(out->name, h->name, sizeof out->name);
    for (unsigned i = 0; i < heap_arenas(h); i++) add_arena(heap_arena(h, i), out);
    if (h == heap_general()) less_cached(out);
    out->rounding = minus(out->used, out->requested);
}

size_t ash_heap_used(const struct ash_heap *h) {
    size_t used = 0;
    for (unsigned i = 0; i < heap_arenas(h); i++) used += arena_used(heap_arena(h, i));
    return h == heap_general() ? minus(used, tcache_bytes()) : used;
}

unsigned ash_bin_count(void) { return CLASS_COUNT; }

/* A slot is allocated to a cache once and meets many requests from there. */
static void bin_less_cached(struct ash_bin_stats *out, unsigned bin) {
    struct tcache_stats t;
    tcache_stats(bin, &t);
    out->cached = tcache_count(bin);
    out->slots_used = minus(out->slots_used, out->cached);
    out->requested = minus(out->requested, out->cached * out->slot_size);
    out->flushes = t.flushes;
    out->requests = minus(out->allocs, t.filled) + t.gets;
}

void ash_heap_bin_stats(const struct ash_heap *h, unsigned bin, struct ash_bin_stats *out) {
    ASSERT(bin < CLASS_COUNT);
    *out = (struct ash_bin_stats){.slot_size = size_classes[bin].slot_size,
                                  .slab_size = size_classes[bin].pages * PAGE_SIZE};
    for (unsigned i = 0; i < heap_arenas(h); i++) {
        const struct bin   *b = &heap_arena(h, i)->bins[bin];
        const struct shelf *f = &heap_arena(h, i)->shelves[bin];
        size_t              live = bin_live(b, f);
        out->slots_used += live;
        out->requested += bin_requested(b, f);
        out->returned += bin_returned(f);
        out->slots_total += counter_get(&f->slots_total);
        out->slabs += counter_get(&f->slabs);
        out->slabs_full += counter_get(&f->slabs_full);
        out->allocs += counter_get(&f->nmalloc) -
                       (size_t)__builtin_popcountll(__atomic_load_n(&b->bits, __ATOMIC_RELAXED));
        out->fills += counter_get(&f->fills);
        out->slabs_ever += counter_get(&f->slabs_ever);
        out->reslabs += counter_get(&f->reslabs);
        /* Only a current slab is kept empty: what is there when nothing is used. */
        if (live == 0 && bin_returned(f) == 0) out->slabs_empty += counter_get(&f->slabs);
    }
    out->requests = out->allocs;
    if (h == heap_general()) bin_less_cached(out, bin);
    out->frees = out->allocs > out->slots_used ? out->allocs - out->slots_used : 0;
}

void ash_heap_each(void (*fn)(struct ash_heap *h, void *arg), void *arg) {
    struct ash_heap *live[ASH_HEAPS_MAX];
    unsigned         count = heap_list(live);
    for (unsigned i = 0; i < count; i++) fn(live[i], arg); /* no lock: fn may allocate */
}

size_t ash_used(void) {
    size_t used = 0;
    for (unsigned i = 0; i < arena_count(); i++) used += arena_used(arena_at(i));
    return minus(used, tcache_bytes());
}

/* Of an array in an arena, whose elements no object has come to: whole pages that lie between
 * those in use are not resident. */
static size_t untouched_in(const struct arena *a, const void *array, size_t each) {
    size_t    bytes = 0;
    uintptr_t base = (uintptr_t)array, since = base;
    for (unsigned i = arena_next_bin(a, 0);; i = arena_next_bin(a, i + 1)) {
        uintptr_t first = size_to_pages(since), end = size_round_down(base + i * each, PAGE_SIZE);
        if (end > first) bytes += end - first;
        if (i == CLASS_COUNT) return bytes;
        since = base + (i + 1) * each;
    }
}

static size_t untouched_bins(const struct arena *a) {
    return untouched_in(a, a->bins, sizeof *a->bins) +
           untouched_in(a, a->shelves, sizeof *a->shelves);
}

void ash_stats(struct ash_stats *out) {
    struct ash_heap_stats sum = {0};
    size_t                untouched = 0;
    *out = (struct ash_stats){0};
    for (unsigned i = 0; i < arena_count(); i++) {
        add_arena(arena_at(i), &sum);
        out->mapped += counter_get(&arena_at(i)->pages.mapped);
        untouched += untouched_bins(arena_at(i));
    }
    less_cached(&sum);
    out->cached = sum.cached;
    out->allocated = sum.used;
    out->requested = sum.requested;
    out->active = sum.active;
    out->metadata = base_bytes() + pagemap_bytes() - untouched;
    out->dirty = sum.dirty;
    out->muzzy = sum.muzzy;
    out->retained = sum.retained;
    out->resident = out->active + out->dirty + out->muzzy + out->metadata;
    out->mapped += base_mapped();
    out->purged_bytes = counter_get(&pages_purged_bytes);
    out->purge_calls = counter_get(&pages_purge_calls);
}

/* --- Purging on request ----------------------------------------------------------------------- */

static size_t purgeable(const struct arena *a) {
    const struct pages *p = &a->pages;
    return pages_free_bytes(p, EXTENT_DIRTY) + pages_free_bytes(p, EXTENT_MUZZY) +
           counter_get(&a->stock.bytes);
}

/* False: it is past the deadline. */
static bool purge_arena(struct arena *a, uint64_t deadline_us, size_t *bytes) {
    arena_flush_stock(a);
    for (unsigned state = EXTENT_DIRTY; state <= EXTENT_MUZZY; state++) {
        size_t done;
        while ((done = pages_purge(&a->pages, (enum extent_state)state, false)) != 0) {
            *bytes += done;
            if (os.now_us() >= deadline_us) return false;
        }
    }
    return true;
}

size_t ash_purgeable(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < arena_count(); i++) bytes += purgeable(arena_at(i));
    return bytes;
}

bool ash_purge_step(uint64_t max_us, size_t *bytes) {
    uint64_t deadline_us = os.now_us() + max_us;
    for (unsigned i = 0; i < arena_count(); i++)
        if (!purge_arena(arena_at(i), deadline_us, bytes)) return ash_purgeable() > 0;
    return false;
}

/* Arenas and heaps are never unmapped, so what a heap names may be looked at however old it is. */
size_t ash_heap_purgeable(const struct ash_heap *h) {
    size_t bytes = 0;
    for (unsigned i = 0; i < heap_arenas(h); i++) bytes += purgeable(heap_arena(h, i));
    return bytes;
}

bool ash_heap_purge_step(struct ash_heap *h, uint64_t max_us, size_t *bytes) {
    uint64_t deadline_us = os.now_us() + max_us;
    for (unsigned i = 0; i < heap_arenas(h); i++)
        if (!purge_arena(heap_arena(h, i), deadline_us, bytes)) return ash_heap_purgeable(h) > 0;
    return false;
}

static bool decay_set(unsigned idx, int64_t ms) {
    if (ms < -1) return false;
    pages_set_decay_ms(idx, ms);
    for (unsigned i = 0; i < arena_count(); i++) {
        if (idx == 0 && ms == 0) arena_flush_stock(arena_at(i));
        purger_notice(&arena_at(i)->pages);
    }
    return true;
}

bool ash_set_dirty_decay_ms(int64_t ms) { return decay_set(0, ms); }
bool ash_set_muzzy_decay_ms(int64_t ms) { return decay_set(1, ms); }

bool ash_set_background_thread(bool on) {
    heap_start();
    return purger_set(on);
}

void ash_check(void) {
    guard_check();
    for (unsigned i = 0; i < arena_count(); i++) arena_check(arena_at(i));
    if (thread_cache_own() != NULL) tcache_check(thread_cache_own());
}

#endif
