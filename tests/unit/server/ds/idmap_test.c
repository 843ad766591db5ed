/* idmap_test.c: the B+tree of stream IDs against a bitmap of which IDs of a small universe are in. */
#include "server/ds/idmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/ds/rand.h"

#define UNIVERSE 6000

static struct ash_heap *heap;
static struct rand      chance;
static uint64_t         stamp[UNIVERSE]; /* 0: not in the map; else what its value says */

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("idmap test", ASH_HEAP_OWNED);
    rand_seed(&chance, 7);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

/* Number i of the universe: times repeat, sequences are up to the ends of their range. */
static struct stream_id id_of(unsigned i) {
    struct stream_id id = {.ms = i / 3, .seq = i % 3 == 0 ? 0 : i % 3 == 1 ? 5 : UINT64_MAX};
    if (i >= UNIVERSE - 3) id.ms = UINT64_MAX;
    return id;
}

static void fill(void *value, size_t size, uint64_t with) {
    for (size_t at = 0; at < size; at += sizeof with) {
        memcpy((char *)value + at, &with, sizeof with);
        with = ~with;
    }
}

static void expect_says(const void *value, size_t size, uint64_t want) {
    for (size_t at = 0; at < size; at += sizeof want) {
        assert_memory_equal((const char *)value + at, &want, sizeof want);
        want = ~want;
    }
}

static void put(struct idmap *m, unsigned i, uint64_t with) {
    bool  added;
    void *value = idmap_put(m, heap, id_of(i), &added);
    assert_non_null(value);
    assert_int_equal(added, stamp[i] == 0);
    if (!added) expect_says(value, m->value_size, stamp[i]);
    fill(value, m->value_size, with);
    stamp[i] = with;
}

static void removed(struct idmap *m, unsigned i) {
    assert_int_equal(idmap_remove(m, heap, id_of(i)), stamp[i] != 0);
    stamp[i] = 0;
}

static int next_in(int i, int step) {
    for (; i >= 0 && i < UNIVERSE; i += step)
        if (stamp[i] != 0) return i;
    return -1;
}

static void expect_at(struct idmap_cursor c, int want) {
    assert_int_equal(idmap_valid(&c), want >= 0);
    if (want < 0) return;
    assert_true(stream_id_eq(idmap_id(&c), id_of((unsigned)want)));
    expect_says(idmap_value(&c), c.m->value_size, stamp[want]);
}

/* Every way to read says what the model says. */
static void expect_all(const struct idmap *m) {
    idmap_check(m);
    uint64_t            count = 0;
    struct idmap_cursor c = idmap_first(m);
    for (int i = next_in(0, 1); i >= 0; i = next_in(i + 1, 1), count++) {
        expect_at(c, i);
        idmap_step(&c, false);
    }
    assert_false(idmap_valid(&c));
    assert_int_equal(m->count, count);
    c = idmap_last(m);
    for (int i = next_in(UNIVERSE - 1, -1); i >= 0; i = next_in(i - 1, -1)) {
        expect_at(c, i);
        idmap_step(&c, true);
    }
    assert_false(idmap_valid(&c));
    for (unsigned n = 0; n < 200; n++) {
        unsigned    i = (unsigned)rand_below(&chance, UNIVERSE);
        const void *value = idmap_get(m, id_of(i));
        assert_int_equal(value != NULL, stamp[i] != 0);
        if (value != NULL) expect_says(value, m->value_size, stamp[i]);
        expect_at(idmap_at_least(m, id_of(i)), next_in((int)i, 1));
        expect_at(idmap_at_most(m, id_of(i)), next_in((int)i, -1));
    }
}

static void empty_it(struct idmap *m) {
    idmap_free(m);
    memset(stamp, 0, sizeof stamp);
    expect_all(m);
    assert_int_equal(ash_heap_used(heap), 0);
}

static void random_operations(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 8, 16, 24};
    for (unsigned s = 0; s < 4; s++) {
        struct idmap m;
        idmap_init(&m, sizes[s]);
        for (unsigned round = 0; round < 6; round++) {
            unsigned grow = round % 2 == 0 ? 70 : 30; /* per cent of the steps that put */
            for (unsigned n = 0; n < 6000; n++) {
                unsigned i = (unsigned)rand_below(&chance, UNIVERSE);
                if (rand_below(&chance, 100) < grow) put(&m, i, 1 + rand_below(&chance, 1000));
                else removed(&m, i);
                if (n % 64 == 0) idmap_check(&m);
            }
            expect_all(&m);
            assert_int_equal(m.footprint, ash_heap_used(heap));
        }
        empty_it(&m);
    }
}

/* What streams do: come at the end, go in front, now and then somewhere. */
static void queue_like(void **state) {
    (void)state;
    struct idmap m;
    idmap_init(&m, 24);
    unsigned head = 0;
    for (unsigned i = 0; i < UNIVERSE; i++) {
        put(&m, i, i + 1);
        while (m.count > 700) removed(&m, head++);
        if (i % 5 == 0) removed(&m, (unsigned)rand_below(&chance, i + 1));
        if (i % 97 == 0) expect_all(&m);
    }
    for (unsigned i = 0; i < UNIVERSE; i++) {
        removed(&m, i);
        if (i % 211 == 0) expect_all(&m);
    }
    assert_null(m.root);
    for (unsigned i = UNIVERSE; i-- > 0;) put(&m, i, i + 1); /* descending */
    expect_all(&m);
    empty_it(&m);
}

static void edges(void **state) {
    (void)state;
    struct idmap m;
    bool         added;
    idmap_init(&m, 8);
    expect_all(&m);
    assert_null(idmap_get(&m, STREAM_ID_MIN));
    assert_false(idmap_remove(&m, heap, STREAM_ID_MAX));
    assert_int_equal(idmap_nodes(&m), 0);
    idmap_put(&m, heap, STREAM_ID_MAX, &added);
    idmap_put(&m, heap, STREAM_ID_MIN, &added);
    assert_int_equal(idmap_nodes(&m), 1);
    struct idmap_cursor c = idmap_last(&m);
    assert_true(stream_id_eq(idmap_id(&c), STREAM_ID_MAX));
    idmap_step(&c, false);
    assert_false(idmap_valid(&c));
    c = idmap_first(&m);
    assert_true(stream_id_eq(idmap_id(&c), STREAM_ID_MIN));
    idmap_step(&c, true);
    assert_false(idmap_valid(&c));
    idmap_free(&m);
}

static void copies(void **state) {
    (void)state;
    struct idmap m, copy;
    idmap_init(&m, 16);
    for (unsigned i = 0; i < UNIVERSE; i += 2) put(&m, i, i + 1);
    idmap_copy(&copy, heap, &m);
    expect_all(&copy);
    assert_int_equal(copy.footprint, m.footprint);
    assert_int_equal(copy.footprint + m.footprint, ash_heap_used(heap));
    assert_int_equal(idmap_nodes(&copy), idmap_nodes(&m));
    idmap_free(&m);
    expect_all(&copy);
    empty_it(&copy);
}

/* A million IDs in order: what one costs, and that nothing is left when they have gone. */
static void million(void **state) {
    (void)state;
    static const double at_most[] = {16.5, 24.6, 33, 41};
    for (unsigned s = 0; s < 4; s++) {
        struct idmap m;
        idmap_init(&m, s * 8);
        for (uint64_t i = 0; i < 1000000; i++) {
            bool  added;
            void *value = idmap_put(&m, heap, (struct stream_id){i / 4, i % 4}, &added);
            assert_true(added);
            fill(value, m.value_size, i);
        }
        idmap_check(&m);
        double bytes = (double)m.footprint / 1e6;
        print_message("values of %2u bytes: %.2f bytes an ID\n", s * 8, bytes);
        assert_true(bytes <= at_most[s]);
        for (uint64_t i = 0; i < 1000000; i++)
            assert_true(idmap_remove(&m, heap, (struct stream_id){i / 4, i % 4}));
        assert_int_equal(m.footprint, 0);
    }
}

/* Most go, at random: what is left lies in nodes that are not nearly empty. */
static void sparse(void **state) {
    (void)state;
    struct idmap m;
    bool         added;
    idmap_init(&m, 24);
    for (uint64_t i = 0; i < 200000; i++) idmap_put(&m, heap, (struct stream_id){i, 0}, &added);
    for (uint64_t i = 0; i < 200000; i++)
        if (rand_below(&chance, 20) != 0) idmap_remove(&m, heap, (struct stream_id){i, 0});
    idmap_check(&m);
    print_message("5%% left: %.1f bytes an ID\n", (double)m.footprint / (double)m.count);
    assert_true(m.footprint < m.count * 120);
    idmap_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations), cmocka_unit_test(queue_like), cmocka_unit_test(edges),
        cmocka_unit_test(copies),            cmocka_unit_test(million),    cmocka_unit_test(sparse),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
