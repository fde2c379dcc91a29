/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/log.h"
#include "base/json.h"
#include "ops/quilt/applyrun.h"
#include "cmd/report/report.h"

static int options(struct gp_args *a, struct gp_apply_opts *o, struct gp_err *err)
{
	*o = (struct gp_apply_opts){ .dir = a->dir ? a->dir : ".",
				     .inputs = a->positional,
				     .strip = a->strip,
				     .fuzz = a->fuzz,
				     .reverse = a->reverse,
				     .dry_run = a->patch.dry_run,
				     .quilt = a->quilt,
				     .fsync = a->fsync,
				     .recover_only = a->recover,
				     .rejects = a->rejects,
				     .cancel = gp_main_cancel() };
	if (a->recover && a->positional.n)
		return gp_fail(err, GP_E_USAGE, "--recover takes no patches");
	if (!a->recover && !a->positional.n)
		return gp_fail(err, GP_E_USAGE, "no patch given; see 'gridpatch apply --help'");
	return 0;
}

static void report_recovery(const struct gp_args *a, const struct gp_apply_run *r, bool ok)
{
	if (r->recovered && !(a->recover && a->quiet && r->recovered_files))
		gp_report_recovered(r->recovered_files);
	else if (a->recover && ok)
		gp_say(a, "nothing to recover\n");
}

static void report_success(const struct gp_args *a, const struct gp_apply_run *r)
{
	size_t n = gp_apply_run_changes(r);

	gp_say_applied(a, &r->applied);
	if (a->patch.dry_run)
		gp_say(a, "dry run    %zu file%s would change\n", n, n == 1 ? "" : "s");
	else
		gp_say(a, "changed    %zu file%s\n", n, n == 1 ? "" : "s");
}

static void report_failure(const struct gp_args *a, const struct gp_apply_run *r)
{
	gp_say_tried(a, &r->applied);
	if (r->applied.n)
		gp_say(a, r->half_changed ? "half changed, see below\n" : "nothing was changed\n");
	for (size_t i = 0; i < r->rejects.n; i++)
		gp_say(a, "rejects    %s\n", r->rejects.v[i]);
}

static void report(const struct gp_args *a, const struct gp_apply_run *r, bool ok)
{
	report_recovery(a, r, ok);
	if (!ok)
		report_failure(a, r);
	else if (!a->recover)
		report_success(a, r);
}

static struct json_object *json(const struct gp_args *a, const struct gp_apply_run *r, bool ok)
{
	size_t n = ok && !a->patch.dry_run ? gp_apply_run_changes(r) : 0;

	/* What was tried; "changed" says how many files are not as they were. */
	return gp_json_object(GP_J("patches", gp_json_applied(&r->applied)),
			      GP_J("changed", r->half_changed ? NULL : json_object_new_uint64(n)),
			      GP_J("recovered", r->recovered), GP_J("rejects", &r->rejects),
			      GP_J("why", r->why.len ? gp_json_str(gp_buf_str(&r->why)) : NULL));
}

static int run(struct gp_args *a, struct gp_report *out, struct gp_err *err)
{
	struct gp_apply_opts o;
	struct gp_apply_run r;
	int rc;

	if (options(a, &o, err) < 0)
		return -1;
	rc = gp_apply_run(&r, &o, err);
	report(a, &r, rc == 0);
	gp_main_flush();
	if (rc < 0)
		gp_say_why(a, &r.why);
	if (a->json)
		out->root = json(a, &r, rc == 0);
	out->reason = gp_applied_fails(&r.applied) ? "hunk" : NULL;
	out->done = a->recover || o.dry_run ? NULL : "the patches are applied";
	gp_report_litter(&r.disk);
	gp_apply_run_release(&r);
	return rc;
}

const struct gp_cmd gp_cmd_apply = {
	.name = "apply",
	.args = "PATCH|SERIES-DIR…",
	.summary = "apply patches to a directory, all or nothing",
	.about = "Applies patches (- is standard input, and a pipe will do), and quilt folders\n"
		 "with a series, to the directory of -d (or -C; default: this one) as GNU patch\n"
		 "would place them. Every hunk of every patch is placed before the first byte is\n"
		 "written; an error or a signal leaves the directory as it was, and a run that\n"
		 "was killed is rolled back by the next one.\n"
		 "A patch that is there already counts as done. Without -p the level of a single\n"
		 "patch is found out when its files exist under -p0 or -p1, not both.\n"
		 "--quilt writes .pc, so that quilt can continue.",
	.example = "gridpatch apply -d kernel fix.patch",
	.options = "directory strip fuzz reverse dry-run rejects quilt fsync recover",
	.run = run,
};
