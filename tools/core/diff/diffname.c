/* SPDX-License-Identifier: MIT */
/* Which file a diff is about: what strip levels and reversal make of its names. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/diff/diff.h"

enum gp_file_op gp_diff_op(const struct gp_filediff *f, bool reverse)
{
	if (!reverse)
		return f->op;
	switch (f->op) {
	case GP_FILE_CREATE:
	case GP_FILE_COPY: return GP_FILE_DELETE;
	case GP_FILE_DELETE: return GP_FILE_CREATE;
	case GP_FILE_MODIFY:
	case GP_FILE_RENAME: break;
	}
	return f->op;
}

const char *gp_diff_strip(const char *path, unsigned n)
{
	if (!path)
		return NULL;
	for (; n; n--) {
		path = strchr(path, '/');
		if (!path)
			return NULL;
		path += strspn(path, "/");
	}
	return *path ? path : NULL;
}

static size_t components(const char *s)
{
	size_t n = 1;

	for (; *s; s++)
		n += s[0] == '/' && s[1] != '/';
	return n;
}

/* The better of two names of one file; either may be NULL. */
static const char *better(const char *a, const char *b)
{
	size_t x, y;

	if (!a || !b)
		return a ? a : b;
	x = components(a);
	y = components(b);
	if (x == y) {
		x = strlen(a);
		y = strlen(b);
	}
	return y < x ? b : a;
}

static char *clean(const struct gp_filediff *f, const char *raw, const char *stripped, unsigned strip,
		   struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = NULL;

	if (stripped) {
		path = gp_path_clean(stripped, strlen(stripped), err);
		if (!path) {
			gp_within(err, "header of line %zu", f->lineno);
			return NULL;
		}
	}
	if (path && *path)
		return gp_steal(&path);
	gp_fail(err, GP_E_FORMAT, "nothing is left of '%.200s' (header of line %zu) after -p%u", raw ? raw : "",
		f->lineno, strip);
	return NULL;
}

static char *pick(const struct gp_filediff *f, unsigned strip, bool want_new, struct gp_err *err)
{
	const char *old = gp_diff_strip(f->old_path, strip);
	const char *new = gp_diff_strip(f->new_path, strip);
	const char *raw = want_new ? f->new_path : f->old_path;

	if (!f->git && !old && !new && f->index_path)
		return clean(f, f->index_path, gp_diff_strip(f->index_path, strip), strip, err);
	/* Two names of one file, when only a time stamp says that it is new or deleted. */
	if (!f->git && f->old_path && f->new_path)
		return clean(f, raw, better(old, new), strip, err);
	switch (f->op) {
	case GP_FILE_MODIFY: return clean(f, raw, better(old, new), strip, err);
	case GP_FILE_CREATE: return clean(f, f->new_path, new, strip, err);
	case GP_FILE_DELETE: return clean(f, f->old_path, old, strip, err);
	case GP_FILE_RENAME:
	case GP_FILE_COPY: break;
	}
	return clean(f, raw, want_new ? new : old, strip, err);
}

char *gp_diff_target(const struct gp_filediff *f, unsigned strip, bool reverse, struct gp_err *err)
{
	return pick(f, strip, !reverse || f->op == GP_FILE_COPY, err);
}

char *gp_diff_source(const struct gp_filediff *f, unsigned strip, bool reverse, struct gp_err *err)
{
	return pick(f, strip, reverse, err);
}
