/* extent.c: descriptors of page runs. See extent.h. */
#include "alloc/extent.h"
#include "alloc/assert.h"
#include "alloc/base.h"
#include "alloc/lock.h"
#include "alloc/pagemap.h"

#ifndef ASHLAR_PASSTHROUGH

#define SEAT_OF(kind) (offsetof(struct extent, no_seat) + ((kind) - PAGEMAP_LARGE))
_Static_assert(SEAT_OF(PAGEMAP_LARGE) == PAGEMAP_SEAT_AT + PAGEMAP_LARGE &&
               SEAT_OF(PAGEMAP_FREE) == PAGEMAP_SEAT_AT + PAGEMAP_FREE, "E4 is where frees look");

/* A pool of their own on top of base: see Locking in extent.h. Linked by `next`. */
static struct lock    pool_lock = LOCK_INIT(LOCK_BASE);
static struct extent *pool;

static struct extent *pool_take(void) {
    lock_take(&pool_lock);
    struct extent *x = pool;
    if (x != NULL) pool = x->next;
    lock_drop(&pool_lock);
    return x != NULL ? x : base_take(sizeof *x);
}

struct extent *extent_new(struct pages *pages, char *base, size_t len, bool zeroed) {
    struct extent *x = pool_take();
    if (x == NULL) return NULL;
    atomic_store_explicit(&x->pages, pages, memory_order_relaxed);
    extent_set_state(x, EXTENT_LIVE);
    x->zeroed = zeroed;
    x->base = base;
    x->len = len;
    x->left = x->right = x->prev = x->next = NULL;
    return x;
}

void extent_free(struct extent **xp) {
    struct extent *x = *xp;
    *xp = NULL;
    atomic_store_explicit(&x->pages, NULL, memory_order_relaxed);
    lock_take(&pool_lock);
    x->next = pool;
    pool = x;
    lock_drop(&pool_lock);
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

void extent_fork_lock(void) { lock_take_fork(&pool_lock); }
void extent_fork_unlock(void) { lock_drop_fork(&pool_lock); }

#endif
