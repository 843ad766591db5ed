/* ctl.c: jemalloc's mallctl names and types over our counters.
 *
 * A table of name patterns, '#' standing for a number. An arena index <i> in these names is a
 * heap's index, since a heap is what has a purpose here; ARENAS_ALL means all. Nothing is cached,
 * so epoch only counts its own writes.
 *
 * Start at the table, near the end. Linear search: nobody calls this in a loop. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/classes.h"
#include "alloc/heap.h"
#include "alloc/pages.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#define ARENAS_ALL  4096 /* jemalloc's MALLCTL_ARENAS_ALL */
#define CTL_VERSION "5.3.0-ashlar"

struct ctl {
    void    *oldp;
    size_t  *oldlenp;
    void    *newp;
    size_t   newlen;
    size_t   idx[2]; /* the numbers in the name */
    unsigned arg;    /* from the table */
};

static _Atomic uint64_t epoch = 1;

/* --- Values in and out ------------------------------------------------------------------------ */

static int ctl_give(struct ctl *c, const void *value, size_t len) {
    if (c->oldp == NULL) return 0;
    if (c->oldlenp == NULL || *c->oldlenp != len) return EINVAL;
    memcpy(c->oldp, value, len);
    return 0;
}

static int ctl_give_readonly(struct ctl *c, const void *value, size_t len) {
    return c->newp != NULL ? EPERM : ctl_give(c, value, len);
}

static int give_size(struct ctl *c, size_t v) { return ctl_give_readonly(c, &v, sizeof v); }
static int give_unsigned(struct ctl *c, unsigned v) { return ctl_give_readonly(c, &v, sizeof v); }

static bool ctl_new_is(const struct ctl *c, size_t len) {
    return c->newp != NULL && c->newlen == len;
}

/* --- Handlers --------------------------------------------------------------------------------- */

static int ctl_version(struct ctl *c) {
    const char *version = CTL_VERSION;
    return ctl_give_readonly(c, &version, sizeof version);
}

static int ctl_epoch(struct ctl *c) {
    if (c->newp != NULL && !ctl_new_is(c, sizeof(uint64_t))) return EINVAL;
    uint64_t now = c->newp != NULL ? atomic_fetch_add(&epoch, 1) + 1 : atomic_load(&epoch);
    return ctl_give(c, &now, sizeof now);
}

enum total { ALLOCATED, ACTIVE, METADATA, RESIDENT, MAPPED, RETAINED };

static int ctl_total(struct ctl *c) {
    struct ash_stats s;
    ash_stats(&s);
    const size_t values[] = {[ALLOCATED] = s.allocated, [ACTIVE] = s.active,
                             [METADATA] = s.metadata,   [RESIDENT] = s.resident,
                             [MAPPED] = s.mapped,       [RETAINED] = s.retained};
    return give_size(c, values[c->arg]);
}

static int ctl_decay_ms(struct ctl *c) {
    ssize_t was = (ssize_t)pages_decay_ms(c->arg), ms;
    if (c->newp != NULL) {
        if (!ctl_new_is(c, sizeof ms)) return EINVAL;
        memcpy(&ms, c->newp, sizeof ms);
        if (!(c->arg == 0 ? ash_set_dirty_decay_ms(ms) : ash_set_muzzy_decay_ms(ms))) return EFAULT;
    }
    return ctl_give(c, &was, sizeof was);
}

static int ctl_opt_decay_ms(struct ctl *c) {
    ssize_t ms = (ssize_t)pages_decay_ms(c->arg);
    return ctl_give_readonly(c, &ms, sizeof ms);
}

static int ctl_background_thread(struct ctl *c) {
    bool was = purger_is_on(), on;
    if (c->newp != NULL) {
        if (!ctl_new_is(c, sizeof on)) return EINVAL;
        memcpy(&on, c->newp, sizeof on);
        if (!ash_set_background_thread(on)) return EAGAIN;
    }
    return ctl_give(c, &was, sizeof was);
}

static int ctl_opt_background_thread(struct ctl *c) {
    bool on = purger_is_on();
    return ctl_give_readonly(c, &on, sizeof on);
}

static int ctl_narenas(struct ctl *c) {
    unsigned count = 0;
    for (unsigned i = 0; i < ASH_HEAPS_MAX; i++)
        if (heap_at(i) != NULL) count = i + 1;
    return give_unsigned(c, count);
}

static int ctl_opt_narenas(struct ctl *c) { return give_unsigned(c, heap_arenas_max()); }
static int ctl_nbins(struct ctl *c) { return give_unsigned(c, CLASS_COUNT); }
static int ctl_page(struct ctl *c) { return give_size(c, PAGE_SIZE); }
static int ctl_quantum(struct ctl *c) { return give_size(c, 16); }
static int ctl_thread_arena(struct ctl *c) { return give_unsigned(c, heap_general()->idx); }

enum bin_figure { BIN_SIZE, BIN_NREGS, BIN_SLAB_SIZE };

static int ctl_bin(struct ctl *c) {
    if (c->idx[0] >= CLASS_COUNT) return ENOENT;
    const struct size_class *k = &size_classes[c->idx[0]];
    size_t                   slab_size = k->pages * PAGE_SIZE;
    uint32_t                 nregs = (uint32_t)(slab_size / k->slot_size);
    if (c->arg == BIN_NREGS) return ctl_give_readonly(c, &nregs, sizeof nregs);
    return give_size(c, c->arg == BIN_SIZE ? k->slot_size : slab_size);
}

enum heap_figure { SMALL_ALLOCATED, LARGE_ALLOCATED, PACTIVE, PDIRTY, PMUZZY, HEAP_RETAINED };

static void heap_add(const struct ash_heap *h, size_t values[]) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    size_t large = 0;
    for (unsigned i = 0; i < atomic_load(&h->arena_count); i++)
        large += counter_get(&atomic_load(&h->arenas[i])->pages.large_used);
    values[SMALL_ALLOCATED] += s.used > large ? s.used - large : 0;
    values[LARGE_ALLOCATED] += large;
    values[PACTIVE] += s.active / PAGE_SIZE;
    values[PDIRTY] += s.dirty / PAGE_SIZE;
    values[PMUZZY] += s.muzzy / PAGE_SIZE;
    values[HEAP_RETAINED] += s.retained;
}

static int ctl_heap(struct ctl *c) {
    size_t           values[HEAP_RETAINED + 1] = {0};
    struct ash_heap *list[ASH_HEAPS_MAX];
    if (c->idx[0] == ARENAS_ALL) {
        for (unsigned i = 0, count = heap_list(list); i < count; i++) heap_add(list[i], values);
        return give_size(c, values[c->arg]);
    }
    struct ash_heap *h = heap_at((unsigned)c->idx[0]);
    if (h == NULL) return ENOENT;
    heap_add(h, values);
    return give_size(c, values[c->arg]);
}

enum heap_bin_figure { CURREGS, CURSLABS, NONFULL_SLABS };

static int ctl_heap_bin(struct ctl *c) {
    struct ash_heap *h = heap_at((unsigned)c->idx[0]);
    if (h == NULL || c->idx[1] >= CLASS_COUNT) return ENOENT;
    struct ash_bin_stats s;
    ash_heap_bin_stats(h, (unsigned)c->idx[1], &s);
    const size_t values[] = {[CURREGS] = s.slots_used,
                             [CURSLABS] = s.slabs,
                             [NONFULL_SLABS] = s.slabs - s.slabs_full};
    return give_size(c, values[c->arg]);
}

static void purge_heap(const struct ash_heap *h) {
    for (unsigned i = 0; i < atomic_load(&h->arena_count); i++) {
        struct pages *p = &atomic_load(&h->arenas[i])->pages;
        while (pages_purge(p, EXTENT_DIRTY, false) != 0 || pages_purge(p, EXTENT_MUZZY, false) != 0)
            continue;
    }
}

/* An index of arenas.narenas also means all: Redis's MEMORY PURGE asks that way. */
static int ctl_purge(struct ctl *c) {
    if (c->oldp != NULL || c->newp != NULL) return EPERM;
    struct ash_heap *h = heap_at((unsigned)c->idx[0]);
    struct ash_heap *list[ASH_HEAPS_MAX];
    unsigned         count = 1;
    list[0] = h;
    if (h == NULL) count = heap_list(list);
    for (unsigned i = 0; i < count; i++) purge_heap(list[i]);
    return 0;
}

/* --- Names ------------------------------------------------------------------------------------ */

static const struct ctl_name {
    const char *pattern;
    int (*handler)(struct ctl *c);
    unsigned arg;
} names[] = {
    {"version", ctl_version, 0},
    {"epoch", ctl_epoch, 0},
    {"background_thread", ctl_background_thread, 0},
    {"stats.allocated", ctl_total, ALLOCATED},
    {"stats.active", ctl_total, ACTIVE},
    {"stats.metadata", ctl_total, METADATA},
    {"stats.resident", ctl_total, RESIDENT},
    {"stats.mapped", ctl_total, MAPPED},
    {"stats.retained", ctl_total, RETAINED},
    {"stats.arenas.#.small.allocated", ctl_heap, SMALL_ALLOCATED},
    {"stats.arenas.#.large.allocated", ctl_heap, LARGE_ALLOCATED},
    {"stats.arenas.#.pactive", ctl_heap, PACTIVE},
    {"stats.arenas.#.pdirty", ctl_heap, PDIRTY},
    {"stats.arenas.#.pmuzzy", ctl_heap, PMUZZY},
    {"stats.arenas.#.retained", ctl_heap, HEAP_RETAINED},
    {"stats.arenas.#.bins.#.curregs", ctl_heap_bin, CURREGS},
    {"stats.arenas.#.bins.#.curslabs", ctl_heap_bin, CURSLABS},
    {"stats.arenas.#.bins.#.nonfull_slabs", ctl_heap_bin, NONFULL_SLABS},
    {"arenas.narenas", ctl_narenas, 0},
    {"arenas.nbins", ctl_nbins, 0},
    {"arenas.page", ctl_page, 0},
    {"arenas.quantum", ctl_quantum, 0},
    {"arenas.bin.#.size", ctl_bin, BIN_SIZE},
    {"arenas.bin.#.nregs", ctl_bin, BIN_NREGS},
    {"arenas.bin.#.slab_size", ctl_bin, BIN_SLAB_SIZE},
    {"arenas.dirty_decay_ms", ctl_decay_ms, 0},
    {"arenas.muzzy_decay_ms", ctl_decay_ms, 1},
    {"arena.#.purge", ctl_purge, 0},
    {"thread.arena", ctl_thread_arena, 0},
    {"opt.narenas", ctl_opt_narenas, 0},
    {"opt.dirty_decay_ms", ctl_opt_decay_ms, 0},
    {"opt.muzzy_decay_ms", ctl_opt_decay_ms, 1},
    {"opt.background_thread", ctl_opt_background_thread, 0},
};

/* At most five digits: anything longer is no index. */
static bool match_number(const char **name, size_t *value) {
    const char *at = *name;
    *value = 0;
    while (*at >= '0' && *at <= '9' && at - *name < 5) *value = *value * 10 + (size_t)(*at++ - '0');
    bool found = at != *name;
    *name = at;
    return found;
}

static bool match(const char *pattern, const char *name, size_t idx[2]) {
    unsigned count = 0;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '#') {
            if (!match_number(&name, &idx[count++])) return false;
        } else if (*pattern != *name++) {
            return false;
        }
    }
    return *name == '\0';
}

int ash_ctl(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen) {
    heap_start();
    struct ctl c = {.oldp = oldp, .oldlenp = oldlenp, .newp = newp, .newlen = newlen};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!match(names[i].pattern, name, c.idx)) continue;
        c.arg = names[i].arg;
        return names[i].handler(&c);
    }
    return ENOENT;
}

#endif
