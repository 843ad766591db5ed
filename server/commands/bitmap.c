/* bitmap.c: the bit commands: strings whose bits are counted, found, set and combined.
 *
 * ds/bits.h has the bits; here are arguments, ranges and where results go. A bit is set in the entry
 * itself: nothing is rebuilt unless the string grows. BITOP writes its result straight into the
 * destination's entry, also where that is one of the sources (bits_combine allows it).
 *
 * Arguments are read before the key is looked up, as in Redis 7.2: 7.0 answers 0 for an absent key,
 * whatever else was said. Start reading at cmd_setbit() and range_parse(). BITFIELD is in
 * bitfield.c. */
#include "server/commands/families.h"

#include "alloc/alloc.h"
#include "server/commands/bitfield.h"
#include "server/commands/errors.h"
#include "server/commands/string_key.h"
#include "server/core/config.h"
#include "server/ds/bits.h"

/* --- One bit --------------------------------------------------------------------------------- */

bool bitmap_arg_offset(struct call *c, uint32_t i, unsigned width, uint64_t *out) {
    struct slice s = c->argv[i];
    bool         scaled = width > 0 && s.len > 0 && s.p[0] == '#';
    int64_t      v;
    if (scaled) s = slice_of(s.p + 1, s.len - 1);
    bool good = num_parse_i64(s, &v) && v >= 0 &&
                !(scaled && __builtin_mul_overflow(v, (int64_t)width, &v)) &&
                (uint64_t)v / 8 < c->engine->config->proto_max_bulk_len;
    if (good) *out = (uint64_t)v;
    else reply_error(c->reply, ERR_BIT_OFFSET);
    return good;
}

static void cmd_setbit(struct call *c) {
    struct key k;
    uint64_t   at;
    int64_t    on;
    size_t     had;
    if (!bitmap_arg_offset(c, 2, 0, &at)) return;
    if (!call_arg_range(c, 3, 0, 1, &on, ERR_BIT)) return;
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    char *bytes = string_grow(c, &k, (size_t)(at / 8) + 1, &had);
    if (bytes == NULL) return;
    bool was = bits_get(slice_of(bytes, (size_t)(at / 8) + 1), at);
    if (was != (bool)on) bits_set(bytes, at, (bool)on);
    if (was != (bool)on || at / 8 >= had) key_changed(c, &k, 1);
    reply_int(c->reply, was);
}

static void cmd_getbit(struct call *c) {
    struct key k;
    uint64_t   at;
    char       scratch[NUM_I64_TEXT_MAX];
    if (!bitmap_arg_offset(c, 2, 0, &at) || !call_read(c, 1, VAL_STRING, &k)) return;
    reply_int(c->reply, bits_get(string_text(&k, scratch), at));
}

/* --- Ranges ---------------------------------------------------------------------------------- */

/* As given: start and end, both included, negative from the end of the string. */
struct range {
    int64_t start, end;
    bool    has_end, in_bits;
};

/* "[BYTE | BIT]" at argv[i]. */
static bool unit_parse(struct call *c, uint32_t i, struct range *r) {
    if (i >= c->argc) return true;
    r->in_bits = call_arg_is(c, i, "bit");
    if (r->in_bits || call_arg_is(c, i, "byte")) return true;
    call_syntax_error(c);
    return false;
}

static bool end_parse(struct call *c, uint32_t i, struct range *r) {
    r->has_end = i < c->argc;
    return !r->has_end || call_arg_i64(c, i, &r->end);
}

/* "[start [end [BYTE | BIT]]]" from argv[i] on. What is looked at first differs, as in Redis. */
static bool range_parse(struct call *c, uint32_t i, bool unit_first, struct range *r) {
    *r = (struct range){.end = -1};
    if (c->argc > i + 3) { /* whatever they say */
        call_syntax_error(c);
        return false;
    }
    if (i < c->argc && !call_arg_i64(c, i, &r->start)) return false;
    if (unit_first) return unit_parse(c, i + 2, r) && end_parse(c, i + 1, r);
    return end_parse(c, i + 1, r) && unit_parse(c, i + 2, r);
}

/* The bits [*from, *to) of a string of len bytes that it covers. */
static void range_bits(const struct range *r, size_t len, uint64_t *from, uint64_t *to) {
    int64_t total = (int64_t)(r->in_bits ? len * 8 : len), start = r->start, end = r->end;
    if (start < 0) start = start + total < 0 ? 0 : start + total;
    if (end < 0) end = end + total < 0 ? 0 : end + total;
    if (end >= total) end = total - 1;
    *from = *to = 0;
    if (start > end) return;
    *from = (uint64_t)start * (r->in_bits ? 1 : 8);
    *to = (uint64_t)(end + 1) * (r->in_bits ? 1 : 8);
}

static void cmd_bitcount(struct call *c) {
    struct key   k;
    struct range r;
    uint64_t     from, to;
    char         scratch[NUM_I64_TEXT_MAX];
    if (c->argc == 3 || c->argc > 5) {
        call_syntax_error(c);
        return;
    }
    if (!range_parse(c, 2, false, &r) || !call_read(c, 1, VAL_STRING, &k)) return;
    struct slice s = string_text(&k, scratch);
    range_bits(&r, s.len, &from, &to);
    bool nothing = c->argc > 2 && r.start < 0 && r.end < 0 && r.start > r.end;
    reply_uint(c->reply, nothing ? 0 : bits_count(s, from, to));
}

static void cmd_bitpos(struct call *c) {
    struct key   k;
    struct range r;
    int64_t      on;
    uint64_t     from, to;
    char         scratch[NUM_I64_TEXT_MAX];
    if (!call_arg_i64(c, 2, &on)) return;
    if (c->argc > 6 && (on == 0 || on == 1)) {
        call_syntax_error(c);
        return;
    }
    if (on != 0 && on != 1) {
        reply_error(c->reply, ERR_BITPOS_BIT);
        return;
    }
    if (!range_parse(c, 3, true, &r) || !call_read(c, 1, VAL_STRING, &k)) return;
    if (k.entry == NULL) {
        reply_int(c->reply, on ? -1 : 0); /* zeros without end */
        return;
    }
    struct slice s = string_text(&k, scratch);
    range_bits(&r, s.len, &from, &to);
    int64_t at = bits_find(s, from, to, on);
    if (at < 0 && from < to && !on && !r.has_end) at = (int64_t)to; /* the zeros behind the string */
    reply_int(c->reply, at);
}

/* --- BITOP ----------------------------------------------------------------------------------- */

static const struct {
    const char  *word, *name;
    enum bits_op op;
    uint32_t     argc_min; /* sources and three more */
} operations[] = {
    {"and", "AND", BITS_AND, 4},    {"or", "OR", BITS_OR, 4},          {"xor", "XOR", BITS_XOR, 4},
    {"not", "NOT", BITS_NOT, 4},    {"diff", "DIFF", BITS_DIFF, 5},    {"diff1", "DIFF1", BITS_DIFF1, 5},
    {"andor", "ANDOR", BITS_ANDOR, 5}, {"one", "ONE", BITS_ONE, 4},
};

static bool operation_parse(struct call *c, enum bits_op *op) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (!call_arg_is(c, 1, operations[i].word)) continue;
        *op = operations[i].op;
        if (*op == BITS_NOT && c->argc != 4) {
            reply_error(c->reply, ERR_BITOP_NOT);
        } else if (c->argc < operations[i].argc_min) {
            reply_errorf(c->reply, "ERR BITOP %s must be called with at least two source keys.",
                         operations[i].name);
        } else {
            return true;
        }
        return false;
    }
    call_syntax_error(c);
    return false;
}

struct sources {
    uint32_t      count;
    struct slice *s;
    char        (*text)[NUM_I64_TEXT_MAX]; /* of integers */
    size_t        longest;
};

static void sources_init(struct call *c, struct sources *from) {
    struct ash_heap *heap = c->engine->heaps.clients;
    from->count = c->argc - 3; /* as many as the client has sent */
    from->longest = 0;
    from->s = ash_alloc(heap, from->count * sizeof *from->s);
    from->text = ash_alloc(heap, from->count * sizeof *from->text);
}

static void sources_fini(struct sources *from) {
    ash_free(from->s, from->count * sizeof *from->s);
    ash_free(from->text, from->count * sizeof *from->text);
}

static bool sources_read(struct call *c, struct sources *from) {
    struct key k;
    for (uint32_t i = 0; i < from->count; i++) {
        if (!call_read(c, i + 3, VAL_STRING, &k)) return false;
        from->s[i] = string_text(&k, from->text[i]);
        if (from->s[i].len > from->longest) from->longest = from->s[i].len;
    }
    return true;
}

/* Makes the destination a string of the result's length without expiry, and returns its bytes. One
 * that is a source keeps them, and the source moves along. */
static char *destination(struct call *c, struct key *dst, struct sources *from) {
    struct value empty = {.type = VAL_STRING, .enc = ENC_RAW};
    const char  *was = NULL;
    if (dst->entry != NULL && dst->v.type == VAL_STRING && dst->v.enc == ENC_RAW)
        was = dst->v.u.str.p;
    bool is_source = false;
    for (uint32_t i = 0; i < from->count; i++) is_source |= was != NULL && from->s[i].p == was;
    if (is_source) {
        dst->entry = db_set_expire(c->db, dst->entry, dst->hash, ENTRY_NO_EXPIRE);
    } else {
        dst->entry = db_set(c->db, dst->name, dst->hash, dst->entry, &empty, ENTRY_NO_EXPIRE);
    }
    char *bytes = db_string_resize(c->db, dst->name, dst->hash, dst->entry, from->longest);
    for (uint32_t i = 0; i < from->count; i++)
        if (was != NULL && from->s[i].p == was) from->s[i] = slice_of(bytes, from->longest);
    return bytes;
}

static void combine(struct call *c, enum bits_op op, struct sources *from) {
    struct key dst;
    call_write(c, 2, VAL_ANY, &dst);
    if (from->longest == 0) {
        if (dst.entry != NULL) key_delete(c, &dst, DISCARD_SERVER);
    } else if (!string_room_new(c, dst.name.len + from->longest)) {
        return;
    } else {
        char *out = destination(c, &dst, from);
        bits_combine(op, from->s, from->count, out, from->longest);
        key_changed(c, &dst, 1);
    }
    reply_uint(c->reply, from->longest);
}

static void cmd_bitop(struct call *c) {
    enum bits_op   op;
    struct sources from;
    if (!operation_parse(c, &op)) return;
    sources_init(c, &from);
    if (sources_read(c, &from)) combine(c, op, &from);
    sources_fini(&from);
}

/* Only GETs: the key is read. */
static bool bitfield_reads(const struct slice *argv, uint32_t argc) {
    for (uint32_t i = 2; i < argc;) {
        bool get = slice_eq_nocase(argv[i], "get");
        if (!get && !slice_eq_nocase(argv[i], "overflow")) return false;
        i += get ? 3 : 2;
        if (i > argc) return false;
    }
    return true;
}

static int bitfield_keys(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg) {
    bool reads = bitfield_reads(argv, argc);
    if (fn != NULL) fn(1, reads ? KEY_RO | KEY_ACCESS : KEY_RW | KEY_ACCESS | KEY_UPDATE, arg);
    return 1;
}

#define BITFIELD_SYNTAX                                                                            \
    "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | "      \
    "INCRBY encoding offset increment>] ..."
#define BIT_UNIT_HISTORY "7.0.0=Added the `BYTE|BIT` option."

const struct command bitmap_commands[] = {
    { .name = "setbit", .handler = cmd_setbit, .arity = 4, .group = GROUP_BITMAP,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_BITMAP,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE),
      .syntax = "key offset value", .since = "2.2.0", .complexity = "O(1)",
      .summary = "Sets or clears one bit of a string. Makes the key if there is none." },
    { .name = "getbit", .handler = cmd_getbit, .arity = 3, .group = GROUP_BITMAP,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_BITMAP,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key offset", .since = "2.2.0", .complexity = "O(1)",
      .summary = "Returns one bit of a string." },
    { .name = "bitcount", .handler = cmd_bitcount, .arity = -2, .group = GROUP_BITMAP,
      .flags = CMD_READONLY, .acl = ACL_BITMAP,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key [start end [BYTE | BIT]]", .since = "2.6.0",
      .complexity = "O(N), N = bytes looked at",
      .summary = "Counts the bits of a string that are set.", .history = BIT_UNIT_HISTORY },
    { .name = "bitpos", .handler = cmd_bitpos, .arity = -3, .group = GROUP_BITMAP,
      .flags = CMD_READONLY, .acl = ACL_BITMAP,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key bit [start [end [BYTE | BIT]]]", .since = "2.8.7",
      .complexity = "O(N), N = bytes looked at",
      .summary = "Finds the first bit of a string that is set, or clear.",
      .history = BIT_UNIT_HISTORY },
    { .name = "bitop", .handler = cmd_bitop, .arity = -4, .group = GROUP_BITMAP,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_BITMAP,
      .keys = {{ .flags = KEY_OW | KEY_UPDATE, .first = 2, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 3, .last = -1, .step = 1 }},
      .syntax = "<AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]",
      .since = "2.6.0", .complexity = "O(N), N = bytes of all strings",
      .summary = "Combines strings bit by bit and stores the result.",
      .history = "8.2.0=Added the `DIFF`, `DIFF1`, `ANDOR`, and `ONE` operations." },
    { .name = "bitfield", .handler = cmd_bitfield, .arity = -2, .group = GROUP_BITMAP,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_BITMAP,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE_FLAGS),
      .find_keys = bitfield_keys,
      .syntax = BITFIELD_SYNTAX, .since = "3.2.0", .complexity = "O(1) for each operation",
      .summary = "Reads and changes integers of any width inside a string." },
    { .name = "bitfield_ro", .handler = cmd_bitfield_ro, .arity = -2, .group = GROUP_BITMAP,
      .flags = CMD_READONLY | CMD_FAST, .acl = ACL_BITMAP,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key [GET encoding offset [GET encoding offset ...]]", .since = "6.0.0",
      .complexity = "O(1) for each operation",
      .summary = "Reads integers of any width inside a string." },
    { 0 },
};
