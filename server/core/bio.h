/* bio.h: background threads, one for each kind of job, fed from bounded queues.
 *
 * A job runs on its kind's thread in slices: step() does about a millisecond of work and says whether
 * there is more. Then done(), if any, runs on the engine thread (from bio_poll). Jobs of one kind run
 * in order. BIO threads touch memory only through the allocator and never the keyspace.
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

enum bio_kind { BIO_FREE, BIO_PURGE, BIO_CLOSE, BIO_KINDS };
#define BIO_QUEUE_MAX 65536 /* jobs of one kind; beyond it bio_submit refuses */

struct bio_job {
    uint64_t      id;            /* set by bio_submit */
    enum bio_kind kind;
    const char   *what;          /* for MEMORY JOBS: "unlink", "flushall", "purge" */
    uint64_t      submitted_us;  /* monotonic, set by bio_submit */
    uint64_t      bytes_total;   /* known or 0 */
    _Atomic uint64_t bytes_done, objects_done;
    uint64_t      objects_total;
    bool        (*step)(struct bio_job *job);              /* BIO thread; true: more to do */
    void        (*done)(struct bio_job *job, void *engine); /* engine thread; frees the job. Or NULL: the BIO
                                                               thread calls release */
    void        (*release)(struct bio_job *job);           /* BIO thread, when done is NULL */
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
size_t      bio_pending(const struct bio *b, enum bio_kind kind); /* queued and running */
/* Walks queued and running jobs under the lock; fn must be quick. */
void        bio_each(struct bio *b, void (*fn)(const struct bio_job *job, void *arg), void *arg);

#endif
