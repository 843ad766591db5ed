/* expire.h: active expiry: finds keys past their time in the `expires` tables, and takes fields of
 * hashes past theirs from the front of `fields_due`, in bounded slices. */
#ifndef ASHLAR_SERVER_CORE_EXPIRE_H
#define ASHLAR_SERVER_CORE_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

struct keyspace;

/* One slice of at most budget_us. effort: active-expire-effort, 1..10. Returns keys and fields
 * expired. */
uint64_t expire_cycle(struct keyspace *ks, unsigned effort, uint64_t budget_us);

#endif
