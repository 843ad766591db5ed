/* meter.c: see meter.h. Start at meter_start(). */
#include "alloc/meter.h"
#include "alloc/tcache.h"

#ifndef ASHLAR_PASSTHROUGH

__thread struct meter thread_meter TLS_FAST;

struct meter_bytes meter_bytes(void) {
    struct meter_bytes sum = {thread_meter.allocated, thread_meter.freed};
    const struct tcache *t = thread_meter.exact ? NULL : thread_cache_own();
    if (t != NULL) tcache_add_bytes(t, &sum);
    return sum;
}

/* What is known of the cache so far becomes our own count. */
void meter_start(void) {
    if (thread_meter.exact) return;
    struct meter_bytes so_far = meter_bytes();
    thread_cache_hide();
    thread_meter.allocated = so_far.allocated;
    thread_meter.freed = so_far.freed;
    thread_meter.through_cache = 0;
    thread_meter.exact = true;
    meter_raise();
}

uint64_t meter_peak(void) {
    meter_start();
    int64_t peak = thread_meter.high - thread_meter.base;
    return peak > 0 ? (uint64_t)peak : 0;
}

void meter_peak_reset(void) {
    meter_start();
    thread_meter.high = thread_meter.base = meter_held();
}

#endif
