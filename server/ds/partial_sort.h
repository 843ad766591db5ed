/* partial_sort.h: some places of an array as they are when all of it is sorted.
 *
 * The items of [start, end) are found by splitting the array at random items, and only they are sorted:
 * O(count + n log n) on average for n wanted, whatever the order they come in. */
#ifndef ASHLAR_SERVER_DS_PARTIAL_SORT_H
#define ASHLAR_SERVER_DS_PARTIAL_SORT_H

#include "server/ds/rand.h"

#include <stddef.h>

#define PARTIAL_SORT_ITEM_MAX 128 /* bytes of an item */

struct sortable {
    void  *items;
    size_t count, size; /* of how many bytes each */
    int  (*compare)(const void *a, const void *b); /* as qsort's, but never 0 for two items */
};
/* Afterwards what lies in [start, end) is right; what lies before and behind it is there, in any order. */
void partial_sort(const struct sortable *s, size_t start, size_t end, struct rand *rand);

#endif
