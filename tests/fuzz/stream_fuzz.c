/* stream_fuzz.c: any bytes as a stream's ID and as a stream's block: refused, or sound to walk.
 *
 * The first byte chooses: an ID, which must come back the same from its text; a program that makes a
 * block, a byte or a few an operation, and then changes some of its bytes; or a block as it lies,
 * counts first.
 *
 *     make fuzz && build/fuzz/tests/fuzz/stream_fuzz -max_len=300 -max_total_time=60 */
#include <stdlib.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/types/stream_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 200 /* of a program, and changes after it */

static struct ash_heap *heap;

static void try_id(struct slice text) {
    struct stream_id id, again;
    bool             auto_seq = false;
    char             out[STREAM_ID_TEXT_MAX];
    stream_id_parse_auto(text, &id, &auto_seq);
    if (!stream_id_parse(text, UINT64_MAX, &id)) return;
    size_t len = stream_id_format(out, id);
    ASSERT(len < sizeof out);
    ASSERT(stream_id_parse(slice_of(out, len), 0, &again) && stream_id_eq(id, again));
    struct stream_id next = id;
    if (stream_id_next(&next)) ASSERT(stream_id_less(id, next) && stream_id_prev(&next) && stream_id_eq(id, next));
}

/* Forwards and backwards the same entries, each with its fields; and found by their IDs. */
static void walk(const struct stream_block *b, struct stream_id master) {
    struct block_cursor c, other;
    struct block_marks  m;
    struct block_entry  e, found;
    size_t              entries = 0, deleted = 0;
    block_seek(&c, b, master, STREAM_ID_MIN);
    for (; block_next(&c, &e); entries++) {
        struct element name, value;
        for (uint64_t i = 0; i < e.pairs; i++) block_field(&c, &name, &value);
        deleted += e.deleted;
        block_seek(&other, b, master, e.id);
        do ASSERT(block_next(&other, &found));
        while (stream_id_less(found.id, e.id));
        ASSERT(found.at == e.at && stream_id_eq(found.id, e.id));
    }
    ASSERT(entries == (size_t)b->count + b->deleted && deleted == b->deleted);
    ASSERT(stream_id_eq(block_last(b, master), e.id));
    block_seek_back(&c, &m, b, master, STREAM_ID_MAX);
    for (; block_prev(&c, &m, &e); entries--) continue;
    ASSERT(entries == 0);
}

/* --- A program ------------------------------------------------------------------------------------ */

struct input {
    const uint8_t *p, *end;
};

static unsigned take(struct input *in) { return in->p < in->end ? *in->p++ : 0; }

/* Up to three fields of up to 15 bytes. */
static size_t take_args(struct input *in, struct slice args[6], unsigned shape) {
    size_t count = shape % 4 * 2;
    for (size_t i = 0; i < count; i++) {
        size_t len = take(in) % 16;
        if (len > (size_t)(in->end - in->p)) len = (size_t)(in->end - in->p);
        args[i] = i % 2 == 0 && shape < 128 ? slice_str("name") : slice_of((const char *)in->p, len);
        if (args[i].p == (const char *)in->p) in->p += len;
    }
    return count;
}

static struct stream_id take_id(struct input *in, struct stream_id last) {
    unsigned         by = take(in), shift = take(in) % 48;
    struct stream_id id = {last.ms + ((uint64_t)(by >> 4) << shift), by % 16};
    if (by >> 4 == 0) id.seq = last.seq + 1 + ((uint64_t)by << shift);
    if (stream_id_less(last, id)) return id;
    ASSERT(stream_id_next(&last)); /* so few steps cannot come to the end */
    return last;
}

static void delete_nth(struct stream_block *b, struct stream_id master, unsigned n) {
    struct block_cursor c;
    struct block_entry  e;
    block_seek(&c, b, master, STREAM_ID_MIN);
    do if (!block_next(&c, &e)) return;
    while (n-- > 0);
    if (!e.deleted && b->count > 1) block_delete(b, e.at);
}

/* Takes away what is deleted at the end. */
static void cut(struct stream_block *b, struct stream_id master) {
    struct block_cursor c;
    struct block_marks  m;
    struct block_entry  e;
    block_seek_back(&c, &m, b, master, STREAM_ID_MAX);
    do ASSERT(block_prev(&c, &m, &e));
    while (e.deleted);
    block_cut(b, master, e.id);
}

static struct stream_block *run(struct input *in, struct stream_id *master) {
    struct slice         args[6];
    struct stream_id     last = {1000, 10};
    struct stream_block *b = NULL;
    unsigned             in_segment = 0;
    for (unsigned step = 0; step < STEPS_MAX && (in->p < in->end || b == NULL); step++) {
        unsigned what = take(in);
        if (b == NULL || what % 8 < 5) {
            size_t count = take_args(in, args, what >> 3);
            last = b == NULL ? last : take_id(in, last);
            if (b == NULL) *master = last;
            if (b == NULL) b = block_new(heap, args, count, 0);
            bool begins = in_segment == 0 || in_segment == BLOCK_SEGMENT;
            struct stream_id before = b->count > 0 ? block_last(b, *master) : last;
            b = block_append(heap, b, *master, begins ? NULL : &before, last, args, count);
            in_segment = begins ? 1 : in_segment + 1;
        } else if (what % 8 == 5) {
            delete_nth(b, *master, what >> 3);
        } else if (what % 8 == 6) {
            cut(b, *master);
            in_segment = 0;
        } else {
            break;
        }
        ASSERT(block_validate(b, *master));
    }
    return b;
}

static void try_program(struct input in) {
    struct stream_id     master;
    struct stream_block *b = run(&in, &master);
    walk(b, master);
    b = block_close(heap, b);
    for (unsigned step = 0; step < STEPS_MAX && in.p < in.end; step++) {
        unsigned at = take(&in);
        at = (at | take(&in) << 8) % b->used;
        b->bytes[at] ^= (unsigned char)take(&in);
        if (block_validate(b, master)) walk(b, master);
    }
    block_free(&b);
}

/* --- Bytes ---------------------------------------------------------------------------------------- */

static void try_bytes(struct input in) {
    struct stream_id    master = {5, 5};
    struct stream_block head = {.count = take(&in), .deleted = take(&in), .tail = take(&in)};
    head.listpack = take(&in);
    head.listpack |= take(&in) << 8;
    head.used = (uint32_t)(in.end - in.p);
    head.cap = (uint32_t)ash_good_size(sizeof head + head.used);
    struct stream_block *b = ash_alloc(heap, head.cap);
    *b = head;
    memcpy(b->bytes, in.p, head.used);
    if (block_validate(b, master)) walk(b, master);
    block_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (heap == NULL) heap = ash_heap_new("fuzz", ASH_HEAP_OWNED);
    if (size == 0) return 0;
    struct input in = {data + 1, data + size};
    if (data[0] % 4 == 0) try_id(slice_of((const char *)in.p, size - 1));
    else if (data[0] % 4 == 1) try_bytes(in);
    else try_program(in);
    return 0;
}
