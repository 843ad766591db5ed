/* scored.c: making items, comparing keys a word at a time, sorting.
 *
 * Sorting is by the scores' eight bytes first (a radix sort, lowest digit first; digits that all
 * items share are passed over), then, among equal scores, by comparing members. */
#include "server/ds/scored.h"

#include <stdlib.h>

#include "alloc/alloc.h"

#define DIGIT_BITS 11
#define DIGITS     6 /* cover 64 bits */
#define RADIX_LEAST 256 /* fewer items are sorted by comparing alone */

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

/* --- Sorting --------------------------------------------------------------------------------- */

struct sortable {
    uint64_t       order;
    struct scored *it;
};

static int item_cmp(const void *a, const void *b) {
    struct scorekey x = scorekey_of(*(struct scored *const *)a);
    struct scorekey y = scorekey_of(*(struct scored *const *)b);
    size_t          shared;
    return scorekey_cmp(&x, &y, 0, &shared);
}

static unsigned digit_of(uint64_t order, unsigned digit) {
    return (unsigned)(order >> (DIGIT_BITS * digit)) & ((1u << DIGIT_BITS) - 1);
}

/* One pass, stable. False: all items have the same digit, nothing was moved. */
static bool radix_pass(const struct sortable *from, struct sortable *to, uint64_t count,
                       unsigned digit) {
    uint64_t at[1u << DIGIT_BITS] = { 0 }, sum = 0;
    for (uint64_t i = 0; i < count; i++) at[digit_of(from[i].order, digit)]++;
    if (at[digit_of(from[0].order, digit)] == count) return false;
    for (unsigned d = 0; d < 1u << DIGIT_BITS; d++) {
        uint64_t n = at[d];
        at[d] = sum;
        sum += n;
    }
    for (uint64_t i = 0; i < count; i++) to[at[digit_of(from[i].order, digit)]++] = from[i];
    return true;
}

void scored_sort(struct ash_heap *scratch, struct scored **items, uint64_t count) {
    if (count < RADIX_LEAST) {
        qsort(items, count, sizeof *items, item_cmp);
        return;
    }
    struct sortable *both = ash_alloc(scratch, 2 * count * sizeof *both);
    struct sortable *from = both, *to = both + count, *swap;
    for (uint64_t i = 0; i < count; i++)
        from[i] = (struct sortable){ score_order(items[i]->score), items[i] };
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        if (!radix_pass(from, to, count, digit)) continue;
        swap = from;
        from = to;
        to = swap;
    }
    for (uint64_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && from[end].order == from[i].order; end++) items[end] = from[end].it;
        if (end - i > 1) qsort(items + i, end - i, sizeof *items, item_cmp);
    }
    ash_free(both, 2 * count * sizeof *both);
}
