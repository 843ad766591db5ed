/* debug_digest.h: one number for a value, or for all data, equal to what a Redis with the same data
 * says. Linear in the data; for tests. Engine thread. */
#ifndef ASHLAR_SERVER_COMMANDS_DEBUG_DIGEST_H
#define ASHLAR_SERVER_COMMANDS_DEBUG_DIGEST_H

#include "server/core/keyspace.h"
#include "server/ds/sha1.h"

struct digest { unsigned char byte[SHA1_SIZE]; };

struct digest digest_keyspace(const struct keyspace *ks);
/* Of type, value and whether there is an expiry; the key's name is not in it. */
struct digest digest_entry(const struct entry *e);
void          digest_print(const struct digest *d, char out[2 * SHA1_SIZE + 1]);

#endif
