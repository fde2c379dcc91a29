/* SPDX-License-Identifier: MIT */
#include "cmd/patch_undo.h"

#include <string.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/text.h"
#include "core/driver/dkmscmd.h"
#include "ops/driver/driver.h"
#include "ops/job/undo.h"
#include "ops/tree/tree.h"
#include "cmd/report/report.h"

/* --- an installed tree --- */

static void report_undo(const struct gp_args *a, const struct gp_undo *u)
{
	bool dry = a->patch.dry_run;

	if (u->in.driver.recovered)
		gp_report_recovered(u->in.driver.recovered);
	if (!u->found)
		return;
	gp_report_tree(a, &u->in.driver);
	if (u->backup)
		gp_say(a, "backup     %s, before the run of %s\n", u->backup, u->in.driver.record.date);
	if (!u->done)
		return;
	gp_say(a, "%s %zu file%s put back, %zu removed\n", dry ? "dry run    would have:" : "undone    ", u->restored,
	       u->restored == 1 ? "" : "s", u->removed);
	if (u->others.n)
		gp_say(a, "others     %zu file%s that came since %s, %s first\n", u->others.n,
		       u->others.n == 1 ? "" : "s", u->others.n == 1 ? "stays" : "stay", u->others.v[0]);
	gp_say_dkms(a, u->in.tree, &u->inplace);
	if (u->inplace.commands.n)
		gp_say(a, "\nBuild and install the old state with\n");
	for (size_t i = 0; i < u->inplace.commands.n; i++)
		gp_say(a, "  %s\n", u->inplace.commands.v[i]);
}

static struct json_object *json_undo(const struct gp_undo *u)
{
	return gp_json_object(GP_J("backup", u->backup), GP_J("date", u->in.driver.record.date),
			      GP_J("restored", u->done ? u->restored : 0), GP_J("removed", u->done ? u->removed : 0),
			      GP_J("altered", &u->altered), GP_J("others", &u->others));
}

static int undo_tree(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_undo u;
	int rc = gp_undo_run(&u, &a->patch, err);

	report_undo(a, &u);
	gp_main_flush();
	gp_report_warnings(&u.inplace.warnings);
	if (u.found) {
		r->root = gp_json_object(GP_J("driver", gp_json_driver(&u.in.driver)),
					 GP_J("tree", gp_json_inplace(u.in.tree, &u.inplace)),
					 GP_J("install", &u.inplace.commands), GP_J("warnings", &u.inplace.warnings),
					 GP_J("undo", json_undo(&u)));
		gp_report_litter(&u.in.driver.disk);
	}
	r->done = u.done && !a->patch.dry_run ? "the tree is as it was" : NULL;
	gp_undo_release(&u);
	return rc;
}

/* --- an installer --- */

/* Does the package's own history say that gridpatch made it? */
static bool is_ours(const struct gp_driver *d)
{
	struct gp_str text;

	return gp_tree_has(&d->tree, "pkg-history.txt") &&
	       gp_tree_read(&d->tree, "pkg-history.txt", &text, NULL) == 0 &&
	       gp_str_find(text, GP_STR(": gridpatch: ")) >= 0;
}

/* The name that it had: targetdir without what gridpatch added. free() it. */
static char *name_before(const struct gp_driver *d)
{
	static const char mark[] = "-custom";
	const char *now = d->rf.header.targetdir;
	size_t n = strlen(now), m = sizeof(mark) - 1;

	return gp_strndup(now, n > m && strcmp(now + n - m, mark) == 0 ? n - m : n);
}

static void list_ways(const struct gp_driver *d, struct gp_list *lines)
{
	struct gp_dkmscmd dkms = { .name = "nvidia", .version = d->version.text, .added = true };
	gp_auto(gp_list_release) struct gp_list all = { 0 };
	gp_auto(gp_free_ptr) char *before = name_before(d);
	gp_auto(gp_buf_release) struct gp_buf run = { 0 };

	gp_dkmscmd_add(&dkms, &all);
	gp_text_shell_word(&run, before);
	gp_list_add(lines, "nvidia-uninstall");
	gp_list_add(lines, all.v[0]);
	gp_list_printf(lines, "sh ./%s.run --dkms", run.data);
}

static int undo_installer(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list ways = { 0 };
	struct gp_driver d;

	if (gp_open_driver(a, a->patch.run, NULL, &d, err) < 0)
		return -1;
	gp_report_driver(a, &d);
	r->root = gp_json_object(GP_J("driver", gp_json_driver(&d)));
	if (!is_ours(&d)) {
		gp_driver_release(&d);
		return gp_fail(err, GP_E_NO, "nothing to take back: gridpatch has not made '%s'", a->patch.run);
	}
	list_ways(&d, &ways);
	gp_say(a,
	       "undo       an installer is never changed: remove this one, and its original is what it was.\n"
	       "           Where it was installed, as root: the first takes the driver away, the second what\n"
	       "           dkms may still have of it (if 'dkms status' names it), the third installs the original\n");
	for (size_t i = 0; i < ways.n; i++)
		gp_say(a, "  %s\n", ways.v[i]);
	gp_json_fill(r->root, GP_J("install", &ways),
		     GP_J("undo", gp_json_object(GP_J("backup", NULL), GP_J("date", NULL), GP_J("restored", 0),
						 GP_J("removed", 0), GP_J("altered", &(struct gp_list){ 0 }),
						 GP_J("others", &(struct gp_list){ 0 }))));
	gp_driver_release(&d);
	return 0;
}

int gp_patch_undo(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	if (a->build || a->patch.lock || a->patch.write_lock || a->patch.out)
		return gp_fail(err, GP_E_USAGE,
			       "--undo makes nothing: it contradicts -o, --build, --lock and --write-lock");
	a->patch.cancel = gp_main_cancel();
	return gp_is_dir(a->patch.run) ? undo_tree(a, r, err) : undo_installer(a, r, err);
}
