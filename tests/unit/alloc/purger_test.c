/* purger_test.c: the purger wakes for dirty pages, collects for sleeping owners, survives being
 * switched, and is absent in a forked child. Waits for states, never for times. */
#include "alloc/alloc.h"
#include "alloc/lock.h"
#include "alloc/purger.h"
#include "tests/unit/alloc/death.h"

#include <pthread.h>
#include <time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Slots and pages are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static struct ash_heap_stats stats_of(const struct ash_heap *h) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    return s;
}

/* Up to ten seconds for something that takes milliseconds. */
static bool eventually(bool (*holds)(const struct ash_heap *h), const struct ash_heap *h) {
    for (int i = 0; i < 2000; i++) {
        if (holds(h)) return true;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return false;
}

static bool nothing_dirty(const struct ash_heap *h) { return stats_of(h).dirty == 0; }
static bool nothing_active(const struct ash_heap *h) { return stats_of(h).returning == 0; }

static void test_wakes_from_idleness(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("woken", ASH_HEAP_OWNED);
    for (int round = 0; round < 5; round++) {
        void *p = ash_alloc(h, 3000000);
        memset(p, 1, 3000000);
        ash_free(p, 3000000);
        assert_true(eventually(nothing_dirty, h));
        assert_int_equal(stats_of(h).active, 0);
    }
    ash_heap_drop(&h);
}

static void *free_all(void *arg) {
    void **p = arg;
    for (int i = 0; i < 1000; i++) ash_free(p[i], 500);
    return NULL;
}

static void test_collects_for_a_sleeping_owner(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("asleep", ASH_HEAP_OWNED);
    void            *p[1000], *big = ash_alloc(h, 100000);
    for (int i = 0; i < 1000; i++) p[i] = ash_alloc(h, 500);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_all, p), 0);
    pthread_join(thread, NULL);
    ash_free(big, 100000); /* something dirty, for the purger to be awake */
    assert_true(eventually(nothing_active, h));
    void *q = ash_alloc(h, 500); /* and the owner goes on as before */
    ash_free(q, 500);
    ash_check();
    ash_heap_drop(&h);
}

/* The thread may be in the midst of what it was to do by the times before, or for a heap that was dropped.
 * That is over when it has begun another turn, and one more. */
static void new_times_are_known(void) {
    uint64_t interval_us, begun = purger_turns(&interval_us);
    while (purger_turns(&interval_us) < begun + 2) {
        purger_kick();
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* --- One heap's own time, and hurry ------------------------------------------------------------ */

static void dirty_some(struct ash_heap *h) {
    void *p = ash_alloc(h, 3000000);
    memset(p, 1, 3000000);
    ash_free(p, 3000000);
}

static void test_a_heap_of_its_own_time(void **state) {
    (void)state;
    ash_set_dirty_decay_ms(-1);
    new_times_are_known();
    struct ash_heap *slow = ash_heap_new("as others", ASH_HEAP_OWNED);
    struct ash_heap *h = ash_heap_new("soon", ASH_HEAP_OWNED);
    assert_false(ash_heap_set_decay_ms(h, ASH_DECAY_SHARED - 1));
    dirty_some(slow);
    dirty_some(h); /* while it follows the others, it stays */
    assert_true(stats_of(h).dirty >= 3000000);
    assert_true(ash_heap_set_decay_ms(h, 20));
    assert_true(eventually(nothing_dirty, h));
    assert_true(stats_of(slow).dirty >= 3000000);
    assert_true(ash_heap_set_decay_ms(h, -1));
    new_times_are_known();
    dirty_some(h);
    ash_set_dirty_decay_ms(20);
    assert_true(eventually(nothing_dirty, slow));
    assert_true(stats_of(h).dirty >= 3000000);
    assert_true(ash_heap_set_decay_ms(h, ASH_DECAY_SHARED));
    assert_true(eventually(nothing_dirty, h));
    ash_heap_drop(&h);
    ash_heap_drop(&slow);
}

static void test_hurry_is_for_one_heap_and_once(void **state) {
    (void)state;
    ash_set_dirty_decay_ms(1000000);
    new_times_are_known();
    struct ash_heap *h = ash_heap_new("hurried", ASH_HEAP_OWNED);
    struct ash_heap *other = ash_heap_new("not", ASH_HEAP_OWNED);
    dirty_some(h);
    dirty_some(other);
    ash_heap_hurry(h);
    assert_true(eventually(nothing_dirty, h));
    assert_true(stats_of(other).dirty >= 3000000);
    new_times_are_known();
    dirty_some(h);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    assert_true(stats_of(h).dirty >= 3000000);
    ash_heap_drop(&h);
    ash_heap_drop(&other);
    ash_set_dirty_decay_ms(20);
}

/* Empty slabs, parked objects and others' frees become free pages; what is live stays. */
static void test_caches_are_flushed(void **state) {
    (void)state;
    ash_set_background_thread(false);
    ash_set_dirty_decay_ms(-1);
    struct ash_heap *h = ash_heap_new("flushed", ASH_HEAP_OWNED);
    void            *p[1000], *kept = ash_alloc(h, 300), *parked = ash_alloc(h, 100000);
    pthread_t        thread;
    for (int i = 0; i < 1000; i++) p[i] = ash_alloc(h, 500);
    assert_int_equal(pthread_create(&thread, NULL, free_all, p), 0);
    pthread_join(thread, NULL);
    ash_free(parked, 100000);
    memset(kept, 7, 300);
    size_t purgeable = ash_purgeable(), active = stats_of(h).active, resident = ash_resident();
    assert_true(active > 500000 && resident >= active + 100000);
    size_t gained = ash_flush_caches(1000000);
    assert_true(gained >= active - 20000); /* and what is parked, where that is done */
    assert_true(ash_purgeable() >= purgeable + active - 20000);
    assert_true(stats_of(h).active < 20000 && stats_of(h).returning == 0);
    assert_int_equal(ash_resident(), resident); /* still there, and free */
    for (int i = 0; i < 300; i++) assert_int_equal(((char *)kept)[i], 7);
    ash_check();
    size_t bytes = 0;
    while (ash_purge_step(1000, &bytes)) continue;
    assert_true(ash_resident() <= resident - 600000);
    ash_heap_drop(&h);
    ash_set_dirty_decay_ms(20);
    ash_set_background_thread(true);
}

static void test_dropped_heap_is_purged(void **state) {
    (void)state;
    ash_set_dirty_decay_ms(1000000);
    struct ash_heap *h = ash_heap_new("dropped", ASH_HEAP_OWNED), *other = h;
    memset(ash_alloc(h, 50000000), 1, 50000000);
    ash_heap_drop(&h);
    for (int i = 0; i < 2000 && ash_purgeable() >= 50000000; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_true(ash_purgeable() < 50000000);
    assert_non_null(other);
    ash_set_dirty_decay_ms(30);
}

static void test_switching(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_true(ash_set_background_thread(i % 2 == 1));
        assert_int_equal(purger_is_on(), i % 2 == 1);
        assert_true(ash_set_background_thread(i % 2 == 1));
    }
}

static void test_child_has_none(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        bool             fine = !purger_is_on();
        struct ash_heap *h = ash_heap_new("child", ASH_HEAP_OWNED);
        ash_free(ash_alloc(h, 100000), 100000);
#ifndef __SANITIZE_THREAD__ /* which allows no threads after such a fork */
        fine = fine && ash_set_background_thread(true) && ash_set_background_thread(false);
#endif
        _exit(fine ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(purger_is_on());
}

#ifdef ASHLAR_DEBUG
static void take_in_wrong_order(void *arg) {
    (void)arg;
    struct lock pages, heaps;
    lock_init(&pages, LOCK_PAGES);
    lock_init(&heaps, LOCK_HEAPS);
    lock_take(&pages);
    lock_take(&heaps);
}
#endif

static void test_lock_order_is_asserted(void **state) {
    (void)state;
#ifdef ASHLAR_DEBUG
    assert_true(dies_saying(take_in_wrong_order, NULL, "held >> rank == 0"));
#endif
}

int main(void) {
    ash_set_dirty_decay_ms(30);
    ash_set_background_thread(true);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wakes_from_idleness),
        cmocka_unit_test(test_collects_for_a_sleeping_owner),
        cmocka_unit_test(test_a_heap_of_its_own_time),
        cmocka_unit_test(test_hurry_is_for_one_heap_and_once),
        cmocka_unit_test(test_caches_are_flushed),
        cmocka_unit_test(test_dropped_heap_is_purged),
        cmocka_unit_test(test_switching),
        cmocka_unit_test(test_child_has_none),
        cmocka_unit_test(test_lock_order_is_asserted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
