/* SPDX-License-Identifier: MIT */
/* An index or offset out of a forged header must not reach libelf, which trusts
 * more of them than we do. Everything is read byte by byte here: no alignment,
 * no byte order of the machine. */
#include "core/module/elfcheck.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

struct table {
	struct gp_str image;
	uint64_t off;   /* of the section table, bytes */
	uint64_t n;     /* sections */
	uint64_t names; /* index of the table of names */
};

static uint64_t get(struct gp_str image, uint64_t off, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | (unsigned char)image.p[off + i];
	return v;
}

#define EHDR(image, field) get(image, offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field))
#define SHDR(t, i, field) \
	get((t)->image, (t)->off + (i) * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, field), \
	    sizeof(((Elf64_Shdr *)0)->field))

static int check_ident(struct gp_str image, bool library, struct gp_err *err)
{
	const char *ours = library ? "programs" : "modules";

	if (image.len < EI_NIDENT || memcmp(image.p, ELFMAG, SELFMAG) != 0)
		return gp_fail(err, GP_E_FORMAT,
			       image.len && image.len < EI_NIDENT &&
					       memcmp(image.p, ELFMAG, image.len < SELFMAG ? image.len : SELFMAG) == 0 ?
				       "truncated: it ends inside of the ELF header" :
				       "not an ELF file");
	if (image.p[EI_CLASS] == ELFCLASS32)
		return gp_fail(err, GP_E_UNSUPPORTED, "a 32-bit ELF file; the driver's %s have 64 bits", ours);
	if (image.p[EI_CLASS] != ELFCLASS64)
		return gp_fail(err, GP_E_FORMAT, "ELF class %d does not exist", image.p[EI_CLASS]);
	if (image.p[EI_DATA] == ELFDATA2MSB)
		return gp_fail(err, GP_E_UNSUPPORTED, "a big-endian ELF file; the driver's %s are little-endian", ours);
	if (image.p[EI_DATA] != ELFDATA2LSB)
		return gp_fail(err, GP_E_FORMAT, "ELF byte order %d does not exist", image.p[EI_DATA]);
	if (image.p[EI_VERSION] != EV_CURRENT)
		return gp_fail(err, GP_E_UNSUPPORTED, "ELF version %d is not known", image.p[EI_VERSION]);
	return 0;
}

static int check_type(struct gp_str image, bool library, struct gp_err *err)
{
	static const char *const names[] = {
		[ET_REL] = "object", [ET_EXEC] = "program", [ET_DYN] = "library or program", [ET_CORE] = "core file"
	};
	uint64_t type = EHDR(image, e_type), wanted = library ? ET_DYN : ET_REL;

	if (type == wanted)
		return 0;
	if (type < GP_COUNT(names) && names[type])
		return gp_fail(err, GP_E_UNSUPPORTED, "an ELF %s, not a %s", names[type],
			       library ? "shared library" : "relocatable object");
	return gp_fail(err, GP_E_FORMAT, "ELF type %llu is not that of %s", (unsigned long long)type,
		       library ? "a library" : "an object");
}

static int check_header(struct gp_str image, bool library, struct gp_err *err)
{
	if (check_ident(image, library, err) < 0)
		return -1;
	if (image.len < sizeof(Elf64_Ehdr))
		return gp_fail(err, GP_E_FORMAT, "truncated: it ends inside of the ELF header");
	if (check_type(image, library, err) < 0)
		return -1;
	if (EHDR(image, e_version) != EV_CURRENT)
		return gp_fail(err, GP_E_UNSUPPORTED, "ELF version %llu is not known",
			       (unsigned long long)EHDR(image, e_version));
	if (EHDR(image, e_ehsize) != sizeof(Elf64_Ehdr))
		return gp_fail(err, GP_E_FORMAT, "the ELF header says that it has %llu bytes",
			       (unsigned long long)EHDR(image, e_ehsize));
	return 0;
}

/* Do len bytes at off lie in the image? */
static bool inside(const struct table *t, uint64_t off, uint64_t len)
{
	return off <= t->image.len && len <= t->image.len - off;
}

static int find_table(struct table *t, struct gp_err *err)
{
	t->off = EHDR(t->image, e_shoff);
	t->n = EHDR(t->image, e_shnum);
	t->names = EHDR(t->image, e_shstrndx);
	if (!t->off)
		return gp_fail(err, GP_E_FORMAT, "it has no section table");
	if (EHDR(t->image, e_shentsize) != sizeof(Elf64_Shdr))
		return gp_fail(err, GP_E_FORMAT, "its section table has entries of %llu bytes",
			       (unsigned long long)EHDR(t->image, e_shentsize));
	if (t->off < sizeof(Elf64_Ehdr) || !inside(t, t->off, sizeof(Elf64_Shdr)))
		return gp_fail(err, GP_E_FORMAT, "truncated: the section table would be at byte %llu of %zu",
			       (unsigned long long)t->off, t->image.len);
	if (!t->n)
		t->n = SHDR(t, 0, sh_size);
	if (t->names == SHN_XINDEX)
		t->names = SHDR(t, 0, sh_link);
	if (t->n < 2 || t->n > GP_ELF_MAX_SECTIONS)
		return gp_fail(err, GP_E_FORMAT, "it says that it has %llu sections", (unsigned long long)t->n);
	if (!inside(t, t->off, t->n * sizeof(Elf64_Shdr)))
		return gp_fail(err, GP_E_FORMAT,
			       "truncated: a table of %llu sections at byte %llu does not fit into %zu",
			       (unsigned long long)t->n, (unsigned long long)t->off, t->image.len);
	return 0;
}

/* A table of strings: not empty, its last byte ends the last string. */
static bool is_strings(const struct table *t, uint64_t i)
{
	uint64_t off, size;

	if (i == 0 || i >= t->n || SHDR(t, i, sh_type) != SHT_STRTAB)
		return false;
	off = SHDR(t, i, sh_offset);
	size = SHDR(t, i, sh_size);
	return size && inside(t, off, size) && t->image.p[off + size - 1] == '\0';
}

static int check_section(const struct table *t, uint64_t i, struct gp_err *err)
{
	uint64_t type = SHDR(t, i, sh_type), off = SHDR(t, i, sh_offset), size = SHDR(t, i, sh_size);
	uint64_t name = SHDR(t, i, sh_name), names_off = SHDR(t, t->names, sh_offset);
	uint64_t names_size = SHDR(t, t->names, sh_size), left;

	if (name >= names_size)
		return gp_fail(err, GP_E_FORMAT, "the name of section %llu lies outside of the names",
			       (unsigned long long)i);
	left = names_size - name;
	if (!memchr(t->image.p + names_off + name, '\0', left < GP_ELF_MAX_NAME + 1 ? left : GP_ELF_MAX_NAME + 1))
		return gp_fail(err, GP_E_FORMAT, "the name of section %llu is longer than %d bytes",
			       (unsigned long long)i, GP_ELF_MAX_NAME);
	if (type != SHT_NULL && type != SHT_NOBITS && !inside(t, off, size))
		return gp_fail(err, GP_E_FORMAT, "%s: section %llu ('%s') has %llu bytes at %llu, the file %zu",
			       off <= t->image.len ? "truncated" : "damaged", (unsigned long long)i,
			       t->image.p + names_off + name, (unsigned long long)size, (unsigned long long)off,
			       t->image.len);
	return 0;
}

static int check_symtab(const struct table *t, uint64_t i, struct gp_err *err)
{
	if (SHDR(t, i, sh_entsize) != sizeof(Elf64_Sym) || SHDR(t, i, sh_size) % sizeof(Elf64_Sym))
		return gp_fail(err, GP_E_FORMAT, "its symbol table has broken entries");
	if (!is_strings(t, SHDR(t, i, sh_link)))
		return gp_fail(err, GP_E_FORMAT, "its symbol table has no table of names");
	return 0;
}

int gp_elf_check(struct gp_str image, bool library, struct gp_err *err)
{
	struct table t = { .image = image };
	unsigned symtabs = 0;

	if (check_header(image, library, err) < 0 || find_table(&t, err) < 0)
		return -1;
	if (!is_strings(&t, t.names))
		return gp_fail(err, GP_E_FORMAT, "its sections have no table of names");
	for (uint64_t i = 1; i < t.n; i++) {
		if (check_section(&t, i, err) < 0)
			return -1;
		if (SHDR(&t, i, sh_type) != (library ? SHT_DYNSYM : SHT_SYMTAB))
			continue;
		if (symtabs++)
			return gp_fail(err, GP_E_FORMAT, "it has more than one symbol table");
		if (check_symtab(&t, i, err) < 0)
			return -1;
	}
	return 0;
}
