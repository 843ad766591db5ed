/* extent_set.c: best fit over free extents. See extent_set.h.
 *
 * Treap insertion and removal by top-down split and merge, without parent pointers or recursion:
 * the allocator runs on whatever stack its caller has left. Tried and dropped: segregated lists by
 * size, which need a search inside the last list anyway to be best fit. */
#include "alloc/extent_set.h"
#include "alloc/assert.h"

#ifndef ASHLAR_PASSTHROUGH

static uint64_t priority(const struct extent *x) {
    return ((uintptr_t)x->base >> PAGE_SHIFT) * 0x9E3779B97F4A7C15ULL >> 16;
}

static bool before(const struct extent *a, const struct extent *b) {
    return a->len != b->len ? a->len < b->len : a->base < b->base;
}

static void tree_put(struct extent **root, struct extent *x) {
    uint64_t        mine = priority(x);
    struct extent **link = root;
    while (*link != NULL && priority(*link) >= mine)
        link = before(x, *link) ? &(*link)->left : &(*link)->right;
    struct extent  *rest = *link; /* x takes its place; rest is split around x */
    struct extent **low = &x->left, **high = &x->right;
    *link = x;
    while (rest != NULL) {
        if (before(rest, x)) {
            *low = rest;
            low = &rest->right;
            rest = rest->right;
        } else {
            *high = rest;
            high = &rest->left;
            rest = rest->left;
        }
    }
    *low = *high = NULL;
}

static void tree_take(struct extent **root, struct extent *x) {
    struct extent **link = root;
    while (*link != x) {
        ASSERT(*link != NULL); /* not in this set */
        link = before(x, *link) ? &(*link)->left : &(*link)->right;
    }
    struct extent *low = x->left, *high = x->right; /* merged into x's place */
    while (low != NULL && high != NULL) {
        if (priority(low) >= priority(high)) {
            *link = low;
            link = &low->right;
            low = low->right;
        } else {
            *link = high;
            link = &high->left;
            high = high->left;
        }
    }
    *link = low != NULL ? low : high;
    x->left = x->right = NULL;
}

static void set_enter(struct extent_set *s, struct extent *x) {
    tree_put(&s->root, x);
    counter_add(&s->bytes, x->len);
    s->count++;
}

void extent_set_put(struct extent_set *s, struct extent *x) {
    x->next = NULL;
    x->prev = s->newest;
    *(x->prev != NULL ? &x->prev->next : &s->oldest) = x;
    s->newest = x;
    set_enter(s, x);
}

void extent_set_put_oldest(struct extent_set *s, struct extent *x) {
    x->prev = NULL;
    x->next = s->oldest;
    *(x->next != NULL ? &x->next->prev : &s->newest) = x;
    s->oldest = x;
    set_enter(s, x);
}

void extent_set_take(struct extent_set *s, struct extent *x) {
    tree_take(&s->root, x);
    *(x->prev != NULL ? &x->prev->next : &s->oldest) = x->next;
    *(x->next != NULL ? &x->next->prev : &s->newest) = x->prev;
    x->prev = x->next = NULL;
    counter_sub(&s->bytes, x->len);
    s->count--;
}

struct extent *extent_set_peek_fit(const struct extent_set *s, size_t len) {
    struct extent *best = NULL;
    for (struct extent *x = s->root; x != NULL;) {
        if (x->len >= len) {
            best = x;
            x = x->left;
        } else {
            x = x->right;
        }
    }
    return best;
}

struct extent *extent_set_peek_longest(const struct extent_set *s) {
    struct extent *x = s->root;
    while (x != NULL && x->right != NULL) x = x->right;
    return x;
}

static void tree_check(const struct extent *x, size_t *count) {
    if (x == NULL) return;
    ++*count;
    extent_check(x);
    ASSERT(x->left == NULL || (before(x->left, x) && priority(x->left) <= priority(x)));
    ASSERT(x->right == NULL || (before(x, x->right) && priority(x->right) <= priority(x)));
    tree_check(x->left, count);
    tree_check(x->right, count);
}

bool extent_set_check(const struct extent_set *s) {
    size_t in_tree = 0, in_list = 0, bytes = 0;
    tree_check(s->root, &in_tree);
    for (const struct extent *x = s->oldest; x != NULL; x = x->next) {
        ASSERT(x->next == NULL ? s->newest == x : x->next->prev == x);
        in_list++;
        bytes += x->len;
    }
    ASSERT(in_tree == in_list && in_list == s->count && bytes == counter_get(&s->bytes));
    return true;
}

#endif
