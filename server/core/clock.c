/* clock.c: where time comes from.
 *
 * Every command is timed, and a read of CLOCK_MONOTONIC costs 25 to 30 ns, a tenth of what a small
 * command may cost. The processor's cycle counter costs a third of that. So clock_stamp_us() uses it
 * where it runs at a constant rate in all power states and on all cores, which the processor says of
 * itself (CPUID 0x80000007), and where reading it is not trapped by a hypervisor, which is measured.
 * The rate is found against CLOCK_MONOTONIC for STAMP_CALIBRATE_US at start: good to about one part
 * in a thousand, enough for durations of commands, and never used for anything else.
 *
 * Start reading at stamp_start(). */
#include "server/core/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#if defined __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif

#define STAMP_CALIBRATE_US 1000
#define STAMP_SHIFT        32

/* Written once by stamp_start. factor 0: the counter is not to be used. */
static struct {
    pthread_once_t once;
    uint64_t       factor; /* microseconds a tick, in 1/2^STAMP_SHIFT */
    uint64_t       zero;
} stamp = {.once = PTHREAD_ONCE_INIT};

static uint64_t time_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_mono_us(void) { return time_ns(CLOCK_MONOTONIC) / 1000; }
uint64_t clock_thread_us(void) { return time_ns(CLOCK_THREAD_CPUTIME_ID) / 1000; }

void clock_system(struct clock *c) {
    c->wall_us = (int64_t)(time_ns(CLOCK_REALTIME) / 1000);
    c->wall_ms = c->wall_us / 1000;
    c->mono_us = clock_mono_us();
}

void clock_update(struct clock *c) { c->read(c); }

#if defined __x86_64__
static uint64_t counter(void) { return __rdtsc(); }

static bool counter_is_constant(void) {
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}
#else
static uint64_t counter(void) { return 0; }
static bool     counter_is_constant(void) { return false; }
#endif

/* Reading it must cost less than the call it replaces: a hypervisor may trap it. */
static bool counter_is_cheap(void) {
    enum { READS = 64 };
    uint64_t start = time_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < READS; i++) (void)*(volatile uint64_t *)&(uint64_t){counter()};
    uint64_t middle = time_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < READS; i++) (void)time_ns(CLOCK_MONOTONIC);
    return middle - start < time_ns(CLOCK_MONOTONIC) - middle;
}

static void stamp_start(void) {
    if (!counter_is_constant() || !counter_is_cheap()) return;
    uint64_t ns_start = time_ns(CLOCK_MONOTONIC), start = counter(), ns, ticks;
    do {
        ns = time_ns(CLOCK_MONOTONIC) - ns_start;
        ticks = counter() - start;
    } while (ns < STAMP_CALIBRATE_US * 1000);
    if (ticks < STAMP_CALIBRATE_US) return; /* slower than 1 MHz: of no use */
    stamp.zero = start;
    stamp.factor = (uint64_t)(((__uint128_t)ns << STAMP_SHIFT) / ticks / 1000);
}

void clock_init(struct clock *c, void (*read)(struct clock *c)) {
    pthread_once(&stamp.once, stamp_start);
    c->read = read != NULL ? read : clock_system;
    clock_update(c);
}

uint64_t clock_stamp_us(void) {
    if (stamp.factor == 0) return clock_mono_us();
    return (uint64_t)(((__uint128_t)(counter() - stamp.zero) * stamp.factor) >> STAMP_SHIFT);
}

const char *clock_stamp_source(void) { return stamp.factor != 0 ? "tsc" : "clock_gettime"; }
