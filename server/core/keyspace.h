/* keyspace.h: the databases: tables of entries, expiry included.
 *
 * Every database has a dataset heap (entries, values) and a tables heap (buckets), made at its first
 * key. Nothing in one database points into another: MOVE and COPY copy; FLUSHDB drops both heaps;
 * SWAPDB swaps the contents of two struct db.
 *
 * Invariants, asserted together by db_check():
 *   K1  an entry is in `expires` exactly if it has an expiry; both tables hold the same address.
 *   K2  no container in the keyspace is empty, but for streams.
 *   K3  entry + container bytes of all keys == used bytes of the dataset heap,
 *   K4  and what its two tables and `fields_due` count == used bytes of the tables heap: both but
 *       for what has left the keyspace and is still being freed.
 *   K5  a hash is among `fields_due` exactly if a field of it expires, by its earliest time, and
 *       knows its place there.
 * Locking: none; the engine thread alone.
 *
 * A hash argument is always table_hash(key). Entry pointers are borrowed until the next call that
 * changes the database; functions that may move an entry return its new address. */
#ifndef ASHLAR_SERVER_CORE_KEYSPACE_H
#define ASHLAR_SERVER_CORE_KEYSPACE_H

#include "server/core/clock.h"
#include "server/core/entry.h"
#include "server/ds/deadlines.h"
#include "server/ds/table.h"

struct keyspace;

/* What finds the keys of a database. */
struct db_tables {
    struct table     keys, expires;
    struct deadlines fields_due; /* entries of hashes with fields that expire */
};

enum discard_reason { DISCARD_USER, DISCARD_SERVER, DISCARD_EXPIRED, DISCARD_EVICTED, DISCARD_LAZY };

/* Upward calls, given at creation. */
struct keyspace_hooks {
    void *arg;
    /* Takes an entry that is in no table any more: frees it now or on a BIO thread. DISCARD_LAZY is
     * an explicit UNLINK; the others ask the lazyfree-lazy-* options. */
    void (*discard)(void *arg, struct entry *e, enum discard_reason why);
    /* Takes two heaps with everything in them. lazy: on a BIO thread. False: too many heaps are on
     * their way out already, nothing was taken. */
    bool (*drop)(void *arg, struct ash_heap *dataset, struct ash_heap *tables, uint64_t keys, bool lazy);
    /* Takes tables with all entries in them, to be freed one by one on a BIO thread; their heaps stay.
     * False: nothing was taken. */
    bool (*drop_keys)(void *arg, const struct db_tables *t);
    /* Called only while somebody listens (keyspace.listening), with the listener: a key was changed,
     * created or removed; everything in a database was (FLUSHDB, SWAPDB). */
    void *listener;
    void (*changed)(void *listener, unsigned db, struct slice key);
    void (*replaced)(void *listener, unsigned db);
};

struct db {
    unsigned         id;
    struct keyspace *ks;
    struct ash_heap *dataset, *tables; /* NULL until the first key */
    struct table     keys, expires;
    struct deadlines fields_due;       /* entries of hashes with fields that expire */
    uint64_t         expire_cursor;    /* active expiry: where it goes on */
    int64_t          avg_ttl_ms;
};

struct keyspace_stats {
    uint64_t hits, misses, expired, expired_stale_perc_x100, expire_cap_reached, expire_cycle_us,
        evicted, expired_fields;
};

struct keyspace {
    struct db            *db;
    unsigned              count;
    const struct clock   *clock;
    const struct type_limits *limits;
    struct rand          *rand;
    struct keyspace_hooks hooks;
    unsigned              listening;      /* how many want to hear of changes; each counts itself */
    struct keyspace_stats stats;
    uint8_t               lfu;            /* access clock holds LFU */
    int64_t               lfu_log_factor, lfu_decay_time;
    bool                  expire_paused;  /* DEBUG SET-ACTIVE-EXPIRE 0 */
    struct ash_heap      *server_heap;
    int64_t               return_ms;      /* the heaps' own decay time: keyspace_set_return_ms */
    struct ash_heap      *shared_dataset, *shared_tables; /* of databases beyond KEYSPACE_HEAPED_MAX */
    unsigned              heaped; /* databases with heaps of their own; by SWAPDB any may be */
};

/* So many databases have heaps of their own (the allocator allows ASH_HEAPS_MAX in all). Those with
 * higher ids share a pair, and FLUSHDB walks them; so do lower ones, where SWAPDB has carried that many
 * pairs away. */
#define KEYSPACE_HEAPED_MAX 96

void keyspace_init(struct keyspace *ks, unsigned databases, struct ash_heap *server_heap,
                   const struct clock *clock, const struct type_limits *limits, struct rand *rand,
                   struct keyspace_hooks hooks);
/* After the free queue has ended: entries in it lie in the databases' heaps. */
void keyspace_fini(struct keyspace *ks);
/* Calls fn for both heaps of each database that has them, for shared ones once. */
void     keyspace_heaps_each(const struct keyspace *ks, void (*fn)(struct ash_heap *h, void *arg),
                             void *arg);
/* How soon pages that are free in the databases' heaps go back to the system, those made later
 * included: milliseconds, -1: never, ASH_DECAY_SHARED, as it begins: like other heaps'. */
void keyspace_set_return_ms(struct keyspace *ks, int64_t ms);
/* What is free there now goes at once. */
void keyspace_hurry(struct keyspace *ks);
void keyspace_swap(struct keyspace *ks, unsigned a, unsigned b);
uint64_t keyspace_count(const struct keyspace *ks); /* keys in all databases */

/* --- Finding ------------------------------------------------------------------------------- */

enum lookup_flags {
    LOOKUP_READ    = 0, /* counts a hit or miss, touches the access clock */
    LOOKUP_WRITE   = 1, /* no hit or miss */
    LOOKUP_NOTOUCH = 2, /* leaves the access clock (TYPE, TTL, OBJECT, CLIENT NO-TOUCH) */
    LOOKUP_NOSTATS = 4,
};
/* NULL: absent. A key past its expiry is removed and absent, as is a hash of which every field is.
 * LOOKUP_WRITE also removes fields past theirs, FIELDS_REAPED_MAX at most: the type's operations do
 * not see those that are left. */
struct entry *db_lookup(struct db *db, struct slice key, uint64_t hash, unsigned flags);
/* As it stands, even past its expiry; no side effect. */
struct entry *db_peek(const struct db *db, struct slice key, uint64_t hash);
bool          db_expired_timed(const struct db *db, const struct entry *e);
static inline bool db_expired(const struct db *db, const struct entry *e) {
    if (ASH_LIKELY(!(e->flags & ENTRY_EXPIRE) && !entry_is_timed_hash(e))) return false;
    return db_expired_timed(db, e);
}
/* Removes a key that db_expired() is true of, and counts it. */
void          db_expire(struct db *db, struct entry *e, uint64_t hash);
/* Removes fields past their expiry from a hash: max of a large one; of a small one, and when none
 * would be left, all of them. The key goes with its last field. Returns how many. Every field that
 * expires goes here, or with its key in db_expire. */
#define FIELDS_REAPED_MAX 64
uint64_t      db_reap_fields(struct db *db, struct entry *e, uint64_t hash, uint64_t max);
/* The hash one of whose fields expires next; NULL: none does. */
struct entry *db_next_fields(const struct db *db, int64_t *at_ms);

/* --- Changing ------------------------------------------------------------------------------ */

#define DB_KEEP_TTL (-2)
/* The key now holds v: strings are copied, containers taken. old: the key's entry or NULL when there
 * is none (never guessed). expire_ms: Unix ms, ENTRY_NO_EXPIRE or DB_KEEP_TTL. v->u.str must not lie
 * in old. An old container is discarded (DISCARD_SERVER). */
struct entry *db_set(struct db *db, struct slice key, uint64_t hash, struct entry *old,
                     const struct value *v, int64_t expire_ms);
/* After a hash's earliest time may have changed: brings fields_due in line with it (K5). */
void          db_retime_fields(struct db *db, struct entry *e);
/* Stores back what a type's operation changed in place (enc, u.ptr), or an integer over an integer. */
static inline void db_store(struct db *db, struct entry *e, const struct value *v) {
    entry_store(e, v);
    if (ASH_UNLIKELY(entry_is_timed_hash(e))) db_retime_fields(db, e);
}
/* Makes the string at e (NULL: absent, created empty) exactly len bytes, keeping what it has, zeros
 * behind; an integer becomes its text. Returns its bytes for writing until the next change. The
 * expiry stays. For APPEND, SETRANGE, SETBIT. */
char         *db_string_resize(struct db *db, struct slice key, uint64_t hash, struct entry *e,
                               size_t len);
/* False: there is no memory for a value of so many bytes. Asked before a user-sized one is stored. */
bool          db_has_room(struct db *db, size_t bytes);
struct entry *db_set_expire(struct db *db, struct entry *e, uint64_t hash, int64_t expire_ms);
/* Removes the key and discards its entry. */
void          db_delete(struct db *db, struct entry *e, uint64_t hash, enum discard_reason why);
/* Frees a container that is in no key any more (what a range removal cut off), where the rules for
 * discarded entries say. v is dead after. */
void          db_discard_value(struct db *db, struct value *v, enum discard_reason why);
/* Removes the key and hands over its entry (RENAME, MOVE): read its value with entry_value(); then
 * entry_release() frees the entry but not a container that was stored elsewhere. */
struct entry *db_take(struct db *db, struct entry *e, uint64_t hash);
void          entry_release(struct entry *e);
/* The key gets another name, over `old` (NULL: none has it), which is discarded. Value, expiry and
 * access clock move; nothing is copied but an embedded string. */
struct entry *db_rename(struct db *db, struct entry *e, uint64_t hash, struct slice to,
                        uint64_t to_hash, struct entry *old);

void db_make_heaps(struct db *db);
static inline void db_open(struct db *db) { /* makes the heaps at the first key */
    if (ASH_UNLIKELY(db->dataset == NULL)) db_make_heaps(db);
}
/* What type operations on this database allocate from; makes its heaps if need be. */
static inline struct type_env db_env(struct db *db) {
    db_open(db);
    const struct keyspace *ks = db->ks;
    return (struct type_env){.heap = db->dataset, .limits = ks->limits, .rand = ks->rand,
                             .now_ms = ks->clock->wall_ms};
}
/* Drops everything in it. Returns how many keys there were. */
uint64_t db_flush(struct db *db, bool lazy);
/* Tells who listens to changes. */
static inline void db_touched(struct db *db, struct slice key) {
    const struct keyspace *ks = db->ks;
    if (ASH_UNLIKELY(ks->listening > 0)) ks->hooks.changed(ks->hooks.listener, db->id, key);
}

/* A random key that has not expired; NULL when empty (bounded tries, as Redis). */
struct entry *db_random(struct db *db);
uint64_t      db_scan(struct db *db, uint64_t cursor, void (*fn)(struct entry *e, void *arg), void *arg);
bool          db_check(const struct db *db); /* K1..K5 */

/* --- Access clock -------------------------------------------------------------------------- */
uint64_t db_idle_ms(const struct db *db, const struct entry *e);  /* LRU */
unsigned db_frequency(const struct db *db, const struct entry *e); /* LFU, decayed to now */
/* A policy change re-reads every clock as the new kind would start it (lazily, as Redis). */
void     keyspace_set_lfu(struct keyspace *ks, bool lfu);

#endif
