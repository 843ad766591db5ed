/* command.c: the COMMAND command: the tables of the families, told to clients.
 *
 * Nothing here is kept beside the tables: flags, categories, key positions and argument trees are
 * derived when asked for. Shapes are Redis 7.2's, oddities included: an empty list of subcommands
 * is a set, one with members an array. */
#include "server/commands/command_docs.h"
#include "server/commands/families.h"
#include "server/core/call.h"
#include "server/ds/glob.h"

#include "alloc/alloc.h"

#define FULL_NAME_MAX 64

/* --- Names of bits ------------------------------------------------------------------------- */

struct bit_name {
    uint32_t    bit;
    const char *name;
};

static const struct bit_name flag_names[] = {
    {CMD_WRITE, "write"},
    {CMD_READONLY, "readonly"},
    {CMD_DENYOOM, "denyoom"},
    {CMD_ADMIN, "admin"},
    {CMD_PUBSUB, "pubsub"},
    {CMD_NOSCRIPT, "noscript"},
    {CMD_BLOCKING, "blocking"},
    {CMD_LOADING, "loading"},
    {CMD_STALE, "stale"},
    {CMD_SKIP_MONITOR, "skip_monitor"},
    {CMD_SKIP_SLOWLOG, "skip_slowlog"},
    {CMD_FAST, "fast"},
    {CMD_NO_AUTH, "no_auth"},
    {CMD_MAY_REPLICATE, "may_replicate"},
    {CMD_NO_MANDATORY_KEYS, "no_mandatory_keys"},
    {CMD_NO_ASYNC_LOADING, "no_async_loading"},
    {CMD_NO_MULTI, "no_multi"},
    {CMD_MOVABLE_KEYS, "movablekeys"},
    {CMD_ALLOW_BUSY, "allow_busy"},
    {0, NULL},
};

static const struct bit_name category_names[] = {
    {ACL_KEYSPACE, "@keyspace"}, {ACL_READ, "@read"}, {ACL_WRITE, "@write"}, {ACL_SET, "@set"},
    {ACL_SORTEDSET, "@sortedset"}, {ACL_LIST, "@list"}, {ACL_HASH, "@hash"},
    {ACL_STRING, "@string"}, {ACL_BITMAP, "@bitmap"}, {ACL_HYPERLOGLOG, "@hyperloglog"},
    {ACL_GEO, "@geo"}, {ACL_STREAM, "@stream"}, {ACL_PUBSUB, "@pubsub"}, {ACL_ADMIN, "@admin"},
    {ACL_FAST, "@fast"}, {ACL_SLOW, "@slow"}, {ACL_BLOCKING, "@blocking"},
    {ACL_DANGEROUS, "@dangerous"}, {ACL_CONNECTION, "@connection"},
    {ACL_TRANSACTION, "@transaction"}, {ACL_SCRIPTING, "@scripting"}, {0, NULL},
};

static const struct bit_name key_flag_names[] = {
    {KEY_RO, "RO"}, {KEY_RW, "RW"}, {KEY_OW, "OW"}, {KEY_RM, "RM"}, {KEY_ACCESS, "access"},
    {KEY_UPDATE, "update"}, {KEY_INSERT, "insert"}, {KEY_DELETE, "delete"},
    {KEY_NOT_KEY, "not_key"}, {KEY_INCOMPLETE, "incomplete"},
    {KEY_VARIABLE_FLAGS, "variable_flags"}, {0, NULL},
};

static void reply_bits(struct reply *r, uint32_t bits, const struct bit_name *names) {
    size_t n = 0;
    for (const struct bit_name *b = names; b->name != NULL; b++) n += (bits & b->bit) != 0;
    reply_set(r, n);
    for (const struct bit_name *b = names; b->name != NULL; b++)
        if (bits & b->bit) reply_status(r, b->name);
}

/* Some categories follow from the flags, as in Redis. */
static uint32_t categories_of(const struct command *c) {
    uint32_t acl = c->acl;
    if (c->flags & CMD_WRITE) acl |= ACL_WRITE;
    if ((c->flags & CMD_READONLY) && !(acl & ACL_SCRIPTING)) acl |= ACL_READ;
    if (c->flags & CMD_ADMIN) acl |= ACL_ADMIN | ACL_DANGEROUS;
    if (c->flags & CMD_PUBSUB) acl |= ACL_PUBSUB;
    if (c->flags & CMD_BLOCKING) acl |= ACL_BLOCKING;
    return acl | (c->flags & CMD_FAST ? ACL_FAST : ACL_SLOW);
}

/* --- Key positions ------------------------------------------------------------------------- */

struct legacy_range { int first, last, step; };

static bool is_unknown(const struct key_spec *k) {
    return k->keyword == NULL && k->keynum == 0 && k->first == 0;
}

static bool is_plain_range(const struct key_spec *k) {
    return k->keyword == NULL && k->keynum == 0 && !is_unknown(k);
}

/* The one range that clients before 7.0 know: the plain specs that lie side by side. */
static struct legacy_range legacy_range(const struct command *c) {
    struct legacy_range r = {0, 0, 0};
    for (unsigned i = 0; i < KEY_SPECS_MAX && c->keys[i].flags != 0; i++) {
        const struct key_spec *k = &c->keys[i];
        if (!is_plain_range(k) || (r.last != 0 && r.last != k->first - 1)) continue;
        if (r.first == 0) r = (struct legacy_range){k->first, 0, k->step};
        r.last = k->last >= 0 ? k->first + k->last : k->last;
        if (r.last < 0) break;
    }
    return r;
}

static uint32_t flags_of(const struct command *c) {
    uint32_t flags = c->flags;
    for (unsigned i = 0; i < KEY_SPECS_MAX && c->keys[i].flags != 0; i++)
        if (!is_plain_range(&c->keys[i])) flags |= CMD_MOVABLE_KEYS;
    return flags;
}

static void reply_pair(struct reply *r, const char *name, int64_t v) {
    reply_bulk_str(r, name);
    reply_int(r, v);
}

static void reply_unknown(struct reply *r, const char *name) {
    reply_bulk_str(r, name);
    reply_map(r, 2);
    reply_bulk_str(r, "type");
    reply_bulk_str(r, "unknown");
    reply_bulk_str(r, "spec");
    reply_map(r, 0);
}

static void reply_begin_search(struct reply *r, const struct key_spec *k) {
    reply_bulk_str(r, "begin_search");
    reply_map(r, 2);
    reply_bulk_str(r, "type");
    reply_bulk_str(r, k->keyword != NULL ? "keyword" : "index");
    reply_bulk_str(r, "spec");
    if (k->keyword == NULL) {
        reply_map(r, 1);
        reply_pair(r, "index", k->keynum > 0 ? k->keynum : k->first);
    } else {
        reply_map(r, 2);
        reply_bulk_str(r, "keyword");
        reply_bulk_str(r, k->keyword);
        reply_pair(r, "startfrom", k->first);
    }
}

static void reply_find_keys(struct reply *r, const struct key_spec *k) {
    reply_bulk_str(r, "find_keys");
    reply_map(r, 2);
    reply_bulk_str(r, "type");
    reply_bulk_str(r, k->keynum > 0 ? "keynum" : "range");
    reply_bulk_str(r, "spec");
    reply_map(r, 3);
    if (k->keynum > 0) {
        reply_pair(r, "keynumidx", 0);
        reply_pair(r, "firstkey", 1);
        reply_pair(r, "keystep", k->step > 0 ? k->step : 1);
    } else {
        reply_pair(r, "lastkey", k->last);
        reply_pair(r, "keystep", k->step);
        reply_pair(r, "limit", k->limit);
    }
}

static void reply_key_specs(struct reply *r, const struct command *c) {
    size_t n = 0;
    while (n < KEY_SPECS_MAX && c->keys[n].flags != 0) n++;
    reply_set(r, n);
    for (size_t i = 0; i < n; i++) {
        reply_map(r, 3);
        reply_bulk_str(r, "flags");
        reply_bits(r, c->keys[i].flags, key_flag_names);
        if (is_unknown(&c->keys[i])) {
            reply_unknown(r, "begin_search");
            reply_unknown(r, "find_keys");
            continue;
        }
        reply_begin_search(r, &c->keys[i]);
        reply_find_keys(r, &c->keys[i]);
    }
}

/* --- INFO ---------------------------------------------------------------------------------- */

static void full_name(const struct command *parent, const struct command *c, char *out) {
    struct command_ref ref = {.cmd = c, .parent = parent};
    command_full_name(&ref, out, FULL_NAME_MAX);
}

/* Splits at commas into a set of bulk strings. */
static void reply_tips(struct reply *r, const char *tips) {
    size_t n = tips != NULL;
    for (const char *p = tips; p != NULL && *p != '\0'; p++) n += *p == ',';
    reply_set(r, n);
    for (; n > 0; n--) {
        size_t len = strcspn(tips, ",");
        reply_bulk(r, slice_of(tips, len));
        tips += len + 1;
    }
}

static size_t subcommand_count(const struct command *c) {
    size_t n = 0;
    while (c->subcommands != NULL && c->subcommands[n].name != NULL) n++;
    return n;
}

static void reply_info(struct reply *r, const struct command *parent, const struct command *c) {
    char                name[FULL_NAME_MAX];
    struct legacy_range range = legacy_range(c);
    size_t              subs = subcommand_count(c);
    full_name(parent, c, name);
    reply_array(r, 10);
    reply_bulk_str(r, name);
    reply_int(r, c->arity);
    reply_bits(r, flags_of(c), flag_names);
    reply_int(r, range.first);
    reply_int(r, range.last);
    reply_int(r, range.step);
    reply_bits(r, categories_of(c), category_names);
    reply_tips(r, c->tips);
    reply_key_specs(r, c);
    if (subs == 0) {
        reply_set(r, 0);
        return;
    }
    reply_array(r, subs);
    for (size_t i = 0; i < subs; i++) reply_info(r, c, &c->subcommands[i]);
}

/* By "name" or "name|sub". NULL: there is none. */
static const struct command_ref *find(const struct command_table *t, struct slice name) {
    const char               *bar = name.len == 0 ? NULL : memchr(name.p, '|', name.len);
    const struct command_ref *container;
    if (bar == NULL) return command_find(t, name);
    struct slice argv[2] = {slice_of(name.p, (size_t)(bar - name.p)),
                            slice_of(bar + 1, name.len - (size_t)(bar + 1 - name.p))};
    const struct command_ref *ref = command_resolve(t, argv, 2, &container);
    return ref != NULL && ref->parent != NULL ? ref : NULL;
}

static void count_one(const struct command_ref *ref, void *arg) {
    (void)ref;
    ++*(size_t *)arg;
}

static size_t command_count(const struct command_table *t) {
    size_t n = 0;
    command_each(t, count_one, &n);
    return n;
}

static void info_one(const struct command_ref *ref, void *arg) { reply_info(arg, NULL, ref->cmd); }

static void info_all(struct call *call) {
    reply_array(call->reply, command_count(call->engine->commands));
    command_each(call->engine->commands, info_one, call->reply);
}

static void cmd_command(struct call *call) { info_all(call); }

static void cmd_command_info(struct call *call) {
    if (call->argc == 2) {
        info_all(call);
        return;
    }
    reply_array(call->reply, call->argc - 2);
    for (uint32_t i = 2; i < call->argc; i++) {
        const struct command_ref *ref = find(call->engine->commands, call->argv[i]);
        if (ref == NULL) {
            reply_null(call->reply);
        } else {
            reply_info(call->reply, ref->parent, ref->cmd);
        }
    }
}

static void cmd_command_count(struct call *call) {
    reply_uint(call->reply, command_count(call->engine->commands));
}

/* --- DOCS ---------------------------------------------------------------------------------- */

static size_t doc_text(struct reply *r, const char *name, const char *text) {
    if (text == NULL || text[0] == '\0') return 0;
    reply_bulk_str(r, name);
    reply_bulk_str(r, text);
    return 1;
}

static void reply_doc_args(struct reply *r, const struct doc_tree *t, int first);

static void reply_doc_flags(struct reply *r, unsigned flags) {
    static const struct bit_name names[] = {{DOC_OPTIONAL, "optional"}, {DOC_MULTIPLE, "multiple"},
                                            {DOC_MULTIPLE_TOKEN, "multiple_token"}, {0, NULL}};
    reply_bulk_str(r, "flags");
    reply_bits(r, flags, names);
}

static void reply_doc_arg(struct reply *r, const struct doc_tree *t, const struct doc_arg *a) {
    struct reply_deferred d = reply_begin(r);
    bool   group = a->type == DOC_ONEOF || a->type == DOC_BLOCK;
    size_t n = doc_text(r, "name", a->name);
    n += doc_text(r, "type", doc_type_name(a->type));
    if (!group) n += doc_text(r, "display_text", a->name);
    if (a->key_spec != DOC_NONE) {
        reply_pair(r, "key_spec_index", a->key_spec);
        n++;
    }
    n += doc_text(r, "token", a->token);
    if (a->flags != 0) {
        reply_doc_flags(r, a->flags);
        n++;
    }
    if (group) {
        reply_bulk_str(r, "arguments");
        reply_doc_args(r, t, a->child);
        n++;
    }
    reply_end_map(r, d, n);
}

static void reply_doc_args(struct reply *r, const struct doc_tree *t, int first) {
    size_t n = 0;
    for (int i = first; i != DOC_NONE; i = t->arg[i].next) n++;
    reply_array(r, n);
    for (int i = first; i != DOC_NONE; i = t->arg[i].next) reply_doc_arg(r, t, &t->arg[i]);
}

/* "6.0.0=Added this.;7.0.0=Added that." */
static size_t doc_history(struct reply *r, const char *history) {
    size_t n = history != NULL;
    for (const char *p = history; p != NULL && *p != '\0'; p++) n += p[0] == ';' && p[1] != '\0';
    if (n == 0) return 0;
    reply_bulk_str(r, "history");
    reply_set(r, n);
    for (; n > 0; n--) {
        size_t len = strcspn(history, ";"), version = strcspn(history, "=");
        if (version > len) version = len;
        size_t text = version < len ? version + 1 : len;
        reply_array(r, 2);
        reply_bulk(r, slice_of(history, version));
        reply_bulk(r, slice_of(history + text, len - text));
        history += len + 1;
    }
    return 1;
}

static size_t doc_standing(struct reply *r, const struct command *c) {
    bool deprecated = c->deprecated_since != NULL;
    if (!deprecated && !c->syscmd) return 0;
    reply_bulk_str(r, "doc_flags");
    reply_set(r, (size_t)deprecated + c->syscmd);
    if (deprecated) reply_status(r, "deprecated");
    if (c->syscmd) reply_status(r, "syscmd");
    return 1 + doc_text(r, "deprecated_since", c->deprecated_since) +
           doc_text(r, "replaced_by", c->replaced_by);
}

static size_t doc_arguments(struct reply *r, const struct command *c) {
    struct doc_tree tree;
    if (!doc_parse(c, c->syntax, &tree) || tree.first == DOC_NONE) return 0;
    reply_bulk_str(r, "arguments");
    reply_doc_args(r, &tree, tree.first);
    return 1;
}

static const char *group_name(unsigned group) {
    static const char *const name[] = {
        "generic", "string", "list", "set", "sorted-set", "hash", "pubsub", "transactions",
        "connection", "server", "scripting", "hyperloglog", "cluster", "sentinel", "geo", "stream",
        "bitmap"};
    ASSERT(group < sizeof name / sizeof name[0]);
    return name[group];
}

static void reply_docs(struct reply *r, const struct command *parent, const struct command *c) {
    char   name[FULL_NAME_MAX];
    size_t subs = subcommand_count(c);
    full_name(parent, c, name);
    reply_bulk_str(r, name);
    struct reply_deferred d = reply_begin(r);
    size_t n = doc_text(r, "summary", c->summary);
    n += doc_text(r, "since", c->since);
    n += doc_text(r, "group", group_name(c->group));
    n += doc_text(r, "complexity", c->complexity);
    n += doc_standing(r, c);
    n += doc_history(r, c->history);
    n += doc_arguments(r, c);
    if (subs > 0) {
        reply_bulk_str(r, "subcommands");
        reply_map(r, subs);
        for (size_t i = 0; i < subs; i++) reply_docs(r, c, &c->subcommands[i]);
        n++;
    }
    reply_end_map(r, d, n);
}

static void docs_one(const struct command_ref *ref, void *arg) { reply_docs(arg, NULL, ref->cmd); }

static void cmd_command_docs(struct call *call) {
    const struct command_table *t = call->engine->commands;
    if (call->argc == 2) {
        reply_map(call->reply, command_count(t));
        command_each(t, docs_one, call->reply);
        return;
    }
    struct reply_deferred d = reply_begin(call->reply);
    size_t                n = 0;
    for (uint32_t i = 2; i < call->argc; i++) {
        const struct command_ref *ref = find(t, call->argv[i]);
        if (ref == NULL) continue;
        reply_docs(call->reply, ref->parent, ref->cmd);
        n++;
    }
    reply_end_map(call->reply, d, n);
}

/* --- LIST ---------------------------------------------------------------------------------- */

struct list_filter {
    struct reply *reply;
    size_t        count;
    uint32_t      category; /* with by_category: any of it */
    struct slice  pattern;
    bool          by_category, by_pattern, none;
};

static void list_command(struct list_filter *f, const struct command *parent,
                         const struct command *c) {
    char name[FULL_NAME_MAX];
    full_name(parent, c, name);
    bool wanted = !f->none && (!f->by_category || (categories_of(c) & f->category)) &&
                  (!f->by_pattern || glob_match(f->pattern, slice_str(name), true));
    if (wanted) {
        reply_bulk_str(f->reply, name);
        f->count++;
    }
    for (size_t i = 0; i < subcommand_count(c); i++) list_command(f, c, &c->subcommands[i]);
}

static void list_one(const struct command_ref *ref, void *arg) {
    list_command(arg, NULL, ref->cmd);
}

static uint32_t category_by_name(struct slice name) {
    for (const struct bit_name *b = category_names; b->name != NULL; b++)
        if (slice_eq_nocase(name, b->name + 1)) return b->bit;
    return 0;
}

static bool list_parse(struct call *call, struct list_filter *f) {
    if (call->argc == 2) return true;
    if (call->argc != 5 || !call_arg_is(call, 2, "filterby")) return false;
    if (call_arg_is(call, 3, "module")) {
        f->none = true; /* there are no modules */
    } else if (call_arg_is(call, 3, "aclcat")) {
        f->by_category = true;
        f->category = category_by_name(call->argv[4]);
    } else if (call_arg_is(call, 3, "pattern")) {
        f->by_pattern = true;
        f->pattern = call->argv[4];
    } else {
        return false;
    }
    return true;
}

static void cmd_command_list(struct call *call) {
    struct list_filter f = {.reply = call->reply};
    if (!list_parse(call, &f)) {
        call_syntax_error(call);
        return;
    }
    struct reply_deferred d = reply_begin(call->reply);
    command_each(call->engine->commands, list_one, &f);
    reply_end_array(call->reply, d, f.count);
}

/* --- GETKEYS ------------------------------------------------------------------------------- */

struct getkeys {
    struct call *call;
    bool         with_flags;
};

static void getkeys_one(uint32_t arg, unsigned flags, void *p) {
    struct getkeys *g = p;
    struct reply   *r = g->call->reply;
    if (g->with_flags) reply_array(r, 2);
    reply_bulk(r, g->call->argv[2 + arg]);
    if (g->with_flags) reply_bits(r, flags & ~(unsigned)KEY_VARIABLE_FLAGS, key_flag_names);
}

static void getkeys(struct call *call, bool with_flags) {
    const struct slice       *argv = call->argv + 2;
    uint32_t                  argc = call->argc - 2;
    const struct command_ref *container, *ref;
    ref = command_resolve(call->engine->commands, argv, argc, &container);
    if (ref == NULL) {
        reply_error(call->reply, "ERR Invalid command specified");
        return;
    }
    const struct command *c = ref->cmd;
    if (c->keys[0].flags == 0) {
        reply_error(call->reply, "ERR The command has no key arguments");
        return;
    }
    if (c->arity >= 0 ? (int64_t)argc != c->arity : (int64_t)argc < -(int64_t)c->arity) {
        reply_error(call->reply, "ERR Invalid number of arguments specified for command");
        return;
    }
    struct getkeys g = {.call = call, .with_flags = with_flags};
    int            n = command_keys(c, argv, argc, NULL, NULL);
    if (n < 0 || (n == 0 && !(c->flags & CMD_NO_MANDATORY_KEYS))) {
        reply_error(call->reply, "ERR Invalid arguments specified for command");
        return;
    }
    reply_array(call->reply, (size_t)n);
    command_keys(c, argv, argc, getkeys_one, &g);
}

static void cmd_command_getkeys(struct call *call) { getkeys(call, false); }

static void cmd_command_getkeysandflags(struct call *call) { getkeys(call, true); }

static void cmd_command_help(struct call *call) {
    static const char *const lines[] = {
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
        NULL,
    };
    call_help(call, lines);
}

#define COMMAND_FLAGS (CMD_LOADING | CMD_STALE)

static const struct command command_subcommands[] = {
    { .name = "count", .handler = cmd_command_count, .arity = 2, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .syntax = "", .since = "2.8.13",
      .complexity = "O(1)", .summary = "Returns how many commands there are." },
    { .name = "docs", .handler = cmd_command_docs, .arity = -2, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .tips = "nondeterministic_output_order",
      .syntax = "[command-name [command-name ...]]", .since = "7.0.0",
      .complexity = "O(N), N = commands asked for",
      .summary = "Returns documentation of some or all commands." },
    { .name = "getkeys", .handler = cmd_command_getkeys, .arity = -3, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .syntax = "command [arg [arg ...]]",
      .since = "2.8.13", .complexity = "O(N), N = arguments",
      .summary = "Returns the keys in a full command." },
    { .name = "getkeysandflags", .handler = cmd_command_getkeysandflags, .arity = -3,
      .group = GROUP_SERVER, .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION,
      .syntax = "command [arg [arg ...]]", .since = "7.0.0", .complexity = "O(N), N = arguments",
      .summary = "Returns the keys in a full command and how they are used." },
    { .name = "help", .handler = cmd_command_help, .arity = 2, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .syntax = "", .since = "5.0.0",
      .complexity = "O(1)", .summary = "Returns what COMMAND's subcommands do." },
    { .name = "info", .handler = cmd_command_info, .arity = -2, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .tips = "nondeterministic_output_order",
      .syntax = "[command-name [command-name ...]]", .since = "2.8.13",
      .complexity = "O(N), N = commands asked for",
      .history = "7.0.0=Without a name: all commands.",
      .summary = "Returns arity, flags and keys of some or all commands." },
    { .name = "list", .handler = cmd_command_list, .arity = -2, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .tips = "nondeterministic_output_order",
      .syntax = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
      .since = "7.0.0", .complexity = "O(N), N = commands",
      .summary = "Returns the names of the commands." },
    {0},
};

const struct command command_commands[] = {
    { .name = "command", .handler = cmd_command, .arity = -1, .group = GROUP_SERVER,
      .flags = COMMAND_FLAGS, .acl = ACL_CONNECTION, .tips = "nondeterministic_output_order",
      .subcommands = command_subcommands, .syntax = "", .since = "2.8.13",
      .complexity = "O(N), N = commands",
      .summary = "Returns all there is to know about all commands." },
    {0},
};
