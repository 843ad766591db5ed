/* freeing.h: taking something large apart piece by piece, so that whoever does it may stop between.
 *
 *     struct freeing f = freeing_some(4096);
 *     while (table_drain(&t, free_item, &f)) { ... look up ...; f = freeing_some(4096); }
 *
 * A container's x_drain() frees pieces until `left` of them are freed or nothing is left of the
 * container; true: there is more, call it again. A container that has been drained a little can only
 * be drained further: its invariants no longer hold. `bytes` tells what has been freed, in slots: over
 * all calls, what the container's x_bytes() counted before the first.
 *
 * A piece is one free; a drain may go some tens beyond `left`, to the end of the node it is at. No
 * drain allocates, so any thread may call it. */
#ifndef ASHLAR_SERVER_DS_FREEING_H
#define ASHLAR_SERVER_DS_FREEING_H

#include "alloc/alloc.h"

struct freeing {
    uint64_t left;  /* pieces that may still be freed now */
    uint64_t bytes; /* freed so far */
};

static inline struct freeing freeing_some(uint64_t pieces) { return (struct freeing){.left = pieces}; }
static inline struct freeing freeing_all(void) { return freeing_some(UINT64_MAX); }
static inline bool freeing_spent(const struct freeing *f) { return f->left == 0; }

/* So many bytes went with one free. */
static inline void freeing_count(struct freeing *f, size_t bytes) {
    f->bytes += bytes;
    if (f->left > 0) f->left--;
}

static inline void freeing_free(struct freeing *f, void *p, size_t size) {
    freeing_count(f, ash_good_size(size));
    ash_free(p, size);
}

#endif
