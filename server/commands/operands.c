/* operands.c: looking sources up, and walking their intersection, union or difference.
 *
 * Scores follow Redis to the last bit: sources are taken in ascending order of size (but for
 * differences), a weighted score that is no number counts as 0 where the walk starts, and a sum that
 * is none becomes 0. Start reading at operands_walk(). */
#include "server/commands/operands.h"

#include <math.h>
#include <stdlib.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"

bool operands_init(struct operands *o, struct call *c, uint32_t first, uint32_t count,
                   bool zsets) {
    *o = (struct operands){ .heap = c->engine->heaps.clients, .count = count };
    o->of = ash_alloc(o->heap, count * sizeof *o->of);
    for (uint32_t i = 0; i < count; i++) {
        struct operand *of = &o->of[i];
        struct key      k;
        enum value_type want = VAL_SET, had = VAL_SET;
        if (zsets && call_peek(c, first + i, &k)) had = (enum value_type)k.v.type;
        if (had == VAL_ZSET) want = VAL_ZSET;
        if (!call_read(c, first + i, want, &k)) {
            operands_fini(o);
            return false;
        }
        *of = (struct operand){ .present = k.entry != NULL, .weight = 1, .place = i };
        if (of->present) of->v = k.v;
        if (of->present) of->size = value_len(&of->v);
        o->any_absent |= !of->present;
    }
    return true;
}

void operands_fini(struct operands *o) { ash_free(o->of, o->count * sizeof *o->of); }

bool operands_numkeys(struct call *c, uint32_t i, uint32_t *out) {
    int64_t numkeys;
    if (!call_arg_i64(c, i, &numkeys)) return false;
    if (numkeys < 1) {
        reply_errorf(c->reply, "ERR at least 1 input key is needed for '%s' command",
                     c->command->cmd->name);
        return false;
    }
    if (numkeys > (int64_t)c->argc - (int64_t)i - 1) {
        call_syntax_error(c);
        return false;
    }
    *out = (uint32_t)numkeys;
    return true;
}

double aggregate_scores(enum aggregate a, double x, double y) {
    if (a == AGGREGATE_MIN) return y < x ? y : x;
    if (a == AGGREGATE_MAX) return y > x ? y : x;
    double sum = x + y;
    return isnan(sum) ? 0 : sum;
}

static double weighted(const struct operand *of, double score) {
    double w = of->weight * score;
    return isnan(w) ? 0 : w;
}

static int smaller_first(const void *a, const void *b) {
    const struct operand *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static uint32_t mask_of(unsigned count) {
    return count == MEMBERS_BATCH ? UINT32_MAX : ((uint32_t)1 << count) - 1;
}

/* Which of the batch's members, out of the first source, are in the result. Intersections gather
 * their scores. */
static uint32_t filter(const struct operands *o, enum algebra op, struct members_batch *b) {
    uint32_t mask = mask_of(b->count);
    double   score[MEMBERS_BATCH];
    for (unsigned i = 0; op == ALGEBRA_INTER && i < b->count; i++)
        b->score[i] = weighted(&o->of[0], b->score[i]);
    for (uint32_t j = 1; j < o->count && mask; j++) {
        const struct operand *of = &o->of[j];
        uint32_t found = of->present ? members_find(&of->v, b, mask, score) : 0;
        if (op == ALGEBRA_DIFF) {
            mask &= ~found;
            continue;
        }
        mask = found;
        for (uint32_t left = mask; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctz(left);
            b->score[i] = aggregate_scores(o->aggregate, b->score[i], score[i] * of->weight);
        }
    }
    return mask;
}

/* Hands one source's members to the sink. False: it has enough. */
static bool walk_source(const struct operands *o, const struct operand *of, enum algebra op,
                        const struct operands_sink *sink) {
    struct members_walk  w;
    struct members_batch b;
    members_walk_init(&w, &of->v);
    while (members_walk_next(&w, &b)) {
        uint32_t mask = op == ALGEBRA_UNION ? mask_of(b.count) : filter(o, op, &b);
        if (mask && sink->ahead) sink->ahead(&b, sink->arg);
        for (; mask; mask &= mask - 1) {
            unsigned i = (unsigned)__builtin_ctz(mask);
            double   score = op == ALGEBRA_UNION ? weighted(of, b.score[i]) : b.score[i];
            if (!sink->take(&b, i, score, sink->arg)) return false;
        }
    }
    return true;
}

void operands_walk(struct operands *o, enum algebra op, const struct operands_sink *sink) {
    if (op == ALGEBRA_INTER && o->any_absent) return;
    if (op != ALGEBRA_DIFF) qsort(o->of, o->count, sizeof *o->of, smaller_first);
    uint32_t walked = op == ALGEBRA_UNION ? o->count : 1;
    for (uint32_t i = 0; i < walked; i++)
        if (o->of[i].present && !walk_source(o, &o->of[i], op, sink)) return;
}
