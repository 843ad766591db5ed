/* reply_count.h: how many whole RESP values lie in a session's output. Debug builds ask after each
 * command: more or fewer than one and every later reply would go to the wrong request. */
#ifndef ASHLAR_SERVER_CORE_REPLY_COUNT_H
#define ASHLAR_SERVER_CORE_REPLY_COUNT_H

#include "proto/buf.h"

/* Values in the bytes of b behind the first `skip`; push messages are not counted, an attribute
 * belongs to what follows. -1: the bytes are not whole values. */
int reply_count(const struct outbuf *b, uint64_t skip);

#endif
