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
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

#define MOVE_MIN (256 * KIB)

/* Under the lock. */
static void enlist(struct pages *p, struct extent *x, size_t size) {
    pagemap_set_ends(x->base, x->len, x, PAGEMAP_LARGE);
    x->requested = size;
    counter_add(&p->large_used, x->len);
    counter_add(&p->large_requested, size);
    counter_add(&p->large_count, 1);
    counter_add(&p->large_ever, 1);
    x->prev = NULL;
    x->next = p->large;
    if (x->next != NULL) x->next->prev = x;
    p->large = x;
}

/* Likewise. */
static void delist(struct pages *p, struct extent *x) {
    counter_sub(&p->large_used, x->len);
    counter_sub(&p->large_requested, x->requested);
    counter_sub(&p->large_count, 1);
    *(x->prev != NULL ? &x->prev->next : &p->large) = x->next;
    if (x->next != NULL) x->next->prev = x->prev;
    x->prev = x->next = NULL;
    pagemap_set_ends(x->base, x->len, NULL, PAGEMAP_NONE);
}

/* Of the owner alone: others have no business in the stock. */
static inline bool to_stock(struct arena *a, struct extent *x) {
    if (x->len > STOCK_PAGES_MAX * PAGE_SIZE || !arena_enter(a)) return false;
    bool done = stock_put(&a->stock, x) || stock_put_slow(a, x);
    arena_leave();
    return done;
}

static struct extent *take_enlisted(struct pages *p, size_t len, size_t size, size_t align) {
    lock_take(&p->lock);
    struct extent *x = pages_take_locked(p, len, align, EXTENT_DIRTY);
    if (x != NULL) enlist(p, x, size);
    lock_drop(&p->lock);
    return x;
}

/* zeroed: there is nothing in its pages. */
static void put_enlisted(struct pages *p, struct extent *x, bool zeroed) {
    lock_take(&p->lock);
    delist(p, x);
    pages_put_locked(p, x, zeroed);
    lock_drop(&p->lock);
    if (!zeroed) purger_notice(p);
}

static __attribute__((noinline)) void *take_pages(struct arena *a, size_t len, size_t size,
                                                  size_t align, bool zero) {
    if (align < PAGE_SIZE) align = PAGE_SIZE;
    struct extent *x = take_enlisted(&a->pages, len, size, align);
    if (x == NULL) return NULL;
    if (zero && !x->zeroed) memset(x->base, 0, x->len);
    meter_took(x->len);
    return x->base;
}

void *large_take(struct arena *a, size_t size, size_t align, bool zero) {
    if (size > ASH_SIZE_MAX - PAGE_SIZE) return NULL;
    size_t len = size != 0 ? size_to_pages(size) : PAGE_SIZE; /* nothing, at an address of its own */
    void  *p = align <= PAGE_SIZE ? large_take_parked(a, len, size) : NULL;
    if (p == NULL) return take_pages(a, len, size, align, zero);
    return zero ? memset(p, 0, len) : p;
}

void *large_take_room(struct arena *a, size_t size, size_t room) {
    size_t len = size_to_pages(room);
    void  *p = large_take_parked(a, len, size);
    return p != NULL ? p : take_pages(a, len, size, PAGE_SIZE, false);
}

void large_put(struct extent *x) {
    meter_gave(x->len);
    if (!to_stock(large_arena(x), x)) large_put_pages(x);
}

void large_put_pages(struct extent *x) {
    put_enlisted(&large_arena(x)->pages, x, false);
}

/* In the page map there is no last page other than the last. */
static void forget_last_page(const struct extent *x, size_t len) {
    pagemap_set_all(x->base + len - PAGE_SIZE, PAGE_SIZE, NULL, PAGEMAP_NONE);
}

static bool grow(struct pages *p, struct extent *x, size_t len) {
    size_t old_len = x->len;
    if (!pages_extend(p, x, len)) return false;
    forget_last_page(x, old_len);
    pagemap_set_ends(x->base, len, x, PAGEMAP_LARGE);
    meter_took(len - old_len);
    return true;
}

static bool shrink(struct pages *p, struct extent *x, size_t len) {
    size_t old_len = x->len;
    forget_last_page(x, old_len); /* it is another's as soon as it is free */
    bool done = pages_trim(p, x, len);
    pagemap_set_ends(x->base, x->len, x, PAGEMAP_LARGE);
    if (done) meter_gave(old_len - len);
    return done;
}

bool large_resize(struct extent *x, size_t size) {
    struct pages *p = &large_arena(x)->pages;
    size_t        len = size_to_pages(size), old_len = x->len;
    if (size >= x->requested && len < old_len) len = old_len; /* it grows into its room */
    if (len > old_len && !grow(p, x, len)) return false;
    if (len < old_len && !shrink(p, x, len)) return false;
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
    lock_take(&a->pages.lock);
    enlist(&a->pages, to, size);
    lock_drop(&a->pages.lock);
    put_enlisted(from, x, true);
    return to->base;
}

void large_give(struct arena *a, struct extent *x) {
    struct pages *from = &large_arena(x)->pages;
    size_t        size = x->requested;
    lock_take(&from->lock);
    delist(from, x);
    lock_drop(&from->lock);
    pages_give(from, x);
    pages_receive(&a->pages, x);
    lock_take(&a->pages.lock);
    enlist(&a->pages, x, size);
    lock_drop(&a->pages.lock);
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
