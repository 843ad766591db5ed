/* pair.h: two servers that are asked the same. */
#ifndef ASHLAR_TESTS_SUPPORT_PAIR_H
#define ASHLAR_TESTS_SUPPORT_PAIR_H

#include <stdbool.h>

#include "tests/support/bytes.h"
#include "tests/support/resp.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"

struct pair {
    struct spawn *server[2];
    struct wire  *wire[2];
    struct words  begin; /* a command for both whenever they start from nothing; may be empty */
};

/* All false: *error says which server and what. */
bool pair_init(struct pair *p, const char *binary_a, const char *binary_b, struct bytes *error);
bool pair_fini(struct pair *p, struct bytes *error);
bool pair_send(struct pair *p, const struct words *command, struct bytes *error);
/* One reply of each; both yours to resp_fini. */
bool pair_receive(struct pair *p, struct resp reply[2], struct bytes *error);
/* Sends the line and takes both replies. */
bool pair_ask(struct pair *p, const char *line, struct resp reply[2], struct bytes *error);

#endif
