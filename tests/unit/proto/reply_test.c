/* reply_test.c: every element in RESP2 and RESP3, and deferred lengths against a model. */
#include "proto/reply.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"

#define TEXT_MAX (1024 * 1024)

static struct ash_heap *heap;
static uint64_t         rand_state = 88172645463325252u;

static uint64_t rand_next(void) {
    rand_state ^= rand_state << 13;
    rand_state ^= rand_state >> 7;
    rand_state ^= rand_state << 17;
    return rand_state;
}

struct fixture {
    struct outbuf out;
    struct reply  reply;
    char         *text; /* what the outbuf held, after fixture_text() */
    size_t        len;
};

static struct reply *fixture_init(struct fixture *f, uint8_t resp) {
    outbuf_init(&f->out, heap);
    reply_init(&f->reply, &f->out);
    assert_int_equal(f->reply.resp, 2);
    f->reply.resp = resp;
    f->text = malloc(TEXT_MAX);
    f->len = 0;
    return &f->reply;
}

/* Everything waiting, consumed. */
static const char *fixture_text(struct fixture *f) {
    struct iovec iov[256];
    unsigned     n = outbuf_peek(&f->out, iov, 256);
    assert_true(outbuf_check(&f->out) && f->out.bytes < TEXT_MAX);
    f->len = 0;
    for (unsigned i = 0; i < n; i++) {
        memcpy(f->text + f->len, iov[i].iov_base, iov[i].iov_len);
        f->len += iov[i].iov_len;
    }
    assert_int_equal(f->len, f->out.bytes);
    f->text[f->len] = '\0';
    outbuf_consume(&f->out, f->out.bytes);
    return f->text;
}

static void fixture_fini(struct fixture *f) {
    outbuf_fini(&f->out);
    free(f->text);
}

/* Runs one writing statement in both protocols. */
#define ASSERT_SHAPES(statement, resp2, resp3)                               \
    do {                                                                     \
        for (uint8_t resp = 2; resp <= 3; resp++) {                          \
            struct fixture f;                                                \
            struct reply  *r = fixture_init(&f, resp);                       \
            statement;                                                       \
            assert_string_equal(fixture_text(&f), resp == 2 ? resp2 : resp3); \
            r->muted = true;                                                 \
            statement;                                                       \
            assert_int_equal(f.out.bytes, 0);                                \
            fixture_fini(&f);                                                \
        }                                                                    \
    } while (0)

#define ASSERT_SAME(statement, text) ASSERT_SHAPES(statement, text, text)

static void test_scalars(void **state) {
    (void)state;
    ASSERT_SAME(reply_ok(r), "+OK\r\n");
    ASSERT_SAME(reply_status(r, "PONG"), "+PONG\r\n");
    ASSERT_SAME(reply_int(r, 0), ":0\r\n");
    ASSERT_SAME(reply_int(r, 9), ":9\r\n");
    ASSERT_SAME(reply_int(r, 10), ":10\r\n");
    ASSERT_SAME(reply_int(r, -1), ":-1\r\n");
    ASSERT_SAME(reply_int(r, INT64_MIN), ":-9223372036854775808\r\n");
    ASSERT_SAME(reply_int(r, INT64_MAX), ":9223372036854775807\r\n");
    ASSERT_SAME(reply_uint(r, UINT64_MAX), ":18446744073709551615\r\n");
    ASSERT_SAME(reply_bulk(r, slice_of(NULL, 0)), "$0\r\n\r\n");
    ASSERT_SAME(reply_bulk(r, slice_str("a\r\nb")), "$4\r\na\r\nb\r\n");
    ASSERT_SAME(reply_bulk_str(r, "0123456789"), "$10\r\n0123456789\r\n");
    ASSERT_SAME(reply_bulk_int(r, -12), "$3\r\n-12\r\n");
    ASSERT_SAME(reply_bulkf(r, "%s-%d", "a", 7), "$3\r\na-7\r\n");
    ASSERT_SAME(reply_bulk_double(r, 0.1), "$3\r\n0.1\r\n");
    ASSERT_SAME(reply_bulk_ldouble(r, 10.5L), "$4\r\n10.5\r\n");
    ASSERT_SAME(reply_raw(r, slice_str("*1\r\n:1\r\n")), "*1\r\n:1\r\n");
}

static void test_shapes(void **state) {
    (void)state;
    ASSERT_SHAPES(reply_null(r), "$-1\r\n", "_\r\n");
    ASSERT_SHAPES(reply_null_array(r), "*-1\r\n", "_\r\n");
    ASSERT_SHAPES(reply_bool(r, true), ":1\r\n", "#t\r\n");
    ASSERT_SHAPES(reply_bool(r, false), ":0\r\n", "#f\r\n");
    ASSERT_SHAPES(reply_double(r, 1.5), "$3\r\n1.5\r\n", ",1.5\r\n");
    ASSERT_SHAPES(reply_double(r, 3), "$1\r\n3\r\n", ",3\r\n");
    ASSERT_SHAPES(reply_double(r, INFINITY), "$3\r\ninf\r\n", ",inf\r\n");
    ASSERT_SHAPES(reply_double(r, -INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n");
    ASSERT_SHAPES(reply_big_number(r, slice_str("1234567999999999999999999999999999999")),
                  "$37\r\n1234567999999999999999999999999999999\r\n",
                  "(1234567999999999999999999999999999999\r\n");
    ASSERT_SHAPES(reply_verbatim(r, "txt", slice_str("a\r\nb")), "$4\r\na\r\nb\r\n",
                  "=8\r\ntxt:a\r\nb\r\n");
    ASSERT_SAME(reply_empty_array(r), "*0\r\n");
    ASSERT_SAME(reply_array(r, 3), "*3\r\n");
    ASSERT_SHAPES(reply_map(r, 12), "*24\r\n", "%12\r\n");
    ASSERT_SHAPES(reply_set(r, 2), "*2\r\n", "~2\r\n");
    ASSERT_SHAPES(reply_push(r, 3), "*3\r\n", ">3\r\n");
    struct fixture f;
    reply_attribute(fixture_init(&f, 3), 1);
    assert_string_equal(fixture_text(&f), "|1\r\n");
    fixture_fini(&f);
}

static void test_deferred_shapes(void **state) {
    (void)state;
#define DEFERRED(end)                              \
    do {                                           \
        struct reply_deferred d = reply_begin(r);  \
        reply_int(r, 1);                           \
        reply_int(r, 2);                           \
        end;                                       \
    } while (0)
    ASSERT_SAME(DEFERRED(reply_end_array(r, d, 2)), "*2\r\n:1\r\n:2\r\n");
    ASSERT_SHAPES(DEFERRED(reply_end_map(r, d, 1)), "*2\r\n:1\r\n:2\r\n", "%1\r\n:1\r\n:2\r\n");
    ASSERT_SHAPES(DEFERRED(reply_end_set(r, d, 2)), "*2\r\n:1\r\n:2\r\n", "~2\r\n:1\r\n:2\r\n");
}

static void test_errors(void **state) {
    struct fixture f;
    struct reply  *r = fixture_init(&f, 2);
    (void)state;
    reply_error(r, "WRONGTYPE Operation");
    assert_string_equal(r->last_error, "WRONGTYPE");
    reply_errorf(r, "ERR no '%s'", "a\r\n+OK\r\n");
    assert_string_equal(r->last_error, "ERR");
    assert_string_equal(fixture_text(&f), "-WRONGTYPE Operation\r\n-ERR no 'a  +OK  '\r\n");
    reply_status(r, "a\nb");
    assert_string_equal(fixture_text(&f), "+a b\r\n");
    r->muted = true;
    reply_error(r, "NOAUTH");
    assert_int_equal(r->errors, 3);
    assert_string_equal(r->last_error, "NOAUTH");
    assert_int_equal(f.out.bytes, 0);
    r->muted = false;

    char *large = malloc(9001);
    memset(large, 'E', 9000);
    large[9000] = '\0';
    uint64_t count;
    reply_error(r, large);
    reply_errorf(r, "ERR %s", large);
    assert_int_equal(strlen(r->last_error), 3);
    assert_true(reply_check(&f.out, f.out.bytes, &count) && count == 2);
    fixture_text(&f);
    reply_bulkf(r, "%s", large);
    assert_int_equal(strlen(fixture_text(&f)), 9000 + 9);
    free(large);
    fixture_fini(&f);
}

/* Strings of every length around the limits of chunk and reservation. */
static void test_bulk_lengths(void **state) {
    static const size_t around[] = {0, 10, 100, 1000, 4070, 4096, 10000, 16384, 40000, 262144};
    char               *bytes = malloc(300000), head[32];
    (void)state;
    memset(bytes, 'b', 300000);
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        for (size_t len = around[i] < 32 ? 0 : around[i] - 32; len < around[i] + 32; len++) {
            struct fixture f;
            struct reply  *r = fixture_init(&f, 2);
            reply_bulk(r, slice_of(bytes, len));
            reply_bulk(r, slice_of(bytes, len));
            int n = snprintf(head, sizeof(head), "$%zu\r\n", len);
            const char *text = fixture_text(&f);
            assert_int_equal(f.len, 2 * ((size_t)n + len + 2));
            for (int j = 0; j < 2; j++, text += (size_t)n + len + 2) {
                assert_memory_equal(text, head, n);
                assert_memory_equal(text + n, bytes, len);
                assert_memory_equal(text + (size_t)n + len, "\r\n", 2);
            }
            fixture_fini(&f);
        }
    }
    free(bytes);
}

static void test_deferred_around_chunk_edges(void **state) {
    static const size_t counts[] = {0, 1, 10, 100, 2500};
    size_t              edge = OUTBUF_CHUNK_SIZE - sizeof(struct outbuf_chunk);
    char               *fill = malloc(edge);
    (void)state;
    memset(fill, '1', edge);
    memcpy(fill, "+", 1);
    for (size_t before = edge - 40; before <= edge; before++) {
        memcpy(fill + before - 2, "\r\n", 2);
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            struct fixture f;
            struct reply  *r = fixture_init(&f, 3);
            uint64_t       count;
            reply_raw(r, slice_of(fill, before));
            struct reply_deferred outer = reply_begin(r), inner = reply_begin(r);
            for (size_t j = 0; j < counts[i]; j++) reply_bulk_str(r, "member");
            reply_end_array(r, inner, counts[i]);
            struct reply_deferred second = reply_begin(r);
            reply_end_set(r, second, 0);
            reply_end_map(r, outer, 1);
            assert_true(reply_check(&f.out, f.out.bytes, &count));
            assert_int_equal(count, 2);
            assert_true(reply_check(&f.out, f.out.bytes - before, &count));
            assert_int_equal(count, 1);
            char head[64];
            int  n = snprintf(head, sizeof(head), "%%1\r\n*%zu\r\n", counts[i]);
            fixture_text(&f);
            assert_int_equal(f.len, before + (size_t)n + counts[i] * 12 + 4);
            assert_memory_equal(f.text + before, head, n);
            assert_memory_equal(f.text + f.len - 4, "~0\r\n", 4);
            fixture_fini(&f);
        }
        memcpy(fill + before - 2, "11", 2);
    }
    free(fill);
}

/* Writes a random tree twice: with lengths deferred at random, and as plain text. */
static void tree_write(struct reply *r, char *text, size_t *len, unsigned depth) {
    char   inner[8] = "";
    size_t n = rand_next() % 6, size = rand_next() % (rand_next() % 40 == 0 ? 20000 : 30);
    if (depth == 0 || rand_next() % 3 == 0) {
        static char bytes[20000];
        memset(bytes, 'a' + (int)(size % 26), size);
        reply_bulk(r, slice_of(bytes, size));
        *len += (size_t)sprintf(text + *len, "$%zu\r\n%.*s\r\n", size, (int)size, bytes);
        return;
    }
    bool                  deferred = rand_next() % 4 != 0, map = rand_next() % 2;
    struct reply_deferred d = {{NULL, 0}};
    if (deferred) d = reply_begin(r);
    else if (map) reply_map(r, n);
    else reply_array(r, n);
    snprintf(inner, sizeof(inner), "%c%zu\r\n", map && r->resp == 3 ? '%' : '*',
             map && r->resp == 2 ? 2 * n : n);
    *len += (size_t)sprintf(text + *len, "%s", inner);
    for (size_t i = 0; i < (map ? 2 * n : n); i++) tree_write(r, text, len, depth - 1);
    if (deferred && map) reply_end_map(r, d, n);
    else if (deferred) reply_end_array(r, d, n);
}

static void test_random_trees(void **state) {
    char *text = malloc(64 * TEXT_MAX);
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct fixture f;
        struct reply  *r = fixture_init(&f, round % 2 ? 2 : 3);
        size_t         len = 0;
        uint64_t       count, trees = rand_next() % 4;
        for (uint64_t i = 0; i < trees; i++) tree_write(r, text, &len, 1 + rand_next() % 3);
        assert_true(outbuf_check(&f.out));
        assert_true(reply_check(&f.out, f.out.bytes, &count));
        assert_int_equal(count, trees);
        assert_int_equal(f.out.bytes, len);
        if (len < TEXT_MAX) {
            fixture_text(&f);
            assert_memory_equal(f.text, text, len);
        }
        fixture_fini(&f);
    }
    free(text);
    assert_int_equal(ash_heap_used(heap), 0);
}

static void test_check_finds_faults(void **state) {
    static const struct {
        const char *wire;
        bool        ok;
        uint64_t    count;
    } cases[] = {
        {"", true, 0},
        {"+OK\r\n:1\r\n", true, 2},
        {"*2\r\n:1\r\n$-1\r\n", true, 1},
        {"*0\r\n*-1\r\n%0\r\n_\r\n#t\r\n,1.5\r\n(12\r\n=5\r\ntxt:a\r\n", true, 8},
        {"|1\r\n+a\r\n+b\r\n:1\r\n", true, 1},
        {">2\r\n+a\r\n:1\r\n+OK\r\n", true, 1}, /* a push message is no reply */
        {"+OK", false, 0},
        {"+OK\n", false, 0},
        {"*2\r\n:1\r\n", false, 0},
        {"$3\r\nab\r\n", false, 0},
        {"$3\r\nabcd\r\n", false, 0},
        {"$-2\r\n", false, 0},
        {"*x\r\n", false, 0},
        {"#x\r\n", false, 0},
        {"?1\r\n", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        uint64_t       count = 0;
        reply_raw(fixture_init(&f, 3), slice_str(cases[i].wire));
        assert_int_equal(reply_check(&f.out, f.out.bytes, &count), cases[i].ok);
        if (cases[i].ok) assert_int_equal(count, cases[i].count);
        fixture_fini(&f);
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
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_deferred_shapes),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bulk_lengths),
        cmocka_unit_test(test_deferred_around_chunk_edges),
        cmocka_unit_test(test_random_trees),
        cmocka_unit_test(test_check_finds_faults),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
