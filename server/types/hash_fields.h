/* hash_fields.h: a large hash: a table of items (hash_item.h), and, once a field of it expires, what
 * orders these.
 *
 * A struct timed_fields begins with a struct fields; which of the two it is, its owner knows (the
 * value's encoding). Becoming timed is O(1): items of fields that do not expire stay as they are. A
 * timed item's word is its place among the deadlines, where the time is.
 *
 * Invariants, asserted together by fields_check(): item_bytes is the sum of the items' slots; only
 * timed_fields have timed items; each of them is among the deadlines, and nothing else is.
 * Locking: none; one owner (fields_drain: any thread). */
#ifndef ASHLAR_SERVER_TYPES_HASH_FIELDS_H
#define ASHLAR_SERVER_TYPES_HASH_FIELDS_H

#include "server/ds/deadlines.h"
#include "server/ds/table.h"
#include "server/types/hash_item.h"

#define FIELDS_NO_TTL (-1)

struct fields {
    struct table table;
    size_t       item_bytes;
};

struct timed_fields {
    struct fields    fields;
    struct deadlines due;
    uint64_t         place; /* the keyspace's */
};

struct fields       *fields_new(struct ash_heap *heap);
struct timed_fields *fields_new_timed(struct ash_heap *heap);
struct timed_fields *fields_to_timed(struct fields *f); /* consumes f */
bool                 fields_drain(struct fields *f, bool timed, struct freeing *freeing); /* ds/freeing.h */
size_t               fields_footprint(const struct fields *f, bool timed);
/* Moves items, table and deadlines (ds/mover.h); fields_move the struct, whose new address it returns. */
bool                 fields_compact(struct fields *f, bool timed, struct mover *m, struct move_cursor *c);
struct fields       *fields_move(struct mover *m, struct fields *f, bool timed);
bool                 fields_check(const struct fields *f, bool timed);

/* --- Items. due: the deadlines of a timed one, else NULL. -------------------------------------- */

unsigned char *fields_find(const struct fields *f, struct slice field, uint64_t hash);
int64_t        fields_item_ms(const struct deadlines *due, const unsigned char *item);
/* The item (NULL: a new one) becomes p, to expire at at_ms, which must be FIELDS_NO_TTL if due is
 * NULL. p->value must not point into the item, p->field may. */
void fields_put(struct fields *f, struct deadlines *due, unsigned char *item, const struct pair *p,
                uint64_t hash, int64_t at_ms);
/* Another time, or none, for the item. */
void fields_expire(struct fields *f, struct deadlines *due, unsigned char *item, uint64_t hash,
                   int64_t at_ms);
void fields_remove(struct fields *f, struct deadlines *due, unsigned char *item, uint64_t hash);

#endif
