/* SPDX-License-Identifier: MIT */
#include "cmd/front/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/rules/branch.h"
#include "ops/job/inputs.h"
#include "ops/select/headerdir.h"
#include "ops/select/headers.h"
#include "ops/select/select.h"

/* --- this machine --- */

/* Releases of the build directories dir/PREFIX*. */
static void add_headers(const char *dir, const char *prefix, struct gp_list *out)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_release r;

	if (gp_dir_list(dir, &names, NULL) != 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);
		struct gp_str name = gp_str_of(names.v[i]);

		if (gp_str_take(&name, prefix) && gp_release_parse(name.p, &r, NULL) == 0 &&
		    !gp_list_has(out, name.p) && gp_headerdir_is_build(path, NULL))
			gp_list_add(out, name.p);
	}
}

void gp_values_kernels(bool all)
{
	gp_auto(gp_list_release) struct gp_list found = { 0 };
	size_t installed;

	if (all)
		printf("installed\tall of this machine's\n");
	gp_installed_kernels(NULL, &found, NULL);
	installed = found.n;
	/* Where gp_headers_find() looks for those of a release. */
	add_headers("/usr/src", "linux-headers-", &found);
	add_headers("/usr/src/kernels", "", &found);
	for (size_t i = 0; i < found.n; i++)
		printf("%s\t%s\n", found.v[i], i < installed ? "installed" : "its headers are here");
}

static bool is_compiler(const char *name)
{
	struct gp_str rest = gp_str_of(name);

	if (!gp_str_take(&rest, "gcc") && !gp_str_take(&rest, "clang"))
		return false;
	return !rest.len || (*rest.p == '-' && rest.len > 1 && strspn(rest.p + 1, "0123456789") == rest.len - 1);
}

static void print_compilers(void)
{
	struct gp_str path = gp_str_of(getenv("PATH") ? getenv("PATH") : ""), part;
	gp_auto(gp_list_release) struct gp_list seen = { 0 };

	while (path.len) {
		part = (struct gp_str){ path.p, strcspn(path.p, ":") };
		gp_auto(gp_free_ptr) char *dir = gp_strndup(part.p, part.len);
		gp_auto(gp_list_release) struct gp_list names = { 0 };

		path = gp_str_skip(path, part.len + (part.len < path.len));
		if (*dir != '/' || gp_dir_list(dir, &names, NULL) != 0)
			continue;
		for (size_t i = 0; i < names.n; i++)
			if (is_compiler(names.v[i]) && !gp_list_has(&seen, names.v[i]))
				gp_list_add(&seen, names.v[i]);
	}
	for (size_t i = 0; i < seen.n; i++)
		puts(seen.v[i]);
}

/* --- the data --- */

static bool load(unsigned tables, struct gp_catalog *out)
{
	const struct gp_list none = { 0 };

	return gp_data_load(&none, tables, out, NULL) == 0;
}

void gp_values_sets(bool all)
{
	gp_auto(gp_catalog_release) struct gp_catalog c = { 0 };

	if (all)
		printf("%s\tevery set that --set does not name\n", GP_ALL_SETS);
	if (!load(0, &c))
		return;
	for (size_t i = 0; i < c.nsets; i++)
		puts(c.sets[i].name);
}

static void print_platforms(bool all)
{
	gp_auto(gp_catalog_release) struct gp_catalog c = { 0 };

	if (all)
		printf("all\tthe kernels of all of them\n");
	if (!load(GP_DATA_PLATFORMS, &c))
		return;
	for (size_t i = 0; i < gp_catalog_platforms(&c)->n; i++)
		printf("%s\t%s\n", gp_catalog_platforms(&c)->v[i].name, gp_catalog_platforms(&c)->v[i].title);
}

/* Versions alone are what modules have; else branches and releases of vGPU, too. */
static void print_drivers(bool versions_only)
{
	gp_auto(gp_catalog_release) struct gp_catalog c = { 0 };

	if (!load(0, &c))
		return;
	for (size_t i = 0; i < c.branches.n; i++) {
		const struct gp_branch *b = &c.branches.v[i];

		if (!versions_only)
			printf("%u\t%s\n", b->number, b->product ? b->product : "the newest of its branch");
		for (size_t k = 0; k < b->nnamed && !versions_only; k++)
			printf("%s\t%s\n", b->named[k].release.text, b->named[k].driver.text);
		for (size_t k = 0; k < b->n; k++)
			printf("%s\t%s\n", b->versions[k].text, b->product ? b->product : "");
	}
}

void gp_values_print(const struct gp_cmd *cmd, const struct gp_option *o)
{
	if (strcmp(o->arg, "R") == 0)
		gp_values_kernels(cmd != &gp_cmd_verify && cmd != &gp_cmd_new_set);
	else if (strcmp(o->arg, "VERSION") == 0)
		print_drivers(cmd == &gp_cmd_verify);
	else if (strcmp(o->arg, "CC") == 0)
		print_compilers();
	else if (strcmp(o->name, "platform") == 0)
		print_platforms(cmd == &gp_cmd_support);
	else if (strcmp(o->name, "set") == 0 || strcmp(o->name, "no-set") == 0)
		gp_values_sets(strcmp(o->name, "no-set") == 0);
}
