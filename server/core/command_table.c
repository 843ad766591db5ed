/* command_table.c: the commands by name and by id, and where a call's keys are.
 *
 * A lookup happens for every request, so a name is never lowered byte by byte. name_of() loads it as
 * three overlapping words (first 8, last 8, middle 8 bytes), lowers eight bytes at a time and hashes
 * the words; with the length they are the name, so comparing words is comparing names:
 *
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
    uint64_t first, last, middle;
    size_t   len;
};

struct slot {
    struct name               name;
    const struct command_ref *ref; /* NULL: empty */
};

struct command_table {
    struct ash_heap    *heap;
    struct slot        *slots;
    size_t              slot_count; /* a power of two */
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

static inline uint64_t load(const char *p, size_t n) {
    uint64_t w = 0;
    memcpy(&w, p, n);
    return word_lower(w);
}

/* False: too long or too short to be a name of ours. */
static inline bool name_of(struct slice s, struct name *n) {
    if (s.len == 0 || s.len > NAME_MAX_LEN) return false;
    n->len = s.len;
    n->middle = 0;
    if (s.len >= 8) {
        n->first = load(s.p, 8);
        n->last = load(s.p + s.len - 8, 8);
        if (s.len > 16) n->middle = load(s.p + 8, 8);
    } else if (s.len >= 4) {
        n->first = load(s.p, 4);
        n->last = load(s.p + s.len - 4, 4);
    } else {
        const unsigned char *p = (const unsigned char *)s.p;
        n->first = word_lower(p[0] | (uint64_t)p[s.len / 2] << 8 | (uint64_t)p[s.len - 1] << 16);
        n->last = 0;
    }
    return true;
}

static inline bool name_eq(const struct name *a, const struct name *b) {
    return a->first == b->first && a->last == b->last && a->middle == b->middle && a->len == b->len;
}

static inline uint64_t name_hash(const struct name *n, const struct command *parent) {
    uint64_t h = (n->first ^ (uint64_t)(uintptr_t)parent) * 0x9E3779B97F4A7C15u;
    h = (h ^ n->last ^ h >> 29) * 0xBF58476D1CE4E5B9u;
    h = (h ^ n->middle ^ n->len ^ h >> 32) * 0x94D049BB133111EBu;
    return h ^ h >> 31;
}

/* --- The table ------------------------------------------------------------------------------- */

static struct slot *slot_find(const struct command_table *t, const struct name *n,
                              const struct command *parent) {
    size_t mask = t->slot_count - 1;
    for (size_t i = name_hash(n, parent) & mask;; i = (i + 1) & mask) {
        struct slot *s = &t->slots[i];
        if (s->ref == NULL || (name_eq(&s->name, n) && s->ref->parent == parent)) return s;
    }
}

static void table_add(struct command_table *t, const struct command *cmd,
                      const struct command *parent) {
    struct command_ref *ref = &t->refs[t->count];
    *ref = (struct command_ref){.cmd = cmd, .parent = parent, .id = t->count++};
    struct name n;
    ASSERT(name_of(slice_str(cmd->name), &n)); /* a longer name needs a fourth word */
    struct slot *s = slot_find(t, &n, parent);
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

const struct command_ref *command_find(const struct command_table *t, struct slice name) {
    struct name n;
    return name_of(name, &n) ? slot_find(t, &n, NULL)->ref : NULL;
}

const struct command_ref *command_resolve(const struct command_table *t, const struct slice *argv,
                                          uint32_t argc, const struct command_ref **container) {
    const struct command_ref *ref = command_find(t, argv[0]);
    if (ref == NULL || argc == 1 || ref->cmd->subcommands == NULL) return ref;
    struct name n;
    const struct command_ref *sub = name_of(argv[1], &n) ? slot_find(t, &n, ref->cmd)->ref : NULL;
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
