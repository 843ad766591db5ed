/* scored.c: making items, and comparing keys a word at a time. */
#include "server/ds/scored.h"

#include "alloc/alloc.h"

size_t scored_size(struct slice member) {
    return sizeof(struct scored) + varint_size(member.len) + member.len;
}

struct scored *scored_new(struct ash_heap *heap, double score, struct slice member) {
    struct scored *it = ash_alloc(heap, scored_size(member));
    it->score = score;
    unsigned char *p = varint_put(it->tail, member.len);
    if (member.len) memcpy(p, member.p, member.len);
    return it;
}

void scored_free(struct scored *it) { ash_free(it, scored_size(scored_member(it))); }

/* Bytes [at, at + 8) of a member as a number, zeros behind its end. A short rest is cut out of the
 * last eight bytes, for a copy of unknown length would be a call. */
uint64_t scorekey_member_word(struct slice m, size_t at) {
    uint64_t word = 0;
    if (at >= m.len) return 0;
    size_t rest = m.len - at;
    if (rest >= sizeof word) {
        memcpy(&word, m.p + at, sizeof word);
        return __builtin_bswap64(word);
    }
    if (m.len >= sizeof word) {
        memcpy(&word, m.p + m.len - sizeof word, sizeof word);
        return __builtin_bswap64(word) << (8 * (sizeof word - rest));
    }
    for (size_t i = 0; i < rest; i++) word |= (uint64_t)(unsigned char)m.p[at + i] << (56 - 8 * i);
    return word;
}

int scorekey_cmp(const struct scorekey *a, const struct scorekey *b, size_t from, size_t *shared) {
    size_t len_a = scorekey_len(a), len_b = scorekey_len(b), end = len_a > len_b ? len_a : len_b;
    for (; from < end; from += 8) {
        uint64_t x = scorekey_word(a, from), y = scorekey_word(b, from);
        if (x == y) continue;
        *shared = from + (unsigned)__builtin_clzll(x ^ y) / 8;
        return x < y ? -1 : 1;
    }
    *shared = end;
    return (len_a > len_b) - (len_a < len_b);
}
