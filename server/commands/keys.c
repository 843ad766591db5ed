/* keys.c: commands on keys whatever they hold: deleting, naming, copying, listing, looking at them.
 *
 * RENAME moves an entry within its database and copies nothing. MOVE and COPY between databases
 * copy the value into the other database's heap: nothing in one database points into another.
 *
 * SCAN deletes the expired keys it meets, so it works bucket by bucket: first a bucket's entries
 * are collected, then looked at; KEYS only skips them.
 *
 * Start anywhere: the handlers are independent of each other. Expiry is in expire.c, SELECT in
 * connection.c. */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/errors.h"
#include "server/commands/scan.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/ds/glob.h"

#define SHARED_INT_MAX      10000 /* in Redis smaller integers are shared, and OBJECT shows it */
#define SHARED_INT_REFCOUNT INT32_MAX

static uint64_t hash_of(const struct call *c, uint32_t i) {
    return i == 1 && c->hashed ? c->hash1 : table_hash(c->argv[i]);
}

/* argv[i] without touching its access clock. NULL: absent. */
static struct entry *look(struct call *c, uint32_t i, unsigned flags) {
    return db_lookup(c->db, c->argv[i], hash_of(c, i), flags | LOOKUP_NOTOUCH);
}

/* --- Deleting and counting ------------------------------------------------------------------- */

static void delete_keys(struct call *c, enum discard_reason why) {
    uint64_t n = 0;
    for (uint32_t i = 1; i < c->argc; i++) {
        struct key k = {.name = c->argv[i], .hash = hash_of(c, i)};
        k.entry = db_lookup(c->db, k.name, k.hash, LOOKUP_WRITE | LOOKUP_NOTOUCH);
        if (k.entry == NULL) continue;
        key_delete(c, &k, why);
        n++;
    }
    reply_uint(c->reply, n);
}

static void cmd_del(struct call *c) { delete_keys(c, DISCARD_USER); }
static void cmd_unlink(struct call *c) { delete_keys(c, DISCARD_LAZY); }

static void cmd_exists(struct call *c) {
    uint64_t n = 0;
    for (uint32_t i = 1; i < c->argc; i++) n += look(c, i, LOOKUP_READ) != NULL;
    reply_uint(c->reply, n);
}

/* The one command that touches even for CLIENT NO-TOUCH. */
static void cmd_touch(struct call *c) {
    uint64_t n = 0;
    for (uint32_t i = 1; i < c->argc; i++) {
        n += db_lookup(c->db, c->argv[i], hash_of(c, i), LOOKUP_READ) != NULL;
    }
    reply_uint(c->reply, n);
}

static const char *type_name(const struct entry *e) {
    struct value v;
    entry_value(e, &v);
    return value_type_name(&v);
}

static void cmd_type(struct call *c) {
    struct entry *e = look(c, 1, LOOKUP_READ);
    reply_status(c->reply, e != NULL ? type_name(e) : "none");
}

static void cmd_dbsize(struct call *c) { reply_uint(c->reply, c->db->keys.count); }

/* --- Naming and copying ---------------------------------------------------------------------- */

/* False: the error was sent. *done: renamed, also to its own name. */
static bool rename_key(struct call *c, bool nx, bool *done) {
    struct key from, to;
    call_write(c, 1, VAL_ANY, &from);
    if (from.entry == NULL) {
        reply_error(c->reply, ERR_NO_KEY);
        return false;
    }
    *done = !nx;
    if (slice_eq(c->argv[1], c->argv[2])) return true;
    call_write(c, 2, VAL_ANY, &to);
    if (nx && to.entry != NULL) return true;
    to.entry = db_rename(c->db, from.entry, from.hash, to.name, to.hash, to.entry);
    key_changed(c, &from, 0);
    key_changed(c, &to, 1);
    *done = true;
    return true;
}

static void cmd_rename(struct call *c) {
    bool done;
    if (rename_key(c, false, &done)) reply_ok(c->reply);
}

static void cmd_renamenx(struct call *c) {
    bool done;
    if (rename_key(c, true, &done)) reply_int(c->reply, done);
}

static bool arg_db(struct call *c, uint32_t i, struct db **out) {
    int64_t id;
    if (!call_arg_range(c, i, INT32_MIN, INT32_MAX, &id, NULL)) return false;
    if (id < 0 || id >= (int64_t)c->engine->keyspace.count) {
        reply_error(c->reply, ERR_DB_RANGE);
        return false;
    }
    *out = &c->engine->keyspace.db[id];
    return true;
}

/* A copy of k's value and expiry under `name` in db, in place of `old`. False: the error was sent.
 * */
static bool copy_to(struct call *c, const struct key *k, struct db *db, struct slice name,
                    uint64_t hash, struct entry *old) {
    bool raw = k->v.type == VAL_STRING && k->v.enc == ENC_RAW;
    if (raw && !db_has_room(db, k->v.u.str.len)) {
        reply_error(c->reply, ERR_NO_MEMORY);
        return false;
    }
    struct type_env env = db_env(db);
    struct value    v = value_copy(&k->v, &env);
    bool            modified = (k->entry->flags & ENTRY_MODIFIED) != 0;
    struct entry   *e = db_set(db, name, hash, old, &v, entry_expire_ms(k->entry));
    if (modified) entry_mark_modified(e);
    db_touched(db, name);
    return true;
}

static bool parse_copy(struct call *c, struct db **db, bool *replace) {
    *db = c->db;
    *replace = false;
    for (uint32_t i = 3; i < c->argc; i++) {
        if (call_arg_is(c, i, "replace")) {
            *replace = true;
        } else if (call_arg_is(c, i, "db") && i + 1 < c->argc) {
            if (!arg_db(c, ++i, db)) return false;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    if (*db != c->db || !slice_eq(c->argv[1], c->argv[2])) return true;
    reply_error(c->reply, ERR_SAME_OBJECT);
    return false;
}

static void cmd_copy(struct call *c) {
    struct key   k;
    struct db   *db;
    struct slice name = c->argv[2];
    bool         replace;
    if (!parse_copy(c, &db, &replace)) return;
    call_read(c, 1, VAL_ANY, &k);
    uint64_t      hash = hash_of(c, 2);
    struct entry *old = k.entry != NULL ? db_lookup(db, name, hash, LOOKUP_WRITE) : NULL;
    if (k.entry == NULL || (old != NULL && !replace)) {
        reply_int(c->reply, 0);
        return;
    }
    if (!copy_to(c, &k, db, name, hash, old)) return;
    c->dirty++;
    reply_int(c->reply, 1);
}

static void cmd_move(struct call *c) {
    struct key k;
    struct db *db;
    if (!arg_db(c, 2, &db)) return;
    if (db == c->db) {
        reply_error(c->reply, ERR_SAME_OBJECT);
        return;
    }
    call_write(c, 1, VAL_ANY, &k);
    if (k.entry == NULL || db_lookup(db, k.name, k.hash, LOOKUP_WRITE) != NULL) {
        reply_int(c->reply, 0);
        return;
    }
    if (!copy_to(c, &k, db, k.name, k.hash, NULL)) return;
    key_delete(c, &k, DISCARD_SERVER);
    reply_int(c->reply, 1);
}

/* --- Listing --------------------------------------------------------------------------------- */

static void cmd_keys(struct call *c) {
    bool                  all = slice_eq(c->argv[1], slice_str("*"));
    size_t                n = 0;
    struct table_iter     it;
    struct entry         *e;
    struct reply_deferred d = reply_begin(c->reply);
    table_iter_init(&it, &c->db->keys);
    while (c->db->keys.count > 0 && (e = table_next(&it)) != NULL) {
        if (db_expired(c->db, e) || !(all || glob_match(c->argv[1], entry_key(e), false))) continue;
        reply_bulk(c->reply, entry_key(e));
        n++;
    }
    reply_end_array(c->reply, d, n);
}

/* What one step of a scan met, to be looked at once the table may be changed. */
struct found {
    struct ash_heap *heap;
    struct entry   **entry;
    size_t           count, cap;
};

static void found_add(struct entry *e, void *arg) {
    struct found *f = arg;
    if (f->count == f->cap) {
        size_t cap = f->cap > 0 ? f->cap * 2 : 64;
        f->entry = ash_realloc(f->heap, f->entry, f->cap * sizeof *f->entry,
                               cap * sizeof *f->entry);
        f->cap = cap;
    }
    f->entry[f->count++] = e;
}

static void found_reply(struct call *c, struct found *f, const struct scan_options *o,
                        struct scan_reply *r) {
    for (size_t i = 0; i < f->count; i++) {
        struct entry *e = f->entry[i];
        struct slice  key = entry_key(e);
        if (!scan_wants(o, key)) continue;
        if (o->type.p != NULL && !slice_eq_nocase(o->type, type_name(e))) continue;
        if (db_expired(c->db, e)) {
            db_expire(c->db, e, table_hash(key));
            continue;
        }
        reply_bulk(c->reply, key);
        r->count++;
    }
    f->count = 0;
}

static void cmd_scan(struct call *c) {
    struct scan_options o;
    struct found        found = {.heap = c->engine->heaps.server};
    uint64_t            cursor, seen = 0;
    if (!scan_cursor(c, 1, &cursor) || !scan_parse(c, 2, SCAN_ALLOW_TYPE, &o)) return;
    uint64_t          steps = o.count > UINT64_MAX / 10 ? UINT64_MAX : o.count * 10;
    struct scan_reply r = scan_begin(c, &o);
    do {
        cursor = db_scan(c->db, cursor, found_add, &found);
        seen += found.count;
        found_reply(c, &found, &o, &r);
    } while (cursor != 0 && --steps > 0 && seen < o.count);
    scan_end(&r, cursor);
    ash_free(found.entry, found.cap * sizeof *found.entry);
}

static void cmd_randomkey(struct call *c) {
    struct entry *e = db_random(c->db);
    if (e != NULL) {
        reply_bulk(c->reply, entry_key(e));
    } else {
        reply_null(c->reply);
    }
}

/* --- Whole databases ------------------------------------------------------------------------- */

/* [ASYNC | SYNC]; by default as lazyfree-lazy-user-flush says. False: the error was sent. */
static bool parse_flush(struct call *c, bool *lazy) {
    *lazy = c->engine->config->lazyfree_lazy_user_flush;
    if (c->argc == 1) return true;
    *lazy = call_arg_is(c, 1, "async");
    if (c->argc == 2 && (*lazy || call_arg_is(c, 1, "sync"))) return true;
    call_syntax_error(c);
    return false;
}

static void cmd_flushdb(struct call *c) {
    bool lazy;
    if (!parse_flush(c, &lazy)) return;
    c->dirty += db_flush(c->db, lazy) + 1;
    reply_ok(c->reply);
}

static void cmd_flushall(struct call *c) {
    struct keyspace *ks = &c->engine->keyspace;
    bool             lazy;
    if (!parse_flush(c, &lazy)) return;
    for (unsigned i = 0; i < ks->count; i++) c->dirty += db_flush(&ks->db[i], lazy);
    c->dirty++;
    reply_ok(c->reply);
}

static void cmd_swapdb(struct call *c) {
    struct keyspace *ks = &c->engine->keyspace;
    int64_t          a, b, last = (int64_t)ks->count - 1;
    if (!call_arg_range(c, 1, INT32_MIN, INT32_MAX, &a, "ERR invalid first DB index") ||
        !call_arg_range(c, 2, INT32_MIN, INT32_MAX, &b, "ERR invalid second DB index")) {
        return;
    }
    if (a < 0 || b < 0 || a > last || b > last) {
        reply_error(c->reply, ERR_DB_RANGE);
        return;
    }
    keyspace_swap(ks, (unsigned)a, (unsigned)b);
    c->dirty++;
    reply_ok(c->reply);
}

/* --- OBJECT ---------------------------------------------------------------------------------- */

static struct entry *look_or_null(struct call *c) {
    struct entry *e = look(c, 2, LOOKUP_READ);
    if (e == NULL) reply_null(c->reply);
    return e;
}

static void cmd_object_encoding(struct call *c) {
    struct entry *e = look_or_null(c);
    if (e != NULL) reply_bulk_str(c->reply, entry_encoding_name(e));
}

/* Nothing is shared here; small integers answer as Redis's shared ones do. */
static void cmd_object_refcount(struct call *c) {
    struct entry *e = look_or_null(c);
    struct value  v;
    if (e == NULL) return;
    entry_value(e, &v);
    bool small = v.type == VAL_STRING && v.enc == ENC_INT && v.u.i >= 0 && v.u.i < SHARED_INT_MAX;
    reply_int(c->reply, small ? SHARED_INT_REFCOUNT : 1);
}

static void cmd_object_idletime(struct call *c) {
    struct entry *e = look_or_null(c);
    if (e == NULL) return;
    if (c->engine->keyspace.lfu) {
        reply_error(c->reply, ERR_IS_LFU);
    } else {
        reply_uint(c->reply, db_idle_ms(c->db, e) / 1000);
    }
}

static void cmd_object_freq(struct call *c) {
    struct entry *e = look_or_null(c);
    if (e == NULL) return;
    if (c->engine->keyspace.lfu) {
        reply_uint(c->reply, db_frequency(c->db, e));
    } else {
        reply_error(c->reply, ERR_NOT_LFU);
    }
}

static void cmd_object_help(struct call *c) {
    static const char *const lines[] = {
        "ENCODING <key>", "    How the value of <key> is represented in memory.",
        "FREQ <key>", "    A logarithmic count of recent accesses to <key> (LFU policies).",
        "IDLETIME <key>", "    Seconds since <key> was last read or written (other policies).",
        "REFCOUNT <key>", "    How many references the value of <key> has.",
        NULL,
    };
    call_help(c, lines);
}

static const struct command object_subcommands[] = {
    { .name = "encoding", .handler = cmd_object_encoding, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_READONLY, .acl = ACL_KEYSPACE, .keys = KEYS(2, 0, 1, KEY_RO),
      .syntax = "key", .since = "2.2.3", .complexity = "O(1)",
      .summary = "Returns how a value is represented in memory.",
      .tips = "nondeterministic_output" },
    { .name = "freq", .handler = cmd_object_freq, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_READONLY, .acl = ACL_KEYSPACE, .keys = KEYS(2, 0, 1, KEY_RO),
      .syntax = "key", .since = "4.0.0", .complexity = "O(1)",
      .summary = "Returns the logarithmic access counter of a key.",
      .tips = "nondeterministic_output" },
    { .name = "help", .handler = cmd_object_help, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_LOADING | CMD_STALE, .acl = ACL_KEYSPACE,
      .since = "6.2.0", .complexity = "O(1)", .summary = "Describes the subcommands." },
    { .name = "idletime", .handler = cmd_object_idletime, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_READONLY, .acl = ACL_KEYSPACE, .keys = KEYS(2, 0, 1, KEY_RO),
      .syntax = "key", .since = "2.2.3", .complexity = "O(1)",
      .summary = "Returns the seconds since a key was last accessed.",
      .tips = "nondeterministic_output" },
    { .name = "refcount", .handler = cmd_object_refcount, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_READONLY, .acl = ACL_KEYSPACE, .keys = KEYS(2, 0, 1, KEY_RO),
      .syntax = "key", .since = "2.2.3", .complexity = "O(1)",
      .summary = "Returns the number of references to a value.",
      .tips = "nondeterministic_output" },
    { 0 },
};

#define MULTI_SHARD_SUM  "request_policy:multi_shard,response_policy:agg_sum"
#define ALL_SHARDS_AGREE "request_policy:all_shards,response_policy:all_succeeded"
#define FLUSH_HISTORY    "4.0.0=Added the `ASYNC` flushing mode modifier.;" \
                         "6.2.0=Added the `SYNC` flushing mode modifier."

const struct command keys_commands[] = {
    { .name = "del", .handler = cmd_del, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_WRITE, .acl = ACL_KEYSPACE, .keys = KEYS(1, -1, 1, KEY_RM | KEY_DELETE),
      .syntax = "key [key ...]", .since = "1.0.0",
      .complexity = "O(N), N = keys; what is large is freed in the background",
      .summary = "Deletes keys.", .tips = MULTI_SHARD_SUM },
    { .name = "unlink", .handler = cmd_unlink, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, -1, 1, KEY_RM | KEY_DELETE),
      .syntax = "key [key ...]", .since = "4.0.0",
      .complexity = "O(1) a key; the memory is given back in the background",
      .summary = "Deletes keys, freeing their memory in the background.",
      .tips = MULTI_SHARD_SUM },
    { .name = "exists", .handler = cmd_exists, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE, .keys = KEYS(1, -1, 1, KEY_RO),
      .syntax = "key [key ...]", .since = "1.0.0", .complexity = "O(N), N = keys",
      .summary = "Counts how many of the keys exist.", .tips = MULTI_SHARD_SUM,
      .history = "3.0.3=Accepts multiple `key` arguments." },
    { .name = "touch", .handler = cmd_touch, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE, .keys = KEYS(1, -1, 1, KEY_RO),
      .syntax = "key [key ...]", .since = "3.2.1", .complexity = "O(N), N = keys",
      .summary = "Marks keys as just accessed and counts those that exist.",
      .tips = MULTI_SHARD_SUM },
    { .name = "type", .handler = cmd_type, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE, .keys = KEYS(1, 0, 1, KEY_RO),
      .syntax = "key", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Returns the type of the value stored under a key." },
    { .name = "rename", .handler = cmd_rename, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE, .acl = ACL_KEYSPACE,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_DELETE, .first = 1, .step = 1 },
               { .flags = KEY_OW | KEY_UPDATE, .first = 2, .step = 1 }},
      .syntax = "key newkey", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Gives a key another name, over a key that may have had it." },
    { .name = "renamenx", .handler = cmd_renamenx, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_DELETE, .first = 1, .step = 1 },
               { .flags = KEY_OW | KEY_INSERT, .first = 2, .step = 1 }},
      .syntax = "key newkey", .since = "1.0.0", .complexity = "O(1)",
      .summary = "Gives a key another name only if no key has it.",
      .history = "3.2.0=The command no longer returns an error when source and destination names "
                 "are the same." },
    { .name = "copy", .handler = cmd_copy, .arity = -3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_KEYSPACE,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .step = 1 },
               { .flags = KEY_OW | KEY_UPDATE, .first = 2, .step = 1 }},
      .syntax = "source destination [DB destination-db] [REPLACE]", .since = "6.2.0",
      .complexity = "O(N), N = elements of a collection or bytes of a string",
      .summary = "Stores a copy of a key's value under another key." },
    { .name = "move", .handler = cmd_move, .arity = 3, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key db", .since = "1.0.0",
      .complexity = "O(N), N = elements of a collection or bytes of a string",
      .summary = "Moves a key to another database." },
    { .name = "keys", .handler = cmd_keys, .arity = 2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_TOUCHES_ARBITRARY_KEYS, .acl = ACL_KEYSPACE | ACL_DANGEROUS,
      .syntax = "pattern", .since = "1.0.0", .complexity = "O(N), N = keys in the database",
      .summary = "Returns all keys whose names match a pattern.",
      .tips = "request_policy:all_shards,nondeterministic_output_order" },
    { .name = "scan", .handler = cmd_scan, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_TOUCHES_ARBITRARY_KEYS, .acl = ACL_KEYSPACE,
      .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]", .since = "2.8.0",
      .complexity = "O(1) a call, O(N) for a whole scan, N = keys in the database",
      .summary = "Goes through the keys of the database, some a call.",
      .tips = "nondeterministic_output,request_policy:special,response_policy:special",
      .history = "6.0.0=Added the `TYPE` subcommand." },
    { .name = "randomkey", .handler = cmd_randomkey, .arity = 1, .group = GROUP_GENERIC,
      .flags = CMD_READONLY | CMD_TOUCHES_ARBITRARY_KEYS, .acl = ACL_KEYSPACE,
      .since = "1.0.0", .complexity = "O(1)", .summary = "Returns the name of a random key.",
      .tips = "request_policy:all_shards,response_policy:special,nondeterministic_output" },
    { .name = "dbsize", .handler = cmd_dbsize, .arity = 1, .group = GROUP_SERVER,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE,
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Returns how many keys the database has.",
      .tips = "request_policy:all_shards,response_policy:agg_sum" },
    { .name = "flushdb", .handler = cmd_flushdb, .arity = -1, .group = GROUP_SERVER,
      .flags = CMD_WRITE, .acl = ACL_KEYSPACE | ACL_DANGEROUS,
      .syntax = "[ASYNC | SYNC]", .since = "1.0.0",
      .complexity = "O(1) for the clients; the memory is dropped by pages, not by keys",
      .summary = "Deletes all keys of the database.", .tips = ALL_SHARDS_AGREE,
      .history = FLUSH_HISTORY },
    { .name = "flushall", .handler = cmd_flushall, .arity = -1, .group = GROUP_SERVER,
      .flags = CMD_WRITE, .acl = ACL_KEYSPACE | ACL_DANGEROUS,
      .syntax = "[ASYNC | SYNC]", .since = "1.0.0",
      .complexity = "O(N), N = databases; the memory is dropped by pages, not by keys",
      .summary = "Deletes all keys of all databases.", .tips = ALL_SHARDS_AGREE,
      .history = FLUSH_HISTORY },
    { .name = "swapdb", .handler = cmd_swapdb, .arity = 3, .group = GROUP_SERVER,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE | ACL_DANGEROUS,
      .syntax = "index1 index2", .since = "4.0.0", .complexity = "O(1)",
      .summary = "Exchanges the contents of two databases." },
    { .name = "object", .arity = -2, .group = GROUP_GENERIC, .subcommands = object_subcommands,
      .since = "2.2.3", .complexity = "Depends on subcommand.",
      .summary = "A container for commands that look at how values are stored." },
    { 0 },
};
