/* cgroup_test.c: groups and limits in a likeness of /proc and /sys made in a temporary folder. */
#include "server/memory/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[64];

/* Writes root/path, making the folders above it. */
static void put(const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        mkdir(full, 0700);
        *at = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int setup(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/cgroup_test.XXXXXX");
    return mkdtemp(root) == NULL;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void nested_groups(void) {
    put("proc/self/cgroup", "9:name=systemd:/x\n0::/a/b\n");
    put("proc/self/mountinfo", "20 1 0:5 / /proc rw - proc proc rw\n"
                               "30 1 0:6 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/a/memory.max", "1000000\n");
    put("sys/fs/cgroup/a/memory.high", "max\n");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/memory.high", "900000\n");
    put("sys/fs/cgroup/a/b/memory.current", "12345\n");
    put("sys/fs/cgroup/a/b/memory.stat", "anon 100\nfile 20\nkernel 3\nkernel_stack 99\n"
                                         "inactive_anon 7\n");
    put("sys/fs/cgroup/a/b/memory.events", "low 0\nhigh 4\nmax 5\noom 2\noom_kill 1\n");
}

static void the_smallest_limit_on_the_way_up_counts(void **state) {
    struct cgroup        g;
    struct cgroup_memory m;
    (void)state;
    nested_groups();
    cgroup_find(&g, root);
    cgroup_read(&g, &m);
    assert_true(m.known);
    assert_int_equal(m.max, 1000000);
    assert_int_equal(m.high, 900000);
    assert_int_equal(m.current, 12345);
    assert_int_equal(m.anon, 100);
    assert_int_equal(m.file, 20);
    assert_int_equal(m.kernel, 3);
    assert_int_equal(m.oom_kills, 1);
    assert_int_equal(cgroup_available(&m, 5000000), 900000);
    assert_int_equal(cgroup_available(&m, 400000), 400000);
}

static void a_changed_limit_is_seen(void **state) {
    struct cgroup        g;
    struct cgroup_memory m;
    (void)state;
    nested_groups();
    cgroup_find(&g, root);
    put("sys/fs/cgroup/a/memory.max", "500000\n");
    cgroup_read(&g, &m);
    assert_int_equal(m.max, 500000);
}

/* Whatever is in the files, no limit comes of it that was not meant. */
static void absurd_contents_are_no_limit(void **state) {
    static const char *const texts[] = {"", "\n", "max", "0\n", "-1\n", "12", "4095\n", " 1000000\n",
                                        "1e6\n", "1000000 x\n", "lots\n", "maximum\n",
                                        "99999999999999999999999999\n", "\xff\xfe"};
    struct cgroup          g;
    struct cgroup_memory   m;
    struct cgroup_pressure p;
    (void)state;
    nested_groups();
    cgroup_find(&g, root);
    put("sys/fs/cgroup/a/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/memory.high", "max\n");
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        put("sys/fs/cgroup/a/b/memory.max", texts[i]);
        put("sys/fs/cgroup/a/b/memory.stat", texts[i]);
        put("sys/fs/cgroup/a/b/memory.events", texts[i]);
        put("sys/fs/cgroup/a/b/memory.pressure", texts[i]);
        put("proc/pressure/memory", texts[i]);
        cgroup_read(&g, &m);
        assert_true(m.max == CGROUP_NONE && m.high == CGROUP_NONE);
        assert_int_equal(cgroup_available(&m, 5000000), 5000000);
        assert_int_equal(m.anon + m.oom_kills, 0);
        cgroup_pressure(&g, &p);
        assert_false(p.known);
    }
    put("sys/fs/cgroup/a/b/memory.pressure", "some avg10=nan avg60=inf avg300=0.00 total=5\n"
                                             "full avg10=1e999 avg60=0.00 avg300=0.00 total=5\n");
    cgroup_pressure(&g, &p);
    assert_false(p.known);
    assert_true(p.full_avg10 == 0);
    put("sys/fs/cgroup/a/b/memory.max", "1000000");
    cgroup_read(&g, &m);
    assert_int_equal(m.max, 1000000);
    char command[256]; /* the group goes away under us */
    snprintf(command, sizeof command, "rm -r %s/sys %s/proc", root, root);
    assert_int_equal(system(command), 0);
    cgroup_read(&g, &m);
    cgroup_pressure(&g, &p);
    assert_true(m.max == CGROUP_NONE && !m.known && !p.known);
    put("proc/self/cgroup", ""); /* for the end */
}

static void a_container_shows_its_group_as_the_root(void **state) {
    struct cgroup        g;
    struct cgroup_memory m;
    (void)state;
    put("proc/self/cgroup", "0::/docker/abc\n");
    put("proc/self/mountinfo", "30 1 0:6 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
    put("sys/fs/cgroup/memory.max", "7000\n");
    put("sys/fs/cgroup/memory.current", "1\n");
    cgroup_find(&g, root);
    cgroup_read(&g, &m);
    assert_int_equal(m.max, 7000);
    /* and with a name space of its own, whose names begin at the container */
    put("proc/self/cgroup", "0::/\n");
    cgroup_find(&g, root);
    cgroup_read(&g, &m);
    assert_int_equal(m.max, 7000);
}

static void without_cgroup_v2_there_is_no_limit(void **state) {
    struct cgroup        g;
    struct cgroup_memory m;
    (void)state;
    cgroup_find(&g, root); /* no files at all */
    cgroup_read(&g, &m);
    assert_false(m.known);
    assert_true(m.max == CGROUP_NONE && m.high == CGROUP_NONE);
    put("proc/self/cgroup", "4:memory:/x\n");
    put("proc/self/mountinfo", "30 1 0:6 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n");
    cgroup_find(&g, root);
    cgroup_read(&g, &m);
    assert_true(!m.known && m.max == CGROUP_NONE);
    assert_int_equal(cgroup_available(&m, 77), 77);
}

static void pressure_is_the_groups_or_the_machines(void **state) {
    struct cgroup          g;
    struct cgroup_pressure p;
    (void)state;
    nested_groups();
    cgroup_find(&g, root);
    cgroup_pressure(&g, &p);
    assert_false(p.known);
    put("proc/pressure/memory", "some avg10=1.50 avg60=0.25 avg300=0.00 total=777\n"
                                "full avg10=0.75 avg60=0.00 avg300=0.00 total=55\n");
    cgroup_pressure(&g, &p);
    assert_true(p.known && p.some_avg10 == 1.5 && p.some_avg60 == 0.25 && p.full_avg10 == 0.75);
    assert_int_equal(p.some_total_us, 777);
    assert_int_equal(p.full_total_us, 55);
    put("sys/fs/cgroup/a/b/memory.pressure", "some avg10=9.00 avg60=8.00 avg300=0.00 total=1\n");
    cgroup_pressure(&g, &p);
    assert_true(p.some_avg10 == 9);
}

static void the_real_system_can_be_read(void **state) {
    struct cgroup          g;
    struct cgroup_memory   m;
    struct cgroup_pressure p;
    (void)state;
    cgroup_find(&g, "");
    cgroup_read(&g, &m);
    cgroup_pressure(&g, &p);
    assert_true(m.known ? m.current > 0 : m.current == 0);
    assert_true(!p.known || (p.some_avg10 >= 0 && p.some_avg10 <= 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_smallest_limit_on_the_way_up_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_limit_is_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(absurd_contents_are_no_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_container_shows_its_group_as_the_root, setup, teardown),
        cmocka_unit_test_setup_teardown(without_cgroup_v2_there_is_no_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(pressure_is_the_groups_or_the_machines, setup, teardown),
        cmocka_unit_test(the_real_system_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
