/* wire.h: one client connection whose every reply is checked.
 *
 * Commands are written with hiredis; replies are read raw, pass the strict grammar check of resp.h
 * and, on a RESP2 connection, must mean the same to hiredis' own reader. The wire follows HELLO and
 * RESET by itself, so it knows which protocol the next reply must be in. */
#ifndef ASHLAR_TESTS_SUPPORT_WIRE_H
#define ASHLAR_TESTS_SUPPORT_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/bytes.h"
#include "tests/support/resp.h"
#include "tests/support/words.h"

struct wire;

enum wire_status {
    WIRE_OK,
    WIRE_TIMEOUT, /* nothing complete in time */
    WIRE_CLOSED,  /* the server closed, nothing unread */
    WIRE_BAD,     /* a reply broke the protocol: wire_error() says how */
};

struct wire *wire_new(const char *unix_path); /* NULL: errno says why */
void         wire_free(struct wire **w);

bool wire_send(struct wire *w, const struct words *command); /* false: the connection is gone */
bool wire_send_raw(struct wire *w, const char *data, size_t len);
/* The next reply (or push). On OK *out is yours to resp_fini. */
enum wire_status wire_receive(struct wire *w, int timeout_ms, struct resp *out);
/* The next len bytes as they are. On OK they are added to *out. */
enum wire_status wire_receive_raw(struct wire *w, int timeout_ms, size_t len, struct bytes *out);
/* Splits the line, sends it and reads one reply within 30 s. */
enum wire_status wire_ask(struct wire *w, const char *line, struct resp *out);

const char *wire_error(const struct wire *w);
const char *wire_status_name(enum wire_status status);
int         wire_proto(const struct wire *w);

#endif
