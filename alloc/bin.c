/* bin.c: the slabs of one size class, by fullness. See bin.h. Start at bin_advance().
 *
 * Eight lists by eighths of free slots, oldest first: among nearly full slabs the oldest has had
 * the longest to gather free slots, so each pick lasts. Tried and dropped: a heap by address, which
 * drains as well but costs a rebalance for each slab that becomes full or non-full. */
#include "alloc/bin.h"
#include "alloc/arena.h"
#include "alloc/assert.h"
#include "alloc/extent.h"

#ifndef ASHLAR_PASSTHROUGH

#define SLABS_FIRST 4 /* so many slabs are small, before a bin takes full-sized ones */

void bin_init(struct bin *b, unsigned cls) {
    b->cls = cls;
    b->slot_size = size_classes[cls].slot_size;
}

static uint32_t list_for(const struct slab *s, uint32_t free_count) {
    if (free_count == 0) return SLAB_LIST_FULL;
    return (free_count - 1) * SLAB_LIST_FULL / s->slot_count;
}

/* The count of free slots at which a slab leaves its list for the next or is empty. */
static uint32_t mark_for(const struct slab *s, uint32_t list) {
    if (list == SLAB_LIST_FULL) return 1;
    uint32_t next = ((list + 1) * s->slot_count + SLAB_LIST_FULL - 1) / SLAB_LIST_FULL + 1;
    return next < s->slot_count ? next : s->slot_count;
}

static void list_put(struct bin *b, struct slab *s, uint32_t free_count) {
    uint32_t list = list_for(s, free_count);
    s->list = list;
    s->mark = mark_for(s, list);
    s->left = s->mark - free_count;
    s->next = NULL;
    s->prev = b->tails[list];
    *(s->prev != NULL ? &s->prev->next : &b->lists[list]) = s;
    b->tails[list] = s;
    if (list == SLAB_LIST_FULL) counter_add(&b->slabs_full, 1);
}

static void list_take(struct bin *b, struct slab *s) {
    *(s->prev != NULL ? &s->prev->next : &b->lists[s->list]) = s->next;
    *(s->next != NULL ? &s->next->prev : &b->tails[s->list]) = s->prev;
    s->prev = s->next = NULL;
    if (s->list == SLAB_LIST_FULL) counter_sub(&b->slabs_full, 1);
}

static void set_word(struct bin *b, unsigned idx) {
    b->word = (uintptr_t)&b->slab->words[idx] - (uintptr_t)b;
    b->word_slots = b->slab->base + (size_t)idx * 64 * b->slot_size;
    b->valid = slab_word_valid(b->slab, idx);
    bin_again(b);
}

static void set_current(struct bin *b, struct slab *s) {
    s->mark = s->left = SLAB_MARK_NEVER;
    b->slab = s;
    set_word(b, 0);
}

static void set_none(struct bin *b) {
    b->slab = NULL;
    b->all_taken = b->valid = 0;
    b->word = 0;
}

static unsigned word_idx(const struct bin *b) {
    return (unsigned)((const struct slab_word *)((uintptr_t)b + b->word) - b->slab->words);
}

/* The next word with a free slot in the current slab, from the present one on and around. */
static bool seek_word(struct bin *b) {
    if (b->slab == NULL) return false;
    unsigned count = slab_word_count(b->slab);
    unsigned idx = word_idx(b);
    for (unsigned i = 0; i < count; i++, idx = idx + 1 < count ? idx + 1 : 0) {
        if (slab_word_free(b->slab, idx) == 0) continue;
        set_word(b, idx);
        return true;
    }
    return false;
}

bool bin_advance(struct bin *b) {
    DASSERT(b->slot_size != 0);
    if (seek_word(b)) return true;
    if (b->slab != NULL) list_put(b, b->slab, 0);
    set_none(b);
    for (unsigned list = 0; list < SLAB_LIST_FULL; list++) {
        struct slab *s = b->lists[list];
        if (s == NULL) continue;
        list_take(b, s);
        set_current(b, s);
        return seek_word(b);
    }
    return false;
}

bool bin_grow(struct bin *b, struct arena *a) {
    DASSERT(b->slab == NULL);
    const struct size_class *c = &size_classes[b->cls];
    bool                     small = counter_get(&b->slabs) < SLABS_FIRST;
    struct slab *s = slab_new(a, b->cls, (small ? c->pages_first : c->pages) * PAGE_SIZE);
    if (s == NULL) return false;
    counter_add(&b->slabs, 1);
    counter_add(&b->slots_total, s->slot_count);
    set_current(b, s);
    return true;
}

static void slab_return(struct bin *b, struct slab *s) {
    counter_sub(&b->slabs, 1);
    counter_sub(&b->slots_total, s->slot_count);
    slab_free(&s);
}

static void refile(struct bin *b, struct slab *s, uint32_t free_count) {
    list_take(b, s);
    /* A slab with an announced remote free is still in the arena's queue; it can't be empty. */
    if (free_count == s->slot_count) {
        slab_return(b, s);
    } else {
        list_put(b, s, free_count);
    }
}

void bin_crossed(struct bin *b, struct slab *s) {
    if (s != b->slab) {
        refile(b, s, s->mark);
    } else { /* never is over */
        s->left = SLAB_MARK_NEVER;
    }
}

void bin_freed(struct bin *b, struct slab *s, uint32_t count) {
    if (s == b->slab) return;
    if (count < s->left) {
        s->left -= count;
    } else {
        refile(b, s, s->mark - s->left + count);
    }
}

void bin_release_empty(struct bin *b) {
    struct slab *s = b->slab;
    if (s == NULL || slab_count_free(s) != s->slot_count) return;
    set_none(b);
    slab_return(b, s);
}

void bin_drop(struct bin *b) {
    if (b->slot_size == 0) return;
    struct slab *s = b->slab;
    set_none(b);
    if (s != NULL) slab_return(b, s);
    for (unsigned list = 0; list < SLAB_LISTS; list++) {
        while ((s = b->lists[list]) != NULL) {
            list_take(b, s);
            slab_return(b, s);
        }
    }
    counter_set(&b->slots_used, 0);
}

static void check_slab(const struct bin *b, const struct arena *a, const struct slab *s,
                       size_t *slots, size_t *used) {
    slab_check(s);
    ASSERT(s->arena == a && s->cls == b->cls);
    *slots += s->slot_count;
    *used += s->slot_count - slab_count_free(s);
}

static void check_current(const struct bin *b) {
    unsigned idx = word_idx(b);
    ASSERT(idx < slab_word_count(b->slab) && b->slab->mark == SLAB_MARK_NEVER);
    uint64_t bits = b->slab->words[idx].taken ^ b->all_taken; /* B3 */
    ASSERT((bits & ~slab_word_free(b->slab, idx)) == 0);
}

bool bin_check(const struct bin *b, const struct arena *a) {
    size_t slots = 0, used = 0, slabs = 0, full = 0;
    if (b->slab != NULL) {
        check_current(b);
        check_slab(b, a, b->slab, &slots, &used);
        slabs++;
    } else {
        ASSERT(b->word == 0 && b->valid == 0);
    }
    for (unsigned list = 0; list < SLAB_LISTS; list++) {
        for (const struct slab *s = b->lists[list]; s != NULL; s = s->next) {
            check_slab(b, a, s, &slots, &used);
            uint32_t free_count = slab_count_free(s);
            ASSERT(s->list == list && list == list_for(s, free_count));
            ASSERT(s->mark == mark_for(s, list) && free_count < s->slot_count);
            ASSERT(s->next == NULL ? b->tails[list] == s : s->next->prev == s);
            slabs++;
            full += list == SLAB_LIST_FULL;
        }
    }
    ASSERT(slots == counter_get(&b->slots_total) && slabs == counter_get(&b->slabs));
    ASSERT(used == counter_get(&b->slots_used) && full == counter_get(&b->slabs_full));
    return true;
}

#endif
