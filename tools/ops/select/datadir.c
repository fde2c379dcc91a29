/* SPDX-License-Identifier: MIT */
#include "ops/select/datadir.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"

#ifndef GP_DATADIR
#define GP_DATADIR "/usr/local/share/gridpatch"
#endif

static bool holds_data(const char *dir)
{
	gp_auto(gp_free_ptr) char *rules = gp_path_join(dir, "kernel-versions");
	gp_auto(gp_free_ptr) char *sets = gp_path_join(dir, "patches");

	return gp_is_dir(rules) || gp_is_dir(sets);
}

/* TREE of TREE/build/gridpatch; NULL when exe does not stand in such a place. */
static char *source_tree(const char *exe)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(exe);
	const char *base = gp_path_base(dir);
	char *tree;

	if (strcmp(base, "build") != 0 && strcmp(base, "build-san") != 0)
		return NULL;
	tree = gp_path_dir(dir);
	if (!holds_data(tree)) {
		free(tree);
		return NULL;
	}
	return tree;
}

/* PREFIX/share/gridpatch of PREFIX/bin/gridpatch, else NULL. Only a "bin" says that what
 * lies beside it belongs to it: of a copy in /tmp/x, /tmp/share may be anybody's. */
static char *beside_exe(const char *exe)
{
	gp_auto(gp_free_ptr) char *bin = gp_path_dir(exe);
	gp_auto(gp_free_ptr) char *prefix = gp_path_dir(bin);
	char *dir;

	if (strcmp(gp_path_base(bin), "bin") != 0)
		return NULL;
	dir = gp_path_join(prefix, "share/gridpatch");
	if (!holds_data(dir)) {
		free(dir);
		return NULL;
	}
	return dir;
}

static char *find_base(const struct gp_datadir_places *p, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *tree = NULL, *beside = NULL;

	if (p->env && *p->env) {
		char *real = realpath(p->env, NULL);

		if (real && holds_data(real))
			return real;
		free(real);
		gp_fail(err, GP_E_NOTFOUND,
			"GRIDPATCH_DATA '%s' holds neither kernel-versions nor patches", p->env);
		return NULL;
	}
	/* A relative exe would mean the current directory. */
	if (p->exe && p->exe[0] == '/') {
		tree = source_tree(p->exe);
		beside = beside_exe(p->exe);
	}
	if (tree)
		return gp_steal(&tree);
	/* A version unpacked elsewhere must not take the data of the installed one. */
	if (beside)
		return gp_steal(&beside);
	if (p->compiled && p->compiled[0] == '/' && holds_data(p->compiled))
		return gp_strdup(p->compiled);
	gp_fail(err, GP_E_NOTFOUND, "no data: '%s' holds no kernel-versions (set GRIDPATCH_DATA)",
		p->compiled ? p->compiled : GP_DATADIR);
	return NULL;
}

int gp_datadir_find_in(const struct gp_datadir_places *places, struct gp_list *dirs,
		       struct gp_err *err)
{
	char *base = find_base(places, err);

	if (!base)
		return -1;
	gp_list_take(dirs, base);
	if (places->etc && holds_data(places->etc))
		gp_list_add(dirs, places->etc);
	return 0;
}

int gp_datadir_find(struct gp_list *dirs, struct gp_err *err)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct gp_datadir_places places = {
		.env = getenv("GRIDPATCH_DATA"),
		.compiled = GP_DATADIR,
		.etc = "/etc/gridpatch",
	};

	if (n > 0) {
		exe[n] = '\0';
		places.exe = exe;
	} else {
		/* No /proc (a chroot): the path the kernel was asked to execute. */
		const char *asked = (const char *)getauxval(AT_EXECFN);

		if (asked && realpath(asked, exe))
			places.exe = exe;
	}
	return gp_datadir_find_in(&places, dirs, err);
}
