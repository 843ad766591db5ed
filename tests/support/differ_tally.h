/* differ_tally.h: how often a differential run sent each command, and how often that was an error. */
#ifndef ASHLAR_TESTS_SUPPORT_DIFFER_TALLY_H
#define ASHLAR_TESTS_SUPPORT_DIFFER_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tests/support/words.h"

struct tally {
    struct tally_row {
        char name[40]; /* in upper case; a container's with its subcommand: "OBJECT ENCODING" */
        long sent, errors;
    }     *row;        /* sorted by name */
    size_t count;
};

void tally_add(struct tally *t, const struct words *command, bool error);
/* A table, and which commands got nothing but errors. */
void tally_print(const struct tally *t, FILE *out);
void tally_fini(struct tally *t);

#endif
