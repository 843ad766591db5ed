/* differ_reply.c: do two servers' replies mean the same?
 *
 * Where order is free both sides are sorted (pairs as pairs) and then compared exactly. */
#include "tests/support/differ_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_S  5
#define NEAR_MS 5000

static int order(const struct resp *a, const struct resp *b) {
    if (a->type != b->type) return a->type < b->type ? -1 : 1;
    if (a->null != b->null) return a->null ? -1 : 1;
    size_t shorter = a->len < b->len ? a->len : b->len;
    int by_text = shorter > 0 ? memcmp(a->text, b->text, shorter) : 0;
    if (by_text != 0) return by_text;
    if (a->len != b->len) return a->len < b->len ? -1 : 1;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        int by_item = order(&a->items[i], &b->items[i]);
        if (by_item != 0) return by_item;
    }
    return 0;
}

/* The older server prints a double with 17 digits, the newer with as many as tell it apart. */
static bool same_score(const struct resp *a, const struct resp *b) {
    char   text[64], *end;
    bool   scalars = (a->type == '$' || a->type == ',') && a->type == b->type && a->text != NULL && b->text != NULL;
    double v = scalars && b->len > 0 ? strtod(b->text, &end) : 0;
    if (!scalars || b->len == 0 || end != b->text + b->len) return false;
    snprintf(text, sizeof(text), "%.17g", v);
    return strcmp(text, a->text) == 0;
}

static bool same_with_scores(const struct resp *a, const struct resp *b) {
    if (order(a, b) == 0 || same_score(a, b)) return true;
    if (a->type != b->type || a->count == 0 || a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_with_scores(&a->items[i], &b->items[i])) return false;
    return true;
}

static int order_one(const void *a, const void *b) {
    return order(a, b);
}

static int order_pair(const void *a, const void *b) {
    const struct resp *x = a, *y = b;
    int by_first = order(x, y);
    return by_first != 0 ? by_first : order(x + 1, y + 1);
}

/* RESP3 gives pairs as arrays of two, RESP2 as a flat array: only the flat kind is sorted in twos. */
static void sort_items(struct resp *r, bool pairs) {
    if (r->count < 2) return;
    bool flat = pairs && r->count % 2 == 0 && r->items[0].count == 0;
    qsort(r->items, flat ? r->count / 2 : r->count, sizeof(*r->items) * (flat ? 2 : 1), flat ? order_pair : order_one);
}

static bool near(const struct resp *a, const struct resp *b, long long most) {
    long long low = a->number < b->number ? a->number : b->number;
    long long high = a->number < b->number ? b->number : a->number;
    if (a->type != ':' || b->type != ':' || low < 0) return order(a, b) == 0;
    return high - low <= most;
}

/* One of XINFO GROUPS: all but the number of consumers. */
static bool same_group(const struct resp *a, const struct resp *b) {
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        bool consumers = i > 0 && a->items[i - 1].text != NULL && strcmp(a->items[i - 1].text, "consumers") == 0;
        if (!consumers && order(&a->items[i], &b->items[i]) != 0) return false;
    }
    return true;
}

/* One of XPENDING's list: ID, consumer, idle time, count. */
static bool same_pending(const struct resp *a, const struct resp *b) {
    if (a->count != 4 || b->count != 4) return false;
    return order(&a->items[0], &b->items[0]) == 0 && order(&a->items[1], &b->items[1]) == 0 &&
           near(&a->items[2], &b->items[2], NEAR_MS) && order(&a->items[3], &b->items[3]) == 0;
}

static bool same_each(const struct resp *a, const struct resp *b,
                      bool (*same)(const struct resp *a, const struct resp *b)) {
    if (a->type != b->type || a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same(&a->items[i], &b->items[i])) return false;
    return true;
}

bool differ_same(struct resp *a, struct resp *b, enum compare how, bool scores) {
    if (a->type == '-' || b->type == '-') return order(a, b) == 0;
    switch (how) {
    case COMPARE_EXACT:
    case COMPARE_STRICT: break;
    case COMPARE_SET:
    case COMPARE_PAIRS:
        sort_items(a, how == COMPARE_PAIRS);
        sort_items(b, how == COMPARE_PAIRS);
        break;
    case COMPARE_SCAN:
    case COMPARE_SCAN_PAIRS:
        if (a->count == 2) sort_items(&a->items[1], how == COMPARE_SCAN_PAIRS);
        if (b->count == 2) sort_items(&b->items[1], how == COMPARE_SCAN_PAIRS);
        break;
    case COMPARE_NEAR_S: return near(a, b, NEAR_S);
    case COMPARE_NEAR_MS: return near(a, b, NEAR_MS);
    case COMPARE_GROUPS: return same_each(a, b, same_group);
    case COMPARE_PENDING: return same_each(a, b, same_pending);
    case COMPARE_SHAPE: return a->type == b->type && a->null == b->null && a->count == b->count;
    }
    return scores ? same_with_scores(a, b) : order(a, b) == 0;
}
