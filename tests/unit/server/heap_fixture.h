/* heap_fixture.h: what a case about a structure begins with: an empty heap of its own, and random numbers. It
 * leaves the heap empty: nothing leaked, all frees sized right. */
#ifndef ASHLAR_TESTS_UNIT_SERVER_HEAP_FIXTURE_H
#define ASHLAR_TESTS_UNIT_SERVER_HEAP_FIXTURE_H

#include "alloc/alloc.h"
#include "server/ds/rand.h"

static struct ash_heap *heap;
static struct rand      rng;

static int heap_set_up(uint64_t seed) {
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    rand_seed(&rng, seed);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    size_t used = ash_heap_used(heap);
    ash_heap_drop(&heap);
    return used == 0 ? 0 : -1;
}

#endif
