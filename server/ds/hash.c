/* hash.c: XXH3 over a key, with a secret only this process knows.
 *
 * A full 192-byte secret rather than a 64-bit seed: the seed only perturbs XXH3's public secret,
 * and multiplications by known constants can be steered; by unknown ones they cannot. xxhash is
 * compiled in (XXH_INLINE_ALL) because everyday keys are 10 to 30 bytes, where the call would cost
 * as much as the hash.
 *
 * Until hash_secret_set is called the built-in secret below is in force: fine for tests that
 * replay, wrong for a server. */
#include "server/ds/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static_assert(HASH_SECRET_SIZE >= XXH3_SECRET_SIZE_MIN, "XXH3 refuses shorter secrets");

static unsigned char secret[HASH_SECRET_SIZE + 1] =
    "q8Zr3LwVx0T7hYdKc2MnB5sJf9GaPe1UoRi6XtWkHv4NzQyCbDmSjEgFpAuOlI-q"
    "W2e4R6t8Y0u1I3o5P7a9S-d+F=g/H?j!K@l#Z%x^C&v*B(n)M_qAzWsXeDcRfVtG"
    "bYhNuJmIkOlP0q9w8e7r6t5y4u3i2o1p-ZaQxSwCdEvFrBgTnHyMjUkLiOp+M=n/";

void hash_secret_set(const unsigned char bytes[HASH_SECRET_SIZE]) {
    memcpy(secret, bytes, HASH_SECRET_SIZE);
}

uint64_t hash_public(struct slice s) { return XXH3_64bits(s.p, s.len); }

uint64_t hash_of(struct slice s) {
    return XXH3_64bits_withSecret(s.p, s.len, secret, HASH_SECRET_SIZE);
}
