/* relocate.h: what a database has in slabs that are being drained, found and moved (ds/mover.h).
 *
 * Entries are found from the slab: the bytes of an object tell the key that it would have if it were
 * an entry, and the database's table tells whether it is the one. So moving the entries out of sparse
 * slabs costs a look-up for each object there, however many keys there are. What hangs below an entry
 * is found by going to the entry.
 *
 * Locking: none; the engine thread. Entries move: what was borrowed before is gone. */
#ifndef ASHLAR_SERVER_CORE_RELOCATE_H
#define ASHLAR_SERVER_CORE_RELOCATE_H

#include "server/core/keyspace.h"
#include "server/ds/mover.h"

#define RELOCATE_RUN ASH_DRAIN_RUN

/* Live objects of the dataset heap, at most RELOCATE_RUN, whose slots are of that size: which of them
 * are entries of the database moves, with its string if that is a block of its own. How many entries
 * there were. */
unsigned relocate_objects(struct db *db, struct mover *m, void *const *objects, unsigned count,
                          size_t slot_size);
/* The entry and its string. Its container is the caller's: value_compact, then db_store. */
struct entry *relocate_entry(struct db *db, struct mover *m, struct entry *e, uint64_t hash);
/* The tables, a bounded step at a time, as mover.h says; m's heap is the tables'. */
bool relocate_tables(struct db *db, struct mover *m, struct move_cursor *c);

#endif
