/* lru.c: see lru.h. A ring in the order of use: the key after the head was used last. */
#include "tests/support/lru.h"

#include <stdlib.h>

#include "tests/support/bytes.h"

void lru_init(struct lru *l, unsigned universe, unsigned room) {
    *l = (struct lru){.universe = universe, .room = room};
    l->prev = must_alloc((universe + 1) * sizeof *l->prev);
    l->next = must_alloc((universe + 1) * sizeof *l->next);
    for (unsigned i = 0; i <= universe; i++) l->prev[i] = l->next[i] = i;
}

void lru_fini(struct lru *l) {
    free(l->prev);
    free(l->next);
    *l = (struct lru){0};
}

static void leave(struct lru *l, unsigned key) {
    l->next[l->prev[key]] = l->next[key];
    l->prev[l->next[key]] = l->prev[key];
    l->prev[key] = l->next[key] = key;
}

bool lru_use(struct lru *l, unsigned key, unsigned *gone) {
    bool there = l->prev[key] != key;
    *gone = l->universe;
    if (there) {
        leave(l, key);
    } else if (l->held == l->room) {
        *gone = l->prev[l->universe];
        leave(l, *gone);
    } else {
        l->held++;
    }
    l->next[key] = l->next[l->universe], l->prev[key] = l->universe;
    l->prev[l->next[key]] = key, l->next[l->universe] = key;
    return there;
}
