/* drop.h: arenas of dropped heaps, on their way to become spares.
 *
 * Dropping a heap touches each of its slabs, some 30,000 for a GB: the caller only says so here, in
 * a time that does not depend on the heap's size, and the purger takes the arenas apart in bounded
 * steps. Where there is no purger the caller does it all, and where it does not keep up, a share.
 *
 *   D1  an arena's `dropping` (arena.h) is set before it is put in the list; who meets it
 *       there cleared takes it off.
 * Locking: LOCK_HEAPS guards the list; a step works under the arena's lock alone. */
#ifndef ASHLAR_ALLOC_DROP_H
#define ASHLAR_ALLOC_DROP_H

#include <stdbool.h>
#include <stdint.h>

#define DROP_WAITING_MAX 16 /* arenas; a caller who drops more takes part in the work */

struct arena;

/* Every object in a is free from here on. Nobody else may be using it. Purged at once in the end. */
void drop_put(struct arena *a);
/* Takes arenas apart, one after the other, until the clock says so. True: there is more. */
bool drop_step(uint64_t deadline_us);
bool drop_is_due(void);

#endif
