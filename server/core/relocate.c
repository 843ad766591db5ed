/* relocate.c: see relocate.h. Start reading at relocate_objects(). */
#include "server/core/relocate.h"

#include "server/ds/str.h"
#include "server/types/hash.h"

/* --- One entry -------------------------------------------------------------------------------- */

/* Whoever refers to the entry learns where it is; `was` is dead. */
static void refer(struct db *db, const struct entry *was, struct entry *e, uint64_t hash) {
    table_replace(&db->keys, (void *)(uintptr_t)was, e, hash);
    if (e->flags & ENTRY_EXPIRE) table_replace(&db->expires, (void *)(uintptr_t)was, e, hash);
    if (ASH_LIKELY(!entry_is_timed_hash(e))) return;
    struct value v;
    entry_value(e, &v);
    uint64_t place = hash_place(&v);
    if (place != 0) deadlines_moved(&db->fields_due, place, e);
}

struct entry *relocate_entry(struct db *db, struct mover *m, struct entry *e, uint64_t hash) {
    if (e->flags & ENTRY_EXTERNAL) {
        uint64_t *slot = entry_value_slot(e);
        *slot = (uintptr_t)str_move(m, (struct str *)(uintptr_t)*slot);
    }
    struct entry *to = mover_move(m, e, entry_size(e));
    if (to != e) refer(db, e, to, hash);
    return to;
}

/* --- From the slab ---------------------------------------------------------------------------- */

struct candidate {
    struct entry              *e;
    uint64_t                   hash;
    const struct table_bucket *line;
};

/* In two steps, so that the misses of a run overlap: first what might be entries, by their bytes. An
 * object may be on its way out in a BIO thread, which does not wait for us: its bytes may be anything,
 * and the table does not have it. (That read is a data race on purpose: tests/tsan.supp.) */
static unsigned candidates(const struct db *db, void *const *objects, unsigned count,
                           size_t slot_size, struct candidate out[RELOCATE_RUN]) {
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) __builtin_prefetch(objects[i]);
    for (unsigned i = 0; i < count; i++) {
        struct entry *e = objects[i];
        struct slice  key;
        if (!entry_could_be(e, slot_size, &key)) continue;
        uint64_t hash = table_hash(key);
        out[n++] = (struct candidate){e, hash, table_prefetch(&db->keys, hash)};
    }
    return n;
}

unsigned relocate_objects(struct db *db, struct mover *m, void *const *objects, unsigned count,
                          size_t slot_size) {
    struct candidate c[RELOCATE_RUN];
    unsigned         n = candidates(db, objects, count, slot_size, c), entries = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!table_holds(&db->keys, c[i].e, c[i].hash)) continue;
        relocate_entry(db, m, c[i].e, c[i].hash);
        entries++;
    }
    return entries;
}

/* --- The tables ------------------------------------------------------------------------------- */

/* A stage each. */
bool relocate_tables(struct db *db, struct mover *m, struct move_cursor *c) {
    bool more = false;
    switch (c->stage) {
    case 0: more = table_compact(&db->keys, m, c, NULL, NULL); break;
    case 1: more = table_compact(&db->expires, m, c, NULL, NULL); break;
    case 2: more = deadlines_compact(&db->fields_due, m, c); break;
    }
    if (!more) move_cursor_advance(c);
    return c->stage <= 2;
}
