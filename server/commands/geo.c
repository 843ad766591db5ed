/* geo.c: the geo commands: a sorted set whose scores are places (ds/geohash.h).
 *
 * All coordinates are read before the set is changed. Searching is in geo_search.c. Start reading at
 * cmd_geoadd(). */
#include "server/commands/families.h"

#include "server/commands/errors.h"
#include "server/commands/geo_search.h"
#include "server/types/zset.h"

struct geoadd_options {
    unsigned flags; /* enum zset_flags */
    bool     ch;
    uint32_t first; /* argument index of the first longitude */
};

static bool geoadd_parse(struct call *c, struct geoadd_options *o) {
    struct geo_point p;
    for (o->first = 2; o->first < c->argc; o->first++) {
        if (call_arg_is(c, o->first, "nx")) o->flags |= ZSET_NX;
        else if (call_arg_is(c, o->first, "xx")) o->flags |= ZSET_XX;
        else if (call_arg_is(c, o->first, "ch")) o->ch = true;
        else break;
    }
    uint32_t left = c->argc - o->first;
    if (left == 0 || left % 3 != 0 || ((o->flags & ZSET_NX) && (o->flags & ZSET_XX))) {
        call_syntax_error(c);
        return false;
    }
    for (uint32_t i = o->first; i < c->argc; i += 3)
        if (!geo_arg_point(c, i, &p)) return false;
    return true;
}

static void cmd_geoadd(struct call *c) {
    struct geoadd_options o = {0};
    struct key            k;
    uint64_t              added = 0, updated = 0;
    if (!geoadd_parse(c, &o) || !call_write(c, 1, VAL_ZSET, &k)) return;
    if (k.entry == NULL && (o.flags & ZSET_XX)) {
        reply_int(c->reply, 0);
        return;
    }
    struct type_env env = call_env(c);
    if (k.entry == NULL) key_create(c, &k, zset_new(&env, call_args_longest(c, o.first + 2, 3)));
    for (uint32_t i = o.first; i < c->argc; i += 3) {
        struct geo_point p;
        bool             good = geo_arg_point(c, i, &p);
        ASSERT(good); /* geoadd_parse has read it */
        double           score = (double)geohash_encode(p);
        enum zset_result r = zset_add(&k.v, &env, &score, c->argv[i + 2], o.flags);
        added += r == ZSET_ADDED;
        updated += r == ZSET_UPDATED;
    }
    key_commit(c, &k, added + updated);
    reply_uint(c->reply, added + (o.ch ? updated : 0));
}

/* --- Reading ----------------------------------------------------------------------------------- */

static bool member_point(const struct key *k, struct slice member, struct geo_point *out) {
    double score;
    if (k->entry == NULL || !zset_score(&k->v, member, &score)) return false;
    *out = geohash_decode_score(score);
    return true;
}

static void cmd_geodist(struct call *c) {
    struct key       k;
    struct geo_point a, b;
    double           unit_m = 1;
    if (c->argc > 5) {
        call_syntax_error(c);
        return;
    }
    if (c->argc == 5 && !geo_arg_unit(c, 4, &unit_m)) return;
    if (!call_read(c, 1, VAL_ZSET, &k)) return;
    if (member_point(&k, c->argv[2], &a) && member_point(&k, c->argv[3], &b)) {
        geo_reply_distance(c->reply, geo_distance_m(a, b) / unit_m);
    } else {
        reply_null(c->reply);
    }
}

static void cmd_geohash(struct call *c) {
    struct key       k;
    struct geo_point p;
    char             text[GEO_TEXT_LEN + 1];
    if (!call_read(c, 1, VAL_ZSET, &k)) return;
    reply_array(c->reply, c->argc - 2);
    for (uint32_t i = 2; i < c->argc; i++) {
        if (member_point(&k, c->argv[i], &p)) {
            geohash_text(p, text);
            reply_bulk_str(c->reply, text);
        } else {
            reply_null(c->reply);
        }
    }
}

static void cmd_geopos(struct call *c) {
    struct key       k;
    struct geo_point p;
    if (!call_read(c, 1, VAL_ZSET, &k)) return;
    reply_array(c->reply, c->argc - 2);
    for (uint32_t i = 2; i < c->argc; i++) {
        if (member_point(&k, c->argv[i], &p)) geo_reply_point(c->reply, p);
        else reply_null_array(c->reply);
    }
}

#define SEARCH_COMPLEXITY                                                                          \
    "O(N+log(M)), N = members in the cells around the shape, M = members of the set"
#define WHERE                                                                                      \
    "<FROMMEMBER member | FROMLONLAT longitude latitude> "                                         \
    "<BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> "                \
    "[ASC | DESC] [COUNT count [ANY]]"
#define RADIUS "radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]"
#define STORE " [STORE key | STOREDIST key]"
#define UNITS_HISTORY "7.0.0=Added support for uppercase unit names."
#define ANY_HISTORY   "6.2.0=Added the `ANY` option for `COUNT`."

const struct command geo_commands[] = {
    { .name = "geoadd", .handler = cmd_geoadd, .arity = -5, .group = GROUP_GEO,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_GEO,
      .keys = KEYS(1, 0, 1, KEY_RW | KEY_UPDATE),
      .syntax = "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
      .since = "3.2.0", .complexity = "O(log(N)) for each place, N = members of the set",
      .summary = "Adds places to a geo set. Makes the key if there is none.",
      .history = "6.2.0=Added the `CH`, `NX` and `XX` options." },
    { .name = "geodist", .handler = cmd_geodist, .arity = -4, .group = GROUP_GEO,
      .flags = CMD_READONLY, .acl = ACL_GEO, .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key member1 member2 [M | KM | FT | MI]", .since = "3.2.0", .complexity = "O(1)",
      .summary = "Returns the distance between two members of a geo set." },
    { .name = "geohash", .handler = cmd_geohash, .arity = -2, .group = GROUP_GEO,
      .flags = CMD_READONLY, .acl = ACL_GEO, .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key [member [member ...]]", .since = "3.2.0",
      .complexity = "O(1) for each member",
      .summary = "Returns members' places as standard geohash strings." },
    { .name = "geopos", .handler = cmd_geopos, .arity = -2, .group = GROUP_GEO,
      .flags = CMD_READONLY, .acl = ACL_GEO, .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key [member [member ...]]", .since = "3.2.0",
      .complexity = "O(1) for each member",
      .summary = "Returns members' longitudes and latitudes." },
    { .name = "geosearch", .handler = cmd_geosearch, .arity = -7, .group = GROUP_GEO,
      .flags = CMD_READONLY, .acl = ACL_GEO, .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key " WHERE " [WITHCOORD] [WITHDIST] [WITHHASH]", .since = "6.2.0",
      .complexity = SEARCH_COMPLEXITY,
      .summary = "Finds the members of a geo set inside a circle or a box.",
      .history = UNITS_HISTORY },
    { .name = "geosearchstore", .handler = cmd_geosearchstore, .arity = -8, .group = GROUP_GEO,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_GEO,
      .keys = {{ .flags = KEY_OW | KEY_UPDATE, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_RO | KEY_ACCESS, .first = 2, .last = 0, .step = 1 }},
      .syntax = "destination source " WHERE " [STOREDIST]", .since = "6.2.0",
      .complexity = SEARCH_COMPLEXITY,
      .summary = "Finds the members of a geo set inside a circle or a box and stores them.",
      .history = UNITS_HISTORY },
    { .name = "georadius", .handler = cmd_georadius, .arity = -6, .group = GROUP_GEO,
      .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_GEO, .find_keys = georadius_keys,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_OW | KEY_UPDATE, .first = 6, .last = 0, .step = 1, .keyword = "STORE" },
               { .flags = KEY_OW | KEY_UPDATE, .first = 6, .last = 0, .step = 1, .keyword = "STOREDIST" }},
      .syntax = "key longitude latitude " RADIUS STORE, .since = "3.2.0",
      .complexity = SEARCH_COMPLEXITY,
      .summary = "Finds the members of a geo set near a place, and may store them.",
      .deprecated_since = "6.2.0",
      .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
      .history = ANY_HISTORY ";" UNITS_HISTORY },
    { .name = "georadius_ro", .handler = cmd_georadius_ro, .arity = -6, .group = GROUP_GEO,
      .flags = CMD_READONLY, .acl = ACL_GEO, .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS),
      .syntax = "key longitude latitude " RADIUS, .since = "3.2.10",
      .complexity = SEARCH_COMPLEXITY,
      .summary = "Finds the members of a geo set near a place.", .deprecated_since = "6.2.0",
      .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument", .history = ANY_HISTORY },
    { .name = "georadiusbymember", .handler = cmd_georadiusbymember, .arity = -5,
      .group = GROUP_GEO, .flags = CMD_WRITE | CMD_DENYOOM, .acl = ACL_GEO,
      .find_keys = georadius_keys,
      .keys = {{ .flags = KEY_RO | KEY_ACCESS, .first = 1, .last = 0, .step = 1 },
               { .flags = KEY_OW | KEY_UPDATE, .first = 5, .last = 0, .step = 1, .keyword = "STORE" },
               { .flags = KEY_OW | KEY_UPDATE, .first = 5, .last = 0, .step = 1, .keyword = "STOREDIST" }},
      .syntax = "key member " RADIUS STORE, .since = "3.2.0", .complexity = SEARCH_COMPLEXITY,
      .summary = "Finds the members of a geo set near one of them, and may store them.",
      .deprecated_since = "6.2.0",
      .replaced_by =
          "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
      .history = ANY_HISTORY ";" UNITS_HISTORY },
    { .name = "georadiusbymember_ro", .handler = cmd_georadiusbymember_ro, .arity = -5,
      .group = GROUP_GEO, .flags = CMD_READONLY, .acl = ACL_GEO,
      .keys = KEYS(1, 0, 1, KEY_RO | KEY_ACCESS), .syntax = "key member " RADIUS,
      .since = "3.2.10", .complexity = SEARCH_COMPLEXITY,
      .summary = "Finds the members of a geo set near one of them.", .deprecated_since = "6.2.0",
      .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments" },
    { 0 },
};
