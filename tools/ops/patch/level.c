/* SPDX-License-Identifier: MIT */
/*
 * A file that is deleted or renamed, and not there, tells nothing of the strip level.
 * A longer name must not fit better: its file is there, or, where the shorter one has
 * no directory, its directory is. Nor must a name without the a/ of git and others.
 */
#include <string.h>

#include "base/path.h"
#include "core/diff/diff.h"
#include "ops/patch/apply_impl.h"
#include "ops/patch/names.h"

/* Is the strip level known to be right: did a file match, or does git say it? */
static bool level_is_known(const struct gp_applying *j, const struct gp_diff *d)
{
	for (size_t i = 0; i < j->done->n; i++)
		if (j->done->file[i].hunks.n && j->done->file[i].op != GP_FILE_CREATE && !j->plan[i].absent)
			return true;
	return j->p->strip == 1 && d->nfile && d->file[0].git;
}

static bool is_top(const struct gp_applying *j, const char *dir)
{
	return strcmp(dir, ".") == 0 || strcmp(dir, j->prefix) == 0;
}

/* Would p, whose file is not there, be about another one with -p of this number? */
static int check_level_of(struct gp_applying *j, const struct gp_plan *p, unsigned strip, struct gp_err *err)
{
	const char *own = gp_op_moves(p->op) ? p->source : p->target, *what = gp_op_moves(p->op) ? "rename" : "delete";
	gp_auto(gp_free_ptr) char *own_dir = gp_path_dir(own), *dir = NULL;
	gp_auto(gp_free_ptr) char *other = gp_name_below(
		j->prefix, (gp_op_moves(p->op) ? gp_diff_source : gp_diff_target)(p->diff, strip, j->p->reverse, NULL));

	if (!other)
		return 0;
	j->misses = true;
	if (gp_tree_has(j->t, other))
		return gp_fail(err, GP_E_NO, "there is no file '%s' to %s; with -p%u it would be '%s', which is there",
			       own, what, strip, other);
	dir = gp_path_dir(other);
	if (is_top(j, own_dir) && !is_top(j, dir) && gp_tree_has_dir(j->t, dir))
		return gp_fail(err, GP_E_NO,
			       "there is no file '%s' to %s, and '%s' is a directory: with -p%u it would be '%s'", own,
			       what, dir, strip, other);
	j->misses = false;
	return 0;
}

static int check_levels_of(struct gp_applying *j, const struct gp_plan *p, struct gp_err *err)
{
	const char *own = gp_op_moves(p->op) ? p->source : p->target;

	own += *j->prefix ? strlen(j->prefix) + 1 : 0;
	for (unsigned strip = j->p->strip; strip-- > 0;)
		if (check_level_of(j, p, strip, err) < 0)
			return -1;
	if (j->p->strip == 0 && (gp_path_under(own, "a") || gp_path_under(own, "b")))
		return check_level_of(j, p, 1, err);
	return 0;
}

int gp_plan_check_level(struct gp_applying *j, const struct gp_diff *d, struct gp_err *err)
{
	struct gp_err why = { 0 };

	if (level_is_known(j, d))
		return 0;
	for (size_t i = 0; i < j->nplan; i++) {
		if (!j->plan[i].absent || check_levels_of(j, &j->plan[i], &why) == 0)
			continue;
		gp_applied_trouble(&j->done->file[i], &why);
		if (err)
			*err = why;
		return -1;
	}
	return 0;
}
