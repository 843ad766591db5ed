/* purger.c: decay by the wall clock. See purger.h. Start at purger_run().
 *
 * One thread goes over all arenas every step of the shorter decay time and purges what the clock
 * demands. While nothing is dirty it sleeps until purger_notice() wakes it: an idle process has no
 * timer. It also collects remote frees from arenas whose owner lets them lie, so that memory which
 * another thread freed does not wait for an owner that is asleep. */
#include "alloc/purger.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/base.h"
#include "alloc/drop.h"
#include "alloc/os.h"

#ifndef ASHLAR_PASSTHROUGH

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define PURGER_TURN_US   5000 /* at most this long at one arena before the next */
#define PURGER_SLABS     64   /* and this many slabs collected per turn */
#define PURGER_BASE      256  /* pages of metadata */
#define PURGER_STEP_MAX  1000 /* milliseconds of sleep at most while something is dirty */
#define INLINE_US        500  /* what freeing pages may spend on decay when there is no purger */

enum purger_state { PURGER_OFF, PURGER_ON, PURGER_STOPPING };

static struct lock     purger_lock = LOCK_INIT(LOCK_PURGER);
static pthread_cond_t  purger_wake = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t switch_mutex = PTHREAD_MUTEX_INITIALIZER; /* one purger_set at a time */
static pthread_t       purger_thread;                            /* under switch_mutex */
static bool            kicked;                                   /* under purger_lock */
static _Atomic enum purger_state state;
static _Atomic int               idle; /* 1: asleep until kicked */
static _Atomic uint64_t          turns, started_us;

bool purger_is_on(void) { return atomic_load(&state) == PURGER_ON; }

uint64_t purger_turns(uint64_t *interval_us) {
    uint64_t count = purger_is_on() ? atomic_load(&turns) : 0;
    *interval_us = count > 0 ? (os.now_us() - atomic_load(&started_us)) / count : 0;
    return count;
}

void purger_kick(void) {
    lock_take(&purger_lock);
    kicked = true;
    pthread_cond_signal(&purger_wake);
    lock_drop(&purger_lock);
}

void purger_notice(struct pages *p) {
    if (!purger_is_on()) {
        uint64_t now = os.now_us();
        pages_decay(p, now, now + INLINE_US);
        if (base_is_slack()) base_trim(1);
        return;
    }
    bool now = pages_own_decay_ms(p, 0) == 0 || atomic_load_explicit(&p->purge_all, memory_order_relaxed);
    /* Read-modify-write: either we see idle set, or purger_sleep's own sees our dirty pages. */
    if (atomic_fetch_or(&idle, 0) != 0 || now) purger_kick();
}

/* --- The thread ------------------------------------------------------------------------------- */

static void collect_idle(struct arena *a) {
    if (atomic_load_explicit(&a->remote_queue, memory_order_relaxed) == NULL) return;
    arena_lock(a);
    arena_collect(a, PURGER_SLABS, UINT64_MAX);
    arena_unlock(a);
}

static void age_stock(struct arena *a) {
    if (counter_get(&a->stock.bytes) == 0) return;
    arena_lock(a);
    stock_age(a);
    arena_unlock(a);
}

static bool has_work(const struct arena *a) {
    const struct pages *p = &a->pages;
    return (pages_free_bytes(p, EXTENT_DIRTY) != 0 && pages_own_decay_ms(p, 0) >= 0) ||
           (counter_get(&a->stock.bytes) != 0 && pages_own_decay_ms(p, 0) >= 0) ||
           (pages_free_bytes(p, EXTENT_MUZZY) != 0 && pages_own_decay_ms(p, 1) >= 0) ||
           atomic_load_explicit(&a->remote_queue, memory_order_relaxed) != NULL;
}

static bool any_work(void) {
    if (drop_is_due() || base_is_slack()) return true;
    for (unsigned i = 0; i < arena_count(); i++)
        if (has_work(arena_at(i))) return true;
    return false;
}

/* One turn over all arenas. True: some have more that is due now. */
static bool turn(void) {
    bool more = drop_step(os.now_us() + PURGER_TURN_US);
    for (unsigned i = 0; i < arena_count() && purger_is_on(); i++) {
        struct arena *a = arena_at(i);
        collect_idle(a);
        age_stock(a);
        uint64_t now = os.now_us();
        more |= pages_decay(&a->pages, now, now + PURGER_TURN_US);
    }
    return base_trim(PURGER_BASE) || more;
}

static uint64_t step_ms(void) {
    uint64_t step = PURGER_STEP_MAX;
    for (unsigned i = 0; i < 2 * arena_count(); i++) {
        int64_t ms = pages_own_decay_ms(&arena_at(i / 2)->pages, i % 2);
        if (ms > 0 && decay_step_ms(ms) < step) step = decay_step_ms(ms);
    }
    return step < 10 ? 10 : step;
}

/* Asleep for a step, or, when nothing is dirty, until kicked. */
static void purger_sleep(void) {
    atomic_exchange(&idle, 1);
    bool            timed = any_work(); /* what becomes dirty from here on kicks us */
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + step_ms() * 1000000u;
    until.tv_sec += (time_t)(ns / 1000000000u);
    until.tv_nsec = (long)(ns % 1000000000u);
    if (timed) atomic_store(&idle, 0);
    lock_take(&purger_lock);
    int error = 0;
    while (!kicked && error == 0 && purger_is_on())
        error = timed ? pthread_cond_clockwait(&purger_wake, &purger_lock.mutex, CLOCK_MONOTONIC,
                                               &until)
                      : pthread_cond_wait(&purger_wake, &purger_lock.mutex);
    ASSERT(error == 0 || error == ETIMEDOUT);
    kicked = false;
    lock_drop(&purger_lock);
    atomic_store(&idle, 0);
}

static void *purger_run(void *arg) {
    (void)arg;
    pthread_setname_np(pthread_self(), "ash-purger");
    atomic_store(&started_us, os.now_us());
    atomic_store(&turns, 0);
    while (purger_is_on()) {
        atomic_fetch_add(&turns, 1);
        if (!turn()) purger_sleep();
    }
    return NULL;
}

static bool thread_start(void) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    bool done = pthread_create(&purger_thread, NULL, purger_run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

bool purger_set(bool on) {
    bool done = true;
    pthread_mutex_lock(&switch_mutex);
    if (on && !purger_is_on()) {
        atomic_store(&state, PURGER_ON);
        done = thread_start();
        if (!done) atomic_store(&state, PURGER_OFF);
    } else if (!on && purger_is_on()) {
        atomic_store(&state, PURGER_STOPPING);
        purger_kick();
        pthread_join(purger_thread, NULL);
        atomic_store(&state, PURGER_OFF);
        drop_step(UINT64_MAX);
    }
    pthread_mutex_unlock(&switch_mutex);
    return done;
}

struct lock *purger_lock_get(void) { return &purger_lock; }

void purger_fork_lock_switch(void) { pthread_mutex_lock(&switch_mutex); }
void purger_fork_unlock_switch(void) { pthread_mutex_unlock(&switch_mutex); }
void purger_fork_lock(void) { lock_take_fork(&purger_lock); }

void purger_fork_unlock(bool child) {
    lock_drop_fork(&purger_lock);
    if (!child) return;
    pthread_cond_init(&purger_wake, NULL);
    atomic_store(&idle, 0);
    atomic_store(&state, PURGER_OFF);
}

#endif
