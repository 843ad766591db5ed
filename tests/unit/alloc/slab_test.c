/* slab_test.c: what a free asks of a slab, over all it may find: each address, each state, any size,
 * any rest of the countdown. */
#include "alloc/slab.h"
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/pagemap.h"
#include "tests/unit/alloc/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

#define BASE ((char *)0x7f0000000000) /* never touched */

/* A slab without pages, for what looks at its figures alone. */
static struct slab *figures_of(unsigned cls) {
    size_t       size = sizeof(struct slab) + SLAB_SLOTS_MAX + SLAB_GROUP;
    struct slab *s = aligned_alloc(64, size_round_up(size, 64));
    memset(s, 0, size);
    s->base = BASE;
    s->slot_size = size_classes[cls].slot_size;
    s->inverse = UINT64_MAX / s->slot_size + 1;
#ifdef ASHLAR_DEBUG
    s->requested = calloc(SLAB_SLOTS_MAX + SLAB_GROUP, sizeof *s->requested);
#endif
    return s;
}

static void figures_free(struct slab *s) {
#ifdef ASHLAR_DEBUG
    free(s->requested);
#endif
    free(s);
}

/* Every address of a slab of every class, with the countdown at its ends. */
static void test_starts_of_slots(void **state) {
    (void)state;
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        struct slab *s = figures_of(cls);
        size_t       len = size_classes[cls].pages * PAGE_SIZE, slot;
        for (size_t at = 0; at < len; at++) {
            bool start = at % s->slot_size == 0;
            assert_int_equal(slab_slot_at(s, BASE + at, &slot), start);
            assert_int_equal(slot, at / s->slot_size);
            for (unsigned i = 0; i < 3; i++) {
                uint32_t left = i == 2 ? SLAB_MARK_NEVER : i;
                slab_set_left(s, left);
                assert_int_equal(slab_left(s), left);
                assert_int_equal(slab_slot_left(s, BASE + at, &slot), start && left > 0);
                assert_int_equal(slot, at / s->slot_size);
            }
        }
        figures_free(s);
    }
}

/* A byte that is no state is refused like any other but LIVE. */
static void test_every_state_and_size(void **state) {
    (void)state;
    struct slab *s = figures_of(6);
    const size_t sizes[] = {0, 1, 55, 56, 57, 255, 256, UINT32_MAX, (size_t)1 << 32,
                            ((size_t)1 << 32) + 56, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
    assert_int_equal(s->slot_size, 56);
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            memset(s->state, SLOT_LIVE, 5);
            s->state[2] = (uint8_t)byte;
#ifdef ASHLAR_DEBUG
            s->requested[2] = (uint16_t)(sizes[i] <= 56 ? sizes[i] : 56);
#endif
            bool fine = byte == SLOT_LIVE && sizes[i] <= 56;
            assert_int_equal(slab_put_slot(s, 2, sizes[i]), fine);
            if (fine) assert_int_equal(slab_state(s, 2), SLOT_FREE);
            for (unsigned other = 0; other < 5; other++)
                assert_true(other == 2 || slab_state(s, other) == SLOT_LIVE);
        }
    }
    figures_free(s);
}

struct put {
    void   **objects;
    unsigned count; /* so many are freed before */
    char    *p;
    size_t   size;
};

static void put_there(void *arg) {
    struct put *put = arg;
    for (unsigned i = 0; i < put->count; i++) ash_free(put->objects[i], 48);
    ash_free(put->p, put->size);
}

/* Whatever the countdown stands at, also where the free is the one that refiles the slab: a wrong one
 * is found and told as what it is. */
static void test_wrong_at_any_count(void **state) {
    (void)state;
    enum { COUNT = 700 };
    static void     *objects[COUNT];
    struct ash_heap *h = ash_heap_new("counted", ASH_HEAP_OWNED);
    for (unsigned i = 0; i < COUNT; i++) objects[i] = ash_alloc(h, 48);
    for (unsigned count = 1; count < 96; count++) {
        struct put put = {objects, count, objects[count - 1], 48};
        assert_true(dies_saying(put_there, &put, "double free"));
        put.p = (char *)objects[count] + 8;
        assert_true(dies_saying(put_there, &put, "invalid free"));
        put.p = objects[count];
        for (unsigned i = 0; i < 3; i++) {
            put.size = i == 0 ? 129 : i == 1 ? SIZE_MAX : ((size_t)1 << 32) + 48;
            if (count % 8 == 1 || count > 80) assert_true(dies_saying(put_there, &put, "wrong size"));
        }
    }
    for (unsigned i = 0; i < COUNT; i++) {
        ash_free(objects[i], 48);
        ash_check();
    }
    assert_int_equal(ash_heap_used(h), 0);
    ash_heap_drop(&h);
}

/* The countdown of a current slab ends as well, after half a million frees there. */
static void test_never_ends(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("steady", ASH_HEAP_OWNED);
    void            *keep = ash_alloc(h, 40);
    struct slab     *s = pagemap_slab(pagemap_get(keep));
    uint32_t         least = SLAB_MARK_NEVER;
    for (uint32_t i = 0; i < SLAB_MARK_NEVER + 1000; i++) {
        ash_free(ash_alloc(h, 40), 40);
        if (slab_left(s) < least) least = slab_left(s);
    }
    ash_check();
#ifndef ASHLAR_DEBUG /* where what is freed lies in quarantine first */
    assert_int_equal(least, 0);
    assert_int_equal(slab_left(s), SLAB_MARK_NEVER - 999);
#endif
    ash_free(keep, 40);
    ash_heap_drop(&h);
}

/* What a free takes for a seat in pages that belong to no slab. */
static void test_nobodys_seat(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("seats", ASH_HEAP_OWNED);
    char            *small = ash_alloc(h, 48), *large = ash_alloc(h, 300000);
    if (window_has(small)) {
        const struct arena *a = pagemap_slab(pagemap_get(small))->arena;
        assert_true(a->seat != 0 && pagemap_seat(pagemap_cell(small)) == a->seat);
        assert_int_equal(pagemap_cell((char *)(window.base + window.len - 1)), window.map);
        assert_int_equal(pagemap_seat((uintptr_t)window.map), 0);
        for (size_t at = 0; at < 300000; at += PAGE_SIZE)
            assert_int_equal(pagemap_seat(pagemap_cell(large + at)), 0);
    }
    ash_free(large, 300000);
    if (window_has(small))
        for (size_t at = 0; at < 300000; at += PAGE_SIZE)
            assert_int_equal(pagemap_seat(pagemap_cell(large + at)), 0);
    ash_free(small, 48);
    ash_heap_drop(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_of_slots), cmocka_unit_test(test_every_state_and_size),
        cmocka_unit_test(test_wrong_at_any_count), cmocka_unit_test(test_never_ends),
        cmocka_unit_test(test_nobodys_seat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
