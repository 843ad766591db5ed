/* victim.h: which key goes next, by the eviction policies: some keys are sampled, the best candidates
 * ever seen are remembered in a small pool, and the best of the pool goes.
 *
 * Two orders. EXACT is Redis's: the longest idle, the least used, the soonest to expire, or any. PAGES
 * is for resident memory: among candidates that are about equal by that (idle times within a quarter of
 * each other, or a few seconds) the one with whose end most pages become free, which is the one whose
 * slab has the fewest live objects left; so the larger of two equals tends to go, since few of them fill
 * a slab. An order has a pool of its own.
 *
 *   V1  a pool's candidates ascend by score; there are at most VICTIM_POOL.
 *   V2  a candidate that has been used since it was sampled is not taken: it is no longer what it was.
 * Locking: none; the engine thread alone. Ownership: victims_new/_free; a victim is borrowed until the
 * keyspace changes. */
#ifndef ASHLAR_SERVER_CORE_VICTIM_H
#define ASHLAR_SERVER_CORE_VICTIM_H

#include <stdbool.h>
#include <stdint.h>

struct ash_heap;
struct db;
struct entry;
struct keyspace;
struct victims;

#define VICTIM_POOL 16 /* as Redis's EVPOOL_SIZE */
#define VICTIM_SAMPLES_MAX 64 /* maxmemory-samples: so many keys at least are looked at each time */

enum victim_order { VICTIM_EXACT, VICTIM_PAGES };

struct victim {
    struct db    *db;
    struct entry *entry; /* NULL: there is nothing left that may go */
    uint64_t      hash;
};

struct victims *victims_new(struct ash_heap *heap, enum victim_order order);
void            victims_free(struct victims **v);
/* policy: enum config_policy, not noeviction. samples: keys looked at in each database. */
struct victim   victims_pick(struct victims *v, struct keyspace *ks, int policy, unsigned samples);
bool            victims_check(const struct victims *v);

#endif
