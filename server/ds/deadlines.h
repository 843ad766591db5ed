/* deadlines.h: things in the order in which they are due.
 *
 * A heap of (time, item) pairs, four children to a node, in segments of growing size: a push or a
 * removal moves O(log n) pairs, and nothing is ever copied to grow. Each item is told its place when
 * it changes, so that any one can be removed or given another time without a search.
 *
 * Invariants, asserted together by deadlines_check():
 *   D1  no pair is due before its parent.
 *   D2  every item knows the place it is at.
 *   D3  footprint is the heap bytes of segments and directory; no segment is wholly unused.
 * Places count from 1; 0 is none. Items stay the caller's. Locking: none; one owner (deadlines_fini:
 * any thread). */
#ifndef ASHLAR_SERVER_DS_DEADLINES_H
#define ASHLAR_SERVER_DS_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ash_heap;
struct freeing;
struct move_cursor;
struct mover;

struct deadline {
    int64_t at_ms;
    void   *item;
};

struct deadlines_type {
    void     (*placed)(void *item, uint64_t place); /* 0: it has been removed */
    uint64_t (*place)(const void *item);            /* what it was told: for checking */
};

struct deadlines {
    const struct deadlines_type *type;
    struct ash_heap             *heap;
    struct deadline            **segment;
    uint32_t                     segment_count, segment_cap;
    uint64_t                     count;
    int64_t                      latest_ms; /* no pair is later; kept until the heap is empty */
    size_t                       footprint;
};

void deadlines_init(struct deadlines *d, struct ash_heap *heap, const struct deadlines_type *type);
void deadlines_fini(struct deadlines *d); /* items are not told */
bool deadlines_drain(struct deadlines *d, struct freeing *f); /* the same piece by piece (freeing.h) */

void deadlines_put(struct deadlines *d, void *item, int64_t at_ms);
void deadlines_take(struct deadlines *d, uint64_t place);
void deadlines_change(struct deadlines *d, uint64_t place, int64_t at_ms);
/* The item at this place has moved; it still knows its place. */
void deadlines_moved(struct deadlines *d, uint64_t place, void *item);

const struct deadline *deadlines_at(const struct deadlines *d, uint64_t place);
const struct deadline *deadlines_first(const struct deadlines *d); /* NULL: there is none */
/* How many are due at now_ms (at_ms <= now_ms). O(that many). */
uint64_t deadlines_due(const struct deadlines *d, int64_t now_ms);
/* Of at most DEADLINES_SCANNED exactly. Of more, false also when the latest were taken out or moved
 * forward: then nobody knows without a walk, which would be too long to make for a question. */
#define DEADLINES_SCANNED 64
bool     deadlines_all_due(const struct deadlines *d, int64_t now_ms);
size_t   deadlines_bytes(const struct deadlines *d);
/* Moves segments and directory (mover.h); whoever moves an item calls deadlines_moved. Uses c->at. */
bool     deadlines_compact(struct deadlines *d, struct mover *m, struct move_cursor *c);
bool     deadlines_check(const struct deadlines *d);

#endif
