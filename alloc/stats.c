/* stats.c: what the counters say (report.c prints it). See alloc.h for what each figure means.
 *
 * A figure is summed from the arenas each time it is asked for; nothing is cached, so there is no
 * epoch to refresh. slots_free is what the identity leaves over, and ash_check() holds it against a
 * walk over all slabs. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/heap.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

/* Concurrent counters may be read a moment apart: no figure wraps below zero. */
static size_t minus(size_t a, size_t b) { return a > b ? a - b : 0; }

static void add_arena(const struct arena *a, struct ash_heap_stats *s) {
    const struct pages *p = &a->pages;
    size_t              remote = counter_get(&a->remote_used);
    size_t              used = arena_used(a);
    size_t returning = remote - counter_get(&a->collected_used);
    size_t requested = counter_get(&a->requested) - counter_get(&a->remote_requested) +
                       counter_get(&p->large_requested);
    size_t active = counter_get(&p->live);
    s->used += used;
    s->requested += requested < used ? requested : used;
    s->returning += returning;
    s->active += active;
    s->slots_free += minus(active, used + returning);
    s->dirty += pages_free_bytes(p, EXTENT_DIRTY) + counter_get(&p->busy);
    s->muzzy += pages_free_bytes(p, EXTENT_MUZZY);
    s->retained += pages_free_bytes(p, EXTENT_RETAINED);
    for (unsigned i = 0; i < CLASS_COUNT; i++) s->count += counter_get(&a->bins[i].slots_used);
    s->count -= counter_get(&a->remote_count) - counter_get(&a->collected_count);
    s->count += counter_get(&p->large_count);
}

static unsigned heap_arenas(const struct ash_heap *h) {
    return atomic_load_explicit(&h->arena_count, memory_order_acquire);
}

static const struct arena *heap_arena(const struct ash_heap *h, unsigned idx) {
    return atomic_load_explicit(&h->arenas[idx], memory_order_acquire);
}

void ash_heap_stats(const struct ash_heap *h, struct ash_heap_stats *out) {
    *out = (struct ash_heap_stats){0};
    memcpy(out->name, h->name, sizeof out->name);
    for (unsigned i = 0; i < heap_arenas(h); i++) add_arena(heap_arena(h, i), out);
    out->rounding = out->used - out->requested;
}

size_t ash_heap_used(const struct ash_heap *h) {
    size_t used = 0;
    for (unsigned i = 0; i < heap_arenas(h); i++) used += arena_used(heap_arena(h, i));
    return used;
}

unsigned ash_bin_count(void) { return CLASS_COUNT; }

void ash_heap_bin_stats(const struct ash_heap *h, unsigned bin, struct ash_bin_stats *out) {
    ASSERT(bin < CLASS_COUNT);
    *out = (struct ash_bin_stats){.slot_size = size_classes[bin].slot_size,
                                  .slab_size = size_classes[bin].pages * PAGE_SIZE};
    for (unsigned i = 0; i < heap_arenas(h); i++) {
        const struct bin *b = &heap_arena(h, i)->bins[bin];
        out->slots_used += counter_get(&b->slots_used);
        out->slots_total += counter_get(&b->slots_total);
        out->slabs += counter_get(&b->slabs);
        out->slabs_full += counter_get(&b->slabs_full);
        /* Only a current slab is kept empty: what is there when nothing is used. */
        if (counter_get(&b->slots_used) == 0) out->slabs_empty += counter_get(&b->slabs);
    }
}

void ash_heap_each(void (*fn)(struct ash_heap *h, void *arg), void *arg) {
    struct ash_heap *live[ASH_HEAPS_MAX];
    unsigned         count = heap_list(live);
    for (unsigned i = 0; i < count; i++) fn(live[i], arg); /* no lock: fn may allocate */
}

size_t ash_used(void) {
    size_t used = 0;
    for (unsigned i = 0; i < arena_count(); i++) used += arena_used(arena_at(i));
    return used;
}

/* Metadata of bins that no object has come to is not resident; whole pages of it at least. */
static size_t untouched_bins(const struct arena *a) {
    size_t    bytes = 0;
    uintptr_t since = (uintptr_t)&a->bins[0];
    for (unsigned i = 0; i <= CLASS_COUNT; i++) {
        if (i < CLASS_COUNT && counter_get(&a->bins[i].slots_total) == 0) continue;
        uintptr_t first = size_to_pages(since);
        uintptr_t end = size_round_down((uintptr_t)&a->bins[i], PAGE_SIZE);
        if (end > first) bytes += end - first;
        since = (uintptr_t)&a->bins[i + (i < CLASS_COUNT)];
    }
    return bytes;
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

size_t ash_purgeable(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < arena_count(); i++) {
        const struct pages *p = &arena_at(i)->pages;
        bytes += pages_free_bytes(p, EXTENT_DIRTY) + pages_free_bytes(p, EXTENT_MUZZY);
    }
    return bytes;
}

bool ash_purge_step(uint64_t max_us, size_t *bytes) {
    uint64_t deadline = os.now_us() + max_us;
    for (unsigned i = 0; i < arena_count(); i++) {
        struct pages *p = &arena_at(i)->pages;
        for (unsigned state = EXTENT_DIRTY; state <= EXTENT_MUZZY; state++) {
            size_t done;
            while ((done = pages_purge(p, (enum extent_state)state, false)) != 0) {
                *bytes += done;
                if (os.now_us() >= deadline) return ash_purgeable() > 0;
            }
        }
    }
    return false;
}

static bool decay_set(unsigned idx, int64_t ms) {
    if (ms < -1) return false;
    pages_set_decay_ms(idx, ms);
    for (unsigned i = 0; i < arena_count(); i++) purger_notice(&arena_at(i)->pages);
    return true;
}

bool ash_set_dirty_decay_ms(int64_t ms) { return decay_set(0, ms); }
bool ash_set_muzzy_decay_ms(int64_t ms) { return decay_set(1, ms); }

bool ash_set_background_thread(bool on) {
    heap_start();
    return purger_set(on);
}

void ash_check(void) {
    for (unsigned i = 0; i < arena_count(); i++) arena_check(arena_at(i));
}

#endif
