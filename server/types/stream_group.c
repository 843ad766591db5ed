/* stream_group.c: consumer groups: reading positions, consumers, pending entries.
 *
 * The counts of XINFO's `lag` are Redis's: an entry's number since the beginning of the stream is known
 * for the ends of the stream only, and only where no deletion lies behind. What cannot be known is
 * said to be unknown rather than counted.
 *
 * A copy's entries keep their consumers' numbers, so that copying a map of pending entries is copying
 * its nodes.
 *
 * Tried in thought and dropped: linking a consumer's entries through the group's map instead of a
 * second set. Entries move when nodes split, and XREADGROUP's history needs them in order.
 *
 * Start reading at stream_pending_give(), then stream_read_count(). */
#include "server/types/stream_group.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/freeing.h"
#include "server/ds/mover.h"

#define EFFORT_MANY   4096
#define REBUILD_SHARE 4 /* a removal takes about as long as so many steps (stream_consumer_take) */

/* --- Groups --------------------------------------------------------------------------------- */

static size_t group_size(const struct stream_group *g) { return sizeof *g + g->name.len; }
static size_t consumer_size(const struct stream_consumer *c) { return sizeof *c + c->name.len; }

static struct slice name_copy(char *bytes, struct slice name) {
    if (name.len > 0) memcpy(bytes, name.p, name.len);
    return slice_of(bytes, name.len);
}

struct stream_group *stream_group_get(const struct stream *s, struct slice name) {
    return stream_names_get(&s->groups, name);
}

static struct stream_group *group_new(struct ash_heap *heap, struct slice name,
                                      struct stream_id last_id, int64_t entries_read) {
    struct stream_group *g = ash_alloc(heap, sizeof *g + name.len);
    *g = (struct stream_group){.last_id = last_id, .entries_read = entries_read};
    g->name = name_copy(g->bytes, name);
    idmap_init(&g->pending, sizeof(struct stream_pending));
    return g;
}

struct stream_group *stream_group_add(struct stream *s, struct ash_heap *heap, struct slice name,
                                      struct stream_id last_id, int64_t entries_read) {
    if (stream_group_get(s, name) != NULL) return NULL;
    struct stream_group *g = group_new(heap, name, last_id, entries_read);
    stream_names_put(&s->groups, heap, g);
    return g;
}

static bool consumer_drain(void *consumer, struct freeing *f) {
    struct stream_consumer *c = consumer;
    if (idmap_drain(&c->pending, NULL, f)) return true;
    freeing_free(f, c, consumer_size(c));
    return false;
}

/* From the last name on. */
static bool names_drain(struct stream_names *n, bool (*drain)(void *item, struct freeing *f),
                        struct freeing *f) {
    for (; n->count > 0; n->count--)
        if (freeing_spent(f) || drain(n->item[n->count - 1], f)) return true;
    if (n->item == NULL) return false;
    freeing_count(f, stream_names_bytes(n));
    stream_names_free(n);
    return false;
}

static bool group_drain(void *group, struct freeing *f) {
    struct stream_group *g = group;
    if (names_drain(&g->consumers, consumer_drain, f) || idmap_drain(&g->pending, NULL, f)) return true;
    f->bytes += stream_numbers_bytes(&g->numbers);
    stream_numbers_free(&g->numbers);
    freeing_free(f, g, group_size(g));
    return false;
}

struct value stream_group_take(struct value *v, const struct type_env *env, struct stream_group *g) {
    struct value husk = stream_new(env);
    stream_names_take(&stream_of(v)->groups, env->heap, g);
    stream_names_put(&stream_of(&husk)->groups, env->heap, g);
    return husk;
}

/* --- How far a group has read --------------------------------------------------------------- */

bool stream_read_count(const struct stream *s, struct stream_id id, int64_t *out) {
    uint64_t added = s->entries_added;
    if (added > INT64_MAX) return false; /* after XSETID */
    if (added == 0 || stream_id_eq(id, s->last_id) ||
        (s->length == 0 && stream_id_less(id, s->last_id))) {
        *out = (int64_t)added;
        return true;
    }
    if (stream_id_less(s->last_id, id)) return false;
    bool whole = stream_id_is_zero(s->max_deleted) || stream_id_less(s->max_deleted, s->first_id);
    if (!whole || stream_id_less(s->first_id, id)) return false;
    *out = (int64_t)(added - s->length) + stream_id_eq(id, s->first_id);
    return true;
}

/* Was an entry deleted from the middle, at this ID or behind it? */
static bool deleted_from(const struct stream *s, struct stream_id id) {
    bool middle = s->length > 0 && !stream_id_is_zero(s->max_deleted) &&
                  !stream_id_less(s->max_deleted, s->first_id);
    return middle && !stream_id_less(s->max_deleted, id);
}

bool stream_group_lag(const struct stream *s, const struct stream_group *g, int64_t *out) {
    int64_t read = 0;
    if (s->entries_added > 0) {
        if (g->entries_read != STREAM_NOT_READ && !deleted_from(s, g->last_id))
            read = g->entries_read;
        else if (!stream_read_count(s, g->last_id, &read))
            return false;
    }
    *out = (int64_t)(s->entries_added - (uint64_t)read);
    return true;
}

void stream_group_deliver(const struct stream *s, struct stream_group *g, struct stream_id id) {
    if (!stream_id_less(g->last_id, id)) return;
    if (g->entries_read != STREAM_NOT_READ && !deleted_from(s, id)) {
        if (g->entries_read < INT64_MAX) g->entries_read++; /* XGROUP takes any count */
    } else if (s->entries_added > 0) {
        if (!stream_read_count(s, id, &g->entries_read)) g->entries_read = STREAM_NOT_READ;
    }
    g->last_id = id;
}

/* --- Consumers ------------------------------------------------------------------------------ */

struct stream_consumer *stream_consumer_get(const struct stream_group *g, struct slice name) {
    return stream_names_get(&g->consumers, name);
}

static struct stream_consumer *consumer_new(struct ash_heap *heap, struct slice name) {
    struct stream_consumer *c = ash_alloc(heap, sizeof *c + name.len);
    *c = (struct stream_consumer){.active_ms = STREAM_NOT_READ};
    c->name = name_copy(c->bytes, name);
    idmap_init(&c->pending, 0);
    return c;
}

struct stream_consumer *stream_consumer_put(struct stream_group *g, struct ash_heap *heap,
                                            struct slice name, int64_t now_ms, bool *added) {
    struct stream_consumer *c = stream_consumer_get(g, name);
    *added = c == NULL;
    if (c != NULL) return c;
    c = consumer_new(heap, name);
    c->seen_ms = now_ms;
    c->number = stream_numbers_put(&g->numbers, heap, c);
    stream_names_put(&g->consumers, heap, c);
    return c;
}

/* The group's map goes to `husk`; a new one is made of what the others than c have. */
static void pending_rebuild(struct stream_group *g, struct ash_heap *heap,
                            const struct stream_consumer *c, struct stream_group *husk) {
    bool fresh;
    husk->pending = g->pending;
    idmap_init(&g->pending, sizeof(struct stream_pending));
    if (c->pending.count == husk->pending.count) return;
    struct idmap_cursor at = idmap_first(&husk->pending);
    for (; idmap_valid(&at); idmap_step(&at, false)) {
        const struct stream_pending *p = idmap_value(&at);
        if (p->number == c->number) continue;
        *(struct stream_pending *)idmap_put(&g->pending, heap, idmap_id(&at), &fresh) = *p;
        ASSERT(fresh);
    }
}

struct value stream_consumer_take(struct stream_group *g, const struct type_env *env,
                                  struct stream_consumer *c) {
    struct value         husk = stream_new(env);
    struct stream_group *to = group_new(env->heap, slice_of(NULL, 0), STREAM_ID_MIN, 0);
    stream_names_put(&stream_of(&husk)->groups, env->heap, to);
    stream_names_take(&g->consumers, env->heap, c);
    if (c->pending.count >= g->pending.count / REBUILD_SHARE) {
        pending_rebuild(g, env->heap, c, to);
    } else {
        struct idmap_cursor at = idmap_first(&c->pending);
        for (; idmap_valid(&at); idmap_step(&at, false)) {
            bool gone = idmap_remove(&g->pending, env->heap, idmap_id(&at));
            ASSERT(gone);
        }
    }
    stream_numbers_take(&g->numbers, c->number);
    stream_names_put(&to->consumers, env->heap, c);
    return husk;
}

/* --- Pending entries ------------------------------------------------------------------------ */

struct stream_pending *stream_pending_get(const struct stream_group *g, struct stream_id id) {
    return idmap_get(&g->pending, id);
}

void stream_pending_move(const struct stream_group *g, struct ash_heap *heap,
                         struct stream_pending *p, struct stream_id id, struct stream_consumer *c) {
    bool fresh;
    if (p->number == c->number) return;
    bool had = idmap_remove(&stream_pending_consumer(g, p)->pending, heap, id);
    idmap_put(&c->pending, heap, id, &fresh);
    ASSERT(had && fresh);
    p->number = c->number;
}

struct stream_pending *stream_pending_give(struct stream_group *g, struct ash_heap *heap,
                                           struct stream_id id, struct stream_consumer *c,
                                           bool *added) {
    bool                   fresh;
    struct stream_pending *p = idmap_put(&g->pending, heap, id, added);
    if (!*added) {
        stream_pending_move(g, heap, p, id, c);
        return p;
    }
    idmap_put(&c->pending, heap, id, &fresh);
    ASSERT(fresh);
    p->number = c->number;
    return p;
}

bool stream_pending_remove(struct stream_group *g, struct ash_heap *heap, struct stream_id id) {
    struct stream_pending *p = stream_pending_get(g, id);
    if (p == NULL) return false;
    bool had = idmap_remove(&stream_pending_consumer(g, p)->pending, heap, id);
    bool gone = idmap_remove(&g->pending, heap, id);
    ASSERT(had && gone);
    return true;
}

/* --- All groups ----------------------------------------------------------------------------- */

bool stream_groups_drain(struct stream_names *groups, struct freeing *f) {
    return names_drain(groups, group_drain, f);
}

/* Copies a consumer into `to`, where the old one still has its number. */
static void consumer_copy(struct stream_group *to, struct ash_heap *heap,
                          const struct stream_consumer *from) {
    struct stream_consumer *c = consumer_new(heap, from->name);
    c->seen_ms = from->seen_ms;
    c->active_ms = from->active_ms;
    c->number = from->number;
    idmap_copy(&c->pending, heap, &from->pending);
    stream_names_put(&to->consumers, heap, c);
    stream_numbers_set(&to->numbers, c->number, c);
}

void stream_groups_copy(struct stream_names *to, struct ash_heap *heap,
                        const struct stream_names *from) {
    for (uint32_t i = 0; i < from->count; i++) {
        const struct stream_group *old = from->item[i];
        struct stream_group       *g = group_new(heap, old->name, old->last_id, old->entries_read);
        idmap_copy(&g->pending, heap, &old->pending);
        stream_numbers_copy(&g->numbers, heap, &old->numbers);
        for (uint32_t j = 0; j < old->consumers.count; j++)
            consumer_copy(g, heap, stream_consumer_at(old, j));
        stream_names_put(to, heap, g);
    }
}

size_t stream_groups_bytes(const struct stream_names *groups) {
    size_t sum = stream_names_bytes(groups);
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct stream_group *g = groups->item[i];
        sum += ash_good_size(group_size(g)) + g->pending.footprint;
        sum += stream_names_bytes(&g->consumers) + stream_numbers_bytes(&g->numbers);
        for (uint32_t j = 0; j < g->consumers.count; j++) {
            const struct stream_consumer *c = stream_consumer_at(g, j);
            sum += ash_good_size(consumer_size(c)) + c->pending.footprint;
        }
    }
    return sum;
}

size_t stream_groups_effort(const struct stream_names *groups) {
    size_t effort = groups->count;
    for (uint32_t i = 0; i < groups->count && effort < EFFORT_MANY; i++) {
        const struct stream_group *g = groups->item[i];
        effort += g->pending.count;
        for (uint32_t j = 0; j < g->consumers.count && effort < EFFORT_MANY; j++)
            effort += 1 + stream_consumer_at(g, j)->pending.count;
    }
    return effort;
}

/* --- Moving ---------------------------------------------------------------------------------- */

static struct stream_group *group_move(struct mover *m, struct stream_group *g) {
    g = mover_move(m, g, group_size(g));
    g->name.p = g->bytes;
    return g;
}

static struct stream_consumer *consumer_move(struct mover *m, struct stream_group *g, uint32_t i) {
    struct stream_consumer *c = stream_consumer_at(g, i);
    g->consumers.item[i] = c = mover_move(m, c, consumer_size(c));
    c->name.p = c->bytes;
    stream_numbers_set(&g->numbers, c->number, c);
    return c;
}

/* What c->index says of one group. False: that was the last of it. */
static bool group_compact(struct stream_group *g, struct mover *m, struct move_cursor *c) {
    bool more;
    if (c->index == 0) {
        stream_names_move(m, &g->consumers);
        stream_numbers_move(m, &g->numbers);
        more = idmap_compact(&g->pending, m, c, NULL, NULL);
    } else {
        if (c->index > g->consumers.count) return false;
        more = idmap_compact(&consumer_move(m, g, c->index - 1)->pending, m, c, NULL, NULL);
    }
    if (more) return true;
    *c = (struct move_cursor){.stage = c->stage, .index = c->index + 1};
    return c->index <= g->consumers.count;
}

bool stream_groups_compact(struct stream_names *groups, struct mover *m, struct move_cursor *c) {
    uint64_t stop = m->looked + MOVER_STEP;
    if (c->stage == 0) stream_names_move(m, groups);
    while (c->stage < groups->count && m->looked < stop) {
        struct stream_group *g = groups->item[c->stage] = group_move(m, groups->item[c->stage]);
        if (!group_compact(g, m, c)) move_cursor_advance(c);
    }
    return c->stage < groups->count;
}

/* --- Checking -------------------------------------------------------------------------------- */

static void group_check(const struct stream_group *g) {
    uint64_t sum = 0;
    ASSERT(g->name.p == g->bytes && g->entries_read >= STREAM_NOT_READ);
    idmap_check(&g->pending);
    stream_names_check(&g->consumers);
    stream_numbers_check(&g->numbers);
    ASSERT(g->numbers.count == g->consumers.count);
    for (uint32_t i = 0; i < g->consumers.count; i++) {
        const struct stream_consumer *c = stream_consumer_at(g, i);
        ASSERT(c->name.p == c->bytes);
        ASSERT(c->number < g->numbers.used && stream_numbers_get(&g->numbers, c->number) == c);
        idmap_check(&c->pending);
        struct idmap_cursor at = idmap_first(&c->pending);
        for (; idmap_valid(&at); idmap_step(&at, false)) {
            const struct stream_pending *p = stream_pending_get(g, idmap_id(&at));
            ASSERT(p != NULL && p->number == c->number);
        }
        sum += c->pending.count;
    }
    ASSERT(sum == g->pending.count);
}

bool stream_groups_check(const struct stream_names *groups) {
    stream_names_check(groups);
    for (uint32_t i = 0; i < groups->count; i++) group_check(groups->item[i]);
    return true;
}
