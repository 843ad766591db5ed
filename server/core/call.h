/* call.h: one command in flight, and what handlers do with their arguments and keys.
 *
 * A handler parses first and changes second; on a bad argument the helpers below have sent the error
 * and return false, and the handler just returns. argv are slices into the input, valid until the
 * handler returns: what is kept is copied (db_set and the types do). */
#ifndef ASHLAR_SERVER_CORE_CALL_H
#define ASHLAR_SERVER_CORE_CALL_H

#include "server/core/engine.h"
#include "server/core/session.h"

struct call {
    const struct command_ref *command;
    const struct slice       *argv; /* argv[0] is the command's name as typed */
    uint32_t                  argc;
    struct session           *session;
    struct engine            *engine;
    struct reply             *reply;
    struct db                *db;
    int64_t                   now_ms;     /* wall clock of this call */
    uint64_t                  hash1;      /* table_hash(argv[1]) when hashed ahead */
    bool                      hashed;
    bool                      may_block;  /* the command may wait; else it answers at once */
    bool                      waits;      /* block_on_keys() was called: no reply yet */
    uint64_t                  dirty;      /* changes made; added to engine->dirty by dispatch */
    uint64_t                  start_us;
};

/* --- Arguments: parse, or send the error and return false ------------------------------------ */
bool call_arg_i64(struct call *c, uint32_t i, int64_t *out); /* "ERR value is not an integer or out of range" */
bool call_arg_range(struct call *c, uint32_t i, int64_t min, int64_t max, int64_t *out,
                    const char *error); /* error NULL: Redis's own text for a range */
bool call_arg_double(struct call *c, uint32_t i, double *out); /* "ERR value is not a valid float" */
bool call_arg_ldouble(struct call *c, uint32_t i, long double *out);
bool call_arg_is(const struct call *c, uint32_t i, const char *lower); /* case-insensitive word */
size_t call_args_longest(const struct call *c, uint32_t first, uint32_t step); /* of argv[first], [first + step] ... */
int  call_arg_shown(const struct call *c, uint32_t i); /* how much of it goes into an error: for %.*s */
/* Unix ms from a relative or absolute expiry argument; sends "ERR invalid expire time in 'x' command". */
bool call_arg_expire(struct call *c, uint32_t i, bool seconds, bool absolute, int64_t *out_ms);
void call_syntax_error(struct call *c);   /* "ERR syntax error" */
void call_wrong_args(struct call *c);     /* "ERR wrong number of arguments for 'x' command" */
/* Replies the usual HELP array: header, the given lines, HELP. lines: NULL-terminated. */
void call_help(struct call *c, const char *const *lines);

/* --- Keys ------------------------------------------------------------------------------------ */
struct key {
    struct slice  name;
    uint64_t      hash;
    struct entry *entry; /* NULL: absent */
    struct value  v;     /* valid when entry is set, or after key_create */
};
/* Looks argv[i] up. False: it holds another type and WRONGTYPE was sent. VAL_ANY: any type. */
bool call_read(struct call *c, uint32_t i, enum value_type want, struct key *k);
bool call_write(struct call *c, uint32_t i, enum value_type want, struct key *k);
/* As call_read, without touching access clock or hit counters, and never sending anything. */
bool call_peek(struct call *c, uint32_t i, struct key *k); /* true: present */
/* For destination keys and the like that are not argv[i]. */
bool call_write_named(struct call *c, struct slice name, enum value_type want, struct key *k);

/* Stores a container that was just made by the type's _new. */
void key_create(struct call *c, struct key *k, struct value v);
/* After changing k->v in place: stores it back; removes the key when the container is empty. changes:
 * elements changed, 0 for none (then only enc and pointer are stored). */
void key_commit(struct call *c, struct key *k, uint64_t changes);
/* The same where something was added, so that it need not ask whether the container is empty. */
void key_commit_grown(struct call *c, struct key *k, uint64_t changes);
/* Replaces whatever is there. k->v is then v as it was given, strings not yet those of the entry. */
void key_set_string(struct call *c, struct key *k, struct slice s, int64_t expire_ms);
void key_set_value(struct call *c, struct key *k, const struct value *v, int64_t expire_ms);
/* Removes the key; counts a change. */
void key_delete(struct call *c, struct key *k, enum discard_reason why);
/* Says that the key was changed by other means (db_*), n changes. */
void key_changed(struct call *c, struct key *k, uint64_t n);
static inline struct type_env call_env(struct call *c) { return db_env(c->db); }

#endif
