/* zset_pop.c: taking the lowest or highest members of the first sorted set that has some: ZMPOP, and
 * the commands that wait for one. ZPOPMIN and ZPOPMAX, which name one key, are in zset.c.
 *
 * Start reading at first_set(). */
#include "server/commands/families.h"

#include "server/commands/mpop.h"
#include "server/commands/zset_range.h"

/* The first of the keys that is there. False: it is no sorted set, the error was sent. */
static bool first_set(struct call *c, uint32_t first, uint32_t keys, struct key *k) {
    k->entry = NULL;
    for (uint32_t i = 0; i < keys && k->entry == NULL; i++)
        if (!call_write(c, first + i, VAL_ZSET, k)) return false;
    return true;
}

/* Nothing is there: waits, or answers as if the time were over. */
static void wait_for_set(struct call *c, uint32_t first, uint32_t keys, int64_t timeout_ms) {
    struct block_wish w = {
        .first = first, .count = keys, .type = VAL_ZSET, .timeout_ms = timeout_ms};
    if (!block_on_keys(c, &w)) reply_null_array(c->reply);
}

/* BZPOPMIN, BZPOPMAX: key, member, score. */
static void pop_or_wait(struct call *c, bool highest) {
    int64_t    timeout_ms;
    struct key k;
    uint32_t   keys = c->argc - 2;
    if (!block_arg_timeout(c, c->argc - 1, true, &timeout_ms)) return;
    if (!first_set(c, 1, keys, &k)) return;
    if (k.entry == NULL) {
        wait_for_set(c, 1, keys, timeout_ms);
        return;
    }
    reply_array(c->reply, 3);
    reply_bulk(c->reply, k.name);
    zset_range_pop(c, &k, highest, 1, false);
}

static void cmd_bzpopmin(struct call *c) { pop_or_wait(c, false); }
static void cmd_bzpopmax(struct call *c) { pop_or_wait(c, true); }

/* The key and an array of pairs. */
static void mpop_reply(struct call *c, struct key *k, const struct mpop *m) {
    uint64_t size = zset_count(&k->v), n = m->count < size ? m->count : size;
    reply_array(c->reply, 2);
    reply_bulk(c->reply, k->name);
    reply_array(c->reply, n);
    zset_range_pop(c, k, m->second, n, true);
}

static void cmd_zmpop(struct call *c) {
    struct mpop m;
    struct key  k;
    if (!mpop_parse(c, 1, "min", "max", &m) || !first_set(c, m.first, m.keys, &k)) return;
    if (k.entry != NULL) mpop_reply(c, &k, &m);
    else reply_null_array(c->reply);
}

static void cmd_bzmpop(struct call *c) {
    int64_t     timeout_ms;
    struct mpop m;
    struct key  k;
    if (!mpop_parse(c, 2, "min", "max", &m)) return;
    if (!block_arg_timeout(c, 1, true, &timeout_ms)) return;
    if (!first_set(c, m.first, m.keys, &k)) return;
    if (k.entry != NULL) mpop_reply(c, &k, &m);
    else wait_for_set(c, m.first, m.keys, timeout_ms);
}

/* --- The table -------------------------------------------------------------------------------- */

#define TAKES     (KEY_RW | KEY_ACCESS | KEY_DELETE)
#define WAITS     (CMD_WRITE | CMD_NOSCRIPT | CMD_BLOCKING | CMD_FAST)
#define FRACTIONS "6.0.0=`timeout` is interpreted as a double instead of an integer."
#define MPOP_COST "O(K) + O(M*log N), K = keys given, M = members returned, N = size of the set"

const struct command zset_pop_commands[] = {
    { .name = "zmpop", .handler = cmd_zmpop, .arity = -4, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = TAKES, .first = 2, .keynum = 1, .step = 1 }},
      .syntax = "numkeys key [key ...] <MIN | MAX> [COUNT count]",
      .since = "7.0.0", .complexity = MPOP_COST,
      .summary = "Removes and returns members with the lowest or highest scores of the first sorted "
                 "set that is there." },
    { .name = "bzpopmin", .handler = cmd_bzpopmin, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = WAITS, .acl = ACL_SORTEDSET, .keys = KEYS(1, -2, 1, TAKES),
      .syntax = "key [key ...] timeout",
      .since = "5.0.0", .complexity = "O(log N), N = size of the set",
      .summary = "Removes and returns the member with the lowest score. Waits if there is none.",
      .history = FRACTIONS },
    { .name = "bzpopmax", .handler = cmd_bzpopmax, .arity = -3, .group = GROUP_SORTED_SET,
      .flags = WAITS, .acl = ACL_SORTEDSET, .keys = KEYS(1, -2, 1, TAKES),
      .syntax = "key [key ...] timeout",
      .since = "5.0.0", .complexity = "O(log N), N = size of the set",
      .summary = "Removes and returns the member with the highest score. Waits if there is none.",
      .history = FRACTIONS },
    { .name = "bzmpop", .handler = cmd_bzmpop, .arity = -5, .group = GROUP_SORTED_SET,
      .flags = CMD_WRITE | CMD_BLOCKING | CMD_MOVABLE_KEYS, .acl = ACL_SORTEDSET,
      .keys = {{ .flags = TAKES, .first = 3, .keynum = 2, .step = 1 }},
      .syntax = "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
      .since = "7.0.0", .complexity = MPOP_COST,
      .summary = "Removes and returns members with the lowest or highest scores of the first sorted "
                 "set that is there. Waits if none is." },
    {0},
};
