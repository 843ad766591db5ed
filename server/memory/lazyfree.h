/* lazyfree.h: what is big is freed on the BIO thread, in O(1) for the engine.
 *
 * Decides for every entry that leaves the keyspace: small ones (fewer than LAZYFREE_EFFORT frees, and
 * fewer bytes than lazyfree-large-bytes) at once, others through the free queue, by the reason and
 * the lazyfree-lazy-* options. How many bytes a job will give back is known exactly when it is
 * queued: entries and heaps count what they hold. The unsent output of a closed client, and the result
 * of a union that was only shown, go the same way.
 *
 * What is not sent there is a single block of whatever size that is nobody's value: a client's query
 * buffer, an array of arguments, a segment of a table that shrinks. The allocator frees a block in one
 * step, its pages being its purger's business: 0.05 us for 64 KiB, 2 us for 256 MiB, 10 at worst, where a
 * job costs one to five.
 *
 * When jobs come faster than they are done: behind LAZYFREE_QUEUE_MAX of them, what takes fewer than
 * LAZYFREE_LONG frees is freed where it is met, some tenths of a millisecond at most, so whoever makes
 * the jobs pays for them; only what takes longer is still queued, up to BIO_QUEUE_MAX. Order is kept and
 * what is queued counts as used memory until it is free.
 *
 * Locking: the engine thread submits; the free itself runs on BIO. What lazyfree_read() reports is
 * kept in atomics. */
#ifndef ASHLAR_SERVER_MEMORY_LAZYFREE_H
#define ASHLAR_SERVER_MEMORY_LAZYFREE_H

#include "server/core/keyspace.h"

struct bio;
struct config;
struct lazyfree;
struct outbuf;

#define LAZYFREE_EFFORT    64 /* as Redis's LAZYFREE_THRESHOLD */
#define LAZYFREE_LONG      4096
#define LAZYFREE_QUEUE_MAX 65536

struct lazyfree *lazyfree_new(struct ash_heap *heap, struct bio *bio, const struct config *config);
void             lazyfree_free(struct lazyfree **l);
/* The keyspace's hooks; arg is the struct lazyfree. */
void lazyfree_discard(void *arg, struct entry *e, enum discard_reason why);
bool lazyfree_drop(void *arg, struct ash_heap *dataset, struct ash_heap *tables, uint64_t keys, bool lazy);
bool lazyfree_drop_keys(void *arg, const struct db_tables *t);

/* Frees what is in it, here or there; it is empty and usable after. */
void lazyfree_output(struct lazyfree *l, struct outbuf *out);

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
