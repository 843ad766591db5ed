/* glibc.c: what glibc's malloc.h asks of an allocator beside memory: mallinfo and its kin, answered
 * from our counters.
 *
 * glibc's words for it: arena, bytes from the system that are ours now; uordblks, those in objects;
 * fordblks, those in no object; hblks and hblkhd, large objects ("mapped", there); keepcost, what
 * malloc_trim would give back. Figures of the process, all heaps together. */
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "alloc/large.h"

#ifdef ALLOC_HAS_MALLOC

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>

void malloc_stats(void);

/* 1 when something went back to the OS, as glibc. */
int malloc_trim(size_t pad) {
    (void)pad;
    size_t bytes = 0;
    while (ash_purge_step(UINT32_MAX, &bytes)) continue;
    return bytes > 0;
}

static struct large_figures large_objects(void) {
    struct large_figures sum = {0};
    for (unsigned i = 0; i < arena_count(); i++) {
        struct large_figures one = large_figures(arena_at(i));
        sum.used += one.used;
        sum.count += one.count;
    }
    return sum;
}

struct mallinfo2 mallinfo2(void) {
    struct ash_stats     s;
    struct large_figures large = large_objects();
    ash_stats(&s);
    size_t idle = s.active > s.allocated ? s.active - s.allocated : 0;
    return (struct mallinfo2){.arena = s.active + s.dirty + s.muzzy,
                              .hblks = large.count,
                              .hblkhd = large.used,
                              .uordblks = s.allocated,
                              .fordblks = idle + s.dirty + s.muzzy,
                              .keepcost = s.dirty + s.muzzy};
}

static int as_int(size_t bytes) { return bytes < INT_MAX ? (int)bytes : INT_MAX; }

/* The same in ints; what does not fit is the largest. */
struct mallinfo mallinfo(void) {
    struct mallinfo2 m = mallinfo2();
    return (struct mallinfo){.arena = as_int(m.arena),
                             .hblks = as_int(m.hblks),
                             .hblkhd = as_int(m.hblkhd),
                             .uordblks = as_int(m.uordblks),
                             .fordblks = as_int(m.fordblks),
                             .keepcost = as_int(m.keepcost)};
}

static void info_of_heap(struct ash_heap *h, void *arg) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    fprintf(arg,
            "<heap nr=\"%u\">\n<total type=\"rest\" count=\"%zu\" size=\"%zu\"/>\n"
            "<system type=\"current\" size=\"%zu\"/>\n<aspace type=\"total\" size=\"%zu\"/>\n</heap>\n",
            h->idx, (size_t)s.count, s.active - s.used, s.active + s.dirty + s.muzzy,
            s.active + s.dirty + s.muzzy + s.retained);
}

/* glibc's XML, a <heap> for each of ours; "rest" is what is in no object. */
int malloc_info(int options, FILE *out) {
    struct ash_stats     s;
    struct large_figures large = large_objects();
    if (options != 0) return EINVAL;
    fputs("<malloc version=\"1\">\n", out);
    ash_heap_each(info_of_heap, out);
    ash_stats(&s);
    fprintf(out,
            "<total type=\"rest\" count=\"0\" size=\"%zu\"/>\n<total type=\"mmap\" count=\"%zu\" "
            "size=\"%zu\"/>\n<system type=\"current\" size=\"%zu\"/>\n"
            "<aspace type=\"total\" size=\"%zu\"/>\n</malloc>\n",
            s.active - s.allocated, large.count, large.used, s.active + s.dirty + s.muzzy, s.mapped);
    return 0;
}

void malloc_stats(void) { ash_stats_print(NULL, NULL, "a"); }

#endif
