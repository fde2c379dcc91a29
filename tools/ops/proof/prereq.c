/* SPDX-License-Identifier: MIT */
#include "ops/proof/prereq.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/rules/distro.h"

#define SCRIPT_MAX (1u << 20)
#define PATH_WITHOUT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* --- programs --- */

char *gp_program_path(const char *name)
{
	const char *path = getenv("PATH"), *end;

	for (path = path ? path : PATH_WITHOUT_PATH; *path; path = *end ? end + 1 : end) {
		gp_auto(gp_free_ptr) char *dir = NULL, *file = NULL;

		end = strchrnul(path, ':');
		dir = gp_strndup(path, (size_t)(end - path));
		file = gp_path_join(*dir ? dir : ".", name);
		if (access(file, X_OK) == 0 && gp_is_file(file))
			return gp_steal(&file);
	}
	return NULL;
}

bool gp_program_is_here(const char *name)
{
	gp_auto(gp_free_ptr) char *path = gp_program_path(name);

	return path;
}

static int need(const char *name, const char *package, const char *why, struct gp_err *err)
{
	if (gp_program_is_here(name))
		return 0;
	return gp_fail(err, GP_E_NOTFOUND, "there is no program '%s', %s: install Debian's package %s", name, why,
		       package);
}

char *gp_compiler_package(const char *cc)
{
	static const char *const families[] = { "gcc", "clang" };
	const char *dash = strrchr(cc, '-');

	/* The triplet of the machine in front is not part of the package's name. */
	for (size_t i = 0; i < GP_COUNT(families); i++) {
		size_t n = strlen(families[i]);
		const char *at =
			dash && strspn(dash + 1, "0123456789") == strlen(dash + 1) && (size_t)(dash - cc) >= n ?
				dash - n :
				cc + (strlen(cc) >= n ? strlen(cc) - n : 0);

		if (strncmp(at, families[i], n) == 0 && (at == cc || at[-1] == '-'))
			return gp_strdup(at);
	}
	return NULL;
}

/* --- the headers --- */

static bool is_set(const struct gp_headers *h, const char *name)
{
	gp_auto(gp_free_ptr) char *value = gp_headers_config(h, name);

	return value && strcmp(value, "y") == 0;
}

static bool has(const char *dir, const char *name)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);

	return gp_is_file(path);
}

/* What make calls besides the compiler; gcc calls its assembler by name. */
static int check_binutils(const struct gp_headers *h, const struct gp_toolchain *cc, struct gp_err *err)
{
	static const char *const gnu[] = { "as", "ld", "nm", "objcopy", NULL };
	static const char *const llvm[] = { "llvm-ar", "llvm-nm", "llvm-objcopy", NULL };
	const char *why = cc->clang ? "and clang built this kernel" : "which modules are made with";

	if (cc->clang && is_set(h, "CONFIG_LD_IS_LLD") && need("ld.lld", "lld", why, err) < 0)
		return -1;
	for (const char *const *tool = cc->clang ? llvm : gnu; *tool; tool++)
		if (need(*tool, cc->clang ? "llvm" : "binutils", why, err) < 0)
			return -1;
	return 0;
}

/* What was compiled for them is of the half that make works in. */
static int check_modpost(const struct gp_headers *h, struct gp_err *err)
{
	if (has(h->sysout, "scripts/mod/modpost"))
		return 0;
	if (h->release.distro == GP_DISTRO_DEBIAN)
		return gp_fail(err, GP_E_NOTFOUND,
			       "the headers '%s' have no scripts/mod/modpost: install Debian's package "
			       "linux-kbuild-%u.%u, or that of their version",
			       h->sysout, h->release.ver.part[0], h->release.ver.part[1]);
	return gp_fail(err, GP_E_NOTFOUND,
		       "the headers '%s' have no scripts/mod/modpost: nothing was made ready for modules "
		       "in them, as Debian's packages linux-headers-… are and 'make modules_prepare' does",
		       h->sysout);
}

static int check_symvers(const struct gp_headers *h, struct gp_list *notes, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(h->sysout, "Module.symvers");
	struct stat st;
	bool here = stat(path, &st) == 0 && S_ISREG(st.st_mode);

	if (here && st.st_size > 0)
		return 0;
	if (is_set(h, "CONFIG_MODVERSIONS"))
		return gp_fail(err, GP_E_NOTFOUND,
			       "'%s' is %s, which has the versions of the kernel's "
			       "symbols: install the package linux-headers-%s anew",
			       path, here ? "empty" : "missing", h->release.text);
	gp_list_take(notes, gp_asprintf("the headers have %s Module.symvers: whether the kernel exports what the "
					"modules take is not known",
					here ? "an empty" : "no"));
	return 0;
}

/* Do the headers' scripts make BTF of modules? */
static bool makes_btf(const struct gp_headers *h)
{
	const char *const dirs[] = { h->sysout, h->syssrc };
	bool found = false;

	if (!is_set(h, "CONFIG_DEBUG_INFO_BTF_MODULES") || !has(h->sysout, "vmlinux"))
		return false;
	for (size_t i = 0; i < GP_COUNT(dirs) && !found; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dirs[i], "scripts/Makefile.modfinal");
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };

		if (gp_file_read(path, SCRIPT_MAX, &text, NULL) == 0)
			found = gp_str_find(gp_buf_str(&text), GP_STR("$(PAHOLE)")) >= 0 ||
				gp_str_find(gp_buf_str(&text), GP_STR("gen-btf.sh")) >= 0;
	}
	return found;
}

int gp_prereq_check(const struct gp_headers *h, const struct gp_toolchain *cc, struct gp_list *notes,
		    struct gp_err *err)
{
	if (need("make", "make", "which builds modules", err) < 0 || check_binutils(h, cc, err) < 0 ||
	    check_modpost(h, err) < 0 || check_symvers(h, notes, err) < 0)
		return -1;
	return makes_btf(h) ? need("pahole", "pahole", "which this kernel's headers call for each module (BTF)", err) :
			      0;
}
