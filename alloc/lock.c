/* lock.c: see lock.h. The ranks a thread holds are bits of one thread-local word. */
#include "alloc/lock.h"
#include "alloc/assert.h"

#ifndef ASHLAR_PASSTHROUGH

#ifdef ASHLAR_DEBUG
static __thread unsigned held __attribute__((tls_model("initial-exec")));

static void rank_enter(enum lock_rank rank) {
    ASSERT(held >> rank == 0); /* nothing of this rank or above */
    held |= 1u << rank;
}

static void rank_leave(enum lock_rank rank) {
    ASSERT(held & (1u << rank));
    held &= ~(1u << rank);
}
#else
static void rank_enter(enum lock_rank rank) { (void)rank; }
static void rank_leave(enum lock_rank rank) { (void)rank; }
#endif

void lock_init(struct lock *l, enum lock_rank rank) {
    pthread_mutex_init(&l->mutex, NULL);
    l->rank = rank;
}

void lock_take_fork(struct lock *l) {
    int error = pthread_mutex_lock(&l->mutex);
    ASSERT(error == 0);
}

void lock_drop_fork(struct lock *l) {
    int error = pthread_mutex_unlock(&l->mutex);
    ASSERT(error == 0);
}

void lock_take(struct lock *l) {
    rank_enter(l->rank);
    lock_take_fork(l);
}

void lock_drop(struct lock *l) {
    lock_drop_fork(l);
    rank_leave(l->rank);
}

#endif
