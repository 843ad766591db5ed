/* hash.h: the keyed hash of every table. XXH3 with a 192-byte secret drawn at start, so that nobody
 * outside can make keys collide. Set once before the first table, from main or a test. */
#ifndef ASHLAR_SERVER_DS_HASH_H
#define ASHLAR_SERVER_DS_HASH_H

#include "proto/buf.h"

#define HASH_SECRET_SIZE 192

void     hash_secret_set(const unsigned char secret[HASH_SECRET_SIZE]);
uint64_t hash_of(struct slice s);
/* XXH3 as everybody has it, without the secret: for what clients compare with their own. */
uint64_t hash_public(struct slice s);

#endif
