/* lookahead.c: the stages over a batch. */
#include "server/core/lookahead.h"

#include "proto/request.h"
#include "server/core/keyspace.h"

struct key_value { /* the key looked up last: pipelines like to stay with one */
    struct slice key;
    bool         found;
    struct value v;
    unsigned     asked; /* so many times in a row */
};

static void look_up(const struct db *db, struct slice key, uint64_t hash, struct key_value *out) {
    const struct entry *e = db_peek(db, key, hash);
    out->key = key;
    out->asked = 0;
    out->found = e != NULL && entry_type(e) != VAL_STRING;
    if (!out->found) return;
    entry_value(e, &out->v);
    __builtin_prefetch(out->v.u.ptr);
}

static bool is_big(const struct value *v) {
    return v->enc == ENC_HASHTABLE || v->enc == ENC_SKIPLIST || v->enc == ENC_HASHTABLE_EX;
}

void lookahead_batch(const struct db *db, const struct lookahead_request *of, unsigned count) {
    struct lookahead ahead[REQUEST_BATCH_MAX];
    lookahead_fn    *fn[REQUEST_BATCH_MAX];
    struct key_value last = {0};
    unsigned         n = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct request *req = of[i].req;
        if (!slice_eq(req->argv[1], last.key)) look_up(db, req->argv[1], of[i].hash1, &last);
        if (!last.found || !is_big(&last.v)) continue;
        ahead[n] = (struct lookahead){
            .argv = req->argv, .argc = req->argc, .v = last.v, .nth = last.asked++};
        fn[n++] = of[i].fn;
    }
    if (n < 2) return; /* nothing to overlap with */
    for (unsigned stage = 0; stage < LOOKAHEAD_STAGES; stage++)
        for (unsigned i = 0; i < n; i++) fn[i](&ahead[i], stage);
}
