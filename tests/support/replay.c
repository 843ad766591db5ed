/* replay.c: runs a fuzz target without a fuzzer, so that every test run exercises it.
 *
 *     request_fuzz [-n COUNT] [FILE ...]
 *
 * Each file is one input (a corpus, or a crash to look at again). Then COUNT inputs are made up,
 * always the same ones: runs of protocol-like text with random bytes, cuts and repeats. It finds
 * what is shallow; `make fuzz` builds the same targets for libFuzzer, which finds the rest. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/bytes.h"

#define COUNT_DEFAULT 20000
#define PIECES_MAX    24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 1;

static uint64_t random_below(uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % below;
}

static void add_piece(struct bytes *input) {
    static const char *const pieces[] = {"*1\r\n", "*3\r\n", "$3\r\n", "$0\r\n\r\n", "SET", "GET k\r\n", "\r\n", "\n", "PING\r\n",
                                         "$-1\r\n", "*-1\r\n", "*0\r\n", "$536870913\r\n", "*1048577\r\n", "\"a\\x41", "'b", "$5\r\nhello\r\n",
                                         "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "99999999999999999999", "-1", "0", " ", "\\"};
    if (random_below(4) > 0) {
        bytes_print(input, "%s", pieces[random_below(sizeof(pieces) / sizeof(*pieces))]);
    } else {
        char c = (char)random_below(256);
        for (uint64_t n = 1 + random_below(random_below(8) == 0 ? 3000 : 4); n > 0; n--) bytes_add(input, &c, 1);
    }
}

static void run_random(long count) {
    struct bytes input = {0};
    for (long i = 0; i < count; i++) {
        char head[2] = {(char)random_below(256), (char)random_below(256)};
        bytes_clear(&input);
        bytes_add(&input, head, sizeof(head));
        for (uint64_t n = random_below(PIECES_MAX); n > 0; n--) add_piece(&input);
        if (random_below(4) == 0) input.len -= random_below(input.len);
        LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.len);
    }
    bytes_fini(&input);
}

static void run_file(const char *path) {
    struct bytes input = {0};
    char part[4096];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;) bytes_add(&input, part, n);
    fclose(f);
    LLVMFuzzerTestOneInput((const uint8_t *)(input.data != NULL ? input.data : ""), input.len);
    bytes_fini(&input);
}

int main(int argc, char **argv) {
    long count = COUNT_DEFAULT;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) count = atol(argv[++i]);
        else run_file(argv[i]);
    }
    run_random(count);
    printf("%d files and %ld made-up inputs\n", argc - 1, count);
    return 0;
}
