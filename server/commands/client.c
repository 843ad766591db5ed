/* client.c: CLIENT: looking at connections, naming them, closing them, holding them up.
 *
 * LIST and KILL choose by the same kinds of filter (struct filter). A killed session is only marked
 * here; net closes it when the turn ends.
 *
 * Not there yet: TRACKING and CACHING, which need pub/sub. GETREDIR and TRACKINGINFO answer as for a
 * client that does not use them. */
#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/core/call.h"
#include "server/core/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX 128

static int shown(struct slice s) { return (int)(s.len < SHOWN_MAX ? s.len : SHOWN_MAX); }

static void reply_wrong_subcommand(struct call *c) {
    reply_errorf(c->reply,
                 "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try CLIENT HELP.",
                 shown(c->argv[1]), c->argv[1].p);
}

static void cmd_client_help(struct call *c) {
    static const char *const lines[] = {
        "GETREDIR",
        "    Return the client ID that tracking redirects to, -1 when it does not.",
        "GETNAME",
        "    Return the name of this connection.",
        "ID",
        "    Return the ID of this connection.",
        "INFO",
        "    Return what CLIENT LIST says about this connection.",
        "KILL <ip:port>",
        "    Close the connection from <ip:port>.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Close connections. Options are:",
        "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      That came from this address.",
        "    * LADDR (<ip:port>|<unixsocket>:0)",
        "      That came to this local address.",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Of this type.",
        "    * USER <username>",
        "      Logged in as <username>.",
        "    * SKIPME (YES|NO)",
        "      Spare this connection (default: yes).",
        "    * ID <client-id>",
        "      With this ID.",
        "LIST [options ...]",
        "    Return a line about each connection. Options:",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Those of this type.",
        "    * ID <client-id> [<client-id> [...]]",
        "      Those with these IDs.",
        "UNPAUSE",
        "    End the pause.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Let commands, or commands that write, wait for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Whether this connection gets replies.",
        "SETNAME <name>",
        "    Name this connection.",
        "SETINFO <option> <value>",
        "    Tell about the client library. Options are:",
        "    * LIB-NAME: its name",
        "    * LIB-VER: its version",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    Unblock a client that waits.",
        "TRACKINGINFO",
        "    Report the tracking status of this connection.",
        "NO-EVICT (ON|OFF)",
        "    Protect this connection from client eviction.",
        "NO-TOUCH (ON|OFF)",
        "    Let commands of this connection leave the access times of keys alone.",
        NULL};
    call_help(c, lines);
}

/* --- A line about a session ------------------------------------------------------------------ */

static void flags_format(const struct session *s, char out[16]) {
    static const struct {
        unsigned flag;
        char     letter;
    } letters[] = {{SESSION_BLOCKED, 'b'},     {SESSION_CLOSE_AFTER_REPLY, 'c'},
                   {SESSION_CLOSE_ASAP, 'A'},  {SESSION_UNIX_SOCKET, 'U'},
                   {SESSION_NO_EVICT, 'e'},    {SESSION_NO_TOUCH, 'T'}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (s->flags & letters[i].flag) out[n++] = letters[i].letter;
    if (n == 0) out[n++] = 'N';
    out[n] = '\0';
}

static const char *text_or_empty(const char *text) { return text != NULL ? text : ""; }

/* The first chunk of output stands for Redis's fixed reply buffer (rbs, rbp, obl), the others for its
 * list of replies (oll, omem). */
static void session_print(FILE *f, const struct session *s) {
    const struct outbuf_chunk *first = s->out.first;
    size_t                     first_cap = first != NULL ? sizeof *first + first->cap : 0;
    unsigned                   more = 0;
    for (const struct outbuf_chunk *k = first; k != NULL && k->next != NULL; k = k->next) more++;
    int64_t now_ms = clock_mono_ms(&s->engine->clock);
    char    flags[16], cmd[64] = "NULL";
    flags_format(s, flags);
    if (s->last_command != NULL) command_full_name(s->last_command, cmd, sizeof cmd);
    fprintf(f, "id=%" PRIu64 " addr=%s laddr=%s fd=%d name=%s age=%" PRId64 " idle=%" PRId64
               " flags=%s db=%u sub=0 psub=0 ssub=0 multi=-1 qbuf=%zu qbuf-free=%zu argv-mem=%zu"
               " multi-mem=0 rbs=%zu rbp=%zu obl=%zu oll=%u omem=%zu tot-mem=%zu events=r cmd=%s"
               " user=default redir=-1 resp=%u lib-name=%s lib-ver=%s\n",
            s->id, s->io.peer, s->io.local, s->io.fd, text_or_empty(s->name),
            (now_ms - s->created_ms) / 1000, (now_ms - s->active_ms) / 1000, flags, s->db,
            s->io.in_bytes, s->io.in_free, block_args_bytes(s), first_cap, first_cap,
            first != NULL ? (size_t)(first->len - first->off) : 0, more,
            s->out.footprint - first_cap, session_footprint(s), cmd, s->reply.resp,
            text_or_empty(s->lib_name), text_or_empty(s->lib_ver));
}

static FILE *text_open(char **text, size_t *len) {
    FILE *f = open_memstream(text, len);
    if (f == NULL) PANIC("no memory for a client list");
    return f;
}

static void text_send(struct call *c, FILE *f, char **text, const size_t *len) {
    fclose(f);
    reply_verbatim(c->reply, "txt", slice_of(*text, *len));
    free(*text);
}

static void cmd_client_info(struct call *c) {
    char  *text;
    size_t len;
    FILE  *f = text_open(&text, &len);
    session_print(f, c->session);
    text_send(c, f, &text, &len);
}

/* --- Choosing sessions ----------------------------------------------------------------------- */

enum { TYPE_ANY = -1, TYPE_MASTER = CLIENT_CLASSES }; /* beside enum client_class */

struct filter {
    int                 type;
    uint64_t            id; /* 0: any */
    const struct slice *addr, *laddr;
    bool                skip_me;
};

/* False: no such type, the error was sent. */
static bool type_parse(struct call *c, uint32_t i, int *type) {
    if (call_arg_is(c, i, "normal"))
        *type = CLIENT_NORMAL;
    else if (call_arg_is(c, i, "slave") || call_arg_is(c, i, "replica"))
        *type = CLIENT_REPLICA;
    else if (call_arg_is(c, i, "pubsub"))
        *type = CLIENT_PUBSUB;
    else if (call_arg_is(c, i, "master"))
        *type = TYPE_MASTER;
    else {
        reply_errorf(c->reply, "ERR Unknown client type '%.*s'", shown(c->argv[i]), c->argv[i].p);
        return false;
    }
    return true;
}

static bool filter_accepts(const struct filter *f, const struct session *s,
                           const struct session *me) {
    if (f->type != TYPE_ANY && f->type != (int)session_class(s)) return false;
    if (f->id != 0 && f->id != s->id) return false;
    if (f->addr != NULL && !slice_eq(*f->addr, slice_str(s->io.peer))) return false;
    if (f->laddr != NULL && !slice_eq(*f->laddr, slice_str(s->io.local))) return false;
    return !(f->skip_me && s == me);
}

/* --- LIST ------------------------------------------------------------------------------------ */

static bool list_by_id(struct call *c, FILE *f) {
    for (uint32_t i = 3; i < c->argc; i++) {
        int64_t id;
        if (!call_arg_range(c, i, INT64_MIN, INT64_MAX, &id, "ERR Invalid client ID")) return false;
        const struct session *s = id > 0 ? session_by_id(c->engine, (uint64_t)id) : NULL;
        if (s != NULL) session_print(f, s);
    }
    return true;
}

static void cmd_client_list(struct call *c) {
    struct filter filter = {.type = TYPE_ANY};
    bool          by_id = c->argc > 3 && call_arg_is(c, 2, "id"), ok = true;
    if (c->argc == 4 && call_arg_is(c, 2, "type")) {
        if (!type_parse(c, 3, &filter.type)) return;
    } else if (c->argc != 2 && !by_id) {
        call_syntax_error(c);
        return;
    }
    char  *text;
    size_t len;
    FILE  *f = text_open(&text, &len);
    if (by_id)
        ok = list_by_id(c, f);
    else
        for (const struct session *s = c->engine->first; s != NULL; s = s->next)
            if (filter_accepts(&filter, s, c->session)) session_print(f, s);
    if (ok) {
        text_send(c, f, &text, &len);
        return;
    }
    fclose(f);
    free(text);
}

/* --- KILL ------------------------------------------------------------------------------------ */

static bool yes_no_parse(struct call *c, uint32_t i, bool *out) {
    *out = call_arg_is(c, i, "yes");
    if (*out || call_arg_is(c, i, "no")) return true;
    call_syntax_error(c);
    return false;
}

static bool user_exists(struct call *c, uint32_t i) {
    if (slice_eq(c->argv[i], slice_str("default"))) return true;
    reply_errorf(c->reply, "ERR No such user '%.*s'", shown(c->argv[i]), c->argv[i].p);
    return false;
}

/* One option at argv[i] and its value. False: the error was sent. */
static bool kill_option(struct call *c, uint32_t i, struct filter *f) {
    int64_t id;
    if (i + 1 == c->argc) {
        call_syntax_error(c);
        return false;
    }
    if (call_arg_is(c, i, "id")) {
        const char *error = "ERR client-id should be greater than 0";
        if (!call_arg_range(c, i + 1, 1, INT64_MAX, &id, error)) return false;
        f->id = (uint64_t)id;
        return true;
    }
    if (call_arg_is(c, i, "type")) return type_parse(c, i + 1, &f->type);
    if (call_arg_is(c, i, "user")) return user_exists(c, i + 1);
    if (call_arg_is(c, i, "skipme")) return yes_no_parse(c, i + 1, &f->skip_me);
    if (call_arg_is(c, i, "addr"))
        f->addr = &c->argv[i + 1];
    else if (call_arg_is(c, i, "laddr"))
        f->laddr = &c->argv[i + 1];
    else {
        call_syntax_error(c);
        return false;
    }
    return true;
}

static int64_t kill_chosen(struct call *c, const struct filter *f) {
    int64_t killed = 0;
    for (struct session *s = c->engine->first; s != NULL; s = s->next) {
        if (s->flags & SESSION_CLOSE_ASAP || !filter_accepts(f, s, c->session)) continue;
        session_kill(s, s == c->session);
        killed++;
    }
    return killed;
}

static void cmd_client_kill(struct call *c) {
    struct filter f = {.type = TYPE_ANY};
    if (c->argc == 3) { /* the old form: one address, which may be one's own */
        f.addr = &c->argv[2];
        if (kill_chosen(c, &f) > 0)
            reply_ok(c->reply);
        else
            reply_error(c->reply, "ERR No such client");
        return;
    }
    f.skip_me = true;
    for (uint32_t i = 2; i < c->argc; i += 2)
        if (!kill_option(c, i, &f)) return;
    reply_int(c->reply, kill_chosen(c, &f));
}

/* --- PAUSE, UNBLOCK -------------------------------------------------------------------------- */

static void cmd_client_pause(struct call *c) {
    bool    writes = c->argc == 4 && call_arg_is(c, 3, "write");
    int64_t ms, until_ms;
    if (c->argc > 4) {
        reply_wrong_subcommand(c);
        return;
    }
    if (c->argc == 4 && !writes && !call_arg_is(c, 3, "all")) {
        reply_error(c->reply, "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    const char *error = "ERR timeout is not an integer or out of range";
    if (!call_arg_range(c, 2, INT64_MIN, INT64_MAX, &ms, error)) return;
    if (ms < 0) {
        reply_error(c->reply, "ERR timeout is negative");
    } else if (__builtin_add_overflow(c->now_ms, ms, &until_ms)) { /* Redis's bound */
        reply_error(c->reply, "ERR timeout is out of range");
    } else {
        pause_begin(c->engine, clock_mono_ms(&c->engine->clock) + ms, writes);
        reply_ok(c->reply);
    }
}

static void cmd_client_unpause(struct call *c) {
    pause_end(c->engine);
    reply_ok(c->reply);
}

static void cmd_client_unblock(struct call *c) {
    int64_t id;
    if (c->argc > 4) {
        reply_wrong_subcommand(c);
        return;
    }
    if (c->argc == 4 && !call_arg_is(c, 3, "timeout") && !call_arg_is(c, 3, "error")) {
        reply_error(c->reply, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        return;
    }
    if (!call_arg_i64(c, 2, &id)) return;
    struct session *s = id > 0 ? session_by_id(c->engine, (uint64_t)id) : NULL;
    reply_int(c->reply, s != NULL && block_end(s, c->argc == 4 && call_arg_is(c, 3, "error")));
}

/* --- This connection ------------------------------------------------------------------------- */

static void cmd_client_id(struct call *c) { reply_uint(c->reply, c->session->id); }

static void cmd_client_getname(struct call *c) {
    if (c->session->name != NULL)
        reply_bulk_str(c->reply, c->session->name);
    else
        reply_null(c->reply);
}

static void cmd_client_setname(struct call *c) {
    if (session_set_name(c->session, c->argv[2]))
        reply_ok(c->reply);
    else
        reply_error(c->reply, ERR_CLIENT_NAME);
}

static bool is_printable(struct slice s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '!' || s.p[i] > '~') return false;
    return true;
}

static void cmd_client_setinfo(struct call *c) {
    struct session *s = c->session;
    bool            is_name = call_arg_is(c, 2, "lib-name");
    if (!is_name && !call_arg_is(c, 2, "lib-ver")) {
        reply_errorf(c->reply, "ERR Unrecognized option '%.*s'", shown(c->argv[2]), c->argv[2].p);
        return;
    }
    if (!is_printable(c->argv[3])) {
        reply_errorf(c->reply, "ERR %s cannot contain spaces, newlines or special characters.",
                     is_name ? "lib-name" : "lib-ver");
        return;
    }
    session_set_text(s, is_name ? &s->lib_name : &s->lib_ver, c->argv[3]);
    reply_ok(c->reply);
}

static void cmd_client_reply(struct call *c) {
    struct session *s = c->session;
    const unsigned  modes = SESSION_REPLY_OFF | SESSION_REPLY_SKIP;
    if (call_arg_is(c, 2, "on")) {
        s->flags &= ~modes;
        s->reply.muted = false;
        reply_ok(c->reply);
    } else if (call_arg_is(c, 2, "off")) {
        s->flags |= SESSION_REPLY_OFF;
    } else if (call_arg_is(c, 2, "skip")) {
        if (!(s->flags & SESSION_REPLY_OFF)) s->flags |= SESSION_REPLY_SKIP_NEXT;
    } else {
        call_syntax_error(c);
    }
}

static void flag_switch(struct call *c, unsigned flag) {
    bool on = call_arg_is(c, 2, "on");
    if (!on && !call_arg_is(c, 2, "off")) {
        call_syntax_error(c);
        return;
    }
    c->session->flags = on ? c->session->flags | flag : c->session->flags & ~flag;
    reply_ok(c->reply);
}

static void cmd_client_no_evict(struct call *c) { flag_switch(c, SESSION_NO_EVICT); }
static void cmd_client_no_touch(struct call *c) { flag_switch(c, SESSION_NO_TOUCH); }

static void cmd_client_getredir(struct call *c) { reply_int(c->reply, -1); }

static void cmd_client_trackinginfo(struct call *c) {
    reply_map(c->reply, 3);
    reply_bulk_str(c->reply, "flags");
    reply_set(c->reply, 1);
    reply_bulk_str(c->reply, "off");
    reply_bulk_str(c->reply, "redirect");
    reply_int(c->reply, -1);
    reply_bulk_str(c->reply, "prefixes");
    reply_empty_array(c->reply);
}

/* --- The table ------------------------------------------------------------------------------- */

#define OWN   (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define ADMIN (OWN | CMD_ADMIN)

static const struct command client_subcommands[] = {
    { .name = "getname", .handler = cmd_client_getname, .arity = 2, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .since = "2.6.9", .complexity = "O(1)",
      .summary = "Returns the name of the connection." },
    { .name = "getredir", .handler = cmd_client_getredir, .arity = 2, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .since = "6.0.0", .complexity = "O(1)",
      .summary = "Returns the client that tracking messages are redirected to." },
    { .name = "help", .handler = cmd_client_help, .arity = 2, .group = GROUP_CONNECTION,
      .flags = CMD_LOADING | CMD_STALE, .acl = ACL_CONNECTION, .since = "5.0.0",
      .complexity = "O(1)", .summary = "Lists the subcommands." },
    { .name = "id", .handler = cmd_client_id, .arity = 2, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .since = "5.0.0", .complexity = "O(1)",
      .summary = "Returns the connection's number." },
    { .name = "info", .handler = cmd_client_info, .arity = 2, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .tips = "nondeterministic_output",
      .since = "6.2.0", .complexity = "O(1)", .summary = "Returns a line about the connection." },
    { .name = "kill", .handler = cmd_client_kill, .arity = -3, .group = GROUP_CONNECTION,
      .flags = ADMIN, .acl = ACL_CONNECTION,
      .syntax = "ip:port | [ID client-id | TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB> | "
                "USER username | ADDR ip:port | LADDR ip:port | SKIPME <YES | NO>] ...",
      .since = "2.4.0", .complexity = "O(N), N = clients", .summary = "Closes connections." },
    { .name = "list", .handler = cmd_client_list, .arity = -2, .group = GROUP_CONNECTION,
      .flags = ADMIN, .acl = ACL_CONNECTION, .tips = "nondeterministic_output",
      .syntax = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
      .since = "2.4.0", .complexity = "O(N), N = clients",
      .summary = "Returns a line about each connection." },
    { .name = "no-evict", .handler = cmd_client_no_evict, .arity = 3, .group = GROUP_CONNECTION,
      .flags = ADMIN, .acl = ACL_CONNECTION, .syntax = "<ON | OFF>",
      .since = "7.0.0", .complexity = "O(1)",
      .summary = "Protects the connection from being closed for memory." },
    { .name = "no-touch", .handler = cmd_client_no_touch, .arity = 3, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .syntax = "<ON | OFF>",
      .since = "7.2.0", .complexity = "O(1)",
      .summary = "Leaves the access times of keys alone." },
    { .name = "pause", .handler = cmd_client_pause, .arity = -3, .group = GROUP_CONNECTION,
      .flags = ADMIN, .acl = ACL_CONNECTION, .syntax = "timeout [WRITE | ALL]",
      .since = "3.0.0", .complexity = "O(1)", .summary = "Lets commands wait for a while." },
    { .name = "reply", .handler = cmd_client_reply, .arity = 3, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .syntax = "<ON | OFF | SKIP>",
      .since = "3.2.0", .complexity = "O(1)", .summary = "Says whether to send replies." },
    { .name = "setinfo", .handler = cmd_client_setinfo, .arity = 4, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .syntax = "<LIB-NAME libname | LIB-VER libver>",
      .tips = "request_policy:all_nodes,response_policy:all_succeeded",
      .since = "7.2.0", .complexity = "O(1)", .summary = "Tells about the client library." },
    { .name = "setname", .handler = cmd_client_setname, .arity = 3, .group = GROUP_CONNECTION,
      .flags = OWN, .acl = ACL_CONNECTION, .syntax = "connection-name",
      .since = "2.6.9", .complexity = "O(1)", .summary = "Names the connection." },
    { .name = "trackinginfo", .handler = cmd_client_trackinginfo, .arity = 2,
      .group = GROUP_CONNECTION, .flags = OWN, .acl = ACL_CONNECTION, .since = "6.2.0",
      .complexity = "O(1)", .summary = "Tells how the connection uses tracking." },
    { .name = "unblock", .handler = cmd_client_unblock, .arity = -3, .group = GROUP_CONNECTION,
      .flags = ADMIN, .acl = ACL_CONNECTION, .syntax = "client-id [TIMEOUT | ERROR]",
      .since = "5.0.0", .complexity = "O(log N), N = clients",
      .summary = "Ends the waiting of a blocked client." },
    { .name = "unpause", .handler = cmd_client_unpause, .arity = 2, .group = GROUP_CONNECTION,
      .flags = ADMIN, .acl = ACL_CONNECTION, .since = "6.2.0",
      .complexity = "O(N), N = clients", .summary = "Ends a pause." },
    { 0 },
};

const struct command client_commands[] = {
    { .name = "client", .arity = -2, .group = GROUP_CONNECTION, .subcommands = client_subcommands,
      .since = "2.4.0", .complexity = "Depends on subcommand.",
      .summary = "Commands about client connections." },
    { 0 },
};
