/* stats.h: counters for INFO, LATENCY and COMMAND statistics. Engine thread only.
 * Keyspace counters (hits, expired, ...) are in struct keyspace_stats. */
#ifndef ASHLAR_SERVER_CORE_STATS_H
#define ASHLAR_SERVER_CORE_STATS_H

#include "proto/buf.h"

struct ash_heap;

#define STATS_HISTOGRAM_BUCKETS 272 /* log-linear: 16 a doubling from 1 us, capped at about 1 s */
#define STATS_HISTOGRAM_NEAR    16  /* durations below have a bucket each */
#define STATS_SAMPLES           16
#define STATS_ERRORS_MAX        128 /* kinds of error reply counted, as Redis 7.2 */

struct command_stats {
    uint64_t  calls, usec, rejected, failed;
    uint32_t *histogram; /* by duration, made at the first call; STATS_HISTOGRAM_BUCKETS */
};

enum stats_rate { RATE_COMMANDS, RATE_NET_IN, RATE_NET_OUT,
    RATE_LOOP_TURNS, RATE_LOOP_US, /* of loop_turns, loop_us: instantaneous_eventloop_* */
    RATE_COUNT };

struct stats {
    struct ash_heap      *heap;
    struct command_stats *command; /* by command id */
    unsigned              command_count;
    uint64_t commands_processed, connections_received, connections_rejected, net_in, net_out;
    uint64_t errors, unexpected_errors, acl_denied_auth, protocol_errors;
    uint64_t output_limit_closed, query_limit_closed, reads, writes, loop_turns, loop_us;
    uint64_t loop_us_commands;
    uint64_t loop_us_max;         /* the longest turn; of the processor's time only while somebody */
    uint64_t loop_cpu_us_max;     /* watches: latency-monitor-threshold is set */
    uint64_t clients_evicted;
    uint64_t room_waits, room_refusals; /* writers that had to wait for memory; those in vain */
    uint64_t over_limit_us;       /* spent above maxmemory, sampled by cron, the present stretch left out */
    uint64_t over_limit_since_us; /* monotonic; 0: not above it now */
    size_t   peak_used;
    int64_t  peak_time;
    size_t   startup_used;
    size_t   rss, rss_peak;      /* as last read */
    int64_t  started_wall_ms, started_mono_ms;
    struct { char code[32]; uint64_t count; } error[STATS_ERRORS_MAX];
    unsigned error_kinds;
    struct { uint64_t last_total; int64_t last_ms; double sample[STATS_SAMPLES]; unsigned at; } rate[RATE_COUNT];
};

void   stats_init(struct stats *s, struct ash_heap *heap, unsigned commands);
void   stats_fini(struct stats *s);
void   stats_reset(struct stats *s); /* CONFIG RESETSTAT */
void   stats_call_first(struct stats *s, struct command_stats *c); /* makes the histogram */
void   stats_rejected(struct stats *s, unsigned command_id);
void   stats_error(struct stats *s, const char *code);
void   stats_rate(struct stats *s, enum stats_rate r, uint64_t total, int64_t now_ms); /* cron, 10 Hz */
double stats_rate_per_sec(const struct stats *s, enum stats_rate r);
/* Bucket of a duration, and the upper bound of a bucket, in microseconds. */
unsigned stats_bucket_far(uint64_t usec);
static inline unsigned stats_bucket(uint64_t usec) {
    return ASH_LIKELY(usec < STATS_HISTOGRAM_NEAR) ? (unsigned)usec : stats_bucket_far(usec);
}
uint64_t stats_bucket_top(unsigned bucket);
/* One finished call. failed: its reply was an error. Inline: once a request. */
static inline void stats_call(struct stats *s, unsigned command_id, uint64_t usec, bool failed) {
    DASSERT(command_id < s->command_count);
    struct command_stats *c = &s->command[command_id];
    if (ASH_UNLIKELY(c->histogram == NULL)) stats_call_first(s, c);
    c->calls++;
    c->usec += usec;
    c->failed += failed;
    c->histogram[stats_bucket(usec)]++;
    s->commands_processed++;
}
/* The duration below which share (0..1) of the calls lie, microseconds. */
double   stats_percentile(const struct command_stats *c, double share);

#endif
