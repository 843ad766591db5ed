/* varint.h: a length in as few bytes as it needs, seven bits each, lowest first, the top bit saying
 * that more follow. It stands before the bytes of sets' members, hashes' fields, zsets' members, and
 * for what small numbers a stream's entries have. */
#ifndef ASHLAR_SERVER_DS_VARINT_H
#define ASHLAR_SERVER_DS_VARINT_H

#include <stddef.h>
#include <stdint.h>

#define VARINT_SIZE_MAX 10

static inline size_t varint_size(uint64_t v) {
    size_t size = 1;
    while (v >>= 7) size++;
    return size;
}

/* Writes v, returns what is behind it. */
static inline unsigned char *varint_put(unsigned char *p, uint64_t v) {
    for (; v >= 0x80; v >>= 7) *p++ = (unsigned char)(v | 0x80);
    *p++ = (unsigned char)v;
    return p;
}

/* Reads into *v, returns what is behind it. Only for bytes that varint_put wrote. */
static inline const unsigned char *varint_get(const unsigned char *p, uint64_t *v) {
    uint64_t sum = *p & 0x7fu;
    for (unsigned shift = 7; *p++ & 0x80; shift += 7) sum |= (uint64_t)(*p & 0x7fu) << shift;
    *v = sum;
    return p;
}

/* The same for any bytes in front of `end`. NULL: there is no whole one, or it is of 2^64 or more. */
static inline const unsigned char *varint_read(const unsigned char *p, const unsigned char *end, uint64_t *v) {
    uint64_t sum = 0;
    for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
        if (shift == 63 && *p > 1) return NULL;
        sum |= (uint64_t)(*p & 0x7fu) << shift;
        *v = sum;
        if (!(*p++ & 0x80)) return p;
    }
    return NULL;
}

#endif
