/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "ops/lint/newset.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

/* A command for copying: words of the user's in it are quoted. */
static char *command(const char *before, const char *word, const char *between, const char *word2, const char *after)
{
	struct gp_buf b = { 0 };

	gp_buf_puts(&b, before);
	gp_text_shell_word(&b, word);
	gp_buf_puts(&b, between);
	gp_text_shell_word(&b, word2);
	gp_buf_puts(&b, after);
	return gp_buf_detach(&b);
}

static void say_begun(const struct gp_args *a, const struct gp_newset *n)
{
	gp_auto(gp_free_ptr) char *finish = command("gridpatch new-set ", n->name, " --finish -C ", n->dir, "");

	gp_say(a, "driver     %s (%s), for %s\n", n->version, gp_kind_name(n->kind), n->release);
	for (size_t i = 0; i < n->sets.n; i++)
		gp_say(a, "  in it    %s: chosen for this kernel, and in the sources already\n", n->sets.v[i]);
	gp_say(a, "begun      %s/tree has the sources, with quilt's %s.patch on top\n", n->dir, n->name);
	gp_say(a, "next       edit the sources there, and the header of\n           %s\n", n->patch);
	gp_say(a, "           %s\n", finish);
}

static void say_finished(const struct gp_args *a, const struct gp_newset *n)
{
	gp_say(a, "patch      %s\n", n->patch);
	for (size_t i = 0; i < n->changed.n; i++)
		gp_say(a, "  changes  %s\n", n->changed.v[i]);
	if (n->rule)
		gp_say(a, "rule       %s: a stub, for %s\n", n->rule, n->version);
}

static void say_next(const struct gp_args *a, const struct gp_newset *n)
{
	gp_auto(gp_free_ptr) char *build = command("gridpatch build --data ", n->dir, " ", n->from, "");
	gp_auto(gp_free_ptr) char *prove = command("gridpatch lint-set --data ", n->dir, " --from ", n->from,
						   " --build --headers NEW --headers OLD ");

	gp_say(a, "next       %s -k %s\n           %s%s\n", build, n->release, prove, n->name);
}

static struct json_object *json(const struct gp_newset *n, struct json_object *lint)
{
	return gp_json_object(GP_J("name", n->name), GP_J("output", n->dir), GP_J("patch", n->patch),
			      GP_J("from", n->from), GP_J("version", n->version), GP_J("kind", gp_kind_name(n->kind)),
			      GP_J("kernel", n->release), GP_J("sets", &n->sets), GP_J("changed", &n->changed),
			      GP_J("rule", n->rule), GP_J("lint", lint));
}

static int begin(struct gp_args *a, const char *dir, struct gp_newset *n, struct gp_err *err)
{
	struct gp_patch_opts o = a->patch;
	int rc;

	if (a->runs.n != 1)
		return gp_fail(err, GP_E_USAGE, "which driver? Give one: --from RUN");
	if (gp_take_listed(a, GP_INPUT_DRIVER, &a->runs, 0, err) < 0)
		return -1;
	o.run = a->runs.v[0];
	o.given = &a->given;
	o.cancel = gp_main_cancel();
	o.progress = gp_progress_begin(a);
	rc = gp_newset_begin(a->positional.v[0], dir, &o, n, err);
	gp_progress_end();
	if (rc == 0)
		say_begun(a, n);
	return rc;
}

/* The same as `lint-set --data DIR --from RUN NAME`. */
static int lint(struct gp_args *a, const struct gp_newset *n, struct json_object **root, struct gp_err *err)
{
	struct gp_report r = { .verb = "lint-set" };
	int rc;

	gp_list_add(&a->patch.data, n->dir);
	gp_list_add(&a->runs, n->from);
	rc = gp_cmd_lint_set.run(a, &r, err);
	*root = r.root;
	return rc;
}

static int finish(struct gp_args *a, const char *dir, struct gp_newset *n, struct json_object **root,
		  struct gp_err *err)
{
	if (a->runs.n || a->patch.kernels.n || a->patch.headers.n || a->patch.sets.n || a->patch.no_sets.n)
		return gp_fail(err, GP_E_USAGE,
			       "--finish goes on with what the set was begun with: no driver, kernel or set");
	if (gp_newset_finish(a->positional.v[0], dir, time(NULL), n, err) < 0)
		return -1;
	say_finished(a, n);
	if (lint(a, n, root, err) < 0)
		return -1;
	say_next(a, n);
	return 0;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_newset_release) struct gp_newset n = { 0 };
	struct json_object *linted = NULL;
	const char *dir;
	int rc;

	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give the name of one set; see 'gridpatch new-set --help'");
	dir = a->dir ? a->dir : a->positional.v[0];
	rc = a->finish ? finish(a, dir, &n, &linted, err) : begin(a, dir, &n, err);
	if (n.version)
		r->root = json(&n, linted);
	return rc;
}

const struct gp_cmd gp_cmd_new_set = {
	.name = "new-set",
	.args = "NAME",
	.summary = "begin a patch set, and finish it",
	.about = "Does what is mechanical about a patch set. The first run makes the directory of\n"
		 "-C (default: NAME): in tree/ the kernel sources of the installer of --from, with\n"
		 "the sets that the data choose for the kernel, and in patches/NAME a patch whose\n"
		 "header waits to be filled in. Edit the sources, with quilt or without.\n"
		 "--finish writes what was changed into the patch, with three lines of context,\n"
		 "and where there is none a rule that names the set; then it checks both as\n"
		 "lint-set does. It may be given again and again. The directory can be handed to\n"
		 "--data.",
	.example = "gridpatch new-set my-set --from RUN -k 6.14.11-4-pve",
	.options = "from member kernel headers set no-set data directory finish progress",
	.run = run,
};
