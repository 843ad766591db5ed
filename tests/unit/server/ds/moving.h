/* moving.h: what the tests of movers share: fillers between a structure's allocations, most of which
 * are freed again, so that what is left lies in sparse slabs; and the picking of these.
 *
 * At the end of a walk that nothing came between, and with all fillers freed, no slab may be left
 * that was picked and is not empty: what keeps one is a reference that the walk has not found. */
#ifndef ASHLAR_TESTS_UNIT_SERVER_DS_MOVING_H
#define ASHLAR_TESTS_UNIT_SERVER_DS_MOVING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/ds/mover.h"
#include "server/ds/rand.h"
#include "tests/support/drain.h"

enum { FILLERS = 60000, FILLER_PARTS = 10 };

static struct {
    struct ash_heap *heap;
    struct rand      rand;
    size_t           size_max;
    unsigned         count;
    size_t           used; /* slots of the fillers */
    struct {
        void  *p;
        size_t size;
    } at[FILLERS];
} fill;

/* size_max: of the largest allocation that is to be moved, about. */
static void fill_init(struct ash_heap *heap, size_t size_max) {
    fill.heap = heap;
    fill.size_max = size_max;
    fill.count = 0;
    fill.used = 0;
    rand_seed(&fill.rand, 5);
}

/* As many in each doubling. */
static size_t filler_size(void) {
    unsigned doublings = 61u - (unsigned)__builtin_clzll(fill.size_max);
    size_t   least = (size_t)4 << rand_below(&fill.rand, doublings);
    return least + (size_t)rand_below(&fill.rand, least);
}

static void fill_some(unsigned n) {
    for (; n > 0 && fill.count < FILLERS; n--) {
        size_t size = filler_size();
        fill.at[fill.count].p = ash_alloc(fill.heap, size);
        fill.at[fill.count++].size = size;
        fill.used += ash_good_size(size);
    }
}

static void filler_free(unsigned i) {
    ash_free(fill.at[i].p, fill.at[i].size);
    fill.used -= ash_good_size(fill.at[i].size);
    fill.at[i] = fill.at[--fill.count];
}

static void fill_free_all(void) {
    while (fill.count > 0) filler_free(fill.count - 1);
}

/* Frees all but one in FILLER_PARTS and picks every slab that may be. Returns their bytes. */
static size_t fill_thin_out(void) {
    size_t sum = 0;
    for (unsigned i = fill.count; i-- > 0;)
        if (rand_below(&fill.rand, FILLER_PARTS) != 0) filler_free(i);
    while (ash_heap_collect(fill.heap, 1000000)) continue;
    while (ash_drain_choose(fill.heap, 16, &sum)) continue;
    return sum;
}

/* A call looks at so many things at most: the last node, begun within MOVER_STEP, is finished. */
static void expect_bounded(const struct mover *m, uint64_t looked_before, unsigned node_refers) {
    assert_true(m->looked - looked_before <= MOVER_STEP + node_refers);
}

/* What a structure has to have come to when it is done: nothing lies in a picked slab. */
static void expect_drained(const struct mover *m, size_t structure_bytes) {
    void  *live[ASH_DRAIN_RUN];
    size_t slot;
    assert_int_equal(structure_bytes + fill.used, ash_heap_used(fill.heap));
    fill_free_all();
    while (ash_heap_collect(fill.heap, 1000000)) continue;
    assert_int_equal(drain_run(fill.heap, live, &slot), 0);
    assert_int_equal(ash_draining(fill.heap), 0);
    assert_true(m->moved > 0 && m->moved <= m->looked);
    assert_int_equal(structure_bytes, ash_heap_used(fill.heap));
}

#endif
