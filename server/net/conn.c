/* conn.c: see conn.h for the states.
 *
 * Reading: one read(2) for each time the socket is ready, into the loop's own buffer when nothing of
 * this client is waiting, else behind what waits in the conn's. What is left over after parsing is
 * copied to the conn's buffer. One read is also the measure of fairness: 64 KiB of requests, and
 * TURN_MAX_US of running them, then others have their turn.
 *
 * Writing: at the end of the turn, all that the commands of the turn have replied, in one writev(2).
 *
 * Waiting: most clients that block have sent nothing behind, and need no buffer. Where requests of the
 * batch are still to run, their slices point into the input buffer, so the conn takes the loop's
 * buffer and batch away whole, and the loop gets new ones (conn_park). That is rare.
 *
 * While it waits the socket stays watched for input, which costs no system call, and input is the
 * sign to look whether the peer is gone (libevent's EV_CLOSED alone does not tell of sockets in error:
 * a reset client would wait for ever). If it is not, input is there that we do not want yet: the
 * watch becomes edge-triggered, so that it tells of each arrival and of the end once, until then.
 *
 * Closing: thousands may end at once (CLIENT KILL TYPE normal), at some 4 us each. What does not find
 * the time in its turn waits for the next ones, in the order of ending, and does nothing meanwhile.
 *
 * Start reading at conn_on_input(). */
#include "server/net/conn.h"

#include "alloc/alloc.h"
#include "server/core/config.h"
#include "server/core/dispatch.h"
#include "server/core/engine.h"
#include "server/core/log.h"
#include "server/core/session.h"
#include "server/memory/lazyfree.h"
#include "server/net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONN_MAGIC        0xC0441234u
#define READ_MAX          (1024 * 1024) /* of a long bulk, at once */
#define WRITE_MAX         (1024 * 1024) /* to one client, in one turn */
#define WRITE_IOV         64
#define TURN_MAX_US       2000          /* of one client's commands, in one turn */
#define UNAUTH_UNREAD_MAX 1024          /* bytes that a client without password may leave unread */
#define IDLE_SHRINK_MS    2000          /* a client idle this long gives its buffers back */
#define CLOSE_MAX_US      300           /* of closing conns, in one turn: each is a few system calls */

struct conn {
    uint32_t              magic;
    int                   fd;
    bool                  touched;       /* is on the loop's list of touched conns, or of ending ones */
    bool                  write_waiting; /* write_event is added */
    bool                  draining;
    bool                  more;          /* complete requests may be left in `in` */
    bool                  waiting;       /* the session was blocked when last looked at */
    bool                  edges;         /* waiting, and watched edge-triggered */
    struct loop          *loop;
    struct session       *session;
    struct inbuf          in;
    struct request_parser parser;
    struct request_batch *parked;        /* while waiting: what goes on afterwards, or NULL, */
    unsigned              parked_at;     /* and from which request */
    struct conn          *prev, *next, *touched_next;
    struct event          input_event, write_event;
};

static struct conn *conn_from(void *arg) {
    struct conn *c = arg;
    ASSERT(c->magic == CONN_MAGIC);
    return c;
}

/* To be settled when the turn ends. */
static void conn_touch(struct conn *c) {
    if (c->touched) return;
    struct loop *l = c->loop;
    c->touched = true;
    c->touched_next = NULL;
    *(l->touched_last != NULL ? &l->touched_last->touched_next : &l->touched_first) = c;
    l->touched_last = c;
}

static void on_session_wake(struct session *s) { conn_touch(conn_from(s->io.conn)); }

static void conn_close_soon(struct conn *c) {
    c->session->flags |= SESSION_CLOSE_ASAP;
    conn_touch(c);
}

/* What CLIENT LIST and the memory figures are told. */
static void conn_report(struct conn *c) {
    struct session_io *io = &c->session->io;
    io->in_bytes = c->in.len - c->in.pos;
    io->in_free = c->in.cap - c->in.len;
    io->footprint = ash_good_size(sizeof *c) + c->in.cap + request_parser_footprint(&c->parser);
    if (c->parked != NULL)
        io->footprint += ash_good_size(sizeof *c->parked) + c->parked->args_cap * sizeof(struct slice);
}

/* --- Watching -------------------------------------------------------------------------------- */

static void conn_on_input(evutil_socket_t fd, short what, void *arg);
static void conn_on_writable(evutil_socket_t fd, short what, void *arg);

/* EV_ET or not holds for all events of a socket. */
static void conn_watch(struct conn *c, bool edges) {
    short mode = edges ? EV_ET : 0;
    if (event_initialized(&c->input_event)) {
        event_del(&c->input_event);
        event_del(&c->write_event);
    }
    event_assign(&c->input_event, c->loop->base, c->fd, EV_READ | EV_PERSIST | mode, conn_on_input,
                 c);
    event_assign(&c->write_event, c->loop->base, c->fd, EV_WRITE | mode, conn_on_writable, c);
    event_add(&c->input_event, NULL);
    if (c->write_waiting) event_add(&c->write_event, NULL);
    c->edges = edges;
}

static void conn_drain(struct conn *c) {
    if (c->draining) return;
    c->draining = true;
    event_del(&c->input_event);
}

static void conn_wait_writable(struct conn *c) {
    if (c->write_waiting) return;
    c->write_waiting = true;
    event_add(&c->write_event, NULL);
}

/* --- Making and ending ----------------------------------------------------------------------- */

static void keepalive_set(const struct conn *c) {
    if (c->session->flags & SESSION_UNIX_SOCKET) return;
    int seconds = (int)c->loop->engine->config->tcp_keepalive, on = seconds > 0;
    int interval = seconds / 3 > 0 ? seconds / 3 : 1, count = 3;
    setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (!on) return;
    setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

void conn_open(struct loop *l, int fd, const struct conn_origin *origin) {
    struct engine *e = l->engine;
    struct conn   *c = ash_zalloc(e->heaps.clients, sizeof *c);
    c->magic = CONN_MAGIC;
    c->fd = fd;
    c->loop = l;
    c->session = session_new(e);
    c->session->flags |= origin->flags;
    c->session->io.fd = fd;
    c->session->io.conn = c;
    c->session->io.wake = on_session_wake;
    memcpy(c->session->io.peer, origin->peer, sizeof origin->peer);
    memcpy(c->session->io.local, origin->local, sizeof origin->local);
    inbuf_init(&c->in, e->heaps.clients);
    request_parser_init(&c->parser, e->heaps.clients);
    if (!(origin->flags & SESSION_UNIX_SOCKET)) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        keepalive_set(c);
    }
    conn_watch(c, false);
    c->next = l->conns;
    if (c->next != NULL) c->next->prev = c;
    l->conns = c;
    l->conn_count++;
    conn_report(c);
}

static void conn_free(struct conn *c) {
    struct loop *l = c->loop;
    ASSERT(!c->touched);
    *(c->prev != NULL ? &c->prev->next : &l->conns) = c->next;
    if (c->next != NULL) c->next->prev = c->prev;
    if (l->cron_at == c) l->cron_at = c->next;
    if (!c->draining) event_del(&c->input_event);
    event_del(&c->write_event);
    close(c->fd);
    lazyfree_output(l->engine->lazyfree, &c->session->out);
    session_free(&c->session);
    loop_batch_free(&c->parked);
    request_parser_fini(&c->parser);
    inbuf_fini(&c->in);
    c->magic = 0;
    ash_free(c, sizeof *c);
}

/* From here on it counts no more, is on no list of touched conns, and only waits to be freed. */
static void conn_end(struct conn *c) {
    struct loop *l = c->loop;
    ASSERT(!c->touched);
    c->session->flags |= SESSION_CLOSE_ASAP;
    c->touched = true;
    c->touched_next = NULL;
    *(l->ending_last != NULL ? &l->ending_last->touched_next : &l->ending_first) = c;
    l->ending_last = c;
    l->conn_count--;
}

static void conn_free_first(struct loop *l) {
    struct conn *c = l->ending_first;
    l->ending_first = c->touched_next;
    if (l->ending_first == NULL) l->ending_last = NULL;
    c->touched = false;
    conn_free(c);
}

/* As many as there is time for. */
static void conn_free_ended(struct loop *l) {
    if (ASH_LIKELY(l->ending_first == NULL)) return;
    uint64_t start_us = clock_stamp_us();
    do conn_free_first(l);
    while (l->ending_first != NULL && clock_stamp_us() - start_us < CLOSE_MAX_US);
    if (l->ending_first != NULL) loop_wake(l);
}

void conn_free_all(struct loop *l) {
    while (l->touched_first != NULL) {
        l->touched_first->touched = false;
        l->touched_first = l->touched_first->touched_next;
    }
    l->touched_last = NULL;
    while (l->ending_first != NULL) conn_free_first(l);
    while (l->conns != NULL) {
        l->conn_count--;
        conn_free(l->conns);
    }
}

/* --- Running requests ------------------------------------------------------------------------ */

static void conn_protocol_error(struct conn *c) {
    struct session *s = c->session;
    s->engine->stats.protocol_errors++;
    log_verbose("Protocol error (%s) from client: id=%" PRIu64 " addr=%s", c->parser.message, s->id,
                s->io.peer);
    s->reply.muted = false;
    reply_errorf(&s->reply, "ERR Protocol error: %s", c->parser.message);
    stats_error(&s->engine->stats, s->reply.last_error);
    s->flags |= SESSION_CLOSE_AFTER_REPLY;
}

/* The session has blocked before request `at`. If there is one, the conn takes the batch and the
 * bytes under it. */
static void conn_park(struct conn *c, struct inbuf *in, unsigned at) {
    struct loop *l = c->loop;
    c->waiting = true;
    if (at == l->batch->count) return;
    if (in != &c->in) {
        inbuf_fini(&c->in);
        c->in = *in;
        inbuf_init(in, in->heap);
    }
    c->parked = l->batch;
    c->parked_at = at;
    l->batch = loop_batch_new(l);
}

/* Input left in the loop's buffer moves to the conn's own. */
static void conn_keep_rest(struct conn *c, struct inbuf *in) {
    if (in == &c->in) return;
    size_t rest = in->len - in->pos;
    if (rest > 0) {
        if (inbuf_reserve(&c->in, rest)) {
            memcpy(c->in.data + c->in.len, in->data + in->pos, rest);
            c->in.len += rest;
        } else {
            conn_close_soon(c);
        }
    }
    in->pos = in->len = 0;
}

/* Parses and runs what is in `in`: the conn's own buffer or the loop's. */
static void conn_run(struct conn *c, struct inbuf *in) {
    struct session      *s = c->session;
    const struct config *cfg = s->engine->config;
    uint64_t             start_us = clock_stamp_us();
    enum request_status  status = REQUEST_FULL;
    c->more = false;
    while (status == REQUEST_FULL) {
        struct request_batch *batch = c->loop->batch;
        struct request_limits limits = {
            .bulk_max = cfg->proto_max_bulk_len,
            .authenticated = s->authenticated || cfg->requirepass[0] == '\0'};
        request_batch_clear(batch);
        status = request_parse(&c->parser, in, &limits, batch);
        if (status == REQUEST_ERROR) {
            conn_protocol_error(c);
            break;
        }
        if (batch->count == 0) continue;
        unsigned done = dispatch_batch(s, batch, 0);
        if (s->flags & SESSION_BLOCKED) {
            conn_park(c, in, done);
            break;
        }
        if (s->flags & (SESSION_CLOSE_AFTER_REPLY | SESSION_CLOSE_ASAP)) break;
        if (status == REQUEST_FULL && clock_stamp_us() - start_us > TURN_MAX_US) {
            c->more = true;
            break;
        }
    }
    conn_keep_rest(c, in);
    conn_touch(c);
}

/* The session is no longer blocked: the parked requests, then what lies behind them. */
static void conn_resume(struct conn *c) {
    struct session *s = c->session;
    if (c->parked != NULL) {
        c->parked_at = dispatch_batch(s, c->parked, c->parked_at);
        conn_touch(c);
        bool blocked = s->flags & SESSION_BLOCKED;
        if (!blocked || c->parked_at == c->parked->count) loop_batch_free(&c->parked);
        if (blocked) return;
    }
    c->waiting = false;
    if (c->edges) conn_watch(c, false);
    c->more = c->in.pos < c->in.len;
}

/* --- Reading --------------------------------------------------------------------------------- */

static void conn_lost(struct conn *c, ssize_t n) {
    if (n == 0)
        log_verbose("Client closed connection id=%" PRIu64 " addr=%s", c->session->id,
                    c->session->io.peer);
    else
        log_verbose("Reading from client %s: %s", c->session->io.peer, strerror(errno));
    conn_close_soon(c);
}

/* Without reading: has the peer closed, or is the socket in error? */
static bool conn_is_gone(const struct conn *c) {
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0;
}

static void conn_read(struct conn *c) {
    struct session *s = c->session;
    struct engine  *e = s->engine;
    bool            own = c->in.pos < c->in.len;
    struct inbuf   *in = own ? &c->in : &c->loop->in;
    size_t          want = own ? request_wanted(&c->parser, in) : LOOP_INPUT_BYTES;
    if (want < LOOP_INPUT_BYTES / 4) want = LOOP_INPUT_BYTES / 4;
    if (want > READ_MAX) want = READ_MAX;
    if (!inbuf_reserve(in, want)) {
        log_warning("No memory for the input of client %s: closing it.", s->io.peer);
        conn_close_soon(c);
        return;
    }
    size_t  room = in->cap - in->len;
    ssize_t n = read(c->fd, in->data + in->len, room < READ_MAX ? room : READ_MAX);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) conn_lost(c, n);
        return;
    }
    in->len += (size_t)n;
    s->net_in += (uint64_t)n;
    s->active_ms = clock_mono_ms(&e->clock);
    e->stats.net_in += (uint64_t)n;
    e->stats.reads++;
    conn_run(c, in);
}

static void conn_on_input(evutil_socket_t fd, short what, void *arg) {
    struct conn *c = conn_from(arg);
    (void)fd, (void)what;
    loop_turn_begin(c->loop);
    if (c->draining || c->session->flags & SESSION_CLOSE_ASAP) return;
    if (c->waiting) {
        if (conn_is_gone(c)) conn_lost(c, 0);
        else if (!c->edges && c->session->flags & SESSION_BLOCKED) conn_watch(c, true);
    } else if (c->more) {
        conn_run(c, &c->in);
    } else {
        conn_read(c);
    }
}

/* --- Writing --------------------------------------------------------------------------------- */

static ssize_t output_send(const struct conn *c, size_t *offered) {
    struct iovec iov[WRITE_IOV];
    unsigned     n = outbuf_peek(&c->session->out, iov, WRITE_IOV);
    *offered = 0;
    for (unsigned i = 0; i < n; i++) *offered += iov[i].iov_len;
    return n == 1 ? write(c->fd, iov[0].iov_base, iov[0].iov_len) : writev(c->fd, iov, (int)n);
}

static void conn_write(struct conn *c) {
    struct session *s = c->session;
    size_t          total = 0, offered;
    while (s->out.bytes > 0) {
        ssize_t n = output_send(c, &offered);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) {
            log_verbose("Error writing to client %s: %s", s->io.peer, strerror(errno));
            conn_close_soon(c);
            return;
        }
        if (n > 0) {
            outbuf_consume(&s->out, (size_t)n);
            total += (size_t)n;
            s->active_ms = clock_mono_ms(&s->engine->clock);
        }
        if (n < 0 || (size_t)n < offered || total >= WRITE_MAX) break;
    }
    s->net_out += total;
    s->engine->stats.net_out += total;
    s->engine->stats.writes++;
    if (s->out.bytes > 0) conn_wait_writable(c);
}

static void conn_on_writable(evutil_socket_t fd, short what, void *arg) {
    struct conn *c = conn_from(arg);
    (void)fd, (void)what;
    loop_turn_begin(c->loop);
    c->write_waiting = false;
    conn_touch(c);
}

/* --- The end of a turn ----------------------------------------------------------------------- */

static void limits_check(struct conn *c) {
    struct session *s = c->session;
    struct engine  *e = s->engine;
    size_t          held = c->in.len - c->in.pos + request_parser_footprint(&c->parser);
    if (held > e->config->client_query_buffer_limit) {
        e->stats.query_limit_closed++;
        log_warning("Closing client that reached max query buffer length: id=%" PRIu64
                    " addr=%s qbuf=%zu", s->id, s->io.peer, held);
        conn_close_soon(c);
    }
    if (ASH_UNLIKELY(!s->authenticated) && c->write_waiting && s->out.bytes > UNAUTH_UNREAD_MAX &&
        e->config->requirepass[0] != '\0') {
        e->stats.output_limit_closed++;
        log_warning("Closing unauthenticated client id=%" PRIu64 " addr=%s: it does not read its "
                    "replies.", s->id, s->io.peer);
        conn_close_soon(c);
    }
}

static void conn_settle(struct conn *c) {
    struct session *s = c->session;
    if (!(s->flags & SESSION_CLOSE_ASAP)) {
        if (c->waiting && !(s->flags & SESSION_BLOCKED)) conn_resume(c);
        if (!c->write_waiting && s->out.bytes > 0) conn_write(c);
        limits_check(c);
    }
    bool answered = s->flags & SESSION_CLOSE_AFTER_REPLY && s->out.bytes == 0;
    if (s->flags & SESSION_CLOSE_ASAP || answered) {
        if (!c->touched) conn_end(c);
        else s->flags |= SESSION_CLOSE_ASAP; /* it comes again, last */
        return;
    }
    if (s->flags & SESSION_CLOSE_AFTER_REPLY)
        conn_drain(c);
    else if (c->more && !c->waiting)
        event_active(&c->input_event, EV_READ, 0);
    conn_report(c);
}

void conn_settle_touched(struct loop *l) {
    for (struct conn *c; (c = l->touched_first) != NULL;) {
        l->touched_first = c->touched_next;
        if (l->touched_first == NULL) l->touched_last = NULL;
        c->touched = false;
        conn_settle(c);
    }
    conn_free_ended(l);
}

/* --- Periodic work --------------------------------------------------------------------------- */

static bool is_too_long_idle(const struct conn *c) {
    const struct session *s = c->session;
    int64_t               timeout = s->engine->config->timeout;
    return timeout > 0 && !(s->flags & SESSION_BLOCKED) &&
           clock_mono_ms(&s->engine->clock) - s->active_ms > timeout * 1000;
}

static void conn_tick(struct conn *c) {
    struct session *s = c->session;
    struct engine  *e = s->engine;
    if (s->flags & SESSION_CLOSE_ASAP) return; /* closed at the end of this turn, and counted */
    if (is_too_long_idle(c)) {
        log_verbose("Closing idle client");
        conn_close_soon(c);
    } else if (s->out.bytes > 0 && session_output_exceeded(s)) {
        e->stats.output_limit_closed++;
        log_warning("Client id=%" PRIu64 " addr=%s closed for overcoming of output buffer limits.",
                    s->id, s->io.peer);
        conn_close_soon(c);
    } else if (c->parked == NULL) {
        bool idle = clock_mono_ms(&e->clock) - s->active_ms > IDLE_SHRINK_MS;
        if (idle && s->out.bytes == 0) outbuf_fini(&s->out);
        inbuf_shrink(&c->in);
        conn_report(c);
    }
}

void conn_cron(struct loop *l, uint64_t count) {
    if (count > l->conn_count) count = l->conn_count;
    for (; count > 0; count--) {
        struct conn *c = l->cron_at != NULL ? l->cron_at : l->conns;
        l->cron_at = c->next;
        conn_tick(c);
    }
}

void conn_shrink(struct loop *l, uint64_t count) {
    if (count > l->conn_count) count = l->conn_count;
    for (; count > 0; count--) {
        struct conn *c = l->cron_at != NULL ? l->cron_at : l->conns;
        l->cron_at = c->next;
        conn_tick(c);
        if (c->session->flags & SESSION_CLOSE_ASAP || c->parked != NULL) continue;
        if (c->session->out.bytes == 0) outbuf_fini(&c->session->out);
        conn_report(c);
    }
}

/* Sizes in steps of a quarter of a doubling. */
#define SIZE_RANKS 256
static unsigned size_rank(size_t bytes) {
    unsigned log = bytes < 4 ? 2 : 63 - (unsigned)__builtin_clzll(bytes);
    return log * 4 + ((bytes >> (log - 2)) & 3);
}

/* What the clients hold that are not on their way out, in all; and by size, of those that may go. */
static size_t conn_weigh(const struct loop *l, size_t by_rank[SIZE_RANKS]) {
    size_t total = 0;
    for (struct conn *c = l->conns; c != NULL; c = c->next) {
        if (c->session->flags & SESSION_CLOSE_ASAP) continue;
        size_t bytes = session_footprint(c->session);
        total += bytes;
        if (!(c->session->flags & SESSION_NO_EVICT)) by_rank[size_rank(bytes)] += bytes;
    }
    return total;
}

static void conn_evict_one(struct conn *c, size_t bytes) {
    log_notice("Evicting client: id=%" PRIu64 " addr=%s tot-mem=%zu", c->session->id,
               c->session->io.peer, bytes);
    conn_close_soon(c);
    c->session->engine->stats.clients_evicted++;
}

/* Two walks, however many are to go: one finds the size from which on they have to. */
void conn_evict(struct loop *l) {
    size_t by_rank[SIZE_RANKS] = {0};
    size_t limit = l->engine->config->maxmemory_clients;
    if (limit == 0 || ash_heap_used(l->engine->heaps.clients) <= limit) return;
    size_t   total = conn_weigh(l, by_rank), excess = total > limit ? total - limit : 0;
    unsigned cut = SIZE_RANKS - 1;
    for (; excess > by_rank[cut] && cut > 0; cut--) excess -= by_rank[cut];
    if (total <= limit) return;
    for (struct conn *c = l->conns; c != NULL; c = c->next) {
        size_t bytes = session_footprint(c->session);
        if (c->session->flags & (SESSION_NO_EVICT | SESSION_CLOSE_ASAP)) continue;
        if (size_rank(bytes) < cut || (size_rank(bytes) == cut && excess == 0)) continue;
        if (size_rank(bytes) == cut) excess -= bytes < excess ? bytes : excess;
        conn_evict_one(c, bytes);
    }
}

void conn_keepalive_all(struct loop *l) {
    for (struct conn *c = l->conns; c != NULL; c = c->next) keepalive_set(c);
}
