/* pagemap.c: the map from address to slab or extent. See pagemap.h for its shape.
 *
 * A flat array over all 47 bits would be simpler still (NORESERVE, 256 GiB), but address-space
 * limits (RLIMIT_AS, containers) refuse it. So there is one over the window (window.h), for the
 * common case, and a two-level map for what lies elsewhere. */
#include "alloc/pagemap.h"
#include "alloc/assert.h"
#include "alloc/counter.h"
#include "alloc/os.h"

#ifndef ASHLAR_PASSTHROUGH

#define LEAF_BITS    18
#define LEAF_SHIFT   (LEAF_BITS + PAGE_SHIFT)
#define LEAF_ENTRIES ((size_t)1 << LEAF_BITS)
#define LEAF_BYTES   (LEAF_ENTRIES * sizeof(pagemap_entry))
#define TOP_ENTRIES  ((size_t)1 << (PAGEMAP_BITS - LEAF_SHIFT))

typedef _Atomic(uintptr_t) pagemap_entry;

static _Atomic(pagemap_entry *) leaves[TOP_ENTRIES];
static struct counter           covered; /* bytes of entries for the ranges covered outside the window */

uintptr_t pagemap_get_outside(uintptr_t address) {
    if (address >> PAGEMAP_BITS != 0) return 0;
    pagemap_entry *leaf = atomic_load_explicit(&leaves[address >> LEAF_SHIFT], memory_order_acquire);
    if (leaf == NULL) return 0;
    size_t idx = (address >> PAGE_SHIFT) & (LEAF_ENTRIES - 1);
    return atomic_load_explicit(&leaf[idx], memory_order_acquire);
}

static bool leaf_ensure(size_t top) {
    if (atomic_load_explicit(&leaves[top], memory_order_acquire) != NULL) return true;
    pagemap_entry *fresh = os.map(LEAF_BYTES);
    if (fresh == NULL) return false;
    pagemap_entry *expected = NULL;
    if (!atomic_compare_exchange_strong(&leaves[top], &expected, fresh))
        os.unmap(fresh, LEAF_BYTES); /* another thread was first */
    return true;
}

bool pagemap_cover(const void *p, size_t len) {
    uintptr_t first = (uintptr_t)p, last = first + len - 1;
    if (last < first || last >> PAGEMAP_BITS != 0) return false;
    if (window_has(p)) return true;
    for (size_t top = first >> LEAF_SHIFT; top <= last >> LEAF_SHIFT; top++)
        if (!leaf_ensure(top)) return false;
    counter_add_shared(&covered, len / PAGE_SIZE * sizeof(pagemap_entry));
    return true;
}

size_t pagemap_cover_most(size_t len) { return ((len >> LEAF_SHIFT) + 2) * LEAF_BYTES; }

void pagemap_uncover(size_t len) {
    counter_add_shared(&covered, -(len / PAGE_SIZE * sizeof(pagemap_entry)));
}

static pagemap_entry *outside_at(uintptr_t address) {
    pagemap_entry *leaf = atomic_load_explicit(&leaves[address >> LEAF_SHIFT], memory_order_relaxed);
    DASSERT(leaf != NULL);
    return &leaf[(address >> PAGE_SHIFT) & (LEAF_ENTRIES - 1)];
}

static uintptr_t word_of(uintptr_t entry) {
    if (entry == 0) return 0;
    return (pagemap_is_slab(entry) ? entry - PAGEMAP_SLAB : entry) - (uintptr_t)window.map;
}

static void entry_set(uintptr_t address, uintptr_t entry) {
    if (window_has((const void *)address)) {
        pagemap_entry *word = pagemap_word((const void *)address);
        atomic_store_explicit(word, word_of(entry), memory_order_release);
    } else {
        atomic_store_explicit(outside_at(address), entry, memory_order_release);
    }
}

void pagemap_set_all(const void *p, size_t len, const void *what, enum pagemap_kind kind) {
    uintptr_t entry = (uintptr_t)what | (uintptr_t)kind;
    for (uintptr_t at = (uintptr_t)p, end = at + len; at < end; at += PAGE_SIZE)
        entry_set(at, entry);
}

void pagemap_set_ends(const void *p, size_t len, const void *what, enum pagemap_kind kind) {
    uintptr_t entry = (uintptr_t)what | (uintptr_t)kind;
    entry_set((uintptr_t)p, entry);
    entry_set((uintptr_t)p + len - PAGE_SIZE, entry);
}

/* --- Giving back ------------------------------------------------------------------------------ */

/* Whole pages between the entries of the ends, and of those the ones with an entry of `part`, or with one
 * beside it, which was an end until then. */
struct os_run pagemap_spare(const void *p, size_t len, const void *part, size_t part_len) {
    const char *last = (const char *)p + len - 1, *part_last = (const char *)part + part_len - 1;
    if (!window_has(p) || !window_has(last)) return (struct os_run){0};
    uintptr_t from = size_to_pages((uintptr_t)(pagemap_word(p) + 1));
    uintptr_t end = size_round_down((uintptr_t)pagemap_word(last), PAGE_SIZE);
    uintptr_t near = size_round_down((uintptr_t)(pagemap_word(part) - 1), PAGE_SIZE);
    uintptr_t near_end = size_to_pages((uintptr_t)(pagemap_word(part_last) + 2));
    if (from < near) from = near;
    if (end > near_end) end = near_end;
    return (struct os_run){(void *)from, end > from ? end - from : 0};
}

size_t pagemap_bytes(void) {
    size_t bytes = size_to_pages(counter_get(&covered));
    if (window.len == 0) return bytes;
    size_t    next = atomic_load_explicit(&window.next, memory_order_relaxed);
    uintptr_t end = (uintptr_t)pagemap_word((const void *)(window.base + next));
    return bytes + os_resident(window.map, size_to_pages(end - (uintptr_t)window.map));
}

#endif
