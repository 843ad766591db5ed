/* table.c: linear hashing over cache-line buckets.
 *
 *   line, 64 bytes   | tag[0..8] | meta | ptr[0..8], 6 bytes each |
 *
 * A tag is eight bits of the item's hash, never 0; 0 marks a free slot. All nine are compared at
 * once, so a look-up reads one line and then, 97 times in 100, no item but the right one. Lines are
 * packed: used slots come first. When a line would need a tenth slot, its ninth becomes a pointer
 * to an overflow line, and stops being one as soon as nine are enough again; no tombstones.
 *
 *   bucket index -> segment   1 bucket each up to index 15, then eight segments to a doubling, so
 *                             that an unfinished segment wastes at most an eighth; 2 MiB at most
 *
 * The hash's low bits address the bucket: by level_mask, or by one bit more if that bucket is split
 * already. The high bits are the tag. Items are rehashed when their bucket is split (their hash is
 * not kept: eight bytes an item are worth more than 20 ns once per doubling), with all of them
 * prefetched first. Merging needs no hash, for tags move along.
 *
 * SCAN: see table_scan. Buckets of a segment are written only when their turn comes, so a new
 * segment costs no page faults at once.
 *
 * The load limit is a trade: unsplit buckets are up to twice as full as split ones, and from ten
 * items on a second line is read. 7.4 on average gives 10.5 to 11.2 bytes an item in lines.
 * Tried and dropped: one-byte tags in a separate array (two misses for each look-up); segments that
 * simply double (up to a half of a middling table unused).
 *
 * Start reading at table_get(), then table_put(). */
#include "server/ds/table.h"

#include <assert.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/freeing.h"
#include "server/ds/hash.h"
#include "server/ds/mover.h"
#include "server/ds/rand.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LINE_SIZE    64
#define LINE_SLOTS   9
#define LINE_CHAINED 0x80u /* in meta, beside the number of items: slot 8 points to the next line */

struct table_bucket {
    unsigned char tag[LINE_SLOTS];
    unsigned char meta;
    unsigned char ptr[LINE_SLOTS][6];
} __attribute__((aligned(LINE_SIZE)));

static_assert(sizeof(struct table_bucket) == LINE_SIZE, "a bucket is one cache line");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "pointers are cut at six low bytes");

#define SEGMENT_STEPS     8  /* segments to a doubling */
#define SEGMENT_SHIFT_MAX 15 /* 32768 buckets, 2 MiB: a huge page where there are any */

/* Items per bucket, times 16: above LOAD_MAX one bucket is split, below LOAD_MIN two are merged. */
#define LOAD_MAX 118
#define LOAD_MIN 56
#define LOAD_TIGHT 104 /* what table_tighten goes up to: not so close that the next put splits one */

#define SAMPLE_BUCKETS 8 /* whose cache misses overlap */
#define RANDOM_WIDTH 24 /* a bucket longer than this is rare: its items are drawn too seldom */

/* --- Lines ---------------------------------------------------------------------------------- */

static inline uint8_t tag_of(uint64_t hash) {
    uint8_t tag = (uint8_t)(hash >> 56);
    return tag ? tag : 1;
}

static inline unsigned line_used(const struct table_bucket *l) { return l->meta & 0x0fu; }
static inline bool     line_chained(const struct table_bucket *l) { return l->meta & LINE_CHAINED; }

/* Slot i's pointer is the upper six of the eight bytes that end with it: one load, one shift. */
static inline void *line_item(const struct table_bucket *l, unsigned i) {
    uint64_t word;
    memcpy(&word, (const char *)l + offsetof(struct table_bucket, ptr) - 2 + 6 * i, sizeof word);
    return (void *)(uintptr_t)(word >> 16);
}

static inline struct table_bucket *line_next(const struct table_bucket *l) {
    return line_item(l, LINE_SLOTS - 1);
}

static inline void line_set(struct table_bucket *l, unsigned i, uint8_t tag, const void *p) {
    uint64_t word = (uintptr_t)p;
    DASSERT(word >> 48 == 0 && word % 8 == 0);
    l->tag[i] = tag;
    memcpy(l->ptr[i], &word, sizeof l->ptr[i]);
}

static inline void line_clear(struct table_bucket *l) { memset(l, 0, sizeof *l); }

/* Bit i is set where tag i is the one asked for. */
static inline unsigned line_match(const struct table_bucket *l, uint8_t tag) {
#ifdef __SSE2__
    __m128i tags = _mm_load_si128((const __m128i *)(const void *)l);
    __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));
    return (unsigned)_mm_movemask_epi8(equal) & ((1u << LINE_SLOTS) - 1);
#else
    unsigned match = 0;
    for (unsigned i = 0; i < LINE_SLOTS; i++) match |= (unsigned)(l->tag[i] == tag) << i;
    return match;
#endif
}

static struct table_bucket *line_new(struct table *t) {
    struct table_bucket *l = ash_alloc_aligned(t->heap, sizeof *l, LINE_SIZE);
    t->footprint += ash_good_size(sizeof *l);
    line_clear(l);
    return l;
}

static void line_free(struct table *t, struct table_bucket *l) {
    t->footprint -= ash_good_size(sizeof *l);
    ash_free(l, sizeof *l);
}

static void line_prefetch_items(const struct table_bucket *l) {
    for (unsigned i = 0; i < line_used(l); i++) __builtin_prefetch(line_item(l, i));
}

/* --- Segments and addresses ----------------------------------------------------------------- */

/* log2 of the buckets in the segment that bucket b lies in. */
static inline unsigned segment_shift(uint64_t b) {
    unsigned shift = 60u - (unsigned)__builtin_clzll(b | SEGMENT_STEPS);
    return shift < SEGMENT_SHIFT_MAX ? shift : SEGMENT_SHIFT_MAX;
}

static inline struct table_bucket *bucket_at(const struct table *t, uint64_t b) {
    unsigned shift = segment_shift(b);
    return t->segment[SEGMENT_STEPS * shift + (b >> shift)] + (b & ((1u << shift) - 1));
}

static inline uint64_t bucket_of(const struct table *t, uint64_t hash) {
    uint64_t b = hash & t->level_mask;
    return b < t->split ? hash & (2 * t->level_mask + 1) : b;
}

uint64_t table_buckets(const struct table *t) { return t->level_mask + 1 + t->split; }

static size_t segment_size(uint64_t b) {
    return sizeof(struct table_bucket) << segment_shift(b);
}

static void directory_resize(struct table *t, size_t cap) {
    size_t old_size = t->segment_cap * sizeof *t->segment;
    size_t size = ash_good_size(cap * sizeof *t->segment);
    t->segment = ash_realloc(t->heap, t->segment, old_size, size);
    t->footprint += size - (old_size ? ash_good_size(old_size) : 0);
    t->segment_cap = (uint32_t)(size / sizeof *t->segment);
}

static void directory_free(struct table *t) {
    size_t size = t->segment_cap * sizeof *t->segment;
    ash_free(t->segment, size);
    t->footprint -= ash_good_size(size);
}

/* Makes bucket b, the next one, addressable and empty. */
static struct table_bucket *bucket_new(struct table *t, uint64_t b) {
    if ((b & ((1u << segment_shift(b)) - 1)) == 0) {
        size_t size = segment_size(b);
        if (t->segment_count == t->segment_cap)
            directory_resize(t, (size_t)t->segment_count + t->segment_count / 4 + 1);
        t->segment[t->segment_count++] = ash_alloc_aligned(t->heap, size, LINE_SIZE);
        t->footprint += ash_good_size(size);
    }
    struct table_bucket *l = bucket_at(t, b);
    line_clear(l);
    return l;
}

/* Gives the segment back whose first bucket is b, the last one; all its items are gone already. */
static void segment_drop(struct table *t, uint64_t b) {
    if ((b & ((1u << segment_shift(b)) - 1)) != 0) return;
    size_t size = segment_size(b);
    ash_free(t->segment[--t->segment_count], size);
    t->footprint -= ash_good_size(size);
}

static void bucket_drop(struct table *t, uint64_t b) {
    segment_drop(t, b);
    if (t->segment_count < t->segment_cap / 4) directory_resize(t, t->segment_cap / 2);
}

/* --- One bucket: a line and its chain ------------------------------------------------------- */

static void bucket_put(struct table *t, struct table_bucket *l, const void *item, uint8_t tag) {
    while (line_chained(l)) l = line_next(l);
    if (line_used(l) < LINE_SLOTS) {
        line_set(l, l->meta++, tag, item);
        return;
    }
    struct table_bucket *more = line_new(t);
    line_set(more, 0, l->tag[LINE_SLOTS - 1], line_item(l, LINE_SLOTS - 1));
    line_set(more, 1, tag, item);
    more->meta = 2;
    line_set(l, LINE_SLOTS - 1, 0, more);
    l->meta = (LINE_SLOTS - 1) | LINE_CHAINED;
}

/* The chain's last item fills the hole; a last line left with one item gives it to the slot that
 * points to it. */
static void bucket_remove(struct table *t, struct table_bucket *head, struct table_bucket *l,
                          unsigned slot) {
    struct table_bucket *prev = NULL, *last = head;
    while (line_chained(last)) {
        prev = last;
        last = line_next(last);
    }
    unsigned end = line_used(last) - 1;
    line_set(l, slot, last->tag[end], line_item(last, end));
    last->tag[end] = 0;
    last->meta = (unsigned char)end;
    if (prev && end == 1) {
        line_set(prev, LINE_SLOTS - 1, last->tag[0], line_item(last, 0));
        prev->meta = LINE_SLOTS;
        line_free(t, last);
    }
}

static uint64_t item_hash(const struct table *t, const void *item) {
    return table_hash(t->type->key(item));
}

/* The next split is some seven puts away: time enough to fetch its items, and the line after. */
static void table_prefetch_split(const struct table *t) {
    const struct table_bucket *l = bucket_at(t, t->split);
    __builtin_prefetch(bucket_at(t, t->split + 1));
    for (line_prefetch_items(l); line_chained(l);) {
        l = line_next(l);
        line_prefetch_items(l);
    }
}

/* Splits bucket `split` in two by one more bit of the hash. */
static void table_grow(struct table *t) {
    uint64_t             bit = t->level_mask + 1;
    struct table_bucket *high = bucket_new(t, t->split + bit), *low = bucket_at(t, t->split);
    struct table_bucket  old = *low, *l = &old;

    line_clear(low);
    for (;;) {
        for (unsigned i = 0; i < line_used(l); i++) {
            void *item = line_item(l, i);
            bucket_put(t, item_hash(t, item) & bit ? high : low, item, l->tag[i]);
        }
        struct table_bucket *next = line_chained(l) ? line_next(l) : NULL;
        if (l != &old) line_free(t, l);
        if (!next) break;
        l = next;
    }
    if (++t->split == bit) {
        t->level_mask = 2 * t->level_mask + 1;
        t->split = 0;
    }
    table_prefetch_split(t);
}

/* Merges the last bucket into the one that it was split from. */
static void table_shrink(struct table *t) {
    if (t->split == 0) {
        t->level_mask >>= 1;
        t->split = t->level_mask + 1;
    }
    t->split--;
    uint64_t             b = t->split + t->level_mask + 1;
    struct table_bucket *high = bucket_at(t, b), *low = bucket_at(t, t->split), *l = high;
    for (;;) {
        for (unsigned i = 0; i < line_used(l); i++)
            bucket_put(t, low, line_item(l, i), l->tag[i]);
        struct table_bucket *next = line_chained(l) ? line_next(l) : NULL;
        if (l != high) line_free(t, l);
        if (!next) break;
        l = next;
    }
    bucket_drop(t, b);
}

/* --- The table ------------------------------------------------------------------------------ */

void table_init(struct table *t, struct ash_heap *heap, const struct table_type *type) {
    *t = (struct table){ .heap = heap, .type = type }; /* one bucket, made by the first put */
}

/* The last bucket goes with its chain; its items have gone or are somebody else's. Allocates nothing:
 * we may not be the heap's owner. */
static void bucket_last_drop(struct table *t) {
    if (t->split == 0 && t->level_mask > 0) {
        t->level_mask >>= 1;
        t->split = t->level_mask + 1;
    }
    uint64_t             b = t->split > 0 ? t->level_mask + t->split-- : 0;
    struct table_bucket *head = bucket_at(t, b), *l = line_chained(head) ? line_next(head) : NULL;
    for (struct table_bucket *next; l != NULL; l = next) {
        next = line_chained(l) ? line_next(l) : NULL;
        line_free(t, l);
    }
    segment_drop(t, b);
}

/* To be emptied; those before it come next. */
static struct table_bucket *bucket_last(const struct table *t) {
    uint64_t last = table_buckets(t) - 1;
    if (last > 1) __builtin_prefetch(bucket_at(t, last - 2));
    if (last > 0) line_prefetch_items(bucket_at(t, last - 1));
    return bucket_at(t, last);
}

static struct table_bucket *line_after(const struct table_bucket *l) {
    if (!line_chained(l)) return NULL;
    struct table_bucket *next = line_next(l);
    line_prefetch_items(next);
    return next;
}

void table_fini(struct table *t, void (*free_item)(void *item, void *arg), void *arg) {
    while (t->segment_count > 0) {
        struct table_bucket *l = free_item != NULL ? bucket_last(t) : NULL;
        for (; l != NULL; l = line_after(l))
            for (unsigned i = 0; i < line_used(l); i++) free_item(line_item(l, i), arg);
        bucket_last_drop(t);
    }
    if (t->segment_cap) directory_free(t);
    DASSERT(t->footprint == 0);
    table_init(t, t->heap, t->type);
}

bool table_drain(struct table *t, void (*free_item)(void *item, struct freeing *f),
                 struct freeing *f) {
    while (t->segment_count > 0) {
        if (freeing_spent(f)) return true;
        struct table_bucket *l = free_item != NULL ? bucket_last(t) : NULL;
        for (; l != NULL; l = line_after(l))
            for (unsigned i = 0; i < line_used(l); i++) free_item(line_item(l, i), f);
        size_t footprint = t->footprint;
        bucket_last_drop(t);
        if (t->footprint < footprint) freeing_count(f, footprint - t->footprint);
    }
    f->bytes += t->footprint;
    table_fini(t, NULL, NULL);
    return false;
}

uint64_t table_hash(struct slice key) { return hash_of(key); }

struct place {
    struct table_bucket *head, *line;
    unsigned             slot;
};

/* Where the item of this key is; or, with key NULL, this very item. */
__attribute__((always_inline)) static inline bool table_find(const struct table *t,
                                                             const struct slice *key,
                                                             const void *item, uint64_t hash,
                                                             struct place *out) {
    if (t->count == 0) return false;
    struct table_bucket *l = bucket_at(t, bucket_of(t, hash));
    uint8_t              tag = tag_of(hash);
    out->head = l;
    for (;;) {
        for (unsigned match = line_match(l, tag); match; match &= match - 1) {
            unsigned    slot = (unsigned)__builtin_ctz(match);
            const void *found = line_item(l, slot);
            if (key ? !slice_eq(t->type->key(found), *key) : found != item) continue;
            out->line = l;
            out->slot = slot;
            return true;
        }
        if (ASH_LIKELY(!line_chained(l))) return false;
        l = line_next(l);
    }
}

void *table_get(const struct table *t, struct slice key, uint64_t hash) {
    struct place at;
    return table_find(t, &key, NULL, hash, &at) ? line_item(at.line, at.slot) : NULL;
}

void *table_get_noting(struct table *t, struct slice key, uint64_t hash) {
    t->noted_hash = hash;
    return t->noted = table_get(t, key, hash);
}

bool table_holds(const struct table *t, const void *item, uint64_t hash) {
    struct place at;
    return t->count > 0 && table_find(t, NULL, item, hash, &at);
}

void table_put(struct table *t, void *item, uint64_t hash) {
    if (t->segment_count == 0) bucket_new(t, 0);
    bucket_put(t, bucket_at(t, bucket_of(t, hash)), item, tag_of(hash));
    t->count++;
    if (t->count * 16 > table_buckets(t) * LOAD_MAX) table_grow(t);
}

void table_replace(struct table *t, void *old_item, void *new_item, uint64_t hash) {
    struct place at;
    bool         found = table_find(t, NULL, old_item, hash, &at);
    ASSERT(found);
    line_set(at.line, at.slot, tag_of(hash), new_item);
    t->noted = NULL;
}

static void table_remove(struct table *t, const struct place *at) {
    bucket_remove(t, at->head, at->line, at->slot);
    t->noted = NULL;
    t->count--;
    if (t->count * 16 < table_buckets(t) * LOAD_MIN && table_buckets(t) > 1) table_shrink(t);
}

unsigned table_tighten(struct table *t, unsigned most) {
    unsigned n = 0;
    while (n < most && table_buckets(t) > 1 && t->count * 16 < (table_buckets(t) - 1) * LOAD_TIGHT) {
        table_shrink(t);
        n++;
    }
    return n;
}

void *table_take(struct table *t, struct slice key, uint64_t hash) {
    struct place at;
    if (!table_find(t, &key, NULL, hash, &at)) return NULL;
    void *item = line_item(at.line, at.slot);
    table_remove(t, &at);
    return item;
}

void table_take_item(struct table *t, void *item, uint64_t hash) {
    struct place at;
    bool         found = table_find(t, NULL, item, hash, &at);
    ASSERT(found);
    table_remove(t, &at);
}

const struct table_bucket *table_prefetch(const struct table *t, uint64_t hash) {
    if (t->count == 0) return NULL;
    const struct table_bucket *l = bucket_at(t, bucket_of(t, hash));
    __builtin_prefetch(l);
    return l;
}

void table_prefetch_items(const struct table_bucket *l, uint64_t hash) {
    if (l == NULL) return;
    unsigned match = line_match(l, tag_of(hash));
    if (!match && line_chained(l)) __builtin_prefetch(line_next(l));
    for (; match; match &= match - 1) {
        const char *item = line_item(l, (unsigned)__builtin_ctz(match));
        __builtin_prefetch(item);
        __builtin_prefetch(item + 63); /* entries are not line-aligned */
    }
}

/* --- Walking -------------------------------------------------------------------------------- */

static uint64_t reverse_bits(uint64_t v) {
    v = ((v >> 1) & 0x5555555555555555u) | ((v & 0x5555555555555555u) << 1);
    v = ((v >> 2) & 0x3333333333333333u) | ((v & 0x3333333333333333u) << 2);
    v = ((v >> 4) & 0x0f0f0f0f0f0f0f0fu) | ((v & 0x0f0f0f0f0f0f0f0fu) << 4);
    return __builtin_bswap64(v);
}

/* Read the hashes as binary fractions, lowest bit first. Then a bucket of m address bits holds an
 * interval of length 2^-m, splitting halves it, merging joins two neighbours, and the cursor is a
 * point: all to its left has been seen. So whatever the table has become since the last call, we
 * show the interval that the point lies in and move to its end: Redis's order and cursor. */
uint64_t table_scan(const struct table *t, uint64_t cursor, void (*fn)(void *item, void *arg),
                    void *arg) {
    if (t->count == 0) return 0;
    uint64_t b = bucket_of(t, cursor), mask = t->level_mask;
    if ((b & mask) < t->split) mask = 2 * mask + 1;
    for (const struct table_bucket *l = bucket_at(t, b);; l = line_next(l)) {
        line_prefetch_items(l);
        for (unsigned i = 0; i < line_used(l); i++) fn(line_item(l, i), arg);
        if (!line_chained(l)) break;
    }
    return reverse_bits(reverse_bits(cursor | ~mask) + 1);
}

void table_iter_init(struct table_iter *it, const struct table *t) {
    *it = (struct table_iter){ .t = t, .at = t->count ? bucket_at(t, 0) : NULL };
}

void *table_next(struct table_iter *it) {
    while (it->at) {
        if (it->slot == 0) line_prefetch_items(it->at);
        if (it->slot < line_used(it->at)) return line_item(it->at, it->slot++);
        it->slot = 0;
        if (line_chained(it->at)) it->at = line_next(it->at);
        else it->at = ++it->bucket < table_buckets(it->t) ? bucket_at(it->t, it->bucket) : NULL;
    }
    return NULL;
}

static unsigned bucket_len(const struct table_bucket *l) {
    unsigned len = line_used(l);
    for (; line_chained(l); len += line_used(l)) l = line_next(l);
    return len;
}

/* A random bucket, then a random place among RANDOM_WIDTH, drawn again when there is no item: every
 * item of a bucket no longer than that is equally likely. A removal keeps the load above LOAD_MIN,
 * so a dozen draws are many. */
static struct place place_random(const struct table *t, struct rand *rand) {
    uint64_t buckets = table_buckets(t);
    for (;;) {
        struct table_bucket *l = bucket_at(t, rand_below(rand, buckets)), *head = l;
        unsigned             len = bucket_len(l), width = len;
        if (buckets > 1 && len < RANDOM_WIDTH) width = RANDOM_WIDTH;
        unsigned slot = (unsigned)rand_below(rand, width);
        if (slot >= len) continue;
        for (; slot >= line_used(l); l = line_next(l)) slot -= line_used(l);
        return (struct place){ head, l, slot };
    }
}

void *table_random(const struct table *t, struct rand *rand) {
    if (t->count == 0) return NULL;
    struct place at = place_random(t, rand);
    return line_item(at.line, at.slot);
}

/* Each of its items with a chance of `keep` in 256. */
static unsigned bucket_items(const struct table_bucket *l, struct rand *rand, uint64_t keep, void **out,
                             unsigned cap) {
    for (unsigned n = 0;; l = line_next(l)) {
        uint64_t bits = rand_next(rand), more = rand_next(rand);
        for (unsigned i = 0; i < line_used(l) && n < cap; i++, bits = bits >> 8 | more << 56, more >>= 8) {
            if ((bits & 255) >= keep) continue;
            out[n] = line_item(l, i);
            __builtin_prefetch(out[n++]);
        }
        if (!line_chained(l) || n == cap) return n;
    }
}

unsigned table_sample(const struct table *t, struct rand *rand, void **out, unsigned enough,
                      unsigned cap) {
    uint64_t buckets = table_buckets(t);
    unsigned n = 0;
    DASSERT(enough <= cap);
    if (enough > t->count) enough = (unsigned)t->count;
    uint64_t keep = t->count > 0 ? buckets * 256 / t->count + 1 : 0; /* about one of each bucket */
    while (n < enough) {
        const struct table_bucket *drawn[SAMPLE_BUCKETS];
        for (unsigned i = 0; i < SAMPLE_BUCKETS; i++) {
            drawn[i] = bucket_at(t, rand_below(rand, buckets));
            __builtin_prefetch(drawn[i]);
        }
        for (unsigned i = 0; i < SAMPLE_BUCKETS && n < enough; i++)
            n += bucket_items(drawn[i], rand, keep, out + n, cap - n);
    }
    return n;
}

void *table_take_random(struct table *t, struct rand *rand) {
    if (t->count == 0) return NULL;
    struct place at = place_random(t, rand);
    void        *item = line_item(at.line, at.slot);
    table_remove(t, &at);
    return item;
}

size_t table_bytes(const struct table *t) { return t->footprint; }

/* --- Moving --------------------------------------------------------------------------------- */

/* The segment that begins with bucket b, if one does. */
static void move_segment(struct table *t, struct mover *m, uint64_t b) {
    unsigned shift = segment_shift(b);
    if ((b & ((1u << shift) - 1)) != 0) return;
    struct table_bucket **segment = &t->segment[SEGMENT_STEPS * shift + (b >> shift)];
    *segment = mover_move_aligned(m, *segment, segment_size(b), LINE_SIZE);
}

static void move_chain(struct mover *m, struct table_bucket *l,
                       void *(*move_item)(struct mover *m, void *item, void *arg), void *arg) {
    for (;;) {
        for (unsigned i = 0; move_item != NULL && i < line_used(l); i++) {
            void *item = line_item(l, i), *to = move_item(m, item, arg);
            if (to != item) line_set(l, i, l->tag[i], to);
        }
        if (!line_chained(l)) return;
        struct table_bucket *next = mover_move_aligned(m, line_next(l), sizeof *l, LINE_SIZE);
        line_set(l, LINE_SLOTS - 1, 0, next);
        l = next;
    }
}

/* By index: what a split puts into a bucket behind comes in its turn; only what a merge puts into one
 * that was passed stays. */
bool table_compact(struct table *t, struct mover *m, struct move_cursor *c,
                   void *(*move_item)(struct mover *m, void *item, void *arg), void *arg) {
    uint64_t buckets = t->segment_count ? table_buckets(t) : 0, b = c->at[0];
    uint64_t stop = m->looked + MOVER_STEP;
    t->noted = NULL; /* T4: it may move */
    t->noted = NULL;
    if (b == 0) t->segment = mover_move(m, t->segment, t->segment_cap * sizeof *t->segment);
    for (unsigned n = 0; b < buckets && n < MOVER_STEP && m->looked < stop; n++, b++) {
        move_segment(t, m, b);
        move_chain(m, bucket_at(t, b), move_item, arg);
    }
    c->at[0] = b;
    return b < buckets;
}

/* --- Checking ------------------------------------------------------------------------------- */

static size_t check_bucket(const struct table *t, uint64_t b, uint64_t *count) {
    size_t overflow = 0;
    for (const struct table_bucket *l = bucket_at(t, b);; l = line_next(l)) {
        unsigned used = line_used(l);
        ASSERT(line_chained(l) ? used == LINE_SLOTS - 1 : used <= LINE_SLOTS);
        ASSERT(line_chained(l) || overflow == 0 || used >= 2);
        for (unsigned i = 0; i < LINE_SLOTS; i++) ASSERT((l->tag[i] != 0) == (i < used));
        for (unsigned i = 0; i < used; i++) {
            uint64_t hash = item_hash(t, line_item(l, i));
            ASSERT(l->tag[i] == tag_of(hash));
            ASSERT(bucket_of(t, hash) == b);
        }
        *count += used;
        if (!line_chained(l)) return overflow;
        overflow += ash_good_size(sizeof *l);
    }
}

bool table_check(const struct table *t) {
    ASSERT(t->split <= t->level_mask && (t->level_mask & (t->level_mask + 1)) == 0);
    ASSERT(t->segment_count <= t->segment_cap);
    size_t   directory = t->segment_cap * sizeof *t->segment;
    size_t   bytes = directory ? ash_good_size(directory) : 0;
    uint64_t count = 0, buckets = t->segment_count ? table_buckets(t) : 0;
    for (uint64_t b = 0; b < buckets; b++) {
        if ((b & ((1u << segment_shift(b)) - 1)) == 0) bytes += ash_good_size(segment_size(b));
        bytes += check_bucket(t, b, &count);
    }
    ASSERT(count == t->count);
    ASSERT(bytes == t->footprint);
    struct place at;
    ASSERT(t->noted == NULL || table_find(t, NULL, t->noted, t->noted_hash, &at)); /* T4 */
    return true;
}
