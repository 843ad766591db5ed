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

/* Words for all slots and for a tail shorter than one: L4. */
static size_t words_for(uint32_t slot_size, size_t len) { return (len - 1) / slot_size / 64 + 1; }

static size_t meta_size(uint32_t slot_size, size_t len) {
    size_t words = words_for(slot_size, len);
    size_t size = offsetof(struct slab, words) + words * sizeof(struct slab_word);
#ifdef ASHLAR_DEBUG
    size += words * 64 * sizeof(uint16_t);
#endif
    return size;
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
    s->base = s->extent->base;
    s->arena = a;
    s->bin = &a->bins[cls];
    s->inverse = UINT64_MAX / slot_size + 1;
    s->slot_size = slot_size;
    s->slot_count = (uint32_t)(len / slot_size);
    s->cls = cls;
    s->mark = s->left = SLAB_MARK_NEVER;
#ifdef ASHLAR_DEBUG
    s->requested = (uint16_t *)&s->words[words_for(slot_size, len)];
#endif
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
}

uint32_t slab_count_free(const struct slab *s) {
    uint32_t count = 0;
    for (unsigned i = 0; i < slab_word_count(s); i++)
        count += (uint32_t)__builtin_popcountll(slab_word_free(s, i));
    return count;
}

void slab_refuse(const struct slab *s, const void *p, size_t size) {
    size_t      slot;
    const char *heap = ash_heap_name(s->arena->heap);
    if (!slab_slot_at(s, p, &slot) || slot >= s->slot_count)
        PANIC("invalid free of %p: not the start of an object; size class %u, heap %s", p,
              s->slot_size, heap);
    if (!(slab_word_live(&s->words[slot / 64]) & slab_bit(slot)))
        PANIC("double free of %p: size class %u, heap %s", p, s->slot_size, heap);
#ifdef ASHLAR_DEBUG
    PANIC("wrong size in free of %p: %zu given, %u asked for; size class %u, heap %s", p, size,
          (unsigned)s->requested[slot], s->slot_size, heap);
#else
    PANIC("wrong size in free of %p: %zu given; size class %u, heap %s", p, size, s->slot_size,
          heap);
#endif
}

size_t slab_live_slot(const struct slab *s, const void *p, size_t size) {
    size_t slot;
    bool   start = slab_slot_at(s, p, &slot);
    if (!start || !(slab_word_live(&s->words[slot / 64]) & slab_bit(slot)) ||
        !slab_fits(s, slot, size))
        slab_refuse(s, p, size);
    return slot;
}

void slab_free_remote(struct slab *s, const void *p, size_t size) {
    size_t        slot = slab_live_slot(s, p, size);
    struct arena *a = s->arena;
    counter_add_shared(&a->remote_used, s->slot_size);
    counter_add_shared(&a->remote_requested, size);
    counter_add_shared(&a->remote_count, 1);
    if (atomic_fetch_add(&s->pending, 1) == 0) arena_queue_remote(a, s);
    /* Two threads freeing one object at once: the bit tells, though the slab may be gone. */
    if (atomic_fetch_or(&s->words[slot / 64].remote, slab_bit(slot)) & slab_bit(slot))
        PANIC("double free of %p by two threads", p);
}

unsigned slab_collect(struct slab *s, bool *again) {
    unsigned count = 0;
    for (unsigned i = 0; i < slab_word_count(s); i++) {
        struct slab_word *w = &s->words[i];
        if (atomic_load_explicit(&w->remote, memory_order_relaxed) == 0) continue;
        uint64_t freed = atomic_exchange(&w->remote, 0);
        ASSERT((freed & ~(w->taken ^ w->freed)) == 0); /* else freed both here and there */
        __atomic_store_n(&w->freed, w->freed ^ freed, __ATOMIC_RELAXED);
        count += (unsigned)__builtin_popcountll(freed);
    }
    *again = atomic_fetch_sub(&s->pending, count) != count;
    return count;
}

bool slab_check(const struct slab *s) {
    for (unsigned i = 0; i < words_for(s->slot_size, s->extent->len); i++) {
        const struct slab_word *w = &s->words[i];
        uint64_t                remote = atomic_load(&w->remote);
        ASSERT(((w->taken | w->freed | remote) & ~slab_word_valid(s, i)) == 0);
        ASSERT((remote & ~(w->taken ^ w->freed)) == 0);
    }
    ASSERT(s->mark == SLAB_MARK_NEVER || s->mark - s->left == slab_count_free(s));
    ASSERT(s->base == s->extent->base && extent_state(s->extent) == EXTENT_LIVE);
    for (size_t at = 0; at < s->extent->len; at += PAGE_SIZE)
        ASSERT(pagemap_get(s->base + at) == ((uintptr_t)s | PAGEMAP_SLAB));
    return extent_check(s->extent);
}

#endif
