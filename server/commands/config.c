/* config.c: the CONFIG command. What it does is core/config's; here are its replies. */
#include "server/commands/families.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/log.h"
#include "server/core/option.h"
#include "server/memory/lazyfree.h"
#include "server/memory/reclaim.h"

#include "alloc/alloc.h"

struct get {
    struct reply *reply;
    size_t        pairs;
};

static void get_pair(const char *name, struct slice value, void *arg) {
    struct get *g = arg;
    reply_bulk_str(g->reply, name);
    reply_bulk(g->reply, value);
    g->pairs++;
}

static void cmd_config_get(struct call *call) {
    struct get            g = {.reply = call->reply};
    struct reply_deferred d = reply_begin(call->reply);
    config_match(call->engine->config, call->argv + 2, call->argc - 2, get_pair, &g);
    reply_end_map(call->reply, d, g.pairs);
}

static void cmd_config_set(struct call *call) {
    unsigned count = (call->argc - 2) / 2;
    char     error[OPTION_ERROR_MAX + 256];
    if (call->argc % 2 != 0) {
        call_syntax_error(call);
        return;
    }
    struct ash_heap    *heap = call->engine->heaps.server;
    struct config_pair *pairs = ash_alloc(heap, count * sizeof *pairs);
    for (unsigned i = 0; i < count; i++)
        pairs[i] = (struct config_pair){call->argv[2 + 2 * i], call->argv[3 + 2 * i]};
    if (config_set(call->engine->config, pairs, count, error, sizeof error)) {
        reply_ok(call->reply);
    } else {
        reply_errorf(call->reply, "ERR %s", error);
    }
    ash_free(pairs, count * sizeof *pairs);
}

static void cmd_config_rewrite(struct call *call) {
    char error[OPTION_ERROR_MAX];
    if (config_rewrite(call->engine->config, error, sizeof error)) {
        log_notice("CONFIG REWRITE executed with success.");
        reply_ok(call->reply);
        return;
    }
    log_warning("CONFIG REWRITE failed: %s", error);
    reply_errorf(call->reply, "ERR %s", error);
}

static void cmd_config_resetstat(struct call *call) {
    struct engine *e = call->engine;
    stats_reset(&e->stats);
    memset(&e->keyspace.stats, 0, sizeof e->keyspace.stats);
    lazyfree_reset_stats(e->lazyfree);
    reclaim_reset_stats(e->reclaim);
    reply_ok(call->reply);
}

static void cmd_config_help(struct call *call) {
    static const char *const lines[] = {
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.",
        NULL,
    };
    call_help(call, lines);
}

#define CONFIG_FLAGS (CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)

static const struct command config_subcommands[] = {
    { .name = "get", .handler = cmd_config_get, .arity = -3, .group = GROUP_SERVER,
      .flags = CONFIG_FLAGS, .syntax = "(parameter) [(parameter) ...]", .since = "2.0.0",
      .complexity = "O(N), N = options the server has, times patterns",
      .history = "7.0.0=Several patterns in one call.",
      .summary = "Returns options and their values by name or pattern." },
    { .name = "set", .handler = cmd_config_set, .arity = -4, .group = GROUP_SERVER,
      .flags = CONFIG_FLAGS, .syntax = "parameter value [parameter value ...]", .since = "2.0.0",
      .complexity = "O(N), N = options given",
      .tips = "request_policy:all_nodes,response_policy:all_succeeded",
      .history = "7.0.0=Several options in one call.",
      .summary = "Sets options while the server runs: all of them or none." },
    { .name = "resetstat", .handler = cmd_config_resetstat, .arity = 2, .group = GROUP_SERVER,
      .flags = CONFIG_FLAGS, .syntax = "", .since = "2.0.0", .complexity = "O(1)",
      .tips = "request_policy:all_nodes,response_policy:all_succeeded",
      .summary = "Sets the counters that INFO reports back to zero." },
    { .name = "rewrite", .handler = cmd_config_rewrite, .arity = 2, .group = GROUP_SERVER,
      .flags = CONFIG_FLAGS, .syntax = "", .since = "2.8.0",
      .complexity = "O(N), N = lines of the file",
      .tips = "request_policy:all_nodes,response_policy:all_succeeded",
      .summary = "Brings the configuration file in line with the settings in force." },
    { .name = "help", .handler = cmd_config_help, .arity = 2, .group = GROUP_SERVER,
      .flags = CMD_LOADING | CMD_STALE, .syntax = "", .since = "5.0.0", .complexity = "O(1)",
      .summary = "Returns what CONFIG's subcommands do." },
    {0},
};

const struct command config_commands[] = {
    { .name = "config", .arity = -2, .group = GROUP_SERVER, .subcommands = config_subcommands,
      .since = "2.0.0", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands that read and set options." },
    {0},
};
