/* report.c: malloc_stats_print: the counters as text or JSON, in the shape jemalloc's readers know.
 *
 * Nearly all of it is derived from the mallctl tables: a section is a prefix of names, printed in
 * the order of the rows, so a name that is added shows up here by itself. JSON has jemalloc's root
 * "jemalloc" and its sections, for the tools that read them; figures that are not kept are absent.
 *
 * Option letters, as jemalloc's: J JSON; the others leave something out: g configuration, m the sum
 * over arenas, d destroyed arenas (there are none to show), a each arena, b bins, e free extents;
 * x mutexes; l and h (large classes, huge-page allocator) name what is not kept here.
 *
 * Start at ash_stats_print(), last in the file. Allocates nothing itself. */
#include "alloc/alloc.h"
#include "alloc/classes.h"
#include "alloc/conf.h"
#include "alloc/ctl.h"
#include "alloc/heap.h"

#ifndef ASHLAR_PASSTHROUGH

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct report {
    void (*write)(void *arg, const char *text);
    void       *arg;
    const char *opts;
    bool        json;
    bool        first; /* of the present JSON list */
};

static bool shows(const struct report *r, char letter) { return strchr(r->opts, letter) == NULL; }

__attribute__((format(printf, 2, 3))) static void say(const struct report *r, const char *format,
                                                      ...) {
    char    text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->write(r->arg, text);
}

/* --- JSON's brackets and commas; text has none ------------------------------------------------ */

static void comma(struct report *r) {
    if (r->json && !r->first) say(r, ",");
    r->first = false;
}

/* key NULL: an element of a list. */
static void json_open(struct report *r, const char *key, char bracket) {
    if (!r->json) return;
    comma(r);
    if (key != NULL) say(r, "\"%s\":", key);
    say(r, "%c", bracket);
    r->first = true;
}

static void json_close(struct report *r, char bracket) {
    if (r->json) say(r, "%c", bracket);
    r->first = false;
}

static void json_size(struct report *r, const char *key, size_t value) {
    comma(r);
    say(r, "\"%s\":%zu", key, value);
}

/* --- Values by name --------------------------------------------------------------------------- */

static const char *flag_text(bool flag) { return flag ? "true" : "false"; }

/* A heap's name is the program's own text: what JSON could not hold is left out. */
static void say_quoted(const struct report *r, const char *text) {
    char   out[64];
    size_t len = 0;
    for (; *text != '\0' && len < sizeof out - 1; text++)
        if (*text != '"' && *text != '\\' && (unsigned char)*text >= ' ') out[len++] = *text;
    out[len] = '\0';
    say(r, "\"%s\"", out);
}

static void say_value(const struct report *r, enum ctl_type type, const union ctl_value *v) {
    switch (type) {
    case CTL_VOID: break;
    case CTL_BOOL: say(r, "%s", flag_text(v->flag)); break;
    case CTL_UNSIGNED: say(r, "%u", v->u); break;
    case CTL_U32: say(r, "%u", (unsigned)v->u32); break;
    case CTL_U64: say(r, "%lld", (long long)v->u64); break;
    case CTL_SIZE: say(r, "%zu", v->size); break;
    case CTL_SSIZE: say(r, "%zd", v->ssize); break;
    case CTL_TEXT: say_quoted(r, v->text); break;
    case CTL_U64P: break; /* nothing to be told */
    }
}

/* The rest of the row's pattern behind the prefix; NULL: it does not begin so, or goes deeper. */
static const char *key_of(const char *pattern, const char *prefix) {
    size_t len = strlen(prefix);
    if (strncmp(pattern, prefix, len) != 0) return NULL;
    return strpbrk(pattern + len, ".#") == NULL ? pattern + len : NULL;
}

/* All that can be read below a prefix: in JSON as members, in text a line each. */
static void say_section(struct report *r, const struct ctl_name *rows, const char *prefix,
                        size_t idx) {
    for (const struct ctl_name *row = rows; row->pattern != NULL; row++) {
        const char     *key = key_of(row->pattern, prefix);
        struct ctl_at   at = {.idx = {idx}, .arg = row->arg};
        union ctl_value v = {0};
        if (key == NULL || row->get == NULL || row->get(&at, &v) != 0) continue;
        comma(r);
        if (r->json) {
            say(r, "\"%s\":", key);
        } else {
            say(r, "  %s%s: ", idx == CTL_ARENAS_ALL || strchr(prefix, '#') ? "" : prefix, key);
        }
        say_value(r, row->type, &v);
        if (!r->json) say(r, "\n");
    }
}

static void say_group(struct report *r, const char *title, const char *key, const char *prefix) {
    if (!r->json) say(r, "%s\n", title);
    json_open(r, key, '{');
    say_section(r, ctl_process_names, prefix, 0);
    json_close(r, '}');
}

/* --- Configuration ---------------------------------------------------------------------------- */

static void say_classes(struct report *r) {
    json_open(r, "bin", '[');
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        const struct size_class *k = &size_classes[i];
        json_open(r, NULL, '{');
        json_size(r, "size", k->slot_size);
        json_size(r, "nregs", k->pages * PAGE_SIZE / k->slot_size);
        json_size(r, "slab_size", k->pages * PAGE_SIZE);
        json_size(r, "nshards", 1);
        json_close(r, '}');
    }
    json_close(r, ']');
}

static void say_configuration(struct report *r) {
    if (r->json) {
        comma(r);
        say(r, "\"version\":\"%s\"", CTL_VERSION);
    } else {
        say(r, "Version: \"%s\"\n", CTL_VERSION);
    }
    say_group(r, "Build-time option settings", "config", "config.");
    say_group(r, "Run-time option settings", "opt", "opt.");
    json_open(r, "arenas", '{');
    if (r->json) {
        json_size(r, "narenas", ctl_narenas());
        say_section(r, ctl_process_names, "arenas.", 0);
        say_classes(r);
    } else {
        say(r, "Arenas: %u\nQuantum size: 16\nPage size: %zu\nNumber of bin size classes: %u\n",
            ctl_narenas(), PAGE_SIZE, CLASS_COUNT);
    }
    json_close(r, '}');
}

/* --- Mutexes ---------------------------------------------------------------------------------- */

/* A prefix of ctl_mutex_names with all its figures; in text a line each lock. */
static void say_mutex(struct report *r, const char *prefix, const char *name, size_t idx) {
    char full[64];
    snprintf(full, sizeof full, "%s%s.", prefix, name);
    json_open(r, name, '{');
    if (r->json) {
        say_section(r, ctl_mutex_names, full, idx);
    } else {
        say(r, "  %-20s", name);
        for (const struct ctl_name *row = ctl_mutex_names; row->pattern != NULL; row++) {
            struct ctl_at   at = {.idx = {idx}, .arg = row->arg};
            union ctl_value v = {0};
            if (key_of(row->pattern, full) == NULL || row->get(&at, &v) != 0) continue;
            say(r, " %15llu", (unsigned long long)v.u64);
        }
        say(r, "\n");
    }
    json_close(r, '}');
}

static void say_mutexes(struct report *r, const char *prefix, const char *const *names, size_t idx) {
    if (!r->json)
        say(r, "mutexes:                      num_ops        num_wait    num_spin_acq num_owner_switch "
               "total_wait_ns     max_wait_ns    max_num_thds\n");
    json_open(r, "mutexes", '{');
    for (; *names != NULL; names++) say_mutex(r, prefix, *names, idx);
    json_close(r, '}');
}

static const char *const process_mutexes[] = {"background_thread", "ctl", NULL};

/* --- Totals ----------------------------------------------------------------------------------- */

static void json_totals(struct report *r, const struct ash_stats *s) {
    json_open(r, "stats", '{');
    say_section(r, ctl_process_names, "stats.", 0);
    json_size(r, "dirty", s->dirty);
    json_size(r, "muzzy", s->muzzy);
    json_size(r, "purged", s->purged_bytes);
    json_size(r, "purge_calls", s->purge_calls);
    json_open(r, "background_thread", '{');
    say_section(r, ctl_process_names, "stats.background_thread.", 0);
    json_close(r, '}');
    if (shows(r, 'x')) say_mutexes(r, "stats.mutexes.", process_mutexes, 0);
    json_close(r, '}');
}

static void say_totals(struct report *r) {
    struct ash_stats s;
    ash_stats(&s);
    if (r->json) {
        json_totals(r, &s);
        return;
    }
    size_t mapped = s.mapped - s.retained;
    say(r,
        "Allocated: %zu, active: %zu, metadata: %zu (n_thp 0), resident: %zu, mapped: %zu, "
        "retained: %zu\n",
        s.allocated, s.active, s.metadata, s.resident, mapped > s.resident ? mapped : s.resident,
        s.retained);
    say(r, "Requested: %zu, dirty: %zu, muzzy: %zu, purged: %zu in %zu calls\n", s.requested,
        s.dirty, s.muzzy, (size_t)s.purged_bytes, (size_t)s.purge_calls);
    say(r, "Background threads:\n");
    say_section(r, ctl_process_names, "stats.background_thread.", 0);
    if (shows(r, 'x')) say_mutexes(r, "stats.mutexes.", process_mutexes, 0);
}

/* --- Arenas, which are heaps ------------------------------------------------------------------ */

static size_t figure(const char *name, size_t idx, size_t bin) {
    for (const struct ctl_name *row = ctl_arena_names; row->pattern != NULL; row++) {
        struct ctl_at   at = {.idx = {idx, bin}, .arg = row->arg};
        union ctl_value v = {0};
        if (strcmp(row->pattern, name) == 0) return row->get(&at, &v) == 0 ? v.size : 0;
    }
    return 0;
}

/* In JSON every class has its element, since the position is its number; in text those in use. */
static void say_bin(struct report *r, size_t idx, unsigned bin) {
    size_t regs = figure("stats.arenas.#.bins.#.curregs", idx, bin);
    size_t slabs = figure("stats.arenas.#.bins.#.curslabs", idx, bin);
    size_t nonfull = figure("stats.arenas.#.bins.#.nonfull_slabs", idx, bin);
    size_t holes = figure("stats.arenas.#.bins.#.slots_free", idx, bin);
    if (r->json) {
        json_open(r, NULL, '{');
        json_size(r, "nmalloc", figure("stats.arenas.#.bins.#.nmalloc", idx, bin));
        json_size(r, "ndalloc", figure("stats.arenas.#.bins.#.ndalloc", idx, bin));
        json_size(r, "nrequests", figure("stats.arenas.#.bins.#.nrequests", idx, bin));
        json_size(r, "nfills", figure("stats.arenas.#.bins.#.nfills", idx, bin));
        json_size(r, "nslabs", figure("stats.arenas.#.bins.#.nslabs", idx, bin));
        json_size(r, "nreslabs", figure("stats.arenas.#.bins.#.nreslabs", idx, bin));
        json_size(r, "curregs", regs);
        json_size(r, "curslabs", slabs);
        json_size(r, "nonfull_slabs", nonfull);
        json_size(r, "slots_free", holes);
        json_close(r, '}');
    } else if (slabs != 0) {
        say(r, "%18u %4u %12zu %12zu %12zu %12zu %12zu %8.3f\n", size_classes[bin].slot_size, bin,
            regs * size_classes[bin].slot_size, regs, slabs, nonfull, holes,
            regs + holes > 0 ? (double)regs / (double)(regs + holes) : 1.0);
    }
}

static void say_bins(struct report *r, size_t idx) {
    if (!r->json)
        say(r, "bins:         size  ind    allocated      curregs     curslabs nonfull_slabs  "
               "slots_free     util\n");
    json_open(r, "bins", '[');
    for (unsigned bin = 0; bin < CLASS_COUNT; bin++) say_bin(r, idx, bin);
    json_close(r, ']');
}

static void say_extents(struct report *r, size_t idx) {
    size_t dirty = figure("stats.arenas.#.pdirty", idx, 0) * PAGE_SIZE;
    size_t muzzy = figure("stats.arenas.#.pmuzzy", idx, 0) * PAGE_SIZE;
    size_t retained = figure("stats.arenas.#.retained", idx, 0);
    if (!r->json) {
        say(r, "extents:        dirty        muzzy     retained\n         %12zu %12zu %12zu\n",
            dirty, muzzy, retained);
        return;
    }
    json_open(r, "extents", '[');
    json_open(r, NULL, '{');
    json_size(r, "dirty_bytes", dirty);
    json_size(r, "muzzy_bytes", muzzy);
    json_size(r, "retained_bytes", retained);
    json_close(r, '}');
    json_close(r, ']');
}

static void json_kind(struct report *r, const char *key, size_t allocated) {
    json_open(r, key, '{');
    json_size(r, "allocated", allocated);
    json_close(r, '}');
}

static void say_arena(struct report *r, const char *key, size_t idx) {
    size_t small = figure("stats.arenas.#.small.allocated", idx, 0);
    size_t large = figure("stats.arenas.#.large.allocated", idx, 0);
    json_open(r, key, '{');
    say_section(r, ctl_arena_names, "stats.arenas.#.", idx);
    if (r->json) {
        json_kind(r, "small", small);
        json_kind(r, "large", large);
    } else {
        say(r, "%-30s%12s\nsmall:%36zu\nlarge:%36zu\ntotal:%36zu\n", "", "allocated", small, large,
            small + large);
    }
    static const char *const mutexes[] = {"arena", "large", "extents_dirty", "extents_muzzy",
                                          "extents_retained", "decay_dirty", "decay_muzzy", "base", NULL};
    if (shows(r, 'x')) say_mutexes(r, "stats.arenas.#.mutexes.", mutexes, idx);
    if (shows(r, 'b')) say_bins(r, idx);
    if (shows(r, 'e')) say_extents(r, idx);
    json_close(r, '}');
}

static void say_arenas(struct report *r) {
    struct ash_heap *list[ASH_HEAPS_MAX];
    char             key[16];
    unsigned         count = shows(r, 'a') ? heap_list(list) : 0;
    json_open(r, "stats.arenas", '{');
    if (shows(r, 'm')) {
        if (!r->json) say(r, "Merged arenas stats:\n");
        say_arena(r, "merged", CTL_ARENAS_ALL);
    }
    for (unsigned i = 0; i < count; i++) {
        snprintf(key, sizeof key, "%u", list[i]->idx);
        if (!r->json) say(r, "arenas[%s]:\n", key);
        say_arena(r, key, list[i]->idx);
    }
    json_close(r, '}');
}

void ash_stats_print(void (*write)(void *arg, const char *text), void *arg, const char *opts) {
    struct report r = {.write = write != NULL ? write : conf_message,
                       .arg = arg,
                       .opts = opts != NULL ? opts : "",
                       .first = true};
    r.json = !shows(&r, 'J');
    heap_start();
    if (!r.json) say(&r, "___ Begin ashlar statistics ___\n");
    json_open(&r, NULL, '{');
    json_open(&r, "jemalloc", '{');
    if (shows(&r, 'g')) say_configuration(&r);
    say_totals(&r);
    if (shows(&r, 'm') || shows(&r, 'a')) say_arenas(&r);
    json_close(&r, '}');
    json_close(&r, '}');
    say(&r, "%s\n", r.json ? "" : "--- End ashlar statistics ---");
}

#endif
