/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/json.h"
#include "core/diff/lintpatch.h"
#include "ops/job/inputs.h"
#include "ops/lint/lintbuild.h"
#include "ops/proof/matrix.h"
#include "ops/select/catalog.h"
#include "cmd/proof/build_args.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"
#include "cmd/lint_evidence.h"

static void say_all(const struct gp_args *a, const char *what, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_say(a, "  %-8s %s\n", what, l->v[i]);
}

/* Line by line: what is masked would lose its line ends. */
static void say_evidence(const struct gp_args *a, const char *text)
{
	struct gp_str rest = gp_str_of(text), line;

	while (gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *s = gp_strndup(line.p, line.len);

		gp_say(a, "%s\n", s);
	}
}

static void say_sets(const struct gp_args *a, const struct gp_lint *l)
{
	for (size_t i = 0; i < l->nset; i++) {
		const struct gp_lint_set *s = &l->set[i];

		gp_say(a, "set        %s: %zu patch%s, %s\n", s->set->name, s->set->series.n,
		       s->set->series.n == 1 ? "" : "es",
		       s->set->neutral ? "neutral" :
		       s->set->hooks   ? "for the hooks" :
					 "not neutral");
		say_all(a, "applies", &s->applied);
		say_all(a, "already", &s->already);
		say_all(a, "fails", &s->failed);
		say_all(a, "chosen", &s->chosen);
		say_all(a, "built", &s->built);
		if (s->evidence)
			say_evidence(a, s->evidence);
	}
}

/* What stands behind "SET: " in what is said of one of the sets, else NULL. */
static const char *behind_set(const struct gp_lint *l, const char *text)
{
	for (size_t i = 0; i < l->nset; i++) {
		const char *name = l->set[i].set->name;
		size_t n = strlen(name);

		if (strncmp(text, name, n) == 0 && strncmp(text + n, ": ", 2) == 0)
			return text + n + 2;
	}
	return NULL;
}

/* What is said of several sets is one line, unless -v asks for each. */
static void say_skipped(const struct gp_args *a, const struct gp_lint *l)
{
	for (size_t i = 0; i < l->skipped.n; i++) {
		const char *why = a->verbose ? NULL : behind_set(l, l->skipped.v[i]), *other;
		size_t first = i, n = 0;

		for (size_t k = 0; why && k < l->skipped.n; k++) {
			other = behind_set(l, l->skipped.v[k]);
			if (!other || strcmp(other, why) != 0)
				continue;
			first = n++ ? first : k;
		}
		if (n < 2)
			gp_say(a, "SKIP       %s\n", l->skipped.v[i]);
		else if (first == i)
			gp_say(a, "SKIP       %zu sets: %s\n", n, why);
	}
}

static void say_findings(const struct gp_args *a, const struct gp_findings *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_finding *f = &l->v[i];

		if (f->lineno)
			gp_say(a, "%s:%zu: %s; %s\n", f->file, f->lineno, f->what, f->todo);
		else
			gp_say(a, "%s: %s; %s\n", f->file, f->what, f->todo);
	}
}

static struct json_object *json_finding(const struct gp_finding *f)
{
	return gp_json_fill(gp_json_finding("error", "data", f->file, f->what),
			    GP_J("line", f->lineno ? json_object_new_uint64(f->lineno) : NULL), GP_J("do", f->todo));
}

static struct json_object *json_set(const struct gp_lint_set *s)
{
	const char *scope = s->set->neutral ? "neutral" : s->set->hooks ? "hooks" : "kernel";

	return gp_json_fill(gp_json_set(s->set), GP_J("scope", scope), GP_J("applies", &s->applied),
			    GP_J("already", &s->already), GP_J("fails", &s->failed), GP_J("chosen", &s->chosen),
			    GP_J("built", &s->built), GP_J("evidence", s->evidence));
}

static struct json_object *json(const struct gp_lint *l)
{
	return gp_json_object(GP_J("checked", GP_JSON_EACH(i, l->nset, json_set(&l->set[i]))), GP_J("rules", l->rules),
			      GP_J("findings", GP_JSON_EACH(i, l->found.n, json_finding(&l->found.v[i]))),
			      GP_J("skipped", &l->skipped));
}

/* Data that cannot be read are a "no" as findings are: the message names file and line. */
static int load(struct gp_args *a, struct gp_catalog *c, struct gp_err *err)
{
	int rc = gp_data_load(&a->patch.data, GP_DATA_ALL, c, err);

	if (rc < 0 && err->code == GP_E_FORMAT)
		err->code = GP_E_NO;
	return rc;
}

/* --- builds --- */

/* The sets that are in question: those that were named, else all that may go in. */
static void in_question(const struct gp_lint *l, struct gp_list *names)
{
	for (size_t i = 0; i < l->nset; i++)
		if (!l->set[i].set->hooks)
			gp_list_add(names, l->set[i].set->name);
}

static void say_cell(void *arg, const struct gp_cell *c, size_t n, size_t total, bool known)
{
	const struct gp_args *a = arg;

	(void)known;
	gp_progress_end();
	gp_say(a, "[%zu/%zu] %-10s %s on %s, %zu set%s\n", n, total, gp_cell_class_name(c->cls), c->driver, c->release,
	       c->sets.n, c->sets.n == 1 ? "" : "s");
}

/* Every driver for all headers, whatever the rules say of the pair. */
static int build_all(struct gp_args *a, const struct gp_list *without, struct gp_cells *out, struct gp_err *err)
{
	struct gp_patch_opts patch = a->patch;
	struct gp_matrix_opts o = { .runs = &a->runs, .jobs = (unsigned)a->jobs, .done = say_cell, .arg = a };
	int rc;

	patch.hooks = NULL;
	patch.no_hooks = true;
	patch.allow |= GP_ALLOW_BLOCKED | GP_ALLOW_UNKNOWN | GP_ALLOW_ALTERED;
	patch.no_sets = *without;
	o.build = gp_build_args(a, NULL);
	o.build.patch = &patch;
	o.progress = gp_progress_begin(a);
	rc = gp_matrix_run(&o, out, err);
	gp_progress_end();
	return rc;
}

static int build(struct gp_args *a, struct gp_lint *l, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	gp_auto(gp_cells_release) struct gp_cells without = { 0 }, with = { 0 };
	const struct gp_list none = { 0 };

	if (!a->runs.n || !a->patch.headers.n)
		return gp_fail(err, GP_E_USAGE, "--build needs drivers and headers: --from RUN, --headers DIR");
	in_question(l, &names);
	gp_say(a, "without the sets\n");
	if (build_all(a, &names, &without, err) < 0)
		return -1;
	gp_say(a, "with them\n");
	if (build_all(a, &none, &with, err) < 0)
		return -1;
	gp_lint_builds(l, &without, &with);
	return 0;
}

static int lint(struct gp_args *a, struct gp_catalog *c, struct gp_lint *l, struct gp_err *err)
{
	struct gp_lint_opts o = { .names = &a->positional,
				  .runs = &a->runs,
				  .given = &a->given,
				  .headers = &a->patch.headers,
				  .hooks = a->patch.hooks,
				  .builds = a->build,
				  .cancel = gp_main_cancel() };
	int64_t now = time(NULL);

	for (size_t i = 0; i < a->runs.n; i++)
		if (gp_take_listed(a, GP_INPUT_RUN, &a->runs, i, err) < 0)
			return -1;
	if (load(a, c, err) < 0 || gp_lint_run(c, &o, l, err) < 0 || (a->build && build(a, l, err) < 0))
		return -1;
	if (gp_clock_epoch(&now, err) < 0)
		return -1;
	gp_lint_evidence(l, (time_t)now);
	say_sets(a, l);
	say_skipped(a, l);
	say_findings(a, &l->found);
	if (l->found.n)
		return gp_fail(err, GP_E_NO, "%zu finding%s", l->found.n, l->found.n == 1 ? "" : "s");
	gp_say(a, "clean      %zu set%s, %zu rule%s, %zu driver%s\n", l->nset, l->nset == 1 ? "" : "s", l->rules,
	       l->rules == 1 ? "" : "s", l->drivers, l->drivers == 1 ? "" : "s");
	return 0;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_catalog c = { 0 };
	struct gp_lint l = { 0 };
	int rc;

	if (a->proofs.n)
		return gp_lint_proofs(a, &r->root, err);
	if (a->reports.n)
		return gp_lint_reports(a, &r->root, err);
	rc = lint(a, &c, &l, err);
	r->root = json(&l);
	gp_lint_release(&l);
	gp_catalog_release(&c);
	return rc;
}

const struct gp_cmd gp_cmd_lint_set = {
	.name = "lint-set",
	.args = "[NAME …]",
	.summary = "check patch sets and the rules that name them",
	.about = "Checks the patch sets NAME, or all sets and rules: headers, context, licence\n"
		 "lines, Evidence, and that each set applies without fuzz to the drivers of --from\n"
		 "that a rule names it for. For a set that does, prints an Evidence field to copy.\n"
		 "--headers says on which kernels a rule chooses it; --hooks tries the sets for\n"
		 "the hooks on your copy. --build sees whether neutral sets are that: each driver\n"
		 "is built for each of the headers, without the sets and with them. --evidence\n"
		 "checks nothing: it prints what a report of matrix proves, as Evidence to copy;\n"
		 "so does --from-proof with what prove wrote on a host.\n"
		 "Nothing is changed. Exit status 1 for findings, and when nothing was built.",
	.example = "gridpatch lint-set --data my --from RUN my-set",
	.options = "from evidence from-proof member headers hooks data build modules jobs cc timeout no-cache progress",
	.run = run,
};
