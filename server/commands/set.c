/* set.c: the set commands.
 *
 * SINTER and its like look all keys up before they begin, as Redis does, so a wrong type anywhere is
 * an error even where the result is already known to be empty. Intersections walk the smallest set
 * and ask the others; differences walk the first and ask the rest; only unions (which must not repeat
 * a member) and the STORE forms build a set.
 *
 * Start reading at cmd_sadd() and, for the algebra, at algebra(). */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/commands/sample.h"
#include "server/commands/scan.h"
#include "server/core/call.h"
#include "server/types/set.h"

static void cmd_sadd(struct call *c) {
    struct key k;
    if (!call_write(c, 1, VAL_SET, &k)) return;
    struct type_env env = call_env(c);
    if (!k.entry) key_create(c, &k, set_new(&env, c->argv[2], c->argc - 2));
    uint64_t added = 0;
    for (uint32_t i = 2; i < c->argc; i++) added += set_add(&k.v, &env, c->argv[i]);
    key_commit(c, &k, added);
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

/* Replies with a random member and removes it. */
static void pop_one(struct call *c, struct key *k, const struct type_env *env) {
    struct element e;
    char           scratch[ELEMENT_TEXT_MAX];
    set_random(&k->v, env, &e);
    struct slice member = element_text(&e, scratch);
    reply_bulk(c->reply, member);
    bool removed = set_remove(&k->v, env, member);
    ASSERT(removed);
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
    for (uint64_t i = 0; i < n; i++) pop_one(c, &k, &env);
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

enum set_operation { SET_INTER, SET_UNION, SET_DIFF };

/* The operands of one call: sets that are there, and whether any was absent. */
struct operands {
    struct ash_heap *heap;
    struct key      *key; /* absent ones have no entry */
    uint32_t         count;
    bool             any_absent;
};

static bool operands_init(struct operands *o, struct call *c, uint32_t first, uint32_t count) {
    *o = (struct operands){.heap = c->engine->heaps.clients, .count = count};
    o->key = ash_alloc(o->heap, count * sizeof *o->key);
    for (uint32_t i = 0; i < count; i++) {
        if (!call_read(c, first + i, VAL_SET, &o->key[i])) {
            ash_free(o->key, count * sizeof *o->key);
            return false;
        }
        o->any_absent |= !o->key[i].entry;
    }
    return true;
}

static void operands_fini(struct operands *o) { ash_free(o->key, o->count * sizeof *o->key); }

/* Puts the smallest set first: it is the one to walk. */
static void operands_smallest_first(struct operands *o) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < o->count; i++)
        if (set_count(&o->key[i].v) < set_count(&o->key[best].v)) best = i;
    struct key k = o->key[0];
    o->key[0] = o->key[best];
    o->key[best] = k;
}

/* Whether every (or, wanted false, none) of the sets behind the first has the member. */
static bool others_agree(const struct operands *o, struct slice member, bool wanted) {
    for (uint32_t i = 1; i < o->count; i++) {
        bool has = o->key[i].entry && set_has(&o->key[i].v, member);
        if (has != wanted) return false;
    }
    return true;
}

/* Hands each member of the intersection or difference to fn, until it returns false. */
static void walk_filtered(struct operands *o, enum set_operation op,
                          bool (*fn)(struct slice member, void *arg), void *arg) {
    if (op == SET_INTER) {
        if (o->any_absent) return;
        operands_smallest_first(o);
    } else if (!o->key[0].entry) {
        return;
    }
    struct set_iter it;
    struct element  e;
    char            scratch[ELEMENT_TEXT_MAX];
    set_iter_init(&it, &o->key[0].v);
    while (set_next(&it, &e)) {
        struct slice member = element_text(&e, scratch);
        if (others_agree(o, member, op == SET_INTER) && !fn(member, arg)) return;
    }
}

struct collector {
    struct call    *call;
    struct type_env env;
    struct value    set;
    bool            made;
    uint64_t        count, limit;
};

static bool collect_reply(struct slice member, void *arg) {
    struct collector *k = arg;
    reply_bulk(k->call->reply, member);
    k->count++;
    return true;
}

static bool collect_count(struct slice member, void *arg) {
    struct collector *k = arg;
    (void)member;
    k->count++;
    return k->limit == 0 || k->count < k->limit;
}

static bool collect_member(struct slice member, void *arg) {
    struct collector *k = arg;
    if (!k->made) k->set = set_new(&k->env, member, 0);
    k->made = true;
    set_add(&k->set, &k->env, member);
    return true;
}

static void collect_union(struct operands *o, struct collector *into) {
    for (uint32_t i = 0; i < o->count; i++) {
        if (!o->key[i].entry) continue;
        struct set_iter it;
        struct element  e;
        char            scratch[ELEMENT_TEXT_MAX];
        set_iter_init(&it, &o->key[i].v);
        while (set_next(&it, &e)) collect_member(element_text(&e, scratch), into);
    }
}

static void algebra_reply(struct call *c, enum set_operation op) {
    struct operands  o;
    struct collector k = {.call = c, .env = call_env(c)};
    if (!operands_init(&o, c, 1, c->argc - 1)) return;
    if (op == SET_UNION) {
        k.env.heap = c->engine->heaps.clients;
        collect_union(&o, &k);
        if (k.made) reply_members(c, &k.set);
        else reply_set(c->reply, 0);
        if (k.made) set_free(&k.set);
    } else {
        struct reply_deferred d = reply_begin(c->reply);
        walk_filtered(&o, op, collect_reply, &k);
        reply_end_set(c->reply, d, k.count);
    }
    operands_fini(&o);
}

static void algebra_store(struct call *c, enum set_operation op) {
    struct operands  o;
    struct collector k = {.call = c, .env = call_env(c)};
    struct key       dst;
    if (!operands_init(&o, c, 2, c->argc - 2)) return;
    if (op == SET_UNION) collect_union(&o, &k);
    else walk_filtered(&o, op, collect_member, &k);
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

static void cmd_sinter(struct call *c) { algebra_reply(c, SET_INTER); }
static void cmd_sunion(struct call *c) { algebra_reply(c, SET_UNION); }
static void cmd_sdiff(struct call *c) { algebra_reply(c, SET_DIFF); }
static void cmd_sinterstore(struct call *c) { algebra_store(c, SET_INTER); }
static void cmd_sunionstore(struct call *c) { algebra_store(c, SET_UNION); }
static void cmd_sdiffstore(struct call *c) { algebra_store(c, SET_DIFF); }

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
    if (!operands_init(&o, c, 2, (uint32_t)numkeys)) return;
    walk_filtered(&o, SET_INTER, collect_count, &k);
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
    { .name = "sadd", .handler = cmd_sadd, .arity = -3, .group = GROUP_SET,
      .member = 2, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "1.0.0", .complexity = "O(N), N = members given",
      .summary = "Adds members to a set. Makes the set if there is none." },
    { .name = "srem", .handler = cmd_srem, .arity = -3, .group = GROUP_SET,
      .member = 2, .flags = CMD_WRITE | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member [member ...]",
      .since = "1.0.0", .complexity = "O(N), N = members given",
      .summary = "Removes members from a set. The set goes with its last one." },
    { .name = "sismember", .handler = cmd_sismember, .arity = 3, .group = GROUP_SET,
      .member = 2, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key member",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Tells whether a set has a member." },
    { .name = "smismember", .handler = cmd_smismember, .arity = -3, .group = GROUP_SET,
      .member = 2, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_SET,
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
      .summary = "Removes and returns random members." },
    { .name = "srandmember", .handler = cmd_srandmember, .arity = -2, .group = GROUP_SET,
      .flags = CMD_READONLY, .acl = ACL_SET,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count]",
      .tips = "nondeterministic_output",
      .since = "1.0.0", .complexity = "O(N), N = members returned, or the set's size for many distinct ones",
      .summary = "Returns random members." },
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
