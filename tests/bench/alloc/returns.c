/* returns.c: what stays resident after memory has been freed. */
#include "tests/bench/alloc/bench.h"

#include <stdlib.h>

/* A million and a half objects of 100 bytes; 90 % freed at random; as many bytes of another size. */
static void holes(void) {
    enum { FIRST = 1500000, SECOND = 600000 };
    void   **first = malloc(FIRST * sizeof *first), **second = malloc(SECOND * sizeof *second);
    uint64_t state = 41;
    for (int i = 0; i < FIRST; i++) first[i] = bench_alloc(100);
    for (int i = 0; i < FIRST; i++)
        if (bench_random(&state) % 10 != 0) free(first[i]), first[i] = NULL;
    for (int i = 0; i < SECOND; i++) second[i] = bench_alloc(224);
    for (int i = 0; i < FIRST; i++) free(first[i]);
    for (int i = 0; i < SECOND; i++) free(second[i]);
    free(first);
    free(second);
}

/* 300 MB of all sizes up to 8 KB, freed at once; then two seconds in which a server would idle,
 * waking now and then. */
static void burst(void) {
    enum { COUNT = 75000 };
    static void *live[COUNT];
    uint64_t     state = 42;
    for (int i = 0; i < COUNT; i++) live[i] = bench_alloc(bench_between(&state, 16, 8000));
    for (int i = 0; i < COUNT; i++) free(live[i]);
    for (int i = 0; i < 20; i++) free(bench_alloc(1000));
}

const struct bench return_benches[] = {
    {"holes", holes, 0, "90 % of 1.5 M objects freed at random, then another size"},
    {"burst", burst, 12000, "300 MB allocated and freed; RSS 12 s later"},
    {0},
};
