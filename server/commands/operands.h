/* operands.h: the source keys of SINTER, ZUNIONSTORE and their like, and the walk over their result.
 *
 * All keys are looked up before anything else happens, as Redis does, so a wrong type anywhere is an
 * error even where the result is already known to be empty. Intersections walk the smallest source
 * and ask the others; differences walk the first and ask the rest; a union walks all, so a member may
 * come more than once. Everything goes in batches (types/members.h). */
#ifndef ASHLAR_SERVER_COMMANDS_OPERANDS_H
#define ASHLAR_SERVER_COMMANDS_OPERANDS_H

#include "server/core/call.h"
#include "server/types/members.h"

enum algebra { ALGEBRA_INTER, ALGEBRA_UNION, ALGEBRA_DIFF };
enum aggregate { AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX };

struct operand {
    bool         present;
    struct value v;
    uint64_t     size;
    double       weight;
    uint32_t     place; /* among the arguments */
};

struct operands {
    struct ash_heap *heap;
    struct operand  *of;
    uint32_t         count;
    bool             any_absent;
    enum aggregate   aggregate;
};

/* Where the result goes. */
struct operands_sink {
    void *arg;
    /* Before take is asked about members of this batch; may be NULL. */
    void (*ahead)(struct members_batch *b, void *arg);
    bool (*take)(struct members_batch *b, unsigned i, double score, void *arg); /* false: enough */
};

/* The count arguments from first on. zsets: sorted sets are sources too, not only sets. False: the
 * error was sent and there is nothing to end. */
bool operands_init(struct operands *o, struct call *c, uint32_t first, uint32_t count, bool zsets);
void operands_fini(struct operands *o);
/* Once; it may put the sources into another order. */
void operands_walk(struct operands *o, enum algebra op, const struct operands_sink *sink);
/* Two scores of one member. Infinities of both signs make 0. */
double aggregate_scores(enum aggregate a, double x, double y);
/* "numkeys" as ZUNION and its like take it, with so many keys behind argument i. False: sent. */
bool operands_numkeys(struct call *c, uint32_t i, uint32_t *out);

#endif
