/* lock.c: see lock.h. The ranks a thread holds are bits of one thread-local word. */
#include "alloc/lock.h"
#include "alloc/assert.h"
#include "alloc/os.h"
#include "alloc/thread.h"

#ifndef ASHLAR_PASSTHROUGH

#ifdef ASHLAR_DEBUG
static __thread unsigned held __attribute__((tls_model("initial-exec")));

static void rank_enter(enum lock_rank rank) {
    ASSERT(held >> rank == 0); /* nothing of this rank or above */
    /* Who wants the arena waits for the busy with both of these held. */
    ASSERT(rank > LOCK_ARENA || thread_gate.busy == 0);
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

/* Having waited, which began with `waiting` threads at it. */
static void count_wait(struct lock_stats *s, uint64_t since_us, uint32_t waiting) {
    size_t ns = (size_t)(os.now_us() - since_us) * 1000;
    counter_add(&s->waits, 1);
    counter_add(&s->wait_ns, ns);
    if (ns > counter_get(&s->wait_ns_max)) counter_set(&s->wait_ns_max, ns);
    if (waiting > s->waiting_max) __atomic_store_n(&s->waiting_max, waiting, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void wait_for(struct lock *l) {
    uint64_t since = os.now_us();
    uint32_t waiting = atomic_fetch_add(&l->stats.waiting, 1) + 1;
    lock_take_fork(l);
    atomic_fetch_sub(&l->stats.waiting, 1);
    count_wait(&l->stats, since, waiting);
}

void lock_take(struct lock *l) {
    rank_enter(l->rank);
    if (pthread_mutex_trylock(&l->mutex) != 0) wait_for(l);
    counter_add(&l->stats.ops, 1);
    const void *me = thread_self();
    if (l->stats.last == me) return;
    l->stats.last = me;
    counter_add(&l->stats.switches, 1);
}

void lock_stats_reset(struct lock *l) {
    struct lock_stats *s = &l->stats;
    struct counter    *counters[] = {&s->ops, &s->waits, &s->switches, &s->wait_ns, &s->wait_ns_max};
    lock_take(l);
    for (unsigned i = 0; i < sizeof counters / sizeof *counters; i++) counter_set(counters[i], 0);
    __atomic_store_n(&s->waiting_max, 0, __ATOMIC_RELAXED);
    lock_drop(l);
}

void lock_drop(struct lock *l) {
    lock_drop_fork(l);
    rank_leave(l->rank);
}

#endif
