/* procmem.h: what the kernel says about this process's memory, from counters that it keeps anyway.
 *
 * Cheap enough for INFO. What makes the kernel walk page tables (smaps) is not read here.
 * Locking: none needed. All sizes in bytes; 0 where the kernel does not tell. */
#ifndef ASHLAR_SERVER_MEMORY_PROCMEM_H
#define ASHLAR_SERVER_MEMORY_PROCMEM_H

#include <stdbool.h>
#include <stddef.h>

struct procmem {
    size_t rss;      /* resident: anon + file + shmem */
    size_t rss_peak;
    size_t rss_file; /* binary, libraries */
    size_t swap;
    size_t stack;
};

size_t procmem_rss(void);
void   procmem_read(struct procmem *out);
/* From the text of /proc/self/status. */
void   procmem_parse(const char *status, struct procmem *out);
/* A small file's first cap - 1 bytes, terminated. False: it cannot be opened; out is "". */
bool   procmem_file(const char *path, char *out, size_t cap);
size_t procmem_total(void); /* the machine's memory */

#endif
