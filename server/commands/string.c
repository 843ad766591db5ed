/* string.c: the string commands.
 *
 * A string is an integer (ENC_INT) or bytes. Handlers that replace a value go through
 * key_set_string, which notices integers; those that change one in place (APPEND, SETRANGE) through
 * db_string_resize, which leaves it as bytes for good, so that OBJECT ENCODING says "raw".
 *
 * Nothing that a client sizes is allocated before string_room() has agreed to it (string_key.h).
 *
 * Start reading at cmd_set(). LCS is in lcs.c. */
#include "server/commands/families.h"

#include <math.h>

#include "proto/num.h"
#include "server/commands/compare.h"
#include "server/commands/errors.h"
#include "server/commands/lcs.h"
#include "server/commands/string_key.h"

/* --- What they have in common ---------------------------------------------------------------- */

static void reply_value(struct reply *r, const struct value *v) {
    if (v->enc == ENC_INT) {
        reply_bulk_int(r, v->u.i);
    } else {
        reply_bulk(r, v->u.str);
    }
}

static void reply_value_or_null(struct reply *r, const struct key *k) {
    if (k->entry != NULL) {
        reply_value(r, &k->v);
    } else {
        reply_null(r);
    }
}

static bool set_key(struct call *c, struct key *k, struct slice s, int64_t expire_ms) {
    if (!string_room_new(c, k->name.len + s.len)) return false;
    key_set_string(c, k, s, expire_ms);
    return true;
}

/* --- SET and its relatives ------------------------------------------------------------------- */

struct expire_option {
    uint32_t at; /* argument index of the time; 0: none given */
    bool     seconds, absolute;
};

struct set_options {
    bool                 nx, xx, get, keep_ttl, persist;
    struct expire_option expire;
    struct condition     condition;
};

/* EX, PX, EXAT or PXAT with a time behind it at argv[i]. A second one must be of the same kind. */
static bool parse_expire(struct call *c, uint32_t i, struct expire_option *o) {
    static const struct { const char *word; bool seconds, absolute; } kinds[] = {
        {"ex", true, false}, {"px", false, false}, {"exat", true, true}, {"pxat", false, true},
    };
    for (size_t n = 0; i + 1 < c->argc && n < sizeof kinds / sizeof *kinds; n++) {
        if (!call_arg_is(c, i, kinds[n].word)) continue;
        struct expire_option parsed = {i + 1, kinds[n].seconds, kinds[n].absolute};
        if (o->at && (o->seconds != parsed.seconds || o->absolute != parsed.absolute)) return false;
        *o = parsed;
        return true;
    }
    return false;
}

/* What SET and MSETEX share: NX, XX, KEEPTTL or an expiry at argv[*i], and its argument. */
static bool parse_store_option(struct call *c, uint32_t *i, struct set_options *o) {
    if (call_arg_is(c, *i, "nx") && !o->xx && !o->condition.given) {
        o->nx = true;
    } else if (call_arg_is(c, *i, "xx") && !o->nx && !o->condition.given) {
        o->xx = true;
    } else if (call_arg_is(c, *i, "keepttl") && !o->expire.at) {
        o->keep_ttl = true;
    } else if (!o->keep_ttl && parse_expire(c, *i, &o->expire)) {
        ++*i;
    } else {
        return false;
    }
    return true;
}

/* When the new value is to expire. False: the error was sent. */
static bool expiry_of(struct call *c, const struct set_options *o, int64_t *expire_ms) {
    *expire_ms = o->keep_ttl ? DB_KEEP_TTL : ENTRY_NO_EXPIRE;
    return o->expire.at == 0 ||
           call_arg_expire(c, o->expire.at, o->expire.seconds, o->expire.absolute, expire_ms);
}

static bool parse_set_options(struct call *c, struct set_options *o) {
    *o = (struct set_options){0};
    for (uint32_t i = 3; i < c->argc; i++) {
        if (parse_store_option(c, &i, o)) continue;
        if (!o->nx && !o->xx && !o->condition.given && condition_at(c, i, &o->condition)) {
            i++;
        } else if (call_arg_is(c, i, "get")) {
            o->get = true;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    return true;
}

static void set_with_options(struct call *c) {
    struct set_options o;
    struct key         k;
    int64_t            expire_ms;
    if (!parse_set_options(c, &o) || !condition_check(c, &o.condition) || !expiry_of(c, &o, &expire_ms)) return;
    enum value_type want = o.get || o.condition.given ? VAL_STRING : VAL_ANY;
    if (!(o.get ? call_read(c, 1, want, &k) : call_write(c, 1, want, &k))) return;
    bool sets = k.entry != NULL ? !o.nx : !o.xx;
    if (o.condition.given) sets = condition_met(&o.condition, &k);
    if (sets && !string_room_new(c, k.name.len + c->argv[2].len)) return;
    if (o.get) {
        reply_value_or_null(c->reply, &k);
    } else if (sets) {
        reply_ok(c->reply);
    } else {
        reply_null(c->reply);
    }
    if (sets) key_set_string(c, &k, c->argv[2], expire_ms);
}

static void cmd_set(struct call *c) {
    struct key k;
    if (c->argc > 3) {
        set_with_options(c);
        return;
    }
    call_write(c, 1, VAL_ANY, &k);
    if (set_key(c, &k, c->argv[2], ENTRY_NO_EXPIRE)) reply_ok(c->reply);
}

static void set_expiring(struct call *c, bool seconds) {
    struct key k;
    int64_t    expire_ms;
    if (!call_arg_expire(c, 2, seconds, false, &expire_ms)) return;
    call_write(c, 1, VAL_ANY, &k);
    if (set_key(c, &k, c->argv[3], expire_ms)) reply_ok(c->reply);
}

static void cmd_setex(struct call *c) { set_expiring(c, true); }
static void cmd_psetex(struct call *c) { set_expiring(c, false); }

static void cmd_setnx(struct call *c) {
    struct key k;
    call_write(c, 1, VAL_ANY, &k);
    if (k.entry != NULL) {
        reply_int(c->reply, 0);
    } else if (set_key(c, &k, c->argv[2], ENTRY_NO_EXPIRE)) {
        reply_int(c->reply, 1);
    }
}

static void cmd_getset(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_STRING, &k)) return;
    if (!string_room_new(c, k.name.len + c->argv[2].len)) return;
    reply_value_or_null(c->reply, &k);
    key_set_string(c, &k, c->argv[2], ENTRY_NO_EXPIRE);
}

/* MSET and, when nx, MSETNX: pairs in order, so that of a key given twice the last value stays. */
static void set_pairs(struct call *c, bool nx) {
    struct key k;
    size_t     bytes = 0;
    if (c->argc % 2 == 0) {
        call_wrong_args(c);
        return;
    }
    for (uint32_t i = 1; i < c->argc; i += 2) {
        bytes += c->argv[i].len + c->argv[i + 1].len; /* all are in the input: no overflow */
        if (!nx) continue;
        call_write(c, i, VAL_ANY, &k);
        if (k.entry != NULL) {
            reply_int(c->reply, 0);
            return;
        }
    }
    if (!string_room_new(c, bytes)) return;
    for (uint32_t i = 1; i < c->argc; i += 2) {
        call_write(c, i, VAL_ANY, &k);
        key_set_string(c, &k, c->argv[i + 1], ENTRY_NO_EXPIRE);
    }
    if (nx) {
        reply_int(c->reply, 1);
    } else {
        reply_ok(c->reply);
    }
}

static void cmd_mset(struct call *c) { set_pairs(c, false); }
static void cmd_msetnx(struct call *c) { set_pairs(c, true); }

/* MSETEX: all keys or none, with one expiry. */
static bool parse_msetex(struct call *c, int64_t *pairs, struct set_options *o) {
    *o = (struct set_options){0};
    if (!call_arg_range(c, 1, 1, INT32_MAX, pairs, ERR_NUMKEYS_INVALID)) return false;
    if (*pairs > ((int64_t)c->argc - 2) / 2) {
        reply_error(c->reply, ERR_PAIRS);
        return false;
    }
    for (uint32_t i = 2 + 2 * (uint32_t)*pairs; i < c->argc; i++) {
        if (parse_store_option(c, &i, o)) continue;
        call_syntax_error(c);
        return false;
    }
    return true;
}

static void cmd_msetex(struct call *c) {
    struct set_options o;
    struct key         k;
    int64_t            pairs, expire_ms;
    size_t             bytes = 0;
    if (!parse_msetex(c, &pairs, &o) || !expiry_of(c, &o, &expire_ms)) return;
    for (uint32_t i = 2; i < 2 + 2 * (uint32_t)pairs; i += 2) {
        bytes += c->argv[i].len + c->argv[i + 1].len;
        if (!o.nx && !o.xx) continue;
        call_write(c, i, VAL_ANY, &k);
        if ((k.entry != NULL) == o.xx) continue;
        reply_int(c->reply, 0);
        return;
    }
    if (!string_room_new(c, bytes)) return;
    for (uint32_t i = 2; i < 2 + 2 * (uint32_t)pairs; i += 2) {
        call_write(c, i, VAL_ANY, &k);
        key_set_string(c, &k, c->argv[i + 1], expire_ms);
    }
    reply_int(c->reply, 1);
}

/* --- Reading --------------------------------------------------------------------------------- */

static void cmd_get(struct call *c) {
    struct key k;
    if (call_read(c, 1, VAL_STRING, &k)) reply_value_or_null(c->reply, &k);
}

static void cmd_mget(struct call *c) {
    struct key k;
    reply_array(c->reply, c->argc - 1);
    for (uint32_t i = 1; i < c->argc; i++) {
        call_read(c, i, VAL_ANY, &k);
        if (k.entry != NULL && k.v.type != VAL_STRING) k.entry = NULL;
        reply_value_or_null(c->reply, &k);
    }
}

static void cmd_strlen(struct call *c) {
    struct key k;
    char       scratch[NUM_I64_TEXT_MAX];
    if (call_read(c, 1, VAL_STRING, &k)) reply_uint(c->reply, string_text(&k, scratch).len);
}

static void cmd_getrange(struct call *c) {
    struct key k;
    int64_t    start, end;
    char       scratch[NUM_I64_TEXT_MAX];
    if (!call_arg_i64(c, 2, &start) || !call_arg_i64(c, 3, &end)) return;
    if (!call_read(c, 1, VAL_STRING, &k)) return;
    struct slice s = string_text(&k, scratch);
    int64_t      len = (int64_t)s.len;
    bool         empty = start < 0 && end < 0 && start > end;
    if (start < 0) start = start + len < 0 ? 0 : start + len;
    if (end < 0) end = end + len < 0 ? 0 : end + len;
    if (end >= len) end = len - 1;
    if (empty || start > end) {
        reply_bulk(c->reply, slice_of("", 0));
    } else {
        reply_bulk(c->reply, slice_of(s.p + start, (size_t)(end - start) + 1));
    }
}

static bool parse_getex_options(struct call *c, struct set_options *o) {
    *o = (struct set_options){0};
    for (uint32_t i = 2; i < c->argc; i++) {
        if (call_arg_is(c, i, "persist") && !o->expire.at) {
            o->persist = true;
        } else if (!o->persist && parse_expire(c, i, &o->expire)) {
            i++;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    return true;
}

static void cmd_getex(struct call *c) {
    struct set_options o;
    struct key         k;
    int64_t            expire_ms = ENTRY_NO_EXPIRE;
    if (!parse_getex_options(c, &o)) return;
    if (!call_read(c, 1, VAL_STRING, &k)) return;
    if (k.entry != NULL && o.expire.at &&
        !call_arg_expire(c, o.expire.at, o.expire.seconds, o.expire.absolute, &expire_ms)) {
        return;
    }
    reply_value_or_null(c->reply, &k);
    if (k.entry == NULL) return;
    if (o.expire.at && o.expire.absolute && expire_ms <= c->now_ms) {
        key_delete(c, &k, DISCARD_EXPIRED);
    } else if (o.expire.at || (o.persist && entry_expire_ms(k.entry) != ENTRY_NO_EXPIRE)) {
        k.entry = db_set_expire(c->db, k.entry, k.hash, expire_ms);
        key_changed(c, &k, 1);
    }
}

static void cmd_getdel(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_STRING, &k)) return;
    reply_value_or_null(c->reply, &k);
    if (k.entry != NULL) key_delete(c, &k, DISCARD_USER);
}

/* --- Changing in place ----------------------------------------------------------------------- */

static void cmd_append(struct call *c) {
    struct key   k;
    char         scratch[NUM_I64_TEXT_MAX];
    struct slice add = c->argv[2];
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    if (k.entry == NULL) {
        if (set_key(c, &k, add, ENTRY_NO_EXPIRE)) reply_uint(c->reply, add.len);
        return;
    }
    size_t had = string_text(&k, scratch).len;
    if (!string_room(c, &k, had, add.len)) return;
    char *bytes = db_string_resize(c->db, k.name, k.hash, k.entry, had + add.len);
    if (add.len > 0) memcpy(bytes + had, add.p, add.len);
    key_changed(c, &k, 1);
    reply_uint(c->reply, had + add.len);
}

static void cmd_setrange(struct call *c) {
    struct key   k;
    int64_t      offset;
    char         scratch[NUM_I64_TEXT_MAX];
    struct slice put = c->argv[3];
    if (!call_arg_i64(c, 2, &offset)) return;
    if (offset < 0) {
        reply_error(c->reply, ERR_OFFSET_RANGE);
        return;
    }
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    size_t had = string_text(&k, scratch).len;
    if (put.len == 0) {
        reply_uint(c->reply, had);
        return;
    }
    if (!string_room(c, &k, (size_t)offset, put.len)) return;
    size_t end = (size_t)offset + put.len, len = end > had ? end : had;
    char  *bytes = db_string_resize(c->db, k.name, k.hash, k.entry, len);
    memcpy(bytes + offset, put.p, put.len);
    key_changed(c, &k, 1);
    reply_uint(c->reply, len);
}

/* --- Counting -------------------------------------------------------------------------------- */

static void increment(struct call *c, int64_t by) {
    struct key   k;
    struct value v = {.type = VAL_STRING, .enc = ENC_INT};
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    if (k.entry != NULL && k.v.enc == ENC_INT) {
        v.u.i = k.v.u.i;
    } else if (k.entry != NULL && !num_parse_i64(k.v.u.str, &v.u.i)) {
        reply_error(c->reply, ERR_NOT_INTEGER);
        return;
    }
    if (__builtin_add_overflow(v.u.i, by, &v.u.i)) {
        reply_error(c->reply, ERR_OVERFLOW);
        return;
    }
    key_set_value(c, &k, &v, DB_KEEP_TTL);
    reply_int(c->reply, v.u.i);
}

static void cmd_incr(struct call *c) { increment(c, 1); }
static void cmd_decr(struct call *c) { increment(c, -1); }

static void cmd_incrby(struct call *c) {
    int64_t by;
    if (call_arg_i64(c, 2, &by)) increment(c, by);
}

static void cmd_decrby(struct call *c) {
    int64_t by;
    if (!call_arg_i64(c, 2, &by)) return;
    if (by == INT64_MIN) {
        reply_error(c->reply, ERR_DECR_OVERFLOW);
    } else {
        increment(c, -by);
    }
}

static void cmd_incrbyfloat(struct call *c) {
    struct key  k;
    long double value = 0, by;
    char        text[NUM_LDOUBLE_TEXT_MAX];
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    if (k.entry != NULL && k.v.enc == ENC_INT) {
        value = (long double)k.v.u.i;
    } else if (k.entry != NULL && !num_parse_ldouble(k.v.u.str, &value)) {
        reply_error(c->reply, ERR_NOT_FLOAT);
        return;
    }
    if (!call_arg_ldouble(c, 2, &by)) return;
    if (!isfinite(value + by)) {
        reply_error(c->reply, ERR_INCREMENT_NAN);
        return;
    }
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW};
    v.u.str = slice_of(text, num_format_ldouble(text, value + by));
    key_set_value(c, &k, &v, DB_KEEP_TTL);
    reply_bulk(c->reply, v.u.str);
}

/* With GET or a comparison the old value is looked at as well. */
static int set_keys(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg) {
    static const char *const looks[] = {"get", "ifeq", "ifne", "ifdeq", "ifdne"};
    unsigned flags = KEY_OW | KEY_UPDATE;
    for (uint32_t i = 3; i < argc; i++)
        for (size_t k = 0; k < sizeof looks / sizeof *looks; k++)
            if (slice_eq_nocase(argv[i], looks[k])) flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
    if (fn != NULL) fn(1, flags, arg);
    return 1;
}

const struct command string_commands[] = {
    { .name = "set", .handler = cmd_set, .arity = -3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING, .find_keys = set_keys,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE_FLAGS),
      .syntax = "key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | "
                "IFDEQ ifdeq-digest | IFDNE ifdne-digest] [GET] [EX seconds | PX milliseconds | "
                "EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Stores a string under a key, whatever was there before.",
      .history = "2.6.12=Added the `EX`, `PX`, `NX` and `XX` options.;"
                 "6.0.0=Added the `KEEPTTL` option.;"
                 "6.2.0=Added the `GET`, `EXAT` and `PXAT` option.;"
                 "7.0.0=Allowed the `NX` and `GET` options to be used together.;"
                 "8.4.0=Added 'IFEQ', 'IFNE', 'IFDEQ', 'IFDNE' options." },
    { .name = "get", .handler = cmd_get, .arity = 2, .group = GROUP_STRING,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Returns the string stored under a key." },
    { .name = "getset", .handler = cmd_getset, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key value", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Stores a string and returns the one it takes the place of.",
      .deprecated_since = "6.2.0", .replaced_by = "`SET` with the `!GET` argument" },
    { .name = "setnx", .handler = cmd_setnx, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_OW | KEY_INSERT),
      .syntax = "key value", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Stores a string only if the key does not exist.",
      .deprecated_since = "2.6.12", .replaced_by = "`SET` with the `NX` argument" },
    { .name = "setex", .handler = cmd_setex, .arity = 4, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_OW | KEY_UPDATE),
      .syntax = "key seconds value", .since = "2.0.0", .complexity = "O(1)",
      .summary = "Stores a string that expires after some seconds.",
      .deprecated_since = "2.6.12", .replaced_by = "`SET` with the `EX` argument" },
    { .name = "psetex", .handler = cmd_psetex, .arity = 4, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_OW | KEY_UPDATE),
      .syntax = "key milliseconds value", .since = "2.6.0", .complexity = "O(1)",
      .summary = "Stores a string that expires after some milliseconds.",
      .deprecated_since = "2.6.12", .replaced_by = "`SET` with the `PX` argument" },
    { .name = "getex", .handler = cmd_getex, .arity = -2, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                "PXAT unix-time-milliseconds | PERSIST]",
      .since = "6.2.0", .complexity = "O(1)",
      .summary = "Returns a key's string and sets or removes the key's expiry." },
    { .name = "getdel", .handler = cmd_getdel, .arity = 2, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_DELETE),
      .syntax = "key", .since = "6.2.0", .complexity = "O(1)",
      .summary = "Returns a key's string and deletes the key." },
    { .name = "mget", .handler = cmd_mget, .arity = -2, .group = GROUP_STRING,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, -1, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key [key ...]", .since = "1.0.0", .complexity = "O(N), N = keys",
      .summary = "Returns the strings of several keys.", .tips = "request_policy:multi_shard" },
    { .name = "mset", .handler = cmd_mset, .arity = -3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING,
      .keys = KEYS(1, -1, 2, KEY_OW | KEY_UPDATE),
      .syntax = "key value [key value ...]", .since = "1.0.1", .complexity = "O(N), N = keys",
      .summary = "Stores several strings under several keys at once.",
      .tips = "request_policy:multi_shard,response_policy:all_succeeded" },
    { .name = "msetnx", .handler = cmd_msetnx, .arity = -3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING,
      .keys = KEYS(1, -1, 2, KEY_OW | KEY_INSERT),
      .syntax = "key value [key value ...]", .since = "1.0.1", .complexity = "O(N), N = keys",
      .summary = "Stores several strings only if none of the keys exists.",
      .tips = "request_policy:multi_shard,response_policy:agg_min" },
    { .name = "msetex", .handler = cmd_msetex, .arity = -4, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING,
      .keys = {{ .flags = KEY_OW | KEY_UPDATE, .keynum = 1, .step = 2 }},
      .syntax = "numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | "
                "EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
      .since = "8.4.0", .complexity = "O(N), N = keys",
      .summary = "Stores several strings with one expiry, if all or none of the keys exist." },
    { .name = "digest", .handler = cmd_digest, .arity = 2, .group = GROUP_STRING,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key", .since = "8.4.0", .complexity = "O(N), N = length of the string",
      .summary = "Returns the XXH3 digest of a string in hex." },
    { .name = "delex", .handler = cmd_delex, .arity = -2, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RM | KEY_DELETE),
      .syntax = "key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]",
      .since = "8.4.0", .complexity = "O(1); O(N) by digest, N = length of the string",
      .summary = "Deletes a key if its string is, or is not, what is given." },
    { .name = "delifeq", .handler = cmd_delifeq, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RM | KEY_DELETE),
      .syntax = "key value", .since = "9.0.0", .complexity = "O(N), N = length of the string",
      .summary = "Deletes a key if its string is what is given (Valkey's DELEX IFEQ)." },
    { .name = "append", .handler = cmd_append, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_INSERT),
      .syntax = "key value", .since = "2.0.0", .complexity = "O(1) amortized, for small additions",
      .summary = "Adds bytes at the end of a string. Makes the key if there is none." },
    { .name = "strlen", .handler = cmd_strlen, .arity = 2, .group = GROUP_STRING,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RO),
      .syntax = "key", .since = "2.2.0", .complexity = "O(1)",
      .summary = "Returns the length of a string." },
    { .name = "getrange", .handler = cmd_getrange, .arity = 4, .group = GROUP_STRING,
      .flags = CMD_READONLY, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key start end", .since = "2.4.0", .complexity = "O(N), N = bytes returned",
      .summary = "Returns a substring of the string stored under a key." },
    { .name = "substr", .handler = cmd_getrange, .arity = 4, .group = GROUP_STRING,
      .flags = CMD_READONLY, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key start end", .since = "1.0.0", .complexity = "O(N), N = bytes returned",
      .summary = "Returns a substring of the string stored under a key.",
      .deprecated_since = "2.0.0", .replaced_by = "`GETRANGE`" },
    { .name = "setrange", .handler = cmd_setrange, .arity = 4, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key offset value", .since = "2.2.0",
      .complexity = "O(N), N = bytes given, when the string need not grow",
      .summary = "Writes over part of a string. Makes the key if there is none." },
    { .name = "incr", .handler = cmd_incr, .arity = 2, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Adds one to the integer stored under a key, from 0 if there is none." },
    { .name = "decr", .handler = cmd_decr, .arity = 2, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Takes one from the integer stored under a key, from 0 if there is none." },
    { .name = "incrby", .handler = cmd_incrby, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key increment", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Adds to the integer stored under a key, from 0 if there is none." },
    { .name = "decrby", .handler = cmd_decrby, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key decrement", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Takes from the integer stored under a key, from 0 if there is none." },
    { .name = "incrbyfloat", .handler = cmd_incrbyfloat, .arity = 3, .group = GROUP_STRING,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_STRING,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key increment", .since = "2.6.0", .complexity = "O(1)",
      .summary = "Adds to the decimal number stored under a key, from 0 if there is none." },
    { .name = "lcs", .handler = cmd_lcs, .arity = -3, .group = GROUP_STRING,
      .flags = CMD_READONLY, .acl = ACL_STRING,
      .keys = KEYS(1, 1, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
      .since = "7.0.0", .complexity = "O(N*M), N and M = lengths of the strings",
      .summary = "Finds the longest subsequence that two strings have in common." },
    { 0 },
};
