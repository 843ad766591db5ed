/* lock.h: mutexes that are always taken in one order.
 *
 * Each lock has a rank; a thread may only take one whose rank is above all it holds. Debug builds
 * assert that, so a possible deadlock fails in the first test that walks the path, not in the one
 * run in a million that meets itself. Locks of equal rank are never held together, save by
 * lock_take_fork(), which is how fork stops all of them. */
#ifndef ASHLAR_ALLOC_LOCK_H
#define ASHLAR_ALLOC_LOCK_H

#include "alloc/counter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum lock_rank {        /* taken in this order */
    LOCK_QUARANTINE,    /* debug builds: freed objects on their way out */
    LOCK_HEAPS,         /* the list of heaps; which thread is bound to which arena */
    LOCK_ARENA,         /* whoever works in an arena and isn't its owner */
    LOCK_PAGES,         /* an arena's page cache */
    LOCK_BASE,          /* metadata */
    LOCK_PURGER,        /* the purger's sleep and its settings */
};

/* What has happened at a lock. Written by its holder but for `waiting`, read by anyone. A lock that
 * is free costs a compare and two plain adds; a clock is only read by who has to wait. */
struct lock_stats {
    struct counter ops;       /* times taken */
    struct counter waits;     /* of these, not at the first try */
    struct counter switches;  /* taken by another thread than the last */
    struct counter wait_ns, wait_ns_max;
    _Atomic uint32_t waiting; /* threads, now */
    uint32_t         waiting_max;
    const void      *last;    /* thread */
};

struct lock {
    pthread_mutex_t   mutex;
    enum lock_rank    rank;
    struct lock_stats stats;
};

#define LOCK_INIT(rank_) { .mutex = PTHREAD_MUTEX_INITIALIZER, .rank = (rank_) }

/* From 0 again. Takes the lock. */
void lock_stats_reset(struct lock *l);
void lock_init(struct lock *l, enum lock_rank rank);
void lock_take(struct lock *l);
void lock_drop(struct lock *l);
/* As lock_take, without the order: the caller takes every lock there is, rank by rank. */
void lock_take_fork(struct lock *l);
void lock_drop_fork(struct lock *l);

#endif
