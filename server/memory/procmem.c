/* procmem.c: reads /proc/self/statm and /proc/self/status. Opened for each reading, as they are
 * asked for a few times a second at most; nothing is allocated. */
#include "server/memory/procmem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool procmem_file(const char *path, char *out, size_t cap) {
    size_t len = 0;
    int    fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && len < cap - 1) {
        ssize_t n = read(fd, out + len, cap - 1 - len);
        if (n <= 0) break;
        len += (size_t)n;
    }
    if (fd >= 0) close(fd);
    out[len] = '\0';
    return fd >= 0;
}

size_t procmem_rss(void) {
    char text[256], *at;
    procmem_file("/proc/self/statm", text, sizeof text);
    strtoul(text, &at, 10); /* pages mapped; then pages resident */
    return strtoul(at, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* "VmRSS:     1234 kB" */
static size_t field(const char *status, const char *name) {
    const char *at = strstr(status, name);
    return at == NULL ? 0 : strtoul(at + strlen(name), NULL, 10) * 1024;
}

void procmem_parse(const char *status, struct procmem *out) {
    out->rss = field(status, "VmRSS:");
    out->rss_peak = field(status, "VmHWM:");
    out->rss_file = field(status, "RssFile:");
    out->swap = field(status, "VmSwap:");
    out->stack = field(status, "VmStk:");
}

void procmem_read(struct procmem *out) {
    char text[4096];
    procmem_file("/proc/self/status", text, sizeof text);
    procmem_parse(text, out);
}

size_t procmem_total(void) {
    return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}
