/* libc_test.c: the malloc family as C programs know it. Where the build has another malloc (a
 * sanitizer's) there is nothing to test. */
#include "alloc/alloc.h"
#include "alloc/sizes.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#ifndef ALLOC_HAS_MALLOC
int main(void) { return 0; }
#else

/* Unknown to the compiler, which otherwise warns of, or removes, what is tested here. */
static volatile size_t vast = SIZE_MAX;
static void *(*volatile malloc_hidden)(size_t size) = malloc;
static void *(*volatile realloc_hidden)(void *p, size_t size) = realloc;
static void *(*volatile reallocarray_hidden)(void *p, size_t count, size_t each) = reallocarray;

static void test_sizes_and_alignment(void **state) {
    (void)state;
    for (size_t size = 0; size < 70000; size += size / 16 + 1) {
        unsigned char *p = malloc(size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(malloc_usable_size(p) >= size);
        memset(p, 0xab, malloc_usable_size(p)); /* all of it is the caller's */
        free(p);
        p = calloc(1, size);
        for (size_t i = 0; i < size; i++)
            if (p[i] != 0) fail();
        free(p);
    }
    free(NULL);
    assert_int_equal(malloc_usable_size(NULL), 0);
}

static void test_failure_sets_errno(void **state) {
    (void)state;
    errno = 0;
    assert_null(malloc(vast));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(malloc(vast / 2 + 1));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(calloc(vast / 2, 3));
    assert_int_equal(errno, ENOMEM);
    char *p = malloc(10);
    memcpy(p, "untouched", 10);
    errno = 0;
    assert_null(realloc_hidden(p, vast / 2 + 1));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(reallocarray_hidden(p, vast / 2, 3));
    assert_int_equal(errno, ENOMEM);
    assert_string_equal(p, "untouched");
    errno = EDOM;
    free(p);
    assert_int_equal(errno, EDOM);
}

static void test_realloc_keeps(void **state) {
    (void)state;
    unsigned char *p = realloc(NULL, 1);
    size_t         size = 1;
    p[0] = 7;
    while (size < 3000000) {
        size_t more = size * 2 + 5;
        p = realloc(p, more);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            if (p[i] != 7) fail();
        memset(p, 7, more);
        size = more;
    }
    for (; size > 1; size = size / 3 + 1) {
        p = realloc(p, size / 3 + 1);
        for (size_t i = 0; i < size / 3 + 1; i++)
            if (p[i] != 7) fail();
        if (size <= 2) break;
    }
    assert_null(realloc_hidden(p, 0));
}

/* What malloc_usable_size() reports may be written to, as Redis's strings do, and moves along. */
static void test_realloc_keeps_all_that_is_usable(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 100, 1000, 10000, 16384, 16385, 20000, 100001, 300001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char  *p = malloc_hidden(sizes[i]); /* whose size the compiler does not know */
        size_t usable = malloc_usable_size(p);
        assert_true(usable >= sizes[i]);
        memset(p, 'u', usable);
        void *behind = malloc(sizes[i]); /* so that it has to move */
        p = realloc(p, 4 * usable);
        for (size_t at = 0; at < usable; at++)
            if (p[at] != 'u') fail_msg("%zu bytes: lost at %zu of %zu", sizes[i], at, usable);
        free(behind);
        free(p);
    }
}

#ifndef ASHLAR_DEBUG /* with guards objects are usable to the byte */
/* A large object that had to be copied as it grew has room for the next steps; it is the caller's, and
 * counts as usable, only as far as it was asked for. */
static void test_realloc_leaves_room(void **state) {
    (void)state;
    char *p = malloc(20000), *behind = malloc(20000);
    char *volatile moved = realloc(p, 40000); /* what the compiler knows of it ends with the next realloc */
    memset(moved, 1, 40000);
    assert_int_equal(malloc_usable_size(moved), 40960);
    char *last = malloc(20000), *grown = realloc(moved, 48000);
    assert_int_equal((uintptr_t)grown, (uintptr_t)moved);
    assert_int_equal(malloc_usable_size(grown), 49152);
    char *shrunk = realloc(grown, 45000); /* which gives the rest back */
    assert_int_equal((uintptr_t)shrunk, (uintptr_t)grown);
    assert_int_equal(malloc_usable_size(shrunk), 45056);
    ash_check();
    free(last);
    free(behind);
    free(shrunk);
    ash_check();
}
#endif

static void test_aligned_family(void **state) {
    (void)state;
    for (size_t align = sizeof(void *); align <= 1 << 21; align *= 2) {
        void *p = NULL;
        assert_int_equal(posix_memalign(&p, align, align * 3 / 2 + 1), 0);
        assert_int_equal((uintptr_t)p % align, 0);
        memset(p, 1, align * 3 / 2 + 1);
        free(p);
        p = aligned_alloc(align, align);
        assert_int_equal((uintptr_t)p % align, 0);
        p = realloc(p, align * 2 + 100);
        free(p);
        p = memalign(align, 3);
        assert_int_equal((uintptr_t)p % align, 0);
        free(p);
        assert_int_equal(posix_memalign(&p, align, 0), 0); /* an object like others, of no bytes */
        assert_int_equal((uintptr_t)p % align, 0);
        p = realloc(p, 100);
        memset(p, 1, 100);
        free(p);
    }
    void *p = valloc(1), *q = pvalloc(1);
    assert_int_equal((uintptr_t)p % 4096 + (uintptr_t)q % 4096, 0);
    assert_true(malloc_usable_size(q) >= 4096);
    free(p);
    free(q);
    assert_int_equal(posix_memalign(&p, 3, 10), EINVAL);
    assert_int_equal(posix_memalign(&p, 4, 10), EINVAL);
}

static void *churn(void *arg) {
    unsigned random = (unsigned)(uintptr_t)arg;
    void    *p[200] = {NULL};
    for (int i = 0; i < 20000; i++) {
        random = random * 1103515245u + 12345u;
        unsigned at = random >> 8 & 127;
        if (random >> 16 & 1) {
            p[at] = realloc(p[at], (random >> 17) % 3000 + 1);
        } else {
            free(p[at]);
            p[at] = NULL;
        }
    }
    for (int i = 0; i < 200; i++) free(p[i]);
    return NULL;
}

static void test_fork_amid_threads(void **state) {
    (void)state;
    pthread_t threads[3];
    for (uintptr_t round = 0; round < 10; round++) {
        for (uintptr_t i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, churn, (void *)(round * 3 + i + 1));
        pid_t child = fork();
        if (child == 0) {
            churn((void *)77);
            pthread_t thread;
            pthread_create(&thread, NULL, churn, (void *)78);
            pthread_join(thread, NULL);
            _exit(0);
        }
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    }
}

static pthread_key_t late_key;

static void allocate_late(void *value) {
    for (int i = 0; i < 100; i++) free(malloc((size_t)i * 50));
    free(value);
}

static void *leave_value(void *arg) {
    pthread_setspecific(late_key, malloc(100));
    return arg;
}

static void test_allocation_in_thread_exit(void **state) {
    (void)state;
    pthread_key_create(&late_key, allocate_late);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, leave_value, NULL);
        pthread_join(thread, NULL);
    }
}

static void test_counted_in_general(void **state) {
    (void)state;
    void            *any = calloc(1, 5);
    struct ash_heap *general = ash_heap_of(any);
    free(any);
    assert_string_equal(ash_heap_name(general), "general");
    /* A runtime may have large blocks of its own from its start: libstdc++, where UBSan brings it. */
    struct mallinfo2 at_first = mallinfo2();
    size_t before = ash_heap_used(general);
    void  *p = malloc_hidden(100000), *q = malloc_hidden(100);
    assert_int_equal(ash_heap_used(general) - before, 102400 + 112);
    struct mallinfo2 info = mallinfo2();
    assert_int_equal(info.uordblks, ash_used());
    assert_int_equal(info.hblks, at_first.hblks + 1);
    assert_int_equal(info.hblkhd, at_first.hblkhd + 102400);
    assert_int_equal(info.arena, info.uordblks + info.fordblks);
    char  *xml = NULL;
    size_t xml_len = 0;
    FILE  *out = open_memstream(&xml, &xml_len);
    assert_int_equal(malloc_info(1, out), EINVAL);
    assert_int_equal(malloc_info(0, out), 0);
    fclose(out);
    assert_memory_equal(xml, "<malloc version=\"1\">\n<heap nr=\"0\">", 34);
    assert_string_equal(xml + xml_len - 10, "</malloc>\n");
    char large[96];
    snprintf(large, sizeof large, "type=\"mmap\" count=\"%zu\" size=\"%zu\"", info.hblks, info.hblkhd);
    assert_non_null(strstr(xml, large));
    free(xml);
    free(p);
    free(q);
    assert_int_equal(ash_heap_used(general), before);
    ash_set_dirty_decay_ms(-1);
    free(malloc_hidden(1 << 20));
    malloc_trim(0);
    assert_int_equal(ash_purgeable(), 0);
    ash_set_dirty_decay_ms(10000);
    ash_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_alignment),
        cmocka_unit_test(test_realloc_keeps),
        cmocka_unit_test(test_realloc_keeps_all_that_is_usable),
#ifndef ASHLAR_DEBUG
        cmocka_unit_test(test_realloc_leaves_room),
#endif
        cmocka_unit_test(test_aligned_family),
        cmocka_unit_test(test_allocation_in_thread_exit),
        cmocka_unit_test(test_fork_amid_threads),
        cmocka_unit_test(test_failure_sets_errno),
        cmocka_unit_test(test_counted_in_general),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
