/* members.c: walking and asking in batches. */
#include "server/types/members.h"

#include <assert.h>

static_assert(MEMBERS_BATCH == 32, "a batch's masks are of 32 bits");

void members_walk_init(struct members_walk *w, const struct value *v) {
    w->v = v;
    if (v->type == VAL_SET) set_iter_init(&w->set, v);
    else zset_walk_init(&w->zset, v);
}

bool members_walk_next(struct members_walk *w, struct members_batch *b) {
    struct element e;
    b->hashed = false;
    for (b->count = 0; b->count < MEMBERS_BATCH; b->count++) {
        double *score = &b->score[b->count];
        *score = 1;
        if (!(w->v->type == VAL_SET ? set_next(&w->set, &e) : zset_walk_next(&w->zset, &e, score)))
            break;
        b->member[b->count] = element_text(&e, b->text[b->count]);
    }
    return b->count > 0;
}

void members_hash(struct members_batch *b) {
    if (b->hashed) return;
    for (unsigned i = 0; i < b->count; i++) b->hash[i] = table_hash(b->member[i]);
    b->hashed = true;
}

static void prefetch(const struct value *v, const struct members_batch *b, bool items) {
    for (unsigned i = 0; i < b->count; i++) {
        if (v->type == VAL_SET) set_prefetch(v, b->hash[i], items);
        else zset_prefetch(v, b->hash[i], items);
    }
}

uint32_t members_find(const struct value *v, struct members_batch *b, uint32_t mask,
                      double score[MEMBERS_BATCH]) {
    uint32_t found = 0;
    if (v->enc == ENC_HASHTABLE || v->enc == ENC_SKIPLIST) {
        members_hash(b);
        prefetch(v, b, false);
        prefetch(v, b, true);
    }
    for (uint32_t left = mask; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        bool     has;
        score[i] = 1;
        if (v->type == VAL_SET) has = set_has_hashed(v, b->member[i], b->hash[i]);
        else has = zset_score_hashed(v, b->member[i], b->hash[i], &score[i]);
        found |= (uint32_t)has << i;
    }
    return found;
}
