/* zset_big.h: the large encoding of a sorted set, inside types/ only: a table by member and a
 * ranking by score over the same items. Whoever changes one changes the other and the bytes. */
#ifndef ASHLAR_SERVER_TYPES_ZSET_BIG_H
#define ASHLAR_SERVER_TYPES_ZSET_BIG_H

#include "server/ds/ranking.h"
#include "server/ds/table.h"
#include "server/types/zset.h"

struct zset_big {
    struct table   members;
    struct ranking order;
    size_t         item_bytes; /* slots of the items */
};

struct zset_big *zset_big_new(struct ash_heap *heap);
void             zset_big_free(struct zset_big *b); /* items and all */
/* An item of its own in the table alone; the member is not there. Its place in the order follows. */
struct scored   *zset_big_put(struct zset_big *b, double score, struct slice member, uint64_t hash);
/* The score as it is stored in a listpack; its text goes to scratch (NUM_DOUBLE_TEXT_MAX). */
struct lp_item   zset_score_item(double score, char *scratch);

#endif
