/* conn.h: a socket and the session behind it: bytes in, requests through dispatch, bytes out.
 *
 * States, by what libevent watches for the socket:
 *   reading   the usual one. Input is read, parsed and run at once.
 *   waiting   the session is blocked. Nothing is read, so the kernel's buffer holds the client back; only
 *             the peer's going away matters. Requests of the batch that are still to run are kept, with
 *             the bytes they lie in (*parked*).
 *   draining  answers are still to be sent, then it closes. Nothing is read any more.
 * In each of them a write event is added while the socket takes no more output.
 *
 * Invariants: a conn is on its loop's list from new to free; it is freed by conn_settle_touched (or at
 * the very end by conn_free_all) and nowhere else. Many that end at once are freed over several turns.
 * Locking: none; the engine thread alone. */
#ifndef ASHLAR_SERVER_NET_CONN_H
#define ASHLAR_SERVER_NET_CONN_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* What the listener found out about a new socket. */
struct conn_origin {
    unsigned flags; /* SESSION_UNIX_SOCKET, SESSION_LOOPBACK */
    char     peer[64], local[64];
};

/* Takes fd, which is non-blocking. */
void conn_open(struct loop *l, int fd, const struct conn_origin *origin);
/* Turn's end: writes, closes, resumes whatever was touched. */
void conn_settle_touched(struct loop *l);
/* Periodic work (timeouts, limits, giving buffers back) for the next count conns. */
void conn_cron(struct loop *l, uint64_t count);
/* Gives back the buffers of the next count conns that have nothing in them, however short their rest.
 * As conn_cron, not while a conn's batch is run: its arguments lie in one. */
void conn_shrink(struct loop *l, uint64_t count);
/* Closes the largest clients while together they hold more than maxmemory-clients. */
void conn_evict(struct loop *l);
/* tcp-keepalive was changed. */
void conn_keepalive_all(struct loop *l);
void conn_free_all(struct loop *l);

#endif
