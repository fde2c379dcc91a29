/* SPDX-License-Identifier: MIT */
#include "ops/input/packagefiles.h"

#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "core/payload/filetype.h"
#include "ops/run/libarchive.h"

/* A package that is read. */
struct reading {
	const char *path;
	int (*take)(void *arg, struct gp_archive *a, struct archive_entry *e, const char *name, struct gp_err *err);
	void *arg;
};

static int take_members(const struct reading *r, struct gp_archive *a, struct gp_err *err)
{
	struct archive_entry *e;
	int rc;

	while ((rc = gp_archive_next(a, &e, err)) > 0) {
		const char *name = archive_entry_pathname(e);
		gp_auto(gp_free_ptr) char *clean = NULL;

		if (!name)
			continue;
		/* rpm has them from the root on. */
		name += strspn(name, "/");
		clean = gp_path_clean(name, strlen(name), err);
		if (!clean)
			return gp_within(err, "'%s'", r->path);
		if (r->take(r->arg, a, e, clean, err) < 0)
			return -1;
	}
	return rc;
}

/* Source: deb(5). */
static int take_deb(const struct reading *r, struct gp_archive *outer, struct gp_err *err)
{
	struct archive_entry *e;
	int rc;

	while ((rc = gp_archive_next(outer, &e, err)) > 0) {
		const char *name = archive_entry_pathname(e);
		struct gp_archive *a;

		if (!name || strncmp(name, "data.tar", 8) != 0)
			continue;
		a = gp_archive_open_within(outer, GP_ARCHIVE_TAR, err);
		rc = a ? take_members(r, a, err) : -1;
		gp_archive_close(a);
		return rc;
	}
	return rc < 0 ? -1 : gp_fail(err, GP_E_FORMAT, "'%s': damaged or cut off .deb: it has no data.tar", r->path);
}

static int take(const struct reading *r, int fd, const volatile sig_atomic_t *cancel, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *head = gp_alloc(GP_FILETYPE_BYTES);
	ssize_t n = gp_pread(fd, head, GP_FILETYPE_BYTES, 0, r->path, err);
	enum gp_filetype type = n < 0 ? GP_FILETYPE_OTHER : gp_filetype_of((struct gp_str){ head, (size_t)n });
	bool deb = type == GP_FILETYPE_DEB;
	struct gp_archive *a;
	int rc;

	if (n < 0)
		return -1;
	if (!deb && type != GP_FILETYPE_RPM)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is neither a .deb nor an .rpm", r->path);
	a = gp_archive_open(fd, r->path, deb ? GP_ARCHIVE_AR : GP_ARCHIVE_RPM, err);
	if (!a)
		return -1;
	gp_archive_watch(a, cancel, NULL);
	rc = deb ? take_deb(r, a, err) : take_members(r, a, err);
	gp_archive_close(a);
	return rc;
}

int gp_packagefiles_each(const char *path, const volatile sig_atomic_t *cancel,
			 int (*one)(void *arg, struct gp_archive *a, struct archive_entry *e, const char *name,
				    struct gp_err *err),
			 void *arg, struct gp_err *err)
{
	const struct reading r = { path, one, arg };
	int fd = gp_regular_open(path, err), rc;

	if (fd < 0)
		return -1;
	rc = take(&r, fd, cancel, err);
	close(fd);
	return rc;
}
