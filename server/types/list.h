/* list.h: the list type over listpack (small) and quicklist (large).
 *
 * A value of type VAL_LIST is made by list_new as an empty listpack; a list is never stored empty.
 * Indexes count from 0 at the head, negative from -1 at the tail. */
#ifndef ASHLAR_SERVER_TYPES_LIST_H
#define ASHLAR_SERVER_TYPES_LIST_H

#include "server/ds/quicklist.h"
#include "server/types/value.h"

enum list_end { LIST_HEAD, LIST_TAIL };

struct value list_new(const struct type_env *env);
uint64_t     list_len(const struct value *v);
void         list_push(struct value *v, const struct type_env *env, enum list_end end, struct slice s);
/* One after the other; what they add together decides the encoding, as in Redis. */
void         list_push_all(struct value *v, const struct type_env *env, enum list_end end,
                           const struct slice *s, size_t n);
/* Copies the element at an end out through fn, then removes it. False: the list is empty. */
bool         list_pop(struct value *v, const struct type_env *env, enum list_end end,
                      void (*fn)(const struct element *e, void *arg), void *arg);
/* Hands the element at an index to fn. False: there is none. */
bool         list_get(const struct value *v, int64_t index,
                      void (*fn)(const struct element *e, void *arg), void *arg);
/* False: out of range. As with list_insert, the list may have been converted to make room. */
bool         list_set(struct value *v, const struct type_env *env, int64_t index, struct slice s);
/* Before or after the first element equal to pivot. False: pivot not found. */
bool         list_insert(struct value *v, const struct type_env *env, struct slice pivot, bool after,
                         struct slice s);
/* Removes count elements equal to s from the head (count > 0), tail (< 0), or all (0). */
uint64_t     list_remove(struct value *v, const struct type_env *env, int64_t count, struct slice s);
/* Removes count elements from index start on (both within the list). True: part of them is now the
 * list *removed, which is the caller's to free or discard. */
bool         list_take_range(struct value *v, const struct type_env *env, uint64_t start,
                             uint64_t count, struct value *removed);

/* Walks from an index forwards or backwards. The list must not change meanwhile. An element is good
 * until the next call, with list_iter_keep until list_iter_fini. */
struct list_iter {
    const struct value     *v;
    struct quicklist_cursor c; /* of a listpack: only `at` */
    bool                    backwards;
};
void list_iter_init(struct list_iter *it, const struct value *v, int64_t index, bool backwards);
void list_iter_keep(struct list_iter *it);
void list_iter_fini(struct list_iter *it); /* whether it has come to the end or not */
bool list_next(struct list_iter *it, struct element *out);
/* Several at once, where the list has them one behind the other: up to max > 0 elements of one length,
 * *first being the first's text. Returns how many; 0: it is for list_next to say what comes next. */
uint64_t list_next_alike(struct list_iter *it, uint64_t max, struct slice *first);
/* Passes over up to max > 0 elements that are not s, as far as that goes at a glance. Returns how many. */
uint64_t list_pass(struct list_iter *it, uint64_t max, struct slice s);
/* Whether these two are worth calling. */
static inline bool list_is_alike(const struct list_iter *it) {
    return it->c.width > 0 && it->c.node != NULL && !it->backwards;
}

/* What DEBUG OBJECT tells of a quicklist. False: it is none. */
struct list_layout {
    uint64_t nodes, count;
    uint64_t bytes; /* of the nodes' contents as if none were compressed */
    int      fill;
    bool     compressed; /* there is a depth beyond which nodes are */
};
bool list_layout(const struct value *v, struct list_layout *out);

void         list_free(struct value *v);
bool         list_drain(struct value *v, struct freeing *f);
struct value list_copy(const struct value *v, const struct type_env *env);
size_t       list_bytes(const struct value *v);
size_t       list_effort(const struct value *v);
bool         list_compact(struct value *v, struct mover *m, struct move_cursor *c);
bool         list_check(const struct value *v);

#endif
