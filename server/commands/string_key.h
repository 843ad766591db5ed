/* string_key.h: a key that holds a string, for handlers that read its bytes or change them in place.
 *
 * What an absent key holds is the empty string; what an integer holds is its text. Nothing that a
 * client sizes is allocated before string_room() has agreed to it. */
#ifndef ASHLAR_SERVER_COMMANDS_STRING_KEY_H
#define ASHLAR_SERVER_COMMANDS_STRING_KEY_H

#include "proto/num.h"
#include "server/core/call.h"

/* The key's bytes, borrowed; an integer's text goes to scratch. */
struct slice string_text(const struct key *k, char scratch[NUM_I64_TEXT_MAX]);
/* So many new bytes of keys and values may be stored. False: the error was sent. */
bool         string_room_new(struct call *c, size_t bytes);
/* The key's string may become `at` bytes and `len` more. False: the error was sent. */
bool         string_room(struct call *c, const struct key *k, size_t at, size_t len);
/* The key's string exactly len bytes, zeros behind what was there; returns them for writing. k shows
 * what it is now. As string_grow otherwise. */
char        *string_resize(struct call *c, struct key *k, size_t len);
/* The key's bytes for writing, at least len of them: zeros behind what was there (*had bytes). The
 * string is bytes from now on. NULL: the error was sent. Only memory limits len here. The caller says
 * key_changed. */
char        *string_grow(struct call *c, struct key *k, size_t len, size_t *had);

#endif
