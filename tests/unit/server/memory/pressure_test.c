/* pressure_test.c: the base of maxmemory and purges under pressure, from a likeness of /proc. */
#include "server/memory/pressure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/clock.h"
#include "server/core/config.h"
#include "server/memory/purge.h"

static char             root[64];
static struct ash_heap *heap;
static struct bio      *bio;
static struct config   *config;
static struct purge    *purge;
static struct pressure *p;

static void put(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void stall(unsigned total_us) {
    char text[128];
    snprintf(text, sizeof text, "some avg10=2.00 avg60=0.00 avg300=0.00 total=%u\n", total_us);
    put("group/memory.pressure", text);
}

static void no_wake(void *arg) { (void)arg; }

static int setup(void **state) {
    char path[256];
    const char *const folders[] = {"", "/proc", "/proc/self", "/group"};
    (void)state;
    snprintf(root, sizeof root, "/tmp/pressure_test.XXXXXX");
    if (mkdtemp(root) == NULL) return 1;
    for (unsigned i = 1; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", root, folders[i]);
        if (mkdir(path, 0700) != 0) return 1;
    }
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "30 1 0:6 / /group rw - cgroup2 cgroup rw\n");
    put("group/memory.current", "1000\n");
    put("group/memory.max", "10000000\n");
    stall(0);
    heap = ash_heap_new("server", ASH_HEAP_OWNED);
    config = config_new(heap);
    bio = bio_new(heap, no_wake, NULL);
    purge = purge_new(heap, bio);
    p = pressure_new(heap, bio, config, purge, root);
    return 0;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    bio_free(&bio, true);
    pressure_free(&p);
    purge_free(&purge);
    config_free(&config);
    ash_heap_drop(&heap);
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

/* A tick far ahead, and what comes of it. */
static void tick(void) {
    static uint64_t later_us;
    later_us += 10 * PRESSURE_EVERY_US;
    pressure_tick(p, clock_mono_us() + later_us);
    for (int i = 0; i < 10000 && bio_pending(bio, BIO_SURVEY) > 0; i++) usleep(1000);
    bio_poll(bio, NULL);
}

static void maxmemory_follows_the_groups_limit(void **state) {
    char error[256];
    (void)state;
    struct config_pair half = {slice_str("maxmemory"), slice_str("50%")};
    assert_true(config_set(config, &half, 1, error, sizeof error));
    assert_int_equal(config->maxmemory, 5000000); /* read once at the start */
    struct config_pair rss = {slice_str("maxmemory-rss"), slice_str("60%")};
    assert_true(config_set(config, &rss, 1, error, sizeof error));
    assert_int_equal(config->maxmemory_rss, 6000000);
    put("group/memory.high", "1000000\n");
    tick();
    assert_int_equal(config->maxmemory_rss, 600000);
    assert_int_equal(config->maxmemory, 500000);
    assert_int_equal(pressure_read(p)->memory.high, 1000000);
    assert_true(pressure_read(p)->stall.known);
}

static void a_reading_is_not_due_each_tick(void **state) {
    (void)state;
    put("group/memory.current", "2000\n");
    pressure_tick(p, 0);
    assert_int_equal(bio_pending(bio, BIO_SURVEY), 0);
    assert_int_equal(pressure_read(p)->memory.current, 1000);
}

static void waiting_for_memory_starts_a_purge(void **state) {
    (void)state;
#ifdef ASHLAR_PASSTHROUGH
    skip(); /* the sanitizer's allocator has no pages to give back */
#endif
    ash_set_background_thread(false);
    ash_set_dirty_decay_ms(-1);
    struct ash_heap *h = ash_heap_new("purged", ASH_HEAP_OWNED);
    size_t           size = 8 * 1024 * 1024;
    void            *block = ash_alloc(h, size);
    memset(block, 1, size);
    ash_free(block, size);
    tick(); /* no stall, no purge */
    assert_int_equal(pressure_read(p)->purges, 0);
    stall(1000000000);
    tick();
    assert_int_equal(pressure_read(p)->purges, 1);
    for (int i = 0; i < 10000 && bio_pending(bio, BIO_PURGE) > 0; i++) usleep(1000);
    bio_poll(bio, NULL);
    assert_true(ash_purgeable() < size);
    tick(); /* the total has not risen since */
    assert_int_equal(pressure_read(p)->purges, 1);
    ash_heap_drop(&h);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(maxmemory_follows_the_groups_limit),
        CASE(a_reading_is_not_due_each_tick),
        CASE(waiting_for_memory_starts_a_purge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
