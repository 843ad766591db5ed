/* value_compact_test.c: values of every type and encoding move out of sparse slabs while they change.
 *
 * Each has a twin in a heap of its own, which is changed in the same way and never moves: after every
 * few steps both must hold the same, in the same order, and all bytes must be accounted for. */
#include "server/types/value.h"

#include <stdlib.h>

#include "server/ds/table.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/stream_group.h"
#include "server/types/zset.h"
#include "tests/unit/server/ds/moving.h"
#include "tests/unit/server/types/env.h"

enum { VALUES_MAX = 250, ROUNDS = 5 };

static struct value    value[VALUES_MAX], twin[VALUES_MAX];
static unsigned        values; /* in use */
static struct type_env twin_env;
static struct mover    mover;
static unsigned        seen_enc[16]; /* how often a walk met each encoding */
static uint64_t        change_count;

static int setup(void **state) {
    env_setup(state);
    fill_init(test_env.heap, 2200);
    mover = (struct mover){.heap = test_env.heap};
    memset(seen_enc, 0, sizeof seen_enc);
    twin_env = test_env;
    twin_env.heap = ash_heap_new("twins", ASH_HEAP_OWNED);
    change_count = 0;
    return 0;
}

static int teardown(void **state) {
    assert_int_equal(ash_heap_used(twin_env.heap), 0);
    ash_heap_drop(&twin_env.heap);
    return env_teardown(state);
}

/* --- What a value holds, as a number ------------------------------------------------------------ */

static void mix(uint64_t *sum, struct slice s) { *sum = *sum * 31 + table_hash(s); }
static void mix_u64(uint64_t *sum, uint64_t n) { mix(sum, slice_of((const char *)&n, sizeof n)); }
static void mix_element(uint64_t *sum, const struct element *e) {
    char text[ELEMENT_TEXT_MAX];
    mix(sum, element_text(e, text));
}

static void mix_list(uint64_t *sum, const struct value *v) {
    struct list_iter it;
    struct element   e;
    for (list_iter_init(&it, v, 0, false); list_next(&it, &e);) mix_element(sum, &e);
    list_iter_fini(&it);
}

static void mix_set(uint64_t *sum, const struct value *v) {
    struct set_iter it;
    struct element  e;
    for (set_iter_init(&it, v); set_next(&it, &e);) mix_element(sum, &e);
}

static void mix_hash(uint64_t *sum, const struct value *v) {
    struct hash_iter it;
    struct element   field, val;
    for (hash_iter_init(&it, v, 0); hash_next(&it, &field, &val);) {
        mix_element(sum, &field);
        mix_element(sum, &val);
        mix_u64(sum, (uint64_t)hash_iter_ms(&it));
    }
    mix_u64(sum, hash_is_timed(v) ? (uint64_t)hash_next_ms(v) : 0);
}

static void mix_zset(uint64_t *sum, const struct value *v) {
    struct element e;
    double         score;
    for (struct zset_cursor c = zset_at(v, 0); c.valid; zset_step(&c, false)) {
        zset_peek(&c, &e, &score);
        mix_element(sum, &e);
        mix_u64(sum, (uint64_t)(int64_t)score);
    }
}

static void mix_group(uint64_t *sum, const struct stream_group *g) {
    mix(sum, g->name);
    struct idmap_cursor at = idmap_first(&g->pending);
    for (; idmap_valid(&at); idmap_step(&at, false)) {
        const struct stream_pending *p = idmap_value(&at);
        mix_u64(sum, idmap_id(&at).ms);
        mix_u64(sum, p->deliveries);
        mix(sum, stream_pending_consumer(g, p)->name);
    }
    for (uint32_t i = 0; i < g->consumers.count; i++) {
        mix(sum, stream_consumer_at(g, i)->name);
        mix_u64(sum, stream_consumer_at(g, i)->pending.count);
    }
}

static void mix_stream(uint64_t *sum, const struct value *v) {
    struct stream_iter it;
    struct stream_id   id;
    struct element     field, val;
    uint64_t           pairs;
    stream_iter_init(&it, v, STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (stream_next(&it, &id, &pairs)) {
        mix_u64(sum, id.ms);
        for (; pairs > 0; pairs--) {
            stream_field(&it, &field, &val);
            mix_element(sum, &field);
            mix_element(sum, &val);
        }
    }
    for (uint32_t i = 0; i < stream_of(v)->groups.count; i++)
        mix_group(sum, stream_group_at(stream_of(v), i));
}

static uint64_t held_by(const struct value *v) {
    uint64_t sum = v->enc;
    switch (v->type) {
    case VAL_LIST: mix_list(&sum, v); break;
    case VAL_SET: mix_set(&sum, v); break;
    case VAL_HASH: mix_hash(&sum, v); break;
    case VAL_ZSET: mix_zset(&sum, v); break;
    case VAL_STREAM: mix_stream(&sum, v); break;
    default: fail();
    }
    return sum;
}

/* --- Changes: made of `r` alone, so that both twins get the same --------------------------------- */

static unsigned draw(uint64_t *r, unsigned n) {
    *r = *r * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((*r >> 33) % n);
}

struct pivot {
    char         buf[MEMBER_MAX];
    struct slice s;
};

static void take_pivot(const struct element *e, void *arg) {
    struct pivot *p = arg;
    char          text[ELEMENT_TEXT_MAX];
    struct slice  s = element_text(e, text);
    memcpy(p->buf, s.p, s.len);
    p->s = slice_of(p->buf, s.len);
}

/* True in two of three stretches of time: then things grow, else they shrink. */
static bool growing(void) { return change_count / 6000 % 3 != 2; }

static void change_list(struct value *v, const struct type_env *env, uint64_t r, unsigned range) {
    char         buf[MEMBER_MAX];
    struct slice s = member_of(buf, draw(&r, 2000), false);
    uint64_t     len = list_len(v);
    struct value removed;
    unsigned     what = draw(&r, 10);
    if (len < 2 || (len < range && what < (growing() ? 7 : 4))) {
        list_push(v, env, draw(&r, 2) ? LIST_HEAD : LIST_TAIL, s);
    } else if (what == 7) {
        list_set(v, env, draw(&r, (unsigned)len), s);
    } else if (what == 8) {
        struct pivot pivot;
        assert_true(list_get(v, draw(&r, (unsigned)len), take_pivot, &pivot));
        assert_true(list_insert(v, env, pivot.s, true, s));
    } else {
        uint64_t start = draw(&r, (unsigned)len - 1), n = 1 + draw(&r, 4);
        if (what == 9 && draw(&r, 30) == 0) n = len; /* nearly all */
        if (n > len - 1 - start) n = len - 1 - start;
        if (n > 0 && list_take_range(v, env, start, n, &removed)) value_free(&removed);
    }
}

static void change_set(struct value *v, const struct type_env *env, uint64_t r, unsigned range) {
    char         buf[MEMBER_MAX];
    unsigned     i = draw(&r, range);
    bool         integers = v->enc == ENC_INTSET;
    struct slice s = integers ? slice_of(buf, (size_t)sprintf(buf, "%u", i * i)) : member_of(buf, i, true);
    if (draw(&r, 4) < (growing() ? 3 : 1)) set_add(v, env, s);
    else if (set_count(v) > 1) set_remove(v, env, s);
}

static void change_zset(struct value *v, const struct type_env *env, uint64_t r, unsigned range) {
    char         buf[MEMBER_MAX];
    double       score = draw(&r, 500);
    unsigned     what = draw(&r, 40);
    struct slice s = member_of(buf, draw(&r, range), true);
    uint64_t     count = zset_count(v);
    if (what < (growing() ? 30 : 15)) zset_add(v, env, &score, s, 0);
    else if (what == 39 && count > 30) zset_remove_ranks(v, env, draw(&r, (unsigned)count - 20), 20);
    else if (count > 1) zset_remove(v, env, s);
}

static bool fields_expire_too; /* in change_hash */

static void change_hash(struct value *v, const struct type_env *env, uint64_t r, unsigned range) {
    char           buf[MEMBER_MAX], text[MEMBER_MAX];
    struct slice   field = member_of(buf, draw(&r, range), true);
    struct slice   val = member_of(text, draw(&r, 2000), true);
    struct element e;
    unsigned       what = draw(&r, 40);
    if (what < (growing() ? 25 : 12)) {
        hash_update(v, env, field, val);
    } else if (what < 34) {
        if (fields_expire_too && hash_get(v, 0, field, &e))
            hash_expire(v, env, field, draw(&r, 4) == 0 ? HASH_NO_TTL : 1000 + (int64_t)draw(&r, 90000));
    } else if (hash_count(v) > 1) {
        hash_remove(v, env, field);
    }
}

static struct stream_group *some_group(struct value *v, const struct type_env *env, uint64_t *r) {
    char         buf[32];
    struct slice name = slice_of(buf, (size_t)sprintf(buf, "group %u", draw(r, 5)));
    struct stream_group *g = stream_group_get(stream_of(v), name);
    if (g == NULL) return stream_group_add(stream_of(v), env->heap, name, STREAM_ID_MIN, 0);
    if (draw(r, 4000) != 0) return g;
    struct value husk = stream_group_take(v, env, g);
    stream_free(&husk);
    return some_group(v, env, r);
}

static void change_group(struct value *v, const struct type_env *env, uint64_t r) {
    struct stream_group *g = some_group(v, env, &r);
    char                 buf[80];
    bool                 added;
    unsigned             who = draw(&r, 60);
    struct slice         name = slice_of(buf, (size_t)sprintf(buf, "consumer %0*u", (int)who, who));
    struct stream_id     id = {1 + draw(&r, 3000), 0};
    struct stream_consumer *c = stream_consumer_put(g, env->heap, name, 5, &added);
    if (draw(&r, 200) == 0) {
        struct value husk = stream_consumer_take(g, env, c);
        stream_free(&husk);
    } else if (draw(&r, 3) < (growing() ? 2 : 1)) {
        struct stream_pending *p = stream_pending_give(g, env->heap, id, c, &added);
        if (added) p->deliveries = 0, p->delivered_ms = 1;
        p->deliveries++;
    } else {
        stream_pending_remove(g, env->heap, id);
    }
}

static void change_stream(struct value *v, const struct type_env *env, uint64_t r, unsigned range) {
    char             buf[MEMBER_MAX], text[MEMBER_MAX];
    struct stream   *s = stream_of(v);
    struct stream_id id = {s->last_id.ms + 1, 0};
    unsigned         what = draw(&r, 20);
    if (what < 8) {
        change_group(v, env, r);
    } else if (what < (growing() ? 18 : 12) && s->length < range) {
        struct slice args[] = {member_of(buf, draw(&r, 3), true), member_of(text, draw(&r, 900), true)};
        assert_true(stream_append(v, env, id, args, 2));
    } else if (what == 19 && draw(&r, 20) == 0) {
        struct stream_trim trim = {.by = STREAM_TRIM_MAXLEN, .maxlen = s->length / 2 + 50};
        stream_trim(v, env, &trim);
    } else if (s->last_id.ms > 0) {
        stream_delete(v, env, (struct stream_id){1 + draw(&r, (unsigned)s->last_id.ms), 0});
    }
}

static void change(unsigned range) {
    unsigned i = below(values);
    uint64_t r = rand_next(&test_rand);
    void (*how)(struct value *, const struct type_env *, uint64_t, unsigned) = NULL;
    switch (value[i].type) {
    case VAL_LIST: how = change_list; break;
    case VAL_SET: how = change_set; break;
    case VAL_ZSET: how = change_zset; break;
    case VAL_HASH: how = change_hash; break;
    default: how = change_stream;
    }
    how(&value[i], &test_env, r, range);
    how(&twin[i], &twin_env, r, range);
    change_count++;
}

/* --- Walks ---------------------------------------------------------------------------------------- */

static size_t all_bytes(void) {
    size_t sum = 0;
    for (unsigned i = 0; i < values; i++) sum += value_bytes(&value[i]);
    return sum;
}

static void expect_alike(unsigned i) {
    assert_true(value_check(&value[i]));
    assert_int_equal(held_by(&value[i]), held_by(&twin[i]));
    assert_int_equal(value_bytes(&value[i]), value_bytes(&twin[i]));
}

static void walk(unsigned range, unsigned changes) {
    for (unsigned i = 0, n = 0; i < values; i++) {
        struct move_cursor c = {0};
        seen_enc[value[i].enc]++;
        for (bool more = true; more; n++) {
            uint64_t looked = mover.looked;
            more = value_compact(&value[i], &mover, &c);
            expect_bounded(&mover, looked, MOVER_STEP + 130);
            if (n % 8 == 0) expect_alike(i);
            for (unsigned k = 0; k < changes; k++) change(range);
            if (changes > 0) fill_some(1);
        }
    }
    for (unsigned i = 0; i < values; i++) expect_alike(i);
}

/* `count` values made by first(): ranges are of their members. */
static void rounds(struct value (*first)(const struct type_env *), unsigned count, unsigned range) {
    values = count;
    for (unsigned i = 0; i < count; i++) {
        value[i] = first(&test_env);
        twin[i] = first(&twin_env);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 11000; i++) {
            change(range);
            fill_some(below(6));
        }
        assert_true(fill_thin_out() > 0);
        walk(range, 1 + round * 3);
        fill_some(20000);
        fill_thin_out();
        walk(range, 0);
        expect_drained(&mover, all_bytes());
    }
    for (unsigned i = 0; i < count; i++) {
        value_free(&value[i]);
        value_free(&twin[i]);
    }
}

/* --- Types and encodings --------------------------------------------------------------------------- */

static struct value first_list(const struct type_env *env) {
    struct value v = list_new(env);
    list_push(&v, env, LIST_HEAD, slice_str("first"));
    return v;
}

static void lists(void **state) {
    (void)state;
    test_limits.list_max_listpack_size = 16;
    test_limits.list_compress_depth = 1;
    rounds(first_list, 3, 3000);
    assert_true(seen_enc[ENC_QUICKLIST] > 0);
}

static void small_lists(void **state) {
    (void)state;
    test_limits.list_max_listpack_size = 40;
    rounds(first_list, VALUES_MAX, 50);
    assert_true(seen_enc[ENC_LISTPACK] > 0 && seen_enc[ENC_QUICKLIST] > 0);
}

static struct value first_set_of(const struct type_env *env, const char *member) {
    struct value v = set_new(env, slice_str(member), 1);
    set_add(&v, env, slice_str(member));
    return v;
}

static struct value first_intset(const struct type_env *env) { return first_set_of(env, "1"); }
static struct value first_set(const struct type_env *env) { return first_set_of(env, "x"); }

static void sets(void **state) {
    (void)state;
    rounds(first_set, 2, 4000);
    assert_true(seen_enc[ENC_HASHTABLE] > 0);
}

static void small_sets(void **state) {
    (void)state;
    rounds(first_set, VALUES_MAX, 60);
    assert_true(seen_enc[ENC_LISTPACK] > 0);
}

static void intsets(void **state) {
    (void)state;
    rounds(first_intset, VALUES_MAX, 100);
    assert_true(seen_enc[ENC_INTSET] > 0);
}

static struct value first_zset(const struct type_env *env) {
    struct value v = zset_new(env, 1);
    double       score = 1;
    zset_add(&v, env, &score, slice_str("0"), 0);
    return v;
}

static void zsets(void **state) {
    (void)state;
    rounds(first_zset, 2, 4000);
    assert_true(seen_enc[ENC_SKIPLIST] > 0);
}

static void small_zsets(void **state) {
    (void)state;
    rounds(first_zset, VALUES_MAX, 60);
    assert_true(seen_enc[ENC_LISTPACK] > 0);
}

static struct value first_hash(const struct type_env *env) {
    struct value v = hash_new(env);
    hash_set(&v, env, slice_str("0"), slice_str("zero"));
    return v;
}

static void hashes(void **state) {
    (void)state;
    fields_expire_too = false;
    rounds(first_hash, 2, 4000);
    assert_true(seen_enc[ENC_HASHTABLE] > 0 && seen_enc[ENC_HASHTABLE_EX] == 0);
}

static void hashes_that_expire(void **state) {
    (void)state;
    fields_expire_too = true;
    rounds(first_hash, 2, 4000);
    assert_true(seen_enc[ENC_HASHTABLE_EX] > 0);
}

static void small_hashes(void **state) {
    (void)state;
    fields_expire_too = true;
    rounds(first_hash, VALUES_MAX, 40);
    assert_true(seen_enc[ENC_LISTPACK] > 0 && seen_enc[ENC_LISTPACK_EX] > 0);
}

static void streams(void **state) {
    (void)state;
    test_limits.stream_node_max_entries = 20;
    rounds(stream_new, 2, 5000);
    assert_true(seen_enc[ENC_STREAM] > 0);
}

/* A cursor from another value: whatever it says, nothing breaks and there is an end to it. */
static void foreign_cursors(void **state) {
    (void)state;
    struct value (*const first[])(const struct type_env *) = {first_list,  first_intset, first_set, first_zset,
                                                       first_hash, stream_new};
    test_limits = (struct type_limits){.list_max_listpack_size = 1, .hash_max_listpack_entries = 0,
                                       .stream_node_max_entries = 10};
    values = 1;
    for (unsigned i = 0; i < sizeof first / sizeof *first; i++) {
        value[0] = first[i](&test_env);
        twin[0] = first[i](&twin_env);
        for (unsigned k = 0; k < 800; k++) change(400);
        for (unsigned k = 0; k < 500; k++) {
            struct move_cursor c = {below(8), below(9), {below(500), below(3)}};
            if (k % 5 == 1) c.index = 1000; /* behind every consumer */
            if (k % 3 == 0) c = (struct move_cursor){UINT32_MAX, UINT32_MAX, {UINT64_MAX, UINT64_MAX}};
            unsigned steps = 0;
            while (value_compact(&value[0], &mover, &c)) assert_true(++steps < 1000);
        }
        expect_alike(0);
        value_free(&value[0]);
        value_free(&twin[0]);
    }
}

static void strings_stay(void **state) {
    (void)state;
    struct value       v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str("bytes of the entry")};
    struct move_cursor c = {0};
    assert_false(value_compact(&v, &mover, &c));
    assert_int_equal(mover.looked, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(lists),        CASE(small_lists),
        CASE(sets),         CASE(small_sets),
        CASE(intsets),      CASE(zsets),
        CASE(small_zsets),  CASE(hashes),
        CASE(small_hashes), CASE(hashes_that_expire),
        CASE(streams),      CASE(foreign_cursors),
        CASE(strings_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
