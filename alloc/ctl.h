/* ctl.h: how a mallctl name is declared, and how names are looked up.
 *
 * A row is a pattern ('#' stands for a number), jemalloc's type, and what reads or sets it. The
 * lookup in ctl.c does the copying and the errors that follow from lengths and directions, so a
 * getter only gives a value. Getters and setters return 0 or an errno value.
 * Constant data: no locking. */
#ifndef ASHLAR_ALLOC_CTL_H
#define ASHLAR_ALLOC_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CTL_ARENAS_ALL       4096 /* jemalloc's MALLCTL_ARENAS_ALL */
#define CTL_ARENAS_DESTROYED 4097
#define CTL_DEPTH_MAX        7
#define CTL_VERSION          "5.3.0-ashlar"

enum ctl_type {
    CTL_VOID, /* an order: `set` is called with NULL */
    CTL_BOOL,
    CTL_UNSIGNED,
    CTL_U32,
    CTL_U64,
    CTL_SIZE,
    CTL_SSIZE,
    CTL_TEXT,
    CTL_U64P, /* where a uint64_t is that goes on changing */
};

union ctl_value {
    bool        flag;
    unsigned    u;
    uint32_t    u32;
    uint64_t    u64;
    size_t      size;
    ssize_t     ssize;
    const char *text;
    uint64_t   *u64p;
};

struct ctl_at {
    size_t   idx[2]; /* the numbers in the name */
    unsigned arg;    /* from the row */
};

/* The caller's own arguments, for the few rows that read and write different types. */
struct ctl_raw {
    void   *oldp;
    size_t *oldlenp;
    void   *newp;
    size_t  newlen;
};

struct ctl_name {
    const char *pattern;
    enum ctl_type type;
    int (*get)(const struct ctl_at *at, union ctl_value *out);      /* NULL: can't be read */
    int (*set)(const struct ctl_at *at, const union ctl_value *in); /* NULL: can't be set */
    unsigned arg;
    int (*raw)(const struct ctl_raw *raw); /* instead of get and set */
};

/* All end with a row without pattern. */
extern const struct ctl_name ctl_process_names[]; /* ctl.c */
extern const struct ctl_name ctl_arena_names[];   /* ctl_arena.c */
extern const struct ctl_name ctl_mutex_names[];   /* ctl_mutex.c */

/* *mib has room for *miblen numbers, and gets at most that many. */
int ctl_name_to_mib(const char *name, size_t *mib, size_t *miblen);
int ctl_by_mib(const size_t *mib, size_t miblen, void *oldp, size_t *oldlenp, void *newp,
               size_t newlen);
/* For ctl_raw rows: gives a value of len bytes. */
int ctl_give(const struct ctl_raw *raw, const void *value, size_t len);
/* Indices of arenas run below this. */
unsigned ctl_narenas(void);

#endif
