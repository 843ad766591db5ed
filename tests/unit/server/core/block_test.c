/* block_test.c: sessions that wait for keys, with handlers, keys and a clock of our own: who is run
 * again, in which order, when waiting ends, and that whatever happens leaves block_check() true.
 *
 * The handlers work on strings and lists that are only there or not: `take key.. ms` removes the first
 * key that is a list and says its name, `move from to ms` renames. */
#include "server/core/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/dispatch.h"
#include "server/core/latency.h"
#include "server/core/log.h"
#include "server/core/slowlog.h"
#include "server/types/list.h"

#define SESSIONS 8

static struct engine         e;
static struct session       *s[SESSIONS];
static struct request_batch  batch;
static struct request_parser parser;
static struct inbuf          in;
static unsigned              runs, wakes;
static int64_t               fake_ms;

/* --- Commands -------------------------------------------------------------------------------- */

static void make(struct call *c, struct slice name, enum value_type type) {
    struct key k;
    if (!call_write_named(c, name, VAL_ANY, &k)) return;
    if (type == VAL_STRING) {
        key_set_string(c, &k, slice_str("x"), ENTRY_NO_EXPIRE);
        return;
    }
    if (k.entry != NULL) key_delete(c, &k, DISCARD_SERVER);
    struct type_env env = call_env(c);
    struct value    v = list_new(&env);
    list_push(&v, &env, LIST_TAIL, slice_str("x"));
    key_create(c, &k, v);
    key_changed(c, &k, 1);
}

static void make_all(struct call *c, enum value_type type) {
    for (uint32_t i = 1; i < c->argc; i++) make(c, c->argv[i], type);
    reply_ok(c->reply);
}

static void cmd_list(struct call *c) { make_all(c, VAL_LIST); }
static void cmd_string(struct call *c) { make_all(c, VAL_STRING); }

static void cmd_del(struct call *c) {
    struct key k;
    for (uint32_t i = 1; i < c->argc; i++)
        if (call_write(c, i, VAL_ANY, &k) && k.entry != NULL) key_delete(c, &k, DISCARD_USER);
    reply_ok(c->reply);
}

static void wait_for(struct call *c, uint32_t keys, bool when_gone, const struct slice *argv) {
    struct block_wish w = {.first = 1, .count = keys, .type = VAL_LIST, .when_gone = when_gone,
                           .argv = argv};
    if (block_arg_timeout(c, c->argc - 1, false, &w.timeout_ms) && !block_on_keys(c, &w))
        reply_status(c->reply, "AT-ONCE");
}

static void cmd_take(struct call *c) {
    struct key k;
    runs++;
    for (uint32_t i = 1; i + 1 < c->argc; i++) {
        if (!call_write(c, i, VAL_LIST, &k)) return;
        if (k.entry == NULL) continue;
        reply_bulk(c->reply, c->argv[i]);
        key_delete(c, &k, DISCARD_USER);
        return;
    }
    wait_for(c, c->argc - 2, false, NULL);
}

static void cmd_move(struct call *c) {
    struct key k;
    runs++;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (k.entry == NULL) {
        wait_for(c, 1, false, NULL);
        return;
    }
    key_delete(c, &k, DISCARD_USER);
    make(c, c->argv[2], VAL_LIST);
    reply_bulk(c->reply, c->argv[2]);
}

/* Wants to know of its key's end. */
static void cmd_guard(struct call *c) {
    struct key k;
    runs++;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (c->session->wait != NULL && k.entry == NULL)
        reply_status(c->reply, "GONE");
    else
        wait_for(c, 1, true, NULL);
}

/* Finds nothing ever, and touches its key all the same. */
static void cmd_restless(struct call *c) {
    runs++;
    make(c, c->argv[1], VAL_LIST);
    wait_for(c, 1, false, NULL);
}

/* Waits with other arguments than it was given; says the last one. */
static void cmd_resolve(struct call *c) {
    if (c->session->wait != NULL) {
        reply_bulk(c->reply, c->argv[2]);
        return;
    }
    struct slice argv[4] = {c->argv[0], c->argv[1], slice_str("resolved"), c->argv[3]};
    wait_for(c, 1, false, argv);
}

static void cmd_timeout(struct call *c) {
    int64_t ms;
    if (block_arg_timeout(c, 1, call_arg_is(c, 2, "s"), &ms)) reply_int(c->reply, ms);
}

static const struct command family[] = {
    {.name = "list", .handler = cmd_list, .arity = -2, .flags = CMD_WRITE},
    {.name = "string", .handler = cmd_string, .arity = -2, .flags = CMD_WRITE},
    {.name = "del", .handler = cmd_del, .arity = -2, .flags = CMD_WRITE},
    {.name = "take", .handler = cmd_take, .arity = -3, .flags = CMD_WRITE | CMD_BLOCKING},
    {.name = "move", .handler = cmd_move, .arity = 4, .flags = CMD_WRITE | CMD_BLOCKING},
    {.name = "guard", .handler = cmd_guard, .arity = 3, .flags = CMD_BLOCKING},
    {.name = "restless", .handler = cmd_restless, .arity = 3, .flags = CMD_BLOCKING},
    {.name = "resolve", .handler = cmd_resolve, .arity = 4, .flags = CMD_BLOCKING},
    {.name = "timeout", .handler = cmd_timeout, .arity = 3},
    {0}};
static const struct command *const families[] = {family, NULL};

/* --- Setting up ------------------------------------------------------------------------------ */

static void fake_clock(struct clock *c) {
    c->wall_ms = fake_ms;
    c->wall_us = fake_ms * 1000;
    c->mono_us = (uint64_t)fake_ms * 1000;
}

static void on_wake(struct session *session) {
    (void)session;
    wakes++;
}

static struct session *open_session(void) {
    struct session *session = session_new(&e);
    session->io.wake = on_wake;
    return session;
}

static int setup(void **state) {
    (void)state;
    log_open("/dev/null", LOG_LEVEL_NOTHING);
    fake_ms = 1700000000000;
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
    keyspace_init(&e.keyspace, 3, e.heaps.server, &e.clock, &e.config->types, &e.rand,
                  (struct keyspace_hooks){.listener = &e,
                                          .changed = block_key_changed,
                                          .replaced = block_db_replaced});
    request_batch_init(&batch, e.heaps.clients);
    request_parser_init(&parser, e.heaps.clients);
    inbuf_init(&in, e.heaps.clients);
    for (int i = 0; i < SESSIONS; i++) s[i] = open_session();
    runs = wakes = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (int i = 0; i < SESSIONS; i++) session_free(&s[i]);
    assert_int_equal(e.block.waits, 0);
    assert_int_equal(e.keyspace.listening, 0);
    block_fini(&e);
    request_batch_fini(&batch);
    request_parser_fini(&parser);
    inbuf_fini(&in);
    assert_int_equal(ash_heap_used(e.heaps.clients), 0);
    keyspace_fini(&e.keyspace);
    latency_free(&e.latency);
    slowlog_free(&e.slowlog);
    stats_fini(&e.stats);
    command_table_free((struct command_table **)(uintptr_t)&e.commands);
    config_free(&e.config);
    assert_int_equal(ash_heap_used(e.heaps.server), 0);
    ash_heap_drop(&e.heaps.clients);
    ash_heap_drop(&e.heaps.server);
    return 0;
}

/* --- Helpers --------------------------------------------------------------------------------- */

static void run(struct session *session, const char *line) {
    size_t len = strlen(line);
    inbuf_reserve(&in, len + 2);
    memcpy(in.data + in.len, line, len);
    memcpy(in.data + in.len + len, "\r\n", 2);
    in.len += len + 2;
    struct request_limits limits = {.bulk_max = 1 << 20, .authenticated = true};
    request_batch_clear(&batch);
    assert_int_equal(request_parse(&parser, &in, &limits, &batch), REQUEST_MORE);
    assert_int_equal(batch.count, 1);
    assert_int_equal(dispatch_batch(session, &batch, 0), 1);
    memset(in.data, '#', in.len); /* whoever waits has copies */
    in.pos = in.len = 0;
    assert_true(block_check(&e));
}

static const char *said(struct session *session) {
    static char  text[4096];
    struct iovec iov[16];
    size_t       len = 0;
    unsigned     n = outbuf_peek(&session->out, iov, 16);
    for (unsigned i = 0; i < n; len += iov[i++].iov_len)
        memcpy(text + len, iov[i].iov_base, iov[i].iov_len);
    text[len] = '\0';
    outbuf_consume(&session->out, len);
    return text;
}

static void advance(int64_t ms) {
    fake_ms += ms;
    clock_update(&e.clock);
    block_expire(&e);
    assert_true(block_check(&e));
}

static uint64_t calls_of(const char *name) {
    return e.stats.command[command_find(e.commands, slice_str(name))->id].calls;
}

/* --- Being served ---------------------------------------------------------------------------- */

static void served_in_order_of_waiting(void **state) {
    (void)state;
    run(s[1], "take a 0");
    run(s[2], "take b a 0");
    run(s[3], "take a 0");
    assert_int_equal(e.block.waits, 3);
    assert_int_equal(e.block.keys, 2);
    assert_int_equal(e.session_blocked, 3);
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "$1\r\na\r\n");
    assert_string_equal(said(s[2]), "");
    run(s[0], "list b a"); /* ready first: b; the client that waits for both takes its own first */
    assert_string_equal(said(s[2]), "$1\r\nb\r\n");
    assert_string_equal(said(s[3]), "$1\r\na\r\n");
    assert_int_equal(e.block.waits, 0);
    assert_int_equal(e.block.keys, 0);
    assert_int_equal(wakes, 3);
}

static void a_command_counts_when_it_ends(void **state) {
    (void)state;
    run(s[1], "take a 0");
    assert_int_equal(calls_of("take"), 0);
    assert_int_equal(s[1]->commands, 0);
    run(s[0], "list a");
    assert_int_equal(calls_of("take"), 1);
    assert_int_equal(s[1]->commands, 1);
    run(s[1], "take a 5");
    advance(5);
    assert_int_equal(calls_of("take"), 2);
}

static void a_key_named_twice_is_one_place(void **state) {
    (void)state;
    run(s[1], "take a a b a 0");
    assert_int_equal(e.block.keys, 2);
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "$1\r\na\r\n");
}

static void another_type_wakes_nobody(void **state) {
    (void)state;
    run(s[1], "take a b 0");
    runs = 0;
    run(s[0], "string a");
    assert_int_equal(runs, 0);
    run(s[0], "list b"); /* runs again, and meets the string first: as Redis 7.2 */
    assert_string_equal(said(s[1]), "-WRONGTYPE Operation against a key holding the wrong kind of "
                                    "value\r\n");
    run(s[1], "take c 0");
    run(s[0], "string c");
    run(s[0], "del c");
    run(s[0], "list c");
    assert_string_equal(said(s[1]), "$1\r\nc\r\n");
}

static void chains_are_followed(void **state) {
    (void)state;
    run(s[1], "move a b 0");
    run(s[2], "move b c 0");
    run(s[3], "take c 0");
    run(s[4], "move c a 0");
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "$1\r\nb\r\n");
    assert_string_equal(said(s[2]), "$1\r\nc\r\n");
    assert_string_equal(said(s[3]), "$1\r\nc\r\n");
    assert_string_equal(said(s[4]), "");
    assert_int_equal(keyspace_count(&e.keyspace), 0);
}

static void a_ring_ends(void **state) {
    (void)state;
    run(s[1], "move a b 0");
    run(s[2], "move b a 0");
    run(s[0], "list a");
    assert_int_equal(e.block.waits, 0);
    assert_int_equal(keyspace_count(&e.keyspace), 1);
}

/* Neither runs for ever nor loses its place. */
static void whoever_finds_nothing_keeps_its_place(void **state) {
    (void)state;
    run(s[1], "restless a 50");
    runs = 0;
    run(s[0], "list a");
    assert_true(runs >= 1 && runs <= 2);
    assert_int_equal(e.block.waits, 1);
    runs = 0;
    for (int i = 0; i < 100; i++) block_serve(&e);
    assert_true(runs <= 100);
    advance(49);
    assert_int_equal(e.block.waits, 1);
    advance(1); /* the deadline of its beginning */
    assert_string_equal(said(s[1]), "*-1\r\n");
}

static void the_end_of_a_key_wakes_who_asked(void **state) {
    (void)state;
    run(s[0], "list a");
    run(s[1], "guard a 0");
    assert_int_equal(e.block.keys_when_gone, 1);
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "");
    run(s[0], "del a");
    assert_string_equal(said(s[1]), "+GONE\r\n");
    run(s[0], "list a");
    run(s[1], "guard a 0");
    run(s[0], "string a");
    assert_string_equal(said(s[1]), "-WRONGTYPE Operation against a key holding the wrong kind of "
                                    "value\r\n");
    assert_int_equal(e.block.keys_when_gone, 0);
}

static void a_database_changes_at_once(void **state) {
    (void)state;
    run(s[0], "list a");
    run(s[1], "guard a 0");
    db_flush(&e.keyspace.db[0], false);
    block_serve(&e);
    assert_string_equal(said(s[1]), "+GONE\r\n");

    s[2]->db = 1;
    run(s[2], "list a");
    run(s[1], "take a 0");
    keyspace_swap(&e.keyspace, 0, 1);
    block_serve(&e);
    assert_string_equal(said(s[1]), "$1\r\na\r\n");
    assert_true(block_check(&e));
}

static void arguments_may_be_resolved_at_the_beginning(void **state) {
    (void)state;
    run(s[1], "resolve a $ 0");
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "$8\r\nresolved\r\n");
}

/* --- Not being served ------------------------------------------------------------------------ */

static void a_pause_holds_back_and_keeps_places(void **state) {
    (void)state;
    run(s[1], "take a 0");
    run(s[2], "take a 0");
    run(s[3], "guard b 0");
    pause_begin(&e, fake_ms + 100, true);
    struct call c = {.session = s[0], .engine = &e, .reply = &s[0]->reply, .db = &e.keyspace.db[0],
                     .now_ms = fake_ms};
    make(&c, slice_str("a"), VAL_LIST); /* no client may write now: the server itself does */
    make(&c, slice_str("b"), VAL_STRING);
    runs = 0;
    block_serve(&e);
    block_serve(&e);
    assert_int_equal(runs, 1); /* guard does not write */
    assert_true(block_check(&e));
    pause_end(&e);
    block_serve(&e);
    assert_string_equal(said(s[1]), "$1\r\na\r\n");
    assert_string_equal(said(s[2]), "");
}

static void who_is_being_closed_takes_nothing(void **state) {
    (void)state;
    run(s[1], "take a 0");
    run(s[2], "take a 0");
    session_kill(s[1], false);
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "");
    assert_string_equal(said(s[2]), "$1\r\na\r\n");
    assert_false(block_end(s[1], false));
    session_free(&s[1]);
    assert_int_equal(e.block.waits, 0);
}

static void where_nobody_may_wait(void **state) {
    (void)state;
    s[1]->io.wake = NULL; /* no connection */
    run(s[1], "take a 0");
    assert_string_equal(said(s[1]), "+AT-ONCE\r\n");
    assert_int_equal(e.block.waits, 0);
}

static void memory_is_the_clients(void **state) {
    (void)state;
    size_t before = session_footprint(s[1]), used = ash_heap_used(e.heaps.clients);
    run(s[1], "take some-key-of-a-client another-key 0");
    size_t bytes = block_bytes(s[1]);
    assert_true(bytes > 0 && ash_heap_used(e.heaps.clients) >= used + bytes);
    assert_int_equal(session_footprint(s[1]), before + bytes);
    assert_int_equal(block_args_bytes(s[1]), strlen("takesome-key-of-a-clientanother-key0"));
    assert_true(block_end(s[1], false));
    assert_int_equal(block_bytes(s[1]), 0);
}

/* --- Deadlines ------------------------------------------------------------------------------- */

static void deadlines_in_their_order(void **state) {
    (void)state;
    assert_true(block_next_us(&e) == UINT64_MAX);
    run(s[1], "take a 30");
    run(s[2], "take a 10");
    run(s[3], "take a 20");
    run(s[4], "take a 0");
    assert_int_equal(block_next_us(&e), (uint64_t)(fake_ms + 10) * 1000);
    advance(9);
    assert_int_equal(e.block.waits, 4);
    advance(1);
    assert_string_equal(said(s[2]), "*-1\r\n");
    assert_int_equal(block_next_us(&e), (uint64_t)(fake_ms + 10) * 1000);
    advance(1000);
    assert_string_equal(said(s[3]), "*-1\r\n");
    assert_string_equal(said(s[1]), "*-1\r\n");
    assert_int_equal(e.block.waits, 1);
    run(s[2], "take a 9223370336854775807"); /* beyond the end of the clock: for ever */
    assert_true(block_next_us(&e) == UINT64_MAX);
}

static void unblocking(void **state) {
    (void)state;
    run(s[1], "take a 0");
    s[2]->reply.resp = 3;
    run(s[2], "take a 0");
    assert_true(block_end(s[1], true));
    assert_string_equal(said(s[1]), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    assert_true(block_end(s[2], false));
    assert_string_equal(said(s[2]), "_\r\n");
    assert_false(block_end(s[2], false));
    assert_int_equal(e.stats.errors, 1);
}

/* CLIENT REPLY SKIP is for the command that waits, not for the waiting's first half. */
static void a_skipped_reply_stays_skipped(void **state) {
    (void)state;
    s[1]->flags |= SESSION_REPLY_SKIP;
    s[1]->reply.muted = true;
    run(s[1], "take a 0");
    assert_true(s[1]->reply.muted);
    run(s[0], "list a");
    assert_string_equal(said(s[1]), "");
    assert_false(s[1]->reply.muted);
}

static void timeouts_as_given(void **state) {
    (void)state;
    static const struct {
        const char *line, *reply;
    } cases[] = {
        {"timeout 0 s", ":0\r\n"},
        {"timeout 1.5 s", ":1500\r\n"},
        {"timeout 0.0001 s", ":1\r\n"},
        {"timeout -0.0001 s", ":0\r\n"},
        {"timeout 0x10 s", ":16000\r\n"},
        {"timeout -1 s", "-ERR timeout is negative\r\n"},
        {"timeout -inf s", "-ERR timeout is negative\r\n"},
        {"timeout inf s", "-ERR timeout is out of range\r\n"},
        {"timeout 1e20 s", "-ERR timeout is out of range\r\n"},
        {"timeout 9223372036854775 s", "-ERR timeout is out of range\r\n"},
        {"timeout nan s", "-ERR timeout is not a float or out of range\r\n"},
        {"timeout abc s", "-ERR timeout is not a float or out of range\r\n"},
        {"timeout 12 ms", ":12\r\n"},
        {"timeout -1 ms", "-ERR timeout is negative\r\n"},
        {"timeout 1.5 ms", "-ERR timeout is not an integer or out of range\r\n"},
        {"timeout 9223372036854775807 ms", "-ERR timeout is out of range\r\n"},
        {"timeout 9223372036854775808 ms", "-ERR timeout is not an integer or out of range\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(s[0], cases[i].line);
        assert_string_equal(said(s[0]), cases[i].reply);
    }
}

/* --- Anything in any order ------------------------------------------------------------------- */

static void random_step(struct rand *r) {
    static const char *const lines[] = {
        "take %c %c %d", "take %c %c %d", "move %c %c %d", "guard %c %d", "restless %c %d",
        "list %c %c",    "string %c",     "del %c %c",
    };
    char            line[64];
    struct session *who = s[rand_below(r, SESSIONS)];
    unsigned        kind = (unsigned)rand_below(r, sizeof lines / sizeof *lines);
    char            a = (char)('a' + rand_below(r, 4)), b = (char)('a' + rand_below(r, 4));
    int             ms = (int)rand_below(r, 40);
    if (who->flags & SESSION_BLOCKED) return;
    who->db = (unsigned)rand_below(r, 2);
    if (kind == 3 || kind == 4)
        snprintf(line, sizeof line, lines[kind], a, ms);
    else
        snprintf(line, sizeof line, lines[kind], a, b, ms);
    run(who, line);
}

static void random_end(struct rand *r) {
    unsigned at = (unsigned)rand_below(r, SESSIONS);
    switch (rand_below(r, 6)) {
    case 0: advance((int64_t)rand_below(r, 10)); return;
    case 1: block_end(s[at], rand_below(r, 2)); return;
    case 2:
        session_free(&s[at]);
        s[at] = open_session();
        return;
    case 3: keyspace_swap(&e.keyspace, 0, 1); break;
    case 4: db_flush(&e.keyspace.db[rand_below(r, 2)], false); break;
    case 5:
        if (e.pause.until_ms == 0) pause_begin(&e, fake_ms + 20, rand_below(r, 2));
        else pause_end(&e);
    }
    block_serve(&e);
}

static void anything_in_any_order(void **state) {
    (void)state;
    struct rand r;
    rand_seed(&r, 4711);
    for (int i = 0; i < 20000; i++) {
        if (e.pause.until_ms == 0 && rand_below(&r, 3) > 0) random_step(&r);
        else random_end(&r);
        assert_true(block_check(&e));
        for (int j = 0; j < SESSIONS; j++) said(s[j]);
    }
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(served_in_order_of_waiting),
        CASE(a_command_counts_when_it_ends),
        CASE(a_key_named_twice_is_one_place),
        CASE(another_type_wakes_nobody),
        CASE(chains_are_followed),
        CASE(a_ring_ends),
        CASE(whoever_finds_nothing_keeps_its_place),
        CASE(the_end_of_a_key_wakes_who_asked),
        CASE(a_database_changes_at_once),
        CASE(arguments_may_be_resolved_at_the_beginning),
        CASE(a_pause_holds_back_and_keeps_places),
        CASE(who_is_being_closed_takes_nothing),
        CASE(where_nobody_may_wait),
        CASE(memory_is_the_clients),
        CASE(deadlines_in_their_order),
        CASE(unblocking),
        CASE(a_skipped_reply_stays_skipped),
        CASE(timeouts_as_given),
        CASE(anything_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
