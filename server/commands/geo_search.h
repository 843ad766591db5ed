/* geo_search.h: GEOSEARCH, GEOSEARCHSTORE, GEORADIUS and GEORADIUSBYMEMBER with their _RO forms. */
#ifndef ASHLAR_SERVER_COMMANDS_GEO_SEARCH_H
#define ASHLAR_SERVER_COMMANDS_GEO_SEARCH_H

#include "server/core/call.h"
#include "server/ds/geohash.h"

void cmd_geosearch(struct call *c);
void cmd_geosearchstore(struct call *c);
void cmd_georadius(struct call *c);
void cmd_georadius_ro(struct call *c);
void cmd_georadiusbymember(struct call *c);
void cmd_georadiusbymember_ro(struct call *c);
/* GEORADIUS's keys: the one searched and, of STORE and STOREDIST, the last, which is the one used. */
int  georadius_keys(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg);

/* What these and GEOADD, GEODIST ... share. False: the error was sent. */
bool geo_arg_point(struct call *c, uint32_t i, struct geo_point *out); /* argv[i], argv[i + 1] */
bool geo_arg_unit(struct call *c, uint32_t i, double *out_m);
void geo_reply_distance(struct reply *r, double distance);
void geo_reply_point(struct reply *r, struct geo_point p);

#endif
