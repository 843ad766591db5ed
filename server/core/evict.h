/* evict.h: keeping used memory under maxmemory, by the eight policies.
 *
 * Victims are found as Redis finds them: some keys are sampled, the best candidates ever seen are
 * remembered in a small pool, and the best of the pool goes. Bytes that are already on their way
 * out (the free queue) are not evicted for.
 *
 * Locking: none; the engine thread alone. The pool is made when first needed and kept in the
 * engine. */
#ifndef ASHLAR_SERVER_CORE_EVICT_H
#define ASHLAR_SERVER_CORE_EVICT_H

#include <stdbool.h>
#include <stddef.h>

struct engine;
struct evict;

/* Called when maxmemory is set and ash_used() is above it. Evicts for as long as the tenacity
 * setting allows. True: within the limit, or on the way there, so the command may run; false: OOM.
 * */
bool evict_make_room(struct engine *e);
/* At the end; NULL inside is ignored. */
void evict_free(struct evict **e);

#endif
