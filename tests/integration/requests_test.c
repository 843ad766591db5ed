/* requests_test.c: however the bytes of requests come, the answers are the same: cut at every byte, a
 * hundred thousand at once, half of one and then silence, 64 MiB in one. Argument: the server. */
#include <pthread.h>

#include "tests/integration/peer.h"

#define PIPELINE 100000
#define HUGE     (64 << 20)

static struct spawn *server;

static int client(void) {
    int fd = peer_tcp("127.0.0.1", server->port);
    CHECK(fd >= 0);
    return fd;
}

/* When this is answered, the server has read what others sent before. */
static void server_sync(int fd) { peer_expect_pong(fd); }

static const char mixed[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\n\r\nGET k\r\n*0\r\n*-1\r\n"
                            "*2\r\n$4\r\nECHO\r\n$0\r\n\r\nPING 'a b'\nnosuch\r\n*1\r\n$4\r\nPING\r\n"
                            "*4\r\n$4\r\nMGET\r\n$1\r\nk\r\n$2\r\nno\r\n$1\r\nk\r\n";
static const char mixed_answers[] =
    "+OK\r\n$5\r\nva\r\nl\r\n$0\r\n\r\n$3\r\na b\r\n-ERR unknown command 'nosuch', with args beginning "
    "with: \r\n+PONG\r\n*3\r\n$5\r\nva\r\nl\r\n$-1\r\n$5\r\nva\r\nl\r\n";

static void cut_at_every_byte(void) {
    int    other = client(), fd = client();
    size_t len = sizeof mixed - 1;
    for (size_t cut = 1; cut < len; cut++) {
        CHECK(peer_send(fd, mixed, cut));
        server_sync(other);
        CHECK(peer_send(fd, mixed + cut, len - cut));
        peer_expect(fd, mixed_answers);
    }
    for (size_t i = 0; i < len; i++) {
        CHECK(peer_send(fd, mixed + i, 1));
        server_sync(other);
    }
    peer_expect(fd, mixed_answers);
    close(fd);
    close(other);
}

/* Every order of four requests of which some are nothing. */
static void empty_requests_in_every_order(void) {
    static const char *const parts[] = {"\r\n", "*0\r\n", "*-1\r\n", "PING\r\n",
                                        "*1\r\n$4\r\nPING\r\n"};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    int fd = client(), other = client();
    for (int n = 0; n < PARTS * PARTS * PARTS * PARTS; n++) {
        char text[128] = "", expected[64] = "";
        for (int i = 0, rest = n; i < 4; i++, rest /= PARTS) {
            strcat(text, parts[rest % PARTS]);
            if (rest % PARTS >= 3) strcat(expected, "+PONG\r\n");
        }
        strcat(text, "ECHO end\r\n");
        strcat(expected, "$3\r\nend\r\n");
        size_t cut = (size_t)n % strlen(text);
        CHECK(peer_send(fd, text, cut));
        if (n % 7 == 0) server_sync(other);
        CHECK(peer_send_text(fd, text + cut));
        peer_expect(fd, expected);
    }
    close(fd);
    close(other);
}

static void too_long_lines(void) {
    static const struct {
        const char *start, *error;
    } cases[] = {{"x", "-ERR Protocol error: too big inline request\r\n"},
                 {"*1", "-ERR Protocol error: too big mbulk count string\r\n"},
                 {"*1\r\n$1", "-ERR Protocol error: too big bulk count string\r\n"}};
    static char line[70000];
    char        text[128];
    memset(line, '0', sizeof line);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = client();
        CHECK(peer_send_text(fd, cases[i].start));
        peer_send(fd, line, sizeof line); /* it may be closed before all is sent */
        ssize_t n = peer_receive_some(fd, text, sizeof text - 1, PEER_WAIT_MS);
        CHECK(n > 0);
        text[n] = '\0';
        CHECK(strcmp(text, cases[i].error) == 0);
        close(fd);
    }
}

/* --- A long pipeline ------------------------------------------------------------------------- */

static void *pipeline_send(void *arg) {
    int          fd = *(int *)arg;
    struct bytes b = {0};
    for (int i = 0; i < PIPELINE; i++) {
        if (i % 2 == 0)
            bytes_print(&b, "*3\r\n$3\r\nSET\r\n$9\r\nkey:%05d\r\n$6\r\nv%05d\r\n", i, i);
        else
            bytes_print(&b, "*2\r\n$3\r\nGET\r\n$9\r\nkey:%05d\r\n", i - 1);
    }
    CHECK(peer_send(fd, b.data, b.len));
    bytes_fini(&b);
    return NULL;
}

static void a_hundred_thousand_at_once(void) {
    int       fd = client();
    pthread_t sender;
    CHECK(pthread_create(&sender, NULL, pipeline_send, &fd) == 0);
    for (int i = 0; i < PIPELINE; i += 2) {
        char expected[64];
        snprintf(expected, sizeof expected, "+OK\r\n$6\r\nv%05d\r\n", i);
        peer_expect(fd, expected);
    }
    pthread_join(sender, NULL);
    close(fd);
}

/* All is sent before anything is read: the replies wait in the server. */
static void nothing_read_until_all_is_sent(void) {
    int  fd = client();
    char text[64];
    for (int i = 0; i < 200000; i++) {
        int n = snprintf(text, sizeof text, "PING %d\r\n", i);
        CHECK(peer_send(fd, text, (size_t)n));
    }
    for (int i = 0; i < 200000; i++) {
        char number[16];
        int  digits = snprintf(number, sizeof number, "%d", i);
        snprintf(text, sizeof text, "$%d\r\n%s\r\n", digits, number);
        peer_expect(fd, text);
    }
    close(fd);
}

/* More work than one turn allows a client: it goes on in later turns, and others come in between. */
static void slow_commands_in_a_pipeline(void) {
    int          fd = client(), other = client();
    struct bytes b = {0};
    char         expected[32];
    for (int i = 0; i < 300; i++) bytes_print(&b, "DEBUG SLEEP 0.001\r\nPING %03d\r\n", i);
    CHECK(peer_send(fd, b.data, b.len));
    server_sync(other);
    for (int i = 0; i < 300; i++) {
        snprintf(expected, sizeof expected, "+OK\r\n$3\r\n%03d\r\n", i);
        peer_expect(fd, expected);
    }
    bytes_fini(&b);
    close(fd);
    close(other);
}

/* --- Large and half ones --------------------------------------------------------------------- */

static void *huge_send(void *arg) {
    int   fd = *(int *)arg;
    char *value = must_alloc(HUGE);
    for (size_t i = 0; i < HUGE; i++) value[i] = (char)(i * 31 >> 3);
    char head[64];
    snprintf(head, sizeof head, "*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$%d\r\n", HUGE);
    CHECK(peer_send_text(fd, head) && peer_send(fd, value, HUGE));
    CHECK(peer_send_text(fd, "\r\nGET huge\r\nDEL huge\r\n"));
    free(value);
    return NULL;
}

static void sixty_four_megabytes(void) {
    int       fd = client();
    pthread_t sender;
    char     *got = must_alloc(HUGE), head[32];
    CHECK(pthread_create(&sender, NULL, huge_send, &fd) == 0);
    snprintf(head, sizeof head, "+OK\r\n$%d\r\n", HUGE);
    peer_expect(fd, head);
    peer_receive(fd, got, HUGE);
    for (size_t i = 0; i < HUGE; i++) CHECK(got[i] == (char)(i * 31 >> 3));
    peer_expect(fd, "\r\n:1\r\n");
    pthread_join(sender, NULL);
    free(got);
    /* The buffers that it took are given back, though the client stays. */
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(server, "mem_clients_normal") > 4 << 20) {
        CHECK(peer_now_ms() < end_ms);
        usleep(100000);
    }
    peer_expect_pong(fd);
    close(fd);
}

static void half_a_request_and_gone(void) {
    int other = client();
    for (int i = 0; i < 1000; i++) {
        int fd = client();
        CHECK(peer_send(fd, mixed, 1 + (size_t)i % (sizeof mixed - 2)));
        close(fd);
    }
    server_sync(other);
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(server, "connected_clients") > 2) CHECK(peer_now_ms() < end_ms);
    close(other);
}

/* --- Blocked --------------------------------------------------------------------------------- */

/* What lies behind a command that waits is answered after it; a client that leaves meanwhile, or is
 * killed, is forgotten. */
static void behind_a_blocked_command(void) {
    int fd = client();
    for (int i = 0; i < 50; i++) {
        CHECK(peer_send_text(fd, "PING 1\r\nMEMORY PURGE\r\nPING 2\r\nMEMORY PURGE\r\nPING 3\r\n"));
        CHECK(peer_send_text(fd, "PING 4\r\n"));
        peer_expect(fd, "$1\r\n1\r\n+OK\r\n$1\r\n2\r\n+OK\r\n$1\r\n3\r\n$1\r\n4\r\n");
    }
    close(fd);
    for (int i = 0; i < 200; i++) {
        fd = client();
        CHECK(peer_send_text(fd, "MEMORY PURGE\r\nPING\r\n"));
        close(fd);
    }
    int other = client();
    server_sync(other);
    for (int i = 0; i < 20; i++) {
        fd = client();
        CHECK(peer_send_text(fd, "MEMORY PURGE\r\nMEMORY PURGE\r\nPING\r\n"));
        CHECK(peer_send_text(other, "CLIENT KILL TYPE normal\r\n"));
        char c;
        peer_receive(other, &c, 1);
        CHECK(c == ':');
        while (c != '\n') peer_receive(other, &c, 1);
        close(fd);
    }
    server_sync(other);
    close(other);
}

/* A pause holds requests back whole, whoever sends more meanwhile. */
static void behind_a_pause(void) {
    int fd = client(), admin = client();
    CHECK(peer_send_text(admin, "CLIENT PAUSE 60000 WRITE\r\n"));
    peer_expect(admin, "+OK\r\n");
    CHECK(peer_send_text(fd, "PING\r\nSET p 1\r\nGET p\r\n*2\r\n$3\r\nGE"));
    peer_expect(fd, "+PONG\r\n");
    server_sync(admin);
    CHECK(peer_send_text(fd, "T\r\n$1\r\np\r\n"));
    server_sync(admin);
    CHECK(peer_send_text(admin, "CLIENT UNPAUSE\r\n"));
    peer_expect(admin, "+OK\r\n");
    peer_expect(fd, "+OK\r\n$1\r\n1\r\n$1\r\n1\r\n");
    close(fd);
    close(admin);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: requests_test SERVER\n"), 2;
    server = PEER_SERVER(argv[1], "--loglevel", "notice");
    RUN(cut_at_every_byte);
    RUN(empty_requests_in_every_order);
    RUN(too_long_lines);
    RUN(a_hundred_thousand_at_once);
    RUN(nothing_read_until_all_is_sent);
    RUN(slow_commands_in_a_pipeline);
    RUN(sixty_four_megabytes);
    RUN(half_a_request_and_gone);
    RUN(behind_a_blocked_command);
    RUN(behind_a_pause);
    peer_server_end(&server);
    puts("requests: all passed");
    return 0;
}
