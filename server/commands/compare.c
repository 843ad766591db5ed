/* compare.c: strings compared before they are changed, and the commands that do only that.
 *
 * A digest is XXH3's 64 bits of the value as 16 hex digits. Texts and corner cases are Redis 8.4's,
 * DELIFEQ is Valkey 9's. */
#include "server/commands/compare.h"

#include <inttypes.h>
#include <stdio.h>

#include "server/commands/errors.h"
#include "server/commands/string_key.h"
#include "server/ds/hash.h"

#define DIGEST_LEN 16

static void digest_text(const struct key *k, char out[DIGEST_LEN + 1]) {
    char scratch[NUM_I64_TEXT_MAX];
    snprintf(out, DIGEST_LEN + 1, "%016" PRIx64, hash_public(string_text(k, scratch)));
}

bool condition_at(const struct call *c, uint32_t i, struct condition *out) {
    static const struct { const char *word; bool by_digest, negated; } words[] = {
        {"ifeq", false, false}, {"ifne", false, true}, {"ifdeq", true, false}, {"ifdne", true, true}};
    for (size_t n = 0; i + 1 < c->argc && n < sizeof words / sizeof *words; n++) {
        if (!call_arg_is(c, i, words[n].word)) continue;
        *out = (struct condition){true, words[n].by_digest, words[n].negated, c->argv[i + 1]};
        return true;
    }
    return false;
}

bool condition_check(struct call *c, const struct condition *cond) {
    if (!cond->by_digest || cond->want.len == DIGEST_LEN) return true;
    reply_error(c->reply, ERR_DIGEST);
    return false;
}

bool condition_met(const struct condition *cond, const struct key *k) {
    char scratch[NUM_I64_TEXT_MAX], digest[DIGEST_LEN + 1];
    if (k->entry == NULL) return cond->negated;
    bool same;
    if (cond->by_digest) {
        digest_text(k, digest);
        same = slice_eq_nocase(cond->want, digest);
    } else {
        same = slice_eq(cond->want, string_text(k, scratch));
    }
    return same != cond->negated;
}

void cmd_digest(struct call *c) {
    struct key k;
    char       digest[DIGEST_LEN + 1];
    if (!call_read(c, 1, VAL_STRING, &k)) return;
    if (k.entry == NULL) {
        reply_null(c->reply);
        return;
    }
    digest_text(&k, digest);
    reply_bulk_str(c->reply, digest);
}

static void delete_if(struct call *c, struct key *k, bool wanted) {
    if (wanted) key_delete(c, k, DISCARD_USER);
    reply_int(c->reply, wanted);
}

void cmd_delex(struct call *c) {
    struct key       k;
    struct condition cond = {0};
    if (c->argc != 2 && c->argc != 4) {
        call_wrong_args(c);
    } else if (c->argc == 4 && !condition_at(c, 2, &cond)) {
        reply_error(c->reply, ERR_DELEX_CONDITION);
    } else if (condition_check(c, &cond)) {
        call_write(c, 1, VAL_ANY, &k);
        if (cond.given && k.entry != NULL && k.v.type != VAL_STRING) {
            reply_error(c->reply, ERR_DELEX_TYPE);
        } else {
            delete_if(c, &k, k.entry != NULL && (!cond.given || condition_met(&cond, &k)));
        }
    }
}

void cmd_delifeq(struct call *c) {
    struct key       k;
    struct condition cond = {.given = true, .want = c->argv[2]};
    if (!call_write(c, 1, VAL_STRING, &k)) return;
    delete_if(c, &k, condition_met(&cond, &k));
}
