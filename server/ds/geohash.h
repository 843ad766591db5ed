/* geohash.h: places on the globe as integers whose order keeps neighbours together.
 *
 * A place is a cell of a grid of 2^step columns and rows over longitudes -180 to 180 and latitudes
 * -85.05 to 85.05 (Web Mercator's); its number takes the bits of row and column in turn, column
 * first. At step 26 that is 52 bits, which a double holds: the score of a geo set. Cells of a lower
 * step are ranges of such numbers. A search looks at the cell of its centre and the eight around it,
 * at the step where these are sure to cover the shape.
 *
 * Numbers, order of cells and distances (a sphere, haversine) are Redis's. Pure functions. */
#ifndef ASHLAR_SERVER_DS_GEOHASH_H
#define ASHLAR_SERVER_DS_GEOHASH_H

#include <stdbool.h>
#include <stdint.h>

#define GEO_STEP_MAX 26
#define GEO_LON_MAX  180.0
#define GEO_LAT_MAX  85.05112878
#define GEO_TEXT_LEN 11
#define GEO_CELLS    9

struct geo_point { double lon, lat; };

static inline bool geo_point_valid(struct geo_point p) {
    return p.lon >= -GEO_LON_MAX && p.lon <= GEO_LON_MAX && p.lat >= -GEO_LAT_MAX &&
           p.lat <= GEO_LAT_MAX;
}
/* The 52 bits of a valid point, and the middle of such a cell. */
uint64_t         geohash_encode(struct geo_point p);
struct geo_point geohash_decode(uint64_t bits);
/* The same from a score, which may be any double but NaN. */
struct geo_point geohash_decode_score(double score);
/* The standard geohash text (latitudes up to 90), NUL-terminated. */
void             geohash_text(struct geo_point p, char out[GEO_TEXT_LEN + 1]);

double geo_distance_m(struct geo_point a, struct geo_point b);

struct geo_shape {
    struct geo_point at;
    bool             is_box;
    double           radius;        /* in units of unit_m metres, as are width and height */
    double           width, height; /* of a box */
    double           unit_m;
};
/* *distance_m: from the shape's centre, set when inside. */
bool geo_inside(const struct geo_shape *shape, struct geo_point p, double *distance_m);

struct geo_cell { uint64_t bits; unsigned step; };
/* The cells to look at, in order; returns how many. No cell comes twice in a row. */
unsigned geo_cover(const struct geo_shape *shape, struct geo_cell out[GEO_CELLS]);
/* Scores [*from, *to) lie in the cell. */
void     geo_cell_range(struct geo_cell cell, double *from, double *to);

#endif
