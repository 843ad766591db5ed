/* blocking_test.c: hundreds of clients that wait for lists, sorted sets and streams, as groups too,
 * while others push: they time out, are unblocked, killed, reset, or just leave, at random, and groups
 * are destroyed or set back under them. No element is given twice, none is lost to a client that stays,
 * and nothing of those who left remains. Argument: the server's binary.
 *
 * Elements are "e<number>;", so what a client has received is counted by its semicolons. Behind each
 * waiting command a client sends ECHO, at once or later, whose answer tells that the wait is over. */
#include "tests/integration/attack.h"

#define CLIENTS 300
#define STEPS   6000
#define KEYS    4
#define DONE    "done."

static const char *binary;

struct client {
    int       fd;
    long long id;
    bool      waiting, takes; /* takes: what it receives has left the keyspace */
    size_t    done_seen;      /* bytes of DONE that the last ones were */
};

struct field {
    struct spawn *server;
    struct wire  *pusher;
    struct client client[CLIENTS];
    uint64_t      random, pushed, taken;
    bool          leaving; /* clients are killed and reset too, groups come and go */
};

static uint64_t below(struct field *f, uint64_t n) { return attack_random(&f->random, n); }

static long long ask_number(struct wire *w, const char *line) {
    struct resp r = attack_ask(w, line);
    CHECK(r.type == ':');
    long long n = r.number;
    resp_fini(&r);
    return n;
}

/* --- Clients --------------------------------------------------------------------------------- */

static void client_open(struct field *f, struct client *c) {
    char text[64] = "";
    bool tcp = below(f, 2);
    *c = (struct client){.fd = tcp ? peer_tcp("127.0.0.1", f->server->port)
                                   : peer_unix(f->server->socket)};
    CHECK(c->fd >= 0 && peer_send_text(c->fd, "CLIENT ID\r\n"));
    CHECK(peer_receive_some(c->fd, text, sizeof text - 1, PEER_WAIT_MS) > 0);
    c->id = atoll(text + 1);
}

static void client_wait(struct field *f, struct client *c) {
    static const char *const timeouts[] = {"0", "0.001", "0.02", "5"};
    static const char *const blocks[] = {"0", "1", "20", "5000"};
    char        line[256];
    unsigned    a = (unsigned)below(f, KEYS), b = (unsigned)below(f, KEYS);
    unsigned    how_long = (unsigned)below(f, 4), kind = (unsigned)below(f, 9);
    const char *timeout = timeouts[how_long], *block = blocks[how_long];
    switch (kind) {
    case 0: snprintf(line, sizeof line, "BLPOP l%u l%u %s\r\n", a, b, timeout); break;
    case 1: snprintf(line, sizeof line, "BRPOP l%u %s\r\n", a, timeout); break;
    case 2: snprintf(line, sizeof line, "BLMPOP %s 2 l%u l%u LEFT COUNT 3\r\n", timeout, a, b); break;
    case 3: snprintf(line, sizeof line, "BLMOVE l%u l%u LEFT RIGHT %s\r\n", a, b, timeout); break;
    case 4: snprintf(line, sizeof line, "BZPOPMIN z%u z%u %s\r\n", a, b, timeout); break;
    case 5: snprintf(line, sizeof line, "BZMPOP %s 1 z%u MAX COUNT 2\r\n", timeout, a); break;
    case 6: snprintf(line, sizeof line, "XREAD BLOCK %s STREAMS x%u x%u $ $\r\n", block, a, b); break;
    default:
        snprintf(line, sizeof line, "XREADGROUP GROUP g c%lld COUNT 2 BLOCK %s STREAMS x%u x%u > >\r\n",
                 c->id % 50, block, a, b);
    }
    c->waiting = true;
    c->takes = kind != 3 && kind != 6 && (kind < 6 || !f->leaving);
    bool together = below(f, 2);
    if (together) strcat(line, "ECHO " DONE "\r\n");
    CHECK(peer_send_text(c->fd, line) || f->leaving);
    if (!together) CHECK(peer_send_text(c->fd, "ECHO " DONE "\r\n") || f->leaving);
}

/* Counts what has come. False: the connection is closed. */
static bool client_receive(struct field *f, struct client *c, int wait_ms) {
    char    text[4096];
    ssize_t n = peer_receive_some(c->fd, text, sizeof text, wait_ms);
    for (ssize_t i = 0; i < n; i++) {
        if (text[i] == ';' && c->takes) f->taken++;
        c->done_seen = text[i] == DONE[c->done_seen] ? c->done_seen + 1 : text[i] == 'd';
        if (c->done_seen < strlen(DONE)) continue;
        c->done_seen = 0;
        c->waiting = false;
    }
    return n != 0;
}

static void client_again(struct field *f, struct client *c) {
    close(c->fd);
    client_open(f, c);
}

/* Ends the connection with a reset, where it is one of TCP. */
static void client_reset(struct field *f, struct client *c) {
    struct linger hard = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    client_again(f, c);
}

/* --- Others ---------------------------------------------------------------------------------- */

/* A set back group gives entries again: where groups change they do not count. */
static void add(struct field *f) {
    char     line[256];
    unsigned n = 1 + (unsigned)below(f, 3), key = (unsigned)below(f, KEYS);
    for (unsigned i = 0; i < n; i++, f->pushed += !f->leaving) {
        snprintf(line, sizeof line, "XADD x%u * f e%llu;", key, (unsigned long long)f->pushed);
        struct resp r = attack_ask(f->pusher, line);
        CHECK(r.type == '$' || (r.type == '-' && f->leaving)); /* it may be a string */
        resp_fini(&r);
    }
}

static void ask(struct field *f, const char *format, unsigned key) {
    char line[128];
    snprintf(line, sizeof line, format, key);
    struct resp r = attack_ask(f->pusher, line);
    resp_fini(&r);
}

static void groups_make(struct field *f) {
    for (unsigned i = 0; i < KEYS; i++) ask(f, "XGROUP CREATE x%u g $ MKSTREAM", i);
}

/* Under those who wait. Half of the time the group stays away for a while. */
static void group_change(struct field *f) {
    unsigned key = (unsigned)below(f, KEYS);
    switch (below(f, 6)) {
    case 0: ask(f, "XGROUP DESTROY x%u g", key); break;
    case 1: ask(f, "XGROUP SETID x%u g 0", key); break;
    case 2: ask(f, "XGROUP SETID x%u g $", key); break;
    case 3: ask(f, "XGROUP DELCONSUMER x%u g c7", key); break;
    case 4: ask(f, "DEL x%u", key); break;
    default: ask(f, "SET x%u string", key); break; /* of another type altogether */
    }
    if (below(f, 2)) ask(f, "DEL x%u", (key + 1) % KEYS);
    if (below(f, 2)) groups_make(f);
}

static void push(struct field *f) {
    if (below(f, 3) == 0) {
        add(f);
        return;
    }

    char     line[512];
    unsigned key = (unsigned)below(f, KEYS), n = 1 + (unsigned)below(f, 5);
    bool     set = below(f, 3) == 0;
    int      at = snprintf(line, sizeof line, set ? "ZADD z%u" : "RPUSH l%u", key);
    for (unsigned i = 0; i < n; i++, f->pushed++)
        at += snprintf(line + at, sizeof line - (size_t)at, set ? " %llu e%llu;" : " %.0llue%llu;",
                       set ? (unsigned long long)below(f, 100) : 0ULL, (unsigned long long)f->pushed);
    CHECK(ask_number(f->pusher, line) >= n);
}

static void unblock(struct field *f, const struct client *c, const char *how) {
    char line[64];
    snprintf(line, sizeof line, "CLIENT UNBLOCK %lld %s", c->id, how);
    ask_number(f->pusher, line);
}

static void kill_client(struct field *f, const struct client *c) {
    char line[64];
    snprintf(line, sizeof line, "CLIENT KILL ID %lld", c->id);
    ask_number(f->pusher, line);
}

static void step(struct field *f) {
    struct client *c = &f->client[below(f, CLIENTS)];
    switch (below(f, f->leaving ? 11 : 7)) {
    case 0:
    case 1: push(f); break;
    case 2: unblock(f, c, below(f, 2) ? "ERROR" : "TIMEOUT"); break;
    case 7: kill_client(f, c); break;
    case 8: client_reset(f, c); break;
    case 9: client_again(f, c); break;
    case 10: group_change(f); break;
    default:
        if (!c->waiting) client_wait(f, c);
    }
    c = &f->client[below(f, CLIENTS)];
    if (!client_receive(f, c, 0)) {
        CHECK(f->leaving);
        client_again(f, c);
    }
}

/* Everybody's wait ends, and all that was said is heard. */
static void everybody_ends(struct field *f) {
    for (int i = 0; i < CLIENTS; i++) {
        struct client *c = &f->client[i];
        int64_t        end_ms = peer_now_ms() + PEER_WAIT_MS;
        while (c->waiting) {
            unblock(f, c, "TIMEOUT");
            if (!client_receive(f, c, 10)) client_again(f, c);
            CHECK(peer_now_ms() < end_ms);
        }
    }
}

/* Entries that no consumer has been given. */
static uint64_t left_in_group(struct field *f, unsigned key) {
    char line[64];
    snprintf(line, sizeof line, "XPENDING x%u g", key);
    struct resp r = attack_ask(f->pusher, line);
    CHECK(r.count == 4 && r.items[0].type == ':');
    uint64_t given = (uint64_t)r.items[0].number;
    resp_fini(&r);
    snprintf(line, sizeof line, "XLEN x%u", key);
    return (uint64_t)ask_number(f->pusher, line) - given;
}

static uint64_t left_in_keys(struct field *f) {
    uint64_t left = 0;
    char     line[32];
    for (unsigned i = 0; i < KEYS; i++) {
        snprintf(line, sizeof line, "LLEN l%u", i);
        left += (uint64_t)ask_number(f->pusher, line);
        snprintf(line, sizeof line, "ZCARD z%u", i);
        left += (uint64_t)ask_number(f->pusher, line);
        if (!f->leaving) left += left_in_group(f, i);
    }
    return left;
}

static void play(bool leaving) {
    struct field f = {.random = leaving ? 11 : 7, .leaving = leaving};
    f.server = PEER_SERVER(binary, "--enable-debug-command", "yes");
    f.pusher = attack_wire(f.server);
    for (int i = 0; i < CLIENTS; i++) client_open(&f, &f.client[i]);
    groups_make(&f);
    for (int i = 0; i < STEPS; i++) step(&f);
    everybody_ends(&f);
    uint64_t left = left_in_keys(&f);
    CHECK(f.taken > 0 && f.taken + left <= f.pushed);
    if (!leaving) CHECK(f.taken + left == f.pushed);
    CHECK(peer_info(f.server, "total_blocking_keys") == 0);
    for (int i = 0; i < CLIENTS; i++) close(f.client[i].fd);
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(f.server, "connected_clients") > 2) CHECK(peer_now_ms() < end_ms);
    CHECK(peer_info(f.server, "blocked_clients") == 0);
    CHECK(peer_info(f.server, "clients_in_timeout_table") == 0);
    wire_free(&f.pusher);
    peer_server_end(&f.server);
}

static void nothing_is_lost(void) { play(false); }
static void nothing_remains_of_who_left(void) { play(true); }

/* What a client sends while it waits is left to the kernel, and its end is seen all the same. */
static void senders_while_waiting(void) {
    struct spawn *s = PEER_SERVER(binary, "--enable-debug-command", "yes");
    for (int round = 0; round < 4; round++) {
        int fd = round % 2 ? peer_tcp("127.0.0.1", s->port) : peer_unix(s->socket);
        CHECK(fd >= 0 && peer_send_text(fd, "BLPOP q 0\r\n"));
        int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
        while (peer_info(s, "blocked_clients") != 1) CHECK(peer_now_ms() < end_ms);
        for (int i = 0; i < 20; i++) CHECK(peer_send_text(fd, "PING\r\n"));
        if (round < 2) { /* answered when it has been served */
            int other = peer_unix(s->socket);
            CHECK(peer_send_text(other, "RPUSH q x\r\n"));
            peer_expect(other, ":1\r\n");
            close(other);
            peer_expect(fd, "*2\r\n$1\r\nq\r\n$1\r\nx\r\n");
            for (int i = 0; i < 20; i++) peer_expect(fd, "+PONG\r\n");
            peer_expect_pong(fd);
        }
        close(fd);
        while (peer_info(s, "blocked_clients") != 0) CHECK(peer_now_ms() < end_ms);
    }
    peer_server_end(&s);
}

/* A waiting client costs its arguments, not the buffer they came in. */
static void waiting_is_cheap(void) {
    struct spawn *s = PEER_SERVER(binary, "--enable-debug-command", "yes");
    int           fd[200];
    long long     before = peer_info(s, "mem_clients_normal");
    for (int i = 0; i < 200; i++) {
        fd[i] = peer_unix(s->socket);
        CHECK(fd[i] >= 0 && peer_send_text(fd[i], "BLPOP some:queue another:queue 0\r\n"));
    }
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "blocked_clients") != 200) CHECK(peer_now_ms() < end_ms);
    long long each = (peer_info(s, "mem_clients_normal") - before) / 200;
    printf("a waiting client: %lld bytes\n", each);
    CHECK(each < 4096);
    for (int i = 0; i < 200; i++) close(fd[i]);
    peer_server_end(&s);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: blocking_test PATH-TO-SERVER\n");
        return 2;
    }
    binary = argv[1];
    RUN(nothing_is_lost);
    RUN(nothing_remains_of_who_left);
    RUN(senders_while_waiting);
    RUN(waiting_is_cheap);
    return 0;
}
