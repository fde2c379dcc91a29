/* SPDX-License-Identifier: MIT */
#include "ops/patch/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/path.h"
#include "base/spool.h"
#include "ops/patch/apply_impl.h"
#include "ops/patch/names.h"

static void applied_release(struct gp_applied *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->file[i].path);
		free(a->file[i].from);
		free(a->file[i].trouble);
		gp_hunk_report_release(&a->file[i].hunks);
		gp_buf_release(&a->file[i].reject);
	}
	free(a->file);
	free(a->set);
	free(a->name);
	free(a->prefix);
	gp_list_release(&a->notes);
	*a = (struct gp_applied){ 0 };
}

void gp_applied_list_release(struct gp_applied_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		applied_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_applied_list){ 0 };
}

void gp_applied_list_take(struct gp_applied_list *to, struct gp_applied_list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		GP_GROW(to->v, to->n, to->cap);
		to->v[to->n++] = from->v[i];
	}
	free(from->v);
	*from = (struct gp_applied_list){ 0 };
}

/* Do all files that must exist lie under prefix? */
static bool all_there(const struct gp_tree *t, const struct gp_diff *d, const struct gp_patch *p, const char *prefix)
{
	const struct gp_naming how = { .below = prefix, .strip = p->strip, .reverse = p->reverse };

	for (size_t i = 0; i < d->nfile; i++) {
		const struct gp_filediff *f = &d->file[i];
		gp_auto(gp_free_ptr) char *path = NULL;

		if (gp_diff_op(f, p->reverse) == GP_FILE_CREATE)
			continue;
		path = gp_name_in_tree(t, f, &how, NULL);
		if (!path || !gp_name_is_there(t, f, &how, path))
			return false;
	}
	return true;
}

/* --- carrying it out --- */

static int tell(const struct gp_applying *j, const char *path, struct gp_err *err)
{
	const struct gp_apply_watch *w = j->p->watch;
	struct gp_str old = { "", 0 };
	bool existed;

	if (!w)
		return 0;
	existed = gp_tree_has(j->t, path);
	if (existed && gp_tree_read(j->t, path, &old, err) < 0)
		return -1;
	return w->before(w->arg, path, existed, old, gp_tree_mode(j->t, path), err);
}

static int carry_out_one(struct gp_applying *j, struct gp_plan *p, struct gp_err *err)
{
	if (tell(j, p->target, err) < 0 || (p->op == GP_FILE_RENAME && tell(j, p->source, err) < 0))
		return -1;
	if (p->op == GP_FILE_DELETE)
		return gp_tree_delete(j->t, p->target, err);
	if (gp_tree_take(j->t, p->target, &p->data, p->mode, err) == 0)
		return 0;
	if (err && err->code == GP_E_FORMAT)
		err->code = GP_E_NO; /* the tree is in the way, not the patch's form */
	return -1;
}

/* The old names of renames go, unless a part of the patch wrote a file of that name. */
static int leave_sources(struct gp_applying *j, struct gp_err *err)
{
	gp_auto(gp_map_release) struct gp_map writes = { 0 };
	int rc = 0;

	for (size_t i = 0; i < j->nplan; i++)
		if (!j->plan[i].skip && j->plan[i].op != GP_FILE_DELETE)
			gp_map_put(&writes, j->plan[i].target, 0);
	for (size_t i = 0; i < j->nplan && rc == 0; i++) {
		const struct gp_plan *p = &j->plan[i];

		if (p->op == GP_FILE_RENAME && !p->skip && !gp_map_get(&writes, p->source, NULL) &&
		    gp_tree_has(j->t, p->source))
			rc = gp_tree_delete(j->t, p->source, err);
	}
	return rc;
}

/* Every plan has its file in the list. */
static int carry_out(struct gp_applying *j, struct gp_err *err)
{
	bool already = j->nplan > 0, moved = false;

	for (size_t i = 0; i < j->nplan; i++) {
		struct gp_plan *p = &j->plan[i];
		struct gp_err why = { 0 };

		already &= p->skip;
		moved |= p->op == GP_FILE_RENAME;
		if (p->skip || carry_out_one(j, p, &why) == 0)
			continue;
		gp_applied_trouble(&j->done->file[i], &why);
		if (err)
			*err = why;
		return -1;
	}
	j->done->already = already;
	return moved ? leave_sources(j, err) : 0;
}

static int run(struct gp_applying *j, struct gp_diff *d, struct gp_err *err)
{
	int rc;

	if (j->p->below)
		j->prefix = j->p->below;
	else if (j->p->may_lie_in_kernel && !all_there(j->t, d, j->p, "") && all_there(j->t, d, j->p, "kernel"))
		j->prefix = "kernel";
	j->done->prefix = gp_strdup(j->prefix);
	rc = gp_plan_patch(j, d, err);
	if (rc == 0)
		rc = carry_out(j, err);
	for (size_t i = 0; i < j->nplan; i++) {
		free(j->plan[i].source);
		free(j->plan[i].target);
		gp_piece_release(j->t->spool, &j->plan[i].data);
	}
	free(j->plan);
	gp_map_release(&j->state);
	return rc;
}

int gp_patch_within(const struct gp_patch *p, struct gp_err *err)
{
	bool here = strcmp(p->set, ".") == 0;

	if (strcmp(gp_path_base(p->set), p->name) == 0) /* a patch that is a set of its own */
		return gp_within(err, "'%s'", p->set);
	return gp_within(err, "%s%s'%s'", here ? "" : p->set, here ? "" : ": ", p->name);
}

int gp_apply_patch(struct gp_tree *t, const struct gp_patch *p, unsigned max_fuzz, struct gp_applied_list *list,
		   struct gp_buf *why, struct gp_err *err)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };
	struct gp_applying j = { .t = t, .p = p, .max_fuzz = max_fuzz, .prefix = "", .why = why };
	int rc;

	gp_assert(p->set && p->name);
	if (gp_diff_parse(p->text, &d, err) < 0)
		return gp_patch_within(p, err);
	GP_GROW(list->v, list->n, list->cap);
	j.done = &list->v[list->n++];
	*j.done = (struct gp_applied){ .set = gp_strdup(p->set), .name = gp_strdup(p->name), .notes = d.notes };
	d.notes = (struct gp_list){ 0 };
	rc = run(&j, &d, err);
	/* "There is no file" is not an answer where nobody could look. */
	if (gp_tree_sound(t, err) < 0)
		rc = -1;
	return rc < 0 ? gp_patch_within(p, err) : 0;
}
