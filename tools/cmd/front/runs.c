/* SPDX-License-Identifier: MIT */
#include "cmd/front/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fsio.h"
#include "base/similar.h"
#include "base/text.h"
#include "ops/driver/installed.h"
#include "ops/input/input.h"
#include "ops/input/peek.h"
#include "ops/job/inputs.h"
#include "ops/run/given.h"
#include "cmd/front/outputs.h"

int gp_runs_find_dir(struct gp_args *a, struct gp_err *err)
{
	const char *out = a->patch.out;

	if (!out || strcmp(out, "-") == 0 || (!gp_str_ends(gp_str_of(out), "/") && !gp_is_dir(out)))
		return 0;
	if (!gp_is_dir(out))
		return gp_fail(err, GP_E_NOTFOUND, "there is no directory '%s' for the output", out);
	a->patch.out_dir = out;
	a->patch.out = NULL;
	return 0;
}

/* The sources of an installed driver are changed where they lie. */
static int check_tree(const char *name, struct gp_err *err)
{
	switch (gp_driver_dir_at(name)) {
	case GP_DRIVER_DIR_INSTALLED: return 0;
	case GP_DRIVER_DIR_EXTRACTED:
		return gp_fail(err, GP_E_USAGE,
			       "'%s' is a directory, an extracted installer: give the .run, or use 'gridpatch apply'",
			       name);
	case GP_DRIVER_DIR_NONE: break;
	}
	return gp_fail(err, GP_E_USAGE,
		       "'%s' is a directory: give a .run installer, or the sources of an installed driver "
		       "(/usr/src/nvidia-VERSION)",
		       name);
}

/* What contradicts such a tree, or --undo. */
static int check_alone(const struct gp_args *a, const struct gp_list *names, struct gp_err *err)
{
	const char *first = names->v[0];

	if (names->n > 1 && (a->undo || gp_is_dir(first)))
		return gp_fail(err, GP_E_USAGE, "'%s': %s alone", first,
			       a->undo ? "--undo is for one" : "give the sources of an installed driver");
	if (gp_is_dir(first) && a->patch.out)
		return gp_fail(err, GP_E_USAGE, "-o is for installers: '%s' is changed where it lies", first);
	return 0;
}

/* A directory with installers in it says which. */
static int look_into(const char *dir, struct gp_err *err)
{
	struct gp_given none = { 0 };
	const char *is;

	return gp_input_take(&none, dir, &(struct gp_input_opts){ 0 }, &is, err);
}

static int no_verb(const char *word, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list verbs = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	gp_main_verbs(&verbs);
	if (gp_list_has(&verbs, word))
		return gp_fail(err, GP_E_USAGE, "the verb '%s' goes before its options; see 'gridpatch %s --help'",
			       word, word);
	hint = gp_similar_hint(gp_str_of(word), &verbs);
	return gp_fail(err, GP_E_USAGE, "'%s' is neither a verb nor a file%s; see 'gridpatch help'", word, hint);
}

static int check_first(const char *name, struct gp_err *err)
{
	if (gp_is_dir(name) && look_into(name, err) < 0)
		return -1;
	if (strcmp(name, "-") != 0 && !gp_exists(name) && !strchr(name, '/') && !strchr(name, '.'))
		return no_verb(name, err);
	return gp_is_dir(name) ? check_tree(name, err) : 0;
}

static bool is_missing(const char *word)
{
	struct stat st;

	return strcmp(word, "-") != 0 && stat(word, &st) < 0 && errno == ENOENT;
}

int gp_runs_find(struct gp_args *a, struct gp_list *names, struct gp_err *err)
{
	const struct gp_list *words = &a->positional;

	if (!words->n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch patch --help'");
	for (size_t i = 0; i < words->n; i++) {
		if (i && gp_driver_dir_at(words->v[i]) == GP_DRIVER_DIR_INSTALLED)
			return gp_fail(err, GP_E_USAGE, "'%s': give the sources of an installed driver alone",
				       words->v[i]);
		if (i && gp_is_dir(words->v[i]))
			gp_list_add(&a->patch.headers, words->v[i]);
		else if (i && !is_missing(words->v[i]) && !gp_input_may_be(words->v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is neither an installer nor kernel headers", words->v[i]);
		else
			gp_list_add(names, words->v[i]);
	}
	return check_first(names->v[0], err) < 0 || check_alone(a, names, err) < 0 ? -1 : gp_runs_find_dir(a, err);
}

/* What only one installer can have. */
static int check_several(const struct gp_patch_opts *o, size_t n, struct gp_err *err)
{
	if (o->out)
		return gp_fail(err, GP_E_USAGE, "-o '%s' is one output, and there are %zu installers: give a directory",
			       o->out, n);
	if (o->lock || o->write_lock)
		return gp_fail(err, GP_E_USAGE, "%s is about one installer, and there are %zu",
			       o->lock ? "--lock" : "--write-lock", n);
	return 0;
}

/* A name with a slip in it, before any has its turn. */
static int check_there(const struct gp_list *names, struct gp_err *err)
{
	for (size_t i = 0; i < names->n; i++)
		if (is_missing(names->v[i]))
			return gp_fail_sys(err, ENOENT, "cannot open '%s'", names->v[i]);
	return 0;
}

/* The output's name; "": that is not known before the input is read. */
static char *out_of(struct gp_args *a, const char *name)
{
	gp_auto(gp_free_ptr) char *file = gp_input_peek(name, a->member);
	char *out = gp_strdup("");

	if (!file)
		return out;
	free(out);
	a->patch.run = file;
	out = gp_out_name(&a->patch);
	a->patch.run = NULL;
	return out;
}

static int check_pair(const struct gp_list *names, const struct gp_list *outs, size_t i, size_t k, struct gp_err *err)
{
	bool both = *outs->v[i] && *outs->v[k] && gp_same_place(outs->v[i], outs->v[k]);

	if (strcmp(names->v[i], names->v[k]) == 0 || (both && gp_same_file(names->v[i], names->v[k])))
		return gp_fail(err, GP_E_USAGE, "'%s' is given twice", names->v[k]);
	return !both ? 0 :
		       gp_fail(err, GP_E_USAGE, "'%s' and '%s' would both become '%s'", names->v[i], names->v[k],
			       outs->v[k]);
}

int gp_runs_check(const struct gp_cmd *cmd, struct gp_args *a, const struct gp_list *names, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list outs = { 0 };
	int rc = 0;

	if (names->n == 1 && !a->patch.out_dir)
		return 0; /* the job looks at the name, and main has looked at -o */
	if (names->n > 1 && (check_several(&a->patch, names->n, err) < 0 || check_there(names, err) < 0))
		return -1;
	for (size_t i = 0; i < names->n && rc == 0; i++) {
		gp_list_take(&outs, out_of(a, names->v[i]));
		for (size_t k = 0; k < i && rc == 0; k++)
			rc = check_pair(names, &outs, k, i, err);
	}
	for (size_t i = 0; i < outs.n && rc == 0; i++) {
		a->patch.out = *outs.v[i] ? outs.v[i] : NULL;
		rc = a->patch.out && gp_same_file(a->patch.out, names->v[i]) ?
			     gp_inputs_fail_custom(a->patch.out, names->n > 1, err) :
			     gp_outputs_check(cmd, a, err);
	}
	a->patch.out = NULL;
	return rc;
}
