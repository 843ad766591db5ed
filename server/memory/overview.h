/* overview.h: the server's memory in one snapshot, with the meanings that Redis gave the names.
 *
 * INFO memory, MEMORY STATS and MEMORY DOCTOR all print from this. Every part is read from the
 * allocator: dataset is what the dataset heaps hold and overhead is what all others hold, so their
 * sum is used and nothing is found by subtraction.
 *
 * Locking: engine thread. */
#ifndef ASHLAR_SERVER_MEMORY_OVERVIEW_H
#define ASHLAR_SERVER_MEMORY_OVERVIEW_H

#include "alloc/alloc.h"

#include <stdint.h>

struct engine;

struct overview {
    struct ash_stats alloc; /* allocated is used_memory */
    size_t   used, peak, startup, rss, total_system;
    size_t   dataset;  /* dataset heaps: entries and values */
    size_t   overhead; /* all other heaps, the server at its start included */
    size_t   tables;   /* of it: hash tables */
    size_t   clients;  /* of it: query and output buffers */
    uint64_t keys, bytes_per_key;
    double   dataset_perc, peak_perc;
    double   frag_ratio, allocator_frag_ratio, allocator_rss_ratio, rss_overhead_ratio;
    int64_t  frag_bytes, allocator_frag_bytes, allocator_rss_bytes, rss_overhead_bytes;
    /* sums over all heaps */
    size_t   rounding, slots_free, dirty, muzzy, retained;
    size_t   returning; /* freed, on its way back or in threads' caches */
};

void overview_read(const struct engine *e, struct overview *out);

#endif
