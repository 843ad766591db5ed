/* lazyfree.h: what is big is freed on the BIO thread, in O(1) for the engine.
 *
 * Decides for every entry that leaves the keyspace: small ones (fewer than LAZYFREE_EFFORT frees, and
 * fewer bytes than lazyfree-large-bytes) at once, others through the free queue, by the reason and
 * the lazyfree-lazy-* options. How many bytes a job will give back is known exactly when it is
 * queued: entries and heaps count what they hold.
 *
 * Locking: the engine thread submits; the free itself runs on BIO. What lazyfree_read() reports is
 * kept in atomics. */
#ifndef ASHLAR_SERVER_MEMORY_LAZYFREE_H
#define ASHLAR_SERVER_MEMORY_LAZYFREE_H

#include "server/core/keyspace.h"

struct bio;
struct config;
struct lazyfree;

#define LAZYFREE_EFFORT 64 /* as Redis's LAZYFREE_THRESHOLD */

struct lazyfree *lazyfree_new(struct ash_heap *heap, struct bio *bio, const struct config *config);
void             lazyfree_free(struct lazyfree **l);
/* The keyspace's hooks; arg is the struct lazyfree. */
void lazyfree_discard(void *arg, struct entry *e, enum discard_reason why);
bool lazyfree_drop(void *arg, struct ash_heap *dataset, struct ash_heap *tables, uint64_t keys, bool lazy);

uint64_t lazyfree_pending_objects(const struct lazyfree *l);

struct lazyfree_status {
    uint64_t pending_objects, pending_bytes; /* on their way out; still in used_memory */
    uint64_t freed_objects, freed_bytes;     /* since the last CONFIG RESETSTAT */
    uint64_t bytes_per_sec;                  /* of the thread's own time, lately; 0: not known yet */
    uint64_t eta_ms;                         /* until nothing is pending, at that speed */
};
void lazyfree_read(const struct lazyfree *l, struct lazyfree_status *out);
void lazyfree_reset_stats(struct lazyfree *l);
/* Some ten times a second: how fast it is. */
void lazyfree_sample(struct lazyfree *l);

#endif
