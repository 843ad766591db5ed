/* slowlog.c: a list of slow commands, newest first.
 *
 * An entry is two blocks: the struct, and one run of bytes that holds peer, name and all arguments,
 * so a free knows both sizes. Texts for what was cut are Redis's, as tools show them. */
#include "server/core/slowlog.h"

#include "alloc/alloc.h"

#include <stdio.h>

struct node {
    struct node         *newer, *older;
    struct slowlog_entry entry;
    char                *text;
    size_t               text_size;
};

struct slowlog {
    struct ash_heap *heap;
    struct node     *newest, *oldest;
    uint64_t         len, next_id;
};

struct slowlog *slowlog_new(struct ash_heap *heap) {
    struct slowlog *s = ash_zalloc(heap, sizeof *s);
    s->heap = heap;
    return s;
}

static void node_drop_oldest(struct slowlog *s) {
    struct node *n = s->oldest;
    s->oldest = n->newer;
    *(n->newer != NULL ? &n->newer->older : &s->newest) = NULL;
    s->len--;
    ash_free(n->text, n->text_size);
    ash_free(n, sizeof *n);
}

void slowlog_clear(struct slowlog *s) {
    while (s->oldest != NULL) node_drop_oldest(s);
}

void slowlog_free(struct slowlog **s) {
    if (*s == NULL) return;
    slowlog_clear(*s);
    ash_free(*s, sizeof **s);
    *s = NULL;
}

/* What is kept of argument i of argc: its first bytes, and how much was left out. */
static size_t arg_text(char *out, const struct slice *argv, unsigned argc, unsigned i) {
    char tail[64] = "";
    if (i == SLOWLOG_ARGS_MAX - 1 && argc > SLOWLOG_ARGS_MAX)
        return (size_t)sprintf(out, "... (%u more arguments)", argc - SLOWLOG_ARGS_MAX + 1);
    size_t len = argv[i].len;
    if (len > SLOWLOG_ARG_MAX) {
        snprintf(tail, sizeof tail, "... (%zu more bytes)", len - SLOWLOG_ARG_MAX);
        len = SLOWLOG_ARG_MAX;
    }
    if (len > 0) memcpy(out, argv[i].p, len);
    size_t tail_len = strlen(tail);
    memcpy(out + len, tail, tail_len);
    return len + tail_len;
}

static char *text_put(char **at, const char *s, size_t len) {
    char *start = *at;
    memcpy(start, s, len);
    start[len] = '\0';
    *at += len + 1;
    return start;
}

void slowlog_add(struct slowlog *s, uint64_t max_len, uint64_t usec, int64_t time_s,
                 const struct slice *argv, unsigned argc, const char *peer, const char *name) {
    if (max_len == 0) {
        slowlog_clear(s);
        return;
    }
    unsigned kept = argc < SLOWLOG_ARGS_MAX ? argc : SLOWLOG_ARGS_MAX;
    char     args[SLOWLOG_ARGS_MAX][SLOWLOG_ARG_MAX + 64];
    size_t   lens[SLOWLOG_ARGS_MAX];
    size_t   size = strlen(peer) + strlen(name) + 2;
    for (unsigned i = 0; i < kept; i++) size += (lens[i] = arg_text(args[i], argv, argc, i)) + 1;

    struct node *n = ash_zalloc(s->heap, sizeof *n);
    n->text = ash_alloc(s->heap, size);
    n->text_size = size;
    char *at = n->text;
    n->entry = (struct slowlog_entry){
        .id = s->next_id++, .usec = usec, .time_s = time_s, .argc = kept};
    n->entry.peer = text_put(&at, peer, strlen(peer));
    n->entry.name = text_put(&at, name, strlen(name));
    for (unsigned i = 0; i < kept; i++)
        n->entry.argv[i] = slice_of(text_put(&at, args[i], lens[i]), lens[i]);
    ASSERT(at == n->text + size);

    n->older = s->newest;
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = n;
    s->newest = n;
    s->len++;
    while (s->len > max_len) node_drop_oldest(s);
}

uint64_t slowlog_len(const struct slowlog *s) { return s->len; }

void slowlog_each(const struct slowlog *s, int64_t count,
                  void (*fn)(const struct slowlog_entry *e, void *arg), void *arg) {
    for (const struct node *n = s->newest; n != NULL && count != 0; n = n->older, count--)
        fn(&n->entry, arg);
}
