/* skiplist.c: a skiplist of runs, with order kept in the nodes.
 *
 *   node   | prev | used, room, height, skip | link[height] | slot[room] |
 *   link   | next | mark: shared (2 bytes), head (6 bytes) | span |
 *   slot   | hint (2 bytes) | item (6 bytes) |
 *
 * Against a node for each item, links cost a run of 31 to 35 items 1.5 bytes each instead of 30.
 * What makes it fast is that a descent reads nodes, not items, each of which would be a cache miss:
 *
 *   - An item's *key* is its score, as eight bytes that order like it, then its member, then zeros
 *     without end. Keys order as bytes do.
 *   - A link knows how many bytes the keys of its two nodes' first items share (`shared`), and the
 *     next six of the farther one (`head`). The descent knows how many bytes of the key sought
 *     are those of the node it stands on; together these nearly always decide (link_before).
 *   - Keys in a node share their first `skip` bytes; a slot holds the two after them as a hint.
 *
 * It all works as well where scores are equal and members have long common beginnings.
 * Source of marks and hints: Ferragina and Grossi, "The string B-tree", JACM 1999; Graefe and
 * Larson, "B-tree indexes and CPU caches" (poor man's normalized keys), ICDE 2001.
 *
 * Every change begins with a descent; path[l] is the last node on level l that begins before the
 * key. It is strict: a node that begins with the very item looked for is never on the path, so
 * the path holds the links that lead to it. The item is in path[0] or first in the node after it.
 *
 * A full node gives items to its successor if that has room, else splits in halves: random order
 * fills nodes to about four fifths. At either end of the list a full node is left full and a new
 * one begun, so that ascending and descending loads fill them wholly. A node that falls below a
 * quarter joins a neighbour when both fit into three quarters.
 *
 * Tried and dropped: the next node's score in the link and a binary search through the run's items,
 * all prefetched. It took 2.7 bytes an item less, and as long for random scores, but twice as long
 * for equal ones. Known weakness: tower heights are chance, and moving an item to another place
 * descends twice. Start reading at descend(), then skiplist_put(). */
#include "server/ds/skiplist.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"

#define HEIGHT_MAX 14  /* towers thin out by four: enough for 4^13 nodes */
#define RUN_BYTES  248 /* of slots: 31, and up to four more where the size class has room */

struct skiplink {
    struct skipnode *next;
    uint64_t         mark; /* shared << 48 | head */
    uint64_t         span;
};

struct skipnode {
    struct skipnode *prev; /* NULL: the first one */
    uint8_t          used, room, height;
    uint16_t         skip;
    struct skiplink  link[];
};

struct path {
    struct skipnode *node[HEIGHT_MAX];
    uint64_t         rank[HEIGHT_MAX]; /* of the node's first item */
    size_t           shared;           /* bytes of the key sought that node[0]'s first item has */
};

/* --- Items ---------------------------------------------------------------------------------- */

size_t scored_size(struct slice member) {
    return sizeof(struct scored) + varint_size(member.len) + member.len;
}

struct scored *scored_new(struct ash_heap *heap, double score, struct slice member) {
    struct scored *it = ash_alloc(heap, scored_size(member));
    it->score = score;
    unsigned char *p = varint_put(it->tail, member.len);
    if (member.len) memcpy(p, member.p, member.len);
    return it;
}

void scored_free(struct scored *it) { ash_free(it, scored_size(scored_member(it))); }

/* --- Keys ------------------------------------------------------------------------------------ */

struct key {
    uint64_t     order; /* of the score */
    struct slice member;
    bool         past;  /* a cut behind the item of this key, not before it */
};

/* The score as an integer of the same order; both zeros are one. */
static uint64_t score_order(double score) {
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t       bits;
    if (score == 0) score = 0;
    memcpy(&bits, &score, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static struct key key_of(const struct scored *it) {
    return (struct key){ .order = score_order(it->score), .member = scored_member(it) };
}

/* Bytes [at, at + 8) of a member as a number, zeros behind its end. A short rest is cut out of the
 * last eight bytes, for a copy of unknown length would be a call. */
static uint64_t member_word(struct slice m, size_t at) {
    uint64_t word = 0;
    if (at >= m.len) return 0;
    size_t rest = m.len - at;
    if (rest >= sizeof word) {
        memcpy(&word, m.p + at, sizeof word);
        return __builtin_bswap64(word);
    }
    if (m.len >= sizeof word) {
        memcpy(&word, m.p + m.len - sizeof word, sizeof word);
        return __builtin_bswap64(word) << (8 * (sizeof word - rest));
    }
    for (size_t i = 0; i < rest; i++) word |= (uint64_t)(unsigned char)m.p[at + i] << (56 - 8 * i);
    return word;
}

/* The same of a key. */
static inline uint64_t key_word(const struct key *k, size_t at) {
    if (at >= 8) return member_word(k->member, at - 8);
    if (at == 0) return k->order;
    return k->order << (8 * at) | member_word(k->member, 0) >> (64 - 8 * at);
}

static size_t key_len(const struct key *k) { return 8 + k->member.len; }

/* The order of two keys that share their first `from` bytes; *shared: how many they do share. */
static int key_cmp(const struct key *a, const struct key *b, size_t from, size_t *shared) {
    size_t len_a = key_len(a), len_b = key_len(b), end = len_a > len_b ? len_a : len_b;
    for (; from < end; from += 8) {
        uint64_t x = key_word(a, from), y = key_word(b, from);
        if (x == y) continue;
        *shared = from + (unsigned)__builtin_clzll(x ^ y) / 8;
        return x < y ? -1 : 1;
    }
    *shared = end;
    return (len_a > len_b) - (len_a < len_b);
}

static size_t key_shared(const struct key *a, const struct key *b) {
    size_t shared;
    key_cmp(a, b, 0, &shared);
    return shared < UINT16_MAX ? shared : UINT16_MAX;
}

/* Whether the item lies before the cut that the key makes. */
static bool item_before(const struct scored *it, const struct key *cut, size_t from,
                        size_t *shared) {
    struct key k = key_of(it);
    int        c = key_cmp(&k, cut, from, shared);
    return c < 0 || (c == 0 && cut->past);
}

/* --- Nodes ---------------------------------------------------------------------------------- */

static size_t node_header(unsigned height) {
    return sizeof(struct skipnode) + height * sizeof(struct skiplink);
}

static size_t node_size(const struct skipnode *n) { return node_header(n->height) + 8u * n->room; }

static uint64_t *node_slots(const struct skipnode *n) {
    return (uint64_t *)(uintptr_t)&n->link[n->height];
}

static struct scored *node_get(const struct skipnode *n, unsigned i) {
    return (struct scored *)(uintptr_t)(node_slots(n)[i] & 0xffffffffffff);
}

static void node_set(struct skipnode *n, unsigned i, const struct scored *it, const struct key *k) {
    node_slots(n)[i] = (key_word(k, n->skip) & (uint64_t)0xffff << 48) | (uintptr_t)it;
}

static struct key node_first(const struct skipnode *n) { return key_of(node_get(n, 0)); }

static void node_prefetch(const struct skipnode *n) {
    for (unsigned i = 0; i < n->used; i++) __builtin_prefetch(node_get(n, i));
}

/* The run itself, not the items: lines that a search would otherwise wait for one after another. */
static inline void node_prefetch_run(const struct skipnode *n) {
    const char *end = (const char *)(node_slots(n) + n->used);
    for (const char *p = (const char *)n + 64; p < end; p += 64) __builtin_prefetch(p);
}

/* Opens (by > 0) or closes a gap in front of item i. */
static void node_shift(struct skipnode *n, unsigned i, int by) {
    uint64_t *at = node_slots(n) + i;
    memmove(at + by, at, sizeof *at * (n->used - i));
    n->used = (uint8_t)(n->used + by);
}

static void node_copy(struct skipnode *to, unsigned at, const struct skipnode *from, unsigned i,
                      unsigned count) {
    memcpy(node_slots(to) + at, node_slots(from) + i, sizeof(uint64_t) * count);
}

/* Makes skip as long as the items allow, or `most`, and all hints anew. The first and the last key
 * tell: what they share, those between share too. */
static void node_rehint(struct skipnode *n, size_t most) {
    struct key first = node_first(n), last = key_of(node_get(n, n->used - 1u));
    size_t     shared = n->used > 1 ? key_shared(&first, &last) : key_len(&first);
    node_prefetch(n);
    n->skip = (uint16_t)(shared < most ? shared : most);
    for (unsigned i = 0; i < n->used; i++) {
        struct key k = key_of(node_get(n, i));
        node_set(n, i, node_get(n, i), &k);
    }
}

/* Slot i is the item's, whose key shares so many bytes with those of the node's other items. */
static void node_fit(struct skipnode *n, unsigned i, const struct scored *it, const struct key *k,
                     size_t shared) {
    node_set(n, i, it, k);
    if (shared < n->skip) node_rehint(n, shared);
}

static struct skipnode *node_new(struct skiplist *s, unsigned height, size_t run_bytes) {
    size_t           slot = ash_good_size(node_header(height) + run_bytes);
    unsigned         room = run_bytes ? (unsigned)((slot - node_header(height)) / 8) : 0;
    struct skipnode *n = ash_alloc(s->heap, node_header(height) + 8 * room);
    ASSERT(room <= SKIP_RUN_MAX);
    *n = (struct skipnode){ .room = (uint8_t)room, .height = (uint8_t)height };
    s->footprint += ash_good_size(node_size(n));
    return n;
}

static void node_free(struct skiplist *s, struct skipnode *n) {
    s->footprint -= ash_good_size(node_size(n));
    ash_free(n, node_size(n));
}

/* One in four towers reaches the next level. */
static unsigned random_height(struct skiplist *s) {
    s->chance = s->chance * 6364136223846793005u + 1442695040888963407u;
    uint64_t bits = (s->chance >> 32) | (uint64_t)1 << (2 * (HEIGHT_MAX - 1));
    return 1 + (unsigned)__builtin_ctzll(bits) / 2;
}

/* --- Descent --------------------------------------------------------------------------------- */

/* Whether the node beyond the link begins before the cut. The cut is behind the first key of the
 * node that the link starts from and has *shared bytes of it; then it is behind every key that
 * has more of them. Else the farther node's next six bytes decide, or its first item itself. */
static inline bool link_before(const struct skiplink *link, const struct key *cut, size_t *shared) {
    size_t at = link->mark >> 48;
    if (*shared < at) return true;
    uint64_t head = link->mark << 16, word = key_word(cut, at) & ~(uint64_t)0xffff;
    if (head == word) {
        size_t now;
        bool   is_before = item_before(node_get(link->next, 0), cut, at + 6, &now);
        if (is_before) *shared = now;
        return is_before;
    }
    if (word < head) return false;
    *shared = at + (unsigned)__builtin_clzll(head ^ word) / 8;
    return true;
}

static void descend(const struct skiplist *s, const struct key *cut, struct path *path) {
    struct skipnode       *n = s->head;
    const struct skipnode *beyond = NULL; /* known not to begin before the cut */
    uint64_t               rank = 0;
    size_t                 shared = 0;
    for (unsigned l = s->levels; l-- > 0;) {
        while (n->link[l].next != beyond && link_before(&n->link[l], cut, &shared)) {
            rank += n->link[l].span;
            n = n->link[l].next;
            if (l <= 1) node_prefetch_run(n);
        }
        beyond = n->link[l].next;
        path->node[l] = n;
        path->rank[l] = rank;
    }
    path->shared = shared;
}

/* The same by rank: path[l] is the last node on level l whose first item's rank is below it. */
static void descend_rank(const struct skiplist *s, uint64_t target, struct path *path) {
    struct skipnode *n = s->head;
    uint64_t         rank = 0;
    for (unsigned l = s->levels; l-- > 0;) {
        while (n->link[l].next && rank + n->link[l].span < target) {
            rank += n->link[l].span;
            n = n->link[l].next;
        }
        path->node[l] = n;
        path->rank[l] = rank;
    }
}

/* The first slot from i on whose hint is at least this. */
static unsigned hint_find(const struct skipnode *n, unsigned i, unsigned hint) {
    const uint64_t *slot = node_slots(n);
    unsigned        end = n->used;
    while (i < end) {
        unsigned mid = (i + end) / 2;
        if (slot[mid] >> 48 < hint) i = mid + 1;
        else end = mid;
    }
    return i;
}

/* How many items of path->node[0] lie before the cut. Only those of equal hint are looked at. */
static unsigned run_find(const struct path *path, const struct key *cut) {
    const struct skipnode *n = path->node[0];
    if (path->shared < n->skip) return n->used; /* behind the first, and so behind all */
    unsigned hint = (unsigned)(key_word(cut, n->skip) >> 48), low = hint_find(n, 0, hint);
    unsigned high = hint_find(n, low, hint + 1);
    size_t   shared;
    for (unsigned i = low; i < high; i++) __builtin_prefetch(node_get(n, i));
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (item_before(node_get(n, mid), cut, n->skip, &shared)) low = mid + 1;
        else high = mid;
    }
    return low;
}

/* Where a path ends: the first item not before the cut, in a node or beyond the end. */
static struct skipplace place_after(const struct path *path, unsigned index) {
    struct skipnode *n = path->node[0];
    if (index < n->used) return (struct skipplace){ n, index };
    return (struct skipplace){ n->link[0].next, 0 };
}

/* --- Spans and links -------------------------------------------------------------------------- */

/* The link on level l that passes over node n, which is path->node[0] or the one after it. */
static struct skiplink *link_over(const struct path *path, struct skipnode *n, unsigned l) {
    return l < n->height ? &n->link[l] : &path->node[l]->link[l];
}

static void spans_add(struct skiplist *s, const struct path *path, struct skipnode *n,
                      uint64_t by) {
    for (unsigned l = 0; l < s->levels; l++) link_over(path, n, l)->span += by;
    s->count += by;
}

/* Anew what n's link on level l knows of the node beyond. */
static void link_mark(struct skipnode *n, unsigned l) {
    struct skiplink *link = &n->link[l];
    link->mark = 0;
    if (!link->next) return;
    struct key far = node_first(link->next);
    uint64_t   shared = 0;
    if (n->used) { /* the head has no items, and shares nothing */
        struct key near = node_first(n);
        shared = key_shared(&near, &far);
    }
    link->mark = shared << 48 | key_word(&far, shared) >> 16;
}

/* Node n, after path->node[0], begins with another item now. */
static void links_remark(const struct path *path, struct skipnode *n) {
    for (unsigned l = 0; l < n->height; l++) {
        link_mark(path->node[l], l);
        link_mark(n, l);
    }
}

/* Links n, holding items, in after path->node[0]; its first item has this rank. The spans passed
 * over n's items already. */
static void node_link(struct skiplist *s, struct path *path, struct skipnode *n, uint64_t rank) {
    while (s->levels < n->height) {
        unsigned l = s->levels++;
        s->head->link[l] = (struct skiplink){ .span = s->count };
        path->node[l] = s->head;
        path->rank[l] = 0;
    }
    for (unsigned l = 0; l < n->height; l++) {
        struct skiplink *in = &path->node[l]->link[l];
        uint64_t         passed = rank - path->rank[l];
        n->link[l] = (struct skiplink){ .next = in->next, .span = in->span - passed };
        *in = (struct skiplink){ .next = n, .span = passed };
    }
    n->prev = path->node[0] == s->head ? NULL : path->node[0];
    if (n->link[0].next) n->link[0].next->prev = n;
    else s->last = n;
    links_remark(path, n);
}

/* Unlinks and frees n, after path->node[0]; its items have gone, their spans stay with the path. */
static void node_unlink(struct skiplist *s, const struct path *path, struct skipnode *n) {
    for (unsigned l = 0; l < n->height; l++) {
        struct skiplink *in = &path->node[l]->link[l];
        ASSERT(in->next == n);
        *in = (struct skiplink){ .next = n->link[l].next, .span = in->span + n->link[l].span };
        link_mark(path->node[l], l);
    }
    if (n->link[0].next) n->link[0].next->prev = n->prev;
    else s->last = n->prev;
    while (s->levels > 1 && !s->head->link[s->levels - 1].next) s->levels--;
    node_free(s, n);
}

/* --- Putting ---------------------------------------------------------------------------------- */

/* Moves the last `count` items of path->node[0] to the front of the node after it. */
static void node_give(const struct path *path, struct skipnode *to, unsigned count) {
    struct skipnode *from = path->node[0];
    node_shift(to, 0, (int)count);
    from->used = (uint8_t)(from->used - count);
    node_copy(to, 0, from, from->used, count);
    node_rehint(to, UINT16_MAX);
    for (unsigned l = 0; l < to->height; l++) {
        to->link[l].span += count;
        path->node[l]->link[l].span -= count;
    }
    links_remark(path, to);
}

/* Splits path->node[0] in halves. */
static void node_split(struct skiplist *s, struct path *path) {
    struct skipnode *n = path->node[0], *half = node_new(s, random_height(s), RUN_BYTES);
    unsigned         keep = n->used / 2;
    half->used = (uint8_t)(n->used - keep);
    node_copy(half, 0, n, keep, half->used);
    n->used = (uint8_t)keep;
    node_rehint(half, UINT16_MAX);
    node_rehint(n, UINT16_MAX);
    node_link(s, path, half, path->rank[0] + keep);
}

/* A node of its own for the item, after path->node[0], of which nothing passes over to it. */
static void put_alone(struct skiplist *s, struct path *path, const struct scored *it) {
    struct skipnode *n = node_new(s, random_height(s), RUN_BYTES);
    n->used = 1;
    node_slots(n)[0] = (uintptr_t)it;
    node_rehint(n, UINT16_MAX);
    node_link(s, path, n, path->rank[0] + path->node[0]->used);
    spans_add(s, path, n, 1);
}

/* Room in the full path->node[0]: the next node takes some if it can take enough, or a split. */
static void make_room(struct skiplist *s, struct path *path) {
    struct skipnode *n = path->node[0], *next = n->link[0].next;
    if (next && next->used <= next->room - next->room / 4)
        node_give(path, next, (next->room - next->used + 1u) / 2);
    else
        node_split(s, path);
}

/* Puts the item at index i of n, with whose first item its key shares so many bytes. */
static void put_at(struct skiplist *s, const struct path *path, struct skipnode *n, unsigned i,
                   const struct scored *it, const struct key *k, size_t shared) {
    ASSERT(n->used < n->room);
    node_shift(n, i, 1);
    node_fit(n, i, it, k, shared);
    spans_add(s, path, n, 1);
}

/* The smallest of all: goes to the front of the first node, or before it. */
static void put_first(struct skiplist *s, struct path *path, const struct scored *it,
                      const struct key *k) {
    struct skipnode *n = s->head->link[0].next;
    if (!n || n->used == n->room) {
        put_alone(s, path, it);
        return;
    }
    struct key first = node_first(n);
    put_at(s, path, n, 0, it, k, key_shared(k, &first));
    links_remark(path, n);
}

void skiplist_put(struct skiplist *s, struct scored *it) {
    struct key  key = key_of(it);
    struct path path;
    descend(s, &key, &path);
    struct skipnode *n = path.node[0];
    if (n == s->head) {
        put_first(s, &path, it, &key);
        return;
    }
    unsigned i = run_find(&path, &key);
    if (n->used == n->room) {
        if (!n->link[0].next && i == n->used) {
            put_alone(s, &path, it);
            return;
        }
        make_room(s, &path);
    }
    if (i <= n->used) {
        put_at(s, &path, n, i, it, &key, path.shared);
        return;
    }
    struct skipnode *next = n->link[0].next;
    struct key       first = node_first(next);
    put_at(s, &path, next, i - n->used, it, &key, key_shared(&key, &first));
}

/* --- Taking ----------------------------------------------------------------------------------- */

/* The node takes over all items of the next one. */
static void node_join(struct skiplist *s, struct skipnode *n) {
    struct skipnode *next = n->link[0].next;
    struct key       first = node_first(next);
    struct path      path;
    descend(s, &first, &path);
    ASSERT(path.node[0] == n);
    node_copy(n, n->used, next, 0, next->used);
    n->used = (uint8_t)(n->used + next->used);
    node_rehint(n, UINT16_MAX);
    node_unlink(s, &path, next);
}

static bool joinable(const struct skipnode *a, const struct skipnode *b) {
    return a && b && a->used + b->used <= a->room * 3u / 4;
}

/* Closes the gap of `count` items at p, a place given by a strict path; then keeps nodes filled. */
static void take_at(struct skiplist *s, const struct path *path, struct skipplace p,
                    unsigned count) {
    struct skipnode *n = p.node;
    spans_add(s, path, n, -(uint64_t)count);
    node_shift(n, p.index + count, -(int)count);
    if (n->used == 0) {
        node_unlink(s, path, n);
        return;
    }
    if (p.index == 0) links_remark(path, n);
    if (n->used >= n->room / 4) return;
    if (joinable(n->prev, n)) node_join(s, n->prev);
    else if (joinable(n, n->link[0].next)) node_join(s, n);
}

static struct skipplace find(const struct skiplist *s, const struct scored *it, struct path *path) {
    struct key key = key_of(it);
    descend(s, &key, path);
    struct skipplace p = place_after(path, run_find(path, &key));
    ASSERT(p.node && node_get(p.node, p.index) == it);
    return p;
}

void skiplist_take(struct skiplist *s, const struct scored *it) {
    struct path      path;
    struct skipplace p = find(s, it, &path);
    take_at(s, &path, p, 1);
}

unsigned skiplist_take_run(struct skiplist *s, uint64_t rank, unsigned max,
                           struct scored *out[SKIP_RUN_MAX]) {
    ASSERT(rank < s->count && max > 0);
    struct path path;
    descend_rank(s, rank, &path);
    struct skipplace p = place_after(&path, (unsigned)(rank - path.rank[0]));
    unsigned         count = p.node->used - p.index;
    if (count > max) count = max;
    for (unsigned i = 0; i < count; i++) out[i] = node_get(p.node, p.index + i);
    take_at(s, &path, p, count);
    return count;
}

/* Whether an item of this key may stand at p, where another of the same member stands. */
static bool stays_at(struct skipplace p, const struct key *k) {
    struct skipplace prev = skipplace_prev(p), next = skipplace_next(p);
    size_t           shared;
    return (!prev.node || item_before(skipplace_get(prev), k, 0, &shared)) &&
           (!next.node || !item_before(skipplace_get(next), k, 0, &shared));
}

/* In place if the order allows, which saves the second descent when scores creep. */
void skiplist_move(struct skiplist *s, struct scored *it, double score) {
    struct path      path;
    struct skipplace p = find(s, it, &path);
    struct key       key = { .order = score_order(score), .member = scored_member(it) };
    if (!stays_at(p, &key)) {
        take_at(s, &path, p, 1);
        it->score = score;
        skiplist_put(s, it);
        return;
    }
    it->score = score;
    struct key other = key_of(node_get(p.node, p.index ? 0 : p.node->used - 1u));
    node_fit(p.node, p.index, it, &key, key_shared(&key, &other));
    if (p.index == 0) links_remark(&path, p.node);
}

/* --- Looking ---------------------------------------------------------------------------------- */

struct skipplace skiplist_at(const struct skiplist *s, uint64_t rank) {
    if (rank >= s->count) return (struct skipplace){ 0 };
    struct path path;
    descend_rank(s, rank, &path);
    return place_after(&path, (unsigned)(rank - path.rank[0]));
}

struct scored *skipplace_get(struct skipplace p) { return node_get(p.node, p.index); }

struct skipplace skipplace_next(struct skipplace p) {
    if (p.index == 0) node_prefetch(p.node);
    if (p.index + 1 < p.node->used) return (struct skipplace){ p.node, p.index + 1 };
    return (struct skipplace){ p.node->link[0].next, 0 };
}

struct skipplace skipplace_prev(struct skipplace p) {
    if (p.index > 0) return (struct skipplace){ p.node, p.index - 1 };
    struct skipnode *prev = p.node->prev;
    if (prev) node_prefetch(prev);
    return (struct skipplace){ prev, prev ? prev->used - 1u : 0 };
}

/* Every kind of cut as a key: by score alone, before the empty member of that score or the next. */
static struct key cut_key(const struct skiplist *s, const struct skipcut *cut) {
    struct key key = { .order = cut->past ? UINT64_MAX : 0, .past = cut->past };
    if (cut->by_score) key.order = score_order(cut->score);
    else if (cut->by_member && s->last) key.order = score_order(node_get(s->last, 0)->score);
    if (cut->by_member) {
        key.member = cut->member;
    } else if (cut->by_score) {
        key.order += cut->past;
        key.past = false;
    }
    return key;
}

uint64_t skiplist_rank(const struct skiplist *s, const struct skipcut *cut, struct skipplace *at) {
    struct key  key = cut_key(s, cut);
    struct path path;
    descend(s, &key, &path);
    unsigned index = run_find(&path, &key);
    if (at) *at = place_after(&path, index);
    return path.rank[0] + index;
}

/* --- The whole -------------------------------------------------------------------------------- */

void skiplist_init(struct skiplist *s, struct ash_heap *heap, uint64_t seed) {
    *s = (struct skiplist){ .heap = heap, .chance = seed, .levels = 1 };
    s->head = node_new(s, HEIGHT_MAX, 0);
    s->head->link[0] = (struct skiplink){ 0 };
}

void skiplist_fini(struct skiplist *s) {
    for (struct skipnode *n = s->head, *next; n; n = next) {
        next = n->link[0].next;
        node_free(s, n);
    }
    DASSERT(s->footprint == 0);
    *s = (struct skiplist){ 0 };
}

static void check_link(const struct skipnode *n, const struct skiplink *link) {
    if (!link->next) return;
    struct key far = node_first(link->next);
    size_t     at = link->mark >> 48;
    ASSERT(link->mark << 16 == (key_word(&far, at) & ~(uint64_t)0xffff));
    if (n->used) {
        struct key near = node_first(n);
        ASSERT(at <= key_shared(&near, &far));
    } else {
        ASSERT(at == 0);
    }
}

/* Follows level l: its links, and that its nodes are tall enough. */
static void check_level(const struct skiplist *s, unsigned l) {
    uint64_t sum = 0;
    for (const struct skipnode *n = s->head; n;) {
        const struct skiplink *link = &n->link[l];
        uint64_t               passed = 0;
        ASSERT(n->height > l);
        for (const struct skipnode *m = n; m != link->next; m = m->link[0].next) passed += m->used;
        ASSERT(passed == link->span);
        check_link(n, link);
        sum += passed;
        n = link->next;
    }
    ASSERT(sum == s->count);
}

/* The node's items ascend from *last on, which becomes its last one; skip and hints are right. */
static void check_node(const struct skipnode *n, const struct scored **last) {
    struct key first = node_first(n), end = key_of(node_get(n, n->used - 1u));
    ASSERT(n->used > 0 && n->used <= n->room);
    ASSERT(n->skip <= key_shared(&first, &end));
    for (unsigned i = 0; i < n->used; i++) {
        const struct scored *it = node_get(n, i);
        struct key           key = key_of(it);
        size_t               shared;
        ASSERT(!*last || item_before(*last, &key, 0, &shared));
        ASSERT(node_slots(n)[i] >> 48 == key_word(&key, n->skip) >> 48);
        *last = it;
    }
}

bool skiplist_check(const struct skiplist *s) {
    size_t                 bytes = ash_good_size(node_size(s->head));
    const struct skipnode *prev = NULL;
    const struct scored   *last = NULL;
    for (const struct skipnode *n = s->head->link[0].next; n; prev = n, n = n->link[0].next) {
        ASSERT(n->prev == prev && n->height <= s->levels);
        bytes += ash_good_size(node_size(n));
        check_node(n, &last);
    }
    ASSERT(s->last == prev && bytes == s->footprint);
    for (unsigned l = 0; l < s->levels; l++) check_level(s, l);
    ASSERT(s->levels == 1 || s->head->link[s->levels - 1].next);
    return true;
}
