/* guard_libc.c: the malloc family and jemalloc's calls in debug builds: guards before the doors of
 * libc.c and jemalloc.c. What an object may be used for ends with the size asked for: that is what
 * malloc_usable_size, sallocx and nallocx say here. */
#include "alloc/guard.h"
#include "alloc/classes.h"
#include "alloc/jemalloc.h"
#define GUARD_ITSELF
#include "alloc/guard_doors.h"

#if defined ASHLAR_DEBUG && defined ALLOC_HAS_MALLOC

#include <errno.h>
#include <string.h>

#define SIZE_TOP (ASH_SIZE_MAX - 2 * PAGE_SIZE)

static bool bare(void) { return guard_tail() == 0; }

static struct guard_object look(const void *p, const char *what) {
    return guard_look(p, GUARD_DOOR_LIBC, GUARD_ANY_SIZE, what);
}

static void *no_memory(void) {
    errno = ENOMEM;
    return NULL;
}

/* --- malloc ----------------------------------------------------------------------------------- */

void *malloc(size_t size) {
    return guard_dress(plain_malloc(guard_grown(size)), size, GUARD_DOOR_LIBC, 1, false);
}

void *calloc(size_t count, size_t each) {
    size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return no_memory();
    size_t grown = guard_grown(size);
    void  *p = grown > SMALL_MAX ? plain_calloc(1, grown) : plain_malloc(grown);
    return guard_dress(p, size, GUARD_DOOR_LIBC, 1, true);
}

void free(void *p) {
    if (p == NULL) return;
    if (!bare()) {
        guard_free(p, GUARD_DOOR_LIBC, GUARD_ANY_SIZE);
    } else {
        guard_fill_freed(p);
        plain_free(p);
    }
}

/* To fresh memory, if there is some. */
static void *move(const struct guard_object *o, void *fresh, size_t size) {
    if (fresh == NULL) return NULL;
    memcpy(fresh, o->p, o->size < size ? o->size : size);
    guard_free(o->p, GUARD_DOOR_LIBC, GUARD_ANY_SIZE);
    return fresh;
}

void *realloc(void *p, size_t size) {
    if (bare()) return plain_realloc(p, size);
    if (p == NULL) return malloc(size);
    if (size == 0) {
        free(p);
        return NULL;
    }
    if (size > SIZE_TOP) return no_memory();
    struct guard_object o = look(p, "realloc");
    if (!guard_may_resize(&o, size)) return move(&o, malloc(size), size);
    p = plain_realloc(p, guard_grown(size));
    if (p != NULL) guard_redress(p, &o, size, false);
    return p;
}

void *reallocarray(void *p, size_t count, size_t each) {
    size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return no_memory();
    return realloc(p, size);
}

int posix_memalign(void **out, size_t align, size_t size) {
    int error = plain_posix_memalign(out, align, guard_grown(size));
    if (error == 0) guard_dress(*out, size, GUARD_DOOR_LIBC, align, false);
    return error;
}

void *memalign(size_t align, size_t size) {
    void *p = plain_memalign(align, guard_grown(size));
    return guard_dress(p, size, GUARD_DOOR_LIBC, align, false);
}

void *aligned_alloc(size_t align, size_t size) { return memalign(align, size); }
void *valloc(size_t size) { return memalign(PAGE_SIZE, size); }

void *pvalloc(size_t size) {
    if (size > SIZE_TOP) return no_memory();
    return memalign(PAGE_SIZE, size_to_pages(size == 0 ? 1 : size));
}

size_t malloc_usable_size(void *p) {
    if (p == NULL || bare()) return plain_malloc_usable_size(p);
    return look(p, "usable size").size;
}

/* --- mallocx ---------------------------------------------------------------------------------- */

static bool     flags_zero(int flags) { return (flags & MALLOCX_ZERO) != 0; }
static unsigned flags_lg_align(int flags) { return (unsigned)flags & 0x3f; }

/* The door zeroes what is large: a small slot has a canary that the neighbour may be looking at. */
void *mallocx(size_t size, int flags) {
    if (size == 0) size = 1;
    size_t grown = guard_grown(size), align = (size_t)1 << flags_lg_align(flags);
    bool   large = grown > SMALL_MAX;
    if (bare()) return plain_mallocx(size, flags);
    void *p = plain_mallocx(grown, large ? flags : flags & ~MALLOCX_ZERO);
    p = guard_dress(p, size, GUARD_DOOR_LIBC, align, flags_zero(flags) && large);
    return p != NULL && flags_zero(flags) && !large ? memset(p, 0, size) : p;
}

size_t nallocx(size_t size, int flags) {
    if (bare()) return plain_nallocx(size, flags);
    if (size == 0) size = 1;
    return plain_nallocx(guard_grown(size), flags) != 0 ? size : 0;
}

size_t sallocx(const void *p, int flags) {
    return bare() ? plain_sallocx(p, flags) : look(p, "usable size").size;
}

void dallocx(void *p, int flags) {
    (void)flags;
    if (!bare()) {
        guard_free(p, GUARD_DOOR_LIBC, GUARD_ANY_SIZE);
    } else {
        guard_fill_freed(p);
        plain_dallocx(p, flags);
    }
}

void sdallocx(void *p, size_t size, int flags) {
    if (!bare()) {
        bool none = size == 0 && look(p, "free").size <= 1; /* mallocx(0) makes it 1 */
        guard_free(p, GUARD_DOOR_LIBC, none ? GUARD_ANY_SIZE : size);
    } else {
        plain_sdallocx(p, size, flags);
    }
}

void *rallocx(void *p, size_t size, int flags) {
    if (bare()) return plain_rallocx(p, size, flags);
    if (size == 0) size = 1;
    if (size > SIZE_TOP) return NULL;
    struct guard_object o = look(p, "realloc");
    if (guard_may_resize(&o, size)) {
        p = plain_rallocx(p, guard_grown(size), flags & ~MALLOCX_ZERO);
        if (p != NULL) guard_redress(p, &o, size, flags_zero(flags));
        return p;
    }
    char *fresh = move(&o, mallocx(size, flags & ~MALLOCX_ZERO), size);
    if (fresh != NULL && flags_zero(flags) && size > o.size) memset(fresh + o.size, 0, size - o.size);
    return fresh;
}

size_t xallocx(void *p, size_t size, size_t extra, int flags) {
    size_t most;
    if (bare()) return plain_xallocx(p, size, extra, flags);
    if (size == 0) size = 1;
    if (__builtin_add_overflow(size, extra, &most) || most > SIZE_TOP) most = SIZE_TOP;
    struct guard_object o = look(p, "xallocx");
    if (size > SIZE_TOP || ((uintptr_t)p & (((uintptr_t)1 << flags_lg_align(flags)) - 1)) != 0)
        return o.size;
    size_t slot = o.slot;
    if (o.large && most > SMALL_MAX)
        slot = plain_xallocx(p, guard_grown(size), most - size, flags & ~MALLOCX_ZERO);
    size_t room = slot - guard_tail(), now = room < most ? room : most;
    if (room < size) now = o.size;
    guard_redress(p, &o, now, flags_zero(flags));
    return now;
}

#endif
