/* bits.h: a string of bytes as a string of bits.
 *
 * Bit 0 is the highest of byte 0, as in Redis's bitmaps. A string ends nowhere: bits behind its last
 * byte read as 0. Ranges are half open, [from, to), in bits.
 *
 * Pure functions over bytes that the caller holds. Locking: none. */
#ifndef ASHLAR_SERVER_DS_BITS_H
#define ASHLAR_SERVER_DS_BITS_H

#include "proto/buf.h"

static inline bool bits_get(struct slice s, uint64_t at) {
    return at / 8 < s.len && ((unsigned char)s.p[at / 8] >> (7 - at % 8) & 1);
}
/* The byte must be there. */
static inline void bits_set(char *p, uint64_t at, bool on) {
    unsigned char mask = (unsigned char)(0x80 >> at % 8), *byte = (unsigned char *)p + at / 8;
    *byte = (unsigned char)(on ? *byte | mask : *byte & ~mask);
}

/* How many bits of the range are 1; it may not reach behind the string. */
uint64_t bits_count(struct slice s, uint64_t from, uint64_t to);
/* The first bit of the range that is `on`; -1: none is. It may not reach behind the string. */
int64_t  bits_find(struct slice s, uint64_t from, uint64_t to, bool on);

/* Fields of 1 to 64 bits, highest bit first. The bytes written to must be there. */
uint64_t bits_read(struct slice s, uint64_t at, unsigned width);
void     bits_write(char *p, uint64_t at, unsigned width, uint64_t v);

enum bits_op {
    BITS_AND, BITS_OR, BITS_XOR,
    BITS_NOT,   /* of the first */
    BITS_DIFF,  /* in the first and in none of the others */
    BITS_DIFF1, /* not in the first, in some other */
    BITS_ANDOR, /* in the first and in some other */
    BITS_ONE,   /* in exactly one */
};
/* Combines count >= 1 strings into len bytes at out, shorter ones ended with zeros. out may be one
 * of the strings itself, but not overlap one otherwise. */
void bits_combine(enum bits_op op, const struct slice *s, size_t count, char *out, size_t len);

#endif
