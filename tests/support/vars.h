/* vars.h: values captured by a transcript, and their use as ${name}. */
#ifndef ASHLAR_TESTS_SUPPORT_VARS_H
#define ASHLAR_TESTS_SUPPORT_VARS_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/bytes.h"

struct vars {
    struct var {
        char  *name;
        char  *value;
        size_t len;
    }     *var;
    size_t count;
};

void vars_set(struct vars *v, const char *name, size_t name_len, const char *value, size_t len);
/* Adds the text to *out with each ${name} replaced by its value and each ${rep:N:text} by N times
 * that text. False: no such name, or N is over 1 GiB in all; *out then holds the name. */
bool vars_expand(const struct vars *v, const char *text, size_t len, struct bytes *out);
void vars_fini(struct vars *v);

#endif
