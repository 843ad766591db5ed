/* intset_fuzz.c: any bytes as an intset: refused, or a sorted set that stays one.
 *
 * The first byte chooses whether the header is put right. What passes the deep check must have each
 * of its integers found where it is, and take additions and removals.
 *
 *     make fuzz && build/fuzz/tests/fuzz/intset_fuzz -max_len=300 -max_total_time=60 */
#include <stdlib.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/intset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ash_heap *heap;

static void put_right(unsigned char *blob, size_t len, unsigned how) {
    struct intset head = {.encoding = 2u << how % 3};
    if (len < sizeof head || how >= 192) return;
    head.length = (uint32_t)((len - sizeof head) / head.encoding);
    memcpy(blob, &head, sizeof head);
}

static struct intset *use(struct intset *s) {
    uint32_t n = intset_len(s), pos;
    for (uint32_t i = 0; i < n; i++) ASSERT(intset_find(s, intset_get(s, i), &pos) && pos == i);
    static const int64_t extra[] = {0, INT16_MIN, 70000, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        bool there = intset_has(s, extra[i]), done;
        s = intset_add(heap, s, extra[i], &done);
        ASSERT(done == !there && intset_check(s));
        if (done) s = intset_remove(heap, s, extra[i], &done);
        ASSERT((there || done) && intset_check(s) && intset_len(s) == n);
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (heap == NULL) heap = ash_heap_new("fuzz", ASH_HEAP_OWNED);
    if (size < 1) return 0;
    size_t         len = size - 1;
    unsigned char *blob = malloc(len > 0 ? len : 1); /* exact, so that ASan sees one byte too far */
    if (len > 0) memcpy(blob, data + 1, len);
    put_right(blob, len, data[0]);
    if (intset_validate(blob, len, true)) {
        ASSERT(intset_validate(blob, len, false));
        struct intset *s = use(intset_from_blob(heap, blob, len));
        intset_free(&s);
    }
    free(blob);
    ASSERT(ash_heap_used(heap) == 0);
    return 0;
}
