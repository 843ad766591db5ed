/* classes_test.c: the table is what classes.h says, and the mappings pick the tightest class. */
#include "alloc/classes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_table(void **state) {
    (void)state;
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        const struct size_class *c = &size_classes[i];
        assert_true(i == 0 || c->slot_size > c[-1].slot_size); /* C1 */
        assert_int_equal(c->slot_size % 8, 0);
        for (unsigned tier = 0; tier < 2; tier++) {
            size_t len = (tier == 0 ? c->pages_first : c->pages) * PAGE_SIZE;
            size_t slots = len / c->slot_size;
            assert_in_range(slots, 1, SLAB_SLOTS_MAX); /* C2 */
            assert_in_range(len, PAGE_SIZE, SLAB_PAGES_MAX * PAGE_SIZE);
            double waste = (double)(len % c->slot_size) / (double)len;
            assert_true(waste <= (tier == 1 ? 0.012 : c->slot_size <= 1024 ? 0.04 : 0.13));
        }
    }
    assert_int_equal(size_classes[CLASS_COUNT - 1].slot_size, SMALL_MAX);
}

static void test_fine_is_tightest(void **state) {
    (void)state;
    for (size_t size = 1; size <= SMALL_MAX; size++) {
        unsigned cls = class_fine(size);
        assert_true(size_classes[cls].slot_size >= size);
        assert_true(cls == 0 || size_classes[cls - 1].slot_size < size);
    }
}

/* jemalloc's classes: multiples of 16 to 128, then four to a doubling. */
static size_t jemalloc_size(size_t size) {
    if (size <= 128) return size_round_up(size, 16);
    size_t top = 256;
    while (top < size) top *= 2;
    return size_round_up(size, top / 8);
}

static void test_general_is_jemallocs(void **state) {
    (void)state;
    for (size_t size = 1; size <= SMALL_MAX; size++) {
        size_t slot = size_classes[class_general(size)].slot_size;
        assert_int_equal(slot, jemalloc_size(size));
        assert_int_equal(slot % 16, 0);
    }
}

static void test_aligned(void **state) {
    (void)state;
    for (size_t align = 1; align <= PAGE_SIZE; align *= 2)
        for (size_t size = 1; size <= SMALL_MAX; size += 7) {
            unsigned cls = class_aligned(size, align);
            assert_true(cls < CLASS_COUNT);
            assert_true(size_classes[cls].slot_size >= size);
            assert_int_equal(size_classes[cls].slot_size % align, 0);
        }
    assert_int_equal(class_aligned(SMALL_MAX + 1, 8), CLASS_COUNT);
    assert_int_equal(class_aligned(1, 2 * PAGE_SIZE), CLASS_COUNT);
}

static void test_slot_at_is_exact(void **state) {
    (void)state;
    for (unsigned i = 0; i < CLASS_COUNT; i++)
        for (size_t offset = 0; offset < SLAB_PAGES_MAX * PAGE_SIZE; offset++) {
            unsigned slot, size = size_classes[i].slot_size;
            bool     start = class_slot_at(size_classes[i].reciprocal, offset, &slot);
            if (slot != offset / size || start != (offset % size == 0)) fail();
        }
}

static void test_good_size(void **state) {
    (void)state;
    assert_int_equal(class_good_size(0), 8);
    assert_int_equal(class_good_size(33), 40);
    assert_int_equal(class_good_size(129), 144);
    assert_int_equal(class_good_size(SMALL_MAX + 1), SMALL_MAX + PAGE_SIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_fine_is_tightest),
        cmocka_unit_test(test_general_is_jemallocs),
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_slot_at_is_exact),
        cmocka_unit_test(test_good_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
