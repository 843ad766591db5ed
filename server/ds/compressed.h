/* compressed.h: a block of bytes under LZF, with its length before and after.
 *
 * For bytes that are kept for long and seldom looked at: inner nodes of lists. Bytes are compressed
 * only where that saves something, as Redis decides it, and only up to a length that takes well
 * under a millisecond (Redis: any length).
 *
 * Invariants, asserted together by compressed_check():
 *   C1  COMPRESSED_RAW_MIN <= raw_len <= COMPRESSED_RAW_MAX.
 *   C2  block and header are at least COMPRESSED_GAIN_MIN bytes shorter than raw_len.
 *   C3  the data expands to raw_len bytes, neither more nor fewer.
 * Locking: none; one owner (compressed_free: any thread). */
#ifndef ASHLAR_SERVER_DS_COMPRESSED_H
#define ASHLAR_SERVER_DS_COMPRESSED_H

#include "proto/buf.h"

struct ash_heap;
struct mover;

struct compressed {
    uint32_t      raw_len; /* bytes that it expands to */
    uint32_t      len;     /* bytes of data */
    unsigned char data[];
};

#define COMPRESSED_RAW_MIN  48
#define COMPRESSED_RAW_MAX  ((size_t)256 << 10)
#define COMPRESSED_GAIN_MIN 8

/* NULL: too few or too many bytes, or it would not save enough. */
struct compressed *compressed_new(struct ash_heap *heap, struct slice raw);
void               compressed_free(struct compressed **z); /* any thread; NULL inside is ignored */
struct compressed *compressed_copy(struct ash_heap *heap, const struct compressed *z);
size_t             compressed_footprint(const struct compressed *z); /* heap bytes: its slot */
/* Writes raw_len bytes to out. Data that is not what compressed_new made ends the process. */
void               compressed_expand(const struct compressed *z, void *out);
struct compressed *compressed_move(struct mover *m, struct compressed *z); /* its new address: mover.h */
bool               compressed_check(const struct compressed *z);

#endif
