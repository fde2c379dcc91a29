/* SPDX-License-Identifier: MIT */
#include "ops/run/repack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/run/repack_impl.h"

const char *const gp_repack_names[] = { "auto", "splice", "full", NULL };

const struct gp_tfile *gp_repack_change(const struct gp_tree *t, const struct gp_entry *e)
{
	size_t i;

	if (!gp_map_get(&t->index, e->path, &i) || t->file[i].state == GP_TFILE_SAME)
		return NULL;
	return &t->file[i];
}

/* What was added to the list is there now, and not what it replaced in the payload. */
static int64_t added(const struct gp_runfile *rf)
{
	int64_t bytes = 0;

	for (size_t i = 0; i < rf->n; i++) {
		const struct gp_entry *e = &rf->entry[i], *now = gp_runfile_find(rf, e->path);

		if (e->type != GP_ENTRY_FILE)
			continue;
		if (e == now && e->added)
			bytes += (int64_t)e->size;
		else if (e != now && now->added && !e->added)
			bytes -= (int64_t)e->size;
	}
	return bytes;
}

/* What the files that change are longer than before, all together. */
static int64_t growth(const struct gp_runfile *rf, const struct gp_tree *t)
{
	int64_t bytes = added(rf);

	for (size_t i = 0; i < t->n; i++) {
		const struct gp_tfile *f = &t->file[i];
		const struct gp_entry *old = f->was ? gp_runfile_find(rf, f->path) : NULL;

		if (f->state == GP_TFILE_SAME)
			continue;
		bytes -= old && old->type == GP_ENTRY_FILE ? (int64_t)old->size : 0;
		bytes += f->state != GP_TFILE_DELETED ? (int64_t)f->now.len : 0;
	}
	return bytes;
}

static int make_stub(const struct gp_tree *t, const struct gp_repack *o, struct gp_buf *stub, struct gp_stub_sums *sums,
		     struct gp_err *err)
{
	struct gp_stub_edit edit = { o->targetdir, o->history, growth(o->rf, t) };

	return gp_runheader_rewrite(&o->rf->header, gp_buf_str(&o->rf->head), &edit, stub, sums, err);
}

int gp_repack_choose(const struct gp_tree *t, const struct gp_repack *o, struct gp_repack_report *r, struct gp_err *err)
{
	*r = (struct gp_repack_report){ .in_size = o->rf->size, .codec = o->rf->codec };
	if (o->mode == GP_REPACK_FULL) {
		r->why = gp_strdup("as asked");
		return 0;
	}
	r->why = gp_splice_problem(o->rf, t);
	r->spliced = !r->why;
	if (r->why && o->mode == GP_REPACK_SPLICE)
		return gp_fail(err, GP_E_NO, "--repack splice is impossible: %s", r->why);
	return 0;
}

/* Begin with the output: its file, and the stub in it. */
static struct gp_output *output_new(const struct gp_repack *o, uint64_t expect, struct gp_buf *stub,
				    const struct gp_stub_sums *sums, struct gp_err *err)
{
	struct gp_output *out = gp_output_open(o->out, o->rf, expect, err);

	if (!out)
		return NULL;
	out->stub = *stub;
	out->stub_sums = *sums;
	*stub = (struct gp_buf){ 0 };
	if (gp_output_stub(out, err) == 0)
		return out;
	gp_output_free(out);
	return NULL;
}

struct gp_output *gp_repack_begin(const struct gp_tree *t, const struct gp_repack *o)
{
	gp_auto(gp_buf_release) struct gp_buf stub = { 0 };
	struct gp_stub_sums sums;
	struct gp_output *out;

	if (o->mode == GP_REPACK_FULL || !gp_splice_likely(o->rf) || make_stub(t, o, &stub, &sums, NULL) < 0)
		return NULL;
	out = output_new(o, 0, &stub, &sums, NULL);
	if (out)
		gp_output_run(out);
	return out;
}

/* Was it begun with the right guess? */
static bool fits(const struct gp_output *begun, const struct gp_buf *stub, const struct gp_splice_plan *plan)
{
	if (begun->rc < 0 || !gp_str_same(gp_buf_str(&begun->stub), gp_buf_str(stub)) || begun->copy.pos > plan->keep)
		return false;
	for (size_t i = 0; i < plan->nedit; i++)
		if (plan->edit[i].off < begun->copy.pos)
			return false;
	return true;
}

/* The new file's size, for its progress; a full repack tells its own. */
static uint64_t splice_size(const struct gp_output *out, const struct gp_splice_plan *plan)
{
	uint64_t size = out->stub.len + plan->keep + plan->rest_len;

	for (size_t i = 0; i < plan->nedit; i++)
		size += (uint64_t)plan->edit[i].len - plan->edit[i].old_len;
	return size;
}

static int fill(const struct gp_tree *t, const struct gp_repack *o, const struct gp_append *append,
		struct gp_output *out, struct gp_repack_report *r, struct gp_err *err)
{
	if ((r->spliced ? gp_repack_splice(append, out, err) : gp_repack_full(t, o, &out->w, r, err)) < 0 ||
	    gp_output_sums(out, err) < 0)
		return -1;
	r->out_size = out->w.size;
	if (o->out)
		return gp_outfile_commit(&out->w.file, 0755, o->replace, err);
	/* The sums stand before what they cover: even a pipe gets a whole file. */
	return gp_outfile_copy(&out->w.file, STDOUT_FILENO, "standard output", out->w.cancel, err);
}

/* The stub is known: what is kept is written while the rest is packed. */
static void begin_kept(const struct gp_repack *o, const struct gp_buf *stub, const struct gp_stub_sums *sums,
		       struct gp_output **begun)
{
	gp_auto(gp_buf_release) struct gp_buf copy = { 0 };

	if (*begun || !gp_splice_likely(o->rf))
		return;
	gp_buf_add(&copy, stub->data, stub->len);
	*begun = output_new(o, 0, &copy, sums, NULL);
	if (!*begun)
		return;
	atomic_store(&(*begun)->hurry, true);
	gp_output_run(*begun);
}

/* The output that was begun, if its guess was right, else a new one. */
static struct gp_output *continue_or_new(const struct gp_repack *o, struct gp_output **begun, struct gp_buf *stub,
					 const struct gp_stub_sums *sums, const struct gp_splice_plan *plan,
					 struct gp_err *err)
{
	struct gp_output *out = NULL;

	if (*begun)
		gp_output_stop(*begun, plan != NULL);
	if (*begun && plan && fits(*begun, stub, plan))
		GP_SWAP(out, *begun);
	else
		out = output_new(o, o->rf->size + (plan ? plan->rest_len : 0), stub, sums, err);
	if (out && plan)
		out->w.total = splice_size(out, plan);
	return out;
}

int gp_repack_write(const struct gp_tree *tree, const struct gp_repack *opts, struct gp_output *begun,
		    struct gp_repack_report *report, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf stub = { 0 };
	struct gp_append *append = opts->append;
	struct gp_stub_sums sums;
	struct gp_output *out = NULL;
	int rc = -1;

	gp_assert(opts->targetdir && opts->rf->open);
	if (gp_repack_choose(tree, opts, report, err) < 0 || make_stub(tree, opts, &stub, &sums, err) < 0) {
		gp_output_free(begun);
		return -1;
	}
	if (report->spliced)
		begin_kept(opts, &stub, &sums, &begun);
	if (!report->spliced || gp_splice_prepare(tree, opts, &append, err) == 0) {
		const struct gp_splice_plan *plan = report->spliced ? gp_append_plan(append) : NULL;

		report->added = plan ? plan->rest_len : 0;
		out = continue_or_new(opts, &begun, &stub, &sums, plan, err);
		rc = out ? fill(tree, opts, append, out, report, err) : -1;
	}
	gp_output_free(out);
	gp_output_free(begun);
	if (append != opts->append)
		gp_append_free(append);
	return rc;
}
