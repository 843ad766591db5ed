/* doctor_test.c: figures in, findings out. */
#include "server/memory/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MB ((size_t)1024 * 1024)

/* A healthy server of 100 MB. */
static struct doctor_facts healthy(void) {
    struct doctor_facts f = {.noeviction = true};
    f.memory.used = f.memory.peak = 100 * MB;
    f.memory.startup = MB;
    f.memory.rss = 108 * MB;
    f.memory.total_system = 8192 * MB;
    f.memory.alloc.active = 102 * MB;
    f.memory.alloc.resident = 104 * MB;
    f.memory.frag_ratio = 1.08;
    f.process.rss_file = 4 * MB;
    return f;
}

static void assert_finds(const struct doctor_facts *f, unsigned count, const char *part,
                         size_t bytes) {
    struct finding out[DOCTOR_FINDINGS_MAX];
    assert_int_equal(doctor_examine(f, out), count);
    if (count == 0) return;
    if (strstr(out[0].cause, part) == NULL) fail_msg("'%s' is not in '%s'", part, out[0].cause);
    assert_int_equal(out[0].bytes, bytes);
    assert_true(strlen(out[0].advice) > 0);
}

static void a_healthy_server_has_no_findings(void **state) {
    struct doctor_facts f = healthy();
    (void)state;
    assert_finds(&f, 0, "", 0);
}

static void each_fault_is_found_alone(void **state) {
    struct doctor_facts f = healthy();
    (void)state;
    f.memory.slots_free = 30 * MB;
    assert_finds(&f, 1, "Holes", 30 * MB);
    f = healthy(), f.memory.rounding = 20 * MB;
    assert_finds(&f, 1, "Rounding", 20 * MB);
    f = healthy(), f.memory.dirty = 10 * MB, f.memory.muzzy = 5 * MB;
    assert_finds(&f, 1, "not been returned", 15 * MB);
    f = healthy(), f.memory.returning = 20 * MB;
    assert_finds(&f, 1, "other threads", 20 * MB);
    f = healthy(), f.memory.alloc.metadata = 15 * MB;
    assert_finds(&f, 1, "own structures", 15 * MB);
    f = healthy(), f.memory.rss = 204 * MB;
    assert_finds(&f, 1, "not the allocator's", 100 * MB);
    f = healthy(), f.process.swap = 40 * MB;
    assert_finds(&f, 1, "swapped", 40 * MB);
    f = healthy(), f.memory.peak = 300 * MB;
    assert_finds(&f, 1, "peak", 200 * MB);
    f = healthy(), f.memory.clients = 50 * MB;
    assert_finds(&f, 1, "buffers", 50 * MB);
    f = healthy(), f.pending_objects = 1;
    assert_finds(&f, 1, "still being freed", 0);
    f = healthy(), f.maxmemory = 10000 * MB;
    assert_finds(&f, 1, "more than this machine", 1808 * MB);
    f = healthy(), f.maxmemory = 101 * MB;
    assert_finds(&f, 1, "writes fail", 100 * MB);
    f.noeviction = false;
    assert_finds(&f, 1, "evicted", 100 * MB);
    f = healthy(), f.reclaim.limit = 100 * MB, f.reclaim.rss = 103 * MB;
    assert_finds(&f, 0, "", 0); /* it has not been acted upon yet */
    f.reclaim.active = true;
    assert_finds(&f, 1, "being given back", 3 * MB);
    f.reclaim.vain = true;
    assert_finds(&f, 1, "writes fail", 3 * MB);
    f.reclaim.active = f.reclaim.vain = false;
    f.reclaim.evicted_keys = 10, f.reclaim.rung[RECLAIM_EVICT].bytes = 7 * MB;
    assert_finds(&f, 1, "to keep RSS under maxmemory-rss", 7 * MB);
}

static void the_largest_comes_first(void **state) {
    struct doctor_facts f = healthy();
    (void)state;
    f.memory.rounding = 20 * MB;
    f.memory.slots_free = 30 * MB;
    f.memory.clients = 25 * MB;
    assert_finds(&f, 3, "Holes", 30 * MB);
}

/* All at once: there is room for every finding. */
static void everything_at_once_fits(void **state) {
    struct doctor_facts f = healthy();
    struct finding      out[DOCTOR_FINDINGS_MAX];
    (void)state;
    f.memory.slots_free = f.memory.rounding = f.memory.dirty = f.memory.returning = 50 * MB;
    f.memory.alloc.metadata = f.memory.clients = f.process.swap = 50 * MB;
    f.memory.rss = 1000 * MB;
    f.memory.peak = 1000 * MB;
    f.pending_objects = 5;
    f.maxmemory = 90 * MB;
    f.reclaim.limit = f.reclaim.evicted_keys = 1, f.reclaim.vain = true;
    assert_true(doctor_examine(&f, out) >= 12);
    f.maxmemory = 9000 * MB;
    assert_true(doctor_examine(&f, out) >= 10);
}

static void assert_report(const struct doctor_facts *f, struct ash_heap *heap, const char *part) {
    struct text text;
    text_init(&text, heap);
    doctor_report(f, &text);
    if (strstr(text_cstr(&text), part) == NULL)
        fail_msg("'%s' is not in: %s", part, text_cstr(&text));
    text_fini(&text);
}

static void the_report_says_it(void **state) {
    struct doctor_facts f = healthy();
    struct ash_heap    *heap = ash_heap_new("test", ASH_HEAP_OWNED);
    (void)state;
    assert_report(&f, heap, "No memory problem found.");
    f.memory.slots_free = 30 * MB;
    assert_report(&f, heap, "30.00M, 30.0% of used memory.");
    f.memory.used = MB;
    assert_report(&f, heap, "very small instance");
    ash_heap_drop(&heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_server_has_no_findings),
        cmocka_unit_test(each_fault_is_found_alone),
        cmocka_unit_test(the_largest_comes_first),
        cmocka_unit_test(everything_at_once_fits),
        cmocka_unit_test(the_report_says_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
