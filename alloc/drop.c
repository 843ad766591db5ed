/* drop.c: taking dropped heaps' arenas apart. See drop.h.
 *
 * Two threads may be at one arena (the purger, and whoever turns it off): each step holds the
 * arena's lock and looks at `dropping` under it, and who ends the last one takes it off the list. */
#include "alloc/drop.h"
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "alloc/os.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

static struct arena *list;  /* by next_spare; under heaps_lock */
static _Atomic unsigned due; /* how many: as a hint */

static void list_take(struct arena *a) {
    struct arena **link = &list;
    while (*link != a) {
        ASSERT(*link != NULL); /* D1 */
        link = &(*link)->next_spare;
    }
    *link = a->next_spare;
    a->next_spare = NULL;
    atomic_fetch_sub(&due, 1);
}

static void purge_all(struct pages *p) {
    while (pages_purge(p, EXTENT_DIRTY, false) != 0 || pages_purge(p, EXTENT_MUZZY, false) != 0)
        continue;
}

/* The arena is empty: it may serve the next heap. */
static void end(struct arena *a) {
    lock_take(&heaps_lock);
    list_take(a);
    arena_spare(a);
    lock_drop(&heaps_lock);
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
        bool ended = false;
        while (arena_drop_some(a, &ended))
            if (os.now_us() >= deadline_us) return true;
        if (ended) end(a);
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
