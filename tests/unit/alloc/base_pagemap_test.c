/* base_pagemap_test.c: metadata pieces, and the map from any address whatever. */
#include "alloc/base.h"
#include "alloc/extent.h"
#include "alloc/os.h"
#include "alloc/pagemap.h"
#include "alloc/pages.h"
#include "tests/support/xorshift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static void *refuse_map(size_t len) {
    (void)len;
    return NULL;
}

static void test_base_reuses_and_zeroes(void **state) {
    (void)state;
    char *p = base_take(100);
    assert_true(ptr_is_aligned(p, BASE_ALIGN));
    memset(p, 0xff, 100);
    base_put(p, 100);
    char *q = base_take(112); /* the same step of sizes */
    assert_ptr_equal(p, q);
    for (int i = 0; i < 112; i++) assert_int_equal(q[i], 0);
    base_put(q, 112);
    size_t before = base_bytes();
    for (int i = 0; i < 1000; i++) base_put(base_take(112), 112);
    assert_int_equal(base_bytes(), before);
}

/* Descriptors of slabs come and go in thousands: what they lay in goes back, but for what some that are
 * left hold, and these stay as they are. */
static void test_base_gives_back(void **state) {
    (void)state;
    enum { MANY = 4000 };
    static unsigned char *pieces[MANY];
    static const size_t   sizes[] = {384, 128, 960, 64};
    size_t                start = base_bytes(), all = 0;
    for (size_t i = 0; i < MANY; i++) {
        size_t size = sizes[i % 4];
        pieces[i] = base_take(size);
        assert_true((uintptr_t)pieces[i] % 64 == 0);
        for (size_t at = 0; at < size; at++) assert_int_equal(pieces[i][at], 0);
        memset(pieces[i], (int)(i % 255) + 1, size);
        all += size;
    }
    assert_true(base_bytes() >= start + all && base_bytes() < start + all + all / 8);
    for (size_t i = 0; i < MANY; i++)
        if (i % 400 != 0) base_put(pieces[i], sizes[i % 4]);
    assert_true(base_is_slack());
    while (base_trim(7)) continue;
    assert_false(base_is_slack());
    assert_true(base_bytes() < start + all / 10);
    for (size_t i = 0; i < MANY; i += 400) {
        for (size_t at = 0; at < sizes[i % 4]; at++)
            assert_int_equal(pieces[i][at], i % 255 + 1);
        base_put(pieces[i], sizes[i % 4]);
    }
    while (base_trim(7)) continue;
    assert_true(base_bytes() <= start + 16 * 4096);
    for (size_t i = 0; i < MANY; i++) {
        pieces[i] = base_take(192);
        for (size_t at = 0; at < 192; at++) assert_int_equal(pieces[i][at], 0);
    }
    for (size_t i = 0; i < MANY; i++) base_put(pieces[i], 192);
}

static size_t page_of(const void *p) { return (uintptr_t)p / PAGE_SIZE; }

/* What was an extent may be looked at by who comes late, and is one again or nothing. */
static void test_base_extents_stay_extents(void **state) {
    (void)state;
    enum { MANY = 1000, LEFT = 100 };
    static char *extents[MANY];
    size_t       start = base_bytes();
    for (size_t i = 0; i < MANY; i++) {
        extents[i] = base_take_extent();
        assert_true((uintptr_t)extents[i] % 64 == 0);
        memset(extents[i], 0xee, BASE_EXTENT); /* as no extent is: they are none again at the end */
    }
    assert_true(base_bytes() < start + MANY * BASE_EXTENT * 9 / 8);
    for (size_t i = LEFT; i < MANY; i++) base_put_extent(extents[i]);
    while (base_trim(7)) continue;
    assert_true(base_bytes() < start + LEFT * BASE_EXTENT + 16 * 4096);
    unsigned zeroed = 0;
    for (size_t i = LEFT; i < MANY; i++) {
        char first = extents[i][0];
        assert_true(first == 0 || (unsigned char)first == 0xee);
        for (size_t at = 1; at < BASE_EXTENT; at++) assert_int_equal(extents[i][at], first);
        zeroed += first == 0;
    }
    assert_true(zeroed > MANY / 4);
    for (size_t i = 0; i < MANY; i++) { /* another's piece of that size is elsewhere */
        char *other = base_take(BASE_EXTENT);
        for (size_t k = 0; k < MANY; k += 10) assert_int_not_equal(page_of(other), page_of(extents[k]));
        if (i % 2 == 0) base_put(other, BASE_EXTENT);
    }
    for (size_t i = 0; i < LEFT; i++) {
        memset(extents[i], 0, BASE_EXTENT);
        base_put_extent(extents[i]);
    }
    for (size_t i = 0; i < MANY; i++) extents[i] = memset(base_take_extent(), 0, BASE_EXTENT);
    for (size_t i = 0; i < MANY; i++) base_put_extent(extents[i]);
}

/* Most go, and then others come and go: they gather in few pages. */
static void shrink(size_t size, size_t in_a_page) {
    enum { MANY = 20000, LEFT = 1000 };
    static char *pieces[MANY];
    uint64_t     random = XORSHIFT_SEED;
    size_t       start = base_bytes();
    for (size_t i = 0; i < MANY; i++) pieces[i] = base_take(size);
    for (size_t i = 0; i < MANY; i++)
        if (i % (MANY / LEFT) != 0) base_put(pieces[i], size);
    for (size_t i = 0; i < LEFT; i++) pieces[i] = pieces[i * (MANY / LEFT)];
    for (size_t i = 0; i < 20 * LEFT; i++) {
        size_t k = xorshift(&random) % LEFT;
        base_put(pieces[k], size);
        pieces[k] = base_take(size);
    }
    while (base_trim(100)) continue;
    assert_true(base_bytes() <= start + (LEFT / in_a_page * 3 / 2 + 24) * 4096);
    for (size_t i = 0; i < LEFT; i++) base_put(pieces[i], size);
    while (base_trim(100)) continue;
}

static void test_base_gathers(void **state) {
    (void)state;
    shrink(192, 21);
    shrink(64, 63);
    shrink(1152, 3); /* a long page has fourteen */
}

static void test_extents_resettle(void **state) {
    (void)state;
    enum { MANY = 1000 };
    static struct extent *x[MANY];
    static struct pages   some;
    char                 *base = (char *)(uintptr_t)(64 * PAGE_SIZE);
    for (size_t i = 0; i < MANY; i++) {
        x[i] = extent_new(&some, base + i * PAGE_SIZE, PAGE_SIZE, i % 2);
        x[i]->requested = i;
    }
    assert_ptr_equal(extent_resettle(x[0]), x[0]); /* nothing before it is free */
    for (size_t i = 0; i < MANY / 2; i++) extent_free(&x[i]);
    for (size_t i = MANY / 2; i < MANY; i++) {
        struct extent *before = x[i];
        x[i] = extent_resettle(x[i]);
        if (i == MANY - 1) assert_ptr_not_equal(x[i], before);
        assert_true(x[i]->base == base + i * PAGE_SIZE && x[i]->len == PAGE_SIZE);
        assert_true(x[i]->zeroed == i % 2 && x[i]->requested == i);
        assert_true(extent_state(x[i]) == EXTENT_LIVE && extent_check(x[i]));
        assert_ptr_equal(atomic_load(&x[i]->pages), &some);
    }
    for (size_t i = MANY / 2; i < MANY; i++) extent_free(&x[i]);
}

static void test_base_without_memory(void **state) {
    (void)state;
    void    *pieces[64];
    unsigned count = 0;
    os.map = refuse_map;
    while (count < 64 && (pieces[count] = base_take(BASE_SIZE_MAX)) != NULL) count++;
    os = os_real;
    assert_true(count < 64);
    while (count > 0) base_put(pieces[--count], BASE_SIZE_MAX);
    assert_non_null(base_take(BASE_SIZE_MAX));
}

static void test_pagemap_survives_any_address(void **state) {
    (void)state;
    uint64_t random = XORSHIFT_SEED;
    for (int i = 0; i < 1000000; i++) {
        uintptr_t entry = pagemap_get((void *)(uintptr_t)xorshift(&random));
        assert_true(entry == 0 || pagemap_kind(entry) != PAGEMAP_NONE);
    }
    assert_int_equal(pagemap_get(NULL), 0);
    assert_int_equal(pagemap_get((void *)UINTPTR_MAX), 0);
    int on_stack;
    assert_int_equal(pagemap_get(&on_stack), 0);
}

static void test_pagemap_across_leaves(void **state) {
    (void)state;
    char *border = (char *)((uintptr_t)0x123 << 30), *p = border - 2 * PAGE_SIZE;
    _Alignas(64) static char what[64];
    assert_true(pagemap_cover(p, 4 * PAGE_SIZE));
    pagemap_set_all(p, 4 * PAGE_SIZE, what, PAGEMAP_SLAB);
    assert_true(pagemap_is_slab(pagemap_get(border - 1)));
    assert_ptr_equal(pagemap_slab(pagemap_get(border + 17)), what);
    pagemap_set_all(p, 4 * PAGE_SIZE, NULL, PAGEMAP_NONE);
    pagemap_set_ends(p, 4 * PAGE_SIZE, what, PAGEMAP_FREE);
    assert_int_equal(pagemap_get(border), 0);
    assert_int_equal(pagemap_kind(pagemap_get(p)), PAGEMAP_FREE);
    assert_ptr_equal(pagemap_extent(pagemap_get(p + 4 * PAGE_SIZE - 1)), what);
    pagemap_set_ends(p, 4 * PAGE_SIZE, NULL, PAGEMAP_NONE);
    assert_false(pagemap_cover((char *)((uintptr_t)1 << 47) - PAGE_SIZE, 2 * PAGE_SIZE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_reuses_and_zeroes),
        cmocka_unit_test(test_base_gives_back),
        cmocka_unit_test(test_base_extents_stay_extents),
        cmocka_unit_test(test_base_gathers),
        cmocka_unit_test(test_extents_resettle),
        cmocka_unit_test(test_base_without_memory),
        cmocka_unit_test(test_pagemap_survives_any_address),
        cmocka_unit_test(test_pagemap_across_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
