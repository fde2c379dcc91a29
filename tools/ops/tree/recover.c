/* SPDX-License-Identifier: MIT */
/*
 * Going back after a run that stopped half way: see commit.c for the journal.
 * The directory may come from somebody else, so the whole journal is judged
 * before a line of it counts: nothing outside the tree, nothing through a
 * symlink, nothing of the journal's own.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/tree/journal.h"

#define JOURNAL_MAX (256u << 20)

void gp_journal_slot(char out[64], char kind, size_t n)
{
	snprintf(out, 64, GP_JOURNAL_DIR "/%c%zu", kind, n);
}

bool gp_journal_exists(const struct gp_disktree *d, const char *path)
{
	struct stat st;

	return fstatat(d->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int gp_journal_parents(const struct gp_disktree *d, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(d->fd, p, 0777) < 0 && errno != EEXIST)
			return gp_fail_sys(err, errno, "cannot make directory '%s'", p);
		*slash = '/';
	}
	return 0;
}

int gp_journal_remove(struct gp_disktree *d, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s", d->root, GP_JOURNAL_DIR);

	if (unlinkat(d->fd, GP_JOURNAL, 0) < 0 && errno != ENOENT)
		return gp_fail_sys(err, errno, "cannot remove '%s/%s'", d->root, GP_JOURNAL);
	gp_remove_tree(path);
	return 0;
}

/* A line of the journal. */
struct entry {
	char kind;
	size_t n;
	char *path;
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

static void entries_release(struct entries *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i].path);
	free(e->v);
}

static int damaged(const struct gp_disktree *d, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "the journal in '%s' is damaged, or not gridpatch's: nothing was touched; "
		       "see that the files are right, then remove '%s/" GP_JOURNAL_DIR "'", d->root, d->root);
}

static char *decode(struct gp_str s)
{
	gp_auto(gp_buf_release) struct gp_buf raw = { 0 };
	char *clean;

	for (size_t i = 0; i < s.len; i++) {
		bool escape = s.p[i] == '%' && s.len - i >= 3;

		if (s.p[i] != '%') {
			gp_buf_putc(&raw, s.p[i]);
		} else if (escape && memcmp(s.p + i, "%0A", 3) == 0) {
			gp_buf_putc(&raw, '\n');
			i += 2;
		} else if (escape && memcmp(s.p + i, "%25", 3) == 0) {
			gp_buf_putc(&raw, '%');
			i += 2;
		} else {
			return NULL;
		}
	}
	clean = raw.len ? gp_path_clean(raw.data, raw.len, NULL) : NULL;
	/* We write clean paths only. */
	if (!clean || strcmp(clean, raw.data) == 0)
		return clean;
	free(clean);
	return NULL;
}

/* No parent of it is a symlink; what is missing, or a file that a directory was
 * to replace, is fine. */
static bool is_inside(const struct gp_disktree *d, const char *path)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat st;

		*slash = '\0';
		if (fstatat(d->fd, p, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			return false;
		*slash = '/';
	}
	return !gp_path_under(path, GP_JOURNAL_DIR);
}

static bool is_symlink(const struct gp_disktree *d, const char *path)
{
	struct stat st;

	return fstatat(d->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static bool is_dir(const struct gp_disktree *d, const char *path)
{
	struct stat st;

	return fstatat(d->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool entry_parse(const struct gp_disktree *d, struct gp_str line, struct entry *e)
{
	struct gp_str word;
	const char *blank;
	uint64_t n;

	if (line.len < 5 || !strchr("cdnmr", line.p[0]) || !line.p[0] || line.p[1] != ' ')
		return false;
	word = (struct gp_str){ line.p + 2, line.len - 2 };
	blank = memchr(word.p, ' ', word.len);
	if (!blank)
		return false;
	word.len = (size_t)(blank - word.p);
	if (!gp_parse_u64(word, SIZE_MAX / 2, &n))
		return false;
	e->kind = line.p[0];
	e->n = (size_t)n;
	e->path = decode((struct gp_str){ blank + 1, line.len - word.len - 3 });
	return e->path && is_inside(d, e->path) &&
	       (e->kind != 'm' || !is_symlink(d, e->path));
}

static int entries_parse(const struct gp_disktree *d, struct gp_str text, struct entries *out, struct gp_err *err)
{
	struct gp_str line;

	/* It gets its name when it is complete, and says so in its last line. */
	if (!gp_str_ends(text, "\nend\n"))
		return damaged(d, err);
	text.len -= 4;
	while (gp_line_next(&text, &line)) {
		struct entry e = { 0 };

		if (!entry_parse(d, line, &e)) {
			free(e.path);
			return damaged(d, err);
		}
		GP_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = e;
	}
	return 0;
}

/* New content leaves the journal when it is renamed into place. */
static bool came_to_its_place(const struct gp_disktree *d, const struct entry *e)
{
	char slot[64];

	gp_journal_slot(slot, 'n', e->n);
	return !gp_journal_exists(d, slot);
}

/* Is the old file still in its place? Then it stays: what was kept may be a copy,
 * which somebody else may own. */
static bool is_untouched(const struct gp_disktree *d, const struct entry *e)
{
	if (e->kind == 'c' && came_to_its_place(d, e))
		return false;
	return gp_journal_exists(d, e->path) && !is_dir(d, e->path);
}

static int restore(struct gp_disktree *d, const struct entry *e, size_t *files, struct gp_err *err)
{
	char slot[64];

	gp_journal_slot(slot, 'b', e->n);
	if (!gp_journal_exists(d, slot) || is_untouched(d, e))
		return 0; /* or an earlier recovery came this far */
	if (gp_journal_parents(d, e->path, err) < 0)
		return -1;
	if (renameat(d->fd, slot, d->fd, e->path) < 0)
		return gp_fail_sys(err, errno, "cannot restore '%s'", e->path);
	++*files;
	return 0;
}

static int remove_new(struct gp_disktree *d, const struct entry *e, size_t *files, struct gp_err *err)
{
	if (!came_to_its_place(d, e))
		return 0;
	if (unlinkat(d->fd, e->path, 0) == 0)
		++*files;
	else if (errno != ENOENT && errno != ENOTDIR)
		return gp_fail_sys(err, errno, "cannot remove '%s'", e->path);
	return 0;
}

/* A directory that was not removed has its mode, and may be somebody else's. */
static int restore_mode(struct gp_disktree *d, const struct entry *e, struct gp_err *err)
{
	mode_t mode = (mode_t)e->n & 07777;
	struct stat st;

	if (fstatat(d->fd, e->path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
	    (st.st_mode & 07777) == mode || fchmodat(d->fd, e->path, mode, 0) == 0)
		return 0;
	return gp_fail_sys(err, errno, "cannot restore the mode of '%s'", e->path);
}

static int undo(struct gp_disktree *d, const struct entry *e, size_t *files, struct gp_err *err)
{
	assert(e->path);
	switch (e->kind) {
	case 'n':
		return remove_new(d, e, files, err);
	case 'r':
		return restore_mode(d, e, err);
	case 'm':
		unlinkat(d->fd, e->path, AT_REMOVEDIR);
		return 0;
	default:
		return restore(d, e, files, err);
	}
}

/* New files go first, so that a directory can be a file again; then made
 * directories, the deepest first, when they are empty; then what was. What cannot
 * be undone does not keep the rest from it: the first error is the one that is told. */
static int undo_all(struct gp_disktree *d, const struct entries *e, size_t *files, struct gp_err *err)
{
	static const char *const order[] = { "n", "m", "cd", "r" };
	int rc = 0;

	for (size_t k = 0; k < GP_COUNT(order); k++)
		for (size_t i = e->n; i-- > 0;)
			if (strchr(order[k], e->v[i].kind) &&
			    undo(d, &e->v[i], files, rc < 0 ? NULL : err) < 0)
				rc = -1;
	return rc < 0 ? gp_within(err, "'%s'", d->root) : 0;
}

static int journal_read(struct gp_disktree *d, struct gp_buf *text, struct gp_err *err)
{
	int fd = openat(d->fd, GP_JOURNAL, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 && errno != ELOOP)
		return gp_fail_sys(err, errno, "cannot open '%s/%s'", d->root, GP_JOURNAL);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > JOURNAL_MAX) {
		if (fd >= 0)
			close(fd);
		return damaged(d, err);
	}
	gp_buf_reserve(text, (size_t)st.st_size);
	n = gp_pread(fd, text->data, (size_t)st.st_size, 0, GP_JOURNAL, err);
	close(fd);
	if (n < 0)
		return -1;
	text->len = (size_t)n;
	return 0;
}

bool gp_commit_pending(const struct gp_disktree *d)
{
	return gp_journal_exists(d, GP_JOURNAL);
}

int gp_commit_recover(struct gp_disktree *d, size_t *files, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(entries_release) struct entries e = { 0 };

	*files = 0;
	if (gp_journal_exists(d, GP_JOURNAL_DIR) && !is_dir(d, GP_JOURNAL_DIR))
		return damaged(d, err);
	if (gp_journal_exists(d, GP_JOURNAL) &&
	    (journal_read(d, &text, err) < 0 || entries_parse(d, gp_buf_str(&text), &e, err) < 0 ||
	     undo_all(d, &e, files, err) < 0))
		return -1;
	return gp_journal_remove(d, err);
}
