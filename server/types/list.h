/* list.h: the list type over listpack (small) and quicklist (large).
 *
 * A value of type VAL_LIST is made by list_new as an empty listpack; a list is never stored empty.
 * Indexes count from 0 at the head, negative from -1 at the tail. */
#ifndef ASHLAR_SERVER_TYPES_LIST_H
#define ASHLAR_SERVER_TYPES_LIST_H

#include "server/types/value.h"

enum list_end { LIST_HEAD, LIST_TAIL };

struct value list_new(const struct type_env *env);
uint64_t     list_len(const struct value *v);
void         list_push(struct value *v, const struct type_env *env, enum list_end end, struct slice s);
/* Copies the element at an end out through fn, then removes it. False: the list is empty. */
bool         list_pop(struct value *v, const struct type_env *env, enum list_end end,
                      void (*fn)(const struct element *e, void *arg), void *arg);
bool         list_get(const struct value *v, int64_t index, struct element *out);
bool         list_set(struct value *v, const struct type_env *env, int64_t index, struct slice s);
/* Before or after the first element equal to pivot. 1 done, 0 pivot not found. */
bool         list_insert(struct value *v, const struct type_env *env, struct slice pivot, bool after,
                         struct slice s);
/* Removes count elements equal to s from the head (count > 0), tail (< 0), or all (0). */
uint64_t     list_remove(struct value *v, const struct type_env *env, int64_t count, struct slice s);
/* Removes count elements from index start on (both within the list). True: part of them is now the
 * list *removed, which is the caller's to free or discard. */
bool         list_take_range(struct value *v, const struct type_env *env, uint64_t start,
                             uint64_t count, struct value *removed);

/* Walks from an index forwards or backwards. The list must not change meanwhile. */
struct list_iter {
    const struct value *v;
    void               *node; /* quicklist node */
    unsigned char      *at;   /* listpack element */
    bool                backwards;
};
void list_iter_init(struct list_iter *it, const struct value *v, int64_t index, bool backwards);
bool list_next(struct list_iter *it, struct element *out);

void         list_free(struct value *v);
bool         list_drain(struct value *v, struct freeing *f);
struct value list_copy(const struct value *v, const struct type_env *env);
size_t       list_bytes(const struct value *v);
size_t       list_effort(const struct value *v);
bool         list_check(const struct value *v);

#endif
