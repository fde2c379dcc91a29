/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/tree/patchfile.h"
#include "ops/tree/quilt_impl.h"

#define SERIES_MAX (1u << 20)

static char *in_root(const struct gp_quilt *q, const char *path)
{
	return *path == '/' ? gp_strdup(path) : gp_path_join(q->root, path);
}

char *gp_quilt_patch_path(const struct gp_quilt *q, const char *patch)
{
	gp_auto(gp_free_ptr) char *dir = in_root(q, q->patches);

	return gp_path_join(dir, patch);
}

char *gp_quilt_series_path(const struct gp_quilt *q)
{
	gp_auto(gp_free_ptr) char *pc = gp_asprintf("%s/" GP_QUILT_PC "/%s", q->root, q->series);
	gp_auto(gp_free_ptr) char *plain = in_root(q, q->series);

	if (*q->series == '/')
		return gp_steal(&plain);
	if (gp_is_file(pc))
		return gp_steal(&pc);
	return gp_is_file(plain) ? gp_steal(&plain) : gp_quilt_patch_path(q, q->series);
}

/* As quilt would be told it: relative to the tree when it lies there. A symlink
 * to a folder elsewhere stays a name of the tree. */
static char *name_for(const struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *given = gp_strdup(dir), *parent = NULL, *up = NULL, *full = NULL;
	gp_auto(gp_free_ptr) char *root = realpath(q->root, NULL);
	const char *base;

	for (size_t len = strlen(given); len > 1 && given[len - 1] == '/';)
		given[--len] = '\0';
	if (!root || !gp_is_dir(given)) {
		gp_fail(err, GP_E_NOTFOUND, "there is no directory '%s'", root ? dir : q->root);
		return NULL;
	}
	base = gp_path_base(given);
	parent = gp_path_dir(given);
	up = realpath(parent, NULL);
	if (!up || !*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		full = realpath(given, NULL);
	else
		full = gp_path_join(strcmp(up, "/") == 0 ? "" : up, base);
	if (full && strcmp(full, root) == 0)
		return gp_strdup(".");
	if (full && gp_path_under(full, root))
		return gp_strdup(full + strlen(root) + 1);
	return full ? gp_steal(&full) : gp_strdup(dir);
}

/* Is it DIR/series that quilt would read? */
static bool leads_to(const struct gp_quilt *q, const char *dir)
{
	gp_auto(gp_free_ptr) char *mine = in_root(q, q->patches), *series = gp_quilt_series_path(q);
	gp_auto(gp_free_ptr) char *theirs = gp_path_join(dir, "series");

	return gp_same_file(mine, dir) && gp_same_file(series, theirs);
}

void gp_quilt_set(char **name, char *value)
{
	free(*name);
	*name = value;
}

static void set_default(char **name, const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	if (!*name)
		*name = gp_strdup(value && *value ? value : otherwise);
}

void gp_quilt_defaults(struct gp_quilt *q)
{
	set_default(&q->patches, "QUILT_PATCHES", "patches");
	set_default(&q->series, "QUILT_SERIES", "series");
}

static int choose_folder(struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	char *name;

	if (q->patches && q->series && leads_to(q, dir))
		return 0;
	if (q->applied.n)
		return gp_fail(err, GP_E_NO, "'%s' has patches of '%s' applied, not of '%s'", q->root,
			       q->patches ? q->patches : "?", dir);
	name = name_for(q, dir, err);
	if (!name)
		return -1;
	gp_quilt_set(&q->patches, name);
	gp_quilt_set(&q->series, gp_strdup("series"));
	/* Another file of that name comes first: say it more exactly. */
	if (!leads_to(q, dir))
		gp_quilt_set(&q->series, gp_path_join(q->patches, "series"));
	return 0;
}

int gp_quilt_init(struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	if (q->unclean)
		return gp_quilt_needs_refresh(gp_quilt_top(q), "it was forced", err);
	if (dir)
		return choose_folder(q, dir, err);
	gp_quilt_defaults(q);
	return 0;
}

int gp_quilt_series(const struct gp_quilt *q, struct gp_series *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_quilt_series_path(q);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	*out = (struct gp_series){ 0 };
	if (!gp_exists(path))
		return gp_fail(err, GP_E_NOTFOUND, "no series file found: '%s'", path);
	if (gp_file_read(path, SERIES_MAX, &text, err) < 0)
		return -1;
	if (gp_series_parse(gp_buf_str(&text), out, err) < 0)
		return gp_within(err, "'%s'", path);
	return 0;
}

int gp_quilt_load(const struct gp_quilt *q, const char *patch, struct gp_buf *text, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_quilt_patch_path(q, patch);

	return gp_patch_read(path, text, err);
}

int gp_quilt_next(const struct gp_quilt *q, const struct gp_series *s, size_t *next, struct gp_err *err)
{
	for (size_t i = 0; i < q->applied.n; i++)
		if (i >= s->n || strcmp(q->applied.v[i], s->v[i].name) != 0)
			return gp_fail(err, GP_E_NO, "the series file no longer matches the applied patches "
				       "('%s'); run 'gridpatch pop -a'", q->applied.v[i]);
	*next = q->applied.n;
	return 0;
}

/* Is name word plus an ending that may be left away? */
static bool completes(const char *name, const char *word)
{
	static const char *const kind[] = { "", ".patch", ".diff", ".dif" };
	static const char *const packed[] = { "", ".gz", ".bz2", ".xz", ".lzma", ".lz" };
	size_t len = strlen(word);

	if (strncmp(name, word, len) != 0)
		return false;
	for (size_t i = 0; i < GP_COUNT(kind) * GP_COUNT(packed); i++) {
		const char *k = kind[i / GP_COUNT(packed)];

		if (gp_str_starts(gp_str_of(name + len), k) &&
		    strcmp(name + len + strlen(k), packed[i % GP_COUNT(packed)]) == 0)
			return true;
	}
	return false;
}

size_t gp_quilt_find(const struct gp_quilt *q, const struct gp_list *names, const char *word, size_t *at)
{
	size_t len = q->patches ? strlen(q->patches) : 0, found = 0;

	if (len && strncmp(word, q->patches, len) == 0 && word[len] == '/')
		word += len + 1;
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->v[i], word) == 0) {
			*at = i;
			return 1;
		}
		if (completes(names->v[i], word)) {
			*at = i;
			found++;
		}
	}
	return found;
}
