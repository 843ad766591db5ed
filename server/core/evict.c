/* evict.c: picking victims by sampling, as Redis does, and deleting them within a time limit.
 *
 * Keys are not kept in any order: for each victim a few keys of every database are sampled, and
 * those that are better than what the pool holds go into it. The pool outlives the call, so it gets
 * to know the worst keys of the whole keyspace. Its candidates are names, not addresses: keys may
 * have gone since, and those are passed over.
 *
 *   score: LRU idle time | LFU 255 - counter | TTL soonest first       random needs no pool
 *
 * What is evicted may be freed on the BIO thread; the bytes that its queue holds count as freed, or
 * the engine would evict for them again while they are on their way.
 *
 * Start reading at evict_make_room(). */
#include "server/core/evict.h"

#include <math.h>

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/core/engine.h"

#define POOL_SIZE      16
#define KEYS_A_CHECK   16   /* evicted between looks at the clock */
#define TENACITY_LINEAR 10
#define TENACITY_NO_LIMIT 100

struct candidate {
    uint64_t score; /* the higher, the sooner it goes */
    uint64_t hash;
    char    *key;   /* server heap, sized key_len + 1 */
    size_t   key_len;
    unsigned db;
};

struct evict {
    struct ash_heap *heap;
    unsigned         count;
    struct candidate pool[POOL_SIZE]; /* ascending score */
};

struct victim {
    struct db    *db;
    struct entry *entry; /* NULL: nothing is left to evict */
    uint64_t      hash;
};

/* --- The pool -------------------------------------------------------------------------------- */

static struct evict *evict_of(struct engine *e) {
    if (e->evict == NULL) {
        e->evict = ash_zalloc(e->heaps.server, sizeof *e->evict);
        e->evict->heap = e->heaps.server;
    }
    return e->evict;
}

static void candidate_fini(struct candidate *c) { ash_free(c->key, c->key_len + 1); }

void evict_free(struct evict **e) {
    if (*e == NULL) return;
    for (unsigned i = 0; i < (*e)->count; i++) candidate_fini(&(*e)->pool[i]);
    ash_free(*e, sizeof **e);
    *e = NULL;
}

static void pool_offer(struct evict *p, const struct db *db, const struct entry *e,
                       uint64_t score) {
    struct slice key = entry_key(e);
    uint64_t     hash = table_hash(key);
    unsigned     at = 0;
    for (unsigned i = 0; i < p->count; i++) {
        if (p->pool[i].hash == hash && p->pool[i].db == db->id) return; /* it is there already */
    }
    while (at < p->count && p->pool[at].score < score) at++;
    if (p->count == POOL_SIZE) {
        if (at == 0) return; /* the least of all */
        candidate_fini(&p->pool[0]);
        at--;
        memmove(p->pool, p->pool + 1, at * sizeof *p->pool);
    } else {
        memmove(p->pool + at + 1, p->pool + at, (p->count - at) * sizeof *p->pool);
        p->count++;
    }
    struct candidate *c = &p->pool[at];
    *c = (struct candidate){.score = score, .hash = hash, .key_len = key.len, .db = db->id,
                            .key = ash_alloc(p->heap, key.len + 1)};
    if (key.len > 0) memcpy(c->key, key.p, key.len);
}

/* The best candidate that is still there. False: the pool is empty. */
static bool pool_take(struct evict *p, struct keyspace *ks, bool timed_only, struct victim *v) {
    v->entry = NULL;
    while (p->count > 0 && v->entry == NULL) {
        struct candidate *c = &p->pool[--p->count];
        if (c->db < ks->count) {
            v->db = &ks->db[c->db];
            v->hash = c->hash;
            v->entry = db_peek(v->db, slice_of(c->key, c->key_len), c->hash);
            if (v->entry != NULL && timed_only && entry_expire_ms(v->entry) == ENTRY_NO_EXPIRE) {
                v->entry = NULL;
            }
        }
        candidate_fini(c);
    }
    return v->entry != NULL;
}

/* --- Policies -------------------------------------------------------------------------------- */

static bool is_volatile(int policy) {
    return policy == POLICY_VOLATILE_LRU || policy == POLICY_VOLATILE_LFU ||
           policy == POLICY_VOLATILE_RANDOM || policy == POLICY_VOLATILE_TTL;
}

static uint64_t score_of(const struct db *db, const struct entry *e, int policy) {
    if (policy == POLICY_VOLATILE_TTL) return UINT64_MAX - (uint64_t)entry_expire_ms(e);
    if (policy == POLICY_VOLATILE_LFU || policy == POLICY_ALLKEYS_LFU) {
        return 255 - db_frequency(db, e);
    }
    return db_idle_ms(db, e);
}

static const struct table *table_of(const struct db *db, bool timed_only) {
    return timed_only ? &db->expires : &db->keys;
}

static void pool_fill(struct engine *e, struct evict *p, int policy) {
    struct keyspace *ks = &e->keyspace;
    for (unsigned i = 0; i < ks->count; i++) {
        struct db          *db = &ks->db[i];
        const struct table *t = table_of(db, is_volatile(policy));
        for (int64_t n = 0; t->count > 0 && n < e->config->maxmemory_samples; n++) {
            struct entry *entry = table_random(t, ks->rand);
            pool_offer(p, db, entry, score_of(db, entry, policy));
        }
    }
}

static struct victim pick_sampled(struct engine *e, int policy) {
    struct evict *p = evict_of(e);
    struct victim v = {0};
    for (int i = 0; i < 2 && v.entry == NULL; i++) { /* twice: the pool may have been all stale */
        pool_fill(e, p, policy);
        pool_take(p, &e->keyspace, is_volatile(policy), &v);
    }
    return v;
}

static struct victim pick_random(struct engine *e, int policy) {
    struct keyspace *ks = &e->keyspace;
    struct victim    v = {0};
    unsigned         first = (unsigned)rand_below(ks->rand, ks->count);
    for (unsigned i = 0; i < ks->count && v.entry == NULL; i++) {
        v.db = &ks->db[(first + i) % ks->count];
        v.entry = table_random(table_of(v.db, is_volatile(policy)), ks->rand);
    }
    if (v.entry != NULL) v.hash = table_hash(entry_key(v.entry));
    return v;
}

static struct victim pick(struct engine *e, int policy) {
    if (policy == POLICY_NOEVICTION) return (struct victim){0};
    if (policy == POLICY_VOLATILE_RANDOM || policy == POLICY_ALLKEYS_RANDOM) {
        return pick_random(e, policy);
    }
    return pick_sampled(e, policy);
}

/* --- Making room ----------------------------------------------------------------------------- */

/* Bytes that the free queue will give back, those left out that are too slow in coming. */
static uint64_t pending_bytes(const struct engine *e) {
    uint64_t bytes = e->bio != NULL ? bio_totals(e->bio, BIO_FREE).bytes_pending : 0;
    return bytes > e->room.uncounted ? bytes - e->room.uncounted : 0;
}

static bool is_over(const struct engine *e) {
    size_t used = ash_used();
    return used > e->config->maxmemory && used - e->config->maxmemory > pending_bytes(e);
}

/* Redis's scale: 50 us a step up to 10, then 15 % more a step, at the top no limit. */
static uint64_t time_limit_us(int64_t tenacity) {
    if (tenacity <= TENACITY_LINEAR) return 50 * (uint64_t)tenacity;
    if (tenacity < TENACITY_NO_LIMIT) {
        return (uint64_t)(500 * pow(1.15, (double)(tenacity - TENACITY_LINEAR)));
    }
    return UINT64_MAX;
}

bool evict_make_room(struct engine *e) {
    int      policy = e->config->maxmemory_policy;
    uint64_t limit_us = time_limit_us(e->config->maxmemory_eviction_tenacity);
    uint64_t start_us = 0;
    for (unsigned n = 0; is_over(e); n++) {
        struct victim v = pick(e, policy);
        if (v.entry == NULL) return false;
        db_touched(v.db, entry_key(v.entry));
        db_delete(v.db, v.entry, v.hash, DISCARD_EVICTED);
        e->keyspace.stats.evicted++;
        if (n == 0) start_us = clock_mono_us();
        if (n % KEYS_A_CHECK == KEYS_A_CHECK - 1 && clock_mono_us() - start_us > limit_us) break;
    }
    return true; /* or still over, but the next command goes on */
}
