/* drain.c: sparse slabs made empty. The contract is in alloc.h, "Draining"; the work is bin.c's. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "alloc/pagemap.h"
#include "alloc/purger.h"
#include "alloc/guard_doors.h"

#ifndef ASHLAR_PASSTHROUGH

#define LOOK_GROUPS 32 /* of slots, in which there may be none that is live */

bool ash_drain_choose(struct ash_heap *h, unsigned max, size_t *bytes) {
    struct arena *a = h->arena;
    size_t        picked = 0;
    bool          fast = heap_enter(a), more = false;
    ARENA_EACH_BIN(a, cls) {
        if (cls < a->pick.cls) continue; /* was done in an earlier call */
        a->pick.cls = cls;
        if ((more = bin_drain(a, cls, &max, &picked))) break;
    }
    if (!more) a->pick = (struct bin_pick){0};
    a->drained |= picked != 0;
    heap_leave(a, fast);
    *bytes += picked;
    return more;
}

size_t ash_drain_gain(const struct ash_heap *h) {
    const struct arena *a = h->arena;
    size_t              bytes = 0;
    ARENA_EACH_BIN(a, cls) bytes += bin_drain_gain(a, cls);
    return bytes;
}

size_t ash_draining(const struct ash_heap *h) {
    const struct arena *a = h->arena;
    size_t              bytes = 0;
    ARENA_EACH_BIN(a, cls) {
        bytes += counter_get(&a->shelves[cls].drain_slots) * a->bins[cls].slot_size;
    }
    return bytes;
}

bool ash_is_draining(const void *p) {
    uintptr_t entry = pagemap_get(p);
    return pagemap_is_slab(entry) && slab_list(pagemap_slab(entry)) >= SLAB_LIST_DRAIN;
}

bool ash_drain_next(struct ash_heap *h, void *objects[ASH_DRAIN_RUN], unsigned *count,
                    size_t *slot_size) {
    _Static_assert(ASH_DRAIN_RUN == SLAB_GROUP, "a run is a group");
    struct arena *a = h->arena;
    unsigned      max = LOOK_GROUPS;
    bool          fast = heap_enter(a), more = false;
    *count = 0;
    ARENA_EACH_BIN(a, cls) {
        *slot_size = a->bins[cls].slot_size;
        if ((more = bin_look(a, cls, objects, count, &max))) break;
    }
    heap_leave(a, fast);
    return more;
}

bool ash_drain_end(struct ash_heap *h, unsigned max) {
    struct arena *a = h->arena;
    bool          more = false;
    bool          fast = heap_enter(a);
    ARENA_EACH_BIN(a, cls) {
        if ((more = bin_drain_end(a, cls, &max))) break;
    }
    a->pick = (struct bin_pick){0};
    bool purge = a->drained && !more;
    a->drained = more;
    heap_leave(a, fast);
    if (!purge) return more;
    atomic_store(&a->pages.purge_all, true);
    purger_notice(&a->pages);
    return false;
}

#endif
