/* jemalloc.c: jemalloc's non-standard calls. See jemalloc.h for what differs.
 *
 * Objects are the malloc family's: a small one counts its slot as requested, which free() takes off
 * again, and the classes are the general ones, of 16-byte alignment.
 * Left out where the malloc family is (libc.c). */
#include "alloc/jemalloc.h"
#include "alloc/ctl.h"
#include "alloc/entry.h"
#include "alloc/tcache.h"
#include "alloc/tcaches.h"
#include "alloc/guard_doors.h"

#ifdef ALLOC_HAS_MALLOC

#include <stdlib.h>
#include <string.h>

static size_t flags_align(int flags) { return (size_t)1 << (flags & 0x3f); }
static bool   flags_zero(int flags) { return (flags & MALLOCX_ZERO) != 0; }
static bool   flags_arena(int flags) { return (unsigned)flags >> 20 != 0; }

/* The caller's own cache, none, or, from CACHE_NAMED on, one by number. */
enum { CACHE_OWN, CACHE_NONE, CACHE_NAMED };
static unsigned flags_cache(int flags) { return (unsigned)flags >> 8 & 0xfff; }

/* The caller's arena in the heap that the flags name. NULL: no shared heap, or no memory. */
static struct arena *arena_named(int flags) {
    unsigned         idx = ((unsigned)flags >> 20) - 1;
    struct ash_heap *h = heap_at(idx);
    return h != NULL && h->kind == ASH_HEAP_SHARED ? thread_arena(h) : NULL;
}

static struct arena *arena_general(void) {
    return thread_general != &arena_none ? thread_general : thread_arena(heap_general());
}

/* --- New objects ------------------------------------------------------------------------------ */

/* From the cache that the flags ask for, where it has such slots: those of general classes, in the
 * heap that the malloc family uses. */
static void *new_slot(struct arena *a, unsigned cls, int flags) {
    unsigned cache = flags_cache(flags);
    bool     own = cls % 2 == 1 && a == thread_general && a->heap == heap_general();
    if (cache == CACHE_NONE || flags_arena(flags) || !own) return tcache_take_past(a, cls);
    return cache == CACHE_OWN ? tcache_take(cls)
                              : tcache_take_from(tcaches_get(cache - CACHE_NAMED), a, cls);
}

/* Zeroed as far as its slot goes: rallocx takes all of it to be the caller's. */
static void *new_in(struct arena *a, size_t size, int flags) {
    size_t   align = flags_align(flags);
    bool     zero = flags_zero(flags);
    unsigned cls = CLASS_COUNT;
    if (size > ASH_SIZE_MAX - PAGE_SIZE || align > ASH_SIZE_MAX / 2) return NULL;
    if (align <= 16 && size <= SMALL_MAX) cls = class_general(size);
    if (align > 16) cls = class_aligned(size, align);
    if (cls >= CLASS_COUNT) return large_take(a, size, align, zero);
    void *p = new_slot(a, cls, flags);
    return p != NULL && zero ? memset(p, 0, size_classes[cls].slot_size) : p;
}

void *mallocx(size_t size, int flags) {
    size_t align = flags_align(flags);
    if (size == 0) size = 1;
    if (align <= 16 && (flags & ~0x3f) == 0) return malloc(size);
    struct arena *a = flags_arena(flags) ? arena_named(flags) : arena_general();
    return a != NULL ? new_in(a, size, flags) : NULL;
}

size_t nallocx(size_t size, int flags) {
    size_t   align = flags_align(flags);
    unsigned cls = CLASS_COUNT;
    if (size == 0) size = 1;
    if (size > ASH_SIZE_MAX - PAGE_SIZE || align > ASH_SIZE_MAX / 2) return 0;
    if (align <= 16 && size <= SMALL_MAX) cls = class_general(size);
    if (align > 16) cls = class_aligned(size, align);
    return cls < CLASS_COUNT ? size_classes[cls].slot_size : size_to_pages(size);
}

/* --- Live objects ----------------------------------------------------------------------------- */

size_t sallocx(const void *p, int flags) {
    (void)flags;
    return ash_usable_size(p);
}

void dallocx(void *p, int flags) {
    unsigned cache = flags_cache(flags);
    if (cache == CACHE_OWN || !pagemap_is_slab(pagemap_get(p))) {
        free(p);
        return;
    }
    tcache_put_into(cache >= CACHE_NAMED ? tcaches_get(cache - CACHE_NAMED) : NULL, p,
                    pagemap_slab(pagemap_get(p)));
}

void sdallocx(void *p, size_t size, int flags) {
    size_t usable = ash_usable_size(p), fits = nallocx(size, flags);
    if (fits != usable)
        PANIC("wrong size in free of %p: %zu given, which takes %zu; size class %zu, heap %s", p,
              size, fits, usable, ash_heap_name(ash_heap_of(p)));
    dallocx(p, flags);
}

static bool same_general(unsigned cls, size_t size) {
    return size_classes[class_general(size)].slot_size == size_classes[cls].slot_size;
}

/* A large object in place, counted as realloc() would. */
static bool resize_large(void *p, size_t size) {
    uintptr_t entry = pagemap_get(p);
    return entry_resize(p, pagemap_extent(entry)->requested, size, same_general);
}

static void zero_from(char *p, size_t from) {
    size_t usable = ash_usable_size(p);
    if (usable > from) memset(p + from, 0, usable - from);
}

/* A slot stays only if mallocx would give the same, so that sdallocx knows it again. */
static bool resize(void *p, size_t size, int flags, size_t usable) {
    if (!ptr_is_aligned(p, flags_align(flags))) return false;
    if (pagemap_is_slab(pagemap_get(p))) return nallocx(size, flags) == usable;
    return size > SMALL_MAX && resize_large(p, size);
}

void *rallocx(void *p, size_t size, int flags) {
    size_t before = ash_usable_size(p);
    if (size == 0) size = 1;
    if (size > ASH_SIZE_MAX - PAGE_SIZE) return NULL;
    if (resize(p, size, flags, before)) {
        if (flags_zero(flags)) zero_from(p, before);
        return p;
    }
    bool          movable = !flags_arena(flags) && flags_align(flags) <= PAGE_SIZE;
    struct arena *a = movable ? arena_general() : NULL;
    char         *fresh = a != NULL ? entry_move(a, p, size) : NULL;
    if (fresh != NULL) return fresh; /* what was added reads zero */
    if ((fresh = mallocx(size, flags)) == NULL) return NULL;
    memcpy(fresh, p, before < size ? before : size);
    dallocx(p, flags);
    return fresh;
}

/* To `most` if that can be, else to `size`, else left alone. */
static void resize_towards(void *p, size_t before, size_t size, size_t most) {
    if (before == size_to_pages(most)) return;
    if (resize_large(p, most) || before >= size_to_pages(size)) return;
    (void)resize_large(p, size);
}

size_t xallocx(void *p, size_t size, size_t extra, int flags) {
    size_t before = ash_usable_size(p), most;
    if (size == 0) size = 1;
    if (__builtin_add_overflow(size, extra, &most) || most > ASH_SIZE_MAX - PAGE_SIZE)
        most = ASH_SIZE_MAX - PAGE_SIZE;
    bool large = !pagemap_is_slab(pagemap_get(p)) && most > SMALL_MAX;
    if (!large || size > ASH_SIZE_MAX - PAGE_SIZE || !ptr_is_aligned(p, flags_align(flags)))
        return before;
    resize_towards(p, before, size, most);
    if (flags_zero(flags)) zero_from(p, before);
    return ash_usable_size(p);
}

/* --- Control ---------------------------------------------------------------------------------- */

int mallctl(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen) {
    return ash_ctl(name, oldp, oldlenp, newp, newlen);
}

int mallctlnametomib(const char *name, size_t *mib, size_t *miblen) {
    return ctl_name_to_mib(name, mib, miblen);
}

int mallctlbymib(const size_t *mib, size_t miblen, void *oldp, size_t *oldlenp, void *newp,
                 size_t newlen) {
    return ctl_by_mib(mib, miblen, oldp, oldlenp, newp, newlen);
}

void malloc_stats_print(void (*write)(void *arg, const char *text), void *arg, const char *opts) {
    ash_stats_print(write, arg, opts);
}

#endif
