/* engine.h: the parts that commands work with, tied together by main, which alone makes them.
 * Reached from a call; never a global. The engine thread owns it. */
#ifndef ASHLAR_SERVER_CORE_ENGINE_H
#define ASHLAR_SERVER_CORE_ENGINE_H

#include "server/core/block.h"
#include "server/core/clock.h"
#include "server/core/heaps.h"
#include "server/core/keyspace.h"
#include "server/core/pause.h"
#include "server/core/room.h"
#include "server/core/stats.h"
#include "server/ds/rand.h"

struct bio;
struct compact;
struct config;
struct evict;
struct giveback;
struct lazyfree;
struct purge;
struct reclaim;
struct pressure;
struct slowlog;
struct latency;
struct command_table;
struct session;
struct call;

struct engine {
    struct clock                clock;
    struct rand                 rand;
    struct heaps                heaps;
    struct keyspace             keyspace;
    struct stats                stats;
    struct config              *config;
    const struct command_table *commands;
    struct bio                 *bio;
    struct lazyfree            *lazyfree;
    struct purge               *purge;
    struct compact             *compact;
    struct pressure            *pressure;
    struct giveback            *giveback;
    struct reclaim             *reclaim;
    /* Before a command that may need memory: false refuses it. NULL: there is no maxmemory-rss. */
    bool                      (*rss_room)(struct engine *e, bool weighty);
    struct evict               *evict;        /* NULL until evict.c first needs it; evict_free */
    struct slowlog             *slowlog;
    struct latency             *latency;
    struct session             *first, *last; /* sessions in id order */
    uint64_t                    session_next_id, session_count, session_blocked;
    uint64_t                    dirty;        /* changes since the last save */
    char                        run_id[41], repl_id[41]; /* 40 hex digits each, made when first told */
    struct pause                pause;        /* CLIENT PAUSE */
    struct room                 room;         /* sessions that wait for memory */
    struct block                block;        /* sessions that wait for keys */
    int64_t                     attack_logged_ms; /* dispatch: HTTP seen on the port, last told */
    const struct call          *running;      /* the call in flight, or NULL: set and cleared by
                                                 dispatch, read by the crash report */
    /* Asked for by SHUTDOWN or a signal; the loop ends when set. exit_code is main's. */
    bool                        shutdown_asap;
    int                         exit_code;
    void                       *net;          /* net's own (DEBUG and CONFIG reach it by hooks) */
    void                      (*stop)(struct engine *e); /* makes the loop return */
};

#endif
