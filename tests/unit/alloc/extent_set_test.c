/* extent_set_test.c: best fit against a plain array, checked after each step. */
#include "alloc/extent_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

#define COUNT 300

static struct extent *model_fit(struct extent *all[], const bool in[], size_t len) {
    struct extent *best = NULL;
    for (int i = 0; i < COUNT; i++) {
        struct extent *x = all[i];
        if (!in[i] || x->len < len) continue;
        if (best == NULL || x->len < best->len || (x->len == best->len && x->base < best->base))
            best = x;
    }
    return best;
}

static void test_against_model(void **state) {
    (void)state;
    struct extent_set set = {0};
    struct extent    *all[COUNT];
    bool              in[COUNT] = {false};
    srand(7);
    for (int i = 0; i < COUNT; i++) {
        size_t len = PAGE_SIZE * (size_t)(rand() % 40 + 1);
        all[i] = extent_new(NULL, (char *)((uintptr_t)(i + 1) << 24), len, false);
        extent_set_state(all[i], EXTENT_DIRTY); /* as all in a set */
    }
    for (int step = 0; step < 20000; step++) {
        int i = rand() % COUNT;
        if (in[i]) {
            extent_set_take(&set, all[i]);
        } else if (rand() % 8 == 0) {
            extent_set_put_oldest(&set, all[i]);
            assert_ptr_equal(set.oldest, all[i]);
        } else {
            extent_set_put(&set, all[i]);
            assert_ptr_equal(set.newest, all[i]);
        }
        in[i] = !in[i];
        size_t len = PAGE_SIZE * (size_t)(rand() % 45 + 1);
        assert_ptr_equal(extent_set_peek_fit(&set, len), model_fit(all, in, len));
        if (step % 16 == 0) assert_true(extent_set_check(&set));
    }
    for (int i = 0; i < COUNT; i++) {
        if (in[i]) extent_set_take(&set, all[i]);
        extent_free(&all[i]);
        assert_null(all[i]);
    }
    assert_null(set.root);
    assert_int_equal(counter_get(&set.bytes), 0);
}

static void test_split_and_join(void **state) {
    (void)state;
    struct extent *x = extent_new(NULL, (char *)0x10000, 8 * PAGE_SIZE, true);
    struct extent *tail = extent_split(x, 3 * PAGE_SIZE);
    assert_int_equal(x->len, 3 * PAGE_SIZE);
    assert_int_equal(tail->len, 5 * PAGE_SIZE);
    assert_ptr_equal(tail->base, x->base + 3 * PAGE_SIZE);
    assert_true(tail->zeroed);
    tail->zeroed = false;
    extent_join(x, tail);
    assert_int_equal(x->len, 8 * PAGE_SIZE);
    assert_false(x->zeroed);
    extent_free(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_split_and_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
