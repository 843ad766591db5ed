/* large.c: one object, one extent. See large.h.
 *
 * Growing: in place if what follows is free; else, from MOVE_MIN on, by moving the page tables to
 * new addresses (mremap), which beats copying from a few hundred KiB on and never has both copies
 * resident; else the caller copies. */
#include "alloc/large.h"
#include "alloc/arena.h"
#include "alloc/meter.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

#define MOVE_MIN (256 * KIB)

static inline struct arena *arena_of_pages(struct pages *p) {
    return (struct arena *)((char *)p - offsetof(struct arena, pages));
}

struct arena *large_arena(const struct extent *x) {
    return arena_of_pages(atomic_load_explicit(&x->pages, memory_order_relaxed));
}

static void enlist(struct pages *p, struct extent *x, size_t size) {
    pagemap_set_ends(x->base, x->len, x, PAGEMAP_LARGE);
    lock_take(&p->lock);
    x->requested = size;
    counter_add(&p->large_used, x->len);
    counter_add(&p->large_requested, size);
    counter_add(&p->large_count, 1);
    counter_add(&p->large_ever, 1);
    x->prev = NULL;
    x->next = p->large;
    if (x->next != NULL) x->next->prev = x;
    p->large = x;
    lock_drop(&p->lock);
}

static void delist(struct pages *p, struct extent *x) {
    lock_take(&p->lock);
    counter_sub(&p->large_used, x->len);
    counter_sub(&p->large_requested, x->requested);
    counter_sub(&p->large_count, 1);
    *(x->prev != NULL ? &x->prev->next : &p->large) = x->next;
    if (x->next != NULL) x->next->prev = x->prev;
    x->prev = x->next = NULL;
    lock_drop(&p->lock);
    pagemap_set_ends(x->base, x->len, NULL, PAGEMAP_NONE);
}

/* Of the owner alone: others have no business in the stock. */
static inline struct extent *from_stock(struct arena *a, size_t size) {
    if (size > STOCK_PAGES_MAX * PAGE_SIZE || !arena_enter(a)) return NULL;
    struct extent *x = stock_take(&a->stock, size);
    arena_leave();
    return x;
}

static inline bool to_stock(struct arena *a, struct extent *x) {
    if (x->len > STOCK_PAGES_MAX * PAGE_SIZE || !arena_enter(a)) return false;
    bool done = stock_put(&a->stock, x) || stock_put_slow(a, x);
    arena_leave();
    return done;
}

static __attribute__((noinline)) void *take_pages(struct arena *a, size_t size, size_t align,
                                                  bool zero) {
    if (size > ASH_SIZE_MAX - PAGE_SIZE) return NULL;
    if (align < PAGE_SIZE) align = PAGE_SIZE;
    struct extent *x = pages_take(&a->pages, size_to_pages(size), align, EXTENT_DIRTY);
    if (x == NULL) return NULL;
    if (zero && !x->zeroed) memset(x->base, 0, x->len);
    enlist(&a->pages, x, size);
    meter_took(x->len);
    return x->base;
}

void *large_take(struct arena *a, size_t size, size_t align, bool zero) {
    struct extent *x = align <= PAGE_SIZE ? from_stock(a, size) : NULL;
    if (x == NULL) return take_pages(a, size, align, zero);
    meter_took(x->len);
    return zero ? memset(x->base, 0, x->len) : x->base;
}

void large_put(struct extent *x) {
    struct pages *p = atomic_load_explicit(&x->pages, memory_order_relaxed);
    meter_gave(x->len);
    if (!to_stock(arena_of_pages(p), x)) large_put_pages(x);
}

void large_put_pages(struct extent *x) {
    struct pages *p = &large_arena(x)->pages;
    delist(p, x);
    pages_put(p, x, false);
}

bool large_resize(struct extent *x, size_t size) {
    struct pages *p = &large_arena(x)->pages;
    size_t        len = size_to_pages(size), old_len = x->len;
    pagemap_set_ends(x->base, x->len, NULL, PAGEMAP_NONE);
    bool done = len == x->len || (len < x->len ? pages_trim(p, x, len) : pages_extend(p, x, len));
    pagemap_set_ends(x->base, x->len, x, PAGEMAP_LARGE);
    if (!done) return false;
    if (len > old_len) meter_took(len - old_len);
    if (len < old_len) meter_gave(old_len - len);
    lock_take(&p->lock);
    counter_add(&p->large_used, len - old_len);
    counter_add(&p->large_requested, size - x->requested);
    x->requested = size;
    lock_drop(&p->lock);
    return true;
}

void *large_move(struct arena *a, struct extent *x, size_t size) {
    if (x->len < MOVE_MIN || size < x->len) return NULL;
    struct pages  *from = &large_arena(x)->pages;
    struct extent *to = pages_take(&a->pages, size_to_pages(size), PAGE_SIZE, EXTENT_RETAINED);
    if (to == NULL) return NULL;
    if (!os.move(x->base, x->len, to->base)) {
        pages_put(&a->pages, to, true);
        return NULL;
    }
    meter_took(to->len);
    meter_gave(x->len);
    enlist(&a->pages, to, size);
    delist(from, x);
    pages_put(from, x, true);
    return to->base;
}

void large_give(struct arena *a, struct extent *x) {
    struct pages *from = &large_arena(x)->pages;
    size_t        size = x->requested;
    delist(from, x);
    pages_give(from, x);
    pages_receive(&a->pages, x);
    enlist(&a->pages, x, size);
}

void large_drop(struct arena *a) {
    struct extent *x;
    stock_flush(a);
    while ((x = a->pages.large) != NULL) large_put_pages(x);
    counter_set(&a->pages.large_ever, 0);
    counter_set(&a->stock.takes, 0);
}

struct large_figures large_figures(const struct arena *a) {
    const struct pages *p = &a->pages;
    const struct stock *k = &a->stock;
    return (struct large_figures){
        .used = counter_get(&p->large_used) - counter_get(&k->bytes),
        .requested = counter_get(&p->large_requested) + counter_get(&k->requested_off),
        .count = counter_get(&p->large_count) - counter_get(&k->count),
        .ever = counter_get(&p->large_ever) + counter_get(&k->takes)};
}

bool large_check(struct arena *a) {
    struct pages *p = &a->pages;
    size_t        used = 0, requested = 0, count = 0;
    lock_take(&p->lock);
    for (const struct extent *x = p->large; x != NULL; x = x->next) {
        extent_check(x);
        ASSERT(extent_state(x) == EXTENT_LIVE || extent_state(x) == EXTENT_PARKED);
        ASSERT(large_arena(x) == a);
        ASSERT(pagemap_extent(pagemap_get(x->base)) == x);
        used += x->len;
        if (extent_state(x) == EXTENT_LIVE) requested += x->requested;
        count++;
    }
    ASSERT(used == counter_get(&p->large_used));
    ASSERT(requested == counter_get(&p->large_requested) + counter_get(&a->stock.requested_off)); /* K3 */
    ASSERT(count == counter_get(&p->large_count));
    lock_drop(&p->lock);
    stock_check(a);
    return true;
}

#endif
