/* SPDX-License-Identifier: MIT */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/text.h"

#define TEXT_MAX (4u << 20)

/* --- what was seen --- */

void gp_sights_release(struct gp_sights *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].path);
		gp_buf_release(&s->v[i].text);
	}
	free(s->v);
	*s = (struct gp_sights){ 0 };
}

struct gp_sight *gp_sights_add(struct gp_sights *s, enum gp_look asked, const char *path, enum gp_tri answer,
			       struct gp_str text)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].asked == asked && strcmp(s->v[i].path, path) == 0)
			return NULL;
	s->full |= s->n >= GP_SIGHTS_MAX;
	if (s->full)
		return NULL;
	GP_GROW(s->v, s->n, s->cap);
	s->v[s->n] = (struct gp_sight){ .asked = asked, .path = gp_strdup(path), .answer = answer };
	gp_buf_add(&s->v[s->n].text, text.p, text.len);
	return &s->v[s->n++];
}

/* One question, while it is answered. */
struct question {
	const struct gp_root *root;
	enum gp_look asked;
	const char *path;
	struct gp_list *why; /* NULL: nobody wants to know */
};

static enum gp_tri answered(const struct question *q, enum gp_tri answer, struct gp_str text, mode_t mode)
{
	struct gp_sight *s =
		q->root && q->root->seen ? gp_sights_add(q->root->seen, q->asked, q->path, answer, text) : NULL;

	if (s)
		s->mode = mode;
	if (answer == GP_TRI_UNKNOWN && q->why)
		gp_list_take(q->why, gp_strndup(text.p, text.len));
	return answer;
}

static enum gp_tri failed(const struct question *q, int error)
{
	gp_auto(gp_free_ptr) char *why = NULL;

	if (error == ENOENT || error == ENOTDIR)
		return answered(q, GP_TRI_NO, GP_STR(""), 0);
	why = gp_asprintf("%s: %s", q->path, strerror(error));
	return answered(q, GP_TRI_UNKNOWN, gp_str_of(why), 0);
}

static enum gp_tri not_read(const struct question *q, const struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *why = gp_asprintf("%s: %s", q->path, err->cause);

	return err->sys ? failed(q, err->sys) : answered(q, GP_TRI_UNKNOWN, gp_str_of(why), 0);
}

/* --- the root --- */

static const char *closed(const struct gp_root *r, const char *path)
{
	for (size_t i = 0; r && i < r->closed.n; i++) {
		struct gp_str rest = gp_str_of(r->closed.v[i]);

		if (gp_str_take(&rest, path) && gp_str_starts(rest, ": "))
			return r->closed.v[i];
	}
	return NULL;
}

/* Of the system. O_NONBLOCK: a FIFO must not hold us up. */
static int open_at(const struct gp_root *r, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	if (!r || !r->path)
		return open(path, (int)how.flags);
	if (flags & O_PATH)
		how.flags &= ~(__u64)O_NONBLOCK;
	return (int)syscall(SYS_openat2, r->fd, path, &how, sizeof(how));
}

int gp_root_open(struct gp_root *r, const char *path, struct gp_err *err)
{
	struct stat st;
	int fd;

	*r = (struct gp_root){ .fd = -1 };
	if (!path)
		return 0;
	r->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	r->path = gp_strdup(path);
	fd = open_at(r, "/", O_PATH | O_DIRECTORY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return gp_fail_sys(err, errno, "this kernel cannot keep links below '%s'", path);
	close(fd);
	return 0;
}

void gp_root_close(struct gp_root *r)
{
	if (r->path)
		close(r->fd);
	free(r->path);
	gp_list_release(&r->closed);
	*r = (struct gp_root){ .fd = -1 };
}

/* Open what a question is about. Out: -1: *answer has it. */
static int open_asked(const struct question *q, int flags, enum gp_tri *answer)
{
	const char *why = closed(q->root, q->path);
	int fd = why ? -1 : open_at(q->root, q->path, flags);

	if (fd < 0)
		*answer = why ? answered(q, GP_TRI_UNKNOWN, gp_str_of(why), 0) : failed(q, errno);
	return fd;
}

/* --- the questions --- */

enum gp_tri gp_root_look(const struct gp_root *r, const char *path, struct stat *st, struct gp_list *why)
{
	const struct question q = { r, GP_LOOK_THERE, path, why };
	enum gp_tri answer;
	int fd = open_asked(&q, O_PATH, &answer), rc;

	if (fd < 0)
		return answer;
	rc = fstat(fd, st) < 0 ? errno : 0;
	close(fd);
	return rc ? failed(&q, rc) : answered(&q, GP_TRI_YES, GP_STR(""), st->st_mode);
}

enum gp_tri gp_root_has(const struct gp_root *r, const char *path)
{
	struct stat st;

	return gp_root_look(r, path, &st, NULL);
}

/* Only of a regular file. Out: -1: *answer has it; its mode. */
static int open_regular(const struct question *q, mode_t *mode, enum gp_tri *answer)
{
	int fd = open_asked(q, O_RDONLY, answer);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		*answer = failed(q, EINVAL);
		return -1;
	}
	*mode = st.st_mode;
	return fd;
}

enum gp_tri gp_root_open_file(const struct gp_root *r, const char *path, int *fd, struct gp_list *why)
{
	const struct question q = { r, GP_LOOK_THERE, path, why };
	enum gp_tri answer;
	mode_t mode;

	*fd = open_regular(&q, &mode, &answer);
	return *fd < 0 ? answer : answered(&q, GP_TRI_YES, GP_STR(""), mode);
}

enum gp_tri gp_root_read(const struct gp_root *r, const char *path, struct gp_buf *out, struct gp_list *why)
{
	const struct question q = { r, GP_LOOK_TEXT, path, why };
	size_t before = out->len;
	struct gp_err err = { 0 };
	enum gp_tri answer;
	mode_t mode;
	int fd = open_regular(&q, &mode, &answer), rc;

	if (fd < 0)
		return answer;
	/* Files of /proc and /sys say that they are empty, or 4096 bytes long. */
	rc = gp_fd_read(fd, 0, TEXT_MAX, path, out, &err);
	close(fd);
	if (rc < 0)
		return not_read(&q, &err);
	return answered(&q, GP_TRI_YES, gp_str_skip(gp_buf_str(out), before), 0);
}

char *gp_root_line(const struct gp_root *r, const char *path)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line = { "", 0 };

	if (gp_root_read(r, path, &text, NULL) != GP_TRI_YES)
		return NULL;
	rest = gp_buf_str(&text);
	gp_text_line_next(&rest, &line);
	line = gp_str_trim(line);
	return gp_strndup(line.p, line.len);
}

enum gp_tri gp_root_names(const struct gp_root *r, const char *path, struct gp_list *out, struct gp_list *why)
{
	const struct question q = { r, GP_LOOK_NAMES, path, why };
	gp_auto(gp_buf_release) struct gp_buf lines = { 0 };
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_err err = { 0 };
	enum gp_tri answer;
	int fd = open_asked(&q, O_RDONLY | O_DIRECTORY, &answer), rc;

	if (fd < 0)
		return answer;
	rc = gp_dir_list_at(fd, path, &names, &err);
	close(fd);
	if (rc < 0)
		return not_read(&q, &err);
	for (size_t i = 0; i < names.n; i++)
		gp_buf_printf(&lines, "%s\n", names.v[i]);
	gp_list_add_all(out, &names);
	return answered(&q, GP_TRI_YES, gp_buf_str(&lines), 0);
}

enum gp_tri gp_root_link(const struct gp_root *r, const char *path, char **to, struct gp_list *why)
{
	const struct question q = { r, GP_LOOK_LINK, path, why };
	enum gp_tri answer;
	char text[PATH_MAX];
	int fd = open_asked(&q, O_PATH | O_NOFOLLOW, &answer);
	struct stat st = { 0 };
	ssize_t n = 0;
	int rc = 0;

	*to = NULL;
	if (fd < 0)
		return answer;
	if (fstat(fd, &st) < 0 || (S_ISLNK(st.st_mode) && (n = readlinkat(fd, "", text, sizeof(text))) < 0))
		rc = errno;
	close(fd);
	if (rc || !S_ISLNK(st.st_mode))
		return failed(&q, rc ? rc : ENOENT);
	*to = gp_strndup(text, (size_t)n);
	return answered(&q, GP_TRI_YES, gp_str_of(*to), 0);
}

enum gp_tri gp_root_real(const struct gp_root *r, const char *path, char **out, struct gp_list *why)
{
	const struct question q = { r, GP_LOOK_THERE, path, why };
	enum gp_tri answer;
	int fd = open_asked(&q, O_PATH, &answer);
	char link[32], text[PATH_MAX];
	struct stat st = { 0 };
	ssize_t n;
	int rc;

	*out = NULL;
	if (fd < 0)
		return answer;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	rc = fstat(fd, &st) < 0 ? errno : 0;
	/* realpath() needs no /proc, which a chroot may lack. */
	if (rc == 0 && !(r && r->path))
		*out = realpath(path, NULL);
	else if (rc == 0 && (n = readlink(link, text, sizeof(text))) > 0)
		*out = gp_strndup(text, (size_t)n);
	rc = rc || *out ? rc : errno == ENOENT ? EACCES : errno;
	close(fd);
	return rc ? failed(&q, rc) : answered(&q, GP_TRI_YES, GP_STR(""), st.st_mode);
}
