/* differ_known.h: differences between servers that are meant, each with its reason. */
#ifndef ASHLAR_TESTS_SUPPORT_DIFFER_KNOWN_H
#define ASHLAR_TESTS_SUPPORT_DIFFER_KNOWN_H

#include "tests/support/differ_gen.h"
#include "tests/support/resp.h"
#include "tests/support/words.h"

/* PARTED: explained, and what the servers have differs from then on. */
enum judgement { REPLIES_SAME, REPLIES_EXPLAINED, REPLIES_PARTED, REPLIES_DIFFER };

/* a is the older server's reply. Sorts both in place where order is free. */
enum judgement differ_judge(const struct words *command, enum compare compare, struct resp *a, struct resp *b);
/* Why these two replies to the command may differ; NULL: they may not. */
const char *differ_known(const struct words *command, const struct resp *a, const struct resp *b);

#endif
