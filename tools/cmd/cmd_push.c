/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/text.h"
#include "core/diff/diff.h"
#include "core/diff/hunk.h"
#include "ops/quilt/quilt.h"
#include "ops/tree/tree.h"
#include "cmd/report/report.h"

/* A run of the verb, as far as it came. */
struct push {
	struct gp_quilt_tree w;
	struct gp_series series;
	struct gp_applied_list done;
	struct gp_buf why;
};

/* Up to which patch (not included) does the user want to go? */
static int choose_end(const struct gp_args *a, const struct push *p, size_t first, size_t *end, struct gp_err *err)
{
	const char *word = a->positional.n ? a->positional.v[0] : "1";
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	bool number = word[strspn(word, "0123456789")] == '\0';
	size_t left = p->series.n - first, at = 0, found;
	uint64_t n;

	*end = p->series.n;
	if ((a->all || number) && !left)
		return gp_fail(err, GP_E_NO, "file series fully applied, ends at patch '%s'",
			       p->series.v[first - 1].name);
	if (a->all)
		return 0;
	if (number) {
		if (gp_parse_u64(gp_str_of(word), left, &n))
			*end = first + (size_t)n;
		return *end > first ? 0 : gp_fail(err, GP_E_NO, "0 patches were asked for: no patch applied");
	}
	for (size_t i = 0; i < p->series.n; i++)
		gp_list_add(&names, p->series.v[i].name);
	found = gp_quilt_find(&p->w.quilt, &names, word, &at);
	if (found > 1)
		return gp_fail(err, GP_E_NO,
			       "'%s' may be %zu patches of the series: give the whole name, "
			       "as '%s' is one",
			       word, found, names.v[at]);
	if (!found)
		return gp_fail(err, GP_E_NO, "patch '%s' is not in series", word);
	if (at < first)
		return gp_fail(err, GP_E_NO, "patch '%s' is currently applied", names.v[at]);
	*end = at + 1;
	return 0;
}

static int push_one(const struct gp_args *a, struct push *p, const struct gp_series_entry *e, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_patch patch = {
		.set = p->w.quilt.patches, .name = e->name, .strip = e->strip, .reverse = e->reverse
	};

	if (gp_check_cancel(gp_main_cancel(), err) < 0 || gp_quilt_load(&p->w.quilt, e->name, &text, err) < 0)
		return -1;
	patch.text = gp_buf_str(&text);
	return gp_quilt_push(&p->w.quilt, &p->w.tree, &patch, gp_quilt_fuzz(&p->w.quilt, e, a->fuzz), &p->done, &p->why,
			     err);
}

static int push(const struct gp_args *a, struct push *p, struct gp_err *err)
{
	struct gp_commit_opts co = { .fsync = a->fsync, .cancel = gp_main_cancel() };
	size_t first, end;

	if (gp_quilt_check_args("QUILT_PUSH_ARGS", err) < 0 || gp_open_quilt_tree(&p->w, a->dir, err) < 0 ||
	    gp_quilt_init(&p->w.quilt, NULL, err) < 0 || gp_quilt_series(&p->w.quilt, &p->series, err) < 0 ||
	    gp_quilt_next(&p->w.quilt, &p->series, &first, err) < 0)
		return -1;
	if (!p->series.n)
		return gp_fail(err, GP_E_NO, "no patches in series");
	if (choose_end(a, p, first, &end, err) < 0)
		return -1;
	for (size_t i = first; i < end; i++)
		if (push_one(a, p, &p->series.v[i], err) < 0)
			return -1;
	gp_tree_settle(&p->w.tree);
	if (gp_commit_run(&p->w.disk, &p->w.tree, &co, err) < 0)
		return -1;
	gp_quilt_settle_push(&p->w.quilt);
	return 0;
}

static void say_file(const struct gp_args *a, const struct gp_applied_file *f)
{
	gp_say(a, "patching file %s", f->path);
	if (f->from)
		gp_say(a, " (%s from %s)", f->op == GP_FILE_COPY ? "copied" : "renamed", f->from);
	gp_say(a, "\n");
	for (size_t i = 0; i < f->hunks.n; i++) {
		const struct gp_place *h = &f->hunks.place[i];

		if (!h->offset && !h->fuzz && !a->verbose)
			continue;
		gp_say(a, "Hunk #%zu succeeded at %llu", i + 1, (unsigned long long)h->at);
		if (h->fuzz)
			gp_say(a, " with fuzz %u", h->fuzz);
		if (h->offset)
			gp_say(a, " (offset %lld line%s)", (long long)h->offset,
			       h->offset == 1 || h->offset == -1 ? "" : "s");
		gp_say(a, ".\n");
	}
}

static void report(const struct gp_args *a, const struct push *p)
{
	for (size_t i = 0; i < p->done.n; i++) {
		const struct gp_applied *d = &p->done.v[i];

		gp_say(a, "Applying patch %s\n", d->name);
		for (size_t k = 0; k < d->notes.n; k++)
			gp_say(a, "note: %s\n", d->notes.v[k]);
		for (size_t k = 0; k < d->n; k++)
			say_file(a, &d->file[k]);
		if (!d->n)
			gp_say(a, "Patch %s appears to be empty; applied\n", d->name);
		gp_say(a, "\n");
	}
	gp_say(a, "Now at patch %s\n", p->done.v[p->done.n - 1].name);
}

static struct json_object *json(const struct push *p, bool ok)
{
	/* What was tried, with the rejects' places; only "ok" makes it true. */
	return gp_json_object(GP_J("patches", gp_json_applied(&p->done)),
			      GP_J("applied", ok ? &p->w.quilt.applied : NULL),
			      GP_J("why", p->why.len ? gp_json_str(gp_buf_str(&p->why)) : NULL));
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct push p = { 0 };
	int rc;

	if (a->positional.n > (a->all ? 0 : 1))
		return gp_fail(err, GP_E_USAGE, "give a number, a patch, or -a; see 'gridpatch push --help'");
	rc = push(a, &p, err);
	if (rc < 0)
		(void)gp_tree_sound(&p.w.tree, err); /* what could not be looked at is the reason */
	if (rc < 0)
		gp_say_why(a, &p.why);
	else if (!a->json || a->json_file)
		report(a, &p);
	if (a->json)
		r->root = json(&p, rc == 0);
	r->reason = gp_applied_fails(&p.done) ? "hunk" : NULL;
	r->done = "the patches are applied";
	gp_series_release(&p.series);
	gp_applied_list_release(&p.done);
	gp_buf_release(&p.why);
	gp_report_litter(&p.w.disk);
	gp_quilt_tree_close(&p.w);
	return rc;
}

const struct gp_cmd gp_cmd_push = {
	.name = "push",
	.args = "[NUMBER|PATCH]",
	.summary = "apply the next patches of a quilt series",
	.about = "Applies the next patch of the series to the directory of -d (or -C; default:\n"
		 "this one), or that many, or all up to and including PATCH, or all with -a, and\n"
		 "writes .pc as quilt does: either continues where the other stopped. Unlike\n"
		 "quilt's, one call is all or nothing: when a patch does not apply, those before\n"
		 "it are not kept. As quilt does, it goes up to the tree that the directory lies\n"
		 "in. The folder is what .pc says, else $QUILT_PATCHES, else 'patches'; the series\n"
		 "is $QUILT_SERIES, else 'series'. $QUILT_PC and $QUILT_PATCH_OPTS are followed or\n"
		 "refused. ~/.quiltrc, which is a shell script, is never run.",
	.example = "gridpatch push -a",
	.options = "directory all fuzz fsync",
	.run = run,
};
