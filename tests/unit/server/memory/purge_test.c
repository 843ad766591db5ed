/* purge_test.c: who waits for a purge, and who forgets it. With a real BIO thread. */
#include "server/memory/purge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/engine.h"
#include "server/core/session.h"

static struct engine   e;
static struct session *s;

static void no_wake(void *arg) { (void)arg; }

static int setup(void **state) {
    (void)state;
    memset(&e, 0, sizeof e);
    e.heaps.server = ash_heap_new("server", ASH_HEAP_OWNED);
    e.heaps.clients = ash_heap_new("clients", ASH_HEAP_OWNED);
    e.config = config_new(e.heaps.server);
    clock_init(&e.clock, NULL);
    e.bio = bio_new(e.heaps.server, no_wake, NULL);
    e.purge = purge_new(e.heaps.server, e.bio);
    s = session_new(&e);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    if (s != NULL) session_free(&s);
    bio_free(&e.bio, true);
    purge_free(&e.purge);
    config_free(&e.config);
    ash_heap_drop(&e.heaps.clients);
    ash_heap_drop(&e.heaps.server);
    return 0;
}

static void finish(void) {
    for (int i = 0; i < 10000 && bio_pending(e.bio, BIO_PURGE) > 0; i++) usleep(1000);
    assert_int_equal(bio_pending(e.bio, BIO_PURGE), 0);
    bio_poll(e.bio, &e);
}

static void the_caller_waits_and_gets_ok(void **state) {
    struct iovec iov;
    (void)state;
    assert_true(purge_start(e.purge, NULL, s) != 0);
    assert_true(s->flags & SESSION_BLOCKED);
    assert_int_equal(s->out.bytes, 0);
    finish();
    assert_false(s->flags & SESSION_BLOCKED);
    assert_int_equal(outbuf_peek(&s->out, &iov, 1), 1);
    assert_memory_equal(iov.iov_base, "+OK\r\n", 5);
}

static void a_caller_that_leaves_is_forgotten(void **state) {
    (void)state;
    assert_true(purge_start(e.purge, NULL, s) != 0);
    session_free(&s);
    finish();
    assert_int_equal(e.session_blocked, 0);
}

static void several_callers_are_all_answered(void **state) {
    struct session *other = session_new(&e);
    (void)state;
    assert_true(purge_start(e.purge, NULL, s) != 0);
    assert_true(purge_start(e.purge, NULL, other) != 0);
    finish();
    assert_int_equal(s->out.bytes, 5);
    assert_int_equal(other->out.bytes, 5);
    session_free(&other);
}

static void without_a_waiter_nobody_waits(void **state) {
    struct purge_status p;
    (void)state;
    uint64_t id = purge_start(e.purge, NULL, NULL);
    assert_true(id != 0);
    assert_false(s->flags & SESSION_BLOCKED);
    finish();
    purge_read(e.purge, &p);
    assert_int_equal(p.runs, 1);
    assert_int_equal(p.waiting, 0);
    assert_int_equal(p.job_id, 0);
    assert_int_equal(p.last_bytes, p.bytes);
    assert_true(purge_start(e.purge, NULL, NULL) > id);
    finish();
}

static void what_it_returned_is_told(void **state) {
    struct purge_status p;
    struct ash_heap    *h = ash_heap_new("purged", ASH_HEAP_OWNED);
    size_t              size = 8 * 1024 * 1024;
    (void)state;
#ifdef ASHLAR_PASSTHROUGH
    skip(); /* the sanitizer's allocator has no pages to give back */
#endif
    ash_set_background_thread(false);
    ash_set_dirty_decay_ms(-1);
    char *block = ash_alloc(h, size);
    memset(block, 1, size);
    ash_free(block, size);
    assert_true(ash_purgeable() >= size);
    assert_true(purge_start(e.purge, NULL, NULL) != 0);
    finish();
    purge_read(e.purge, &p);
    assert_true(p.last_bytes >= size && p.slice_us_max > 0 && p.last_us > 0);
    assert_true(ash_purgeable() < size);
    ash_heap_drop(&h);
}

/* The other heap keeps its pages; and a heap that goes away before its turn takes nothing with it. */
static void one_heap_alone(void **state) {
    static const char *const names[] = {"one", "the other"};
    struct ash_heap         *h[2];
    size_t                   size = 8 * 1024 * 1024;
    struct ash_heap_stats    before, after;
    (void)state;
#ifdef ASHLAR_PASSTHROUGH
    skip();
#endif
    ash_set_background_thread(false);
    ash_set_dirty_decay_ms(-1);
    for (unsigned i = 0; i < 2; i++) {
        h[i] = ash_heap_new(names[i], ASH_HEAP_OWNED);
        char *block = ash_alloc(h[i], size);
        memset(block, 1, size);
        ash_free(block, size);
        assert_true(ash_heap_purgeable(h[i]) >= size);
    }
    assert_ptr_equal(purge_heap(slice_str("one")), h[0]);
    assert_null(purge_heap(slice_str("none")));
    ash_heap_stats(h[1], &before);
    assert_true(purge_start(e.purge, h[0], NULL) != 0);
    finish();
    ash_heap_stats(h[1], &after);
    assert_int_equal(ash_heap_purgeable(h[0]), 0);
    assert_int_equal(after.dirty, before.dirty);
    assert_true(purge_start(e.purge, h[1], NULL) != 0);
    ash_heap_drop(&h[1]);
    finish();
    ash_heap_drop(&h[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_caller_waits_and_gets_ok, setup, teardown),
        cmocka_unit_test_setup_teardown(a_caller_that_leaves_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(several_callers_are_all_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_waiter_nobody_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_returned_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(one_heap_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
