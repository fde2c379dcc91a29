/* SPDX-License-Identifier: MIT */
#include "ops/select/headerdir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"

#define CONFIG_FILE (16u << 20)

static bool file_in(const char *dir, const char *name, struct gp_err *why)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);

	return gp_thing_at(path, why) == GP_THING_FILE;
}

bool gp_headerdir_is_source(const char *dir, struct gp_err *why)
{
	return file_in(dir, "include/linux/kernel.h", why);
}

bool gp_headerdir_is_build(const char *dir, struct gp_err *why)
{
	return file_in(dir, "include/generated/autoconf.h", why) || file_in(dir, "include/config/auto.conf", why);
}

/* --- what else it may be: all of this only words the error --- */

/* dir/a, or with b dir/a/b, when that is a build directory. */
static char *build_below(const char *dir, const char *a, const char *b)
{
	gp_auto(gp_free_ptr) char *first = gp_path_join(dir, a);
	char *path = b ? gp_path_join(first, b) : gp_strdup(first);

	if (gp_headerdir_is_build(path, NULL))
		return path;
	free(path);
	return NULL;
}

/* The first build directory below, as deep as package managers put them:
 * /usr/src/kernels/R, linux-obj/x86_64/default, /lib/modules/R/build. */
static char *first_build(const char *dir)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	char *found = NULL;

	if (gp_dir_list(dir, &names, NULL))
		return NULL;
	gp_list_sort(&names);
	for (size_t i = 0; i < names.n && !found; i++) {
		found = build_below(dir, names.v[i], NULL);
		if (!found)
			found = build_below(dir, names.v[i], "default");
		if (!found)
			found = build_below(dir, names.v[i], "build");
	}
	return found ? found : build_below(dir, "x86_64", "default");
}

/* What names of its flavours start with: "linux-headers-5.10.0-46" of Debian's
 * "…-common", "linux-headers-5.15.0-33" of Ubuntu's "linux-hwe-5.15-headers-5.15.0-33". */
static char *flavour_prefix(const char *base)
{
	struct gp_str name;
	const char *version = strstr(base, "-headers-");

	if (!version)
		return NULL;
	version += strlen("-headers-");
	name = gp_str_of(version);
	if (gp_str_ends(name, "-common"))
		name.len -= strlen("-common");
	return gp_asprintf("linux-headers-%.*s-", (int)name.len, name.p);
}

/* A build directory beside the shared half dir; NULL: none. */
static char *flavour_beside(const char *dir)
{
	gp_auto(gp_free_ptr) char *prefix = flavour_prefix(gp_path_base(dir)), *up = gp_path_dir(dir);
	gp_auto(gp_free_ptr) char *obj = gp_asprintf("%s-obj", gp_path_base(dir));
	gp_auto(gp_free_ptr) char *suse = gp_path_join(up, obj);
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	char *found = build_below(suse, "x86_64", "default");

	if (found || !prefix || gp_dir_list(up, &names, NULL))
		return found;
	gp_list_sort(&names);
	for (size_t i = 0; i < names.n && !found; i++)
		if (gp_str_starts(gp_str_of(names.v[i]), prefix))
			found = build_below(up, names.v[i], NULL);
	return found;
}

static bool is_empty(const char *dir)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	return gp_dir_list(dir, &names, NULL) == 0 && names.n == 0;
}

static int is_shared_half(const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *flavour = flavour_beside(dir);

	if (flavour)
		return gp_fail(err, GP_E_NOTFOUND,
			       "'%s' is the part that several builds share: "
			       "give '%s' instead",
			       dir, flavour);
	if (gp_str_ends(gp_str_of(dir), "-common"))
		return gp_fail(err, GP_E_NOTFOUND,
			       "'%s' is the part that Debian's flavours share: "
			       "install the package of the same name that ends in -amd64, and give "
			       "the directory that ends in -amd64 instead",
			       dir);
	return 0;
}

static int is_not_prepared(const char *dir, struct gp_err *err)
{
	if (file_in(dir, ".config", NULL))
		return gp_fail(err, GP_E_NOTFOUND,
			       "kernel sources '%s' are configured, but were never "
			       "prepared: run 'make modules_prepare' there",
			       dir);
	return gp_fail(err, GP_E_NOTFOUND,
		       "kernel sources '%s' were never prepared: run "
		       "'make olddefconfig modules_prepare' there, or give a package's headers",
		       dir);
}

/* Always -1. */
static int pass_on(const struct gp_err *why, struct gp_err *err)
{
	if (err)
		*err = *why;
	return -1;
}

static int what_is_it(const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *below = NULL;
	struct gp_err why = { 0 };

	if (gp_headerdir_is_source(dir, &why))
		return is_shared_half(dir, err) ? -1 : is_not_prepared(dir, err);
	if (why.code)
		return pass_on(&why, err);
	if (is_empty(dir))
		return gp_fail(err, GP_E_NOTFOUND, "'%s' is empty: install the kernel's headers", dir);
	below = first_build(dir);
	if (below)
		return gp_fail(err, GP_E_NOTFOUND,
			       "'%s' is not the headers of one kernel: give the one "
			       "that is meant, as '%s'",
			       dir, below);
	return gp_fail(err, GP_E_NOTFOUND, "no configured kernel headers in '%s'", dir);
}

/* --- the architecture --- */

/* An architecture that this is for, and that is not ours; NULL: none shows. */
static const char *other_arch(const char *dir)
{
	static const struct {
		const char *line, *name;
	} known[] = {
		{ "CONFIG_ARM64=y", "arm64" }, { "CONFIG_X86_32=y", "32-bit x86" },   { "CONFIG_ARM=y", "arm" },
		{ "CONFIG_PPC=y", "powerpc" }, { "CONFIG_S390=y", "s390" },           { "CONFIG_RISCV=y", "riscv" },
		{ "CONFIG_MIPS=y", "mips" },   { "CONFIG_LOONGARCH=y", "loongarch" },
	};
	gp_auto(gp_free_ptr) char *conf = gp_path_join(dir, "include/config/auto.conf");
	gp_auto(gp_free_ptr) char *dot = gp_path_join(dir, ".config");
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	if (gp_file_read(gp_is_file(conf) ? conf : dot, CONFIG_FILE, &text, NULL))
		return NULL;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line))
		for (size_t i = 0; i < GP_COUNT(known); i++)
			if (gp_str_eq(gp_str_trim(line), known[i].line))
				return known[i].name;
	return NULL;
}

/* --- finding it --- */

/* A link that leads nowhere is the usual trace of headers that are not
 * installed, or no longer. */
static int not_there(const char *dir, int errnum, struct gp_err *err)
{
	char target[4096];
	ssize_t n = readlink(dir, target, sizeof(target) - 1);

	if (errnum != ENOENT || n <= 0)
		return gp_fail_sys(err, errnum, "kernel headers '%s'", dir);
	target[n] = '\0';
	return gp_fail(err, GP_E_NOTFOUND,
		       "'%s' leads to '%s', which is not there: install the headers of "
		       "that kernel",
		       dir, target);
}

static char *resolve(const char *dir, struct gp_err *err)
{
	char *real = realpath(dir, NULL);
	int thing;

	if (!real) {
		not_there(dir, errno, err);
		return NULL;
	}
	thing = gp_thing_at(real, err);
	if (thing == GP_THING_DIR)
		return real;
	if (thing >= 0)
		gp_fail(err, GP_E_NOTFOUND,
			"'%s' is a file: give the directory of the kernel's headers (a package "
			"has to be unpacked first)",
			dir);
	free(real);
	return NULL;
}

/* /lib/modules/R: its build link is meant. */
static char *follow_modules_dir(char *real, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *build = gp_path_join(real, "build");

	struct gp_err why = { 0 };
	int thing;

	if (gp_headerdir_is_build(real, &why) || gp_headerdir_is_source(real, &why))
		return real;
	thing = why.code ? pass_on(&why, err) : gp_thing_at(build, err);
	if (thing == GP_THING_NONE)
		return real;
	free(real);
	return thing < 0 ? NULL : resolve(build, err);
}

char *gp_headerdir_find(const char *dir, struct gp_err *err)
{
	char *real = resolve(dir, err);
	struct gp_err why = { 0 };
	const char *arch;
	bool build;

	if (real)
		real = follow_modules_dir(real, err);
	if (!real)
		return NULL;
	build = gp_headerdir_is_build(real, &why);
	arch = build ? other_arch(real) : NULL;
	if (arch)
		gp_fail(err, GP_E_UNSUPPORTED, "headers '%s' are for %s: those of an x86_64 kernel are needed", real,
			arch);
	else if (!build)
		(void)(why.code ? pass_on(&why, err) : what_is_it(real, err));
	else
		return real;
	free(real);
	return NULL;
}

/* 1 headers by themselves, or /lib/modules/R whose link leads to some; 0; -1 it cannot be told. */
static int is_headers(const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *build = gp_path_join(dir, "build");
	struct gp_err why = { 0 };

	if (gp_headerdir_is_build(dir, &why) || (!why.code && gp_headerdir_is_build(build, &why)))
		return 1;
	return why.code ? pass_on(&why, err) : 0;
}

int gp_headerdir_expand(const char *dir, struct gp_list *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	int self = is_headers(dir, err);
	size_t before = out->n;

	if (self < 0)
		return -1;
	/* Sources, and half of a package, are spoken of by name. */
	if (self || gp_headerdir_is_source(dir, NULL)) {
		gp_list_add(out, dir);
		return 0;
	}
	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);
		int is = gp_thing_at(path, err);

		if (is == GP_THING_DIR)
			is = is_headers(path, err);
		else if (is > 0)
			is = 0;
		if (is < 0)
			return -1;
		if (is)
			gp_list_add(out, path);
	}
	if (out->n == before)
		gp_list_add(out, dir);
	return 0;
}
