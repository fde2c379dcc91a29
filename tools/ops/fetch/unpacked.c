/* SPDX-License-Identifier: MIT */
#include "ops/fetch/unpacked.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "core/rules/headerwish.h"
#include "ops/input/archive.h"
#include "ops/input/packagefiles.h"
#include "ops/input/unpack.h"
#include "ops/select/headers.h"

char *gp_unpacked_headers(const char *root, const struct gp_fetch_plan *p)
{
	const char *form = p->distro->packager == GP_PACKAGER_APT ? "linux-headers-" : "kernels/";

	return gp_asprintf("%s/usr/src/%s%s", root, form, p->release.text);
}

/* Manuals and licences are of no use here; /lib/modules/R has only links. */
static bool is_wanted(const char *path)
{
	struct gp_str s = gp_str_of(path);

	return gp_str_starts(s, "usr/src/") || gp_str_starts(s, "usr/lib/linux-kbuild-") ||
	       gp_str_starts(s, "lib/linux-kbuild-");
}

static int take(void *arg, struct gp_archive *a, struct archive_entry *e, const char *path, struct gp_err *err)
{
	return is_wanted(path) ? gp_unpack_member(arg, a, e, path, err) : 0;
}

static int check(const char *root, const struct gp_fetch_plan *p, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_unpacked_headers(root, p);
	gp_auto(gp_headers_release) struct gp_headers h = { 0 };

	if (gp_headers_open(dir, &h, err) < 0)
		return gp_within(err, "the packages of %s", p->release.text);
	if (strcmp(h.release.text, p->release.text) == 0)
		return 0;
	return gp_fail(err, GP_E_FORMAT, "the packages of %s have headers of %s", p->release.text, h.release.text);
}

int gp_unpacked_make(const struct gp_list *files, const char *root, const struct gp_fetch_plan *p,
		     const volatile sig_atomic_t *cancel, struct gp_err *err)
{
	struct gp_unpack u = { .what = "file", .below = "", .whole = true, .cancel = cancel };
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", root);
	gp_unpack_begin(&u, fd);
	for (size_t i = 0; i < files->n && rc == 0; i++) {
		u.name = gp_path_base(files->v[i]);
		rc = gp_packagefiles_each(files->v[i], cancel, take, &u, err);
	}
	gp_unpack_end(&u);
	close(fd);
	return rc < 0 ? -1 : check(root, p, err);
}
