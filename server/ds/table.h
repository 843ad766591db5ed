/* table.h: a hash table of pointers to items that carry their own key.
 *
 * Linear hashing over cache-line buckets: 64 bytes hold nine one-byte tags' worth of 48-bit item
 * pointers (layout in table.c); a full bucket chains to an overflow line. One bucket is split (or two
 * merged) by each insertion (removal) beyond the load limits, so the table grows and shrinks without
 * a second table, without copying, and without a stall. Buckets live in segments of growing size up
 * to SEGMENT_MAX, found by a directory. Source: Litwin, "Linear hashing", VLDB 1980.
 *
 * Invariants, asserted together by table_check():
 *   T1  every item is in the bucket its hash addresses under (level, split), or in its chain.
 *   T2  count is the number of items; footprint the heap bytes of segments, overflow and directory.
 *   T3  a slot's tag is the tag of its item's hash.
 *   T4  what is noted is an item of the table, with its hash, or NULL.
 * Items are 8-byte aligned and stay the caller's. Hashes are table_hash(key), passed in so that a
 * batch can compute them early. Locking: none; one owner (table_fini: any thread). */
#ifndef ASHLAR_SERVER_DS_TABLE_H
#define ASHLAR_SERVER_DS_TABLE_H

#include "proto/buf.h"

struct ash_heap;
struct freeing;
struct move_cursor;
struct mover;
struct rand;

struct table_type {
    struct slice (*key)(const void *item);
};

struct table {
    const struct table_type *type;
    struct ash_heap         *heap;
    uint64_t                 count;
    uint64_t                 level_mask; /* 2^level - 1 */
    uint64_t                 split;      /* buckets [0, split) are already split */
    struct table_bucket    **segment;
    uint32_t                 segment_count, segment_cap;
    size_t                   footprint;
    void                    *noted; /* table_get_noting() */
    uint64_t                 noted_hash;
};

void table_init(struct table *t, struct ash_heap *heap, const struct table_type *type);
/* Frees buckets; calls free_item (may be NULL) on each item first. */
void table_fini(struct table *t, void (*free_item)(void *item, void *arg), void *arg);
/* The same piece by piece (freeing.h); free_item (may be NULL) counts what it frees. */
bool table_drain(struct table *t, void (*free_item)(void *item, struct freeing *f),
                 struct freeing *f);

uint64_t table_hash(struct slice key); /* keyed with the process's random seed: hash.h */

void *table_get(const struct table *t, struct slice key, uint64_t hash);
/* The same, and notes what it finds, for who is likely to ask for it again: table_noted() is the item
 * found last if it has this hash, and its key is yours to compare. Forgotten when any item leaves. */
void *table_get_noting(struct table *t, struct slice key, uint64_t hash);
static inline void *table_noted(const struct table *t, uint64_t hash) {
    return t->noted_hash == hash ? t->noted : NULL;
}
/* Is it this very item? No item is looked at. */
bool  table_holds(const struct table *t, const void *item, uint64_t hash);
void  table_put(struct table *t, void *item, uint64_t hash); /* its key must not be there */
/* The item moved or was exchanged for one of equal key. */
void  table_replace(struct table *t, void *old_item, void *new_item, uint64_t hash);
void *table_take(struct table *t, struct slice key, uint64_t hash); /* NULL: not there */
/* Takes exactly this item, known to be there. */
void  table_take_item(struct table *t, void *item, uint64_t hash);

/* Two steps for a batch: fetch the bucket's line; later, and before the table changes, fetch the
 * items whose tag matches there. NULL, for which the second does nothing: the table is empty. */
const struct table_bucket *table_prefetch(const struct table *t, uint64_t hash);
void table_prefetch_items(const struct table_bucket *line, uint64_t hash);

/* SCAN with Redis's guarantee: an item there from the first call to the last is seen at least once,
 * however the table grows and shrinks. Any cursor is safe. Returns the next cursor; 0: done. */
uint64_t table_scan(const struct table *t, uint64_t cursor, void (*fn)(void *item, void *arg),
                    void *arg);

/* Walks all items; the table must not change meanwhile, except that the item just returned may be
 * replaced (table_replace). */
struct table_iter {
    const struct table        *t;
    uint64_t                   bucket;
    const struct table_bucket *at;
    unsigned                   slot;
};
void  table_iter_init(struct table_iter *it, const struct table *t);
void *table_next(struct table_iter *it);

/* Merges up to `most` buckets that a table of so many items could do without: after removals it has up
 * to twice as many as it needs. Returns how many; fewer than asked: there are no more. */
unsigned table_tighten(struct table *t, unsigned most);
void *table_random(const struct table *t, struct rand *rand); /* near uniform; NULL: empty */
/* Several at once, for a look at some of all: `enough` or a few more, not more than `cap`, out of buckets
 * drawn at random, about one of each. Each item of a bucket has the same chance, so each item is as likely as
 * any. The cache misses overlap, where table_random has three for each one after the other. An item may come
 * twice. 0: empty. */
unsigned table_sample(const struct table *t, struct rand *rand, void **out, unsigned enough, unsigned cap);
void *table_take_random(struct table *t, struct rand *rand);  /* the same, and it leaves the table */
size_t table_bytes(const struct table *t);                    /* footprint */

/* Moves the table's own memory (mover.h), bucket by bucket, and what move_item makes of each item:
 * it returns where the item is from now on. NULL: items stay. Uses c->at only. */
bool table_compact(struct table *t, struct mover *m, struct move_cursor *c,
                   void *(*move_item)(struct mover *m, void *item, void *arg), void *arg);

uint64_t table_buckets(const struct table *t);
bool  table_check(const struct table *t);

#endif
