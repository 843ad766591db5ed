/* slowlog.h: the last slow commands. Arguments are copied, at most 32 of 128 bytes, as Redis. */
#ifndef ASHLAR_SERVER_CORE_SLOWLOG_H
#define ASHLAR_SERVER_CORE_SLOWLOG_H

#include "proto/buf.h"

struct ash_heap;
struct slowlog;

#define SLOWLOG_ARGS_MAX 32
#define SLOWLOG_ARG_MAX  128

struct slowlog_entry {
    uint64_t id, usec;
    int64_t  time_s;
    char    *peer, *name;
    unsigned argc;
    struct slice argv[SLOWLOG_ARGS_MAX];
};
struct slowlog *slowlog_new(struct ash_heap *heap);
void            slowlog_free(struct slowlog **s);
void slowlog_add(struct slowlog *s, uint64_t max_len, uint64_t usec, int64_t time_s, const struct slice *argv,
                 unsigned argc, const char *peer, const char *name);
uint64_t slowlog_len(const struct slowlog *s);
void     slowlog_clear(struct slowlog *s);
/* The newest first; count < 0: all. */
void     slowlog_each(const struct slowlog *s, int64_t count,
                      void (*fn)(const struct slowlog_entry *e, void *arg), void *arg);
#endif
