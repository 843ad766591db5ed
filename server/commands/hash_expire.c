/* hash_expire.c: the commands about fields that expire: HEXPIRE and its like as of Redis 7.4, HGETEX,
 * HSETEX and HGETDEL as of 8.0.
 *
 * Times are Unix milliseconds inside. A time that has passed is not stored: the field is deleted at
 * once. Unlike keys, fields refuse negative times. Each ends in FIELDS, a count and so many names;
 * that the count fits the arguments is checked before anything is read by it.
 *
 * Redis checks the key's type before most arguments, so these do.
 *
 * Start reading at parse_fields(), then set_expire(). */
#include "server/commands/families.h"

#include "proto/num.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/core/call.h"
#include "server/types/hash.h"

enum outcome { NO_FIELD = -2, NO_TTL = -1, NOT_MET = 0, DONE = 1, DELETED = 2 };

/* --- Arguments -------------------------------------------------------------------------------- */

struct names { /* argv[first] ... argv[first + count - 1] */
    uint32_t first, count;
};

/* FIELDS at argv[i], the count and the names behind it, up to the end. bad_count: the error for a
 * count below 1 or no number. False: an error was sent. */
static bool parse_fields(struct call *c, uint32_t i, const char *bad_count, struct names *out) {
    int64_t count;
    if (!call_arg_is(c, i, "fields")) {
        reply_error(c->reply, ERR_FIELDS_MISSING);
        return false;
    }
    if (i + 1 >= c->argc) {
        call_wrong_args(c);
        return false;
    }
    if (!call_arg_range(c, i + 1, 1, INT64_MAX, &count, bad_count)) return false;
    if (count != (int64_t)(c->argc - i - 2)) {
        reply_error(c->reply, ERR_FIELDS_MATCH);
        return false;
    }
    *out = (struct names){i + 2, (uint32_t)count};
    return true;
}

static bool time_error(struct call *c) {
    char name[64];
    command_full_name(c->command, name, sizeof name);
    reply_errorf(c->reply, "ERR invalid expire time in '%s' command", name);
    return false;
}

/* Unix milliseconds from argv[i]. False: an error was sent. */
static bool parse_time(struct call *c, uint32_t i, bool seconds, bool absolute, int64_t *out_ms) {
    int64_t v, base = absolute ? 0 : c->now_ms;
    if (!call_arg_i64(c, i, &v)) return false;
    if (v < 0) {
        reply_error(c->reply, ERR_TTL_NEGATIVE);
        return false;
    }
    if (seconds && __builtin_mul_overflow(v, 1000, &v)) return time_error(c);
    if (v > HASH_TTL_MAX - base) return time_error(c);
    *out_ms = v + base;
    return true;
}

/* --- HEXPIRE and its like --------------------------------------------------------------------- */

enum when { WHEN_ANY, WHEN_NX, WHEN_XX, WHEN_GT, WHEN_LT };

static enum when parse_when(const struct call *c, uint32_t i) {
    static const char *const words[] = {"nx", "xx", "gt", "lt"};
    for (unsigned w = 0; w < 4; w++)
        if (call_arg_is(c, i, words[w])) return (enum when)(w + 1);
    return WHEN_ANY;
}

/* No expiry counts as an infinite one. */
static bool may_set(enum when when, int64_t was_ms, int64_t at_ms) {
    bool has = was_ms != HASH_NO_TTL;
    switch (when) {
    case WHEN_ANY: return true;
    case WHEN_NX: return !has;
    case WHEN_XX: return has;
    case WHEN_GT: return has && at_ms > was_ms;
    case WHEN_LT: return !has || at_ms < was_ms;
    }
    return true;
}

/* Gives the live field an expiry, or deletes it when that has passed. */
static enum outcome field_expire(struct call *c, struct key *k, struct slice field, int64_t at_ms) {
    struct type_env env = call_env(c);
    if (at_ms <= c->now_ms) {
        hash_remove(&k->v, &env, field);
        return DELETED;
    }
    hash_expire(&k->v, &env, field, at_ms);
    return DONE;
}

/* Of an absent key: every field is missing. */
static void reply_no_fields(struct call *c, const struct names *names) {
    reply_array(c->reply, names->count);
    for (uint32_t i = 0; i < names->count; i++) reply_int(c->reply, NO_FIELD);
}

static void set_expire(struct call *c, bool seconds, bool absolute) {
    struct key   k;
    struct names names;
    int64_t      at_ms, was_ms;
    uint64_t     changes = 0;
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    if (!parse_time(c, 2, seconds, absolute, &at_ms)) return;
    enum when when = parse_when(c, 3);
    if (!parse_fields(c, when != WHEN_ANY ? 4 : 3, ERR_FIELDS_ZERO, &names)) return;
    if (k.entry == NULL) {
        reply_no_fields(c, &names);
        return;
    }
    reply_array(c->reply, names.count);
    for (uint32_t i = 0; i < names.count; i++) {
        struct slice field = c->argv[names.first + i];
        enum outcome r = NO_FIELD;
        if (hash_ttl(&k.v, c->now_ms, field, &was_ms)) {
            r = may_set(when, was_ms, at_ms) ? field_expire(c, &k, field, at_ms) : NOT_MET;
            changes += r != NOT_MET;
        }
        reply_int(c->reply, r);
    }
    if (changes > 0) key_commit(c, &k, changes);
}

static void cmd_hexpire(struct call *c) { set_expire(c, true, false); }
static void cmd_hpexpire(struct call *c) { set_expire(c, false, false); }
static void cmd_hexpireat(struct call *c) { set_expire(c, true, true); }
static void cmd_hpexpireat(struct call *c) { set_expire(c, false, true); }

/* --- HTTL and its like ------------------------------------------------------------------------ */

static int64_t shown_ttl(const struct call *c, int64_t at_ms, bool seconds, bool absolute) {
    if (!absolute) at_ms -= c->now_ms; /* above 0: a field that is due is not there */
    return seconds ? (at_ms + 999) / 1000 : at_ms;
}

static void reply_expire(struct call *c, bool seconds, bool absolute) {
    struct key   k;
    struct names names;
    int64_t      at_ms;
    if (!call_read(c, 1, VAL_HASH, &k)) return;
    if (!parse_fields(c, 2, ERR_FIELDS_COUNT, &names)) return;
    if (k.entry == NULL) {
        reply_no_fields(c, &names);
        return;
    }
    reply_array(c->reply, names.count);
    for (uint32_t i = 0; i < names.count; i++) {
        int64_t r = NO_FIELD;
        if (hash_ttl(&k.v, c->now_ms, c->argv[names.first + i], &at_ms))
            r = at_ms == HASH_NO_TTL ? NO_TTL : shown_ttl(c, at_ms, seconds, absolute);
        reply_int(c->reply, r);
    }
}

static void cmd_httl(struct call *c) { reply_expire(c, true, false); }
static void cmd_hpttl(struct call *c) { reply_expire(c, false, false); }
static void cmd_hexpiretime(struct call *c) { reply_expire(c, true, true); }
static void cmd_hpexpiretime(struct call *c) { reply_expire(c, false, true); }

/* Takes the live field's expiry away. */
static enum outcome field_persist(struct call *c, struct key *k, struct slice field) {
    struct type_env env = call_env(c);
    int64_t         at_ms;
    if (!hash_ttl(&k->v, c->now_ms, field, &at_ms)) return NO_FIELD;
    if (at_ms == HASH_NO_TTL) return NO_TTL;
    hash_expire(&k->v, &env, field, HASH_NO_TTL);
    return DONE;
}

static void cmd_hpersist(struct call *c) {
    struct key   k;
    struct names names;
    uint64_t     changes = 0;
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    if (!parse_fields(c, 2, ERR_FIELDS_COUNT, &names)) return;
    if (k.entry == NULL) {
        reply_no_fields(c, &names);
        return;
    }
    reply_array(c->reply, names.count);
    for (uint32_t i = 0; i < names.count; i++) {
        enum outcome r = field_persist(c, &k, c->argv[names.first + i]);
        changes += r == DONE;
        reply_int(c->reply, r);
    }
    if (changes > 0) key_commit(c, &k, changes);
}

/* --- HGETEX, HGETDEL --------------------------------------------------------------------------- */

enum ttl_option { TTL_NONE, TTL_SET, TTL_PERSIST, TTL_KEEP };

struct ttl {
    enum ttl_option option;
    int64_t         at_ms;
};

/* Which of EX, PX, EXAT, PXAT stands at argv[i]; seconds and absolute say what it means. */
static bool is_ttl_word(const struct call *c, uint32_t i, bool *seconds, bool *absolute) {
    static const char *const words[] = {"ex", "px", "exat", "pxat"};
    for (unsigned w = 0; w < 4; w++) {
        if (!call_arg_is(c, i, words[w])) continue;
        *seconds = w % 2 == 0;
        *absolute = w >= 2;
        return true;
    }
    return false;
}

/* HGETEX's optional argument at argv[2]; *next is what stands behind it. */
static bool parse_getex(struct call *c, struct ttl *ttl, uint32_t *next) {
    bool seconds, absolute;
    *ttl = (struct ttl){TTL_NONE, 0};
    *next = 2;
    if (call_arg_is(c, 2, "persist")) {
        ttl->option = TTL_PERSIST;
        *next = 3;
    } else if (is_ttl_word(c, 2, &seconds, &absolute)) {
        ttl->option = TTL_SET;
        *next = 4;
        return parse_time(c, 3, seconds, absolute, &ttl->at_ms);
    }
    return true;
}

static bool reply_value(struct call *c, const struct key *k, struct slice field) {
    struct element e;
    bool           there = k->entry != NULL && hash_get(&k->v, c->now_ms, field, &e);
    if (there) reply_element(c->reply, &e);
    else reply_null(c->reply);
    return there;
}

static void cmd_hgetex(struct call *c) {
    struct key   k;
    struct names names;
    struct ttl   ttl;
    uint32_t     next;
    uint64_t     changes = 0;
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    if (!parse_getex(c, &ttl, &next) || !parse_fields(c, next, ERR_FIELDS_COUNT, &names)) return;
    reply_array(c->reply, names.count);
    for (uint32_t i = 0; i < names.count; i++) {
        struct slice field = c->argv[names.first + i];
        if (!reply_value(c, &k, field) || ttl.option == TTL_NONE) continue;
        if (ttl.option == TTL_PERSIST) {
            changes += field_persist(c, &k, field) == DONE;
        } else {
            field_expire(c, &k, field, ttl.at_ms);
            changes++;
        }
    }
    if (changes > 0) key_commit(c, &k, changes);
}

static void cmd_hgetdel(struct call *c) {
    struct key   k;
    struct names names;
    uint64_t     removed = 0;
    if (!call_write(c, 1, VAL_HASH, &k)) return;
    if (!parse_fields(c, 2, ERR_FIELDS_COUNT, &names)) return;
    reply_array(c->reply, names.count);
    for (uint32_t i = 0; i < names.count; i++) {
        struct slice field = c->argv[names.first + i];
        if (!reply_value(c, &k, field)) continue;
        struct type_env env = call_env(c);
        removed += hash_remove(&k.v, &env, field);
    }
    if (removed > 0) key_commit(c, &k, removed);
}

/* --- HSETEX ------------------------------------------------------------------------------------ */

enum presence { ANY_FIELDS, FNX, FXX };

struct setex {
    struct names  names; /* of field and value in turn: count is pairs */
    struct ttl    ttl;
    enum presence presence;
};

/* FIELDS at argv[i] and pairs up to the end. */
static bool parse_pairs(struct call *c, uint32_t i, struct names *out) {
    int64_t count;
    if (i + 3 >= c->argc) {
        call_wrong_args(c);
        return false;
    }
    if (!call_arg_range(c, i + 1, 1, INT32_MAX, &count, ERR_FIELDS_INVALID)) return false;
    uint32_t left = c->argc - i - 2;
    if (left % 2 != 0 || count != left / 2) {
        call_wrong_args(c);
        return false;
    }
    *out = (struct names){i + 2, (uint32_t)count};
    return true;
}

/* One option at argv[*i], which is moved to its last argument. */
static bool parse_setex_option(struct call *c, uint32_t *i, struct setex *o) {
    bool seconds, absolute, fnx = call_arg_is(c, *i, "fnx");
    if (fnx || call_arg_is(c, *i, "fxx")) {
        if (o->presence != ANY_FIELDS) reply_error(c->reply, ERR_FNX_FXX);
        if (o->presence != ANY_FIELDS) return false;
        o->presence = fnx ? FNX : FXX;
        return true;
    }
    bool keep = call_arg_is(c, *i, "keepttl");
    if (!keep && !is_ttl_word(c, *i, &seconds, &absolute)) {
        reply_errorf(c->reply, "ERR unknown argument: %.*s", call_arg_shown(c, *i), c->argv[*i].p);
        return false;
    }
    if (o->ttl.option != TTL_NONE) {
        reply_error(c->reply, ERR_ONE_TTL);
        return false;
    }
    o->ttl.option = keep ? TTL_KEEP : TTL_SET;
    if (keep) return true;
    if (++*i < c->argc) return parse_time(c, *i, seconds, absolute, &o->ttl.at_ms);
    reply_error(c->reply, ERR_TTL_MISSING);
    return false;
}

static bool parse_setex(struct call *c, struct setex *o) {
    *o = (struct setex){.presence = ANY_FIELDS};
    for (uint32_t i = 2; i < c->argc; i++) {
        if (call_arg_is(c, i, "fields")) return parse_pairs(c, i, &o->names);
        if (!parse_setex_option(c, &i, o)) return false;
    }
    reply_error(c->reply, ERR_FIELDS_MISSING);
    return false;
}

/* Do all fields (FXX) or none (FNX) exist? */
static bool presence_fits(const struct call *c, const struct key *k, const struct setex *o) {
    struct element e;
    if (o->presence == ANY_FIELDS) return true;
    for (uint32_t i = 0; i < o->names.count; i++) {
        struct slice field = c->argv[o->names.first + 2 * i];
        bool         there = k->entry != NULL && hash_get(&k->v, c->now_ms, field, &e);
        if (there != (o->presence == FXX)) return false;
    }
    return true;
}

static void set_pairs(struct call *c, struct key *k, const struct setex *o) {
    struct type_env     env = call_env(c);
    const struct slice *pair = c->argv + o->names.first;
    if (k->entry == NULL) key_create(c, k, hash_new(&env));
    hash_prepare(&k->v, &env, pair, 2 * (size_t)o->names.count);
    for (uint32_t i = 0; i < o->names.count; i++, pair += 2) {
        if (o->ttl.option == TTL_KEEP) hash_update(&k->v, &env, pair[0], pair[1]);
        else hash_set(&k->v, &env, pair[0], pair[1]);
        if (o->ttl.option == TTL_SET) hash_expire(&k->v, &env, pair[0], o->ttl.at_ms);
    }
    key_commit(c, k, o->names.count);
}

/* The time has passed: what would be set is gone at once. */
static void remove_pairs(struct call *c, struct key *k, const struct setex *o) {
    uint64_t removed = 0;
    if (k->entry == NULL) return;
    struct type_env env = call_env(c);
    for (uint32_t i = 0; i < o->names.count; i++)
        removed += hash_remove(&k->v, &env, c->argv[o->names.first + 2 * i]);
    if (removed > 0) key_commit(c, k, removed);
}

static void cmd_hsetex(struct call *c) {
    struct key   k;
    struct setex o;
    if (!parse_setex(c, &o) || !call_write(c, 1, VAL_HASH, &k)) return;
    bool fits = presence_fits(c, &k, &o);
    if (fits && o.ttl.option == TTL_SET && o.ttl.at_ms <= c->now_ms) remove_pairs(c, &k, &o);
    else if (fits) set_pairs(c, &k, &o);
    reply_int(c->reply, fits);
}

#define FIELDS_SYNTAX "FIELDS numfields field [field ...]"

const struct command hash_expire_commands[] = {
    { .name = "hexpire", .handler = cmd_hexpire, .arity = -6, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key seconds [NX | XX | GT | LT] " FIELDS_SYNTAX, .since = "7.4.0",
      .complexity = "O(N), N = fields given",
      .summary = "Lets fields expire after some seconds." },
    { .name = "hpexpire", .handler = cmd_hpexpire, .arity = -6, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key milliseconds [NX | XX | GT | LT] " FIELDS_SYNTAX, .since = "7.4.0",
      .complexity = "O(N), N = fields given",
      .summary = "Lets fields expire after some milliseconds." },
    { .name = "hexpireat", .handler = cmd_hexpireat, .arity = -6, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key unix-time-seconds [NX | XX | GT | LT] " FIELDS_SYNTAX, .since = "7.4.0",
      .complexity = "O(N), N = fields given",
      .summary = "Lets fields expire at a Unix time in seconds." },
    { .name = "hpexpireat", .handler = cmd_hpexpireat, .arity = -6, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key unix-time-milliseconds [NX | XX | GT | LT] " FIELDS_SYNTAX, .since = "7.4.0",
      .complexity = "O(N), N = fields given",
      .summary = "Lets fields expire at a Unix time in milliseconds." },
    { .name = "httl", .handler = cmd_httl, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key " FIELDS_SYNTAX, .since = "7.4.0", .tips = "nondeterministic_output",
      .complexity = "O(N), N = fields given",
      .summary = "Returns the seconds until fields expire." },
    { .name = "hpttl", .handler = cmd_hpttl, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key " FIELDS_SYNTAX, .since = "7.4.0", .tips = "nondeterministic_output",
      .complexity = "O(N), N = fields given",
      .summary = "Returns the milliseconds until fields expire." },
    { .name = "hexpiretime", .handler = cmd_hexpiretime, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key " FIELDS_SYNTAX, .since = "7.4.0", .complexity = "O(N), N = fields given",
      .summary = "Returns the Unix times in seconds at which fields expire." },
    { .name = "hpexpiretime", .handler = cmd_hpexpiretime, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key " FIELDS_SYNTAX, .since = "7.4.0", .complexity = "O(N), N = fields given",
      .summary = "Returns the Unix times in milliseconds at which fields expire." },
    { .name = "hpersist", .handler = cmd_hpersist, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key " FIELDS_SYNTAX, .since = "7.4.0", .complexity = "O(N), N = fields given",
      .summary = "Takes the expiry of fields away." },
    { .name = "hgetex", .handler = cmd_hgetex, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                "PXAT unix-time-milliseconds | PERSIST] " FIELDS_SYNTAX,
      .since = "8.0.0", .complexity = "O(N), N = fields given",
      .summary = "Returns the values of fields and sets or takes away their expiry." },
    { .name = "hsetex", .handler = cmd_hsetex, .arity = -6, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                "PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value "
                "[field value ...]",
      .since = "8.0.0", .complexity = "O(N), N = pairs given",
      .summary = "Sets fields and their expiry, if all or none of them exist." },
    { .name = "hgetdel", .handler = cmd_hgetdel, .arity = -5, .group = GROUP_HASH,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_HASH,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_DELETE),
      .syntax = "key " FIELDS_SYNTAX, .since = "8.0.0", .complexity = "O(N), N = fields given",
      .summary = "Returns the values of fields and deletes them." },
    { 0 },
};
