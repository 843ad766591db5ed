/* lazy_groups_test.c: what a consumer or a group had pending is freed in the background, to the byte,
 * and what others have pending stays. Argument: the server's binary. */
#include "tests/integration/attack.h"

#define ENTRIES 5000

static struct spawn *server;
static struct wire  *w;

static long long ask_number(const char *line) {
    struct resp r = attack_ask(w, line);
    CHECK(r.type == ':');
    long long n = r.number;
    resp_fini(&r);
    return n;
}

static void read_some(const char *consumer, int count) {
    char line[128];
    snprintf(line, sizeof line, "XREADGROUP GROUP g %s COUNT %d STREAMS s >", consumer, count);
    struct resp r = attack_ask(w, line);
    CHECK(r.count == 1 && (int)r.items[0].items[1].count == count);
    resp_fini(&r);
}

static void all_freed(void) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(server, "lazyfree_pending_objects") != 0) CHECK(peer_now_ms() < end_ms);
    attack_check(w);
}

static void stream_make(void) {
    char line[64];
    attack_expect(w, "FLUSHALL", "+OK");
    attack_expect(w, "XGROUP CREATE s g $ MKSTREAM", "+OK");
    for (int i = 1; i <= ENTRIES; i++) {
        snprintf(line, sizeof line, "XADD s %d-1 f v", i);
        struct resp r = attack_ask(w, line);
        CHECK(r.type == '$');
        resp_fini(&r);
    }
    all_freed();
}

/* Asks; it is then one object more that was freed in the background, or none. */
static void ask_freeing(const char *line, long long reply, bool lazily) {
    long long before = peer_info(server, "lazyfreed_objects");
    CHECK(ask_number(line) == reply);
    all_freed();
    CHECK(peer_info(server, "lazyfreed_objects") == before + lazily);
}

static void a_consumer_of_many(void) {
    stream_make();
    long long empty = ask_number("MEMORY USAGE s");
    read_some("big", 3000);
    read_some("small", 10);
    read_some("other", 1000);
    ask_freeing("XGROUP DELCONSUMER s g small", 10, false);
    ask_freeing("XGROUP DELCONSUMER s g nobody", 0, false);
    ask_freeing("XGROUP DELCONSUMER s g big", 3000, true); /* a new map of what others have */
    attack_expect(w, "XPENDING s g", "*4[:1000 *");
    ask_freeing("XGROUP DELCONSUMER s g other", 1000, true); /* all that there is */
    CHECK(ask_number("MEMORY USAGE s") <= empty + 64);
    read_some("c", 900);
    read_some("d", 90); /* one by one */
    ask_freeing("XGROUP DELCONSUMER s g d", 90, true);
    CHECK(ask_number("XACK s g 4011-1") == 1);
}

static void a_group(void) {
    stream_make();
    long long whole = ask_number("MEMORY USAGE s");
    ask_freeing("XGROUP DESTROY s g", 1, false);
    attack_expect(w, "XGROUP CREATE s g 0", "+OK");
    read_some("big", ENTRIES);
    ask_freeing("XGROUP DESTROY s g", 1, true);
    CHECK(ask_number("MEMORY USAGE s") <= whole);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: lazy_groups_test PATH-TO-SERVER\n");
        return 2;
    }
    server = PEER_SERVER(argv[1], "--enable-debug-command", "yes");
    w = attack_wire(server);
    RUN(a_consumer_of_many);
    RUN(a_group);
    wire_free(&w);
    peer_server_end(&server);
    return 0;
}
