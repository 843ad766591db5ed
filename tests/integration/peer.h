/* peer.h: a plain socket to a server under test, and what the tests of connections share.
 *
 * Lower than support/wire.h on purpose: these tests send half requests, never read, or open ten
 * thousand of them. Everything that waits does so for at most PEER_WAIT_MS and then fails. */
#ifndef ASHLAR_TESTS_INTEGRATION_PEER_H
#define ASHLAR_TESTS_INTEGRATION_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/spawn.h"
#include "tests/support/xorshift.h"

#define PEER_WAIT_MS 30000

#define CHECK(x)                                                                  \
    do {                                                                          \
        if (!(x)) {                                                               \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);       \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

static inline int64_t peer_now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Runs a case and says how long it took. */
#define RUN(f)                                                                           \
    do {                                                                                 \
        int64_t start_ms = peer_now_ms();                                                \
        f();                                                                             \
        printf("%-40s %6lld ms\n", #f, (long long)(peer_now_ms() - start_ms));           \
        fflush(stdout);                                                                  \
    } while (0)

/* -1: refused. */
static inline int peer_tcp(const char *address, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &a.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* pieces go out as they are sent */
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) == 0) return fd;
    close(fd);
    return -1;
}

static inline int peer_unix(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t             len = strlen(path);
    CHECK(len < sizeof a.sun_path);
    memcpy(a.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) == 0) return fd;
    close(fd);
    return -1;
}

/* False: the server has closed. */
static inline bool peer_send(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static inline bool peer_send_text(int fd, const char *text) { return peer_send(fd, text, strlen(text)); }

/* Up to len bytes; 0: closed or reset; -1: nothing within wait_ms. */
static inline ssize_t peer_receive_some(int fd, char *out, size_t len, int wait_ms) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, wait_ms) <= 0) return -1;
    ssize_t n = recv(fd, out, len, 0);
    return n < 0 ? 0 : n;
}

static inline void peer_receive(int fd, char *out, size_t len) {
    while (len > 0) {
        ssize_t n = peer_receive_some(fd, out, len, PEER_WAIT_MS);
        CHECK(n > 0);
        out += n;
        len -= (size_t)n;
    }
}

/* Up to a line's end, or as much as there is room for; terminated. */
static inline void peer_receive_line(int fd, char *out, size_t cap) {
    size_t len = 0;
    while (len < cap - 1 && (len == 0 || out[len - 1] != '\n')) peer_receive(fd, out + len++, 1);
    out[len] = '\0';
}

/* Below n. */
static inline uint64_t peer_random(uint64_t *state, uint64_t n) {
    return xorshift(state) % n;
}

static inline void peer_expect(int fd, const char *text) {
    char   got[4096] = "";
    size_t len = strlen(text);
    CHECK(len < sizeof got);
    peer_receive(fd, got, len);
    if (memcmp(got, text, len) != 0) fprintf(stderr, "expected %s, got %s\n", text, got);
    CHECK(memcmp(got, text, len) == 0);
}

/* The server closes; what it still sends is put in out (cap bytes, terminated), which may be NULL. */
static inline void peer_expect_close(int fd, char *out, size_t cap) {
    char    scratch[65536];
    size_t  len = 0;
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    for (;;) {
        ssize_t n = peer_receive_some(fd, scratch, sizeof scratch, PEER_WAIT_MS);
        CHECK(n >= 0 && peer_now_ms() < end_ms);
        if (n == 0) break;
        for (ssize_t i = 0; out != NULL && i < n && len + 1 < cap; i++) out[len++] = scratch[i];
    }
    if (out != NULL) out[len] = '\0';
    close(fd);
}

static inline void peer_expect_pong(int fd) {
    CHECK(peer_send_text(fd, "PING\r\n"));
    peer_expect(fd, "+PONG\r\n");
}

/* Starts the server with the option words given, ended by NULL. */
static inline struct spawn *peer_server(const char *binary, const char *const *options) {
    struct words words = {0};
    struct bytes error = {0};
    for (; *options != NULL; options++) words_add(&words, *options, strlen(*options));
    struct spawn *s = spawn_new(binary, &words, &error);
    if (s == NULL) fprintf(stderr, "%s\n", error.data != NULL ? error.data : "");
    CHECK(s != NULL);
    words_fini(&words);
    bytes_fini(&error);
    return s;
}
#define PEER_SERVER(binary, ...) peer_server((binary), (const char *const[]){__VA_ARGS__, NULL})

static inline void peer_server_end(struct spawn **s) {
    struct bytes error = {0};
    bool         ok = spawn_free(s, &error);
    if (!ok) fprintf(stderr, "%s\n", error.data != NULL ? error.data : "");
    CHECK(ok);
    bytes_fini(&error);
}

/* A figure of INFO, 0 when it is not there. */
static inline long long peer_info(const struct spawn *s, const char *field) {
    char text[32768], name[64];
    int  fd = peer_unix(s->socket);
    CHECK(fd >= 0 && peer_send_text(fd, "INFO everything\r\nQUIT\r\n"));
    peer_expect_close(fd, text, sizeof text);
    snprintf(name, sizeof name, "\n%s:", field);
    const char *at = strstr(text, name);
    return at != NULL ? atoll(at + strlen(name)) : 0;
}

/* Resident bytes of the server's process. */
static inline long long peer_rss(const struct spawn *s) {
    char      path[64];
    long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)s->pid);
    FILE *f = fopen(path, "r");
    CHECK(f != NULL && fscanf(f, "%*d %lld", &pages) == 1);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

#endif
