/* scored.h: a member with its score, in one allocation, and its key: what sorted sets order by.
 *
 *   item   | double score | varint length | member bytes |
 *
 * A key is the score, as eight bytes that order like it, then the member, then zeros without end. So
 * keys order as bytes do, by score, then by member (memcmp, shorter first), and any eight bytes of a
 * key are a number to compare: a word. Scores are never NaN. Locking: none (scored_free: any thread). */
#ifndef ASHLAR_SERVER_DS_SCORED_H
#define ASHLAR_SERVER_DS_SCORED_H

#include "proto/buf.h"
#include "server/ds/varint.h"

struct ash_heap;

struct scored { /* scored_size() bytes */
    double        score;
    unsigned char tail[];
};
struct scored *scored_new(struct ash_heap *heap, double score, struct slice member);
void           scored_free(struct scored *it);
size_t         scored_size(struct slice member);
static inline struct slice scored_member(const struct scored *it) {
    uint64_t             len;
    const unsigned char *p = varint_get(it->tail, &len);
    return slice_of((const char *)p, len);
}

struct scorekey {
    uint64_t     order; /* of the score */
    struct slice member;
};

/* The score as an integer of the same order; both zeros are one. */
static inline uint64_t score_order(double score) {
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t       bits;
    if (score == 0) score = 0;
    memcpy(&bits, &score, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static inline struct scorekey scorekey_of(const struct scored *it) {
    return (struct scorekey){ .order = score_order(it->score), .member = scored_member(it) };
}

static inline size_t scorekey_len(const struct scorekey *k) { return 8 + k->member.len; }

uint64_t scorekey_member_word(struct slice member, size_t at);
/* Bytes [at, at + 8) of the key. */
static inline uint64_t scorekey_word(const struct scorekey *k, size_t at) {
    if (at == 0) return k->order;
    if (at >= 8) return scorekey_member_word(k->member, at - 8);
    return k->order << (8 * at) | scorekey_member_word(k->member, 0) >> (64 - 8 * at);
}

/* The order of two keys that share their first `from` bytes; *shared: how many they do share, the
 * longer one's length when they are equal but for zeros at the end. */
int scorekey_cmp(const struct scorekey *a, const struct scorekey *b, size_t from, size_t *shared);

/* Into ascending order. scratch: where 32 bytes an item come from meanwhile. */
void scored_sort(struct ash_heap *scratch, struct scored **items, uint64_t count);

#endif
