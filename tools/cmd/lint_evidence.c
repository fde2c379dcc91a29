/* SPDX-License-Identifier: MIT */
#include "cmd/lint_evidence.h"

#include "base/clock.h"
#include "base/fsio.h"
#include "base/json.h"
#include "base/stanza.h"
#include "base/text.h"
#include "core/proof/cells_json.h"
#include "core/proof/evidence.h"
#include "core/proof/hostproof.h"
#include "ops/job/inputs.h"
#include "ops/lint/lintset.h"
#include "ops/select/catalog.h"
#include "cmd/report/report.h"

/* Line by line: what is masked would lose its line ends. */
static void say_field(const struct gp_args *a, const char *name, const char *value)
{
	gp_auto(gp_free_ptr) char *text = gp_stanza_fold(name, value, GP_EVIDENCE_WIDTH);
	struct gp_str rest = gp_str_of(text), line;

	while (gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *s = gp_strndup(line.p, line.len);

		gp_say(a, "%s\n", s);
	}
}

static void say_all(const struct gp_args *a, const struct gp_evidence_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_evidence *e = &l->v[i];

		if (e->field) {
			gp_say(a, "# %s (%s), so far: %s\n", e->driver, e->kind ? e->kind : "unknown kind",
			       e->verdict ? e->verdict : "nothing said");
			say_field(a, e->name, e->field);
		}
		for (size_t k = 0; k < e->fails.n; k++)
			gp_say(a, "# not built: %s on %s\n", e->driver, e->fails.v[k]);
	}
}

static struct json_object *json_one(const struct gp_evidence *e)
{
	return gp_json_object(GP_J("driver", e->driver), GP_J("kind", e->kind), GP_J("verdict", e->verdict),
			      GP_J("name", e->name), GP_J("field", e->field), GP_J("builds", &e->builds),
			      GP_J("fails", &e->fails));
}

static int date_of(const struct gp_cells *cells, const char *path, char **out, struct gp_err *err)
{
	int64_t epoch;
	int set = gp_clock_epoch(&epoch, err);

	if (set < 0)
		return -1;
	*out = set ? gp_clock_day(epoch) : gp_evidence_day(cells->started);
	return *out ? 0 : gp_fail(err, GP_E_FORMAT, "'%s' does not say when it was begun", path);
}

static int read_report(const char *path, struct gp_evidence_list *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	gp_auto(gp_free_ptr) char *date = NULL;

	if (gp_file_read(path, GP_MATRIX_MAX_BYTES, &text, err) < 0 ||
	    gp_cells_from_json(gp_buf_str(&text), path, &cells, err) < 0 || date_of(&cells, path, &date, err) < 0)
		return -1;
	gp_cells_evidence(&cells, date, out);
	return 0;
}

static int read_all(const struct gp_args *a, struct gp_evidence_list *out, struct gp_err *err)
{
	if (a->positional.n || a->runs.n || a->build)
		return gp_fail(err, GP_E_USAGE,
			       "--evidence checks nothing: NAME, --from and --build do not go with it");
	for (size_t i = 0; i < a->reports.n; i++)
		if (gp_check_cancel(gp_main_cancel(), err) < 0 || read_report(a->reports.v[i], out, err) < 0)
			return -1;
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i].field)
			return 0;
	return gp_fail(err, GP_E_NO, "nothing was built");
}

/* --- of hosts --- */

static int read_proof(const char *path, const struct gp_card_list *cards, struct gp_evidence_list *out,
		      struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_hostproof_release) struct gp_hostproof p = { 0 };
	struct gp_evidence *e;

	if (gp_file_read(path, GP_HOSTPROOF_MAX, &text, err) < 0 ||
	    gp_hostproof_parse(gp_buf_str(&text), path, &p, err) < 0)
		return -1;
	e = gp_evidence_add(out, p.driver ? p.driver : "an unknown driver");
	e->field = gp_hostproof_field(&p, cards, &e->name);
	gp_list_add(e->field ? &e->builds : &e->fails, p.kernel);
	return 0;
}

static int read_proofs(const struct gp_args *a, struct gp_evidence_list *out, struct gp_err *err)
{
	gp_auto(gp_catalog_release) struct gp_catalog c = { 0 };

	if (gp_data_load(&a->patch.data, GP_DATA_ALL, &c, err) < 0)
		return -1;
	for (size_t i = 0; i < a->proofs.n; i++)
		if (gp_check_cancel(gp_main_cancel(), err) < 0 || read_proof(a->proofs.v[i], &c.cards, out, err) < 0)
			return -1;
	return 0;
}

static int say_proofs(const struct gp_args *a, const struct gp_evidence_list *l, struct gp_err *err)
{
	size_t proved = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct gp_evidence *e = &l->v[i];

		if (!e->field) {
			gp_say(a, "# %s on %s: not loaded, so nothing follows\n", e->driver, e->fails.v[0]);
			continue;
		}
		proved++;
		gp_say(a, "# %s on %s: put where the proof can be read in place of " GP_HOSTPROOF_PLACE "\n", e->driver,
		       e->builds.v[0]);
		say_field(a, e->name, e->field);
	}
	return proved ? 0 : gp_fail(err, GP_E_NO, "nothing was loaded");
}

int gp_lint_proofs(const struct gp_args *a, struct json_object **root, struct gp_err *err)
{
	gp_auto(gp_evidence_list_release) struct gp_evidence_list l = { 0 };
	int rc;

	if (a->positional.n || a->runs.n || a->build || a->reports.n)
		return gp_fail(err, GP_E_USAGE,
			       "--from-proof checks nothing: NAME, --from, --build and --evidence do not go with it");
	rc = read_proofs(a, &l, err) < 0 ? -1 : say_proofs(a, &l, err);
	*root = gp_json_object(GP_J("evidence", GP_JSON_EACH(i, l.n, json_one(&l.v[i]))));
	return rc;
}

int gp_lint_reports(const struct gp_args *a, struct json_object **root, struct gp_err *err)
{
	gp_auto(gp_evidence_list_release) struct gp_evidence_list l = { 0 };
	int rc = read_all(a, &l, err);

	say_all(a, &l);
	*root = gp_json_object(GP_J("evidence", GP_JSON_EACH(i, l.n, json_one(&l.v[i]))));
	return rc;
}
