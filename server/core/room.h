/* room.h: writers that wait for memory which is already on its way out.
 *
 * Over maxmemory, bytes in the free queue (bio.h) are not evicted for and no reason to refuse a
 * write: the writer waits until they are free, lazyfree-backpressure-ms at most. It is blocked before
 * its command, which then runs as if it had just come; nobody else waits with it. While memory is
 * short by less than 1/ROOM_SLACK of maxmemory nobody waits, so that evicting large values one by one
 * does not make every write of a cache wait for the free of the last.
 *
 * When the time is over, or with lazyfree-backpressure-ms 0, what is in the queue no longer counts:
 * keys are evicted for it, or the write is refused (OOM). Who may not wait (call->may_block: inside of
 * transactions, scripts, sessions without a connection; a blocked command that runs again) is let
 * through: half of a transaction would be worse than some memory too much for as long as the queue is.
 *
 * Invariants, asserted together by room_check():
 *   W1  the queue holds exactly the sessions with SESSION_PRESSED, in order of beginning.
 *   W2  BIO tells of its progress exactly while the queue is not empty.
 * Bounds: a session waits once, so there are no more than clients.
 * Locking: none; the engine thread alone. Ownership: nothing is allocated; sessions link themselves. */
#ifndef ASHLAR_SERVER_CORE_ROOM_H
#define ASHLAR_SERVER_CORE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct engine;
struct session;

#define ROOM_SLACK         64
#define ROOM_GRANTS_A_TURN 16 /* who has been let in has written nothing yet */

struct room { /* the engine's part */
    struct session *first, *last;
    uint64_t        uncounted; /* bytes of the free queue that eviction is not to count on */
};

/* The session's part: what it was told when its waiting ended, for the command that runs then. */
enum room_turn { ROOM_NEW, ROOM_GRANTED, ROOM_OVERDUE };

enum room_answer { ROOM_YES, ROOM_NO, ROOM_WAIT };

/* A command that may use memory is to run while maxmemory is exceeded or others wait. Evicts. WAIT:
 * the session has been blocked and will run the command again. */
enum room_answer room_ask(struct call *c);
static inline bool room_is_waited_for(const struct room *r) { return r->first != NULL; }
/* Ends the waiting of those for whom there is room, or whose time is over by the engine's clock. True:
 * it is to be called again soon, without anything having happened. */
bool room_serve(struct engine *e);
bool room_check(const struct engine *e);

#endif
