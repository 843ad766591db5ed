/* stream_atom.h: a string or an integer in as few bytes as it needs, one behind the other, to be read
 * forwards only: the names and values of a stream's entries (stream_block.h).
 *
 *   0xxxxxxx            the integer x, 0 to 127
 *   10xxxxxx            a string of x bytes, 0 to 63, follows
 *   110xxxxx y          the integer 128 + xy, up to 8319
 *   1110xxxx y          a string of 64 + xy bytes, up to 4159, follows
 *   11110nnn            an integer in n + 1 bytes, two's complement, lowest first, follows
 *   11111000 varint     a string of so many bytes follows
 *
 * and none above. Text that is the canonical form of a 64-bit integer is kept as that integer; as
 * such it comes back. It is a listpack's element without its length at the end, and with the second
 * byte of an integer not halved for negative ones.
 *
 * Pure bytes. Readers assert that they stay in front of `end`; atom_validate is for bytes that may
 * be anything. */
#ifndef ASHLAR_SERVER_TYPES_STREAM_ATOM_H
#define ASHLAR_SERVER_TYPES_STREAM_ATOM_H

#include "alloc/assert.h"
#include "server/types/value.h"

#define ATOM_HEAD_MAX 9 /* what an atom takes at most beside its text */

/* What s is kept as; a string is borrowed. */
struct element atom_of(struct slice s);
size_t         atom_size(const struct element *e);
/* Writes atom_size() bytes, returns what is behind them. */
unsigned char *atom_put(unsigned char *p, const struct element *e);
/* Is the atom at p the text s? */
bool           atom_is(const unsigned char *p, const unsigned char *end, struct slice s);
/* What is behind the atom at p; NULL: there is no whole one. */
const unsigned char *atom_validate(const unsigned char *p, const unsigned char *end);

/* The atoms that do not begin with 10: reads (out NULL: passes over) one. */
const unsigned char *atom_get_other(const unsigned char *p, const unsigned char *end, struct element *out);

/* Reads the atom at p into *out (NULL: passes over it); returns what is behind it. */
static inline const unsigned char *atom_get(const unsigned char *p, const unsigned char *end,
                                            struct element *out) {
    if ((*p & 0xC0) != 0x80) return atom_get_other(p, end, out);
    size_t len = *p++ & 0x3F;
    ASSERT(p <= end && len <= (size_t)(end - p));
    if (out != NULL) *out = (struct element){.s = slice_of((const char *)p, len)};
    return p + len;
}

#endif
