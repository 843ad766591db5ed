/* table.c: the list of the families. A new family is one line here and one in families.h. */
#include "server/commands/table.h"

#include "server/commands/families.h"

#include <stddef.h>

const struct command *const command_families[] = {
    string_commands,
    bitmap_commands,
    hll_commands,
    geo_commands,
    keys_commands,
    sort_commands,
    expire_commands,
    list_commands,
    list_pop_commands,
    set_commands,
    hash_commands,
    hash_expire_commands,
    zset_commands,
    zset_algebra_commands,
    zset_pop_commands,
    stream_commands,
    stream_read_commands,
    stream_info_commands,
    stream_group_commands,
    stream_read_group_commands,
    stream_pending_commands,
    stream_claim_commands,
    connection_commands,
    client_commands,
    config_commands,
    server_commands,
    memory_commands,
    debug_commands,
    command_commands,
    NULL,
};
