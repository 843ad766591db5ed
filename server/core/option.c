/* option.c: reads and prints the values of the plain kinds.
 *
 * Every kind parses into a local first and stores last, so a failed parse needs no undo. */
#include "server/core/option.h"

#include "alloc/alloc.h"
#include "proto/num.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool option_fail(struct option_error *error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

static bool word_is(struct slice word, const char *name) {
    return word.len == strlen(name) && strncasecmp(word.p, name, word.len) == 0;
}

const struct option *option_find(struct slice name) {
    for (const struct option *o = config_options; o->name != NULL; o++)
        if (word_is(name, o->name) || (o->alias != NULL && word_is(name, o->alias))) return o;
    return NULL;
}

/* --- Strings ------------------------------------------------------------------------------- */

void option_set_string(struct config *c, char **at, struct slice s) {
    char *copy = ash_alloc(c->heap, s.len + 1);
    if (s.len > 0) memcpy(copy, s.p, s.len);
    copy[s.len] = '\0';
    if (*at != NULL) ash_free(*at, strlen(*at) + 1);
    *at = copy;
}

static bool parse_string(const struct option *o, struct config *c, char **at, struct slice word,
                         struct option_error *error) {
    (void)o;
    if (word.len > 0 && memchr(word.p, '\0', word.len) != NULL)
        return option_fail(error, "argument must not contain NUL bytes");
    option_set_string(c, at, word);
    return true;
}

/* --- Numbers ------------------------------------------------------------------------------- */

static bool parse_octal(struct slice word, int64_t *out) {
    char  copy[16], *end;
    if (word.len == 0 || word.len >= sizeof copy) return false;
    memcpy(copy, word.p, word.len);
    copy[word.len] = '\0';
    *out = strtoll(copy, &end, 8);
    return *end == '\0';
}

static bool parse_int(const struct option *o, int64_t *at, struct slice word,
                      struct option_error *error) {
    int64_t v;
    bool    octal = (o->flags & OPTION_OCTAL) != 0;
    if (octal && !parse_octal(word, &v))
        return option_fail(error, "argument couldn't be parsed as an octal number");
    if (!octal && !num_parse_i64(word, &v))
        return option_fail(error, "argument couldn't be parsed into an integer");
    bool    clamp = (o->flags & OPTION_CLAMP) != 0;
    int64_t min = clamp ? 0 : o->min, max = clamp ? INT_MAX : o->max;
    if (v < min || v > max) {
        const char *format = octal ? "argument must be between %llo and %llo inclusive"
                                   : "argument must be between %lld and %lld inclusive";
        snprintf(error->text, sizeof error->text, format, (long long)min, (long long)max);
        return false;
    }
    *at = v < o->min ? o->min : v > o->max ? o->max : v;
    return true;
}

static bool parse_memory(const struct option *o, uint64_t *at, struct slice word,
                         struct option_error *error) {
    uint64_t v;
    if (!num_parse_memory(word, &v)) return option_fail(error, "argument must be a memory value");
    if (v < (uint64_t)o->min || v > (uint64_t)o->max)
        return option_fail(error, "argument must be between %lld and %lld inclusive",
                           (long long)o->min, (long long)o->max);
    *at = v;
    return true;
}

/* --- Words --------------------------------------------------------------------------------- */

static bool parse_bool(bool *at, struct slice word, struct option_error *error) {
    bool yes = word_is(word, "yes");
    if (!yes && !word_is(word, "no")) return option_fail(error, "argument must be 'yes' or 'no'");
    *at = yes;
    return true;
}

static bool parse_enum(const struct option *o, int *at, struct slice word,
                       struct option_error *error) {
    for (int i = 0; o->names[i] != NULL; i++) {
        if (!word_is(word, o->names[i])) continue;
        *at = i;
        return true;
    }
    option_fail(error, "argument(s) must be one of the following: %s", o->names[0]);
    size_t len = strlen(error->text);
    for (int i = 1; o->names[i] != NULL && len < sizeof error->text - 1; i++)
        len += (size_t)snprintf(error->text + len, sizeof error->text - len, ", %s", o->names[i]);
    return false;
}

/* --- Any kind ------------------------------------------------------------------------------ */

bool option_parse(const struct option *o, struct config *c, const struct slice *word,
                  unsigned count, struct option_error *error) {
    void *at = (char *)c + o->at;
    if (o->kind == OPTION_SPECIAL) return o->special->parse(c, word, count, error);
    if (count != 1) return option_fail(error, "wrong number of arguments");
    switch (o->kind) {
    case OPTION_BOOL: return parse_bool(at, word[0], error);
    case OPTION_INT: return parse_int(o, at, word[0], error);
    case OPTION_MEMORY: return parse_memory(o, at, word[0], error);
    case OPTION_ENUM: return parse_enum(o, at, word[0], error);
    default: return parse_string(o, c, at, word[0], error);
    }
}

bool option_parse_text(const struct option *o, struct config *c, struct slice text,
                       struct option_error *error) {
    struct slice word[OPTION_WORDS_MAX];
    unsigned     count = 0;
    if (!(o->flags & OPTION_WORDS)) return option_parse(o, c, &text, 1, error);
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        while (i < text.len && text.p[i] != ' ') i++;
        if (i > from) {
            if (count == OPTION_WORDS_MAX) return option_fail(error, "too many arguments");
            word[count++] = slice_of(text.p + from, i - from);
        }
        i++;
    }
    if (count == 0) word[count++] = slice_of("", 0);
    return option_parse(o, c, word, count, error);
}

void option_print(const struct option *o, const struct config *c, struct text *out) {
    const void *at = (const char *)c + o->at;
    switch (o->kind) {
    case OPTION_BOOL: text_str(out, *(const bool *)at ? "yes" : "no"); break;
    case OPTION_ENUM: text_str(out, o->names[*(const int *)at]); break;
    case OPTION_STRING: text_str(out, *(char *const *)at); break;
    case OPTION_MEMORY: text_printf(out, "%llu", (unsigned long long)*(const uint64_t *)at); break;
    case OPTION_INT:
        if (o->flags & OPTION_OCTAL) {
            text_printf(out, "%llo", (unsigned long long)*(const int64_t *)at);
        } else {
            text_printf(out, "%lld", (long long)*(const int64_t *)at);
        }
        break;
    case OPTION_SPECIAL: o->special->print(c, out); break;
    }
}

void option_free(const struct option *o, struct config *c) {
    if (o->kind != OPTION_STRING) return;
    char **at = (char **)(void *)((char *)c + o->at);
    if (*at != NULL) ash_free(*at, strlen(*at) + 1);
    *at = NULL;
}
