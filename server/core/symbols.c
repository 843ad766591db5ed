/* symbols.c: a linear search through .symtab of /proc/self/exe.
 *
 * dladdr() knows exported symbols only, and nearly all of our functions are static. The file is
 * mapped and searched where it lies; every offset read from it is checked, as a report on a damaged
 * program must not fail on the program's file. */
#include "server/core/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool symbols_open(struct symbols *s) {
    struct stat st;
    int         fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    *s = (struct symbols){0};
    if (fd < 0) return false;
    if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(ElfW(Ehdr))) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED) *s = (struct symbols){.file = p, .len = (size_t)st.st_size};
    }
    close(fd);
    return s->file != NULL;
}

void symbols_close(struct symbols *s) {
    if (s->file != NULL) munmap((void *)(size_t)s->file, s->len);
    s->file = NULL;
}

/* count things of size bytes at `at` lie in the file. */
static bool inside(const struct symbols *s, size_t at, size_t count, size_t size) {
    return at <= s->len && (size == 0 || count <= (s->len - at) / size);
}

static const ElfW(Shdr) *section_headers(const struct symbols *s, size_t *count) {
    const ElfW(Ehdr) *e = (const ElfW(Ehdr) *)(const void *)s->file;
    if (memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 || e->e_shentsize != sizeof(ElfW(Shdr)))
        return NULL;
    if (!inside(s, e->e_shoff, e->e_shnum, sizeof(ElfW(Shdr)))) return NULL;
    *count = e->e_shnum;
    return (const ElfW(Shdr) *)(const void *)(s->file + e->e_shoff);
}

/* The name at `at` in the string section, if it ends within it. */
static const char *name_at(const struct symbols *s, const ElfW(Shdr) *strings, size_t at) {
    if (!inside(s, strings->sh_offset, strings->sh_size, 1) || at >= strings->sh_size) return NULL;
    const char *name = s->file + strings->sh_offset + at;
    return memchr(name, '\0', strings->sh_size - at) == NULL ? NULL : name;
}

const char *symbols_find(const struct symbols *s, size_t offset, size_t *into) {
    size_t            count = 0;
    const ElfW(Shdr) *section = s->file == NULL ? NULL : section_headers(s, &count);
    for (size_t i = 0; section != NULL && i < count; i++) {
        if (section[i].sh_type != SHT_SYMTAB || section[i].sh_link >= count) continue;
        size_t symbols = section[i].sh_size / sizeof(ElfW(Sym));
        if (!inside(s, section[i].sh_offset, symbols, sizeof(ElfW(Sym)))) return NULL;
        const ElfW(Sym) *sym = (const ElfW(Sym) *)(const void *)(s->file + section[i].sh_offset);
        for (size_t k = 0; k < symbols; k++) {
            if (ELF64_ST_TYPE(sym[k].st_info) != STT_FUNC) continue;
            if (offset < sym[k].st_value || offset - sym[k].st_value >= sym[k].st_size) continue;
            *into = offset - sym[k].st_value;
            return name_at(s, &section[section[i].sh_link], sym[k].st_name);
        }
    }
    return NULL;
}
