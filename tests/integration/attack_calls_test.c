/* attack_calls_test.c: each data command that the server says it has, called rightly and then spoilt.
 *
 * Right calls are made from COMMAND DOCS (support/calls.h), so a new command is in here without a line
 * of its own. From each right call:
 *   - it is cut short at every argument;
 *   - every argument becomes each of the numbers and texts that have broken servers before;
 *   - its key holds every other type: WRONGTYPE;
 *   - its keys become one and the same;
 *   - it is repeated, and what is held afterwards does not grow.
 * There is one well-formed reply each time, and after an error all data is as it was. Argument: the
 * server. Start reading at main(). */
#include "tests/integration/attack.h"
#include "tests/support/calls.h"

#define RIGHT_MAX      6   /* right calls kept of a command */
#define CHOICES        4   /* of alternatives tried */
#define CALLS          3000
#define CALLS_AT_ONCE  100
#define CALLS_BLOCKING 200 /* of a command that may wait, two at once: so many never find it empty */
#define MEMORY_MARGIN  (24 << 10)
#define COMMANDS_MAX   400
#define MADE_MIN       90  /* in a hundred commands, for which a right call must have been made */

static const char *binary;
static struct spawn *server;
static struct wire *w;

static struct subject { /* a command and how it is called rightly */
    char         name[40], group[24];
    const char  *key; /* the key of its type */
    bool         blocks;
    struct words right[RIGHT_MAX];
    size_t       right_count;
} subjects[COMMANDS_MAX];
static size_t subject_count;

/* --- Data ------------------------------------------------------------------------------------ */

/* Of each type one key; those of types that the server does not have are errors, and ignored. */
static void make_data(void) {
    static const char *const lines[] = {
        "FLUSHALL SYNC",     "SET string text",           "SET int 12",
        "RPUSH list a b c",  "HSET hash a 1 b 2",         "SADD set a b c",
        "ZADD zset 1 a 2 b", "GEOADD geo 13.4 38.1 a",    "PFADD hll a b",
        "XADD stream 1-1 a 1", "XGROUP CREATE stream g 0", "XREADGROUP GROUP g c STREAMS stream >"};
    static struct words commands[sizeof lines / sizeof *lines];
    enum { LINES = sizeof lines / sizeof *lines };
    for (int i = 0; i < LINES; i++) {
        if (commands[i].count == 0) CHECK(words_split(lines[i], &commands[i]));
        CHECK(wire_send(w, &commands[i]));
    }
    for (int i = 0; i < LINES; i++) {
        struct resp r;
        attack_receive(w, lines[i], &r);
        resp_fini(&r);
    }
}

static const char *key_of(const char *group) {
    static const char *const keys[][2] = {
        {"string", "int"},     {"bitmap", "int"},         {"list", "list"}, {"hash", "hash"},
        {"set", "set"},        {"sorted-set", "zset"},    {"geo", "geo"},   {"hyperloglog", "hll"},
        {"stream", "stream"},  {"generic", "zset"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i][0], group) == 0) return keys[i][1];
    return NULL; /* not about data */
}

static void digest_read(char out[64]) {
    struct resp r = attack_ask(w, "DEBUG DIGEST");
    CHECK(r.type == '+' && r.len < 64);
    strcpy(out, r.text);
    resp_fini(&r);
}

static struct words words_copy(const struct words *from, size_t count) {
    struct words copy = {0};
    for (size_t i = 0; i < count; i++) words_add(&copy, from->word[i], from->len[i]);
    return copy;
}

static bool word_is(const struct words *call, size_t i, const char *text) {
    return call->len[i] == strlen(text) && memcmp(call->word[i], text, call->len[i]) == 0;
}

static void show(const char *what, const struct words *call, const struct resp *reply) {
    struct bytes line = {0};
    for (size_t i = 0; i < call->count; i++) {
        bytes_quote(&line, call->word[i], call->len[i] < 60 ? call->len[i] : 60);
        bytes_add(&line, " ", 1);
    }
    resp_print(&line, reply);
    fprintf(stderr, "%s: %.600s\n", what, line.data);
    bytes_fini(&line);
}

/* Sends it; what fails must leave all data as it was. True: an error. */
static bool try_call(const struct words *call, const char *digest) {
    char        after[64];
    struct resp r = attack_alone(w, call);
    bool        failed = r.type == '-';
    if (failed) {
        digest_read(after);
        if (strcmp(after, digest) != 0) show("an error that changed something", call, &r);
        CHECK(strcmp(after, digest) == 0);
    } else {
        make_data();
    }
    resp_fini(&r);
    return failed;
}

/* --- Right calls ----------------------------------------------------------------------------- */

static bool is_left_out(const char *name) {
    static const char *const names[] = {"wait", "waitaof", "migrate", "restore", "dump",
                                        "restore-asking", "pfselftest"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static bool words_same(const struct words *a, const struct words *b) {
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->len[i] != b->len[i] || memcmp(a->word[i], b->word[i], a->len[i]) != 0) return false;
    return true;
}

/* Keeps the call if it is a right one and new. */
static void right_try(struct subject *s, struct words *call) {
    bool kept = false;
    if (s->right_count < RIGHT_MAX) {
        bool known = false;
        for (size_t i = 0; i < s->right_count; i++) known |= words_same(&s->right[i], call);
        if (!known) {
            struct resp r = attack_alone(w, call);
            kept = r.type != '-';
            resp_fini(&r);
            if (kept) make_data();
        }
    }
    if (kept) s->right[s->right_count++] = *call;
    else words_fini(call);
}

static bool is_blocking(const char *name) {
    struct words ask;
    bool         found = false;
    CHECK(words_split("COMMAND INFO", &ask));
    words_add(&ask, name, strlen(name));
    struct resp r = attack_alone(w, &ask);
    if (r.count == 1 && r.items[0].count > 2) {
        const struct resp *flags = &r.items[0].items[2];
        for (size_t i = 0; i < flags->count; i++) found |= strcmp(flags->items[i].text, "blocking") == 0;
    }
    words_fini(&ask);
    resp_fini(&r);
    return found;
}

static void subject_add(const char *name, const struct resp *docs) {
    const struct resp *group = calls_field(docs, "group");
    const char        *key = group != NULL ? key_of(group->text) : NULL, *bar = strchr(name, '|');
    if (key == NULL || is_left_out(name)) return;
    CHECK(subject_count < COMMANDS_MAX);
    struct subject *s = &subjects[subject_count++];
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->group, sizeof s->group, "%s", group->text);
    s->key = key;
    s->blocks = is_blocking(name);
    int optionals = calls_optionals(docs);
    for (int o = CALLS_NONE; o <= optionals; o++) {
        for (unsigned choice = 0; choice < CHOICES; choice++) {
            struct calls_style style = {key, o < optionals ? o : CALLS_ALL, choice};
            struct words       call = {0};
            words_add(&call, name, bar != NULL ? (size_t)(bar - name) : strlen(name));
            if (bar != NULL) words_add(&call, bar + 1, strlen(bar + 1));
            calls_make(docs, &style, &call);
            right_try(s, &call);
        }
    }
}

static void find_right_calls(void) {
    size_t      made = 0;
    struct resp all = attack_ask(w, "COMMAND DOCS");
    make_data();
    for (size_t i = 0; i + 1 < all.count; i += 2) {
        const struct resp *docs = &all.items[i + 1], *subs = calls_field(docs, "subcommands");
        for (size_t k = 0; subs != NULL && k + 1 < subs->count; k += 2)
            subject_add(subs->items[k].text, &subs->items[k + 1]);
        if (subs == NULL) subject_add(all.items[i].text, docs);
    }
    for (size_t i = 0; i < subject_count; i++) {
        made += subjects[i].right_count > 0;
        if (subjects[i].right_count == 0) printf("no right call was made of %s\n", subjects[i].name);
    }
    printf("right calls of %zu commands in %zu\n", made, subject_count);
    CHECK(subject_count > 100 && made * 100 >= subject_count * MADE_MIN);
    resp_fini(&all);
}

/* --- Spoilt calls ---------------------------------------------------------------------------- */

static void cut_short(void) {
    char digest[64];
    make_data();
    digest_read(digest);
    for (size_t i = 0; i < subject_count; i++) {
        for (size_t k = 0; k < subjects[i].right_count; k++) {
            for (size_t len = 1; len < subjects[i].right[k].count; len++) {
                struct words call = words_copy(&subjects[i].right[k], len);
                try_call(&call, digest);
                words_fini(&call);
            }
        }
    }
}

/* No size of these is one that a server may rightly make a string or a reply of. */
static void hostile_arguments(void) {
    static const char *const hostile[] = {
        "-9223372036854775808", "-9223372036854775807", "9223372036854775807", "9223372036854775808",
        "-1", "0", "4294967296", "18446744073709551615-18446744073709551615", "nan", "-nan", "inf", "-inf",
        "1e400", "-0", "0x10", "", " 1", "1 ", "(", "[", "#", "=", "~", "$", ">", "*", "junk", "a\r\n+OK\r\n"};
    char digest[64];
    make_data();
    digest_read(digest);
    for (size_t i = 0; i < subject_count; i++) {
        for (size_t k = 0; k < subjects[i].right_count; k++) {
            const struct words *right = &subjects[i].right[k];
            for (size_t at = strchr(subjects[i].name, '|') != NULL ? 2 : 1; at < right->count; at++) {
                for (size_t h = 0; h < sizeof hostile / sizeof *hostile; h++) {
                    /* So many elements, repeats allowed, is what a client may ask for. */
                    if (strstr(subjects[i].name, "rand") != NULL && strcmp(hostile[h], "-9223372036854775807") == 0)
                        continue;
                    struct words call = words_copy(right, right->count);
                    words_replace(&call, at, hostile[h], strlen(hostile[h]));
                    try_call(&call, digest);
                    words_fini(&call);
                }
            }
        }
    }
    attack_check(w);
}

/* --- Other types ----------------------------------------------------------------------------- */

/* May a command of the group find this type under its key? */
static bool is_allowed(const struct subject *s, const char *type) {
    bool text = strcmp(type, "string") == 0, scored = strcmp(type, "zset") == 0, set = strcmp(type, "set") == 0;
    if (strcmp(s->group, "generic") == 0) return true;
    if (strcmp(s->key, "int") == 0 || strcmp(s->key, "hll") == 0) return text;
    if (strcmp(s->group, "geo") == 0) return scored;
    if (strcmp(s->group, "sorted-set") == 0) /* sets are sorted sets of ones to those that combine */
        return scored || (set && (strstr(s->name, "union") || strstr(s->name, "inter") || strstr(s->name, "diff")));
    return strcmp(type, s->key) == 0;
}

/* The key is overwritten, its type does not matter, or (LCS, DELEX) it has an error of its own. */
static bool takes_any(const struct subject *s, const struct words *right) {
    static const char *const names[] = {"mget", "set", "lcs", "delex"};
    struct words ask;
    struct resp  r;
    bool         overwrites = false, found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) overwrites |= strcmp(s->name, names[i]) == 0;
    CHECK(words_split("COMMAND GETKEYSANDFLAGS", &ask));
    for (size_t i = 0; i < right->count; i++) words_add(&ask, right->word[i], right->len[i]);
    r = attack_alone(w, &ask);
    for (size_t i = 0; i < r.count; i++) {
        const struct resp *flags = &r.items[i].items[1];
        if (strcmp(r.items[i].items[0].text, s->key) != 0) continue;
        found = true;
        for (size_t k = 0; k < flags->count; k++) overwrites |= strcmp(flags->items[k].text, "OW") == 0;
    }
    words_fini(&ask);
    resp_fini(&r);
    return overwrites || !found;
}

static void other_types(void) {
    static const char *const types[] = {"string", "list", "hash", "set", "zset", "stream"};
    size_t refused = 0;
    char   digest[64];
    make_data();
    digest_read(digest);
    struct resp have = attack_ask(w, "EXISTS stream");
    size_t      type_count = sizeof types / sizeof *types - (have.number == 0);
    for (size_t i = 0; i < subject_count; i++) {
        const struct subject *s = &subjects[i];
        for (size_t k = 0; k < s->right_count; k++) {
            if (takes_any(s, &s->right[k])) continue;
            for (size_t t = 0; t < type_count; t++) {
                char        after[64];
                struct resp r;
                if (is_allowed(s, types[t])) continue;
                struct words call = words_copy(&s->right[k], s->right[k].count);
                size_t first = strchr(s->name, '|') != NULL ? 2 : 1; /* XINFO STREAM stream */
                for (size_t a = first; a < call.count; a++)
                    if (word_is(&call, a, s->key)) words_replace(&call, a, types[t], strlen(types[t]));
                r = attack_alone(w, &call);
                bool refuses = r.type == '-' && strncmp(r.text, "WRONGTYPE ", 10) == 0;
                digest_read(after);
                if (!refuses || strcmp(after, digest) != 0) show("expected WRONGTYPE and no change", &call, &r);
                CHECK(refuses && strcmp(after, digest) == 0);
                refused++;
                words_fini(&call);
                resp_fini(&r);
            }
        }
    }
    resp_fini(&have);
    printf("%zu calls refused for the type of their key\n", refused);
    CHECK(refused > 500);
}

/* Source and destination, and all others, are one key. */
static void one_key_for_all(void) {
    make_data();
    for (size_t i = 0; i < subject_count; i++) {
        for (size_t k = 0; k < subjects[i].right_count; k++) {
            struct words call = words_copy(&subjects[i].right[k], subjects[i].right[k].count);
            bool         two = false;
            for (size_t a = 1; a < call.count; a++) {
                if (!word_is(&call, a, "dst")) continue;
                words_replace(&call, a, subjects[i].key, strlen(subjects[i].key));
                two = true;
            }
            if (two) {
                struct resp r = attack_alone(w, &call);
                resp_fini(&r);
                attack_check(w);
                make_data();
            }
            words_fini(&call);
        }
    }
}

/* --- Memory ---------------------------------------------------------------------------------- */

static void repeat(const struct words *call, int calls, int at_once) {
    for (int done = 0; done < calls; done += at_once) {
        make_data();
        for (int i = 0; i < at_once; i++) CHECK(wire_send(w, call));
        for (int i = 0; i < at_once; i++) {
            struct resp r;
            attack_receive(w, call->word[0], &r);
            resp_fini(&r);
        }
    }
}

static void calls_stay_flat(const struct subject *s, const struct words *call) {
    bool      few = strstr(binary, "asan") != NULL;
    int       at_once = s->blocks ? 2 : CALLS_AT_ONCE;
    int       calls = few ? CALLS_AT_ONCE : s->blocks ? CALLS_BLOCKING : CALLS;
    repeat(call, CALLS_AT_ONCE, at_once);
    long long before = attack_memory_held(w);
    repeat(call, calls, at_once);
    long long grown = attack_memory_held(w) - before;
    if (grown > MEMORY_MARGIN) fprintf(stderr, "%d times %s: %lld bytes more\n", calls, s->name, grown);
    CHECK(grown <= MEMORY_MARGIN);
}

static void nothing_is_leaked(void) {
    attack_expect(w, "CONFIG SET slowlog-log-slower-than -1 latency-monitor-threshold 0", "+OK");
    for (size_t i = 0; i < subject_count; i++) /* of each command the first and the last */
        for (size_t k = 0; k < subjects[i].right_count; k += RIGHT_MAX - 1)
            calls_stay_flat(&subjects[i], &subjects[i].right[k]);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: attack_calls_test SERVER\n"), 2;
    binary = argv[1];
    server = PEER_SERVER(binary, "--loglevel", "notice");
    w = attack_wire(server);
    attack_expect(w, "CONFIG SET lazyfree-lazy-user-del no lazyfree-lazy-server-del no", "+OK");
    RUN(find_right_calls);
    RUN(cut_short);
    RUN(hostile_arguments);
    RUN(other_types);
    RUN(one_key_for_all);
    RUN(nothing_is_leaked);
    for (size_t i = 0; i < subject_count; i++)
        for (size_t k = 0; k < subjects[i].right_count; k++) words_fini(&subjects[i].right[k]);
    wire_free(&w);
    peer_server_end(&server);
    puts("attack calls: all passed");
    return 0;
}
