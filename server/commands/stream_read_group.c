/* stream_read_group.c: XREADGROUP: new entries for a consumer of a group, or those it has pending.
 *
 * The ID ">" asks for what the group has not been given yet, any other for the consumer's own pending
 * entries behind it. Only ">" may wait, and reads the group's place anew whenever it is run again.
 * Since 7.2 asking makes the consumer, whether there is something for it or not; it is no change that
 * anybody waits for, so a waiting command that is run again cannot wake itself.
 *
 * Start reading at cmd_xreadgroup(). */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/stream_args.h"
#include "server/commands/stream_group.h"
#include "server/commands/stream_read.h"
#include "server/core/block.h"

#define ID_NEW STREAM_ID_MAX /* ">": nothing can be pending behind the last ID there is */

/* Stream number n and its group. False: the error was sent. */
static bool find_group(struct call *c, const struct stream_read *a, uint32_t n, struct key *k,
                       struct stream_group **out) {
    if (!call_read(c, a->first + n, VAL_STREAM, k)) return false;
    *out = k->entry != NULL ? stream_group_get(stream_of(&k->v), c->argv[a->group]) : NULL;
    if (*out != NULL) return true;
    reply_errorf(c->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with GROUP "
                 "option", call_arg_shown(c, a->first + n), c->argv[a->first + n].p,
                 call_arg_shown(c, a->group), c->argv[a->group].p);
    return false;
}

static bool after_id(struct call *c, const struct stream_read *a, uint32_t n, struct stream_id *out) {
    uint32_t i = a->first + a->streams + n;
    if (slice_eq(c->argv[i], slice_str("$"))) {
        reply_error(c->reply, "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read "
                              "the history of this consumer by specifying a proper ID, or use the > ID to "
                              "get new messages. The $ ID would just return an empty result set.");
        return false;
    }
    *out = ID_NEW;
    return slice_eq(c->argv[i], slice_str(">")) || stream_arg_id(c, i, 0, out);
}

/* Is there something to reply for this stream? History always is, be it empty. */
static bool has_more(const struct value *v, const struct stream_group *g, struct stream_id after) {
    return !stream_id_eq(after, ID_NEW) || stream_id_less(g->last_id, stream_last_entry(v));
}

/* What the consumer has pending behind the ID, delivered once more; null for what was deleted. */
static void reply_history(struct call *c, const struct stream_read *a, const struct value *v,
                          struct stream_group *g, struct stream_consumer *consumer,
                          struct stream_id after) {
    struct reply_deferred d = reply_begin(c->reply);
    size_t                n = 0;
    stream_id_next(&after); /* it is below the last ID there is */
    for (struct idmap_cursor at = idmap_at_least(&consumer->pending, after);
         idmap_valid(&at) && (a->count == 0 || n < a->count); idmap_step(&at, false), n++) {
        struct stream_id       id = idmap_id(&at);
        struct stream_pending *p = stream_pending_get(g, id);
        if (reply_stream_one(c->reply, v, id)) {
            p->delivered_ms = c->now_ms;
            p->deliveries++;
        } else {
            reply_array(c->reply, 2);
            reply_stream_id(c->reply, id);
            reply_null_array(c->reply);
        }
    }
    reply_end_array(c->reply, d, n);
}

static void entry_given(struct call *c, struct stream_group *g, struct stream_consumer *consumer,
                        struct stream_id id, struct ash_heap *heap) {
    bool                   added;
    struct stream_pending *p = stream_pending_give(g, heap, id, consumer, &added);
    p->delivered_ms = c->now_ms;
    p->deliveries = 1; /* also where XGROUP SETID went back to what was delivered before */
    consumer->active_ms = c->now_ms;
}

/* What the group has not been given yet. */
static void reply_new(struct call *c, const struct stream_read *a, const struct value *v,
                      struct stream_group *g, struct stream_consumer *consumer) {
    struct reply_deferred d = reply_begin(c->reply);
    struct type_env       env = call_env(c);
    struct stream_iter    it;
    struct stream_id      id = g->last_id;
    uint64_t              n = 0, pairs;
    stream_id_next(&id); /* there is an entry behind it */
    stream_iter_init(&it, v, id, STREAM_ID_MAX, false);
    for (; (a->count == 0 || n < a->count) && stream_next(&it, &id, &pairs); n++) {
        reply_stream_entry(c->reply, &it, id, pairs);
        stream_group_deliver(stream_of(v), g, id);
        if (!a->no_ack) entry_given(c, g, consumer, id, env.heap);
    }
    reply_end_array(c->reply, d, n);
}

/* Replies what stream number n has for the consumer. False: nothing. */
static bool reply_stream(struct call *c, const struct stream_read *a, uint32_t n, struct stream_id after) {
    struct key           k;
    struct stream_group *g;
    bool                 found = find_group(c, a, n, &k, &g);
    ASSERT(found); /* all were there a moment ago */
    if (!has_more(&k.v, g, after)) return false; /* it was named before, and that took everything */
    struct stream_consumer *consumer = stream_consumer_get(g, c->argv[a->group + 1]);
    if (c->reply->resp == 2) reply_array(c->reply, 2);
    reply_bulk(c->reply, k.name);
    if (stream_id_eq(after, ID_NEW)) reply_new(c, a, &k.v, g, consumer);
    else reply_history(c, a, &k.v, g, consumer, after);
    c->dirty++;
    return true;
}

/* The consumer asks each of the groups. True: one has something. */
static bool ask(struct call *c, const struct stream_read *a, const struct stream_id *after) {
    bool more = false;
    for (uint32_t n = 0; n < a->streams; n++) {
        struct key k;
        if (!call_peek(c, a->first + n, &k)) continue;
        struct stream_group *g = stream_group_get(stream_of(&k.v), c->argv[a->group]);
        stream_consumer_seen(c, g, c->argv[a->group + 1]);
        more = more || has_more(&k.v, g, after[n]);
    }
    return more;
}

static void cmd_xreadgroup(struct call *c) {
    struct stream_read   a;
    struct key           k;
    struct stream_group *g;
    if (!stream_read_parse(c, true, &a)) return;
    struct ash_heap  *heap = c->engine->heaps.clients;
    struct stream_id *after = ash_alloc(heap, a.streams * sizeof *after);
    bool              good = true;
    for (uint32_t n = 0; n < a.streams && good; n++)
        good = find_group(c, &a, n, &k, &g) && after_id(c, &a, n, &after[n]);
    if (good) {
        struct block_wish w = {.first = a.first, .count = a.streams, .type = VAL_STREAM,
                               .when_gone = true, .timeout_ms = a.timeout_ms};
        if (ask(c, &a, after)) stream_read_each(c, &a, after, reply_stream);
        else if (!(a.blocks && block_on_keys(c, &w))) reply_null_array(c->reply);
    }
    ash_free(after, a.streams * sizeof *after);
}

const struct command stream_read_group_commands[] = {
    { .name = "xreadgroup", .handler = cmd_xreadgroup, .arity = -7, .group = GROUP_STREAM,
      .acl = ACL_STREAM, .flags = CMD_WRITE | CMD_BLOCKING,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .keyword = "STREAMS", .first = 4, .last = -1, .step = 1,
                 .limit = 2 }},
      .syntax = "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] "
                "id [id ...]",
      .since = "5.0.0",
      .complexity = "For each stream O(M*log(N)), M = entries returned, N = pending entries",
      .summary = "Returns new entries to a consumer of a group, or those it has pending. Waits for new "
                 "ones if asked to." },
    {0},
};
