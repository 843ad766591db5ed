/* zset_compact.c: a sorted set's memory moved to other addresses: first the table by member, whose lines
 * know the items, then the order with the items themselves.
 *
 * Items are come to by rank, so that their places in the order are at hand; the other one, in the table,
 * is found by the member's hash, for those alone that do move. */
#include "server/ds/listpack.h"
#include "server/ds/mover.h"
#include "server/types/zset_big.h"

static void *item_move(struct mover *m, void *item, void *arg) {
    struct zset_big *b = arg;
    if (!mover_wants(m, item)) return item;
    struct slice member = scored_member(item);
    uint64_t     hash = table_hash(member);
    void        *to = mover_copy(m, item, scored_size(member), 8);
    table_replace(&b->members, item, to, hash);
    return to;
}

bool zset_compact(struct value *v, struct mover *m, struct move_cursor *c) {
    enum { MEMBERS, ORDER };
    if (v->enc == ENC_LISTPACK) {
        v->u.ptr = lp_move(m, v->u.ptr);
        return false;
    }
    struct zset_big *b = v->u.ptr = mover_move(m, v->u.ptr, sizeof *b);
    if (c->stage == MEMBERS) {
        if (!table_compact(&b->members, m, c, NULL, NULL)) move_cursor_advance(c);
        return true;
    }
    return c->stage == ORDER && ranking_compact(&b->order, m, c, item_move, b);
}
