/* ctl_mutex.c: mallctl's figures of locks: stats.mutexes.* and stats.arenas.<i>.mutexes.*.
 *
 * jemalloc's names where there is a lock for the same: background_thread is the purger's, ctl the
 * one over the list of heaps, base the metadata's. Of an arena: `arena` is who works in it without
 * being its owner, and `extents` its page cache's, which under jemalloc is one lock for each kind
 * of extent and of decay; those names (extents_dirty, ..., large) all answer with that one. Figures
 * of an arena index are summed over the heap's arenas; max_* are the largest.
 *
 * num_spin_acq is 0: nobody spins here. Reading takes no lock. */
#include "alloc/ctl.h"
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/heap.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

#include <errno.h>

enum { OPS, WAITS, SPINS, SWITCHES, WAIT_NS, WAIT_NS_MAX, THREADS_MAX };
enum { BACKGROUND_THREAD, HEAPS, BASE, ARENA, EXTENTS };
#define LOCK_AND(which, figure) ((which) * 16 + (figure))

static size_t figure_of(const struct lock *l, unsigned figure) {
    const struct lock_stats *s = &l->stats;
    switch (figure) {
    case OPS: return counter_get(&s->ops);
    case WAITS: return counter_get(&s->waits);
    case SWITCHES: return counter_get(&s->switches);
    case WAIT_NS: return counter_get(&s->wait_ns);
    case WAIT_NS_MAX: return counter_get(&s->wait_ns_max);
    case THREADS_MAX: return __atomic_load_n(&s->waiting_max, __ATOMIC_RELAXED);
    default: return 0;
    }
}

static void add(size_t *sum, const struct lock *l, unsigned figure) {
    size_t one = figure_of(l, figure);
    if (figure != WAIT_NS_MAX && figure != THREADS_MAX) {
        *sum += one;
    } else if (one > *sum) {
        *sum = one;
    }
}

static struct lock *lock_of_process(unsigned which) {
    if (which == BACKGROUND_THREAD) return purger_lock_get();
    return which == HEAPS ? &heaps_lock : base_lock_get();
}

static void give(union ctl_value *out, unsigned figure, size_t value) {
    if (figure == THREADS_MAX) {
        out->u32 = (uint32_t)value;
    } else {
        out->u64 = value;
    }
}

static int get_process(const struct ctl_at *at, union ctl_value *out) {
    unsigned figure = at->arg % 16;
    give(out, figure, figure_of(lock_of_process(at->arg / 16), figure));
    return 0;
}

static void add_heap(size_t *sum, const struct ash_heap *h, unsigned which, unsigned figure) {
    unsigned count = atomic_load_explicit(&h->arena_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        struct arena *a = atomic_load_explicit(&h->arenas[i], memory_order_acquire);
        add(sum, which == ARENA ? &a->lock : &a->pages.lock, figure);
    }
}

static int get_arena(const struct ctl_at *at, union ctl_value *out) {
    struct ash_heap *list[ASH_HEAPS_MAX];
    unsigned         figure = at->arg % 16, which = at->arg / 16, count;
    size_t           sum = 0, idx = at->idx[0];
    if (which == BASE) return get_process(at, out);
    if (idx == CTL_ARENAS_ALL || idx == ctl_narenas()) {
        count = heap_list(list);
    } else {
        list[0] = idx < ASH_HEAPS_MAX ? heap_at((unsigned)idx) : NULL;
        count = list[0] != NULL;
        if (count == 0 && idx != CTL_ARENAS_DESTROYED) return ENOENT;
    }
    for (unsigned i = 0; i < count; i++) add_heap(&sum, list[i], which, figure);
    give(out, figure, sum);
    return 0;
}

static int do_reset(const struct ctl_at *at, const union ctl_value *in) {
    (void)at, (void)in;
    for (unsigned which = BACKGROUND_THREAD; which <= BASE; which++)
        lock_stats_reset(lock_of_process(which));
    for (unsigned i = 0; i < arena_count(); i++) {
        lock_stats_reset(&arena_at(i)->lock);
        lock_stats_reset(&arena_at(i)->pages.lock);
    }
    return 0;
}

#define ROW(prefix, name, type, get, which, figure) \
    {prefix name, type, get, NULL, LOCK_AND(which, figure), NULL}
#define ROWS(prefix, get, which)                                    \
    ROW(prefix, ".num_ops", CTL_U64, get, which, OPS),              \
    ROW(prefix, ".num_wait", CTL_U64, get, which, WAITS),           \
    ROW(prefix, ".num_spin_acq", CTL_U64, get, which, SPINS),       \
    ROW(prefix, ".num_owner_switch", CTL_U64, get, which, SWITCHES), \
    ROW(prefix, ".total_wait_time", CTL_U64, get, which, WAIT_NS),  \
    ROW(prefix, ".max_wait_time", CTL_U64, get, which, WAIT_NS_MAX), \
    ROW(prefix, ".max_num_thds", CTL_U32, get, which, THREADS_MAX)
#define OF_ARENA "stats.arenas.#.mutexes."

const struct ctl_name ctl_mutex_names[] = {
    ROWS("stats.mutexes.background_thread", get_process, BACKGROUND_THREAD),
    ROWS("stats.mutexes.ctl", get_process, HEAPS),
    {"stats.mutexes.reset", CTL_VOID, NULL, do_reset, 0, NULL},
    ROWS(OF_ARENA "arena", get_arena, ARENA), /* ours */
    ROWS(OF_ARENA "large", get_arena, EXTENTS),
    ROWS(OF_ARENA "extents_dirty", get_arena, EXTENTS),
    ROWS(OF_ARENA "extents_muzzy", get_arena, EXTENTS),
    ROWS(OF_ARENA "extents_retained", get_arena, EXTENTS),
    ROWS(OF_ARENA "decay_dirty", get_arena, EXTENTS),
    ROWS(OF_ARENA "decay_muzzy", get_arena, EXTENTS),
    ROWS(OF_ARENA "base", get_arena, BASE),
    {0},
};

#endif
