/* zipf.c: see zipf.h. A key is looked up among the sums, by halves. */
#include "tests/support/zipf.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/bytes.h"

void zipf_init(struct zipf *z, unsigned universe, double exponent) {
    double sum = 0;
    z->universe = universe;
    z->cumulated = must_alloc(universe * sizeof *z->cumulated);
    for (unsigned i = 0; i < universe; i++) z->cumulated[i] = sum += pow(i + 1, -exponent);
}

void zipf_fini(struct zipf *z) {
    free(z->cumulated);
    *z = (struct zipf){0};
}

unsigned zipf_key(const struct zipf *z, uint64_t random) {
    double   at = (double)(random >> 11) * 0x1p-53 * z->cumulated[z->universe - 1];
    unsigned low = 0, high = z->universe - 1;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (z->cumulated[mid] < at) low = mid + 1;
        else high = mid;
    }
    return low;
}
