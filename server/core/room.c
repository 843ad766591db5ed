/* room.c: see room.h. Who waits longest is first in the queue and first to be let in, and whoever comes
 * while others wait waits behind them. Start reading at room_ask(). */
#include "server/core/room.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/core/bio.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/evict.h"
#include "server/core/session.h"

static uint64_t pending_bytes(const struct engine *e) {
    return bio_pending_bytes(e->bio, BIO_FREE);
}

/* How far used memory is above maxmemory. */
static uint64_t excess(const struct engine *e) {
    uint64_t used = ash_used(), limit = e->config->maxmemory;
    return limit != 0 && used > limit ? used - limit : 0;
}

/* --- The queue ------------------------------------------------------------------------------- */

static void leave(struct room *r, struct session *s) {
    *(s->room_prev != NULL ? &s->room_prev->room_next : &r->first) = s->room_next;
    *(s->room_next != NULL ? &s->room_next->room_prev : &r->last) = s->room_prev;
    s->room_prev = s->room_next = NULL;
}

static void watch(struct engine *e) {
    if (e->bio != NULL) bio_watch(e->bio, room_is_waited_for(&e->room));
}

static void on_abandon(struct session *s, void *arg) {
    struct engine *e = arg;
    leave(&e->room, s);
    watch(e);
}

static void wait_begin(struct engine *e, struct session *s) {
    struct room *r = &e->room;
    session_block(s, on_abandon, e);
    s->flags |= SESSION_POSTPONED | SESSION_PRESSED;
    s->room_since_us = e->clock.mono_us;
    s->room_prev = r->last;
    *(r->last != NULL ? &r->last->room_next : &r->first) = s;
    r->last = s;
    e->stats.room_waits++;
    watch(e);
}

static void wait_end(struct engine *e, struct session *s, enum room_turn turn) {
    leave(&e->room, s);
    s->room_turn = turn;
    session_unblock(s);
}

/* --- Asking ---------------------------------------------------------------------------------- */

static bool may_wait(const struct call *c) {
    return c->may_block && !(c->session->flags & SESSION_BLOCKED) &&
           c->engine->config->lazyfree_backpressure_ms > 0;
}

/* Evicts as if the queue would never give anything back. */
static bool evict_without_queue(struct engine *e) {
    e->room.uncounted = pending_bytes(e);
    bool room = evict_make_room(e);
    e->room.uncounted = 0;
    return room;
}

static bool is_too_short(const struct engine *e) {
    return pending_bytes(e) > 0 && excess(e) > e->config->maxmemory / ROOM_SLACK;
}

enum room_answer room_ask(struct call *c) {
    struct engine  *e = c->engine;
    struct session *s = c->session;
    enum room_turn  turn = s->room_turn;
    s->room_turn = ROOM_NEW;
    if (turn == ROOM_NEW && room_is_waited_for(&e->room) && may_wait(c)) {
        wait_begin(e, s);
        return ROOM_WAIT;
    }
    bool patient = turn != ROOM_OVERDUE && e->config->lazyfree_backpressure_ms > 0;
    if (!(patient ? evict_make_room(e) : evict_without_queue(e))) {
        e->stats.room_refusals += turn == ROOM_OVERDUE;
        return ROOM_NO;
    }
    if (turn == ROOM_NEW && may_wait(c) && is_too_short(e)) {
        wait_begin(e, s);
        return ROOM_WAIT;
    }
    return ROOM_YES;
}

/* --- Letting in ------------------------------------------------------------------------------ */

static bool is_overdue(const struct engine *e, const struct session *s) {
    uint64_t limit_us = (uint64_t)e->config->lazyfree_backpressure_ms * 1000;
    return e->clock.mono_us - s->room_since_us >= limit_us;
}

bool room_serve(struct engine *e) {
    struct room *r = &e->room;
    unsigned     grants = 0;
    while (r->first != NULL && grants < ROOM_GRANTS_A_TURN) {
        if (excess(e) == 0) {
            wait_end(e, r->first, ROOM_GRANTED);
            grants++;
        } else if (pending_bytes(e) == 0 || is_overdue(e, r->first)) {
            wait_end(e, r->first, ROOM_OVERDUE);
        } else {
            break;
        }
    }
    watch(e);
    return grants == ROOM_GRANTS_A_TURN && r->first != NULL;
}

bool room_check(const struct engine *e) {
    const struct room    *r = &e->room;
    const struct session *last = NULL;
    uint64_t              count = 0;
    for (const struct session *s = r->first; s != NULL; last = s, s = s->room_next) {
        ASSERT(s->room_prev == last && s->flags & SESSION_PRESSED && s->flags & SESSION_BLOCKED);
        ASSERT(last == NULL || last->room_since_us <= s->room_since_us);
        count++;
    }
    ASSERT(r->last == last);
    for (const struct session *s = e->first; s != NULL; s = s->next)
        if (s->flags & SESSION_PRESSED) count--;
    ASSERT(count == 0);
    ASSERT(e->bio == NULL || bio_is_watched(e->bio) == room_is_waited_for(r));
    return true;
}
