/* resp.h: a strict reader of RESP2 and RESP3 replies, independent of the server's writer and of hiredis.
 *
 * It is the grammar check that every reply of every test passes through: lengths and integers in
 * canonical form, CRLF where it belongs and nowhere else, nesting that adds up, no RESP3 type on a
 * RESP2 connection and no RESP2 null on a RESP3 one. What it accepts becomes a tree to compare. */
#ifndef ASHLAR_TESTS_SUPPORT_RESP_H
#define ASHLAR_TESTS_SUPPORT_RESP_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/bytes.h"

#define RESP_DEPTH_MAX 64

struct resp {
    char         type;  /* the type byte on the wire: + - : $ * _ , # ( ! = % ~ | > */
    bool         null;  /* $-1, *-1 and _ */
    long long    number; /* of : */
    char        *text;  /* scalars: the bytes between type and CRLF, or the bulk's; verbatim without "txt:" */
    size_t       len;
    char         format[4]; /* of = */
    struct resp *items; /* aggregates; maps and attributes hold key, value, key, value */
    size_t       count;
};

enum resp_state { RESP_OK, RESP_MORE, RESP_BAD };

/* Reads one reply from the front of the bytes. OK: *out is filled (free with resp_fini) and *used is
 * its length. MORE: the bytes end too early. BAD: *why says what rule is broken, *used where. */
enum resp_state resp_parse(const char *bytes, size_t len, int proto, struct resp *out, size_t *used,
                           const char **why);
void resp_fini(struct resp *r);
bool resp_is_aggregate(const struct resp *r);
/* One line, in the notation of transcripts; aggregates in brackets. */
void resp_print(struct bytes *out, const struct resp *r);

#endif
