/* clock.h: the engine's time, read once a loop turn and passed around, so that one command sees one
 * time and tests can set it. read is injected; clock_system() is the real one. */
#ifndef ASHLAR_SERVER_CORE_CLOCK_H
#define ASHLAR_SERVER_CORE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t  wall_us; /* Unix time, microseconds: what expiry is measured by */
    int64_t  wall_ms;
    uint64_t mono_us; /* monotonic: what durations are measured by */
    void   (*read)(struct clock *c);
};

void     clock_init(struct clock *c, void (*read)(struct clock *c)); /* NULL: the system's */
void     clock_update(struct clock *c);
/* Milliseconds of the monotonic clock: for ages and delays, which a wall clock that is set would upset. */
static inline int64_t clock_mono_ms(const struct clock *c) { return (int64_t)(c->mono_us / 1000); }
void     clock_system(struct clock *c);
uint64_t clock_mono_us(void); /* now, for measuring */
uint64_t clock_thread_us(void); /* what the calling thread has had of the processor; a system call */

/* A stamp for timing single commands: monotonic microseconds from a zero of its own, cheaper than
 * clock_mono_us() where the processor's counter may be used. Only differences mean anything. */
uint64_t clock_stamp_us(void);
/* "tsc" or "clock_gettime": what clock_stamp_us reads. */
const char *clock_stamp_source(void);

#endif
