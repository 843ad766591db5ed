/* compact.c: see compact.h. Start reading at compact_tick(), then step(). */
#include "server/memory/compact.h"

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/core/config.h"
#include "server/core/relocate.h"

#include <string.h>

#define ASK_US      100000 /* how often to ask whether there is anything to be had */
#define LATE_US     2000   /* of a slice that was due: the next comes as much sooner */
#define PICK_SLABS  64     /* looked at, at a time: each is a cache miss or two */
#define END_SLABS   256
#define GAIN_MIN    65536  /* of a heap: less is in every one, and no reason unless it is asked for */
#define GROWS_PART  16     /* so much more than when last asked: somebody is deleting */
#define GO_ON_PART  10     /* of threshold-lower: what has begun does not stop halfway down */
#define URGENT_MIN  (1 << 20) /* less is not worth a pass, however much it is needed */
#define LATER_MAX   64     /* keys of one bucket that wait for steps of their own */
#define INLINE_MAX  256    /* allocations of a container looked at at once, before it has to wait */

enum stage {
    IDLE,
    PICK,   /* slabs of the dataset heap */
    SLABS,  /* the entries in them */
    KEYS,   /* what lies below the keys */
    TABLES, /* the tables' heap: its slabs picked, and the tables gone over */
    END,    /* slabs that did not become empty are ordinary ones again */
};

/* A container that is gone over in steps of its own, named by a copy of its key. */
struct later {
    char              *key;
    size_t             len;
    void              *ptr; /* as the last step left it: another value has another */
    struct move_cursor cursor;
};

struct compact {
    struct ash_heap      *heap;
    struct keyspace      *ks;
    const struct config  *config;
    enum stage            stage;
    unsigned              db;
    uint64_t              scan;   /* KEYS */
    struct move_cursor    cursor; /* TABLES */
    bool                  picked; /* TABLES: its slabs are */
    bool                  asked_for; /* the pass, by compact_start */
    bool                  counted;   /* END: what it has returned is */
    bool                  goes_on;   /* the last pass got what it was for: another may follow for less */
    struct later          later[LATER_MAX];
    unsigned              later_count;
    size_t                picked_bytes; /* in this pass */
    size_t                promised;     /* to be had when it began */
    size_t                residue;      /* of that, after the last one, which got less than half */
    uint64_t              ask_us, due_us;
    uint64_t              wanted_us; /* since when a pass is; 0: none */
    struct compact_status status;
};

struct compact *compact_new(struct ash_heap *heap, struct keyspace *ks, const struct config *config) {
    struct compact *c = ash_zalloc(heap, sizeof *c);
    c->heap = heap;
    c->ks = ks;
    c->config = config;
    return c;
}

static void later_drop(struct compact *c) {
    struct later *l = &c->later[--c->later_count];
    ash_free(l->key, l->len);
}

void compact_free(struct compact **c) {
    if (*c == NULL) return;
    while ((*c)->later_count > 0) later_drop(*c);
    ash_free(*c, sizeof **c);
    *c = NULL;
}

/* --- Counting --------------------------------------------------------------------------------- */

static void count_moves(struct compact *c, const struct mover *m) {
    c->status.hits += m->moved;
    c->status.misses += m->looked - m->moved;
    c->status.bytes_moved += m->moved_bytes;
}

static void count_key(struct compact *c, bool moved) {
    if (moved) {
        c->status.key_hits++;
    } else {
        c->status.key_misses++;
    }
}

static size_t gain_min(const struct compact *c) {
    uint64_t ignored = c->config->active_defrag_ignore_bytes;
    return ignored < GAIN_MIN ? ignored : GAIN_MIN;
}

/* Over all heaps: bytes that could be had, and that are held. */
struct figures {
    size_t gain_min, gain, used;
};
static void add_figures(struct ash_heap *h, void *arg) {
    struct figures *f = arg;
    size_t          gain = ash_drain_gain(h);
    f->gain += gain >= f->gain_min ? gain : 0;
    f->used += ash_heap_used(h);
}
static struct figures figures_now(const struct compact *c) {
    struct figures f = {.gain_min = gain_min(c)};
    keyspace_heaps_each(c->ks, add_figures, &f);
    return f;
}

static void add_draining(struct ash_heap *h, void *arg) { *(size_t *)arg += ash_draining(h); }
static size_t draining_now(const struct compact *c) {
    size_t bytes = 0;
    keyspace_heaps_each(c->ks, add_draining, &bytes);
    return bytes;
}

/* --- When ------------------------------------------------------------------------------------- */

/* Of the processor: from cycle-min to cycle-max as what is to be had grows between the thresholds. */
static unsigned percent_of_cpu(const struct config *cfg, const struct figures *f) {
    int64_t lower = cfg->active_defrag_threshold_lower, upper = cfg->active_defrag_threshold_upper;
    int64_t least = cfg->active_defrag_cycle_min, most = cfg->active_defrag_cycle_max;
    int64_t had = f->used > 0 ? (int64_t)(f->gain * 100 / f->used) : upper;
    if (had >= upper || upper <= lower) return (unsigned)most;
    if (had < lower) had = lower;
    return (unsigned)(least + (most - least) * (had - lower) / (upper - lower));
}

static bool enough(const struct compact *c, const struct figures *f) {
    const struct config *cfg = c->config;
    return f->gain > cfg->active_defrag_ignore_bytes &&
           f->gain >= f->used / 100 * (size_t)cfg->active_defrag_threshold_lower;
}

/* A pass picks what is sparse when it begins. What has become so meanwhile is less than what begins
 * one, but a tenth of the memory for ever. */
static bool enough_to_go_on(const struct compact *c, const struct figures *f) {
    const struct config *cfg = c->config;
    return c->goes_on && f->gain > f->gain_min && f->gain > cfg->active_defrag_ignore_bytes / GO_ON_PART &&
           f->gain >= f->used / 100 * (size_t)cfg->active_defrag_threshold_lower / GO_ON_PART;
}

/* What the last pass could not have is not tried again until there is a good deal more. Passes come to
 * an end: one that is not stopped begins no other without news, and one that is, is followed by one that
 * stops at no less than twice as much (ask). */
static bool is_news(const struct compact *c, const struct figures *f) {
    return f->gain >= c->residue + c->residue / 4;
}

static void note_over(struct compact *c, bool over, uint64_t now_us) {
    struct compact_status *s = &c->status;
    if (over && s->over_since_us == 0) s->over_since_us = now_us;
    if (over || s->over_since_us == 0) return;
    s->over_us += now_us - s->over_since_us;
    s->over_since_us = 0;
}

static void begin(struct compact *c, unsigned percent, size_t promised) {
    c->stage = PICK;
    c->asked_for = false;
    c->db = 0;
    c->scan = 0;
    c->picked = c->counted = false;
    c->picked_bytes = 0;
    c->promised = promised;
    c->status.running = percent;
}

/* What has been picked is let go. Nothing was promised then: what is left is to be tried again. */
static void stop(struct compact *c) {
    c->promised = 0;
    while (c->later_count > 0) later_drop(c);
    c->stage = END;
}

/* Are the sparse slabs mostly such as are being emptied, or is there more to be had each time? */
static bool is_going(const struct compact *c, size_t gain, size_t gain_before, uint64_t pending,
                     uint64_t now_us) {
    bool grows = gain > gain_before + gain_before / GROWS_PART;
    return (pending > gain / 4 || grows) && now_us - c->wanted_us < COMPACT_PATIENCE_US;
}

static void ask(struct compact *c, uint64_t now_us, uint64_t pending) {
    struct figures f = figures_now(c);
    bool           over = enough(c, &f);
    size_t         gain_before = c->status.gain;
    c->status.gain = f.gain;
    c->ask_us = now_us + ASK_US;
    note_over(c, over && c->config->activedefrag, now_us);
    /* During a pass what it has picked would be missing, and be news when it is let go. */
    if (c->stage == IDLE && f.gain < c->residue) c->residue = f.gain;
    if (c->stage == IDLE) c->goes_on = enough_to_go_on(c, &f);
    bool wanted = (over || c->goes_on) && c->config->activedefrag;
    if (!wanted || c->wanted_us == 0) c->wanted_us = wanted ? now_us : 0;
    if (c->stage != IDLE && !c->config->activedefrag && !c->asked_for) {
        stop(c);
    } else if (c->stage == KEYS && !c->asked_for && f.gain > 2 * c->promised) {
        stop(c); /* the next pass has more of going over the keys */
    } else if (c->stage != IDLE) {
        f.gain += draining_now(c); /* what has been picked is still to be had */
        c->status.running = percent_of_cpu(c->config, &f);
    } else if (wanted && is_news(c, &f) && !is_going(c, f.gain, gain_before, pending, now_us)) {
        begin(c, percent_of_cpu(c->config, &f), f.gain);
        c->due_us = now_us; /* nothing was missed before */
    }
}

/* --- Containers ------------------------------------------------------------------------------- */

/* One step. NULL in *ptr: there is no more to do there. */
static void container_step(struct mover *m, struct db *db, struct entry *e,
                           struct move_cursor *cursor, void **ptr) {
    struct value v;
    entry_value(e, &v);
    bool more = value_compact(&v, m, cursor);
    db_store(db, e, &v);
    *ptr = more ? v.u.ptr : NULL;
}

/* False: no room for it, so it is left to the next pass. */
static bool later_put(struct compact *c, struct slice key, void *ptr,
                      const struct move_cursor *cursor) {
    if (c->later_count == LATER_MAX) return false;
    struct later *l = &c->later[c->later_count];
    l->key = ash_try_alloc(c->heap, key.len);
    if (l->key == NULL) return false;
    memcpy(l->key, key.p, key.len);
    l->len = key.len;
    l->ptr = ptr;
    l->cursor = *cursor;
    c->later_count++;
    return true;
}

/* A step of the last of those that wait; it is dropped when done, or when its key holds another. */
static void later_step(struct compact *c, struct db *db) {
    struct later *l = &c->later[c->later_count - 1];
    struct slice  key = slice_of(l->key, l->len);
    struct mover  m = {.heap = db->dataset};
    struct value  v = {0};
    struct entry *e = db_peek(db, key, table_hash(key));
    if (e != NULL) entry_value(e, &v);
    if (e == NULL || v.type == VAL_STRING || v.u.ptr != l->ptr) {
        later_drop(c);
        return;
    }
    container_step(&m, db, e, &l->cursor, &l->ptr);
    count_moves(c, &m);
    if (l->ptr == NULL) later_drop(c);
}

/* --- Keys ------------------------------------------------------------------------------------- */

struct bucket {
    struct entry *e[LATER_MAX];
    unsigned      count;
};
static void note_entry(struct entry *e, void *arg) {
    struct bucket *b = arg;
    if (b->count < LATER_MAX) b->e[b->count++] = e;
}

static uint64_t inline_max(const struct compact *c) {
    uint64_t fields = (uint64_t)c->config->active_defrag_max_scan_fields;
    return fields < INLINE_MAX ? fields : INLINE_MAX;
}

static void visit_key(struct compact *c, struct db *db, struct entry *e) {
    struct mover       m = {.heap = db->dataset};
    struct slice       key = entry_key(e);
    struct move_cursor cursor = {0};
    void              *ptr = NULL;
    e = relocate_entry(db, &m, e, table_hash(key));
    if (entry_type(e) != VAL_STRING) {
        do container_step(&m, db, e, &cursor, &ptr);
        while (ptr != NULL && m.looked < inline_max(c));
        if (ptr != NULL) later_put(c, entry_key(e), ptr, &cursor);
    }
    count_moves(c, &m);
    count_key(c, m.moved > 0);
}

/* Walking pays when each object that has to be looked at stands for a byte at least. */
static bool walk_pays(const struct compact *c, const struct db *db) {
    struct ash_heap_stats s;
    ash_heap_stats(db->dataset, &s);
    size_t left = ash_draining(db->dataset);
    return left >= gain_min(c) && left >= s.count;
}

/* --- The stages: each does a bounded step, and returns true while it has more ------------------- */

static bool pick_from(struct compact *c, struct ash_heap *h) {
    if (ash_drain_gain(h) < gain_min(c) && ash_draining(h) == 0) return false;
    return ash_drain_choose(h, PICK_SLABS, &c->picked_bytes);
}

static bool slabs(struct compact *c, struct db *db) {
    void        *objects[RELOCATE_RUN];
    size_t       slot_size;
    struct mover m = {.heap = db->dataset};
    unsigned     count;
    bool         more = ash_drain_next(db->dataset, objects, &count, &slot_size);
    unsigned     entries = relocate_objects(db, &m, objects, count, slot_size);
    count_moves(c, &m);
    c->status.looked_up += count;
    c->status.key_hits += entries;
    return more;
}

static bool keys(struct compact *c, struct db *db) {
    if (c->later_count > 0) {
        later_step(c, db);
    } else if (c->scan != 0 || walk_pays(c, db)) {
        struct bucket b = {.count = 0};
        c->scan = db_scan(db, c->scan, note_entry, &b);
        for (unsigned i = 0; i < b.count; i++) visit_key(c, db, b.e[i]);
    }
    return c->scan != 0 || c->later_count > 0;
}

static bool tables(struct compact *c, struct db *db) {
    if (!c->picked) {
        c->picked = !pick_from(c, db->tables);
        c->cursor = (struct move_cursor){0};
        return !c->picked || ash_draining(db->tables) > 0;
    }
    struct mover m = {.heap = db->tables};
    bool         more = relocate_tables(db, &m, &c->cursor);
    count_moves(c, &m);
    return more;
}

static void end_some(struct ash_heap *h, void *arg) {
    bool *more = arg;
    if (!*more) *more = ash_drain_end(h, END_SLABS);
}

/* Of what this pass has picked. */
static size_t emptied(const struct compact *c) {
    size_t draining = draining_now(c);
    return c->picked_bytes > draining ? c->picked_bytes - draining : 0;
}

static void count_returned(struct compact *c) {
    size_t bytes = emptied(c);
    c->status.bytes_returned += bytes;
    bool got = bytes >= c->promised / 2;
    c->residue = got ? 0 : c->promised - bytes; /* what has come since is news */
    c->goes_on = got && c->promised > 0 && !c->asked_for;
    c->counted = true;
}

static bool end(struct compact *c) {
    bool more = false;
    if (!c->counted) count_returned(c);
    keyspace_heaps_each(c->ks, end_some, &more);
    if (more) return true;
    c->status.running = 0;
    c->status.passes++;
    return false;
}

/* A bounded step of the pass. False: it has ended. */
static bool step(struct compact *c) {
    struct db *db = c->stage != END ? &c->ks->db[c->db] : NULL;
    bool       more = false;
    if (db != NULL && db->dataset == NULL) { /* empty, or flushed since */
        while (c->later_count > 0) later_drop(c);
        c->scan = 0;
        c->stage = TABLES;
    } else {
        switch (c->stage) {
        case IDLE: return false;
        case PICK: more = pick_from(c, db->dataset); break;
        case SLABS: more = slabs(c, db); break;
        case KEYS: more = keys(c, db); break;
        case TABLES: more = tables(c, db); break;
        case END: more = end(c); break;
        }
    }
    if (more) return true;
    if (c->stage == END) {
        c->stage = IDLE;
    } else if (c->stage == TABLES && ++c->db < c->ks->count) {
        c->stage = PICK;
        c->picked = false;
    } else {
        c->stage++;
    }
    return c->stage != IDLE;
}

/* --- Slices ----------------------------------------------------------------------------------- */

/* Returns how long it took. */
static uint64_t slice(struct compact *c, uint64_t max_us) {
    struct compact_status *s = &c->status;
    uint64_t               start_us = clock_mono_us(), took_us;
    do step(c);
    while ((took_us = clock_mono_us() - start_us) < max_us && c->stage != IDLE);
    s->work_us += took_us;
    if (took_us > s->slice_us_max) s->slice_us_max = took_us;
    return took_us;
}

uint64_t compact_tick(struct compact *c, uint64_t now_us, uint64_t pending, bool busy) {
    if (now_us >= c->ask_us) ask(c, now_us, pending);
    if (c->stage == IDLE) return c->ask_us;
    if (now_us >= c->due_us) {
        uint64_t percent = c->status.running > 0 ? c->status.running : 1;
        /* From when it was due: ticks come a little late. But what was missed long ago is not made up for. */
        if (c->due_us + LATE_US < now_us) c->due_us = now_us - LATE_US;
        c->due_us += slice(c, busy ? COMPACT_BUSY_US : COMPACT_SLICE_US) * 100 / percent;
    }
    return c->stage != IDLE && c->due_us < c->ask_us ? c->due_us : c->ask_us;
}

void compact_start(struct compact *c) {
    if (c->stage == IDLE)
        begin(c, (unsigned)c->config->active_defrag_cycle_max, figures_now(c).gain);
    c->asked_for = true;
}

size_t compact_urgent(struct compact *c, uint64_t max_us) {
    if (c->stage == IDLE) {
        struct figures f = figures_now(c);
        if (f.gain < URGENT_MIN || !is_news(c, &f)) return 0;
        compact_start(c);
    }
    size_t before = emptied(c);
    slice(c, max_us);
    size_t after = emptied(c);
    return after > before ? after - before : 1;
}

void compact_whole(struct compact *c) {
    compact_start(c);
    while (step(c)) continue;
}

void compact_read(const struct compact *c, struct compact_status *out) { *out = c->status; }
