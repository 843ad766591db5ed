/* bitfield.h: the BITFIELD command: integers of any width inside a string. */
#ifndef ASHLAR_SERVER_COMMANDS_BITFIELD_H
#define ASHLAR_SERVER_COMMANDS_BITFIELD_H

#include <stdbool.h>
#include <stdint.h>

struct call;

void cmd_bitfield(struct call *c);
void cmd_bitfield_ro(struct call *c);

/* A bit's place at argv[i], or, where width is not 0, "#n": n times the width. Inside
 * proto-max-bulk-len. False: the error was sent. */
bool bitmap_arg_offset(struct call *c, uint32_t i, unsigned width, uint64_t *out);

#endif
