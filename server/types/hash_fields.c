/* hash_fields.c: a large hash's items, one allocation each, in a table.
 *
 * A new value for a field goes into the item's own slot when the size class allows (ash_realloc). An
 * item changes its address when the slot changes or when it becomes timed or ceases to be; then the
 * table and the deadlines are told.
 *
 * Start reading at fields_put(). */
#include "server/types/hash_fields.h"

#include "alloc/alloc.h"
#include "server/ds/freeing.h"
#include "server/ds/mover.h"

/* --- Items ------------------------------------------------------------------------------------ */

static struct slice item_field(const void *item) { return item_pair(item).field; }
static const struct table_type field_type = {.key = item_field};

static void     item_placed(void *item, uint64_t place) { item_set_word(item, place); }
static uint64_t item_place(const void *item) { return item_word(item); }
static const struct deadlines_type item_deadlines = {.placed = item_placed, .place = item_place};

static unsigned char *item_new(struct fields *f, const struct pair *p, bool timed) {
    size_t         size = item_size(p, timed);
    unsigned char *item = ash_alloc(f->table.heap, size);
    item_write(item, p, timed);
    if (timed) item_set_word(item, 0);
    f->item_bytes += ash_good_size(size);
    return item;
}

static void item_free(void *item, struct freeing *f) { freeing_free(f, item, item_bytes(item)); }

static void item_drop(struct fields *f, unsigned char *item) {
    size_t size = item_bytes(item);
    f->item_bytes -= ash_good_size(size);
    ash_free(item, size);
}

int64_t fields_item_ms(const struct deadlines *due, const unsigned char *item) {
    return item_timed(item) ? deadlines_at(due, item_word(item))->at_ms : FIELDS_NO_TTL;
}

/* --- The whole -------------------------------------------------------------------------------- */

struct fields *fields_new(struct ash_heap *heap) {
    struct fields *f = ash_alloc(heap, sizeof *f);
    table_init(&f->table, heap, &field_type);
    f->item_bytes = 0;
    return f;
}

struct timed_fields *fields_new_timed(struct ash_heap *heap) {
    return fields_to_timed(fields_new(heap));
}

struct timed_fields *fields_to_timed(struct fields *f) {
    struct ash_heap     *heap = f->table.heap;
    struct timed_fields *t = ash_alloc(heap, sizeof *t);
    t->fields = *f;
    t->place = 0;
    deadlines_init(&t->due, heap, &item_deadlines);
    ash_free(f, sizeof *f);
    return t;
}

bool fields_drain(struct fields *f, bool timed, struct freeing *freeing) {
    if (table_drain(&f->table, item_free, freeing)) return true;
    if (timed && deadlines_drain(&((struct timed_fields *)f)->due, freeing)) return true;
    freeing_free(freeing, f, timed ? sizeof(struct timed_fields) : sizeof *f);
    return false;
}

size_t fields_footprint(const struct fields *f, bool timed) {
    size_t bytes = table_bytes(&f->table) + f->item_bytes;
    if (!timed) return bytes + ash_good_size(sizeof *f);
    const struct timed_fields *t = (const struct timed_fields *)f;
    return bytes + deadlines_bytes(&t->due) + ash_good_size(sizeof *t);
}

/* due: the deadlines of a timed one. */
static void *item_move(struct mover *m, void *item, void *due) {
    if (!mover_wants(m, item)) return item;
    unsigned char *to = mover_copy(m, item, item_bytes(item), 8);
    if (item_timed(to)) deadlines_moved(due, item_word(to), to);
    return to;
}

bool fields_compact(struct fields *f, bool timed, struct mover *m, struct move_cursor *c) {
    enum { TABLE, DEADLINES };
    struct deadlines *due = timed ? &((struct timed_fields *)f)->due : NULL;
    if (c->stage == TABLE) {
        bool more = table_compact(&f->table, m, c, item_move, due);
        if (!more) move_cursor_advance(c);
        return more || timed;
    }
    return c->stage == DEADLINES && timed && deadlines_compact(due, m, c);
}

struct fields *fields_move(struct mover *m, struct fields *f, bool timed) {
    return mover_move(m, f, timed ? sizeof(struct timed_fields) : sizeof *f);
}

bool fields_check(const struct fields *f, bool timed) {
    const struct timed_fields *t = timed ? (const struct timed_fields *)f : NULL;
    struct table_iter          it;
    const unsigned char       *item;
    size_t                     bytes = 0;
    uint64_t                   expiring = 0;
    table_check(&f->table);
    table_iter_init(&it, &f->table);
    while ((item = table_next(&it)) != NULL) {
        bytes += ash_good_size(item_bytes(item));
        if (!item_timed(item)) continue;
        ASSERT(t != NULL && deadlines_at(&t->due, item_word(item))->item == item);
        expiring++;
    }
    ASSERT(bytes == f->item_bytes);
    ASSERT(t == NULL || (deadlines_check(&t->due) && expiring == t->due.count));
    return true;
}

/* --- Changing --------------------------------------------------------------------------------- */

unsigned char *fields_find(const struct fields *f, struct slice field, uint64_t hash) {
    return table_get(&f->table, field, hash);
}

/* The item with another value, in its own slot where the head's width allows. */
static unsigned char *item_rewrite(struct fields *f, unsigned char *item, const struct pair *old,
                                   struct slice value) {
    size_t size = (size_t)(pair_end(old) - item), now = size - old->value.len + value.len;
    size_t at = (size_t)((const unsigned char *)old->value.p - item);
    size_t len_at = at - old->field.len - varint_size(value.len);
    if (now != size) {
        f->item_bytes += ash_good_size(now) - ash_good_size(size);
        item = ash_realloc(f->table.heap, item, size, now);
        varint_put(item + len_at, value.len);
    }
    if (value.len > 0) memcpy(item + at, value.p, value.len);
    return item;
}

void fields_put(struct fields *f, struct deadlines *due, unsigned char *item, const struct pair *p,
                uint64_t hash, int64_t at_ms) {
    bool timed = at_ms != FIELDS_NO_TTL;
    ASSERT(!timed || due != NULL);
    if (item == NULL) {
        item = item_new(f, p, timed);
        table_put(&f->table, item, hash);
        if (timed) deadlines_put(due, item, at_ms);
        return;
    }
    bool           was_timed = item_timed(item);
    struct pair    old = item_pair(item);
    unsigned char *now = NULL;
    if (was_timed && !timed) deadlines_take(due, item_word(item));
    if (was_timed == timed && varint_size(old.value.len) == varint_size(p->value.len)) {
        now = item_rewrite(f, item, &old, p->value);
    } else {
        now = item_new(f, p, timed);
        if (was_timed && timed) item_set_word(now, item_word(item));
        item_drop(f, item);
    }
    if (now != item) table_replace(&f->table, item, now, hash);
    if (!timed) return;
    if (!was_timed) {
        deadlines_put(due, now, at_ms);
        return;
    }
    if (now != item) deadlines_moved(due, item_word(now), now);
    if (at_ms != fields_item_ms(due, now)) deadlines_change(due, item_word(now), at_ms);
}

void fields_expire(struct fields *f, struct deadlines *due, unsigned char *item, uint64_t hash,
                   int64_t at_ms) {
    bool timed = at_ms != FIELDS_NO_TTL, was_timed = item_timed(item);
    if (timed && was_timed) deadlines_change(due, item_word(item), at_ms);
    if (timed == was_timed) return;
    if (was_timed) deadlines_take(due, item_word(item));
    struct pair    p = item_pair(item);
    unsigned char *now = item_new(f, &p, timed);
    table_replace(&f->table, item, now, hash);
    item_drop(f, item);
    if (timed) deadlines_put(due, now, at_ms);
}

void fields_remove(struct fields *f, struct deadlines *due, unsigned char *item, uint64_t hash) {
    if (item_timed(item)) deadlines_take(due, item_word(item));
    table_take_item(&f->table, item, hash);
    item_drop(f, item);
}
