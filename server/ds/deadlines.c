/* deadlines.c: a four-way heap in segments.
 *
 * Four children lie in 64 bytes and halve the depth of a binary heap, which is what counts when the
 * heap is larger than the cache. The time is kept in the pair, so that sifting reads no item; it
 * writes to those that it moves, about two a push and log4(n) a removal.
 *
 *   place - 1 + 4 -> segment   4, 8, 16 ... 2048 pairs, then 4096 each (64 KiB)
 *
 * One segment of reserve is kept, so that a count that goes to and fro over a border does not
 * allocate each time; but an empty heap has no memory at all.
 *
 * Start reading at deadlines_put(). */
#include "server/ds/deadlines.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/freeing.h"
#include "server/ds/mover.h"

#define FIRST_SHIFT 2
#define SHIFT_MAX   12 /* 4096 pairs */
#define DOUBLINGS   (SHIFT_MAX - FIRST_SHIFT)

/* --- Segments -------------------------------------------------------------------------------- */

static inline struct deadline *pair_at(const struct deadlines *d, uint64_t place) {
    uint64_t i = place - 1 + (1u << FIRST_SHIFT);
    unsigned shift = 63u - (unsigned)__builtin_clzll(i);
    if (ASH_LIKELY(shift >= SHIFT_MAX))
        return &d->segment[DOUBLINGS - 1 + (i >> SHIFT_MAX)][i & ((1u << SHIFT_MAX) - 1)];
    return &d->segment[shift - FIRST_SHIFT][i & ((1u << shift) - 1)];
}

static size_t segment_size(uint32_t segment) {
    unsigned shift = segment < DOUBLINGS ? segment + FIRST_SHIFT : SHIFT_MAX;
    return sizeof(struct deadline) << shift;
}

/* How many pairs the first n segments hold. */
static uint64_t room_of(uint32_t segments) {
    if (segments <= DOUBLINGS) return (1ull << (segments + FIRST_SHIFT)) - (1u << FIRST_SHIFT);
    return room_of(DOUBLINGS) + ((uint64_t)(segments - DOUBLINGS) << SHIFT_MAX);
}

static size_t directory_size(const struct deadlines *d) {
    return d->segment_cap * sizeof *d->segment;
}

static void segment_add(struct deadlines *d) {
    if (d->segment_count == d->segment_cap) {
        size_t old_size = directory_size(d);
        size_t size = ash_good_size(old_size + old_size / 4 + sizeof *d->segment);
        d->segment = ash_realloc(d->heap, d->segment, old_size, size);
        d->footprint += size - (old_size ? ash_good_size(old_size) : 0);
        d->segment_cap = (uint32_t)(size / sizeof *d->segment);
    }
    size_t size = segment_size(d->segment_count);
    d->segment[d->segment_count++] = ash_alloc(d->heap, size);
    d->footprint += ash_good_size(size);
}

static void segment_drop(struct deadlines *d) {
    size_t size = segment_size(--d->segment_count);
    ash_free(d->segment[d->segment_count], size);
    d->footprint -= ash_good_size(size);
}

static void directory_drop(struct deadlines *d) {
    size_t size = directory_size(d);
    if (size == 0) return;
    ash_free(d->segment, size);
    d->footprint -= ash_good_size(size);
    d->segment = NULL;
    d->segment_cap = 0;
}

/* After a removal: gives back what the count no longer needs, but for one segment of reserve. */
static void trim(struct deadlines *d) {
    while (d->segment_count > 1 && d->count <= room_of(d->segment_count - 2)) segment_drop(d);
    if (d->count > 0) return;
    if (d->segment_count > 0) segment_drop(d);
    directory_drop(d);
}

/* --- The heap -------------------------------------------------------------------------------- */

static inline uint64_t parent_of(uint64_t place) { return (place + 2) / 4; }
static inline uint64_t child_of(uint64_t place) { return 4 * place - 2; } /* the first of four */

static inline void place_pair(struct deadlines *d, uint64_t place, struct deadline pair) {
    *pair_at(d, place) = pair;
    d->type->placed(pair.item, place);
}

/* Finds the place for a pair at or above `place`, which is free, and puts it there. */
static void sift_up(struct deadlines *d, uint64_t place, struct deadline pair) {
    while (place > 1) {
        uint64_t        parent = parent_of(place);
        struct deadline above = *pair_at(d, parent);
        if (above.at_ms <= pair.at_ms) break;
        place_pair(d, place, above);
        place = parent;
    }
    place_pair(d, place, pair);
}

static void sift_down(struct deadlines *d, uint64_t place, struct deadline pair) {
    for (;;) {
        uint64_t child = child_of(place), end = child + 4, least = child;
        if (child > d->count) break;
        if (end > d->count + 1) end = d->count + 1;
        int64_t least_ms = pair_at(d, child)->at_ms;
        for (child++; child < end; child++) {
            int64_t at_ms = pair_at(d, child)->at_ms;
            if (at_ms >= least_ms) continue;
            least_ms = at_ms;
            least = child;
        }
        if (pair.at_ms <= least_ms) break;
        place_pair(d, place, *pair_at(d, least));
        place = least;
    }
    place_pair(d, place, pair);
}

static void settle(struct deadlines *d, uint64_t place, struct deadline pair) {
    bool up = place > 1 && pair_at(d, parent_of(place))->at_ms > pair.at_ms;
    if (up) sift_up(d, place, pair);
    else sift_down(d, place, pair);
}

void deadlines_init(struct deadlines *d, struct ash_heap *heap, const struct deadlines_type *type) {
    *d = (struct deadlines){.heap = heap, .type = type};
}

bool deadlines_drain(struct deadlines *d, struct freeing *f) {
    for (; d->segment_count > 0; segment_drop(d)) {
        if (freeing_spent(f)) return true;
        freeing_count(f, ash_good_size(segment_size(d->segment_count - 1)));
    }
    f->bytes += d->footprint;
    directory_drop(d);
    DASSERT(d->footprint == 0);
    d->count = 0;
    return false;
}

void deadlines_fini(struct deadlines *d) {
    struct freeing all = freeing_all();
    deadlines_drain(d, &all);
}

void deadlines_put(struct deadlines *d, void *item, int64_t at_ms) {
    if (d->count == room_of(d->segment_count)) segment_add(d);
    if (d->count == 0 || at_ms > d->latest_ms) d->latest_ms = at_ms;
    sift_up(d, ++d->count, (struct deadline){at_ms, item});
}

void deadlines_take(struct deadlines *d, uint64_t place) {
    ASSERT(place > 0 && place <= d->count);
    d->type->placed(pair_at(d, place)->item, 0);
    struct deadline last = *pair_at(d, d->count--);
    if (place <= d->count) settle(d, place, last);
    trim(d);
}

void deadlines_change(struct deadlines *d, uint64_t place, int64_t at_ms) {
    ASSERT(place > 0 && place <= d->count);
    if (at_ms > d->latest_ms) d->latest_ms = at_ms;
    settle(d, place, (struct deadline){at_ms, pair_at(d, place)->item});
}

void deadlines_moved(struct deadlines *d, uint64_t place, void *item) {
    ASSERT(place > 0 && place <= d->count);
    pair_at(d, place)->item = item;
}

const struct deadline *deadlines_at(const struct deadlines *d, uint64_t place) {
    DASSERT(place > 0 && place <= d->count);
    return pair_at(d, place);
}

const struct deadline *deadlines_first(const struct deadlines *d) {
    return d->count > 0 ? pair_at(d, 1) : NULL;
}

/* At most log4(count) deep. */
static uint64_t due_below(const struct deadlines *d, uint64_t place, int64_t now_ms) {
    if (place > d->count || pair_at(d, place)->at_ms > now_ms) return 0;
    uint64_t n = 1, child = child_of(place);
    for (uint64_t i = child; i < child + 4; i++) n += due_below(d, i, now_ms);
    return n;
}

uint64_t deadlines_due(const struct deadlines *d, int64_t now_ms) {
    return due_below(d, 1, now_ms);
}

bool deadlines_all_due(const struct deadlines *d, int64_t now_ms) {
    if (d->count > DEADLINES_SCANNED) return d->latest_ms <= now_ms;
    for (uint64_t place = d->count; place > 0; place--)
        if (pair_at(d, place)->at_ms > now_ms) return false;
    return true;
}

size_t deadlines_bytes(const struct deadlines *d) { return d->footprint; }

bool deadlines_compact(struct deadlines *d, struct mover *m, struct move_cursor *c) {
    uint64_t i = c->at[0], end = i + MOVER_STEP;
    if (i == 0) d->segment = mover_move(m, d->segment, directory_size(d));
    for (; i < d->segment_count && i < end; i++)
        d->segment[i] = mover_move(m, d->segment[i], segment_size((uint32_t)i));
    c->at[0] = i;
    return i < d->segment_count;
}

bool deadlines_check(const struct deadlines *d) {
    size_t bytes = d->segment_cap ? ash_good_size(directory_size(d)) : 0;
    for (uint64_t place = 1; place <= d->count; place++) {
        ASSERT(place == 1 || pair_at(d, parent_of(place))->at_ms <= pair_at(d, place)->at_ms); /* D1 */
        ASSERT(pair_at(d, place)->at_ms <= d->latest_ms);
        ASSERT(d->type->place(pair_at(d, place)->item) == place);                              /* D2 */
    }
    for (uint32_t i = 0; i < d->segment_count; i++) bytes += ash_good_size(segment_size(i));
    ASSERT(bytes == d->footprint);                                                             /* D3 */
    ASSERT(d->count <= room_of(d->segment_count));
    ASSERT(d->segment_count < 2 || d->count > room_of(d->segment_count - 2) || d->count == 0);
    ASSERT((d->count == 0) == (d->segment_count == 0));
    return true;
}
