/* SPDX-License-Identifier: MIT */
#include "ops/run/repack_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "ops/run/members.h"

/* --- can it be done? --- */

/* A member of that name replaces the file, and other names keep the old bytes;
 * but not every tar does it so (some write into the one inode). */
static bool has_links(const struct gp_runfile *rf, const char *path)
{
	const struct gp_entry *own = gp_runfile_find(rf, path);

	if (own && own->type == GP_ENTRY_HARDLINK)
		return true;
	for (size_t i = 0; own && i < rf->n; i++)
		if (rf->entry[i].type == GP_ENTRY_HARDLINK && gp_runfile_resolve(rf, &rf->entry[i]) == own)
			return true;
	return false;
}

/* GNU tar run by an ordinary user cannot replace a file in a directory that an
 * earlier member made read-only. */
static const char *locked_parent(const struct gp_runfile *rf, const char *path)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strrchr(p, '/'); slash; slash = strrchr(p, '/')) {
		const struct gp_entry *e;

		*slash = '\0';
		e = gp_runfile_find(rf, p);
		if (e && e->type == GP_ENTRY_DIR && !(e->mode & 0200))
			return e->path;
	}
	return NULL;
}

/* bzip2 never; a zstd frame that states its content's size loses that when it
 * is cut. RFC 8878 3.1.1.1.1: byte 4, bits 5 to 7. */
bool gp_splice_likely(const struct gp_runfile *rf)
{
	uint8_t head[5];

	if (rf->codec == GP_CODEC_BZIP2)
		return false;
	if (rf->codec != GP_CODEC_ZSTD)
		return true;
	return gp_pread(rf->fd, head, sizeof(head), rf->header.payload_off, rf->path, NULL) == sizeof(head) &&
	       !(head[4] & 0xe0);
}

char *gp_splice_problem(const struct gp_runfile *rf, const struct gp_tree *t)
{
	if (rf->no_splice)
		return gp_strdup(rf->no_splice);
	for (size_t i = 0; i < t->n; i++) {
		const struct gp_tfile *f = &t->file[i];
		const char *dir;

		if (f->state == GP_TFILE_SAME || (f->state == GP_TFILE_DELETED && !f->was))
			continue;
		if (f->state == GP_TFILE_DELETED)
			return gp_asprintf("'%s' has to disappear, and appending cannot remove", f->path);
		if (has_links(rf, f->path))
			return gp_asprintf("'%s' has hard links", f->path);
		dir = locked_parent(rf, f->path);
		if (dir)
			return gp_asprintf("'%s' lies in '%s', which is read-only", f->path, dir);
	}
	return NULL;
}

/* --- what follows --- */

static int to_buf(void *arg, const void *p, size_t len, struct gp_err *err)
{
	(void)err;
	gp_buf_add(arg, p, len);
	return 0;
}

int gp_splice_prepare(const struct gp_tree *t, const struct gp_repack *o, struct gp_splice_plan *plan,
		      struct gp_err *err)
{
	const struct gp_runfile *rf = o->rf;
	gp_auto(gp_buf_release) struct gp_buf more = { 0 };
	struct gp_members m = {
		.rf = rf, .tree = t, .new_mtime = o->new_mtime, .out = { { to_buf, &more }, rf->tar_end }
	};

	gp_buf_add(&more, rf->tail.data, rf->tail.len);
	if (gp_members_put_all(&m, true, err) < 0 || gp_tarout_end(&m.out, err) < 0)
		return -1;
	return gp_splice_continue(rf->splice, &rf->cut, (struct gp_peek){ gp_runfile_peek, (void *)rf },
				  gp_buf_str(&more), plan, err);
}

/* --- copying --- */

static int copy_kept(struct gp_output *out, const struct gp_splice_plan *plan, struct gp_err *err)
{
	for (size_t i = 0; i < plan->nedit; i++) {
		const struct gp_splice_edit *e = &plan->edit[i];

		if (gp_output_go(out, e->off, true, err) < 0 || gp_writer_put(&out->w, e->bytes, e->len, err) < 0 ||
		    gp_output_go(out, e->off + e->old_len, false, err) < 0)
			return -1;
	}
	return gp_output_go(out, plan->keep, true, err);
}

int gp_repack_splice(const struct gp_splice_plan *plan, struct gp_output *out, struct gp_err *err)
{
	const struct gp_runfile *rf = out->copy.rf;

	if (copy_kept(out, plan, err) < 0 || gp_output_go(out, rf->size - rf->header.payload_off, false, err) < 0 ||
	    gp_output_check_input(out, err) < 0)
		return -1;
	return gp_writer_put(&out->w, plan->rest.data, plan->rest.len, err);
}
