/* intset.h: a sorted array of distinct integers, as wide as the widest needs, in Redis's format.
 *
 *   u32 encoding (2, 4 or 8 bytes an integer) | u32 length | integers ascending    (little endian)
 *
 * The bytes are what RDB files and DUMP carry. The encoding widens when an integer needs it and
 * never narrows. The allocation is exactly intset_bytes().
 *
 * Invariants, asserted together by intset_check(): encoding is 2, 4 or 8; the integers ascend
 * strictly.
 * Locking: none; one owner (intset_free: any thread).
 * Ownership: intset_add and intset_remove consume the set and return its new address. */
#ifndef ASHLAR_SERVER_DS_INTSET_H
#define ASHLAR_SERVER_DS_INTSET_H

#include "proto/buf.h"

struct ash_heap;
struct mover;
struct rand;

struct intset {
    uint32_t encoding; /* bytes an integer */
    uint32_t length;
    char     data[];
};

#define INTSET_LENGTH_MAX ((uint32_t)1 << 27) /* 1 GiB of 8-byte integers; the caller keeps to it */

struct intset *intset_new(struct ash_heap *heap);
void           intset_free(struct intset **s); /* any thread; NULL inside is ignored */
struct intset *intset_copy(struct ash_heap *heap, const struct intset *s);
/* Untrusted bytes. Shallow: header and size; deep: the order too. */
bool           intset_validate(const void *blob, size_t len, bool deep);
/* A set of its own from bytes that passed intset_validate. */
struct intset *intset_from_blob(struct ash_heap *heap, const void *blob, size_t len);

/* *done: it was not there before (add), it was (remove). done may be NULL. */
struct intset *intset_add(struct ash_heap *heap, struct intset *s, int64_t v, bool *done);
struct intset *intset_remove(struct ash_heap *heap, struct intset *s, int64_t v, bool *done);

bool     intset_has(const struct intset *s, int64_t v);
/* True: v is at *pos; false: *pos is where it belongs. */
bool     intset_find(const struct intset *s, int64_t v, uint32_t *pos);
int64_t  intset_get(const struct intset *s, uint32_t pos); /* pos < intset_len(s) */
int64_t  intset_random(const struct intset *s, struct rand *rand); /* s is not empty */
uint32_t intset_len(const struct intset *s);
size_t   intset_bytes(const struct intset *s);     /* the blob */
size_t   intset_footprint(const struct intset *s); /* heap bytes: the slot it lies in */
struct intset *intset_move(struct mover *m, struct intset *s); /* its new address: mover.h */
bool     intset_check(const struct intset *s);

#endif
