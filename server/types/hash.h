/* hash.h: the hash type over listpack and hashtable. Never stored empty. */
#ifndef ASHLAR_SERVER_TYPES_HASH_H
#define ASHLAR_SERVER_TYPES_HASH_H

#include "server/types/value.h"

struct value hash_new(const struct type_env *env);
uint64_t     hash_count(const struct value *v);
/* True: the field is new; false: its value was replaced. */
bool         hash_set(struct value *v, const struct type_env *env, struct slice field,
                      struct slice value);
/* Widens the encoding beforehand when a field or value to come is too long, as HSET does for all of
 * its arguments at once. */
void         hash_prepare(struct value *v, const struct type_env *env, const struct slice *args,
                          size_t n);
bool         hash_get(const struct value *v, struct slice field, struct element *out);
bool         hash_remove(struct value *v, const struct type_env *env, struct slice field);
void         hash_random(const struct value *v, const struct type_env *env, struct element *field,
                         struct element *value);

struct hash_iter {
    const struct value *v;
    unsigned char      *at;
    char                table[64]; /* a struct table_iter */
};
void hash_iter_init(struct hash_iter *it, const struct value *v);
bool hash_next(struct hash_iter *it, struct element *field, struct element *value);
uint64_t hash_scan(const struct value *v, uint64_t cursor, uint64_t count,
                   void (*fn)(const struct element *field, const struct element *value, void *arg),
                   void *arg);

void         hash_free(struct value *v);
struct value hash_copy(const struct value *v, const struct type_env *env);
size_t       hash_bytes(const struct value *v);
size_t       hash_effort(const struct value *v);
bool         hash_check(const struct value *v);

#endif
