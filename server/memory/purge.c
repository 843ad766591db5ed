/* purge.c: a BIO job of ash_purge_step() slices, and the client that may wait for it.
 *
 * The client may go away before the job is done: then the job forgets it and finishes for nobody. A
 * job ends when the allocator has nothing more, or after PURGE_US_MAX, since under a steady stream
 * of frees there is always something more.
 *
 * Start reading at purge_start(). */
#include "server/memory/purge.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/core/bio.h"
#include "server/core/clock.h"
#include "server/core/session.h"

#include <stdatomic.h>
#include <string.h>

#define PURGE_SLICE_US 500 /* the last call in it may take some 0.3 ms more */
#define PURGE_US_MAX   (60 * 1000 * 1000)

struct purge {
    struct ash_heap *heap;
    struct bio      *bio;
    /* engine thread */
    uint64_t         runs, bytes, last_bytes, last_us;
    /* BIO thread writes */
    _Atomic uint64_t slice_us_max;
};

struct purge_job {
    struct bio_job  job; /* first: BIO knows only this */
    struct purge   *purge;
    struct ash_heap *of;    /* NULL: all. It may have been dropped: alloc.h allows that */
    struct session *waiter; /* engine thread only; NULL: nobody, or gone */
    uint64_t        began_us, ended_us;
};

struct purge *purge_new(struct ash_heap *heap, struct bio *bio) {
    struct purge *p = ash_zalloc(heap, sizeof *p);
    p->heap = heap;
    p->bio = bio;
    return p;
}

void purge_free(struct purge **p) {
    if (*p == NULL) return;
    ash_free(*p, sizeof **p);
    *p = NULL;
}

/* --- On the BIO thread ----------------------------------------------------------------------- */

static void note_slice(struct purge *p, uint64_t us) {
    if (us > atomic_load_explicit(&p->slice_us_max, memory_order_relaxed))
        atomic_store_explicit(&p->slice_us_max, us, memory_order_relaxed);
}

static bool purge_step(struct bio_job *job) {
    struct purge_job *j = (struct purge_job *)job;
    size_t            bytes = 0;
    uint64_t          start_us = clock_mono_us();
    if (j->began_us == 0) j->began_us = start_us;
    bool more = j->of != NULL ? ash_heap_purge_step(j->of, PURGE_SLICE_US, &bytes)
                              : ash_purge_step(PURGE_SLICE_US, &bytes);
    j->ended_us = clock_mono_us();
    note_slice(j->purge, j->ended_us - start_us);
    bio_progress(job, bytes);
    return more && j->ended_us - j->began_us < PURGE_US_MAX;
}

/* --- On the engine thread -------------------------------------------------------------------- */

static void purge_done(struct bio_job *job, void *engine) {
    struct purge_job *j = (struct purge_job *)job;
    struct purge     *p = j->purge;
    (void)engine;
    p->runs++;
    p->last_bytes = job->bytes_done;
    p->bytes += p->last_bytes;
    p->last_us = j->ended_us - j->began_us;
    if (j->waiter != NULL) {
        reply_ok(&j->waiter->reply);
        session_unblock(j->waiter);
    }
    ash_free(j, sizeof *j);
}

static void purge_abandon(struct session *s, void *arg) {
    struct purge_job *j = arg;
    ASSERT(j->waiter == s);
    j->waiter = NULL;
}

struct search {
    struct slice     name;
    struct ash_heap *found;
};

static void match(struct ash_heap *h, void *arg) {
    struct search *s = arg;
    if (slice_eq(slice_str(ash_heap_name(h)), s->name)) s->found = h;
}

struct ash_heap *purge_heap(struct slice name) {
    struct search s = {.name = name};
    ash_heap_each(match, &s);
    return s.found;
}

uint64_t purge_start(struct purge *p, struct ash_heap *of, struct session *waiter) {
    struct purge_job *j = ash_zalloc(p->heap, sizeof *j);
    if (of != NULL) bio_subject(&j->job, ash_heap_name(of), strlen(ash_heap_name(of)));
    j->job.kind = BIO_PURGE;
    j->job.what = "purge";
    j->job.bytes_total = of != NULL ? ash_heap_purgeable(of) : ash_purgeable();
    j->job.step = purge_step;
    j->job.done = purge_done;
    j->purge = p;
    j->of = of;
    j->waiter = waiter;
    if (!bio_submit(p->bio, &j->job)) {
        ash_free(j, sizeof *j);
        return 0;
    }
    if (waiter != NULL) session_block(waiter, purge_abandon, j);
    return j->job.id; /* done() runs on this thread, so j is still there */
}

static void see_job(const struct bio_job *job, void *arg) {
    struct purge_status *out = arg;
    out->job_id = job->id;
    out->bytes_total = job->bytes_total;
    out->bytes_done = job->bytes_done;
}

void purge_read(const struct purge *p, struct purge_status *out) {
    *out = (struct purge_status){.runs = p->runs, .bytes = p->bytes, .last_bytes = p->last_bytes,
                                 .last_us = p->last_us};
    out->slice_us_max = atomic_load_explicit(&p->slice_us_max, memory_order_relaxed);
    out->waiting = bio_peek(p->bio, BIO_PURGE, 1, see_job, out);
}
