/* meter.h: how many bytes the calling thread has allocated and freed: slots through the malloc
 * family, and large objects of any heap.
 *
 * What goes through the thread's cache is not counted here but known from the cache's counters, so
 * that malloc and free need not count it: allocated is `allocated` and what the stacks handed out.
 * But who asks for a pointer to the count, or for the peak, is counted exactly from then on: his
 * ways to the cache are closed (thread_cache is tcache_none), the slow path has them go on in
 * the cache that he has, and counts each. So nobody else pays for it.
 *
 *   N1  while exact, allocated and freed are all there is, and through_cache is 0.
 *   N2  allocated - freed + through_cache <= high: what the thread has, with what lies in its cache
 *       unless exact. So before the first question the peak is too high by TCACHE_BYTES at most.
 * Locking: each thread's own. */
#ifndef ASHLAR_ALLOC_METER_H
#define ASHLAR_ALLOC_METER_H

#include "alloc/sizes.h"
#include "alloc/thread.h"

#include <stdbool.h>
#include <stdint.h>

struct meter {
    uint64_t allocated, freed;
    int64_t  through_cache; /* bytes of slots brought into the thread's cache, less those flushed */
    int64_t  high, base;    /* the most that there was; what there was when that was reset */
    bool     exact;
};
extern __thread struct meter thread_meter TLS_FAST ALLOC_INNER;

/* What the thread has in N2's sense. */
static inline int64_t meter_held(void) {
    return (int64_t)(thread_meter.allocated - thread_meter.freed) + thread_meter.through_cache;
}

static inline void meter_raise(void) {
    if (meter_held() > thread_meter.high) thread_meter.high = meter_held();
}

static inline void meter_took(size_t bytes) {
    thread_meter.allocated += bytes;
    meter_raise();
}

static inline void meter_gave(size_t bytes) { thread_meter.freed += bytes; }

/* Bytes came into the thread's own cache, or (negative) went out of it. */
static inline void meter_cached(ptrdiff_t bytes) {
    if (thread_meter.exact) return;
    thread_meter.through_cache += bytes;
    meter_raise();
}

/* Counts exactly from now on. */
void meter_start(void);

struct meter_bytes {
    uint64_t allocated, freed;
};
struct meter_bytes meter_bytes(void);

/* The most that allocated - freed has been since meter_peak_reset(), or ever. Starts the meter. */
uint64_t meter_peak(void);
void     meter_peak_reset(void);

#endif
