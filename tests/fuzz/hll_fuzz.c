/* hll_fuzz.c: any bytes as a HyperLogLog: corrupt, or one that takes every change right.
 *
 * The first four bytes choose a register, a rank and whether the header is put right.
 *
 *     make fuzz && build/fuzz/tests/fuzz/hll_fuzz -max_len=400 -max_total_time=60 */
#include <stdlib.h>

#include "alloc/assert.h"
#include "server/ds/hll.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Raises a register of a sparse one. valid: its runs add up, so they must afterwards, too. */
static void raise_one(const char *bytes, size_t len, struct hll_place to, bool valid) {
    static uint8_t  before[HLL_REGISTERS], after[HLL_REGISTERS];
    struct hll_edit edit;
    enum hll_status status = hll_sparse_plan(slice_of(bytes, len), to, len + 2, &(struct hll_cursor){0}, &edit);
    ASSERT(!valid || status != HLL_CORRUPT);
    if (status != HLL_EDIT) return;
    char *copy = malloc(len + 3);
    memcpy(copy, bytes, len);
    size_t now = hll_edit_apply(copy, len, &edit);
    ASSERT(now <= len + 3);
    memset(before, 0, sizeof before);
    memset(after, 0, sizeof after);
    bool good = hll_merge(slice_of(bytes, len), before), still = hll_merge(slice_of(copy, now), after);
    ASSERT(good == valid && (!valid || still));
    if (valid) {
        ASSERT(before[to.index] < to.rank && after[to.index] == to.rank);
        before[to.index] = (uint8_t)to.rank;
        ASSERT(memcmp(before, after, sizeof before) == 0);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char dense[HLL_DENSE_SIZE];
    if (size < 4) return 0;
    size_t len = size - 4;
    char  *bytes = malloc(len > 0 ? len : 1); /* exact, so that ASan sees one byte too far */
    if (len > 0) memcpy(bytes, data + 4, len);
    if (data[3] < 224 && len >= 5) memcpy(bytes, "HYLL\1", 5);
    struct slice     s = slice_of(bytes, len);
    struct hll_place to = {(data[0] | (unsigned)data[1] << 8) % HLL_REGISTERS, 1 + data[2] % 51};
    if (hll_kind(s) == HLL_SPARSE) {
        uint64_t       n, again;
        struct hll_run run;
        size_t         at = 0;
        bool           valid = hll_count(s, &n);
        ASSERT(hll_to_dense(s, dense) == valid);
        if (valid) ASSERT(hll_count(slice_of(dense, sizeof dense), &again) && again == n);
        while (hll_run_next(s, &at, &run)) ASSERT(run.count > 0 && at <= len);
        raise_one(bytes, len, to, valid);
    }
    free(bytes);
    return 0;
}
