/* keyspace.c: databases as two tables over one set of entries; look-ups and changes on them.
 *
 * The common ways are short on purpose. A look-up is one table_get (none for the key that was looked
 * up last), one test of the expiry flag and one compare of the access clock. A SET over a string of the same slot size writes into the entry
 * and touches neither allocator nor table.
 *
 * Everything else builds a new entry and exchanges it in both tables (exchange()): changing the
 * kind of value, gaining or losing an expiry, renaming. What leaves goes through the discard hook,
 * unless it is one small block.
 *
 * Hashes with fields that expire are in a third index, ordered by what is due next. Whatever changes
 * such a hash ends in db_store(), exchange() or db_take(), which keep it in order.
 *
 * A database's memory is two heaps that it shares with nobody, so that FLUSHDB hands them over
 * whole. Known weakness: databases beyond KEYSPACE_HEAPED_MAX share a pair and are flushed by a
 * walk, as the allocator has a fixed number of heaps.
 *
 * Start reading at db_lookup() and db_set(). */
#include "server/core/keyspace.h"

#include <stdio.h>

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/ds/rand.h"
#include "server/types/hash.h"

#define RANDOM_TRIES    4096 /* of db_random, when everything it meets has expired */
#define ROOM_ASSUMED    ((size_t)1 << 20) /* smaller values are not asked for beforehand */
#define ACCESS_MASK     0xffffffu
#define LFU_START       5    /* a new key's counter: it must not be the first to go */
#define LFU_COUNTER_MAX 255

static void discard(struct db *db, struct entry *e, enum discard_reason why);

static struct slice entry_key_of(const void *item) { return entry_key(item); }
static const struct table_type entry_table = {.key = entry_key_of};

/* --- Hashes whose fields expire ---------------------------------------------------------------- */

static uint64_t fields_place(const void *item) {
    struct value v;
    entry_value(item, &v);
    return hash_place(&v);
}

static void fields_placed(void *item, uint64_t place) {
    struct value v;
    entry_value(item, &v);
    hash_set_place(&v, place);
}

static const struct deadlines_type fields_deadlines = {.placed = fields_placed,
                                                       .place = fields_place};

void db_retime_fields(struct db *db, struct entry *e) {
    struct value v;
    entry_value(e, &v);
    int64_t  at_ms = hash_next_ms(&v);
    uint64_t place = hash_place(&v);
    if (place == 0) {
        if (at_ms != HASH_NO_TTL) deadlines_put(&db->fields_due, e, at_ms);
    } else if (at_ms == HASH_NO_TTL) {
        deadlines_take(&db->fields_due, place);
    } else if (at_ms != deadlines_at(&db->fields_due, place)->at_ms) {
        deadlines_change(&db->fields_due, place, at_ms);
    }
}

/* Before e leaves its table, or another entry takes its value over. */
static void fields_forget(struct db *db, struct entry *e) {
    uint64_t place = fields_place(e);
    if (place != 0) deadlines_take(&db->fields_due, place);
}

struct entry *db_next_fields(const struct db *db, int64_t *at_ms) {
    const struct deadline *first = deadlines_first(&db->fields_due);
    if (first == NULL) return NULL;
    *at_ms = first->at_ms;
    return first->item;
}

/* --- Whole databases ------------------------------------------------------------------------- */

static void db_reset(struct db *db) {
    db->dataset = db->tables = NULL;
    table_init(&db->keys, NULL, &entry_table);
    table_init(&db->expires, NULL, &entry_table);
    deadlines_init(&db->fields_due, NULL, &fields_deadlines);
    db->expire_cursor = 0;
    db->avg_ttl_ms = 0;
}

void keyspace_init(struct keyspace *ks, unsigned databases, struct ash_heap *server_heap,
                   const struct clock *clock, const struct type_limits *limits, struct rand *rand,
                   struct keyspace_hooks hooks) {
    *ks = (struct keyspace){
        .count = databases, .clock = clock, .limits = limits, .rand = rand, .hooks = hooks,
        .lfu_log_factor = 10, .lfu_decay_time = 1, .server_heap = server_heap,
        .return_ms = ASH_DECAY_SHARED,
    };
    ks->db = ash_zalloc(server_heap, databases * sizeof *ks->db);
    for (unsigned i = 0; i < databases; i++) {
        ks->db[i].id = i;
        ks->db[i].ks = ks;
        db_reset(&ks->db[i]);
    }
}

static bool db_is_shared(const struct db *db) {
    return db->dataset != NULL && db->dataset == db->ks->shared_dataset;
}

/* A forked child shares these pages, and compaction and frees give them back one by one. */
static struct ash_heap *dataset_new(const struct keyspace *ks, const char *name) {
    struct ash_heap *h = ash_heap_new_huge(name, ASH_HEAP_OWNED, ASH_HUGE_NEVER);
    ash_heap_set_decay_ms(h, ks->return_ms);
    return h;
}

static struct ash_heap *tables_new(const struct keyspace *ks, const char *name) {
    struct ash_heap *h = ash_heap_new(name, ASH_HEAP_OWNED);
    ash_heap_set_decay_ms(h, ks->return_ms);
    return h;
}

void db_make_heaps(struct db *db) {
    struct keyspace *ks = db->ks;
    char             name[32];
    if (db->id >= KEYSPACE_HEAPED_MAX || ks->heaped == KEYSPACE_HEAPED_MAX) {
        if (ks->shared_dataset == NULL) {
            ks->shared_dataset = dataset_new(ks, "dataset shared");
            ks->shared_tables = tables_new(ks, "tables shared");
        }
        db->dataset = ks->shared_dataset;
        db->tables = ks->shared_tables;
    } else {
        snprintf(name, sizeof name, "dataset %u", db->id);
        db->dataset = dataset_new(ks, name);
        snprintf(name, sizeof name, "tables %u", db->id);
        db->tables = tables_new(ks, name);
        ks->heaped++;
    }
    table_init(&db->keys, db->tables, &entry_table);
    table_init(&db->expires, db->tables, &entry_table);
    deadlines_init(&db->fields_due, db->tables, &fields_deadlines);
}

void keyspace_heaps_each(const struct keyspace *ks, void (*fn)(struct ash_heap *h, void *arg),
                         void *arg) {
    for (unsigned i = 0; i < ks->count; i++) {
        const struct db *db = &ks->db[i];
        if (db->dataset == NULL || db_is_shared(db)) continue;
        fn(db->dataset, arg);
        fn(db->tables, arg);
    }
    if (ks->shared_dataset == NULL) return;
    fn(ks->shared_dataset, arg);
    fn(ks->shared_tables, arg);
}

static void set_decay(struct ash_heap *h, void *ms) { ash_heap_set_decay_ms(h, *(int64_t *)ms); }
static void hurry(struct ash_heap *h, void *unused) {
    (void)unused;
    ash_heap_hurry(h);
}

void keyspace_set_return_ms(struct keyspace *ks, int64_t ms) {
    ks->return_ms = ms;
    keyspace_heaps_each(ks, set_decay, &ms);
}

void keyspace_hurry(struct keyspace *ks) { keyspace_heaps_each(ks, hurry, NULL); }

void keyspace_fini(struct keyspace *ks) {
    for (unsigned i = 0; i < ks->count; i++) {
        struct db *db = &ks->db[i];
        if (db->dataset == NULL || db_is_shared(db)) continue;
        ash_heap_drop(&db->dataset);
        ash_heap_drop(&db->tables);
    }
    if (ks->shared_dataset != NULL) {
        ash_heap_drop(&ks->shared_dataset);
        ash_heap_drop(&ks->shared_tables);
    }
    ash_free(ks->db, ks->count * sizeof *ks->db);
    ks->db = NULL;
    ks->count = 0;
}

static void db_replaced(struct db *db) {
    const struct keyspace *ks = db->ks;
    if (ks->listening > 0) ks->hooks.replaced(ks->hooks.listener, db->id);
}

void keyspace_swap(struct keyspace *ks, unsigned a, unsigned b) {
    ASSERT(a < ks->count && b < ks->count);
    struct db swap = ks->db[a];
    ks->db[a] = ks->db[b];
    ks->db[b] = swap;
    ks->db[a].id = a;
    ks->db[b].id = b;
    db_replaced(&ks->db[a]);
    db_replaced(&ks->db[b]);
}

uint64_t keyspace_count(const struct keyspace *ks) {
    uint64_t n = 0;
    for (unsigned i = 0; i < ks->count; i++) n += ks->db[i].keys.count;
    return n;
}

static void free_item(void *item, void *arg) {
    (void)arg;
    entry_free(item);
}

static void discard_item(void *item, void *db) { discard(db, item, DISCARD_LAZY); }

/* Hands all keys over to be freed elsewhere. False: it is to be done here. */
static bool db_hand_over(struct db *db) {
    struct keyspace_hooks *hooks = &db->ks->hooks;
    struct db_tables       t = {db->keys, db->expires, db->fields_due};
    if (hooks->drop_keys == NULL || !hooks->drop_keys(hooks->arg, &t)) return false;
    table_init(&db->keys, t.keys.heap, t.keys.type);
    table_init(&db->expires, t.expires.heap, t.expires.type);
    deadlines_init(&db->fields_due, t.fields_due.heap, t.fields_due.type);
    return true;
}

/* Key by key; the heaps stay. */
static void db_empty(struct db *db, bool lazy) {
    if (!db_hand_over(db)) {
        table_fini(&db->expires, NULL, NULL);
        deadlines_fini(&db->fields_due);
        table_fini(&db->keys, lazy ? discard_item : free_item, db);
    }
    db->expire_cursor = 0;
    db->avg_ttl_ms = 0;
}

/* Everything at once, heaps and all. False: they cannot be taken now. */
static bool db_drop(struct db *db, bool lazy) {
    struct keyspace_hooks *hooks = &db->ks->hooks;
    struct ash_heap       *dataset = db->dataset, *tables = db->tables;
    if (db_is_shared(db)) return false;
    if (hooks->drop == NULL) {
        ash_heap_drop(&dataset);
        ash_heap_drop(&tables);
    } else if (!hooks->drop(hooks->arg, dataset, tables, db->keys.count, lazy)) {
        return false;
    }
    db->ks->heaped--;
    db_reset(db);
    return true;
}

uint64_t db_flush(struct db *db, bool lazy) {
    uint64_t n = db->keys.count;
    if (db->dataset != NULL && !db_drop(db, lazy)) db_empty(db, lazy);
    if (n > 0) db_replaced(db);
    return n;
}

bool db_has_room(struct db *db, size_t bytes) {
    if (bytes <= ROOM_ASSUMED) return true;
    size_t asked = bytes + 2 * ROOM_ASSUMED; /* and what a string leaves for growth */
    void  *p;
    if (asked < bytes || asked > ASH_SIZE_MAX) return false;
    db_open(db);
    if ((p = ash_try_alloc(db->dataset, asked)) == NULL) return false;
    ash_free(p, asked); /* never written to: no page was behind it */
    return true;
}

/* --- Access clock ---------------------------------------------------------------------------- */

/* Both monotonic: by a wall clock that was set back, what was used last would be idle the longest. */
static uint32_t lru_now(const struct keyspace *ks) {
    return (uint32_t)(clock_mono_ms(ks->clock) / 1000) & ACCESS_MASK;
}

static uint32_t lfu_minutes(const struct keyspace *ks) {
    return (uint32_t)(clock_mono_ms(ks->clock) / 60000) & 0xffff;
}

/* The counter after what it lost since it was last looked at. */
static unsigned lfu_decayed(const struct keyspace *ks, uint32_t access) {
    uint32_t since = (lfu_minutes(ks) - (access >> 8)) & 0xffff;
    uint64_t lost = ks->lfu_decay_time > 0 ? since / (uint64_t)ks->lfu_decay_time : 0;
    unsigned counter = access & 0xff;
    return lost > counter ? 0 : counter - (unsigned)lost;
}

/* The more it has counted, the less likely it counts once more. */
static unsigned lfu_counted(const struct keyspace *ks, unsigned counter) {
    if (counter >= LFU_COUNTER_MAX) return LFU_COUNTER_MAX;
    double base = counter > LFU_START ? counter - LFU_START : 0;
    double chance = 1.0 / (base * (double)ks->lfu_log_factor + 1);
    double drawn = (double)(rand_next(ks->rand) >> 11) * 0x1p-53;
    return counter + (drawn < chance);
}

static uint32_t access_start(const struct keyspace *ks) {
    return ks->lfu ? lfu_minutes(ks) << 8 | LFU_START : lru_now(ks);
}

static void access_touch(const struct keyspace *ks, struct entry *e) {
    uint32_t was = entry_access(e), is = lru_now(ks);
    if (ks->lfu) is = lfu_minutes(ks) << 8 | lfu_counted(ks, lfu_decayed(ks, was));
    if (is != was) entry_set_access(e, is); /* an unchanged line stays clean */
}

uint64_t db_idle_ms(const struct db *db, const struct entry *e) {
    return (uint64_t)((lru_now(db->ks) - entry_access(e)) & ACCESS_MASK) * 1000;
}

unsigned db_frequency(const struct db *db, const struct entry *e) {
    return lfu_decayed(db->ks, entry_access(e));
}

void keyspace_set_lfu(struct keyspace *ks, bool lfu) { ks->lfu = lfu; }

/* --- Finding --------------------------------------------------------------------------------- */

static bool fields_all_due(const struct db *db, const struct entry *e) {
    struct value v;
    entry_value(e, &v);
    return hash_all_due(&v, db->ks->clock->wall_ms);
}

bool db_expired_timed(const struct db *db, const struct entry *e) {
    if ((e->flags & ENTRY_EXPIRE) && db->ks->clock->wall_ms > entry_expire_ms(e)) return true;
    return entry_is_timed_hash(e) && fields_all_due(db, e);
}

struct entry *db_peek(const struct db *db, struct slice key, uint64_t hash) {
    return db->keys.count > 0 ? table_get(&db->keys, key, hash) : NULL;
}

/* Pipelines like to stay with a key. */
static inline struct entry *find(struct db *db, struct slice key, uint64_t hash) {
    struct entry *e = table_noted(&db->keys, hash);
    if (e != NULL && slice_eq(entry_key(e), key)) return e;
    return table_get_noting(&db->keys, key, hash);
}

struct entry *db_lookup(struct db *db, struct slice key, uint64_t hash, unsigned flags) {
    struct keyspace *ks = db->ks;
    struct entry    *e = find(db, key, hash);
    if (e != NULL && ASH_UNLIKELY(db_expired(db, e))) {
        db_expire(db, e, hash);
        e = NULL;
    }
    if (e != NULL && ASH_UNLIKELY(entry_is_timed_hash(e)) && (flags & LOOKUP_WRITE))
        db_reap_fields(db, e, hash, FIELDS_REAPED_MAX); /* never all of them */
    if (!(flags & (LOOKUP_WRITE | LOOKUP_NOSTATS))) {
        if (e != NULL) {
            ks->stats.hits++;
        } else {
            ks->stats.misses++;
        }
    }
    if (e != NULL && !(flags & LOOKUP_NOTOUCH)) access_touch(ks, e);
    return e;
}

struct entry *db_random(struct db *db) {
    for (unsigned i = 0; i < RANDOM_TRIES && db->keys.count > 0; i++) {
        struct entry *e = table_random(&db->keys, db->ks->rand);
        if (!db_expired(db, e)) return e;
        db_expire(db, e, table_hash(entry_key(e)));
    }
    return NULL;
}

struct scan_forward {
    void (*fn)(struct entry *e, void *arg);
    void *arg;
};

static void scan_item(void *item, void *arg) {
    struct scan_forward *f = arg;
    f->fn(item, f->arg);
}

uint64_t db_scan(struct db *db, uint64_t cursor, void (*fn)(struct entry *e, void *arg),
                 void *arg) {
    struct scan_forward f = {fn, arg};
    if (db->keys.count == 0) return 0;
    return table_scan(&db->keys, cursor, scan_item, &f);
}

/* --- Changing -------------------------------------------------------------------------------- */

/* Puts e in both tables, in the place of old or new. Both are alive, and their expiry may differ.
 * */
static void exchange(struct db *db, struct entry *old, struct entry *e, uint64_t hash) {
    bool had = old != NULL && (old->flags & ENTRY_EXPIRE), has = (e->flags & ENTRY_EXPIRE) != 0;
    if (old != NULL && ASH_UNLIKELY(entry_is_timed_hash(old))) fields_forget(db, old);
    if (ASH_UNLIKELY(entry_is_timed_hash(e))) db_retime_fields(db, e);
    if (old != NULL) {
        table_replace(&db->keys, old, e, hash);
    } else {
        table_put(&db->keys, e, hash);
    }
    if (had && has) {
        table_replace(&db->expires, old, e, hash);
    } else if (had) {
        table_take_item(&db->expires, old, hash);
    } else if (has) {
        table_put(&db->expires, e, hash);
    }
}

/* The entry that was at `was` is now e, otherwise the same; `was` may be dead. */
static void moved(struct db *db, struct entry *was, struct entry *e, uint64_t hash) {
    if (was == e) return;
    table_replace(&db->keys, was, e, hash);
    if (e->flags & ENTRY_EXPIRE) table_replace(&db->expires, was, e, hash);
}

static void discard(struct db *db, struct entry *e, enum discard_reason why) {
    struct keyspace_hooks *hooks = &db->ks->hooks;
    if (entry_is_flat(e)) {
        entry_free_block(e);
    } else if (hooks->discard != NULL) {
        hooks->discard(hooks->arg, e, why);
    } else {
        entry_free(e);
    }
}

/* The short way: v goes where old's value is. NULL: it needs another layout or slot. */
static struct entry *set_over(struct db *db, uint64_t hash, struct entry *old,
                              const struct value *v, int64_t expire_ms) {
    bool has = (old->flags & ENTRY_EXPIRE) != 0;
    if (v->type != VAL_STRING || !entry_is_flat(old)) return NULL;
    if (expire_ms != DB_KEEP_TTL && (expire_ms != ENTRY_NO_EXPIRE) != has) return NULL;

    struct entry *e = entry_rewrite(db->dataset, old, v);
    if (e == NULL) return NULL;
    moved(db, old, e, hash);
    if (has && expire_ms != DB_KEEP_TTL) *entry_expire_slot(e) = (uint64_t)expire_ms;
    if (!db->ks->lfu) entry_set_access(e, access_start(db->ks));
    return e;
}

struct entry *db_set(struct db *db, struct slice key, uint64_t hash, struct entry *old,
                     const struct value *v, int64_t expire_ms) {
    struct entry *e;
    if (old != NULL && (e = set_over(db, hash, old, v, expire_ms)) != NULL) return e;

    db_open(db);
    if (expire_ms == DB_KEEP_TTL) expire_ms = old != NULL ? entry_expire_ms(old) : ENTRY_NO_EXPIRE;
    bool counted = old != NULL && db->ks->lfu; /* a new value, but as popular as the old one */
    e = entry_new(db->dataset, key, v, expire_ms,
                  counted ? entry_access(old) : access_start(db->ks));
    exchange(db, old, e, hash);
    if (old != NULL) discard(db, old, DISCARD_SERVER);
    return e;
}

char *db_string_resize(struct db *db, struct slice key, uint64_t hash, struct entry *e,
                       size_t len) {
    struct value empty = {.type = VAL_STRING, .enc = ENC_RAW}, v;
    if (e == NULL) e = db_set(db, key, hash, NULL, &empty, ENTRY_NO_EXPIRE);
    struct entry *to = entry_resize(db->dataset, e, len);
    moved(db, e, to, hash);
    entry_value(to, &v);
    ASSERT(v.u.str.len == len);
    return (char *)(uintptr_t)v.u.str.p;
}

struct entry *db_set_expire(struct db *db, struct entry *e, uint64_t hash, int64_t expire_ms) {
    bool has = (e->flags & ENTRY_EXPIRE) != 0, wants = expire_ms != ENTRY_NO_EXPIRE;
    if (has && wants) *entry_expire_slot(e) = (uint64_t)expire_ms;
    if (has == wants) return e;
    struct entry *to = entry_move(db->dataset, e, entry_key(e), expire_ms);
    exchange(db, e, to, hash);
    entry_free_block(e);
    return to;
}

struct entry *db_take(struct db *db, struct entry *e, uint64_t hash) {
    table_take_item(&db->keys, e, hash);
    if (e->flags & ENTRY_EXPIRE) table_take_item(&db->expires, e, hash);
    if (ASH_UNLIKELY(entry_is_timed_hash(e))) fields_forget(db, e);
    return e;
}

void entry_release(struct entry *e) {
    if (e->flags & ENTRY_EXTERNAL) {
        entry_free(e);
    } else {
        entry_free_block(e);
    }
}

void db_delete(struct db *db, struct entry *e, uint64_t hash, enum discard_reason why) {
    discard(db, db_take(db, e, hash), why);
}

/* In an entry without a name, since that is what is discarded. */
void db_discard_value(struct db *db, struct value *v, enum discard_reason why) {
    discard(db, entry_new(db->dataset, slice_of(NULL, 0), v, ENTRY_NO_EXPIRE, 0), why);
    v->u.ptr = NULL;
}

void db_expire(struct db *db, struct entry *e, uint64_t hash) {
    struct value v;
    if (ASH_UNLIKELY(entry_is_timed_hash(e)) && fields_all_due(db, e)) {
        entry_value(e, &v);
        db->ks->stats.expired_fields += hash_count(&v);
    } else {
        db->ks->stats.expired++;
    }
    db_touched(db, entry_key(e));
    db_delete(db, e, hash, DISCARD_EXPIRED);
}

uint64_t db_reap_fields(struct db *db, struct entry *e, uint64_t hash, uint64_t max) {
    struct type_env env = db_env(db);
    struct value    v;
    entry_value(e, &v);
    if (hash_all_due(&v, env.now_ms)) {
        uint64_t n = hash_count(&v);
        db_expire(db, e, hash);
        return n;
    }
    uint64_t n = hash_reap(&v, &env, max);
    if (n == 0) return 0;
    db_store(db, e, &v);
    db->ks->stats.expired_fields += n;
    db_touched(db, entry_key(e));
    return n;
}

struct entry *db_rename(struct db *db, struct entry *e, uint64_t hash, struct slice to,
                        uint64_t to_hash, struct entry *old) {
    ASSERT(e != old);
    db_take(db, e, hash);
    struct entry *renamed = entry_move(db->dataset, e, to, entry_expire_ms(e));
    exchange(db, old, renamed, to_hash);
    if (old != NULL) discard(db, old, DISCARD_SERVER);
    entry_free_block(e);
    return renamed;
}

/* --- Checking -------------------------------------------------------------------------------- */

static void check_entry(const struct db *db, const struct entry *e) {
    struct value  v;
    struct slice  key = entry_key(e);
    struct entry *timed = NULL;
    ASSERT(entry_check(e));
    if (db->expires.count > 0) timed = table_get(&db->expires, key, table_hash(key));
    ASSERT(timed == (e->flags & ENTRY_EXPIRE ? e : NULL)); /* K1 */
    entry_value(e, &v);
    ASSERT(value_check(&v));
    if (entry_is_timed_hash(e)) { /* K5 */
        uint64_t place = hash_place(&v);
        ASSERT((place != 0) == (hash_next_ms(&v) != HASH_NO_TTL));
        ASSERT(place == 0 || deadlines_at(&db->fields_due, place)->item == e);
        ASSERT(place == 0 || deadlines_at(&db->fields_due, place)->at_ms == hash_next_ms(&v));
    }
    ASSERT(v.type == VAL_STRING || v.type == VAL_STREAM || value_len(&v) > 0); /* K2 */
}

bool db_check(const struct db *db) {
    struct table_iter it;
    struct entry     *e;
    size_t            bytes = 0;
    uint64_t          timed = 0;
    if (db->dataset == NULL) {
        ASSERT(db->keys.count == 0 && db->expires.count == 0 && db->fields_due.count == 0);
        return true;
    }
    ASSERT(table_check(&db->keys) && table_check(&db->expires));
    ASSERT(deadlines_check(&db->fields_due)); /* K5: asks each hash in it for its place */
    table_iter_init(&it, &db->keys);
    while ((e = table_next(&it)) != NULL) {
        check_entry(db, e);
        timed += (e->flags & ENTRY_EXPIRE) != 0;
        bytes += entry_bytes(e);
    }
    ASSERT(timed == db->expires.count);                                  /* K1 */
    if (db_is_shared(db)) return true;
    ASSERT(bytes == ash_heap_used(db->dataset));                         /* K3 */
    size_t tables = table_bytes(&db->keys) + table_bytes(&db->expires);
    tables += deadlines_bytes(&db->fields_due);
    ASSERT(tables == ash_heap_used(db->tables)); /* K4 */
    return true;
}
