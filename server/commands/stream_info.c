/* stream_info.c: XINFO: what there is to know of a stream. */
#include "server/commands/families.h"

#include "server/commands/errors.h"
#include "server/commands/stream_args.h"

#define FULL_COUNT 10

static void reply_count(struct reply *r, const char *name, uint64_t v) {
    reply_bulk_str(r, name);
    reply_uint(r, v);
}

static void reply_id(struct reply *r, const char *name, struct stream_id id) {
    reply_bulk_str(r, name);
    reply_stream_id(r, id);
}

/* What both forms begin with. Blocks and nodes of their map stand for Redis's radix tree. */
static void reply_common(struct reply *r, const struct stream *s) {
    reply_count(r, "length", s->length);
    reply_count(r, "radix-tree-keys", s->blocks.count);
    reply_count(r, "radix-tree-nodes", idmap_nodes(&s->blocks) + 1); /* its root, which ours need not have */
    reply_id(r, "last-generated-id", s->last_id);
    reply_id(r, "max-deleted-entry-id", s->max_deleted);
    reply_count(r, "entries-added", s->entries_added);
    reply_id(r, "recorded-first-entry-id", s->first_id);
}

static void reply_end(struct reply *r, const struct value *v, const char *name, bool backwards) {
    struct stream_iter it;
    struct stream_id   id;
    uint64_t           pairs;
    reply_bulk_str(r, name);
    stream_iter_init(&it, v, STREAM_ID_MIN, STREAM_ID_MAX, backwards);
    if (!stream_next(&it, &id, &pairs)) reply_null(r);
    else reply_stream_entry(r, &it, id, pairs);
}

static void cmd_xinfo_stream(struct call *c) {
    struct key k;
    bool       full = c->argc > 3;
    int64_t    count = FULL_COUNT;
    if (!call_read(c, 2, VAL_STREAM, &k)) return;
    if (k.entry == NULL) {
        reply_error(c->reply, ERR_NO_KEY);
        return;
    }
    if (full && (!call_arg_is(c, 3, "full") || (c->argc != 4 && c->argc != 6) ||
                 (c->argc == 6 && !call_arg_is(c, 4, "count")))) {
        reply_errorf(c->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XINFO "
                     "HELP.", call_arg_shown(c, 1), c->argv[1].p);
        return;
    }
    if (c->argc == 6 && !call_arg_i64(c, 5, &count)) return;
    if (count < 0) count = FULL_COUNT;
    reply_map(c->reply, full ? 9 : 10);
    reply_common(c->reply, stream_of(&k.v));
    if (full) {
        reply_bulk_str(c->reply, "entries");
        reply_stream_entries(c->reply, &k.v, STREAM_ID_MIN, STREAM_ID_MAX, (uint64_t)count, false);
        reply_bulk_str(c->reply, "groups");
        reply_empty_array(c->reply);
    } else {
        reply_count(c->reply, "groups", 0);
        reply_end(c->reply, &k.v, "first-entry", false);
        reply_end(c->reply, &k.v, "last-entry", true);
    }
}

static void cmd_xinfo_help(struct call *c) {
    static const char *const lines[] = {
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.",
        NULL,
    };
    call_help(c, lines);
}

static const struct command xinfo_subcommands[] = {
    { .name = "help", .handler = cmd_xinfo_help, .arity = 2, .group = GROUP_STREAM, .acl = ACL_STREAM,
      .flags = CMD_LOADING | CMD_STALE, .syntax = "", .since = "5.0.0", .complexity = "O(1)",
      .summary = "Returns what XINFO's subcommands do." },
    { .name = "stream", .handler = cmd_xinfo_stream, .arity = -3, .group = GROUP_STREAM,
      .acl = ACL_STREAM, .flags = CMD_READONLY,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = 0, .step = 1 }},
      .syntax = "key [FULL [COUNT count]]", .since = "5.0.0", .complexity = "O(1)",
      .history = "6.0.0=Added the `FULL` modifier.;7.0.0=Added the `max-deleted-entry-id`, "
                 "`entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields",
      .summary = "Returns what is known of a stream." },
    {0},
};

const struct command stream_info_commands[] = {
    { .name = "xinfo", .arity = -2, .group = GROUP_STREAM, .subcommands = xinfo_subcommands,
      .since = "5.0.0", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands that look into streams." },
    {0},
};
