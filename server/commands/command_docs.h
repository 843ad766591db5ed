/* command_docs.h: a command's arguments as a tree, read from its syntax line.
 *
 * The grammar of a syntax line, which is redis.io's:
 *   word           an argument (has a lower-case letter)
 *   TOKEN          a token; alone it is an argument of its own, before a word it belongs to the
 * word,
 *                  before several words these become a block
 *   [ ... ]        optional          < ... >  required, for grouping     ( ... )  a block
 *   a | b          one of
 *   x [x ...]      several x; `a b [a b ...]` several blocks; `[T x [T x ...]]` with the token each
 * time
 *   [ ... ] ...    several of the group
 *
 * What names and types Redis gives to groups and words is in two small tables in the .c.
 * Pure functions. Locking: none. */
#ifndef ASHLAR_SERVER_COMMANDS_COMMAND_DOCS_H
#define ASHLAR_SERVER_COMMANDS_COMMAND_DOCS_H

#include "server/core/command.h"

#define DOC_ARGS_MAX  96 /* arguments of one command, nested ones included */
#define DOC_NAME_MAX  64
#define DOC_TOKEN_MAX 32
#define DOC_NONE      (-1)

enum doc_type { DOC_STRING, DOC_INTEGER, DOC_DOUBLE, DOC_KEY, DOC_PATTERN, DOC_UNIX_TIME,
                DOC_PURE_TOKEN, DOC_ONEOF, DOC_BLOCK };
enum doc_flags { DOC_OPTIONAL = 1, DOC_MULTIPLE = 2, DOC_MULTIPLE_TOKEN = 4 };

struct doc_arg {
    char          name[DOC_NAME_MAX], token[DOC_TOKEN_MAX]; /* token "": none */
    enum doc_type type;
    unsigned      flags;
    int           key_spec;    /* DOC_NONE: not a key */
    int           child, next; /* indices into the tree, DOC_NONE at the end */
};
struct doc_tree {
    struct doc_arg arg[DOC_ARGS_MAX];
    int            count;
    int            first; /* DOC_NONE: no arguments */
};

/* False: the line does not follow the grammar, or holds too much. command: for types and key specs.
 */
bool        doc_parse(const struct command *command, const char *syntax, struct doc_tree *out);
const char *doc_type_name(enum doc_type type); /* "pure-token" ... */

#endif
