/* set.c: the set commands.
 *
 * The algebra's sources and walks are operands.h: only unions (which must not repeat a member) and
 * the STORE forms build a set.
 *
 * Start reading at cmd_sadd() and, for the algebra, at algebra_reply(). */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/commands/operands.h"
#include "server/commands/sample.h"
#include "server/commands/scan.h"
#include "server/core/lookahead.h"

#define POP_MOST 5 /* so many times as much goes as stays: what stays is copied */

static void ahead_member(struct lookahead *a, unsigned stage) {
    if (a->v.enc != ENC_HASHTABLE || a->v.type != VAL_SET || stage > 1) return;
    if (stage == 0) a->hash = table_hash(a->argv[2]);
    set_prefetch(&a->v, a->hash, stage == 1);
}

static void cmd_sadd(struct call *c) {
    struct key k;
    if (!call_write(c, 1, VAL_SET, &k)) return;
    struct type_env env = call_env(c);
    if (!k.entry) key_create(c, &k, set_new(&env, c->argv[2], c->argc - 2));
    uint64_t added = 0;
    for (uint32_t i = 2; i < c->argc; i++) added += set_add(&k.v, &env, c->argv[i]);
    key_commit_grown(c, &k, added);
    reply_uint(c->reply, added);
}

static void cmd_srem(struct call *c) {
    struct key k;
    if (!call_write(c, 1, VAL_SET, &k)) return;
    uint64_t removed = 0;
    if (k.entry) {
        struct type_env env = call_env(c);
        for (uint32_t i = 2; i < c->argc && set_count(&k.v) > 0; i++)
            removed += set_remove(&k.v, &env, c->argv[i]);
        if (removed > 0) key_commit(c, &k, removed);
    }
    reply_uint(c->reply, removed);
}

static void cmd_sismember(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_SET, &k)) reply_int(c->reply, k.entry && set_has(&k.v, c->argv[2]));
}

static void cmd_smismember(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_SET, &k)) return;
    reply_array(c->reply, c->argc - 2);
    for (uint32_t i = 2; i < c->argc; i++)
        reply_int(c->reply, k.entry && set_has(&k.v, c->argv[i]));
}

static void cmd_scard(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_SET, &k)) reply_uint(c->reply, k.entry ? set_count(&k.v) : 0);
}

static void reply_members(struct call *c, const struct value *v) {
    struct set_iter it;
    struct element  e;
    reply_set(c->reply, set_count(v));
    set_iter_init(&it, v);
    while (set_next(&it, &e)) reply_element(c->reply, &e);
}

static void cmd_smembers(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_SET, &k)) return;
    if (k.entry) reply_members(c, &k.v);
    else reply_set(c->reply, 0);
}

static void reply_popped(const struct element *member, void *arg) { reply_element(arg, member); }

/* Nearly all of them: what stays is copied into a new set, as Redis does (so its encoding may be a
 * smaller one), and the old one is given to lazy free as a whole. */
static void pop_most(struct call *c, struct key *k, const struct type_env *env, uint64_t n) {
    struct sample   stay = sample_init(set_count(&k->v) - n, set_count(&k->v), env->rand);
    struct value    kept = {0};
    struct set_iter it;
    struct element  e;
    char            scratch[ELEMENT_TEXT_MAX];
    bool            made = false;
    set_iter_init(&it, &k->v);
    while (set_next(&it, &e)) {
        if (!sample_take(&stay)) {
            reply_element(c->reply, &e);
            continue;
        }
        struct slice member = element_text(&e, scratch);
        if (!made) kept = set_new(env, member, 0);
        made = true;
        set_add(&kept, env, member);
    }
    key_set_value(c, k, &kept, DB_KEEP_TTL);
    c->dirty += n - 1;
}

static void cmd_spop(struct call *c) {
    struct key k;
    int64_t    count = 1;
    bool       counted = c->argc == 3;
    if (c->argc > 3) {
        call_syntax_error(c);
        return;
    }
    if (counted && !call_arg_range(c, 2, 0, INT64_MAX, &count, ERR_NOT_POSITIVE)) return;
    if (!call_write(c, 1, VAL_SET, &k)) return;
    if (!k.entry) {
        if (counted) reply_set(c->reply, 0);
        else reply_null(c->reply);
        return;
    }
    uint64_t size = set_count(&k.v), n = (uint64_t)count < size ? (uint64_t)count : size;
    if (counted && n == size) {
        reply_members(c, &k.v);
        key_delete(c, &k, DISCARD_SERVER);
        return;
    }
    struct type_env env = call_env(c);
    if (counted) reply_set(c->reply, n);
    if (counted && k.v.enc != ENC_LISTPACK && (size - n) * POP_MOST <= n) {
        pop_most(c, &k, &env, n);
        return;
    }
    for (uint64_t i = 0; i < n; i++) set_pop(&k.v, &env, reply_popped, c->reply);
    if (n > 0) key_commit(c, &k, n);
}

/* --- SRANDMEMBER --------------------------------------------------------------------------- */

static void random_repeated(struct call *c, struct key *k, uint64_t n) {
    struct type_env env = call_env(c);
    struct element  e;
    reply_array(c->reply, n);
    for (uint64_t i = 0; i < n && !c->reply->muted; i++) { /* muted: nobody gets the rest */
        set_random(&k->v, &env, &e);
        reply_element(c->reply, &e);
    }
}

/* A few out of many: draws, and remembers what it drew. */
static void random_drawn(struct call *c, struct key *k, uint64_t n) {
    struct type_env env = call_env(c), scratch_env = env;
    scratch_env.heap = c->engine->heaps.clients;
    struct value   seen = set_new(&scratch_env, slice_str(""), n);
    struct element e;
    char           scratch[ELEMENT_TEXT_MAX];
    reply_array(c->reply, n);
    while (set_count(&seen) < n) {
        set_random(&k->v, &env, &e);
        struct slice member = element_text(&e, scratch);
        if (set_add(&seen, &scratch_env, member)) reply_bulk(c->reply, member);
    }
    set_free(&seen);
}

static void random_distinct(struct call *c, struct key *k, uint64_t n) {
    uint64_t size = set_count(&k->v);
    if (n < size / 8) {
        random_drawn(c, k, n);
        return;
    }
    struct sample   s = sample_init(n, size, &c->engine->rand);
    struct set_iter it;
    struct element  e;
    reply_array(c->reply, s.wanted);
    set_iter_init(&it, &k->v);
    while (s.wanted > 0 && set_next(&it, &e))
        if (sample_take(&s)) reply_element(c->reply, &e);
}

static void cmd_srandmember(struct call *c) {
    struct key     k;
    struct element e;
    int64_t        count = 0;
    if (c->argc > 3) {
        call_syntax_error(c);
        return;
    }
    if (c->argc == 3 && !call_arg_range(c, 2, -INT64_MAX, INT64_MAX, &count, NULL)) return;
    if (!call_read(c, 1, VAL_SET, &k)) return;
    if (c->argc == 2) {
        if (!k.entry) {
            reply_null(c->reply);
            return;
        }
        struct type_env env = call_env(c);
        set_random(&k.v, &env, &e);
        reply_element(c->reply, &e);
    } else if (!k.entry || count == 0) {
        reply_empty_array(c->reply);
    } else if (count < 0) {
        random_repeated(c, &k, (uint64_t)-count);
    } else {
        random_distinct(c, &k, (uint64_t)count);
    }
}

static void cmd_smove(struct call *c) {
    struct key src, dst;
    if (!call_write(c, 1, VAL_SET, &src)) return;
    if (!src.entry) {
        reply_int(c->reply, 0);
        return;
    }
    if (!call_write(c, 2, VAL_SET, &dst)) return;
    if (slice_eq(c->argv[1], c->argv[2])) {
        reply_int(c->reply, set_has(&src.v, c->argv[3]));
        return;
    }
    struct type_env env = call_env(c);
    if (!set_remove(&src.v, &env, c->argv[3])) {
        reply_int(c->reply, 0);
        return;
    }
    key_commit(c, &src, 1);
    if (!call_write(c, 2, VAL_SET, &dst)) PANIC("the destination changed type");
    if (!dst.entry) key_create(c, &dst, set_new(&env, c->argv[3], 1));
    key_commit(c, &dst, set_add(&dst.v, &env, c->argv[3]));
    reply_int(c->reply, 1);
}

/* --- Algebra ------------------------------------------------------------------------------- */

struct collector {
    struct call    *call;
    struct type_env env;
    struct value    set;
    bool            made;
    uint64_t        count, limit;
};

static bool collect_reply(struct members_batch *b, unsigned i, double score, void *arg) {
    struct collector *k = arg;
    (void)score;
    reply_bulk(k->call->reply, b->member[i]);
    k->count++;
    return true;
}

static bool collect_count(struct members_batch *b, unsigned i, double score, void *arg) {
    struct collector *k = arg;
    (void)b;
    (void)i;
    (void)score;
    return ++k->count != k->limit;
}

static void collect_ahead(struct members_batch *b, void *arg) {
    const struct collector *k = arg;
    if (!k->made || k->set.enc != ENC_HASHTABLE) return;
    members_hash(b);
    for (unsigned i = 0; i < b->count; i++) set_prefetch(&k->set, b->hash[i], false);
    for (unsigned i = 0; i < b->count; i++) set_prefetch(&k->set, b->hash[i], true);
}

static bool collect_member(struct members_batch *b, unsigned i, double score, void *arg) {
    struct collector *k = arg;
    (void)score;
    if (!k->made) k->set = set_new(&k->env, b->member[i], 0);
    k->made = true;
    if (b->hashed) set_add_hashed(&k->set, &k->env, b->member[i], b->hash[i]);
    else set_add(&k->set, &k->env, b->member[i]);
    return true;
}

static void collect(struct operands *o, enum algebra op, struct collector *k) {
    operands_walk(o, op, &(struct operands_sink){
                             .arg = k, .ahead = collect_ahead, .take = collect_member });
}

static void algebra_reply(struct call *c, enum algebra op) {
    struct operands  o;
    struct collector k = {.call = c, .env = call_env(c)};
    if (!operands_init(&o, c, 1, c->argc - 1, false)) return;
    if (op == ALGEBRA_UNION) {
        k.env.heap = c->engine->heaps.clients;
        collect(&o, op, &k);
        if (k.made) reply_members(c, &k.set);
        else reply_set(c->reply, 0);
        if (k.made) db_discard_value(c->db, &k.set, DISCARD_SERVER);
    } else {
        struct reply_deferred d = reply_begin(c->reply);
        operands_walk(&o, op, &(struct operands_sink){ .arg = &k, .take = collect_reply });
        reply_end_set(c->reply, d, k.count);
    }
    operands_fini(&o);
}

static void algebra_store(struct call *c, enum algebra op) {
    struct operands  o;
    struct collector k = {.call = c, .env = call_env(c)};
    struct key       dst;
    if (!operands_init(&o, c, 2, c->argc - 2, false)) return;
    collect(&o, op, &k);
    operands_fini(&o);
    call_write(c, 1, VAL_ANY, &dst);
    if (k.made) {
        reply_uint(c->reply, set_count(&k.set));
        key_set_value(c, &dst, &k.set, ENTRY_NO_EXPIRE);
    } else {
        if (dst.entry) key_delete(c, &dst, DISCARD_SERVER);
        reply_int(c->reply, 0);
    }
}

static void cmd_sinter(struct call *c) { algebra_reply(c, ALGEBRA_INTER); }
static void cmd_sunion(struct call *c) { algebra_reply(c, ALGEBRA_UNION); }
static void cmd_sdiff(struct call *c) { algebra_reply(c, ALGEBRA_DIFF); }
static void cmd_sinterstore(struct call *c) { algebra_store(c, ALGEBRA_INTER); }
static void cmd_sunionstore(struct call *c) { algebra_store(c, ALGEBRA_UNION); }
static void cmd_sdiffstore(struct call *c) { algebra_store(c, ALGEBRA_DIFF); }

static void cmd_sintercard(struct call *c) {
    int64_t numkeys, limit = 0;
    if (!call_arg_range(c, 1, 1, INT64_MAX, &numkeys, ERR_NUMKEYS_ZERO))
        return;
    if (numkeys > (int64_t)c->argc - 2) {
        reply_error(c->reply, ERR_NUMKEYS_RANGE);
        return;
    }
    for (uint32_t i = 2 + (uint32_t)numkeys; i < c->argc; i += 2) {
        if (!call_arg_is(c, i, "limit") || i + 1 == c->argc) {
            call_syntax_error(c);
            return;
        }
        if (!call_arg_range(c, i + 1, 0, INT64_MAX, &limit, ERR_LIMIT_NEGATIVE)) return;
    }
    struct operands  o;
    struct collector k = {.call = c, .limit = (uint64_t)limit};
    if (!operands_init(&o, c, 2, (uint32_t)numkeys, false)) return;
    operands_walk(&o, ALGEBRA_INTER, &(struct operands_sink){ .arg = &k, .take = collect_count });
    operands_fini(&o);
    reply_uint(c->reply, k.count);
}

/* --- SSCAN --------------------------------------------------------------------------------- */

static void scan_member(const struct element *member, void *arg) {
    struct scan_reply *r = arg;
    char               scratch[ELEMENT_TEXT_MAX];
    if (!scan_wants(r->options, element_text(member, scratch))) return;
    reply_element(r->reply, member);
    r->count++;
}

static void cmd_sscan(struct call *c) {
    uint64_t            cursor;
    struct key          k;
    struct scan_options o;
    if (!scan_cursor(c, 2, &cursor) || !call_read(c, 1, VAL_SET, &k)) return;
    if (!k.entry) {
        scan_reply_empty(c);
        return;
    }
    if (!scan_parse(c, 3, false, &o)) return;
    struct scan_reply r = scan_begin(c, &o);
    scan_end(&r, set_scan(&k.v, cursor, o.count, scan_member, &r));
}

const struct command set_commands[] = {
    { .name = "sadd", .handler = cmd_sadd, .lookahead = ahead_member,
      .arity = -3, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "1.0.0", .complexity = "O(N), N = members given",
      .summary = "Adds members to a set. Makes the set if there is none.",
      .history = "2.4.0=Takes several members." },
    { .name = "srem", .handler = cmd_srem, .lookahead = ahead_member,
      .arity = -3, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "1.0.0", .complexity = "O(N), N = members given",
      .summary = "Removes members from a set. The set goes with its last one.",
      .history = "2.4.0=Takes several members." },
    { .name = "sismember", .handler = cmd_sismember, .lookahead = ahead_member,
      .arity = 3, .group = GROUP_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Tells whether a set has a member." },
    { .name = "smismember", .handler = cmd_smismember, .lookahead = ahead_member,
      .arity = -3, .group = GROUP_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "6.2.0", .complexity = "O(N), N = members asked for",
      .summary = "Tells for each member whether a set has it." },
    { .name = "scard", .handler = cmd_scard, .arity = 2, .group = GROUP_SET,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Returns how many members a set has." },
    { .name = "smembers", .handler = cmd_smembers, .arity = 2, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .tips = "nondeterministic_output_order",
      .since = "1.0.0", .complexity = "O(N), N = size of the set",
      .summary = "Returns all members." },
    { .name = "spop", .handler = cmd_spop, .arity = -2, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count]",
      .tips = "nondeterministic_output",
      .since = "1.0.0", .complexity = "O(N), N = members returned",
      .summary = "Removes and returns random members.",
      .history = "3.2.0=Added the `count` argument." },
    { .name = "srandmember", .handler = cmd_srandmember, .arity = -2, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count]",
      .tips = "nondeterministic_output",
      .since = "1.0.0", .complexity = "O(N), N = members returned, or the set's size for many distinct ones",
      .summary = "Returns random members.",
      .history = "2.6.0=Added the `count` argument." },
    { .name = "smove", .handler = cmd_smove, .arity = 4, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_DELETE, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RW | KEY_INSERT, .first = 2, .last = 0, .step = 1 }},
      .syntax = "source destination member",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Moves a member from one set to another." },
    { .name = "sinter", .handler = cmd_sinter, .arity = -2, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = -1, .step = 1 }},
      .syntax = "key [key ...]",
      .tips = "nondeterministic_output_order",
      .since = "1.0.0", .complexity = "O(N*M), N = smallest set, M = number of sets",
      .summary = "Returns the members that all sets have." },
    { .name = "sunion", .handler = cmd_sunion, .arity = -2, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = -1, .step = 1 }},
      .syntax = "key [key ...]",
      .tips = "nondeterministic_output_order",
      .since = "1.0.0", .complexity = "O(N), N = members in all sets together",
      .summary = "Returns the members that any set has." },
    { .name = "sdiff", .handler = cmd_sdiff, .arity = -2, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = -1, .step = 1 }},
      .syntax = "key [key ...]",
      .tips = "nondeterministic_output_order",
      .since = "1.0.0", .complexity = "O(N*M), N = first set, M = number of sets",
      .summary = "Returns the members of the first set that no other has." },
    { .name = "sinterstore", .handler = cmd_sinterstore, .arity = -3, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = -1, .step = 1 }},
      .syntax = "destination key [key ...]",
      .since = "1.0.0", .complexity = "O(N*M), N = smallest set, M = number of sets",
      .summary = "Stores the members that all sets have." },
    { .name = "sunionstore", .handler = cmd_sunionstore, .arity = -3, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_SET,
      .keys = {{ .flags = KEY_OW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = -1, .step = 1 }},
      .syntax = "destination key [key ...]",
      .since = "1.0.0", .complexity = "O(N), N = members in all sets together",
      .summary = "Stores the members that any set has." },
    { .name = "sdiffstore", .handler = cmd_sdiffstore, .arity = -3, .group = GROUP_SET,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_SET,
      .keys = {{ .flags = KEY_OW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = -1, .step = 1 }},
      .syntax = "destination key [key ...]",
      .since = "1.0.0", .complexity = "O(N*M), N = first set, M = number of sets",
      .summary = "Stores the members of the first set that no other has." },
    { .name = "sintercard", .handler = cmd_sintercard, .arity = -3, .group = GROUP_SET,
      .flags = CMD_READONLY | CMD_MOVABLE_KEYS, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 2, .keynum = 1, .step = 1 }},
      .syntax = "numkeys key [key ...] [LIMIT limit]",
      .since = "7.0.0", .complexity = "O(N*M), N = smallest set, M = number of sets",
      .summary = "Returns how many members all sets have in common." },
    { .name = "sscan", .handler = cmd_sscan, .arity = -3, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key cursor [MATCH pattern] [COUNT count]",
      .tips = "nondeterministic_output",
      .since = "2.8.0", .complexity = "O(1) a call, O(N) for a whole iteration",
      .summary = "Iterates over the members of a set." },
    {0},
};
