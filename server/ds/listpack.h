/* listpack.h: a sequence of strings and integers in one block of bytes, in Redis's own format.
 *
 *   u32 total bytes | u16 count (65535: not known) | entry ... | 0xFF        (little endian)
 *   entry: encoding byte and data | backlen: its length in 7-bit groups, read from the right
 *
 * The bytes are what RDB files and DUMP carry, so they must stay exact. A listpack is an unsigned
 * char pointer from a heap; its allocation is lp_capacity(total bytes), so that frees are sized
 * without a field for it and most edits need no realloc. Strings that are canonical integers are
 * stored as integers.
 *
 * Invariants, asserted together by lp_check(): the total covers exactly the entries and the 0xFF;
 * each backlen equals its entry's length; a known count is the number of entries.
 * Locking: none; one owner (lp_free: any thread).
 * Ownership: a function that takes `heap` and `lp` consumes lp and returns its new address;
 * positions in it end, except those handed back. Slices given must not point into lp itself. */
#ifndef ASHLAR_SERVER_DS_LISTPACK_H
#define ASHLAR_SERVER_DS_LISTPACK_H

#include "proto/num.h"

struct ash_heap;
struct mover;
struct rand;

#define LP_HEADER_SIZE 6
#define LP_BYTES_MIN   7                /* an empty listpack */
#define LP_END         0xFF             /* the last byte */
#define LP_BYTES_MAX   ((size_t)1 << 30) /* no more is ever added beyond this: lp_safe_to_add */
#define LP_INT_TEXT_MAX 21              /* scratch of lp_item_text */

/* An element: an integer, or borrowed bytes. (The same shape as a value's struct element.) */
struct lp_item {
    bool         is_int;
    int64_t      i;
    struct slice s;
};
static inline struct lp_item lp_item_int(int64_t i) {
    return (struct lp_item){.is_int = true, .i = i};
}
static inline struct lp_item lp_item_str(struct slice s) { return (struct lp_item){.s = s}; }
/* Its text; an integer's is written to scratch (LP_INT_TEXT_MAX bytes). */
struct slice lp_item_text(const struct lp_item *it, char *scratch);
/* True when the element's text is s. */
bool lp_item_eq(const struct lp_item *it, struct slice s);

/* --- Whole listpacks ----------------------------------------------------------------------- */

unsigned char *lp_new(struct ash_heap *heap);
void           lp_free(unsigned char **lp); /* any thread; NULL inside is ignored */
unsigned char *lp_copy(struct ash_heap *heap, const unsigned char *lp);
/* Untrusted bytes. Shallow: total and terminator; deep: every entry and the count too. */
bool           lp_validate(const void *blob, size_t len, bool deep);
/* A listpack of its own from bytes that passed lp_validate. */
unsigned char *lp_from_blob(struct ash_heap *heap, const void *blob, size_t len);

static inline size_t lp_bytes(const unsigned char *lp) { /* in all, header and end included */
    uint32_t total;
    memcpy(&total, lp, sizeof total);
    return total;
}
/* What is allocated for so many bytes: eight steps a doubling. */
static inline size_t lp_capacity(size_t total) {
    if (total <= 128) return (total + 7) & ~(size_t)7;
    unsigned shift = 60 - (unsigned)__builtin_clzll(total - 1); /* an eighth of its power of two */
    size_t   step = (size_t)1 << shift;
    return (total + step - 1) & ~(step - 1);
}
size_t lp_footprint(const unsigned char *lp);   /* heap bytes: the slot it lies in */
size_t lp_count(const unsigned char *lp);       /* O(1) below 65535 elements */
/* Bytes that s adds as an element; that a string which is no integer adds, and an integer. */
size_t lp_entry_bytes(struct slice s);
size_t lp_str_bytes(size_t len);
size_t lp_int_bytes(int64_t i);
/* Is s the canonical text of an integer, as which it would be kept? */
static inline bool lp_text_looks_like_int(struct slice s) { /* by its length and first byte */
    if (s.len == 0 || s.len >= NUM_I64_TEXT_MAX) return false;
    unsigned char c = (unsigned char)s.p[0];
    return (c >= '0' && c <= '9') || c == '-';
}
static inline bool lp_text_is_int(struct slice s, int64_t *out) {
    return lp_text_looks_like_int(s) && num_parse_i64(s, out);
}
/* False: with so many bytes more it would pass LP_BYTES_MAX. lp NULL: an empty one. */
bool   lp_safe_to_add(const unsigned char *lp, size_t add);
unsigned char *lp_move(struct mover *m, unsigned char *lp); /* its new address: mover.h */
bool   lp_check(const unsigned char *lp);

/* --- Reading. A position is the address of an entry; NULL is none. -------------------------- */

unsigned char *lp_first(const unsigned char *lp);
unsigned char *lp_last(const unsigned char *lp);
unsigned char *lp_next(const unsigned char *lp, const unsigned char *p);
unsigned char *lp_prev(const unsigned char *lp, const unsigned char *p);
/* From 0 at the head, from -1 at the tail; walks from the nearer end. */
unsigned char *lp_seek(const unsigned char *lp, int64_t index);
void           lp_get(const unsigned char *p, struct lp_item *out);
/* lp_get, and returns the position after p: one decoding for both. */
unsigned char *lp_get_next(const unsigned char *p, struct lp_item *out);
/* Inline, for what most elements of long replies are: is it a string below 64 bytes? Its length is
 * in the encoding byte then, 10xxxxxx, and its backlen is one byte. */
static inline bool         lp_is_short(const unsigned char *p) { return (*p & 0xC0) == 0x80; }
static inline struct slice lp_short(const unsigned char *p) {
    return slice_of((const char *)p + 1, *p & 0x3F);
}
static inline unsigned char *lp_short_next(const unsigned char *p) {
    p += (*p & 0x3F) + 2;
    return *p == LP_END ? NULL : (unsigned char *)(uintptr_t)p;
}
/* True when the element at p has the text s. */
bool           lp_eq(const unsigned char *p, struct slice s);
/* The first element from p on that equals s, looking at one and then passing over `skip`. */
unsigned char *lp_find(const unsigned char *lp, const unsigned char *p, struct slice s,
                       unsigned skip);
/* The first element of a tuple of `stride` elements, uniformly. lp is not empty. */
unsigned char *lp_random(const unsigned char *lp, unsigned stride, struct rand *rand);

/* --- Changing ------------------------------------------------------------------------------ */

unsigned char *lp_append(struct ash_heap *heap, unsigned char *lp, struct slice s);
unsigned char *lp_append_int(struct ash_heap *heap, unsigned char *lp, int64_t i);
unsigned char *lp_prepend(struct ash_heap *heap, unsigned char *lp, struct slice s);
unsigned char *lp_prepend_int(struct ash_heap *heap, unsigned char *lp, int64_t i);
/* Inserts n <= LP_INSERT_MAX items in front of *p (NULL: at the end); *p becomes the first of them.
 * Strings among them are tried as integers. One move of the bytes for all. */
#define LP_INSERT_MAX 8
unsigned char *lp_insert(struct ash_heap *heap, unsigned char *lp, unsigned char **p,
                         const struct lp_item *items, size_t n);
/* The same behind *p. */
unsigned char *lp_insert_after(struct ash_heap *heap, unsigned char *lp, unsigned char **p,
                               const struct lp_item *items, size_t n);
/* The element at *p becomes the item; *p is its new place. */
unsigned char *lp_replace(struct ash_heap *heap, unsigned char *lp, unsigned char **p,
                          struct lp_item item);
/* Removes n elements (or as many as there are) from *p on; *p is then the next one, or NULL. */
unsigned char *lp_delete(struct ash_heap *heap, unsigned char *lp, unsigned char **p, size_t n);
/* Removes n elements from an index on (negative: from the tail). */
unsigned char *lp_delete_range(struct ash_heap *heap, unsigned char *lp, int64_t index, size_t n);
/* The two that allocate nothing, for an owner with free room in front of lp (quicklist.c): the
 * first element goes, or s comes in front, and the listpack begins later or earlier in its block.
 * Both return its new address; lp_push_down NULL, where `room` is less than lp_entry_bytes(s). */
unsigned char *lp_drop_first(unsigned char *lp);
unsigned char *lp_push_down(unsigned char *lp, size_t room, struct slice s);
/* Cuts lp in front of p (an element of it): returns the tail as a listpack, keeps the head. */
unsigned char *lp_split(struct ash_heap *heap, unsigned char **lp, unsigned char *p);
/* Appends the elements of other, which stays as it was. */
unsigned char *lp_concat(struct ash_heap *heap, unsigned char *lp, const unsigned char *other);
/* Writes a listpack of n strings of `len` bytes each, none of them an integer's text, that lie one
 * behind the other: LP_BYTES_MIN + n * lp_str_bytes(len) bytes. */
void lp_write_strings(unsigned char *lp, const unsigned char *strings, size_t len, size_t n);

#endif
