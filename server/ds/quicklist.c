/* quicklist.c: listpacks of a few KiB in a doubly linked chain.
 *
 *   head <-> [listpack] <-> [plain element] <-> [listpack] <-> tail
 *
 * A push at an end costs an append to one small listpack; an insertion in the middle splits one
 * node at most; an index skips whole nodes by their counts. Where nodes split and when neighbours
 * merge is as in Redis, so that a dump of the same commands has the same nodes.
 *
 * Unlike in Redis, replacing elements never makes a node outgrow the limit: a replacement that does
 * not fit goes in as an insertion, which splits.
 *
 * Nodes deeper than `depth` are compressed (compressed.h). A read never changes the list, so that its
 * bytes are the same before and after: the cursor expands a node into a copy of its own. A change
 * expands the nodes that it touches in place and compresses them again at its end (compress_around),
 * when it also sees to the borders: what has come within depth of an end is expanded, what has gone
 * beyond it compressed. A push looks at its border when it makes a node, and else at nothing. A row of
 * deletions in one node expands and compresses it once. That inner nodes *are* compressed is no
 * invariant: a list may have been through a range that was cut off, or not be worth it.
 *
 * Pushing and popping at the head would move a whole listpack each time. So the head node may keep
 * free room in front of its listpack: a push fills it downwards, a pop leaves the element's bytes
 * to it, and neither moves anything (head_push, head_pop). Whatever else is done to the head node
 * first moves the listpack to the start of its block (node_settle), where every other node's is.
 * Measured against moving: LPUSH 70 to 34 ns, LPOP 120 to 16 ns (3-byte elements, 8 KiB nodes).
 *
 * A node's heap bytes are re-counted when its listpack's capacity changes (node_touch), so that the
 * footprint of a list of any length is at hand. What concerns one node alone is quicklist_node.c's.
 *
 * Start reading at quicklist_push(), then quicklist_insert(). */
#include "server/ds/quicklist.h"

#include "server/ds/freeing.h"
#include "server/ds/quicklist_node.h"

#define NODE_SAFE_BYTES ((size_t)8192) /* a node limited by count is no larger than this either */
#define ENTRY_OVERHEAD  ((size_t)8)    /* guess of what an element takes beyond its bytes */
#define HEAD_BLOCK_MAX  ((size_t)1 << 17) /* room in front is kept in blocks up to this */

/* --- Limits --------------------------------------------------------------------------------- */

/* The byte limit of a negative fill. */
static size_t fill_bytes(int64_t fill) {
    return (size_t)4096 << (fill < -5 ? 4 : -fill - 1);
}

bool quicklist_node_fits(int64_t fill, size_t bytes, size_t count) {
    if (fill < 0) return bytes <= fill_bytes(fill);
    return bytes <= NODE_SAFE_BYTES && count <= (fill == 0 ? 1 : (uint64_t)fill);
}

size_t quicklist_node_bytes(int64_t fill) {
    return fill < 0 ? fill_bytes(fill) : NODE_SAFE_BYTES;
}

static bool needs_plain(int64_t fill, size_t len) { return len > quicklist_node_bytes(fill); }

/* s.len bytes more fit a node that has so many. */
static bool fits_beside(const struct quicklist *q, size_t bytes, size_t count, size_t len) {
    if (needs_plain(q->fill, len)) return false;
    return quicklist_node_fits(q->fill, bytes + len + ENTRY_OVERHEAD, count + 1);
}

static bool node_has_room(const struct quicklist *q, const struct quicklist_node *n, size_t len) {
    return n != NULL && !n->plain && fits_beside(q, node_raw_bytes(n), n->count, len);
}

static bool nodes_may_merge(const struct quicklist *q, const struct quicklist_node *a,
                            const struct quicklist_node *b) {
    if (a == NULL || b == NULL || a->plain || b->plain) return false;
    return quicklist_node_fits(q->fill, node_raw_bytes(a) + node_raw_bytes(b) - LP_BYTES_MIN,
                               (size_t)a->count + b->count);
}

/* --- Nodes ---------------------------------------------------------------------------------- */

/* A node for one element, plain where it is too large. */
static struct quicklist_node *node_new(struct ash_heap *heap, int64_t fill, struct slice s) {
    if (needs_plain(fill, s.len)) return node_plain(heap, s);
    return node_listpack(heap, lp_append(heap, lp_new(heap), s));
}

static void node_remove(struct quicklist *q, struct quicklist_node *n) {
    q->count -= n->count;
    node_unlink(q, n);
    node_free(n);
}

/* Adds s to a listpack node in front of *at (NULL: behind the last element). */
static void node_add(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                     unsigned char *at, struct slice s) {
    struct lp_item it = lp_item_str(s);
    node_settle(q, heap, n, &at);
    size_t was = node_block_size(n);
    node_touch(q, n, was, lp_insert(heap, n->u.lp, &at, &it, 1));
    n->count++;
    q->count++;
}

/* The same at an end of a node that may be compressed. */
static void node_add_end(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                         bool at_head, struct slice s) {
    node_expand(q, heap, n, NULL);
    node_add(q, heap, n, at_head ? lp_first(n->u.lp) : NULL, s);
}

/* A new node for s in front of `next`. */
static void node_insert(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *next,
                        struct slice s) {
    if (next != NULL) node_settle(q, heap, next, NULL);
    node_link(q, node_new(heap, q->fill, s), next);
    q->count++;
}

/* Removes up to count elements from *at on, not all of the node's. */
static void node_cut(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                     unsigned char **at, size_t count) {
    size_t had = n->count;
    node_settle(q, heap, n, at);
    size_t was = node_block_size(n);
    node_touch(q, n, was, lp_delete(heap, n->u.lp, at, count));
    n->count = (uint32_t)lp_count(n->u.lp);
    q->count -= had - n->count;
}

/* Cuts the listpack node n in front of `at`; the elements from there on get the node behind it. */
static void node_split(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                       unsigned char *at) {
    node_settle(q, heap, n, &at);
    unsigned char         *lp = n->u.lp;
    size_t                 was = node_block_size(n);
    struct quicklist_node *tail = node_listpack(heap, lp_split(heap, &lp, at));
    node_touch(q, n, was, lp);
    n->count -= tail->count;
    node_link(q, tail, n->next);
}

/* Merges b into its left neighbour a where both fit in one node. Returns the node that holds b's
 * elements then. */
static struct quicklist_node *try_merge(struct quicklist *q, struct ash_heap *heap,
                                        struct quicklist_node *a, struct quicklist_node *b) {
    if (!nodes_may_merge(q, a, b)) return b;
    node_expand(q, heap, a, NULL);
    node_expand(q, heap, b, NULL);
    node_settle(q, heap, a, NULL);
    size_t was = node_block_size(a);
    node_touch(q, a, was, lp_concat(heap, a->u.lp, b->u.lp));
    a->count += b->count;
    node_unlink(q, b);
    node_free(b);
    return a;
}

/* Around a split: the two to the left, the two to the right, then the middle with both. Returns the
 * node that holds the middle's elements then. */
static struct quicklist_node *merge_around(struct quicklist *q, struct ash_heap *heap,
                                           struct quicklist_node *mid) {
    if (mid->prev != NULL) try_merge(q, heap, mid->prev->prev, mid->prev);
    if (mid->next != NULL) try_merge(q, heap, mid->next, mid->next->next);
    mid = try_merge(q, heap, mid->prev, mid);
    try_merge(q, heap, mid, mid->next);
    return mid;
}

/* --- Compression ---------------------------------------------------------------------------- */

static bool is_inner(const struct quicklist *q, const struct quicklist_node *n) {
    const struct quicklist_node *f = q->head, *r = q->tail;
    if (q->depth == 0 || q->node_count <= 2 * (uint64_t)q->depth) return false;
    for (unsigned i = 0; i < q->depth; i++, f = f->next, r = r->prev)
        if (f == n || r == n) return false;
    return true;
}

/* After a node has come at an end: the one that it has pushed beyond depth. */
static void compress_border(struct quicklist *q, struct ash_heap *heap, bool at_head) {
    struct quicklist_node *n = at_head ? q->head : q->tail;
    if (q->depth == 0 || q->node_count <= 2 * (uint64_t)q->depth) return;
    for (unsigned i = 0; i < q->depth; i++) n = at_head ? n->next : n->prev;
    node_compress(q, heap, n);
}

/* After nodes have gone: what has come within depth of an end. */
static void expand_ends(struct quicklist *q, struct ash_heap *heap) {
    struct quicklist_node *f = q->head, *r = q->tail;
    for (unsigned i = 0; i < q->depth && f != NULL; i++, f = f->next, r = r->prev) {
        node_expand(q, heap, f, NULL);
        node_expand(q, heap, r, NULL);
        if (f == r || f->next == r) return;
    }
}

/* After a change at n and its neighbours, by which nodes may have come and gone. */
static void compress_around(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n) {
    if (q->depth == 0) return;
    expand_ends(q, heap);
    compress_border(q, heap, true);
    compress_border(q, heap, false);
    struct quicklist_node *const near[] = {n->prev, n, n->next};
    for (size_t i = 0; i < 3; i++)
        if (near[i] != NULL && is_inner(q, near[i])) node_compress(q, heap, near[i]);
}

/* --- Whole lists ---------------------------------------------------------------------------- */

struct quicklist *quicklist_new(struct ash_heap *heap, int64_t fill, int64_t depth) {
    struct quicklist *q = ash_alloc(heap, sizeof *q);
    *q = (struct quicklist){.footprint = ash_good_size(sizeof *q)};
    q->fill = (int16_t)(fill < QUICKLIST_FILL_MIN   ? QUICKLIST_FILL_MIN
                        : fill > QUICKLIST_FILL_MAX ? QUICKLIST_FILL_MAX
                                                    : fill);
    q->depth = (uint16_t)(depth > QUICKLIST_DEPTH_MAX ? QUICKLIST_DEPTH_MAX : depth);
    return q;
}

bool quicklist_drain(struct quicklist **q, struct freeing *f) {
    for (struct quicklist_node *n; (n = (*q)->head) != NULL;) {
        if (freeing_spent(f)) return true;
        (*q)->head = n->next;
        freeing_count(f, ash_good_size(sizeof *n) + node_footprint(n));
        node_free(n);
    }
    freeing_free(f, *q, sizeof **q);
    *q = NULL;
    return false;
}

void quicklist_free(struct quicklist **q) {
    struct freeing all = freeing_all();
    if (*q != NULL) quicklist_drain(q, &all);
}

struct quicklist *quicklist_copy(struct ash_heap *heap, const struct quicklist *q) {
    struct quicklist *copy = quicklist_new(heap, q->fill, q->depth);
    for (const struct quicklist_node *n = q->head; n != NULL; n = n->next)
        node_link(copy, node_copy(heap, n), NULL);
    copy->count = q->count;
    return copy;
}

struct quicklist *quicklist_put_listpack(struct ash_heap *heap, int64_t fill, int64_t depth,
                                         unsigned char *lp) {
    struct quicklist *q = quicklist_new(heap, fill, depth);
    if (lp_first(lp) == NULL) {
        lp_free(&lp);
        return q;
    }
    struct quicklist_node *n = node_listpack(heap, lp);
    node_link(q, n, NULL);
    q->count = n->count;
    return q;
}

unsigned char *quicklist_take_listpack(struct quicklist **q, struct ash_heap *heap) {
    struct quicklist_node *n = (*q)->head;
    int64_t                fill = (*q)->fill;
    if ((*q)->node_count != 1 || n->plain) return NULL;
    ASSERT(!n->compressed); /* it is an end */
    if (fill < 0 ? lp_bytes(n->u.lp) > fill_bytes(fill) / 2 : n->count > (uint64_t)fill / 2)
        return NULL;
    node_settle(*q, heap, n, NULL);
    unsigned char *lp = n->u.lp;
    ash_free(n, sizeof *n);
    ash_free(*q, sizeof **q);
    *q = NULL;
    return lp;
}

uint64_t quicklist_raw_bytes(const struct quicklist *q) {
    uint64_t bytes = 0;
    for (const struct quicklist_node *n = q->head; n != NULL; n = n->next)
        bytes += n->plain ? LP_BYTES_MIN + lp_str_bytes(node_raw_bytes(n)) : node_raw_bytes(n);
    return bytes;
}

/* Q6 but for the contents, which node_check looks at. */
static void check_depth(const struct quicklist *q) {
    const struct quicklist_node *f = q->head, *r = q->tail;
    for (unsigned i = 0; i < q->depth && f != NULL; i++, f = f->next, r = r->prev)
        ASSERT(!f->compressed && !r->compressed);
}

bool quicklist_check(const struct quicklist *q) {
    uint64_t                     count = 0, nodes = 0;
    size_t                       footprint = ash_good_size(sizeof *q);
    bool                         marked = q->mark == NULL;
    const struct quicklist_node *prev = NULL;
    for (const struct quicklist_node *n = q->head; n != NULL; prev = n, n = n->next) {
        ASSERT(n->prev == prev && node_check(n));
        ASSERT(n->front == 0 || n == q->head);
        count += n->count;
        nodes++;
        footprint += ash_good_size(sizeof *n) + node_footprint(n);
        marked |= n == q->mark;
    }
    ASSERT(q->tail == prev && marked);
    ASSERT(q->count == count && q->node_count == nodes);
    ASSERT(q->footprint == footprint);
    check_depth(q);
    return true;
}

/* --- Cursors -------------------------------------------------------------------------------- */

/* What a compressed node holds, expanded for a cursor. */
struct quicklist_copy {
    struct quicklist_copy       *next;
    const struct quicklist_node *of; /* NULL: it has been expanded itself meanwhile */
    size_t                       len;
    unsigned char                bytes[];
};

static void cursor_enter(struct quicklist_cursor *c, struct quicklist_node *n, bool backwards) {
    c->node = n;
    c->at = NULL;
    c->index = backwards ? -1 : 0;
    if (n != NULL && !n->plain && !n->compressed)
        c->at = backwards ? lp_last(n->u.lp) : lp_first(n->u.lp);
}

bool quicklist_seek(const struct quicklist *q, int64_t index, struct quicklist_cursor *c) {
    uint64_t i = index < 0 ? q->count - (-(uint64_t)index) : (uint64_t)index; /* wraps: >= count */
    *c = (struct quicklist_cursor){.node = NULL};
    if (i >= q->count) return false;

    struct quicklist_node *n;
    if (i < q->count / 2) {
        for (n = q->head; i >= n->count; n = n->next) i -= n->count;
    } else {
        uint64_t behind = q->count - i; /* elements from i to the tail */
        for (n = q->tail; behind > n->count; n = n->prev) behind -= n->count;
        i = n->count - behind;
    }
    c->node = n;
    c->index = (int64_t)i;
    if (!n->plain && !n->compressed) c->at = lp_seek(n->u.lp, c->index);
    return true;
}

static void copies_free(struct quicklist_cursor *c) {
    for (struct quicklist_copy *copy = c->copies, *next; copy != NULL; copy = next) {
        next = copy->next;
        ash_free(copy, sizeof *copy + copy->len);
    }
    c->copies = NULL;
}

void quicklist_cursor_fini(struct quicklist_cursor *c) {
    if (c->copies != NULL) copies_free(c);
    c->node = NULL;
}

/* The copy of the node that the cursor is in; NULL: it has made none. */
static struct quicklist_copy *copy_of_node(const struct quicklist_cursor *c) {
    return c->copies != NULL && c->copies->of == c->node ? c->copies : NULL;
}

static struct quicklist_copy *copy_make(struct quicklist_cursor *c) {
    const struct quicklist_node *n = c->node;
    size_t                       len = n->u.z->raw_len;
    if (!c->keep) copies_free(c);
    struct quicklist_copy *copy = ash_alloc(ash_heap_of(n), sizeof *copy + len);
    *copy = (struct quicklist_copy){.next = c->copies, .of = n, .len = len};
    compressed_expand(n->u.z, copy->bytes);
    ASSERT(n->plain || lp_validate(copy->bytes, len, false));
    c->copies = copy;
    return copy;
}

/* For a cursor whose `at` is NULL: finds it, unless the node is plain. */
static void cursor_look(struct quicklist_cursor *c) {
    const struct quicklist_node *n = c->node;
    const unsigned char         *lp = n->u.lp; /* it may have been expanded meanwhile */
    if (n->compressed) {
        struct quicklist_copy *copy = copy_of_node(c);
        lp = (copy != NULL ? copy : copy_make(c))->bytes;
    }
    if (!n->plain) c->at = lp_seek(lp, c->index);
}

/* The bytes of the plain node that the cursor has looked into. */
static struct slice cursor_plain(const struct quicklist_cursor *c) {
    if (!c->node->compressed) return str_slice(c->node->u.str);
    return slice_of((const char *)c->copies->bytes, c->copies->len);
}

/* The listpack that `at` is in. */
static unsigned char *cursor_listpack(const struct quicklist_cursor *c) {
    return c->node->compressed ? c->copies->bytes : c->node->u.lp;
}

void quicklist_get(struct quicklist_cursor *c, struct lp_item *out) {
    if (c->at == NULL) cursor_look(c);
    if (c->at == NULL)
        *out = lp_item_str(cursor_plain(c));
    else
        lp_get(c->at, out);
}

bool quicklist_eq(struct quicklist_cursor *c, struct slice s) {
    if (c->at == NULL) cursor_look(c);
    return c->at == NULL ? slice_eq(cursor_plain(c), s) : lp_eq(c->at, s);
}

void quicklist_step(struct quicklist_cursor *c, bool backwards) {
    struct quicklist_node *n = c->node;
    if (c->at == NULL) cursor_look(c);
    if (c->at != NULL) {
        unsigned char *lp = cursor_listpack(c);
        c->at = backwards ? lp_prev(lp, c->at) : lp_next(lp, c->at);
        if (c->at != NULL) return;
    }
    cursor_enter(c, backwards ? n->prev : n->next, backwards);
}

void quicklist_read(struct quicklist_cursor *c, bool backwards, struct lp_item *out) {
    if (c->at == NULL || backwards) {
        quicklist_get(c, out);
        quicklist_step(c, backwards);
        return;
    }
    c->at = lp_get_next(c->at, out);
    if (c->at == NULL) cursor_enter(c, c->node->next, false);
}

bool quicklist_find(struct quicklist_cursor *c, struct slice s) {
    while (c->node != NULL) {
        if (c->at == NULL) cursor_look(c);
        if (c->at == NULL) {
            if (slice_eq(cursor_plain(c), s)) return true;
        } else if ((c->at = lp_find(cursor_listpack(c), c->at, s, 0)) != NULL) {
            return true;
        }
        cursor_enter(c, c->node->next, false);
    }
    return false;
}

bool quicklist_walk(const struct quicklist *q, struct quicklist_cursor *c, struct slice *bytes,
                    bool *plain) {
    cursor_enter(c, c->node == NULL ? q->head : c->node->next, false);
    if (c->node == NULL) {
        quicklist_cursor_fini(c);
        return false;
    }
    if (c->at == NULL) cursor_look(c);
    *plain = c->node->plain;
    *bytes = *plain ? cursor_plain(c)
                    : slice_of((const char *)cursor_listpack(c), node_raw_bytes(c->node));
    return true;
}

/* Compresses what quicklist_delete has left expanded. */
static void cursor_close(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c) {
    if (c->opened != NULL && is_inner(q, c->opened)) node_compress(q, heap, c->opened);
    c->opened = NULL;
}

/* Before a change at the cursor: its node is expanded, in place, and `at` found in it. */
static void cursor_open(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c) {
    struct quicklist_node *n = c->node;
    if (c->opened != n) cursor_close(q, heap, c);
    if (n->compressed) {
        struct quicklist_copy *copy = copy_of_node(c);
        size_t                 offset = c->at != NULL ? (size_t)(c->at - copy->bytes) : 0;
        node_expand(q, heap, n, copy != NULL ? copy->bytes : NULL);
        if (copy != NULL) copy->of = NULL;
        c->at = offset > 0 ? n->u.lp + offset : NULL;
        c->opened = n;
    }
    if (c->at == NULL) cursor_look(c);
}

/* --- The head ------------------------------------------------------------------------------- */

/* A bigger block for the head node, with `size` free bytes or more in front: about as many again as
 * it has, up to what the node may hold. */
static void head_make_room(struct quicklist *q, struct ash_heap *heap, size_t size) {
    struct quicklist_node *n = q->head;
    size_t total = lp_bytes(n->u.lp), need = total + size;
    size_t most = quicklist_node_bytes(q->fill);
    size_t cap = lp_capacity(2 * need < most ? 2 * need : need < most ? most : need);
    size_t was = node_block_size(n);

    unsigned char *block = ash_alloc(heap, cap);
    memcpy(block + cap - total, n->u.lp, total);
    ash_free(node_block(n), was);
    n->front = (uint32_t)(cap - total);
    node_touch(q, n, was, block + cap - total);
}

static void head_push(struct quicklist *q, struct ash_heap *heap, struct slice s) {
    struct quicklist_node *n = q->head;
    size_t                 size = lp_entry_bytes(s);
    if (n->front < size) head_make_room(q, heap, size);
    n->u.lp = lp_push_down(n->u.lp, s);
    n->front -= (uint32_t)size;
    n->count++;
    q->count++;
}

static void head_pop(struct quicklist *q) {
    struct quicklist_node *n = q->head;
    unsigned char         *lp = lp_drop_first(n->u.lp);
    n->front += (uint32_t)(lp - n->u.lp);
    n->u.lp = lp;
    n->count--;
    q->count--;
}

/* --- Changing ------------------------------------------------------------------------------- */

void quicklist_push(struct quicklist *q, struct ash_heap *heap, bool at_head, struct slice s) {
    struct quicklist_node *n = at_head ? q->head : q->tail; /* an end: never compressed */
    if (n == NULL || n->plain || !fits_beside(q, lp_bytes(n->u.lp), n->count, s.len)) {
        node_insert(q, heap, at_head ? n : NULL, s);
        compress_border(q, heap, at_head);
    } else if (at_head) {
        head_push(q, heap, s);
    } else {
        node_add(q, heap, n, NULL, s);
    }
}

void quicklist_peek(const struct quicklist *q, bool at_head, struct lp_item *out) {
    const struct quicklist_node *n = at_head ? q->head : q->tail;
    if (n->plain)
        *out = lp_item_str(str_slice(n->u.str));
    else
        lp_get(at_head ? lp_first(n->u.lp) : lp_last(n->u.lp), out);
}

void quicklist_pop(struct quicklist *q, struct ash_heap *heap, bool at_head) {
    struct quicklist_node *n = at_head ? q->head : q->tail;
    if (n->count == 1) {
        node_remove(q, n);
        expand_ends(q, heap);
    } else if (at_head && node_block_size(n) <= HEAD_BLOCK_MAX) {
        head_pop(q);
    } else {
        unsigned char *at = at_head ? lp_first(n->u.lp) : lp_last(n->u.lp);
        node_cut(q, heap, n, &at, 1);
    }
}

void quicklist_insert(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                      bool after, struct slice s) {
    cursor_open(q, heap, c);
    struct quicklist_node *n = c->node, *mid = n;
    /* In front of `at` in n; at NULL: behind all of n. */
    unsigned char *at = n->plain ? NULL : after ? lp_next(n->u.lp, c->at) : c->at;
    bool           at_tail = n->plain ? after : at == NULL;
    bool           at_head = n->plain ? !after : !after && at == lp_first(n->u.lp);
    quicklist_cursor_fini(c);

    if (node_has_room(q, n, s.len)) {
        node_add(q, heap, n, at, s);
    } else if (at_tail) {
        if (node_has_room(q, n->next, s.len))
            node_add_end(q, heap, n->next, true, s);
        else
            node_insert(q, heap, n->next, s);
    } else if (at_head) {
        if (node_has_room(q, n->prev, s.len))
            node_add_end(q, heap, n->prev, false, s);
        else
            node_insert(q, heap, n, s);
    } else {
        node_split(q, heap, n, at);
        mid = after ? n : n->next; /* where Redis starts merging */
        if (needs_plain(q->fill, s.len))
            node_insert(q, heap, n->next, s);
        else
            node_add_end(q, heap, after ? n->next : n, after, s);
        mid = merge_around(q, heap, mid);
    }
    compress_around(q, heap, mid);
}

/* The element at c can become s without its node passing the limit, or passing it by more. */
static bool replace_fits(const struct quicklist *q, const struct quicklist_cursor *c,
                         struct slice s) {
    const struct quicklist_node *n = c->node;
    if (n->plain || needs_plain(q->fill, s.len)) return false;
    size_t               total = lp_bytes(n->u.lp);
    const unsigned char *next = lp_next(n->u.lp, c->at);
    size_t old = (size_t)((next != NULL ? next : n->u.lp + total - 1) - c->at);
    size_t new_total = total - old + lp_entry_bytes(s);
    return new_total <= total || quicklist_node_fits(q->fill, new_total, n->count);
}

void quicklist_replace(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                       struct slice s) {
    if (c->node->plain && needs_plain(q->fill, s.len)) {
        node_set_plain(q, heap, c->node, s);
        c->opened = c->node;
        quicklist_delete_end(q, heap, c);
        return;
    }
    cursor_open(q, heap, c);
    if (replace_fits(q, c, s)) {
        struct quicklist_node *n = c->node;
        node_settle(q, heap, n, &c->at);
        size_t was = node_block_size(n);
        node_touch(q, n, was, lp_replace(heap, n->u.lp, &c->at, lp_item_str(s)));
        quicklist_delete_end(q, heap, c);
        return;
    }
    quicklist_delete(q, heap, c, false);
    if (c->node != NULL) {
        quicklist_insert(q, heap, c, false, s);
    } else {
        quicklist_delete_end(q, heap, c);
        quicklist_push(q, heap, false, s);
    }
}

void quicklist_delete(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                      bool backwards) {
    struct quicklist_node *n = c->node;
    if (n->compressed || c->at == NULL) cursor_open(q, heap, c);
    if (n->count == 1) {
        struct quicklist_node *to = backwards ? n->prev : n->next;
        if (c->opened == n) c->opened = NULL;
        node_remove(q, n);
        expand_ends(q, heap);
        cursor_enter(c, to, backwards);
        return;
    }
    if (n == q->head && !backwards && c->at == lp_first(n->u.lp) &&
        node_block_size(n) <= HEAD_BLOCK_MAX) {
        head_pop(q);
        c->at = lp_first(n->u.lp);
        return;
    }
    node_cut(q, heap, n, &c->at, 1);
    if (backwards) /* at is now the one behind the gap, or NULL */
        c->at = c->at != NULL ? lp_prev(n->u.lp, c->at) : lp_last(n->u.lp);
    if (c->at == NULL) cursor_enter(c, backwards ? n->prev : n->next, backwards);
}

void quicklist_delete_end(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c) {
    if (c->opened != NULL) cursor_close(q, heap, c);
    quicklist_cursor_fini(c);
}

/* --- Ranges ---------------------------------------------------------------------------------- */

/* What nodes hold together. */
struct sum {
    uint64_t count, nodes;
    size_t   footprint;
    bool     marked; /* one of them is the list's mark */
};

/* From n to before `end` (NULL: to the tail). */
static struct sum sum_nodes(const struct quicklist *q, const struct quicklist_node *n,
                            const struct quicklist_node *end) {
    struct sum s = {0};
    for (; n != end; n = n->next) {
        s.count += n->count;
        s.nodes++;
        s.footprint += ash_good_size(sizeof *n) + node_footprint(n);
        s.marked |= n == q->mark;
    }
    return s;
}

/* The nodes from `first` to `last`, which hold `count` elements: the smaller side is walked. */
static struct sum sum_range(const struct quicklist *q, const struct quicklist_node *first,
                            const struct quicklist_node *last, uint64_t count) {
    if (count <= q->count / 2) return sum_nodes(q, first, last->next);
    struct sum a = sum_nodes(q, q->head, first), b = sum_nodes(q, last->next, NULL);
    return (struct sum){q->count - a.count - b.count, q->node_count - a.nodes - b.nodes,
                        q->footprint - ash_good_size(sizeof *q) - a.footprint - b.footprint,
                        q->mark != NULL && !a.marked && !b.marked};
}

/* Takes the nodes from `first` to `last` out, as a list of their own. */
static struct quicklist *nodes_take(struct quicklist *q, struct ash_heap *heap,
                                    struct quicklist_node *first, struct quicklist_node *last,
                                    uint64_t count) {
    struct quicklist *out = quicklist_new(heap, q->fill, 0);
    struct sum        s = sum_range(q, first, last, count);
    ASSERT(s.count == count);
    if (s.marked) q->mark = last->next;
    *(first->prev != NULL ? &first->prev->next : &q->head) = last->next;
    *(last->next != NULL ? &last->next->prev : &q->tail) = first->prev;
    first->prev = last->next = NULL;
    q->count -= s.count;
    q->node_count -= s.nodes;
    q->footprint -= s.footprint;
    out->head = first;
    out->tail = last;
    out->count = s.count;
    out->node_count = s.nodes;
    out->footprint += s.footprint;
    return out;
}

struct quicklist *quicklist_take_range(struct quicklist *q, struct ash_heap *heap, uint64_t start,
                                       uint64_t count) {
    struct quicklist_cursor from, end; /* the first to go, the first to stay behind them */
    ASSERT(start <= q->count && count <= q->count - start);
    if (count == 0) return NULL;
    quicklist_seek(q, (int64_t)start, &from);
    quicklist_seek(q, (int64_t)(start + count), &end);
    uint64_t before = (uint64_t)from.index, behind = (uint64_t)end.index; /* in their nodes */
    if (from.node == end.node) {
        cursor_open(q, heap, &from);
        node_cut(q, heap, from.node, &from.at, count);
        quicklist_delete_end(q, heap, &from);
        return NULL;
    }

    struct quicklist      *out = NULL;
    struct quicklist_node *first = from.node, *last = end.node != NULL ? end.node->prev : q->tail;
    if (before > 0) { /* 1: the rest of the node that the range begins in */
        uint64_t rest = first->count - before;
        first = first->next;
        cursor_open(q, heap, &from);
        node_cut(q, heap, from.node, &from.at, rest);
        count -= rest;
    }
    if (behind > 0) { /* 2: the beginning of the one that it ends in */
        cursor_open(q, heap, &end);
        unsigned char *at = lp_first(end.node->u.lp);
        node_cut(q, heap, end.node, &at, behind);
        count -= behind;
    }
    if (count > 0) out = nodes_take(q, heap, first, last, count); /* 3: all between */
    expand_ends(q, heap);
    quicklist_delete_end(q, heap, &from);
    quicklist_delete_end(q, heap, &end);
    return out;
}
