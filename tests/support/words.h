/* words.h: a line cut into arguments as redis-cli does it. */
#ifndef ASHLAR_TESTS_SUPPORT_WORDS_H
#define ASHLAR_TESTS_SUPPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
    char  **word; /* each NUL-terminated, may hold NULs of its own */
    size_t *len;
    size_t  count;
};

/* "…" knows \n \r \t \a \b \\ \" and \xHH, '…' only \'. False: a quote is not closed, or something
 * stands right behind a closing one; *out is then empty. */
bool words_split(const char *line, struct words *out);
void words_add(struct words *w, const char *data, size_t len);
void words_replace(struct words *w, size_t idx, const char *data, size_t len);
void words_fini(struct words *w);

#endif
