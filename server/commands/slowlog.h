/* slowlog.h: SLOWLOG's subcommands, listed in server.c. */
#ifndef ASHLAR_SERVER_COMMANDS_SLOWLOG_H
#define ASHLAR_SERVER_COMMANDS_SLOWLOG_H

#include "server/core/command.h"

extern const struct command slowlog_subcommands[];

#endif
