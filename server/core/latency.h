/* latency.h: the latency monitor: events above latency-monitor-threshold, a ring of 160 a kind. */
#ifndef ASHLAR_SERVER_CORE_LATENCY_H
#define ASHLAR_SERVER_CORE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

struct ash_heap;
struct latency;

#define LATENCY_RING 160

struct latency_sample { int64_t time_s; uint32_t ms; };
struct latency_event {
    char     name[40];
    uint32_t max_ms;
    unsigned at; /* next place in the ring */
    struct latency_sample ring[LATENCY_RING];
};
struct latency *latency_new(struct ash_heap *heap);
void            latency_free(struct latency **l);
/* Records when threshold_ms > 0 and ms >= threshold_ms. At most one sample a second and kind: the larger. */
void latency_add(struct latency *l, const char *event, uint64_t ms, int64_t threshold_ms, int64_t now_s);
const struct latency_event *latency_get(const struct latency *l, const char *event);
void     latency_each(const struct latency *l, void (*fn)(const struct latency_event *e, void *arg), void *arg);
unsigned latency_reset(struct latency *l, const char *event); /* NULL: all; returns how many kinds */

#endif
