/* slab.c: slots of one size, their states in bytes that lie elsewhere. See slab.h.
 *
 * Freeing never writes into the freed page: no refaulting of purged pages, no copy-on-write in a
 * forked child, nothing in band to corrupt.
 *
 * A free by another thread:
 *   1. add one to `pending`. If it was 0, push the slab onto the arena's queue.
 *   2. make the slot RETURNED. From here on the slab may vanish: touch it no more.
 * The object being freed keeps the slab alive through step 1, as no collection can take its slot
 * before step 2. The collector subtracts from `pending` what it found and, if that leaves something
 * (somebody is between 1 and 2), queues the slab again itself. */
#include "alloc/slab.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/base.h"
#include "alloc/heap.h"
#include "alloc/pagemap.h"
#include "alloc/pages.h"
#include "alloc/purger.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>
#if defined __SSE2__
#include <emmintrin.h>
#endif

/* Where nothing but calls makes pages decay, a process that has freed much and calls no more would
 * keep it for ever. So a run of free pages that has grown from slabs to PAGES_LONG goes back at once:
 * a burst is over. One that was a single large object may well be wanted again, and waits. */
#define SLAB_PURGE_US 500

/* Slots and a tail shorter than one, in whole groups: L4. */
static size_t state_bytes(uint32_t slot_size, size_t len) {
    return size_round_up((len - 1) / slot_size + 1, SLAB_GROUP);
}

_Static_assert(offsetof(struct slab, seat) == PAGEMAP_SEAT_AT, "L5");
_Static_assert(sizeof(struct slab) <= PAGE_SIZE, "the page map's head reads as a slab: tcache_free");

static size_t meta_size(uint32_t slot_size, size_t len) {
    size_t slots = state_bytes(slot_size, len);
    size_t size = offsetof(struct slab, state) + slots;
#ifdef ASHLAR_DEBUG
    size = size_round_up(size, sizeof(uint16_t)) + slots * sizeof(uint16_t);
#endif
    return size_round_up(size, CACHE_LINE);
}

struct slab *slab_new(struct arena *a, unsigned cls, size_t len) {
    uint32_t     slot_size = size_classes[cls].slot_size;
    struct slab *s = base_take(meta_size(slot_size, len));
    if (s == NULL) return NULL;
    s->extent = pages_take(&a->pages, len, PAGE_SIZE, EXTENT_DIRTY);
    if (s->extent == NULL) {
        base_put(s, meta_size(slot_size, len));
        return NULL;
    }
    s->extent = extent_resettle(s->extent); /* slabs live long */
    s->base = s->extent->base;
    s->arena = a;
    s->seat = a->seat;
    s->bin = &a->bins[cls];
    s->inverse = UINT64_MAX / slot_size + 1;
    s->slot_size = slot_size;
    s->slot_count = (uint32_t)(len / slot_size);
    s->cls = (uint16_t)cls;
    s->cache_at = tcache_place(cls, a->heap == heap_general());
    s->mark = SLAB_MARK_NEVER;
    slab_set_left(s, SLAB_MARK_NEVER);
#ifdef ASHLAR_DEBUG
    s->requested = (uint16_t *)&s->state[size_round_up(state_bytes(slot_size, len), 2)];
#endif
    memset(s->state + s->slot_count, SLOT_NONE, state_bytes(slot_size, len) - s->slot_count);
    guard_slab_new(s);
    pagemap_set_all(s->base, len, s, PAGEMAP_SLAB);
    return s;
}

void slab_free(struct slab **sp) {
    struct slab   *s = *sp;
    struct extent *x = s->extent;
    struct pages  *pages = &s->arena->pages;
    *sp = NULL;
    pagemap_set_all(s->base, x->len, NULL, PAGEMAP_NONE);
    base_put(s, meta_size(s->slot_size, x->len));
    pages_put(pages, x, false);
    if (!purger_is_on()) pages_purge_long(pages, SLAB_PURGE_US);
}

#if defined __SSE2__ && !defined __SANITIZE_THREAD__ /* it sees a race in 16 bytes at once */
uint64_t slab_group_mask(const struct slab *s, unsigned group, enum slot_state state) {
    const uint8_t *p = &s->state[group * SLAB_GROUP];
    const __m128i  want = _mm_set1_epi8((char)state);
    uint64_t       mask = 0;
    for (unsigned i = 0; i < SLAB_GROUP; i += 16) {
        __m128i have = _mm_loadu_si128((const __m128i *)(p + i));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(have, want)) << i;
    }
    return mask;
}
#else
uint64_t slab_group_mask(const struct slab *s, unsigned group, enum slot_state state) {
    uint64_t mask = 0;
    for (unsigned i = 0; i < SLAB_GROUP; i++)
        mask |= (uint64_t)(slab_state(s, group * SLAB_GROUP + i) == state) << i;
    return mask;
}
#endif

uint32_t slab_count_free(const struct slab *s) {
    uint32_t count = 0;
    for (unsigned i = 0; i < slab_group_count(s); i++)
        count += (uint32_t)__builtin_popcountll(slab_group_mask(s, i, SLOT_FREE));
    return count;
}

void slab_refuse(const struct slab *s, const void *p, size_t size) {
    size_t      slot;
    const char *heap = ash_heap_name(s->arena->heap);
    if (!slab_slot_at(s, p, &slot) || slot >= s->slot_count)
        PANIC("invalid free of %p: not the start of an object; size class %zu, heap %s", p,
              s->slot_size, heap);
    if (slab_state(s, slot) != SLOT_LIVE)
        PANIC("double free of %p: size class %zu, heap %s", p, s->slot_size, heap);
#ifdef ASHLAR_DEBUG
    PANIC("wrong size in free of %p: %zu given, %u asked for; size class %zu, heap %s", p, size,
          (unsigned)s->requested[slot], s->slot_size, heap);
#else
    PANIC("wrong size in free of %p: %zu given; size class %zu, heap %s", p, size, s->slot_size,
          heap);
#endif
}

void slab_refuse_put(struct slab *s, const void *p, size_t size) {
#if defined __x86_64__ && !defined ASHLAR_DEBUG
    size_t slot;
    if (slab_slot_at(s, p, &slot) && size <= s->slot_size) s->state[slot]--;
#endif
    slab_refuse(s, p, size);
}

size_t slab_live_slot(const struct slab *s, const void *p, size_t size) {
    size_t slot;
    bool   start = slab_slot_at(s, p, &slot);
    if (!start || slab_state(s, slot) != SLOT_LIVE || !slab_fits(s, slot, size))
        slab_refuse(s, p, size);
    return slot;
}

void slab_free_remote(struct slab *s, const void *p, size_t size) {
    size_t        slot = slab_live_slot(s, p, size);
    struct arena *a = s->arena;
    bin_count_remote(&a->shelves[s->cls], size);
    if (atomic_fetch_add(&s->pending, 1) == 0) arena_queue_remote(a, s);
    /* Two threads freeing one object at once: the state tells, though the slab may be gone. */
    if (__atomic_exchange_n(&s->state[slot], SLOT_RETURNED, __ATOMIC_ACQ_REL) != SLOT_LIVE)
        PANIC("double free of %p by two threads", p);
}

void slab_refuse_cached(const struct slab *s, const void *p) {
    PANIC("double free of %p by two threads: size class %zu, heap %s", p, s->slot_size,
          ash_heap_name(s->arena->heap));
}

void slab_return_cached(struct slab *s, const struct tcache_slot *slots, uint32_t count) {
    struct arena *a = s->arena;
    struct shelf *f = &a->shelves[s->cls];
    counter_add_shared(&f->remote_count, count);
    counter_add_shared(&f->remote_requested, (size_t)count * s->slot_size);
    if (atomic_fetch_add(&s->pending, count) == 0) arena_queue_remote(a, s);
    for (uint32_t i = 0; i < count; i++) /* with the last of them the slab may be gone */
        if (__atomic_exchange_n(slots[i].state, SLOT_RETURNED, __ATOMIC_ACQ_REL) != SLOT_CACHED)
            PANIC("double free of %p by two threads", slots[i].p);
}

unsigned slab_collect(struct slab *s, bool *again) {
    unsigned count = 0;
    for (unsigned i = 0; i < slab_group_count(s); i++) {
        uint64_t mask = slab_group_mask(s, i, SLOT_RETURNED);
        for (; mask != 0; mask &= mask - 1, count++) {
            size_t slot = i * SLAB_GROUP + slab_first(mask);
            __atomic_store_n(&s->state[slot], SLOT_FREE, __ATOMIC_RELAXED);
        }
    }
    *again = atomic_fetch_sub(&s->pending, count) != count;
    return count;
}

static bool slot_is(enum slot_state state) {
    return state == SLOT_FREE || state == SLOT_LIVE || state == SLOT_RETURNED || state == SLOT_CACHED;
}

bool slab_check(const struct slab *s) {
    unsigned slots = slab_group_count(s) * SLAB_GROUP;
    for (unsigned i = 0; i < slots; i++)
        ASSERT(i < s->slot_count ? slot_is(slab_state(s, i)) : slab_state(s, i) == SLOT_NONE);
    ASSERT(s->mark == SLAB_MARK_NEVER || slab_count_free(s) + slab_left(s) + 1 == s->mark);
    ASSERT(counter_get(&s->left) % SLAB_STEP == 0 && slab_left(s) <= SLAB_MARK_NEVER);
    ASSERT(s->seat == s->arena->seat);
    ASSERT(s->base == s->extent->base && extent_state(s->extent) == EXTENT_LIVE);
    for (size_t at = 0; at < s->extent->len; at += PAGE_SIZE)
        ASSERT(pagemap_get(s->base + at) == ((uintptr_t)s | PAGEMAP_SLAB));
    return extent_check(s->extent);
}

#endif
