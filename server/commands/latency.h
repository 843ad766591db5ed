/* latency.h: LATENCY's subcommands, listed in server.c. */
#ifndef ASHLAR_SERVER_COMMANDS_LATENCY_H
#define ASHLAR_SERVER_COMMANDS_LATENCY_H

#include "server/core/command.h"

extern const struct command latency_subcommands[];

#endif
