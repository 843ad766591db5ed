/* zset_build_test.c: built sets against sets that were added to one by one; walks and questions in
 * batches over every encoding. */
#include "server/types/zset_build.h"

#include "server/types/members.h"
#include "tests/unit/server/types/env.h"

/* scores: how many different ones. */
static void build_and_compare(unsigned count, unsigned scores, bool plain, bool large) {
    struct zset_build b;
    struct value      built, added;
    bool              any = false;
    zset_build_init(&b, &test_env);
    for (unsigned i = 0; i < count; i++) {
        char         buf[MEMBER_MAX];
        struct slice member = member_of(buf, below(count), plain);
        uint64_t     hash = table_hash(member);
        double       score = (double)below(scores) - scores / 2;
        double      *have = zset_build_get(&b, member, hash);
        if (have) *have = score;
        else zset_build_put(&b, member, hash, score);
        if (!any) added = zset_new(&test_env, member.len);
        any = true;
        zset_add(&added, &test_env, &score, member, 0);
    }
    assert_int_equal(zset_build_finish(&b, large, &built), any);
    if (!any) return;
    zset_check(&built);
    assert_int_equal(zset_count(&built), zset_count(&added));
    assert_int_equal(built.enc, large ? ENC_SKIPLIST : added.enc);
    struct zset_cursor x = zset_at(&built, 0), y = zset_at(&added, 0);
    for (; x.valid && y.valid; zset_step(&x, false), zset_step(&y, false)) {
        struct element m, n;
        double         s, t;
        char           text[2][ELEMENT_TEXT_MAX];
        zset_peek(&x, &m, &s);
        zset_peek(&y, &n, &t);
        assert_true(s == t && slice_eq(element_text(&m, text[0]), element_text(&n, text[1])));
    }
    assert_true(!x.valid && !y.valid);
    assert_int_equal(zset_bytes(&built) + zset_bytes(&added), ash_heap_used(test_env.heap));
    zset_free(&built);
    zset_free(&added);
}

static void builds_are_as_added(void **state) {
    (void)state;
    static const unsigned counts[] = { 0, 1, 2, 128, 200, 300, 1000, 6000 };
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        build_and_compare(counts[i], 1, true, false);
        build_and_compare(counts[i], 10, false, false);
        build_and_compare(counts[i], 1u << 30, true, false);
        build_and_compare(counts[i], 1000, true, true);
    }
}

/* Every member with an odd number below n. */
static void expect_members(const struct value *v, unsigned n, bool scored) {
    struct members_walk  w;
    struct members_batch b;
    unsigned             seen = 0;
    double               score[MEMBERS_BATCH];
    members_walk_init(&w, v);
    while (members_walk_next(&w, &b)) {
        uint32_t all = b.count == MEMBERS_BATCH ? UINT32_MAX : (1u << b.count) - 1;
        assert_int_equal(members_find(v, &b, all, score), all);
        for (unsigned i = 0; i < b.count; i++) {
            struct element e = { .s = b.member[i] };
            unsigned       number = number_of(&e);
            assert_true(number < n && number % 2 == 1);
            assert_true(b.score[i] == (scored ? number : 1) && score[i] == b.score[i]);
            seen++;
        }
    }
    assert_int_equal(seen, n / 2);
    assert_false(members_walk_next(&w, &b));

    char buf[MEMBERS_BATCH][MEMBER_MAX];
    b.hashed = false;
    for (b.count = 0; b.count < MEMBERS_BATCH; b.count++)
        b.member[b.count] = member_of(buf[b.count], b.count, true);
    uint32_t odd = n >= MEMBERS_BATCH ? 0xaaaaaaaa : 0xaaaaaaaa & ((1u << n) - 1);
    assert_int_equal(members_find(v, &b, UINT32_MAX, score), odd);
    assert_int_equal(members_find(v, &b, 0xf0, score), odd & 0xf0);
}

static void members_of_all_encodings(void **state) {
    (void)state;
    static const unsigned counts[] = { 2, 20, 64, 66, 250, 258, 3000 };
    for (unsigned k = 0; k < sizeof counts / sizeof *counts; k++) {
        struct value set, zset;
        char         buf[MEMBER_MAX];
        for (unsigned i = 1; i < counts[k]; i += 2) {
            struct slice member = member_of(buf, i, true);
            double       score = i;
            if (i == 1) set = set_new(&test_env, member, 1);
            if (i == 1) zset = zset_new(&test_env, member.len);
            set_add(&set, &test_env, member);
            zset_add(&zset, &test_env, &score, member, 0);
        }
        expect_members(&set, counts[k], false);
        expect_members(&zset, counts[k], true);
        set_free(&set);
        zset_free(&zset);
    }
}

static void members_of_an_intset(void **state) {
    (void)state;
    struct value         set = set_new(&test_env, slice_str("1"), 1);
    struct members_batch b = { .count = 4 };
    double               score[MEMBERS_BATCH];
    for (unsigned i = 0; i < 100; i++) {
        char buf[MEMBER_MAX];
        set_add(&set, &test_env, slice_of(buf, (size_t)sprintf(buf, "%u", i * 3)));
    }
    assert_int_equal(set.enc, ENC_INTSET);
    static const char *const asked[] = { "3", "4", "297", "x" };
    for (unsigned i = 0; i < 4; i++) b.member[i] = slice_str(asked[i]);
    assert_int_equal(members_find(&set, &b, 15, score), 5);
    set_free(&set);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, env_setup, env_teardown)
    const struct CMUnitTest tests[] = {
        CASE(builds_are_as_added),
        CASE(members_of_all_encodings),
        CASE(members_of_an_intset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
