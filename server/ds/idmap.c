/* idmap.c: the B+tree under a stream's IDs (layout and invariants: idmap.h).
 *
 * A node's allocation is a power of two from 64 bytes to 2 KiB, doubled as it fills and halved when
 * three quarters of it are free, so a consumer with one pending entry costs 64 bytes and a full leaf
 * wastes nothing. Where inserting meets a node that is full at 2 KiB, it is split on the way down,
 * so that there is always room above. The split follows what is coming: behind everything else,
 * the old node stays full and the new one starts empty; elsewhere, half and half.
 *
 * Removal joins a node that is less than a quarter full with a neighbour if both together are at most
 * three quarters: between the two thresholds nothing moves back and forth.
 *
 * Nodes have no links to their neighbours. A cursor at the end of a leaf searches again, which is one
 * descent in fifty steps or more, and there is nothing to keep true on splits and joins.
 *
 * Start reading at child_of(), then idmap_put(). */
#include "server/ds/idmap.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/freeing.h"
#include "server/ds/mover.h"

#define SHIFT_MIN  6 /* 64 bytes */
#define SHIFT_MAX  11
#define HEIGHT_MAX 24 /* 2^64 IDs in nodes a quarter full need fewer */

struct idmap_node {
    uint16_t         count;
    uint8_t          shift; /* its allocation is 1 << shift */
    struct stream_id id[];
};

_Static_assert(sizeof(struct idmap_node) == 8, "eight bytes a node beside its arrays");

/* --- Nodes ---------------------------------------------------------------------------------- */

static inline size_t node_size(const struct idmap_node *n) { return (size_t)1 << n->shift; }

/* How many IDs with values of so many bytes an allocation has room for. */
static inline unsigned cap_of(unsigned shift, size_t value_size) {
    return (unsigned)((((size_t)1 << shift) - sizeof(struct idmap_node)) /
                      (sizeof(struct stream_id) + value_size));
}
/* The smallest allocation for so many. */
static unsigned shift_for(unsigned count, size_t value_size) {
    unsigned shift = SHIFT_MIN;
    while (cap_of(shift, value_size) < count) shift++;
    return shift;
}

/* The divisors by name: division by a variable costs more than the search. */
static inline unsigned node_cap(const struct idmap_node *n, size_t value_size) {
    switch (value_size) {
    case 0: return cap_of(n->shift, 0);
    case 8: return cap_of(n->shift, 8);
    case 16: return cap_of(n->shift, 16);
    default: return cap_of(n->shift, 24);
    }
}

static inline char *values(const struct idmap_node *n, size_t value_size) {
    return (char *)(uintptr_t)(n->id + node_cap(n, value_size));
}

static inline struct idmap_node **children(const struct idmap_node *n) {
    return (struct idmap_node **)(void *)values(n, sizeof(struct idmap_node *));
}

/* Values of the nodes on a level: level 0 are the leaves. */
static inline size_t size_at(const struct idmap *m, unsigned level) {
    return level == 0 ? m->value_size : sizeof(struct idmap_node *);
}

static inline unsigned cap_max(const struct idmap *m, unsigned level) {
    return cap_of(SHIFT_MAX, size_at(m, level));
}

static struct idmap_node *node_new(struct idmap *m, struct ash_heap *heap, unsigned shift) {
    struct idmap_node *n = ash_alloc(heap, (size_t)1 << shift);
    n->count = 0;
    n->shift = (uint8_t)shift;
    m->footprint += ash_good_size((size_t)1 << shift);
    return n;
}

static void node_free(struct idmap *m, struct idmap_node *n) {
    m->footprint -= ash_good_size(node_size(n));
    ash_free(n, node_size(n));
}

/* *link moves to an allocation of another size; its values follow its IDs' new end. */
static void node_resize(struct idmap *m, struct ash_heap *heap, struct idmap_node **link,
                        unsigned shift, unsigned level) {
    struct idmap_node *old = *link, *n = node_new(m, heap, shift);
    size_t             size = size_at(m, level);
    DASSERT(old->count <= node_cap(n, size));
    n->count = old->count;
    memcpy(n->id, old->id, old->count * sizeof *n->id);
    if (size > 0) memcpy(values(n, size), values(old, size), old->count * size);
    node_free(m, old);
    *link = n;
}

/* Makes room for one more in a node that is not full at its largest. */
static void node_grow(struct idmap *m, struct ash_heap *heap, struct idmap_node **link,
                      unsigned level) {
    struct idmap_node *n = *link;
    if (n->count < node_cap(n, size_at(m, level))) return;
    ASSERT(n->shift < SHIFT_MAX);
    node_resize(m, heap, link, shift_for(n->count + 1u, size_at(m, level)), level);
}

static void node_shrink(struct idmap *m, struct ash_heap *heap, struct idmap_node **link,
                        unsigned level) {
    unsigned shift = (*link)->shift;
    if (shift > SHIFT_MIN + 1 && (*link)->count <= cap_of(shift - 2, size_at(m, level)))
        node_resize(m, heap, link, shift - 1, level);
}

/* Opens a gap at i for an ID and its value; there is room. Returns the value's place. */
static char *node_open(struct idmap_node *n, size_t value_size, unsigned i, struct stream_id id) {
    char    *at = values(n, value_size) + i * value_size;
    unsigned behind = n->count - i;
    if (behind > 0) {
        memmove(n->id + i + 1, n->id + i, behind * sizeof *n->id);
        memmove(at + value_size, at, behind * value_size);
    }
    n->id[i] = id;
    n->count++;
    return at;
}

static void node_close(struct idmap_node *n, size_t value_size, unsigned i) {
    char    *at = values(n, value_size) + i * value_size;
    unsigned behind = --n->count - i;
    memmove(n->id + i, n->id + i + 1, behind * sizeof *n->id);
    memmove(at, at + value_size, behind * value_size);
}

/* The IDs of `from` from index i on, with their values, go behind those of `to`. */
static void node_move(struct idmap_node *to, struct idmap_node *from, unsigned i,
                      size_t value_size) {
    unsigned n = from->count - i;
    memcpy(to->id + to->count, from->id + i, n * sizeof *to->id);
    if (value_size > 0)
        memcpy(values(to, value_size) + to->count * value_size,
               values(from, value_size) + i * value_size, n * value_size);
    to->count = (uint16_t)(to->count + n);
    from->count = (uint16_t)i;
}

/* --- Searching ------------------------------------------------------------------------------ */

/* How many of the node's IDs are below id; with `or_equal`, or equal to it. */
static inline unsigned count_below(const struct idmap_node *n, struct stream_id id, bool or_equal) {
    unsigned low = 0, high = n->count;
    if (high > 0 && stream_id_less(n->id[high - 1], id)) return high;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        bool below = or_equal ? !stream_id_less(id, n->id[mid]) : stream_id_less(n->id[mid], id);
        if (below) low = mid + 1;
        else high = mid;
    }
    return low;
}

/* Which child an ID is below, or would be. */
static inline unsigned child_of(const struct idmap_node *n, struct stream_id id) {
    unsigned i = count_below(n, id, true);
    return i > 0 ? i - 1 : 0;
}

void *idmap_get(const struct idmap *m, struct stream_id id) {
    const struct idmap_node *n = m->root;
    if (n == NULL) return NULL;
    for (unsigned level = m->height; level > 0; level--) n = children(n)[child_of(n, id)];
    unsigned i = count_below(n, id, false);
    if (i == n->count || !stream_id_eq(n->id[i], id)) return NULL;
    return values(n, m->value_size) + i * m->value_size;
}

static struct idmap_cursor edge_of(const struct idmap *m, struct idmap_node *n, unsigned level,
                                   bool last) {
    if (n == NULL) return (struct idmap_cursor){.m = m};
    for (; level > 0; level--) n = children(n)[last ? n->count - 1u : 0];
    return (struct idmap_cursor){.m = m, .leaf = n, .index = last ? n->count - 1u : 0};
}

struct idmap_cursor idmap_first(const struct idmap *m) { return edge_of(m, m->root, m->height, false); }
struct idmap_cursor idmap_last(const struct idmap *m) { return edge_of(m, m->root, m->height, true); }

/* On the way down `beside` remembers the nearest subtree on the side where the search goes on when
 * the leaf has nothing that fits. */
struct idmap_cursor idmap_at_least(const struct idmap *m, struct stream_id id) {
    struct idmap_node *n = m->root, *beside = NULL;
    unsigned           beside_level = 0;
    if (n == NULL) return (struct idmap_cursor){.m = m};
    for (unsigned level = m->height; level > 0; level--) {
        unsigned i = child_of(n, id);
        if (i + 1 < n->count) {
            beside = children(n)[i + 1];
            beside_level = level - 1;
        }
        n = children(n)[i];
    }
    unsigned i = count_below(n, id, false);
    if (i < n->count) return (struct idmap_cursor){.m = m, .leaf = n, .index = i};
    return edge_of(m, beside, beside_level, false);
}

struct idmap_cursor idmap_at_most(const struct idmap *m, struct stream_id id) {
    struct idmap_node *n = m->root, *beside = NULL;
    unsigned           beside_level = 0;
    if (n == NULL) return (struct idmap_cursor){.m = m};
    for (unsigned level = m->height; level > 0; level--) {
        unsigned i = child_of(n, id);
        if (i > 0) {
            beside = children(n)[i - 1];
            beside_level = level - 1;
        }
        n = children(n)[i];
    }
    unsigned i = count_below(n, id, true);
    if (i > 0) return (struct idmap_cursor){.m = m, .leaf = n, .index = i - 1};
    return edge_of(m, beside, beside_level, true);
}

struct stream_id idmap_id(const struct idmap_cursor *c) { return c->leaf->id[c->index]; }

void *idmap_value(const struct idmap_cursor *c) {
    return values(c->leaf, c->m->value_size) + c->index * c->m->value_size;
}

void idmap_step(struct idmap_cursor *c, bool backwards) {
    struct stream_id id = idmap_id(c);
    if (backwards && c->index > 0) {
        c->index--;
    } else if (!backwards && c->index + 1 < c->leaf->count) {
        c->index++;
    } else if (backwards ? stream_id_prev(&id) : stream_id_next(&id)) {
        *c = backwards ? idmap_at_most(c->m, id) : idmap_at_least(c->m, id);
    } else {
        c->leaf = NULL;
    }
}

/* --- Inserting ------------------------------------------------------------------------------ */

/* Child i of *link, on `level` and full, becomes two: cut so that `id` finds room where it belongs.
 * *link has room for a child more, but may have to grow. */
static void split_child(struct idmap *m, struct ash_heap *heap, struct idmap_node **link,
                        unsigned i, unsigned level, struct stream_id id) {
    struct idmap_node *left = children(*link)[i];
    unsigned           at = left->count / 2;
    if (stream_id_less(left->id[left->count - 1], id))
        at = level == 0 ? left->count : left->count - 1u;
    unsigned           shift = shift_for(left->count - at, size_at(m, level));
    struct idmap_node *right = node_new(m, heap, shift);
    node_move(right, left, at, size_at(m, level));

    struct stream_id first = right->count > 0 ? right->id[0] : id;
    node_grow(m, heap, link, level + 1);
    char *slot = node_open(*link, sizeof right, i + 1, first);
    memcpy(slot, &right, sizeof right);
}

/* A root that is full gets one above it, with it as only child: put's next step splits it. */
static void root_raise(struct idmap *m, struct ash_heap *heap) {
    struct idmap_node *old = m->root;
    ASSERT(m->height < HEIGHT_MAX);
    m->root = node_new(m, heap, SHIFT_MIN);
    char *slot = node_open(m->root, sizeof old, 0, old->id[0]);
    memcpy(slot, &old, sizeof old);
    m->height++;
}

static void *leaf_put(struct idmap *m, struct ash_heap *heap, struct idmap_node **link,
                      struct stream_id id, bool *added) {
    unsigned i = count_below(*link, id, false);
    *added = i == (*link)->count || !stream_id_eq((*link)->id[i], id);
    if (!*added) return values(*link, m->value_size) + i * m->value_size;
    node_grow(m, heap, link, 0);
    m->count++;
    return node_open(*link, m->value_size, i, id);
}

void *idmap_put(struct idmap *m, struct ash_heap *heap, struct stream_id id, bool *added) {
    if (m->root == NULL) m->root = node_new(m, heap, SHIFT_MIN);
    if (m->root->count == cap_max(m, m->height)) {
        void *found = idmap_get(m, id);
        *added = false;
        if (found != NULL) return found;
        root_raise(m, heap);
    }
    struct idmap_node **link = &m->root;
    for (unsigned level = m->height; level > 0; level--) {
        unsigned i = child_of(*link, id);
        if (stream_id_less(id, (*link)->id[i])) (*link)->id[i] = id; /* below all: i is 0 */
        if (children(*link)[i]->count == cap_max(m, level - 1)) {
            split_child(m, heap, link, i, level - 1, id);
            i = child_of(*link, id);
        }
        link = &children(*link)[i];
    }
    return leaf_put(m, heap, link, id, added);
}

/* --- Removing ------------------------------------------------------------------------------- */

/* Children i and i + 1 of n, on `level`, become one. False: together they hold too much. */
static bool join(struct idmap *m, struct ash_heap *heap, struct idmap_node *n, unsigned i,
                 unsigned level) {
    struct idmap_node **left = &children(n)[i], *right = left[1];
    unsigned            together = (unsigned)(*left)->count + right->count;
    if (together > cap_max(m, level) / 4 * 3) return false;
    if (together > node_cap(*left, size_at(m, level)))
        node_resize(m, heap, left, shift_for(together, size_at(m, level)), level);
    node_move(*left, right, 0, size_at(m, level));
    node_free(m, right);
    node_close(n, sizeof right, i + 1);
    return true;
}

/* After a removal below child i of n. */
static void child_settle(struct idmap *m, struct ash_heap *heap, struct idmap_node *n, unsigned i,
                         unsigned level) {
    struct idmap_node *child = children(n)[i];
    if (child->count == 0) {
        node_free(m, child);
        node_close(n, sizeof child, i);
        return;
    }
    if (child->count < cap_max(m, level) / 4) {
        if (i + 1 < n->count && join(m, heap, n, i, level)) return;
        if (i > 0 && join(m, heap, n, i - 1, level)) return;
    }
    node_shrink(m, heap, &children(n)[i], level);
}

static bool remove_below(struct idmap *m, struct ash_heap *heap, struct idmap_node *n,
                         unsigned level, struct stream_id id) {
    if (level > 0) {
        unsigned i = child_of(n, id);
        if (!remove_below(m, heap, children(n)[i], level - 1, id)) return false;
        child_settle(m, heap, n, i, level - 1);
        return true;
    }
    unsigned i = count_below(n, id, false);
    if (i == n->count || !stream_id_eq(n->id[i], id)) return false;
    node_close(n, m->value_size, i);
    return true;
}

/* The root has lost something: an inner one with one child gives way to it. */
static void root_settle(struct idmap *m, struct ash_heap *heap) {
    while (m->height > 0 && m->root->count == 1) {
        struct idmap_node *child = children(m->root)[0];
        node_free(m, m->root);
        m->root = child;
        m->height--;
    }
    if (m->root->count > 0) {
        node_shrink(m, heap, &m->root, m->height);
    } else {
        node_free(m, m->root);
        m->root = NULL;
        m->height = 0;
    }
}

bool idmap_remove(struct idmap *m, struct ash_heap *heap, struct stream_id id) {
    if (m->root == NULL || !remove_below(m, heap, m->root, m->height, id)) return false;
    m->count--;
    root_settle(m, heap);
    return true;
}

/* --- The whole ------------------------------------------------------------------------------ */

void idmap_init(struct idmap *m, size_t value_size) {
    ASSERT(value_size % 8 == 0 && value_size <= IDMAP_VALUE_MAX);
    *m = (struct idmap){.value_size = (uint8_t)value_size};
}

struct drain {
    struct idmap   *map;
    void          (*free_value)(void *value, struct freeing *f);
    struct freeing *freeing;
};

/* From the last child or value on. True: pieces are left. */
static bool drain_below(const struct drain *d, struct idmap_node *n, unsigned level) {
    size_t size = d->map->value_size;
    for (; level > 0 && n->count > 0; n->count--) {
        if (freeing_spent(d->freeing)) return true;
        if (drain_below(d, children(n)[n->count - 1], level - 1)) return true;
    }
    for (; d->free_value != NULL && n->count > 0; n->count--)
        d->free_value((char *)values(n, size) + (n->count - 1) * size, d->freeing);
    freeing_count(d->freeing, ash_good_size(node_size(n)));
    node_free(d->map, n);
    return false;
}

bool idmap_drain(struct idmap *m, void (*free_value)(void *value, struct freeing *f),
                 struct freeing *f) {
    struct drain d = {m, free_value, f};
    if (m->root != NULL && (freeing_spent(f) || drain_below(&d, m->root, m->height))) return true;
    ASSERT(m->footprint == 0);
    idmap_init(m, m->value_size);
    return false;
}

void idmap_free(struct idmap *m) {
    struct freeing all = freeing_all();
    idmap_drain(m, NULL, &all);
}

static struct idmap_node *copy_below(struct idmap *to, struct ash_heap *heap,
                                     const struct idmap_node *from, unsigned level) {
    struct idmap_node *n = node_new(to, heap, from->shift);
    n->count = from->count;
    memcpy(n->id, from->id, from->count * sizeof *n->id);
    if (level == 0) {
        size_t bytes = (size_t)from->count * to->value_size;
        if (bytes > 0) memcpy(values(n, to->value_size), values(from, to->value_size), bytes);
    }
    for (unsigned i = 0; level > 0 && i < from->count; i++)
        children(n)[i] = copy_below(to, heap, children(from)[i], level - 1);
    return n;
}

void idmap_copy(struct idmap *to, struct ash_heap *heap, const struct idmap *from) {
    idmap_init(to, from->value_size);
    to->count = from->count;
    to->height = from->height;
    if (from->root != NULL) to->root = copy_below(to, heap, from->root, from->height);
}

static uint64_t nodes_below(const struct idmap_node *n, unsigned level) {
    uint64_t sum = 1;
    if (level == 1) return 1u + n->count;
    for (unsigned i = 0; level > 1 && i < n->count; i++) sum += nodes_below(children(n)[i], level - 1);
    return sum;
}

uint64_t idmap_nodes(const struct idmap *m) {
    return m->root != NULL ? nodes_below(m->root, m->height) : 0;
}

/* Moves what lies on the way to the leaf of an ID, which is returned. *id becomes the least that the
 * leaves behind it may hold; false: there are none. */
static struct idmap_node *move_path(struct idmap *m, struct mover *mover, struct stream_id *id,
                                    bool *more) {
    struct idmap_node **link = &m->root;
    struct stream_id    sought = *id;
    *more = false;
    for (unsigned level = m->height;; level--) {
        *link = mover_move(mover, *link, node_size(*link));
        if (level == 0) return *link;
        unsigned i = child_of(*link, sought);
        if (i + 1 < (*link)->count) {
            *id = (*link)->id[i + 1];
            *more = true;
        }
        link = &children(*link)[i];
    }
}

bool idmap_compact(struct idmap *m, struct mover *mover, struct move_cursor *c,
                   void (*move_value)(struct mover *mover, void *value, void *arg), void *arg) {
    struct stream_id id = {.ms = c->at[0], .seq = c->at[1]};
    uint64_t         stop = mover->looked + MOVER_STEP;
    bool             more = m->root != NULL;
    while (more && mover->looked < stop) {
        struct idmap_node *leaf = move_path(m, mover, &id, &more);
        char              *value = values(leaf, m->value_size);
        for (unsigned i = 0; move_value != NULL && i < leaf->count; i++, value += m->value_size)
            move_value(mover, value, arg);
    }
    c->at[0] = id.ms;
    c->at[1] = id.seq;
    return more;
}

struct check {
    const struct idmap *m;
    uint64_t            count;
    size_t              footprint;
    bool                any;
    struct stream_id    last; /* the ID before, where there is any */
};

static void check_below(struct check *c, const struct idmap_node *n, unsigned level) {
    ASSERT(n->count > 0 && n->shift >= SHIFT_MIN && n->shift <= SHIFT_MAX);
    ASSERT(n->count <= node_cap(n, size_at(c->m, level)));
    c->footprint += ash_good_size(node_size(n));
    for (unsigned i = 0; i < n->count; i++) {
        struct stream_id id = n->id[i];
        ASSERT(!c->any || stream_id_less(c->last, id));
        if (level > 0) {
            const struct idmap_node *child = children(n)[i];
            ASSERT(child->count > 0 && !stream_id_less(child->id[0], id));
            check_below(c, child, level - 1);
        } else {
            c->last = id;
            c->any = true;
            c->count++;
        }
    }
}

bool idmap_check(const struct idmap *m) {
    struct check c = {.m = m};
    ASSERT((m->root == NULL) == (m->count == 0));
    ASSERT(m->root != NULL || m->height == 0);
    if (m->root != NULL) {
        ASSERT(m->height == 0 || m->root->count >= 2);
        check_below(&c, m->root, m->height);
    }
    ASSERT(c.count == m->count && c.footprint == m->footprint);
    return true;
}
