/* classes.h: the small size classes, one bin each, and how requests map to them.
 *
 * 8-byte steps to 128, then eight to a doubling up to SMALL_MAX. jemalloc's classes are every
 * second of these, so the general mapping (16-byte alignment, the malloc family) uses the same
 * bins as the fine one (8-byte alignment, ash_alloc).
 *
 *   C1  slot sizes ascend, and are multiples of 8; general ones are multiples of 16.
 *   C2  a slab holds at least one slot, and at most SLAB_SLOTS_MAX.
 *   C3  class_slot_at() is exact for every offset inside a slab.
 * Constant data: no locking. */
#ifndef ASHLAR_ALLOC_CLASSES_H
#define ASHLAR_ALLOC_CLASSES_H

#include "alloc/sizes.h"

#define CLASS_COUNT    72
#define SMALL_MAX      ((size_t)16384)
#define SLAB_PAGES_MAX 16
#define SLAB_SLOTS_MAX 4096

struct size_class {
    uint32_t slot_size;   /* bytes */
    uint32_t reciprocal;  /* ceil(2^32 / slot_size) */
    uint8_t  pages_first; /* a bin's first few slabs are this small: 25 idle heaps stay cheap */
    uint8_t  pages;       /* and later ones this large: less metadata, little tail waste */
};

extern const struct size_class size_classes[CLASS_COUNT] ALLOC_INNER;

/* The class for a request of 1..SMALL_MAX bytes: 8-byte aligned slots. */
static inline unsigned class_fine(size_t size) {
    if (size <= 128) return (unsigned)((size - 1) >> 3);
    unsigned log = 63u - (unsigned)__builtin_clzll(size - 1); /* 7..13 */
    return 8 + (log - 7) * 8 + (unsigned)((size - 1) >> (log - 3));
}

/* The same with jemalloc's coarser steps: 16-byte aligned slots. */
static inline unsigned class_general(size_t size) {
    if (size <= 128) return (unsigned)((size - 1) >> 4) * 2 + 1;
    unsigned log = 63u - (unsigned)__builtin_clzll(size - 1);
    return 9 + (log - 7) * 8 + (unsigned)((size - 1) >> (log - 2) << 1);
}

/* The first class whose every slot is aligned: align is a power of two up to PAGE_SIZE. CLASS_COUNT
 * when there is none. */
unsigned class_aligned(size_t size, size_t align);

/* The slot at a byte offset into a slab. False: the offset is inside a slot, not at its start. One
 * multiplication does both: the low half of the product is below the reciprocal exactly when the
 * division leaves no remainder (Lemire, Kaser, Kurz 2019). */
static inline bool class_slot_at(uint32_t reciprocal, size_t offset, unsigned *slot) {
    uint64_t product = (uint64_t)reciprocal * offset;
    *slot = (unsigned)(product >> 32);
    return (uint32_t)product < reciprocal;
}

/* What ash_alloc would round a request to: small classes, then whole pages. */
static inline size_t class_good_size(size_t size) {
    if (size == 0) size = 1;
    return size <= SMALL_MAX ? size_classes[class_fine(size)].slot_size : size_to_pages(size);
}

#endif
