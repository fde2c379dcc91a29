/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_output.h"

#include <string.h>

#include "base/fsio.h"
#include "cmd/front/outputs.h"
#include "cmd/proof/matrix_report.h"
#include "cmd/report/report.h"
#include "core/proof/baseline.h"
#include "core/proof/cells_json.h"
#include "core/proof/merge.h"

/* The reports beside --json. */
struct report {
	const char *option, *path;
	void (*make)(const struct gp_cells *l, struct gp_buf *out);
};

#define REPORTS 3

static void list_reports(const struct gp_args *a, struct report out[REPORTS])
{
	out[0] = (struct report){ "--junit", a->junit, gp_matrix_junit };
	out[1] = (struct report){ "--html", a->html, gp_matrix_html };
	out[2] = (struct report){ "--markdown", a->markdown_file, gp_matrix_markdown };
}

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

int gp_matrix_check_reports(const struct gp_args *a, struct gp_err *err)
{
	const char *on_stdout = a->json && !a->json_file ? "--json" : NULL;
	struct report r[REPORTS];

	list_reports(a, r);
	for (size_t i = 0; i < REPORTS; i++) {
		if (!r[i].path || !is_stdout(r[i].path))
			continue;
		if (on_stdout)
			return gp_fail(err, GP_E_USAGE, "%s and %s both write to standard output", on_stdout,
				       r[i].option);
		on_stdout = r[i].option;
	}
	return 0;
}

int gp_matrix_write_reports(const struct gp_args *a, const struct gp_cells *l, struct gp_err *err)
{
	struct report r[REPORTS];
	struct gp_err other = { 0 };
	int rc = 0;

	list_reports(a, r);
	for (size_t i = 0; i < REPORTS; i++) {
		gp_auto(gp_buf_release) struct gp_buf b = { 0 };

		if (!r[i].path)
			continue;
		r[i].make(l, &b);
		if (gp_output_write(r[i].path, b.data, b.len, rc < 0 ? &other : err) < 0)
			rc = -1;
	}
	return rc;
}

/* --- text --- */

/* "460.106.00 on 6.17.0 nvidia-vgpu-vfio.c:2942 [compile]: …; repeat: …" */
static void say_red(const struct gp_args *a, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c), *why = gp_cell_why(c);

	gp_say(a, "%s on %s%s%s [%s]%s%s%s%s\n", gp_or_nothing(c->driver), gp_or_nothing(c->release), *place ? " " : "",
	       place, gp_cell_class_name(c->cls), *why ? ": " : "", why, c->repeat ? "; repeat: " : "",
	       gp_or_nothing(c->repeat));
}

static void say_keys(const struct gp_args *a, const char *what, const struct gp_list *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		gp_say(a, "%-10s %s\n", what, keys->v[i]);
}

void gp_matrix_say(const struct gp_args *a, const struct gp_cells *l, const struct gp_expect_result *j)
{
	gp_auto(gp_list_release) struct gp_list missing = { 0 };
	gp_auto(gp_buf_release) struct gp_buf summary = { 0 };
	gp_auto(gp_list_release) struct gp_list broken = { 0 }, mended = { 0 };
	size_t red = 0;

	for (size_t i = 0; i < l->n; i++)
		red += gp_cell_is_red(&l->v[i]);
	gp_cells_missing(l, &missing);
	gp_baseline_list(l, GP_CHANGE_BROKEN, &broken);
	gp_baseline_list(l, GP_CHANGE_MENDED, &mended);
	gp_matrix_summary(l, &summary);
	say_keys(a, "skipped", &l->skipped);
	say_keys(a, "twice", &l->twice);
	say_keys(a, "missing", &missing);
	say_keys(a, "passes now", &j->passes);
	say_keys(a, "newly mended", &mended);
	say_keys(a, "newly broken", &broken);
	gp_say(a, "%s%s", summary.data, red == 1 ? ": " : red ? ":" : "");
	if (red != 1)
		gp_say(a, "\n");
	for (size_t i = 0; i < l->n; i++)
		if (gp_cell_is_red(&l->v[i]))
			say_red(a, &l->v[i]);
}

/* --- the answer --- */

int gp_matrix_read_expect(const struct gp_args *a, struct gp_expect *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!a->expect)
		return 0;
	if (gp_file_read(a->expect, GP_MATRIX_MAX_BYTES, &text, err) < 0)
		return -1;
	return gp_expect_parse(gp_buf_str(&text), a->expect, out, err);
}

int gp_matrix_answer(const struct gp_args *a, const struct gp_cells *l, const struct gp_expect_result *j,
		     struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list missing = { 0 };
	bool regression = a->fail_on == GP_FAIL_ON_REGRESSION;
	size_t bad = regression ? j->regressions : j->unexpected;
	gp_auto(gp_free_ptr) char *lack = NULL;

	if (a->fail_on == GP_FAIL_ON_NONE)
		return 0;
	gp_cells_missing(l, &missing);
	if (!bad && !missing.n)
		return 0;
	lack = missing.n ? gp_asprintf("%zu of %zu cells missing", missing.n, l->planned.n) : gp_strdup("");
	if (!bad)
		return gp_fail(err, GP_E_NO, "%s", lack);
	return gp_fail(err, GP_E_NO, "%zu of %zu cells %s%s%s", bad, l->n, regression ? "got worse" : "failed",
		       *lack ? ", " : "", lack);
}
