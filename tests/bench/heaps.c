/* heaps.c: what dropping a heap costs, what another thread's frees cost the owner, and where the
 * bytes are after 90 % of the objects have gone. Run by hand: build/tests/bench/heaps */
#include "alloc/alloc.h"
#include "tests/bench/process.h"
#include "tests/support/clock.h"
#include "tests/support/xorshift.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static double now_ms(clockid_t clock) { return process_seconds(clock) * 1e3; }

static void bench_drop(void) {
    struct ash_heap *h = ash_heap_new("drop", ASH_HEAP_OWNED);
    long             before = process_rss_kib();
    for (size_t bytes = 0; bytes < (size_t)1 << 30; bytes += 112) memset(ash_alloc(h, 112), 1, 112);
    long   full = process_rss_kib();
    double from = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_THREAD_CPUTIME_ID);
    ash_heap_drop(&h);
    double wall = now_ms(CLOCK_MONOTONIC) - from;
    cpu = now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu;
    double back = 0;
    while (process_rss_kib() > before + 20480 && back < 20000) {
        clock_sleep_ms(1);
        back = now_ms(CLOCK_MONOTONIC) - from;
    }
    printf("drop of a 1 GB heap: %.2f ms (%.2f ms CPU) in the caller; RSS %ld -> %ld MB after %.0f ms\n",
           wall, cpu, full / 1024, process_rss_kib() / 1024, back);
}

enum { REMOTE = 10000000 };
static void          **objects;
static _Atomic(size_t) done;

static void *free_all(void *arg) {
    for (size_t i = 0; i < REMOTE; i++) ash_free(objects[i], 56);
    atomic_store(&done, 1);
    return arg;
}

/* Replaces objects at random for a time; returns pairs per CPU millisecond. */
static double owner_rate(struct ash_heap *h, double for_ms, bool until_done) {
    enum { LIVE = 100000 };
    static void *live[LIVE];
    uint64_t     state = XORSHIFT_SEED, pairs = 0;
    double       from = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_THREAD_CPUTIME_ID);
    do {
        for (int i = 0; i < 10000; i++, pairs++) {
            void **at = &live[xorshift(&state) % LIVE];
            if (*at != NULL) ash_free(*at, 56);
            *at = ash_alloc(h, 56);
        }
    } while (until_done ? !atomic_load(&done) : now_ms(CLOCK_MONOTONIC) - from < for_ms);
    return (double)pairs / (now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu);
}

static void bench_remote(void) {
    struct ash_heap *h = ash_heap_new("remote", ASH_HEAP_OWNED);
    objects = malloc(REMOTE * sizeof *objects);
    for (size_t i = 0; i < REMOTE; i++) objects[i] = ash_alloc(h, 56);
    owner_rate(h, 500, false);
    double    alone = owner_rate(h, 1500, false);
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_all, NULL) != 0) return;
    double beside = owner_rate(h, 0, true);
    pthread_join(thread, NULL);
    printf("owner, pairs a CPU ms: alone %.0f, while another thread frees 10 M of its objects %.0f = %.2f\n",
           alone, beside, beside / alone);
    ash_heap_drop(&h);
    free(objects);
}

static void bench_holes(void) {
    enum { COUNT = 2000000 };
    struct ash_heap *h = ash_heap_new("holes", ASH_HEAP_OWNED);
    void           **p = malloc(COUNT * sizeof *p);
    uint64_t         state = 5;
    for (int i = 0; i < COUNT; i++) p[i] = memset(ash_alloc(h, 100), 1, 100);
    for (int i = 0; i < COUNT; i++)
        if (xorshift(&state) % 10 != 0) ash_free(p[i], 100);
    clock_sleep_ms(10500);
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    printf("2 M of 100 bytes, 90 %% freed, 10 s idle: requested %zu + rounding %zu + slots free %zu + "
           "returning %zu = %zu; active %zu; dirty %zu; active / used %.2f\n",
           s.requested, s.rounding, s.slots_free, s.returning,
           s.requested + s.rounding + s.slots_free + s.returning, s.active, s.dirty,
           (double)s.active / (double)s.used);
    ash_heap_drop(&h);
    free(p);
}

int main(void) {
    ash_set_background_thread(true);
    bench_drop();
    bench_remote();
    bench_holes();
    return 0;
}
