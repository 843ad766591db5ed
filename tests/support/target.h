/* target.h: a server that is measured: started, asked, and looked at from outside.
 *
 * For benchmarks, which can do nothing about a server that fails: whatever goes wrong (no server, no
 * connection, an error where none may be) ends the program with a line that says what.
 * Locking: none; a second thread takes a wire of its own and asks with target_info_on. */
#ifndef ASHLAR_TESTS_SUPPORT_TARGET_H
#define ASHLAR_TESTS_SUPPORT_TARGET_H

#include <stdint.h>

#include "tests/support/bytes.h"
#include "tests/support/resp.h"

struct spawn;
struct wire;

struct target {
    const char   *name, *binary; /* const: what its rows are called, what is started */
    struct spawn *server;        /* NULL while it is not running */
    struct wire  *wire;
};

struct target_cpu { /* microseconds since the server began */
    double engine;  /* its main thread, running */
    double queued;  /* its main thread, runnable but not running */
    double others;  /* all its other threads, running */
};

/* "PROGRAM: what: why", and exits with 1. */
_Noreturn void target_die(const char *what, const char *why);

void         target_start(struct target *t, const char *options); /* as on its command line */
void         target_stop(struct target *t);
struct wire *target_wire(const struct target *t); /* one more connection, yours to wire_free */

/* Sends a line and returns how many ms its reply took. */
double    target_ask(struct target *t, const char *line);
long long target_number(struct target *t, const char *line); /* what it replied */
/* Sends what is in out, and empties it; reads so many replies, of which none may be an error. */
void target_pipeline(struct target *t, struct bytes *out, uint64_t replies);
/* The next reply, which may be an error. *r is yours to resp_fini. */
void target_receive(struct target *t, struct resp *r);

/* A number out of a section of INFO; 0 where the server has no such field. */
double target_info(struct target *t, const char *section, const char *field);
double target_info_on(struct wire *w, const char *section, const char *field);

double            target_rss(const struct target *t); /* bytes, as the kernel counts it now */
struct target_cpu target_cpu(const struct target *t);

#endif
