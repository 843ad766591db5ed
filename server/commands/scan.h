/* scan.h: what SCAN, SSCAN, HSCAN and ZSCAN have in common: cursor and options. */
#ifndef ASHLAR_SERVER_COMMANDS_SCAN_H
#define ASHLAR_SERVER_COMMANDS_SCAN_H

#include "server/core/call.h"

struct scan_options {
    uint64_t     count;       /* COUNT, 10 by default; at least 1 */
    struct slice pattern;     /* MATCH */
    bool         has_pattern; /* false also for "*" */
    struct slice type;        /* TYPE (SCAN alone); p NULL: not given */
    bool         no_values;   /* NOVALUES (HSCAN alone) */
};
enum scan_allowed { SCAN_ALLOW_TYPE = 1, SCAN_ALLOW_NOVALUES = 2 }; /* beside COUNT and MATCH */


/* Reads the cursor at argv[i] as Redis does (strtoul). False: "ERR invalid cursor" was sent. */
bool scan_cursor(struct call *c, uint32_t i, uint64_t *out);
/* Reads the options from argv[i] on. False: the error was sent. */
bool scan_parse(struct call *c, uint32_t i, unsigned allowed, struct scan_options *o);
bool scan_wants(const struct scan_options *o, struct slice name);
/* The reply's frame: begin, write elements (counting them), end with the next cursor. */
struct scan_reply {
    struct reply              *reply;
    const struct scan_options *options;
    struct outbuf_mark         mark;
    size_t                     count;
};
struct scan_reply scan_begin(struct call *c, const struct scan_options *o);
void              scan_end(struct scan_reply *r, uint64_t cursor);
/* The reply for an absent key: "0" and an empty array. */
void              scan_reply_empty(struct call *c);

#endif
