/* script.c: a transcript file, read into steps.
 *
 * Line by line; the only state is the paragraph's condition and the stack of open patterns (the
 * last one of each depth), which is found again through the last step. Start at script_read(). */
#include "tests/support/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct script   *script;
    struct condition paragraph;
    unsigned         line;
    const char      *problem; /* set: stop */
};

static struct step *add_step(struct reader *r, enum step_kind kind, const char *conn, size_t conn_len) {
    struct script *s = r->script;
    s->step = must_grow(s->step, (s->count + 1) * sizeof(*s->step));
    struct step *step = &s->step[s->count++];
    *step = (struct step){.kind = kind, .line = r->line, .when = r->paragraph};
    step->conn = conn_len > 0 ? must_copy(conn, conn_len) : must_copy("main", 4);
    return step;
}

static int version_number(const char *text) {
    int major = 0, minor = 0, patch = 0;
    return sscanf(text, "%d.%d.%d", &major, &minor, &patch) >= 2 ? major * 10000 + minor * 100 + patch : 0;
}

/* "only ashlar", "since 7.2", "until 7.2" into *when. */
static bool read_condition(const struct words *w, size_t at, struct condition *when) {
    if (w->count != at + 2) return false;
    const char *word = w->word[at], *value = w->word[at + 1];
    if (strcmp(word, "only") == 0) {
        if (strcmp(value, "ashlar") == 0) when->only = ONLY_ASHLAR;
        else if (strcmp(value, "redis") == 0) when->only = ONLY_REDIS;
        else return false;
        return true;
    }
    int *version = strcmp(word, "since") == 0 ? &when->since : strcmp(word, "until") == 0 ? &when->until : NULL;
    if (version == NULL) return false;
    *version = version_number(value);
    return *version != 0;
}

/* The option and its values as they stand on a server's command line. */
static void add_option(struct words *options, const struct words *w) {
    struct bytes name = {0};
    bytes_print(&name, "--%s", w->word[1]);
    words_add(options, name.data, name.len);
    for (size_t i = 2; i < w->count; i++) words_add(options, w->word[i], w->len[i]);
    bytes_fini(&name);
}

static void read_directive(struct reader *r, const char *text) {
    static const char *const known[] = {"resp", "new", "close", "sleep", "eventually", "raw",
                                        "expect-close", "expect-nothing"};
    struct words w;
    if (!words_split(text, &w) || w.count == 0) {
        r->problem = "bad quotes";
        return;
    }
    const char *name = w.word[0];
    bool is_known = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) is_known |= strcmp(name, known[i]) == 0;
    if (strcmp(name, "file") == 0) {
        if (!read_condition(&w, 1, &r->script->when)) r->problem = "@file only|since|until X";
    } else if (strcmp(name, "config") == 0) {
        if (w.count < 2) r->problem = "@config needs an option";
        else if (r->script->count > 0) r->problem = "@config must stand before the first command";
        else add_option(&r->script->options, &w);
    } else if (is_known) {
        struct step *step = add_step(r, STEP_DIRECTIVE, "", 0);
        step->text = must_copy(name, strlen(name));
        step->args = w;
        return;
    } else if (!read_condition(&w, 0, &r->paragraph)) {
        r->problem = "unknown directive";
    }
    words_fini(&w);
}

/* Hangs the line below the last line that is one level less deep. */
static void add_deeper(struct reader *r, struct pattern *parent, size_t depth, const char *text) {
    while (depth > 1 && parent->count > 0) {
        parent = &parent->items[parent->count - 1];
        depth--;
    }
    if (depth > 1) {
        r->problem = "indented too deep";
        return;
    }
    parent->items = must_grow(parent->items, (parent->count + 1) * sizeof(*parent->items));
    parent->items[parent->count++] = (struct pattern){.text = must_copy(text, strlen(text)), .line = r->line};
}

static void read_expectation(struct reader *r, const char *conn, size_t conn_len, const char *text) {
    size_t spaces = strspn(text, " ");
    if (spaces % 2 == 0 || text[spaces] == '\0') {
        r->problem = "after < come one space and two more for each level";
        return;
    }
    text += spaces;
    if (spaces > 1) {
        struct step *last = r->script->count > 0 ? &r->script->step[r->script->count - 1] : NULL;
        if (last == NULL || last->kind != STEP_EXPECT) r->problem = "element without its aggregate";
        else add_deeper(r, &last->expect, spaces / 2, text);
        return;
    }
    struct step *step = add_step(r, STEP_EXPECT, conn, conn_len);
    step->expect = (struct pattern){.text = must_copy(text, strlen(text)), .line = r->line};
}

static void read_line(struct reader *r, char *line) {
    size_t len = strlen(line);
    while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL) line[--len] = '\0';
    if (len == 0) {
        r->paragraph = (struct condition){0};
        return;
    }
    size_t conn_len = strcspn(line, "<> @#");
    if (line[0] == '#') return;
    if (line[0] == '@') {
        read_directive(r, line + 1);
    } else if (line[conn_len] == '>' && line[conn_len + 1] == ' ') {
        add_step(r, STEP_SEND, line, conn_len)->text = must_copy(line + conn_len + 2, strlen(line + conn_len + 2));
    } else if (line[conn_len] == '<') {
        read_expectation(r, line, conn_len, line + conn_len + 1);
    } else {
        r->problem = "neither > command, < reply, @directive nor # comment";
    }
}

bool script_read(const char *path, struct script *out, struct bytes *error) {
    struct reader r = {.script = out};
    *out = (struct script){0};
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        bytes_print(error, "%s: %s", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t cap = 0;
    while (r.problem == NULL && getline(&line, &cap, f) >= 0) {
        r.line++;
        read_line(&r, line);
    }
    free(line);
    fclose(f);
    if (r.problem == NULL) return true;
    bytes_print(error, "%s:%u: %s", path, r.line, r.problem);
    script_fini(out);
    return false;
}

void script_fini(struct script *s) {
    for (size_t i = 0; i < s->count; i++) {
        free(s->step[i].conn);
        free(s->step[i].text);
        words_fini(&s->step[i].args);
        pattern_fini(&s->step[i].expect);
    }
    free(s->step);
    words_fini(&s->options);
    *s = (struct script){0};
}
