/* request_test.c: the parser, in one piece and cut everywhere, against texts and a model.
 *
 * The helper at the heart is transcript(): it plays input to a parser in given pieces, as a
 * connection would, and writes down each request and how it ended. A transcript must not depend on
 * how the input was cut. */
#include "proto/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"

#define BULK_MAX (512u * 1024 * 1024)

static struct ash_heap *heap;
static uint64_t         rand_state = 88172645463325252u;

static uint64_t rand_next(void) {
    rand_state ^= rand_state << 13;
    rand_state ^= rand_state >> 7;
    rand_state ^= rand_state << 17;
    return rand_state;
}

/* --- Text that grows ----------------------------------------------------------------------- */

struct text {
    char  *p;
    size_t len, cap;
};

static void text_add(struct text *t, const char *p, size_t len) {
    if (t->len + len + 1 > t->cap) {
        t->cap = 2 * (t->len + len + 1);
        t->p = realloc(t->p, t->cap);
    }
    if (len > 0) memcpy(t->p + t->len, p, len);
    t->len += len;
    t->p[t->len] = '\0';
}

__attribute__((format(printf, 2, 3)))
static void text_addf(struct text *t, const char *format, ...) {
    char    line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    text_add(t, line, (size_t)len);
}

static void text_fini(struct text *t) {
    free(t->p);
    *t = (struct text){0};
}

/* --- Playing input ------------------------------------------------------------------------- */

struct client {
    struct inbuf          in;
    struct request_parser parser;
    struct request_batch  batch;
    struct request_limits limits;
    struct text           said; /* the transcript */
    uint64_t              wire; /* sum of wire_len */
    unsigned              requests;
};

static void client_init(struct client *c) {
    *c = (struct client){.limits = {BULK_MAX, true}};
    inbuf_init(&c->in, heap);
    request_parser_init(&c->parser, heap);
    request_batch_init(&c->batch, heap);
}

static void client_fini(struct client *c) {
    inbuf_fini(&c->in);
    request_parser_fini(&c->parser);
    request_batch_fini(&c->batch);
    text_fini(&c->said);
}

/* "AUTH" in the input makes an unauthenticated client an authenticated one. */
static void batch_note(struct client *c) {
    for (unsigned i = 0; i < c->batch.count; i++) {
        struct request *r = &c->batch.req[i];
        text_addf(&c->said, "%u", r->argc);
        for (uint32_t j = 0; j < r->argc; j++) {
            text_addf(&c->said, " %zu:", r->argv[j].len);
            text_add(&c->said, r->argv[j].p, r->argv[j].len);
        }
        text_add(&c->said, "\n", 1);
        c->wire += r->wire_len;
        c->requests++;
        if (slice_eq(r->argv[0], slice_str("AUTH"))) c->limits.authenticated = true;
    }
    request_batch_clear(&c->batch);
}

/* Reads a piece and executes what there is. False: protocol error, noted. */
static bool client_read(struct client *c, const char *p, size_t len) {
    assert_true(inbuf_reserve(&c->in, len));
    if (len > 0) memcpy(c->in.data + c->in.len, p, len);
    c->in.len += len;
    for (;;) {
        enum request_status status = request_parse(&c->parser, &c->in, &c->limits, &c->batch);
        if (status == REQUEST_ERROR) {
            assert_int_equal(c->batch.count, 0);
            text_addf(&c->said, "!%s\n", c->parser.message);
            return false;
        }
        batch_note(c);
        if (status == REQUEST_MORE) return true;
    }
}

/* first bytes at once, then pieces of `piece` bytes. */
static bool client_play(struct client *c, struct slice input, size_t first, size_t piece) {
    size_t at = first < input.len ? first : input.len;
    if (!client_read(c, input.p, at)) return false;
    while (at < input.len) {
        size_t n = input.len - at < piece ? input.len - at : piece;
        if (!client_read(c, input.p + at, n)) return false;
        at += n;
    }
    return true;
}

static void assert_plays(struct slice input, bool authenticated, size_t first, size_t piece,
                         const char *expected, size_t expected_len) {
    struct client c;
    client_init(&c);
    c.limits.authenticated = authenticated;
    text_add(&c.said, "", 0);
    client_play(&c, input, first, piece);
    if (c.said.len != expected_len || memcmp(c.said.p, expected, expected_len) != 0)
        fail_msg("input %.*s cut at %zu, then %zu:\n%.*s\nnot\n%.*s", (int)input.len, input.p,
                 first, piece, (int)c.said.len, c.said.p, (int)expected_len, expected);
    client_fini(&c);
}

/* The same transcript in one piece, cut in two at each byte, and byte by byte. */
static void assert_says(struct slice input, bool authenticated, const char *expected) {
    size_t len = strlen(expected);
    for (size_t cut = 0; cut <= input.len; cut++)
        assert_plays(input, authenticated, cut, input.len, expected, len);
    assert_plays(input, authenticated, 1, 1, expected, len);
    assert_plays(input, authenticated, 2, 2, expected, len);
}

/* --- Cases --------------------------------------------------------------------------------- */

static void test_every_order_of_empty_and_full(void **state) {
    static const struct {
        const char *wire, *said;
    } piece[] = {
        {"\r\n", ""},
        {"\n", ""},
        {"*0\r\n", ""},
        {"*-1\r\n", ""},
        {"PING a\r\n", "2 4:PING 1:a\n"},
        {"*2\r\n$4\r\nPING\r\n$0\r\n\r\n", "2 4:PING 0:\n"},
    };
    (void)state;
    enum { PIECES = sizeof(piece) / sizeof(piece[0]), LENGTH = 4 };
    for (unsigned order = 0; order < PIECES * PIECES * PIECES * PIECES; order++) {
        struct text wire = {0}, said = {0};
        text_add(&said, "", 0);
        for (unsigned i = 0, rest = order; i < LENGTH; i++, rest /= PIECES) {
            text_addf(&wire, "%s", piece[rest % PIECES].wire);
            text_addf(&said, "%s", piece[rest % PIECES].said);
        }
        assert_says(slice_of(wire.p, wire.len), true, said.p);
        assert_says(slice_of(wire.p, wire.len), false, said.p);
        text_fini(&wire);
        text_fini(&said);
    }
}

static void test_error_texts(void **state) {
    static const struct {
        const char *wire, *message;
    } cases[] = {
        {"*2147483648\r\n", "invalid multibulk length"},
        {"*9223372036854775808\r\n", "invalid multibulk length"},
        {"*abc\r\n", "invalid multibulk length"},
        {"*\r\n", "invalid multibulk length"},
        {"*03\r\n", "invalid multibulk length"},
        {"*-0\r\n", "invalid multibulk length"},
        {"*+1\r\n", "invalid multibulk length"},
        {"*1 \r\n", "invalid multibulk length"},
        {"*1\rX", "invalid multibulk length"},
        {"*1\r\n$-1\r\n", "invalid bulk length"},
        {"*1\r\n$-10\r\n", "invalid bulk length"},
        {"*1\r\n$536870913\r\n", "invalid bulk length"},
        {"*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
        {"*1\r\n$blabla\r\n", "invalid bulk length"},
        {"*1\r\n$\r\n", "invalid bulk length"},
        {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
        {"*1\r\n$4\rXPING\r\n", "invalid bulk length"},
        {"*2\r\n$4\r\nPING\r\n$x\r\n", "invalid bulk length"},
        {"*1\r\n!4\r\nPING\r\n", "expected '$', got '!'"},
        {"*1\r\n*1\r\n", "expected '$', got '*'"},
        {"*1\r\n\r\n", "expected '$', got '\r'"},
        {"*2\r\n$1\r\na\r\n:1\r\n", "expected '$', got ':'"},
        {"*1\r\n$4\r\nPINGXX", "invalid bulk terminator"},
        {"*1\r\n$4\r\nPING\nX", "invalid bulk terminator"},
        {"*1\r\n$4\r\nPING\rX", "invalid bulk terminator"},
        {"*1\r\n$4\r\nPINGS\r\n", "invalid bulk terminator"},
        {"*1\r\n$4\r\nPIN\r\n*1\r\n", "invalid bulk terminator"},
        {"*1\r\n$0\r\nX\r\n", "invalid bulk terminator"},
        {"\"x\r\n", "unbalanced quotes in request"},
        {"'x\r\n", "unbalanced quotes in request"},
        {"\"x\"y\r\n", "unbalanced quotes in request"},
        {"'x'\"y\"\r\n", "unbalanced quotes in request"},
        {"PING \"\\\r\n", "unbalanced quotes in request"},
        {"ECHO \"a\\x4\\\"b\r\n", "unbalanced quotes in request"},
        {"ECHO \"a\\x41\" \"b\r\n", "unbalanced quotes in request"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text wire = {0}, said = {0};
        text_addf(&said, "!%s\n", cases[i].message);
        assert_says(slice_str(cases[i].wire), true, said.p);
        text_fini(&said);
        /* What came before is answered, what comes behind is not looked at. */
        text_addf(&wire, "*1\r\n$4\r\nPING\r\nGET k\r\n%s\r\nPING\r\n", cases[i].wire);
        text_addf(&said, "1 4:PING\n2 3:GET 1:k\n!%s\n", cases[i].message);
        assert_says(slice_of(wire.p, wire.len), true, said.p);
        text_fini(&wire);
        text_fini(&said);
    }
}

static void test_accepted_oddities(void **state) {
    (void)state;
    assert_says(slice_str("*2147483647\r\n"), true, "");
    assert_says(slice_str("*1\r\n$536870912\r\n"), true, "");
    assert_says(slice_str("*-9223372036854775808\r\nPING\r\n"), true, "1 4:PING\n");
    assert_says(slice_str("*1\r\n$2\r\n\r\n\r\n"), true, "1 2:\r\n\n");
    assert_says(slice_str("+OK\r\n"), true, "1 3:+OK\n");
}

static void test_binary_arguments(void **state) {
    struct client c;
    (void)state;
    client_init(&c);
    assert_true(client_play(&c, slice_of("*1\r\n$3\r\na\0b\r\nx\0y z\r\n", 20), 20, 1));
    assert_int_equal(c.said.len, 20);
    assert_memory_equal(c.said.p, "1 3:a\0b\n2 3:x\0y 1:z\n", 20);
    client_fini(&c);
}

static void test_inline_words(void **state) {
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"PING", "1 4:PING\n"},
        {"  SET  a\tb  ", "3 3:SET 1:a 1:b\n"},
        {"\"\"", "1 0:\n"},
        {"''", "1 0:\n"},
        {"\"a b\" 'c d'", "2 3:a b 3:c d\n"},
        {"PI\"NG\"", "1 4:PING\n"},
        {"\"\\x50ING\"", "1 4:PING\n"},
        {"\"\\x5\" \"\\xZZ\" \"\\q\"", "3 2:x5 3:xZZ 1:q\n"},
        {"\"\\n\\r\\t\\b\\a\\\\\\\"\"", "1 7:\n\r\t\b\a\\\"\n"},
        {"'\\n' '\\'' '\"'", "3 2:\\n 1:' 1:\"\n"},
        {"\\x41", "1 4:\\x41\n"},
        {"\x0bPING", "1 4:PING\n"},
        {"PING\x0b", "1 5:PING\x0b\n"},
        {"ECHO a\rb", "3 4:ECHO 1:a 1:b\n"},
        {"ECHO \"a\rb\"", "2 4:ECHO 3:a\rb\n"},
        {"\"a\"\x0c\"b\"", "2 1:a 1:b\n"},
        {" PING \r", "1 4:PING\n"},
        {"", ""},
        {" \t ", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text wire = {0}, said = {0};
        text_addf(&wire, "%s\r\n%s\n%s\r\n", cases[i].line, cases[i].line, cases[i].line);
        text_addf(&said, "%s%s%s", cases[i].said, cases[i].said, cases[i].said);
        assert_says(slice_of(wire.p, wire.len), true, said.p);

        struct request_words words;
        struct text          split = {0};
        assert_true(request_split(slice_str(cases[i].line), heap, &words));
        text_add(&split, "", 0);
        if (words.count > 0) text_addf(&split, "%u", words.count);
        for (unsigned j = 0; j < words.count; j++) {
            assert_int_equal(strlen(words.word[j]), words.len[j]);
            text_addf(&split, " %zu:%s", words.len[j], words.word[j]);
        }
        if (words.count > 0) text_add(&split, "\n", 1);
        assert_string_equal(split.p, cases[i].said);
        request_words_fini(&words);
        text_fini(&split);
        text_fini(&wire);
        text_fini(&said);
    }
    struct request_words words;
    assert_false(request_split(slice_str("a \"b"), heap, &words));
    request_words_fini(&words);
    assert_true(request_split(slice_of(NULL, 0), heap, &words));
    assert_int_equal(words.count, 0);
}

/* prefix, then len times 'x', then suffix: what comes of it in one piece and in several. */
static void assert_long(const char *prefix, char fill, size_t len, const char *suffix,
                        const char *message) {
    static const size_t pieces[] = {1000000, 70000, 16384, 997, 1};
    struct text         wire = {0};
    text_addf(&wire, "%s", prefix);
    for (size_t i = 0; i < len; i++) text_add(&wire, &fill, 1);
    text_addf(&wire, "%s", suffix);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct client c;
        client_init(&c);
        bool ok = client_play(&c, slice_of(wire.p, wire.len), pieces[i], pieces[i]);
        assert_int_equal(ok, message == NULL);
        if (!ok) assert_string_equal(c.parser.message, message);
        client_fini(&c);
    }
    text_fini(&wire);
}

static void test_line_limits(void **state) {
    const char *line = "too big inline request", *count = "too big mbulk count string",
               *bulk = "too big bulk count string";
    (void)state;
    assert_long("", 'a', REQUEST_INLINE_MAX, "", NULL);
    assert_long("", 'a', REQUEST_INLINE_MAX, "\n", NULL);
    assert_long("", 'a', REQUEST_INLINE_MAX - 1, "\r\n", NULL);
    assert_long("", 'a', REQUEST_INLINE_MAX + 1, "", line);
    assert_long("", 'a', REQUEST_INLINE_MAX + 1, "\n", line);
    assert_long("", 'a', REQUEST_INLINE_MAX, "\r\n", line);
    assert_long("", ' ', REQUEST_INLINE_MAX + 1, "\n", line);
    assert_long("*", '1', REQUEST_INLINE_MAX - 1, "", NULL);
    assert_long("*", '1', REQUEST_INLINE_MAX - 1, "\r\n", "invalid multibulk length");
    assert_long("*", '1', REQUEST_INLINE_MAX, "", count);
    assert_long("*", '1', REQUEST_INLINE_MAX, "\r\n", count);
    assert_long("*1\r\n$", '1', REQUEST_INLINE_MAX - 1, "", NULL);
    assert_long("*1\r\n$", '1', REQUEST_INLINE_MAX - 1, "\r\n", "invalid bulk length");
    assert_long("*1\r\n$", '1', REQUEST_INLINE_MAX, "", bulk);
    assert_long("*1\r\n!", '1', REQUEST_INLINE_MAX - 1, "\r\n", "expected '$', got '!'");
}

static void test_unauthenticated_limits(void **state) {
    struct client c;
    (void)state;
    assert_says(slice_str("*11\r\n"), false, "!unauthenticated multibulk length\n");
    assert_says(slice_str("*1\r\n$16385\r\n"), false, "!unauthenticated bulk length\n");
    assert_says(slice_str("*1\r\n$536870913\r\n"), false, "!invalid bulk length\n");
    assert_says(slice_str("*2147483648\r\n"), false, "!invalid multibulk length\n");
    assert_says(slice_str("*10\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n"
                          "$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n"),
                false, "10 1:a 1:a 1:a 1:a 1:a 1:a 1:a 1:a 1:a 1:a\n");

    char *largest = malloc(16384 + 2);
    memset(largest, 'x', 16384);
    memcpy(largest + 16384, "\r\n", 2);
    client_init(&c);
    c.limits.authenticated = false;
    assert_true(client_play(&c, slice_str("*1\r\n$16384\r\n"), 1000, 1000));
    assert_int_equal(request_wanted(&c.parser, &c.in), 16386);
    assert_true(client_play(&c, slice_of(largest, 16386), 5000, 5000));
    assert_int_equal(c.requests, 1);
    client_fini(&c);
    free(largest);
}

/* An AUTH earlier in the same buffer lifts the limits for what follows it. */
static void test_limits_follow_auth(void **state) {
    (void)state;
    assert_says(slice_str("*2\r\n$4\r\nAUTH\r\n$1\r\np\r\n*11\r\n"), false, "2 4:AUTH 1:p\n");
    assert_says(slice_str("AUTH p\r\n*1\r\n$16385\r\n"), false, "2 4:AUTH 1:p\n");
    assert_says(slice_str("PING\r\n*1\r\n$16385\r\n"), false,
                "1 4:PING\n!unauthenticated bulk length\n");
}

static void test_bulk_max(void **state) {
    static const char wire[] = "*2\r\n$1\r\na\r\n$5\r\nhello\r\n";
    (void)state;
    for (uint64_t max = 4; max <= 5; max++) {
        for (size_t cut = 0; cut < sizeof(wire); cut++) {
            struct client c;
            client_init(&c);
            c.limits.bulk_max = max;
            assert_int_equal(client_play(&c, slice_of(wire, sizeof(wire) - 1), cut, 100), max == 5);
            if (max == 4) assert_string_equal(c.parser.message, "invalid bulk length");
            client_fini(&c);
        }
    }
}

static void test_batches(void **state) {
    struct client c;
    struct text   wire = {0};
    (void)state;
    client_init(&c);
    for (int i = 0; i < 3 * REQUEST_BATCH_MAX + 5; i++) {
        text_addf(&wire, "*%d\r\n$3\r\nGET\r\n", 1 + i % 40);
        for (int j = 0; j < i % 40; j++) text_addf(&wire, "$2\r\n%02d\r\n", j);
    }
    assert_true(inbuf_reserve(&c.in, wire.len));
    memcpy(c.in.data, wire.p, wire.len);
    c.in.len = wire.len;
    for (int round = 0; round < 4; round++) {
        enum request_status status = request_parse(&c.parser, &c.in, &c.limits, &c.batch);
        assert_int_equal(status, round < 3 ? REQUEST_FULL : REQUEST_MORE);
        assert_int_equal(c.batch.count, round < 3 ? REQUEST_BATCH_MAX : 5);
        for (unsigned i = 0; i < c.batch.count; i++) {
            struct request *r = &c.batch.req[i];
            unsigned        n = ((unsigned)round * REQUEST_BATCH_MAX + i) % 40;
            assert_int_equal(r->argc, 1 + n);
            assert_true(slice_eq(r->argv[0], slice_str("GET")));
            if (n > 0) assert_int_equal(r->argv[n].p[1] - '0', (n - 1) % 10);
        }
        batch_note(&c);
    }
    assert_int_equal(c.wire, wire.len);
    text_fini(&wire);
    client_fini(&c);
}

static void test_announced_is_not_reserved(void **state) {
    struct client c;
    (void)state;
    client_init(&c);
    size_t before = ash_heap_used(heap);
    assert_true(client_play(&c, slice_str("*2147483647\r\n$536870912\r\n"), 100, 100));
    assert_int_equal(request_wanted(&c.parser, &c.in), 536870914);
    assert_true(ash_heap_used(heap) - before <= 4096);
    assert_true(inbuf_reserve(&c.in, 16384));
    assert_true(ash_heap_used(heap) - before <= 65536);
    client_fini(&c);

    client_init(&c);
    assert_true(client_play(&c, slice_str("*1000000\r\n"), 100, 100));
    for (int i = 0; i < 1000; i++) assert_true(client_read(&c, "$1\r\na\r\n", 7));
    assert_true(request_parser_footprint(&c.parser) >= 1000 * sizeof(struct request_span));
    assert_true(request_parser_footprint(&c.parser) <= 4 * 1000 * sizeof(struct request_span));
    assert_true(ash_heap_used(heap) - before <= 100000);
    client_fini(&c);
    assert_int_equal(ash_heap_used(heap), before);
}

static void test_million_arguments(void **state) {
    struct client c;
    struct text   wire = {0};
    (void)state;
    text_addf(&wire, "*1000000\r\n");
    for (int i = 0; i < 1000000; i++) text_add(&wire, "$1\r\na\r\n", 7);
    client_init(&c);
    assert_true(client_play(&c, slice_of(wire.p, wire.len), 16384, 16384));
    assert_int_equal(c.requests, 1);
    assert_int_equal(c.wire, wire.len);
    /* What it took is given back. */
    inbuf_shrink(&c.in);
    assert_true(request_parser_footprint(&c.parser) <= 1024);
    assert_true(c.batch.args_cap * sizeof(struct slice) <= 65536);
    assert_int_equal(c.in.cap, 0);
    client_fini(&c);
    text_fini(&wire);
}

static void test_wanted(void **state) {
    struct client c;
    (void)state;
    client_init(&c);
    assert_int_equal(request_wanted(&c.parser, &c.in), 0);
    client_read(&c, "*2\r\n$1", 6);
    assert_int_equal(request_wanted(&c.parser, &c.in), 0);
    client_read(&c, "0\r\n", 3);
    assert_int_equal(request_wanted(&c.parser, &c.in), 12);
    client_read(&c, "12345678901", 10);
    assert_int_equal(request_wanted(&c.parser, &c.in), 2);
    client_read(&c, "\r\n", 2);
    assert_int_equal(request_wanted(&c.parser, &c.in), 0);
    client_fini(&c);
}

/* --- Random pipelines ---------------------------------------------------------------------- */

static size_t rand_arg(char *out) {
    static const char bytes[] = "ab \r\n\0\\\"'x\xff*$0";
    size_t            len = rand_next() % 50 == 0 ? rand_next() % 3000 : rand_next() % 12;
    for (size_t i = 0; i < len; i++) out[i] = bytes[rand_next() % (sizeof(bytes) - 1)];
    return len;
}

static void wire_quoted(struct text *wire, const char *p, size_t len) {
    text_add(wire, "\"", 1);
    for (size_t i = 0; i < len; i++) text_addf(wire, "\\x%02x", (unsigned char)p[i]);
    text_add(wire, "\" ", 2);
}

static void pipeline_make(struct text *wire, struct text *said) {
    char     arg[3000];
    unsigned requests = (unsigned)(rand_next() % 150);
    for (unsigned i = 0; i < requests; i++) {
        bool     is_inline = rand_next() % 4 == 0;
        unsigned most = !is_inline && rand_next() % 30 == 0 ? 200 : 4;
        unsigned argc = 1 + (unsigned)(rand_next() % most);
        if (rand_next() % 8 == 0) text_addf(wire, "%s", rand_next() % 2 ? "\r\n" : "*0\r\n");
        if (!is_inline) text_addf(wire, "*%u\r\n", argc);
        text_addf(said, "%u", argc);
        for (unsigned j = 0; j < argc; j++) {
            size_t len = rand_arg(arg);
            if (is_inline) len %= 300;
            text_addf(said, " %zu:", len);
            text_add(said, arg, len);
            if (is_inline) {
                wire_quoted(wire, arg, len);
            } else {
                text_addf(wire, "$%zu\r\n", len);
                text_add(wire, arg, len);
                text_add(wire, "\r\n", 2);
            }
        }
        if (is_inline) text_add(wire, "\n", 1);
        text_add(said, "\n", 1);
    }
}

static void test_random_pipelines(void **state) {
    (void)state;
    for (int round = 0; round < 400; round++) {
        struct text   wire = {0}, said = {0};
        struct client c;
        text_add(&wire, "", 0);
        text_add(&said, "", 0);
        pipeline_make(&wire, &said);
        client_init(&c);
        size_t at = 0, scale = 1u << rand_next() % 16;
        while (at < wire.len) {
            size_t n = 1 + rand_next() % scale;
            if (n > wire.len - at) n = wire.len - at;
            assert_true(client_read(&c, wire.p + at, n));
            at += n;
            if (rand_next() % 16 == 0) inbuf_shrink(&c.in);
        }
        assert_int_equal(c.said.len, said.len);
        if (said.len > 0) assert_memory_equal(c.said.p, said.p, said.len);
        assert_int_equal(c.in.pos, c.in.len);
        client_fini(&c);
        text_fini(&wire);
        text_fini(&said);
    }
    assert_int_equal(ash_heap_used(heap), 0);
}

static void test_inbuf(void **state) {
    struct inbuf b;
    (void)state;
    inbuf_init(&b, heap);
    inbuf_shrink(&b);
    assert_true(inbuf_reserve(&b, 100000) && b.cap >= 100000);
    memset(b.data, 'x', 100000);
    memcpy(b.data + 99990, "0123456789", 10);
    b.len = 100000;
    b.pos = 99990;
    inbuf_shrink(&b); /* lately needed: kept */
    assert_true(b.cap >= 100000 && b.pos == 0 && b.len == 10);
    inbuf_shrink(&b); /* no longer */
    assert_true(b.cap < 10000 && b.len == 10);
    assert_memory_equal(b.data, "0123456789", 10);
    assert_false(inbuf_reserve(&b, SIZE_MAX - 5));
    assert_memory_equal(b.data, "0123456789", 10);
    b.pos = b.len;
    inbuf_shrink(&b);
    assert_true(b.data == NULL && b.cap == 0);
    inbuf_fini(&b);
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
        cmocka_unit_test(test_every_order_of_empty_and_full),
        cmocka_unit_test(test_error_texts),
        cmocka_unit_test(test_accepted_oddities),
        cmocka_unit_test(test_binary_arguments),
        cmocka_unit_test(test_inline_words),
        cmocka_unit_test(test_line_limits),
        cmocka_unit_test(test_unauthenticated_limits),
        cmocka_unit_test(test_limits_follow_auth),
        cmocka_unit_test(test_bulk_max),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_announced_is_not_reserved),
        cmocka_unit_test(test_million_arguments),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_random_pipelines),
        cmocka_unit_test(test_inbuf),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
