/* pagemap.h: from an address to what lives there.
 *
 *   in the window  window.map[page of the window]: one array, touched as used
 *   elsewhere      bits 47..30 -> leaf (1 MiB of pointers in BSS), bits 29..12 -> entry
 *
 * An entry is one word: 0, or a pointer to a slab or an extent with the kind in its low bits. A
 * slab is found from each of its pages, an extent from its first and last page. Any bit pattern may
 * be looked up: what is not ours yields 0. Locking: readers need none. A page's entry is written by
 * the one who holds its extent. Leaves are added by compare-and-swap and live for ever. */
#ifndef ASHLAR_ALLOC_PAGEMAP_H
#define ASHLAR_ALLOC_PAGEMAP_H

#include "alloc/sizes.h"
#include "alloc/window.h"

#define PAGEMAP_BITS 47

struct slab;
struct extent;

enum pagemap_kind { PAGEMAP_NONE = 0, PAGEMAP_SLAB = 1, PAGEMAP_LARGE = 2, PAGEMAP_FREE = 4 };
#define PAGEMAP_KIND_MASK ((uintptr_t)7)

/* An address outside the window. */
uintptr_t pagemap_get_outside(uintptr_t address);

/* The entry of an address in the window; 0 for others, which may have one all the same. */
static inline uintptr_t pagemap_get_inside(const void *p) {
    uintptr_t offset = (uintptr_t)p - window.base;
    if (__builtin_expect(offset >= window.len, 0)) return 0;
    return atomic_load_explicit(&window.map[offset >> PAGE_SHIFT], memory_order_acquire);
}

static inline uintptr_t pagemap_get(const void *p) {
    return window_has(p) ? pagemap_get_inside(p) : pagemap_get_outside((uintptr_t)p);
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
