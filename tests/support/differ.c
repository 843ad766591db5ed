/* differ.c: the same random commands to two servers; every reply and then all data compared.
 *
 * Commands go out in small batches, so that a run is fast and both servers see them at nearly the
 * same time. Between them the limits change at which encodings do. Data is compared by DEBUG DIGEST,
 * and key by key where that differs; encodings and times to live key by key. At a difference the history is shrunk to what is needed for it, both servers are
 * emptied and the run goes on, so that one fault does not hide the next.
 * Start reading at run(). */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/differ_gen.h"
#include "tests/support/differ_known.h"
#include "tests/support/differ_limits.h"
#include "tests/support/differ_reply.h"
#include "tests/support/differ_tally.h"
#include "tests/support/history.h"
#include "tests/support/pair.h"

#define BATCH        32
#define TURN         64   /* batches between two changes of protocol */
#define STATE_EVERY  5000 /* commands between two comparisons of all keys */
#define LIMIT_EVERY  300  /* commands between two changes of a limit */
#define DATABASES    16
#define REASONS_MAX  128  /* more than differ_known.c has */
#define HISTORY_MAX  50000 /* commands; then both servers are emptied and a new history begins */
#define REPEATED_MAX 300
#define SHRINK_MS    15000

struct differ {
    /* what was asked for */
    const char *binary[2];
    const char *families;
    uint64_t    seed;
    long        count;
    int         resp;      /* 2, 3 or 0 for both in turn */
    long        most;      /* stop after this many differences */
    bool        summary;
    /* where we are */
    struct pair    pair;
    struct gen     gen;
    struct limits  limits;
    struct tally   tally;
    struct reason { const char *text; long count; } reasons[REASONS_MAX]; /* of what was explained */
    struct history history;
    int            proto;
    long           sent, differences, repeated, explained, errors;
    struct words   seen; /* kinds of differences reported */
    bool           broken; /* a server is gone or broke the protocol */
};

static void print_reply(const char *name, const struct resp *r) {
    struct bytes text = {0};
    resp_print(&text, r);
    printf("  %s: %.1500s%s\n", name, text.data, text.len > 1500 ? "..." : "");
    bytes_fini(&text);
}

static void report_break(struct differ *d, struct bytes *error) {
    printf("seed %llu, after %ld commands: %s\n", (unsigned long long)d->seed, d->sent, error->data);
    bytes_clear(error);
    size_t from = d->history.count > BATCH ? d->history.count - BATCH : 0;
    for (size_t i = from; i < d->history.count; i++) {
        const struct words *w = &d->history.sent[i].command;
        printf(">");
        for (size_t k = 0; k < w->count; k++) {
            bytes_clear(error);
            bytes_quote(error, w->word[k], w->len[k] < 100 ? w->len[k] : 100);
            printf(" %s", error->data);
        }
        printf("\n");
    }
    d->broken = true;
}

/* Both servers empty, and nothing to explain. */
static void restart(struct differ *d) {
    struct bytes error = {0};
    history_clear(&d->history);
    if (!history_restart(&d->pair, d->proto, &error)) report_break(d, &error);
    bytes_fini(&error);
}

/* One fault shows in many commands: a difference is of the same kind when the command is, and both
 * replies' types or error texts are. True: that kind was reported before. */
static bool seen_before(struct differ *d, const struct resp reply[2]) {
    const struct words *command = &d->history.sent[d->history.count - 1].command;
    struct bytes kind = {0};
    bytes_print(&kind, "%s", command->word[0]);
    for (size_t i = 0; i < kind.len; i++) kind.data[i] = (char)tolower((unsigned char)kind.data[i]);
    for (int i = 0; i < 2; i++) bytes_print(&kind, " %c%.40s", reply[i].type, reply[i].type == '-' ? reply[i].text : "");
    bool seen = false;
    for (size_t i = 0; i < d->seen.count && !seen; i++) seen = strcmp(d->seen.word[i], kind.data) == 0;
    if (!seen) words_add(&d->seen, kind.data, kind.len);
    bytes_fini(&kind);
    return seen;
}

/* The last command of the history got replies that differ. */
static void report_difference(struct differ *d, struct resp reply[2]) {
    struct bytes lines = {0};
    if (seen_before(d, reply)) {
        d->repeated++;
        restart(d);
        return;
    }
    d->differences++;
    printf("difference %ld (seed %llu, command %ld, RESP%d, databases empty before this):\n", d->differences,
           (unsigned long long)d->seed, d->sent, d->proto);
    history_shrink(&d->history, &d->pair, d->proto, SHRINK_MS, &lines);
    fputs(lines.data, stdout);
    print_reply("a", &reply[0]);
    print_reply("b", &reply[1]);
    bytes_fini(&lines);
    restart(d);
}

static void count_reason(struct differ *d, const char *text) {
    struct reason *r = d->reasons;
    while (r < d->reasons + REASONS_MAX - 1 && r->text != NULL && r->text != text) r++;
    r->text = text;
    r->count++;
    d->explained++;
}

/* Counts and, if the replies differ without a known reason, reports. False: they do. Where what the
 * servers have is different from here on, they begin anew. */
static bool judge(struct differ *d, struct resp reply[2]) {
    const struct sent *last = &d->history.sent[d->history.count - 1];
    enum judgement found = differ_judge(&last->command, last->compare, &reply[0], &reply[1]);
    if (reply[0].type == '-') d->errors++;
    if (found == REPLIES_EXPLAINED || found == REPLIES_PARTED)
        count_reason(d, differ_known(&last->command, &reply[0], &reply[1]));
    if (found == REPLIES_PARTED) restart(d);
    if (found == REPLIES_DIFFER) report_difference(d, reply);
    return found != REPLIES_DIFFER;
}

/* Sends the commands (taking them) and compares the replies; after a difference, or what parts the
 * servers, the rest is not compared, since their history is no longer what both have. */
static void play_batch(struct differ *d, struct words *commands, const enum compare *compare, size_t count) {
    struct bytes error = {0};
    struct resp reply[2], kept[2];
    bool good = true, differs = false;
    for (size_t i = 0; i < count && good; i++) good = pair_send(&d->pair, &commands[i], &error);
    for (size_t i = 0; i < count; i++) {
        d->sent += good ? 1 : 0;
        if (good) good = pair_receive(&d->pair, reply, &error);
        if (good) tally_add(&d->tally, &commands[i], reply[0].type == '-');
        if (differs) words_fini(&commands[i]);
        else history_add(&d->history, &commands[i], compare[i]);
        if (!good) continue;
        const struct sent *last = &d->history.sent[d->history.count - 1];
        if (!differs && differ_judge(&last->command, last->compare, &reply[0], &reply[1]) >= REPLIES_PARTED) {
            differs = true; /* judged when all replies are in: that sends commands of its own */
            memcpy(kept, reply, sizeof(kept));
            continue;
        }
        if (!differs) judge(d, reply);
        resp_fini(&reply[0]);
        resp_fini(&reply[1]);
    }
    if (!good) report_break(d, &error);
    if (differs) {
        if (good) judge(d, kept);
        resp_fini(&kept[0]);
        resp_fini(&kept[1]);
    }
    bytes_fini(&error);
}

/* --- The state of every key ------------------------------------------------------------------- */

/* Asks both and compares; *a (may be NULL) gets the first server's reply. False: they differ. */
static bool same_answer(struct differ *d, struct words *command, enum compare compare, struct resp *a) {
    struct bytes error = {0};
    struct resp reply[2];
    bool good = pair_send(&d->pair, command, &error) && pair_receive(&d->pair, reply, &error), same = false;
    history_add(&d->history, command, compare);
    if (good) {
        same = judge(d, reply);
        if (same && a != NULL) {
            *a = reply[0];
            reply[0] = (struct resp){0};
        }
        resp_fini(&reply[0]);
        resp_fini(&reply[1]);
    } else {
        report_break(d, &error);
    }
    bytes_fini(&error);
    return same;
}

/* A line with at most one %s, which is the key. */
static bool same_line(struct differ *d, const char *line, const struct resp *key, enum compare compare, struct resp *a) {
    struct words command;
    words_split(line, &command);
    for (size_t i = 0; i < command.count; i++)
        if (strcmp(command.word[i], "%s") == 0) words_replace(&command, i, key->text, key->len);
    return same_answer(d, &command, compare, a);
}

/* Since 7.2 there are small encodings that 7.0 does not have; for other types none is explained. */
static enum compare encoding_compare(const char *type) {
    return strcmp(type, "set") == 0 || strcmp(type, "list") == 0 ? COMPARE_EXACT : COMPARE_STRICT;
}

static bool same_key(struct differ *d, const struct resp *key, bool same_data) {
    static const struct {
        const char *type, *read;
        enum compare compare;
    } reads[] = {{"string", "GET %s", COMPARE_EXACT},    {"list", "LRANGE %s 0 -1", COMPARE_EXACT},
                 {"hash", "HGETALL %s", COMPARE_PAIRS},  {"set", "SMEMBERS %s", COMPARE_SET},
                 {"zset", "ZRANGE %s 0 -1 WITHSCORES", COMPARE_EXACT},
                 {"stream", "XINFO STREAM %s", COMPARE_EXACT}, {"stream", "XRANGE %s - +", COMPARE_EXACT},
                 {"stream", "XINFO GROUPS %s", COMPARE_GROUPS},
                 {"stream", "XPENDING %s g1 - + 1000000", COMPARE_PENDING},
                 {"stream", "XPENDING %s g2 - + 1000000", COMPARE_PENDING}};
    struct resp type = {0};
    bool same = same_line(d, "TYPE %s", key, COMPARE_EXACT, &type);
    for (size_t i = 0; same && !same_data && i < sizeof(reads) / sizeof(*reads); i++)
        if (strcmp(type.text, reads[i].type) == 0) same = same_line(d, reads[i].read, key, reads[i].compare, NULL);
    if (same && !same_data) same = same_line(d, "DEBUG DIGEST-VALUE %s", key, COMPARE_EXACT, NULL);
    same = same && same_line(d, "OBJECT ENCODING %s", key, encoding_compare(type.text), NULL) &&
           same_line(d, "PTTL %s", key, COMPARE_NEAR_MS, NULL);
    resp_fini(&type);
    return same;
}

static bool same_database(struct differ *d, int db, bool same_data) {
    struct resp keys = {0};
    char line[32];
    snprintf(line, sizeof(line), "SELECT %d", db);
    bool same = same_line(d, line, NULL, COMPARE_EXACT, NULL) && same_line(d, "DBSIZE", NULL, COMPARE_EXACT, NULL) &&
                same_line(d, "KEYS *", NULL, COMPARE_SET, &keys);
    for (size_t i = 0; same && i < keys.count; i++) same = same_key(d, &keys.items[i], same_data);
    resp_fini(&keys);
    return same;
}

/* Is DEBUG DIGEST the same on both? Nothing is reported: where it is not, a key tells more. */
static bool same_digest(struct differ *d) {
    struct bytes error = {0};
    struct resp reply[2];
    bool same = pair_ask(&d->pair, "DEBUG DIGEST", reply, &error);
    if (same) {
        same = reply[0].type == '+' && differ_same(&reply[0], &reply[1], COMPARE_EXACT, false);
        resp_fini(&reply[0]);
        resp_fini(&reply[1]);
    } else {
        report_break(d, &error);
    }
    bytes_fini(&error);
    return same;
}

/* Our own server looks at all its structures and sums; it ends where one is wrong. */
static void check_structures(struct differ *d) {
    for (int i = 0; i < 2 && !d->broken; i++) {
        if (!d->pair.server[i]->ashlar) continue;
        for (bool busy = true; busy && !d->broken;) { /* freeing in the background */
            struct resp reply = {0};
            struct bytes error = {0};
            enum wire_status status = wire_ask(d->pair.wire[i], "DEBUG CHECK", &reply);
            busy = status == WIRE_OK && reply.type == '-' && strstr(reply.text, "being freed") != NULL;
            if (status != WIRE_OK || (!busy && reply.type != '+')) {
                bytes_print(&error, "DEBUG CHECK: %s\n", status == WIRE_OK ? reply.text : wire_status_name(status));
                spawn_log_tail(d->pair.server[i], 4000, &error);
                report_break(d, &error);
            }
            resp_fini(&reply);
            bytes_fini(&error);
        }
    }
}

static void compare_state(struct differ *d) {
    check_structures(d);
    if (d->broken) return;
    bool same_data = same_digest(d), same = !d->broken;
    for (int db = 0; db < DATABASES && same; db++) same = same_database(d, db, same_data);
    if (same && !same_data) same = same_line(d, "DEBUG DIGEST", NULL, COMPARE_STRICT, NULL);
    if (same) same_line(d, "SELECT 0", NULL, COMPARE_EXACT, NULL);
}

/* --- The run ---------------------------------------------------------------------------------- */

static bool command_known(const char *name, void *arg) {
    static const char *last;
    struct differ *d = arg;
    struct bytes line = {0}, error = {0};
    struct resp reply[2];
    bool known = true;
    bytes_print(&line, "COMMAND INFO %s", name);
    if (pair_ask(&d->pair, line.data, reply, &error)) {
        for (int i = 0; i < 2; i++) {
            if (reply[i].count == 1 && reply[i].items[0].null) known = false;
            resp_fini(&reply[i]);
        }
    }
    if (!known && last != NULL && strcmp(last, name) != 0) printf("left out, not on both servers: %s\n", name);
    last = name;
    bytes_fini(&line);
    bytes_fini(&error);
    return known;
}

static bool option_known(const char *option, const char *value, void *arg) {
    struct differ *d = arg;
    struct bytes line = {0}, error = {0};
    struct resp reply[2];
    bool known = true;
    bytes_print(&line, "CONFIG SET %s %s", option, value);
    if (pair_ask(&d->pair, line.data, reply, &error)) {
        for (int i = 0; i < 2; i++) {
            if (reply[i].type == '-') known = false;
            resp_fini(&reply[i]);
        }
    }
    if (!known) printf("left out, not on both servers: %s\n", option);
    bytes_fini(&line);
    bytes_fini(&error);
    return known;
}

static void change_protocol(struct differ *d, int proto) {
    struct bytes error = {0};
    struct resp reply[2];
    d->proto = proto;
    if (!pair_ask(&d->pair, proto == 3 ? "HELLO 3" : "HELLO 2", reply, &error)) {
        report_break(d, &error);
    } else {
        resp_fini(&reply[0]);
        resp_fini(&reply[1]);
    }
    bytes_fini(&error);
}

/* Most come from the families' templates. */
static void next_command(struct differ *d, struct words *out, enum compare *compare) {
    *compare = COMPARE_EXACT;
    if (gen_random(&d->gen, LIMIT_EVERY) == 0 && limits_next(&d->limits, &d->gen, out)) return;
    gen_next(&d->gen, out, compare);
}

static void run(struct differ *d) {
    long next_state = STATE_EVERY, done = 0;
    d->proto = d->resp == 3 ? 3 : 2;
    restart(d);
    for (long batch = 1; done < d->count && d->differences < d->most && d->repeated < REPEATED_MAX && !d->broken; batch++) {
        struct words commands[BATCH];
        enum compare compare[BATCH];
        size_t count = d->count - done < BATCH ? (size_t)(d->count - done) : BATCH;
        for (size_t i = 0; i < count; i++) next_command(d, &commands[i], &compare[i]);
        play_batch(d, commands, compare, count);
        done += (long)count;
        if (d->resp == 0 && batch % TURN == 0 && !d->broken) change_protocol(d, 5 - d->proto);
        if ((done >= next_state || done >= d->count) && !d->broken) {
            compare_state(d);
            next_state = done + STATE_EVERY;
        }
        if (d->history.count > HISTORY_MAX && !d->broken) restart(d);
    }
}

static void usage(FILE *out) {
    fputs("usage: differ --server-a BINARY --server-b BINARY [options]\n"
          "Sends the same seeded random commands to both servers and compares replies and keys.\n"
          "Server a is the oracle. A difference is printed with the commands that lead to it.\n"
          "  --seed N          default 1; an odd seed runs with small encoding limits\n"
          "  --count N         commands, default 100000\n"
          "  --families LIST   of ", out);
    for (const struct family *f = gen_families; f->name != NULL; f++) fprintf(out, "%s%s", f == gen_families ? "" : ",", f->name);
    fputs("; default all\n"
          "  --resp 2|3|both   default both in turn\n"
          "  --most N          stop after N kinds of differences, default 10\n"
          "  --summary         how often each command was sent and how many of these were errors, and what was\n"
          "                    explained how often\n"
          "  --dump            print the commands instead of sending them\n"
          "Exits with 1 on a difference, a lost server or a sanitizer report.\n", out);
}

static bool read_options(struct differ *d, int argc, char **argv, bool *dump) {
    static const struct option options[] = {
        {"server-a", required_argument, NULL, 'a'}, {"server-b", required_argument, NULL, 'b'},
        {"seed", required_argument, NULL, 's'},     {"count", required_argument, NULL, 'c'},
        {"families", required_argument, NULL, 'f'}, {"resp", required_argument, NULL, 'r'},
        {"most", required_argument, NULL, 'm'},     {"dump", no_argument, NULL, 'd'},
        {"summary", no_argument, NULL, 'S'},
        {"help", no_argument, NULL, 'h'},           {0}};
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (o) {
        case 'a': d->binary[0] = optarg; break;
        case 'b': d->binary[1] = optarg; break;
        case 's': d->seed = strtoull(optarg, NULL, 10); break;
        case 'c': d->count = atol(optarg); break;
        case 'f': d->families = optarg; break;
        case 'r': d->resp = strcmp(optarg, "both") == 0 ? 0 : atoi(optarg); break;
        case 'm': d->most = atol(optarg); break;
        case 'd': *dump = true; break;
        case 'S': d->summary = true; break;
        case 'h': usage(stdout); exit(0);
        default: return false;
        }
    }
    bool servers = d->binary[0] != NULL && d->binary[1] != NULL;
    return optind == argc && (servers || *dump) && (d->resp == 0 || d->resp == 2 || d->resp == 3);
}

static void dump_commands(struct differ *d) {
    struct bytes line = {0};
    for (long i = 0; i < d->count; i++) {
        struct words command;
        enum compare compare;
        gen_next(&d->gen, &command, &compare);
        bytes_clear(&line);
        for (size_t k = 0; k < command.count; k++) {
            bytes_quote(&line, command.word[k], command.len[k] < 60 ? command.len[k] : 60);
            bytes_add(&line, " ", 1);
        }
        puts(line.data);
        words_fini(&command);
    }
    bytes_fini(&line);
}

int main(int argc, char **argv) {
    struct differ d = {.families = "all", .seed = 1, .count = 100000, .most = 10, .proto = 2};
    struct bytes error = {0};
    bool dump = false;
    if (!read_options(&d, argc, argv, &dump)) return usage(stderr), 2;
    if (!gen_init(&d.gen, d.seed, d.families)) return usage(stderr), 2;
    if (dump) {
        dump_commands(&d);
        gen_fini(&d.gen);
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!pair_init(&d.pair, d.binary[0], d.binary[1], &error)) {
        printf("%s\n", error.data != NULL ? error.data : "a server takes no connection or no options");
        d.broken = true;
    } else {
        gen_restrict(&d.gen, command_known, &d);
        limits_init(&d.limits, d.seed % 2 == 1, option_known, &d);
        limits_first(&d.limits, &d.pair.begin);
        run(&d);
    }
    bytes_clear(&error);
    if (!pair_fini(&d.pair, &error)) {
        printf("%s\n", error.data);
        d.broken = true;
    }
    bool failed = d.broken || d.differences > 0;
    printf("seed %llu: %ld commands, %ld of them errors, %ld differences (and %ld more of their kinds), %ld explained\n", (unsigned long long)d.seed,
           d.sent, d.errors, d.differences, d.repeated, d.explained);
    if (d.summary) {
        tally_print(&d.tally, stdout);
        for (struct reason *r = d.reasons; r < d.reasons + REASONS_MAX && r->text != NULL; r++)
            printf("explained %ld times: %s\n", r->count, r->text);
    }
    tally_fini(&d.tally);
    words_fini(&d.seen);
    printf("%d passed, %d failed\n", failed ? 0 : 1, failed ? 1 : 0);
    history_fini(&d.history);
    gen_fini(&d.gen);
    bytes_fini(&error);
    return failed ? 1 : 0;
}
