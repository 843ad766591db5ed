/* bits.c: counting, finding and combining bits, eight bytes and more at a time.
 *
 * Counting uses the processor's own instruction where there is one: it is asked at run time, since
 * the program is built for any x86-64. Combining goes block by block through a buffer on the stack:
 * the strings' blocks are put into it one after the other, so that every loop is over a constant
 * number of words (which the compiler turns into vector instructions), and the result may go where
 * one of the strings lies.
 *
 * Start reading at bits_count(). */
#include "server/ds/bits.h"

#define BLOCK_WORDS 64
#define BLOCK_BYTES (8 * BLOCK_WORDS)

static uint64_t load(const char *p) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* Of the byte that holds bit `at`: the bits from it on; those in front of it. */
static unsigned from_mask(uint64_t at) { return 0xffu >> at % 8; }
static unsigned before_mask(uint64_t at) { return 0xff00u >> at % 8 & 0xff; }

static unsigned byte_at(struct slice s, uint64_t bit) { return (unsigned char)s.p[bit / 8]; }

/* --- Counting -------------------------------------------------------------------------------- */

/* Four sums side by side, so that no addition waits for the one before it. */
static inline __attribute__((always_inline)) uint64_t count_words(const char *p, size_t len) {
    uint64_t a = 0, b = 0, c = 0, d = 0, rest = 0;
    for (; len >= 32; p += 32, len -= 32) {
        a += (unsigned)__builtin_popcountll(load(p));
        b += (unsigned)__builtin_popcountll(load(p + 8));
        c += (unsigned)__builtin_popcountll(load(p + 16));
        d += (unsigned)__builtin_popcountll(load(p + 24));
    }
    for (; len >= 8; p += 8, len -= 8) a += (unsigned)__builtin_popcountll(load(p));
    memcpy(&rest, p, len);
    return a + b + c + d + (unsigned)__builtin_popcountll(rest);
}

static uint64_t count_plain(const char *p, size_t len) { return count_words(p, len); }

#ifdef __x86_64__
__attribute__((target("popcnt"))) static uint64_t count_fast(const char *p, size_t len) {
    return count_words(p, len);
}
static uint64_t count_bytes(const char *p, size_t len) {
    return __builtin_cpu_supports("popcnt") ? count_fast(p, len) : count_plain(p, len);
}
#else
static uint64_t count_bytes(const char *p, size_t len) { return count_plain(p, len); }
#endif

uint64_t bits_count(struct slice s, uint64_t from, uint64_t to) {
    if (from >= to) return 0;
    DASSERT(to <= s.len * 8);
    uint64_t n = count_bytes(s.p + from / 8, (size_t)(to / 8 - from / 8));
    n -= (unsigned)__builtin_popcount(byte_at(s, from) & ~from_mask(from) & 0xff) *
         (from / 8 < to / 8);
    if (to % 8 == 0) return n;
    unsigned last = byte_at(s, to) & before_mask(to);
    if (from / 8 == to / 8) last &= from_mask(from);
    return n + (unsigned)__builtin_popcount(last);
}

/* --- Finding --------------------------------------------------------------------------------- */

/* The first byte in [i, end) that is not all `skipped`, or end. */
static size_t skip_bytes(const char *p, size_t i, size_t end, unsigned char skipped) {
    uint64_t all = skipped ? UINT64_MAX : 0;
    while (end - i >= 8 && load(p + i) == all) i += 8;
    while (i < end && (unsigned char)p[i] == skipped) i++;
    return i;
}

static int64_t highest_in(uint64_t byte, unsigned bits) {
    return (int64_t)(byte * 8) + __builtin_clz(bits) - 24;
}

int64_t bits_find(struct slice s, uint64_t from, uint64_t to, bool on) {
    if (from >= to) return -1;
    DASSERT(to <= s.len * 8);
    unsigned flip = on ? 0 : 0xff;
    uint64_t first = from / 8, last = to / 8; /* the byte that `to` cuts, if it does */
    unsigned wanted = (byte_at(s, from) ^ flip) & from_mask(from);
    if (first < last) {
        if (wanted != 0) return highest_in(first, wanted);
        uint64_t i = skip_bytes(s.p, (size_t)first + 1, (size_t)last, on ? 0 : 0xff);
        if (i < last) return highest_in(i, ((unsigned char)s.p[i] ^ flip) & 0xff);
        if (to % 8 == 0) return -1;
        wanted = byte_at(s, to) ^ flip;
    }
    if (to % 8 != 0) wanted &= before_mask(to);
    return wanted != 0 ? highest_in(last, wanted) : -1;
}

/* --- Fields ---------------------------------------------------------------------------------- */

uint64_t bits_read(struct slice s, uint64_t at, unsigned width) {
    DASSERT(width >= 1 && width <= 64);
    unsigned __int128 v = 0; /* nine bytes at most */
    uint64_t          last = (at + width - 1) / 8;
    for (uint64_t i = at / 8; i <= last; i++) v = v << 8 | (i < s.len ? (unsigned char)s.p[i] : 0);
    v >>= 7 - (at + width - 1) % 8;
    return width == 64 ? (uint64_t)v : (uint64_t)v & (((uint64_t)1 << width) - 1);
}

void bits_write(char *p, uint64_t at, unsigned width, uint64_t v) {
    DASSERT(width >= 1 && width <= 64);
    uint64_t          first = at / 8, last = (at + width - 1) / 8;
    unsigned          shift = 7 - (unsigned)((at + width - 1) % 8);
    unsigned __int128 mask = (((unsigned __int128)1 << width) - 1) << shift;
    unsigned __int128 bits = (unsigned __int128)v << shift & mask;
    for (uint64_t i = last + 1; i-- > first; mask >>= 8, bits >>= 8)
        p[i] = (char)(((unsigned char)p[i] & ~(unsigned)mask) | ((unsigned)bits & 0xff));
}

/* --- Combining ------------------------------------------------------------------------------- */

struct block { uint64_t word[BLOCK_WORDS]; };

/* The block of s at `at`, zeros where s has ended. */
static void block_load(struct block *b, struct slice s, size_t at) {
    size_t there = at < s.len ? s.len - at : 0;
    if (there >= BLOCK_BYTES) {
        memcpy(b, s.p + at, BLOCK_BYTES);
        return;
    }
    memset(b, 0, sizeof *b);
    if (there > 0) memcpy(b, s.p + at, there);
}

#define EACH_WORD(expression) \
    for (unsigned i = 0; i < BLOCK_WORDS; i++) expression

static void block_and(struct block *a, const struct block *b) { EACH_WORD(a->word[i] &= b->word[i]); }
static void block_or(struct block *a, const struct block *b) { EACH_WORD(a->word[i] |= b->word[i]); }
static void block_xor(struct block *a, const struct block *b) { EACH_WORD(a->word[i] ^= b->word[i]); }
static void block_not(struct block *a) { EACH_WORD(a->word[i] = ~a->word[i]); }
/* a: in exactly one so far; twice: in more. */
static void block_one(struct block *a, struct block *twice, const struct block *b) {
    EACH_WORD(twice->word[i] |= a->word[i] & b->word[i]);
    EACH_WORD(a->word[i] = (a->word[i] ^ b->word[i]) & ~twice->word[i]);
}

static void block_combine(enum bits_op op, const struct slice *s, size_t count, size_t at,
                          struct block *out) {
    struct block next, others = {{0}}; /* others: what ONE has seen twice; else those after the first */
    block_load(out, s[0], at);
    for (size_t k = 1; k < count; k++) {
        block_load(&next, s[k], at);
        switch (op) {
        case BITS_AND: block_and(out, &next); break;
        case BITS_OR: block_or(out, &next); break;
        case BITS_XOR: block_xor(out, &next); break;
        case BITS_ONE: block_one(out, &others, &next); break;
        case BITS_DIFF:
        case BITS_DIFF1:
        case BITS_ANDOR: block_or(&others, &next); break;
        case BITS_NOT: break;
        }
    }
    if (op == BITS_NOT || op == BITS_DIFF1) block_not(out);
    if (op == BITS_DIFF) block_not(&others);
    if (op == BITS_DIFF || op == BITS_DIFF1 || op == BITS_ANDOR) block_and(out, &others);
}

void bits_combine(enum bits_op op, const struct slice *s, size_t count, char *out, size_t len) {
    DASSERT(count >= 1);
    struct block b;
    for (size_t at = 0; at < len; at += BLOCK_BYTES) {
        block_combine(op, s, count, at, &b);
        memcpy(out + at, &b, len - at < BLOCK_BYTES ? len - at : BLOCK_BYTES);
    }
}
