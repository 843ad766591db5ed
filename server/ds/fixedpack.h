/* fixedpack.h: strings of one length, one behind the other, with nothing between them.
 *
 *   | element | element | element | ...        count * width bytes
 *
 * What a long list of likes needs beside its texts: nothing. A listpack adds each one's length at
 * both its ends, 2 bytes for 16; here an element is where its index says, and looking for one is a
 * comparison every `width` bytes.
 *
 * The block is the owner's, with whatever room he keeps around the elements (quicklist_node.c); these
 * functions see the elements alone and allocate nothing.
 *
 * Not every string may be in one (fixedpack_holds): none that a listpack would keep as an integer, so
 * that a fixedpack and the listpack of its elements can be made of each other and tell the same of
 * them; none that is empty; and none of more than FIXEDPACK_WIDTH_MAX bytes, where there is less than
 * half a per cent to gain.
 *
 * Invariants, asserted together by fixedpack_check(): 0 < width <= FIXEDPACK_WIDTH_MAX; count > 0;
 * every element is one that fixedpack_holds.
 * Locking: none. Ownership: borrowed bytes throughout. */
#ifndef ASHLAR_SERVER_DS_FIXEDPACK_H
#define ASHLAR_SERVER_DS_FIXEDPACK_H

#include "server/ds/listpack.h"

#define FIXEDPACK_WIDTH_MAX ((size_t)1023)

struct fixedpack { /* a view: passed by value */
    unsigned char *at;
    size_t         count, width;
};

static inline bool fixedpack_holds(struct slice s) {
    int64_t i;
    return s.len > 0 && s.len <= FIXEDPACK_WIDTH_MAX && !lp_text_is_int(s, &i);
}

/* The first element from p on (one of them) that equals s; NULL: none. */
unsigned char *fixedpack_find(struct fixedpack f, const unsigned char *p, struct slice s);

/* Bytes of the listpack of count elements; where in it the one of an index is. */
static inline size_t fixedpack_lp_offset(size_t index, size_t width) {
    return LP_HEADER_SIZE + index * lp_str_bytes(width);
}
static inline size_t fixedpack_lp_bytes(size_t count, size_t width) {
    return LP_BYTES_MIN + count * lp_str_bytes(width);
}
/* Writes that listpack: fixedpack_lp_bytes(). */
void fixedpack_to_listpack(struct fixedpack f, unsigned char *lp);

/* The width of the fixedpack that a listpack's elements could be in; 0: none. Looks no further than
 * the first that is unlike the others. */
size_t fixedpack_width_of(const unsigned char *lp);
/* Writes the elements of such a listpack: its count times the width. */
void fixedpack_from_listpack(unsigned char *at, const unsigned char *lp);

bool fixedpack_check(struct fixedpack f);

#endif
