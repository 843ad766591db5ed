/* slab.c: slots of one size, states in bitmaps that lie elsewhere. See slab.h.
 *
 * Freeing never writes into the freed page: no refaulting of purged pages, no copy-on-write in a
 * forked child, nothing in band to corrupt.
 *
 * A free by another thread:
 *   1. add one to `pending`. If it was 0, push the slab onto the arena's queue.
 *   2. set the slot's `remote` bit. From here on the slab may vanish: touch it no more.
 * The object being freed keeps the slab alive through step 1, as no collection can take its slot
 * before the bit is there. The collector subtracts from `pending` what it found and, if that leaves
 * something (somebody is between 1 and 2), queues the slab again itself. */
#include "alloc/slab.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/base.h"
#include "alloc/heap.h"
#include "alloc/pagemap.h"
#include "alloc/pages.h"

#ifndef ASHLAR_PASSTHROUGH

static size_t meta_size(uint32_t slots) {
    size_t size = offsetof(struct slab, words) + (slots + 63) / 64 * sizeof(struct slab_word);
#ifdef ASHLAR_DEBUG
    size += slots * sizeof(uint16_t);
#endif
    return size;
}

static void words_fill(struct slab *s) {
    for (unsigned i = 0; i < slab_word_count(s); i++) {
        unsigned left = s->slot_count - i * 64;
        uint64_t bits = left >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
        atomic_store_explicit(&s->words[i].free, bits, memory_order_relaxed);
    }
}

struct slab *slab_new(struct arena *a, unsigned cls, size_t len) {
    uint32_t     slots = (uint32_t)(len / size_classes[cls].slot_size);
    struct slab *s = base_take(meta_size(slots));
    if (s == NULL) return NULL;
    s->extent = pages_take(&a->pages, len, PAGE_SIZE, EXTENT_DIRTY);
    if (s->extent == NULL) {
        base_put(s, meta_size(slots));
        return NULL;
    }
    s->base = s->extent->base;
    s->arena = a;
    s->reciprocal = size_classes[cls].reciprocal;
    s->slot_size = size_classes[cls].slot_size;
    s->slot_count = s->free_count = slots;
    s->cls = cls;
    s->bin = &a->bins[cls];
    s->mark = SLAB_MARK_NEVER;
#ifdef ASHLAR_DEBUG
    s->requested = (uint16_t *)&s->words[slab_word_count(s)];
#endif
    words_fill(s);
    pagemap_set_all(s->base, len, s, PAGEMAP_SLAB);
    return s;
}

void slab_free(struct slab **sp) {
    struct slab   *s = *sp;
    struct extent *x = s->extent;
    struct pages  *pages = &s->arena->pages;
    *sp = NULL;
    pagemap_set_all(s->base, x->len, NULL, PAGEMAP_NONE);
    base_put(s, meta_size(s->slot_count));
    pages_put(pages, x, false);
}

void slab_bad_free(const struct slab *s, const void *p) {
    unsigned    slot;
    size_t      offset = (size_t)((const char *)p - s->base);
    const char *heap = ash_heap_name(s->arena->heap);
    if (!class_slot_at(s->reciprocal, offset, &slot) || slot >= s->slot_count)
        PANIC("invalid free of %p: not the start of an object; size class %u, heap %s", p,
              s->slot_size, heap);
    PANIC("double free of %p: size class %u, heap %s", p, s->slot_size, heap);
}

void slab_bad_size(const struct slab *s, const void *p, size_t size) {
    const char *heap = ash_heap_name(s->arena->heap);
#ifdef ASHLAR_DEBUG
    PANIC("wrong size in free of %p: %zu given, %u asked for; size class %u, heap %s", p, size,
          (unsigned)s->requested[slab_slot_of(s, p)], s->slot_size, heap);
#else
    PANIC("wrong size in free of %p: %zu given; size class %u, heap %s", p, size, s->slot_size,
          heap);
#endif
}

void slab_free_remote(struct slab *s, const void *p, size_t size) {
    unsigned slot = slab_slot_of(s, p);
    slab_assert_live(s, slot, p);
    slab_assert_size(s, slot, p, size);
    struct arena *a = s->arena;
    counter_add_shared(&a->remote_used, s->slot_size);
    counter_add_shared(&a->remote_requested, size);
    counter_add_shared(&a->remote_count, 1);
    if (atomic_fetch_add(&s->pending, 1) == 0) arena_queue_remote(a, s);
    uint64_t bit = (uint64_t)1 << (slot % 64);
    /* Two threads freeing one object at once: the bit tells, though the slab may be gone. */
    if (atomic_fetch_or(&s->words[slot / 64].remote, bit) & bit)
        PANIC("double free of %p by two threads", p);
}

unsigned slab_collect(struct slab *s, bool *again) {
    unsigned count = 0;
    for (unsigned i = 0; i < slab_word_count(s); i++) {
        struct slab_word *w = &s->words[i];
        if (atomic_load_explicit(&w->remote, memory_order_relaxed) == 0) continue;
        uint64_t freed = atomic_exchange(&w->remote, 0);
        uint64_t free = atomic_load_explicit(&w->free, memory_order_relaxed);
        ASSERT((free & freed) == 0); /* else freed both here and there */
        atomic_store_explicit(&w->free, free | freed, memory_order_relaxed);
        count += (unsigned)__builtin_popcountll(freed);
    }
    s->free_count += count;
    *again = atomic_fetch_sub(&s->pending, count) != count;
    return count;
}

bool slab_check(const struct slab *s) {
    unsigned free_count = 0;
    for (unsigned i = 0; i < slab_word_count(s); i++) {
        uint64_t free = atomic_load(&s->words[i].free), remote = atomic_load(&s->words[i].remote);
        unsigned left = s->slot_count - i * 64;
        uint64_t valid = left >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
        ASSERT((free & remote) == 0 && ((free | remote) & ~valid) == 0);
        free_count += (unsigned)__builtin_popcountll(free);
    }
    ASSERT(free_count == s->free_count);
    ASSERT(s->base == s->extent->base && extent_state(s->extent) == EXTENT_LIVE);
    for (size_t at = 0; at < s->extent->len; at += PAGE_SIZE)
        ASSERT(pagemap_get(s->base + at) == ((uintptr_t)s | PAGEMAP_SLAB));
    return extent_check(s->extent);
}

#endif
