/* bench.h: what the allocator benchmarks share. They call malloc and free by their plain names, so
 * that LD_PRELOAD decides whose those are; work and random numbers are the same in every run.
 *
 * Each is written from the published description of what such a benchmark exercises, named in its
 * table row. A benchmark touches what it allocates, and frees all of it unless it says otherwise. */
#ifndef ASHLAR_TESTS_BENCH_ALLOC_BENCH_H
#define ASHLAR_TESTS_BENCH_ALLOC_BENCH_H

#include <stddef.h>
#include <stdint.h>

struct bench {
    const char *name;
    void      (*run)(void);
    unsigned    settle_ms; /* idle time before the settled RSS is read */
    const char *what;
};

/* Each ends with an empty row. */
extern const struct bench small_benches[], thread_benches[], large_benches[], return_benches[];

/* xorshift64*; state is not 0. */
static inline uint64_t bench_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}
static inline size_t bench_between(uint64_t *state, size_t min, size_t max) {
    return min + (bench_random(state) >> 33) % (max - min + 1);
}

/* malloc that ends the program when there is no memory, and writes to the block's ends. */
void *bench_alloc(size_t size);
/* Runs fn(0) .. fn(count - 1) on threads of their own and waits for all. */
void bench_threads(unsigned count, void *(*fn)(void *idx));

#endif
