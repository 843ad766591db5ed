/* bin.c: the slabs of one size class, by fullness. See bin.h. Start at bin_advance().
 *
 * Lists by eighths of free slots, oldest first: among nearly full slabs the oldest has had the
 * longest to gather free slots, so each pick lasts. Slabs with less than an eighth free are not
 * picked while a fresh one can be had: random replacement of objects would else take up a slab for
 * every slot or two. Tried and dropped: a heap by address, which drains as well but costs a
 * rebalance for each slab that becomes full or non-full. */
#include "alloc/bin.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/extent.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

#define SLABS_FIRST  4     /* so many slabs are small, before a bin takes full-sized ones */
#define SPAN_MAX     16384 /* bytes of slots taken up at once: what is reused stays in the cache */
#define SPAN_SLOTS   4     /* but at least so many */
#define HOLES_SHARE  64    /* of a slab's slots, to be free where holes are filled */
#define HOLES_LOOKED 16    /* slabs looked at before a fresh one is taken */
#define KEPT_LOOKED  64    /* slabs of a list looked at for one that lies low */

static void bin_init(struct arena *a, unsigned cls) {
    struct bin *b = &a->bins[cls];
    b->slot_size = size_classes[cls].slot_size;
    arena_add_bin(a, cls);
}

/* Fewer free slots than an eighth count as none: taking up a slab is dearer than handing out a
 * slot, so it has to yield some. */
static uint32_t list_for(const struct slab *s, uint32_t free_count) {
    uint32_t eighths = free_count * 8 / s->slot_count;
    return eighths == 0 ? SLAB_LIST_FULL : eighths - 1;
}

/* The count of free slots at which a slab leaves its list for the next or is empty: more than it has. */
static uint32_t mark_for(const struct slab *s, uint32_t list) {
    if (list >= SLAB_LIST_DRAIN) return s->slot_count;
    uint32_t eighths = list == SLAB_LIST_FULL ? 1 : list + 2;
    return (eighths * s->slot_count + 7) / 8;
}

static bool is_draining(const struct slab *s) { return s->list >= SLAB_LIST_DRAIN; }

static void list_put(struct shelf *f, struct slab *s, uint32_t free_count) {
    uint32_t list = is_draining(s) ? s->list : list_for(s, free_count);
    slab_set_list(s, list);
    slab_set_mark(s, mark_for(s, list));
    slab_set_left(s, s->mark - free_count - 1);
    s->next = NULL;
    s->prev = f->tails[list];
    *(s->prev != NULL ? &s->prev->next : &f->lists[list]) = s;
    f->tails[list] = s;
    f->counts[list]++;
    if (list == SLAB_LIST_FULL) counter_add(&f->slabs_full, 1);
    if (list >= SLAB_LIST_DRAIN) counter_add(&f->drain_slots, s->slot_count);
}

static void list_take(struct shelf *f, struct slab *s) {
    *(s->prev != NULL ? &s->prev->next : &f->lists[s->list]) = s->next;
    *(s->next != NULL ? &s->next->prev : &f->tails[s->list]) = s->prev;
    s->prev = s->next = NULL;
    f->counts[s->list]--;
    if (s->list == SLAB_LIST_FULL) counter_sub(&f->slabs_full, 1);
    if (is_draining(s)) counter_sub(&f->drain_slots, s->slot_count);
}

/* To the end of a list of those being drained, or (FULL) of the one that its free slots say. */
static void list_change(struct shelf *f, struct slab *s, uint32_t list) {
    uint32_t free_count = slab_filed_free(s);
    list_take(f, s);
    slab_set_list(s, list);
    list_put(f, s, free_count);
}

/* The first of a list goes to its end. */
static void list_turn(struct shelf *f, unsigned list) {
    struct slab *s = f->lists[list], *tail = f->tails[list];
    if (s == tail) return;
    f->lists[list] = s->next;
    s->next->prev = NULL;
    s->prev = tail;
    s->next = NULL;
    f->tails[list] = tail->next = s;
}

static void note_place(struct shelf *f, const struct slab *s) {
    if (f->low == NULL || s->base < f->low) f->low = s->base;
    if (s->base > f->high) f->high = s->base;
}

/* --- The current slab ------------------------------------------------------------------------- */

/* The lowest few of the free slots: large ones, so that a freed one is used again while it is in
 * the cache. */
static uint64_t span_of(const struct bin *b, uint64_t bits) {
    size_t most = SPAN_MAX / b->slot_size;
    if (most >= SLAB_GROUP) return bits;
    if (most < SPAN_SLOTS) most = SPAN_SLOTS;
    uint64_t rest = bits;
    for (size_t i = 0; i < most && rest != 0; i++) rest &= rest - 1;
    return bits & ~rest;
}

/* Takes up free slots of the current slab's group idx. False: it has none. */
static bool take_group(struct bin *b, struct shelf *f, unsigned idx) {
    uint64_t bits = span_of(b, slab_group_mask(b->slab, idx, SLOT_FREE));
    if (bits == 0) return false;
    f->group = idx;
    b->slots = b->slab->base + (size_t)idx * SLAB_GROUP * b->slot_size;
    b->state = &b->slab->state[idx * SLAB_GROUP];
    __atomic_store_n(&b->bits, bits, __ATOMIC_RELAXED);
    size_t count = (size_t)__builtin_popcountll(bits);
    counter_add(&b->taken, count);
    counter_add(&f->nmalloc, count);
    counter_add(&f->fills, 1);
    return true;
}

/* Gives back what take_group took up and nobody was given. */
static void untake(struct bin *b, struct shelf *f) {
    size_t count = (size_t)__builtin_popcountll(b->bits);
    counter_sub(&b->taken, count);
    counter_sub(&f->nmalloc, count);
    __atomic_store_n(&b->bits, 0, __ATOMIC_RELAXED);
}

/* The present group again, then the others after it and around. */
static bool seek_group(struct bin *b, struct shelf *f) {
    if (b->slab == NULL) return false;
    unsigned count = slab_group_count(b->slab);
    unsigned idx = f->group;
    for (unsigned i = 0; i < count; i++, idx = idx + 1 < count ? idx + 1 : 0)
        if (take_group(b, f, idx)) return true;
    return false;
}

/* Never due to be refiled. */
static void pin(struct slab *s) {
    slab_set_mark(s, SLAB_MARK_NEVER);
    slab_set_left(s, SLAB_MARK_NEVER);
}

static void set_current(struct bin *b, struct shelf *f, struct slab *s) {
    pin(s);
    slab_set_list(s, SLAB_LIST_FULL);
    b->slab = s;
    f->group = 0;
}

/* A filed slab with a free slot becomes the current one. */
static bool take_filed(struct bin *b, struct shelf *f, struct slab *s) {
    list_take(f, s);
    set_current(b, f, s);
    counter_add(&f->reslabs, 1);
    return seek_group(b, f);
}

/* While slabs are being drained what moves goes into the holes of the full ones too: of the next few,
 * the first with a sixty-fourth free. Those passed over wait for their turn behind the others. */
static bool take_holes(struct bin *b, struct shelf *f) {
    for (unsigned i = 0; i < HOLES_LOOKED; i++) {
        struct slab *s = f->lists[SLAB_LIST_FULL];
        if (s == NULL) return false;
        if (slab_filed_free(s) * HOLES_SHARE >= s->slot_count) return take_filed(b, f, s);
        list_change(f, s, SLAB_LIST_FULL);
    }
    return false;
}

static bool take_fullest(struct bin *b, struct shelf *f) {
    for (unsigned list = 0; list < SLAB_LIST_FULL; list++)
        if (f->lists[list] != NULL) return take_filed(b, f, f->lists[list]);
    return false;
}

/* Among the first few of a list, one that bin_drain left where it lies low; or NULL. */
static struct slab *peek_kept(struct shelf *f, unsigned list) {
    for (unsigned i = 0; i < KEPT_LOOKED && f->lists[list] != NULL; i++) {
        if (f->lists[list]->base < f->above) return f->lists[list];
        list_turn(f, list);
    }
    return NULL;
}

/* While slabs are being drained: rather one that was left for that than one that somebody may just be
 * emptying, and so rather an empty one than a fuller one. */
static bool take_kept(struct bin *b, struct shelf *f) {
    struct slab *s = NULL, *other = NULL;
    for (unsigned list = SLAB_LIST_FULL; s == NULL && list-- > 0;) {
        s = peek_kept(f, list);
        if (other == NULL) other = f->lists[list];
    }
    if (s == NULL) s = other;
    return s != NULL ? take_filed(b, f, s) : take_holes(b, f);
}

bool bin_advance(struct arena *a, unsigned cls) {
    struct bin   *b = &a->bins[cls];
    struct shelf *f = &a->shelves[cls];
    DASSERT(b->bits == 0);
    if (b->slot_size == 0) bin_init(a, cls);
    if (seek_group(b, f)) return true;
    if (b->slab != NULL) list_put(f, b->slab, 0);
    b->slab = NULL;
    return a->drained ? take_kept(b, f) : take_fullest(b, f);
}

bool bin_scrape(struct arena *a, unsigned cls) {
    struct bin   *b = &a->bins[cls];
    struct shelf *f = &a->shelves[cls];
    DASSERT(b->slab == NULL);
    for (unsigned list = SLAB_LIST_FULL; list < SLAB_LISTS; list++)
        for (struct slab *s = f->lists[list]; s != NULL; s = s->next)
            if (slab_count_free(s) != 0) return take_filed(b, f, s);
    return false;
}

bool bin_grow(struct arena *a, unsigned cls) {
    struct bin   *b = &a->bins[cls];
    struct shelf *f = &a->shelves[cls];
    DASSERT(b->slab == NULL);
    const struct size_class *c = &size_classes[cls];
    bool                     small = counter_get(&f->slabs) < SLABS_FIRST;
    struct slab *s = slab_new(a, cls, (small ? c->pages_first : c->pages) * PAGE_SIZE);
    if (s == NULL) return false;
    counter_add(&f->slabs, 1);
    counter_add(&f->slabs_ever, 1);
    counter_add(&f->slots_total, s->slot_count);
    note_place(f, s);
    set_current(b, f, s);
    return take_group(b, f, 0);
}

uint32_t bin_take_cached(struct bin *b, struct tcache_slot *end, uint32_t count) {
    uint64_t bits = b->bits;
    uint32_t done = 0;
    for (; bits != 0 && done < count; bits &= bits - 1, done++) {
        size_t at = slab_first(bits);
        end--;
        end->p = b->slots + at * b->slot_size;
        end->state = b->state + at;
        __atomic_store_n(end->state, SLOT_CACHED, __ATOMIC_RELAXED);
        slab_note_size(b->slab, end->p, b->slot_size);
    }
    __atomic_store_n(&b->bits, bits, __ATOMIC_RELAXED);
    return done;
}

/* --- Frees ------------------------------------------------------------------------------------ */

static void slab_return(struct shelf *f, struct slab *s) {
    counter_sub(&f->slabs, 1);
    counter_sub(&f->slots_total, s->slot_count);
    slab_free(&s);
}

static void refile(struct shelf *f, struct slab *s, uint32_t free_count) {
    list_take(f, s);
    /* A slab with an announced remote free is still in the arena's queue; it can't be empty. */
    if (free_count == s->slot_count) {
        slab_return(f, s);
    } else {
        list_put(f, s, free_count);
    }
}

void bin_crossed(struct slab *s) {
    if (s->mark != SLAB_MARK_NEVER) {
        refile(&s->arena->shelves[s->cls], s, s->mark);
    } else { /* never is over */
        slab_set_left(s, SLAB_MARK_NEVER);
    }
}

void bin_freed(struct slab *s, uint32_t count) {
    if (s->mark == SLAB_MARK_NEVER) return;
    if (count <= slab_left(s)) {
        counter_sub(&s->left, count * SLAB_STEP);
    } else {
        refile(&s->arena->shelves[s->cls], s, slab_filed_free(s) + count);
    }
}

/* --- Draining --------------------------------------------------------------------------------- */

/* Slots beyond those that all live objects need, wherever they are, in slabs not being drained. Full
 * ones keep some of their holes. */
static size_t room_to_spare(const struct bin *b, const struct shelf *f) {
    size_t slots = counter_get(&f->slots_total) - counter_get(&f->drain_slots);
    size_t slabs = counter_get(&f->slabs);
    size_t full = slabs == 0 ? 0 : counter_get(&f->slots_total) / slabs * counter_get(&f->slabs_full);
    size_t lost = full / HOLES_SHARE;
    size_t needed = counter_get(&b->taken) + lost;
    return slots > needed ? slots - needed : 0;
}

static size_t part_len(const struct shelf *f) {
    return (size_t)(f->high - f->low) / PICK_PARTS + 1;
}

static void lap_begin(struct bin_pick *k, const struct shelf *f, unsigned list, bool picks) {
    k->list = list;
    k->picks = picks;
    k->left[0] = f->counts[list];
    k->left[1] = f->counts[list - 1];
    if (!picks) memset(k->parts, 0, sizeof k->parts);
}

/* All above may go: in the part that it lies in there is more than that. */
static const char *place_above(const struct bin_pick *k, const struct shelf *f, size_t room) {
    unsigned part = PICK_PARTS;
    for (size_t slots = 0; part > 0 && slots < room; part--) slots += k->parts[part - 1];
    return f->low + part * part_len(f);
}

/* The next lap; the emptiest slabs first. False: no slab can be spared any more. */
static bool lap_next(struct bin_pick *k, const struct bin *b, struct shelf *f) {
    size_t slabs = counter_get(&f->slabs), room = room_to_spare(b, f);
    while (k->left[0] + k->left[1] == 0) {
        if (slabs == 0 || room < counter_get(&f->slots_total) / slabs) return false;
        if (k->list == 0) {
            lap_begin(k, f, SLAB_LIST_FULL - 1, false);
        } else if (!k->picks) {
            f->above = place_above(k, f, room);
            lap_begin(k, f, k->list, true);
        } else if (k->list > 2) {
            lap_begin(k, f, k->list - 2, false);
        } else {
            return false;
        }
    }
    return true;
}

/* A slab of this lap; NULL: they went meanwhile. It is the first of its list. */
static struct slab *lap_slab(struct bin_pick *k, const struct shelf *f) {
    unsigned     second = k->left[0] == 0;
    struct slab *s = f->lists[k->list - second];
    k->left[second] = s != NULL ? k->left[second] - 1 : 0;
    return s;
}

bool bin_drain(struct arena *a, unsigned cls, unsigned *max, size_t *bytes) {
    struct shelf    *f = &a->shelves[cls];
    struct bin_pick *k = &a->pick;
    for (; lap_next(k, &a->bins[cls], f); --*max) {
        if (*max == 0) return true;
        struct slab *s = lap_slab(k, f);
        if (s == NULL) continue;
        if (!k->picks) k->parts[(size_t)(s->base - f->low) / part_len(f)] += s->slot_count;
        if (k->picks && s->base >= f->above && s->slot_count <= room_to_spare(&a->bins[cls], f)) {
            *bytes += s->extent->len;
            list_change(f, s, SLAB_LIST_DRAIN);
        } else {
            list_turn(f, s->list);
        }
    }
    k->list = 0;
    k->left[0] = k->left[1] = 0;
    return false;
}

size_t bin_drain_gain(const struct arena *a, unsigned cls) {
    const struct shelf *f = &a->shelves[cls];
    size_t              slabs = counter_get(&f->slabs);
    if (slabs == 0) return 0;
    size_t slots = counter_get(&f->slots_total) / slabs; /* of one */
    size_t full = counter_get(&f->slabs_full) + counter_get(&f->drain_slots) / slots + 1;
    size_t spare = room_to_spare(&a->bins[cls], f) / slots;
    size_t most = slabs > full ? slabs - full : 0;
    return (spare < most ? spare : most) * slots * a->bins[cls].slot_size;
}

static void look_begin(struct shelf *f, struct slab *s) {
    list_take(f, s);
    pin(s);
    counter_add(&f->drain_slots, s->slot_count);
    f->looking = s;
    f->look_group = 0;
}

static void look_end(struct shelf *f) {
    struct slab *s = f->looking;
    uint32_t     free_count = slab_count_free(s);
    f->looking = NULL;
    counter_sub(&f->drain_slots, s->slot_count);
    if (free_count == s->slot_count) {
        slab_return(f, s);
    } else {
        slab_set_list(s, SLAB_LIST_DRAINED);
        list_put(f, s, free_count);
    }
}

static unsigned look_at_group(const struct slab *s, unsigned group, void *objects[SLAB_GROUP]) {
    unsigned count = 0;
    char    *base = s->base + (size_t)group * SLAB_GROUP * s->slot_size;
    for (uint64_t live = slab_group_mask(s, group, SLOT_LIVE); live != 0; live &= live - 1)
        objects[count++] = base + slab_first(live) * s->slot_size;
    return count;
}

bool bin_look(struct arena *a, unsigned cls, void *objects[SLAB_GROUP], unsigned *count,
              unsigned *max) {
    struct shelf *f = &a->shelves[cls];
    for (;;) {
        struct slab *s = f->looking;
        if (s == NULL && f->lists[SLAB_LIST_DRAIN] == NULL) return false;
        if (s == NULL) {
            look_begin(f, f->lists[SLAB_LIST_DRAIN]);
        } else if (f->look_group == slab_group_count(s)) {
            look_end(f);
        } else {
            *count = look_at_group(s, f->look_group++, objects);
            --*max;
            if (*count > 0 || *max == 0) return true;
        }
    }
}

bool bin_drain_end(struct arena *a, unsigned cls, unsigned *max) {
    struct shelf *f = &a->shelves[cls];
    if (f->looking != NULL) look_end(f);
    for (unsigned list = SLAB_LIST_DRAIN; list < SLAB_LISTS; list++) {
        for (struct slab *s; (s = f->lists[list]) != NULL; --*max) {
            if (*max == 0) return true;
            list_change(f, s, SLAB_LIST_FULL);
        }
    }
    return false;
}

/* --- Between arenas --------------------------------------------------------------------------- */

void bin_give(struct slab *s, size_t size) {
    struct bin   *b = s->bin;
    struct shelf *f = &s->arena->shelves[s->cls];
    if (s == f->looking) look_end(f);
    if (s == b->slab) {
        untake(b, f);
        b->slab = NULL;
    } else {
        list_take(f, s);
    }
    slab_set_list(s, SLAB_LIST_FULL);
    size_t live = s->slot_count - slab_count_free(s);
    counter_sub(&f->slabs, 1);
    counter_sub(&f->slots_total, s->slot_count);
    counter_sub(&b->taken, live);
    counter_sub(&b->requested, size);
    counter_sub(&f->nmalloc, live); /* allocated there, as it were */
}

void bin_receive(struct arena *a, struct slab *s, size_t size) {
    struct bin   *b = &a->bins[s->cls];
    struct shelf *f = &a->shelves[s->cls];
    uint32_t      free_count = slab_count_free(s);
    if (b->slot_size == 0) bin_init(a, s->cls);
    s->arena = a;
    s->seat = a->seat;
    s->bin = b;
    counter_add(&f->slabs, 1);
    counter_add(&f->slabs_ever, 1);
    counter_add(&f->slots_total, s->slot_count);
    counter_add(&b->taken, s->slot_count - free_count);
    counter_add(&b->requested, size);
    counter_add(&f->nmalloc, s->slot_count - free_count);
    note_place(f, s);
    list_put(f, s, free_count);
}

void bin_release_empty(struct arena *a, unsigned cls) {
    struct bin  *b = &a->bins[cls];
    struct slab *s = b->slab;
    if (s == NULL || slab_count_free(s) != s->slot_count) return;
    untake(b, &a->shelves[cls]);
    b->slab = NULL;
    slab_return(&a->shelves[cls], s);
}

bool bin_drop(struct arena *a, unsigned cls, unsigned *left) {
    struct bin   *b = &a->bins[cls];
    struct shelf *f = &a->shelves[cls];
    if (b->slot_size == 0) return false;
    struct slab *s = b->slab;
    untake(b, f);
    b->slab = NULL;
    if (s != NULL) slab_return(f, s);
    if (f->looking != NULL) look_end(f);
    for (unsigned list = 0; list < SLAB_LISTS; list++) {
        while ((s = f->lists[list]) != NULL) {
            if (*left == 0) return true;
            --*left;
            list_take(f, s);
            slab_return(f, s);
        }
    }
    struct counter *counters[] = {&b->taken,      &b->requested, &f->nmalloc,      &f->fills,
                                  &f->slabs_ever, &f->reslabs,   &f->remote_count, &f->remote_requested,
                                  &f->collected};
    for (unsigned i = 0; i < sizeof counters / sizeof *counters; i++) counter_set(counters[i], 0);
    f->low = f->high = f->above = NULL;
    return false;
}

/* --- Checking --------------------------------------------------------------------------------- */

static void check_slab(const struct arena *a, unsigned cls, const struct slab *s, size_t *slots,
                       size_t *taken) {
    slab_check(s);
    ASSERT(s->arena == a && s->cls == cls && s->bin == &a->bins[cls]);
    *slots += s->slot_count;
    *taken += s->slot_count - slab_count_free(s);
}

static void check_current(const struct bin *b, const struct shelf *f) {
    ASSERT(f->group < slab_group_count(b->slab) && b->slab->mark == SLAB_MARK_NEVER);
    ASSERT((b->bits & ~slab_group_mask(b->slab, f->group, SLOT_FREE)) == 0); /* B3 */
}

bool bin_check(const struct arena *a, unsigned cls) {
    const struct bin   *b = &a->bins[cls];
    const struct shelf *f = &a->shelves[cls];
    size_t              slots = 0, taken = (size_t)__builtin_popcountll(b->bits), slabs = 0, full = 0;
    size_t drain = 0;
    if (b->slab != NULL) {
        check_current(b, f);
        check_slab(a, cls, b->slab, &slots, &taken);
        slabs++;
    } else {
        ASSERT(b->bits == 0);
    }
    if (f->looking != NULL) {
        ASSERT(f->looking->mark == SLAB_MARK_NEVER && is_draining(f->looking));
        check_slab(a, cls, f->looking, &slots, &taken);
        drain += f->looking->slot_count;
        slabs++;
    }
    for (unsigned list = 0; list < SLAB_LISTS; list++) {
        uint32_t count = f->counts[list];
        for (const struct slab *s = f->lists[list]; s != NULL; s = s->next, count--) {
            ASSERT(count > 0 && s->base >= f->low && s->base <= f->high);
            check_slab(a, cls, s, &slots, &taken);
            uint32_t free_count = slab_count_free(s);
            ASSERT(s->list == list && (is_draining(s) || list == list_for(s, free_count)));
            ASSERT(s->mark == mark_for(s, list) && free_count < s->slot_count);
            ASSERT(s->next == NULL ? f->tails[list] == s : s->next->prev == s);
            slabs++;
            full += list == SLAB_LIST_FULL;
            drain += is_draining(s) ? s->slot_count : 0;
        }
        ASSERT(count == 0);
    }
    ASSERT(slots == counter_get(&f->slots_total) && slabs == counter_get(&f->slabs));
    ASSERT(taken == counter_get(&b->taken) && full == counter_get(&f->slabs_full));
    ASSERT(drain == counter_get(&f->drain_slots));
    ASSERT(bin_requested(b, f) <= bin_live(b, f) * b->slot_size);
    return true;
}

#endif
