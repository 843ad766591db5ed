/* giveback_test.c: RSS follows used memory in a server that nobody talks to, as the kernel counts it:
 * what steers how soon, what hurries it, and what INFO says meanwhile. Argument: the server.
 *
 * While it is waited for, there is no connection. Nothing is asserted about how long it takes: what
 * must happen does within PEER_WAIT_MS or the test fails, and what must not would take ten minutes. */
#include "tests/integration/peer.h"

#define MB   (1000000LL)
#define KEYS 300000
#define SLOW "600000" /* ms: not in this test's time */

static const char *binary;
static int         fd;

/* Sends a command and returns its reply's first line; "+OK" and integers are all there is. */
static long long ask(const char *line) {
    char reply[256];
    CHECK(peer_send_text(fd, line) && peer_send_text(fd, "\r\n"));
    peer_receive_line(fd, reply, sizeof reply);
    if (reply[0] == '-') fprintf(stderr, "%s: %s\n", line, reply);
    CHECK(reply[0] == '+' || reply[0] == ':');
    return atoll(reply + 1);
}

/* Compaction, which gives pages back too, is off. */
static struct spawn *start(const char *target_ms, const char *dirty_ms) {
    struct spawn *s = PEER_SERVER(binary, "--rss-return-target-ms", target_ms, "--dirty-decay-ms",
                                  dirty_ms, "--enable-debug-command", "yes", "--activedefrag", "no");
    fd = peer_unix(s->socket);
    CHECK(fd >= 0);
    return s;
}

static void end(struct spawn *s) {
    close(fd);
    peer_server_end(&s);
}

static void fill(void) {
    CHECK(KEYS == 300000);
    ask("DEBUG POPULATE 300000 key 200");
}

/* One by one, none of them large: all of it is freed when the last reply is here. */
static void delete_all(void) {
    static char batch[1000 * 64], replies[4000];
    for (int i = 0; i < KEYS; i += 1000) {
        size_t len = 0;
        for (int k = i; k < i + 1000; k++) len += (size_t)sprintf(batch + len, "DEL key:%d\r\n", k);
        CHECK(peer_send(fd, batch, len));
        peer_receive(fd, replies, sizeof replies);
    }
}

static bool falls_below(const struct spawn *s, long long bytes) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_rss(s) >= bytes && peer_now_ms() < end_ms) usleep(20000);
    return peer_rss(s) < bytes;
}

static void an_idle_server_gives_back(void) {
    struct spawn *s = start("500", SLOW);
    long long     empty = peer_rss(s);
    fill();
    CHECK(peer_rss(s) > empty + 60 * MB);
    delete_all();
    close(fd);
    CHECK(falls_below(s, empty + 6 * MB));
    fd = peer_unix(s->socket);
    end(s);
}

static void as_others_when_it_is_off_and_at_run_time(void) {
    struct spawn *s = start("-1", "-1");
    long long     empty = peer_rss(s);
    fill();
    delete_all();
    close(fd);
    usleep(500000);
    CHECK(peer_rss(s) > empty + 60 * MB);
    fd = peer_unix(s->socket);
    ask("CONFIG SET rss-return-target-ms 100");
    close(fd);
    CHECK(falls_below(s, empty + 6 * MB));
    fd = peer_unix(s->socket);
    fill(); /* and a database made since has that time too */
    ask("FLUSHALL");
    fill();
    delete_all();
    CHECK(falls_below(s, empty + 6 * MB));
    end(s);
}

static void what_is_large_is_hurried(void) {
    static char   batch[200000];
    struct spawn *s = start(SLOW, SLOW);
    long long     empty = peer_rss(s);
    for (int i = 0; i < 1000000; i += 1000) {
        size_t len = (size_t)sprintf(batch, "SADD big");
        for (int k = i; k < i + 1000; k++) len += (size_t)sprintf(batch + len, " member:number:%d", k);
        memcpy(batch + len, "\r\n", 3);
        CHECK(ask(batch) == 1000);
    }
    ask("SETRANGE flat 50000000 x");
    CHECK(peer_rss(s) > empty + 30 * MB);
    CHECK(ask("UNLINK big flat") == 2);
    close(fd);
    CHECK(falls_below(s, empty + 6 * MB));
    CHECK(peer_info(s, "rss_return_hurried") >= 1);
    fd = peer_unix(s->socket);
    fill();
    delete_all(); /* but nothing that is not */
    usleep(500000);
    CHECK(peer_rss(s) > empty + 60 * MB);
    end(s);
}

static void a_flush_needs_no_hurry(void) {
    struct spawn *s = start(SLOW, SLOW);
    long long     empty = peer_rss(s);
    fill();
    ask("FLUSHALL");
    close(fd);
    CHECK(falls_below(s, empty + 6 * MB));
    fd = peer_unix(s->socket);
    end(s);
}

/* What INFO says that a purge would return is what it returns, and what RSS loses. */
static void reclaimable_is_exact(void) {
    struct spawn *s = start("-1", "-1");
    fill();
    delete_all();
    usleep(300000); /* the next look at client buffers and heaps is over */
    long long told = peer_info(s, "reclaimable_now_bytes"), before = peer_rss(s);
    CHECK(told > 60 * MB);
    ask("MEMORY PURGE");
    long long done = peer_info(s, "purge_last_bytes"), lost = before - peer_rss(s);
    printf("told %lld, purged %lld, RSS fell by %lld\n", told, done, lost);
    CHECK(llabs(told - done) <= 262144); /* INFO's own text, and a connection's end, are some pages */
    CHECK(llabs(told - lost) <= told / 50);
    CHECK(peer_info(s, "reclaimable_now_bytes") <= 262144);
    end(s);
}

static void the_lag_grows_and_ends(void) {
    struct spawn *s = start("-1", "-1");
    usleep(300000);
    CHECK(peer_info(s, "rss_return_lag_ms") == 0);
    fill();
    delete_all();
    usleep(700000);
    long long lag = peer_info(s, "rss_return_lag_ms");
    CHECK(lag >= 400 && peer_info(s, "rss_return_waiting_bytes") > 60 * MB);
    usleep(300000);
    CHECK(peer_info(s, "rss_return_lag_ms") >= lag + 200);
    ask("CONFIG SET rss-return-target-ms 100");
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "rss_return_lag_ms") > 0 && peer_now_ms() < end_ms) usleep(20000);
    CHECK(peer_info(s, "rss_return_lag_ms") == 0);
    end(s);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    binary = argv[1];
    RUN(an_idle_server_gives_back);
    RUN(as_others_when_it_is_off_and_at_run_time);
    RUN(what_is_large_is_hurried);
    RUN(a_flush_needs_no_hurry);
    RUN(reclaimable_is_exact);
    RUN(the_lag_grows_and_ends);
    return 0;
}
