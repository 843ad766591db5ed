/* large.c: blocks of pages. */
#include "tests/bench/alloc/bench.h"

#include <stdlib.h>
#include <string.h>

/* Blocks of 32 KB to 4 MB replaced at random, every page of them touched. */
static void large(void) {
    enum { LIVE = 32, STEPS = 60000 };
    char    *live[LIVE] = {0};
    uint64_t state = 31;
    for (int i = 0; i < STEPS; i++) {
        size_t at = bench_between(&state, 0, LIVE - 1);
        size_t size = (size_t)32768 << bench_between(&state, 0, 7);
        size -= bench_between(&state, 0, size / 3);
        free(live[at]);
        live[at] = bench_alloc(size);
        for (size_t j = 0; j < size; j += 4096) live[at][j] = 1;
    }
    for (int i = 0; i < LIVE; i++) free(live[i]);
}

/* Vectors that double up to 64 MB. */
static void vectors(void) {
    for (int i = 0; i < 40; i++) {
        char *p = NULL;
        for (size_t len = 4096, old = 0; len <= (size_t)64 << 20; old = len, len *= 2) {
            p = realloc(p, len);
            memset(p + old, 1, len - old);
        }
        free(p);
    }
}

/* Blocks between small and large: 4 to 64 KB. */
static void medium(void) {
    enum { LIVE = 1000, STEPS = 1500000 };
    static char *live[LIVE];
    uint64_t     state = 33;
    for (int i = 0; i < STEPS; i++) {
        size_t at = bench_between(&state, 0, LIVE - 1);
        free(live[at]);
        live[at] = bench_alloc(bench_between(&state, 4096, 65536));
    }
    for (int i = 0; i < LIVE; i++) free(live[i]);
}

const struct bench large_benches[] = {
    {"medium", medium, 0, "1,000 blocks of 4 to 64 KB replaced"},
    {"large", large, 0, "32 blocks of 32 KB to 4 MB replaced, all pages touched"},
    {"vectors", vectors, 0, "vectors doubled by realloc to 64 MB"},
    {0},
};
