/* main.c: runs one benchmark and prints a line: name, wall seconds, CPU seconds, peak and settled
 * RSS in KiB. scripts/bench-alloc runs it under each allocator. */
#include "tests/bench/alloc/bench.h"
#include "tests/bench/process.h"
#include "tests/support/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct bench *const families[] = {small_benches, thread_benches, large_benches,
                                               return_benches};
#define FAMILIES (sizeof families / sizeof *families)

void *bench_alloc(size_t size) {
    char *p = malloc(size);
    if (p == NULL) abort();
    p[0] = 1;
    p[size - 1] = 2;
    return p;
}

void bench_threads(unsigned count, void *(*fn)(void *idx)) {
    pthread_t threads[64];
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, fn, (void *)(uintptr_t)i) != 0) abort();
    for (unsigned i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void run(const struct bench *b) {
    double wall = process_seconds(CLOCK_MONOTONIC), cpu = process_seconds(CLOCK_PROCESS_CPUTIME_ID);
    b->run();
    wall = process_seconds(CLOCK_MONOTONIC) - wall;
    cpu = process_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    clock_sleep_ms((double)b->settle_ms);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%s %.3f %.3f %ld %ld\n", b->name, wall, cpu, use.ru_maxrss, process_rss_kib());
}

static const struct bench *find(const char *name) {
    for (size_t i = 0; i < FAMILIES; i++)
        for (const struct bench *b = families[i]; b->name != NULL; b++)
            if (strcmp(b->name, name) == 0) return b;
    return NULL;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < FAMILIES; i++)
            for (const struct bench *b = families[i]; b->name != NULL; b++)
                printf("%-10s %s\n", b->name, b->what);
        return 0;
    }
    const struct bench *b = argc == 2 ? find(argv[1]) : NULL;
    if (b == NULL) {
        fprintf(stderr, "usage: malloc_bench NAME | --list\n");
        return 2;
    }
    run(b);
    return 0;
}
