/* pattern.h: what a reply must look like, in the notation of tests/README.md.
 *
 * A pattern is a tree of lines as they stand in the transcript; its text is understood when it is
 * matched, because it may hold captured values. */
#ifndef ASHLAR_TESTS_SUPPORT_PATTERN_H
#define ASHLAR_TESTS_SUPPORT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/bytes.h"
#include "tests/support/resp.h"
#include "tests/support/vars.h"

struct pattern {
    char           *text; /* the line without `<` and indentation */
    unsigned        line; /* in its file */
    struct pattern *items;
    size_t          count;
};

/* On a mismatch *line is that of the innermost pattern that failed and *why says what was expected
 * and what came. A pattern that makes no sense never matches, and *why says so. */
bool pattern_match(const struct pattern *p, const struct resp *r, struct vars *vars,
                   unsigned *line, struct bytes *why);
void pattern_fini(struct pattern *p);

#endif
