/* geohash.c: places on the globe as integers whose order keeps neighbours together.
 *
 * The order in which cells are looked at decides what COUNT n ANY finds and how unsorted results
 * come, so it is Redis's: the centre, north, south, east, west, then the corners; and so are the rules
 * for the step and for leaving out cells on whose side the shape does not reach over the centre's.
 *
 * Known weakness, Redis's too: near the poles and for shapes of thousands of kilometres nine cells
 * may not cover all of the shape. Start reading at geo_cover(). */
#include "server/ds/geohash.h"

#include <math.h>
#include <string.h>

#define EARTH_RADIUS_M 6372797.560856
#define MERCATOR_MAX_M 20037726.37
#define DEGREE         (M_PI / 180.0)

/* --- Interleaving ---------------------------------------------------------------------------- */

/* A zero behind each bit. */
static uint64_t spread(uint32_t v) {
    uint64_t w = v;
    w = (w | w << 16) & 0x0000ffff0000ffffu;
    w = (w | w << 8) & 0x00ff00ff00ff00ffu;
    w = (w | w << 4) & 0x0f0f0f0f0f0f0f0fu;
    w = (w | w << 2) & 0x3333333333333333u;
    return (w | w << 1) & 0x5555555555555555u;
}

static uint32_t gather(uint64_t w) {
    w &= 0x5555555555555555u;
    w = (w | w >> 1) & 0x3333333333333333u;
    w = (w | w >> 2) & 0x0f0f0f0f0f0f0f0fu;
    w = (w | w >> 4) & 0x00ff00ff00ff00ffu;
    w = (w | w >> 8) & 0x0000ffff0000ffffu;
    return (uint32_t)(w | w >> 16);
}

static uint64_t interleave(uint32_t row, uint32_t column) {
    return spread(row) | spread(column) << 1;
}

/* --- Points ---------------------------------------------------------------------------------- */

static uint64_t encode(struct geo_point p, double lat_max, unsigned step) {
    double row = (p.lat + lat_max) / (lat_max + lat_max);
    double column = (p.lon + GEO_LON_MAX) / (GEO_LON_MAX + GEO_LON_MAX);
    double size = (double)(1u << step);
    return interleave((uint32_t)(row * size), (uint32_t)(column * size));
}

struct area { double lon_min, lon_max, lat_min, lat_max; };

static struct area area_of(struct geo_cell c) {
    double   size = (double)(1u << c.step);
    uint32_t row = gather(c.bits), column = gather(c.bits >> 1);
    return (struct area){
        .lon_min = -GEO_LON_MAX + column / size * (GEO_LON_MAX + GEO_LON_MAX),
        .lon_max = -GEO_LON_MAX + (column + 1.0) / size * (GEO_LON_MAX + GEO_LON_MAX),
        .lat_min = -GEO_LAT_MAX + row / size * (GEO_LAT_MAX + GEO_LAT_MAX),
        .lat_max = -GEO_LAT_MAX + (row + 1.0) / size * (GEO_LAT_MAX + GEO_LAT_MAX),
    };
}

static double within(double v, double limit) { return v > limit ? limit : v < -limit ? -limit : v; }

uint64_t geohash_encode(struct geo_point p) { return encode(p, GEO_LAT_MAX, GEO_STEP_MAX); }

struct geo_point geohash_decode(uint64_t bits) {
    struct area a = area_of((struct geo_cell){bits, GEO_STEP_MAX});
    return (struct geo_point){within((a.lon_min + a.lon_max) / 2, GEO_LON_MAX),
                              within((a.lat_min + a.lat_max) / 2, GEO_LAT_MAX)};
}

/* Scores that no place has come out as they do where such a conversion is left to an x86. */
struct geo_point geohash_decode_score(double score) {
    uint64_t bits = 0;
    if (score >= 0 && score < 0x1p64) bits = (uint64_t)score;
    else if (score < 0) bits = score >= -0x1p63 ? (uint64_t)(int64_t)score : (uint64_t)1 << 63;
    return geohash_decode(bits);
}

/* 52 bits are ten letters and two bits more, for which a 0 is written. */
void geohash_text(struct geo_point p, char out[GEO_TEXT_LEN + 1]) {
    static const char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    uint64_t          bits = encode(p, 90.0, GEO_STEP_MAX);
    for (unsigned i = 0; i + 1 < GEO_TEXT_LEN; i++) out[i] = letters[bits >> (47 - 5 * i) & 31];
    memcpy(out + GEO_TEXT_LEN - 1, "0", 2);
}

/* --- Distances ------------------------------------------------------------------------------- */

static double meridian_m(double lat1, double lat2) {
    return EARTH_RADIUS_M * fabs(lat2 * DEGREE - lat1 * DEGREE);
}

double geo_distance_m(struct geo_point a, struct geo_point b) {
    double lat1 = a.lat * DEGREE, lat2 = b.lat * DEGREE;
    double v = sin((b.lon * DEGREE - a.lon * DEGREE) / 2);
    if (v == 0.0) return meridian_m(a.lat, b.lat);
    double u = sin((lat2 - lat1) / 2);
    return 2.0 * EARTH_RADIUS_M * asin(sqrt(u * u + cos(lat1) * cos(lat2) * v * v));
}

bool geo_inside(const struct geo_shape *s, struct geo_point p, double *distance_m) {
    if (!s->is_box) {
        *distance_m = geo_distance_m(s->at, p);
        return !(*distance_m > s->radius * s->unit_m);
    }
    struct geo_point same_lat = {s->at.lon, p.lat};
    if (meridian_m(p.lat, s->at.lat) > s->height * s->unit_m / 2) return false;
    if (geo_distance_m(p, same_lat) > s->width * s->unit_m / 2) return false;
    *distance_m = geo_distance_m(s->at, p);
    return true;
}

/* --- Covering a shape ------------------------------------------------------------------------ */

/* The box of longitudes and latitudes around a shape: widest on the side of the pole. */
static struct area bounds_of(const struct geo_shape *s) {
    double height = s->unit_m * (s->is_box ? s->height / 2 : s->radius);
    double width = s->unit_m * (s->is_box ? s->width / 2 : s->radius);
    double lat_delta = height / EARTH_RADIUS_M / DEGREE;
    double widest = s->at.lat < 0 ? s->at.lat - lat_delta : s->at.lat + lat_delta;
    double lon_delta = width / EARTH_RADIUS_M / cos(widest * DEGREE) / DEGREE;
    return (struct area){s->at.lon - lon_delta, s->at.lon + lon_delta, s->at.lat - lat_delta,
                         s->at.lat + lat_delta};
}

/* The finest step at which a cell is as large as the shape, or nearly. */
static unsigned step_for(double range_m, double lat) {
    int step = 1;
    if (range_m == 0) return GEO_STEP_MAX;
    for (; range_m < MERCATOR_MAX_M; range_m *= 2) step++;
    step -= 2;
    if (lat > 66 || lat < -66) step--; /* degrees of longitude are short there */
    if (lat > 80 || lat < -80) step--;
    return step < 1 ? 1 : step > GEO_STEP_MAX ? GEO_STEP_MAX : (unsigned)step;
}

/* The cell next to c; the grid is round both ways. What does not move keeps all of its bits. */
static struct geo_cell neighbour(struct geo_cell c, int north, int east) {
    uint32_t mask = (uint32_t)((1ull << c.step) - 1), row = gather(c.bits), column = gather(c.bits >> 1);
    if (north != 0) row = (row + (uint32_t)north) & mask;
    if (east != 0) column = (column + (uint32_t)east) & mask;
    return (struct geo_cell){interleave(row, column), c.step};
}

static struct geo_cell centre_at(const struct geo_shape *s, unsigned step) {
    return (struct geo_cell){encode(s->at, GEO_LAT_MAX, step), step};
}

/* The shape reaches beyond the cells on some side. */
static bool too_small(struct geo_cell c, const struct area *b) {
    return area_of(neighbour(c, 1, 0)).lat_max < b->lat_max ||
           area_of(neighbour(c, -1, 0)).lat_min > b->lat_min ||
           area_of(neighbour(c, 0, 1)).lon_max < b->lon_max ||
           area_of(neighbour(c, 0, -1)).lon_min > b->lon_min;
}

unsigned geo_cover(const struct geo_shape *s, struct geo_cell out[GEO_CELLS]) {
    static const struct { int8_t north, east; } order[GEO_CELLS] = {
        {0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
    struct area b = bounds_of(s);
    double      corner = sqrt(s->width / 2 * (s->width / 2) + s->height / 2 * (s->height / 2));
    double      range_m = (s->is_box ? corner : s->radius) * s->unit_m;
    unsigned    step = step_for(range_m, s->at.lat), n = 0;
    if (step > 1 && too_small(centre_at(s, step), &b)) step--;

    struct geo_cell centre = centre_at(s, step);
    struct area     a = area_of(centre);
    for (unsigned i = 0; i < GEO_CELLS; i++) {
        int  north = order[i].north, east = order[i].east;
        bool useless = (north < 0 && a.lat_min < b.lat_min) || (north > 0 && a.lat_max > b.lat_max) ||
                       (east < 0 && a.lon_min < b.lon_min) || (east > 0 && a.lon_max > b.lon_max);
        if (step >= 2 && useless) continue;
        struct geo_cell c = neighbour(centre, north, east);
        if (n > 1 && c.bits == out[n - 1].bits) continue; /* round the globe, back again */
        out[n++] = c;
    }
    return n;
}

void geo_cell_range(struct geo_cell c, double *from, double *to) {
    unsigned shift = 2 * (GEO_STEP_MAX - c.step);
    *from = (double)(c.bits << shift);
    *to = (double)((c.bits + 1) << shift);
}
