/* zset_build.h: a sorted set put together from members in any order: unions, intersections.
 *
 * Members go into a table only, where their scores may still change; the order is made at the end,
 * by sorting, which costs a fraction of as many insertions. The result's encoding is the one that a
 * set of its members has. Lives from zset_build_init() to zset_build_finish(). */
#ifndef ASHLAR_SERVER_TYPES_ZSET_BUILD_H
#define ASHLAR_SERVER_TYPES_ZSET_BUILD_H

#include "server/types/zset.h"

struct zset_big;

struct zset_build {
    struct type_env  env;
    struct zset_big *big;
    size_t           longest; /* member */
};

void zset_build_init(struct zset_build *b, const struct type_env *env);
/* For a batch: the table's buckets, and later (items) what they point to. */
void zset_build_prefetch(const struct zset_build *b, uint64_t hash, bool items);
/* The score of a member that is there already; NULL: it is not. */
double *zset_build_get(struct zset_build *b, struct slice member, uint64_t hash);
void    zset_build_put(struct zset_build *b, struct slice member, uint64_t hash, double score);
/* large: in the large encoding whatever the thresholds say. False: there is no member, *out is
 * untouched. */
bool    zset_build_finish(struct zset_build *b, bool large, struct value *out);

#endif
