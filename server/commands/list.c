/* list.c: the list commands, but for those that take elements from an end (list_pop.c).
 *
 * Each handler follows one pattern: look the key up, parse, change the value through types/list.h,
 * commit. Where Redis looks the key up before it parses (LSET), so do we: the order shows in which
 * error a client gets.
 *
 * Start reading at push(). */
#include "server/commands/families.h"

#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/commands/list_range.h"
#include "server/core/call.h"
#include "server/types/list.h"

/* Negative indexes count from the tail; the range is cut to the list. False: nothing is in it. */
static bool clip_range(int64_t *start, int64_t *stop, uint64_t len) {
    int64_t n = (int64_t)len;
    if (*start < 0) *start += n;
    if (*stop < 0) *stop += n;
    if (*start < 0) *start = 0;
    if (*stop >= n) *stop = n - 1;
    return *start <= *stop && *start < n;
}

static void push(struct call *c, enum list_end end, bool existing_only) {
    struct key k;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (!k.entry && existing_only) {
        reply_int(c->reply, 0);
        return;
    }
    struct type_env env = call_env(c);
    if (!k.entry) key_create(c, &k, list_new(&env));
    list_push_all(&k.v, &env, end, c->argv + 2, c->argc - 2);
    reply_uint(c->reply, list_len(&k.v));
    key_commit_grown(c, &k, c->argc - 2);
}

static void cmd_lpush(struct call *c) { push(c, LIST_HEAD, false); }
static void cmd_rpush(struct call *c) { push(c, LIST_TAIL, false); }
static void cmd_lpushx(struct call *c) { push(c, LIST_HEAD, true); }
static void cmd_rpushx(struct call *c) { push(c, LIST_TAIL, true); }

static void cmd_llen(struct call *c) {
    struct key k;
    if (!call_read(c, 1, VAL_LIST, &k)) return;
    reply_uint(c->reply, k.entry ? list_len(&k.v) : 0);
}

static void reply_found(const struct element *e, void *reply) { reply_element(reply, e); }

static void cmd_lindex(struct call *c) {
    struct key k;
    int64_t    index;
    if (!call_read(c, 1, VAL_LIST, &k)) return;
    if (!k.entry) {
        reply_null(c->reply);
        return;
    }
    if (!call_arg_i64(c, 2, &index)) return;
    if (!list_get(&k.v, index, reply_found, c->reply)) reply_null(c->reply);
}

static void cmd_lrange(struct call *c) {
    int64_t    start, stop;
    struct key k;
    if (!call_arg_i64(c, 2, &start) || !call_arg_i64(c, 3, &stop)) return;
    if (!call_read(c, 1, VAL_LIST, &k)) return;
    if (!k.entry || !clip_range(&start, &stop, list_len(&k.v))) {
        reply_empty_array(c->reply);
        return;
    }
    reply_array(c->reply, (size_t)(stop - start + 1));
    struct list_iter it;
    struct element   e;
    list_iter_init(&it, &k.v, start, false);
    for (int64_t i = start; i <= stop && list_next(&it, &e); i++) reply_element(c->reply, &e);
    list_iter_fini(&it);
}

static void cmd_lset(struct call *c) {
    struct key k;
    int64_t    index;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (!k.entry) {
        reply_error(c->reply, ERR_NO_KEY);
        return;
    }
    if (!call_arg_i64(c, 2, &index)) return;
    struct type_env env = call_env(c);
    bool there = list_set(&k.v, &env, index, c->argv[3]);
    key_commit(c, &k, there); /* also for none: it may have been converted to make room */
    if (there) reply_ok(c->reply);
    else reply_error(c->reply, ERR_INDEX_RANGE);
}

static void cmd_linsert(struct call *c) {
    bool after = call_arg_is(c, 2, "after");
    if (!after && !call_arg_is(c, 2, "before")) {
        call_syntax_error(c);
        return;
    }
    struct key k;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (!k.entry) {
        reply_int(c->reply, 0);
        return;
    }
    struct type_env env = call_env(c);
    bool inserted = list_insert(&k.v, &env, c->argv[3], after, c->argv[4]);
    reply_int(c->reply, inserted ? (int64_t)list_len(&k.v) : -1);
    key_commit(c, &k, inserted); /* also for none: it may have been converted to make room */
}

static void cmd_lrem(struct call *c) {
    int64_t    count;
    struct key k;
    if (!call_arg_i64(c, 2, &count)) return;
    if (count == INT64_MIN) count++; /* as many from the tail as any list has */
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    uint64_t removed = 0;
    if (k.entry) {
        struct type_env env = call_env(c);
        removed = list_remove(&k.v, &env, count, c->argv[3]);
        if (removed > 0) key_commit(c, &k, removed);
    }
    reply_uint(c->reply, removed);
}

static void cmd_ltrim(struct call *c) {
    int64_t    start, stop;
    struct key k;
    if (!call_arg_i64(c, 2, &start) || !call_arg_i64(c, 3, &stop)) return;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (k.entry) {
        uint64_t len = list_len(&k.v), tail = 0, head = len;
        if (clip_range(&start, &stop, len)) {
            tail = len - (uint64_t)stop - 1;
            head = (uint64_t)start;
        }
        list_remove_range(c, &k, len - tail, tail);
        list_remove_range(c, &k, 0, head);
        if (head + tail > 0) key_commit(c, &k, head + tail);
    }
    reply_ok(c->reply);
}

struct lpos_options {
    int64_t rank, count, max_len;
    bool    counted;
};

static bool lpos_parse(struct call *c, struct lpos_options *o) {
    *o = (struct lpos_options){.rank = 1, .count = 1};
    for (uint32_t i = 3; i < c->argc; i += 2) {
        if (i + 1 == c->argc) {
            call_syntax_error(c);
            return false;
        }
        if (call_arg_is(c, i, "rank")) {
            if (!call_arg_range(c, i + 1, -INT64_MAX, INT64_MAX, &o->rank, NULL)) return false;
            if (o->rank == 0) {
                reply_error(c->reply, ERR_LPOS_RANK);
                return false;
            }
        } else if (call_arg_is(c, i, "count")) {
            if (!call_arg_range(c, i + 1, 0, INT64_MAX, &o->count, ERR_LPOS_COUNT))
                return false;
            o->counted = true;
        } else if (call_arg_is(c, i, "maxlen")) {
            if (!call_arg_range(c, i + 1, 0, INT64_MAX, &o->max_len, ERR_LPOS_MAXLEN))
                return false;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    return true;
}

static void cmd_lpos(struct call *c) {
    struct lpos_options o;
    struct key          k;
    if (!lpos_parse(c, &o) || !call_read(c, 1, VAL_LIST, &k)) return;
    if (!k.entry) {
        if (o.counted) reply_empty_array(c->reply);
        else reply_null(c->reply);
        return;
    }
    bool                  backwards = o.rank < 0;
    uint64_t              skip = (uint64_t)(backwards ? -o.rank : o.rank) - 1, found = 0;
    uint64_t              len = list_len(&k.v), limit = o.max_len ? (uint64_t)o.max_len : len;
    struct reply_deferred d = {0};
    struct list_iter      it;
    struct element        e;
    char                  scratch[ELEMENT_TEXT_MAX];
    if (o.counted) d = reply_begin(c->reply);
    list_iter_init(&it, &k.v, backwards ? -1 : 0, backwards);
    for (uint64_t i = 0; i < limit && list_next(&it, &e); i++) {
        if (!slice_eq(element_text(&e, scratch), c->argv[2])) continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        reply_uint(c->reply, backwards ? len - 1 - i : i);
        found++;
        if (!o.counted || (o.count && found == (uint64_t)o.count)) break;
    }
    list_iter_fini(&it);
    if (o.counted) reply_end_array(c->reply, d, found);
    else if (!found) reply_null(c->reply);
}

const struct command list_commands[] = {
    { .name = "lpush", .handler = cmd_lpush, .arity = -3, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key element [element ...]",
      .since = "1.0.0", .complexity = "O(N), N = elements given",
      .summary = "Puts elements at the head of a list. Makes the list if there is none.",
      .history = "2.4.0=Takes several elements." },
    { .name = "rpush", .handler = cmd_rpush, .arity = -3, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key element [element ...]",
      .since = "1.0.0", .complexity = "O(N), N = elements given",
      .summary = "Puts elements at the tail of a list. Makes the list if there is none.",
      .history = "2.4.0=Takes several elements." },
    { .name = "lpushx", .handler = cmd_lpushx, .arity = -3, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key element [element ...]",
      .since = "2.2.0", .complexity = "O(N), N = elements given",
      .summary = "Puts elements at the head of a list that exists.",
      .history = "4.0.0=Takes several elements." },
    { .name = "rpushx", .handler = cmd_rpushx, .arity = -3, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key element [element ...]",
      .since = "2.2.0", .complexity = "O(N), N = elements given",
      .summary = "Puts elements at the tail of a list that exists.",
      .history = "4.0.0=Takes several elements." },
    { .name = "llen", .handler = cmd_llen, .arity = 2, .group = GROUP_LIST,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RO, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key",
      .since = "1.0.0", .complexity = "O(1)",
      .summary = "Returns the length of a list." },
    { .name = "lindex", .handler = cmd_lindex, .arity = 3, .group = GROUP_LIST,
      .flags = CMD_READONLY, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key index",
      .since = "1.0.0", .complexity = "O(N), N = elements to the nearer end",
      .summary = "Returns the element at an index of a list." },
    { .name = "lrange", .handler = cmd_lrange, .arity = 4, .group = GROUP_LIST,
      .flags = CMD_READONLY, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key start stop",
      .since = "1.0.0", .complexity = "O(S+N), S = distance of start from the nearer end, N = elements returned",
      .summary = "Returns the elements in a range of a list." },
    { .name = "lset", .handler = cmd_lset, .arity = 4, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key index element",
      .since = "1.0.0", .complexity = "O(N), N = elements to the nearer end",
      .summary = "Replaces the element at an index of a list." },
    { .name = "linsert", .handler = cmd_linsert, .arity = 5, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_INSERT, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key <BEFORE | AFTER> pivot element",
      .since = "2.2.0", .complexity = "O(N), N = elements passed before the pivot",
      .summary = "Puts an element before or after the first one equal to the pivot." },
    { .name = "lrem", .handler = cmd_lrem, .arity = 4, .group = GROUP_LIST,
      .flags = CMD_WRITE, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key count element",
      .since = "1.0.0", .complexity = "O(N), N = length of the list",
      .summary = "Removes elements equal to the given one." },
    { .name = "ltrim", .handler = cmd_ltrim, .arity = 4, .group = GROUP_LIST,
      .flags = CMD_WRITE, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RW | KEY_DELETE, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key start stop",
      .since = "1.0.0", .complexity = "O(N), N = elements removed",
      .summary = "Keeps a range of a list and removes the rest." },
    { .name = "lpos", .handler = cmd_lpos, .arity = -3, .group = GROUP_LIST,
      .flags = CMD_READONLY, .acl = ACL_LIST,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }},
      .syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
      .since = "6.0.6", .complexity = "O(N), N = elements looked at",
      .summary = "Returns the positions of elements equal to the given one." },
    {0},
};
