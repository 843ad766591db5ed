/* ranking.c: the tree: descents, and the changes that follow from them.
 *
 * Every change begins with a descent, which leaves its path: on each level the node and the child
 * gone into, then the leaf and how many of its items lie before the cut. An item that is to be taken
 * is found by the cut behind it, so it is always the one before the path's index.
 *
 * What a descent costs among a million items: three inner nodes, of which the lowest level takes
 * 1.5 MB and the others fit the nearest cache, then the five lines of a leaf, fetched together; no
 * item at all unless hints are equal.
 *
 * A full leaf gives items to a sibling if one has room, else splits in halves: random order fills
 * leaves to more than four fifths. At either end of the tree a full node is left full and a new
 * one begun, so that ascending and descending loads fill them wholly. A node that falls below a
 * quarter joins a sibling when both fit into three quarters. Siblings have the same parent.
 *
 * Counts are settled before structure: when a child is added, the counts above its parent include
 * it already.
 *
 * Before this there was a skip list of runs, whose links also marked the keys beyond them: twice the
 * instructions for a descent of some twenty links, each a cache line of its own.
 * Known weakness: a removal can leave a parent with one small child, which has no sibling to join.
 *
 * Start reading at descend(), then ranking_put(). */
#include "server/ds/ranking.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/freeing.h"
#include "server/ds/ranking_node.h"

#define HEIGHT_MAX      16 /* inner levels: more than 2^48 items, were nodes a quarter full */
#define INNER_ROOM_LEAST 10
#define BUILD_LEAF(room)  ((room) - (room) / 8) /* room is left for what comes later */
#define BUILD_INNER      (INNER_ROOM - INNER_ROOM / 8)

struct path { /* node and at by level, the lowest first */
    struct rankinner *node[HEIGHT_MAX];
    unsigned          at[HEIGHT_MAX];
    struct rankleaf  *leaf;
    unsigned          index;  /* so many of its items lie before the cut */
    size_t            shared; /* by the keys of cut and leaf's first item; not when front */
    bool              front;  /* the cut lies before everything */
};

/* --- Descent --------------------------------------------------------------------------------- */

/* Whether the first item of all lies before the cut; *shared: by their keys. Mostly, the root knows
 * it from the score alone. */
static bool first_before(const struct ranking *r, const struct rankkey *cut, size_t *shared) {
    const struct rankinner *root = r->root;
    if (r->height > 0 && root->skip == 0 && root->word[0] != cut->key.order) {
        *shared = 0; /* or some bytes of the score: the root asks for none */
        return root->word[0] < cut->key.order;
    }
    return item_before(leaf_get(r->first, 0), cut, 0, shared);
}

static void descend(const struct ranking *r, const struct rankkey *cut, struct path *p) {
    void *n = r->root;
    p->front = !first_before(r, cut, &p->shared);
    for (unsigned level = r->height; level-- > 0;) {
        p->node[level] = n;
        p->at[level] = p->front ? 0 : inner_find(n, level, cut, &p->shared);
        n = inner_children(n)[p->at[level]];
        if (level > 0) inner_prefetch(n);
        else leaf_prefetch(n);
    }
    p->leaf = n;
    p->index = p->front ? 0 : leaf_find(n, cut, p->shared);
}

/* By rank, which is below count: p->index becomes that of the item itself. */
static void descend_rank(const struct ranking *r, uint64_t rank, struct path *p) {
    void *n = r->root;
    for (unsigned level = r->height; level-- > 0;) {
        const uint64_t *count = inner_counts(n);
        unsigned        i = 0;
        while (rank >= count[i]) rank -= count[i++];
        p->node[level] = n;
        p->at[level] = i;
        n = inner_children(n)[i];
        if (level == 0) leaf_prefetch(n);
    }
    p->leaf = n;
    p->index = (unsigned)rank;
}

/* The first item not before the cut, in the path's leaf or the one after it. */
static struct rankplace place_after(const struct path *p) {
    if (p->index < p->leaf->used) return (struct rankplace){ p->leaf, p->index };
    return (struct rankplace){ p->leaf->next, 0 };
}

static uint64_t path_rank(const struct ranking *r, const struct path *p) {
    uint64_t rank = p->index;
    for (unsigned level = 0; level < r->height; level++)
        rank += inner_sum(p->node[level], p->at[level]);
    return rank;
}

/* --- Along a path ---------------------------------------------------------------------------- */

static void path_count(struct ranking *r, const struct path *p, uint64_t by) {
    r->count += by;
    for (unsigned level = 0; level < r->height; level++)
        inner_counts(p->node[level])[p->at[level]] += by;
}

/* What lies at the path's place on this level and below begins with another key now. */
static void path_refit(struct ranking *r, const struct path *p, unsigned level, bool grew) {
    for (; level < r->height; level++) {
        inner_refit(p->node[level], p->at[level], level, grew);
        if (p->at[level] > 0) return;
    }
}

/* The path's node on this level is another one now. */
static void path_replace(struct ranking *r, struct path *p, unsigned level, struct rankinner *n) {
    p->node[level] = n;
    if (level + 1 == r->height) r->root = n;
    else inner_children(p->node[level + 1])[p->at[level + 1]] = n;
}

/* --- Making and dropping nodes ------------------------------------------------------------------ */

static struct rankleaf *take_leaf(struct ranking *r) {
    r->footprint += ash_good_size(LEAF_BYTES);
    return leaf_new(r->heap);
}

static struct rankinner *take_inner(struct ranking *r, unsigned room) {
    struct rankinner *n = inner_new(r->heap, room);
    r->footprint += ash_good_size(inner_size(n));
    return n;
}

static void drop_leaf(struct ranking *r, struct rankleaf *l) {
    r->footprint -= ash_good_size(leaf_size(l));
    leaf_free(l);
}

static void drop_inner(struct ranking *r, struct rankinner *n) {
    r->footprint -= ash_good_size(inner_size(n));
    inner_free(n);
}

static void chain_after(struct ranking *r, struct rankleaf *l, struct rankleaf *prev) {
    l->prev = prev;
    l->next = prev ? prev->next : r->first;
    if (l->next) l->next->prev = l;
    else r->last = l;
    if (prev) prev->next = l;
    else r->first = l;
}

static void chain_leave(struct ranking *r, const struct rankleaf *l) {
    if (l->prev) l->prev->next = l->next;
    else r->first = l->next;
    if (l->next) l->next->prev = l->prev;
    else r->last = l->prev;
}

/* --- Adding children ---------------------------------------------------------------------------- */

/* One more level: a root whose only child is the old one. */
static void root_raise(struct ranking *r, struct path *p) {
    ASSERT(r->height < HEIGHT_MAX);
    unsigned          level = r->height;
    struct rankinner *root = take_inner(r, INNER_ROOM_LEAST), *old = r->root;
    uint64_t          count = level ? inner_sum(old, old->used) : ((struct rankleaf *)r->root)->used;
    inner_put(root, 0, level, old, count);
    r->root = root;
    r->height++;
    p->node[level] = root;
    p->at[level] = 0;
}

static void root_lower(struct ranking *r) {
    while (r->height > 0 && ((struct rankinner *)r->root)->used == 1) {
        struct rankinner *old = r->root;
        r->root = inner_children(old)[0];
        r->height--;
        drop_inner(r, old);
    }
}

static void widen(struct ranking *r, struct path *p, unsigned level) {
    size_t            was = ash_good_size(inner_size(p->node[level]));
    struct rankinner *n = inner_widen(r->heap, p->node[level]);
    r->footprint += ash_good_size(inner_size(n)) - was;
    path_replace(r, p, level, n);
}

/* How many of a full node's things stay when one more comes at index `at`. */
static unsigned split_keep(unsigned at, unsigned used, bool leftmost, bool rightmost) {
    if (rightmost && at == used) return used;
    if (leftmost && at == 0) return 0;
    return used / 2;
}

static bool is_edge(const struct ranking *r, const struct path *p, unsigned level, bool right) {
    for (; level < r->height; level++)
        if (p->at[level] != (right ? p->node[level]->used - 1u : 0)) return false;
    return true;
}

/* Adds a child with so many items behind the one that the path goes into on this level. */
static void child_add(struct ranking *r, struct path *p, unsigned level, void *child,
                      uint64_t count) {
    if (level == r->height) root_raise(r, p);
    if (p->node[level]->used == p->node[level]->room && p->node[level]->room < INNER_ROOM)
        widen(r, p, level);
    struct rankinner *n = p->node[level];
    unsigned          at = p->at[level] + 1;
    if (n->used < n->room) {
        inner_put(n, at, level, child, count);
        return;
    }
    bool              left = at == 1 && is_edge(r, p, level + 1, false);
    unsigned          keep = split_keep(at, n->used, false, is_edge(r, p, level + 1, true));
    struct rankinner *half = take_inner(r, INNER_ROOM);
    if (left) keep = 1; /* descending loads: the child that fills lies in front of this one */
    inner_give(n, half, n->used - keep, level);
    if (at <= keep && n->used < n->room) inner_put(n, at, level, child, count);
    else inner_put(half, at - keep, level, child, count);

    uint64_t moved = inner_sum(half, half->used);
    if (level + 1 < r->height) inner_counts(p->node[level + 1])[p->at[level + 1]] -= moved;
    child_add(r, p, level + 1, half, moved);
}

/* --- Putting ---------------------------------------------------------------------------------- */

/* Puts the item at the path's place, whose leaf has room. */
static void put_here(struct ranking *r, struct path *p, const struct scored *it,
                     const struct scorekey *k) {
    leaf_put(p->leaf, p->index, it, k, p->front ? SIZE_MAX : p->shared);
    path_count(r, p, 1);
    if (p->index == 0) path_refit(r, p, 0, false);
}

/* How many items a full leaf gives to a sibling: half of what that has room for, if that is much. */
static unsigned give_count(const struct rankleaf *to) {
    unsigned free = (unsigned)to->room - to->used;
    return free < to->room / 4u ? 0 : (free + 1) / 2;
}

/* The path's leaf is full: a sibling takes some of its items. */
static bool give(struct ranking *r, const struct path *p) {
    if (r->height == 0) return false;
    unsigned         at = p->at[0], right = at + 1, count;
    struct rankleaf *l = p->leaf;
    uint64_t        *counts = inner_counts(p->node[0]);
    if (right < p->node[0]->used && (count = give_count(l->next)) > 0) {
        leaf_give(l, l->next, count);
        counts[right] += count;
        inner_refit(p->node[0], right, 0, false);
    } else if (at > 0 && (count = give_count(l->prev)) > 0) {
        leaf_give_back(l, l->prev, count);
        counts[at - 1] += count;
        inner_refit(p->node[0], at, 0, true);
    } else {
        return false;
    }
    counts[at] -= count;
    return true;
}

static void put_split(struct ranking *r, struct path *p, const struct scored *it,
                      const struct scorekey *k) {
    struct rankleaf *l = p->leaf, *half = take_leaf(r);
    unsigned         used = l->used, keep = split_keep(p->index, used, !l->prev, !l->next);
    chain_after(r, half, l);
    leaf_give(l, half, used - keep);
    if (p->index <= keep && l->used < l->room) leaf_put(l, p->index, it, k, SIZE_MAX);
    else leaf_put(half, p->index - keep, it, k, SIZE_MAX);
    path_count(r, p, 1);
    if (r->height > 0) inner_counts(p->node[0])[p->at[0]] -= half->used;
    if (p->index == 0) path_refit(r, p, 0, false);
    child_add(r, p, 0, half, half->used);
}

void ranking_put(struct ranking *r, struct scored *it) {
    struct rankkey cut = { .key = scorekey_of(it) };
    struct path    p;
    if (r->count == 0) {
        r->root = r->first = r->last = take_leaf(r);
        leaf_put(r->root, 0, it, &cut.key, SIZE_MAX);
        r->count = 1;
        return;
    }
    descend(r, &cut, &p);
    bool end = p.leaf->next == NULL && p.index == p.leaf->used;
    if (p.leaf->used == p.leaf->room && p.index > 0 && !end && give(r, &p)) descend(r, &cut, &p);
    if (p.leaf->used < p.leaf->room) put_here(r, &p, it, &cut.key);
    else put_split(r, &p, it, &cut.key);
}

/* --- Taking ----------------------------------------------------------------------------------- */

static bool joinable(unsigned used, unsigned used_next, unsigned room) {
    return used + used_next <= room * 3 / 4;
}

/* Whether the path's node below this level joins a sibling: p->at[level] becomes the right one of
 * both. used: things in a child. */
static bool join_pair(struct path *p, unsigned level, unsigned (*used)(const void *child),
                      unsigned (*room)(const void *child)) {
    struct rankinner *n = p->node[level];
    void            **child = inner_children(n);
    unsigned          i = p->at[level];
    for (unsigned right = i ? i : 1; right <= i + 1 && right < n->used; right++) {
        if (!joinable(used(child[right - 1]), used(child[right]), room(child[right - 1]))) continue;
        p->at[level] = right;
        inner_counts(n)[right - 1] += inner_counts(n)[right];
        return true;
    }
    return false;
}

static unsigned leaf_used(const void *l) { return ((const struct rankleaf *)l)->used; }
static unsigned leaf_room(const void *l) { return ((const struct rankleaf *)l)->room; }
static unsigned inner_used(const void *n) { return ((const struct rankinner *)n)->used; }
static unsigned inner_room(const void *n) { return ((const struct rankinner *)n)->room; }

/* Removes the child that the path goes into on this level; the child itself is gone already. */
static void child_drop(struct ranking *r, struct path *p, unsigned level) {
    struct rankinner *n = p->node[level];
    bool              is_root = level + 1 == r->height;
    inner_cut(n, p->at[level]);
    if (n->used == 0) { /* never the root, which had two */
        drop_inner(r, n);
        child_drop(r, p, level + 1);
        return;
    }
    if (is_root) {
        root_lower(r);
        return;
    }
    if (p->at[level] == 0) path_refit(r, p, level + 1, true);
    if (n->used >= n->room / 4 || !join_pair(p, level + 1, inner_used, inner_room)) return;
    void             **child = inner_children(p->node[level + 1]) + p->at[level + 1];
    struct rankinner  *next = child[0];
    inner_join(child[-1], next, level);
    drop_inner(r, next);
    child_drop(r, p, level + 1);
}

/* The path's leaf has become small. */
static void leaf_shrunk(struct ranking *r, struct path *p) {
    if (r->height == 0 || !join_pair(p, 0, leaf_used, leaf_room)) return;
    void           **child = inner_children(p->node[0]) + p->at[0];
    struct rankleaf *next = child[0];
    leaf_join(child[-1], next);
    chain_leave(r, next);
    drop_leaf(r, next);
    child_drop(r, p, 0);
}

/* Closes the gap of `count` items in the path's leaf; then keeps nodes filled. */
static void take_at(struct ranking *r, struct path *p, unsigned index, unsigned count) {
    struct rankleaf *l = p->leaf;
    path_count(r, p, -(uint64_t)count);
    leaf_cut(l, index, count);
    if (l->used == 0) {
        chain_leave(r, l);
        drop_leaf(r, l);
        if (r->height > 0) child_drop(r, p, 0);
        else r->root = NULL;
        return;
    }
    if (index == 0) path_refit(r, p, 0, true);
    if (l->used < l->room / 4) leaf_shrunk(r, p);
}

/* The path to an item: it lies in front of p->index. */
static void find(const struct ranking *r, const struct scored *it, struct path *p) {
    struct rankkey cut = { .key = scorekey_of(it), .past = true };
    descend(r, &cut, p);
    ASSERT(p->index > 0 && leaf_get(p->leaf, p->index - 1) == it);
}

void ranking_take(struct ranking *r, const struct scored *it) {
    struct path p;
    find(r, it, &p);
    take_at(r, &p, p.index - 1, 1);
}

unsigned ranking_take_run(struct ranking *r, uint64_t rank, unsigned max,
                          struct scored *out[RANK_RUN_MAX]) {
    ASSERT(rank < r->count && max > 0);
    struct path p;
    descend_rank(r, rank, &p);
    unsigned count = p.leaf->used - p.index;
    if (count > max) count = max;
    for (unsigned i = 0; i < count; i++) out[i] = leaf_get(p.leaf, p.index + i);
    take_at(r, &p, p.index, count);
    return count;
}

/* Whether an item that changes its key from `was` to `now` stays where it is, at i of l: behind or
 * before the one item that it might pass. Hints tell, nearly always. */
static bool stays_at(struct rankleaf *l, unsigned i, const struct scorekey *was,
                     const struct rankkey *now) {
    bool             up = now->key.order > was->order;
    struct rankplace here = { l, i }, other = up ? rankplace_next(here) : rankplace_prev(here);
    size_t           shared = 0;
    if (!other.leaf) return true;
    if (other.leaf == l) {
        if ((unsigned)__builtin_clzll(now->key.order ^ was->order) / 8 < l->skip) return false;
        uint16_t hint = (uint16_t)(scorekey_word(&now->key, l->skip) >> 48);
        if (hint != l->hint[other.index]) return up == (hint < l->hint[other.index]);
    }
    return up != item_before(rankplace_get(other), now, 0, &shared);
}

/* In place if the order allows, which saves the second descent when scores creep. */
void ranking_move(struct ranking *r, struct scored *it, double score) {
    struct scorekey was = scorekey_of(it);
    struct rankkey  now = { .key = { .order = score_order(score), .member = was.member } };
    struct path     p;
    if (now.key.order != was.order) find(r, it, &p);
    if (now.key.order == was.order) {
        it->score = score;
    } else if (stays_at(p.leaf, p.index - 1, &was, &now)) {
        it->score = score;
        leaf_refit(p.leaf, p.index - 1, &now.key);
        if (p.index == 1) path_refit(r, &p, 0, now.key.order > was.order);
    } else {
        take_at(r, &p, p.index - 1, 1);
        it->score = score;
        ranking_put(r, it);
    }
}

/* --- Looking ---------------------------------------------------------------------------------- */

struct rankplace ranking_at(const struct ranking *r, uint64_t rank) {
    if (rank >= r->count) return (struct rankplace){ 0 };
    struct path p;
    descend_rank(r, rank, &p);
    return (struct rankplace){ p.leaf, p.index };
}

struct scored *rankplace_get(struct rankplace p) { return leaf_get(p.leaf, p.index); }

struct rankplace rankplace_next(struct rankplace p) {
    if (p.index + 1 < p.leaf->used) return (struct rankplace){ p.leaf, p.index + 1 };
    return (struct rankplace){ p.leaf->next, 0 };
}

struct rankplace rankplace_prev(struct rankplace p) {
    if (p.index > 0) return (struct rankplace){ p.leaf, p.index - 1 };
    struct rankleaf *prev = p.leaf->prev;
    return (struct rankplace){ prev, prev ? prev->used - 1u : 0 };
}

unsigned rankplace_run(struct rankplace *p, bool backwards, unsigned max,
                       struct scored *out[RANK_RUN_MAX]) {
    const struct rankleaf *l = p->leaf;
    unsigned               there = backwards ? p->index + 1 : l->used - p->index;
    unsigned               count = max < there ? max : there;
    for (unsigned i = 0; i < count; i++) {
        out[i] = leaf_get(l, backwards ? p->index - i : p->index + i);
        __builtin_prefetch(out[i]);
    }
    if (count < there) {
        p->index = backwards ? p->index - count : p->index + count;
        return count;
    }
    p->leaf = backwards ? l->prev : l->next;
    p->index = backwards && p->leaf ? p->leaf->used - 1u : 0;
    if (p->leaf && count < max) leaf_prefetch(p->leaf);
    return count;
}

/* Every kind of cut as a key: by score alone, before the empty member of that score or the next. */
static struct rankkey cut_key(const struct ranking *r, const struct rankcut *cut) {
    struct rankkey k = { .key.order = cut->past ? UINT64_MAX : 0, .past = cut->past };
    if (cut->by_score) k.key.order = score_order(cut->score);
    else if (cut->by_member) k.key.order = score_order(leaf_get(r->last, 0)->score);
    if (cut->by_member) {
        k.key.member = cut->member;
    } else if (cut->by_score) {
        k.key.order += cut->past;
        k.past = false;
    }
    return k;
}

uint64_t ranking_rank(const struct ranking *r, const struct rankcut *cut, struct rankplace *at) {
    struct path p;
    if (r->count == 0) {
        if (at) *at = (struct rankplace){ 0 };
        return 0;
    }
    struct rankkey k = cut_key(r, cut);
    descend(r, &k, &p);
    if (at) *at = place_after(&p);
    return path_rank(r, &p);
}

void ranking_prefetch(const struct ranking *r, double score, struct slice member) {
    struct rankkey cut = { .key = { .order = score_order(score), .member = member } };
    void          *n = r->root;
    size_t         shared;
    if (r->height == 0) return;
    bool front = !first_before(r, &cut, &shared);
    for (unsigned level = r->height; level-- > 0;)
        n = inner_children(n)[front ? 0 : inner_find(n, level, &cut, &shared)];
    leaf_prefetch(n);
}

/* --- The whole -------------------------------------------------------------------------------- */

void ranking_init(struct ranking *r, struct ash_heap *heap) {
    *r = (struct ranking){ .heap = heap };
}

/* Frees the node and all below it, from the last child on. True: pieces are left. */
static bool drain_below(void *node, unsigned level, struct freeing *f) {
    if (level == 0) {
        freeing_count(f, ash_good_size(leaf_size(node)));
        leaf_free(node);
        return false;
    }
    struct rankinner *n = node;
    for (; n->used > 0; n->used--) {
        if (freeing_spent(f) || drain_below(inner_children(n)[n->used - 1], level - 1, f)) return true;
    }
    freeing_count(f, ash_good_size(inner_size(n)));
    inner_free(n);
    return false;
}

bool ranking_drain(struct ranking *r, struct freeing *f) {
    if (r->root != NULL && (freeing_spent(f) || drain_below(r->root, r->height, f))) return true;
    *r = (struct ranking){ 0 };
    return false;
}

void ranking_fini(struct ranking *r) {
    size_t         footprint = r->footprint;
    struct freeing all = freeing_all();
    ranking_drain(r, &all);
    DASSERT(all.bytes == footprint);
    (void)footprint;
}

/* How many of `left` things the next of nodes that take `fill` gets, so that all are as full. */
static unsigned even_share(uint64_t left, unsigned fill) {
    uint64_t nodes = (left + fill - 1) / fill;
    return (unsigned)((left + nodes - 1) / nodes);
}

/* Makes the leaves; returns them in order, an array of *nodes. */
static void **build_leaves(struct ranking *r, struct scored *const *items, uint64_t *nodes) {
    unsigned fill = 0;
    void   **level = NULL;
    uint64_t done = 0, n = 0;
    while (done < r->count) {
        struct rankleaf *l = take_leaf(r);
        if (!level) {
            fill = BUILD_LEAF(l->room);
            *nodes = (r->count + fill - 1) / fill;
            level = ash_alloc(r->heap, *nodes * sizeof *level);
        }
        unsigned share = even_share(r->count - done, fill);
        leaf_fill(l, items + done, share);
        chain_after(r, l, r->last);
        done += share;
        level[n++] = l;
    }
    ASSERT(n == *nodes);
    return level;
}

/* Takes the nodes of the top level, in order, and leaves their parents in their place. */
static void build_parents(struct ranking *r, void **node, uint64_t *nodes) {
    uint64_t done = 0, parents = 0;
    while (done < *nodes) {
        unsigned          share = even_share(*nodes - done, BUILD_INNER);
        unsigned          room = *nodes > BUILD_INNER ? INNER_ROOM : share + share / 8 + 2;
        struct rankinner *n = take_inner(r, room);
        for (unsigned i = 0; i < share; i++, done++) {
            const struct rankinner *below = node[done];
            uint64_t count = r->height ? inner_sum(below, below->used) : leaf_used(below);
            inner_put(n, i, r->height, node[done], count);
        }
        node[parents++] = n; /* over what is done already */
    }
    *nodes = parents;
    r->height++;
}

void ranking_build(struct ranking *r, struct scored *const *items, uint64_t count) {
    ASSERT(r->count == 0);
    if (count == 0) return;
    r->count = count;
    uint64_t nodes, leaves = 0;
    void   **node = build_leaves(r, items, &leaves);
    for (nodes = leaves; nodes > 1;) build_parents(r, node, &nodes);
    r->root = node[0];
    ash_free(node, leaves * sizeof *node);
}

static size_t check_below(const struct ranking *r, const void *n, unsigned levels,
                          const struct rankleaf **next) {
    if (levels == 0) {
        const struct rankleaf *l = n;
        ASSERT(l == *next);
        leaf_check(l);
        if (l->prev) {
            struct rankkey k = { .key = scorekey_of(leaf_get(l, 0)) };
            size_t         shared;
            ASSERT(item_before(leaf_get(l->prev, l->prev->used - 1u), &k, 0, &shared));
        }
        ASSERT(l->next ? l->next->prev == l : r->last == l);
        *next = l->next;
        return ash_good_size(leaf_size(l));
    }
    const struct rankinner *in = n;
    size_t                  bytes = ash_good_size(inner_size(in));
    inner_check(in, levels - 1);
    for (unsigned i = 0; i < in->used; i++)
        bytes += check_below(r, inner_children(in)[i], levels - 1, next);
    return bytes;
}

bool ranking_check(const struct ranking *r) {
    const struct rankleaf *next = r->first;
    size_t                 bytes = 0;
    uint64_t               count = 0;
    if (r->count == 0) {
        ASSERT(!r->root && !r->first && !r->last && r->footprint == 0 && r->height == 0);
        return true;
    }
    ASSERT(r->first->prev == NULL);
    ASSERT(r->height == 0 || ((const struct rankinner *)r->root)->used > 1);
    bytes = check_below(r, r->root, r->height, &next);
    ASSERT(next == NULL && bytes == r->footprint);
    for (const struct rankleaf *l = r->first; l; l = l->next) count += l->used;
    ASSERT(count == r->count);
    return true;
}
