/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/json.h"
#include "base/text.h"
#include "core/diff/diff.h"
#include "core/diff/hunk.h"
#include "ops/quilt/quilt.h"
#include "cmd/report/report.h"

/* Numbers of one file: "12 hunks, 2 with an offset (1 to 5 lines), 1 with fuzz". */
struct tally {
	size_t hunks, offset, fuzz;
	uint64_t most;
	unsigned most_fuzz;
};

static struct tally tally_of(const struct gp_hunk_report *r)
{
	struct tally t = { .hunks = r->n };

	for (size_t i = 0; i < r->n; i++) {
		uint64_t off = (uint64_t)(r->place[i].offset < 0 ? -r->place[i].offset : r->place[i].offset);

		t.offset += off != 0;
		t.fuzz += r->place[i].fuzz != 0;
		t.most = off > t.most ? off : t.most;
		t.most_fuzz = r->place[i].fuzz > t.most_fuzz ? r->place[i].fuzz : t.most_fuzz;
	}
	return t;
}

static const char *op_name(enum gp_file_op op)
{
	static const char *const name[] = { "changed", "created", "deleted", "renamed", "copied" };

	return name[op];
}

/* "a.c", or "a.c to moved.c". */
static void say_names(const struct gp_args *a, const struct gp_applied_file *f)
{
	gp_say(a, "%s%s%s", f->from ? f->from : "", f->from ? " to " : "", f->path);
}

static void add_tally(const struct tally t, struct gp_buf *out)
{
	if (t.offset)
		gp_buf_printf(out, ", %zu at an offset (up to %llu line%s)", t.offset, (unsigned long long)t.most,
			      t.most == 1 ? "" : "s");
	if (t.fuzz)
		gp_buf_printf(out, ", %zu with fuzz (up to %u)", t.fuzz, t.most_fuzz);
}

static void say_tally(const struct gp_args *a, const struct tally t)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	add_tally(t, &text);
	gp_say(a, "%s", text.len ? text.data : "");
}

static void say_file(const struct gp_args *a, const struct gp_applied_file *f)
{
	struct tally t = tally_of(&f->hunks);

	gp_say(a, "    %s ", op_name(f->op));
	say_names(a, f);
	if (t.hunks)
		gp_say(a, ": %zu hunk%s", t.hunks, t.hunks == 1 ? "" : "s");
	else if (f->op == GP_FILE_MODIFY)
		gp_say(a, ": its mode"); /* nothing else is left of a diff without hunks */
	if (f->hunks.result == GP_HUNKS_ALREADY)
		gp_say(a, "%s already there", t.hunks ? "," : ":");
	else
		say_tally(a, t);
	gp_say(a, "\n");
}

void gp_applied_tally(const struct gp_applied_list *l, struct gp_buf *out)
{
	struct tally all = { 0 };

	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->v[i].n && !l->v[i].already; k++) {
			struct tally t = tally_of(&l->v[i].file[k].hunks);

			all.hunks += t.hunks;
			if (l->v[i].file[k].hunks.result == GP_HUNKS_ALREADY)
				continue;
			all.offset += t.offset;
			all.fuzz += t.fuzz;
			all.most = t.most > all.most ? t.most : all.most;
			all.most_fuzz = t.most_fuzz > all.most_fuzz ? t.most_fuzz : all.most_fuzz;
		}
	gp_buf_printf(out, "%zu hunk%s", all.hunks, all.hunks == 1 ? "" : "s");
	add_tally(all, out);
}

/* A line for a file of a patch that was not applied. */
static void say_tried(const struct gp_args *a, const struct gp_applied_file *f)
{
	struct tally t = tally_of(&f->hunks);

	gp_say(a, "    ");
	say_names(a, f);
	if (f->trouble) {
		gp_say(a, ": %s\n", f->trouble);
	} else if (f->hunks.result == GP_HUNKS_FAILED) {
		gp_say(a, ": %zu of %zu hunk%s failed\n", f->hunks.failed, t.hunks, t.hunks == 1 ? "" : "s");
	} else if (f->hunks.result == GP_HUNKS_ALREADY) {
		gp_say(a, ": already there\n");
	} else {
		if (t.hunks)
			gp_say(a, ": %zu hunk%s would fit", t.hunks, t.hunks == 1 ? "" : "s");
		else
			gp_say(a, ": would be %s", op_name(f->op));
		say_tally(a, t);
		gp_say(a, "\n");
	}
}

static void say_list(const struct gp_args *a, const struct gp_applied_list *l,
		     void (*say)(const struct gp_args *, const struct gp_applied_file *))
{
	const char *set = "";

	for (size_t i = 0; i < l->n; i++) {
		const struct gp_applied *p = &l->v[i];

		if (strcmp(set, p->set) != 0)
			gp_say(a, "set        %s\n", p->set);
		set = p->set;
		gp_say(a, "  %s%s%s%s\n", p->name, p->prefix && *p->prefix ? " (in " : "",
		       p->prefix && *p->prefix ? p->prefix : "", p->prefix && *p->prefix ? "/)" : "");
		for (size_t k = 0; k < p->notes.n; k++)
			gp_say(a, "    note: %s\n", p->notes.v[k]);
		if (p->already) {
			gp_say(a, "    already applied\n");
			continue;
		}
		for (size_t k = 0; k < p->n; k++)
			say(a, &p->file[k]);
	}
}

void gp_say_applied(const struct gp_args *a, const struct gp_applied_list *l)
{
	say_list(a, l, say_file);
}

void gp_say_tried(const struct gp_args *a, const struct gp_applied_list *l)
{
	say_list(a, l, say_tried);
}

static struct json_object *json_hunk(const struct gp_place *h)
{
	return gp_json_object(GP_J("ok", h->ok), GP_J("line", h->at), GP_J("offset", h->offset), GP_J("fuzz", h->fuzz));
}

static bool fits(const struct gp_applied_file *f)
{
	return !f->trouble && f->hunks.result != GP_HUNKS_FAILED;
}

bool gp_applied_fails(const struct gp_applied_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->v[i].n; k++)
			if (!fits(&l->v[i].file[k]))
				return true;
	return false;
}

static struct json_object *json_file(const struct gp_applied_file *f)
{
	struct json_object *o =
		gp_json_object(GP_J("path", f->path), GP_J("operation", op_name(f->op)), GP_J("fits", fits(f)),
			       GP_J("already", json_object_new_boolean(f->hunks.result == GP_HUNKS_ALREADY)),
			       GP_J("hunks", GP_JSON_EACH(i, f->hunks.n, json_hunk(&f->hunks.place[i]))));

	if (f->from)
		gp_json_fill(o, GP_J("from", f->from));
	if (f->trouble)
		gp_json_fill(o, GP_J("error", f->trouble));
	return o;
}

static struct json_object *json_patch(const struct gp_applied *p)
{
	return gp_json_object(GP_J("set", p->set), GP_J("patch", p->name), GP_J("already", p->already),
			      GP_J("notes", &p->notes), GP_J("files", GP_JSON_EACH(i, p->n, json_file(&p->file[i]))));
}

struct json_object *gp_json_applied(const struct gp_applied_list *l)
{
	return GP_JSON_EACH(i, l->n, json_patch(&l->v[i]));
}

void gp_say_why(const struct gp_args *a, const struct gp_buf *why)
{
	struct gp_str rest = gp_buf_str(why), line;

	while (!a->quiet && gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *text = gp_say_masked(line);

		fprintf(stderr, "  %s\n", text);
	}
}

void gp_report_warnings(const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_warn("%s", l->v[i]);
}

void gp_report_recovered(size_t files)
{
	if (files)
		gp_warn_loud("rolled back an interrupted run: %zu file%s", files, files == 1 ? "" : "s");
	else
		gp_warn("removed what an interrupted run left; it had changed all of its files, or none");
}

void gp_report_litter(const struct gp_disktree *d)
{
	if (d->litter)
		gp_warn("cannot remove '%s/" GP_JOURNAL_DIR "': %s; no file depends on it, the next run tries again",
			d->root, strerror(d->litter));
}

int gp_open_quilt_tree(struct gp_quilt_tree *w, const char *dir, struct gp_err *err)
{
	int rc = gp_quilt_tree_open(w, dir ? dir : ".", err);

	if (w->recovered)
		gp_report_recovered(w->recovered_files);
	return rc;
}
