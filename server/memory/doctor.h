/* doctor.h: what is wrong with the server's memory, found in figures: each finding has a cause,
 * bytes, and what to do about it.
 *
 * doctor_examine is a pure function of the figures. Locking: none. */
#ifndef ASHLAR_SERVER_MEMORY_DOCTOR_H
#define ASHLAR_SERVER_MEMORY_DOCTOR_H

#include "server/ds/text.h"
#include "server/memory/overview.h"
#include "server/memory/procmem.h"
#include "server/memory/reclaim.h"

#define DOCTOR_FINDINGS_MAX 16
#define DOCTOR_USED_MIN     (5 * 1024 * 1024) /* below: too little to judge, as Redis */

struct doctor_facts {
    struct overview memory;
    struct procmem  process;
    uint64_t        maxmemory, pending_objects;
    struct reclaim_status reclaim; /* maxmemory-rss */
    bool            noeviction;
};
struct finding {
    const char *cause, *advice;
    size_t      bytes;
};
/* Returns how many findings, the largest first. */
unsigned doctor_examine(const struct doctor_facts *f, struct finding out[DOCTOR_FINDINGS_MAX]);
/* The report in words. */
void     doctor_report(const struct doctor_facts *f, struct text *out);

#endif
