/* stream_group.c: XGROUP: making, moving and removing consumer groups and their consumers.
 *
 * Only what may end somebody's waiting tells the keyspace's listeners: a stream that is created, a
 * group that is set elsewhere or destroyed. The rest is counted as a change but touches no entry, as
 * Redis has it. Start reading at find_group(). */
#include "server/commands/stream_group.h"

#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/commands/stream_args.h"

/* --- For all of them ------------------------------------------------------------------------- */

bool stream_group_read(struct call *c, struct key *k, struct stream_group **out) {
    if (!call_read(c, 1, VAL_STREAM, k)) return false;
    *out = k->entry != NULL ? stream_group_get(stream_of(&k->v), c->argv[2]) : NULL;
    if (*out != NULL) return true;
    reply_errorf(c->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s'", call_arg_shown(c, 1),
                 c->argv[1].p, call_arg_shown(c, 2), c->argv[2].p);
    return false;
}

struct stream_consumer *stream_consumer_seen(struct call *c, struct stream_group *g, struct slice name) {
    struct type_env         env = call_env(c);
    bool                    added;
    struct stream_consumer *consumer = stream_consumer_put(g, env.heap, name, c->now_ms, &added);
    consumer->seen_ms = c->now_ms;
    c->dirty += added;
    return consumer;
}

void stream_no_group(struct call *c, uint32_t key, uint32_t group) {
    reply_errorf(c->reply, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                 call_arg_shown(c, group), c->argv[group].p, call_arg_shown(c, key), c->argv[key].p);
}

/* --- XGROUP ---------------------------------------------------------------------------------- */

static void wrong_use(struct call *c) {
    reply_errorf(c->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XGROUP "
                 "HELP.", call_arg_shown(c, 1), c->argv[1].p);
}

struct options {
    bool    make_stream;
    int64_t entries_read;
};

/* What stands behind CREATE's and SETID's ID. */
static bool options_parse(struct call *c, bool create, struct options *o) {
    *o = (struct options){.entries_read = STREAM_NOT_READ};
    for (uint32_t i = 5; i < c->argc; i++) {
        if (create && call_arg_is(c, i, "mkstream")) {
            o->make_stream = true;
        } else if (i + 1 < c->argc && call_arg_is(c, i, "entriesread")) {
            if (!call_arg_i64(c, ++i, &o->entries_read)) return false;
            if (o->entries_read >= STREAM_NOT_READ) continue;
            reply_error(c->reply, "ERR value for ENTRIESREAD must be positive or -1");
            return false;
        } else {
            wrong_use(c);
            return false;
        }
    }
    return true;
}

/* The stream in argv[2], which has to be there. False: the error was sent. */
static bool find_stream(struct call *c, bool may_be_absent, struct key *k) {
    if (!call_write(c, 2, VAL_STREAM, k)) return false;
    if (k->entry != NULL || may_be_absent) return true;
    reply_error(c->reply, "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you "
                          "may want to use the MKSTREAM option to create an empty stream automatically.");
    return false;
}

/* And its group argv[3]. */
static struct stream_group *find_group(struct call *c, struct key *k) {
    if (!find_stream(c, false, k)) return NULL;
    struct stream_group *g = stream_group_get(stream_of(&k->v), c->argv[3]);
    if (g == NULL) stream_no_group(c, 2, 3);
    return g;
}

static bool arg_is_last(const struct call *c, uint32_t i) {
    return slice_eq(c->argv[i], slice_str("$"));
}

static void cmd_xgroup_create(struct call *c) {
    struct options   o;
    struct key       k;
    struct stream_id id = STREAM_ID_MIN;
    if (!options_parse(c, true, &o) || !find_stream(c, o.make_stream, &k)) return;
    if (c->argc > 8) {
        wrong_use(c);
        return;
    }
    if (arg_is_last(c, 4)) id = k.entry != NULL ? stream_of(&k.v)->last_id : STREAM_ID_MIN;
    else if (!stream_arg_id(c, 4, 0, &id)) return;
    struct type_env env = call_env(c);
    if (k.entry == NULL) {
        key_create(c, &k, stream_new(&env));
        key_changed(c, &k, 0);
    }
    if (stream_group_add(stream_of(&k.v), env.heap, c->argv[3], id, o.entries_read) == NULL) {
        reply_error(c->reply, "BUSYGROUP Consumer Group name already exists");
        return;
    }
    c->dirty++;
    reply_ok(c->reply);
}

static void cmd_xgroup_setid(struct call *c) {
    struct options       o;
    struct key           k;
    struct stream_group *g;
    struct stream_id     id;
    if (!options_parse(c, false, &o) || (g = find_group(c, &k)) == NULL) return;
    if (c->argc != 5 && c->argc != 7) {
        wrong_use(c);
        return;
    }
    if (arg_is_last(c, 4)) id = stream_of(&k.v)->last_id;
    else if (slice_eq(c->argv[4], slice_str("-"))) id = STREAM_ID_MIN;
    else if (slice_eq(c->argv[4], slice_str("+"))) id = STREAM_ID_MAX;
    else if (!stream_arg_id(c, 4, 0, &id)) return;
    g->last_id = id;
    g->entries_read = o.entries_read;
    key_changed(c, &k, 1); /* those who wait may have something to read now */
    reply_ok(c->reply);
}

static void cmd_xgroup_destroy(struct call *c) {
    struct key      k;
    struct type_env env = call_env(c);
    if (!find_stream(c, false, &k)) return;
    struct stream_group *g = stream_group_get(stream_of(&k.v), c->argv[3]);
    if (g != NULL) {
        struct value husk = stream_group_take(&k.v, &env, g);
        db_discard_value(c->db, &husk, DISCARD_SERVER);
        key_changed(c, &k, 1);
    }
    reply_int(c->reply, g != NULL);
}

static void cmd_xgroup_createconsumer(struct call *c) {
    struct key           k;
    struct type_env      env = call_env(c);
    struct stream_group *g = find_group(c, &k);
    bool                 added;
    if (g == NULL) return;
    stream_consumer_put(g, env.heap, c->argv[4], c->now_ms, &added);
    c->dirty += added;
    reply_int(c->reply, added);
}

static void cmd_xgroup_delconsumer(struct call *c) {
    struct key           k;
    struct type_env      env = call_env(c);
    struct stream_group *g = find_group(c, &k);
    uint64_t             pending = 0;
    if (g == NULL) return;
    struct stream_consumer *consumer = stream_consumer_get(g, c->argv[4]);
    if (consumer != NULL) {
        pending = consumer->pending.count;
        struct value husk = stream_consumer_take(g, &env, consumer);
        db_discard_value(c->db, &husk, DISCARD_SERVER);
        c->dirty++;
    }
    reply_uint(c->reply, pending);
}

static void cmd_xgroup_help(struct call *c) {
    static const char *const lines[] = {
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.",
        NULL,
    };
    call_help(c, lines);
}

/* --- The table -------------------------------------------------------------------------------- */

#define SUB(name_, fn_, arity_, flags_, key_) \
    .name = (name_), .handler = (fn_), .arity = (arity_), .group = GROUP_STREAM, .acl = ACL_STREAM, \
    .flags = CMD_WRITE | (flags_), .keys = KEYS(2, 0, 1, KEY_RW | (key_))

static const struct command xgroup_subcommands[] = {
    { SUB("create", cmd_xgroup_create, -5, CMD_DENYOOM, KEY_INSERT),
      .syntax = "key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]", .since = "5.0.0",
      .complexity = "O(log(N)), N = groups of the stream",
      .history = "7.0.0=Added the `entries_read` named argument.",
      .summary = "Makes a consumer group that is to read from an ID on." },
    { SUB("setid", cmd_xgroup_setid, -5, 0, KEY_UPDATE),
      .syntax = "key group <id | $> [ENTRIESREAD entries-read]", .since = "5.0.0", .complexity = "O(1)",
      .history = "7.0.0=Added the optional `entries_read` argument.",
      .summary = "Sets up to which ID a consumer group has read." },
    { SUB("destroy", cmd_xgroup_destroy, 4, 0, KEY_DELETE),
      .syntax = "key group", .since = "5.0.0",
      .complexity = "O(N), N = pending entries of the group; of large ones O(1)",
      .summary = "Removes a consumer group with its consumers and what they have pending." },
    { SUB("createconsumer", cmd_xgroup_createconsumer, 5, CMD_DENYOOM, KEY_INSERT),
      .syntax = "key group consumer", .since = "6.2.0",
      .complexity = "O(log(N)), N = consumers of the group",
      .summary = "Makes a consumer in a consumer group." },
    { SUB("delconsumer", cmd_xgroup_delconsumer, 5, 0, KEY_DELETE),
      .syntax = "key group consumer", .since = "5.0.0",
      .complexity = "O(N), N = pending entries of the consumer; what is large is freed in the background",
      .summary = "Removes a consumer and returns how many entries it had pending." },
    { .name = "help", .handler = cmd_xgroup_help, .arity = 2, .group = GROUP_STREAM, .acl = ACL_STREAM,
      .flags = CMD_LOADING | CMD_STALE, .syntax = "", .since = "5.0.0", .complexity = "O(1)",
      .summary = "Returns what XGROUP's subcommands do." },
    {0},
};

const struct command stream_group_commands[] = {
    { .name = "xgroup", .arity = -2, .group = GROUP_STREAM, .subcommands = xgroup_subcommands,
      .since = "5.0.0", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands that manage consumer groups." },
    {0},
};
