/* dispatch.h: the one way into a command: lookup, arity, authentication, memory, run, account.
 *
 * A batch is worked in stages: resolve every command and hash first keys; prefetch their buckets; then
 * their entries; then execute in order. Everything that runs commands (connections; later replay,
 * replication, scripts) comes through here. */
#ifndef ASHLAR_SERVER_CORE_DISPATCH_H
#define ASHLAR_SERVER_CORE_DISPATCH_H

#include "proto/request.h"

struct session;

/* Executes batch->req[from ..]; stops early when the session is blocked or closing. Returns the index
 * of the first request not executed (batch->count: all done). */
unsigned dispatch_batch(struct session *s, const struct request_batch *batch, unsigned from);

#endif
