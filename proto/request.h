/* request.h: from the bytes of a client to commands, incrementally and without copying.
 *
 * The caller owns the input bytes (an inbuf). request_parse() looks at what has not been parsed yet
 * and yields a batch: each request is an argv of slices into the inbuf. The slices are valid until
 * the inbuf is next read into or compacted, so a batch is executed before more is read.
 *
 * A half-received request keeps its progress (counts and offsets, no pointers), so that a bulk of
 * 512 MiB or a request of a million arguments is scanned once however small the pieces are.
 *
 * Strict: the CRLF after a bulk must be there. Blank lines, "*0" and "*-1" are skipped in silence.
 * Errors are final: message is the text behind "-ERR Protocol error: " and the connection is to be
 * closed once the requests before it have been answered.
 *
 * Limits hold as they are when a request's turn comes: an unauthenticated client is parsed one
 * request at a time (its AUTH may be the next one), and an error is only reported with an empty
 * batch, after the requests before it have run.
 *
 * Source: the RESP specification; limits and texts as Redis 7.2. */
#ifndef ASHLAR_PROTO_REQUEST_H
#define ASHLAR_PROTO_REQUEST_H

#include "proto/buf.h"

#define REQUEST_BATCH_MAX       64
#define REQUEST_INLINE_MAX      (64 * 1024)
#define REQUEST_ARGS_MAX        INT32_MAX
#define REQUEST_UNAUTH_ARGS_MAX 10
#define REQUEST_UNAUTH_BULK_MAX 16384

/* Input bytes of one client. [pos, len) is unparsed. */
struct inbuf {
    struct ash_heap *heap;
    char            *data;
    size_t           pos, len, cap;
    size_t           idle_peak; /* largest len since inbuf_shrink last looked */
};
void inbuf_init(struct inbuf *b, struct ash_heap *heap);
void inbuf_fini(struct inbuf *b);
/* At least want bytes of room behind len, moving parsed bytes out of the way. False: no memory. */
bool inbuf_reserve(struct inbuf *b, size_t want);
/* Gives memory back when what is held is far more than was lately needed; frees all when empty. */
void inbuf_shrink(struct inbuf *b);

struct request {
    struct slice *argv;
    uint32_t      argc;      /* at least 1 */
    uint64_t      wire_len;  /* bytes it took on the wire */
};

struct request_batch {
    struct request  req[REQUEST_BATCH_MAX];
    unsigned        count;
    struct slice   *args;      /* storage of every argv, grown as needed, kept between batches */
    size_t          args_len, args_cap;
    struct ash_heap *heap;
};
void request_batch_init(struct request_batch *b, struct ash_heap *heap);
void request_batch_fini(struct request_batch *b);
void request_batch_clear(struct request_batch *b); /* also gives back an oversized args array */

struct request_limits {
    uint64_t bulk_max;       /* proto-max-bulk-len */
    bool     authenticated;  /* false: 10 arguments of 16 KiB */
};

/* Where a half-received request stands. */
struct request_parser {
    struct ash_heap *heap;
    uint8_t   state;
    int64_t   args_left;     /* bulks still to come */
    int64_t   bulk_len;      /* of the bulk being received; -1: its header is not complete */
    size_t    start, scan;   /* next element; searched up to here. Offsets from the inbuf's pos */
    struct request_span { size_t off, len; } *spans; /* finished arguments, as offsets from pos */
    size_t    span_count, span_cap;
    char      message[128];  /* on REQUEST_ERROR */
};
void request_parser_init(struct request_parser *p, struct ash_heap *heap);
void request_parser_fini(struct request_parser *p);
/* Heap bytes held for a half-received request, beside the inbuf. */
size_t request_parser_footprint(const struct request_parser *p);

enum request_status {
    REQUEST_MORE,  /* all input looked at; batch may hold requests */
    REQUEST_FULL,  /* the batch ends here; call again after executing it, before reading more */
    REQUEST_ERROR, /* message is set; the batch is empty */
};
enum request_status request_parse(struct request_parser *p, struct inbuf *in,
                                  const struct request_limits *limits, struct request_batch *batch);
/* After REQUEST_MORE: how many bytes are certainly needed to finish the current bulk; else 0.
 * A hint for sizing the next read; never to be reserved whole on the client's word alone. */
size_t request_wanted(const struct request_parser *p, const struct inbuf *in);

/* Splits a line as redis-cli and the configuration file do: quotes, escapes. Returns false on
 * unbalanced quotes. Strings are heap copies. */
struct request_words {
    char   **word;
    size_t  *len;
    unsigned count;
};
bool request_split(struct slice line, struct ash_heap *heap, struct request_words *out);
void request_words_fini(struct request_words *w);

#endif
