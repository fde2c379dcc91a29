/* SPDX-License-Identifier: MIT */
#include "ops/repack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ops/repack_impl.h"

int gp_writer_put(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct gp_writer *w = arg;

	if (gp_check_cancel(w->cancel, err) < 0)
		return -1;
	gp_sums_add(w->sums, p, len);
	w->size += len;
	return gp_write_fd(w->file.fd, p, len, w->file.path, err);
}

static int put_stub(struct gp_writer *w, const struct gp_buf *stub, const struct gp_stub_sums *sums,
		    struct gp_err *err)
{
	if (gp_write_fd(w->file.fd, stub->data, (size_t)sums->sums_off, w->file.path, err) < 0)
		return -1;
	w->size = sums->sums_off;
	return gp_writer_put(w, stub->data + sums->sums_off, stub->len - (size_t)sums->sums_off, err);
}

/* The sums stand before what they cover, so they are filled in last. */
static int put_sums(struct gp_writer *w, const struct gp_stub_sums *sums, struct gp_err *err)
{
	char crc[16], md5[GP_MD5_HEX];

	gp_sums_finish(w->sums, crc, md5);
	if (gp_pwrite_fd(w->file.fd, crc, strlen(crc), sums->crc_off, w->file.path, err) < 0)
		return -1;
	return gp_pwrite_fd(w->file.fd, md5, 32, sums->md5_off, w->file.path, err);
}

const struct gp_tfile *gp_repack_change(const struct gp_tree *t, const struct gp_entry *e)
{
	size_t i;

	if (!gp_map_get(&t->index, e->path, &i) || t->file[i].state == GP_TFILE_SAME)
		return NULL;
	return &t->file[i];
}

/* For --info: what `du -Lks --apparent-size` would say, roughly: all files. */
static uint64_t unpacked_kb(const struct gp_tree *t)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < t->rf->n; i++)
		if (!t->rf->entry[i].superseded && t->rf->entry[i].type == GP_ENTRY_FILE &&
		    !gp_repack_change(t, &t->rf->entry[i]))
			bytes += t->rf->entry[i].size;
	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state != GP_TFILE_SAME && t->file[i].state != GP_TFILE_DELETED)
			bytes += t->file[i].now.len;
	return (bytes + 1023) / 1024;
}

static int make_stub(const struct gp_tree *t, const struct gp_repack *o, struct gp_buf *stub,
		     struct gp_stub_sums *sums, struct gp_err *err)
{
	struct gp_stub_edit edit = { o->targetdir, o->history, unpacked_kb(t) };

	return gp_runheader_rewrite(&t->rf->header, gp_buf_str(&t->rf->head), &edit, stub, sums, err);
}

int gp_repack_choose(const struct gp_tree *t, const struct gp_repack *o, struct gp_repack_report *r,
		     struct gp_err *err)
{
	*r = (struct gp_repack_report){ .in_size = t->rf->size, .codec = t->rf->codec };
	if (o->mode == GP_REPACK_FULL) {
		r->why = gp_strdup("as asked");
		return 0;
	}
	r->why = gp_splice_problem(t);
	r->spliced = !r->why;
	if (r->why && o->mode == GP_REPACK_SPLICE)
		return gp_fail(err, GP_E_NO, "--repack splice is impossible: %s", r->why);
	return 0;
}

static int write_all(const struct gp_tree *t, const struct gp_repack *o, const struct gp_splice_plan *plan,
		     struct gp_writer *w, struct gp_repack_report *r, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf stub = { 0 };
	struct gp_stub_sums sums;

	if (make_stub(t, o, &stub, &sums, err) < 0 || put_stub(w, &stub, &sums, err) < 0)
		return -1;
	r->added = plan->rest.len;
	if ((r->spliced ? gp_repack_splice(t, plan, w, err) : gp_repack_full(t, o, w, r, err)) < 0)
		return -1;
	return put_sums(w, &sums, err);
}

static int write_file(const struct gp_tree *t, const struct gp_repack *o, const struct gp_splice_plan *plan,
		      struct gp_repack_report *r, struct gp_err *err)
{
	struct gp_writer w = { .cancel = t->rf->cancel };
	uint64_t expect = t->rf->size + plan->rest.len;
	int rc;

	/* The sums stand before what they cover: even a pipe gets a whole file. */
	if ((o->out ? gp_outfile_open(&w.file, o->out, expect, err) : gp_outfile_spool(&w.file, expect, err)) < 0)
		return -1;
	w.sums = gp_sums_new();
	rc = write_all(t, o, plan, &w, r, err);
	if (rc == 0 && o->out)
		rc = gp_outfile_commit(&w.file, 0755, o->replace, err);
	else if (rc == 0)
		rc = gp_outfile_copy(&w.file, STDOUT_FILENO, "standard output", w.cancel, err);
	r->out_size = w.size;
	gp_sums_free(w.sums);
	gp_outfile_release(&w.file);
	return rc;
}

int gp_repack_write(const struct gp_tree *tree, const struct gp_repack *opts,
		    struct gp_repack_report *report, struct gp_err *err)
{
	gp_auto(gp_splice_plan_release) struct gp_splice_plan plan = { 0 };

	if (gp_repack_choose(tree, opts, report, err) < 0)
		return -1;
	if (report->spliced && gp_splice_prepare(tree, opts, &plan, err) < 0)
		return -1;
	return write_file(tree, opts, &plan, report, err);
}
