/* quicklist_compact.c: a quicklist's nodes, and what they hold, moved to other addresses.
 *
 * A list has no way to find a place in its middle but to walk there. So it keeps the place where the
 * next call goes on: q->mark, which node_unlink and nodes_take keep on a node of the list. */
#include "server/ds/mover.h"
#include "server/ds/quicklist_node.h"

static void content_move(struct mover *m, struct quicklist_node *n) {
    if (n->compressed) {
        n->u.z = compressed_move(m, n->u.z);
    } else if (n->form == NODE_PLAIN) {
        n->u.str = str_move(m, n->u.str);
    } else {
        unsigned char *block = node_block(n);
        if (mover_wants(m, block)) block = mover_copy(m, block, node_block_size(n), 8);
        n->u.bytes = block + n->front;
    }
}

bool quicklist_compact(struct quicklist *q, struct mover *m, struct move_cursor *c) {
    uint64_t stop = m->looked + MOVER_STEP;
    if (c->at[0] == 0) q->mark = q->head;
    c->at[0] = 1;
    while (q->mark != NULL && m->looked < stop) {
        struct quicklist_node *n = mover_move(m, q->mark, sizeof *n);
        *(n->prev != NULL ? &n->prev->next : &q->head) = n;
        *(n->next != NULL ? &n->next->prev : &q->tail) = n;
        content_move(m, n);
        q->mark = n->next;
    }
    return q->mark != NULL;
}

struct quicklist *quicklist_move(struct mover *m, struct quicklist *q) {
    return mover_move(m, q, sizeof *q);
}
