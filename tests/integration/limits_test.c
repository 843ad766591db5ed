/* limits_test.c: what the server refuses, cuts off or bears: too many clients, slow readers, idle ones,
 * too many descriptors, strangers from outside. Argument: the server's binary. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/integration/peer.h"

#define IDLE_CLIENTS     10000
#define IDLE_BYTES_MAX   (20 * 1024)
#define DESCRIPTORS_KEPT 64 /* of our own, beside the clients we play */

static const char *binary;

static void command(const struct spawn *s, const char *line, const char *reply) {
    int fd = peer_unix(s->socket);
    CHECK(fd >= 0 && peer_send_text(fd, line));
    peer_expect(fd, reply);
    close(fd);
}

/* A connection is there for the server as soon as it is answered. */
static int client(const struct spawn *s) {
    int fd = peer_tcp("127.0.0.1", s->port);
    CHECK(fd >= 0);
    return fd;
}

static void too_many_clients(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxclients", "10");
    int           fds[10], extra;
    char          text[128];
    /* Those that started and asked the server may still be on their way out. */
    for (int i = 0; i < 10; i++) {
        int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
        for (;;) {
            fds[i] = client(s);
            peer_send_text(fds[i], "PING\r\n");
            CHECK(peer_receive_some(fds[i], text, sizeof text, PEER_WAIT_MS) > 0);
            if (text[0] == '+') break;
            close(fds[i]);
            CHECK(peer_now_ms() < end_ms);
        }
    }
    extra = client(s);
    peer_expect_close(extra, text, sizeof text);
    CHECK(strcmp(text, "-ERR max number of clients reached\r\n") == 0);
    peer_expect_pong(fds[9]);
    CHECK(peer_send_text(fds[0], "QUIT\r\n"));
    peer_expect(fds[0], "+OK\r\n");
    peer_expect_close(fds[0], NULL, 0);
    fds[0] = client(s);
    peer_expect_pong(fds[0]);
    for (int i = 0; i < 10; i++) close(fds[i]);
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS; /* who asks may still be one too many */
    while (peer_info(s, "rejected_connections") < 1) CHECK(peer_now_ms() < end_ms);
    peer_server_end(&s);
}

static void idle_clients_are_closed(void) {
    struct spawn *s = PEER_SERVER(binary, "--timeout", "1");
    int           idle = client(s);
    peer_expect_close(idle, NULL, 0);
    peer_server_end(&s);
}

static void a_slow_reader_meets_the_hard_limit(void) {
    struct spawn *s = PEER_SERVER(binary, "--client-output-buffer-limit", "normal 1mb 0 0");
    int           fd = client(s);
    command(s, "SETRANGE big 999999 x\r\n", ":1000000\r\n");
    for (int i = 0; i < 64 && peer_send_text(fd, "GET big\r\n"); i++) continue;
    peer_expect_close(fd, NULL, 0);
    CHECK(peer_info(s, "client_output_buffer_limit_disconnections") >= 1);
    peer_server_end(&s);
}

static void a_slow_reader_meets_the_soft_limit(void) {
    struct spawn *s = PEER_SERVER(binary, "--client-output-buffer-limit", "normal 0 100kb 1");
    int           fd = client(s);
    long long     before = peer_info(s, "mem_clients_normal");
    command(s, "SETRANGE big 999999 x\r\n", ":1000000\r\n");
    for (int i = 0; i < 32; i++) CHECK(peer_send_text(fd, "GET big\r\n"));
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "client_output_buffer_limit_disconnections") == 0) {
        CHECK(peer_now_ms() < end_ms);
        usleep(50000);
    }
    close(fd);
    CHECK(peer_info(s, "mem_clients_normal") < before + 1000000);
    peer_server_end(&s);
}

/* One command whose reply would be half a gigabyte: it is not even built. */
static void a_long_reply_is_not_built(void) {
    struct spawn *s = PEER_SERVER(binary, "--client-output-buffer-limit", "normal 2mb 0 0");
    int           fd = client(s);
    command(s, "SETRANGE big 999999 x\r\n", ":1000000\r\n");
    long long before = peer_info(s, "used_memory");
    CHECK(peer_send_text(fd, "*501\r\n$4\r\nMGET\r\n"));
    for (int i = 0; i < 500; i++) CHECK(peer_send_text(fd, "$3\r\nbig\r\n"));
    peer_expect_close(fd, NULL, 0);
    CHECK(peer_info(s, "client_output_buffer_limit_disconnections") == 1);
    CHECK(peer_info(s, "used_memory_peak") - before < 16 << 20);
    peer_server_end(&s);
}

/* Without the password it is cut off once the kernel's buffers are full. */
static void a_stranger_who_does_not_read(void) {
    struct spawn *s = PEER_SERVER(binary, "--loglevel", "notice");
    command(s, "CONFIG SET requirepass secret\r\n", "+OK\r\n");
    int           fd = client(s), in = client(s);
    char          pings[6 * 1000];
    for (int i = 0; i < 1000; i++) memcpy(pings + i * 6, "PING\r\n", 6);
    long long before = peer_rss(s);
    bool      open = true;
    for (int i = 0; i < 10000 && open; i++) open = peer_send(fd, pings, sizeof pings);
    CHECK(!open);
    CHECK(peer_rss(s) - before < 64 << 20);
    close(fd);
    CHECK(peer_send_text(in, "AUTH secret\r\n"));
    peer_expect(in, "+OK\r\n");
    CHECK(peer_send_text(in, "CONFIG SET requirepass ''\r\n"));
    peer_expect(in, "+OK\r\n");
    close(in);
    peer_server_end(&s);
}

static void a_request_without_end(void) {
    struct spawn *s = PEER_SERVER(binary, "--client-query-buffer-limit", "1mb");
    int           fd = client(s);
    static char   part[65536];
    bool          open = peer_send_text(fd, "*2\r\n$4\r\nECHO\r\n$100000000\r\n");
    for (int i = 0; i < 64 && open; i++) open = peer_send(fd, part, sizeof part);
    peer_expect_close(fd, NULL, 0);
    CHECK(peer_info(s, "client_query_buffer_limit_disconnections") >= 1);
    peer_server_end(&s);
}

/* Announced sizes are not believed: a hundred clients promise half a gigabyte each. */
static void promises_cost_nothing(void) {
    struct spawn *s = PEER_SERVER(binary, "--loglevel", "notice");
    int           fds[100];
    long long     before = peer_rss(s);
    for (int i = 0; i < 100; i++) {
        fds[i] = client(s);
        CHECK(peer_send_text(fds[i], i % 2 ? "*1\r\n$536870912\r\nabc" : "*1000000\r\n$1\r\na\r\n"));
    }
    for (int i = 0; i < 10; i++) command(s, "PING\r\n", "+PONG\r\n");
    CHECK(peer_rss(s) - before < 32 << 20);
    for (int i = 0; i < 100; i++) close(fds[i]);
    peer_server_end(&s);
}

static void clients_together_have_a_limit(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxmemory-clients", "8mb");
    int           fd = client(s), small = client(s);
    static char   part[65536];
    peer_expect_pong(small);
    bool open = peer_send_text(fd, "*2\r\n$4\r\nECHO\r\n$100000000\r\n");
    for (int i = 0; i < 512 && open; i++) open = peer_send(fd, part, sizeof part);
    peer_expect_close(fd, NULL, 0);
    peer_expect_pong(small);
    close(small);
    peer_server_end(&s);
}

/* The largest go, as few as it takes, and whoever asked not to is let alone. */
static void the_largest_clients_go(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxmemory-clients", "0");
    int           large[6], spared = client(s), small = client(s);
    static char   part[1000000];
    command(s, "PING\r\n", "+PONG\r\n");
    CHECK(peer_send_text(spared, "CLIENT NO-EVICT ON\r\n"));
    peer_expect(spared, "+OK\r\n");
    CHECK(peer_send_text(spared, "*2\r\n$4\r\nECHO\r\n$100000000\r\n"));
    for (int i = 0; i < 3; i++) CHECK(peer_send(spared, part, sizeof part));
    for (int i = 0; i < 6; i++) {
        large[i] = client(s);
        CHECK(peer_send_text(large[i], "*2\r\n$4\r\nECHO\r\n$100000000\r\n"));
        for (int mb = 0; mb < (i < 3 ? 1 : 4); mb++) CHECK(peer_send(large[i], part, sizeof part));
    }
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "mem_clients_normal") < 18000000) {
        CHECK(peer_now_ms() < end_ms);
        usleep(10000);
    }
    command(s, "CONFIG SET maxmemory-clients 14mb\r\n", "+OK\r\n");
    while (peer_info(s, "evicted_clients") == 0) {
        CHECK(peer_now_ms() < end_ms);
        usleep(10000);
    }
    usleep(300000); /* it does not go on: what is on its way out does not count */
    long long evicted = peer_info(s, "evicted_clients");
    CHECK(evicted >= 1 && evicted <= 3);
    for (int i = 0; i < 3; i++) CHECK(peer_send(large[i], part, 1000)); /* all of them are there */
    peer_expect_pong(small);
    CHECK(peer_send(spared, part, 1000));
    usleep(100000);
    CHECK(peer_send(spared, part, 1000));
    for (int i = 0; i < 3; i++) CHECK(peer_send(large[i], part, 1000));
    for (int i = 0; i < 6; i++) close(large[i]);
    close(spared);
    close(small);
    peer_server_end(&s);
}

/* Their ends are spread over turns; they count no more from the first on, and take nothing with them. */
static void thousands_end_at_once(void) {
    enum { COUNT = 3000 };
    static int    fds[COUNT];
    char          got[64];
    struct spawn *s = PEER_SERVER(binary, "--maxclients", "3010");
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client(s);
        CHECK(fds[i] >= 0 && peer_send_text(fds[i], "BLPOP list 0\r\n"));
    }
    while (peer_info(s, "blocked_clients") < COUNT) usleep(10000);
    int fd = client(s);
    CHECK(peer_send_text(fd, "CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE normal\r\nRPUSH list a b\r\nLLEN list\r\n"));
    peer_receive_line(fd, got, sizeof got);
    CHECK(atoi(got + 1) == COUNT);
    peer_expect(fd, ":0\r\n:2\r\n:2\r\n");
    for (int i = 0; i < 50; i++) command(s, "PING\r\n", "+PONG\r\n"); /* there is room for new ones */
    for (int i = 0; i < COUNT; i++) peer_expect_close(fds[i], NULL, 0);
    CHECK(peer_send_text(fd, "LLEN list\r\n"));
    peer_expect(fd, ":2\r\n");
    close(fd);
    CHECK(peer_info(s, "blocked_clients") == 0 && peer_info(s, "connected_clients") <= 2);
    peer_server_end(&s);
}

/* --- Where it listens ------------------------------------------------------------------------ */

static void the_unix_socket_has_its_mode(void) {
    struct spawn *s = PEER_SERVER(binary, "--unixsocketperm", "700");
    struct stat   st;
    CHECK(stat(s->socket, &st) == 0 && (st.st_mode & 0777) == 0700);
    char path[sizeof s->socket];
    memcpy(path, s->socket, sizeof path);
    peer_server_end(&s);
    CHECK(stat(path, &st) != 0);
}

static void several_addresses(void) {
    struct spawn *s = PEER_SERVER(binary, "--bind", "127.0.0.1 127.0.0.2 -192.0.2.77");
    int           first = peer_tcp("127.0.0.1", s->port), second = peer_tcp("127.0.0.2", s->port);
    CHECK(first >= 0 && second >= 0);
    peer_expect_pong(first);
    peer_expect_pong(second);
    CHECK(peer_tcp("127.0.0.3", s->port) < 0);
    command(s, "CONFIG SET bind \"127.0.0.2 127.0.0.3\"\r\n", "+OK\r\n");
    CHECK(peer_tcp("127.0.0.1", s->port) < 0);
    int third = peer_tcp("127.0.0.3", s->port);
    CHECK(third >= 0);
    peer_expect_pong(third);
    peer_expect_pong(first); /* who is connected stays so */
    command(s, "CONFIG SET bind 192.0.2.77\r\n", "-ERR");
    close(third);
    third = peer_tcp("127.0.0.3", s->port);
    CHECK(third >= 0);
    peer_expect_pong(third);
    command(s, "CONFIG SET bind *\r\n", "+OK\r\n"); /* in the way of the others */
    close(third);
    third = peer_tcp("127.0.0.9", s->port);
    CHECK(third >= 0);
    peer_expect_pong(third);
    command(s, "CONFIG SET bind \"127.0.0.1 192.0.2.77\"\r\n", "-ERR");
    close(third);
    third = peer_tcp("127.0.0.9", s->port);
    CHECK(third >= 0);
    peer_expect_pong(third);
    command(s, "CONFIG SET bind 127.0.0.1\r\n", "+OK\r\n");
    CHECK(peer_tcp("127.0.0.9", s->port) < 0);
    close(first), close(second), close(third);
    peer_server_end(&s);
}

/* An address of this machine that is not loopback; false: it has none. */
static bool outer_address(char *out, size_t cap) {
    struct ifaddrs *all, *a;
    bool            found = false;
    if (getifaddrs(&all) != 0) return false;
    for (a = all; a != NULL && !found; a = a->ifa_next) {
        if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET) continue;
        if ((a->ifa_flags & IFF_LOOPBACK) || !(a->ifa_flags & IFF_UP)) continue;
        const struct sockaddr_in *in = (const struct sockaddr_in *)a->ifa_addr;
        found = inet_ntop(AF_INET, &in->sin_addr, out, (socklen_t)cap) != NULL;
    }
    freeifaddrs(all);
    return found;
}

static void strangers_from_outside(void) {
    char          address[64], text[2048];
    struct spawn *s = PEER_SERVER(binary, "--bind", "0.0.0.0", "--protected-mode", "yes");
    if (outer_address(address, sizeof address)) {
        int fd = peer_tcp(address, s->port);
        CHECK(fd >= 0);
        peer_expect_close(fd, text, sizeof text);
        CHECK(strncmp(text, "-DENIED Redis is running in protected mode", 42) == 0);
        command(s, "CONFIG SET protected-mode no\r\n", "+OK\r\n");
        fd = peer_tcp(address, s->port);
        CHECK(fd >= 0);
        peer_expect_pong(fd);
        close(fd);
    } else {
        fprintf(stderr, "no address but loopback: protected mode not tried from outside\n");
    }
    peer_server_end(&s);
}

/* --- Descriptors and many clients ------------------------------------------------------------ */

static double cpu_seconds(pid_t pid) {
    char          path[64], line[1024];
    unsigned long user = 0, sys = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    CHECK(f != NULL && fgets(line, sizeof line, f) != NULL);
    fclose(f);
    const char *at = strrchr(line, ')');
    CHECK(at != NULL && sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                               &sys) == 2);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

/* Out of descriptors it neither ends nor spins, and goes on when there are some again. */
static void out_of_descriptors(void) {
    struct spawn *s = PEER_SERVER(binary, "--maxclients", "1000");
    struct rlimit few = {.rlim_cur = 40, .rlim_max = 40};
    int           fds[60];
    CHECK(prlimit(s->pid, RLIMIT_NOFILE, &few, NULL) == 0);
    for (int i = 0; i < 60; i++) fds[i] = client(s); /* the rest wait in the backlog */
    double before = cpu_seconds(s->pid);
    usleep(1000000);
    CHECK(cpu_seconds(s->pid) - before < 0.5);
    CHECK(spawn_alive(s));
    peer_expect_pong(fds[0]);
    for (int i = 0; i < 45; i++) close(fds[i]);
    peer_expect_pong(fds[59]);
    for (int i = 45; i < 60; i++) close(fds[i]);
    peer_server_end(&s);
}

/* As many as our own limit lets us play. */
static int clients_possible(void) {
    struct rlimit r;
    CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0);
    struct rlimit more = {.rlim_cur = IDLE_CLIENTS + DESCRIPTORS_KEPT,
                          .rlim_max = IDLE_CLIENTS + DESCRIPTORS_KEPT};
    if (more.rlim_max < r.rlim_max) more.rlim_max = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &more) == 0) return IDLE_CLIENTS;
    r.rlim_cur = r.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &r) == 0);
    int possible = (int)r.rlim_cur - DESCRIPTORS_KEPT;
    return possible < IDLE_CLIENTS ? possible : IDLE_CLIENTS;
}

static void ten_thousand_idle_clients(void) {
    bool sanitized = strstr(binary, "asan") != NULL; /* redzones are memory too */
    int count = clients_possible();
    if (count < 1000) {
        fprintf(stderr, "only %d descriptors: idle clients not measured\n", count);
        return;
    }
    struct spawn *s = PEER_SERVER(binary, "--maxclients", "10100", "--tcp-backlog", "4096");
    int          *fds = must_alloc((size_t)count * sizeof *fds);
    long long     before = peer_rss(s);
    for (int i = 0; i < count; i++) {
        fds[i] = i % 2 ? client(s) : peer_unix(s->socket);
        CHECK(fds[i] >= 0);
        peer_expect_pong(fds[i]);
    }
    CHECK(peer_info(s, "connected_clients") >= count);
    long long each = (peer_rss(s) - before) / count;
    printf("%d idle clients: %lld bytes each at once", count, each);
    if (!sanitized) CHECK(each <= IDLE_BYTES_MAX);
    /* Their buffers are given back. */
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, "mem_clients_normal") / count > 4096) {
        CHECK(peer_now_ms() < end_ms);
        usleep(200000);
    }
    printf(", %lld in heaps when idle\n", peer_info(s, "mem_clients_normal") / count);
    for (int i = 0; i < count; i += 97) peer_expect_pong(fds[i]);
    for (int i = 0; i < count; i++) close(fds[i]);
    free(fds);
    peer_server_end(&s);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: limits_test SERVER\n"), 2;
    binary = argv[1];
    RUN(too_many_clients);
    RUN(idle_clients_are_closed);
    RUN(a_slow_reader_meets_the_hard_limit);
    RUN(a_slow_reader_meets_the_soft_limit);
    RUN(a_long_reply_is_not_built);
    RUN(a_stranger_who_does_not_read);
    RUN(a_request_without_end);
    RUN(promises_cost_nothing);
    RUN(clients_together_have_a_limit);
    RUN(the_largest_clients_go);
    RUN(thousands_end_at_once);
    RUN(the_unix_socket_has_its_mode);
    RUN(several_addresses);
    RUN(strangers_from_outside);
    RUN(out_of_descriptors);
    RUN(ten_thousand_idle_clients);
    puts("limits: all passed");
    return 0;
}
