/* stream_pending.c: XACK and XPENDING: ending what a consumer has pending, and listing it. */
#include "server/commands/families.h"

#include "server/commands/stream_args.h"
#include "server/commands/stream_group.h"

/* --- XACK ------------------------------------------------------------------------------------ */

static void cmd_xack(struct call *c) {
    struct key           k;
    struct stream_group *g = NULL;
    struct stream_id     id;
    uint64_t             n = 0;
    struct type_env      env = call_env(c);
    if (!call_read(c, 1, VAL_STREAM, &k)) return;
    if (k.entry != NULL) g = stream_group_get(stream_of(&k.v), c->argv[2]);
    for (uint32_t i = 3; i < c->argc && g != NULL; i++)
        if (!stream_arg_id(c, i, 0, &id)) return; /* all of them, before anything goes */
    for (uint32_t i = 3; i < c->argc && g != NULL; i++)
        n += stream_id_parse(c->argv[i], 0, &id) && stream_pending_remove(g, env.heap, id);
    c->dirty += n;
    reply_uint(c->reply, n);
}

/* --- XPENDING -------------------------------------------------------------------------------- */

struct xpending {
    int64_t          idle_ms;
    struct stream_id from, to;
    uint64_t         count;
    uint32_t         consumer; /* its argument; 0: all */
};

static bool xpending_parse(struct call *c, struct xpending *a) {
    uint32_t i = 3;
    int64_t  count;
    *a = (struct xpending){0};
    if (c->argc < 6 || c->argc > 9) {
        call_syntax_error(c);
        return false;
    }
    if (call_arg_is(c, i, "idle")) {
        if (!call_arg_i64(c, 4, &a->idle_ms)) return false;
        if (c->argc < 8) {
            call_syntax_error(c);
            return false;
        }
        i = 5;
    }
    if (!call_arg_i64(c, i + 2, &count) || !stream_arg_range(c, i, i + 1, &a->from, &a->to)) return false;
    a->count = count < 0 ? 0 : (uint64_t)count;
    if (c->argc > i + 3) a->consumer = i + 3;
    return true;
}

static void reply_pending(struct call *c, const struct stream_group *g, struct stream_id id,
                          const struct stream_pending *p) {
    reply_array(c->reply, 4);
    reply_stream_id(c->reply, id);
    reply_bulk(c->reply, stream_pending_consumer(g, p)->name);
    reply_int(c->reply, stream_idle_ms(c, p->delivered_ms));
    reply_uint(c->reply, p->deliveries);
}

static void pending_list(struct call *c, const struct xpending *a, const struct stream_group *g) {
    const struct stream_consumer *consumer = NULL;
    if (a->consumer != 0 && (consumer = stream_consumer_get(g, c->argv[a->consumer])) == NULL) {
        reply_empty_array(c->reply);
        return;
    }
    struct reply_deferred d = reply_begin(c->reply);
    size_t                n = 0;
    struct idmap_cursor   at = idmap_at_least(consumer != NULL ? &consumer->pending : &g->pending, a->from);
    for (; n < a->count && idmap_valid(&at); idmap_step(&at, false)) {
        struct stream_id             id = idmap_id(&at);
        const struct stream_pending *p = consumer != NULL ? stream_pending_get(g, id) : idmap_value(&at);
        if (stream_id_less(a->to, id)) break;
        if (a->idle_ms != 0 && c->now_ms - p->delivered_ms < a->idle_ms) continue;
        reply_pending(c, g, id, p);
        n++;
    }
    reply_end_array(c->reply, d, n);
}

/* How many there are, the first and the last, and who has how many. */
static void pending_summary(struct call *c, const struct stream_group *g) {
    struct idmap_cursor first = idmap_first(&g->pending), last = idmap_last(&g->pending);
    reply_array(c->reply, 4);
    reply_uint(c->reply, g->pending.count);
    if (g->pending.count == 0) {
        reply_null(c->reply);
        reply_null(c->reply);
        reply_null_array(c->reply);
        return;
    }
    reply_stream_id(c->reply, idmap_id(&first));
    reply_stream_id(c->reply, idmap_id(&last));
    struct reply_deferred d = reply_begin(c->reply);
    size_t                n = 0;
    for (uint32_t i = 0; i < g->consumers.count; i++) {
        const struct stream_consumer *consumer = stream_consumer_at(g, i);
        if (consumer->pending.count == 0) continue;
        reply_array(c->reply, 2);
        reply_bulk(c->reply, consumer->name);
        reply_bulk_int(c->reply, (int64_t)consumer->pending.count);
        n++;
    }
    reply_end_array(c->reply, d, n);
}

static void cmd_xpending(struct call *c) {
    struct xpending      a;
    struct key           k;
    struct stream_group *g;
    bool                 summary = c->argc == 3;
    if ((!summary && !xpending_parse(c, &a)) || !stream_group_read(c, &k, &g)) return;
    if (summary) pending_summary(c, g);
    else pending_list(c, &a, g);
}

/* --- The table -------------------------------------------------------------------------------- */

const struct command stream_pending_commands[] = {
    { .name = "xack", .handler = cmd_xack, .arity = -4, .group = GROUP_STREAM, .acl = ACL_STREAM,
      .flags = CMD_WRITE | CMD_FAST, .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key group id [id ...]", .since = "5.0.0",
      .complexity = "O(log(N)) for each ID, N = pending entries of the group",
      .summary = "Says that entries have been dealt with and returns how many of them were pending." },
    { .name = "xpending", .handler = cmd_xpending, .arity = -3, .group = GROUP_STREAM, .acl = ACL_STREAM,
      .flags = CMD_READONLY, .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .tips = "nondeterministic_output",
      .syntax = "key group [[IDLE min-idle-time] start end count [consumer]]", .since = "5.0.0",
      .complexity = "O(log(N) + M), N = pending entries, M = those returned, and with IDLE those looked "
                    "at; the summary O(C), C = consumers",
      .history = "6.2.0=Added the `IDLE` option and exclusive range intervals.",
      .summary = "Returns what a consumer group has been given and not said to have dealt with." },
    {0},
};
