/* cron.h: what is done from time to time, `hz` times a second, in slices that no client notices.
 *
 * A tick is at most a millisecond or two of work, each part bounded by a count or a time: active expiry
 * by CRON_EXPIRE_US, clients so many a tick, memory freed by other threads by CRON_COLLECT_US. While such
 * memory comes back, more is due to expire, or a pause is about to end, ticks come sooner.
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
};

void    cron_init(struct cron *c, struct engine *engine, struct loop *loop);
/* Does what is due; arg is the struct cron. Returns milliseconds until the next call. */
int64_t cron_tick(void *arg);

#endif
