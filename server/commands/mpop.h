/* mpop.h: the arguments of LMPOP, ZMPOP and their blocking forms:
 *     numkeys key [key ...] <one word | another> [COUNT count] */
#ifndef ASHLAR_SERVER_COMMANDS_MPOP_H
#define ASHLAR_SERVER_COMMANDS_MPOP_H

#include "server/core/call.h"

struct mpop {
    uint32_t first, keys; /* argv[first] .. argv[first + keys - 1] */
    bool     second;      /* the second of the two words */
    uint64_t count;       /* at least 1 */
};

/* numkeys is argv[i]. False: the error was sent. */
bool mpop_parse(struct call *c, uint32_t i, const char *first_word, const char *second_word,
                struct mpop *out);

#endif
