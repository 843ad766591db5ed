/* guard.c: dressing objects, and looking at them. See guard.h for the layout.
 *
 * Every check is made where an object comes back: on free, on resize, when it leaves quarantine,
 * and in ash_check(). Nothing here takes a lock; an object's bytes belong to whoever has it, and
 * the exchange of its word tells two threads that free it at once apart.
 *
 * Above FILL_EDGE * 2 bytes only both ends are filled, so that a vast object whose pages nobody
 * touched stays as small as it was.
 *
 * Start reading at guard_dress() and guard_free(). */
#include "alloc/guard.h"
#include "alloc/conf.h"
#include "alloc/entry.h"
#include "alloc/quarantine.h"
#define GUARD_ITSELF
#include "alloc/guard_doors.h"

#if defined ASHLAR_DEBUG && !defined ASHLAR_PASSTHROUGH

#include <string.h>
#ifdef ASHLAR_POISON
#include <sanitizer/asan_interface.h>
#endif

#define TAIL        ((size_t)24)
#define FILL_EDGE   (512 * KIB)
#define JUNK_ALLOC  0xa5 /* jemalloc's */
#define JUNK_FREE   0x5a
#define SIZE_BITS   48
#define WORD_LIVE   0x6100 /* with door and alignment in the low byte */
#define WORD_FREED  0x6200 /* in quarantine */
#define WORD_GONE   0x6400 /* back in its slab */
#define WORD_STATE  0xff00
#define WORD_LIBC   0x0001

_Static_assert(sizeof(uint64_t) == 8 && PAGEMAP_BITS < SIZE_BITS, "a word holds any size");

size_t guard_tail(void) { return conf_get()->redzone ? TAIL : 0; }

/* Beyond all sizes that a door would grant, nothing is added: it is refused either way. */
size_t guard_grown(size_t size) {
    heap_start();
    return size < ASH_SIZE_MAX - 2 * PAGE_SIZE ? size + guard_tail() : size;
}

/* --- Who may touch what ----------------------------------------------------------------------- */

#ifdef ASHLAR_POISON
static void show(const void *p, size_t len) { __asan_unpoison_memory_region(p, len); }
static void hide(const void *p, size_t len) { __asan_poison_memory_region(p, len); }
#define SEES_ALL __attribute__((no_sanitize_address))
#else
static void show(const void *p, size_t len) { (void)p, (void)len; }
static void hide(const void *p, size_t len) { (void)p, (void)len; }
/* Canaries and words are the guards' own: who writes where they are is found by what is there. */
#ifdef __SANITIZE_THREAD__
#define SEES_ALL __attribute__((no_sanitize_thread))
#else
#define SEES_ALL
#endif
#endif

/* --- An object's bytes ------------------------------------------------------------------------ */

static uint8_t canary_at(const char *at) {
    return (uint8_t)(0x80 | (uintptr_t)at * 0x9d >> 3);
}

SEES_ALL static void canary_put(char *from, const char *end) {
    for (; from < end; from++) *(volatile uint8_t *)from = canary_at(from);
}

/* The first byte that is not as it was put, or NULL. */
SEES_ALL static const char *canary_broken(const char *from, const char *end) {
    for (; from < end; from++)
        if (*(const volatile uint8_t *)from != canary_at(from)) return from;
    return NULL;
}

static uint64_t *word_of(const struct guard_object *o) {
    return (uint64_t *)(void *)(o->p + o->slot - 16);
}

static uint64_t word_make(const char *p, unsigned tag, size_t size) {
    return ((uint64_t)tag << SIZE_BITS | size) ^ (uintptr_t)p * 0x9E3779B97F4A7C15ULL;
}

/* Its tag; *size is what it says. */
static unsigned word_read(const char *p, uint64_t word, size_t *size) {
    word ^= (uintptr_t)p * 0x9E3779B97F4A7C15ULL;
    *size = word & (((uint64_t)1 << SIZE_BITS) - 1);
    return (unsigned)(word >> SIZE_BITS);
}

static unsigned word_low(const struct guard_object *o) {
    return (unsigned)__builtin_ctzll(o->align) << 1 | (o->door == GUARD_DOOR_LIBC ? WORD_LIBC : 0);
}

static void word_set(const struct guard_object *o, unsigned tag) {
    __atomic_store_n(word_of(o), word_make(o->p, tag | word_low(o), o->size), __ATOMIC_RELAXED);
}

/* Both ends of what is vast. */
static void fill(char *p, size_t len, int byte) {
    if (len <= 2 * FILL_EDGE) {
        memset(p, byte, len);
    } else {
        memset(p, byte, FILL_EDGE);
        memset(p + len - FILL_EDGE, byte, FILL_EDGE);
    }
}

/* All are the same if each is as its neighbour: the C library compares many at a time. */
static const char *first_other(const char *from, const char *end, int byte) {
    if (from == end) return NULL;
    if ((uint8_t)*from == byte && memcmp(from, from + 1, (size_t)(end - from) - 1) == 0) return NULL;
    for (; from < end; from++)
        if ((uint8_t)*from != byte) return from;
    return NULL;
}

static const char *fill_broken(const char *p, size_t len, int byte) {
    if (len <= 2 * FILL_EDGE) return first_other(p, p + len, byte);
    const char *at = first_other(p, p + FILL_EDGE, byte);
    return at != NULL ? at : first_other(p + len - FILL_EDGE, p + len, byte);
}

/* --- Figures ---------------------------------------------------------------------------------- */

struct worth {
    size_t used, requested;
};

/* What a release build would count for it. */
static struct worth worth_shown(const struct guard_object *o) {
    size_t   size = o->size != 0 ? o->size : 1;
    bool     libc = o->door == GUARD_DOOR_LIBC;
    unsigned cls = CLASS_COUNT;
    if (o->align > 16 || (o->align > 1 && !libc)) {
        cls = class_aligned(size, o->align);
    } else if (size <= SMALL_MAX) {
        cls = libc ? class_general(size) : class_fine(size);
    }
    if (cls == CLASS_COUNT) return (struct worth){size_to_pages(size), o->size};
    size_t slot = size_classes[cls].slot_size;
    return (struct worth){slot, libc ? slot : o->size};
}

size_t guard_slot_shown(const struct guard_object *o) { return worth_shown(o).used; }

/* What the plain door has counted. */
static struct worth worth_plain(const struct guard_object *o) {
    size_t requested = o->door == GUARD_DOOR_LIBC ? o->slot : o->size + guard_tail();
    return (struct worth){o->slot, o->large ? o->counted : requested};
}

/* sign: 1 or -1. */
static void count(const struct guard_object *o, struct worth w, size_t objects, int sign) {
    struct guard_counts *c = &o->arena->guard;
    size_t               factor = (size_t)(ptrdiff_t)sign;
    counter_add_shared(&c->used, w.used * factor);
    counter_add_shared(&c->requested, w.requested * factor);
    counter_add_shared(&c->count, objects * factor);
    counter_add_shared(&c->held, objects * o->slot * factor);
}

/* Of a live object: what its caller need not know of. */
static struct worth worth_hidden(const struct guard_object *o) {
    struct worth plain = worth_plain(o), shown = worth_shown(o);
    return (struct worth){plain.used - shown.used, plain.requested - shown.requested};
}

/* --- Finding ---------------------------------------------------------------------------------- */

/* The start of a slot or large object that its door calls live. */
static bool find(const void *p, struct guard_object *o) {
    uintptr_t entry = pagemap_get(p);
    size_t    slot;
    *o = (struct guard_object){.p = (char *)(uintptr_t)p};
    if (pagemap_kind(entry) == PAGEMAP_SLAB) {
        struct slab *s = pagemap_slab(entry);
        o->arena = s->arena;
        o->slot = s->slot_size;
        return slab_slot_at(s, p, &slot) && slot < s->slot_count &&
               slab_state(s, slot) == SLOT_LIVE;
    }
    if (!entry_is_large(entry)) return false;
    struct extent *x = pagemap_extent(entry);
    o->arena = large_arena(x);
    o->slot = x->len;
    o->counted = x->requested;
    o->large = true;
    return x->base == p;
}

#define NAMES_FORMAT "size class %zu, heap %s"
#define NAMES(o)     (o)->slot, (o)->arena->heap->name

/* A slot of a slab that is not live: its object went back there, from quarantine or where none is. */
static bool was_freed(const struct guard_object *o) {
    uintptr_t entry = pagemap_get(o->p);
    size_t    slot;
    return pagemap_kind(entry) == PAGEMAP_SLAB && slab_slot_at(pagemap_slab(entry), o->p, &slot) &&
           slot < pagemap_slab(entry)->slot_count;
}

/* Says why, as the doors would: they are asked to free it, where that is what is wrong. */
static __attribute__((noreturn, cold)) void refuse(const struct guard_object *o,
                                                   enum guard_door door, const char *what) {
    char    *p = o->p;
    uint64_t junk = (uintptr_t)p & 0xffffffffffffff00, each = 0x0101010101010101;
    if (junk == (JUNK_ALLOC * each & ~(uint64_t)0xff))
        PANIC("invalid %s of %p: a pointer read from memory that nobody has written to", what, p);
    if (junk == (JUNK_FREE * each & ~(uint64_t)0xff))
        PANIC("invalid %s of %p: a pointer read from freed memory", what, p);
    if (what[0] != 'f' && was_freed(o))
        PANIC("invalid %s of %p: freed already; " NAMES_FORMAT, what, p, NAMES(o));
#ifdef ALLOC_HAS_MALLOC
    if (door == GUARD_DOOR_LIBC) plain_free(p);
#endif
    (void)door;
    plain_ash_free(p, 1);
    PANIC("invalid %s of %p", what, p);
}

static __attribute__((noreturn, cold)) void broken(const struct guard_object *o, const char *at) {
    ptrdiff_t beyond = at - (o->p + o->size);
    PANIC("written behind the end of %p: byte %td after its %zu is %#x; " NAMES_FORMAT, (void *)o->p,
          beyond + 1, o->size, (unsigned)(uint8_t)*at, NAMES(o));
}

static void look_behind(const struct guard_object *o) {
    char       *end = o->p + o->slot;
    const char *at = canary_broken(o->p + o->size, end - 16);
    if (at == NULL) at = canary_broken(end - 8, end);
    show(o->p, o->slot);
    if (at != NULL) broken(o, at);
}

/* What lies right before p: the last canary of its left neighbour in the slab. */
static void look_before(const struct guard_object *o) {
    if (o->large || o->p == pagemap_slab(pagemap_get(o->p))->base) return;
    const char *at = canary_broken(o->p - 8, o->p);
    if (at == NULL) return;
    PANIC("written before the start of %p, %td bytes (or behind the end of the object before it); "
          NAMES_FORMAT, (void *)o->p, o->p - at, NAMES(o));
}

/* Fills in what the word says. False: it is none. */
static bool read_word(struct guard_object *o, uint64_t word, unsigned *tag) {
    *tag = word_read(o->p, word, &o->size);
    o->door = *tag & WORD_LIBC ? GUARD_DOOR_LIBC : GUARD_DOOR_ASH;
    o->align = (size_t)1 << (*tag >> 1 & 63);
    *tag &= WORD_STATE;
    return (*tag == WORD_LIVE || *tag == WORD_FREED || *tag == WORD_GONE) &&
           o->size <= o->slot - TAIL;
}

SEES_ALL static uint64_t word_get(const struct guard_object *o) {
    return *(volatile uint64_t *)word_of(o);
}

static __attribute__((noreturn, cold)) void no_word(const struct guard_object *o) {
    PANIC("written behind the end of %p, as far as its size; " NAMES_FORMAT, (void *)o->p,
          NAMES(o));
}

static void look_at_word(struct guard_object *o, uint64_t word, const char *what) {
    unsigned tag;
    if (!read_word(o, word, &tag)) no_word(o);
    if (tag != WORD_LIVE)
        PANIC("%s %s of %p: freed already; " NAMES_FORMAT,
              what[0] == 'f' ? "double" : "invalid", what, (void *)o->p, NAMES(o));
}

static void look_at_door(const struct guard_object *o, enum guard_door door, size_t size,
                         const char *what) {
    if (door != GUARD_DOOR_ANY && door != o->door)
        PANIC("invalid %s of %p: it is %s; " NAMES_FORMAT, what, (void *)o->p,
              o->door == GUARD_DOOR_ASH ? "ash_alloc's, not malloc's" : "malloc's, not ash_alloc's",
              NAMES(o));
    if (size != GUARD_ANY_SIZE && size != o->size)
        PANIC("wrong size in %s of %p: %zu given, %zu asked for; " NAMES_FORMAT, what, (void *)o->p,
              size, o->size, NAMES(o));
}

struct guard_object guard_look(const void *p, enum guard_door door, size_t size, const char *what) {
    struct guard_object o;
    if (!find(p, &o)) refuse(&o, door, what);
    look_at_word(&o, word_get(&o), what);
    look_at_door(&o, door, size, what);
    look_behind(&o);
    look_before(&o);
    hide(o.p + o.size, o.slot - o.size);
    return o;
}

/* --- Dressing --------------------------------------------------------------------------------- */

static void dress(const struct guard_object *o) {
    char *end = o->p + o->slot;
    show(o->p, o->slot);
    canary_put(o->p + o->size, end - 16);
    word_set(o, WORD_LIVE);
    if (o->large) canary_put(end - 8, end); /* a slot's was there before: guard_slab_new() */
    hide(o->p + o->size, o->slot - o->size);
    count(o, worth_hidden(o), 0, 1);
}

/* What the caller finds in bytes that it has not written. */
static void fill_fresh(char *p, size_t from, size_t to, bool zero) {
    const struct conf *c = conf_get();
    if (from >= to) return;
    if (zero || c->zero) {
        memset(p + from, 0, to - from);
    } else if (c->junk & CONF_JUNK_ALLOC) {
        fill(p + from, to - from, JUNK_ALLOC);
    }
}

void *guard_dress(void *p, size_t size, enum guard_door door, size_t align, bool zeroed) {
    struct guard_object o;
    if (p == NULL) return NULL;
    bool found = find(p, &o);
    ASSERT(found);
    o.size = size;
    o.door = door;
    o.align = align;
    show(o.p, o.slot);
    if (!zeroed || !o.large) fill_fresh(o.p, 0, size, zeroed);
    if (guard_tail() != 0) dress(&o);
    return p;
}

bool guard_may_resize(const struct guard_object *o, size_t size) {
#ifdef ASHLAR_POISON
    (void)o, (void)size; /* the door would copy between what is hidden */
    return false;
#else
    return o->large && guard_grown(size) > SMALL_MAX;
#endif
}

void guard_redress(void *p, const struct guard_object *was, size_t size, bool zero) {
    struct guard_object o;
    count(was, worth_hidden(was), 0, -1);
    bool found = find(p, &o);
    ASSERT(found);
    o.size = size;
    o.door = was->door;
    o.align = was->align;
    fill_fresh(p, was->size, size, zero);
    dress(&o);
}

/* --- Freeing ---------------------------------------------------------------------------------- */

static void plain_release(const struct guard_object *o) {
#ifdef ALLOC_HAS_MALLOC
    if (o->door == GUARD_DOOR_LIBC) {
        plain_free(o->p);
        return;
    }
#endif
    plain_ash_free(o->p, o->size + guard_tail());
}

/* Live no more: two threads can't both do this. */
static void end_life(struct guard_object *o) {
    uint64_t fresh = word_make(o->p, WORD_FREED | word_low(o), o->size);
    look_at_word(o, __atomic_exchange_n(word_of(o), fresh, __ATOMIC_ACQ_REL), "free");
}

void guard_fill_freed(void *p) {
    struct guard_object o;
    if ((conf_get()->junk & CONF_JUNK_FREE) && find(p, &o)) fill(o.p, o.slot, JUNK_FREE);
}

/* From quarantine, or past it. */
static void let_go(const struct guard_object *o) {
    count(o, worth_plain(o), 1, -1);
    show(word_of(o), 8);
    word_set(o, WORD_GONE);
    hide(word_of(o), 8);
    plain_release(o);
}

void guard_free(void *p, enum guard_door door, size_t size) {
    struct guard_object o = guard_look(p, door, size, "free");
    show(o.p, o.slot);
    end_life(&o);
    if (conf_get()->junk & CONF_JUNK_FREE) fill(o.p, o.slot - TAIL, JUNK_FREE);
    hide(o.p, o.slot);
    count(&o, worth_hidden(&o), 0, -1);
    count(&o, worth_plain(&o), 1, 1);
    if (!quarantine_put(o.p, o.slot)) let_go(&o);
}

static struct guard_object look_freed(const void *p) {
    struct guard_object o;
    unsigned            tag;
    bool                found = find(p, &o);
    ASSERT(found); /* its slot is not free yet */
    show(o.p, o.slot);
    if (!read_word(&o, word_get(&o), &tag) || tag != WORD_FREED) no_word(&o);
    const char *at = NULL;
    if (conf_get()->junk & CONF_JUNK_FREE) at = fill_broken(o.p, o.slot - TAIL, JUNK_FREE);
    if (at == NULL) at = canary_broken(o.p + o.slot - 8, o.p + o.slot);
    if (at != NULL)
        PANIC("written to %p after it was freed: byte %td is %#x; it had %zu; " NAMES_FORMAT,
              (void *)o.p, at - o.p, (unsigned)(uint8_t)*at, o.size, NAMES(&o));
    hide(o.p, o.slot);
    return o;
}

void guard_check_freed(const void *p) { (void)look_freed(p); }

void guard_release(void *p) {
    struct guard_object o = look_freed(p);
    let_go(&o);
}

/* --- Hooks ------------------------------------------------------------------------------------ */

void guard_slab_new(const struct slab *s) {
    if (guard_tail() == 0) return;
    for (uint32_t i = 1; i <= s->slot_count; i++) {
        char *end = s->base + (size_t)i * s->slot_size;
        if (s->slot_size >= TAIL) canary_put(end - 8, end);
    }
    hide(s->base, (size_t)s->slot_count * s->slot_size);
}

void guard_heap_drop(struct ash_heap *h) { quarantine_forget(h); }

void guard_arena_drop(struct arena *a) {
    struct guard_counts *c = &a->guard;
    struct counter      *counters[] = {&c->used, &c->requested, &c->count, &c->held};
    for (unsigned i = 0; i < sizeof counters / sizeof *counters; i++) counter_set(counters[i], 0);
}

void guard_fork_lock(void) { quarantine_fork_lock(); }
void guard_fork_unlock(void) { quarantine_fork_unlock(); }

static void moved_one(void *p, void *from) {
    struct guard_object o;
    unsigned            tag;
    bool                found = find(p, &o) && read_word(&o, word_get(&o), &tag);
    ASSERT(found && tag == WORD_LIVE);
    struct guard_object before = o;
    before.arena = from;
    count(&before, worth_hidden(&o), 0, -1);
    count(&o, worth_hidden(&o), 0, 1);
}

void guard_moved(void *p, struct arena *from) {
    struct guard_object o;
    if (find(p, &o) && o.arena != from) plain_ash_extent_each(p, moved_one, from);
}

/* --- Checking --------------------------------------------------------------------------------- */

struct sums {
    size_t used, requested, count, held;
    size_t pages; /* bytes of slabs and large objects */
};

static void check_object(const char *p, struct sums *sum) {
    struct guard_object o;
    unsigned            tag;
    if (!find(p, &o)) return;
    if (!read_word(&o, word_get(&o), &tag)) no_word(&o);
    if (tag == WORD_GONE) return;
    bool         held = tag == WORD_FREED;
    struct worth w = held ? worth_plain(&o) : worth_hidden(&o);
    if (!held) {
        look_behind(&o);
        look_before(&o);
        hide(o.p + o.size, o.slot - o.size);
    }
    sum->used += w.used;
    sum->requested += w.requested;
    sum->count += held;
    sum->held += held ? o.slot : 0;
}

static void check_slab(const struct slab *s, struct sums *sum) {
    sum->pages += s->extent->len;
    if (guard_tail() == 0) return;
    for (uint32_t i = 0; i < s->slot_count; i++)
        check_object(s->base + (size_t)i * s->slot_size, sum);
}

static void check_arena(struct arena *a) {
    struct sums sum = {0};
    arena_lock(a);
    if (atomic_load(&a->dropping)) { /* it counts no more */
        arena_unlock(a);
        return;
    }
    ARENA_EACH_BIN(a, cls) {
        if (a->bins[cls].slab != NULL) check_slab(a->bins[cls].slab, &sum);
        if (a->shelves[cls].looking != NULL) check_slab(a->shelves[cls].looking, &sum);
        for (unsigned list = 0; list < SLAB_LISTS; list++)
            for (const struct slab *s = a->shelves[cls].lists[list]; s != NULL; s = s->next)
                check_slab(s, &sum);
    }
    for (const struct extent *x = a->pages.large; x != NULL; x = x->next) {
        sum.pages += x->len;
        if (guard_tail() != 0) check_object(x->base, &sum);
    }
    /* While it is ours: the purger may be next. */
    ASSERT(sum.pages == counter_get(&a->pages.live)); /* the pages held are slabs and large ones */
    ASSERT(sum.used == counter_get(&a->guard.used)); /* G2 */
    ASSERT(sum.requested == counter_get(&a->guard.requested));
    ASSERT(sum.count == counter_get(&a->guard.count) && sum.held == counter_get(&a->guard.held));
    arena_unlock(a);
}

void guard_check(void) {
    quarantine_check();
    for (unsigned i = 0; i < arena_count(); i++) check_arena(arena_at(i));
}

#endif
