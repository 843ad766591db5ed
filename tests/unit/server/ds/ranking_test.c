/* ranking_test.c: the ranking against a sorted array as model. */
#include "server/ds/ranking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/ds/rand.h"

#define MODEL_MAX 6000

static struct ash_heap *list_heap, *item_heap;
static struct rand      rnd;
static struct scored   *model[MODEL_MAX];
static unsigned         model_count;

static int setup(void **state) {
    (void)state;
    list_heap = ash_heap_new("ranking test", ASH_HEAP_OWNED);
    item_heap = ash_heap_new("ranking items", ASH_HEAP_OWNED);
    rand_seed(&rnd, 3);
    model_count = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    while (model_count) scored_free(model[--model_count]);
    assert_int_equal(ash_heap_used(list_heap), 0);
    assert_int_equal(ash_heap_used(item_heap), 0);
    ash_heap_drop(&list_heap);
    ash_heap_drop(&item_heap);
    return 0;
}

static int order(double score, struct slice member, const struct scored *it) {
    if (score != it->score) return score < it->score ? -1 : 1;
    struct slice other = scored_member(it);
    size_t       len = member.len < other.len ? member.len : other.len;
    int          c = len ? memcmp(member.p, other.p, len) : 0;
    return c ? c : (member.len > other.len) - (member.len < other.len);
}

/* Index of the first item not before (score, member). */
static unsigned model_find(double score, struct slice member) {
    unsigned i = 0;
    while (i < model_count && order(score, member, model[i]) > 0) i++;
    return i;
}

static void put(struct ranking *s, double score, struct slice member) {
    unsigned i = model_find(score, member);
    if (model_count == MODEL_MAX) return;
    if (i < model_count && order(score, member, model[i]) == 0) return;
    struct scored *it = scored_new(item_heap, score, member);
    memmove(&model[i + 1], &model[i], (model_count++ - i) * sizeof *model);
    model[i] = it;
    ranking_put(s, it);
}

static void drop_model(unsigned i, unsigned n) {
    for (unsigned k = 0; k < n; k++) scored_free(model[i + k]);
    memmove(&model[i], &model[i + n], (model_count - i - n) * sizeof *model);
    model_count -= n;
}

static void take(struct ranking *s, unsigned i) {
    ranking_take(s, model[i]);
    drop_model(i, 1);
}

/* Short ones; ones with much in common; ones that are others with zeros behind. */
enum members { SHORT, ALIKE, ZEROS };

static struct slice random_member_of(enum members kind, char *buf, unsigned range) {
    unsigned long long n = rand_below(&rnd, range);
    if (kind == SHORT) return slice_of(buf, (size_t)sprintf(buf, "%llx", n));
    if (kind == ALIKE)
        return slice_of(buf, (size_t)sprintf(buf, "%s:%07llu", n % 2 ? "user:profile" : "user", n));
    size_t len = (size_t)sprintf(buf, "%llx", n % (range / 8 + 1));
    memset(buf + len, 0, 16);
    return slice_of(buf, len + n % 16);
}

static struct slice random_member(char *buf, unsigned range) {
    return random_member_of(SHORT, buf, range);
}

static void expect(const struct ranking *s) {
    ranking_check(s);
    assert_int_equal(s->count, model_count);
    assert_int_equal(s->footprint, ash_heap_used(list_heap));
}

static void expect_walks(const struct ranking *s) {
    expect(s);
    struct rankplace p = ranking_at(s, 0);
    for (unsigned i = 0; i < model_count; i++, p = rankplace_next(p)) {
        assert_ptr_equal(rankplace_get(p), model[i]);
        assert_ptr_equal(rankplace_get(ranking_at(s, i)), model[i]);
    }
    assert_null(p.leaf);
    assert_null(ranking_at(s, model_count).leaf);
    p = ranking_at(s, model_count ? model_count - 1 : 0);
    for (unsigned i = model_count; i-- > 0; p = rankplace_prev(p))
        assert_ptr_equal(rankplace_get(p), model[i]);
    assert_null(p.leaf);
}

/* A walk in runs of random lengths is the walk in steps. */
static void expect_runs(const struct ranking *s, bool backwards) {
    struct rankplace p = ranking_at(s, backwards && model_count ? model_count - 1 : 0);
    unsigned         seen = 0;
    while (p.leaf) {
        struct scored *out[RANK_RUN_MAX];
        unsigned       max = 1 + (unsigned)rand_below(&rnd, RANK_RUN_MAX);
        unsigned       n = rankplace_run(&p, backwards, max, out);
        assert_in_range(n, 1, max);
        for (unsigned i = 0; i < n; i++, seen++)
            assert_ptr_equal(out[i], model[backwards ? model_count - 1 - seen : seen]);
    }
    assert_int_equal(seen, model_count);
}

static void ends_and_empties(void **state) {
    (void)state;
    struct ranking s;
    ranking_init(&s, list_heap);
    expect_walks(&s);
    struct rankcut cut = { .by_score = true, .score = 5 };
    assert_int_equal(ranking_rank(&s, &cut, NULL), 0);
    put(&s, 1, slice_str(""));
    expect_walks(&s);
    take(&s, 0);
    expect_walks(&s);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 500; i++) put(&s, round ? -i : i, slice_str("m"));
        expect_walks(&s);
        assert_true(s.footprint < 500 * 11); /* loads in order fill the nodes */
        while (model_count) take(&s, round ? 0 : model_count - 1);
        expect_walks(&s);
    }
    ranking_fini(&s);
}

/* scores: how many different ones; 1 means that the members alone decide. */
static void churn(enum members kind, unsigned scores, unsigned most, unsigned steps) {
    struct ranking s;
    char            buf[32];
    unsigned        target = most;
    ranking_init(&s, list_heap);
    for (unsigned step = 0; step < steps; step++) {
        if (rand_below(&rnd, most) == 0) target = (unsigned)rand_below(&rnd, most + 1);
        double score = (double)rand_below(&rnd, scores) - scores / 2;
        if (model_count && rand_below(&rnd, 4) == 0) {
            unsigned       i = (unsigned)rand_below(&rnd, model_count);
            struct scored *it = model[i];
            if (rand_below(&rnd, 2)) score = it->score + (double)rand_below(&rnd, 3) - 1;
            unsigned to = model_find(score, scored_member(it));
            if (to < model_count && to != i && order(score, scored_member(it), model[to]) == 0)
                continue; /* taken */
            ranking_move(&s, it, score); /* the model follows: out at i, in at to */
            if (to > i) memmove(&model[i], &model[i + 1], (--to - i) * sizeof *model);
            else memmove(&model[to + 1], &model[to], (i - to) * sizeof *model);
            model[to] = it;
        } else if (model_count < target) {
            put(&s, score, random_member_of(kind, buf, most * 3));
        } else if (model_count) {
            take(&s, (unsigned)rand_below(&rnd, model_count));
        }
        if (most < 1000 || step % 64 == 0) expect(&s);
    }
    expect_walks(&s);
    while (model_count) scored_free(model[--model_count]);
    ranking_fini(&s);
}

static void random_operations(void **state) {
    (void)state;
    static const unsigned scores[] = { 1, 3, 100, 1000000 };
    for (unsigned i = 0; i < 12; i++) {
        enum members kind = (enum members)(i / 4);
        churn(kind, scores[i % 4], 20, 2000);
        churn(kind, scores[i % 4], 150, 4000);
        churn(kind, scores[i % 4], 3000, 9000);
    }
}

static void fill(struct ranking *s, unsigned count, unsigned scores) {
    char buf[32];
    while (model_count < count)
        put(s, (double)rand_below(&rnd, scores), random_member(buf, count * 4));
}

static void taking_runs(void **state) {
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct ranking s;
        ranking_init(&s, list_heap);
        fill(&s, 1500, 300);
        while (model_count) {
            struct scored *out[RANK_RUN_MAX];
            unsigned       rank = (unsigned)rand_below(&rnd, model_count);
            unsigned       max = 1 + (unsigned)rand_below(&rnd, RANK_RUN_MAX);
            unsigned       n = ranking_take_run(&s, rank, max, out);
            assert_in_range(n, 1, max);
            for (unsigned i = 0; i < n; i++) assert_ptr_equal(out[i], model[rank + i]);
            drop_model(rank, n);
            expect(&s);
        }
        ranking_fini(&s);
    }
}

static void builds(void **state) {
    (void)state;
    static const unsigned counts[] = { 0, 1, 2, 32, 33, 34, 70, 1184, 1185, 5000 };
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct ranking s, built;
        ranking_init(&s, list_heap);
        fill(&s, counts[i], 500);
        ranking_fini(&s);
        ranking_init(&built, list_heap);
        ranking_build(&built, model, model_count);
        expect_walks(&built);
        expect_runs(&built, false);
        expect_runs(&built, true);
        assert_true(built.footprint <= model_count * 12 + 512);
        for (unsigned step = 0; step < 500; step++) {
            char buf[32];
            if (step % 2) put(&built, (double)rand_below(&rnd, 500), random_member(buf, 20000));
            else if (model_count) take(&built, (unsigned)rand_below(&rnd, model_count));
            if (step % 50 == 0) expect(&built);
        }
        expect_walks(&built);
        while (model_count) scored_free(model[--model_count]);
        ranking_fini(&built);
    }
}

/* Down to nothing from either end and from the middle: nodes join, levels go. */
static void drains(void **state) {
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        struct ranking s;
        ranking_init(&s, list_heap);
        fill(&s, 4000, 100000);
        while (model_count) {
            take(&s, way == 0 ? 0 : way == 1 ? model_count - 1 : model_count / 2);
            if (model_count % 100 == 0) expect(&s);
        }
        expect_walks(&s);
    }
}

static bool before_cut(const struct scored *it, const struct rankcut *cut) {
    if (cut->by_score && it->score != cut->score) return it->score < cut->score;
    int c = cut->by_member ? order(it->score, cut->member, it) : 0;
    return c ? c > 0 : cut->past;
}

static void cuts(void **state) {
    (void)state;
    for (unsigned scores = 1; scores <= 400; scores *= 20) {
        struct ranking s;
        ranking_init(&s, list_heap);
        fill(&s, 2500, scores);
        for (unsigned i = 0; i < 4000; i++) {
            char           buf[32];
            struct rankcut cut = {
                .by_score = scores > 1 || rand_below(&rnd, 2), .past = rand_below(&rnd, 2),
                .by_member = rand_below(&rnd, 2),
                .score = (double)rand_below(&rnd, scores + 2) - 1 + (rand_below(&rnd, 2) ? .5 : 0),
                .member = random_member(buf, 10000),
            };
            if (!cut.by_score) cut.by_member = true;
            unsigned rank = 0;
            while (rank < model_count && before_cut(model[rank], &cut)) rank++;
            struct rankplace at;
            assert_int_equal(ranking_rank(&s, &cut, &at), rank);
            if (rank == model_count) assert_null(at.leaf);
            else assert_ptr_equal(rankplace_get(at), model[rank]);
        }
        while (model_count) scored_free(model[--model_count]);
        ranking_fini(&s);
    }
}

static void long_members(void **state) {
    (void)state;
    struct ranking s;
    static char     buf[20000];
    ranking_init(&s, list_heap);
    memset(buf, 'x', sizeof buf);
    for (size_t len = 0; len < sizeof buf; len = len * 5 / 4 + 1) put(&s, 7, slice_of(buf, len));
    expect_walks(&s);
    for (unsigned i = 0; i < model_count; i++) {
        size_t size = scored_size(scored_member(model[i]));
        assert_true(ash_usable_size(model[i]) >= size);
        assert_true(i == 0 || scored_member(model[i]).len > scored_member(model[i - 1]).len);
    }
    ranking_fini(&s);
}

/* What an item costs in random order: a zset member's budget. */
static void footprint_per_item(void **state) {
    (void)state;
    const unsigned  n = 100000;
    struct scored **items = malloc(n * sizeof *items);
    struct ranking s;
    ranking_init(&s, list_heap);
    for (unsigned i = 0; i < n; i++) {
        char buf[32];
        items[i] = scored_new(item_heap, (double)rand_next(&rnd),
                              slice_of(buf, (size_t)sprintf(buf, "member:%08u", i)));
        ranking_put(&s, items[i]);
    }
    print_message("ranking: %.2f bytes an item\n", (double)s.footprint / n);
    assert_true((double)s.footprint / n < 13);
    assert_int_equal(s.footprint, ash_heap_used(list_heap));
    ranking_check(&s);
    ranking_fini(&s);
    for (unsigned i = 0; i < n; i++) scored_free(items[i]);
    free(items);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(ends_and_empties), CASE(random_operations), CASE(taking_runs), CASE(builds), CASE(drains),
        CASE(cuts),             CASE(long_members),      CASE(footprint_per_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
