/* SPDX-License-Identifier: MIT */
#include "core/module/library.h"

#include <gelf.h>
#include <stdint.h>
#include <string.h>

#include "core/module/elfcheck.h"

#define MAX_NEEDED 256

static int broken(struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "libelf cannot read it: %s", elf_errmsg(-1));
}

/* The section of that type with its entries; 0 there is none. */
static int section_of(Elf *elf, unsigned type, GElf_Shdr *sh, Elf_Data **data, struct gp_err *err)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, sh))
			return broken(err);
		if (sh->sh_type != type || !sh->sh_entsize)
			continue;
		*data = elf_getdata(scn, NULL);
		return *data ? 1 : broken(err);
	}
	return 0;
}

/* Defined here, to be found by others, and a function? */
static bool exports(Elf *elf, const GElf_Shdr *sh, Elf_Data *data, const char *symbol)
{
	size_t n = sh->sh_size / sh->sh_entsize;

	for (size_t i = 0; i < n; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (name && strcmp(name, symbol) == 0 && GELF_ST_BIND(sym.st_info) != STB_LOCAL &&
		    GELF_ST_TYPE(sym.st_info) == STT_FUNC && GELF_ST_VISIBILITY(sym.st_other) == STV_DEFAULT)
			return true;
	}
	return false;
}

static int read_dynamic(Elf *elf, struct gp_list *needed, struct gp_err *err)
{
	GElf_Shdr sh = { 0 };
	Elf_Data *data = NULL;
	int is = section_of(elf, SHT_DYNAMIC, &sh, &data, err);

	if (is <= 0)
		return is < 0 ? -1 : gp_fail(err, GP_E_UNSUPPORTED, "it has nothing that a loader could work with");
	for (size_t i = 0; i < sh.sh_size / sh.sh_entsize; i++) {
		const char *name;
		GElf_Dyn dyn;

		if (!gelf_getdyn(data, (int)i, &dyn) || dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_FLAGS_1 && dyn.d_un.d_val & DF_1_PIE)
			return gp_fail(err, GP_E_UNSUPPORTED, "a program, not a shared library");
		if (dyn.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, sh.sh_link, dyn.d_un.d_val);
		if (!name || needed->n >= MAX_NEEDED)
			return gp_fail(err, GP_E_FORMAT, "its list of libraries that it needs is damaged");
		gp_list_add(needed, name);
	}
	return 0;
}

static int check(Elf *elf, const char *symbol, struct gp_list *needed, struct gp_err *err)
{
	GElf_Shdr sh = { 0 };
	Elf_Data *data = NULL;
	GElf_Ehdr eh;
	int is;

	if (!gelf_getehdr(elf, &eh))
		return broken(err);
	if (eh.e_machine != EM_X86_64)
		return gp_fail(err, GP_E_UNSUPPORTED, "for another machine (ELF machine %u) than x86-64", eh.e_machine);
	is = section_of(elf, SHT_DYNSYM, &sh, &data, err);
	if (is <= 0)
		return is < 0 ? -1 :
				gp_fail(err, GP_E_UNSUPPORTED,
					"it has no dynamic symbols: debug information of a library, or nothing to "
					"preload");
	if (read_dynamic(elf, needed, err) < 0)
		return -1;
	if (!exports(elf, &sh, data, symbol))
		return gp_fail(err, GP_E_UNSUPPORTED, "it does not export '%s'", symbol);
	return 0;
}

int gp_library_check(struct gp_str image, const char *symbol, struct gp_list *needed, struct gp_err *err)
{
	Elf *elf;
	int rc;

	if (gp_elf_check(image, true, err) < 0)
		return -1;
	if (elf_version(EV_CURRENT) == EV_NONE || !(elf = elf_memory((char *)(uintptr_t)image.p, image.len)))
		return broken(err);
	rc = check(elf, symbol, needed, err);
	elf_end(elf);
	return rc;
}
