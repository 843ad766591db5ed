/* cron.c: see cron.h. Start reading at cron_tick(). */
#include "server/cron.h"

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/evict.h"
#include "server/core/expire.h"
#include "server/core/latency.h"
#include "server/memory/compact.h"
#include "server/memory/giveback.h"
#include "server/memory/lazyfree.h"
#include "server/memory/pressure.h"
#include "server/memory/procmem.h"
#include "server/memory/reclaim.h"
#include "server/net/conn.h"
#include "server/net/loop.h"

#define CRON_HZ_MAX           500
#define CRON_CLIENTS_PER_TICK 200 /* with dynamic-hz: more clients than this a tick raise hz */
#define CRON_CLIENTS_MIN      5
#define CRON_SAMPLE_MS        100
#define CRON_COLLECT_US       250 /* a turn so long is a wait so long of every client */
#define CRON_COLLECT_MS       5   /* ticks while other threads' frees are coming back */
#define CRON_ROUND_US         250 /* when so much is over, no other slice is begun in this tick */
#define CRON_EXPIRE_US        500 /* a slice of active expiry, of keys or of fields */
#define CRON_EXPIRE_PERCENT   25  /* of the processor, at effort 1; 2 more for each step above */

void cron_init(struct cron *c, struct engine *engine, struct loop *loop) {
    *c = (struct cron){.engine = engine, .loop = loop, .hz = engine->config->hz};
}

static void hz_adapt(struct cron *c) {
    const struct config *cfg = c->engine->config;
    c->hz = cfg->hz;
    if (!cfg->dynamic_hz) return;
    while (c->hz * 2 <= CRON_HZ_MAX &&
           c->loop->conn_count / (uint64_t)c->hz > CRON_CLIENTS_PER_TICK)
        c->hz *= 2;
}

/* total_eviction_exceeded_time: how long used_memory has been above maxmemory. */
static void over_limit_sample(struct engine *e, size_t used) {
    struct stats *s = &e->stats;
    bool          over = e->config->maxmemory != 0 && used > e->config->maxmemory;
    if (over && s->over_limit_since_us == 0) s->over_limit_since_us = e->clock.mono_us;
    if (over || s->over_limit_since_us == 0) return;
    s->over_limit_us += e->clock.mono_us - s->over_limit_since_us;
    s->over_limit_since_us = 0;
}

static void memory_sample(struct engine *e) {
    struct stats *s = &e->stats;
    size_t        used = ash_used();
    s->rss = procmem_rss();
    if (s->rss > s->rss_peak) s->rss_peak = s->rss;
    over_limit_sample(e, used);
    if (used <= s->peak_used) return;
    s->peak_used = used;
    s->peak_time = e->clock.wall_ms / 1000;
}

static void sample(struct engine *e) {
    struct stats *s = &e->stats;
    int64_t       now_ms = clock_mono_ms(&e->clock);
    stats_rate(s, RATE_COMMANDS, s->commands_processed, now_ms);
    stats_rate(s, RATE_NET_IN, s->net_in, now_ms);
    stats_rate(s, RATE_NET_OUT, s->net_out, now_ms);
    stats_rate(s, RATE_LOOP_TURNS, s->loop_turns, now_ms);
    stats_rate(s, RATE_LOOP_US, s->loop_us, now_ms);
    memory_sample(e);
    lazyfree_sample(e->lazyfree);
    pressure_tick(e->pressure, e->clock.mono_us);
    giveback_tick(e->giveback, e->clock.mono_us);
}

static void clients(struct cron *c) {
    uint64_t count = c->loop->conn_count / (uint64_t)c->hz;
    conn_cron(c->loop, count > CRON_CLIENTS_MIN ? count : CRON_CLIENTS_MIN);
    conn_evict(c->loop);
}

/* Of the processor, for active expiry. */
static uint64_t expiry_percent(const struct engine *e) {
    return (uint64_t)(CRON_EXPIRE_PERCENT + 2 * (e->config->active_expire_effort - 1));
}

/* When the slice after one that was due then is: as soon as its share of the processor allows. What was
 * missed long ago is not made up for. */
static uint64_t slice_after(const struct engine *e, uint64_t due_us, uint64_t now_us) {
    uint64_t next_us = due_us + CRON_EXPIRE_US * 100 / expiry_percent(e);
    return next_us > now_us ? next_us : now_us;
}

/* A slice of what takes long, if one is due: when to call again, UINT64_MAX where something else says so. */
typedef uint64_t cron_slice(struct cron *c, uint64_t now_us);

/* Active expiry, as many slices as its share allows while there is more: much may be due at once. A pause
 * keeps the data as it is. */
static uint64_t keys_expire(struct cron *c, uint64_t now_us) {
    struct engine *e = c->engine;
    if (now_us < c->keys_us) return c->keys_us;
    uint64_t due_us = c->keys_us, effort = (uint64_t)e->config->active_expire_effort;
    c->keys_us = UINT64_MAX;
    if (e->pause.until_ms != 0) return c->keys_us;
    uint64_t start_us = clock_mono_us();
    if (expire_cycle(&e->keyspace, (unsigned)effort, CRON_EXPIRE_US))
        c->keys_us = slice_after(e, due_us, now_us);
    latency_add(e->latency, "expire-cycle", (clock_mono_us() - start_us) / 1000,
                e->config->latency_monitor_threshold, e->clock.wall_ms / 1000);
    return c->keys_us;
}

static uint64_t fields_expire(struct cron *c, uint64_t now_us) {
    struct engine *e = c->engine;
    if (now_us < c->fields_us) return c->fields_us;
    uint64_t due_us = c->fields_us;
    c->fields_us = UINT64_MAX;
    if (e->pause.until_ms == 0 && expire_fields(&e->keyspace, CRON_EXPIRE_US))
        c->fields_us = slice_after(e, due_us, now_us);
    return c->fields_us;
}

static uint64_t compaction(struct cron *c, uint64_t now_us) {
    struct engine *e = c->engine;
    bool busy = e->stats.commands_processed != c->commands;
    c->commands = e->stats.commands_processed;
    return compact_tick(e->compact, now_us, bio_pending_bytes(e->bio, BIO_FREE), busy);
}

/* maxmemory may have been lowered, and nobody writes. */
static uint64_t eviction(struct cron *c, uint64_t now_us) {
    struct engine *e = c->engine;
    if (e->config->maxmemory == 0 || e->pause.until_ms != 0) return UINT64_MAX;
    if (ash_used() <= e->config->maxmemory) return UINT64_MAX;
    return evict_make_room(e) && ash_used() > e->config->maxmemory ? now_us : UINT64_MAX;
}

static bool collect(struct ash_heap *h, uint64_t end_us) {
    uint64_t now_us = clock_mono_us();
    if (h == NULL) return false;
    return now_us >= end_us || ash_heap_collect(h, end_us - now_us);
}

/* Takes back what BIO threads have freed in the engine's heaps, for as long as there may be some. */
static uint64_t collection(struct cron *c, uint64_t now_us) {
    struct engine *e = c->engine;
    uint64_t       end_us = clock_mono_us() + CRON_COLLECT_US;
    bool           more = collect(e->heaps.server, end_us) | collect(e->heaps.clients, end_us);
    for (unsigned i = 0; i < e->keyspace.count; i++)
        more |= collect(e->keyspace.db[i].dataset, end_us) |
                collect(e->keyspace.db[i].tables, end_us);
    more |= lazyfree_pending_objects(e->lazyfree) > 0;
    return more ? now_us + CRON_COLLECT_MS * 1000 : UINT64_MAX;
}

/* In turn: what there was no time for is the first of the next tick. Returns when that is wanted. */
static uint64_t slices(struct cron *c, uint64_t now_us) {
    static cron_slice *const slice[] = {keys_expire, fields_expire, eviction, compaction, collection};
    const unsigned           count = sizeof slice / sizeof *slice;
    uint64_t                 start_us = clock_mono_us(), next_us = UINT64_MAX;
    for (unsigned i = 0; i < count; i++) {
        uint64_t due_us = slice[c->first](c, now_us);
        if (due_us < next_us) next_us = due_us;
        c->first = (c->first + 1) % count;
        if (i + 1 < count && clock_mono_us() - start_us >= CRON_ROUND_US) return now_us;
    }
    return next_us;
}

int64_t cron_tick(void *arg) {
    struct cron   *c = arg;
    struct engine *e = c->engine;
    uint64_t       now_us = e->clock.mono_us;
    pause_check(e);
    if (now_us >= c->sample_us) {
        sample(e);
        c->sample_us = now_us + CRON_SAMPLE_MS * 1000;
    }
    if (now_us >= c->due_us) {
        hz_adapt(c);
        clients(c);
        if (c->keys_us == UINT64_MAX) c->keys_us = now_us;
        if (c->fields_us == UINT64_MAX) c->fields_us = now_us;
        c->due_us = now_us + 1000000 / (uint64_t)c->hz;
    }
    int64_t  reclaim_ms = reclaim_tick(e->reclaim);
    uint64_t next_us = slices(c, now_us);
    if (c->due_us < next_us) next_us = c->due_us;
    int64_t wait_ms = next_us > now_us ? (int64_t)(next_us - now_us + 999) / 1000 : 0;
    if (reclaim_ms < wait_ms) return reclaim_ms;
    if (e->pause.until_ms != 0) {
        int64_t left_ms = e->pause.until_ms - clock_mono_ms(&e->clock);
        if (left_ms < wait_ms) wait_ms = left_ms;
    }
    return wait_ms > 0 ? wait_ms : 1;
}
