/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/path.h"
#include "cmd/proof/matrix_report.h"
#include "core/proof/baseline.h"
#include "core/proof/markup.h"
#include "core/proof/merge.h"

/*
 * The elements and attributes that readers document: GitLab's "Unit test
 * reports" (docs.gitlab.com, ci/testing/unit_test_reports) and Jenkins' JUnit
 * plugin (jenkinsci/xunit-plugin, junit-10.xsd). Both show `message` in lists
 * and the text of failure or error when one looks closer.
 */

/* What a cell is for them. */
enum outcome { PASSED, SKIPPED, FAILURE, ERROR };

static enum outcome outcome_of(const struct gp_cell *c)
{
	if (c->expected && gp_cell_group(c->cls) == GP_GROUP_FAILED)
		return SKIPPED;
	switch (c->cls) {
	case GP_CELL_OK: return PASSED;
	case GP_CELL_BLOCKED:
	case GP_CELL_UNKNOWN: return SKIPPED;
	case GP_CELL_TIMEOUT:
	case GP_CELL_ENVIRONMENT:
	case GP_CELL_CANCELLED: return ERROR;
	default: return FAILURE;
	}
}

struct totals {
	size_t tests, n[ERROR + 1];
	double seconds;
};

static void count(struct totals *t, const struct gp_cell *c)
{
	t->tests++;
	t->n[outcome_of(c)]++;
	t->seconds += c->total_s;
}

static void put_totals(struct gp_buf *out, const struct totals *t, const char *started)
{
	gp_buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"", t->tests,
		      t->n[FAILURE], t->n[ERROR], t->n[SKIPPED], t->seconds);
	gp_markup_attr(out, "timestamp", started);
}

static void put_property(struct gp_buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	gp_buf_puts(out, "<property");
	gp_markup_attr(out, "name", name);
	gp_markup_attr(out, "value", value);
	gp_buf_puts(out, "/>\n");
}

static void put_list(struct gp_buf *out, const char *name, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		put_property(out, name, l->v[i]);
}

static void put_cell_properties(struct gp_buf *out, const struct gp_cell *c)
{
	gp_buf_puts(out, "<properties>\n");
	put_property(out, "class", gp_cell_class_name(c->cls));
	put_property(out, "was", c->compared ? gp_cell_class_name(c->was) : NULL);
	put_property(out, "change", gp_cell_change_words(c));
	put_property(out, "headers", c->headers);
	put_property(out, "verdict", c->verdict);
	put_list(out, "set", &c->sets);
	put_list(out, "module", &c->modules);
	put_property(out, "boot", c->boot);
	put_list(out, "booted", &c->booted);
	put_list(out, "reason", &c->reasons);
	put_property(out, "hooks", c->hooks ? "yes" : "no");
	put_property(out, "compiler", c->compiler);
	put_property(out, "repeat", c->repeat);
	put_property(out, "log", c->log);
	put_property(out, c->unchanged ? "unchanged-since" : "built", c->built);
	gp_buf_puts(out, "</properties>\n");
}

/* What one reads who opens the failure. */
static void put_story(struct gp_buf *out, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c), *why = gp_cell_why(c);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	gp_buf_printf(&text, "%s%s%s\n", place, *place ? ": " : "", why);
	if (c->fact)
		gp_buf_printf(&text, "known: %s\n", c->fact);
	if (c->repeat)
		gp_buf_printf(&text, "repeat: %s\n", c->repeat);
	gp_markup_text(out, text.data);
}

static void put_outcome(struct gp_buf *out, const struct gp_cell *c)
{
	static const char *const names[] = { [SKIPPED] = "skipped", [FAILURE] = "failure", [ERROR] = "error" };
	enum outcome o = outcome_of(c);
	gp_auto(gp_free_ptr) char *why = gp_cell_why(c);
	const char *change = gp_cell_change_words(c);
	gp_auto(gp_free_ptr) char *message =
		gp_asprintf("%s%s%s%s%s%s", gp_or_nothing(change), change ? ": " : "",
			    c->expected ? "expected to fail: " : "", gp_cell_class_name(c->cls), *why ? ": " : "", why);

	if (o == PASSED)
		return;
	gp_buf_printf(out, "<%s", names[o]);
	gp_markup_attr(out, "message", message);
	if (o != SKIPPED)
		gp_markup_attr(out, "type", gp_cell_class_name(c->cls));
	gp_buf_puts(out, ">");
	put_story(out, c);
	gp_buf_printf(out, "</%s>\n", names[o]);
}

/* Jenkins takes what stands before the last dot for a package. */
static char *class_of(const char *driver)
{
	char *s = gp_asprintf("gridpatch.%s", gp_or_nothing(driver));

	for (char *p = s + strlen("gridpatch."); *p; p++)
		if (*p == '.')
			*p = '_';
	return s;
}

/* "WHAT (INPUT)": one driver may be in several files. */
static char *name_of(const char *what, const struct gp_cell *c)
{
	if (!c->input)
		return gp_strdup(gp_or_nothing(what));
	return gp_asprintf("%s (%s)", gp_or_nothing(what), gp_path_base(c->input));
}

static void put_case(struct gp_buf *out, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *class = class_of(c->driver);
	gp_auto(gp_free_ptr) char *name = name_of(c->release, c);

	gp_buf_puts(out, "<testcase");
	gp_markup_attr(out, "classname", class);
	gp_markup_attr(out, "name", name);
	gp_buf_printf(out, " time=\"%.3f\"", c->total_s);
	gp_markup_attr(out, "file", c->file);
	gp_buf_puts(out, ">\n");
	put_cell_properties(out, c);
	put_outcome(out, c);
	if (c->log_tail) {
		gp_buf_puts(out, "<system-out>");
		gp_markup_text(out, c->log_tail);
		gp_buf_puts(out, "</system-out>\n");
	}
	gp_buf_puts(out, "</testcase>\n");
}

static bool same_suite(const struct gp_cell *a, const struct gp_cell *b)
{
	return strcmp(gp_or_nothing(a->driver), gp_or_nothing(b->driver)) == 0 &&
	       strcmp(gp_path_base(gp_or_nothing(a->input)), gp_path_base(gp_or_nothing(b->input))) == 0;
}

/* Cells from first on that are of one driver. */
static size_t put_suite(struct gp_buf *out, const struct gp_cells *l, size_t first)
{
	const struct gp_cell *c = &l->v[first];
	gp_auto(gp_free_ptr) char *name = name_of(c->driver, c);
	struct totals t = { 0 };
	size_t n;

	for (n = 0; first + n < l->n && same_suite(c, &l->v[first + n]); n++)
		count(&t, &l->v[first + n]);
	gp_buf_puts(out, "<testsuite");
	gp_markup_attr(out, "name", name);
	put_totals(out, &t, l->started);
	gp_buf_puts(out, ">\n<properties>\n");
	put_property(out, "driver", c->driver);
	put_property(out, "kind", c->kind);
	put_property(out, "input", c->input);
	put_property(out, "input-md5", c->input_md5);
	put_property(out, "gridpatch", l->program);
	put_list(out, "host", &l->hosts);
	put_property(out, "baseline", l->baseline.file);
	gp_buf_puts(out, "</properties>\n");
	for (size_t i = 0; i < n; i++)
		put_case(out, &l->v[first + i]);
	gp_buf_puts(out, "</testsuite>\n");
	return n;
}

/* What no shard has run must not look like success. */
static void put_missing(struct gp_buf *out, const struct gp_list *missing, const char *started)
{
	struct totals t = { .tests = missing->n, .n = { [ERROR] = missing->n } };

	if (!missing->n)
		return;
	gp_buf_puts(out, "<testsuite name=\"missing\"");
	put_totals(out, &t, started);
	gp_buf_puts(out, ">\n");
	for (size_t i = 0; i < missing->n; i++) {
		gp_buf_puts(out, "<testcase classname=\"gridpatch.missing\"");
		gp_markup_attr(out, "name", missing->v[i]);
		gp_buf_puts(out, " time=\"0.000\">\n<error message=\"missing: no run has a result for it\" "
				 "type=\"missing\"/>\n</testcase>\n");
	}
	gp_buf_puts(out, "</testsuite>\n");
}

void gp_matrix_junit(const struct gp_cells *l, struct gp_buf *out)
{
	gp_auto(gp_list_release) struct gp_list missing = { 0 };
	struct totals t = { 0 };

	gp_cells_missing(l, &missing);
	for (size_t i = 0; i < l->n; i++)
		count(&t, &l->v[i]);
	t.tests += missing.n;
	t.n[ERROR] += missing.n;
	gp_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gridpatch matrix\"");
	put_totals(out, &t, l->started);
	gp_buf_puts(out, ">\n");
	for (size_t i = 0; i < l->n;)
		i += put_suite(out, l, i);
	put_missing(out, &missing, l->started);
	gp_buf_puts(out, "</testsuites>\n");
}
