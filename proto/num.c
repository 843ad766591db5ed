/* num.c: numbers to text and back, exactly as Redis reads and prints them.
 *
 * Integers are read and written by hand: they are on the path of every request. Doubles have a fast
 * path each way that is exact, not approximate, and leave the rest to the C library:
 *
 *   reading   a mantissa of at most 2^53 over a power of ten of at most 10^22: both are doubles
 *             without error, so the one division rounds correctly;
 *   printing  a value in [1e-4, 2^53) is its mantissa over a power of two; 15, 16 or 17 digits come
 *             out of one 128-bit multiplication, and its remainder tells whether they read back as
 *             the same double. The fewest that do are printed, as Redis does since 7.2.
 *
 * Start reading at num_parse_i64() and decimal_shortest(). */
#include "proto/num.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc/assert.h"

#define DOUBLE_DIGITS 17                 /* tell any two doubles apart */
#define DOUBLE_EXACT  (UINT64_C(1) << 53) /* integers below are doubles without error */
#define DOUBLE_INTEGER_MAX 0x1p62        /* integers up to here are printed as such: 2^62 */

static const uint64_t pow10_u64[20] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

/* Two digits at a time. */
static const char digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

/* --- Integers ------------------------------------------------------------------------------ */

/* Digits only, no leading zero unless it is the only one. */
static bool digits_parse(const char *p, size_t len, uint64_t *out) {
    if (len == 0 || len > 20 || (p[0] == '0' && len > 1)) return false;
    size_t   safe = len < 19 ? len : 19; /* 19 digits always fit */
    uint64_t v = 0;
    for (size_t i = 0; i < safe; i++) {
        unsigned d = (unsigned)(unsigned char)p[i] - '0';
        if (d > 9) return false;
        v = v * 10 + d;
    }
    if (len == 20) {
        unsigned d = (unsigned)(unsigned char)p[19] - '0';
        if (d > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, d, &v))
            return false;
    }
    *out = v;
    return true;
}

bool num_parse_u64(struct slice s, uint64_t *out) { return digits_parse(s.p, s.len, out); }

bool num_parse_i64(struct slice s, int64_t *out) {
    if (s.len == 0) return false;
    bool     negative = s.p[0] == '-';
    uint64_t v;
    if (!digits_parse(s.p + negative, s.len - negative, &v)) return false;
    if (negative) {
        if (v == 0 || v > (uint64_t)INT64_MAX + 1) return false;
        *out = (int64_t)(0 - v);
    } else {
        if (v > INT64_MAX) return false;
        *out = (int64_t)v;
    }
    return true;
}

static unsigned digit_count(uint64_t v) {
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    unsigned guess = bits * 1233 >> 12; /* log10(2) */
    return guess + (guess < 20 && v >= pow10_u64[guess]) + (v == 0);
}

/* Writes exactly count digits, leading zeros included. */
static void digits_write(char *out, uint64_t v, unsigned count) {
    char *p = out + count;
    while (p - out >= 2) {
        p -= 2;
        memcpy(p, digit_pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (p > out) *out = (char)('0' + v % 10);
}

/* The same for what most counts and lengths are: narrow divisions are cheaper. */
static inline void digits_write_u32(char *out, uint32_t v, unsigned count) {
    char *p = out + count;
    for (; v >= 100; v /= 100) {
        p -= 2;
        memcpy(p, digit_pairs + 2 * (v % 100), 2);
    }
    if (v >= 10) memcpy(out, digit_pairs + 2 * v, 2);
    else *out = (char)('0' + v);
}

size_t num_format_u64(char *out, uint64_t v) {
    unsigned count = digit_count(v);
    if (v <= UINT32_MAX) digits_write_u32(out, (uint32_t)v, count);
    else digits_write(out, v, count);
    out[count] = '\0';
    return count;
}

size_t num_format_i64(char *out, int64_t v) {
    if (v >= 0) return num_format_u64(out, (uint64_t)v);
    *out = '-';
    return 1 + num_format_u64(out + 1, 0 - (uint64_t)v);
}

/* --- Floating point: reading --------------------------------------------------------------- */

/* [-+]digits[.digits] with a mantissa below 2^53. False: not of that shape, ask strtod. */
static bool decimal_parse(struct slice s, double *out) {
    const char *p = s.p, *end = s.p + s.len;
    bool        negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (end - p < 1 || end - p > 20) return false;
    uint64_t mantissa = 0;
    unsigned digits = 0, fraction = 0;
    bool     point = false;
    for (; p < end; p++) {
        unsigned d = (unsigned)(unsigned char)*p - '0';
        if (d <= 9) {
            mantissa = mantissa * 10 + d;
            digits++;
            fraction += point;
        } else if (*p == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    if (digits == 0 || digits > 19 || mantissa > DOUBLE_EXACT) return false;
    double v = (double)mantissa / (double)pow10_u64[fraction];
    *out = negative ? -v : v;
    return true;
}

/* A terminated copy for the C library; false where no number can begin or the text is absurd. */
static bool float_text(struct slice s, char *buf, size_t size) {
    if (s.len == 0 || s.len >= size || isspace((unsigned char)s.p[0])) return false;
    memcpy(buf, s.p, s.len);
    buf[s.len] = '\0';
    return true;
}

bool num_parse_double(struct slice s, double *out) {
    if (decimal_parse(s, out)) return true;
    char buf[NUM_LDOUBLE_TEXT_MAX], *end;
    if (!float_text(s, buf, sizeof(buf))) return false;
    errno = 0;
    double v = strtod(buf, &end);
    if ((size_t)(end - buf) != s.len || isnan(v)) return false;
    if (errno == ERANGE && (isinf(v) || v == 0)) return false;
    *out = v;
    return true;
}

bool num_parse_ldouble(struct slice s, long double *out) {
    char buf[NUM_LDOUBLE_TEXT_MAX], *end;
    if (!float_text(s, buf, sizeof(buf))) return false;
    errno = 0;
    long double v = strtold(buf, &end);
    if ((size_t)(end - buf) != s.len || isnan(v)) return false;
    if (errno == ERANGE && (isinf(v) || v == 0)) return false;
    *out = v;
    return true;
}

/* --- Floating point: printing -------------------------------------------------------------- */

static size_t text_copy(char *out, const char *text) {
    size_t len = strlen(text);
    memcpy(out, text, len + 1);
    return len;
}

/* digits x 10^scale, digits without a zero at its end. */
struct decimal {
    uint64_t digits;
    int      scale;
};

static void decimal_trim(struct decimal *d) {
    for (; d->digits % 10 == 0; d->digits /= 10) d->scale++;
}

/* v, in [1e-4, 2^53) and no integer, is mantissa / 2^shift. Rounds it to so many significant digits;
 * true: v is the double nearest to what came out (of two as near ones, the even). */
static bool decimal_round(double v, uint64_t mantissa, unsigned shift, unsigned count, struct decimal *out) {
    uint64_t whole = shift < 64 ? mantissa >> shift : 0;
    unsigned places; /* behind the point; zeros that lead are not significant */
    if (whole > 0) places = count - digit_count(whole);
    else places = count + (v < 0.1) + (v < 0.01) + (v < 0.001);
    unsigned          first = places < 19 ? places : 19; /* 20 places: in two steps */
    unsigned __int128 unit = (unsigned __int128)pow10_u64[first] * pow10_u64[places - first];
    unsigned __int128 exact = mantissa * unit; /* v = exact / (unit << shift): 53 and 67 bits */

    unsigned __int128 mask = ((unsigned __int128)1 << shift) - 1, half = (mask >> 1) + 1;
    unsigned __int128 digits = exact >> shift, left = exact & mask;
    bool              up = left > half || (left == half && (digits & 1));
    *out = (struct decimal){(uint64_t)digits + up, -(int)places};

    /* How far off that is, in units of 1 / (unit << shift); half a step between doubles is unit / 2,
     * and below a power of two a quarter. */
    unsigned __int128 off = up ? mask - left + 1 : left;
    bool              narrow = !up && mantissa == DOUBLE_EXACT / 2;
    off *= narrow ? 4 : 2;
    return off < unit || (off == unit && mantissa % 2 == 0);
}

/* The fewest digits that read back as v: 15 always come back from text as they were, so no shorter
 * text is missed when zeros are cut from these; 17 are always enough. */
static struct decimal decimal_shortest(double v) {
    struct decimal d;
    uint64_t       bits;
    memcpy(&bits, &v, sizeof(bits));
    uint64_t mantissa = (bits & (DOUBLE_EXACT / 2 - 1)) | DOUBLE_EXACT / 2;
    unsigned shift = 1075 - (unsigned)(bits >> 52);
    DASSERT(shift >= 1 && shift <= 66);
    unsigned count = v < 1e15 ? 15 : 16; /* at least as many as stand before the point */
    for (; !decimal_round(v, mantissa, shift, count, &d); count++) ASSERT(count < DOUBLE_DIGITS);
    decimal_trim(&d);
    return d;
}

/* The same for what is too large or too small for that, by trial. */
static struct decimal decimal_by_trial(double v) {
    char     text[32];
    unsigned count = v < DBL_MIN ? 1 : 15; /* subnormal ones have fewer than 15 digits of their own */
    for (;; count++) {
        snprintf(text, sizeof text, "%.*e", (int)count - 1, v);
        if (count == DOUBLE_DIGITS || strtod(text, NULL) == v) break;
    }
    struct decimal d = {0, 0};
    char          *p = text;
    for (; *p != 'e'; p++)
        if (*p != '.') d.digits = d.digits * 10 + (uint64_t)(*p - '0');
    d.scale = atoi(p + 1) - (int)count + 1;
    decimal_trim(&d);
    return d;
}

/* As Redis lays digits out: plainly, unless that takes more than seven zeros, or places behind the
 * point of a number that is large or small (exponent of 4 and more, either way). */
static size_t decimal_format(char *out, struct decimal d) {
    char     text[NUM_I64_TEXT_MAX];
    int      count = (int)num_format_u64(text, d.digits), exponent = d.scale + count - 1;
    int      size = exponent < 0 ? -exponent : exponent;
    char    *p = out;
    if (d.scale >= 0 && size < count + 7) {
        p = mempcpy(p, text, (size_t)count);
        memset(p, '0', (size_t)d.scale);
        p += d.scale;
    } else if (d.scale < 0 && (d.scale > -7 || size < 4)) {
        int whole = count + d.scale;
        if (whole > 0) p = mempcpy(p, text, (size_t)whole);
        else *p++ = '0';
        *p++ = '.';
        for (; whole < 0; whole++) *p++ = '0';
        int from = count + d.scale > 0 ? count + d.scale : 0;
        p = mempcpy(p, text + from, (size_t)(count - from));
    } else {
        *p++ = text[0];
        if (count > 1) *p++ = '.';
        p = mempcpy(p, text + 1, (size_t)count - 1);
        *p++ = 'e';
        *p++ = exponent < 0 ? '-' : '+';
        p += num_format_u64(p, (uint64_t)size);
    }
    *p = '\0';
    return (size_t)(p - out);
}

size_t num_format_double(char *out, double v) {
    if (isnan(v)) return text_copy(out, "nan");
    if (isinf(v)) return text_copy(out, v > 0 ? "inf" : "-inf");
    double magnitude = fabs(v);
    size_t sign = signbit(v) != 0;
    if (sign) *out = '-';
    if (magnitude <= DOUBLE_INTEGER_MAX) {
        uint64_t whole = (uint64_t)magnitude;
        if ((double)whole == magnitude) return sign + num_format_u64(out + sign, whole);
        if (magnitude >= 1e-4) return sign + decimal_format(out + sign, decimal_shortest(magnitude));
    }
    return sign + decimal_format(out + sign, decimal_by_trial(magnitude));
}

size_t num_format_ldouble(char *out, long double v) {
    if (isnan(v)) return text_copy(out, "nan");
    if (isinf(v)) return text_copy(out, v > 0 ? "inf" : "-inf");
    int len = snprintf(out, NUM_LDOUBLE_TEXT_MAX, "%.17Lf", v);
    ASSERT(len > 0 && len < NUM_LDOUBLE_TEXT_MAX);
    while (out[len - 1] == '0') len--;
    if (out[len - 1] == '.') len--;
    out[len] = '\0';
    if (len == 2 && out[0] == '-' && out[1] == '0') return text_copy(out, "0");
    return (size_t)len;
}

/* --- Bytes --------------------------------------------------------------------------------- */

static bool memory_unit(struct slice unit, uint64_t *factor) {
    static const struct {
        const char *name;
        uint64_t    factor;
    } units[] = {
        {"b", 1},         {"k", 1000},        {"kb", 1024},       {"m", 1000000},
        {"mb", 1024 * 1024}, {"g", 1000000000}, {"gb", 1024 * 1024 * 1024},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!slice_eq_nocase(unit, units[i].name)) continue;
        *factor = units[i].factor;
        return true;
    }
    return false;
}

bool num_parse_memory(struct slice s, uint64_t *out) {
    uint64_t v = 0, factor = 1;
    size_t   i = 0;
    for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s.p[i] - '0', &v))
            return false;
    if (i < s.len && !memory_unit(slice_of(s.p + i, s.len - i), &factor)) return false;
    if (__builtin_mul_overflow(v, factor, &v)) return false;
    *out = v;
    return true;
}

size_t num_format_human(char *out, uint64_t bytes) {
    unsigned power = 0; /* of 1024 */
    while (power < 6 && bytes >> (10 * (power + 1)) != 0) power++;
    if (power == 0 || power == 6) /* Redis knows no exabytes */
        return (size_t)snprintf(out, 32, "%lluB", (unsigned long long)bytes);
    double v = (double)bytes / (double)(UINT64_C(1) << (10 * power));
    return (size_t)snprintf(out, 32, "%.2f%c", v, "BKMGTP"[power]);
}
