/* buf.c: slices compared, and the chain of chunks that a connection's output waits in.
 *
 * Small replies fill a 16 KiB chunk from end to end. A large one fills what is left of it and goes
 * on in chunks of at most OUTBUF_CHUNK_MAX, so that a 512 MiB reply is given back to the heap while
 * it is being sent and never as one huge free.
 *
 * A deferred length moves the bytes behind it by a few places. Where the chunk has no room for
 * that, the chunk is cut in two at the mark:
 *
 *     [ before | after ........ ]     ->     [ before | *123 ] -> [ after ........ ]
 *
 * What is behind a mark within its chunk is at most what fitted into the chunk's slack, 16 KiB, so
 * the move is bounded however long the reply grew.
 *
 * Not here: sockets, limits on the output, the protocol. Start reading at outbuf_append().
 * Tried and dropped: closing the chunk at a mark (as Redis does with a node per deferred length),
 * which costs 16 KiB for every small nested array. */
#include "proto/buf.h"

#include <assert.h>
#include <limits.h>

#include "alloc/alloc.h"

#define OUTBUF_CHUNK_MAX (256 * 1024) /* what the chunks of a large reply cost */

static_assert(OUTBUF_CHUNK_SIZE - sizeof(struct outbuf_chunk) >= OUTBUF_RESERVE_MAX,
              "a new chunk satisfies any reservation");

int slice_cmp(struct slice a, struct slice b) {
    size_t shorter = a.len < b.len ? a.len : b.len;
    int    order = shorter == 0 ? 0 : memcmp(a.p, b.p, shorter);
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool slice_eq_nocase(struct slice a, const char *lower) {
    for (size_t i = 0; i < a.len; i++) {
        char c = a.p[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c | 0x20);
        if (lower[i] == '\0' || c != lower[i]) return false;
    }
    return lower[a.len] == '\0';
}

/* --- Chunks -------------------------------------------------------------------------------- */

static size_t chunk_size(const struct outbuf_chunk *c) { return sizeof(*c) + c->cap; }
static size_t chunk_room(const struct outbuf_chunk *c) { return c->cap - c->len; }

static struct outbuf_chunk *chunk_new(struct outbuf *b, size_t size) {
    size = ash_good_size(size);
    struct outbuf_chunk *c = ash_alloc(b->heap, size);
    c->next = NULL;
    c->off = c->len = 0;
    c->cap = (uint32_t)(size - sizeof(*c));
    b->footprint += size;
    if (b->grown != NULL) b->grown(b);
    return c;
}

static void chunk_free(struct outbuf *b, struct outbuf_chunk *c) {
    size_t size = chunk_size(c);
    b->footprint -= size;
    ash_free(c, size);
}

/* Puts c behind prev, or at the very end when prev is the last or NULL with an empty chain. */
static void chunk_link(struct outbuf *b, struct outbuf_chunk *prev, struct outbuf_chunk *c) {
    if (prev == NULL) {
        DASSERT(b->first == NULL);
        b->first = c;
    } else {
        c->next = prev->next;
        prev->next = c;
    }
    if (b->last == prev) b->last = c;
}

static void chunk_fill(struct outbuf *b, struct outbuf_chunk *c, const char *p, size_t len) {
    DASSERT(chunk_room(c) >= len);
    memcpy(c->data + c->len, p, len);
    c->len += (uint32_t)len;
    b->bytes += len;
}

/* --- Writing ------------------------------------------------------------------------------- */

void outbuf_init(struct outbuf *b, struct ash_heap *heap) { *b = (struct outbuf){.heap = heap}; }

bool outbuf_drain(struct outbuf *b, unsigned chunks) {
    for (; b->first != NULL; chunks--) {
        if (chunks == 0) return true;
        struct outbuf_chunk *c = b->first;
        b->first = c->next;
        b->bytes -= c->len - c->off;
        chunk_free(b, c);
    }
    ASSERT(b->footprint == 0 && b->bytes == 0);
    b->last = NULL;
    return false;
}

void outbuf_fini(struct outbuf *b) {
    while (outbuf_drain(b, UINT_MAX)) continue;
}

char *outbuf_reserve_slow(struct outbuf *b, size_t len) {
    ASSERT(len <= OUTBUF_RESERVE_MAX);
    DASSERT(b->last == NULL || b->last->len > 0); /* an empty chunk is one of full size */
    chunk_link(b, b->last, chunk_new(b, OUTBUF_CHUNK_SIZE));
    return b->last->data;
}

static size_t chunk_size_for(size_t len) {
    size_t size;
    if (__builtin_add_overflow(len, sizeof(struct outbuf_chunk), &size) || size > OUTBUF_CHUNK_MAX)
        return OUTBUF_CHUNK_MAX;
    return size < OUTBUF_CHUNK_SIZE ? OUTBUF_CHUNK_SIZE : size;
}

void outbuf_append(struct outbuf *b, const char *p, size_t len) {
    while (len > 0) {
        if (b->last == NULL || chunk_room(b->last) == 0)
            chunk_link(b, b->last, chunk_new(b, chunk_size_for(len)));
        size_t part = chunk_room(b->last) < len ? chunk_room(b->last) : len;
        chunk_fill(b, b->last, p, part);
        p += part;
        len -= part;
    }
}

/* --- Sending ------------------------------------------------------------------------------- */

unsigned outbuf_peek(const struct outbuf *b, struct iovec *iov, unsigned max) {
    unsigned n = 0;
    for (struct outbuf_chunk *c = b->first; c != NULL && n < max; c = c->next) {
        if (c->len == c->off) continue;
        iov[n++] = (struct iovec){.iov_base = c->data + c->off, .iov_len = c->len - c->off};
    }
    return n;
}

void outbuf_consume(struct outbuf *b, size_t len) {
    ASSERT(len <= b->bytes);
    b->bytes -= len;
    while (b->first != NULL) {
        struct outbuf_chunk *c = b->first;
        size_t               part = c->len - c->off < len ? c->len - c->off : len;
        c->off += (uint32_t)part;
        len -= part;
        if (c->off < c->len) break;
        if (c->next == NULL && chunk_size(c) == OUTBUF_CHUNK_SIZE) {
            c->off = c->len = 0; /* the one kept */
            break;
        }
        b->first = c->next;
        if (b->first == NULL) b->last = NULL;
        chunk_free(b, c);
    }
    DASSERT(len == 0);
}

void outbuf_take(struct outbuf *b, struct outbuf *out) {
    *out = *b;
    out->grown = NULL;
    b->first = b->last = NULL;
    b->bytes = b->footprint = 0;
}

/* --- Deferred lengths ---------------------------------------------------------------------- */

struct outbuf_mark outbuf_mark(struct outbuf *b) {
    if (b->last == NULL) outbuf_reserve(b, OUTBUF_RESERVE_MAX);
    return (struct outbuf_mark){.chunk = b->last, .at = b->last->len};
}

void outbuf_insert(struct outbuf *b, struct outbuf_mark at, const char *p, size_t len) {
    struct outbuf_chunk *c = at.chunk;
    ASSERT(at.at <= c->len && at.at >= c->off && len <= OUTBUF_RESERVE_MAX);
    size_t after = c->len - at.at;
    if (chunk_room(c) >= len) {
        memmove(c->data + at.at + len, c->data + at.at, after);
        memcpy(c->data + at.at, p, len);
        c->len += (uint32_t)len;
        b->bytes += len;
        return;
    }
    struct outbuf_chunk *tail = chunk_new(b, sizeof(*c) + after + len);
    size_t               fits = c->cap - at.at < len ? c->cap - at.at : len;
    memcpy(tail->data, p + fits, len - fits);
    memcpy(tail->data + (len - fits), c->data + at.at, after);
    memcpy(c->data + at.at, p, fits);
    c->len = at.at + (uint32_t)fits;
    tail->len = (uint32_t)(len - fits + after);
    b->bytes += len;
    chunk_link(b, c, tail);
}

bool outbuf_check(const struct outbuf *b) {
    size_t                     bytes = 0, footprint = 0;
    const struct outbuf_chunk *last = NULL;
    for (const struct outbuf_chunk *c = b->first; c != NULL; c = c->next) {
        ASSERT(c->off <= c->len && c->len <= c->cap);
        ASSERT(c == b->first || c->off == 0);
        ASSERT(c->next == NULL || c->len > c->off);
        bytes += c->len - c->off;
        footprint += chunk_size(c);
        last = c;
    }
    ASSERT(last == b->last);
    ASSERT(bytes == b->bytes);
    ASSERT(footprint == b->footprint);
    return true;
}
