/* geohash_test.c: known places, round trips, and shapes whose cells must hold all that is inside. */
#include "server/ds/geohash.h"

#include "server/ds/rand.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct rand rnd;

static double uniform(double from, double to) {
    return from + (to - from) * ((double)(rand_next(&rnd) >> 11) * 0x1p-53);
}

/* Scores, texts and distance as redis-server 7.0.15 has them. */
static void known_places(void **state) {
    struct geo_point palermo = {13.361389, 38.115556}, catania = {15.087269, 37.502669};
    char             text[GEO_TEXT_LEN + 1];
    (void)state;
    assert_int_equal(geohash_encode(palermo), 3479099956230698u);
    assert_int_equal(geohash_encode(catania), 3479447370796909u);
    struct geo_point p = geohash_decode(3479099956230698u), c = geohash_decode(3479447370796909u);
    geohash_text(p, text);
    assert_string_equal(text, "sqc8b49rny0");
    geohash_text(c, text);
    assert_string_equal(text, "sqdtr74hyu0");
    assert_true(fabs(geo_distance_m(p, c) - 166274.1516) < 0.0001);
    assert_true(geo_distance_m(p, p) == 0);
}

static void there_and_back(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct geo_point p = {uniform(-180, 180), uniform(-GEO_LAT_MAX, GEO_LAT_MAX)};
        uint64_t         bits = geohash_encode(p);
        struct geo_point q = geohash_decode(bits);
        assert_true(bits < (uint64_t)1 << 52 && geo_point_valid(q));
        assert_true(fabs(p.lon - q.lon) < 3e-6 && fabs(p.lat - q.lat) < 3e-6);
        assert_int_equal(geohash_encode(q), bits);
    }
}

/* Any double is some place. */
static void odd_scores(void **state) {
    static const double scores[] = {0, -0.5, -1, 0.5, 1e300, -1e300, INFINITY, -INFINITY, 0x1p52, 0x1p63, 0x1p64, -0x1p63};
    (void)state;
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
        assert_true(geo_point_valid(geohash_decode_score(scores[i])));
}

static bool covered(const struct geo_cell *cell, unsigned n, struct geo_point p) {
    double score = (double)geohash_encode(p), from, to;
    for (unsigned i = 0; i < n; i++) {
        geo_cell_range(cell[i], &from, &to);
        if (score >= from && score < to) return true;
    }
    return false;
}

static void cells_cover_the_shape(void **state) {
    (void)state;
    unsigned inside = 0;
    for (int round = 0; round < 2000; round++) {
        struct geo_shape s = {.at = {uniform(-150, 150), uniform(-60, 60)}, .is_box = round % 2, .unit_m = 1};
        double           reach = pow(10, uniform(0, 5.7)), degrees = reach / 50000;
        struct geo_cell  cell[GEO_CELLS];
        s.radius = reach;
        s.width = uniform(0, 2 * reach);
        s.height = uniform(0, 2 * reach);
        unsigned n = geo_cover(&s, cell);
        assert_in_range(n, 1, GEO_CELLS);
        for (int i = 0; i < 100; i++) {
            struct geo_point p = {uniform(s.at.lon - degrees, s.at.lon + degrees),
                                  uniform(s.at.lat - degrees, s.at.lat + degrees)};
            double           distance;
            if (!geo_point_valid(p) || !geo_inside(&s, p, &distance)) continue;
            assert_true(covered(cell, n, p));
            inside++;
        }
    }
    assert_true(inside > 5000);
}

/* Round the globe and beyond: numbers stay numbers. */
static void extreme_shapes(void **state) {
    static const double sizes[] = {0, 1e-300, 1, 2e7, 1e10, 1e300, INFINITY};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int round = 0; round < 100; round++) {
            struct geo_cell  cell[GEO_CELLS];
            struct geo_shape s = {.at = {uniform(-180, 180), uniform(-GEO_LAT_MAX, GEO_LAT_MAX)}, .is_box = round % 2,
                                  .radius = sizes[i], .width = sizes[i], .height = sizes[i], .unit_m = 1};
            if (round < 4) s.at = (struct geo_point){round & 1 ? 180 : -180, round & 2 ? GEO_LAT_MAX : -GEO_LAT_MAX};
            unsigned n = geo_cover(&s, cell);
            assert_in_range(n, 1, GEO_CELLS);
            for (unsigned k = 0; k < n; k++) assert_in_range(cell[k].step, 1, GEO_STEP_MAX);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_places), cmocka_unit_test(there_and_back), cmocka_unit_test(odd_scores),
        cmocka_unit_test(cells_cover_the_shape), cmocka_unit_test(extreme_shapes),
    };
    rand_seed(&rnd, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
