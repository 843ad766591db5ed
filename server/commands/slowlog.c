/* slowlog.c: the SLOWLOG command: replies made from core/slowlog. */
#include "server/commands/slowlog.h"

#include "server/core/call.h"
#include "server/core/slowlog.h"

#define SLOWLOG_DEFAULT_COUNT 10

static void reply_entry(const struct slowlog_entry *e, void *arg) {
    struct reply *r = arg;
    reply_array(r, 6);
    reply_uint(r, e->id);
    reply_int(r, e->time_s);
    reply_uint(r, e->usec);
    reply_array(r, e->argc);
    for (unsigned i = 0; i < e->argc; i++) reply_bulk(r, e->argv[i]);
    reply_bulk_str(r, e->peer);
    reply_bulk_str(r, e->name);
}

static void cmd_slowlog_get(struct call *call) {
    int64_t               count = SLOWLOG_DEFAULT_COUNT;
    const struct slowlog *log = call->engine->slowlog;
    if (call->argc > 3) {
        reply_errorf(call->reply,
                     "ERR unknown subcommand or wrong number of arguments for '%.*s'. "
                     "Try SLOWLOG HELP.", call_arg_shown(call, 1), call->argv[1].p);
        return;
    }
    if (call->argc == 3 &&
        !call_arg_range(call, 2, -1, INT64_MAX, &count,
                        "ERR count should be greater than or equal to -1"))
        return;
    uint64_t len = slowlog_len(log);
    if (count < 0 || (uint64_t)count > len) count = (int64_t)len;
    reply_array(call->reply, (size_t)count);
    slowlog_each(log, count, reply_entry, call->reply);
}

static void cmd_slowlog_len(struct call *call) {
    reply_uint(call->reply, slowlog_len(call->engine->slowlog));
}

static void cmd_slowlog_reset(struct call *call) {
    slowlog_clear(call->engine->slowlog);
    reply_ok(call->reply);
}

static void cmd_slowlog_help(struct call *call) {
    static const char *const lines[] = {
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.",
        NULL,
    };
    call_help(call, lines);
}

#define SLOWLOG_FLAGS (CMD_ADMIN | CMD_LOADING | CMD_STALE)

const struct command slowlog_subcommands[] = {
    { .name = "get", .handler = cmd_slowlog_get, .arity = -2, .group = GROUP_SERVER,
      .flags = SLOWLOG_FLAGS, .tips = "request_policy:all_nodes,nondeterministic_output",
      .syntax = "[count]", .since = "2.2.12", .complexity = "O(N), N = entries returned",
      .history = "4.0.0=The client's address and name in the reply.",
      .summary = "Returns the latest slow commands." },
    { .name = "help", .handler = cmd_slowlog_help, .arity = 2, .group = GROUP_SERVER,
      .flags = CMD_LOADING | CMD_STALE, .syntax = "", .since = "6.2.0", .complexity = "O(1)",
      .summary = "Returns what SLOWLOG's subcommands do." },
    { .name = "len", .handler = cmd_slowlog_len, .arity = 2, .group = GROUP_SERVER,
      .flags = SLOWLOG_FLAGS,
      .tips = "request_policy:all_nodes,response_policy:agg_sum,nondeterministic_output",
      .syntax = "", .since = "2.2.12", .complexity = "O(1)",
      .summary = "Returns how many slow commands are kept." },
    { .name = "reset", .handler = cmd_slowlog_reset, .arity = 2, .group = GROUP_SERVER,
      .flags = SLOWLOG_FLAGS, .tips = "request_policy:all_nodes,response_policy:all_succeeded",
      .syntax = "", .since = "2.2.12", .complexity = "O(N), N = entries kept",
      .summary = "Forgets all slow commands." },
    {0},
};
