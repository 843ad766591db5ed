/* giveback_stress_test.c: everything that gives memory back at once: a limit on RSS that moves, purges,
 * flushes, large deletions and decay, while keys of all sizes come. For sanitizers most of all, so nothing
 * is said of RSS; what is still there must be whole. Argument: the server. */
#include "tests/integration/peer.h"

#define ROUNDS 40
#define BATCH  32
#define VALUE  10000

static int      fd;
static uint64_t random_state = 88172645463325252u;

/* Any reply of one line; under a limit that is too tight it may be OOM. */
static char *ask(const char *line) {
    static char got[256];
    CHECK(peer_send_text(fd, line) && peer_send_text(fd, "\r\n"));
    peer_receive_line(fd, got, sizeof got);
    if (got[0] == '-' && strncmp(got, "-OOM ", 5) != 0) fprintf(stderr, "%s: %s", line, got);
    CHECK(got[0] != '-' || strncmp(got, "-OOM ", 5) == 0);
    return got;
}

/* A value is its key's number over and over, so that it can be told from every other. */
static size_t value_of(unsigned key, char *out) {
    size_t len = 10 + (size_t)(key * 7919u) % (VALUE - 10);
    for (size_t at = 0; at < len; at += 10) sprintf(out + at, "%010u", key);
    return len;
}

static void store(unsigned from) {
    static char out[BATCH * (VALUE + 64)];
    char        got[256];
    size_t      len = 0;
    for (unsigned key = from; key < from + BATCH; key++) {
        char   value[VALUE + 16];
        size_t size = value_of(key, value);
        len += (size_t)sprintf(out + len, "*3\r\n$3\r\nSET\r\n$9\r\n%09u\r\n$%zu\r\n", key, size);
        memcpy(out + len, value, size);
        memcpy(out + len + size, "\r\n", 2);
        len += size + 2;
    }
    CHECK(peer_send(fd, out, len));
    for (unsigned i = 0; i < BATCH; i++) {
        peer_receive_line(fd, got, sizeof got);
        CHECK(got[0] == '+' || strncmp(got, "-OOM ", 5) == 0);
    }
}

/* It waits for the free queue to be empty: until then it says so. */
static void check(void) {
    char    got[256];
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    do {
        usleep(10000);
        CHECK(peer_send_text(fd, "DEBUG CHECK\r\n"));
        peer_receive_line(fd, got, sizeof got);
    } while (strstr(got, "being freed") != NULL && peer_now_ms() < end_ms);
    CHECK(strcmp(got, "+OK\r\n") == 0);
}

static unsigned whole(unsigned keys) {
    static char got[VALUE + 16];
    char        line[64], head[32], value[VALUE + 16];
    unsigned    there = 0;
    for (unsigned key = 0; key < keys; key += 3) {
        sprintf(line, "GET %09u\r\n", key);
        CHECK(peer_send_text(fd, line));
        peer_receive_line(fd, head, sizeof head);
        if (strcmp(head, "$-1\r\n") == 0) continue;
        size_t size = value_of(key, value);
        CHECK(head[0] == '$' && (size_t)atoll(head + 1) == size);
        peer_receive(fd, got, size + 2);
        CHECK(memcmp(got, value, size) == 0);
        there++;
    }
    return there;
}

static void limit_to(long long bytes) {
    char line[64];
    sprintf(line, "CONFIG SET maxmemory-rss %lld", bytes > 0 ? bytes : 1);
    ask(line);
}

static void large_one(void) {
    static char line[60000];
    size_t      len = (size_t)sprintf(line, "SADD big");
    for (unsigned i = 0; i < 4000; i++) len += (size_t)sprintf(line + len, " member:%u", i);
    ask(line);
    ask("UNLINK big");
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    unsigned      keys = 0;
    struct spawn *s = PEER_SERVER(argv[1], "--maxmemory-policy", "allkeys-lru", "--rss-return-target-ms", "50",
                                  "--lazyfree-large-bytes", "4kb", "--enable-debug-command", "yes");
    fd = peer_unix(s->socket);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 30; i++, keys += BATCH) store(keys);
        if (round == 2) limit_to(peer_rss(s) + 10000000);
        if (round % 5 == 4) {
            limit_to(peer_rss(s) - 3000000);
            usleep(100000);
            limit_to(peer_rss(s) + 8000000);
        }
        if (round % 7 == 3) large_one();
        if (round % 3 == 1) ask(peer_random(&random_state, 2) ? "MEMORY PURGE" : "MEMORY PURGE ASYNC");
        if (round % 13 == 6) ask(peer_random(&random_state, 2) ? "FLUSHALL" : "FLUSHALL ASYNC");
        if (round % 10 == 9) check();
    }
    ask("CONFIG SET maxmemory-rss 0"); /* a sanitizer's quarantine grows with all that moves */
    for (unsigned i = 0; i < 30; i++, keys += BATCH) store(keys);
    unsigned there = whole(keys);
    printf("%u of every third of %u keys are there and whole; %lld were evicted\n", there, keys,
           peer_info(s, "maxmemory_rss_evicted_keys"));
    CHECK(there > 0);
    check();
    close(fd);
    peer_server_end(&s);
    return 0;
}
