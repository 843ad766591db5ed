/* passthrough.c: alloc.h on top of the C library's malloc, for sanitizer builds.
 *
 * AddressSanitizer must see every object as one of its own, which our slabs would hide from it. So
 * with ASHLAR_PASSTHROUGH this file is the whole allocator. It keeps the contract, statistics
 * included, and adds a check that the real one can't afford: a sized free must be given exactly the
 * size that was asked for.
 *
 *   base ... | struct object | size bytes ...      p = the byte after the header, aligned
 *
 * Sizes round as in the real allocator (classes.h) for the statistics alone: the redzone begins
 * right after the requested bytes. A realloc always moves, so stale pointers are found. Pages and
 * decay mean nothing here: those calls succeed and do nothing. Start at object_new(). */
#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "alloc/classes.h"

#ifdef ASHLAR_PASSTHROUGH

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_MAGIC   0x4153484c4f424aULL
#define OBJECT_DRAIN   (OBJECT_MAGIC + 1) /* picked to be drained, */
#define OBJECT_DRAINED (OBJECT_MAGIC + 2) /* and shown to whoever drains */
#define OBJECT_DEAD    0x44454144ULL

struct object {
    struct ash_heap *heap;
    struct object   *next, *prev;
    void            *base; /* what malloc returned */
    size_t           size; /* as requested */
    uint64_t         magic;
};
_Static_assert(sizeof(struct object) % 16 == 0, "objects stay 16-aligned behind the header");

struct ash_heap {
    char             name[32];
    struct ash_heap *next;
    pthread_mutex_t  lock;
    /* under lock */
    struct object *objects;
    struct object *pick; /* ash_drain_choose: where it goes on; NULL: at the start */
    struct object *look; /* ash_drain_next: the same; NULL: nowhere */
    struct object *shown; /* by it, last: whoever drains may look at it still, so if another thread */
    struct object *dying; /* frees it, it is dead later */
    pthread_t      drainer;
    bool           picked;      /* any, since the last ash_drain_end */
    size_t         draining;
    size_t         requested, used;
    uint64_t       count;
    uint64_t       live[CLASS_COUNT];
};

static pthread_mutex_t  heaps_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ash_heap *heaps; /* under heaps_lock, in creation order */
static int64_t          decay_ms[2] = {10000, 0};

/* --- Objects ------------------------------------------------------------------------------- */

static void object_account(struct ash_heap *h, size_t size, int sign) {
    size_t used = class_good_size(size);
    h->requested += sign > 0 ? size : -size;
    h->used += sign > 0 ? used : -used;
    h->count += (uint64_t)(int64_t)sign;
    if (used <= SMALL_MAX) h->live[class_fine(used)] += (uint64_t)(int64_t)sign;
}

static void *object_new(struct ash_heap *h, size_t size, size_t align, bool zero) {
    if (size == 0) size = 1;
    if (align < 16) align = 16;
    if (size > ASH_SIZE_MAX - align - sizeof(struct object)) return NULL;
    char *base = malloc(size + sizeof(struct object) + align - 16);
    if (base == NULL) return NULL;

    uintptr_t      start = size_round_up((uintptr_t)base + sizeof(struct object), align);
    struct object *o = (struct object *)start - 1;
    *o = (struct object){.heap = h, .base = base, .size = size, .magic = OBJECT_MAGIC};
    if (zero) memset(o + 1, 0, size);

    pthread_mutex_lock(&h->lock);
    o->next = h->objects;
    if (o->next != NULL) o->next->prev = o;
    h->objects = o;
    object_account(h, size, 1);
    pthread_mutex_unlock(&h->lock);
    return o + 1;
}

static struct object *object_of(const void *p) {
    struct object *o = (struct object *)(uintptr_t)p - 1;
    if (o->magic == OBJECT_DEAD) PANIC("double free of %p", p);
    if (o->magic - OBJECT_MAGIC > 2) PANIC("invalid pointer %p: not an object", p);
    return o;
}

/* Out of its heap, under lock. */
static void object_leave(struct object *o) {
    struct ash_heap *h = o->heap;
    if (h->look == o) h->look = o->next;
    if (h->pick == o) h->pick = o->next;
    if (o->magic != OBJECT_MAGIC) h->draining -= class_good_size(o->size);
    if (o->next != NULL) o->next->prev = o->prev;
    *(o->prev != NULL ? &o->prev->next : &h->objects) = o->next;
    object_account(h, o->size, -1);
}

static void object_release(struct object *o) {
    void *base = o->base;
    o->magic = OBJECT_DEAD;
    free(base);
}

/* Is somebody else looking at it? Then it is released when they look at the next. Under lock. */
static bool object_is_seen(struct object *o) {
    struct ash_heap *h = o->heap;
    if (o != h->shown) return false;
    h->shown = NULL;
    if (pthread_equal(pthread_self(), h->drainer)) return false;
    o->magic = OBJECT_DEAD;
    h->dying = o;
    return true;
}

/* Under lock, by whoever drains: it has looked enough. */
static void object_look_away(struct ash_heap *h) {
    if (h->dying != NULL) object_release(h->dying);
    h->dying = h->shown = NULL;
}

static void *or_panic(void *p, size_t size) {
    if (p == NULL) PANIC("out of memory: no room for %zu bytes", size);
    return p;
}

void *ash_alloc(struct ash_heap *h, size_t size) {
    return or_panic(object_new(h, size, 16, false), size);
}

void *ash_zalloc(struct ash_heap *h, size_t size) {
    return or_panic(object_new(h, size, 16, true), size);
}

void *ash_try_alloc(struct ash_heap *h, size_t size) { return object_new(h, size, 16, false); }

void *ash_alloc_aligned(struct ash_heap *h, size_t size, size_t align) {
    ASSERT(size_is_power(align));
    return or_panic(object_new(h, size, align, false), size);
}

void *ash_try_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size) {
    ASSERT(new_size > 0);
    if (p == NULL) return object_new(h, new_size, 16, false);
    ASSERT(object_of(p)->heap == h);
    void *fresh = object_new(h, new_size, 16, false);
    if (fresh == NULL) return NULL;
    memcpy(fresh, p, old_size < new_size ? old_size : new_size);
    ash_free(p, old_size);
    return fresh;
}

void *ash_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size) {
    return or_panic(ash_try_realloc(h, p, old_size, new_size), new_size);
}

void ash_free(void *p, size_t size) {
    if (p == NULL) return;
    struct object *o = object_of(p);
    if (o->size != (size == 0 ? 1 : size))
        PANIC("wrong size in free of %p: %zu given, %zu asked for, heap %s", p, size, o->size,
              o->heap->name);
    struct ash_heap *h = o->heap;
    pthread_mutex_lock(&h->lock);
    object_leave(o);
    bool seen = object_is_seen(o);
    pthread_mutex_unlock(&h->lock);
    if (!seen) object_release(o);
}

size_t           ash_good_size(size_t size) { return class_good_size(size); }
size_t           ash_usable_size(const void *p) { return class_good_size(object_of(p)->size); }
struct ash_heap *ash_heap_of(const void *p) { return object_of(p)->heap; }
size_t           ash_slab_live(const void *p, size_t *pages) {
    *pages = ash_usable_size(p);
    return 1;
}
size_t           ash_large_min(void) { return SMALL_MAX + 1; }

/* --- Heaps --------------------------------------------------------------------------------- */

struct ash_heap *ash_heap_new_huge(const char *name, enum ash_heap_kind kind, enum ash_huge huge) {
    (void)huge;
    return ash_heap_new(name, kind);
}

struct ash_heap *ash_heap_new(const char *name, enum ash_heap_kind kind) {
    (void)kind; /* every heap here is as good as shared */
    struct ash_heap *h = or_panic(calloc(1, sizeof *h), sizeof *h);
    snprintf(h->name, sizeof h->name, "%s", name);
    pthread_mutex_init(&h->lock, NULL);

    pthread_mutex_lock(&heaps_lock);
    struct ash_heap **link = &heaps;
    unsigned          count = 0;
    for (; *link != NULL; link = &(*link)->next) count++;
    ASSERT(count < ASH_HEAPS_MAX);
    *link = h;
    pthread_mutex_unlock(&heaps_lock);
    return h;
}

void ash_heap_drop(struct ash_heap **hp) {
    struct ash_heap *h = *hp;
    *hp = NULL;
    pthread_mutex_lock(&heaps_lock);
    struct ash_heap **link = &heaps;
    while (*link != h) link = &(*link)->next;
    *link = h->next;
    pthread_mutex_unlock(&heaps_lock);

    for (struct object *o = h->objects, *next; o != NULL; o = next) {
        next = o->next;
        object_release(o);
    }
    object_look_away(h);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

/* Each object is an extent of its own. */
bool ash_heap_move(struct ash_heap *to, void *p, size_t size) {
    struct object   *o = object_of(p);
    struct ash_heap *from = o->heap;
    if (o->size != size) PANIC("wrong size in move of %p: %zu given", p, size);
    pthread_mutex_lock(&from->lock);
    object_leave(o);
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_lock(&to->lock);
    o->heap = to;
    o->prev = NULL;
    o->next = to->objects;
    if (o->next != NULL) o->next->prev = o;
    to->objects = o;
    object_account(to, size, 1);
    pthread_mutex_unlock(&to->lock);
    return true;
}

unsigned ash_extent_each(void *p, void (*fn)(void *object, void *arg), void *arg) {
    (void)object_of(p);
    fn(p, arg);
    return 1;
}

/* --- Draining ------------------------------------------------------------------------------ */

/* Each object is a slab of its own, and all small ones can be picked: what moves them is to be seen
 * to forget no reference. */
bool ash_drain_choose(struct ash_heap *h, unsigned max, size_t *bytes) {
    size_t picked = 0;
    pthread_mutex_lock(&h->lock);
    if (h->pick == NULL) h->pick = h->objects;
    h->picked = true;
    for (; h->pick != NULL && max > 0; h->pick = h->pick->next) {
        struct object *o = h->pick;
        if (o->magic != OBJECT_MAGIC || o->size > SMALL_MAX) continue;
        o->magic = OBJECT_DRAIN;
        picked += class_good_size(o->size);
        max--;
    }
    bool more = h->pick != NULL;
    h->draining += picked;
    h->look = h->objects;
    pthread_mutex_unlock(&h->lock);
    *bytes += picked;
    return more;
}

static size_t read_locked(const struct ash_heap *h, const size_t *at) {
    pthread_mutex_t *lock = &((struct ash_heap *)(uintptr_t)h)->lock;
    pthread_mutex_lock(lock);
    size_t n = *at;
    pthread_mutex_unlock(lock);
    return n;
}

size_t ash_draining(const struct ash_heap *h) { return read_locked(h, &h->draining); }

/* All that is small could be picked, and all may be. */
size_t ash_drain_gain(const struct ash_heap *h) { return read_locked(h, &h->used); }

bool ash_is_draining(const void *p) { return object_of(p)->magic != OBJECT_MAGIC; }

/* Slots have no size here, so a run is of one object. */
bool ash_drain_next(struct ash_heap *h, void *objects[ASH_DRAIN_RUN], unsigned *count,
                    size_t *slot_size) {
    pthread_mutex_lock(&h->lock);
    struct object *o = h->look;
    while (o != NULL && o->magic != OBJECT_DRAIN) o = o->next;
    h->look = o != NULL ? o->next : NULL;
    object_look_away(h);
    h->shown = o;
    h->drainer = pthread_self();
    if (o != NULL) o->magic = OBJECT_DRAINED;
    pthread_mutex_unlock(&h->lock);
    *count = o != NULL;
    if (o == NULL) return false;
    objects[0] = o + 1;
    *slot_size = o->size;
    return true;
}

bool ash_drain_end(struct ash_heap *h, unsigned max) {
    (void)max;
    pthread_mutex_lock(&h->lock);
    if (h->picked)
        for (struct object *o = h->objects; o != NULL; o = o->next) o->magic = OBJECT_MAGIC;
    object_look_away(h);
    h->picked = false;
    h->draining = 0;
    h->pick = h->look = NULL;
    pthread_mutex_unlock(&h->lock);
    return false;
}

void ash_heap_adopt(struct ash_heap *h) { (void)h; }

bool ash_heap_collect(struct ash_heap *h, uint64_t max_us) {
    (void)h, (void)max_us;
    return false;
}

const char *ash_heap_name(const struct ash_heap *h) { return h->name; }

void ash_heap_stats(const struct ash_heap *h, struct ash_heap_stats *out) {
    pthread_mutex_t *lock = &((struct ash_heap *)(uintptr_t)h)->lock;
    pthread_mutex_lock(lock);
    *out = (struct ash_heap_stats){.requested = h->requested,
                                   .rounding = h->used - h->requested,
                                   .used = h->used,
                                   .active = h->used,
                                   .count = h->count};
    memcpy(out->name, h->name, sizeof out->name);
    pthread_mutex_unlock(lock);
}

size_t ash_heap_used(const struct ash_heap *h) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    return s.used;
}

void ash_heap_each(void (*fn)(struct ash_heap *h, void *arg), void *arg) {
    pthread_mutex_lock(&heaps_lock);
    for (struct ash_heap *h = heaps; h != NULL; h = h->next) fn(h, arg);
    pthread_mutex_unlock(&heaps_lock);
}

unsigned ash_bin_count(void) { return CLASS_COUNT; }

void ash_heap_bin_stats(const struct ash_heap *h, unsigned bin, struct ash_bin_stats *out) {
    ASSERT(bin < CLASS_COUNT);
    *out = (struct ash_bin_stats){.slot_size = size_classes[bin].slot_size,
                                  .slab_size = size_classes[bin].pages * PAGE_SIZE,
                                  .slots_used = h->live[bin],
                                  .slots_total = h->live[bin]};
}

/* --- The process --------------------------------------------------------------------------- */

void ash_stats(struct ash_stats *out) {
    *out = (struct ash_stats){0};
    pthread_mutex_lock(&heaps_lock);
    for (const struct ash_heap *h = heaps; h != NULL; h = h->next) {
        struct ash_heap_stats s;
        ash_heap_stats(h, &s);
        out->allocated += s.used;
        out->requested += s.requested;
    }
    pthread_mutex_unlock(&heaps_lock);
    out->active = out->resident = out->mapped = out->allocated;
}

size_t ash_used(void) {
    struct ash_stats s;
    ash_stats(&s);
    return s.allocated;
}

bool ash_purge_step(uint64_t max_us, size_t *bytes) {
    (void)max_us, (void)bytes;
    return false;
}

size_t ash_purgeable(void) { return 0; }

bool ash_heap_purge_step(struct ash_heap *h, uint64_t max_us, size_t *bytes) {
    (void)h;
    return ash_purge_step(max_us, bytes);
}

size_t ash_heap_purgeable(const struct ash_heap *h) {
    (void)h;
    return 0;
}
size_t ash_resident(void) { return ash_used(); }
void   ash_heap_hurry(struct ash_heap *h) { (void)h; }
size_t ash_flush_caches(uint64_t max_us) {
    (void)max_us;
    return 0;
}
bool ash_heap_set_decay_ms(struct ash_heap *h, int64_t ms) {
    (void)h;
    return ms >= ASH_DECAY_SHARED;
}

static bool decay_set(int64_t *slot, int64_t ms) {
    if (ms < -1) return false;
    *slot = ms;
    return true;
}

bool ash_set_dirty_decay_ms(int64_t ms) { return decay_set(&decay_ms[0], ms); }
bool ash_set_muzzy_decay_ms(int64_t ms) { return decay_set(&decay_ms[1], ms); }

bool ash_set_background_thread(bool on) {
    (void)on;
    return true;
}

static int ctl_read(void *oldp, size_t *oldlenp, const void *value, size_t len) {
    if (oldp == NULL) return 0;
    if (oldlenp == NULL || *oldlenp != len) return EINVAL;
    memcpy(oldp, value, len);
    return 0;
}

int ash_ctl(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen) {
    (void)newlen;
    struct ash_stats s;
    ash_stats(&s);
    const uint64_t    epoch = 1;
    const char *const version = "ashlar-passthrough";
    if (strcmp(name, "epoch") == 0) return ctl_read(oldp, oldlenp, &epoch, sizeof epoch);
    if (newp != NULL) return EPERM;
    if (strcmp(name, "version") == 0) return ctl_read(oldp, oldlenp, &version, sizeof version);
    const struct {
        const char *name;
        size_t      value;
    } figures[] = {{"stats.allocated", s.allocated}, {"stats.active", s.active},
                   {"stats.metadata", s.metadata},   {"stats.resident", s.resident},
                   {"stats.mapped", s.mapped},       {"stats.retained", s.retained}};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (strcmp(name, figures[i].name) == 0)
            return ctl_read(oldp, oldlenp, &figures[i].value, sizeof(size_t));
    return ENOENT;
}

void ash_stats_print(void (*write)(void *arg, const char *text), void *arg, const char *opts) {
    (void)opts;
    char text[128];
    snprintf(text, sizeof text, "Allocated: %zu, on the C library (sanitizer build)\n", ash_used());
    write(arg, text);
}

void ash_check(void) {
    pthread_mutex_lock(&heaps_lock);
    for (struct ash_heap *h = heaps; h != NULL; h = h->next) {
        size_t requested = 0, used = 0;
        pthread_mutex_lock(&h->lock);
        for (const struct object *o = h->objects; o != NULL; o = o->next) {
            ASSERT(o->magic - OBJECT_MAGIC <= 2 && o->heap == h);
            requested += o->size;
            used += class_good_size(o->size);
        }
        ASSERT(requested == h->requested && used == h->used);
        pthread_mutex_unlock(&h->lock);
    }
    pthread_mutex_unlock(&heaps_lock);
}

#endif
