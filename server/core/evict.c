/* evict.c: deleting victims within a time limit, until there is room.
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
#include "server/core/latency.h"
#include "server/core/victim.h"

#define KEYS_A_CHECK      16 /* evicted between looks at the clock */
#define TENACITY_LINEAR   10
#define TENACITY_NO_LIMIT 100
#define PAGES_SAMPLES_MIN 16 /* for slab-aware victims there should be a choice among equals */

struct evict {
    struct victims *exact, *pages;
};

static struct evict *evict_of(struct engine *e) {
    if (e->evict == NULL) {
        e->evict = ash_zalloc(e->heaps.server, sizeof *e->evict);
        e->evict->exact = victims_new(e->heaps.server, VICTIM_EXACT);
        e->evict->pages = victims_new(e->heaps.server, VICTIM_PAGES);
    }
    return e->evict;
}

void evict_free(struct evict **e) {
    if (*e == NULL) return;
    victims_free(&(*e)->exact);
    victims_free(&(*e)->pages);
    ash_free(*e, sizeof **e);
    *e = NULL;
}

/* Bytes that the free queue will give back, those left out that are too slow in coming. */
static uint64_t pending_bytes(const struct engine *e) {
    uint64_t bytes = bio_pending_bytes(e->bio, BIO_FREE);
    return bytes > e->room.uncounted ? bytes - e->room.uncounted : 0;
}

/* Bytes over maxmemory that are not on their way out. */
static uint64_t excess(const struct engine *e) {
    uint64_t used = ash_used(), limit = e->config->maxmemory, pending = pending_bytes(e);
    return used > limit && used - limit > pending ? used - limit - pending : 0;
}

/* Redis's scale: 50 us a step up to 10, then 15 % more a step, at the top no limit. */
static uint64_t time_limit_us(int64_t tenacity) {
    if (tenacity <= TENACITY_LINEAR) return 50 * (uint64_t)tenacity;
    if (tenacity < TENACITY_NO_LIMIT)
        return (uint64_t)(500 * pow(1.15, (double)(tenacity - TENACITY_LINEAR)));
    return UINT64_MAX;
}

/* How many bytes it took; 0: there is nothing that the policy lets go. */
static size_t evict_one(struct engine *e, struct victims *from, unsigned samples) {
    int policy = e->config->maxmemory_policy;
    if (policy == POLICY_NOEVICTION) return 0;
    struct victim v = victims_pick(from, &e->keyspace, policy, samples);
    if (v.entry == NULL) return 0;
    size_t bytes = entry_bytes(v.entry);
    db_touched(v.db, entry_key(v.entry));
    db_delete(v.db, v.entry, v.hash, DISCARD_EVICTED);
    e->keyspace.stats.evicted++;
    return bytes;
}

static void note_latency(struct engine *e, uint64_t us) {
    int64_t threshold_ms = e->config->latency_monitor_threshold;
    if (threshold_ms > 0 && e->latency != NULL)
        latency_add(e->latency, "eviction-cycle", us / 1000, threshold_ms, e->clock.wall_ms / 1000);
}

bool evict_make_room(struct engine *e) {
    struct victims *from = evict_of(e)->exact;
    uint64_t        limit_us = time_limit_us(e->config->maxmemory_eviction_tenacity);
    uint64_t        start_us = clock_mono_us();
    uint64_t        want = excess(e), gone = 0; /* counted: used memory is many loads to know */
    bool            more = true;
    for (unsigned n = 1; gone < want && more; n++) {
        size_t bytes = evict_one(e, from, (unsigned)e->config->maxmemory_samples);
        gone += bytes;
        more = bytes != 0;
        if (n % KEYS_A_CHECK == 0 && clock_mono_us() - start_us > limit_us) break;
    }
    note_latency(e, clock_mono_us() - start_us);
    return more; /* true: or still over, but the next command goes on */
}

bool evict_for_pages(struct engine *e, uint64_t bytes, uint64_t max_us, struct evict_gain *gain) {
    struct victims *from = evict_of(e)->pages;
    unsigned        samples = (unsigned)e->config->maxmemory_samples;
    uint64_t        end_us = clock_mono_us() + max_us, enough = gain->bytes + bytes;
    if (samples < PAGES_SAMPLES_MIN) samples = PAGES_SAMPLES_MIN;
    do {
        size_t one = evict_one(e, from, samples);
        if (one == 0) return false;
        gain->keys++;
        gain->bytes += one;
    } while (gain->bytes < enough && clock_mono_us() < end_us);
    return true;
}
