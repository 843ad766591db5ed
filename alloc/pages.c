/* pages.c: an arena's page cache. See pages.h for states and locking.
 *
 * One best-fit set per state, and neighbours of equal state joined at once, found through the page
 * map. Joining across states would save address space and lose what we know of residency.
 *
 * Memory comes from the OS in regions that grow from REGION_MIN to REGION_MAX, so an arena that
 * holds little maps little and one that holds much makes few system calls. They stay mapped, save
 * where there can be no new one (a limit on address space): then free runs are unmapped for it. Joining
 * them instead would serve fewer requests: only neighbours, and their states differ. Known weakness:
 * free pages of one arena serve no other until they are purged; decay bounds that.
 *
 * Start reading at pages_take() and pages_put(). */
#include "alloc/pages.h"
#include "alloc/assert.h"
#include "alloc/conf.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"
#include "alloc/purger.h"
#include "alloc/window.h"

#ifndef ASHLAR_PASSTHROUGH

#define REGION_MIN (256 * KIB)
#define REGION_MAX (32 * MIB)
#define HUGE_PAGE  (2 * MIB)

struct counter pages_purged_bytes, pages_purge_calls;

static _Atomic int64_t decay_ms[2] = {10000, 0};

int64_t pages_decay_ms(unsigned idx) {
    return atomic_load_explicit(&decay_ms[idx], memory_order_relaxed);
}

void pages_set_decay_ms(unsigned idx, int64_t ms) {
    atomic_store_explicit(&decay_ms[idx], ms, memory_order_relaxed);
}

int64_t pages_own_decay_ms(const struct pages *p, unsigned idx) {
    int64_t own = atomic_load_explicit(&p->own_decay_ms[idx], memory_order_relaxed);
    return own != PAGES_DECAY_SHARED ? own : pages_decay_ms(idx);
}

void pages_set_own_decay_ms(struct pages *p, unsigned idx, int64_t ms) {
    atomic_store_explicit(&p->own_decay_ms[idx], ms, memory_order_relaxed);
}

void pages_init(struct pages *p) {
    lock_init(&p->lock, LOCK_PAGES);
    p->grow_next = REGION_MIN;
    for (unsigned i = 0; i < 2; i++) {
        pages_set_own_decay_ms(p, i, PAGES_DECAY_SHARED);
        atomic_store_explicit(&p->quiet_until_ms[i], 0, memory_order_relaxed);
        decay_init(&p->decay[i], pages_decay_ms(i), os.now_us() / 1000);
    }
}

/* --- Free extents, under the lock ------------------------------------------------------------ */

/* The free neighbour at an address, if it is ours and in this state. */
static struct extent *neighbour(const struct pages *p, const char *at, enum extent_state state) {
    uintptr_t entry = pagemap_get(at);
    if (pagemap_kind(entry) != PAGEMAP_FREE) return NULL;
    struct extent *x = pagemap_extent(entry);
    if (atomic_load_explicit(&x->pages, memory_order_relaxed) != p) return NULL;
    return extent_state(x) == state ? x : NULL;
}

static void map_free(struct extent *x) { pagemap_set_ends(x->base, x->len, x, PAGEMAP_FREE); }
static void map_none(struct extent *x) { pagemap_set_ends(x->base, x->len, NULL, PAGEMAP_NONE); }

/* Puts x, in no set, among the free ones of `state`, joined with its neighbours: what it is then. */
static struct extent *free_insert(struct pages *p, struct extent *x, enum extent_state state) {
    struct extent_set *set = &p->sets[state];
    struct extent     *before = neighbour(p, x->base - 1, state);
    struct extent     *after = neighbour(p, x->base + x->len, state);
    map_none(x);
    extent_set_state(x, state);
    if (after != NULL) {
        extent_set_take(set, after);
        map_none(after);
        extent_join(x, after);
    }
    if (before != NULL) {
        extent_set_take(set, before);
        map_none(before);
        extent_join(before, x);
        x = before;
    }
    map_free(x);
    extent_set_put(set, x);
    return x;
}

static void free_remove(struct pages *p, struct extent *x) {
    extent_set_take(&p->sets[extent_state(x)], x);
    map_none(x);
}

/* Cuts x, in no set, down to `len` bytes, the rest staying free in x's state. */
static bool cut_tail(struct pages *p, struct extent *x, size_t len) {
    if (x->len == len) return true;
    struct extent *tail = extent_split(x, len);
    if (tail == NULL) return false;
    free_insert(p, tail, extent_state(x));
    return true;
}

/* Cuts x so that it begins at an aligned address. Returns the part to keep; NULL: no metadata. */
static struct extent *cut_head(struct pages *p, struct extent *x, size_t align) {
    size_t head = size_round_up((uintptr_t)x->base, align) - (uintptr_t)x->base;
    if (head == 0) return x;
    struct extent *rest = extent_split(x, head);
    if (rest == NULL) return NULL;
    extent_set_state(x, EXTENT_BUSY); /* so that inserting it can't take rest as a neighbour */
    free_insert(p, x, extent_state(rest));
    return rest;
}

/* --- From the OS ------------------------------------------------------------------------------ */

static struct extent *region_map(struct pages *p, size_t len) {
    bool  huge = p->huge == ASH_HUGE_WANTED && len >= HUGE_PAGE;
    char *base = window_take(len, huge ? HUGE_PAGE : PAGE_SIZE);
    bool  inside = base != NULL;
    if (!inside) base = os.map(len);
    if (base == NULL) return NULL;
    conf_advise(base, len, p->huge);
    struct extent *x = pagemap_cover(base, len) ? extent_new(p, base, len, true) : NULL;
    if (x == NULL) { /* no metadata: the addresses in the window are lost, they were never touched */
        if (!inside) os.unmap(base, len);
        return NULL;
    }
    counter_add(&p->mapped, len);
    extent_set_state(x, EXTENT_RETAINED);
    return x;
}

/* --- Where address space has run out, under the lock ----------------------------------------- */

/* Worth a system call, and a mapping of its own: a run in the window could only be written off. */
static bool is_spare(const struct extent *x) {
    return x->len >= REGION_MIN && !window_has(x->base);
}

static size_t spare_bytes(const struct pages *p) {
    size_t bytes = 0;
    for (unsigned state = 0; state < EXTENT_SETS; state++)
        for (const struct extent *x = p->sets[state].oldest; x != NULL; x = x->next)
            bytes += is_spare(x) ? x->len : 0;
    return bytes;
}

/* False: the OS refused, and all is as it was. */
static bool unmap_one(struct pages *p, struct extent *x) {
    enum extent_state state = extent_state(x);
    free_remove(p, x);
    if (!os.unmap(x->base, x->len)) {
        extent_set_state(x, EXTENT_BUSY);
        free_insert(p, x, state);
        return false;
    }
    counter_sub(&p->mapped, x->len);
    pagemap_uncover(x->len);
    extent_free(&x);
    return true;
}

static void unmap_spare(struct pages *p, size_t want) {
    size_t bytes = 0;
    for (unsigned state = EXTENT_SETS; state-- > 0;) /* retained ones first */
        for (struct extent *x = p->sets[state].oldest, *next; x != NULL && bytes < want; x = next) {
            size_t len = x->len;
            next = x->next;
            if (!is_spare(x)) continue;
            if (!unmap_one(p, x)) return;
            bytes += len;
        }
}

/* Unmaps free runs, wherever they lie, so that len bytes can be mapped in their place. Nothing is
 * done in vain: where the runs are less than that, the rest is asked for first. */
static bool make_space(struct pages *p, size_t len) {
    size_t spare = spare_bytes(p);
    if (spare == 0) return false;
    if (len > spare) {
        void *rest = os.map(len - spare);
        if (rest == NULL) return false;
        os.unmap(rest, len - spare);
    }
    unmap_spare(p, len + pagemap_cover_most(len));
    return true;
}

/* A new extent of at least len bytes, in no set. */
static struct extent *region_grow(struct pages *p, size_t len) {
    size_t         want = len > p->grow_next ? len : p->grow_next;
    if (p->huge == ASH_HUGE_WANTED && want >= HUGE_PAGE) want = size_round_up(want, HUGE_PAGE);
    struct extent *x = region_map(p, want);
    if (x == NULL && want > len) x = region_map(p, len); /* short of memory: just this, then */
    if (x == NULL && make_space(p, len)) x = region_map(p, len);
    if (x != NULL && p->grow_next < REGION_MAX) p->grow_next *= 2;
    return x;
}

/* --- Taking and putting ----------------------------------------------------------------------- */

static struct extent *find_free(struct pages *p, size_t len, enum extent_state from) {
    for (unsigned state = from; state < EXTENT_SETS; state++) {
        struct extent *x = extent_set_peek_fit(&p->sets[state], len);
        if (x == NULL) continue;
        free_remove(p, x);
        return x;
    }
    return region_grow(p, len);
}

struct extent *pages_take_locked(struct pages *p, size_t len, size_t align,
                                 enum extent_state from) {
    ASSERT(len > 0 && len % PAGE_SIZE == 0 && align >= PAGE_SIZE);
    if (len > (size_t)PTRDIFF_MAX - align) return NULL;
    struct extent *x = find_free(p, len + align - PAGE_SIZE, from);
    if (x == NULL) return NULL;
    struct extent *kept = cut_head(p, x, align);
    if (kept == NULL || !cut_tail(p, kept, len)) { /* no metadata: undo */
        struct extent *whole = kept != NULL ? kept : x;
        enum extent_state state = extent_state(whole);
        extent_set_state(whole, EXTENT_BUSY);
        free_insert(p, whole, state);
        return NULL;
    }
    extent_set_state(kept, EXTENT_LIVE);
    counter_add(&p->live, len);
    return kept;
}

struct extent *pages_take(struct pages *p, size_t len, size_t align, enum extent_state from) {
    lock_take(&p->lock);
    struct extent *x = pages_take_locked(p, len, align, from);
    lock_drop(&p->lock);
    return x;
}

void pages_put_locked(struct pages *p, struct extent *x, bool zeroed) {
    ASSERT(atomic_load_explicit(&x->pages, memory_order_relaxed) == p);
    ASSERT(extent_state(x) == EXTENT_LIVE);
    x->requested = 0;
    counter_sub(&p->live, x->len);
    x->zeroed = zeroed;
    extent_set_state(x, EXTENT_BUSY);
    free_insert(p, x, zeroed ? EXTENT_RETAINED : EXTENT_DIRTY);
}

void pages_put(struct pages *p, struct extent *x, bool zeroed) {
    lock_take(&p->lock);
    pages_put_locked(p, x, zeroed);
    lock_drop(&p->lock);
    if (!zeroed) purger_notice(p);
}

bool pages_trim(struct pages *p, struct extent *x, size_t len) {
    lock_take(&p->lock);
    struct extent *tail = extent_split(x, len);
    if (tail != NULL) pages_put_locked(p, tail, false);
    lock_drop(&p->lock);
    if (tail != NULL) purger_notice(p);
    return tail != NULL;
}

/* Of any state. Without the lock it is a guess. */
static bool has_free_behind(const struct pages *p, const struct extent *x) {
    for (unsigned state = 0; state < EXTENT_SETS; state++)
        if (neighbour(p, x->base + x->len, (enum extent_state)state) != NULL) return true;
    return false;
}

static bool extend_locked(struct pages *p, struct extent *x, size_t len) {
    struct extent *after = NULL;
    for (unsigned state = 0; state < EXTENT_SETS && after == NULL; state++)
        after = neighbour(p, x->base + x->len, state);
    size_t more = len - x->len;
    if (after == NULL || after->base != x->base + x->len || after->len < more) return false;
    free_remove(p, after);
    enum extent_state state = extent_state(after);
    if (!cut_tail(p, after, more)) {
        extent_set_state(after, EXTENT_BUSY);
        free_insert(p, after, state);
        return false;
    }
    extent_join(x, after);
    counter_add(&p->live, more);
    return true;
}

bool pages_extend(struct pages *p, struct extent *x, size_t len) {
    ASSERT(len > x->len && len % PAGE_SIZE == 0);
    if (!has_free_behind(p, x)) return false;
    lock_take(&p->lock);
    bool done = extend_locked(p, x, len);
    lock_drop(&p->lock);
    return done;
}

/* --- Between arenas --------------------------------------------------------------------------- */

void pages_give(struct pages *p, struct extent *x) {
    ASSERT(atomic_load_explicit(&x->pages, memory_order_relaxed) == p);
    ASSERT(extent_state(x) == EXTENT_LIVE);
    lock_take(&p->lock);
    counter_sub(&p->live, x->len);
    counter_sub(&p->mapped, x->len);
    atomic_store_explicit(&x->pages, NULL, memory_order_relaxed);
    lock_drop(&p->lock);
}

void pages_receive(struct pages *p, struct extent *x) {
    lock_take(&p->lock);
    counter_add(&p->live, x->len);
    counter_add(&p->mapped, x->len);
    atomic_store_explicit(&x->pages, p, memory_order_relaxed);
    lock_drop(&p->lock);
}

/* --- Back to the OS --------------------------------------------------------------------------- */

/* Extents out of their set while a system call works on them. */
struct slice {
    struct extent *x[OS_RUNS_MAX];
    struct os_run  runs[OS_RUNS_MAX];
    size_t         count, bytes;
};

/* Adds x, as far as there is room, taking it out of its set, BUSY. Under the lock. */
static void slice_add(struct pages *p, struct slice *s, struct extent *x) {
    struct extent_set *set = &p->sets[extent_state(x)];
    size_t             room = PAGES_SLICE - s->bytes;
    free_remove(p, x);
    struct extent *rest = x->len > room ? extent_split(x, room) : NULL;
    if (rest != NULL) {
        map_free(rest);
        extent_set_put_oldest(set, rest);
    }
    extent_set_state(x, EXTENT_BUSY);
    counter_add(&p->busy, x->len);
    s->runs[s->count] = (struct os_run){x->base, x->len};
    s->x[s->count++] = x;
    s->bytes += x->len;
}

/* Takes up to a slice's bytes of the oldest extents. */
static void slice_take(struct pages *p, enum extent_state from, struct slice *s) {
    s->count = s->bytes = 0;
    lock_take(&p->lock);
    while (s->count < OS_RUNS_MAX && s->bytes < PAGES_SLICE && p->sets[from].oldest != NULL)
        slice_add(p, s, p->sets[from].oldest);
    lock_drop(&p->lock);
}

/* Takes a slice off the longest dirty extent, if that is PAGES_LONG at least. */
static void slice_take_long(struct pages *p, struct slice *s) {
    s->count = s->bytes = 0;
    lock_take(&p->lock);
    struct extent *x = extent_set_peek_longest(&p->sets[EXTENT_DIRTY]);
    if (x != NULL && x->len >= PAGES_LONG) slice_add(p, s, x);
    lock_drop(&p->lock);
}

/* All in one call, or one after the other; a bit for each that was done, and how many calls did it. */
static uint64_t runs_purge(const struct os_run *runs, size_t count, bool lazily, size_t *calls) {
    uint64_t done = 0;
    *calls = 1;
    if (os.purge_runs(runs, count, lazily)) return UINT64_MAX;
    for (size_t i = 0; i < count; i++)
        done |= (uint64_t)(lazily ? os.lazy : os.purge)(runs[i].p, runs[i].len) << i;
    *calls = (size_t)__builtin_popcountll(done);
    return done;
}

/* done: a bit for each. What of the page map is about one free run alone from then on goes as well: a few
 * pages, one for each 2 MiB at most, or for each run; under the lock, so that nobody takes from these
 * meanwhile. */
static void slice_put(struct pages *p, struct slice *s, uint64_t done, enum extent_state from,
                      enum extent_state to) {
    struct os_run map[OS_RUNS_MAX];
    size_t        count = 0, calls;
    lock_take(&p->lock);
    for (size_t i = 0; i < s->count; i++) {
        struct extent    *x = extent_resettle(s->x[i]);
        enum extent_state state = done >> i & 1 ? to : from;
        counter_sub(&p->busy, x->len);
        x->zeroed = state == EXTENT_RETAINED;
        x = free_insert(p, x, state);
        if (state != EXTENT_RETAINED) continue;
        map[count] = pagemap_spare(x->base, x->len, s->runs[i].p, s->runs[i].len);
        count += map[count].len != 0;
    }
    if (count > 0) runs_purge(map, count, false, &calls);
    lock_drop(&p->lock);
}

/* What was taken for it goes, and back among the free ones: how many bytes. */
static size_t slice_work(struct pages *p, struct slice *s, enum extent_state from, bool lazily) {
    size_t bytes = 0, calls;
    if (s->count == 0) return 0;
    uint64_t done = runs_purge(s->runs, s->count, lazily, &calls);
    counter_add_shared(&pages_purge_calls, calls);
    for (size_t i = 0; i < s->count; i++) bytes += done >> i & 1 ? s->runs[i].len : 0;
    slice_put(p, s, done, from, lazily ? EXTENT_MUZZY : EXTENT_RETAINED);
    if (!lazily) counter_add_shared(&pages_purged_bytes, bytes);
    return bytes;
}

size_t pages_purge(struct pages *p, enum extent_state from, bool lazily) {
    struct slice s;
    slice_take(p, from, &s);
    return slice_work(p, &s, from, lazily);
}

void pages_purge_long(struct pages *p, uint64_t max_us) {
    struct slice s;
    if (pages_free_bytes(p, EXTENT_DIRTY) < PAGES_LONG || pages_own_decay_ms(p, 0) < 0) return;
    uint64_t deadline_us = os.now_us() + max_us;
    do slice_take_long(p, &s);
    while (slice_work(p, &s, EXTENT_DIRTY, false) != 0 && os.now_us() < deadline_us);
}

/* Whoever reads decay_ms so finds the time that belongs to it, or an older one. */
static bool is_quiet(const struct pages *p, unsigned idx, int64_t ms, uint64_t now_ms) {
    return atomic_load_explicit(&p->quiet_ms[idx], memory_order_acquire) == ms &&
           now_ms < atomic_load_explicit(&p->quiet_until_ms[idx], memory_order_relaxed);
}

static void note_quiet(struct pages *p, unsigned idx) {
    const struct decay *d = &p->decay[idx];
    uint64_t            until = d->ms < 0 ? UINT64_MAX : d->ms == 0 ? 0 : d->epoch_ms + decay_step_ms(d->ms);
    atomic_store_explicit(&p->quiet_until_ms[idx], until, memory_order_relaxed);
    atomic_store_explicit(&p->quiet_ms[idx], d->ms, memory_order_release);
}

static size_t decay_limit(struct pages *p, unsigned idx, bool all, uint64_t now_ms) {
    size_t        limit = 0;
    struct decay *d = &p->decay[idx];
    int64_t       ms = all ? 0 : pages_own_decay_ms(p, idx);
    if (is_quiet(p, idx, ms, now_ms)) return SIZE_MAX;
    lock_take(&p->lock);
    if (d->ms != ms) decay_init(d, ms, now_ms);
    bool due = decay_tick(d, now_ms, pages_free_bytes(p, (enum extent_state)idx), &limit);
    note_quiet(p, idx);
    lock_drop(&p->lock);
    return due ? limit : SIZE_MAX;
}

static bool decay_one(struct pages *p, unsigned idx, bool all, uint64_t now_us,
                      uint64_t deadline_us) {
    enum extent_state state = (enum extent_state)idx;
    size_t            limit = decay_limit(p, idx, all, now_us / 1000);
    bool              lazily = state == EXTENT_DIRTY && pages_own_decay_ms(p, 1) != 0 && !all;
    if (limit == SIZE_MAX) return false;
    while (pages_free_bytes(p, state) > limit && pages_purge(p, state, lazily) != 0)
        if (os.now_us() >= deadline_us) break;
    size_t remaining = pages_free_bytes(p, state);
    lock_take(&p->lock);
    decay_settle(&p->decay[idx], limit, remaining);
    lock_drop(&p->lock);
    return remaining > limit;
}

/* purge_all is taken first: set anew meanwhile, it is for pages that we may have missed. */
bool pages_decay(struct pages *p, uint64_t now_us, uint64_t deadline_us) {
    bool all = atomic_load_explicit(&p->purge_all, memory_order_relaxed) &&
               atomic_exchange(&p->purge_all, false);
    bool more = decay_one(p, 0, all, now_us, deadline_us);
    more |= decay_one(p, 1, all, now_us, deadline_us);
    if (all && more) atomic_store(&p->purge_all, true);
    return more;
}

/* --- Checking --------------------------------------------------------------------------------- */

static void check_extent(const struct pages *p, const struct extent *x, enum extent_state state) {
    ASSERT(atomic_load_explicit(&x->pages, memory_order_relaxed) == p);
    ASSERT(extent_state(x) == state);
    ASSERT(pagemap_extent(pagemap_get(x->base)) == x);
    ASSERT(pagemap_extent(pagemap_get(x->base + x->len - 1)) == x);
    ASSERT(neighbour(p, x->base + x->len, state) == NULL); /* P1 */
    ASSERT(state != EXTENT_RETAINED || x->zeroed);
}

bool pages_check(struct pages *p) {
    lock_take(&p->lock);
    size_t bytes = counter_get(&p->live) + counter_get(&p->busy);
    for (unsigned state = 0; state < EXTENT_SETS; state++) {
        extent_set_check(&p->sets[state]);
        bytes += pages_free_bytes(p, (enum extent_state)state);
        for (const struct extent *x = p->sets[state].oldest; x != NULL; x = x->next)
            check_extent(p, x, (enum extent_state)state);
    }
    ASSERT(bytes == counter_get(&p->mapped)); /* P2 */
    lock_drop(&p->lock);
    return true;
}

#endif
