/* sample.h: n distinct elements out of a walk over all of them, each subset equally likely.
 *
 * Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): one pass, no memory, whatever the encoding.
 * The order is the walk's. O(size): for a few out of a very large container the caller may rather
 * draw one by one. */
#ifndef ASHLAR_SERVER_COMMANDS_SAMPLE_H
#define ASHLAR_SERVER_COMMANDS_SAMPLE_H

#include <stdbool.h>

#include "server/ds/rand.h"

struct sample {
    uint64_t     wanted, left; /* still to take; still to come */
    struct rand *rand;
};

static inline struct sample sample_init(uint64_t wanted, uint64_t size, struct rand *rand) {
    return (struct sample){wanted < size ? wanted : size, size, rand};
}
/* Asked once for each element of the walk: is it in the sample? */
static inline bool sample_take(struct sample *s) {
    bool take = s->left > 0 && rand_below(s->rand, s->left) < s->wanted;
    if (s->left > 0) s->left--;
    if (take) s->wanted--;
    return take;
}

#endif
