/* move.c: extents that change heaps as they are. The contract is ash_heap_move's, in alloc.h.
 *
 * A slab is taken out of its bin, pages and all, while having the one arena, and filed in the other
 * while having that: never both at once, since an owner's flag says only that it is in some arena.
 * LOCK_HEAPS is held over the two, so that a fork finds it in the one or in the other. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/entry.h"
#include "alloc/heap.h"
#include "alloc/large.h"
#include "alloc/guard_doors.h"

#ifndef ASHLAR_PASSTHROUGH

/* False: other threads have freed some of its objects, and not all of those have come back. */
static bool slab_out(struct slab *s, size_t size) {
    struct arena *a = s->arena;
    bool          fast = heap_enter(a);
    if (atomic_load(&s->pending) != 0) arena_collect(a, UINT32_MAX, UINT64_MAX);
    bool done = atomic_load(&s->pending) == 0;
    if (done) {
        bin_give(s, size);
        pages_give(&a->pages, s->extent);
    }
    heap_leave(a, fast);
    return done;
}

static void slab_in(struct arena *a, struct slab *s, size_t size) {
    bool fast = heap_enter(a);
    pages_receive(&a->pages, s->extent);
    bin_receive(a, s, size);
    heap_leave(a, fast);
}

static bool move_slab(struct arena *to, struct slab *s, size_t size) {
    ASSERT(s->arena->heap->kind == ASH_HEAP_OWNED && to->heap->kind == ASH_HEAP_OWNED);
    if (s->arena == to) return true;
    lock_take(&heaps_lock);
    bool done = slab_out(s, size);
    if (done) slab_in(to, s, size);
    lock_drop(&heaps_lock);
    return done;
}

static void move_large(struct arena *to, struct extent *x, const void *p, size_t size) {
    if (x->base != p || x->requested != size)
        PANIC("wrong size or pointer in move of %p: %zu given", p, size);
    lock_take(&heaps_lock);
    if (large_arena(x) != to) large_give(to, x);
    lock_drop(&heaps_lock);
}

bool ash_heap_move(struct ash_heap *to, void *p, size_t size) {
    uintptr_t     entry = pagemap_get(p);
    struct arena *a = to->arena != &arena_none ? to->arena : thread_arena(to);
    if (a == NULL) return false;
    if (pagemap_is_slab(entry)) {
        struct slab *s = pagemap_slab(entry);
        if (!slab_slot_at(s, p, &(size_t){0})) slab_refuse(s, p, size);
        return move_slab(a, s, size);
    }
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    move_large(a, pagemap_extent(entry), p, size);
    return true;
}

unsigned ash_extent_each(void *p, void (*fn)(void *object, void *arg), void *arg) {
    uintptr_t entry = pagemap_get(p);
    if (!pagemap_is_slab(entry)) {
        if (!entry_is_large(entry) || pagemap_extent(entry)->base != p) entry_bad_pointer(p);
        fn(p, arg);
        return 1;
    }
    struct slab *s = pagemap_slab(entry);
    unsigned     count = 0;
    for (unsigned i = 0; i < slab_group_count(s); i++) {
        for (uint64_t live = slab_group_mask(s, i, SLOT_LIVE); live != 0; live &= live - 1, count++)
            fn(s->base + (i * SLAB_GROUP + slab_first(live)) * s->slot_size, arg);
    }
    return count;
}

#endif
