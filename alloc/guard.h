/* guard.h: what debug builds put around every object. Release builds have none of it.
 *
 *   p                p + size          end - 24     end - 16    end - 8      end
 *   | the caller's ... | canary ........ | canary     | word      | canary    |   end: of the slot
 *
 * A byte of canary follows from its address; the word lies between two of them, so that it is never
 * the first that an overflow reaches. It holds the size asked for, whether the object is live, and
 * which door it came from, mixed with its address. A slot's last canary is written when the
 * slab is made, and stays: an object looks at its left neighbour's, whoever owns that, and so finds
 * what was written before its own start.
 *
 * In debug builds the doors (alloc.c, libc.c, jemalloc.c) are compiled under the names plain_*
 * (guard_doors.h), and guard_alloc.c and guard_libc.c stand before them under the public ones: they
 * ask for TAIL bytes more, dress what they get, and look at what comes back. What is freed is
 * filled and waits in quarantine (quarantine.h); a write into it is found when it leaves.
 *
 * Figures are a release build's: struct guard_counts says what to take off. Tails then are part of
 * slots_free, and what is in quarantine is returning. Figures by bin are of slots, as they are.
 *
 *   G1  an object that is live for its caller has a live word; one in quarantine a freed one.
 *   G2  an arena's guard_counts are sums over its objects: guard_check().
 * Options: junk, zero, redzone and quarantine of MALLOC_CONF (conf.h), jemalloc's names.
 * Locking: an object's bytes are its caller's; counts are shared counters.
 *
 * With ASHLAR_POISON (MODE=poison) AddressSanitizer is told which bytes are whose. */
#ifndef ASHLAR_ALLOC_GUARD_H
#define ASHLAR_ALLOC_GUARD_H

#include "alloc/alloc.h"
#include "alloc/counter.h"

struct arena;
struct slab;

#ifdef ASHLAR_DEBUG

/* To be taken off what an arena's bins and large objects say. */
struct guard_counts {
    struct counter used;      /* tails of live objects; all of those in quarantine */
    struct counter requested; /* likewise */
    struct counter count;     /* objects in quarantine */
    struct counter held;      /* bytes of their slots */
};

/* An object goes back through the door that it came from. */
enum guard_door { GUARD_DOOR_ASH, GUARD_DOOR_LIBC, GUARD_DOOR_ANY };

struct guard_object {
    char             *p;
    size_t            size;    /* asked for by the caller */
    size_t            slot;    /* bytes there are, tail included */
    size_t            counted; /* of a large one: what its door counts as requested */
    enum guard_door   door;    /* ASH or LIBC */
    size_t            align;   /* asked for; 1 if none was */
    bool              large;
    struct arena     *arena;
};

/* Bytes that objects are larger than their callers know; 0 with redzone:false. */
size_t guard_tail(void);
/* What to ask a plain door for. */
size_t guard_grown(size_t size);

/* p of guard_grown(size) bytes, fresh from a plain door, made ready for the caller; NULL stays NULL.
 * If `zeroed` the door was asked for zeroes: small objects are zeroed here. */
void *guard_dress(void *p, size_t size, enum guard_door door, size_t align, bool zeroed);
/* The live, whole object at p, which came from that door and has this size, if that is not
 * GUARD_ANY_SIZE. Stops the process if there is none; `what` is the call. */
#define GUARD_ANY_SIZE SIZE_MAX
struct guard_object guard_look(const void *p, enum guard_door door, size_t size, const char *what);
/* The bytes that a release build's slot for it has. */
size_t guard_slot_shown(const struct guard_object *o);
/* May the plain door resize it? Small ones always move, so that who keeps the old pointer is found. */
bool guard_may_resize(const struct guard_object *o, size_t size);
/* It did: what was `o` is now at p and has `size` bytes. Those added are zeroed if asked. */
void guard_redress(void *p, const struct guard_object *o, size_t size, bool zero);
/* Looks, then puts it into quarantine, or frees it. */
void guard_free(void *p, enum guard_door door, size_t size);
/* Without redzones: fills p, which is about to be freed. */
void guard_fill_freed(void *p);

/* Of p, or of all objects in p's slab, which have moved here from another arena, none of them in
 * quarantine. */
void guard_moved(void *p, struct arena *from);

/* For quarantine.c. Is what was freed as it was left? Stops the process if not. */
void         guard_check_freed(const void *p);
void         guard_release(void *p); /* checks, and frees it */

/* Hooks. */
void guard_slab_new(const struct slab *s);  /* its slots' last canaries */
void guard_heap_drop(struct ash_heap *h);   /* before its objects go */
void guard_arena_drop(struct arena *a);     /* after */
void guard_check(void);                     /* all live objects and all in quarantine */
void guard_fork_lock(void);
void guard_fork_unlock(void);

#else

#define guard_slab_new(s)    ((void)0)
#define guard_heap_drop(h)   ((void)0)
#define guard_arena_drop(a)  ((void)0)
#define guard_check()        ((void)0)
#define guard_fork_lock()    ((void)0)
#define guard_fork_unlock()  ((void)0)

#endif
#endif
