/* sort.c: SORT and SORT_RO: the elements of a list, set or sorted set in order, and keys looked up by them.
 *
 * Elements are borrowed from the container, weights from the keys that BY names; nothing is copied and
 * nothing changes before the answer is sent or the new list is whole. Where nothing is to be sorted
 * (BY without a *) only the part that LIMIT asks for is read, lists and sorted sets from either end.
 *
 * Unlike in Redis, sorting a small sorted set does not turn it into a large one.
 *
 * Of what is sorted, only the part that LIMIT asks for is put in order. Equal elements keep theirs. Texts compare byte by byte, as Redis in the C locale.
 *
 * Start reading at sort_command(). */
#include "server/commands/families.h"

#include <ctype.h>
#include <stdlib.h>

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/core/call.h"
#include "server/ds/partial_sort.h"
#include "server/ds/text.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/zset.h"

struct weighed {
    struct element element, by; /* by: the text to compare with ALPHA BY */
    bool           has_by;
    double         score;
    size_t         place; /* before sorting */
};

struct sort {
    struct call    *call;
    struct text     name; /* of the key that is looked up */
    uint32_t        store_at, by_at; /* argument indices; 0: none */
    uint32_t        gets;
    bool            alpha, descending, unsorted;
    int64_t         offset, limit; /* limit < 0: all */
    struct list_iter list; /* of a list: what its elements lie in */
    struct weighed *item;
    size_t          room, count, start, end; /* of the items [start, end) are wanted */
};

/* --- Arguments ------------------------------------------------------------------------------- */

/* How many arguments belong to the option at argv[i]; 0: it is none. */
static uint32_t option_width(const struct slice *argv, uint32_t argc, uint32_t i) {
    static const struct { const char *word; uint32_t width; } options[] = {
        {"asc", 1}, {"desc", 1}, {"alpha", 1}, {"limit", 3}, {"store", 2}, {"by", 2}, {"get", 2}};
    for (size_t n = 0; n < sizeof options / sizeof *options; n++)
        if (slice_eq_nocase(argv[i], options[n].word))
            return argc - i >= options[n].width ? options[n].width : 0;
    return 0;
}

static bool has_star(struct slice s) { return s.len > 0 && memchr(s.p, '*', s.len) != NULL; }

static bool parse(struct sort *s, bool read_only) {
    struct call *c = s->call;
    for (uint32_t i = 2, width; i < c->argc; i += width) {
        width = option_width(c->argv, c->argc, i);
        if (width == 0 || (read_only && call_arg_is(c, i, "store"))) {
            call_syntax_error(c);
            return false;
        }
        if (call_arg_is(c, i, "asc")) s->descending = false;
        if (call_arg_is(c, i, "desc")) s->descending = true;
        if (call_arg_is(c, i, "alpha")) s->alpha = true;
        if (call_arg_is(c, i, "get")) s->gets++;
        if (call_arg_is(c, i, "store")) s->store_at = i + 1;
        if (call_arg_is(c, i, "by")) {
            s->by_at = i + 1;
            s->unsorted |= !has_star(c->argv[i + 1]);
        }
        if (call_arg_is(c, i, "limit") && (!call_arg_i64(c, i + 1, &s->offset) ||
                                           !call_arg_i64(c, i + 2, &s->limit)))
            return false;
    }
    return true;
}

static int sort_keys(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg) {
    uint32_t stored = 0, width;
    for (uint32_t i = 2; i < argc; i += width) {
        width = option_width(argv, argc, i);
        if (width == 0) width = 1;
        else if (slice_eq_nocase(argv[i], "store")) stored = i + 1; /* the last is the one used */
    }
    if (fn != NULL) {
        fn(1, KEY_RO | KEY_ACCESS, arg);
        if (stored > 0) fn(stored, KEY_OW | KEY_UPDATE, arg);
    }
    return stored > 0 ? 2 : 1;
}

static int sort_ro_keys(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg) {
    (void)argv;
    (void)argc;
    if (fn != NULL) fn(1, KEY_RO | KEY_ACCESS, arg);
    return 1;
}

/* --- Keys by pattern ------------------------------------------------------------------------- */

/* "prefix*suffix" or "prefix*suffix->field"; of the suffix only what stands in front of "->". */
struct pattern { struct slice prefix, suffix, field; };

static bool pattern_split(struct slice s, struct pattern *p) {
    const char *star = s.len > 0 ? memchr(s.p, '*', s.len) : NULL;
    if (star == NULL) return false;
    size_t      before = (size_t)(star - s.p), after = s.len - before - 1;
    const char *arrow = memmem(star + 1, after, "->", 2);
    *p = (struct pattern){slice_of(s.p, before), slice_of(star + 1, after), {NULL, 0}};
    if (arrow != NULL && arrow + 2 < s.p + s.len) {
        p->suffix.len = (size_t)(arrow - star) - 1;
        p->field = slice_of(arrow + 2, (size_t)(s.p + s.len - arrow) - 2);
    }
    return true;
}

static bool value_at(const struct value *v, int64_t now_ms, struct slice field,
                     struct element *out) {
    if (field.len > 0) return v->type == VAL_HASH && hash_get(v, now_ms, field, out);
    if (v->type != VAL_STRING) return false;
    *out = (struct element){.is_int = v->enc == ENC_INT};
    if (out->is_int) out->i = v->u.i;
    else out->s = v->u.str;
    return true;
}

/* What the pattern finds for the element, borrowed. False: nothing. */
static bool look_up(struct sort *s, struct slice pattern, const struct element *e,
                    struct element *out) {
    struct pattern p;
    struct value   v;
    char           scratch[ELEMENT_TEXT_MAX];
    if (pattern.len == 1 && pattern.p[0] == '#') {
        *out = *e;
        return true;
    }
    if (!pattern_split(pattern, &p)) return false;
    text_clear(&s->name);
    text_add(&s->name, p.prefix);
    text_add(&s->name, element_text(e, scratch));
    text_add(&s->name, p.suffix);
    struct slice  name = text_slice(&s->name);
    unsigned      flags = s->call->session->flags & SESSION_NO_TOUCH ? LOOKUP_NOTOUCH : LOOKUP_READ;
    struct entry *entry = db_lookup(s->call->db, name, table_hash(name), flags);
    if (entry == NULL) return false;
    entry_value(entry, &v);
    return value_at(&v, s->call->now_ms, p.field, out);
}

/* --- Reading the container ------------------------------------------------------------------- */

static void add(struct sort *s, const struct element *e) {
    ASSERT(s->count < s->room);
    s->item[s->count] = (struct weighed){.element = *e, .place = s->count};
    s->count++;
}

static void read_list(struct sort *s, const struct value *v, size_t from, size_t n, bool backwards) {
    struct element e;
    int64_t        first = backwards ? -1 - (int64_t)from : (int64_t)from;
    list_iter_init(&s->list, v, first, backwards);
    list_iter_keep(&s->list);
    for (size_t i = 0; i < n && list_next(&s->list, &e); i++) add(s, &e);
}

static void read_set(struct sort *s, const struct value *v) {
    struct set_iter it;
    struct element  e;
    set_iter_init(&it, v);
    while (set_next(&it, &e)) add(s, &e);
}

static void read_zset(struct sort *s, const struct value *v, size_t from, size_t n, bool backwards) {
    struct element     e;
    double             score;
    struct zset_cursor at = zset_at(v, backwards ? zset_count(v) - 1 - from : from);
    for (size_t i = 0; i < n; i++) {
        zset_peek(&at, &e, &score);
        add(s, &e);
        if (i + 1 < n) zset_step(&at, backwards);
    }
}

/* Which of len items LIMIT means. */
static void clip(struct sort *s, size_t len) {
    int64_t total = (int64_t)len, start = s->offset < 0 ? 0 : s->offset, left;
    if (start > total) start = total;
    left = total - start;
    s->start = (size_t)start;
    s->end = (size_t)(start + (s->limit < 0 || s->limit > left ? left : s->limit));
}

static void read_items(struct sort *s, const struct value *v) {
    size_t len = (size_t)value_len(v), from = 0, n = len;
    bool   part = s->unsorted && v->type != VAL_SET, backwards = part && s->descending;
    clip(s, len);
    if (part) {
        from = s->start;
        n = s->end - s->start;
    }
    s->room = n;
    if (n == 0) return;
    s->item = ash_alloc(s->call->engine->heaps.clients, n * sizeof *s->item);
    if (v->type == VAL_LIST) read_list(s, v, from, n, backwards);
    else if (v->type == VAL_SET) read_set(s, v);
    else read_zset(s, v, from, n, backwards);
    if (part) {
        s->start = 0;
        s->end = n;
    }
}

/* --- Sorting --------------------------------------------------------------------------------- */

/* As strtod over a C string: blanks in front, and a NUL ends it. */
static bool weight_of(const struct element *e, double *out) {
    if (e->is_int) {
        *out = (double)e->i;
        return true;
    }
    struct slice s = slice_of(e->s.p, e->s.len > 0 ? strnlen(e->s.p, e->s.len) : 0);
    *out = 0;
    if (s.len == 0) return true;
    while (s.len > 0 && isspace((unsigned char)s.p[0])) s = slice_of(s.p + 1, s.len - 1);
    return num_parse_double(s, out);
}

/* False: one has no number. */
static bool weigh(struct sort *s) {
    for (size_t i = 0; i < s->count; i++) {
        struct weighed *w = &s->item[i];
        w->by = w->element;
        w->has_by = s->by_at == 0 || look_up(s, s->call->argv[s->by_at], &w->element, &w->by);
        if (!s->alpha && w->has_by && !weight_of(&w->by, &w->score)) return false;
    }
    return true;
}

static int compare_texts(const struct element *a, const struct element *b) {
    char scratch[2][ELEMENT_TEXT_MAX];
    return slice_cmp(element_text(a, scratch[0]), element_text(b, scratch[1]));
}

static int by_place(const struct weighed *a, const struct weighed *b) {
    return (a->place > b->place) - (a->place < b->place);
}

static int order_of_numbers(const struct weighed *a, const struct weighed *b) {
    if (a->score != b->score) return a->score < b->score ? -1 : 1;
    return compare_texts(&a->element, &b->element);
}

static int order_of_texts(const struct weighed *a, const struct weighed *b) {
    if (!a->has_by || !b->has_by) return a->has_by - b->has_by;
    return compare_texts(&a->by, &b->by);
}

#define COMPARER(name, order, sign)                                                                \
    static int name(const void *a, const void *b) {                                                \
        int c = sign order(a, b);                                                                  \
        return c != 0 ? c : by_place(a, b);                                                        \
    }
COMPARER(numbers_up, order_of_numbers, +)
COMPARER(numbers_down, order_of_numbers, -)
COMPARER(texts_up, order_of_texts, +)
COMPARER(texts_down, order_of_texts, -)

static void put_in_order(struct sort *s) {
    static int (*const compare[2][2])(const void *, const void *) = {
        {numbers_up, numbers_down}, {texts_up, texts_down}};
    struct sortable all = {s->item, s->count, sizeof *s->item, compare[s->alpha][s->descending]};
    partial_sort(&all, s->start, s->end, &s->call->engine->rand);
}

/* --- Answering ------------------------------------------------------------------------------- */

/* Calls fn with each element of the answer; NULL: nothing was found for it. */
static void each_result(struct sort *s, void (*fn)(const struct element *e, void *arg), void *arg) {
    struct call *c = s->call;
    for (size_t n = s->start; n < s->end; n++) {
        const struct element *e = &s->item[n].element;
        if (s->gets == 0) fn(e, arg);
        for (uint32_t i = 2; s->gets > 0 && i < c->argc; i += option_width(c->argv, c->argc, i)) {
            struct element found;
            if (!call_arg_is(c, i, "get")) continue;
            fn(look_up(s, c->argv[i + 1], e, &found) ? &found : NULL, arg);
        }
    }
}

static size_t result_count(const struct sort *s) {
    return (s->end - s->start) * (s->gets > 0 ? s->gets : 1);
}

static void send(const struct element *e, void *arg) {
    if (e != NULL) reply_element(arg, e);
    else reply_null(arg);
}

struct stored {
    struct type_env env;
    struct value    list;
};

static void keep(const struct element *e, void *arg) {
    struct stored *to = arg;
    char           scratch[ELEMENT_TEXT_MAX];
    list_push(&to->list, &to->env, LIST_TAIL, e != NULL ? element_text(e, scratch) : slice_of("", 0));
}

static void store(struct sort *s) {
    struct call *c = s->call;
    struct key   dst;
    size_t       n = result_count(s);
    if (n > 0) {
        struct stored to = {.env = call_env(c)};
        to.list = list_new(&to.env);
        each_result(s, keep, &to);
        call_write(c, s->store_at, VAL_ANY, &dst);
        key_set_value(c, &dst, &to.list, ENTRY_NO_EXPIRE);
    } else {
        call_write(c, s->store_at, VAL_ANY, &dst);
        if (dst.entry != NULL) key_delete(c, &dst, DISCARD_SERVER);
    }
    reply_uint(c->reply, n);
}

static void answer(struct sort *s) {
    if (s->store_at > 0) {
        store(s);
    } else {
        reply_array(s->call->reply, result_count(s));
        each_result(s, send, s->call->reply);
    }
}

/* A set has no order of its own: what is stored of it is sorted as text, so that it is always the
 * same. */
static void order_for_store(struct sort *s, const struct value *v) {
    if (!s->unsorted || v->type != VAL_SET || s->store_at == 0) return;
    s->unsorted = false;
    s->alpha = true;
    s->by_at = 0;
}

static bool sortable(struct call *c, struct key *k) {
    call_read(c, 1, VAL_ANY, k);
    if (k->entry == NULL || k->v.type == VAL_SET || k->v.type == VAL_ZSET) return true;
    return call_read(c, 1, VAL_LIST, k); /* or the error is sent */
}

static void sort_command(struct call *c, bool read_only) {
    struct sort s = {.call = c, .limit = -1};
    struct key  k;
    if (!parse(&s, read_only) || !sortable(c, &k)) return;
    text_init(&s.name, c->engine->heaps.clients);
    if (k.entry != NULL) {
        order_for_store(&s, &k.v);
        read_items(&s, &k.v);
    }
    if (s.unsorted || weigh(&s)) {
        if (!s.unsorted) put_in_order(&s);
        answer(&s);
    } else {
        reply_error(c->reply, ERR_SORT_NUMBER);
    }
    if (s.item != NULL) ash_free(s.item, s.room * sizeof *s.item);
    list_iter_fini(&s.list);
    text_fini(&s.name);
}

static void cmd_sort(struct call *c) { sort_command(c, false); }
static void cmd_sort_ro(struct call *c) { sort_command(c, true); }

#define SORT_SYNTAX                                                                                \
    "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"
#define SORT_COMPLEXITY                                                                            \
    "O(N*log(N)), N = elements of the container; O(M) for the M asked for where BY has no *"
#define BY_PATTERN_KEYS { .flags = KEY_RO | KEY_ACCESS } /* unknown: they are made from elements */

const struct command sort_commands[] = {
    { .name = "sort", .handler = cmd_sort, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_WRITE | CMD_DENYOOM,
      .acl = ACL_SET | ACL_SORTEDSET | ACL_LIST | ACL_DANGEROUS, .find_keys = sort_keys,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 },
               BY_PATTERN_KEYS,
               { .flags = KEY_OW | KEY_UPDATE } /* unknown: STORE may stand anywhere */ },
      .syntax = SORT_SYNTAX " [STORE destination]", .since = "1.0.0",
      .complexity = SORT_COMPLEXITY,
      .summary = "Sorts the elements of a list, set or sorted set, and may store them as a list." },
    { .name = "sort_ro", .handler = cmd_sort_ro, .arity = -2, .group = GROUP_GENERIC,
      .flags = CMD_READONLY, .acl = ACL_SET | ACL_SORTEDSET | ACL_LIST | ACL_DANGEROUS,
      .find_keys = sort_ro_keys,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 }, BY_PATTERN_KEYS},
      .syntax = SORT_SYNTAX, .since = "7.0.0", .complexity = SORT_COMPLEXITY,
      .summary = "Sorts the elements of a list, set or sorted set." },
    { 0 },
};
