/* idmap.h: a map from stream IDs to values of one small size, in the order of the IDs.
 *
 * A stream's blocks, a group's pending entries and each consumer's lie in one of these: what comes
 * mostly comes behind everything else, what goes mostly goes in front, and ranges are walked. So it
 * is a B+tree of nodes of at most 2 KiB whose arrays of IDs lie together: appending fills nodes to
 * the last slot, a search touches a few lines a level. A small map is one small node.
 *
 *   node:  count, size class | id[cap] | value[cap], or in inner nodes child[cap]
 *
 * Invariants, asserted together by idmap_check():
 *   M1  a leaf's IDs ascend; all leaves are at the same depth, `height` levels below the root.
 *   M2  id[i] of an inner node is at most every ID below child i, and above every one below i - 1.
 *   M3  no node is empty; an inner root has two children or more; root NULL exactly when count is 0.
 *   M4  count is the number of IDs, footprint the heap bytes of the nodes.
 * Locking: none; one owner (idmap_free: any thread).
 * Ownership: values are copied bytes, mapped in place: what they point to is the caller's. */
#ifndef ASHLAR_SERVER_DS_IDMAP_H
#define ASHLAR_SERVER_DS_IDMAP_H

#include "server/ds/stream_id.h"

struct ash_heap;
struct freeing;
struct idmap_node;
struct move_cursor;
struct mover;

#define IDMAP_VALUE_MAX 24

struct idmap {
    struct idmap_node *root;
    uint64_t           count;
    size_t             footprint;
    uint8_t            value_size; /* const: a multiple of 8, 0 for a mere set of IDs */
    uint8_t            height;     /* levels of inner nodes */
};

void  idmap_init(struct idmap *m, size_t value_size);
void  idmap_free(struct idmap *m); /* empty and usable again. Any thread */
/* The same piece by piece (freeing.h). free_value, if any, is called on each value first, and counts
 * what it frees. */
bool  idmap_drain(struct idmap *m, void (*free_value)(void *value, struct freeing *f),
                  struct freeing *f);
/* Copies nodes and values as they are: pointers in values are the caller's to exchange. */
void  idmap_copy(struct idmap *to, struct ash_heap *heap, const struct idmap *from);
bool  idmap_check(const struct idmap *m);

/* The value's place, until the next change of the map. NULL: no such ID. (A set: not NULL.) */
void *idmap_get(const struct idmap *m, struct stream_id id);
/* The place of its value, whose bytes are the caller's to fill when it was added. */
void *idmap_put(struct idmap *m, struct ash_heap *heap, struct stream_id id, bool *added);
bool  idmap_remove(struct idmap *m, struct ash_heap *heap, struct stream_id id);

/* A place in the order. Any change of the map but of values in place ends it. */
struct idmap_cursor {
    const struct idmap *m;
    struct idmap_node  *leaf; /* NULL: past an end */
    unsigned            index;
};
struct idmap_cursor idmap_first(const struct idmap *m);
struct idmap_cursor idmap_last(const struct idmap *m);
struct idmap_cursor idmap_at_least(const struct idmap *m, struct stream_id id); /* first >= id */
struct idmap_cursor idmap_at_most(const struct idmap *m, struct stream_id id);  /* last <= id */
static inline bool  idmap_valid(const struct idmap_cursor *c) { return c->leaf != NULL; }
struct stream_id    idmap_id(const struct idmap_cursor *c);
void               *idmap_value(const struct idmap_cursor *c);
void                idmap_step(struct idmap_cursor *c, bool backwards);

uint64_t idmap_nodes(const struct idmap *m); /* walks the inner ones */

/* Moves the nodes, leaf by leaf (mover.h), and what move_value (NULL: nothing) makes of each value in
 * its place. Uses c->at, which is the ID to go on at. */
bool idmap_compact(struct idmap *m, struct mover *mover, struct move_cursor *c,
                   void (*move_value)(struct mover *mover, void *value, void *arg), void *arg);

#endif
