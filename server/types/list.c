/* list.c: the list type: one listpack while it is within one node's limit, a quicklist beyond.
 *
 * As in Redis 7.2, a list grows into a quicklist when what is added would pass the limit
 * (list-max-listpack-size), and turns back when a removal or replacement leaves one node of at most
 * half the limit: the gap keeps a list at the border from changing back and forth.
 *
 * The element to be added counts with its text's length, not its encoded size, as Redis counts it.
 *
 * Start reading at list_push(). */
#include "server/types/list.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/quicklist.h"
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

/* Before s is added (or put in another's place). */
static void grow(struct value *v, const struct type_env *env, struct slice s) {
    if (v->enc != ENC_LISTPACK) return;
    unsigned char *lp = v->u.ptr;
    if (quicklist_node_fits(fill_of(env), lp_bytes(lp) + s.len, lp_count(lp) + 1)) return;
    set_quicklist(v, quicklist_put_listpack(env->heap, lp));
}

/* After elements went. */
static void shrink(struct value *v, const struct type_env *env) {
    if (v->enc != ENC_QUICKLIST) return;
    struct quicklist *q = v->u.ptr;
    unsigned char    *lp = quicklist_take_listpack(&q, env->heap, fill_of(env));
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

void list_push(struct value *v, const struct type_env *env, enum list_end end, struct slice s) {
    grow(v, env, s);
    if (v->enc == ENC_QUICKLIST)
        quicklist_push(v->u.ptr, env->heap, fill_of(env), end == LIST_HEAD, s);
    else if (end == LIST_HEAD)
        v->u.ptr = lp_prepend(env->heap, v->u.ptr, s);
    else
        v->u.ptr = lp_append(env->heap, v->u.ptr, s);
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
    struct quicklist_cursor c;
    if (!quicklist_seek(v->u.ptr, end == LIST_HEAD ? 0 : -1, &c)) return false;
    quicklist_get(&c, &it);
    e = element_of(it);
    fn(&e, arg);
    quicklist_delete(v->u.ptr, env->heap, &c, false);
    shrink(v, env);
    return true;
}

/* --- By index ------------------------------------------------------------------------------- */

bool list_get(const struct value *v, int64_t index, struct element *out) {
    struct list_iter it;
    list_iter_init(&it, v, index, false);
    return list_next(&it, out);
}

bool list_set(struct value *v, const struct type_env *env, int64_t index, struct slice s) {
    uint64_t len = list_len(v);
    if (index < 0 ? -(uint64_t)index > len : (uint64_t)index >= len) return false;
    grow(v, env, s);
    if (v->enc == ENC_LISTPACK) {
        unsigned char *p = lp_seek(v->u.ptr, index);
        v->u.ptr = lp_replace(env->heap, v->u.ptr, &p, lp_item_str(s));
        return true;
    }
    struct quicklist_cursor c;
    bool                    there = quicklist_seek(v->u.ptr, index, &c);
    ASSERT(there);
    quicklist_replace(v->u.ptr, env->heap, fill_of(env), &c, s);
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
    grow(v, env, s);
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
    if (!quicklist_find(&c, pivot)) return false;
    quicklist_insert(v->u.ptr, env->heap, fill_of(env), &c, after, s);
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
    if (v->enc == ENC_LISTPACK) {
        it->at = lp_seek(v->u.ptr, index);
        return;
    }
    struct quicklist_cursor c;
    quicklist_seek(v->u.ptr, index, &c);
    it->node = c.node;
    it->at = c.at;
}

/* Backwards, and from one node to another. */
static bool next_slowly(struct list_iter *it, struct element *out) {
    struct lp_item item;
    if (it->v->enc == ENC_LISTPACK) {
        unsigned char *p = it->at;
        if (p == NULL) return false;
        compact_read(p, out);
        it->at = lp_prev(it->v->u.ptr, p);
        return true;
    }
    if (it->node == NULL) return false;
    struct quicklist_cursor c = {it->node, it->at};
    quicklist_read(&c, it->backwards, &item);
    *out = element_of(item);
    it->node = c.node;
    it->at = c.at;
    return true;
}

bool list_next(struct list_iter *it, struct element *out) {
    if (it->at == NULL || it->backwards) return next_slowly(it, out);
    unsigned char *next = compact_read(it->at, out);
    if (next == NULL && it->node != NULL) return next_slowly(it, out);
    it->at = next;
    return true;
}

/* --- The whole list ------------------------------------------------------------------------- */

void list_free(struct value *v) {
    if (v->enc == ENC_LISTPACK) {
        unsigned char *lp = v->u.ptr;
        lp_free(&lp);
    } else {
        struct quicklist *q = v->u.ptr;
        quicklist_free(&q);
    }
    v->u.ptr = NULL;
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

bool list_check(const struct value *v) {
    ASSERT(v->type == VAL_LIST && v->u.ptr != NULL);
    ASSERT(v->enc == ENC_LISTPACK || v->enc == ENC_QUICKLIST);
    return v->enc == ENC_LISTPACK ? lp_check(v->u.ptr) : quicklist_check(v->u.ptr);
}
