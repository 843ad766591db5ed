/* extent.c: descriptors of page runs. See extent.h. */
#include "alloc/extent.h"
#include "alloc/assert.h"
#include "alloc/base.h"
#include "alloc/pagemap.h"

#ifndef ASHLAR_PASSTHROUGH

#define SEAT_OF(kind) (offsetof(struct extent, no_seat) + ((kind) - PAGEMAP_LARGE))
_Static_assert(SEAT_OF(PAGEMAP_LARGE) == PAGEMAP_SEAT_AT + PAGEMAP_LARGE &&
               SEAT_OF(PAGEMAP_FREE) == PAGEMAP_SEAT_AT + PAGEMAP_FREE, "E4 is where frees look");

_Static_assert(sizeof(struct extent) == BASE_EXTENT, "which is never anything else");

static void extent_init(struct extent *x, struct pages *pages, char *base, size_t len, bool zeroed) {
    atomic_store_explicit(&x->pages, pages, memory_order_relaxed);
    extent_set_state(x, EXTENT_LIVE);
    x->zeroed = zeroed;
    x->base = base;
    x->len = len;
    x->left = x->right = x->prev = x->next = NULL;
}

struct extent *extent_new(struct pages *pages, char *base, size_t len, bool zeroed) {
    struct extent *x = base_take_extent();
    if (x != NULL) extent_init(x, pages, base, len, zeroed);
    return x;
}

void extent_free(struct extent **xp) {
    struct extent *x = *xp;
    *xp = NULL;
    atomic_store_explicit(&x->pages, NULL, memory_order_relaxed);
    base_put_extent(x);
}

struct extent *extent_resettle(struct extent *x) {
    struct extent *y = base_take_extent_before(x);
    if (y == NULL) return x;
    extent_init(y, atomic_load_explicit(&x->pages, memory_order_relaxed), x->base, x->len, x->zeroed);
    extent_set_state(y, extent_state(x));
    y->requested = x->requested;
    extent_free(&x);
    return y;
}

struct extent *extent_split(struct extent *x, size_t at) {
    ASSERT(at > 0 && at < x->len && at % PAGE_SIZE == 0);
    struct pages  *pages = atomic_load_explicit(&x->pages, memory_order_relaxed);
    struct extent *tail = extent_new(pages, x->base + at, x->len - at, x->zeroed);
    if (tail == NULL) return NULL;
    extent_set_state(tail, extent_state(x));
    x->len = at;
    return tail;
}

void extent_join(struct extent *x, struct extent *after) {
    ASSERT(x->base + x->len == after->base);
    x->len += after->len;
    x->zeroed = x->zeroed && after->zeroed;
    extent_free(&after);
}

bool extent_check(const struct extent *x) {
    ASSERT(ptr_is_aligned(x->base, PAGE_SIZE));
    ASSERT(x->len > 0 && x->len % PAGE_SIZE == 0);
    ASSERT(x->no_seat[0] == 0 && x->no_seat[1] == 0);
    ASSERT(extent_state(x) != EXTENT_LIVE || x->requested <= x->len);
    return true;
}

#endif
