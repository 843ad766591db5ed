/* list.c: the list type: one listpack while it is within one node's limit, a quicklist beyond.
 *
 * As in Redis 7.2, a list grows into a quicklist when what is added would pass the limit
 * (list-max-listpack-size), and turns back when a removal or replacement leaves one node of at most
 * half the limit: the gap keeps a list at the border from changing back and forth.
 *
 * The elements to be added count with their texts' lengths, not their encoded sizes, and all of a
 * command's together, as Redis counts them. So many short ones may make a listpack of up to three
 * times the limit; where it would become more (empty texts count nothing), we convert and Redis does
 * not. A quicklist keeps the limit and the compression depth that were in force when it became one.
 *
 * Start reading at list_push(). */
#include "server/types/list.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/freeing.h"
#include "server/ds/mover.h"
#include "server/types/compact.h"

static int64_t fill_of(const struct type_env *env) {
    return env->limits->list_max_listpack_size;
}

static void set_listpack(struct value *v, unsigned char *lp) {
    v->enc = ENC_LISTPACK;
    v->u.ptr = lp;
}

static void set_quicklist(struct value *v, struct quicklist *q) {
    v->enc = ENC_QUICKLIST;
    v->u.ptr = q;
}

/* --- Encodings ------------------------------------------------------------------------------ */

static void to_quicklist(struct value *v, const struct type_env *env) {
    set_quicklist(v, quicklist_put_listpack(env->heap, fill_of(env),
                                            env->limits->list_compress_depth, v->u.ptr));
}

/* Before n elements of so many bytes are added (or one put in another's place). */
static void grow(struct value *v, const struct type_env *env, size_t bytes, size_t n) {
    if (v->enc != ENC_LISTPACK) return;
    const unsigned char *lp = v->u.ptr;
    if (!quicklist_node_fits(fill_of(env), lp_bytes(lp) + bytes, lp_count(lp) + n))
        to_quicklist(v, env);
}

/* After elements went. */
static void shrink(struct value *v, const struct type_env *env) {
    if (v->enc != ENC_QUICKLIST) return;
    struct quicklist *q = v->u.ptr;
    unsigned char    *lp = quicklist_take_listpack(&q, env->heap);
    if (lp != NULL) set_listpack(v, lp);
}

struct value list_new(const struct type_env *env) {
    struct value v = {.type = VAL_LIST};
    set_listpack(&v, lp_new(env->heap));
    return v;
}

uint64_t list_len(const struct value *v) {
    if (v->enc == ENC_LISTPACK) return lp_count(v->u.ptr);
    return ((const struct quicklist *)v->u.ptr)->count;
}

/* --- Ends ----------------------------------------------------------------------------------- */

static void push(struct value *v, const struct type_env *env, enum list_end end, struct slice s) {
    if (v->enc == ENC_QUICKLIST)
        quicklist_push(v->u.ptr, env->heap, end == LIST_HEAD, s);
    else if (end == LIST_HEAD)
        v->u.ptr = lp_prepend(env->heap, v->u.ptr, s);
    else
        v->u.ptr = lp_append(env->heap, v->u.ptr, s);
}

void list_push(struct value *v, const struct type_env *env, enum list_end end, struct slice s) {
    grow(v, env, s.len, 1);
    push(v, env, end, s);
}

void list_push_all(struct value *v, const struct type_env *env, enum list_end end,
                   const struct slice *s, size_t n) {
    if (n == 1) {
        list_push(v, env, end, s[0]);
        return;
    }
    size_t bytes = 0, most = 3 * quicklist_node_bytes(fill_of(env));
    for (size_t i = 0; i < n; i++) bytes += s[i].len;
    grow(v, env, bytes, n);
    for (size_t i = 0; i < n; i++) {
        if (v->enc == ENC_LISTPACK && lp_bytes(v->u.ptr) > most) to_quicklist(v, env);
        push(v, env, end, s[i]);
    }
}

bool list_pop(struct value *v, const struct type_env *env, enum list_end end,
              void (*fn)(const struct element *e, void *arg), void *arg) {
    struct lp_item it;
    struct element e;
    if (v->enc == ENC_LISTPACK) {
        unsigned char *p = end == LIST_HEAD ? lp_first(v->u.ptr) : lp_last(v->u.ptr);
        if (p == NULL) return false;
        compact_read(p, &e);
        fn(&e, arg);
        v->u.ptr = lp_delete(env->heap, v->u.ptr, &p, 1);
        return true;
    }
    if (list_len(v) == 0) return false;
    quicklist_peek(v->u.ptr, end == LIST_HEAD, &it);
    element_set_item(&e, &it);
    fn(&e, arg);
    quicklist_pop(v->u.ptr, env->heap, end == LIST_HEAD);
    shrink(v, env);
    return true;
}

/* --- By index ------------------------------------------------------------------------------- */

bool list_get(const struct value *v, int64_t index,
              void (*fn)(const struct element *e, void *arg), void *arg) {
    struct list_iter it;
    struct element   e;
    list_iter_init(&it, v, index, false);
    bool there = list_next(&it, &e);
    if (there) fn(&e, arg);
    list_iter_fini(&it);
    return there;
}

bool list_set(struct value *v, const struct type_env *env, int64_t index, struct slice s) {
    uint64_t len = list_len(v);
    grow(v, env, s.len, 1);
    if (index < 0 ? -(uint64_t)index > len : (uint64_t)index >= len) return false;
    if (v->enc == ENC_LISTPACK) {
        unsigned char *p = lp_seek(v->u.ptr, index);
        v->u.ptr = lp_replace(env->heap, v->u.ptr, &p, lp_item_str(s));
        return true;
    }
    struct quicklist_cursor c;
    bool                    there = quicklist_seek(v->u.ptr, index, &c);
    ASSERT(there);
    quicklist_replace(v->u.ptr, env->heap, &c, s);
    shrink(v, env);
    return true;
}

bool list_take_range(struct value *v, const struct type_env *env, uint64_t start, uint64_t count,
                     struct value *removed) {
    if (v->enc == ENC_LISTPACK) {
        v->u.ptr = lp_delete_range(env->heap, v->u.ptr, (int64_t)start, count);
        return false;
    }
    *removed = (struct value){.type = VAL_LIST};
    set_quicklist(removed, quicklist_take_range(v->u.ptr, env->heap, start, count));
    shrink(v, env);
    return removed->u.ptr != NULL;
}

/* --- By content ----------------------------------------------------------------------------- */

bool list_insert(struct value *v, const struct type_env *env, struct slice pivot, bool after,
                 struct slice s) {
    grow(v, env, s.len, 1);
    if (v->enc == ENC_LISTPACK) {
        struct lp_item it = lp_item_str(s);
        unsigned char *p = compact_find(v->u.ptr, pivot, 1);
        if (p == NULL) return false;
        v->u.ptr = after ? lp_insert_after(env->heap, v->u.ptr, &p, &it, 1)
                         : lp_insert(env->heap, v->u.ptr, &p, &it, 1);
        return true;
    }
    struct quicklist_cursor c;
    quicklist_seek(v->u.ptr, 0, &c);
    if (!quicklist_find(&c, pivot)) {
        quicklist_cursor_fini(&c);
        return false;
    }
    quicklist_insert(v->u.ptr, env->heap, &c, after, s);
    return true;
}

static uint64_t remove_compact(struct value *v, const struct type_env *env, uint64_t limit,
                               bool backwards, struct slice s) {
    unsigned char *lp = v->u.ptr, *p = backwards ? lp_last(lp) : lp_first(lp);
    uint64_t       removed = 0;
    while (p != NULL && removed < limit) {
        if (!lp_eq(p, s)) {
            p = backwards ? lp_prev(lp, p) : lp_next(lp, p);
            continue;
        }
        lp = lp_delete(env->heap, lp, &p, 1);
        removed++;
        if (backwards) p = p != NULL ? lp_prev(lp, p) : lp_last(lp);
    }
    v->u.ptr = lp;
    return removed;
}

static uint64_t remove_chained(struct value *v, const struct type_env *env, uint64_t limit,
                               bool backwards, struct slice s) {
    struct quicklist_cursor c;
    uint64_t                removed = 0;
    quicklist_seek(v->u.ptr, backwards ? -1 : 0, &c);
    while (c.node != NULL && removed < limit) {
        if (!backwards && !quicklist_find(&c, s)) break;
        if (backwards && !quicklist_eq(&c, s)) {
            quicklist_step(&c, true);
            continue;
        }
        quicklist_delete(v->u.ptr, env->heap, &c, backwards);
        removed++;
    }
    quicklist_delete_end(v->u.ptr, env->heap, &c);
    if (removed > 0) shrink(v, env);
    return removed;
}

uint64_t list_remove(struct value *v, const struct type_env *env, int64_t count, struct slice s) {
    uint64_t limit = count == 0 ? UINT64_MAX : count < 0 ? -(uint64_t)count : (uint64_t)count;
    if (v->enc == ENC_LISTPACK) return remove_compact(v, env, limit, count < 0, s);
    return remove_chained(v, env, limit, count < 0, s);
}

/* --- Iteration ------------------------------------------------------------------------------ */

void list_iter_init(struct list_iter *it, const struct value *v, int64_t index, bool backwards) {
    *it = (struct list_iter){.v = v, .backwards = backwards};
    if (v->enc == ENC_LISTPACK)
        it->c.at = lp_seek(v->u.ptr, index);
    else
        quicklist_seek(v->u.ptr, index, &it->c);
}

void list_iter_keep(struct list_iter *it) { it->c.keep = true; }

void list_iter_fini(struct list_iter *it) { quicklist_cursor_fini(&it->c); }

/* Backwards, and from one node to another. */
static bool next_slowly(struct list_iter *it, struct element *out) {
    if (it->v->enc == ENC_LISTPACK) {
        unsigned char *p = it->c.at;
        if (p == NULL) return false;
        compact_read(p, out);
        it->c.at = lp_prev(it->v->u.ptr, p);
        return true;
    }
    if (it->c.node == NULL) return false;
    struct lp_item item;
    quicklist_read(&it->c, it->backwards, &item);
    element_set_item(out, &item);
    return true;
}

bool list_next(struct list_iter *it, struct element *out) {
    struct quicklist_cursor *c = &it->c;
    if (c->at == NULL || it->backwards) return next_slowly(it, out);
    if (c->width > 0) {
        if (c->at + c->width == c->end) return next_slowly(it, out);
        element_set_str(out, slice_of((const char *)c->at, c->width));
        c->at += c->width;
        return true;
    }
    unsigned char *next = compact_read(c->at, out);
    if (next == NULL && c->node != NULL) return next_slowly(it, out);
    c->at = next;
    return true;
}

uint64_t list_next_alike(struct list_iter *it, uint64_t max, struct slice *first) {
    return list_is_alike(it) ? quicklist_read_alike(&it->c, max, first) : 0;
}

uint64_t list_pass(struct list_iter *it, uint64_t max, struct slice s) {
    return list_is_alike(it) ? quicklist_pass_alike(&it->c, max, s) : 0;
}

/* --- The whole list ------------------------------------------------------------------------- */

bool list_drain(struct value *v, struct freeing *f) {
    if (v->enc == ENC_LISTPACK) {
        unsigned char *lp = v->u.ptr;
        freeing_count(f, lp_footprint(lp));
        lp_free(&lp);
    } else {
        struct quicklist *q = v->u.ptr;
        if (quicklist_drain(&q, f)) return true;
    }
    v->u.ptr = NULL;
    return false;
}

void list_free(struct value *v) {
    struct freeing all = freeing_all();
    list_drain(v, &all);
}

struct value list_copy(const struct value *v, const struct type_env *env) {
    struct value copy = {.type = VAL_LIST};
    if (v->enc == ENC_LISTPACK)
        set_listpack(&copy, lp_copy(env->heap, v->u.ptr));
    else
        set_quicklist(&copy, quicklist_copy(env->heap, v->u.ptr));
    return copy;
}

size_t list_bytes(const struct value *v) {
    if (v->enc == ENC_LISTPACK) return lp_footprint(v->u.ptr);
    return ((const struct quicklist *)v->u.ptr)->footprint;
}

size_t list_effort(const struct value *v) {
    return v->enc == ENC_LISTPACK ? 1 : ((const struct quicklist *)v->u.ptr)->node_count;
}

bool list_layout(const struct value *v, struct list_layout *out) {
    if (v->enc != ENC_QUICKLIST) return false;
    const struct quicklist *q = v->u.ptr;
    *out = (struct list_layout){.nodes = q->node_count,
                                .count = q->count,
                                .bytes = quicklist_raw_bytes(q),
                                .fill = q->fill,
                                .compressed = q->depth > 0};
    return true;
}

bool list_compact(struct value *v, struct mover *m, struct move_cursor *c) {
    if (v->enc == ENC_LISTPACK) {
        v->u.ptr = lp_move(m, v->u.ptr);
        return false;
    }
    v->u.ptr = quicklist_move(m, v->u.ptr);
    return quicklist_compact(v->u.ptr, m, c);
}

bool list_check(const struct value *v) {
    ASSERT(v->type == VAL_LIST && v->u.ptr != NULL);
    ASSERT(v->enc == ENC_LISTPACK || v->enc == ENC_QUICKLIST);
    return v->enc == ENC_LISTPACK ? lp_check(v->u.ptr) : quicklist_check(v->u.ptr);
}
