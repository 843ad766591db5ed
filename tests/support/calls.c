/* calls.c: calls made from COMMAND DOCS. Walks the tree of arguments; start reading at add_argument(). */
#include "tests/support/calls.h"

#include <stdbool.h>
#include <string.h>

const struct resp *calls_field(const struct resp *pairs, const char *name) {
    for (size_t i = 0; pairs != NULL && i + 1 < pairs->count; i += 2)
        if (strcmp(pairs->items[i].text, name) == 0) return &pairs->items[i + 1];
    return NULL;
}

static const char *text_of(const struct resp *pairs, const char *name) {
    const struct resp *r = calls_field(pairs, name);
    return r != NULL && r->text != NULL ? r->text : "";
}

static bool has_flag(const struct resp *argument, const char *flag) {
    const struct resp *flags = calls_field(argument, "flags");
    for (size_t i = 0; flags != NULL && i < flags->count; i++)
        if (strcmp(flags->items[i].text, flag) == 0) return true;
    return false;
}

int calls_optionals(const struct resp *docs) {
    const struct resp *all = calls_field(docs, "arguments");
    int count = 0;
    for (size_t i = 0; all != NULL && i < all->count; i++) count += has_flag(&all->items[i], "optional");
    return count;
}

/* What fits an argument of this name and type in most commands. */
static const char *value_of(const char *group, const char *name, const char *type) {
    static const struct { const char *group, *name, *type, *value; } known[] = {
        {NULL, "timeout", NULL, "0.001"},     {NULL, "cursor", NULL, "0"},
        {NULL, "milliseconds", NULL, "1"},    {NULL, "group", NULL, "g"},
        {NULL, "consumer", NULL, "c"},        {"bitmap", "encoding", NULL, "u8"},
        {"bitmap", "value", NULL, "1"},       {"bitmap", "bit", NULL, "1"},
        {"hash", "value", NULL, "1"},         {"stream", "start", NULL, "-"},
        {"stream", "end", NULL, "+"},         {"stream", "id", NULL, "0"},
        {"stream", "threshold", NULL, "5"},   {"sorted-set", "min", "string", "-"},
        {"sorted-set", "max", "string", "+"}, {"sorted-set", "start", "string", "0"},
        {"sorted-set", "stop", "string", "1"}, {"sorted-set", "increment", NULL, "1"},
        {NULL, "index", NULL, "0"},           {NULL, "newkey", NULL, "dst"},
        {NULL, "destination-db", NULL, "0"},  {NULL, "db", NULL, "1"},
        {NULL, "seconds", NULL, "1000"},      {NULL, "type", "string", "zset"}};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (known[i].group != NULL && strcmp(known[i].group, group) != 0) continue;
        if (strcmp(known[i].name, name) != 0) continue;
        if (known[i].type == NULL || strcmp(known[i].type, type) == 0) return known[i].value;
    }
    if (strcmp(type, "integer") == 0) return "1";
    if (strcmp(type, "double") == 0) return "1.5";
    if (strcmp(type, "pattern") == 0) return "*";
    if (strcmp(type, "unix-time") == 0) return "4102444800";
    return "a";
}

static void add_text(struct words *out, const char *text) { words_add(out, text, strlen(text)); }

static void add_argument(const char *group, const struct resp *argument, const struct calls_style *style,
                         struct words *out) {
    const char *type = text_of(argument, "type"), *name = text_of(argument, "name"), *token = text_of(argument, "token");
    const struct resp *inner = calls_field(argument, "arguments");
    if (*token != '\0') add_text(out, token);
    if (strcmp(type, "pure-token") == 0) return;
    if (strcmp(type, "key") == 0) {
        bool target = strstr(name, "dest") != NULL || strstr(name, "newkey") != NULL;
        add_text(out, target ? "dst" : style->key);
    } else if (strcmp(type, "oneof") == 0 && inner != NULL && inner->count > 0) {
        add_argument(group, &inner->items[style->choice % inner->count], style, out);
    } else if (strcmp(type, "block") == 0 && inner != NULL) {
        for (size_t i = 0; i < inner->count; i++)
            if (!has_flag(&inner->items[i], "optional") || style->optional == CALLS_ALL)
                add_argument(group, &inner->items[i], style, out);
    } else {
        add_text(out, value_of(group, name, type));
    }
}

void calls_make(const struct resp *docs, const struct calls_style *style, struct words *out) {
    const struct resp *all = calls_field(docs, "arguments");
    int optional = 0;
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        if (has_flag(&all->items[i], "optional") && optional++ != style->optional && style->optional != CALLS_ALL)
            continue;
        add_argument(text_of(docs, "group"), &all->items[i], style, out);
    }
}
