/* cron.h: what is done from time to time, `hz` times a second, in slices that no client notices.
 *
 * A tick is at most a millisecond of work. Clients are looked at so many a tick; what may take long is
 * done in slices bounded by a time (active expiry by CRON_EXPIRE_US, eviction by its tenacity, taking
 * back what other threads have freed by CRON_COLLECT_US, compaction by its own), one after the other
 * until CRON_ROUND_US are over: the next tick, a millisecond later, begins with the one whose turn it
 * would have been. While there is more to do, or a pause is about to end, ticks come sooner.
 * Locking: none; the engine thread alone. */
#ifndef ASHLAR_SERVER_CRON_H
#define ASHLAR_SERVER_CRON_H

#include <stdint.h>

struct engine;
struct loop;

struct cron {
    struct engine *engine;
    struct loop   *loop;
    int64_t        hz;        /* in force: `hz`, or more with many clients (dynamic-hz) */
    uint64_t       due_us;    /* monotonic: when the periodic parts are next due */
    uint64_t       sample_us; /* and the sampling of rates and memory */
    uint64_t       keys_us, fields_us; /* and active expiry; UINT64_MAX: with the periodic parts */
    uint64_t       commands;  /* processed, at the tick before */
    unsigned       first;     /* the slice that the next tick begins with */
};

void    cron_init(struct cron *c, struct engine *engine, struct loop *loop);
/* Does what is due; arg is the struct cron. Returns milliseconds until the next call. */
int64_t cron_tick(void *arg);

#endif
