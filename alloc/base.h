/* base.h: memory for the allocator's own structures, apart from user pages.
 *
 * What is freed waits for the next of its size. Descriptors and all else up to some 4 KB lie in pages
 * of one size each, which go back to the system when they are empty; larger pieces are never given back.
 * A stray write through a user's pointer seldom reaches any of it, and user pages can be purged whole.
 * Locking: its own
 * (LOCK_BASE), below all others but the purger's. */
#ifndef ASHLAR_ALLOC_BASE_H
#define ASHLAR_ALLOC_BASE_H

#include <stdbool.h>
#include <stddef.h>

struct lock;

#define BASE_ALIGN    ((size_t)16)
#define BASE_SIZE_MAX ((size_t)65536)

/* Zeroed, aligned to BASE_ALIGN, and to a cache line when size is a multiple of one. NULL: no
 * memory. size <= BASE_SIZE_MAX. */
void *base_take(size_t size);
/* Takes back p, of exactly that size. */
void base_put(void *p, size_t size);
/* Memory that is an extent's for ever: after base_put_extent too it may be read, and is as it was left,
 * or all zero. Not zeroed when taken. */
void *base_take_extent(void);
void  base_put_extent(void *p);
/* Another one for what p is for, where that helps to empty p's page. NULL: none such. */
void *base_take_extent_before(const void *p);
#define BASE_EXTENT ((size_t)64)
/* Gives back up to `max` empty pages, but for a few. Any thread. True: there are more. */
bool base_trim(unsigned max);
bool base_is_slack(void); /* is there anything for base_trim? A load. */
/* Bytes handed out plus those waiting for the next of their size: about what is resident. */
size_t base_bytes(void);
/* Address space taken for metadata. */
size_t base_mapped(void);
struct lock *base_lock_get(void); /* for statistics */
/* Around fork. */
void base_fork_lock(void);
void base_fork_unlock(void);

#endif
