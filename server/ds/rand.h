/* rand.h: a small fast generator (xoshiro256**, Blackman and Vigna), passed in so tests can replay. */
#ifndef ASHLAR_SERVER_DS_RAND_H
#define ASHLAR_SERVER_DS_RAND_H

#include <stdint.h>

struct rand { uint64_t s[4]; };

void     rand_seed(struct rand *r, uint64_t seed);
uint64_t rand_next(struct rand *r);
uint64_t rand_below(struct rand *r, uint64_t n); /* uniform in [0, n); n > 0 */

#endif
