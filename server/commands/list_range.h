/* list_range.h: a range of a list: replied, and taken out, however long, without freeing it here. */
#ifndef ASHLAR_SERVER_COMMANDS_LIST_RANGE_H
#define ASHLAR_SERVER_COMMANDS_LIST_RANGE_H

#include "server/commands/element.h"
#include "server/core/call.h"
#include "server/types/list.h"

/* Replies up to n elements from an index on. */
static inline void list_reply_range(struct call *c, const struct value *v, int64_t index,
                                    bool backwards, uint64_t n) {
    struct list_iter it;
    struct element   e;
    struct slice     first;
    list_iter_init(&it, v, index, backwards);
    while (n > 0) {
        uint64_t many = list_is_alike(&it) ? list_next_alike(&it, n, &first) : 0;
        if (many > 0) {
            reply_bulks(c->reply, first, many);
            n -= many;
        } else if (list_next(&it, &e)) {
            reply_element(c->reply, &e);
            n--;
        } else {
            break;
        }
    }
    list_iter_fini(&it);
}

/* Removes count elements of k's list from index start on; the commit is the caller's. */
static inline void list_remove_range(struct call *c, struct key *k, uint64_t start, uint64_t count) {
    struct type_env env = call_env(c);
    struct value    removed;
    if (count == 0 || !list_take_range(&k->v, &env, start, count, &removed)) return;
    db_discard_value(c->db, &removed, DISCARD_SERVER);
}

#endif
