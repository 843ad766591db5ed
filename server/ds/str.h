/* str.h: a string in a block of its own, with room to grow at its end.
 *
 * For values too long to lie in their key's entry and for those that grow (APPEND, SETRANGE).
 * The block is sizeof(struct str) + cap bytes, so frees are sized and str_footprint() is exact.
 *
 * Invariants, asserted together by str_check(): len <= cap <= STR_LEN_MAX.
 * Locking: none; one owner (str_free: any thread).
 * Ownership: a function that takes `heap` and `s` consumes s and returns its new address. Slices
 * given must not point into s. The bytes are not NUL-terminated. */
#ifndef ASHLAR_SERVER_DS_STR_H
#define ASHLAR_SERVER_DS_STR_H

#include "proto/buf.h"

struct ash_heap;
struct mover;

struct str {
    uint64_t len; /* bytes in use */
    uint64_t cap; /* bytes there are */
    char     data[];
};

#define STR_LEN_MAX ((uint64_t)1 << 62) /* callers check their own, much lower limits first */

/* A copy of the bytes, with room for cap_hint bytes in all where that is more. Free room up to the
 * end of the slot is taken, as it costs nothing. */
struct str *str_new(struct ash_heap *heap, struct slice bytes, size_t cap_hint);
void        str_free(struct str **s); /* any thread; NULL inside is ignored */

static inline struct slice str_slice(const struct str *s) { return slice_of(s->data, s->len); }
size_t      str_footprint(const struct str *s); /* heap bytes: the slot it lies in */

/* Growth leaves room: as much again up to 1 MiB, then 1 MiB, as Redis's sds does. */
struct str *str_append(struct ash_heap *heap, struct str *s, struct slice bytes);
/* Bytes put over [off, off + bytes.len); a gap in front is filled with zeros. */
struct str *str_write(struct ash_heap *heap, struct str *s, size_t off, struct slice bytes);
/* Longer (with zeros, growing as above) or shorter (keeping the block). */
struct str *str_resize(struct ash_heap *heap, struct str *s, size_t len);
struct str *str_fit(struct ash_heap *heap, struct str *s); /* gives back the room to grow */
struct str *str_move(struct mover *m, struct str *s); /* its new address: mover.h */
bool        str_check(const struct str *s);

#endif
