/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/patch/patchfile.h"
#include "ops/quilt/quilt_impl.h"

static char *in_root(const struct gp_quilt *q, const char *path)
{
	return *path == '/' ? gp_strdup(path) : gp_path_join(q->root, path);
}

char *gp_quilt_patch_path(const struct gp_quilt *q, const char *patch)
{
	gp_auto(gp_free_ptr) char *dir = in_root(q, q->patches);

	return gp_path_join(dir, patch);
}

/* Is a series file there? A folder, or a symlink to nothing, is none.
 * Errors: GP_E_SYSTEM it cannot be told. */
static int is_series(const char *path, bool *is, struct gp_err *err)
{
	struct stat st;

	*is = false;
	if (stat(path, &st) == 0)
		*is = S_ISREG(st.st_mode);
	else if (errno != ENOENT && errno != ENOTDIR)
		return gp_fail_sys(err, errno, "cannot look for a series file at '%s'", path);
	return 0;
}

/* Where the series file lies, as quilt looks for it. */
static int series_path(const struct gp_quilt *q, char **out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *record = gp_quilt_record(q, q->series), *among = gp_path_join(q->root, record);
	gp_auto(gp_free_ptr) char *plain = in_root(q, q->series);
	bool is = *q->series == '/';

	*out = NULL;
	if (!is && is_series(among, &is, err) < 0)
		return -1;
	if (is) {
		*out = *q->series == '/' ? gp_steal(&plain) : gp_steal(&among);
		return 0;
	}
	if (is_series(plain, &is, err) < 0)
		return -1;
	*out = is ? gp_steal(&plain) : gp_quilt_patch_path(q, q->series);
	return 0;
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

/* Is it DIR/series that quilt would read? Out: 0, 1; -1 it cannot be told. */
static int leads_to(const struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *mine = in_root(q, q->patches), *series = NULL;
	gp_auto(gp_free_ptr) char *theirs = gp_path_join(dir, "series");

	if (series_path(q, &series, err) < 0)
		return -1;
	return gp_same_file(mine, dir) && gp_same_file(series, theirs);
}

static int choose_folder(struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	int same = q->patches && q->series ? leads_to(q, dir, err) : 0;
	char *name;

	if (same)
		return same < 0 ? -1 : 0;
	if (q->applied.n)
		return gp_fail(err, GP_E_NO, "'%s' has patches of '%s' applied, not of '%s'", q->root,
			       q->patches ? q->patches : "?", dir);
	name = name_for(q, dir, err);
	if (!name)
		return -1;
	gp_quilt_set(&q->patches, name);
	gp_quilt_set(&q->series, gp_strdup("series"));
	/* Another file of that name comes first: say it more exactly. */
	same = leads_to(q, dir, err);
	if (same == 0)
		gp_quilt_set(&q->series, gp_path_join(q->patches, "series"));
	return same < 0 ? -1 : 0;
}

int gp_quilt_init(struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	if (q->unclean)
		return gp_quilt_needs_refresh(gp_quilt_top(q), "it was forced", err);
	if (dir && choose_folder(q, dir, err) < 0)
		return -1;
	return gp_quilt_defaults(q, err);
}

/* quilt runs a script first, which may say where the patches are. */
static int no_series(const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *rc = gp_quilt_rc();
	const char *what = gp_exists(path) ? " (a symlink to nothing)" : "";

	if (!rc)
		return gp_fail(err, GP_E_NOTFOUND, "no series file found: '%s'%s", path, what);
	return gp_fail(err, GP_E_NOTFOUND,
		       "no series file found: '%s'%s; '%s' is never run: what it sets, as "
		       "QUILT_PATCHES, has to be given in the environment",
		       path, what, rc);
}

int gp_quilt_series(const struct gp_quilt *q, struct gp_series *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *path = NULL;
	struct stat st;

	*out = (struct gp_series){ 0 };
	if (series_path(q, &path, err) < 0)
		return -1;
	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return no_series(path, err);
	if (gp_file_read(path, GP_SERIES_MAX, &text, err) < 0)
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
	if (s->crlf)
		return gp_fail(err, GP_E_FORMAT,
			       "the series file has CRLF line ends (line %zu), and quilt takes the CR as a "
			       "part of a name; convert it first",
			       s->crlf);
	for (size_t i = 0; i < q->applied.n; i++)
		if (i >= s->n || strcmp(q->applied.v[i], s->v[i].name) != 0)
			return gp_fail(err, GP_E_NO,
				       "the series file no longer matches the applied patches "
				       "('%s'); run 'gridpatch pop -a'",
				       q->applied.v[i]);
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
	size_t up = q->up && strncmp(word, q->up, strlen(q->up)) == 0 ? strlen(q->up) : 0, found = 0;
	size_t len = q->patches ? strlen(q->patches) : 0;

	if (len && strncmp(word + up, q->patches, len) == 0 && word[up + len] == '/')
		word += up + len + 1;
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
