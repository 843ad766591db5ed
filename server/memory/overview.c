/* overview.c: adds up the heaps and derives the ratios.
 *
 * Counters of other threads' heaps move while we read, so two figures may disagree by what was
 * allocated meanwhile: differences are signed and ratios guarded. */
#include "server/memory/overview.h"

#include "server/core/engine.h"
#include "server/memory/procmem.h"

#include <string.h>

#define DATASET_PREFIX "dataset" /* keyspace.c names its heaps so; also those being dropped */

static void add_heap(struct ash_heap *h, void *arg) {
    struct overview      *o = arg;
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    bool dataset = strncmp(s.name, DATASET_PREFIX, strlen(DATASET_PREFIX)) == 0;
    if (dataset) {
        o->dataset += s.used;
    } else {
        o->overhead += s.used;
    }
    o->rounding += s.rounding;
    o->slots_free += s.slots_free;
    o->returning += s.returning + s.cached;
    o->dirty += s.dirty;
    o->muzzy += s.muzzy;
    o->retained += s.retained;
}

static void ratio(size_t a, size_t b, double *out, int64_t *bytes) {
    *out = b == 0 ? 0 : (double)a / (double)b;
    *bytes = (int64_t)a - (int64_t)b;
}

static double percent(size_t part, size_t whole) {
    return whole == 0 ? 0 : part >= whole ? 100 : (double)part * 100 / (double)whole;
}

void overview_read(const struct engine *e, struct overview *out) {
    *out = (struct overview){0};
    ash_stats(&out->alloc);
    ash_heap_each(add_heap, out);
    out->used = out->alloc.allocated;
    out->peak = e->stats.peak_used > out->used ? e->stats.peak_used : out->used;
    out->startup = e->stats.startup_used;
    out->rss = procmem_rss();
    out->total_system = procmem_total();
    for (unsigned i = 0; i < e->keyspace.count; i++) {
        const struct db *db = &e->keyspace.db[i];
        out->keys += db->keys.count;
        if (db->tables != NULL) out->tables += ash_heap_used(db->tables);
    }
    if (e->heaps.clients != NULL) out->clients = ash_heap_used(e->heaps.clients);

    size_t net = out->used > out->startup ? out->used - out->startup : 0; /* since the start */
    out->bytes_per_key = out->keys == 0 ? 0 : net / out->keys;
    out->dataset_perc = percent(out->dataset, net);
    out->peak_perc = percent(out->used, out->peak);
    ratio(out->rss, out->used, &out->frag_ratio, &out->frag_bytes);
    ratio(out->alloc.active, out->used, &out->allocator_frag_ratio, &out->allocator_frag_bytes);
    ratio(out->alloc.resident, out->alloc.active, &out->allocator_rss_ratio,
          &out->allocator_rss_bytes);
    ratio(out->rss, out->alloc.resident, &out->rss_overhead_ratio, &out->rss_overhead_bytes);
}
