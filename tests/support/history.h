/* history.h: the commands that a differential run has sent since both servers were last empty. */
#ifndef ASHLAR_TESTS_SUPPORT_HISTORY_H
#define ASHLAR_TESTS_SUPPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/differ_gen.h"
#include "tests/support/pair.h"

struct history {
    struct sent {
        struct words command;
        enum compare compare;
    }     *sent;
    size_t count;
    size_t cap;
};

void history_add(struct history *h, struct words *command, enum compare compare); /* takes *command */
void history_clear(struct history *h);
void history_fini(struct history *h);

/* Empties both servers, returns them to database 0 in the given protocol, and sends what the pair
 * begins with. */
bool history_restart(struct pair *p, int proto, struct bytes *error);
/* The smallest part of the history that was found to make the replies to its last command differ,
 * in the order sent, as lines of a transcript. Sends many commands to both servers; max_ms bounds it. */
void history_shrink(const struct history *h, struct pair *p, int proto, long max_ms, struct bytes *out);

#endif
