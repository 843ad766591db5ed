/* stream.c: adding to, reading, deleting from and trimming streams.
 *
 * Arguments are read as Redis reads them, in its order, so that of several errors the same one is
 * told. Start reading at cmd_xadd(). XREAD is in stream_read.c, XINFO in stream_info.c. */
#include "server/commands/families.h"

#include "server/commands/errors.h"
#include "server/commands/stream_args.h"

/* --- XADD ------------------------------------------------------------------------------------ */

struct xadd {
    struct stream_trim_args trim;
    bool                    no_create;
    bool                    has_id, auto_seq; /* neither: "*" */
    struct stream_id        id;
    uint32_t                fields; /* the first argument behind the ID */
};

static bool xadd_parse(struct call *c, struct xadd *a) {
    uint32_t i = 2;
    *a = (struct xadd){0};
    for (; i < c->argc && !call_arg_is(c, i, "*"); i++) {
        int trim = stream_arg_trim(c, &i, &a->trim);
        if (trim < 0) return false;
        if (trim > 0) continue;
        if (call_arg_is(c, i, "nomkstream")) {
            a->no_create = true;
            continue;
        }
        a->has_id = true;
        if (stream_id_parse_auto(c->argv[i], &a->id, &a->auto_seq)) break;
        a->auto_seq = false;
        if (!stream_arg_id(c, i, 0, &a->id)) return false;
        break;
    }
    if (!stream_trim_complete(c, &a->trim, false)) return false;
    a->fields = i + 1;
    if (c->argc < a->fields + 2 || (c->argc - a->fields) % 2 == 1) {
        call_wrong_args(c);
        return false;
    }
    if (!a->has_id || a->auto_seq || !stream_id_is_zero(a->id)) return true;
    reply_error(c->reply, "ERR The ID specified in XADD must be greater than 0-0");
    return false;
}

/* The entry's ID in a stream whose last is `last`. False: it would not be above that. */
static bool xadd_id(const struct call *c, const struct xadd *a, struct stream_id last,
                    struct stream_id *out) {
    if (!a->has_id) {
        *out = (struct stream_id){.ms = (uint64_t)c->now_ms};
        if (stream_id_less(last, *out)) return true;
        *out = last;
        return stream_id_next(out);
    }
    *out = a->id;
    if (a->auto_seq && last.ms == a->id.ms) {
        if (last.seq == UINT64_MAX) return false;
        out->seq = last.seq + 1;
    }
    return stream_id_less(last, *out);
}

static void xadd_store(struct call *c, struct key *k, const struct xadd *a, struct stream_id id) {
    struct type_env env = call_env(c);
    struct value    v = k->entry != NULL ? k->v : stream_new(&env);
    if (!stream_append(&v, &env, id, c->argv + a->fields, c->argc - a->fields)) {
        if (k->entry == NULL) stream_free(&v);
        reply_error(c->reply, "ERR Elements are too large to be stored");
        return;
    }
    stream_trim(&v, &env, &a->trim.trim);
    if (k->entry == NULL) key_create(c, k, v);
    key_changed(c, k, 1);
    reply_stream_id(c->reply, id);
}

static void cmd_xadd(struct call *c) {
    struct xadd      a;
    struct key       k;
    struct stream_id last, id;
    if (!xadd_parse(c, &a) || !call_write(c, 1, VAL_STREAM, &k)) return;
    if (k.entry == NULL && a.no_create) {
        reply_null(c->reply);
        return;
    }
    last = k.entry != NULL ? stream_of(&k.v)->last_id : STREAM_ID_MIN;
    if (stream_id_eq(last, STREAM_ID_MAX))
        reply_error(c->reply, "ERR The stream has exhausted the last possible ID, unable to add more "
                              "items");
    else if (!xadd_id(c, &a, last, &id))
        reply_error(c->reply, "ERR The ID specified in XADD is equal or smaller than the target stream "
                              "top item");
    else
        xadd_store(c, &k, &a, id);
}

/* --- Reading --------------------------------------------------------------------------------- */

static void cmd_xlen(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_STREAM, &k)) return;
    reply_uint(c->reply, k.entry != NULL ? stream_count(&k.v) : 0);
}

static void range(struct call *c, bool backwards) {
    struct stream_id from, to;
    struct key       k;
    int64_t          count = -1;
    uint32_t         start = backwards ? 3 : 2, end = backwards ? 2 : 3;
    if (!stream_arg_range(c, start, end, &from, &to)) return;
    for (uint32_t i = 4; i < c->argc; i += 2) {
        if (!call_arg_is(c, i, "count") || i + 1 == c->argc) {
            call_syntax_error(c);
            return;
        }
        if (!call_arg_i64(c, i + 1, &count)) return;
        if (count < 0) count = 0;
    }
    if (!call_read(c, 1, VAL_STREAM, &k)) return;
    if (k.entry == NULL) {
        reply_empty_array(c->reply);
    } else if (count == 0) {
        reply_null_array(c->reply);
    } else {
        reply_stream_entries(c->reply, &k.v, from, to, count < 0 ? 0 : (uint64_t)count, backwards);
    }
}

static void cmd_xrange(struct call *c) { range(c, false); }
static void cmd_xrevrange(struct call *c) { range(c, true); }

/* --- Deleting -------------------------------------------------------------------------------- */

static void cmd_xdel(struct call *c) {
    struct key       k;
    struct stream_id id;
    uint64_t         n = 0;
    struct type_env  env = call_env(c);
    if (!call_write(c, 1, VAL_STREAM, &k)) return;
    for (uint32_t i = 2; i < c->argc && k.entry != NULL; i++)
        if (!stream_arg_id(c, i, 0, &id)) return; /* all of them, before anything goes */
    for (uint32_t i = 2; i < c->argc && k.entry != NULL; i++)
        n += stream_id_parse(c->argv[i], 0, &id) && stream_delete(&k.v, &env, id);
    if (n > 0) key_changed(c, &k, n);
    reply_uint(c->reply, n);
}

static void cmd_xtrim(struct call *c) {
    struct stream_trim_args a = {0};
    struct key              k;
    struct type_env         env = call_env(c);
    for (uint32_t i = 2; i < c->argc; i++) {
        int trim = stream_arg_trim(c, &i, &a);
        if (trim == 0) call_syntax_error(c);
        if (trim <= 0) return;
    }
    if (!stream_trim_complete(c, &a, true) || !call_write(c, 1, VAL_STREAM, &k)) return;
    uint64_t n = k.entry != NULL ? stream_trim(&k.v, &env, &a.trim) : 0;
    if (n > 0) key_changed(c, &k, n);
    reply_uint(c->reply, n);
}

/* --- XSETID ---------------------------------------------------------------------------------- */

struct xsetid {
    struct stream_id id, max_deleted; /* max_deleted 0-0: as it is */
    int64_t          entries_added;   /* -1: as it is */
};

static bool xsetid_parse(struct call *c, struct xsetid *a) {
    *a = (struct xsetid){.entries_added = -1};
    if (!stream_arg_id(c, 2, 0, &a->id)) return false;
    for (uint32_t i = 3; i < c->argc; i += 2) {
        const char *error = NULL;
        if (i + 1 < c->argc && call_arg_is(c, i, "entriesadded")) {
            if (!call_arg_i64(c, i + 1, &a->entries_added)) return false;
            if (a->entries_added < 0) error = "ERR entries_added must be positive";
        } else if (i + 1 < c->argc && call_arg_is(c, i, "maxdeletedid")) {
            if (!stream_arg_id(c, i + 1, 0, &a->max_deleted)) return false;
            if (stream_id_less(a->id, a->max_deleted))
                error = "ERR The ID specified in XSETID is smaller than the provided "
                        "max_deleted_entry_id";
        } else {
            error = "ERR syntax error";
        }
        if (error != NULL) {
            reply_error(c->reply, error);
            return false;
        }
    }
    return true;
}

static const char *xsetid_refused(const struct value *v, const struct xsetid *a) {
    const struct stream *s = stream_of(v);
    if (stream_id_less(a->id, s->max_deleted))
        return "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
    if (s->length == 0) return NULL;
    if (stream_id_less(a->id, stream_last_entry(v)))
        return "ERR The ID specified in XSETID is smaller than the target stream top item";
    if (a->entries_added != -1 && s->length > (uint64_t)a->entries_added)
        return "ERR The entries_added specified in XSETID is smaller than the target stream length";
    return NULL;
}

static void cmd_xsetid(struct call *c) {
    struct xsetid a;
    struct key    k;
    if (!xsetid_parse(c, &a) || !call_write(c, 1, VAL_STREAM, &k)) return;
    const char *error = k.entry == NULL ? ERR_NO_KEY : xsetid_refused(&k.v, &a);
    if (error != NULL) {
        reply_error(c->reply, error);
        return;
    }
    struct stream *s = stream_of(&k.v);
    stream_set_last_id(&k.v, a.id);
    if (a.entries_added != -1) s->entries_added = (uint64_t)a.entries_added;
    if (!stream_id_is_zero(a.max_deleted)) s->max_deleted = a.max_deleted;
    key_changed(c, &k, 1);
    reply_ok(c->reply);
}

#define STREAM(name_, fn_, arity_, flags_, keys_) \
    .name = (name_), .handler = (fn_), .arity = (arity_), .group = GROUP_STREAM, .acl = ACL_STREAM, \
    .flags = (flags_), .keys = KEYS(1, 0, 1, keys_)

const struct command stream_commands[] = {
    { STREAM("xadd", cmd_xadd, -5, CMD_WRITE | CMD_DENYOOM | CMD_FAST, KEY_RW | KEY_UPDATE),
      .tips = "nondeterministic_output",
      .syntax = "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> "
                "field value [field value ...]",
      .since = "5.0.0",
      .complexity = "O(1) when adding a new entry, O(N) when trimming, N = the entries that go",
      .history = "6.2.0=Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.;"
                 "7.0.0=Added support for the `<ms>-*` explicit ID form.",
      .summary = "Adds an entry to a stream, and trims it if asked to." },
    { STREAM("xlen", cmd_xlen, 2, CMD_READONLY | CMD_FAST, KEY_RO),
      .syntax = "key", .since = "5.0.0", .complexity = "O(1)",
      .summary = "Returns the number of entries of a stream." },
    { STREAM("xrange", cmd_xrange, -4, CMD_READONLY, KEY_RO | KEY_ACCESS),
      .syntax = "key start end [COUNT count]", .since = "5.0.0",
      .complexity = "O(log(N) + M), N = blocks of the stream, M = entries returned",
      .history = "6.2.0=Added exclusive ranges.",
      .summary = "Returns the entries of a range of IDs." },
    { STREAM("xrevrange", cmd_xrevrange, -4, CMD_READONLY, KEY_RO | KEY_ACCESS),
      .syntax = "key end start [COUNT count]", .since = "5.0.0",
      .complexity = "O(log(N) + M), N = blocks of the stream, M = entries returned",
      .history = "6.2.0=Added exclusive ranges.",
      .summary = "Returns the entries of a range of IDs, the highest first." },
    { STREAM("xdel", cmd_xdel, -3, CMD_WRITE | CMD_FAST, KEY_RW | KEY_DELETE),
      .syntax = "key id [id ...]", .since = "5.0.0",
      .complexity = "O(log(N)) for each ID, N = blocks of the stream",
      .summary = "Deletes entries of a stream and returns how many there were." },
    { STREAM("xtrim", cmd_xtrim, -4, CMD_WRITE, KEY_RW | KEY_DELETE),
      .tips = "nondeterministic_output",
      .syntax = "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]", .since = "5.0.0",
      .complexity = "O(N), N = the entries that go",
      .history = "6.2.0=Added the `MINID` trimming strategy and the `LIMIT` option.",
      .summary = "Removes a stream's oldest entries down to a length or an ID." },
    { STREAM("xsetid", cmd_xsetid, -3, CMD_WRITE | CMD_DENYOOM | CMD_FAST, KEY_RW | KEY_UPDATE),
      .syntax = "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
      .since = "5.0.0", .complexity = "O(1)",
      .history = "7.0.0=Added the `entries_added` and `max_deleted_entry_id` arguments.",
      .summary = "Sets what a stream takes for its last ID." },
    {0},
};
