/* expire.c: the commands about when a key goes away.
 *
 * Times are Unix milliseconds inside, whatever the client gave. A time that has passed is not
 * stored: the key is deleted at once. Negative times are allowed, times that do not fit are not.
 *
 * Start reading at set_expire(). */
#include "server/commands/families.h"

#include "server/commands/errors.h"
#include "server/core/call.h"

enum when { WHEN_NX = 1, WHEN_XX = 2, WHEN_GT = 4, WHEN_LT = 8 };

static bool parse_when(struct call *c, unsigned *when) {
    *when = 0;
    for (uint32_t i = 3; i < c->argc; i++) {
        if (call_arg_is(c, i, "nx")) {
            *when |= WHEN_NX;
        } else if (call_arg_is(c, i, "xx")) {
            *when |= WHEN_XX;
        } else if (call_arg_is(c, i, "gt")) {
            *when |= WHEN_GT;
        } else if (call_arg_is(c, i, "lt")) {
            *when |= WHEN_LT;
        } else {
            reply_errorf(c->reply, "ERR Unsupported option %.*s", call_arg_shown(c, i),
                         c->argv[i].p);
            return false;
        }
    }
    if ((*when & WHEN_NX) && *when != WHEN_NX) {
        reply_error(c->reply, ERR_EXPIRE_NX);
        return false;
    }
    if ((*when & WHEN_GT) && (*when & WHEN_LT)) {
        reply_error(c->reply, ERR_EXPIRE_GT_LT);
        return false;
    }
    return true;
}

static bool parse_time(struct call *c, bool seconds, bool absolute, int64_t *out_ms) {
    char    name[64];
    int64_t v, base = absolute ? 0 : c->now_ms;
    if (!call_arg_i64(c, 2, &v)) return false;
    if (!(seconds && __builtin_mul_overflow(v, 1000, &v)) && !__builtin_add_overflow(v, base, &v)) {
        *out_ms = v;
        return true;
    }
    command_full_name(c->command, name, sizeof name);
    reply_errorf(c->reply, "ERR invalid expire time in '%s' command", name);
    return false;
}

/* No expiry counts as an infinite one. */
static bool may_set(unsigned when, int64_t current_ms, int64_t new_ms) {
    bool has = current_ms != ENTRY_NO_EXPIRE;
    if ((when & WHEN_NX) && has) return false;
    if ((when & WHEN_XX) && !has) return false;
    if ((when & WHEN_GT) && (!has || new_ms <= current_ms)) return false;
    if ((when & WHEN_LT) && has && new_ms >= current_ms) return false;
    return true;
}

static void set_expire(struct call *c, bool seconds, bool absolute) {
    struct key k;
    unsigned   when;
    int64_t    expire_ms;
    if (!parse_when(c, &when) || !parse_time(c, seconds, absolute, &expire_ms)) return;
    call_write(c, 1, VAL_ANY, &k);
    if (k.entry == NULL || !may_set(when, entry_expire_ms(k.entry), expire_ms)) {
        reply_int(c->reply, 0);
        return;
    }
    if (expire_ms <= c->now_ms) {
        key_delete(c, &k, DISCARD_EXPIRED);
    } else {
        k.entry = db_set_expire(c->db, k.entry, k.hash, expire_ms);
        key_changed(c, &k, 1);
    }
    reply_int(c->reply, 1);
}

static void cmd_expire(struct call *c) { set_expire(c, true, false); }
static void cmd_pexpire(struct call *c) { set_expire(c, false, false); }
static void cmd_expireat(struct call *c) { set_expire(c, true, true); }
static void cmd_pexpireat(struct call *c) { set_expire(c, false, true); }

static void reply_expire(struct call *c, bool seconds, bool absolute) {
    uint64_t      hash = c->hashed ? c->hash1 : table_hash(c->argv[1]);
    struct entry *e = db_lookup(c->db, c->argv[1], hash, LOOKUP_READ | LOOKUP_NOTOUCH);
    int64_t       at = e != NULL ? entry_expire_ms(e) : ENTRY_NO_EXPIRE;
    if (at == ENTRY_NO_EXPIRE) {
        reply_int(c->reply, e != NULL ? -1 : -2);
        return;
    }
    if (!absolute) at = at > c->now_ms ? at - c->now_ms : 0;
    if (seconds) at = at / 1000 + (at % 1000 >= 500);
    reply_int(c->reply, at);
}

static void cmd_ttl(struct call *c) { reply_expire(c, true, false); }
static void cmd_pttl(struct call *c) { reply_expire(c, false, false); }
static void cmd_expiretime(struct call *c) { reply_expire(c, true, true); }
static void cmd_pexpiretime(struct call *c) { reply_expire(c, false, true); }

static void cmd_persist(struct call *c) {
    struct key k;
    call_write(c, 1, VAL_ANY, &k);
    bool has = k.entry != NULL && entry_expire_ms(k.entry) != ENTRY_NO_EXPIRE;
    if (has) {
        k.entry = db_set_expire(c->db, k.entry, k.hash, ENTRY_NO_EXPIRE);
        key_changed(c, &k, 1);
    }
    reply_int(c->reply, has);
}

#define EXPIRE_HISTORY "7.0.0=Added options: `NX`, `XX`, `GT` and `LT`."

const struct command expire_commands[] = {
    { .name = "expire", .handler = cmd_expire, .arity = -3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key seconds [NX | XX | GT | LT]", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Lets a key expire after some seconds.", .history = EXPIRE_HISTORY },
    { .name = "pexpire", .handler = cmd_pexpire, .arity = -3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key milliseconds [NX | XX | GT | LT]", .since = "2.6.0", .complexity = "O(1)",
      .summary = "Lets a key expire after some milliseconds.", .history = EXPIRE_HISTORY },
    { .name = "expireat", .handler = cmd_expireat, .arity = -3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key unix-time-seconds [NX | XX | GT | LT]", .since = "1.2.0",
      .complexity = "O(1)", .summary = "Lets a key expire at a Unix time in seconds.",
      .history = EXPIRE_HISTORY },
    { .name = "pexpireat", .handler = cmd_pexpireat, .arity = -3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]", .since = "2.6.0",
      .complexity = "O(1)", .summary = "Lets a key expire at a Unix time in milliseconds.",
      .history = EXPIRE_HISTORY },
    { .name = "ttl", .handler = cmd_ttl, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Returns the seconds until a key expires.", .tips = "nondeterministic_output",
      .history = "2.8.0=Added the -2 reply." },
    { .name = "pttl", .handler = cmd_pttl, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key", .since = "2.6.0", .complexity = "O(1)",
      .summary = "Returns the milliseconds until a key expires.",
      .tips = "nondeterministic_output", .history = "2.8.0=Added the -2 reply." },
    { .name = "expiretime", .handler = cmd_expiretime, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key", .since = "7.0.0", .complexity = "O(1)",
      .summary = "Returns the Unix time in seconds at which a key expires." },
    { .name = "pexpiretime", .handler = cmd_pexpiretime, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key", .since = "7.0.0", .complexity = "O(1)",
      .summary = "Returns the Unix time in milliseconds at which a key expires." },
    { .name = "persist", .handler = cmd_persist, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key", .since = "2.2.0", .complexity = "O(1)",
      .summary = "Takes a key's expiry away." },
    { 0 },
};
