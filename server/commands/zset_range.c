/* zset_range.c: bounds of sorted set ranges from text, and the walk over them.
 *
 * A range in score or member order is turned into a first element (found in O(log n)) and a test that
 * ends the walk, so that ZRANGE ... LIMIT 0 10 touches ten elements however wide the range is. */
#include "server/commands/zset_range.h"

#include <ctype.h>

#include "proto/num.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/types/zset_build.h"

/* Copying what stays costs about three times as much an element as removing what goes. */
#define COPY_REST  3
#define COPY_LEAST 1024 /* removed elements */

/* As Redis, whose strtod skips blanks in front and takes nothing at all for 0. */
static bool parse_score(struct slice s, double *score, bool *open) {
    *open = s.len > 0 && s.p[0] == '(';
    if (*open) s = slice_of(s.p + 1, s.len - 1);
    *score = 0;
    if (s.len == 0) return true;
    while (s.len > 0 && isspace((unsigned char)s.p[0])) s = slice_of(s.p + 1, s.len - 1);
    return num_parse_bound(s, score);
}

static bool parse_lex(struct slice s, struct zset_lex_bound *b) {
    *b = (struct zset_lex_bound){0};
    if (s.len == 1 && (s.p[0] == '-' || s.p[0] == '+')) {
        b->inf = s.p[0] == '-' ? -1 : 1;
        return true;
    }
    if (s.len == 0 || (s.p[0] != '(' && s.p[0] != '[')) return false;
    b->open = s.p[0] == '(';
    b->s = slice_of(s.p + 1, s.len - 1);
    return true;
}

bool zset_range_parse(struct call *c, struct zset_range *r, uint32_t min, uint32_t max) {
    switch (r->by) {
    case RANGE_BY_RANK: return call_arg_i64(c, min, &r->start) && call_arg_i64(c, max, &r->stop);
    case RANGE_BY_SCORE:
        if (parse_score(c->argv[min], &r->score.min, &r->score.min_open) &&
            parse_score(c->argv[max], &r->score.max, &r->score.max_open))
            return true;
        reply_error(c->reply, ERR_SCORE_RANGE);
        return false;
    case RANGE_BY_LEX:
        if (parse_lex(c->argv[min], &r->lex.min) && parse_lex(c->argv[max], &r->lex.max))
            return true;
        reply_error(c->reply, ERR_LEX_RANGE);
        return false;
    }
    PANIC("range of kind %d", (int)r->by);
}

/* Ranks as given (in the range's direction) to ranks within the set. False: nothing is covered. */
static bool clip_ranks(const struct zset_range *r, uint64_t len, uint64_t *start, uint64_t *stop) {
    int64_t n = (int64_t)len, from = r->start, to = r->stop;
    if (from < 0) from += n;
    if (to < 0) to += n;
    if (from < 0) from = 0;
    if (to >= n) to = n - 1;
    if (from > to || from >= n) return false;
    *start = (uint64_t)from;
    *stop = (uint64_t)to;
    return true;
}

static uint64_t rank_of(const struct value *v, const struct zset_cursor *at) {
    struct element member;
    char           scratch[ELEMENT_TEXT_MAX];
    double         score;
    uint64_t       rank;
    zset_peek(at, &member, &score);
    bool found = zset_rank(v, element_text(&member, scratch), false, &rank, &score);
    ASSERT(found);
    return rank;
}

void zset_range_resolve(const struct zset_range *r, const struct value *v, uint64_t *first,
                        uint64_t *count) {
    uint64_t           stop;
    struct zset_cursor at;
    *first = *count = 0;
    switch (r->by) {
    case RANGE_BY_RANK:
        if (clip_ranks(r, zset_count(v), first, &stop)) *count = stop - *first + 1;
        return;
    case RANGE_BY_SCORE:
        at = zset_first_in_score(v, &r->score, false);
        if (at.valid) *count = zset_count_in_score(v, &r->score);
        break;
    case RANGE_BY_LEX:
        at = zset_first_in_lex(v, &r->lex, false);
        if (at.valid) *count = zset_count_in_lex(v, &r->lex);
        break;
    default: PANIC("range of kind %d", (int)r->by);
    }
    if (*count > 0) *first = rank_of(v, &at);
}

static void walk_ranks(const struct zset_range *r, const struct value *v,
                       void (*fn)(const struct element *member, double score, void *arg),
                       void *arg) {
    uint64_t start, stop, len = zset_count(v);
    if (!clip_ranks(r, len, &start, &stop)) return;
    struct zset_cursor at = zset_at(v, r->reverse ? len - 1 - start : start);
    struct zset_pair   run[ZSET_RUN_MAX];
    for (uint64_t left = stop - start + 1; left > 0;) {
        unsigned n = zset_run(&at, r->reverse, left, run);
        for (unsigned i = 0; i < n; i++) fn(&run[i].member, run[i].score, arg);
        left -= n;
    }
}

/* What stays, as a set of its own, in the large encoding as before. */
static struct value rest_of(const struct value *v, const struct type_env *env, uint64_t first,
                            uint64_t count) {
    struct zset_build b;
    struct value      rest = {0};
    struct zset_pair  run[ZSET_RUN_MAX];
    uint64_t          size = zset_count(v);
    zset_build_init(&b, env);
    uint64_t          end = first + count;

    const struct { uint64_t at, count; } part[] = {{0, first}, {end, size - end}};
    for (unsigned i = 0; i < 2; i++) {
        struct zset_cursor c = zset_at(v, part[i].at);
        for (uint64_t left = part[i].count; left > 0;) {
            unsigned n = zset_run(&c, false, left, run);
            left -= n;
            while (n-- > 0)
                zset_build_put(&b, run[n].member.s, table_hash(run[n].member.s), run[n].score);
        }
    }
    zset_build_finish(&b, true, &rest);
    return rest;
}

void zset_range_remove(struct call *c, struct key *k, uint64_t first, uint64_t count) {
    struct type_env env = call_env(c);
    uint64_t        size = zset_count(&k->v);
    if (count == size) {
        key_delete(c, k, DISCARD_SERVER);
        c->dirty += count - 1;
    } else if (k->v.enc == ENC_SKIPLIST && count >= COPY_LEAST &&
               (size - count) * COPY_REST <= count) {
        struct value rest = rest_of(&k->v, &env, first, count);
        key_set_value(c, k, &rest, DB_KEEP_TTL);
        c->dirty += count - 1;
    } else {
        zset_remove_ranks(&k->v, &env, first, count);
        key_commit(c, k, count);
    }
}

void zset_range_pop(struct call *c, struct key *k, bool highest, uint64_t n, bool nested) {
    uint64_t           size = zset_count(&k->v);
    struct zset_cursor at = zset_at(&k->v, highest ? size - 1 : 0);
    struct zset_pair   run[ZSET_RUN_MAX];
    for (uint64_t left = n; left > 0;) {
        unsigned got = zset_run(&at, highest, left, run);
        for (unsigned i = 0; i < got; i++) {
            if (nested) reply_array(c->reply, 2);
            reply_element(c->reply, &run[i].member);
            reply_double(c->reply, run[i].score);
        }
        left -= got;
    }
    zset_range_remove(c, k, highest ? size - n : 0, n);
}

static bool inside(const struct zset_range *r, const struct element *member, double score) {
    char scratch[ELEMENT_TEXT_MAX];
    return r->by == RANGE_BY_SCORE ? zset_score_inside(&r->score, score)
                                   : zset_lex_inside(&r->lex, element_text(member, scratch));
}

void zset_range_walk(const struct zset_range *r, const struct value *v,
                     void (*fn)(const struct element *member, double score, void *arg), void *arg) {
    if (r->by == RANGE_BY_RANK) {
        walk_ranks(r, v, fn, arg);
        return;
    }
    if (r->offset < 0) return;
    struct zset_cursor at = r->by == RANGE_BY_SCORE ? zset_first_in_score(v, &r->score, r->reverse)
                                                    : zset_first_in_lex(v, &r->lex, r->reverse);
    struct zset_pair   run[ZSET_RUN_MAX];
    uint64_t           skip = (uint64_t)r->offset;
    uint64_t           left = r->limit < 0 ? UINT64_MAX : (uint64_t)r->limit;
    while (at.valid && left > 0) {
        unsigned n = zset_run(&at, r->reverse, left > ZSET_RUN_MAX ? left : left + skip, run);
        for (unsigned i = 0; i < n && left > 0; i++) {
            if (!inside(r, &run[i].member, run[i].score)) return;
            if (skip > 0) {
                skip--;
                continue;
            }
            fn(&run[i].member, run[i].score, arg);
            left--;
        }
    }
}
