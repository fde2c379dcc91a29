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

static char *problem_of(const struct gp_runfile *rf, const char *path, bool linked)
{
	const char *dir = linked ? NULL : locked_parent(rf, path);

	if (linked)
		return gp_asprintf("'%s' has hard links", path);
	return dir ? gp_asprintf("'%s' lies in '%s', which is read-only", path, dir) : NULL;
}

/* The same of what was added, which may replace either end of a link of the payload. There
 * may be many of both. */
static char *added_problem(const struct gp_runfile *rf)
{
	gp_auto(gp_map_release) struct gp_map linked = { 0 };
	char *why = NULL;

	for (size_t i = 0; i < rf->n; i++)
		if (rf->entry[i].type == GP_ENTRY_HARDLINK && !rf->entry[i].added) {
			gp_map_put(&linked, rf->entry[i].path, 0);
			gp_map_put(&linked, rf->entry[i].link, 0);
		}
	for (size_t i = 0; i < rf->n && !why; i++) {
		const struct gp_entry *e = &rf->entry[i];

		if (e->added && !e->superseded && e->type != GP_ENTRY_DIR)
			why = problem_of(rf, e->path, gp_map_get(&linked, e->path, NULL));
	}
	return why;
}

char *gp_splice_problem(const struct gp_runfile *rf, const struct gp_tree *t)
{
	char *why = rf->no_splice ? gp_strdup(rf->no_splice) : NULL;

	for (size_t i = 0; i < t->n && !why; i++) {
		const struct gp_tfile *f = &t->file[i];

		if (f->state == GP_TFILE_SAME || (f->state == GP_TFILE_DELETED && !f->was))
			continue;
		if (f->state == GP_TFILE_DELETED)
			why = gp_asprintf("'%s' has to disappear, and appending cannot remove", f->path);
		else
			why = problem_of(rf, f->path, has_links(rf, f->path));
	}
	return why ? why : added_problem(rf);
}

/* --- what follows --- */

int gp_splice_prepare(const struct gp_tree *t, const struct gp_repack *o, struct gp_append **append, struct gp_err *err)
{
	struct gp_members m = { .rf = o->rf, .tree = t, .new_mtime = o->new_mtime };

	if (!*append)
		*append = gp_append_new(o->rf, o->threads, err);
	if (!*append)
		return -1;
	m.out = gp_append_tar(*append);
	return gp_members_put_all(&m, true, err) < 0 ? -1 : gp_append_end(*append, err);
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

int gp_repack_splice(const struct gp_append *append, struct gp_output *out, struct gp_err *err)
{
	const struct gp_runfile *rf = out->copy.rf;

	if (copy_kept(out, gp_append_plan(append), err) < 0 ||
	    gp_output_go(out, rf->size - rf->header.payload_off, false, err) < 0 || gp_output_check_input(out, err) < 0)
		return -1;
	return gp_append_read(append, (struct gp_sink){ gp_writer_put, &out->w }, err);
}
