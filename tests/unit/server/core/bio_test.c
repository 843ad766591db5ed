/* bio_test.c: jobs run in order, in slices, on threads without signals; done comes back to the engine;
 * the queue is bounded; the end drains or does not. */
#include "server/core/bio.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"

static struct ash_heap *heap;
static struct bio      *b;
static sem_t            woken, gate, reached;
static _Atomic unsigned released, steps;
static unsigned         done_count;
static unsigned         order[64];

struct test_job {
    struct bio_job job;
    unsigned       number, steps_left;
    bool           waits;      /* at the gate, in each step */
    bool           signals_on; /* found unblocked */
};

static void on_wake(void *arg) { sem_post(arg); }

static bool step(struct bio_job *job) {
    struct test_job *t = (struct test_job *)job;
    sigset_t         mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    if (!sigismember(&mask, SIGTERM) || !sigismember(&mask, SIGUSR1)) t->signals_on = true;
    if (t->waits) {
        sem_post(&reached);
        sem_wait(&gate);
    }
    steps++;
    job->bytes_done += 10;
    return --t->steps_left > 0;
}

static void done(struct bio_job *job, void *engine) {
    struct test_job *t = (struct test_job *)job;
    assert_ptr_equal(engine, &b);
    assert_false(t->signals_on);
    order[done_count++] = t->number;
}

static void release(struct bio_job *job) {
    (void)job;
    released++;
}

static void job_init(struct test_job *t, enum bio_kind kind, unsigned number, unsigned slices) {
    *t = (struct test_job){.job = {.kind = kind, .what = "test", .step = step, .done = done},
                           .number = number,
                           .steps_left = slices};
}

static int setup(void **state) {
    (void)state;
    sem_init(&woken, 0, 0);
    sem_init(&gate, 0, 0);
    sem_init(&reached, 0, 0);
    released = steps = done_count = 0;
    heap = ash_heap_new("test", ASH_HEAP_OWNED);
    b = bio_new(heap, on_wake, &woken);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    bio_free(&b, true);
    assert_null(b);
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static void poll_until(unsigned count) {
    while (done_count < count) {
        sem_wait(&woken);
        bio_poll(b, &b);
    }
}

static void jobs_of_a_kind_run_in_order(void **state) {
    (void)state;
    struct test_job jobs[32];
    for (unsigned i = 0; i < 32; i++) {
        job_init(&jobs[i], BIO_FREE, i, 1 + i % 3);
        assert_true(bio_submit(b, &jobs[i].job));
        assert_int_equal(jobs[i].job.id, i + 1);
        assert_true(jobs[i].job.submitted_us > 0);
    }
    poll_until(32);
    for (unsigned i = 0; i < 32; i++) assert_int_equal(order[i], i);
    assert_int_equal(bio_pending(b, BIO_FREE), 0);
}

static void kinds_do_not_wait_for_each_other(void **state) {
    (void)state;
    struct test_job stuck, quick;
    job_init(&stuck, BIO_FREE, 1, 1);
    stuck.waits = true;
    job_init(&quick, BIO_PURGE, 2, 1);
    assert_true(bio_submit(b, &stuck.job));
    assert_true(bio_submit(b, &quick.job));
    poll_until(1);
    assert_int_equal(order[0], 2);
    sem_post(&gate);
    poll_until(2);
    assert_int_equal(order[1], 1);
}

static void without_done_the_thread_releases(void **state) {
    (void)state;
    struct test_job jobs[3];
    for (unsigned i = 0; i < 3; i++) {
        job_init(&jobs[i], BIO_CLOSE, i, 1);
        jobs[i].job.done = NULL;
        jobs[i].job.release = release;
        assert_true(bio_submit(b, &jobs[i].job));
    }
    bio_free(&b, true);
    assert_int_equal(released, 3);
    b = bio_new(heap, on_wake, &woken);
}

static void see_job(const struct bio_job *job, void *arg) {
    unsigned *seen = arg;
    assert_string_equal(job->what, "test");
    ++*seen;
}

static void running_and_queued_jobs_are_shown(void **state) {
    (void)state;
    struct test_job jobs[3];
    unsigned        seen = 0;
    for (unsigned i = 0; i < 3; i++) {
        job_init(&jobs[i], BIO_FREE, i, 1);
        jobs[i].waits = true;
        assert_true(bio_submit(b, &jobs[i].job));
    }
    sem_wait(&reached);
    assert_int_equal(bio_peek(b, BIO_FREE, 8, see_job, &seen), 3);
    assert_int_equal(seen, 3);
    seen = 0;
    assert_int_equal(bio_peek(b, BIO_FREE, 2, see_job, &seen), 3); /* counted, not walked */
    assert_int_equal(seen, 2);
    assert_int_equal(bio_peek(b, BIO_PURGE, 8, see_job, &seen), 0);
    assert_int_equal(seen, 2);
    assert_int_equal(bio_pending(b, BIO_FREE), 3);
    for (int i = 0; i < 3; i++) sem_post(&gate);
    poll_until(3);
}

static void a_full_queue_refuses(void **state) {
    (void)state;
    struct test_job *jobs = ash_zalloc(heap, (BIO_QUEUE_MAX + 1) * sizeof *jobs);
    for (unsigned i = 0; i < BIO_QUEUE_MAX; i++) {
        job_init(&jobs[i], BIO_FREE, i, 1);
        jobs[i].job.done = NULL;
        jobs[i].waits = i == 0;
        assert_true(bio_submit(b, &jobs[i].job));
    }
    job_init(&jobs[BIO_QUEUE_MAX], BIO_FREE, 0, 1);
    assert_false(bio_submit(b, &jobs[BIO_QUEUE_MAX].job));
    assert_int_equal(bio_pending(b, BIO_FREE), BIO_QUEUE_MAX);
    sem_post(&gate);
    bio_free(&b, true);
    assert_int_equal(steps, BIO_QUEUE_MAX);
    ash_free(jobs, (BIO_QUEUE_MAX + 1) * sizeof *jobs);
    b = bio_new(heap, on_wake, &woken);
}

static void the_end_can_cut_jobs_short(void **state) {
    (void)state;
    struct test_job jobs[2];
    job_init(&jobs[0], BIO_FREE, 0, 1000000000);
    job_init(&jobs[1], BIO_FREE, 1, 1);
    assert_true(bio_submit(b, &jobs[0].job));
    assert_true(bio_submit(b, &jobs[1].job));
    while (steps == 0) usleep(100);
    bio_free(&b, false);
    assert_true(steps < 1000000000);
    assert_int_equal(jobs[1].steps_left, 1);
    b = bio_new(heap, on_wake, &woken);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(jobs_of_a_kind_run_in_order),
        CASE(kinds_do_not_wait_for_each_other),
        CASE(without_done_the_thread_releases),
        CASE(running_and_queued_jobs_are_shown),
        CASE(a_full_queue_refuses),
        CASE(the_end_can_cut_jobs_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
