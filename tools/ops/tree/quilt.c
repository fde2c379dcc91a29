/* SPDX-License-Identifier: MIT */
#include "ops/tree/quilt.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fsio.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/tree/patchfile.h"

#define PC ".pc"
#define DB PC "/applied-patches"
#define SERIES_MAX (1u << 20)

/* When a patch is tried again on the files that were kept, all its context may
 * differ: a place that was found with less fuzz is found first again. */
#define ANY_FUZZ 1000

void gp_quilt_release(struct gp_quilt *q)
{
	if (!q)
		return;
	free(q->patches);
	free(q->series);
	free(q->patch);
	gp_list_release(&q->applied);
	gp_list_release(&q->pushed);
	gp_list_release(&q->restored);
	gp_list_release(&q->removed);
	gp_map_release(&q->seen);
	*q = (struct gp_quilt){ 0 };
}

/* --- reading .pc --- */

static char *pc_path(const char *patch, const char *file)
{
	return gp_asprintf(PC "/%s/%s", patch, file);
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

static int check_version(const struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *version = NULL;

	if (read_line(t, PC "/.version", &version, err) < 0)
		return -1;
	if (!version)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "an old version of quilt made '" PC "'; 'quilt upgrade' converts it");
	if (strcmp(version, "2") != 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "'" PC "' has version %s, known is 2", version);
	return 0;
}

static int read_applied(const struct gp_tree *t, struct gp_quilt *q, struct gp_err *err)
{
	struct gp_str rest, line;

	if (!gp_tree_has(t, DB))
		return 0;
	if (gp_tree_read(t, DB, &rest, err) < 0)
		return -1;
	while (gp_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *name = NULL;

		if (!line.len)
			continue;
		name = gp_path_clean(line.p, line.len, err);
		if (!name)
			return gp_within(err, "'%s'", DB);
		if (!gp_str_eq(line, name))
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s': the name '%.*s' is not in its plain form",
				       DB, line.len < 200 ? (int)line.len : 200, line.p);
		gp_list_take(&q->applied, gp_steal(&name));
	}
	return 0;
}

/* Its change has to be brought in order before anything goes on. */
static int needs_refresh(const char *patch, const char *why, struct gp_err *err)
{
	return gp_fail(err, GP_E_NO, "patch '%s' needs refresh: %s; 'quilt refresh' does that", patch, why);
}

static const char *top_of(const struct gp_quilt *q)
{
	return q->applied.n ? q->applied.v[q->applied.n - 1] : NULL;
}

static bool is_unclean(const struct gp_tree *t, const char *patch)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf(PC "/%s~refresh", patch);

	return gp_tree_has(t, path);
}

int gp_quilt_read(const struct gp_tree *t, struct gp_quilt *q, struct gp_err *err)
{
	unsigned mode;
	enum gp_node node = t->base.look(t->base.arg, PC, &mode);

	if (!q->root)
		return gp_fail(err, GP_E_BUG, "gp_quilt_read() without a root");
	if (node == GP_NODE_NONE)
		return 0;
	if (node != GP_NODE_DIR)
		return gp_fail(err, GP_E_FORMAT, "'%s/" PC "' is not a directory", q->root);
	if (check_version(t, err) < 0 || read_line(t, PC "/.quilt_patches", &q->patches, err) < 0 ||
	    read_line(t, PC "/.quilt_series", &q->series, err) < 0 || read_applied(t, q, err) < 0)
		return gp_within(err, "'%s'", q->root);
	q->unclean = top_of(q) && is_unclean(t, top_of(q));
	return 0;
}

/* --- where patches and series lie --- */

static char *in_root(const struct gp_quilt *q, const char *path)
{
	return *path == '/' ? gp_strdup(path) : gp_path_join(q->root, path);
}

static char *patch_path(const struct gp_quilt *q, const char *patch)
{
	gp_auto(gp_free_ptr) char *dir = in_root(q, q->patches);

	return gp_path_join(dir, patch);
}

/* free() *path. */
static int find_series(const struct gp_quilt *q, char **path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *pc = gp_asprintf("%s/" PC "/%s", q->root, q->series);
	gp_auto(gp_free_ptr) char *plain = in_root(q, q->series);
	int in_pc = *q->series == '/' ? GP_THING_NONE : gp_thing_at(pc, err);
	int in_tree = *q->series == '/' ? GP_THING_FILE : gp_thing_at(plain, err);

	if (in_pc < 0 || in_tree < 0)
		return -1;
	if (in_pc == GP_THING_FILE)
		*path = gp_steal(&pc);
	else
		*path = in_tree == GP_THING_FILE ? gp_steal(&plain) : patch_path(q, q->series);
	return 0;
}

char *gp_quilt_series_path(const struct gp_quilt *q)
{
	char *path = NULL;

	return find_series(q, &path, NULL) == 0 ? path : patch_path(q, q->series);
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

static void set(char **name, char *value)
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

static void set_defaults(struct gp_quilt *q)
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
	set(&q->patches, name);
	set(&q->series, gp_strdup("series"));
	/* Another file of that name comes first: say it more exactly. */
	if (!leads_to(q, dir))
		set(&q->series, gp_path_join(q->patches, "series"));
	return 0;
}

int gp_quilt_init(struct gp_quilt *q, const char *dir, struct gp_err *err)
{
	if (q->unclean)
		return needs_refresh(top_of(q), "it was forced", err);
	if (dir)
		return choose_folder(q, dir, err);
	set_defaults(q);
	return 0;
}

int gp_quilt_series(const struct gp_quilt *q, struct gp_series *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = NULL;
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	*out = (struct gp_series){ 0 };
	if (find_series(q, &path, err) < 0)
		return -1;
	if (gp_thing_at(path, NULL) == GP_THING_NONE)
		return gp_fail(err, GP_E_NOTFOUND, "no series file found: '%s'", path);
	if (gp_file_read(path, SERIES_MAX, &text, err) < 0)
		return -1;
	if (gp_series_parse(gp_buf_str(&text), out, err) < 0)
		return gp_within(err, "'%s'", path);
	return 0;
}

/* --- patches --- */

int gp_quilt_load(const struct gp_quilt *q, const char *patch, struct gp_buf *text, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = patch_path(q, patch);

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

/* --- push --- */

/* An empty file stands for none, and has the mode of any new file; so has a
 * file that an earlier patch of this run made. */
static int keep(void *arg, const char *path, bool existed, struct gp_str old, unsigned mode,
		struct gp_err *err)
{
	struct gp_quilt *q = arg;
	gp_auto(gp_free_ptr) char *kept = pc_path(q->patch, path);
	const struct gp_tfile *f = gp_tree_touched(q->tree, path);
	bool made = f && !f->mode_given;

	if (gp_map_get(&q->seen, path, NULL))
		return 0;
	gp_map_put(&q->seen, path, 0);
	return gp_tree_write(q->tree, kept, old, existed && !made ? (int)mode : -1, err);
}

struct gp_apply_watch gp_quilt_watch(struct gp_quilt *q, struct gp_tree *t, const char *patch)
{
	set(&q->patch, gp_strdup(patch));
	gp_map_release(&q->seen);
	q->tree = t;
	return (struct gp_apply_watch){ keep, q };
}

static int write_line(struct gp_tree *t, const char *path, const char *line, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *text = gp_asprintf("%s\n", line);

	return gp_tree_write(t, path, gp_str_of(text), -1, err);
}

static int write_applied(const struct gp_quilt *q, struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!q->applied.n)
		return gp_tree_has(t, DB) ? gp_tree_delete(t, DB, err) : 0;
	for (size_t i = 0; i < q->applied.n; i++)
		gp_buf_printf(&text, "%s\n", q->applied.v[i]);
	return gp_tree_write(t, DB, gp_buf_str(&text), -1, err);
}

static int forget(struct gp_tree *t, char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *owned = path;

	return gp_tree_has(t, owned) ? gp_tree_delete(t, owned, err) : 0;
}

int gp_quilt_pushed(struct gp_quilt *q, struct gp_tree *t, const char *patch, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *stamp = pc_path(patch, ".timestamp");

	assert(q->patches && q->series);
	gp_list_add(&q->applied, patch);
	gp_list_add(&q->pushed, patch);
	if (write_line(t, PC "/.version", "2", err) < 0 ||
	    write_line(t, PC "/.quilt_patches", q->patches, err) < 0 ||
	    write_line(t, PC "/.quilt_series", q->series, err) < 0 ||
	    gp_tree_write(t, stamp, (struct gp_str){ "", 0 }, -1, err) < 0 ||
	    forget(t, gp_asprintf(PC "/%s~refresh", patch), err) < 0)
		return -1;
	return write_applied(q, t, err);
}

void gp_quilt_stamp(const struct gp_quilt *q)
{
	for (size_t i = 0; i < q->pushed.n; i++) {
		gp_auto(gp_free_ptr) char *below = pc_path(q->pushed.v[i], ".timestamp");
		gp_auto(gp_free_ptr) char *path = gp_path_join(q->root, below);
		struct timespec now[2];

		/* A file's own time is that of the last tick; this is later. */
		clock_gettime(CLOCK_REALTIME, &now[0]);
		now[1] = now[0];
		utimensat(AT_FDCWD, path, now, AT_SYMLINK_NOFOLLOW);
	}
}

/* Patches that could not be told apart in .pc. */
static int check_name(const struct gp_quilt *q, const char *patch, struct gp_err *err)
{
	for (size_t i = 0; i < q->applied.n; i++) {
		if (strcmp(q->applied.v[i], patch) == 0)
			return gp_fail(err, GP_E_NO, "patch '%s' is already applied; check the series file", patch);
		if (gp_path_under(q->applied.v[i], patch) || gp_path_under(patch, q->applied.v[i]))
			return gp_fail(err, GP_E_UNSUPPORTED, "patch '%s' would share a folder of '" PC "' with '%s'",
				       patch, q->applied.v[i]);
	}
	return 0;
}

static int refuse_present(const struct gp_applied *a, struct gp_err *err)
{
	if (a->already)
		return gp_fail(err, GP_E_NO, "patch '%s' can be reverse-applied: it is there already; take it out "
			       "of the series, or out of the tree with 'gridpatch apply -R'", a->name);
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
	if (check_name(q, p->name, err) < 0)
		return -1;
	if (!p->text.len) {
		GP_GROW(list->v, list->n, list->cap);
		list->v[list->n++] = (struct gp_applied){ .set = gp_strdup(p->set), .name = gp_strdup(p->name),
							  .prefix = gp_strdup("") };
	} else if (gp_apply_patch(t, &watched, max_fuzz, list, why, err) < 0 ||
		   refuse_present(&list->v[list->n - 1], err) < 0) {
		return -1;
	}
	return gp_quilt_pushed(q, t, p->name, err);
}

/* --- pop --- */

static bool is_kept(const struct gp_tree *t, const char *path, const char *dir)
{
	gp_auto(gp_free_ptr) char *stamp = gp_path_join(dir, ".timestamp");

	return gp_path_under(path, dir) && gp_tree_has(t, path) && strcmp(path, stamp) != 0;
}

/* The files that a patch has kept, on the disk and in the tree: names behind dir. */
static int list_kept(const struct gp_quilt *q, const struct gp_tree *t, const char *dir,
		     struct gp_list *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list disk = { 0 };
	size_t skip = strlen(dir) + 1;
	unsigned mode;

	if (t->base.look(t->base.arg, dir, &mode) == GP_NODE_DIR && gp_dir_walk(q->root, dir, &disk, err) < 0)
		return -1;
	for (size_t i = 0; i < disk.n; i++)
		if (is_kept(t, disk.v[i], dir))
			gp_list_add(out, disk.v[i] + skip);
	for (size_t i = 0; i < t->n; i++)
		if (!t->file[i].was && is_kept(t, t->file[i].path, dir))
			gp_list_add(out, t->file[i].path + skip);
	gp_list_sort(out);
	return 0;
}

/* The tree as it was before a patch: what was kept, and the rest as it is. */
struct before {
	const struct gp_tree *now;
	const char *dir;
	struct gp_map kept;
};

static enum gp_node before_look(void *arg, const char *path, unsigned *mode)
{
	const struct before *b = arg;
	const struct gp_tfile *f = gp_tree_touched(b->now, path);

	*mode = 0644;
	/* An empty one may stand for none: a patch that makes it takes both. */
	if (gp_map_get(&b->kept, path, NULL))
		return GP_NODE_FILE;
	if (f)
		return f->state == GP_TFILE_DELETED ? GP_NODE_NONE : GP_NODE_FILE;
	return b->now->base.look(b->now->base.arg, path, mode);
}

static int before_read(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct before *b = arg;
	gp_auto(gp_free_ptr) char *kept = gp_path_join(b->dir, path);

	return gp_tree_read(b->now, gp_map_get(&b->kept, path, NULL) ? kept : path, out, err);
}

/* Missing and empty are the same to quilt's records. */
static int content(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err)
{
	*out = (struct gp_str){ "", 0 };
	return gp_tree_has(t, path) ? gp_tree_read(t, path, out, err) : 0;
}

static int dirty(const char *patch, const char *file, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *why = gp_asprintf("'%s' was changed after it", file);

	return needs_refresh(patch, why, err);
}

/* Whether it can be taken back is asked of the patch itself. */
static int cannot_check(const struct gp_quilt *q, const char *patch, const struct gp_err *why, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = patch_path(q, patch);
	char text[sizeof(why->cause)];

	if (why->code == GP_E_SYSTEM)
		return gp_fail_sys(err, why->sys, "cannot check patch '%s' before taking it back: %s", patch, why->cause);
	if (gp_thing_at(path, NULL) == GP_THING_NONE)
		return gp_fail(err, GP_E_NO, "cannot check patch '%s' before taking it back: its file '%s' is gone; "
			       "put it back", patch, path);
	gp_err_format(why, text, sizeof(text));
	return gp_fail(err, GP_E_NO, "cannot check patch '%s' before taking it back: %s", patch, text);
}

/* It does not even apply to what it was applied to. */
static int was_edited(const char *patch, const struct gp_err *why, struct gp_err *err)
{
	struct gp_err bare = *why;
	char text[sizeof(why->cause)];

	if (why->code == GP_E_SYSTEM)
		return gp_fail_sys(err, why->sys, "patch '%s': %s", patch, why->cause);
	bare.context[0] = '\0';
	gp_err_format(&bare, text, sizeof(text));
	return gp_fail(err, GP_E_NO, "patch '%s' is not what was applied: %s; put it back as it was, or let "
		       "'quilt refresh' write it anew", patch, text);
}

/* Apply the patch once more. */
static int try_again(const struct gp_quilt *q, const char *patch, struct gp_tree *again, struct gp_err *err)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list list = { 0 };
	gp_auto(gp_series_release) struct gp_series series = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_patch p = { .set = q->patches, .name = patch, .strip = 1, .empty_is_none = true };
	struct gp_err why = { 0 };

	if (gp_quilt_load(q, patch, &text, &why) < 0 ||
	    (gp_quilt_series(q, &series, &why) < 0 && why.code != GP_E_NOTFOUND))
		return cannot_check(q, patch, &why, err);
	why = (struct gp_err){ 0 };
	for (size_t i = 0; i < series.n; i++) {
		if (strcmp(series.v[i].name, patch) == 0) {
			p.strip = series.v[i].strip;
			p.reverse = series.v[i].reverse;
		}
	}
	p.text = gp_buf_str(&text);
	if (!p.text.len || gp_apply_patch(again, &p, ANY_FUZZ, &list, NULL, &why) == 0)
		return 0;
	return list.n ? was_edited(patch, &why, err) : cannot_check(q, patch, &why, err);
}

static int check_clean(const struct gp_quilt *q, const struct gp_tree *t, const char *patch,
		       const struct gp_list *files, const char *dir, struct gp_err *err)
{
	struct before b = { .now = t, .dir = dir };
	struct gp_tree_base base = { .look = before_look, .read = before_read, .arg = &b };
	struct gp_tree again;
	int rc;

	if (!files->n)
		return 0;
	for (size_t i = 0; i < files->n; i++)
		gp_map_put(&b.kept, files->v[i], 0);
	gp_tree_init_base(&again, &base);
	rc = try_again(q, patch, &again, err);
	for (size_t i = 0; i < files->n && rc == 0; i++) {
		struct gp_str now, then;

		rc = content(t, files->v[i], &now, err) < 0 || content(&again, files->v[i], &then, err) < 0 ? -1 : 0;
		if (rc == 0 && !gp_str_same(now, then))
			rc = dirty(patch, files->v[i], err);
	}
	gp_tree_release(&again);
	gp_map_release(&b.kept);
	return rc;
}

static int restore(struct gp_quilt *q, struct gp_tree *t, const char *dir, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *kept = gp_path_join(dir, path);
	struct gp_str old;

	if (gp_tree_read(t, kept, &old, err) < 0)
		return -1;
	if (old.len) {
		gp_list_add(&q->restored, path);
		if (gp_tree_write(t, path, old, (int)gp_tree_mode(t, kept), err) < 0)
			return -1;
	} else {
		gp_list_add(&q->removed, path);
		if (gp_tree_has(t, path) && gp_tree_delete(t, path, err) < 0)
			return -1;
	}
	return gp_tree_delete(t, kept, err);
}

/* quilt makes no folder for an empty patch whose name has a '/'. */
static bool is_empty(const struct gp_quilt *q, const char *patch)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	return gp_quilt_load(q, patch, &text, NULL) == 0 && !text.len;
}

int gp_quilt_pop(struct gp_quilt *q, struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	gp_auto(gp_free_ptr) char *patch = NULL, *dir = NULL, *stamp = NULL;

	gp_list_release(&q->restored);
	gp_list_release(&q->removed);
	if (!q->applied.n)
		return gp_fail(err, GP_E_NO, "no patches applied");
	set_defaults(q);
	patch = gp_strdup(top_of(q));
	dir = gp_path_join(PC, patch);
	stamp = gp_path_join(dir, ".timestamp");
	if (is_unclean(t, patch))
		return needs_refresh(patch, "it was forced", err);
	if (list_kept(q, t, dir, &files, err) < 0)
		return -1;
	if (!files.n && !gp_tree_has(t, stamp) && !is_empty(q, patch))
		return gp_fail(err, GP_E_FORMAT, "'%s/%s', which tells what to go back to, is missing", q->root, dir);
	if (check_clean(q, t, patch, &files, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (restore(q, t, dir, files.v[i], err) < 0)
			return gp_within(err, "patch '%s'", patch);
	if (forget(t, gp_steal(&stamp), err) < 0)
		return -1;
	free(q->applied.v[--q->applied.n]);
	return write_applied(q, t, err);
}

/* --- the whole --- */

static void warn_recovered(size_t files)
{
	if (files)
		gp_warn_loud("rolled back an interrupted run: %zu file%s", files, files == 1 ? "" : "s");
	else
		gp_warn("removed what an interrupted run left; nothing had been changed");
}

int gp_quilt_tree_look(struct gp_quilt_tree *w, const char *dir, struct gp_err *err)
{
	*w = (struct gp_quilt_tree){ .disk.fd = -1, .quilt.root = dir };
	if (gp_disktree_look(&w->disk, dir, err) < 0 || gp_disktree_check_whole(&w->disk, err) < 0)
		return -1;
	gp_disktree_tree(&w->disk, &w->tree);
	return gp_quilt_read(&w->tree, &w->quilt, err);
}

int gp_quilt_tree_open(struct gp_quilt_tree *w, const char *dir, struct gp_err *err)
{
	size_t files;

	*w = (struct gp_quilt_tree){ .disk.fd = -1, .quilt.root = dir };
	if (gp_disktree_open(&w->disk, dir, err) < 0)
		return -1;
	if (gp_disktree_interrupted(&w->disk)) {
		if (gp_commit_recover(&w->disk, &files, err) < 0)
			return -1;
		warn_recovered(files);
	}
	gp_disktree_tree(&w->disk, &w->tree);
	return gp_quilt_read(&w->tree, &w->quilt, err);
}

void gp_quilt_tree_close(struct gp_quilt_tree *w)
{
	gp_quilt_release(&w->quilt);
	gp_tree_release(&w->tree);
	gp_disktree_close(&w->disk);
}
