/* xorshift.h: random numbers that are the same in each run. Source: Marsaglia, "Xorshift RNGs", 2003. */
#ifndef ASHLAR_TESTS_SUPPORT_XORSHIFT_H
#define ASHLAR_TESTS_SUPPORT_XORSHIFT_H

#include <stdint.h>

#define XORSHIFT_SEED 88172645463325252u

static inline uint64_t xorshift(uint64_t *state) { /* never 0, as is *state */
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

#endif
