/* tcache.c: filling, emptying and sizing the stacks of tcache.h. Start at tcache_take_slow().
 *
 * How large a stack may be follows what it is used for: none until its class is used, then a few
 * slots, twice as many each time it runs over or empties after having run over, up to bounds in
 * slots and in bytes; and half as many again when a look finds it idle (T4). Looks come with the
 * slow events themselves: a thread that does nothing keeps what it has, which T3 bounds.
 *
 * The older half goes when a stack is full: what was freed last is still in the CPU's cache. Slots
 * of one slab tend to lie together, so going back costs a count and a byte a slot, and a refiling
 * or a locked instruction a run. Tried and dropped: handing slots out straight from the arena's bin
 * when the stack is empty, which saves the copy and costs each slot the arena's flag. */
#include "alloc/tcache.h"
#include "alloc/arena.h"
#include "alloc/base.h"
#include "alloc/conf.h"
#include "alloc/entry.h"
#include "alloc/heap.h"
#include "alloc/meter.h"
#include "alloc/pagemap.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

#define CACHES_MAX  8192 /* at once, of threads and by number; further threads go without */
#define FIRST_LIMIT 8    /* slots of a stack that was just begun */
#define FILL_BYTES  (32 * KIB) /* brought in at once, at most; and at least FILL_LEAST slots */
#define FILL_LEAST  2
#define LOOK_EVERY  16   /* slow events */

struct tcache           tcache_none;
__thread struct tcache *thread_cache TLS_FAST = &tcache_none;

static _Atomic(struct tcache *) all[CACHES_MAX];
static _Atomic unsigned         all_count;
static struct tcache           *spares; /* under LOCK_HEAPS */
static struct tcache_ended {            /* what ended threads' caches counted */
    struct counter gets, filled, flushes;
} ended[TCACHE_BINS];

static uint32_t slot_size_of(size_t idx) { return size_classes[2 * idx + 1].slot_size; }

size_t tcache_max(void) {
    const struct conf *c = conf_get();
    return c->tcache ? (c->tcache_max < SMALL_MAX ? c->tcache_max : SMALL_MAX) : 0;
}

/* What a stack handed out, and what came back: that went out again, or lies there. */
static struct meter_bytes bytes_through(const struct tcache_bin *b, size_t slot_size) {
    size_t gets = counter_get(&b->gets), lie = (size_t)(b->top - b->floor);
    size_t puts = gets + counter_get(&b->flushed) + lie - counter_get(&b->filled);
    return (struct meter_bytes){gets * slot_size, puts * slot_size};
}

void tcache_add_bytes(const struct tcache *t, struct meter_bytes *sum) {
    for (size_t i = 0; i < TCACHE_BINS; i++) {
        struct meter_bytes one = bytes_through(&t->bins[i], slot_size_of(i));
        sum->allocated += one.allocated;
        sum->freed += one.freed;
    }
}

/* --- Caches ----------------------------------------------------------------------------------- */

struct tcache *tcache_new(void) {
    struct tcache *t = spares;
    unsigned       count = atomic_load_explicit(&all_count, memory_order_relaxed);
    if (t != NULL) {
        spares = t->next_spare;
        t->next_spare = NULL;
    } else if (count < CACHES_MAX && (t = base_take(sizeof *t)) != NULL) {
        atomic_store_explicit(&all[count], t, memory_order_release);
        atomic_store_explicit(&all_count, count + 1, memory_order_release);
    }
    return t;
}

static void count_ended(struct counter *total, struct counter *one) {
    counter_add_shared(total, counter_get(one));
    counter_set(one, 0);
}

void tcache_put_spare(struct tcache *t) {
    for (size_t i = 0; i < TCACHE_BINS; i++) {
        struct tcache_bin *b = &t->bins[i];
        struct tcache_slot *array = b->floor;
        if (array == NULL) continue;
        ASSERT(b->top == b->floor);
        count_ended(&ended[i].gets, &b->gets);
        count_ended(&ended[i].filled, &b->filled);
        count_ended(&ended[i].flushes, &b->flushes);
        uint32_t capacity = b->capacity;
        memset(b, 0, sizeof *b); /* `flushed` too: it is of one thread */
        base_put(array, capacity * sizeof *array);
    }
    t->budget = 0;
    t->named = false;
    t->next_spare = spares;
    spares = t;
}

/* --- Out -------------------------------------------------------------------------------------- */

/* count slots of one slab, to the arena that the caller has or to another's queue. */
static void put_run(struct slab *s, const struct tcache_slot *slots, uint32_t count,
                    const struct arena *mine) {
    if (s->arena != mine) {
        slab_return_cached(s, slots, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (*slots[i].state != SLOT_CACHED) slab_refuse_cached(s, slots[i].p);
        __atomic_store_n(slots[i].state, SLOT_FREE, __ATOMIC_RELAXED);
    }
    counter_sub(&s->bin->requested, (size_t)count * s->slot_size);
    counter_sub(&s->bin->taken, count);
    bin_freed(s, count);
}

/* The `count` oldest slots of a stack. */
static void put_oldest(const struct tcache *t, struct tcache_bin *b, uint32_t count,
                       const struct arena *mine) {
    struct tcache_slot *array = b->floor;
    if (!t->named) meter_cached(-(ptrdiff_t)(count * slot_size_of((size_t)(b - t->bins))));
    for (uint32_t at = 0, end; at < count; at = end) {
        struct slab *s = pagemap_slab(pagemap_get(array[at].p));
        uintptr_t    base = (uintptr_t)s->base, len = s->extent->len;
        for (end = at + 1; end < count && (uintptr_t)array[end].p - base < len; end++) continue;
        put_run(s, &array[at], end - at, mine);
    }
    uint32_t kept = (uint32_t)(b->top - array) - count;
    memmove(array, array + count, kept * sizeof *array);
    __atomic_store_n(&b->top, array + kept, __ATOMIC_RELAXED);
    counter_add(&b->flushes, 1);
    counter_add(&b->flushed, count);
}

/* Works in the calling thread's arena, if it has one. */
static struct arena *have_own_arena(bool *fast) {
    struct arena *a = thread_general;
    *fast = arena_enter(a);
    if (*fast) return a;
    if (a == &arena_none) return NULL;
    arena_lock(a);
    return a;
}

static void leave_own_arena(struct arena *a, bool fast) {
    if (fast) {
        arena_leave();
    } else if (a != NULL) {
        arena_unlock(a);
    }
}

void tcache_flush(struct tcache *t) {
    bool          fast;
    struct arena *a = have_own_arena(&fast);
    for (size_t i = 0; i < TCACHE_BINS; i++) {
        struct tcache_bin *b = &t->bins[i];
        if (b->top != b->floor) put_oldest(t, b, (uint32_t)(b->top - b->floor), a);
    }
    leave_own_arena(a, fast);
}

/* The thread may have been stopped at any instruction of tcache_get or tcache_put: a slot between a
 * stack and a caller is lost, as whatever that caller had. */
void tcache_abandon(struct tcache *t) {
    for (size_t i = 0; i < TCACHE_BINS; i++) {
        struct tcache_bin *b = &t->bins[i];
        for (struct tcache_slot *at = b->floor; at != b->top; at++)
            if (*at->state == SLOT_CACHED)
                slab_return_cached(pagemap_slab(pagemap_get(at->p)), at, 1);
        b->top = b->floor;
    }
}

/* --- How large a stack may be ----------------------------------------------------------------- */

static uint32_t limit_of(const struct tcache_bin *b) { return (uint32_t)(b->limit - b->floor); }

static uint32_t limit_most(size_t idx) {
    size_t size = slot_size_of(idx), most = TCACHE_BIN_BYTES / size;
    if (size > tcache_max()) return 0;
    return (uint32_t)(most < TCACHE_BIN_MAX ? most : TCACHE_BIN_MAX);
}

static void set_limit(struct tcache *t, size_t idx, uint32_t limit) {
    struct tcache_bin *b = &t->bins[idx];
    t->budget += ((size_t)limit - limit_of(b)) * slot_size_of(idx);
    b->limit = b->floor + limit;
}

/* An array for so many slots, with what the stack has. False: no memory. */
static bool set_capacity(struct tcache_bin *b, uint32_t capacity) {
    struct tcache_slot *before = b->floor, *fresh = base_take(capacity * sizeof *fresh);
    uint32_t            count = (uint32_t)(b->top - before), limit = limit_of(b);
    if (fresh == NULL) return false;
    if (count > 0) memcpy(fresh, before, count * sizeof *fresh);
    __atomic_store_n(&b->floor, fresh, __ATOMIC_RELAXED);
    __atomic_store_n(&b->top, fresh + count, __ATOMIC_RELAXED);
    b->limit = fresh + limit;
    if (before != NULL) base_put(before, b->capacity * sizeof *before);
    b->capacity = capacity;
    return true;
}

/* Twice as many, or the first few, as far as T3 and the class's bound allow. False: no more. */
static bool grow(struct tcache *t, size_t idx) {
    struct tcache_bin *b = &t->bins[idx];
    uint32_t           now = limit_of(b), most = limit_most(idx);
    uint32_t           want = now == 0 ? FIRST_LIMIT : 2 * now;
    if (want > most) want = most;
    if (want <= now || t->budget + (size_t)(want - now) * slot_size_of(idx) > TCACHE_BYTES)
        return false;
    if (want > b->capacity && !set_capacity(b, want)) return false;
    set_limit(t, idx, want);
    return true;
}

/* T4, for one stack after the other. */
static void look(struct tcache *t, const struct arena *mine) {
    if (++t->events % LOOK_EVERY != 0) return;
    size_t             idx = t->next_look;
    struct tcache_bin *b = &t->bins[idx];
    uint32_t           count = (uint32_t)(b->top - b->floor);
    t->next_look = idx + 1 < TCACHE_BINS ? (unsigned)idx + 1 : 0;
    if (b->floor == NULL) return;
    if (!b->was_filled && count > 0) {
        put_oldest(t, b, (count + 3) / 4, mine);
        uint32_t half = limit_of(b) / 2;
        if (half >= FIRST_LIMIT && (uint32_t)(b->top - b->floor) <= half) set_limit(t, idx, half);
    }
    b->was_filled = false;
}

/* --- In --------------------------------------------------------------------------------------- */

static uint32_t fill_count(const struct tcache_bin *b, size_t slot_size) {
    size_t most = FILL_BYTES / slot_size, count = limit_of(b) / 2;
    if (most < FILL_LEAST) most = FILL_LEAST;
    if (count > most) count = most;
    return count > 0 ? (uint32_t)count : 1;
}

/* Slots that lie lower are handed out first: they come to the array's end. */
static void fill(struct tcache *t, struct arena *a, unsigned cls) {
    struct tcache_bin *b = &t->bins[cls / 2];
    if (limit_of(b) < FIRST_LIMIT || b->was_flushed) grow(t, cls / 2);
    if (limit_of(b) == 0) return;
    uint32_t want = fill_count(b, size_classes[cls].slot_size);
    uint32_t count = arena_fill(a, cls, b->floor, want);
    __atomic_store_n(&b->top, b->floor + count, __ATOMIC_RELAXED);
    counter_add(&b->filled, count);
    if (!t->named) meter_cached((ptrdiff_t)count * size_classes[cls].slot_size);
    b->was_filled = true;
    b->was_flushed = false;
}

/* The caller's cache, made on its first use. NULL: it has none. */
static struct tcache *own_cache(void) {
    return thread_cache != &tcache_none ? thread_cache : thread_cache_start();
}

void *tcache_take_past(struct arena *a, unsigned cls) {
    uint32_t size = size_classes[cls].slot_size;
    void    *p = entry_small(a, cls, size);
    if (p != NULL) meter_took(size);
    return p;
}

/* Off the stack, which is filled if it is empty. NULL: it is to have none, or no memory. */
static void *take(struct tcache *t, struct arena *a, unsigned cls) {
    struct tcache_bin *b = &t->bins[cls / 2];
    void              *p = tcache_get(b);
    if (p != NULL || size_classes[cls].slot_size > tcache_max()) return p;
    bool fast;
    have_own_arena(&fast);
    look(t, a);
    fill(t, a, cls);
    leave_own_arena(a, fast);
    return tcache_get(b);
}

void *tcache_take_slow(unsigned cls) {
    struct arena  *a = thread_general != &arena_none ? thread_general : thread_arena(heap_general());
    struct tcache *t = a != NULL ? own_cache() : NULL;
    if (a == NULL) return NULL;
    void *p = t != NULL ? take(t, a, cls) : NULL;
    if (p == NULL) return tcache_take_past(a, cls);
    if (thread_meter.exact) meter_took(size_classes[cls].slot_size);
    return p;
}

void *tcache_take_from(struct tcache *t, struct arena *a, unsigned cls) {
    void *p = take(t, a, cls);
    if (p == NULL) return tcache_take_past(a, cls);
    meter_took(size_classes[cls].slot_size);
    return p;
}

/* More room, or the older half goes. */
static void make_room(struct tcache *t, size_t idx) {
    struct tcache_bin *b = &t->bins[idx];
    bool               fast;
    struct arena      *a = have_own_arena(&fast);
    look(t, a);
    if (b->top == b->limit && !grow(t, idx) && limit_of(b) > 0)
        put_oldest(t, b, (limit_of(b) + 1) / 2, a);
    b->was_flushed = true;
    leave_own_arena(a, fast);
}

/* False: such a slot is not for a cache, or there is no room to be had. */
static bool put(struct tcache *t, struct slab *s, void *p, size_t slot) {
    size_t idx = (s->cache_at - offsetof(struct tcache, bins)) / sizeof(struct tcache_bin);
    if (idx >= TCACHE_BINS || s->slot_size > tcache_max()) return false;
    if (tcache_put(t, s, p, slot)) return true;
    make_room(t, idx);
    return tcache_put(t, s, p, slot);
}

/* Into the cache, if there is one that takes it; `counts`: that is to be counted. */
static void put_or_past(struct tcache *t, struct slab *s, void *p, bool counts) {
    size_t size = s->slot_size, slot = slab_live_slot(s, p, size);
    if (t != NULL && put(t, s, p, slot)) {
        if (counts) meter_gave(size);
    } else {
        meter_gave(size);
        entry_free_small(s, p, size);
    }
}

void tcache_put_slow(void *p, struct slab *s) {
    if ((char *)s == window.map) entry_bad_pointer(p);
    put_or_past(own_cache(), s, p, thread_meter.exact);
}

void tcache_put_into(struct tcache *t, void *p, struct slab *s) { put_or_past(t, s, p, true); }

/* --- Questions -------------------------------------------------------------------------------- */

static unsigned caches(void) { return atomic_load_explicit(&all_count, memory_order_acquire); }
static struct tcache *cache_at(unsigned i) {
    return atomic_load_explicit(&all[i], memory_order_acquire);
}

/* The owner may be moving the stack to another array meanwhile: then it counts as it was. */
static size_t count_in(const struct tcache_bin *b) {
    for (int tries = 0; tries < 8; tries++) {
        struct tcache_slot *floor = __atomic_load_n(&b->floor, __ATOMIC_ACQUIRE);
        struct tcache_slot *top = __atomic_load_n(&b->top, __ATOMIC_ACQUIRE);
        size_t              count = (size_t)(top - floor);
        if (count <= TCACHE_BIN_MAX && __atomic_load_n(&b->floor, __ATOMIC_RELAXED) == floor)
            return count;
    }
    return 0;
}

size_t tcache_count(unsigned cls) {
    size_t count = 0;
    if (cls % 2 == 0) return 0;
    for (unsigned i = 0; i < caches(); i++) count += count_in(&cache_at(i)->bins[cls / 2]);
    return count;
}

size_t tcache_bytes(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < caches(); i++)
        for (size_t idx = 0; idx < TCACHE_BINS; idx++)
            bytes += count_in(&cache_at(i)->bins[idx]) * slot_size_of(idx);
    return bytes;
}

void tcache_stats(unsigned cls, struct tcache_stats *out) {
    *out = (struct tcache_stats){0};
    if (cls % 2 == 0) return;
    const struct tcache_ended *e = &ended[cls / 2];
    *out = (struct tcache_stats){counter_get(&e->gets), counter_get(&e->filled),
                                 counter_get(&e->flushes)};
    for (unsigned i = 0; i < caches(); i++) {
        const struct tcache_bin *b = &cache_at(i)->bins[cls / 2];
        out->gets += counter_get(&b->gets);
        out->filled += counter_get(&b->filled);
        out->flushes += counter_get(&b->flushes);
    }
}

/* --- Checking --------------------------------------------------------------------------------- */

static void check_bin(const struct tcache_bin *b, size_t idx) {
    ASSERT(b->floor <= b->top && b->top <= b->limit); /* T2 */
    ASSERT(limit_of(b) <= b->capacity);
    for (const struct tcache_slot *at = b->floor; at != b->top; at++) {
        const struct slab *s = pagemap_slab(pagemap_get(at->p));
        size_t             slot;
        ASSERT(slab_slot_at(s, at->p, &slot) && &s->state[slot] == at->state);
        ASSERT(*at->state == SLOT_CACHED && s->cls == 2 * idx + 1); /* T1 */
        ASSERT(s->arena->heap == heap_general());
    }
}

bool tcache_check(const struct tcache *t) {
    size_t budget = 0;
    for (size_t idx = 0; idx < TCACHE_BINS; idx++) {
        check_bin(&t->bins[idx], idx);
        budget += (size_t)limit_of(&t->bins[idx]) * slot_size_of(idx);
    }
    ASSERT(budget == t->budget && budget <= TCACHE_BYTES); /* T3 */
    ASSERT(t->bins[TCACHE_BINS].limit == NULL);
    return true;
}

#endif
