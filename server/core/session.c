/* session.c: making, resetting and ending sessions, and the list that they are on.
 *
 * Ids only grow, and a new session goes to the end of the list, so the list is in id order without
 * effort. Finding one by id walks it: CLIENT KILL ID and CLIENT UNBLOCK are the only askers. */
#include "server/core/session.h"

#include "alloc/alloc.h"
#include "server/core/engine.h"
#include "server/core/log.h"

#include <inttypes.h>

/* A reply has grown by a chunk: over the limit, the rest of it is not even kept, however long the
 * command goes on, and the client is closed. */
static void session_grown(struct outbuf *out) {
    struct session *s = (struct session *)((char *)out - offsetof(struct session, out));
    ASSERT(s->magic == SESSION_MAGIC);
    if (s->flags & SESSION_CLOSE_ASAP || !session_output_exceeded(s)) return;
    s->engine->stats.output_limit_closed++;
    log_warning("Client id=%" PRIu64 " addr=%s scheduled to be closed ASAP for overcoming of output "
                "buffer limits.", s->id, s->io.peer);
    s->reply.muted = true;
    session_kill(s, false);
}

struct session *session_new(struct engine *engine) {
    struct session *s = ash_zalloc(engine->heaps.server, sizeof *s);
    s->magic = SESSION_MAGIC;
    s->engine = engine;
    s->id = ++engine->session_next_id;
    s->authenticated = engine->config->requirepass[0] == '\0';
    outbuf_init(&s->out, engine->heaps.clients);
    s->out.grown = session_grown;
    reply_init(&s->reply, &s->out);
    s->created_ms = s->active_ms = clock_mono_ms(&engine->clock);
    s->io.fd = -1;
    s->prev = engine->last;
    *(engine->last != NULL ? &engine->last->next : &engine->first) = s;
    engine->last = s;
    engine->session_count++;
    return s;
}

static void text_free(char **text) {
    if (*text != NULL) ash_free(*text, strlen(*text) + 1);
    *text = NULL;
}

static void texts_free(struct session *s) {
    text_free(&s->name);
    text_free(&s->lib_name);
    text_free(&s->lib_ver);
}

void session_free(struct session **sp) {
    struct session *s = *sp;
    if (s == NULL) return;
    *sp = NULL;
    ASSERT(s->magic == SESSION_MAGIC);
    struct engine *e = s->engine;
    if (s->flags & SESSION_BLOCKED) {
        if (s->on_abandon != NULL) s->on_abandon(s, s->abandon_arg);
        e->session_blocked--;
    }
    *(s->prev != NULL ? &s->prev->next : &e->first) = s->next;
    *(s->next != NULL ? &s->next->prev : &e->last) = s->prev;
    e->session_count--;
    texts_free(s);
    outbuf_fini(&s->out);
    s->magic = 0;
    ash_free(s, sizeof *s);
}

void session_reset(struct session *s) {
    s->flags &= ~(unsigned)(SESSION_REPLY_OFF | SESSION_REPLY_SKIP | SESSION_REPLY_SKIP_NEXT |
                            SESSION_NO_EVICT | SESSION_NO_TOUCH);
    s->db = 0;
    s->authenticated = s->engine->config->requirepass[0] == '\0';
    s->reply.resp = 2;
    s->reply.muted = false;
    text_free(&s->name);
}

/* As Redis: printable ASCII without the blank, so that CLIENT LIST stays parseable. */
static bool name_is_valid(struct slice name) {
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] < '!' || name.p[i] > '~') return false;
    return true;
}

bool session_set_name(struct session *s, struct slice name) {
    if (!name_is_valid(name)) return false;
    session_set_text(s, &s->name, name);
    return true;
}

void session_set_text(struct session *s, char **field, struct slice text) {
    text_free(field);
    if (text.len == 0) return;
    *field = ash_alloc(s->engine->heaps.server, text.len + 1);
    memcpy(*field, text.p, text.len);
    (*field)[text.len] = '\0';
}

void session_block(struct session *s, void (*on_abandon)(struct session *s, void *arg), void *arg) {
    ASSERT(!(s->flags & SESSION_BLOCKED));
    s->flags |= SESSION_BLOCKED;
    s->on_abandon = on_abandon;
    s->abandon_arg = arg;
    s->engine->session_blocked++;
}

static void session_wake(struct session *s) {
    if (s->io.wake != NULL) s->io.wake(s);
}

void session_reply_step(struct session *s) {
    if (!(s->flags & SESSION_MUTES)) return;
    unsigned next = s->flags & SESSION_REPLY_SKIP_NEXT ? SESSION_REPLY_SKIP : 0;
    s->flags = (s->flags & ~(unsigned)(SESSION_REPLY_SKIP | SESSION_REPLY_SKIP_NEXT)) | next;
    s->reply.muted = s->flags & (SESSION_REPLY_OFF | SESSION_REPLY_SKIP);
}

void session_unblock(struct session *s) {
    ASSERT(s->flags & SESSION_BLOCKED);
    if (!(s->flags & SESSION_POSTPONED)) session_reply_step(s);
    s->flags &= ~(unsigned)(SESSION_BLOCKED | SESSION_POSTPONED | SESSION_PRESSED);
    s->on_abandon = NULL;
    s->abandon_arg = NULL;
    s->engine->session_blocked--;
    session_wake(s);
}

struct session *session_by_id(const struct engine *engine, uint64_t id) {
    struct session *s = engine->first;
    while (s != NULL && s->id < id) s = s->next;
    return s != NULL && s->id == id ? s : NULL;
}

void session_kill(struct session *s, bool self) {
    s->flags |= self ? SESSION_CLOSE_AFTER_REPLY : SESSION_CLOSE_ASAP;
    session_wake(s);
}

static size_t text_bytes(const char *text) {
    return text != NULL ? ash_good_size(strlen(text) + 1) : 0;
}

size_t session_footprint(const struct session *s) {
    return ash_good_size(sizeof *s) + text_bytes(s->name) + text_bytes(s->lib_name) +
           text_bytes(s->lib_ver) + s->out.footprint + s->io.footprint + block_bytes(s);
}

enum client_class session_class(const struct session *s) {
    (void)s; /* replicas and subscribers come with replication and pub/sub */
    return CLIENT_NORMAL;
}

/* Is more unsent than the class of client may have? The soft limit counts once it has been exceeded
 * for its seconds without a break. */
bool session_output_exceeded(struct session *s) {
    const struct engine       *e = s->engine;
    const struct output_limit *limit = &e->config->output_limit[session_class(s)];
    size_t                     held = s->out.footprint;
    if (limit->hard != 0 && held >= limit->hard) return true;
    if (limit->soft == 0 || held < limit->soft) {
        s->soft_limit_since_ms = 0;
        return false;
    }
    uint64_t now_ms = (uint64_t)clock_mono_ms(&e->clock);
    if (s->soft_limit_since_ms == 0) s->soft_limit_since_ms = now_ms;
    return now_ms - s->soft_limit_since_ms > (uint64_t)limit->soft_seconds * 1000;
}
