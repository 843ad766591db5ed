/* stream.c: blocks of entries in the order of their IDs. See stream.h.
 *
 * When a block is full (stream-node-max-bytes, stream-node-max-entries) the next entry begins a new
 * one, by Redis's rule, so that trimming by whole blocks goes as far as there.
 *
 * Start reading at stream_append() and stream_next(). */
#include "server/types/stream.h"

#include "alloc/alloc.h"
#include "server/ds/freeing.h"
#include "server/ds/listpack.h"
#include "server/ds/mover.h"
#include "server/types/stream_group.h"

#define RECORD_MAX LP_BYTES_MAX /* what an entry's fields and values may be, and a block */
#define ROOM_MAX   4096         /* a block has room for as much as there is in the one before, up to this, */
#define ROOM_SPARE 128          /* and what an entry might take at most */

struct stream *stream_of(const struct value *v) {
    DASSERT(v->type == VAL_STREAM && v->enc == ENC_STREAM);
    return v->u.ptr;
}

struct value stream_new(const struct type_env *env) {
    struct stream *s = ash_zalloc(env->heap, sizeof *s);
    idmap_init(&s->blocks, sizeof(struct stream_block *));
    return (struct value){.type = VAL_STREAM, .enc = ENC_STREAM, .u.ptr = s};
}

static struct stream_block *block_at(const struct idmap_cursor *c) {
    return *(struct stream_block **)idmap_value(c);
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
    int64_t max = limits->stream_node_max_entries;
    if (block_listpack(b) + add >= node_bytes(limits)) return true;
    return max != 0 && (uint64_t)b->count + b->deleted >= (uint64_t)max;
}

/* The place of the block that the entry goes to, its last or a new one; *master is the ID it counts
 * from. */
static struct stream_block **block_for(struct stream *s, const struct type_env *env, struct stream_id id,
                                       const struct slice *args, size_t count, struct stream_id *master) {
    struct idmap_cursor   last = idmap_last(&s->blocks);
    struct stream_block **b = idmap_valid(&last) ? idmap_value(&last) : NULL;
    size_t                room = 0;
    bool                  added;
    if (b != NULL && !block_is_full(*b, env->limits, args_bytes(args, count))) {
        *master = idmap_id(&last);
        return b;
    }
    if (b != NULL) {
        room = ((*b)->used < ROOM_MAX ? (*b)->used : ROOM_MAX) + ROOM_SPARE;
        s->block_bytes -= (*b)->cap;
        *b = block_close(env->heap, *b);
        s->block_bytes += (*b)->cap;
    }
    *master = id;
    b = idmap_put(&s->blocks, env->heap, id, &added);
    ASSERT(added);
    *b = block_new(env->heap, args, count, room);
    s->block_bytes += (*b)->cap;
    s->run = 0;
    return b;
}

bool stream_append(struct value *v, const struct type_env *env, struct stream_id id,
                   const struct slice *args, size_t count) {
    struct stream   *s = stream_of(v);
    struct stream_id master;
    ASSERT(stream_id_less(s->last_id, id) && count % 2 == 0);
    if (args_bytes(args, count) > RECORD_MAX || block_entry_bytes(args, count) > RECORD_MAX)
        return false;
    struct stream_block **b = block_for(s, env, id, args, count, &master);
    if (s->run == BLOCK_SEGMENT) s->run = 0;
    s->block_bytes -= (*b)->cap;
    *b = block_append(env->heap, *b, master, s->run > 0 ? &s->last_id : NULL, id, args, count);
    s->block_bytes += (*b)->cap;
    s->run++;
    if (s->length++ == 0) s->first_id = id;
    s->last_id = id;
    s->entries_added++;
    return true;
}

/* --- Walking --------------------------------------------------------------------------------- */

/* Goes to the block under the cursor, if there is one. */
static void iter_enter(struct stream_iter *it) {
    if (!idmap_valid(&it->block)) return;
    const struct stream_block *b = block_at(&it->block);
    struct stream_id           master = idmap_id(&it->block);
    if (it->backwards) block_seek_back(&it->at, &it->marks, b, master, it->end);
    else block_seek(&it->at, b, master, it->start);
}

static void iter_begin(struct stream_iter *it, const struct stream *s, struct stream_id start,
                       struct stream_id end, bool backwards) {
    it->start = start; /* one by one: the marks need no zeros */
    it->end = end;
    it->backwards = backwards;
    it->block = idmap_at_most(&s->blocks, backwards ? end : start);
    if (!backwards && !idmap_valid(&it->block)) it->block = idmap_first(&s->blocks);
    iter_enter(it);
}

void stream_iter_init(struct stream_iter *it, const struct value *v, struct stream_id start,
                      struct stream_id end, bool backwards) {
    iter_begin(it, stream_of(v), start, end, backwards);
}

/* The next entry whatever it is. */
static bool iter_step(struct stream_iter *it, struct block_entry *out) {
    while (idmap_valid(&it->block)) {
        if (it->backwards ? block_prev(&it->at, &it->marks, out) : block_next(&it->at, out)) return true;
        idmap_step(&it->block, it->backwards);
        iter_enter(it);
    }
    return false;
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
    *id = e.id;
    *pairs = e.pairs;
    return true;
}

bool stream_has(const struct value *v, struct stream_id id) {
    struct stream_iter it;
    struct block_entry e;
    stream_iter_init(&it, v, id, id, false);
    return iter_entry(&it, &e);
}

struct stream_id stream_last_entry(const struct value *v) {
    const struct stream *s = stream_of(v);
    struct stream_iter   it;
    struct block_entry   e = {.id = STREAM_ID_MIN};
    if (s->run > 0 && stream_id_less(s->max_deleted, s->last_id)) return s->last_id; /* X6 */
    stream_iter_init(&it, v, STREAM_ID_MIN, STREAM_ID_MAX, true);
    return iter_entry(&it, &e) ? e.id : STREAM_ID_MIN;
}

void stream_field(struct stream_iter *it, struct element *field, struct element *value) {
    block_field(&it->at, field, value);
}

/* --- Deleting -------------------------------------------------------------------------------- */

static void block_drop(struct stream *s, struct ash_heap *heap, struct stream_id master) {
    struct idmap_cursor   last = idmap_last(&s->blocks);
    struct stream_block **b = idmap_get(&s->blocks, master);
    if (stream_id_eq(idmap_id(&last), master)) s->run = 0;
    s->block_bytes -= (*b)->cap;
    block_free(b);
    idmap_remove(&s->blocks, heap, master);
}

/* After entries have gone: none that is there is below what was the first. */
static void first_id_find(struct stream *s) {
    struct stream_iter it;
    struct block_entry e;
    if (s->length == 0) {
        s->first_id = STREAM_ID_MIN;
        return;
    }
    iter_begin(&it, s, s->first_id, STREAM_ID_MAX, false);
    bool found = iter_entry(&it, &e);
    ASSERT(found);
    s->first_id = e.id;
}

/* Deletes the entry that `it` has read, and its block if that has no other. False: so it was. */
static bool entry_drop(struct stream *s, struct ash_heap *heap, const struct stream_iter *it, uint32_t at) {
    struct stream_block *b = block_at(&it->block);
    s->length--;
    if (b->count == 1) {
        block_drop(s, heap, idmap_id(&it->block));
        return false;
    }
    block_delete(b, at);
    return true;
}

bool stream_delete(struct value *v, const struct type_env *env, struct stream_id id) {
    struct stream     *s = stream_of(v);
    struct stream_iter it;
    struct block_entry e;
    stream_iter_init(&it, v, id, id, false);
    if (!iter_entry(&it, &e)) return false;
    entry_drop(s, env->heap, &it, e.at);
    if (stream_id_less(s->max_deleted, id)) s->max_deleted = id;
    if (s->length == 0 || stream_id_eq(id, s->first_id)) first_id_find(s);
    return true;
}

void stream_set_last_id(struct value *v, struct stream_id id) {
    struct stream      *s = stream_of(v);
    struct idmap_cursor c = idmap_last(&s->blocks); /* the only one: each holds an entry that is there */
    s->last_id = id;
    s->run = 0;
    if (idmap_valid(&c)) block_cut(block_at(&c), idmap_id(&c), id);
}

/* --- Trimming -------------------------------------------------------------------------------- */

/* Would the stream still be within the bound without this whole block? */
static bool block_may_go(const struct stream *s, const struct stream_trim *t, const struct stream_block *b,
                         struct stream_id master) {
    if (t->by == STREAM_TRIM_MAXLEN) return s->length - b->count >= t->maxlen;
    return stream_id_less(master, t->minid) && stream_id_less(block_last(b, master), t->minid);
}

/* Entries of the first block, one by one, as far as the bound asks for. */
static uint64_t trim_entries(struct stream *s, struct ash_heap *heap, const struct stream_trim *t) {
    struct stream_iter it;
    struct block_entry e;
    uint64_t           gone = 0;
    iter_begin(&it, s, s->first_id, STREAM_ID_MAX, false);
    while ((t->by == STREAM_TRIM_MINID || s->length > t->maxlen) && iter_entry(&it, &e)) {
        if (t->by == STREAM_TRIM_MINID && !stream_id_less(e.id, t->minid)) break;
        gone++;
        if (!entry_drop(s, heap, &it, e.at)) break; /* behind it only deleted ones stood */
    }
    return gone;
}

uint64_t stream_trim(struct value *v, const struct type_env *env, const struct stream_trim *t) {
    struct stream *s = stream_of(v);
    uint64_t       gone = 0;
    if (t->by == STREAM_TRIM_NONE) return 0;
    for (;;) {
        struct idmap_cursor c = idmap_first(&s->blocks);
        if (!idmap_valid(&c) || (t->by == STREAM_TRIM_MAXLEN && s->length <= t->maxlen)) break;
        const struct stream_block *b = block_at(&c);
        struct stream_id           master = idmap_id(&c);
        uint64_t                   count = b->count;
        if (t->limit != 0 && gone + count > t->limit) break;
        if (!block_may_go(s, t, b, master)) {
            if (!t->approx) gone += trim_entries(s, env->heap, t);
            break;
        }
        s->length -= count;
        gone += count;
        block_drop(s, env->heap, master);
    }
    if (gone > 0) first_id_find(s);
    return gone;
}

/* --- The whole ------------------------------------------------------------------------------- */

static void drain_block(void *value, struct freeing *f) {
    struct stream_block **b = value;
    freeing_count(f, (*b)->cap);
    block_free(b);
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
        struct stream_block **b = idmap_value(&c);
        *b = block_copy(env->heap, *b);
        s->block_bytes += (*b)->cap;
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

static void move_block(struct mover *m, void *block, void *arg) {
    struct stream_block **b = block;
    (void)arg;
    *b = block_move(m, *b);
}

/* c->stage 0: the blocks, then the groups, which count theirs from 0. */
bool stream_compact(struct value *v, struct mover *m, struct move_cursor *c) {
    struct stream *s = v->u.ptr = mover_move(m, v->u.ptr, sizeof *s);
    if (c->stage == 0) {
        if (!idmap_compact(&s->blocks, m, c, move_block, NULL)) move_cursor_advance(c);
        return true;
    }
    c->stage--;
    bool more = stream_groups_compact(&s->groups, m, c);
    c->stage++;
    return more;
}

/* One block's entries from the front; adds what is alive to *length. */
static void check_block(const struct stream *s, const struct stream_block *b, struct stream_id master,
                        struct stream_id *before, uint64_t *length) {
    struct block_cursor c;
    struct block_entry  e;
    ASSERT(block_validate(b, master));
    ASSERT(sizeof *b + b->used <= b->cap && b->count > 0); /* X1 */
    ASSERT(b->cap == ash_good_size(b->cap) && b->cap <= ash_usable_size(b)); /* X4 */
    block_seek(&c, b, master, STREAM_ID_MIN);
    while (block_next(&c, &e)) {
        ASSERT(stream_id_less(*before, e.id)); /* X1 */
        *before = e.id;
        if (!e.deleted && (*length)++ == 0) ASSERT(stream_id_eq(e.id, s->first_id)); /* X3 */
    }
}

/* X6, of the last block. */
static void check_run(const struct stream *s, const struct stream_block *b, struct stream_id master) {
    struct block_cursor c;
    struct block_marks  m;
    struct block_entry  e;
    block_seek_back(&c, &m, b, master, STREAM_ID_MAX);
    if (s->run == 0) return;
    ASSERT(s->run == m.count && stream_id_eq(m.id[m.count - 1], s->last_id));
    bool there = block_prev(&c, &m, &e) && !e.deleted;
    ASSERT(there || !stream_id_less(s->max_deleted, s->last_id));
}

bool stream_check(const struct value *v) {
    const struct stream *s = stream_of(v);
    struct stream_id     before = STREAM_ID_MIN;
    uint64_t             length = 0;
    size_t               bytes = 0;
    idmap_check(&s->blocks);
    for (struct idmap_cursor c = idmap_first(&s->blocks); idmap_valid(&c); idmap_step(&c, false)) {
        const struct stream_block *b = block_at(&c);
        ASSERT(stream_id_less(before, idmap_id(&c)));
        check_block(s, b, idmap_id(&c), &before, &length);
        bytes += b->cap;
    }
    ASSERT(length == s->length && !stream_id_less(s->last_id, before)); /* X2 */
    ASSERT(length > 0 || stream_id_is_zero(s->first_id));
    ASSERT(bytes == s->block_bytes); /* X4 */
    struct idmap_cursor last = idmap_last(&s->blocks);
    if (idmap_valid(&last)) check_run(s, block_at(&last), idmap_id(&last));
    else ASSERT(s->run == 0);
    stream_groups_check(&s->groups);
    return true;
}
