/* pattern.c: does a reply look as its transcript says?
 *
 * Start reading at match(): it takes a pattern's first characters apart and hands over to one small
 * function a notation. Unordered aggregates are a bipartite matching (Kuhn's), so that wildcards
 * among the elements find their place whatever the order. */
#include "tests/support/pattern.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/words.h"

struct match {
    struct vars  *vars;
    unsigned      line; /* of the mismatch */
    struct bytes *why;
};

static bool match(struct match *m, const struct pattern *p, const struct resp *r);

static bool says(struct match *m, const struct pattern *p, const char *problem) {
    m->line = p->line;
    bytes_clear(m->why);
    bytes_print(m->why, "%s: %s", problem, p->text);
    return false;
}

static bool differs(struct match *m, const struct pattern *p, const struct resp *r) {
    struct bytes got = {0};
    resp_print(&got, r);
    m->line = p->line;
    bytes_clear(m->why);
    bytes_print(m->why, "expected %s, got %.2000s%s", p->text, got.data, got.len > 2000 ? "..." : "");
    bytes_fini(&got);
    return false;
}

static bool equal(const struct resp *r, const struct bytes *text) {
    return r->len == text->len && (r->len == 0 || memcmp(r->text, text->data, r->len) == 0);
}

/* The one quoted string in text, expanded. */
static bool unquote(struct match *m, const char *text, struct bytes *out) {
    struct words words;
    bool good = words_split(text, &words) && words.count == 1 &&
                vars_expand(m->vars, words.word[0], words.len[0], out);
    words_fini(&words);
    return good;
}

static bool match_quoted(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    struct bytes wanted = {0};
    if (!unquote(m, text, &wanted)) {
        bytes_fini(&wanted);
        return says(m, p, "bad quotes or unknown ${name}");
    }
    bool same = !r->null && equal(r, &wanted);
    bytes_fini(&wanted);
    return same ? true : differs(m, p, r);
}

static bool match_regex(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    size_t len = strlen(text);
    if (len < 2 || text[len - 1] != '/') return says(m, p, "regex without its closing /");
    char *source = must_copy(text + 1, len - 2);
    regex_t regex;
    bool compiled = regcomp(&regex, source, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0;
    free(source);
    if (!compiled) return says(m, p, "bad regex");
    bool found = !r->null && r->text != NULL && regexec(&regex, r->text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found ? true : differs(m, p, r);
}

/* +text -text #t (123: one line, exact; an error may end in * for a prefix. -"text" shows blanks. */
static bool match_line(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    struct bytes wanted = {0};
    bool quoted = text[1] == '"';
    if (!(quoted ? unquote(m, text + 1, &wanted) : vars_expand(m->vars, text + 1, strlen(text + 1), &wanted))) {
        bytes_fini(&wanted);
        return says(m, p, "bad quotes or unknown ${name}");
    }
    bool prefix = text[0] == '-' && !quoted && wanted.len > 0 && wanted.data[wanted.len - 1] == '*';
    bool same = r->type == text[0];
    if (same && prefix) same = r->len >= wanted.len - 1 && memcmp(r->text, wanted.data, wanted.len - 1) == 0;
    else if (same) same = equal(r, &wanted);
    bytes_fini(&wanted);
    return same ? true : differs(m, p, r);
}

static bool match_integer(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    const char *dots = strstr(text, "..");
    if (r->type != ':') return differs(m, p, r);
    if (strcmp(text, ":?") == 0) return true;
    if (dots == NULL) return match_line(m, p, text, r);
    long long low = strtoll(text + 1, NULL, 10), high = strtoll(dots + 2, NULL, 10);
    return r->number >= low && r->number <= high ? true : differs(m, p, r);
}

static bool match_double(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    const char *dots = strstr(text, "..");
    if (r->type != ',') return differs(m, p, r);
    if (dots == NULL) return match_line(m, p, text, r);
    double got = strtod(r->text, NULL);
    return got >= strtod(text + 1, NULL) && got <= strtod(dots + 2, NULL) ? true : differs(m, p, r);
}

static bool match_verbatim(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    if (strlen(text) < 6 || text[4] != ':') return says(m, p, "verbatim is =txt:\"text\"");
    if (r->type != '=' || strncmp(text + 1, r->format, 3) != 0) return differs(m, p, r);
    return text[5] == '/' ? match_regex(m, p, text + 5, r) : match_quoted(m, p, text + 5, r);
}

/* --- Aggregates ------------------------------------------------------------------------------- */

struct pairing {
    struct match         *m;
    const struct pattern *p;
    const struct resp    *r;
    size_t                group; /* elements that stay together: 2 for pairs */
    size_t               *owner; /* per group of the reply: the pattern group it serves, plus 1 */
    bool                 *seen;
};

static bool group_matches(struct pairing *g, size_t pattern_idx, size_t reply_idx) {
    for (size_t i = 0; i < g->group; i++)
        if (!match(g->m, &g->p->items[pattern_idx * g->group + i], &g->r->items[reply_idx * g->group + i])) return false;
    return true;
}

/* Finds a place for one pattern group, moving others if need be. */
static bool place_group(struct pairing *g, size_t pattern_idx) {
    for (size_t i = 0; i < g->r->count / g->group; i++) {
        if (g->seen[i] || !group_matches(g, pattern_idx, i)) continue;
        g->seen[i] = true;
        if (g->owner[i] == 0 || place_group(g, g->owner[i] - 1)) {
            g->owner[i] = pattern_idx + 1;
            return true;
        }
    }
    return false;
}

static bool match_unordered(struct match *m, const struct pattern *p, const struct resp *r, size_t group) {
    if (p->count % group != 0) return says(m, p, "pairs need an even number of lines");
    if (p->count != r->count) return differs(m, p, r);
    size_t groups = p->count / group;
    struct pairing g = {.m = m, .p = p, .r = r, .group = group};
    g.owner = must_alloc(groups * sizeof(*g.owner));
    g.seen = must_alloc(groups * sizeof(*g.seen));
    bool placed = true;
    const struct pattern *lost = p;
    for (size_t i = 0; i < groups && placed; i++) {
        memset(g.seen, 0, groups * sizeof(*g.seen));
        placed = place_group(&g, i);
        lost = &p->items[i * group];
    }
    free(g.owner);
    free(g.seen);
    if (placed) return true;
    differs(m, lost, r);
    return false;
}

static bool match_ordered(struct match *m, const struct pattern *p, const struct resp *r) {
    bool open = p->count > 0 && strcmp(p->items[p->count - 1].text, "...") == 0;
    size_t listed = p->count - (open ? 1 : 0);
    if (r->count < listed || (!open && r->count != listed)) return differs(m, p, r);
    for (size_t i = 0; i < listed; i++)
        if (!match(m, &p->items[i], &r->items[i])) return false;
    return true;
}

/* *3, %2 unordered, *4 pairs, ~unordered, *-1 */
static bool match_aggregate(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    if (strcmp(text, "~unordered") == 0) {
        if (r->null || (r->type != '*' && r->type != '~')) return differs(m, p, r);
        return match_unordered(m, p, r, 1);
    }
    if (strcmp(text, "*-1") == 0) return r->type == '*' && r->null ? true : differs(m, p, r);
    char *rest;
    size_t unit = text[0] == '%' || text[0] == '|' ? 2 : 1;
    size_t count = isdigit((unsigned char)text[1]) ? strtoul(text + 1, &rest, 10) * unit : (rest = (char *)(size_t)(text + 1), p->count);
    bool open = p->count > 0 && strcmp(p->items[p->count - 1].text, "...") == 0;
    if (count != p->count && !open) return says(m, p, "the count is not that of the lines below");
    if (r->type != text[0] || r->null) return differs(m, p, r);
    while (*rest == ' ') rest++;
    if (strcmp(rest, "unordered") == 0) return match_unordered(m, p, r, unit);
    if (strcmp(rest, "pairs") == 0) return match_unordered(m, p, r, 2);
    return *rest == '\0' ? match_ordered(m, p, r) : says(m, p, "not understood");
}

/* all, any */
static bool match_several(struct match *m, const struct pattern *p, const struct resp *r, bool all) {
    for (size_t i = 0; i < p->count; i++)
        if (match(m, &p->items[i], r) != all) return !all;
    return all ? true : differs(m, p, r);
}

static bool match_text(struct match *m, const struct pattern *p, const char *text, const struct resp *r) {
    if (strcmp(text, "?") == 0) return true;
    if (strcmp(text, "all") == 0) return match_several(m, p, r, true);
    if (strcmp(text, "any") == 0) return match_several(m, p, r, false);
    if (strcmp(text, "(nil)") == 0) return r->null ? true : differs(m, p, r);
    if (strcmp(text, "$-1") == 0) return r->null && r->type == '$' ? true : differs(m, p, r);
    if (strcmp(text, "_") == 0) return r->null && r->type == '_' ? true : differs(m, p, r);
    switch (text[0]) {
    case '"':
    case '\'': return r->type == '$' ? match_quoted(m, p, text, r) : differs(m, p, r);
    case '/': return match_regex(m, p, text, r);
    case ':': return match_integer(m, p, text, r);
    case ',': return match_double(m, p, text, r);
    case '=': return match_verbatim(m, p, text, r);
    case '+':
    case '-':
    case '#':
    case '(': return match_line(m, p, text, r);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|': return match_aggregate(m, p, text, r);
    default: return says(m, p, "not understood");
    }
}

/* A leading `${name} ` captures what the rest matches. */
static bool match(struct match *m, const struct pattern *p, const struct resp *r) {
    const char *close = strncmp(p->text, "${", 2) == 0 ? strstr(p->text, "} ") : NULL;
    if (close == NULL) return match_text(m, p, p->text, r);
    if (!match_text(m, p, close + 2, r)) return false;
    vars_set(m->vars, p->text + 2, (size_t)(close - p->text) - 2, r->text != NULL ? r->text : "", r->len);
    return true;
}

bool pattern_match(const struct pattern *p, const struct resp *r, struct vars *vars,
                   unsigned *line, struct bytes *why) {
    struct match m = {.vars = vars, .line = p->line, .why = why};
    bool good = match(&m, p, r);
    *line = m.line;
    return good;
}

void pattern_fini(struct pattern *p) {
    for (size_t i = 0; i < p->count; i++) pattern_fini(&p->items[i]);
    free(p->items);
    free(p->text);
    *p = (struct pattern){0};
}
