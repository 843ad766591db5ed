/* set.c: the set type: intset while all members are integers, listpack while they are few and
 * short, else a table.
 *
 * Table item, one allocation:   | varint length | member bytes |
 *
 * The table's container is the value's pointer and knows its heap, so that any thread can free it,
 * and counts its items' slots, so that set_bytes() walks nothing. Conversions and thresholds are
 * Redis 7.2's (there is no way back to a smaller encoding). Start reading at set_add(). */
#include "server/types/set.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"
#include "server/ds/freeing.h"
#include "server/ds/intset.h"
#include "server/ds/mover.h"
#include "server/ds/rand.h"
#include "server/ds/table.h"
#include "server/ds/varint.h"
#include "server/types/compact.h"

struct set_table {
    struct table table;
    size_t       item_bytes; /* slots of the items */
};

/* --- Items ---------------------------------------------------------------------------------- */

static struct slice item_member(const void *item) {
    uint64_t             len;
    const unsigned char *p = varint_get(item, &len);
    return slice_of((const char *)p, len);
}

static const struct table_type member_type = { item_member };

static size_t item_size(struct slice member) { return varint_size(member.len) + member.len; }

static void *item_new(struct ash_heap *heap, struct slice member) {
    unsigned char *item = ash_alloc(heap, item_size(member)), *p = varint_put(item, member.len);
    if (member.len) memcpy(p, member.p, member.len);
    return item;
}

static void item_free(void *item, struct freeing *f) {
    freeing_free(f, item, item_size(item_member(item)));
}

/* --- The large encoding ---------------------------------------------------------------------- */

static struct set_table *big_new(struct ash_heap *heap) {
    struct set_table *b = ash_alloc(heap, sizeof *b);
    table_init(&b->table, heap, &member_type);
    b->item_bytes = 0;
    return b;
}

static bool big_add_hashed(struct set_table *b, struct slice member, uint64_t hash) {
    if (table_get(&b->table, member, hash)) return false;
    table_put(&b->table, item_new(b->table.heap, member), hash);
    b->item_bytes += ash_good_size(item_size(member));
    return true;
}

static bool big_add(struct set_table *b, struct slice member) {
    return big_add_hashed(b, member, table_hash(member));
}

static bool big_remove(struct set_table *b, struct slice member) {
    void *item = table_take(&b->table, member, table_hash(member));
    if (!item) return false;
    b->item_bytes -= ash_good_size(item_size(member));
    ash_free(item, item_size(member));
    return true;
}

/* --- Conversions ----------------------------------------------------------------------------- */

bool set_drain(struct value *v, struct freeing *f) {
    switch (v->enc) {
    case ENC_INTSET: {
        struct intset *s = v->u.ptr;
        freeing_count(f, intset_footprint(s));
        intset_free(&s);
        break;
    }
    case ENC_LISTPACK: {
        unsigned char *lp = v->u.ptr;
        freeing_count(f, lp_footprint(lp));
        lp_free(&lp);
        break;
    }
    default: {
        struct set_table *b = v->u.ptr;
        if (table_drain(&b->table, item_free, f)) return true;
        freeing_free(f, b, sizeof *b);
    }
    }
    v->u.ptr = NULL;
    return false;
}

void set_free(struct value *v) {
    struct freeing all = freeing_all();
    set_drain(v, &all);
}

static void become(struct value *v, uint8_t enc, void *ptr) {
    set_free(v);
    v->enc = enc;
    v->u.ptr = ptr;
}

static void to_table(struct value *v, const struct type_env *env) {
    struct set_table *b = big_new(env->heap);
    struct set_iter   it;
    struct element    e;
    char              text[ELEMENT_TEXT_MAX];
    set_iter_init(&it, v);
    while (set_next(&it, &e)) big_add(b, element_text(&e, text));
    become(v, ENC_HASHTABLE, b);
}

static void intset_to_listpack(struct value *v, const struct type_env *env) {
    const struct intset *s = v->u.ptr;
    unsigned char       *lp = lp_new(env->heap);
    for (uint32_t i = 0; i < intset_len(s); i++)
        lp = lp_append_int(env->heap, lp, intset_get(s, i));
    become(v, ENC_LISTPACK, lp);
}

static bool intset_too_long(uint64_t n, const struct type_limits *limits) {
    return n > INTSET_LENGTH_MAX || compact_over(n, limits->set_max_intset_entries);
}

static size_t digits(int64_t i) {
    char text[NUM_I64_TEXT_MAX];
    return num_format_i64(text, i);
}

/* Whether an intset's integers and one more member may live in a listpack. */
static bool intset_fits_listpack(const struct intset *s, struct slice member,
                                 const struct type_limits *limits) {
    uint32_t n = intset_len(s);
    size_t   longest = member.len;
    if (n) {
        size_t low = digits(intset_get(s, 0)), high = digits(intset_get(s, n - 1));
        if (low > longest) longest = low;
        if (high > longest) longest = high;
    }
    return !compact_over((uint64_t)n + 1, limits->set_max_listpack_entries) &&
           !compact_over(longest, limits->set_max_listpack_value);
}

/* --- Members --------------------------------------------------------------------------------- */

struct value set_new(const struct type_env *env, struct slice first, uint64_t size_hint) {
    struct value v = { .type = VAL_SET };
    int64_t      i;
    if (num_parse_i64(first, &i) && !intset_too_long(size_hint, env->limits)) {
        v.enc = ENC_INTSET;
        v.u.ptr = intset_new(env->heap);
    } else if (!compact_over(size_hint, env->limits->set_max_listpack_entries)) {
        v.enc = ENC_LISTPACK;
        v.u.ptr = lp_new(env->heap);
    } else {
        v.enc = ENC_HASHTABLE;
        v.u.ptr = big_new(env->heap);
    }
    return v;
}

uint64_t set_count(const struct value *v) {
    switch (v->enc) {
    case ENC_INTSET: return intset_len(v->u.ptr);
    case ENC_LISTPACK: return lp_count(v->u.ptr);
    default: return ((const struct set_table *)v->u.ptr)->table.count;
    }
}

static bool intset_add_member(struct value *v, const struct type_env *env, int64_t i) {
    bool added;
    v->u.ptr = intset_add(env->heap, v->u.ptr, i, &added);
    if (added && intset_too_long(intset_len(v->u.ptr), env->limits)) to_table(v, env);
    return added;
}

static bool listpack_add_member(struct value *v, const struct type_env *env, struct slice member) {
    unsigned char *lp = v->u.ptr;
    if (compact_find(lp, member, 1)) return false;
    if (!compact_over(lp_count(lp) + 1, env->limits->set_max_listpack_entries) &&
        !compact_over(member.len, env->limits->set_max_listpack_value) &&
        lp_safe_to_add(lp, lp_entry_bytes(member))) {
        v->u.ptr = lp_append(env->heap, lp, member);
        return true;
    }
    to_table(v, env);
    return big_add(v->u.ptr, member);
}

bool set_add(struct value *v, const struct type_env *env, struct slice member) {
    if (v->enc == ENC_HASHTABLE) return big_add(v->u.ptr, member);
    if (v->enc == ENC_LISTPACK) return listpack_add_member(v, env, member);

    int64_t i;
    if (num_parse_i64(member, &i)) return intset_add_member(v, env, i);
    if (!intset_fits_listpack(v->u.ptr, member, env->limits)) {
        to_table(v, env);
        return big_add(v->u.ptr, member);
    }
    intset_to_listpack(v, env);
    v->u.ptr = lp_append(env->heap, v->u.ptr, member);
    return true;
}

bool set_add_hashed(struct value *v, const struct type_env *env, struct slice member,
                    uint64_t hash) {
    if (v->enc == ENC_HASHTABLE) return big_add_hashed(v->u.ptr, member, hash);
    return set_add(v, env, member);
}

bool set_remove(struct value *v, const struct type_env *env, struct slice member) {
    if (v->enc == ENC_HASHTABLE) return big_remove(v->u.ptr, member);
    if (v->enc == ENC_INTSET) {
        int64_t i;
        bool    removed = false;
        if (num_parse_i64(member, &i)) v->u.ptr = intset_remove(env->heap, v->u.ptr, i, &removed);
        return removed;
    }
    unsigned char *p = compact_find(v->u.ptr, member, 1);
    if (!p) return false;
    v->u.ptr = lp_delete(env->heap, v->u.ptr, &p, 1);
    return true;
}

bool set_has(const struct value *v, struct slice member) {
    int64_t i;
    switch (v->enc) {
    case ENC_INTSET: return num_parse_i64(member, &i) && intset_has(v->u.ptr, i);
    case ENC_LISTPACK: return compact_find(v->u.ptr, member, 1) != NULL;
    default: {
        const struct set_table *b = v->u.ptr;
        return table_get(&b->table, member, table_hash(member)) != NULL;
    }
    }
}

bool set_has_hashed(const struct value *v, struct slice member, uint64_t hash) {
    if (v->enc != ENC_HASHTABLE) return set_has(v, member);
    const struct set_table *b = v->u.ptr;
    return table_get(&b->table, member, hash) != NULL;
}

void set_prefetch(const struct value *v, uint64_t hash, bool items) {
    const struct set_table *b = v->u.ptr;
    if (v->enc != ENC_HASHTABLE) return;
    if (items) table_prefetch_items(table_prefetch(&b->table, hash), hash);
    else table_prefetch(&b->table, hash);
}

void set_random(const struct value *v, const struct type_env *env, struct element *out) {
    ASSERT(set_count(v) > 0);
    switch (v->enc) {
    case ENC_INTSET:
        element_set_int(out, intset_random(v->u.ptr, env->rand));
        break;
    case ENC_LISTPACK:
        compact_read(lp_random(v->u.ptr, 1, env->rand), out);
        break;
    default: {
        const struct set_table *b = v->u.ptr;
        element_set_str(out, item_member(table_random(&b->table, env->rand)));
    }
    }
}

void set_pop(struct value *v, const struct type_env *env,
             void (*fn)(const struct element *member, void *arg), void *arg) {
    struct element e;
    char           text[ELEMENT_TEXT_MAX];
    if (v->enc != ENC_HASHTABLE) {
        set_random(v, env, &e);
        struct slice member = element_text(&e, text);
        fn(&e, arg);
        bool removed = set_remove(v, env, member);
        ASSERT(removed);
        return;
    }
    struct set_table *b = v->u.ptr;
    void             *item = table_take_random(&b->table, env->rand);
    ASSERT(item);
    element_set_str(&e, item_member(item));
    fn(&e, arg);
    b->item_bytes -= ash_good_size(item_size(e.s));
    ash_free(item, item_size(e.s));
}

/* --- Walking --------------------------------------------------------------------------------- */

void set_iter_init(struct set_iter *it, const struct value *v) {
    *it = (struct set_iter){ .v = v };
    if (v->enc == ENC_LISTPACK) it->at = lp_first(v->u.ptr);
    if (v->enc == ENC_HASHTABLE)
        table_iter_init(&it->table, &((const struct set_table *)v->u.ptr)->table);
}

static bool table_next_member(struct set_iter *it, struct element *out) {
    const void *item = table_next(&it->table);
    if (item) element_set_str(out, item_member(item));
    return item != NULL;
}

bool set_next(struct set_iter *it, struct element *out) {
    const struct value *v = it->v;
    if (v->enc == ENC_HASHTABLE) return table_next_member(it, out);
    if (v->enc == ENC_INTSET) {
        if (it->pos >= intset_len(v->u.ptr)) return false;
        element_set_int(out, intset_get(v->u.ptr, (uint32_t)it->pos++));
        return true;
    }
    if (!it->at) return false;
    it->at = compact_read(it->at, out);
    return true;
}

struct scan {
    void (*fn)(const struct element *e, void *arg);
    void    *arg;
    uint64_t seen;
};

static void scan_item(void *item, void *arg) {
    struct scan   *s = arg;
    struct element e;
    element_set_str(&e, item_member(item));
    s->seen++;
    s->fn(&e, s->arg);
}

uint64_t set_scan(const struct value *v, uint64_t cursor, uint64_t count,
                  void (*fn)(const struct element *e, void *arg), void *arg) {
    if (v->enc == ENC_HASHTABLE) {
        const struct set_table *b = v->u.ptr;
        struct scan             s = { fn, arg, 0 };
        do cursor = table_scan(&b->table, cursor, scan_item, &s);
        while (cursor && s.seen < count);
        return cursor;
    }
    struct set_iter it;
    struct element  e;
    set_iter_init(&it, v);
    while (set_next(&it, &e)) fn(&e, arg);
    return 0;
}

/* --- The whole -------------------------------------------------------------------------------- */

struct value set_copy(const struct value *v, const struct type_env *env) {
    struct value copy = *v;
    if (v->enc == ENC_INTSET) copy.u.ptr = intset_copy(env->heap, v->u.ptr);
    if (v->enc == ENC_LISTPACK) copy.u.ptr = lp_copy(env->heap, v->u.ptr);
    if (v->enc == ENC_HASHTABLE) {
        const struct set_table *from = v->u.ptr;
        struct set_table       *to = big_new(env->heap);
        struct table_iter       it;
        const void             *item;
        table_iter_init(&it, &from->table);
        while ((item = table_next(&it))) {
            struct slice member = item_member(item);
            table_put(&to->table, item_new(env->heap, member), table_hash(member));
        }
        to->item_bytes = from->item_bytes;
        copy.u.ptr = to;
    }
    return copy;
}

size_t set_bytes(const struct value *v) {
    if (v->enc == ENC_INTSET) return intset_footprint(v->u.ptr);
    if (v->enc == ENC_LISTPACK) return lp_footprint(v->u.ptr);
    const struct set_table *b = v->u.ptr;
    return ash_good_size(sizeof *b) + table_bytes(&b->table) + b->item_bytes;
}

size_t set_effort(const struct value *v) {
    return v->enc == ENC_HASHTABLE ? set_count(v) + 1 : 1;
}

static void *item_move(struct mover *m, void *item, void *arg) {
    (void)arg;
    return mover_wants(m, item) ? mover_copy(m, item, item_size(item_member(item)), 8) : item;
}

bool set_compact(struct value *v, struct mover *m, struct move_cursor *c) {
    if (v->enc == ENC_INTSET) {
        v->u.ptr = intset_move(m, v->u.ptr);
        return false;
    }
    if (v->enc == ENC_LISTPACK) {
        v->u.ptr = lp_move(m, v->u.ptr);
        return false;
    }
    struct set_table *b = v->u.ptr = mover_move(m, v->u.ptr, sizeof *b);
    return table_compact(&b->table, m, c, item_move, NULL);
}

bool set_check(const struct value *v) {
    ASSERT(v->type == VAL_SET);
    if (v->enc == ENC_INTSET) return intset_check(v->u.ptr);
    if (v->enc == ENC_LISTPACK) return lp_check(v->u.ptr);
    ASSERT(v->enc == ENC_HASHTABLE);
    const struct set_table *b = v->u.ptr;
    struct table_iter       it;
    const void             *item;
    size_t                  bytes = 0;
    table_check(&b->table);
    table_iter_init(&it, &b->table);
    while ((item = table_next(&it))) bytes += ash_good_size(item_size(item_member(item)));
    ASSERT(bytes == b->item_bytes);
    return true;
}
