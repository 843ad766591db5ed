/* stream_info.c: XINFO: what there is to know of a stream, its groups and their consumers.
 *
 * Start reading at cmd_xinfo_stream(). */
#include "server/commands/families.h"

#include "server/commands/errors.h"
#include "server/commands/stream_args.h"
#include "server/commands/stream_group.h"

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

/* --- Groups in full --------------------------------------------------------------------------- */

static void reply_number(struct reply *r, const char *name, int64_t v) {
    reply_bulk_str(r, name);
    reply_int(r, v);
}

static void reply_progress(struct reply *r, const struct stream *s, const struct stream_group *g) {
    int64_t lag;
    reply_id(r, "last-delivered-id", g->last_id);
    reply_bulk_str(r, "entries-read");
    if (g->entries_read != STREAM_NOT_READ) reply_int(r, g->entries_read);
    else reply_null(r);
    reply_bulk_str(r, "lag");
    if (stream_group_lag(s, g, &lag)) reply_int(r, lag);
    else reply_null(r);
}

static void reply_name(struct reply *r, struct slice name) {
    reply_bulk_str(r, "name");
    reply_bulk(r, name);
}

/* At most `count` (0: all) pending entries of a group, or of one of its consumers. */
static void reply_pending(struct reply *r, const struct stream_group *g,
                          const struct stream_consumer *consumer, uint64_t count) {
    struct idmap_cursor   at = idmap_first(consumer != NULL ? &consumer->pending : &g->pending);
    struct reply_deferred d;
    size_t                n = 0;
    reply_count(r, "pel-count", at.m->count);
    reply_bulk_str(r, "pending");
    d = reply_begin(r);
    for (; idmap_valid(&at) && (count == 0 || n < count); idmap_step(&at, false), n++) {
        const struct stream_pending *p = stream_pending_get(g, idmap_id(&at));
        reply_array(r, consumer != NULL ? 3 : 4);
        reply_stream_id(r, idmap_id(&at));
        if (consumer == NULL) reply_bulk(r, stream_pending_consumer(g, p)->name);
        reply_int(r, p->delivered_ms);
        reply_uint(r, p->deliveries);
    }
    reply_end_array(r, d, n);
}

static void reply_group(struct reply *r, const struct stream *s, const struct stream_group *g,
                        uint64_t count) {
    reply_map(r, 7);
    reply_name(r, g->name);
    reply_progress(r, s, g);
    reply_pending(r, g, NULL, count);
    reply_bulk_str(r, "consumers");
    reply_array(r, g->consumers.count);
    for (uint32_t i = 0; i < g->consumers.count; i++) {
        const struct stream_consumer *consumer = stream_consumer_at(g, i);
        reply_map(r, 5);
        reply_name(r, consumer->name);
        reply_number(r, "seen-time", consumer->seen_ms);
        reply_number(r, "active-time", consumer->active_ms);
        reply_pending(r, g, consumer, count);
    }
}

/* --- The commands ----------------------------------------------------------------------------- */

/* The stream in argv[2], which has to be there. NULL: the error was sent. */
static struct stream *find_stream(struct call *c, struct key *k) {
    if (!call_read(c, 2, VAL_STREAM, k)) return NULL;
    if (k->entry != NULL) return stream_of(&k->v);
    reply_error(c->reply, ERR_NO_KEY);
    return NULL;
}

static void cmd_xinfo_groups(struct call *c) {
    struct key           k;
    const struct stream *s = find_stream(c, &k);
    if (s == NULL) return;
    reply_array(c->reply, s->groups.count);
    for (uint32_t i = 0; i < s->groups.count; i++) {
        const struct stream_group *g = stream_group_at(s, i);
        reply_map(c->reply, 6);
        reply_name(c->reply, g->name);
        reply_count(c->reply, "consumers", g->consumers.count);
        reply_count(c->reply, "pending", g->pending.count);
        reply_progress(c->reply, s, g);
    }
}

static void cmd_xinfo_consumers(struct call *c) {
    struct key                 k;
    const struct stream       *s = find_stream(c, &k);
    const struct stream_group *g = s != NULL ? stream_group_get(s, c->argv[3]) : NULL;
    if (s != NULL && g == NULL) stream_no_group(c, 2, 3);
    if (g == NULL) return;
    reply_array(c->reply, g->consumers.count);
    for (uint32_t i = 0; i < g->consumers.count; i++) {
        const struct stream_consumer *consumer = stream_consumer_at(g, i);
        int64_t                       active = consumer->active_ms;
        reply_map(c->reply, 4);
        reply_name(c->reply, consumer->name);
        reply_count(c->reply, "pending", consumer->pending.count);
        reply_number(c->reply, "idle", stream_idle_ms(c, consumer->seen_ms));
        reply_number(c->reply, "inactive", active == STREAM_NOT_READ ? -1 : stream_idle_ms(c, active));
    }
}

static void cmd_xinfo_stream(struct call *c) {
    struct key k;
    bool       full = c->argc > 3;
    int64_t    count = FULL_COUNT;
    const struct stream *s = find_stream(c, &k);
    if (s == NULL) return;
    if (full && (!call_arg_is(c, 3, "full") || (c->argc != 4 && c->argc != 6) ||
                 (c->argc == 6 && !call_arg_is(c, 4, "count")))) {
        reply_errorf(c->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XINFO "
                     "HELP.", call_arg_shown(c, 1), c->argv[1].p);
        return;
    }
    if (c->argc == 6 && !call_arg_i64(c, 5, &count)) return;
    if (count < 0) count = FULL_COUNT;
    reply_map(c->reply, full ? 9 : 10);
    reply_common(c->reply, s);
    if (full) {
        reply_bulk_str(c->reply, "entries");
        reply_stream_entries(c->reply, &k.v, STREAM_ID_MIN, STREAM_ID_MAX, (uint64_t)count, false);
        reply_bulk_str(c->reply, "groups");
        reply_array(c->reply, s->groups.count);
        for (uint32_t i = 0; i < s->groups.count; i++)
            reply_group(c->reply, s, stream_group_at(s, i), (uint64_t)count);
    } else {
        reply_count(c->reply, "groups", s->groups.count);
        reply_end(c->reply, &k.v, "first-entry", false);
        reply_end(c->reply, &k.v, "last-entry", true);
    }
}

static void cmd_xinfo_help(struct call *c) {
    static const char *const lines[] = {
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.",
        NULL,
    };
    call_help(c, lines);
}

static const struct command xinfo_subcommands[] = {
    { .name = "consumers", .handler = cmd_xinfo_consumers, .arity = 4, .group = GROUP_STREAM,
      .acl = ACL_STREAM, .flags = CMD_READONLY,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = 0, .step = 1 }},
      .tips = "nondeterministic_output",
      .syntax = "key group", .since = "5.0.0", .complexity = "O(N), N = consumers of the group",
      .history = "7.2.0=Added the `inactive` field, and changed the meaning of `idle`.",
      .summary = "Returns what is known of a group's consumers." },
    { .name = "groups", .handler = cmd_xinfo_groups, .arity = 3, .group = GROUP_STREAM,
      .acl = ACL_STREAM, .flags = CMD_READONLY,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = 0, .step = 1 }},
      .syntax = "key", .since = "5.0.0", .complexity = "O(N), N = groups of the stream",
      .history = "7.0.0=Added the `entries-read` and `lag` fields",
      .summary = "Returns what is known of a stream's consumer groups." },
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
