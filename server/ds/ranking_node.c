/* ranking_node.c: searching and changing one node; nothing here knows of the tree.
 *
 * Source of hints and words: Graefe and Larson, "B-tree indexes and CPU caches" (poor man's
 * normalized keys), ICDE 2001; of what `shared` saves: Ferragina and Grossi, "The string B-tree",
 * JACM 1999. Hints are compared eight at a time. Start reading at leaf_find() and inner_find(). */
#include "server/ds/ranking_node.h"

#include <assert.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SKIP_MAX UINT16_MAX

static_assert(RANK_RUN_MAX <= 64 - 8, "the lanes of all hints fit one word");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "pointers are cut at six low bytes");

static size_t keys_shared(const struct scored *a, const struct scored *b) {
    struct scorekey x = scorekey_of(a), y = scorekey_of(b);
    size_t          shared;
    scorekey_cmp(&x, &y, 0, &shared);
    return shared;
}

static uint16_t key_hint(const struct scorekey *k, size_t skip) {
    return (uint16_t)(scorekey_word(k, skip) >> 48);
}

/* --- Leaves ---------------------------------------------------------------------------------- */

struct rankleaf *leaf_new(struct ash_heap *heap) {
    struct rankleaf *l = ash_alloc(heap, LEAF_BYTES);
    *l = (struct rankleaf){ .room = (LEAF_BYTES - sizeof *l) / 8 };
    static_assert((LEAF_BYTES - sizeof *l) / 8 <= RANK_RUN_MAX, "a run fits what callers hold");
    return l;
}

size_t leaf_size(const struct rankleaf *l) {
    (void)l;
    return LEAF_BYTES;
}

void leaf_free(struct rankleaf *l) { ash_free(l, LEAF_BYTES); }

static void leaf_set(struct rankleaf *l, unsigned i, const struct scored *it,
                     const struct scorekey *k) {
    uintptr_t p = (uintptr_t)it;
    l->hint[i] = key_hint(k, l->skip);
    memcpy(leaf_items(l) + 6 * i, &p, 6);
}

/* Opens (by > 0) or closes a gap in front of item i. */
static void leaf_shift(struct rankleaf *l, unsigned i, int by) {
    unsigned count = l->used - i;
    char    *items = leaf_items(l) + 6 * i;
    memmove(l->hint + i + by, l->hint + i, sizeof *l->hint * count);
    memmove(items + 6 * by, items, 6 * (size_t)count);
    l->used = (uint8_t)(l->used + by);
}

/* Hints are made anew, each from its item. */
static void leaf_move(struct rankleaf *to, unsigned at, const struct rankleaf *from, unsigned i,
                      unsigned count) {
    memcpy(leaf_items(to) + 6 * at, leaf_items(from) + 6 * i, 6 * (size_t)count);
}

/* Makes skip as long as the items allow, or `most`, and all hints anew. */
static void leaf_rehint(struct rankleaf *l, size_t most) {
    if (l->used == 0) return;
    leaf_prefetch_items(l, 0, l->used);
    const struct scored *first = leaf_get(l, 0), *last = leaf_get(l, l->used - 1u);
    size_t               shared = keys_shared(first, last);
    if (shared > most) shared = most;
    l->skip = (uint16_t)(shared < SKIP_MAX ? shared : SKIP_MAX);
    for (unsigned i = 0; i < l->used; i++) {
        struct scorekey k = scorekey_of(leaf_get(l, i));
        l->hint[i] = key_hint(&k, l->skip);
    }
}

/* How many hints are below this one. */
static unsigned hints_below(const struct rankleaf *l, uint16_t hint) {
#ifdef __SSE2__
    /* Lanes beyond `used` hold anything: a bit above them ends the run of ones. */
    const __m128i want = _mm_set1_epi16((short)hint), zero = _mm_setzero_si128();
    uint64_t      not_below = (uint64_t)1 << l->used;
    for (unsigned i = 0; i < l->used; i += 8) {
        __m128i have = _mm_loadu_si128((const __m128i *)(const void *)(l->hint + i));
        __m128i reached = _mm_cmpeq_epi16(_mm_subs_epu16(want, have), zero); /* have >= want */
        not_below |= (uint64_t)(uint8_t)_mm_movemask_epi8(_mm_packs_epi16(reached, zero)) << i;
    }
    return (unsigned)__builtin_ctzll(not_below);
#else
    unsigned n = 0;
    while (n < l->used && l->hint[n] < hint) n++;
    return n;
#endif
}

unsigned leaf_find(const struct rankleaf *l, const struct rankkey *cut, size_t shared) {
    if (shared < l->skip) return l->used; /* behind the first, and so behind all */
    uint16_t hint = key_hint(&cut->key, l->skip);
    unsigned low = hints_below(l, hint), high = low;
    while (high < l->used && l->hint[high] == hint) high++;
    leaf_prefetch_items(l, low, high);
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (item_before(leaf_get(l, mid), cut, l->skip, &shared)) low = mid + 1;
        else high = mid;
    }
    return low;
}

void leaf_put(struct rankleaf *l, unsigned i, const struct scored *it, const struct scorekey *k,
              size_t shared) {
    ASSERT(l->used < l->room && i <= l->used);
    bool inside = i > 0 && i < l->used;
    if (l->used == 0) {
        size_t len = scorekey_len(k);
        l->skip = (uint16_t)(len < SKIP_MAX ? len : SKIP_MAX);
        shared = len;
    } else if (!inside && shared == SIZE_MAX) {
        struct scorekey other = scorekey_of(leaf_get(l, i ? 0 : l->used - 1u));
        scorekey_cmp(k, &other, 0, &shared);
    }
    leaf_shift(l, i, 1);
    leaf_set(l, i, it, k);
    if (!inside && shared < l->skip) leaf_rehint(l, shared);
}

void leaf_cut(struct rankleaf *l, unsigned i, unsigned count) {
    ASSERT(i + count <= l->used);
    leaf_shift(l, i + count, -(int)count);
}

void leaf_refit(struct rankleaf *l, unsigned i, const struct scorekey *k) {
    const struct scored *it = leaf_get(l, i);
    leaf_set(l, i, it, k);
    if (i > 0 && i + 1 < l->used) return;
    size_t shared = keys_shared(leaf_get(l, 0), leaf_get(l, l->used - 1u));
    if (shared < l->skip) leaf_rehint(l, shared);
}

void leaf_give(struct rankleaf *from, struct rankleaf *to, unsigned count) {
    ASSERT(count <= from->used && to->used + count <= to->room);
    leaf_shift(to, 0, (int)count);
    from->used = (uint8_t)(from->used - count);
    leaf_move(to, 0, from, from->used, count);
    leaf_rehint(to, SKIP_MAX);
    leaf_rehint(from, SKIP_MAX);
}

void leaf_give_back(struct rankleaf *from, struct rankleaf *to, unsigned count) {
    ASSERT(count <= from->used && to->used + count <= to->room);
    leaf_move(to, to->used, from, 0, count);
    to->used = (uint8_t)(to->used + count);
    leaf_shift(from, count, -(int)count);
    leaf_rehint(to, SKIP_MAX);
    leaf_rehint(from, SKIP_MAX);
}

void leaf_join(struct rankleaf *l, struct rankleaf *next) {
    ASSERT(l->used + next->used <= l->room);
    leaf_move(l, l->used, next, 0, next->used);
    l->used = (uint8_t)(l->used + next->used);
    next->used = 0;
    leaf_rehint(l, SKIP_MAX);
}

void leaf_fill(struct rankleaf *l, struct scored *const *items, unsigned count) {
    ASSERT(l->used == 0 && count <= l->room);
    for (unsigned i = 0; i < count; i++) {
        uintptr_t p = (uintptr_t)items[i];
        memcpy(leaf_items(l) + 6 * i, &p, 6);
    }
    l->used = (uint8_t)count;
    leaf_rehint(l, SKIP_MAX);
}

void leaf_check(const struct rankleaf *l) {
    ASSERT(l->used > 0 && l->used <= l->room);
    ASSERT(l->skip <= keys_shared(leaf_get(l, 0), leaf_get(l, l->used - 1u)));
    for (unsigned i = 0; i < l->used; i++) {
        struct scorekey k = scorekey_of(leaf_get(l, i));
        size_t          shared;
        ASSERT(l->hint[i] == key_hint(&k, l->skip));
        if (i + 1 == l->used) break;
        struct scorekey next = scorekey_of(leaf_get(l, i + 1));
        ASSERT(scorekey_cmp(&k, &next, 0, &shared) < 0);
    }
}

/* --- Inner nodes ----------------------------------------------------------------------------- */

static size_t inner_bytes(unsigned room) {
    return sizeof(struct rankinner) + (size_t)room * 3 * sizeof(uint64_t);
}

size_t inner_size(const struct rankinner *n) { return inner_bytes(n->room); }

struct rankinner *inner_new(struct ash_heap *heap, unsigned room) {
    struct rankinner *n = ash_alloc(heap, inner_bytes(room));
    *n = (struct rankinner){ .room = (uint8_t)room };
    return n;
}

void inner_free(struct rankinner *n) { ash_free(n, inner_size(n)); }

struct rankinner *inner_widen(struct ash_heap *heap, struct rankinner *n) {
    unsigned          room = 2 * n->room < INNER_ROOM ? 2u * n->room : INNER_ROOM;
    struct rankinner *wide = inner_new(heap, room);
    wide->skip = n->skip;
    wide->used = n->used;
    memcpy(wide->word, n->word, n->used * sizeof *n->word);
    memcpy(inner_children(wide), inner_children(n), n->used * sizeof(void *));
    memcpy(inner_counts(wide), inner_counts(n), n->used * sizeof(uint64_t));
    inner_free(n);
    return wide;
}

const struct scored *inner_first(const struct rankinner *n, unsigned i, unsigned level) {
    const void *child = inner_children(n)[i];
    while (level-- > 0) child = inner_children(child)[0];
    return leaf_get(child, 0);
}

/* How many words are at most w. */
static unsigned words_upto(const uint64_t *word, unsigned count, uint64_t w) {
    const uint64_t *base = word;
    while (count > 1) {
        unsigned half = count / 2;
        base = base[half - 1] <= w ? base + half : base;
        count -= half;
    }
    return (unsigned)(base - word) + (count == 1 && *base <= w);
}

static size_t words_shared(const struct rankinner *n, uint64_t a, uint64_t b) {
    return n->skip + (unsigned)__builtin_clzll(a ^ b) / 8;
}

/* The same where words below `end` are equal to the cut's: first items decide. */
static unsigned inner_find_tied(const struct rankinner *n, unsigned level,
                                const struct rankkey *cut, unsigned end, size_t *shared) {
    uint64_t w = n->word[end - 1];
    unsigned first = end - 1;
    while (first > 0 && n->word[first - 1] == w) first--;
    unsigned low = first ? first : 1; /* the very first is known to lie before the cut */
    size_t   now, found = *shared;
    while (low < end) {
        unsigned mid = (low + end) / 2;
        if (item_before(inner_first(n, mid, level), cut, n->skip + 8u, &now)) {
            low = mid + 1;
            found = now;
        } else {
            end = mid;
        }
    }
    if (low > first) *shared = found; /* the first itself: as on the way in */
    else *shared = words_shared(n, n->word[low - 1], w);
    return low - 1;
}

unsigned inner_find(const struct rankinner *n, unsigned level, const struct rankkey *cut,
                    size_t *shared) {
    if (*shared < n->skip) return n->used - 1u; /* behind all, as far as behind the first */
    uint64_t w = scorekey_word(&cut->key, n->skip);
    unsigned end = words_upto(n->word, n->used, w);
    ASSERT(end > 0);
    if (ASH_UNLIKELY(n->word[end - 1] == w)) return inner_find_tied(n, level, cut, end, shared);
    *shared = words_shared(n, n->word[end - 1], w);
    return end - 1;
}

static void inner_rehint(struct rankinner *n, unsigned level, size_t most) {
    if (n->used == 0) return;
    size_t shared = keys_shared(inner_first(n, 0, level), inner_first(n, n->used - 1u, level));
    if (shared > most) shared = most;
    n->skip = (uint16_t)(shared < SKIP_MAX ? shared : SKIP_MAX);
    for (unsigned i = 0; level == 0 && i < n->used; i++)
        __builtin_prefetch(leaf_items(inner_children(n)[i]));
    for (unsigned i = 0; i < n->used; i++) __builtin_prefetch(inner_first(n, i, level));
    for (unsigned i = 0; i < n->used; i++) {
        struct scorekey k = scorekey_of(inner_first(n, i, level));
        n->word[i] = scorekey_word(&k, n->skip);
    }
}

/* Where the ends move apart, the keys may share less now; with one child, they share what its key is
 * long. */
void inner_refit(struct rankinner *n, unsigned i, unsigned level, bool grew) {
    struct scorekey k = scorekey_of(inner_first(n, i, level));
    if (n->used == 1) {
        inner_rehint(n, level, SKIP_MAX);
        return;
    }
    if (grew ? i + 1u == n->used : i == 0) {
        struct scorekey other = scorekey_of(inner_first(n, i ? 0 : n->used - 1u, level));
        size_t          shared;
        scorekey_cmp(&k, &other, 0, &shared);
        if (shared < n->skip) {
            inner_rehint(n, level, shared);
            return;
        }
    }
    n->word[i] = scorekey_word(&k, n->skip);
}

static void inner_shift(struct rankinner *n, unsigned i, int by) {
    size_t    bytes = (n->used - i) * sizeof(uint64_t);
    void    **child = inner_children(n) + i;
    uint64_t *count = inner_counts(n) + i;
    memmove(n->word + i + by, n->word + i, bytes);
    memmove(child + by, child, bytes);
    memmove(count + by, count, bytes);
    n->used = (uint8_t)(n->used + by);
}

void inner_put(struct rankinner *n, unsigned i, unsigned level, void *child, uint64_t count) {
    ASSERT(n->used < n->room && i <= n->used);
    inner_shift(n, i, 1);
    inner_children(n)[i] = child;
    inner_counts(n)[i] = count;
    inner_refit(n, i, level, i > 0); /* at an end, it moves that end */
}

void inner_cut(struct rankinner *n, unsigned i) {
    ASSERT(i < n->used);
    inner_shift(n, i + 1, -1);
}

static void inner_move(struct rankinner *to, unsigned at, const struct rankinner *from, unsigned i,
                       unsigned count) {
    memcpy(inner_children(to) + at, inner_children(from) + i, count * sizeof(void *));
    memcpy(inner_counts(to) + at, inner_counts(from) + i, count * sizeof(uint64_t));
}

void inner_give(struct rankinner *from, struct rankinner *to, unsigned count, unsigned level) {
    ASSERT(count <= from->used && to->used + count <= to->room);
    inner_shift(to, 0, (int)count);
    from->used = (uint8_t)(from->used - count);
    inner_move(to, 0, from, from->used, count);
    inner_rehint(to, level, SKIP_MAX);
    inner_rehint(from, level, SKIP_MAX);
}

void inner_join(struct rankinner *n, struct rankinner *next, unsigned level) {
    ASSERT(n->used + next->used <= n->room);
    inner_move(n, n->used, next, 0, next->used);
    n->used = (uint8_t)(n->used + next->used);
    next->used = 0;
    inner_rehint(n, level, SKIP_MAX);
}

uint64_t inner_sum(const struct rankinner *n, unsigned children) {
    const uint64_t *count = inner_counts(n);
    uint64_t        sum = 0;
    for (unsigned i = 0; i < children; i++) sum += count[i];
    return sum;
}

void inner_check(const struct rankinner *n, unsigned level) {
    ASSERT(n->used > 0 && n->used <= n->room && n->room <= INNER_ROOM);
    ASSERT(n->skip <=
           keys_shared(inner_first(n, 0, level), inner_first(n, n->used - 1u, level)));
    for (unsigned i = 0; i < n->used; i++) {
        struct scorekey k = scorekey_of(inner_first(n, i, level));
        const void     *child = inner_children(n)[i];
        uint64_t        below = level == 0 ? ((const struct rankleaf *)child)->used
                                           : inner_sum(child, ((const struct rankinner *)child)->used);
        ASSERT(n->word[i] == scorekey_word(&k, n->skip));
        ASSERT(inner_counts(n)[i] == below);
    }
}
