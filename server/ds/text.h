/* text.h: text put together piece by piece: INFO, a configuration line, a report.
 *
 * Invariants: len < cap whenever p is set, and p[len] is NUL.
 * Locking: none; one owner. Ownership: text_fini frees; text_take hands the bytes over. */
#ifndef ASHLAR_SERVER_DS_TEXT_H
#define ASHLAR_SERVER_DS_TEXT_H

#include "proto/buf.h"

struct ash_heap;

struct text {
    struct ash_heap *heap;
    char            *p;
    size_t           len, cap;
};

void text_init(struct text *t, struct ash_heap *heap);
void text_fini(struct text *t);  /* t is empty and usable */
void text_clear(struct text *t); /* keeps the room */

void text_add(struct text *t, struct slice s);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *format, ...);
/* In double quotes, with \n \r \t \a \b \\ \" \xHH: what request_split reads back. */
void text_quote(struct text *t, struct slice s);

static inline struct slice text_slice(const struct text *t) { return slice_of(t->p, t->len); }
const char *text_cstr(const struct text *t); /* "" when empty; borrowed */

#endif
