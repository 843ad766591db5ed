/* calls.h: calls of a command, made from what the server itself says of its arguments (COMMAND DOCS).
 *
 * So a test that goes over all commands has valid calls of those too that were added after it was
 * written. Values are chosen by an argument's name and type; whether a call is really valid, only
 * trying it tells. */
#ifndef ASHLAR_TESTS_SUPPORT_CALLS_H
#define ASHLAR_TESTS_SUPPORT_CALLS_H

#include "tests/support/resp.h"
#include "tests/support/words.h"

#define CALLS_NONE (-1)
#define CALLS_ALL  (-2)

struct calls_style {
    const char *key;      /* for every key argument but a destination, which is "dst" */
    int         optional; /* which optional argument at the top is there; CALLS_NONE, CALLS_ALL */
    unsigned    choice;   /* which one of alternatives, modulo their number */
};

/* The value of a field in a RESP2 flat array of pairs; NULL: not there. */
const struct resp *calls_field(const struct resp *pairs, const char *name);
/* How many arguments at the top are optional. docs: the command's pairs in COMMAND DOCS' reply. */
int calls_optionals(const struct resp *docs);
/* Adds the arguments to *out, which holds the command's name. */
void calls_make(const struct resp *docs, const struct calls_style *style, struct words *out);

#endif
