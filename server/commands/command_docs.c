/* command_docs.c: reads a syntax line by recursive descent into an array of nodes.
 *
 * A repetition is recognised from behind: after "score member", the group "[score member ...]"
 * holds as many arguments as are to be repeated, so these last ones are made multiple (or, being
 * several, put into a block that is) and the group itself is dropped.
 *
 * Redis gives its groups names of a meaning ("condition") that the line does not contain. Where no
 * table entry knows one, a group is called by its members, as Redis does in half of the cases.
 *
 * Start reading at parse_sequence(). */
#include "server/commands/command_docs.h"

#include "server/ds/glob.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* --- Tables -------------------------------------------------------------------------------- */

/* What type a word is, by its name, and where it differs by command. The first entry that fits. */
static const struct {
    const char   *command, *name;
    enum doc_type type;
} word_types[] = {
    {"incrbyfloat", "increment", DOC_DOUBLE},
    {"hincrbyfloat", "increment", DOC_DOUBLE},
    {"*", "increment", DOC_INTEGER},
    {"zrange", "start", DOC_STRING},
    {"zrange", "stop", DOC_STRING},
    {"zcount", "m??", DOC_DOUBLE},
    {"z*byscore", "m??", DOC_DOUBLE},
    {"x*", "start", DOC_STRING}, /* IDs */
    {"x*", "end", DOC_STRING},
    {"xpending", "min-idle-time", DOC_INTEGER},
    {"xclaim", "ms", DOC_INTEGER},
    {"*", "entries-*", DOC_INTEGER},
    {"b[lrz]*", "timeout", DOC_DOUBLE},
    {"*", "start", DOC_INTEGER},
    {"*", "stop", DOC_INTEGER},
    {"*", "end", DOC_INTEGER},
    {"*", "key", DOC_KEY},
    {"*", "key[12]", DOC_KEY},
    {"*", "newkey", DOC_KEY},
    {"*", "source", DOC_KEY},
    {"*", "destination", DOC_KEY},
    {"*", "destkey", DOC_KEY},
    {"zrangestore", "src", DOC_KEY},
    {"zrangestore", "dst", DOC_KEY},
    {"*", "pattern", DOC_PATTERN},
    {"*", "unix-time-*", DOC_UNIX_TIME},
    {"*", "score", DOC_DOUBLE},
    {"*", "seconds", DOC_INTEGER},
    {"*", "milliseconds", DOC_INTEGER},
    {"*", "count", DOC_INTEGER},
    {"*", "cursor", DOC_INTEGER},
    {"*", "index*", DOC_INTEGER},
    {"*", "offset", DOC_INTEGER},
    {"*", "num*", DOC_INTEGER},
    {"*", "limit", DOC_INTEGER},
    {"*", "timeout", DOC_INTEGER},
    {"*", "client-id", DOC_INTEGER},
    {"*", "protover", DOC_INTEGER},
    {"*", "version", DOC_INTEGER},
    {"*", "db", DOC_INTEGER},
    {"*", "*-db", DOC_INTEGER},
    {"*", "rank", DOC_INTEGER},
    {"*", "len", DOC_INTEGER},
    {"*", "*-len", DOC_INTEGER},
    {"*", "decrement", DOC_INTEGER},
    {"*", "weight", DOC_INTEGER},
    {"*", "bit", DOC_INTEGER},
    {"setbit", "value", DOC_INTEGER},
    {"bitfield", "value", DOC_INTEGER},
    {"pfmerge", "sourcekey", DOC_KEY},
    {"geo*", "l*itude", DOC_DOUBLE},
    {"geo*", "radius", DOC_DOUBLE},
    {"geo*", "width", DOC_DOUBLE},
    {"geo*", "height", DOC_DOUBLE},
};

/* What Redis calls a group, by its members' names joined. The first entry that fits. */
static const struct {
    const char *command, *members, *name;
} group_names[] = {
    {"*", "nx_xx*", "condition"},
    {"*", "gt_lt", "comparison"},
    {"*", "seconds_milliseconds_*", "expiration"},
    {"*", "byscore_bylex", "sortby"},
    {"*", "asc_desc", "order"},
    {"*", "sum_min_max", "aggregate"},
    {"*", "before_after", "where"},
    {"*", "async_sync", "async"},
    {"pause", "write_all", "mode"},
    {"*", "on_off", "enabled"},
    {"[lz]mpop", "left_right", "where"},
    {"b[lz]mpop", "left_right", "where"},
    {"*", "min_max", "where"},
    {"bit*", "byte_bit", "unit"},
    {"bitpos", "end_unit", "end-unit-block"},
    {"bit*", "start_end*", "range"},
    {"bitfield", "encoding_offset", "get-block"},
    {"bitfield", "wrap_sat_fail", "overflow-block"},
    {"bitfield", "encoding_offset_value", "set-block"},
    {"bitfield", "encoding_offset_increment", "incrby-block"},
    {"bitfield", "set-block_*", "write-operation"},
    {"bitfield", "overflow-block_*", "write"},
    {"bitfield", "get-block_*", "operation"},
    {"bitop", "and_or_*", "operation"},
    {"delex", "ifeq*", "condition"},
    {"geo*", "m_km_ft_mi", "unit"},
    {"geo*", "count_any", "count-block"},
    {"geo*", "key_key", "store"},
    {"geo*", "member_longitude_*", "from"},
    {"geo*", "longitude_latitude", "fromlonlat"},
    {"geo*", "radius_unit", "circle"},
    {"geo*", "width_height_unit", "box"},
    {"geo*", "circle_box", "by"},
    {"h*", "numfields_*", "fields"},
    {"hsetex", "fnx_fxx", "condition"},
    {"x*", "maxlen_minid", "strategy"},
    {"x*", "equal_approximately", "operator"},
    {"x*", "strategy_operator_*", "trim"},
    {"*", "auto-id_id", "id-selector"},
    {"*", "id_new-id", "id-selector"},
    {"xread*", "key_id", "streams"},
    {"stream", "full_count", "full-block"},
    {"xpending", "min-idle-time_*", "filters"},
    {"*", "count_with*", "options"},
    {"hello", "protover_*", "arguments"},
    {"list", "module-name_*", "filterby"},
    {"kill", "ip:port_*", "filter"},
    {"kill", "client-id_*", "new-format"},
};

static const struct {
    const char *command, *token, *name;
} token_names[] = {
    {"zadd", "CH", "change"},
    {"geoadd", "CH", "change"},
    {"zadd", "INCR", "increment"},
    {"sort*", "ALPHA", "sorting"},
    {"x*", "=", "equal"},
    {"x*", "~", "approximately"},
    {"xadd", "\\*", "auto-id"},
    {"*", "$", "new-id"},
};

const char *doc_type_name(enum doc_type type) {
    static const char *const name[] = {"string",    "integer",    "double", "key",  "pattern",
                                       "unix-time", "pure-token", "oneof",  "block"};
    return name[type];
}

static bool fits(const char *pattern, const char *text) {
    return glob_match(slice_str(pattern), slice_str(text), true);
}

/* --- Words --------------------------------------------------------------------------------- */

struct parser {
    const struct command *command;
    struct doc_tree      *tree;
    const char           *at;
    char                  word[DOC_NAME_MAX]; /* the current one; "" at the end */
    bool                  failed;
    unsigned              sides, keys; /* LEFT | RIGHT groups and keys so far */
};

static void word_next(struct parser *p) {
    size_t len = 0;
    while (*p->at == ' ') p->at++;
    if (*p->at != '\0' && strchr("[]<>()|", *p->at) != NULL) {
        p->word[len++] = *p->at++;
    } else {
        while (*p->at != '\0' && strchr(" []<>()|", *p->at) == NULL && len < sizeof p->word - 1)
            p->word[len++] = *p->at++;
    }
    p->word[len] = '\0';
}

static bool word_is(const struct parser *p, const char *s) { return strcmp(p->word, s) == 0; }

static bool word_is_name(const struct parser *p) {
    for (const char *c = p->word; *c != '\0'; c++)
        if (islower((unsigned char)*c)) return true;
    return false;
}

static bool word_ends_sequence(const struct parser *p) {
    return p->word[0] == '\0' || word_is(p, "|") || word_is(p, "]") || word_is(p, ">") ||
           word_is(p, ")");
}

/* --- Nodes and lists of them --------------------------------------------------------------- */

struct list {
    int      first, last;
    unsigned count;
};

static struct doc_arg *node(struct parser *p, int i) { return &p->tree->arg[i]; }

static int node_new(struct parser *p, enum doc_type type) {
    if (p->tree->count == DOC_ARGS_MAX) {
        p->failed = true;
        p->tree->count--; /* anything valid: the tree is not used */
    }
    int i = p->tree->count++;
    *node(p, i) = (struct doc_arg){.type = type, .key_spec = DOC_NONE, .child = DOC_NONE,
                                   .next = DOC_NONE};
    return i;
}

static void list_add(struct parser *p, struct list *l, int i) {
    node(p, i)->next = DOC_NONE;
    if (l->count == 0) {
        l->first = i;
    } else {
        node(p, l->last)->next = i;
    }
    l->last = i;
    l->count++;
}

/* Cuts the last n off. */
static struct list list_take_tail(struct parser *p, struct list *l, unsigned n) {
    struct list head = {DOC_NONE, DOC_NONE, 0}, tail = head;
    unsigned    keep = l->count - n;
    for (int i = l->first, next; l->count > 0 && i != DOC_NONE; i = next) {
        next = node(p, i)->next;
        list_add(p, keep > 0 ? &head : &tail, i);
        if (keep > 0) keep--;
    }
    *l = head;
    return tail;
}

static void set_name(struct doc_arg *a, const char *name) {
    snprintf(a->name, sizeof a->name, "%s", name);
}

static unsigned key_spec_count(const struct command *c) {
    unsigned n = 0;
    while (n < KEY_SPECS_MAX && c->keys[n].flags != 0) n++;
    return n;
}

static int name_node(struct parser *p, const char *name) {
    int             i = node_new(p, DOC_STRING);
    struct doc_arg *a = node(p, i);
    set_name(a, name);
    for (size_t t = 0; t < sizeof word_types / sizeof word_types[0]; t++) {
        if (!fits(word_types[t].command, p->command->name) || !fits(word_types[t].name, name))
            continue;
        a->type = word_types[t].type;
        break;
    }
    unsigned specs = key_spec_count(p->command);
    if (a->type == DOC_KEY && specs == 0) a->type = DOC_STRING;
    if (a->type == DOC_KEY) a->key_spec = (int)(p->keys < specs ? p->keys : specs - 1);
    if (a->type == DOC_KEY) p->keys++;
    if (a->type == DOC_PATTERN && fits("sort*", p->command->name)) { /* spec 1 stands for all of them */
        a->key_spec = 1;
        p->keys = 2;
    }
    return i;
}

static int token_node(struct parser *p, const char *token) {
    int             i = node_new(p, DOC_PURE_TOKEN);
    struct doc_arg *a = node(p, i);
    set_name(a, token);
    for (char *c = a->name; *c != '\0'; c++) *c = (char)tolower((unsigned char)*c);
    for (size_t t = 0; t < sizeof token_names / sizeof token_names[0]; t++)
        if (fits(token_names[t].command, p->command->name) && fits(token_names[t].token, token))
            set_name(a, token_names[t].name);
    snprintf(a->token, sizeof a->token, "%.*s", (int)sizeof a->token - 1, token);
    return i;
}

static void group_name(struct parser *p, struct doc_arg *group) {
    char   members[512];
    size_t len = 0;
    members[0] = '\0';
    for (int i = group->child; i != DOC_NONE && len < sizeof members; i = node(p, i)->next)
        len += (size_t)snprintf(members + len, sizeof members - len, "%s%s", len > 0 ? "_" : "",
                                node(p, i)->name);
    snprintf(group->name, sizeof group->name, "%.*s", (int)sizeof group->name - 1, members);
    for (size_t t = 0; t < sizeof group_names / sizeof group_names[0]; t++) {
        if (!fits(group_names[t].command, p->command->name) ||
            !fits(group_names[t].members, members))
            continue;
        set_name(group, group_names[t].name);
        return;
    }
    if (strcmp(members, "left_right") == 0)
        set_name(group, p->sides++ == 0 ? "wherefrom" : "whereto");
}

static int group_node(struct parser *p, enum doc_type type, struct list members) {
    int i = node_new(p, type);
    node(p, i)->child = members.first;
    group_name(p, node(p, i));
    return i;
}

/* One node for the list: itself, or a block of its members. */
static int list_to_node(struct parser *p, struct list l) {
    if (l.count == 1) return l.first;
    if (l.count == 0) p->failed = true;
    return group_node(p, DOC_BLOCK, l);
}

/* --- Grammar ------------------------------------------------------------------------------- */

static struct list parse_alternatives(struct parser *p, bool *repeats);

/* The group that opens here, up to its closing bracket. */
static struct list parse_group(struct parser *p, bool *repeats) {
    const char *close = word_is(p, "[") ? "]" : word_is(p, "<") ? ">" : ")";
    word_next(p);
    struct list inner = parse_alternatives(p, repeats);
    if (!word_is(p, close) || inner.count == 0) p->failed = true;
    word_next(p);
    return inner;
}

static struct list children(struct parser *p, int parent) {
    struct list l = {node(p, parent)->child, DOC_NONE, 0};
    for (int i = l.first; i != DOC_NONE; i = node(p, i)->next, l.count++) l.last = i;
    return l;
}

/* "[a b ...]" after a and b: makes these multiple. inner is what the group held. */
static void apply_repetition(struct parser *p, struct list *l, struct list inner) {
    bool token_again = inner.count > 0 && node(p, inner.first)->token[0] != '\0';
    if (l->count > 0 && node(p, l->last)->type == DOC_BLOCK && !token_again) {
        struct list members = children(p, l->last); /* TOKEN n a b [a b ...]: only a and b */
        if (inner.count < members.count) {
            apply_repetition(p, &members, inner);
            return;
        }
    }
    if (inner.count == 0 || inner.count > l->count) {
        p->failed = true;
        return;
    }
    unsigned    n = inner.count;
    struct list tail = list_take_tail(p, l, n);
    int         i = list_to_node(p, tail);
    node(p, i)->flags |= DOC_MULTIPLE | (token_again ? DOC_MULTIPLE_TOKEN : 0u);
    list_add(p, l, i);
}

/* TOKEN and what belongs to it. */
static int parse_token(struct parser *p) {
    char        token[DOC_NAME_MAX];
    struct list words = {DOC_NONE, DOC_NONE, 0};
    bool        repeats = false;
    memcpy(token, p->word, sizeof token);
    word_next(p);
    while (word_is_name(p) && !p->failed) {
        list_add(p, &words, name_node(p, p->word));
        word_next(p);
    }
    if (words.count == 0 && word_is(p, "<")) words = parse_group(p, &repeats);
    if (words.count == 0) return token_node(p, token);
    int i = list_to_node(p, words);
    snprintf(node(p, i)->token, sizeof node(p, i)->token, "%.*s", DOC_TOKEN_MAX - 1, token);
    return i;
}

static void parse_optional(struct parser *p, struct list *l) {
    unsigned    keys = p->keys;
    bool        repeats = false;
    struct list inner = parse_group(p, &repeats);
    if (p->failed) return;
    if (repeats) {
        p->keys = keys; /* the same keys again */
        apply_repetition(p, l, inner);
        return;
    }
    int i = list_to_node(p, inner);
    node(p, i)->flags |= DOC_OPTIONAL;
    list_add(p, l, i);
}

/* Elements up to a '|' or the end of the group. *repeats: the sequence ended with "...". */
static struct list parse_sequence(struct parser *p, bool *repeats) {
    struct list l = {DOC_NONE, DOC_NONE, 0};
    *repeats = false;
    while (!word_ends_sequence(p) && !p->failed) {
        bool ignored;
        if (word_is(p, "...")) {
            word_next(p);
            *repeats = word_ends_sequence(p) && p->word[0] == ']';
            if (!*repeats && l.count > 0) node(p, l.last)->flags |= DOC_MULTIPLE;
        } else if (word_is(p, "[")) {
            parse_optional(p, &l);
        } else if (word_is(p, "<")) {
            list_add(p, &l, list_to_node(p, parse_group(p, &ignored)));
        } else if (word_is(p, "(")) {
            list_add(p, &l, group_node(p, DOC_BLOCK, parse_group(p, &ignored)));
        } else if (word_is_name(p)) {
            list_add(p, &l, name_node(p, p->word));
            word_next(p);
        } else {
            list_add(p, &l, parse_token(p));
        }
    }
    return l;
}

/* a | b | c: one oneof node; without a bar, the sequence itself. */
static struct list parse_alternatives(struct parser *p, bool *repeats) {
    struct list one = parse_sequence(p, repeats);
    if (!word_is(p, "|") || p->failed) return one;
    struct list all = {DOC_NONE, DOC_NONE, 0}, result = all;
    list_add(p, &all, list_to_node(p, one));
    while (word_is(p, "|") && !p->failed) {
        bool ignored;
        word_next(p);
        list_add(p, &all, list_to_node(p, parse_sequence(p, &ignored)));
    }
    list_add(p, &result, group_node(p, DOC_ONEOF, all));
    return result;
}

bool doc_parse(const struct command *command, const char *syntax, struct doc_tree *out) {
    struct parser p = {.command = command, .tree = out, .at = syntax == NULL ? "" : syntax};
    bool          repeats;
    out->count = 0;
    word_next(&p);
    struct list l = parse_alternatives(&p, &repeats);
    out->first = l.first;
    return !p.failed && p.word[0] == '\0';
}
