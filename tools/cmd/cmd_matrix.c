/* SPDX-License-Identifier: MIT */
#include "base/fsio.h"
#include "cmd/proof/boot_run.h"
#include "cmd/proof/fetch_run.h"
#include "cmd/proof/matrix_output.h"
#include "cmd/proof/matrix_run.h"
#include "base/json.h"
#include "core/proof/baseline.h"
#include "core/proof/cells_json.h"
#include "core/proof/merge.h"

/* The JSON of each shard. */
static int read_shards(const struct gp_args *a, struct gp_cells *out, struct gp_err *err)
{
	for (size_t i = 0; i < a->positional.n; i++) {
		gp_auto(gp_cells_release) struct gp_cells shard = { 0 };

		if (gp_check_cancel(gp_main_cancel(), err) < 0 ||
		    gp_matrix_read_report(a->positional.v[i], &shard, err) < 0)
			return -1;
		gp_cells_merge(out, &shard);
	}
	gp_cells_by_plan(out);
	return 0;
}

static int merge(const struct gp_args *a, struct gp_cells *l, struct gp_err *err)
{
	if (!a->positional.n)
		return gp_fail(err, GP_E_USAGE, "--merge: give the JSON reports; see 'gridpatch matrix --help'");
	return read_shards(a, l, err);
}

/* Would a report without cells take the place of one that has some? */
static bool report_is_input(const struct gp_args *a)
{
	for (size_t i = 0; a->merge && a->json_file && i < a->positional.n; i++)
		if (gp_same_place(a->json_file, a->positional.v[i]))
			return true;
	return gp_matrix_goes_on(a);
}

/* What was not built leaves no module, and nobody has a sum of a kernel that was booted. */
static int check_since(const struct gp_args *a, struct gp_err *err)
{
	if (a->all && !a->since)
		return gp_fail(err, GP_E_USAGE, "--all: --since has to name an earlier report");
	if (!a->since)
		return 0;
	if (a->merge || a->emit)
		return gp_fail(err, GP_E_USAGE, "%s builds nothing: --since does not go with it",
			       a->merge ? "--merge" : "--emit");
	if (a->resume)
		return gp_fail(err, GP_E_USAGE, "--since and --resume: one or the other");
	if (a->boot.on)
		return gp_fail(err, GP_E_USAGE,
			       "--since: nobody can tell whether a kernel that --boot asks is the same");
	if ((a->out_dir || a->sign_key) && !a->all)
		return gp_fail(err, GP_E_USAGE, "--since: a cell that is not built leaves no modules: %s needs --all",
			       a->out_dir ? "--output" : "--sign-key");
	return 0;
}

static int check_args(const struct gp_args *a, struct gp_err *err)
{
	if (a->fail_on == GP_FAIL_ON_REGRESSION && !a->expect)
		return gp_fail(err, GP_E_USAGE, "--fail-on regression: --expect has to name an earlier report");
	if (a->merge && (a->emit || a->shards || a->resume))
		return gp_fail(err, GP_E_USAGE,
			       "--merge builds nothing: --emit, --shard and --resume do not go with it");
	if (a->emit && (a->shards || a->resume))
		return gp_fail(err, GP_E_USAGE, "--emit builds nothing: --shard and --resume do not go with it");
	if (a->emit && a->baseline)
		return gp_fail(err, GP_E_USAGE, "--emit builds nothing: --baseline does not go with it");
	if (a->merge && a->fetch_headers.n)
		return gp_fail(err, GP_E_USAGE, "--merge builds nothing: --fetch-headers does not go with it");
	if (a->merge && a->boot.on)
		return gp_fail(err, GP_E_USAGE, "--merge builds nothing: --boot does not go with it");
	if (check_since(a, err) < 0)
		return -1;
	return gp_boot_args_check(a, err) < 0 ? -1 : gp_matrix_check_reports(a, err);
}

/* All reports; the answer is the last word, unless one could not be written. */
static int tell(const struct gp_args *a, const struct gp_cells *l, const struct gp_expect_result *j, struct gp_err *err)
{
	struct gp_err second = { 0 };
	int rc;

	gp_matrix_say(a, l, j);
	rc = gp_matrix_answer(a, l, j, err);
	if (gp_matrix_write_reports(a, l, &second) == 0)
		return rc;
	*err = second;
	return -1;
}

/* What cells are judged by, what an earlier run has done, and headers that were fetched:
 * there before anything is built. */
struct before {
	struct gp_fetch_ready fetched;
	struct gp_expect expect;
	struct gp_cells known, baseline;
};

static void before_release(struct before *b)
{
	gp_fetch_ready_release(&b->fetched);
	gp_expect_release(&b->expect);
	gp_cells_release(&b->known);
	gp_cells_release(&b->baseline);
}

static int read_before(const struct gp_args *a, struct before *b, struct gp_err *err)
{
	if (a->baseline && gp_matrix_read_report(a->baseline, &b->baseline, err) < 0)
		return -1;
	return gp_matrix_read_expect(a, &b->expect, err) < 0 ? -1 : gp_matrix_read_known(a, &b->known, err);
}

static int get_cells(struct gp_args *a, struct before *b, struct gp_cells *cells, struct gp_err *err)
{
	if (read_before(a, b, err) < 0 || gp_fetch_begin(a, &b->fetched, err) < 0)
		return -1;
	return a->merge ? merge(a, cells, err) : gp_matrix_build(a, &b->known, cells, err);
}

static struct json_object *report(const struct gp_cells *l, const struct before *b)
{
	struct json_object *root = gp_json_fill(gp_cells_json(l), GP_J("baseline", gp_baseline_json(l)));

	gp_fetch_tell(&b->fetched, root);
	return root;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	gp_auto(gp_expect_result_release) struct gp_expect_result judged = { 0 };
	gp_auto(before_release) struct before b = { 0 };
	struct gp_err second = { 0 };
	int rc;

	if (check_args(a, err) < 0)
		return -1;
	if (a->emit) {
		rc = gp_matrix_emit(a, err);
		r->withheld = rc == 0 || err->code != GP_E_USAGE;
		return rc;
	}
	rc = get_cells(a, &b, &cells, err);
	gp_expect_compare(a->expect ? &b.expect : NULL, &cells, &judged);
	if (a->baseline)
		gp_baseline_compare(&b.baseline, a->baseline, &cells);
	if (rc == 0) {
		rc = tell(a, &cells, &judged, err);
		r->root = report(&cells, &b);
		r->reason = gp_cells_reason(&cells, GP_GROUP_FAILED);
		return rc;
	}
	/* A signal: what there is of the reports is written all the same. */
	if (err->code == GP_E_CANCELLED && cells.n) {
		gp_matrix_say(a, &cells, &judged);
		(void)gp_matrix_write_reports(a, &cells, &second);
		r->root = report(&cells, &b);
		return -1;
	}
	/* Nothing to report but the error itself; a report that was to be continued, or
	 * joined, is worth more than that. */
	r->withheld = report_is_input(a);
	if (err->code != GP_E_USAGE)
		r->root = report(&(struct gp_cells){ 0 }, &b);
	return -1;
}

const struct gp_cmd gp_cmd_matrix = {
	.name = "matrix",
	.args = "RUN… [HEADERS-DIR…] | --merge JSON…",
	.summary = "build drivers for kernels, and report how they fared",
	.about = "Builds every driver (installers RUN, or extracted ones) for every kernel, as\n"
		 "'gridpatch build' does, several at a time, and reports the grid: as text, JSON,\n"
		 "JUnit, HTML, Markdown. A folder of headers stands for all that are in it. Exit\n"
		 "status 1 when a cell failed that --expect does not list. --resume continues a\n"
		 "run that was stopped; --since takes what has not changed from an earlier report,\n"
		 "by sums of all that decides it. --baseline says what broke and what mended since\n"
		 "an earlier report, and changes no exit status. With --boot each kernel is asked\n"
		 "whether it takes the modules, as 'gridpatch verify --boot' does.\n"
		 "--fetch-headers gets the headers of a distribution's kernel, as debian:6.12, by\n"
		 "this system's own apt or dnf; it installs nothing, and keeps them.\n"
		 "\n"
		 "--emit and --shard spread the cells over several machines; --merge joins their\n"
		 "JSON reports, and says which cells were run twice and which are missing.",
	.example = "gridpatch matrix drivers/*.run headers/* --html today.html",
	.options = GP_PATCHING_OPTIONS
	" modules jobs cc timeout keep-logs output sign-key sign-cert shard emit resume since all"
	" merge expect baseline fail-on junit html markdown boot kernel-package kernel-image kernel-modules"
	" accel fetch-headers no-cache progress",
	.run = run,
};
