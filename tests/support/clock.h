/* clock.h: milliseconds, for tools that measure how long a server takes. */
#ifndef ASHLAR_TESTS_SUPPORT_CLOCK_H
#define ASHLAR_TESTS_SUPPORT_CLOCK_H

#include <time.h>

static inline double clock_ms(void) { /* monotonic */
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static inline void clock_sleep_ms(double ms) {
    if (ms <= 0) return;
    struct timespec t = {(time_t)(ms / 1e3), (long)((ms - 1e3 * (double)(time_t)(ms / 1e3)) * 1e6)};
    nanosleep(&t, NULL);
}

#endif
