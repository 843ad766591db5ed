/* resp.c: a strict reader of RESP2 and RESP3 replies.
 *
 * Recursive descent over a complete buffer: a caller that is told MORE reads more and starts again
 * from the reply's first byte. That costs a re-read of large replies and keeps the reader free of
 * state, which is what makes it worth trusting. Start reading at read_value(). */
#include "tests/support/resp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RESP_COUNT_MAX (1 << 26) /* elements in one aggregate: more is surely a broken length */

struct cursor {
    const char *bytes;
    size_t      len;
    size_t      at;
    int         proto;
    const char *why;
};

static enum resp_state bad(struct cursor *c, const char *why) {
    c->why = why;
    return RESP_BAD;
}

/* The bytes up to CRLF; neither CR nor LF may stand among them. */
static enum resp_state read_line(struct cursor *c, const char **line, size_t *len) {
    size_t end = c->at;
    while (end < c->len && c->bytes[end] != '\r' && c->bytes[end] != '\n') end++;
    if (end == c->len) return RESP_MORE;
    if (c->bytes[end] == '\n') return bad(c, "LF without CR in a line");
    if (end + 1 == c->len) return RESP_MORE;
    if (c->bytes[end + 1] != '\n') return bad(c, "CR without LF in a line");
    *line = c->bytes + c->at;
    *len = end - c->at;
    c->at = end + 2;
    return RESP_OK;
}

/* -?(0|[1-9][0-9]*) that fits 64 bits. */
static bool parse_integer(const char *text, size_t len, long long *number) {
    size_t digits = len > 0 && text[0] == '-' ? 1 : 0;
    char copy[24];
    if (digits == len || len >= sizeof(copy)) return false;
    if (text[digits] == '0' && len > 1) return false;
    for (size_t i = digits; i < len; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    errno = 0;
    *number = strtoll(copy, NULL, 10);
    return errno == 0;
}

static enum resp_state read_number(struct cursor *c, long long *number) {
    const char *line;
    size_t len;
    enum resp_state state = read_line(c, &line, &len);
    if (state != RESP_OK) return state;
    return parse_integer(line, len, number) ? RESP_OK : bad(c, "not a canonical integer");
}

static bool is_double(const char *text, size_t len) {
    char copy[512], *end;
    if (len == 0 || len >= sizeof(copy)) return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strcmp(copy, "inf") == 0 || strcmp(copy, "-inf") == 0 || strcmp(copy, "nan") == 0) return true;
    if (strspn(copy, "0123456789.eE+-") != len) return false;
    strtod(copy, &end);
    return *end == '\0';
}

static bool is_big_number(const char *text, size_t len) {
    size_t digits = len > 0 && text[0] == '-' ? 1 : 0;
    if (digits == len) return false;
    for (size_t i = digits; i < len; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return true;
}

/* + - : , # ( _ : everything that is one line. */
static enum resp_state read_simple(struct cursor *c, struct resp *out) {
    const char *line;
    size_t len;
    enum resp_state state = read_line(c, &line, &len);
    if (state != RESP_OK) return state;
    out->text = must_copy(line, len);
    out->len = len;
    switch (out->type) {
    case ':': return parse_integer(line, len, &out->number) ? RESP_OK : bad(c, "bad integer");
    case ',': return is_double(line, len) ? RESP_OK : bad(c, "bad double");
    case '(': return is_big_number(line, len) ? RESP_OK : bad(c, "bad big number");
    case '#': return len == 1 && (*line == 't' || *line == 'f') ? RESP_OK : bad(c, "bad boolean");
    case '_': out->null = true; return len == 0 ? RESP_OK : bad(c, "bad null");
    default: return RESP_OK;
    }
}

/* $ ! = : a length, that many bytes, CRLF. */
static enum resp_state read_bulk(struct cursor *c, struct resp *out) {
    long long len;
    enum resp_state state = read_number(c, &len);
    if (state != RESP_OK) return state;
    if (len == -1 && out->type == '$' && c->proto == 2) {
        out->null = true;
        return RESP_OK;
    }
    if (len < 0) return bad(c, "negative bulk length");
    if ((size_t)len > c->len - c->at || c->len - c->at - (size_t)len < 2) return RESP_MORE;
    const char *data = c->bytes + c->at;
    if (data[len] != '\r' || data[len + 1] != '\n') return bad(c, "bulk is not followed by CRLF");
    c->at += (size_t)len + 2;
    if (out->type == '=') {
        if (len < 4 || data[3] != ':') return bad(c, "verbatim string without its format");
        memcpy(out->format, data, 3);
        data += 4;
        len -= 4;
    }
    out->text = must_copy(data, (size_t)len);
    out->len = (size_t)len;
    return RESP_OK;
}

static enum resp_state read_value(struct cursor *c, struct resp *out, unsigned depth);

/* * ~ > % | : a count, then the elements. */
static enum resp_state read_aggregate(struct cursor *c, struct resp *out, unsigned depth) {
    long long count;
    enum resp_state state = read_number(c, &count);
    if (state != RESP_OK) return state;
    if (count == -1 && out->type == '*' && c->proto == 2) {
        out->null = true;
        return RESP_OK;
    }
    if (count < 0 || count > RESP_COUNT_MAX) return bad(c, "bad element count");
    if (depth == RESP_DEPTH_MAX) return bad(c, "nested too deep");
    size_t total = (size_t)count * (out->type == '%' || out->type == '|' ? 2 : 1);
    if (total > c->len - c->at) return RESP_MORE; /* each element takes more than a byte */
    out->items = must_alloc(total * sizeof(*out->items));
    while (out->count < total) {
        state = read_value(c, &out->items[out->count], depth + 1);
        out->count++; /* also when it failed: what it holds is freed with the rest */
        if (state != RESP_OK) return state;
    }
    return RESP_OK;
}

static enum resp_state read_value(struct cursor *c, struct resp *out, unsigned depth) {
    if (c->at == c->len) return RESP_MORE;
    char type = c->bytes[c->at];
    if (type == '\0' || strchr("+-:$*_,#(!=%~|>", type) == NULL) return bad(c, "unknown type byte");
    if (c->proto == 2 && strchr("+-:$*", type) == NULL) return bad(c, "RESP3 type on a RESP2 connection");
    if (type == '>' && depth > 0) return bad(c, "push inside a reply");
    c->at++;
    out->type = type;
    if (strchr("$!=", type) != NULL) return read_bulk(c, out);
    if (strchr("*~>%|", type) != NULL) return read_aggregate(c, out, depth);
    return read_simple(c, out);
}

enum resp_state resp_parse(const char *bytes, size_t len, int proto, struct resp *out, size_t *used,
                           const char **why) {
    struct cursor c = {.bytes = bytes, .len = len, .proto = proto};
    *out = (struct resp){0};
    enum resp_state state = read_value(&c, out, 0);
    *used = c.at;
    *why = c.why;
    if (state != RESP_OK) resp_fini(out);
    return state;
}

void resp_fini(struct resp *r) {
    for (size_t i = 0; i < r->count; i++) resp_fini(&r->items[i]);
    free(r->items);
    free(r->text);
    *r = (struct resp){0};
}

bool resp_is_aggregate(const struct resp *r) {
    return !r->null && strchr("*~>%|", r->type) != NULL;
}

void resp_print(struct bytes *out, const struct resp *r) {
    if (r->null) {
        bytes_print(out, "%s", r->type == '_' ? "_" : r->type == '*' ? "*-1" : "$-1");
        return;
    }
    if (!resp_is_aggregate(r)) {
        if (r->type == '=') bytes_print(out, "=%s:", r->format);
        else if (r->type != '$') bytes_print(out, "%c", r->type);
        if (strchr("$=!", r->type) != NULL) bytes_quote(out, r->text, r->len);
        else bytes_add(out, r->text, r->len);
        return;
    }
    bytes_print(out, "%c%zu[", r->type, r->type == '%' || r->type == '|' ? r->count / 2 : r->count);
    for (size_t i = 0; i < r->count; i++) {
        if (i > 0) bytes_add(out, " ", 1);
        resp_print(out, &r->items[i]);
    }
    bytes_add(out, "]", 1);
}
