/* stream_names.h: named things in the order of their names: a stream's groups, a group's consumers.
 *
 * A sorted array of pointers to structs that begin with a `struct slice name`. Names are unique,
 * compared as bytes, a shorter one first: the order in which XINFO tells them.
 *
 * Known weakness: a new name moves the pointers behind it. Up to some ten thousand consumers that is
 * less than the look-up; a group of a million pays 4 MB a new one.
 *
 * Invariants, asserted together by stream_names_check(): ascending; count <= cap; item NULL exactly
 * when cap is 0. Locking: none; one owner. Ownership: the items are the caller's. */
#ifndef ASHLAR_SERVER_TYPES_STREAM_NAMES_H
#define ASHLAR_SERVER_TYPES_STREAM_NAMES_H

#include "proto/buf.h"

struct ash_heap;
struct mover;

struct stream_names {
    void   **item;
    uint32_t count, cap;
};

void  *stream_names_get(const struct stream_names *n, struct slice name); /* NULL: none */
/* No item has its name yet. */
void   stream_names_put(struct stream_names *n, struct ash_heap *heap, void *item);
/* Takes the item out, which is there. */
void   stream_names_take(struct stream_names *n, struct ash_heap *heap, const void *item);
void   stream_names_free(struct stream_names *n); /* the array; any thread */
void   stream_names_move(struct mover *m, struct stream_names *n); /* the array: ds/mover.h */
size_t stream_names_bytes(const struct stream_names *n);
bool   stream_names_check(const struct stream_names *n);

#endif
