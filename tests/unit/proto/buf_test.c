/* buf_test.c: the chain of chunks against a flat model. */
#include "proto/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"

#define MODEL_MAX (4 * 1024 * 1024)
#define MARKS_MAX 8

static struct ash_heap *heap;
static uint64_t         rand_state = 88172645463325252u;

static uint64_t rand_next(void) {
    rand_state ^= rand_state << 13;
    rand_state ^= rand_state >> 7;
    rand_state ^= rand_state << 17;
    return rand_state;
}

/* What the outbuf should hold. */
struct model {
    char  *data;
    size_t len;
    size_t marks[MARKS_MAX]; /* offsets */
};

static void model_insert(struct model *m, size_t at, const char *p, size_t len) {
    assert_true(m->len + len <= MODEL_MAX);
    memmove(m->data + at + len, m->data + at, m->len - at);
    memcpy(m->data + at, p, len);
    m->len += len;
}

static void assert_same(const struct outbuf *b, const struct model *m) {
    static struct iovec iov[8192];
    unsigned            n = outbuf_peek(b, iov, 8192);
    size_t              at = 0;
    assert_true(outbuf_check(b));
    assert_int_equal(b->bytes, m->len);
    for (unsigned i = 0; i < n; i++) {
        assert_true(iov[i].iov_len > 0 && at + iov[i].iov_len <= m->len);
        assert_memory_equal(iov[i].iov_base, m->data + at, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    assert_int_equal(at, m->len);
}

static char *rand_bytes(size_t len) {
    static char bytes[512 * 1024];
    for (size_t i = 0; i < len; i += 97) bytes[i] = (char)rand_next();
    for (size_t i = 0; i < len && i < 64; i++) bytes[i] = (char)rand_next();
    return bytes;
}

static size_t rand_len(void) {
    switch (rand_next() % 8) {
        case 0: return 0;
        case 1: return rand_next() % 40000;
        case 2: return 16384 - 28 + rand_next() % 60;
        case 3: return rand_next() % 100 == 0 ? rand_next() % (512 * 1024) : 1;
        default: return rand_next() % 64;
    }
}

static void test_random_against_model(void **state) {
    struct outbuf      b;
    struct model       m = {.data = malloc(MODEL_MAX)};
    struct outbuf_mark marks[MARKS_MAX];
    unsigned           depth = 0;
    (void)state;
    outbuf_init(&b, heap);
    for (int i = 0; i < 60000; i++) {
        size_t len = rand_len();
        switch (m.len > MODEL_MAX / 2 ? 4 + rand_next() % 2 : rand_next() % 7) {
            case 0:
            case 1: {
                char *p = rand_bytes(len);
                outbuf_append(&b, p, len);
                model_insert(&m, m.len, p, len);
                break;
            }
            case 2: {
                size_t want = rand_next() % (OUTBUF_RESERVE_MAX + 1), used = want * (i % 3) / 2;
                char  *p = rand_bytes(want);
                memcpy(outbuf_reserve(&b, want), p, want);
                outbuf_commit(&b, used);
                model_insert(&m, m.len, p, used);
                break;
            }
            case 3:
                if (depth == MARKS_MAX) break;
                m.marks[depth] = m.len;
                marks[depth++] = outbuf_mark(&b);
                break;
            case 4: {
                if (depth == 0) break;
                size_t n = rand_next() % 30;
                char  *p = rand_bytes(n);
                outbuf_insert(&b, marks[--depth], p, n);
                model_insert(&m, m.marks[depth], p, n);
                break;
            }
            case 5: {
                if (depth > 0) break; /* nothing is sent while a command runs */
                size_t n = rand_next() % 3 == 0 ? m.len : rand_next() % (m.len + 1);
                outbuf_consume(&b, n);
                memmove(m.data, m.data + n, m.len - n);
                m.len -= n;
                break;
            }
            case 6: {
                if (depth > 0 || rand_next() % 50 != 0) break;
                struct outbuf taken;
                outbuf_take(&b, &taken);
                assert_same(&taken, &m);
                outbuf_fini(&taken);
                m.len = 0;
                break;
            }
        }
        if (i % 8 == 0) assert_same(&b, &m);
        else assert_true(outbuf_check(&b));
    }
    assert_same(&b, &m);
    outbuf_fini(&b);
    assert_int_equal(b.footprint, 0);
    assert_int_equal(ash_heap_used(heap), 0);
    free(m.data);
}

static void test_insert_around_chunk_edge(void **state) {
    size_t edge = OUTBUF_CHUNK_SIZE - sizeof(struct outbuf_chunk);
    char  *fill = malloc(2 * edge);
    (void)state;
    memset(fill, 'f', 2 * edge);
    for (size_t before = edge - 30; before <= edge + 4; before++) {
        for (size_t after = 0; after < 40; after++) {
            for (size_t len = 0; len <= 24; len += 4) {
                struct outbuf b;
                struct model  m = {.data = malloc(MODEL_MAX)};
                outbuf_init(&b, heap);
                outbuf_append(&b, fill, before);
                struct outbuf_mark mark = outbuf_mark(&b);
                outbuf_append(&b, fill, after);
                outbuf_insert(&b, mark, "abcdefghijklmnopqrstuvwxyz", len);
                model_insert(&m, 0, fill, before + after);
                model_insert(&m, before, "abcdefghijklmnopqrstuvwxyz", len);
                assert_same(&b, &m);
                outbuf_fini(&b);
                free(m.data);
            }
        }
    }
    free(fill);
}

static void test_empty(void **state) {
    struct outbuf b;
    struct iovec  iov[1];
    (void)state;
    outbuf_init(&b, heap);
    assert_int_equal(outbuf_peek(&b, iov, 1), 0);
    outbuf_append(&b, NULL, 0);
    outbuf_consume(&b, 0);
    assert_int_equal(b.footprint, 0);
    struct outbuf_mark mark = outbuf_mark(&b);
    outbuf_insert(&b, mark, "x", 1);
    assert_int_equal(outbuf_peek(&b, iov, 1), 1);
    outbuf_consume(&b, 1);
    assert_int_equal(b.footprint, OUTBUF_CHUNK_SIZE); /* one chunk is kept */
    outbuf_fini(&b);
    assert_true(outbuf_check(&b));
}

static void test_large_reply_is_freed_as_it_is_sent(void **state) {
    size_t        len = 8 * 1024 * 1024;
    char         *big = calloc(1, len);
    struct outbuf b;
    (void)state;
    outbuf_init(&b, heap);
    outbuf_append(&b, big, len);
    assert_true(b.footprint < len + 512 * 1024);
    outbuf_consume(&b, len / 2);
    assert_true(b.footprint < len / 2 + 512 * 1024);
    outbuf_consume(&b, len / 2);
    assert_true(b.footprint <= OUTBUF_CHUNK_SIZE);
    outbuf_fini(&b);
    free(big);
}

static void test_drained_in_parts(void **state) {
    struct outbuf b;
    unsigned      calls = 1;
    (void)state;
    outbuf_init(&b, heap);
    for (unsigned i = 0; i < 100; i++) outbuf_append(&b, rand_bytes(OUTBUF_CHUNK_SIZE), OUTBUF_CHUNK_SIZE);
    outbuf_consume(&b, 100);
    while (outbuf_drain(&b, 7)) {
        size_t used = ash_heap_used(heap);
        assert_int_equal(b.footprint, used);
        assert_true(outbuf_check(&b));
        calls++;
    }
    assert_true(calls >= 100 / 7);
    assert_int_equal(ash_heap_used(heap), 0);
    outbuf_append(&b, "usable", 6);
    assert_true(outbuf_check(&b) && b.bytes == 6);
    outbuf_fini(&b);
}

static void test_slices(void **state) {
    (void)state;
    assert_true(slice_cmp(slice_str("a"), slice_str("b")) < 0);
    assert_true(slice_cmp(slice_str("b"), slice_str("aa")) > 0);
    assert_true(slice_cmp(slice_str("a"), slice_str("aa")) < 0);
    assert_true(slice_cmp(slice_str("aa"), slice_str("a")) > 0);
    assert_int_equal(slice_cmp(slice_of(NULL, 0), slice_str("")), 0);
    assert_true(slice_cmp(slice_str("\xff"), slice_str("a")) > 0);
    assert_true(slice_eq_nocase(slice_str("GeT"), "get"));
    assert_false(slice_eq_nocase(slice_str("ge"), "get"));
    assert_false(slice_eq_nocase(slice_str("gett"), "get"));
    assert_false(slice_eq_nocase(slice_of("get\0", 4), "get"));
    assert_true(slice_eq_nocase(slice_of(NULL, 0), ""));
    assert_false(slice_eq_nocase(slice_str("\x07"), "'"));
}

/* Every length, at the very ends of blocks of that length, and a difference at each place. */
static void test_slice_eq(void **state) {
    (void)state;
    assert_true(slice_eq(slice_of(NULL, 0), slice_str("")));
    for (size_t len = 1; len <= 40; len++) {
        char *a = malloc(len), *b = malloc(len);
        for (size_t i = 0; i < len; i++) a[i] = b[i] = (char)(i * 37 + 5);
        assert_true(slice_eq(slice_of(a, len), slice_of(b, len)));
        assert_false(slice_eq(slice_of(a, len), slice_of(b, len - 1)));
        for (size_t i = 0; i < len; i++) {
            b[i] ^= (char)0x80;
            assert_false(slice_eq(slice_of(a, len), slice_of(b, len)));
            b[i] ^= (char)0x80;
        }
        free(a);
        free(b);
    }
}

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("clients", ASH_HEAP_OWNED);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ash_heap_drop(&heap);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_against_model),
        cmocka_unit_test(test_insert_around_chunk_edge),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_large_reply_is_freed_as_it_is_sent),
        cmocka_unit_test(test_drained_in_parts),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_slice_eq),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
