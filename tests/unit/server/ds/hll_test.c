/* hll_test.c: registers against a plain array, and bytes against those that redis-server 7.0.15 made. */
#include "server/ds/hll.h"

#include "server/ds/rand.h"
#include "server/ds/sha1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SPARSE_LIMIT 3000

static struct rand rnd;

/* One that grows as PFADD lets it. */
struct one {
    char   bytes[HLL_SPARSE_MAX + 64];
    size_t len;
};

static struct slice slice(const struct one *h) { return slice_of(h->bytes, h->len); }

static void start(struct one *h) {
    hll_empty(h->bytes);
    h->len = HLL_EMPTY_SIZE;
}

static bool put(struct one *h, struct hll_place to, size_t limit) {
    struct hll_edit edit;
    if (hll_kind(slice(h)) == HLL_SPARSE) {
        enum hll_status status =
            hll_sparse_plan(slice(h), to, limit, &(struct hll_cursor){0}, &edit);
        assert_int_not_equal(status, HLL_CORRUPT);
        if (status == HLL_EDIT) h->len = hll_edit_apply(h->bytes, h->len, &edit);
        if (status != HLL_PROMOTE) return status == HLL_EDIT;
        char dense[HLL_DENSE_SIZE];
        assert_true(hll_to_dense(slice(h), dense));
        memcpy(h->bytes, dense, h->len = sizeof dense);
    }
    return hll_dense_raise(h->bytes, to);
}

static void assert_registers(const struct one *h, const uint8_t want[HLL_REGISTERS]) {
    uint8_t got[HLL_REGISTERS] = {0};
    assert_true(hll_merge(slice(h), got));
    assert_memory_equal(got, want, HLL_REGISTERS);
}

static void bytes_of_redis(void **state) {
    static const struct { int n; size_t len; const char *sha1; uint64_t count; } known[] = {
        {1, 21, "e706c83dc1dd8b2bda868d22f813e9cef06ce660", 1},
        {10, 47, "1de52d78a35702ea74946bf0a4aa7e2ca8d5f43e", 10},
        {100, 285, "5d79396a9a0f72454dc0c76063fc9cc1ded1cde5", 99},
        {500, 1049, "96830cee3912b4c0f95f8e91d6240cdfc703d57d", 502},
        {1000, 1898, "1f1e098c47b35c21694a2dd5e922b0ac32728b07", 997},
        {1400, 2559, "45fdb6dbeb44780de1b9e7effc7d757cf5961e51", 1397},
        {5000, 12304, "fc08afa91c5f57b39c2343f0cbe2be48529c7859", 5005},
        {20000, 12304, "09d94c0a396c9b8aa51c836092790b5ab560bf79", 19987},
    };
    struct one h;
    size_t     next = 0;
    (void)state;
    start(&h);
    for (int n = 1; next < sizeof known / sizeof *known; n++) {
        char          text[32], hex[2 * SHA1_SIZE + 1];
        unsigned char sum[SHA1_SIZE];
        uint64_t      count;
        snprintf(text, sizeof text, "element:%d", n);
        put(&h, hll_place(slice_str(text)), SPARSE_LIMIT);
        if (n != known[next].n) continue;
        sha1(slice_of(h.bytes + HLL_HEADER, h.len - HLL_HEADER), sum);
        for (unsigned i = 0; i < SHA1_SIZE; i++) sprintf(hex + 2 * i, "%02x", sum[i]);
        assert_int_equal(h.len, known[next].len);
        assert_string_equal(hex, known[next].sha1);
        assert_true(hll_count(slice(&h), &count));
        assert_int_equal(count, known[next++].count);
    }
}

/* Places near each other and of few ranks, so that runs are cut and joined often. */
static struct hll_place random_place(uint32_t around, uint32_t ranks) {
    uint32_t base = (uint32_t)rand_below(&rnd, 4) * (HLL_REGISTERS / 4 - 1);
    return (struct hll_place){base + (uint32_t)rand_below(&rnd, around), 1 + (uint32_t)rand_below(&rnd, ranks)};
}

static void as_an_array(void **state) {
    static struct one h;
    (void)state;
    for (int round = 0; round < 40; round++) {
        uint8_t  model[HLL_REGISTERS] = {0};
        uint32_t around = 1u << rand_below(&rnd, 13), ranks = round % 4 == 0 ? 51 : 1 + (uint32_t)rand_below(&rnd, 4);
        start(&h);
        for (int n = 0; n < 2000; n++) {
            struct hll_place to = random_place(around, ranks);
            bool             higher = to.rank > model[to.index];
            assert_int_equal(put(&h, to, HLL_SPARSE_MAX), higher);
            if (higher) model[to.index] = (uint8_t)to.rank;
            if (n % 97 == 0) assert_registers(&h, model);
        }
        assert_registers(&h, model);
    }
}

/* Ascending through one cursor gives the bytes that single searches give. */
static void a_cursor_changes_nothing(void **state) {
    static struct one a, b;
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct hll_cursor at = {0};
        struct hll_edit   edit;
        start(&a);
        for (int n = (int)rand_below(&rnd, 300); n > 0; n--) put(&a, random_place(4000, 3), HLL_SPARSE_MAX);
        b = a;
        uint32_t step = 1 + (uint32_t)rand_below(&rnd, 200);
        for (uint32_t i = (uint32_t)rand_below(&rnd, step); i < HLL_REGISTERS; i += 1 + (uint32_t)rand_below(&rnd, step)) {
            struct hll_place to = {i, 1 + (uint32_t)rand_below(&rnd, 3)};
            put(&a, to, HLL_SPARSE_MAX);
            if (hll_sparse_plan(slice(&b), to, HLL_SPARSE_MAX, &at, &edit) == HLL_EDIT)
                b.len = hll_edit_apply(b.bytes, b.len, &edit);
        }
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.bytes, b.bytes, a.len);
    }
}

static void corrupt_ones(void **state) {
    static const struct { const char *runs; size_t len; } bad[] = {
        {"", 0}, {"\x7f\xfe", 2}, {"\x7f\xff\x00", 3}, {"\x7f\xff\x7f\xff", 4}, {"\x7f\xfd\x83\x83", 4},
        {"\x7f", 1}, {"\x7f\xfe\x40", 3}, {"\x83\x7f\xff", 3},
    };
    char            text[HLL_HEADER + 8], dense[HLL_DENSE_SIZE];
    uint8_t         reg[HLL_REGISTERS] = {0};
    uint64_t        n;
    struct hll_edit edit;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(text, "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80", HLL_HEADER);
        memcpy(text + HLL_HEADER, bad[i].runs, bad[i].len);
        struct slice s = slice_of(text, HLL_HEADER + bad[i].len);
        assert_int_equal(hll_kind(s), HLL_SPARSE);
        assert_false(hll_count(s, &n) || hll_merge(s, reg) || hll_to_dense(s, dense));
        hll_sparse_plan(s, (struct hll_place){16383, 1}, 3000, &(struct hll_cursor){0}, &edit);
    }
    char *many = malloc(HLL_HEADER + 600000); /* registers enough to wrap around 32 bits */
    memcpy(many, text, HLL_HEADER);
    memset(many + HLL_HEADER, 0x7f, 600000);
    assert_false(hll_count(slice_of(many, HLL_HEADER + 600000), &n));
    free(many);
    assert_int_equal(hll_kind(slice_str("HYLL")), HLL_NONE);
    assert_int_equal(hll_kind(slice_of(NULL, 0)), HLL_NONE);
}

static void header(void **state) {
    char     text[HLL_EMPTY_SIZE];
    uint64_t n = 1;
    (void)state;
    hll_empty(text);
    assert_true(hll_cached(slice_of(text, sizeof text), &n) && n == 0);
    hll_cache(text, 0x123456789a);
    assert_true(hll_cached(slice_of(text, sizeof text), &n) && n == 0x123456789a);
    hll_cache_drop(text);
    assert_false(hll_cached(slice_of(text, sizeof text), &n));
}

/* The estimate is within five standard errors, whatever the number. */
static void estimates(void **state) {
    static struct one h;
    (void)state;
    start(&h);
    for (uint64_t n = 1, check = 1; n <= 2000000; n++) {
        uint64_t element = rand_next(&rnd), got;
        put(&h, hll_place(slice_of((const char *)&element, sizeof element)), SPARSE_LIMIT);
        if (n != check) continue;
        assert_true(hll_count(slice(&h), &got));
        assert_true(labs((long)got - (long)n) <= (long)(n * 5 * 0.0082) + 1);
        check = check * 3 / 2 + 1;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_redis), cmocka_unit_test(as_an_array),
        cmocka_unit_test(a_cursor_changes_nothing), cmocka_unit_test(corrupt_ones),
        cmocka_unit_test(header), cmocka_unit_test(estimates),
    };
    rand_seed(&rnd, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
