/* victim.c: sampling, scores and the pool. Keys are not kept in any order.
 *
 *   EXACT   LRU idle time | LFU 255 - counter | TTL soonest first | random: one sample, no pool
 *   PAGES   the same in coarse steps, above 16 bits of what the victim's end makes free
 *
 * A sample is drawn with its cache misses overlapping (table_sample). Neighbours out of one bucket would cost
 * less still, but they are not independent: hits under a Zipf load were 75.1 % where these give 75.4.
 *
 * The pool outlives the call, so it gets to know the worst keys of the whole keyspace. Its candidates
 * are names, not addresses. When one is taken it is scored anew: keys may have gone since, and those
 * that were used meanwhile would be wrong victims. (Redis does take the latter. It matters little: of
 * 100 keys 4.5 were idler than a victim of 10 samples, with those 4.7; evict_quality_test.c. A larger
 * pool would bring nothing: one of so many sampled keys goes, and the pool is always full of such.)
 *
 * Start reading at victims_pick(). */
#include "server/core/victim.h"

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/core/config.h"
#include "server/core/keyspace.h"
#include "server/ds/rand.h"

#define GAIN_UNIT 64 /* bytes, in PAGES scores; more than 4 MiB is as good as that */
#define GAIN_BITS 16
#define SAMPLE_CAP (VICTIM_SAMPLES_MAX + 32) /* with what the last bucket has beyond */
#define STEP_BITS 2 /* coarse scores: four steps to a doubling */

struct candidate {
    uint64_t score; /* the higher, the sooner it goes */
    uint64_t hash;
    char    *key;   /* sized key_len + 1 */
    size_t   key_len;
    unsigned db;
};

struct victims {
    struct ash_heap  *heap;
    enum victim_order order;
    unsigned          count;
    struct candidate  pool[VICTIM_POOL]; /* ascending score */
};

struct victims *victims_new(struct ash_heap *heap, enum victim_order order) {
    struct victims *v = ash_zalloc(heap, sizeof *v);
    v->heap = heap;
    v->order = order;
    return v;
}

static void candidate_fini(struct candidate *c) { ash_free(c->key, c->key_len + 1); }

void victims_free(struct victims **v) {
    if (*v == NULL) return;
    for (unsigned i = 0; i < (*v)->count; i++) candidate_fini(&(*v)->pool[i]);
    ash_free(*v, sizeof **v);
    *v = NULL;
}

/* --- Scores ---------------------------------------------------------------------------------- */

static bool is_volatile(int policy) {
    return policy == POLICY_VOLATILE_LRU || policy == POLICY_VOLATILE_LFU ||
           policy == POLICY_VOLATILE_RANDOM || policy == POLICY_VOLATILE_TTL;
}

static bool is_random(int policy) {
    return policy == POLICY_VOLATILE_RANDOM || policy == POLICY_ALLKEYS_RANDOM;
}

static uint64_t score_exact(const struct db *db, const struct entry *e, int policy) {
    if (is_random(policy)) return 0;
    if (policy == POLICY_VOLATILE_TTL) return UINT64_MAX - (uint64_t)entry_expire_ms(e);
    if (policy == POLICY_VOLATILE_LFU || policy == POLICY_ALLKEYS_LFU)
        return 255 - db_frequency(db, e);
    return db_idle_ms(db, e);
}

/* n's place on a logarithmic scale of 1 << STEP_BITS steps to a doubling: at most 256. */
static uint64_t coarse(uint64_t n) {
    if (n < 1 << STEP_BITS) return n;
    unsigned log = 63u - (unsigned)__builtin_clzll(n);
    return ((uint64_t)(log - STEP_BITS + 1) << STEP_BITS) +
           ((n >> (log - STEP_BITS)) & ((1 << STEP_BITS) - 1));
}

/* How many bytes of pages its end sets free, by and large: its share of the slab that it, or its
 * value, lies in; so a whole slab for the last object of one. */
static uint64_t pages_gain(const struct entry *e) {
    size_t   pages;
    size_t   live = ash_slab_live(entry_block(e), &pages);
    uint64_t share = pages / live, whole = entry_is_block(e) ? 0 : entry_bytes(e);
    return share > whole ? share : whole;
}

/* Idle times count from here on, where a step begins, so that four seconds are one: seconds are all that
 * is known of them, and a few more say little about what will be used next. */
#define GRAIN_MS 16384

static uint64_t score_pages(const struct db *db, const struct entry *e, int policy) {
    uint64_t worth = score_exact(db, e, policy), gain = pages_gain(e) / GAIN_UNIT;
    if (policy == POLICY_VOLATILE_TTL) {
        int64_t left_ms = entry_expire_ms(e) - db->ks->clock->wall_ms;
        worth = 256 - coarse(left_ms > 0 ? (uint64_t)left_ms : 0);
    } else {
        bool counted = policy == POLICY_VOLATILE_LFU || policy == POLICY_ALLKEYS_LFU;
        worth = coarse(counted ? worth : worth + GRAIN_MS);
    }
    uint64_t most = (1 << GAIN_BITS) - 1;
    return worth << GAIN_BITS | (gain < most ? gain : most);
}

static uint64_t score_of(const struct victims *v, const struct db *db, const struct entry *e,
                         int policy) {
    return v->order == VICTIM_PAGES ? score_pages(db, e, policy) : score_exact(db, e, policy);
}

/* Has it been used, or given more time, since it had this score? What it would set free may be less. */
static bool is_younger(const struct victims *v, uint64_t now, uint64_t then) {
    unsigned bits = v->order == VICTIM_PAGES ? GAIN_BITS : 0;
    return now >> bits < then >> bits;
}

/* --- The pool -------------------------------------------------------------------------------- */

static void pool_offer(struct victims *p, const struct db *db, const struct entry *e,
                       uint64_t score) {
    if (p->count == VICTIM_POOL && score <= p->pool[0].score) return; /* the least of all */
    struct slice key = entry_key(e);
    uint64_t     hash = table_hash(key);
    unsigned     at = 0;
    for (unsigned i = 0; i < p->count; i++) {
        if (p->pool[i].hash == hash && p->pool[i].db == db->id) return; /* it is there already */
    }
    while (at < p->count && p->pool[at].score < score) at++;
    if (p->count == VICTIM_POOL) {
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

/* The candidate's entry, if it is still what it was (V2). */
static struct entry *candidate_find(const struct victims *p, const struct candidate *c,
                                    const struct db *db, int policy) {
    struct entry *e = db_peek(db, slice_of(c->key, c->key_len), c->hash);
    if (e == NULL || (is_volatile(policy) && entry_expire_ms(e) == ENTRY_NO_EXPIRE)) return NULL;
    return is_younger(p, score_of(p, db, e, policy), c->score) ? NULL : e;
}

/* The best candidate that may still go. False: the pool is empty. */
static bool pool_take(struct victims *p, struct keyspace *ks, int policy, struct victim *v) {
    v->entry = NULL;
    while (p->count > 0 && v->entry == NULL) {
        struct candidate *c = &p->pool[--p->count];
        if (c->db < ks->count) {
            v->db = &ks->db[c->db];
            v->hash = c->hash;
            v->entry = candidate_find(p, c, v->db, policy);
        }
        candidate_fini(c);
    }
    return v->entry != NULL;
}

/* --- Picking --------------------------------------------------------------------------------- */

static const struct table *table_of(const struct db *db, int policy) {
    return is_volatile(policy) ? &db->expires : &db->keys;
}

static void pool_fill(struct victims *p, struct keyspace *ks, int policy, unsigned samples) {
    void *entries[SAMPLE_CAP];
    ASSERT(samples <= VICTIM_SAMPLES_MAX);
    for (unsigned i = 0; i < ks->count; i++) {
        struct db          *db = &ks->db[i];
        const struct table *t = table_of(db, policy);
        unsigned count = table_sample(t, ks->rand, entries, samples, SAMPLE_CAP);
        for (unsigned n = 0; n < count; n++)
            pool_offer(p, db, entries[n], score_of(p, db, entries[n], policy));
    }
}

static struct victim pick_any(struct keyspace *ks, int policy) {
    struct victim v = {0};
    unsigned      first = (unsigned)rand_below(ks->rand, ks->count);
    for (unsigned i = 0; i < ks->count && v.entry == NULL; i++) {
        v.db = &ks->db[(first + i) % ks->count];
        v.entry = table_random(table_of(v.db, policy), ks->rand);
    }
    if (v.entry != NULL) v.hash = table_hash(entry_key(v.entry));
    return v;
}

struct victim victims_pick(struct victims *p, struct keyspace *ks, int policy, unsigned samples) {
    struct victim v = {0};
    ASSERT(policy != POLICY_NOEVICTION);
    if (is_random(policy) && p->order == VICTIM_EXACT) return pick_any(ks, policy);
    for (int i = 0; i < 2 && v.entry == NULL; i++) { /* twice: the pool may have been all stale */
        pool_fill(p, ks, policy, samples);
        pool_take(p, ks, policy, &v);
    }
    return v;
}

bool victims_check(const struct victims *v) {
    ASSERT(v->count <= VICTIM_POOL);
    for (unsigned i = 1; i < v->count; i++) ASSERT(v->pool[i - 1].score <= v->pool[i].score);
    return true;
}
