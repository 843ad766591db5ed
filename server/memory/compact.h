/* compact.h: compaction, known to users as active defragmentation: objects move out of sparse slabs
 * until these are empty and their pages go back to the system.
 *
 * A pass goes over the databases. In each of a database's two heaps it picks the slabs that the
 * others have room for (alloc.h, "Draining"), then
 *   1. moves the entries that it finds in them (core/relocate.h): a look-up for each object there;
 *   2. where what is left is worth it, at least a byte for each object of the heap, goes over all
 *      keys and moves what lies below them, each type in its own way (types/value.h);
 *   3. moves what the tables have in the slabs of their own heap;
 * and in the end gives the empty slabs' pages back at once, not by the decay of free pages.
 *
 * A pass begins when there is enough to be had: `active-defrag-ignore-bytes`, and
 * `active-defrag-threshold-lower` percent of what the heaps hold. Others follow while they get what
 * they are for, down to a tenth of both. What a pass could not free (it is pinned by a type or a moment)
 * does not begin another. And while much of the data is on its way out, which makes slabs sparse and
 * then empty by itself, or what is to be had grows from one look to the next, as somebody is deleting,
 * a pass waits for that to be over, for COMPACT_PATIENCE_US at most. Work is done in slices of
 * COMPACT_SLICE_US, or of COMPACT_BUSY_US, as often as `active-defrag-cycle-min` to `-max` percent of the
 * processor allow, by how much there is to be had up to `active-defrag-threshold-upper`. When there is
 * nothing to do a question is asked ten times a second: a few loads for each size class.
 *
 * Safe beside everything that happens between slices: cursors of SCAN are of buckets, clients that
 * wait hold copies of keys, and a pass holds no address from one slice to the next but in what each
 * structure keeps right itself (ds/mover.h).
 * Locking: none; the engine thread. */
#ifndef ASHLAR_SERVER_MEMORY_COMPACT_H
#define ASHLAR_SERVER_MEMORY_COMPACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPACT_SLICE_US 200 /* then the step that is under way ends: within some 100 more */
#define COMPACT_BUSY_US  100 /* while commands wait for a slice to end */
#define COMPACT_PATIENCE_US 5000000 /* for what is on its way out anyway */

struct ash_heap;
struct compact;
struct config;
struct keyspace;

struct compact_status {
    unsigned running;        /* percent of the processor aimed at; 0: no pass under way */
    uint64_t passes;         /* finished */
    uint64_t hits, misses;   /* allocations moved; looked at and left where they were */
    uint64_t key_hits, key_misses; /* keys with something moved; without */
    uint64_t looked_up;      /* objects in sparse slabs that were looked up as keys */
    uint64_t bytes_moved;    /* as they were asked for */
    uint64_t bytes_returned; /* of slabs that a pass has emptied */
    uint64_t work_us;        /* spent in slices */
    uint64_t slice_us_max;   /* the longest of them */
    uint64_t over_us;        /* how long there has been enough to be had, in all */
    uint64_t over_since_us;  /* since when; 0: there is not */
    size_t   gain;           /* bytes to be had, as last asked */
};

struct compact *compact_new(struct ash_heap *heap, struct keyspace *ks, const struct config *config);
void            compact_free(struct compact **c);
/* Does a slice if one is due. now_us: monotonic. pending: bytes that background threads are about to
 * free. busy: commands keep coming. Returns when to call again. */
uint64_t        compact_tick(struct compact *c, uint64_t now_us, uint64_t pending, bool busy);
/* Begins a pass, whatever there is to be had and even if `activedefrag` is off; none if one is under
 * way. It goes on in compact_tick. */
void            compact_start(struct compact *c);
/* For whoever needs memory now: a pass begins if there is anything to be had, and is worked at for
 * max_us. Returns the bytes of slabs that became empty, 1 if none did yet; 0: there is nothing. */
size_t          compact_urgent(struct compact *c, uint64_t max_us);
/* A whole pass at once, for tests: stops everybody meanwhile. */
void            compact_whole(struct compact *c);
void            compact_read(const struct compact *c, struct compact_status *out);

#endif
