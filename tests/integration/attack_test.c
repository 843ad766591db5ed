/* attack_test.c: hostile and clumsy clients on the wire: strangers who announce much, requests that
 * nearly are some, other protocols, resets, silence, replies without end. Argument: the server. */
#include "tests/integration/attack.h"

#define STRANGERS   500
#define RSS_MARGIN  (64LL << 20)
#define HALF_OPEN   200
#define NOISE_RUNS  2000
#define ARGS_SENT   200000 /* of a million announced */

static const char *binary;

static int client(const struct spawn *s) {
    int fd = peer_tcp("127.0.0.1", s->port);
    CHECK(fd >= 0);
    return fd;
}

/* A good client is served whatever the others do. */
static void expect_service(const struct spawn *s) {
    int fd = client(s);
    peer_expect_pong(fd);
    close(fd);
}

/* Sends all of it; the answer, until the server closes, must be `expected`. */
static void expect_last_words(const struct spawn *s, const char *data, size_t len,
                              const char *expected) {
    char got[4096];
    int  fd = client(s);
    peer_send(fd, data, len);
    peer_expect_close(fd, got, sizeof got);
    if (strcmp(got, expected) != 0)
        fprintf(stderr, "%.100s: expected %s, got %s\n", data, expected, got);
    CHECK(strcmp(got, expected) == 0);
}

static void expect_text_refused(const struct spawn *s, const char *text, const char *error) {
    char expected[256];
    snprintf(expected, sizeof expected, "-ERR Protocol error: %s\r\n", error);
    expect_last_words(s, text, strlen(text), expected);
}

/* --- Without a password ---------------------------------------------------------------------- */

static void open_again(const struct spawn *s) {
    struct wire *w = attack_wire(s);
    attack_expect(w, "AUTH secret", "+OK");
    attack_expect(w, "CONFIG SET requirepass ''", "+OK");
    wire_free(&w);
}

static struct spawn *locked_server(void) {
    struct spawn *s = PEER_SERVER(binary, "--loglevel", "notice");
    struct wire  *w = attack_wire(s);
    attack_expect(w, "CONFIG SET requirepass secret", "+OK");
    wire_free(&w);
    return s;
}

/* Ten arguments of 16384 bytes are heard, not one more of either. */
static void strangers_may_not_announce_much(void) {
    static const char denied[] = "-NOAUTH Authentication required.\r\n";
    struct spawn     *s = locked_server();
    struct bytes      b = {0};
    int               fd = client(s);
    bytes_print(&b, "*10\r\n$4\r\nMGET\r\n");
    for (int i = 0; i < 9; i++) bytes_print(&b, "$1\r\n%d\r\n", i);
    CHECK(peer_send(fd, b.data, b.len));
    peer_expect(fd, denied);
    bytes_clear(&b);
    bytes_print(&b, "*2\r\n$4\r\nECHO\r\n$16384\r\n%016384d\r\n", 0);
    CHECK(peer_send(fd, b.data, b.len));
    peer_expect(fd, denied);
    close(fd);
    expect_text_refused(s, "*11\r\n", "unauthenticated multibulk length");
    expect_text_refused(s, "*1\r\n$16385\r\n", "unauthenticated bulk length");
    bytes_fini(&b);
    open_again(s);
    peer_server_end(&s);
}

static void many_strangers_cost_little(void) {
    struct spawn *s = locked_server();
    int           fds[STRANGERS];
    long long     before = peer_rss(s);
    for (int i = 0; i < STRANGERS; i++) {
        fds[i] = client(s);
        CHECK(peer_send_text(fds[i], "*10\r\n$16384\r\nabc"));
    }
    CHECK(peer_rss(s) - before < RSS_MARGIN);
    for (int i = 0; i < STRANGERS; i++) close(fds[i]);
    open_again(s);
    peer_server_end(&s);
}

/* Arguments of a request that never ends are the client's memory, and have its limits. */
static void half_sent_arguments_are_counted(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxmemory-clients", "8mb");
    struct bytes  args = {0};
    int           fds[20], closed = 0;
    long long     before = peer_rss(s);
    bytes_print(&args, "*1000000\r\n");
    for (int i = 0; i < ARGS_SENT; i++) bytes_print(&args, "$1\r\na\r\n");
    for (int i = 0; i < 20; i++) {
        fds[i] = client(s);
        peer_send(fds[i], args.data, args.len);
    }
    expect_service(s);
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "evicted_clients") < 18 && peer_now_ms() < end_ms) usleep(20000);
    for (int i = 0; i < 20; i++) {
        char c;
        if (peer_receive_some(fds[i], &c, 1, 100) == 0) closed++;
        close(fds[i]);
    }
    CHECK(closed >= 18); /* 4.6 MB each, in 8 MB */
    CHECK(peer_rss(s) - before < 2 * RSS_MARGIN);
    bytes_fini(&args);
    peer_server_end(&s);
}

/* --- Requests that nearly are some ----------------------------------------------------------- */

static void numbers_that_are_none(void) {
    static const char *const lengths[] = {"-1", "-2", "+4", "04", " 4", "4 ", "4a", "0x4", "", "-", "4.0",
                                          "536870913", "4294967300", "9223372036854775807",
                                          "9223372036854775808", "18446744073709551620"};
    static const char *const counts[] = {"+1", "01", " 1", "1 ", "1a", "-", "1.0", "2147483648",
                                         "4294967297", "9223372036854775808", "18446744073709551617"};
    struct spawn *s = PEER_SERVER(binary, "--loglevel", "notice");
    char          text[128];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        snprintf(text, sizeof text, "*1\r\n$%s\r\nPING\r\n", lengths[i]);
        expect_text_refused(s, text, "invalid bulk length");
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        snprintf(text, sizeof text, "*%s\r\n$4\r\nPING\r\n", counts[i]);
        expect_text_refused(s, text, "invalid multibulk length");
    }
    for (int c = 1; c < 256; c++) {
        if (c == '$' || c == '\r' || c == '\n') continue; /* and a NUL would end the text here */
        char type[] = {'*', '1', '\r', '\n', (char)c, '4', '\r', '\n', 0}, error[32];
        snprintf(error, sizeof error, "expected '$', got '%c'", c);
        expect_text_refused(s, type, error);
    }
    peer_server_end(&s);
}

/* Two parsers that disagree where a request ends let one client speak for another. */
static void terminators_are_checked(void) {
    static const char ends[] = {'\r', '\n', '\0', ' ', 'X'};
    struct spawn     *s = PEER_SERVER(binary, "--loglevel", "notice");
    for (size_t i = 0; i < sizeof ends; i++) {
        for (size_t j = 0; j < sizeof ends; j++) {
            if (ends[i] == '\r' && ends[j] == '\n') continue;
            char text[] = "*1\r\n$4\r\nPING..*1\r\n$4\r\nPING\r\n";
            memcpy(text + 12, (char[]){ends[i], ends[j]}, 2);
            expect_last_words(s, text, sizeof text - 1,
                              "-ERR Protocol error: invalid bulk terminator\r\n");
        }
    }
    peer_server_end(&s);
}

/* Whatever else comes along: nothing is run that stands behind it. */
static void other_protocols(void) {
    static const char tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n";
    static const struct {
        const char *data;
        size_t      len;
    } openings[] = {{"POST / HTTP/1.1\r\n", 17},
                    {"post /x HTTP/1.0\r\n", 18},
                    {"PING\r\nhOsT: localhost\r\n", 23},
                    {"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n", 48},
                    {"*1\r\n$4\r\nPOST\r\n", 14},
                    {"*3\r\n$5\r\nHost:\r\n$1\r\na\r\n$1\r\nb\r\n", 30},
                    {"*1\r\n+PING\r\n", 11},
                    {"$4\r\nPING\r\n*1\r\n$4x\r\n", 20},
                    {"\"unbalanced\r\n", 13}};
    struct spawn *s = PEER_SERVER(binary, "--loglevel", "notice");
    struct wire  *w = attack_wire(s);
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        int fd = client(s);
        CHECK(peer_send(fd, openings[i].data, openings[i].len));
        peer_send_text(fd, "SET attacked yes\r\n*3\r\n$3\r\nSET\r\n$8\r\nattacked\r\n$3\r\nyes\r\n");
        peer_expect_close(fd, NULL, 0);
        attack_expect(w, "EXISTS attacked", ":0");
    }
    int fd = client(s);
    CHECK(peer_send(fd, tls, sizeof tls - 1)); /* only an unknown command */
    peer_expect(fd, "-ERR unknown command ");
    close(fd);
    wire_free(&w);
    peer_server_end(&s);
}

/* Bytes without sense, and requests with one byte changed. */
static void noise(void) {
    static const char good[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n";
    struct spawn     *s = PEER_SERVER(binary, "--loglevel", "notice");
    uint64_t          seed = 20240607;
    for (int run = 0; run < NOISE_RUNS; run++) {
        char   data[256];
        size_t len = sizeof good - 1;
        memcpy(data, good, len);
        if (run % 4 == 0) {
            len = 1 + attack_random(&seed, sizeof data - 1);
            for (size_t i = 0; i < len; i++) data[i] = (char)attack_random(&seed, 256);
        } else {
            for (uint64_t n = 1 + attack_random(&seed, 3); n > 0; n--)
                data[attack_random(&seed, len)] = "\r\n*$-0919 \0x"[attack_random(&seed, 12)];
        }
        int fd = client(s);
        peer_send(fd, data, len);
        shutdown(fd, SHUT_WR);
        peer_expect_close(fd, NULL, 0);
    }
    expect_service(s);
    peer_server_end(&s);
}

/* --- Connections that lead nowhere ----------------------------------------------------------- */

/* Connections reset before they are accepted, or with replies on their way. */
static void resets(void) {
    struct spawn *s = PEER_SERVER(binary, "--loglevel", "notice");
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 2000; i++) {
        int fd = client(s);
        if (i % 2) peer_send_text(fd, "PING\r\nKEYS *\r\nMEMORY PURGE\r\nPING\r\n*3\r\n$3\r\nSE");
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(fd);
    }
    expect_service(s);
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "connected_clients") > 1) CHECK(peer_now_ms() < end_ms);
    peer_server_end(&s);
}

/* Requests that stop half way are closed for being idle, while others are served. */
static void half_open_clients_are_closed(void) {
    static const char *const halves[] = {"", "*", "*2\r\n$4\r\nECHO\r\n$100\r\nabc", "PIN", "*1\r\n$"};
    struct spawn *s = PEER_SERVER(binary, "--timeout", "1");
    int           fds[HALF_OPEN];
    for (int i = 0; i < HALF_OPEN; i++) {
        fds[i] = client(s);
        CHECK(peer_send_text(fds[i], halves[i % 5]));
    }
    expect_service(s);
    for (int i = 0; i < HALF_OPEN; i++) peer_expect_close(fds[i], NULL, 0);
    expect_service(s);
    peer_server_end(&s);
}

/* A reply longer than any memory ends at the output limit, in the midst of the command. */
static void replies_without_end(void) {
    static const char *const asks[] = {"SRANDMEMBER s -9223372036854775807",
                                       "HRANDFIELD h -9223372036854775807",
                                       "HRANDFIELD h -4611686018427387903 WITHVALUES",
                                       "ZRANDMEMBER z -9223372036854775807",
                                       "ZRANDMEMBER z -4611686018427387903 WITHSCORES"};
    struct spawn *s = PEER_SERVER(binary, "--client-output-buffer-limit", "normal 4mb 0 0");
    struct wire  *w = attack_wire(s);
    attack_expect(w, "SADD s member", ":1");
    attack_expect(w, "HSET h field value", ":1");
    attack_expect(w, "ZADD z 1 member", ":1");
    long long before = peer_rss(s);
    for (size_t i = 0; i < sizeof asks / sizeof *asks * 2; i++) {
        int  fd = client(s);
        char line[128];
        snprintf(line, sizeof line, "%s%s\r\nSET attacked yes\r\n", i % 2 ? "HELLO 3\r\n" : "",
                 asks[i / 2]);
        CHECK(peer_send_text(fd, line));
        peer_expect_close(fd, NULL, 0);
    }
    CHECK(peer_rss(s) - before < RSS_MARGIN);
    CHECK(peer_info(s, "client_output_buffer_limit_disconnections") == sizeof asks / sizeof *asks * 2);
    attack_expect(w, "EXISTS attacked", ":0");
    wire_free(&w);
    peer_server_end(&s);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: attack_test SERVER\n"), 2;
    binary = argv[1];
    RUN(strangers_may_not_announce_much);
    RUN(many_strangers_cost_little);
    RUN(half_sent_arguments_are_counted);
    RUN(numbers_that_are_none);
    RUN(terminators_are_checked);
    RUN(other_protocols);
    RUN(noise);
    RUN(resets);
    RUN(half_open_clients_are_closed);
    RUN(replies_without_end);
    puts("attack: all passed");
    return 0;
}
