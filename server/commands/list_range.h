/* list_range.h: taking a range out of a list, however long, without freeing it here. */
#ifndef ASHLAR_SERVER_COMMANDS_LIST_RANGE_H
#define ASHLAR_SERVER_COMMANDS_LIST_RANGE_H

#include "server/core/call.h"
#include "server/types/list.h"

/* Removes count elements of k's list from index start on; the commit is the caller's. */
static inline void list_remove_range(struct call *c, struct key *k, uint64_t start, uint64_t count) {
    struct type_env env = call_env(c);
    struct value    removed;
    if (count == 0 || !list_take_range(&k->v, &env, start, count, &removed)) return;
    db_discard_value(c->db, &removed, DISCARD_SERVER);
}

#endif
