/* giveback.c: a look at the counters ten times a second. Start reading at giveback_tick(). */
#include "server/memory/giveback.h"

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/core/engine.h"

struct giveback {
    struct engine *e;
    uint64_t       due_us, since_us; /* monotonic; since_us 0: nothing is late */
    uint64_t       waiting, hurried;
    uint64_t       freed; /* by the free queue, when it was last hurried */
};

struct giveback *giveback_new(struct engine *e) {
    struct giveback *g = ash_zalloc(e->heaps.server, sizeof *g);
    g->e = e;
    return g;
}

void giveback_free(struct giveback **g) {
    if (*g == NULL) return;
    ash_free(*g, sizeof **g);
    *g = NULL;
}

static void add_returning(struct ash_heap *h, void *arg) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    *(size_t *)arg += s.returning;
}

/* Once nothing more is coming: what the queue freed goes back as soon as the engine has it. */
static void hurry(struct giveback *g, const struct bio_totals *queue, size_t returning) {
    const struct config *cfg = g->e->config;
    bool kept = cfg->rss_return_target_ms < 0 && cfg->dirty_decay_ms < 0; /* as was asked for */
    if (queue->bytes_done - g->freed < GIVEBACK_HURRY) return;
    if (queue->bytes_pending > 0 || returning >= GIVEBACK_FLOOR) return;
    g->freed = queue->bytes_done;
    if (kept) return;
    keyspace_hurry(&g->e->keyspace);
    g->hurried++;
}

void giveback_tick(struct giveback *g, uint64_t now_us) {
    size_t returning = 0, floor = ash_resident() / 100;
    if (now_us < g->due_us) return;
    g->due_us = now_us + GIVEBACK_EVERY_US;
    struct bio_totals queue = bio_totals(g->e->bio, BIO_FREE);
    ash_heap_each(add_returning, &returning);
    g->waiting = ash_purgeable() + returning + queue.bytes_pending;
    if (g->waiting <= (floor > GIVEBACK_FLOOR ? floor : GIVEBACK_FLOOR)) g->since_us = 0;
    else if (g->since_us == 0) g->since_us = now_us;
    hurry(g, &queue, returning);
}

void giveback_read(const struct giveback *g, uint64_t now_us, struct giveback_status *out) {
    *out = (struct giveback_status){.waiting = g->waiting, .hurried = g->hurried};
    if (g->since_us != 0) out->lag_ms = (now_us - g->since_us) / 1000;
}
