/* zset_range.h: the many ways to name a part of a sorted set, as one description.
 *
 * By rank, by score or by member; from either end; with LIMIT. Used by ZRANGE and all its forerunners,
 * ZRANGESTORE, ZCOUNT and ZREMRANGEBY*. */
#ifndef ASHLAR_SERVER_COMMANDS_ZSET_RANGE_H
#define ASHLAR_SERVER_COMMANDS_ZSET_RANGE_H

#include "server/core/call.h"
#include "server/types/zset.h"

enum range_by { RANGE_BY_RANK, RANGE_BY_SCORE, RANGE_BY_LEX };

struct zset_range {
    enum range_by           by;
    bool                    reverse;
    int64_t                 start, stop; /* ranks as given, negative from the end */
    struct zset_score_range score;
    struct zset_lex_range   lex;
    int64_t                 offset, limit; /* limit < 0: all; offset < 0: nothing */
};

/* Read bounds from argv[min] and argv[max]. False: the error was sent. */
bool zset_range_parse(struct call *c, struct zset_range *r, uint32_t min, uint32_t max);
/* Ranks [*first, *first + *count) from the low end that the range covers, LIMIT not counted in. */
void zset_range_resolve(const struct zset_range *r, const struct value *v, uint64_t *first,
                        uint64_t *count);
/* Calls fn for each element in the range's direction, LIMIT applied. */
void zset_range_walk(const struct zset_range *r, const struct value *v,
                     void (*fn)(const struct element *member, double score, void *arg), void *arg);
/* Removes ranks [first, first + count), count > 0, and stores the set back, or removes the key. What
 * is big goes to lazy free where that can be done without looking at each element. */
void zset_range_remove(struct call *c, struct key *k, uint64_t first, uint64_t count);
/* Replies the n lowest or highest elements, lowest or highest first, and removes them; 0 < n <= size.
 * nested: each an array of member and score. */
void zset_range_pop(struct call *c, struct key *k, bool highest, uint64_t n, bool nested);

#endif
