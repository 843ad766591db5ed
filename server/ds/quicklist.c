/* quicklist.c: nodes of a few KiB in a doubly linked chain.
 *
 *   head <-> [elements] <-> [plain element] <-> [elements] <-> tail
 *
 * A push at an end costs an append to one small node; an insertion in the middle splits one node at
 * most; an index skips whole nodes by their counts. Where nodes split and when neighbours merge is as
 * in Redis, but that a node of elements of one length holds more of them (quicklist_node_edit.c).
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
 * invariant: it may not be worth it, or a change further off has made a node an inner one.
 *
 * What a node's elements lie in is not known here: nodes are asked (quicklist_node.h), which also
 * keep the list's footprint and its count of elements.
 *
 * Start reading at quicklist_push(), then quicklist_insert(). */
#include "server/ds/quicklist.h"

#include "server/ds/freeing.h"
#include "server/ds/quicklist_node.h"

/* --- Nodes ---------------------------------------------------------------------------------- */

static bool needs_plain(const struct quicklist *q, struct slice s) {
    return s.len > q->node_bytes;
}

static void remove_node(struct quicklist *q, struct quicklist_node *n) {
    q->count -= n->count;
    node_unlink(q, n);
    node_free(n);
}

/* A new node for s in front of `next`. */
static void add_node(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *next,
                     struct slice s) {
    if (next != NULL) node_settle(q, heap, next);
    node_link(q, node_new(heap, q->fill, s), next);
    q->count++;
}

/* Adds s at an end of a node that may be compressed. */
static void add_at_end(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                       bool at_head, struct slice s) {
    node_expand(q, heap, n, NULL);
    node_insert(q, heap, n, at_head ? node_end(n, node_contents(n), true) : NULL, s);
}

/* Merges b into its left neighbour a where both fit in one node. Returns the node that holds b's
 * elements then. */
static struct quicklist_node *try_merge(struct quicklist *q, struct ash_heap *heap,
                                        struct quicklist_node *a, struct quicklist_node *b) {
    if (!node_may_merge(q, a, b)) return b;
    node_merge(q, heap, a, b);
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
    q->node_bytes = (uint32_t)quicklist_node_bytes(q->fill);
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
    struct quicklist_node *n = node_of_listpack(heap, lp);
    node_link(q, n, NULL);
    q->count = n->count;
    return q;
}

unsigned char *quicklist_take_listpack(struct quicklist **q, struct ash_heap *heap) {
    struct quicklist_node *n = (*q)->head;
    int64_t                fill = (*q)->fill;
    if ((*q)->node_count != 1 || n->form == NODE_PLAIN) return NULL;
    ASSERT(!n->compressed); /* it is an end */
    if (fill < 0 ? node_listpack_bytes(n) > (*q)->node_bytes / 2
                 : n->count > (uint64_t)fill / 2)
        return NULL;
    unsigned char *lp = node_take_listpack(*q, heap, n);
    ash_free(*q, sizeof **q);
    *q = NULL;
    return lp;
}

uint64_t quicklist_raw_bytes(const struct quicklist *q) {
    uint64_t bytes = 0;
    for (const struct quicklist_node *n = q->head; n != NULL; n = n->next)
        bytes += node_listpack_bytes(n);
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
    ASSERT(q->node_bytes == quicklist_node_bytes(q->fill));
    check_depth(q);
    return true;
}

/* --- Cursors -------------------------------------------------------------------------------- */

/* Bytes of a cursor's own: what a compressed node holds, expanded, or what quicklist_walk hands out. */
struct quicklist_copy {
    struct quicklist_copy       *next;
    const struct quicklist_node *of; /* NULL: of none, or it has been expanded itself meanwhile */
    size_t                       len;
    unsigned char                bytes[];
};

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

static struct quicklist_copy *copy_new(struct quicklist_cursor *c, size_t len) {
    if (!c->keep) copies_free(c);
    struct quicklist_copy *copy = ash_alloc(ash_heap_of(c->node), sizeof *copy + len);
    *copy = (struct quicklist_copy){.next = c->copies, .len = len};
    return c->copies = copy;
}

/* The copy of the node that the cursor is in; NULL: it has made none. */
static struct quicklist_copy *copy_of_node(const struct quicklist_cursor *c) {
    return c->copies != NULL && c->copies->of == c->node ? c->copies : NULL;
}

static struct quicklist_copy *copy_make(struct quicklist_cursor *c) {
    const struct quicklist_node *n = c->node;
    struct quicklist_copy       *copy = copy_new(c, n->u.z->raw_len);
    copy->of = n;
    compressed_expand(n->u.z, copy->bytes);
    ASSERT(n->form != NODE_LISTPACK || lp_validate(copy->bytes, copy->len, false));
    return copy;
}

/* The cursor is at `at` in its node's contents. */
static inline void cursor_set(struct quicklist_cursor *c, unsigned char *in, unsigned char *at) {
    c->in = in;
    c->at = at;
    c->width = node_width(c->node);
    c->end = in + c->node->count * c->width;
}

/* Begins at an index of n, which is looked into at once unless that means to expand it. */
static void cursor_enter(struct quicklist_cursor *c, struct quicklist_node *n, int64_t index) {
    c->node = n;
    c->at = NULL;
    c->index = index;
    if (n == NULL || n->compressed) return;
    unsigned char *in = node_contents(n);
    cursor_set(c, in, node_seek(n, in, index));
}

static void cursor_look(struct quicklist_cursor *c) {
    unsigned char *in;
    if (!c->node->compressed) { /* it may have been expanded meanwhile */
        in = node_contents(c->node);
    } else {
        struct quicklist_copy *copy = copy_of_node(c);
        in = (copy != NULL ? copy : copy_make(c))->bytes;
    }
    cursor_set(c, in, node_seek(c->node, in, c->index));
}

static void cursor_leave(struct quicklist_cursor *c, bool backwards) {
    cursor_enter(c, backwards ? c->node->prev : c->node->next, backwards ? -1 : 0);
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
    cursor_enter(c, n, (int64_t)i);
    return true;
}

void quicklist_get(struct quicklist_cursor *c, struct lp_item *out) {
    if (c->at == NULL) cursor_look(c);
    node_get(c->node, c->at, out);
}

bool quicklist_eq(struct quicklist_cursor *c, struct slice s) {
    if (c->at == NULL) cursor_look(c);
    return node_eq(c->node, c->at, s);
}

void quicklist_step(struct quicklist_cursor *c, bool backwards) {
    if (c->at == NULL) cursor_look(c);
    c->at = backwards ? node_prev(c->node, c->in, c->at) : node_next(c->node, c->in, c->at);
    if (c->at == NULL) cursor_leave(c, backwards);
}

void quicklist_read(struct quicklist_cursor *c, bool backwards, struct lp_item *out) {
    if (c->at == NULL || c->width > 0 || backwards) {
        quicklist_get(c, out);
        quicklist_step(c, backwards);
        return;
    }
    c->at = lp_get_next(c->at, out);
    if (c->at == NULL) cursor_leave(c, false);
}

/* Those of one length from `at` on, max at most. */
static uint64_t cursor_alike(struct quicklist_cursor *c, uint64_t max) {
    if (c->at == NULL) cursor_look(c);
    if (c->width == 0) return 0;
    uint64_t n = (uint64_t)(c->end - c->at) / c->width;
    return n < max ? n : max;
}

static void cursor_advance(struct quicklist_cursor *c, uint64_t n) {
    c->at += n * c->width;
    if (c->at == c->end) cursor_leave(c, false);
}

uint64_t quicklist_read_alike(struct quicklist_cursor *c, uint64_t max, struct slice *first) {
    uint64_t n = cursor_alike(c, max);
    *first = slice_of((const char *)c->at, c->width);
    if (n > 0) cursor_advance(c, n);
    return n;
}

uint64_t quicklist_pass_alike(struct quicklist_cursor *c, uint64_t max, struct slice s) {
    uint64_t n = cursor_alike(c, max);
    if (n == 0) return 0;
    const unsigned char *found = fixedpack_find((struct fixedpack){c->at, n, c->width}, c->at, s);
    if (found != NULL) n = (uint64_t)(found - c->at) / c->width;
    if (n > 0) cursor_advance(c, n);
    return n;
}

bool quicklist_find(struct quicklist_cursor *c, struct slice s) {
    for (; c->node != NULL; cursor_leave(c, false)) {
        if (c->at == NULL) cursor_look(c);
        c->at = node_find(c->node, c->in, c->at, s);
        if (c->at != NULL) return true;
    }
    return false;
}

bool quicklist_walk(const struct quicklist *q, struct quicklist_cursor *c, struct slice *bytes,
                    bool *plain) {
    cursor_enter(c, c->node == NULL ? q->head : c->node->next, 0);
    const struct quicklist_node *n = c->node;
    if (n == NULL) {
        quicklist_cursor_fini(c);
        return false;
    }
    *plain = n->form == NODE_PLAIN;
    if (n->form == NODE_FIXED) {
        struct quicklist_copy *copy = copy_new(c, node_listpack_bytes(n));
        node_write_listpack(n, copy->bytes);
        *bytes = slice_of((const char *)copy->bytes, copy->len);
    } else {
        if (c->at == NULL) cursor_look(c);
        *bytes = slice_of((const char *)c->in, node_contents_size(n));
    }
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
        node_expand(q, heap, n, copy != NULL ? copy->bytes : NULL);
        if (copy != NULL) copy->of = NULL;
        unsigned char *in = node_contents(n);
        cursor_set(c, in, c->at != NULL ? in + (c->at - c->in) : NULL);
        c->opened = n;
    }
    if (c->at == NULL) cursor_look(c);
}

/* --- Changing ------------------------------------------------------------------------------- */

void quicklist_push(struct quicklist *q, struct ash_heap *heap, bool at_head, struct slice s) {
    struct quicklist_node *n = at_head ? q->head : q->tail; /* an end: never compressed */
    if (n != NULL && node_push_quickly(q, n, at_head, s)) return;
    if (!node_has_room(q, n, s)) {
        add_node(q, heap, at_head ? n : NULL, s);
        compress_border(q, heap, at_head);
    } else if (at_head) {
        node_push_first(q, heap, n, s);
    } else {
        node_insert(q, heap, n, NULL, s);
    }
}

void quicklist_peek(const struct quicklist *q, bool at_head, struct lp_item *out) {
    const struct quicklist_node *n = at_head ? q->head : q->tail;
    node_get(n, node_end(n, node_contents(n), at_head), out);
}

void quicklist_pop(struct quicklist *q, struct ash_heap *heap, bool at_head) {
    struct quicklist_node *n = at_head ? q->head : q->tail;
    if (n->count == 1) {
        remove_node(q, n);
        expand_ends(q, heap);
    } else if (at_head) {
        node_pop_first(q, heap, n);
    } else {
        unsigned char *at = node_end(n, node_contents(n), false);
        node_cut(q, heap, n, &at, 1);
    }
}

void quicklist_insert(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                      bool after, struct slice s) {
    cursor_open(q, heap, c);
    struct quicklist_node *n = c->node, *mid = n;
    /* In front of `at` in n; at NULL: behind all of n. */
    unsigned char *at = after ? node_next(n, c->in, c->at) : c->at;
    bool           at_head = !after && node_prev(n, c->in, c->at) == NULL;
    quicklist_cursor_fini(c);

    if (node_has_room(q, n, s)) {
        node_insert(q, heap, n, at, s);
    } else if (at == NULL) {
        if (node_has_room(q, n->next, s))
            add_at_end(q, heap, n->next, true, s);
        else
            add_node(q, heap, n->next, s);
    } else if (at_head) {
        if (node_has_room(q, n->prev, s))
            add_at_end(q, heap, n->prev, false, s);
        else
            add_node(q, heap, n, s);
    } else {
        node_split(q, heap, n, at);
        mid = after ? n : n->next; /* where Redis starts merging */
        struct quicklist_node *part = after ? n->next : n;
        if (needs_plain(q, s) || !node_half_takes(q, part, s))
            add_node(q, heap, n->next, s);
        else
            add_at_end(q, heap, part, after, s);
        mid = merge_around(q, heap, mid);
    }
    compress_around(q, heap, mid);
}

void quicklist_replace(struct quicklist *q, struct ash_heap *heap, struct quicklist_cursor *c,
                       struct slice s) {
    if (c->node->form == NODE_PLAIN && needs_plain(q, s)) {
        node_set_plain(q, heap, c->node, s);
        c->opened = c->node;
        quicklist_delete_end(q, heap, c);
        return;
    }
    cursor_open(q, heap, c);
    if (node_may_replace(q, c->node, c->at, s)) {
        node_replace(q, heap, c->node, c->at, s);
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
        remove_node(q, n);
        expand_ends(q, heap);
        cursor_enter(c, to, backwards ? -1 : 0);
        return;
    }
    unsigned char *at = c->at;
    if (n == q->head && !backwards && node_prev(n, c->in, at) == NULL) {
        node_pop_first(q, heap, n);
        cursor_enter(c, n, 0);
        return;
    }
    node_cut(q, heap, n, &at, 1);
    unsigned char *in = node_contents(n);
    if (backwards) /* at is now the one behind the gap, or NULL */
        at = at != NULL ? node_prev(n, in, at) : node_end(n, in, false);
    if (at == NULL)
        cursor_leave(c, backwards);
    else
        cursor_set(c, in, at);
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
        unsigned char *at = node_end(end.node, node_contents(end.node), true);
        node_cut(q, heap, end.node, &at, behind);
        count -= behind;
    }
    if (count > 0) out = nodes_take(q, heap, first, last, count); /* 3: all between */
    expand_ends(q, heap);
    quicklist_delete_end(q, heap, &from);
    quicklist_delete_end(q, heap, &end);
    return out;
}
