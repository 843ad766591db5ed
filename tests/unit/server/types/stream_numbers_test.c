/* stream_numbers_test.c: numbers are given out once, kept, and given out again. */
#include "server/types/stream_numbers.h"

#include "tests/unit/server/types/env.h"

#define CONSUMERS 300

/* Addresses to be told apart; nothing is ever read there. */
static uint64_t place[CONSUMERS][2];

static struct stream_consumer *consumer(unsigned i) { return (struct stream_consumer *)(void *)place[i]; }

static void expect(const struct stream_numbers *n, const int64_t *number) {
    unsigned count = 0;
    assert_true(stream_numbers_check(n));
    for (unsigned i = 0; i < CONSUMERS; i++) {
        if (number[i] < 0) continue;
        assert_ptr_equal(stream_numbers_get(n, (uint64_t)number[i]), consumer(i));
        count++;
    }
    assert_int_equal(n->count, count);
    assert_int_equal(stream_numbers_bytes(n), ash_heap_used(test_env.heap));
}

static void come_and_go(void **state) {
    (void)state;
    struct stream_numbers n = {0};
    int64_t               number[CONSUMERS];
    unsigned              most = 0, range = CONSUMERS;
    for (unsigned i = 0; i < CONSUMERS; i++) number[i] = -1;
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = below(range);
        if (step % 2000 == 0) range = step % 4000 == 0 ? CONSUMERS : 3;
        if (number[i] < 0) {
            number[i] = stream_numbers_put(&n, test_env.heap, consumer(i));
        } else {
            stream_numbers_take(&n, (uint64_t)number[i]);
            number[i] = -1;
        }
        if (n.count > most) most = n.count;
        assert_true(n.used <= most); /* free numbers before new ones */
        if (step % 10 == 0) expect(&n, number);
    }
    for (unsigned i = 0; i < CONSUMERS; i++) {
        if (number[i] >= 0) stream_numbers_take(&n, (uint64_t)number[i]);
        number[i] = -1;
        expect(&n, number);
    }
    assert_null(n.at);
}

static void copied(void **state) {
    (void)state;
    struct stream_numbers n = {0}, copy, none;
    stream_numbers_copy(&none, test_env.heap, &n);
    assert_null(none.at);
    for (unsigned i = 0; i < 20; i++) assert_int_equal(stream_numbers_put(&n, test_env.heap, consumer(i)), i);
    for (unsigned i = 3; i < 20; i += 4) stream_numbers_take(&n, i);
    stream_numbers_copy(&copy, test_env.heap, &n);
    assert_true(stream_numbers_check(&copy));
    stream_numbers_set(&copy, 5, consumer(100));
    assert_ptr_equal(stream_numbers_get(&n, 5), consumer(5));
    assert_ptr_equal(stream_numbers_get(&copy, 5), consumer(100));
    assert_int_equal(stream_numbers_put(&copy, test_env.heap, consumer(200)), 19); /* the last to go */
    assert_int_equal(stream_numbers_put(&copy, test_env.heap, consumer(201)), 15);
    assert_true(stream_numbers_check(&copy) && stream_numbers_check(&n));
    stream_numbers_free(&n);
    stream_numbers_free(&copy);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, env_setup, env_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(come_and_go), CASE(copied)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
