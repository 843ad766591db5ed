/* procmem_test.c: the kernel's texts, and our own process. */
#include "server/memory/procmem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_status_text_is_read(void **state) {
    struct procmem m;
    (void)state;
    procmem_parse("Name:\tx\nVmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\nRssFile:\t     300 kB\n"
                  "VmStk:\t     132 kB\nVmSwap:\t       7 kB\n", &m);
    assert_int_equal(m.rss, 1000 * 1024);
    assert_int_equal(m.rss_peak, 2000 * 1024);
    assert_int_equal(m.rss_file, 300 * 1024);
    assert_int_equal(m.stack, 132 * 1024);
    assert_int_equal(m.swap, 7 * 1024);
}

static void what_is_missing_is_zero(void **state) {
    struct procmem m;
    (void)state;
    procmem_parse("", &m);
    assert_int_equal(m.rss, 0);
    assert_int_equal(m.swap, 0);
}

static void touched_memory_shows(void **state) {
    size_t         size = 32 * 1024 * 1024, before = procmem_rss();
    char          *p = malloc(size);
    struct procmem m;
    (void)state;
    assert_non_null(p);
    memset(p, 1, size);
    assert_true(procmem_rss() >= before + size / 2);
    procmem_read(&m);
    assert_true(m.rss >= size / 2 && m.rss_peak >= m.rss && m.rss_file > 0);
    free(p);
    assert_true(procmem_total() > size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_text_is_read),
        cmocka_unit_test(what_is_missing_is_zero),
        cmocka_unit_test(touched_memory_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
