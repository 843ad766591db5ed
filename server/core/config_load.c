/* config_load.c: the configuration as the server starts: file, then standard input, then the
 * command line, the later winning, as redis-server takes them.
 *
 * The command line is put into lines first ("--hz 50" is the line `hz "50"`), so there is one
 * parser for all three and one way to report a bad line. A file may include others (with
 * wildcards), to a depth of INCLUDE_DEPTH_MAX.
 *
 * Start reading at config_load(). */
#include "server/core/config.h"

#include "alloc/alloc.h"
#include "proto/request.h"
#include "server/core/log.h"
#include "server/core/option.h"
#include "server/version.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define INCLUDE_DEPTH_MAX 16
#define CONFIG_FILE_MAX   (16 * 1024 * 1024) /* bytes; a larger file is no configuration */

struct load {
    struct config      *c;
    unsigned            depth;  /* of includes */
    unsigned            number; /* line */
    struct slice        line;
    bool                located; /* the error tells file and line itself */
    struct option_error error;
};

/* --- Bytes --------------------------------------------------------------------------------- */

/* Reads fd to its end, behind what is in out. False: errno. */
static bool read_all(int fd, struct text *out) {
    char    part[4096];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (out->len + (size_t)n > CONFIG_FILE_MAX) {
            errno = EFBIG;
            return false;
        }
        text_add(out, slice_of(part, (size_t)n));
    }
    return true;
}

static bool read_file(const char *path, struct text *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = read_all(fd, out);
    int  error = errno;
    close(fd);
    errno = error;
    return ok;
}

/* --- Lines --------------------------------------------------------------------------------- */

static bool load_text(struct load *l, struct slice text);

static bool include_one(struct load *l, const char *path) {
    struct text text;
    text_init(&text, l->c->heap);
    bool ok = read_file(path, &text);
    if (!ok) {
        option_fail(&l->error, "cannot read the included file %s: %s", path, strerror(errno));
    } else {
        struct load inner = {.c = l->c, .depth = l->depth + 1};
        ok = load_text(&inner, text_slice(&text));
        if (!ok && inner.located) {
            l->error = inner.error;
        } else if (!ok) {
            option_fail(&l->error, "in %s, line %u: '%.*s': %.200s", path, inner.number,
                        (int)(inner.line.len < 100 ? inner.line.len : 100), inner.line.p,
                        inner.error.text);
        }
        l->located = !ok;
    }
    text_fini(&text);
    return ok;
}

/* A pattern that fits nothing includes nothing; a plain name must be there. */
static bool include(struct load *l, const char *pattern) {
    if (l->depth == INCLUDE_DEPTH_MAX)
        return option_fail(&l->error, "files are included more than %d deep", INCLUDE_DEPTH_MAX);
    glob_t found;
    int    rc = glob(pattern, 0, NULL, &found);
    if (rc == GLOB_NOMATCH) return strpbrk(pattern, "*?[") != NULL || include_one(l, pattern);
    if (rc != 0) return option_fail(&l->error, "cannot look for files to include");
    bool ok = true;
    for (size_t i = 0; ok && i < found.gl_pathc; i++) ok = include_one(l, found.gl_pathv[i]);
    globfree(&found);
    return ok;
}

static bool load_words(struct load *l, const struct request_words *w) {
    struct slice name = slice_of(w->word[0], w->len[0]);
    if (name.len == 7 && strncasecmp(name.p, "include", 7) == 0 && w->count == 2)
        return include(l, w->word[1]);
    const struct option *o = option_find(name);
    if (o == NULL || w->count < 2 || w->count > OPTION_WORDS_MAX) {
        if (o != NULL) return option_fail(&l->error, "wrong number of arguments");
        return option_fail(&l->error, "Bad directive or wrong number of arguments");
    }
    struct slice word[OPTION_WORDS_MAX];
    for (unsigned i = 1; i < w->count; i++) word[i - 1] = slice_of(w->word[i], w->len[i]);
    if (w->count == 2) /* one word may hold several, as in CONFIG SET: bind "a b" */
        return option_parse_text(o, l->c, word[0], &l->error);
    return option_parse(o, l->c, word, w->count - 1, &l->error);
}

static bool load_line(struct load *l) {
    if (l->line.len == 0 || l->line.p[0] == '#') return true;
    if (memchr(l->line.p, '\0', l->line.len) != NULL)
        return option_fail(&l->error, "there is a zero byte in the line");
    struct request_words words;
    if (!request_split(l->line, l->c->heap, &words))
        return option_fail(&l->error, "Unbalanced quotes in configuration line");
    bool ok = words.count == 0 || load_words(l, &words);
    request_words_fini(&words);
    return ok;
}

static bool is_space(char c) { return c != '\0' && strchr(" \t\r\n", c) != NULL; }

static struct slice trim(struct slice s) {
    while (s.len > 0 && is_space(s.p[0])) s = slice_of(s.p + 1, s.len - 1);
    while (s.len > 0 && is_space(s.p[s.len - 1])) s.len--;
    return s;
}

static bool load_text(struct load *l, struct slice text) {
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.p + at, '\n', text.len - at);
        size_t      len = end == NULL ? text.len - at : (size_t)(end - text.p) - at;
        l->number++;
        l->line = trim(slice_of(text.p + at, len));
        if (!load_line(l)) return false;
        at += len + 1;
    }
    return true;
}

/* --- The command line ---------------------------------------------------------------------- */

static bool is_option(const char *arg) { return arg[0] == '-' && arg[1] == '-'; }

/* Appends "name value ..." lines for the arguments from `from`. A name takes what follows up to the
 * next name, but at least one word, whatever it looks like; "--hz 50" may be one argument. */
static void lines_from_args(int argc, char **argv, int from, struct text *out) {
    bool may_be_name = true;
    for (int i = from; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "-") == 0 && (i == 1 || i == argc - 1)) continue; /* standard input */
        if (!may_be_name || !is_option(arg)) {
            text_char(out, ' ');
            text_quote(out, slice_str(arg));
            may_be_name = true;
            continue;
        }
        text_printf(out, "\n%s", arg + 2);
        may_be_name = strchr(arg, ' ') != NULL;
        bool last = i == argc - 1 || is_option(argv[i + 1]);
        if (last && strcasecmp(arg, "--save") == 0) { /* "--save" alone: save nothing */
            text_str(out, " \"\"");
            may_be_name = true;
        }
    }
    text_char(out, '\n');
}

static bool wants_stdin(int argc, char **argv) {
    return argc > 1 && (strcmp(argv[1], "-") == 0 || strcmp(argv[argc - 1], "-") == 0);
}

/* Kept absolute: CONFIG REWRITE must find it after dir has been entered. */
static bool remember_file(struct config *c, const char *path) {
    char absolute[PATH_MAX];
    if (realpath(path, absolute) == NULL) return false;
    option_set_string(c, &c->file, slice_str(absolute));
    return true;
}

/* Everything there is to read, in the order of precedence. False: said why. */
static bool gather(struct config *c, int argc, char **argv, struct text *out) {
    bool has_file = argc > 1 && argv[1][0] != '-';
    if (has_file && (!remember_file(c, argv[1]) || !read_file(c->file, out))) {
        log_warning("Fatal error, can't open config file '%s': %s", argv[1], strerror(errno));
        return false;
    }
    if (wants_stdin(argc, argv)) {
        text_char(out, '\n');
        if (!read_all(STDIN_FILENO, out)) {
            log_warning("Fatal error, can't read the configuration from standard input: %s",
                        strerror(errno));
            return false;
        }
    }
    lines_from_args(argc, argv, has_file ? 2 : 1, out);
    return true;
}

static void report(const struct load *l) {
    fprintf(stderr,
            "\n*** FATAL CONFIG FILE ERROR (Ashlar %s) ***\n"
            "Reading the configuration file, at line %u\n>>> '%.*s'\n%s\n",
            ASHLAR_VERSION, l->number, (int)l->line.len, l->line.p, l->error.text);
}

bool config_load(struct config *c, int argc, char **argv) {
    struct text text;
    text_init(&text, c->heap);
    bool ok = gather(c, argc, argv, &text);
    if (ok) {
        struct load l = {.c = c};
        ok = load_text(&l, text_slice(&text));
        option_clients_resolve(c);
        if (!ok) report(&l);
    }
    text_fini(&text);
    return ok;
}
