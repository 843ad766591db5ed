/* zset.c: the sorted set commands, but for unions, intersections and differences (zset_algebra.c).
 *
 * Ranges are one thing here (zset_range.h); ZRANGE and its nine forerunners differ in which options
 * they take and which they presume. Scores are doubles in RESP3 and text in RESP2; with scores, RESP3
 * nests each pair.
 *
 * Start reading at cmd_zadd() and range_command(). */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/commands/errors.h"
#include "server/commands/sample.h"
#include "server/commands/scan.h"
#include "server/commands/zset_range.h"
#include "server/commands/zset_reply.h"
#include "server/core/lookahead.h"
#include "server/types/set.h"
#include "server/types/zset_build.h"

/* --- Looking ahead -------------------------------------------------------------------------- */

/* The member at argument i; score: the one it is about to get, or NULL. */
static void ahead(struct lookahead *a, unsigned stage, uint32_t i, const double *score) {
    if (a->v.enc != ENC_SKIPLIST) return;
    if (stage == 0) a->hash = table_hash(a->argv[i]);
    if (stage < 2) zset_prefetch(&a->v, a->hash, stage == 1);
    else zset_prefetch_place(&a->v, a->argv[i], a->hash, score);
}

/* The pair that stands last: the only one, mostly, and behind all options. */
static void ahead_zadd(struct lookahead *a, unsigned stage) {
    double score;
    bool   scored = stage == 2 && num_parse_double(a->argv[a->argc - 2], &score);
    ahead(a, stage, a->argc - 1, scored ? &score : NULL);
}

static void ahead_last(struct lookahead *a, unsigned stage) { /* ... member */
    ahead(a, stage, a->argc - 1, NULL);
}

static void ahead_member(struct lookahead *a, unsigned stage) { ahead(a, stage, 2, NULL); }

static void ahead_score(struct lookahead *a, unsigned stage) { /* the place is of no interest */
    if (stage < 2) ahead(a, stage, 2, NULL);
}

static void ahead_pop(struct lookahead *a, unsigned stage, bool highest) {
    if (a->v.enc == ENC_SKIPLIST && stage < 2)
        zset_prefetch_rank(&a->v, a->nth, highest, stage == 1);
}

static void ahead_popmin(struct lookahead *a, unsigned stage) { ahead_pop(a, stage, false); }
static void ahead_popmax(struct lookahead *a, unsigned stage) { ahead_pop(a, stage, true); }

/* --- Adding -------------------------------------------------------------------------------- */

struct zadd_options {
    unsigned flags; /* enum zset_flags */
    bool     ch;
    uint32_t first; /* argument index of the first score */
};

static bool zadd_parse(struct call *c, struct zadd_options *o) {
    for (o->first = 2; o->first < c->argc; o->first++) {
        if (call_arg_is(c, o->first, "nx")) o->flags |= ZSET_NX;
        else if (call_arg_is(c, o->first, "xx")) o->flags |= ZSET_XX;
        else if (call_arg_is(c, o->first, "gt")) o->flags |= ZSET_GT;
        else if (call_arg_is(c, o->first, "lt")) o->flags |= ZSET_LT;
        else if (call_arg_is(c, o->first, "incr")) o->flags |= ZSET_INCR;
        else if (call_arg_is(c, o->first, "ch")) o->ch = true;
        else break;
    }
    uint32_t left = c->argc - o->first;
    unsigned f = o->flags;
    if (left == 0 || left % 2 != 0) {
        call_syntax_error(c);
    } else if ((f & ZSET_NX) && (f & ZSET_XX)) {
        reply_error(c->reply, ERR_ZADD_XX_NX);
    } else if (((f & ZSET_NX) && (f & (ZSET_GT | ZSET_LT))) || ((f & ZSET_GT) && (f & ZSET_LT))) {
        reply_error(c->reply, ERR_ZADD_GT_LT_NX);
    } else if ((f & ZSET_INCR) && left > 2) {
        reply_error(c->reply, ERR_ZADD_INCR);
    } else {
        return true;
    }
    return false;
}

struct zadd_counts {
    uint64_t added, updated;
    double   score;     /* of the last pair */
    bool     processed; /* the last pair was not held back by NX, XX, GT or LT */
};

/* last: the score of the last pair, read already. False: a sum was not a number and the error was
 * sent. */
static bool zadd_pairs(struct call *c, const struct zadd_options *o, double last, struct value *v,
                       struct zadd_counts *n) {
    struct type_env env = call_env(c);
    for (uint32_t i = o->first; i < c->argc; i += 2) {
        n->score = last;
        if (i + 2 < c->argc && !call_arg_double(c, i, &n->score)) return false;
        enum zset_result r = zset_add(v, &env, &n->score, c->argv[i + 1], o->flags);
        if (r == ZSET_NAN) {
            reply_error(c->reply, ERR_SCORE_NAN);
            return false;
        }
        n->added += r == ZSET_ADDED;
        n->updated += r == ZSET_UPDATED;
        n->processed = r != ZSET_SKIPPED;
    }
    return true;
}

static void zadd(struct call *c, const struct zadd_options *o) {
    struct key k;
    double     score = 0;
    for (uint32_t i = o->first; i < c->argc; i += 2)
        if (!call_arg_double(c, i, &score)) return; /* all of them before anything changes */
    if (!call_write(c, 1, VAL_ZSET, &k)) return;
    if (!k.entry && (o->flags & ZSET_XX)) {
        if (o->flags & ZSET_INCR) reply_null(c->reply);
        else reply_int(c->reply, 0);
        return;
    }
    struct type_env env = call_env(c);
    if (!k.entry) /* in an encoding that the longest member fits */
        key_create(c, &k, zset_new(&env, call_args_longest(c, o->first + 1, 2)));
    struct zadd_counts n = {0};
    bool               good = zadd_pairs(c, o, score, &k.v, &n);
    key_commit(c, &k, n.added + n.updated);
    if (!good) return;
    if (!(o->flags & ZSET_INCR)) reply_uint(c->reply, n.added + (o->ch ? n.updated : 0));
    else if (n.processed) reply_double(c->reply, n.score);
    else reply_null(c->reply);
}

static void cmd_zadd(struct call *c) {
    struct zadd_options o = {0};
    if (zadd_parse(c, &o)) zadd(c, &o);
}

static void cmd_zincrby(struct call *c) {
    struct zadd_options o = {.flags = ZSET_INCR, .first = 2};
    zadd(c, &o);
}

/* --- One member ---------------------------------------------------------------------------- */

static void cmd_zrem(struct call *c) {
    struct key k;
    if (!call_write(c, 1, VAL_ZSET, &k)) return;
    uint64_t removed = 0;
    if (k.entry) {
        struct type_env env = call_env(c);
        for (uint32_t i = 2; i < c->argc && zset_count(&k.v) > 0; i++)
            removed += zset_remove(&k.v, &env, c->argv[i]);
        if (removed > 0) key_commit(c, &k, removed);
    }
    reply_uint(c->reply, removed);
}

static void cmd_zcard(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_ZSET, &k)) reply_uint(c->reply, k.entry ? zset_count(&k.v) : 0);
}

static void reply_score(struct call *c, const struct key *k, struct slice member) {
    double score;
    if (k->entry && zset_score(&k->v, member, &score)) reply_double(c->reply, score);
    else reply_null(c->reply);
}

static void cmd_zscore(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_ZSET, &k)) reply_score(c, &k, c->argv[2]);
}

static void cmd_zmscore(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_ZSET, &k)) return;
    reply_array(c->reply, c->argc - 2);
    for (uint32_t i = 2; i < c->argc; i++) reply_score(c, &k, c->argv[i]);
}

static void rank(struct call *c, bool reverse) {
    bool with_score = c->argc == 4 && call_arg_is(c, 3, "withscore");
    if (c->argc > 4) {
        call_wrong_args(c);
        return;
    }
    if (c->argc == 4 && !with_score) {
        call_syntax_error(c);
        return;
    }
    struct key k;
    uint64_t   at;
    double     score;
    if (!call_read(c, 1, VAL_ZSET, &k)) return;
    if (!k.entry || !zset_rank(&k.v, c->argv[2], reverse, &at, &score)) {
        if (with_score) reply_null_array(c->reply);
        else reply_null(c->reply);
        return;
    }
    if (with_score) reply_array(c->reply, 2);
    reply_uint(c->reply, at);
    if (with_score) reply_double(c->reply, score);
}

static void cmd_zrank(struct call *c) { rank(c, false); }
static void cmd_zrevrank(struct call *c) { rank(c, true); }

/* --- Ranges -------------------------------------------------------------------------------- */

/* What a range command presumes; RANGE_ASK: its options say. */
struct range_form {
    enum range_by by;
    bool          reverse, ask, store;
};

struct range_options {
    bool with_scores, limited;
};

static bool range_options_parse(struct call *c, const struct range_form *form, uint32_t i,
                                struct zset_range *r, struct range_options *o) {
    bool ask_order = form->ask, ask_by = form->ask;
    for (; i < c->argc; i++) {
        uint32_t left = c->argc - i - 1;
        if (!form->store && call_arg_is(c, i, "withscores")) {
            o->with_scores = true;
        } else if (call_arg_is(c, i, "limit") && left >= 2) {
            if (!call_arg_i64(c, i + 1, &r->offset) || !call_arg_i64(c, i + 2, &r->limit))
                return false;
            i += 2;
        } else if (ask_order && call_arg_is(c, i, "rev")) {
            r->reverse = true;
            ask_order = false;
        } else if (ask_by && call_arg_is(c, i, "byscore")) {
            r->by = RANGE_BY_SCORE;
            ask_by = false;
        } else if (ask_by && call_arg_is(c, i, "bylex")) {
            r->by = RANGE_BY_LEX;
            ask_by = false;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    if (r->limit != -1 && r->by == RANGE_BY_RANK) {
        reply_error(c->reply, ERR_ZRANGE_LIMIT);
        return false;
    }
    if (o->with_scores && r->by == RANGE_BY_LEX) {
        reply_error(c->reply, ERR_ZRANGE_WITHSCORES);
        return false;
    }
    return true;
}

struct range_sink {
    struct call      *call;
    bool              with_scores;
    uint64_t          count;
    struct zset_build build; /* ZRANGESTORE by rank: the new set */
    struct type_env   env;   /* by score or member */
    struct value      set;
};

static void sink_reply(const struct element *member, double score, void *arg) {
    struct range_sink *s = arg;
    reply_member(s->call->reply, member, score, s->with_scores);
    s->count++;
}

static void sink_build(const struct element *member, double score, void *arg) {
    struct range_sink *s = arg;
    char               scratch[ELEMENT_TEXT_MAX];
    struct slice       text = element_text(member, scratch);
    zset_build_put(&s->build, text, table_hash(text), score);
    s->count++;
}

static void sink_store(const struct element *member, double score, void *arg) {
    struct range_sink *s = arg;
    char               scratch[ELEMENT_TEXT_MAX];
    struct slice       text = element_text(member, scratch);
    if (s->count++ == 0) s->set = zset_new(&s->env, text.len);
    zset_add(&s->set, &s->env, &score, text, 0);
}

/* By rank the result's size is known and its encoding chosen before; else it begins small, where a
 * zero has no sign. Redis does the same, and it shows. */
static void range_store(struct call *c, const struct zset_range *r, const struct key *src) {
    struct range_sink s = {.call = c, .env = call_env(c)};
    struct key        dst;
    bool              sized = r->by == RANGE_BY_RANK;
    if (sized) zset_build_init(&s.build, &s.env);
    if (src->entry) zset_range_walk(r, &src->v, sized ? sink_build : sink_store, &s);
    if (sized) zset_build_finish(&s.build, false, &s.set);
    call_write(c, 1, VAL_ANY, &dst);
    if (s.count > 0) key_set_value(c, &dst, &s.set, ENTRY_NO_EXPIRE);
    else if (dst.entry) key_delete(c, &dst, DISCARD_SERVER);
    reply_uint(c->reply, s.count);
}

static void range_reply(struct call *c, const struct zset_range *r, const struct key *k,
                        bool with_scores) {
    struct range_sink     s = {.call = c, .with_scores = with_scores};
    struct reply_deferred d = reply_begin(c->reply);
    if (k->entry) zset_range_walk(r, &k->v, sink_reply, &s);
    reply_end_array(c->reply, d, reply_members_len(c->reply, s.count, with_scores));
}

static void range_command(struct call *c, const struct range_form *form) {
    uint32_t             key_at = form->store ? 2 : 1, low = key_at + 1, high = key_at + 2;
    struct zset_range    r = {.by = form->by, .reverse = form->reverse, .limit = -1};
    struct range_options o = {0};
    struct key           k;
    if (!range_options_parse(c, form, key_at + 3, &r, &o)) return;
    if (r.reverse && r.by != RANGE_BY_RANK) { /* the higher bound is given first */
        uint32_t swap = low;
        low = high;
        high = swap;
    }
    if (!zset_range_parse(c, &r, low, high)) return;
    if (!call_read(c, key_at, VAL_ZSET, &k)) return;
    if (form->store) range_store(c, &r, &k);
    else range_reply(c, &r, &k, o.with_scores);
}

static void cmd_zrange(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_RANK, .ask = true});
}
static void cmd_zrangestore(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_RANK, .ask = true, .store = true});
}
static void cmd_zrevrange(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_RANK, .reverse = true});
}
static void cmd_zrangebyscore(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_SCORE});
}
static void cmd_zrevrangebyscore(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_SCORE, .reverse = true});
}
static void cmd_zrangebylex(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_LEX});
}
static void cmd_zrevrangebylex(struct call *c) {
    range_command(c, &(struct range_form){.by = RANGE_BY_LEX, .reverse = true});
}

static void count(struct call *c, enum range_by by) {
    struct zset_range r = {.by = by, .limit = -1};
    struct key        k;
    if (!zset_range_parse(c, &r, 2, 3) || !call_read(c, 1, VAL_ZSET, &k)) return;
    uint64_t n = 0;
    if (k.entry)
        n = by == RANGE_BY_SCORE ? zset_count_in_score(&k.v, &r.score)
                                 : zset_count_in_lex(&k.v, &r.lex);
    reply_uint(c->reply, n);
}

static void cmd_zcount(struct call *c) { count(c, RANGE_BY_SCORE); }
static void cmd_zlexcount(struct call *c) { count(c, RANGE_BY_LEX); }

static void remove_range(struct call *c, enum range_by by) {
    struct zset_range r = {.by = by, .limit = -1};
    struct key        k;
    uint64_t          first = 0, n = 0;
    if (!zset_range_parse(c, &r, 2, 3) || !call_write(c, 1, VAL_ZSET, &k)) return;
    if (k.entry) zset_range_resolve(&r, &k.v, &first, &n);
    if (n > 0) zset_range_remove(c, &k, first, n);
    reply_uint(c->reply, n);
}

static void cmd_zremrangebyrank(struct call *c) { remove_range(c, RANGE_BY_RANK); }
static void cmd_zremrangebyscore(struct call *c) { remove_range(c, RANGE_BY_SCORE); }
static void cmd_zremrangebylex(struct call *c) { remove_range(c, RANGE_BY_LEX); }

/* --- Popping ------------------------------------------------------------------------------- */

static void pop(struct call *c, bool highest) {
    struct key k;
    int64_t    want = 1;
    bool       counted = c->argc == 3;
    if (c->argc > 3) {
        call_syntax_error(c);
        return;
    }
    if (counted && !call_arg_range(c, 2, 0, INT64_MAX, &want, ERR_NOT_POSITIVE)) return;
    if (!call_write(c, 1, VAL_ZSET, &k)) return;
    if (!k.entry || want == 0) {
        reply_empty_array(c->reply);
        return;
    }
    uint64_t size = zset_count(&k.v), n = (uint64_t)want < size ? (uint64_t)want : size;
    bool     nested = counted && c->reply->resp == 3;
    reply_array(c->reply, nested ? n : n * 2);
    zset_range_pop(c, &k, highest, n, nested);
}

static void cmd_zpopmin(struct call *c) { pop(c, false); }
static void cmd_zpopmax(struct call *c) { pop(c, true); }

/* --- ZRANDMEMBER, ZSCAN -------------------------------------------------------------------- */

static void random_repeated(struct call *c, struct key *k, uint64_t n, bool with_scores) {
    struct type_env env = call_env(c);
    struct element  member;
    double          score;
    reply_array(c->reply, reply_members_len(c->reply, n, with_scores));
    for (uint64_t i = 0; i < n && !c->reply->muted; i++) { /* muted: nobody gets the rest */
        zset_random(&k->v, &env, &member, &score);
        reply_member(c->reply, &member, score, with_scores);
    }
}

/* A few out of many: draws, and remembers what it drew. */
static void random_drawn(struct call *c, struct key *k, uint64_t n, bool with_scores) {
    struct type_env env = call_env(c), seen_env = env;
    seen_env.heap = c->engine->heaps.clients;
    struct value   seen = set_new(&seen_env, slice_str(""), n);
    struct element member;
    double         score;
    char           scratch[ELEMENT_TEXT_MAX];
    reply_array(c->reply, reply_members_len(c->reply, n, with_scores));
    while (set_count(&seen) < n) {
        zset_random(&k->v, &env, &member, &score);
        if (set_add(&seen, &seen_env, element_text(&member, scratch)))
            reply_member(c->reply, &member, score, with_scores);
    }
    set_free(&seen);
}

static void random_distinct(struct call *c, struct key *k, uint64_t n, bool with_scores) {
    if (n < zset_count(&k->v) / 16) {
        random_drawn(c, k, n, with_scores);
        return;
    }
    struct sample      s = sample_init(n, zset_count(&k->v), &c->engine->rand);
    struct zset_cursor at = zset_at(&k->v, 0);
    struct element     member;
    double             score;
    reply_array(c->reply, reply_members_len(c->reply, s.wanted, with_scores));
    for (; s.wanted > 0 && at.valid; zset_step(&at, false)) {
        if (!sample_take(&s)) continue;
        zset_peek(&at, &member, &score);
        reply_member(c->reply, &member, score, with_scores);
    }
}

static void cmd_zrandmember(struct call *c) {
    struct key     k;
    struct element member;
    double         score;
    bool           with_scores = false;
    int64_t        n = 0;
    if (c->argc > 2) {
        if (!call_arg_range(c, 2, -INT64_MAX, INT64_MAX, &n, NULL)) return;
        with_scores = c->argc == 4 && call_arg_is(c, 3, "withscores");
        if (c->argc > 4 || (c->argc == 4 && !with_scores)) {
            call_syntax_error(c);
            return;
        }
        if (with_scores && (n < -INT64_MAX / 2 || n > INT64_MAX / 2)) {
            reply_error(c->reply, "ERR value is out of range");
            return;
        }
    }
    if (!call_read(c, 1, VAL_ZSET, &k)) return;
    if (c->argc == 2) {
        if (!k.entry) {
            reply_null(c->reply);
            return;
        }
        struct type_env env = call_env(c);
        zset_random(&k.v, &env, &member, &score);
        reply_element(c->reply, &member);
    } else if (!k.entry || n == 0) {
        reply_empty_array(c->reply);
    } else if (n < 0) {
        random_repeated(c, &k, (uint64_t)-n, with_scores);
    } else {
        random_distinct(c, &k, (uint64_t)n, with_scores);
    }
}

static bool scan_name(const struct element *member, struct scan_reply *r) {
    char scratch[ELEMENT_TEXT_MAX];
    if (!scan_wants(r->options, element_text(member, scratch))) return false;
    reply_element(r->reply, member);
    r->count += 2;
    return true;
}

static void scan_member(const struct element *member, double score, void *arg) {
    struct scan_reply *r = arg;
    if (scan_name(member, r)) reply_bulk_double(r->reply, score);
}

/* Of a listpack, scores are shown as they are stored. */
static void scan_compact(const struct element *member, double score, void *arg) {
    struct scan_reply *r = arg;
    int64_t            whole;
    if (!scan_name(member, r)) return;
    if (zset_score_whole(score, &whole)) reply_bulk_int(r->reply, whole);
    else reply_bulk_double(r->reply, score);
}

static void cmd_zscan(struct call *c) {
    uint64_t            cursor;
    struct key          k;
    struct scan_options o;
    if (!scan_cursor(c, 2, &cursor) || !call_read(c, 1, VAL_ZSET, &k)) return;
    if (!k.entry) {
        scan_reply_empty(c);
        return;
    }
    if (!scan_parse(c, 3, false, &o)) return;
    struct scan_reply r = scan_begin(c, &o);
    bool compact = k.v.enc == ENC_LISTPACK;
    scan_end(&r, zset_scan(&k.v, cursor, o.count, compact ? scan_compact : scan_member, &r));
}

const struct command zset_commands[] = {
    { .name = "zadd", .handler = cmd_zadd, .lookahead = ahead_zadd,
      .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
      .since = "1.2.0", .complexity = "O(log N) for each pair, N = size of the set",
      .summary = "Adds members with scores, or changes their scores.",
      .history = "2.4.0=Takes several members.;"
                 "3.0.2=Added the `XX`, `NX`, `CH` and `INCR` options.;"
                 "6.2.0=Added the `GT` and `LT` options." },
    { .name = "zincrby", .handler = cmd_zincrby, .lookahead = ahead_last,
      .arity = 4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key increment member",
      .since = "1.2.0", .complexity = "O(log N), N = size of the set",
      .summary = "Adds to the score of a member." },
    { .name = "zrem", .handler = cmd_zrem, .lookahead = ahead_member,
      .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "1.2.0", .complexity = "O(M*log N), M = members given, N = size of the set",
      .summary = "Removes members. The set goes with its last one.",
      .history = "2.4.0=Takes several members." },
    { .name = "zcard", .handler = cmd_zcard, .arity = 2, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .since = "1.2.0", .complexity = "O(1)",
      .summary = "Returns how many members a sorted set has." },
    { .name = "zscore", .handler = cmd_zscore, .lookahead = ahead_score,
      .arity = 3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member",
      .since = "1.2.0", .complexity = "O(1)",
      .summary = "Returns the score of a member." },
    { .name = "zmscore", .handler = cmd_zmscore, .lookahead = ahead_score,
      .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "6.2.0", .complexity = "O(N), N = members asked for",
      .summary = "Returns the scores of several members." },
    { .name = "zrank", .handler = cmd_zrank, .lookahead = ahead_member,
      .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [WITHSCORE]",
      .since = "2.0.0", .complexity = "O(log N), N = size of the set",
      .summary = "Returns the place of a member, counted from the lowest score.",
      .history = "7.2.0=Added the `WITHSCORE` option." },
    { .name = "zrevrank", .handler = cmd_zrevrank, .lookahead = ahead_member,
      .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [WITHSCORE]",
      .since = "2.0.0", .complexity = "O(log N), N = size of the set",
      .summary = "Returns the place of a member, counted from the highest score.",
      .history = "7.2.0=Added the `WITHSCORE` option." },
    { .name = "zrange", .handler = cmd_zrange, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
      .since = "1.2.0", .complexity = "O(log N + M), N = size of the set, M = members returned",
      .summary = "Returns a range by place, score or member.",
      .history = "6.2.0=Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options." },
    { .name = "zrangestore", .handler = cmd_zrangestore, .arity = -5, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_OW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = 0, .step = 1 }},
      .syntax = "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
      .since = "6.2.0", .complexity = "O(log N + M*log M), N = size of the set, M = members stored",
      .summary = "Stores a range in another key." },
    { .name = "zrangebyscore", .handler = cmd_zrangebyscore, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key min max [WITHSCORES] [LIMIT offset count]",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `BYSCORE` argument",
      .since = "1.0.5", .complexity = "O(log N + M), N = size of the set, M = members returned",
      .summary = "Returns the members in a range of scores.",
      .history = "2.0.0=Added the `WITHSCORES` option." },
    { .name = "zrevrange", .handler = cmd_zrevrange, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key start stop [WITHSCORES]",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `REV` argument",
      .since = "1.2.0", .complexity = "O(log N + M), N = size of the set, M = members returned",
      .summary = "Returns a range by place, from the highest score." },
    { .name = "zrevrangebyscore", .handler = cmd_zrevrangebyscore, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key max min [WITHSCORES] [LIMIT offset count]",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments",
      .since = "2.2.0", .complexity = "O(log N + M), N = size of the set, M = members returned",
      .summary = "Returns the members in a range of scores, highest first.",
      .history = "2.1.6=Either end may be exclusive." },
    { .name = "zrangebylex", .handler = cmd_zrangebylex, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key min max [LIMIT offset count]",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `BYLEX` argument",
      .since = "2.8.9", .complexity = "O(log N + M), N = size of the set, M = members returned",
      .summary = "Returns the members in a range of names." },
    { .name = "zrevrangebylex", .handler = cmd_zrevrangebylex, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key max min [LIMIT offset count]",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments",
      .since = "2.8.9", .complexity = "O(log N + M), N = size of the set, M = members returned",
      .summary = "Returns the members in a range of names, last first." },
    { .name = "zcount", .handler = cmd_zcount, .arity = 4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key min max",
      .since = "2.0.0", .complexity = "O(log N), N = size of the set",
      .summary = "Counts the members in a range of scores." },
    { .name = "zlexcount", .handler = cmd_zlexcount, .arity = 4, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key min max",
      .since = "2.8.9", .complexity = "O(log N), N = size of the set",
      .summary = "Counts the members in a range of names." },
    { .name = "zpopmin", .handler = cmd_zpopmin, .lookahead = ahead_popmin,
      .arity = -2, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count]",
      .since = "5.0.0", .complexity = "O(M*log N), M = members returned, N = size of the set",
      .summary = "Removes and returns the members with the lowest scores." },
    { .name = "zpopmax", .handler = cmd_zpopmax, .lookahead = ahead_popmax,
      .arity = -2, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count]",
      .since = "5.0.0", .complexity = "O(M*log N), M = members returned, N = size of the set",
      .summary = "Removes and returns the members with the highest scores." },
    { .name = "zremrangebyrank", .handler = cmd_zremrangebyrank, .arity = 4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key start stop",
      .since = "2.0.0", .complexity = "O(log N + M), N = size of the set, M = members removed",
      .summary = "Removes a range by place." },
    { .name = "zremrangebyscore", .handler = cmd_zremrangebyscore, .arity = 4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key min max",
      .since = "1.2.0", .complexity = "O(log N + M), N = size of the set, M = members removed",
      .summary = "Removes the members in a range of scores." },
    { .name = "zremrangebylex", .handler = cmd_zremrangebylex, .arity = 4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key min max",
      .since = "2.8.9", .complexity = "O(log N + M), N = size of the set, M = members removed",
      .summary = "Removes the members in a range of names." },
    { .name = "zscan", .handler = cmd_zscan, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key cursor [MATCH pattern] [COUNT count]",
      .tips = "nondeterministic_output",
      .since = "2.8.0", .complexity = "O(1) a call, O(N) for a whole iteration",
      .summary = "Iterates over members and scores." },
    { .name = "zrandmember", .handler = cmd_zrandmember, .arity = -2, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count [WITHSCORES]]",
      .tips = "nondeterministic_output",
      .since = "6.2.0", .complexity = "O(N), N = members returned, or the set's size for distinct ones",
      .summary = "Returns random members." },
    {0},
};
