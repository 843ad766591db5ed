/* rand.c: xoshiro256**, seeded through splitmix64 as its authors advise, so that close seeds give
 * unrelated streams and no seed gives the all-zero state. Not for secrets: those come from the OS.
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018; Lemire,
 * "Fast random integer generation in an interval", 2019. */
#include "server/ds/rand.h"

#include "alloc/assert.h"

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void rand_seed(struct rand *r, uint64_t seed) {
    for (int i = 0; i < 4; i++) r->s[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

uint64_t rand_next(struct rand *r) {
    uint64_t *s = r->s, out = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return out;
}

/* The high half of x * n is below n; the few x whose low half would make some results likelier
 * than others are drawn again (with probability below n / 2^64). */
uint64_t rand_below(struct rand *r, uint64_t n) {
    ASSERT(n > 0);
    unsigned __int128 wide = (unsigned __int128)rand_next(r) * n;
    if (ASH_UNLIKELY((uint64_t)wide < n)) {
        uint64_t floor = -n % n;
        while ((uint64_t)wide < floor) wide = (unsigned __int128)rand_next(r) * n;
    }
    return (uint64_t)(wide >> 64);
}
