/* partial_sort_test.c: every window of small arrays and random ones of large, beside a whole sort; and
 * how many comparisons that takes. */
#include "server/ds/partial_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY 50000

struct row {
    uint32_t key, place; /* place makes them all different */
    char     more[40];
};
static struct row  sorted[MANY], rows[MANY];
static struct rand rnd;
static uint64_t    compared;

static int by_key(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    compared++;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

enum order { RANDOM, FEW_KEYS, RISING, FALLING, ORDERS };

static void fill(size_t count, enum order order) {
    for (size_t i = 0; i < count; i++) {
        uint32_t key = order == RANDOM     ? (uint32_t)rand_below(&rnd, UINT32_MAX)
                       : order == FEW_KEYS ? (uint32_t)rand_below(&rnd, 3)
                       : order == RISING   ? (uint32_t)i
                                           : (uint32_t)(count - i);
        rows[i] = (struct row){.key = key, .place = (uint32_t)i};
        memset(rows[i].more, (int)i, sizeof rows[i].more);
    }
    memcpy(sorted, rows, count * sizeof *rows);
    qsort(sorted, count, sizeof *sorted, by_key);
}

/* The window is right, and everything is still there. */
static void assert_window(size_t count, size_t start, size_t end) {
    struct sortable all = {rows, count, sizeof *rows, by_key};
    compared = 0;
    partial_sort(&all, start, end, &rnd);
    uint64_t steps = compared;
    assert_memory_equal(rows + start, sorted + start, (end - start) * sizeof *rows);
    qsort(rows, count, sizeof *rows, by_key);
    assert_memory_equal(rows, sorted, count * sizeof *rows);
    compared = steps;
}

static void every_window_of_a_few(void **state) {
    (void)state;
    for (size_t count = 0; count <= 70; count += count < 4 ? 1 : 13)
        for (size_t start = 0; start <= count; start++)
            for (size_t end = start; end <= count; end++) {
                fill(count, (enum order)((start + end) % ORDERS));
                assert_window(count, start, end);
            }
}

static void any_window_of_many(void **state) {
    (void)state;
    for (int i = 0; i < 60; i++) {
        size_t count = 1 + rand_below(&rnd, MANY), start = rand_below(&rnd, count);
        size_t end = start + rand_below(&rnd, count - start + 1);
        fill(count, (enum order)(i % ORDERS));
        assert_window(count, start, end);
    }
}

/* A whole sort takes some sixteen comparisons an item. */
static void a_small_window_is_cheap(void **state) {
    static const size_t starts[] = {0, MANY / 2, MANY - 10};
    uint64_t            all = 0;
    (void)state;
    for (int i = 0; i < 12; i++) {
        fill(MANY, (enum order)(i % ORDERS));
        assert_window(MANY, starts[i % 3], starts[i % 3] + 10);
        all += compared;
    }
    assert_true(all < 12 * (uint64_t)MANY * 6);
}

int main(void) {
    rand_seed(&rnd, 5);
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_window_of_a_few),
                                       cmocka_unit_test(any_window_of_many),
                                       cmocka_unit_test(a_small_window_is_cheap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
