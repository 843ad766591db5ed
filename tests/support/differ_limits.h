/* differ_limits.h: the limits at which encodings change, the same on both servers of a run.
 *
 * A run begins with all of them small (an odd seed) or as they are by default (an even one), goes
 * back to that whenever both servers are emptied, and changes one now and then between commands.
 * Locking: none; one thread. */
#ifndef ASHLAR_TESTS_SUPPORT_DIFFER_LIMITS_H
#define ASHLAR_TESTS_SUPPORT_DIFFER_LIMITS_H

#include "tests/support/differ_gen.h"

struct limits {
    const struct limit *known[16]; /* those that both servers take */
    size_t              count;
    bool                small;
};

/* known(option, value, arg): do both servers take it? */
void limits_init(struct limits *l, bool small,
                 bool (*known)(const char *option, const char *value, void *arg), void *arg);
/* The command that sets all of them to what a run begins with; yours to words_fini. */
void limits_first(const struct limits *l, struct words *out);
/* A command that changes one of them; yours to words_fini. False: neither server has any. */
bool limits_next(const struct limits *l, struct gen *g, struct words *out);

#endif
