/* SPDX-License-Identifier: MIT */
#include "ops/select/datadir.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/owned.h"
#include "base/path.h"
#include "base/userdir.h"

#ifndef GP_DATADIR
#define GP_DATADIR "/usr/local/share/gridpatch"
#endif

/* 1, or 0; -1: it cannot be told, and what is there might have blocked something. */
static int holds_data(const char *dir, struct gp_err *err)
{
	static const char *const parts[] = { "kernel-versions", "patches" };

	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, parts[i]);
		int thing = gp_thing_at(path, err);

		if (thing)
			return thing < 0 ? -1 : 1;
	}
	return 0;
}

/* TREE of TREE/build/gridpatch; NULL when exe does not stand in such a place. */
static char *source_tree(const char *exe)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(exe);
	const char *base = gp_path_base(dir);

	return strcmp(base, "build") == 0 || strcmp(base, "build-san") == 0 ? gp_path_dir(dir) : NULL;
}

/* PREFIX/share/gridpatch of PREFIX/bin/gridpatch, else NULL. Only a "bin" says that what
 * lies beside it belongs to it: of a copy in /tmp/x, /tmp/share may be anybody's. */
static char *beside_exe(const char *exe)
{
	gp_auto(gp_free_ptr) char *bin = gp_path_dir(exe);
	gp_auto(gp_free_ptr) char *prefix = gp_path_dir(bin);

	return strcmp(gp_path_base(bin), "bin") == 0 ? gp_path_join(prefix, "share/gridpatch") : NULL;
}

static char *env_base(const char *env, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *real = realpath(env, NULL);
	int holds = real ? holds_data(real, err) : 0;

	if (holds > 0)
		return gp_steal(&real);
	if (holds == 0)
		gp_fail(err, GP_E_NOTFOUND, "GRIDPATCH_DATA '%s' holds neither kernel-versions nor patches", env);
	return NULL;
}

static char *find_base(const struct gp_datadir_places *p, struct gp_err *err)
{
	/* A relative path would mean the current directory. */
	bool has_exe = p->exe && p->exe[0] == '/';
	gp_auto(gp_free_ptr) char *tree = has_exe ? source_tree(p->exe) : NULL;
	gp_auto(gp_free_ptr) char *beside = has_exe ? beside_exe(p->exe) : NULL;
	/* A version unpacked elsewhere must not take the data of the installed one. */
	const char *const places[] = { tree, beside, p->compiled && p->compiled[0] == '/' ? p->compiled : NULL };

	if (p->env && *p->env)
		return env_base(p->env, err);
	for (size_t i = 0; i < GP_COUNT(places); i++) {
		int holds = places[i] ? holds_data(places[i], err) : 0;

		if (holds)
			return holds < 0 ? NULL : gp_strdup(places[i]);
	}
	gp_fail(err, GP_E_NOTFOUND, "no data: '%s' holds no kernel-versions (set GRIDPATCH_DATA)",
		p->compiled ? p->compiled : GP_DATADIR);
	return NULL;
}

/* Of a directory there may be much more, a checkout's: these are read. */
static int check_hands(const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *rules = gp_path_join(dir, "kernel-versions"), *sets = gp_path_join(dir, "patches");

	if (gp_owned_check(dir, false, err) < 0 || gp_owned_check(rules, true, err) < 0)
		return -1;
	return gp_owned_check(sets, true, err);
}

/* What lies over the data; a link to nowhere, or a file, was meant for something. */
static int add_over(const char *dir, struct gp_list *dirs, struct gp_err *err)
{
	int thing = gp_thing_at(dir, err), holds;

	if (thing == GP_THING_NONE || thing < 0)
		return thing;
	if (thing != GP_THING_DIR)
		return gp_fail(err, GP_E_FORMAT, "'%s' is not a directory", dir);
	holds = holds_data(dir, err);
	if (holds <= 0)
		return holds;
	if (check_hands(dir, err) < 0)
		return gp_within(err, "data '%s'", dir);
	gp_list_add(dirs, dir);
	return 0;
}

int gp_datadir_find_in(const struct gp_datadir_places *places, struct gp_list *dirs, struct gp_err *err)
{
	char *base = find_base(places, err);

	if (!base)
		return -1;
	gp_list_take(dirs, base);
	for (size_t i = 0; i < places->over.n; i++)
		if (add_over(places->over.v[i], dirs, err) < 0)
			return -1;
	return 0;
}

int gp_datadir_find(struct gp_list *dirs, struct gp_err *err)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct gp_datadir_places places = { .env = getenv("GRIDPATCH_DATA"), .compiled = GP_DATADIR };
	gp_auto(gp_list_release) struct gp_list over = { 0 };

	gp_list_add(&over, GP_DATADIR_MACHINE);
	gp_userdir_data("gridpatch/data", &over);
	places.over = over;
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
