/* reclaim.h: maxmemory-rss: keeping resident memory under a limit by a ladder, from what costs nobody
 * anything to what costs users their keys. It stops at the first rung that suffices.
 *
 *   rung      what it does                                               what its bytes count
 *   purge     free pages go back to the system                           returned, whoever freed them
 *   caches    empty slabs, parked blocks, thread caches become pages     pages that are free for it
 *   shrink    idle clients' buffers and half empty tables give way       used memory
 *   compact   objects are moved out of sparse slabs (a hook)             as the hook says
 *   evict     keys go, by maxmemory-policy, and among about equals       keys and values that went
 *             those whose slab drains; each is purged after
 *
 * Over the limit it works until RSS is not, and a reserve of RECLAIM_MARGIN is there for what is stored
 * next, so that it does not begin anew with each command; a turn takes at most about RECLAIM_TURN_US of the engine's time, and rungs that brought
 * nothing wait RECLAIM_RETRY_US. RSS is the kernel's figure. It is read at most once a millisecond, and
 * only when it is due; in between it is taken to move as the allocator's resident pages do.
 *
 * A command that may need memory is refused (OOM) only when RSS is over the limit, every rung has been
 * climbed in vain, and nothing is on its way out.
 *
 * Locking: the engine thread. Ownership: reclaim_new/reclaim_free. */
#ifndef ASHLAR_SERVER_MEMORY_RECLAIM_H
#define ASHLAR_SERVER_MEMORY_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct reclaim;

#define RECLAIM_TURN_US  500
#define RECLAIM_RETRY_US 1000000
#define RECLAIM_MARGIN   256 /* the reserve is one part in this many of the limit */

enum reclaim_rung {
    RECLAIM_PURGE, RECLAIM_CACHES, RECLAIM_SHRINK, RECLAIM_COMPACT, RECLAIM_EVICT, RECLAIM_RUNGS
};

/* What is not memory's own. Each takes about max_us at most and may be NULL, but for rss. */
struct reclaim_hooks {
    void   *arg;
    size_t (*rss)(void); /* resident bytes of the process */
    /* Idle clients' buffers: what it can within the time. Only from reclaim_tick(). */
    void   (*shrink)(void *arg, uint64_t max_us);
    /* reclaim_tick() is wanted soon: some of the work is only done there. */
    void   (*soon)(void *arg);
    /* Bytes of pages made free, or 1 where it is on its way to that; 0: nothing to be had now. */
    size_t (*compact)(void *arg, uint64_t max_us);
};

struct reclaim_status {
    uint64_t limit, rss; /* rss: as last read */
    bool     active;     /* over the limit, or still without the reserve */
    bool     vain;       /* every rung has been climbed, and RSS is over the limit all the same */
    uint64_t evicted_keys, refused;
    struct {
        bool     available;
        uint64_t runs, bytes, us; /* us: of the engine's time */
    } rung[RECLAIM_RUNGS];
};

struct reclaim *reclaim_new(struct engine *e, const struct reclaim_hooks *hooks);
void            reclaim_free(struct reclaim **r);
/* The limit is another: e->config->maxmemory_rss. Puts reclaim_make_room into e->rss_room, or takes it
 * out when there is no limit. */
void            reclaim_limit(struct reclaim *r);
/* Before a command that may need memory, where there is a limit. weighty: it may be much. False: the
 * command is to be refused. */
bool            reclaim_make_room(struct engine *e, bool weighty);
/* From the cron, where no command is running. Milliseconds until it should come again: 0, at once, while
 * RSS is far over the limit and turns help; RECLAIM_IDLE: there is no hurry. */
#define RECLAIM_IDLE INT64_MAX
int64_t         reclaim_tick(struct reclaim *r);
void            reclaim_read(const struct reclaim *r, struct reclaim_status *out);
void            reclaim_reset_stats(struct reclaim *r);
const char     *reclaim_rung_name(enum reclaim_rung rung);

#endif
