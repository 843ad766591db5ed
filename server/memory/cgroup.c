/* cgroup.c: finds our group in /proc/self and reads its files.
 *
 * /proc/self/cgroup names the group ("0::/a/b"), /proc/self/mountinfo where the cgroup2 file system
 * is mounted and which of its folders the mount shows: in a container often the group itself, whose
 * name must then not be appended again.
 *
 * Start reading at cgroup_find() and cgroup_read(). */
#include "server/memory/cgroup.h"

#include "server/memory/procmem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX      65536 /* mountinfo has a line a mount */
#define SMALL_FILE    4096
#define LEVELS_MAX    32
#define LIMIT_MIN     4096

/* --- Text ------------------------------------------------------------------------------------ */

/* Calls fn for each line, without its end; stops when fn returns true. */
static bool each_line(char *text, bool (*fn)(char *line, void *arg), void *arg) {
    for (char *line = text, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        if (*end != '\0') *end++ = '\0';
        if (fn(line, arg)) return true;
    }
    return false;
}

/* The number behind "name " at a line's start; 0: there is none. */
static uint64_t value_of(const char *text, const char *name) {
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += len)
        if ((at == text || at[-1] == '\n') && at[len] == ' ') return strtoull(at + len, NULL, 10);
    return 0;
}

static bool read_under(const char *dir, const char *name, char *out, size_t cap) {
    char path[CGROUP_PATH_MAX + 64];
    int  n = snprintf(path, sizeof path, "%s/%s", dir, name);
    return n > 0 && (size_t)n < sizeof path && procmem_file(path, out, cap);
}

/* --- Our group ------------------------------------------------------------------------------- */

struct search {
    const char *name; /* of the group, from its hierarchy's root */
    char        at[CGROUP_PATH_MAX], shown[CGROUP_PATH_MAX]; /* mount point, and what it shows */
};

static bool is_unified(char *line, void *arg) {
    struct search *s = arg;
    if (strncmp(line, "0::", 3) != 0) return false;
    s->name = line + 3;
    return true;
}

/* "36 35 98:0 /shown /at options ... - cgroup2 source options" */
static bool is_cgroup2(char *line, void *arg) {
    struct search *s = arg;
    const char    *type = strstr(line, " - ");
    if (type == NULL || strncmp(type, " - cgroup2 ", 11) != 0) return false;
    return sscanf(line, "%*s %*s %*s %1023s %1023s", s->shown, s->at) == 2;
}

/* What is left of name below the folder that the mount shows. */
static const char *below(const char *name, const char *shown) {
    size_t len = strlen(shown);
    if (strcmp(shown, "/") == 0) return strcmp(name, "/") == 0 ? "" : name;
    if (strncmp(name, shown, len) == 0 && (name[len] == '/' || name[len] == '\0'))
        return name + len;
    return ""; /* another name space's name: what the mount shows is all there is for us */
}

void cgroup_find(struct cgroup *g, const char *root) {
    static char   mounts[FILE_MAX]; /* one caller, at the start */
    char          own[SMALL_FILE], path[CGROUP_PATH_MAX];
    struct search s = {0};
    *g = (struct cgroup){0};
    snprintf(g->root, sizeof g->root, "%s", root);
    snprintf(path, sizeof path, "%s/proc/self", root);
    if (!read_under(path, "cgroup", own, sizeof own)) return;
    if (!read_under(path, "mountinfo", mounts, sizeof mounts)) return;
    if (!each_line(own, is_unified, &s) || !each_line(mounts, is_cgroup2, &s)) return;
    const char *rest = below(s.name, s.shown);
    int         n = snprintf(g->path, sizeof g->path, "%s%s%s", root, s.at, rest);
    if (n < 0 || (size_t)n >= sizeof g->path) g->path[0] = '\0';
    g->mount_len = strlen(root) + strlen(s.at);
}

/* --- Its memory ------------------------------------------------------------------------------ */

/* "max" or a number. What is neither, or less than a page, is no limit that a process could live under:
 * it is taken for none. */
static uint64_t limit_at(const char *dir, const char *name) {
    char text[SMALL_FILE], *end;
    if (!read_under(dir, name, text, sizeof text) || text[0] < '0' || text[0] > '9') return CGROUP_NONE;
    uint64_t bytes = strtoull(text, &end, 10);
    return (*end == '\n' || *end == '\0') && bytes >= LIMIT_MIN ? bytes : CGROUP_NONE;
}

static void lower(uint64_t *limit, uint64_t other) {
    if (other < *limit) *limit = other;
}

/* The limits of our group and all above it, as far as the mount shows. */
static void limits_read(const struct cgroup *g, struct cgroup_memory *out) {
    char dir[CGROUP_PATH_MAX];
    snprintf(dir, sizeof dir, "%s", g->path);
    for (unsigned level = 0; level < LEVELS_MAX; level++) {
        lower(&out->max, limit_at(dir, "memory.max"));
        lower(&out->high, limit_at(dir, "memory.high"));
        char *slash = strrchr(dir, '/');
        if (slash == NULL || (size_t)(slash - dir) < g->mount_len) return;
        *slash = '\0';
    }
}

void cgroup_read(const struct cgroup *g, struct cgroup_memory *out) {
    char text[SMALL_FILE];
    *out = (struct cgroup_memory){.max = CGROUP_NONE, .high = CGROUP_NONE};
    if (g->path[0] == '\0') return;
    limits_read(g, out);
    out->known = read_under(g->path, "memory.current", text, sizeof text);
    if (!out->known) return;
    out->current = strtoull(text, NULL, 10);
    if (read_under(g->path, "memory.stat", text, sizeof text)) {
        out->anon = value_of(text, "anon");
        out->file = value_of(text, "file");
        out->kernel = value_of(text, "kernel");
    }
    if (read_under(g->path, "memory.events", text, sizeof text))
        out->oom_kills = value_of(text, "oom_kill");
}

uint64_t cgroup_available(const struct cgroup_memory *m, uint64_t machine) {
    uint64_t least = machine;
    lower(&least, m->max);
    lower(&least, m->high);
    return least;
}

/* --- Pressure -------------------------------------------------------------------------------- */

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static bool pressure_line(char *line, void *arg) {
    struct cgroup_pressure *p = arg;
    double                  avg10, avg60;
    unsigned long long      total;
    char                    kind[8];
    if (sscanf(line, "%7s avg10=%lf avg60=%lf avg300=%*f total=%llu", kind, &avg10, &avg60,
               &total) != 4)
        return false;
    if (!(avg10 >= 0 && avg10 <= 100 && avg60 >= 0 && avg60 <= 100)) return false; /* per cent */
    if (strcmp(kind, "some") == 0) {
        p->known = true;
        p->some_avg10 = avg10;
        p->some_avg60 = avg60;
        p->some_total_us = total;
    } else if (strcmp(kind, "full") == 0) {
        p->full_avg10 = avg10;
        p->full_total_us = total;
    }
    return false;
}

void cgroup_pressure(const struct cgroup *g, struct cgroup_pressure *out) {
    char text[SMALL_FILE], dir[CGROUP_PATH_MAX];
    *out = (struct cgroup_pressure){0};
    snprintf(dir, sizeof dir, "%s/proc/pressure", g->root);
    bool found = g->path[0] != '\0' && read_under(g->path, "memory.pressure", text, sizeof text);
    if (found || read_under(dir, "memory", text, sizeof text)) each_line(text, pressure_line, out);
}
