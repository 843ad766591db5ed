/* reclaim.c: the ladder of maxmemory-rss, a function a rung. See reclaim.h.
 *
 * There are two measures. What RSS is over the limit has to be purged. And there should be a reserve, of
 * free pages and of what RSS is below the limit, for what is stored next: other rungs are climbed only
 * while that is short. So at the limit what is stored finds resident pages that were made free for it,
 * and costs neither a purge nor a page fault. (Purging all the way down to the reserve took 46 % of what
 * was stored through madvise and back.)
 *
 * Eviction cannot know how many pages its victims leave behind: they leave holes, too. So a turn evicts
 * as many bytes as are short, less what the free queue still holds, and the next sees what came of it.
 *
 * Start reading at climb(). */
#include "server/memory/reclaim.h"

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/evict.h"

#define READ_EVERY_US    1000
#define LOOK_EVERY       16  /* commands that are not weighty, between two looks at the estimate */
#define COLLECT_US       50  /* of each database's heap, a turn */
#define MERGES_A_LOOK    64  /* buckets of tables, between looks at the clock */
#define URGENT           200 /* over the limit by one part in this many: turns follow at once */

struct reclaim {
    struct engine       *e;
    struct reclaim_hooks hooks;
    uint64_t             rss, resident; /* at read_us: the kernel's figure, and the allocator's */
    uint64_t             read_us, next_us;
    uint64_t             due_us[RECLAIM_RUNGS]; /* not before */
    unsigned             skipped;
    bool                 active, vain;
    bool                 gained; /* in the last turn */
    bool                 unfinished; /* a rung has more to do: its time is over, or still to come */
    bool                 between;    /* in the cron: no command's arguments lie in a client's buffer */
    uint64_t             evicted_keys, refused;
    struct {
        uint64_t runs, bytes, us;
    } gain[RECLAIM_RUNGS];
};

struct reclaim *reclaim_new(struct engine *e, const struct reclaim_hooks *hooks) {
    struct reclaim *r = ash_zalloc(e->heaps.server, sizeof *r);
    r->e = e;
    r->hooks = *hooks;
    return r;
}

void reclaim_free(struct reclaim **r) {
    if (*r == NULL) return;
    ash_free(*r, sizeof **r);
    *r = NULL;
}

/* --- How much ---------------------------------------------------------------------------------- */

static void read_rss(struct reclaim *r, uint64_t now_us) {
    r->rss = r->hooks.rss();
    r->resident = ash_resident();
    r->read_us = now_us;
}

static uint64_t rss_now(const struct reclaim *r) {
    int64_t rss = (int64_t)r->rss + (int64_t)ash_resident() - (int64_t)r->resident;
    return rss > 0 ? (uint64_t)rss : 0;
}

static uint64_t limit_of(const struct reclaim *r) { return r->e->config->maxmemory_rss; }

/* Bytes over the limit. */
static uint64_t excess(const struct reclaim *r) {
    uint64_t rss = rss_now(r), limit = limit_of(r);
    return rss > limit ? rss - limit : 0;
}

/* Bytes missing to what should be there to be had without RSS's growing over the limit. */
static uint64_t shortage(const struct reclaim *r) {
    uint64_t limit = limit_of(r), wanted = rss_now(r) + limit / RECLAIM_MARGIN;
    uint64_t have = limit + ash_purgeable();
    return wanted > have ? wanted - have : 0;
}

static uint64_t pending_bytes(const struct reclaim *r) {
    return bio_pending_bytes(r->e->bio, BIO_FREE);
}

/* --- The rungs: each returns what it gained ------------------------------------------------------ */

/* Slice by slice, while RSS is over. */
static uint64_t return_pages(struct reclaim *r, uint64_t end_us) {
    size_t bytes = 0;
    while (excess(r) > 0 && ash_purge_step(0, &bytes) && clock_mono_us() < end_us) continue;
    return bytes;
}

static uint64_t rung_purge(struct reclaim *r, uint64_t end_us) {
    return ash_purgeable() > 0 ? return_pages(r, end_us) : 0;
}

static uint64_t rung_caches(struct reclaim *r, uint64_t end_us) {
    (void)r;
    uint64_t now_us = clock_mono_us();
    return ash_flush_caches(end_us > now_us ? end_us - now_us : 0);
}

static bool shrink_table(struct table *t, uint64_t end_us) {
    while (table_tighten(t, MERGES_A_LOOK) == MERGES_A_LOOK)
        if (clock_mono_us() >= end_us) return false;
    return true;
}

/* Not within a command, whose arguments lie in a client's buffer, and whose batch knows where entries
 * are: the cron comes soon. Where all has been in vain that is no reason to let the command run. */
static bool is_between(struct reclaim *r) {
    if (r->between) return true;
    r->unfinished = !r->vain;
    if (r->hooks.soon != NULL && !r->vain) r->hooks.soon(r->hooks.arg);
    return false;
}

static uint64_t rung_shrink(struct reclaim *r, uint64_t end_us) {
    struct keyspace *ks = &r->e->keyspace;
    size_t           before = ash_used();
    if (!is_between(r)) return 0;
    if (r->hooks.shrink != NULL) r->hooks.shrink(r->hooks.arg, RECLAIM_TURN_US / 2);
    for (unsigned i = 0; i < ks->count && !r->unfinished; i++)
        r->unfinished = !shrink_table(&ks->db[i].keys, end_us) || !shrink_table(&ks->db[i].expires, end_us);
    size_t after = ash_used();
    return before > after ? before - after : 0;
}

/* Above the limit half of the time is left to eviction, since what a pass will bring is not known. */
static uint64_t rung_compact(struct reclaim *r, uint64_t end_us) {
    uint64_t now_us = clock_mono_us(), left_us = end_us > now_us ? end_us - now_us : 1;
    if (!is_between(r)) return 0;
    return r->hooks.compact(r->hooks.arg, rss_now(r) > limit_of(r) ? left_us / 2 : left_us);
}

static uint64_t rung_evict(struct reclaim *r, uint64_t end_us) {
    struct evict_gain gain = {0};
    uint64_t          want = shortage(r), pending = pending_bytes(r), now_us = clock_mono_us();
    if (r->e->pause.until_ms != 0 || want <= pending) return 0;
    evict_for_pages(r->e, want - pending, end_us > now_us ? end_us - now_us : 1, &gain);
    r->evicted_keys += gain.keys;
    return gain.bytes;
}

static const struct {
    const char *name;
    uint64_t (*climb)(struct reclaim *r, uint64_t end_us);
    enum { REST_NEVER, REST_AFTER_NOTHING, REST_AFTER_LITTLE } rest; /* for RECLAIM_RETRY_US */
} rungs[RECLAIM_RUNGS] = {
    [RECLAIM_PURGE] = {"purge", rung_purge, REST_NEVER},
    [RECLAIM_CACHES] = {"caches", rung_caches, REST_AFTER_LITTLE},
    [RECLAIM_SHRINK] = {"shrink", rung_shrink, REST_AFTER_LITTLE},
    [RECLAIM_COMPACT] = {"compact", rung_compact, REST_AFTER_NOTHING},
    [RECLAIM_EVICT] = {"evict", rung_evict, REST_NEVER},
};

const char *reclaim_rung_name(enum reclaim_rung rung) { return rungs[rung].name; }

static bool is_available(const struct reclaim *r, unsigned rung) {
    return rung != RECLAIM_COMPACT || r->hooks.compact != NULL;
}

static uint64_t climb_one(struct reclaim *r, unsigned rung, uint64_t end_us) {
    uint64_t start_us = clock_mono_us();
    if (!is_available(r, rung) || start_us < r->due_us[rung]) return 0;
    r->unfinished = false;
    uint64_t bytes = rungs[rung].climb(r, end_us);
    uint64_t now_us = clock_mono_us();
    uint64_t little = rungs[rung].rest == REST_AFTER_LITTLE ? limit_of(r) / RECLAIM_MARGIN : 1;
    if (rungs[rung].rest != REST_NEVER && !r->unfinished && bytes < little)
        r->due_us[rung] = now_us + RECLAIM_RETRY_US;
    if (bytes == 0) return 0;
    r->gain[rung].runs++;
    r->gain[rung].bytes += bytes;
    r->gain[rung].us += now_us - start_us;
    return bytes;
}

/* --- The ladder -------------------------------------------------------------------------------- */

/* What the free queue has freed comes back to us, so that its pages are there to be purged. */
static void collect(struct reclaim *r) {
    struct keyspace *ks = &r->e->keyspace;
    for (unsigned i = 0; i < ks->count; i++)
        if (ks->db[i].dataset != NULL) ash_heap_collect(ks->db[i].dataset, COLLECT_US);
}

/* A turn. The time is that of the rungs together; the first always has some. */
static void turn(struct reclaim *r, uint64_t now_us) {
    uint64_t end_us = now_us + RECLAIM_TURN_US, gained = 0;
    bool     more = false;
    collect(r);
    for (unsigned rung = 0; rung < RECLAIM_RUNGS; rung++) {
        if (rung != RECLAIM_PURGE && shortage(r) == 0) break;
        /* Far over the limit there is no waiting for what compaction may bring. */
        bool     urgent = excess(r) > limit_of(r) / URGENT, late = clock_mono_us() >= end_us;
        if (late && (gained > 0 || more) && !urgent) break;
        if (late && rung == RECLAIM_EVICT) end_us = clock_mono_us() + RECLAIM_TURN_US / 2;
        uint64_t one = climb_one(r, rung, end_us);
        gained += one;
        more |= r->unfinished;
        if (one > 0 && rung != RECLAIM_PURGE) climb_one(r, RECLAIM_PURGE, end_us);
        if (more && !r->between && excess(r) <= limit_of(r) / URGENT) break; /* in its order, soon */
    }
    r->gained = gained > 0;
    r->vain = gained == 0 && !more && pending_bytes(r) == 0 && excess(r) > 0;
}

/* True: the command may run. */
static bool climb(struct reclaim *r) {
    uint64_t now_us = clock_mono_us();
    if (now_us - r->read_us >= READ_EVERY_US) read_rss(r, now_us);
    if (excess(r) == 0 && (!r->active || shortage(r) == 0)) {
        r->active = r->vain = false;
        return true;
    }
    r->active = true;
    if (now_us >= r->next_us || excess(r) > limit_of(r) / URGENT) {
        turn(r, now_us);
        r->next_us = clock_mono_us() + RECLAIM_TURN_US;
    }
    return !r->vain || excess(r) == 0;
}

bool reclaim_make_room(struct engine *e, bool weighty) {
    struct reclaim *r = e->reclaim;
    if (!r->active) {
        if (!weighty && ++r->skipped % LOOK_EVERY != 0) return true;
        if (excess(r) == 0) return true;
    }
    bool room = climb(r);
    r->refused += !room;
    return room;
}

int64_t reclaim_tick(struct reclaim *r) {
    if (limit_of(r) == 0) return RECLAIM_IDLE;
    if (!r->active) read_rss(r, clock_mono_us());
    r->between = true;
    climb(r);
    r->between = false;
    if (!r->active || r->vain) return RECLAIM_IDLE;
    return r->gained && excess(r) > limit_of(r) / URGENT ? 0 : 1;
}

void reclaim_limit(struct reclaim *r) {
    r->e->rss_room = limit_of(r) != 0 ? reclaim_make_room : NULL;
    r->active = r->vain = false;
    memset(r->due_us, 0, sizeof r->due_us);
    if (limit_of(r) != 0) read_rss(r, clock_mono_us());
}

/* --- What is known of it -------------------------------------------------------------------------- */

void reclaim_read(const struct reclaim *r, struct reclaim_status *out) {
    *out = (struct reclaim_status){.limit = limit_of(r), .rss = r->rss, .active = r->active,
                                   .vain = r->vain, .evicted_keys = r->evicted_keys,
                                   .refused = r->refused};
    for (unsigned i = 0; i < RECLAIM_RUNGS; i++) {
        out->rung[i].available = is_available(r, i);
        out->rung[i].runs = r->gain[i].runs;
        out->rung[i].bytes = r->gain[i].bytes;
        out->rung[i].us = r->gain[i].us;
    }
}

void reclaim_reset_stats(struct reclaim *r) {
    memset(r->gain, 0, sizeof r->gain);
    r->evicted_keys = r->refused = 0;
}
