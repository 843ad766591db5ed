/* drop_test.c: heaps dropped whole, by the purger and without it: gone from the figures at once, their
 * pages back with the system in the end, their arenas used again. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/drop.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH
int main(void) { return 0; }
#else

static struct ash_heap *filled(size_t count) {
    struct ash_heap *h = ash_heap_new("filled", ASH_HEAP_OWNED);
    for (size_t i = 0; i < count; i++) {
        size_t size = i % 200 == 0 ? 20000 + i % 7 * 9000 : 16 + i % 90 * 8;
        memset(ash_alloc(h, size), 1, size);
    }
    return h;
}

static void wait_for_drops(void) {
    for (int i = 0; drop_is_due() && i < 10000; i++) usleep(1000);
    assert_false(drop_is_due());
}

static void test_gone_at_once(void **state) {
    (void)state;
    struct ash_stats before, after;
    ash_stats(&before);
    size_t           used = ash_used();
    struct ash_heap *h = filled(40000);
    assert_true(ash_used() > used + 1000000);
    ash_heap_drop(&h);
    assert_int_equal(ash_used(), used);
    ash_stats(&after);
    assert_int_equal(after.allocated, before.allocated);
    assert_int_equal(after.requested, before.requested);
    assert_int_equal(after.active, before.active);
    wait_for_drops();
    ash_check();
    ash_stats(&after);
    assert_int_equal(after.active, before.active);
}

static void test_pages_go_back(void **state) {
    (void)state;
    struct ash_stats s;
    struct ash_heap *h = filled(40000);
    ash_heap_drop(&h);
    wait_for_drops();
    for (int i = 0; i < 5000; i++) {
        ash_stats(&s);
        if (s.dirty < 1 << 20) break;
        usleep(1000);
    }
    assert_true(s.dirty < 1 << 20); /* long before they would have decayed */
}

/* Faster than the purger takes them apart: arenas are used again, and their number stays small. */
static void test_many(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        struct ash_heap *h = filled(2000);
        ash_heap_drop(&h);
        if (i % 50 == 0) ash_check();
    }
    wait_for_drops();
    assert_true(arena_count() < 320);
    unsigned arenas = arena_count();
    for (int i = 0; i < 100; i++) {
        struct ash_heap *h = filled(200);
        ash_heap_drop(&h);
        wait_for_drops();
    }
    assert_int_equal(arena_count(), arenas);
    ash_check();
}

static void with_purger(void (*test)(void **state)) {
    assert_true(ash_set_background_thread(true));
    test(NULL);
    assert_true(ash_set_background_thread(false));
    assert_false(drop_is_due());
}
static void test_by_purger(void **state) {
    (void)state;
    with_purger(test_gone_at_once);
    with_purger(test_pages_go_back);
    with_purger(test_many);
}

/* What the purger has not come to is done when it is turned off. */
static void test_purger_turned_off(void **state) {
    (void)state;
    assert_true(ash_set_background_thread(true));
    for (int i = 0; i < 20; i++) {
        struct ash_heap *h = filled(20000);
        ash_heap_drop(&h);
    }
    assert_true(ash_set_background_thread(false));
    assert_false(drop_is_due());
    ash_check();
}

/* A child has what was on its way, and takes it apart when it drops a heap itself. */
static void fork_meanwhile(size_t heaps, size_t count) {
    int status = -1;
    for (size_t i = 0; i < heaps; i++) {
        struct ash_heap *h = filled(count);
        ash_heap_drop(&h);
    }
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60); /* it would never end if it waited for one who is gone */
        struct ash_heap *h = filled(count);
        ash_heap_drop(&h);
        ash_check();
        _exit(drop_is_due() ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_fork_meanwhile(void **state) {
    (void)state;
    assert_true(ash_set_background_thread(true));
    fork_meanwhile(20, 20000);
    for (size_t i = 0; i < 200; i++) fork_meanwhile(1 + i % 4, i % 50); /* at each point of the end */
    assert_true(ash_set_background_thread(false));
    ash_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gone_at_once),      cmocka_unit_test(test_pages_go_back),
        cmocka_unit_test(test_many),              cmocka_unit_test(test_by_purger),
        cmocka_unit_test(test_purger_turned_off), cmocka_unit_test(test_fork_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
