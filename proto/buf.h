/* buf.h: bytes. A slice borrows them; an outbuf is a chain of chunks waiting to be written.
 *
 * Invariants, asserted together by outbuf_check():
 *   O1  bytes is the sum of (len - off) over the chunks; off <= len <= cap for each.
 *   O2  no chunk but the first has off > 0, and no chunk but the last is empty.
 *   O3  footprint is the sum of what the chunks cost in the heap.
 * Locking: none; one owner.
 * Ownership: chunks belong to the outbuf and come from the heap given at init. */
#ifndef ASHLAR_PROTO_BUF_H
#define ASHLAR_PROTO_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "alloc/assert.h"

struct ash_heap;

/* Borrowed bytes, not terminated. p may be NULL only when len is 0. */
struct slice {
    const char *p;
    size_t      len;
};

static inline struct slice slice_of(const char *p, size_t len) { return (struct slice){p, len}; }
static inline struct slice slice_str(const char *s) { return (struct slice){s, strlen(s)}; }
/* n bytes, at most 8, as they lie in memory; a constant n is one load. */
static inline uint64_t word_load(const char *p, size_t n) {
    uint64_t w = 0;
    memcpy(&w, p, n);
    return w;
}
/* Up to 16 bytes, which most keys and all names are, are two overlapping words each. */
static inline bool slice_eq(struct slice a, struct slice b) {
    size_t n = a.len;
    if (n != b.len) return false;
    if (n > 16) return memcmp(a.p, b.p, n) == 0;
    if (n >= 8)
        return ((word_load(a.p, 8) ^ word_load(b.p, 8)) |
                (word_load(a.p + n - 8, 8) ^ word_load(b.p + n - 8, 8))) == 0;
    if (n >= 4)
        return ((word_load(a.p, 4) ^ word_load(b.p, 4)) |
                (word_load(a.p + n - 4, 4) ^ word_load(b.p + n - 4, 4))) == 0;
    return n == 0 || (a.p[0] == b.p[0] && a.p[n / 2] == b.p[n / 2] && a.p[n - 1] == b.p[n - 1]);
}
int  slice_cmp(struct slice a, struct slice b);                 /* memcmp order, shorter first */
bool slice_eq_nocase(struct slice a, const char *lower);        /* lower: in lower case */

#define OUTBUF_CHUNK_SIZE 16384 /* as Redis: what a reply chunk costs, header included */

struct outbuf_chunk {
    struct outbuf_chunk *next;
    uint32_t             off; /* sent so far */
    uint32_t             len; /* filled so far */
    uint32_t             cap;
    char                 data[];
};

struct outbuf {
    struct ash_heap     *heap;
    struct outbuf_chunk *first, *last;
    size_t               bytes;     /* waiting to be sent */
    size_t               footprint; /* heap bytes of the chunks */
    /* Called after each chunk that is added, so that the owner can limit what waits. May be NULL;
     * it must not change the outbuf. */
    void               (*grown)(struct outbuf *b);
};

void outbuf_init(struct outbuf *b, struct ash_heap *heap);
void outbuf_fini(struct outbuf *b); /* frees all; b is empty and usable. Any thread */
/* Frees up to so many chunks from the front, unsent as they are. True: there are more. */
bool outbuf_drain(struct outbuf *b, unsigned chunks);
void outbuf_append(struct outbuf *b, const char *p, size_t len);
/* Room for len <= OUTBUF_RESERVE_MAX contiguous bytes at the tail; call outbuf_commit with what was
 * used. Inline: every small reply goes through these two. */
#define OUTBUF_RESERVE_MAX 4096
char *outbuf_reserve_slow(struct outbuf *b, size_t len);
static inline size_t outbuf_room(const struct outbuf *b) { /* bytes, in the last chunk */
    return b->last != NULL ? b->last->cap - b->last->len : 0;
}
static inline char *outbuf_reserve(struct outbuf *b, size_t len) {
    struct outbuf_chunk *c = b->last;
    if (ASH_LIKELY(c != NULL && c->cap - c->len >= len)) return c->data + c->len;
    return outbuf_reserve_slow(b, len);
}
static inline void outbuf_commit(struct outbuf *b, size_t len) {
    DASSERT(b->last != NULL && b->last->cap - b->last->len >= len);
    b->last->len += (uint32_t)len;
    b->bytes += len;
}
/* Fills iov with the first bytes to send; returns how many entries. */
unsigned outbuf_peek(const struct outbuf *b, struct iovec *iov, unsigned max);
/* Drops len sent bytes, freeing emptied chunks (one is kept for reuse). */
void outbuf_consume(struct outbuf *b, size_t len);
/* Detaches everything unsent, to be freed elsewhere; b stays usable and empty. */
void outbuf_take(struct outbuf *b, struct outbuf *out);
bool outbuf_check(const struct outbuf *b);

/* A point where bytes can be put in later (deferred lengths). Valid until the bytes around it are
 * consumed, which never happens while a command runs. Marks nest: last taken, first used. */
struct outbuf_mark {
    struct outbuf_chunk *chunk;
    uint32_t             at; /* offset in the chunk's data */
};
struct outbuf_mark outbuf_mark(struct outbuf *b);
void outbuf_insert(struct outbuf *b, struct outbuf_mark at, const char *p, size_t len);

#endif
