/* drop.c: taking dropped heaps' arenas apart. See drop.h.
 *
 * Several threads may be at one arena (the purger, whoever drops, whoever turns the purger off), and
 * a fork may take any of them away between two steps. So a step leaves nothing to be remembered:
 * each holds the arena's lock and looks at `dropping` under it, and whoever meets an arena in the
 * list that is apart takes it off. */
#include "alloc/drop.h"
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "alloc/os.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

static struct arena *list;  /* by next_spare; under heaps_lock */
static _Atomic unsigned due; /* how many: as a hint */

/* Takes an arena that is apart off the list. False: another was first; or it serves a heap again, or
 * is on its way here from that. */
static bool list_take(struct arena *a) {
    struct arena **link = &list;
    while (*link != NULL && *link != a) link = &(*link)->next_spare;
    if (*link == NULL || atomic_load(&a->dropping)) return false;
    *link = a->next_spare;
    a->next_spare = NULL;
    atomic_fetch_sub(&due, 1);
    return true;
}

static void purge_all(struct pages *p) {
    while (pages_purge(p, EXTENT_DIRTY, false) != 0 || pages_purge(p, EXTENT_MUZZY, false) != 0)
        continue;
}

/* The arena is apart: it may serve the next heap. */
static void end(struct arena *a) {
    lock_take(&heaps_lock);
    bool taken = list_take(a);
    if (taken) arena_spare(a);
    lock_drop(&heaps_lock);
    if (!taken) return;
    if (purger_is_on()) {
        purger_notice(&a->pages);
    } else {
        purge_all(&a->pages);
    }
}

bool drop_is_due(void) { return atomic_load_explicit(&due, memory_order_relaxed) != 0; }

bool drop_step(uint64_t deadline_us) {
    while (drop_is_due()) {
        lock_take(&heaps_lock);
        struct arena *a = list;
        lock_drop(&heaps_lock);
        if (a == NULL) return false;
        while (arena_drop_some(a))
            if (os.now_us() >= deadline_us) return true;
        end(a);
    }
    return false;
}

void drop_put(struct arena *a) {
    arena_drop_begin(a);
    lock_take(&heaps_lock);
    a->next_spare = list;
    list = a;
    atomic_fetch_add(&due, 1);
    lock_drop(&heaps_lock);
    if (purger_is_on()) purger_kick();
    while (atomic_load(&due) > (purger_is_on() ? DROP_WAITING_MAX : 0)) drop_step(0);
}

#endif
