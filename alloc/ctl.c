/* ctl.c: jemalloc's mallctl: names looked up, lengths and directions checked, and the names that
 * concern the process. Those of arenas are in ctl_arena.c.
 *
 * Errors are jemalloc's: ENOENT no such name or index, EINVAL a value of another size, EPERM a
 * direction that the name does not have, EFAULT a value that can't be had. Nothing is cached, so
 * epoch only counts its own writes.
 *
 * A mib has a number for each part of a name: for an index the index itself, else the first row
 * whose pattern begins with the parts so far. So the last one is the row, which is then checked
 * against the others; a caller may change the indices, as jemalloc's manual shows.
 *
 * Not here: profiling and extent hooks. Those are ENOENT.
 *
 * Start at the table, near the end. Linear search: whoever calls often uses a mib. */
#include "alloc/ctl.h"
#include "alloc/alloc.h"
#include "alloc/classes.h"
#include "alloc/conf.h"
#include "alloc/heap.h"
#include "alloc/meter.h"
#include "alloc/pages.h"
#include "alloc/purger.h"
#include "alloc/tcache.h"
#include "alloc/tcaches.h"
#include "alloc/thread.h"

#ifndef ASHLAR_PASSTHROUGH

#include <errno.h>
#include <string.h>

static _Atomic uint64_t epoch = 1;

/* --- Constants and options -------------------------------------------------------------------- */

static int get_flag(const struct ctl_at *at, union ctl_value *out) {
    out->flag = at->arg != 0;
    return 0;
}

static int get_number(const struct ctl_at *at, union ctl_value *out) { /* CTL_SIZE */
    out->size = at->arg;
    return 0;
}

static int get_unsigned(const struct ctl_at *at, union ctl_value *out) {
    out->u = at->arg;
    return 0;
}

static const char *const texts[] = {CTL_VERSION, "", "disabled", "free"};
enum text { TEXT_VERSION, TEXT_NONE, TEXT_DISABLED, TEXT_FREE };

static int get_text(const struct ctl_at *at, union ctl_value *out) {
    out->text = texts[at->arg];
    return 0;
}

static const void *opt_field(const struct ctl_at *at) {
    return (const char *)conf_get() + at->arg;
}

static int get_opt_flag(const struct ctl_at *at, union ctl_value *out) {
    out->flag = *(const bool *)opt_field(at);
    return 0;
}

static int get_opt_size(const struct ctl_at *at, union ctl_value *out) {
    out->size = *(const size_t *)opt_field(at);
    return 0;
}

static int get_tcache_max(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->size = tcache_max();
    return 0;
}

static int get_opt_ms(const struct ctl_at *at, union ctl_value *out) {
    out->ssize = (ssize_t) * (const int64_t *)opt_field(at);
    return 0;
}

static int get_opt_letters(const struct ctl_at *at, union ctl_value *out) {
    out->text = opt_field(at);
    return 0;
}

static int get_opt_thp(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->text = conf_thp_name(conf_get()->thp);
    return 0;
}

static int get_opt_junk(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->text = conf_junk_name(conf_get()->junk);
    return 0;
}

static int get_opt_narenas(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->u = heap_arenas_max();
    return 0;
}

static int get_stats_interval(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->u64 = UINT64_MAX; /* int64_t -1: never */
    return 0;
}

/* --- The process ------------------------------------------------------------------------------ */

int ctl_give(const struct ctl_raw *raw, const void *value, size_t len) {
    if (raw->oldp == NULL || raw->oldlenp == NULL) return 0;
    size_t fits = *raw->oldlenp < len ? *raw->oldlenp : len;
    bool   same = *raw->oldlenp == len;
    memcpy(raw->oldp, value, fits);
    *raw->oldlenp = fits;
    return same ? 0 : EINVAL;
}

/* Set first, then read: what is read is the new one. */
static int raw_epoch(const struct ctl_raw *raw) {
    if (raw->newp != NULL && raw->newlen != sizeof(uint64_t)) return EINVAL;
    uint64_t now = raw->newp != NULL ? atomic_fetch_add(&epoch, 1) + 1 : atomic_load(&epoch);
    return ctl_give(raw, &now, sizeof now);
}

enum total { ALLOCATED, ACTIVE, METADATA, RESIDENT, MAPPED, RETAINED, REQUESTED };

/* jemalloc's mapped leaves out what is retained. */
static size_t mapped(const struct ash_stats *s) {
    size_t bytes = s->mapped - s->retained;
    return bytes > s->resident ? bytes : s->resident;
}

static int get_total(const struct ctl_at *at, union ctl_value *out) {
    struct ash_stats s;
    ash_stats(&s);
    const size_t values[] = {[ALLOCATED] = s.allocated, [ACTIVE] = s.active,
                             [METADATA] = s.metadata,   [RESIDENT] = s.resident,
                             [MAPPED] = mapped(&s),     [RETAINED] = s.retained,
                             [REQUESTED] = s.requested};
    out->size = values[at->arg];
    return 0;
}

static int get_decay_ms(const struct ctl_at *at, union ctl_value *out) {
    out->ssize = (ssize_t)pages_decay_ms(at->arg);
    return 0;
}

static int set_decay_ms(const struct ctl_at *at, const union ctl_value *in) {
    bool (*set)(int64_t ms) = at->arg == 0 ? ash_set_dirty_decay_ms : ash_set_muzzy_decay_ms;
    return set(in->ssize) ? 0 : EFAULT;
}

static int get_background_thread(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->flag = purger_is_on();
    return 0;
}

static int set_background_thread(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    return ash_set_background_thread(in->flag) ? 0 : EAGAIN;
}

/* There is one, and that is all there can be. */
static int set_max_background_threads(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    return in->size == 1 ? 0 : EINVAL;
}

static int get_thread_count(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->size = purger_is_on();
    return 0;
}

static int get_thread_runs(const struct ctl_at *at, union ctl_value *out) {
    uint64_t interval_us, runs = purger_turns(&interval_us);
    out->u64 = at->arg == 0 ? runs : interval_us * 1000;
    return 0;
}

/* --- The calling thread ----------------------------------------------------------------------- */

static int get_tcache_enabled(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->flag = thread_cache_wanted();
    return 0;
}

/* Where the options say that there are none, nobody gets one. */
static int set_tcache_enabled(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    if (in->flag && !conf_get()->tcache) return EFAULT;
    thread_cache_set(in->flag);
    return 0;
}

static void flush_own(void) {
    if (thread_cache_own() != NULL) tcache_flush(thread_cache_own());
}

static int do_tcache_flush(const struct ctl_at *at, const union ctl_value *in) {
    (void)at, (void)in;
    if (!thread_cache_wanted()) return EFAULT;
    flush_own();
    return 0;
}

/* What the thread keeps goes, what others freed comes back while it has time. */
static int do_idle(const struct ctl_at *at, const union ctl_value *in) {
    (void)at, (void)in;
    flush_own();
    ash_heap_collect(heap_general(), 1000);
    return 0;
}

/* What this thread ever allocated (arg 0) and freed (1). */
static int get_thread_bytes(const struct ctl_at *at, union ctl_value *out) {
    struct meter_bytes bytes = meter_bytes();
    out->u64 = at->arg == 0 ? bytes.allocated : bytes.freed;
    return 0;
}

static int get_thread_bytes_at(const struct ctl_at *at, union ctl_value *out) {
    meter_start();
    out->u64p = at->arg == 0 ? &thread_meter.allocated : &thread_meter.freed;
    return 0;
}

static int get_thread_peak(const struct ctl_at *at, union ctl_value *out) {
    (void)at;
    out->u64 = meter_peak();
    return 0;
}

static int do_peak_reset(const struct ctl_at *at, const union ctl_value *in) {
    (void)at, (void)in;
    meter_peak_reset();
    return 0;
}

/* --- Caches by number ------------------------------------------------------------------------- */

/* No cache is made that nobody would get to know of. */
static int raw_tcache_create(const struct ctl_raw *raw) {
    unsigned number;
    if (raw->newp != NULL || raw->newlen != 0) return EPERM;
    if (raw->oldp == NULL || raw->oldlenp == NULL || *raw->oldlenp != sizeof number) {
        if (raw->oldlenp != NULL) *raw->oldlenp = 0;
        return EINVAL;
    }
    return tcaches_new(&number) ? ctl_give(raw, &number, sizeof number) : EFAULT;
}

static int do_tcaches_flush(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    return tcaches_flush(in->u) ? 0 : EFAULT;
}

static int do_tcaches_end(const struct ctl_at *at, const union ctl_value *in) {
    (void)at;
    return tcaches_end(in->u) ? 0 : EFAULT;
}

/* --- Size classes ----------------------------------------------------------------------------- */

enum bin_figure { BIN_SIZE, BIN_NREGS, BIN_SLAB_SIZE, BIN_NSHARDS };

static int get_bin(const struct ctl_at *at, union ctl_value *out) {
    if (at->idx[0] >= CLASS_COUNT) return ENOENT;
    const struct size_class *k = &size_classes[at->idx[0]];
    size_t                   slab_size = k->pages * PAGE_SIZE;
    if (at->arg == BIN_NREGS) out->u32 = (uint32_t)(slab_size / k->slot_size);
    if (at->arg == BIN_NSHARDS) out->u32 = 1;
    if (at->arg == BIN_SIZE) out->size = k->slot_size;
    if (at->arg == BIN_SLAB_SIZE) out->size = slab_size;
    return 0;
}

/* --- Names ------------------------------------------------------------------------------------ */

#ifdef ASHLAR_DEBUG
#define DEBUG_BUILD 1
#else
#define DEBUG_BUILD 0
#endif
#define OPT(field) offsetof(struct conf, field)

const struct ctl_name ctl_process_names[] = {
    {"version", CTL_TEXT, get_text, NULL, TEXT_VERSION, NULL},
    {"epoch", CTL_U64, NULL, NULL, 0, raw_epoch},
    {"background_thread", CTL_BOOL, get_background_thread, set_background_thread, 0, NULL},
    {"max_background_threads", CTL_SIZE, get_number, set_max_background_threads, 1, NULL},
    {"config.cache_oblivious", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"config.debug", CTL_BOOL, get_flag, NULL, DEBUG_BUILD, NULL},
    {"config.fill", CTL_BOOL, get_flag, NULL, DEBUG_BUILD, NULL},
    {"config.lazy_lock", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"config.malloc_conf", CTL_TEXT, get_text, NULL, TEXT_NONE, NULL},
    {"config.opt_safety_checks", CTL_BOOL, get_flag, NULL, 1, NULL},
    {"config.prof", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"config.prof_libgcc", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"config.prof_libunwind", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"config.stats", CTL_BOOL, get_flag, NULL, 1, NULL},
    {"config.utrace", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"config.xmalloc", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"opt.abort", CTL_BOOL, get_opt_flag, NULL, OPT(abort), NULL},
    {"opt.abort_conf", CTL_BOOL, get_opt_flag, NULL, OPT(abort_conf), NULL},
    {"opt.cache_oblivious", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"opt.confirm_conf", CTL_BOOL, get_opt_flag, NULL, OPT(confirm_conf), NULL},
    {"opt.retain", CTL_BOOL, get_flag, NULL, 1, NULL},
    {"opt.dss", CTL_TEXT, get_text, NULL, TEXT_DISABLED, NULL},
    {"opt.narenas", CTL_UNSIGNED, get_opt_narenas, NULL, 0, NULL},
    {"opt.percpu_arena", CTL_TEXT, get_text, NULL, TEXT_DISABLED, NULL},
    {"opt.oversize_threshold", CTL_SIZE, get_number, NULL, 0, NULL},
    {"opt.hpa", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"opt.metadata_thp", CTL_TEXT, get_text, NULL, TEXT_DISABLED, NULL},
    {"opt.trust_madvise", CTL_BOOL, get_flag, NULL, 1, NULL},
    {"opt.background_thread", CTL_BOOL, get_opt_flag, NULL, OPT(background_thread), NULL},
    {"opt.max_background_threads", CTL_SIZE, get_number, NULL, 1, NULL},
    {"opt.dirty_decay_ms", CTL_SSIZE, get_opt_ms, NULL, OPT(dirty_decay_ms), NULL},
    {"opt.muzzy_decay_ms", CTL_SSIZE, get_opt_ms, NULL, OPT(muzzy_decay_ms), NULL},
    {"opt.junk", CTL_TEXT, get_opt_junk, NULL, 0, NULL},
    {"opt.zero", CTL_BOOL, get_opt_flag, NULL, OPT(zero), NULL},
    {"opt.redzone", CTL_BOOL, get_opt_flag, NULL, OPT(redzone), NULL},
    {"opt.quarantine", CTL_SIZE, get_opt_size, NULL, OPT(quarantine), NULL},
    {"opt.utrace", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"opt.xmalloc", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"opt.tcache", CTL_BOOL, get_opt_flag, NULL, OPT(tcache), NULL},
    {"opt.tcache_max", CTL_SIZE, get_opt_size, NULL, OPT(tcache_max), NULL},
    {"opt.thp", CTL_TEXT, get_opt_thp, NULL, 0, NULL},
    {"opt.prof", CTL_BOOL, get_flag, NULL, 0, NULL},
    {"opt.stats_print", CTL_BOOL, get_opt_flag, NULL, OPT(stats_print), NULL},
    {"opt.stats_print_opts", CTL_TEXT, get_opt_letters, NULL, OPT(stats_print_opts), NULL},
    {"opt.stats_interval", CTL_U64, get_stats_interval, NULL, 0, NULL},
    {"opt.stats_interval_opts", CTL_TEXT, get_text, NULL, TEXT_NONE, NULL},
    {"opt.zero_realloc", CTL_TEXT, get_text, NULL, TEXT_FREE, NULL},
    {"arenas.dirty_decay_ms", CTL_SSIZE, get_decay_ms, set_decay_ms, 0, NULL},
    {"arenas.muzzy_decay_ms", CTL_SSIZE, get_decay_ms, set_decay_ms, 1, NULL},
    {"arenas.quantum", CTL_SIZE, get_number, NULL, 16, NULL},
    {"arenas.page", CTL_SIZE, get_number, NULL, PAGE_SIZE, NULL},
    {"arenas.tcache_max", CTL_SIZE, get_tcache_max, NULL, 0, NULL},
    {"arenas.nbins", CTL_UNSIGNED, get_unsigned, NULL, CLASS_COUNT, NULL},
    {"arenas.nhbins", CTL_UNSIGNED, get_unsigned, NULL, TCACHE_BINS, NULL},
    {"arenas.bin.#.size", CTL_SIZE, get_bin, NULL, BIN_SIZE, NULL},
    {"arenas.bin.#.nregs", CTL_U32, get_bin, NULL, BIN_NREGS, NULL},
    {"arenas.bin.#.slab_size", CTL_SIZE, get_bin, NULL, BIN_SLAB_SIZE, NULL},
    {"arenas.bin.#.nshards", CTL_U32, get_bin, NULL, BIN_NSHARDS, NULL},
    {"arenas.nlextents", CTL_UNSIGNED, get_unsigned, NULL, 0, NULL}, /* large sizes are pages */
    {"thread.tcache.enabled", CTL_BOOL, get_tcache_enabled, set_tcache_enabled, 0, NULL},
    {"thread.tcache.flush", CTL_VOID, NULL, do_tcache_flush, 0, NULL},
    {"thread.allocated", CTL_U64, get_thread_bytes, NULL, 0, NULL},
    {"thread.deallocated", CTL_U64, get_thread_bytes, NULL, 1, NULL},
    {"thread.allocatedp", CTL_U64P, get_thread_bytes_at, NULL, 0, NULL},
    {"thread.deallocatedp", CTL_U64P, get_thread_bytes_at, NULL, 1, NULL},
    {"thread.peak.read", CTL_U64, get_thread_peak, NULL, 0, NULL},
    {"thread.peak.reset", CTL_VOID, NULL, do_peak_reset, 0, NULL},
    {"thread.idle", CTL_VOID, NULL, do_idle, 0, NULL},
    {"tcache.create", CTL_UNSIGNED, NULL, NULL, 0, raw_tcache_create},
    {"tcache.flush", CTL_UNSIGNED, NULL, do_tcaches_flush, 0, NULL},
    {"tcache.destroy", CTL_UNSIGNED, NULL, do_tcaches_end, 0, NULL},
    {"stats.allocated", CTL_SIZE, get_total, NULL, ALLOCATED, NULL},
    {"stats.active", CTL_SIZE, get_total, NULL, ACTIVE, NULL},
    {"stats.metadata", CTL_SIZE, get_total, NULL, METADATA, NULL},
    {"stats.metadata_thp", CTL_SIZE, get_number, NULL, 0, NULL},
    {"stats.resident", CTL_SIZE, get_total, NULL, RESIDENT, NULL},
    {"stats.mapped", CTL_SIZE, get_total, NULL, MAPPED, NULL},
    {"stats.retained", CTL_SIZE, get_total, NULL, RETAINED, NULL},
    {"stats.requested", CTL_SIZE, get_total, NULL, REQUESTED, NULL}, /* ours */
    {"stats.background_thread.num_threads", CTL_SIZE, get_thread_count, NULL, 0, NULL},
    {"stats.background_thread.num_runs", CTL_U64, get_thread_runs, NULL, 0, NULL},
    {"stats.background_thread.run_interval", CTL_U64, get_thread_runs, NULL, 1, NULL},
    {0},
};

/* --- Looking up ------------------------------------------------------------------------------- */

static const struct ctl_name *const tables[] = {ctl_process_names, ctl_arena_names, ctl_mutex_names};
#define TABLE_COUNT (sizeof tables / sizeof tables[0])
#define TABLE_SPAN  1024 /* row numbers of a table begin at a multiple of this */

/* The row of a number, or NULL. */
static const struct ctl_name *row_at(size_t number) {
    if (number / TABLE_SPAN >= TABLE_COUNT) return NULL;
    const struct ctl_name *row = tables[number / TABLE_SPAN];
    for (size_t left = number % TABLE_SPAN; left > 0; left--)
        if (row++->pattern == NULL) return NULL;
    return row->pattern != NULL ? row : NULL;
}

/* The length of a pattern's first `count` parts; 0: it has fewer. */
static size_t parts_len(const char *pattern, size_t count) {
    size_t len = 0;
    for (; pattern[len] != '\0'; len++)
        if (pattern[len] == '.' && --count == 0) return len;
    return count == 1 ? len : 0;
}

static bool same_parts(const char *a, const char *b, size_t count) {
    size_t len = parts_len(a, count);
    return len != 0 && len == parts_len(b, count) && memcmp(a, b, len) == 0;
}

/* At most five digits: anything longer is no index. */
static bool match_number(const char **name, size_t *value) {
    const char *at = *name;
    *value = 0;
    while (*at >= '0' && *at <= '9' && at - *name < 5) *value = *value * 10 + (size_t)(*at++ - '0');
    bool found = at != *name;
    *name = at;
    return found;
}

/* Does the name match the whole pattern, or, if partly, its first parts? */
static bool match(const char *pattern, const char *name, size_t idx[2], bool partly) {
    unsigned count = 0;
    if (*name == '\0') return false;
    for (; *pattern != '\0'; pattern++) {
        if (partly && *name == '\0' && *pattern == '.') return true;
        if (*pattern == '#') {
            if (!match_number(&name, &idx[count++])) return false;
        } else if (*pattern != *name++) {
            return false;
        }
    }
    return *name == '\0';
}

static const struct ctl_name *find(const char *name, size_t idx[2], bool partly, size_t *number) {
    for (size_t t = 0; t < TABLE_COUNT; t++)
        for (const struct ctl_name *row = tables[t]; row->pattern != NULL; row++) {
            if (!match(row->pattern, name, idx, partly)) continue;
            *number = t * TABLE_SPAN + (size_t)(row - tables[t]);
            return row;
        }
    return NULL;
}

/* The first row that begins with these parts. */
static size_t first_with(const char *pattern, size_t count) {
    for (size_t t = 0; t < TABLE_COUNT; t++)
        for (const struct ctl_name *row = tables[t]; row->pattern != NULL; row++)
            if (same_parts(row->pattern, pattern, count))
                return t * TABLE_SPAN + (size_t)(row - tables[t]);
    return SIZE_MAX; /* not reached: the pattern is in a table */
}

static size_t part_count(const char *name) {
    size_t count = 1;
    for (; *name != '\0'; name++) count += *name == '.';
    return count;
}

static bool part_is_index(const char *pattern, size_t part) {
    return pattern[part > 0 ? parts_len(pattern, part) + 1 : 0] == '#';
}

int ctl_name_to_mib(const char *name, size_t *mib, size_t *miblen) {
    size_t                 idx[2], number, given = 0;
    const struct ctl_name *row = find(name, idx, true, &number);
    if (row == NULL) return ENOENT;
    size_t count = part_count(name);
    if (count > *miblen) count = *miblen;
    for (size_t i = 0; i < count; i++)
        mib[i] = part_is_index(row->pattern, i) ? idx[given++] : first_with(row->pattern, i + 1);
    *miblen = count;
    return 0;
}

/* --- Reading and setting ---------------------------------------------------------------------- */

static const size_t type_sizes[] = {
    [CTL_VOID] = 0,           [CTL_BOOL] = sizeof(bool),    [CTL_UNSIGNED] = sizeof(unsigned),
    [CTL_U32] = 4,            [CTL_U64] = 8,                [CTL_SIZE] = sizeof(size_t),
    [CTL_SSIZE] = sizeof(ssize_t), [CTL_TEXT] = sizeof(char *),
    [CTL_U64P] = sizeof(uint64_t *),
};

/* The direction must be one that the row has; a value to be set must have its size. */
static int check_use(const struct ctl_name *row, const struct ctl_raw *raw) {
    bool reads = raw->oldp != NULL || raw->oldlenp != NULL;
    bool sets = raw->newp != NULL || raw->newlen != 0;
    if (row->type == CTL_VOID) return reads || sets ? EPERM : 0;
    if ((row->get == NULL && reads) || (row->set == NULL && sets)) return EPERM;
    if (row->get == NULL && raw->newp == NULL) return EINVAL;
    return raw->newp != NULL && raw->newlen != type_sizes[row->type] ? EINVAL : 0;
}

static int use(const struct ctl_name *row, const size_t idx[2], const struct ctl_raw *raw) {
    if (row->raw != NULL) return row->raw(raw);
    struct ctl_at   at = {.idx = {idx[0], idx[1]}, .arg = row->arg};
    union ctl_value old = {0}, new = {0};
    size_t          len = type_sizes[row->type];
    int             error = check_use(row, raw);
    if (error != 0) return error;
    if (row->type == CTL_VOID) return row->set(&at, NULL);
    if (row->get != NULL && (error = row->get(&at, &old)) != 0) return error;
    if (raw->newp != NULL) {
        memcpy(&new, raw->newp, len);
        if ((error = row->set(&at, &new)) != 0) return error;
    }
    return row->get != NULL ? ctl_give(raw, &old, len) : 0;
}

int ctl_by_mib(const size_t *mib, size_t miblen, void *oldp, size_t *oldlenp, void *newp,
               size_t newlen) {
    size_t                 idx[2] = {0}, given = 0;
    const struct ctl_name *row = miblen > 0 ? row_at(mib[miblen - 1]) : NULL;
    if (row == NULL || part_count(row->pattern) != miblen) return ENOENT;
    for (size_t i = 0; i < miblen; i++) {
        if (part_is_index(row->pattern, i)) {
            idx[given++] = mib[i];
            continue;
        }
        const struct ctl_name *other = row_at(mib[i]);
        if (other == NULL || !same_parts(other->pattern, row->pattern, i + 1)) return ENOENT;
    }
    heap_start();
    return use(row, idx, &(struct ctl_raw){oldp, oldlenp, newp, newlen});
}

int ash_ctl(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen) {
    size_t                 idx[2] = {0}, number;
    const struct ctl_name *row = find(name, idx, false, &number);
    if (row == NULL) return ENOENT;
    heap_start();
    return use(row, idx, &(struct ctl_raw){oldp, oldlenp, newp, newlen});
}

#endif
