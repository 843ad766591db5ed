/* one_bug_test.c: programs with one bug each.
 *
 * Each case runs in a child that must end in a panic whose message has the words given and names
 * the address, and, where the pointer is into one of our objects, its size class and heap. A case of
 * DEBUG is found in debug builds only: release builds do not know the exact size of an object, nor
 * what was in it. All others are found in both. Contracts that end in NULL or errno instead of death
 * are in the last two cases. Where AddressSanitizer knows whose bytes are whose (MODE=poison), its
 * own message of the access will do. */
#include "alloc/alloc.h"
#include "alloc/jemalloc.h"
#include "alloc/sizes.h"
#include "tests/unit/alloc/death.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static struct ash_heap *heap;

/* Hidden from the compiler, which knows these bugs when it sees them, and leaves out a store to
 * what is freed next. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC diagnostic ignored "-Wuse-after-free"
#endif
static char *volatile hidden;
static char *hide(void *p) {
    hidden = p;
    return hidden;
}

static char *take(size_t size) {
    (void)hide(ash_alloc(heap, size)); /* stays, so that the slab does */
    return hide(ash_alloc(heap, size));
}

static void put(void *p, size_t size) { ash_free(p, size); }

/* Frees enough others for what was freed before to be let go of. */
static void much_later(void) {
    for (int i = 0; i < 100; i++) put(take(50000), 50000);
    for (int i = 0; i < 5000; i++) put(take(64), 64);
}

struct job {
    void  *p;
    size_t size;
};

static void *job_free(void *arg) {
    struct job *job = arg;
    ash_free(job->p, job->size);
    return NULL;
}

static void put_elsewhere(void *p, size_t size) {
    pthread_t  thread;
    struct job job = {p, size};
    if (pthread_create(&thread, NULL, job_free, &job) == 0) pthread_join(thread, NULL);
}

static void in_child(void (*fn)(void *p, size_t size), void *p, size_t size) {
    int   status = 0;
    pid_t child = fork();
    if (child == 0) {
        fn(p, size);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) abort(); /* its message is on our stderr */
}

#define SMALL 100
#define LARGE 20000
#define VAST  3000000
#define CASE(name) static void name(void)
#define TWICE(name, size, between)          \
    CASE(name) {                            \
        char *p = take(size);               \
        put(p, size);                       \
        between;                            \
        put(p, size);                       \
    }

/* --- Freed twice ------------------------------------------------------------------------------ */

TWICE(twice_small, SMALL, (void)0)
TWICE(twice_small_delayed, SMALL, much_later())
TWICE(twice_tiny, 1, (void)0)
TWICE(twice_page, 4096, (void)0)
TWICE(twice_largest_slot, 16384, (void)0)
TWICE(twice_large, LARGE, (void)0)
TWICE(twice_large_delayed, LARGE, much_later())
TWICE(twice_vast, VAST, (void)0)

#define TWICE_MIXED(name, size, first, second) \
    CASE(name) {                               \
        char *p = take(size);                  \
        first(p, size);                        \
        second(p, size);                       \
    }
TWICE_MIXED(twice_here_then_there, SMALL, put, put_elsewhere)
TWICE_MIXED(twice_there_then_here, SMALL, put_elsewhere, put)
TWICE_MIXED(twice_there_and_there, SMALL, put_elsewhere, put_elsewhere)
TWICE_MIXED(twice_large_here_then_there, LARGE, put, put_elsewhere)
TWICE_MIXED(twice_large_there_then_here, LARGE, put_elsewhere, put)

CASE(twice_across_fork) {
    char *p = take(SMALL);
    put(p, SMALL);
    in_child((void (*)(void *, size_t))put, p, SMALL);
}

CASE(twice_large_across_fork) {
    char *p = take(LARGE);
    put(p, LARGE);
    in_child((void (*)(void *, size_t))put, p, LARGE);
}

/* --- No such object --------------------------------------------------------------------------- */

CASE(inside_small) { put(take(SMALL) + 8, SMALL); }
CASE(inside_small_elsewhere) { put_elsewhere(take(SMALL) + 8, SMALL); }
CASE(unaligned_small) { put(take(SMALL) + 1, SMALL); }
CASE(inside_large) { put(take(LARGE) + 16, LARGE); }
CASE(inside_large_page) { put(take(LARGE) + 4096, LARGE); }
CASE(unaligned_large) { put(take(LARGE) + 1, LARGE); }
CASE(one_before_large) { put(take(LARGE) - 8, LARGE); }
CASE(end_of_small) { put(take(SMALL) + SMALL, SMALL); }

CASE(on_stack) {
    char room[64];
    put(hide(room), 64);
}
static char in_bss[64];
CASE(global) { put(hide(in_bss), 64); }
CASE(literal) { put(hide((char *)(uintptr_t) "text"), 5); }
CASE(code) { put(hide((char *)(uintptr_t)put), 8); }
CASE(others_mmap) {
    put(hide(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), 8192);
}
CASE(near_null) { put(hide((char *)16), 8); }
CASE(not_an_address) { put(hide((char *)0xdeadbeefdeadbeef), 8); }
CASE(top_of_memory) { put(hide((char *)UINTPTR_MAX), 8); }
CASE(heap_of_foreign) { (void)ash_heap_of(hide(in_bss)); }
CASE(usable_size_of_foreign) { (void)ash_usable_size(hide(in_bss)); }
CASE(usable_size_inside) { (void)ash_usable_size(take(SMALL) + 8); }
CASE(usable_size_freed) {
    char *p = take(SMALL);
    put(p, SMALL);
    (void)ash_usable_size(p);
}

CASE(pointer_never_written) {
    char **p = (char **)(void *)take(SMALL);
    put(p[3], 8);
}
CASE(pointer_read_after_free) {
    char **p = (char **)(void *)take(SMALL);
    put(p, SMALL);
    put(p[3], 8);
}

static void drop_and_free(size_t size) {
    struct ash_heap *h = ash_heap_new("short-lived", ASH_HEAP_OWNED);
    (void)hide(ash_alloc(h, size));
    char *p = hide(ash_alloc(h, size));
    ash_heap_drop(&h);
    put(p, size);
}
CASE(heap_dropped_small) { drop_and_free(SMALL); }
CASE(heap_dropped_large) { drop_and_free(LARGE); }

/* --- Another size ----------------------------------------------------------------------------- */

CASE(size_smaller_class) { put(take(SMALL), 50); }
CASE(size_same_class) { put(take(SMALL), SMALL - 1); }
CASE(size_larger_class) { put(take(SMALL), 200); }
CASE(size_zero) { put(take(SMALL), 0); }
CASE(size_elsewhere) { put_elsewhere(take(SMALL), 3000); }
CASE(size_large_smaller) { put(take(LARGE), LARGE - 1); }
CASE(size_large_larger) { put(take(LARGE), LARGE + 1); }
CASE(size_small_for_large) { put(take(LARGE), SMALL); }
CASE(size_large_for_small) { put(take(SMALL), LARGE); }
CASE(size_huge) { put(take(SMALL), SIZE_MAX); }

/* --- Written where it should not be ----------------------------------------------------------- */

#define WRITE(name, size, at, len, byte)   \
    CASE(name) {                           \
        char *p = take(size);              \
        memset(hide(p + (at)), byte, len); \
        put(p, size);                      \
    }
WRITE(over_by_1_in_rounding, SMALL, SMALL, 1, 0)
WRITE(over_by_1_exact_fit, 104, 104, 1, 0)
WRITE(over_by_1_smallest, 1, 1, 1, 0)
WRITE(over_by_1_page, 4096, 4096, 1, 'x')
WRITE(over_by_8_small, SMALL, SMALL, 8, 'x')
WRITE(over_by_100_small, SMALL, SMALL, 100, 'x')
WRITE(over_by_1_large, LARGE, LARGE, 1, 0)
WRITE(over_by_8_large, LARGE, LARGE, 8, 'x')
WRITE(over_by_1_large_exact_fit, 20480, 20480, 1, 0)
WRITE(over_by_1_vast, VAST, VAST, 1, 0)
WRITE(over_far, SMALL, SMALL + 20, 1, 0)
WRITE(before_by_1, SMALL, -1, 1, 0)
WRITE(before_by_8, SMALL, -8, 8, 'x')

CASE(over_by_1_aligned) {
    char *p = hide(ash_alloc_aligned(heap, 100, 256));
    p[100] = 0;
    put(p, 100);
}

CASE(over_by_1_after_growing) {
    char *p = take(SMALL);
    p = hide(ash_realloc(heap, p, SMALL, VAST));
    p = hide(ash_realloc(heap, p, VAST, VAST * 2));
    p[VAST * 2] = 0;
    put(p, VAST * 2);
}

CASE(over_found_by_resizing) {
    char *p = take(SMALL);
    p[SMALL] = 0;
    ash_realloc(heap, p, SMALL, 200);
}

CASE(over_found_by_check) {
    take(SMALL)[SMALL] = 0;
    ash_check();
}

CASE(over_freed_elsewhere) {
    char *p = take(SMALL);
    p[SMALL] = 0;
    put_elsewhere(p, SMALL);
}

#define WRITE_FREED(name, size, at)  \
    CASE(name) {                     \
        char *p = take(size);        \
        put(p, size);                \
        hide(p)[at] = 1;             \
        much_later();                \
    }
WRITE_FREED(freed_small_written, SMALL, 50)
WRITE_FREED(freed_small_written_at_start, SMALL, 0)
WRITE_FREED(freed_small_written_at_end, SMALL, SMALL - 1)
WRITE_FREED(freed_large_written, LARGE, 10000)

CASE(freed_elsewhere_written) {
    char *p = take(SMALL);
    put_elsewhere(p, SMALL);
    hide(p)[5] = 1;
    much_later();
}

CASE(freed_written_found_by_check) {
    char *p = take(SMALL);
    put(p, SMALL);
    hide(p)[5] = 1;
    ash_check();
}

CASE(freed_written_found_by_drop) {
    struct ash_heap *h = ash_heap_new("short-lived", ASH_HEAP_OWNED);
    char            *p = hide(ash_alloc(h, SMALL));
    put(p, SMALL);
    p[5] = 1;
    ash_heap_drop(&h);
}

CASE(moved_object_written) {
    char *p = take(SMALL);
    (void)ash_realloc(heap, p, SMALL, 400);
    hide(p)[5] = 1;
    much_later();
}

/* --- Resized ---------------------------------------------------------------------------------- */

CASE(realloc_freed_small) {
    char *p = take(SMALL);
    put(p, SMALL);
    ash_realloc(heap, p, SMALL, 200);
}
CASE(realloc_freed_large) {
    char *p = take(LARGE);
    put(p, LARGE);
    ash_realloc(heap, p, LARGE, VAST);
}
CASE(realloc_wrong_size) { ash_realloc(heap, take(SMALL), SMALL + 1, 500); }
CASE(realloc_wrong_size_large) { ash_realloc(heap, take(LARGE), LARGE + 1, VAST); }
CASE(realloc_inside) { ash_realloc(heap, take(SMALL) + 8, SMALL, 500); }
CASE(realloc_foreign) { ash_realloc(heap, hide(in_bss), 64, 500); }
CASE(realloc_moved) { /* the old pointer, once more */
    char *p = take(LARGE);
    (void)take(LARGE);
    (void)ash_realloc(heap, p, LARGE, VAST);
    put(p, LARGE);
}

/* --- Not to be had ---------------------------------------------------------------------------- */

static size_t volatile vast_size = SIZE_MAX;
CASE(impossible_size) { ash_alloc(heap, vast_size); }
CASE(impossible_zeroed) { ash_zalloc(heap, vast_size / 2 + 1); }
CASE(impossible_growth) { ash_realloc(heap, take(SMALL), SMALL, vast_size / 2); }
CASE(impossible_alignment) { ash_alloc_aligned(heap, 100, 24); }
CASE(alignment_zero) { ash_alloc_aligned(heap, 100, 0); }

static void *allocate(void *arg) { return ash_alloc(heap, (size_t)(uintptr_t)arg); }
CASE(heap_of_another_thread) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, allocate, (void *)100) == 0) pthread_join(thread, NULL);
}

/* --- The C library's door --------------------------------------------------------------------- */

#ifdef ALLOC_HAS_MALLOC
static char *get(size_t size) {
    (void)hide(malloc(size));
    return hide(malloc(size));
}

CASE(free_twice) {
    char *p = get(SMALL);
    free(p);
    free(hide(p));
}
CASE(free_twice_large) {
    char *p = get(LARGE);
    free(p);
    free(hide(p));
}
CASE(free_inside) { free(hide(get(SMALL) + 16)); }
CASE(free_unaligned) { free(hide(get(SMALL) + 1)); }
CASE(free_inside_large) { free(hide(get(LARGE) + 16)); }
CASE(free_global) { free(hide(in_bss)); }
CASE(free_stack) {
    char room[64];
    free(hide(room));
}
CASE(free_of_ash_object) { free(take(SMALL)); }
CASE(ash_free_of_malloc) { put(get(SMALL), SMALL); }
CASE(malloc_over_by_1) {
    char *p = get(SMALL);
    hide(p)[SMALL] = 0;
    free(p);
}
CASE(malloc_over_by_1_exact_fit) {
    char *p = get(112);
    hide(p)[112] = 0;
    free(p);
}
CASE(malloc_over_by_8_large) {
    char *p = get(LARGE);
    memset(hide(p + LARGE), 'x', 8);
    free(p);
}
CASE(calloc_over_by_1) {
    char *p = hide(calloc(10, 10));
    hide(p)[100] = 1;
    free(p);
}
CASE(string_over_by_nul) {
    char *p = get(16);
    strcpy(hide(p), "sixteen letters!");
    free(p);
}
CASE(memalign_over_by_1) {
    char *p = hide(memalign(64, 100));
    hide(p)[100] = 1;
    free(p);
}
CASE(malloc_before_by_1) {
    char *p = get(SMALL);
    hide(p - 1)[0] = 1;
    free(p);
}
CASE(free_written_after) {
    char *p = get(SMALL);
    free(p);
    hide(p)[9] = 1;
    much_later();
}
CASE(usable_size_of_freed) {
    char *p = get(SMALL);
    free(p);
    (void)!malloc_usable_size(hide(p));
}
CASE(usable_size_of_global) { (void)!malloc_usable_size(hide(in_bss)); }
CASE(sallocx_of_global) { (void)!sallocx(hide(in_bss), 0); }
CASE(xallocx_of_global) { (void)!xallocx(hide(in_bss), 100, 0, 0); }
CASE(rallocx_of_freed) {
    char *p = get(SMALL);
    free(p);
    (void)!rallocx(hide(p), 300, 0);
}
CASE(realloc_of_freed) {
    char *p = get(SMALL);
    free(p);
    (void)!realloc(hide(p), 300);
}
CASE(realloc_of_global) { (void)!realloc(hide(in_bss), 300); }
CASE(dallocx_twice) {
    char *p = get(SMALL);
    dallocx(p, 0);
    dallocx(hide(p), 0);
}
CASE(sdallocx_too_small) { sdallocx(get(SMALL), 10, 0); }
CASE(sdallocx_too_large) { sdallocx(get(SMALL), 1000, 0); }
CASE(sdallocx_large) { sdallocx(get(LARGE), LARGE * 2, 0); }
CASE(sdallocx_same_class) { sdallocx(get(SMALL), SMALL - 1, 0); }
void  _ZdlPvm(void *p, size_t size);
void  _ZdlPv(void *p);
void *_Znwm(size_t size);
CASE(delete_wrong_size) { _ZdlPvm(_Znwm(40), 400); }
CASE(delete_twice) {
    char *p = hide(_Znwm(40));
    _ZdlPv(p);
    _ZdlPv(hide(p));
}
CASE(mixed_up) { free(hide((char *)_Znwm(40) + 24)); }

/* Contracts of the C library: an error, and everything as it was. */
static void refuses(void *p, int error) {
    assert_null(p);
    assert_int_equal(errno, error);
    errno = 0;
}

static void test_refused(void **state) {
    (void)state;
    void *out = NULL;
    char *p = get(10);
    memcpy(p, "as it was", 10);
    errno = 0;
    refuses(calloc(vast_size / 2, 3), ENOMEM);
    refuses(calloc(vast_size, vast_size), ENOMEM);
    refuses(hide(reallocarray(p, vast_size / 2, 3)), ENOMEM);
    refuses(hide(realloc(p, vast_size)), ENOMEM);
    refuses(hide(realloc(p, vast_size / 2)), ENOMEM);
    refuses(malloc(vast_size), ENOMEM);
    refuses(malloc(vast_size / 2), ENOMEM);
    refuses(memalign(24, 100), EINVAL);
    refuses(aligned_alloc(0, 100), EINVAL);
    refuses(aligned_alloc(64, vast_size), ENOMEM);
    refuses(aligned_alloc((size_t)1 << 62, 100), ENOMEM);
    refuses(valloc(vast_size), ENOMEM);
    refuses(pvalloc(vast_size), ENOMEM);
    assert_int_equal(posix_memalign(&out, 3, 100), EINVAL);
    assert_int_equal(posix_memalign(&out, 4, 100), EINVAL);
    assert_int_equal(posix_memalign(&out, 64, vast_size), ENOMEM);
    assert_int_equal(posix_memalign(&out, (size_t)1 << 62, 64), ENOMEM);
    assert_null(out);
    assert_null(mallocx(vast_size, 0));
    assert_null(mallocx(100, MALLOCX_LG_ALIGN(62)));
    assert_null(rallocx(p, vast_size / 2, 0));
    assert_string_equal(p, "as it was");
    free(p);
    ash_check();
}
#else
static void test_refused(void **state) {
    (void)state;
    assert_null(ash_try_alloc(heap, vast_size));
}
#endif

/* What a debug build shows in memory that nobody has written to, and in freed memory. */
static void test_junk(void **state) {
    (void)state;
#if defined ASHLAR_DEBUG && !defined ASHLAR_POISON /* where looking is enough to die */
    for (size_t size = 1; size < 2000000; size = size * 5 + 3) {
        unsigned char *p = ash_alloc(heap, size);
        for (size_t i = 0; i < size; i += i < 600000 ? 1 : 600000)
            if (i < 500000 && p[i] != 0xa5) fail();
        ash_free(p, size);
        if (size > 500000) continue; /* not kept in quarantine */
        unsigned char *freed = (unsigned char *)hide(p);
        for (size_t i = 0; i < size; i++)
            if (freed[i] != 0x5a) fail();
        p = ash_zalloc(heap, size);
        for (size_t i = 0; i < size; i++)
            if (p[i] != 0) fail();
        ash_free(p, size);
    }
#else
    unsigned char *p = ash_zalloc(heap, SMALL);
    for (size_t i = 0; i < SMALL; i++) assert_int_equal(p[i], 0);
    ash_free(p, SMALL);
#endif
    ash_check();
}

/* --- The list --------------------------------------------------------------------------------- */

/* FOREIGN, NO_POINTER: there is nothing of ours to name. QUARANTINE: debug builds that have one. */
enum kind { BOTH, DEBUG, QUARANTINE, FOREIGN, DEBUG_FOREIGN, NO_POINTER };

static const struct bug {
    const char *name;
    void (*fn)(void);
    enum kind   kind;
    const char *words;
} bugs[] = {
#define BUG(fn, kind, words) {#fn, fn, kind, words}
    BUG(twice_small, BOTH, "double free"),
    BUG(twice_small_delayed, BOTH, "double free"),
    BUG(twice_tiny, BOTH, "double free"),
    BUG(twice_page, BOTH, "double free"),
    BUG(twice_largest_slot, BOTH, "double free"),
    BUG(twice_large, BOTH, "double free"),
    BUG(twice_large_delayed, BOTH, "free of"),
    BUG(twice_vast, BOTH, "free of"),
    BUG(twice_here_then_there, BOTH, "double free"),
    BUG(twice_there_then_here, BOTH, "double free"),
    BUG(twice_there_and_there, BOTH, "double free"),
    BUG(twice_large_here_then_there, BOTH, "double free"),
    BUG(twice_large_there_then_here, BOTH, "double free"),
    BUG(twice_across_fork, BOTH, "double free"),
    BUG(twice_large_across_fork, BOTH, "double free"),
    BUG(inside_small, BOTH, "invalid free"),
    BUG(inside_small_elsewhere, BOTH, "invalid free"),
    BUG(unaligned_small, BOTH, "invalid free"),
    BUG(inside_large, BOTH, "invalid free"),
    BUG(inside_large_page, FOREIGN, "invalid free"),
    BUG(unaligned_large, BOTH, "invalid free"),
    BUG(one_before_large, FOREIGN, "free of"),
    BUG(end_of_small, BOTH, "invalid free"),
    BUG(on_stack, FOREIGN, "invalid free"),
    BUG(global, FOREIGN, "invalid free"),
    BUG(literal, FOREIGN, "invalid free"),
    BUG(code, FOREIGN, "invalid free"),
    BUG(others_mmap, FOREIGN, "invalid free"),
    BUG(near_null, FOREIGN, "invalid free"),
    BUG(not_an_address, FOREIGN, "invalid free"),
    BUG(top_of_memory, FOREIGN, "invalid free"),
    BUG(heap_of_foreign, FOREIGN, "not an object of any heap"),
    BUG(usable_size_of_foreign, FOREIGN, "not an object of any heap"),
    BUG(usable_size_inside, DEBUG, "invalid free"),
    BUG(usable_size_freed, DEBUG, "invalid usable size"),
    BUG(pointer_never_written, DEBUG_FOREIGN, "read from memory that nobody has written to"),
    BUG(pointer_read_after_free, DEBUG_FOREIGN, "read from freed memory"),
    BUG(heap_dropped_small, FOREIGN, "free of"),
    BUG(heap_dropped_large, FOREIGN, "free of"),
    BUG(size_smaller_class, DEBUG, "wrong size in free"),
    BUG(size_same_class, DEBUG, "99 given, 100 asked for"),
    BUG(size_larger_class, BOTH, "wrong size in free"),
    BUG(size_zero, DEBUG, "wrong size in free"),
    BUG(size_elsewhere, BOTH, "wrong size in free"),
    BUG(size_large_smaller, BOTH, "wrong size in free"),
    BUG(size_large_larger, BOTH, "wrong size in free"),
    BUG(size_small_for_large, BOTH, "wrong size in free"),
    BUG(size_large_for_small, BOTH, "wrong size in free"),
    BUG(size_huge, BOTH, "wrong size in free"),
    BUG(over_by_1_in_rounding, DEBUG, "written behind the end"),
    BUG(over_by_1_exact_fit, DEBUG, "written behind the end"),
    BUG(over_by_1_smallest, DEBUG, "written behind the end"),
    BUG(over_by_1_page, DEBUG, "written behind the end"),
    BUG(over_by_8_small, DEBUG, "written behind the end"),
    BUG(over_by_100_small, DEBUG, "written behind the end"),
    BUG(over_by_1_large, DEBUG, "written behind the end"),
    BUG(over_by_8_large, DEBUG, "written behind the end"),
    BUG(over_by_1_large_exact_fit, DEBUG, "written behind the end"),
    BUG(over_by_1_vast, DEBUG, "written behind the end"),
    BUG(over_far, DEBUG, "written behind the end"),
    BUG(before_by_1, DEBUG, "written before the start"),
    BUG(before_by_8, DEBUG, "written before the start"),
    BUG(over_by_1_aligned, DEBUG, "written behind the end"),
    BUG(over_by_1_after_growing, DEBUG, "written behind the end"),
    BUG(over_found_by_resizing, DEBUG, "written behind the end"),
    BUG(over_found_by_check, DEBUG, "written behind the end"),
    BUG(over_freed_elsewhere, DEBUG, "written behind the end"),
    BUG(freed_small_written, QUARANTINE, "after it was freed: byte 50 is 0x1"),
    BUG(freed_small_written_at_start, QUARANTINE, "after it was freed: byte 0 "),
    BUG(freed_small_written_at_end, QUARANTINE, "after it was freed: byte 99 "),
    BUG(freed_large_written, QUARANTINE, "after it was freed"),
    BUG(freed_elsewhere_written, QUARANTINE, "after it was freed"),
    BUG(freed_written_found_by_check, QUARANTINE, "after it was freed"),
    BUG(freed_written_found_by_drop, QUARANTINE, "after it was freed"),
    BUG(moved_object_written, QUARANTINE, "after it was freed"),
    BUG(realloc_freed_small, BOTH, "free"),
    BUG(realloc_freed_large, BOTH, "free"),
    BUG(realloc_wrong_size, DEBUG, "wrong size in realloc"),
    BUG(realloc_wrong_size_large, BOTH, "wrong size"),
    BUG(realloc_inside, BOTH, "invalid free"),
    BUG(realloc_foreign, FOREIGN, "not an object of any heap"),
    BUG(realloc_moved, BOTH, "free of"),
    BUG(impossible_size, NO_POINTER, "out of memory"),
    BUG(impossible_zeroed, NO_POINTER, "out of memory"),
    BUG(impossible_growth, NO_POINTER, "out of memory"),
    BUG(impossible_alignment, NO_POINTER, "size_is_power"),
    BUG(alignment_zero, NO_POINTER, "size_is_power"),
    BUG(heap_of_another_thread, NO_POINTER, "owned by another thread"),
#ifdef ALLOC_HAS_MALLOC
    BUG(free_twice, BOTH, "double free"),
    BUG(free_twice_large, BOTH, "double free"),
    BUG(free_inside, BOTH, "invalid free"),
    BUG(free_unaligned, BOTH, "invalid free"),
    BUG(free_inside_large, BOTH, "invalid free"),
    BUG(free_global, FOREIGN, "not an object of any heap"),
    BUG(free_stack, FOREIGN, "not an object of any heap"),
    BUG(free_of_ash_object, DEBUG, "ash_alloc's, not malloc's"),
    BUG(ash_free_of_malloc, DEBUG, "malloc's, not ash_alloc's"),
    BUG(malloc_over_by_1, DEBUG, "written behind the end"),
    BUG(malloc_over_by_1_exact_fit, DEBUG, "written behind the end"),
    BUG(malloc_over_by_8_large, DEBUG, "written behind the end"),
    BUG(calloc_over_by_1, DEBUG, "written behind the end"),
    BUG(string_over_by_nul, DEBUG, "written behind the end"),
    BUG(memalign_over_by_1, DEBUG, "written behind the end"),
    BUG(malloc_before_by_1, DEBUG, "written before the start"),
    BUG(free_written_after, QUARANTINE, "after it was freed: byte 9 "),
    BUG(usable_size_of_freed, DEBUG, "invalid usable size"),
    BUG(usable_size_of_global, FOREIGN, "not an object of any heap"),
    BUG(sallocx_of_global, FOREIGN, "not an object of any heap"),
    BUG(xallocx_of_global, FOREIGN, "not an object of any heap"),
    BUG(rallocx_of_freed, BOTH, "free"),
    BUG(realloc_of_freed, BOTH, "free"),
    BUG(realloc_of_global, FOREIGN, "not an object of any heap"),
    BUG(dallocx_twice, BOTH, "double free"),
    BUG(sdallocx_too_small, BOTH, "wrong size in free"),
    BUG(sdallocx_too_large, BOTH, "wrong size in free"),
    BUG(sdallocx_large, BOTH, "wrong size in free"),
    BUG(sdallocx_same_class, DEBUG, "wrong size in free"),
    BUG(delete_wrong_size, BOTH, "wrong size in free"),
    BUG(delete_twice, BOTH, "double free"),
    BUG(mixed_up, BOTH, "invalid free"),
#endif
};
#define BUGS (sizeof bugs / sizeof bugs[0])

static void run(void *arg) {
    const struct bug *bug = arg;
    bug->fn();
}

static void must_have(const char *text, const char *part) {
    if (strstr(text, part) == NULL) fail_msg("'%s' is not in: %s", part, text);
}

static bool is_found(enum kind kind) {
    (void)kind;
#ifndef ASHLAR_DEBUG
    return kind != DEBUG && kind != QUARANTINE && kind != DEBUG_FOREIGN;
#elif defined __SANITIZE_THREAD__
    return kind != QUARANTINE; /* conf.c */
#else
    return true;
#endif
}

static void test_bug(void **state) {
    const struct bug *bug = *state;
    char              text[4096];
    int               status = 0;
    if (!is_found(bug->kind)) skip();
    bool died = dies(run, (void *)(uintptr_t)bug, text, sizeof text, &status);
#ifdef ASHLAR_POISON /* finds the access itself */
    if (strstr(text, "AddressSanitizer: use-after-poison") != NULL) return;
#endif
    if (!died) fail_msg("not found: status %d, said: %s", status, text);
    must_have(text, bug->words);
    if (bug->kind == NO_POINTER) return;
    must_have(text, "0x");
    if (bug->kind == FOREIGN || bug->kind == DEBUG_FOREIGN) return;
    must_have(text, "heap ");
    if (strstr(text, "large") == NULL) must_have(text, "size class ");
}

int main(void) {
    static struct CMUnitTest tests[BUGS + 2];
    heap = ash_heap_new("bugs", ASH_HEAP_OWNED);
    ash_heap_adopt(heap);
    for (size_t i = 0; i < BUGS; i++)
        tests[i] = (struct CMUnitTest){.name = bugs[i].name, .test_func = test_bug,
                                       .initial_state = (void *)(uintptr_t)&bugs[i]};
    tests[BUGS] = (struct CMUnitTest)cmocka_unit_test(test_refused);
    tests[BUGS + 1] = (struct CMUnitTest)cmocka_unit_test(test_junk);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
