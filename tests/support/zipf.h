/* zipf.h: keys of a cache's load: the i-th most wanted of `universe` keys is wanted 1 / i^exponent as often
 * as the first. Key 0 is the most wanted.
 *
 * Locking: none. Ownership: zipf_init/zipf_fini. */
#ifndef ASHLAR_TESTS_SUPPORT_ZIPF_H
#define ASHLAR_TESTS_SUPPORT_ZIPF_H

#include <stdint.h>

struct zipf {
    unsigned universe;
    double  *cumulated; /* how often a key up to this one is wanted */
};

void     zipf_init(struct zipf *z, unsigned universe, double exponent);
void     zipf_fini(struct zipf *z);
unsigned zipf_key(const struct zipf *z, uint64_t random); /* of 64 random bits */

#endif
