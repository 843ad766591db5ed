/* cgroup.h: what the system lets this process have, and how pressed it is: cgroup v2 and PSI.
 *
 * A group's limit holds for every group below it, so what counts is the smallest one on the way
 * from our own group up to the root that we can see (in a container that is the container).
 *
 * cgroup_find() looks for our group once; cgroup_read() reads a few small files each time, so a
 * limit that is changed is seen at the next call. Nothing is allocated. Where there is no cgroup v2
 * memory controller the limits are CGROUP_NONE and known is false; pressure then is the machine's.
 *
 * Locking: none needed; one owner for each struct. Sizes in bytes.
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst and accounting/psi.rst. */
#ifndef ASHLAR_SERVER_MEMORY_CGROUP_H
#define ASHLAR_SERVER_MEMORY_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_NONE     UINT64_MAX
#define CGROUP_PATH_MAX 1024

/* Where our group is: a directory below a cgroup2 mount. */
struct cgroup {
    char   root[256];             /* put before every path: "" but in tests */
    char   path[CGROUP_PATH_MAX]; /* our group's directory; "": no cgroup v2 */
    size_t mount_len;             /* of it: the mount point, above which we do not look */
};

struct cgroup_memory {
    bool     known;     /* our group has a memory controller */
    uint64_t max, high; /* smallest on the way up; CGROUP_NONE: no limit */
    uint64_t current, anon, file, kernel; /* our own group's use */
    uint64_t oom_kills; /* processes of the group killed */
};

/* Pressure stall information: the share of time in which some task waited for memory. */
struct cgroup_pressure {
    bool     known;
    double   some_avg10, some_avg60, full_avg10; /* per cent */
    uint64_t some_total_us, full_total_us;       /* ever waited */
};

/* root: "" for the real system, or a folder that holds a likeness of its /proc and mounts. */
void cgroup_find(struct cgroup *g, const char *root);
void cgroup_read(const struct cgroup *g, struct cgroup_memory *out);
void cgroup_pressure(const struct cgroup *g, struct cgroup_pressure *out);
/* The smaller of the machine's memory and the group's limits: what there can be for us. */
uint64_t cgroup_available(const struct cgroup_memory *m, uint64_t machine);

#endif
