/* stream_args.c: see stream_args.h. */
#include "server/commands/stream_args.h"

#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/core/config.h"

#define TRIM_BLOCKS  100     /* what ~ without LIMIT looks at: entries of so many full blocks */
#define TRIM_DEFAULT 10000
#define TRIM_MAX     1000000

/* --- IDs ------------------------------------------------------------------------------------- */

static bool id_refused(struct call *c) {
    reply_error(c->reply, ERR_STREAM_ID);
    return false;
}

bool stream_arg_id(struct call *c, uint32_t i, uint64_t missing_seq, struct stream_id *out) {
    return stream_id_parse(c->argv[i], missing_seq, out) || id_refused(c);
}

/* One bound; *open: it is itself left out. */
static bool bound_parse(struct call *c, struct slice s, uint64_t missing_seq, bool *open,
                        struct stream_id *out) {
    *open = s.len > 1 && s.p[0] == '(';
    if (*open) return stream_id_parse(slice_of(s.p + 1, s.len - 1), missing_seq, out) || id_refused(c);
    if (s.len == 1 && (s.p[0] == '-' || s.p[0] == '+')) {
        *out = s.p[0] == '-' ? STREAM_ID_MIN : STREAM_ID_MAX;
        return true;
    }
    return stream_id_parse(s, missing_seq, out) || id_refused(c);
}

bool stream_arg_start(struct call *c, uint32_t i, struct stream_id *from) {
    bool open;
    if (!bound_parse(c, c->argv[i], 0, &open, from)) return false;
    if (open && !stream_id_next(from)) {
        reply_error(c->reply, "ERR invalid start ID for the interval");
        return false;
    }
    return true;
}

bool stream_arg_range(struct call *c, uint32_t start, uint32_t end, struct stream_id *from,
                      struct stream_id *to) {
    bool open;
    if (!stream_arg_start(c, start, from)) return false;
    if (!bound_parse(c, c->argv[end], UINT64_MAX, &open, to)) return false;
    if (open && !stream_id_prev(to)) {
        reply_error(c->reply, "ERR invalid end ID for the interval");
        return false;
    }
    return true;
}

/* --- Trimming -------------------------------------------------------------------------------- */

static bool arg_not_negative(struct call *c, uint32_t i, const char *name, int64_t *out) {
    if (!call_arg_i64(c, i, out)) return false;
    if (*out >= 0) return true;
    reply_errorf(c->reply, "ERR The %s argument must be >= 0.", name);
    return false;
}

/* [= | ~] and the bound, behind argv[*i]. */
static bool bound_read(struct call *c, uint32_t *i, bool by_length, struct stream_trim *t) {
    int64_t maxlen;
    if (t->by != STREAM_TRIM_NONE) {
        reply_error(c->reply, "ERR syntax error, MAXLEN and MINID options at the same time are not "
                              "compatible");
        return false;
    }
    t->approx = false;
    if (c->argc - 1 - *i >= 2 && (call_arg_is(c, *i + 1, "~") || call_arg_is(c, *i + 1, "="))) {
        t->approx = c->argv[*i + 1].p[0] == '~';
        ++*i;
    }
    ++*i;
    t->by = by_length ? STREAM_TRIM_MAXLEN : STREAM_TRIM_MINID;
    if (!by_length) return stream_arg_id(c, *i, 0, &t->minid);
    if (!arg_not_negative(c, *i, "MAXLEN", &maxlen)) return false;
    t->maxlen = (uint64_t)maxlen;
    return true;
}

int stream_arg_trim(struct call *c, uint32_t *i, struct stream_trim_args *a) {
    int64_t limit;
    if (*i + 1 >= c->argc) return 0;
    bool by_length = call_arg_is(c, *i, "maxlen");
    if (by_length || call_arg_is(c, *i, "minid")) return bound_read(c, i, by_length, &a->trim) ? 1 : -1;
    if (!call_arg_is(c, *i, "limit")) return 0;
    if (!arg_not_negative(c, ++*i, "LIMIT", &limit)) return -1;
    a->trim.limit = (uint64_t)limit;
    a->limit_given = true;
    return 1;
}

bool stream_trim_complete(struct call *c, struct stream_trim_args *a, bool needed) {
    const char *error = NULL;
    if (a->trim.limit != 0 && a->trim.by == STREAM_TRIM_NONE)
        error = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
    else if (needed && a->trim.by == STREAM_TRIM_NONE)
        error = "ERR syntax error, XTRIM must be called with a trimming strategy";
    else if (a->limit_given && !a->trim.approx)
        error = "ERR syntax error, LIMIT cannot be used without the special ~ option";
    if (error != NULL) {
        reply_error(c->reply, error);
        return false;
    }
    if (a->limit_given || !a->trim.approx) return true;
    int64_t entries = c->engine->config->types.stream_node_max_entries;
    a->trim.limit = entries <= 0 ? TRIM_DEFAULT : (uint64_t)entries * TRIM_BLOCKS;
    if (entries > TRIM_MAX / TRIM_BLOCKS) a->trim.limit = TRIM_MAX;
    return true;
}

/* --- Replies --------------------------------------------------------------------------------- */

void reply_stream_id(struct reply *r, struct stream_id id) {
    char text[STREAM_ID_TEXT_MAX];
    reply_bulk(r, slice_of(text, stream_id_format(text, id)));
}

void reply_stream_entry(struct reply *r, struct stream_iter *it, struct stream_id id, uint64_t pairs) {
    reply_array(r, 2);
    reply_stream_id(r, id);
    reply_array(r, pairs * 2);
    for (; pairs > 0; pairs--) {
        struct element field, value;
        stream_field(it, &field, &value);
        reply_element(r, &field);
        reply_element(r, &value);
    }
}

bool reply_stream_one(struct reply *r, const struct value *v, struct stream_id id) {
    struct stream_iter it;
    uint64_t           pairs;
    stream_iter_init(&it, v, id, id, false);
    if (!stream_next(&it, &id, &pairs)) return false;
    reply_stream_entry(r, &it, id, pairs);
    return true;
}

void reply_stream_entries(struct reply *r, const struct value *v, struct stream_id from,
                          struct stream_id to, uint64_t count, bool backwards) {
    struct reply_deferred d = reply_begin(r);
    struct stream_iter    it;
    struct stream_id      id;
    uint64_t              n = 0, pairs;
    stream_iter_init(&it, v, from, to, backwards);
    for (; (count == 0 || n < count) && stream_next(&it, &id, &pairs); n++)
        reply_stream_entry(r, &it, id, pairs);
    reply_end_array(r, d, n);
}
