/* zset.c: the sorted set: a listpack of member, score, member, score in order while members are few
 * and short, else a table by member and a ranking by score over the same items.
 *
 *   small   | member | score | member | score ...     scores as integers where they are, else text
 *   large   table ----> | double score | varint length | member | <---- ranking
 *
 * So a member's bytes are stored once, and of the order only six bytes an item. All range queries
 * are two cuts through the order (ds/ranking.h): zset_cut() is their way in for both encodings.
 * Thresholds as in Redis 7.2; there is no way back to the small encoding. Start at zset_add(). */
#include "server/types/zset.h"

#include <math.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"
#include "server/ds/freeing.h"
#include "server/ds/rand.h"
#include "server/types/compact.h"
#include "server/types/zset_big.h"

/* --- The small encoding ---------------------------------------------------------------------- */

static double score_at(const unsigned char *p) {
    struct lp_item item;
    lp_get(p, &item);
    if (item.is_int) return (double)item.i;
    double score;
    bool   ok = num_parse_double(item.s, &score);
    ASSERT(ok);
    return score;
}

bool zset_score_whole(double score, int64_t *out) {
    const double bound = 4611686018427387904.0; /* 2^62: beyond, doubles are no exact counters */
    if (!(score > -bound && score < bound && score == (double)(int64_t)score)) return false;
    *out = (int64_t)score;
    return true;
}

struct lp_item zset_score_item(double score, char *scratch) {
    int64_t whole;
    if (zset_score_whole(score, &whole)) return lp_item_int(whole);
    return lp_item_str(slice_of(scratch, num_format_double(scratch, score)));
}

/* Whether the pair at p lies before the cut. */
static bool pair_before(const unsigned char *lp, const unsigned char *p,
                        const struct rankcut *cut) {
    if (cut->by_score) {
        double score = score_at(lp_next(lp, p));
        if (score != cut->score) return score < cut->score;
    }
    if (cut->by_member) {
        struct element member;
        char           text[ELEMENT_TEXT_MAX];
        compact_read(p, &member);
        int c = slice_cmp(element_text(&member, text), cut->member);
        if (c) return c < 0;
    }
    return cut->past;
}

/* Rank of the first pair not before the cut; *at: its position, NULL at the end. */
static uint64_t pair_cut(const unsigned char *lp, const struct rankcut *cut, unsigned char **at) {
    uint64_t rank = 0;
    for (*at = lp_first(lp); *at && pair_before(lp, *at, cut); rank++)
        *at = lp_next(lp, lp_next(lp, *at));
    return rank;
}

static void pair_put(struct value *v, const struct type_env *env, double score,
                     struct slice member) {
    struct rankcut cut = { .by_score = true, .by_member = true, .score = score, .member = member };
    char           scratch[NUM_DOUBLE_TEXT_MAX];
    struct lp_item pair[] = { lp_item_str(member), zset_score_item(score, scratch) };
    unsigned char *at;
    pair_cut(v->u.ptr, &cut, &at);
    v->u.ptr = lp_insert(env->heap, v->u.ptr, &at, pair, 2);
}

/* --- The large encoding ---------------------------------------------------------------------- */

static struct slice item_member(const void *item) { return scored_member(item); }

static const struct table_type member_type = { item_member };

struct zset_big *zset_big_new(struct ash_heap *heap) {
    struct zset_big *b = ash_alloc(heap, sizeof *b);
    table_init(&b->members, heap, &member_type);
    ranking_init(&b->order, heap);
    b->item_bytes = 0;
    return b;
}

static struct scored *big_get(const struct zset_big *b, struct slice member) {
    return table_get(&b->members, member, table_hash(member));
}

struct scored *zset_big_put(struct zset_big *b, double score, struct slice member, uint64_t hash) {
    struct scored *it = scored_new(b->members.heap, score, member);
    table_put(&b->members, it, hash);
    b->item_bytes += ash_good_size(scored_size(member));
    return it;
}

/* The member is not there. */
static void big_put(struct zset_big *b, double score, struct slice member, uint64_t hash) {
    ranking_put(&b->order, zset_big_put(b, score, member, hash));
}

/* The item has left the order. */
static void big_drop(struct zset_big *b, struct scored *it, uint64_t hash) {
    table_take_item(&b->members, it, hash);
    b->item_bytes -= ash_good_size(scored_size(scored_member(it)));
    scored_free(it);
}

static void item_free(void *item, struct freeing *f) {
    freeing_free(f, item, scored_size(scored_member(item)));
}

static bool zset_big_drain(struct zset_big *b, struct freeing *f) {
    if (ranking_drain(&b->order, f) || table_drain(&b->members, item_free, f)) return true;
    freeing_free(f, b, sizeof *b);
    return false;
}

void zset_big_free(struct zset_big *b) {
    struct freeing all = freeing_all();
    zset_big_drain(b, &all);
}

bool zset_drain(struct value *v, struct freeing *f) {
    if (v->enc == ENC_LISTPACK) {
        unsigned char *lp = v->u.ptr;
        freeing_count(f, lp_footprint(lp));
        lp_free(&lp);
    } else if (zset_big_drain(v->u.ptr, f)) {
        return true;
    }
    v->u.ptr = NULL;
    return false;
}

void zset_free(struct value *v) {
    struct freeing all = freeing_all();
    zset_drain(v, &all);
}

static struct zset_big *big_of(const struct value *v, const struct type_env *env) {
    struct zset_big   *b = zset_big_new(env->heap);
    struct zset_cursor c = zset_at(v, 0);
    struct element     member;
    char               text[ELEMENT_TEXT_MAX];
    double             score;
    for (; c.valid; zset_step(&c, false)) {
        zset_peek(&c, &member, &score);
        struct slice s = element_text(&member, text);
        big_put(b, score, s, table_hash(s));
    }
    return b;
}

static void to_big(struct value *v, const struct type_env *env) {
    struct zset_big *b = big_of(v, env);
    zset_free(v);
    v->enc = ENC_SKIPLIST;
    v->u.ptr = b;
}

/* --- Members --------------------------------------------------------------------------------- */

struct value zset_new(const struct type_env *env, size_t first_len) {
    struct value v = { .type = VAL_ZSET, .enc = ENC_LISTPACK };
    if (env->limits->zset_max_listpack_entries == 0 ||
        compact_over(first_len, env->limits->zset_max_listpack_value)) {
        v.enc = ENC_SKIPLIST;
        v.u.ptr = zset_big_new(env->heap);
    } else {
        v.u.ptr = lp_new(env->heap);
    }
    return v;
}

uint64_t zset_count(const struct value *v) {
    if (v->enc == ENC_LISTPACK) return lp_count(v->u.ptr) / 2;
    return ((const struct zset_big *)v->u.ptr)->order.count;
}

/* What ZADD's flags make of a member that is there. ZSET_UPDATED: *score is to be its score now;
 * otherwise *score is what it stays. */
static enum zset_result rescore(double old, double *score, unsigned flags) {
    double now = flags & ZSET_INCR ? old + *score : *score;
    bool   skip = (flags & ZSET_NX) || ((flags & ZSET_GT) && now <= old) ||
                ((flags & ZSET_LT) && now >= old);
    *score = old;
    if (!(flags & ZSET_NX) && isnan(now)) return ZSET_NAN;
    if (skip) return ZSET_SKIPPED;
    *score = now;
    return now == old ? ZSET_SAME : ZSET_UPDATED;
}

static enum zset_result compact_add(struct value *v, const struct type_env *env, double *score,
                                    struct slice member, unsigned flags) {
    unsigned char *at = compact_find(v->u.ptr, member, 2);
    if (at) {
        enum zset_result result = rescore(score_at(lp_next(v->u.ptr, at)), score, flags);
        if (result == ZSET_UPDATED) {
            v->u.ptr = lp_delete(env->heap, v->u.ptr, &at, 2);
            pair_put(v, env, *score, member);
        }
        return result;
    }
    if (flags & ZSET_XX) return ZSET_SKIPPED;
    if (compact_over(zset_count(v) + 1, env->limits->zset_max_listpack_entries) ||
        compact_over(member.len, env->limits->zset_max_listpack_value) ||
        !lp_safe_to_add(v->u.ptr, member.len + NUM_DOUBLE_TEXT_MAX)) {
        to_big(v, env);
        big_put(v->u.ptr, *score, member, table_hash(member));
    } else {
        pair_put(v, env, *score, member);
    }
    return ZSET_ADDED;
}

enum zset_result zset_add(struct value *v, const struct type_env *env, double *score,
                          struct slice member, unsigned flags) {
    if (isnan(*score)) return ZSET_NAN;
    if (v->enc == ENC_LISTPACK) return compact_add(v, env, score, member, flags);

    struct zset_big *b = v->u.ptr;
    uint64_t         hash = table_hash(member);
    struct scored   *it = table_get(&b->members, member, hash);
    if (it) {
        enum zset_result result = rescore(it->score, score, flags);
        if (result == ZSET_UPDATED) ranking_move(&b->order, it, *score);
        return result;
    }
    if (flags & ZSET_XX) return ZSET_SKIPPED;
    big_put(b, *score, member, hash);
    return ZSET_ADDED;
}

bool zset_remove(struct value *v, const struct type_env *env, struct slice member) {
    if (v->enc == ENC_LISTPACK) {
        unsigned char *at = compact_find(v->u.ptr, member, 2);
        if (!at) return false;
        v->u.ptr = lp_delete(env->heap, v->u.ptr, &at, 2);
        return true;
    }
    struct zset_big *b = v->u.ptr;
    uint64_t         hash = table_hash(member);
    struct scored   *it = table_get(&b->members, member, hash);
    if (!it) return false;
    ranking_take(&b->order, it);
    big_drop(b, it, hash);
    return true;
}

static bool compact_score(const struct value *v, struct slice member, double *score) {
    const unsigned char *at = compact_find(v->u.ptr, member, 2);
    if (at) *score = score_at(lp_next(v->u.ptr, at));
    return at != NULL;
}

bool zset_score_hashed(const struct value *v, struct slice member, uint64_t hash, double *score) {
    if (v->enc == ENC_LISTPACK) return compact_score(v, member, score);
    const struct zset_big *b = v->u.ptr;
    const struct scored   *it = table_get(&b->members, member, hash);
    if (it) *score = it->score;
    return it != NULL;
}

void zset_prefetch_place(const struct value *v, struct slice member, uint64_t hash,
                         const double *score) {
    const struct zset_big *b = v->u.ptr;
    if (v->enc == ENC_LISTPACK) return;
    const struct scored *it = table_get(&b->members, member, hash);
    if (it) ranking_prefetch(&b->order, it->score, member);
    if (score && !(it && it->score == *score)) ranking_prefetch(&b->order, *score, member);
}

void zset_prefetch_rank(const struct value *v, uint64_t rank, bool reverse, bool bucket) {
    const struct zset_big *b = v->u.ptr;
    if (v->enc == ENC_LISTPACK || rank >= b->order.count) return;
    struct rankplace     p = ranking_at(&b->order, reverse ? b->order.count - 1 - rank : rank);
    const struct scored *it = rankplace_get(p);
    if (bucket) table_prefetch(&b->members, table_hash(scored_member(it)));
    else __builtin_prefetch(it);
}

bool zset_score(const struct value *v, struct slice member, double *score) {
    if (v->enc == ENC_LISTPACK) return compact_score(v, member, score);
    return zset_score_hashed(v, member, table_hash(member), score);
}

void zset_prefetch(const struct value *v, uint64_t hash, bool items) {
    const struct zset_big *b = v->u.ptr;
    if (v->enc == ENC_LISTPACK) return;
    if (items) table_prefetch_items(table_prefetch(&b->members, hash), hash);
    else table_prefetch(&b->members, hash);
}

/* --- Places ---------------------------------------------------------------------------------- */

static struct zset_cursor compact_cursor(const struct value *v, unsigned char *at) {
    return (struct zset_cursor){ .v = v, .at = at, .valid = at != NULL };
}

static struct zset_cursor big_cursor(const struct value *v, struct rankplace p) {
    return (struct zset_cursor){ .v = v, .node = p.leaf, .index = p.index, .valid = p.leaf };
}

/* The same for one that is there, and moves on. */
static void cursor_move(struct zset_cursor *c, struct rankplace p) {
    c->node = p.leaf;
    c->index = p.index;
    c->valid = p.leaf != NULL;
}

static struct rankplace place_of(const struct zset_cursor *c) {
    return (struct rankplace){ c->node, c->index };
}

struct zset_cursor zset_at(const struct value *v, uint64_t rank) {
    if (v->enc == ENC_LISTPACK) {
        bool there = rank < zset_count(v);
        return compact_cursor(v, there ? lp_seek(v->u.ptr, (int64_t)(2 * rank)) : NULL);
    }
    const struct zset_big *b = v->u.ptr;
    return big_cursor(v, ranking_at(&b->order, rank));
}

void zset_peek(const struct zset_cursor *c, struct element *member, double *score) {
    ASSERT(c->valid);
    if (c->v->enc == ENC_LISTPACK) {
        *score = score_at(compact_read(c->at, member));
        return;
    }
    const struct scored *it = rankplace_get(place_of(c));
    element_set_str(member, scored_member(it));
    *score = it->score;
}

void zset_step(struct zset_cursor *c, bool backwards) {
    ASSERT(c->valid);
    if (c->v->enc == ENC_LISTPACK) {
        const unsigned char *lp = c->v->u.ptr, *p = c->at;
        for (int i = 0; i < 2 && p; i++) p = backwards ? lp_prev(lp, p) : lp_next(lp, p);
        c->at = (unsigned char *)(uintptr_t)p;
        c->valid = p != NULL;
        return;
    }
    struct rankplace p = place_of(c);
    cursor_move(c, backwards ? rankplace_prev(p) : rankplace_next(p));
}

unsigned zset_run(struct zset_cursor *c, bool backwards, uint64_t max,
                  struct zset_pair out[ZSET_RUN_MAX]) {
    ASSERT(c->valid && max > 0);
    unsigned most = max < ZSET_RUN_MAX ? (unsigned)max : ZSET_RUN_MAX, n = 0;
    if (c->v->enc == ENC_LISTPACK) {
        for (; n < most && c->valid; n++, zset_step(c, backwards))
            zset_peek(c, &out[n].member, &out[n].score);
        return n;
    }
    struct scored   *item[RANK_RUN_MAX];
    struct rankplace p = place_of(c);
    n = rankplace_run(&p, backwards, most, item);
    for (unsigned i = 0; i < n; i++) {
        element_set_str(&out[i].member, scored_member(item[i]));
        out[i].score = item[i]->score;
    }
    cursor_move(c, p);
    return n;
}

/* Rank of the first element not before the cut, and its place. */
static uint64_t zset_cut(const struct value *v, const struct rankcut *cut, struct zset_cursor *at) {
    uint64_t rank;
    if (v->enc == ENC_LISTPACK) {
        unsigned char *p;
        rank = pair_cut(v->u.ptr, cut, &p);
        *at = compact_cursor(v, p);
    } else {
        const struct zset_big *b = v->u.ptr;
        struct rankplace       p;
        rank = ranking_rank(&b->order, cut, &p);
        *at = big_cursor(v, p);
    }
    return rank;
}

bool zset_rank(const struct value *v, struct slice member, bool reverse, uint64_t *rank,
               double *score) {
    if (!zset_score(v, member, score)) return false;
    struct rankcut     cut = { .by_score = true, .by_member = true, .score = *score,
                               .member = member };
    struct zset_cursor at;
    *rank = zset_cut(v, &cut, &at);
    if (reverse) *rank = zset_count(v) - 1 - *rank;
    return true;
}

/* --- Ranges ---------------------------------------------------------------------------------- */

static struct rankcut score_min(const struct zset_score_range *r) {
    return (struct rankcut){ .by_score = true, .score = r->min, .past = r->min_open };
}

static struct rankcut score_max(const struct zset_score_range *r) {
    return (struct rankcut){ .by_score = true, .score = r->max, .past = !r->max_open };
}

/* Where a lexical range begins or ends. The infinite bounds are cuts by nothing: all or none. */
static struct rankcut lex_cut(const struct zset_lex_bound *b, bool past) {
    if (b->inf) return (struct rankcut){ .past = b->inf > 0 };
    return (struct rankcut){ .by_member = true, .member = b->s, .past = past };
}

static struct rankcut lex_min(const struct zset_lex_range *r) {
    return lex_cut(&r->min, r->min.open);
}

static struct rankcut lex_max(const struct zset_lex_range *r) {
    return lex_cut(&r->max, !r->max.open);
}

/* The element before the first one not before the cut. */
static struct zset_cursor last_before(const struct value *v, const struct rankcut *cut) {
    struct zset_cursor c;
    uint64_t           rank = zset_cut(v, cut, &c);
    if (rank == 0) c.valid = false;
    else if (c.valid) zset_step(&c, true);
    else c = zset_at(v, rank - 1);
    return c;
}

bool zset_score_inside(const struct zset_score_range *r, double score) {
    return (r->min_open ? score > r->min : score >= r->min) &&
           (r->max_open ? score < r->max : score <= r->max);
}

bool zset_lex_inside(const struct zset_lex_range *r, struct slice member) {
    int low = r->min.inf ? -r->min.inf : slice_cmp(member, r->min.s);
    int high = r->max.inf ? -r->max.inf : slice_cmp(member, r->max.s);
    return (r->min.open ? low > 0 : low >= 0) && (r->max.open ? high < 0 : high <= 0);
}

struct zset_cursor zset_first_in_score(const struct value *v, const struct zset_score_range *r,
                                       bool reverse) {
    struct zset_cursor c;
    struct rankcut     cut = reverse ? score_max(r) : score_min(r);
    struct element     member;
    double             score;
    if (reverse) c = last_before(v, &cut);
    else zset_cut(v, &cut, &c);
    if (c.valid) {
        zset_peek(&c, &member, &score);
        c.valid = zset_score_inside(r, score);
    }
    return c;
}

struct zset_cursor zset_first_in_lex(const struct value *v, const struct zset_lex_range *r,
                                     bool reverse) {
    struct zset_cursor c;
    struct rankcut     cut = reverse ? lex_max(r) : lex_min(r);
    struct element     member;
    char               text[ELEMENT_TEXT_MAX];
    double             score;
    if (reverse) c = last_before(v, &cut);
    else zset_cut(v, &cut, &c);
    if (c.valid) {
        zset_peek(&c, &member, &score);
        c.valid = zset_lex_inside(r, element_text(&member, text));
    }
    return c;
}

static uint64_t count_between(const struct value *v, struct rankcut min, struct rankcut max) {
    struct zset_cursor at;
    uint64_t           low = zset_cut(v, &min, &at), high = zset_cut(v, &max, &at);
    return high > low ? high - low : 0;
}

uint64_t zset_count_in_score(const struct value *v, const struct zset_score_range *r) {
    return count_between(v, score_min(r), score_max(r));
}

uint64_t zset_count_in_lex(const struct value *v, const struct zset_lex_range *r) {
    return count_between(v, lex_min(r), lex_max(r));
}

/* A node's run at a time: one descent, and the table's lines fetched together. */
static unsigned big_remove_run(struct zset_big *b, uint64_t rank, unsigned max) {
    struct scored *run[RANK_RUN_MAX];
    uint64_t       hash[RANK_RUN_MAX];
    unsigned       n = ranking_take_run(&b->order, rank, max, run);
    for (unsigned i = 0; i < n; i++) __builtin_prefetch(run[i]);
    for (unsigned i = 0; i < n; i++) {
        hash[i] = table_hash(scored_member(run[i]));
        table_prefetch(&b->members, hash[i]);
    }
    for (unsigned i = 0; i < n; i++) big_drop(b, run[i], hash[i]);
    return n;
}

void zset_remove_ranks(struct value *v, const struct type_env *env, uint64_t start,
                       uint64_t count) {
    uint64_t have = zset_count(v);
    ASSERT(start <= have && count <= have - start);
    if (count == 0) return;
    if (v->enc == ENC_LISTPACK) {
        v->u.ptr = lp_delete_range(env->heap, v->u.ptr, (int64_t)(2 * start), 2 * count);
        return;
    }
    while (count > 0) {
        unsigned max = count < RANK_RUN_MAX ? (unsigned)count : RANK_RUN_MAX;
        count -= big_remove_run(v->u.ptr, start, max);
    }
}

/* --- In any order ----------------------------------------------------------------------------- */

void zset_walk_init(struct zset_walk *w, const struct value *v) {
    *w = (struct zset_walk){ .v = v };
    if (v->enc == ENC_LISTPACK) {
        w->at = lp_first(v->u.ptr);
    } else {
        const struct zset_big *b = v->u.ptr;
        table_iter_init(&w->table, &b->members);
    }
}

bool zset_walk_next(struct zset_walk *w, struct element *member, double *score) {
    if (w->v->enc == ENC_SKIPLIST) {
        const struct scored *it = table_next(&w->table);
        if (!it) return false;
        element_set_str(member, scored_member(it));
        *score = it->score;
        return true;
    }
    if (!w->at) return false;
    unsigned char *p = compact_read(w->at, member);
    *score = score_at(p);
    w->at = lp_next(w->v->u.ptr, p);
    return true;
}

/* --- Random and SCAN -------------------------------------------------------------------------- */

void zset_random(const struct value *v, const struct type_env *env, struct element *member,
                 double *score) {
    uint64_t count = zset_count(v);
    ASSERT(count > 0);
    struct zset_cursor c = zset_at(v, rand_below(env->rand, count));
    zset_peek(&c, member, score);
}

_Static_assert(ZSET_RUN_MAX <= RANK_RUN_MAX, "a run is taken from one leaf");

struct scan {
    void (*fn)(const struct element *member, double score, void *arg);
    void    *arg;
    uint64_t seen;
};

static void scan_item(void *item, void *arg) {
    struct scan         *s = arg;
    const struct scored *it = item;
    struct element       member;
    element_set_str(&member, scored_member(it));
    s->seen++;
    s->fn(&member, it->score, s->arg);
}

uint64_t zset_scan(const struct value *v, uint64_t cursor, uint64_t count,
                   void (*fn)(const struct element *member, double score, void *arg), void *arg) {
    if (v->enc == ENC_SKIPLIST) {
        const struct zset_big *b = v->u.ptr;
        struct scan            s = { fn, arg, 0 };
        do cursor = table_scan(&b->members, cursor, scan_item, &s);
        while (cursor && s.seen < count);
        return cursor;
    }
    struct element member;
    double         score;
    for (struct zset_cursor c = zset_at(v, 0); c.valid; zset_step(&c, false)) {
        zset_peek(&c, &member, &score);
        fn(&member, score, arg);
    }
    return 0;
}

/* --- The whole -------------------------------------------------------------------------------- */

struct value zset_copy(const struct value *v, const struct type_env *env) {
    struct value copy = *v;
    if (v->enc == ENC_LISTPACK) copy.u.ptr = lp_copy(env->heap, v->u.ptr);
    else copy.u.ptr = big_of(v, env);
    return copy;
}

size_t zset_bytes(const struct value *v) {
    if (v->enc == ENC_LISTPACK) return lp_footprint(v->u.ptr);
    const struct zset_big *b = v->u.ptr;
    return ash_good_size(sizeof *b) + table_bytes(&b->members) + b->order.footprint +
           b->item_bytes;
}

size_t zset_effort(const struct value *v) {
    return v->enc == ENC_SKIPLIST ? zset_count(v) + 1 : 1;
}

static void check_compact(const struct value *v) {
    const unsigned char *lp = v->u.ptr, *next;
    lp_check(lp);
    ASSERT(lp_count(lp) % 2 == 0);
    for (const unsigned char *p = lp_first(lp); p; p = next) {
        struct element member;
        char           text[ELEMENT_TEXT_MAX];
        compact_read(p, &member);
        struct rankcut cut = { .by_score = true, .by_member = true,
                               .score = score_at(lp_next(lp, p)),
                               .member = element_text(&member, text), .past = true };
        next = lp_next(lp, lp_next(lp, p));
        ASSERT(!next || !pair_before(lp, next, &cut));
    }
}

bool zset_check(const struct value *v) {
    ASSERT(v->type == VAL_ZSET);
    if (v->enc == ENC_LISTPACK) {
        check_compact(v);
        return true;
    }
    ASSERT(v->enc == ENC_SKIPLIST);
    const struct zset_big *b = v->u.ptr;
    size_t                 bytes = 0;
    table_check(&b->members);
    ranking_check(&b->order);
    ASSERT(b->members.count == b->order.count);
    for (struct rankplace p = ranking_at(&b->order, 0); p.leaf; p = rankplace_next(p)) {
        const struct scored *it = rankplace_get(p);
        ASSERT(big_get(b, scored_member(it)) == it);
        bytes += ash_good_size(scored_size(scored_member(it)));
    }
    ASSERT(bytes == b->item_bytes);
    return true;
}
