/* small.c: one thread and small objects. */
#include "tests/bench/alloc/bench.h"

#include <stdlib.h>
#include <string.h>

/* Objects replaced at random, sizes 8 to 256: interpreters, compilers. */
static void churn(void) {
    enum { LIVE = 20000, STEPS = 20000000 };
    static void *live[LIVE];
    uint64_t     state = 1;
    for (int i = 0; i < STEPS; i++) {
        size_t at = bench_between(&state, 0, LIVE - 1);
        free(live[at]);
        live[at] = bench_alloc(bench_between(&state, 8, 256));
    }
    for (int i = 0; i < LIVE; i++) free(live[i]);
}

/* Batches allocated and freed last first, as calls nest; sizes of numbers and short strings. */
static void nested(void) {
    enum { DEPTH = 200, STEPS = 150000 };
    void    *held[DEPTH];
    uint64_t state = 2;
    for (int i = 0; i < STEPS; i++) {
        for (int j = 0; j < DEPTH; j++) held[j] = bench_alloc(bench_between(&state, 8, 64));
        for (int j = DEPTH; j-- > 0;) free(held[j]);
    }
}

/* Batches freed in the order they came: queues. */
static void queued(void) {
    enum { BATCH = 5000, STEPS = 5000 };
    static void *held[BATCH];
    for (int i = 0; i < STEPS; i++) {
        for (int j = 0; j < BATCH; j++) held[j] = bench_alloc(16 + (size_t)(j % 8) * 16);
        for (int j = 0; j < BATCH; j++) free(held[j]);
    }
}

/* A key-value server's sizes: a million entries of 40 to 100 bytes overwritten at random, with now
 * and then a larger value, and short-lived buffers in between. */
static void server(void) {
    enum { LIVE = 1000000, STEPS = 8000000 };
    void   **live = calloc(LIVE, sizeof *live);
    uint64_t state = 3;
    for (int i = 0; i < STEPS; i++) {
        size_t at = bench_between(&state, 0, LIVE - 1);
        size_t size = bench_between(&state, 40, 100);
        if (i % 200 == 0) size = bench_between(&state, 500, 5000);
        void *buffer = i % 16 == 0 ? bench_alloc(2048) : NULL;
        free(live[at]);
        live[at] = bench_alloc(size);
        free(buffer);
    }
    for (int i = 0; i < LIVE; i++) free(live[i]);
    free(live);
}

struct node {
    struct node *left, *right;
    char         data[24];
};

static struct node *grow(int depth) {
    struct node *n = bench_alloc(sizeof *n);
    n->left = depth > 0 ? grow(depth - 1) : NULL;
    n->right = depth > 0 ? grow(depth - 1) : NULL;
    return n;
}
static void fell(struct node *n) {
    if (n == NULL) return;
    fell(n->left);
    fell(n->right);
    free(n);
}

/* Binary trees built and taken down, one long-lived. */
static void trees(void) {
    struct node *old = grow(18);
    for (int i = 0; i < 60; i++) fell(grow(17));
    fell(old);
}

/* Strings that grow by realloc: text being put together. */
static void strings(void) {
    enum { STRINGS = 300 };
    char    *s[STRINGS] = {0};
    uint64_t state = 4;
    for (int round = 0; round < 60; round++) {
        for (size_t len = 16; len < 40000; len += len / 8 + 8)
            for (int i = 0; i < STRINGS; i++) {
                s[i] = realloc(s[i], len + (size_t)i);
                s[i][len - 1] = 'x';
            }
        for (int i = 0; i < STRINGS; i++)
            if (bench_random(&state) & 1) free(s[i]), s[i] = NULL;
    }
    for (int i = 0; i < STRINGS; i++) free(s[i]);
}

const struct bench small_benches[] = {
    {"churn", churn, 0, "random replacement of 20,000 objects of 8 to 256 bytes"},
    {"nested", nested, 0, "batches of 200 freed last first"},
    {"queued", queued, 0, "batches of 5,000 freed first first"},
    {"server", server, 0, "a million entries of a key-value server overwritten"},
    {"trees", trees, 0, "binary trees built and taken down"},
    {"strings", strings, 0, "strings grown by realloc to 40 KB"},
    {0},
};
