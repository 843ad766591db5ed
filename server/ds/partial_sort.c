/* partial_sort.c: quickselect at both ends of what is wanted, then qsort between them.
 *
 * The splitting item is drawn at random, so that nobody can prepare an array that takes n * n steps.
 * Start reading at partial_sort(). */
#include "server/ds/partial_sort.h"

#include <stdlib.h>
#include <string.h>

#include "alloc/assert.h"

#define FEW 32 /* so many are sorted sooner than split */

static char *item(const struct sortable *s, size_t i) { return (char *)s->items + i * s->size; }

static void swap(const struct sortable *s, size_t i, size_t j) {
    char kept[PARTIAL_SORT_ITEM_MAX];
    if (i == j) return;
    memcpy(kept, item(s, i), s->size);
    memcpy(item(s, i), item(s, j), s->size);
    memcpy(item(s, j), kept, s->size);
}

/* Splits [low, high) at one of its items; returns where that comes to lie. */
static size_t split(const struct sortable *s, size_t low, size_t high, struct rand *rand) {
    size_t middle = low;
    swap(s, low, low + (size_t)rand_below(rand, high - low));
    for (size_t i = low + 1; i < high; i++)
        if (s->compare(item(s, i), item(s, low)) < 0) swap(s, i, ++middle);
    swap(s, low, middle);
    return middle;
}

static void sort_all(const struct sortable *s, size_t low, size_t high) {
    if (high > low + 1) qsort(item(s, low), high - low, s->size, s->compare);
}

/* [low, high) holds what belongs there. Calls itself once at most: then `end` is `high`. */
static void sort_within(const struct sortable *s, size_t low, size_t high, size_t start, size_t end,
                        struct rand *rand) {
    while (high - low > FEW && (low < start || high > end)) {
        size_t at = split(s, low, high, rand);
        if (end <= at) {
            high = at;
        } else if (start > at) {
            low = at + 1;
        } else if (end >= high) { /* all that is behind is wanted */
            sort_all(s, at + 1, high);
            high = end = at;
        } else {
            sort_within(s, low, at, start, at, rand);
            low = start = at + 1;
        }
    }
    sort_all(s, low, high);
}

void partial_sort(const struct sortable *s, size_t start, size_t end, struct rand *rand) {
    ASSERT(s->size <= PARTIAL_SORT_ITEM_MAX && start <= end && end <= s->count);
    if (start < end) sort_within(s, 0, s->count, start, end, rand);
}
