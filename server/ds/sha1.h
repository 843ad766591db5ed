/* sha1.h: SHA-1 of bytes. For digests that others compute the same way (DEBUG DIGEST), not for
 * secrets. Source: FIPS 180-4, section 6.1. Pure function. */
#ifndef ASHLAR_SERVER_DS_SHA1_H
#define ASHLAR_SERVER_DS_SHA1_H

#include "proto/buf.h"

#define SHA1_SIZE 20

void sha1(struct slice bytes, unsigned char out[SHA1_SIZE]);

#endif
