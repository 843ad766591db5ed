/* info.h: INFO's text. One table in info.c says which sections and fields there are. */
#ifndef ASHLAR_SERVER_COMMANDS_INFO_H
#define ASHLAR_SERVER_COMMANDS_INFO_H

#include "proto/buf.h"

struct call;
struct engine;
struct text;

void cmd_info(struct call *call); /* listed in server.c */
/* Appends the sections asked for (names, "all", "everything", "default"; none: the default ones),
 * each once, in INFO's own order. What is not known is left out. */
void info_print(struct engine *e, const struct slice *sections, unsigned count, struct text *out);

#endif
