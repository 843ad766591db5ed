/* guard_alloc.c: ash_alloc and its kin in debug builds: guards before the doors of alloc.c. */
#include "alloc/guard.h"
#include "alloc/assert.h"
#include "alloc/classes.h"
#define GUARD_ITSELF
#include "alloc/guard_doors.h"

#if defined ASHLAR_DEBUG && !defined ASHLAR_PASSTHROUGH

#include <string.h>

static bool bare(void) { return guard_tail() == 0; }

void *ash_alloc(struct ash_heap *h, size_t size) {
    return guard_dress(plain_ash_alloc(h, guard_grown(size)), size, GUARD_DOOR_ASH, 1, false);
}

void *ash_try_alloc(struct ash_heap *h, size_t size) {
    return guard_dress(plain_ash_try_alloc(h, guard_grown(size)), size, GUARD_DOOR_ASH, 1, false);
}

/* Small ones are zeroed by the guard, since the door would zero a canary that the neighbour may be
 * looking at; and all, where the door may not touch what is hidden. */
void *ash_zalloc(struct ash_heap *h, size_t size) {
    size_t grown = guard_grown(size);
#ifdef ASHLAR_POISON
    return memset(ash_alloc(h, size), 0, size);
#endif
    void *p = grown > SMALL_MAX ? plain_ash_zalloc(h, grown) : plain_ash_alloc(h, grown);
    return guard_dress(p, size, GUARD_DOOR_ASH, 1, true);
}

void *ash_alloc_aligned(struct ash_heap *h, size_t size, size_t align) {
    void *p = plain_ash_alloc_aligned(h, guard_grown(size), align);
    return guard_dress(p, size, GUARD_DOOR_ASH, align, false);
}

static void *move(struct ash_heap *h, const struct guard_object *o, size_t new_size) {
    void *fresh = ash_try_alloc(h, new_size);
    if (fresh == NULL) return NULL;
    memcpy(fresh, o->p, o->size < new_size ? o->size : new_size);
    guard_free(o->p, GUARD_DOOR_ASH, o->size);
    return fresh;
}

void *ash_try_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size) {
    if (bare()) return plain_ash_try_realloc(h, p, old_size, new_size);
    ASSERT(new_size > 0);
    if (p == NULL) return ash_try_alloc(h, new_size);
    if (new_size > ASH_SIZE_MAX - 2 * PAGE_SIZE) return NULL;
    struct guard_object o = guard_look(p, GUARD_DOOR_ASH, old_size, "realloc");
    if (!guard_may_resize(&o, new_size)) return move(h, &o, new_size);
    p = plain_ash_try_realloc(h, p, guard_grown(old_size), guard_grown(new_size));
    if (p != NULL) guard_redress(p, &o, new_size, false);
    return p;
}

void *ash_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size) {
    void *fresh = ash_try_realloc(h, p, old_size, new_size);
    if (fresh == NULL)
        PANIC("out of memory: no room for %zu bytes in heap %s", new_size, ash_heap_name(h));
    return fresh;
}

void ash_free(void *p, size_t size) {
    if (p == NULL) return;
    if (!bare()) {
        guard_free(p, GUARD_DOOR_ASH, size != GUARD_ANY_SIZE ? size : GUARD_ANY_SIZE - 1);
    } else {
        guard_fill_freed(p);
        plain_ash_free(p, size);
    }
}

/* What moves with p must all be live: so nothing of its heap stays in quarantine. */
static struct arena *settle(void *p) {
    struct guard_object o = guard_look(p, GUARD_DOOR_ANY, GUARD_ANY_SIZE, "move");
    guard_heap_drop(ash_heap_of(p));
    return o.arena;
}

static void no_more(void *object, void *arg) { (void)object, (void)arg; }

bool ash_heap_move(struct ash_heap *to, void *p, size_t size) {
    if (bare()) return plain_ash_heap_move(to, p, size);
    struct arena *from = settle(p);
    unsigned      count = plain_ash_extent_each(p, no_more, NULL);
    if (!plain_ash_heap_move(to, p, size + count * guard_tail())) return false;
    guard_moved(p, from);
    return true;
}

unsigned ash_extent_each(void *p, void (*fn)(void *object, void *arg), void *arg) {
    if (!bare()) settle(p);
    return plain_ash_extent_each(p, fn, arg);
}

/* What lies in quarantine takes up slots, and nobody could move it. */
bool ash_drain_choose(struct ash_heap *h, unsigned max, size_t *bytes) {
    guard_heap_drop(h);
    return plain_ash_drain_choose(h, max, bytes);
}

bool ash_drain_next(struct ash_heap *h, void *objects[ASH_DRAIN_RUN], unsigned *count,
                    size_t *slot_size) {
    guard_heap_drop(h);
    return plain_ash_drain_next(h, objects, count, slot_size);
}

/* As in a release build: what its size costs. */
size_t ash_usable_size(const void *p) {
    if (bare()) return plain_ash_usable_size(p);
    struct guard_object o = guard_look(p, GUARD_DOOR_ANY, GUARD_ANY_SIZE, "usable size");
    return o.door == GUARD_DOOR_ASH ? guard_slot_shown(&o) : o.size;
}

#endif
