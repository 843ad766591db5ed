/* reply.h: the one writer of RESP2 and RESP3.
 *
 * Each call appends one protocol element. The writer turns a RESP3 type into its RESP2 shape where
 * the client speaks RESP2 (a map is an array of twice the length, a double a bulk string, ...), as
 * Redis does. CR and LF in statuses and errors become blanks, so no reply can carry a second one.
 *
 * Invariant: a command emits exactly one top-level reply, unless it is muted. reply_check() is how
 * debug builds see to it.
 * Locking: none; one owner. */
#ifndef ASHLAR_PROTO_REPLY_H
#define ASHLAR_PROTO_REPLY_H

#include "proto/buf.h"

struct reply {
    struct outbuf *out;
    uint8_t        resp;   /* 2 or 3 */
    bool           muted;  /* CLIENT REPLY OFF or SKIP: nothing is written */
    uint64_t       errors; /* error replies so far, muted or not; dispatch compares */
    char           last_error[32]; /* first word of the last one ("WRONGTYPE"), for errorstats */
};

void reply_init(struct reply *r, struct outbuf *out);

void reply_status(struct reply *r, const char *text); /* "+OK" */
void reply_ok(struct reply *r);
/* text without the '-', with its code: "ERR no such key", "WRONGTYPE ...". */
void reply_error(struct reply *r, const char *text);
__attribute__((format(printf, 2, 3))) void reply_errorf(struct reply *r, const char *format, ...);
void reply_int(struct reply *r, int64_t v);
void reply_uint(struct reply *r, uint64_t v);
void reply_bulk(struct reply *r, struct slice s);
/* n > 0 strings of one length, which lie one behind the other. */
void reply_bulks(struct reply *r, struct slice first, size_t n);
void reply_bulk_str(struct reply *r, const char *s);
void reply_bulk_int(struct reply *r, int64_t v);    /* the number's text as a bulk string */
__attribute__((format(printf, 2, 3))) void reply_bulkf(struct reply *r, const char *format, ...);
void reply_null(struct reply *r);        /* $-1 or _ */
void reply_null_array(struct reply *r);  /* *-1 or _ */
void reply_bool(struct reply *r, bool v); /* #t, or :1 */
void reply_double(struct reply *r, double v); /* ",1.5", or the bulk string */
void reply_bulk_double(struct reply *r, double v);  /* always the bulk string */
void reply_bulk_ldouble(struct reply *r, long double v); /* INCRBYFLOAT */
void reply_ldouble(struct reply *r, long double v);      /* the same text as a double: GEOPOS */
void reply_big_number(struct reply *r, struct slice digits);
/* format: three letters, "txt" or "mkd". */
void reply_verbatim(struct reply *r, const char *format, struct slice s);
void reply_empty_array(struct reply *r);
void reply_array(struct reply *r, size_t n);
void reply_map(struct reply *r, size_t pairs);
void reply_set(struct reply *r, size_t n);
void reply_push(struct reply *r, size_t n);
void reply_attribute(struct reply *r, size_t pairs);
/* Bytes that are RESP already (a shared or precomputed reply). */
void reply_raw(struct reply *r, struct slice s);

/* A length known only afterwards: begin, write the elements, end with the count. They nest. */
struct reply_deferred {
    struct outbuf_mark mark;
};
struct reply_deferred reply_begin(struct reply *r);
void reply_end_array(struct reply *r, struct reply_deferred d, size_t n);
void reply_end_map(struct reply *r, struct reply_deferred d, size_t pairs);
void reply_end_set(struct reply *r, struct reply_deferred d, size_t n);
/* A short bulk string known only afterwards, 64 bytes at most. */
void reply_end_bulk(struct reply *r, struct reply_deferred d, struct slice s);

/* Walks the last len bytes waiting in out: false when they are not whole, well-formed replies, else
 * *count is how many top-level ones there are (an attribute belongs to the reply behind it; push
 * messages are no replies and do not count). Costs
 * O(bytes): for tests and debug builds. */
bool reply_check(const struct outbuf *out, size_t len, uint64_t *count);

#endif
