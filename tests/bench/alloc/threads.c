/* threads.c: several threads, alone and with each other's memory. */
#include "tests/bench/alloc/bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static void *churn_one(void *idx) {
    enum { LIVE = 5000, STEPS = 6000000 };
    void   **live = calloc(LIVE, sizeof *live);
    uint64_t state = (uintptr_t)idx + 1;
    for (int i = 0; i < STEPS; i++) {
        size_t at = bench_between(&state, 0, LIVE - 1);
        free(live[at]);
        live[at] = bench_alloc(bench_between(&state, 16, 512));
    }
    for (int i = 0; i < LIVE; i++) free(live[i]);
    free(live);
    return NULL;
}

/* Threads that keep to themselves. */
static void apart(void) { bench_threads(4, churn_one); }

/* --- A producer and a consumer ---------------------------------------------------------------- */

enum { RING = 4096, PASSED = 8000000 };
static struct ring {
    _Alignas(64) _Atomic(size_t) head;
    _Alignas(64) _Atomic(size_t) tail;
    void *slots[RING];
} rings[2];

static void *produce(struct ring *r) {
    uint64_t state = 7;
    for (size_t i = 0; i < PASSED; i++) {
        while (i - atomic_load_explicit(&r->tail, memory_order_acquire) == RING) sched_yield();
        r->slots[i % RING] = bench_alloc(bench_between(&state, 16, 256));
        atomic_store_explicit(&r->head, i + 1, memory_order_release);
    }
    return NULL;
}

static void *consume(struct ring *r) {
    for (size_t i = 0; i < PASSED; i++) {
        while (atomic_load_explicit(&r->head, memory_order_acquire) == i) sched_yield();
        free(r->slots[i % RING]);
        atomic_store_explicit(&r->tail, i + 1, memory_order_release);
    }
    return NULL;
}

static void *one_side(void *idx) {
    return (uintptr_t)idx % 2 == 0 ? produce(&rings[(uintptr_t)idx / 2])
                                   : consume(&rings[(uintptr_t)idx / 2]);
}

/* What one thread allocates another frees. */
static void producer(void) { bench_threads(2, one_side); }

/* --- Objects handed from thread to thread ----------------------------------------------------- */

enum { SHARED = 20000 };
static _Atomic(void *) shared[SHARED];

static void *stir(void *idx) {
    uint64_t state = (uintptr_t)idx + 11;
    for (int i = 0; i < 4000000; i++) {
        size_t at = bench_between(&state, 0, SHARED - 1);
        free(atomic_exchange(&shared[at], bench_alloc(bench_between(&state, 16, 1024))));
    }
    return NULL;
}

/* Four threads replace objects of one table: most frees are of another's object. */
static void stirred(void) {
    bench_threads(4, stir);
    for (int i = 0; i < SHARED; i++) free(atomic_exchange(&shared[i], NULL));
}

static void *relay_one(void *idx) {
    uint64_t state = (uintptr_t)idx + 21;
    for (int i = 0; i < 20000; i++) {
        size_t at = bench_between(&state, 0, SHARED - 1);
        free(atomic_exchange(&shared[at], bench_alloc(bench_between(&state, 16, 400))));
    }
    return NULL;
}

/* A server's threads come and go and pass on what they leave. */
static void relay(void) {
    for (int i = 0; i < 200; i++) bench_threads(4, relay_one);
    for (int i = 0; i < SHARED; i++) free(atomic_exchange(&shared[i], NULL));
}

static void *scratch_one(void *idx) {
    for (int i = 0; i < 60000; i++) {
        volatile char *p = bench_alloc(8 + (uintptr_t)idx % 2 * 8);
        for (int j = 0; j < 400; j++) p[j % 8]++;
        free((void *)(uintptr_t)p);
    }
    return NULL;
}

/* Tiny objects written often, of threads at once: none may share a cache line. */
static void scratch(void) {
    for (int i = 0; i < 10; i++) bench_threads(2, scratch_one);
}

const struct bench thread_benches[] = {
    {"apart", apart, 0, "four threads, each with objects of its own"},
    {"producer", producer, 0, "one thread allocates, another frees"},
    {"stirred", stirred, 0, "four threads replace each other's objects"},
    {"relay", relay, 0, "threads end and pass their last objects on"},
    {"scratch", scratch, 0, "tiny objects of two threads, written often"},
    {0},
};
