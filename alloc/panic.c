/* panic.c: ends the process on a broken invariant.
 *
 * Takes no lock, allocates nothing and formats into the stack, so any part of the allocator may
 * call it at any point. A panic inside the installed handler is not handled again: it aborts at
 * once. The formatter is vsnprintf, which does not allocate for the formats used here. */
#include "alloc/assert.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef void (*panic_handler)(const char *file, int line, const char *message);

static _Atomic(panic_handler) handler_now;
static atomic_flag            panicking = ATOMIC_FLAG_INIT;

void ash_panic_handler(panic_handler handler) { atomic_store(&handler_now, handler); }

static void panic_to_stderr(const char *file, int line, const char *message) {
    char text[640];
    int  len = snprintf(text, sizeof text, "ashlar: %s:%d: %s\n", file, line, message);
    if (len < 0) return;
    if ((size_t)len >= sizeof text) len = (int)sizeof text - 1;
    if (write(STDERR_FILENO, text, (size_t)len) < 0) return; /* nowhere left to say it */
}

void ash_panic(const char *file, int line, const char *format, ...) {
    char    message[512];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0) message[0] = '\0';
    va_end(args);

    panic_handler handler = atomic_load(&handler_now);
    if (handler == NULL || atomic_flag_test_and_set(&panicking)) {
        panic_to_stderr(file, line, message);
    } else {
        handler(file, line, message);
    }
    abort();
}
