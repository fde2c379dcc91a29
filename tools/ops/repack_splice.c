/* SPDX-License-Identifier: MIT */
#include "ops/repack_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/digest.h"
#include "ops/members.h"

#define BLOCK (256u << 10)

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

char *gp_splice_problem(const struct gp_tree *t)
{
	if (t->rf->no_splice)
		return gp_strdup(t->rf->no_splice);
	for (size_t i = 0; i < t->n; i++) {
		const struct gp_tfile *f = &t->file[i];
		const char *dir;

		if (f->state == GP_TFILE_SAME || (f->state == GP_TFILE_DELETED && !f->was))
			continue;
		if (f->state == GP_TFILE_DELETED)
			return gp_asprintf("'%s' has to disappear, and appending cannot remove", f->path);
		if (has_links(t->rf, f->path))
			return gp_asprintf("'%s' has hard links", f->path);
		dir = locked_parent(t->rf, f->path);
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

static int peek(void *arg, uint64_t off, void *buf, size_t len, struct gp_err *err)
{
	const struct gp_runfile *rf = arg;
	ssize_t n = gp_pread(rf->fd, buf, len, rf->header.payload_off + off, rf->path, err);

	if (n < 0)
		return -1;
	return (size_t)n == len ? 0 : gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
}

int gp_splice_prepare(const struct gp_tree *t, const struct gp_repack *o, struct gp_splice_plan *plan,
		      struct gp_err *err)
{
	const struct gp_runfile *rf = t->rf;
	gp_auto(gp_buf_release) struct gp_buf more = { 0 };
	struct gp_members m = { .tree = t, .new_mtime = o->new_mtime, .sink = { to_buf, &more },
				.plain = rf->tar_end };

	gp_buf_add(&more, rf->tail.data, rf->tail.len);
	if (gp_members_put_all(&m, true, err) < 0 || gp_members_end(&m, err) < 0)
		return -1;
	return gp_splice_continue(rf->splice, &rf->cut, (struct gp_peek){ peek, (void *)rf }, gp_buf_str(&more),
				  plan, err);
}

/* --- copying --- */

struct copy {
	const struct gp_runfile *rf;
	struct gp_writer *w;
	char *block;
	uint64_t pos;           /* in the payload */
	struct gp_cksum crc;    /* of what was read: it must be what was scanned */
	struct gp_sums *sums;   /* or both sums, when nothing was scanned */
};

static void take_in(struct copy *c, const void *p, size_t len)
{
	if (c->sums)
		gp_sums_add(c->sums, p, len);
	else
		gp_cksum_add(&c->crc, p, len);
}

/* Read up to payload offset `to`; write it when asked to. */
static int go(struct copy *c, uint64_t to, bool write, struct gp_err *err)
{
	while (c->pos < to) {
		size_t want = to - c->pos < BLOCK ? (size_t)(to - c->pos) : BLOCK;
		ssize_t n = gp_pread(c->rf->fd, c->block, want, c->rf->header.payload_off + c->pos, c->rf->path, err);

		if (n < 0)
			return -1;
		if (n == 0)
			return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
		take_in(c, c->block, (size_t)n);
		c->pos += (uint64_t)n;
		if (write && gp_writer_put(c->w, c->block, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_kept(struct copy *c, const struct gp_splice_plan *plan, struct gp_err *err)
{
	for (size_t i = 0; i < plan->nedit; i++) {
		const struct gp_splice_edit *e = &plan->edit[i];

		if (go(c, e->off, true, err) < 0 || gp_writer_put(c->w, e->bytes, e->len, err) < 0 ||
		    go(c, e->off + e->old_len, false, err) < 0)
			return -1;
	}
	return go(c, plan->keep, true, err);
}

static int check_input(const struct copy *c, struct gp_err *err)
{
	char crc[16], md5[GP_MD5_HEX];

	if (c->sums) {
		gp_sums_finish(c->sums, crc, md5);
		return gp_runheader_check_sums(&c->rf->header, crc, md5, err);
	}
	snprintf(crc, sizeof(crc), "%lu", (unsigned long)gp_cksum_value(&c->crc));
	if (strcmp(crc, c->rf->header.crc) != 0)
		return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
	return 0;
}

int gp_repack_splice(const struct gp_tree *t, const struct gp_splice_plan *plan, struct gp_writer *w,
		     struct gp_err *err)
{
	const struct gp_runheader *h = &t->rf->header;
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct copy c = { .rf = t->rf, .w = w, .block = block };
	int rc = -1;

	if (t->rf->from_index)
		c.sums = gp_sums_new();
	take_in(&c, t->rf->head.data + h->sums_off, (size_t)(h->payload_off - h->sums_off));
	if (copy_kept(&c, plan, err) == 0 && go(&c, t->rf->size - h->payload_off, false, err) == 0 &&
	    check_input(&c, err) == 0)
		rc = gp_writer_put(w, plan->rest.data, plan->rest.len, err);
	gp_sums_free(c.sums);
	return rc;
}
