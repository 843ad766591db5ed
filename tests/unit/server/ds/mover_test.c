/* mover_test.c: the containers' memory moves out of sparse slabs while they change against a model. */
#include "server/ds/mover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/ds/deadlines.h"
#include "server/ds/idmap.h"
#include "server/ds/intset.h"
#include "server/ds/listpack.h"
#include "server/ds/quicklist.h"
#include "server/ds/ranking.h"
#include "server/ds/str.h"
#include "server/ds/table.h"
#include "tests/unit/server/ds/moving.h"

enum { IDS = 9000, ROUNDS = 9 };

static struct ash_heap *heap;
static struct rand      rnd;
static struct mover     mover;

static unsigned below(unsigned n) { return (unsigned)rand_below(&rnd, n); }

static int setup(void **state) {
    (void)state;
    heap = ash_heap_new("mover test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 3);
    fill_init(heap, 2200);
    mover = (struct mover){.heap = heap};
    return 0;
}

static int teardown(void **state) {
    (void)state;
    assert_int_equal(ash_heap_used(heap), 0);
    ash_heap_drop(&heap);
    return 0;
}

/* A structure as the rounds see it. */
struct subject {
    void (*change)(void);                   /* one random change, with its like in the model */
    bool (*compact)(struct move_cursor *c); /* one step */
    void (*check)(void);                    /* all is as the model says */
    size_t (*bytes)(void);
    unsigned node_refers;
};

/* To its end, with `changes` behind each step. */
static void walk(const struct subject *s, unsigned changes) {
    struct move_cursor c = {0};
    bool               more = true;
    for (unsigned steps = 0; more; steps++) {
        uint64_t looked = mover.looked;
        assert_true(steps < 100000);
        more = s->compact(&c);
        expect_bounded(&mover, looked, s->node_refers);
        if (steps % 8 == 0) s->check();
        for (unsigned i = 0; i < changes; i++) s->change();
        if (changes > 0) fill_some(1);
    }
    s->check();
}

static void rounds(const struct subject *s) {
    for (unsigned r = 0; r < ROUNDS; r++) {
        for (unsigned i = 0; i < 2 * IDS + 700; i++) {
            s->change();
            fill_some(below(6));
        }
        s->check();
        assert_true(fill_thin_out() > 0);
        walk(s, 1 + r % 4 * 10);
        fill_some(IDS);
        fill_thin_out();
        walk(s, 0);
        expect_drained(&mover, s->bytes());
    }
}

/* --- table: its items move as well ------------------------------------------------------------ */

struct item {
    uint64_t id;
    uint64_t place; /* among the deadlines */
    char     more[];
};

static struct item *items[IDS]; /* NULL: not there */
static size_t       item_bytes;
static unsigned     moved_items;

static size_t item_size(uint64_t id) { return sizeof(struct item) + id % 90; }

static struct item *item_new(uint64_t id) {
    struct item *it = ash_alloc(heap, item_size(id));
    memset(it, (int)id, item_size(id));
    it->id = id;
    it->place = 0;
    item_bytes += ash_good_size(item_size(id));
    return items[id] = it;
}

static void item_drop(struct item *it) {
    items[it->id] = NULL;
    item_bytes -= ash_good_size(item_size(it->id));
    ash_free(it, item_size(it->id));
}

static struct slice item_key(const void *item) { return slice_of(item, sizeof(uint64_t)); }
static uint64_t     item_hash(const struct item *it) { return table_hash(item_key(it)); }
static const struct table_type item_type = {item_key};

static struct table table;

static void *move_item(struct mover *m, void *item, void *arg) {
    struct item *it = item;
    assert_ptr_equal(arg, &table);
    assert_ptr_equal(items[it->id], it);
    it = mover_move(m, it, item_size(it->id));
    items[it->id] = it;
    moved_items++;
    return it;
}

/* Grows for a while, then shrinks. */
static void table_change(void) {
    static unsigned turn;
    uint64_t        id = below(IDS);
    bool            grow = turn++ / IDS % 3 != 2;
    if (items[id] == NULL && grow) {
        struct item *it = item_new(id);
        table_put(&table, it, item_hash(it));
    } else if (items[id] != NULL && (!grow || below(4) == 0)) {
        table_take_item(&table, items[id], item_hash(items[id]));
        item_drop(items[id]);
    }
}

static bool table_step(struct move_cursor *c) {
    return table_compact(&table, &mover, c, move_item, &table);
}

static void table_expect(void) {
    table_check(&table);
    for (uint64_t id = 0; id < IDS; id++) {
        struct slice key = slice_of((const char *)&id, sizeof id);
        assert_ptr_equal(table_get(&table, key, table_hash(key)), items[id]);
    }
}

static size_t table_all_bytes(void) { return table_bytes(&table) + item_bytes; }

static void free_item(void *item, void *arg) {
    (void)arg;
    item_drop(item);
}

static void tables(void **state) {
    (void)state;
    table_init(&table, heap, &item_type);
    struct move_cursor c = {0};
    assert_false(table_step(&c)); /* of nothing */
    rounds(&(struct subject){table_change, table_step, table_expect, table_all_bytes, 40});
    assert_true(moved_items > 0);
    table_fini(&table, free_item, NULL);
}

static bool table_step_alone(struct move_cursor *c) {
    return table_compact(&table, &mover, c, NULL, NULL);
}

/* Items that stay: in a heap of their own, as the keyspace has them. */
static void tables_alone(void **state) {
    (void)state;
    static struct item fixed[IDS * 4];
    struct move_cursor c = {0};
    unsigned           steps = 1;
    table_init(&table, heap, &item_type);
    for (uint64_t id = 0; id < IDS * 4; id++) {
        fixed[id].id = id;
        table_put(&table, &fixed[id], item_hash(&fixed[id]));
        fill_some(1);
    }
    assert_true(fill_thin_out() > 0);
    for (; table_step_alone(&c); steps++) table_check(&table);
    assert_true(steps >= table_buckets(&table) / MOVER_STEP);
    for (uint64_t id = 0; id < IDS * 4; id++)
        assert_ptr_equal(table_get(&table, item_key(&fixed[id]), item_hash(&fixed[id])), &fixed[id]);
    expect_drained(&mover, table_bytes(&table));
    table_fini(&table, NULL, NULL);
}

/* --- deadlines: of items that move and know their places -------------------------------------- */

static struct deadlines due;

static void     placed(void *item, uint64_t place) { ((struct item *)item)->place = place; }
static uint64_t place_of(const void *item) { return ((const struct item *)item)->place; }
static const struct deadlines_type due_type = {.placed = placed, .place = place_of};

static void deadlines_change_one(void) {
    static unsigned turn;
    uint64_t        id = below(IDS);
    bool            grow = turn++ / IDS % 3 != 2;
    if (items[id] == NULL && grow) {
        deadlines_put(&due, item_new(id), below(100000));
    } else if (items[id] != NULL && below(3) == 0) {
        deadlines_change(&due, items[id]->place, below(100000));
    } else if (items[id] != NULL && !grow) {
        deadlines_take(&due, items[id]->place);
        assert_int_equal(items[id]->place, 0);
        item_drop(items[id]);
    }
}

static bool deadlines_step(struct move_cursor *c) { return deadlines_compact(&due, &mover, c); }

/* Items move too, between the steps. */
static void deadlines_expect(void) {
    assert_true(deadlines_check(&due));
    for (uint64_t id = 0; id < IDS; id++) {
        struct item *it = items[id];
        if (it == NULL) continue;
        assert_ptr_equal(deadlines_at(&due, it->place)->item, it);
        items[id] = mover_move(&mover, it, item_size(id));
        deadlines_moved(&due, items[id]->place, items[id]);
    }
}

static size_t deadlines_all_bytes(void) { return deadlines_bytes(&due) + item_bytes; }

static void all_deadlines(void **state) {
    (void)state;
    deadlines_init(&due, heap, &due_type);
    struct move_cursor c = {0};
    assert_false(deadlines_step(&c));
    rounds(&(struct subject){deadlines_change_one, deadlines_step, deadlines_expect,
                             deadlines_all_bytes, 1});
    deadlines_fini(&due);
    for (uint64_t id = 0; id < IDS; id++)
        if (items[id] != NULL) item_drop(items[id]);
}

/* --- ranking: items with a place in a table of theirs ------------------------------------------ */

static struct ranking ranking;
static struct scored *scored[IDS];
static size_t         scored_bytes;

static struct slice scored_name(uint64_t id, char buf[64]) {
    return slice_of(buf, (size_t)snprintf(buf, 64, "%04u%*s", (unsigned)id, (int)(id % 40), ""));
}

static void *move_scored(struct mover *m, void *item, void *arg) {
    struct scored *it = item;
    char           text[5] = {0};
    assert_null(arg);
    memcpy(text, scored_member(it).p, 4);
    unsigned id = (unsigned)strtoul(text, NULL, 10);
    assert_ptr_equal(scored[id], it);
    if (mover_wants(m, it)) it = mover_copy(m, it, scored_size(scored_member(it)), 8);
    return scored[id] = it;
}

static void ranking_change(void) {
    static unsigned turn;
    uint64_t        id = below(IDS);
    bool            grow = turn++ / IDS % 3 != 2;
    char            buf[64];
    struct slice    name = scored_name(id, buf);
    if (scored[id] == NULL && grow) {
        scored[id] = scored_new(heap, below(1000), name);
        scored_bytes += ash_good_size(scored_size(name));
        ranking_put(&ranking, scored[id]);
    } else if (scored[id] != NULL && below(3) == 0) {
        ranking_move(&ranking, scored[id], below(1000));
    } else if (scored[id] != NULL && !grow) {
        ranking_take(&ranking, scored[id]);
        scored_bytes -= ash_good_size(scored_size(name));
        scored_free(scored[id]);
        scored[id] = NULL;
    }
}

static bool ranking_step(struct move_cursor *c) {
    return ranking_compact(&ranking, &mover, c, move_scored, NULL);
}

static void ranking_expect(void) {
    uint64_t count = 0;
    ranking_check(&ranking);
    for (uint64_t id = 0; id < IDS; id++) {
        char buf[64];
        if (scored[id] == NULL) continue;
        struct rankcut   cut = {.by_score = true, .by_member = true, .score = scored[id]->score,
                                .member = scored_name(id, buf)};
        struct rankplace at;
        ranking_rank(&ranking, &cut, &at);
        assert_ptr_equal(rankplace_get(at), scored[id]);
        count++;
    }
    assert_int_equal(count, ranking.count);
}

static size_t ranking_all_bytes(void) { return ranking.footprint + scored_bytes; }

static void rankings(void **state) {
    (void)state;
    ranking_init(&ranking, heap);
    struct move_cursor c = {0};
    assert_false(ranking_step(&c));
    rounds(&(struct subject){ranking_change, ranking_step, ranking_expect, ranking_all_bytes,
                             RANK_RUN_MAX + 4});
    ranking_fini(&ranking);
    for (uint64_t id = 0; id < IDS; id++)
        if (scored[id] != NULL) scored_free(scored[id]);
}

/* --- idmap: values that are allocations --------------------------------------------------------- */

static struct idmap idmap;
static struct item *mapped[IDS];

static struct stream_id id_of(uint64_t i) { return (struct stream_id){i / 7, i % 7}; }

static void move_mapped(struct mover *m, void *value, void *arg) {
    struct item **link = value;
    uint64_t      id = (*link)->id;
    assert_ptr_equal(arg, mapped);
    assert_ptr_equal(mapped[id], *link);
    *link = mapped[id] = items[id] = mover_move(m, *link, item_size(id));
}

static void idmap_change(void) {
    static unsigned turn;
    uint64_t        id = below(IDS);
    bool            added, grow = turn++ / IDS % 3 != 2;
    if (mapped[id] == NULL && grow) {
        struct item **link = idmap_put(&idmap, heap, id_of(id), &added);
        assert_true(added);
        *link = mapped[id] = item_new(id);
    } else if (mapped[id] != NULL && (!grow || below(4) == 0)) {
        assert_true(idmap_remove(&idmap, heap, id_of(id)));
        item_drop(mapped[id]);
        mapped[id] = NULL;
    }
}

static bool idmap_move_step(struct move_cursor *c) {
    return idmap_compact(&idmap, &mover, c, move_mapped, mapped);
}

static void idmap_expect(void) {
    idmap_check(&idmap);
    for (uint64_t id = 0; id < IDS; id++) {
        struct item *const *link = idmap_get(&idmap, id_of(id));
        assert_ptr_equal(link != NULL ? *link : NULL, mapped[id]);
    }
}

static size_t idmap_all_bytes(void) { return idmap.footprint + item_bytes; }

static void idmaps(void **state) {
    (void)state;
    idmap_init(&idmap, sizeof(struct item *));
    struct move_cursor c = {0};
    assert_false(idmap_move_step(&c));
    rounds(&(struct subject){idmap_change, idmap_move_step, idmap_expect, idmap_all_bytes, 90});
    idmap_free(&idmap);
    for (uint64_t id = 0; id < IDS; id++)
        if (mapped[id] != NULL) item_drop(mapped[id]);
}

/* --- quicklist: the mark stays right whatever happens to its node -------------------------------- */

enum { FILL = 5, DEPTH = 2, LIST_MAX = 3000 };

static struct quicklist *list;
static uint32_t          list_model[LIST_MAX]; /* each element's number */
static unsigned          list_len;

static bool list_alike; /* elements of one length, most of them */

static struct slice list_text(uint32_t n, char *buf) {
    if (list_alike && n % 97 != 0) return slice_of(buf, (size_t)sprintf(buf, "element:%020u", n));
    int len = sprintf(buf, "%u:", n);
    memset(buf + len, 'x', n % 97 == 0 ? 9000 : n % 50); /* some are plain nodes, some compress */
    return slice_of(buf, (size_t)len + (n % 97 == 0 ? 9000 : n % 50));
}

static void model_put(unsigned at, uint32_t n) {
    memmove(list_model + at + 1, list_model + at, (list_len++ - at) * sizeof *list_model);
    list_model[at] = n;
}

static void list_add(void) {
    static uint32_t number;
    char            buf[9100];
    uint32_t        n = number++;
    unsigned        at = below(list_len + 1);
    if (list_len == LIST_MAX) return;
    struct quicklist_cursor c;
    if (at % 3 == 0) at = at % 2 == 0 ? 0 : list_len;
    if (at == 0 || at == list_len) {
        quicklist_push(list, heap, at == 0, list_text(n, buf));
    } else {
        quicklist_seek(list, at, &c);
        quicklist_insert(list, heap, &c, false, list_text(n, buf));
    }
    model_put(at, n);
}

static void list_cut(void) {
    unsigned at = below(list_len), n = below(40) == 0 ? 1 + below(list_len - at) : 1 + below(12);
    if (at + n > list_len) n = list_len - at;
    struct quicklist *out = quicklist_take_range(list, heap, at, n);
    if (out != NULL) quicklist_check(out);
    quicklist_free(&out);
    memmove(list_model + at, list_model + at + n, (list_len - at - n) * sizeof *list_model);
    list_len -= n;
}

static void list_drop(void) {
    struct quicklist_cursor c;
    unsigned                at = below(4) == 0 ? 0 : below(list_len);
    quicklist_seek(list, at, &c);
    quicklist_delete(list, heap, &c, false);
    quicklist_delete_end(list, heap, &c);
    memmove(list_model + at, list_model + at + 1, (--list_len - at) * sizeof *list_model);
}

static void list_change(void) {
    unsigned what = below(12);
    if (what < 7 || list_len == 0) list_add();
    else if (what == 7 && list_len > 800) list_cut();
    else list_drop();
}

static bool list_step(struct move_cursor *c) {
    list = quicklist_move(&mover, list);
    return quicklist_compact(list, &mover, c);
}

static void list_expect(void) {
    struct quicklist_cursor c;
    struct lp_item          it;
    char                    buf[9100], scratch[LP_INT_TEXT_MAX];
    quicklist_check(list);
    assert_int_equal(list->count, list_len);
    quicklist_seek(list, 0, &c);
    for (unsigned i = 0; i < list_len; i++) {
        quicklist_read(&c, false, &it);
        assert_true(slice_eq(lp_item_text(&it, scratch), list_text(list_model[i], buf)));
    }
    assert_null(c.node);
    quicklist_cursor_fini(&c);
}

static size_t list_bytes(void) { return list->footprint; }

static void move_list(int64_t node_fill, bool alike) {
    fill_init(heap, 9100);
    list = quicklist_new(heap, node_fill, DEPTH);
    list_len = 0;
    list_alike = alike;
    struct move_cursor c = {0};
    assert_false(list_step(&c));
    rounds(&(struct subject){list_change, list_step, list_expect, list_bytes, 3});
    quicklist_free(&list);
    list_alike = false;
}

static void quicklists(void **state) {
    (void)state;
    move_list(FILL, false);
}

static void quicklists_of_alike(void **state) {
    (void)state;
    move_list(FILL, true);
    move_list(-1, true);
}

/* Everything goes while the walk stands in the middle, or all of it is turned over. */
static void quicklist_ends_beneath(void **state) {
    (void)state;
    for (unsigned keep = 0; keep < 3; keep++) {
        struct move_cursor c = {0};
        list = quicklist_new(heap, FILL, DEPTH);
        list_len = 0;
        while (list_len < 1000) list_add();
        assert_true(list_step(&c) && list->mark != NULL);
        uint64_t          from = keep == 1 ? 1 : 0, to = keep == 2 ? list_len - 1 : list_len;
        struct quicklist *out = quicklist_take_range(list, heap, from, to - from);
        assert_true(quicklist_check(list) && quicklist_check(out) && out->mark == NULL);
        assert_int_equal(list->mark != NULL, keep == 2);
        while (list_step(&c)) continue;
        assert_true(quicklist_check(list));
        quicklist_free(&out);
        quicklist_free(&list);
    }
}

/* Pops reach the marked node and go on: the mark is always at what is left of the rest. */
static void quicklist_popped_past_the_mark(void **state) {
    (void)state;
    struct move_cursor c = {0};
    list = quicklist_new(heap, FILL, DEPTH);
    list_len = 0;
    while (list_len < 1000) list_add();
    assert_true(list_step(&c));
    while (list->count > 1) {
        quicklist_pop(list, heap, true);
        quicklist_check(list);
        assert_non_null(list->mark);
    }
    assert_ptr_equal(list->mark, list->head);
    assert_false(list_step(&c));
    quicklist_free(&list);
}

/* --- single blocks ------------------------------------------------------------------------------ */

enum { BLOCKS = 600 };

static void blocks(void **state) {
    (void)state;
    static struct str    *str[BLOCKS];
    static unsigned char *lp[BLOCKS];
    static struct intset *set[BLOCKS];
    char                  text[200];
    size_t                bytes = 0;
    memset(text, 's', sizeof text);
    for (unsigned i = 0; i < BLOCKS; i++) {
        str[i] = str_append(heap, str_new(heap, slice_of(text, i % 200), 0), slice_of(text, i % 50));
        lp[i] = lp_append(heap, lp_new(heap), slice_of(text, i % 200));
        set[i] = intset_add(heap, intset_new(heap), i * 100000, NULL);
        fill_some(20);
    }
    assert_true(fill_thin_out() > 0);
    for (unsigned i = 0; i < BLOCKS; i++) {
        str[i] = str_move(&mover, str[i]);
        lp[i] = lp_move(&mover, lp[i]);
        set[i] = intset_move(&mover, set[i]);
        assert_true(str_check(str[i]) && str[i]->len == i % 200 + i % 50);
        assert_true(lp_check(lp[i]) && lp_eq(lp_first(lp[i]), slice_of(text, i % 200)));
        assert_true(intset_check(set[i]) && intset_has(set[i], i * 100000));
        bytes += str_footprint(str[i]) + lp_footprint(lp[i]) + intset_footprint(set[i]);
    }
    assert_int_equal(mover.looked, 3 * BLOCKS);
    expect_drained(&mover, bytes);
    for (unsigned i = 0; i < BLOCKS; i++) {
        str_free(&str[i]);
        lp_free(&lp[i]);
        intset_free(&set[i]);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(tables),
        CASE(tables_alone),
        CASE(all_deadlines),
        CASE(rankings),
        CASE(idmaps),
        CASE(quicklists),
        CASE(quicklists_of_alike),
        CASE(quicklist_ends_beneath),
        CASE(quicklist_popped_past_the_mark),
        CASE(blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
