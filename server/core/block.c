/* block.c: who waits for which key, until when, and running them again.
 *
 *   waited[db] ──► block_key ── queue ──► place ─ place ─ place      one place for each key of a wait
 *                     │                     │                        (they lie in the wait's block)
 *                   ready list           block_wait ──► session, command, arguments, deadline
 *                                           ▲
 *                   due (heap) ─────────────┘
 *
 * Redis 7.0 pushed elements to those who wait from within the serving code; 7.2 runs their commands
 * again, and so do we: one code path per command, and what the key holds by then decides.
 *
 * A round takes the ready keys as they are, and of each those who wait as they are; keys that become
 * ready meanwhile (BLMOVE feeds another list) are the next round's. A round that ends no wait is the
 * last: what it made ready is left for after the next command. So serving ends whatever handlers do.
 *
 * While a pause holds a command back, its ready key is kept in `held` and its wait keeps its place.
 *
 * Start reading at block_on_keys() and block_serve(). */
#include "server/core/block.h"

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/core/call.h"
#include "server/core/dispatch.h"

#include <math.h>
#include <string.h>

#define DUE_CAP_MIN 16

/* Where a wait stands in the queue of one of its keys. */
struct place {
    struct block_key  *key;
    struct block_wait *wait;
    struct place      *prev, *next;
};

enum key_state { KEY_QUIET, KEY_READY, KEY_HELD };

struct block_key {
    uint64_t          hash;
    struct place     *first, *last;
    uint64_t          count, when_gone; /* places; those of waits that want to hear of its end */
    struct block_key *prev, *next;      /* in the ready list or in `held` */
    enum key_state    state;
    bool              pinned;           /* being served: not freed with its last place */
    unsigned          db;
    uint32_t          len;
    char              name[];
};

struct block_wait {
    struct session      *session;
    struct dispatch_kept kept;        /* argv lies behind the places */
    uint64_t             order;
    uint64_t             deadline_us; /* UINT64_MAX: none */
    size_t               due_at;      /* place in the heap */
    size_t               bytes, args_bytes;
    enum value_type      type;
    bool                 when_gone;
    uint32_t             place_count;
    struct place         place[];
};

static struct slice key_name(const struct block_key *k) { return slice_of(k->name, k->len); }
static struct slice key_of_item(const void *item) { return key_name(item); }
static const struct table_type key_table = {.key = key_of_item};

/* --- Keys that somebody waits for ------------------------------------------------------------ */

static struct block_key **list_head(struct block *b, enum key_state state) {
    return state == KEY_READY ? &b->ready_first : &b->held;
}

static void key_unlist(struct block *b, struct block_key *k) {
    if (k->state == KEY_QUIET) return;
    if (b->ready_last == k) b->ready_last = k->prev;
    *(k->prev != NULL ? &k->prev->next : list_head(b, k->state)) = k->next;
    if (k->next != NULL) k->next->prev = k->prev;
    k->prev = k->next = NULL;
    k->state = KEY_QUIET;
}

static void key_set_ready(struct block *b, struct block_key *k) {
    if (k->state == KEY_READY) return;
    key_unlist(b, k);
    k->state = KEY_READY;
    k->prev = b->ready_last;
    *(b->ready_last != NULL ? &b->ready_last->next : &b->ready_first) = k;
    b->ready_last = k;
}

static void key_hold(struct block *b, struct block_key *k) {
    key_unlist(b, k);
    k->state = KEY_HELD;
    k->next = b->held;
    if (k->next != NULL) k->next->prev = k;
    b->held = k;
}

static void tables_open(struct engine *e) {
    struct block *b = &e->block;
    if (b->waited != NULL) return;
    b->waited = ash_alloc(e->heaps.server, e->keyspace.count * sizeof *b->waited);
    for (unsigned i = 0; i < e->keyspace.count; i++)
        table_init(&b->waited[i], e->heaps.server, &key_table);
}

static struct block_key *key_get(const struct block *b, unsigned db, struct slice name) {
    struct table *t = &b->waited[db];
    return t->count > 0 ? table_get(t, name, table_hash(name)) : NULL;
}

static struct block_key *key_need(struct engine *e, unsigned db, struct slice name) {
    struct block     *b = &e->block;
    struct block_key *k = key_get(b, db, name);
    if (k != NULL) return k;
    k = ash_zalloc(e->heaps.server, sizeof *k + name.len);
    k->hash = table_hash(name);
    k->db = db;
    k->len = (uint32_t)name.len;
    memcpy(k->name, name.p, name.len);
    table_put(&b->waited[db], k, k->hash);
    b->keys++;
    return k;
}

static void key_drop_unused(struct block *b, struct block_key *k) {
    if (k->first != NULL || k->pinned) return;
    key_unlist(b, k);
    table_take_item(&b->waited[k->db], k, k->hash);
    b->keys--;
    ash_free(k, sizeof *k + k->len);
}

static void place_enter(struct block *b, struct block_wait *w, struct block_key *k) {
    struct place *p = &w->place[w->place_count++];
    *p = (struct place){.key = k, .wait = w, .prev = k->last};
    *(k->last != NULL ? &k->last->next : &k->first) = p;
    k->last = p;
    k->count++;
    if (w->when_gone && k->when_gone++ == 0) b->keys_when_gone++;
}

static void place_leave(struct block *b, struct place *p) {
    struct block_key *k = p->key;
    *(p->prev != NULL ? &p->prev->next : &k->first) = p->next;
    *(p->next != NULL ? &p->next->prev : &k->last) = p->prev;
    k->count--;
    if (p->wait->when_gone && --k->when_gone == 0) b->keys_when_gone--;
    key_drop_unused(b, k);
}

/* --- Deadlines: a binary heap ---------------------------------------------------------------- */

static void due_set(struct block *b, size_t at, struct block_wait *w) {
    b->due[at] = w;
    w->due_at = at;
}

/* Moves w, which is to be at `at`, to where it belongs. */
static void due_settle(struct block *b, size_t at, struct block_wait *w) {
    while (at > 0 && b->due[(at - 1) / 2]->deadline_us > w->deadline_us) {
        due_set(b, at, b->due[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = at * 2 + 1) < b->due_count; at = child) {
        if (child + 1 < b->due_count &&
            b->due[child + 1]->deadline_us < b->due[child]->deadline_us)
            child++;
        if (b->due[child]->deadline_us >= w->deadline_us) break;
        due_set(b, at, b->due[child]);
    }
    due_set(b, at, w);
}

static void due_resize(struct engine *e, size_t cap) {
    struct block       *b = &e->block;
    struct block_wait **to = NULL;
    if (cap > 0) {
        to = ash_alloc(e->heaps.server, cap * sizeof *to);
        if (b->due_count > 0) memcpy(to, b->due, b->due_count * sizeof *to);
    }
    if (b->due != NULL) ash_free(b->due, b->due_cap * sizeof *b->due);
    b->due = to;
    b->due_cap = cap;
}

static void due_put(struct engine *e, struct block_wait *w) {
    struct block *b = &e->block;
    if (w->deadline_us == UINT64_MAX) return;
    if (b->due_count == b->due_cap) due_resize(e, b->due_cap > 0 ? b->due_cap * 2 : DUE_CAP_MIN);
    b->due_count++;
    due_settle(b, b->due_count - 1, w);
}

static void due_take(struct engine *e, struct block_wait *w) {
    struct block *b = &e->block;
    if (w->deadline_us == UINT64_MAX) return;
    ASSERT(b->due[w->due_at] == w);
    struct block_wait *last = b->due[--b->due_count];
    if (last != w) due_settle(b, w->due_at, last);
    if (b->due_cap > DUE_CAP_MIN && b->due_count < b->due_cap / 4) due_resize(e, b->due_cap / 2);
    if (b->due_count == 0) due_resize(e, 0);
}

uint64_t block_next_us(const struct engine *e) {
    return e->block.due_count > 0 ? e->block.due[0]->deadline_us : UINT64_MAX;
}

/* --- Waits ----------------------------------------------------------------------------------- */

/* Longer than the clock will run is for ever. */
static uint64_t deadline_of(const struct engine *e, int64_t timeout_ms) {
    uint64_t us, at;
    if (timeout_ms == 0 || __builtin_mul_overflow((uint64_t)timeout_ms, 1000, &us) ||
        __builtin_add_overflow(us, e->clock.mono_us, &at))
        return UINT64_MAX;
    return at;
}

/* One block: the wait, its places, its argv, the arguments' bytes. */
static struct block_wait *wait_new(const struct call *c, const struct block_wish *wish) {
    const struct slice *argv = wish->argv != NULL ? wish->argv : c->argv;
    size_t              args = 0, head = sizeof(struct block_wait) + wish->count * sizeof(struct place);
    for (uint32_t i = 0; i < c->argc; i++) args += argv[i].len;
    size_t             bytes = head + c->argc * sizeof(struct slice) + args;
    struct block_wait *w = ash_alloc(c->engine->heaps.clients, bytes);
    struct slice      *copy = (struct slice *)((char *)w + head);
    char              *to = (char *)(copy + c->argc);
    *w = (struct block_wait){.session = c->session,
                             .kept = {.command = c->command, .argv = copy, .argc = c->argc},
                             .order = c->engine->block.begun++,
                             .deadline_us = deadline_of(c->engine, wish->timeout_ms),
                             .bytes = bytes,
                             .args_bytes = args,
                             .type = wish->type,
                             .when_gone = wish->when_gone};
    for (uint32_t i = 0; i < c->argc; i++) {
        memcpy(to, argv[i].p, argv[i].len);
        copy[i] = slice_of(to, argv[i].len);
        to += argv[i].len;
    }
    return w;
}

/* It leaves all queues; the session is the caller's to unblock. */
static void wait_free(struct engine *e, struct block_wait *w) {
    struct block *b = &e->block;
    w->session->wait = NULL;
    for (uint32_t i = 0; i < w->place_count; i++) place_leave(b, &w->place[i]);
    due_take(e, w);
    if (--b->waits == 0) e->keyspace.listening--;
    ash_free(w, w->bytes);
}

/* The session is going away. */
static void wait_abandon(struct session *s, void *arg) { wait_free(s->engine, arg); }

static void wait_end(struct engine *e, struct block_wait *w) {
    struct session *s = w->session;
    wait_free(e, w);
    session_unblock(s);
}

static void wait_give_up(struct engine *e, struct block_wait *w, const char *error) {
    dispatch_give_up(w->session, &w->kept, error);
    wait_end(e, w);
}

static void wait_begin(struct call *c, const struct block_wish *wish) {
    struct engine     *e = c->engine;
    struct block      *b = &e->block;
    struct session    *s = c->session;
    struct block_wait *w = wait_new(c, wish);
    tables_open(e);
    for (uint32_t i = 0; i < wish->count; i++) {
        struct block_key *k = key_need(e, s->db, w->kept.argv[wish->first + i]);
        if (k->last == NULL || k->last->wait != w) place_enter(b, w, k); /* else named twice */
    }
    due_put(e, w);
    if (b->waits++ == 0) e->keyspace.listening++;
    s->wait = w;
    session_block(s, wait_abandon, w);
}

bool block_on_keys(struct call *c, const struct block_wish *wish) {
    if (!c->may_block) return false;
    ASSERT(wish->count > 0 && wish->first + wish->count <= c->argc);
    ASSERT(wish->timeout_ms >= 0);
    c->waits = true;
    if (c->session->wait == NULL) wait_begin(c, wish); /* else it runs again: all stays as it is */
    return true;
}

void block_spent(struct session *s, uint64_t usec) { s->wait->kept.usec += usec; }

bool block_arg_timeout(struct call *c, uint32_t i, bool seconds, int64_t *out_ms) {
    long double fraction;
    int64_t     ms, at;
    if (!seconds) {
        const char *error = "ERR timeout is not an integer or out of range";
        if (!call_arg_range(c, i, INT64_MIN, INT64_MAX, &ms, error)) return false;
    } else if (!num_parse_ldouble(c->argv[i], &fraction)) {
        reply_error(c->reply, "ERR timeout is not a float or out of range");
        return false;
    } else if ((fraction = ceill(fraction * 1000)) >= 0x1p63L) {
        reply_error(c->reply, "ERR timeout is out of range");
        return false;
    } else {
        ms = fraction < 0 ? -1 : (int64_t)fraction;
    }
    if (ms < 0) {
        reply_error(c->reply, "ERR timeout is negative");
        return false;
    }
    if (__builtin_add_overflow(ms, c->now_ms, &at)) {
        reply_error(c->reply, "ERR timeout is out of range");
        return false;
    }
    *out_ms = ms;
    return true;
}

/* --- Changes --------------------------------------------------------------------------------- */

void block_key_changed(void *arg, unsigned db, struct slice key) {
    struct engine *e = arg;
    if (e->block.waits == 0) return; /* others listen too */
    struct block_key *k = key_get(&e->block, db, key);
    if (k != NULL) key_set_ready(&e->block, k);
}

void block_db_replaced(void *arg, unsigned db) {
    struct engine    *e = arg;
    struct table_iter it;
    struct block_key *k;
    if (e->block.waits == 0) return;
    table_iter_init(&it, &e->block.waited[db]);
    while ((k = table_next(&it)) != NULL) key_set_ready(&e->block, k);
}

void block_pause_ended(struct engine *e) {
    while (e->block.held != NULL) key_set_ready(&e->block, e->block.held);
}

/* --- Serving --------------------------------------------------------------------------------- */

/* What the key holds now; VAL_ANY: nothing. */
static enum value_type key_holds(const struct engine *e, const struct block_key *k) {
    const struct db    *db = &e->keyspace.db[k->db];
    const struct entry *entry = db_peek(db, key_name(k), k->hash);
    return entry != NULL && !db_expired(db, entry) ? entry_type(entry) : VAL_ANY;
}

/* True: its wait is over. */
static bool wait_run(struct engine *e, struct block_wait *w) {
    if (w->session->flags & SESSION_CLOSE_ASAP) return false; /* it takes nothing with it */
    if (!dispatch_again(w->session, &w->kept)) return false;
    wait_end(e, w);
    return true;
}

/* Those who wait for k, as they are now. Returns how many waits have ended. */
static uint64_t serve_key(struct engine *e, struct block_key *k) {
    uint64_t      ended = 0, count = k->count;
    bool          held = false;
    struct place *next = k->first;
    k->pinned = true;
    for (struct place *p; count > 0 && (p = next) != NULL; count--) {
        struct block_wait *w = p->wait;
        enum value_type    holds = key_holds(e, k);
        next = p->next; /* running ends this wait at most */
        if (holds == VAL_ANY && k->when_gone == 0) break;
        if (holds != w->type && !w->when_gone) continue;
        if (pause_applies(e, w->kept.command->cmd->flags))
            held = true;
        else
            ended += wait_run(e, w);
    }
    k->pinned = false;
    if (held) key_hold(&e->block, k);
    key_drop_unused(&e->block, k);
    return ended;
}

/* The keys that are ready now. Returns how many waits have ended. */
static uint64_t serve_round(struct engine *e) {
    struct block     *b = &e->block;
    struct block_key *k;
    uint64_t          ended = 0, left = 0;
    for (k = b->ready_first; k != NULL; k = k->next) left++;
    for (; left > 0 && (k = b->ready_first) != NULL; left--) {
        key_unlist(b, k);
        ended += serve_key(e, k);
    }
    return ended;
}

void block_serve(struct engine *e) {
    while (block_has_ready(&e->block) && serve_round(e) > 0) continue;
}

void block_expire(struct engine *e) {
    struct block *b = &e->block;
    while (b->due_count > 0 && b->due[0]->deadline_us <= e->clock.mono_us)
        wait_give_up(e, b->due[0], NULL);
}

bool block_end(struct session *s, bool with_error) {
    if (s->wait == NULL || s->flags & SESSION_CLOSE_ASAP) return false;
    wait_give_up(s->engine, s->wait,
                 with_error ? "UNBLOCKED client unblocked via CLIENT UNBLOCK" : NULL);
    return true;
}

/* --- Accounts and checks --------------------------------------------------------------------- */

size_t block_bytes(const struct session *s) {
    return s->wait != NULL ? ash_good_size(s->wait->bytes) : 0;
}

size_t block_args_bytes(const struct session *s) {
    return s->wait != NULL ? s->wait->args_bytes : 0;
}

void block_fini(struct engine *e) {
    struct block *b = &e->block;
    ASSERT(b->waits == 0 && b->keys == 0);
    if (b->waited == NULL) return;
    for (unsigned i = 0; i < e->keyspace.count; i++) table_fini(&b->waited[i], NULL, NULL);
    ash_free(b->waited, e->keyspace.count * sizeof *b->waited);
    b->waited = NULL;
}

static void check_key(const struct block *b, const struct block_key *k) {
    uint64_t            count = 0, when_gone = 0, order = 0;
    const struct place *prev = NULL;
    for (const struct place *p = k->first; p != NULL; prev = p, p = p->next) {
        ASSERT(p->prev == prev && p->key == k);
        ASSERT(prev == NULL || p->wait->order > order); /* B2 */
        order = p->wait->order;
        count++;
        when_gone += p->wait->when_gone;
    }
    ASSERT(k->last == prev && count > 0 && k->count == count && k->when_gone == when_gone); /* B3 */
    ASSERT(!k->pinned);
    ASSERT(key_get(b, k->db, key_name(k)) == k);
}

static uint64_t check_list(const struct block_key *k, enum key_state state) {
    uint64_t n = 0;
    for (const struct block_key *prev = NULL; k != NULL; prev = k, k = k->next, n++)
        ASSERT(k->prev == prev && k->state == state);
    return n;
}

static void check_keys(const struct engine *e) {
    const struct block *b = &e->block;
    uint64_t            keys = 0, when_gone = 0, listed = 0;
    for (unsigned i = 0; b->waited != NULL && i < e->keyspace.count; i++) {
        struct table_iter       it;
        const struct block_key *k;
        ASSERT(table_check(&b->waited[i]));
        table_iter_init(&it, &b->waited[i]);
        while ((k = table_next(&it)) != NULL) {
            ASSERT(k->db == i);
            check_key(b, k);
            keys++;
            when_gone += k->when_gone > 0;
            listed += k->state != KEY_QUIET;
        }
    }
    ASSERT(keys == b->keys && when_gone == b->keys_when_gone);
    ASSERT(listed == check_list(b->ready_first, KEY_READY) + check_list(b->held, KEY_HELD));
}

bool block_check(const struct engine *e) {
    const struct block *b = &e->block;
    uint64_t            waits = 0, timed = 0;
    for (const struct session *s = e->first; s != NULL; s = s->next) {
        const struct block_wait *w = s->wait;
        if (w == NULL) continue;
        ASSERT(w->session == s && s->flags & SESSION_BLOCKED && s->abandon_arg == w); /* B1 */
        ASSERT(w->place_count > 0);
        for (uint32_t i = 0; i < w->place_count; i++) ASSERT(w->place[i].wait == w);
        waits++;
        timed += w->deadline_us != UINT64_MAX;
    }
    ASSERT(waits == b->waits && timed == b->due_count);
    for (size_t i = 0; i < b->due_count; i++) { /* B4 */
        ASSERT(b->due[i]->due_at == i);
        ASSERT(i == 0 || b->due[(i - 1) / 2]->deadline_us <= b->due[i]->deadline_us);
    }
    ASSERT(b->waits == 0 || e->keyspace.listening > 0); /* B5 */
    check_keys(e);
    return true;
}
