/* The reserved run of address space. */
#include "alloc/window.h"
#include "alloc/alloc.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool refuse_commit(void *p, size_t len) {
    (void)p, (void)len;
    return false;
}

static void test_pieces_are_apart_and_usable(void **state) {
    (void)state;
    char *a = window_take(64 * KIB, PAGE_SIZE), *b = window_take(64 * KIB, PAGE_SIZE);
    assert_true(a != NULL && b != NULL && (b >= a + 64 * KIB || a >= b + 64 * KIB));
    assert_true(window_has(a) && window_has(b + 64 * KIB - 1));
    for (size_t i = 0; i < 64 * KIB; i++) assert_int_equal(a[i] | b[i], 0);
    memset(a, 1, 64 * KIB);
}

static void test_edges(void **state) {
    (void)state;
    assert_false(window_has((void *)(window.base - 1)));
    assert_true(window_has((void *)window.base));
    assert_false(window_has((void *)(window.base + window.len)));
    assert_false(window_has(NULL) || window_has(&window));
    assert_int_equal(pagemap_get((void *)(window.base + window.len - 1)), 0);
    assert_int_equal(pagemap_get((void *)(window.base - 1)), 0);
}

static void test_a_refused_piece_is_not_lost(void **state) {
    (void)state;
    size_t before = atomic_load(&window.next);
    os.commit = refuse_commit;
    assert_null(window_take(MIB, PAGE_SIZE));
    os = os_real;
    assert_int_equal(atomic_load(&window.next), before);
    assert_null(window_take(window.len, PAGE_SIZE));
    assert_int_equal(atomic_load(&window.next), before);
}

#ifndef __SANITIZE_THREAD__ /* which needs more address space than any limit leaves */
/* In a program started under the limit. */
static int limited(void) {
    char *p = ash_alloc(ash_heap_new("limited", ASH_HEAP_OWNED), 1 * MIB);
    memset(p, 1, 1 * MIB);
    bool outside = !window_has(p);
    ash_free(p, 1 * MIB);
    return window.len == 0 && outside ? 0 : 1;
}

/* Every other megabyte of all that there is goes: a request for a third of it is served. */
static int scattered(void) {
    static char     *p[2000];
    struct ash_heap *h = ash_heap_new("scattered", ASH_HEAP_OWNED);
    unsigned         count = 0;
    while (count < 2000 && (p[count] = ash_try_alloc(h, MIB)) != NULL) memset(p[count++], 1, MIB);
    if (count < 100 || count == 2000) return 1;
    for (unsigned i = 0; i < count; i += 2) ash_free(p[i], MIB);
    size_t size = count / 3 * MIB;
    char  *big = ash_try_alloc(h, size);
    if (big == NULL) return 2;
    memset(big, 2, size);
    for (unsigned i = 1; i < count; i += 2)
        if (p[i][0] != 1 || p[i][MIB - 1] != 1) return 3;
    ash_free(big, size);
    ash_check();
    return 0;
}

static void run_limited(rlim_t bytes, const char *what) {
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
        if (setrlimit(RLIMIT_AS, &limit) == 0) execl("/proc/self/exe", "window_test", what, NULL);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_none_under_a_limit(void **state) {
    (void)state;
    run_limited(4 * GIB, "limited");
}
static void test_scattered_under_a_limit(void **state) {
    (void)state;
    run_limited(GIB / 2, "scattered");
}
#else
static int  limited(void) { return 0; }
static int  scattered(void) { return 0; }
static void test_none_under_a_limit(void **state) { (void)state; }
static void test_scattered_under_a_limit(void **state) { (void)state; }
#endif

static int setup(void **state) { /* the first allocation starts the allocator */
    (void)state;
    void *p = malloc(1);
    if (window.len == 0) window_start();
    free(p);
    return window.len == 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "limited") == 0) return limited();
    if (argc == 2 && strcmp(argv[1], "scattered") == 0) return scattered();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_apart_and_usable), cmocka_unit_test(test_edges),
        cmocka_unit_test(test_a_refused_piece_is_not_lost), cmocka_unit_test(test_none_under_a_limit),
        cmocka_unit_test(test_scattered_under_a_limit),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
