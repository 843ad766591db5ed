/* attack.h: what the tests of hostile clients share: a server, a checked connection, one question.
 *
 * Every reply passes the grammar check of support/resp.h; a question that is not answered by exactly
 * one well-formed reply ends the test. */
#ifndef ASHLAR_TESTS_INTEGRATION_ATTACK_H
#define ASHLAR_TESTS_INTEGRATION_ATTACK_H

#include "tests/integration/peer.h"
#include "tests/support/wire.h"

static inline struct wire *attack_wire(const struct spawn *s) {
    struct wire *w = wire_new(s->socket);
    CHECK(w != NULL);
    return w;
}

static inline void attack_receive(struct wire *w, const char *asked, struct resp *out) {
    enum wire_status status = wire_receive(w, PEER_WAIT_MS, out);
    if (status == WIRE_OK) return;
    fprintf(stderr, "%.300s: %s %s\n", asked, wire_status_name(status), wire_error(w));
    exit(1);
}

/* The reply is yours to resp_fini. The line is cut into words as redis-cli does it. */
static inline struct resp attack_ask(struct wire *w, const char *line) {
    struct words command;
    struct resp  reply;
    CHECK(words_split(line, &command) && wire_send(w, &command));
    words_fini(&command);
    attack_receive(w, line, &reply);
    return reply;
}

/* A field of INFO, which is there and a number. */
static inline long long attack_info(struct wire *w, const char *field) {
    struct resp r = attack_ask(w, "INFO everything");
    char        name[64];
    snprintf(name, sizeof name, "\n%s:", field);
    const char *at = strstr(r.text, name);
    CHECK(at != NULL);
    long long n = atoll(at + strlen(name));
    resp_fini(&r);
    return n;
}

/* Asks and compares with the reply in the notation of resp_print(); a * at the end: what begins so. */
static inline void attack_expect(struct wire *w, const char *line, const char *expected) {
    struct bytes got = {0};
    struct resp  reply = attack_ask(w, line);
    size_t       len = strlen(expected);
    bool         start = len > 0 && expected[len - 1] == '*';
    resp_print(&got, &reply);
    const char *text = got.data != NULL ? got.data : "";
    bool        same = start ? strncmp(text, expected, len - 1) == 0 : strcmp(text, expected) == 0;
    if (!same) fprintf(stderr, "%.300s: expected %s, got %.500s\n", line, expected, text);
    CHECK(same);
    bytes_fini(&got);
    resp_fini(&reply);
}

/* For commands that may wait: another connection, which ends the waiting. NULL: they do not. */
struct attack_unblocker {
    struct wire *wire;
    long long    id;   /* whom it unblocks */
};

static inline void attack_receive_unblocking(struct wire *w, const struct attack_unblocker *u,
                                             const char *asked, struct resp *out) {
    char line[64];
    snprintf(line, sizeof line, "CLIENT UNBLOCK %lld", u->id);
    for (int64_t end_ms = peer_now_ms() + PEER_WAIT_MS; peer_now_ms() < end_ms;) {
        struct resp      freed = attack_ask(u->wire, line);
        enum wire_status status = wire_receive(w, 1, out);
        resp_fini(&freed);
        if (status == WIRE_OK) return;
        if (status != WIRE_TIMEOUT) break;
    }
    attack_receive(w, asked, out); /* says what is wrong */
}

/* The only reply to what was sent before, then the server still answers in step. */
static inline struct resp attack_alone_unblocked(struct wire *w, const struct words *command,
                                                 const struct attack_unblocker *u) {
    struct bytes shown = {0};
    struct resp  reply, echo;
    struct words marker;
    for (size_t i = 0; i < command->count; i++) {
        bytes_quote(&shown, command->word[i], command->len[i] < 60 ? command->len[i] : 60);
        bytes_add(&shown, " ", 1);
    }
    CHECK(words_split("ECHO in-step", &marker));
    CHECK(wire_send(w, command) && wire_send(w, &marker));
    words_fini(&marker);
    if (u != NULL) attack_receive_unblocking(w, u, shown.data, &reply);
    else attack_receive(w, shown.data, &reply);
    attack_receive(w, shown.data, &echo);
    bool in_step = echo.type == '$' && echo.text != NULL && strcmp(echo.text, "in-step") == 0;
    if (!in_step) fprintf(stderr, "out of step after %s\n", shown.data);
    CHECK(in_step);
    resp_fini(&echo);
    bytes_fini(&shown);
    return reply;
}

static inline struct resp attack_alone(struct wire *w, const struct words *command) {
    return attack_alone_unblocked(w, command, NULL);
}

/* One key of each type, as they are before each attack. */
static inline void attack_types_make(struct wire *w) {
    static const char *const lines[] = {"DEL string int list hash set zset stream absent dst",
                                        "SET string text",
                                        "SET int 12",
                                        "RPUSH list a b c",
                                        "HSET hash a 1 b 2",
                                        "SADD set a b c",
                                        "ZADD zset 1 a 2 b 3 c",
                                        "XADD stream 1-1 f v",
                                        "XGROUP CREATE stream g 0"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct resp r = attack_ask(w, lines[i]);
        CHECK(r.type != '-');
        resp_fini(&r);
    }
}

/* Nothing is on its way out, and every structure and heap is in order; else the server has ended. */
static inline void attack_check(struct wire *w) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    for (bool done = false; !done;) {
        struct resp r = attack_ask(w, "DEBUG CHECK");
        done = r.type == '+';
        CHECK(done || peer_now_ms() < end_ms);
        resp_fini(&r);
    }
}

/* A number of INFO memory; field as "\nname:". */
static inline long long attack_number(struct wire *w, const char *field) {
    struct resp r = attack_ask(w, "INFO memory");
    const char *at = strstr(r.text, field);
    CHECK(at != NULL);
    long long n = atoll(at + strlen(field));
    resp_fini(&r);
    return n;
}

/* What is held when the keys are gone and everything asked to be freed has been; clients apart. */
static inline long long attack_memory_held(struct wire *w) {
    attack_expect(w, "FLUSHALL SYNC", "+OK");
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (attack_number(w, "\nlazyfree_pending_objects:") > 0) CHECK(peer_now_ms() < end_ms);
    return attack_number(w, "\nused_memory:") - attack_number(w, "\nmem_clients_normal:");
}

/* splitmix64: the same stream in every run. */
static inline uint64_t attack_random(uint64_t *state, uint64_t below) {
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % below;
}

#endif
