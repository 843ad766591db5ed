/* stream.h: the stream type: entries of fields and values under ascending IDs, never reordered.
 *
 * Entries lie in blocks (stream_block.h), found through a map from the ID of each block's first entry.
 * Appending writes at the end of the last block; deleting marks an entry; a block goes when its last
 * entry does. A stream may be empty and still be there.
 *
 * Invariants, asserted together by stream_check():
 *   X1  every block holds at least one entry; its IDs ascend from its key on, below the next block's.
 *   X2  length is the number of entries that are not deleted; no ID is above last_id.
 *   X3  first_id is the first entry's, or 0-0 when length is 0.
 *   X4  block_bytes is the heap bytes of the blocks.
 *   X5  the consumer groups are sound (stream_group.h). What they have pending may be deleted here.
 *   X6  run is the number of entries of the last block's last segment, the last of which is called
 *       last_id and is there unless max_deleted is as high; or 0: the next entry begins a segment.
 * Locking: none; one owner (stream_free: any thread). */
#ifndef ASHLAR_SERVER_TYPES_STREAM_H
#define ASHLAR_SERVER_TYPES_STREAM_H

#include "server/ds/idmap.h"
#include "server/types/stream_block.h"
#include "server/types/stream_names.h"
#include "server/types/value.h"

struct stream {
    struct idmap        blocks;      /* ID of the first entry -> struct stream_block * */
    uint64_t            length;
    struct stream_id    last_id;     /* the highest ever given */
    struct stream_id    first_id;
    struct stream_id    max_deleted; /* the highest ever deleted */
    uint64_t            entries_added;
    size_t              block_bytes;
    uint32_t            run;
    struct stream_names groups;      /* of struct stream_group */
};

struct value   stream_new(const struct type_env *env); /* empty */
struct stream *stream_of(const struct value *v);
uint64_t       stream_count(const struct value *v);

/* Adds an entry; id is above last_id. args: `count` strings, field and value in turn, an even number.
 * False: too long to be stored, nothing was done. */
bool stream_append(struct value *v, const struct type_env *env, struct stream_id id,
                   const struct slice *args, size_t count);
bool stream_delete(struct value *v, const struct type_env *env, struct stream_id id);

/* XSETID: what the next ID has to be above; no entry that is there may be above it. Deleted ones that
 * are go for good, or new entries would come under them. */
void stream_set_last_id(struct value *v, struct stream_id id);

struct stream_trim {
    enum { STREAM_TRIM_NONE, STREAM_TRIM_MAXLEN, STREAM_TRIM_MINID } by;
    bool             approx;  /* whole blocks only */
    uint64_t         maxlen;
    struct stream_id minid;   /* entries below it go */
    uint64_t         limit;   /* at most so many; 0: any number */
};
/* Returns how many entries went. */
uint64_t stream_trim(struct value *v, const struct type_env *env, const struct stream_trim *t);

/* Walks the entries with start <= ID <= end, from either side. The stream must not change meanwhile. */
struct stream_iter {
    const struct stream *s;
    struct idmap_cursor  block;
    struct block_cursor  at; /* in that block */
    struct stream_id     start, end;
    bool                 backwards;
    struct block_marks   marks; /* going backwards alone */
};
void stream_iter_init(struct stream_iter *it, const struct value *v, struct stream_id start,
                      struct stream_id end, bool backwards);
/* The next entry; *pairs fields and values follow by stream_field. */
bool stream_next(struct stream_iter *it, struct stream_id *id, uint64_t *pairs);
bool stream_has(const struct value *v, struct stream_id id); /* is there an entry by that ID? */
struct stream_id stream_last_entry(const struct value *v);   /* the last one's; 0-0: there is none */
void stream_field(struct stream_iter *it, struct element *field, struct element *value);

void         stream_free(struct value *v);
bool         stream_drain(struct value *v, struct freeing *f);
struct value stream_copy(const struct value *v, const struct type_env *env);
size_t       stream_bytes(const struct value *v);
size_t       stream_effort(const struct value *v);
bool         stream_compact(struct value *v, struct mover *m, struct move_cursor *c);
bool         stream_check(const struct value *v);

#endif
