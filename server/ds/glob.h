/* glob.h: patterns as KEYS, SCAN MATCH and CONFIG GET know them.
 *
 *   *  any bytes    ?  any byte    [abc] [a-z] [^x]  one byte of a class    \x  x itself
 *
 * A class that is not closed ends with the pattern. As in Redis, "*" does not match the empty text:
 * callers that take "*" for "all" say so themselves. Matching needs no recursion and takes at most
 * pattern length times text length steps, whatever the pattern. */
#ifndef ASHLAR_SERVER_DS_GLOB_H
#define ASHLAR_SERVER_DS_GLOB_H

#include "proto/buf.h"

bool glob_match(struct slice pattern, struct slice text, bool nocase);

#endif
