/* table_test.c: the table against a plain array as model, through growth and shrinking. */
#include "server/ds/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/ds/rand.h"

struct item {
    uint64_t id;
    bool     live, member; /* in the table now; there during the whole scan */
    unsigned seen;
};

#define IDS 20000

static struct item      items[IDS];
static struct ash_heap *heap;
static struct rand      rnd;

static struct slice item_key(const void *item) {
    return slice_of(item, sizeof(uint64_t)); /* the id */
}

static const struct table_type type = { item_key };

static uint64_t hash_of(const struct item *it) { return table_hash(item_key(it)); }

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("table test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 1);
    for (unsigned i = 0; i < IDS; i++) items[i] = (struct item){ .id = i };
    return 0;
}

static int teardown(void **state) {
    (void)state;
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

static void put(struct table *t, struct item *it) {
    assert_false(it->live);
    table_put(t, it, hash_of(it));
    it->live = true;
}

static void take(struct table *t, struct item *it) {
    if (rand_below(&rnd, 2)) {
        assert_ptr_equal(table_take(t, item_key(it), hash_of(it)), it->live ? it : NULL);
    } else if (it->live) {
        table_take_item(t, it, hash_of(it));
    }
    it->live = false;
}

static void expect(const struct table *t) {
    uint64_t count = 0;
    table_check(t);
    assert_int_equal(table_bytes(t), ash_heap_used(heap));
    for (unsigned i = 0; i < IDS; i++) {
        struct item *it = &items[i];
        assert_ptr_equal(table_get(t, item_key(it), hash_of(it)), it->live ? it : NULL);
        count += it->live;
        it->seen = 0;
    }
    assert_int_equal(t->count, count);
    struct table_iter iter;
    struct item      *it;
    table_iter_init(&iter, t);
    while ((it = table_next(&iter))) it->seen++;
    for (unsigned i = 0; i < IDS; i++) assert_int_equal(items[i].seen, items[i].live);
}

static void empty_table(void **state) {
    (void)state;
    struct table t;
    table_init(&t, heap, &type);
    assert_int_equal(table_bytes(&t), 0);
    expect(&t);
    assert_null(table_prefetch(&t, 1));
    table_prefetch_items(NULL, 1);
    assert_null(table_random(&t, &rnd));
    assert_int_equal(table_scan(&t, 0, NULL, NULL), 0);
    assert_int_equal(table_scan(&t, 0xdeadbeefcafe, NULL, NULL), 0);
    assert_null(table_take(&t, item_key(&items[0]), 5));
    put(&t, &items[3]);
    expect(&t);
    take(&t, &items[3]);
    expect(&t);
    table_fini(&t, NULL, NULL);
}

static void every_size_up_and_down(void **state) {
    (void)state;
    struct table t;
    table_init(&t, heap, &type);
    for (unsigned i = 0; i < 700; i++) {
        put(&t, &items[i]);
        table_check(&t);
        assert_int_equal(table_bytes(&t), ash_heap_used(heap));
    }
    expect(&t);
    for (unsigned i = 0; i < 700; i++) {
        table_take_item(&t, &items[i], hash_of(&items[i]));
        items[i].live = false;
        table_check(&t);
        assert_int_equal(table_bytes(&t), ash_heap_used(heap));
    }
    expect(&t);
    assert_true(table_buckets(&t) == 1);
    table_fini(&t, NULL, NULL);
}

/* Bias towards putting, then towards taking, several times over. */
static void random_operations(void **state) {
    (void)state;
    struct table t;
    table_init(&t, heap, &type);
    for (unsigned round = 0; round < 12; round++) {
        unsigned put_share = round % 2 ? 15 : 85;
        for (unsigned i = 0; i < 20000; i++) {
            struct item *it = &items[rand_below(&rnd, IDS)];
            if (round > 5 && i % 500 == 0) table_tighten(&t, (unsigned)rand_below(&rnd, 2000));
            if (rand_below(&rnd, 100) >= put_share) {
                take(&t, it);
            } else if (!it->live) {
                put(&t, it);
            } else {
                table_prefetch_items(table_prefetch(&t, hash_of(it)), hash_of(it));
                assert_ptr_equal(table_get(&t, item_key(it), hash_of(it)), it);
            }
        }
        expect(&t);
    }
    table_fini(&t, NULL, NULL);
}

/* Down to what the items need, in any steps, and no further. */
static void tightened_in_steps(void **state) {
    (void)state;
    struct table t;
    table_init(&t, heap, &type);
    assert_int_equal(table_tighten(&t, 100), 0);
    for (unsigned i = 0; i < IDS; i++) put(&t, &items[i]);
    for (unsigned i = 0; i < IDS; i++)
        if (i % 10 >= 6) take(&t, &items[i]);
    uint64_t buckets = table_buckets(&t), merged = 0;
    size_t   bytes = table_bytes(&t);
    for (unsigned n = 1, did = n; did == n; merged += did) did = table_tighten(&t, ++n);
    assert_int_equal(table_buckets(&t), buckets - merged);
    assert_true(merged > buckets / 5 && t.count <= table_buckets(&t) * 7);
    assert_true(table_bytes(&t) < bytes - bytes / 6);
    assert_int_equal(table_tighten(&t, 100), 0);
    expect(&t);
    for (unsigned i = 0; i < IDS; i++)
        if (items[i].live) take(&t, &items[i]);
    table_fini(&t, NULL, NULL);
}

/* Hashes chosen to share one bucket: long chains must work, if slowly. */
static struct slice same_key(const void *item) {
    (void)item;
    return slice_str("same");
}

static void one_long_chain(void **state) {
    (void)state;
    static const struct table_type same = { same_key };
    struct table t;
    uint64_t     hash = table_hash(slice_str("same"));
    table_init(&t, heap, &same);
    for (unsigned i = 0; i < 300; i++) table_put(&t, &items[i], hash);
    table_check(&t);
    struct item *drawn = table_random(&t, &rnd);
    assert_true(drawn >= items && drawn < items + 300);
    for (unsigned i = 300; i-- > 0;) {
        table_take_item(&t, &items[i * 7 % 300], hash);
        table_check(&t);
        assert_int_equal(table_bytes(&t), ash_heap_used(heap));
    }
    assert_null(table_get(&t, slice_str("same"), hash));
    table_fini(&t, NULL, NULL);
}

static void replace_keeps_place(void **state) {
    (void)state;
    static struct item other[IDS];
    struct table       t;
    table_init(&t, heap, &type);
    for (unsigned i = 0; i < 5000; i++) put(&t, &items[i]);
    for (unsigned i = 0; i < 5000; i++) {
        other[i] = items[i];
        table_replace(&t, &items[i], &other[i], hash_of(&items[i]));
    }
    table_check(&t);
    struct table_iter iter;
    struct item      *it;
    unsigned          count = 0;
    table_iter_init(&iter, &t);
    while ((it = table_next(&iter))) { /* back again, while iterating */
        assert_ptr_equal(it, &other[it->id]);
        table_replace(&t, it, &items[it->id], hash_of(it));
        count++;
    }
    assert_int_equal(count, 5000);
    expect(&t);
    table_fini(&t, NULL, NULL);
}

/* What is noted is never an item that has left, however it left; growing and shrinking forget nothing
 * and falsify nothing. */
static void what_is_noted_is_there(void **state) {
    (void)state;
    static struct item other[IDS];
    struct table       t;
    table_init(&t, heap, &type);
    assert_null(table_noted(&t, 0));
    for (unsigned i = 0; i < 60000; i++) {
        struct item *it = &items[rand_below(&rnd, 500)], *last = &items[rand_below(&rnd, 500)];
        uint64_t     hash = hash_of(last);
        assert_ptr_equal(table_get_noting(&t, item_key(last), hash), last->live ? last : NULL);
        assert_ptr_equal(table_noted(&t, hash), last->live ? last : NULL);
        assert_null(table_noted(&t, hash + 1));
        switch (rand_below(&rnd, 4)) {
        case 0:
            if (!it->live) put(&t, it);
            break;
        case 1: take(&t, it); break;
        case 2:
            if (rand_below(&rnd, 50) == 0 && (it = table_take_random(&t, &rnd)) != NULL) it->live = false;
            break;
        default:
            if (!it->live) break;
            other[it->id] = *it;
            table_replace(&t, it, &other[it->id], hash_of(it));
            assert_ptr_equal(table_get_noting(&t, item_key(it), hash_of(it)), &other[it->id]);
            table_replace(&t, &other[it->id], it, hash_of(it));
        }
        struct item *noted = table_noted(&t, hash);
        assert_true(noted == NULL || (noted == last && last->live));
        if (i % 1000 == 0) table_check(&t);
    }
    expect(&t);
    table_fini(&t, NULL, NULL);
    assert_null(table_noted(&t, hash_of(&items[0])));
}

static void count_item(void *item, void *arg) {
    (void)item;
    ++*(unsigned *)arg;
}

static void fini_frees_items(void **state) {
    (void)state;
    struct table t;
    unsigned     freed = 0;
    table_init(&t, heap, &type);
    for (unsigned i = 0; i < IDS; i++) put(&t, &items[i]);
    table_fini(&t, count_item, &freed);
    assert_int_equal(freed, IDS);
    assert_int_equal(table_bytes(&t), 0);
}

static void mark_seen(void *item, void *arg) {
    (void)arg;
    ((struct item *)item)->seen++;
}

/* Puts or takes a random number of items that are not members of the scan. */
static void disturb(struct table *t, unsigned most, unsigned *target) {
    for (uint64_t n = rand_below(&rnd, most); n > 0; n--) {
        struct item *it = &items[rand_below(&rnd, IDS)];
        if (it->member) continue;
        if (t->count < *target && !it->live) put(t, it);
        else if (t->count > *target) take(t, it);
    }
    if (most > 1 && rand_below(&rnd, 10) == 0) table_tighten(t, (unsigned)rand_below(&rnd, 3000));
    if (rand_below(&rnd, 5) == 0) *target = (unsigned)rand_below(&rnd, IDS);
}

static void scan_guarantee(void **state) {
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct table t;
        unsigned     target = (unsigned)rand_below(&rnd, IDS), members = 0;
        unsigned     most = round % 3 == 0 ? 1 : round % 3 == 1 ? 200 : 20000;
        table_init(&t, heap, &type);
        disturb(&t, 60000, &target);
        for (unsigned i = 0; i < IDS; i++) {
            items[i].seen = 0;
            items[i].member = items[i].live && rand_below(&rnd, 50) == 0;
            members += items[i].member;
        }
        uint64_t cursor = 0, calls = 0;
        do {
            cursor = table_scan(&t, cursor, mark_seen, NULL);
            disturb(&t, most, &target);
            assert_true(++calls <= 4 * IDS);
        } while (cursor != 0);
        for (unsigned i = 0; i < IDS; i++) {
            assert_true(!items[i].member || items[i].seen >= 1);
            if (most == 1) assert_true(items[i].seen <= 1); /* nothing moved: no repeats */
            items[i].member = items[i].live = false;
        }
        table_fini(&t, NULL, NULL);
    }
}

static void scan_any_cursor(void **state) {
    (void)state;
    struct table t;
    table_init(&t, heap, &type);
    for (unsigned i = 0; i < 3000; i++) put(&t, &items[i]);
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t cursor = rand_next(&rnd) >> rand_below(&rnd, 64);
        unsigned seen = 0;
        cursor = table_scan(&t, cursor, count_item, &seen);
        assert_true(cursor < 2 * table_buckets(&t));
        assert_true(seen <= 3000);
    }
    table_fini(&t, NULL, NULL);
}

static void sample_evenly(const struct table *t, unsigned count) {
    void    *got[96];
    unsigned total = 0;
    for (unsigned i = 0; i < count; i++) items[i].seen = 0;
    for (unsigned i = 0; i < 400 * count; i++) {
        unsigned enough = i % 64 + 1, n = table_sample(t, &rnd, got, enough, 96);
        assert_in_range(n, enough < count ? enough : count, 96);
        for (unsigned at = 0; at < n; at++) ((struct item *)got[at])->seen++;
        total += n;
    }
    for (unsigned i = 0; i < count; i++)
        assert_in_range(items[i].seen, total / count * 3 / 4, total / count * 5 / 4 + 1);
}

static void random_is_near_uniform(void **state) {
    (void)state;
    static const unsigned sizes[] = { 1, 2, 9, 10, 12, 100, 700, 1000, 1500 };
    for (unsigned n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        struct table t;
        double       chi = 0;
        table_init(&t, heap, &type);
        for (unsigned i = 0; i < sizes[n]; i++) {
            put(&t, &items[i]);
            items[i].seen = 0;
        }
        const unsigned draws = 400;
        for (unsigned i = 0; i < draws * sizes[n]; i++)
            ((struct item *)table_random(&t, &rnd))->seen++;
        for (unsigned i = 0; i < sizes[n]; i++) {
            double off = (double)items[i].seen - draws;
            chi += off * off / draws;
            assert_in_range(items[i].seen, draws / 2, draws * 3 / 2);
            items[i].live = false;
        }
        assert_true(chi < 1.3 * sizes[n] + 12);
        sample_evenly(&t, sizes[n]);
        table_fini(&t, NULL, NULL);
    }
}

/* The budget of a key: what the table may cost. */
static void footprint_per_item(void **state) {
    (void)state;
    const unsigned n = 1000000;
    struct item   *many = calloc(n, sizeof *many);
    struct table   t;
    double         worst = 0, sum = 0;
    unsigned       points = 0;
    table_init(&t, heap, &type);
    for (unsigned i = 0; i < n; i++) {
        many[i].id = i;
        table_put(&t, &many[i], hash_of(&many[i]));
        if (i < 1000 || i % 1000) continue;
        double each = (double)table_bytes(&t) / (i + 1);
        if (each > worst) worst = each;
        sum += each;
        points++;
    }
    print_message("table: %.2f bytes an item on average, %.2f at worst\n", sum / points, worst);
    assert_true(sum / points < 11.5);
    assert_true(worst < 12.5);
    assert_int_equal(table_bytes(&t), ash_heap_used(heap));
    table_fini(&t, NULL, NULL);
    free(many);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(empty_table),         CASE(every_size_up_and_down), CASE(random_operations),
        CASE(one_long_chain),      CASE(replace_keeps_place),    CASE(fini_frees_items),
        CASE(scan_guarantee),      CASE(scan_any_cursor),        CASE(random_is_near_uniform),
        CASE(footprint_per_item),  CASE(tightened_in_steps),     CASE(what_is_noted_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
