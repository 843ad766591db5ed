/* purge.h: MEMORY PURGE: free pages go back to the system on the BIO thread, in slices of at most a
 * millisecond, while at most the caller waits.
 *
 * Locking: the engine thread; what a running job has done so far is kept in atomics.
 * Ownership: purge_new/purge_free; a job belongs to BIO until it is done. */
#ifndef ASHLAR_SERVER_MEMORY_PURGE_H
#define ASHLAR_SERVER_MEMORY_PURGE_H

#include "proto/buf.h"

struct ash_heap;
struct bio;
struct purge;
struct session;

struct purge_status {
    uint64_t waiting;      /* jobs queued and running */
    uint64_t job_id;       /* of the one at work; 0: none */
    uint64_t bytes_total;  /* it may return: what was free when it was asked for */
    uint64_t bytes_done;
    uint64_t runs, bytes;  /* finished ones since the start: how many, bytes they returned */
    uint64_t last_bytes, last_us;
    uint64_t slice_us_max; /* the longest slice ever */
};

struct purge *purge_new(struct ash_heap *heap, struct bio *bio);
void          purge_free(struct purge **p);
/* Queues a purge of this heap's pages; NULL: of all heaps'. waiter: this session is blocked until it
 * is done and then answered +OK; NULL: nobody waits. Returns the job's id; 0: too many are waiting
 * already, nothing is done. */
uint64_t      purge_start(struct purge *p, struct ash_heap *of, struct session *waiter);
/* The heap of this name, the newest if there are several. NULL: there is none. */
struct ash_heap *purge_heap(struct slice name);
void          purge_read(const struct purge *p, struct purge_status *out);

#endif
