/* bitfield.c: the BITFIELD command: integers of any width inside a string.
 *
 * All operations are read before the first is done, and the string is made as long as the farthest
 * write needs, as in Redis: also when OVERFLOW FAIL then holds back every write.
 *
 * Sums are taken in 128 bits, where no 64-bit operands overflow, and brought into the field's range
 * afterwards: field_fit() is the whole of WRAP, SAT and FAIL. Start reading at run(). */
#include "server/commands/bitfield.h"

#include "alloc/alloc.h"
#include "server/commands/errors.h"
#include "server/commands/string_key.h"
#include "server/ds/bits.h"

typedef __int128 wide;

enum overflow { OVERFLOW_WRAP, OVERFLOW_SAT, OVERFLOW_FAIL };
enum verb { FIELD_GET, FIELD_SET, FIELD_INCRBY };

struct operation {
    uint64_t at;
    int64_t  operand;
    uint8_t  verb, overflow, width;
    bool     is_signed;
};

struct operations {
    struct operation *op;
    uint32_t          count, room;
    bool              writes;
    uint64_t          end; /* first bit behind all that is written */
};

/* --- Reading the arguments ------------------------------------------------------------------- */

/* "i8", "u63": signed up to 64 bits, unsigned up to 63. */
static bool parse_type(struct call *c, uint32_t i, struct operation *o) {
    struct slice s = c->argv[i];
    int64_t      width;
    o->is_signed = s.len > 0 && s.p[0] == 'i';
    if (s.len > 0 && (o->is_signed || s.p[0] == 'u') &&
        num_parse_i64(slice_of(s.p + 1, s.len - 1), &width) && width >= 1 &&
        width <= (o->is_signed ? 64 : 63)) {
        o->width = (uint8_t)width;
        return true;
    }
    reply_error(c->reply, ERR_BITFIELD_TYPE);
    return false;
}

static bool parse_overflow(struct call *c, uint32_t i, uint8_t *out) {
    static const char *const words[] = {"wrap", "sat", "fail"};
    for (uint8_t n = 0; n < 3; n++) {
        if (!call_arg_is(c, i, words[n])) continue;
        *out = n;
        return true;
    }
    reply_error(c->reply, ERR_BITFIELD_OVERFLOW);
    return false;
}

/* How many arguments follow the verb at argv[i]; 0: it is none. */
static uint32_t parse_verb(struct call *c, uint32_t i, uint8_t *verb) {
    uint32_t left = c->argc - i - 1;
    if (left >= 2 && call_arg_is(c, i, "get")) return *verb = FIELD_GET, 2;
    if (left >= 3 && call_arg_is(c, i, "set")) return *verb = FIELD_SET, 3;
    if (left >= 3 && call_arg_is(c, i, "incrby")) return *verb = FIELD_INCRBY, 3;
    return 0;
}

static bool parse_operation(struct call *c, uint32_t i, struct operations *all,
                            struct operation *o) {
    if (!parse_type(c, i + 1, o) || !bitmap_arg_offset(c, i + 2, o->width, &o->at)) return false;
    if (o->verb == FIELD_GET) return true;
    if (!call_arg_i64(c, i + 3, &o->operand)) return false;
    all->writes = true;
    if (o->at + o->width > all->end) all->end = o->at + o->width;
    return true;
}

static bool parse(struct call *c, struct operations *all) {
    uint8_t overflow = OVERFLOW_WRAP;
    for (uint32_t i = 2, args; i < c->argc; i += args + 1) {
        struct operation *o = &all->op[all->count];
        if (c->argc - i > 1 && call_arg_is(c, i, "overflow")) {
            if (!parse_overflow(c, i + 1, &overflow)) return false;
            args = 1;
            continue;
        }
        *o = (struct operation){.overflow = overflow};
        if ((args = parse_verb(c, i, &o->verb)) == 0) {
            call_syntax_error(c);
            return false;
        }
        if (!parse_operation(c, i, all, o)) return false;
        all->count++;
    }
    return true;
}

/* --- Doing them ------------------------------------------------------------------------------ */

static wide field_get(struct slice s, const struct operation *o) {
    uint64_t v = bits_read(s, o->at, o->width);
    if (!o->is_signed) return v;
    unsigned unused = 64u - o->width;
    return (int64_t)(v << unused) >> unused;
}

/* The value as it is stored. False: it is out of range and nothing is to be stored. */
static bool field_fit(const struct operation *o, wide v, wide *out) {
    wide max = ((wide)1 << (o->is_signed ? o->width - 1u : o->width)) - 1;
    wide min = o->is_signed ? -max - 1 : 0, span = max - min + 1;
    *out = v;
    if (v >= min && v <= max) return true;
    if (o->overflow == OVERFLOW_FAIL) return false;
    bool too_large = v > max;
    if (o->verb == FIELD_SET && o->width < 64) too_large |= max - v > INT64_MAX; /* as Redis: its room wraps */
    if (o->overflow == OVERFLOW_SAT) *out = too_large ? max : min;
    else *out = ((v - min) % span + span) % span + min;
    return true;
}

/* SET shows the old value, INCRBY the new one. True: something was stored. */
static bool field_change(struct call *c, char *bytes, size_t len, const struct operation *o) {
    wide old = field_get(slice_of(bytes, len), o), now = o->operand;
    if (o->verb == FIELD_INCRBY) now += old;
    else if (!o->is_signed) now = (uint64_t)o->operand; /* as Redis: -1 is too large, not too small */
    if (!field_fit(o, now, &now)) {
        reply_null(c->reply);
        return false;
    }
    reply_int(c->reply, (int64_t)(o->verb == FIELD_SET ? old : now));
    bits_write(bytes, o->at, o->width, (uint64_t)now);
    return true;
}

static void run_reading(struct call *c, const struct operations *all) {
    struct key k;
    char       scratch[NUM_I64_TEXT_MAX];
    if (!call_read(c, 1, VAL_STRING, &k)) return;
    struct slice s = string_text(&k, scratch);
    reply_array(c->reply, all->count);
    for (uint32_t i = 0; i < all->count; i++)
        reply_int(c->reply, (int64_t)field_get(s, &all->op[i]));
}

static void run_writing(struct call *c, const struct operations *all) {
    struct key k;
    size_t     had, need = (size_t)(all->end / 8 + (all->end % 8 != 0));
    uint64_t   changes = 0;
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    char *bytes = string_grow(c, &k, need, &had);
    if (bytes == NULL) return;
    size_t len = had > need ? had : need;
    reply_array(c->reply, all->count);
    for (uint32_t i = 0; i < all->count; i++) {
        const struct operation *o = &all->op[i];
        if (o->verb == FIELD_GET) reply_int(c->reply, (int64_t)field_get(slice_of(bytes, len), o));
        else changes += field_change(c, bytes, len, o);
    }
    if (changes > 0 || need > had) key_changed(c, &k, changes);
}

static void run(struct call *c, bool read_only) {
    struct operations all = {.room = c->argc / 3 + 1}; /* an operation takes three arguments */
    size_t            bytes = all.room * sizeof *all.op;
    all.op = ash_alloc(c->engine->heaps.clients, bytes);
    if (!parse(c, &all)) {
        /* the error was sent */
    } else if (!all.writes) {
        run_reading(c, &all);
    } else if (read_only) {
        reply_error(c->reply, ERR_BITFIELD_RO);
    } else {
        run_writing(c, &all);
    }
    ash_free(all.op, bytes);
}

void cmd_bitfield(struct call *c) { run(c, false); }
void cmd_bitfield_ro(struct call *c) { run(c, true); }
