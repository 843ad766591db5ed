/* vars.c: values captured by a transcript. A handful at most, so a list. */
#include "tests/support/vars.h"

#include <stdlib.h>
#include <string.h>

#define REPEAT_MAX (1ULL << 30) /* bytes that one ${rep:} may yield */

void vars_set(struct vars *v, const char *name, size_t name_len, const char *value, size_t len) {
    size_t i = 0;
    while (i < v->count && (strlen(v->var[i].name) != name_len || memcmp(v->var[i].name, name, name_len) != 0)) i++;
    if (i == v->count) {
        v->var = must_grow(v->var, (v->count + 1) * sizeof(*v->var));
        v->var[v->count++] = (struct var){.name = must_copy(name, name_len)};
    }
    free(v->var[i].value);
    v->var[i].value = must_copy(value, len);
    v->var[i].len = len;
}

static bool add_repeated(const char *spec, size_t len, struct bytes *out) {
    char *end;
    unsigned long long times = strtoull(spec, &end, 10);
    if (*end != ':') return false;
    size_t unit = len - (size_t)(end + 1 - spec);
    if (unit > 0 && times > REPEAT_MAX / unit) return false;
    bytes_reserve(out, times * unit);
    while (times-- > 0) bytes_add(out, end + 1, unit);
    return true;
}

static bool add_value(const struct vars *v, const char *name, size_t len, struct bytes *out) {
    if (len > 4 && memcmp(name, "rep:", 4) == 0) return add_repeated(name + 4, len - 4, out);
    for (size_t i = 0; i < v->count; i++) {
        if (strlen(v->var[i].name) != len || memcmp(v->var[i].name, name, len) != 0) continue;
        bytes_add(out, v->var[i].value, v->var[i].len);
        return true;
    }
    bytes_clear(out);
    bytes_add(out, name, len);
    return false;
}

bool vars_expand(const struct vars *v, const char *text, size_t len, struct bytes *out) {
    const char *end = text + len;
    while (text < end) {
        const char *close = NULL;
        if (end - text > 2 && text[0] == '$' && text[1] == '{') close = memchr(text, '}', (size_t)(end - text));
        if (close == NULL) {
            bytes_add(out, text++, 1);
            continue;
        }
        if (!add_value(v, text + 2, (size_t)(close - text) - 2, out)) return false;
        text = close + 1;
    }
    return true;
}

void vars_fini(struct vars *v) {
    for (size_t i = 0; i < v->count; i++) {
        free(v->var[i].name);
        free(v->var[i].value);
    }
    free(v->var);
    *v = (struct vars){0};
}
