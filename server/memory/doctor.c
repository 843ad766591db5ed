/* doctor.c: findings by thresholds on the allocator's and the kernel's figures.
 *
 * A finding is worth a line when it is at least FINDING_BYTES_MIN and a tenth of what it is
 * measured against: less is the normal price of allocating. */
#include "server/memory/doctor.h"

#include "proto/num.h"

#include <stdlib.h>

#define FINDING_BYTES_MIN (2 * 1024 * 1024)
#define FINDING_SHARE     10 /* one part in this many */

struct findings {
    struct finding *out;
    unsigned        count;
};

static bool notable(size_t bytes, size_t whole) {
    return bytes >= FINDING_BYTES_MIN && bytes >= whole / FINDING_SHARE;
}

static void found(struct findings *f, size_t bytes, const char *cause, const char *advice) {
    ASSERT(f->count < DOCTOR_FINDINGS_MAX);
    f->out[f->count++] = (struct finding){.cause = cause, .advice = advice, .bytes = bytes};
}

/* Memory that the allocator holds beyond what is asked of it. */
static void examine_allocator(const struct doctor_facts *d, struct findings *f) {
    const struct overview *o = &d->memory;
    if (notable(o->slots_free, o->used))
        found(
            f, o->slots_free,
            "Holes: free slots in slabs that live objects keep from being given back.",
            "New objects of the same sizes fill them. What is left afterwards goes with a restart "
            "or when the neighbours are deleted.");
    if (notable(o->rounding, o->used))
        found(f, o->rounding, "Rounding: objects are smaller than the slots they lie in.",
              "Nothing gives this back; values a little shorter would take the next smaller slot.");
    if (notable(o->dirty + o->muzzy, o->used))
        found(
            f, o->dirty + o->muzzy, "Free pages that have not been returned to the kernel yet.",
            "They go by themselves within dirty-decay-ms and muzzy-decay-ms; MEMORY PURGE returns "
            "them now.");
    if (notable(o->returning, o->used))
        found(f, o->returning,
              "Objects freed and not yet taken back from other threads, or in threads' caches.",
              "Nothing to do: the engine takes them back as it runs.");
    if (notable(o->alloc.metadata, o->used))
        found(f, o->alloc.metadata, "The allocator's own structures.",
              "Nothing gives this back but a restart; it follows the largest size there was.");
}

static void examine_process(const struct doctor_facts *d, struct findings *f) {
    const struct overview *o = &d->memory;
    if (o->rss > o->alloc.resident && notable(o->rss - o->alloc.resident, o->rss) &&
        o->rss - o->alloc.resident > 2 * d->process.rss_file)
        found(f, o->rss - o->alloc.resident,
              "Resident memory that is not the allocator's: binary, libraries, stacks, other maps.",
              "Look at /proc/PID/smaps; huge pages that hold partly free memory count here too.");
    if (notable(d->process.swap, o->used))
        found(f, d->process.swap, "Memory of this process has been swapped out: it will be slow.",
              "Give the machine more memory, set maxmemory lower, or turn swap off.");
}

static void examine_use(const struct doctor_facts *d, struct findings *f) {
    const struct overview *o = &d->memory;
    if (o->peak / 3 * 2 > o->used)
        found(f, o->peak - o->used, "Memory was once much larger than now (the peak).",
              "Not a fault. If RSS is still near the peak, see the other findings; the peak itself "
              "is forgotten at a restart.");
    if (notable(o->clients, o->used))
        found(f, o->clients, "Clients' query and output buffers.",
              "CLIENT LIST shows whose (qbuf, omem, tot-mem); client-output-buffer-limit and "
              "client-query-buffer-limit bound them.");
    if (d->pending_objects > 0)
        found(f, 0, "Deleted objects are still being freed in the background.",
              "Nothing to do: lazyfree_pending_objects in INFO memory falls to 0.");
    if (d->maxmemory > o->total_system)
        found(f, d->maxmemory - o->total_system, "maxmemory is more than this machine has.",
              "Set maxmemory to what can really be used, leaving some for buffers and pages.");
    if (d->maxmemory > 0 && o->used > d->maxmemory / 100 * 95)
        found(f, o->used,
              d->noeviction ? "Memory is at maxmemory, and the policy is noeviction: writes fail."
                            : "Memory is at maxmemory: keys are being evicted.",
              "Raise maxmemory, delete something, or choose another maxmemory-policy.");
}

/* maxmemory-rss, when its ladder is being climbed, or has been. */
static void examine_limit(const struct doctor_facts *d, struct findings *f) {
    const struct reclaim_status *r = &d->reclaim;
    uint64_t over = r->rss > r->limit ? r->rss - r->limit : 0;
    if (r->limit == 0) return;
    if (r->vain)
        found(f, over, "RSS is over maxmemory-rss, and nothing that may be done about it helps: writes fail.",
              "Raise maxmemory-rss, delete something, or choose a maxmemory-policy that lets keys go.");
    else if (r->active)
        found(f, over, "RSS is at maxmemory-rss, and memory is being given back.",
              "Nothing to do: INFO memory says which rung of the ladder gains what (rss_reclaim_*).");
    if (r->evicted_keys > 0)
        found(f, r->rung[RECLAIM_EVICT].bytes, "Keys have been evicted to keep RSS under maxmemory-rss.",
              "Raise maxmemory-rss, or look at the other findings: what they give back need not be evicted "
              "for. CONFIG RESETSTAT forgets them.");
}

static int larger_first(const void *a, const void *b) {
    const struct finding *x = a, *y = b;
    return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

unsigned doctor_examine(const struct doctor_facts *d, struct finding out[DOCTOR_FINDINGS_MAX]) {
    struct findings f = {.out = out};
    examine_allocator(d, &f);
    examine_process(d, &f);
    examine_use(d, &f);
    examine_limit(d, &f);
    qsort(out, f.count, sizeof out[0], larger_first);
    return f.count;
}

static void say_sizes(const struct doctor_facts *d, struct text *out) {
    char used[32], rss[32], peak[32];
    num_format_human(used, d->memory.used);
    num_format_human(rss, d->memory.rss);
    num_format_human(peak, d->memory.peak);
    text_printf(out, "Used %s in %llu keys, resident %s (%.2f times as much), peak %s.\n", used,
                (unsigned long long)d->memory.keys, rss, d->memory.frag_ratio, peak);
}

void doctor_report(const struct doctor_facts *d, struct text *out) {
    struct finding f[DOCTOR_FINDINGS_MAX];
    say_sizes(d, out);
    if (d->memory.used < DOCTOR_USED_MIN) {
        text_str(out,
                 "That is an empty or very small instance: its figures are those of any server "
                 "at its start, and there is nothing to find in them.\n");
        return;
    }
    unsigned count = doctor_examine(d, f);
    if (count == 0) text_str(out, "No memory problem found.\n");
    for (unsigned i = 0; i < count; i++) {
        char bytes[32];
        num_format_human(bytes, f[i].bytes);
        text_printf(out, "\n* %s", f[i].cause);
        if (f[i].bytes > 0)
            text_printf(out, " %s, %.1f%% of used memory.", bytes,
                        (double)f[i].bytes * 100 / (double)d->memory.used);
        text_printf(out, "\n  %s\n", f[i].advice);
    }
}
