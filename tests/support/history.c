/* history.c: what led to a difference, and how little of it is enough.
 *
 * Shrinking is delta debugging: leave out ever smaller runs of commands as long as the last one's
 * replies still differ when all is played again from an empty server. First only the commands that
 * share a key with the last one are tried, which is nearly always enough. */
#include "tests/support/history.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/differ_known.h"

#define REPLAY_BATCH 32

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void history_add(struct history *h, struct words *command, enum compare compare) {
    if (h->count == h->cap) {
        h->cap = h->cap > 0 ? h->cap * 2 : 1024;
        h->sent = must_grow(h->sent, h->cap * sizeof(*h->sent));
    }
    h->sent[h->count++] = (struct sent){.command = *command, .compare = compare};
    *command = (struct words){0};
}

void history_clear(struct history *h) {
    for (size_t i = 0; i < h->count; i++) words_fini(&h->sent[i].command);
    h->count = 0;
}

void history_fini(struct history *h) {
    history_clear(h);
    free(h->sent);
    *h = (struct history){0};
}

bool history_restart(struct pair *p, int proto, struct bytes *error) {
    static const char *const lines[] = {"FLUSHALL SYNC", "SELECT 0"};
    struct resp reply[2];
    bool good = pair_ask(p, proto == 3 ? "HELLO 3" : "HELLO 2", reply, error);
    for (size_t i = 0; good && i < sizeof(lines) / sizeof(*lines); i++) {
        resp_fini(&reply[0]);
        resp_fini(&reply[1]);
        good = pair_ask(p, lines[i], reply, error);
    }
    if (good && p->begin.count > 0) {
        resp_fini(&reply[0]);
        resp_fini(&reply[1]);
        good = pair_send(p, &p->begin, error) && pair_receive(p, reply, error);
    }
    if (!good) return false;
    resp_fini(&reply[0]);
    resp_fini(&reply[1]);
    return true;
}

/* --- Shrinking -------------------------------------------------------------------------------- */

struct shrink {
    const struct history *h;
    struct pair          *p;
    int                   proto;
    long long             deadline;
    size_t               *kept; /* indices into h->sent; the last one is always kept */
    size_t                count;
};

/* Plays the commands; true when the last one's replies differ. */
static bool reproduces(struct shrink *s, const size_t *idx, size_t count) {
    struct bytes error = {0};
    struct resp reply[2];
    bool good = history_restart(s->p, s->proto, &error), differs = false;
    for (size_t at = 0; good && at < count;) {
        size_t end = at + REPLAY_BATCH < count ? at + REPLAY_BATCH : count;
        for (size_t i = at; good && i < end; i++) good = pair_send(s->p, &s->h->sent[idx[i]].command, &error);
        for (; good && at < end; at++) {
            const struct sent *sent = &s->h->sent[idx[at]];
            good = pair_receive(s->p, reply, &error);
            if (!good) break;
            differs = differ_judge(&sent->command, sent->compare, &reply[0], &reply[1]) == REPLIES_DIFFER;
            resp_fini(&reply[0]);
            resp_fini(&reply[1]);
        }
    }
    bytes_fini(&error);
    return good && differs;
}

static bool shares_key(const struct words *a, const struct words *b) {
    for (size_t i = 1; i < a->count; i++) {
        if (!gen_is_key(a->word[i], a->len[i])) continue;
        for (size_t k = 1; k < b->count; k++)
            if (a->len[i] == b->len[k] && memcmp(a->word[i], b->word[k], a->len[i]) == 0) return true;
    }
    return false;
}

/* Commands that are not about keys (SELECT, SWAPDB) change what the others mean. */
static bool names_no_key(const struct words *w) {
    for (size_t i = 1; i < w->count; i++)
        if (gen_is_key(w->word[i], w->len[i])) return false;
    return true;
}

static void keep_related(struct shrink *s) {
    const struct history *h = s->h;
    const struct words *last = &h->sent[h->count - 1].command;
    size_t *related = must_alloc(h->count * sizeof(*related)), count = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct words *w = &h->sent[i].command;
        if (i + 1 == h->count || shares_key(last, w) || names_no_key(w)) related[count++] = i;
    }
    if (!reproduces(s, related, count)) {
        free(related);
        return;
    }
    free(s->kept);
    s->kept = related;
    s->count = count;
}

/* Leaves out runs of `run` commands where the rest still reproduces. */
static void drop_runs(struct shrink *s, size_t run) {
    size_t *rest = must_alloc(s->count * sizeof(*rest));
    for (size_t at = 0; at + 1 < s->count && now_ms() < s->deadline;) {
        size_t end = at + run < s->count - 1 ? at + run : s->count - 1, count = 0;
        for (size_t i = 0; i < s->count; i++)
            if (i < at || i >= end) rest[count++] = s->kept[i];
        if (reproduces(s, rest, count)) {
            memcpy(s->kept, rest, count * sizeof(*rest));
            s->count = count;
        } else {
            at = end;
        }
    }
    free(rest);
}

static void print_command(const struct words *w, struct bytes *out) {
    bytes_add(out, ">", 1);
    for (size_t i = 0; i < w->count; i++) {
        bool plain = w->len[i] > 0;
        for (size_t k = 0; k < w->len[i]; k++) plain &= w->word[i][k] > ' ' && w->word[i][k] < 127 && strchr("\"'\\", w->word[i][k]) == NULL;
        bytes_add(out, " ", 1);
        if (w->len[i] > 200) bytes_print(out, "${rep:%zu:%c}", w->len[i], w->word[i][0]);
        else if (plain) bytes_add(out, w->word[i], w->len[i]);
        else bytes_quote(out, w->word[i], w->len[i]);
    }
    bytes_add(out, "\n", 1);
}

void history_shrink(const struct history *h, struct pair *p, int proto, long max_ms, struct bytes *out) {
    struct shrink s = {.h = h, .p = p, .proto = proto, .deadline = now_ms() + max_ms, .count = h->count};
    s.kept = must_alloc(h->count * sizeof(*s.kept));
    for (size_t i = 0; i < h->count; i++) s.kept[i] = i;
    keep_related(&s);
    bool certain = reproduces(&s, s.kept, s.count);
    for (size_t run = s.count / 2; certain && run > 0; run /= 2) drop_runs(&s, run);
    if (!certain) bytes_print(out, "# does not happen again from an empty server; the last commands were:\n");
    size_t from = certain || s.count < 20 ? 0 : s.count - 20;
    for (size_t i = from; i < s.count; i++) print_command(&h->sent[s.kept[i]].command, out);
    free(s.kept);
}
