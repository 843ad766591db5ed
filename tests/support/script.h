/* script.h: a transcript file, read into steps. The notation is in tests/README.md. */
#ifndef ASHLAR_TESTS_SUPPORT_SCRIPT_H
#define ASHLAR_TESTS_SUPPORT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/bytes.h"
#include "tests/support/pattern.h"
#include "tests/support/words.h"

enum step_kind { STEP_SEND, STEP_EXPECT, STEP_DIRECTIVE };
enum step_only { ONLY_ANY, ONLY_ASHLAR, ONLY_REDIS };

struct condition { /* when a paragraph or file applies */
    enum step_only only;
    int            since; /* 70200 for 7.2; 0: always */
    int            until;
};

struct step {
    enum step_kind   kind;
    unsigned         line;
    char            *conn;   /* "main" or a name */
    char            *text;   /* SEND: the command line; DIRECTIVE: its first word */
    struct words     args;   /* DIRECTIVE: the rest */
    struct pattern   expect; /* EXPECT */
    struct condition when;
};

struct script {
    struct step     *step;
    size_t           count;
    struct condition when;    /* @file */
    struct words     options; /* @config, as a server's command line */
};

/* False: *error says where and what. */
bool script_read(const char *path, struct script *out, struct bytes *error);
void script_fini(struct script *s);

#endif
