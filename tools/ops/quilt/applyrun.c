/* SPDX-License-Identifier: MIT */
#include "ops/quilt/applyrun.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "ops/patch/names.h"
#include "ops/patch/patchfile.h"
#include "ops/quilt/quilt.h"

/* "./x" is the same file under both. */
static bool same_names(const struct gp_diff *d, bool reverse)
{
	for (size_t i = 0; i < d->nfile; i++) {
		gp_auto(gp_free_ptr) char *p0 = gp_diff_target(&d->file[i], 0, reverse, NULL);
		gp_auto(gp_free_ptr) char *p1 = gp_diff_target(&d->file[i], 1, reverse, NULL);

		if (!p0 || !p1 || strcmp(p0, p1) != 0)
			return false;
	}
	return true;
}

int gp_strip_find(const struct gp_tree *t, const char *dir, const struct gp_diff *d, bool reverse, struct gp_err *err)
{
	bool p0 = gp_strip_fits(t, d, &(struct gp_naming){ .below = "", .strip = 0, .reverse = reverse });
	bool p1 = gp_strip_fits(t, d, &(struct gp_naming){ .below = "", .strip = 1, .reverse = reverse });

	if (gp_tree_sound(t, err) < 0)
		return -1;
	if (p0 != p1 || (p0 && same_names(d, reverse)))
		return p1;
	if (p0)
		return gp_fail(err, GP_E_USAGE, "its files exist in '%s' under -p0 and under -p1: say which", dir);
	return gp_fail(err, GP_E_USAGE,
		       "its files exist in '%s' neither under -p0 nor under -p1: give -p N, "
		       "or another -d",
		       dir);
}

static int load(struct gp_apply_run *r, const struct gp_apply_opts *o, struct gp_err *err)
{
	r->set = gp_alloc((o->inputs.n + 1) * sizeof(*r->set));
	for (size_t i = 0; i < o->inputs.n; i++) {
		const char *path = o->inputs.v[i];

		if ((gp_is_dir(path) ? gp_patchset_load(path, &r->set[i], err) :
				       gp_patchset_load_single(path, gp_patch_read_given, &r->set[i], err)) < 0)
			return -1;
		r->nset++;
	}
	return 0;
}

static int find_strip(const struct gp_apply_run *r, const struct gp_apply_opts *o, struct gp_patch *p,
		      struct gp_err *err)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };
	int strip;

	if (gp_diff_parse(p->text, &d, err) < 0)
		return gp_patch_within(p, err);
	strip = gp_strip_find(&r->tree, o->dir, &d, o->reverse, err);
	if (strip < 0)
		return gp_patch_within(p, err);
	p->strip = (unsigned)strip;
	return 0;
}

static int apply_one(struct gp_apply_run *r, const struct gp_apply_opts *o, const struct gp_patchset *set, size_t k,
		     struct gp_quilt *q, struct gp_err *err)
{
	const struct gp_series_entry *e = &set->series.v[k];
	gp_auto(gp_free_ptr) char *dir = set->single ? gp_path_dir(set->dir) : gp_strdup(set->dir);
	struct gp_patch p = gp_patchset_patch(set, k);

	p.set = dir;
	p.by_hand = true;
	p.reverse = e->reverse != o->reverse;
	if (!e->strip_given && o->strip >= 0)
		p.strip = (unsigned)o->strip;
	if (gp_check_cancel(o->cancel, err) < 0)
		return -1;
	if (set->single && o->strip < 0 && find_strip(r, o, &p, err) < 0)
		return -1;
	if (q)
		return gp_quilt_push(q, &r->tree, &p, gp_quilt_fuzz(q, e, o->fuzz), &r->applied, &r->why, err);
	return gp_apply_patch(&r->tree, &p, gp_series_fuzz(e, o->fuzz), &r->applied, &r->why, err);
}

/* With -R the last patch goes first. */
static int apply_all(struct gp_apply_run *r, const struct gp_apply_opts *o, struct gp_err *err)
{
	for (size_t i = 0; i < r->nset; i++) {
		const struct gp_patchset *set = &r->set[o->reverse ? r->nset - 1 - i : i];
		size_t n = set->series.n;

		for (size_t k = 0; k < n; k++)
			if (apply_one(r, o, set, o->reverse ? n - 1 - k : k, NULL, err) < 0)
				return -1;
	}
	return 0;
}

static int check_quilt_opts(const struct gp_apply_opts *o, struct gp_err *err)
{
	if (o->inputs.n != 1)
		return gp_fail(err, GP_E_USAGE, "--quilt takes one folder with a series, not %zu", o->inputs.n);
	if (gp_exists(o->inputs.v[0]) && !gp_is_dir(o->inputs.v[0]))
		return gp_fail(err, GP_E_USAGE, "--quilt takes a folder with a series, and '%s' is none",
			       o->inputs.v[0]);
	if (o->reverse)
		return gp_fail(err, GP_E_USAGE, "--quilt contradicts -R: 'gridpatch pop' takes patches back");
	if (o->strip >= 0)
		return gp_fail(err, GP_E_USAGE, "--quilt contradicts -p: the series file says the levels");
	return 0;
}

static int apply_quilted(struct gp_apply_run *r, const struct gp_apply_opts *o, struct gp_quilt *q, struct gp_err *err)
{
	size_t first;

	if (gp_quilt_read(&r->tree, q, err) < 0 || gp_quilt_init(q, o->inputs.v[0], err) < 0)
		return -1;
	if (gp_quilt_next(q, &r->set[0].series, &first, err) < 0)
		return -1;
	for (; first < r->set[0].series.n; first++)
		if (apply_one(r, o, &r->set[0], first, q, err) < 0)
			return -1;
	return 0;
}

/* DIR/NAME.rej for each file with failed hunks, as `patch` leaves them beside
 * the files; the tree itself stays untouched. A patch may name a file twice:
 * patch(1) appends. */
static int write_reject(struct gp_apply_run *r, const char *dir, const struct gp_applied *a, const char *name,
			struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *below = gp_asprintf("%s.rej", name), *path = gp_path_join(dir, below);
	gp_auto(gp_buf_release) struct gp_buf all = { 0 };

	if (gp_list_has(&r->rejects, path))
		return 0;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->file[i].path, name) == 0)
			gp_buf_add(&all, a->file[i].reject.data, a->file[i].reject.len);
	if (gp_file_write_below(dir, below, all.data, all.len, 0644, true, err) < 0)
		return -1;
	gp_list_add(&r->rejects, path);
	return 0;
}

static int write_rejects(struct gp_apply_run *r, const char *dir, struct gp_err *err)
{
	for (size_t i = 0; i < r->applied.n; i++) {
		const struct gp_applied *a = &r->applied.v[i];

		for (size_t k = 0; k < a->n; k++)
			if (a->file[k].reject.len && write_reject(r, dir, a, a->file[k].path, err) < 0)
				return -1;
	}
	return 0;
}

static int open_tree(struct gp_apply_run *r, const struct gp_apply_opts *o, struct gp_err *err)
{
	if (gp_disktree_open(&r->disk, o->dir, err) < 0)
		return -1;
	if (o->dry_run) {
		if (gp_disktree_check_whole(&r->disk, err) < 0)
			return -1;
	} else if (gp_disktree_interrupted(&r->disk)) {
		if (gp_commit_recover(&r->disk, &r->recovered_files, err) < 0)
			return -1;
		r->recovered = true;
	}
	gp_disktree_tree(&r->disk, &r->tree);
	return 0;
}

/* The rejects of what did not match; err says that already. */
static void save_rejects(struct gp_apply_run *r, const char *dir, struct gp_err *err)
{
	struct gp_err second = { 0 };
	char why[sizeof(second.cause)];

	if (!dir || write_rejects(r, dir, &second) == 0)
		return;
	gp_err_format(&second, why, sizeof(why));
	gp_besides(err, "; the rejects could not be written either (%s)", why);
}

size_t gp_apply_run_changes(const struct gp_apply_run *r)
{
	size_t n = gp_tree_changes(&r->tree);

	for (size_t i = 0; i < r->tree.n; i++) {
		const struct gp_tfile *f = &r->tree.file[i];

		if (gp_quilt_is_record(f->path) && f->state != GP_TFILE_SAME &&
		    (f->state != GP_TFILE_DELETED || f->was))
			n--;
	}
	return n;
}

int gp_apply_run(struct gp_apply_run *r, const struct gp_apply_opts *o, struct gp_err *err)
{
	struct gp_commit_opts co = { .fsync = o->fsync, .cancel = o->cancel };
	gp_auto(gp_quilt_release) struct gp_quilt q = { .root = o->dir, .disk = &r->disk };
	int rc;

	*r = (struct gp_apply_run){ 0 };
	if (o->quilt && !o->recover_only && check_quilt_opts(o, err) < 0)
		return -1;
	if (open_tree(r, o, err) < 0)
		return -1;
	if (o->recover_only)
		return 0;
	if (load(r, o, err) < 0)
		return -1;
	rc = o->quilt ? apply_quilted(r, o, &q, err) : apply_all(r, o, err);
	if (rc < 0) {
		save_rejects(r, o->rejects, err);
		return -1;
	}
	gp_tree_settle(&r->tree);
	if (o->dry_run)
		return 0;
	if (gp_commit_run(&r->disk, &r->tree, &co, err) < 0) {
		r->half_changed = gp_commit_pending(&r->disk);
		return -1;
	}
	if (o->quilt)
		gp_quilt_settle_push(&q);
	return 0;
}

void gp_apply_run_release(struct gp_apply_run *r)
{
	if (!r)
		return;
	gp_applied_list_release(&r->applied);
	gp_buf_release(&r->why);
	gp_list_release(&r->rejects);
	for (size_t i = 0; i < r->nset; i++)
		gp_patchset_release(&r->set[i]);
	free(r->set);
	gp_tree_release(&r->tree);
	gp_disktree_close(&r->disk);
}
