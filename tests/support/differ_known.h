/* differ_known.h: differences between servers that are meant, each with its reason. */
#ifndef ASHLAR_TESTS_SUPPORT_DIFFER_KNOWN_H
#define ASHLAR_TESTS_SUPPORT_DIFFER_KNOWN_H

#include "tests/support/resp.h"
#include "tests/support/words.h"

/* Why these two replies to the command may differ; NULL: they may not. a is the older server's. */
const char *differ_known(const struct words *command, const struct resp *a, const struct resp *b);

#endif
