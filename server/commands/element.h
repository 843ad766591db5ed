/* element.h: an element of a container as a bulk string. */
#ifndef ASHLAR_SERVER_COMMANDS_ELEMENT_H
#define ASHLAR_SERVER_COMMANDS_ELEMENT_H

#include "proto/reply.h"
#include "server/types/value.h"

static inline void reply_element(struct reply *r, const struct element *e) {
    if (e->is_int) reply_bulk_int(r, e->i);
    else reply_bulk(r, e->s);
}

#endif
