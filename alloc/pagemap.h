/* pagemap.h: from an address to what lives there.
 *
 *   bits 47..30 -> leaf (1 MiB of pointers in BSS, touched as used)
 *   bits 29..12 -> entry (a leaf is 2 MiB of address space, touched as used)
 *
 * An entry is one word: 0, or a pointer to a slab or an extent with the kind in its low bits. A
 * slab is found from each of its pages, an extent from its first and last page. Any bit pattern may
 * be looked up: what is not ours yields 0. Locking: readers need none. A page's entry is written by
 * the one who holds its extent. Leaves are added by compare-and-swap and live for ever. */
#ifndef ASHLAR_ALLOC_PAGEMAP_H
#define ASHLAR_ALLOC_PAGEMAP_H

#include "alloc/sizes.h"

#include <stdatomic.h>

#define PAGEMAP_BITS      47
#define PAGEMAP_LEAF_BITS 18
#define PAGEMAP_TOP       ((size_t)1 << (PAGEMAP_BITS - PAGEMAP_LEAF_BITS - PAGE_SHIFT))

struct slab;
struct extent;

enum pagemap_kind { PAGEMAP_NONE = 0, PAGEMAP_SLAB = 1, PAGEMAP_LARGE = 2, PAGEMAP_FREE = 4 };
#define PAGEMAP_KIND_MASK ((uintptr_t)7)

typedef _Atomic(uintptr_t) pagemap_entry;
extern _Atomic(pagemap_entry *) pagemap_top[PAGEMAP_TOP];

static inline uintptr_t pagemap_get(const void *p) {
    uintptr_t address = (uintptr_t)p, top = address >> (PAGEMAP_LEAF_BITS + PAGE_SHIFT);
    if (__builtin_expect(top >= PAGEMAP_TOP, 0)) return 0;
    pagemap_entry *leaf = atomic_load_explicit(&pagemap_top[top], memory_order_acquire);
    if (__builtin_expect(leaf == NULL, 0)) return 0;
    size_t idx = (address >> PAGE_SHIFT) & (((size_t)1 << PAGEMAP_LEAF_BITS) - 1);
    return atomic_load_explicit(&leaf[idx], memory_order_acquire);
}

static inline enum pagemap_kind pagemap_kind(uintptr_t entry) {
    return (enum pagemap_kind)(entry & PAGEMAP_KIND_MASK);
}
/* The common question, in one test of one bit. */
static inline bool pagemap_is_slab(uintptr_t entry) { return entry & PAGEMAP_SLAB; }
static inline struct slab *pagemap_slab(uintptr_t entry) {
    return (struct slab *)(entry - PAGEMAP_SLAB);
}
static inline struct extent *pagemap_extent(uintptr_t entry) {
    return (struct extent *)(entry & ~PAGEMAP_KIND_MASK);
}

/* Makes room for entries of [p, p + len). False: no memory, or not an address we can map. */
bool pagemap_cover(const void *p, size_t len);
/* Every page of the covered range gets the entry for (what, kind); NULL and NONE clear it. */
void pagemap_set_all(const void *p, size_t len, const void *what, enum pagemap_kind kind);
/* Its first and last page only. */
void pagemap_set_ends(const void *p, size_t len, const void *what, enum pagemap_kind kind);
/* An estimate of the resident bytes of the map itself. */
size_t pagemap_bytes(void);

#endif
