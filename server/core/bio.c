/* bio.c: a thread a kind, a queue a thread, and one list of finished jobs for the engine.
 *
 * A job stays at the head of its queue while it runs, so bio_peek() shows it with the rest. Its id,
 * kind and times are written before it is queued; afterwards only its counters move.
 * The threads take no signals: those are the engine thread's business.
 *
 * What BIO costs the engine is its place on a processor, not locks. Looked at with `perf sched` on two
 * processors that the engine, its client and BIO share: woken by the engine, BIO took its place at
 * once and kept it for a whole slice of the scheduler's, up to 4 ms; and where the engine was woken
 * beside a BIO at work, it waited as long. So BIO threads are of SCHED_BATCH, which does not push
 * anybody aside when woken, and offer the processor after YIELD_US of work: the engine's waits of more
 * than a millisecond while 2 M members are freed went from about 20 to none or one, at no more
 * processor time. Tried and dropped: a slice of its own for the engine (sched_setattr), which changed
 * nothing beside that; SCHED_IDLE or a lower priority, under which a BIO thread that holds one of the
 * allocator's locks may not run for a long time while the engine wants that lock; and sleeping between
 * slices, which frees no sooner and makes what waits for the memory wait longer.
 *
 * Start reading at worker_run(). */
#include "server/core/bio.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/core/clock.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#define YIELD_US 100 /* of work, then others may have the processor */

struct bio_worker {
    struct bio     *bio;
    pthread_t       thread;
    pthread_mutex_t lock;
    pthread_cond_t  some; /* there is work, or it is time to stop */
    /* under lock */
    struct bio_job *first, *last; /* first is the running one */
    size_t          count;
    bool            stop, drain;
    /* the thread's own */
    uint64_t        unyielded_us;
    uint64_t        told_us;       /* when it last woke the engine for its progress */
    /* any thread reads */
    _Atomic uint64_t bytes_pending, bytes_done, busy_us;
};

struct bio {
    struct ash_heap *heap;
    void           (*wake)(void *arg);
    void            *wake_arg;
    struct bio_worker    worker[BIO_KINDS];
    _Atomic uint64_t next_id;
    _Atomic bool     watched;                /* engine thread writes */
    pthread_mutex_t  done_lock;
    struct bio_job  *done_first, *done_last; /* under done_lock */
    _Atomic bool     done_some;              /* written under it: saves bio_poll the lock */
};

static const char *const worker_names[BIO_KINDS] = {"bio_free", "bio_purge", "bio_close",
                                                     "bio_survey"};

/* --- On the BIO threads ---------------------------------------------------------------------- */

static void done_put(struct bio *b, struct bio_job *job) {
    pthread_mutex_lock(&b->done_lock);
    job->next = NULL;
    *(b->done_last != NULL ? &b->done_last->next : &b->done_first) = job;
    b->done_last = job;
    b->done_some = true;
    pthread_mutex_unlock(&b->done_lock);
    b->wake(b->wake_arg);
}

/* Waits for a job. NULL: stop now. */
static struct bio_job *worker_next(struct bio_worker *w) {
    pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stop) pthread_cond_wait(&w->some, &w->lock);
    struct bio_job *job = w->stop && !w->drain ? NULL : w->first;
    pthread_mutex_unlock(&w->lock);
    return job;
}

static bool worker_must_quit(struct bio_worker *w) {
    pthread_mutex_lock(&w->lock);
    bool quit = w->stop && !w->drain;
    pthread_mutex_unlock(&w->lock);
    return quit;
}

static void subtract(_Atomic uint64_t *from, uint64_t n) {
    atomic_fetch_sub_explicit(from, n, memory_order_relaxed);
}

static void add(_Atomic uint64_t *to, uint64_t n) {
    atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

/* What a job with a known total has left to do. */
static uint64_t left_of(const struct bio_job *job) {
    uint64_t done = atomic_load_explicit(&job->bytes_done, memory_order_relaxed);
    return job->bytes_total > done ? job->bytes_total - done : 0;
}

void bio_progress(struct bio_job *job, uint64_t bytes) {
    uint64_t left = left_of(job);
    subtract(&job->worker->bytes_pending, bytes < left ? bytes : left);
    add(&job->worker->bytes_done, bytes);
    add(&job->bytes_done, bytes);
}

/* now_us 0: however short it is since the last time. */
static void worker_tell(struct bio_worker *w, uint64_t now_us) {
    if (!atomic_load(&w->bio->watched)) return;
    if (w != &w->bio->worker[BIO_FREE] || (now_us != 0 && now_us - w->told_us < BIO_TELL_US)) return;
    w->told_us = now_us;
    w->bio->wake(w->bio->wake_arg);
}

static bool worker_step(struct bio_worker *w, struct bio_job *job) {
    uint64_t start_us = clock_mono_us();
    bool     more = job->step(job);
    uint64_t end_us = clock_mono_us(), us = end_us - start_us;
    add(&w->busy_us, us);
    if (more) worker_tell(w, end_us);
    if ((w->unyielded_us += us) >= YIELD_US) {
        w->unyielded_us = 0;
        sched_yield();
    }
    return more;
}

static void worker_finish(struct bio_worker *w, struct bio_job *job) {
    subtract(&w->bytes_pending, left_of(job));
    pthread_mutex_lock(&w->lock);
    ASSERT(w->first == job);
    w->first = job->next;
    if (w->first == NULL) w->last = NULL;
    w->count--;
    pthread_mutex_unlock(&w->lock);
    if (job->done != NULL)
        done_put(w->bio, job);
    else if (job->release != NULL)
        job->release(job);
    worker_tell(w, 0);
}

static void *worker_run(void *arg) {
    struct bio_worker       *w = arg;
    const struct sched_param none = {0};
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &none); /* refused: it is a favour only */
    for (struct bio_job *job; (job = worker_next(w)) != NULL;) {
        bool more = true;
        while (more && !worker_must_quit(w)) more = worker_step(w, job);
        if (more) break; /* stopped half way: the process is ending */
        worker_finish(w, job);
    }
    return NULL;
}

/* --- On the engine thread -------------------------------------------------------------------- */

static void worker_start(struct bio_worker *w, const char *name) {
    sigset_t all, old;
    sigfillset(&all);
    ASSERT(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
    if (pthread_create(&w->thread, NULL, worker_run, w) != 0) PANIC("cannot start thread %s", name);
    ASSERT(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
    pthread_setname_np(w->thread, name);
}

struct bio *bio_new(struct ash_heap *heap, void (*wake)(void *arg), void *arg) {
    struct bio *b = ash_zalloc(heap, sizeof *b);
    b->heap = heap;
    b->wake = wake;
    b->wake_arg = arg;
    pthread_mutex_init(&b->done_lock, NULL);
    for (int k = 0; k < BIO_KINDS; k++) {
        struct bio_worker *w = &b->worker[k];
        w->bio = b;
        pthread_mutex_init(&w->lock, NULL);
        pthread_cond_init(&w->some, NULL);
        worker_start(w, worker_names[k]);
    }
    return b;
}

void bio_free(struct bio **bp, bool drain) {
    struct bio *b = *bp;
    if (b == NULL) return;
    *bp = NULL;
    for (int k = 0; k < BIO_KINDS; k++) {
        struct bio_worker *w = &b->worker[k];
        pthread_mutex_lock(&w->lock);
        w->stop = true;
        w->drain = drain;
        pthread_cond_signal(&w->some);
        pthread_mutex_unlock(&w->lock);
    }
    for (int k = 0; k < BIO_KINDS; k++) {
        struct bio_worker *w = &b->worker[k];
        pthread_join(w->thread, NULL);
        pthread_cond_destroy(&w->some);
        pthread_mutex_destroy(&w->lock);
    }
    pthread_mutex_destroy(&b->done_lock);
    ash_free(b, sizeof *b);
}

bool bio_submit(struct bio *b, struct bio_job *job) {
    struct bio_worker *w = &b->worker[job->kind];
    pthread_mutex_lock(&w->lock);
    bool room = w->count < BIO_QUEUE_MAX && !w->stop;
    if (room) {
        job->id = ++b->next_id;
        job->submitted_us = clock_mono_us();
        job->worker = w;
        job->next = NULL;
        add(&w->bytes_pending, job->bytes_total);
        *(w->last != NULL ? &w->last->next : &w->first) = job;
        w->last = job;
        if (w->count++ == 0) pthread_cond_signal(&w->some);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

void bio_poll(struct bio *b, void *engine) {
    if (!atomic_load_explicit(&b->done_some, memory_order_relaxed)) return;
    pthread_mutex_lock(&b->done_lock);
    struct bio_job *job = b->done_first;
    b->done_first = b->done_last = NULL;
    b->done_some = false;
    pthread_mutex_unlock(&b->done_lock);
    for (struct bio_job *next; job != NULL; job = next) {
        next = job->next;
        job->done(job, engine);
    }
}

void bio_watch(struct bio *b, bool on) {
    atomic_store(&b->watched, on); /* before the caller looks at what is pending once more */
}

bool bio_is_watched(const struct bio *b) {
    return atomic_load_explicit(&b->watched, memory_order_relaxed);
}

static struct bio_worker *worker_of(const struct bio *b, enum bio_kind kind) {
    return (struct bio_worker *)(uintptr_t)&b->worker[kind]; /* its lock changes, it does not */
}

size_t bio_pending(const struct bio *b, enum bio_kind kind) {
    struct bio_worker *w = worker_of(b, kind);
    pthread_mutex_lock(&w->lock);
    size_t count = w->count;
    pthread_mutex_unlock(&w->lock);
    return count;
}

struct bio_totals bio_totals(const struct bio *b, enum bio_kind kind) {
    const struct bio_worker *w = &b->worker[kind];
    return (struct bio_totals){
        .bytes_pending = atomic_load_explicit(&w->bytes_pending, memory_order_relaxed),
        .bytes_done = atomic_load_explicit(&w->bytes_done, memory_order_relaxed),
        .busy_us = atomic_load_explicit(&w->busy_us, memory_order_relaxed),
    };
}

uint64_t bio_pending_bytes(const struct bio *b, enum bio_kind kind) {
    return b != NULL ? bio_totals(b, kind).bytes_pending : 0;
}

void bio_subject(struct bio_job *job, const char *text, size_t len) {
    if (len >= sizeof job->subject) len = sizeof job->subject - 1;
    for (size_t i = 0; i < len; i++)
        job->subject[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
    job->subject[len] = '\0';
}

size_t bio_peek(struct bio *b, enum bio_kind kind, size_t max,
                void (*fn)(const struct bio_job *job, void *arg), void *arg) {
    struct bio_worker *w = &b->worker[kind];
    pthread_mutex_lock(&w->lock);
    const struct bio_job *job = w->first;
    for (size_t i = 0; job != NULL && i < max; i++, job = job->next) fn(job, arg);
    size_t count = w->count;
    pthread_mutex_unlock(&w->lock);
    return count;
}
