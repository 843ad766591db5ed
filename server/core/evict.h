/* evict.h: keeping used memory under maxmemory, and making pages free for maxmemory-rss, by the eight
 * policies. Which key goes is victim.h's.
 *
 * Bytes that are already on their way out (the free queue) are not evicted for.
 *
 * Locking: none; the engine thread alone. The pools of candidates are made when first needed and kept
 * in the engine. */
#ifndef ASHLAR_SERVER_CORE_EVICT_H
#define ASHLAR_SERVER_CORE_EVICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct evict;

/* Evicts while ash_used() is above maxmemory, for as long as the tenacity setting allows. True: within the
 * limit, or on the way there, so the command may run; false: OOM. */
bool evict_make_room(struct engine *e);

struct evict_gain {
    uint64_t keys, bytes; /* gone, and what they and their values took */
};
/* Evicts keys of `bytes` in all, for at most max_us, preferring those whose slabs drain, and adds to
 * *gain. False: the policy has nothing more that may go. */
bool evict_for_pages(struct engine *e, uint64_t bytes, uint64_t max_us, struct evict_gain *gain);
/* At the end; NULL inside is ignored. */
void evict_free(struct evict **e);

#endif
