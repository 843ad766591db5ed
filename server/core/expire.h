/* expire.h: active expiry, in bounded slices: finds keys past their time in the `expires` tables, and
 * takes fields of hashes past theirs from the front of `fields_due`. */
#ifndef ASHLAR_SERVER_CORE_EXPIRE_H
#define ASHLAR_SERVER_CORE_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

struct keyspace;

/* One slice of at most about budget_us. effort: active-expire-effort, 1..10. True: the time was over and
 * it was still worth it. */
bool     expire_cycle(struct keyspace *ks, unsigned effort, uint64_t budget_us);
/* Takes fields that are due, for at most budget_us. True: there are more. */
bool     expire_fields(struct keyspace *ks, uint64_t budget_us);

#endif
