/* hash_pack.h: a small hash: its items (hash_item.h) one behind the other, in one block.
 *
 *   plain   | u32 bytes | u16 count | item ... |                        "listpack"
 *   timed   | u32 bytes | u16 count | u48 next | u48 place | item ... | "listpackex"
 *
 * It stands where Redis has a listpack and goes by that name, but has no bytes for walking backwards
 * and finds the next field in one step. RDB's listpack is made from it on the way out. The topmost
 * bit of `bytes` says timed: fields may expire, `next` is the earliest time at which one does (0:
 * none does), `place` is the keyspace's.
 *
 * Invariants, asserted together by pack_check(): items fill the block exactly; count is their
 * number, unless it is PACK_COUNT_MAX; only a timed pack has timed items; next is the earliest of
 * their times. The allocation is ash_good_size(bytes): most edits need no realloc.
 *
 * Ownership: a function that takes `heap` and `pack` consumes the pack and returns its new address;
 * items in it end, except those handed back. Locking: none; one owner (pack_free: any thread). */
#ifndef ASHLAR_SERVER_TYPES_HASH_PACK_H
#define ASHLAR_SERVER_TYPES_HASH_PACK_H

#include "server/types/hash_item.h"

struct ash_heap;
struct mover;

#define PACK_BYTES_MAX ((size_t)1 << 30) /* nothing is added beyond: pack_fits */
#define PACK_COUNT_MAX 65535u            /* so many or more: counted by walking */
#define PACK_NO_TTL    (-1)

unsigned char *pack_new(struct ash_heap *heap, bool timed);
void           pack_free(unsigned char **pack);
unsigned char *pack_copy(struct ash_heap *heap, const unsigned char *pack); /* without place */
unsigned char *pack_to_timed(struct ash_heap *heap, unsigned char *pack);   /* a plain one */

#define PACK_TIMED      0x80000000u
#define PACK_HEAD       6
#define PACK_HEAD_TIMED 18
static inline uint32_t pack_word(const unsigned char *pack) {
    uint32_t v;
    memcpy(&v, pack, sizeof v);
    return v;
}
static inline bool pack_timed(const unsigned char *pack) {
    return (pack_word(pack) & PACK_TIMED) != 0;
}
static inline size_t pack_bytes(const unsigned char *pack) { return pack_word(pack) & ~PACK_TIMED; }
static inline bool   pack_fits(const unsigned char *pack, size_t more) {
    return more <= PACK_BYTES_MAX && pack_bytes(pack) + more <= PACK_BYTES_MAX;
}
uint64_t pack_count(const unsigned char *pack);
size_t   pack_footprint(const unsigned char *pack);
int64_t  pack_next_ms(const unsigned char *pack); /* PACK_NO_TTL: none expires */
uint64_t pack_place(const unsigned char *pack);
void     pack_set_place(unsigned char *pack, uint64_t place);
unsigned char *pack_move(struct mover *m, unsigned char *pack); /* its new address: ds/mover.h */
bool     pack_check(const unsigned char *pack);

/* --- Items: addresses in the pack -------------------------------------------------------------- */

/* The first item, each directly behind the one before it, and where the last one ends. */
static inline const unsigned char *pack_items(const unsigned char *pack) {
    return pack + (pack_timed(pack) ? PACK_HEAD_TIMED : PACK_HEAD);
}
static inline const unsigned char *pack_end(const unsigned char *pack) {
    return pack + pack_bytes(pack);
}
unsigned char *pack_find(const unsigned char *pack, struct slice field); /* NULL: not there */
static inline int64_t pack_item_ms(const unsigned char *item) { /* PACK_NO_TTL: it stays */
    return item_timed(item) ? (int64_t)item_word(item) : PACK_NO_TTL;
}
/* The item (NULL: a new one at the end) becomes p, to expire at at_ms; the pack must be timed unless
 * that is PACK_NO_TTL. p's slices must not point into the pack. */
unsigned char *pack_put(struct ash_heap *heap, unsigned char *pack, unsigned char *item,
                        const struct pair *p, int64_t at_ms);
/* Another time, or none, for the item. */
unsigned char *pack_expire(struct ash_heap *heap, unsigned char *pack, unsigned char *item,
                           int64_t at_ms);
unsigned char *pack_remove(struct ash_heap *heap, unsigned char *pack, unsigned char *item);
/* Removes all that are due (at_ms <= now_ms) in one pass; says how many. */
unsigned char *pack_reap(struct ash_heap *heap, unsigned char *pack, int64_t now_ms,
                         uint64_t *reaped);
uint64_t       pack_due(const unsigned char *pack, int64_t now_ms); /* how many are due */

#endif
