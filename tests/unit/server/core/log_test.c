/* log_test.c: the lines' format, levels, escaping, truncation; files that are renamed away. */
#include "server/core/log.h"

#include <limits.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 4
#define LINES   200

static char folder[] = "/tmp/log_test.XXXXXX";
static char path[64];
static char text[THREADS * LINES * 128];

static void read_log(const char *name) {
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
}

static void assert_line(const char *pattern) {
    regex_t re;
    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB), 0);
    int rc = regexec(&re, text, 0, NULL, 0);
    regfree(&re);
    if (rc != 0) fail_msg("'%s' is not in: %s", pattern, text);
}

static int fresh(void **state) {
    (void)state;
    unlink(path);
    return log_open(path, LOG_LEVEL_DEBUG) ? 0 : -1;
}

static void a_line_looks_like_one_of_redis(void **state) {
    (void)state;
    log_debug("one %d", 1);
    log_verbose("two");
    log_notice("three");
    log_warning("four");
    read_log(path);
#define HEAD "^[0-9]+:M [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} "
    assert_line(HEAD "\\. one 1$");
    assert_line(HEAD "- two$");
    assert_line(HEAD "\\* three$");
    assert_line(HEAD "# four$");
}

static void a_level_hides_what_is_below(void **state) {
    (void)state;
    log_set_level(LOG_LEVEL_WARNING);
    log_notice("hidden");
    log_warning("shown");
    log_set_level(LOG_LEVEL_NOTHING);
    log_warning("hidden");
    read_log(path);
    assert_null(strstr(text, "hidden"));
    assert_line("# shown$");
}

static void control_bytes_cannot_make_lines(void **state) {
    (void)state;
    log_warning("a\nb\r\x1b[31m\x7f");
    read_log(path);
    assert_line("# a\\\\x0ab\\\\x0d\\\\x1b\\[31m\\\\x7f$");
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void a_long_line_is_cut(void **state) {
    char huge[LOG_LINE_MAX * 3];
    (void)state;
    memset(huge, '\n', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    log_warning("%s", huge);
    memset(huge, 'x', sizeof huge - 1);
    log_warning("%s", huge);
    read_log(path);
    assert_true(strlen(text) <= 2 * LOG_LINE_MAX);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void the_file_may_be_renamed(void **state) {
    char moved[80];
    (void)state;
    snprintf(moved, sizeof moved, "%s.1", path);
    log_warning("before");
    assert_int_equal(rename(path, moved), 0);
    log_warning("after");
    read_log(path);
    assert_null(strstr(text, "before"));
    assert_line("# after$");
    unlink(moved);
}

static void a_relative_path_stays_where_it_was_meant(void **state) {
    char start[PATH_MAX];
    (void)state;
    assert_non_null(getcwd(start, sizeof start));
    assert_int_equal(chdir(folder), 0);
    assert_true(log_open("rel.log", LOG_LEVEL_NOTICE));
    assert_int_equal(chdir(start), 0);
    log_warning("there");
    char name[80];
    snprintf(name, sizeof name, "%s/rel.log", folder);
    read_log(name);
    assert_line("# there$");
    unlink(name);
}

static void what_cannot_be_opened_is_told(void **state) {
    (void)state;
    assert_false(log_open("/nonexistent/x.log", LOG_LEVEL_NOTICE));
}

static void raw_text_goes_out_as_it_is(void **state) {
    (void)state;
    log_raw("=== raw\nlines ===\n");
    read_log(path);
    assert_string_equal(text, "=== raw\nlines ===\n");
}

static void *write_lines(void *arg) {
    for (int i = 0; i < LINES; i++) log_warning("<%d %d>", (int)(intptr_t)arg, i);
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state) {
    pthread_t thread[THREADS];
    unsigned  lines = 0;
    (void)state;
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_lines, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    read_log(path);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
        assert_true(strchr(line, '<') != NULL && line[strlen(line) - 1] == '>');
    assert_int_equal(lines, THREADS * LINES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_looks_like_one_of_redis, fresh),
        cmocka_unit_test_setup(a_level_hides_what_is_below, fresh),
        cmocka_unit_test_setup(control_bytes_cannot_make_lines, fresh),
        cmocka_unit_test_setup(a_long_line_is_cut, fresh),
        cmocka_unit_test_setup(the_file_may_be_renamed, fresh),
        cmocka_unit_test_setup(a_relative_path_stays_where_it_was_meant, fresh),
        cmocka_unit_test_setup(what_cannot_be_opened_is_told, fresh),
        cmocka_unit_test_setup(raw_text_goes_out_as_it_is, fresh),
        cmocka_unit_test_setup(lines_of_threads_do_not_mix, fresh),
    };
    if (mkdtemp(folder) == NULL) return 1;
    snprintf(path, sizeof path, "%s/test.log", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
