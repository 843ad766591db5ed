/* stream_group.h: what the commands on consumer groups have in common. */
#ifndef ASHLAR_SERVER_COMMANDS_STREAM_GROUP_H
#define ASHLAR_SERVER_COMMANDS_STREAM_GROUP_H

#include "server/core/call.h"
#include "server/types/stream_group.h"

/* The stream in argv[1] and its group argv[2]. False: WRONGTYPE or NOGROUP was sent. */
bool stream_group_read(struct call *c, struct key *k, struct stream_group **out);
/* The consumer by that name, made if need be, which has tried something just now. */
struct stream_consumer *stream_consumer_seen(struct call *c, struct stream_group *g, struct slice name);
/* NOGROUP as XGROUP and XINFO say it: the key is there, its group is not. */
void stream_no_group(struct call *c, uint32_t key, uint32_t group);
/* How long ago something happened by the wall clock, which may have gone back. */
static inline int64_t stream_idle_ms(const struct call *c, int64_t then_ms) {
    return c->now_ms > then_ms ? c->now_ms - then_ms : 0;
}

#endif
