/* members.h: sets and sorted sets alike, as collections of members with scores (in a set, 1): what
 * SINTER, ZUNION and their like work on.
 *
 * Walks go in batches, and so do questions whether members are there: a look-up in a big table is
 * two cache misses, and those of a batch overlap. What a batch holds is borrowed until the walk goes
 * on or its collection changes. */
#ifndef ASHLAR_SERVER_TYPES_MEMBERS_H
#define ASHLAR_SERVER_TYPES_MEMBERS_H

#include "server/types/set.h"
#include "server/types/zset.h"

#define MEMBERS_BATCH 32 /* a bit each in the masks below */

struct members_batch {
    unsigned     count;
    bool         hashed;
    struct slice member[MEMBERS_BATCH];
    double       score[MEMBERS_BATCH];
    uint64_t     hash[MEMBERS_BATCH];
    char         text[MEMBERS_BATCH][ELEMENT_TEXT_MAX]; /* of integers */
};

struct members_walk {
    const struct value *v;
    struct set_iter     set;
    struct zset_walk    zset;
};

void members_walk_init(struct members_walk *w, const struct value *v);
bool members_walk_next(struct members_walk *w, struct members_batch *b); /* false: the end */
/* Makes the hashes, if they are not there yet. */
void members_hash(struct members_batch *b);
/* Which members in the mask v has too, as a mask; *score[i] is set to theirs in v. */
uint32_t members_find(const struct value *v, struct members_batch *b, uint32_t mask,
                      double score[MEMBERS_BATCH]);

#endif
