/* crash.c: reports a fatal signal or a failed assertion, and lets the process die of it.
 *
 * The report is written while something is broken, so it trusts nothing: no allocation, no lock,
 * text put together on the stack, one write a line. Every part of it runs guarded: a fault inside a
 * part ends that part and the next one goes on. The first thread to fail reports; others that fail
 * meanwhile wait to die with it.
 *
 * The stack is printed with names (our own from the program's file, static ones too: symbols.c;
 * libraries' exported ones from dladdr) and always with offsets in the file, for addr2line.
 * backtrace() is called once at the start, as its first call loads a library. What clients sent is
 * shown shortened, and secrets (AUTH, CONFIG SET ...) not at all.
 *
 * Start reading at crash_report(). */
#include "server/core/crash.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/log.h"
#include "server/core/symbols.h"
#include "server/version.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define FRAMES_MAX     100
#define ARGS_SHOWN     32
#define ARG_BYTES_MAX  64
#define SIGNAL_STACK   (64 * 1024)
#define CRASH_LINE_MAX 512

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define CRASH_SIGNALS (sizeof crash_signals / sizeof crash_signals[0])

/* What there is to report about. */
struct crash {
    int                signo;   /* 0: a panic */
    siginfo_t         *info;
    ucontext_t        *context;
    const char        *file, *message; /* of a panic */
    int                line;
};

static _Atomic(const struct engine *) crash_engine;
static atomic_int                     crash_reporter; /* thread id of who reports, or 0 */
static atomic_bool crash_done; /* reported: what still comes is the death itself */
static sigjmp_buf crash_skip;  /* out of a part that faults; the reporter's own */
static _Alignas(16) char              crash_stack[SIGNAL_STACK];
static char crash_program[PATH_MAX]; /* what runs; argv[0] may be a title */

/* --- Lines --------------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    char    line[CRASH_LINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (n < 0) return;
    size_t len = strlen(line);
    line[len] = '\n';
    line[len + 1] = '\0';
    log_raw(line);
}

/* Bytes as they can be read, at most ARG_BYTES_MAX of them. */
static void escape(struct slice s, char *out, size_t cap) {
    size_t at = 0;
    for (size_t i = 0; i < s.len && i < ARG_BYTES_MAX && at + 5 < cap; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
            out[at++] = (char)c;
        } else {
            at += (size_t)snprintf(out + at, cap - at, "\\x%02x", c);
        }
    }
    out[at] = '\0';
}

/* --- Parts --------------------------------------------------------------------------------- */

static void part_cause(const struct crash *c) {
    say("Ashlar %s (Redis %s), pid %d, thread %d", ASHLAR_VERSION, ASHLAR_REDIS_VERSION,
        (int)getpid(), (int)syscall(SYS_gettid));
    if (c->signo == 0) {
        say("Panic at %s:%d: %s", c->file, c->line, c->message);
        return;
    }
    say("Crashed by signal: %d (%s), si_code: %d", c->signo, sigabbrev_np(c->signo),
        c->info->si_code);
    if (c->info->si_code <= 0) {
        say("Sent by pid %d, uid %d", (int)c->info->si_pid, (int)c->info->si_uid);
    } else {
        say("Accessing address: %p", c->info->si_addr);
    }
}

#if defined __x86_64__
static void *context_pc(const ucontext_t *u) {
    return (void *)(uintptr_t)u->uc_mcontext.gregs[REG_RIP];
}

static void part_registers(const struct crash *c) {
    static const struct { const char *name; int reg; } regs[] = {
        {"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX}, {"RDI", REG_RDI},
        {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP}, {"R8 ", REG_R8},  {"R9 ", REG_R9},
        {"R10", REG_R10}, {"R11", REG_R11}, {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14},
        {"R15", REG_R15}, {"RIP", REG_RIP}, {"EFL", REG_EFL},
    };
    if (c->context == NULL) return;
    say("\n------ REGISTERS ------");
    for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i += 2)
        say("%s:%016llx %s:%016llx", regs[i].name,
            (unsigned long long)c->context->uc_mcontext.gregs[regs[i].reg], regs[i + 1].name,
            (unsigned long long)c->context->uc_mcontext.gregs[regs[i + 1].reg]);
}
#elif defined __aarch64__
static void *context_pc(const ucontext_t *u) { return (void *)(uintptr_t)u->uc_mcontext.pc; }

static void part_registers(const struct crash *c) {
    if (c->context == NULL) return;
    say("\n------ REGISTERS ------");
    for (int i = 0; i < 31; i++)
        say("X%d:%016llx", i, (unsigned long long)c->context->uc_mcontext.regs[i]);
    say("SP:%016llx PC:%016llx", (unsigned long long)c->context->uc_mcontext.sp,
        (unsigned long long)c->context->uc_mcontext.pc);
}
#else
static void *context_pc(const ucontext_t *u) {
    (void)u;
    return NULL;
}

static void part_registers(const struct crash *c) { (void)c; }
#endif

struct frame {
    const char *file, *function; /* function NULL: unknown */
    size_t      in_file, in_function;
};

/* Where this program is loaded. */
static const void *own_base(void) {
    Dl_info own;
    return dladdr(crash_stack, &own) == 0 ? NULL : own.dli_fbase;
}

static bool frame_find(const char *address, const struct symbols *symbols, struct frame *out) {
    Dl_info info;
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL) return false;
    *out = (struct frame){.file = info.dli_fname, .function = info.dli_sname};
    out->in_file = (size_t)(address - (const char *)info.dli_fbase);
    if (info.dli_sname != NULL) out->in_function = (size_t)(address - (const char *)info.dli_saddr);
    if (info.dli_fbase != own_base()) return true;
    out->file = crash_program;
    size_t      into;
    const char *name = symbols_find(symbols, out->in_file, &into);
    if (name != NULL) out->function = name;
    if (name != NULL) out->in_function = into;
    return true;
}

static void say_frame(const char *address, const struct symbols *symbols) {
    struct frame f;
    if (!frame_find(address, symbols, &f)) {
        say("  ?() [%p]", (const void *)address);
    } else {
        say("  %s(%s+0x%zx) +0x%zx [%p]", f.file, f.function == NULL ? "" : f.function,
            f.in_function, f.in_file, (const void *)address);
    }
}

/* How many frames on top are the report's own. */
static int own_frames(const struct crash *c, void **frame, int count,
                      const struct symbols *symbols) {
    void *pc = c->context == NULL ? NULL : context_pc(c->context);
    for (int i = 0; i < count; i++) {
        struct frame f;
        if (pc != NULL && frame[i] == pc) return i;
        if (c->signo == 0 && frame_find(frame[i], symbols, &f) && f.function != NULL &&
            strcmp(f.function, "ash_panic") == 0)
            return i + 1;
    }
    return 0;
}

static void part_stack(const struct crash *c) {
    void          *frame[FRAMES_MAX];
    struct symbols symbols;
    void          *pc = c->context == NULL ? NULL : context_pc(c->context);
    say("\n------ STACK TRACE ------");
    symbols_open(&symbols);
    int count = backtrace(frame, FRAMES_MAX), from = own_frames(c, frame, count, &symbols);
    if (pc != NULL) say_frame(pc, &symbols);
    /* a return address may be the next function's first byte: the call is before it */
    for (int i = from; i < count; i++)
        if (frame[i] != pc) say_frame((const char *)frame[i] - 1, &symbols);
    symbols_close(&symbols);
}

static void part_server(const struct crash *c) {
    const struct engine *e = atomic_load(&crash_engine);
    (void)c;
    if (e == NULL) return;
    say("\n------ SERVER ------");
    say("uptime_in_seconds:%lld",
        (long long)((clock_mono_ms(&e->clock) - e->stats.started_mono_ms) / 1000));
    say("connected_clients:%llu", (unsigned long long)e->session_count);
    say("blocked_clients:%llu", (unsigned long long)e->session_blocked);
    say("total_commands_processed:%llu", (unsigned long long)e->stats.commands_processed);
    say("used_memory:%zu", ash_used());
    say("used_memory_peak:%zu", e->stats.peak_used);
    say("used_memory_rss:%zu", e->stats.rss);
    if (e->config != NULL) {
        say("maxmemory:%llu", (unsigned long long)e->config->maxmemory);
        say("config_file:%s", e->config->file == NULL ? "" : e->config->file);
    }
    for (unsigned i = 0; e->keyspace.db != NULL && i < e->keyspace.count; i++)
        if (e->keyspace.db[i].keys.count > 0)
            say("db%u:keys=%llu,expires=%llu", i,
                (unsigned long long)e->keyspace.db[i].keys.count,
                (unsigned long long)e->keyspace.db[i].expires.count);
}

/* Commands whose arguments may hold passwords. */
static bool has_secrets(struct slice name) {
    static const char *const names[] = {"auth", "hello", "config", "acl", "migrate"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_eq_nocase(name, names[i])) return true;
    return false;
}

static void part_client(const struct crash *c) {
    const struct engine *e = atomic_load(&crash_engine);
    const struct call   *call = e == NULL ? NULL : e->running;
    (void)c;
    if (call == NULL || call->session == NULL) return;
    const struct session *s = call->session;
    say("\n------ CURRENT CLIENT ------");
    say("id=%llu addr=%.64s laddr=%.64s fd=%d name=%.64s db=%u flags=0x%x resp=%u",
        (unsigned long long)s->id, s->io.peer, s->io.local, s->io.fd,
        s->name == NULL ? "" : s->name, s->db, s->flags, s->reply.resp);
}

static void part_command(const struct crash *c) {
    const struct engine *e = atomic_load(&crash_engine);
    const struct call   *call = e == NULL ? NULL : e->running;
    (void)c;
    if (call == NULL || call->argc == 0) return;
    say("\n------ CURRENT COMMAND ------");
    char name[64] = "?", shown[ARG_BYTES_MAX * 4 + 8];
    if (call->command != NULL) command_full_name(call->command, name, sizeof name);
    say("command=%s argc=%u", name, call->argc);
    bool secret = has_secrets(call->argv[0]);
    for (uint32_t i = 0; i < call->argc && i < ARGS_SHOWN; i++) {
        escape(call->argv[i], shown, sizeof shown);
        bool hide = secret && i > 0;
        say("argv[%u]: %zu bytes%s%s%s%s", i, call->argv[i].len, hide ? "" : " \"",
            hide ? "" : shown, hide ? "" : "\"", call->argv[i].len > ARG_BYTES_MAX ? " ..." : "");
    }
    if (call->argc > ARGS_SHOWN) say("... and %u more arguments", call->argc - ARGS_SHOWN);
}

/* --- The report ---------------------------------------------------------------------------- */

static void guarded(void (*part)(const struct crash *c), const struct crash *c) {
    if (sigsetjmp(crash_skip, 1) == 0) {
        part(c);
    } else {
        log_raw("(the rest of this part cannot be read)\n");
    }
}

static void crash_report(const struct crash *c) {
    log_raw("\n\n=== ASHLAR BUG REPORT START: please send all of it, down to the end ===\n");
    guarded(part_cause, c);
    guarded(part_stack, c);
    guarded(part_registers, c);
    guarded(part_server, c);
    guarded(part_client, c);
    guarded(part_command, c);
    log_raw("\n=== ASHLAR BUG REPORT END ===\n\n");
    atomic_store(&crash_done, true);
}

static void default_action(int signo) {
    struct sigaction act = {.sa_handler = SIG_DFL};
    sigaction(signo, &act, NULL);
}

/* True: the caller is to report. Does not return for a second thread, nor inside a part. */
static bool crash_begin(void) {
    int self = (int)syscall(SYS_gettid), nobody = 0;
    if (atomic_load(&crash_done)) return false;
    if (atomic_compare_exchange_strong(&crash_reporter, &nobody, self)) return true;
    if (nobody == self) siglongjmp(crash_skip, 1);
    for (;;) pause(); /* the reporter ends the process */
}

static void crash_handler(int signo, siginfo_t *info, void *context) {
    struct crash c = {.signo = signo, .info = info, .context = context};
    if (crash_begin()) crash_report(&c);
    default_action(signo);
    raise(signo);
}

static void panic_report(const char *file, int line, const char *message) {
    struct crash c = {.file = file, .line = line, .message = message};
    if (crash_begin()) crash_report(&c);
    default_action(SIGABRT); /* what ash_panic does next */
}

/* --- On and off ---------------------------------------------------------------------------- */

void crash_start(const struct engine *engine) {
    void   *frame[1];
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    sigaltstack(&stack, NULL);
    backtrace(frame, 1);
    ssize_t len = readlink("/proc/self/exe", crash_program, sizeof crash_program - 1);
    crash_program[len < 0 ? 0 : len] = '\0';
    atomic_store(&crash_engine, engine);
}

void crash_stop(void) { atomic_store(&crash_engine, NULL); }

void crash_enable(bool on) {
    struct sigaction act = {.sa_sigaction = crash_handler,
                            .sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO};
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        if (on) {
            sigaction(crash_signals[i], &act, NULL);
        } else {
            default_action(crash_signals[i]);
        }
    }
    ash_panic_handler(on ? panic_report : NULL);
}
