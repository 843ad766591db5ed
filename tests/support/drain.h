/* drain.h: what is live in the slabs that are being drained, for tests: the next of it, however many calls
 * that takes. */
#ifndef ASHLAR_TESTS_SUPPORT_DRAIN_H
#define ASHLAR_TESTS_SUPPORT_DRAIN_H

#include "alloc/alloc.h"

/* How many; 0: all have been looked through. */
static inline unsigned drain_run(struct ash_heap *heap, void *objects[ASH_DRAIN_RUN], size_t *slot_size) {
    unsigned count = 0;
    while (count == 0 && ash_drain_next(heap, objects, &count, slot_size)) continue;
    return count;
}

#endif
