/* stream.c: blocks of entries in the order of their IDs. See stream.h.
 *
 * When a block is full (stream-node-max-bytes, stream-node-max-entries) the next entry begins a new
 * one, by Redis's rule, so that trimming by whole blocks goes as far as there.
 *
 * Start reading at stream_append() and stream_next(). */
#include "server/types/stream.h"

#include "alloc/alloc.h"
#include "server/ds/freeing.h"
#include "server/types/stream_group.h"

#define RECORD_MAX LP_BYTES_MAX /* what an entry's fields and values may be, and a block */

struct stream *stream_of(const struct value *v) {
    DASSERT(v->type == VAL_STREAM && v->enc == ENC_STREAM);
    return v->u.ptr;
}

struct value stream_new(const struct type_env *env) {
    struct stream *s = ash_zalloc(env->heap, sizeof *s);
    idmap_init(&s->blocks, sizeof(struct stream_block));
    return (struct value){.type = VAL_STREAM, .enc = ENC_STREAM, .u.ptr = s};
}

uint64_t stream_count(const struct value *v) { return stream_of(v)->length; }

/* --- Adding ---------------------------------------------------------------------------------- */

static size_t node_bytes(const struct type_limits *limits) {
    int64_t max = limits->stream_node_max_bytes;
    return max <= 0 || (uint64_t)max > RECORD_MAX ? RECORD_MAX : (size_t)max;
}

static size_t args_bytes(const struct slice *args, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += args[i].len;
    return bytes;
}

static bool block_is_full(const struct stream_block *b, const struct type_limits *limits, size_t add) {
    struct block_head head;
    if (lp_bytes(b->lp) + add >= node_bytes(limits)) return true;
    if (limits->stream_node_max_entries == 0) return false;
    block_head_read(b->lp, &head);
    return head.count + head.deleted >= (uint64_t)limits->stream_node_max_entries;
}

/* The block that the entry goes to, its last or a new one; *master is the ID it counts from. */
static struct stream_block *block_for(struct stream *s, const struct type_env *env,
                                      struct stream_id id, const struct slice *args, size_t count,
                                      struct stream_id *master) {
    struct idmap_cursor  last = idmap_last(&s->blocks);
    struct stream_block *b = idmap_valid(&last) ? idmap_value(&last) : NULL;
    bool                 added;
    if (b != NULL && !block_is_full(b, env->limits, args_bytes(args, count))) {
        *master = idmap_id(&last);
        return b;
    }
    if (b != NULL) {
        s->block_bytes -= block_footprint(b);
        block_close(env->heap, b);
        s->block_bytes += block_footprint(b);
    }
    *master = id;
    b = idmap_put(&s->blocks, env->heap, id, &added);
    ASSERT(added);
    *b = block_new(env->heap, args, count, node_bytes(env->limits));
    s->block_bytes += block_footprint(b);
    return b;
}

bool stream_append(struct value *v, const struct type_env *env, struct stream_id id,
                   const struct slice *args, size_t count) {
    struct stream   *s = stream_of(v);
    struct stream_id master;
    ASSERT(stream_id_less(s->last_id, id) && count % 2 == 0);
    if (args_bytes(args, count) > RECORD_MAX || block_entry_bytes(args, count) > RECORD_MAX)
        return false;
    struct stream_block *b = block_for(s, env, id, args, count, &master);
    s->block_bytes -= block_footprint(b);
    block_append(env->heap, b, master, id, args, count, node_bytes(env->limits));
    s->block_bytes += block_footprint(b);
    if (s->length++ == 0) s->first_id = id;
    s->last_id = id;
    s->entries_added++;
    return true;
}

/* --- Walking --------------------------------------------------------------------------------- */

static const unsigned char *first_entry(const unsigned char *lp) {
    struct block_head head;
    block_head_read(lp, &head);
    return head.first_entry;
}

/* Goes to the block under the cursor, if there is one. */
static void iter_enter(struct stream_iter *it) {
    it->lp = it->at = NULL;
    if (!idmap_valid(&it->block)) return;
    it->lp = ((const struct stream_block *)idmap_value(&it->block))->lp;
    it->master = idmap_id(&it->block);
    it->at = it->backwards ? block_last(it->lp) : first_entry(it->lp);
}

void stream_iter_init(struct stream_iter *it, const struct value *v, struct stream_id start,
                      struct stream_id end, bool backwards) {
    const struct stream *s = stream_of(v);
    *it = (struct stream_iter){.s = s, .start = start, .end = end, .backwards = backwards};
    it->block = idmap_at_most(&s->blocks, backwards ? end : start);
    if (!backwards && !idmap_valid(&it->block)) it->block = idmap_first(&s->blocks);
    iter_enter(it);
}

/* The next entry whatever it is. */
static bool iter_step(struct stream_iter *it, struct block_entry *out) {
    while (it->lp != NULL && it->at == NULL) {
        idmap_step(&it->block, it->backwards);
        iter_enter(it);
    }
    if (it->lp == NULL) return false;
    block_entry_read(it->lp, it->at, it->master, out);
    it->at = it->backwards ? block_prev(it->lp, it->at) : out->next;
    return true;
}

/* The next one within the range that is not deleted. */
static bool iter_entry(struct stream_iter *it, struct block_entry *out) {
    while (iter_step(it, out)) {
        bool below = stream_id_less(out->id, it->start), above = stream_id_less(it->end, out->id);
        if (it->backwards ? below : above) return false;
        if (!out->deleted && !below && !above) return true;
    }
    return false;
}

bool stream_next(struct stream_iter *it, struct stream_id *id, uint64_t *pairs) {
    struct block_entry e;
    if (!iter_entry(it, &e)) return false;
    block_fields_init(&it->fields, it->lp, &e);
    *id = e.id;
    *pairs = e.fields;
    return true;
}

bool stream_has(const struct value *v, struct stream_id id) {
    struct stream_iter it;
    struct block_entry e;
    stream_iter_init(&it, v, id, id, false);
    return iter_entry(&it, &e);
}

void stream_field(struct stream_iter *it, struct element *field, struct element *value) {
    block_fields_next(&it->fields, field, value);
}

/* --- Deleting -------------------------------------------------------------------------------- */

static void block_drop(struct stream *s, struct ash_heap *heap, struct stream_id master) {
    struct stream_block *b = idmap_get(&s->blocks, master);
    s->block_bytes -= block_footprint(b);
    block_free(b);
    idmap_remove(&s->blocks, heap, master);
}

static void first_id_find(struct stream *s) {
    struct value       v = {.type = VAL_STREAM, .enc = ENC_STREAM, .u.ptr = s};
    struct stream_iter it;
    struct block_entry e;
    s->first_id = STREAM_ID_MIN;
    if (s->length == 0) return;
    stream_iter_init(&it, &v, STREAM_ID_MIN, STREAM_ID_MAX, false);
    if (iter_entry(&it, &e)) s->first_id = e.id;
}

/* Deletes one entry, which is there, of the block under `master`. */
static void entry_drop(struct stream *s, struct ash_heap *heap, struct stream_id master,
                       const unsigned char *at) {
    struct stream_block *b = idmap_get(&s->blocks, master);
    struct block_head    head;
    block_head_read(b->lp, &head);
    s->length--;
    if (head.count == 1) {
        block_drop(s, heap, master);
        return;
    }
    s->block_bytes -= block_footprint(b);
    block_delete(heap, b, at);
    s->block_bytes += block_footprint(b);
}

bool stream_delete(struct value *v, const struct type_env *env, struct stream_id id) {
    struct stream     *s = stream_of(v);
    struct stream_iter it;
    struct block_entry e;
    stream_iter_init(&it, v, id, id, false);
    if (!iter_entry(&it, &e)) return false;
    entry_drop(s, env->heap, it.master, e.at);
    if (stream_id_less(s->max_deleted, id)) s->max_deleted = id;
    if (s->length == 0 || stream_id_eq(id, s->first_id)) first_id_find(s);
    return true;
}

void stream_set_last_id(struct value *v, const struct type_env *env, struct stream_id id) {
    struct stream     *s = stream_of(v);
    struct idmap_cursor c = idmap_last(&s->blocks); /* the only one: each holds an entry that is there */
    s->last_id = id;
    if (!idmap_valid(&c)) return;
    struct stream_block *b = idmap_value(&c);
    s->block_bytes -= block_footprint(b);
    for (;;) {
        struct block_entry e;
        block_entry_read(b->lp, block_last(b->lp), idmap_id(&c), &e);
        if (!stream_id_less(id, e.id)) break;
        block_cut(env->heap, b);
    }
    s->block_bytes += block_footprint(b);
}

/* --- Trimming -------------------------------------------------------------------------------- */

/* Would the stream still be within the bound without this whole block? */
static bool block_may_go(const struct stream *s, const struct stream_trim *t,
                         const unsigned char *lp, struct stream_id master, uint64_t entries) {
    struct block_entry last;
    if (t->by == STREAM_TRIM_MAXLEN) return s->length - entries >= t->maxlen;
    block_entry_read(lp, block_last(lp), master, &last);
    return stream_id_less(last.id, t->minid);
}

/* Entries of the first block, one by one, as far as the bound asks for. */
static uint64_t trim_entries(struct stream *s, struct ash_heap *heap, const struct stream_trim *t,
                             struct stream_id master) {
    uint64_t gone = 0;
    for (;;) {
        struct stream_block *b = idmap_get(&s->blocks, master);
        struct block_entry   e;
        if (b == NULL) return gone; /* its last one has gone: behind it only deleted ones stood */
        const unsigned char *at = first_entry(b->lp);
        if (t->by == STREAM_TRIM_MAXLEN && s->length <= t->maxlen) return gone;
        for (; at != NULL; at = e.next) {
            block_entry_read(b->lp, at, master, &e);
            if (!e.deleted) break;
        }
        if (at == NULL || (t->by == STREAM_TRIM_MINID && !stream_id_less(e.id, t->minid))) return gone;
        entry_drop(s, heap, master, at);
        gone++;
    }
}

uint64_t stream_trim(struct value *v, const struct type_env *env, const struct stream_trim *t) {
    struct stream *s = stream_of(v);
    uint64_t       gone = 0;
    if (t->by == STREAM_TRIM_NONE) return 0;
    for (;;) {
        struct idmap_cursor c = idmap_first(&s->blocks);
        struct block_head   head;
        if (!idmap_valid(&c) || (t->by == STREAM_TRIM_MAXLEN && s->length <= t->maxlen)) break;
        const struct stream_block *b = idmap_value(&c);
        struct stream_id           master = idmap_id(&c);
        block_head_read(b->lp, &head);
        if (t->limit != 0 && gone + head.count > t->limit) break;
        if (!block_may_go(s, t, b->lp, master, head.count)) {
            if (!t->approx) gone += trim_entries(s, env->heap, t, master);
            break;
        }
        s->length -= head.count;
        gone += head.count;
        block_drop(s, env->heap, master);
    }
    if (gone > 0) first_id_find(s);
    return gone;
}

/* --- The whole ------------------------------------------------------------------------------- */

static void drain_block(void *block, struct freeing *f) {
    freeing_count(f, block_footprint(block));
    block_free(block);
}

bool stream_drain(struct value *v, struct freeing *f) {
    struct stream *s = stream_of(v);
    if (idmap_drain(&s->blocks, drain_block, f) || stream_groups_drain(&s->groups, f)) return true;
    freeing_free(f, s, sizeof *s);
    v->u.ptr = NULL;
    return false;
}

void stream_free(struct value *v) {
    struct freeing all = freeing_all();
    stream_drain(v, &all);
}

struct value stream_copy(const struct value *v, const struct type_env *env) {
    const struct stream *from = stream_of(v);
    struct value         copy = stream_new(env);
    struct stream       *s = stream_of(&copy);
    *s = *from;
    s->block_bytes = 0;
    s->groups = (struct stream_names){0};
    stream_groups_copy(&s->groups, env->heap, &from->groups);
    idmap_copy(&s->blocks, env->heap, &from->blocks);
    for (struct idmap_cursor c = idmap_first(&s->blocks); idmap_valid(&c); idmap_step(&c, false)) {
        struct stream_block *b = idmap_value(&c);
        *b = block_copy(env->heap, b);
        s->block_bytes += block_footprint(b);
    }
    return copy;
}

size_t stream_bytes(const struct value *v) {
    const struct stream *s = stream_of(v);
    return ash_good_size(sizeof *s) + s->blocks.footprint + s->block_bytes +
           stream_groups_bytes(&s->groups);
}

size_t stream_effort(const struct value *v) {
    const struct stream *s = stream_of(v);
    return s->blocks.count + stream_groups_effort(&s->groups) + 1;
}

/* One block's entries; adds what is alive to *length. */
static void check_block(const struct stream *s, const struct stream_block *b, struct stream_id master,
                        struct stream_id *before, uint64_t *length) {
    struct block_head  head;
    struct block_entry e = {.id = master};
    uint64_t           alive = 0, deleted = 0;
    lp_check(b->lp);
    ASSERT(lp_bytes(b->lp) <= b->cap);
    ASSERT(block_validate(b->lp));
    block_head_read(b->lp, &head);
    for (const unsigned char *at = head.first_entry; at != NULL; at = e.next) {
        block_entry_read(b->lp, at, master, &e);
        ASSERT(stream_id_less(*before, e.id)); /* X1 */
        *before = e.id;
        if (e.deleted) deleted++;
        else if (++alive == 1 && *length == 0) ASSERT(stream_id_eq(e.id, s->first_id)); /* X3 */
    }
    ASSERT(alive == head.count && deleted == head.deleted && alive > 0);
    *length += alive;
}

bool stream_check(const struct value *v) {
    const struct stream *s = stream_of(v);
    struct stream_id     before = STREAM_ID_MIN;
    uint64_t             length = 0;
    size_t               bytes = 0;
    idmap_check(&s->blocks);
    for (struct idmap_cursor c = idmap_first(&s->blocks); idmap_valid(&c); idmap_step(&c, false)) {
        const struct stream_block *b = idmap_value(&c);
        ASSERT(stream_id_less(before, idmap_id(&c)));
        check_block(s, b, idmap_id(&c), &before, &length);
        bytes += block_footprint(b);
    }
    ASSERT(length == s->length && !stream_id_less(s->last_id, before)); /* X2 */
    ASSERT(length > 0 || stream_id_is_zero(s->first_id));
    ASSERT(bytes == s->block_bytes); /* X4 */
    stream_groups_check(&s->groups);
    return true;
}
