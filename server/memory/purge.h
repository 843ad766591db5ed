/* purge.h: MEMORY PURGE: free pages go back to the kernel on the purge thread, in slices, while the
 * engine serves everybody but the client that asked.
 *
 * Locking: engine thread; the job itself runs on BIO and touches the allocator only. */
#ifndef ASHLAR_SERVER_MEMORY_PURGE_H
#define ASHLAR_SERVER_MEMORY_PURGE_H

#include <stdbool.h>

struct engine;
struct session;

/* Blocks the session; it is answered with OK and unblocked when nothing is left to give back.
 * False: the queue is full; the session is as it was. */
bool purge_start(struct engine *e, struct session *s);

#endif
