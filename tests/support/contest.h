/* contest.h: the command line of a benchmark, and its cases on Ashlar and on redis-server in turn.
 *
 *   PROGRAM [--ashlar BINARY] [--redis BINARY] [options of its own] [--list] [CASE...]
 *
 * --redis '' leaves redis-server out. A CASE may be the first part of a name: zset stands for zset-del,
 * zset-unlink and so on. The program fills in the first group of fields, contest_read the second. */
#ifndef ASHLAR_TESTS_SUPPORT_CONTEST_H
#define ASHLAR_TESTS_SUPPORT_CONTEST_H

#include "tests/support/target.h"

struct contest_option {
    const char  *flag, *what; /* "--elements", "N" */
    const char **value;       /* the default, and then what was given */
};

struct contest {
    /* the program's */
    unsigned     count; /* of cases */
    const char *(*name_of)(unsigned idx);
    void        (*run)(unsigned idx, struct target *t);
    const struct contest_option *options; /* ends with a flag that is NULL; or NULL: none */
    /* as the command line says */
    struct target targets[2];
    char        **wanted; /* names; argv's */
    int           wanted_count; /* 0: all */
};

/* --help and --list print and exit with 0, a command line that makes no sense with 2. */
void contest_read(struct contest *c, int argc, char **argv);
/* Prints the use and exits: for an option of the program's own that makes no sense. */
_Noreturn void contest_usage(const struct contest *c, int status);
/* Runs each case that is wanted on each of the two that is not left out. */
void contest_run(struct contest *c);

#endif
