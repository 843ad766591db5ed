/* glob.c: matching by greedy stars.
 *
 * Every part of a pattern but the star takes exactly one byte, so it is enough to remember the last
 * star: if the rest fails, that star takes one byte more. Earlier stars never need to grow, because
 * the parts between them and the last star have already matched as early as they can. That makes it
 * a loop without recursion or exponential cases.
 *
 * Quirks of Redis are kept: classes compare signed bytes, "[" at the end matches nothing, "[^" at
 * the end any byte, a lone backslash at the end itself, and the empty text only fits the empty
 * pattern.
 *
 * Start reading at glob_match(). */
#include "server/ds/glob.h"

static inline int fold(char c, bool nocase) {
    return nocase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* The class behind the '[' at p against c. *p goes to the ']' that closes it or to the end. */
static bool class_match(const char **p, const char *end, char c, bool nocase) {
    const char *q = *p + 1;
    bool        negate = q < end && *q == '^', match = false;
    if (negate) q++;
    for (; q < end && *q != ']'; q++) {
        if (*q == '\\' && end - q >= 2) {
            if (*++q == c) match = true;
        } else if (end - q >= 3 && q[1] == '-') {
            int low = q[0], high = q[2], at = fold(c, nocase);
            if (low > high) {
                int swap = low;
                low = high;
                high = swap;
            }
            if (at >= fold((char)low, nocase) && at <= fold((char)high, nocase)) match = true;
            q += 2;
        } else if (fold(*q, nocase) == fold(c, nocase)) {
            match = true;
        }
    }
    *p = q;
    return match != negate;
}

/* One part that is not a star against c; *p goes behind it. */
static bool part_match(const char **p, const char *end, char c, bool nocase) {
    const char *q = *p;
    bool        match;
    if (*q == '?') {
        match = true;
    } else if (*q == '[') {
        match = class_match(&q, end, c, nocase);
        if (q == end) q--; /* not closed */
    } else {
        if (*q == '\\' && end - q >= 2) q++;
        match = fold(*q, nocase) == fold(c, nocase);
    }
    *p = q + 1;
    return match;
}

bool glob_match(struct slice pattern, struct slice text, bool nocase) {
    const char *p = pattern.p, *p_end = pattern.p + pattern.len;
    const char *t = text.p, *t_end = text.p + text.len;
    const char *star = NULL, *star_text = NULL; /* behind the last star; not taken by it */

    if (text.len == 0) return pattern.len == 0;
    while (t < t_end) {
        if (p < p_end && *p == '*') {
            star = ++p;
            star_text = t;
            if (p == p_end) return true;
        } else if (p < p_end && part_match(&p, p_end, *t, nocase)) {
            t++;
        } else if (star != NULL) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < p_end && *p == '*') p++;
    return p == p_end;
}
