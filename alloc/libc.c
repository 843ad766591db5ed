/* libc.c: the C library's malloc family on the heap "general".
 *
 * Linked into a program (or preloaded), these replace glibc's. They work before constructors, in
 * threads' exit handlers, after fork and from atexit, since the allocator sets itself up on first
 * use and never tears itself down.
 *
 * Small objects come from the thread's cache and go there (tcache.h). A free() here has no size, so
 * requested bytes count slot sizes both ways. Alignment is 16, by jemalloc's classes. Left out of
 * ThreadSanitizer builds, which bring a malloc of their own. */
#include "alloc/entry.h"
#include "alloc/tcache.h"
#include "alloc/guard_doors.h"

#ifdef ALLOC_HAS_MALLOC

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MAX (256 * KIB) /* from here on growing moves page tables: large_move() */

static inline struct arena *general_arena(void) {
    struct arena *a = thread_general;
    return ASH_LIKELY(a != &arena_none) ? a : thread_arena(heap_general());
}

static __attribute__((cold, noinline)) void *no_memory(void) {
    errno = ENOMEM;
    return NULL;
}

static inline struct tcache_bin *stack_for(unsigned cls) { return &thread_cache->bins[cls / 2]; }

/* The same for sizes up to EVEN_MAX, whose stacks advance in step with them. */
static inline struct tcache_bin *stack_for_size(size_t size) {
    size_t at = (size - 1) & ~(size_t)15;
    return (struct tcache_bin *)((char *)thread_cache->bins + at * (sizeof(struct tcache_bin) / 16));
}

static __attribute__((noinline)) void *small_slow(unsigned cls) {
    void *p = tcache_take_slow(cls);
    return p != NULL ? p : no_memory();
}

/* 1..SMALL_MAX. Counted as its slot, since free() takes that off again. */
static inline void *general_small(size_t size) {
    unsigned cls = class_general(size);
    void    *p = tcache_get(stack_for(cls));
    return ASH_LIKELY(p != NULL) ? p : small_slow(cls);
}

/* The smallest slot is for size 0. */
static __attribute__((noinline)) void *general_empty(bool zero) {
    void *p = general_small(1);
    return p != NULL && zero ? memset(p, 0, 1) : p;
}

/* Sizes 0 and above SMALL_MAX. */
static __attribute__((noinline)) void *general_other(size_t size, bool zero) {
    if (size == 0) return general_empty(zero);
    struct arena *a = general_arena();
    void         *p = a != NULL ? large_take(a, size, PAGE_SIZE, zero) : NULL;
    return p != NULL ? p : no_memory();
}

/* A size that wraps around to no pages at all is none of the stock's either. */
static __attribute__((noinline)) void *malloc_large(size_t size) {
    void *p = large_take_parked(thread_general, size_to_pages(size), size);
    return ASH_LIKELY(p != NULL) ? p : general_other(size, false);
}

static __attribute__((noinline)) void *malloc_other(size_t size) {
    return size - 1 < SMALL_MAX ? general_small(size) : malloc_large(size);
}

/* Straight-line code for small sizes and a thread that has its cache. */
void *malloc(size_t size) {
    if (ASH_UNLIKELY(size - 1 >= EVEN_MAX)) return malloc_other(size);
    void *p = tcache_get(stack_for_size(size));
    return ASH_LIKELY(p != NULL) ? p : small_slow(class_general(size));
}

void *calloc(size_t count, size_t each) {
    size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return no_memory();
    if (size - 1 >= SMALL_MAX) return general_other(size, true);
    void *p = general_small(size);
    return p != NULL ? memset(p, 0, size) : NULL;
}

/* The size the counters hold for p: its slot, or what a large object was asked for with. */
static size_t counted_size(uintptr_t entry, const void *p) {
    if (pagemap_kind(entry) == PAGEMAP_SLAB) return pagemap_slab(entry)->slot_size;
    if (!entry_is_large(entry)) entry_bad_pointer(p);
    return pagemap_extent(entry)->requested;
}

/* Whatever lies outside the window, and what else free() and free_large() do not do themselves. */
static __attribute__((noinline)) void free_other(void *p) {
    if (p == NULL) return;
    uintptr_t entry = pagemap_get(p);
    if (entry_is_large(entry) && pagemap_extent(entry)->base == p) {
        large_put(pagemap_extent(entry));
    } else if (pagemap_is_slab(entry)) {
        tcache_free(pagemap_slab(entry), p);
    } else {
        entry_free_large(entry, p, counted_size(entry, p)); /* says what is wrong */
    }
}

/* In the window, with an entry that is no slab's. */
static __attribute__((noinline)) void free_large(void *p, uintptr_t entry) {
    struct extent *x = pagemap_extent(entry);
    if (ASH_UNLIKELY(!entry_is_large(entry) || x->base != p || !large_park(x))) free_other(p);
}

/* Where there is nothing, the page map's head of zeroes is taken for a slab, and has no slot at p. */
void free(void *p) {
    if (ASH_UNLIKELY(!window_has(p))) return free_other(p);
    uintptr_t cell = pagemap_cell(p);
    if (ASH_UNLIKELY(pagemap_kind(cell) != PAGEMAP_NONE)) return free_large(p, cell);
    tcache_free((struct slab *)cell, p);
}

static bool same_general(unsigned cls, size_t size) {
    return size_classes[class_general(size)].slot_size == size_classes[cls].slot_size;
}

/* What grew may do so again. Where its pages had to be copied it gets a quarter more of them than it
 * needs, untouched as long as it does not use them, and takes the next steps in place. */
static void *malloc_growing(size_t size) {
    struct arena *a = general_arena();
    void         *p = a != NULL ? large_take_room(a, size, size + size / 4) : NULL;
    return p != NULL ? p : malloc(size);
}

/* usable: all that malloc_usable_size() says may have been written to. */
static void *copy_to_new(void *p, size_t usable, size_t size) {
    bool  grows = size > SMALL_MAX && size > usable && size < ROOM_MAX;
    void *fresh = grows ? malloc_growing(size) : malloc(size);
    if (fresh == NULL) return NULL;
    memcpy(fresh, p, usable < size ? usable : size);
    if (usable > SMALL_MAX) { /* what grows leaves room for its neighbours to grow in */
        struct extent *x = pagemap_extent(pagemap_get(p));
        meter_gave(x->len);
        large_put_pages(x);
    } else {
        free(p);
    }
    return fresh;
}

void *realloc(void *p, size_t size) {
    if (p == NULL) return malloc(size);
    if (size == 0) { /* as glibc: frees, and returns NULL */
        free(p);
        return NULL;
    }
    if (size > ASH_SIZE_MAX - PAGE_SIZE) return no_memory();
    uintptr_t entry = pagemap_get(p);
    size_t    counted = counted_size(entry, p);
    /* A small object keeps counting as its slot. */
    size_t counts_as = size > SMALL_MAX ? size : size_classes[class_general(size)].slot_size;
    if (entry_resize(p, counted, counts_as, same_general)) return p;
    struct arena *a = general_arena();
    void         *moved = a != NULL ? entry_move(a, p, size) : NULL;
    return moved != NULL ? moved : copy_to_new(p, ash_usable_size(p), size);
}

void *reallocarray(void *p, size_t count, size_t each) {
    size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return no_memory();
    return realloc(p, size);
}

static void *general_aligned(size_t size, size_t align) {
    if (size > ASH_SIZE_MAX - PAGE_SIZE) return NULL;
    struct arena *a = general_arena();
    if (a == NULL) return NULL;
    if (align < 16) align = 16;
    unsigned cls = class_aligned(size == 0 ? 1 : size, align);
    /* Counted as its slot, so that free() takes the same off. */
    if (cls < CLASS_COUNT) return tcache_take_past(a, cls);
    return large_take(a, size == 0 ? 1 : size, align, false);
}

int posix_memalign(void **out, size_t align, size_t size) {
    if (!size_is_power(align) || align % sizeof(void *) != 0) return EINVAL;
    void *p = general_aligned(size, align);
    if (p == NULL) return ENOMEM;
    *out = p;
    return 0;
}

void *memalign(size_t align, size_t size) {
    if (!size_is_power(align)) {
        errno = EINVAL;
        return NULL;
    }
    void *p = general_aligned(size, align);
    return p != NULL ? p : no_memory();
}

void *aligned_alloc(size_t align, size_t size) { return memalign(align, size); }
void *valloc(size_t size) { return memalign(PAGE_SIZE, size); }

void *pvalloc(size_t size) {
    if (size > ASH_SIZE_MAX - PAGE_SIZE) return no_memory();
    return memalign(PAGE_SIZE, size_to_pages(size == 0 ? 1 : size));
}

size_t malloc_usable_size(void *p) { return p != NULL ? ash_usable_size(p) : 0; }

#endif
