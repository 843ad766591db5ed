/* rss_limit_test.c: maxmemory-rss in a real server, with RSS as the kernel counts it: how far it is
 * exceeded while keys of random sizes come, how many keys that costs, what happens when the limit is
 * lowered at rest, and when nothing may go. Argument: the server. */
#include "tests/integration/peer.h"

#define MIB      (1024.0 * 1024.0)
#define LIMIT    ((long long)(100 * MIB))
#define BATCH    32
#define SIZE_MOST 10000
#define KEYS_A_MIB (1535 / 4) /* a quarter of what Dragonfly publishes */

static const char *binary;
static int         fd;
static uint64_t    random_state = 88172645463325252u;

static void expect(const char *line, const char *reply) {
    char got[256];
    CHECK(peer_send_text(fd, line) && peer_send_text(fd, "\r\n"));
    peer_receive_line(fd, got, sizeof got);
    if (strncmp(got, reply, strlen(reply)) != 0) fprintf(stderr, "%s: %s", line, got);
    CHECK(strncmp(got, reply, strlen(reply)) == 0);
}

static long long ask_number(const char *line) {
    char got[64];
    CHECK(peer_send_text(fd, line) && peer_send_text(fd, "\r\n"));
    peer_receive_line(fd, got, sizeof got);
    CHECK(got[0] == ':');
    return atoll(got + 1);
}

/* Stores a batch of keys from number `from` on. Returns its bytes; *refused counts errors. */
static long long store(unsigned from, unsigned *refused) {
    static char out[BATCH * (SIZE_MOST + 64)];
    char        got[256];
    size_t      len = 0;
    long long   bytes = 0;
    for (unsigned i = from; i < from + BATCH; i++) {
        size_t size = 1 + peer_random(&random_state, SIZE_MOST);
        len += (size_t)sprintf(out + len, "*3\r\n$3\r\nSET\r\n$9\r\n%09u\r\n$%zu\r\n", i, size);
        memset(out + len, 'v', size);
        memcpy(out + len + size, "\r\n", 2);
        len += size + 2;
        bytes += (long long)size;
    }
    CHECK(peer_send(fd, out, len));
    for (unsigned i = 0; i < BATCH; i++) {
        peer_receive_line(fd, got, sizeof got);
        if (got[0] == '+') continue;
        CHECK(strcmp(got, "-OOM command not allowed when resident memory > 'maxmemory-rss'.\r\n") == 0);
        ++*refused;
    }
    return bytes;
}

static void filling_with_random_sizes(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxmemory-rss", "100mb", "--maxmemory-policy", "allkeys-lru");
    long long     most = 0, stored = 0;
    unsigned      refused = 0;
    fd = peer_unix(s->socket);
    for (unsigned i = 0; stored < 4 * LIMIT; i += BATCH) {
        stored += store(i, &refused);
        long long rss = peer_rss(s);
        if (rss > most) most = rss;
    }
    double evicted = (double)peer_info(s, "maxmemory_rss_evicted_keys");
    double beyond = (double)(stored - peer_info(s, "used_memory")) / MIB;
    printf("RSS at most %.2f %% over the limit; %.0f keys evicted for each MiB stored beyond it\n",
           100.0 * (double)(most - LIMIT) / (double)LIMIT, evicted / beyond);
    CHECK(refused == 0);
    CHECK(most <= LIMIT + LIMIT / 50 && most >= LIMIT - LIMIT / 20);
    CHECK(evicted / beyond <= KEYS_A_MIB);

    /* And at rest, by the kernel's figure. Larger values went first, so that those left are smaller. */
    long long before = peer_rss(s);
    double    mean = (double)peer_info(s, "used_memory_dataset") / (double)ask_number("DBSIZE");
    expect("CONFIG SET maxmemory-rss 70mb", "+OK");
    close(fd);
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_rss(s) > LIMIT * 7 / 10 && peer_now_ms() < end_ms) usleep(10000);
    usleep(50000);
    double returned = (double)(before - peer_rss(s)) / MIB;
    double more = (double)peer_info(s, "maxmemory_rss_evicted_keys") - evicted;
    printf("lowered by 30 MiB: %.1f MiB returned, %.0f keys evicted for each; keys take %.0f bytes\n",
           returned, more / returned, mean);
    CHECK(peer_rss(s) <= LIMIT * 7 / 10 + LIMIT / 100); /* what moves is there twice for a moment */
    CHECK(returned >= 28 && more / returned <= 1.3 * MIB / mean);
    CHECK((evicted + more) / (beyond + returned) <= KEYS_A_MIB);
    peer_server_end(&s);
}

/* What a purge gives back need not be evicted for. */
static void free_pages_come_first(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxmemory-policy", "allkeys-lru", "--dirty-decay-ms", "-1",
                                  "--rss-return-target-ms", "-1", "--enable-debug-command", "yes");
    unsigned      refused = 0;
    fd = peer_unix(s->socket);
    for (unsigned i = 0; i < 4000; i += BATCH) store(i, &refused);
    expect("SELECT 1", "+OK");
    for (unsigned i = 0; i < 8000; i += BATCH) store(i, &refused);
    for (unsigned i = 0; i < 8000; i++) {
        char del[32];
        sprintf(del, "DEL %09u", i);
        expect(del, ":1");
    }
    expect("SELECT 0", "+OK");
    CHECK(peer_rss(s) > 55 * MIB);
    expect("CONFIG SET maxmemory-rss 35mb", "+OK");
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_rss(s) > 35 * MIB && peer_now_ms() < end_ms) usleep(10000);
    CHECK(peer_rss(s) <= 35 * MIB);
    CHECK(peer_info(s, "maxmemory_rss_evicted_keys") == 0);
    expect("DBSIZE", ":4000");
    close(fd);
    peer_server_end(&s);
}

static void refused_when_nothing_may_go(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxmemory-rss", "40mb", "--maxmemory-policy", "noeviction");
    unsigned      refused = 0;
    long long     stored = 0;
    fd = peer_unix(s->socket);
    for (unsigned i = 0; refused < BATCH && stored < 2 * LIMIT; i += BATCH) stored += store(i, &refused);
    CHECK(refused >= BATCH && stored > 25 * MIB);
    CHECK(peer_rss(s) <= 40 * MIB * 1.05); /* what compaction moves is there twice for a moment */
    expect("GET nothing", "$-1");
    expect("DEL 000000001", ":1");
    expect("FLUSHALL", "+OK");
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    do {
        refused = 0;
        store(0, &refused);
    } while (refused > 0 && peer_now_ms() < end_ms);
    CHECK(refused == 0);
    CHECK(peer_info(s, "maxmemory_rss_refused") >= BATCH);
    close(fd);
    peer_server_end(&s);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    binary = argv[1];
    RUN(filling_with_random_sizes);
    RUN(free_pages_come_first);
    RUN(refused_when_nothing_may_go);
    return 0;
}
