/* zset_build.c: collecting members, then sorting them once. */
#include "server/types/zset_build.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"
#include "server/types/compact.h"
#include "server/types/zset_big.h"

void zset_build_init(struct zset_build *b, const struct type_env *env) {
    *b = (struct zset_build){ .env = *env, .big = zset_big_new(env->heap) };
}

void zset_build_prefetch(const struct zset_build *b, uint64_t hash, bool items) {
    if (items) table_prefetch_items(table_prefetch(&b->big->members, hash), hash);
    else table_prefetch(&b->big->members, hash);
}

double *zset_build_get(struct zset_build *b, struct slice member, uint64_t hash) {
    struct scored *it = table_get(&b->big->members, member, hash);
    return it ? &it->score : NULL;
}

void zset_build_put(struct zset_build *b, struct slice member, uint64_t hash, double score) {
    zset_big_put(b->big, score, member, hash);
    if (member.len > b->longest) b->longest = member.len;
}

/* All items in order, in an array of the heap. */
static struct scored **sorted(const struct zset_build *b, uint64_t count) {
    struct scored   **items = ash_alloc(b->env.heap, count * sizeof *items);
    struct table_iter it;
    uint64_t          n = 0;
    void             *item;
    table_iter_init(&it, &b->big->members);
    while ((item = table_next(&it))) items[n++] = item;
    ASSERT(n == count);
    scored_sort(b->env.heap, items, count);
    return items;
}

/* A listpack of the items; NULL: they would take too many bytes. */
static unsigned char *compact_of(struct ash_heap *heap, struct scored *const *items,
                                 uint64_t count) {
    unsigned char *lp = lp_new(heap);
    for (uint64_t i = 0; i < count; i++) {
        char           scratch[NUM_DOUBLE_TEXT_MAX];
        struct slice   member = scored_member(items[i]);
        struct lp_item pair[] = { lp_item_str(member), zset_score_item(items[i]->score, scratch) };
        unsigned char *end = NULL;
        if (!lp_safe_to_add(lp, member.len + NUM_DOUBLE_TEXT_MAX)) {
            lp_free(&lp);
            return NULL;
        }
        lp = lp_insert(heap, lp, &end, pair, 2);
    }
    return lp;
}

bool zset_build_finish(struct zset_build *b, bool large, struct value *out) {
    const struct type_limits *limits = b->env.limits;
    uint64_t                  count = b->big->members.count;
    if (count == 0) {
        zset_big_free(b->big);
        return false;
    }
    struct scored **items = sorted(b, count);
    unsigned char  *lp = NULL;
    if (!large && !compact_over(count, limits->zset_max_listpack_entries) &&
        !compact_over(b->longest, limits->zset_max_listpack_value))
        lp = compact_of(b->env.heap, items, count);
    if (!lp) ranking_build(&b->big->order, items, count);
    ash_free(items, count * sizeof *items);
    if (lp) zset_big_free(b->big);
    *out = (struct value){ .type = VAL_ZSET, .enc = lp ? ENC_LISTPACK : ENC_SKIPLIST };
    out->u.ptr = lp ? (void *)lp : (void *)b->big;
    return true;
}
