/* bio.h: background threads, one for each kind of job, fed from bounded queues.
 *
 * A job runs on its kind's thread in slices: step() does some tenths of a millisecond of work and says
 * whether there is more. Then done(), if any, runs on the engine thread (from bio_poll). Jobs of one
 * kind run in order. BIO threads touch memory only through the allocator and never the keyspace.
 * Where there are more threads than processors they let the engine run first, after each slice.
 *
 * A job knows what it has to do in bytes and tells its progress by bio_progress(), so what a whole
 * kind still has to do, has done and how fast it is are three loads each.
 *
 * Locking: a queue's mutex guards the queue; progress counters are atomics, readable any time. */
#ifndef ASHLAR_SERVER_CORE_BIO_H
#define ASHLAR_SERVER_CORE_BIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ash_heap;
struct bio;
struct bio_job;
struct bio_worker;

enum bio_kind { BIO_FREE, BIO_PURGE, BIO_CLOSE, BIO_SURVEY, BIO_KINDS };
#define BIO_QUEUE_MAX   (256 * 1024) /* jobs of one kind; beyond it bio_submit refuses */
#define BIO_SUBJECT_MAX 64    /* with its NUL; a longer name is cut */

struct bio_job {
    uint64_t      id;            /* set by bio_submit */
    enum bio_kind kind;
    const char   *what;          /* for MEMORY JOBS: "unlink", "flush", "purge"; a literal */
    char          subject[BIO_SUBJECT_MAX]; /* what it is about: a key, a heap; "": nothing */
    uint64_t      submitted_us;  /* monotonic, set by bio_submit */
    uint64_t      bytes_total;   /* to do; known when submitted, or 0 */
    _Atomic uint64_t bytes_done; /* by bio_progress */
    bool        (*step)(struct bio_job *job);              /* BIO thread; true: more to do */
    void        (*done)(struct bio_job *job, void *engine); /* engine thread; frees the job. Or NULL: the BIO
                                                               thread calls release */
    void        (*release)(struct bio_job *job);           /* BIO thread, when done is NULL */
    struct bio_worker *worker;   /* bio.c's own */
    struct bio_job *next;
};

/* wake is called on a BIO thread when bio_poll has something to do. */
struct bio *bio_new(struct ash_heap *heap, void (*wake)(void *arg), void *arg);
/* Finishes nothing that is queued unless drain; joins the threads. */
void        bio_free(struct bio **b, bool drain);
/* Takes the job. False: the queue is full and the job is still yours. */
bool        bio_submit(struct bio *b, struct bio_job *job);
/* Engine thread: runs done() of finished jobs. */
void        bio_poll(struct bio *b, void *engine);
/* While on, wake is also called when some of BIO_FREE's bytes are done, every BIO_TELL_US at most, and
 * after each of its jobs: somebody waits for them. */
#define BIO_TELL_US 1000
void        bio_watch(struct bio *b, bool on);
bool        bio_is_watched(const struct bio *b);
size_t      bio_pending(const struct bio *b, enum bio_kind kind); /* queued and running */
/* From step(): so much of the job is done. More than bytes_total is fine. */
void        bio_progress(struct bio_job *job, uint64_t bytes);
/* Totals of a kind. Any thread, no lock. */
struct bio_totals {
    uint64_t bytes_pending; /* of queued and running jobs, less what they have done */
    uint64_t bytes_done;    /* ever */
    uint64_t busy_us;       /* ever spent in step() */
};
struct bio_totals bio_totals(const struct bio *b, enum bio_kind kind);
uint64_t    bio_pending_bytes(const struct bio *b, enum bio_kind kind); /* of these; b NULL: 0 */
/* Copies text into the job's subject: printable as it is, cut where it is too long. */
void        bio_subject(struct bio_job *job, const char *text, size_t len);
/* Shows fn the first jobs of a kind, `max` at most, the running one first, under the queue's lock: fn
 * must be quick. Returns how many there are, shown or not. */
size_t      bio_peek(struct bio *b, enum bio_kind kind, size_t max,
                     void (*fn)(const struct bio_job *job, void *arg), void *arg);

#endif
