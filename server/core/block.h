/* block.h: sessions that wait for keys: BLPOP, BZPOPMIN, XREAD BLOCK and their kin.
 *
 * A handler that finds nothing says what it waits for and returns without having replied:
 *
 *     struct block_wish w = {.first = 1, .count = c->argc - 2, .type = VAL_LIST, .timeout_ms = ms};
 *     if (!block_on_keys(c, &w)) reply_null_array(c->reply);     (may not wait: as after a timeout)
 *
 * From then on its command, with copies of its arguments, is a *wait*. Whatever changes one of the
 * keys (any command, SWAPDB, FLUSHALL, expiry) makes it *ready*; when the running command is over
 * block_serve() runs the handlers of those who wait for it again, from their start, in the order in
 * which they began. A handler that finds something replies, and its wait is over; one that calls
 * block_on_keys() again keeps its place, its arguments and its deadline: the new wish is not read. So
 * a handler that waits must change nothing, or nothing that it would not change again.
 *
 * Invariants, asserted together by block_check():
 *   B1  a session has a wait exactly while it is SESSION_BLOCKED by block_on_keys().
 *   B2  a wait stands once in the queue of each of its keys, in order of beginning.
 *   B3  a key is known exactly while somebody waits for it, once in the table of its database.
 *   B4  `due` is a heap by deadline of the waits that have one.
 *   B5  the keyspace listens exactly while somebody waits: with nobody a change costs one compare.
 * Bounds: a session has one wait, so there are no more than clients; what a wait keeps is its
 * command's arguments, which were within the query buffer's limit; one call of block_serve() ends
 * when a round over the ready keys has ended no wait.
 * Locking: none; the engine thread alone. Ownership: a wait lies in the clients heap and is freed
 * when it ends: served, timed out, unblocked, or with its session. */
#ifndef ASHLAR_SERVER_CORE_BLOCK_H
#define ASHLAR_SERVER_CORE_BLOCK_H

#include "server/ds/table.h"
#include "server/types/value.h"

struct block_key;
struct block_wait;
struct call;
struct engine;
struct session;

struct block_wish {
    uint32_t        first, count; /* the keys: argv[first] .. argv[first + count - 1]; count > 0 */
    enum value_type type;         /* what a key must hold for the handler to find something */
    bool            when_gone;    /* also run again when a key is changed to anything else, or gone */
    int64_t         timeout_ms;   /* 0: for ever */
    /* What is to run again, of the call's argc; NULL: the call's own argv. For what has to be
     * resolved when the wait begins: XREAD's `$`. */
    const struct slice *argv;
};

/* The engine's part; see block.c. */
struct block {
    struct table       *waited;   /* struct block_key, a table for each database; NULL: never needed */
    struct block_key   *ready_first, *ready_last;
    struct block_key   *held;     /* ready, but a pause keeps those who wait from running */
    struct block_wait **due;      /* heap: the next deadline first */
    size_t              due_count, due_cap;
    uint64_t            waits, keys, keys_when_gone; /* INFO clients */
    uint64_t            begun;    /* waits so far: their order */
};

/* --- For handlers ---------------------------------------------------------------------------- */

/* A timeout argument in milliseconds, rounded up; 0: for ever. False: the error was sent. seconds:
 * a decimal fraction of them (BLPOP), else a whole number of milliseconds (XREAD BLOCK). */
bool block_arg_timeout(struct call *c, uint32_t i, bool seconds, int64_t *out_ms);
/* True: the session waits, the handler returns without a reply. False: nobody may wait here
 * (call->may_block: transactions, scripts, sessions without a connection), nothing was done. */
bool block_on_keys(struct call *c, const struct block_wish *w);

/* Dispatch: so long the handler has run before it began to wait. */
void block_spent(struct session *s, uint64_t usec);

/* --- What may end waits ---------------------------------------------------------------------- */

/* The keyspace's hooks; arg is the engine. A key was changed; all of a database was. */
void block_key_changed(void *arg, unsigned db, struct slice key);
void block_db_replaced(void *arg, unsigned db);
/* There may be something for block_serve to do: asked after every command. */
static inline bool block_has_ready(const struct block *b) { return b->ready_first != NULL; }
void block_serve(struct engine *e);
/* Answers those whose time is over by the engine's clock (monotonic). */
void block_expire(struct engine *e);
/* The next deadline, by the monotonic clock; UINT64_MAX: none. */
uint64_t block_next_us(const struct engine *e);
/* Those that a pause has held back are ready again. */
void block_pause_ended(struct engine *e);
/* CLIENT UNBLOCK: as if its time were over, or with an error. False: it does not wait for keys. */
bool block_end(struct session *s, bool with_error);

/* --- Accounts -------------------------------------------------------------------------------- */

/* Heap bytes of the session's wait, and of the arguments in it. 0: it has none. */
size_t block_bytes(const struct session *s);
size_t block_args_bytes(const struct session *s);
/* For the end: no session is left. */
void   block_fini(struct engine *e);
bool   block_check(const struct engine *e);

#endif
