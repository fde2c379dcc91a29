/* SPDX-License-Identifier: MIT */
#include "ops/input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/payload/filetype.h"
#include "ops/input/name.h"
#include "ops/input/package.h"
#include "ops/input/portal.h"
#include "ops/input/spool.h"
#include "ops/run/runfile.h"

/* One input on its way. */
struct taking {
	struct gp_given *given;
	const struct gp_input_opts *o;
	const char *word; /* the file, as it was named */
	int fd;           /* of it; borrowed */
	const char *member;
};

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static const char *add(struct gp_given *g, struct gp_given_one *one)
{
	gp_given_add(g, one);
	return g->v[g->n - 1].name;
}

/* --- out of a .zip --- */

static int take_member(const struct taking *t, const struct gp_portal *p, const char **name, struct gp_err *err)
{
	struct gp_given_one one = { .fd = -1, .lock = -1 };
	gp_auto(gp_free_ptr) char *full = NULL;
	size_t which = 0;

	if (gp_portal_choose(p, t->member, &which, err) < 0)
		return -1;
	full = gp_path_join(t->word, p->member[which].path);
	if (gp_given_find(t->given, full)) {
		*name = gp_given_find(t->given, full)->name;
		return 0;
	}
	if (gp_portal_spool(p, which, t->o->cancel, t->o->progress, &one.fd, err) < 0)
		return -1;
	one.name = gp_steal(&full);
	one.file = gp_strdup(gp_path_base(p->member[which].path));
	one.container = gp_strdup(t->word);
	one.member = gp_strdup(p->member[which].path);
	*name = add(t->given, &one);
	return 0;
}

static int take_portal(const struct taking *t, const char **name, struct gp_err *err)
{
	gp_auto(gp_portal_release) struct gp_portal p = { 0 };

	return gp_portal_open(&p, t->fd, t->word, err) < 0 ? -1 : take_member(t, &p, name, err);
}

/* --- a .deb or .rpm --- */

static int check_use(const struct taking *t, const struct gp_unpacking *u, struct gp_err *err)
{
	const char *what = gp_package_kind_name(u->kind);

	if (t->o->use == GP_INPUT_RUN)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' is %s: it holds files, not an installer; '%s' unpacks it, and 'gridpatch info' "
			       "tells what it is",
			       t->word, what, u->kind == GP_PACKAGE_DEB ? "dpkg-deb -x" : "bsdtar -xf");
	if (t->o->use == GP_INPUT_DRIVER && !u->dir)
		return gp_fail(
			err, GP_E_UNSUPPORTED,
			"'%s' is %s without kernel sources (no usr/src/nvidia-VERSION is in it): there is nothing to "
			"patch or to build; give the .run",
			t->word, what);
	return 0;
}

static int take_package(const struct taking *t, enum gp_package_kind kind, const char **name, struct gp_err *err)
{
	struct gp_unpacking u = {
		.fd = t->fd, .name = t->word, .kind = kind, .cancel = t->o->cancel, .progress = t->o->progress
	};
	struct gp_given_one one = { .fd = -1 };

	if (t->o->use == GP_INPUT_RUN)
		return check_use(t, &u, err);
	if (gp_package_unpack(&u, err) < 0)
		return -1;
	one.name = gp_strdup(t->word);
	one.dir = u.dir;
	one.lock = u.lock;
	one.package = u.package;
	*name = add(t->given, &one);
	return check_use(t, &u, err);
}

/* --- by what it is --- */

static int read_type(const struct taking *t, enum gp_filetype *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *head = gp_alloc(GP_FILETYPE_BYTES);
	ssize_t n = gp_pread(t->fd, head, GP_FILETYPE_BYTES, 0, t->word, err);

	if (n < 0)
		return -1;
	*out = gp_filetype_of((struct gp_str){ head, (size_t)n });
	return 0;
}

/* *name stays NULL for what can be opened as it is. */
static int take_file(const struct taking *t, const char **name, struct gp_err *err)
{
	enum gp_filetype type;

	if (read_type(t, &type, err) < 0)
		return -1;
	if (type == GP_FILETYPE_ZIP)
		return take_portal(t, name, err);
	if (type == GP_FILETYPE_DEB || type == GP_FILETYPE_RPM)
		return take_package(t, type == GP_FILETYPE_DEB ? GP_PACKAGE_DEB : GP_PACKAGE_RPM, name, err);
	if (gp_filetype_complaint(type))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' %s", t->word, gp_filetype_complaint(type));
	if (t->member && t->o->member)
		return gp_fail(err, GP_E_USAGE, "--member is for a .zip, and '%s' is none", t->word);
	return 0;
}

/* --- standard input --- */

/* The name that the installer's file would have had, as its own stub says. */
static char *name_of(const char *targetdir)
{
	bool plain = *targetdir && !strchr(targetdir, '/') && *targetdir != '.';

	return gp_asprintf("%s.run", plain ? targetdir : "stdin");
}

static int keep_installer(struct gp_given *g, int *fd, const char **name, struct gp_err *err)
{
	struct gp_given_one one = { .name = gp_strdup("-"), .fd = *fd, .lock = -1 };
	gp_auto(gp_runfile_release) struct gp_runfile rf = { 0 };

	*fd = -1;
	*name = add(g, &one);
	if (gp_runfile_open(&rf, *name, g, err) < 0)
		return -1;
	g->v[g->n - 1].file = name_of(rf.header.targetdir);
	return 0;
}

static int take_stdin(struct taking *t, const char **name, struct gp_err *err)
{
	gp_auto(close_fd) int fd = -1;

	if (isatty(STDIN_FILENO))
		return gp_fail(err, GP_E_USAGE,
			       "'-' is standard input, and that is a terminal: give it a file or a pipe");
	if (gp_spool_pipe(STDIN_FILENO, "standard input", t->o->cancel, &fd, err) < 0)
		return -1;
	t->fd = fd;
	if (take_file(t, name, err) < 0)
		return -1;
	return *name ? 0 : keep_installer(t->given, &fd, name, err);
}

/* --- the disk --- */

int gp_input_check_dir(const char *dir, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	static const char *const own[] = { ".manifest", "dkms.conf", "kernel" };
	size_t n = 0;

	for (size_t i = 0; i < GP_COUNT(own); i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, own[i]);

		if (gp_exists(path))
			return 0;
	}
	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (gp_str_ends(gp_str_of(names.v[i]), ".run") && n++ < 6)
			gp_buf_printf(&text, "%s'%s'", n > 1 ? ", " : "", names.v[i]);
	return n ? gp_fail(err, GP_E_USAGE, "'%s' is a directory with %zu installer%s in it: give one of them (%s%s)",
			   dir, n, n == 1 ? "" : "s", text.data, n > 6 ? ", …" : "") :
		   0;
}

static int take_path(struct taking *t, const char **name, struct gp_err *err)
{
	gp_auto(close_fd) int fd = open(t->word, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	t->fd = fd;
	return take_file(t, name, err);
}

int gp_input_take(struct gp_given *given, const char *word, const struct gp_input_opts *o, const char **name,
		  struct gp_err *err)
{
	struct taking t = { .given = given, .o = o, .word = word, .fd = -1, .member = o->member };
	gp_auto(gp_free_ptr) char *file = NULL;
	gp_auto(gp_free_ptr) char *member = NULL;
	const char *found = NULL;
	int rc;

	*name = word;
	if (gp_given_find(given, word))
		return 0;
	if (gp_is_dir(word))
		return gp_input_check_dir(word, err);
	if (gp_input_split(word, &file, &member)) {
		if (o->member)
			return gp_fail(err, GP_E_USAGE, "'%s' names a member, and so does --member", word);
		t.word = file;
		t.member = member;
	}
	rc = strcmp(word, "-") == 0 ? take_stdin(&t, &found, err) : take_path(&t, &found, err);
	if (rc == 0 && found)
		*name = found;
	return rc;
}
