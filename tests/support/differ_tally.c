/* differ_tally.c: how often each command was sent. A sorted array; a run has some 200 names. */
#include "tests/support/differ_tally.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/bytes.h"

#define COLUMNS 3

static void name_add(char *name, size_t size, const char *word, size_t len) {
    size_t used = strlen(name);
    if (used > 0 && used + 1 < size) name[used++] = ' ';
    for (size_t i = 0; i < len && used + 1 < size; i++) {
        bool plain = word[i] > ' ' && word[i] < 127;
        name[used++] = plain ? (char)toupper((unsigned char)word[i]) : '?';
    }
    name[used] = '\0';
}

/* Commands whose second word says what is done. */
static bool is_container(const char *name) {
    static const char *const containers[] = {"CONFIG", "OBJECT", "XGROUP", "XINFO", "DEBUG", "MEMORY", "PFDEBUG"};
    for (size_t i = 0; i < sizeof(containers) / sizeof(*containers); i++)
        if (strcmp(name, containers[i]) == 0) return true;
    return false;
}

static struct tally_row *row_for(struct tally *t, const char *name) {
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int by_name = strcmp(t->row[middle].name, name);
        if (by_name == 0) return &t->row[middle];
        if (by_name < 0) low = middle + 1;
        else high = middle;
    }
    t->row = must_grow(t->row, (t->count + 1) * sizeof(*t->row));
    memmove(&t->row[low + 1], &t->row[low], (t->count - low) * sizeof(*t->row));
    t->row[low] = (struct tally_row){0};
    strcpy(t->row[low].name, name);
    t->count++;
    return &t->row[low];
}

void tally_add(struct tally *t, const struct words *command, bool error) {
    char name[sizeof(t->row->name)] = "";
    name_add(name, sizeof(name), command->word[0], command->len[0]);
    if (command->count > 1 && is_container(name)) name_add(name, sizeof(name), command->word[1], command->len[1]);
    struct tally_row *row = row_for(t, name);
    row->sent++;
    row->errors += error ? 1 : 0;
}

void tally_print(const struct tally *t, FILE *out) {
    size_t lines = (t->count + COLUMNS - 1) / COLUMNS;
    for (size_t i = 0; i < lines; i++) {
        for (size_t k = i; k < t->count; k += lines)
            fprintf(out, "  %-22s %8ld %8ld errors", t->row[k].name, t->row[k].sent, t->row[k].errors);
        fprintf(out, "\n");
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->row[i].sent == t->row[i].errors) fprintf(out, "only errors: %s\n", t->row[i].name);
}

void tally_fini(struct tally *t) {
    free(t->row);
    *t = (struct tally){0};
}
