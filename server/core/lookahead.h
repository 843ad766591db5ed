/* lookahead.h: what commands of a batch will meet inside big containers, fetched before any runs.
 *
 * dispatch.c fetches the entries of a batch's keys. A command on one member of a large set or sorted
 * set then misses the cache three or four times more: the member's bucket, the item, its place in the
 * order. A command may name a function that fetches these in stages, each of which needs what the one
 * before has fetched; every stage goes over the whole batch, so that the misses overlap.
 *
 * Nothing runs between the stages, so what a key holds is the same in all of them. They only guess,
 * have no effect that shows, and read arguments that nobody has checked but for their number. */
#ifndef ASHLAR_SERVER_CORE_LOOKAHEAD_H
#define ASHLAR_SERVER_CORE_LOOKAHEAD_H

#include "server/types/value.h"

struct command_ref;
struct db;
struct request;

#define LOOKAHEAD_STAGES 3

struct lookahead {
    const struct slice *argv;
    uint32_t            argc; /* as many as the command's arity asks for */
    struct value        v;    /* what the first key holds: a hashtable or a skiplist */
    unsigned            nth;  /* so many requests before it in the batch are for the same key */
    uint64_t            hash; /* the function's own, from its first stage on */
};

typedef void lookahead_fn(struct lookahead *a, unsigned stage);

/* A request of a batch, as dispatch has planned it. */
struct lookahead_request {
    const struct request *req;
    lookahead_fn         *fn;
    uint64_t              hash1; /* of the first key, argv[1] */
};
void lookahead_batch(const struct db *db, const struct lookahead_request *of, unsigned count);

#endif
