/* transcript.c: plays transcripts (tests/commands) against a server and compares what it says.
 *
 * Each file gets a fresh server. Steps run in order; a reply that differs is a failed case and the
 * file goes on, a connection that is lost or a reply that breaks the protocol ends the file.
 * The notation is in tests/README.md. Start reading at play_file(). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/script.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"

#define REPLY_WAIT_MS 20000
#define CONNS_MAX     1000
#define RETRY_MS      20

struct conn {
    char        *name;
    struct wire *wire; /* NULL: closed */
    long         owed; /* replies sent for and not yet expected */
};

struct player {
    const char   *path;
    struct spawn *server;
    struct conn   conn[CONNS_MAX];
    size_t        conn_count;
    struct vars   vars;
    bool          lost;          /* nothing sensible can follow in this file */
    bool          quiet;         /* a try of @eventually: failures do not count yet */
    bool          mismatched;    /* set by a failure while quiet */
    long          eventually_ms; /* for the next command */
    unsigned long passed, failed, skipped;
};

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void sleep_ms(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static void fail(struct player *p, unsigned line, const char *what) {
    p->mismatched = true;
    if (p->quiet) return;
    p->failed++;
    printf("%s:%u: %s\n", p->path, line, what);
}

static void pass(struct player *p) {
    if (!p->quiet) p->passed++;
}

/* The connection broke: says so and gives the file up. */
static void lose(struct player *p, unsigned line, struct conn *c, const char *what) {
    struct bytes text = {0};
    const char *detail = c != NULL && c->wire != NULL ? wire_error(c->wire) : "";
    bytes_print(&text, "%s%s%s%s", what, *detail != '\0' ? ": " : "", detail,
                spawn_alive(p->server) ? "" : " (the server is gone)");
    p->quiet = false;
    fail(p, line, text.data);
    bytes_fini(&text);
    p->lost = true;
}

/* The connection of that name, opened if need be; NULL: lost. */
static struct conn *conn_named(struct player *p, const char *name, unsigned line) {
    size_t i = 0;
    while (i < p->conn_count && strcmp(p->conn[i].name, name) != 0) i++;
    if (i == CONNS_MAX) {
        lose(p, line, NULL, "too many connections");
        return NULL;
    }
    if (i == p->conn_count) p->conn[p->conn_count++] = (struct conn){.name = must_copy(name, strlen(name))};
    struct conn *c = &p->conn[i];
    if (c->wire == NULL) {
        c->wire = wire_new(p->server->socket);
        c->owed = 0;
    }
    if (c->wire == NULL) lose(p, line, c, "cannot connect");
    return c->wire != NULL ? c : NULL;
}

/* --- Steps ------------------------------------------------------------------------------------ */

static void play_send(struct player *p, const struct step *s) {
    struct words command;
    struct bytes word = {0};
    struct conn *c = conn_named(p, s->conn, s->line);
    if (c == NULL) return;
    if (!words_split(s->text, &command) || command.count == 0) {
        lose(p, s->line, c, "bad quotes in a command");
        return;
    }
    for (size_t i = 0; i < command.count && !p->lost; i++) {
        if (memmem(command.word[i], command.len[i], "${", 2) == NULL) continue;
        bytes_clear(&word);
        if (!vars_expand(&p->vars, command.word[i], command.len[i], &word)) lose(p, s->line, c, "unknown ${name}");
        else words_replace(&command, i, word.data, word.len);
    }
    bytes_fini(&word);
    c->owed++;
    if (!p->lost && !wire_send(c->wire, &command)) lose(p, s->line, c, "cannot send");
    words_fini(&command);
}

static void expect_raw(struct player *p, const struct step *s, struct conn *c) {
    struct words wanted;
    struct bytes got = {0}, text = {0};
    if (!words_split(s->expect.text + 4, &wanted) || wanted.count != 1) {
        words_fini(&wanted);
        lose(p, s->line, c, "raw needs one quoted text");
        return;
    }
    enum wire_status status = wire_receive_raw(c->wire, REPLY_WAIT_MS, wanted.len[0], &got);
    if (status != WIRE_OK) {
        lose(p, s->line, c, wire_status_name(status));
    } else if (memcmp(got.data, wanted.word[0], got.len) != 0) {
        bytes_print(&text, "expected %s, got ", s->expect.text);
        bytes_quote(&text, got.data, got.len);
        lose(p, s->line, c, text.data);
    } else {
        pass(p);
    }
    words_fini(&wanted);
    bytes_fini(&got);
    bytes_fini(&text);
}

static void play_expect(struct player *p, const struct step *s) {
    struct conn *c = conn_named(p, s->conn, s->line);
    if (c == NULL) return;
    if (s->expect.text[0] != '>' && s->expect.text[0] != '|') c->owed--;
    if (strncmp(s->expect.text, "raw ", 4) == 0) {
        expect_raw(p, s, c);
        return;
    }
    struct resp reply;
    struct bytes why = {0};
    unsigned line = s->line;
    enum wire_status status = wire_receive(c->wire, REPLY_WAIT_MS, &reply);
    if (status != WIRE_OK) {
        bytes_print(&why, "expected %s, got: %s", s->expect.text, wire_status_name(status));
        lose(p, s->line, c, why.data);
    } else {
        if (pattern_match(&s->expect, &reply, &p->vars, &line, &why)) pass(p);
        else fail(p, line, why.data);
        resp_fini(&reply);
    }
    bytes_fini(&why);
}

/* The reply, if one came although none should. */
static void fail_unexpected(struct player *p, unsigned line, struct conn *c, const char *what,
                            enum wire_status status, struct resp *reply) {
    struct bytes text = {0};
    bytes_print(&text, "%s on connection %s: ", what, c->name);
    if (status == WIRE_OK) resp_print(&text, reply);
    else bytes_print(&text, "%s %s", wire_status_name(status), wire_error(c->wire));
    if (status == WIRE_OK) resp_fini(reply);
    fail(p, line, text.data);
    bytes_fini(&text);
}

static void expect_close(struct player *p, const struct step *s, struct conn *c) {
    struct resp reply;
    enum wire_status status = wire_receive(c->wire, REPLY_WAIT_MS, &reply);
    if (status == WIRE_CLOSED) pass(p);
    else fail_unexpected(p, s->line, c, "expected the server to close", status, &reply);
    wire_free(&c->wire);
}

static void expect_nothing(struct player *p, const struct step *s, struct conn *c, int ms) {
    struct resp reply;
    enum wire_status status = wire_receive(c->wire, ms, &reply);
    if (status == WIRE_TIMEOUT) pass(p);
    else fail_unexpected(p, s->line, c, "expected nothing", status, &reply);
}

static void hello(struct player *p, const struct step *s, struct conn *c, const char *version) {
    struct bytes line = {0};
    struct resp reply = {0};
    bytes_print(&line, "HELLO %s", version);
    enum wire_status status = wire_ask(c->wire, line.data, &reply);
    if (status != WIRE_OK || reply.type == '-') lose(p, s->line, c, "HELLO is refused");
    resp_fini(&reply);
    bytes_fini(&line);
}

static void play_directive(struct player *p, const struct step *s) {
    const char *name = s->text, *first = s->args.count > 1 ? s->args.word[1] : "";
    bool takes_value = strcmp(name, "new") != 0 && strcmp(name, "close") != 0 && strcmp(name, "expect-close") != 0;
    if (takes_value && s->args.count < 2) {
        lose(p, s->line, NULL, "the directive needs a value");
        return;
    }
    if (strcmp(name, "sleep") == 0) {
        sleep_ms(atol(first));
        return;
    }
    if (strcmp(name, "eventually") == 0) {
        p->eventually_ms = atol(first);
        return;
    }
    size_t conn_at = takes_value ? 2 : 1;
    struct conn *c = conn_named(p, s->args.count > conn_at ? s->args.word[conn_at] : "main", s->line);
    if (c == NULL) return;
    if (strcmp(name, "resp") == 0) hello(p, s, c, first);
    else if (strcmp(name, "close") == 0) wire_free(&c->wire);
    else if (strcmp(name, "expect-close") == 0) expect_close(p, s, c);
    else if (strcmp(name, "expect-nothing") == 0) expect_nothing(p, s, c, atoi(first));
    else if (strcmp(name, "raw") == 0 && !wire_send_raw(c->wire, first, s->args.len[1])) lose(p, s->line, c, "cannot send");
}

/* --- A file ----------------------------------------------------------------------------------- */

static bool applies(const struct player *p, const struct condition *when) {
    bool ashlar = p->server->ashlar;
    if (when->only == ONLY_ASHLAR && !ashlar) return false;
    if (when->only == ONLY_REDIS && ashlar) return false;
    if (when->since != 0 && !ashlar && p->server->version < when->since) return false;
    return when->until == 0 || (!ashlar && p->server->version < when->until);
}

static void play_step(struct player *p, const struct step *s) {
    if (s->kind == STEP_SEND) play_send(p, s);
    else if (s->kind == STEP_EXPECT) play_expect(p, s);
    else play_directive(p, s);
}

/* @eventually: the command at step i and its replies, again and again. Returns the step after. */
static size_t play_until_true(struct player *p, const struct script *script, size_t i) {
    long long deadline = now_ms() + p->eventually_ms;
    size_t end = i + 1;
    while (end < script->count && script->step[end].kind == STEP_EXPECT) end++;
    p->eventually_ms = 0;
    for (bool last = false, done = false; !done && !p->lost;) {
        last = now_ms() >= deadline;
        p->quiet = !last;
        p->mismatched = false;
        for (size_t k = i; k < end && !p->lost; k++) play_step(p, &script->step[k]);
        done = last || !p->mismatched;
        if (!done) sleep_ms(RETRY_MS);
    }
    if (p->quiet && !p->lost) p->passed += end - i - 1;
    p->quiet = false;
    return end;
}

static void play_steps(struct player *p, const struct script *script) {
    for (size_t i = 0; i < script->count && !p->lost;) {
        const struct step *s = &script->step[i];
        if (!applies(p, &s->when)) {
            p->skipped += s->kind == STEP_EXPECT ? 1 : 0;
            i++;
        } else if (p->eventually_ms > 0 && s->kind == STEP_SEND) {
            i = play_until_true(p, script, i);
        } else {
            play_step(p, s);
            i++;
        }
    }
}

/* At the end nothing may be left that nobody expected. */
static void check_nothing_left(struct player *p, unsigned line) {
    for (size_t i = 0; i < p->conn_count && !p->lost; i++) {
        struct conn *c = &p->conn[i];
        struct resp reply;
        if (c->wire == NULL) continue;
        enum wire_status status = wire_receive(c->wire, c->owed > 0 ? 100 : 0, &reply);
        if (status == WIRE_OK || status == WIRE_BAD)
            fail_unexpected(p, line, c, "a reply that nothing expects", status, &reply);
    }
}

static void close_all(struct player *p) {
    for (size_t i = 0; i < p->conn_count; i++) {
        wire_free(&p->conn[i].wire);
        free(p->conn[i].name);
    }
    p->conn_count = 0;
    vars_fini(&p->vars);
}

static void play_file(struct player *p, const char *binary, const char *path) {
    struct script script;
    struct bytes error = {0};
    p->path = path;
    p->lost = false;
    p->eventually_ms = 0;
    if (!script_read(path, &script, &error)) {
        p->failed++;
        printf("%s\n", error.data);
        bytes_fini(&error);
        return;
    }
    unsigned last = script.count > 0 ? script.step[script.count - 1].line : 0;
    p->server = spawn_new(binary, &script.options, &error);
    if (p->server == NULL) {
        fail(p, 1, error.data);
    } else if (!applies(p, &script.when)) {
        for (size_t i = 0; i < script.count; i++) p->skipped += script.step[i].kind == STEP_EXPECT ? 1 : 0;
    } else {
        play_steps(p, &script);
        check_nothing_left(p, last);
    }
    close_all(p);
    if (p->server != NULL && !spawn_free(&p->server, &error)) fail(p, last, error.data);
    bytes_fini(&error);
    script_fini(&script);
}

static void usage(FILE *out) {
    fputs("usage: transcript --server BINARY FILE.t ...\n"
          "Plays each file against a fresh server (ashlar-server or redis-server) and prints a line\n"
          "for each reply that is not as expected; ends on 'N passed, N failed, N skipped'.\n"
          "The format is described in tests/README.md.\n",
          out);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"server", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {0}};
    static struct player player;
    const char *binary = NULL;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 's') binary = optarg;
        else return usage(o == 'h' ? stdout : stderr), o == 'h' ? 0 : 2;
    }
    if (binary == NULL || optind == argc) return usage(stderr), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = optind; i < argc; i++) play_file(&player, binary, argv[i]);
    printf("%lu passed, %lu failed, %lu skipped\n", player.passed, player.failed, player.skipped);
    return player.failed > 0 ? 1 : 0;
}
