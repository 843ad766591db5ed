/* geo_search.c: members of a geo set inside a circle or a box, and what is told or stored of them.
 *
 * The five commands differ in where the shape comes from and which options they take (struct form);
 * from there on they are one. A member found is borrowed from the set: nothing changes before all is
 * sorted and sent, or put into a set of its own that then takes the destination's place.
 *
 * The source is looked up before the options are read, as in Redis, since FROMMEMBER needs it; without
 * a source the options are still read, because what is answered depends on them.
 *
 * Start reading at search(). */
#include "server/commands/geo_search.h"

#include <stdlib.h>

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/commands/element.h"
#include "server/commands/errors.h"
#include "server/types/zset.h"

/* --- What the geo commands share --------------------------------------------------------------- */

bool geo_arg_point(struct call *c, uint32_t i, struct geo_point *out) {
    if (!call_arg_double(c, i, &out->lon) || !call_arg_double(c, i + 1, &out->lat)) return false;
    if (geo_point_valid(*out)) return true;
    reply_errorf(c->reply, "ERR invalid longitude,latitude pair %f,%f", out->lon, out->lat);
    return false;
}

bool geo_arg_unit(struct call *c, uint32_t i, double *out_m) {
    static const struct { const char *word; double metres; } units[] = {
        {"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (size_t n = 0; n < sizeof units / sizeof *units; n++) {
        if (!call_arg_is(c, i, units[n].word)) continue;
        *out_m = units[n].metres;
        return true;
    }
    reply_error(c->reply, ERR_GEO_UNIT);
    return false;
}

void geo_reply_distance(struct reply *r, double distance) { reply_bulkf(r, "%.4f", distance); }

void geo_reply_point(struct reply *r, struct geo_point p) {
    reply_array(r, 2);
    reply_ldouble(r, p.lon);
    reply_ldouble(r, p.lat);
}

/* --- Arguments --------------------------------------------------------------------------------- */

enum centre { FROM_OPTIONS, FROM_POINT, FROM_MEMBER };

struct form {
    enum centre centre;
    uint32_t    key;     /* argument index of the set */
    uint32_t    options; /* and of the first option */
    bool        stores;  /* argv[1] is the destination */
    bool        may_store;
};

struct query {
    struct geo_shape shape;
    uint32_t         store_at; /* argument index of the destination; 0: none */
    int64_t          count;    /* 0: all */
    bool             any, ascending, descending;
    bool             with_distance, with_hash, with_point, store_distance;
    bool             from_member, from_point, by_radius, by_box; /* GEOSEARCH's */
};

static bool number(struct call *c, uint32_t i, double *out, const char *error) {
    if (num_parse_double(c->argv[i], out)) return true;
    reply_error(c->reply, error);
    return false;
}

/* radius unit */
static bool parse_radius(struct call *c, uint32_t i, struct geo_shape *s) {
    if (!number(c, i, &s->radius, "ERR need numeric radius")) return false;
    if (s->radius < 0) {
        reply_error(c->reply, "ERR radius cannot be negative");
        return false;
    }
    s->is_box = false;
    return geo_arg_unit(c, i + 1, &s->unit_m);
}

/* width height unit */
static bool parse_box(struct call *c, uint32_t i, struct geo_shape *s) {
    if (!number(c, i, &s->width, "ERR need numeric width")) return false;
    if (!number(c, i + 1, &s->height, "ERR need numeric height")) return false;
    if (s->width < 0 || s->height < 0) {
        reply_error(c->reply, "ERR height or width cannot be negative");
        return false;
    }
    s->is_box = true;
    return geo_arg_unit(c, i + 2, &s->unit_m);
}

/* The member's place. Without a set there is nothing to look up. */
static bool parse_member(struct call *c, uint32_t i, const struct key *src, struct geo_shape *s) {
    double score;
    if (src->entry == NULL) return true;
    if (zset_score(&src->v, c->argv[i], &score)) {
        s->at = geohash_decode_score(score);
        return true;
    }
    reply_error(c->reply, ERR_GEO_MEMBER);
    return false;
}

/* What stands in front of the options. */
static bool parse_centre(struct call *c, const struct form *f, const struct key *src,
                         struct query *q) {
    if (f->centre == FROM_POINT)
        return geo_arg_point(c, 2, &q->shape.at) && parse_radius(c, 4, &q->shape);
    if (f->centre == FROM_MEMBER && src->entry != NULL)
        return parse_member(c, 2, src, &q->shape) && parse_radius(c, 3, &q->shape);
    return true;
}

static bool parse_count(struct call *c, uint32_t i, struct query *q) {
    if (!call_arg_i64(c, i, &q->count)) return false;
    if (q->count > 0) return true;
    reply_error(c->reply, "ERR COUNT must be > 0");
    return false;
}

/* GEOSEARCH's options that say where. *used: arguments behind the word; 0: it is none of them. */
static bool parse_where(struct call *c, uint32_t i, const struct key *src, struct query *q,
                        uint32_t *used) {
    uint32_t left = c->argc - i - 1;
    *used = 0;
    if (call_arg_is(c, i, "frommember") && left >= 1 && !q->from_point) {
        q->from_member = true;
        *used = 1;
        return parse_member(c, i + 1, src, &q->shape);
    }
    if (call_arg_is(c, i, "fromlonlat") && left >= 2 && !q->from_member) {
        q->from_point = true;
        *used = 2;
        return geo_arg_point(c, i + 1, &q->shape.at);
    }
    if (call_arg_is(c, i, "byradius") && left >= 2 && !q->by_box) {
        q->by_radius = true;
        *used = 2;
        return parse_radius(c, i + 1, &q->shape);
    }
    if (call_arg_is(c, i, "bybox") && left >= 3 && !q->by_radius) {
        q->by_box = true;
        *used = 3;
        return parse_box(c, i + 1, &q->shape);
    }
    return true;
}

/* A word that stands alone. */
static bool parse_flag(struct call *c, uint32_t i, const struct form *f, struct query *q) {
    if (call_arg_is(c, i, "withdist")) return q->with_distance = true;
    if (call_arg_is(c, i, "withhash")) return q->with_hash = true;
    if (call_arg_is(c, i, "withcoord")) return q->with_point = true;
    if (call_arg_is(c, i, "any")) return q->any = true;
    if (call_arg_is(c, i, "asc")) return q->descending = false, q->ascending = true;
    if (call_arg_is(c, i, "desc")) return q->ascending = false, q->descending = true;
    if (f->stores && call_arg_is(c, i, "storedist")) return q->store_distance = true;
    return false;
}

static bool parse_options(struct call *c, const struct form *f, const struct key *src,
                          struct query *q) {
    uint32_t used;
    for (uint32_t i = f->options; i < c->argc; i += used + 1) {
        bool more = i + 1 < c->argc, distance = call_arg_is(c, i, "storedist");
        used = 0;
        if (parse_flag(c, i, f, q)) continue;
        if (call_arg_is(c, i, "count") && more) {
            used = 1;
            if (!parse_count(c, i + 1, q)) return false;
        } else if (f->may_store && more && (distance || call_arg_is(c, i, "store"))) {
            used = 1;
            q->store_at = i + 1;
            q->store_distance = distance;
        } else {
            if (f->centre == FROM_OPTIONS && !parse_where(c, i, src, q, &used)) return false;
            if (used > 0) continue;
            call_syntax_error(c);
            return false;
        }
    }
    return true;
}

static bool check_options(struct call *c, const struct form *f, const struct query *q) {
    int         shown = call_arg_shown(c, 0);
    const char *name = c->argv[0].p;
    if (q->store_at && (q->with_distance || q->with_hash || q->with_point)) {
        reply_errorf(c->reply,
                     "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                     f->stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    } else if (f->centre == FROM_OPTIONS && !q->from_member && !q->from_point) {
        reply_errorf(c->reply,
                     "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s", shown,
                     name);
    } else if (f->centre == FROM_OPTIONS && !q->by_radius && !q->by_box) {
        reply_errorf(c->reply, "ERR exactly one of BYRADIUS and BYBOX can be specified for %.*s",
                     shown, name);
    } else if (q->any && q->count == 0) {
        reply_error(c->reply, "ERR the ANY argument requires COUNT argument");
    } else {
        return true;
    }
    return false;
}

/* --- Searching --------------------------------------------------------------------------------- */

struct found {
    struct element   member; /* borrowed from the set */
    double           score, distance_m;
    struct geo_point at;
};

struct results {
    struct ash_heap *heap;
    struct found    *item;
    size_t           count, room;
};

static void results_add(struct results *r, const struct found *f) {
    if (r->count == r->room) {
        size_t room = r->room == 0 ? 16 : r->room * 2; /* twice the set at most */
        struct found *item = ash_alloc(r->heap, room * sizeof *item);
        if (r->count > 0) memcpy(item, r->item, r->count * sizeof *item);
        if (r->item != NULL) ash_free(r->item, r->room * sizeof *item);
        r->item = item;
        r->room = room;
    }
    r->item[r->count++] = *f;
}

static void results_fini(struct results *r) {
    if (r->item != NULL) ash_free(r->item, r->room * sizeof *r->item);
}

/* limit 0: all that the cell has inside the shape. */
static void search_cell(const struct value *set, const struct geo_shape *shape,
                        struct geo_cell cell, size_t limit, struct results *r) {
    struct zset_score_range range = {.max_open = true};
    struct found            f;
    geo_cell_range(cell, &range.min, &range.max);
    struct zset_cursor at = zset_first_in_score(set, &range, false);
    for (; at.valid; zset_step(&at, false)) {
        zset_peek(&at, &f.member, &f.score);
        if (!zset_score_inside(&range, f.score)) return;
        f.at = geohash_decode_score(f.score);
        if (!geo_inside(shape, f.at, &f.distance_m)) continue;
        results_add(r, &f);
        if (limit > 0 && r->count >= limit) return;
    }
}

static int by_distance(const void *a, const void *b) {
    const struct found *x = a, *y = b;
    return (x->distance_m > y->distance_m) - (x->distance_m < y->distance_m);
}

static int by_distance_down(const void *a, const void *b) { return by_distance(b, a); }

static void find(const struct value *set, const struct query *q, struct results *r) {
    struct geo_cell cell[GEO_CELLS];
    unsigned        cells = geo_cover(&q->shape, cell);
    size_t          limit = q->any ? (size_t)q->count : 0;
    for (unsigned i = 0; i < cells && (limit == 0 || r->count < limit); i++)
        search_cell(set, &q->shape, cell[i], limit, r);
    bool nearest = q->count > 0 && !q->any && !q->descending; /* the first n mean the nearest n */
    if (r->count == 0) return;
    if (q->descending) qsort(r->item, r->count, sizeof *r->item, by_distance_down);
    else if (q->ascending || nearest) qsort(r->item, r->count, sizeof *r->item, by_distance);
    if (q->count > 0 && r->count > (size_t)q->count) r->count = (size_t)q->count;
}

/* --- Answering --------------------------------------------------------------------------------- */

static void reply_results(struct call *c, const struct query *q, const struct results *r) {
    size_t with = (size_t)q->with_distance + q->with_hash + q->with_point;
    reply_array(c->reply, r->count);
    for (size_t i = 0; i < r->count; i++) {
        const struct found *f = &r->item[i];
        if (with > 0) reply_array(c->reply, with + 1);
        reply_element(c->reply, &f->member);
        if (q->with_distance) geo_reply_distance(c->reply, f->distance_m / q->shape.unit_m);
        if (q->with_hash) reply_int(c->reply, (int64_t)f->score);
        if (q->with_point) geo_reply_point(c->reply, f->at);
    }
}

static struct value results_as_set(struct call *c, const struct query *q,
                                   const struct results *r) {
    struct type_env env = call_env(c);
    char            scratch[ELEMENT_TEXT_MAX];
    size_t          longest = 0;
    for (size_t i = 0; i < r->count; i++) {
        size_t len = element_text(&r->item[i].member, scratch).len;
        if (len > longest) longest = len;
    }
    struct value set = zset_new(&env, longest);
    for (size_t i = 0; i < r->count; i++) {
        const struct found *f = &r->item[i];
        double score = q->store_distance ? f->distance_m / q->shape.unit_m : f->score;
        zset_add(&set, &env, &score, element_text(&f->member, scratch), 0);
    }
    return set;
}

static void store_results(struct call *c, const struct query *q, const struct results *r) {
    struct key   dst;
    struct value set;
    if (r->count > 0) set = results_as_set(c, q, r);
    call_write(c, q->store_at, VAL_ANY, &dst);
    if (r->count > 0) key_set_value(c, &dst, &set, ENTRY_NO_EXPIRE);
    else if (dst.entry != NULL) key_delete(c, &dst, DISCARD_SERVER);
    reply_uint(c->reply, r->count);
}

static void search(struct call *c, const struct form *f) {
    struct query   q = {.store_at = f->stores ? 1 : 0};
    struct results r = {.heap = c->engine->heaps.clients};
    struct key     src;
    if (!call_read(c, f->key, VAL_ZSET, &src)) return;
    if (!parse_centre(c, f, &src, &q) || !parse_options(c, f, &src, &q)) return;
    if (!check_options(c, f, &q)) return;
    if (src.entry != NULL) find(&src.v, &q, &r);
    if (q.store_at) store_results(c, &q, &r);
    else reply_results(c, &q, &r);
    results_fini(&r);
}

void cmd_geosearch(struct call *c) {
    search(c, &(struct form){.centre = FROM_OPTIONS, .key = 1, .options = 2});
}
void cmd_geosearchstore(struct call *c) {
    search(c, &(struct form){.centre = FROM_OPTIONS, .key = 2, .options = 3, .stores = true});
}
void cmd_georadius(struct call *c) {
    search(c, &(struct form){.centre = FROM_POINT, .key = 1, .options = 6, .may_store = true});
}
void cmd_georadius_ro(struct call *c) {
    search(c, &(struct form){.centre = FROM_POINT, .key = 1, .options = 6});
}
void cmd_georadiusbymember(struct call *c) {
    search(c, &(struct form){.centre = FROM_MEMBER, .key = 1, .options = 5, .may_store = true});
}
void cmd_georadiusbymember_ro(struct call *c) {
    search(c, &(struct form){.centre = FROM_MEMBER, .key = 1, .options = 5});
}

int georadius_keys(const struct slice *argv, uint32_t argc, command_key_fn fn, void *arg) {
    uint32_t stored = 0;
    for (uint32_t i = 5; i + 1 < argc; i++)
        if (slice_eq_nocase(argv[i], "store") || slice_eq_nocase(argv[i], "storedist")) stored = ++i;
    if (fn != NULL) {
        fn(1, KEY_RO | KEY_ACCESS, arg);
        if (stored > 0) fn(stored, KEY_OW | KEY_UPDATE, arg);
    }
    return stored > 0 ? 2 : 1;
}
