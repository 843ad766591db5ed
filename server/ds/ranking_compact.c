/* ranking_compact.c: a ranking's nodes and items moved to other addresses.
 *
 * The place to go on at is a rank, so that finding it is one descent, whatever has come and gone. All
 * inner nodes lie on the way to some leaf, and are moved on that way: a look at each of the three or
 * four takes less than to remember which of them have been seen.
 *
 * Nodes know no address but children, neighbours and items: hints and words are bytes of the keys.
 * Start reading at ranking_compact(). */
#include "alloc/assert.h"
#include "server/ds/mover.h"
#include "server/ds/ranking_node.h"

static struct rankleaf *move_leaf(struct ranking *r, struct mover *m, struct rankleaf *l) {
    l = mover_move(m, l, leaf_size(l));
    *(l->prev != NULL ? &l->prev->next : &r->first) = l;
    *(l->next != NULL ? &l->next->prev : &r->last) = l;
    return l;
}

/* Moves what lies on the way to the leaf of a rank, which is returned; *rank becomes that of the first
 * item behind it. */
static struct rankleaf *move_path(struct ranking *r, struct mover *m, uint64_t *rank) {
    void   **link = &r->root;
    uint64_t left = *rank;
    for (unsigned level = r->height; level > 0; level--) {
        struct rankinner *n = *link = mover_move(m, *link, inner_size(*link));
        const uint64_t   *count = inner_counts(n);
        unsigned          i = 0;
        while (left >= count[i]) left -= count[i++];
        link = &inner_children(n)[i];
    }
    struct rankleaf *l = *link = move_leaf(r, m, *link);
    DASSERT(left < l->used);
    *rank += l->used - left;
    return l;
}

bool ranking_compact(struct ranking *r, struct mover *m, struct move_cursor *c,
                     void *(*move_item)(struct mover *m, void *item, void *arg), void *arg) {
    uint64_t rank = c->at[0], stop = m->looked + MOVER_STEP;
    while (rank < r->count && m->looked < stop) {
        struct rankleaf *l = move_path(r, m, &rank);
        for (unsigned i = 0; move_item != NULL && i < l->used; i++) {
            struct scored *it = leaf_get(l, i), *to = move_item(m, it, arg);
            if (to != it) leaf_exchange(l, i, to);
        }
    }
    c->at[0] = rank;
    return rank < r->count;
}
