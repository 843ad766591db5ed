/* command_docs_test.c: syntax lines and the trees they must give; every line of every family
 * parses. */
#include "server/commands/command_docs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/commands/table.h"

static const struct command any = {.name = "any", .keys = KEYS(1, 0, 1, KEY_RO)};

static size_t print(const struct doc_tree *t, int first, char *out, size_t cap) {
    size_t len = 0;
    out[0] = '\0';
    for (int i = first; i != DOC_NONE; i = t->arg[i].next) {
        const struct doc_arg *a = &t->arg[i];
        len += (size_t)snprintf(out + len, cap - len, "%s%s:%s", len > 0 ? " " : "", a->name,
                                doc_type_name(a->type));
        if (a->token[0] != '\0') len += (size_t)snprintf(out + len, cap - len, "=%s", a->token);
        if (a->key_spec != DOC_NONE)
            len += (size_t)snprintf(out + len, cap - len, "#%d", a->key_spec);
        if (a->flags & DOC_OPTIONAL) len += (size_t)snprintf(out + len, cap - len, "?");
        if (a->flags & DOC_MULTIPLE) len += (size_t)snprintf(out + len, cap - len, "+");
        if (a->flags & DOC_MULTIPLE_TOKEN) len += (size_t)snprintf(out + len, cap - len, "+");
        if (a->child == DOC_NONE) continue;
        len += (size_t)snprintf(out + len, cap - len, "{");
        len += print(t, a->child, out + len, cap - len);
        len += (size_t)snprintf(out + len, cap - len, "}");
    }
    return len;
}

static void assert_tree(const struct command *c, const char *syntax, const char *want) {
    struct doc_tree t;
    char            have[2048];
    if (!doc_parse(c, syntax, &t)) fail_msg("does not parse: %s", syntax);
    print(&t, t.first, have, sizeof have);
    assert_string_equal(have, want);
}

static void words_and_types(void **state) {
    (void)state;
    assert_tree(&any, "", "");
    assert_tree(&any, NULL, "");
    assert_tree(&any, "key seconds value", "key:key#0 seconds:integer value:string");
    assert_tree(&any, "pattern unix-time-seconds score",
                "pattern:pattern unix-time-seconds:unix-time score:double");
}

static void types_by_command(void **state) {
    struct command zrange = any, incrbyfloat = any, blpop = any, xadd = any;
    (void)state;
    blpop.name = "blpop";
    xadd.name = "xadd";
    zrange.name = "zrange";
    incrbyfloat.name = "incrbyfloat";
    assert_tree(&any, "start increment", "start:integer increment:integer");
    assert_tree(&zrange, "start", "start:string");
    assert_tree(&incrbyfloat, "increment", "increment:double");
    assert_tree(&blpop, "timeout", "timeout:double");
    assert_tree(&any, "timeout", "timeout:integer");
    assert_tree(&xadd, "start [= | ~] <* | id>",
                "start:string operator:oneof?{equal:pure-token== approximately:pure-token=~} "
                "id-selector:oneof{auto-id:pure-token=* id:string}");
}

static void tokens(void **state) {
    (void)state;
    assert_tree(&any, "[NOW]", "now:pure-token=NOW?");
    assert_tree(&any, "[COUNT count]", "count:integer=COUNT?");
    assert_tree(&any, "[LIMIT offset count]",
                "offset_count:block=LIMIT?{offset:integer count:integer}");
    assert_tree(&any, "TYPE <A | B>", "a_b:oneof=TYPE{a:pure-token=A b:pure-token=B}");
}

static void one_of(void **state) {
    (void)state;
    assert_tree(&any, "[NX | XX]", "condition:oneof?{nx:pure-token=NX xx:pure-token=XX}");
    assert_tree(&any, "<ON | OFF | SKIP>",
                "on_off_skip:oneof{on:pure-token=ON off:pure-token=OFF skip:pure-token=SKIP}");
    assert_tree(&any, "<LEFT | RIGHT> <LEFT | RIGHT>",
                "wherefrom:oneof{left:pure-token=LEFT right:pure-token=RIGHT} "
                "whereto:oneof{left:pure-token=LEFT right:pure-token=RIGHT}");
    assert_tree(&any, "[EX seconds | PX milliseconds | KEEPTTL]",
                "expiration:oneof?{seconds:integer=EX milliseconds:integer=PX "
                "keepttl:pure-token=KEEPTTL}");
    assert_tree(&any, "a | b c", "a_b_c:oneof{a:string b_c:block{b:string c:string}}");
}

static void several(void **state) {
    (void)state;
    assert_tree(&any, "key [key ...]", "key:key#0+");
    assert_tree(&any, "[section [section ...]]", "section:string?+");
    assert_tree(&any, "key value [key value ...]", "key_value:block+{key:key#0 value:string}");
    assert_tree(&any, "[GET pattern [GET pattern ...]]", "pattern:pattern=GET?++");
    assert_tree(&any, "[WEIGHTS weight [weight ...]]", "weight:integer=WEIGHTS?+");
    assert_tree(&any, "[GET n x [GET n x ...]]", "n_x:block=GET?++{n:string x:string}");
    assert_tree(&any, "FIELDS n x [x ...]", "n_x:block=FIELDS{n:string x:string+}");
    assert_tree(&any, "[NOW] FIELDS n x y [x y ...]",
                "now:pure-token=NOW? n_x_y:block=FIELDS{n:string x_y:block+{x:string y:string}}");
    assert_tree(&any, "(count) [(count) ...]", "count:block+{count:integer}");
    assert_tree(&any, "[ID client-id | USER name] ...",
                "client-id_name:oneof?+{client-id:integer=ID name:string=USER}");
}

static void key_specs(void **state) {
    struct command two = {.name = "two", .keys = {{.flags = KEY_RO, .first = 1},
                                                  {.flags = KEY_OW, .first = 2}}};
    struct command none = {.name = "none"};
    struct command sort = {.name = "sort", .keys = {{.flags = KEY_RO, .first = 1}, /* and two unknown */
                                                    {.flags = KEY_RO}, {.flags = KEY_OW}}};
    (void)state;
    assert_tree(&two, "source destination", "source:key#0 destination:key#1");
    assert_tree(&two, "destination key [key ...]", "destination:key#0 key:key#1+");
    assert_tree(&any, "key1 key2", "key1:key#0 key2:key#0");
    assert_tree(&none, "key", "key:string");
    assert_tree(&sort, "key [BY pattern] [GET pattern [GET pattern ...]] [STORE destination]",
                "key:key#0 pattern:pattern=BY#1? pattern:pattern=GET#1?++ destination:key=STORE#2?");
}

static void nonsense_is_refused(void **state) {
    static const char *const bad[] = {"[a", "a]", "<a | >", "a [b c ...]", "(a", "[]", "()", "| a"};
    struct doc_tree          t;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (doc_parse(&any, bad[i], &t)) fail_msg("parses: %s", bad[i]);
}

static void too_much_is_refused(void **state) {
    char            many[DOC_ARGS_MAX * 4] = "";
    struct doc_tree t;
    (void)state;
    for (int i = 0; i < DOC_ARGS_MAX + 10; i++) strcat(many, "a ");
    assert_false(doc_parse(&any, many, &t));
}

static void check_command(const char *parent, const struct command *c) {
    struct doc_tree t;
    if (!doc_parse(c, c->syntax, &t)) fail_msg("%s %s: %s", parent, c->name, c->syntax);
    assert_true(c->summary != NULL && c->since != NULL && c->complexity != NULL);
    for (const struct command *s = c->subcommands; s != NULL && s->name != NULL; s++)
        check_command(c->name, s);
}

static void every_command_has_a_syntax_that_parses(void **state) {
    (void)state;
    for (size_t i = 0; command_families[i] != NULL; i++)
        for (const struct command *c = command_families[i]; c->name != NULL; c++)
            check_command("", c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_types),
        cmocka_unit_test(types_by_command),
        cmocka_unit_test(tokens),
        cmocka_unit_test(one_of),
        cmocka_unit_test(several),
        cmocka_unit_test(key_specs),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(every_command_has_a_syntax_that_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
