/* text.c: a string that grows by half, always terminated, so it can be given to C calls as it is.
 */
#include "server/ds/text.h"

#include "alloc/alloc.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_CAP_MIN 64

void text_init(struct text *t, struct ash_heap *heap) { *t = (struct text){.heap = heap}; }

void text_fini(struct text *t) {
    ash_free(t->p, t->cap);
    t->p = NULL;
    t->len = t->cap = 0;
}

void text_clear(struct text *t) {
    t->len = 0;
    if (t->p != NULL) t->p[0] = '\0';
}

/* Room for more bytes and a NUL. */
static void text_reserve(struct text *t, size_t more) {
    ASSERT(more < ASH_SIZE_MAX - t->len - 1);
    size_t need = t->len + more + 1;
    if (need <= t->cap) return;
    size_t cap = t->cap + t->cap / 2;
    if (cap < need) cap = need;
    if (cap < TEXT_CAP_MIN) cap = TEXT_CAP_MIN;
    t->p = ash_realloc(t->heap, t->p, t->cap, cap);
    t->cap = cap;
}

void text_add(struct text *t, struct slice s) {
    text_reserve(t, s.len);
    if (s.len > 0) memcpy(t->p + t->len, s.p, s.len);
    t->len += s.len;
    t->p[t->len] = '\0';
}

void text_str(struct text *t, const char *s) { text_add(t, slice_str(s)); }

void text_char(struct text *t, char c) { text_add(t, slice_of(&c, 1)); }

void text_printf(struct text *t, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char small[256];
    int  len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    ASSERT(len >= 0);
    if ((size_t)len < sizeof small) {
        text_add(t, slice_of(small, (size_t)len));
    } else {
        text_reserve(t, (size_t)len);
        vsnprintf(t->p + t->len, (size_t)len + 1, format, again);
        t->len += (size_t)len;
    }
    va_end(again);
}

void text_quote(struct text *t, struct slice s) {
    static const char plain[] = "\n\r\t\a\b\\\"", letter[] = "nrtab\\\"";
    text_char(t, '"');
    for (size_t i = 0; i < s.len; i++) {
        char        c = s.p[i];
        const char *special = c == '\0' ? NULL : strchr(plain, c);
        if (special != NULL) {
            text_char(t, '\\');
            text_char(t, letter[special - plain]);
        } else if (c < ' ' || c > '~') {
            text_printf(t, "\\x%02x", (unsigned char)c);
        } else {
            text_char(t, c);
        }
    }
    text_char(t, '"');
}

const char *text_cstr(const struct text *t) { return t->p == NULL ? "" : t->p; }
