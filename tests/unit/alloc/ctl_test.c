/* ctl_test.c: names, types and errors of the mallctl namespace, and the report. */
#include "alloc/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <sys/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static size_t get_size(const char *name) {
    size_t value = 0, len = sizeof value;
    assert_int_equal(ash_ctl(name, &value, &len, NULL, 0), 0);
    return value;
}

static unsigned get_unsigned(const char *name) {
    unsigned value = 0;
    size_t   len = sizeof value;
    assert_int_equal(ash_ctl(name, &value, &len, NULL, 0), 0);
    return value;
}

static void test_totals(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("ctl", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 1000000), *q = ash_alloc(h, 100);
    size_t           allocated = get_size("stats.allocated"), active = get_size("stats.active");
    assert_int_equal(allocated, ash_used());
    assert_true(allocated <= active && active <= get_size("stats.resident"));
    assert_true(get_size("stats.mapped") >= get_size("stats.resident") / 2);
    assert_true(get_size("stats.metadata") > 0);
    get_size("stats.retained");
    char     name[64];
    unsigned last = get_unsigned("arenas.narenas") - 1;
    snprintf(name, sizeof name, "stats.arenas.%u.small.allocated", last);
    assert_int_equal(get_size(name), 104);
    snprintf(name, sizeof name, "stats.arenas.%u.large.allocated", last);
    assert_int_equal(get_size(name), 1003520);
    assert_true(get_size("stats.arenas.4096.pactive") * 4096 >= allocated);
    ash_free(p, 1000000);
    ash_free(q, 100);
    ash_heap_drop(&h);
}

static void test_bins(void **state) {
    (void)state;
    assert_int_equal(get_unsigned("arenas.nbins"), ash_bin_count());
    assert_int_equal(get_size("arenas.bin.0.size"), 8);
    assert_int_equal(get_size("arenas.bin.5.size"), 48);
    assert_true(get_size("arenas.bin.5.slab_size") >= 4096);
    assert_int_equal(get_size("arenas.page"), 4096);
    get_size("stats.arenas.0.bins.5.curregs");
    size_t value, len = sizeof value;
    assert_int_equal(ash_ctl("arenas.bin.72.size", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("arenas.bin.99999999.size", &value, &len, NULL, 0), ENOENT);
}

static void test_decay_settings(void **state) {
    (void)state;
    ssize_t ms = 5000, was = 0;
    size_t  len = sizeof was;
    assert_int_equal(ash_ctl("arenas.dirty_decay_ms", &was, &len, &ms, sizeof ms), 0);
    assert_int_equal(was, 10000);
    assert_int_equal(ash_ctl("opt.dirty_decay_ms", &was, &len, NULL, 0), 0);
    assert_int_equal(was, 5000);
    ms = -2;
    assert_int_equal(ash_ctl("arenas.muzzy_decay_ms", NULL, NULL, &ms, sizeof ms), EFAULT);
    ms = 10000;
    assert_int_equal(ash_ctl("arenas.dirty_decay_ms", NULL, NULL, &ms, sizeof ms), 0);
}

static void test_background_thread(void **state) {
    (void)state;
    bool   on = true, was = true;
    size_t len = sizeof was;
    assert_int_equal(ash_ctl("background_thread", &was, &len, &on, sizeof on), 0);
    assert_false(was);
    on = false;
    assert_int_equal(ash_ctl("background_thread", &was, &len, &on, sizeof on), 0);
    assert_true(was);
}

static void test_errors(void **state) {
    (void)state;
    size_t      value = 0, len = sizeof value;
    const char *version = NULL;
    uint32_t    narrow;
    assert_int_equal(ash_ctl("version", &version, &len, NULL, 0), 0);
    assert_non_null(strstr(version, "ashlar"));
    assert_int_equal(ash_ctl("stats.nothing", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.allocatedx", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.arenas.255.pactive", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.arenas..pactive", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.allocated", &value, &len, &value, len), EPERM);
    len = sizeof narrow;
    assert_int_equal(ash_ctl("stats.allocated", &narrow, &len, NULL, 0), EINVAL);
    uint64_t before = 0, after = 0;
    len = sizeof before;
    assert_int_equal(ash_ctl("epoch", &before, &len, NULL, 0), 0);
    assert_int_equal(ash_ctl("epoch", &after, &len, &after, sizeof after), 0);
    assert_int_equal(after, before + 1);
}

static void test_purge(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("purge", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 5000000);
    memset(p, 1, 5000000);
    ash_free(p, 5000000);
    assert_true(ash_purgeable() >= 5000000);
    char name[64];
    snprintf(name, sizeof name, "arena.%u.purge", get_unsigned("arenas.narenas")); /* all */
    assert_int_equal(ash_ctl(name, NULL, NULL, NULL, 0), 0);
    assert_int_equal(ash_purgeable(), 0);
    ash_heap_drop(&h);
}

static char   report[65536];
static size_t report_len;

static void collect(void *arg, const char *text) {
    (void)arg;
    size_t len = strlen(text);
    assert_true(report_len + len < sizeof report);
    memcpy(report + report_len, text, len + 1);
    report_len += len;
}

static void test_report(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("reported", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 100);
    report_len = 0;
    ash_stats_print(collect, NULL, NULL);
    assert_non_null(strstr(report, "reported"));
    assert_non_null(strstr(report, "Allocated: "));
    report_len = 0;
    ash_stats_print(collect, NULL, "J");
    assert_non_null(strstr(report, "{\"name\":\"reported\",\"requested\":100,\"used\":104,"));
    int depth = 0;
    for (size_t i = 0; i < report_len; i++) {
        depth += (report[i] == '{' || report[i] == '[') - (report[i] == '}' || report[i] == ']');
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
    ash_free(p, 100);
    ash_heap_drop(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_bins),
        cmocka_unit_test(test_decay_settings),
        cmocka_unit_test(test_background_thread),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_purge),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
