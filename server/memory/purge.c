/* purge.c: a BIO job of ash_purge_step() slices, and the client that waits for it.
 *
 * The client may go away before the job is done: then the job forgets it and finishes for nobody. A
 * job ends when the allocator has nothing more, or after PURGE_US_MAX, since under a steady stream
 * of frees there is always something more. */
#include "server/memory/purge.h"

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/engine.h"
#include "server/core/session.h"

#define PURGE_SLICE_US 1000
#define PURGE_US_MAX   (60 * 1000 * 1000)

struct purge {
    struct bio_job  job; /* first: a job is its purge */
    struct session *waiter; /* engine thread only; NULL: gone */
    uint64_t        began_us;
};

static bool purge_step(struct bio_job *job) {
    struct purge *p = (struct purge *)job;
    size_t        bytes = 0;
    if (p->began_us == 0) p->began_us = clock_mono_us();
    bool more = ash_purge_step(PURGE_SLICE_US, &bytes);
    job->bytes_done += bytes;
    return more && clock_mono_us() - p->began_us < PURGE_US_MAX;
}

static void purge_done(struct bio_job *job, void *engine) {
    struct purge *p = (struct purge *)job;
    (void)engine;
    if (p->waiter != NULL) {
        reply_ok(&p->waiter->reply);
        session_unblock(p->waiter);
    }
    ash_free(p, sizeof *p);
}

static void purge_abandon(struct session *s, void *arg) {
    struct purge *p = arg;
    ASSERT(p->waiter == s);
    p->waiter = NULL;
}

bool purge_start(struct engine *e, struct session *s) {
    struct purge *p = ash_zalloc(e->heaps.server, sizeof *p);
    p->job.kind = BIO_PURGE;
    p->job.what = "purge";
    p->job.bytes_total = ash_purgeable();
    p->job.step = purge_step;
    p->job.done = purge_done;
    p->waiter = s;
    if (!bio_submit(e->bio, &p->job)) {
        ash_free(p, sizeof *p);
        return false;
    }
    session_block(s, purge_abandon, p);
    return true;
}
