/* pagemap.c: the two-level map from address to slab or extent. See pagemap.h for its shape.
 *
 * A flat array over 47 bits would be simpler still (NORESERVE, 256 GiB), but address-space limits
 * (RLIMIT_AS, containers) refuse it; this costs one more load, from a line that stays cached. */
#include "alloc/pagemap.h"
#include "alloc/assert.h"
#include "alloc/counter.h"
#include "alloc/os.h"

#ifndef ASHLAR_PASSTHROUGH

#define LEAF_ENTRIES ((size_t)1 << PAGEMAP_LEAF_BITS)
#define LEAF_BYTES   (LEAF_ENTRIES * sizeof(pagemap_entry))

_Atomic(pagemap_entry *) pagemap_top[PAGEMAP_TOP];
static struct counter    covered; /* bytes of entries for the ranges covered */

static bool leaf_ensure(size_t top) {
    if (atomic_load_explicit(&pagemap_top[top], memory_order_acquire) != NULL) return true;
    pagemap_entry *fresh = os.map(LEAF_BYTES);
    if (fresh == NULL) return false;
    pagemap_entry *expected = NULL;
    if (!atomic_compare_exchange_strong(&pagemap_top[top], &expected, fresh))
        os.unmap(fresh, LEAF_BYTES); /* another thread was first */
    return true;
}

bool pagemap_cover(const void *p, size_t len) {
    uintptr_t first = (uintptr_t)p, last = first + len - 1;
    if (last < first || last >> PAGEMAP_BITS != 0) return false;
    for (size_t top = first >> 30; top <= last >> 30; top++)
        if (!leaf_ensure(top)) return false;
    counter_add_shared(&covered, len / PAGE_SIZE * sizeof(pagemap_entry));
    return true;
}

static void entry_set(uintptr_t address, uintptr_t entry) {
    pagemap_entry *leaf = atomic_load_explicit(&pagemap_top[address >> 30], memory_order_relaxed);
    DASSERT(leaf != NULL);
    size_t idx = (address >> PAGE_SHIFT) & (LEAF_ENTRIES - 1);
    atomic_store_explicit(&leaf[idx], entry, memory_order_release);
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

size_t pagemap_bytes(void) { return size_to_pages(counter_get(&covered)) + PAGE_SIZE; }

#endif
