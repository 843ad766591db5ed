/* server.c: commands about the server as a whole: TIME, ROLE, LOLWUT, SHUTDOWN; and the places in
 * the table of INFO, SLOWLOG and LATENCY, which have files of their own. */
#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/commands/info.h"
#include "server/commands/latency.h"
#include "server/commands/slowlog.h"
#include "server/core/call.h"
#include "server/core/log.h"
#include "server/ds/text.h"
#include "server/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* --- TIME, ROLE ---------------------------------------------------------------------------- */

static void cmd_time(struct call *call) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    reply_array(call->reply, 2);
    reply_bulk_int(call->reply, now.tv_sec);
    reply_bulk_int(call->reply, now.tv_nsec / 1000);
}

static void cmd_role(struct call *call) {
    reply_array(call->reply, 3);
    reply_bulk_str(call->reply, "master");
    reply_int(call->reply, 0); /* replication offset */
    reply_empty_array(call->reply);
}

/* --- LOLWUT -------------------------------------------------------------------------------- */

#define WALL_COLUMNS_MAX 1000
#define WALL_ROWS_MAX    500

/* One course of stones: uprights at random distances, never above each other. */
static void wall_course(struct rand *rand, char *above, char *course, size_t columns) {
    memset(course, '_', columns);
    course[0] = course[columns - 1] = '|';
    for (size_t at = 4 + rand_below(rand, 6); at + 4 < columns; at += 4 + rand_below(rand, 9)) {
        if (above[at] == '|') at++;
        if (at + 4 < columns) course[at] = '|';
    }
    memcpy(above, course, columns);
}

/* A wall of ashlar: the stones differ, the joints are tight. */
static void wall_print(struct rand *rand, size_t columns, size_t rows, struct text *out) {
    char above[WALL_COLUMNS_MAX], course[WALL_COLUMNS_MAX];
    memset(above, '_', columns);
    above[0] = above[columns - 1] = ' ';
    text_add(out, slice_of(above, columns));
    text_char(out, '\n');
    for (size_t i = 0; i < rows; i++) {
        wall_course(rand, above, course, columns);
        text_add(out, slice_of(course, columns));
        text_char(out, '\n');
    }
}

/* LOLWUT [VERSION n] [columns [rows]] */
static void cmd_lolwut(struct call *call) {
    int64_t     columns = 66, rows = 8, version;
    uint32_t    at = 1;
    struct text text;
    if (call->argc >= 3 && call_arg_is(call, 1, "version")) {
        if (!call_arg_i64(call, 2, &version)) return;
        at = 3;
    }
    if (call->argc > at && !call_arg_i64(call, at, &columns)) return;
    if (call->argc > at + 1 && !call_arg_i64(call, at + 1, &rows)) return;
    columns = columns < 10 ? 10 : columns > WALL_COLUMNS_MAX ? WALL_COLUMNS_MAX : columns;
    rows = rows < 1 ? 1 : rows > WALL_ROWS_MAX ? WALL_ROWS_MAX : rows;
    text_init(&text, call->engine->heaps.server);
    wall_print(&call->engine->rand, (size_t)columns, (size_t)rows, &text);
    text_str(&text, "Cut to fit, no mortar. Ashlar ver. " ASHLAR_VERSION
                    ", Redis ver. " ASHLAR_REDIS_VERSION "\n");
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}

/* --- SHUTDOWN ------------------------------------------------------------------------------ */

struct shutdown_options { bool save, nosave, now, force, abort; };

static bool shutdown_parse(struct call *call, struct shutdown_options *o) {
    for (uint32_t i = 1; i < call->argc; i++) {
        if (call_arg_is(call, i, "save")) o->save = true;
        else if (call_arg_is(call, i, "nosave")) o->nosave = true;
        else if (call_arg_is(call, i, "now")) o->now = true;
        else if (call_arg_is(call, i, "force")) o->force = true;
        else if (call_arg_is(call, i, "abort")) o->abort = true;
        else return false;
    }
    return !(o->save && o->nosave) && !(o->abort && call->argc > 2);
}

/* There are no replicas to wait for and nothing to save, so a shutdown is never in progress when a
 * command runs, and NOW and FORCE change little: FORCE goes even where SAVE cannot be done. */
static void cmd_shutdown(struct call *call) {
    struct shutdown_options o = {0};
    struct engine          *e = call->engine;
    if (!shutdown_parse(call, &o)) {
        call_syntax_error(call);
        return;
    }
    if (o.abort) {
        reply_error(call->reply, "ERR No shutdown in progress.");
        return;
    }
    if (o.save && !o.force) {
        log_warning("SHUTDOWN SAVE refused: saving to disk is not supported yet. "
                    "SHUTDOWN NOSAVE or SHUTDOWN SAVE FORCE ends the server without.");
        reply_error(call->reply, "ERR Errors trying to SHUTDOWN. Check logs.");
        return;
    }
    log_warning("User requested shutdown...");
    e->shutdown_asap = true;
    e->exit_code = 0;
    call->session->flags |= SESSION_CLOSE_ASAP; /* no reply: the connection just ends */
    if (e->stop != NULL) e->stop(e);
}

const struct command server_commands[] = {
    { .name = "info", .handler = cmd_info, .arity = -1, .group = GROUP_SERVER,
      .flags = CMD_LOADING | CMD_STALE, .acl = ACL_DANGEROUS,
      .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special",
      .syntax = "[section [section ...]]", .since = "1.0.0", .complexity = "O(1)",
      .history = "7.0.0=Several sections in one call.",
      .summary = "Returns facts and counters of the server." },
    { .name = "latency", .arity = -2, .group = GROUP_SERVER, .subcommands = latency_subcommands,
      .since = "2.8.13", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands about latency." },
    { .name = "lolwut", .handler = cmd_lolwut, .arity = -1, .group = GROUP_SERVER,
      .flags = CMD_READONLY | CMD_FAST, .syntax = "[VERSION version]", .since = "5.0.0",
      .complexity = "O(N), N = characters of the picture",
      .summary = "Draws something and tells the version." },
    { .name = "role", .handler = cmd_role, .arity = 1, .group = GROUP_SERVER,
      .flags = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_FAST, .acl = ACL_ADMIN | ACL_DANGEROUS,
      .syntax = "", .since = "2.8.12", .complexity = "O(1)",
      .summary = "Returns the server's part in replication." },
    { .name = "shutdown", .handler = cmd_shutdown, .arity = -1, .group = GROUP_SERVER,
      .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_NO_MULTI | CMD_ALLOW_BUSY,
      .syntax = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]", .since = "1.0.0",
      .complexity = "O(N), N = keys, where they are saved; O(1) otherwise",
      .history = "7.0.0=`NOW`, `FORCE` and `ABORT`.",
      .summary = "Ends the server." },
    { .name = "slowlog", .arity = -2, .group = GROUP_SERVER, .subcommands = slowlog_subcommands,
      .since = "2.2.12", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands about slow commands." },
    { .name = "time", .handler = cmd_time, .arity = 1, .group = GROUP_SERVER,
      .flags = CMD_LOADING | CMD_STALE | CMD_FAST, .tips = "nondeterministic_output", .syntax = "",
      .since = "2.6.0", .complexity = "O(1)",
      .summary = "Returns the time of the server's clock." },
    {0},
};
