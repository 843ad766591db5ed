/* session.h: a client's logical state, whether or not there is a socket behind it.
 *
 * net/ makes one for each connection, later stages make them for replay and scripts. Commands see the
 * session and never a socket; what they want of the connection they ask for by flags (close, stop
 * reading), on which net acts.
 *
 * Locking: none; the engine thread alone. Ownership: session_new/session_free; the session owns its
 * output and its strings. Sessions are on the engine's list from new to free, in id order. */
#ifndef ASHLAR_SERVER_CORE_SESSION_H
#define ASHLAR_SERVER_CORE_SESSION_H

#include "proto/reply.h"
#include "server/core/command.h"
#include "server/core/config.h"

struct engine;
struct session;

#define SESSION_MAGIC 0x5e551047u

enum session_flags {
    SESSION_CLOSE_AFTER_REPLY = 1 << 0, /* QUIT, protocol error: answer, then close */
    SESSION_CLOSE_ASAP        = 1 << 1, /* CLIENT KILL, limits: close without more ado */
    SESSION_BLOCKED           = 1 << 2, /* waits for something; its input is not parsed further */
    SESSION_REPLY_OFF         = 1 << 3,
    SESSION_REPLY_SKIP_NEXT   = 1 << 4,
    SESSION_REPLY_SKIP        = 1 << 5,
    SESSION_NO_EVICT          = 1 << 6,
    SESSION_NO_TOUCH          = 1 << 7,
    SESSION_UNIX_SOCKET       = 1 << 8,
    SESSION_LOOPBACK          = 1 << 9, /* the peer is on this machine */
    SESSION_POSTPONED         = 1 << 10, /* BLOCKED before its next command ran: CLIENT PAUSE, or */
    SESSION_PRESSED           = 1 << 11, /* it waits for memory (room.h) */
};

#define SESSION_MUTES (SESSION_REPLY_OFF | SESSION_REPLY_SKIP | SESSION_REPLY_SKIP_NEXT)

/* What net tells about the connection (CLIENT LIST); NULLs and zeros for a session without one. */
struct session_io {
    int         fd;
    char        peer[64], local[64]; /* "127.0.0.1:1234", "/tmp/x.sock:0" */
    size_t      in_bytes, in_free;   /* query buffer: unparsed, room */
    size_t      footprint;           /* heap bytes of the connection and its buffers */
    void       *conn;                /* net's own */
    void      (*wake)(struct session *s); /* flags changed outside the session's own turn: act on them */
};

struct session {
    uint32_t       magic;
    unsigned       flags;
    struct engine *engine;
    uint64_t       id;
    unsigned       db;
    bool           authenticated;
    struct reply   reply;
    struct outbuf  out;
    char          *name, *lib_name, *lib_ver; /* server heap, or NULL; sized strlen + 1 */
    int64_t        created_ms, active_ms;     /* monotonic, as the next */
    uint64_t       soft_limit_since_ms;       /* output soft limit exceeded since; 0: not */
    uint64_t       commands, net_in, net_out; /* tot-* of CLIENT LIST */
    const struct command_ref *last_command;
    struct session_io io;
    /* while BLOCKED: called if the session goes away first, so that the waiter forgets it */
    void         (*on_abandon)(struct session *s, void *arg);
    void          *abandon_arg;
    struct block_wait *wait;                  /* block.c's, while it waits for keys */
    struct session *room_prev, *room_next;    /* room.c's, while it waits for memory, */
    uint64_t        room_since_us;            /* since then; */
    uint8_t         room_turn;                /* enum room_turn, when that has ended */
    struct session *prev, *next;              /* engine's list */
};

struct session *session_new(struct engine *engine);
void            session_free(struct session **s);
/* Back to a fresh connection's state (RESET), keeping id and connection. */
void            session_reset(struct session *s);
bool            session_set_name(struct session *s, struct slice name); /* false: bad characters */
/* Stores a copy in one of the session's own texts (name, lib_name, lib_ver); empty: none. */
void            session_set_text(struct session *s, char **field, struct slice text);

/* The running command will answer later: no reply now, no more input is parsed until unblock. */
void session_block(struct session *s, void (*on_abandon)(struct session *s, void *arg), void *arg);
/* The reply has been written to s->reply (or the command is yet to run: POSTPONED): input goes on. */
void session_unblock(struct session *s);

/* After a command has been answered: CLIENT REPLY SKIP holds for one. */
void session_reply_step(struct session *s);

struct session *session_by_id(const struct engine *engine, uint64_t id);
/* Marks for closing: at once, or after the reply when it is the session in turn. */
void            session_kill(struct session *s, bool self);
/* Heap bytes held for the client: tot-mem of CLIENT LIST. */
size_t          session_footprint(const struct session *s);
enum client_class session_class(const struct session *s);
/* Its unsent output is over client-output-buffer-limit: it is to be closed. Notes since when the
 * soft limit has been exceeded. */
bool            session_output_exceeded(struct session *s);

#endif
