/* hll.h: HyperLogLog in a string of bytes, in Redis's own formats.
 *
 *   "HYLL" | encoding 0 dense, 1 sparse | 3 unused | 8 cached estimate, little endian | registers
 *
 * The top bit of the cached estimate says that it is out of date. Of 16384 registers each holds the
 * highest rank seen (6 bits). Dense: all of them, lowest bits first, 12288 bytes. Sparse: runs,
 *   00nnnnnn           n + 1 registers that are 0
 *   01nnnnnn nnnnnnnn  n + 1 registers that are 0
 *   1rrrrrnn           n + 1 registers that are r + 1
 * The same elements in the same order give the same bytes as in Redis.
 *
 * Clients can write such strings themselves, so nothing here trusts one: whatever the bytes are, only
 * they are read, and what does not add up to 16384 registers is corrupt.
 *
 * Pure functions: the caller owns the bytes and makes room. Locking: none. */
#ifndef ASHLAR_SERVER_DS_HLL_H
#define ASHLAR_SERVER_DS_HLL_H

#include "proto/buf.h"

#define HLL_REGISTERS  16384
#define HLL_HEADER     16
#define HLL_DENSE_SIZE (HLL_HEADER + HLL_REGISTERS * 6 / 8)
#define HLL_EMPTY_SIZE (HLL_HEADER + 2) /* sparse, one run */
#define HLL_SPARSE_MAX (HLL_HEADER + 2 * HLL_REGISTERS) /* of a sparse one that is not corrupt */

enum hll_kind { HLL_NONE, HLL_DENSE, HLL_SPARSE };

/* NONE: not one at all. By header and length; a sparse one may still be corrupt. */
enum hll_kind hll_kind(struct slice s);
void          hll_empty(char out[HLL_EMPTY_SIZE]);

/* Which register an element goes to, and its rank there (1 to 51). */
struct hll_place { uint32_t index, rank; };
struct hll_place hll_place(struct slice element);

/* --- The cached estimate, in the header -------------------------------------------------------- */
bool hll_cached(struct slice s, uint64_t *out); /* false: out of date */
void hll_cache(char *p, uint64_t estimate);
void hll_cache_drop(char *p);

/* --- All registers ------------------------------------------------------------------------------ */
/* Raises each register to the one of s. False: s is corrupt; the registers are of no use. */
bool     hll_merge(struct slice s, uint8_t registers[HLL_REGISTERS]);
/* The registers behind the header of a dense one. */
void     hll_dense_pack(char *p, const uint8_t registers[HLL_REGISTERS]);
/* A dense one with the header and registers of the sparse s. False: s is corrupt. */
bool     hll_to_dense(struct slice s, char out[HLL_DENSE_SIZE]);
uint64_t hll_estimate(const uint8_t registers[HLL_REGISTERS]);
bool     hll_count(struct slice s, uint64_t *out); /* false: corrupt */

/* --- One register ------------------------------------------------------------------------------- */
unsigned hll_dense_get(const char *p, uint32_t index);
bool     hll_dense_raise(char *p, struct hll_place at); /* false: it was that high already */

/* What raising a register of a sparse one comes to: some bytes are replaced by others. */
struct hll_edit {
    size_t  at, old_len, len;
    uint8_t bytes[32];
};
enum hll_status {
    HLL_SAME,    /* it was that high already */
    HLL_EDIT,    /* the edit says how */
    HLL_PROMOTE, /* it has to become dense: longer than max, or a rank that no run can hold */
    HLL_CORRUPT,
};
/* Where the search starts; {0} is the beginning. Kept between calls with ascending indices, so that
 * setting many costs one walk. */
struct hll_cursor {
    size_t   at; /* offset behind the header */
    uint32_t first;
};
enum hll_status hll_sparse_plan(struct slice s, struct hll_place to, size_t max,
                                struct hll_cursor *from, struct hll_edit *edit);
/* p holds len bytes and has room for len - old_len + edit->len, which it returns. Drops the cache. */
size_t hll_edit_apply(char *p, size_t len, const struct hll_edit *edit);

/* "Z:16384", "z:3 v:1,2 ...": the runs of a sparse one, one by one, as text. */
struct hll_run {
    char     kind; /* 'Z', 'z' or 'v' */
    unsigned value, count;
};
/* Reads the run at *at (0 at first, behind the header) and steps on. False: the end. A last run that is
 * cut off is shown as if a 0 followed, as Redis does. */
bool hll_run_next(struct slice s, size_t *at, struct hll_run *out);

#endif
