/* zset.h: the sorted set over listpack (small) and, for large ones, a counted B+ tree plus a
 * table; a member's bytes are stored once. Never stored empty. Order: score, then memcmp of members.
 * Ranks count from 0. Scores are never NaN. */
#ifndef ASHLAR_SERVER_TYPES_ZSET_H
#define ASHLAR_SERVER_TYPES_ZSET_H

#include "server/ds/table.h"
#include "server/types/value.h"

enum zset_flags { /* in */
    ZSET_NX = 1, ZSET_XX = 2, ZSET_GT = 4, ZSET_LT = 8, ZSET_INCR = 16,
};
enum zset_result { ZSET_ADDED, ZSET_UPDATED, ZSET_SAME, ZSET_SKIPPED, ZSET_NAN };

struct value     zset_new(const struct type_env *env, size_t first_len);
uint64_t         zset_count(const struct value *v);
/* *score in: score or increment; out: the member's score now. */
enum zset_result zset_add(struct value *v, const struct type_env *env, double *score,
                          struct slice member, unsigned flags);
bool             zset_remove(struct value *v, const struct type_env *env, struct slice member);
bool             zset_score(const struct value *v, struct slice member, double *score);
/* The same when table_hash(member) is known; and, for a batch, its bucket or what that points to. */
bool             zset_score_hashed(const struct value *v, struct slice member, uint64_t hash,
                                   double *score);
void             zset_prefetch(const struct value *v, uint64_t hash, bool items);
/* Where the member is in the order, and where it would be by another score (NULL: none). */
void             zset_prefetch_place(const struct value *v, struct slice member, uint64_t hash,
                                     const double *score);
/* The element of that rank, counted from either end; and later (bucket) where its member is. */
void             zset_prefetch_rank(const struct value *v, uint64_t rank, bool reverse, bool bucket);
/* False: no such member. */
bool             zset_rank(const struct value *v, struct slice member, bool reverse, uint64_t *rank,
                           double *score);

struct zset_score_range { double min, max; bool min_open, max_open; };
struct zset_lex_bound   { struct slice s; int8_t inf; /* -1 "-", +1 "+", 0: s */ bool open; };
struct zset_lex_range   { struct zset_lex_bound min, max; };

/* A place in the order; moves with zset_step. Any change of the set ends it. */
struct zset_cursor {
    const struct value *v;
    void               *node;
    unsigned            index;
    unsigned char      *at;  /* listpack */
    bool                valid;
};
struct zset_cursor zset_at(const struct value *v, uint64_t rank); /* rank < count */
/* First (or, reverse, last) element inside the range; invalid when there is none. */
struct zset_cursor zset_first_in_score(const struct value *v, const struct zset_score_range *r,
                                       bool reverse);
struct zset_cursor zset_first_in_lex(const struct value *v, const struct zset_lex_range *r,
                                     bool reverse);
void               zset_peek(const struct zset_cursor *c, struct element *member, double *score);
void               zset_step(struct zset_cursor *c, bool backwards);
/* Several steps at once: at most max elements from the cursor on, at least one; it moves behind
 * them. Returns how many. */
#define ZSET_RUN_MAX 40
struct zset_pair {
    struct element member;
    double         score;
};
unsigned           zset_run(struct zset_cursor *c, bool backwards, uint64_t max,
                            struct zset_pair out[ZSET_RUN_MAX]);
bool               zset_score_inside(const struct zset_score_range *r, double score);
bool               zset_lex_inside(const struct zset_lex_range *r, struct slice member);
uint64_t           zset_count_in_score(const struct value *v, const struct zset_score_range *r);
uint64_t           zset_count_in_lex(const struct value *v, const struct zset_lex_range *r);
/* Removes ranks [start, start + count). */
void               zset_remove_ranks(struct value *v, const struct type_env *env, uint64_t start,
                                     uint64_t count);
/* All members, in whatever order is cheapest; the set must not change meanwhile. */
struct zset_walk {
    const struct value *v;
    unsigned char      *at; /* listpack */
    struct table_iter   table;
};
void               zset_walk_init(struct zset_walk *w, const struct value *v);
bool               zset_walk_next(struct zset_walk *w, struct element *member, double *score);
void               zset_random(const struct value *v, const struct type_env *env,
                               struct element *member, double *score);
/* Whether a listpack keeps the score as an integer, which ZSCAN shows as such. */
bool     zset_score_whole(double score, int64_t *out);
/* ZSCAN over any encoding. */
uint64_t zset_scan(const struct value *v, uint64_t cursor, uint64_t count,
                   void (*fn)(const struct element *member, double score, void *arg), void *arg);

void         zset_free(struct value *v);
bool         zset_drain(struct value *v, struct freeing *f);
struct value zset_copy(const struct value *v, const struct type_env *env);
size_t       zset_bytes(const struct value *v);
size_t       zset_effort(const struct value *v);
bool         zset_compact(struct value *v, struct mover *m, struct move_cursor *c);
bool         zset_check(const struct value *v);

#endif
