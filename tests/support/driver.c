/* driver.c: see driver.h. Requests and replies have fixed lengths, so that a pipeline is a buffer of which
 * only the keys' digits change, and its replies another that never does: the driver's core has to be faster
 * than the server's. Waits are counted in buckets of a microsecond. Start reading at driver_run(). */
#include "tests/support/driver.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/bytes.h"
#include "tests/support/clock.h"
#include "tests/support/spawn.h"
#include "tests/support/target.h"
#include "tests/support/xorshift.h"

#define WAIT_US_MAX 200000 /* longer ones share the last bucket */
#define STUCK_MS    30000
#define KEY_DIGITS  10
#define VALUE       "value-of-thirty-two-bytes-012345"

struct client {
    int    fd;
    double from_ms; /* when its pipeline was written */
    size_t got;     /* bytes of replies since then */
};

struct driver {
    struct client client[DRIVER_CLIENTS];
    int           epoll;
    unsigned      busy;         /* clients with a pipeline in flight */
    uint64_t      random;
    struct bytes  requests;     /* a pipeline; the keys' digits are written anew */
    struct bytes  replies;      /* to it */
    size_t        digits, each; /* where a request's digits begin; its length */
    uint64_t      pipelines;
    uint32_t      bucket[WAIT_US_MAX + 1];
};

static_assert(sizeof VALUE == 32 + 1, "as the header says");

static void add_request(struct bytes *out, enum driver_verb verb, unsigned key) {
    if (verb == DRIVER_GET) bytes_print(out, "*2\r\n$3\r\nGET\r\n$12\r\nd:%010u\r\n", key);
    else bytes_print(out, "*3\r\n$3\r\nSET\r\n$12\r\nd:%010u\r\n$32\r\n" VALUE "\r\n", key);
}

void driver_fill(struct target *t) {
    struct bytes out = {0};
    for (unsigned k = 0; k < DRIVER_KEYS; k++) {
        add_request(&out, DRIVER_SET, k);
        if (k % 1000 == 999) target_pipeline(t, &out, 1000);
    }
    bytes_fini(&out);
}

static int connect_to(const struct target *t) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t             len = strlen(t->server->socket);
    if (len >= sizeof address.sun_path) target_die(t->server->socket, "too long for a socket");
    memcpy(address.sun_path, t->server->socket, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        target_die(t->name, strerror(errno));
    return fd;
}

struct driver *driver_new(const struct target *t, enum driver_verb verb) {
    struct driver *d = must_alloc(sizeof *d);
    d->random = XORSHIFT_SEED;
    for (unsigned i = 0; i < DRIVER_PIPELINE; i++) {
        add_request(&d->requests, verb, 0);
        bytes_print(&d->replies, "%s", verb == DRIVER_GET ? "$32\r\n" VALUE "\r\n" : "+OK\r\n");
    }
    d->each = d->requests.len / DRIVER_PIPELINE;
    d->digits = (size_t)(strstr(d->requests.data, "d:0") + 2 - d->requests.data);
    if ((d->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) target_die("epoll", strerror(errno));
    for (unsigned i = 0; i < DRIVER_CLIENTS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        d->client[i].fd = connect_to(t);
        if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, d->client[i].fd, &event) != 0) target_die("epoll", strerror(errno));
    }
    return d;
}

void driver_free(struct driver **dp) {
    struct driver *d = *dp;
    if (d == NULL) return;
    *dp = NULL;
    for (unsigned i = 0; i < DRIVER_CLIENTS; i++) close(d->client[i].fd);
    close(d->epoll);
    bytes_fini(&d->requests);
    bytes_fini(&d->replies);
    free(d);
}

/* --- A lap ----------------------------------------------------------------------------------- */

static void send_pipeline(struct driver *d, struct client *c) {
    for (unsigned i = 0; i < DRIVER_PIPELINE; i++) {
        char    *at = d->requests.data + i * d->each + d->digits;
        unsigned key = (unsigned)(xorshift(&d->random) % DRIVER_KEYS);
        for (unsigned digit = KEY_DIGITS; digit-- > 0; key /= 10) at[digit] = (char)('0' + key % 10);
    }
    c->from_ms = clock_ms();
    c->got = 0;
    d->busy++;
    /* Nothing else is in the socket, so there is room for all. */
    if (send(c->fd, d->requests.data, d->requests.len, MSG_NOSIGNAL) != (ssize_t)d->requests.len)
        target_die("driver", "a pipeline was not taken whole");
}

/* True: its last reply is there. */
static bool receive(struct driver *d, struct client *c) {
    static char got[DRIVER_PIPELINE * 64];
    ssize_t     n = read(c->fd, got, d->replies.len - c->got);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) target_die("driver", "the connection is gone");
    if (memcmp(got, d->replies.data + c->got, (size_t)n) != 0) target_die("driver", "a reply is not what it has to be");
    c->got += (size_t)n;
    return c->got == d->replies.len;
}

static void count_wait(struct driver *d, double ms) {
    uint64_t us = (uint64_t)(ms * 1e3);
    d->bucket[us < WAIT_US_MAX ? us : WAIT_US_MAX]++;
    d->pipelines++;
    d->busy--;
}

static double percentile_ms(const struct driver *d, double share) {
    uint64_t wanted = (uint64_t)((double)d->pipelines * share), seen = 0;
    unsigned us = 0;
    while (us < WAIT_US_MAX && (seen += d->bucket[us]) <= wanted) us++;
    return us / 1e3;
}

struct driver_lap driver_run(struct driver *d, double ms) {
    struct epoll_event event[DRIVER_CLIENTS];
    double             from = clock_ms(), now = from;
    d->pipelines = 0;
    memset(d->bucket, 0, sizeof d->bucket);
    for (unsigned i = 0; i < DRIVER_CLIENTS; i++) send_pipeline(d, &d->client[i]);
    while (d->busy > 0) {
        int count = epoll_wait(d->epoll, event, DRIVER_CLIENTS, STUCK_MS);
        if (count == 0) target_die("driver", "no reply");
        for (int i = 0; i < count; i++) {
            struct client *c = &d->client[event[i].data.u32];
            if (!receive(d, c)) continue;
            now = clock_ms();
            count_wait(d, now - c->from_ms);
            if (now - from < ms) send_pipeline(d, c);
        }
    }
    return (struct driver_lap){(double)(d->pipelines * DRIVER_PIPELINE) / (now - from) * 1e3,
                               percentile_ms(d, 0.5), percentile_ms(d, 0.99), percentile_ms(d, 0.999)};
}
