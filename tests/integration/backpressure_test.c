/* backpressure_test.c: under a tight maxmemory a large key is unlinked, or everything is flushed, and at
 * once as much is written again: nothing is refused and nothing evicted, clients that leave while they
 * wait are forgotten, and others are answered meanwhile. After redis#10907. Argument: the server. */
#include "tests/integration/attack.h"

#define MEMBERS 400000
#define BATCH   1000
#define VALUE   50000
#define ROUNDS  4

static void configure(struct wire *w, const char *name, const char *value) {
    char line[128];
    snprintf(line, sizeof line, "CONFIG SET %s %s", name, value);
    attack_expect(w, line, "+OK");
}

static void wait_freed(struct wire *w) {
    while (attack_info(w, "lazyfree_pending_objects") > 0) usleep(2000);
}

static void receive_ok(struct wire *w, const char *asked) {
    struct resp r;
    attack_receive(w, asked, &r);
    if (r.type == '-') fprintf(stderr, "%s: %s\n", asked, r.text);
    CHECK(r.type != '-');
    resp_fini(&r);
}

static void load_set(struct wire *w) {
    struct bytes out = {0};
    for (unsigned i = 0; i < MEMBERS; i += BATCH) {
        bytes_print(&out, "*%d\r\n$4\r\nSADD\r\n$3\r\nbig\r\n", 2 + BATCH);
        for (unsigned k = 0; k < BATCH; k++) bytes_print(&out, "$14\r\nm:%012u\r\n", i + k);
        CHECK(wire_send_raw(w, out.data, out.len));
        receive_ok(w, "SADD");
        out.len = 0;
    }
    bytes_fini(&out);
}

static void add_set(struct bytes *out, unsigned i) {
    static char value[VALUE + 1];
    memset(value, 'x', VALUE);
    bytes_print(out, "*3\r\n$3\r\nSET\r\n$8\r\nk:%06u\r\n$%d\r\n%s\r\n", i, VALUE, value);
}

/* As many writes behind `first` as take nine tenths of what it gives back; meanwhile another client is
 * answered, and a third one leaves while its own write waits, or not. */
static void rewrite(struct wire *w, struct wire *other, const char *socket, const char *first,
                    unsigned count) {
    struct bytes out = {0}, one = {0};
    int          leaver = peer_unix(socket);
    CHECK(leaver >= 0);
    bytes_print(&out, "%s\r\n", first);
    for (unsigned i = 0; i < count; i++) add_set(&out, i);
    add_set(&one, 0);
    CHECK(wire_send_raw(w, out.data, out.len));
    CHECK(write(leaver, one.data, one.len) == (ssize_t)one.len);
    attack_expect(other, "PING", "+PONG");
    close(leaver);
    for (unsigned i = 0; i <= count; i++) receive_ok(w, first);
    bytes_fini(&one);
    bytes_fini(&out);
}

static void round_of(struct wire *w, struct wire *other, const struct spawn *server, const char *first,
                     const char *policy) {
    char limit[32];
    attack_expect(w, "FLUSHALL", "+OK");
    wait_freed(w);
    attack_expect(w, "CONFIG RESETSTAT", "+OK");
    long long empty = attack_info(w, "used_memory");
    load_set(w);
    long long full = attack_info(w, "used_memory");
    snprintf(limit, sizeof limit, "%lld", full + full / 20);
    configure(w, "maxmemory-policy", policy);
    configure(w, "maxmemory", limit);

    unsigned count = (unsigned)((full - empty) * 9 / 10 / VALUE);
    rewrite(w, other, server->socket, first, count);
    CHECK(attack_info(w, "evicted_keys") == 0);
    CHECK(attack_info(w, "lazyfree_backpressure_refusals") == 0);
    wait_freed(w);
    CHECK(attack_info(w, "used_memory") <= full + full / 20);
    CHECK(attack_info(w, "blocked_clients") == 0);
    struct resp r = attack_ask(w, "DBSIZE");
    CHECK(r.number == count);
    resp_fini(&r);
    printf("%s, %s: %u writes of %d bytes, %lld waits\n", first, policy, count, VALUE,
           attack_info(w, "lazyfree_backpressure_waits"));
    configure(w, "maxmemory", "0");
}

int main(int argc, char **argv) {
    struct bytes error = {0};
    CHECK(argc == 2);
    struct spawn *server = spawn_new(argv[1], NULL, &error);
    if (server == NULL) fprintf(stderr, "%s\n", error.data);
    CHECK(server != NULL);
    struct wire *w = attack_wire(server), *other = attack_wire(server);
    configure(w, "lazyfree-backpressure-ms", "60000"); /* the machine may be slow */
    for (unsigned i = 0; i < ROUNDS; i++) {
        const char *policy = i % 2 == 0 ? "noeviction" : "allkeys-random";
        round_of(w, other, server, "UNLINK big", policy);
        round_of(w, other, server, "FLUSHALL ASYNC", policy);
    }
    wire_free(&w);
    wire_free(&other);
    if (!spawn_free(&server, &error)) {
        fprintf(stderr, "%s\n", error.data);
        return 1;
    }
    bytes_fini(&error);
    return 0;
}
