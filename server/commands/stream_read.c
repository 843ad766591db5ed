/* stream_read.c: XREAD: what has come to several streams since, at once or when it comes.
 *
 * "$" stands for a stream's last ID and "+" for the one before its last entry at the moment of asking:
 * a command that waits waits with these IDs in their place, since it is run again later (block.h).
 *
 * Start reading at cmd_xread(). XREADGROUP is in stream_read_group.c. */
#include "server/commands/stream_read.h"

#include "alloc/alloc.h"
#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/commands/stream_args.h"
#include "server/core/block.h"

static bool xread_refused(struct call *c, const char *error) {
    reply_error(c->reply, error);
    return false;
}

#define ONLY_GROUP(option) \
    "ERR The " option " option is only supported by XREADGROUP. You called XREAD instead."

static bool xread_option(struct call *c, uint32_t *i, bool by_group, struct stream_read *a) {
    bool    more = *i + 1 < c->argc;
    int64_t count;
    if (more && call_arg_is(c, *i, "block")) {
        a->blocks = true;
        return block_arg_timeout(c, ++*i, false, &a->timeout_ms);
    }
    if (more && call_arg_is(c, *i, "count")) {
        if (!call_arg_i64(c, ++*i, &count)) return false;
        a->count = count < 0 ? 0 : (uint64_t)count;
        return true;
    }
    if (*i + 2 < c->argc && call_arg_is(c, *i, "group")) {
        if (!by_group) return xread_refused(c, ONLY_GROUP("GROUP"));
        a->group = *i + 1;
        *i += 2;
        return true;
    }
    if (call_arg_is(c, *i, "noack")) {
        if (!by_group) return xread_refused(c, ONLY_GROUP("NOACK"));
        a->no_ack = true;
        return true;
    }
    return xread_refused(c, "ERR syntax error");
}

bool stream_read_parse(struct call *c, bool by_group, struct stream_read *a) {
    *a = (struct stream_read){0};
    for (uint32_t i = 1; i < c->argc && a->first == 0; i++) {
        if (i + 1 < c->argc && call_arg_is(c, i, "streams")) a->first = i + 1;
        else if (!xread_option(c, &i, by_group, a)) return false;
    }
    if (a->first == 0) return xread_refused(c, "ERR syntax error");
    if ((c->argc - a->first) % 2 != 0)
        return xread_refused(c, "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' "
                                "must be specified.");
    if (by_group && a->group == 0)
        return xread_refused(c, "ERR Missing GROUP option for XREADGROUP");
    a->streams = (c->argc - a->first) / 2;
    return true;
}

void stream_read_each(struct call *c, const struct stream_read *a, const struct stream_id *after,
                      stream_read_fn one) {
    struct reply_deferred d = reply_begin(c->reply);
    size_t                found = 0;
    for (uint32_t n = 0; n < a->streams; n++) found += one(c, a, n, after[n]);
    if (c->reply->resp == 2) reply_end_array(c->reply, d, found);
    else reply_end_map(c->reply, d, found);
}

/* The ID that entries of stream number n have to be above. False: the error was sent. */
static bool after_id(struct call *c, const struct stream_read *a, uint32_t n, struct stream_id *out) {
    struct key   k;
    uint32_t     i = a->first + a->streams + n;
    if (!call_read(c, a->first + n, VAL_STREAM, &k)) return false;
    bool last = call_arg_is(c, i, "$"), entry = call_arg_is(c, i, "+");
    if (last || entry) {
        *out = k.entry != NULL ? stream_of(&k.v)->last_id : STREAM_ID_MIN;
        if (entry && k.entry != NULL && stream_count(&k.v) > 0) {
            *out = stream_last_entry(&k.v);
            stream_id_prev(out);
        }
        return true;
    }
    if (call_arg_is(c, i, ">"))
        return xread_refused(c, "ERR The > ID can be specified only when calling XREADGROUP using the "
                                "GROUP <group> <consumer> option.");
    return stream_arg_id(c, i, 0, out);
}

/* Replies what stream number n has behind the ID. False: nothing. */
static bool reply_stream(struct call *c, const struct stream_read *a, uint32_t n, struct stream_id after) {
    struct key k;
    if (!call_read(c, a->first + n, VAL_STREAM, &k) || k.entry == NULL) return false;
    if (!stream_id_less(after, stream_last_entry(&k.v)) || !stream_id_next(&after)) return false;
    if (c->reply->resp == 2) reply_array(c->reply, 2);
    reply_bulk(c->reply, k.name);
    reply_stream_entries(c->reply, &k.v, after, STREAM_ID_MAX, a->count, false);
    return true;
}

static bool has_more(struct call *c, const struct stream_read *a, const struct stream_id *after) {
    for (uint32_t n = 0; n < a->streams; n++) {
        struct key k;
        if (call_peek(c, a->first + n, &k) && stream_id_less(after[n], stream_last_entry(&k.v)))
            return true;
    }
    return false;
}

/* Waits with the IDs as they are now in place of "$" and "+". */
static bool wait_for_entries(struct call *c, const struct stream_read *a, const struct stream_id *after) {
    struct ash_heap *heap = c->engine->heaps.clients;
    struct slice    *argv = ash_alloc(heap, c->argc * sizeof *argv);
    char(*text)[STREAM_ID_TEXT_MAX] = ash_alloc(heap, a->streams * sizeof *text);
    memcpy(argv, c->argv, c->argc * sizeof *argv);
    for (uint32_t n = 0; n < a->streams; n++)
        argv[a->first + a->streams + n] = slice_of(text[n], stream_id_format(text[n], after[n]));
    struct block_wish wish = {.first = a->first, .count = a->streams, .type = VAL_STREAM,
                              .timeout_ms = a->timeout_ms, .argv = argv};
    bool waits = block_on_keys(c, &wish);
    ash_free(text, a->streams * sizeof *text);
    ash_free(argv, c->argc * sizeof *argv);
    return waits;
}

static void cmd_xread(struct call *c) {
    struct stream_read a;
    if (!stream_read_parse(c, false, &a)) return;
    struct ash_heap  *heap = c->engine->heaps.clients;
    struct stream_id *after = ash_alloc(heap, a.streams * sizeof *after);
    bool              good = true;
    for (uint32_t n = 0; n < a.streams && good; n++) good = after_id(c, &a, n, &after[n]);
    if (good && has_more(c, &a, after)) stream_read_each(c, &a, after, reply_stream);
    else if (good && !(a.blocks && wait_for_entries(c, &a, after))) reply_null_array(c->reply);
    ash_free(after, a.streams * sizeof *after);
}

const struct command stream_read_commands[] = {
    { .name = "xread", .handler = cmd_xread, .arity = -4, .group = GROUP_STREAM, .acl = ACL_STREAM,
      .flags = CMD_READONLY | CMD_BLOCKING,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .keyword = "STREAMS", .first = 1, .last = -1, .step = 1,
                 .limit = 2 }},
      .syntax = "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
      .since = "5.0.0",
      .complexity = "For each stream O(log(N) + M), N = its blocks, M = entries returned",
      .summary = "Returns what came to several streams behind given IDs, and waits for it if asked to." },
    {0},
};
