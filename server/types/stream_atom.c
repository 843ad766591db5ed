/* stream_atom.c: writing and reading atoms. See stream_atom.h for their forms.
 *
 * Start reading at atom_put() and atom_get_other(). */
#include "server/types/stream_atom.h"

#include <string.h>

#include "server/ds/listpack.h"
#include "server/ds/varint.h"

enum {
    TAG_SHORT = 0x80,  /* a string of less than 64 bytes */
    TAG_INT13 = 0xC0,
    TAG_STR12 = 0xE0,
    TAG_INT = 0xF0,    /* and its bytes, less one */
    TAG_LONG = 0xF8,
};

#define INT13_FIRST 128
#define INT13_LAST  (INT13_FIRST + 0x1FFF)
#define STR12_FIRST 64
#define STR12_LAST  (STR12_FIRST + 0x0FFF)

struct element atom_of(struct slice s) {
    int64_t i;
    return lp_text_is_int(s, &i) ? (struct element){.is_int = true, .i = i} : (struct element){.s = s};
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* Bytes that hold i in two's complement. */
static unsigned int_bytes(int64_t i) {
    uint64_t magnitude = (uint64_t)(i ^ (i >> 63)); /* its bits but for the sign */
    return magnitude == 0 ? 1 : (64 - (unsigned)__builtin_clzll(magnitude)) / 8 + 1;
}

size_t atom_size(const struct element *e) {
    if (e->is_int && (uint64_t)e->i < INT13_FIRST) return 1;
    if (e->is_int) return (uint64_t)e->i <= INT13_LAST ? 2 : 1 + int_bytes(e->i);
    if (e->s.len < STR12_FIRST) return 1 + e->s.len;
    return e->s.len + (e->s.len <= STR12_LAST ? 2 : 1 + varint_size(e->s.len));
}

static unsigned char *put_int(unsigned char *p, int64_t i) {
    uint64_t v = (uint64_t)i;
    if (v < INT13_FIRST) {
        *p++ = (unsigned char)v;
    } else if (v <= INT13_LAST) {
        *p++ = (unsigned char)(TAG_INT13 | (v - INT13_FIRST) >> 8);
        *p++ = (unsigned char)(v - INT13_FIRST);
    } else {
        unsigned bytes = int_bytes(i);
        *p++ = (unsigned char)(TAG_INT | (bytes - 1));
        for (; bytes > 0; bytes--, v >>= 8) *p++ = (unsigned char)v;
    }
    return p;
}

static unsigned char *put_length(unsigned char *p, size_t len) {
    if (len < STR12_FIRST) {
        *p++ = (unsigned char)(TAG_SHORT | len);
    } else if (len <= STR12_LAST) {
        *p++ = (unsigned char)(TAG_STR12 | (len - STR12_FIRST) >> 8);
        *p++ = (unsigned char)(len - STR12_FIRST);
    } else {
        *p++ = TAG_LONG;
        p = varint_put(p, len);
    }
    return p;
}

unsigned char *atom_put(unsigned char *p, const struct element *e) {
    if (e->is_int) return put_int(p, e->i);
    p = put_length(p, e->s.len);
    if (e->s.len > 0) memcpy(p, e->s.p, e->s.len);
    return p + e->s.len;
}

/* --- Reading ---------------------------------------------------------------------------------- */

static int64_t get_int(const unsigned char *p, unsigned bytes) {
    uint64_t v = 0;
    unsigned above = 64 - 8 * bytes;
    for (unsigned i = 0; i < bytes; i++) v |= (uint64_t)p[i] << (8 * i);
    return (int64_t)(v << above) >> above;
}

const unsigned char *atom_get_other(const unsigned char *p, const unsigned char *end, struct element *out) {
    struct element e = {.is_int = true};
    unsigned char  tag = *p++;
    uint64_t       len = 0;
    if (tag < TAG_SHORT) {
        e.i = tag;
    } else if (tag < TAG_INT13) {
        e = (struct element){0};
        len = tag & 0x3F;
    } else if (tag < TAG_STR12) {
        e.i = INT13_FIRST + ((int64_t)(tag & 0x1F) << 8 | *p++);
    } else if (tag < TAG_INT) {
        e = (struct element){0};
        len = STR12_FIRST + ((size_t)(tag & 0x0F) << 8 | *p++);
    } else if (tag < TAG_LONG) {
        unsigned bytes = (tag & 7u) + 1;
        e.i = get_int(p, bytes);
        p += bytes;
    } else {
        ASSERT(tag == TAG_LONG);
        e = (struct element){0};
        p = varint_get(p, &len);
    }
    ASSERT(p <= end && len <= (size_t)(end - p));
    if (!e.is_int) e.s = slice_of((const char *)p, len);
    if (out != NULL) *out = e;
    return p + len;
}

bool atom_is(const unsigned char *p, const unsigned char *end, struct slice s) {
    struct element e;
    int64_t        i;
    atom_get(p, end, &e);
    return e.is_int ? lp_text_is_int(s, &i) && i == e.i : slice_eq(e.s, s);
}

const unsigned char *atom_validate(const unsigned char *p, const unsigned char *end) {
    if (p >= end) return NULL;
    unsigned char tag = *p;
    uint64_t      len = 0;
    size_t        head = 1;
    if (tag >= TAG_SHORT && tag < TAG_INT13) len = tag & 0x3F;
    else if (tag >= TAG_INT13 && tag < TAG_INT) head = 2;
    else if (tag >= TAG_INT && tag < TAG_LONG) head = (tag & 7u) + 2;
    else if (tag > TAG_LONG) return NULL;
    if (tag == TAG_LONG) {
        const unsigned char *behind = varint_read(p + 1, end, &len);
        if (behind == NULL) return NULL;
        head = (size_t)(behind - p);
    }
    if (head > (size_t)(end - p)) return NULL;
    if (tag >= TAG_STR12 && tag < TAG_INT) len = STR12_FIRST + ((size_t)(tag & 0x0F) << 8 | p[1]);
    return len <= (size_t)(end - p) - head ? p + head + len : NULL;
}
