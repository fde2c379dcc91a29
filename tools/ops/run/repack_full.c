/* SPDX-License-Identifier: MIT */
#include "ops/run/repack_impl.h"

#include <string.h>

#include "ops/run/members.h"
#include "ops/run/payload.h"

#define BLOCK (256u << 10)

struct copier {
	struct gp_src src;
	uint64_t pos; /* in the old plain tar */
	char *block;
	struct gp_encoder *enc;
	struct gp_tarout out;
	struct gp_members members;
	struct gp_map heirs; /* of files that are replaced: path to the number of a link */
};

static int encode(void *arg, const void *p, size_t len, struct gp_err *err)
{
	return gp_encoder_write(arg, p, len, err);
}

/* Move to plain offset `to`, copying or dropping what lies before it. */
static int copier_go(struct copier *c, uint64_t to, bool copy, struct gp_err *err)
{
	const struct gp_runfile *rf = c->members.rf;

	while (c->pos < to) {
		size_t want = to - c->pos < BLOCK ? (size_t)(to - c->pos) : BLOCK;
		ssize_t n = c->src.read(c->src.arg, c->block, want, err);

		if (n < 0)
			return -1;
		if (n == 0)
			return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
		c->pos += (uint64_t)n;
		gp_progress_tell(rf->progress, GP_PHASE_WRITE, c->pos, rf->tar_end);
		if (!copy)
			continue;
		if (gp_encoder_write(c->enc, c->block, (size_t)n, err) < 0)
			return -1;
		c->out.plain += (uint64_t)n;
	}
	return 0;
}

/* A hard link to a file that changes keeps the old content, as it would on a
 * disk where patch(1) replaces the one name: it becomes a file. */
static int put_old_link(struct gp_members *m, const struct gp_entry *e, struct gp_err *err)
{
	const struct gp_entry *file = gp_runfile_resolve(m->rf, e);

	if (!file || !file->kept)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is a hard link to a file that changes", e->path);
	return gp_members_put_old(m, e->path, file, err);
}

static bool loses_its_file(const struct gp_members *m, const struct gp_entry *e)
{
	/* Bounded: links of superseded names can point at each other. */
	for (size_t i = 0; i < m->rf->n && e && e->type == GP_ENTRY_HARDLINK;
	     i++, e = gp_runfile_find(m->rf, e->link)) {
		const struct gp_entry *to = gp_runfile_find(m->rf, e->link);

		if (to && gp_repack_change(m->tree, to))
			return true;
	}
	return false;
}

/* --- members whose place is behind --- */

/* Has the installer's list another member of this name, which is not of the payload? */
static bool is_replaced(const struct gp_runfile *rf, const char *path)
{
	const struct gp_entry *now = gp_runfile_find(rf, path);

	return now && now->added;
}

/* The first link to each file of the payload that is replaced: it gets the old bytes. */
static void find_heirs(struct copier *c)
{
	const struct gp_runfile *rf = c->members.rf;

	for (size_t i = 0; i < rf->n; i++) {
		const struct gp_entry *e = &rf->entry[i];

		if (e->type == GP_ENTRY_HARDLINK && !e->added && !e->superseded && is_replaced(rf, e->link) &&
		    !gp_repack_change(c->members.tree, e) && !gp_map_get(&c->heirs, e->link, NULL))
			gp_map_put(&c->heirs, e->link, i);
	}
}

/* The bytes of a file, which end its member, as those of another name. */
static int copy_as(struct copier *c, const struct gp_entry *e, const struct gp_entry *heir, struct gp_err *err)
{
	struct gp_entry is = { .path = heir->path, .mode = e->mode, .mtime = e->mtime, .size = e->size };

	if (copier_go(c, e->end - (e->size + 511) / 512 * 512, false, err) < 0 ||
	    gp_members_put_entry(&c->members, &is, err) < 0)
		return -1;
	return copier_go(c, e->end, true, err);
}

/* 1: that was a member of this kind, and is done. */
static int copy_replaced(struct copier *c, const struct gp_entry *e, struct gp_err *err)
{
	const struct gp_runfile *rf = c->members.rf;
	bool link = e->type == GP_ENTRY_HARDLINK && !is_replaced(rf, e->path);
	const char *file = link ? e->link : e->path;
	const struct gp_entry *heir = NULL;
	struct gp_entry is = *e;
	size_t i;
	int rc;

	if (!is_replaced(rf, file) || (link && gp_repack_change(c->members.tree, e)))
		return 0;
	if (gp_map_get(&c->heirs, file, &i))
		heir = &rf->entry[i];
	if (e->type == GP_ENTRY_FILE && heir)
		rc = copy_as(c, e, heir, err);
	else
		rc = copier_go(c, e->end, false, err);
	if (rc == 0 && link && heir && heir != e) {
		is.link = heir->path;
		rc = gp_members_put_entry(&c->members, &is, err);
	}
	return rc < 0 ? -1 : 1;
}

static int copy_members(struct copier *c, struct gp_err *err)
{
	const struct gp_runfile *rf = c->members.rf;

	find_heirs(c);
	for (size_t i = 0; i < rf->n; i++) {
		const struct gp_entry *e = &rf->entry[i];
		const struct gp_tfile *f;
		bool orphan;
		int done;

		if (e->added)
			break; /* all of these are behind the payload's own */
		done = copy_replaced(c, e, err);
		if (done < 0)
			return -1;
		if (done)
			continue;
		f = gp_repack_change(c->members.tree, e);
		orphan = !f && loses_its_file(&c->members, e);
		if (copier_go(c, e->end, !f && !orphan, err) < 0)
			return -1;
		if (orphan && put_old_link(&c->members, e, err) < 0)
			return -1;
		/* Of several members of one name the last one wins: change that one. */
		if (f && f->state == GP_TFILE_CHANGED && !e->superseded && gp_members_put(&c->members, f, err) < 0)
			return -1;
	}
	return 0;
}

static int encode_payload(const struct gp_tree *t, const struct gp_repack *o, struct gp_encoder *enc,
			  struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_plain *p = gp_plain_open((struct gp_runfile *)o->rf, err);
	struct copier c = { .block = block,
			    .enc = enc,
			    .out.sink = { encode, enc },
			    .members = { .rf = o->rf, .tree = t, .new_mtime = o->new_mtime, .out = &c.out } };
	int rc = -1;

	if (!p)
		return -1;
	gp_plain_sum(p); /* it must be what was scanned */
	c.src = gp_plain_src(p);
	if (copy_members(&c, err) == 0 && (!o->stream || o->stream(o->arg, &c.out, err) == 0) &&
	    gp_members_put_all(&c.members, false, err) == 0 && gp_tarout_end(&c.out, err) == 0 &&
	    gp_plain_check_sums(p, err) == 0)
		rc = gp_encoder_finish(enc, err);
	gp_plain_close(p);
	gp_map_release(&c.heirs);
	return rc;
}

int gp_repack_full(const struct gp_tree *t, const struct gp_repack *o, struct gp_writer *w, struct gp_repack_report *r,
		   struct gp_err *err)
{
	struct gp_encoder_opts eo = { .threads = o->threads ? o->threads : 1, .xz_check = o->rf->codec_facts.xz_check };
	struct gp_encoder *enc = gp_encoder_new(o->rf->codec, &eo, (struct gp_sink){ gp_writer_put, w }, err);
	int rc;

	if (!enc)
		return -1;
	r->level = gp_encoder_level(o->rf->codec, &eo);
	rc = encode_payload(t, o, enc, err);
	gp_encoder_free(enc);
	return rc;
}
