/* differ_reply.h: do two servers' replies mean the same? */
#ifndef ASHLAR_TESTS_SUPPORT_DIFFER_REPLY_H
#define ASHLAR_TESTS_SUPPORT_DIFFER_REPLY_H

#include <stdbool.h>

#include "tests/support/differ_gen.h"
#include "tests/support/resp.h"

/* Errors are compared exactly, whatever `how`. Sorts the replies' elements in place where order is free.
 * scores: a text of a may be %.17g of the number that b has in fewer digits. */
bool differ_same(struct resp *a, struct resp *b, enum compare how, bool scores);

#endif
