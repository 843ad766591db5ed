/* hash.h: the hash type over its encodings. Never stored empty.
 *
 * A field may expire. Then the hash is in one of two encodings made for that (ENC_LISTPACK_EX,
 * ENC_HASHTABLE_EX) and stays there; hashes whose fields never expired have not a byte for it. A
 * field whose time has come (at_ms <= now) is *due*: nothing here shows it any more, but it lies
 * there until hash_reap() or a change of that field takes it away. Readers pass the time of their
 * call, writers have it in their type_env; 0 sees everything. */
#ifndef ASHLAR_SERVER_TYPES_HASH_H
#define ASHLAR_SERVER_TYPES_HASH_H

#include "server/ds/table.h"
#include "server/types/value.h"

#define HASH_NO_TTL  (-1)
#define HASH_TTL_MAX (((int64_t)1 << 46) - 1) /* Unix ms: no field expires later, as in Redis */

struct value hash_new(const struct type_env *env);
uint64_t     hash_count(const struct value *v);                 /* due ones too; 0: it must go */
uint64_t     hash_live(const struct value *v, int64_t now_ms);  /* without: O(1 + due ones) */
/* True: the field is new; false: its value was replaced. hash_set takes the field's expiry away,
 * hash_update keeps it. */
bool         hash_set(struct value *v, const struct type_env *env, struct slice field,
                      struct slice value);
bool         hash_update(struct value *v, const struct type_env *env, struct slice field,
                         struct slice value);
/* Widens the encoding beforehand when a field or value to come is too long, as HSET does for all of
 * its arguments at once. */
void         hash_prepare(struct value *v, const struct type_env *env, const struct slice *args,
                          size_t n);
bool         hash_get(const struct value *v, int64_t now_ms, struct slice field,
                      struct element *out);
/* False: no such field, nothing was changed. */
bool         hash_remove(struct value *v, const struct type_env *env, struct slice field);
/* One of the live fields, of which there must be any. */
void         hash_random(const struct value *v, const struct type_env *env, struct element *field,
                         struct element *value);

struct hash_iter {
    const struct value  *v;
    int64_t              due_ms; /* fields due by then are passed over; 0: there are none */
    const unsigned char *item;   /* just shown */
    const unsigned char *at, *end; /* of a small hash: the next item, and behind the last */
    struct table_iter    table;    /* of a large one */
};
void hash_iter_init(struct hash_iter *it, const struct value *v, int64_t now_ms);
bool hash_next(struct hash_iter *it, struct element *field, struct element *value);
/* The same as slices: no field or value is kept as an integer. */
bool     hash_next_slices(struct hash_iter *it, struct slice *field, struct slice *value);
int64_t  hash_iter_ms(const struct hash_iter *it); /* the shown field's time, or HASH_NO_TTL */
uint64_t hash_scan(const struct value *v, int64_t now_ms, uint64_t cursor, uint64_t count,
                   void (*fn)(const struct element *field, const struct element *value, void *arg),
                   void *arg);

void         hash_free(struct value *v);
bool         hash_drain(struct value *v, struct freeing *f);
struct value hash_copy(const struct value *v, const struct type_env *env); /* of the live ones */
size_t       hash_bytes(const struct value *v);
size_t       hash_effort(const struct value *v);
/* Fetches the bucket of a field with this hash, or what is in it, of a hash in a table. */
void         hash_prefetch(const struct value *v, uint64_t hash, bool items);
bool         hash_compact(struct value *v, struct mover *m, struct move_cursor *c);
bool         hash_check(const struct value *v);

/* --- Fields that expire ------------------------------------------------------------------------ */

static inline bool hash_is_timed(const struct value *v) { return v->enc >= ENC_LISTPACK_EX; }
/* The earliest time of any field; HASH_NO_TTL: none expires. O(1). */
int64_t  hash_next_ms(const struct value *v);
/* True: fields are left, and all of them are due. Exact while DEADLINES_SCANNED or fewer expire; of
 * more it may be false until enough of them have been reaped. */
bool     hash_all_due(const struct value *v, int64_t now_ms);
/* False: no such field. *at_ms: HASH_NO_TTL or its time. */
bool     hash_ttl(const struct value *v, int64_t now_ms, struct slice field, int64_t *at_ms);
/* The live field, which is there, expires at at_ms or (HASH_NO_TTL) no longer. */
void     hash_expire(struct value *v, const struct type_env *env, struct slice field,
                     int64_t at_ms);
/* Removes due fields, earliest first: up to max of a large hash, of a small one all. How many. */
uint64_t hash_reap(struct value *v, const struct type_env *env, uint64_t max);
/* The keyspace's place for a timed hash (core/keyspace.h). A new or copied one has 0. */
uint64_t hash_place(const struct value *v);
void     hash_set_place(struct value *v, uint64_t place);

#endif
