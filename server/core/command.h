/* command.h: what a command is. Declared once, const, at the foot of its family's file in commands/;
 * COMMAND, COMMAND DOCS, GETKEYS, ACL categories and arity checks are derived from it. Counters live
 * in an array by id (stats.h). It is here and not in commands/ because dispatch asks the flags. */
#ifndef ASHLAR_SERVER_CORE_COMMAND_H
#define ASHLAR_SERVER_CORE_COMMAND_H

#include "proto/buf.h"

struct call;
struct lookahead;

enum command_flags { /* names as COMMAND INFO prints them, in lower case */
    CMD_WRITE = 1 << 0, CMD_READONLY = 1 << 1, CMD_DENYOOM = 1 << 2, CMD_ADMIN = 1 << 3,
    CMD_PUBSUB = 1 << 4, CMD_NOSCRIPT = 1 << 5, CMD_BLOCKING = 1 << 6, CMD_LOADING = 1 << 7,
    CMD_STALE = 1 << 8, CMD_SKIP_MONITOR = 1 << 9, CMD_SKIP_SLOWLOG = 1 << 10, CMD_FAST = 1 << 11,
    CMD_NO_AUTH = 1 << 12, CMD_NO_MULTI = 1 << 13, CMD_MOVABLE_KEYS = 1 << 14,
    CMD_ALLOW_BUSY = 1 << 15, CMD_NO_ASYNC_LOADING = 1 << 16, CMD_NO_MANDATORY_KEYS = 1 << 17,
    CMD_PROTECTED = 1 << 18, CMD_MAY_REPLICATE = 1 << 19, CMD_TOUCHES_ARBITRARY_KEYS = 1 << 20,
};

enum acl_category { /* COMMAND INFO prints "@keyspace" ...; read, write, fast, slow, admin, dangerous,
                       blocking, pubsub follow from the flags as in Redis */
    ACL_KEYSPACE = 1 << 0, ACL_READ = 1 << 1, ACL_WRITE = 1 << 2, ACL_SET = 1 << 3,
    ACL_SORTEDSET = 1 << 4, ACL_LIST = 1 << 5, ACL_HASH = 1 << 6, ACL_STRING = 1 << 7,
    ACL_BITMAP = 1 << 8, ACL_HYPERLOGLOG = 1 << 9, ACL_GEO = 1 << 10, ACL_STREAM = 1 << 11,
    ACL_PUBSUB = 1 << 12, ACL_ADMIN = 1 << 13, ACL_FAST = 1 << 14, ACL_SLOW = 1 << 15,
    ACL_BLOCKING = 1 << 16, ACL_DANGEROUS = 1 << 17, ACL_CONNECTION = 1 << 18,
    ACL_TRANSACTION = 1 << 19, ACL_SCRIPTING = 1 << 20,
};

enum command_group { GROUP_GENERIC, GROUP_STRING, GROUP_LIST, GROUP_SET, GROUP_SORTED_SET, GROUP_HASH,
    GROUP_PUBSUB, GROUP_TRANSACTIONS, GROUP_CONNECTION, GROUP_SERVER, GROUP_SCRIPTING,
    GROUP_HYPERLOGLOG, GROUP_CLUSTER, GROUP_SENTINEL, GROUP_GEO, GROUP_STREAM, GROUP_BITMAP };

enum key_flags { /* Redis's key-spec flags */
    KEY_RO = 1, KEY_RW = 2, KEY_OW = 4, KEY_RM = 8, KEY_ACCESS = 16, KEY_UPDATE = 32,
    KEY_INSERT = 64, KEY_DELETE = 128, KEY_NOT_KEY = 256, KEY_INCOMPLETE = 512,
    KEY_VARIABLE_FLAGS = 1024,
};

/* Where keys are: from argument `first`; a range (last < 0 counts from the end, relative to first
 * as Redis's specs), or a count found at `first + keynum`. */
struct key_spec {
    uint16_t    flags;   /* 0: no such spec */
    int16_t     first;
    int16_t     last;    /* range: relative to first; -1: the last argument, -2: the one before ... */
    int16_t     step;
    uint8_t     limit;   /* keys are the first 1/limit of the range (XREAD's: half); 0: all of it */
    int16_t     keynum;  /* > 0: argument index of numkeys, keys follow it; then last is unused */
    /* first, keynum 0 and no keyword: unknown, only the command's find_keys or nobody can tell */
    const char *keyword; /* begin search at this word instead of at `first` (MIGRATE KEYS) */
};
#define KEY_SPECS_MAX 3
#define KEYS(first_, last_, step_, flags_) {{ .flags = (flags_), .first = (first_), .last = (last_), .step = (step_) }}

/* Called for each key of a call: its argument index and enum key_flags. */
typedef void (*command_key_fn)(uint32_t arg_index, unsigned flags, void *arg);

struct command {
    const char *name;                     /* lower case; a subcommand's own name only */
    void      (*handler)(struct call *call); /* NULL: only a container of subcommands */
    void      (*lookahead)(struct lookahead *a, unsigned stage); /* lookahead.h; NULL: none */
    int16_t     arity;                    /* with the name; negative: at least */
    uint8_t     group;
    uint32_t    flags;
    uint32_t    acl;                      /* beside those implied by the flags */
    struct key_spec keys[KEY_SPECS_MAX];
    /* Where the specs cannot say it: calls fn (may be NULL) for each key, returns how many. */
    int       (*find_keys)(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg);
    const struct command *subcommands;    /* ended by {0} */
    const char *syntax;      /* arguments in redis.io's notation: "key [NX | XX] [EX seconds | ...]";
                                COMMAND DOCS derives its argument tree from it */
    const char *since, *complexity, *summary;
    const char *tips;        /* comma separated: "nondeterministic_output,request_policy:all_shards" */
    const char *deprecated_since, *replaced_by;
    const char *history;     /* "6.0.0=Added the KEEPTTL option.;6.2.0=..." */
    bool        syscmd;      /* no application calls it: COMMAND DOCS says so */
};

/* A command with its id: its place in the counters. Subcommands have ids of their own. What every
 * request asks of its command is repeated here, so that it is in one cache line. */
struct command_ref {
    const struct command *cmd, *parent; /* parent: container, or NULL */
    void        (*handler)(struct call *call);
    void        (*lookahead)(struct lookahead *a, unsigned stage);
    uint32_t      argc_min, argc_span; /* the arity: command_fits() */
    uint32_t      flags;
    uint32_t      id;
    bool          key1;  /* argv[1] is a key, if it is there: dispatch looks ahead for it */
    bool          plain; /* neither a container nor in one: argv[0] alone is its name */
};
/* May it be called with so many arguments, its name included? Never for a mere container. */
static inline bool command_fits(const struct command_ref *ref, uint32_t argc) {
    return argc - ref->argc_min <= ref->argc_span;
}

/* The set of commands the server knows; commands/table.c fills it from the families. */
struct command_table;
/* families: NULL-terminated array of {0}-terminated tables. */
struct command_table *command_table_new(const struct command *const *families);
void                  command_table_free(struct command_table **t);
unsigned              command_table_ids(const struct command_table *t); /* ids are below this */
/* By name, any case. NULL: unknown. */
const struct command_ref *command_find(const struct command_table *t, struct slice name);
/* Resolves the subcommand in argv[1] where the command has any. With a container whose subcommand is
 * unknown: returns NULL and sets *container. */
const struct command_ref *command_resolve(const struct command_table *t, const struct slice *argv,
                                          uint32_t argc, const struct command_ref **container);
const struct command_ref *command_by_id(const struct command_table *t, unsigned id);
/* Calls fn for each top-level command. */
void command_each(const struct command_table *t, void (*fn)(const struct command_ref *r, void *arg),
                  void *arg);
/* "get", "config|set": into out, at most cap - 1 bytes. */
size_t command_full_name(const struct command_ref *r, char *out, size_t cap);

/* Key positions of a call. Returns how many, or -1: the arguments don't fit the command's specs.
 * fn may be NULL (only counting). */
int command_keys(const struct command *cmd, const struct slice *argv, uint32_t argc,
                 command_key_fn fn, void *arg);

#endif
