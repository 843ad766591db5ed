/* conf.c: options from MALLOC_CONF. See conf.h.
 *
 *   text  = [ pair { "," pair } ]      pair = key ":" value      key = letters, digits and "_"
 *
 * Two tables say all: `options` has what is honoured, `fixed` what jemalloc knows and we do not
 * have, each with the one value that describes this allocator as it is. A pair of `fixed` with that
 * value is fine and does nothing; with another it gets a message that says why. So a MALLOC_CONF
 * written for jemalloc either holds here or says what does not.
 *
 * Start reading at conf_parse(). Why not strtol and friends: they set errno and know the locale. */
#include "alloc/conf.h"
#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "alloc/heap.h"
#include "alloc/jemalloc.h"
#include "alloc/os.h"
#include "alloc/purger.h"

#ifndef ASHLAR_PASSTHROUGH

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DECAY_MS_MAX  18446744072000 /* jemalloc's: 2^64 nanoseconds in whole seconds */
#define LINK_NAME     "/etc/malloc.conf"
#define SHOWN_MAX     64 /* of a key or value in a message */

#if !defined ASHLAR_DEBUG
#define DEFAULT_GUARDS .junk = 0
#elif defined __SANITIZE_THREAD__ /* no quarantine: its lock would order what should be a race */
#define DEFAULT_GUARDS .junk = CONF_JUNK_ALLOC | CONF_JUNK_FREE, .redzone = true
#else
#define DEFAULT_GUARDS .junk = CONF_JUNK_ALLOC | CONF_JUNK_FREE, .redzone = true, .quarantine = MIB
#endif
#define DEFAULTS {.dirty_decay_ms = 10000, .tcache = true, .tcache_max = SMALL_MAX, DEFAULT_GUARDS}

const struct conf conf_defaults = DEFAULTS;

/* Here and not in jemalloc.c, so that a server without those calls has them too, if hidden. */
__attribute__((weak)) const char *malloc_conf;
__attribute__((weak)) void (*malloc_message)(void *arg, const char *text);

static struct conf conf = DEFAULTS;

const struct conf *conf_get(void) { return &conf; }

/* --- Messages --------------------------------------------------------------------------------- */

void conf_message(void *arg, const char *text) {
    if (malloc_message != NULL) {
        malloc_message(arg, text);
        return;
    }
    for (size_t len = strlen(text); len > 0;) {
        ssize_t done = write(STDERR_FILENO, text, len);
        if (done < 0 && errno != EINTR) return; /* nowhere left to say it */
        if (done > 0) text += done, len -= (size_t)done;
    }
}

/* A place in the text, not NUL-terminated. */
struct part {
    const char *at;
    size_t      len;
};

struct parser {
    struct conf *conf;
    conf_say     say;
    void        *arg;
    struct part  key, value;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct parser *p, const char *format,
                                                       ...) {
    char    line[320];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    p->say(p->arg, line);
}

static int shown(struct part text) { return text.len < SHOWN_MAX ? (int)text.len : SHOWN_MAX; }

static bool refuse(const struct parser *p, const char *what, const char *why) {
    tell(p, "<ashlar>: %s: %.*s:%.*s (%s)\n", what, shown(p->key), p->key.at, shown(p->value),
         p->value.at, why);
    return false;
}

static bool bad_value(const struct parser *p, const char *expected) {
    return refuse(p, "Invalid conf value", expected);
}

/* --- Values ----------------------------------------------------------------------------------- */

static bool part_is(struct part text, const char *word) {
    return strlen(word) == text.len && memcmp(text.at, word, text.len) == 0;
}

static bool read_bool(const struct parser *p, bool *out) {
    if (part_is(p->value, "true")) return *out = true, true;
    if (part_is(p->value, "false")) return *out = false, true;
    return bad_value(p, "true or false is expected; the default stays");
}

/* A decimal number, perhaps negative. False: it is none, or does not fit. */
static bool part_number(struct part text, int64_t *out) {
    bool    negative = text.len > 0 && text.at[0] == '-';
    int64_t n = 0;
    if (text.len == negative) return false;
    for (size_t i = negative; i < text.len; i++) {
        int digit = text.at[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, digit, &n))
            return false;
    }
    *out = negative ? -n : n;
    return true;
}

static bool set_bool(const struct parser *p, void *field) { return read_bool(p, field); }

static bool set_decay_ms(const struct parser *p, void *field) {
    int64_t n;
    if (!part_number(p->value, &n)) return bad_value(p, "a number is expected; the default stays");
    if (n < -1 || n > DECAY_MS_MAX)
        return refuse(p, "Out-of-range conf value", "from -1, never, upwards; the default stays");
    *(int64_t *)field = n;
    return true;
}

static bool set_narenas(const struct parser *p, void *field) {
    int64_t n;
    if (part_is(p->value, "default")) return *(unsigned *)field = 0, true;
    if (!part_number(p->value, &n)) return bad_value(p, "a number is expected; the default stays");
    if (n < 1) return refuse(p, "Out-of-range conf value", "at least 1; the default stays");
    if (n <= HEAP_ARENAS_MAX) return *(unsigned *)field = (unsigned)n, true;
    *(unsigned *)field = HEAP_ARENAS_MAX;
    return refuse(p, "Out-of-range conf value", "reduced to 64, the most a heap has");
}

/* Larger ones than the small classes are cached by their arena, not by threads. */
static bool tcache_max_is(const struct parser *p, size_t *field, int64_t n) {
    if (n < 0) return refuse(p, "Out-of-range conf value", "from 0 upwards; the default stays");
    *field = n <= (int64_t)SMALL_MAX ? (size_t)n : SMALL_MAX;
    return n <= (int64_t)SMALL_MAX ||
           refuse(p, "Out-of-range conf value", "reduced to 16384, the largest that is cached");
}

static bool set_tcache_max(const struct parser *p, void *field) {
    int64_t n;
    if (!part_number(p->value, &n)) return bad_value(p, "a number is expected; the default stays");
    return tcache_max_is(p, field, n);
}

static bool set_lg_tcache_max(const struct parser *p, void *field) {
    int64_t n;
    if (!part_number(p->value, &n)) return bad_value(p, "a number is expected; the default stays");
    return tcache_max_is(p, field, n < 0 ? -1 : (int64_t)1 << (n < 62 ? n : 62));
}

static bool set_letters(const struct parser *p, void *field) {
    char *letters = field;
    if (p->value.len >= CONF_OPTS_MAX) return bad_value(p, "too long; the default stays");
    memcpy(letters, p->value.at, p->value.len);
    letters[p->value.len] = '\0';
    return true;
}

static const char *const thp_names[] = {
    [CONF_THP_DEFAULT] = "default", [CONF_THP_ALWAYS] = "always", [CONF_THP_NEVER] = "never"};

const char *conf_thp_name(enum conf_thp thp) { return thp_names[thp]; }

static const char *const junk_names[] = {
    [0] = "false", [CONF_JUNK_ALLOC] = "alloc", [CONF_JUNK_FREE] = "free",
    [CONF_JUNK_ALLOC | CONF_JUNK_FREE] = "true"};

const char *conf_junk_name(unsigned junk) { return junk_names[junk]; }

static bool set_thp(const struct parser *p, void *field) {
    for (unsigned i = 0; i < sizeof thp_names / sizeof thp_names[0]; i++)
        if (part_is(p->value, thp_names[i])) return *(enum conf_thp *)field = i, true;
    return bad_value(p, "default, always or never is expected; the default stays");
}

#ifdef ASHLAR_DEBUG
static bool set_junk(const struct parser *p, void *field) {
    for (unsigned i = 0; i < sizeof junk_names / sizeof junk_names[0]; i++)
        if (part_is(p->value, junk_names[i])) return *(unsigned *)field = i, true;
    return bad_value(p, "true, false, alloc or free is expected; the default stays");
}

static bool set_size(const struct parser *p, void *field) {
    int64_t n;
    if (!part_number(p->value, &n)) return bad_value(p, "a number is expected; the default stays");
    if (n < 0) return refuse(p, "Out-of-range conf value", "at least 0; the default stays");
    *(size_t *)field = (size_t)n;
    return true;
}
#endif

/* --- Names ------------------------------------------------------------------------------------ */

static const struct option {
    const char *name;
    bool (*set)(const struct parser *p, void *field);
    size_t offset;
} options[] = {
    {"abort", set_bool, offsetof(struct conf, abort)},
    {"abort_conf", set_bool, offsetof(struct conf, abort_conf)},
    {"confirm_conf", set_bool, offsetof(struct conf, confirm_conf)},
    {"background_thread", set_bool, offsetof(struct conf, background_thread)},
    {"stats_print", set_bool, offsetof(struct conf, stats_print)},
    {"stats_print_opts", set_letters, offsetof(struct conf, stats_print_opts)},
    {"narenas", set_narenas, offsetof(struct conf, narenas)},
    {"dirty_decay_ms", set_decay_ms, offsetof(struct conf, dirty_decay_ms)},
    {"muzzy_decay_ms", set_decay_ms, offsetof(struct conf, muzzy_decay_ms)},
    {"thp", set_thp, offsetof(struct conf, thp)},
#ifdef ASHLAR_DEBUG
    {"junk", set_junk, offsetof(struct conf, junk)},
    {"zero", set_bool, offsetof(struct conf, zero)},
    {"redzone", set_bool, offsetof(struct conf, redzone)},
    {"quarantine", set_size, offsetof(struct conf, quarantine)},
#endif
    {"tcache", set_bool, offsetof(struct conf, tcache)},
    {"tcache_max", set_tcache_max, offsetof(struct conf, tcache_max)},
    {"lg_tcache_max", set_lg_tcache_max, offsetof(struct conf, tcache_max)},
};

/* jemalloc's other names: the value that is true here, or NULL, and why no other. */
static const struct {
    const char *name, *is, *why;
} fixed[] = {
    {"retain", "true", "address space is always kept"},
#ifndef ASHLAR_DEBUG
    {"junk", "false", "only debug builds fill memory"},
    {"zero", "false", "only debug builds fill memory; calloc and MALLOCX_ZERO give zeroes"},
    {"redzone", "false", "only debug builds have redzones"},
    {"quarantine", "0", "only debug builds keep freed objects back"},
#endif
    {"metadata_thp", "disabled", "no huge pages for metadata"},
    {"max_background_threads", "1", "there is one background thread"},
    {"percpu_arena", "disabled", "arenas are bound to threads"},
    {"dss", "disabled", "sbrk is not used"},
    {"cache_oblivious", "false", "large objects begin at a page"},
    {"oversize_threshold", "0", "large objects stay in their arena"},
    {"lg_extent_max_active_fit", NULL, "free extents are taken by best fit"},
    {"trust_madvise", "true", "MADV_DONTNEED is taken to give zeroes"},
    {"mutex_max_spin", NULL, "locks are the C library's"},
    {"xmalloc", "false", "out of memory returns NULL"},
    {"zero_realloc", "free", "realloc(p, 0) frees"},
    {"utrace", "false", "not on this system"},
    {"prof", "false", "there is no profiler"},
    {"stats_interval", "-1", "statistics are not printed at intervals"},
    {"stats_interval_opts", "", "statistics are not printed at intervals"},
    {"hpa", "false", "there is no huge-page allocator"},
    {"slab_sizes", NULL, "slab sizes are fixed"},
    {"bin_shards", NULL, "bins belong to one owner"},
};

/* Families of jemalloc's options that mean nothing here. */
static const char *const families[] = {"prof_", "lg_prof_", "hpa_", "tcache_", "lg_tcache_",
                                       "experimental_"};

static bool is_of_family(struct part key) {
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        size_t len = strlen(families[i]);
        if (key.len > len && memcmp(key.at, families[i], len) == 0) return true;
    }
    return false;
}

static bool pair_fixed(const struct parser *p) {
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (!part_is(p->key, fixed[i].name)) continue;
        if (fixed[i].is != NULL && part_is(p->value, fixed[i].is)) return true;
        return refuse(p, "Conf pair without effect", fixed[i].why);
    }
    if (is_of_family(p->key))
        return refuse(p, "Conf pair without effect", "jemalloc's, with nothing like it here");
    return refuse(p, "Invalid conf pair", "there is no such option");
}

static bool pair_apply(const struct parser *p) {
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (part_is(p->key, options[i].name))
            return options[i].set(p, (char *)p->conf + options[i].offset);
    return pair_fixed(p);
}

/* --- Text ------------------------------------------------------------------------------------- */

static bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Takes a pair off the front of *text. False: what is there is no pair, as told. */
static bool pair_next(struct parser *p, const char **text) {
    const char *at = *text;
    while (is_key_char(*at)) at++;
    p->key = (struct part){*text, (size_t)(at - *text)};
    if (*at == '\0') return tell(p, "<ashlar>: Conf string ends with key\n"), false;
    if (*at != ':' || p->key.len == 0) return tell(p, "<ashlar>: Malformed conf string\n"), false;
    const char *value = ++at;
    while (*at != '\0' && *at != ',') at++;
    p->value = (struct part){value, (size_t)(at - value)};
    if (at[0] == ',' && at[1] == '\0') tell(p, "<ashlar>: Conf string ends with comma\n");
    *text = *at == ',' ? at + 1 : at;
    return true;
}

bool conf_parse(struct conf *c, const char *text, conf_say say, void *arg) {
    struct parser p = {.conf = c, .say = say, .arg = arg};
    bool          good = true;
    while (*text != '\0') {
        if (!pair_next(&p, &text)) return false;
        bool set = pair_apply(&p);
        if (set && c->confirm_conf)
            tell(&p, "<ashlar>: -- Set conf value: %.*s:%.*s\n", shown(p.key), p.key.at,
                 shown(p.value), p.value.at);
        good &= set;
    }
    return good;
}

/* --- At start --------------------------------------------------------------------------------- */

struct source {
    const char *what;
    const char *text;
};

static void ignore(void *arg, const char *line) { (void)arg, (void)line; }

/* Whether the pairs, wherever they stand, ask to be confirmed. */
static bool wants_confirming(const struct source *sources, size_t count) {
    struct conf probe = conf_defaults;
    for (size_t i = 0; i < count; i++) conf_parse(&probe, sources[i].text, ignore, NULL);
    return probe.confirm_conf;
}

static void confirm_source(const struct source *s, size_t number) {
    char line[320];
    snprintf(line, sizeof line, "<ashlar>: malloc_conf #%zu (%s): \"%.200s\"\n", number, s->what,
             s->text);
    conf_message(NULL, line);
}

static const char *link_name(char *out, size_t size) {
    int     saved = errno;
    ssize_t len = readlink(LINK_NAME, out, size - 1);
    out[len > 0 ? len : 0] = '\0';
    errno = saved;
    return out;
}

void conf_start(void) {
    char                name[PATH_MAX];
    const char         *env = secure_getenv("MALLOC_CONF");
    const struct source sources[] = {
        {"string pointed to by the global variable malloc_conf",
         malloc_conf != NULL ? malloc_conf : ""},
        {"\"name\" of the file referenced by the symbolic link named " LINK_NAME,
         link_name(name, sizeof name)},
        {"value of the environment variable MALLOC_CONF", env != NULL ? env : ""},
    };
    size_t count = sizeof sources / sizeof sources[0];
    bool   good = true;
    conf.confirm_conf = wants_confirming(sources, count);
    for (size_t i = 0; i < count; i++) {
        if (conf.confirm_conf) confirm_source(&sources[i], i + 1);
        good &= conf_parse(&conf, sources[i].text, conf_message, NULL);
    }
    if (!conf.redzone) conf.quarantine = 0;
    if (good || (!conf.abort_conf && !conf.abort)) return;
    conf_message(NULL, "<ashlar>: Abort (abort_conf:true) on invalid conf value (see above).\n");
    abort();
}

void conf_advise(void *p, size_t len, enum ash_huge purpose) {
    if (ASH_UNLIKELY(conf.thp != CONF_THP_DEFAULT)) {
        os.huge(p, len, conf.thp == CONF_THP_ALWAYS);
    } else if (purpose != ASH_HUGE_SYSTEM) {
        os.huge(p, len, purpose == ASH_HUGE_WANTED);
    }
}

/* A thread can be made once the program's libraries stand, which the first malloc may precede. */
__attribute__((constructor)) static void at_load(void) {
    heap_start();
    if (!conf.background_thread || purger_set(true)) return;
    conf_message(NULL, "<ashlar>: no background thread could be made\n");
    if (conf.abort) abort();
}

__attribute__((destructor)) static void at_exit(void) {
    if (conf.stats_print) ash_stats_print(NULL, NULL, conf.stats_print_opts);
}

#endif
