/* mover.h: moves allocations out of slabs that are being drained (alloc.h, "Draining").
 *
 * Who compacts a heap picks slabs to be drained, then goes over the structures that lie in the heap.
 * Each has a function
 *
 *   bool x_compact(struct x *x, struct mover *m, struct move_cursor *c);
 *
 * which looks at a bounded number of its allocations (MOVER_STEP, or what one node refers to), has
 * those that lie in such slabs moved, and exchanges every reference to them. True: there is more,
 * to be done by calls with the same cursor, which began as all zeros. Between the calls anything
 * may happen to the structure. What is there from the first call to the last is looked at, but for
 * what changes carry from a part to come to one that is done: it stays where it is, which is no
 * mistake. Sizes, contents, order and footprints stay as they are: only addresses change.
 *
 * Locking: none; the owner of the structure and of the heap. */
#ifndef ASHLAR_SERVER_DS_MOVER_H
#define ASHLAR_SERVER_DS_MOVER_H

#include "alloc/alloc.h"
#include "alloc/assert.h"

#define MOVER_STEP 64

struct mover {
    struct ash_heap *heap;          /* where the copies are made: the one that is being drained */
    uint64_t         looked, moved; /* allocations */
    uint64_t         moved_bytes;   /* as they were asked for */
};

struct move_cursor { /* all zeros: at the start */
    uint32_t stage, index; /* what the structure makes of them */
    uint64_t at[2];
};

/* What comes next begins at its start: for owners of several parts, which all use `at`. */
static inline void move_cursor_advance(struct move_cursor *c) {
    *c = (struct move_cursor){.stage = c->stage + 1};
}

void *mover_copy(struct mover *m, void *p, size_t size, size_t align);

/* The allocation p, asked for with that size: where it is from now on, which the caller stores in
 * place of p. NULL is let through. */
static inline void *mover_move_aligned(struct mover *m, void *p, size_t size, size_t align) {
    if (p == NULL) return NULL;
    m->looked++;
    return ASH_LIKELY(!ash_is_draining(p)) ? p : mover_copy(m, p, size, align);
}

static inline void *mover_move(struct mover *m, void *p, size_t size) {
    return mover_move_aligned(m, p, size, 8);
}

/* Is p to be moved, by mover_copy? For who would have to read p to know its size. */
static inline bool mover_wants(struct mover *m, const void *p) {
    m->looked++;
    return ASH_UNLIKELY(ash_is_draining(p));
}

#endif
