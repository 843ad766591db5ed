/* stream_id.h: what names and orders the entries of a stream: a time in ms, and a number within it.
 *
 * As text "ms-seq", both unsigned 64-bit numbers. Ordered as one 128-bit number. Pure functions. */
#ifndef ASHLAR_SERVER_DS_STREAM_ID_H
#define ASHLAR_SERVER_DS_STREAM_ID_H

#include "proto/buf.h"

struct stream_id {
    uint64_t ms, seq;
};

#define STREAM_ID_MIN      ((struct stream_id){0, 0})
#define STREAM_ID_MAX      ((struct stream_id){UINT64_MAX, UINT64_MAX})
#define STREAM_ID_TEXT_MAX 44 /* two numbers of 20 digits, the '-' and a NUL, rounded up */

static inline bool stream_id_less(struct stream_id a, struct stream_id b) {
    return a.ms < b.ms || (a.ms == b.ms && a.seq < b.seq);
}
static inline bool stream_id_eq(struct stream_id a, struct stream_id b) {
    return a.ms == b.ms && a.seq == b.seq;
}
static inline bool stream_id_is_zero(struct stream_id id) { return (id.ms | id.seq) == 0; }

/* The one behind and the one before. False: there is none, *id wraps around. */
bool stream_id_next(struct stream_id *id);
bool stream_id_prev(struct stream_id *id);

/* "ms" or "ms-seq", where a missing seq is as given. Digits only, leading zeros allowed; a '+' or
 * blanks in front of a number are passed over, as strtoull does. */
bool stream_id_parse(struct slice text, uint64_t missing_seq, struct stream_id *out);
/* "ms-*": only then is *auto_seq set, and seq 0. */
bool stream_id_parse_auto(struct slice text, struct stream_id *out, bool *auto_seq);
/* Returns the length; NUL-terminates. */
size_t stream_id_format(char *out, struct stream_id id);

#endif
