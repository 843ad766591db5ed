/* alloc.c: the entry points for objects. Start here to follow one allocation:
 *
 *   ash_alloc -> the heap's arena -> arena_enter (no lock for its owner) -> arena_take_fast
 *             \-> alloc_medium: above EVEN_MAX
 *             \-> alloc_slow: size 0, shared heaps, a group used up; large_take above SMALL_MAX
 *   ash_free  -> page map -> arena_enter_seat -> slab_slot_left -> slab_put_slot
 *             |                |                   \-> free_due: arena_put, bin_crossed
 *             \----------------+-> free_other: slab_free_remote for others; large_put
 *
 * The paths here are written so that the common case is straight-line code; what is rare lives in a
 * noinline function, so that it costs the common case no registers. */
#include "alloc/alloc.h"
#include "alloc/entry.h"
#include "alloc/guard_doors.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

/* --- Allocating ------------------------------------------------------------------------------- */

__attribute__((noinline)) void *entry_small_slow(struct arena *a, unsigned cls, size_t size) {
    bool  fast = heap_enter(a);
    void *p = arena_take(a, cls, size);
    heap_leave(a, fast);
    return p;
}

static inline struct arena *arena_for(struct ash_heap *h) {
    return ASH_LIKELY(h->arena != &arena_none) ? h->arena : thread_arena(h);
}

/* What ash_alloc does not do itself: size 0, large ones, a group used up, not the owner. Size 0
 * gets the smallest slot and counts nothing as requested. */
static __attribute__((noinline)) void *alloc_slow(struct ash_heap *h, size_t size) {
    struct arena *a = arena_for(h);
    if (a == NULL) return NULL;
    if (size > SMALL_MAX) return large_take(a, size, PAGE_SIZE, false);
    return entry_small(a, class_fine(size != 0 ? size : 1), size);
}

static __attribute__((noreturn, cold, noinline)) void out_of_memory(const struct ash_heap *h,
                                                                    size_t size) {
    PANIC("out of memory: no room for %zu bytes in heap %s", size, h->name);
}

static __attribute__((noinline)) void *alloc_or_panic(struct ash_heap *h, size_t size) {
    void *p = alloc_slow(h, size);
    if (p == NULL) out_of_memory(h, size);
    return p;
}

/* Any small size, from an arena that the caller owns. NULL: alloc_slow has to do it. */
static inline void *alloc_fast(struct ash_heap *h, size_t size) {
    struct arena *a = h->arena;
    return size - 1 < SMALL_MAX ? entry_small_fast(a, &a->bins[class_fine(size)], size) : NULL;
}

/* Between EVEN_MAX and SMALL_MAX, and what is left. */
static __attribute__((noinline)) void *alloc_medium(struct ash_heap *h, size_t size) {
    void *p = alloc_fast(h, size);
    return ASH_LIKELY(p != NULL) ? p : alloc_or_panic(h, size);
}

/* Sizes up to EVEN_MAX find their bin without a branch; the others go one jump further. A shared
 * heap's threads find their arena in alloc_slow. */
void *ash_alloc(struct ash_heap *h, size_t size) {
    if (ASH_UNLIKELY(size - 1 >= EVEN_MAX)) return alloc_medium(h, size);
    void *p = entry_small_fast(h->arena, entry_bin_fine(h->arena, size), size);
    return ASH_LIKELY(p != NULL) ? p : alloc_or_panic(h, size);
}

void *ash_try_alloc(struct ash_heap *h, size_t size) {
    void *p = alloc_fast(h, size);
    return ASH_LIKELY(p != NULL) ? p : alloc_slow(h, size);
}

void *ash_zalloc(struct ash_heap *h, size_t size) {
    if (size <= SMALL_MAX) return memset(ash_alloc(h, size), 0, size);
    struct arena *a = arena_for(h);
    void         *p = a != NULL ? large_take(a, size, PAGE_SIZE, true) : NULL;
    if (p == NULL) out_of_memory(h, size);
    return p;
}

void *entry_aligned(struct arena *a, size_t size, size_t align) {
    unsigned cls = class_aligned(size != 0 ? size : 1, align);
    return cls < CLASS_COUNT ? entry_small(a, cls, size) : large_take(a, size, align, false);
}

void *ash_alloc_aligned(struct ash_heap *h, size_t size, size_t align) {
    ASSERT(size_is_power(align));
    struct arena *a = arena_for(h);
    void         *p = a != NULL ? entry_aligned(a, size, align) : NULL;
    if (p == NULL) out_of_memory(h, size);
    return p;
}

/* --- Freeing ---------------------------------------------------------------------------------- */

__attribute__((noreturn, cold, noinline)) void entry_bad_pointer(const void *p) {
    uintptr_t         entry = pagemap_get(p);
    enum pagemap_kind kind = pagemap_kind(entry);
    if (kind == PAGEMAP_FREE || kind == PAGEMAP_LARGE)
        PANIC("double free of %p: its pages are free already; large, heap %s", p,
              large_arena(pagemap_extent(entry))->heap->name);
    PANIC("invalid free of %p: not an object of any heap", p);
}

static __attribute__((noreturn, cold, noinline)) void bad_large(const struct extent *x,
                                                                const void *p, size_t size) {
    const char *heap = large_arena(x)->heap->name;
    if (x->base != p) PANIC("invalid free of %p: inside a large object, heap %s", p, heap);
    PANIC("wrong size in free of %p: %zu given, %zu asked for; large, heap %s", p, size,
          x->requested, heap);
}

__attribute__((noinline)) void entry_free_large(uintptr_t entry, void *p, size_t size) {
    if (p == NULL) return;
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    struct extent *x = pagemap_extent(entry);
    if (x->base != p || size != x->requested) bad_large(x, p, size);
    large_put(x);
}

/* The caller has entered the arena, and leaves it. */
static void put_and_leave(struct slab *s, void *p, size_t size) {
    enum arena_put done = arena_put(s, p, size);
    if (done == ARENA_PUT_REFUSED) slab_refuse_put(s, p, size);
    if (done == ARENA_PUT_CROSSED) bin_crossed(s);
    arena_leave();
}

void entry_free_small(struct slab *s, void *p, size_t size) {
    if (arena_enter(s->arena)) {
        put_and_leave(s, p, size);
    } else {
        slab_free_remote(s, p, size);
    }
}

/* Large objects, another's, and whatever lies outside the window. */
static __attribute__((noinline)) void free_other(void *p, size_t size) {
    uintptr_t entry = pagemap_get(p);
    if (pagemap_is_slab(entry)) {
        entry_free_small(pagemap_slab(entry), p, size);
    } else {
        entry_free_large(entry, p, size);
    }
}

/* After ash_free has entered: the free that is to refile its slab, or of no slot. */
static __attribute__((noinline)) void free_due(void *p, size_t size) {
    put_and_leave((struct slab *)pagemap_cell(p), p, size);
}

static __attribute__((cold, noinline)) void free_refused(void *p, size_t size) {
    slab_refuse_put((struct slab *)pagemap_cell(p), p, size);
}

/* Whether p lies in a slab is not asked: what else there is has nobody's seat (pagemap.h). */
void ash_free(void *p, size_t size) {
    size_t slot;
    if (ASH_UNLIKELY(!window_has(p))) return free_other(p, size);
    uintptr_t cell = pagemap_cell(p);
    if (ASH_UNLIKELY(!arena_enter_seat(pagemap_seat(cell)))) return free_other(p, size);
    struct slab *s = (struct slab *)cell;
    if (ASH_UNLIKELY(!slab_slot_left(s, p, &slot))) return free_due(p, size);
    if (ASH_UNLIKELY(!slab_put_slot(s, slot, size))) return free_refused(p, size);
    arena_count_put(s->bin, size);
    counter_sub(&s->left, SLAB_STEP);
    arena_leave();
}

/* --- Resizing --------------------------------------------------------------------------------- */

/* The same slot serves both sizes: only the count of requested bytes changes. */
static void resize_small(struct slab *s, void *p, size_t old_size, size_t new_size) {
    slab_live_slot(s, p, old_size);
    if (arena_enter(s->arena)) {
        counter_add(&s->bin->requested, new_size - old_size);
        arena_leave();
    } else {
        counter_add_shared(&s->arena->shelves[s->cls].remote_requested, old_size - new_size);
    }
    slab_note_size(s, p, new_size);
}

bool entry_resize(void *p, size_t old_size, size_t new_size, bool (*same)(unsigned, size_t)) {
    uintptr_t entry = pagemap_get(p);
    if (pagemap_kind(entry) == PAGEMAP_SLAB) {
        struct slab *s = pagemap_slab(entry);
        if (new_size > SMALL_MAX || !same(s->cls, new_size)) return false;
        resize_small(s, p, old_size, new_size);
        return true;
    }
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    struct extent *x = pagemap_extent(entry);
    if (x->base != p || x->requested != old_size)
        PANIC("wrong size or pointer in realloc of %p: %zu given, %zu asked for; large, heap %s", p,
              old_size, x->requested, large_arena(x)->heap->name);
    return new_size > SMALL_MAX && large_resize(x, new_size);
}

void *entry_move(struct arena *a, void *p, size_t new_size) {
    uintptr_t entry = pagemap_get(p);
    if (!entry_is_large(entry) || new_size <= SMALL_MAX) return NULL;
    return large_move(a, pagemap_extent(entry), new_size);
}

static bool same_fine(unsigned cls, size_t size) { return class_fine(size) == cls; }

void *ash_try_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size) {
    ASSERT(new_size > 0);
    if (p == NULL) return ash_try_alloc(h, new_size);
    if (new_size > ASH_SIZE_MAX - PAGE_SIZE) return NULL;
    if (entry_resize(p, old_size, new_size, same_fine)) return p;
    struct arena *a = arena_for(h);
    void         *fresh = a != NULL ? entry_move(a, p, new_size) : NULL;
    if (fresh != NULL) return fresh;
    fresh = ash_try_alloc(h, new_size);
    if (fresh == NULL) return NULL;
    memcpy(fresh, p, old_size < new_size ? old_size : new_size);
    ash_free(p, old_size);
    return fresh;
}

void *ash_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size) {
    void *fresh = ash_try_realloc(h, p, old_size, new_size);
    if (fresh == NULL) out_of_memory(h, new_size);
    return fresh;
}

/* --- Questions -------------------------------------------------------------------------------- */

size_t ash_good_size(size_t size) { return class_good_size(size); }
size_t ash_large_min(void) { return SMALL_MAX + 1; }

size_t ash_usable_size(const void *p) {
    uintptr_t entry = pagemap_get(p);
    if (pagemap_kind(entry) == PAGEMAP_SLAB) return pagemap_slab(entry)->slot_size;
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    return size_to_pages(pagemap_extent(entry)->requested); /* not the room it may have to grow in */
}

size_t ash_slab_live(const void *p, size_t *pages) {
    uintptr_t entry = pagemap_get(p);
    if (pagemap_kind(entry) == PAGEMAP_SLAB) {
        const struct slab *s = pagemap_slab(entry);
        *pages = s->extent->len;
        return slab_live(s);
    }
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    *pages = pagemap_extent(entry)->len;
    return 1;
}

struct ash_heap *ash_heap_of(const void *p) {
    uintptr_t entry = pagemap_get(p);
    if (pagemap_kind(entry) == PAGEMAP_SLAB) return pagemap_slab(entry)->arena->heap;
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    return large_arena(pagemap_extent(entry))->heap;
}

#endif
