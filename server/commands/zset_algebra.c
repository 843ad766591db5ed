/* zset_algebra.c: unions, intersections and differences of sorted sets and sets.
 *
 * Seven commands with one body: what they read is operands.h, what they make is built aside
 * (types/zset_build.h) and then replied or exchanged for what the destination held, which may be one
 * of the sources. Start reading at algebra(). */
#include "server/commands/families.h"

#include "proto/num.h"
#include "server/commands/errors.h"
#include "server/commands/operands.h"
#include "server/commands/zset_reply.h"
#include "server/types/zset_build.h"

struct form {
    enum algebra op;
    bool         store, count; /* neither: the result is the reply */
};

struct options {
    bool    with_scores;
    int64_t limit;
};

/* --- Options --------------------------------------------------------------------------------- */

static bool parse_weights(struct call *c, struct operands *o, uint32_t i) {
    for (uint32_t j = 0; j < o->count; j++) {
        if (num_parse_double(c->argv[i + j], &o->of[j].weight)) continue;
        reply_error(c->reply, ERR_WEIGHT);
        return false;
    }
    return true;
}

static bool parse_aggregate(struct call *c, struct operands *o, uint32_t i) {
    if (call_arg_is(c, i, "sum")) o->aggregate = AGGREGATE_SUM;
    else if (call_arg_is(c, i, "min")) o->aggregate = AGGREGATE_MIN;
    else if (call_arg_is(c, i, "max")) o->aggregate = AGGREGATE_MAX;
    else return false;
    return true;
}

static bool parse_options(struct call *c, const struct form *form, uint32_t i, struct operands *o,
                          struct options *options) {
    bool scored = form->op != ALGEBRA_DIFF && !form->count;
    while (i < c->argc) {
        uint32_t left = c->argc - i;
        if (scored && left > o->count && call_arg_is(c, i, "weights")) {
            if (!parse_weights(c, o, i + 1)) return false;
            i += o->count + 1;
        } else if (scored && left >= 2 && call_arg_is(c, i, "aggregate") &&
                   parse_aggregate(c, o, i + 1)) {
            i += 2;
        } else if (!form->store && !form->count && call_arg_is(c, i, "withscores")) {
            options->with_scores = true;
            i++;
        } else if (form->count && left >= 2 && call_arg_is(c, i, "limit")) {
            if (!call_arg_range(c, i + 1, 0, INT64_MAX, &options->limit, ERR_LIMIT_NEGATIVE))
                return false;
            i += 2;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    return true;
}

/* --- Sinks ----------------------------------------------------------------------------------- */

struct counter {
    uint64_t count, limit; /* limit 0: none */
};

static bool count_member(struct members_batch *b, unsigned i, double score, void *arg) {
    struct counter *n = arg;
    (void)b;
    (void)i;
    (void)score;
    return ++n->count != n->limit;
}

struct builder {
    struct zset_build build;
    enum aggregate    aggregate;
};

static void build_ahead(struct members_batch *b, void *arg) {
    struct builder *k = arg;
    members_hash(b);
    for (unsigned i = 0; i < b->count; i++) zset_build_prefetch(&k->build, b->hash[i], false);
    for (unsigned i = 0; i < b->count; i++) zset_build_prefetch(&k->build, b->hash[i], true);
}

/* In a union a member may have come before. */
static bool build_union(struct members_batch *b, unsigned i, double score, void *arg) {
    struct builder *k = arg;
    double         *have = zset_build_get(&k->build, b->member[i], b->hash[i]);
    if (have) *have = aggregate_scores(k->aggregate, *have, score);
    else zset_build_put(&k->build, b->member[i], b->hash[i], score);
    return true;
}

static bool build_member(struct members_batch *b, unsigned i, double score, void *arg) {
    struct builder *k = arg;
    zset_build_put(&k->build, b->member[i], b->hash[i], score);
    return true;
}

/* --- The commands ---------------------------------------------------------------------------- */

/* large: a listpack would not keep a zero its sign, which replies show. False: it is empty. */
static bool result_of(struct operands *o, enum algebra op, bool large, const struct type_env *env,
                      struct value *out) {
    struct builder k = { .aggregate = o->aggregate };
    zset_build_init(&k.build, env);
    operands_walk(o, op, &(struct operands_sink){
                             .arg = &k,
                             .ahead = build_ahead,
                             .take = op == ALGEBRA_UNION ? build_union : build_member,
                         });
    return zset_build_finish(&k.build, large, out);
}

static void algebra_count(struct call *c, struct operands *o, const struct options *options) {
    struct counter n = { .limit = (uint64_t)options->limit };
    operands_walk(o, ALGEBRA_INTER, &(struct operands_sink){ .arg = &n, .take = count_member });
    reply_uint(c->reply, n.count);
}

static void algebra_reply(struct call *c, struct operands *o, enum algebra op,
                          const struct options *options) {
    struct type_env env = call_env(c);
    struct value    v;
    env.heap = c->engine->heaps.clients;
    if (!result_of(o, op, true, &env, &v)) {
        reply_empty_array(c->reply);
        return;
    }
    reply_array(c->reply, reply_members_len(c->reply, zset_count(&v), options->with_scores));
    struct element member;
    double         score;
    for (struct zset_cursor at = zset_at(&v, 0); at.valid; zset_step(&at, false)) {
        zset_peek(&at, &member, &score);
        reply_member(c->reply, &member, score, options->with_scores);
    }
    db_discard_value(c->db, &v, DISCARD_SERVER);
}

static void algebra_store(struct call *c, struct operands *o, enum algebra op) {
    struct type_env env = call_env(c);
    struct value    v;
    struct key      dst;
    bool            any = result_of(o, op, false, &env, &v);
    call_write(c, 1, VAL_ANY, &dst);
    if (any) {
        reply_uint(c->reply, zset_count(&v));
        key_set_value(c, &dst, &v, ENTRY_NO_EXPIRE);
    } else {
        if (dst.entry) key_delete(c, &dst, DISCARD_SERVER);
        reply_int(c->reply, 0);
    }
}

static void algebra(struct call *c, const struct form *form) {
    uint32_t        at = form->store ? 2 : 1, count;
    struct operands o;
    struct options  options = {0};
    if (!operands_numkeys(c, at, &count) || !operands_init(&o, c, at + 1, count, true)) return;
    if (parse_options(c, form, at + 1 + count, &o, &options)) {
        if (form->count) algebra_count(c, &o, &options);
        else if (form->store) algebra_store(c, &o, form->op);
        else algebra_reply(c, &o, form->op, &options);
    }
    operands_fini(&o);
}

static void cmd_zunion(struct call *c) { algebra(c, &(struct form){ .op = ALGEBRA_UNION }); }
static void cmd_zinter(struct call *c) { algebra(c, &(struct form){ .op = ALGEBRA_INTER }); }
static void cmd_zdiff(struct call *c) { algebra(c, &(struct form){ .op = ALGEBRA_DIFF }); }
static void cmd_zintercard(struct call *c) {
    algebra(c, &(struct form){ .op = ALGEBRA_INTER, .count = true });
}
static void cmd_zunionstore(struct call *c) {
    algebra(c, &(struct form){ .op = ALGEBRA_UNION, .store = true });
}
static void cmd_zinterstore(struct call *c) {
    algebra(c, &(struct form){ .op = ALGEBRA_INTER, .store = true });
}
static void cmd_zdiffstore(struct call *c) {
    algebra(c, &(struct form){ .op = ALGEBRA_DIFF, .store = true });
}

#define SOURCES   {{ .flags = KEY_RO | KEY_ACCESS, .first = 2, .keynum = 1, .step = 1 }}
#define STORE_KEYS                                                               \
    {{ .flags = KEY_OW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 },         \
     { .flags = KEY_RO | KEY_ACCESS, .first = 3, .keynum = 2, .step = 1 }}

const struct command zset_algebra_commands[] = {
    { .name = "zunion", .handler = cmd_zunion, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = SOURCES,
      .syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] "
                "[AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
      .since = "6.2.0", .complexity = "O(N)+O(M*log(M)), N = members in all sets together, M = members in the result",
      .summary = "Returns the members that any sorted set has." },
    { .name = "zinter", .handler = cmd_zinter, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = SOURCES,
      .syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] "
                "[AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
      .since = "6.2.0", .complexity = "O(N*K)+O(M*log(M)), N = smallest set, K = number of sets, M = members in the result",
      .summary = "Returns the members that all sorted sets have." },
    { .name = "zdiff", .handler = cmd_zdiff, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = SOURCES,
      .syntax = "numkeys key [key ...] [WITHSCORES]",
      .since = "6.2.0", .complexity = "O(N*K)+O(M*log(M)), N = first set, K = number of sets, M = members in the result",
      .summary = "Returns the members of the first sorted set that no other has." },
    { .name = "zintercard", .handler = cmd_zintercard, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = CMD_READONLY | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = SOURCES,
      .syntax = "numkeys key [key ...] [LIMIT limit]",
      .since = "7.0.0", .complexity = "O(N*K), N = smallest set, K = number of sets",
      .summary = "Returns how many members all sorted sets have in common." },
    { .name = "zunionstore", .handler = cmd_zunionstore, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = STORE_KEYS,
      .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] "
                "[AGGREGATE <SUM | MIN | MAX>]",
      .since = "2.0.0", .complexity = "O(N)+O(M*log(M)), N = members in all sets together, M = members in the result",
      .summary = "Stores the members that any sorted set has." },
    { .name = "zinterstore", .handler = cmd_zinterstore, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = STORE_KEYS,
      .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] "
                "[AGGREGATE <SUM | MIN | MAX>]",
      .since = "2.0.0", .complexity = "O(N*K)+O(M*log(M)), N = smallest set, K = number of sets, M = members in the result",
      .summary = "Stores the members that all sorted sets have." },
    { .name = "zdiffstore", .handler = cmd_zdiffstore, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET, .keys = STORE_KEYS,
      .syntax = "destination numkeys key [key ...]",
      .since = "6.2.0", .complexity = "O(N*K)+O(M*log(M)), N = first set, K = number of sets, M = members in the result",
      .summary = "Stores the members of the first sorted set that no other has." },
    {0},
};
