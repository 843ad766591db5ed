/* hash.c: the hash type: a listpack of field, value, field, value while they are few and short,
 * else a table.
 *
 * Table item, one allocation:   | varint field length | varint value length | field | value |
 *
 * A new value for a field goes into the item's own slot when the size class allows (ash_realloc).
 * The table's container is the value's pointer and knows its heap, so that any thread can free it.
 * Thresholds as in Redis 7.2. Start reading at hash_set(). */
#include "server/types/hash.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"
#include "server/ds/table.h"
#include "server/ds/varint.h"
#include "server/types/compact.h"

struct hash_table {
    struct table table;
    size_t       item_bytes; /* slots of the items */
};

/* --- Items ---------------------------------------------------------------------------------- */

struct pair {
    struct slice field, value;
};

static struct pair item_pair(const void *item) {
    uint64_t             field_len, value_len;
    const unsigned char *p = varint_get(varint_get(item, &field_len), &value_len);
    return (struct pair){ slice_of((const char *)p, field_len),
                          slice_of((const char *)p + field_len, value_len) };
}

static struct slice item_field(const void *item) { return item_pair(item).field; }

static const struct table_type field_type = { item_field };

static size_t item_size(struct pair p) {
    size_t header = varint_size(p.field.len) + varint_size(p.value.len), size;
    bool   ok = num_add_ok(p.field.len, p.value.len, &size) && num_add_ok(size, header, &size);
    ASSERT(ok);
    return size;
}

static void item_write(unsigned char *item, struct pair p) {
    unsigned char *to = varint_put(varint_put(item, p.field.len), p.value.len);
    if (p.field.len) memcpy(to, p.field.p, p.field.len);
    if (p.value.len) memcpy(to + p.field.len, p.value.p, p.value.len);
}

static void *item_new(struct ash_heap *heap, struct pair p) {
    void *item = ash_alloc(heap, item_size(p));
    item_write(item, p);
    return item;
}

static void item_free(void *item, void *arg) {
    (void)arg;
    ash_free(item, item_size(item_pair(item)));
}

/* The item with another value. Its lengths' widths say whether the field stays where it is. */
static void *item_rewrite(struct ash_heap *heap, void *item, struct slice value) {
    struct pair old = item_pair(item), now = { old.field, value };
    if (varint_size(old.value.len) != varint_size(value.len)) {
        void *fresh = item_new(heap, now);
        item_free(item, NULL);
        return fresh;
    }
    unsigned char *moved = ash_realloc(heap, item, item_size(old), item_size(now));
    varint_put(moved + varint_size(old.field.len), value.len);
    struct slice room = item_pair(moved).value;
    if (value.len) memcpy((char *)(uintptr_t)room.p, value.p, value.len);
    return moved;
}

/* --- The large encoding ---------------------------------------------------------------------- */

static struct hash_table *big_new(struct ash_heap *heap) {
    struct hash_table *b = ash_alloc(heap, sizeof *b);
    table_init(&b->table, heap, &field_type);
    b->item_bytes = 0;
    return b;
}

static void big_put(struct hash_table *b, struct pair p, uint64_t hash) {
    table_put(&b->table, item_new(b->table.heap, p), hash);
    b->item_bytes += ash_good_size(item_size(p));
}

static bool big_set(struct hash_table *b, struct pair p) {
    uint64_t hash = table_hash(p.field);
    void    *item = table_get(&b->table, p.field, hash);
    if (!item) {
        big_put(b, p, hash);
        return true;
    }
    b->item_bytes += ash_good_size(item_size(p)) - ash_good_size(item_size(item_pair(item)));
    void *moved = item_rewrite(b->table.heap, item, p.value);
    if (moved != item) table_replace(&b->table, item, moved, hash);
    return false;
}

static bool big_remove(struct hash_table *b, struct slice field) {
    void *item = table_take(&b->table, field, table_hash(field));
    if (!item) return false;
    b->item_bytes -= ash_good_size(item_size(item_pair(item)));
    item_free(item, NULL);
    return true;
}

/* --- Conversion ------------------------------------------------------------------------------ */

static void hash_release(struct value *v) {
    if (v->enc == ENC_LISTPACK) {
        unsigned char *lp = v->u.ptr;
        lp_free(&lp);
    } else {
        struct hash_table *b = v->u.ptr;
        table_fini(&b->table, item_free, NULL);
        ash_free(b, sizeof *b);
    }
    v->u.ptr = NULL;
}

static void to_table(struct value *v, const struct type_env *env) {
    struct hash_table *b = big_new(env->heap);
    struct hash_iter   it;
    struct element     field, value;
    char               text[2][ELEMENT_TEXT_MAX];
    hash_iter_init(&it, v);
    while (hash_next(&it, &field, &value)) {
        struct pair p = { element_text(&field, text[0]), element_text(&value, text[1]) };
        big_put(b, p, table_hash(p.field));
    }
    hash_release(v);
    v->enc = ENC_HASHTABLE;
    v->u.ptr = b;
}

void hash_prepare(struct value *v, const struct type_env *env, const struct slice *args,
                  size_t n) {
    if (v->enc != ENC_LISTPACK) return;
    bool   wide = compact_over(n / 2, env->limits->hash_max_listpack_entries);
    size_t sum = 0;
    for (size_t i = 0; i < n && !wide; i++)
        wide = compact_over(args[i].len, env->limits->hash_max_listpack_value) ||
               !num_add_ok(sum, lp_entry_bytes(args[i]), &sum);
    if (wide || !lp_safe_to_add(v->u.ptr, sum)) to_table(v, env);
}

/* --- Fields ---------------------------------------------------------------------------------- */

struct value hash_new(const struct type_env *env) {
    return (struct value){ .type = VAL_HASH, .enc = ENC_LISTPACK, .u.ptr = lp_new(env->heap) };
}

uint64_t hash_count(const struct value *v) {
    if (v->enc == ENC_LISTPACK) return lp_count(v->u.ptr) / 2;
    return ((const struct hash_table *)v->u.ptr)->table.count;
}

static bool compact_set(struct value *v, const struct type_env *env, struct pair p) {
    unsigned char *lp = v->u.ptr, *at = compact_find(lp, p.field, 2);
    bool           is_new = at == NULL;
    if (is_new) {
        struct lp_item items[] = { lp_item_str(p.field), lp_item_str(p.value) };
        v->u.ptr = lp_insert(env->heap, lp, &at, items, 2);
    } else {
        at = lp_next(lp, at);
        v->u.ptr = lp_replace(env->heap, lp, &at, lp_item_str(p.value));
    }
    /* Also after a change: the limit may have been lowered since. */
    if (compact_over(hash_count(v), env->limits->hash_max_listpack_entries)) to_table(v, env);
    return is_new;
}

bool hash_set(struct value *v, const struct type_env *env, struct slice field,
              struct slice value) {
    struct pair p = { field, value };
    if (v->enc == ENC_LISTPACK) {
        hash_prepare(v, env, (const struct slice[]){ field, value }, 2);
        if (v->enc == ENC_LISTPACK) return compact_set(v, env, p);
    }
    return big_set(v->u.ptr, p);
}

bool hash_get(const struct value *v, struct slice field, struct element *out) {
    if (v->enc == ENC_LISTPACK) {
        const unsigned char *at = compact_find(v->u.ptr, field, 2);
        if (at) compact_read(lp_next(v->u.ptr, at), out);
        return at != NULL;
    }
    const struct hash_table *b = v->u.ptr;
    const void              *item = table_get(&b->table, field, table_hash(field));
    if (item) *out = element_str(item_pair(item).value);
    return item != NULL;
}

bool hash_remove(struct value *v, const struct type_env *env, struct slice field) {
    if (v->enc == ENC_HASHTABLE) return big_remove(v->u.ptr, field);
    unsigned char *at = compact_find(v->u.ptr, field, 2);
    if (!at) return false;
    v->u.ptr = lp_delete(env->heap, v->u.ptr, &at, 2);
    return true;
}

void hash_random(const struct value *v, const struct type_env *env, struct element *field,
                 struct element *value) {
    ASSERT(hash_count(v) > 0);
    if (v->enc == ENC_LISTPACK) {
        compact_read(compact_read(lp_random(v->u.ptr, 2, env->rand), field), value);
        return;
    }
    const struct hash_table *b = v->u.ptr;
    struct pair              p = item_pair(table_random(&b->table, env->rand));
    *field = element_str(p.field);
    *value = element_str(p.value);
}

/* --- Walking --------------------------------------------------------------------------------- */

/* The iterator's reserved bytes are copied in and out: they are no table_iter to the compiler. */
void hash_iter_init(struct hash_iter *it, const struct value *v) {
    *it = (struct hash_iter){ .v = v };
    if (v->enc == ENC_LISTPACK) {
        it->at = lp_first(v->u.ptr);
    } else {
        struct table_iter ti;
        table_iter_init(&ti, &((const struct hash_table *)v->u.ptr)->table);
        memcpy(it->table, &ti, sizeof ti);
    }
}

bool hash_next(struct hash_iter *it, struct element *field, struct element *value) {
    if (it->v->enc == ENC_LISTPACK) {
        if (!it->at) return false;
        it->at = compact_read(compact_read(it->at, field), value);
        return true;
    }
    struct table_iter ti;
    memcpy(&ti, it->table, sizeof ti);
    const void *item = table_next(&ti);
    memcpy(it->table, &ti, sizeof ti);
    if (!item) return false;
    struct pair p = item_pair(item);
    *field = element_str(p.field);
    *value = element_str(p.value);
    return true;
}

struct scan {
    void (*fn)(const struct element *field, const struct element *value, void *arg);
    void    *arg;
    uint64_t seen;
};

static void scan_item(void *item, void *arg) {
    struct scan   *s = arg;
    struct pair    p = item_pair(item);
    struct element field = element_str(p.field), value = element_str(p.value);
    s->seen++;
    s->fn(&field, &value, s->arg);
}

uint64_t hash_scan(const struct value *v, uint64_t cursor, uint64_t count,
                   void (*fn)(const struct element *field, const struct element *value, void *arg),
                   void *arg) {
    if (v->enc == ENC_HASHTABLE) {
        const struct hash_table *b = v->u.ptr;
        struct scan              s = { fn, arg, 0 };
        do cursor = table_scan(&b->table, cursor, scan_item, &s);
        while (cursor && s.seen < count);
        return cursor;
    }
    struct hash_iter it;
    struct element   field, value;
    hash_iter_init(&it, v);
    while (hash_next(&it, &field, &value)) fn(&field, &value, arg);
    return 0;
}

/* --- The whole -------------------------------------------------------------------------------- */

void hash_free(struct value *v) { hash_release(v); }

struct value hash_copy(const struct value *v, const struct type_env *env) {
    struct value copy = *v;
    if (v->enc == ENC_LISTPACK) {
        copy.u.ptr = lp_copy(env->heap, v->u.ptr);
        return copy;
    }
    const struct hash_table *from = v->u.ptr;
    struct hash_table       *to = big_new(env->heap);
    struct table_iter        it;
    const void              *item;
    table_iter_init(&it, &from->table);
    while ((item = table_next(&it))) {
        struct pair p = item_pair(item);
        big_put(to, p, table_hash(p.field));
    }
    copy.u.ptr = to;
    return copy;
}

size_t hash_bytes(const struct value *v) {
    if (v->enc == ENC_LISTPACK) return lp_footprint(v->u.ptr);
    const struct hash_table *b = v->u.ptr;
    return ash_good_size(sizeof *b) + table_bytes(&b->table) + b->item_bytes;
}

size_t hash_effort(const struct value *v) {
    return v->enc == ENC_HASHTABLE ? hash_count(v) + 1 : 1;
}

bool hash_check(const struct value *v) {
    ASSERT(v->type == VAL_HASH);
    if (v->enc == ENC_LISTPACK) {
        ASSERT(lp_count(v->u.ptr) % 2 == 0);
        return lp_check(v->u.ptr);
    }
    ASSERT(v->enc == ENC_HASHTABLE);
    const struct hash_table *b = v->u.ptr;
    struct table_iter        it;
    const void              *item;
    size_t                   bytes = 0;
    table_check(&b->table);
    table_iter_init(&it, &b->table);
    while ((item = table_next(&it))) bytes += ash_good_size(item_size(item_pair(item)));
    ASSERT(bytes == b->item_bytes);
    return true;
}
