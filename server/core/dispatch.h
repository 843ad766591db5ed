/* dispatch.h: the one way into a command: lookup, arity, authentication, memory, run, account.
 *
 * A batch is worked in stages: resolve every command and hash first keys; prefetch their buckets; then
 * their entries; then execute in order. Everything that runs commands (connections; later replay,
 * replication, scripts) comes through here. */
#ifndef ASHLAR_SERVER_CORE_DISPATCH_H
#define ASHLAR_SERVER_CORE_DISPATCH_H

#include "proto/request.h"

struct command_ref;
struct session;

/* A command that began to wait, as it is kept until it runs again (block.h). */
struct dispatch_kept {
    const struct command_ref *command;
    const struct slice       *argv;
    uint32_t                  argc;
    uint64_t                  usec; /* spent running, so far */
};

/* Executes batch->req[from ..]; stops early when the session is blocked or closing. Returns the index
 * of the first request not executed (batch->count: all done). */
unsigned dispatch_batch(struct session *s, const struct request_batch *batch, unsigned from);
/* Runs a waiting command once more. True: it has replied and is accounted for. False: it still waits. */
bool dispatch_again(struct session *s, struct dispatch_kept *k);
/* A waiting command ends without its handler: error, or the reply of a timeout (NULL). */
void dispatch_give_up(struct session *s, const struct dispatch_kept *k, const char *error);

#endif
