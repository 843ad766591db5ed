/* lcs.h: the LCS command: the longest common subsequence of two strings. */
#ifndef ASHLAR_SERVER_COMMANDS_LCS_H
#define ASHLAR_SERVER_COMMANDS_LCS_H

struct call;

void cmd_lcs(struct call *c);

#endif
