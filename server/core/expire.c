/* expire.c: active expiry, by going round the tables of keys that expire.
 *
 * A slice goes round the databases, from a random one on. In each it looks at a sample of keys,
 * from where the last slice stopped (a scan cursor), and goes on as long as too large a share of
 * them was past its time: then it is worth the time. As in Redis, effort makes samples larger and
 * the share that is tolerated smaller.
 *
 * Fields of hashes need no search: the hash that is due next stands first. So they cost one compare a
 * database when there is nothing: work follows what expires.
 *
 * Slices are short and come soon again while there is more (cron.c): Redis gives a cycle all of its
 * share at once, and a million keys that expire together stop everybody for 25 ms at a time.
 *
 * Entries are collected a bucket at a time before any is deleted, as a deletion changes the table.
 * The clock is looked at every few buckets, so a slice may run over by the time that takes.
 *
 * Start reading at expire_cycle(). */
#include "server/core/expire.h"

#include "alloc/alloc.h"
#include "server/core/clock.h"
#include "server/core/keyspace.h"
#include "server/ds/rand.h"

#define SAMPLE_BASE      20 /* keys in a sample at effort 0 */
#define STALE_BASE       10 /* per cent of a sample that may be stale at effort 0 */
#define BUCKETS_A_KEY    20 /* a sample in a sparse table ends after so many buckets a key */
#define BUCKETS_A_CHECK  4  /* between looks at the clock */
#define FOUND_INLINE     64
#define FIELDS_A_CHECK   64 /* of one hash, between looks at the clock */
#define TTL_COUNTED_MAX  ((int64_t)1 << 48) /* ms: sums of longer ones could overflow */

struct slice_state {
    uint64_t start_us, budget_us;
    unsigned effort;
    uint64_t looked, expired;
    unsigned unchecked; /* buckets since the last look at the clock */
    bool     out_of_time;
};

struct bucket_found {
    struct entry   **entry;
    size_t           count, cap;
    struct ash_heap *heap;
    struct entry    *first[FOUND_INLINE];
};

static void found_add(void *item, void *arg) {
    struct bucket_found *f = arg;
    if (f->count == f->cap) {
        struct entry **more = ash_alloc(f->heap, f->cap * 2 * sizeof *more);
        memcpy(more, f->entry, f->count * sizeof *more);
        if (f->entry != f->first) ash_free(f->entry, f->cap * sizeof *more);
        f->entry = more;
        f->cap *= 2;
    }
    f->entry[f->count++] = item;
}

struct sample {
    uint64_t looked, expired;
    int64_t  ttl_sum;
    uint64_t ttl_count;
};

static void bucket_expire(struct db *db, struct sample *s) {
    struct bucket_found f = {.cap = FOUND_INLINE, .heap = db->ks->server_heap};
    f.entry = f.first;
    db->expire_cursor = table_scan(&db->expires, db->expire_cursor, found_add, &f);
    for (size_t i = 0; i < f.count; i++) {
        struct entry *e = f.entry[i];
        int64_t       ttl = entry_expire_ms(e) - db->ks->clock->wall_ms;
        s->looked++;
        if (db_expired(db, e)) {
            db_expire(db, e, table_hash(entry_key(e)));
            s->expired++;
        } else {
            s->ttl_sum += ttl < TTL_COUNTED_MAX ? ttl : TTL_COUNTED_MAX;
            s->ttl_count++;
        }
    }
    if (f.entry != f.first) ash_free(f.entry, f.cap * sizeof *f.entry);
}

static void check_time(struct slice_state *s) {
    if (++s->unchecked < BUCKETS_A_CHECK) return;
    s->unchecked = 0;
    s->out_of_time = clock_mono_us() - s->start_us > s->budget_us;
}

/* One in fifty parts of what was just seen. */
static void learn_ttl(struct db *db, const struct sample *s) {
    if (s->ttl_count == 0) return;
    int64_t seen = s->ttl_sum / (int64_t)s->ttl_count;
    db->avg_ttl_ms = db->avg_ttl_ms == 0 ? seen : db->avg_ttl_ms / 50 * 49 + seen / 50;
}

/* A sample of the database. True: so much of it was stale that another is worth it. */
static bool db_sample(struct db *db, struct slice_state *s) {
    uint64_t      keys = SAMPLE_BASE + SAMPLE_BASE / 4 * (uint64_t)s->effort;
    uint64_t      buckets = keys * BUCKETS_A_KEY;
    struct sample seen = {0};
    while (seen.looked < keys && buckets-- > 0 && db->expires.count > 0 && !s->out_of_time) {
        bucket_expire(db, &seen);
        check_time(s);
        if (db->expire_cursor == 0) break; /* once round */
    }
    learn_ttl(db, &seen);
    s->looked += seen.looked;
    s->expired += seen.expired;
    return db->expires.count > 0 && !s->out_of_time &&
           seen.expired * 100 > seen.looked * (STALE_BASE - s->effort);
}

bool expire_cycle(struct keyspace *ks, unsigned effort, uint64_t budget_us) {
    struct slice_state s = {.start_us = clock_mono_us(), .budget_us = budget_us,
                            .effort = effort > 0 ? effort - 1 : 0};
    if (ks->expire_paused || ks->count == 0) return false;
    unsigned first = (unsigned)rand_below(ks->rand, ks->count);
    for (unsigned i = 0; i < ks->count && !s.out_of_time; i++) {
        struct db *db = &ks->db[(first + i) % ks->count];
        if (db->expires.count == 0) db->avg_ttl_ms = 0;
        while (db->expires.count > 0 && db_sample(db, &s)) {}
    }
    if (s.out_of_time) ks->stats.expire_cap_reached++;
    ks->stats.expire_cycle_us += clock_mono_us() - s.start_us;
    uint64_t stale = s.looked > 0 ? s.expired * 10000 / s.looked : 0;
    ks->stats.expired_stale_perc_x100 = (ks->stats.expired_stale_perc_x100 * 19 + stale) / 20;
    return s.out_of_time;
}

/* --- Fields ---------------------------------------------------------------------------------- */

/* True: it stopped because the time is over. */
static bool db_expire_fields(struct db *db, uint64_t end_us) {
    struct entry *e;
    int64_t       at_ms;
    uint64_t      unchecked = 0;
    while ((e = db_next_fields(db, &at_ms)) != NULL && at_ms <= db->ks->clock->wall_ms) {
        if (unchecked >= FIELDS_A_CHECK) {
            if (clock_mono_us() >= end_us) return true;
            unchecked = 0;
        }
        uint64_t reaped = db_reap_fields(db, e, table_hash(entry_key(e)), FIELDS_A_CHECK);
        ASSERT(reaped > 0);
        unchecked += reaped;
    }
    return false;
}

bool expire_fields(struct keyspace *ks, uint64_t budget_us) {
    if (ks->expire_paused || ks->count == 0) return false;
    uint64_t start_us = clock_mono_us(), end_us = start_us + budget_us;
    unsigned first = (unsigned)rand_below(ks->rand, ks->count);
    bool     more = false;
    for (unsigned i = 0; i < ks->count && !more; i++)
        more = db_expire_fields(&ks->db[(first + i) % ks->count], end_us);
    ks->stats.expire_cycle_us += clock_mono_us() - start_us;
    return more;
}
