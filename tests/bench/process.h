/* process.h: what a benchmark reads of its own process. */
#ifndef ASHLAR_TESTS_BENCH_PROCESS_H
#define ASHLAR_TESTS_BENCH_PROCESS_H

#include <stdio.h>
#include <time.h>

static inline double process_seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Resident KiB; 0 when it can't be read. */
static inline long process_rss_kib(void) {
    long  pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1) pages = 0;
    if (f != NULL) fclose(f);
    return pages * 4;
}

#endif
