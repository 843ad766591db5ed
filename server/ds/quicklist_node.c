/* quicklist_node.c: one node of a quicklist. The chain is quicklist.c's. */
#include "server/ds/quicklist_node.h"

size_t node_footprint(const struct quicklist_node *n) {
    if (n->compressed) return compressed_footprint(n->u.z);
    return n->plain ? str_footprint(n->u.str) : ash_good_size(node_block_size(n));
}

void node_settle(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 unsigned char **at) {
    if (n->front == 0) return;
    size_t         was = node_block_size(n), total = lp_bytes(n->u.lp);
    size_t         offset = at != NULL && *at != NULL ? (size_t)(*at - n->u.lp) : 0;
    unsigned char *block = node_block(n);
    memmove(block, n->u.lp, total);
    n->front = 0;
    node_touch(q, n, was, ash_realloc(heap, block, was, lp_capacity(total)));
    if (offset > 0) *at = n->u.lp + offset;
}

/* --- One node ------------------------------------------------------------------------------- */

struct quicklist_node *node_listpack(struct ash_heap *heap, unsigned char *lp) {
    struct quicklist_node *n = ash_alloc(heap, sizeof *n);
    *n = (struct quicklist_node){.u.lp = lp, .count = (uint32_t)lp_count(lp)};
    return n;
}

struct quicklist_node *node_plain(struct ash_heap *heap, struct slice s) {
    struct quicklist_node *n = ash_alloc(heap, sizeof *n);
    *n = (struct quicklist_node){.u.str = str_new(heap, s, 0), .count = 1, .plain = true};
    return n;
}

struct quicklist_node *node_copy(struct ash_heap *heap, const struct quicklist_node *n) {
    struct quicklist_node *copy = ash_alloc(heap, sizeof *copy);
    *copy = *n;
    copy->front = 0;
    if (n->compressed)
        copy->u.z = compressed_copy(heap, n->u.z);
    else if (n->plain)
        copy->u.str = str_new(heap, str_slice(n->u.str), 0);
    else
        copy->u.lp = lp_copy(heap, n->u.lp);
    return copy;
}

static void content_free(struct quicklist_node *n) {
    if (n->compressed)
        compressed_free(&n->u.z);
    else if (n->plain)
        str_free(&n->u.str);
    else
        ash_free(node_block(n), node_block_size(n));
}

void node_free(struct quicklist_node *n) {
    content_free(n);
    ash_free(n, sizeof *n);
}

static void check_compressed(const struct quicklist_node *n) {
    ASSERT(compressed_check(n->u.z) && n->front == 0);
    if (n->plain) return;
    size_t           len = n->u.z->raw_len;
    struct ash_heap *heap = ash_heap_of(n);
    unsigned char   *lp = ash_alloc(heap, len);
    compressed_expand(n->u.z, lp);
    ASSERT(lp_validate(lp, len, true) && lp_count(lp) == n->count);
    ash_free(lp, len);
}

bool node_check(const struct quicklist_node *n) {
    ASSERT(n->count > 0 && (!n->plain || n->count == 1));
    if (n->compressed) {
        check_compressed(n);
    } else if (n->plain) {
        ASSERT(str_check(n->u.str) && n->front == 0);
    } else {
        ASSERT(lp_validate(n->u.lp, lp_bytes(n->u.lp), true) && lp_count(n->u.lp) == n->count);
        ASSERT(node_block_size(n) <= ash_usable_size(node_block(n)));
    }
    return true;
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
    content_free(n);
    n->u.str = str_new(heap, s, 0);
    n->compressed = false;
    q->footprint += node_footprint(n);
}

/* --- Compressed and back -------------------------------------------------------------------- */

void node_compress(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n) {
    if (n->compressed) return;
    node_settle(q, heap, n, NULL);
    struct slice       raw = n->plain ? str_slice(n->u.str)
                                      : slice_of((const char *)n->u.lp, lp_bytes(n->u.lp));
    struct compressed *z = compressed_new(heap, raw);
    if (z == NULL) return;
    q->footprint -= node_footprint(n);
    content_free(n);
    n->u.z = z;
    n->compressed = true;
    q->footprint += node_footprint(n);
}

void node_expand(struct quicklist *q, struct ash_heap *heap, struct quicklist_node *n,
                 const unsigned char *raw) {
    if (!n->compressed) return;
    struct compressed *z = n->u.z;
    unsigned char     *out;
    q->footprint -= node_footprint(n);
    if (n->plain) {
        n->u.str = str_new(heap, slice_of(NULL, 0), z->raw_len);
        n->u.str->len = z->raw_len;
        out = (unsigned char *)n->u.str->data;
    } else {
        n->u.lp = out = ash_alloc(heap, lp_capacity(z->raw_len));
    }
    if (raw != NULL)
        memcpy(out, raw, z->raw_len);
    else
        compressed_expand(z, out);
    ASSERT(n->plain || lp_validate(out, z->raw_len, false));
    compressed_free(&z);
    n->compressed = false;
    q->footprint += node_footprint(n);
}
