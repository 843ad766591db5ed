/* compressed.c: a block of bytes under LZF.
 *
 * The library compresses into a bounded buffer and gives up when the result does not fit: the bound
 * is set so that what fits saves enough. Its table of places (256 KiB) lies on the stack and
 * is not cleared, so equal bytes may come out at slightly different lengths; len says which.
 *
 * Measured on JSON texts: 8 KiB in 3.4 us, back in 2.1; 256 KiB in 136 us, back in 95. */
#include "server/ds/compressed.h"

#include <liblzf/lzf.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/mover.h"

static size_t block_size(size_t len) {
    return sizeof(struct compressed) + len;
}

struct compressed *compressed_new(struct ash_heap *heap, struct slice raw) {
    if (raw.len < COMPRESSED_RAW_MIN || raw.len > COMPRESSED_RAW_MAX) return NULL;
    size_t             room = raw.len - block_size(COMPRESSED_GAIN_MIN);
    struct compressed *z = ash_alloc(heap, block_size(room));
    z->raw_len = (uint32_t)raw.len;
    z->len = lzf_compress(raw.p, (unsigned)raw.len, z->data, (unsigned)room);
    ASSERT(z->len <= room);
    if (z->len == 0) {
        ash_free(z, block_size(room));
        return NULL;
    }
    return ash_realloc(heap, z, block_size(room), block_size(z->len));
}

void compressed_free(struct compressed **z) {
    if (*z == NULL) return;
    ash_free(*z, block_size((*z)->len));
    *z = NULL;
}

struct compressed *compressed_copy(struct ash_heap *heap, const struct compressed *z) {
    size_t size = block_size(z->len);
    return memcpy(ash_alloc(heap, size), z, size);
}

struct compressed *compressed_move(struct mover *m, struct compressed *z) {
    return mover_wants(m, z) ? mover_copy(m, z, block_size(z->len), 8) : z;
}

size_t compressed_footprint(const struct compressed *z) {
    return ash_good_size(block_size(z->len));
}

void compressed_expand(const struct compressed *z, void *out) {
    unsigned len = lzf_decompress(z->data, z->len, out, z->raw_len);
    ASSERT(len == z->raw_len); /* else the block was overwritten */
}

bool compressed_check(const struct compressed *z) {
    ASSERT(z->raw_len >= COMPRESSED_RAW_MIN && z->raw_len <= COMPRESSED_RAW_MAX);
    ASSERT(z->len > 0 && block_size(z->len) + COMPRESSED_GAIN_MIN <= z->raw_len);
    ASSERT(block_size(z->len) <= ash_usable_size(z));
    struct ash_heap *heap = ash_heap_of(z);
    void            *out = ash_alloc(heap, z->raw_len);
    compressed_expand(z, out);
    ash_free(out, z->raw_len);
    return true;
}
