/* dispatch_test.c: what stands between a request and its handler, with commands and a clock of our
 * own and no sockets. Bytes go in, bytes come out. */
#include "server/core/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/latency.h"
#include "server/core/log.h"
#include "server/core/lookahead.h"
#include "server/core/pause.h"
#include "server/core/slowlog.h"
#include "server/types/hash.h"

static struct engine        e;
static struct session      *s;
static struct request_batch batch;
static struct request_parser parser;
static struct inbuf         in;
static unsigned             runs; /* of any handler */
static unsigned             aheads; /* stages of looking ahead */

/* --- Commands -------------------------------------------------------------------------------- */

static void cmd_say(struct call *c) {
    runs++;
    reply_bulk(c->reply, c->argc > 1 ? c->argv[1] : c->argv[0]);
}

static void cmd_fail(struct call *c) {
    runs++;
    reply_error(c->reply, "CODE it failed");
}

static void cmd_change(struct call *c) {
    runs++;
    c->dirty += 3;
    reply_ok(c->reply);
}

static void cmd_wait(struct call *c) {
    runs++;
    session_block(c->session, NULL, NULL);
}

static void cmd_leave(struct call *c) {
    runs++;
    c->session->flags |= SESSION_CLOSE_AFTER_REPLY;
    reply_ok(c->reply);
}

static void cmd_login(struct call *c) {
    runs++;
    c->session->authenticated = true;
    reply_ok(c->reply);
}

static void cmd_hush(struct call *c) {
    runs++;
    c->session->flags |= SESSION_REPLY_SKIP_NEXT;
}

static void cmd_slow(struct call *c) {
    uint64_t end_us = clock_mono_us() + 3000;
    runs++;
    while (clock_mono_us() < end_us) continue;
    reply_ok(c->reply);
}

static void cmd_field(struct call *c) {
    struct key     k;
    struct element el;
    if (!call_read(c, 1, VAL_HASH, &k)) return;
    if (k.entry != NULL && hash_get(&k.v, c->now_ms, c->argv[2], &el)) reply_bulk(c->reply, el.s);
    else reply_null(c->reply);
}

static void ahead_field(struct lookahead *a, unsigned stage) {
    aheads++;
    if (a->v.type != VAL_HASH || stage > 1) return;
    if (stage == 0) a->hash = table_hash(a->argv[2]);
    hash_prefetch(&a->v, a->hash, stage == 1);
}

/* Was its key hashed ahead, and hashed right? */
static void cmd_hashed(struct call *c) {
    bool right = c->hash1 == table_hash(c->argv[1]);
    reply_status(c->reply, !c->hashed ? "not" : right ? "right" : "wrong");
}

static void cmd_drop(struct call *c) {
    struct key k;
    if (call_write(c, 1, VAL_ANY, &k) && k.entry != NULL) key_delete(c, &k, DISCARD_USER);
    reply_ok(c->reply);
}

static const struct command boxes[] = {
    {.name = "in", .handler = cmd_say, .arity = 2}, {0}};
static const struct command family[] = {
    {.name = "say", .handler = cmd_say, .arity = -1},
    {.name = "two", .handler = cmd_say, .arity = 2, .keys = KEYS(1, 0, 1, KEY_RO)},
    {.name = "fail", .handler = cmd_fail, .arity = 1},
    {.name = "change", .handler = cmd_change, .arity = 1, .flags = CMD_WRITE | CMD_DENYOOM},
    {.name = "wait", .handler = cmd_wait, .arity = 1},
    {.name = "leave", .handler = cmd_leave, .arity = 1},
    {.name = "auth", .handler = cmd_login, .arity = -2, .flags = CMD_NO_AUTH},
    {.name = "hush", .handler = cmd_hush, .arity = 1},
    {.name = "slow", .handler = cmd_slow, .arity = -1},
    {.name = "secret", .handler = cmd_slow, .arity = 1, .flags = CMD_SKIP_SLOWLOG},
    {.name = "debug", .handler = cmd_say, .arity = -1, .flags = CMD_PROTECTED},
    {.name = "box", .arity = -2, .subcommands = boxes},
    {.name = "field", .handler = cmd_field, .arity = 3, .lookahead = ahead_field,
     .keys = KEYS(1, 0, 1, KEY_RO)},
    {.name = "hashed", .handler = cmd_hashed, .arity = -2, .keys = KEYS(1, 0, 1, KEY_RO)},
    {.name = "drop", .handler = cmd_drop, .arity = 2, .keys = KEYS(1, 0, 1, KEY_RW)},
    {0}};
static const struct command *const families[] = {family, NULL};

/* --- Setting up ------------------------------------------------------------------------------ */

static int64_t fake_ms = 1700000000000;
static int64_t fake_wall_set_ms; /* the wall clock was set by so much */

static void fake_clock(struct clock *c) {
    c->wall_ms = fake_ms + fake_wall_set_ms;
    c->wall_us = c->wall_ms * 1000;
    c->mono_us = (uint64_t)fake_ms * 1000;
}

static void configure(const char *name, const char *value) {
    char               error[256] = "";
    struct config_pair pair = {slice_str(name), slice_str(value)};
    bool               ok = config_set(e.config, &pair, 1, error, sizeof error);
    if (!ok) fail_msg("%s", error);
}

static int setup(void **state) {
    (void)state;
    log_open("/dev/null", LOG_LEVEL_NOTHING);
    e = (struct engine){0};
    e.heaps.server = ash_heap_new("server", ASH_HEAP_OWNED);
    e.heaps.clients = ash_heap_new("clients", ASH_HEAP_OWNED);
    e.config = config_new(e.heaps.server);
    clock_init(&e.clock, fake_clock);
    rand_seed(&e.rand, 7);
    e.commands = command_table_new(families);
    stats_init(&e.stats, e.heaps.server, command_table_ids(e.commands));
    e.slowlog = slowlog_new(e.heaps.server);
    e.latency = latency_new(e.heaps.server);
    keyspace_init(&e.keyspace, 16, e.heaps.server, &e.clock, &e.config->types, &e.rand,
                  (struct keyspace_hooks){0});
    s = session_new(&e);
    request_batch_init(&batch, e.heaps.clients);
    request_parser_init(&parser, e.heaps.clients);
    inbuf_init(&in, e.heaps.clients);
    runs = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    session_free(&s);
    request_batch_fini(&batch);
    request_parser_fini(&parser);
    inbuf_fini(&in);
    assert_int_equal(ash_heap_used(e.heaps.clients), 0);
    assert_int_equal(e.session_count, 0);
    assert_int_equal(e.session_blocked, 0);
    keyspace_fini(&e.keyspace);
    latency_free(&e.latency);
    slowlog_free(&e.slowlog);
    stats_fini(&e.stats);
    command_table_free((struct command_table **)&e.commands);
    config_free(&e.config);
    assert_int_equal(ash_heap_used(e.heaps.server), 0);
    ash_heap_drop(&e.heaps.server);
    ash_heap_drop(&e.heaps.clients);
    return 0;
}

/* Parses inline commands and runs them as one batch. Returns how many ran. */
static unsigned run(const char *text) {
    size_t                len = strlen(text);
    struct request_limits limits = {.bulk_max = 1 << 20, .authenticated = true};
    assert_true(inbuf_reserve(&in, len));
    memcpy(in.data + in.len, text, len);
    in.len += len;
    request_batch_clear(&batch);
    request_parse(&parser, &in, &limits, &batch);
    return dispatch_batch(s, &batch, 0);
}

static void expect(const char *bytes) {
    char         got[4096];
    struct iovec iov[4];
    unsigned     n = outbuf_peek(&s->out, iov, 4);
    size_t       len = 0;
    for (unsigned i = 0; i < n; i++) {
        assert_true(len + iov[i].iov_len < sizeof got);
        memcpy(got + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    got[len] = '\0';
    assert_string_equal(got, bytes);
    outbuf_consume(&s->out, len);
}

static const struct command_stats *stats_of(const char *name) {
    return &e.stats.command[command_find(e.commands, slice_str(name))->id];
}

/* --- Cases ----------------------------------------------------------------------------------- */

static void a_batch_runs_in_order(void **state) {
    (void)state;
    assert_int_equal(run("say a\r\nSAY b\r\nTwo c\r\n"), 3);
    expect("$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_int_equal(s->commands, 3);
    assert_int_equal(e.stats.commands_processed, 3);
    assert_int_equal(stats_of("say")->calls, 2);
    assert_string_equal(s->last_command->cmd->name, "two");
    assert_null(e.running);
}

/* A request may borrow the command of the one before it, which must be the same in full. */
static void names_like_the_one_before(void **state) {
    (void)state;
    assert_int_equal(run("say a\r\nsay b\r\nSAY c\r\nsax d\r\nsax e\r\nsay f\r\ntwo g\r\ntwo h\r\n"), 8);
    expect("$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"
           "-ERR unknown command 'sax', with args beginning with: 'd' \r\n"
           "-ERR unknown command 'sax', with args beginning with: 'e' \r\n"
           "$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n");
    assert_int_equal(stats_of("say")->calls, 4);
    assert_int_equal(stats_of("two")->calls, 2);
    /* Of a container the name is not enough. */
    assert_int_equal(run("box in\r\nbox out\r\nbox in\r\nin\r\nbox\r\n"), 5);
    expect("$2\r\nin\r\n-ERR unknown subcommand 'out'. Try BOX HELP.\r\n$2\r\nin\r\n"
           "-ERR unknown command 'in', with args beginning with: \r\n"
           "-ERR wrong number of arguments for 'box' command\r\n");
}

/* A request may borrow the hash of the one before it: if that had one, and for the same key. */
static void keys_like_the_one_before(void **state) {
    (void)state;
    assert_int_equal(run("hashed a\r\nhashed a\r\nhashed b\r\nhashed a\r\nsay a\r\nhashed a\r\nhashed a b\r\n"
                         "say\r\nhashed say\r\nhashed A\r\nhashed aa\r\nhashed a\r\n"), 12);
    expect("+right\r\n+right\r\n+right\r\n+right\r\n$1\r\na\r\n+right\r\n+right\r\n"
           "$3\r\nsay\r\n+right\r\n+right\r\n+right\r\n+right\r\n");
}

static void unknown_commands_are_quoted_back(void **state) {
    (void)state;
    run("nosuch a 'b c'\r\n");
    expect("-ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' \r\n");
    char line[512], name[301];
    memset(name, 'x', 300);
    name[300] = '\0';
    snprintf(line, sizeof line, "%s\r\n", name);
    run(line);
    snprintf(line, sizeof line, "-ERR unknown command '%.128s', with args beginning with: \r\n", name);
    expect(line);
    assert_int_equal(e.stats.errors, 2);
    assert_string_equal(e.stats.error[0].code, "ERR");
    assert_int_equal(e.stats.commands_processed, 0);
}

static void arguments_shown_are_cut(void **state) {
    (void)state;
    char line[1024], arg[201], expected[1024];
    memset(arg, 'y', 200);
    arg[200] = '\0';
    snprintf(line, sizeof line, "nosuch abc %s more\r\n", arg);
    run(line);
    snprintf(expected, sizeof expected,
             "-ERR unknown command 'nosuch', with args beginning with: 'abc' '%.122s' \r\n", arg);
    expect(expected);
}

static void arity_is_checked(void **state) {
    (void)state;
    run("two\r\ntwo a b\r\nbox\r\nbox in x\r\nbox in\r\n");
    expect("-ERR wrong number of arguments for 'two' command\r\n"
           "-ERR wrong number of arguments for 'two' command\r\n"
           "-ERR wrong number of arguments for 'box' command\r\n"
           "-ERR wrong number of arguments for 'box|in' command\r\n"
           "$2\r\nin\r\n");
    assert_int_equal(stats_of("two")->rejected, 2);
    assert_int_equal(stats_of("two")->calls, 0);
}

static void unknown_subcommands_point_to_help(void **state) {
    (void)state;
    run("BoX nosuch\r\n");
    expect("-ERR unknown subcommand 'nosuch'. Try BOX HELP.\r\n");
}

static void without_password_only_some_run(void **state) {
    (void)state;
    configure("requirepass", "pw");
    session_free(&s);
    s = session_new(&e);
    run("say a\r\nauth x\r\nsay b\r\n");
    expect("-NOAUTH Authentication required.\r\n+OK\r\n$1\r\nb\r\n");
    assert_int_equal(stats_of("say")->rejected, 1);
    assert_string_equal(e.stats.error[0].code, "NOAUTH");
}

static void a_password_taken_away_lets_all_in(void **state) {
    (void)state;
    configure("requirepass", "pw");
    session_free(&s);
    s = session_new(&e);
    configure("requirepass", "");
    run("say a\r\n");
    expect("$1\r\na\r\n");
}

static void failures_are_counted_by_code(void **state) {
    (void)state;
    run("fail\r\nfail\r\nsay a\r\n");
    expect("-CODE it failed\r\n-CODE it failed\r\n$1\r\na\r\n");
    assert_int_equal(stats_of("fail")->failed, 2);
    assert_int_equal(e.stats.error_kinds, 1);
    assert_string_equal(e.stats.error[0].code, "CODE");
    assert_int_equal(e.stats.error[0].count, 2);
}

static void changes_are_added_up(void **state) {
    (void)state;
    run("change\r\nsay a\r\nchange\r\n");
    assert_int_equal(e.dirty, 6);
    expect("+OK\r\n$1\r\na\r\n+OK\r\n");
}

static void blocking_stops_the_batch(void **state) {
    (void)state;
    assert_int_equal(run("say a\r\nwait\r\nsay b\r\nsay c\r\n"), 2);
    expect("$1\r\na\r\n");
    assert_int_equal(e.session_blocked, 1);
    reply_status(&s->reply, "DONE");
    session_unblock(s);
    assert_int_equal(dispatch_batch(s, &batch, 2), 4);
    expect("+DONE\r\n$1\r\nb\r\n$1\r\nc\r\n");
}

static void leaving_stops_the_batch(void **state) {
    (void)state;
    assert_int_equal(run("leave\r\nsay a\r\n"), 1);
    expect("+OK\r\n");
}

static void skipped_replies(void **state) {
    (void)state;
    run("hush\r\nsay a\r\nsay b\r\nhush\r\nfail\r\nnosuch\r\n");
    expect("$1\r\nb\r\n-ERR unknown command 'nosuch', with args beginning with: \r\n");
    assert_int_equal(stats_of("fail")->failed, 1);
    s->flags |= SESSION_REPLY_OFF;
    s->reply.muted = true;
    run("say a\r\nnosuch\r\n");
    expect("");
}

static void debug_needs_permission(void **state) {
    (void)state;
    run("debug x\r\n");
    expect("-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
           "you can run it from a local connection, otherwise you need to set this option in the "
           "configuration file, and then restart the server.\r\n");
    assert_int_equal(runs, 0);
    s->io.fd = 5;
    e.config->enable_debug_command = PROTECT_LOCAL;
    run("debug x\r\n");
    assert_int_equal(runs, 0);
    s->flags |= SESSION_LOOPBACK;
    run("debug x\r\n");
    assert_int_equal(runs, 1);
    s->flags = 0;
    e.config->enable_debug_command = PROTECT_YES;
    run("debug x\r\n");
    assert_int_equal(runs, 2);
}

static void a_browser_is_cut_off(void **state) {
    (void)state;
    assert_int_equal(run("POST / HTTP/1.1\r\nsay a\r\n"), 1);
    assert_true(s->flags & SESSION_CLOSE_ASAP);
    assert_int_equal(runs, 0);
    expect("");
    int64_t logged = e.attack_logged_ms;
    assert_true(logged > 0);
    s->flags = 0;
    fake_ms += 59000;
    clock_update(&e.clock);
    run("Host: x\r\n");
    assert_int_equal(e.attack_logged_ms, logged);
    s->flags = 0;
    fake_ms += 2000;
    clock_update(&e.clock);
    run("host: x\r\n");
    assert_true(e.attack_logged_ms > logged);
}

static void a_pause_holds_back_writes(void **state) {
    (void)state;
    pause_begin(&e, fake_ms + 1000, true);
    assert_int_equal(run("say a\r\nchange\r\nsay b\r\n"), 1);
    expect("$1\r\na\r\n");
    assert_true(s->flags & SESSION_BLOCKED);
    pause_check(&e);
    assert_true(s->flags & SESSION_BLOCKED);
    fake_ms += 1000;
    clock_update(&e.clock);
    pause_check(&e);
    assert_false(s->flags & (SESSION_BLOCKED | SESSION_POSTPONED));
    assert_int_equal(dispatch_batch(s, &batch, 1), 3);
    expect("+OK\r\n$1\r\nb\r\n");
}

static void set_wall_clock(int64_t by_ms) {
    fake_wall_set_ms = by_ms;
    clock_update(&e.clock);
    pause_check(&e);
}

/* Who sets the clock an hour back or ahead cuts nobody off, and neither ends nor prolongs a pause. */
static void a_clock_that_is_set_moves_no_deadline(void **state) {
    (void)state;
    configure("client-output-buffer-limit", "normal 0 1 2");
    run("say a\r\n");
    assert_false(session_output_exceeded(s)); /* over the soft limit from now on */
    pause_begin(&e, clock_mono_ms(&e.clock) + 1000, true);
    run("change\r\n");
    for (int hours = -1; hours <= 1; hours++) {
        set_wall_clock(hours * 3600000);
        assert_true(s->flags & SESSION_BLOCKED);
        assert_false(session_output_exceeded(s));
    }
    fake_ms += 1000;
    set_wall_clock(-3600000);
    assert_false(s->flags & SESSION_BLOCKED);
    assert_false(session_output_exceeded(s));
    fake_ms += 1001;
    set_wall_clock(-3600000);
    assert_true(session_output_exceeded(s));
    set_wall_clock(0);
    assert_int_equal(dispatch_batch(s, &batch, 0), 1);
    expect("$1\r\na\r\n+OK\r\n");
}

static void the_wider_and_later_pause_holds(void **state) {
    (void)state;
    pause_begin(&e, fake_ms + 1000, false);
    pause_begin(&e, fake_ms + 500, true);
    assert_int_equal(run("say a\r\n"), 0);
    assert_int_equal(e.pause.until_ms, fake_ms + 1000);
    pause_end(&e);
    assert_int_equal(dispatch_batch(s, &batch, 0), 1);
    expect("$1\r\na\r\n");
}

static void see_entry(const struct slowlog_entry *entry, void *arg) {
    snprintf(arg, 256, "%u:%.*s,%.*s", entry->argc, (int)entry->argv[0].len, entry->argv[0].p,
             (int)(entry->argc > 1 ? entry->argv[1].len : 0),
             entry->argc > 1 ? entry->argv[1].p : "");
}

static void slow_commands_are_logged(void **state) {
    (void)state;
    char text[256] = "";
    configure("slowlog-log-slower-than", "2000");
    configure("latency-monitor-threshold", "2");
    run("say a\r\nslow down\r\nsecret\r\n");
    assert_int_equal(slowlog_len(e.slowlog), 1);
    slowlog_each(e.slowlog, -1, see_entry, text);
    assert_string_equal(text, "2:slow,down");
    assert_non_null(latency_get(e.latency, "command"));
    assert_true(stats_of("slow")->usec >= 2900);
}

static void secrets_are_not_logged(void **state) {
    (void)state;
    char text[256] = "";
    configure("slowlog-log-slower-than", "0");
    run("auth hunter2\r\n");
    slowlog_each(e.slowlog, 1, see_entry, text);
    assert_string_equal(text, "2:auth,(redacted)");
}

static void long_output_is_cut_off(void **state) {
    (void)state;
    configure("client-output-buffer-limit", "normal 20000 0 0");
    static char line[24 + 30000] = "say ";
    memset(line + 4, 'z', 30000);
    strcat(line, "\r\nsay b\r\n");
    assert_int_equal(run(line), 1);
    assert_true(s->flags & SESSION_CLOSE_ASAP);
    assert_int_equal(e.stats.output_limit_closed, 1);
}

static void the_soft_limit_has_its_time(void **state) {
    (void)state;
    configure("client-output-buffer-limit", "normal 0 20000 10");
    outbuf_append(&s->out, "x", 1);
    assert_false(session_output_exceeded(s));
    static char bytes[40000];
    outbuf_append(&s->out, bytes, sizeof bytes);
    assert_false(session_output_exceeded(s));
    fake_ms += 9000;
    clock_update(&e.clock);
    assert_false(session_output_exceeded(s));
    fake_ms += 2000;
    clock_update(&e.clock);
    assert_true(session_output_exceeded(s));
    outbuf_consume(&s->out, s->out.bytes);
    assert_false(session_output_exceeded(s));
    assert_int_equal(s->soft_limit_since_ms, 0);
}

static void sessions_are_in_id_order(void **state) {
    (void)state;
    struct session *more[3];
    for (int i = 0; i < 3; i++) more[i] = session_new(&e);
    assert_ptr_equal(session_by_id(&e, more[1]->id), more[1]);
    session_free(&more[1]);
    assert_null(session_by_id(&e, s->id + 2));
    assert_ptr_equal(e.last, more[2]);
    assert_int_equal(e.session_count, 3);
    session_free(&more[0]);
    session_free(&more[2]);
    assert_ptr_equal(e.first, s);
    assert_ptr_equal(e.last, s);
}

static void make_hash(const char *name, unsigned fields) {
    struct type_env env = db_env(&e.keyspace.db[0]);
    struct value    v = hash_new(&env);
    struct slice    key = slice_str(name);
    char            text[16];
    for (unsigned i = 0; i < fields; i++) {
        struct slice field = slice_of(text, (size_t)sprintf(text, "f%u", i));
        hash_set(&v, &env, field, field);
    }
    db_set(&e.keyspace.db[0], key, table_hash(key), NULL, &v, ENTRY_NO_EXPIRE);
}

/* What is fetched ahead is a guess: that the hash goes in the middle of the batch, or is none, or that
 * the field is not given, must change nothing. */
static void elements_are_fetched_ahead(void **state) {
    (void)state;
    struct value text = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str("x")};
    struct slice str = slice_str("str");
    aheads = 0;
    make_hash("large", 10000);
    make_hash("small", 10);
    db_set(&e.keyspace.db[0], str, table_hash(str), NULL, &text, ENTRY_NO_EXPIRE);
    assert_int_equal(run("field large f9999\r\nfield large no\r\nfield small f3\r\nfield none f\r\n"
                         "field str f\r\nfield large\r\nfield large f7\r\ndrop large\r\n"
                         "field large f7\r\nfield small f9\r\n"), 10);
    expect("$5\r\nf9999\r\n$-1\r\n$2\r\nf3\r\n$-1\r\n"
           "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
           "-ERR wrong number of arguments for 'field' command\r\n$2\r\nf7\r\n+OK\r\n"
           "$-1\r\n$2\r\nf9\r\n");
    assert_int_equal(aheads, 4 * LOOKAHEAD_STAGES); /* those on the large hash with a field given */
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_batch_runs_in_order), CASE(elements_are_fetched_ahead),
        CASE(names_like_the_one_before),
        CASE(keys_like_the_one_before),
        CASE(unknown_commands_are_quoted_back),
        CASE(arguments_shown_are_cut),
        CASE(arity_is_checked),
        CASE(unknown_subcommands_point_to_help),
        CASE(without_password_only_some_run),
        CASE(a_password_taken_away_lets_all_in),
        CASE(failures_are_counted_by_code),
        CASE(changes_are_added_up),
        CASE(blocking_stops_the_batch),
        CASE(leaving_stops_the_batch),
        CASE(skipped_replies),
        CASE(debug_needs_permission),
        CASE(a_browser_is_cut_off),
        CASE(a_pause_holds_back_writes),
        CASE(a_clock_that_is_set_moves_no_deadline),
        CASE(the_wider_and_later_pause_holds),
        CASE(slow_commands_are_logged),
        CASE(secrets_are_not_logged),
        CASE(long_output_is_cut_off),
        CASE(the_soft_limit_has_its_time),
        CASE(sessions_are_in_id_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
