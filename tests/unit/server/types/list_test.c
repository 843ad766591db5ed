/* list_test.c: the list type against an array, and when it changes its encoding. */
#include "server/types/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/num.h"
#include "tests/unit/server/heap_fixture.h"

#define MODEL_MAX 2000

static struct type_limits limits;
static struct type_env    env;

static int set_up(void **state) {
    (void)state;
    heap_set_up(19);
    limits = (struct type_limits){.list_max_listpack_size = -2};
    env = (struct type_env){.heap = heap, .limits = &limits, .rand = &rng};
    return 0;
}

static bool element_eq(const struct element *e, struct slice s) {
    char text[ELEMENT_TEXT_MAX];
    return slice_eq(element_text(e, text), s);
}

/* --- Encodings ------------------------------------------------------------------------------ */

static void push_number(struct value *v, int64_t i) {
    char text[32];
    list_push(v, &env, LIST_TAIL, slice_of(text, (size_t)sprintf(text, "%lld", (long long)i)));
}

static void push_bytes(struct value *v, size_t len) {
    char *text = calloc(1, len);
    list_push(v, &env, LIST_TAIL, slice_of(text, len));
    free(text);
}

static void push_text16(struct value *v) { push_bytes(v, 16); }

/* What goes whole is a sound list of its own. */
static void remove_range(struct value *v, const struct type_env *e, uint64_t start, uint64_t n) {
    struct value removed;
    if (n == 0 || !list_take_range(v, e, start, n, &removed)) return;
    assert_true(list_check(&removed) && list_len(&removed) > 0 && list_len(&removed) <= n);
    list_free(&removed);
}

static void ignore(const struct element *e, void *arg) {
    (void)e;
    (void)arg;
}

static void expect(const struct element *e, void *arg) {
    const struct slice *want = arg;
    assert_true(element_eq(e, *want));
}

static void grows_and_shrinks_by_count(void **state) {
    (void)state;
    limits.list_max_listpack_size = 8;
    struct value v = list_new(&env);
    for (int i = 0; i < 8; i++) push_number(&v, i);
    assert_int_equal(v.enc, ENC_LISTPACK);
    push_number(&v, 8);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_int_equal(list_effort(&v), 2);

    /* Nine in two nodes. Head pops leave one node of one: at most half of eight. */
    for (int i = 0; i < 7; i++) assert_true(list_pop(&v, &env, LIST_HEAD, ignore, NULL));
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_true(list_pop(&v, &env, LIST_HEAD, ignore, NULL));
    assert_int_equal(v.enc, ENC_LISTPACK);
    assert_int_equal(list_len(&v), 1);

    for (int i = 0; i < 20; i++) push_number(&v, i);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    remove_range(&v, &env, 5, 16); /* five left in one node: more than half */
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_int_equal(list_remove(&v, &env, 1, slice_str("3")), 1);
    assert_int_equal(v.enc, ENC_LISTPACK);
    assert_int_equal(list_len(&v), 4);
    list_free(&v);
}

static void grows_and_shrinks_by_bytes(void **state) {
    (void)state;
    limits.list_max_listpack_size = -1;
    struct value v = list_new(&env);
    push_bytes(&v, 4089); /* with the empty listpack's 7 bytes just the limit */
    assert_int_equal(v.enc, ENC_LISTPACK);
    assert_true(list_set(&v, &env, 0, slice_str("short")));
    push_bytes(&v, 4096);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_true(list_set(&v, &env, 1, slice_str("short")));
    assert_int_equal(v.enc, ENC_QUICKLIST); /* small, but in two nodes */
    assert_true(list_pop(&v, &env, LIST_HEAD, ignore, NULL));
    assert_int_equal(v.enc, ENC_LISTPACK);
    push_number(&v, 1);

    char large[5000] = {0};
    assert_true(list_set(&v, &env, -2, slice_of(large, sizeof large)));
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_false(list_set(&v, &env, 2, slice_str("x")));
    assert_false(list_set(&v, &env, -3, slice_str("x")));
    assert_true(list_insert(&v, &env, slice_of(large, sizeof large), true, slice_str("next")));
    struct slice next = slice_str("next");
    assert_true(list_get(&v, 1, expect, &next));
    assert_true(list_check(&v));
    list_free(&v);
}

/* All that one command adds decides together, with the texts' lengths. */
static void pushed_together(void **state) {
    (void)state;
    static struct slice s[9000];
    limits.list_max_listpack_size = -1;
    for (size_t i = 0; i < 9000; i++) s[i] = slice_str("1234567890123456789"); /* 19; stored in 10 */
    struct value v = list_new(&env);
    list_push_all(&v, &env, LIST_TAIL, s, 215); /* 4085 of 4089 */
    assert_int_equal(v.enc, ENC_LISTPACK);
    list_free(&v);
    v = list_new(&env);
    list_push_all(&v, &env, LIST_TAIL, s, 216);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    list_free(&v);

    for (size_t i = 0; i < 9000; i++) s[i] = slice_str("a"); /* 1; stored in 3 */
    v = list_new(&env);
    list_push_all(&v, &env, LIST_HEAD, s, 4089);
    assert_int_equal(v.enc, ENC_LISTPACK);
    list_push(&v, &env, LIST_HEAD, s[0]);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    list_free(&v);
    v = list_new(&env);
    list_push_all(&v, &env, LIST_HEAD, s, 4090);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    list_free(&v);

    for (size_t i = 0; i < 9000; i++) s[i] = slice_str(""); /* 0; stored in 2: where Redis goes on */
    v = list_new(&env);
    list_push_all(&v, &env, LIST_HEAD, s, 6000);
    assert_int_equal(v.enc, ENC_LISTPACK);
    list_push_all(&v, &env, LIST_HEAD, s, 1);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    list_free(&v);
    v = list_new(&env);
    list_push_all(&v, &env, LIST_HEAD, s, 9000);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_int_equal(list_len(&v), 9000);
    list_free(&v);
}

/* Elements of one length lie closer in a quicklist, but what they count as is Redis's: 18 bytes each. */
static void alike_ones_by_bytes(void **state) {
    (void)state;
    struct list_layout l;
    limits.list_max_listpack_size = -1;
    struct value v = list_new(&env);
    for (size_t i = 0; i < 227; i++) push_text16(&v); /* 7 + 226 * 18 + 16 = 4091 */
    assert_int_equal(v.enc, ENC_LISTPACK);
    push_text16(&v);
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_true(list_layout(&v, &l) && l.nodes == 1 && l.bytes == 7 + 228 * 18);
    for (size_t i = 228; i < 256; i++) push_text16(&v);
    assert_int_equal(list_effort(&v), 1); /* Redis: 2 */
    push_text16(&v);
    assert_int_equal(list_effort(&v), 2);
    while (list_len(&v) > 114) assert_true(list_pop(&v, &env, LIST_TAIL, ignore, NULL));
    assert_int_equal(v.enc, ENC_QUICKLIST); /* 7 + 114 * 18 = 2059 of 2048 */
    assert_true(list_pop(&v, &env, LIST_TAIL, ignore, NULL));
    assert_int_equal(v.enc, ENC_LISTPACK);
    list_free(&v);
}

/* A list keeps the limit and the depth that it became a quicklist with. */
static void keeps_its_limits(void **state) {
    (void)state;
    struct list_layout l;
    limits.list_max_listpack_size = 4;
    limits.list_compress_depth = 1;
    struct value v = list_new(&env);
    assert_false(list_layout(&v, &l));
    for (int i = 0; i < 40; i++) push_number(&v, i);
    limits.list_max_listpack_size = -2;
    limits.list_compress_depth = 0;
    for (int i = 0; i < 8; i++) push_number(&v, i);
    assert_true(list_layout(&v, &l));
    assert_int_equal(l.nodes, 12);
    assert_int_equal(l.count, 48);
    assert_int_equal(l.fill, 4);
    assert_true(l.compressed);
    remove_range(&v, &env, 0, 45); /* in one node, but more than half of four */
    assert_int_equal(v.enc, ENC_QUICKLIST);
    assert_true(list_pop(&v, &env, LIST_TAIL, ignore, NULL));
    assert_int_equal(v.enc, ENC_LISTPACK);
    list_free(&v);
}

/* --- Against a model ------------------------------------------------------------------------ */

struct model {
    size_t       n;
    struct slice item[MODEL_MAX + 1];
};

static bool alike; /* nearly all elements are of one length, which changes now and then */

static struct slice alike_text(void) {
    static size_t width = 16;
    if (rand_below(&rng, 1000) == 0) width = 1 + rand_below(&rng, 100);
    char *p = malloc(width);
    memset(p, 'e', width);
    p[rand_below(&rng, width)] = (char)('a' + rand_below(&rng, 3));
    return slice_of(p, width);
}

static struct slice random_text(void) {
    if (alike && rand_below(&rng, 100) != 0) return alike_text();
    static const size_t steps[] = {1, 3, 20, 70, 5000};
    size_t              len = steps[rand_below(&rng, rand_below(&rng, 60) == 0 ? 5 : 4)];
    char               *p = malloc(len + 32);
    if (rand_below(&rng, 2)) return slice_of(p, num_format_i64(p, (int64_t)rand_below(&rng, 40)));
    memset(p, (int)('a' + rand_below(&rng, 4)), len);
    return slice_of(p, len);
}

static struct slice model_insert(struct model *m, size_t at, struct slice s) {
    memmove(m->item + at + 1, m->item + at, (m->n - at) * sizeof *m->item);
    m->item[at] = s;
    m->n++;
    return s;
}

static void model_delete(struct model *m, size_t at, size_t n) {
    for (size_t i = 0; i < n; i++) free((char *)(uintptr_t)m->item[at + i].p);
    memmove(m->item + at, m->item + at + n, (m->n - at - n) * sizeof *m->item);
    m->n -= n;
}

static void assert_same(const struct value *v, const struct model *m) {
    struct list_iter it, back;
    struct element   e;
    assert_true(list_check(v));
    assert_int_equal(list_len(v), m->n);
    assert_int_equal(list_bytes(v), ash_heap_used(heap));
    list_iter_init(&it, v, 0, false);
    list_iter_init(&back, v, -1, true);
    for (size_t i = 0; i < m->n; i++) {
        assert_true(list_next(&it, &e) && element_eq(&e, m->item[i]));
        assert_true(list_next(&back, &e) && element_eq(&e, m->item[m->n - 1 - i]));
    }
    assert_false(list_next(&it, &e));
    assert_false(list_next(&back, &e));
    list_iter_fini(&it);
    list_iter_fini(&back);
    assert_int_equal(list_bytes(v), ash_heap_used(heap));
}

/* The same elements by what takes several at a time, from anywhere, up to any number. */
static void assert_same_at_once(const struct value *v, const struct model *m) {
    struct list_iter it;
    struct element   e;
    struct slice     first, s = random_text();
    size_t           at = m->n > 0 ? rand_below(&rng, m->n) : 0;
    list_iter_init(&it, v, (int64_t)at, false);
    while (at < m->n) {
        uint64_t max = 1 + rand_below(&rng, 300), n;
        if (rand_below(&rng, 3) == 0) {
            n = list_pass(&it, max, s);
            for (uint64_t i = 0; i < n; i++) assert_false(slice_eq(m->item[at + i], s));
        } else {
            n = list_next_alike(&it, max, &first);
            for (uint64_t i = 0; i < n; i++)
                assert_true(slice_eq(m->item[at + i],
                                     slice_of(first.p + i * first.len, first.len)));
        }
        assert_true(n <= max && n <= m->n - at);
        at += n;
        if (n > 0) continue;
        assert_true(list_next(&it, &e) && element_eq(&e, m->item[at]));
        at++;
    }
    assert_int_equal(list_next_alike(&it, 1, &first), 0);
    list_iter_fini(&it);
    free((char *)(uintptr_t)s.p);
    assert_int_equal(list_bytes(v), ash_heap_used(heap));
}

static void pop_one(struct value *v, struct model *m) {
    enum list_end end = rand_below(&rng, 2) ? LIST_HEAD : LIST_TAIL;
    size_t        at = end == LIST_HEAD ? 0 : m->n - 1;
    if (m->n == 0) {
        assert_false(list_pop(v, &env, end, ignore, NULL));
        return;
    }
    assert_true(list_pop(v, &env, end, expect, &m->item[at]));
    model_delete(m, at, 1);
}

static void insert_one(struct value *v, struct model *m) {
    struct slice pivot = random_text(), s = random_text();
    bool         after = rand_below(&rng, 2);
    size_t       at = 0;
    while (at < m->n && !slice_eq(m->item[at], pivot)) at++;
    assert_int_equal(list_insert(v, &env, pivot, after, s), at < m->n);
    free((char *)(uintptr_t)pivot.p);
    if (at < m->n)
        model_insert(m, at + after, s);
    else
        free((char *)(uintptr_t)s.p);
}

static size_t model_remove(struct model *m, int64_t count, struct slice s) {
    size_t limit = count == 0 ? m->n : (size_t)(count < 0 ? -count : count), removed = 0;
    for (size_t i = 0, at = 0, n = m->n; i < n && removed < limit; i++) {
        size_t k = count < 0 ? n - 1 - i : at;
        if (slice_eq(m->item[k], s)) {
            model_delete(m, k, 1);
            removed++;
        } else {
            at++;
        }
    }
    return removed;
}

static void remove_equal(struct value *v, struct model *m) {
    struct slice s = random_text();
    int64_t      count = (int64_t)rand_below(&rng, 9) - 4;
    assert_int_equal(list_remove(v, &env, count, s), model_remove(m, count, s));
    free((char *)(uintptr_t)s.p);
}

static void change_at_index(struct value *v, struct model *m) {
    int64_t index = (int64_t)rand_below(&rng, 2 * m->n + 4) - (int64_t)m->n - 2;
    size_t  at = (size_t)(index < 0 ? index + (int64_t)m->n : index);
    assert_int_equal(list_get(v, index, expect, &m->item[at < m->n ? at : 0]), at < m->n);
    struct slice s = random_text();
    assert_int_equal(list_set(v, &env, index, s), at < m->n);
    if (at < m->n) {
        model_delete(m, at, 1);
        model_insert(m, at, s);
    } else {
        free((char *)(uintptr_t)s.p);
    }
}

static void model_step(struct value *v, struct model *m) {
    unsigned what = (unsigned)rand_below(&rng, 16);
    bool     at_head = rand_below(&rng, 2);
    if (what < 7) {
        list_push(v, &env, at_head ? LIST_HEAD : LIST_TAIL,
                  model_insert(m, at_head ? 0 : m->n, random_text()));
    } else if (what < 9) {
        pop_one(v, m);
    } else if (what < 12) {
        insert_one(v, m);
    } else if (what < 14) {
        change_at_index(v, m);
    } else if (what == 14) {
        remove_equal(v, m);
    } else {
        bool   most = rand_below(&rng, 8) == 0;
        size_t start = rand_below(&rng, most ? (m->n > 8 ? 8 : m->n + 1) : m->n + 1);
        size_t n = most ? m->n - start : rand_below(&rng, 4);
        if (n > m->n - start) n = m->n - start;
        remove_range(v, &env, start, n);
        model_delete(m, start, n);
    }
}

static void model_run(void **state) {
    (void)state;
    static const int64_t fills[] = {-1, -2, 1, 4, 128, 0, 8, 16};
    static struct model  m;
    unsigned             changes = 0;
    for (size_t run = 0; run < 2 * sizeof fills / sizeof *fills; run++) {
        size_t f = run / 2;
        alike = run % 2;
        limits.list_max_listpack_size = fills[f];
        limits.list_compress_depth = (int64_t)f % 4;
        struct value v = list_new(&env);
        for (int step = 0; step < 6000 && m.n < MODEL_MAX; step++) {
            uint8_t enc = v.enc;
            model_step(&v, &m);
            changes += enc != v.enc;
            if (step % 16 == 0 || enc != v.enc) assert_same(&v, &m);
            if (step % 16 == 0) assert_same_at_once(&v, &m);
        }
        assert_same(&v, &m);

        struct value copy = list_copy(&v, &env);
        assert_int_equal(copy.enc, v.enc);
        list_free(&v);
        assert_same(&copy, &m);
        list_free(&copy);
        model_delete(&m, 0, m.n);
    }
    assert_true(changes > 20);
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(grows_and_shrinks_by_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(grows_and_shrinks_by_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alike_ones_by_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pushed_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_its_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
