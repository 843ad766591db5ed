/* config.c: the table of options, and setting several of them all or nothing.
 *
 * To put an option back we keep the text it printed as and parse that again: every value has such a
 * text because CONFIG GET and REWRITE need it anyway, so there is no second way to store a value.
 *
 * An option is here only if it has an effect. What Redis has and we don't is unknown, in the file
 * too: better a clear refusal at the start than a setting that is not kept.
 *
 * Start reading at config_options[] and config_set(). Files: config_load.c, config_rewrite.c. */
#include "server/core/config.h"

#include "alloc/alloc.h"
#include "server/core/log.h"
#include "server/core/option.h"
#include "server/ds/glob.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

#define HZ_MIN 1
#define HZ_MAX 500

static const char *const policy_names[] = {
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru",
    "allkeys-lfu",  "allkeys-random", "noeviction", NULL,
};
static const char *const level_names[] = {"debug", "verbose", "notice", "warning", "nothing", NULL};
static const char *const protection_names[] = {"no", "yes", "local", NULL};

#define AT(field) offsetof(struct config, field)
#define BOOL(name_, field, flags_, value_) \
    { .name = (name_), .kind = OPTION_BOOL, .at = AT(field), .flags = (flags_), .value = (value_) }
#define BOOL_ALIAS(name_, alias_, field, value_) \
    { .name = (name_), .alias = (alias_), .kind = OPTION_BOOL, .at = AT(field), .value = (value_) }
#define INT(name_, field, flags_, min_, max_, value_) \
    { .name = (name_), .kind = OPTION_INT, .at = AT(field), .flags = (flags_), .min = (min_), \
      .max = (max_), .value = (value_) }
#define INT_ALIAS(name_, alias_, field, min_, max_, value_) \
    { .name = (name_), .alias = (alias_), .kind = OPTION_INT, .at = AT(field), .min = (min_), \
      .max = (max_), .value = (value_) }
#define MEMORY(name_, field, min_, value_) \
    { .name = (name_), .kind = OPTION_MEMORY, .at = AT(field), .min = (min_), .max = INT64_MAX, \
      .value = (value_) }
#define ENUM(name_, field, flags_, names_, value_) \
    { .name = (name_), .kind = OPTION_ENUM, .at = AT(field), .flags = (flags_), .names = (names_), \
      .value = (value_) }
#define STRING(name_, field, flags_, value_)                                                       \
    {                                                                                              \
        .name = (name_), .kind = OPTION_STRING, .at = AT(field), .flags = (flags_),                \
        .value = (value_)                                                                          \
    }
#define SPECIAL(name_, special_, flags_, value_) \
    { .name = (name_), .kind = OPTION_SPECIAL, .special = &(special_), .flags = (flags_), \
      .value = (value_) }

const struct option config_options[] = {
    /* network */
    SPECIAL("bind", option_bind, OPTION_WORDS, "* -::*"),
    INT("port", port, 0, 0, 65535, "6379"),
    INT("tcp-backlog", tcp_backlog, OPTION_IMMUTABLE, 0, INT_MAX, "511"),
    STRING("unixsocket", unixsocket, OPTION_IMMUTABLE, ""),
    INT("unixsocketperm", unixsocketperm, OPTION_IMMUTABLE | OPTION_OCTAL, 0, 0777, "0"),
    INT("timeout", timeout, 0, 0, INT_MAX, "0"),
    INT("tcp-keepalive", tcp_keepalive, 0, 0, INT_MAX, "300"),
    BOOL("protected-mode", protected_mode, 0, "yes"),
    STRING("requirepass", requirepass, 0, ""),
    INT("maxclients", maxclients, 0, 1, UINT_MAX, "10000"),
    MEMORY("proto-max-bulk-len", proto_max_bulk_len, 1024 * 1024, "512mb"),
    MEMORY("client-query-buffer-limit", client_query_buffer_limit, 1024 * 1024, "1gb"),
    SPECIAL("client-output-buffer-limit", option_output_limit, OPTION_WORDS,
            "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60"),
    /* process */
    BOOL("daemonize", daemonize, OPTION_IMMUTABLE, "no"),
    STRING("pidfile", pidfile, OPTION_IMMUTABLE, ""),
    ENUM("loglevel", loglevel, 0, level_names, "notice"),
    STRING("logfile", logfile, OPTION_IMMUTABLE, ""),
    BOOL("crash-log-enabled", crash_log_enabled, 0, "yes"),
    SPECIAL("dir", option_dir, OPTION_PROTECTED, ""),
    INT("databases", databases, OPTION_IMMUTABLE, 1, INT_MAX, "16"),
    INT("hz", hz, OPTION_CLAMP, HZ_MIN, HZ_MAX, "10"),
    BOOL("dynamic-hz", dynamic_hz, 0, "yes"),
    BOOL("set-proc-title", set_proc_title, OPTION_IMMUTABLE, "yes"),
    ENUM("enable-debug-command", enable_debug_command, OPTION_IMMUTABLE, protection_names, "no"),
    ENUM("enable-protected-configs", enable_protected_configs, OPTION_IMMUTABLE, protection_names,
         "no"),
    /* memory */
    SPECIAL("maxmemory", option_maxmemory, 0, "0"),
    SPECIAL("maxmemory-rss", option_maxmemory_rss, 0, "0"),
    ENUM("maxmemory-policy", maxmemory_policy, 0, policy_names, "noeviction"),
    INT("maxmemory-samples", maxmemory_samples, 0, 1, 64, "5"),
    INT("maxmemory-eviction-tenacity", maxmemory_eviction_tenacity, 0, 0, 100, "10"),
    SPECIAL("maxmemory-clients", option_clients_memory, 0, "0"),
    INT("lfu-log-factor", lfu_log_factor, 0, 0, INT_MAX, "10"),
    INT("lfu-decay-time", lfu_decay_time, 0, 0, INT_MAX, "1"),
    BOOL("lazyfree-lazy-eviction", lazyfree_lazy_eviction, 0, "yes"),
    BOOL("lazyfree-lazy-expire", lazyfree_lazy_expire, 0, "yes"),
    BOOL("lazyfree-lazy-server-del", lazyfree_lazy_server_del, 0, "yes"),
    BOOL("lazyfree-lazy-user-del", lazyfree_lazy_user_del, 0, "yes"),
    BOOL("lazyfree-lazy-user-flush", lazyfree_lazy_user_flush, 0, "yes"),
    BOOL_ALIAS("replica-lazy-flush", "slave-lazy-flush", replica_lazy_flush, "yes"),
    MEMORY("lazyfree-large-bytes", lazyfree_large_bytes, 1024, "64kb"),
    INT("lazyfree-backpressure-ms", lazyfree_backpressure_ms, 0, 0, 60000, "1000"),
    INT("active-expire-effort", active_expire_effort, 0, 1, 10, "1"),
    BOOL("activedefrag", activedefrag, 0, "yes"),
    MEMORY("active-defrag-ignore-bytes", active_defrag_ignore_bytes, 1, "1mb"),
    INT("active-defrag-threshold-lower", active_defrag_threshold_lower, 0, 0, 1000, "10"),
    INT("active-defrag-threshold-upper", active_defrag_threshold_upper, 0, 0, 1000, "100"),
    INT("active-defrag-cycle-min", active_defrag_cycle_min, 0, 1, 99, "1"),
    INT("active-defrag-cycle-max", active_defrag_cycle_max, 0, 1, 99, "25"),
    INT("active-defrag-max-scan-fields", active_defrag_max_scan_fields, 0, 1, INT64_MAX, "1000"),
    INT("dirty-decay-ms", dirty_decay_ms, 0, -1, INT_MAX, "5000"),
    INT("muzzy-decay-ms", muzzy_decay_ms, 0, -1, INT_MAX, "0"),
    INT("rss-return-target-ms", rss_return_target_ms, 0, -1, INT_MAX, "2000"),
    BOOL("jemalloc-bg-thread", jemalloc_bg_thread, 0, "yes"),
    /* types */
    INT_ALIAS("hash-max-listpack-entries", "hash-max-ziplist-entries",
              types.hash_max_listpack_entries, 0, LONG_MAX, "512"),
    INT_ALIAS("hash-max-listpack-value", "hash-max-ziplist-value", types.hash_max_listpack_value, 0,
              LONG_MAX, "64"),
    INT_ALIAS("list-max-listpack-size", "list-max-ziplist-size", types.list_max_listpack_size,
              INT_MIN, INT_MAX, "-2"),
    INT("list-compress-depth", types.list_compress_depth, 0, 0, INT_MAX, "0"),
    INT("set-max-intset-entries", types.set_max_intset_entries, 0, 0, LONG_MAX, "512"),
    INT("set-max-listpack-entries", types.set_max_listpack_entries, 0, 0, LONG_MAX, "128"),
    INT("set-max-listpack-value", types.set_max_listpack_value, 0, 0, LONG_MAX, "64"),
    INT_ALIAS("zset-max-listpack-entries", "zset-max-ziplist-entries",
              types.zset_max_listpack_entries, 0, LONG_MAX, "128"),
    INT_ALIAS("zset-max-listpack-value", "zset-max-ziplist-value", types.zset_max_listpack_value, 0,
              LONG_MAX, "64"),
    MEMORY("hll-sparse-max-bytes", hll_sparse_max_bytes, 0, "3000"),
    MEMORY("stream-node-max-bytes", types.stream_node_max_bytes, 0, "4kb"),
    INT("stream-node-max-entries", types.stream_node_max_entries, 0, 0, LLONG_MAX, "100"),
    /* watching */
    INT("slowlog-log-slower-than", slowlog_log_slower_than, 0, -1, LLONG_MAX, "10000"),
    INT("slowlog-max-len", slowlog_max_len, 0, 0, LONG_MAX, "128"),
    INT("latency-monitor-threshold", latency_monitor_threshold, 0, 0, LLONG_MAX, "0"),
    BOOL("latency-tracking", latency_tracking, 0, "yes"),
    SPECIAL("latency-tracking-info-percentiles", option_percentiles, OPTION_WORDS, "50 99 99.9"),
    /* persistence */
    SPECIAL("save", option_save, OPTION_WORDS, ""),
    SPECIAL("appendonly", option_appendonly, 0, "no"),
    {0},
};
#define OPTION_COUNT (sizeof config_options / sizeof config_options[0] - 1)
static_assert(OPTION_COUNT <= OPTION_COUNT_MAX, "CONFIG REWRITE has a flag for each option");

/* What a change does. Ours first, then what main registered. */
enum { APPLY_OWN, APPLY_MAIN, APPLY_COUNT };
struct config_state {
    struct {
        config_apply apply;
        void        *arg;
    } on[OPTION_COUNT][APPLY_COUNT];
};

/* --- What config.c itself sees to ---------------------------------------------------------- */

static bool apply_loglevel(void *arg, const char **error) {
    (void)error;
    log_set_level((enum log_level)((struct config *)arg)->loglevel);
    return true;
}

static bool apply_dirty_decay(void *arg, const char **error) {
    *error = "the allocator refuses this dirty-decay-ms";
    return ash_set_dirty_decay_ms(((struct config *)arg)->dirty_decay_ms);
}

static bool apply_muzzy_decay(void *arg, const char **error) {
    *error = "the allocator refuses this muzzy-decay-ms";
    return ash_set_muzzy_decay_ms(((struct config *)arg)->muzzy_decay_ms);
}

static bool apply_bg_thread(void *arg, const char **error) {
    *error = "the purger thread cannot be started or stopped";
    return ash_set_background_thread(((struct config *)arg)->jemalloc_bg_thread);
}

static const struct {
    const char  *name;
    config_apply apply;
} config_own[] = {
    {"loglevel", apply_loglevel},
    {"dirty-decay-ms", apply_dirty_decay},
    {"muzzy-decay-ms", apply_muzzy_decay},
    {"jemalloc-bg-thread", apply_bg_thread},
};

bool config_start(struct config *c) {
    for (size_t i = 0; i < sizeof config_own / sizeof config_own[0]; i++) {
        const char *error = "";
        if (config_own[i].apply(c, &error)) continue;
        log_warning("%s: %s", config_own[i].name, error);
        return false;
    }
    return true;
}

bool config_memory_base(struct config *c, uint64_t bytes) {
    uint64_t before = c->maxmemory;
    c->memory_base = bytes;
    option_maxmemory_resolve(c);
    return c->maxmemory != before;
}

/* --- Life ---------------------------------------------------------------------------------- */

static void config_register(struct config *c, const char *name, int which, config_apply apply,
                            void *arg) {
    const struct option *o = option_find(slice_str(name));
    ASSERT(o != NULL);
    c->state->on[o - config_options][which].apply = apply;
    c->state->on[o - config_options][which].arg = arg;
}

void config_on_change(struct config *c, const char *name, config_apply apply, void *arg) {
    config_register(c, name, APPLY_MAIN, apply, arg);
}

struct config *config_new(struct ash_heap *heap) {
    struct config *c = ash_zalloc(heap, sizeof *c);
    c->heap = heap;
    c->state = ash_zalloc(heap, sizeof *c->state);
    option_set_string(c, &c->save, slice_str(""));
    for (const struct option *o = config_options; o->name != NULL; o++) {
        struct option_error error = {""};
        bool ok = option_parse_text(o, c, slice_str(o->value), &error);
        if (!ok) PANIC("default of %s: %s", o->name, error.text);
    }
    for (size_t i = 0; i < sizeof config_own / sizeof config_own[0]; i++)
        config_register(c, config_own[i].name, APPLY_OWN, config_own[i].apply, c);
    return c;
}

static void config_free_string(char **s) {
    if (*s != NULL) ash_free(*s, strlen(*s) + 1);
    *s = NULL;
}

void config_free(struct config **cp) {
    struct config *c = *cp;
    if (c == NULL) return;
    for (const struct option *o = config_options; o->name != NULL; o++) option_free(o, c);
    for (unsigned i = 0; i < CONFIG_BIND_MAX; i++) config_free_string(&c->bind[i]);
    config_free_string(&c->save);
    config_free_string(&c->dir);
    config_free_string(&c->file);
    ash_free(c->state, sizeof *c->state);
    ash_free(c, sizeof *c);
    *cp = NULL;
}

/* --- CONFIG GET ---------------------------------------------------------------------------- */

static bool is_glob(struct slice s) {
    for (size_t i = 0; i < s.len; i++)
        if (strchr("*?[", s.p[i]) != NULL && s.p[i] != '\0') return true;
    return false;
}

struct match {
    const struct config *c;
    void               (*fn)(const char *name, struct slice value, void *arg);
    void                *arg;
    struct text          value;
};

static void match_emit(struct match *m, const struct option *o, const char *name) {
    text_clear(&m->value);
    option_print(o, m->c, &m->value);
    m->fn(name, text_slice(&m->value), m->arg);
}

/* The first pattern that a name fits, or NULL. */
static const struct slice *match_pattern(const char *name, const struct slice *patterns,
                                         unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (glob_match(patterns[i], slice_str(name), true)) return &patterns[i];
    return NULL;
}

static void match_name(struct match *m, const struct option *o, const char *name,
                       const struct slice *patterns, unsigned count) {
    const struct slice *p = name == NULL ? NULL : match_pattern(name, patterns, count);
    if (p == NULL) return;
    char typed[OPTION_NAME_MAX]; /* an option asked for by its name is called as it was asked for */
    bool exact = !is_glob(*p) && p->len == strlen(name);
    snprintf(typed, sizeof typed, "%.*s", (int)strlen(name), exact ? p->p : name);
    match_emit(m, o, typed);
}

void config_match(const struct config *c, const struct slice *patterns, unsigned count,
                  void (*fn)(const char *name, struct slice value, void *arg), void *arg) {
    struct match m = {.c = c, .fn = fn, .arg = arg};
    text_init(&m.value, c->heap);
    for (const struct option *o = config_options; o->name != NULL; o++) {
        match_name(&m, o, o->name, patterns, count);
        match_name(&m, o, o->alias, patterns, count);
    }
    text_fini(&m.value);
}

/* --- CONFIG SET ---------------------------------------------------------------------------- */

struct change {
    const struct option *option;
    struct text          before;
};

static bool set_failed(char *error, size_t cap, struct slice name, const char *why) {
    snprintf(error, cap, "CONFIG SET failed (possibly related to argument '%.*s') - %s",
             (int)name.len, name.p, why);
    return false;
}

/* Step 1: every name is known, may be set, and comes once. */
static bool set_resolve(const struct config *c, const struct config_pair *pairs, unsigned count,
                        struct change *change, char *error, size_t cap) {
    for (unsigned i = 0; i < count; i++) {
        const struct option *o = change[i].option = option_find(pairs[i].name);
        if (o != NULL) continue;
        int len = (int)(pairs[i].name.len < 128 ? pairs[i].name.len : 128);
        snprintf(error, cap, "Unknown option or number of arguments for CONFIG SET - '%.*s'", len,
                 pairs[i].name.p);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct option *o = change[i].option;
        if (o->flags & OPTION_IMMUTABLE)
            return set_failed(error, cap, pairs[i].name, "can't set immutable config");
        if ((o->flags & OPTION_PROTECTED) && c->enable_protected_configs == PROTECT_NO)
            return set_failed(error, cap, pairs[i].name, "can't set protected config");
        for (unsigned j = 0; j < i; j++)
            if (change[j].option == o)
                return set_failed(error, cap, pairs[i].name, "duplicate parameter");
    }
    return true;
}

static void set_undo(struct config *c, struct change *change, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct option_error ignored;
        option_parse_text(change[i].option, c, text_slice(&change[i].before), &ignored);
    }
}

/* Step 2: the values. */
static bool set_parse(struct config *c, const struct config_pair *pairs, unsigned count,
                      struct change *change, char *error, size_t cap) {
    for (unsigned i = 0; i < count; i++) option_print(change[i].option, c, &change[i].before);
    for (unsigned i = 0; i < count; i++) {
        struct option_error why = {""};
        if (option_parse_text(change[i].option, c, pairs[i].value, &why)) continue;
        set_undo(c, change, i);
        return set_failed(error, cap, pairs[i].name, why.text);
    }
    return true;
}

static bool change_is_real(const struct config *c, const struct change *change) {
    struct text now;
    text_init(&now, c->heap);
    option_print(change->option, c, &now);
    bool real = !slice_eq(text_slice(&now), text_slice(&change->before));
    text_fini(&now);
    return real;
}

/* Has an earlier change with the same apply run it already? */
static bool applied_before(const struct config_state *s, const struct change *change,
                           const bool *real, unsigned i, int which) {
    size_t at = (size_t)(change[i].option - config_options);
    for (unsigned j = 0; j < i; j++) {
        size_t earlier = (size_t)(change[j].option - config_options);
        if (real[j] && s->on[earlier][which].apply == s->on[at][which].apply &&
            s->on[earlier][which].arg == s->on[at][which].arg)
            return true;
    }
    return false;
}

/* Step 3: the effects. False: *failed says whose, *why the reason. */
static bool set_apply(struct config *c, const struct change *change, const bool *real,
                      unsigned count, unsigned *failed, const char **why) {
    const struct config_state *s = c->state;
    for (unsigned i = 0; i < count; i++) {
        if (!real[i]) continue;
        size_t at = (size_t)(change[i].option - config_options);
        for (int which = 0; which < APPLY_COUNT; which++) {
            if (s->on[at][which].apply == NULL || applied_before(s, change, real, i, which))
                continue;
            *why = "cannot be put into effect";
            if (s->on[at][which].apply(s->on[at][which].arg, why)) continue;
            *failed = i;
            return false;
        }
    }
    return true;
}

static bool set_all(struct config *c, const struct config_pair *pairs, unsigned count,
                    struct change *change, bool *real, char *error, size_t cap) {
    if (!set_resolve(c, pairs, count, change, error, cap)) return false;
    if (!set_parse(c, pairs, count, change, error, cap)) return false;
    for (unsigned i = 0; i < count; i++) real[i] = change_is_real(c, &change[i]);
    unsigned    failed;
    const char *why;
    if (set_apply(c, change, real, count, &failed, &why)) return true;
    set_failed(error, cap, pairs[failed].name, why);
    set_undo(c, change, count);
    unsigned    ignored;
    const char *again;
    set_apply(c, change, real, count, &ignored, &again);
    return false;
}

bool config_set(struct config *c, const struct config_pair *pairs, unsigned count, char *error,
                size_t cap) {
    if (count == 0) return true;
    struct change *change = ash_zalloc(c->heap, count * sizeof *change);
    bool          *real = ash_zalloc(c->heap, count * sizeof *real);
    for (unsigned i = 0; i < count; i++) text_init(&change[i].before, c->heap);
    bool ok = set_all(c, pairs, count, change, real, error, cap);
    for (unsigned i = 0; i < count; i++) text_fini(&change[i].before);
    ash_free(real, count * sizeof *real);
    ash_free(change, count * sizeof *change);
    return ok;
}
