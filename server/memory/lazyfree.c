/* lazyfree.c: which frees go to the BIO thread, and the jobs that carry them there.
 *
 * A small value is freed where it is met: a job costs more than a few frees. The rest is one job an
 * entry, whatever its size, so the engine's part is O(1): BIO frees slots into the database's heap,
 * from which they return to the engine in batches. It takes a container apart in slices, so that
 * what is done of it counts as done, and BIO can look up between.
 *
 * A flushed database is two heaps that nobody can reach any more, but entries unlinked earlier may
 * still wait in the queue and lie in them. Jobs of one kind run in order, so a drop behind them is
 * safe; dropping at once is only done when the queue is empty. There are not heaps for any number of
 * drops, so behind DROPS_MAX of them a database keeps its heaps, as one always does that shares them
 * with others, and its keys are freed one by one: in the queue too, unless they are few.
 *
 * Known weakness: jobs run in order, so a small one behind a very large one waits for it.
 *
 * Start reading at lazyfree_discard(). */
#include "server/memory/lazyfree.h"

#include <stdatomic.h>
#include <string.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/ds/freeing.h"

#define SLICE_FREES    1024 /* some 0.1 ms */
#define DROPS_MAX      16  /* heap pairs in the queue: the allocator has ASH_HEAPS_MAX heaps */
#define RATE_KEPT      0.8 /* of the earlier samples, at each new one */

struct lazyfree {
    struct ash_heap     *heap;
    struct bio          *bio;
    const struct config *config;
    _Atomic uint64_t     pending, freed; /* objects */
    _Atomic uint64_t     drops;          /* heap pairs in the queue */
    /* engine thread: speed, over samples that fade */
    struct bio_totals    sampled;
    double               recent_bytes, recent_us;
    uint64_t             freed_bytes_base; /* BIO's total at the last reset */
};

struct lazy_job {
    struct bio_job   job; /* first: BIO knows only this */
    struct lazyfree *l;
    uint64_t         objects;
    union { /* by job.step */
        struct entry *entry;
        struct outbuf output;
        struct { struct ash_heap *dataset, *tables; } heaps;
        struct db_tables *tables; /* server heap */
    } u;
};

struct lazyfree *lazyfree_new(struct ash_heap *heap, struct bio *bio, const struct config *config) {
    struct lazyfree *l = ash_zalloc(heap, sizeof *l);
    l->heap = heap;
    l->bio = bio;
    l->config = config;
    return l;
}

void lazyfree_free(struct lazyfree **l) {
    if (*l == NULL) return;
    ash_free(*l, sizeof **l);
    *l = NULL;
}

/* --- On the BIO thread ----------------------------------------------------------------------- */

static bool step_entry(struct bio_job *job) {
    struct freeing f = freeing_some(SLICE_FREES);
    bool           more = entry_drain(((struct lazy_job *)job)->u.entry, &f);
    bio_progress(job, f.bytes);
    DASSERT(more || job->bytes_done == job->bytes_total);
    return more;
}

static bool step_output(struct bio_job *job) {
    struct outbuf *out = &((struct lazy_job *)job)->u.output;
    size_t         footprint = out->footprint;
    bool           more = outbuf_drain(out, SLICE_FREES);
    bio_progress(job, footprint - out->footprint);
    return more;
}

/* Whole: where a container is among the keys, the slice is as long as that takes. */
static void drain_entry(void *item, struct freeing *f) {
    struct freeing all = freeing_all();
    entry_drain(item, &all);
    uint64_t pieces = UINT64_MAX - all.left;
    f->left = f->left > pieces ? f->left - pieces : 0;
    f->bytes += all.bytes;
}

static bool step_tables(struct bio_job *job) {
    struct db_tables *t = ((struct lazy_job *)job)->u.tables;
    struct freeing    f = freeing_some(SLICE_FREES);
    bool more = table_drain(&t->keys, drain_entry, &f) || table_drain(&t->expires, NULL, &f) ||
                deadlines_drain(&t->fields_due, &f);
    bio_progress(job, f.bytes);
    if (!more) ash_free(t, sizeof *t);
    return more;
}

static bool step_drop(struct bio_job *job) {
    struct lazy_job *j = (struct lazy_job *)job;
    ash_heap_drop(&j->u.heaps.dataset);
    ash_heap_drop(&j->u.heaps.tables);
    atomic_fetch_sub(&j->l->drops, 1);
    bio_progress(job, job->bytes_total);
    return false;
}

static void job_release(struct bio_job *job) {
    struct lazy_job *j = (struct lazy_job *)job;
    atomic_fetch_sub(&j->l->pending, j->objects);
    atomic_fetch_add(&j->l->freed, j->objects);
    ash_free(j, sizeof *j);
}

/* --- On the engine thread -------------------------------------------------------------------- */

static struct lazy_job *job_new(struct lazyfree *l, const char *what, uint64_t objects,
                                uint64_t bytes, bool (*step)(struct bio_job *job)) {
    struct lazy_job *j = ash_zalloc(l->heap, sizeof *j);
    j->job.kind = BIO_FREE;
    j->job.what = what;
    j->job.bytes_total = bytes;
    j->job.step = step;
    j->job.release = job_release;
    j->l = l;
    j->objects = objects;
    atomic_fetch_add(&l->pending, objects);
    return j;
}

/* The queue did not take it: as if it had never been made. */
static void job_cancel(struct lazy_job *j) {
    atomic_fetch_sub(&j->l->pending, j->objects);
    ash_free(j, sizeof *j);
}

static bool is_lazy(const struct config *config, enum discard_reason why) {
    switch (why) {
    case DISCARD_USER: return config->lazyfree_lazy_user_del;
    case DISCARD_SERVER: return config->lazyfree_lazy_server_del;
    case DISCARD_EXPIRED: return config->lazyfree_lazy_expire;
    case DISCARD_EVICTED: return config->lazyfree_lazy_eviction;
    case DISCARD_LAZY: break;
    }
    return true;
}

static const char *reason_name(enum discard_reason why) {
    static const char *const names[] = {"del", "overwrite", "expire", "evict", "unlink"};
    return names[why];
}

static bool is_crowded(const struct lazyfree *l, size_t effort) {
    return effort < LAZYFREE_LONG && bio_pending(l->bio, BIO_FREE) >= LAZYFREE_QUEUE_MAX;
}

void lazyfree_discard(void *arg, struct entry *e, enum discard_reason why) {
    struct lazyfree *l = arg;
    size_t           effort = entry_free_effort(e);
    uint64_t         bytes = entry_bytes(e);
    bool             large = effort >= LAZYFREE_EFFORT || bytes >= l->config->lazyfree_large_bytes;
    if (!large || !is_lazy(l->config, why) || is_crowded(l, effort)) {
        entry_free(e);
        return;
    }
    struct lazy_job *j = job_new(l, reason_name(why), 1, bytes, step_entry);
    struct slice key = entry_key(e);
    bio_subject(&j->job, key.p, key.len);
    j->u.entry = e;
    if (bio_submit(l->bio, &j->job)) return;
    job_cancel(j);
    entry_free(e);
}

void lazyfree_output(struct lazyfree *l, struct outbuf *out) {
    if (out->footprint < l->config->lazyfree_large_bytes ||
        is_crowded(l, out->footprint / OUTBUF_CHUNK_SIZE)) {
        outbuf_fini(out);
        return;
    }
    struct lazy_job *j = job_new(l, "output", 1, out->footprint, step_output);
    outbuf_take(out, &j->u.output);
    if (bio_submit(l->bio, &j->job)) return;
    outbuf_fini(&j->u.output);
    job_cancel(j);
}

bool lazyfree_drop(void *arg, struct ash_heap *dataset, struct ash_heap *tables, uint64_t keys,
                   bool lazy) {
    struct lazyfree *l = arg;
    uint64_t         bytes = ash_heap_used(dataset) + ash_heap_used(tables);
    if (bio_pending(l->bio, BIO_FREE) == 0 && (!lazy || bytes < l->config->lazyfree_large_bytes)) {
        ash_heap_drop(&dataset);
        ash_heap_drop(&tables);
        if (lazy) atomic_fetch_add(&l->freed, keys);
        return true;
    }
    if (atomic_load(&l->drops) >= DROPS_MAX) return false;
    struct lazy_job *j = job_new(l, "flush", keys, bytes, step_drop);
    const char *name = ash_heap_name(dataset);
    bio_subject(&j->job, name, strlen(name));
    j->u.heaps.dataset = dataset;
    j->u.heaps.tables = tables;
    atomic_fetch_add(&l->drops, 1);
    if (bio_submit(l->bio, &j->job)) return true;
    atomic_fetch_sub(&l->drops, 1);
    job_cancel(j);
    return false;
}

/* How much the entries take is not known without looking at them: only the tables count as pending. */
bool lazyfree_drop_keys(void *arg, const struct db_tables *t) {
    struct lazyfree *l = arg;
    uint64_t         bytes = table_bytes(&t->keys) + table_bytes(&t->expires) + deadlines_bytes(&t->fields_due);
    if (t->keys.count < LAZYFREE_EFFORT) return false;
    struct lazy_job *j = job_new(l, "flush", t->keys.count, bytes, step_tables);
    const char      *name = ash_heap_name(t->keys.heap);
    bio_subject(&j->job, name, strlen(name));
    j->u.tables = ash_alloc(l->heap, sizeof *t);
    *j->u.tables = *t;
    if (bio_submit(l->bio, &j->job)) return true;
    ash_free(j->u.tables, sizeof *t);
    job_cancel(j);
    return false;
}

/* --- What is known of it ---------------------------------------------------------------------- */

uint64_t lazyfree_pending_objects(const struct lazyfree *l) { return atomic_load(&l->pending); }

void lazyfree_sample(struct lazyfree *l) {
    struct bio_totals now = bio_totals(l->bio, BIO_FREE);
    if (now.busy_us == l->sampled.busy_us) return; /* idle: the last speed is the best guess */
    l->recent_bytes = l->recent_bytes * RATE_KEPT + (double)(now.bytes_done - l->sampled.bytes_done);
    l->recent_us = l->recent_us * RATE_KEPT + (double)(now.busy_us - l->sampled.busy_us);
    l->sampled = now;
}

void lazyfree_read(const struct lazyfree *l, struct lazyfree_status *out) {
    struct bio_totals now = bio_totals(l->bio, BIO_FREE);
    *out = (struct lazyfree_status){
        .pending_objects = atomic_load(&l->pending),
        .pending_bytes = now.bytes_pending,
        .freed_objects = atomic_load(&l->freed),
        .freed_bytes = now.bytes_done - l->freed_bytes_base,
    };
    if (l->recent_us <= 0 || l->recent_bytes <= 0) return;
    double bytes_per_us = l->recent_bytes / l->recent_us;
    out->bytes_per_sec = (uint64_t)(bytes_per_us * 1e6);
    out->eta_ms = (uint64_t)((double)out->pending_bytes / bytes_per_us / 1000);
}

void lazyfree_reset_stats(struct lazyfree *l) {
    atomic_store(&l->freed, 0);
    l->freed_bytes_base = bio_totals(l->bio, BIO_FREE).bytes_done;
}
