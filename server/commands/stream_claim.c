/* stream_claim.c: XCLAIM and XAUTOCLAIM: pending entries change hands.
 *
 * What is claimed has to be in the stream: an entry that was deleted meanwhile is dropped from what is
 * pending, and XAUTOCLAIM says which ones these were. IDs are read twice rather than kept, so there
 * is no array of a client's size; the list of deleted ones grows with what is found.
 *
 * Start reading at claim(). */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/stream_args.h"
#include "server/commands/stream_group.h"

struct claim {
    struct call            *c;
    struct value            v;
    struct stream_group    *g;
    struct stream_consumer *consumer;
    struct ash_heap        *heap;
    int64_t                 min_idle_ms;
    int64_t                 delivered_ms; /* what becomes the entries' time of delivery */
    int64_t                 deliveries;   /* what becomes their count; -1: one more */
    bool                    only_ids;     /* JUSTID: the count stays, the reply is IDs */
};

static bool idle_enough(const struct claim *a, const struct stream_pending *p) {
    return a->min_idle_ms == 0 || a->c->now_ms - p->delivered_ms >= a->min_idle_ms;
}

static bool arg_idle(struct call *c, const char *error, int64_t *out) {
    if (!call_arg_range(c, 4, INT64_MIN, INT64_MAX, out, error)) return false;
    if (*out < 0) *out = 0;
    return true;
}

/* The group in the arguments, and the consumer, who has tried from now on. */
static bool claim_begin(struct claim *a) {
    struct call *c = a->c;
    struct key   k;
    if (!stream_group_read(c, &k, &a->g)) return false;
    a->v = k.v;
    a->heap = call_env(c).heap;
    return true;
}

/* The entry p, which is in the stream, becomes the consumer's, and is replied. */
static void claim(struct claim *a, struct stream_id id, struct stream_pending *p) {
    struct reply *r = a->c->reply;
    stream_pending_move(a->g, a->heap, p, id, a->consumer);
    p->delivered_ms = a->delivered_ms;
    if (a->deliveries >= 0) p->deliveries = (uint64_t)a->deliveries;
    else if (!a->only_ids) p->deliveries++;
    a->consumer->active_ms = a->c->now_ms;
    a->c->dirty++;
    if (a->only_ids) {
        reply_stream_id(r, id);
    } else {
        bool there = reply_stream_one(r, &a->v, id);
        ASSERT(there);
    }
}

static void claim_drop(struct claim *a, struct stream_id id) {
    if (stream_pending_remove(a->g, a->heap, id)) a->c->dirty++;
}

/* --- XCLAIM ---------------------------------------------------------------------------------- */

struct xclaim {
    struct claim     claim;
    uint32_t         end; /* behind the IDs, which begin at argv[5] */
    bool             force;
    struct stream_id last_id;
};

/* argv[*i] is an option, *i becomes its last argument. False: the error was sent. */
static bool xclaim_option(struct call *c, uint32_t *i, struct xclaim *a) {
    struct claim *cl = &a->claim;
    int64_t       idle_ms = 0;
    const struct {
        const char *name, *error;
        int64_t    *out;
    } number[] = {{"idle", "ERR Invalid IDLE option argument for XCLAIM", &idle_ms},
                  {"time", "ERR Invalid TIME option argument for XCLAIM", &cl->delivered_ms},
                  {"retrycount", "ERR Invalid RETRYCOUNT option argument for XCLAIM", &cl->deliveries}};
    bool more = *i + 1 < c->argc;
    for (size_t n = 0; more && n < sizeof number / sizeof *number; n++) {
        if (!call_arg_is(c, *i, number[n].name)) continue;
        if (!call_arg_range(c, ++*i, INT64_MIN, INT64_MAX, number[n].out, number[n].error)) return false;
        if (n == 0 && __builtin_sub_overflow(c->now_ms, idle_ms, &cl->delivered_ms))
            cl->delivered_ms = c->now_ms;
        return true;
    }
    if (more && call_arg_is(c, *i, "lastid")) return stream_arg_id(c, ++*i, 0, &a->last_id);
    bool force = call_arg_is(c, *i, "force"), only_ids = call_arg_is(c, *i, "justid");
    a->force |= force;
    cl->only_ids |= only_ids;
    if (force || only_ids) return true;
    reply_errorf(c->reply, "ERR Unrecognized XCLAIM option '%.*s'", call_arg_shown(c, *i), c->argv[*i].p);
    return false;
}

static bool xclaim_parse(struct call *c, struct xclaim *a) {
    struct stream_id id;
    a->claim.delivered_ms = c->now_ms;
    a->claim.deliveries = -1;
    if (!arg_idle(c, "ERR Invalid min-idle-time argument for XCLAIM", &a->claim.min_idle_ms)) return false;
    for (a->end = 5; a->end < c->argc && stream_id_parse(c->argv[a->end], 0, &id);) a->end++;
    for (uint32_t i = a->end; i < c->argc; i++)
        if (!xclaim_option(c, &i, a)) return false;
    /* The client's clock is not ours: a time that cannot be is no error, but now. */
    if (a->claim.delivered_ms < 0 || a->claim.delivered_ms > c->now_ms) a->claim.delivered_ms = c->now_ms;
    return true;
}

/* True: it was claimed. */
static bool xclaim_one(struct xclaim *a, struct stream_id id) {
    struct claim          *cl = &a->claim;
    struct stream_pending *p = stream_pending_get(cl->g, id);
    bool                   added = false;
    if (!stream_has(&cl->v, id)) {
        claim_drop(cl, id);
        return false;
    }
    if (p != NULL && !idle_enough(cl, p)) return false;
    if (p == NULL && a->force) {
        p = stream_pending_give(cl->g, cl->heap, id, cl->consumer, &added);
        p->deliveries = 1;
    }
    if (p == NULL) return false;
    claim(cl, id, p);
    return true;
}

static void cmd_xclaim(struct call *c) {
    struct xclaim    a = {.claim = {.c = c}};
    struct stream_id id;
    size_t           n = 0;
    if (!claim_begin(&a.claim) || !xclaim_parse(c, &a)) return;
    a.claim.consumer = stream_consumer_seen(c, a.claim.g, c->argv[3]);
    if (stream_id_less(a.claim.g->last_id, a.last_id)) {
        a.claim.g->last_id = a.last_id;
        c->dirty++;
    }
    struct reply_deferred d = reply_begin(c->reply);
    for (uint32_t i = 5; i < a.end; i++)
        n += stream_id_parse(c->argv[i], 0, &id) && xclaim_one(&a, id);
    reply_end_array(c->reply, d, n);
}

/* --- XAUTOCLAIM ------------------------------------------------------------------------------ */

#define AUTO_COUNT    100
#define AUTO_ATTEMPTS 10 /* so many entries are looked at for each one that may be claimed */
#define AUTO_MAX      (INT64_MAX / 16)

struct xautoclaim {
    struct claim      claim;
    struct stream_id  start;
    int64_t           count;
    struct stream_id *gone; /* entries that were deleted */
    size_t            gone_count, gone_cap;
};

static bool xautoclaim_parse(struct call *c, struct xautoclaim *a) {
    const char *error = "ERR Invalid min-idle-time argument for XAUTOCLAIM";
    if (!arg_idle(c, error, &a->claim.min_idle_ms) || !stream_arg_start(c, 5, &a->start)) return false;
    for (uint32_t i = 6; i < c->argc; i++) {
        if (i + 1 < c->argc && call_arg_is(c, i, "count")) {
            if (!call_arg_range(c, ++i, 1, AUTO_MAX, &a->count, "ERR COUNT must be > 0")) return false;
        } else if (call_arg_is(c, i, "justid")) {
            a->claim.only_ids = true;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    return true;
}

static void gone_add(struct xautoclaim *a, struct stream_id id) {
    if (a->gone_count == a->gone_cap) {
        size_t cap = a->gone_cap > 0 ? a->gone_cap * 2 : 16;
        a->gone = ash_realloc(a->claim.c->engine->heaps.clients, a->gone, a->gone_cap * sizeof id,
                              cap * sizeof id);
        a->gone_cap = cap;
    }
    a->gone[a->gone_count++] = id;
}

/* Claims from a->start on and replies what; returns where to go on, 0-0 at the end. */
static struct stream_id claim_from(struct xautoclaim *a) {
    struct claim         *cl = &a->claim;
    struct idmap_cursor   at = idmap_at_least(&cl->g->pending, a->start);
    struct reply_deferred d = reply_begin(cl->c->reply);
    size_t                n = 0;
    int64_t               left = a->count;
    uint64_t              attempts = (uint64_t)a->count * AUTO_ATTEMPTS;
    for (; attempts > 0 && left > 0 && idmap_valid(&at); attempts--) {
        struct stream_id id = idmap_id(&at);
        if (!stream_has(&cl->v, id)) {
            claim_drop(cl, id);
            gone_add(a, id);
            left--;
            at = idmap_at_least(&cl->g->pending, id);
            continue;
        }
        struct stream_pending *p = idmap_value(&at);
        if (idle_enough(cl, p)) {
            claim(cl, id, p);
            n++;
            left--;
        }
        idmap_step(&at, false);
    }
    reply_end_array(cl->c->reply, d, n);
    return idmap_valid(&at) ? idmap_id(&at) : STREAM_ID_MIN;
}

static void cmd_xautoclaim(struct call *c) {
    struct xautoclaim a = {.claim = {.c = c, .delivered_ms = c->now_ms, .deliveries = -1},
                           .count = AUTO_COUNT};
    if (!xautoclaim_parse(c, &a) || !claim_begin(&a.claim)) return;
    a.claim.consumer = stream_consumer_seen(c, a.claim.g, c->argv[3]);
    reply_array(c->reply, 3);
    char                  text[STREAM_ID_TEXT_MAX];
    struct reply_deferred cursor = reply_begin(c->reply);
    struct stream_id      next = claim_from(&a);
    reply_end_bulk(c->reply, cursor, slice_of(text, stream_id_format(text, next)));
    reply_array(c->reply, a.gone_count);
    for (size_t i = 0; i < a.gone_count; i++) reply_stream_id(c->reply, a.gone[i]);
    if (a.gone != NULL) ash_free(a.gone, a.gone_cap * sizeof *a.gone);
}

/* --- The table -------------------------------------------------------------------------------- */

#define CLAIM(name_, fn_, key_) \
    .name = (name_), .handler = (fn_), .arity = -6, .group = GROUP_STREAM, .acl = ACL_STREAM, \
    .flags = CMD_WRITE | CMD_FAST, .keys = KEYS(1, 0, 1, KEY_RW | (key_)), \
    .tips = "nondeterministic_output"

const struct command stream_claim_commands[] = {
    { CLAIM("xclaim", cmd_xclaim, KEY_UPDATE),
      .syntax = "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] "
                "[RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
      .since = "5.0.0", .complexity = "O(log(N)) for each ID, N = pending entries of the group",
      .summary = "Gives pending entries to another consumer of the group." },
    { CLAIM("xautoclaim", cmd_xautoclaim, KEY_DELETE),
      .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]", .since = "6.2.0",
      .complexity = "O(M*log(N)), M = COUNT, N = pending entries of the group",
      .history = "7.0.0=Added an element to the reply array, containing deleted entries the command "
                 "cleared from the PEL",
      .summary = "Gives a consumer of the group what has been pending for long, whoever had it." },
    {0},
};
