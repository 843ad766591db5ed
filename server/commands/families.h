/* families.h: every family's command table. Each is the last thing in its family's file and ended
 * by an empty entry; commands/table.c lists them. */
#ifndef ASHLAR_SERVER_COMMANDS_FAMILIES_H
#define ASHLAR_SERVER_COMMANDS_FAMILIES_H

#include "server/core/command.h"

extern const struct command string_commands[];
extern const struct command bitmap_commands[];
extern const struct command hll_commands[];
extern const struct command geo_commands[];
extern const struct command keys_commands[];
extern const struct command sort_commands[];
extern const struct command expire_commands[];
extern const struct command list_commands[];
extern const struct command list_pop_commands[];
extern const struct command set_commands[];
extern const struct command hash_commands[];
extern const struct command hash_expire_commands[];
extern const struct command zset_commands[];
extern const struct command zset_algebra_commands[];
extern const struct command zset_pop_commands[];
extern const struct command stream_commands[];
extern const struct command stream_read_commands[];
extern const struct command stream_info_commands[];
extern const struct command stream_group_commands[];
extern const struct command stream_read_group_commands[];
extern const struct command stream_pending_commands[];
extern const struct command stream_claim_commands[];
extern const struct command connection_commands[];
extern const struct command client_commands[];
extern const struct command config_commands[];
extern const struct command server_commands[];
extern const struct command memory_commands[];
extern const struct command debug_commands[];
extern const struct command command_commands[];

#endif
