/* pinger.c: see pinger.h. Waits are counted in buckets of a microsecond up to WAIT_MAX, so that a
 * percentile is a walk over them. */
#include "tests/support/pinger.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MAX 65536 /* us; longer ones share the last bucket, but for the maximum */

struct pinger {
    int             fd;
    pthread_t       thread;
    pthread_mutex_t lock;
    pthread_cond_t  lapped;
    /* under lock */
    bool            stop, lap_wanted;
    struct pinger_lap ended;
    /* the thread's own */
    uint64_t        count, max_us;
    uint32_t        bucket[WAIT_MAX + 1];
};

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool ping(int fd) {
    static const char request[] = "PING\r\n", reply[] = "+PONG\r\n";
    char   got[sizeof reply];
    size_t len = 0;
    if (write(fd, request, sizeof request - 1) != (ssize_t)sizeof request - 1) return false;
    while (len < sizeof reply - 1) {
        ssize_t n = read(fd, got + len, sizeof reply - 1 - len);
        if (n <= 0) return false;
        len += (size_t)n;
    }
    return memcmp(got, reply, len) == 0;
}

static uint64_t percentile(const struct pinger *p, double share) {
    uint64_t wanted = (uint64_t)((double)p->count * share), seen = 0;
    for (uint64_t us = 0; us < WAIT_MAX; us++)
        if ((seen += p->bucket[us]) > wanted) return us;
    return p->max_us;
}

/* Under lock. */
static void lap_end(struct pinger *p) {
    p->ended = (struct pinger_lap){.count = p->count, .max_us = p->max_us,
                                   .p999_us = percentile(p, 0.999), .p99_us = percentile(p, 0.99)};
    p->count = p->max_us = 0;
    memset(p->bucket, 0, sizeof p->bucket);
    p->lap_wanted = false;
    pthread_cond_signal(&p->lapped);
}

static void *run(void *arg) {
    struct pinger *p = arg;
    bool           stop = false;
    while (!stop) {
        uint64_t start = now_us();
        bool     alive = ping(p->fd);
        uint64_t us = now_us() - start;
        p->count++;
        p->bucket[us < WAIT_MAX ? us : WAIT_MAX]++;
        if (us > p->max_us) p->max_us = us;
        pthread_mutex_lock(&p->lock);
        if (!alive) p->max_us = UINT64_MAX; /* it hung up: no figure may look good */
        if (p->lap_wanted) lap_end(p);
        stop = p->stop || !alive;
        pthread_mutex_unlock(&p->lock);
    }
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    if (p->lap_wanted) lap_end(p);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pinger *pinger_new(const char *unix_path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(unix_path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    memcpy(address.sun_path, unix_path, strlen(unix_path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return NULL;
    struct pinger *p = calloc(1, sizeof *p);
    if (p == NULL || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        free(p);
        close(fd);
        return NULL;
    }
    p->fd = fd;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->lapped, NULL);
    if ((errno = pthread_create(&p->thread, NULL, run, p)) != 0) {
        close(fd);
        free(p);
        return NULL;
    }
    return p;
}

struct pinger_lap pinger_lap(struct pinger *p) {
    pthread_mutex_lock(&p->lock);
    p->lap_wanted = true;
    if (p->stop) lap_end(p);
    while (p->lap_wanted) pthread_cond_wait(&p->lapped, &p->lock);
    struct pinger_lap lap = p->ended;
    pthread_mutex_unlock(&p->lock);
    return lap;
}

void pinger_free(struct pinger **pp) {
    struct pinger *p = *pp;
    if (p == NULL) return;
    *pp = NULL;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->lapped);
    pthread_mutex_destroy(&p->lock);
    close(p->fd);
    free(p);
}
