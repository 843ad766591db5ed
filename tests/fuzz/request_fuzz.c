/* request_fuzz.c: any bytes, in any pieces, through the request parser.
 *
 * The first byte picks the fragment size, the second the limits; the rest is the input. It is
 * parsed in one piece and in fragments: the requests and the end must be the same, every argument
 * must lie inside the input buffer, and the memory held must follow the bytes received.
 *
 *     clang -std=gnu11 -D_GNU_SOURCE -I. -g -O1 -DASHLAR_DEBUG -DASHLAR_PASSTHROUGH \
 *         -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
 *         tests/fuzz/request_fuzz.c proto/[a-z]*.c alloc/[a-z]*.c -lpthread -lm -o request_fuzz
 *     ./request_fuzz -max_len=4096 -max_total_time=120 CORPUS_FOLDER */
#include <stdlib.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t hash; /* of every argument and its length, in order */
    uint64_t requests, wire;
    bool     failed;
    char     message[128];
};

static struct ash_heap *heap;

static void hash_bytes(uint64_t *hash, const void *p, size_t len) {
    const unsigned char *bytes = p;
    for (size_t i = 0; i < len; i++) *hash = (*hash ^ bytes[i]) * 1099511628211u;
}

static void outcome_add(struct outcome *o, const struct request *r, const struct inbuf *in) {
    ASSERT(r->argc > 0);
    for (uint32_t i = 0; i < r->argc; i++) {
        const struct slice *arg = &r->argv[i];
        ASSERT(arg->p >= in->data && arg->p + arg->len <= in->data + in->pos);
        hash_bytes(&o->hash, &arg->len, sizeof(arg->len));
        hash_bytes(&o->hash, arg->p, arg->len);
    }
    hash_bytes(&o->hash, &r->argc, sizeof(r->argc));
    o->requests++;
    o->wire += r->wire_len;
}

static void play(const uint8_t *data, size_t size, size_t piece, struct request_limits limits,
                 struct outcome *o) {
    struct inbuf                in;
    struct request_parser       parser;
    static struct request_batch batch;
    enum request_status         status = REQUEST_MORE;
    inbuf_init(&in, heap);
    request_parser_init(&parser, heap);
    request_batch_init(&batch, heap);
    *o = (struct outcome){.hash = 14695981039346656037u};
    for (size_t at = 0; at < size && status != REQUEST_ERROR; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        ASSERT(inbuf_reserve(&in, n));
        memcpy(in.data + in.len, data + at, n);
        in.len += n;
        do {
            status = request_parse(&parser, &in, &limits, &batch);
            ASSERT(in.pos <= in.len && in.len <= in.cap);
            for (unsigned i = 0; i < batch.count; i++) outcome_add(o, &batch.req[i], &in);
            request_batch_clear(&batch);
        } while (status == REQUEST_FULL);
        ASSERT(request_parser_footprint(&parser) <= 1024 + 4 * size * sizeof(struct request_span));
        ASSERT(in.cap <= 4096 + 4 * size);
        if (at % 5 == 0) inbuf_shrink(&in);
    }
    o->failed = status == REQUEST_ERROR;
    if (o->failed) memcpy(o->message, parser.message, sizeof(o->message));
    inbuf_fini(&in);
    request_parser_fini(&parser);
    request_batch_fini(&batch);
}

static void play_split(const uint8_t *data, size_t size) {
    struct request_words words;
    if (!request_split(slice_of((const char *)data, size), heap, &words)) return;
    for (unsigned i = 0; i < words.count; i++) ASSERT(words.word[i][words.len[i]] == '\0');
    request_words_fini(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct outcome whole, pieces;
    if (size < 2) return 0;
    if (heap == NULL) heap = ash_heap_new("clients", ASH_HEAP_OWNED);
    struct request_limits limits = {data[1] & 2 ? 300 : 512 * 1024 * 1024, data[1] & 1};
    size_t                piece = data[0] + 1u;
    play(data + 2, size - 2, size, limits, &whole);
    play(data + 2, size - 2, piece, limits, &pieces);
    ASSERT(whole.hash == pieces.hash && whole.requests == pieces.requests);
    ASSERT(whole.wire == pieces.wire && whole.failed == pieces.failed);
    ASSERT(strcmp(whole.message, pieces.message) == 0);
    play_split(data + 2, size - 2);
    ASSERT(ash_heap_used(heap) == 0);
    return 0;
}
