/* spawn.h: a server of our own to test against: ashlar-server or redis-server, found by its binary.
 *
 * It runs in a new temporary folder, on a unix socket there and on a free TCP port of 127.0.0.1,
 * saves nothing, and dies with us even if we are killed. Its output is kept in a file until the
 * end. Locking: none; one thread. */
#ifndef ASHLAR_TESTS_SUPPORT_SPAWN_H
#define ASHLAR_TESTS_SUPPORT_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/support/bytes.h"
#include "tests/support/words.h"

struct spawn {
    pid_t pid;
    char  folder[96]; /* const from here on: its working folder, */
    char  socket[128]; /* its unix socket, */
    char  log[128];    /* its stdout and stderr */
    int   port;
    bool  ashlar;      /* INFO shows ashlar_version */
    int   version;     /* redis_version as 70015 */
};

/* Starts it and waits until it answers PING. options: what follows on its command line, or NULL.
 * NULL: *error (may be NULL) says why, with the end of its log. */
struct spawn *spawn_new(const char *binary, const struct words *options, struct bytes *error);
/* Ends it with SIGTERM (SIGKILL after 30 s), removes its folder. True: it exited with 0 and its log
 * shows no sanitizer report. Otherwise *error (may be NULL) says what happened and shows the log. */
bool spawn_free(struct spawn **s, struct bytes *error);
bool spawn_alive(struct spawn *s);
void spawn_log_tail(const struct spawn *s, size_t max, struct bytes *out);

#endif
