/* compare.h: strings compared before they are changed: IFEQ, IFNE and, by digest, IFDEQ, IFDNE.
 *
 * As Redis 8.4 defines them. An absent key differs from everything. */
#ifndef ASHLAR_SERVER_COMMANDS_COMPARE_H
#define ASHLAR_SERVER_COMMANDS_COMPARE_H

#include "server/core/call.h"

struct condition {
    bool         given, by_digest, negated;
    struct slice want; /* the value, or its digest in hex */
};

/* Is argv[i] one of the four words, with an argument behind it? */
bool condition_at(const struct call *c, uint32_t i, struct condition *out);
/* False: it is by digest and that is none; the error was sent. */
bool condition_check(struct call *c, const struct condition *cond);
/* The key is absent or holds a string. */
bool condition_met(const struct condition *cond, const struct key *k);

void cmd_digest(struct call *c);
void cmd_delex(struct call *c);
void cmd_delifeq(struct call *c);

#endif
