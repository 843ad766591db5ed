/* giveback.h: RSS follows used memory: what is waiting to go back to the system, for how long it has,
 * and what hurries it.
 *
 * Waiting is what has been freed and is resident still, wherever it is on its way: pages that a purge
 * would return at once (free ones, dirty or muzzy, and parked large objects), slots that other threads
 * have freed and the owner has not taken back, and what the free queue holds.
 *
 * The lag is for how long, up to now and without a break, more than the floor has been waiting: the
 * larger of GIVEBACK_FLOOR and a hundredth of what is resident. 0: it is not so now. So it says how long
 * ago the oldest part of that was freed, at least; memory that is freed and used again all the time is
 * not late, but what is never used of it is. It is sampled, and exact to GIVEBACK_EVERY_US.
 *
 * Pages of the databases' heaps go back on a curve over rss-return-target-ms, by the wall clock and on
 * the allocator's own thread. When GIVEBACK_HURRY bytes have come out of the free queue (UNLINK and DEL
 * of something big, values overwritten, expired, evicted), and it has run dry, they go at once; FLUSHALL
 * needs no such help, as dropped heaps are purged by themselves.
 *
 * Locking: the engine thread. Ownership: giveback_new/giveback_free. */
#ifndef ASHLAR_SERVER_MEMORY_GIVEBACK_H
#define ASHLAR_SERVER_MEMORY_GIVEBACK_H

#include <stddef.h>
#include <stdint.h>

struct engine;
struct giveback;

#define GIVEBACK_EVERY_US 100000
#define GIVEBACK_FLOOR    ((size_t)1 << 20)
#define GIVEBACK_HURRY    ((uint64_t)16 << 20)

struct giveback_status {
    uint64_t waiting; /* bytes, as last sampled */
    uint64_t lag_ms;
    uint64_t hurried; /* times, since the start */
};

/* e: its keyspace, bio and config are read at each tick, not before. */
struct giveback *giveback_new(struct engine *e);
void             giveback_free(struct giveback **g);
/* Samples when it is time. From the cron, at any rate. */
void             giveback_tick(struct giveback *g, uint64_t now_us);
void             giveback_read(const struct giveback *g, uint64_t now_us, struct giveback_status *out);

#endif
