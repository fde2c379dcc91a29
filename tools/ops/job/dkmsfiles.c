/* SPDX-License-Identifier: MIT */
#include "ops/job/dkmsfiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/manifest.h"
#include "ops/driver/installed.h"
#include "ops/driver/unlock.h"
#include "ops/tree/tree.h"

#define BELOW "kernel"
#define RECORD GP_INSTALLED_AT "/" GP_INSTALLED_RECORD
#define HISTORY BELOW "/" GP_PACKAGE_HISTORY

static struct gp_dkmsfile *add(struct gp_dkmsfiles *l, const char *path, unsigned mode)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct gp_dkmsfile){ .path = gp_strdup(path), .mode = mode };
	return &l->v[l->n++];
}

void gp_dkmsfiles_add(struct gp_dkmsfiles *l, const char *path, struct gp_buf *text, unsigned mode)
{
	add(l, path, mode)->text = *text;
	*text = (struct gp_buf){ 0 };
	l->files++;
}

/* --- which --- */

struct collecting {
	const struct gp_inputs *in;
	const struct gp_tree *tree;
	struct gp_dkmsfiles *to;
	struct gp_map seen;
};

/* What the package lets its owner run, and scripts: some packages have lost the bit, and
 * what make runs by its name stops the build then. */
static unsigned mode_of(const struct gp_tree *t, const char *path)
{
	return gp_tree_mode(t, path) & 0100 || gp_str_ends(gp_str_of(path), ".sh") ? 0755 : 0644;
}

/* path as in the package: "kernel/…" */
static void take(struct collecting *c, const char *path)
{
	struct gp_dkmsfile *f;

	if (strcmp(path, GP_DKMS_CONF) == 0 || gp_map_get(&c->seen, path, NULL))
		return;
	gp_map_put(&c->seen, path, 0);
	f = add(c->to, path + strlen(BELOW "/"), mode_of(c->tree, path));
	f->from = gp_strdup(path);
	c->to->files++;
}

static bool is_source(const struct gp_mentry *e)
{
	return !gp_mentry_is_symlink(e) && gp_path_under(e->path, BELOW) && strcmp(e->path, BELOW) != 0 &&
	       (gp_str_eq(e->type, "KERNEL_MODULE_SRC") || gp_str_eq(e->type, "DKMS_CONF"));
}

/* The manifest as it is after the changes. */
static int take_listed(struct collecting *c, struct gp_err *err)
{
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	struct gp_str text;

	if (gp_tree_read(c->tree, ".manifest", &text, err) < 0 || gp_manifest_parse(text, &m, err) < 0)
		return -1;
	for (size_t i = 0; i < m.n; i++) {
		if (!is_source(&m.entry[i]))
			continue;
		if (!gp_tree_has(c->tree, m.entry[i].path))
			return gp_fail(err, GP_E_FORMAT, "'.manifest' line %zu lists '%s', which is not there",
				       m.entry[i].lineno, m.entry[i].path);
		take(c, m.entry[i].path);
	}
	return 0;
}

/* The record is about the very directory that it lies in. */
static bool is_record(const char *path)
{
	return strcmp(path, HISTORY) == 0 || strcmp(path, RECORD) == 0;
}

static void take_all(struct collecting *c)
{
	const struct gp_runfile *rf = &c->in->driver.rf;

	for (size_t i = 0; i < rf->n; i++)
		if (gp_path_under(rf->entry[i].path, BELOW) && !is_record(rf->entry[i].path) &&
		    gp_tree_has(c->tree, rf->entry[i].path))
			take(c, rf->entry[i].path);
	for (size_t i = 0; i < c->tree->n; i++)
		if (c->tree->file[i].state == GP_TFILE_NEW && gp_path_under(c->tree->file[i].path, BELOW))
			take(c, c->tree->file[i].path);
}

static int take_conf(struct collecting *c, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text;

	if (!gp_tree_has(c->tree, GP_DKMS_CONF))
		return gp_fail(err, GP_E_UNSUPPORTED, "there is no " GP_DKMS_CONF ": this driver does not know DKMS");
	if (gp_tree_read(c->tree, GP_DKMS_CONF, &text, err) < 0 ||
	    gp_dkms_fill(text, c->in->driver.version.text, c->in->driver.manifest.modules, &out, err) < 0 ||
	    gp_dkms_name_read(gp_buf_str(&out), &c->to->name, err) < 0)
		return -1;
	gp_dkmsfiles_add(c->to, "dkms.conf", &out, 0644);
	return 0;
}

static int append(const struct gp_tree *t, const char *path, struct gp_buf *out, struct gp_err *err)
{
	struct gp_str text;

	if (!gp_tree_has(t, path))
		return 0;
	if (gp_tree_read(t, path, &text, err) < 0)
		return -1;
	gp_buf_add(out, text.p, text.len);
	return 0;
}

/* What was done to a tree where it lies: the lines below each "Done:" of its record. */
static int append_done(const struct gp_tree *t, struct gp_buf *out, struct gp_err *err)
{
	struct gp_str rest = { "", 0 }, line;
	bool done = false;

	if (gp_tree_has(t, RECORD) && gp_tree_read(t, RECORD, &rest, err) < 0)
		return -1;
	while (gp_text_line_next(&rest, &line)) {
		if (!gp_str_starts(line, " ")) {
			done = gp_str_starts(line, "Done:");
			continue;
		}
		line = gp_str_skip(line, 1);
		if (done)
			gp_buf_printf(out, "%.*s%s", (int)line.len, line.p, gp_str_ends(line, "\n") ? "" : "\n");
	}
	return 0;
}

/* What was done to it: of a tree before, and of the package (with NVIDIA's own lines, if it
 * has some) until now. */
static int take_history(struct collecting *c, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	if ((c->in->driver.installed &&
	     (append(c->tree, HISTORY, &out, err) < 0 || append_done(c->tree, &out, err) < 0)) ||
	    append(c->tree, GP_PACKAGE_HISTORY, &out, err) < 0)
		return -1;
	if (out.len)
		gp_dkmsfiles_add(c->to, GP_PACKAGE_HISTORY, &out, 0644);
	return 0;
}

int gp_dkmsfiles_collect(const struct gp_inputs *in, const struct gp_changes *c, struct gp_dkmsfiles *out,
			 struct gp_err *err)
{
	struct collecting all = { .in = in, .tree = c->tree, .to = out };
	int rc = 0;

	*out = (struct gp_dkmsfiles){ 0 };
	if (!in->driver.has_kernel)
		return gp_fail(err, GP_E_UNSUPPORTED, "there is no kernel/ in it, of which the tree would be made");
	if (!in->driver.installed)
		rc = take_listed(&all, err);
	else
		take_all(&all);
	if (rc == 0)
		rc = take_conf(&all, err) < 0 ? -1 : take_history(&all, err);
	gp_map_release(&all.seen);
	return rc;
}

/* --- where --- */

void gp_dkmsfiles_below(struct gp_dkmsfiles *l, const char *top)
{
	for (size_t i = 0; i < l->n; i++) {
		char *path = gp_path_join(top, l->v[i].path);

		free(l->v[i].path);
		l->v[i].path = path;
	}
}

/* What is in a directory follows it at once ('/' sorts before everything else): tar(1)
 * sets a directory's time when it sees what lies elsewhere. */
static int by_path(const void *a, const void *b)
{
	const unsigned char *p = (const unsigned char *)((const struct gp_dkmsfile *)a)->path;
	const unsigned char *q = (const unsigned char *)((const struct gp_dkmsfile *)b)->path;

	while (*p && *p == *q) {
		p++;
		q++;
	}
	return (*p == '/' ? 1 : *p ? *p + 2 : 0) - (*q == '/' ? 1 : *q ? *q + 2 : 0);
}

void gp_dkmsfiles_order(struct gp_dkmsfiles *l)
{
	gp_auto(gp_map_release) struct gp_map made = { 0 };
	const size_t n = l->n;

	for (size_t i = 0; i < n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_strdup(l->v[i].path);

		for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
			*slash = '\0';
			if (!gp_map_get(&made, path, NULL)) {
				gp_map_put(&made, path, 0);
				add(l, path, 0755)->dir = true;
			}
			*slash = '/';
		}
	}
	qsort(l->v, l->n, sizeof(*l->v), by_path);
}

uint64_t gp_dkmsfiles_size(const struct gp_tree *t, const struct gp_dkmsfile *f)
{
	struct gp_str data;

	if (!f->from)
		return f->text.len;
	if (!gp_tree_touched(t, f->from) && t->base.size)
		return t->base.size(t->base.arg, f->from);
	return gp_tree_read(t, f->from, &data, NULL) == 0 ? data.len : 0;
}

int gp_dkmsfiles_read(const struct gp_tree *t, const struct gp_dkmsfile *f, struct gp_str *out, struct gp_err *err)
{
	gp_assert(!f->dir);
	if (f->from)
		return gp_tree_read(t, f->from, out, err);
	*out = gp_buf_str(&f->text);
	return 0;
}

void gp_dkmsfiles_forget(const struct gp_tree *t, const struct gp_dkmsfile *f)
{
	if (f->from)
		gp_tree_forget(t, f->from);
}

void gp_dkmsfiles_release(struct gp_dkmsfiles *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].path);
		free(l->v[i].from);
		gp_buf_release(&l->v[i].text);
	}
	free(l->v);
	gp_dkms_name_release(&l->name);
	*l = (struct gp_dkmsfiles){ 0 };
}
