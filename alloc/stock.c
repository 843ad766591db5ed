/* stock.c: parking large extents. See stock.h. Start at stock_put() in stock.h.
 *
 * Room is made by turns, one extent of each length at a time, so that lengths no longer asked for
 * drain while the stock is in use. Tried and dropped: handing out a longer extent than asked for,
 * which hits more often and makes an object's usable size depend on history. */
#include "alloc/stock.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/large.h"
#include "alloc/pagemap.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

/* Gives the next stack's last one on. */
static void put_one_out(struct arena *a) {
    struct stock *k = &a->stock;
    ASSERT(counter_get(&k->count) > 0);
    unsigned idx = k->next_out;
    while (k->stacks[idx] == NULL) idx = idx + 1 < STOCK_SIZES ? idx + 1 : 0;
    k->next_out = idx + 1 < STOCK_SIZES ? idx + 1 : 0;
    struct extent *x = stock_pop(k, idx);
    counter_add(&k->requested_off, x->requested); /* comes off where it was counted at first */
    large_put_pages(x);
}

/* Half as much as is live: with more objects of each length more of them are between two uses. */
static size_t most_of(const struct arena *a) {
    size_t most = large_figures(a).used / 2;
    return most < STOCK_BYTES ? STOCK_BYTES : most < STOCK_BYTES_MAX ? most : STOCK_BYTES_MAX;
}

bool stock_put_slow(struct arena *a, struct extent *x) {
    struct stock *k = &a->stock;
    size_t        idx = stock_stack(x->len);
    if (idx >= STOCK_SIZES || pages_own_decay_ms(&a->pages, 0) == 0) return false;
    k->most = most_of(a);
    while (counter_get(&k->bytes) + x->len > k->most) put_one_out(a);
    stock_push(k, idx, x);
    if (counter_get(&k->count) == 1 && purger_is_on()) purger_notice(&a->pages);
    return true;
}

void stock_age(struct arena *a) {
    struct stock *k = &a->stock;
    size_t        bytes = counter_get(&k->bytes), keep = bytes - k->low;
    while (counter_get(&k->bytes) > keep) put_one_out(a);
    k->low = counter_get(&k->bytes);
}

void stock_flush(struct arena *a) {
    while (counter_get(&a->stock.count) > 0) put_one_out(a);
    a->stock.low = 0;
}

bool stock_check(const struct arena *a) {
    const struct stock *k = &a->stock;
    size_t              bytes = 0, count = 0;
    for (size_t idx = 0; idx < STOCK_SIZES; idx++) {
        for (const struct extent *x = k->stacks[idx]; x != NULL; x = x->left) {
            ASSERT(extent_state(x) == EXTENT_PARKED && stock_stack(x->len) == idx); /* K1 */
            ASSERT(pagemap_get(x->base) == ((uintptr_t)x | PAGEMAP_LARGE));
            ASSERT(pagemap_get(x->base + x->len - 1) == ((uintptr_t)x | PAGEMAP_LARGE));
            bytes += x->len;
            count++;
        }
    }
    ASSERT(bytes == counter_get(&k->bytes) && bytes <= STOCK_BYTES_MAX && k->low <= bytes); /* K2 */
    ASSERT(count == counter_get(&k->count));
    return true;
}

#endif
