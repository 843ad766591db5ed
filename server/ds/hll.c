/* hll.c: HyperLogLog in a string of bytes, in Redis's own formats.
 *
 * Raising a register of a sparse one is planned before it is done: hll_sparse_plan() finds the run,
 * cuts it up and joins equal neighbours in a window of a few bytes, and says which bytes become
 * which. So the caller can make room once, for the exact length, wherever the string lies. To give
 * Redis's bytes the plan follows its rules: cut into up to three runs; then, from the run before on,
 * look at five places for two neighbours of the same rank that fit one run.
 *
 * The search is most of the cost of a sparse one: word_sum() adds up the runs of eight bytes at a time,
 * with one branch, for words of short runs alone. Tried and dropped: run by run where a long one is
 * among them, which mispredicts.
 *
 * The estimate is Ertl's (arXiv 1702.01284): no bias table, one formula for all sizes.
 *
 * Start reading at hll_place() and hll_sparse_plan(). */
#include "server/ds/hll.h"

#include <assert.h>
#include <math.h>

#define INDEX_BITS   14
#define RANK_MAX     (64 - INDEX_BITS + 1)
#define ZERO_MAX     64 /* registers of a short run of zeros */
#define VALUE_MAX    32 /* rank that a run can hold */
#define VALUE_LEN    4  /* registers of a run of a rank */
#define JOIN_LOOKS   5
#define WINDOW_AHEAD 16 /* bytes behind the change: five looks pass ten bytes at most */
#define SEED         0xadc83b19u

static const unsigned char *bytes_of(struct slice s) { return (const unsigned char *)s.p; }

/* --- Header ---------------------------------------------------------------------------------- */

enum hll_kind hll_kind(struct slice s) {
    if (s.len < HLL_HEADER || memcmp(s.p, "HYLL", 4) != 0) return HLL_NONE;
    if (s.p[4] == 1) return HLL_SPARSE;
    return s.p[4] == 0 && s.len == HLL_DENSE_SIZE ? HLL_DENSE : HLL_NONE;
}

void hll_empty(char out[HLL_EMPTY_SIZE]) {
    memset(out, 0, HLL_HEADER);
    memcpy(out, "HYLL\1", 5);
    memcpy(out + HLL_HEADER, "\x7f\xff", 2);
}

bool hll_cached(struct slice s, uint64_t *out) {
    const unsigned char *p = bytes_of(s);
    if (p[15] & 0x80) return false;
    *out = 0;
    for (unsigned i = 0; i < 8; i++) *out |= (uint64_t)p[8 + i] << 8 * i;
    return true;
}

void hll_cache(char *p, uint64_t estimate) {
    for (unsigned i = 0; i < 8; i++) p[8 + i] = (char)(estimate >> 8 * i);
}

void hll_cache_drop(char *p) { p[15] = (char)((unsigned char)p[15] | 0x80); }

/* --- Elements -------------------------------------------------------------------------------- */

/* Austin Appleby's MurmurHash64A, reading little endian. */
static uint64_t murmur(struct slice s) {
    const uint64_t       m = 0xc6a4a7935bd1e995u;
    uint64_t             h = SEED ^ (s.len * m), w;
    const unsigned char *p = bytes_of(s);
    size_t               left = s.len;
    for (; left >= 8; left -= 8, p += 8) {
        memcpy(&w, p, 8);
        w *= m;
        w ^= w >> 47;
        h = (h ^ w * m) * m;
    }
    if (left > 0) {
        w = 0;
        memcpy(&w, p, left);
        h = (h ^ w) * m;
    }
    h = (h ^ h >> 47) * m;
    return h ^ h >> 47;
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are loaded as they lie");

struct hll_place hll_place(struct slice element) {
    uint64_t h = murmur(element);
    uint64_t rest = h >> INDEX_BITS | (uint64_t)1 << (64 - INDEX_BITS);
    return (struct hll_place){h & (HLL_REGISTERS - 1), (uint32_t)__builtin_ctzll(rest) + 1};
}

/* --- Dense ----------------------------------------------------------------------------------- */

/* A register lies in one byte or two; of the last one the second byte is not there. */
unsigned hll_dense_get(const char *p, uint32_t index) {
    const unsigned char *at = (const unsigned char *)p + HLL_HEADER + index * 6 / 8;
    unsigned             shift = index * 6 % 8;
    unsigned             pair = at[0] | (shift > 2 ? (unsigned)at[1] << 8 : 0);
    return pair >> shift & 63;
}

bool hll_dense_raise(char *p, struct hll_place to) {
    unsigned char *at = (unsigned char *)p + HLL_HEADER + to.index * 6 / 8;
    unsigned       shift = to.index * 6 % 8;
    if (hll_dense_get(p, to.index) >= to.rank) return false;
    at[0] = (unsigned char)((at[0] & ~(63u << shift)) | to.rank << shift);
    if (shift > 2) at[1] = (unsigned char)((at[1] & ~(63u >> (8 - shift))) | to.rank >> (8 - shift));
    return true;
}

/* Four registers are three bytes. */
void hll_dense_pack(char *p, const uint8_t r[HLL_REGISTERS]) {
    p += HLL_HEADER;
    for (size_t i = 0; i < HLL_REGISTERS; i += 4, p += 3) {
        uint32_t w = r[i] | (uint32_t)r[i + 1] << 6 | (uint32_t)r[i + 2] << 12 | (uint32_t)r[i + 3] << 18;
        memcpy(p, &w, 3);
    }
}

static void dense_merge(const char *p, uint8_t r[HLL_REGISTERS]) {
    p += HLL_HEADER;
    for (size_t i = 0; i < HLL_REGISTERS; i += 4, p += 3) {
        uint32_t w = 0;
        memcpy(&w, p, 3);
        for (size_t k = 0; k < 4; k++, w >>= 6)
            if ((w & 63) > r[i + k]) r[i + k] = w & 63;
    }
}

/* --- Runs ------------------------------------------------------------------------------------ */

struct run { uint32_t count, value, len; }; /* len: bytes it takes */

/* False: p is the end, or the run is cut off there. */
static inline bool run_at(const unsigned char *p, const unsigned char *end, struct run *r) {
    if (p >= end) return false;
    unsigned b = *p;
    if (b & 0x80) {
        *r = (struct run){(b & 3) + 1, (b >> 2 & 31) + 1, 1};
    } else if (b & 0x40) {
        if (end - p < 2) return false;
        *r = (struct run){((b & 63) << 8 | p[1]) + 1, 0, 2};
    } else {
        *r = (struct run){b + 1, 0, 1};
    }
    return true;
}

static bool sparse_merge(struct slice s, uint8_t reg[HLL_REGISTERS]) {
    const unsigned char *p = bytes_of(s) + HLL_HEADER, *end = bytes_of(s) + s.len;
    uint32_t             first = 0;
    for (struct run r; run_at(p, end, &r); p += r.len, first += r.count) {
        if (r.count > HLL_REGISTERS - first) return false;
        for (uint32_t i = 0; i < r.count && r.value > 0; i++)
            if (r.value > reg[first + i]) reg[first + i] = (uint8_t)r.value;
    }
    return p == end && first == HLL_REGISTERS;
}

bool hll_run_next(struct slice s, size_t *at, struct hll_run *out) {
    struct run           r;
    const unsigned char *p = bytes_of(s) + HLL_HEADER + *at, *end = bytes_of(s) + s.len;
    if (!run_at(p, end, &r)) {
        if (p >= end) return false;
        *out = (struct hll_run){'Z', 0, ((*p & 63u) << 8) + 1}; /* cut off: the rest counts as 0 */
        ++*at;
        return true;
    }
    *out = (struct hll_run){r.len == 2 ? 'Z' : r.value > 0 ? 'v' : 'z', r.value, r.count};
    *at += r.len;
    return true;
}

bool hll_merge(struct slice s, uint8_t registers[HLL_REGISTERS]) {
    if (hll_kind(s) == HLL_SPARSE) return sparse_merge(s, registers);
    dense_merge(s.p, registers);
    return true;
}

bool hll_to_dense(struct slice s, char out[HLL_DENSE_SIZE]) {
    uint8_t reg[HLL_REGISTERS] = {0};
    if (!hll_merge(s, reg)) return false;
    memcpy(out, s.p, HLL_HEADER);
    out[4] = 0;
    hll_dense_pack(out, reg);
    return true;
}

/* --- Estimate -------------------------------------------------------------------------------- */

static double sigma(double x) {
    if (x == 1.0) return INFINITY;
    double before, y = 1.0, z = x;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double tau(double x) {
    if (x == 0.0 || x == 1.0) return 0.0;
    double before, y = 1.0, z = 1 - x;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

static uint64_t estimate(const uint32_t with_rank[64]) {
    const double m = HLL_REGISTERS, alpha = 0.721347520444481703680; /* 1 / (2 ln 2) */
    double       z = m * tau((m - with_rank[RANK_MAX]) / m);
    for (unsigned rank = RANK_MAX - 1; rank >= 1; rank--) z = (z + with_rank[rank]) * 0.5;
    z += m * sigma(with_rank[0] / m);
    return (uint64_t)llroundl(alpha * m * m / z);
}

uint64_t hll_estimate(const uint8_t registers[HLL_REGISTERS]) {
    uint32_t part[4][64] = {{0}}; /* four, so that equal neighbours don't wait for each other */
    for (size_t i = 0; i < HLL_REGISTERS; i += 4)
        for (size_t k = 0; k < 4; k++) part[k][registers[i + k] & 63]++;
    for (size_t k = 1; k < 4; k++)
        for (size_t rank = 0; rank < 64; rank++) part[0][rank] += part[k][rank];
    return estimate(part[0]);
}

bool hll_count(struct slice s, uint64_t *out) {
    uint8_t reg[HLL_REGISTERS] = {0};
    if (!hll_merge(s, reg)) return false;
    *out = hll_estimate(reg);
    return true;
}

/* --- Changing a sparse one ------------------------------------------------------------------- */

#define EACH_BYTE 0x0101010101010101u

/* The sum of eight bytes. */
static inline uint32_t sum_bytes(uint64_t w) {
    const uint64_t evens = 0x00ff00ff00ff00ffu;
    return (uint32_t)(((w & evens) + (w >> 8 & evens)) * 0x0001000100010001u >> 48);
}

/* The registers of the runs that lie in the eight bytes at p, where a run begins; returns how many
 * bytes they take: 8, or 7 when the last one is the first of two. Where a long run is among them no
 * step depends on what the bytes are. Masks have 0xff in the bytes they mean:
 *   1. long: bytes that look like the first of a long run. Of several side by side every second one
 *      is, from the first of them on, since the byte behind it is its second one, whatever it is.
 *   2. Adding 1 to the first of a group that begins at an even place turns the whole group to 0. */
static inline unsigned word_sum(const unsigned char *p, uint32_t *count) {
    const uint64_t at_even = 0x00ff00ff00ff00ffu;
    uint64_t       w;
    memcpy(&w, p, 8);
    uint64_t of_rank = w >> 7 & EACH_BYTE, looks_long = ~w >> 7 & w >> 6 & EACH_BYTE;
    if (looks_long == 0) {
        *count = 8 + sum_bytes(w & (63 * EACH_BYTE ^ of_rank * (63 ^ 3)));
        return 8;
    }
    looks_long *= 0xff;
    uint64_t begins = looks_long & ~(looks_long << 8);
    uint64_t from_even = looks_long & ~(looks_long + (begins & at_even & EACH_BYTE));
    uint64_t longs = (from_even & at_even) | (looks_long & ~from_even & ~at_even);
    unsigned cut = longs >> 63; /* the last byte's second one lies behind */
    uint64_t whole = UINT64_MAX >> 8 * cut;
    longs &= whole;
    uint64_t seconds = longs << 8;
    uint64_t less_one = ((63 * EACH_BYTE ^ of_rank * (63 ^ 3)) & ~longs) | seconds;
    uint32_t runs = 8 - cut - sum_bytes(longs & EACH_BYTE);
    *count = runs + sum_bytes(w & less_one & whole) + 256 * sum_bytes(w & 63 * EACH_BYTE & longs);
    return 8 - cut;
}

/* A run and the place of the one before it (NULL: it is the first that was looked at). */
struct found {
    const unsigned char *prev, *at;
    uint32_t             first, prev_first;
    struct run           run;
};

/* Steps over words that lie in front of the register; what is left to look at is a word or two. */
static void words_skip(struct found *f, const unsigned char *end, uint32_t index) {
    const unsigned char *at = f->at;
    uint32_t             first = f->first, count;
    while (end - at >= 8) {
        unsigned len = word_sum(at, &count);
        if (first + count > index) return;
        f->at = at; /* one word behind, for the run before the one that is looked for */
        f->first = first;
        at += len;
        first += count;
    }
}

/* False: the runs end before the register. That they go on behind the last one is not looked at here:
 * as in Redis, what does not need all runs works on a corrupt one. */
static bool run_find(struct slice s, uint32_t index, const struct hll_cursor *from,
                     struct found *f) {
    const unsigned char *start = bytes_of(s) + HLL_HEADER, *end = bytes_of(s) + s.len;
    *f = (struct found){.at = start + from->at, .first = from->first};
    words_skip(f, end, index);
    f->prev_first = f->first;
    for (;;) {
        if (!run_at(f->at, end, &f->run)) return false;
        if (index < f->first + f->run.count) return true;
        f->prev = f->at;
        f->prev_first = f->first;
        f->at += f->run.len;
        f->first += f->run.count;
    }
}

static uint8_t *put_zeros(uint8_t *p, uint32_t count) {
    if (count > ZERO_MAX) {
        *p++ = (uint8_t)(0x40 | (count - 1) >> 8);
        *p++ = (uint8_t)(count - 1);
    } else if (count > 0) {
        *p++ = (uint8_t)(count - 1);
    }
    return p;
}

static uint8_t *put_value(uint8_t *p, uint32_t value, uint32_t count) {
    if (count > 0) *p++ = (uint8_t)(0x80 | (value - 1) << 2 | (count - 1));
    return p;
}

/* The run with the register in its midst raised: one run, two or three. */
static uint8_t *put_cut(uint8_t *p, const struct found *f, struct hll_place to) {
    uint32_t before = to.index - f->first, after = f->run.count - before - 1, value = f->run.value;
    p = value > 0 ? put_value(p, value, before) : put_zeros(p, before);
    p = put_value(p, to.rank, 1);
    return value > 0 ? put_value(p, value, after) : put_zeros(p, after);
}

/* Two neighbours of one rank become one run, where that can hold both. */
static size_t join_equals(uint8_t *w, size_t len) {
    size_t at = 0;
    for (unsigned look = 0; look < JOIN_LOOKS && at < len; look++) {
        uint8_t a = w[at], b = at + 1 < len ? w[at + 1] : 0;
        bool    same = (a & 0x80) && (b & 0x80) && (a & 0x7c) == (b & 0x7c);
        if (same && (a & 3) + (b & 3) + 2 <= VALUE_LEN) {
            w[at] = (uint8_t)((a & 0xfc) | ((a & 3) + (b & 3) + 1));
            memmove(w + at + 1, w + at + 2, len - at - 2);
            len--;
        } else {
            at += (a & 0xc0) == 0x40 ? 2 : 1;
        }
    }
    return len;
}

enum hll_status hll_sparse_plan(struct slice s, struct hll_place to, size_t max,
                                struct hll_cursor *from, struct hll_edit *edit) {
    struct found f;
    if (to.rank > VALUE_MAX) return HLL_PROMOTE;
    if (!run_find(s, to.index, from, &f)) return HLL_CORRUPT;
    if (f.run.value >= to.rank) return HLL_SAME;

    const unsigned char *start = f.prev ? f.prev : f.at, *next = f.at + f.run.len;
    size_t   before = (size_t)(f.at - start);
    size_t   ahead = (size_t)(bytes_of(s) + s.len - next);
    if (ahead > WINDOW_AHEAD) ahead = WINDOW_AHEAD;
    memcpy(edit->bytes, start, before);
    uint8_t *end = put_cut(edit->bytes + before, &f, to);
    size_t   cut = (size_t)(end - edit->bytes) - before;
    if (cut > f.run.len && s.len + cut - f.run.len > max) return HLL_PROMOTE;
    memcpy(end, next, ahead);

    edit->at = (size_t)(start - bytes_of(s));
    edit->old_len = before + f.run.len + ahead;
    edit->len = join_equals(edit->bytes, before + cut + ahead);
    from->at = edit->at - HLL_HEADER;
    from->first = f.prev ? f.prev_first : f.first;
    return HLL_EDIT;
}
static_assert(2 + 5 + WINDOW_AHEAD <= sizeof ((struct hll_edit *)0)->bytes, "a window fits");

size_t hll_edit_apply(char *p, size_t len, const struct hll_edit *e) {
    size_t tail = e->at + e->old_len;
    if (e->len != e->old_len) memmove(p + e->at + e->len, p + tail, len - tail);
    memcpy(p + e->at, e->bytes, e->len);
    hll_cache_drop(p);
    return len - e->old_len + e->len;
}
