/* listpack_fuzz.c: any bytes as a listpack: refused, or sound to read and to change.
 *
 * The first byte chooses how much of the header is put right, so that the entries get their share,
 * and the changes made after. What passes the deep check must read the same forwards and backwards,
 * find its own elements, and stay a listpack through edits.
 *
 *     make fuzz && build/fuzz/tests/fuzz/listpack_fuzz -max_len=600 -max_total_time=60 */
#include <stdlib.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/listpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ash_heap *heap;

static void put_right(unsigned char *blob, size_t len, unsigned how) {
    uint32_t total = (uint32_t)len;
    if (len < LP_BYTES_MIN || how % 4 == 0) return;
    memcpy(blob, &total, sizeof total);
    blob[len - 1] = 0xFF;
    if (how % 4 >= 2) blob[4] = blob[5] = 0xFF; /* count not known */
}

static void read_all(const unsigned char *lp) {
    char           scratch[LP_INT_TEXT_MAX];
    struct lp_item it;
    size_t         forwards = 0, backwards = 0;
    for (unsigned char *p = lp_first(lp), *next; p != NULL; p = next, forwards++) {
        next = lp_get_next(p, &it);
        ASSERT(next == lp_next(lp, p));
        struct slice   text = lp_item_text(&it, scratch);
        unsigned char *found = lp_find(lp, lp_first(lp), text, 0);
        ASSERT(lp_eq(p, text) && found != NULL && found <= p);
        ASSERT(forwards >= 64 || lp_seek(lp, (int64_t)forwards) == p);
    }
    for (unsigned char *p = lp_last(lp); p != NULL; p = lp_prev(lp, p)) backwards++;
    ASSERT(forwards == backwards && forwards == lp_count(lp));
}

static unsigned char *change(unsigned char *lp, unsigned how) {
    int64_t        index = (int64_t)(how / 16);
    unsigned char *p = lp_seek(lp, index);
    struct lp_item items[2] = {lp_item_str(slice_str("inserted")), lp_item_int(-70000)};
    if (p == NULL || how % 4 == 0) return lp_append(heap, lp, slice_str("4096"));
    if (how % 4 == 1) return lp_delete(heap, lp, &p, 1 + how / 64);
    if (how % 4 == 2) return lp_insert(heap, lp, &p, items, 2);
    unsigned char *tail = lp_split(heap, &lp, p);
    lp = lp_concat(heap, lp, tail);
    lp_free(&tail);
    p = lp_seek(lp, index);
    return lp_replace(heap, lp, &p, items[how / 4 % 2]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (heap == NULL) heap = ash_heap_new("fuzz", ASH_HEAP_OWNED);
    if (size < 2) return 0;
    unsigned       how = data[0], edits = data[1];
    size_t         len = size - 2;
    unsigned char *blob = malloc(len > 0 ? len : 1); /* exact, so that ASan sees one byte too far */
    if (len > 0) memcpy(blob, data + 2, len);
    put_right(blob, len, how);
    bool sound = lp_validate(blob, len, true);
    ASSERT(!sound || lp_validate(blob, len, false));
    if (sound) {
        unsigned char *lp = lp_from_blob(heap, blob, len);
        read_all(lp);
        for (unsigned i = 0; i < 4; i++) {
            lp = change(lp, (edits * (2 * i + 1)) & 0xFF);
            ASSERT(lp_check(lp));
            read_all(lp);
        }
        lp_free(&lp);
    }
    free(blob);
    ASSERT(ash_heap_used(heap) == 0);
    return 0;
}
