/* table.h: all command families, for command_table_new(). */
#ifndef ASHLAR_SERVER_COMMANDS_TABLE_H
#define ASHLAR_SERVER_COMMANDS_TABLE_H

struct command;

extern const struct command *const command_families[]; /* ended by NULL */

#endif
