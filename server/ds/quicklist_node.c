/* quicklist_node.c: one node of a quicklist: its life, its place in the chain, and what is read of it.
 * What changes its elements is quicklist_node_edit.c's, the chain as a whole quicklist.c's. */
#include "server/ds/quicklist_node.h"

static struct fixedpack pack_of(const struct quicklist_node *n, unsigned char *in) {
    return (struct fixedpack){.at = in, .count = n->count, .width = n->width};
}

/* --- Sizes ---------------------------------------------------------------------------------- */

size_t node_footprint(const struct quicklist_node *n) {
    if (n->compressed) return compressed_footprint(n->u.z);
    return n->form == NODE_PLAIN ? str_footprint(n->u.str) : ash_good_size(node_block_size(n));
}

size_t node_listpack_bytes(const struct quicklist_node *n) {
    size_t size = node_contents_size(n);
    switch ((enum node_form)n->form) {
    case NODE_FIXED: return fixedpack_lp_bytes(n->count, n->width);
    case NODE_LISTPACK: break;
    case NODE_PLAIN: return LP_BYTES_MIN + lp_str_bytes(size);
    }
    return size;
}

/* --- One node ------------------------------------------------------------------------------- */

static struct quicklist_node *new_listpack(struct ash_heap *heap, unsigned char *lp) {
    struct quicklist_node *n = ash_alloc(heap, sizeof *n);
    *n = (struct quicklist_node){.count = (uint32_t)lp_count(lp), .form = NODE_LISTPACK};
    n->u.bytes = lp;
    return n;
}

static struct quicklist_node *new_fixed(struct ash_heap *heap, size_t count, size_t width) {
    struct quicklist_node *n = ash_alloc(heap, sizeof *n);
    ASSERT(count > 0 && width > 0 && width <= FIXEDPACK_WIDTH_MAX);
    *n = (struct quicklist_node){.count = (uint32_t)count, .form = NODE_FIXED};
    n->width = (uint32_t)width & FIXEDPACK_WIDTH_MAX;
    n->u.bytes = ash_alloc(heap, node_block_size(n));
    return n;
}

struct quicklist_node *node_of_fixed(struct ash_heap *heap, struct fixedpack f) {
    struct quicklist_node *n = new_fixed(heap, f.count, f.width);
    memcpy(n->u.bytes, f.at, f.count * f.width);
    return n;
}

struct quicklist_node *node_new(struct ash_heap *heap, int64_t fill, struct slice s) {
    if (s.len > quicklist_node_bytes(fill)) {
        struct quicklist_node *n = ash_alloc(heap, sizeof *n);
        *n = (struct quicklist_node){.count = 1, .form = NODE_PLAIN};
        n->u.str = str_new(heap, s, 0);
        return n;
    }
    if (!fixedpack_holds(s)) return new_listpack(heap, lp_append(heap, lp_new(heap), s));
    return node_of_fixed(heap, (struct fixedpack){(unsigned char *)(uintptr_t)s.p, 1, s.len});
}

struct quicklist_node *node_of_listpack(struct ash_heap *heap, unsigned char *lp) {
    size_t width = fixedpack_width_of(lp);
    if (width == 0) return new_listpack(heap, lp);
    struct quicklist_node *n = new_fixed(heap, lp_count(lp), width);
    fixedpack_from_listpack(n->u.bytes, lp);
    lp_free(&lp);
    return n;
}

struct quicklist_node *node_copy(struct ash_heap *heap, const struct quicklist_node *n) {
    struct quicklist_node *copy = ash_alloc(heap, sizeof *copy);
    *copy = *n;
    copy->front = 0;
    if (n->compressed) {
        copy->u.z = compressed_copy(heap, n->u.z);
    } else if (n->form == NODE_PLAIN) {
        copy->u.str = str_new(heap, str_slice(n->u.str), 0);
    } else {
        size_t size = node_contents_size(n);
        copy->u.bytes = memcpy(ash_alloc(heap, lp_capacity(size)), n->u.bytes, size);
    }
    return copy;
}

static void contents_free(struct quicklist_node *n) {
    if (n->compressed)
        compressed_free(&n->u.z);
    else if (n->form == NODE_PLAIN)
        str_free(&n->u.str);
    else
        ash_free(node_block(n), node_block_size(n));
}

void node_free(struct quicklist_node *n) {
    contents_free(n);
    ash_free(n, sizeof *n);
}

static void contents_check(const struct quicklist_node *n, unsigned char *in, size_t size) {
    ASSERT(n->count > 0 && (n->width != 0) == (n->form == NODE_FIXED));
    switch ((enum node_form)n->form) {
    case NODE_FIXED:
        ASSERT(size == (size_t)n->count * n->width && fixedpack_check(pack_of(n, in)));
        break;
    case NODE_LISTPACK: ASSERT(lp_validate(in, size, true) && lp_count(in) == n->count); break;
    case NODE_PLAIN: ASSERT(n->count == 1); break;
    }
}

bool node_check(const struct quicklist_node *n) {
    size_t size = node_contents_size(n);
    if (n->compressed) {
        struct ash_heap *heap = ash_heap_of(n);
        unsigned char   *in = ash_alloc(heap, size);
        ASSERT(compressed_check(n->u.z) && n->front == 0);
        compressed_expand(n->u.z, in);
        contents_check(n, in, size);
        ash_free(in, size);
        return true;
    }
    contents_check(n, node_contents(n), size);
    if (n->form == NODE_PLAIN)
        ASSERT(str_check(n->u.str) && n->front == 0);
    else
        ASSERT(node_block_size(n) <= ash_usable_size(node_block(n)));
    return true;
}

void node_write_listpack(const struct quicklist_node *n, unsigned char *lp) {
    size_t size = node_contents_size(n);
    if (n->form == NODE_FIXED && n->compressed) {
        struct ash_heap *heap = ash_heap_of(n);
        unsigned char   *in = ash_alloc(heap, size);
        compressed_expand(n->u.z, in);
        fixedpack_to_listpack(pack_of(n, in), lp);
        ash_free(in, size);
    } else if (n->form == NODE_FIXED) {
        fixedpack_to_listpack(pack_of(n, n->u.bytes), lp);
    } else if (n->compressed) {
        compressed_expand(n->u.z, lp);
    } else {
        memcpy(lp, n->u.bytes, size);
    }
}

/* --- In its chain --------------------------------------------------------------------------- */

void node_link(struct quicklist *q, struct quicklist_node *n, struct quicklist_node *next) {
    ASSERT(next == NULL || next->front == 0); /* it may have been the head */
    n->next = next;
    n->prev = next != NULL ? next->prev : q->tail;
    *(n->prev != NULL ? &n->prev->next : &q->head) = n;
    *(next != NULL ? &next->prev : &q->tail) = n;
    q->node_count++;
    q->footprint += ash_good_size(sizeof *n) + node_footprint(n);
}

void node_unlink(struct quicklist *q, struct quicklist_node *n) {
    *(n->prev != NULL ? &n->prev->next : &q->head) = n->next;
    *(n->next != NULL ? &n->next->prev : &q->tail) = n->prev;
    if (q->mark == n) q->mark = n->next;
    q->node_count--;
    q->footprint -= ash_good_size(sizeof *n) + node_footprint(n);
}

void node_set_plain(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                    struct slice s) {
    q->footprint -= node_footprint(n);
    contents_free(n);
    n->u.str = str_new(heap, s, 0);
    n->compressed = false;
    q->footprint += node_footprint(n);
}

/* --- Compressed and back -------------------------------------------------------------------- */

void node_compress(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n) {
    if (n->compressed) return;
    node_settle(q, heap, n);
    struct compressed *z = compressed_new(
        heap, slice_of((const char *)node_contents(n), node_contents_size(n)));
    if (z == NULL) return;
    q->footprint -= node_footprint(n);
    contents_free(n);
    n->u.z = z;
    n->compressed = true;
    q->footprint += node_footprint(n);
}

void node_expand(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 const unsigned char *raw) {
    if (!n->compressed) return;
    struct compressed *z = n->u.z;
    size_t             size = z->raw_len;
    q->footprint -= node_footprint(n);
    if (n->form == NODE_PLAIN) {
        n->u.str = str_new(heap, slice_of(NULL, 0), size);
        n->u.str->len = size;
    } else {
        n->u.bytes = ash_alloc(heap, lp_capacity(size));
    }
    n->compressed = false;
    if (raw != NULL)
        memcpy(node_contents(n), raw, size);
    else
        compressed_expand(z, node_contents(n));
    ASSERT(n->form != NODE_LISTPACK || lp_validate(n->u.bytes, size, false));
    compressed_free(&z);
    q->footprint += node_footprint(n);
}

/* --- Reading: a listpack, or elements of one length, of which a plain node has one ----------- */

unsigned char *node_seek(const struct quicklist_node *n, unsigned char *in, int64_t index) {
    if (n->form == NODE_LISTPACK) return lp_seek(in, index);
    if (index < 0) index += n->count;
    return index < 0 || index >= n->count ? NULL : in + (size_t)index * node_width(n);
}

unsigned char *node_end(const struct quicklist_node *n, unsigned char *in, bool first) {
    if (n->form == NODE_LISTPACK) return first ? lp_first(in) : lp_last(in);
    return first ? in : in + (n->count - 1) * node_width(n);
}

unsigned char *node_next(const struct quicklist_node *n, unsigned char *in, unsigned char *at) {
    if (n->form == NODE_LISTPACK) return lp_next(in, at);
    size_t width = node_width(n);
    return at + width == in + n->count * width ? NULL : at + width;
}

unsigned char *node_prev(const struct quicklist_node *n, unsigned char *in, unsigned char *at) {
    if (n->form == NODE_LISTPACK) return lp_prev(in, at);
    return at == in ? NULL : at - node_width(n);
}

void node_get(const struct quicklist_node *n, const unsigned char *at, struct lp_item *out) {
    if (n->form == NODE_LISTPACK)
        lp_get(at, out);
    else
        *out = lp_item_str(slice_of((const char *)at, node_width(n)));
}

bool node_eq(const struct quicklist_node *n, const unsigned char *at, struct slice s) {
    if (n->form == NODE_LISTPACK) return lp_eq(at, s);
    return slice_eq(slice_of((const char *)at, node_width(n)), s);
}

unsigned char *node_find(const struct quicklist_node *n, unsigned char *in, unsigned char *at,
                         struct slice s) {
    switch ((enum node_form)n->form) {
    case NODE_FIXED: return fixedpack_find(pack_of(n, in), at, s);
    case NODE_LISTPACK: return lp_find(in, at, s, 0);
    case NODE_PLAIN: break;
    }
    return node_eq(n, at, s) ? at : NULL;
}
