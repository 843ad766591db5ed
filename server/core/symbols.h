/* symbols.h: names of this program's own functions by address, static ones included, from the
 * symbol table of its file. For the crash report: allocates nothing, takes no lock. */
#ifndef ASHLAR_SERVER_CORE_SYMBOLS_H
#define ASHLAR_SERVER_CORE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

struct symbols {
    const char *file; /* the whole program file, mapped; NULL: not there */
    size_t      len;
};

/* False: the file cannot be read; find then finds nothing. */
bool symbols_open(struct symbols *s);
void symbols_close(struct symbols *s);
/* The function that holds the address at `offset` from where the program was loaded. NULL: unknown
 * (stripped, or no function). *into: how far into it. */
const char *symbols_find(const struct symbols *s, size_t offset, size_t *into);

#endif
