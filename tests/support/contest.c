/* contest.c: see contest.h. */
#include "tests/support/contest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void contest_usage(const struct contest *c, int status) {
    FILE *out = status == 0 ? stdout : stderr;
    fprintf(out, "usage: %s [--ashlar BINARY] [--redis BINARY] ", program_invocation_short_name);
    for (const struct contest_option *o = c->options; o != NULL && o->flag != NULL; o++)
        fprintf(out, "[%s %s] ", o->flag, o->what);
    fprintf(out, "[--list] [CASE...]\n"
                 "A CASE may be the first part of a name: zset stands for zset-del, zset-unlink, ...\n"
                 "--redis '' leaves redis-server out.\n");
    exit(status);
}

static const char **value_of(const struct contest *c, const char *flag, struct target *targets) {
    if (strcmp(flag, "--ashlar") == 0) return &targets[0].binary;
    if (strcmp(flag, "--redis") == 0) return &targets[1].binary;
    for (const struct contest_option *o = c->options; o != NULL && o->flag != NULL; o++)
        if (strcmp(flag, o->flag) == 0) return o->value;
    return NULL;
}

static bool stands_for(const char *wanted, const char *name) {
    size_t len = strlen(wanted);
    return strncmp(name, wanted, len) == 0 && (name[len] == '\0' || name[len] == '-');
}

static void list(const struct contest *c) {
    for (unsigned i = 0; i < c->count; i++) puts(c->name_of(i));
    exit(0);
}

/* A name that stands for nothing would run nothing, and look like a run. */
static void check_wanted(const struct contest *c) {
    for (int w = 0; w < c->wanted_count; w++) {
        unsigned i = 0;
        while (i < c->count && !stands_for(c->wanted[w], c->name_of(i))) i++;
        if (i < c->count) continue;
        fprintf(stderr, "%s: no case %s\n", program_invocation_short_name, c->wanted[w]);
        exit(2);
    }
}

void contest_read(struct contest *c, int argc, char **argv) {
    int at = 1;
    c->targets[0] = (struct target){.name = "Ashlar", .binary = "build/ashlar-server"};
    c->targets[1] = (struct target){.name = "Redis", .binary = "redis-server"};
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        if (strcmp(argv[at], "--help") == 0) contest_usage(c, 0);
        if (strcmp(argv[at], "--list") == 0) list(c);
        const char **value = value_of(c, argv[at], c->targets);
        if (value == NULL || at + 1 == argc) contest_usage(c, 2);
        *value = argv[at + 1];
    }
    c->wanted = argv + at;
    c->wanted_count = argc - at;
    check_wanted(c);
}

static bool is_wanted(const struct contest *c, const char *name) {
    for (int w = 0; w < c->wanted_count; w++)
        if (stands_for(c->wanted[w], name)) return true;
    return c->wanted_count == 0;
}

void contest_run(struct contest *c) {
    for (unsigned i = 0; i < c->count; i++)
        for (unsigned k = 0; k < 2; k++)
            if (c->targets[k].binary[0] != '\0' && is_wanted(c, c->name_of(i)))
                c->run(i, &c->targets[k]);
}
