/* latency.c: rings of spikes by kind of event.
 *
 * Kinds are few (Redis has about twenty) and come from the source, so they are kept in one array that
 * grows, searched by name; LATENCY_KINDS_MAX bounds it should names ever come from elsewhere. */
#include "server/core/latency.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"

#include <stdio.h>
#include <string.h>

#define LATENCY_KINDS_MAX 64

struct latency {
    struct ash_heap      *heap;
    struct latency_event *kind[LATENCY_KINDS_MAX];
    unsigned              count;
};

struct latency *latency_new(struct ash_heap *heap) {
    struct latency *l = ash_zalloc(heap, sizeof *l);
    l->heap = heap;
    return l;
}

void latency_free(struct latency **l) {
    if (*l == NULL) return;
    latency_reset(*l, NULL);
    ash_free(*l, sizeof **l);
    *l = NULL;
}

static unsigned kind_find(const struct latency *l, const char *event) {
    unsigned i = 0;
    while (i < l->count && strcasecmp(l->kind[i]->name, event) != 0) i++;
    return i;
}

static struct latency_event *kind_make(struct latency *l, const char *event) {
    unsigned i = kind_find(l, event);
    if (i < l->count) return l->kind[i];
    if (l->count == LATENCY_KINDS_MAX) return NULL;
    struct latency_event *e = ash_zalloc(l->heap, sizeof *e);
    snprintf(e->name, sizeof e->name, "%s", event);
    l->kind[l->count++] = e;
    return e;
}

void latency_add(struct latency *l, const char *event, uint64_t ms, int64_t threshold_ms,
                 int64_t now_s) {
    if (threshold_ms <= 0 || ms < (uint64_t)threshold_ms) return;
    struct latency_event *e = kind_make(l, event);
    if (e == NULL) return;
    uint32_t took = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    if (took > e->max_ms) e->max_ms = took;
    struct latency_sample *last = &e->ring[(e->at + LATENCY_RING - 1) % LATENCY_RING];
    if (last->time_s == now_s) {
        if (took > last->ms) last->ms = took;
        return;
    }
    e->ring[e->at] = (struct latency_sample){.time_s = now_s, .ms = took};
    e->at = (e->at + 1) % LATENCY_RING;
}

const struct latency_event *latency_get(const struct latency *l, const char *event) {
    unsigned i = kind_find(l, event);
    return i < l->count ? l->kind[i] : NULL;
}

void latency_each(const struct latency *l, void (*fn)(const struct latency_event *e, void *arg),
                  void *arg) {
    for (unsigned i = 0; i < l->count; i++) fn(l->kind[i], arg);
}

static void kind_remove(struct latency *l, unsigned i) {
    ash_free(l->kind[i], sizeof *l->kind[i]);
    memmove(&l->kind[i], &l->kind[i + 1], (l->count - i - 1) * sizeof l->kind[0]);
    l->count--;
}

unsigned latency_reset(struct latency *l, const char *event) {
    unsigned before = l->count;
    if (event == NULL) {
        while (l->count > 0) kind_remove(l, l->count - 1);
    } else {
        unsigned i = kind_find(l, event);
        if (i < l->count) kind_remove(l, i);
    }
    return before - l->count;
}
