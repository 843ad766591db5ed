/* lru.h: an ideal LRU to compare caches with: of `universe` keys it holds the `room` used last.
 *
 * Keys are numbers below universe. Locking: none. Ownership: lru_init/lru_fini. */
#ifndef ASHLAR_TESTS_SUPPORT_LRU_H
#define ASHLAR_TESTS_SUPPORT_LRU_H

#include <stdbool.h>

struct lru {
    unsigned  universe, room, held; /* room > 0 */
    unsigned *prev, *next; /* in the order of use; `universe` is the head; prev of a key not held is itself */
};

void lru_init(struct lru *l, unsigned universe, unsigned room);
void lru_fini(struct lru *l);
/* Uses a key, storing it if it is not held. True: it was. *gone: the key that had to go, or universe. */
bool lru_use(struct lru *l, unsigned key, unsigned *gone);

#endif
