/* pressure.c: a small BIO job a second, and what follows from what it read. Start reading at
 * take_in(). */
#include "server/memory/pressure.h"

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/clock.h"
#include "server/core/config.h"
#include "server/core/log.h"
#include "server/memory/procmem.h"
#include "server/memory/purge.h"

#include <inttypes.h>

struct pressure {
    struct ash_heap *heap;
    struct bio      *bio;
    struct config   *config;
    struct purge    *purge;
    struct cgroup    group;
    uint64_t         machine; /* bytes */
    /* engine thread */
    struct pressure_status status;
    uint64_t               read_us, due_us; /* monotonic */
    struct reading        *flight;          /* NULL: none asked for */
};

struct reading {
    struct bio_job         job; /* first: BIO knows only this */
    struct pressure       *pressure;
    struct cgroup_memory   memory;
    struct cgroup_pressure stall;
    uint64_t               taken_us;
};

/* Did tasks wait for memory for a notable share of the time between two readings? */
static bool is_pressed(const struct cgroup_pressure *before, const struct cgroup_pressure *now,
                       uint64_t elapsed_us) {
    if (!before->known || !now->known || now->some_total_us <= before->some_total_us) return false;
    return (now->some_total_us - before->some_total_us) * 100 >= elapsed_us * PRESSURE_WAIT_PERCENT;
}

static void relieve(struct pressure *p) {
    struct purge_status purge;
    purge_read(p->purge, &purge);
    if (purge.waiting > 0 || ash_purgeable() == 0) return;
    if (purge_start(p->purge, NULL, NULL) != 0) p->status.purges++;
}

static void take_in(struct pressure *p, const struct reading *r) {
    bool pressed = is_pressed(&p->status.stall, &r->stall, r->taken_us - p->read_us);
    p->status.memory = r->memory;
    p->status.stall = r->stall;
    p->read_us = r->taken_us;
    if (config_memory_base(p->config, cgroup_available(&r->memory, p->machine)))
        log_notice("maxmemory is now %" PRIu64 " bytes: %lld%% of what this process may have.",
                   p->config->maxmemory, (long long)p->config->maxmemory_percent);
    if (pressed) relieve(p);
}

static bool reading_step(struct bio_job *job) {
    struct reading *r = (struct reading *)job;
    cgroup_read(&r->pressure->group, &r->memory);
    cgroup_pressure(&r->pressure->group, &r->stall);
    r->taken_us = clock_mono_us();
    return false;
}

static void reading_done(struct bio_job *job, void *engine) {
    struct reading *r = (struct reading *)job;
    (void)engine;
    r->pressure->flight = NULL;
    take_in(r->pressure, r);
    ash_free(r, sizeof *r);
}

void pressure_tick(struct pressure *p, uint64_t now_us) {
    if (now_us < p->due_us || p->flight != NULL) return;
    p->due_us = now_us + PRESSURE_EVERY_US;
    struct reading *r = ash_zalloc(p->heap, sizeof *r);
    r->job.kind = BIO_SURVEY;
    r->job.what = "pressure";
    r->job.step = reading_step;
    r->job.done = reading_done;
    r->pressure = p;
    if (bio_submit(p->bio, &r->job)) {
        p->flight = r;
    } else {
        ash_free(r, sizeof *r);
    }
}

struct pressure *pressure_new(struct ash_heap *heap, struct bio *bio, struct config *config,
                              struct purge *purge, const char *root) {
    struct pressure *p = ash_zalloc(heap, sizeof *p);
    struct reading   first = {.pressure = p};
    p->heap = heap;
    p->bio = bio;
    p->config = config;
    p->purge = purge;
    p->machine = procmem_total();
    cgroup_find(&p->group, root);
    reading_step(&first.job);
    take_in(p, &first);
    p->due_us = first.taken_us + PRESSURE_EVERY_US;
    return p;
}

void pressure_free(struct pressure **p) {
    if (*p == NULL) return;
    if ((*p)->flight != NULL) ash_free((*p)->flight, sizeof *(*p)->flight);
    ash_free(*p, sizeof **p);
    *p = NULL;
}

const struct pressure_status *pressure_read(const struct pressure *p) { return &p->status; }
