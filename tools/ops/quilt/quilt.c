/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/quilt/quilt_impl.h"
#include "ops/tree/tree.h"

void gp_quilt_release(struct gp_quilt *q)
{
	if (!q)
		return;
	gp_quilt_links_release(q);
	free(q->pc);
	free(q->up);
	free(q->patches);
	free(q->series);
	free(q->patch);
	gp_list_release(&q->applied);
	gp_list_release(&q->pushed);
	gp_list_release(&q->restored);
	gp_list_release(&q->removed);
	gp_list_release(&q->popped);
	gp_map_release(&q->seen);
	*q = (struct gp_quilt){ 0 };
}

char *gp_quilt_record(const struct gp_quilt *q, const char *file)
{
	return gp_path_join(q->pc, file);
}

char *gp_quilt_kept(const struct gp_quilt *q, const char *patch, const char *file)
{
	return gp_asprintf("%s/%s/%s", q->pc, patch, file);
}

/* A file of one line; NULL and 0 when it is missing. */
static int read_line(const struct gp_tree *t, const char *path, char **out, struct gp_err *err)
{
	struct gp_str text;

	if (!gp_tree_has(t, path))
		return 0;
	if (gp_tree_read(t, path, &text, err) < 0)
		return -1;
	while (text.len && text.p[text.len - 1] == '\n')
		text.len--;
	if (!text.len)
		return 0;
	if (memchr(text.p, '\n', text.len) || memchr(text.p, '\0', text.len))
		return gp_fail(err, GP_E_FORMAT, "'%s' is not one line", path);
	*out = gp_strndup(text.p, text.len);
	return 0;
}

static int check_version(const struct gp_quilt *q, const struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_quilt_record(q, ".version");
	gp_auto(gp_free_ptr) char *version = NULL;

	if (read_line(t, path, &version, err) < 0)
		return -1;
	if (!version)
		return gp_fail(err, GP_E_UNSUPPORTED, "an old version of quilt made '%s'; 'quilt upgrade' converts it",
			       q->pc);
	if (strcmp(version, "2") != 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' has version %s, known is 2", q->pc, version);
	return 0;
}

static int read_applied(const struct gp_tree *t, struct gp_quilt *q, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *db = gp_quilt_record(q, GP_QUILT_DB);
	struct gp_str rest, line;

	if (!gp_tree_has(t, db))
		return 0;
	if (gp_tree_read(t, db, &rest, err) < 0)
		return -1;
	while (gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *name = NULL;

		if (!line.len)
			continue;
		name = gp_path_clean(line.p, line.len, err);
		if (!name)
			return gp_within(err, "'%s'", db);
		if (!gp_str_eq(line, name))
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s': the name '%.*s' is not in its plain form", db,
				       line.len < 200 ? (int)line.len : 200, line.p);
		gp_list_take(&q->applied, gp_steal(&name));
	}
	return 0;
}

int gp_quilt_needs_refresh(const char *patch, const char *why, struct gp_err *err)
{
	return gp_fail(err, GP_E_NO, "patch '%s' needs refresh: %s; 'quilt refresh' does that", patch, why);
}

bool gp_quilt_is_trouble(const struct gp_err *err)
{
	return err->code == GP_E_SYSTEM || err->code == GP_E_NOTFOUND || err->code == GP_E_CANCELLED ||
	       err->code == GP_E_BUG;
}

const char *gp_quilt_top(const struct gp_quilt *q)
{
	return q->applied.n ? q->applied.v[q->applied.n - 1] : NULL;
}

bool gp_quilt_is_forced(const struct gp_quilt *q, const struct gp_tree *t, const char *patch)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s~refresh", q->pc, patch);

	return gp_tree_has(t, path);
}

int gp_quilt_read(const struct gp_tree *t, struct gp_quilt *q, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *patches = NULL, *series = NULL;
	enum gp_node node;
	unsigned mode;

	if (!q->root)
		return gp_fail(err, GP_E_BUG, "gp_quilt_read() without a root");
	gp_quilt_set(&q->pc, gp_quilt_pc(err));
	if (!q->pc)
		return -1;
	node = t->base.look(t->base.arg, q->pc, &mode);
	if (node == GP_NODE_NONE)
		return 0;
	if (node != GP_NODE_DIR)
		return gp_fail(err, GP_E_FORMAT, "'%s/%s' is not a directory", q->root, q->pc);
	patches = gp_quilt_record(q, ".quilt_patches");
	series = gp_quilt_record(q, ".quilt_series");
	if (check_version(q, t, err) < 0 || read_line(t, patches, &q->patches, err) < 0 ||
	    read_line(t, series, &q->series, err) < 0 || read_applied(t, q, err) < 0)
		return gp_within(err, "'%s'", q->root);
	q->unclean = gp_quilt_top(q) && gp_quilt_is_forced(q, t, gp_quilt_top(q));
	return 0;
}

/* Where the tree begins; said with -v when that is not where the user is. */
static int find(struct gp_quilt_tree *w, const char *dir, struct gp_err *err)
{
	*w = (struct gp_quilt_tree){ 0 };
	w->root = gp_quilt_find_root(dir, &w->quilt.up, err);
	w->quilt.root = w->root;
	if (w->quilt.up)
		gp_debug("the tree is '%s'", w->root);
	return w->root ? 0 : -1;
}

int gp_quilt_tree_look(struct gp_quilt_tree *w, const char *dir, struct gp_err *err)
{
	if (find(w, dir, err) < 0 || gp_disktree_look(&w->disk, w->root, err) < 0 ||
	    gp_disktree_check_whole(&w->disk, err) < 0)
		return -1;
	gp_disktree_tree(&w->disk, &w->tree);
	w->quilt.disk = &w->disk;
	return gp_quilt_read(&w->tree, &w->quilt, err);
}

int gp_quilt_tree_open(struct gp_quilt_tree *w, const char *dir, struct gp_err *err)
{
	if (find(w, dir, err) < 0 || gp_disktree_open(&w->disk, w->root, err) < 0)
		return -1;
	if (gp_disktree_interrupted(&w->disk)) {
		if (gp_commit_recover(&w->disk, &w->recovered_files, err) < 0)
			return -1;
		w->recovered = true;
	}
	gp_disktree_tree(&w->disk, &w->tree);
	w->quilt.disk = &w->disk;
	return gp_quilt_read(&w->tree, &w->quilt, err);
}

void gp_quilt_tree_close(struct gp_quilt_tree *w)
{
	gp_quilt_release(&w->quilt);
	gp_tree_release(&w->tree);
	gp_disktree_close(&w->disk);
	free(w->root);
	w->root = NULL;
}
