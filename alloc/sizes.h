/* sizes.h: page and alignment arithmetic. All sizes are bytes; nothing here overflows for
 * arguments up to ASH_SIZE_MAX (alloc.h). */
#ifndef ASHLAR_ALLOC_SIZES_H
#define ASHLAR_ALLOC_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((size_t)1 << PAGE_SHIFT)
#define CACHE_LINE 64

/* Are the C library's names ours? Sanitizers that bring a malloc of their own keep theirs. */
#if !defined ASHLAR_PASSTHROUGH && !defined __SANITIZE_THREAD__ && !defined __SANITIZE_ADDRESS__
#define ALLOC_HAS_MALLOC 1
#endif

/* A variable that the library need not look up through its table of imports. */
#define ALLOC_INNER __attribute__((visibility("hidden")))

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

static inline size_t size_round_up(size_t size, size_t align) {
    return (size + align - 1) & ~(align - 1);
}

static inline size_t size_round_down(size_t size, size_t align) { return size & ~(align - 1); }

static inline size_t size_to_pages(size_t size) { return size_round_up(size, PAGE_SIZE); }

static inline bool size_is_power(size_t size) { return size != 0 && (size & (size - 1)) == 0; }

static inline bool ptr_is_aligned(const void *p, size_t align) {
    return ((uintptr_t)p & (align - 1)) == 0;
}

#endif
