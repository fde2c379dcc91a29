/* SPDX-License-Identifier: MIT */
#include "base/fsio.h"
#include "cmd/proof/matrix_output.h"
#include "cmd/report.h"
#include "core/proof/cells_json.h"
#include "core/proof/merge.h"

static const enum gp_opt_id opts[] = {
	OPT_MERGE, OPT_EXPECT, OPT_FAIL_ON, OPT_JUNIT, OPT_HTML, OPT_MARKDOWN_FILE, OPT_JSON, OPT_QUIET, OPT_VERBOSE,
	OPT_END,
};

/* The JSON of each shard. */
static int read_shards(const struct gp_args *a, struct gp_cells *out, struct gp_err *err)
{
	for (size_t i = 0; i < a->positional.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };
		gp_auto(gp_cells_release) struct gp_cells shard = { 0 };
		const char *path = a->positional.v[i];

		if (gp_check_cancel(gp_main_cancel(), err) < 0 ||
		    gp_file_read(path, GP_MATRIX_MAX_BYTES, &text, err) < 0 ||
		    gp_cells_from_json(gp_buf_str(&text), path, &shard, err) < 0)
			return -1;
		gp_cells_merge(out, &shard);
	}
	gp_cells_by_plan(out);
	return 0;
}

static int merge(const struct gp_args *a, struct gp_cells *l, struct gp_expect_result *j, struct gp_err *err)
{
	if (!a->positional.n)
		return gp_fail(err, GP_E_USAGE, "--merge: give the JSON reports; see 'gridpatch matrix --help'");
	return read_shards(a, l, err) < 0 || gp_matrix_expect(a, l, j, err) < 0 ? -1 : 0;
}

static int check_args(const struct gp_args *a, struct gp_err *err)
{
	if (a->fail_on == GP_FAIL_ON_REGRESSION && !a->expect)
		return gp_fail(err, GP_E_USAGE, "--fail-on regression: --expect has to name the report of an earlier run");
	if (!a->merge)
		return gp_fail(err, GP_E_USAGE, "give --merge and JSON reports; see 'gridpatch matrix --help'");
	return gp_matrix_check_reports(a, err);
}

/* After an error of merge there is nothing to report, but the error itself in JSON. */
static int tell(const struct gp_args *a, const struct gp_cells *l, const struct gp_expect_result *j, struct gp_err *err)
{
	struct gp_err second = { 0 };
	int rc;

	gp_matrix_say(a, l, j);
	rc = gp_matrix_answer(a, l, j, err);
	if (gp_matrix_write_reports(a, l, err, &second) == 0)
		return rc;
	*err = second;
	return -1;
}

static int run(struct gp_args *a, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	gp_auto(gp_expect_result_release) struct gp_expect_result judged = { 0 };
	struct gp_err second = { 0 };

	if (check_args(a, err) < 0)
		return -1;
	if (merge(a, &cells, &judged, err) == 0)
		return tell(a, &cells, &judged, err);
	if (a->json && err->code != GP_E_USAGE)
		(void)gp_json_emit(a, gp_cells_json(&(struct gp_cells){ 0 }), err, &second);
	return -1;
}

const struct gp_cmd gp_cmd_matrix = {
	"matrix", NULL, "--merge JSON...", "report how drivers fared with kernels",
	"Joins the JSON reports of several runs, each of which built a part of a matrix\n"
	"of drivers and kernels, and writes them as one report. Says which cells were run\n"
	"twice and which are missing. Exit status 1 when cells failed or are missing.",
	opts, run,
};
