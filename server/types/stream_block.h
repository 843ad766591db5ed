/* stream_block.h: some entries of a stream, in one allocation.
 *
 *   block:    struct stream_block | names | entry ...
 *   names:    varint n | name x n                  those of the block's first entry
 *   entry:    head | [varint back] | [varint ms] | [varint seq] | value x n, or with names of its own
 *             varint n | (name value) x n          names and values are atoms (stream_atom.h)
 *   head:     1 deleted | 2 own names | 4 8 ms | 16 32 seq | 64 begins a segment
 *
 * An entry's ID counts from the one before it: ms is by how much more, and seq is the number, or in
 * the same ms by how much more than the next one. Up to 2 both stand in the head; 3 there says that
 * a varint has the rest. So an entry costs a byte beside its values while it comes in the same ms.
 *
 * Such entries can be read forwards only. Therefore they are cut into segments of at most
 * BLOCK_SEGMENT; the first of a segment counts from the block's first ID, the master, which is not in
 * the block, and says how many bytes ahead of it the segment before begins. So a look-up goes back
 * over segments, and who walks backwards decodes one into an array of BLOCK_SEGMENT places, however
 * many entries a block has.
 *
 * Redis keeps a block's entries as a listpack, and by that one's length decides when it is full, and
 * so what is trimmed together. The block counts what that length would be.
 *
 * Invariants, tested together by block_validate():
 *   B1  count and deleted are the numbers of entries without and with that mark, more than 0 in all.
 *   B2  IDs ascend, from the master on.
 *   B3  the entries end at used; `tail` is where the last segment begins, and each one's `back` leads
 *       to the one before, the first one's being 0.
 *   B4  listpack is block_listpack() without the count and the deleted.
 *
 * Ownership: a function that takes `heap` and a block consumes it and returns its new address; what
 * points into it ends. Marking an entry moves nothing. Locking: none (block_free: any thread). */
#ifndef ASHLAR_SERVER_TYPES_STREAM_BLOCK_H
#define ASHLAR_SERVER_TYPES_STREAM_BLOCK_H

#include "server/ds/stream_id.h"
#include "server/types/value.h"

#define BLOCK_SEGMENT 32

struct stream_block {
    uint32_t      cap;      /* bytes allocated, these here included: ash_good_size() of something */
    uint32_t      used;     /* of bytes[] */
    uint32_t      count, deleted;
    uint32_t      listpack;
    uint32_t      tail;     /* in bytes[] */
    unsigned char bytes[];
};

/* A block of no entry yet, with the names of args and at least `room` bytes for what will come. */
struct stream_block *block_new(struct ash_heap *heap, const struct slice *args, size_t count, size_t room);
void                 block_free(struct stream_block **b); /* any thread */
struct stream_block *block_copy(struct ash_heap *heap, const struct stream_block *b);
struct stream_block *block_move(struct mover *m, struct stream_block *b); /* ds/mover.h */
/* Gives back the room behind: nothing will be added for now. */
struct stream_block *block_close(struct ash_heap *heap, struct stream_block *b);
/* Bytes that an entry of these args takes at most. */
size_t               block_entry_bytes(const struct slice *args, size_t count);
/* Adds an entry behind all others. before: the last one's ID; NULL: a segment begins, as it has to
 * when the last one has BLOCK_SEGMENT entries. */
struct stream_block *block_append(struct ash_heap *heap, struct stream_block *b, struct stream_id master,
                                  const struct stream_id *before, struct stream_id id,
                                  const struct slice *args, size_t count);
/* Takes the entries above id away, all of them deleted; some entry is not above it. */
void   block_cut(struct stream_block *b, struct stream_id master, struct stream_id id);
/* How long Redis's listpack of the same entries is. */
size_t block_listpack(const struct stream_block *b);
bool   block_validate(const struct stream_block *b, struct stream_id master);

/* --- Reading ---------------------------------------------------------------------------------- */

/* Where a reader is. Nothing may be added to the block meanwhile. */
struct block_cursor {
    const struct stream_block *b;
    struct stream_id           master, id; /* id: of the entry that was read last */
    const unsigned char       *at;    /* the next name or value of that entry, and then the next entry */
    const unsigned char       *name;  /* the block's name for the next value; NULL: own ones */
    uint64_t                   atoms; /* names and values of that entry that were not read */
};

struct block_entry {
    struct stream_id id;
    uint64_t         pairs; /* names and values, to be read by block_field */
    uint32_t         at;
    bool             deleted;
};

/* To an entry that is not above id, if there is one, and not far from it: in front of that entry. */
void block_seek(struct block_cursor *c, const struct stream_block *b, struct stream_id master,
                struct stream_id id);
bool block_next(struct block_cursor *c, struct block_entry *out); /* false: there is none */
void block_field(struct block_cursor *c, struct element *name, struct element *value);
/* Marks the entry at `at`, which is not deleted. */
void block_delete(struct stream_block *b, uint32_t at);

/* For going backwards: the entries of the segment in which the reader is that it has yet to see. */
struct block_marks {
    uint32_t         segment; /* where it begins */
    uint32_t         count;
    uint32_t         at[BLOCK_SEGMENT];
    struct stream_id id[BLOCK_SEGMENT];
};
/* Behind the last entry that is not above id, and not far from it. */
void block_seek_back(struct block_cursor *c, struct block_marks *m, const struct stream_block *b,
                     struct stream_id master, struct stream_id id);
bool block_prev(struct block_cursor *c, struct block_marks *m, struct block_entry *out);
/* The ID of the last entry, whether deleted or not. */
struct stream_id block_last(const struct stream_block *b, struct stream_id master);

#endif
