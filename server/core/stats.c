/* stats.c: counters, and what is derived from them: rates, percentiles.
 *
 * stats_call() runs once a command and so does as little as it can: three additions and a bucket.
 * The histogram is log-linear: durations below 16 us have a bucket each, every doubling above has 16,
 * so a percentile is off by 6 % at most; 2^20 us and more share the last one.
 *
 * Rates are kept as Redis keeps them: the mean of the last STATS_SAMPLES samples of a tenth of a
 * second each. */
#include "server/core/stats.h"

#include "alloc/alloc.h"

#include <stdio.h>

#define BUCKET_BITS 4 /* 16 buckets a doubling */
#define BUCKET_TOP  20 /* 2^20 us */
_Static_assert(STATS_HISTOGRAM_NEAR == 1 << BUCKET_BITS, "as stats_bucket() has it");
_Static_assert(STATS_HISTOGRAM_BUCKETS == (1 << BUCKET_BITS) * (BUCKET_TOP - BUCKET_BITS + 1),
               "the last bucket ends at 2^BUCKET_TOP us");

#define HISTOGRAM_BYTES (STATS_HISTOGRAM_BUCKETS * sizeof(uint32_t))

void stats_init(struct stats *s, struct ash_heap *heap, unsigned commands) {
    *s = (struct stats){.heap = heap, .command_count = commands};
    s->command = ash_zalloc(heap, commands * sizeof *s->command);
}

static void histograms_free(struct stats *s) {
    for (unsigned i = 0; i < s->command_count; i++) {
        ash_free(s->command[i].histogram, HISTOGRAM_BYTES);
        s->command[i] = (struct command_stats){0};
    }
}

void stats_fini(struct stats *s) {
    histograms_free(s);
    ash_free(s->command, s->command_count * sizeof *s->command);
    *s = (struct stats){0};
}

void stats_reset(struct stats *s) {
    struct stats old = *s;
    histograms_free(s);
    /* What CONFIG RESETSTAT leaves, as in Redis: facts of the process, and peaks. */
    *s = (struct stats){.heap = old.heap,
                        .command = old.command,
                        .command_count = old.command_count,
                        .peak_used = old.peak_used,
                        .peak_time = old.peak_time,
                        .startup_used = old.startup_used,
                        .rss = old.rss,
                        .rss_peak = old.rss_peak,
                        .started_wall_ms = old.started_wall_ms,
                        .started_mono_ms = old.started_mono_ms};
}

unsigned stats_bucket_far(uint64_t usec) {
    unsigned log = 63 - (unsigned)__builtin_clzll(usec);
    if (log >= BUCKET_TOP) return STATS_HISTOGRAM_BUCKETS - 1;
    unsigned step = (unsigned)(usec >> (log - BUCKET_BITS)) & ((1u << BUCKET_BITS) - 1);
    return ((log - BUCKET_BITS + 1) << BUCKET_BITS) + step;
}

uint64_t stats_bucket_top(unsigned bucket) {
    ASSERT(bucket < STATS_HISTOGRAM_BUCKETS);
    if (bucket < (1u << BUCKET_BITS)) return bucket;
    unsigned shift = (bucket >> BUCKET_BITS) - 1;
    uint64_t step = (bucket & ((1u << BUCKET_BITS) - 1)) + (1u << BUCKET_BITS);
    return ((step + 1) << shift) - 1;
}

void stats_call_first(struct stats *s, struct command_stats *c) {
    c->histogram = ash_zalloc(s->heap, HISTOGRAM_BYTES);
}

void stats_rejected(struct stats *s, unsigned command_id) {
    DASSERT(command_id < s->command_count);
    s->command[command_id].rejected++;
}

/* Beyond STATS_ERRORS_MAX kinds only the total goes on counting: codes may come from scripts. */
void stats_error(struct stats *s, const char *code) {
    s->errors++;
    for (unsigned i = 0; i < s->error_kinds; i++) {
        if (strcmp(s->error[i].code, code) != 0) continue;
        s->error[i].count++;
        return;
    }
    if (s->error_kinds == STATS_ERRORS_MAX) return;
    snprintf(s->error[s->error_kinds].code, sizeof s->error[0].code, "%s", code);
    s->error[s->error_kinds++].count = 1;
}

void stats_rate(struct stats *s, enum stats_rate r, uint64_t total, int64_t now_ms) {
    if (s->rate[r].last_ms > 0 && now_ms > s->rate[r].last_ms) {
        /* A reset of the counters makes total smaller: that sample is nothing. */
        uint64_t more = total >= s->rate[r].last_total ? total - s->rate[r].last_total : 0;
        s->rate[r].sample[s->rate[r].at] =
            (double)more * 1000.0 / (double)(now_ms - s->rate[r].last_ms);
        s->rate[r].at = (s->rate[r].at + 1) % STATS_SAMPLES;
    }
    s->rate[r].last_total = total;
    s->rate[r].last_ms = now_ms;
}

double stats_rate_per_sec(const struct stats *s, enum stats_rate r) {
    double sum = 0;
    for (unsigned i = 0; i < STATS_SAMPLES; i++) sum += s->rate[r].sample[i];
    return sum / STATS_SAMPLES;
}

double stats_percentile(const struct command_stats *c, double share) {
    if (c->histogram == NULL) return 0;
    uint64_t total = 0, seen = 0;
    for (unsigned i = 0; i < STATS_HISTOGRAM_BUCKETS; i++) total += c->histogram[i];
    double wanted = share * (double)total;
    for (unsigned i = 0; i < STATS_HISTOGRAM_BUCKETS; i++) {
        seen += c->histogram[i];
        if (seen > 0 && (double)seen >= wanted) return (double)stats_bucket_top(i);
    }
    return 0;
}
