/* arena.c: bins and pages of one owner, and how others get at them. See arena.h.
 *
 * Arenas are never unmapped. A dropped heap's arenas become spares, page cache and all: a heap that
 * is swapped for an empty one and dropped (FLUSHALL) finds the address space of the one before. So
 * a stale pointer to an arena is still an arena, and walkers (purger, statistics) need no lock to
 * go over them.
 *
 * Start at arena_take() for allocation, at arena_lock() for the protocol. */
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/heap.h"
#include "alloc/large.h"
#include "alloc/os.h"
#include "alloc/purger.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

#include <sched.h>
#include <string.h>

#define COLLECT_EVERY 4096 /* refills: until then a slab gathers many of another thread's frees */
#define COLLECT_SLABS 16   /* at a time: some ten microseconds */
#define DROP_SLABS    256  /* likewise: some 50 */

_Static_assert(sizeof(struct arena) <= BASE_SIZE_MAX, "an arena is one piece of metadata");

struct arena arena_none;

static _Atomic(struct arena *) all[ARENAS_MAX];
static _Atomic unsigned        all_count;
static struct arena           *spares; /* under LOCK_HEAPS */
static bool                    biased; /* const after arena_init */

void arena_init(void) {
#ifdef __SANITIZE_THREAD__
    biased = false; /* it does not know membarrier */
#else
    biased = os_fence_init();
#endif
}

unsigned arena_count(void) { return atomic_load_explicit(&all_count, memory_order_acquire); }

struct arena *arena_at(unsigned idx) {
    return atomic_load_explicit(&all[idx], memory_order_acquire);
}

static struct arena *spare_take(enum ash_huge huge) {
    struct arena **link = &spares;
    while (*link != NULL && (*link)->pages.huge != huge) link = &(*link)->next_spare;
    struct arena *a = *link;
    if (a == NULL) return NULL;
    *link = a->next_spare;
    a->next_spare = NULL;
    return a;
}

struct arena *arena_new(struct ash_heap *h) {
    struct arena *a = spare_take(h->huge);
    unsigned      count = arena_count();
    if (a != NULL) {
        ASSERT(a->pages.huge == h->huge);
    } else if (count < ARENAS_MAX && (a = base_take(sizeof *a)) != NULL) {
        lock_init(&a->lock, LOCK_ARENA);
        pages_init(&a->pages);
        a->pages.huge = h->huge;
        a->seat = (uint16_t)(count + 1);
        atomic_store_explicit(&all[count], a, memory_order_release);
        atomic_store_explicit(&all_count, count + 1, memory_order_release);
    }
    if (a != NULL) a->heap = h;
    return a;
}

/* --- Having the arena ------------------------------------------------------------------------- */

static void set_open(const void *thread, size_t seat, uint8_t open) {
    __atomic_store_n(&thread_gate_of(thread)->open[seat], open, __ATOMIC_RELEASE);
}

/* Under the lock. Neither thread can have ended: A1. */
static void open_to(struct arena *a, const void *who) {
    if (a->open_to != NULL) set_open(a->open_to, a->seat, 0);
    a->open_to = who;
    if (who != NULL) set_open(who, a->seat, 1);
}

/* Returns when the owner is in no arena. It can't have ended: A1, and we have the lock. */
static void wait_for_owner(const struct arena *a) {
    const void *owner = arena_owner(a);
    if (owner == NULL || owner == thread_self()) return;
    const int *busy = &thread_gate_of(owner)->busy;
    while (__atomic_load_n(busy, __ATOMIC_ACQUIRE) != 0) sched_yield();
}

void arena_lock(struct arena *a) {
    lock_take(&a->lock);
    if (a->open_to == NULL) return;
    open_to(a, NULL);
    if (arena_owner(a) == thread_self()) return; /* not busy: it is here */
    os_fence_all();
    wait_for_owner(a);
}

void arena_unlock(struct arena *a) {
    open_to(a, biased ? arena_owner(a) : NULL);
    lock_drop(&a->lock);
}

void arena_flush_stock(struct arena *a) {
    if (counter_get(&a->stock.bytes) == 0) return;
    arena_lock(a);
    stock_flush(a);
    arena_unlock(a);
}

void arena_add_bin(struct arena *a, unsigned cls) {
    uint64_t made = atomic_load_explicit(&a->bins_made[cls / 64], memory_order_relaxed);
    atomic_store_explicit(&a->bins_made[cls / 64], made | (uint64_t)1 << cls % 64,
                          memory_order_release);
}

const void *arena_owner(const struct arena *a) {
    return atomic_load_explicit(&a->owner, memory_order_relaxed);
}

void arena_set_owner(struct arena *a, const void *owner) {
    atomic_store_explicit(&a->owner, owner, memory_order_relaxed);
}

/* --- Remote frees ----------------------------------------------------------------------------- */

void arena_queue_remote(struct arena *a, struct slab *s) {
    struct slab *head = atomic_load_explicit(&a->remote_queue, memory_order_relaxed);
    do s->remote_next = head;
    while (!atomic_compare_exchange_weak(&a->remote_queue, &head, s));
}

static void collect_slab(struct arena *a, struct slab *s) {
    bool     again;
    unsigned count = slab_collect(s, &again);
    if (again) arena_queue_remote(a, s);
    counter_sub(&s->bin->taken, count);
    counter_add(&a->shelves[s->cls].collected, count);
    bin_freed(s, count); /* s may be gone */
}

/* Goes on with what was taken off the queue; *count is over the whole call. True: all done. */
static bool collect_taken(struct arena *a, unsigned *count, unsigned slabs_max,
                          uint64_t deadline_us) {
    while (a->collecting != NULL) {
        if (*count >= slabs_max || (*count % 16 == 15 && os.now_us() >= deadline_us)) return false;
        struct slab *s = a->collecting;
        a->collecting = s->remote_next;
        collect_slab(a, s);
        ++*count;
    }
    return true;
}

/* What an earlier call left, then the queue as it is now. What is queued meanwhile (a slab may come
 * back for a free that is announced but not there) waits for the next call: this one ends. */
bool arena_collect(struct arena *a, unsigned slabs_max, uint64_t deadline_us) {
    unsigned count = 0;
    if (!collect_taken(a, &count, slabs_max, deadline_us)) return true;
    if (atomic_load_explicit(&a->remote_queue, memory_order_relaxed) == NULL) return false;
    a->collecting = atomic_exchange(&a->remote_queue, NULL);
    return !collect_taken(a, &count, slabs_max, deadline_us);
}

static bool has_returned(const struct arena *a) {
    return a->collecting != NULL ||
           atomic_load_explicit(&a->remote_queue, memory_order_relaxed) != NULL;
}

/* Gives the bin slots to hand out. What others freed is not collected each time: its slabs' lines
 * are in the other thread's cache, and taking them back while it is at work there costs both more
 * than all the rest. False: no memory. */
static bool refill(struct arena *a, unsigned cls) {
    if (++a->refills % COLLECT_EVERY == 0) arena_collect(a, COLLECT_SLABS, UINT64_MAX);
    if (bin_advance(a, cls)) return true;
    if (has_returned(a)) {
        arena_collect(a, COLLECT_SLABS, UINT64_MAX);
        if (bin_advance(a, cls)) return true;
    }
    if (bin_grow(a, cls)) return true;
    arena_collect(a, UINT32_MAX, UINT64_MAX); /* no memory: what there is, then */
    return bin_advance(a, cls) || bin_scrape(a, cls);
}

void *arena_take(struct arena *a, unsigned cls, size_t size) {
    void *p = arena_take_fast(&a->bins[cls], size);
    return p == NULL && refill(a, cls) ? arena_take_fast(&a->bins[cls], size) : p;
}

/* Once there are some, only filed slabs are taken up for more: a fresh one can wait. */
uint32_t arena_fill(struct arena *a, unsigned cls, struct tcache_slot *slots, uint32_t count) {
    struct bin *b = &a->bins[cls];
    uint32_t    left = count;
    while (left > 0) {
        if (b->bits == 0 && !(left == count ? refill(a, cls) : bin_advance(a, cls))) break;
        left -= bin_take_cached(b, slots + left, left);
    }
    if (left > 0) memmove(slots, slots + left, (count - left) * sizeof *slots);
    counter_add(&b->requested, (size_t)(count - left) * b->slot_size);
    return count - left;
}

void arena_release_empty(struct arena *a) {
    ARENA_EACH_BIN(a, cls) bin_release_empty(a, cls);
}

/* --- The end ---------------------------------------------------------------------------------- */

void arena_drop_begin(struct arena *a) {
    arena_lock(a);
    atomic_store(&a->remote_queue, NULL);
    a->collecting = NULL;
    a->drained = false;
    a->pick = (struct bin_pick){0};
    a->threads = 0;
    arena_set_owner(a, NULL);
    atomic_store(&a->dropping, true);
    arena_unlock(a);
}

static bool drop_slabs(struct arena *a, unsigned *left) {
    ARENA_EACH_BIN(a, cls) if (bin_drop(a, cls, left)) return true;
    return false;
}

bool arena_drop_some(struct arena *a) {
    unsigned left = DROP_SLABS;
    arena_lock(a);
    bool mine = atomic_load(&a->dropping);
    bool more = mine && drop_slabs(a, &left);
    if (mine && !more) {
        large_drop(a);
        guard_arena_drop(a);
        /* Only now, with neighbours joined: a few large purges in place of many small ones. */
        atomic_store_explicit(&a->pages.purge_all, true, memory_order_relaxed);
        atomic_store(&a->dropping, false);
    }
    arena_unlock(a);
    return more;
}

void arena_drop(struct arena *a) {
    arena_drop_begin(a);
    while (arena_drop_some(a)) continue;
}

void arena_spare(struct arena *a) {
    a->next_spare = spares;
    spares = a;
}

size_t arena_used(const struct arena *a) {
    size_t used = large_figures(a).used;
    if (atomic_load_explicit(&a->dropping, memory_order_relaxed)) return 0;
    ARENA_EACH_BIN(a, cls) used += bin_live(&a->bins[cls], &a->shelves[cls]) * a->bins[cls].slot_size;
#ifdef ASHLAR_DEBUG
    used -= counter_get(&a->guard.used);
#endif
    return (ptrdiff_t)used > 0 ? used : 0; /* two loads at two instants may cross */
}

bool arena_check(struct arena *a) {
    arena_lock(a);
    ARENA_EACH_BIN(a, cls) bin_check(a, cls);
    large_check(a);
    pages_check(&a->pages);
    arena_unlock(a);
    return true;
}

/* --- Fork ------------------------------------------------------------------------------------- */

void arena_fork_lock(void) {
    for (unsigned i = 0; i < arena_count(); i++) {
        lock_take_fork(&arena_at(i)->lock);
        open_to(arena_at(i), NULL);
    }
    if (biased) os_fence_all();
    for (unsigned i = 0; i < arena_count(); i++) wait_for_owner(arena_at(i));
    for (unsigned i = 0; i < arena_count(); i++) lock_take_fork(&arena_at(i)->pages.lock);
}

void arena_fork_unlock(bool child) {
    if (child) arena_init();
    for (unsigned i = 0; i < arena_count(); i++) {
        struct arena *a = arena_at(i);
        lock_drop_fork(&a->pages.lock);
        if (child && arena_owner(a) != thread_self()) arena_set_owner(a, NULL);
        open_to(a, biased ? arena_owner(a) : NULL);
        lock_drop_fork(&a->lock);
    }
}

#endif
