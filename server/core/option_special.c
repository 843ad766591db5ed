/* option_special.c: the options with a kind of their own: bind, save, appendonly, dir,
 * client-output-buffer-limit, maxmemory-clients, latency-tracking-info-percentiles.
 *
 * save and appendonly are there because clients and tools ask for them; they take only what is true
 * of a server that keeps nothing on disk yet. */
#include "server/core/option.h"

#include "alloc/alloc.h"
#include "proto/num.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* --- bind ---------------------------------------------------------------------------------- */

/* Printable and no quote: an address can never look like more than a word of a configuration line.
 */
static bool is_address(struct slice word) {
    for (size_t i = 0; i < word.len; i++)
        if (word.p[i] <= ' ' || word.p[i] > '~' || strchr("\"'\\", word.p[i]) != NULL) return false;
    return word.len > 0;
}

static bool bind_parse(struct config *c, const struct slice *word, unsigned count,
                       struct option_error *error) {
    if (count == 1 && word[0].len == 0) count = 0;
    if (count > CONFIG_BIND_MAX) return option_fail(error, "Too many bind addresses specified.");
    for (unsigned i = 0; i < count; i++)
        if (!is_address(word[i])) return option_fail(error, "Invalid bind address.");
    for (unsigned i = 0; i < CONFIG_BIND_MAX; i++) {
        if (i < count) {
            option_set_string(c, &c->bind[i], word[i]);
        } else if (c->bind[i] != NULL) {
            ash_free(c->bind[i], strlen(c->bind[i]) + 1);
            c->bind[i] = NULL;
        }
    }
    return true;
}

static void bind_print(const struct config *c, struct text *out) {
    for (unsigned i = 0; i < CONFIG_BIND_MAX && c->bind[i] != NULL; i++)
        text_printf(out, "%s%s", i > 0 ? " " : "", c->bind[i]);
}

const struct option_special option_bind = {bind_parse, bind_print};

/* --- save, appendonly ---------------------------------------------------------------------- */

static bool save_parse(struct config *c, const struct slice *word, unsigned count,
                       struct option_error *error) {
    (void)c;
    if (count == 0 || (count == 1 && word[0].len == 0)) return true;
    for (unsigned i = 0; i < count; i++) {
        int64_t v;
        if (count % 2 != 0 || !num_parse_i64(word[i], &v) || v < (i % 2 == 0 ? 1 : 0))
            return option_fail(error, "Invalid save parameters");
    }
    return option_fail(error, "saving to disk is not supported yet: save must be \"\"");
}

static void save_print(const struct config *c, struct text *out) { text_str(out, c->save); }

const struct option_special option_save = {save_parse, save_print};

static bool appendonly_parse(struct config *c, const struct slice *word, unsigned count,
                             struct option_error *error) {
    (void)c;
    if (count != 1) return option_fail(error, "wrong number of arguments");
    if (word[0].len == 2 && strncasecmp(word[0].p, "no", 2) == 0) return true;
    if (word[0].len == 3 && strncasecmp(word[0].p, "yes", 3) == 0)
        return option_fail(error,
                           "an append-only file is not supported yet: appendonly must be no");
    return option_fail(error, "argument must be 'yes' or 'no'");
}

static void appendonly_print(const struct config *c, struct text *out) {
    text_str(out, c->appendonly ? "yes" : "no");
}

const struct option_special option_appendonly = {appendonly_parse, appendonly_print};

/* --- dir ----------------------------------------------------------------------------------- */

static bool dir_parse(struct config *c, const struct slice *word, unsigned count,
                      struct option_error *error) {
    if (count != 1) return option_fail(error, "wrong number of arguments");
    if (word[0].len >= PATH_MAX) return option_fail(error, "%s", strerror(ENAMETOOLONG));
    char path[PATH_MAX];
    memcpy(path, word[0].p, word[0].len);
    path[word[0].len] = '\0';
    /* the default "" is wherever the server was started */
    if (path[0] != '\0' && chdir(path) != 0) return option_fail(error, "%s", strerror(errno));
    if (getcwd(path, sizeof path) == NULL) path[0] = '\0';
    option_set_string(c, &c->dir, slice_str(path));
    return true;
}

static void dir_print(const struct config *c, struct text *out) { text_str(out, c->dir); }

const struct option_special option_dir = {dir_parse, dir_print};

/* --- client-output-buffer-limit ------------------------------------------------------------ */

static const char *const class_names[CLIENT_CLASSES] = {"normal", "slave", "pubsub"};

static bool class_parse(struct slice word, unsigned *out) {
    for (unsigned i = 0; i < CLIENT_CLASSES; i++) {
        bool named = slice_eq_nocase(word, class_names[i]);
        if (!named && !(i == CLIENT_REPLICA && slice_eq_nocase(word, "replica"))) continue;
        *out = i;
        return true;
    }
    return false;
}

static bool output_limit_parse(struct config *c, const struct slice *word, unsigned count,
                               struct option_error *error) {
    struct output_limit limit[CLIENT_CLASSES];
    memcpy(limit, c->output_limit, sizeof limit);
    if (count == 0 || count % 4 != 0)
        return option_fail(error, "Wrong number of arguments in buffer limit configuration.");
    for (unsigned i = 0; i < count; i += 4) {
        unsigned            class;
        struct output_limit one;
        if (!class_parse(word[i], &class))
            return option_fail(error,
                               "Invalid client class specified in buffer limit configuration.");
        if (!num_parse_memory(word[i + 1], &one.hard) ||
            !num_parse_memory(word[i + 2], &one.soft) ||
            !num_parse_i64(word[i + 3], &one.soft_seconds) || one.soft_seconds < 0)
            return option_fail(
                error,
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        limit[class] = one;
    }
    memcpy(c->output_limit, limit, sizeof limit);
    return true;
}

static void output_limit_print(const struct config *c, struct text *out) {
    for (unsigned i = 0; i < CLIENT_CLASSES; i++) {
        const struct output_limit *l = &c->output_limit[i];
        text_printf(out, "%s%s %llu %llu %lld", i > 0 ? " " : "", class_names[i],
                    (unsigned long long)l->hard, (unsigned long long)l->soft,
                    (long long)l->soft_seconds);
    }
}

const struct option_special option_output_limit = {output_limit_parse, output_limit_print};

/* --- maxmemory, maxmemory-rss and maxmemory-clients: bytes, or a share of something --------------------------- */

/* "512mb" or "80%". */
static bool bytes_or_percent(const struct slice *word, unsigned count, uint64_t *bytes,
                             int64_t *percent, const char *bad, struct option_error *error) {
    *bytes = 0;
    *percent = 0;
    if (count != 1) return option_fail(error, "wrong number of arguments");
    bool share = word[0].len > 0 && word[0].p[word[0].len - 1] == '%';
    bool ok = share ? num_parse_i64(slice_of(word[0].p, word[0].len - 1), percent) && *percent >= 0
                    : num_parse_memory(word[0], bytes) && *bytes <= INT64_MAX;
    if (!ok) return option_fail(error, "%s", bad);
    if (*percent > 100)
        return option_fail(error, "percentage argument must be less or equal to 100");
    return true;
}

static void bytes_or_percent_print(uint64_t bytes, int64_t percent, struct text *out) {
    if (percent > 0) {
        text_printf(out, "%lld%%", (long long)percent);
    } else {
        text_printf(out, "%llu", (unsigned long long)bytes);
    }
}

void option_maxmemory_resolve(struct config *c) {
    if (c->maxmemory_percent != 0)
        c->maxmemory = c->memory_base / 100 * (uint64_t)c->maxmemory_percent;
    if (c->maxmemory_rss_percent != 0)
        c->maxmemory_rss = c->memory_base / 100 * (uint64_t)c->maxmemory_rss_percent;
    option_clients_resolve(c);
}

static bool maxmemory_parse(struct config *c, const struct slice *word, unsigned count,
                            struct option_error *error) {
    uint64_t bytes;
    int64_t  percent;
    if (!bytes_or_percent(word, count, &bytes, &percent, "argument must be a memory value", error))
        return false;
    c->maxmemory = bytes;
    c->maxmemory_percent = percent;
    option_maxmemory_resolve(c);
    return true;
}

static void maxmemory_print(const struct config *c, struct text *out) {
    bytes_or_percent_print(c->maxmemory, c->maxmemory_percent, out);
}

const struct option_special option_maxmemory = {maxmemory_parse, maxmemory_print};

static bool maxmemory_rss_parse(struct config *c, const struct slice *word, unsigned count,
                                struct option_error *error) {
    uint64_t bytes;
    int64_t  percent;
    if (!bytes_or_percent(word, count, &bytes, &percent, "argument must be a memory value", error))
        return false;
    c->maxmemory_rss = bytes;
    c->maxmemory_rss_percent = percent;
    option_maxmemory_resolve(c);
    return true;
}

static void maxmemory_rss_print(const struct config *c, struct text *out) {
    bytes_or_percent_print(c->maxmemory_rss, c->maxmemory_rss_percent, out);
}

const struct option_special option_maxmemory_rss = {maxmemory_rss_parse, maxmemory_rss_print};

void option_clients_resolve(struct config *c) {
    if (c->maxmemory_clients_percent == 0) return;
    c->maxmemory_clients = c->maxmemory / 100 * (uint64_t)c->maxmemory_clients_percent;
}

static bool clients_memory_parse(struct config *c, const struct slice *word, unsigned count,
                                 struct option_error *error) {
    uint64_t bytes;
    int64_t  percent;
    if (!bytes_or_percent(word, count, &bytes, &percent,
                          "argument must be a memory or percent value", error))
        return false;
    c->maxmemory_clients = bytes;
    c->maxmemory_clients_percent = percent;
    option_clients_resolve(c);
    return true;
}

static void clients_memory_print(const struct config *c, struct text *out) {
    bytes_or_percent_print(c->maxmemory_clients, c->maxmemory_clients_percent, out);
}

const struct option_special option_clients_memory = {clients_memory_parse, clients_memory_print};

/* --- latency-tracking-info-percentiles ----------------------------------------------------- */

static bool percentiles_parse(struct config *c, const struct slice *word, unsigned count,
                              struct option_error *error) {
    double share[CONFIG_PERCENTILES_MAX];
    if (count == 1 && word[0].len == 0) count = 0;
    if (count > CONFIG_PERCENTILES_MAX)
        return option_fail(error, "at most %d percentiles are kept", CONFIG_PERCENTILES_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (!num_parse_double(word[i], &share[i]))
            return option_fail(error, "Invalid latency-tracking-info-percentiles parameters");
        if (!(share[i] >= 0 && share[i] <= 100))
            return option_fail(error, "latency-tracking-info-percentiles parameters should sit "
                                      "between [0.0,100.0]");
    }
    memcpy(c->latency_tracking_percentiles, share, count * sizeof share[0]);
    c->latency_tracking_percentile_count = count;
    return true;
}

static void percentiles_print(const struct config *c, struct text *out) {
    for (unsigned i = 0; i < c->latency_tracking_percentile_count; i++)
        text_printf(out, "%s%.10g", i > 0 ? " " : "", c->latency_tracking_percentiles[i]);
}

const struct option_special option_percentiles = {percentiles_parse, percentiles_print};
