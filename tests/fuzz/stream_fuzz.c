/* stream_fuzz.c: any bytes as a stream's ID and as a stream's block: refused, or sound to walk.
 *
 * The first byte chooses: an ID, which must come back the same from its text, or a listpack whose
 * entries the rest makes (a byte each: an integer or a short string), so that many pass for a block.
 *
 *     make fuzz && build/fuzz/tests/fuzz/stream_fuzz -max_len=300 -max_total_time=60 */
#include <stdlib.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/types/stream_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* Forwards and backwards the same entries, each with its fields. */
static void walk(const unsigned char *lp) {
    struct block_head  head;
    struct block_entry e;
    size_t             forwards = 0, backwards = 0, deleted = 0;
    block_head_read(lp, &head);
    for (const unsigned char *at = head.first_entry; at != NULL; at = e.next, forwards++) {
        struct block_fields f;
        struct element      field, value;
        block_entry_read(lp, at, STREAM_ID_MIN, &e);
        block_fields_init(&f, lp, &e);
        for (uint64_t i = 0; i < e.fields; i++) block_fields_next(&f, &field, &value);
        deleted += e.deleted;
    }
    for (const unsigned char *at = block_last(lp); at != NULL; at = block_prev(lp, at)) backwards++;
    ASSERT(forwards == backwards && forwards == head.count + head.deleted && deleted == head.deleted);
}

static void try_block(const uint8_t *data, size_t size) {
    unsigned char *lp = lp_new(heap);
    for (size_t i = 0; i < size; i++) {
        char text[2] = {(char)('a' + data[i] % 26), 'x'};
        if (data[i] < 200) lp = lp_append_int(heap, lp, data[i] % 16 - (data[i] > 190));
        else lp = lp_append(heap, lp, slice_of(text, data[i] % 3));
    }
    if (block_validate(lp)) walk(lp);
    lp_free(&lp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (heap == NULL) heap = ash_heap_new("fuzz", ASH_HEAP_OWNED);
    if (size == 0) return 0;
    if (data[0] % 2 == 0) try_id(slice_of((const char *)data + 1, size - 1));
    else try_block(data + 1, size - 1);
    return 0;
}
