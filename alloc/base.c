/* base.c: the allocator behind every struct in alloc/. See base.h.
 *
 * Slab descriptors are most of all metadata, and there are as many as there ever were slabs at once.
 * So pieces of up to POOL_MAX bytes are cut from pages of one size each, which go back to the system
 * when nothing is left in them, which is the purger's work (base_trim): a system call for a page
 * would hold up whoever frees, and interrupt all other threads. A page is four of the system's where
 * too few pieces would fit into one.
 *
 *   page   | struct base_page | piece | piece | ... |
 *
 * What is taken comes from the page that has been in use for longest, to within a third: pages are in
 * tiers by how many of their pool there were when they came. So when slabs become fewer, those that
 * come and go gather in the first pages, and the last ones, which came with the peak, empty. (Tried
 * before: the page that was touched last. It is the one that is being emptied, and what was taken from
 * it kept it: after nine in ten of the slabs had gone, six in seven pieces were free.)
 *
 * Larger pieces are linked through their first word when free, by size in steps of BASE_ALIGN. Nothing
 * ever splits or joins: metadata comes in few sizes. */
#include "alloc/base.h"
#include "alloc/assert.h"
#include "alloc/counter.h"
#include "alloc/lock.h"
#include "alloc/os.h"
#include "alloc/sizes.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

#define BASE_BLOCK (256 * KIB)
#define BASE_LISTS (BASE_SIZE_MAX / BASE_ALIGN)

#define POOL_SHORT 960                       /* four to a page: little is wasted */
#define POOL_MAX   4032                      /* and to a long one */
#define LONG_PAGE  ((size_t)4 * PAGE_SIZE)
#define EMPTY_KEPT ((size_t)8 * PAGE_SIZE)   /* of each kind stays, for the next slabs */

struct base_piece {
    struct base_piece *next;
};

/* What pages are of one size for: theirs are never mixed. */
enum base_kind { KIND_SHORT, KIND_LONG, KIND_EXTENT, KINDS };

struct base_page {
    _Alignas(CACHE_LINE) uint64_t free; /* a bit for each piece */
    struct base_page *prev, *next;      /* among those of its pool and tier with a free piece */
    uint32_t          size, count;      /* of pieces */
    uint32_t          pool, tier;       /* below */
};
_Static_assert(sizeof(struct base_page) == CACHE_LINE, "pieces begin at a line");

#define TIERS 64 /* two for each power of two of pages: the last is never reached */

struct base_pool {
    struct base_page *partial[TIERS]; /* with a free piece */
    uint64_t          mask;           /* which of them are not empty */
    uint32_t          pages;          /* in use */
};

struct base_empty { /* a page with nothing in it, and so no place for a link */
    struct base_empty *next;
    void              *page;
};

static struct lock        base_lock = LOCK_INIT(LOCK_BASE);
static char              *bump, *bump_end; /* under base_lock, as all below */
static char              *pages_bump[KINDS], *pages_end[KINDS];
static struct base_piece *lists[BASE_LISTS + 1];
static struct base_pool   pools[POOL_MAX / CACHE_LINE + 1]; /* by size in lines; 0: extents */
static struct base_empty *resident[KINDS], *purged[KINDS];
static _Atomic unsigned   resident_count[KINDS]; /* read by any */
static struct counter     bytes_taken, bytes_mapped;

/* --- Pieces of any size ----------------------------------------------------------------------- */

/* The old block's tail is given up: never touched, so never resident. */
static bool block_new(char **from, char **end) {
    char *block = os.map(BASE_BLOCK);
    if (block == NULL) return false;
    *from = block;
    *end = block + BASE_BLOCK;
    counter_add(&bytes_mapped, BASE_BLOCK);
    return true;
}

static void *base_bump(size_t size) {
    size_t gap = size % CACHE_LINE == 0 ? -(uintptr_t)bump % CACHE_LINE : 0;
    if ((size_t)(bump_end - bump) < size + gap) {
        if (!block_new(&bump, &bump_end)) return NULL;
        gap = 0;
    }
    void *p = bump + gap;
    bump += gap + size;
    counter_add(&bytes_taken, gap + size);
    return p;
}

static void *list_take(size_t size) {
    struct base_piece *piece = lists[size / BASE_ALIGN];
    if (piece == NULL) return base_bump(size);
    lists[size / BASE_ALIGN] = piece->next;
    return piece;
}

static void list_put(void *p, size_t size) {
    struct base_piece *piece = p;
    piece->next = lists[size / BASE_ALIGN];
    lists[size / BASE_ALIGN] = piece;
}

/* --- Pieces cut from pages -------------------------------------------------------------------- */

static bool is_pooled(size_t size) { return size % CACHE_LINE == 0 && size <= POOL_MAX; }

static uint64_t bits_of(const struct base_page *page) {
    return page->count == 64 ? UINT64_MAX : ((uint64_t)1 << page->count) - 1;
}

static enum base_kind kind_of(uint32_t pool) {
    if (pool == 0) return KIND_EXTENT;
    return pool * CACHE_LINE <= POOL_SHORT ? KIND_SHORT : KIND_LONG;
}

static size_t page_size(enum base_kind kind) { return kind == KIND_LONG ? LONG_PAGE : PAGE_SIZE; }

/* Of the nth page. 1: 0; 2: 2; 3: 3; 4, 5: 4; 6, 7: 5; 8 to 11: 6... */
static uint32_t tier_of(uint32_t n) {
    uint32_t power = 31u - (uint32_t)__builtin_clz(n);
    return 2 * power + (power > 0 ? n >> (power - 1) & 1 : 0);
}

static void partial_put(struct base_page *page) {
    struct base_pool  *pool = &pools[page->pool];
    struct base_page **list = &pool->partial[page->tier];
    page->prev = NULL;
    page->next = *list;
    if (page->next != NULL) page->next->prev = page;
    *list = page;
    pool->mask |= (uint64_t)1 << page->tier;
}

static void partial_take(struct base_page *page) {
    struct base_pool  *pool = &pools[page->pool];
    struct base_page **list = &pool->partial[page->tier];
    *(page->prev != NULL ? &page->prev->next : list) = page->next;
    if (page->next != NULL) page->next->prev = page->prev;
    if (*list == NULL) pool->mask &= ~((uint64_t)1 << page->tier);
}

static void *empty_pop(struct base_empty **list) {
    struct base_empty *x = *list;
    void              *page = x->page;
    *list = x->next;
    list_put(x, sizeof *x);
    return page;
}

/* False: no memory for the link. */
static bool empty_push(struct base_empty **list, void *page) {
    struct base_empty *x = list_take(sizeof *x);
    if (x == NULL) return false;
    *x = (struct base_empty){.next = *list, .page = page};
    *list = x;
    return true;
}

/* From where nothing has been yet, each kind in blocks of its own. NULL: no memory. */
static void *page_bump(enum base_kind kind) {
    if (pages_bump[kind] == pages_end[kind]) {
        char *from, *end;
        if (!block_new(&from, &end)) return NULL;
        pages_bump[kind] = (char *)size_round_up((uintptr_t)from, page_size(kind));
        pages_end[kind] = (char *)size_round_down((uintptr_t)end, page_size(kind));
    }
    void *p = pages_bump[kind];
    pages_bump[kind] += page_size(kind);
    return p;
}

/* A page to be cut: an empty one, or a new one. NULL: no memory. */
static void *page_take(enum base_kind kind) {
    if (resident[kind] != NULL) {
        resident_count[kind]--;
        return empty_pop(&resident[kind]);
    }
    void *p = purged[kind] != NULL ? empty_pop(&purged[kind]) : page_bump(kind);
    if (p != NULL) counter_add(&bytes_taken, page_size(kind));
    return p;
}

static struct base_page *page_new(uint32_t pool, size_t size) {
    struct base_page *page = page_take(kind_of(pool));
    if (page == NULL) return NULL;
    page->pool = pool;
    page->tier = tier_of(++pools[pool].pages);
    page->size = (uint32_t)size;
    page->count = (uint32_t)((page_size(kind_of(pool)) - sizeof *page) / size);
    page->free = bits_of(page);
    partial_put(page);
    return page;
}

/* From the page in use for longest that has a free piece. NULL: no memory. */
static void *pool_take(uint32_t pool, size_t size) {
    uint64_t          mask = pools[pool].mask;
    struct base_page *page = mask != 0 ? pools[pool].partial[__builtin_ctzll(mask)] : page_new(pool, size);
    if (page == NULL) return NULL;
    size_t at = (size_t)__builtin_ctzll(page->free);
    page->free &= page->free - 1;
    if (page->free == 0) partial_take(page);
    return (char *)(page + 1) + at * size;
}

static void pool_put(void *p, uint32_t pool, size_t size) {
    enum base_kind    kind = kind_of(pool);
    struct base_page *page = (struct base_page *)size_round_down((uintptr_t)p, page_size(kind));
    uint64_t          bit = (uint64_t)1 << (size_t)((char *)p - (char *)(page + 1)) / size;
    ASSERT(page->pool == pool && page->size == size && !(page->free & bit));
    if (page->free == 0) partial_put(page);
    page->free |= bit;
    if (page->free != bits_of(page)) return;
    partial_take(page);
    if (empty_push(&resident[kind], page)) {
        pools[pool].pages--;
        resident_count[kind]++;
    } else { /* it can as well stay what it is */
        partial_put(page);
    }
}

/* The system call is made outside the lock. */
static bool page_purge(void *page, enum base_kind kind) {
    bool done = os.purge(page, page_size(kind));
    lock_take(&base_lock);
    if (done) counter_sub(&bytes_taken, page_size(kind));
    bool kept = empty_push(done ? &purged[kind] : &resident[kind], page); /* else it is lost */
    if (kept && !done) resident_count[kind]++;
    lock_drop(&base_lock);
    return done;
}

static bool is_slack(enum base_kind kind) {
    return atomic_load_explicit(&resident_count[kind], memory_order_relaxed) * page_size(kind) > EMPTY_KEPT;
}

/* Of which kind there is something for base_trim; KINDS: of none. */
static enum base_kind slack_kind(void) {
    enum base_kind kind = 0;
    while (kind < KINDS && !is_slack(kind)) kind++;
    return kind;
}

bool base_is_slack(void) { return slack_kind() < KINDS; }

bool base_trim(unsigned max) {
    for (enum base_kind kind; max > 0 && (kind = slack_kind()) < KINDS; max--) {
        void *page = NULL;
        lock_take(&base_lock);
        if (is_slack(kind)) {
            resident_count[kind]--;
            page = empty_pop(&resident[kind]);
        }
        lock_drop(&base_lock);
        if (page != NULL && !page_purge(page, kind)) return false;
    }
    return base_is_slack();
}

/* --- Both ------------------------------------------------------------------------------------- */

void *base_take(size_t size) {
    ASSERT(size > 0 && size <= BASE_SIZE_MAX);
    size = size_round_up(size, BASE_ALIGN);
    lock_take(&base_lock);
    void *p = is_pooled(size) ? pool_take((uint32_t)(size / CACHE_LINE), size) : list_take(size);
    lock_drop(&base_lock);
    if (p != NULL) memset(p, 0, size);
    return p;
}

void base_put(void *p, size_t size) {
    ASSERT(ptr_is_aligned(p, BASE_ALIGN) && size <= BASE_SIZE_MAX);
    size = size_round_up(size, BASE_ALIGN);
    lock_take(&base_lock);
    if (is_pooled(size)) {
        pool_put(p, (uint32_t)(size / CACHE_LINE), size);
    } else {
        list_put(p, size);
    }
    lock_drop(&base_lock);
}

void *base_take_extent(void) {
    lock_take(&base_lock);
    void *p = pool_take(0, BASE_EXTENT);
    lock_drop(&base_lock);
    return p;
}

void *base_take_extent_before(const void *p) {
    const struct base_page *page = (const void *)size_round_down((uintptr_t)p, PAGE_SIZE);
    void                   *q = NULL;
    lock_take(&base_lock);
    if (pools[0].mask & (((uint64_t)1 << page->tier) - 1)) q = pool_take(0, BASE_EXTENT);
    lock_drop(&base_lock);
    return q;
}

void base_put_extent(void *p) {
    lock_take(&base_lock);
    pool_put(p, 0, BASE_EXTENT);
    lock_drop(&base_lock);
}

size_t base_bytes(void) { return size_to_pages(counter_get(&bytes_taken)); }
size_t base_mapped(void) { return counter_get(&bytes_mapped); }

struct lock *base_lock_get(void) { return &base_lock; }

void base_fork_lock(void) { lock_take_fork(&base_lock); }
void base_fork_unlock(void) { lock_drop_fork(&base_lock); }

#endif
