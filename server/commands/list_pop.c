/* list_pop.c: taking elements from the ends of lists: at once, or when there are some.
 *
 * A blocking command is its plain one with a wish behind it: look the keys up in order, take from the
 * first list that has something, else wait (core/block.h runs the handler again). Elements that move
 * between lists are copied out first, since storing in one key may move the other's memory.
 *
 * Start reading at pop_reply() and pop_first(). */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/commands/list_range.h"
#include "server/commands/mpop.h"

static void reply_popped(const struct element *e, void *reply) { reply_element(reply, e); }

/* Replies n elements from an end, in order of popping, and removes them. 0 < n <= length. */
static void pop_reply(struct call *c, struct key *k, enum list_end end, uint64_t n) {
    struct type_env env = call_env(c);
    if (n == 1) {
        list_pop(&k->v, &env, end, reply_popped, c->reply);
    } else {
        uint64_t len = list_len(&k->v);
        list_reply_range(c, &k->v, end == LIST_HEAD ? 0 : -1, end == LIST_TAIL, n);
        list_remove_range(c, k, end == LIST_HEAD ? 0 : len - n, n);
    }
    key_commit(c, k, n);
}

static uint64_t at_most(uint64_t wanted, const struct key *k) {
    uint64_t len = list_len(&k->v);
    return wanted < len ? wanted : len;
}

/* --- LPOP, RPOP ------------------------------------------------------------------------------ */

static void pop(struct call *c, enum list_end end) {
    bool       counted = c->argc == 3;
    int64_t    count = 1;
    struct key k;
    if (c->argc > 3) {
        call_wrong_args(c);
        return;
    }
    if (counted && !call_arg_range(c, 2, 0, INT64_MAX, &count, ERR_NOT_POSITIVE)) return;
    if (!call_write(c, 1, VAL_LIST, &k)) return;
    if (!k.entry) {
        if (counted) reply_null_array(c->reply);
        else reply_null(c->reply);
        return;
    }
    uint64_t n = at_most((uint64_t)count, &k);
    if (counted) reply_array(c->reply, n);
    if (n > 0) pop_reply(c, &k, end, n);
}

static void cmd_lpop(struct call *c) { pop(c, LIST_HEAD); }
static void cmd_rpop(struct call *c) { pop(c, LIST_TAIL); }

/* --- From the first of several lists ---------------------------------------------------------- */

/* The first of the keys that is there. False: it is no list, the error was sent. k->entry NULL: none. */
static bool first_list(struct call *c, uint32_t first, uint32_t keys, struct key *k) {
    k->entry = NULL;
    for (uint32_t i = 0; i < keys && k->entry == NULL; i++)
        if (!call_write(c, first + i, VAL_LIST, k)) return false;
    return true;
}

/* Nothing is there: waits, or answers as if the time were over. */
static void wait_for_list(struct call *c, uint32_t first, uint32_t keys, int64_t timeout_ms) {
    struct block_wish w = {
        .first = first, .count = keys, .type = VAL_LIST, .timeout_ms = timeout_ms};
    if (!block_on_keys(c, &w)) reply_null_array(c->reply);
}

/* BLPOP, BRPOP: the key and its element. */
static void pop_or_wait(struct call *c, enum list_end end) {
    int64_t    timeout_ms;
    struct key k;
    uint32_t   keys = c->argc - 2;
    if (!block_arg_timeout(c, c->argc - 1, true, &timeout_ms)) return;
    if (!first_list(c, 1, keys, &k)) return;
    if (k.entry == NULL) {
        wait_for_list(c, 1, keys, timeout_ms);
        return;
    }
    reply_array(c->reply, 2);
    reply_bulk(c->reply, k.name);
    pop_reply(c, &k, end, 1);
}

static void cmd_blpop(struct call *c) { pop_or_wait(c, LIST_HEAD); }
static void cmd_brpop(struct call *c) { pop_or_wait(c, LIST_TAIL); }

/* The key and an array of its elements. */
static void mpop_reply(struct call *c, struct key *k, const struct mpop *m) {
    uint64_t n = at_most(m->count, k);
    reply_array(c->reply, 2);
    reply_bulk(c->reply, k->name);
    reply_array(c->reply, n);
    pop_reply(c, k, m->second ? LIST_TAIL : LIST_HEAD, n);
}

static void cmd_lmpop(struct call *c) {
    struct mpop m;
    struct key  k;
    if (!mpop_parse(c, 1, "left", "right", &m) || !first_list(c, m.first, m.keys, &k)) return;
    if (k.entry != NULL) mpop_reply(c, &k, &m);
    else reply_null_array(c->reply);
}

static void cmd_blmpop(struct call *c) {
    int64_t     timeout_ms;
    struct mpop m;
    struct key  k;
    if (!mpop_parse(c, 2, "left", "right", &m)) return;
    if (!block_arg_timeout(c, 1, true, &timeout_ms)) return;
    if (!first_list(c, m.first, m.keys, &k)) return;
    if (k.entry != NULL) mpop_reply(c, &k, &m);
    else wait_for_list(c, m.first, m.keys, timeout_ms);
}

/* --- From one list to another ----------------------------------------------------------------- */

/* An element taken out of a list, in memory of its own. */
struct moved {
    struct ash_heap *heap;
    char            *p;
    size_t           len;
};

static void moved_copy(const struct element *e, void *arg) {
    struct moved *m = arg;
    char          scratch[ELEMENT_TEXT_MAX];
    struct slice  s = element_text(e, scratch);
    m->p = ash_alloc(m->heap, s.len);
    m->len = s.len;
    memcpy(m->p, s.p, s.len);
}

/* src is the list in argv[1]; the destination is argv[2]. */
static void move_element(struct call *c, struct key *src, enum list_end from, enum list_end to) {
    struct key dst;
    if (!call_write(c, 2, VAL_LIST, &dst)) return;
    struct type_env env = call_env(c);
    struct moved    m = {.heap = c->engine->heaps.clients};
    list_pop(&src->v, &env, from, moved_copy, &m);
    if (slice_eq(c->argv[1], c->argv[2])) {
        list_push(&src->v, &env, to, slice_of(m.p, m.len));
        key_commit(c, src, 1);
    } else {
        key_commit(c, src, 1);
        if (!call_write(c, 2, VAL_LIST, &dst)) PANIC("the destination changed type");
        if (!dst.entry) key_create(c, &dst, list_new(&env));
        list_push(&dst.v, &env, to, slice_of(m.p, m.len));
        key_commit(c, &dst, 1);
    }
    reply_bulk(c->reply, slice_of(m.p, m.len));
    ash_free(m.p, m.len);
}

static void move(struct call *c, enum list_end from, enum list_end to) {
    struct key src;
    if (!call_write(c, 1, VAL_LIST, &src)) return;
    if (src.entry != NULL) move_element(c, &src, from, to);
    else reply_null(c->reply);
}

/* The timeout is argv[i]. */
static void move_or_wait(struct call *c, enum list_end from, enum list_end to, uint32_t i) {
    struct block_wish w = {.first = 1, .count = 1, .type = VAL_LIST};
    struct key        src;
    if (!block_arg_timeout(c, i, true, &w.timeout_ms)) return;
    if (!call_write(c, 1, VAL_LIST, &src)) return;
    if (src.entry != NULL) move_element(c, &src, from, to);
    else if (!block_on_keys(c, &w)) reply_null(c->reply);
}

static bool arg_end(struct call *c, uint32_t i, enum list_end *out) {
    if (call_arg_is(c, i, "left")) *out = LIST_HEAD;
    else if (call_arg_is(c, i, "right")) *out = LIST_TAIL;
    else {
        call_syntax_error(c);
        return false;
    }
    return true;
}

static void cmd_lmove(struct call *c) {
    enum list_end from, to;
    if (arg_end(c, 3, &from) && arg_end(c, 4, &to)) move(c, from, to);
}

static void cmd_blmove(struct call *c) {
    enum list_end from, to;
    if (arg_end(c, 3, &from) && arg_end(c, 4, &to)) move_or_wait(c, from, to, 5);
}

static void cmd_rpoplpush(struct call *c) { move(c, LIST_TAIL, LIST_HEAD); }
static void cmd_brpoplpush(struct call *c) { move_or_wait(c, LIST_TAIL, LIST_HEAD, 3); }

/* --- The table -------------------------------------------------------------------------------- */

#define TAKES     (KEY_RW | KEY_ACCESS | KEY_DELETE)
#define FROM_TO   {{ .flags = TAKES, .first = 1, .last = 0, .step = 1 }, \
                   { .flags = KEY_RW | KEY_INSERT, .first = 2, .last = 0, .step = 1 }}
#define WAITS     (CMD_WRITE | CMD_NOSCRIPT | CMD_BLOCKING)
#define FRACTIONS "6.0.0=`timeout` is interpreted as a double instead of an integer."

const struct command list_pop_commands[] = {
    { .name = "lpop", .handler = cmd_lpop, .arity = -2, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_LIST, .keys = KEYS(1, 0, 1, TAKES),
      .syntax = "key [count]",
      .since = "1.0.0", .complexity = "O(N), N = elements returned",
      .summary = "Removes and returns elements from the head of a list.",
      .history = "6.2.0=Added the `count` argument." },
    { .name = "rpop", .handler = cmd_rpop, .arity = -2, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_FAST, .acl = ACL_LIST, .keys = KEYS(1, 0, 1, TAKES),
      .syntax = "key [count]",
      .since = "1.0.0", .complexity = "O(N), N = elements returned",
      .summary = "Removes and returns elements from the tail of a list.",
      .history = "6.2.0=Added the `count` argument." },
    { .name = "lmpop", .handler = cmd_lmpop, .arity = -4, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_MOVABLE_KEYS, .acl = ACL_LIST,
      .keys = {{ .flags = TAKES, .first = 2, .keynum = 1, .step = 1 }},
      .syntax = "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
      .since = "7.0.0", .complexity = "O(N+M), N = keys given, M = elements returned",
      .summary = "Removes and returns elements from an end of the first list that is there." },
    { .name = "blpop", .handler = cmd_blpop, .arity = -3, .group = GROUP_LIST, .flags = WAITS,
      .acl = ACL_LIST, .keys = KEYS(1, -2, 1, TAKES), .syntax = "key [key ...] timeout",
      .since = "2.0.0", .complexity = "O(N), N = keys given",
      .summary = "Removes and returns the first element of a list. Waits if there is none.",
      .history = FRACTIONS },
    { .name = "brpop", .handler = cmd_brpop, .arity = -3, .group = GROUP_LIST, .flags = WAITS,
      .acl = ACL_LIST, .keys = KEYS(1, -2, 1, TAKES), .syntax = "key [key ...] timeout",
      .since = "2.0.0", .complexity = "O(N), N = keys given",
      .summary = "Removes and returns the last element of a list. Waits if there is none.",
      .history = FRACTIONS },
    { .name = "blmpop", .handler = cmd_blmpop, .arity = -5, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_BLOCKING | CMD_MOVABLE_KEYS, .acl = ACL_LIST,
      .keys = {{ .flags = TAKES, .first = 3, .keynum = 2, .step = 1 }},
      .syntax = "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
      .since = "7.0.0", .complexity = "O(N+M), N = keys given, M = elements returned",
      .summary = "Removes and returns elements from an end of the first list that is there. Waits if "
                 "none is." },
    { .name = "rpoplpush", .handler = cmd_rpoplpush, .arity = 3, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_LIST, .keys = FROM_TO,
      .syntax = "source destination",
      .deprecated_since = "6.2.0", .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
      .since = "1.2.0", .complexity = "O(1)",
      .summary = "Moves an element from one list's tail to another's head and returns it." },
    { .name = "lmove", .handler = cmd_lmove, .arity = 5, .group = GROUP_LIST,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_LIST, .keys = FROM_TO,
      .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
      .since = "6.2.0", .complexity = "O(1)",
      .summary = "Moves an element from an end of one list to an end of another and returns it." },
    { .name = "brpoplpush", .handler = cmd_brpoplpush, .arity = 4, .group = GROUP_LIST,
      .flags = WAITS | CMD_DENYOOM, .acl = ACL_LIST, .keys = FROM_TO,
      .syntax = "source destination timeout",
      .deprecated_since = "6.2.0", .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
      .since = "2.2.0", .complexity = "O(1)",
      .summary = "Moves an element from one list's tail to another's head. Waits if there is none.",
      .history = FRACTIONS },
    { .name = "blmove", .handler = cmd_blmove, .arity = 6, .group = GROUP_LIST,
      .flags = WAITS | CMD_DENYOOM, .acl = ACL_LIST, .keys = FROM_TO,
      .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
      .since = "6.2.0", .complexity = "O(1)",
      .summary = "Moves an element from an end of one list to an end of another. Waits if there is "
                 "none." },
    {0},
};
