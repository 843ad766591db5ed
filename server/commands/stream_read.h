/* stream_read.h: the arguments that XREAD and XREADGROUP share. */
#ifndef ASHLAR_SERVER_COMMANDS_STREAM_READ_H
#define ASHLAR_SERVER_COMMANDS_STREAM_READ_H

#include "server/core/call.h"
#include "server/ds/stream_id.h"

struct stream_read {
    uint32_t first, streams; /* keys: argv[first] ..; their IDs behind them */
    uint64_t count;          /* 0: all */
    bool     blocks;
    int64_t  timeout_ms;
    uint32_t group;          /* argv[group] is the group's name, the consumer's behind it. 0: XREAD */
    bool     no_ack;
};
/* Everything but the IDs, which are of two kinds. False: the error was sent. */
bool stream_read_parse(struct call *c, bool by_group, struct stream_read *a);

/* Replies what stream number n has behind the ID. False: nothing, and nothing replied. */
typedef bool (*stream_read_fn)(struct call *c, const struct stream_read *a, uint32_t n, struct stream_id after);
/* An array, or a map, of what one() replies for each stream. */
void stream_read_each(struct call *c, const struct stream_read *a, const struct stream_id *after,
                      stream_read_fn one);

#endif
