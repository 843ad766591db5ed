/* stream_args.h: what the stream commands have in common: IDs, ranges, trimming, entries as replies. */
#ifndef ASHLAR_SERVER_COMMANDS_STREAM_ARGS_H
#define ASHLAR_SERVER_COMMANDS_STREAM_ARGS_H

#include "server/core/call.h"
#include "server/types/stream.h"

/* argv[i] as "ms" or "ms-seq", a missing seq being as given. False: the error was sent. */
bool stream_arg_id(struct call *c, uint32_t i, uint64_t missing_seq, struct stream_id *out);
/* The bounds of a range, "-", "+" and "(" included. False: the error was sent. */
bool stream_arg_range(struct call *c, uint32_t start, uint32_t end, struct stream_id *from,
                      struct stream_id *to);
bool stream_arg_start(struct call *c, uint32_t i, struct stream_id *from); /* the first of them alone */

/* MAXLEN and MINID with their LIMIT, as XADD and XTRIM take them. */
struct stream_trim_args {
    struct stream_trim trim;
    bool               limit_given;
};
/* If argv[*i] begins one of the options: reads it, *i is its last argument. 1: read, 0: it is none,
 * -1: the error was sent. */
int  stream_arg_trim(struct call *c, uint32_t *i, struct stream_trim_args *a);
/* Do they fit together? Sets the limit that ~ has by itself. False: the error was sent. */
bool stream_trim_complete(struct call *c, struct stream_trim_args *a, bool needed);

void reply_stream_id(struct reply *r, struct stream_id id);
/* The entry that stream_next() has just returned: its ID and an array of fields and values. */
void reply_stream_entry(struct reply *r, struct stream_iter *it, struct stream_id id, uint64_t pairs);
/* The entry by that ID. False: it is not there, nothing was sent. */
bool reply_stream_one(struct reply *r, const struct value *v, struct stream_id id);
/* At most `count` entries (0: all) of the range. */
void reply_stream_entries(struct reply *r, const struct value *v, struct stream_id from,
                          struct stream_id to, uint64_t count, bool backwards);

#endif
