/* dispatch.c: from a batch of requests to commands run, one after another, accounted for.
 *
 * Some stages go over the whole batch before the first command runs, because a look-up in a big
 * table is two cache misses and the misses of many commands overlap:
 *
 *   1  find each command; hash its first key; prefetch the bucket that the hash addresses
 *   2  prefetch the entries whose tags match there
 *   3  the same inside big containers, for commands that know how (lookahead.h)
 *   4  execute in order
 *
 * The stages only guess: a SELECT in the batch makes the prefetches useless, never wrong. Pipelines
 * repeat their commands and like to stay with a key: what the request before has found is taken over.
 *
 * One stamp is taken after each command and serves as the start of the next, so a command costs one
 * reading of the clock. Durations are differences of whole microseconds of one running count: their
 * sum is right although most are 0.
 * Considered and dropped: one reading for several commands, which would share the time. A reading is
 * 9 ns, 3 % of an LPUSH in a pipeline, the kernel's part included. Calls and sums would stay right, but
 * SLOWLOG could not tell which of them was slow (a coarse clock beside it has ticks of 4 ms here), and
 * the histogram behind LATENCY HISTOGRAM and latencystats is of single calls: it is asked for the one
 * in a thousand that a share of a run hides.
 *
 * What is rare (errors, slow commands, CLIENT REPLY, pauses) is behind one test each on the way.
 * Not here: what a command does (commands/), sockets (net/). Start reading at dispatch_batch(). */
#include "server/core/dispatch.h"

#include "alloc/alloc.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/latency.h"
#include "server/core/log.h"
#include "server/core/lookahead.h"
#include "server/core/pause.h"
#include "server/core/slowlog.h"

#include <ctype.h>
#include <stdio.h>

#define UNKNOWN_ARGS_SHOWN  128   /* bytes of name, and of arguments, in "unknown command" */
#define ATTACK_LOG_EVERY_MS 60000
#define WEIGHTY_ARGS        64
#define WEIGHTY_BYTES       4096
#define CLOCK_STALE_US      1000  /* after a command this long the turn's clock is read anew */

#define SESSION_ENDED (SESSION_CLOSE_AFTER_REPLY | SESSION_CLOSE_ASAP)

/* What the stages before execution found out about a request. */
struct plan {
    const struct command_ref *ref;    /* NULL: unknown */
    uint64_t                  hash1;
    bool                      hashed; /* argv[1] is a key, and hash1 its hash */
};

enum verdict { ADMITTED, REJECTED, POSTPONED };

/* --- The stages before execution ------------------------------------------------------------- */

static const struct command_ref *command_of(const struct engine *e, const struct request *req) {
    const struct command_ref *container;
    return command_resolve(e->commands, req->argv, req->argc, &container);
}

/* A request that nothing is known of beforehand. */
static inline void plan_first(const struct engine *e, const struct request *req, struct plan *p) {
    p->ref = command_of(e, req);
    p->hashed = p->ref != NULL && p->ref->key1 && req->argc > 1;
    if (p->hashed) p->hash1 = table_hash(req->argv[1]);
}

/* One behind another: pipelines repeat their commands, and like to stay with a key. True: its key is
 * not that of the one before. */
static inline bool plan_next(const struct engine *e, const struct request *req, struct plan *p) {
    p->ref = p[-1].ref;
    if (p->ref == NULL || !p->ref->plain || !slice_eq(req->argv[0], req[-1].argv[0]))
        p->ref = command_of(e, req);
    p->hashed = p->ref != NULL && p->ref->key1 && req->argc > 1;
    if (!p->hashed) return false;
    if (p[-1].hashed && slice_eq(req->argv[1], req[-1].argv[1])) {
        p->hash1 = p[-1].hash1;
        return false;
    }
    p->hash1 = table_hash(req->argv[1]);
    return true;
}

/* What is to be fetched for a batch. */
struct fetch {
    const struct table_bucket *bucket;
    uint64_t                   hash;
};

/* More than one request: finds the commands, hashes the keys, prefetches. */
static void plan_batch(const struct engine *e, const struct db *db, const struct request *req,
                       struct plan *plan, unsigned count) {
    struct fetch             fetch[REQUEST_BATCH_MAX];
    struct lookahead_request of[REQUEST_BATCH_MAX];
    unsigned                 fetches = 0, looks = 0;
    for (unsigned i = 0; i < count; i++) {
        struct plan *p = &plan[i];
        bool         fresh = true;
        if (i == 0) plan_first(e, req, p);
        else fresh = plan_next(e, req + i, p);
        if (!p->hashed) continue;
        if (fresh) fetch[fetches++] = (struct fetch){table_prefetch(&db->keys, p->hash1), p->hash1};
        if (p->ref->lookahead != NULL && command_fits(p->ref, req[i].argc))
            of[looks++] = (struct lookahead_request){&req[i], p->ref->lookahead, p->hash1};
    }
    for (unsigned i = 0; i < fetches; i++) table_prefetch_items(fetch[i].bucket, fetch[i].hash);
    if (looks > 1) lookahead_batch(db, of, looks);
}

/* --- Admission ------------------------------------------------------------------------------- */

/* Browsers can be made to send HTTP to us; the lines after it would be run as commands. */
static bool is_http(struct slice name) {
    return slice_eq_nocase(name, "post") || slice_eq_nocase(name, "host:");
}

static void refuse_http(struct session *s) {
    struct engine *e = s->engine;
    s->flags |= SESSION_CLOSE_ASAP;
    if (e->attack_logged_ms != 0 && clock_mono_ms(&e->clock) - e->attack_logged_ms < ATTACK_LOG_EVERY_MS)
        return;
    e->attack_logged_ms = clock_mono_ms(&e->clock);
    log_warning("Possible SECURITY ATTACK detected: a client sends POST or Host: as commands, which "
                "is how a web page reaches a server that trusts its network (Cross Protocol "
                "Scripting). Connection from %s aborted.",
                s->io.peer);
}

static int shown(size_t len, size_t room) { return (int)(len < room ? len : room); }

static void reply_unknown(struct call *c) {
    char   args[UNKNOWN_ARGS_SHOWN * 2 + 8];
    size_t used = 0;
    args[0] = '\0';
    for (uint32_t i = 1; i < c->argc && used < UNKNOWN_ARGS_SHOWN; i++)
        used += (size_t)snprintf(args + used, sizeof args - used, "'%.*s' ",
                                 shown(c->argv[i].len, UNKNOWN_ARGS_SHOWN - used), c->argv[i].p);
    reply_errorf(c->reply, "ERR unknown command '%.*s', with args beginning with: %s",
                 shown(c->argv[0].len, UNKNOWN_ARGS_SHOWN), c->argv[0].p, args);
}

static void upper(char *text) {
    for (; *text != '\0'; text++) *text = (char)toupper((unsigned char)*text);
}

static void reply_unknown_subcommand(struct call *c, const struct command_ref *container) {
    char name[32];
    command_full_name(container, name, sizeof name);
    upper(name);
    reply_errorf(c->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                 shown(c->argv[1].len, UNKNOWN_ARGS_SHOWN), c->argv[1].p, name);
}

/* CMD_PROTECTED, which is DEBUG: it runs only where the configuration says so. */
static bool protection_allows(struct call *c) {
    const struct session *s = c->session;
    bool local = s->flags & (SESSION_LOOPBACK | SESSION_UNIX_SOCKET) || s->io.fd < 0;
    int  rule = c->engine->config->enable_debug_command;
    if (rule == PROTECT_YES || (rule == PROTECT_LOCAL && local)) return true;
    const struct command *cmd = c->command->parent != NULL ? c->command->parent : c->command->cmd;
    char                  name[32];
    snprintf(name, sizeof name, "%s", cmd->name);
    upper(name);
    reply_errorf(c->reply,
                 "ERR %s command not allowed. If the enable-%s-command option is set to \"local\", "
                 "you can run it from a local connection, otherwise you need to set this option in "
                 "the configuration file, and then restart the server.",
                 name, cmd->name);
    return false;
}

static bool authentication_allows(struct call *c) {
    if (ASH_LIKELY(c->session->authenticated) || (c->command->flags & CMD_NO_AUTH) ||
        c->engine->config->requirepass[0] == '\0')
        return true;
    reply_error(c->reply, "NOAUTH Authentication required.");
    return false;
}

/* It may need more than everyday commands do. */
static bool is_weighty(const struct call *c) {
    return c->argc >= WEIGHTY_ARGS || c->argv[c->argc - 1].len >= WEIGHTY_BYTES;
}

static enum verdict memory_verdict(struct call *c) {
    struct engine *e = c->engine;
    uint64_t       limit = e->config->maxmemory;
    if (!(c->command->flags & CMD_DENYOOM)) return ADMITTED;
    if (limit != 0 && (ash_used() > limit || room_is_waited_for(&e->room))) {
        enum room_answer answer = room_ask(c);
        if (answer == ROOM_WAIT) return POSTPONED;
        if (answer == ROOM_NO) {
            reply_error(c->reply, "OOM command not allowed when used memory > 'maxmemory'.");
            return REJECTED;
        }
    }
    if (ASH_LIKELY(e->rss_room == NULL) || e->rss_room(e, is_weighty(c))) return ADMITTED;
    reply_error(c->reply, "OOM command not allowed when resident memory > 'maxmemory-rss'.");
    return REJECTED;
}

/* No command by that name, or not with so many arguments. */
static __attribute__((noinline)) enum verdict refuse(struct call *c) {
    const struct command_ref *container = NULL;
    if (c->command != NULL)
        call_wrong_args(c);
    else if (command_resolve(c->engine->commands, c->argv, c->argc, &container), container != NULL)
        reply_unknown_subcommand(c, container);
    else if (is_http(c->argv[0]))
        refuse_http(c->session);
    else
        reply_unknown(c);
    return REJECTED;
}

/* Where something is restricted. */
static __attribute__((noinline)) enum verdict admit_guarded(struct call *c) {
    unsigned flags = c->command->flags;
    if (flags & CMD_PROTECTED && !protection_allows(c)) return REJECTED;
    if (!authentication_allows(c)) return REJECTED;
    enum verdict memory = memory_verdict(c);
    if (memory != ADMITTED) return memory;
    if (c->engine->pause.until_ms != 0 && pause_applies(c->engine, flags)) {
        pause_postpone(c->session);
        return POSTPONED;
    }
    return ADMITTED;
}

static inline enum verdict admit(struct call *c) {
    const struct command_ref *ref = c->command;
    const struct engine      *e = c->engine;
    if (ASH_UNLIKELY(ref == NULL || !command_fits(ref, c->argc))) return refuse(c);
    if (ASH_LIKELY(c->session->authenticated && e->config->maxmemory == 0 &&
                   e->rss_room == NULL && e->pause.until_ms == 0 &&
                   !(ref->flags & CMD_PROTECTED)))
        return ADMITTED;
    return admit_guarded(c);
}

/* --- Accounting ------------------------------------------------------------------------------ */

/* Arguments that are secrets, as the slow log shows them. True: argument i is one. */
static bool is_secret(const struct call *c, uint32_t i) {
    const struct command *cmd = c->command->cmd, *parent = c->command->parent;
    if (parent == NULL && strcmp(cmd->name, "auth") == 0) return i >= 1;
    if (parent == NULL && strcmp(cmd->name, "hello") == 0)
        return (i >= 3 && slice_eq_nocase(c->argv[i - 1], "auth")) ||
               (i >= 4 && slice_eq_nocase(c->argv[i - 2], "auth"));
    if (parent != NULL && strcmp(parent->name, "config") == 0 && strcmp(cmd->name, "set") == 0)
        return i >= 3 && i % 2 == 1 &&
               (slice_eq_nocase(c->argv[i - 1], "requirepass") ||
                slice_eq_nocase(c->argv[i - 1], "masterauth") ||
                slice_eq_nocase(c->argv[i - 1], "masteruser"));
    return false;
}

static void slow_log(struct call *c, uint64_t usec) {
    struct slice argv[SLOWLOG_ARGS_MAX];
    for (uint32_t i = 0; i < c->argc && i < SLOWLOG_ARGS_MAX; i++)
        argv[i] = is_secret(c, i) ? slice_str("(redacted)") : c->argv[i];
    const struct session *s = c->session;
    slowlog_add(c->engine->slowlog, (uint64_t)c->engine->config->slowlog_max_len, usec,
                c->engine->clock.wall_ms / 1000, argv, c->argc, s->io.peer,
                s->name != NULL ? s->name : "");
}

static void account_slow(struct call *c, uint64_t usec) {
    struct engine       *e = c->engine;
    const struct config *cfg = e->config;
    unsigned             flags = c->command->flags;
    if (usec >= CLOCK_STALE_US) clock_update(&e->clock);
    if (cfg->latency_monitor_threshold > 0)
        latency_add(e->latency, flags & CMD_FAST ? "fast-command" : "command", usec / 1000,
                    cfg->latency_monitor_threshold, e->clock.wall_ms / 1000);
    if (cfg->slowlog_log_slower_than >= 0 && usec >= (uint64_t)cfg->slowlog_log_slower_than &&
        !(flags & CMD_SKIP_SLOWLOG))
        slow_log(c, usec);
}

static inline void account(struct call *c, uint64_t usec, uint64_t errors_before) {
    struct engine *e = c->engine;
    bool           failed = c->reply->errors != errors_before;
    stats_call(&e->stats, c->command->id, usec, failed);
    if (ASH_UNLIKELY(failed)) stats_error(&e->stats, c->reply->last_error);
    e->dirty += c->dirty;
    if (ASH_UNLIKELY(usec >= CLOCK_STALE_US ||
                     usec >= (uint64_t)e->config->slowlog_log_slower_than))
        account_slow(c, usec);
}

static void account_rejected(struct call *c, uint64_t errors_before) {
    if (c->command != NULL) stats_rejected(&c->engine->stats, c->command->id);
    if (c->reply->errors != errors_before) stats_error(&c->engine->stats, c->reply->last_error);
}

/* --- One complete reply: debug builds ------------------------------------------------------- */
#ifdef ASHLAR_DEBUG
#define REPLY_BEFORE(s) uint64_t bytes_before = (s)->out.bytes
#define REPLY_AFTER(c) ASSERT(is_one_reply(c, bytes_before))
/* Also true where there need not be one: the command waits, or nothing is to be written. */
static bool is_one_reply(const struct call *c, uint64_t bytes_before) {
    const struct session *s = c->session;
    uint64_t              count;
    bool                  later = c->waits || (s->flags & SESSION_BLOCKED && s->wait == NULL);
    if (later || s->flags & (SESSION_ENDED | SESSION_MUTES) || s->reply.muted) return true;
    return reply_check(&s->out, s->out.bytes - bytes_before, &count) && count == 1;
}
#else
#define REPLY_BEFORE(s) ((void)0)
#define REPLY_AFTER(c)  ((void)0)
#endif

/* --- Execution ------------------------------------------------------------------------------- */

/* A call of the session's; which one call_set() says. */
static struct call call_of(struct session *s) {
    return (struct call){.session = s,
                         .engine = s->engine,
                         .reply = &s->reply,
                         .may_block = s->io.wake != NULL};
}

static inline void call_set(struct call *c, const struct command_ref *ref, const struct slice *argv,
                            uint32_t argc, uint64_t stamp_us) {
    struct engine *e = c->engine;
    c->command = ref;
    c->argv = argv;
    c->argc = argc;
    c->db = &e->keyspace.db[c->session->db];
    c->now_ms = e->clock.wall_ms;
    c->hashed = c->waits = false;
    c->dirty = 0;
    c->start_us = stamp_us;
}

/* Admits, runs and accounts for it, unless it has to wait. *stamp_us becomes when it ended. */
static inline enum verdict execute(struct call *c, uint64_t *stamp_us) {
    struct engine  *e = c->engine;
    struct session *s = c->session;
    uint64_t        errors_before = s->reply.errors;
    REPLY_BEFORE(s);
    enum verdict v = admit(c);
    if (ASH_UNLIKELY(v == POSTPONED)) return v;
    if (ASH_LIKELY(v == ADMITTED)) {
        e->running = c;
        c->command->handler(c);
        e->running = NULL;
        *stamp_us = clock_stamp_us();
        if (ASH_UNLIKELY(c->waits)) return v;
        account(c, *stamp_us - c->start_us, errors_before);
    } else {
        account_rejected(c, errors_before);
    }
    REPLY_AFTER(c);
    s->commands++;
    return v;
}

/* Runs one request of a connection. False: not run now. */
static inline bool request_run(struct call *c, uint64_t *stamp_us) {
    struct session *s = c->session;
    s->last_command = c->command;
    if (execute(c, stamp_us) == POSTPONED) return false;
    if (ASH_UNLIKELY(c->waits))
        block_spent(s, *stamp_us - c->start_us);
    else if (ASH_UNLIKELY(s->flags & SESSION_MUTES) && !(s->flags & SESSION_BLOCKED))
        session_reply_step(s);
    if (ASH_UNLIKELY(block_has_ready(&s->engine->block))) {
        block_serve(s->engine);
        *stamp_us = clock_stamp_us();
    }
    return true;
}

bool dispatch_again(struct session *s, struct dispatch_kept *k) {
    uint64_t    start_us = clock_stamp_us(), stamp_us = start_us;
    struct call c = call_of(s);
    call_set(&c, k->command, k->argv, k->argc, start_us - k->usec);
    enum verdict v = execute(&c, &stamp_us);
    ASSERT(v != POSTPONED);
    k->usec += stamp_us - start_us;
    return !c.waits;
}

void dispatch_give_up(struct session *s, const struct dispatch_kept *k, const char *error) {
    uint64_t    errors_before = s->reply.errors;
    struct call c = call_of(s);
    call_set(&c, k->command, k->argv, k->argc, clock_stamp_us());
    if (error != NULL)
        reply_error(&s->reply, error);
    else
        reply_null_array(&s->reply);
    account(&c, k->usec, errors_before);
    s->commands++;
}

unsigned dispatch_batch(struct session *s, const struct request_batch *batch, unsigned from) {
    struct plan           plan[REQUEST_BATCH_MAX];
    struct engine        *e = s->engine;
    const struct request *req = batch->req;
    unsigned              count = batch->count, i;
    ASSERT(from <= count && count <= REQUEST_BATCH_MAX);

    if (count - from == 1) plan_first(e, &req[from], &plan[from]);
    else plan_batch(e, &e->keyspace.db[s->db], req + from, plan + from, count - from);

    struct call c = call_of(s);
    uint64_t    stamp_us = clock_stamp_us(), start_us = stamp_us;
    for (i = from; i < count; i++) {
        call_set(&c, plan[i].ref, req[i].argv, req[i].argc, stamp_us);
        c.hash1 = plan[i].hash1;
        c.hashed = plan[i].hashed;
        if (!request_run(&c, &stamp_us)) break;
        if (ASH_UNLIKELY(s->flags & (SESSION_BLOCKED | SESSION_ENDED))) {
            i++;
            break;
        }
    }
    e->stats.loop_us_commands += stamp_us - start_us;
    return i;
}
