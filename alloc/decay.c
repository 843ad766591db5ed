/* decay.c: how many dirty pages an arena may keep, as a function of time.
 *
 * Pages freed in a burst go back to the OS along an S-curve over `ms`, so a burst of frees never
 * becomes a burst of madvise(). We count bytes in DECAY_STEPS time steps instead of stamping each
 * extent: a tick costs DECAY_STEPS multiplies, whatever the heap size.
 *
 * Pure arithmetic. No lock, clock or syscall: the caller passes now_ms and does the purging, so
 * tests/unit/alloc/decay_test.c plays an hour in a microsecond.
 *
 * Start reading at decay_tick(). Tried and dropped: exponential decay, which never reaches zero. */
#include "alloc/decay.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

void decay_init(struct decay *d, int64_t ms, uint64_t now_ms) {
    *d = (struct decay){.ms = ms, .epoch_ms = now_ms};
}

uint64_t decay_step_ms(int64_t ms) {
    uint64_t step = ms > 0 ? (uint64_t)ms / DECAY_STEPS : 1;
    return step > 0 ? step : 1;
}

/* 1 - smootherstep(age / DECAY_STEPS), in 1/65536ths: 65536 for the newest, 0 at full age. */
static size_t share_kept(unsigned age) {
    double t = (double)age / DECAY_STEPS;
    return (size_t)(65536.0 * (1.0 - t * t * t * (t * (6.0 * t - 15.0) + 10.0)));
}

static size_t limit_now(const struct decay *d) {
    size_t limit = 0;
    for (unsigned age = 0; age < DECAY_STEPS; age++) {
        size_t bytes = d->steps[(d->newest + DECAY_STEPS - age) % DECAY_STEPS];
        if (bytes != 0) limit += bytes / 65536 * share_kept(age) +
                                 bytes % 65536 * share_kept(age) / 65536;
    }
    return limit;
}

static void steps_advance(struct decay *d, uint64_t count) {
    if (count >= DECAY_STEPS) {
        memset(d->steps, 0, sizeof d->steps);
        return;
    }
    while (count-- > 0) {
        d->newest = (d->newest + 1) % DECAY_STEPS;
        d->steps[d->newest] = 0;
    }
}

bool decay_tick(struct decay *d, uint64_t now_ms, size_t current, size_t *limit) {
    if (d->ms < 0) return false;
    *limit = 0;
    if (d->ms == 0) return current > 0;
    uint64_t step = decay_step_ms(d->ms);
    if (now_ms < d->epoch_ms + step) return false;
    uint64_t passed = (now_ms - d->epoch_ms) / step;
    d->epoch_ms += passed * step;
    steps_advance(d, passed);
    if (current > d->seen) d->steps[d->newest] = current - d->seen;
    *limit = limit_now(d);
    d->seen = current;
    return true;
}

/* Space that was reused and freed again, up to the limit, does not count as new. */
void decay_settle(struct decay *d, size_t limit, size_t remaining) {
    d->seen = limit > remaining ? limit : remaining;
}

#endif
