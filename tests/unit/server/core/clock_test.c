/* clock_test.c: the injected clock, and that stamps run at the pace of real time. */
#include "server/core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static void fake(struct clock *c) {
    c->wall_us += 5000;
    c->wall_ms = c->wall_us / 1000;
    c->mono_us = 7;
}

static void reads_what_is_injected(void **state) {
    (void)state;
    struct clock c = {.wall_us = 1000000};
    clock_init(&c, fake);
    assert_int_equal(c.wall_ms, 1005);
    clock_update(&c);
    assert_int_equal(c.wall_ms, 1010);
    assert_int_equal(c.mono_us, 7);
}

static void the_system_clock_is_consistent(void **state) {
    (void)state;
    struct clock c;
    clock_init(&c, NULL);
    assert_int_equal(c.wall_ms, c.wall_us / 1000);
    assert_true(c.wall_ms > 1600000000000);
    uint64_t mono_us = c.mono_us;
    clock_update(&c);
    assert_true(c.mono_us >= mono_us);
}

/* Each stamp is taken between two readings of the real clock, so being preempted proves nothing wrong. */
static void stamps_keep_pace(void **state) {
    (void)state;
    uint64_t before = clock_mono_us(), first = clock_stamp_us(), behind = clock_mono_us();
    uint64_t last = first, now = first;
    for (; clock_mono_us() - behind < 20000; last = now) {
        now = clock_stamp_us();
        assert_true(now >= last);
    }
    uint64_t at_least = clock_mono_us() - behind;
    uint64_t stamped = clock_stamp_us() - first;
    uint64_t at_most = clock_mono_us() - before;
    assert_true(stamped + stamped / 50 + 2 >= at_least);
    assert_true(stamped <= at_most + at_most / 50 + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_injected),
        cmocka_unit_test(the_system_clock_is_consistent),
        cmocka_unit_test(stamps_keep_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
