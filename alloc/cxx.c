/* cxx.c: C++'s operators new and delete, for the library.
 *
 * libstdc++'s own would come to malloc and free, but a program that links Debian's libjemalloc has
 * that library's, which go to its own heap past us. A sized delete is checked like sdallocx.
 *
 * Written in C by their mangled names, so that nothing here needs a C++ compiler or library. What
 * the standard asks for when memory runs out is libstdc++'s and found by weak names: the exception
 * passes through these frames, which have unwind tables and nothing to clean up. */
#include "alloc/assert.h"
#include "alloc/jemalloc.h"
#include "alloc/sizes.h"

#ifdef ALLOC_HAS_MALLOC

#include <stdlib.h>

typedef void (*new_handler)(void);

extern new_handler _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void        _ZSt17__throw_bad_allocv(void) __attribute__((weak, noreturn));

static void *one_try(size_t size, size_t align) {
    return align == 0 ? malloc(size) : mallocx(size, MALLOCX_ALIGN(align));
}

/* Calls the new-handler, as long as there is one, which may free something. NULL: there is none. */
static __attribute__((noinline)) void *more_tries(size_t size, size_t align) {
    for (;;) {
        new_handler handler = _ZSt15get_new_handlerv != NULL ? _ZSt15get_new_handlerv() : NULL;
        if (handler == NULL) return NULL;
        handler();
        void *p = one_try(size, align);
        if (p != NULL) return p;
    }
}

static inline void *new_or_null(size_t size, size_t align) {
    void *p = one_try(size, align);
    return ASH_LIKELY(p != NULL) ? p : more_tries(size, align);
}

static inline void *new_or_throw(size_t size, size_t align) {
    void *p = new_or_null(size, align);
    if (ASH_LIKELY(p != NULL)) return p;
    if (_ZSt17__throw_bad_allocv != NULL) _ZSt17__throw_bad_allocv();
    PANIC("out of memory: no room for %zu bytes in operator new", size);
}

static inline void delete_sized(void *p, size_t size, size_t align) {
    if (p != NULL) sdallocx(p, size, align == 0 ? 0 : MALLOCX_ALIGN(align));
}

/* m is size_t, Pv void *, St11align_val_t an alignment, RKSt9nothrow_t std::nothrow. _Zn news,
 * _Zd deletes; w and l are for one, a for arrays. */
#define OPERATOR(result, name, ...) \
    result name(__VA_ARGS__);       \
    result name(__VA_ARGS__)

OPERATOR(void *, _Znwm, size_t size) { return new_or_throw(size, 0); }
OPERATOR(void *, _Znam, size_t size) { return new_or_throw(size, 0); }
OPERATOR(void *, _ZnwmRKSt9nothrow_t, size_t size, const void *tag) {
    (void)tag;
    return new_or_null(size, 0);
}
OPERATOR(void *, _ZnamRKSt9nothrow_t, size_t size, const void *tag) {
    (void)tag;
    return new_or_null(size, 0);
}
OPERATOR(void *, _ZnwmSt11align_val_t, size_t size, size_t align) {
    return new_or_throw(size, align);
}
OPERATOR(void *, _ZnamSt11align_val_t, size_t size, size_t align) {
    return new_or_throw(size, align);
}
OPERATOR(void *, _ZnwmSt11align_val_tRKSt9nothrow_t, size_t size, size_t align, const void *tag) {
    (void)tag;
    return new_or_null(size, align);
}
OPERATOR(void *, _ZnamSt11align_val_tRKSt9nothrow_t, size_t size, size_t align, const void *tag) {
    (void)tag;
    return new_or_null(size, align);
}

OPERATOR(void, _ZdlPv, void *p) { free(p); }
OPERATOR(void, _ZdaPv, void *p) { free(p); }
OPERATOR(void, _ZdlPvRKSt9nothrow_t, void *p, const void *tag) {
    (void)tag;
    free(p);
}
OPERATOR(void, _ZdaPvRKSt9nothrow_t, void *p, const void *tag) {
    (void)tag;
    free(p);
}
OPERATOR(void, _ZdlPvm, void *p, size_t size) { delete_sized(p, size, 0); }
OPERATOR(void, _ZdaPvm, void *p, size_t size) { delete_sized(p, size, 0); }
OPERATOR(void, _ZdlPvSt11align_val_t, void *p, size_t align) {
    (void)align;
    free(p);
}
OPERATOR(void, _ZdaPvSt11align_val_t, void *p, size_t align) {
    (void)align;
    free(p);
}
OPERATOR(void, _ZdlPvmSt11align_val_t, void *p, size_t size, size_t align) {
    delete_sized(p, size, align);
}
OPERATOR(void, _ZdaPvmSt11align_val_t, void *p, size_t size, size_t align) {
    delete_sized(p, size, align);
}
OPERATOR(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, void *p, size_t align, const void *tag) {
    (void)align, (void)tag;
    free(p);
}
OPERATOR(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, void *p, size_t align, const void *tag) {
    (void)align, (void)tag;
    free(p);
}

#endif
