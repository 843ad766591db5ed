/* guard_doors.h: the doors' own names in debug builds, where guards stand before them: guard.h.
 *
 * Included by the doors, and by the guards, which say GUARD_ITSELF first to have both names. Comes
 * after all other includes: it renames the C library's functions. */
#ifndef ASHLAR_ALLOC_GUARD_DOORS_H
#define ASHLAR_ALLOC_GUARD_DOORS_H

#ifdef ASHLAR_DEBUG

#include "alloc/alloc.h"
#include "alloc/sizes.h"

#include <malloc.h>
#include <stdlib.h>

void  *plain_ash_alloc(struct ash_heap *h, size_t size);
void  *plain_ash_zalloc(struct ash_heap *h, size_t size);
void  *plain_ash_try_alloc(struct ash_heap *h, size_t size);
void  *plain_ash_alloc_aligned(struct ash_heap *h, size_t size, size_t align);
void  *plain_ash_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size);
void  *plain_ash_try_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size);
void   plain_ash_free(void *p, size_t size);
size_t plain_ash_usable_size(const void *p);
bool   plain_ash_heap_move(struct ash_heap *to, void *p, size_t size);
unsigned plain_ash_extent_each(void *p, void (*fn)(void *object, void *arg), void *arg);
bool plain_ash_drain_choose(struct ash_heap *h, unsigned max, size_t *bytes);
bool plain_ash_drain_next(struct ash_heap *h, void *objects[ASH_DRAIN_RUN], unsigned *count,
                          size_t *slot_size);

void  *plain_malloc(size_t size);
void  *plain_calloc(size_t count, size_t each);
void  *plain_realloc(void *p, size_t size);
void  *plain_reallocarray(void *p, size_t count, size_t each);
void   plain_free(void *p);
int    plain_posix_memalign(void **out, size_t align, size_t size);
void  *plain_aligned_alloc(size_t align, size_t size);
void  *plain_memalign(size_t align, size_t size);
void  *plain_valloc(size_t size);
void  *plain_pvalloc(size_t size);
size_t plain_malloc_usable_size(void *p);

void  *plain_mallocx(size_t size, int flags);
void  *plain_rallocx(void *p, size_t size, int flags);
size_t plain_xallocx(void *p, size_t size, size_t extra, int flags);
size_t plain_sallocx(const void *p, int flags);
void   plain_dallocx(void *p, int flags);
void   plain_sdallocx(void *p, size_t size, int flags);
size_t plain_nallocx(size_t size, int flags);

#ifndef GUARD_ITSELF
#define ash_alloc          plain_ash_alloc
#define ash_zalloc         plain_ash_zalloc
#define ash_try_alloc      plain_ash_try_alloc
#define ash_alloc_aligned  plain_ash_alloc_aligned
#define ash_realloc        plain_ash_realloc
#define ash_try_realloc    plain_ash_try_realloc
#define ash_free           plain_ash_free
#define ash_usable_size    plain_ash_usable_size
#define ash_heap_move      plain_ash_heap_move
#define ash_extent_each    plain_ash_extent_each
#define ash_drain_choose   plain_ash_drain_choose
#define ash_drain_next     plain_ash_drain_next
#define malloc             plain_malloc
#define calloc             plain_calloc
#define realloc            plain_realloc
#define reallocarray       plain_reallocarray
#define free               plain_free
#define posix_memalign     plain_posix_memalign
#define aligned_alloc      plain_aligned_alloc
#define memalign           plain_memalign
#define valloc             plain_valloc
#define pvalloc            plain_pvalloc
#define malloc_usable_size plain_malloc_usable_size
#define mallocx            plain_mallocx
#define rallocx            plain_rallocx
#define xallocx            plain_xallocx
#define sallocx            plain_sallocx
#define dallocx            plain_dallocx
#define sdallocx           plain_sdallocx
#define nallocx            plain_nallocx
#endif

#endif
#endif
