/* overview_test.c: the parts add up, and nothing underflows however the figures stand. */
#include "server/memory/overview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/core/engine.h"

static struct engine    e;
static struct ash_heap *dataset, *tables;
static struct db        db;

static int setup(void **state) {
    (void)state;
    memset(&e, 0, sizeof e);
    e.heaps.server = ash_heap_new("server", ASH_HEAP_OWNED);
    e.heaps.clients = ash_heap_new("clients", ASH_HEAP_OWNED);
    dataset = ash_heap_new("dataset 0", ASH_HEAP_OWNED);
    tables = ash_heap_new("tables 0", ASH_HEAP_OWNED);
    db = (struct db){.dataset = dataset, .tables = tables};
    e.keyspace.db = &db;
    e.keyspace.count = 1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ash_heap_drop(&dataset);
    ash_heap_drop(&tables);
    ash_heap_drop(&e.heaps.clients);
    ash_heap_drop(&e.heaps.server);
    return 0;
}

static void purposes_are_told_apart_and_add_up(void **state) {
    struct overview before, after;
    (void)state;
    overview_read(&e, &before);
    void *value = ash_alloc(dataset, 100000), *buckets = ash_alloc(tables, 50000),
         *buffer = ash_alloc(e.heaps.clients, 20000);
    db.keys.count = 3;
    overview_read(&e, &after);
    assert_int_equal(after.dataset - before.dataset, ash_good_size(100000));
    assert_int_equal(after.tables - before.tables, ash_good_size(50000));
    assert_int_equal(after.clients - before.clients, ash_good_size(20000));
    assert_int_equal(after.overhead - before.overhead, ash_good_size(50000) + ash_good_size(20000));
    assert_int_equal(after.keys, 3);
    size_t parts = after.dataset + after.overhead;
    size_t apart = parts > after.used ? parts - after.used : after.used - parts;
    assert_true(apart < 64 * 1024); /* other threads' and the test library's own doings */
    ash_free(value, 100000);
    ash_free(buckets, 50000);
    ash_free(buffer, 20000);
}

static void a_start_larger_than_now_is_no_trouble(void **state) {
    struct overview o;
    (void)state;
    db.keys.count = 5;
    e.stats.startup_used = (size_t)1 << 40;
    overview_read(&e, &o);
    assert_int_equal(o.bytes_per_key, 0);
    assert_true(o.dataset_perc >= 0 && o.dataset_perc <= 100);
    assert_true(o.peak_perc >= 0 && o.peak_perc <= 100);
}

static void the_peak_is_never_below_now(void **state) {
    struct overview o;
    (void)state;
    overview_read(&e, &o);
    assert_true(o.peak >= o.used);
    e.stats.peak_used = o.used * 2;
    overview_read(&e, &o);
    assert_int_equal(o.peak, e.stats.peak_used);
    assert_true(o.peak_perc < 60);
}

static void databases_without_heaps_count_nothing(void **state) {
    struct overview o;
    struct db       empty = {0};
    (void)state;
    e.keyspace.db = &empty;
    overview_read(&e, &o);
    assert_int_equal(o.keys, 0);
    assert_int_equal(o.tables, 0);
    assert_int_equal(o.bytes_per_key, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(purposes_are_told_apart_and_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_start_larger_than_now_is_no_trouble, setup, teardown),
        cmocka_unit_test_setup_teardown(the_peak_is_never_below_now, setup, teardown),
        cmocka_unit_test_setup_teardown(databases_without_heaps_count_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
