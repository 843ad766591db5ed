/* deadlines_test.c: the heap of deadlines against an array of times as model. */
#include "server/ds/deadlines.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/ds/rand.h"

#define ITEMS 20000

struct thing {
    uint64_t place;
    int64_t  at_ms; /* the model; -1: not in the heap */
};

static struct thing     thing[ITEMS];
static struct deadlines d;
static struct rand      rnd;
static struct ash_heap *heap;

static void     placed(void *item, uint64_t place) { ((struct thing *)item)->place = place; }
static uint64_t place_of(const void *item) { return ((const struct thing *)item)->place; }
static const struct deadlines_type type = {.placed = placed, .place = place_of};

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("deadlines test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 5);
    for (unsigned i = 0; i < ITEMS; i++) thing[i] = (struct thing){0, -1};
    deadlines_init(&d, heap, &type);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    deadlines_fini(&d);
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static uint64_t model_due(int64_t now_ms, uint64_t *count) {
    uint64_t due = 0;
    *count = 0;
    for (unsigned i = 0; i < ITEMS; i++) {
        *count += thing[i].at_ms >= 0;
        due += thing[i].at_ms >= 0 && thing[i].at_ms <= now_ms;
    }
    return due;
}

static void expect(int64_t now_ms) {
    uint64_t count, due = model_due(now_ms, &count);
    assert_true(deadlines_check(&d));
    assert_int_equal(d.count, count);
    assert_int_equal(deadlines_due(&d, now_ms), due);
    assert_int_equal(deadlines_bytes(&d), ash_heap_used(heap));
    if (count <= DEADLINES_SCANNED) assert_int_equal(deadlines_all_due(&d, now_ms), due == count);
    else if (deadlines_all_due(&d, now_ms)) assert_int_equal(due, count);
}

static void step(unsigned range, int64_t times) {
    struct thing *t = &thing[rand_below(&rnd, range)];
    int64_t       at_ms = (int64_t)rand_below(&rnd, (uint64_t)times);
    assert_int_equal(t->place != 0, t->at_ms >= 0);
    if (t->at_ms < 0) {
        deadlines_put(&d, t, at_ms);
        t->at_ms = at_ms;
    } else if (rand_below(&rnd, 2)) {
        deadlines_change(&d, t->place, at_ms);
        t->at_ms = at_ms;
    } else {
        deadlines_take(&d, t->place);
        t->at_ms = -1;
    }
    if (t->at_ms >= 0) assert_int_equal(deadlines_at(&d, t->place)->at_ms, t->at_ms);
}

static void random_operations(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        step(40, 20);
        expect((int64_t)rand_below(&rnd, 22));
    }
    for (unsigned i = 0; i < 60000; i++) {
        step(ITEMS, 1000000);
        if (i % 2000 == 0) expect((int64_t)rand_below(&rnd, 1000000));
    }
    expect(500000);
}

/* Over every border of segments, up and down; the order out is the order of times. */
static void in_order(void **state) {
    (void)state;
    for (unsigned i = 0; i < ITEMS; i++) {
        thing[i].at_ms = (int64_t)rand_below(&rnd, 5000);
        deadlines_put(&d, &thing[i], thing[i].at_ms);
        if ((i & (i - 1)) == 0) expect(2500);
    }
    expect(2500);
    int64_t last_ms = 0;
    for (unsigned n = ITEMS; n > 0; n--) {
        const struct deadline *first = deadlines_first(&d);
        struct thing          *t = first->item;
        assert_true(first->at_ms >= last_ms && first->at_ms == t->at_ms);
        last_ms = first->at_ms;
        deadlines_take(&d, 1);
        assert_int_equal(t->place, 0);
        t->at_ms = -1;
        if ((n & (n - 1)) == 0) expect(2500);
    }
    assert_null(deadlines_first(&d));
    assert_int_equal(ash_heap_used(heap), 0);
}

static void items_that_move(void **state) {
    (void)state;
    struct thing other = {0, 3};
    for (unsigned i = 0; i < 10; i++) {
        thing[i].at_ms = i;
        deadlines_put(&d, &thing[i], i);
    }
    other.place = thing[3].place;
    deadlines_moved(&d, other.place, &other);
    assert_true(deadlines_check(&d));
    deadlines_change(&d, other.place, 100);
    assert_ptr_equal(deadlines_at(&d, other.place)->item, &other);
    assert_true(deadlines_check(&d));
    assert_false(deadlines_all_due(&d, 99));
    assert_true(deadlines_all_due(&d, 100));
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(random_operations), CASE(in_order),
                                       CASE(items_that_move)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
