/* SPDX-License-Identifier: MIT */
#include "ops/vm/kernelpackage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/scratch.h"
#include "base/text.h"
#include "core/driver/kofile.h"
#include "core/rules/release.h"
#include "ops/input/archive.h"
#include "ops/input/packagefiles.h"
#include "ops/run/libarchive.h"

/* Debian's 6.1 has 0.4 GB of modules, with debug information none has four times that. */
#define BYTES_MAX ((uint64_t)4 << 30)

void gp_kernelpackage_release(struct gp_kernelpackage *p)
{
	if (!p)
		return;
	if (p->lock >= 0)
		close(p->lock);
	free(p->dir);
	gp_list_release(&p->releases);
	gp_list_release(&p->from);
	*p = (struct gp_kernelpackage){ .lock = -1 };
}

/* --- what is wanted --- */

/* A member that is one, by its place. */
struct place {
	struct gp_str release, file;
};

static bool is_plain(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-", s.p[i]))
			return false;
	return s.len && s.len < 128 && s.p[0] != '.';
}

static struct gp_str last_part(struct gp_str path)
{
	const char *slash = memrchr(path.p, '/', path.len);

	return slash ? gp_str_skip(path, (size_t)(slash - path.p) + 1) : path;
}

/* In: path in clean form. */
static bool find_place(const char *path, struct place *out)
{
	struct gp_str rest = gp_str_of(path), file;
	const char *slash;

	if (gp_str_take(&rest, "boot/vmlinuz-") || gp_str_take(&rest, "usr/boot/vmlinuz-")) {
		*out = (struct place){ rest, GP_STR("vmlinuz") };
		return is_plain(rest);
	}
	gp_str_take(&rest, "usr/");
	if (!gp_str_take(&rest, "lib/modules/"))
		return false;
	slash = memchr(rest.p, '/', rest.len);
	if (!slash)
		return false;
	file = last_part(rest);
	*out = (struct place){ { rest.p, (size_t)(slash - rest.p) }, file };
	return is_plain(out->release) && is_plain(file) && (gp_ko_is(file) || gp_str_eq(file, "vmlinuz"));
}

/* --- storing --- */

static int make_dir(struct gp_kernelpackage *p, const char *release, const char *from, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = NULL;
	struct gp_release r;
	bool known = gp_list_has(&p->releases, release);

	for (size_t i = 0; known && i < p->releases.n; i++)
		if (strcmp(p->releases.v[i], release) == 0 && strcmp(p->from.v[i], from) == 0)
			return 0;
	if (gp_release_parse(release, &r, NULL) < 0)
		return gp_fail(err, GP_E_FORMAT, "'%s': its kernel is called '%s', which is no release", from, release);
	if (!p->dir)
		p->dir = gp_scratch_dir(&p->lock, err);
	if (!p->dir)
		return -1;
	dir = gp_path_join(p->dir, release);
	if (gp_mkdirs(dir, err) < 0)
		return -1;
	gp_list_add(&p->releases, release);
	gp_list_add(&p->from, from);
	return 0;
}

static int store(struct gp_kernelpackage *p, struct gp_archive *a, struct archive_entry *e, const char *path,
		 const char *from, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("'%s'", path);
	struct gp_archive_copy c = { .to_name = name, .size = (uint64_t)archive_entry_size(e), .cancel = p->cancel };
	int rc;

	if (c.size > BYTES_MAX - p->bytes)
		return gp_fail(err, GP_E_FORMAT, "'%s': its modules have more than %u GiB", from,
			       (unsigned)(BYTES_MAX >> 30));
	p->bytes += c.size;
	c.to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (c.to < 0)
		return gp_fail_sys(err, errno, "cannot write %s", name);
	rc = gp_archive_copy(a, &c, err);
	if (close(c.to) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write %s", name);
	return rc;
}

/* One package, while it is read. */
struct taking {
	struct gp_kernelpackage *p;
	const char *from;
	size_t taken;
};

static int take_member(void *arg, struct gp_archive *a, struct archive_entry *e, const char *path, struct gp_err *err)
{
	struct taking *t = arg;
	gp_auto(gp_free_ptr) char *release = NULL;
	gp_auto(gp_free_ptr) char *to = NULL;
	struct place at;

	if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) || !find_place(path, &at))
		return 0;
	release = gp_strndup(at.release.p, at.release.len);
	if (make_dir(t->p, release, t->from, err) < 0)
		return -1;
	to = gp_asprintf("%s/%s/%.*s", t->p->dir, release, (int)at.file.len, at.file.p);
	t->taken++;
	return store(t->p, a, e, to, t->from, err);
}

int gp_kernelpackage_unpack(struct gp_kernelpackage *p, const char *path, struct gp_err *err)
{
	struct taking t = { .p = p, .from = path };

	if (gp_packagefiles_each(path, p->cancel, take_member, &t, err) < 0)
		return -1;
	if (t.taken)
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED,
		       "'%s' has neither a kernel nor modules: the package with boot/vmlinuz-… is wanted", path);
}
