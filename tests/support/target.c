/* target.c: see target.h. */
#include "tests/support/target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/clock.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"

#define WAIT_MS 120000 /* for one reply: what frees ten million elements takes its time */

void target_die(const char *what, const char *why) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

void target_start(struct target *t, const char *options) {
    struct bytes error = {0};
    struct words words;
    if (!words_split(options, &words)) target_die(options, "a quote is not closed");
    t->server = spawn_new(t->binary, &words, &error);
    words_fini(&words);
    if (t->server == NULL) target_die(t->binary, error.data);
    t->wire = target_wire(t);
}

void target_stop(struct target *t) {
    wire_free(&t->wire);
    spawn_free(&t->server, NULL);
}

struct wire *target_wire(const struct target *t) {
    struct wire *w = wire_new(t->server->socket);
    if (w == NULL) target_die(t->name, "no connection");
    return w;
}

/* --- Asking ---------------------------------------------------------------------------------- */

static void ask_on(struct wire *w, const char *line, struct resp *r) {
    if (wire_ask(w, line, r) != WIRE_OK) target_die(line, wire_error(w));
    if (r->type == '-') target_die(line, r->text);
}

double target_ask(struct target *t, const char *line) {
    struct resp r;
    double      from = clock_ms();
    ask_on(t->wire, line, &r);
    double ms = clock_ms() - from;
    resp_fini(&r);
    return ms;
}

long long target_number(struct target *t, const char *line) {
    struct resp r;
    ask_on(t->wire, line, &r);
    long long number = r.number;
    resp_fini(&r);
    return number;
}

void target_receive(struct target *t, struct resp *r) {
    enum wire_status status = wire_receive(t->wire, WAIT_MS, r);
    if (status == WIRE_BAD) target_die(t->name, wire_error(t->wire));
    if (status != WIRE_OK) target_die(t->name, wire_status_name(status));
}

void target_pipeline(struct target *t, struct bytes *out, uint64_t replies) {
    struct resp r;
    if (!wire_send_raw(t->wire, out->data, out->len)) target_die(t->name, "the connection is gone");
    for (; replies > 0; replies--) {
        target_receive(t, &r);
        if (r.type == '-') target_die(t->name, r.text);
        resp_fini(&r);
    }
    bytes_clear(out);
}

double target_info_on(struct wire *w, const char *section, const char *field) {
    struct resp r;
    char        line[64], name[64];
    snprintf(line, sizeof line, "INFO %s", section);
    snprintf(name, sizeof name, "\n%s:", field);
    ask_on(w, line, &r);
    const char *at = strstr(r.text, name);
    double      value = at != NULL ? strtod(at + strlen(name), NULL) : 0;
    resp_fini(&r);
    return value;
}

double target_info(struct target *t, const char *section, const char *field) {
    return target_info_on(t->wire, section, field);
}

/* --- From outside ---------------------------------------------------------------------------- */

double target_rss(const struct target *t) {
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)t->server->pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1) target_die(path, "cannot be read");
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* A thread that has ended meanwhile ran for no time. */
static void schedstat(int pid, int thread, double *ran_us, double *queued_us) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, thread);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%lf %lf", ran_us, queued_us) != 2) *ran_us = *queued_us = 0;
    if (f != NULL) fclose(f);
    *ran_us /= 1e3, *queued_us /= 1e3;
}

struct target_cpu target_cpu(const struct target *t) {
    struct target_cpu cpu = {0};
    int               pid = (int)t->server->pid;
    double            ran, queued;
    char              path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (threads == NULL) target_die(path, "cannot be read");
    for (struct dirent *d; (d = readdir(threads)) != NULL;) {
        if (!isdigit((unsigned char)d->d_name[0])) continue;
        schedstat(pid, atoi(d->d_name), &ran, &queued);
        if (atoi(d->d_name) == pid) cpu.engine = ran, cpu.queued = queued;
        else cpu.others += ran;
    }
    closedir(threads);
    return cpu;
}
