/* lazyfree.h: what is big is freed on the BIO thread, in O(1) for the engine.
 *
 * Decides for every entry that leaves the keyspace: small ones (fewer than LAZYFREE_EFFORT frees, and
 * few bytes) at once, others through the free queue, by the reason and the lazyfree-lazy-* options.
 * Counters are readable at any time. Engine thread submits; the free itself runs on BIO. */
#ifndef ASHLAR_SERVER_MEMORY_LAZYFREE_H
#define ASHLAR_SERVER_MEMORY_LAZYFREE_H

#include "server/core/keyspace.h"

struct bio;
struct config;
struct lazyfree;

#define LAZYFREE_EFFORT 64         /* as Redis's LAZYFREE_THRESHOLD */
#define LAZYFREE_BYTES  (64 * 1024)

struct lazyfree *lazyfree_new(struct ash_heap *heap, struct bio *bio, const struct config *config);
void             lazyfree_free(struct lazyfree **l);
/* The keyspace's hooks; arg is the struct lazyfree. */
void lazyfree_discard(void *arg, struct entry *e, enum discard_reason why);
bool lazyfree_drop(void *arg, struct ash_heap *dataset, struct ash_heap *tables, uint64_t keys, bool lazy);

uint64_t lazyfree_pending_objects(const struct lazyfree *l);
uint64_t lazyfree_freed_objects(const struct lazyfree *l);
void     lazyfree_reset_stats(struct lazyfree *l);

#endif
