/* SPDX-License-Identifier: MIT */
/* The journal's directory, and what is written in the journal: see commit.c. */
#include "ops/tree/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"

/* --- its directory --- */

int gp_journal_damaged(const struct gp_disktree *d, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT,
		       "the journal in '%s' is damaged, or not gridpatch's: nothing was touched; "
		       "see that the files are right, then remove '%s/" GP_JOURNAL_DIR "'",
		       d->root, d->root);
}

static int is_foreign(const struct gp_disktree *d, uid_t owner, struct gp_err *err)
{
	if (owner != geteuid())
		return gp_fail(err, GP_E_SYSTEM,
			       "'%s/" GP_JOURNAL_DIR "' belongs to user %lu, so it is not followed: "
			       "that user rolls back with 'gridpatch apply --recover -d %s'",
			       d->root, (unsigned long)owner, d->root);
	return gp_fail(err, GP_E_SYSTEM,
		       "'%s/" GP_JOURNAL_DIR "' can be written by others, so it is not followed; "
		       "see that the files are right, then remove it",
		       d->root);
}

int gp_journal_open(struct gp_disktree *d, struct gp_err *err)
{
	int fd = openat(d->fd, GP_JOURNAL_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uid_t owner = 0;
	int ours = fd >= 0 ? gp_dir_is_ours(fd, &owner) : -1, error = errno;
	struct stat st;

	if (ours > 0) {
		d->journal = fd;
		return 1;
	}
	if (fd >= 0)
		close(fd);
	if (ours == 0)
		return is_foreign(d, owner, err);
	if (error == ENOENT)
		return 0;
	if (error == ENOTDIR || error == ELOOP)
		return gp_journal_damaged(d, err);
	if (error == EACCES && fstatat(d->fd, GP_JOURNAL_DIR, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid != geteuid())
		return is_foreign(d, st.st_uid, err);
	return gp_fail_sys(err, error, "cannot open '%s/" GP_JOURNAL_DIR "'", d->root);
}

int gp_journal_make(struct gp_disktree *d, struct gp_err *err)
{
	int rc;

	gp_assert(d->journal < 0);
	if (mkdirat(d->fd, GP_JOURNAL_DIR, 0700) < 0)
		return gp_fail_sys(err, errno, "cannot write into '%s'", d->root);
	rc = gp_journal_open(d, err);
	if (rc > 0)
		return 0;
	if (rc == 0)
		gp_fail_sys(err, ENOENT, "cannot open '%s/" GP_JOURNAL_DIR "'", d->root);
	unlinkat(d->fd, GP_JOURNAL_DIR, AT_REMOVEDIR);
	return -1;
}

void gp_journal_slot(char out[32], char kind, size_t n)
{
	snprintf(out, 32, "%c%zu", kind, n);
}

int gp_journal_has(const struct gp_disktree *d, const char *name, struct gp_err *err)
{
	struct stat st;

	if (fstatat(d->journal, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return gp_fail_sys(err, errno, "cannot look at '%s/" GP_JOURNAL_DIR "/%s'", d->root, name);
}

int gp_journal_end(const struct gp_disktree *d, struct gp_err *err)
{
	if (unlinkat(d->journal, GP_JOURNAL_NAME, 0) == 0 || errno == ENOENT)
		return 0;
	return gp_fail_sys(err, errno, "cannot remove '%s/" GP_JOURNAL "'", d->root);
}

int gp_journal_clear(struct gp_disktree *d)
{
	int error;

	gp_empty_dir(d->journal);
	error = unlinkat(d->fd, GP_JOURNAL_DIR, AT_REMOVEDIR) < 0 ? errno : 0;
	close(d->journal);
	d->journal = -1;
	return error == ENOENT ? 0 : error;
}

int gp_journal_remove(struct gp_disktree *d, struct gp_err *err)
{
	if (gp_journal_end(d, err) < 0)
		return -1;
	d->litter = gp_journal_clear(d);
	return 0;
}

int gp_journal_parents(const struct gp_disktree *d, const char *path, struct gp_err *err)
{
	char dir[PATH_MAX];
	size_t len = (size_t)(gp_path_base(path) - path);

	if (!len)
		return 0;
	if (len > sizeof(dir))
		return gp_fail_sys(err, ENAMETOOLONG, "cannot make the directory of '%s'", path);
	memcpy(dir, path, len - 1);
	dir[len - 1] = '\0';
	if (gp_dirs_make(d->dirs, dir) < 0)
		return gp_fail_sys(err, errno, "cannot make directory '%s'", dir);
	return 0;
}

/* --- its lines --- */

void gp_journal_release(struct gp_journal *j)
{
	if (!j)
		return;
	free(j->text);
	free(j->v);
	*j = (struct gp_journal){ 0 };
}

/* In place; false: we do not write such paths. */
static bool decode(char *s, size_t len)
{
	char *to = s;

	for (size_t i = 0; i < len; i++) {
		bool escape = s[i] == '%' && len - i >= 3;

		if (s[i] == '\0')
			return false;
		if (s[i] != '%') {
			*to++ = s[i];
			continue;
		}
		if (escape && memcmp(s + i, "%0A", 3) == 0)
			*to++ = '\n';
		else if (escape && memcmp(s + i, "%25", 3) == 0)
			*to++ = '%';
		else
			return false;
		i += 2;
	}
	*to = '\0';
	return gp_path_is_clean(s);
}

/* line[len] is the line's end, and writable. */
static bool entry_parse(char *line, size_t len, struct gp_journal_entry *e)
{
	struct gp_str word;
	char *blank;
	uint64_t n;

	if (len < 5 || !line[0] || !strchr("cdnmr", line[0]) || line[1] != ' ')
		return false;
	blank = memchr(line + 2, ' ', len - 2);
	if (!blank)
		return false;
	word = (struct gp_str){ line + 2, (size_t)(blank - line) - 2 };
	if (!gp_parse_u64(word, SIZE_MAX / 2, &n))
		return false;
	*e = (struct gp_journal_entry){ .kind = line[0], .n = (size_t)n, .path = blank + 1 };
	return decode(blank + 1, len - (size_t)(blank + 1 - line)) && !gp_path_under(e->path, GP_JOURNAL_DIR);
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

int gp_journal_parse(const struct gp_disktree *d, char *text, size_t len, struct gp_journal *j, struct gp_err *err)
{
	char *p = text, *end;

	*j = (struct gp_journal){ .text = text };
	/* It gets its name when it is complete, and says so in its last line. */
	if (!gp_str_ends((struct gp_str){ text, len }, "\nend\n"))
		return gp_journal_damaged(d, err);
	end = text + len - 4;
	/* Not gp_alloc(): the tree may be half changed, and who reads the message has to know that. */
	j->v = calloc(count_lines(text, len) + 1, sizeof(*j->v));
	if (!j->v)
		return gp_fail_sys(err, ENOMEM, "cannot read '%s/" GP_JOURNAL "'", d->root);
	while (p < end) {
		size_t line = (size_t)((char *)memchr(p, '\n', (size_t)(end - p)) - p);

		if (!entry_parse(p, line, &j->v[j->n]))
			return gp_journal_damaged(d, err);
		j->n++;
		p += line + 1;
	}
	return 0;
}
