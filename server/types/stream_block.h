/* stream_block.h: some entries of a stream in one listpack, laid out as Redis's stream nodes are, so
 * that their bytes may go into RDB files.
 *
 *   head:   count | deleted | n | field x n | 0
 *   entry:  flags | ms delta | seq delta | [n | (field value) x n]  or, with the head's fields,
 *           value x n | number of elements of the entry before this one
 *
 * count is of the entries that are not deleted; deltas are to the ID of the block's first entry. The
 * listpack has an allocation of its own size, with room behind it for the next entries.
 *
 * Pure bytes: no order among blocks, no counts of a stream. Locking: none.
 * Source: the layout of Redis 5 to 7, stream nodes. */
#ifndef ASHLAR_SERVER_TYPES_STREAM_BLOCK_H
#define ASHLAR_SERVER_TYPES_STREAM_BLOCK_H

#include "server/ds/listpack.h"
#include "server/ds/stream_id.h"
#include "server/types/value.h"

struct stream_block { /* 16 bytes: a value of the stream's map */
    unsigned char *lp;
    size_t         cap; /* bytes allocated for lp */
};

struct block_head {
    uint64_t             count, deleted, fields;
    const unsigned char *first_field; /* NULL: it has none */
    const unsigned char *first_entry; /* NULL: none was added yet */
};

struct block_entry {
    const unsigned char *at; /* its flags */
    const unsigned char *next; /* the entry after it, or NULL */
    struct stream_id     id;
    bool                 deleted, same_fields;
    uint64_t             fields;
    const unsigned char *body; /* the first field, or the first value with the head's fields */
};

/* Fields and values of one entry, to be read in turn. */
struct block_fields {
    const unsigned char *name, *value; /* name NULL: names stand before their values */
};

/* A block with room for about `room` bytes, its head made of the fields of args. */
struct stream_block block_new(struct ash_heap *heap, const struct slice *args, size_t count, size_t room);
void                block_free(struct stream_block *b); /* any thread */
struct stream_block block_copy(struct ash_heap *heap, const struct stream_block *b);
/* Gives back the room behind: nothing will be added any more. */
void                block_close(struct ash_heap *heap, struct stream_block *b);
/* Bytes that an entry of these args would add at most. */
size_t              block_entry_bytes(const struct slice *args, size_t count);
/* master: the ID of the block's first entry. `room`: as block_new, when it has to grow. */
void                block_append(struct ash_heap *heap, struct stream_block *b, struct stream_id master,
                                 struct stream_id id, const struct slice *args, size_t count, size_t room);
/* Marks the entry at `at` as deleted and counts it in the head; positions in the block end. */
void                block_delete(struct ash_heap *heap, struct stream_block *b, const unsigned char *at);
/* Takes the block's last entry away, a deleted one. */
void                block_cut(struct ash_heap *heap, struct stream_block *b);

void block_head_read(const unsigned char *lp, struct block_head *out);
void block_entry_read(const unsigned char *lp, const unsigned char *at, struct stream_id master,
                      struct block_entry *out);
/* The last entry; the one before the entry at `at`. NULL: there is none. */
const unsigned char *block_last(const unsigned char *lp);
const unsigned char *block_prev(const unsigned char *lp, const unsigned char *at);
void block_fields_init(struct block_fields *f, const unsigned char *lp, const struct block_entry *e);
void block_fields_next(struct block_fields *f, struct element *field, struct element *value);
void   block_move(struct mover *m, struct stream_block *b); /* ds/mover.h */
size_t block_footprint(const struct stream_block *b);
/* Untrusted bytes that passed lp_validate: is every entry whole and do the counts agree? */
bool   block_validate(const unsigned char *lp);

#endif
