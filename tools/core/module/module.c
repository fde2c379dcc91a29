/* SPDX-License-Identifier: MIT */
#include "core/module/module.h"

#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/module/elfcheck.h"

#define MAX_ENTRIES 65536
#define MAX_INFO 16384
#define HOOK_BEG "vgpu_unlock_nv_kern_rodata_beg"
#define HOOK_END "vgpu_unlock_nv_kern_rodata_end"
#define SIGNED "~Module signature appended~\n"
/* struct modversion_info of 64-bit kernels: an unsigned long and the name. */
#define VERSION_SIZE 64
#define VERSION_NAME 8
/* Ubuntu's of 6.8 and 6.11: bytes up to the next one, the CRC, a name of any length. */
#define PACKED_CRC 4
#define PACKED_NAME 8

void gp_module_release(struct gp_module *m)
{
	if (!m)
		return;
	free(m->section);
	free(m->info);
	free(m->undef);
	free(m->version);
	free(m->export);
	*m = (struct gp_module){ 0 };
}

static int too_many(unsigned max, const char *what, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "it has more than %u %s", max, what);
}

static int elf_broken(struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "libelf cannot read it: %s", elf_errmsg(-1));
}

/* --- sections --- */

/* The bytes of a section in the file; none of NOBITS. */
static struct gp_str bytes_of(struct gp_str image, const struct gp_modsection *s)
{
	if (!s || s->type == SHT_NOBITS || s->type == SHT_NULL)
		return (struct gp_str){ "", 0 };
	return (struct gp_str){ image.p + s->off, (size_t)s->size };
}

static int read_sections(Elf *elf, struct gp_str image, struct gp_module *m, struct gp_err *err)
{
	size_t names;
	GElf_Shdr names_sh, sh;

	if (elf_getshdrnum(elf, &m->nsection) != 0 || elf_getshdrstrndx(elf, &names) != 0 ||
	    !gelf_getshdr(elf_getscn(elf, names), &names_sh))
		return elf_broken(err);
	m->section = gp_alloc(m->nsection * sizeof(*m->section));
	m->section[0].name = (struct gp_str){ "", 0 };
	for (size_t i = 1; i < m->nsection; i++) {
		if (!gelf_getshdr(elf_getscn(elf, i), &sh))
			return elf_broken(err);
		m->section[i] = (struct gp_modsection){ .name = gp_str_of(image.p + names_sh.sh_offset + sh.sh_name),
							.type = sh.sh_type,
							.flags = sh.sh_flags,
							.off = sh.sh_offset,
							.size = sh.sh_size,
							.align = sh.sh_addralign };
	}
	return 0;
}

const struct gp_modsection *gp_module_section(const struct gp_module *m, const char *name)
{
	for (size_t i = 1; i < m->nsection; i++)
		if (gp_str_eq(m->section[i].name, name))
			return &m->section[i];
	return NULL;
}

/* --- .modinfo --- */

static int read_info(struct gp_str image, struct gp_module *m, struct gp_err *err)
{
	const struct gp_modsection *s = gp_module_section(m, ".modinfo");
	struct gp_str rest = bytes_of(image, s);

	m->is_module = s || gp_module_section(m, ".gnu.linkonce.this_module");
	while (rest.len) {
		size_t n = strnlen(rest.p, rest.len);
		const char *eq = memchr(rest.p, '=', n);

		if (eq && m->ninfo == MAX_INFO)
			return too_many(MAX_INFO, ".modinfo entries", err);
		if (eq) {
			size_t key = (size_t)(eq - rest.p);

			GP_GROW(m->info, m->ninfo, m->info_cap);
			m->info[m->ninfo++] = (struct gp_modinfo){ { rest.p, key }, { eq + 1, n - key - 1 } };
		}
		n += n < rest.len;
		rest.p += n;
		rest.len -= n;
	}
	return 0;
}

struct gp_str gp_module_info(const struct gp_module *m, const char *key)
{
	for (size_t i = 0; i < m->ninfo; i++)
		if (gp_str_eq(m->info[i].key, key))
			return m->info[i].value;
	return (struct gp_str){ NULL, 0 };
}

bool gp_module_has_info(const struct gp_module *m, const char *key, struct gp_str value)
{
	for (size_t i = 0; i < m->ninfo; i++)
		if (gp_str_eq(m->info[i].key, key) && gp_str_same(m->info[i].value, value))
			return true;
	return false;
}

/* --- symbol versions --- */

static uint32_t le32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static int add_version(struct gp_module *m, struct gp_str name, uint32_t crc, struct gp_err *err)
{
	if (!name.len)
		return 0;
	if (m->nversion == MAX_ENTRIES)
		return too_many(MAX_ENTRIES, "symbol versions", err);
	GP_GROW(m->version, m->nversion, m->version_cap);
	m->version[m->nversion++] = (struct gp_modversion){ name, crc };
	return 0;
}

/* Each crc has its name in the other section, one after the other. */
static int read_ext_versions(struct gp_str crcs, struct gp_str names, struct gp_module *m, struct gp_err *err)
{
	size_t i = 0;

	if (crcs.len % 4)
		return gp_fail(err, GP_E_FORMAT, "its __version_ext_crcs ends inside of a number");
	for (; i < crcs.len / 4 && names.len; i++) {
		size_t n = strnlen(names.p, names.len);

		if (n == names.len)
			break;
		if (add_version(m, (struct gp_str){ names.p, n }, le32(crcs.p + 4 * i), err) < 0)
			return -1;
		names.p += n + 1;
		names.len -= n + 1;
	}
	if (i != crcs.len / 4)
		return gp_fail(err, GP_E_FORMAT, "its __version_ext_crcs has %zu entries, __version_ext_names %zu",
			       crcs.len / 4, i);
	return 0;
}

/* Entries of 64 bytes, each with its name in it. */
static int read_plain_versions(struct gp_str all, struct gp_module *m, struct gp_err *err)
{
	if (all.len % VERSION_SIZE)
		return gp_fail(err, GP_E_FORMAT, "its __versions has %zu bytes, no multiple of %d", all.len,
			       VERSION_SIZE);
	for (size_t at = 0; at < all.len; at += VERSION_SIZE) {
		const char *name = all.p + at + VERSION_NAME;
		size_t n = strnlen(name, VERSION_SIZE - VERSION_NAME);

		if (n == VERSION_SIZE - VERSION_NAME)
			return gp_fail(err, GP_E_FORMAT, "its __versions has a name without an end");
		if (add_version(m, (struct gp_str){ name, n }, le32(all.p + at), err) < 0)
			return -1;
	}
	return 0;
}

/* Nothing but zeros follows the last entry. */
static bool packed_end(struct gp_str all)
{
	for (size_t i = 0; i < all.len; i++)
		if (all.p[i])
			return false;
	return true;
}

/* Bytes of the packed entry that all begins with; 0: there is none. */
static size_t packed_entry(struct gp_str all)
{
	uint32_t next;
	size_t n;

	if (all.len <= PACKED_NAME)
		return 0;
	next = le32(all.p);
	n = strnlen(all.p + PACKED_NAME, all.len - PACKED_NAME);
	if (n == all.len - PACKED_NAME || next != ((PACKED_NAME + n + 1 + 3) & ~(size_t)3) || next > all.len)
		return 0;
	return next;
}

/* How long an entry is follows from its name. In the other form the CRC stands in
 * that place: both would have to agree by chance in the first two entries. */
static bool is_packed(struct gp_str all)
{
	size_t first = packed_entry(all);

	if (!first || all.len == VERSION_SIZE)
		return first != 0;
	return first == all.len || packed_end(gp_str_skip(all, first)) || packed_entry(gp_str_skip(all, first));
}

static int read_packed_versions(struct gp_str all, struct gp_module *m, struct gp_err *err)
{
	while (all.len && !packed_end(all)) {
		size_t n = packed_entry(all);

		if (!n)
			return gp_fail(err, GP_E_FORMAT,
				       "entry %zu of its __versions is not as long as its name makes it",
				       m->nversion + 1);
		if (add_version(m, gp_str_of(all.p + PACKED_NAME), le32(all.p + PACKED_CRC), err) < 0)
			return -1;
		all = gp_str_skip(all, n);
	}
	return 0;
}

/* The kernel takes the newer form when both are there (kernel/module/version.c). */
static int read_versions(struct gp_str image, struct gp_module *m, struct gp_err *err)
{
	const struct gp_modsection *ext = gp_module_section(m, "__version_ext_crcs");
	struct gp_str all = bytes_of(image, gp_module_section(m, "__versions"));

	if (ext)
		return read_ext_versions(bytes_of(image, ext),
					 bytes_of(image, gp_module_section(m, "__version_ext_names")), m, err);
	return is_packed(all) ? read_packed_versions(all, m, err) : read_plain_versions(all, m, err);
}

/* --- symbols --- */

struct symbols {
	struct gp_str image, names; /* names: the table of strings, it ends with a NUL */
	struct gp_str flags;        /* __kflagstab's bytes */
	Elf_Data *data;
	size_t n;
};

/* The name of a symbol, cut after GP_ELF_MAX_NAME bytes; false: outside of the table. */
static bool symbol(const struct symbols *t, size_t i, GElf_Sym *sym, struct gp_str *name)
{
	if (!gelf_getsym(t->data, (int)i, sym) || sym->st_name >= t->names.len)
		return false;
	name->p = t->names.p + sym->st_name;
	name->len = t->names.len - sym->st_name;
	return true;
}

/* For names that start so; the length is looked for only then. */
static bool prefixed(struct gp_str *name, const char *prefix)
{
	size_t n = strlen(prefix);

	if (name->len < n || memcmp(name->p, prefix, n) != 0)
		return false;
	name->p += n;
	name->len = strnlen(name->p, name->len - n < GP_ELF_MAX_NAME + 1 ? name->len - n : GP_ELF_MAX_NAME + 1);
	return name->len && name->len <= GP_ELF_MAX_NAME;
}

static size_t section_of(const struct gp_module *m, const GElf_Sym *sym)
{
	return sym->st_shndx < SHN_LORESERVE && sym->st_shndx < m->nsection ? sym->st_shndx : SIZE_MAX;
}

static int add_undefined(struct gp_module *m, const GElf_Sym *sym, struct gp_str name, struct gp_err *err)
{
	unsigned bind = GELF_ST_BIND(sym->st_info);

	if (bind != STB_GLOBAL && bind != STB_WEAK)
		return 0;
	name.len = strnlen(name.p, name.len < GP_ELF_MAX_NAME + 1 ? name.len : GP_ELF_MAX_NAME + 1);
	if (!name.len)
		return 0;
	if (name.len > GP_ELF_MAX_NAME)
		return gp_fail(err, GP_E_FORMAT, "it has a symbol whose name is longer than %d bytes", GP_ELF_MAX_NAME);
	if (m->nundef == MAX_ENTRIES)
		return too_many(MAX_ENTRIES, "undefined symbols", err);
	GP_GROW(m->undef, m->nundef, m->undef_cap);
	m->undef[m->nundef++] = (struct gp_modsymbol){ name, bind == STB_WEAK };
	return 0;
}

/* GPL-only says the section, up to 7.0 the table of entries itself, then a byte per entry beside it. */
static bool gpl_only(const struct gp_module *m, const struct symbols *t, const GElf_Sym *sym)
{
	const struct gp_modsection *s = &m->section[sym->st_shndx];
	uint64_t entry = m->nexport ? s->size / m->nexport : 0;

	if (gp_str_starts(s->name, "__ksymtab_gpl") || gp_str_starts(s->name, "___ksymtab_gpl"))
		return true;
	return entry && t->flags.len == m->nexport && sym->st_value / entry < t->flags.len &&
	       (t->flags.p[sym->st_value / entry] & 1);
}

static int add_export(struct gp_module *m, const GElf_Sym *sym, struct gp_str name, struct gp_err *err)
{
	size_t at = section_of(m, sym);

	if (at == SIZE_MAX ||
	    (!gp_str_starts(m->section[at].name, "__ksymtab") && !gp_str_starts(m->section[at].name, "___ksymtab")))
		return 0;
	if (m->nexport == MAX_ENTRIES)
		return too_many(MAX_ENTRIES, "exported symbols", err);
	GP_GROW(m->export, m->nexport, m->export_cap);
	m->export[m->nexport++] = (struct gp_modexport){ .name = name };
	return 0;
}

static void note_place(const struct gp_module *m, const GElf_Sym *sym, struct gp_modplace *out)
{
	if (!out->found)
		*out = (struct gp_modplace){ true, sym->st_value, section_of(m, sym) };
}

static int first_pass(const struct symbols *t, struct gp_module *m, struct gp_err *err)
{
	GElf_Sym sym;
	struct gp_str name, rest;

	for (size_t i = 1; i < t->n; i++) {
		if (!symbol(t, i, &sym, &name))
			return gp_fail(err, GP_E_FORMAT, "the name of symbol %zu lies outside of the names", i);
		if (sym.st_shndx == SHN_UNDEF) {
			if (add_undefined(m, &sym, name, err) < 0)
				return -1;
			continue;
		}
		rest = name;
		if (prefixed(&rest, "__ksymtab_") && add_export(m, &sym, rest, err) < 0)
			return -1;
		/* With their NULs: whole names. */
		if (name.len >= sizeof(HOOK_BEG) && memcmp(name.p, HOOK_BEG, sizeof(HOOK_BEG)) == 0)
			note_place(m, &sym, &m->hook_beg);
		if (name.len >= sizeof(HOOK_END) && memcmp(name.p, HOOK_END, sizeof(HOOK_END)) == 0)
			note_place(m, &sym, &m->hook_end);
	}
	return 0;
}

static int cmp_str(struct gp_str a, struct gp_str b)
{
	int c = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
	return cmp_str(((const struct gp_modexport *)a)->name, ((const struct gp_modexport *)b)->name);
}

static struct gp_modexport *find_export(const struct gp_module *m, struct gp_str name)
{
	struct gp_modexport key = { .name = name };

	return bsearch(&key, m->export, m->nexport, sizeof(*m->export), by_name);
}

const struct gp_modexport *gp_module_export(const struct gp_module *m, struct gp_str name)
{
	return m->nexport ? find_export(m, name) : NULL;
}

bool gp_module_takes(const struct gp_module *m, const char *name)
{
	for (size_t i = 0; i < m->nundef; i++)
		if (gp_str_eq(m->undef[i].name, name))
			return true;
	return false;
}

/* The value of __crc_NAME: absolute, or where the number stands. */
static bool crc_of(const struct gp_module *m, struct gp_str image, const GElf_Sym *sym, uint32_t *out)
{
	size_t at = section_of(m, sym);
	struct gp_str bytes;

	if (sym->st_shndx == SHN_ABS) {
		*out = (uint32_t)sym->st_value;
		return true;
	}
	if (at == SIZE_MAX)
		return false;
	bytes = bytes_of(image, &m->section[at]);
	if (sym->st_value > bytes.len || bytes.len - sym->st_value < 4)
		return false;
	*out = le32(bytes.p + sym->st_value);
	return true;
}

/* What is known of exports only when all of them are. */
static void second_pass(const struct symbols *t, struct gp_module *m)
{
	GElf_Sym sym;
	struct gp_str name, rest;
	struct gp_modexport *e;
	size_t asked = 0;

	if (!m->nexport)
		return;
	qsort(m->export, m->nexport, sizeof(*m->export), by_name);
	/* Each export has one symbol of both kinds; a forged table has millions. */
	for (size_t i = 1; i < t->n && asked <= 2 * m->nexport; i++) {
		if (!symbol(t, i, &sym, &name) || sym.st_shndx == SHN_UNDEF)
			continue;
		rest = name;
		if (prefixed(&rest, "__ksymtab_") && section_of(m, &sym) != SIZE_MAX) {
			asked++;
			if ((e = find_export(m, rest)))
				e->gpl_only = gpl_only(m, t, &sym);
		}
		rest = name;
		if (prefixed(&rest, "__crc_")) {
			asked++;
			if ((e = find_export(m, rest)))
				e->has_crc = crc_of(m, t->image, &sym, &e->crc);
		}
	}
}

static int read_symbols(Elf *elf, struct gp_str image, struct gp_module *m, struct gp_err *err)
{
	struct symbols t = { .image = image };
	GElf_Shdr sh;
	Elf_Scn *scn;
	size_t i = 1;

	while (i < m->nsection && m->section[i].type != SHT_SYMTAB)
		i++;
	if (i == m->nsection)
		return 0;
	scn = elf_getscn(elf, i);
	if (!gelf_getshdr(scn, &sh) || !(t.data = elf_getdata(scn, NULL)))
		return elf_broken(err);
	t.names = bytes_of(image, &m->section[sh.sh_link]);
	t.flags = bytes_of(image, gp_module_section(m, "__kflagstab"));
	t.n = t.data->d_size / sizeof(Elf64_Sym);
	m->nsymbol = t.n ? t.n - 1 : 0;
	if (t.n > INT32_MAX)
		return too_many(INT32_MAX, "symbols", err);
	if (first_pass(&t, m, err) < 0)
		return -1;
	second_pass(&t, m);
	return 0;
}

/* --- texts --- */

static bool has_texts(const struct gp_modsection *s)
{
	return (s->flags & SHF_ALLOC) && !(s->flags & SHF_EXECINSTR) &&
	       (gp_str_starts(s->name, ".rodata") || gp_str_starts(s->name, ".data"));
}

bool gp_module_text_next(const struct gp_module *m, struct gp_modtext_at *at, struct gp_str *out)
{
	for (; at->section < m->nsection; at->section++, at->off = 0) {
		const struct gp_modsection *s = &m->section[at->section];
		struct gp_str rest = has_texts(s) ? bytes_of(m->image, s) : (struct gp_str){ "", 0 };

		while (at->off < rest.len && !rest.p[at->off])
			at->off++;
		if (at->off >= rest.len)
			continue;
		*out = gp_str_skip(rest, at->off);
		out->len = strnlen(out->p, out->len);
		at->off += out->len;
		return true;
	}
	return false;
}

/* --- the whole --- */

static void end_elf(Elf **elf)
{
	elf_end(*elf);
}

int gp_module_parse(struct gp_str image, struct gp_module *out, struct gp_err *err)
{
	gp_auto(end_elf) Elf *elf = NULL;
	GElf_Ehdr eh;

	*out = (struct gp_module){ .image = image };
	if (gp_elf_check(image, false, err) < 0)
		return -1;
	/* A descriptor of memory is read only; the type is older than const. */
	if (elf_version(EV_CURRENT) == EV_NONE || !(elf = elf_memory((char *)(uintptr_t)image.p, image.len)) ||
	    !gelf_getehdr(elf, &eh))
		return elf_broken(err);
	out->machine = eh.e_machine;
	out->signature = gp_str_ends(image, SIGNED);
	if (read_sections(elf, image, out, err) < 0 || read_info(image, out, err) < 0 ||
	    read_versions(image, out, err) < 0 || read_symbols(elf, image, out, err) < 0) {
		gp_module_release(out);
		return -1;
	}
	return 0;
}

const char *gp_machine_name(uint16_t machine, char out[24])
{
	switch (machine) {
	case EM_X86_64: return "x86_64";
	case EM_AARCH64: return "aarch64";
	case EM_386: return "i386";
	case EM_ARM: return "arm";
	case EM_RISCV: return "riscv";
	case EM_PPC64: return "ppc64le";
	default: snprintf(out, 24, "machine %u", machine); return out;
	}
}

bool gp_licence_is_gpl(struct gp_str licence)
{
	static const char *const compatible[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; i < GP_COUNT(compatible); i++)
		if (gp_str_eq(licence, compatible[i]))
			return true;
	return false;
}
