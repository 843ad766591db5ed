/* option.h: one configuration option: its kind, its bounds, and how its value is read and printed.
 *
 * The table of options is in config.c; this is what an entry means. A value is given as words (one
 * for most options, several for bind, save, ...) and printed as one text, which read again gives
 * the same value: so putting an old value back needs nothing of its own.
 *
 * Locking: as config.h. Error texts are Redis's where Redis has one. */
#ifndef ASHLAR_SERVER_CORE_OPTION_H
#define ASHLAR_SERVER_CORE_OPTION_H

#include "server/core/config.h"
#include "server/ds/text.h"

#define OPTION_ERROR_MAX 512 /* room for an error text */
#define OPTION_NAME_MAX  64
#define OPTION_WORDS_MAX 64
#define OPTION_COUNT_MAX 128

enum option_kind {
    OPTION_BOOL,
    OPTION_INT,
    OPTION_MEMORY,
    OPTION_ENUM,
    OPTION_STRING,
    OPTION_SPECIAL
};
enum option_flags {
    OPTION_IMMUTABLE = 1, /* file and command line only */
    OPTION_PROTECTED = 2, /* CONFIG SET needs enable-protected-configs */
    OPTION_OCTAL = 4,
    OPTION_WORDS = 8,  /* several words; CONFIG SET splits its one at blanks */
    OPTION_CLAMP = 16, /* 0..INT_MAX is taken and brought into min..max, as Redis does with hz */
};

struct option_error { char text[OPTION_ERROR_MAX]; };

/* A kind of its own. */
struct option_special {
    bool (*parse)(struct config *c, const struct slice *word, unsigned count,
                  struct option_error *error);
    void (*print)(const struct config *c, struct text *out);
};

struct option {
    const char                  *name, *alias;
    enum option_kind             kind;
    unsigned                     flags;
    size_t                       at;       /* offset in struct config */
    int64_t                      min, max; /* OPTION_INT, OPTION_MEMORY */
    const char                  *value;    /* the default, as text */
    const char *const *names; /* OPTION_ENUM: NULL-terminated, in the order of values */
    const struct option_special *special;
};

/* All options, in the order of the table; a NULL name ends them. */
extern const struct option config_options[];
/* By name or alias, any case. NULL: there is none. */
const struct option *option_find(struct slice name);
/* Reads the words and stores the value. False: error is set, the value is as it was. */
bool option_parse(const struct option *o, struct config *c, const struct slice *word,
                  unsigned count, struct option_error *error);
/* As CONFIG GET shows it; appended. */
void option_print(const struct option *o, const struct config *c, struct text *out);
/* From its printed form: splits it where the option takes several words. */
bool option_parse_text(const struct option *o, struct config *c, struct slice text,
                       struct option_error *error);
void option_free(const struct option *o, struct config *c); /* strings it owns */

__attribute__((format(printf, 2, 3))) bool option_fail(struct option_error *error,
                                                       const char *format, ...);
/* Exchanges an owned C string. */
void option_set_string(struct config *c, char **at, struct slice s);
/* The options with a kind of their own. */
extern const struct option_special option_bind, option_save, option_appendonly, option_dir,
    option_output_limit, option_percentiles, option_maxmemory, option_maxmemory_rss,
    option_clients_memory;
/* maxmemory, what it and maxmemory-rss are a share of, or the clients' share of it has changed: works the bytes out. */
void option_maxmemory_resolve(struct config *c);
void option_clients_resolve(struct config *c);

#endif
