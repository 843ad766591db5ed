/* command_table.c: the commands by name and by id, and where a call's keys are.
 *
 * A lookup happens for every request, so a name is never lowered byte by byte. name_of() loads it as
 * up to three overlapping words, lowers eight bytes at a time and hashes the words; with the length
 * they are the name, so comparing words is comparing names:
 *
 *     "hset"            first = "hsethset", the others 0: four to seven bytes are one word
 *     "zrangebyscore"   first = "zrangeby"  last = "ebyscore"  middle = 0 (only beyond 16 bytes)
 *
 * Top-level commands and subcommands share one open-addressed array, sized to be at most a quarter
 * full; a subcommand's slot names its container. Ids are given in the order of the families.
 *
 * Start reading at command_find(). */
#include "server/core/command.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"

#include <ctype.h>
#include <stdlib.h>

#define NAME_MAX_LEN 24 /* what three words hold */
#define SLOTS_EACH   4

struct name {
    uint64_t              first, last, middle;
    size_t                len;
    const struct command *parent; /* the container, or NULL */
};

struct slot {
    struct name               name;
    const struct command_ref *ref; /* NULL: empty */
};

struct command_table {
    struct ash_heap    *heap;
    struct slot        *slots;
    size_t              slot_count; /* a power of two, */
    unsigned            hash_shift; /* addressed by a hash's bits from here on */
    struct command_ref *refs;
    unsigned            count;
};

/* --- Names ----------------------------------------------------------------------------------- */

/* ASCII capitals to small letters, eight bytes at once; bytes from 0x80 on stay as they are. */
static inline uint64_t word_lower(uint64_t w) {
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
    uint64_t       low7 = w & ~high;
    uint64_t       from_a = low7 + (0x80 - 'A') * ones;
    uint64_t       beyond_z = low7 + (0x80 - 'Z' - 1) * ones;
    return w | (((from_a & ~beyond_z & ~w & high) >> 7) * 0x20);
}

/* False: too long or too short to be a name of ours. */
__attribute__((always_inline)) static inline bool name_of(struct slice s, const struct command *parent, struct name *n) {
    const char *end = s.p + s.len;
    *n = (struct name){.len = s.len, .parent = parent};
    if (s.len - 4 < 4) {
        n->first = word_lower(word_load(s.p, 4) | word_load(end - 4, 4) << 32);
    } else if (s.len - 8 <= NAME_MAX_LEN - 8) {
        n->first = word_lower(word_load(s.p, 8));
        n->last = word_lower(word_load(end - 8, 8));
        if (s.len > 16) n->middle = word_lower(word_load(s.p + 8, 8));
    } else if (s.len - 1 < 3) {
        n->first = word_lower(word_load(s.p, 1) | word_load(s.p + s.len / 2, 1) << 8 | word_load(end - 1, 1) << 16);
    } else {
        return false;
    }
    return true;
}

static inline bool name_eq(const struct name *a, const struct name *b) {
    return ((a->first ^ b->first) | (a->last ^ b->last) | (a->middle ^ b->middle) |
            (a->len ^ b->len) | ((uintptr_t)a->parent ^ (uintptr_t)b->parent)) == 0;
}

/* Names of ours differ in few places, so one multiplication spreads them well enough. */
static inline uint64_t name_hash(const struct name *n) {
    uint64_t words = n->first ^ (n->last << 29 | n->last >> 35) ^ n->middle * 5;
    return (words ^ n->len ^ (uintptr_t)n->parent) * 0x9E3779B97F4A7C15u;
}

/* --- The table ------------------------------------------------------------------------------- */

static inline struct slot *slot_find(const struct command_table *t, const struct name *n) {
    for (size_t i = name_hash(n) >> t->hash_shift;; i = (i + 1) & (t->slot_count - 1)) {
        struct slot *s = &t->slots[i];
        if (s->ref == NULL || name_eq(&s->name, n)) return s;
    }
}

/* Its first key is known to be argv[1]. */
static bool has_key1(const struct command *cmd) {
    const struct key_spec *spec = &cmd->keys[0];
    return spec->flags != 0 && spec->first == 1 && spec->keyword == NULL && spec->keynum == 0;
}

/* argc lies in [argc_min, argc_min + argc_span]; no request is as long as UINT32_MAX. */
static void arity_set(struct command_ref *ref) {
    int arity = ref->cmd->arity;
    if (ref->handler == NULL) {
        ref->argc_min = UINT32_MAX;
    } else if (arity >= 0) {
        ref->argc_min = (uint32_t)arity;
    } else {
        ref->argc_min = (uint32_t)-arity;
        ref->argc_span = UINT32_MAX - ref->argc_min;
    }
}

static void table_add(struct command_table *t, const struct command *cmd,
                      const struct command *parent) {
    struct command_ref *ref = &t->refs[t->count];
    *ref = (struct command_ref){
        .cmd = cmd, .parent = parent, .handler = cmd->handler, .lookahead = cmd->lookahead,
        .flags = cmd->flags, .id = t->count++, .key1 = has_key1(cmd),
        .plain = parent == NULL && cmd->subcommands == NULL};
    arity_set(ref);
    struct name n;
    ASSERT(name_of(slice_str(cmd->name), parent, &n)); /* a longer name needs a fourth word */
    struct slot *s = slot_find(t, &n);
    ASSERT(s->ref == NULL); /* a command is declared once */
    *s = (struct slot){.name = n, .ref = ref};
    for (const struct command *c = cmd->subcommands; c != NULL && c->name != NULL; c++)
        table_add(t, c, cmd);
}

static unsigned count_with_subcommands(const struct command *list) {
    unsigned n = 0;
    for (; list != NULL && list->name != NULL; list++) n += 1 + count_with_subcommands(list->subcommands);
    return n;
}

/* The heap is the table's own and small: a server has one table for as long as it lives. */
struct command_table *command_table_new(const struct command *const *families) {
    struct ash_heap      *heap = ash_heap_new("commands", ASH_HEAP_OWNED);
    struct command_table *t = ash_zalloc(heap, sizeof *t);
    t->heap = heap;
    unsigned total = 0;
    for (const struct command *const *f = families; *f != NULL; f++) total += count_with_subcommands(*f);
    t->slot_count = 64;
    while (t->slot_count < (size_t)total * SLOTS_EACH) t->slot_count *= 2;
    t->hash_shift = (unsigned)__builtin_clzll(t->slot_count) + 1;
    t->slots = ash_zalloc(heap, t->slot_count * sizeof *t->slots);
    t->refs = ash_zalloc(heap, (total + 1) * sizeof *t->refs);
    for (const struct command *const *f = families; *f != NULL; f++)
        for (const struct command *c = *f; c->name != NULL; c++) table_add(t, c, NULL);
    ASSERT(t->count == total);
    return t;
}

void command_table_free(struct command_table **t) {
    if (*t == NULL) return;
    struct ash_heap *heap = (*t)->heap;
    *t = NULL;
    ash_heap_drop(&heap);
}

unsigned command_table_ids(const struct command_table *t) { return t->count; }

static inline const struct command_ref *ref_find(const struct command_table *t, struct slice name,
                                                 const struct command *parent) {
    struct name n;
    return name_of(name, parent, &n) ? slot_find(t, &n)->ref : NULL;
}

const struct command_ref *command_find(const struct command_table *t, struct slice name) {
    return ref_find(t, name, NULL);
}

const struct command_ref *command_resolve(const struct command_table *t, const struct slice *argv,
                                          uint32_t argc, const struct command_ref **container) {
    const struct command_ref *ref = ref_find(t, argv[0], NULL);
    if (ref == NULL || argc == 1 || ref->cmd->subcommands == NULL) return ref;
    const struct command_ref *sub = ref_find(t, argv[1], ref->cmd);
    if (sub == NULL) *container = ref;
    return sub;
}

const struct command_ref *command_by_id(const struct command_table *t, unsigned id) {
    return id < t->count ? &t->refs[id] : NULL;
}

void command_each(const struct command_table *t, void (*fn)(const struct command_ref *r, void *arg),
                  void *arg) {
    for (unsigned i = 0; i < t->count; i++)
        if (t->refs[i].parent == NULL) fn(&t->refs[i], arg);
}

size_t command_full_name(const struct command_ref *r, char *out, size_t cap) {
    ASSERT(cap > 0);
    size_t len = 0;
    if (r->parent != NULL) {
        for (const char *p = r->parent->name; *p != '\0' && len + 1 < cap; p++) out[len++] = *p;
        if (len + 1 < cap) out[len++] = '|';
    }
    for (const char *p = r->cmd->name; *p != '\0' && len + 1 < cap; p++) out[len++] = *p;
    out[len] = '\0';
    return len;
}

/* --- Keys ------------------------------------------------------------------------------------ */

/* Where the search ends up: the index of the first key, or -1: the word is not there. Forwards from
 * spec->first; a negative one searches backwards, counted from the end. */
static int64_t keyword_find(const struct key_spec *spec, const struct slice *argv, uint32_t argc) {
    bool    back = spec->first < 0;
    int64_t i = back ? (int64_t)argc + spec->first : spec->first;
    for (; i > 0 && i < (int64_t)argc; i += back ? -1 : 1)
        if (argv[i].len == strlen(spec->keyword) &&
            strncasecmp(argv[i].p, spec->keyword, argv[i].len) == 0)
            return i + 1;
    return -1;
}

/* First and last key of one spec. 0: fine; 1: this spec has no keys here; -1: does not fit. */
static int spec_range(const struct key_spec *spec, const struct slice *argv, uint32_t argc,
                      int64_t *first, int64_t *last) {
    if (spec->keynum > 0) {
        int64_t keys;
        if ((uint32_t)spec->keynum >= argc || !num_parse_i64(argv[spec->keynum], &keys)) return -1;
        int64_t step = spec->step > 0 ? spec->step : 1;
        if (keys < 0 || keys > ((int64_t)argc - spec->keynum - 1) / step) return -1;
        *first = spec->keynum + 1;
        *last = *first + keys * step - 1;
        return keys == 0;
    }
    *first = spec->keyword != NULL ? keyword_find(spec, argv, argc) : spec->first;
    if (*first < 0) return 1;
    *last = spec->last < 0 ? (int64_t)argc + spec->last : *first + spec->last;
    if (spec->limit > 1) *last = *first + (*last - *first + 1) / spec->limit - 1;
    if (*first >= (int64_t)argc || *last >= (int64_t)argc || *last < *first) return -1;
    return 0;
}

int command_keys(const struct command *cmd, const struct slice *argv, uint32_t argc,
                 command_key_fn fn, void *arg) {
    int count = 0;
    if (cmd->find_keys != NULL) return cmd->find_keys(argv, argc, fn, arg);
    for (unsigned k = 0; k < KEY_SPECS_MAX && cmd->keys[k].flags != 0; k++) {
        const struct key_spec *spec = &cmd->keys[k];
        int64_t                first, last;
        int                    r = spec_range(spec, argv, argc, &first, &last);
        if (r < 0) return -1;
        if (r > 0 || (spec->flags & KEY_NOT_KEY)) continue;
        int64_t step = spec->step > 0 ? spec->step : 1;
        for (int64_t i = first; i <= last; i += step, count++)
            if (fn != NULL) fn((uint32_t)i, spec->flags, arg);
    }
    return count;
}
