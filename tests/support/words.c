/* words.c: a line cut into arguments as redis-cli does it. One pass, one state: in which quotes. */
#include "tests/support/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/bytes.h"

void words_add(struct words *w, const char *data, size_t len) {
    w->word = must_grow(w->word, (w->count + 1) * sizeof(*w->word));
    w->len = must_grow(w->len, (w->count + 1) * sizeof(*w->len));
    w->word[w->count] = must_copy(data, len);
    w->len[w->count++] = len;
}

void words_replace(struct words *w, size_t idx, const char *data, size_t len) {
    char *copy = must_copy(data, len);
    free(w->word[idx]);
    w->word[idx] = copy;
    w->len[idx] = len;
}

void words_fini(struct words *w) {
    for (size_t i = 0; i < w->count; i++) free(w->word[i]);
    free(w->word);
    free(w->len);
    *w = (struct words){0};
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* One escape after the backslash at p; returns what comes after it. */
static const char *take_escape(const char *p, struct bytes *out) {
    static const char names[] = "nrtab", values[] = "\n\r\t\a\b";
    if (p[1] == 'x' && hex_value(p[2]) >= 0 && hex_value(p[3]) >= 0) {
        char c = (char)(hex_value(p[2]) * 16 + hex_value(p[3]));
        bytes_add(out, &c, 1);
        return p + 4;
    }
    const char *name = p[1] != '\0' ? strchr(names, p[1]) : NULL;
    bytes_add(out, name != NULL ? &values[name - names] : &p[1], 1);
    return p + 2;
}

/* The quoted text that starts at p; NULL when it does not end, or ends in the middle of a word. */
static const char *take_quoted(const char *p, struct bytes *out) {
    char quote = *p++;
    while (*p != quote) {
        if (*p == '\0') return NULL;
        if (quote == '"' && *p == '\\' && p[1] != '\0') {
            p = take_escape(p, out);
        } else if (quote == '\'' && *p == '\\' && p[1] == '\'') {
            bytes_add(out, "'", 1);
            p += 2;
        } else {
            bytes_add(out, p++, 1);
        }
    }
    p++;
    return *p == '\0' || isspace((unsigned char)*p) ? p : NULL;
}

bool words_split(const char *line, struct words *out) {
    struct bytes word = {0};
    const char *p = line;
    *out = (struct words){0};
    for (;;) {
        while (isspace((unsigned char)*p)) p++;
        if (*p == '\0') break;
        bytes_clear(&word);
        while (p != NULL && *p != '\0' && !isspace((unsigned char)*p)) {
            if (*p == '"' || *p == '\'') p = take_quoted(p, &word);
            else bytes_add(&word, p++, 1);
        }
        if (p == NULL) {
            words_fini(out);
            break;
        }
        words_add(out, word.data, word.len);
    }
    bytes_fini(&word);
    return p != NULL;
}
