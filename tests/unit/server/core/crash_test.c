/* crash_test.c: children that die in various ways, and what they leave in the log. */
#include "server/core/crash.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/assert.h"
#include "server/core/engine.h"
#include "server/core/log.h"

static char path[] = "/tmp/crash_test.XXXXXX";
static char text[65536];

/* Runs die() in a child; returns the signal that ended it, 0 for none. Its log is in text. */
static int dies(void (*die)(void)) {
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        if (truncate(path, 0) != 0 || !log_open(path, LOG_LEVEL_NOTICE)) _exit(9);
        crash_start(NULL);
        crash_enable(true);
        die();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void assert_said(const char *part) {
    if (strstr(text, part) == NULL) fail_msg("'%s' is not in: %s", part, text);
}

static unsigned count_of(const char *part) {
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) n++;
    return n;
}

static void die_segv(void) {
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)page = 1;
}

static void a_fault_is_reported_and_kills(void **state) {
    (void)state;
    assert_int_equal(dies(die_segv), SIGSEGV);
    assert_said("=== ASHLAR BUG REPORT START");
    assert_said("Crashed by signal: 11 (SEGV)");
    assert_said("Accessing address: 0x");
    assert_said("------ STACK TRACE ------");
    assert_said("(die_segv+0x"); /* a static function, by name */
    assert_said("(main+0x");
    assert_said("=== ASHLAR BUG REPORT END");
}

static void die_panic(void) { PANIC("stone %d is loose", 7); }

static void a_panic_is_reported_once(void **state) {
    (void)state;
    assert_int_equal(dies(die_panic), SIGABRT);
    assert_said("Panic at ");
    assert_said("stone 7 is loose");
    assert_said("(die_panic+0x");
    assert_int_equal(count_of("BUG REPORT START"), 1);
}

static void die_abort(void) { abort(); }
static void die_fpe(void) { raise(SIGFPE); }

static void other_signals_are_reported(void **state) {
    (void)state;
    assert_int_equal(dies(die_abort), SIGABRT);
    assert_said("(ABRT)");
    assert_int_equal(dies(die_fpe), SIGFPE);
    assert_said("Sent by pid ");
}

static int deeper(volatile char *above) {
    volatile char here[4096];
    here[0] = above[0];
    return here[0] == 2 ? 0 : deeper(here) + here[0]; /* never 2 */
}

static void die_overflow(void) {
    volatile char start[1] = {1};
    deeper(start);
}

static void a_stack_overflow_is_reported(void **state) {
    (void)state;
    assert_int_equal(dies(die_overflow), SIGSEGV);
    assert_said("(deeper");
    assert_said("BUG REPORT END");
}

static void *thread_dies(void *arg) {
    (void)arg;
    die_segv();
    return NULL;
}

static void die_in_thread(void) {
    pthread_t t[4];
    for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, thread_dies, NULL);
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
}

static void of_several_threads_one_reports(void **state) {
    (void)state;
    assert_int_equal(dies(die_in_thread), SIGSEGV);
    assert_int_equal(count_of("BUG REPORT START"), 1);
    assert_said("(thread_dies+0x");
}

static void die_with_broken_engine(void) {
    crash_start((const struct engine *)16);
    die_segv();
}

static void a_part_that_faults_does_not_end_the_report(void **state) {
    (void)state;
    assert_int_equal(dies(die_with_broken_engine), SIGSEGV);
    assert_said("(the rest of this part cannot be read)");
    assert_said("BUG REPORT END");
}

static void die_disabled(void) {
    crash_enable(false);
    die_segv();
}

static void disabled_it_says_nothing(void **state) {
    (void)state;
    assert_int_equal(dies(die_disabled), SIGSEGV);
    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_reported_and_kills),
        cmocka_unit_test(a_panic_is_reported_once),
        cmocka_unit_test(other_signals_are_reported),
        cmocka_unit_test(a_stack_overflow_is_reported),
        cmocka_unit_test(of_several_threads_one_reports),
        cmocka_unit_test(a_part_that_faults_does_not_end_the_report),
        cmocka_unit_test(disabled_it_says_nothing),
    };
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
