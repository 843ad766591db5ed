/* pagemap.h: from an address to what lives there.
 *
 *   in the window  a word of window.map for each page: one array, touched as used
 *   elsewhere      bits 47..30 -> leaf (1 MiB of pointers in BSS), bits 29..12 -> entry
 *
 * An entry is one word: 0, or a pointer to a slab or an extent with the kind in its low bits. A
 * slab is found from each of its pages, an extent from its first and last page. Any bit pattern may
 * be looked up: what is not ours yields 0.
 *
 * In the window a word is a distance from the map's first byte, so that it takes one instruction to
 * have a pointer of it, and there need not be one that asks what it points to:
 *
 *   slab   its distance. A slab has its arena's seat (arena.h) at PAGEMAP_SEAT_AT.
 *   extent its distance and the kind. It has zeroes at PAGEMAP_SEAT_AT + the kind.
 *   none   0: the map itself, which begins with a page of zeroes.
 *
 * Zero is nobody's seat. So who may enter the arena of what pagemap_cell() gives has a slab.
 *
 * Locking: readers need none. A page's entry is written by the one who holds its extent. Leaves are
 * added by compare-and-swap and live for ever. */
#ifndef ASHLAR_ALLOC_PAGEMAP_H
#define ASHLAR_ALLOC_PAGEMAP_H

#include "alloc/os.h"
#include "alloc/sizes.h"
#include "alloc/window.h"

#define PAGEMAP_BITS    47
#define PAGEMAP_SEAT_AT 8 /* bytes into a slab, where its uint16_t seat lies */

struct slab;
struct extent;

enum pagemap_kind { PAGEMAP_NONE = 0, PAGEMAP_SLAB = 1, PAGEMAP_LARGE = 2, PAGEMAP_FREE = 4 };
#define PAGEMAP_KIND_MASK ((uintptr_t)7)

/* An address outside the window. */
uintptr_t pagemap_get_outside(uintptr_t address);

/* The word of an address in the window. */
static inline _Atomic uintptr_t *pagemap_word(const void *p) {
    uintptr_t page = ((uintptr_t)p - window.base) >> PAGE_SHIFT;
    return (_Atomic uintptr_t *)(void *)(window.map + PAGE_SIZE + page * sizeof(uintptr_t));
}

/* What a word points to, kind and all, and never NULL. p: an address in the window. */
static inline uintptr_t pagemap_cell(const void *p) {
    uintptr_t cell = (uintptr_t)window.map;
#if defined __x86_64__ && !defined __SANITIZE_THREAD__ /* the compiler adds no atomic load */
    __asm__("addq %1, %0" : "+r"(cell) : "m"(*pagemap_word(p)) : "cc");
#else
    cell += atomic_load_explicit(pagemap_word(p), memory_order_acquire);
#endif
    return cell;
}
static inline size_t pagemap_seat(uintptr_t cell) {
    return *(const uint16_t *)(cell + PAGEMAP_SEAT_AT);
}

static inline enum pagemap_kind pagemap_kind(uintptr_t entry) {
    return (enum pagemap_kind)(entry & PAGEMAP_KIND_MASK);
}

/* The entry of an address in the window. */
static inline uintptr_t pagemap_get_inside(const void *p) {
    uintptr_t word = atomic_load_explicit(pagemap_word(p), memory_order_acquire);
    if (word == 0) return 0;
    uintptr_t entry = (uintptr_t)window.map + word;
    return pagemap_kind(entry) != PAGEMAP_NONE ? entry : entry + PAGEMAP_SLAB;
}

static inline uintptr_t pagemap_get(const void *p) {
    return window_has(p) ? pagemap_get_inside(p) : pagemap_get_outside((uintptr_t)p);
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
/* The most that covering len bytes takes of address space. */
size_t pagemap_cover_most(size_t len);
/* len bytes of what was covered are no longer ours; their entries are clear. */
void pagemap_uncover(size_t len);
/* Every page of the covered range gets the entry for (what, kind); NULL and NONE clear it. */
void pagemap_set_all(const void *p, size_t len, const void *what, enum pagemap_kind kind);
/* Its first and last page only. */
void pagemap_set_ends(const void *p, size_t len, const void *what, enum pagemap_kind kind);
/* [p, p + len) is a free run, its entries clear but for the ends, since [part, part + part_len) has joined
 * it. Which pages of the map are about its inner entries alone from then on: they may go back to the
 * system while nobody takes from the run. len 0: none. */
struct os_run pagemap_spare(const void *p, size_t len, const void *part, size_t part_len);
/* The resident bytes of the map itself; an estimate for what lies outside the window. */
size_t pagemap_bytes(void);

#endif
