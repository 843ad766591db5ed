/* hll.c: the HyperLogLog commands.
 *
 * A HyperLogLog is a string, and the bytes of ds/hll.h lie in the key's entry: PFADD changes them there
 * and makes room for the few that a sparse one grows by. PFMERGE works beside it, on a buffer that
 * holds the longest sparse one, and stores the result once.
 *
 * Strings are what clients make them, so each is looked at before it is used: one that is no
 * HyperLogLog at all is a wrong type, one whose runs do not add up is corrupt. As in Redis, the
 * elements in front of the one that meets a corrupt run have been added.
 *
 * Start reading at add_elements(). */
#include "server/commands/families.h"

#include <stdio.h>

#include "server/commands/errors.h"
#include "server/commands/string_key.h"
#include "server/core/config.h"
#include "server/ds/hll.h"
#include "server/ds/rand.h"
#include "server/ds/text.h"

/* --- What they have in common ---------------------------------------------------------------- */

static bool is_hll(struct call *c, const struct key *k) {
    if (k->entry == NULL) return true;
    if (k->v.enc == ENC_RAW && hll_kind(k->v.u.str) != HLL_NONE) return true;
    reply_error(c->reply, ERR_HLL_TYPE);
    return false;
}

static bool corrupt(struct call *c) {
    reply_error(c->reply, ERR_HLL_CORRUPT);
    return false;
}

/* The bytes, which are changed where they are. The key is there and holds bytes. */
static char *own_bytes(struct key *k) {
    entry_mark_modified(k->entry);
    return (char *)(uintptr_t)k->v.u.str.p;
}

/* The key holds these bytes; its expiry stays. False: the error was sent. */
static bool store(struct call *c, struct key *k, const char *bytes, size_t len) {
    size_t had;
    char  *to = string_grow(c, k, len, &had);
    if (to == NULL) return false;
    if (had > len) to = string_resize(c, k, len);
    memcpy(to, bytes, len);
    return true;
}

static bool make_empty(struct call *c, struct key *k) {
    char empty[HLL_EMPTY_SIZE];
    hll_empty(empty);
    return store(c, k, empty, sizeof empty);
}

static bool make_dense(struct call *c, struct key *k) {
    char dense[HLL_DENSE_SIZE];
    if (!hll_to_dense(k->v.u.str, dense)) return corrupt(c);
    return store(c, k, dense, sizeof dense);
}

/* --- Adding ---------------------------------------------------------------------------------- */

static bool edit_value(struct call *c, struct key *k, const struct hll_edit *e) {
    size_t len = k->v.u.str.len, now = len - e->old_len + e->len, had;
    char  *p = now > len ? string_grow(c, k, now, &had) : own_bytes(k);
    if (p == NULL) return false;
    hll_edit_apply(p, len, e);
    if (now < len) string_resize(c, k, now);
    return true;
}

/* Raises one register. False: the error was sent. */
static bool raise_value(struct call *c, struct key *k, struct hll_place to, bool *changed) {
    struct hll_edit edit;
    if (hll_kind(k->v.u.str) == HLL_SPARSE) {
        size_t max = c->engine->config->hll_sparse_max_bytes;
        switch (hll_sparse_plan(k->v.u.str, to, max, &(struct hll_cursor){0}, &edit)) {
        case HLL_SAME: *changed = false; return true;
        case HLL_EDIT: *changed = true; return edit_value(c, k, &edit);
        case HLL_CORRUPT: return corrupt(c);
        case HLL_PROMOTE: break;
        }
        if (!make_dense(c, k)) return false;
    }
    *changed = hll_dense_raise(own_bytes(k), to);
    return true;
}

/* False: the error was sent. */
static bool add_elements(struct call *c, struct key *k, uint64_t *changes) {
    bool changed;
    for (uint32_t i = 2; i < c->argc; i++) {
        if (!raise_value(c, k, hll_place(c->argv[i]), &changed)) return false;
        *changes += changed;
    }
    return true;
}

static void cmd_pfadd(struct call *c) {
    struct key k;
    uint64_t   changes = 0;
    if (!call_write(c, 1, VAL_STRING, &k) || !is_hll(c, &k)) return;
    if (k.entry == NULL) {
        if (!make_empty(c, &k)) return;
        changes = 1;
    }
    bool good = add_elements(c, &k, &changes);
    if (changes > 0) {
        hll_cache_drop(own_bytes(&k));
        key_changed(c, &k, changes);
    }
    if (good) reply_int(c->reply, changes > 0);
}

/* --- Counting -------------------------------------------------------------------------------- */

/* The estimate is kept in the value, so that counting again costs nothing. */
static void count_one(struct call *c) {
    struct key k;
    uint64_t   n = 0;
    if (!call_read(c, 1, VAL_STRING, &k) || !is_hll(c, &k)) return;
    if (k.entry != NULL && !hll_cached(k.v.u.str, &n)) {
        if (!hll_count(k.v.u.str, &n)) {
            corrupt(c);
            return;
        }
        hll_cache(own_bytes(&k), n);
        key_changed(c, &k, 1);
    }
    reply_uint(c->reply, n);
}

/* The highest registers of all keys from argv[1] on. False: the error was sent. */
static bool merge_all(struct call *c, uint8_t registers[HLL_REGISTERS], bool *any_dense) {
    struct key k;
    for (uint32_t i = 1; i < c->argc; i++) {
        if (!call_read(c, i, VAL_STRING, &k) || !is_hll(c, &k)) return false;
        if (k.entry == NULL) continue;
        *any_dense |= hll_kind(k.v.u.str) == HLL_DENSE;
        if (!hll_merge(k.v.u.str, registers)) return corrupt(c);
    }
    return true;
}

static void cmd_pfcount(struct call *c) {
    uint8_t registers[HLL_REGISTERS] = {0};
    bool    any_dense = false;
    if (c->argc == 2) {
        count_one(c);
    } else if (merge_all(c, registers, &any_dense)) {
        reply_uint(c->reply, hll_estimate(registers));
    }
}

/* --- Merging --------------------------------------------------------------------------------- */

struct merged {
    size_t len;
    char   bytes[HLL_SPARSE_MAX + 8]; /* a sparse one, and a step more */
};

static void pack(struct merged *m, const uint8_t registers[HLL_REGISTERS]) {
    m->bytes[4] = 0;
    m->len = HLL_DENSE_SIZE;
    hll_dense_pack(m->bytes, registers);
}

/* The sparse one in m gets these registers, in order, as PFADD would set them. */
static void raise_all(struct merged *m, const uint8_t registers[HLL_REGISTERS], size_t max) {
    struct hll_cursor at = {0};
    struct hll_edit   edit;
    for (uint32_t i = 0; i < HLL_REGISTERS; i++) {
        if (registers[i] == 0) continue;
        struct slice    s = slice_of(m->bytes, m->len);
        enum hll_status status =
            hll_sparse_plan(s, (struct hll_place){i, registers[i]}, max, &at, &edit);
        ASSERT(status != HLL_CORRUPT); /* merge_all has read it */
        if (status == HLL_PROMOTE) {
            pack(m, registers);
            return;
        }
        if (status == HLL_EDIT) m->len = hll_edit_apply(m->bytes, m->len, &edit);
        ASSERT(m->len <= HLL_SPARSE_MAX);
    }
}

static void cmd_pfmerge(struct call *c) {
    struct key    k;
    uint8_t       registers[HLL_REGISTERS] = {0};
    struct merged m = {.len = HLL_EMPTY_SIZE};
    bool          any_dense = false;
    if (!merge_all(c, registers, &any_dense)) return;
    call_write(c, 1, VAL_STRING, &k); /* a string or absent: merge_all has seen it */
    hll_empty(m.bytes);
    if (k.entry != NULL) {
        m.len = k.v.u.str.len;
        memcpy(m.bytes, k.v.u.str.p, m.len);
    }
    if (any_dense) pack(&m, registers);
    else raise_all(&m, registers, c->engine->config->hll_sparse_max_bytes);
    hll_cache_drop(m.bytes);
    if (!store(c, &k, m.bytes, m.len)) return;
    key_changed(c, &k, 1);
    reply_ok(c->reply);
}

/* --- PFDEBUG --------------------------------------------------------------------------------- */

static void debug_registers(struct call *c, struct key *k) {
    if (hll_kind(k->v.u.str) == HLL_SPARSE) {
        if (!make_dense(c, k)) return;
        key_changed(c, k, 1);
    }
    reply_array(c->reply, HLL_REGISTERS);
    for (uint32_t i = 0; i < HLL_REGISTERS; i++)
        reply_uint(c->reply, hll_dense_get(k->v.u.str.p, i));
}

static void debug_decode(struct call *c, struct key *k) {
    struct hll_run run;
    struct text    text;
    size_t         at = 0;
    if (hll_kind(k->v.u.str) != HLL_SPARSE) {
        reply_error(c->reply, "ERR HLL encoding is not sparse");
        return;
    }
    text_init(&text, c->engine->heaps.clients);
    while (hll_run_next(k->v.u.str, &at, &run)) {
        if (text.len > 0) text_char(&text, ' ');
        if (run.kind == 'v') text_printf(&text, "v:%u,%u", run.value, run.count);
        else text_printf(&text, "%c:%u", run.kind, run.count);
    }
    reply_bulk(c->reply, text_slice(&text));
    text_fini(&text);
}

static void debug_encoding(struct call *c, struct key *k) {
    reply_status(c->reply, hll_kind(k->v.u.str) == HLL_DENSE ? "dense" : "sparse");
}

static void debug_to_dense(struct call *c, struct key *k) {
    bool was_sparse = hll_kind(k->v.u.str) == HLL_SPARSE;
    if (was_sparse) {
        if (!make_dense(c, k)) return;
        key_changed(c, k, 1);
    }
    reply_int(c->reply, was_sparse);
}

static void cmd_pfdebug(struct call *c) {
    static const struct {
        const char *name;
        void      (*handler)(struct call *c, struct key *k);
    } subs[] = {{"getreg", debug_registers}, {"decode", debug_decode},
                {"encoding", debug_encoding}, {"todense", debug_to_dense}};
    struct key k;
    if (!call_write(c, 2, VAL_ANY, &k)) return;
    if (k.entry == NULL) {
        reply_error(c->reply, "ERR The specified key does not exist");
        return;
    }
    if (!call_write(c, 2, VAL_STRING, &k) || !is_hll(c, &k)) return;
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++) {
        if (!call_arg_is(c, 1, subs[i].name)) continue;
        subs[i].handler(c, &k);
        return;
    }
    reply_errorf(c->reply, "ERR Unknown PFDEBUG subcommand '%.*s'", call_arg_shown(c, 1),
                 c->argv[1].p);
}

/* --- PFSELFTEST ------------------------------------------------------------------------------ */

#define SELFTEST_ELEMENTS 100000
#define SELFTEST_ROUNDS   20

/* Registers set at random are read back as a plain array has them. */
static bool test_registers(struct rand *rand) {
    char    dense[HLL_DENSE_SIZE] = "HYLL";
    uint8_t model[HLL_REGISTERS] = {0};
    for (unsigned round = 0; round < SELFTEST_ROUNDS; round++) {
        for (uint32_t n = 0; n < HLL_REGISTERS; n++) {
            struct hll_place to = {(uint32_t)rand_below(rand, HLL_REGISTERS), 1 + (uint32_t)rand_below(rand, 63)};
            bool higher = to.rank > model[to.index];
            if (hll_dense_raise(dense, to) != higher) return false;
            if (higher) model[to.index] = (uint8_t)to.rank;
        }
        for (uint32_t i = 0; i < HLL_REGISTERS; i++)
            if (hll_dense_get(dense, i) != model[i]) return false;
    }
    return true;
}

/* Sparse and dense agree, and neither is off by more than six standard errors. */
static bool test_estimate(const struct merged *sparse, const char *dense, uint64_t n) {
    uint64_t estimate, other, off, allowed = n * 6 * 8125 / 1000000 + 1; /* 1.04 / sqrt(16384) */
    if (!hll_count(slice_of(dense, HLL_DENSE_SIZE), &estimate)) return false;
    if (sparse->len > 0 && (!hll_count(slice_of(sparse->bytes, sparse->len), &other) || other != estimate))
        return false;
    off = estimate > n ? estimate - n : n - estimate;
    return off <= allowed;
}

static bool test_elements(struct rand *rand) {
    char            dense[HLL_DENSE_SIZE] = "HYLL";
    struct merged   sparse = {.len = HLL_EMPTY_SIZE};
    struct hll_edit edit;
    hll_empty(sparse.bytes);
    for (uint64_t n = 1, check = 1; n <= SELFTEST_ELEMENTS; n++) {
        uint64_t         element = rand_next(rand);
        struct hll_place to = hll_place(slice_of((const char *)&element, sizeof element));
        hll_dense_raise(dense, to);
        if (sparse.len > 0) {
            struct slice    s = slice_of(sparse.bytes, sparse.len);
            enum hll_status status = hll_sparse_plan(s, to, 3000, &(struct hll_cursor){0}, &edit);
            if (status == HLL_CORRUPT) return false;
            if (status == HLL_PROMOTE) sparse.len = 0;
            if (status == HLL_EDIT) sparse.len = hll_edit_apply(sparse.bytes, sparse.len, &edit);
        }
        if (n != check) continue;
        if (!test_estimate(&sparse, dense, n)) return false;
        check *= 10;
    }
    return true;
}

static void cmd_pfselftest(struct call *c) {
    struct rand rand;
    rand_seed(&rand, (uint64_t)c->now_ms);
    if (!test_registers(&rand)) {
        reply_error(c->reply, "TESTFAILED Registers are not what they were set to");
    } else if (!test_elements(&rand)) {
        reply_error(c->reply, "TESTFAILED Estimates are too far off, or sparse and dense differ");
    } else {
        reply_ok(c->reply);
    }
}

const struct command hll_commands[] = {
    { .name = "pfadd", .handler = cmd_pfadd, .arity = -2, .group = GROUP_HYPERLOGLOG,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .acl = ACL_HYPERLOGLOG,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_INSERT),
      .syntax = "key [element [element ...]]", .since = "2.8.9",
      .complexity = "O(1) for each element",
      .summary = "Adds elements to a HyperLogLog. Makes the key if there is none." },
    { .name = "pfcount", .handler = cmd_pfcount, .arity = -2, .group = GROUP_HYPERLOGLOG,
      .flags = CMD_READONLY, .acl = ACL_HYPERLOGLOG,
      .keys = KEYS(1, -1, 1, KEY_RW | KEY_ACCESS),
      .syntax = "key [key ...]", .since = "2.8.9",
      .complexity = "O(1) for one key, mostly; O(N) for N keys, with a large constant",
      .summary = "Estimates how many different elements one or several HyperLogLogs have seen." },
    { .name = "pfmerge", .handler = cmd_pfmerge, .arity = -2, .group = GROUP_HYPERLOGLOG,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_HYPERLOGLOG,
      .keys = {{ .flags = KEY_RW | KEY_ACCESS | KEY_INSERT, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = -1, .step = 1 }},
      .syntax = "destkey [sourcekey [sourcekey ...]]", .since = "2.8.9",
      .complexity = "O(N), N = keys, with a large constant",
      .summary = "Merges HyperLogLogs into one." },
    { .name = "pfdebug", .handler = cmd_pfdebug, .arity = 3, .group = GROUP_HYPERLOGLOG,
      .flags = CMD_WRITE | CMD_DENYOOM | CMD_ADMIN, .acl = ACL_HYPERLOGLOG,
      .keys = KEYS(2, 0, 1, KEY_RW | KEY_ACCESS),
      .syntax = "subcommand key", .since = "2.8.9", .complexity = "N/A",
      .summary = "Looks inside a HyperLogLog: GETREG, DECODE, ENCODING, TODENSE.",
      .syscmd = true },
    { .name = "pfselftest", .handler = cmd_pfselftest, .arity = 1, .group = GROUP_HYPERLOGLOG,
      .flags = CMD_ADMIN, .acl = ACL_HYPERLOGLOG, .syntax = "", .since = "2.8.9",
      .complexity = "N/A",
      .summary = "Tests HyperLogLogs against what they must be; takes a while.",
      .syscmd = true },
    { 0 },
};
