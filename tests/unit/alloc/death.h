/* death.h: runs something in a forked child that is expected to end in a panic, and says whether it
 * did so, with what words on stderr. */
#ifndef ASHLAR_TESTS_DEATH_H
#define ASHLAR_TESTS_DEATH_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Did it abort? text: what it said. */
static inline bool dies(void (*fn)(void *arg), void *arg, char *text, size_t size, int *status) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        fn(arg);
        _exit(0);
    }
    close(ends[1]);
    size_t  len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(ends[0], text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    close(ends[0]);
    waitpid(child, status, 0);
    return WIFSIGNALED(*status) && WTERMSIG(*status) == SIGABRT;
}

static inline bool dies_saying(void (*fn)(void *arg), void *arg, const char *words) {
    char text[4096];
    int  status = 0;
    bool died = dies(fn, arg, text, sizeof text, &status);
    if (!died || strstr(text, words) == NULL)
        fprintf(stderr, "expected to die saying '%s'; status %d, said: %s\n", words, status, text);
    return died && strstr(text, words) != NULL;
}

#endif
