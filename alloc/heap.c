/* heap.c: heaps are groups of arenas with a name. See heap.h and alloc.h.
 *
 * A drop goes over slabs and large extents, never over objects: each extent returns to its arena's
 * page cache, and the arena becomes a spare whose pages are purged at once. All of that is the
 * purger's work, in slices (drop.h), or, where that is off, the dropping thread's. */
#include "alloc/heap.h"
#include "alloc/assert.h"
#include "alloc/conf.h"
#include "alloc/drop.h"
#include "alloc/fork.h"
#include "alloc/guard.h"
#include "alloc/os.h"
#include "alloc/purger.h"
#include "alloc/thread.h"
#include "alloc/window.h"

#ifndef ASHLAR_PASSTHROUGH

#include <pthread.h>
#include <string.h>

struct lock heaps_lock = LOCK_INIT(LOCK_HEAPS);

static struct ash_heap heaps[ASH_HEAPS_MAX] = {
    [0] = {.arena = &arena_none, .kind = ASH_HEAP_SHARED, .name = "general", .born = 1}};
static uint64_t        born_last = 1; /* under heaps_lock */
static unsigned        arenas_max;    /* const after heap_start */
static int64_t         own_decay_ms[ASH_HEAPS_MAX][2] = { /* under heaps_lock */
    [0 ... ASH_HEAPS_MAX - 1] = {PAGES_DECAY_SHARED, PAGES_DECAY_SHARED}};
static pthread_once_t  once = PTHREAD_ONCE_INIT;

static void start(void) {
    conf_start();
    window_start();
    const struct conf *c = conf_get();
    pages_set_decay_ms(0, c->dirty_decay_ms);
    pages_set_decay_ms(1, c->muzzy_decay_ms);
    arenas_max = c->narenas;
    if (arenas_max == 0) arenas_max = os_cpus() * 4; /* as jemalloc: few are ever shared */
    if (arenas_max > HEAP_ARENAS_MAX) arenas_max = HEAP_ARENAS_MAX;
    arena_init();
    thread_init();
}

void heap_start(void) { pthread_once(&once, start); }

__attribute__((constructor(101))) static void at_load(void) { fork_init(); }

struct ash_heap *heap_general(void) { return &heaps[0]; }
unsigned         heap_arenas_max(void) { return arenas_max; }

struct ash_heap *heap_at(unsigned idx) {
    if (idx >= ASH_HEAPS_MAX) return NULL;
    lock_take(&heaps_lock);
    struct ash_heap *h = heaps[idx].born != 0 ? &heaps[idx] : NULL;
    lock_drop(&heaps_lock);
    return h;
}

unsigned heap_list(struct ash_heap *out[ASH_HEAPS_MAX]) {
    unsigned count = 0;
    lock_take(&heaps_lock);
    for (unsigned i = 0; i < ASH_HEAPS_MAX; i++) {
        struct ash_heap *h = &heaps[i];
        if (h->born == 0) continue;
        unsigned at = count++;
        for (; at > 0 && out[at - 1]->born > h->born; at--) out[at] = out[at - 1];
        out[at] = h;
    }
    lock_drop(&heaps_lock);
    return count;
}

struct arena *heap_add_arena(struct ash_heap *h) {
    unsigned count = atomic_load_explicit(&h->arena_count, memory_order_relaxed);
    if (count >= (h->kind == ASH_HEAP_OWNED ? 1 : arenas_max)) return NULL;
    struct arena *a = arena_new(h);
    if (a == NULL) return NULL;
    for (unsigned i = 0; i < 2; i++) pages_set_own_decay_ms(&a->pages, i, own_decay_ms[h->idx][i]);
    atomic_store_explicit(&h->arenas[count], a, memory_order_release);
    atomic_store_explicit(&h->arena_count, count + 1, memory_order_release);
    return a;
}

int64_t heap_decay_ms(const struct ash_heap *h, unsigned idx) {
    lock_take(&heaps_lock);
    int64_t own = own_decay_ms[h->idx][idx];
    lock_drop(&heaps_lock);
    return own != PAGES_DECAY_SHARED ? own : pages_decay_ms(idx);
}

void heap_set_decay_ms(struct ash_heap *h, unsigned idx, int64_t ms) {
    lock_take(&heaps_lock);
    own_decay_ms[h->idx][idx] = ms;
    unsigned count = atomic_load_explicit(&h->arena_count, memory_order_relaxed);
    for (unsigned i = 0; i < count; i++) {
        struct arena *a = atomic_load_explicit(&h->arenas[i], memory_order_relaxed);
        pages_set_own_decay_ms(&a->pages, idx, ms);
    }
    lock_drop(&heaps_lock);
}

static struct ash_heap *slot_take(void) {
    for (unsigned i = 1; i < ASH_HEAPS_MAX; i++)
        if (heaps[i].born == 0) return &heaps[i];
    PANIC("more than %d heaps", ASH_HEAPS_MAX);
}

struct ash_heap *ash_heap_new(const char *name, enum ash_heap_kind kind) {
    return ash_heap_new_huge(name, kind, ASH_HUGE_SYSTEM);
}

struct ash_heap *ash_heap_new_huge(const char *name, enum ash_heap_kind kind, enum ash_huge huge) {
    heap_start();
    lock_take(&heaps_lock);
    struct ash_heap *h = slot_take();
    h->kind = kind;
    h->huge = huge;
    own_decay_ms[h - heaps][0] = own_decay_ms[h - heaps][1] = PAGES_DECAY_SHARED;
    h->idx = (unsigned)(h - heaps);
    size_t len = strnlen(name, sizeof h->name - 1);
    memcpy(h->name, name, len);
    h->name[len] = '\0';
    h->arena = kind == ASH_HEAP_OWNED ? heap_add_arena(h) : &arena_none;
    if (kind == ASH_HEAP_OWNED && h->arena == NULL) PANIC("out of memory: heap %s", h->name);
    h->born = ++born_last;
    lock_drop(&heaps_lock);
    return h;
}

void ash_heap_drop(struct ash_heap **hp) {
    struct ash_heap *h = *hp;
    struct arena    *dropped[HEAP_ARENAS_MAX];
    *hp = NULL;
    guard_heap_drop(h);
    lock_take(&heaps_lock);
    ASSERT(h->born != 0 && h != heap_general());
    thread_forget_heap(h);
    h->born = 0;
    unsigned count = atomic_load_explicit(&h->arena_count, memory_order_relaxed);
    atomic_store_explicit(&h->arena_count, 0, memory_order_release);
    for (unsigned i = 0; i < count; i++)
        dropped[i] = atomic_load_explicit(&h->arenas[i], memory_order_relaxed);
    h->arena = &arena_none;
    lock_drop(&heaps_lock); /* h may become another heap from here on: only its arenas are ours */
    for (unsigned i = 0; i < count; i++) drop_put(dropped[i]);
}

void heap_lock_for_alloc(struct arena *a) {
    const struct ash_heap *h = a->heap;
    bool can_own = h->kind == ASH_HEAP_OWNED && thread_register();
    arena_lock(a);
    if (h->kind == ASH_HEAP_SHARED) return;
    if (arena_owner(a) == NULL && can_own) arena_set_owner(a, thread_self());
    if (arena_owner(a) != NULL && arena_owner(a) != thread_self()) {
        arena_unlock(a);
        PANIC("heap %s is owned by another thread", h->name);
    }
}

bool heap_enter(struct arena *a) {
    bool fast = arena_enter(a);
    if (!fast) heap_lock_for_alloc(a);
    return fast;
}

void heap_leave(struct arena *a, bool entered) {
    if (entered) {
        arena_leave();
    } else {
        arena_unlock(a);
    }
}

void ash_heap_adopt(struct ash_heap *h) {
    ASSERT(h->kind == ASH_HEAP_OWNED);
    bool can_own = thread_register();
    arena_lock(h->arena);
    arena_set_owner(h->arena, can_own ? thread_self() : NULL);
    arena_unlock(h->arena);
}

static bool collect_one(struct arena *a, uint64_t deadline_us) {
    bool fast = heap_enter(a);
    bool more = arena_collect(a, UINT32_MAX, deadline_us);
    if (!more) arena_release_empty(a);
    heap_leave(a, fast);
    return more;
}

bool ash_heap_collect(struct ash_heap *h, uint64_t max_us) {
    uint64_t deadline = os.now_us() + max_us;
    unsigned count = atomic_load_explicit(&h->arena_count, memory_order_acquire);
    bool     more = false;
    for (unsigned i = 0; i < count; i++)
        more |= collect_one(atomic_load_explicit(&h->arenas[i], memory_order_relaxed), deadline);
    return more;
}

const char *ash_heap_name(const struct ash_heap *h) { return h->name; }

#endif
