/* call.c: the helpers every handler is written with: arguments, keys, and what a change entails.
 *
 * A handler that changes a key ends in one of the key_* functions. They are the only place that
 * counts changes (dirty) and tells the keyspace's listeners, so no handler can forget to.
 *
 * The error texts here are the ones these helpers send; those of the handlers are in
 * commands/errors.h, which core must not see.
 *
 * Start reading at call_read() and key_commit(). */
#include "server/core/call.h"

#include <ctype.h>
#include <stdio.h>

#include "proto/num.h"
#include "server/core/command.h"

#define NAME_MAX_BYTES 64
#define INT_TEXT_MAX   20 /* longer strings are no 64-bit integer */
#define ARG_SHOWN_MAX  1024

#define WRONG_TYPE  "WRONGTYPE Operation against a key holding the wrong kind of value"
#define NOT_INTEGER "ERR value is not an integer or out of range"
#define NOT_FLOAT   "ERR value is not a valid float"

/* --- Arguments ------------------------------------------------------------------------------- */

bool call_arg_i64(struct call *c, uint32_t i, int64_t *out) {
    if (num_parse_i64(c->argv[i], out)) return true;
    reply_error(c->reply, NOT_INTEGER);
    return false;
}

bool call_arg_range(struct call *c, uint32_t i, int64_t min, int64_t max, int64_t *out,
                    const char *error) {
    int64_t v;
    if (!num_parse_i64(c->argv[i], &v)) {
        reply_error(c->reply, error != NULL ? error : NOT_INTEGER);
        return false;
    }
    if (v >= min && v <= max) {
        *out = v;
        return true;
    }
    if (error != NULL) {
        reply_error(c->reply, error);
    } else {
        reply_errorf(c->reply, "ERR value is out of range, value must between %lld and %lld",
                     (long long)min, (long long)max);
    }
    return false;
}

bool call_arg_double(struct call *c, uint32_t i, double *out) {
    if (num_parse_double(c->argv[i], out)) return true;
    reply_error(c->reply, NOT_FLOAT);
    return false;
}

bool call_arg_ldouble(struct call *c, uint32_t i, long double *out) {
    if (num_parse_ldouble(c->argv[i], out)) return true;
    reply_error(c->reply, NOT_FLOAT);
    return false;
}

bool call_arg_is(const struct call *c, uint32_t i, const char *lower) {
    return i < c->argc && slice_eq_nocase(c->argv[i], lower);
}

bool call_arg_expire(struct call *c, uint32_t i, bool seconds, bool absolute, int64_t *out_ms) {
    char    name[NAME_MAX_BYTES];
    int64_t v, base = absolute ? 0 : c->now_ms;
    if (!call_arg_i64(c, i, &v)) return false;
    if (v > 0 && !(seconds && __builtin_mul_overflow(v, 1000, &v)) &&
        !__builtin_add_overflow(v, base, &v)) {
        *out_ms = v;
        return true;
    }
    command_full_name(c->command, name, sizeof name);
    reply_errorf(c->reply, "ERR invalid expire time in '%s' command", name);
    return false;
}

size_t call_args_longest(const struct call *c, uint32_t first, uint32_t step) {
    size_t longest = 0;
    for (uint32_t i = first; i < c->argc; i += step)
        if (c->argv[i].len > longest) longest = c->argv[i].len;
    return longest;
}

int call_arg_shown(const struct call *c, uint32_t i) {
    size_t len = c->argv[i].len;
    return (int)(len < ARG_SHOWN_MAX ? len : ARG_SHOWN_MAX);
}

void call_syntax_error(struct call *c) { reply_error(c->reply, "ERR syntax error"); }

void call_wrong_args(struct call *c) {
    char name[NAME_MAX_BYTES];
    command_full_name(c->command, name, sizeof name);
    reply_errorf(c->reply, "ERR wrong number of arguments for '%s' command", name);
}

void call_help(struct call *c, const char *const *lines) {
    char   head[NAME_MAX_BYTES + 64], name[NAME_MAX_BYTES];
    size_t n = 0, len = c->argv[0].len < sizeof name - 1 ? c->argv[0].len : sizeof name - 1;
    for (size_t i = 0; i < len; i++) name[i] = (char)toupper((unsigned char)c->argv[0].p[i]);
    name[len] = 0;
    while (lines[n] != NULL) n++;

    snprintf(head, sizeof head, "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
             name);
    reply_array(c->reply, n + 3);
    reply_status(c->reply, head);
    for (size_t i = 0; i < n; i++) reply_status(c->reply, lines[i]);
    reply_status(c->reply, "HELP");
    reply_status(c->reply, "    Prints this help.");
}

/* --- Finding keys ---------------------------------------------------------------------------- */

static inline uint64_t arg_hash(const struct call *c, uint32_t i) {
    DASSERT(!c->hashed || c->hash1 == table_hash(c->argv[1]));
    return i == 1 && c->hashed ? c->hash1 : table_hash(c->argv[i]);
}

/* Inline: the look-up of every request. */
__attribute__((always_inline)) static inline bool key_find(struct call *c, struct key *k,
                                                           struct slice name, uint64_t hash,
                                                           unsigned flags) {
    if (ASH_UNLIKELY(c->session->flags & SESSION_NO_TOUCH)) flags |= LOOKUP_NOTOUCH;
    k->name = name;
    k->hash = hash;
    k->entry = db_lookup(c->db, name, hash, flags);
    if (k->entry != NULL) entry_value(k->entry, &k->v);
    return k->entry != NULL;
}

static bool wrong_type(struct call *c) {
    reply_error(c->reply, WRONG_TYPE);
    return false;
}

static inline bool key_is(struct call *c, const struct key *k, enum value_type want) {
    if (k->entry == NULL || want == VAL_ANY || k->v.type == want) return true;
    return wrong_type(c);
}

bool call_read(struct call *c, uint32_t i, enum value_type want, struct key *k) {
    key_find(c, k, c->argv[i], arg_hash(c, i), LOOKUP_READ);
    return key_is(c, k, want);
}

bool call_write(struct call *c, uint32_t i, enum value_type want, struct key *k) {
    key_find(c, k, c->argv[i], arg_hash(c, i), LOOKUP_WRITE);
    return key_is(c, k, want);
}

bool call_peek(struct call *c, uint32_t i, struct key *k) {
    return key_find(c, k, c->argv[i], arg_hash(c, i), LOOKUP_NOTOUCH | LOOKUP_NOSTATS);
}

bool call_write_named(struct call *c, struct slice name, enum value_type want, struct key *k) {
    key_find(c, k, name, table_hash(name), LOOKUP_WRITE);
    return key_is(c, k, want);
}

/* --- Changing keys --------------------------------------------------------------------------- */

void key_changed(struct call *c, struct key *k, uint64_t n) {
    c->dirty += n;
    db_touched(c->db, k->name);
}

void key_create(struct call *c, struct key *k, struct value v) {
    DASSERT(k->entry == NULL);
    k->entry = db_set(c->db, k->name, k->hash, NULL, &v, ENTRY_NO_EXPIRE);
    k->v = v;
}

void key_commit_grown(struct call *c, struct key *k, uint64_t changes) {
    DASSERT(value_len(&k->v) > 0);
    db_store(c->db, k->entry, &k->v);
    if (changes > 0) key_changed(c, k, changes);
}

void key_commit(struct call *c, struct key *k, uint64_t changes) {
    db_store(c->db, k->entry, &k->v);
    if (k->v.type != VAL_STREAM && value_len(&k->v) == 0) { /* a stream may be empty */
        db_delete(c->db, k->entry, k->hash, DISCARD_SERVER);
        k->entry = NULL;
    }
    if (changes > 0) key_changed(c, k, changes);
}

void key_set_value(struct call *c, struct key *k, const struct value *v, int64_t expire_ms) {
    k->entry = db_set(c->db, k->name, k->hash, k->entry, v, expire_ms);
    k->v = *v;
    key_changed(c, k, 1);
}

void key_set_string(struct call *c, struct key *k, struct slice s, int64_t expire_ms) {
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = s};
    int64_t      i;
    if (s.len <= INT_TEXT_MAX && num_parse_i64(s, &i)) {
        v.enc = ENC_INT;
        v.u.i = i;
    }
    key_set_value(c, k, &v, expire_ms);
}

void key_delete(struct call *c, struct key *k, enum discard_reason why) {
    db_delete(c->db, k->entry, k->hash, why);
    k->entry = NULL;
    key_changed(c, k, 1);
}
