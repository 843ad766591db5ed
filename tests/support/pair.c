/* pair.c: two servers that are asked the same. Sends to both before it reads from either. */
#include "tests/support/pair.h"

#include <stdlib.h>

#define REPLY_WAIT_MS 60000

static const char *const side_names[] = {"a", "b"};

/* Ours compacts as often as it may, whatever there is to be had: so all that is compared was moved about
 * by slices between the commands; in sanitized builds, where each object can move, all the time. */
static const char compact_always[] =
    "CONFIG SET active-defrag-ignore-bytes 1 active-defrag-threshold-lower 0 "
    "active-defrag-cycle-min 99 active-defrag-cycle-max 99";

static bool prepare(struct pair *p, int side) {
    struct resp r;
    if (!p->server[side]->ashlar) return true;
    if (wire_ask(p->wire[side], compact_always, &r) != WIRE_OK) return false;
    bool done = r.type == '+';
    resp_fini(&r);
    return done;
}

bool pair_init(struct pair *p, const char *binary_a, const char *binary_b, struct bytes *error) {
    const char *binaries[] = {binary_a, binary_b};
    *p = (struct pair){0};
    for (int i = 0; i < 2; i++) {
        p->server[i] = spawn_new(binaries[i], NULL, error);
        if (p->server[i] == NULL) return false;
        p->wire[i] = wire_new(p->server[i]->socket);
        if (p->wire[i] == NULL || !prepare(p, i)) return false;
    }
    return true;
}

bool pair_fini(struct pair *p, struct bytes *error) {
    bool clean = true;
    words_fini(&p->begin);
    for (int i = 0; i < 2; i++) {
        wire_free(&p->wire[i]);
        if (p->server[i] != NULL && !spawn_free(&p->server[i], error)) clean = false;
    }
    return clean;
}

bool pair_send(struct pair *p, const struct words *command, struct bytes *error) {
    for (int i = 0; i < 2; i++) {
        if (wire_send(p->wire[i], command)) continue;
        bytes_print(error, "server %s takes no more commands", side_names[i]);
        return false;
    }
    return true;
}

bool pair_receive(struct pair *p, struct resp reply[2], struct bytes *error) {
    reply[0] = reply[1] = (struct resp){0};
    for (int i = 0; i < 2; i++) {
        enum wire_status status = wire_receive(p->wire[i], REPLY_WAIT_MS, &reply[i]);
        if (status == WIRE_OK) continue;
        bytes_print(error, "server %s: %s %s%s", side_names[i], wire_status_name(status), wire_error(p->wire[i]),
                    spawn_alive(p->server[i]) ? "" : " (it is gone)");
        resp_fini(&reply[0]);
        return false;
    }
    return true;
}

bool pair_ask(struct pair *p, const char *line, struct resp reply[2], struct bytes *error) {
    struct words command;
    if (!words_split(line, &command)) abort();
    bool good = pair_send(p, &command, error) && pair_receive(p, reply, error);
    words_fini(&command);
    return good;
}
