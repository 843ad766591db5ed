/* zset_reply.h: members with or without scores, as replies have them: RESP3 nests each pair. */
#ifndef ASHLAR_SERVER_COMMANDS_ZSET_REPLY_H
#define ASHLAR_SERVER_COMMANDS_ZSET_REPLY_H

#include "server/commands/element.h"

/* Member, or member and score: one element of a reply in RESP3, one or two in RESP2. */
static inline void reply_member(struct reply *r, const struct element *member, double score,
                                bool with_score) {
    if (with_score && r->resp == 3) reply_array(r, 2);
    reply_element(r, member);
    if (with_score) reply_double(r, score);
}

/* The length of an array of so many. */
static inline size_t reply_members_len(const struct reply *r, uint64_t members, bool with_scores) {
    return with_scores && r->resp == 2 ? members * 2 : members;
}

#endif
