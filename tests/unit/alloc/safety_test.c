/* safety_test.c: a free of what is no live object ends the process and says what it was. */
#include "alloc/alloc.h"
#include "alloc/sizes.h"
#include "alloc/window.h"
#include "tests/unit/alloc/death.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static struct ash_heap *heap;

/* A debug build's slots are larger than 100 needs: alloc/guard.h. */
#ifdef ASHLAR_DEBUG
#define WHERE   "size class 128, heap the-heap"
#define SIZE_48 24
#else
#define WHERE   "size class 104, heap the-heap"
#define SIZE_48 48
#endif

struct bad {
    char  *p;
    size_t size;
};

static void free_it(void *arg) {
    struct bad *bad = arg;
    ash_free(bad->p, bad->size);
}

static void *free_on_thread(void *arg) {
    free_it(arg);
    return NULL;
}

static void free_elsewhere(void *arg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_on_thread, arg) == 0) pthread_join(thread, NULL);
}

static void free_elsewhere_twice(void *arg) {
    free_elsewhere(arg);
    free_elsewhere(arg);
}

static void free_elsewhere_then_here(void *arg) {
    free_elsewhere(arg);
    free_it(arg);
}

static void free_here_then_elsewhere(void *arg) {
    free_it(arg);
    free_elsewhere(arg);
}

static const size_t sizes[] = {1, 24, 100, 4096, 16384, 16385, 300000};
#define SIZES (sizeof sizes / sizeof sizes[0])

static void test_double_free(void **state) {
    (void)state;
    for (unsigned i = 0; i < SIZES; i++) {
        char      *keep = ash_alloc(heap, sizes[i]); /* so that the slab stays */
        struct bad bad = {ash_alloc(heap, sizes[i]), sizes[i]};
        assert_true(dies_saying(free_here_then_elsewhere, &bad, "free of 0x"));
        assert_true(dies_saying(free_elsewhere_twice, &bad, "free of 0x"));
        assert_true(dies_saying(free_elsewhere_then_here, &bad, "free of 0x"));
        ash_free(bad.p, bad.size);
        if (sizes[i] <= 16384) assert_true(dies_saying(free_it, &bad, "double free"));
        ash_free(keep, sizes[i]);
    }
}

static void test_pointer_inside_an_object(void **state) {
    (void)state;
    for (unsigned i = 1; i < SIZES; i++) {
        char      *p = ash_alloc(heap, sizes[i]);
        struct bad bad = {p + 1, sizes[i]};
        assert_true(dies_saying(free_it, &bad, "invalid free"));
        bad.p = p + (sizes[i] > 8192 ? 4096 : sizes[i] / 2 + 1);
        assert_true(dies_saying(free_it, &bad, "invalid free"));
        assert_true(dies_saying(free_elsewhere, &bad, "invalid free"));
        ash_free(p, sizes[i]);
    }
}

/* A slot is dead once freed, whether its word's slots are still being handed out, are used up, or
 * have been taken up again with this one among them. */
static void test_double_free_at_every_stage_of_a_word(void **state) {
    (void)state;
    enum { COUNT = 200 };
    char *p[COUNT], *freed[COUNT];
    for (unsigned i = 0; i < COUNT; i++) p[i] = ash_alloc(heap, 72);
    for (unsigned i = 0; i < COUNT; i += 2) ash_free(p[i], 72);
    for (unsigned i = 0; i < COUNT; i += 2) {
        struct bad bad = {p[i], 72};
        if (i % 20 == 0) assert_true(dies_saying(free_it, &bad, "double free"));
    }
    unsigned count = 0;
    for (unsigned i = 0; i < COUNT / 2; i++) { /* two steps forward, one back */
        freed[count++] = ash_alloc(heap, 72);
        struct bad bad = {ash_alloc(heap, 72), 72};
        ash_free(bad.p, 72);
        if (i % 5 == 0) assert_true(dies_saying(free_it, &bad, "double free"));
        ash_check();
    }
    for (unsigned i = 0; i < count; i++) ash_free(freed[i], 72);
    for (unsigned i = 1; i < COUNT; i += 2) ash_free(p[i], 72);
    ash_check();
}

/* A slab of one page holds 85 slots of 48 bytes; what follows them looks like the start of one.
 * (A debug build finds 24 bytes there.) */
static void test_never_handed_out(void **state) {
    (void)state;
    char      *p = ash_alloc(heap, SIZE_48), *page = (char *)((uintptr_t)p & ~(uintptr_t)4095);
    struct bad tail = {page + 85 * 48, SIZE_48}, last = {page + 84 * 48, SIZE_48};
    assert_true(dies_saying(free_it, &tail, "invalid free"));
    assert_true(dies_saying(free_elsewhere, &tail, "invalid free"));
    assert_true(dies_saying(free_it, &last, "double free"));
    assert_true(dies_saying(free_elsewhere, &last, "double free"));
    ash_free(p, SIZE_48);
}

static void test_not_ours(void **state) {
    (void)state;
    static char in_bss[64];
    char       *in_window = (char *)window.base; /* where nothing has been mapped yet */
    char        on_stack[64];
    struct bad  bad[] = {{in_bss, 8}, {on_stack, 8}, {(char *)8, 8}, {(char *)UINTPTR_MAX, 8},
                         {in_window + window.len / 2, 8}, {in_window + window.len - 1, 8}};
    for (int i = 0; i < 6; i++) {
        assert_true(dies_saying(free_it, &bad[i], "invalid free"));
        assert_true(dies_saying(free_elsewhere, &bad[i], "invalid free"));
    }
}

#ifdef ALLOC_HAS_MALLOC
static void free_plainly(void *arg) { free(*(void *volatile *)arg); }

static void test_not_ours_plainly(void **state) {
    (void)state;
    char  in_use[64];
    char *p[] = {in_use, (char *)8, (char *)window.base + window.len / 2, (char *)UINTPTR_MAX};
    for (int i = 0; i < 4; i++) assert_true(dies_saying(free_plainly, &p[i], "invalid free"));
}
#else
static void test_not_ours_plainly(void **state) { (void)state; }
#endif

static void test_wrong_size(void **state) {
    (void)state;
    struct bad small = {ash_alloc(heap, 100), 105}; /* the class holds 104 */
    assert_true(dies_saying(free_it, &small, "wrong size"));
    struct bad large = {ash_alloc(heap, 50000), 50001};
    assert_true(dies_saying(free_it, &large, "wrong size"));
#ifdef ASHLAR_DEBUG
    small.size = 99;
    assert_true(dies_saying(free_it, &small, "100 asked for"));
#endif
    ash_free(small.p, 100);
    ash_free(large.p, 50000);
}

static void test_message_names_heap_and_class(void **state) {
    (void)state;
    struct bad bad = {(char *)ash_alloc(heap, 100) + 8, 100};
    assert_true(dies_saying(free_it, &bad, WHERE));
    ash_free(bad.p - 8, 100);
}

static void *allocate(void *arg) {
    (void)arg;
    return ash_alloc(heap, 10);
}

static void allocate_elsewhere(void *arg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, allocate, arg) == 0) pthread_join(thread, NULL);
}

static void test_owned_heap_has_one_owner(void **state) {
    (void)state;
    assert_true(dies_saying(allocate_elsewhere, NULL, "heap the-heap is owned by another thread"));
}

static void allocate_too_much(void *arg) {
    (void)arg;
    ash_alloc(heap, ASH_SIZE_MAX);
}

static void test_out_of_memory_ends_the_process(void **state) {
    (void)state;
    assert_true(dies_saying(allocate_too_much, NULL, "out of memory"));
}

int main(void) {
    heap = ash_heap_new("the-heap", ASH_HEAP_OWNED);
    ash_heap_adopt(heap);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_double_free),
        cmocka_unit_test(test_pointer_inside_an_object),
        cmocka_unit_test(test_double_free_at_every_stage_of_a_word),
        cmocka_unit_test(test_never_handed_out),
        cmocka_unit_test(test_not_ours),
        cmocka_unit_test(test_not_ours_plainly),
        cmocka_unit_test(test_wrong_size),
        cmocka_unit_test(test_message_names_heap_and_class),
        cmocka_unit_test(test_owned_heap_has_one_owner),
        cmocka_unit_test(test_out_of_memory_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
