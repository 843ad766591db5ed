/* stream_group.h: a stream's consumer groups: how far each has read, and who has what pending.
 *
 * A pending entry is in the group's map once, with when and how often it was delivered and to whom.
 * A consumer has a mere set of IDs beside it, so that its own are found without the others'. Entries
 * know their consumer by its number in the group, which does not change when the consumer moves.
 *
 * Invariants, asserted together by stream_groups_check():
 *   G1  every pending entry has one consumer, of its group, whose set has its ID; the sets hold
 *       nothing else: their counts add up to the group's.
 *   G2  names are unique and in order; a group's and a consumer's name lies behind its struct.
 *   G3  the maps are sound; entries_read is -1 (not known) or a count.
 *   G4  each consumer, and nothing else, has the number that it says, in its group.
 * Locking: none; the stream's owner (freeing: any thread). */
#ifndef ASHLAR_SERVER_TYPES_STREAM_GROUP_H
#define ASHLAR_SERVER_TYPES_STREAM_GROUP_H

#include "server/types/stream.h"
#include "server/types/stream_numbers.h"

#define STREAM_NOT_READ (-1) /* entries_read and active_ms: not known, never */

struct stream_consumer {
    struct slice name;
    int64_t      seen_ms;   /* last attempt to do something */
    int64_t      active_ms; /* last time that it got something */
    struct idmap pending;   /* IDs alone */
    uint32_t     number;
    char         bytes[];
};

struct stream_pending {
    int64_t  delivered_ms;
    uint64_t deliveries;
    uint64_t number; /* of its consumer: stream_pending_consumer */
};

struct stream_group {
    struct slice          name;
    struct stream_id      last_id;      /* delivered */
    int64_t               entries_read;
    struct idmap          pending;      /* of struct stream_pending */
    struct stream_names   consumers;    /* of struct stream_consumer */
    struct stream_numbers numbers;      /* of the same */
    char                  bytes[];
};

/* --- Groups --------------------------------------------------------------------------------- */

struct stream_group *stream_group_get(const struct stream *s, struct slice name); /* NULL: none */
static inline struct stream_group *stream_group_at(const struct stream *s, uint32_t i) {
    return s->groups.item[i];
}
/* NULL: the name is taken. */
struct stream_group *stream_group_add(struct stream *s, struct ash_heap *heap, struct slice name,
                                      struct stream_id last_id, int64_t entries_read);
/* Takes the group out of v. Returns an empty stream that holds it alone: to be freed where the rules
 * for large values say, since a group may have millions of entries pending. */
struct value         stream_group_take(struct value *v, const struct type_env *env,
                                       struct stream_group *g);

/* How many entries there were up to that ID, by what can be known without counting. False: it can't. */
bool stream_read_count(const struct stream *s, struct stream_id id, int64_t *out);
/* Entries that the group has not been given yet; below 0 where XGROUP SETID said it has read more than
 * there ever were. False: not known. */
bool stream_group_lag(const struct stream *s, const struct stream_group *g, int64_t *out);
/* The group is given the entry: last_id and entries_read follow, if it is a new one. */
void stream_group_deliver(const struct stream *s, struct stream_group *g, struct stream_id id);

/* --- Consumers ------------------------------------------------------------------------------ */

struct stream_consumer *stream_consumer_get(const struct stream_group *g, struct slice name);
static inline struct stream_consumer *stream_consumer_at(const struct stream_group *g, uint32_t i) {
    return g->consumers.item[i];
}
/* Makes it if need be; *added tells. seen_ms of a new one is now_ms. */
struct stream_consumer *stream_consumer_put(struct stream_group *g, struct ash_heap *heap,
                                            struct slice name, int64_t now_ms, bool *added);
/* Takes the consumer out with all that it has pending. Returns a stream of what went, to be freed where
 * the rules for large values say and for nothing else (G1 does not hold in it). Costs a removal for each
 * of its entries, or where it has many of the group's a step for each of the others'. */
struct value stream_consumer_take(struct stream_group *g, const struct type_env *env,
                                  struct stream_consumer *c);

/* --- Pending entries ------------------------------------------------------------------------ */

struct stream_pending *stream_pending_get(const struct stream_group *g, struct stream_id id);
static inline struct stream_consumer *stream_pending_consumer(const struct stream_group *g,
                                                              const struct stream_pending *p) {
    return stream_numbers_get(&g->numbers, p->number);
}
/* The entry p, whose ID this is, is c's from now on. The group's map does not change: cursors stay. */
void                   stream_pending_move(const struct stream_group *g, struct ash_heap *heap,
                                           struct stream_pending *p, struct stream_id id,
                                           struct stream_consumer *c);
/* The entry is c's from now on, whoever had it. *added: nobody had, time and count are not set. */
struct stream_pending *stream_pending_give(struct stream_group *g, struct ash_heap *heap,
                                           struct stream_id id, struct stream_consumer *c,
                                           bool *added);
bool stream_pending_remove(struct stream_group *g, struct ash_heap *heap, struct stream_id id);

/* --- All groups of a stream ----------------------------------------------------------------- */

bool   stream_groups_drain(struct stream_names *groups, struct freeing *f); /* ds/freeing.h */
void   stream_groups_copy(struct stream_names *to, struct ash_heap *heap,
                          const struct stream_names *from);
size_t stream_groups_bytes(const struct stream_names *groups);
size_t stream_groups_effort(const struct stream_names *groups); /* stops counting when it is a lot */
/* Moves all of them (ds/mover.h), the array of names with the first group. c->stage: the group to go on
 * at; index: 0 for what it has pending, then its consumers. */
bool   stream_groups_compact(struct stream_names *groups, struct mover *m, struct move_cursor *c);
bool   stream_groups_check(const struct stream_names *groups);

#endif
