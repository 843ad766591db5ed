/* connection.c: PING, ECHO, HELLO, AUTH, SELECT, RESET, QUIT: what a client says about its connection.
 *
 * There is one user so far, "default", whose password is requirepass. HELLO reads all its options
 * before it does any of them, so one that is refused changes nothing. */
#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/version.h"

#include <limits.h>

static void cmd_ping(struct call *c) {
    if (c->argc > 2)
        call_wrong_args(c);
    else if (c->argc == 2)
        reply_bulk(c->reply, c->argv[1]);
    else
        reply_raw(c->reply, slice_str("+PONG\r\n"));
}

static void cmd_echo(struct call *c) { reply_bulk(c->reply, c->argv[1]); }

static void cmd_quit(struct call *c) {
    reply_ok(c->reply);
    c->session->flags |= SESSION_CLOSE_AFTER_REPLY;
}

static void cmd_reset(struct call *c) {
    session_reset(c->session);
    reply_status(c->reply, "RESET");
}

static void cmd_select(struct call *c) {
    int64_t id;
    if (!call_arg_range(c, 1, INT_MIN, INT_MAX, &id, NULL)) return;
    if (id < 0 || id >= c->engine->config->databases) {
        reply_error(c->reply, ERR_DB_RANGE);
        return;
    }
    c->session->db = (unsigned)id;
    reply_ok(c->reply);
}

/* --- Authentication -------------------------------------------------------------------------- */

/* The time it takes depends on the length of what the client sent, not on the secret. */
static bool secret_eq(const char *secret, struct slice given) {
    size_t   len = strlen(secret);
    unsigned differ = len != given.len;
    for (size_t i = 0; i < given.len; i++)
        differ |= (unsigned char)given.p[i] ^ (unsigned char)secret[len == 0 ? 0 : i % len];
    return differ == 0;
}

/* user.p NULL: the default one. False: refused, the error was sent. */
static bool authenticate(struct call *c, struct slice user, struct slice password) {
    const char *secret = c->engine->config->requirepass;
    bool        is_default = user.p == NULL || slice_eq(user, slice_str("default"));
    bool        matches = secret[0] == '\0' || secret_eq(secret, password);
    if (is_default && matches) {
        c->session->authenticated = true;
        return true;
    }
    c->engine->stats.acl_denied_auth++;
    reply_error(c->reply, "WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

static void cmd_auth(struct call *c) {
    struct slice none = {0};
    if (c->argc > 3) {
        call_syntax_error(c);
        return;
    }
    if (c->argc == 2 && c->engine->config->requirepass[0] == '\0') {
        reply_error(c->reply,
                    "ERR AUTH <password> called without any password configured for the default "
                    "user. Are you sure your configuration is correct?");
        return;
    }
    bool ok = c->argc == 3 ? authenticate(c, c->argv[1], c->argv[2])
                           : authenticate(c, none, c->argv[1]);
    if (ok) reply_ok(c->reply);
}

struct hello {
    int64_t             resp; /* 0: as it is */
    const struct slice *auth; /* user, password; or NULL */
    const struct slice *name;
};

/* False: the error was sent. */
static bool hello_parse(struct call *c, struct hello *h) {
    const char *not_a_version = "ERR Protocol version is not an integer or out of range";
    if (c->argc > 1) {
        if (!call_arg_range(c, 1, INT64_MIN, INT64_MAX, &h->resp, not_a_version)) return false;
        if (h->resp < 2 || h->resp > 3) {
            reply_error(c->reply, "NOPROTO unsupported protocol version");
            return false;
        }
    }
    for (uint32_t i = 2; i < c->argc; i++) {
        uint32_t behind = c->argc - 1 - i;
        if (call_arg_is(c, i, "auth") && behind >= 2) {
            h->auth = &c->argv[i + 1];
            i += 2;
        } else if (call_arg_is(c, i, "setname") && behind >= 1) {
            h->name = &c->argv[++i];
        } else {
            reply_errorf(c->reply, "ERR Syntax error in HELLO option '%.*s'",
                         (int)(c->argv[i].len < 128 ? c->argv[i].len : 128), c->argv[i].p);
            return false;
        }
    }
    return true;
}

static void hello_reply(struct call *c) {
    struct reply *r = c->reply;
    reply_map(r, 7);
    reply_bulk_str(r, "server");
    reply_bulk_str(r, "redis");
    reply_bulk_str(r, "version");
    reply_bulk_str(r, ASHLAR_REDIS_VERSION);
    reply_bulk_str(r, "proto");
    reply_int(r, r->resp);
    reply_bulk_str(r, "id");
    reply_uint(r, c->session->id);
    reply_bulk_str(r, "mode");
    reply_bulk_str(r, "standalone");
    reply_bulk_str(r, "role");
    reply_bulk_str(r, "master");
    reply_bulk_str(r, "modules");
    reply_empty_array(r);
}

static void cmd_hello(struct call *c) {
    struct hello    h = {0};
    struct session *s = c->session;
    if (!hello_parse(c, &h)) return;
    if (h.auth != NULL && !authenticate(c, h.auth[0], h.auth[1])) return;
    if (!s->authenticated && c->engine->config->requirepass[0] != '\0') {
        reply_error(c->reply,
                    "NOAUTH HELLO must be called with the client already authenticated, otherwise "
                    "the HELLO AUTH <user> <pass> option can be used to authenticate the "
                    "client and select the RESP protocol version at the same time");
        return;
    }
    if (h.name != NULL && !session_set_name(s, *h.name)) {
        reply_error(c->reply, ERR_CLIENT_NAME);
        return;
    }
    if (h.resp != 0) c->reply->resp = (uint8_t)h.resp;
    hello_reply(c);
}

#define CMD_ANY_TIME \
    (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_NO_AUTH | CMD_ALLOW_BUSY)

const struct command connection_commands[] = {
    { .name = "ping", .handler = cmd_ping, .arity = -1, .group = GROUP_CONNECTION,
      .flags = CMD_FAST, .acl = ACL_CONNECTION, .syntax = "[message]",
      .tips = "request_policy:all_shards,response_policy:all_succeeded",
      .since = "1.0.0", .complexity = "O(1)", .summary = "Answers PONG, or the message." },
    { .name = "echo", .handler = cmd_echo, .arity = 2, .group = GROUP_CONNECTION,
      .flags = CMD_LOADING | CMD_STALE | CMD_FAST, .acl = ACL_CONNECTION, .syntax = "message",
      .since = "1.0.0", .complexity = "O(1)", .summary = "Answers the message." },
    { .name = "hello", .handler = cmd_hello, .arity = -1, .group = GROUP_CONNECTION,
      .flags = CMD_ANY_TIME, .acl = ACL_CONNECTION,
      .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
      .since = "6.0.0", .complexity = "O(1)",
      .summary = "Chooses the protocol, and may log in and name the connection." },
    { .name = "auth", .handler = cmd_auth, .arity = -2, .group = GROUP_CONNECTION,
      .flags = CMD_ANY_TIME, .acl = ACL_CONNECTION, .syntax = "[username] password",
      .since = "1.0.0", .complexity = "O(N), N = passwords of the user",
      .summary = "Logs the connection in." },
    { .name = "reset", .handler = cmd_reset, .arity = 1, .group = GROUP_CONNECTION,
      .flags = CMD_ANY_TIME, .acl = ACL_CONNECTION,
      .since = "6.2.0", .complexity = "O(1)",
      .summary = "Puts the connection back to where a new one starts." },
    { .name = "quit", .handler = cmd_quit, .arity = -1, .group = GROUP_CONNECTION,
      .flags = CMD_ANY_TIME, .acl = ACL_CONNECTION,
      .since = "1.0.0", .complexity = "O(1)", .summary = "Closes the connection.",
      .deprecated_since = "7.2.0", .replaced_by = "just closing the connection" },
    { .name = "select", .handler = cmd_select, .arity = 2, .group = GROUP_CONNECTION,
      .flags = CMD_LOADING | CMD_STALE | CMD_FAST, .acl = ACL_CONNECTION, .syntax = "index",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Chooses the database for the commands that follow." },
    { 0 },
};
