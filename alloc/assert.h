/* assert.h: how a broken promise of our own ends the process.
 *
 * ASSERT is always on and states what costs a compare or two. DASSERT is for debug builds
 * (-DASHLAR_DEBUG). Neither is ever applied to input: a bad request gets an error reply.
 * ash_panic prints through the installed handler (the server's crash report) or to stderr, then
 * aborts. It takes no lock and allocates nothing, so it is safe inside the allocator. */
#ifndef ASHLAR_ALLOC_ASSERT_H
#define ASHLAR_ALLOC_ASSERT_H

#define ASH_LIKELY(x)   __builtin_expect(!!(x), 1)
#define ASH_UNLIKELY(x) __builtin_expect(!!(x), 0)

__attribute__((noreturn, cold, format(printf, 3, 4))) void ash_panic(const char *file, int line,
                                                                     const char *format, ...);

/* Called once with the finished message before abort(); must not return to the allocator by way of
 * longjmp, must not allocate. NULL: stderr. */
void ash_panic_handler(void (*handler)(const char *file, int line, const char *message));

#define PANIC(...) ash_panic(__FILE__, __LINE__, __VA_ARGS__)

#define ASSERT(x)                                       \
    do {                                                \
        if (ASH_UNLIKELY(!(x))) PANIC("assert: %s", #x); \
    } while (0)

#ifdef ASHLAR_DEBUG
#define DASSERT(x) ASSERT(x)
#else
#define DASSERT(x) ((void)0)
#endif

#endif
