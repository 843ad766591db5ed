/* hash.c: the hash commands.
 *
 * A value read from the hash is borrowed from it, so HINCRBY and its like compute first and then
 * store. Readers pass the time of the call: fields that are due by then are not there, and counts
 * that stand in front of a reply are of the others (hash_live). Commands about when a field expires
 * are in hash_expire.c.
 *
 * Start reading at cmd_hset(). */
#include "server/commands/families.h"

#include <math.h>

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/commands/sample.h"
#include "server/commands/scan.h"
#include "server/core/call.h"
#include "server/core/lookahead.h"
#include "server/types/hash.h"
#include "server/types/set.h"

/* Of a smaller table, nearly all is in the cache anyway. */
#define AHEAD_FROM 4096

static void ahead_field(struct lookahead *a, unsigned stage) {
    if (a->v.type != VAL_HASH || stage > 1 || hash_count(&a->v) < AHEAD_FROM) return;
    if (stage == 0) a->hash = table_hash(a->argv[2]);
    hash_prefetch(&a->v, a->hash, stage == 1);
}

/* The hash at argv[1], made when it is not there. False: WRONGTYPE was sent. */
static bool hash_open(struct call *c, struct key *k) {
    if (!call_write(c, 1, VAL_HASH, k)) return false;
    if (!k->entry) {
        struct type_env env = call_env(c);
        key_create(c, k, hash_new(&env));
    }
    return true;
}

static bool set_fields(struct call *c, uint64_t *created) {
    struct key k;
    if (c->argc % 2 != 0) {
        call_wrong_args(c);
        return false;
    }
    if (!hash_open(c, &k)) return false;
    struct type_env env = call_env(c);
    if (c->argc > 4) hash_prepare(&k.v, &env, c->argv + 2, c->argc - 2);
    *created = 0;
    for (uint32_t i = 2; i < c->argc; i += 2)
        *created += hash_set(&k.v, &env, c->argv[i], c->argv[i + 1]);
    key_commit_grown(c, &k, (c->argc - 2) / 2);
    return true;
}

static void cmd_hset(struct call *c) {
    uint64_t created;
    if (set_fields(c, &created)) reply_uint(c->reply, created);
}

static void cmd_hmset(struct call *c) {
    uint64_t created;
    if (set_fields(c, &created)) reply_ok(c->reply);
}

static void cmd_hsetnx(struct call *c) {
    struct key     k;
    struct element e;
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    if (k.entry && hash_get(&k.v, c->now_ms, c->argv[2], &e)) {
        reply_int(c->reply, 0);
        return;
    }
    struct type_env env = call_env(c);
    if (!k.entry) key_create(c, &k, hash_new(&env));
    hash_set(&k.v, &env, c->argv[2], c->argv[3]);
    key_commit(c, &k, 1);
    reply_int(c->reply, 1);
}

static void reply_field(struct call *c, const struct key *k, struct slice field) {
    struct element e;
    if (k->entry && hash_get(&k->v, c->now_ms, field, &e)) reply_element(c->reply, &e);
    else reply_null(c->reply);
}

static void cmd_hget(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_HASH, &k)) reply_field(c, &k, c->argv[2]);
}

static void cmd_hmget(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_HASH, &k)) return;
    reply_array(c->reply, c->argc - 2);
    for (uint32_t i = 2; i < c->argc; i++) reply_field(c, &k, c->argv[i]);
}

enum { WITH_FIELDS = 1, WITH_VALUES = 2 };

static void reply_all(struct call *c, unsigned what) {
    struct key k;
    if (!call_read(c, 1, VAL_HASH, &k)) return;
    uint64_t n = k.entry ? hash_live(&k.v, c->now_ms) : 0;
    if (what == (WITH_FIELDS | WITH_VALUES)) reply_map(c->reply, n);
    else reply_array(c->reply, n);
    if (n == 0) return;
    struct hash_iter it;
    struct slice     field, value;
    hash_iter_init(&it, &k.v, c->now_ms);
    while (hash_next_slices(&it, &field, &value)) {
        if (what & WITH_FIELDS) reply_bulk(c->reply, field);
        if (what & WITH_VALUES) reply_bulk(c->reply, value);
    }
}

static void cmd_hgetall(struct call *c) { reply_all(c, WITH_FIELDS | WITH_VALUES); }
static void cmd_hkeys(struct call *c) { reply_all(c, WITH_FIELDS); }
static void cmd_hvals(struct call *c) { reply_all(c, WITH_VALUES); }

static void cmd_hlen(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_HASH, &k)) 
        reply_uint(c->reply, k.entry ? hash_live(&k.v, c->now_ms) : 0);
}

static void cmd_hexists(struct call *c) {
    struct key     k;
    struct element e;
    if (call_read(c, 1, VAL_HASH, &k))
        reply_int(c->reply, k.entry && hash_get(&k.v, c->now_ms, c->argv[2], &e));
}

static void cmd_hstrlen(struct call *c) {
    struct key     k;
    struct element e;
    char           scratch[ELEMENT_TEXT_MAX];
    if (!call_read(c, 1, VAL_HASH, &k)) return;
    bool there = k.entry && hash_get(&k.v, c->now_ms, c->argv[2], &e);
    reply_uint(c->reply, there ? element_text(&e, scratch).len : 0);
}

static void cmd_hdel(struct call *c) {
    struct key k;
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    uint64_t removed = 0;
    if (k.entry) {
        struct type_env env = call_env(c);
        for (uint32_t i = 2; i < c->argc && hash_count(&k.v) > 0; i++)
            removed += hash_remove(&k.v, &env, c->argv[i]);
        if (removed > 0) key_commit(c, &k, removed);
    }
    reply_uint(c->reply, removed);
}

/* Stores a computed value in a field, whose expiry stays; the hash is made when it is not there. */
static void store_field(struct call *c, struct key *k, struct slice field, struct slice value) {
    struct type_env env = call_env(c);
    if (!k->entry) key_create(c, k, hash_new(&env));
    hash_update(&k->v, &env, field, value);
    key_commit(c, k, 1);
}

static void cmd_hincrby(struct call *c) {
    int64_t        by, old = 0, now;
    struct key     k;
    struct element e;
    char           text[NUM_I64_TEXT_MAX];
    if (!call_arg_i64(c, 3, &by) || !call_write(c, 1, VAL_HASH, &k)) return;
    if (k.entry && hash_get(&k.v, c->now_ms, c->argv[2], &e)) {
        if (e.is_int) old = e.i;
        else if (!num_parse_i64(e.s, &old)) {
            reply_error(c->reply, "ERR hash value is not an integer");
            return;
        }
    }
    if (__builtin_add_overflow(old, by, &now)) {
        reply_error(c->reply, ERR_OVERFLOW);
        return;
    }
    store_field(c, &k, c->argv[2], slice_of(text, num_format_i64(text, now)));
    reply_int(c->reply, now);
}

static void cmd_hincrbyfloat(struct call *c) {
    long double    by, old = 0;
    struct key     k;
    struct element e;
    char           text[NUM_LDOUBLE_TEXT_MAX], scratch[ELEMENT_TEXT_MAX];
    if (!call_arg_ldouble(c, 3, &by)) return;
    if (isnan(by) || isinf(by)) {
        reply_error(c->reply, ERR_NAN_OR_INF);
        return;
    }
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    if (k.entry && hash_get(&k.v, c->now_ms, c->argv[2], &e) &&
        !num_parse_ldouble(element_text(&e, scratch), &old)) {
        reply_error(c->reply, "ERR hash value is not a float");
        return;
    }
    if (isnan(old + by) || isinf(old + by)) {
        reply_error(c->reply, ERR_INCREMENT_NAN);
        return;
    }
    struct slice now = slice_of(text, num_format_ldouble(text, old + by));
    store_field(c, &k, c->argv[2], now);
    reply_bulk(c->reply, now);
}

/* --- HSCAN --------------------------------------------------------------------------------- */

static void scan_field(const struct element *field, const struct element *value, void *arg) {
    struct scan_reply *r = arg;
    char               scratch[ELEMENT_TEXT_MAX];
    if (!scan_wants(r->options, element_text(field, scratch))) return;
    reply_element(r->reply, field);
    r->count++;
    if (r->options->no_values) return;
    reply_element(r->reply, value);
    r->count++;
}

static void cmd_hscan(struct call *c) {
    uint64_t            cursor;
    struct key          k;
    struct scan_options o;
    if (!scan_cursor(c, 2, &cursor) || !call_read(c, 1, VAL_HASH, &k)) return;
    if (!k.entry) {
        scan_reply_empty(c);
        return;
    }
    if (!scan_parse(c, 3, SCAN_ALLOW_NOVALUES, &o)) return;
    struct scan_reply r = scan_begin(c, &o);
    scan_end(&r, hash_scan(&k.v, c->now_ms, cursor, o.count, scan_field, &r));
}

/* --- HRANDFIELD ---------------------------------------------------------------------------- */

struct listed {
    struct element field, value;
};

static void reply_pair(struct call *c, const struct element *field, const struct element *value,
                       bool with_values) {
    if (with_values && c->reply->resp == 3) reply_array(c->reply, 2);
    reply_element(c->reply, field);
    if (with_values) reply_element(c->reply, value);
}

static void reply_pairs(struct call *c, uint64_t n, bool with_values) {
    reply_array(c->reply, with_values && c->reply->resp == 2 ? n * 2 : n);
}

/* With repetition, of a hash with fields that are due: the live ones are listed first, so that each
 * draw is one step, however many of the others there are. */
static void random_repeated_live(struct call *c, struct key *k, uint64_t n, bool with_values) {
    struct ash_heap *heap = c->engine->heaps.clients;
    uint64_t         live = hash_live(&k->v, c->now_ms), listed = 0;
    size_t           size = live * sizeof(struct listed);
    struct listed   *list = ash_alloc(heap, size);
    struct hash_iter it;
    hash_iter_init(&it, &k->v, c->now_ms);
    while (listed < live && hash_next(&it, &list[listed].field, &list[listed].value)) listed++;
    reply_pairs(c, n, with_values);
    for (uint64_t i = 0; i < n && !c->reply->muted; i++) {
        const struct listed *l = &list[rand_below(&c->engine->rand, listed)];
        reply_pair(c, &l->field, &l->value, with_values);
    }
    ash_free(list, size);
}

static void random_repeated(struct call *c, struct key *k, uint64_t n, bool with_values) {
    struct type_env env = call_env(c);
    struct element  field, value;
    reply_pairs(c, n, with_values);
    for (uint64_t i = 0; i < n && !c->reply->muted; i++) { /* muted: nobody gets the rest */
        hash_random(&k->v, &env, &field, &value);
        reply_pair(c, &field, &value, with_values);
    }
}

/* A few of many: drawn until enough different ones are there. */
static void random_drawn(struct call *c, struct key *k, uint64_t n, bool with_values) {
    struct type_env env = call_env(c), scratch_env = env;
    scratch_env.heap = c->engine->heaps.clients;
    struct value   seen = set_new(&scratch_env, slice_str(""), n);
    struct element field, value;
    reply_pairs(c, n, with_values);
    while (set_count(&seen) < n) {
        hash_random(&k->v, &env, &field, &value);
        if (set_add(&seen, &scratch_env, field.s)) reply_pair(c, &field, &value, with_values);
    }
    set_free(&seen);
}

static void random_distinct(struct call *c, struct key *k, uint64_t n, bool with_values) {
    uint64_t live = hash_live(&k->v, c->now_ms);
    if (n < live / 8 && live == hash_count(&k->v)) {
        random_drawn(c, k, n, with_values);
        return;
    }
    struct sample    s = sample_init(n, live, &c->engine->rand);
    struct hash_iter it;
    struct element   field, value;
    reply_pairs(c, s.wanted, with_values);
    hash_iter_init(&it, &k->v, c->now_ms);
    while (s.wanted > 0 && hash_next(&it, &field, &value))
        if (sample_take(&s)) reply_pair(c, &field, &value, with_values);
}

static void cmd_hrandfield(struct call *c) {
    struct key     k;
    struct element field, value;
    bool           with_values = false;
    int64_t        count = 0;
    if (c->argc > 2) {
        if (!call_arg_range(c, 2, -INT64_MAX, INT64_MAX, &count, NULL)) return;
        with_values = c->argc == 4 && call_arg_is(c, 3, "withvalues");
        if (c->argc > 4 || (c->argc == 4 && !with_values)) {
            call_syntax_error(c);
            return;
        }
        if (with_values && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
            reply_error(c->reply, "ERR value is out of range");
            return;
        }
    }
    if (!call_read(c, 1, VAL_HASH, &k)) return;
    bool empty = !k.entry || hash_live(&k.v, c->now_ms) == 0;
    if (c->argc == 2) {
        if (empty) {
            reply_null(c->reply);
            return;
        }
        struct type_env env = call_env(c);
        hash_random(&k.v, &env, &field, &value);
        reply_element(c->reply, &field);
    } else if (empty || count == 0) {
        reply_empty_array(c->reply);
    } else if (count < 0 && hash_live(&k.v, c->now_ms) < hash_count(&k.v)) {
        random_repeated_live(c, &k, (uint64_t)-count, with_values);
    } else if (count < 0) {
        random_repeated(c, &k, (uint64_t)-count, with_values);
    } else {
        random_distinct(c, &k, (uint64_t)count, with_values);
    }
}

const struct command hash_commands[] = {
    { .name = "hset", .handler = cmd_hset, .arity = -4, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field value [field value ...]",
      .since = "2.0.0", .complexity = "O(N), N = pairs given",
      .summary = "Sets fields of a hash to values. Makes the hash if there is none.",
      .history = "4.0.0=Takes several fields and values." },
    { .name = "hmset", .handler = cmd_hmset, .arity = -4, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field value [field value ...]",
      .deprecated_since = "4.0.0", .replaced_by = "`HSET` with multiple field-value pairs",
      .since = "2.0.0", .complexity = "O(N), N = pairs given",
      .summary = "Sets fields of a hash to values." },
    { .name = "hsetnx", .handler = cmd_hsetnx, .arity = 4, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field value",
      .since = "2.0.0", .complexity = "O(1)",
      .summary = "Sets a field of a hash that does not exist yet." },
    { .name = "hget", .handler = cmd_hget, .arity = 3, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field",
      .since = "2.0.0", .complexity = "O(1)",
      .summary = "Returns the value of a field." },
    { .name = "hmget", .handler = cmd_hmget, .arity = -3, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field [field ...]",
      .since = "2.0.0", .complexity = "O(N), N = fields asked for",
      .summary = "Returns the values of several fields." },
    { .name = "hgetall", .handler = cmd_hgetall, .arity = 2, .group = GROUP_HASH,
      .flags = CMD_READONLY, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .tips = "nondeterministic_output_order",
      .since = "2.0.0", .complexity = "O(N), N = size of the hash",
      .summary = "Returns all fields and values." },
    { .name = "hkeys", .handler = cmd_hkeys, .arity = 2, .group = GROUP_HASH,
      .flags = CMD_READONLY, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .tips = "nondeterministic_output_order",
      .since = "2.0.0", .complexity = "O(N), N = size of the hash",
      .summary = "Returns all fields." },
    { .name = "hvals", .handler = cmd_hvals, .arity = 2, .group = GROUP_HASH,
      .flags = CMD_READONLY, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .tips = "nondeterministic_output_order",
      .since = "2.0.0", .complexity = "O(N), N = size of the hash",
      .summary = "Returns all values." },
    { .name = "hlen", .handler = cmd_hlen, .arity = 2, .group = GROUP_HASH,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .since = "2.0.0", .complexity = "O(1), and O(N) for N fields that have expired and still lie there",
      .summary = "Returns how many fields a hash has." },
    { .name = "hexists", .handler = cmd_hexists, .arity = 3, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field",
      .since = "2.0.0", .complexity = "O(1)",
      .summary = "Tells whether a field exists." },
    { .name = "hdel", .handler = cmd_hdel, .arity = -3, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_WRITE | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field [field ...]",
      .since = "2.0.0", .complexity = "O(N), N = fields given",
      .summary = "Removes fields. The hash goes with its last one.",
      .history = "2.4.0=Takes several fields." },
    { .name = "hincrby", .handler = cmd_hincrby, .arity = 4, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field increment",
      .since = "2.0.0", .complexity = "O(1)",
      .summary = "Adds an integer to the value of a field." },
    { .name = "hincrbyfloat", .handler = cmd_hincrbyfloat, .arity = 4, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field increment",
      .since = "2.6.0", .complexity = "O(1)",
      .summary = "Adds a floating point number to the value of a field." },
    { .name = "hstrlen", .handler = cmd_hstrlen, .arity = 3, .group = GROUP_HASH,
      .lookahead = ahead_field, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key field",
      .since = "3.2.0", .complexity = "O(1)",
      .summary = "Returns the length of a field's value in bytes." },
    { .name = "hscan", .handler = cmd_hscan, .arity = -3, .group = GROUP_HASH,
      .flags = CMD_READONLY, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
      .tips = "nondeterministic_output", .history = "7.4.0=Added the NOVALUES option.",
      .since = "2.8.0", .complexity = "O(1) a call, O(N) for a whole iteration",
      .summary = "Iterates over fields and values." },
    { .name = "hrandfield", .handler = cmd_hrandfield, .arity = -2, .group = GROUP_HASH,
      .flags = CMD_READONLY, .acl = ACL_HASH,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key [count [WITHVALUES]]",
      .tips = "nondeterministic_output",
      .since = "6.2.0", .complexity = "O(N), N = fields returned, or the hash's size for many distinct ones",
      .summary = "Returns random fields." },
    {0},
};
