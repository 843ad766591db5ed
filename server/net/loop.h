/* loop.h: the event loop, and what its turns share.
 *
 * A turn: libevent waits and runs the callbacks of what is ready; then the turn ends: finished
 * background jobs are settled, and every conn that was touched is settled once: its output written
 * with one call, its flags acted on. Conns are freed there and nowhere else, so no callback ever
 * finds one gone.
 *
 * One input buffer and one batch serve all conns: a conn keeps bytes of its own only while a request
 * is half received, so an idle connection costs no buffers, and the buffer being parsed is in cache.
 *
 * Locking: none; the engine thread alone, but for loop_wake. */
#ifndef ASHLAR_SERVER_NET_LOOP_H
#define ASHLAR_SERVER_NET_LOOP_H

#include "proto/request.h"

struct conn;
struct engine;
struct event;
struct event_base;
struct listener;

#define LOOP_INPUT_BYTES 65536 /* the shared input buffer: most that one read takes */

/* What main plugs in. */
struct loop_hooks {
    int64_t (*tick)(void *arg);  /* periodic work; returns milliseconds until the next */
    void    (*woken)(void *arg); /* after loop_wake */
    void     *arg;
};

struct loop {
    struct event_base     *base;
    struct engine         *engine;
    struct loop_hooks      hooks;
    struct event          *wake_event, *tick_event, *deadline_event;
    uint64_t               deadline_us; /* what deadline_event is set for; UINT64_MAX: nothing */
    int                    wake_fd;
    bool                   in_turn;  /* a turn has begun: the clock has been read */
    bool                   stopping;
    uint64_t               turn_us;  /* stamp of its beginning */
    uint64_t               turn_cpu_us; /* the thread's own time then; 0: nobody watches */
    /* lent to the conn in turn */
    struct inbuf           in;
    struct request_batch  *batch;
    /* conn.c */
    struct conn           *conns, *cron_at; /* all; where periodic work goes on */
    struct conn           *touched_first, *touched_last;
    struct conn           *ending_first, *ending_last; /* are to be freed when there is time */
    uint64_t               conn_count; /* those left out */
    /* listener.c */
    struct listener       *listeners;
    struct event          *accept_event;    /* resumes accepting after a shortage */
    int64_t                accept_logged_ms;
};

struct loop *loop_new(struct engine *engine, struct loop_hooks hooks);
void         loop_free(struct loop **l);
/* Until engine->shutdown_asap or loop_stop. */
void         loop_run(struct loop *l);
void         loop_stop(struct loop *l);
/* Any thread, and signal handlers: makes the loop take a turn and call hooks.woken. */
void         loop_wake(void *loop);
/* hooks.tick is called in this turn or the next, and goes on from there. */
void         loop_tick_soon(struct loop *l);
/* Every callback calls this first: reads the clock once a turn. */
void         loop_turn_begin(struct loop *l);
struct request_batch *loop_batch_new(struct loop *l);
void         loop_batch_free(struct request_batch **b);

#endif
