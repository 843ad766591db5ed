/* num.h: numbers to text and back, exactly as Redis reads and prints them.
 *
 * num_parse_* accept the whole slice or nothing, and leave *out untouched where they refuse.
 * Integers: no blanks, no '+', no leading zeros, no "-0", as Redis's string2ll. Nothing past the
 * slice is read. */
#ifndef ASHLAR_PROTO_NUM_H
#define ASHLAR_PROTO_NUM_H

#include "proto/buf.h"

#define NUM_I64_TEXT_MAX    21  /* "-9223372036854775808" and a NUL */
#define NUM_DOUBLE_TEXT_MAX 340 /* any double, NUL included, in the formats below */
#define NUM_LDOUBLE_TEXT_MAX 5120 /* Redis's MAX_LONG_DOUBLE_CHARS */

bool num_parse_i64(struct slice s, int64_t *out);
bool num_parse_u64(struct slice s, uint64_t *out);
/* strtod over the whole slice (so "1.", ".5", "+1", hex and "inf" are numbers); refuses blanks in
 * front, NaN, overflow to infinity, underflow to zero, texts of NUM_LDOUBLE_TEXT_MAX or more. */
bool num_parse_double(struct slice s, double *out);
bool num_parse_ldouble(struct slice s, long double *out);

size_t num_format_i64(char *out, int64_t v); /* returns the length; NUL-terminates */
size_t num_format_u64(char *out, uint64_t v);
/* The shortest text that reads back as v, as Redis 7.2 prints scores (7.0: "%.17g"): integers up to
 * 2^62 without exponent, 0.1, 1e+21, 1.5e-7, -0, inf, -inf, nan. */
size_t num_format_double(char *out, double v);
/* Fixed notation of 17 digits with trailing zeros cut: INCRBYFLOAT's and HINCRBYFLOAT's result. */
size_t num_format_ldouble(char *out, long double v);

/* Bytes with units as in the configuration file: 1k 1kb 1m 1mb 1g 1gb, in any case. As in Redis, no
 * digits are 0; unlike there, what overflows 64 bits is refused. */
bool   num_parse_memory(struct slice s, uint64_t *out);
/* 1536 -> "1.50K" as INFO's *_human fields. out: 32 bytes. */
size_t num_format_human(char *out, uint64_t bytes);

/* Checked size arithmetic. False: would overflow, *out untouched. */
static inline bool num_add_ok(size_t a, size_t b, size_t *out) {
    size_t r;
    if (__builtin_add_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}
static inline bool num_mul_ok(size_t a, size_t b, size_t *out) {
    size_t r;
    if (__builtin_mul_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}

#endif
