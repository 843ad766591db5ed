/* hash.c: the hash type: a pack (hash_pack.h) while fields are few and short, else a table
 * (hash_fields.h); each of them plain, or timed once a field was given an expiry.
 *
 * Thresholds as in Redis 7.2. A hash goes from plain to timed and from pack to table, never back.
 * Whether anything is due is one compare against the earliest time, so that only a hash with fields
 * that wait to be reaped pays for looking at each field's.
 *
 * Start reading at put(). */
#include "server/types/hash.h"

#include "alloc/alloc.h"
#include "server/ds/freeing.h"
#include "server/ds/rand.h"
#include "server/types/compact.h"
#include "server/types/hash_fields.h"
#include "server/types/hash_pack.h"

#define RANDOM_TRIES 64 /* for a live field of a large hash, before it is walked */

_Static_assert(HASH_NO_TTL == PACK_NO_TTL && HASH_NO_TTL == FIELDS_NO_TTL, "one meaning");
_Static_assert(HASH_TTL_MAX <= (int64_t)ITEM_WORD_MAX, "an item's word holds any time");

static inline bool is_pack(const struct value *v) {
    return v->enc == ENC_LISTPACK || v->enc == ENC_LISTPACK_EX;
}

static inline struct deadlines *due_of(const struct value *v) {
    return v->enc == ENC_HASHTABLE_EX ? &((struct timed_fields *)v->u.ptr)->due : NULL;
}

static inline bool ms_due(int64_t at_ms, int64_t now_ms) {
    return at_ms != HASH_NO_TTL && at_ms <= now_ms;
}

static inline bool any_due(const struct value *v, int64_t now_ms) {
    return ASH_UNLIKELY(hash_is_timed(v)) && ms_due(hash_next_ms(v), now_ms);
}

static inline int64_t item_ms(const struct value *v, const unsigned char *item) {
    return is_pack(v) ? pack_item_ms(item) : fields_item_ms(due_of(v), item);
}

static void show(const struct pair *p, struct element *field, struct element *value) {
    element_set_str(field, p->field);
    element_set_str(value, p->value);
}

/* --- Conversion ------------------------------------------------------------------------------ */

bool hash_drain(struct value *v, struct freeing *f) {
    if (is_pack(v)) {
        unsigned char *pack = v->u.ptr;
        freeing_count(f, pack_footprint(pack));
        pack_free(&pack);
    } else if (fields_drain(v->u.ptr, v->enc == ENC_HASHTABLE_EX, f)) {
        return true;
    }
    v->u.ptr = NULL;
    return false;
}

void hash_free(struct value *v) {
    struct freeing all = freeing_all();
    hash_drain(v, &all);
}

static struct value table_new(struct ash_heap *heap, bool timed) {
    struct value v = {.type = VAL_HASH, .enc = timed ? ENC_HASHTABLE_EX : ENC_HASHTABLE};
    if (timed) v.u.ptr = fields_new_timed(heap);
    else v.u.ptr = fields_new(heap);
    return v;
}

/* What lives of `from` goes into the table `to`, which is empty. */
static void copy_items(const struct value *from, struct value *to, int64_t now_ms) {
    struct hash_iter it;
    struct pair      p;
    hash_iter_init(&it, from, now_ms);
    while (hash_next_slices(&it, &p.field, &p.value))
        fields_put(to->u.ptr, due_of(to), NULL, &p, table_hash(p.field), hash_iter_ms(&it));
}

/* Due fields go along: counts must not change behind the caller's back. */
static void to_table(struct value *v, const struct type_env *env) {
    struct value to = table_new(env->heap, hash_is_timed(v));
    uint64_t     place = hash_is_timed(v) ? hash_place(v) : 0;
    copy_items(v, &to, 0);
    hash_free(v);
    *v = to;
    if (place) hash_set_place(v, place);
}

static void to_timed(struct value *v, const struct type_env *env) {
    if (v->enc == ENC_LISTPACK) {
        v->u.ptr = pack_to_timed(env->heap, v->u.ptr);
        v->enc = ENC_LISTPACK_EX;
    } else if (v->enc == ENC_HASHTABLE) {
        v->u.ptr = fields_to_timed(v->u.ptr);
        v->enc = ENC_HASHTABLE_EX;
    }
}

void hash_prepare(struct value *v, const struct type_env *env, const struct slice *args,
                  size_t n) {
    if (!is_pack(v)) return;
    bool   wide = compact_over(n / 2, env->limits->hash_max_listpack_entries);
    size_t sum = 0;
    for (size_t i = 0; i < n && !wide; i++)
        wide = compact_over(args[i].len, env->limits->hash_max_listpack_value) ||
               !num_add_ok(sum, args[i].len + VARINT_SIZE_MAX, &sum);
    if (wide || !pack_fits(v->u.ptr, sum)) to_table(v, env);
}

/* --- Fields ---------------------------------------------------------------------------------- */

struct value hash_new(const struct type_env *env) {
    return (struct value){
        .type = VAL_HASH, .enc = ENC_LISTPACK, .u.ptr = pack_new(env->heap, false)};
}

uint64_t hash_count(const struct value *v) {
    return is_pack(v) ? pack_count(v->u.ptr) : ((const struct fields *)v->u.ptr)->table.count;
}

uint64_t hash_live(const struct value *v, int64_t now_ms) {
    uint64_t count = hash_count(v);
    if (!any_due(v, now_ms)) return count;
    if (is_pack(v)) return count - pack_due(v->u.ptr, now_ms);
    return count - deadlines_due(due_of(v), now_ms);
}

/* Where a field is. hash is set for a table only. */
static unsigned char *find(const struct value *v, struct slice field, uint64_t *hash) {
    if (is_pack(v)) return pack_find(v->u.ptr, field);
    *hash = table_hash(field);
    return fields_find(v->u.ptr, field, *hash);
}

/* The same, or NULL when it is due. */
static inline unsigned char *find_live(const struct value *v, int64_t now_ms, struct slice field,
                                       uint64_t *hash) {
    unsigned char *item = find(v, field, hash);
    if (item != NULL && any_due(v, now_ms) && ms_due(item_ms(v, item), now_ms)) return NULL;
    return item;
}

static inline bool is_long(const struct value *v, const struct type_env *env,
                           const struct pair *p) {
    int64_t limit = env->limits->hash_max_listpack_value;
    return compact_over(p->field.len, limit) || compact_over(p->value.len, limit) ||
           !pack_fits(v->u.ptr, p->field.len + p->value.len + 2 * VARINT_SIZE_MAX);
}

/* One look-up, whatever becomes of the field. */
static inline bool put(struct value *v, const struct type_env *env, const struct pair *p,
                       bool keep) {
    if (is_pack(v) && is_long(v, env, p)) to_table(v, env);
    uint64_t       hash = 0;
    unsigned char *item = find(v, p->field, &hash);
    int64_t        at_ms = HASH_NO_TTL;
    bool           fresh = item == NULL, timed = item != NULL && hash_is_timed(v);
    if (ASH_UNLIKELY(timed)) {
        at_ms = item_ms(v, item);
        fresh = ms_due(at_ms, env->now_ms);
        if (fresh || !keep) at_ms = HASH_NO_TTL;
    }
    if (!is_pack(v)) {
        fields_put(v->u.ptr, due_of(v), item, p, hash, at_ms);
        return fresh;
    }
    v->u.ptr = pack_put(env->heap, v->u.ptr, item, p, at_ms);
    /* Also after a change: the limit may have been lowered since. */
    if (compact_over(pack_count(v->u.ptr), env->limits->hash_max_listpack_entries))
        to_table(v, env);
    return fresh;
}

bool hash_set(struct value *v, const struct type_env *env, struct slice field,
              struct slice value) {
    return put(v, env, &(struct pair){field, value}, false);
}

bool hash_update(struct value *v, const struct type_env *env, struct slice field,
                 struct slice value) {
    return put(v, env, &(struct pair){field, value}, true);
}

bool hash_get(const struct value *v, int64_t now_ms, struct slice field, struct element *out) {
    uint64_t             hash;
    const unsigned char *item = find_live(v, now_ms, field, &hash);
    if (item != NULL) element_set_str(out, item_pair(item).value);
    return item != NULL;
}

bool hash_remove(struct value *v, const struct type_env *env, struct slice field) {
    uint64_t       hash = 0;
    unsigned char *item = find_live(v, env->now_ms, field, &hash);
    if (item == NULL) return false;
    if (is_pack(v)) v->u.ptr = pack_remove(env->heap, v->u.ptr, item);
    else fields_remove(v->u.ptr, due_of(v), item, hash);
    return true;
}

static const unsigned char *item_random(const struct value *v, struct rand *rand) {
    if (!is_pack(v)) return table_random(&((const struct fields *)v->u.ptr)->table, rand);
    const unsigned char *item = pack_items(v->u.ptr);
    for (uint64_t i = rand_below(rand, pack_count(v->u.ptr)); i > 0; i--) item += item_bytes(item);
    return item;
}

/* Of a hash with due fields: drawn again and again, and in the end counted off. */
static void random_live(const struct value *v, const struct type_env *env, struct element *field,
                        struct element *value) {
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        const unsigned char *item = item_random(v, env->rand);
        struct pair          p = item_pair(item);
        show(&p, field, value);
        if (!ms_due(item_ms(v, item), env->now_ms)) return;
    }
    struct hash_iter it;
    uint64_t         live = hash_live(v, env->now_ms);
    ASSERT(live > 0);
    hash_iter_init(&it, v, env->now_ms);
    for (uint64_t i = rand_below(env->rand, live) + 1; i > 0; i--) {
        bool there = hash_next(&it, field, value);
        ASSERT(there);
    }
}

void hash_random(const struct value *v, const struct type_env *env, struct element *field,
                 struct element *value) {
    ASSERT(hash_count(v) > 0);
    if (any_due(v, env->now_ms)) {
        random_live(v, env, field, value);
        return;
    }
    struct pair p = item_pair(item_random(v, env->rand));
    show(&p, field, value);
}

/* --- Walking --------------------------------------------------------------------------------- */

void hash_iter_init(struct hash_iter *it, const struct value *v, int64_t now_ms) {
    *it = (struct hash_iter){.v = v, .due_ms = any_due(v, now_ms) ? now_ms : 0};
    if (is_pack(v)) {
        it->at = pack_items(v->u.ptr);
        it->end = pack_end(v->u.ptr);
    } else {
        table_iter_init(&it->table, &((const struct fields *)v->u.ptr)->table);
    }
}

/* The next item, due or not. */
static inline bool iter_step(struct hash_iter *it, struct pair *p) {
    if (it->end != NULL) {
        if (it->at == it->end) return false;
        it->item = it->at;
        *p = item_pair(it->item);
        it->at = pair_end(p);
        return true;
    }
    it->item = table_next(&it->table);
    if (it->item != NULL) *p = item_pair(it->item);
    return it->item != NULL;
}

bool hash_next_slices(struct hash_iter *it, struct slice *field, struct slice *value) {
    struct pair p;
    do {
        if (!iter_step(it, &p)) return false;
    } while (ASH_UNLIKELY(it->due_ms != 0) && ms_due(hash_iter_ms(it), it->due_ms));
    *field = p.field;
    *value = p.value;
    return true;
}

bool hash_next(struct hash_iter *it, struct element *field, struct element *value) {
    struct pair p;
    if (!hash_next_slices(it, &p.field, &p.value)) return false;
    show(&p, field, value);
    return true;
}

int64_t hash_iter_ms(const struct hash_iter *it) {
    return hash_is_timed(it->v) ? item_ms(it->v, it->item) : HASH_NO_TTL;
}

struct scan {
    void (*fn)(const struct element *field, const struct element *value, void *arg);
    void               *arg;
    const struct value *v;
    int64_t             due_ms;
    uint64_t            seen;
};

static void scan_item(void *item, void *arg) {
    struct scan   *s = arg;
    struct pair    p = item_pair(item);
    struct element field, value;
    s->seen++;
    if (s->due_ms != 0 && ms_due(item_ms(s->v, item), s->due_ms)) return;
    show(&p, &field, &value);
    s->fn(&field, &value, s->arg);
}

uint64_t hash_scan(const struct value *v, int64_t now_ms, uint64_t cursor, uint64_t count,
                   void (*fn)(const struct element *field, const struct element *value, void *arg),
                   void *arg) {
    if (!is_pack(v)) {
        const struct fields *f = v->u.ptr;
        struct scan          s = {fn, arg, v, any_due(v, now_ms) ? now_ms : 0, 0};
        do cursor = table_scan(&f->table, cursor, scan_item, &s);
        while (cursor && s.seen < count);
        return cursor;
    }
    struct hash_iter it;
    struct element   field, value;
    hash_iter_init(&it, v, now_ms);
    while (hash_next(&it, &field, &value)) fn(&field, &value, arg);
    return 0;
}

/* --- The whole -------------------------------------------------------------------------------- */

struct value hash_copy(const struct value *v, const struct type_env *env) {
    struct value copy = *v;
    uint64_t     reaped;
    if (is_pack(v)) {
        copy.u.ptr = pack_copy(env->heap, v->u.ptr);
        if (any_due(v, env->now_ms))
            copy.u.ptr = pack_reap(env->heap, copy.u.ptr, env->now_ms, &reaped);
        return copy;
    }
    copy = table_new(env->heap, hash_is_timed(v));
    copy_items(v, &copy, env->now_ms);
    return copy;
}

size_t hash_bytes(const struct value *v) {
    if (is_pack(v)) return pack_footprint(v->u.ptr);
    return fields_footprint(v->u.ptr, hash_is_timed(v));
}

size_t hash_effort(const struct value *v) { return is_pack(v) ? 1 : hash_count(v) + 1; }

void hash_prefetch(const struct value *v, uint64_t hash, bool items) {
    ASSERT(!is_pack(v));
    const struct table_bucket *b = table_prefetch(&((const struct fields *)v->u.ptr)->table, hash);
    if (items) table_prefetch_items(b, hash);
}

bool hash_compact(struct value *v, struct mover *m, struct move_cursor *c) {
    if (is_pack(v)) {
        v->u.ptr = pack_move(m, v->u.ptr);
        return false;
    }
    v->u.ptr = fields_move(m, v->u.ptr, hash_is_timed(v));
    return fields_compact(v->u.ptr, hash_is_timed(v), m, c);
}

bool hash_check(const struct value *v) {
    ASSERT(v->type == VAL_HASH);
    ASSERT(is_pack(v) || v->enc == ENC_HASHTABLE || v->enc == ENC_HASHTABLE_EX);
    if (!is_pack(v)) return fields_check(v->u.ptr, hash_is_timed(v));
    ASSERT(pack_timed(v->u.ptr) == hash_is_timed(v));
    return pack_check(v->u.ptr);
}

/* --- Fields that expire ------------------------------------------------------------------------ */

int64_t hash_next_ms(const struct value *v) {
    if (v->enc == ENC_LISTPACK_EX) return pack_next_ms(v->u.ptr);
    if (v->enc != ENC_HASHTABLE_EX) return HASH_NO_TTL;
    const struct deadline *first = deadlines_first(due_of(v));
    return first != NULL ? first->at_ms : HASH_NO_TTL;
}

bool hash_all_due(const struct value *v, int64_t now_ms) {
    if (!any_due(v, now_ms)) return false;
    if (is_pack(v)) return hash_live(v, now_ms) == 0;
    return due_of(v)->count == hash_count(v) && deadlines_all_due(due_of(v), now_ms);
}

bool hash_ttl(const struct value *v, int64_t now_ms, struct slice field, int64_t *at_ms) {
    uint64_t             hash;
    const unsigned char *item = find_live(v, now_ms, field, &hash);
    if (item != NULL) *at_ms = hash_is_timed(v) ? item_ms(v, item) : HASH_NO_TTL;
    return item != NULL;
}

void hash_expire(struct value *v, const struct type_env *env, struct slice field, int64_t at_ms) {
    uint64_t hash = 0;
    ASSERT(at_ms == HASH_NO_TTL || (at_ms > 0 && at_ms <= HASH_TTL_MAX));
    if (at_ms != HASH_NO_TTL) to_timed(v, env);
    if (!hash_is_timed(v)) return;
    unsigned char *item = find(v, field, &hash);
    ASSERT(item != NULL);
    if (is_pack(v)) v->u.ptr = pack_expire(env->heap, v->u.ptr, item, at_ms);
    else fields_expire(v->u.ptr, due_of(v), item, hash, at_ms);
}

static uint64_t reap_table(struct value *v, int64_t now_ms, uint64_t max) {
    struct deadlines      *due = due_of(v);
    const struct deadline *first;
    uint64_t               n = 0;
    for (; n < max && (first = deadlines_first(due)) != NULL && first->at_ms <= now_ms; n++) {
        unsigned char *item = first->item;
        fields_remove(v->u.ptr, due, item, table_hash(item_pair(item).field));
    }
    return n;
}

uint64_t hash_reap(struct value *v, const struct type_env *env, uint64_t max) {
    uint64_t reaped;
    if (!any_due(v, env->now_ms)) return 0;
    if (!is_pack(v)) return reap_table(v, env->now_ms, max);
    v->u.ptr = pack_reap(env->heap, v->u.ptr, env->now_ms, &reaped);
    return reaped;
}

uint64_t hash_place(const struct value *v) {
    ASSERT(hash_is_timed(v));
    if (is_pack(v)) return pack_place(v->u.ptr);
    return ((const struct timed_fields *)v->u.ptr)->place;
}

void hash_set_place(struct value *v, uint64_t place) {
    ASSERT(hash_is_timed(v));
    if (is_pack(v)) pack_set_place(v->u.ptr, place);
    else ((struct timed_fields *)v->u.ptr)->place = place;
}
