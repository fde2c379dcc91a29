/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/path.h"
#include "base/dirfd.h"
#include "base/map.h"
#include "core/diff/hunk.h"
#include "ops/quilt/quilt_impl.h"
#include "ops/tree/tree.h"

/* An empty file stands for none, and has the mode of any new file; so has a
 * file that an earlier patch of this run made. */
static int keep(void *arg, const char *path, bool existed, struct gp_str old, unsigned mode, struct gp_err *err)
{
	struct gp_quilt *q = arg;
	gp_auto(gp_free_ptr) char *kept = gp_quilt_kept(q, q->patch, path);
	const struct gp_tfile *f = gp_tree_touched(q->tree, path);
	bool made = f && !f->mode_given;

	if (gp_path_under(path, q->pc))
		return gp_fail(err, GP_E_FORMAT, "'%s' is a record of quilt's: no patch may change it", path);
	if (gp_map_get(&q->seen, path, NULL))
		return 0;
	gp_map_put(&q->seen, path, 0);
	if (existed && old.len && (!f || f->state == GP_TFILE_SAME))
		gp_quilt_hold(q, path, kept);
	return gp_tree_write(q->tree, kept, old, existed && !made ? (int)mode : -1, err);
}

struct gp_apply_watch gp_quilt_watch(struct gp_quilt *q, struct gp_tree *t, const char *patch)
{
	gp_quilt_set(&q->patch, gp_strdup(patch));
	gp_map_release(&q->seen);
	q->tree = t;
	return (struct gp_apply_watch){ keep, q };
}

static int write_line(const struct gp_quilt *q, struct gp_tree *t, const char *record, const char *line,
		      struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_quilt_record(q, record), *text = gp_asprintf("%s\n", line);

	return gp_tree_write(t, path, gp_str_of(text), -1, err);
}

int gp_quilt_write_applied(const struct gp_quilt *q, struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *db = gp_quilt_record(q, GP_QUILT_DB);

	if (!q->applied.n)
		return gp_tree_has(t, db) ? gp_tree_delete(t, db, err) : 0;
	for (size_t i = 0; i < q->applied.n; i++)
		gp_buf_printf(&text, "%s\n", q->applied.v[i]);
	return gp_tree_write(t, db, gp_buf_str(&text), -1, err);
}

int gp_quilt_drop(struct gp_tree *t, char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *owned = path;

	return gp_tree_has(t, owned) ? gp_tree_delete(t, owned, err) : 0;
}

int gp_quilt_pushed(struct gp_quilt *q, struct gp_tree *t, const char *patch, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *stamp = gp_quilt_kept(q, patch, ".timestamp");

	gp_assert(q->patches && q->series);
	gp_list_add(&q->applied, patch);
	gp_list_add(&q->pushed, patch);
	if (write_line(q, t, ".version", "2", err) < 0 || write_line(q, t, ".quilt_patches", q->patches, err) < 0 ||
	    write_line(q, t, ".quilt_series", q->series, err) < 0 ||
	    gp_tree_write(t, stamp, (struct gp_str){ "", 0 }, -1, err) < 0 ||
	    gp_quilt_drop(t, gp_asprintf("%s/%s~refresh", q->pc, patch), err) < 0)
		return -1;
	return gp_quilt_write_applied(q, t, err);
}

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/*
 * A time of the coarse clock that files have their times from: later than all that
 * was written so far, and not later than what anybody writes from now on, so that no
 * change hides behind it. Since 6.13 Linux may give a file the exact time instead
 * (fs/inode.c, multigrain timestamps), which the coarse clock is behind by up to two
 * ticks: it has to pass the exact time of now.
 */
static struct timespec next_tick(void)
{
	const struct timespec pause = { .tv_nsec = 250000 };
	struct timespec start, now;

	clock_gettime(CLOCK_REALTIME, &start);
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	/* A clock that somebody holds does not hold this up. */
	for (int i = 0; i < 200 && !is_later(now, start); i++) {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	}
	return now;
}

void gp_quilt_settle_push(const struct gp_quilt *q)
{
	struct timespec now[2];

	if (!q->pushed.n)
		return;
	gp_quilt_relink(q);
	now[0] = now[1] = next_tick();
	for (size_t i = 0; i < q->pushed.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_quilt_kept(q, q->pushed.v[i], ".timestamp");
		const char *name;
		int dir = gp_dirs_parent(q->disk->dirs, path, &name);

		if (dir >= 0)
			utimensat(dir, name, now, AT_SYMLINK_NOFOLLOW);
	}
}

/* Patches that could not be told apart in .pc. */
static int check_name(const struct gp_quilt *q, const char *patch, struct gp_err *err)
{
	for (size_t i = 0; i < q->applied.n; i++) {
		if (strcmp(q->applied.v[i], patch) == 0)
			return gp_fail(err, GP_E_NO, "patch '%s' is already applied; check the series file", patch);
		if (gp_path_under(q->applied.v[i], patch) || gp_path_under(patch, q->applied.v[i]))
			return gp_fail(err, GP_E_UNSUPPORTED, "patch '%s' would share a folder of '%s' with '%s'",
				       patch, q->pc, q->applied.v[i]);
	}
	return 0;
}

static int refuse_present(const struct gp_applied *a, struct gp_err *err)
{
	if (a->already)
		return gp_fail(err, GP_E_NO,
			       "patch '%s' can be reverse-applied: it is there already; take it out "
			       "of the series, or out of the tree with 'gridpatch apply -R'",
			       a->name);
	for (size_t i = 0; i < a->n; i++)
		if (a->file[i].hunks.result == GP_HUNKS_ALREADY)
			return gp_fail(err, GP_E_NO, "patch '%s' does not apply: its change to '%s' is there already",
				       a->name, a->file[i].path);
	return 0;
}

int gp_quilt_push(struct gp_quilt *q, struct gp_tree *t, const struct gp_patch *p, unsigned max_fuzz,
		  struct gp_applied_list *list, struct gp_buf *why, struct gp_err *err)
{
	struct gp_apply_watch watch = gp_quilt_watch(q, t, p->name);
	struct gp_patch watched = *p;

	watched.watch = &watch;
	watched.reverse |= q->flags.reverse;
	if (check_name(q, p->name, err) < 0)
		return -1;
	if (!p->text.len) {
		GP_GROW(list->v, list->n, list->cap);
		list->v[list->n++] = (struct gp_applied){ .set = gp_strdup(p->set),
							  .name = gp_strdup(p->name),
							  .prefix = gp_strdup("") };
	} else if (gp_apply_patch(t, &watched, max_fuzz, list, why, err) < 0 ||
		   refuse_present(&list->v[list->n - 1], err) < 0) {
		return -1;
	}
	return gp_quilt_pushed(q, t, p->name, err);
}
