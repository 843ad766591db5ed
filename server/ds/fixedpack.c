/* fixedpack.c: strings of one length, one behind the other.
 *
 * Start reading at fixedpack_find(), the one loop that is worth one. */
#include "server/ds/fixedpack.h"

#include "alloc/assert.h"

static inline uint64_t load_u64(const void *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Likes begin alike more often than they end alike ("user:1001", "user:1002"), so an element is
 * passed over by its end: by its last eight bytes, where it has so many. */
unsigned char *fixedpack_find(struct fixedpack f, const unsigned char *p, struct slice s) {
    const unsigned char *end = f.at + f.count * f.width;
    if (s.len != f.width) return NULL;
    if (s.len < sizeof(uint64_t)) {
        unsigned char last = (unsigned char)s.p[s.len - 1];
        for (; p != end; p += s.len)
            if (p[s.len - 1] == last && memcmp(p, s.p, s.len) == 0)
                return (unsigned char *)(uintptr_t)p;
        return NULL;
    }
    size_t   rest = s.len - sizeof(uint64_t);
    uint64_t last = load_u64(s.p + rest);
    for (; p != end; p += s.len)
        if (load_u64(p + rest) == last && memcmp(p, s.p, rest) == 0)
            return (unsigned char *)(uintptr_t)p;
    return NULL;
}

void fixedpack_to_listpack(struct fixedpack f, unsigned char *lp) {
    lp_write_strings(lp, f.at, f.width, f.count);
}

size_t fixedpack_width_of(const unsigned char *lp) {
    size_t width = 0;
    for (const unsigned char *p = lp_first(lp); p != NULL;) {
        struct lp_item it;
        p = lp_get_next(p, &it);
        if (it.is_int || !fixedpack_holds(it.s)) return 0;
        if (width != 0 && it.s.len != width) return 0;
        width = it.s.len;
    }
    return width;
}

void fixedpack_from_listpack(unsigned char *at, const unsigned char *lp) {
    for (const unsigned char *p = lp_first(lp); p != NULL;) {
        struct lp_item it;
        p = lp_get_next(p, &it);
        memcpy(at, it.s.p, it.s.len);
        at += it.s.len;
    }
}

bool fixedpack_check(struct fixedpack f) {
    ASSERT(f.count > 0 && f.width > 0 && f.width <= FIXEDPACK_WIDTH_MAX);
    for (size_t i = 0; i < f.count; i++)
        ASSERT(fixedpack_holds(slice_of((const char *)f.at + i * f.width, f.width)));
    return true;
}
