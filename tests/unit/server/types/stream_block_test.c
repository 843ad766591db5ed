/* stream_block_test.c: blocks against an array of what was added and a listpack as Redis would have
 * it, through every shape of entry, deletions, cuts and copies, read from any place in both directions. */
#include "server/types/stream_block.h"

#include <stdlib.h>

#include "proto/num.h"
#include "server/ds/listpack.h"
#include "tests/unit/server/types/env.h"

#define ROWS_MAX 300
#define ARGS_MAX 12
#define TEXT_MAX 5000

struct row {
    struct stream_id id;
    unsigned         shape, pairs;
    bool             there;
};
static struct row row[ROWS_MAX];
static unsigned   rows;

/* --- Entries by number ------------------------------------------------------------------------- */

static char         text[ARGS_MAX][TEXT_MAX];
static struct slice arg[ARGS_MAX];

/* A value for every form that an atom has. */
static size_t value_text(char *out, unsigned n) {
    static const int64_t ints[] = {0, 5, 127, 128, 8319, 8320, -1, -4097, 70000, -3000000, 1700000000000, INT64_MAX, INT64_MIN};
    static const size_t  lengths[] = {0, 1, 10, 63, 64, 300, 4095, 4096, 4159, 4160};
    unsigned             kinds = sizeof ints / sizeof *ints + sizeof lengths / sizeof *lengths;
    unsigned             kind = n % kinds;
    if (kind < sizeof ints / sizeof *ints) return num_format_i64(out, ints[kind]);
    size_t len = lengths[kind - sizeof ints / sizeof *ints];
    if (len > 300 && n % 7 != 0) len = 12; /* long ones are rarer */
    memset(out, 'a' + (int)(n % 26), len);
    return len;
}

/* Sets arg[] to the names and values of shape; returns their number. Even shapes have the same names. */
static unsigned args_of(unsigned shape, unsigned pairs) {
    for (unsigned i = 0; i < pairs; i++) {
        arg[2 * i] = slice_of(text[2 * i], (size_t)sprintf(text[2 * i], shape % 2 ? "%u-%u" : "name", i, shape % 5));
        if (shape % 6 == 0 && i == 1) arg[2].len = (size_t)sprintf(text[2], "%d", 1234); /* a number for a name */
        arg[2 * i + 1] = slice_of(text[2 * i + 1], value_text(text[2 * i + 1], shape * 3 + i));
    }
    return pairs * 2;
}

static struct stream_id id_after(struct stream_id id) {
    switch (below(8)) {
    case 0: return (struct stream_id){id.ms, id.seq + 1 + below(6)};
    case 1: return (struct stream_id){id.ms + 1 + below(5), 0};
    case 2: return (struct stream_id){id.ms + 1 + below(5), below(6)};
    case 3: return (struct stream_id){id.ms + 1 + below(100000), rand_next(&test_rand) >> below(64)};
    case 4: return id.seq < UINT64_MAX / 2 ? (struct stream_id){id.ms, id.seq + 1 + (rand_next(&test_rand) >> (1 + below(63)))}
                                           : (struct stream_id){id.ms + 1, id.seq};
    case 5: return id.ms < UINT64_MAX / 2 ? (struct stream_id){id.ms + (rand_next(&test_rand) >> (4 + below(60))) + 1, 7}
                                          : (struct stream_id){id.ms + 1, 7};
    default: return id.seq < UINT64_MAX ? (struct stream_id){id.ms, id.seq + 1} : (struct stream_id){id.ms + 1, 0};
    }
}

/* --- What Redis would have ---------------------------------------------------------------------- */

static void add_int(unsigned char **lp, int64_t i) { *lp = lp_append_int(test_env.heap, *lp, i); }

/* Are the names those of the first entry? The args of this one are then set. */
static bool same_names(unsigned shape, unsigned pairs) {
    char name[ARGS_MAX][32];
    args_of(shape, pairs);
    if (row[0].pairs != pairs) return false;
    args_of(row[0].shape, pairs);
    for (unsigned i = 0; i < pairs; i++) snprintf(name[i], sizeof name[i], "%.*s", (int)arg[2 * i].len, arg[2 * i].p);
    args_of(shape, pairs);
    for (unsigned i = 0; i < pairs; i++)
        if (!slice_eq(arg[2 * i], slice_str(name[i]))) return false;
    return true;
}

static size_t redis_bytes(void) {
    unsigned char *lp = lp_new(test_env.heap);
    unsigned       count = 0;
    for (unsigned i = 0; i < rows; i++) count += row[i].there;
    add_int(&lp, count);
    add_int(&lp, rows - count);
    add_int(&lp, row[0].pairs);
    args_of(row[0].shape, row[0].pairs);
    for (unsigned i = 0; i < row[0].pairs; i++) lp = lp_append(test_env.heap, lp, arg[2 * i]);
    add_int(&lp, 0);
    for (unsigned n = 0; n < rows; n++) {
        bool same = same_names(row[n].shape, row[n].pairs);
        add_int(&lp, (same ? 2 : 0) | !row[n].there);
        add_int(&lp, (int64_t)(row[n].id.ms - row[0].id.ms));
        add_int(&lp, (int64_t)(row[n].id.seq - row[0].id.seq));
        if (!same) add_int(&lp, row[n].pairs);
        for (unsigned i = 0; i < row[n].pairs * 2; i++)
            if (!same || i % 2 == 1) lp = lp_append(test_env.heap, lp, arg[i]);
        add_int(&lp, 3 + (same ? row[n].pairs : 1 + 2 * row[n].pairs));
    }
    size_t bytes = lp_bytes(lp);
    lp_free(&lp);
    return bytes;
}

/* --- Comparing ---------------------------------------------------------------------------------- */

static void same_entry(struct block_cursor *c, const struct block_entry *e, const struct row *r) {
    assert_true(stream_id_eq(e->id, r->id));
    assert_int_equal(e->pairs, r->pairs);
    assert_int_equal(e->deleted, !r->there);
    if (below(3) == 0) return; /* the next one is found without them, too */
    args_of(r->shape, r->pairs);
    unsigned read = below(4) == 0 ? below(r->pairs + 1) : r->pairs;
    for (unsigned i = 0; i < read; i++) {
        struct element name, value;
        char           scratch[ELEMENT_TEXT_MAX];
        block_field(c, &name, &value);
        assert_true(slice_eq(element_text(&name, scratch), arg[2 * i]));
        assert_true(slice_eq(element_text(&value, scratch), arg[2 * i + 1]));
    }
}

static void same_from(const struct stream_block *b, struct stream_id id, unsigned expect_at_most) {
    struct block_cursor c;
    struct block_entry  e;
    unsigned            n = 0;
    block_seek(&c, b, row[0].id, id);
    assert_true(block_next(&c, &e));
    while (n < rows && !stream_id_eq(row[n].id, e.id)) n++;
    assert_true(n < rows && n <= expect_at_most);
    do same_entry(&c, &e, &row[n++]);
    while (block_next(&c, &e));
    assert_int_equal(n, rows);
    assert_false(block_next(&c, &e));
}

/* expected: how many rows are not above id. */
static void same_back(const struct stream_block *b, struct stream_id id, unsigned expected) {
    struct block_cursor c;
    struct block_marks  m;
    struct block_entry  e;
    block_seek_back(&c, &m, b, row[0].id, id);
    while (block_prev(&c, &m, &e)) same_entry(&c, &e, &row[--expected]);
    assert_int_equal(expected, 0);
    assert_false(block_prev(&c, &m, &e));
}

static void same(const struct stream_block *b) {
    assert_true(block_validate(b, row[0].id));
    assert_int_equal(b->count + b->deleted, rows);
    assert_true(stream_id_eq(block_last(b, row[0].id), row[rows - 1].id));
    unsigned at = below(rows);
    same_from(b, STREAM_ID_MIN, 0);
    same_from(b, row[at].id, at);
    same_back(b, STREAM_ID_MAX, rows);
    same_back(b, row[at].id, at + 1);
    struct stream_id below_it = row[at].id;
    if (stream_id_prev(&below_it)) same_back(b, below_it, at);
    assert_int_equal(ash_heap_used(test_env.heap), b->cap);
}

/* --- Changing ------------------------------------------------------------------------------------ */

static unsigned run; /* entries of the last segment */

static struct stream_block *append(struct stream_block *b, unsigned shape, unsigned pairs) {
    struct stream_id id = rows > 0 ? id_after(row[rows - 1].id) : (struct stream_id){below(5), below(3)};
    unsigned         count = args_of(shape, pairs);
    if (b == NULL) b = block_new(test_env.heap, arg, count, below(2) * 300);
    if (run == BLOCK_SEGMENT || below(100) == 0) run = 0;
    b = block_append(test_env.heap, b, rows > 0 ? row[0].id : id, run > 0 ? &row[rows - 1].id : NULL, id, arg, count);
    run++;
    row[rows++] = (struct row){id, shape, pairs, true};
    return b;
}

static void delete(struct stream_block *b, unsigned n) {
    struct block_cursor c;
    struct block_entry  e;
    if (!row[n].there) return;
    block_seek(&c, b, row[0].id, row[n].id);
    do assert_true(block_next(&c, &e));
    while (!stream_id_eq(e.id, row[n].id));
    block_delete(b, e.at);
    row[n].there = false;
}

/* Deletes some at the end, and cuts them or a part of them. */
static void cut(struct stream_block *b) {
    unsigned keep = rows - below(rows < 80 ? rows : 80), more = below(3);
    for (unsigned n = keep; n < rows; n++) delete(b, n);
    if (keep + more > rows) more = 0;
    block_cut(b, row[0].id, row[keep + more - 1].id);
    rows = keep + more;
    run = 0;
}

static struct stream_block *copied(struct stream_block *b) {
    struct stream_block *copy = block_copy(test_env.heap, b);
    block_free(&b);
    assert_null(b);
    return copy;
}

static void random_operations(void **state) {
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct stream_block *b = NULL;
        unsigned             kinds = round % 4 == 0 ? 1 : 40, pairs_max = round % 3 == 0 ? 1 : 5;
        rows = run = 0;
        for (unsigned step = 0; step < 400; step++) {
            unsigned what = below(100);
            if (rows == 0 || (what < 75 && rows < ROWS_MAX))
                b = append(b, below(kinds) * (round % 2 + 1), (round % 5 == 0 ? 1 : 0) + below(pairs_max + 1));
            else if (what < 90) delete(b, below(rows));
            else if (what < 93) cut(b);
            else if (what < 96) b = block_close(test_env.heap, b);
            else b = copied(b);
            same(b);
            if (step % 8 == 0) assert_int_equal(block_listpack(b), redis_bytes());
        }
        assert_int_equal(block_listpack(b), redis_bytes());
        block_free(&b);
    }
}

/* Bytes that the layout promises. */
static void bytes_an_entry(void **state) {
    static const struct { uint64_t ms, seq, bytes; } cases[] = {
        {0, 1, 1}, {0, 3, 1}, {0, 4, 2}, {1, 0, 1}, {2, 2, 1}, {3, 0, 2}, {130, 0, 2}, {131, 0, 3}, {5, 3, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream_id     master = {1000, 5}, id = {1000 + cases[i].ms, cases[i].ms > 0 ? cases[i].seq : 5 + cases[i].seq};
        struct slice         args[] = {slice_str("name"), slice_str("ten bytes!")};
        struct stream_block *b = block_new(test_env.heap, args, 2, 0);
        assert_int_equal(b->used, 1 + 1 + 4);
        b = block_append(test_env.heap, b, master, NULL, master, args, 2);
        assert_int_equal(b->used, 6 + 1 + 1 + 11); /* the head, that no segment is before it, the value */
        b = block_append(test_env.heap, b, master, &master, id, args, 2);
        assert_int_equal(b->used, 19 + cases[i].bytes + 11);
        block_free(&b);
    }
}

/* The first entry of all, and IDs at both ends of what there is. */
static void extreme_ids(void **state) {
    static const struct stream_id ids[] = {{0, 0}, {0, 1}, {0, UINT64_MAX}, {1, 0}, {UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}};
    (void)state;
    for (size_t from = 0; from < 5; from++) {
        struct slice         args[] = {slice_str("f"), slice_str("1")};
        struct stream_block *b = block_new(test_env.heap, args, 2, 0);
        for (size_t i = from; i < 6; i++)
            b = block_append(test_env.heap, b, ids[from], i > from && i % 2 ? &ids[i - 1] : NULL, ids[i], args, 2);
        assert_true(block_validate(b, ids[from]));
        struct block_cursor c;
        struct block_entry  e;
        block_seek(&c, b, ids[from], ids[from]);
        for (size_t i = from; i < 6; i++) {
            assert_true(block_next(&c, &e));
            assert_true(stream_id_eq(e.id, ids[i]));
        }
        assert_false(block_next(&c, &e));
        assert_true(stream_id_eq(block_last(b, ids[from]), ids[5]));
        block_free(&b);
    }
}

/* A byte changed anywhere, a count too: refused, or sound to walk. */
static void changed_bytes(void **state) {
    unsigned refused = 0, passed = 0;
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct stream_block *b = NULL;
        rows = run = 0;
        for (unsigned i = 0; i < 50; i++) b = append(b, below(8), 1 + below(2));
        for (unsigned i = 0; i < 5; i++) delete(b, 1 + below(rows - 1));
        b = block_close(test_env.heap, b);
        for (unsigned i = 0; i < 100; i++) {
            unsigned char *at = i % 10 == 0 ? (unsigned char *)&b->used + below(20) : b->bytes + below(b->used), was = *at;
            uint32_t       used = b->used;
            *at = (unsigned char)below(256);
            if (b->used <= used && block_validate(b, row[0].id)) {
                struct block_cursor c;
                struct block_marks  m;
                struct block_entry  e;
                struct element      name, value;
                unsigned            n = 0;
                block_seek(&c, b, row[0].id, STREAM_ID_MIN);
                for (; block_next(&c, &e); n++)
                    for (uint64_t p = 0; p < e.pairs; p++) block_field(&c, &name, &value);
                block_seek_back(&c, &m, b, row[0].id, STREAM_ID_MAX);
                while (block_prev(&c, &m, &e)) n--;
                assert_int_equal(n, 0);
                passed++;
            } else {
                refused++;
            }
            *at = was;
        }
        assert_true(block_validate(b, row[0].id));
        assert_false(block_validate(b, (struct stream_id){UINT64_MAX, 3})); /* another master: IDs wrap */
        block_free(&b);
    }
    print_message("%u changed blocks refused, %u sound\n", refused, passed);
    assert_true(refused > 2000 && passed > 2000);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {CASE(random_operations), CASE(bytes_an_entry), CASE(extreme_ids), CASE(changed_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
