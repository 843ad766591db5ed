/* conf.h: what the allocator is told at start: MALLOC_CONF and its kin, by jemalloc's names.
 *
 * Sources in order, later ones winning: the program's variable malloc_conf, the name that the
 * symbolic link /etc/malloc.conf points to, and the environment variable MALLOC_CONF (not in
 * set-user-id programs). A pair that is unknown, out of range or not to be had here is told on
 * stderr and leaves the default. Nothing here allocates.
 * Locking: none. conf_start() runs once, in heap_start(); what conf_get() gives is const then. */
#ifndef ASHLAR_ALLOC_CONF_H
#define ASHLAR_ALLOC_CONF_H

#include "alloc/alloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_OPTS_MAX 32 /* letters of stats_print_opts, with the NUL */

enum conf_thp { CONF_THP_DEFAULT, CONF_THP_ALWAYS, CONF_THP_NEVER };

enum conf_junk { CONF_JUNK_ALLOC = 1, CONF_JUNK_FREE = 2 }; /* bits */

struct conf {
    bool          abort;        /* a warning of ours ends the process */
    bool          abort_conf;   /* a bad pair ends it, once all are read */
    bool          confirm_conf; /* tell what was read and set */
    bool          background_thread;
    bool          stats_print; /* at exit */
    char          stats_print_opts[CONF_OPTS_MAX];
    unsigned      narenas; /* of a shared heap; 0: by the number of processors */
    int64_t       dirty_decay_ms, muzzy_decay_ms;
    enum conf_thp thp;
    bool          tcache;     /* threads have caches */
    size_t        tcache_max; /* of slots up to this many bytes */
    /* debug builds: guard.h */
    unsigned junk;       /* enum conf_junk */
    bool     zero;       /* fresh memory reads zero; goes before junk */
    bool     redzone;    /* canaries behind every object */
    size_t   quarantine; /* bytes of freed objects kept back; 0 without redzones */
};

/* Where a message goes: a whole line at a time. */
typedef void (*conf_say)(void *arg, const char *line);

extern const struct conf conf_defaults;

/* Reads one source's pairs into c. True: every pair was understood and is in force. */
bool conf_parse(struct conf *c, const char *text, conf_say say, void *arg);
/* Reads all sources, once; ends the process if they say so. */
void conf_start(void);
const struct conf *conf_get(void);
const char        *conf_thp_name(enum conf_thp thp);
const char        *conf_junk_name(unsigned junk);
/* As the options say, or else the purpose, for pages fresh from the OS. */
void conf_advise(void *p, size_t len, enum ash_huge purpose);
/* A message of the allocator's own: to malloc_message if the program set it, else to stderr. */
void conf_message(void *arg, const char *text);

#endif
