/* room_test.c: who waits for memory on its way out, for how long, in which order, and what is said
 * then. The free queue is a real one with a job that lasts until it is told; how many bytes it claims
 * to give back and how far memory is over the limit are made up. */
#include "server/core/room.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/evict.h"
#include "server/core/session.h"

#define SESSIONS 40
#define PUT_KEYS     500
#define START_US 1000000000u

static struct engine   e;
static struct session *session[SESSIONS];
static unsigned        woken[SESSIONS], woken_count; /* sessions by number, in the order of waking */
static _Atomic unsigned loop_wakes;
static sem_t           gate;
static uint64_t        step_bytes; /* what the job says is done of it in each step */

static bool step_at_gate(struct bio_job *job) {
    sem_wait(&gate);
    if (step_bytes > 0) bio_progress(job, step_bytes);
    return step_bytes > 0 && job->bytes_done < job->bytes_total;
}

static struct bio_job job;

/* So many bytes are on their way out, until the gate opens. */
static void pend(uint64_t bytes) {
    job = (struct bio_job){.kind = BIO_FREE, .what = "test", .bytes_total = bytes, .step = step_at_gate};
    assert_true(bio_submit(e.bio, &job));
}

static void done_pending(void) {
    step_bytes = 0;
    sem_post(&gate);
    while (bio_pending(e.bio, BIO_FREE) > 0) usleep(100);
}

/* Memory is so far over the limit. */
static void exceed(uint64_t bytes) { e.config->maxmemory = ash_used() - bytes; }

static void fake_clock(struct clock *c) { (void)c; }
static void on_loop_wake(void *arg) { ++*(_Atomic unsigned *)arg; }
static void on_session_wake(struct session *s) {
    for (unsigned i = 0; i < SESSIONS; i++)
        if (session[i] == s) woken[woken_count++] = i;
}

static int setup(void **state) {
    (void)state;
    e = (struct engine){0};
    e.heaps.server = ash_heap_new("server", ASH_HEAP_OWNED);
    e.heaps.clients = ash_heap_new("clients", ASH_HEAP_OWNED);
    e.config = config_new(e.heaps.server);
    clock_init(&e.clock, fake_clock);
    e.clock.mono_us = START_US;
    stats_init(&e.stats, e.heaps.server, 1);
    rand_seed(&e.rand, 5);
    keyspace_init(&e.keyspace, 1, e.heaps.server, &e.clock, &e.config->types, &e.rand,
                  (struct keyspace_hooks){0});
    sem_init(&gate, 0, 0);
    loop_wakes = woken_count = 0;
    step_bytes = 0;
    e.bio = bio_new(e.heaps.server, on_loop_wake, &loop_wakes);
    e.config->maxmemory = UINT64_MAX;
    evict_make_room(&e); /* what eviction allocates for itself does not count as a case's excess */
    for (unsigned i = 0; i < SESSIONS; i++) {
        session[i] = session_new(&e);
        session[i]->io.wake = on_session_wake;
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    step_bytes = 0;
    sem_post(&gate); /* a case that failed has left a job there */
    for (unsigned i = 0; i < SESSIONS; i++) session_free(&session[i]);
    assert_null(e.room.first);
    assert_int_equal(e.session_blocked, 0);
    bio_free(&e.bio, true);
    keyspace_fini(&e.keyspace);
    evict_free(&e.evict);
    stats_fini(&e.stats);
    config_free(&e.config);
    ash_heap_drop(&e.heaps.clients);
    ash_heap_drop(&e.heaps.server);
    return 0;
}

static enum room_answer ask_as(unsigned i, bool may_block) {
    struct call c = {.engine = &e, .session = session[i], .may_block = may_block};
    enum room_answer answer = room_ask(&c);
    room_check(&e);
    assert_int_equal(answer == ROOM_WAIT, (session[i]->flags & SESSION_PRESSED) != 0);
    return answer;
}

static enum room_answer ask(unsigned i) { return ask_as(i, true); }

static bool serve(void) {
    bool more = room_serve(&e);
    room_check(&e);
    return more;
}

static void put_keys(void) {
    char         buf[32], text[200] = "";
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(text, sizeof text)};
    for (unsigned i = 0; i < PUT_KEYS; i++) {
        struct slice key = slice_of(buf, (size_t)sprintf(buf, "key:%u", i));
        db_set(&e.keyspace.db[0], key, table_hash(key), NULL, &v, ENTRY_NO_EXPIRE);
    }
}

#define MANY (ash_used() / 2) /* more than the slack */

static void nobody_waits_for_little(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(ash_used() / (4 * ROOM_SLACK));
    assert_int_equal(ask(0), ROOM_YES);
    assert_int_equal(e.stats.room_waits, 0);
    done_pending();
}

static void waits_until_there_is_room(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_WAIT);
    assert_int_equal(ask(1), ROOM_WAIT);
    assert_true(session[0]->flags & SESSION_BLOCKED && session[0]->flags & SESSION_POSTPONED);
    e.clock.mono_us += 999999;
    assert_false(serve());
    assert_int_equal(woken_count, 0);
    e.config->maxmemory = ash_used() + 1;
    assert_int_equal(ask(2), ROOM_WAIT); /* behind those who wait already */
    assert_false(serve());
    assert_int_equal(woken_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(woken[i], i);
        assert_false(session[i]->flags & SESSION_BLOCKED);
        assert_int_equal(ask(i), ROOM_YES);
    }
    assert_int_equal(e.stats.room_waits, 3);
    assert_int_equal(e.stats.room_refusals, 0);
    done_pending();
}

/* Who has waited once does not wait again, even if others have used up the room. */
static void who_was_let_in_is_let_in(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_WAIT);
    e.config->maxmemory = ash_used() + 1;
    serve();
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_YES);
    assert_int_equal(ask(0), ROOM_WAIT); /* its next command */
    done_pending();
}

static void not_for_ever(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_WAIT);
    e.clock.mono_us += 500000;
    assert_int_equal(ask(1), ROOM_WAIT);
    e.clock.mono_us += 500000;
    assert_false(serve());
    assert_int_equal(woken_count, 1); /* the other one has half a second left */
    assert_int_equal(ask(0), ROOM_NO);
    assert_int_equal(e.stats.room_refusals, 1);
    e.clock.mono_us += 500000;
    serve();
    assert_int_equal(ask(1), ROOM_NO);
    done_pending();
}

/* Then eviction, where there is a policy, counts on the queue no more. */
static void too_slow_is_evicted_for(void **state) {
    (void)state;
    put_keys();
    e.config->maxmemory_policy = POLICY_ALLKEYS_RANDOM;
    e.config->maxmemory_eviction_tenacity = 100;
    pend(UINT32_MAX);
    exceed(ash_heap_used(e.keyspace.db[0].dataset) / 2);
    assert_int_equal(ask(0), ROOM_WAIT);
    assert_int_equal(e.keyspace.stats.evicted, 0);
    e.clock.mono_us += 1000000;
    serve();
    assert_int_equal(ask(0), ROOM_YES);
    assert_true(e.keyspace.stats.evicted >= PUT_KEYS / 4 && e.keyspace.stats.evicted < PUT_KEYS);
    assert_true(ash_used() <= e.config->maxmemory);
    done_pending();
}

static void what_the_queue_cannot_give_is_evicted_for(void **state) {
    (void)state;
    put_keys();
    e.config->maxmemory_policy = POLICY_ALLKEYS_RANDOM;
    e.config->maxmemory_eviction_tenacity = 100;
    exceed(ash_heap_used(e.keyspace.db[0].dataset) / 2);
    uint64_t excess = ash_used() - e.config->maxmemory;
    pend(excess * 3 / 4);
    assert_int_equal(ask(0), ROOM_WAIT);
    assert_true(e.keyspace.stats.evicted > 0 && e.keyspace.stats.evicted < PUT_KEYS / 4);
    done_pending();
    serve();
    assert_int_equal(ask(0), ROOM_YES);
}

/* Waiting would be in vain: it is not done. */
static void what_the_queue_cannot_give_is_refused(void **state) {
    (void)state;
    exceed(MANY);
    pend((ash_used() - e.config->maxmemory) / 2);
    assert_int_equal(ask(0), ROOM_NO);
    assert_int_equal(e.stats.room_waits, 0);
    done_pending();
    assert_int_equal(ask(0), ROOM_NO);
}

static void the_queue_ends_and_it_was_not_enough(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_WAIT);
    done_pending(); /* gave nothing */
    serve();
    assert_int_equal(woken_count, 1);
    assert_int_equal(ask(0), ROOM_NO);
}

static void zero_waits_not_at_all(void **state) {
    (void)state;
    e.config->lazyfree_backpressure_ms = 0;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_NO);
    assert_int_equal(e.stats.room_waits, 0);
    assert_int_equal(e.stats.room_refusals, 0);
    done_pending();
}

/* Inside a transaction, or a blocked command that runs again. */
static void who_may_not_wait_is_let_in(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask_as(0, false), ROOM_YES);
    session_block(session[1], NULL, NULL);
    assert_int_equal(ask(1), ROOM_YES);
    session_unblock(session[1]);
    assert_int_equal(e.stats.room_waits, 0);
    done_pending();
}

static void who_goes_away_is_forgotten(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    for (unsigned i = 0; i < 5; i++) assert_int_equal(ask(i), ROOM_WAIT);
    static const unsigned gone[] = {2, 0, 4, 1, 3};
    for (unsigned i = 0; i < 5; i++) {
        session_free(&session[gone[i]]);
        room_check(&e);
    }
    assert_null(e.room.first);
    done_pending();
}

static void a_pause_that_ends_wakes_nobody(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_WAIT);
    pause_begin(&e, 1, false);
    pause_end(&e);
    assert_int_equal(woken_count, 0);
    room_check(&e);
    done_pending();
    serve();
}

static void few_are_let_in_at_a_time(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    for (unsigned i = 0; i < SESSIONS; i++) assert_int_equal(ask(i), ROOM_WAIT);
    e.config->maxmemory = ash_used() + 1;
    assert_true(serve());
    assert_int_equal(woken_count, ROOM_GRANTS_A_TURN);
    assert_true(serve());
    assert_false(serve());
    assert_int_equal(woken_count, SESSIONS);
    for (unsigned i = 0; i < SESSIONS; i++) assert_int_equal(woken[i], i);
    done_pending();
}

static void no_limit_no_waiting(void **state) {
    (void)state;
    pend(UINT32_MAX);
    exceed(MANY);
    assert_int_equal(ask(0), ROOM_WAIT);
    e.config->maxmemory = 0;
    serve();
    assert_int_equal(ask(0), ROOM_YES);
    done_pending();
}

/* The loop is woken by progress, but only while somebody waits. */
static void progress_wakes_the_loop(void **state) {
    (void)state;
    step_bytes = 1000;
    pend(1000000);
    for (int i = 0; i < 10; i++) sem_post(&gate);
    while (job.bytes_done < 10000) usleep(100);
    assert_int_equal(loop_wakes, 0);
    bio_watch(e.bio, true);
    for (int i = 0; i < 50 && loop_wakes == 0; i++) {
        usleep(BIO_TELL_US);
        sem_post(&gate);
        usleep(100);
    }
    assert_true(loop_wakes > 0);
    bio_watch(e.bio, false);
    step_bytes = 0;
    sem_post(&gate);
    while (bio_pending(e.bio, BIO_FREE) > 0) usleep(100);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(nobody_waits_for_little),
        CASE(waits_until_there_is_room),
        CASE(who_was_let_in_is_let_in),
        CASE(not_for_ever),
        CASE(too_slow_is_evicted_for),
        CASE(what_the_queue_cannot_give_is_evicted_for),
        CASE(what_the_queue_cannot_give_is_refused),
        CASE(the_queue_ends_and_it_was_not_enough),
        CASE(zero_waits_not_at_all),
        CASE(who_may_not_wait_is_let_in),
        CASE(who_goes_away_is_forgotten),
        CASE(a_pause_that_ends_wakes_nobody),
        CASE(few_are_let_in_at_a_time),
        CASE(no_limit_no_waiting),
        CASE(progress_wakes_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
