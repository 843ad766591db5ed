/* ctl_arena.c: mallctl names of arenas: arena.<i>, arenas, stats.arenas.<i>, thread.arena.
 *
 * An arena index in these names is a heap's index, since a heap is what has a purpose here and
 * what can be dropped; a heap's own arenas, one or several for its threads, are summed. Index
 * CTL_ARENAS_ALL, and as in jemalloc also the number of arenas itself, which Redis asks for, mean
 * all of them.
 *
 * arenas.create makes a shared heap; only such heaps can be reset or destroyed by name.
 * arenas.*_decay_ms is what every arena follows that has none of its own; in jemalloc it is for
 * arenas still to be made. Start at the table, last in the file. */
#include "alloc/ctl.h"
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/entry.h"
#include "alloc/guard.h"
#include "alloc/heap.h"
#include "alloc/large.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"
#include "alloc/purger.h"
#include "alloc/thread.h"

#ifndef ASHLAR_PASSTHROUGH

#include <errno.h>
#include <pthread.h>
#include <string.h>

static _Atomic bool     created[ASH_HEAPS_MAX]; /* by arenas.create */
static _Atomic unsigned chosen[ASH_HEAPS_MAX];  /* threads that took it as thread.arena */

/* --- Which heaps an index means --------------------------------------------------------------- */

struct pick {
    unsigned         count;
    struct ash_heap *heaps[ASH_HEAPS_MAX];
};

unsigned ctl_narenas(void) {
    struct ash_heap *list[ASH_HEAPS_MAX];
    unsigned         most = 0;
    for (unsigned i = 0, count = heap_list(list); i < count; i++)
        if (list[i]->idx >= most) most = list[i]->idx + 1;
    return most;
}

static struct ash_heap *heap_of_index(size_t idx) {
    return idx < ASH_HEAPS_MAX ? heap_at((unsigned)idx) : NULL;
}

/* ENOENT: beyond all arenas. An index in use by no heap means none. */
static int pick_heaps(size_t idx, struct pick *out) {
    unsigned count = ctl_narenas();
    out->count = 0;
    if (idx == CTL_ARENAS_DESTROYED) return 0;
    if (idx == CTL_ARENAS_ALL || idx == count) {
        out->count = heap_list(out->heaps);
        return 0;
    }
    if (idx > count) return ENOENT;
    out->heaps[0] = heap_of_index(idx);
    out->count = out->heaps[0] != NULL;
    return 0;
}

/* The same for statistics, which a heap must be there for. */
static int pick_initialized(size_t idx, struct pick *out) {
    int error = pick_heaps(idx, out);
    return error == 0 && out->count == 0 && idx != CTL_ARENAS_DESTROYED ? ENOENT : error;
}

static unsigned arenas_of(const struct ash_heap *h) {
    return atomic_load_explicit(&h->arena_count, memory_order_acquire);
}

static struct arena *arena_of(const struct ash_heap *h, unsigned i) {
    return atomic_load_explicit(&h->arenas[i], memory_order_acquire);
}

/* --- Orders ----------------------------------------------------------------------------------- */

static void purge_pages(struct arena *a) {
    struct pages *p = &a->pages;
    arena_flush_stock(a);
    while (pages_purge(p, EXTENT_DIRTY, false) != 0 || pages_purge(p, EXTENT_MUZZY, false) != 0)
        continue;
}

static void decay_pages(struct arena *a) {
    if (pages_own_decay_ms(&a->pages, 0) == 0) arena_flush_stock(a);
    pages_decay(&a->pages, os.now_us(), UINT64_MAX);
}

static int for_arenas(size_t idx, void (*fn)(struct arena *a)) {
    struct pick pick;
    int         error = pick_heaps(idx, &pick);
    for (unsigned i = 0; i < pick.count && error == 0; i++)
        for (unsigned j = 0; j < arenas_of(pick.heaps[i]); j++)
            fn(arena_of(pick.heaps[i], j));
    return error;
}

static int do_purge(const struct ctl_at *at, const union ctl_value *in) {
    (void)in;
    return for_arenas(at->idx[0], purge_pages);
}

static int do_decay(const struct ctl_at *at, const union ctl_value *in) {
    (void)in;
    return for_arenas(at->idx[0], decay_pages);
}

static struct ash_heap *created_heap(size_t idx) {
    struct ash_heap *h = heap_of_index(idx);
    return h != NULL && atomic_load(&created[idx]) ? h : NULL;
}

/* Frees all that is in it; who is bound to its arenas stays so. */
static int do_reset(const struct ctl_at *at, const union ctl_value *in) {
    (void)in;
    struct ash_heap *h = created_heap(at->idx[0]);
    if (h == NULL) return EFAULT;
    guard_heap_drop(h);
    lock_take(&heaps_lock);
    for (unsigned i = 0; i < arenas_of(h); i++) {
        struct arena *a = arena_of(h, i);
        unsigned      threads = a->threads;
        const void   *owner = arena_owner(a);
        arena_drop(a);
        arena_lock(a);
        a->threads = threads;
        arena_set_owner(a, owner);
        arena_unlock(a);
        if (purger_is_on()) purger_notice(&a->pages);
    }
    lock_drop(&heaps_lock);
    return 0;
}

static int do_destroy(const struct ctl_at *at, const union ctl_value *in) {
    (void)in;
    struct ash_heap *h = created_heap(at->idx[0]);
    if (h == NULL || atomic_load(&chosen[at->idx[0]]) != 0) return EFAULT;
    if (!atomic_exchange(&created[at->idx[0]], false)) return EFAULT; /* another thread was first */
    ash_heap_drop(&h);
    return 0;
}

/* Extent hooks are refused: pages come from one place here. */
static int raw_create(const struct ctl_raw *raw) {
    struct ash_heap *list[ASH_HEAPS_MAX];
    if (raw->newp != NULL) return EFAULT;
    if (raw->oldlenp != NULL && *raw->oldlenp != sizeof(unsigned)) return EINVAL;
    if (heap_list(list) >= ASH_HEAPS_MAX) return EAGAIN;
    unsigned idx = ash_heap_new("arenas.create", ASH_HEAP_SHARED)->idx;
    atomic_store(&created[idx], true);
    return ctl_give(raw, &idx, sizeof idx);
}

/* Of an object's address, or one in the pages of a slab. */
static int raw_lookup(const struct ctl_raw *raw) {
    const void *p;
    if (raw->newp == NULL || raw->newlen != sizeof p) return EINVAL;
    memcpy(&p, raw->newp, sizeof p);
    uintptr_t entry = pagemap_get(p);
    if (!pagemap_is_slab(entry) && !entry_is_large(entry)) return EINVAL;
    unsigned idx = ash_heap_of(p)->idx;
    return ctl_give(raw, &idx, sizeof idx);
}

/* --- Settings --------------------------------------------------------------------------------- */

static int get_decay_ms(const struct ctl_at *at, union ctl_value *out) {
    const struct ash_heap *h = heap_of_index(at->idx[0]);
    if (h == NULL) return EFAULT;
    out->ssize = (ssize_t)heap_decay_ms(h, at->arg);
    return 0;
}

static int set_decay_ms(const struct ctl_at *at, const union ctl_value *in) {
    struct ash_heap *h = heap_of_index(at->idx[0]);
    if (h == NULL || in->ssize < -1) return EFAULT;
    heap_set_decay_ms(h, at->arg, in->ssize);
    for (unsigned i = 0; i < arenas_of(h); i++) {
        if (at->arg == 0 && in->ssize == 0) arena_flush_stock(arena_of(h, i));
        purger_notice(&arena_of(h, i)->pages);
    }
    return 0;
}

static int get_narenas(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->u = ctl_narenas();
    return 0;
}

static int get_initialized(const struct ctl_at *at, union ctl_value *out) {
    struct pick pick;
    int         error = pick_heaps(at->idx[0], &pick);
    out->flag = pick.count > 0 || at->idx[0] == CTL_ARENAS_DESTROYED;
    return error;
}

static int get_dss(const struct ctl_at *at, union ctl_value *out) {
    struct pick pick;
    out->text = "disabled";
    return pick_heaps(at->idx[0], &pick);
}

static int set_dss(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    if (in->text == NULL) return EINVAL;
    if (strcmp(in->text, "disabled") == 0) return 0;
    return strcmp(in->text, "primary") == 0 || strcmp(in->text, "secondary") == 0 ? EFAULT : EINVAL;
}

/* --- The calling thread's --------------------------------------------------------------------- */

static pthread_key_t  leave_key;
static pthread_once_t leave_once = PTHREAD_ONCE_INIT;

static void leave(void *arg) { atomic_fetch_sub(&chosen[(uintptr_t)arg - 1], 1); }
static void leave_init(void) { (void)pthread_key_create(&leave_key, leave); }

static int get_thread_arena(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->u = thread_general != &arena_none ? thread_general->heap->idx : heap_general()->idx;
    return 0;
}

/* From here on the malloc family takes from that heap, for this thread. */
static int set_thread_arena(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    struct ash_heap *h = heap_of_index(in->u);
    if (h == NULL || h->kind != ASH_HEAP_SHARED) return EFAULT;
    struct arena *a = thread_arena(h);
    if (a == NULL) return EAGAIN;
    pthread_once(&leave_once, leave_init);
    void *before = pthread_getspecific(leave_key);
    if (pthread_setspecific(leave_key, (void *)((uintptr_t)h->idx + 1)) != 0) return EAGAIN;
    atomic_fetch_add(&chosen[h->idx], 1);
    if (before != NULL) leave(before);
    thread_set_general(a);
    return 0;
}

/* --- Figures ---------------------------------------------------------------------------------- */

enum heap_figure {
    SMALL_ALLOCATED, LARGE_ALLOCATED, PACTIVE, PDIRTY, PMUZZY, MAPPED, RETAINED, RESIDENT, BASE,
    REQUESTED, ROUNDING, SLOTS_FREE, RETURNING, CACHED, NTHREADS, HEAP_FIGURES,
};

static void add_heap(const struct ash_heap *h, size_t v[HEAP_FIGURES]) {
    struct ash_heap_stats s;
    size_t                large = 0, threads = 0, mapped = 0;
    ash_heap_stats(h, &s);
    for (unsigned i = 0; i < arenas_of(h); i++) {
        const struct arena *a = arena_of(h, i);
        large += large_figures(a).used;
        mapped += counter_get(&a->pages.mapped);
        threads += __atomic_load_n(&a->threads, __ATOMIC_RELAXED);
    }
    v[SMALL_ALLOCATED] += s.used > large ? s.used - large : 0;
    v[LARGE_ALLOCATED] += large;
    v[PACTIVE] += s.active / PAGE_SIZE;
    v[PDIRTY] += s.dirty / PAGE_SIZE;
    v[PMUZZY] += s.muzzy / PAGE_SIZE;
    v[MAPPED] += mapped > s.retained ? mapped - s.retained : 0;
    v[RETAINED] += s.retained;
    v[RESIDENT] += s.active + s.dirty + s.muzzy;
    v[BASE] += arenas_of(h) * sizeof(struct arena);
    v[REQUESTED] += s.requested;
    v[ROUNDING] += s.rounding;
    v[SLOTS_FREE] += s.slots_free;
    v[RETURNING] += s.returning;
    v[CACHED] += s.cached;
    v[NTHREADS] += threads;
}

static int get_figure(const struct ctl_at *at, union ctl_value *out) {
    size_t      values[HEAP_FIGURES] = {0};
    struct pick pick;
    int         error = pick_initialized(at->idx[0], &pick);
    for (unsigned i = 0; i < pick.count && error == 0; i++) add_heap(pick.heaps[i], values);
    out->size = values[at->arg];
    if (at->arg == NTHREADS) out->u = (unsigned)values[NTHREADS];
    return error;
}

/* What jemalloc has and there is none of here. */
static int get_none(const struct ctl_at *at, union ctl_value *out) {
    struct pick pick;
    out->size = 0;
    return pick_initialized(at->idx[0], &pick);
}

static int get_name(const struct ctl_at *at, union ctl_value *out) {
    struct pick pick;
    int         error = pick_initialized(at->idx[0], &pick);
    if (error != 0) return error;
    out->text = pick.count == 1 ? pick.heaps[0]->name : "";
    return 0;
}

static int get_stats_decay_ms(const struct ctl_at *at, union ctl_value *out) {
    const struct ash_heap *h = heap_of_index(at->idx[0]);
    struct pick            pick;
    if (h != NULL) return get_decay_ms(at, out);
    out->ssize = (ssize_t)pages_decay_ms(at->arg);
    return pick_initialized(at->idx[0], &pick);
}

enum bin_figure {
    CURREGS, CURSLABS, NONFULL_SLABS, BIN_SLOTS_FREE, BIN_REQUESTED, BIN_ROUNDING, BIN_RETURNED,
    BIN_CACHED, NMALLOC, NDALLOC, NREQUESTS, NFILLS, NFLUSHES, NSLABS, NRESLABS, BIN_FIGURES,
};

/* ash_bin_stats in jemalloc's words, but for a fill, which takes up slots to hand out or to cache. */
static void add_bin(const struct ash_heap *h, unsigned bin, size_t v[BIN_FIGURES]) {
    struct ash_bin_stats s;
    ash_heap_bin_stats(h, bin, &s);
    v[CURREGS] += s.slots_used;
    v[CURSLABS] += s.slabs;
    v[NONFULL_SLABS] += s.slabs - s.slabs_full;
    size_t live = s.slots_used * s.slot_size, busy = s.slots_used + s.returned + s.cached;
    v[BIN_SLOTS_FREE] += s.slots_total > busy ? s.slots_total - busy : 0;
    v[BIN_REQUESTED] += s.requested;
    v[BIN_ROUNDING] += live > s.requested ? live - s.requested : 0;
    v[BIN_RETURNED] += s.returned;
    v[BIN_CACHED] += s.cached;
    v[NREQUESTS] += s.requests;
    v[NFLUSHES] += s.flushes;
    v[NMALLOC] += s.allocs;
    v[NDALLOC] += s.frees;
    v[NFILLS] += s.fills;
    v[NSLABS] += s.slabs_ever;
    v[NRESLABS] += s.reslabs;
}

static int get_bin(const struct ctl_at *at, union ctl_value *out) {
    size_t      values[BIN_FIGURES] = {0};
    struct pick pick;
    int         error = pick_initialized(at->idx[0], &pick);
    if (error != 0 || at->idx[1] >= CLASS_COUNT) return ENOENT;
    for (unsigned i = 0; i < pick.count; i++)
        add_bin(pick.heaps[i], (unsigned)at->idx[1], values);
    out->size = values[at->arg];
    return 0;
}

/* Over all bins. */
static int get_small(const struct ctl_at *at, union ctl_value *out) {
    size_t      values[BIN_FIGURES] = {0};
    struct pick pick;
    int         error = pick_initialized(at->idx[0], &pick);
    for (unsigned i = 0; i < pick.count && error == 0; i++)
        for (unsigned bin = 0; bin < CLASS_COUNT; bin++) add_bin(pick.heaps[i], bin, values);
    out->u64 = values[at->arg];
    return error;
}

static int get_large(const struct ctl_at *at, union ctl_value *out) {
    struct pick pick;
    int         error = pick_initialized(at->idx[0], &pick);
    out->u64 = 0;
    for (unsigned i = 0; i < pick.count && error == 0; i++) {
        for (unsigned j = 0; j < arenas_of(pick.heaps[i]); j++) {
            struct large_figures large = large_figures(arena_of(pick.heaps[i], j));
            out->u64 += at->arg == NDALLOC ? large.ever - large.count : large.ever;
        }
    }
    return error;
}

/* --- Names ------------------------------------------------------------------------------------ */

const struct ctl_name ctl_arena_names[] = {
    {"arena.#.initialized", CTL_BOOL, get_initialized, NULL, 0, NULL},
    {"arena.#.purge", CTL_VOID, NULL, do_purge, 0, NULL},
    {"arena.#.decay", CTL_VOID, NULL, do_decay, 0, NULL},
    {"arena.#.reset", CTL_VOID, NULL, do_reset, 0, NULL},
    {"arena.#.destroy", CTL_VOID, NULL, do_destroy, 0, NULL},
    {"arena.#.dss", CTL_TEXT, get_dss, set_dss, 0, NULL},
    {"arena.#.dirty_decay_ms", CTL_SSIZE, get_decay_ms, set_decay_ms, 0, NULL},
    {"arena.#.muzzy_decay_ms", CTL_SSIZE, get_decay_ms, set_decay_ms, 1, NULL},
    {"arenas.narenas", CTL_UNSIGNED, get_narenas, NULL, 0, NULL},
    {"arenas.create", CTL_UNSIGNED, NULL, NULL, 0, raw_create},
    {"arenas.lookup", CTL_UNSIGNED, NULL, NULL, 0, raw_lookup},
    {"thread.arena", CTL_UNSIGNED, get_thread_arena, set_thread_arena, 0, NULL},
    {"stats.arenas.#.nthreads", CTL_UNSIGNED, get_figure, NULL, NTHREADS, NULL},
    {"stats.arenas.#.dss", CTL_TEXT, get_dss, NULL, 0, NULL},
    {"stats.arenas.#.dirty_decay_ms", CTL_SSIZE, get_stats_decay_ms, NULL, 0, NULL},
    {"stats.arenas.#.muzzy_decay_ms", CTL_SSIZE, get_stats_decay_ms, NULL, 1, NULL},
    {"stats.arenas.#.pactive", CTL_SIZE, get_figure, NULL, PACTIVE, NULL},
    {"stats.arenas.#.pdirty", CTL_SIZE, get_figure, NULL, PDIRTY, NULL},
    {"stats.arenas.#.pmuzzy", CTL_SIZE, get_figure, NULL, PMUZZY, NULL},
    {"stats.arenas.#.mapped", CTL_SIZE, get_figure, NULL, MAPPED, NULL},
    {"stats.arenas.#.retained", CTL_SIZE, get_figure, NULL, RETAINED, NULL},
    {"stats.arenas.#.resident", CTL_SIZE, get_figure, NULL, RESIDENT, NULL},
    {"stats.arenas.#.base", CTL_SIZE, get_figure, NULL, BASE, NULL},
    {"stats.arenas.#.internal", CTL_SIZE, get_none, NULL, 0, NULL},
    {"stats.arenas.#.metadata_thp", CTL_SIZE, get_none, NULL, 0, NULL},
    {"stats.arenas.#.tcache_bytes", CTL_SIZE, get_figure, NULL, CACHED, NULL},
    {"stats.arenas.#.tcache_stashed_bytes", CTL_SIZE, get_none, NULL, 0, NULL},
    {"stats.arenas.#.abandoned_vm", CTL_SIZE, get_none, NULL, 0, NULL},
    {"stats.arenas.#.extent_avail", CTL_SIZE, get_none, NULL, 0, NULL},
    {"stats.arenas.#.small.allocated", CTL_SIZE, get_figure, NULL, SMALL_ALLOCATED, NULL},
    {"stats.arenas.#.large.allocated", CTL_SIZE, get_figure, NULL, LARGE_ALLOCATED, NULL},
    {"stats.arenas.#.bins.#.curregs", CTL_SIZE, get_bin, NULL, CURREGS, NULL},
    {"stats.arenas.#.bins.#.curslabs", CTL_SIZE, get_bin, NULL, CURSLABS, NULL},
    {"stats.arenas.#.bins.#.nonfull_slabs", CTL_SIZE, get_bin, NULL, NONFULL_SLABS, NULL},
    {"stats.arenas.#.small.nmalloc", CTL_U64, get_small, NULL, NMALLOC, NULL},
    {"stats.arenas.#.small.ndalloc", CTL_U64, get_small, NULL, NDALLOC, NULL},
    {"stats.arenas.#.small.nrequests", CTL_U64, get_small, NULL, NREQUESTS, NULL},
    {"stats.arenas.#.small.nfills", CTL_U64, get_small, NULL, NFILLS, NULL},
    {"stats.arenas.#.small.nflushes", CTL_U64, get_small, NULL, NFLUSHES, NULL},
    {"stats.arenas.#.large.nmalloc", CTL_U64, get_large, NULL, NMALLOC, NULL},
    {"stats.arenas.#.large.ndalloc", CTL_U64, get_large, NULL, NDALLOC, NULL},
    {"stats.arenas.#.large.nrequests", CTL_U64, get_large, NULL, NMALLOC, NULL},
    {"stats.arenas.#.bins.#.nmalloc", CTL_U64, get_bin, NULL, NMALLOC, NULL},
    {"stats.arenas.#.bins.#.ndalloc", CTL_U64, get_bin, NULL, NDALLOC, NULL},
    {"stats.arenas.#.bins.#.nrequests", CTL_U64, get_bin, NULL, NREQUESTS, NULL},
    {"stats.arenas.#.bins.#.nfills", CTL_U64, get_bin, NULL, NFILLS, NULL},
    {"stats.arenas.#.bins.#.nflushes", CTL_U64, get_bin, NULL, NFLUSHES, NULL},
    {"stats.arenas.#.bins.#.nslabs", CTL_U64, get_bin, NULL, NSLABS, NULL},
    {"stats.arenas.#.bins.#.nreslabs", CTL_U64, get_bin, NULL, NRESLABS, NULL},
    /* Ours: whose it is, and where its bytes are. */
    {"stats.arenas.#.name", CTL_TEXT, get_name, NULL, 0, NULL},
    {"stats.arenas.#.requested", CTL_SIZE, get_figure, NULL, REQUESTED, NULL},
    {"stats.arenas.#.rounding", CTL_SIZE, get_figure, NULL, ROUNDING, NULL},
    {"stats.arenas.#.slots_free", CTL_SIZE, get_figure, NULL, SLOTS_FREE, NULL},
    {"stats.arenas.#.returning", CTL_SIZE, get_figure, NULL, RETURNING, NULL},
    {"stats.arenas.#.bins.#.slots_free", CTL_SIZE, get_bin, NULL, BIN_SLOTS_FREE, NULL},
    {"stats.arenas.#.bins.#.requested", CTL_SIZE, get_bin, NULL, BIN_REQUESTED, NULL},
    {"stats.arenas.#.bins.#.rounding", CTL_SIZE, get_bin, NULL, BIN_ROUNDING, NULL},
    {"stats.arenas.#.bins.#.returning", CTL_SIZE, get_bin, NULL, BIN_RETURNED, NULL},
    {"stats.arenas.#.bins.#.cached", CTL_SIZE, get_bin, NULL, BIN_CACHED, NULL},
    {0},
};

#endif
