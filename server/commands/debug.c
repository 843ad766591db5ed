/* debug.c: the DEBUG command: for tests and for looking inside. Guarded by enable-debug-command.
 *
 * A container in all but name: Redis declares DEBUG as one command, so its subcommands are in a
 * table of our own here. Only what this server can truly do is there. */
#include "server/commands/debug_digest.h"
#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/core/call.h"
#include "server/core/log.h"
#include "server/ds/glob.h"
#include "server/ds/text.h"
#include "server/memory/compact.h"
#include "server/memory/lazyfree.h"
#include "server/types/list.h"

#include "alloc/alloc.h"
#include "proto/num.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define POPULATE_VALUE_MAX   (512 * 1024 * 1024)
#define STRINGMATCH_LEN_MAX  (1024 * 1024)

/* --- Dying --------------------------------------------------------------------------------- */

static void debug_segfault(struct call *call) {
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)call;
    *(volatile char *)page = 'x';
}

static void debug_panic(struct call *call) {
    (void)call;
    PANIC("called by DEBUG PANIC");
}

static void debug_assert(struct call *call) { ASSERT(call->argc == 0); }

/* --- Time ---------------------------------------------------------------------------------- */

/* Holds up the whole server, as it should. What is no number counts as 0, as in Redis. */
static void debug_sleep(struct call *call) {
    char         text[32], *end;
    struct slice s = call->argv[2];
    snprintf(text, sizeof text, "%.*s", (int)(s.len < 31 ? s.len : 31), s.p);
    double          seconds = strtod(text, &end);
    struct timespec left = {.tv_sec = 0};
    if (seconds > 0 && seconds < 1e6) {
        left.tv_sec = (time_t)seconds;
        left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    }
    while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
    reply_ok(call->reply);
}

static void debug_set_active_expire(struct call *call) {
    int64_t on = 0;
    if (!num_parse_i64(call->argv[2], &on)) on = 0;
    call->engine->keyspace.expire_paused = on == 0;
    reply_ok(call->reply);
}

/* --- Looking inside ------------------------------------------------------------------------ */

static bool debug_key(struct call *call, struct key *k) {
    if (call_peek(call, 2, k)) return true;
    reply_error(call->reply, ERR_NO_KEY);
    return false;
}

/* As Redis tells it; nothing for what is no quicklist. */
static void format_quicklist(char *out, size_t size, const struct value *v) {
    struct list_layout l;
    out[0] = '\0';
    if (v->type != VAL_LIST || !list_layout(v, &l)) return;
    snprintf(out, size,
             " ql_nodes:%" PRIu64 " ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d"
             " ql_uncompressed_size:%" PRIu64,
             l.nodes, (double)l.count / (double)l.nodes, l.fill, l.compressed, l.bytes);
}

static void debug_object(struct call *call) {
    struct key k;
    char       line[384], list[160];
    if (!debug_key(call, &k)) return;
    uint64_t idle_ms = call->engine->keyspace.lfu ? 0 : db_idle_ms(call->db, k.entry);
    format_quicklist(list, sizeof list, &k.v);
    snprintf(line, sizeof line,
             "Value at:%p refcount:1 encoding:%s bytes:%zu lru:%" PRIu32
             " lru_seconds_idle:%" PRIu64 "%s",
             (void *)k.entry, entry_encoding_name(k.entry), entry_bytes(k.entry),
             entry_access(k.entry), idle_ms / 1000, list);
    reply_status(call->reply, line);
}

static void debug_listpack(struct call *call) {
    struct key k;
    char       line[128];
    if (!debug_key(call, &k)) return;
    if (k.v.enc != ENC_LISTPACK) {
        reply_error(call->reply, "ERR Not a listpack encoded object.");
        return;
    }
    snprintf(line, sizeof line, "Listpack: %" PRIu64 " elements in %zu bytes", value_len(&k.v),
             value_bytes(&k.v));
    reply_status(call->reply, line);
}

static void htstats_table(const struct table *t, const char *title, struct text *out) {
    uint64_t buckets = t->count == 0 ? 0 : table_buckets(t);
    text_printf(out, "[%s]\n", title);
    if (t->count == 0) {
        text_str(out, "No stats available for empty tables\n");
        return;
    }
    text_printf(out, " table size: %" PRIu64 " buckets\n number of elements: %" PRIu64 "\n"
                     " elements per bucket: %.2f\n bytes: %zu\n bytes per element: %.2f\n",
                buckets, t->count, (double)t->count / (double)buckets, table_bytes(t),
                (double)table_bytes(t) / (double)t->count);
}

static void debug_htstats(struct call *call) {
    struct keyspace *ks = &call->engine->keyspace;
    int64_t          id;
    struct text      text;
    if (!call_arg_i64(call, 2, &id)) return;
    if (id < 0 || id >= (int64_t)ks->count) {
        reply_error(call->reply, "ERR Out of range database");
        return;
    }
    text_init(&text, call->engine->heaps.server);
    htstats_table(&ks->db[id].keys, "Dictionary HT", &text);
    htstats_table(&ks->db[id].expires, "Expires HT", &text);
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}

/* A whole pass of compaction at once, whatever there is to be had. Returns how many allocations moved. */
static void debug_compact(struct call *call) {
    struct compact_status before, after;
    if (call->argc == 3 && !slice_eq_nocase(call->argv[2], "start")) {
        call_syntax_error(call);
        return;
    }
    if (call->argc == 3) {
        compact_start(call->engine->compact);
        reply_ok(call->reply);
        return;
    }
    compact_read(call->engine->compact, &before);
    compact_whole(call->engine->compact);
    compact_read(call->engine->compact, &after);
    reply_int(call->reply, (int64_t)(after.hits - before.hits));
}

/* Walks every structure of every database; what is wrong ends the process, as an assertion does.
 * While things are being freed in the background a heap holds more than its keys: ask again. */
static void debug_check(struct call *call) {
    struct engine *e = call->engine;
    if (lazyfree_pending_objects(e->lazyfree) > 0) {
        reply_error(call->reply, "ERR objects are being freed in the background");
        return;
    }
    for (unsigned i = 0; i < e->keyspace.count; i++) ASSERT(db_check(&e->keyspace.db[i]));
    reply_ok(call->reply);
}

static void debug_digest(struct call *call) {
    char          text[2 * SHA1_SIZE + 1];
    struct digest d = digest_keyspace(&call->engine->keyspace);
    digest_print(&d, text);
    reply_status(call->reply, text);
}

/* Keys past their expiry count, too. */
static void debug_digest_value(struct call *call) {
    reply_array(call->reply, call->argc - 2);
    for (uint32_t i = 2; i < call->argc; i++) {
        struct slice        name = call->argv[i];
        const struct entry *e = db_peek(call->db, name, table_hash(name));
        struct digest       d = {{0}};
        char                text[2 * SHA1_SIZE + 1];
        if (e != NULL) d = digest_entry(e);
        digest_print(&d, text);
        reply_status(call->reply, text);
    }
}

/* DEBUG STRINGMATCH-LEN <length> <pattern>: does the pattern match so many 'a's? */
static void debug_stringmatch_len(struct call *call) {
    int64_t len;
    if (!call_arg_range(call, 2, 0, STRINGMATCH_LEN_MAX, &len, NULL)) return;
    char *text = ash_alloc(call->engine->heaps.server, (size_t)len + 1);
    memset(text, 'a', (size_t)len);
    bool fits = glob_match(call->argv[3], slice_of(text, (size_t)len), false);
    ash_free(text, (size_t)len + 1);
    reply_int(call->reply, fits);
}

/* --- Filling ------------------------------------------------------------------------------- */

static void populate_one(struct call *call, struct slice name, struct slice value) {
    uint64_t hash = table_hash(name);
    if (db_peek(call->db, name, hash) != NULL) return;
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = value};
    db_set(call->db, name, hash, NULL, &v, ENTRY_NO_EXPIRE);
    call->dirty++;
}

/* DEBUG POPULATE <count> [prefix] [size]: keys prefix:0 ..., values value:0 ..., zeros behind. */
static void debug_populate(struct call *call) {
    int64_t      count, size = 0;
    struct slice prefix = call->argc > 3 ? call->argv[3] : slice_str("key");
    if (!call_arg_range(call, 2, 0, INT64_MAX, &count, NULL)) return;
    if (call->argc > 4 && !call_arg_range(call, 4, 0, POPULATE_VALUE_MAX, &size, NULL)) return;
    struct ash_heap *heap = call->engine->heaps.server;
    size_t           room = (size_t)size > 32 ? (size_t)size : 32;
    char            *value = ash_zalloc(heap, room);
    struct text      name;
    text_init(&name, heap);
    for (int64_t i = 0; i < count; i++) {
        text_clear(&name);
        text_add(&name, prefix);
        text_printf(&name, ":%" PRId64, i);
        int len = snprintf(value, room, "value:%" PRId64, i);
        populate_one(call, text_slice(&name),
                     slice_of(value, size > 0 ? (size_t)size : (size_t)len));
    }
    text_fini(&name);
    ash_free(value, room);
    reply_ok(call->reply);
}

/* --- Replies ------------------------------------------------------------------------------- */

static void debug_log(struct call *call) {
    log_warning("DEBUG LOG: %.*s", (int)(call->argv[2].len < 512 ? call->argv[2].len : 512),
                call->argv[2].p);
    reply_ok(call->reply);
}

static void debug_error(struct call *call) {
    reply_errorf(call->reply, "%.*s", call_arg_shown(call, 2), call->argv[2].p);
}

static void protocol_set(struct reply *r) {
    reply_set(r, 3);
    for (int i = 0; i < 3; i++) reply_int(r, i);
}

static void protocol_map(struct reply *r) {
    reply_map(r, 3);
    for (int i = 0; i < 3; i++) {
        reply_int(r, i);
        reply_bool(r, i == 1);
    }
}

static void protocol_array(struct reply *r) {
    reply_array(r, 3);
    for (int i = 0; i < 3; i++) reply_int(r, i);
}

static void protocol_attrib(struct reply *r) {
    if (r->resp > 2) {
        reply_attribute(r, 1);
        reply_bulk_str(r, "key-popularity");
        reply_array(r, 2);
        reply_bulk_str(r, "key:123");
        reply_int(r, 90);
    }
    reply_bulk_str(r, "Some real reply following the attribute");
}

static void protocol_push(struct reply *r) {
    if (r->resp < 3) {
        reply_error(r, "ERR RESP2 is not supported by this command");
        return;
    }
    reply_push(r, 2);
    reply_bulk_str(r, "server-cpu-usage");
    reply_int(r, 42);
    reply_bulk_str(r, "Some real reply following the push reply");
}

static void protocol_string(struct reply *r) { reply_bulk_str(r, "Hello World"); }
static void protocol_integer(struct reply *r) { reply_int(r, 12345); }
static void protocol_double(struct reply *r) { reply_double(r, 3.141); }
static void protocol_null(struct reply *r) { reply_null(r); }
static void protocol_true(struct reply *r) { reply_bool(r, true); }
static void protocol_false(struct reply *r) { reply_bool(r, false); }
static void protocol_bignum(struct reply *r) {
    reply_big_number(r, slice_str("1234567999999999999999999999999999999"));
}
static void protocol_verbatim(struct reply *r) {
    reply_verbatim(r, "txt", slice_str("This is a verbatim\nstring"));
}

static void debug_protocol(struct call *call) {
    static const struct {
        const char *name;
        void      (*reply)(struct reply *r);
    } types[] = {
        {"string", protocol_string}, {"integer", protocol_integer}, {"double", protocol_double},
        {"bignum", protocol_bignum}, {"null", protocol_null}, {"array", protocol_array},
        {"set", protocol_set}, {"map", protocol_map}, {"attrib", protocol_attrib},
        {"push", protocol_push}, {"verbatim", protocol_verbatim}, {"true", protocol_true},
        {"false", protocol_false},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!call_arg_is(call, 2, types[i].name)) continue;
        types[i].reply(call->reply);
        return;
    }
    reply_error(
        call->reply,
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|"
        "bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

/* --- The table ----------------------------------------------------------------------------- */

static void debug_help(struct call *call) {
    static const char *const lines[] = {
        "ASSERT",
        "    Crash by assertion failed.",
        "CHECK",
        "    Verify every structure of the keyspace and its byte counts. Crash where one is wrong.",
        "COMPACT [START]",
        "    Move what lies in sparse slabs, all at once. Return how many allocations have moved.",
        "    START: begin to do so in slices, as activedefrag does.",
        "DIGEST",
        "    Output a hex signature representing the current DB content.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    Output a hex signature of the values of all the specified keys.",
        "ERROR <string>",
        "    Return a Redis protocol error with <string> as message. Useful for clients",
        "    unit tests to simulate Redis errors.",
        "HTSTATS <dbid>",
        "    Return hash table statistics of the specified database.",
        "LISTPACK <key>",
        "    Show low level info about the listpack encoding of <key>.",
        "LOG <message>",
        "    Write <message> to the server log.",
        "OBJECT <key>",
        "    Show low level info about `key` and associated value.",
        "PANIC",
        "    Crash the server simulating a panic.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Create <count> string keys named key:<num>. If <prefix> is specified then",
        "    it is used instead of the 'key' prefix.",
        "PROTOCOL <type>",
        "    Reply with a test value of the specified type. <type> can be: string,",
        "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
        "    true, false.",
        "SEGFAULT",
        "    Crash the server with sigsegv.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Setting it to 0 disables expiring keys in background when they are not",
        "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
        "    default.",
        "SLEEP <seconds>",
        "    Stop the server for <seconds>. Decimals allowed.",
        "STRINGMATCH-LEN <length> <pattern>",
        "    Match <pattern> against <length> times the letter a.",
        NULL,
    };
    call_help(call, lines);
}

static const struct debug_sub {
    const char *name;
    uint32_t    argc_min, argc_max;
    void      (*handler)(struct call *call);
} debug_subs[] = {
    {"help", 2, 2, debug_help},
    {"assert", 2, 2, debug_assert},
    {"check", 2, 2, debug_check},
    {"compact", 2, 3, debug_compact},
    {"digest", 2, 2, debug_digest},
    {"digest-value", 2, UINT32_MAX, debug_digest_value},
    {"error", 3, 3, debug_error},
    {"htstats", 3, 3, debug_htstats},
    {"listpack", 3, 3, debug_listpack},
    {"log", 3, 3, debug_log},
    {"object", 3, 3, debug_object},
    {"panic", 2, 2, debug_panic},
    {"populate", 3, 5, debug_populate},
    {"protocol", 3, 3, debug_protocol},
    {"segfault", 2, 2, debug_segfault},
    {"set-active-expire", 3, 3, debug_set_active_expire},
    {"sleep", 3, 3, debug_sleep},
    {"stringmatch-len", 4, 4, debug_stringmatch_len},
};

static void cmd_debug(struct call *call) {
    for (size_t i = 0; i < sizeof debug_subs / sizeof debug_subs[0]; i++) {
        const struct debug_sub *s = &debug_subs[i];
        if (!call_arg_is(call, 1, s->name) || call->argc < s->argc_min || call->argc > s->argc_max)
            continue;
        s->handler(call);
        return;
    }
    reply_errorf(call->reply,
                 "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try DEBUG HELP.",
                 (int)(call->argv[1].len < 128 ? call->argv[1].len : 128), call->argv[1].p);
}

const struct command debug_commands[] = {
    { .name = "debug", .handler = cmd_debug, .arity = -2, .group = GROUP_SERVER,
      .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_PROTECTED, .syntax = "",
      .since = "1.0.0", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands that tests need.",
      .syscmd = true },
    {0},
};
