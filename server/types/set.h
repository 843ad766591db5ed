/* set.h: the set type over intset, listpack and hashtable.
 *
 * A value of type VAL_SET is made by set_new, which takes the first member's look as a hint, as Redis
 * does (an integer: intset). A set is never stored empty. Conversions go one way, at the thresholds. */
#ifndef ASHLAR_SERVER_TYPES_SET_H
#define ASHLAR_SERVER_TYPES_SET_H

#include "server/ds/table.h"
#include "server/types/value.h"

struct value set_new(const struct type_env *env, struct slice first, uint64_t size_hint);
uint64_t     set_count(const struct value *v);
bool         set_add(struct value *v, const struct type_env *env, struct slice member);
bool         set_remove(struct value *v, const struct type_env *env, struct slice member);
bool         set_has(const struct value *v, struct slice member);
/* The same when table_hash(member) is known; and, for a batch, its bucket or what that points to. */
bool         set_add_hashed(struct value *v, const struct type_env *env, struct slice member,
                            uint64_t hash);
bool         set_has_hashed(const struct value *v, struct slice member, uint64_t hash);
void         set_prefetch(const struct value *v, uint64_t hash, bool items);
/* A uniformly random member, borrowed. The set is not empty. */
void         set_random(const struct value *v, const struct type_env *env, struct element *out);
/* The same, and it leaves the set as soon as fn has seen it. */
void         set_pop(struct value *v, const struct type_env *env,
                     void (*fn)(const struct element *member, void *arg), void *arg);

struct set_iter {
    const struct value *v;
    uint64_t            pos;   /* intset index */
    unsigned char      *at;    /* listpack */
    struct table_iter   table;
};
void set_iter_init(struct set_iter *it, const struct value *v);
bool set_next(struct set_iter *it, struct element *out);
/* SSCAN: calls fn for the members of some buckets; returns the next cursor, 0 at the end. */
uint64_t set_scan(const struct value *v, uint64_t cursor, uint64_t count,
                  void (*fn)(const struct element *e, void *arg), void *arg);

void         set_free(struct value *v);
bool         set_drain(struct value *v, struct freeing *f);
struct value set_copy(const struct value *v, const struct type_env *env);
size_t       set_bytes(const struct value *v);
size_t       set_effort(const struct value *v);
bool         set_compact(struct value *v, struct mover *m, struct move_cursor *c);
bool         set_check(const struct value *v);

#endif
